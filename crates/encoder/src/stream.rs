//! From a stream of items or events to bytes.

use alloc::vec::Vec;

use wattle_ast::{
    Encode, Event, Import, ImportGroup, Item, Names, Reader, RecGroup, Section, SectionId, leb128,
};

use crate::sections::belongs;
use crate::{frame, module};

/// Writes items, or events byte for byte, one after the other.
///
/// Sizes and counts come out right whatever the headers of sections say, so items may be dropped,
/// added and replaced on the way. A header that was right stays byte for byte; one that was not
/// is written anew; one whose items are all gone is dropped. An item that is not of the section
/// at hand opens its own, and magic and version come by themselves, so headers may be left out.
///
/// The order of sections is the caller's. In a recursive group or a group of imports the next so
/// many items belong to it, however many the group's header says; an import that cannot be in the
/// group ends it, and so does the end of the section: its header then says how many there were.
///
/// ```
/// use wattle_ast::{FuncType, Item, Module};
/// use wattle_encoder::{Encoder, encode};
///
/// let mut module = Module::default();
/// module.types.push(FuncType::new([], []).into());
///
/// let mut encoder = Encoder::new();
/// for item in module.items() {
///     encoder.item(&item);
/// }
/// encoder.item(&Item::Start(7.into()));
/// module.start = Some(7.into());
/// assert_eq!(encoder.finish(), encode(&module));
/// ```
#[derive(Debug, Default)]
pub struct Encoder {
    out: Vec<u8>,
    /// Where the module begins in the buffer.
    base: usize,
    section: Option<OpenSection>,
    group: Option<OpenGroup>,
}

/// A section of which the end is not yet known.
#[derive(Debug)]
struct OpenSection {
    id: SectionId,
    /// Where its header begins, and where its items begin.
    start: usize,
    items: usize,
    /// The size and the count in the header.
    stated: Section,
    /// Whether someone asked for it, and not just for an item of it.
    explicit: bool,
    /// How many entries there are: a group is one.
    count: u32,
}

/// A group of which the end is not yet known.
#[derive(Debug)]
struct OpenGroup {
    header: GroupHeader,
    /// Where its header begins, and where its items begin.
    start: usize,
    items: usize,
    /// How many items it has.
    len: u32,
}

#[derive(Debug)]
enum GroupHeader {
    Rec(RecGroup),
    Import(ImportGroup<'static>),
}

impl GroupHeader {
    fn len(&mut self) -> &mut u32 {
        match self {
            GroupHeader::Rec(group) => &mut group.len,
            GroupHeader::Import(group) => &mut group.len,
        }
    }
}

impl Encoder {
    /// An encoder into a buffer of its own.
    pub fn new() -> Encoder {
        Encoder::default()
    }

    /// An encoder that appends to a buffer; [`finish`](Encoder::finish) gives it back.
    ///
    /// ```
    /// use wattle_encoder::Encoder;
    /// assert_eq!(Encoder::append_to(vec![1, 2]).finish(), *b"\x01\x02\0asm\x01\0\0\0");
    /// ```
    pub fn append_to(out: Vec<u8>) -> Encoder {
        Encoder { base: out.len(), out, ..Encoder::default() }
    }

    /// Adds an item. A custom section that stands for the names of a module adds nothing: see
    /// [`names`](Encoder::names).
    pub fn item(&mut self, item: &Item<'_>) {
        self.add(item, None);
    }

    /// Adds an event: its bytes as they are, when they can be.
    ///
    /// They can be unless it is the header of a section or group that turns out to have other
    /// items than it says, or an import whose bytes are those of a group that it is no longer in.
    pub fn event(&mut self, event: &Event<'_>) {
        self.add(&event.item, Some(event.bytes));
    }

    /// Adds a name section, unless nothing has a name.
    ///
    /// ```
    /// use wattle_ast::Names;
    ///
    /// let mut encoder = wattle_encoder::Encoder::new();
    /// let names = Names { module: Some("m".into()), ..Names::default() };
    /// encoder.names(&names);
    /// assert_eq!(encoder.finish()[8..], *b"\0\x09\x04name\0\x02\x01m");
    /// ```
    pub fn names(&mut self, names: &Names<'_>) {
        self.close_section();
        self.begin();
        module::names(&mut self.out, names);
    }

    /// The bytes.
    pub fn finish(mut self) -> Vec<u8> {
        self.close_section();
        self.begin();
        self.out
    }

    fn add(&mut self, item: &Item<'_>, bytes: Option<&[u8]>) {
        match item {
            Item::Header => {
                if self.out.len() == self.base {
                    self.write(item, bytes);
                }
            }
            Item::Section(section) => self.open_section(*section, bytes, true),
            Item::Custom(_) => {
                self.close_section();
                self.begin();
                self.write(item, bytes);
            }
            Item::RecGroup(group) => self.open_group(item, GroupHeader::Rec(*group), bytes),
            Item::ImportGroup(group) => {
                let header = GroupHeader::Import(group.clone().into_owned());
                self.open_group(item, header, bytes);
            }
            Item::Import(import) => self.import(import, bytes),
            _ => {
                self.enter(section_of(item));
                self.entry();
                self.write(item, bytes);
                self.leave_full_group();
            }
        }
    }

    fn write(&mut self, item: &Item<'_>, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.out.extend_from_slice(bytes),
            None => item.encode(&mut self.out),
        }
    }

    /// Writes magic and version when nothing was written.
    fn begin(&mut self) {
        if self.out.len() == self.base {
            frame::header(&mut self.out);
        }
    }

    /// Makes sure that the section at hand is `id`.
    fn enter(&mut self, id: SectionId) {
        if self.section.as_ref().is_none_or(|section| section.id != id) {
            self.open_section(Section { id, size: 0, count: 0 }, None, false);
        }
    }

    fn open_section(&mut self, section: Section, bytes: Option<&[u8]>, explicit: bool) {
        self.close_section();
        self.begin();
        let start = self.out.len();
        self.write(&Item::Section(section), bytes);
        let items = self.out.len();
        let open =
            OpenSection { id: section.id, start, items, stated: section, explicit, count: 0 };
        self.section = Some(open);
    }

    fn close_section(&mut self) {
        self.close_group();
        let Some(open) = self.section.take() else { return };
        let stated = open.stated;
        let len = self.out.len() - open.items;
        let gone = open.count == 0 && (stated.count != 0 || !open.explicit);
        if gone || (!open.id.is_list() && open.count == 0) {
            self.out.truncate(open.start);
            return;
        }
        // The size covers the count, whose length depends on how it was written.
        let header = self.out.get(open.start..open.items).unwrap_or_default();
        let same = count_len(header).is_some_and(|count| len + count == stated.size as usize)
            && (open.count == stated.count || !open.id.is_list());
        if same {
            return;
        }
        let count = if open.id.is_list() { leb128::len_u32(open.count) } else { 0 };
        let section = Section { id: open.id, size: (len + count) as u32, count: open.count };
        frame::patch(&mut self.out, open.start..open.items, &section.to_bytes());
    }

    fn open_group(&mut self, item: &Item<'_>, header: GroupHeader, bytes: Option<&[u8]>) {
        self.enter(section_of(item));
        self.close_group();
        self.entry();
        let start = self.out.len();
        self.write(item, bytes);
        self.group = Some(OpenGroup { header, start, items: self.out.len(), len: 0 });
        self.leave_full_group();
    }

    /// Counts an entry of the section, or an item of the group at hand.
    fn entry(&mut self) {
        match (&mut self.group, &mut self.section) {
            (Some(group), _) => group.len += 1,
            (None, Some(section)) => section.count += 1,
            (None, None) => {}
        }
    }

    fn leave_full_group(&mut self) {
        if self.group.as_mut().is_some_and(|group| group.len >= *group.header.len()) {
            self.close_group();
        }
    }

    fn close_group(&mut self) {
        let Some(mut group) = self.group.take() else { return };
        if group.len == *group.header.len() {
            return;
        }
        if group.len == 0 {
            // All its items are gone, and it goes with them.
            self.out.truncate(group.start);
            self.section
                .iter_mut()
                .for_each(|section| section.count = section.count.saturating_sub(1));
            return;
        }
        *group.header.len() = group.len;
        let header = match group.header {
            GroupHeader::Rec(group) => Item::RecGroup(group).to_bytes(),
            GroupHeader::Import(group) => group.to_bytes(),
        };
        frame::patch(&mut self.out, group.start..group.items, &header);
    }

    fn import(&mut self, import: &Import<'_>, bytes: Option<&[u8]>) {
        self.enter(SectionId::Import);
        let group = match &self.group {
            Some(OpenGroup { header: GroupHeader::Import(group), .. }) => Some(group),
            _ => None,
        };
        match group {
            Some(group) if belongs(import, group) => {
                let says = |bytes: &&[u8]| {
                    let mut reader = Reader::new(bytes);
                    let module = group.module.borrowed();
                    let was = Import::decode_in_group(&mut reader, module, group.ty);
                    was.as_ref() == Ok(import) && reader.is_empty()
                };
                match bytes.filter(says) {
                    Some(bytes) => self.out.extend_from_slice(bytes),
                    None => import.encode_in_group(group, &mut self.out),
                }
            }
            _ => {
                self.close_group();
                let says = |bytes: &&[u8]| {
                    let mut reader = Reader::new(bytes);
                    reader.read().as_ref() == Ok(import) && reader.is_empty()
                };
                match bytes.filter(says) {
                    Some(bytes) => self.out.extend_from_slice(bytes),
                    None => import.encode(&mut self.out),
                }
            }
        }
        self.entry();
        self.leave_full_group();
    }
}

/// How many bytes of the header of a section are its count.
fn count_len(header: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(header);
    reader.byte().and_then(|_| reader.u32()).ok()?;
    Some(reader.remaining())
}

/// The section that an item belongs to.
fn section_of(item: &Item<'_>) -> SectionId {
    match item {
        Item::Header | Item::Custom(_) => SectionId::Custom,
        Item::Section(section) => section.id,
        Item::RecGroup(_) | Item::Type(_) => SectionId::Type,
        Item::ImportGroup(_) | Item::Import(_) => SectionId::Import,
        Item::Func(_) => SectionId::Func,
        Item::Table(_) => SectionId::Table,
        Item::Mem(_) => SectionId::Mem,
        Item::Tag(_) => SectionId::Tag,
        Item::Global(_) => SectionId::Global,
        Item::Export(_) => SectionId::Export,
        Item::Start(_) => SectionId::Start,
        Item::Elem(_) => SectionId::Elem,
        Item::DataCount(_) => SectionId::DataCount,
        Item::Body(_) => SectionId::Code,
        Item::Data(_) => SectionId::Data,
    }
}
