//! Unchanged sections are written byte for byte; changed sections, in their shortest form.

use pretty_assertions::assert_eq;
use wattle_ast::{
    Body, Custom, CustomData, Data, DataMode, Elem, ElemItems, ElemMode, Export, ExternIdx,
    ExternType, Func, FuncIdx, FuncType, Global, GlobalType, Import, ImportGroup, Instr, List,
    MemType, Module, RawSection, Reader, RecGroup, RefType, SectionId, TableType, TagType, TypeIdx,
    ValType,
};
use wattle_encoder::{encode, encode_canonical};

/// A module with an item in every section.
fn full() -> Module<'static> {
    let mut module = Module::default();
    let ty = |params: usize| FuncType::new(vec![ValType::I32; params], [ValType::I64]).into();
    module.types = (0..4).map(ty).collect();
    module.rec_groups = vec![RecGroup { first: TypeIdx(1), len: 2 }];
    let import = |name: &'static str| Import {
        module: "env".into(),
        name: name.into(),
        ty: ExternType::Func(TypeIdx(0)),
    };
    module.imports = ["a", "b", "c"].map(import).into();
    module.import_groups = vec![ImportGroup {
        first: 1,
        len: 2,
        module: "env".into(),
        ty: Some(ExternType::Func(TypeIdx(0))),
    }];
    let body = || Body::new([], [Instr::I64Const { value: 3 }, Instr::End].into_iter().collect());
    module.funcs = vec![Func { ty: TypeIdx(0), body: body() }].into();
    let table = TableType { elem: RefType::FUNCREF, limits: Default::default() };
    module.tables = vec![wattle_ast::Table { ty: table, init: None }].into();
    module.memories = vec![MemType::default()].into();
    module.tags = vec![TagType { ty: TypeIdx(0) }].into();
    let zero = || [Instr::I32Const { value: 0 }, Instr::End].into_iter().collect();
    let global = GlobalType { mutable: false, val: ValType::I32 };
    module.globals = vec![Global { ty: global, init: zero() }].into();
    module.exports = vec![Export { name: "f".into(), index: ExternIdx::Func(FuncIdx(3)) }];
    module.start = Some(FuncIdx(3));
    let mode = ElemMode::Active { table: None, offset: zero() };
    let items = ElemItems::Funcs(List::new([FuncIdx(3)]));
    module.elems = vec![Elem { ty: RefType::FUNC, items, mode }].into();
    module.encoding.data_count = true;
    let mode = DataMode::Active { memory: None, offset: zero() };
    module.datas = vec![Data { mode, bytes: b"abc"[..].into() }].into();
    let custom = |name: &'static str, after| Custom {
        name: name.into(),
        data: CustomData::Bytes(b"xyz"[..].into()),
        after,
    };
    module.customs = vec![
        custom("first", None),
        custom("twin", Some(SectionId::Tag)),
        custom("twin", Some(SectionId::Tag)),
        Custom { name: "name".into(), data: CustomData::Names, after: Some(SectionId::Export) },
        custom("last", Some(SectionId::Data)),
    ];
    module.names.module = Some("m".into());
    module.names.funcs.insert(3.into(), "f".into());
    module
}

/// The sections of a module.
fn sections(bytes: &[u8]) -> Vec<RawSection<'_>> {
    let mut reader = Reader::new(&bytes[8..]);
    let mut sections = Vec::new();
    while !reader.is_empty() {
        let start = reader.pos();
        let id = SectionId::from_code(reader.byte().unwrap()).unwrap();
        reader.byte_list().unwrap();
        sections.push(RawSection { id, bytes: reader.since(start).into() });
    }
    sections
}

/// The sections of a module, each with its size in five bytes, and its count or, in a custom
/// section, the length of its name, in two.
fn padded(bytes: &[u8]) -> Vec<RawSection<'static>> {
    let pad = |raw: RawSection<'_>| {
        let mut reader = Reader::new(&raw.bytes);
        let mut bytes = vec![reader.byte().unwrap()];
        let content = reader.byte_list().unwrap();
        wattle_ast::leb128::write_u32_padded(&mut bytes, content.len() as u32 + 1);
        bytes.extend([content[0] | 0x80, 0x00]);
        bytes.extend_from_slice(&content[1..]);
        RawSection { id: raw.id, bytes: bytes.into() }
    };
    sections(bytes).into_iter().map(pad).collect()
}

fn joined(sections: &[RawSection<'_>]) -> Vec<u8> {
    let bodies = sections.iter().flat_map(|raw| raw.bytes.iter());
    b"\0asm\x01\0\0\0".iter().chain(bodies).copied().collect()
}

#[test]
fn untouched_sections_stay() {
    let mut module = full();
    let canonical = encode(&module);
    let needless = [12, 1, 1];
    let at = canonical.windows(3).position(|bytes| bytes == needless).unwrap();
    let without = [&canonical[..at], &canonical[at + 3..]].concat();
    assert_eq!(encode_canonical(&module), without);
    module.encoding.sections = padded(&canonical);
    let expected = joined(&module.encoding.sections);
    assert_eq!(module.encoding.sections.len(), 13 + 5);
    assert!(expected.len() > canonical.len() + 18 * 4);
    assert_eq!(encode(&module), expected);
    assert_eq!(encode(&module.clone().into_owned()), expected);
    assert_eq!(encode_canonical(&module), without);
}

/// Each change affects one section, and leaves the bytes of all others alone.
#[test]
fn one_change_rewrites_one_section() {
    type Change = fn(&mut Module<'static>);
    let changes: [(SectionId, Change); 14] = [
        (SectionId::Type, |m| m.types[3.into()] = FuncType::new([], []).into()),
        (SectionId::Type, |m| m.rec_groups.clear()),
        (SectionId::Import, |m| m.imports[2].name = "d".into()),
        (SectionId::Import, |m| m.import_groups.clear()),
        (SectionId::Func, |m| m.funcs[0.into()].ty = TypeIdx(3)),
        (SectionId::Table, |m| m.tables[0.into()].ty.limits.min = 1),
        (SectionId::Mem, |m| m.memories[0.into()].limits.max = Some(1)),
        (SectionId::Tag, |m| m.tags[0.into()].ty = TypeIdx(3)),
        (SectionId::Global, |m| m.globals[0.into()].ty.mutable = true),
        (SectionId::Export, |m| m.exports[0].name = "g".into()),
        (SectionId::Start, |m| m.start = Some(FuncIdx(2))),
        (SectionId::Elem, |m| m.elems[0.into()].items = ElemItems::Funcs(List::new([FuncIdx(0)]))),
        (SectionId::Code, |m| m.funcs[0.into()].body = Body::default()),
        (SectionId::Data, |m| m.datas[0.into()].bytes = b"abd"[..].into()),
    ];
    for (id, change) in changes {
        let mut module = full();
        module.encoding.sections = padded(&encode(&module));
        change(&mut module);
        let mut expected = module.encoding.sections.clone();
        let mut alone = module.clone();
        alone.encoding.sections.clear();
        let alone = encode(&alone);
        let short = sections(&alone).into_iter().find(|raw| raw.id == id).unwrap();
        *expected.iter_mut().find(|raw| raw.id == id).unwrap() = short;
        assert_eq!(encode(&module), joined(&expected), "{id}");
    }
}

#[test]
fn the_data_count_follows_the_data_segments() {
    let mut module = full();
    module.encoding.sections = padded(&encode(&module));
    module.datas.push(module.datas[0.into()].clone());
    let mut expected = module.encoding.sections.clone();
    for raw in &mut expected {
        match raw.id {
            SectionId::DataCount => raw.bytes = (&[12, 1, 2][..]).into(),
            SectionId::Data => {
                raw.bytes = (&b"\x0b\x11\x02\0\x41\0\x0b\x03abc\0\x41\0\x0b\x03abc"[..]).into()
            }
            _ => {}
        }
    }
    assert_eq!(encode(&module), joined(&expected));

    // A data count section that no function needs is a part of the encoding only.
    let mut other = module.clone();
    other.encoding = Default::default();
    assert_eq!(module, other);
    assert!(!sections(&encode(&other)).iter().any(|raw| raw.id == SectionId::DataCount));
    assert_eq!(encode_canonical(&module), encode_canonical(&other));
}

#[test]
fn sections_come_and_go() {
    let mut module = full();
    module.encoding.sections = padded(&encode(&module));
    module.start = None;
    let mut expected = module.encoding.sections.clone();
    expected.retain(|raw| raw.id != SectionId::Start);
    assert_eq!(encode(&module), joined(&expected));

    module.encoding.sections = expected;
    module.start = Some(FuncIdx(1));
    let mut expected = module.encoding.sections.clone();
    // After the exports, and the name section that follows them.
    let export = expected.iter().position(|raw| raw.id == SectionId::Export).unwrap();
    let start = RawSection { id: SectionId::Start, bytes: (&[8, 1, 1][..]).into() };
    expected.insert(export + 2, start);
    assert_eq!(encode(&module), joined(&expected));
}

#[test]
fn custom_sections_are_found_wherever_they_go() {
    let mut module = full();
    module.encoding.sections = padded(&encode(&module));
    let raws = module.encoding.sections.clone();
    let (first, others) = raws.split_first().unwrap();
    let last = module.customs.pop().unwrap();
    module.customs.remove(0);
    module.customs.insert(0, Custom { after: None, ..last });
    let mut expected = vec![others.last().unwrap().clone()];
    expected.extend_from_slice(&others[..others.len() - 1]);
    assert_eq!(encode(&module), joined(&expected));
    assert_eq!(first.id, SectionId::Custom);

    module.names.funcs.insert(3.into(), "g".into());
    let at = expected.iter().position(|raw| raw.bytes.windows(4).any(|w| w == b"name")).unwrap();
    let names = b"\0\x0f\x04name\0\x02\x01m\x01\x04\x01\x03\x01g";
    expected[at].bytes = names[..].into();
    assert_eq!(encode(&module), joined(&expected));
}

#[test]
fn empty_sections_stay_while_the_module_has_nothing_for_them() {
    let empty = RawSection { id: SectionId::Table, bytes: (&[4, 0x81, 0x00, 0][..]).into() };
    let names = RawSection { id: SectionId::Custom, bytes: (&b"\0\x05\x04name"[..]).into() };
    let mut module = Module::default();
    module.encoding.sections = vec![empty, names];
    let placeholder =
        Custom { name: "name".into(), data: CustomData::Names, after: Some(SectionId::Table) };
    module.customs.push(placeholder);
    assert_eq!(encode(&module)[8..], *b"\x04\x81\0\0\0\x05\x04name");
    assert_eq!(encode_canonical(&module).len(), 8);
    module.customs.clear();
    assert_eq!(encode(&module)[8..], *b"\x04\x81\0\0");
}

#[test]
fn groups_that_fit_nothing_are_left_out() {
    let mut module = full();
    module.encoding = Default::default();
    module.imports[2].module = "elsewhere".into();
    module.rec_groups.push(RecGroup { first: TypeIdx(3), len: 2 });
    module.rec_groups.push(RecGroup { first: TypeIdx(0), len: 0 });
    module.rec_groups.push(RecGroup { first: TypeIdx(4), len: 0 });
    let bytes = encode(&module);
    let types = b"\x04\x60\0\x01\x7e\x4e\x02\x60\x01\x7f\x01\x7e\x60\x02\x7f\x7f\x01\x7e\
        \x60\x03\x7f\x7f\x7f\x01\x7e\x4e\0";
    assert!(bytes.windows(types.len()).any(|w| w == types));
    let imports = b"\x03\x03env\x01a\0\0\x03env\x01b\0\0\x09elsewhere\x01c\0\0";
    assert!(bytes.windows(imports.len()).any(|w| w == imports));
}

#[test]
fn sizes_that_lie_are_not_believed() {
    for bytes in [&[8, 3, 0][..], &[8, 1, 0, 0], &[8, 1, 0x80], &[9, 1, 0], &[8], &[]] {
        let mut module = Module { start: Some(FuncIdx(0)), ..Module::default() };
        module.encoding.sections.push(RawSection { id: SectionId::Start, bytes: bytes.into() });
        assert_eq!(encode(&module)[8..], [8, 1, 0], "{bytes:?}");
    }
}

/// The output always agrees with the module, whatever its encoding claims.
#[test]
fn encodings_that_lie_change_nothing() {
    let module = full();
    let raws = [padded(&encode(&module)), sections_owned(&encode(&module))].concat();
    let mut kept = 0;
    for (which, raw) in raws.iter().enumerate() {
        for at in 0..raw.bytes.len() {
            for bit in 0..8 {
                let mut bytes = raw.bytes.to_vec();
                bytes[at] ^= 1 << bit;
                let mut lying = module.clone();
                let lie = RawSection { id: raw.id, bytes: bytes.clone().into() };
                lying.encoding.sections.push(lie);
                let written = encode(&lying);
                let parser = wattle_parser::Parser::new().features(wattle_ast::Features::ALL);
                let again = parser.module(&written).expect("well-formed");
                assert!(again == module, "section {which}, byte {at}, bit {bit}");
                kept += usize::from(written.windows(bytes.len()).any(|window| window == bytes));
            }
        }
    }
    // Some bits do not matter, such as the top bits of a padded integer.
    assert!(kept < 500, "{kept}");
}

fn sections_owned(bytes: &[u8]) -> Vec<RawSection<'static>> {
    let own = |raw: RawSection<'_>| RawSection { id: raw.id, bytes: raw.bytes.into_owned().into() };
    sections(bytes).into_iter().map(own).collect()
}

/// An expression without an end must not make its section look like another one.
#[test]
fn items_that_make_no_sense_are_written_as_they_are() {
    let mut module = full();
    module.encoding.sections = padded(&encode(&module));
    module.globals[0.into()].init = wattle_ast::Expr::new(&[][..]);
    let bytes = encode(&module);
    assert!(bytes.windows(5).any(|w| w == [6, 3, 1, 0x7f, 0]));
}
