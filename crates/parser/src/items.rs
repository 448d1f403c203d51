//! The items of a section, one at a time.

use wattle_ast::{Body, Custom, Instr, Item, Malformed, Nesting, Reader};

use crate::frame::{Bounds, Frame, Input, NoItem};
use crate::section::Section;

/// Decodes the next item of any section, except for the code section and custom sections, to `to`.
/// In this function and those below, `end` becomes the position after the item.
#[inline]
pub(crate) fn item<'b>(
    input: &Input<'b>,
    section: &Section,
    end: &mut usize,
    to: &mut Item<'b>,
) -> Result<(), NoItem> {
    let frame = section.frame();
    frame.decode(input, end, |reader, bounds| {
        let check = |reader: &mut _, len| check_len(reader, len, frame, bounds);
        section.entries.read_checked(reader, to, check)
    })
}

/// Checks that the bounds leave room for `len` entries of at least one byte each. The length was
/// read last, and its own bytes count as room, as in [`Reader::len32`].
#[inline]
pub(crate) fn check_len(
    reader: &mut Reader<'_>,
    len: u32,
    frame: Frame,
    bounds: Bounds,
) -> Result<(), Malformed> {
    let end = match bounds {
        Bounds::Frame => frame.end,
        Bounds::Beyond => reader.bytes().len(),
    };
    // All bytes of the length except for the last have the top bit set.
    let read = reader.bytes().get(..reader.pos().saturating_sub(1)).unwrap_or_default();
    let start = read.len() - read.iter().rev().take_while(|&&byte| byte >= 0x80).count();
    match len as usize <= end.saturating_sub(start) {
        true => Ok(()),
        false => Err(reader.fail_at(start, Malformed::LengthOutOfBounds)),
    }
}

/// Decodes the number of entries at the start of a section. `frame` must have room for these
/// entries.
pub(crate) fn count(input: &Input<'_>, frame: Frame, end: &mut usize) -> Result<u32, NoItem> {
    frame.decode(input, end, |reader, bounds| {
        let count = reader.u32()?;
        check_len(reader, count, frame, bounds)?;
        Ok(count)
    })
}

/// Decodes a custom section, whose content lies in `frame`.
pub(crate) fn custom<'b>(
    input: &Input<'b>,
    frame: Frame,
    end: &mut usize,
) -> Result<Custom<'b>, NoItem> {
    whole(input, frame)?;
    frame.decode(input, end, |reader, _| reader.read())
}

/// The checks for a body.
pub(crate) struct BodyCheck<'n> {
    /// Scratch space for reading the instructions; `None` if they are not read.
    pub(crate) nesting: Option<&'n mut Nesting>,
    /// Whether there was a data count section.
    pub(crate) data_count: bool,
}

/// Decodes the next body of the code section.
#[inline]
pub(crate) fn body<'b>(
    input: &Input<'b>,
    section: Frame,
    mut check: BodyCheck<'_>,
    end: &mut usize,
) -> Result<Body<'b>, NoItem> {
    let mut start = 0;
    let size = section.decode(input, &mut start, |reader, bounds| {
        let size = reader.u32()?;
        check_len(reader, size, section, bounds)?;
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
    let end_of_body = start.saturating_add(size as usize);
    let frame = Frame::of_module(start, end_of_body, Malformed::SectionSize);
    whole(input, frame)?;
    frame.decode(input, end, |reader, _| check.body(reader, frame.end))
}

impl BodyCheck<'_> {
    /// Reads a body that must end at position `end`, and leaves the reader there.
    #[inline]
    fn body<'b>(&mut self, reader: &mut Reader<'b>, end: usize) -> Result<Body<'b>, Malformed> {
        let mut ahead = reader.clone();
        let mut body = match ahead.read::<Body<'_>>() {
            Ok(body) => body,
            Err(error) => return Err(reader.fail_at(ahead.pos(), error)),
        };
        let code = reader.pos() + body.code_offset();
        reader.seek(code);
        if let Some(nesting) = &mut self.nesting {
            let names_data = body.read_code(reader, nesting)?;
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

/// The position of the first instruction that names a data segment, from position `code` on.
#[cold]
fn first_that_names_data(reader: &Reader<'_>, code: usize) -> usize {
    let mut reader = reader.clone();
    reader.seek(code);
    loop {
        let start = reader.pos();
        match reader.read::<Instr<'_>>() {
            Ok(instr) if !instr.opcode().names_data() => {}
            _ => return start,
        }
    }
}

/// Asks for more input until all bytes of a frame have arrived.
fn whole(input: &Input<'_>, frame: Frame) -> Result<(), NoItem> {
    match input.data.len() < frame.end {
        false => Ok(()),
        true if input.eof => Err(NoItem::Truncated),
        true => Err(NoItem::More(frame.end)),
    }
}
