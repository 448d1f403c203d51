//! The result of validation: the imports and exports of a component, by name, and their types.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Shown;
use wattle_ast::components::{PrimType, Sort};

use super::arena::Arena;
use super::core_types::CoreTypes;
use super::entities::{ComponentParts, Entry};
use super::nodes::{FuncParts, Kind, NodeId};
use super::shown::{MOST_SHOWN, described, name_of};
use super::texts::TextId;
use crate::registry::Registry;

/// The types of a valid component.
///
/// ```
/// use wattle_ast::components::{Component, Definition, ExternDesc, FuncType, Import, Type};
/// use wattle_validator::validate_component;
///
/// let ty = FuncType { is_async: false, params: [].into(), result: None.into() };
/// let import = Import { name: "greet".into(), ty: ExternDesc::Func(0.into()) };
/// let component: Component<'_> =
///     [Definition::Type(Type::Func(ty)), Definition::Import(import)].into_iter().collect();
/// let types = validate_component(&component).unwrap();
/// let import = types.import("greet").unwrap();
/// assert_eq!(import.to_string(), "greet: func()");
/// assert_eq!(types.exports().count(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct ComponentTypes {
    pub(super) arena: Arena,
    pub(super) core: CoreTypes,
    pub(super) registry: Arc<Registry>,
    parts: ComponentParts,
}

impl ComponentTypes {
    pub(crate) fn new(
        arena: Arena,
        core: CoreTypes,
        registry: Arc<Registry>,
        root: NodeId,
    ) -> ComponentTypes {
        let parts = arena.component_parts(root);
        ComponentTypes { arena, core, registry, parts }
    }

    /// Returns the imports, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = Extern<'_>> {
        self.parts.imports.iter().map(|&entry| Extern { types: self, entry })
    }

    /// Returns the exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = Extern<'_>> {
        self.parts.exports.iter().map(|&entry| Extern { types: self, entry })
    }

    /// Returns the import with this name.
    pub fn import(&self, name: &str) -> Option<Extern<'_>> {
        self.imports().find(|import| import.name() == name)
    }

    /// Returns the export with this name.
    pub fn export(&self, name: &str) -> Option<Extern<'_>> {
        self.exports().find(|export| export.name() == name)
    }
}

/// An import or export of a component or instance. `Display` shows its name and its type.
#[derive(Clone, Copy)]
pub struct Extern<'a> {
    types: &'a ComponentTypes,
    entry: Entry,
}

/// The kinds of imports and exports, each with its type.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ExternView<'a> {
    /// A core module.
    Module(ModuleView<'a>),
    /// A function.
    Func(TypeView<'a>),
    /// A value of this type.
    Value(TypeView<'a>),
    /// A type.
    Type(TypeView<'a>),
    /// A component.
    Component(TypeView<'a>),
    /// An instance.
    Instance(TypeView<'a>),
}

impl<'a> Extern<'a> {
    /// Returns the name.
    pub fn name(&self) -> &'a str {
        self.types.arena.str(self.entry.name)
    }

    /// Returns the interface that an instance with a plain name implements.
    pub fn implements(&self) -> Option<&'a str> {
        self.text(self.types.arena.attributes_of(&self.entry).implements)
    }

    /// Returns the rest of the version that a canonical version leaves out.
    pub fn version_suffix(&self) -> Option<&'a str> {
        self.text(self.types.arena.attributes_of(&self.entry).version_suffix)
    }

    /// Returns the external id, which has a meaning for the host.
    pub fn external_id(&self) -> Option<&'a str> {
        self.text(self.types.arena.attributes_of(&self.entry).external_id)
    }

    fn text(&self, id: Option<TextId>) -> Option<&'a str> {
        Some(self.types.arena.str(id?))
    }

    /// Returns the index space that the import or export belongs to.
    pub fn sort(&self) -> Sort {
        self.entry.entity.sort
    }

    /// Returns the kind of the import or export, with its type.
    pub fn view(&self) -> ExternView<'a> {
        let (types, id) = (self.types, self.entry.entity.id);
        let ty = TypeView { types, id: NodeId(id) };
        match self.entry.entity.sort {
            Sort::Core(_) => ExternView::Module(ModuleView { types, id }),
            Sort::FUNC => ExternView::Func(ty),
            Sort::VALUE => ExternView::Value(ty),
            Sort::TYPE => ExternView::Type(ty),
            Sort::COMPONENT => ExternView::Component(ty),
            Sort::INSTANCE => ExternView::Instance(ty),
        }
    }
}

impl fmt::Display for Extern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", Shown(self.name()))?;
        match self.view() {
            ExternView::Module(_) => f.write_str("core module"),
            ExternView::Value(ty) => write!(f, "value {ty}"),
            ExternView::Type(ty) => {
                let arena = &ty.types.arena;
                let bare = arena.unnamed(ty.id);
                match arena.kind(bare) {
                    Kind::Resource => f.write_str("resource"),
                    _ => write!(f, "type {}", described(arena, bare, MOST_SHOWN)),
                }
            }
            ExternView::Func(ty) | ExternView::Component(ty) | ExternView::Instance(ty) => {
                ty.fmt(f)
            }
        }
    }
}

impl fmt::Debug for Extern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A type. `Display` shows it in the notation of WIT, with named types by their names, and dots in
/// place of parts that would be too long.
#[derive(Clone, Copy)]
pub struct TypeView<'a> {
    types: &'a ComponentTypes,
    id: NodeId,
}

/// The structure of a type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Shape<'a> {
    /// A primitive type.
    Prim(PrimType),
    /// Fields, by label.
    Record(Vec<(&'a str, TypeView<'a>)>),
    /// Cases, by label.
    Variant(Vec<(&'a str, Option<TypeView<'a>>)>),
    /// The elements, and their number if it is fixed.
    List(TypeView<'a>, Option<u32>),
    /// The types of the parts.
    Tuple(Vec<TypeView<'a>>),
    /// The labels of the flags.
    Flags(Vec<&'a str>),
    /// The labels of the cases.
    Enum(Vec<&'a str>),
    /// A value or nothing.
    Option(TypeView<'a>),
    /// A result or an error.
    Result(Option<TypeView<'a>>, Option<TypeView<'a>>),
    /// A handle that owns its resource.
    Own(TypeView<'a>),
    /// A handle that borrows its resource.
    Borrow(TypeView<'a>),
    /// A stream.
    Stream(Option<TypeView<'a>>),
    /// A future.
    Future(Option<TypeView<'a>>),
    /// The types of the keys and the values.
    Map(TypeView<'a>, TypeView<'a>),
    /// A function.
    Func {
        /// Whether callers need not wait for it to return.
        is_async: bool,
        /// The parameters, by label.
        params: Vec<(&'a str, TypeView<'a>)>,
        /// The result.
        result: Option<TypeView<'a>>,
    },
    /// A resource. Two resources are the same if their numbers are equal.
    Resource(u32),
    /// The exports of an instance.
    Instance(Vec<Extern<'a>>),
    /// The imports and exports of a component.
    Component(Vec<Extern<'a>>, Vec<Extern<'a>>),
}

impl<'a> TypeView<'a> {
    /// Returns the name that an import or export gives to the type.
    pub fn name(&self) -> Option<&'a str> {
        name_of(&self.types.arena, self.id)
    }

    /// Returns a number that identifies the type and its name within the component: a type under
    /// another name has another number.
    pub fn number(&self) -> u32 {
        self.id.0
    }

    /// Returns the type that an import or export gave this name to, which may be a name of another
    /// type itself. `None` if the type is not a name of another type.
    ///
    /// ```
    /// use wattle_ast::components::{
    ///     Component, Definition, ExternDesc, Import, PrimType, Type, TypeBound,
    /// };
    /// use wattle_validator::components::{ExternView, validate_component};
    ///
    /// let equal = |name: &'static str, ty: u32| {
    ///     let ty = ExternDesc::Type(TypeBound::Eq(ty.into()));
    ///     Definition::Import(Import { name: name.into(), ty })
    /// };
    /// let component: Component<'_> =
    ///     [Definition::Type(Type::Prim(PrimType::U8)), equal("a", 0), equal("b", 1)].into_iter().collect();
    /// let types = validate_component(&component).unwrap();
    /// let ty = |name| match types.import(name).unwrap().view() {
    ///     ExternView::Type(ty) => ty,
    ///     _ => unreachable!(),
    /// };
    /// assert_eq!(ty("b").target().unwrap().number(), ty("a").number());
    /// assert!(ty("a").target().unwrap().target().is_none());
    /// ```
    pub fn target(&self) -> Option<TypeView<'a>> {
        let id = self.types.arena.referenced(self.id);
        (id != self.id).then_some(TypeView { types: self.types, id })
    }

    /// Returns whether two types are equal: resources by identity, value types and functions by
    /// structure.
    pub fn is_equal(&self, other: &TypeView<'_>) -> bool {
        core::ptr::eq(self.types, other.types) && self.types.arena.are_equal(self.id, other.id)
    }

    /// Returns the structure of the type.
    pub fn shape(&self) -> Shape<'a> {
        let types = self.types;
        let arena = &types.arena;
        let id = arena.unnamed(self.id);
        let node = arena.node(id);
        let words = node.words;
        let view = |word: u32| TypeView { types, id: NodeId(word) };
        let opt = |id: Option<NodeId>| id.map(|id| TypeView { types, id });
        let first = || view(words.first().copied().unwrap_or_default());
        let label = |word: u32| arena.str(TextId(word));
        let labels = || words.iter().map(|&word| label(word)).collect();
        let pairs = |words: &[u32]| {
            words.chunks_exact(2).map(|pair| (label(pair[0]), view(pair[1]))).collect()
        };
        let externs = |entries: Vec<Entry>| {
            entries.into_iter().map(|entry| Extern { types, entry }).collect()
        };
        match node.kind {
            Kind::Record => Shape::Record(pairs(words)),
            Kind::Variant => Shape::Variant(
                words
                    .chunks_exact(2)
                    .map(|pair| (label(pair[0]), opt(NodeId::of(pair[1]))))
                    .collect(),
            ),
            Kind::List => Shape::List(first(), None),
            Kind::FixedList => Shape::List(first(), words.get(1).copied()),
            Kind::Tuple => Shape::Tuple(words.iter().map(|&word| view(word)).collect()),
            Kind::Flags => Shape::Flags(labels()),
            Kind::Enum => Shape::Enum(labels()),
            Kind::Option => Shape::Option(first()),
            Kind::Result => Shape::Result(opt(node.part(0)), opt(node.part(1))),
            Kind::Own => Shape::Own(first()),
            Kind::Borrow => Shape::Borrow(first()),
            Kind::Stream => Shape::Stream(opt(node.part(0))),
            Kind::Future => Shape::Future(opt(node.part(0))),
            Kind::Map => Shape::Map(first(), view(words.get(1).copied().unwrap_or_default())),
            Kind::Func => {
                let FuncParts { is_async, result, params } = node.func().unwrap_or_default();
                Shape::Func { is_async, params: pairs(params), result: opt(result) }
            }
            Kind::Resource => Shape::Resource(words.first().copied().unwrap_or_default()),
            Kind::Instance => Shape::Instance(externs(arena.exports(id).collect())),
            Kind::Component => {
                let parts = arena.component_parts(id);
                Shape::Component(externs(parts.imports), externs(parts.exports))
            }
            // A valid component has no unknown types, and names were followed to the types.
            Kind::Prim | Kind::Unknown | Kind::Named => {
                Shape::Prim(arena.as_prim(id).unwrap_or(PrimType::Bool))
            }
        }
    }
}

impl fmt::Display for TypeView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&described(&self.types.arena, self.id, MOST_SHOWN))
    }
}

impl fmt::Debug for TypeView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The type of a core module.
#[derive(Clone, Copy)]
pub struct ModuleView<'a> {
    pub(super) types: &'a ComponentTypes,
    pub(super) id: u32,
}

impl<'a> ModuleView<'a> {
    /// Returns the imports, each with its module, its name, and its type in the notation of the
    /// text format.
    pub fn imports(&self) -> impl Iterator<Item = (&'a str, &'a str, String)> {
        let types = self.types;
        types.core.module(self.id).imports.iter().map(move |&(module, name, item)| {
            (types.arena.str(module), types.arena.str(name), types.core_item(item))
        })
    }

    /// Returns the exports, each with its name, and its type in the notation of the text format.
    pub fn exports(&self) -> impl Iterator<Item = (&'a str, String)> {
        let types = self.types;
        let exports = types.core.module(self.id).exports.iter();
        exports.map(move |&(name, item)| (types.arena.str(name), types.core_item(item)))
    }
}

impl fmt::Debug for ModuleView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.imports()).entries(self.exports()).finish()
    }
}
