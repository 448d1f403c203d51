//! The tree of a component: its definitions, and their original encoding.

use alloc::vec::Vec;
use core::fmt;

use super::definitions::{Definition, Scope};
use super::entries::Entries;
use super::sections::{Holds, SectionId};
use crate::modules::section_content;

/// A component: its definitions in order.
///
/// The content of an inner scope, such as a component in the component, stands in the same list,
/// between the definition that [opens](Definition::opens) the scope and its [`Definition::End`].
/// The end of the outermost component is the end of the list. So clones, comparisons and drops go
/// through a list, and need no stack for depth.
///
/// Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md>
///
/// ```
/// use wattle_ast::components::{Component, Definition, Type};
///
/// let component: Component<'_> =
///     [Definition::Component, Definition::End, Definition::Type(Type::Instance), Definition::End]
///         .into_iter()
///         .collect();
/// assert_eq!(component.check(), Ok(()));
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Component<'a> {
    /// The definitions.
    pub definitions: Vec<Definition<'a>>,
    /// The original encoding, with which unchanged sections are written byte for byte again.
    pub encoding: Encoding<'a>,
}

/// The original encoding of a component: its sections and those of the components inside of it, in
/// the order in which they begin.
///
/// It keeps everything that definitions do not say: how definitions are grouped in sections, empty
/// sections, integers that are longer than they need to be, names that begin with `01`, and the
/// order of attributes. It does not matter for the equality of components: all encodings compare
/// equal.
#[derive(Clone, Debug, Default)]
pub struct Encoding<'a> {
    /// The sections.
    pub sections: Vec<RawSection<'a>>,
}

impl PartialEq for Encoding<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The bytes of a section of a component. For a section with a module or component, they are only
/// its id and size: the sections inside have bytes of their own.
pub type RawSection<'a> = crate::RawSection<'a, SectionId>;

impl RawSection<'_> {
    /// Returns the number of `definitions`, from the first on, that the section holds; `None` if it
    /// holds others. The size of a module or component is not compared.
    ///
    /// ```
    /// use wattle_ast::components::{Definition, PrimType, RawSection, SectionId, Type};
    ///
    /// // A section with one type and a size of two bytes.
    /// let bytes = [7, 0x82, 0x00, 1, 0x7f];
    /// let section = RawSection { id: SectionId::Type, bytes: bytes[..].into() };
    /// assert_eq!(section.holds(&[Definition::Type(Type::Prim(PrimType::Bool))]), Some(1));
    /// assert_eq!(section.holds(&[Definition::Type(Type::Prim(PrimType::U8))]), None);
    /// ```
    pub fn holds(&self, definitions: &[Definition<'_>]) -> Option<usize> {
        if self.id.holds() == Holds::Nested {
            return (definitions.first()?.section()? == self.id).then_some(1);
        }
        let mut reader = section_content(self.id.code(), &self.bytes, 0).ok()?;
        let mut entries = Entries::begin(self.id, &mut reader).ok()?;
        let mut number = 0;
        while let Some(definition) = entries.next(&mut reader).ok()? {
            if definitions.get(number) != Some(&definition) {
                return None;
            }
            number += 1;
        }
        reader.is_empty().then_some(number)
    }
}

impl Component<'_> {
    /// The bytes that begin a component: magic, version and layer.
    pub const PREAMBLE: [u8; 8] = *b"\0asm\x0d\0\x01\0";

    /// Checks that each definition is in a scope that [permits](Scope::permits) it, and that each
    /// scope has one end. Every component that was read from a binary passes.
    ///
    /// # Errors
    /// The place in the list of the first definition for which this does not hold.
    pub fn check(&self) -> Result<(), Misplaced> {
        let mut scopes = Vec::new();
        for (place, definition) in self.definitions.iter().enumerate() {
            let scope = scopes.last().copied().unwrap_or(Scope::Component);
            let is_surplus = matches!(definition, Definition::End) && scopes.pop().is_none();
            if is_surplus || !scope.permits(definition) {
                return Err(Misplaced { place });
            }
            scopes.extend(definition.opens());
        }
        match scopes.is_empty() {
            true => Ok(()),
            false => Err(Misplaced { place: self.definitions.len() }),
        }
    }
}

impl<'a> FromIterator<Definition<'a>> for Component<'a> {
    fn from_iter<I: IntoIterator<Item = Definition<'a>>>(definitions: I) -> Component<'a> {
        let definitions = definitions.into_iter().collect();
        Component { definitions, encoding: Encoding::default() }
    }
}

/// A definition in a scope that does not permit it, or an end that is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Misplaced {
    /// The place in the list of definitions; the length of the list if an end is missing.
    pub place: usize,
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "definition {} is in a scope that does not permit it, or not closed", self.place)
    }
}

impl core::error::Error for Misplaced {}
