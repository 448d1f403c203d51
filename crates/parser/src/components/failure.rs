//! The error path: turns a reason and a position into an [`Error`], with the place in the component
//! and the bytes that were found there. None of this runs while the input is well-formed.

use alloc::format;
use alloc::string::String;

use wattle_ast::components::SectionId;
use wattle_ast::{DefinitionRef, Error, Malformed, Path, Span};

use super::state::{At, WasmState};
use crate::failure::{missing_bytes, section_code, version};
use crate::frame::{Input, NoItem};
use crate::sans_io::Explain;
use crate::section::Extent;

impl Explain for WasmState {
    #[cold]
    #[inline(never)]
    fn error(&self, input: &Input<'_>, why: NoItem) -> Error {
        if let At::Module(module) = &self.at
            && !matches!(why, NoItem::CutShort)
        {
            let error = module.error(input, why);
            return Error { path: error.path.within(&self.place.outer()), ..error };
        }
        let is_at_start = matches!(self.at, At::Start);
        let (kind, pos, enable) = match why {
            NoItem::Malformed(kind, pos) | NoItem::Counts(kind, pos, _) => (kind, pos, None),
            NoItem::Disabled(kind, pos, feature) => (kind, pos, Some(feature)),
            _ => return self.truncated(input),
        };
        let bytes = input.data.get(pos..);
        let byte = bytes.and_then(<[u8]>::first);
        let found = match kind {
            // It is still unknown whether the input is a component.
            Malformed::UnexpectedEnd if is_at_start => Some((String::new(), 0)),
            Malformed::UnknownVersion => version(bytes),
            Malformed::SectionId => section_code(byte),
            Malformed::UnexpectedEnd => Some((String::from("(the bytes end here)"), 0)),
            Malformed::EndOfFile => Some((String::from("(its section ends here)"), 0)),
            Malformed::LengthOutOfBounds => {
                Some((String::from("(the length goes beyond what is there)"), 1))
            }
            Malformed::IntegerTooLong => None,
            _ if kind.subject().is_some() => byte.map(|byte| (format!("({byte:#x})"), 1)),
            _ => None,
        };
        let start = input.offset.saturating_add(pos);
        let len = match &found {
            Some((_, len)) => *len,
            None => usize::from(kind != Malformed::IntegerTooLong),
        };
        let kind = match kind {
            kind if is_at_start => kind,
            // The official phrase of components for all input that is cut short.
            Malformed::UnexpectedEnd | Malformed::LengthOutOfBounds => Malformed::EndOfFile,
            kind => kind,
        };
        Error {
            path: self.path(input),
            found: found.map(|(found, _)| found).filter(|found| !found.is_empty()),
            enable,
            ..Error::new(kind, Span::new(start, start.saturating_add(len)))
        }
    }

    fn path(&self, input: &Input<'_>) -> Path {
        let path = match &self.at {
            At::Module(module) => module.path(input),
            _ => Path { definition: self.definition(input), ..Path::default() },
        };
        path.within(&self.place.outer())
    }
}

impl WasmState {
    /// The error for a section, or an inner module or component, whose size goes beyond the end of
    /// the input.
    fn truncated(&self, input: &Input<'_>) -> Error {
        let end = input.offset.saturating_add(input.data.len());
        // If several scopes are cut short, the outermost determines how many bytes are missing.
        let outermost = self.ends.first().copied().filter(|outermost| *outermost > end);
        let extent = match &self.at {
            At::Section(section) => Some(&section.extent),
            _ => None,
        };
        let section = || Extent::end(extent, input).map(|len| input.offset.saturating_add(len));
        let wanted = outermost.or_else(section).unwrap_or(end);
        Error {
            path: self.path(input),
            found: Some(missing_bytes(wanted.saturating_sub(end))),
            ..Error::new(Malformed::EndOfFile, Span::at(end))
        }
    }

    /// The next definition, or the section if the definition is not known.
    fn definition(&self, input: &Input<'_>) -> Option<DefinitionRef> {
        match &self.at {
            At::Section(section) if section.entries.is_done() => {
                Some(DefinitionRef::Section(section.entries.section()))
            }
            At::Section(section) => {
                let reader = input.reader(0, section.extent.left);
                self.place.next(section.entries.section(), section.entries.scope(), reader)
            }
            At::Sections => {
                let id = SectionId::from_code(*input.data.first()?)?;
                Some(match id {
                    SectionId::Custom | SectionId::CoreModule | SectionId::Component => {
                        self.place.definition(id, None)
                    }
                    _ => DefinitionRef::Section(id),
                })
            }
            At::Preamble(id) => Some(self.place.definition(*id, None)),
            At::Start | At::Module(_) | At::Done => None,
        }
    }
}
