//! Modules that once lost information on their way through text. They lie in `tests/cases`.

use std::fs;
use std::path::Path;

use wattle::{Module, encoder, parser, printer, wat};

fn case(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the text of a binary, and checks that it leads back to the same bytes, except for a data
/// count section that no function needs.
fn printed(name: &str) -> String {
    let wasm = case(name);
    let mut module = parser::parse(&wasm).unwrap();
    let text = printer::print(&module);
    module.encoding.data_count = false;
    let wasm = encoder::encode(&module);
    let again = wat::parse(&text).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    assert_eq!(encoder::encode(&again), wasm, "{text}");
    text
}

/// Returns the module of a text and the text that is printed for it, and checks that the printed
/// text leads to the same bytes.
fn read_back(name: &str) -> (Module<'static>, String) {
    let text = String::from_utf8(case(name)).unwrap();
    let wasm = encoder::encode(&wat::parse(&text).unwrap());
    let module = parser::parse(&wasm).unwrap();
    let printed = printer::print(&module);
    assert_eq!(encoder::encode(&wat::parse(&printed).unwrap()), wasm, "{printed}");
    (module.into_owned(), printed)
}

#[test]
fn names_stand_once_wherever_their_section_is() {
    let text = printed("name_section_not_last.wasm");
    assert!(text.contains("$alpha") && text.contains("(@names)"), "{text}");
    assert!(!text.contains("@custom \"name\""), "{text}");

    // The text comes from a tool that also printed the name section, and was edited then: the
    // identifiers are the names.
    let edited = String::from_utf8(case("name_section_not_last_edited.wat")).unwrap();
    let parsed = wat::Parser::new().module(&edited).unwrap();
    let funcs = parsed.module.names.funcs.iter().map(|(_, name)| name.as_str());
    assert_eq!(funcs.collect::<Vec<_>>(), ["renamed", "gamma"]);
    assert_eq!(parsed.warnings.len(), 1);
}

#[test]
fn parameters_have_names_without_a_body() {
    let (module, text) = read_back("import_param_names.wat");
    assert_eq!(module.names.locals.name(0.into(), 1.into()).unwrap(), "q");
    assert!(text.contains("(param $p i32) (param $q i64)"), "{text}");

    let (module, text) = read_back("type_tag_param_names.wat");
    assert_eq!(module.names.type_params.name(0.into(), 0.into()).unwrap(), "tp");
    assert_eq!(module.names.tag_params.name(0.into(), 0.into()).unwrap(), "k");
    assert!(text.contains("(param $tp i32)") && text.contains("(param $k i32)"), "{text}");
}

#[test]
fn labels_may_hide_each_other() {
    let text = printed("label_shadowing.wasm");
    assert!(text.contains("block $l1") && !text.contains('@'), "{text}");
    read_back("label_shadowing.wat");
}

#[test]
fn a_stated_index_of_zero_stays() {
    assert!(printed("data_flag2.wasm").contains("(memory 0)"));
    assert!(printed("elem_flag2.wasm").contains("(table 0)"));
}

#[test]
fn other_tools_annotations_are_sections() {
    let (module, text) = read_back("annotation_dylink.wat");
    assert_eq!(module.customs[0].name, "dylink.0");
    assert!(text.contains("(mem-info (memory 16 4) (table 1 0))"), "{text}");
}

#[test]
fn inner_names_stand_beside_those_that_identifiers_cannot_say() {
    // A function 7 that does not exist has a name, and so have the module and the component.
    let text = r#"(component
        (core module $m (@names (before code) "\00\02\01m\01\05\01\07\02zz") (func $f))
        (component $c (@names "\00\02\01c\01\06\01\01\07\02zz") (type $t u8))
        (core module $n (@names "\01\05\01\07\02zz"))
        (component $d (@names "\01\06\01\01\07\02zz")))"#;
    let bytes = |text: &str| {
        let parsed = wat::Parser::new().component(text).unwrap();
        encoder::encode_component(&parsed.component)
    };
    let wasm = bytes(text);
    let printed = printer::print_component(&parser::parse_component(&wasm).unwrap());
    assert_eq!(bytes(&printed), wasm, "{printed}");
}
