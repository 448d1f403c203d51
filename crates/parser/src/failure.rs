//! The error path: turns a reason and a position into an [`Error`], with the place in the module
//! and the bytes that were found there. None of this runs while the input is well-formed.

use alloc::format;
use alloc::string::String;

use wattle_ast::{
    Body, Error, ExternKind, Instr, InstrRef, ItemKind, Malformed, Opcode, Path, Reader, SectionId,
    Span,
};

use crate::frame::{Input, LOOK_AHEAD, NoItem};
use crate::module::ModuleState;
use crate::sans_io::Explain;
use crate::section::Extent;

impl Explain for ModuleState {
    #[cold]
    #[inline(never)]
    fn error(&self, input: &Input<'_>, why: NoItem) -> Error {
        let (kind, pos, enable) = match why {
            NoItem::Malformed(kind, pos) | NoItem::Counts(kind, pos, _) => (kind, pos, None),
            NoItem::Disabled(kind, pos, feature) => (kind, pos, Some(feature)),
            _ => return self.truncated(input),
        };
        let start = input.offset.saturating_add(pos);
        let mut error = Error::new(kind, Span::at(start));
        error.enable = enable;
        error.path = self.path(input);
        match why {
            NoItem::Counts(_, _, [first, second]) => {
                error.found = Some(format!("{first} and {second}"));
                error.path.item = None;
            }
            _ => {
                let found = match kind {
                    Malformed::IllegalOpcode => {
                        let mut reader = input.reader(pos, usize::MAX);
                        Opcode::shown(&mut reader).map(|shown| (shown, reader.pos() - pos))
                    }
                    Malformed::UnknownVersion => version(input.data.get(pos..)),
                    Malformed::SectionId => section_code(input.data.get(pos)),
                    Malformed::SectionOrder => self.order(input.data.get(pos)),
                    _ => None,
                };
                let len = match (kind, &found) {
                    // The place of these two errors is after the last byte that was read.
                    (Malformed::UnexpectedEnd | Malformed::IntegerTooLong, _) => 0,
                    (_, Some((_, len))) => *len,
                    (_, None) => 1,
                };
                error.span.end = start.saturating_add(len);
                error.found = found.map(|(bytes, _)| bytes);
                error.path.instr = self.instr(input, pos);
            }
        }
        error
    }

    fn path(&self, input: &Input<'_>) -> Path {
        let Some(section) = &self.section else {
            if !self.started {
                return Path::default();
            }
            let id = input.data.first().and_then(|&code| SectionId::from_code(code));
            let custom =
                (id == Some(SectionId::Custom)).then_some((ItemKind::Custom, self.customs));
            return Path { section: id, item: custom, ..Path::default() };
        };
        let kind = section.id().item_kind();
        // In an index space that has imports, these come first.
        let extern_kind =
            ExternKind::ALL.iter().find(|extern_kind| extern_kind.item_kind() == kind);
        let imported = extern_kind.map_or(0, |&extern_kind| self.imported[extern_kind as usize]);
        let index = imported.saturating_add(section.entries.index());
        let item = (!section.entries.is_done()).then_some((kind, index));
        Path { section: Some(section.id()), item, ..Path::default() }
    }
}

impl ModuleState {
    /// The error for a section whose size goes beyond the end of the input.
    fn truncated(&self, input: &Input<'_>) -> Error {
        let end = input.offset.saturating_add(input.data.len());
        let (size_at, size) = match &self.section {
            Some(section) => (section.extent.size_at, section.extent.size),
            None => {
                let size = input.reader(1, usize::MAX).u32().unwrap_or(0);
                (input.offset.saturating_add(1), size)
            }
        };
        let path = self.path(input);
        // For a size beyond the end of the input, the official phrase is the phrase for any such
        // length.
        let (kind, span) = match size as usize > end.saturating_sub(size_at) {
            true => (Malformed::LengthOutOfBounds, Span::new(size_at, size_at.saturating_add(1))),
            false => (Malformed::UnexpectedEnd, Span::at(end)),
        };
        let found = self.missing(input).map(missing_bytes);
        Error { path: Path { item: None, ..path }, found, ..Error::new(kind, span) }
    }

    /// The number of bytes that the current section lacks.
    fn missing(&self, input: &Input<'_>) -> Option<usize> {
        let extent = self.section.as_ref().map(|section| &section.extent);
        let wanted = Extent::end(extent, input)?;
        wanted.checked_sub(input.data.len()).filter(|missing| *missing > 0)
    }

    /// Describes the fault in the place of a section, for a message.
    fn order(&self, code: Option<&u8>) -> Option<(String, usize)> {
        let id = SectionId::from_code(*code?)?;
        let last = self.last?;
        let found = match last == id {
            true => format!("(the {id} section is there twice)"),
            false => format!("(the {id} section must be before the {last} section)"),
        };
        Some((found, 1))
    }

    /// The instruction of the current body that contains a position.
    fn instr(&self, input: &Input<'_>, pos: usize) -> Option<InstrRef> {
        let section = self.section.as_ref().filter(|section| section.id() == SectionId::Code)?;
        // The result must not depend on the amount of input beyond this that has arrived.
        let mut reader = input.reader(0, section.extent.left.saturating_add(LOOK_AHEAD));
        let size = reader.u32().ok()?;
        let end = reader.pos().saturating_add(size as usize);
        let body: Body<'_> = reader.clone().read().ok()?;
        let code = reader.pos().checked_add(body.code_offset())?;
        if pos < code || pos > end {
            return None;
        }
        reader.seek(code);
        let mut index = 0;
        loop {
            let start = reader.pos();
            let opcode = Reader::new(reader.rest()).opcode().ok();
            let read = reader.read::<Instr<'_>>();
            if read.is_err() || reader.pos() > pos {
                let offset = u32::try_from(start - code).unwrap_or(u32::MAX);
                return Some(InstrRef { index, offset, opcode: opcode.filter(|_| start < end) });
            }
            index += 1;
        }
    }
}

/// The number of missing bytes, for a message.
pub(crate) fn missing_bytes(number: usize) -> String {
    match number {
        1 => String::from("(1 byte is missing)"),
        _ => format!("({number} bytes are missing)"),
    }
}

/// The unknown version of a binary, for a message.
pub(crate) fn version(bytes: Option<&[u8]>) -> Option<(String, usize)> {
    let bytes = bytes?.first_chunk()?;
    let found = match *bytes {
        [a, b, 0, 0] => format!("{}", u16::from_le_bytes([a, b])),
        [a, b, c, d] => {
            let (version, layer) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
            format!("{version} of layer {layer}")
        }
    };
    Some((found, bytes.len()))
}

/// The unknown section code, for a message.
pub(crate) fn section_code(code: Option<&u8>) -> Option<(String, usize)> {
    Some((format!("{:#04x}", code?), 1))
}
