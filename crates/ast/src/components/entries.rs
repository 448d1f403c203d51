//! [`Entries`]: the definitions of a section, read one by one.

use alloc::vec::Vec;

use super::definitions::{Definition, Scope};
use super::sections::{Holds, SectionId};
use crate::{Malformed, Reader};

type Result<T> = core::result::Result<T, Malformed>;

/// A position among the definitions of a section, for reading them.
///
/// Types may hold types to any depth. The open scopes are kept in a list, and each of them takes at
/// least two bytes of the input.
///
/// ```
/// use wattle_ast::Reader;
/// use wattle_ast::components::{Definition, Entries, SectionId, Type};
///
/// // One type: that of an instance, in which there is one type.
/// let mut reader = Reader::new(&[0x01, 0x42, 0x01, 0x01, 0x7f]);
/// let mut entries = Entries::begin(SectionId::Type, &mut reader)?;
/// assert_eq!(entries.next(&mut reader)?, Some(Definition::Type(Type::Instance)));
/// assert!(matches!(entries.next(&mut reader)?, Some(Definition::Type(Type::Prim(_)))));
/// assert_eq!(entries.next(&mut reader)?, Some(Definition::End));
/// assert_eq!(entries.next(&mut reader)?, None);
/// # Ok::<(), wattle_ast::Malformed>(())
/// ```
#[derive(Clone, Debug)]
pub struct Entries {
    id: SectionId,
    /// The number of definitions that are left in the section itself.
    left: u32,
    /// The scopes that are open, and the number of definitions that are left in each.
    scopes: Vec<(Scope, u32)>,
}

impl Entries {
    /// Returns the position at the start of a section with `count` definitions of its own.
    pub fn new(id: SectionId, count: u32) -> Entries {
        Entries { id, left: count, scopes: Vec::new() }
    }

    /// Returns the position at the start of a section. `reader` must be at the content of the
    /// section. The count is read, if the section has one. A section that holds a module or
    /// component has no definitions of its own.
    ///
    /// # Errors
    /// If the count is malformed.
    pub fn begin(id: SectionId, reader: &mut Reader<'_>) -> Result<Entries> {
        let left = match id.holds() {
            Holds::List => reader.u32()?,
            Holds::One => 1,
            Holds::Nested => 0,
        };
        Ok(Entries::new(id, left))
    }

    /// Returns the section.
    pub fn section(&self) -> SectionId {
        self.id
    }

    /// Returns the number of scopes that are open.
    pub fn depth(&self) -> usize {
        self.scopes.len()
    }

    /// Returns the scope of the next definition; `None` outside of all types.
    pub fn scope(&self) -> Option<Scope> {
        self.scopes.last().map(|(scope, _)| *scope)
    }

    /// Returns whether no definitions are left, and no scope is open.
    pub fn is_done(&self) -> bool {
        self.left == 0 && self.scopes.is_empty()
    }

    /// Returns whether the next definition is the [end](Definition::End) of a scope, which has no
    /// bytes.
    pub fn is_at_end(&self) -> bool {
        matches!(self.scopes.last(), Some((_, 0)))
    }

    /// Reads the next definition and moves past it; `None` if none is left.
    ///
    /// # Errors
    /// The reason why the bytes do not decode to the definition. The reader is left at the
    /// offending byte. The position among the definitions does not change, so that a caller that
    /// gets more bytes can try again.
    pub fn next<'a>(&mut self, reader: &mut Reader<'a>) -> Result<Option<Definition<'a>>> {
        if self.is_done() {
            return Ok(None);
        }
        let mut definition = Definition::End;
        let count = self.read_checked(reader, &mut definition, |_, _| Ok(()))?;
        self.advance(&definition, count);
        Ok(Some(definition))
    }

    /// Reads the next definition into `to`; at least one must be left. Returns the number of
    /// definitions in the scope that it opens. The position does not change:
    /// [`advance`](Entries::advance) moves past a definition. `check_len` checks the number right
    /// after the reader has read it.
    ///
    /// # Errors
    /// The reason why the bytes do not decode to the definition, with the reader at the offending
    /// byte, or the error of `check_len`.
    #[inline(always)]
    pub fn read_checked<'a>(
        &self,
        reader: &mut Reader<'a>,
        to: &mut Definition<'a>,
        check_len: impl FnOnce(&mut Reader<'a>, u32) -> Result<()>,
    ) -> Result<u32> {
        if self.is_at_end() {
            *to = Definition::End;
            return Ok(0);
        }
        to.decode_from(self.id, self.scope(), reader)?;
        let mut count = 0;
        if to.opens().is_some() {
            count = reader.u32()?;
            check_len(reader, count)?;
        }
        Ok(count)
    }

    /// Moves past a definition, with `count` definitions in the scope that it opens.
    #[inline]
    pub fn advance(&mut self, definition: &Definition<'_>, count: u32) {
        if matches!(definition, Definition::End) {
            self.scopes.pop();
            return;
        }
        let left = self.scopes.last_mut().map_or(&mut self.left, |(_, left)| left);
        *left = left.saturating_sub(1);
        if let Some(scope) = definition.opens() {
            self.scopes.push((scope, count));
        }
    }
}
