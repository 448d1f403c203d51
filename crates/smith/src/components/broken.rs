//! Almost valid components: a valid component is made, and then exactly one known rule is broken,
//! by definitions at its end.

use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Name;
use wattle_ast::components::{
    Alias, Canon, CanonOpt, Case, CoreInlineExport, CoreInstance, CoreSortIdx, Definition, Export,
    ExternDesc, Field, FuncType, Import, Instance, PlainSortIdx, PrimType, ResourceType,
    ResultList, Sort, Type, TypeBound, ValType,
};

use super::generator::Generator;

macro_rules! rules {
    ($( $(#[doc = $doc:literal])+ $name:ident $phrase:literal => |$g:ident| $how:expr; )*) => {
        /// A validation rule that a component breaks.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum BrokenComponent { $( $(#[doc = $doc])+ $name, )* }

        impl BrokenComponent {
            /// Every rule that can be broken.
            pub const ALL: &'static [BrokenComponent] = &[$( BrokenComponent::$name ),*];

            /// A part of the error that a validator reports, in the words of the scripts of
            /// `wasm-tools`.
            ///
            /// ```
            /// use wattle_smith::components::BrokenComponent;
            /// assert_eq!(BrokenComponent::UnknownType.phrase(), "unknown type");
            /// ```
            pub const fn phrase(self) -> &'static str {
                match self { $( BrokenComponent::$name => $phrase, )* }
            }

            /// The fault, in a few words: the summary of the variant.
            pub const fn description(self) -> &'static str {
                match self { $( BrokenComponent::$name => concat!($( $doc ),+), )* }
            }

            fn definitions(self, generator: &mut Generator<'_>) -> Vec<Definition<'static>> {
                match self { $( BrokenComponent::$name => {
                    let $g = &mut *generator;
                    let _ = &$g;
                    Vec::from($how)
                } )* }
            }
        }
    };
}

const U8: ValType = ValType::Prim(PrimType::U8);

/// An index beyond the end of every index space.
const ABSENT: u32 = 1_000_000;

fn ty(ty: Type<'static>) -> Definition<'static> {
    Definition::Type(ty)
}

fn func(params: &[(&'static str, ValType)], result: Option<ValType>) -> Definition<'static> {
    let params = params.iter().map(|&(label, ty)| Field { label: label.into(), ty });
    let result = ResultList(result);
    ty(Type::Func(FuncType { is_async: false, params: params.collect(), result }))
}

fn import(name: &'static str, ty: ExternDesc) -> Definition<'static> {
    Definition::Import(Import { name: name.into(), ty })
}

fn record(labels: &[&'static str]) -> Definition<'static> {
    let fields = labels.iter().map(|&label| Field { label: label.into(), ty: U8 });
    ty(Type::Record(fields.collect()))
}

fn resource() -> Definition<'static> {
    let rep = wattle_ast::ValType::I32;
    ty(Type::Resource(ResourceType { rep, destructor: None }))
}

impl Generator<'_> {
    /// The index that the next type will have.
    fn next_type(&mut self) -> u32 {
        self.count(Sort::TYPE)
    }

    fn next_val(&mut self, ahead: u32) -> ValType {
        ValType::Type((self.next_type() + ahead).into())
    }

    /// Breaks the rule with this number. Returns the rule.
    pub(super) fn break_rule(&mut self, start: usize) -> BrokenComponent {
        let rule = BrokenComponent::ALL.get(start).copied();
        let rule = rule.unwrap_or(BrokenComponent::UnknownType);
        let more = rule.definitions(self);
        self.definitions.extend(more);
        rule
    }
}

rules! {
    /// A list of a type that does not exist.
    UnknownType "unknown type" => |g| [ty(Type::List(ValType::Type(ABSENT.into())))];
    /// A lift of a core function that does not exist.
    UnknownCoreFunc "unknown core function" => |g| {
        let next = g.next_type();
        let opts = [].into();
        [func(&[], None), Definition::Canon(Canon::Lift { func: ABSENT.into(), opts, ty: next.into() })]
    };
    /// A lower of a function that does not exist.
    UnknownFunc "unknown function" => |g| {
        [Definition::Canon(Canon::Lower { func: ABSENT.into(), opts: [].into() })]
    };
    /// An instance of a component that does not exist.
    UnknownComponent "unknown component" => |g| {
        [Definition::Instance(Instance::Instantiate { component: ABSENT.into(), args: [].into() })]
    };
    /// An instance of a core module that does not exist.
    UnknownModule "unknown module" => |g| {
        let (module, args) = (ABSENT.into(), [].into());
        [Definition::CoreInstance(CoreInstance::Instantiate { module, args })]
    };
    /// An alias of an instance that does not exist.
    UnknownInstance "unknown instance" => |g| {
        let sort = Sort::FUNC;
        [Definition::Alias(Alias::Export { sort, instance: ABSENT.into(), name: "x".into() })]
    };
    /// An outer alias that leaves the outermost component.
    OuterCount "invalid outer alias count" => |g| {
        [Definition::Alias(Alias::Outer { count: 9, item: PlainSortIdx::Type(0.into()).into() })]
    };
    /// A record without fields.
    EmptyRecord "record type must have at least one field" => |g| [record(&[])];
    /// A variant without cases.
    EmptyVariant "variant type must have at least one case" => |g| {
        [ty(Type::Variant([].into()))]
    };
    /// An enumeration without cases.
    EmptyEnum "enum type must have at least one variant" => |g| [ty(Type::Enum([].into()))];
    /// Two fields whose labels differ only in their hyphens and their case.
    DuplicateField "conflicts with previous" => |g| [record(&["a-b", "AB"])];
    /// Two cases with one label.
    DuplicateCase "conflicts with previous" => |g| {
        let case = |label| Case { label: Name::from(label), ty: None };
        [ty(Type::Variant([case("a"), case("a")].into()))]
    };
    /// A label that is not in kebab case.
    Label "is not in kebab case" => |g| [record(&["a_b"])];
    /// A result with a borrow in it.
    BorrowInResult "function result cannot contain a `borrow` type" => |g| {
        let next = g.next_type();
        [resource(), ty(Type::Borrow(next.into())), func(&[], Some(g.next_val(1)))]
    };
    /// A handle of a type that is not a resource.
    NotResource "is not a resource type" => |g| {
        let next = g.next_type();
        [record(&["a"]), ty(Type::Own(next.into()))]
    };
    /// A value of a function type.
    NotValueType "is not a defined type" => |g| [func(&[], None), ty(Type::List(g.next_val(0)))];
    /// Two imports of one name.
    DuplicateImport "conflicts with previous name" => |g| {
        let next = g.next_type();
        let ty = ExternDesc::Func(next.into());
        [func(&[], None), import("one-name", ty), import("one-name", ty)]
    };
    /// The import of a function whose parameter is a record without a name.
    UnnamedImport "func not valid to be used as import" => |g| {
        let next = g.next_type();
        let param = func(&[("p", g.next_val(0))], None);
        [record(&["a"]), param, import("unnamed", ExternDesc::Func((next + 1).into()))]
    };
    /// The import of a function of a type that is not that of a function.
    NotFuncType "is not a function type" => |g| {
        let next = g.next_type();
        [record(&["a"]), import("not-func", ExternDesc::Func(next.into()))]
    };
    /// The name of an interface without an interface.
    InterfaceName "is not a valid" => |g| {
        [import("a:b", ExternDesc::Type(TypeBound::Resource))]
    };
    /// A core instance with two exports of one name.
    DuplicateCoreExport "already defined" => |g| {
        let drop = g.count(Sort::CORE_FUNC);
        let next = g.next_type();
        let item = CoreSortIdx::Func(drop.into());
        let export = || CoreInlineExport { name: "x".into(), item };
        let exports = [export(), export()].into();
        [
            resource(),
            Definition::Canon(Canon::ResourceDrop { resource: next.into() }),
            Definition::CoreInstance(CoreInstance::Exports(exports)),
        ]
    };
    /// An option that is given twice.
    DuplicateOption "canonical encoding option" => |g| {
        let (next, funcs) = (g.next_type(), g.count(Sort::FUNC));
        let opts = [CanonOpt::Utf8, CanonOpt::Utf16].into();
        [
            func(&[], None),
            import("for-option", ExternDesc::Func(next.into())),
            Definition::Canon(Canon::Lower { func: funcs.into(), opts }),
        ]
    };
    /// A lower of a function with a string without a memory.
    NeedsMemory "canonical option `memory` is required" => |g| {
        let (next, funcs) = (g.next_type(), g.count(Sort::FUNC));
        [
            func(&[("s", ValType::Prim(PrimType::String))], None),
            import("for-memory", ExternDesc::Func(next.into())),
            Definition::Canon(Canon::Lower { func: funcs.into(), opts: [].into() }),
        ]
    };
    /// `resource.new` of an imported resource.
    NewOfImport "not a local resource" => |g| {
        let next = g.next_type();
        let resource = next.into();
        [
            import("for-new", ExternDesc::Type(TypeBound::Resource)),
            Definition::Canon(Canon::ResourceNew { resource }),
        ]
    };
    /// The export of a function whose result is a resource without a name.
    UnnamedExport "func not valid to be used as export" => |g| {
        let (next, funcs) = (g.next_type(), g.count(Sort::CORE_FUNC));
        let lifted = g.count(Sort::FUNC);
        let item = PlainSortIdx::Func(lifted.into()).into();
        [
            resource(),
            Definition::Canon(Canon::ResourceRep { resource: next.into() }),
            ty(Type::Own(next.into())),
            func(&[("p", g.next_val(1))], Some(ValType::Prim(PrimType::U32))),
            Definition::Canon(Canon::Lift { func: funcs.into(), opts: [].into(), ty: (next + 2).into() }),
            Definition::Export(Export { name: "unnamed-export".into(), item, ty: None }),
        ]
    };
}

impl fmt::Display for BrokenComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description().trim())
    }
}
