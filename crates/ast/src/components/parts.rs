//! The parts of a binary, which is a module or a component, in the order in which a parser finds
//! them.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#component-definitions>

use alloc::vec::Vec;

use super::component::Component;
use super::definitions::Definition;
use super::sections::{Holds, SectionId};
use super::sorts::Sort;
use crate::{Encode, Item, Span};

/// The kind of a binary, from the last two bytes of its preamble.
///
/// ```
/// use wattle_ast::components::Layer;
///
/// assert_eq!(Layer::of(b"\0asm\x0d\0\x01\0\x04"), Some(Layer::Component));
/// assert_eq!(Layer::of(b"\0asm\x01\0\0\0"), Some(Layer::Module));
/// assert_eq!(Layer::of(b"(module)"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Layer {
    /// A core module.
    Module,
    /// A component.
    Component,
}

impl Layer {
    /// The bytes that begin a binary of this layer: magic, version and layer.
    pub const fn preamble(self) -> [u8; 8] {
        match self {
            Layer::Module => *b"\0asm\x01\0\0\0",
            Layer::Component => Component::PREAMBLE,
        }
    }

    /// The index space of inner modules or components.
    pub const fn sort(self) -> Sort {
        match self {
            Layer::Module => Sort::CORE_MODULE,
            Layer::Component => Sort::COMPONENT,
        }
    }

    /// Returns the layer of a binary that begins with these bytes; `None` if they do not begin with
    /// a preamble.
    pub fn of(bytes: &[u8]) -> Option<Layer> {
        let layers = [Layer::Module, Layer::Component];
        layers.into_iter().find(|layer| bytes.starts_with(&layer.preamble()))
    }
}

/// The header of a section of a component.
pub type Section = crate::Section<SectionId>;

impl Encode for Section {
    fn encode(&self, out: &mut Vec<u8>) {
        self.write(self.id.code(), self.id.holds() == Holds::List, out);
    }
}

/// A part of a binary.
///
/// Every module and component, the outermost too, lies between [`Part::Enter`] and [`Part::Leave`].
/// The parts between them are the items of a module, or the headers of sections and the definitions
/// of a component. An inner module or component follows the header of its section.
///
/// ```text
/// Enter(Component)
///   Section(type)  Definition(Type)  Definition(Type)
///   Section(core module)
///     Enter(Module)  Item(Section)  Item(Type) ...  Leave
///   Definition(Custom)
/// Leave
/// ```
#[derive(Clone, PartialEq, Debug)]
pub enum Part<'a> {
    /// The preamble of a module or component, whose parts follow.
    Enter(Layer),
    /// The header of a section of a component.
    Section(Section),
    /// A definition of a component, or of a type in it. A custom section has no header of its own.
    /// [`Definition::End`] ends a type and has no bytes. Modules and components come in parts, so
    /// [`Definition::CoreModule`] and [`Definition::Component`] do not occur.
    Definition(Definition<'a>),
    /// An item of a core module, except for [`Item::Header`].
    Item(Item<'a>),
    /// The end of the module or component that was entered last. It has no bytes.
    Leave,
}

impl Part<'_> {
    /// Copies borrowed data, so that the part can outlive the input.
    pub fn into_owned(self) -> Part<'static> {
        match self {
            Part::Enter(layer) => Part::Enter(layer),
            Part::Section(section) => Part::Section(section),
            Part::Definition(definition) => Part::Definition(definition.into_owned()),
            Part::Item(item) => Part::Item(item.into_owned()),
            Part::Leave => Part::Leave,
        }
    }
}

/// A part, and its place in the input. The bytes of all events, one after the other, are the input.
#[derive(Clone, PartialEq, Debug)]
pub struct Event<'a> {
    /// The part.
    pub part: Part<'a>,
    /// The offset in the input of its first byte.
    pub offset: usize,
    /// The bytes of the part.
    pub bytes: &'a [u8],
}

impl<'a> Event<'a> {
    /// The place of the part in the input.
    #[inline(always)]
    pub fn span(&self) -> Span {
        Span::new(self.offset, self.offset + self.bytes.len())
    }

    /// Converts the event to one of a core module: an item, or the header, with which a module
    /// begins. Returns `None` for other parts.
    ///
    /// ```
    /// use wattle_ast::Item;
    /// use wattle_ast::components::{Event, Layer, Part};
    ///
    /// let event = Event { part: Part::Enter(Layer::Module), offset: 0, bytes: b"\0asm\x01\0\0\0" };
    /// assert_eq!(event.into_module_event().unwrap().item, Item::Header);
    /// ```
    pub fn into_module_event(self) -> Option<crate::Event<'a>> {
        let Event { part, offset, bytes } = self;
        let item = match part {
            Part::Enter(Layer::Module) => Item::Header,
            Part::Item(item) => item,
            _ => return None,
        };
        Some(crate::Event { item, offset, bytes })
    }
}
