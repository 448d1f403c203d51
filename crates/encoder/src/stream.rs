//! Encodes a stream of items or events.

use alloc::vec::Vec;

use wattle_ast::{Encode, Entries, Event, Item, Names, Reader, Section, SectionId, leb128};

use crate::{frame, module};

/// Writes items, or events byte for byte, one after the other.
///
/// Sizes and counts are always right in the output, whatever the headers of sections state, so
/// items may be dropped, added and replaced on the way. A header that is right keeps its bytes, a
/// wrong header is written anew, and a header whose items were all dropped is left out. Headers are
/// optional: an item opens its section unless that is open, and magic and version are added.
///
/// The caller determines the order of sections. After the header of a recursive group or a group of
/// imports, the next items are its members, up to the number that the header states. An import that
/// does not fit the group ends it, and so does the end of the section; the header of the group then
/// gets the right count.
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
    /// The offset of the module in the buffer.
    base: usize,
    section: Option<OpenSection>,
}

/// A section whose end is not yet known.
#[derive(Debug)]
struct OpenSection {
    /// The offset of the header. `items` is the offset of the first item.
    start: usize,
    items: usize,
    /// The size and the count in the header.
    stated: Section,
    /// Whether the caller added the header, and not only an item of the section.
    explicit: bool,
    /// The number of entries so far; a group is one entry.
    count: u32,
    entries: Entries,
    group: Option<OpenGroup>,
}

/// A group whose end is not yet known.
#[derive(Debug)]
struct OpenGroup {
    header: Item<'static>,
    /// The offset of the header. `items` is the offset of the first member.
    start: usize,
    items: usize,
}

impl Encoder {
    /// An encoder with an empty buffer.
    pub fn new() -> Encoder {
        Encoder::default()
    }

    /// Makes an encoder that appends to a buffer; [`finish`](Encoder::finish) returns the buffer.
    ///
    /// ```
    /// use wattle_encoder::Encoder;
    /// assert_eq!(Encoder::append_to(vec![1, 2]).finish(), *b"\x01\x02\0asm\x01\0\0\0");
    /// ```
    pub fn append_to(out: Vec<u8>) -> Encoder {
        Encoder { base: out.len(), out, ..Encoder::default() }
    }

    /// Adds an item. A custom section that is a placeholder for the names of a module adds nothing:
    /// see [`names`](Encoder::names).
    pub fn item(&mut self, item: &Item<'_>) {
        self.add(item, None);
    }

    /// Adds an event and keeps its bytes, with two exceptions: the header of a section or group
    /// with more or fewer items than it states, and an import that was read as a member of a group
    /// and is added outside of it.
    pub fn event(&mut self, event: &Event<'_>) {
        self.add(&event.item, Some(event.bytes));
    }

    /// Adds a name section, unless it would have no names.
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

    /// Returns the bytes.
    pub fn finish(mut self) -> Vec<u8> {
        self.close_section();
        self.begin();
        self.out
    }

    /// Adds an item, with its bytes if it comes from an event.
    pub(crate) fn add(&mut self, item: &Item<'_>, bytes: Option<&[u8]>) {
        match item {
            Item::Header => {
                if self.out.len() == self.base {
                    write(&mut self.out, item, bytes);
                }
            }
            Item::Section(section) => {
                self.open_section(*section, bytes, true);
            }
            Item::Custom(_) => {
                self.close_section();
                self.begin();
                write(&mut self.out, item, bytes);
            }
            _ => {
                if let Some(id) = item.section() {
                    self.entry(id, item, bytes);
                }
            }
        }
    }

    /// Writes magic and version if nothing was written before.
    fn begin(&mut self) {
        if self.out.len() == self.base {
            frame::header(&mut self.out);
        }
    }

    /// Adds an item to its section. Opens that section first, unless it is open.
    fn entry(&mut self, id: SectionId, item: &Item<'_>, bytes: Option<&[u8]>) {
        if self.section.as_ref().is_none_or(|section| section.stated.id != id) {
            self.open_section(Section { id, size: 0, count: 0 }, None, false);
        }
        if let Some(section) = &mut self.section {
            section.add(&mut self.out, item, bytes);
        }
    }

    fn open_section(&mut self, stated: Section, bytes: Option<&[u8]>, explicit: bool) {
        self.close_section();
        self.begin();
        let start = self.out.len();
        write(&mut self.out, &Item::Section(stated), bytes);
        let (items, entries) = (self.out.len(), Entries::new(stated.id, u32::MAX));
        let open = OpenSection { start, items, stated, explicit, count: 0, entries, group: None };
        self.section = Some(open);
    }

    fn close_section(&mut self) {
        if let Some(section) = self.section.take() {
            section.close(&mut self.out);
        }
    }
}

impl OpenSection {
    fn add(&mut self, out: &mut Vec<u8>, item: &Item<'_>, bytes: Option<&[u8]>) {
        if self.group.is_some() && !self.entries.is_member(item) {
            self.close_group(out);
        }
        if self.group.is_none() {
            self.count += 1;
        }
        let start = out.len();
        match bytes {
            // The encoding of an import depends on the group that it was read in.
            Some(bytes) if !matches!(item, Item::Import(_)) || self.reads(bytes, item) => {
                out.extend_from_slice(bytes);
            }
            _ => self.entries.write(item, out),
        }
        self.entries.advance(item);
        if let Item::RecGroup(_) | Item::ImportGroup(_) = item {
            let header = item.clone().into_owned();
            self.group = Some(OpenGroup { header, start, items: out.len() });
        }
        if self.group.is_some() && self.entries.members() == 0 {
            self.close_group(out);
        }
    }

    /// Whether the bytes decode to this item at this place.
    fn reads(&self, bytes: &[u8], item: &Item<'_>) -> bool {
        let mut reader = Reader::new(bytes);
        self.entries.read(&mut reader).as_ref() == Ok(item) && reader.is_empty()
    }

    fn close_group(&mut self, out: &mut Vec<u8>) {
        let missing = self.entries.members();
        self.entries.end_group();
        let Some(mut group) = self.group.take() else { return };
        let len = match &mut group.header {
            Item::RecGroup(group) => &mut group.len,
            Item::ImportGroup(group) => &mut group.len,
            _ => return,
        };
        if missing == 0 {
            return;
        }
        if *len == missing {
            // Without members, the header of the group is removed too.
            out.truncate(group.start);
            self.count = self.count.saturating_sub(1);
            return;
        }
        *len = len.saturating_sub(missing);
        frame::patch(out, group.start..group.items, &group.header.to_bytes());
    }

    fn close(mut self, out: &mut Vec<u8>) {
        self.close_group(out);
        let Section { id, size, count } = self.stated;
        let len = out.len() - self.items;
        let gone = self.count == 0 && (count != 0 || !self.explicit);
        if gone || (!id.is_list() && self.count == 0) {
            out.truncate(self.start);
            return;
        }
        // The size includes the count, whose length depends on how it was written.
        let header = out.get(self.start..self.items).unwrap_or_default();
        let same = count_len(header).is_some_and(|count| len + count == size as usize)
            && (self.count == count || !id.is_list());
        if same {
            return;
        }
        let count_len = if id.is_list() { leb128::len_u32(self.count) } else { 0 };
        let section = Section { id, size: (len + count_len) as u32, count: self.count };
        frame::patch(out, self.start..self.items, &section.to_bytes());
    }
}

fn write(out: &mut Vec<u8>, item: &Item<'_>, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => out.extend_from_slice(bytes),
        None => item.encode(out),
    }
}

/// The length in bytes of the count in the header of a section.
fn count_len(header: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(header);
    reader.byte().and_then(|_| reader.u32()).ok()?;
    Some(reader.remaining())
}
