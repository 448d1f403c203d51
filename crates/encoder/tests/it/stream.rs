//! The encoder of streams: headers are right, whatever happens to the items.

use pretty_assertions::assert_eq;
use wattle_ast::{
    Custom, Event, Export, ExternIdx, ExternType, FuncIdx, FuncType, Import, ImportGroup, Item,
    Name, RecGroup, Section, SectionId, SubType, TypeIdx,
};
use wattle_encoder::Encoder;

fn event<'a>(item: Item<'a>, bytes: &'a [u8]) -> Event<'a> {
    Event { item, offset: 0, bytes }
}

fn section(id: SectionId, size: u32, count: u32) -> Item<'static> {
    Item::Section(Section { id, size, count })
}

fn export(name: &'static str) -> Item<'static> {
    Item::Export(Export { name: name.into(), index: ExternIdx::Func(FuncIdx(0)) })
}

/// The encoding of these events, without magic and version.
fn encoded<'a>(events: impl IntoIterator<Item = Event<'a>>) -> Vec<u8> {
    let mut encoder = Encoder::new();
    events.into_iter().for_each(|event| encoder.event(&event));
    let bytes = encoder.finish();
    assert_eq!(bytes[..8], *b"\0asm\x01\0\0\0");
    bytes[8..].to_vec()
}

/// An export section of two exports, with a size, a count and an index that are too long.
fn exports() -> [Event<'static>; 3] {
    [
        event(section(SectionId::Export, 11, 2), b"\x07\x8b\0\x82\0"),
        event(export("a"), b"\x01a\0\x80\0"),
        event(export("b"), b"\x01b\0\0"),
    ]
}

#[test]
fn events_stay_byte_for_byte() {
    let expected = b"\x07\x8b\0\x82\0\x01a\0\x80\0\x01b\0\0";
    assert_eq!(encoded(exports()), expected);
    // An item is replaced by an item of the same length.
    let [header, _, b] = exports();
    let other = event(export("c"), b"\x01c\0\x80\0");
    assert_eq!(encoded([header, other, b]), b"\x07\x8b\0\x82\0\x01c\0\x80\0\x01b\0\0");
}

#[test]
fn sizes_and_counts_follow_the_items() {
    let [header, a, b] = exports();
    assert_eq!(encoded([header.clone(), b.clone()]), b"\x07\x05\x01\x01b\0\0");
    let thrice = [header.clone(), a.clone(), b.clone(), b.clone()];
    assert_eq!(encoded(thrice), b"\x07\x0e\x03\x01a\0\x80\0\x01b\0\0\x01b\0\0");
    // All items are dropped, and with them the section.
    assert_eq!(encoded([header.clone()]), b"");
    // The size stays as it is, but the count changes.
    let long = event(export("a"), b"\x06abcdef\0\0");
    assert_eq!(encoded([header, long]), b"\x07\x0a\x01\x06abcdef\0\0");
    // Without a header.
    assert_eq!(encoded([a, b]), b"\x07\x0a\x02\x01a\0\x80\0\x01b\0\0");
}

#[test]
fn sections_that_stood_empty_stay() {
    let empty = event(section(SectionId::Export, 2, 0), b"\x07\x02\x80\0");
    assert_eq!(encoded([empty]), b"\x07\x02\x80\0");
    let start = event(section(SectionId::Start, 1, 1), b"\x08\x01");
    assert_eq!(encoded([start.clone()]), b"");
    assert_eq!(encoded([start, event(Item::Start(FuncIdx(1)), b"\x01")]), b"\x08\x01\x01");
}

#[test]
fn large_sections_move_once() {
    let mut encoder = Encoder::new();
    for _ in 0..100_000 {
        encoder.item(&Item::Func(TypeIdx(1)));
    }
    let custom = Custom {
        name: "c".into(),
        data: wattle_ast::CustomData::Bytes(b"!"[..].into()),
        after: None,
    };
    encoder.item(&Item::Custom(custom));
    let bytes = encoder.finish();
    assert_eq!(bytes[8..15], [3, 0xa3, 0x8d, 0x06, 0xa0, 0x8d, 0x06]);
    assert_eq!(bytes.len(), 15 + 100_000 + 5);
    assert!(bytes.ends_with(b"\x01\0\x03\x01c!"));
}

fn ty() -> Item<'static> {
    Item::Type(SubType::from(FuncType::new([], [])).into())
}

#[test]
fn recursive_groups_count_as_one() {
    let header = || event(section(SectionId::Type, 10, 2), b"\x01\x0a\x02");
    let group = || event(Item::RecGroup(RecGroup { first: TypeIdx(0), len: 2 }), b"\x4e\x82\0");
    let ty = || event(ty(), b"\x60\0\0");
    let all = [header(), group(), ty(), ty(), ty()];
    assert_eq!(encoded(all), b"\x01\x0d\x02\x4e\x82\0\x60\0\0\x60\0\0\x60\0\0");
    // The group has the items that there are.
    assert_eq!(encoded([header(), group(), ty()]), b"\x01\x06\x01\x4e\x01\x60\0\0");
    assert_eq!(encoded([header(), group()]), b"");
    assert_eq!(encoded([header(), group(), group(), ty()]), b"\x01\x06\x01\x4e\x01\x60\0\0");
    let empty = event(Item::RecGroup(RecGroup { first: TypeIdx(0), len: 0 }), b"\x4e\0");
    assert_eq!(encoded([header(), empty, ty()]), b"\x01\x06\x02\x4e\0\x60\0\0");
}

#[test]
fn imports_leave_groups_that_they_do_not_fit() {
    let of = ExternType::Func(TypeIdx(5));
    let import = |module: &'static str, name: &'static str| {
        Item::Import(Import { module: module.into(), name: name.into(), ty: of })
    };
    let group =
        |ty, len| Item::ImportGroup(ImportGroup { first: 0, len, module: Name::from("m"), ty });
    let header = || event(section(SectionId::Import, 11, 1), b"\x02\x0b\x01");
    let typed = || event(group(Some(of), 2), b"\x01m\0\x7e\0\x05\x02");
    let (a, b) = (|| event(import("m", "a"), b"\x01a"), || event(import("m", "b"), b"\x01b"));
    let expected = b"\x02\x0c\x01\x01m\0\x7e\0\x05\x02\x01a\x01b";
    assert_eq!(encoded([header(), typed(), a(), b()]), expected);
    // An import from another module in between ends the group, so the next import is outside of it.
    let n = event(import("n", "a"), b"\x01a");
    let expected = b"\x02\x16\x03\x01m\0\x7e\0\x05\x01\x01a\x01n\x01a\0\x05\x01m\x01b\0\x05";
    assert_eq!(encoded([header(), typed(), a(), n, b()]), expected);
    // The bytes of a member of one kind of group, in a group of the other kind.
    let untyped = event(group(None, 1), b"\x01m\0\x7f\x01");
    assert_eq!(encoded([untyped, a()]), b"\x02\x0a\x01\x01m\0\x7f\x01\x01a\0\x05");
    // Outside of a group.
    assert_eq!(encoded([a()]), b"\x02\x07\x01\x01m\x01a\0\x05");
}
