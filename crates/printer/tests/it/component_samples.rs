//! Definitions of all kinds, for tests that print them.

use wattle_ast::components::{
    Alias, Arg, Canon, CanonOp, CanonOpt, CanonSource, Case, ContextSlot, CoreArg, CoreExportDecl,
    CoreInlineExport, CoreInstance, CoreSort, CoreSortIdx, CoreType, Definition, Export,
    ExportDecl, ExternDesc, ExternName, Field, FuncType, Import, InlineExport, Instance,
    NameAttributes, PlainSort, PlainSortIdx, PrimType, ResourceType, ResultList, Sort, SortIdx,
    Start, Type, TypeBound, ValType, Value, ValueBound,
};
use wattle_ast::{
    ExternType, GlobalType, Limits, MemType, Module, Name, RefType, SubType, TableType, TagType,
    ValType as CoreValType,
};

use crate::components::{Definitions, custom, prim};

/// A source of one immediate of each kind.
pub(super) struct Immediates;

impl CanonSource for Immediates {
    type Error = ();

    fn core_func(&mut self) -> Result<wattle_ast::FuncIdx, ()> {
        Ok(1.into())
    }
    fn func(&mut self) -> Result<wattle_ast::ComponentFuncIdx, ()> {
        Ok(2.into())
    }
    fn ty(&mut self) -> Result<wattle_ast::ComponentTypeIdx, ()> {
        Ok(3.into())
    }
    fn core_type(&mut self) -> Result<wattle_ast::TypeIdx, ()> {
        Ok(4.into())
    }
    fn table(&mut self) -> Result<wattle_ast::TableIdx, ()> {
        Ok(5.into())
    }
    fn memory(&mut self) -> Result<wattle_ast::MemIdx, ()> {
        Ok(6.into())
    }
    fn results(&mut self) -> Result<ResultList, ()> {
        Ok(ResultList(Some(ValType::Prim(PrimType::String))))
    }
    fn context_slot(&mut self) -> Result<ContextSlot, ()> {
        Ok(ContextSlot { ty: CoreValType::I64, slot: 1 })
    }
    fn is_async(&mut self) -> Result<wattle_ast::components::Async, ()> {
        Ok(wattle_ast::components::Async(true))
    }
    fn is_shared(&mut self) -> Result<wattle_ast::components::Shared, ()> {
        Ok(wattle_ast::components::Shared(true))
    }
    fn opts(&mut self) -> Result<wattle_ast::components::CanonOpts, ()> {
        let opts = [
            CanonOpt::Utf8,
            CanonOpt::Memory(7.into()),
            CanonOpt::Realloc(8.into()),
            CanonOpt::Async,
        ];
        Ok(opts.into())
    }
}

/// Types of all forms.
pub(super) fn types() -> Definitions {
    let (u8, own) = (ValType::Prim(PrimType::U8), ValType::Type(1.into()));
    let field = |label, ty| Field { label: Name::from(label), ty };
    let case = |label, ty| Case { label: Name::from(label), ty };
    let func = |is_async, result| {
        let params = [field("a", u8), field("b", own)].into();
        Type::Func(FuncType { is_async, params, result: ResultList(result) })
    };
    let resource = |rep, destructor| Type::Resource(ResourceType { rep, destructor });
    let mut types = vec![
        resource(CoreValType::I32, None),
        Type::Own(0.into()),
        Type::Borrow(0.into()),
        resource(CoreValType::I64, Some(3.into())),
        Type::Record([field("x", u8), field("y", own)].into()),
        Type::Variant([case("none", None), case("some", Some(own))].into()),
        Type::List(u8),
        Type::FixedList { elem: own, len: 4 },
        Type::Tuple([u8, own].into()),
        Type::Flags(["f".into(), "g".into()].into()),
        Type::Enum(["red".into(), "green \"\u{1}".into()].into()),
        Type::Option(own),
        Type::Result { ok: None, err: None },
        Type::Result { ok: Some(u8), err: None },
        Type::Result { ok: None, err: Some(own) },
        Type::Result { ok: Some(own), err: Some(u8) },
        Type::Stream(None),
        Type::Stream(Some(u8)),
        Type::Future(None),
        Type::Future(Some(own)),
        Type::Map { key: u8, value: own },
        func(false, None),
        func(true, Some(own)),
    ];
    types.extend(PrimType::ALL.iter().copied().map(Type::Prim));
    types.into_iter().map(Definition::Type).collect()
}

/// Definitions of all kinds, in an order in which most indices exist.
pub(super) fn definitions() -> Definitions {
    let attributes = NameAttributes {
        implements: Some("d:e/f".into()),
        version_suffix: Some(".2.3".into()),
        external_id: Some("id".into()),
    };
    let name = ExternName::new("a:b/c@1", attributes);
    let import = |name: &'static str, ty| Definition::Import(Import { name: name.into(), ty });
    let decl =
        |name: &'static str, ty| Definition::ExportDecl(ExportDecl { name: name.into(), ty });
    let core_import = |ty| {
        let (module, name) = ("m".into(), "n".into());
        Definition::CoreImportDecl(Box::new(wattle_ast::Import { module, name, ty }))
    };
    let core_export =
        |ty| Definition::CoreExportDecl(Box::new(CoreExportDecl { name: "n".into(), ty }));
    let export =
        |name: ExternName<'static>, item, ty| Definition::Export(Export { name, item, ty });
    let func_type = || SubType::from(wattle_ast::FuncType::new([CoreValType::I32], []));
    let mut module = Module::default();
    module.types.push(func_type());
    module.memories.push(MemType::default());
    let mut nested = Module::default();
    nested.memories.push(MemType::default());
    let limits = Limits { min: 1, ..Limits::default() };
    let table = TableType { elem: RefType::FUNCREF, limits };
    let global = GlobalType { mutable: true, val: CoreValType::F32 };
    let core_item = |sort, index| CoreSortIdx::new(sort, index);
    let func = SortIdx::Plain(PlainSortIdx::Func(0.into()));
    let mut all = vec![
        // Core definitions.
        Definition::CoreModule(module.into()),
        Definition::CoreModule(Module::default().into()),
        Definition::CoreType(CoreType::Sub(func_type().into())),
        Definition::CoreType(CoreType::Sub(SubType { is_final: false, ..func_type() }.into())),
        Definition::CoreType(CoreType::Rec([func_type(), func_type()].into())),
        Definition::CoreType(CoreType::Rec([].into())),
        Definition::CoreType(CoreType::Module),
        Definition::Alias(Alias::Outer { count: 1, item: core_item(CoreSort::Type, 1).into() }),
        Definition::CoreType(CoreType::Rec([func_type()].into())),
        core_import(ExternType::Func(0.into())),
        core_import(ExternType::FuncExact(0.into())),
        core_import(ExternType::Table(table)),
        core_export(ExternType::Mem(MemType::default())),
        core_export(ExternType::Global(global)),
        core_export(ExternType::Tag(TagType { ty: 0.into() })),
        Definition::End,
        Definition::CoreInstance(CoreInstance::Instantiate { module: 0.into(), args: [].into() }),
        Definition::CoreInstance(CoreInstance::Instantiate {
            module: 0.into(),
            args: [CoreArg { name: "env".into(), instance: 0.into() }].into(),
        }),
        Definition::CoreInstance(CoreInstance::Exports(
            [CoreInlineExport { name: "f".into(), item: core_item(CoreSort::Func, 0) }].into(),
        )),
    ];
    for sort in [CoreSort::Func, CoreSort::Table, CoreSort::Memory, CoreSort::Global, CoreSort::Tag]
    {
        let (instance, name) = (0.into(), sort.keyword().into());
        all.push(Definition::Alias(Alias::CoreExport { sort, instance, name }));
    }
    all.extend(types());
    all.extend([
        // Imports of all types.
        import("m", ExternDesc::CoreModule(4.into())),
        import("f", ExternDesc::Func(21.into())),
        import("v", ExternDesc::Value(ValueBound::Type(ValType::Prim(PrimType::String)))),
        import("w", ExternDesc::Value(ValueBound::Type(ValType::Type(4.into())))),
        import("e", ExternDesc::Value(ValueBound::Eq(0.into()))),
        import("t", ExternDesc::Type(TypeBound::Eq(4.into()))),
        import("r", ExternDesc::Type(TypeBound::Resource)),
        // Types of instances and components.
        Definition::Type(Type::Instance),
        prim(PrimType::U8),
        decl("t", ExternDesc::Type(TypeBound::Eq(0.into()))),
        Definition::Type(Type::Component),
        Definition::Import(Import { name, ty: ExternDesc::Type(TypeBound::Resource) }),
        Definition::Alias(Alias::Outer { count: 2, item: PlainSortIdx::Type(4.into()).into() }),
        Definition::End,
        decl("c", ExternDesc::Component(2.into())),
        Definition::End,
        import("i", ExternDesc::Instance(39.into())),
    ]);
    for sort in PlainSort::ALL.iter().copied().map(Sort::Plain).chain([Sort::CORE_MODULE]) {
        let (instance, name) = (0.into(), "x".into());
        all.push(Definition::Alias(Alias::Export { sort, instance, name }));
    }
    all.extend([
        // Components and instances.
        Definition::Component,
        Definition::Component,
        Definition::CoreModule(nested.into()),
        Definition::Alias(Alias::Outer { count: 2, item: core_item(CoreSort::Module, 0).into() }),
        Definition::Alias(Alias::Outer {
            count: 9,
            item: PlainSortIdx::Component(0.into()).into(),
        }),
        Definition::End,
        Definition::End,
        Definition::Instance(Instance::Instantiate { component: 1.into(), args: [].into() }),
        Definition::Instance(Instance::Instantiate {
            component: 1.into(),
            args: [
                Arg { name: "a".into(), item: func },
                Arg { name: "b".into(), item: core_item(CoreSort::Module, 0).into() },
            ]
            .into(),
        }),
        Definition::Instance(Instance::Exports([].into())),
        Definition::Instance(Instance::Exports(
            [InlineExport { name: "a".into(), item: func }].into(),
        )),
        export("g".into(), func, None),
        export("h".into(), func, Some(ExternDesc::Func(22.into()))),
        // Values.
        Definition::Start(Start { func: 0.into(), args: [0.into(), 1.into()].into(), results: 2 }),
        Definition::Value(Value {
            ty: ValType::Prim(PrimType::String),
            bytes: b"\x02hi"[..].into(),
        }),
        Definition::Value(Value { ty: ValType::Type(4.into()), bytes: b"\x01\x02"[..].into() }),
        // Custom sections.
        custom("c", b"\0data".to_vec()),
        custom("producers", b"\x01\x08language\x01\x04Rust\x011".to_vec()),
        custom("producers", b"\x01".to_vec()),
    ]);
    for &op in CanonOp::ALL {
        all.push(Definition::Canon(Canon::read_from(op, &mut Immediates).unwrap()));
    }
    all.push(Definition::Canon(Canon::TaskReturn { result: ResultList(None), opts: [].into() }));
    all
}
