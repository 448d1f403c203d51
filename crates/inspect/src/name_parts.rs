//! The name section piece by piece, each with its bytes.
//!
//! [`Names`](wattle_ast::Names) has the names by index; this module has the bytes that each of them
//! takes.

use wattle_ast::{Malformed, Name, NameSubsection, Reader};

/// A piece of a name section. The bytes of all pieces, one after the other, are the section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamePart<'a> {
    /// The subsection that the piece belongs to, by its id.
    pub subsection: u8,
    /// The kind of the piece.
    pub kind: NamePartKind<'a>,
    /// The offset of the first byte in the content of the section.
    pub offset: usize,
    /// The number of bytes.
    pub len: usize,
}

/// The kinds of pieces of a name section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NamePartKind<'a> {
    /// The header of a subsection: its id, its size, and its count if it is a list of names.
    Subsection {
        /// The number of entries; `None` for the name of the module and for unknown subsections.
        count: Option<u32>,
    },
    /// The name of the module.
    Module(Name<'a>),
    /// The header of the names in an item, such as the locals of a function.
    Outer {
        /// The index of the item.
        index: u32,
        /// The number of names that follow.
        count: u32,
    },
    /// A name.
    Name {
        /// The index of the item that the name belongs to, for names in items.
        outer: Option<u32>,
        /// The index of the item that has the name.
        index: u32,
        /// The name.
        name: Name<'a>,
    },
    /// The content of a subsection with an unknown id.
    Unknown,
}

/// Splits the content of a name section into pieces.
///
/// # Errors
/// The iterator returns an error for the first malformed piece, and ends behind it.
///
/// ```
/// use wattle_inspect::name_parts::{NamePartKind, name_parts};
///
/// let mut parts = name_parts(b"\x01\x04\x01\0\x01f");
/// let part = parts.nth(1).unwrap().unwrap();
/// assert_eq!(part.kind, NamePartKind::Name { outer: None, index: 0, name: "f".into() });
/// assert_eq!((part.offset, part.len), (3, 3));
/// ```
pub fn name_parts(content: &[u8]) -> NameParts<'_> {
    NameParts { reader: Reader::new(content), end: 0, at: At::default(), failed: false }
}

/// The iterator that [`name_parts`] returns.
#[derive(Clone, Debug)]
pub struct NameParts<'a> {
    reader: Reader<'a>,
    /// The end of the subsection at hand.
    end: usize,
    at: At,
    failed: bool,
}

/// The subsection at hand, and the numbers of entries that are left.
#[derive(Clone, Copy, Default, Debug)]
struct At {
    id: u8,
    outer: Option<u32>,
    inner_left: u32,
    left: u32,
    /// Whether the content is one piece that is still to come.
    is_single: bool,
}

/// Returns whether a subsection names parts of items, such as the locals of functions.
fn is_indirect(subsection: NameSubsection) -> bool {
    match subsection {
        NameSubsection::Local
        | NameSubsection::Label
        | NameSubsection::Field
        | NameSubsection::TypeParam
        | NameSubsection::TagParam => true,
        NameSubsection::Module
        | NameSubsection::Func
        | NameSubsection::Type
        | NameSubsection::Table
        | NameSubsection::Memory
        | NameSubsection::Global
        | NameSubsection::Elem
        | NameSubsection::Data
        | NameSubsection::Tag => false,
    }
}

impl<'a> NameParts<'a> {
    fn part(&mut self) -> Result<NamePartKind<'a>, Malformed> {
        let reader = &mut self.reader;
        let subsection = NameSubsection::from_code(self.at.id);
        if self.at.is_single {
            self.at.is_single = false;
            if subsection == Some(NameSubsection::Module) {
                return reader.read().map(NamePartKind::Module);
            }
            let rest = self.end.saturating_sub(reader.pos());
            return reader.take(rest).map(|_| NamePartKind::Unknown);
        }
        if self.at.inner_left > 0 {
            self.at.inner_left -= 1;
            let (outer, index) = (self.at.outer, reader.u32()?);
            return Ok(NamePartKind::Name { outer, index, name: reader.read()? });
        }
        if self.at.left > 0 {
            self.at.left -= 1;
            let index = reader.u32()?;
            if subsection.is_some_and(is_indirect) {
                let count = reader.u32()?;
                (self.at.outer, self.at.inner_left) = (Some(index), count);
                return Ok(NamePartKind::Outer { index, count });
            }
            return Ok(NamePartKind::Name { outer: None, index, name: reader.read()? });
        }
        if reader.pos() != self.end {
            return Err(Malformed::NameSubsection);
        }
        let id = reader.byte()?;
        let size = reader.u32()? as usize;
        if size > reader.remaining() {
            return Err(Malformed::LengthOutOfBounds);
        }
        self.end = reader.pos() + size;
        self.at = At { id, ..At::default() };
        let count = match NameSubsection::from_code(id) {
            None | Some(NameSubsection::Module) => {
                self.at.is_single = size > 0;
                None
            }
            Some(_) => {
                self.at.left = reader.u32()?;
                Some(self.at.left)
            }
        };
        Ok(NamePartKind::Subsection { count })
    }
}

impl<'a> Iterator for NameParts<'a> {
    type Item = Result<NamePart<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let is_between = self.at.left == 0 && self.at.inner_left == 0 && !self.at.is_single;
        if self.reader.is_empty() && is_between {
            return None;
        }
        let offset = self.reader.pos();
        let part = match self.part() {
            // A piece must not reach into the next subsection.
            Ok(_) if self.reader.pos() > self.end => Err(Malformed::NameSubsection),
            Ok(kind) => {
                let len = self.reader.pos() - offset;
                Ok(NamePart { subsection: self.at.id, kind, offset, len })
            }
            Err(error) => Err(error),
        };
        self.failed = part.is_err();
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wattle_ast::{Encode, Names};

    #[test]
    fn the_pieces_are_the_section() {
        let mut names = Names { module: Some("m".into()), ..Names::default() };
        names.funcs.insert(3.into(), "f".into());
        names.locals.entry(3.into()).insert(0.into(), "x".into());
        names.locals.entry(3.into()).insert(1.into(), "y".into());
        names.datas.insert(0.into(), ".rodata".into());
        names.unknown.push((40, b"abc"[..].into()));
        let bytes = names.to_bytes();
        let parts: Result<Vec<_>, _> = name_parts(&bytes).collect();
        let parts = parts.unwrap();
        let mut at = 0;
        for part in &parts {
            assert_eq!(part.offset, at);
            at += part.len;
        }
        assert_eq!(at, bytes.len());
        let local = NamePartKind::Name { outer: Some(3), index: 1, name: "y".into() };
        assert!(parts.iter().any(|part| part.kind == local), "{parts:?}");
        assert_eq!(parts.last().unwrap().kind, NamePartKind::Unknown);
    }

    #[test]
    fn malformed_sections_end_with_an_error() {
        for bytes in [
            &b"\x01\x09"[..],
            b"\x01\x02\x01\0",
            b"\x01\x05\x01\0\x01f\0",
            b"\0\x01\x02",
            b"\x01\0",
        ] {
            let last = name_parts(bytes).last();
            assert!(matches!(last, Some(Err(_))), "{bytes:?}: {last:?}");
        }
        assert_eq!(name_parts(b"").count(), 0);
    }
}
