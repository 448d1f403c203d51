//! Each property over seeded inputs.

use wattle_tests::times;

fn check(target: fn(&[u8])) {
    let mut count = 0;
    for data in wattle_fuzz::seeded_inputs(1000) {
        target(&data);
        count += 1;
    }
    assert_eq!(count, 1000);
}

macro_rules! seeded {
    ($( $name:ident: $target:path, )*) => { $(
        #[test]
        fn $name() {
            check($target);
        }
    )* };
}

seeded! {
    parse_bytes: wattle_fuzz::parse_bytes,
    parse_text: wattle_fuzz::parse_text,
    chunking: wattle_fuzz::chunking,
    bytes_round_trip: wattle_fuzz::bytes_round_trip,
    text_round_trip: wattle_fuzz::text_round_trip,
    format_text: wattle_fuzz::format::format_text,
    generated_module: wattle_fuzz::generated::generated_module,
    wasi_files: wattle_fuzz::files::files,
}

fn check_components(target: fn(&[u8])) {
    let mut count = 0;
    for data in wattle_fuzz::components::seeded_components(400) {
        target(&data);
        count += 1;
    }
    assert_eq!(count, 400);
}

macro_rules! seeded_components {
    ($( $name:ident: $target:path, )*) => { $(
        #[test]
        fn $name() {
            check_components($target);
        }
    )* };
}

seeded_components! {
    component_chunking: wattle_fuzz::components::chunking,
    component_bytes_round_trip: wattle_fuzz::components::bytes_round_trip,
    component_text_round_trip: wattle_fuzz::components::text_round_trip,
    generated_component: wattle_fuzz::components::generated_component,
}

/// Scripts of the suite, as they are and damaged.
#[test]
fn format_scripts() {
    let mut random = wattle_fuzz::Random::new(7);
    let mut count = 0;
    for file in wattle_tests::suite::files() {
        let mut data = file.read();
        if data.len() < 1 << 15 {
            wattle_fuzz::format::format_text(&data);
            for _ in 0..4 {
                wattle_fuzz::mutate_bytes(&mut data, &mut random);
                wattle_fuzz::format::format_text(&data);
                count += 1;
            }
        }
    }
    assert!(count > 400, "{count}");
}

fn check_interfaces(target: fn(&[u8])) {
    let mut count = 0;
    for data in wattle_fuzz::interfaces::seeded_interfaces(2000) {
        target(&data);
        count += usize::from(wattle_fuzz::interfaces::says_interfaces(&data));
    }
    // The others are mutations, and texts in which names clash.
    assert!(count > 600, "{count}");
}

#[test]
fn wit_text() {
    check_interfaces(wattle_fuzz::interfaces::wit_text);
}

#[test]
fn wit_bytes() {
    check_interfaces(wattle_fuzz::interfaces::wit_bytes);
}

#[test]
fn component_new() {
    let count = times(400);
    let texts = wattle_fuzz::interfaces::seeded_interfaces(count);
    let made: usize = texts.map(|data| wattle_fuzz::componentize::components_made(&data)).sum();
    assert!(made > count / 4, "{made}");
    let modules = wattle_fuzz::componentize::seeded_modules(count);
    let made: usize = modules.map(|data| wattle_fuzz::componentize::components_made(&data)).sum();
    // A quarter of the inputs is as generated.
    assert!(made >= count / 4, "{made}");
}

#[test]
fn component_plug() {
    let count = times(200);
    let texts = wattle_fuzz::interfaces::seeded_interfaces(count);
    let texts = texts.chain(wattle_fuzz::componentize::seeded_worlds(count));
    let joined: usize = texts.map(|data| wattle_fuzz::componentize::components_joined(&data)).sum();
    assert!(joined > count / 5, "{joined}");
    check_components(wattle_fuzz::componentize::component_plug);
}

#[test]
fn component_link() {
    let count = times(1600);
    let libraries = wattle_fuzz::linking::seeded_libraries(count);
    let linked = libraries.filter(|data| wattle_fuzz::linking::is_linked(data)).count();
    assert!(linked > count / 4, "{linked}");
}

/// Inputs that libFuzzer found.
#[test]
fn inputs_that_failed_before() {
    // A function of an unknown type, which text cannot express.
    let func = b"\0asm\x01\0\0\0\x03\x02\x01\x12\x0a\x04\x01\x02\0\x0b";
    wattle_fuzz::bytes_round_trip(func);
    // A table with an empty initialiser, which text cannot express.
    let table = b"\0asm\x01\0\0\0\x04\x07\x01\x40\0\x70\0\x01\x0b";
    assert!(wattle::parser::parse(table).is_ok());
    wattle_fuzz::bytes_round_trip(table);
    // A data segment named outside of functions, which does not need a data count section.
    let elem = "(module (elem funcref (item data.drop 0)))";
    wattle_fuzz::text_round_trip(elem.as_bytes());
    let parsed = wattle::wat::Parser::new().module(elem).unwrap();
    assert!(!parsed.module.has_section(wattle::ast::SectionId::DataCount));
}
