//! The items of a section, one at a time.

use wattle_ast::{
    Body, Custom, Import, ImportGroup, Instr, Item, ItemKind, Kind, Malformed, Nesting, Opcode,
    Reader, RecGroup, SectionId, TypeIdx, read_expr,
};

use crate::frame::{Bounds, Frame, Input, Stop};
use crate::state::{Counts, Group, Section};

/// Decodes the next item of any section but the code section and custom ones. Here and below,
/// `end` becomes the position after the item.
#[inline]
pub(crate) fn item<'b>(
    input: Input<'b>,
    section: &Section,
    counts: &Counts,
    end: &mut usize,
) -> Result<Item<'b>, Stop> {
    let frame = section.frame();
    frame.decode(input, end, |reader, bounds| {
        Ok(match section.id {
            SectionId::Type => {
                let group = match section.members {
                    0 => RecGroup::opt_decode(reader, TypeIdx(counts[ItemKind::Type]))?,
                    _ => None,
                };
                match group {
                    Some(group) => {
                        Item::RecGroup(fitting(reader, group, group.len, frame, bounds)?)
                    }
                    None => Item::Type(reader.read()?),
                }
            }
            SectionId::Import => match &section.group {
                Some(Group { module, ty }) if section.members > 0 => {
                    Item::Import(Import::decode_in_group(reader, module.clone(), *ty)?)
                }
                _ => match ImportGroup::opt_decode(reader, counts[ItemKind::Import])? {
                    Some(group) => {
                        let len = group.len;
                        Item::ImportGroup(fitting(reader, group, len, frame, bounds)?)
                    }
                    None => Item::Import(reader.read()?),
                },
            },
            SectionId::Func => Item::Func(reader.read()?),
            SectionId::Table => Item::Table(reader.read()?),
            SectionId::Mem => Item::Mem(reader.read()?),
            SectionId::Tag => Item::Tag(reader.read()?),
            SectionId::Global => Item::Global(reader.read()?),
            SectionId::Export => Item::Export(reader.read()?),
            SectionId::Start => Item::Start(reader.read()?),
            SectionId::Elem => Item::Elem(reader.read()?),
            SectionId::DataCount => Item::DataCount(reader.u32()?),
            SectionId::Data => Item::Data(reader.read()?),
            // They have functions of their own.
            SectionId::Code | SectionId::Custom => return Err(Malformed::SectionId),
        })
    })
}

/// Hands on the list header that was just read, unless its `len` entries, of a byte at least each,
/// exceed what the bounds leave room for: as [`Reader::len32`] has it, from the first byte of the
/// length on.
pub(crate) fn fitting<T>(
    reader: &mut Reader<'_>,
    header: T,
    len: u32,
    frame: Frame,
    bounds: Bounds,
) -> Result<T, Malformed> {
    let end = match bounds {
        Bounds::Frame => frame.end,
        Bounds::Beyond => reader.bytes().len(),
    };
    // The length is what was read last: its bytes but the last have the top bit set.
    let read = reader.bytes().get(..reader.pos().saturating_sub(1)).unwrap_or_default();
    let start = read.len() - read.iter().rev().take_while(|&&byte| byte >= 0x80).count();
    match len as usize <= end.saturating_sub(start) {
        true => Ok(header),
        false => Err(reader.fail_at(start, Malformed::LengthOutOfBounds)),
    }
}

/// Decodes a custom section, the contents of which lie in `frame`.
pub(crate) fn custom<'b>(
    input: Input<'b>,
    frame: Frame,
    after: Option<SectionId>,
    end: &mut usize,
) -> Result<Item<'b>, Stop> {
    whole(input, frame)?;
    frame.decode(input, end, |reader, _| {
        let custom: Custom<'_> = reader.read()?;
        Ok(Item::Custom(Custom { after, ..custom }))
    })
}

/// What is to be checked of a body.
pub(crate) struct BodyCheck<'n> {
    /// Scratch space; `None` when the instructions are not to be read.
    pub(crate) nesting: Option<&'n mut Nesting>,
    /// Whether there was a data count section.
    pub(crate) data_count: bool,
}

/// Decodes the next body of the code section.
#[inline]
pub(crate) fn body<'b>(
    input: Input<'b>,
    section: Frame,
    mut check: BodyCheck<'_>,
    end: &mut usize,
) -> Result<Item<'b>, Stop> {
    let mut start = 0;
    let size = section.decode(input, &mut start, |reader, bounds| {
        let size = reader.u32()?;
        fitting(reader, size, size, section, bounds)?;
        let end = reader.pos().saturating_add(size as usize);
        match bounds {
            Bounds::Frame if end <= section.end => {}
            Bounds::Frame => return Err(Malformed::UnexpectedEnd),
            Bounds::Beyond => {
                check.body(reader, end)?;
            }
        }
        Ok(size)
    })?;
    let frame =
        Frame { start, end: start.saturating_add(size as usize), overrun: Malformed::SectionSize };
    whole(input, frame)?;
    frame.decode(input, end, |reader, _| check.body(reader, frame.end).map(Item::Body))
}

impl BodyCheck<'_> {
    /// Reads a body that is to end at position `end`, and leaves the reader there.
    #[inline]
    fn body<'b>(&mut self, reader: &mut Reader<'b>, end: usize) -> Result<Body<'b>, Malformed> {
        let mut ahead = reader.clone();
        let body = match ahead.read::<Body<'_>>() {
            Ok(body) => body,
            Err(error) => return Err(reader.fail_at(ahead.pos(), error)),
        };
        let code = reader.pos() + body.code_offset();
        reader.seek(code);
        if let Some(nesting) = &mut self.nesting {
            let names_data = read_expr(reader, nesting)?;
            if reader.pos() != end {
                return Err(Malformed::SectionSize);
            }
            if names_data && !self.data_count {
                let instr = first_that_names_data(reader, code);
                return Err(reader.fail_at(instr, Malformed::DataCountRequired));
            }
        }
        reader.seek(end);
        Ok(body)
    }
}

/// The position of the first instruction from position `code` on that names a data segment.
#[cold]
fn first_that_names_data(reader: &Reader<'_>, code: usize) -> usize {
    let mut reader = reader.clone();
    reader.seek(code);
    loop {
        let start = reader.pos();
        let names_data = |opcode: Opcode| {
            opcode.kinds().iter().any(|kind| matches!(kind, Kind::Data | Kind::MemInit))
        };
        match reader.read::<Instr<'_>>() {
            Ok(instr) if !names_data(instr.opcode()) => {}
            _ => return start,
        }
    }
}

/// Waits until all bytes of a frame are there.
fn whole(input: Input<'_>, frame: Frame) -> Result<(), Stop> {
    match input.data.len() < frame.end {
        false => Ok(()),
        true if input.eof => Err(Stop::Truncated),
        true => Err(Stop::More(frame.end)),
    }
}
