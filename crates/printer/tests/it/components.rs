//! Components as text: the form of the text, the names in it, and the text of arbitrary lists of
//! definitions.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use wattle_ast::components::{
    Alias, Canon, CanonOp, CanonType, Component, Definition, Names, PlainSortIdx, PrimType,
    SectionId, Sort, SortIdx, Start, Type, ValType,
};
use wattle_ast::{Custom, CustomData, Encode, Features, Module, Name, Wasm};
use wattle_printer::{Config, print_component};
use wattle_tests::components;

use crate::component_samples::{Immediates, definitions};

pub(super) type Definitions = Vec<Definition<'static>>;

fn print(definitions: Definitions) -> String {
    print_component(&definitions.into_iter().collect())
}

pub(super) fn parser() -> wattle_parser::components::Parser {
    wattle_parser::components::Parser::new().features(Features::ALL)
}

/// Makes the definition of a custom section with this content.
pub(super) fn custom(name: &'static str, bytes: Vec<u8>) -> Definition<'static> {
    let data = CustomData::Bytes(bytes.into());
    Definition::from_custom(Custom { name: name.into(), data, after: None })
}

/// Makes a name section with these names.
pub(super) fn section(
    own: Option<&'static str>,
    named: &[(Sort, u32, &'static str)],
) -> Definition<'static> {
    let mut names = Names { component: own.map(Name::from), ..Names::default() };
    for &(sort, index, name) in named {
        names.insert(sort, index, name.into());
    }
    custom(Names::NAME, names.to_bytes())
}

pub(super) fn prim(ty: PrimType) -> Definition<'static> {
    Definition::Type(Type::Prim(ty))
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
    // Encoded and parsed, so that there are offsets.
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
        // The component that is being defined, and a reference beyond the outermost scope.
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
    // The section is not the last definition.
    let names = || section(None, &[(Sort::TYPE, 0, "t")]);
    let moved = print(vec![names(), prim(PrimType::U8)]);
    assert_eq!(moved, "(component\n  (@names)\n  (type $t (;0;) u8)\n)\n");
    // A name of a function that does not exist.
    let more = section(None, &[(Sort::TYPE, 0, "t"), (Sort::FUNC, 1, "f")]);
    let text = print(vec![prim(PrimType::U8), more]);
    let mark = r#"(@names "\01\05\01\01\01\01f")"#;
    assert_eq!(text, format!("(component\n  (type $t (;0;) u8)\n  {mark}\n)\n"));
    // Two equal names, and an empty name.
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
    // The first name section that is not malformed gives the identifiers.
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
    // The limit is for the results of all start functions together.
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
    let (mut count, mut starts) = (0, 0);
    let scripts = components::of_scripts().into_iter().filter(|it| !it.is_malformed);
    let published = components::published().iter().map(|it| it.bytes.clone());
    let all = wattle_encoder::encode_component(&definitions().into_iter().collect());
    for bytes in scripts.map(|it| it.bytes).chain(published).chain([all]) {
        let component = parser().component(&bytes).unwrap();
        let text = Config::new().offsets(true).print_component(&component);
        let mut last = 0;
        for line in text.lines().filter_map(|line| line.strip_prefix("  (;@")) {
            let (offset, line) = line.split_once(";) (").unwrap();
            let offset = usize::from_str_radix(offset, 16).unwrap();
            assert!(offset > last && offset < bytes.len(), "{text}");
            last = offset;
            // The only definition of a section stands behind the section's size.
            if line.starts_with("component") || line.starts_with("core module") {
                assert!(bytes[offset..].starts_with(b"\0asm"), "{offset:x} {text}");
            }
            if line.starts_with("start") {
                let section = SectionId::Start as u8;
                assert_eq!(bytes[offset - 2], section, "{offset:x} {text}");
                starts += 1;
            }
            count += 1;
        }
    }
    assert!(count > 50 && starts > 0, "{count} offsets, {starts} of start definitions");
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
