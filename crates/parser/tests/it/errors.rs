//! The errors in modules: reason, found bytes, feature, offset, and path.

use wattle_ast::{Features, Opcode, Span};
use wattle_parser::Parser;

/// The module of hexadecimal digits; spaces are skipped.
fn module(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let bytes = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
    b"\0asm\x01\0\0\0".iter().copied().chain(bytes).collect()
}

fn check(hex: &str, features: Features, message: &str) {
    let wasm = module(hex);
    let error = Parser::new().features(features).module(&wasm).expect_err(message);
    assert_eq!(error.to_string(), message, "{hex}");
    crate::common::check_chunks(&wasm, features, || 1);
}

/// A type `[] -> []`, an import of a function, two functions.
const FUNCS: &str = "01 04 01 60 00 00  02 07 01 01 61 01 62 00 00  03 03 02 00 00";

#[test]
fn framing() {
    for (hex, message) in [
        ("0e 00", "malformed section id 0x0e at offset 0x8"),
        (
            "05 01 00 05 01 00",
            "unexpected content after last section (the memory section is there twice) at offset 0xb, in memory section",
        ),
        (
            "06 01 00 05 01 00",
            "unexpected content after last section (the memory section must be before the global section) at offset 0xb, in memory section",
        ),
        ("05 02 00 00", "section size mismatch at offset 0xb, in memory section"),
        (
            "05 7f 00",
            "length out of bounds (126 bytes are missing) at offset 0x9, in memory section",
        ),
        (
            "05 04 01 00 01",
            "unexpected end of section or function (1 byte is missing) at offset 0xd, in memory section",
        ),
        ("05 ff ff ff ff 7f", "integer too large at offset 0xd, in memory section"),
        (
            "03 02 01 00",
            "function and code section have inconsistent lengths 1 and 0 at offset 0xc",
        ),
        (
            "0a 04 01 02 00 0b",
            "function and code section have inconsistent lengths 0 and 1 at offset 0xa, in code section",
        ),
        ("0c 01 01", "data count and data section have inconsistent lengths 1 and 0 at offset 0xb"),
        (
            "0c 01 01 0b 01 00",
            "data count and data section have inconsistent lengths 1 and 0 at offset 0xd, in data section",
        ),
        ("00 03 02 61 ff", "malformed UTF-8 encoding at offset 0xa, in custom 0"),
        (
            "00 01 00 00 01 05 00 00 00 00",
            "unexpected end of section or function at offset 0x12, in custom 1",
        ),
    ] {
        check(hex, Features::DEFAULT, message);
    }
}

#[test]
fn headers() {
    for (wasm, message) in [
        (&b"\0as"[..], "unexpected end of section or function at offset 0x3"),
        (b"wasm", "magic header not detected at offset 0x0"),
        (b"\0asm\x02\0\0\0", "unknown binary version 2 at offset 0x4"),
        (
            b"\0asm\x0d\0\x01\0",
            "unknown binary version: this is a component, not a core module at offset 0x4",
        ),
    ] {
        let error = wattle_parser::parse(wasm).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn items() {
    for (hex, message) in [
        ("01 03 01 61 00", "malformed definition type at offset 0xb, in type 0"),
        // The sixth byte of the section lies in the second type.
        ("01 08 02 60 00 00 60 01 11 00", "malformed reference type at offset 0x10, in type 1"),
        ("02 06 01 01 61 01 62 09", "malformed import kind at offset 0xf, in import 0"),
        ("07 05 01 01 61 09 00", "malformed export kind at offset 0xd, in export 0"),
        ("09 02 01 09", "malformed elements segment kind at offset 0xb, in elem 0"),
        // The imported memory comes before the defined one, which is malformed.
        (
            "02 08 01 01 61 01 62 02 00 00 05 03 01 10 00",
            "malformed limits flags at offset 0x15, in memory 1",
        ),
        // A group with more types than the section has bytes.
        ("01 04 01 4e 7f 00 00", "length out of bounds at offset 0xc, in type 0"),
    ] {
        check(hex, Features::DEFAULT, message);
    }
}

#[test]
fn bodies() {
    for (code, message) in [
        ("0a 08 02 02 00 0b 03 00 ff 0b", "illegal opcode ff at offset 0x24, in func 2, instr 0"),
        (
            "0a 0c 02 02 00 0b 07 00 01 01 fd ff 03 0b",
            "illegal opcode fd 1ff at offset 0x26, in func 2, instr 2",
        ),
        (
            "0a 0b 02 02 00 0b 06 00 41 00 0b 01 0b",
            "section size mismatch at offset 0x27, in func 2, instr 2 `nop`",
        ),
        (
            "0a 0a 02 02 00 0b 05 00 02 40 05 0b",
            "END opcode expected at offset 0x26, in func 2, instr 1 `else`",
        ),
        (
            "0a 07 02 02 00 0b 02 00 01",
            "unexpected end of section or function at offset 0x25, in func 2, instr 1",
        ),
        (
            "0a 10 02 02 00 0b 0b 00 41 80 80 80 80 80 00 1a 0b 0b",
            "integer representation too long at offset 0x2a, in func 2, instr 0 `i32.const`",
        ),
        (
            "0a 0a 02 02 00 0b 05 00 fc 09 00 0b",
            "data count section required at offset 0x24, in func 2, instr 0 `data.drop`",
        ),
        ("0a 09 02 02 00 0b 04 01 01 11 0b", "malformed reference type at offset 0x25, in func 2"),
    ] {
        check(&format!("{FUNCS}{code}"), Features::DEFAULT, message);
    }
}

#[test]
fn features() {
    for (hex, features, message) in [
        (
            "01 04 01 60 00 00 03 02 01 00 0a 07 01 05 00 d0 70 1a 0b",
            Features::WASM1,
            "illegal opcode d0 (reference-types is not enabled) at offset 0x17, in func 0, instr 0 `ref.null`",
        ),
        (
            "0d 01 00",
            Features::WASM2,
            "malformed section id 0x0d (exceptions is not enabled) at offset 0x8, in tag section",
        ),
        (
            "02 06 01 01 61 00 7f 00",
            Features::WASM3,
            "malformed import kind (compact-imports is not enabled) at offset 0xe, in import 0",
        ),
        (
            "05 04 01 08 01 00",
            Features::WASM3,
            "malformed limits flags (custom-page-sizes is not enabled) at offset 0xb, in memory 0",
        ),
    ] {
        check(hex, features, message);
    }
}

#[test]
fn spans_cover_what_is_wrong() {
    let wasm = module("01 04 01 60 00 00 03 02 01 00 0a 08 01 06 00 01 fd ff 03 0b");
    let error = wattle_parser::parse(&wasm).unwrap_err();
    assert_eq!(error.span, Span::new(0x18, 0x1b));
    let wasm = module("01 04 01 60 00 00 03 02 01 00 0a 06 01 04 00 06 40 0b");
    let error = Parser::new().features(Features::WASM3).module(&wasm).unwrap_err();
    assert_eq!(error.span, Span::new(0x17, 0x18));
    let instr = error.path.instr.unwrap();
    assert_eq!((instr.index, instr.offset, instr.opcode), (0, 0, Some(Opcode::Try)));
}
