//! Definitions, to bytes and back.

use wattle_ast::components::{
    Alias, Arg, Canon, CanonOpt, Case, CoreArg, CoreExportDecl, CoreInlineExport, CoreInstance,
    CoreSort, CoreSortIdx, CoreType, Definition, Entries, Export, ExportDecl, ExternDesc,
    ExternName, Field, FuncType, Import, InlineExport, Instance, NameAttributes, PlainSort,
    PlainSortIdx, PrimType, ResourceType, Sort, SortIdx, Start, Type, TypeBound, ValType, Value,
    ValueBound, encode_entries, first_section,
};
use wattle_ast::{
    CompType, Custom, CustomData, ExternType, FuncType as CoreFuncType, MemType, Reader, SubType,
};

const BOOL: ValType = ValType::Prim(PrimType::Bool);

/// Reads the content of a section that must hold `definitions`, and writes it again.
#[track_caller]
fn check(definitions: &[Definition<'_>], content: &[u8]) {
    let (id, run) = first_section(definitions).expect("a definition of a component");
    assert_eq!(run.len(), definitions.len(), "one section holds them");
    let mut out = Vec::new();
    encode_entries(id, definitions, &mut out);
    assert_eq!(out, content, "{definitions:?}");
    let mut reader = Reader::new(content);
    let mut entries = Entries::begin(id, &mut reader).unwrap();
    let mut read = Vec::new();
    while let Some(definition) = entries.next(&mut reader).unwrap() {
        read.push(definition);
    }
    assert_eq!(read, definitions);
    assert!(reader.is_empty());
    let owned: Vec<_> = read.into_iter().map(Definition::into_owned).collect();
    assert_eq!(owned, definitions);
}

fn name<'a>(text: &'a str) -> ExternName<'a> {
    text.into()
}

fn func(index: u32) -> SortIdx {
    SortIdx::Plain(PlainSortIdx::Func(index.into()))
}

#[test]
fn every_value_type() {
    for &prim in PrimType::ALL {
        check(&[Definition::Type(Type::Prim(prim))], &[1, prim.code()]);
    }
    let index = ValType::Type(0x80.into());
    let index_bytes = [0x80, 0x01];
    let field = Field { label: "a".into(), ty: BOOL };
    for (ty, bytes) in [
        (Type::Record([field].into()), &b"\x72\x01\x01a\x7f"[..]),
        (
            Type::Variant(
                [Case { label: "a".into(), ty: None }, Case { label: "b".into(), ty: Some(BOOL) }]
                    .into(),
            ),
            b"\x71\x02\x01a\x00\x00\x01b\x01\x7f\x00",
        ),
        (Type::List(BOOL), b"\x70\x7f"),
        (Type::FixedList { elem: BOOL, len: 300 }, b"\x67\x7f\xac\x02"),
        (Type::Tuple([BOOL, index].into()), b"\x6f\x02\x7f\x80\x01"),
        (Type::Flags(["a".into(), "b".into()].into()), b"\x6e\x02\x01a\x01b"),
        (Type::Enum(["a".into()].into()), b"\x6d\x01\x01a"),
        (Type::Option(BOOL), b"\x6b\x7f"),
        (Type::Result { ok: None, err: None }, b"\x6a\x00\x00"),
        (Type::Result { ok: Some(BOOL), err: Some(BOOL) }, b"\x6a\x01\x7f\x01\x7f"),
        (Type::Own(5.into()), b"\x69\x05"),
        (Type::Borrow(5.into()), b"\x68\x05"),
        (Type::Stream(None), b"\x66\x00"),
        (Type::Stream(Some(BOOL)), b"\x66\x01\x7f"),
        (Type::Future(Some(BOOL)), b"\x65\x01\x7f"),
        (Type::Map { key: BOOL, value: BOOL }, b"\x63\x7f\x7f"),
    ] {
        let content = [&[1], bytes].concat();
        check(&[Definition::Type(ty)], &content);
    }
    // The index 0x40 would be a code in one byte.
    check(&[Definition::Type(Type::List(ValType::Type(0x40.into())))], &[1, 0x70, 0xc0, 0x00]);
    check(&[Definition::Type(Type::List(index))], &[&[1, 0x70][..], &index_bytes].concat());
}

#[test]
fn functions_and_resources() {
    let params = [Field { label: "a".into(), ty: BOOL }];
    let ty = FuncType { is_async: false, params: params.into(), result: None.into() };
    check(&[Definition::Type(Type::Func(ty))], b"\x01\x40\x01\x01a\x7f\x01\x00");
    let ty = FuncType { is_async: true, params: [].into(), result: Some(BOOL).into() };
    check(&[Definition::Type(Type::Func(ty))], b"\x01\x43\x00\x00\x7f");
    let rep = wattle_ast::ValType::I32;
    for (destructor, bytes) in
        [(None, &b"\x01\x3f\x7f\x00"[..]), (Some(3.into()), b"\x01\x3f\x7f\x01\x03")]
    {
        check(&[Definition::Type(Type::Resource(ResourceType { rep, destructor }))], bytes);
    }
}

#[test]
fn types_of_components_and_instances() {
    let outer = SortIdx::Plain(PlainSortIdx::Type(3.into()));
    let desc = ExternDesc::Type(TypeBound::Resource);
    let sub: SubType = CoreFuncType::new([], []).into();
    check(
        &[
            Definition::Type(Type::Component),
            Definition::CoreType(CoreType::Sub(sub.into())),
            Definition::Type(Type::Instance),
            Definition::ExportDecl(ExportDecl { name: name("e"), ty: desc }),
            Definition::End,
            Definition::Alias(Alias::Outer { count: 1, item: outer }),
            Definition::Import(Import { name: name("i"), ty: ExternDesc::Func(0.into()) }),
            Definition::End,
            Definition::Type(Type::Prim(PrimType::U8)),
        ],
        b"\x02\x41\x04\
          \x00\x60\x00\x00\
          \x01\x42\x01\x04\x00\x01e\x03\x01\
          \x02\x03\x02\x01\x03\
          \x03\x00\x01i\x01\x00\
          \x7d",
    );
}

#[test]
fn core_types() {
    let func = SubType::from(CoreFuncType::new([], []));
    let open = SubType { is_final: false, ..func.clone() };
    let with_super = SubType { supertypes: [0.into()].into(), ..func.clone() };
    let sub = |ty: &SubType| Definition::CoreType(CoreType::Sub(ty.clone().into()));
    check(&[sub(&func)], b"\x01\x60\0\0");
    // `50` alone begins the type of a module.
    check(&[sub(&open)], b"\x01\x00\x50\x00\x60\0\0");
    check(&[sub(&with_super)], b"\x01\x4f\x01\x00\x60\0\0");
    let group = CoreType::Rec([open.clone(), func.clone()].into());
    check(&[Definition::CoreType(group)], b"\x01\x4e\x02\x50\x00\x60\0\0\x60\0\0");
    let alias = Alias::Outer { count: 1, item: SortIdx::Core(CoreSortIdx::Type(2.into())) };
    let import = wattle_ast::Import {
        module: "m".into(),
        name: "n".into(),
        ty: ExternType::Mem(MemType::default()),
    };
    check(
        &[
            Definition::CoreType(CoreType::Module),
            sub(&open),
            Definition::Alias(alias),
            Definition::CoreImportDecl(Box::new(import)),
            Definition::CoreExportDecl(Box::new(CoreExportDecl {
                name: "f".into(),
                ty: ExternType::Func(0.into()),
            })),
            Definition::End,
        ],
        b"\x01\x50\x04\
          \x01\x50\x00\x60\0\0\
          \x02\x10\x01\x01\x02\
          \x00\x01m\x01n\x02\x00\x00\
          \x03\x01f\x00\x00",
    );
    assert!(matches!(func.comp, CompType::Func(_)));
}

#[test]
fn instances_of_both_levels() {
    let arg = CoreArg { name: "a".into(), instance: 2.into() };
    let instance = CoreInstance::Instantiate { module: 1.into(), args: [arg].into() };
    check(&[Definition::CoreInstance(instance)], b"\x01\x00\x01\x01\x01a\x12\x02");
    let export = CoreInlineExport { name: "e".into(), item: CoreSortIdx::Memory(7.into()) };
    let instance = CoreInstance::Exports([export].into());
    check(&[Definition::CoreInstance(instance)], b"\x01\x01\x01\x01e\x02\x07");
    let arg = Arg { name: "a".into(), item: SortIdx::Core(CoreSortIdx::Module(3.into())) };
    let instance = Instance::Instantiate { component: 1.into(), args: [arg].into() };
    check(&[Definition::Instance(instance)], b"\x01\x00\x01\x01\x01a\x00\x11\x03");
    let export = InlineExport { name: name("e"), item: func(4) };
    let instance = Instance::Exports([export].into());
    check(&[Definition::Instance(instance)], b"\x01\x01\x01\x00\x01e\x01\x04");
}

#[test]
fn aliases_of_every_sort() {
    let export = |sort| Alias::Export { sort, instance: 2.into(), name: "e".into() };
    let sorts = [
        (Sort::FUNC, &b"\x01"[..]),
        (Sort::VALUE, b"\x02"),
        (Sort::TYPE, b"\x03"),
        (Sort::COMPONENT, b"\x04"),
        (Sort::INSTANCE, b"\x05"),
        (Sort::CORE_MODULE, b"\x00\x11"),
    ];
    for (sort, bytes) in sorts {
        let content = [b"\x01", bytes, b"\x00\x02\x01e"].concat();
        check(&[Definition::Alias(export(sort))], &content);
    }
    for &sort in CoreSort::ALL {
        let alias = Alias::CoreExport { sort, instance: 2.into(), name: "e".into() };
        let content = [&[1, 0, sort.code()][..], b"\x01\x02\x01e"].concat();
        check(&[Definition::Alias(alias)], &content);
    }
    for item in [
        SortIdx::Core(CoreSortIdx::Module(3.into())),
        SortIdx::Core(CoreSortIdx::Type(3.into())),
        SortIdx::Plain(PlainSortIdx::Type(3.into())),
        SortIdx::Plain(PlainSortIdx::Component(3.into())),
    ] {
        let sort = wattle_ast::Encode::to_bytes(&item.sort());
        let content = [b"\x01", &sort[..], b"\x02\x01\x03"].concat();
        check(&[Definition::Alias(Alias::Outer { count: 1, item })], &content);
    }
}

#[test]
fn imports_and_exports_with_every_type_and_attribute() {
    for (ty, bytes) in [
        (ExternDesc::CoreModule(1.into()), &b"\x00\x11\x01"[..]),
        (ExternDesc::Func(1.into()), b"\x01\x01"),
        (ExternDesc::Value(ValueBound::Eq(1.into())), b"\x02\x00\x01"),
        (ExternDesc::Value(ValueBound::Type(BOOL)), b"\x02\x01\x7f"),
        (ExternDesc::Type(TypeBound::Eq(1.into())), b"\x03\x00\x01"),
        (ExternDesc::Type(TypeBound::Resource), b"\x03\x01"),
        (ExternDesc::Component(1.into()), b"\x04\x01"),
        (ExternDesc::Instance(1.into()), b"\x05\x01"),
    ] {
        let content = [b"\x01\x00\x01i", bytes].concat();
        check(&[Definition::Import(Import { name: name("i"), ty })], &content);
        let export = Export { name: name("e"), item: func(2), ty: Some(ty) };
        let content = [b"\x01\x00\x01e\x01\x02\x01", bytes].concat();
        check(&[Definition::Export(export)], &content);
    }
    let attributes = NameAttributes {
        implements: Some("a:b/c".into()),
        version_suffix: Some(".1".into()),
        external_id: Some("x".into()),
    };
    let name = ExternName::new("i", attributes);
    let export = Export { name, item: func(2), ty: None };
    check(
        &[Definition::Export(export)],
        b"\x01\x02\x01i\x03\x00\x05a:b/c\x01\x02.1\x02\x01x\x01\x02\x00",
    );
}

#[test]
fn canonical_definitions_start_values_and_custom_sections() {
    let lift = Canon::Lift {
        func: 1.into(),
        opts: [CanonOpt::Utf8, CanonOpt::Memory(0.into())].into(),
        ty: 2.into(),
    };
    let drop = Canon::ResourceDrop { resource: 3.into() };
    check(
        &[Definition::Canon(lift), Definition::Canon(drop)],
        b"\x02\x00\x00\x01\x02\x00\x03\x00\x02\x03\x03",
    );
    let start = Start { func: 1.into(), args: [2.into()].into(), results: 3 };
    check(&[Definition::Start(start)], b"\x01\x01\x02\x03");
    let value = Value { ty: BOOL, bytes: (&b"\x01"[..]).into() };
    check(&[Definition::Value(value)], b"\x01\x7f\x01\x01");
    let data = CustomData::Bytes((&b"xyz"[..]).into());
    let custom = Custom { name: "c".into(), data, after: None };
    check(&[Definition::Custom(custom)], b"\x01cxyz");
}

/// The index space that each kind of definition adds to, and the number of indices.
#[test]
fn definitions_add_to_index_spaces() {
    let rec =
        CoreType::Rec([CoreFuncType::new([], []).into(), CoreFuncType::new([], []).into()].into());
    let core = |sort| Some((Sort::Core(sort), 1));
    let plain = |sort| Some((Sort::Plain(sort), 1));
    let desc = ExternDesc::Instance(0.into());
    for (definition, added) in [
        (Definition::CoreModule(Box::default()), core(CoreSort::Module)),
        (Definition::CoreType(rec), Some((Sort::CORE_TYPE, 2))),
        (Definition::Component, plain(PlainSort::Component)),
        (
            Definition::Canon(Canon::Lift { func: 0.into(), opts: [].into(), ty: 0.into() }),
            plain(PlainSort::Func),
        ),
        (Definition::Canon(Canon::TaskCancel), core(CoreSort::Func)),
        (Definition::Import(Import { name: name("i"), ty: desc }), plain(PlainSort::Instance)),
        (
            Definition::Export(Export { name: name("e"), item: func(0), ty: None }),
            plain(PlainSort::Func),
        ),
        (Definition::End, None),
    ] {
        assert_eq!(definition.adds(), added, "{definition:?}");
    }
}
