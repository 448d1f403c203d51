//! Custom sections that point at code, when the code moves.

use wattle_ast::custom::{CustomFate, Moves, PointsAt, WhyLeftOut};
use wattle_ast::{
    Body, Custom, CustomData, Encode, Func, FuncIdx, Module, Name, RawSection, SectionId,
};

/// `i32.const 0` in three bytes, `i32.const 0` in two, `br_if 0`, `end`.
const LONG: &[u8] = &[0, 0x41, 0x80, 0x00, 0x1a, 0x41, 0x00, 0x0d, 0x00, 0x0b];

fn module(body: &'static [u8], customs: &[(&'static str, &'static [u8])]) -> Module<'static> {
    let body = Body::from_bytes(body).unwrap();
    let custom = |&(name, bytes): &(&'static str, &'static [u8])| {
        let (name, data) = (Name::Borrowed(name), CustomData::Bytes(bytes.into()));
        Custom { name, data, after: Some(SectionId::Code) }
    };
    Module {
        funcs: vec![Func { ty: 0.into(), body }].into(),
        customs: customs.iter().map(custom).collect(),
        ..Module::default()
    }
}

fn said(module: &Module<'_>) -> Vec<(String, Vec<u8>)> {
    let customs = module.customs_of_shortest().into_iter();
    customs.map(|it| (it.name.to_string(), it.data.bytes().unwrap().to_vec())).collect()
}

#[test]
fn metadata_follows() {
    // Out of order, in two lists, with an entry for the whole function, in a section that comes
    // last.
    let hints = &[2, 0, 1, 7, 1, 1, 0, 2, 5, 1, 0, 0, 1, 1];
    let module = module(LONG, &[("metadata.code.b", hints), ("metadata.code.a", &[1, 0, 1, 4, 0])]);
    let expected: [(String, Vec<u8>); 2] = [
        ("metadata.code.a".into(), vec![1, 0, 1, 3, 0]),
        ("metadata.code.b".into(), vec![1, 0, 3, 0, 1, 1, 4, 1, 0, 6, 1, 1]),
    ];
    assert_eq!(said(&module), expected);
    assert!(module.customs_of_shortest().iter().all(|it| it.after == Some(SectionId::Func)));
    assert_eq!(module.left_out_of_shortest(), []);
}

#[test]
fn what_cannot_follow_is_left_out() {
    for (name, bytes, why) in [
        // Within an instruction; in a function that does not exist; two at one instruction;
        // malformed.
        ("metadata.code.a", &[1, 0, 1, 2, 0][..], WhyLeftOut::NoInstruction),
        ("metadata.code.a", &[1, 1, 1, 1, 0], WhyLeftOut::NoInstruction),
        ("metadata.code.a", &[1, 0, 2, 1, 0, 1, 0], WhyLeftOut::NoInstruction),
        ("metadata.code.a", &[1], WhyLeftOut::NoInstruction),
        ("reloc.CODE", &[0, 0], WhyLeftOut::Moves(PointsAt::Sections)),
        ("linking", &[2], WhyLeftOut::Moves(PointsAt::Sections)),
        (".debug_info", &[], WhyLeftOut::Moves(PointsAt::Code)),
        ("external_debug_info", &[0], WhyLeftOut::Moves(PointsAt::Code)),
        ("sourceMappingURL", &[0], WhyLeftOut::Moves(PointsAt::Binary)),
    ] {
        let moved = module(LONG, &[(name, bytes)]);
        let left_out = moved.left_out_of_shortest();
        assert_eq!(left_out.iter().map(|it| it.why).collect::<Vec<_>>(), [why], "{name}");
        assert!(left_out[0].to_string().starts_with(&format!("the custom section {name} is")));
        assert_eq!(said(&moved), []);
        let still = module(&[0, 0x0b], &[(name, bytes)]);
        assert_eq!(said(&still), [(name.into(), bytes.to_vec())]);
    }
    let twice = module(LONG, &[("metadata.code.a", &[0]), ("metadata.code.a", &[0])]);
    assert_eq!(twice.left_out_of_shortest()[1].why, WhyLeftOut::Several);
}

#[test]
fn entries_of_instructions_that_are_gone_go_too() {
    let module = module(LONG, &[("metadata.code.a", &[1, 0, 2, 1, 0, 7, 0])]);
    let mut moves = Moves::default();
    moves.body(FuncIdx(0), [(7, 1)]);
    let fates = module.fates(&moves);
    let [CustomFate::Follows(metadata)] = &fates[..] else { panic!("{fates:?}") };
    assert_eq!(metadata.after.to_bytes(), [1, 0, 1, 1, 0]);
}

/// Offsets into the binary stay valid only if the sizes of sections are as short as possible.
#[test]
fn sizes_of_sections() {
    let is_short = |section: &'static [u8]| {
        let mut module = module(&[0, 0x0b], &[("sourceMappingURL", &[0])]);
        module.funcs.clear();
        module.encoding.sections =
            vec![RawSection { id: SectionId::Custom, bytes: section.into() }];
        let left_out = module.left_out_of_shortest();
        assert!(left_out.iter().all(|it| it.why == WhyLeftOut::Moves(PointsAt::Binary)));
        left_out.is_empty()
    };
    assert!(is_short(&[0, 2, 1, b'a']));
    assert!(!is_short(&[0, 0x82, 0, 1, b'a']));
    const LONG: &[u8] = &{
        let mut long = [0; 131];
        (long[1], long[2]) = (0x80, 1);
        long
    };
    assert!(is_short(LONG));
}
