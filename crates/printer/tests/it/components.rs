//! Components as text: what it looks like, what becomes of names, and that any list of definitions
//! can be printed.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use wattle_ast::components::{
    Alias, Arg, Canon, CanonOp, CanonOpt, CanonSource, CanonType, Case, Component, ContextSlot,
    CoreArg, CoreExportDecl, CoreInlineExport, CoreInstance, CoreSort, CoreSortIdx, CoreType,
    Definition, Export, ExportDecl, ExternDesc, ExternName, Field, FuncType, Import, InlineExport,
    Instance, NameAttributes, Names, PlainSort, PlainSortIdx, PrimType, ResourceType, ResultList,
    Sort, SortIdx, Start, Type, TypeBound, ValType, Value, ValueBound,
};
use wattle_ast::{
    Custom, CustomData, Encode, ExternType, Features, GlobalType, Limits, MemType, Module, Name,
    RefType, SubType, TableType, TagType, ValType as CoreValType, Wasm,
};
use wattle_encoder::encode_component_canonical;
use wattle_printer::{Config, print_component};
use wattle_tests::{components, suite};

type Definitions = Vec<Definition<'static>>;

fn print(definitions: Definitions) -> String {
    print_component(&definitions.into_iter().collect())
}

fn parser() -> wattle_parser::components::Parser {
    wattle_parser::components::Parser::new().features(Features::ALL)
}

/// What is read of a custom section with this content.
fn custom(name: &'static str, bytes: Vec<u8>) -> Definition<'static> {
    let data = CustomData::Bytes(bytes.into());
    Definition::from_custom(Custom { name: name.into(), data, after: None })
}

/// A name section with these names.
fn section(own: Option<&'static str>, named: &[(Sort, u32, &'static str)]) -> Definition<'static> {
    let mut names = Names { component: own.map(Name::from), ..Names::default() };
    for &(sort, index, name) in named {
        names.insert(sort, index, name.into());
    }
    custom(Names::NAME, names.to_bytes())
}

fn prim(ty: PrimType) -> Definition<'static> {
    Definition::Type(Type::Prim(ty))
}

/// A source of one immediate of each kind.
struct Immediates;

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
fn types() -> Definitions {
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
fn definitions() -> Definitions {
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

fn styles() -> Vec<(&'static str, Config)> {
    let new = Config::new;
    vec![
        ("default", new()),
        ("skeleton, four spaces a level", new().skeleton(true).indent(4)),
        ("offsets, names for the unnamed", new().offsets(true).name_unnamed(true)),
    ]
}

#[test]
fn all_definitions_look_as_expected() {
    let component: Component<'_> = definitions().into_iter().collect();
    assert_eq!(component.check(), Ok(()));
    // Through the binary, so that there are offsets.
    let bytes = wattle_encoder::encode_component(&component);
    let component = parser().component(&bytes).unwrap();
    let mut printed = String::new();
    for (style, config) in styles() {
        printed += &format!(";; {style}\n{}\n", config.print_component(&component));
    }
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/print/components.expected");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&expected, &printed).unwrap();
    }
    assert_eq!(fs::read_to_string(&expected).unwrap_or_default(), printed);
}

#[test]
fn every_canonical_definition_is_printed_with_all_its_immediates() {
    for &op in CanonOp::ALL {
        let canon = Canon::read_from(op, &mut Immediates).unwrap();
        let text = print(vec![Definition::Canon(canon)]);
        let line = text.lines().nth(1).unwrap();
        assert!(line.starts_with(&format!("  (canon {}", op.keyword())), "{line}");
        let defined =
            if op == CanonOp::Lift { "(func (;0;) (type 3))" } else { "(core func (;0;))" };
        assert!(line.ends_with(&format!(" {defined})")), "{line}");
        if op.core_type() != CanonType::Special {
            assert!(!line.contains("(type"), "{line}");
        }
    }
}

#[test]
fn names_are_identifiers_of_what_was_defined_before() {
    let definitions = vec![
        Definition::Type(Type::List(ValType::Type(1.into()))),
        Definition::Type(Type::List(ValType::Type(0.into()))),
        Definition::Type(Type::Option(ValType::Type(9.into()))),
        section(Some("own"), &[(Sort::TYPE, 0, "a b"), (Sort::TYPE, 1, "t")]),
    ];
    let expected = "\
(component $own
  (type $\"a b\" (;0;) (list 1))
  (type $t (;1;) (list $\"a b\"))
  (type (;2;) (option 9))
)
";
    assert_eq!(print(definitions), expected);
}

#[test]
fn identifiers_are_those_of_the_scope_that_an_outer_alias_names() {
    let alias = |count| {
        Definition::Alias(Alias::Outer { count, item: PlainSortIdx::Type(0.into()).into() })
    };
    let definitions = vec![
        prim(PrimType::U8),
        Definition::Component,
        prim(PrimType::S8),
        alias(1),
        alias(0),
        // The component that is being defined, and a scope that does not exist.
        Definition::Alias(Alias::Outer { count: 1, item: SortIdx::new(Sort::COMPONENT, 0) }),
        alias(2),
        section(None, &[(Sort::TYPE, 0, "inner")]),
        Definition::End,
        section(None, &[(Sort::TYPE, 0, "outer"), (Sort::COMPONENT, 0, "c")]),
    ];
    let expected = "\
(component
  (type $outer (;0;) u8)
  (component $c (;0;)
    (type $inner (;0;) s8)
    (alias outer 1 $outer (type (;1;)))
    (alias outer 0 $inner (type (;2;)))
    (alias outer 1 0 (component (;0;)))
    (alias outer 2 0 (type (;3;)))
    (@names)
  )
)
";
    assert_eq!(print(definitions), expected);
}

#[test]
fn names_that_identifiers_cannot_say_and_the_place_of_the_section_are_in_an_annotation() {
    // In its place.
    let names = || section(None, &[(Sort::TYPE, 0, "t")]);
    let moved = print(vec![names(), prim(PrimType::U8)]);
    assert_eq!(moved, "(component\n  (@names)\n  (type $t (;0;) u8)\n)\n");
    // Of what does not exist.
    let more = section(None, &[(Sort::TYPE, 0, "t"), (Sort::FUNC, 1, "f")]);
    let text = print(vec![prim(PrimType::U8), more]);
    let mark = r#"(@names "\01\05\01\01\01\01f")"#;
    assert_eq!(text, format!("(component\n  (type $t (;0;) u8)\n  {mark}\n)\n"));
    // Two with one name, and an empty one.
    let doubled = section(None, &[(Sort::TYPE, 0, "t"), (Sort::TYPE, 1, "t"), (Sort::TYPE, 2, "")]);
    let text = print(vec![prim(PrimType::U8), prim(PrimType::U8), prim(PrimType::U8), doubled]);
    let expected = "\
(component
  (type $#type0 (@name \"t\") (;0;) u8)
  (type $#type1 (@name \"t\") (;1;) u8)
  (type $#type2 (@name \"\") (;2;) u8)
)
";
    assert_eq!(text, expected);
}

#[test]
fn name_sections_that_identifiers_do_not_lead_back_to_are_written() {
    let written = |definitions: Definitions| {
        let text = print(definitions);
        text.matches("(@custom \"component-name\" ").count()
    };
    let names = || section(None, &[(Sort::TYPE, 0, "t")]);
    let malformed = custom(Names::NAME, vec![9]);
    let empty = custom(Names::NAME, Vec::new());
    let long = custom(Names::NAME, vec![0, 0x82, 0, 1, b'c']);
    assert_eq!(written(vec![names()]), 0);
    assert_eq!(written(vec![malformed.clone()]), 1);
    assert_eq!(written(vec![empty]), 1);
    assert_eq!(written(vec![long]), 0);
    assert_eq!(written(vec![names(), names()]), 2);
    // The first one that is not malformed gives the identifiers.
    let text = print(vec![prim(PrimType::U8), malformed, names()]);
    assert!(text.contains("(type $t (;0;) u8)"), "{text}");
}

#[test]
fn a_component_and_a_module_have_names_of_their_own() {
    let own = |name: Option<&'static str>| {
        let mut module = Module::default();
        if let Some(name) = name {
            module.names.module = Some(name.into());
        }
        Definition::CoreModule(module.into())
    };
    let nested = |name: Option<&'static str>| {
        let names = name.map(|name| section(Some(name), &[]));
        [Definition::Component].into_iter().chain(names).chain([Definition::End])
    };
    let mut definitions = vec![own(Some("same")), own(Some("other")), own(None), own(Some("own"))];
    for name in [Some("same"), Some("other"), None, Some("own")] {
        definitions.extend(nested(name));
    }
    definitions.push(section(
        None,
        &[
            (Sort::CORE_MODULE, 0, "same"),
            (Sort::CORE_MODULE, 1, "index"),
            (Sort::CORE_MODULE, 2, "index2"),
            (Sort::COMPONENT, 0, "same"),
            (Sort::COMPONENT, 1, "index"),
            (Sort::COMPONENT, 2, "index2"),
        ],
    ));
    let expected = "\
(component
  (core module $same (;0;))
  (core module $index (;1;)
    (@names \"\\00\\06\\05other\")
  )
  (core module $index2 (;2;)
    (@names)
  )
  (core module (;3;)
    (@names \"\\00\\04\\03own\")
  )
  (component $same (;0;))
  (component $index (;1;)
    (@names \"\\00\\06\\05other\")
  )
  (component $index2 (;2;)
    (@names)
  )
  (component (;3;)
    (@names \"\\00\\04\\03own\")
  )
)
";
    assert_eq!(print(definitions), expected);
}

#[test]
fn values_by_the_billion_are_one_line() {
    let start = |results| Definition::Start(Start { func: 0.into(), args: [].into(), results });
    let names =
        [(Sort::VALUE, 1, "a"), (Sort::VALUE, 5, "lost"), (Sort::VALUE, 4_000_000_002, "b")];
    let definitions = vec![start(2), start(4_000_000_000), start(1), section(None, &names)];
    let expected = "\
(component
  (start 0 (result (value (;0;))) (result (value $a (;1;))))
  (start 0 (result (@repeat 4000000000) (value)))
  (start 0 (result (value $b (;4000000002;))))
  (@names \"\\01\\08\\02\\01\\05\\04lost\")
)
";
    assert_eq!(print(definitions.clone()), expected);
    let named =
        Config::new().name_unnamed(true).print_component(&definitions.into_iter().collect());
    assert!(named.len() < 1_000, "{named}");
    // The limit is for all start functions, wherever they stand.
    let mut many = vec![start(999), Definition::Component, start(1)];
    many.extend([start(1), Definition::End, start(1)]);
    let text = print(many);
    assert_eq!(text.matches("(result (value ").count(), 1_000);
    assert_eq!(text.matches("(result (@repeat 1) (value))").count(), 2);
}

#[test]
fn depth_takes_no_stack_and_text_stays_in_proportion() {
    const DEPTH: usize = 10_000;
    for opening in [Definition::Component, Definition::Type(Type::Component)] {
        let closed: Component<'_> = std::iter::repeat_n(opening.clone(), DEPTH)
            .chain(std::iter::repeat_n(Definition::End, DEPTH))
            .collect();
        let open: Component<'_> = std::iter::repeat_n(opening, DEPTH).collect();
        let start = Instant::now();
        let text = print_component(&closed);
        assert_eq!(text.matches('(').count(), text.matches(')').count());
        assert!(text.len() < 300 * DEPTH, "{} bytes", text.len());
        assert_eq!(print_component(&open).len(), text.len());
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}

#[test]
fn any_list_of_definitions_is_printed() {
    let all = definitions();
    let mut state = 7_usize;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % end
    };
    for round in 0..200 {
        let mut list: Definitions = (0..100).map(|_| all[below(all.len())].clone()).collect();
        for _ in 0..below(30) {
            list.insert(below(100), Definition::End);
        }
        list.insert(below(100), section(Some("c"), &[(Sort::TYPE, 2, "t"), (Sort::FUNC, 0, "")]));
        let component: Component<'_> = list.into_iter().collect();
        for (style, config) in styles() {
            let text = config.print_component(&component);
            let mut streamed = String::new();
            config.print_component_to(&component, &mut streamed).unwrap();
            assert_eq!(streamed, text, "{round}, {style}");
        }
    }
}

#[test]
fn offsets_are_those_of_definitions_in_the_file() {
    let mut count = 0;
    let scripts = components::of_scripts().into_iter().filter(|it| !it.is_malformed);
    let published = components::published().iter().map(|it| it.bytes.clone());
    for bytes in scripts.map(|it| it.bytes).chain(published) {
        let component = parser().component(&bytes).unwrap();
        let text = Config::new().offsets(true).print_component(&component);
        let mut last = 0;
        for line in text.lines().filter_map(|line| line.strip_prefix("  (;@")) {
            let (offset, line) = line.split_once(";) (").unwrap();
            let offset = usize::from_str_radix(offset, 16).unwrap();
            assert!(offset > last && offset < bytes.len(), "{text}");
            last = offset;
            // The section of a component begins where the definition does.
            if line.starts_with("component") {
                assert_eq!(bytes[offset], 4, "{text}");
            }
            count += 1;
        }
    }
    assert!(count > 50, "{count} offsets");
}

#[test]
fn a_file_is_a_module_or_a_component() {
    let config = Config::new();
    for (wasm, expected) in [
        (Wasm::from(Module::default()), "(module)\n"),
        (Wasm::from(Component::default()), "(component)\n"),
    ] {
        assert_eq!(config.print_wasm(&wasm), expected);
        let mut streamed = String::new();
        assert_eq!(config.print_wasm_to(&wasm, &mut streamed), Ok(true));
        assert_eq!(streamed, expected);
    }
}

/// Components with names of all kinds, in all places.
fn named() -> Vec<(Definitions, &'static str)> {
    let u8 = || prim(PrimType::U8);
    let names = || section(None, &[(Sort::TYPE, 0, "t")]);
    let module = |name: Option<&'static str>| {
        let mut module = Module::default();
        module.names.module = name.map(Name::from);
        if name.is_some() {
            let (name, data) = (wattle_ast::Names::NAME.into(), CustomData::Names);
            module.customs.push(Custom { name, data, after: None });
        }
        Definition::CoreModule(module.into())
    };
    let component = |name: Option<&'static str>| {
        let names = name.map(|name| section(Some(name), &[]));
        [Definition::Component].into_iter().chain(names).chain([Definition::End])
    };
    let outer = |sort| section(None, &[(sort, 0, "outer")]);
    let mut all = vec![
        (vec![u8(), names()], "a type"),
        (vec![names(), u8()], "a section before what it names"),
        (vec![u8(), names(), custom("c", vec![1])], "a section before another"),
        (vec![u8(), section(Some("own"), &[])], "a component"),
        (vec![u8(), section(Some(""), &[])], "an empty name"),
        (vec![section(None, &[(Sort::TYPE, 0, "t")])], "a type that does not exist"),
        (
            vec![u8(), section(Some("c"), &[(Sort::TYPE, 0, "t"), (Sort::FUNC, 3, "f")])],
            "one that exists",
        ),
        (
            vec![
                u8(),
                u8(),
                u8(),
                section(None, &[(Sort::TYPE, 0, "t"), (Sort::TYPE, 1, "t"), (Sort::TYPE, 2, "")]),
            ],
            "names that are not unique",
        ),
        (vec![u8(), names(), names()], "two sections"),
        (vec![u8(), custom(Names::NAME, vec![9]), names()], "a malformed section and another"),
        (vec![u8(), custom(Names::NAME, vec![9])], "a malformed section"),
        (vec![u8(), custom(Names::NAME, vec![])], "an empty section"),
        (vec![u8(), custom(Names::NAME, vec![0, 0x82, 0, 1, b'c'])], "an unusual encoding"),
    ];
    for name in [None, Some("outer"), Some("inner"), Some("")] {
        all.push((
            vec![module(name), outer(Sort::CORE_MODULE)],
            "a module with a name in the component",
        ));
        all.push((vec![module(name)], "a module"));
        let with_names = component(name).chain([outer(Sort::COMPONENT)]);
        all.push((with_names.collect(), "a component with a name in the component"));
        all.push((component(name).collect(), "a component"));
    }
    all
}

/// What the text of a component leads to.
fn parsed(text: &str) -> Component<'static> {
    let parsed = wattle_wat::Parser::new().features(Features::ALL).component(text);
    parsed.unwrap_or_else(|errors| panic!("{errors}\n{text:.3000}")).component.into_owned()
}

/// The text of a component leads back to it, in every style that adds nothing and leaves nothing out.
fn comes_back(component: &Component<'_>, what: &str) {
    let new = Config::new;
    for config in [new(), new().fold(true).indent(0), new().offsets(true)] {
        let text = config.print_component(component);
        let again = parsed(&text);
        let same = encode_component_canonical(&again) == encode_component_canonical(component);
        assert!(same, "{what} comes back as\n{}from\n{text}", print_component(&again));
        assert_eq!(new().print_component(&again), new().print_component(component), "{what}");
    }
}

#[test]
fn texts_of_components_lead_back_to_them() {
    comes_back(&definitions().into_iter().collect(), "every definition");
    for binary in components::of_scripts().iter().filter(|it| !it.is_malformed) {
        let component = parser().component(&binary.bytes).unwrap();
        comes_back(&component, "a component of a script");
    }
    for published in components::published() {
        comes_back(&parser().component(&published.bytes).unwrap(), published.name);
    }
    let (mut count, mut refused) = (0, 0);
    for path in suite::component_files() {
        for text in components::texts(&fs::read(path).unwrap()) {
            match wattle_wat::Parser::new().features(Features::ALL).component(&text) {
                Ok(read) => comes_back(&read.component, &path.display().to_string()),
                Err(_) => refused += 1,
            }
            count += 1;
        }
    }
    println!("{count} texts, of which {refused} are malformed");
    assert!(count > 1_500 && refused < 200, "{count} {refused}");
}

#[test]
fn names_come_back() {
    for (list, what) in named() {
        comes_back(&list.into_iter().collect(), what);
    }
}

/// The values that the specification has as examples, with their bytes.
#[test]
fn values_are_literals_of_their_types() {
    let types = r#"
  (type $abc (flags "a" "b" "c"))
  (type $complex (tuple
    (record (field "a" (option string)) (field "b" (tuple (option u8) string)))
    (list char) $abc string))"#;
    for (ty, literal, bytes) in [
        ("bool", "true", "\\01"),
        ("u8", "1", "\\01"),
        ("u16", "200", "\\c8\\01"),
        ("u64", "18446744073709551615", "\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\01"),
        ("s8", "-5", "\\fb"),
        ("s16", "-200", "\\b8\\7e"),
        ("s64", "8", "\\08"),
        ("f32", "-0x1p-1", "\\00\\00\\00\\bf"),
        ("f64", "nan", "\\00\\00\\00\\00\\00\\00\\f8\\7f"),
        ("char", "'a'", "a"),
        ("char", "'\\28'", "("),
        ("string", "\"hello\"", "\\05hello"),
        ("(record (field \"a\" bool) (field \"b\" u8))", "(record true 1)", "\\01\\01"),
        (
            "(variant (case \"a\" bool) (case \"b\" u8) (case \"c\"))",
            "(variant \"b\" 1)",
            "\\01\\01",
        ),
        ("(variant (case \"a\" bool) (case \"b\"))", "(variant \"b\")", "\\01"),
        (
            "(list (result (option u8)))",
            "(list error (ok (some 1)) (ok none))",
            "\\03\\01\\00\\01\\01\\00\\00",
        ),
        ("(result (error u8))", "(error 3)", "\\01\\03"),
        ("(result (error u8))", "ok", "\\00"),
        ("(tuple u8 u16 u32)", "(tuple 1 2 3)", "\\01\\02\\03"),
        ("$abc", "(flags \"a\" \"c\")", "\\05"),
        ("(enum \"a\" \"b\" \"c\")", "(enum \"b\")", "\\01"),
        ("(list u8 3)", "(list 1 2 3)", "\\01\\02\\03"),
        ("(map string u16)", "(map (entry \"a\" 1) (entry \"b\" 2))", "\\02\\01a\\01\\01b\\02"),
        (
            "(type $complex)",
            "(tuple (record none (tuple none \"empty\")) (list) (flags) \"\")",
            "\\00\\00\\05empty\\00\\00\\00",
        ),
        (
            "$complex",
            "(tuple (record (some \"example\") (tuple (some 42) \"hello\")) (list 'a' 'b' 'c') (flags \"a\" \"b\") \"hi\")",
            "\\01\\07example\\01*\\05hello\\03abc\\03\\02hi",
        ),
    ] {
        let parse = |value: &str| {
            let text = format!("(component {types} (value $v {ty} {value}))");
            let parsed = wattle_wat::Parser::new().features(Features::ALL).component(&text);
            parsed.unwrap_or_else(|errors| panic!("{errors}\n{text}")).component.into_owned()
        };
        let component = parse(literal);
        assert_eq!(component, parse(&format!("(binary \"{bytes}\")")), "{ty} {literal}");
        let text = print_component(&component);
        let parsed = wattle_wat::Parser::new().features(Features::ALL).component(&text).unwrap();
        assert_eq!(parsed.component, component, "{text}");
        let last = text.lines().rev().nth(1).unwrap();
        let is_float = ty.starts_with('f');
        assert!(is_float || last.ends_with(&format!(" {literal})")), "{last}: {literal}");
    }
}

#[test]
fn values_without_a_literal_are_bytes() {
    let value = |ty: Type<'static>, bytes: &[u8]| {
        let value = Value { ty: ValType::Type(0.into()), bytes: bytes.to_vec().into() };
        vec![Definition::Type(ty), Definition::Value(value)]
    };
    let string = Type::Prim(PrimType::String);
    for (definitions, ending) in [
        // A number in more bytes than it needs, bytes that are too many, and too few.
        (value(string.clone(), b"\x81\x00a"), "(binary \"\\81\\00a\"))"),
        (value(string.clone(), b"\x01ab"), "(binary \"\\01ab\"))"),
        (value(string, b"\x02a"), "(binary \"\\02a\"))"),
        // Another NaN, a character that no token has, a flag that the type lacks, no such case.
        (value(Type::Prim(PrimType::F32), &[0, 0, 0xc1, 0x7f]), "(binary \"\\00\\00\\c1\\7f\"))"),
        (value(Type::Prim(PrimType::Char), "é".as_bytes()), "(binary \"\\c3\\a9\"))"),
        (value(Type::Flags(["a".into()].into()), &[2]), "(binary \"\\02\"))"),
        (value(Type::Enum(["a".into()].into()), &[1]), "(binary \"\\01\"))"),
        // Many values without any bytes.
        (
            vec![
                Definition::Type(Type::Tuple([].into())),
                Definition::Type(Type::List(ValType::Type(0.into()))),
                Definition::Value(Value {
                    ty: ValType::Type(1.into()),
                    bytes: vec![0xff, 0xff, 0xff, 0xff, 0x0f].into(),
                }),
            ],
            "(binary \"\\ff\\ff\\ff\\ff\\0f\"))",
        ),
    ] {
        let component: Component<'_> = definitions.into_iter().collect();
        let text = print_component(&component);
        assert!(text.lines().rev().nth(1).unwrap().ends_with(ending), "{text}");
        let parsed = wattle_wat::Parser::new().features(Features::ALL).component(&text).unwrap();
        assert_eq!(parsed.component, component, "{text}");
    }
}

#[test]
fn literals_that_their_types_do_not_have_are_refused() {
    for (ty, literal, message) in [
        ("u8", "256", "constant out of range"),
        ("s8", "128", "constant out of range"),
        ("bool", "1", "unexpected token"),
        ("char", "\"a\"", "unexpected token"),
        ("f32", "nan:0x1", "unexpected token"),
        ("(tuple u8 u8)", "(tuple 1)", "unexpected token"),
        ("(list u8 3)", "(list 1 2 3 4)", "unexpected token"),
        ("(enum \"a\")", "(enum \"b\")", "unexpected token"),
        ("(variant (case \"a\"))", "(variant \"a\" 1)", "unexpected token"),
        ("(result u8)", "ok", "unknown operator"),
        ("(option u8)", "(some)", "unexpected token"),
        ("(stream u8)", "1", "unexpected token"),
    ] {
        let text = format!("(component (value {ty} {literal}))");
        let errors =
            wattle_wat::Parser::new().features(Features::ALL).component(&text).unwrap_err();
        assert!(errors.to_string().starts_with(message), "{text}: {errors}");
    }
}
