//! The errors in components: reason, found bytes, feature, offset, and path.

use wattle_ast::components::Component;
use wattle_ast::{Features, leb128};
use wattle_parser::components::Parser;

/// The bytes of hexadecimal digits; spaces are skipped.
fn hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn component(content: &str) -> Vec<u8> {
    [Component::PREAMBLE.to_vec(), hex(content)].concat()
}

/// A section, as hexadecimal digits.
fn section(id: u8, content: &[u8]) -> String {
    let mut out = vec![id];
    leb128::write_u32(&mut out, content.len() as u32);
    out.extend(content);
    out.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn message(wasm: &[u8], features: Features) -> String {
    match Parser::new().features(features).wasm(wasm) {
        Ok(_) => "well-formed".into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn framing() {
    for (content, expected) in [
        ("0d 00", "malformed section id 0x0d at offset 0x8"),
        (
            "09 04 00 00 00 00",
            "malformed section id 0x09 (cm-values is not enabled) at offset 0x8, in start section",
        ),
        ("07 02 00 7f", "unexpected data at the end of the section at offset 0xb, in type section"),
        (
            "07 03 01 7f",
            "unexpected end-of-file (1 byte is missing) at offset 0xc, in type section",
        ),
        ("07 01 01 73", "unexpected end-of-file (its section ends here) at offset 0xb, in type 0"),
        (
            "07 7f 00",
            "unexpected end-of-file (126 bytes are missing) at offset 0xb, in type section",
        ),
        ("07 ff ff ff ff 7f", "integer too large at offset 0xd, in type section"),
        (
            "00 03 05 61 62",
            "unexpected end-of-file (the length goes beyond what is there) at offset 0xa, in custom 0",
        ),
        ("00 03 02 ff fe", "malformed UTF-8 encoding at offset 0xa, in custom 0"),
        ("00", "unexpected end-of-file (the bytes end here) at offset 0x9, in custom 0"),
    ] {
        assert_eq!(message(&component(content), Features::DEFAULT), expected, "{content}");
    }
}

#[test]
fn preambles() {
    let module = section(1, b"\0asm\x0d\0\x01\0");
    let inner = section(4, b"\0asm\x01\0\0\0");
    let short = section(4, b"\0asm\x0d");
    let version = section(4, b"\0asm\x0e\0\x01\0");
    for (wasm, expected) in [
        (
            component(&module),
            "expected a version header for a module at offset 0xe, in core module 0",
        ),
        (
            component(&inner),
            "expected a version header for a component at offset 0xe, in component 0",
        ),
        (
            component(&short),
            "unexpected end-of-file (the bytes end here) at offset 0xf, in component 0",
        ),
        (component(&version), "unknown binary version 14 of layer 1 at offset 0xe, in component 0"),
        (b"\0asm\x0d\0\x02\0".to_vec(), "unknown binary version 13 of layer 2 at offset 0x4"),
        (b"\0asm\x02\0\0\0".to_vec(), "unknown binary version 2 at offset 0x4"),
        (b"\0as".to_vec(), "unexpected end of section or function at offset 0x3"),
        (b"wasm".to_vec(), "magic header not detected at offset 0x0"),
    ] {
        assert_eq!(message(&wasm, Features::DEFAULT), expected);
    }
    let expected =
        "unknown binary version 13 of layer 1 (component-model is not enabled) at offset 0x4";
    assert_eq!(message(&component(""), Features::WASM3), expected);
    let error = wattle_parser::parse_component(b"\0asm\x01\0\0\0").unwrap_err().to_string();
    assert_eq!(error, "expected a version header for a component at offset 0x4");
    let error = wattle_parser::parse(&component("")).unwrap_err().to_string();
    assert!(error.starts_with("unknown binary version: this is a component"), "{error}");
}

#[test]
fn definitions_by_their_paths() {
    for (content, expected) in [
        (
            section(10, b"\x03\0\x01a\x03\x01\0\x01b\x03\x01\0\x01c\x06"),
            "invalid leading byte (0x6) for component external kind at offset 0x18, in import 2",
        ),
        (
            section(6, b"\x02\x03\x02\0\0\x03\x07"),
            "invalid leading byte (0x7) for alias at offset 0x10, in type 1",
        ),
        (
            section(6, b"\x01\x07"),
            "invalid leading byte (0x7) for component external kind at offset 0xb, in alias section",
        ),
        (
            section(8, b"\x02\x02\0\0\0\0\x01\x0f"),
            "invalid leading byte (0xf) for canonical option at offset 0x11, in func 0",
        ),
        (
            section(7, b"\x02\x7f\x42\x02\x01\x7f\x01\x71\x01\x01a\x02"),
            "invalid leading byte (0x2) for optional component value type at offset 0x15, in type 1, type 1",
        ),
        (
            section(7, b"\x01\x41\x02\x03\0\x01a\x03\x01\x03\0\x01b\x03\x02"),
            "invalid leading byte (0x2) for type bound at offset 0x18, in type 0, import 1",
        ),
        (
            section(3, b"\x01\x50\x02\x03\0\0\0\x03\0\x09"),
            "malformed import kind at offset 0x13, in core type 0, export 1",
        ),
        (
            section(7, b"\x01\x41\x01\x05"),
            "invalid leading byte (0x5) for component or instance type declaration at offset 0xd, in type 0",
        ),
        (section(8, b"\x01\x0c\x01"), "non-zero reserved byte at offset 0xc, in core func 0"),
    ] {
        assert_eq!(message(&component(&content), Features::DEFAULT), expected, "{content}");
    }
}

#[test]
fn the_way_inwards() {
    let module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x05\x01\x03\0\xff\x0b";
    let empty_module = section(1, b"\0asm\x01\0\0\0");
    let empty = section(4, &Component::PREAMBLE);
    let inner =
        [Component::PREAMBLE.to_vec(), hex(&empty_module), hex(&section(1, module))].concat();
    let content = [&empty[..], &empty, &section(4, &inner)].concat();
    let expected =
        "illegal opcode ff at offset 0x49, in component 2, core module 1, func 0, instr 0";
    assert_eq!(message(&component(&content), Features::DEFAULT), expected);
    // The inner component is cut short.
    let cut = hex(&content);
    let cut = [&Component::PREAMBLE[..], &cut[..cut.len() - module.len() - 2]].concat();
    let expected = "unexpected end-of-file (27 bytes are missing) at offset 0x30, in component 2";
    assert_eq!(message(&cut, Features::DEFAULT), expected);
}

#[test]
fn features() {
    for (content, feature, expected) in [
        (
            section(8, b"\x01\x05"),
            Features::CM_ASYNC,
            "invalid leading byte (0x5) for canonical function (cm-async is not enabled) at offset 0xb, in core func 0",
        ),
        (
            section(8, b"\x01\x0e\0"),
            Features::COMPONENT_MODEL,
            "unknown binary version 13 of layer 1 (component-model is not enabled) at offset 0x4",
        ),
        (
            section(10, b"\x01\x02\x01a\x01\0\x01i\x05\0"),
            Features::CM_IMPLEMENTS,
            "invalid leading byte (0x0) for name option (cm-implements is not enabled) at offset 0xf, in import 0",
        ),
        (
            section(7, b"\x01\x63\x7d\x7d"),
            Features::CM_MAP,
            "invalid leading byte (0x63) for component defined type (cm-map is not enabled) at offset 0xb, in type 0",
        ),
        (
            section(7, b"\x01\x70\x64"),
            Features::CM_ERROR_CONTEXT,
            "invalid leading byte (0x64) for component value type (cm-error-context is not enabled) at offset 0xc, in type 0",
        ),
    ] {
        assert_eq!(message(&component(&content), Features::ALL), "well-formed", "{content}");
        assert_eq!(message(&component(&content), Features::ALL - feature), expected, "{content}");
    }
}
