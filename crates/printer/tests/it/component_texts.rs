//! The texts of components parse back to them, with their names and values.

use std::fs;

use pretty_assertions::assert_eq;
use wattle_ast::components::{Component, Definition, Names, PrimType, Sort, Type, ValType, Value};
use wattle_ast::{Custom, CustomData, Features, Module, Name};
use wattle_encoder::encode_component_canonical;
use wattle_printer::{Config, print_component};
use wattle_tests::{components, suite};

use crate::component_samples::definitions;
use crate::components::{Definitions, custom, parser, prim, section};

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

/// Parses the text of a component.
fn parsed(text: &str) -> Component<'static> {
    let parsed = wattle_wat::Parser::new().features(Features::ALL).component(text);
    parsed.unwrap_or_else(|errors| panic!("{errors}\n{text:.3000}")).component.into_owned()
}

/// Checks that the text of a component parses back to it, in styles that add and omit nothing.
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

/// Examples of values in the specification, with their bytes.
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
        // A length in more bytes than it needs, a byte too many, a byte too few.
        (value(string.clone(), b"\x81\x00a"), "(binary \"\\81\\00a\"))"),
        (value(string.clone(), b"\x01ab"), "(binary \"\\01ab\"))"),
        (value(string, b"\x02a"), "(binary \"\\02a\"))"),
        // A NaN that is not canonical, a character that no token has, a flag and a case that the
        // type lacks.
        (value(Type::Prim(PrimType::F32), &[0, 0, 0xc1, 0x7f]), "(binary \"\\00\\00\\c1\\7f\"))"),
        (value(Type::Prim(PrimType::Char), "é".as_bytes()), "(binary \"\\c3\\a9\"))"),
        (value(Type::Flags(["a".into()].into()), &[2]), "(binary \"\\02\"))"),
        (value(Type::Enum(["a".into()].into()), &[1]), "(binary \"\\01\"))"),
        // A list of many values, which take no bytes.
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
