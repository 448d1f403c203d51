//! Each custom section with a known name: a parsed section is written back unchanged, and a
//! malformed section is refused with the place of the fault.

use wattle_ast::custom::{
    BranchHint, BranchHints, ComdatKind, DylinkMemory, DylinkSubsection, KnownCustom,
    LinkingSection, RelocType, Subject, SymbolFlags,
};
use wattle_ast::{Encode, FuncIdx, Malformed};

/// Parses a section, and checks that it is written back byte for byte.
fn round_trip<'a>(name: &str, bytes: &'a [u8]) -> KnownCustom<'a> {
    let known = KnownCustom::parse(name, bytes).expect("known").expect("well-formed");
    assert_eq!(known.to_bytes(), bytes, "{name}");
    known
}

/// The error for a section, and its offset.
fn error(name: &str, bytes: &[u8]) -> (Malformed, usize) {
    let error = KnownCustom::parse(name, bytes).expect("known").expect_err("malformed");
    (error.kind, error.span.start)
}

#[test]
fn trailing_bytes_are_refused() {
    assert_eq!(error("build_id", &[1, 0, 0]), (Malformed::SectionSize, 2));
    assert_eq!(error("producers", &[0, 0]), (Malformed::SectionSize, 1));
    assert_eq!(error("dylink.0", &[2, 2, 0, 0]), (Malformed::SectionSize, 3));
}

/// The names of the sections with one name each, from the table that makes the variants.
fn names_of_variants() -> Vec<&'static str> {
    let table = include_str!("../../src/custom/mod.rs").split("\nknown! {").nth(1).unwrap();
    let docs = table.lines().filter_map(|line| line.trim().strip_prefix("/// `"));
    docs.map(|rest| rest.strip_suffix("`.").unwrap()).collect()
}

/// No bytes cause a panic, and a section that was parsed and written is parsed as an equal section.
#[test]
fn any_bytes_do() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let names = names_of_variants();
    assert!(names.len() >= 13, "{names:?}");
    let names = names.into_iter().chain(["name", "reloc.CODE", "metadata.code.x", "authors"]);
    let (mut good, mut bad) = (0, 0);
    for name in names {
        for _ in 0..4_000 {
            let mut bytes = [0_u8; 12];
            for byte in &mut bytes {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                // Small numbers form valid sections more often than large ones.
                *byte = if state >> 60 < 3 { (state >> 32) as u8 } else { state as u8 & 3 };
            }
            for len in 0..=bytes.len() {
                let Some(Ok(known)) = KnownCustom::parse(name, &bytes[..len]) else {
                    bad += 1;
                    continue;
                };
                good += 1;
                let written = known.to_bytes();
                assert_eq!(KnownCustom::parse(name, &written), Some(Ok(known)), "{name}");
            }
        }
    }
    assert!(good > 1_000 && bad > 1_000, "{good} {bad}");
}

#[test]
fn producers() {
    let bytes = b"\x02\x08language\x02\x01C\0\x03C++\x0214\x0cprocessed-by\x01\x05clang\x0219";
    round_trip("producers", bytes);
    assert_eq!(error("producers", b"\x01\x01a\x01\x01b"), (Malformed::UnexpectedEnd, 6));
    assert_eq!(error("producers", b"\x01\x01\xff\0"), (Malformed::Utf8, 1));
}

#[test]
fn target_features() {
    round_trip("target_features", b"\x03+\x07atomics-\x0ashared-mem=\x01x");
    assert_eq!(error("target_features", b"\x01?\x01x"), (Malformed::CustomSection, 1));
}

#[test]
fn branch_hints() {
    use BranchHint::{Likely, Unlikely};
    let bytes = [2, 1, 2, 5, 1, 1, 0x80, 1, 1, 0, 4, 1, 0, 1, 0];
    round_trip(BranchHints::NAME, &bytes);
    let mut hints = BranchHints::default();
    for (func, offset, hint) in [(4, 0, Unlikely), (1, 128, Likely), (1, 5, Likely)] {
        assert_eq!(hints.set(FuncIdx(func), offset, hint), None);
    }
    assert_eq!(hints.set(FuncIdx(1), 128, Unlikely), Some(Likely));
    assert_eq!(hints.to_bytes(), bytes);
    assert_eq!(hints.get(FuncIdx(1), 128), Some(&Unlikely));
    assert_eq!(error(BranchHints::NAME, &[1, 0, 1, 5, 2, 0, 0]), (Malformed::CustomSection, 4));
    assert_eq!(error(BranchHints::NAME, &[1, 0, 1, 5, 1, 2]), (Malformed::CustomSection, 4));
}

#[test]
fn other_kinds_have_bytes() {
    round_trip("metadata.code.trace", &[1, 1, 2, 5, 0, 7, 2, 0xff, 1]);
    let (name, bytes) = ("metadata.code.trace", [1, 0, 1, 5, 2, 0]);
    assert_eq!(error(name, &bytes), (Malformed::UnexpectedEnd, 6));
}

#[test]
fn dylink() {
    let bytes = b"\x01\x05\x80\x01\x04\x02\0\x02\x05\x02\x01a\x01b\x03\x04\x01\x01f\x01\
        \x04\x07\x01\x01m\x01f\x80\x02\x05\x05\x01\x03lib\x09\x02xy";
    let known = round_trip("dylink.0", bytes);
    let KnownCustom::Dylink(dylink) = known else { panic!() };
    let memory = DylinkMemory { memory_size: 128, memory_align: 4, table_size: 2, table_align: 0 };
    assert_eq!(dylink.subsections[0], DylinkSubsection::Memory(memory));
    let DylinkSubsection::Imports(imports) = &dylink.subsections[3] else { panic!() };
    assert!(imports[0].flags.contains(SymbolFlags::TLS));
    assert_eq!(error("dylink.0", &[0, 1, 9, 1, 3, 1, 2, 0x80]), (Malformed::UnexpectedEnd, 8));
    assert_eq!(error("dylink.0", &[2, 3, 1]), (Malformed::LengthOutOfBounds, 1));
}

#[test]
fn linking() {
    let parts: [(u8, &[u8]); 5] = [
        (5, b"\x01\x05.data\x02\x01"),
        (6, b"\x01\x7f\0"),
        (7, b"\x01\x01c\0\x02\x01\x05\0\x06"),
        // A function; an import without a name and an import with a name; data that is defined here
        // and data that is not; a section.
        (
            8,
            b"\x06\0\0\x01\x01f\0\x10\x02\x05\x50\x03\x01g\x01\0\x01d\0\x08\x04\x01\x10\x01e\
            \x03\x02\x05",
        ),
        (9, b"!"),
    ];
    let mut bytes = Vec::from([2]);
    for (id, part) in parts {
        id.encode(&mut bytes);
        part.encode(&mut bytes);
    }
    let section = LinkingSection::parse(&bytes).unwrap();
    assert_eq!(section.symbols().count(), 6);
    assert_eq!(section.subsections.len(), 5);
    round_trip("linking", &bytes);
}

#[test]
fn kinds_by_their_codes() {
    for (code, kind) in ComdatKind::ALL.iter().enumerate() {
        assert_eq!(kind.to_bytes(), [code as u8]);
    }
    assert_eq!(error("linking", &[2, 8, 2, 1, 6]), (Malformed::CustomSection, 4));
    assert_eq!(error("linking", &[2, 7, 3, 1, 0, 0]), (Malformed::UnexpectedEnd, 6));
}

#[test]
fn relocations() {
    // A function index; an address, 4 before a symbol; one of 64 bits.
    let bytes = [4, 3, 0, 0x80, 1, 9, 3, 5, 6, 0x7c, 16, 1, 2, 0x80, 0x80, 0x80, 0x80, 0x10];
    round_trip("reloc.CODE", &bytes);
    round_trip("reloc..debug_info", &[1, 0]);
    assert_eq!(error("reloc.DATA", &[4, 1, 27, 0, 0]), (Malformed::CustomSection, 2));
}

#[test]
fn types_are_in_order_and_their_names_say_their_form() {
    for (code, &ty) in RelocType::ALL.iter().enumerate() {
        assert_eq!(usize::from(ty.code()), code);
        assert_eq!(RelocType::from_code(ty.code()), Some(ty));
        let extent = match ty.name().rsplit('_').next() {
            Some("LEB" | "SLEB") => 5,
            Some("LEB64" | "SLEB64") => 10,
            Some("I32") => 4,
            Some("I64") => 8,
            other => panic!("{other:?}"),
        };
        assert_eq!(ty.extent(), extent, "{}", ty.name());
        let name = ty.name();
        let address = name.contains("ADDR") || name.contains("OFFSET");
        let wide = name.ends_with("64");
        let bits = if !address {
            0
        } else if wide {
            64
        } else {
            32
        };
        assert_eq!(ty.addend_bits(), bits, "{name}");
    }
}

#[test]
fn source_mapping_url() {
    round_trip("sourceMappingURL", b"\x14https://example.org/");
    assert_eq!(error("sourceMappingURL", b"\x02a"), (Malformed::UnexpectedEnd, 2));
}

#[test]
fn build_id() {
    round_trip("build_id", b"\0");
    round_trip("build_id", b"\x03\xff\0\xff");
    assert_eq!(error("build_id", b"\x03\xff\0"), (Malformed::UnexpectedEnd, 3));
}

#[test]
fn all_bytes_are_compressed() {
    round_trip(".dep-v0", b"");
    round_trip(".dep-v0", b"\x78\x01\0");
}

#[test]
fn external_debug_info() {
    round_trip("external_debug_info", b"\x14https://example.org/");
    assert_eq!(error("external_debug_info", b"\x02a"), (Malformed::UnexpectedEnd, 2));
}

#[test]
fn all_bytes_are_the_text() {
    for subject in Subject::ALL {
        round_trip(subject.name(), b"");
        round_trip(subject.name(), "\u{e9}\0 text".as_bytes());
        assert_eq!(error(subject.name(), b"ab\xff"), (Malformed::Utf8, 2));
    }
}

#[test]
fn core_dumps() {
    round_trip("core", b"\0\x01a");
    round_trip("coremodules", b"\x02\0\x01a\0\0");
    round_trip("coreinstances", b"\x01\0\0\x02\0\x01\x01\x05");
    let frame = b"\0\x01t\x01\0\0\x02\x80\x01\x03\x01\x7f\x7f\x7e\x80\x01\
        \x02\x7d\0\0\xc0\x7f\x7c\0\0\0\0\0\0\xf0\x3f";
    round_trip("corestack", frame);
    assert_eq!(error("core", b"\x01\x01a"), (Malformed::ZeroByte, 0));
    assert_eq!(error("corestack", b"\0\0\x01\0\0\0\0\x01\x7b\0"), (Malformed::NumberType, 8));
}
