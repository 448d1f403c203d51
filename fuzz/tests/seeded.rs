//! Each property over 1,000 seeded inputs.

fn check(target: fn(&[u8])) {
    let mut count = 0;
    for data in wattle_fuzz::seeded_inputs(1000) {
        target(&data);
        count += 1;
    }
    assert_eq!(count, 1000);
}

#[test]
fn parse_bytes() {
    check(wattle_fuzz::parse_bytes);
}

#[test]
fn parse_text() {
    check(wattle_fuzz::parse_text);
}

#[test]
fn chunking() {
    check(wattle_fuzz::chunking);
}

#[test]
fn bytes_round_trip() {
    check(wattle_fuzz::bytes_round_trip);
}

#[test]
fn text_round_trip() {
    check(wattle_fuzz::text_round_trip);
}

#[test]
fn generated_module() {
    check(wattle_fuzz::generated::generated_module);
}

#[test]
fn wasi_files() {
    check(wattle_fuzz::files::files);
}

/// What libFuzzer found.
#[test]
fn found_before() {
    // A function of a type that is not there: binary modules can have it, texts cannot.
    let func = b"\0asm\x01\0\0\0\x03\x02\x01\x12\x0a\x04\x01\x02\0\x0b";
    wattle_fuzz::bytes_round_trip(func);
    // A table with an empty initialiser: likewise.
    let table = b"\0asm\x01\0\0\0\x04\x07\x01\x40\0\x70\0\x01\x0b";
    assert!(wattle::parser::parse(table).is_ok());
    wattle_fuzz::bytes_round_trip(table);
    // A data segment named outside of functions: that calls for no data count section.
    let elem = "(module (elem funcref (item data.drop 0)))";
    wattle_fuzz::text_round_trip(elem.as_bytes());
    let parsed = wattle::wat::Parser::new().module(elem).unwrap();
    assert_eq!(parsed.module.data_count, None);
}
