//! Encodes a whole module.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::{Custom, CustomData, Encode, Item, Module, Names, RawSection, Reader, SectionId};

use crate::sections::{self, Form};
use crate::{faithful, frame};

/// Encodes a module, byte-faithful.
///
/// A section in [`Module::encoding`] that still matches the module is written byte for byte,
/// over-long integers, empty sections and custom sections included. So a module that was parsed and
/// not changed has the bytes that it was parsed from, and a change to one section leaves the bytes
/// of all other sections alone. A changed or new section is written in the shortest form, except
/// that bodies and constant expressions keep the bytes that the tree holds.
///
/// Nothing is checked: a module that is not valid gives bytes that are not valid. Sections of more
/// than 4 GiB cannot be written.
///
/// Spec: <https://webassembly.github.io/spec/core/binary/modules.html#binary-module>
///
/// ```
/// use wattle_ast::{Module, RawSection, SectionId};
///
/// let mut module = Module::default();
/// // A start section that gives its function as 0 in two bytes.
/// let raw = RawSection { id: SectionId::Start, bytes: (&[8, 2, 0x80, 0x00][..]).into() };
/// module.encoding.sections.push(raw);
/// module.start = Some(0.into());
/// assert_eq!(wattle_encoder::encode(&module)[8..], [8, 2, 0x80, 0x00]);
/// module.start = Some(1.into());
/// assert_eq!(wattle_encoder::encode(&module)[8..], [8, 1, 1]);
/// ```
pub fn encode(module: &Module<'_>) -> Vec<u8> {
    let size: usize = module.encoding.sections.iter().map(|raw| raw.bytes.len()).sum();
    // A small vector moves each time it grows, so it starts with some room.
    let mut out = Vec::with_capacity(512.max(size + 8));
    append(&mut out, module);
    out
}

/// Appends the bytes of a module, byte-faithful.
pub(crate) fn append(out: &mut Vec<u8>, module: &Module<'_>) {
    let raws = &module.encoding.sections;
    let mut customs = RawCustoms::new(raws);
    write(out, module, &module.customs, |out, part| match part {
        Part::Section(id) => match raws.iter().find(|raw| raw.id == id) {
            Some(raw) if faithful::holds(raw, module) => out.extend_from_slice(&raw.bytes),
            _ => sections::write(out, module, id, Form::AsIs),
        },
        Part::Custom(name, bytes) => match customs.find(name, bytes) {
            Some(raw) => out.extend_from_slice(raw),
            None => custom(out, name, bytes),
        },
        Part::Names => match customs.find_names(&module.names) {
            Some(raw) => out.extend_from_slice(raw),
            None => names(out, &module.names),
        },
    });
}

/// Encodes a module in its canonical form, whatever [`Module::encoding`] holds: every integer is in
/// its shortest form, in instructions too, sections are in the order of the specification,
/// neighbouring runs of locals of one type are one run, no section is empty, and there is a data
/// count section only if a function names a data segment. So equal modules have equal canonical
/// forms.
///
/// Groups (recursive types, compact imports) are written as the module lists them. The members of a
/// group that does not fit the lists are written one by one. Instructions move when they shrink,
/// and the offsets in code metadata such as branch hints are updated. Other custom sections whose
/// offsets would be wrong are left out: [`Module::left_out_of_shortest`] lists them.
///
/// ```
/// use wattle_ast::{Body, Func, FuncType, Module, TypeIdx};
///
/// let mut module = Module::default();
/// module.types.push(FuncType::new([], []).into());
/// // `i32.const 0` in three bytes, `drop`, `end`.
/// let body = Body::from_bytes(&[0, 0x41, 0x80, 0x00, 0x1a, 0x0b][..]).unwrap();
/// module.funcs.push(Func { ty: TypeIdx(0), body });
/// let bytes = wattle_encoder::encode_canonical(&module);
/// assert!(bytes.ends_with(&[0, 0x41, 0x00, 0x1a, 0x0b]));
/// ```
pub fn encode_canonical(module: &Module<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    append_canonical(&mut out, module);
    out
}

/// Appends the bytes of a module in their canonical form.
pub(crate) fn append_canonical(out: &mut Vec<u8>, module: &Module<'_>) {
    let customs = module.customs_of_shortest();
    write(out, module, &customs, |out, part| match part {
        Part::Section(SectionId::DataCount) if !module.names_data() => {}
        Part::Section(id) => sections::write(out, module, id, Form::Shortest),
        Part::Custom(name, bytes) => custom(out, name, bytes),
        Part::Names => names(out, &module.names),
    });
}

/// A part of the encoding of a module.
enum Part<'m> {
    Section(SectionId),
    Custom(&'m str, &'m [u8]),
    Names,
}

/// Calls `part` with each part of a module in order, where `customs` are the custom sections. The
/// names are written once: at their first placeholder, or else at the end.
fn write<'m>(
    out: &mut Vec<u8>,
    module: &'m Module<'_>,
    customs: &'m [Custom<'_>],
    mut part: impl FnMut(&mut Vec<u8>, Part<'m>),
) {
    frame::header(out);
    // Sorted by place. The sort is stable, so sections at one place keep their order.
    let mut customs: Vec<&Custom<'_>> = customs.iter().collect();
    customs.sort_by_key(|custom| custom.after);
    let mut customs = customs.into_iter().peekable();
    let mut names = true;
    for place in core::iter::once(None).chain(SectionId::ALL.iter().skip(1).copied().map(Some)) {
        if let Some(id) = place {
            part(out, Part::Section(id));
        }
        // `SectionId::Custom` is not a place: a section with it in `after` comes first.
        while let Some(custom) =
            customs.next_if(|it| it.after <= place.max(Some(SectionId::Custom)))
        {
            match &custom.data {
                CustomData::Bytes(bytes) => part(out, Part::Custom(&custom.name, bytes)),
                CustomData::Names if names => {
                    part(out, Part::Names);
                    names = false;
                }
                CustomData::Names => {}
            }
        }
    }
    if names && !module.names.is_empty() {
        part(out, Part::Names);
    }
}

/// Appends a custom section.
pub(crate) fn custom(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let data = CustomData::Bytes(bytes.into());
    Item::Custom(Custom { name: name.into(), data, after: None }).encode(out);
}

/// Appends a name section, unless it would have no names.
pub(crate) fn names(out: &mut Vec<u8>, names: &Names<'_>) {
    if !names.is_empty() {
        custom(out, Names::NAME, &names.to_bytes());
    }
}

/// The custom sections of the parsed binary. Each section is used at most once while their order is
/// kept.
struct RawCustoms<'r> {
    all: Vec<RawCustom<'r>>,
    next: usize,
    /// Indices into `all`, by name and content; filled once a section is not the next one.
    index: Option<Places<'r>>,
}

type Places<'r> = BTreeMap<(&'r str, &'r [u8]), Vec<usize>>;

struct RawCustom<'r> {
    name: &'r str,
    data: &'r [u8],
    section: &'r [u8],
}

impl<'r> RawCustoms<'r> {
    fn new(raws: &'r [RawSection<'_>]) -> Self {
        let customs = raws.iter().filter(|raw| raw.id == SectionId::Custom);
        let read = |raw: &'r RawSection<'_>| {
            let mut reader: Reader<'r> = raw.content(0).ok()?;
            let name = reader.name().ok()?;
            Some(RawCustom { name, data: reader.rest(), section: &raw.bytes })
        };
        RawCustoms { all: customs.filter_map(read).collect(), next: 0, index: None }
    }

    /// Finds the section with this name and content. It is usually the next one; otherwise all are
    /// searched, since sections may have been dropped, added or moved.
    fn find(&mut self, name: &'r str, data: &'r [u8]) -> Option<&'r [u8]> {
        if let Some(raw) = self.all.get(self.next)
            && raw.name == name
            && faithful::same_bytes(raw.data, data)
        {
            self.next += 1;
            return Some(raw.section);
        }
        let all = &self.all;
        let index = self.index.get_or_insert_with(|| {
            let mut index = Places::new();
            for (at, raw) in all.iter().enumerate() {
                index.entry((raw.name, raw.data)).or_default().push(at);
            }
            index
        });
        let places = index.get_mut(&(name, data))?;
        let at = places.partition_point(|&at| at < self.next);
        let at = *places.get(at).or(places.last())?;
        self.next = at + 1;
        Some(self.all.get(at)?.section)
    }

    /// Finds the name section, if it still holds exactly these names. It is the first name section
    /// that can be parsed.
    fn find_names(&mut self, names: &Names<'_>) -> Option<&'r [u8]> {
        let mut named = self.all.iter().enumerate().filter(|(_, raw)| raw.name == Names::NAME);
        let (at, was) = named.find_map(|(at, raw)| Some((at, Names::parse(raw.data).ok()?)))?;
        self.next = at + 1;
        (was == *names).then(|| self.all[at].section)
    }
}
