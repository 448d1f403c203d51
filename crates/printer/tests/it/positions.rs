//! Custom sections with offsets into the module, through text and through the canonical form: their
//! offsets are updated, or the sections are left out.

use wattle_ast::custom::{BranchHint, BranchHints};
use wattle_ast::{FuncIdx, Module};
use wattle_encoder::encode_canonical;

/// A module with two types, `() -> ()` and `(i32) -> ()`, an imported function of the first type,
/// and a function of the second.
const HEAD: &[u8] =
    b"\0asm\x01\0\0\0\x01\x08\x02\x60\0\0\x60\x01\x7f\0\x02\x07\x01\x01a\x01b\0\0\x03\x02\x01\x01";

/// `call 0`, `local.get 0`, `if`, `end`, `i32.const 0`, `drop`, `block`, `local.get 0`, `br_if 0`,
/// `end`, `end`.
const CODE: &[u8] =
    b"\x0a\x15\x01\x13\0\x10\0\x20\0\x04\x40\x0b\x41\0\x1a\x02\x40\x20\0\x0d\0\x0b\x0b";

/// `CODE` with an index of five bytes in the call.
const LONG_CODE: &[u8] =
    b"\x0a\x19\x01\x17\0\x10\x80\x80\x80\x80\0\x20\0\x04\x40\x0b\x41\0\x1a\x02\x40\x20\0\x0d\0\x0b\x0b";

fn binary(sections: &[&[u8]]) -> Vec<u8> {
    [HEAD, &sections.concat()].concat()
}

fn custom(name: &str, content: &[u8]) -> Vec<u8> {
    let len = 1 + name.len() + content.len();
    let header = [0, u8::try_from(len).unwrap(), u8::try_from(name.len()).unwrap()];
    [&header, name.as_bytes(), content].concat()
}

fn hints(if_at: u8, br_if_at: u8) -> Vec<u8> {
    custom(BranchHints::NAME, &[1, 1, 2, if_at, 1, 1, br_if_at, 1, 0])
}

fn parse(bytes: &[u8]) -> Module<'_> {
    wattle_parser::parse(bytes).unwrap()
}

/// The hints of a module, each with the offset of its instruction.
fn hints_of(module: &Module<'_>) -> Vec<(u32, BranchHint)> {
    let custom = module.customs.iter().find(|it| it.name == BranchHints::NAME).unwrap();
    let hints = BranchHints::parse(custom.data.bytes().unwrap()).unwrap();
    let of: Vec<_> = hints.funcs.iter().map(|of| of.func).collect();
    assert_eq!(of, [FuncIdx(1)]);
    hints.funcs[0].entries.iter().map(|entry| (entry.offset, entry.value)).collect()
}

#[test]
fn branch_hints_stand_at_their_instructions() {
    for (what, bytes) in [
        ("over-long integers", binary(&[&hints(9, 19), LONG_CODE])),
        ("behind the code section", binary(&[CODE, &hints(5, 15)])),
        ("behind the code section, over-long integers", binary(&[LONG_CODE, &hints(9, 19)])),
        ("before another section", binary(&[&hints(5, 15), &custom("x", b"y"), CODE])),
    ] {
        let module = parse(&bytes);
        assert_eq!(module.left_out_of_shortest(), [], "{what}");
        let expected = [(5, BranchHint::Likely), (15, BranchHint::Unlikely)];
        let canonical = encode_canonical(&module);
        assert_eq!(hints_of(&parse(&canonical)), expected, "{what}");
        let text = wattle_printer::print(&module);
        let annotated = text.matches("(@metadata.code.branch_hint").count();
        assert_eq!((annotated, text.matches("(@custom \"m").count()), (2, 0), "{what}: {text}");
        let parsed = wattle_wat::parse(&text).unwrap();
        assert_eq!(hints_of(&parsed), expected, "{what}");
        assert_eq!(encode_canonical(&parsed), canonical, "{what}");
    }
}

#[test]
fn any_metadata_and_several_kinds() {
    let trace = custom("metadata.code.a kind", &[1, 1, 2, 5, 3, b'a', 0, 0xff, 15, 0]);
    let bytes = binary(&[&hints(5, 15), &trace, CODE]);
    let module = parse(&bytes);
    let text = wattle_printer::print(&module);
    for line in [
        "(@metadata.code.branch_hint \"\\01\") (@\"metadata.code.a kind\" \"a\\00\\ff\") if (;@1;)",
        "(@metadata.code.branch_hint \"\\00\") (@\"metadata.code.a kind\" \"\") br_if 0 (;@1;)",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn metadata_without_a_place_in_text_keeps_its_section() {
    // Metadata of a whole function, and metadata at an `end`.
    for (content, short) in [
        ([1, 1, 2, 0, 1, 7, 14, 0], [1, 1, 2, 0, 1, 7, 10, 0]),
        ([1, 1, 2, 9, 1, 7, 11, 0], [1, 1, 2, 5, 1, 7, 7, 0]),
    ] {
        let bytes = binary(&[LONG_CODE, &custom("metadata.code.x", &content)]);
        let module = parse(&bytes);
        let text = wattle_printer::print(&module);
        assert!(text.contains("(@custom \"metadata.code.x\" (after func) "), "{text}");
        let parsed = wattle_wat::parse(&text).unwrap();
        assert_eq!(parsed.customs[0].data.bytes().unwrap(), short);
        assert_eq!(encode_canonical(&parsed), encode_canonical(&module));
    }
}

#[test]
fn what_points_at_bytes_is_left_out_where_these_move() {
    for (name, content) in [
        ("reloc.CODE", &[3, 1, 0, 4, 0][..]),
        ("linking", &[2]),
        (".debug_info", &[1, 2, 3]),
        ("sourceMappingURL", &[1, b'u']),
        ("external_debug_info", &[1, b'u']),
        ("metadata.code.x", &[1, 1, 1, 2, 0]),
    ] {
        let section = custom(name, content);
        let bytes = binary(&[LONG_CODE, &section]);
        let module = parse(&bytes);
        let left_out: Vec<_> = module.left_out_of_shortest();
        assert_eq!(left_out.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), [name]);
        assert_eq!(encode_canonical(&module), binary(&[CODE]), "{name}");
        let text = wattle_printer::print(&module);
        assert!(!text.contains("(@custom"), "{name}: {text}");

        let bytes = binary(&[CODE, &section]);
        let module = parse(&bytes);
        assert_eq!(module.left_out_of_shortest(), [], "{name}");
        assert_eq!(encode_canonical(&module), bytes, "{name}");
        let text = wattle_printer::print(&module);
        let parsed = wattle_wat::parse(&text).unwrap();
        assert_eq!(encode_canonical(&parsed), bytes, "{name}: {text}");
    }
}

#[test]
fn what_points_at_bytes_is_left_out_where_sections_before_it_move() {
    // The size of the type section has two bytes.
    let mut bytes = binary(&[CODE, &custom("sourceMappingURL", b"\x01u")]);
    bytes.splice(9..10, [0x88, 0]);
    assert_eq!(parse(&bytes).left_out_of_shortest().len(), 1);
    // The data count section is not needed, so it is left out, which changes the places of
    // sections.
    let sections: [&[u8]; 4] =
        [b"\x0c\x01\x00", CODE, &custom("linking", &[2]), &custom(".debug_info", b"")];
    let bytes = binary(&sections);
    let module = parse(&bytes);
    let left_out: Vec<_> = module.left_out_of_shortest();
    assert_eq!(left_out.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["linking"]);
}
