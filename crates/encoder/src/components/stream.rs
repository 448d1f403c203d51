//! Encodes a stream of parts, events or definitions.

use alloc::vec::Vec;

use wattle_ast::components::{
    Component, Definition, Event, Holds, Layer, Names, Part, Scope, Section, SectionId,
};
use wattle_ast::{Encode, Item, Reader};

use super::component::Nesting;
use super::pending::Mark;
use crate::module;

/// Writes the parts or definitions of a component or module, or events byte for byte, one after the
/// other.
///
/// Sizes and counts are always right in the output, whatever headers state, so definitions, items,
/// and whole modules and components may be dropped, added and replaced on the way. A header that is
/// right keeps its bytes, a wrong header is written anew, and a header whose definitions were all
/// dropped is left out. Headers are optional: a definition opens its section unless that is open, a
/// module or component does so too, and preambles are added. Whatever is still open at the end is
/// ended.
///
/// The tree's definitions can be added too: [`Definition::CoreModule`] is a whole module,
/// [`Definition::Component`] enters a component, and [`Definition::End`] leaves it. A definition in a
/// scope that does not permit it is left out.
///
/// ```
/// use wattle_ast::components::{Definition, Part, PrimType, Type};
/// use wattle_encoder::components::Encoder;
/// use wattle_parser::components::events;
///
/// // A component that has a custom section, and a component with one.
/// let wasm = b"\0asm\x0d\0\x01\0\x00\x02\x01a\x04\x0c\0asm\x0d\0\x01\0\x00\x02\x01b";
/// let mut encoder = Encoder::new();
/// for event in events(wasm) {
///     let event = event?;
///     if !matches!(event.part, Part::Definition(Definition::Custom(_))) {
///         encoder.event(&event);
///     }
/// }
/// assert_eq!(encoder.finish(), *b"\0asm\x0d\0\x01\0\x04\x08\0asm\x0d\0\x01\0");
///
/// let mut encoder = Encoder::new();
/// encoder.definition(&Definition::Type(Type::Prim(PrimType::Bool)));
/// encoder.definition(&Definition::Component);
/// assert_eq!(encoder.finish(), *b"\0asm\x0d\0\x01\0\x07\x02\x01\x7f\x04\x08\0asm\x0d\0\x01\0");
/// # Ok::<(), wattle_ast::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Encoder {
    nesting: Nesting,
    /// The encoder of the open module. It holds the bytes while the module is open.
    module: Option<crate::Encoder>,
    /// Whether the outermost module or component was entered.
    is_begun: bool,
    /// The bytes of the last header, if it is the header of a section with a module or component.
    header: Option<Vec<u8>>,
    section: Option<OpenSection>,
}

/// A section whose end is not yet known.
#[derive(Debug)]
struct OpenSection {
    id: SectionId,
    /// The offset of the first byte of the section.
    start: usize,
    size: Mark,
    count: Option<Mark>,
    /// Whether the section is kept even without definitions.
    may_be_empty: bool,
    /// The number of definitions outside of types.
    definitions: u32,
    /// The open types: the scope, the mark of the count, and the count so far. A type that its
    /// scope does not permit has `None` as its scope; it is here so that its end is recognised.
    types: Vec<(Option<Scope>, Mark, u32)>,
}

impl Encoder {
    /// An encoder with an empty buffer.
    pub fn new() -> Encoder {
        Encoder::default()
    }

    /// Adds a part.
    pub fn part(&mut self, part: &Part<'_>) {
        self.add(part, None);
    }

    /// Adds an event and keeps its bytes, with these exceptions: a header, or the start of a type,
    /// whose number of definitions turns out to be different, and a definition that came from
    /// another scope.
    pub fn event(&mut self, event: &Event<'_>) {
        self.add(&event.part, Some(event.bytes));
    }

    /// Adds a definition of a component.
    pub fn definition(&mut self, definition: &Definition<'_>) {
        self.add_definition(definition, None);
    }

    /// Adds a whole core module as bytes, which are not parsed.
    pub fn core_module_bytes(&mut self, bytes: &[u8]) {
        self.begin(Layer::Component);
        if self.module.is_none() {
            self.end_section();
            self.nesting.begin(SectionId::CoreModule, None);
            self.nesting.out.extend_from_slice(bytes);
            self.nesting.end();
        }
    }

    /// Adds a name section, unless it would have no names.
    pub fn names(&mut self, names: &Names<'_>) {
        if !names.is_empty() {
            self.custom(Names::NAME, &names.to_bytes(), None);
        }
    }

    /// Returns the bytes.
    pub fn finish(mut self) -> Vec<u8> {
        self.begin(Layer::Component);
        self.end_section();
        if let Some(module) = self.module.take() {
            self.nesting.out = module.finish();
        }
        self.nesting.finish()
    }

    fn add(&mut self, part: &Part<'_>, bytes: Option<&[u8]>) {
        match part {
            Part::Enter(layer) => self.enter(*layer),
            Part::Leave => self.leave(),
            Part::Section(section) => self.open_section(*section, bytes, true),
            Part::Definition(definition) => self.add_definition(definition, bytes),
            Part::Item(item) => self.item(item, bytes),
        }
    }

    /// Adds an item to the open module. If no module is open, the item begins the outermost module,
    /// or is left out.
    fn item(&mut self, item: &Item<'_>, bytes: Option<&[u8]>) {
        self.begin(Layer::Module);
        if let Some(module) = &mut self.module {
            module.add(item, bytes);
        }
    }

    /// Enters the outermost module or component, unless this was done before.
    fn begin(&mut self, layer: Layer) {
        if !core::mem::replace(&mut self.is_begun, true) {
            self.enter_here(layer);
        }
    }

    fn enter(&mut self, layer: Layer) {
        if self.is_begun {
            self.end_section();
            let id = match layer {
                Layer::Module => SectionId::CoreModule,
                Layer::Component => SectionId::Component,
            };
            let header = self.header.take().filter(|header| header.first() == Some(&id.code()));
            self.nesting.begin(id, header.as_ref().and_then(|header| header.get(1..)));
        }
        self.is_begun = true;
        self.enter_here(layer);
    }

    fn enter_here(&mut self, layer: Layer) {
        match layer {
            Layer::Component => self.nesting.out.extend(Component::PREAMBLE),
            Layer::Module => {
                let out = core::mem::take(&mut self.nesting.out);
                self.module = Some(crate::Encoder::append_to(out));
            }
        }
    }

    fn leave(&mut self) {
        self.end_section();
        if let Some(module) = self.module.take() {
            self.nesting.out = module.finish();
        }
        self.nesting.end();
    }

    fn open_section(&mut self, stated: Section, bytes: Option<&[u8]>, may_be_empty: bool) {
        self.begin(Layer::Component);
        self.end_section();
        if stated.id.holds() == Holds::Nested {
            self.header = bytes.map(<[u8]>::to_vec);
            return;
        }
        let (size, count) = bytes.map_or((None, None), |bytes| {
            let mut reader = Reader::new(bytes);
            let size = reader.byte().and_then(|_| reader.u32()).map(|_| reader.pos());
            let (size, count) = bytes.split_at_checked(size.unwrap_or(0)).unwrap_or_default();
            (size.get(1..), Some(count))
        });
        let Nesting { out, pending, .. } = &mut self.nesting;
        let start = out.len();
        out.push(stated.id.code());
        let size = pending.guess(size, out);
        let is_list = stated.id.holds() == Holds::List;
        let count = is_list.then(|| pending.guess(count, out));
        self.section = Some(OpenSection {
            id: stated.id,
            start,
            size,
            count,
            may_be_empty: may_be_empty && is_list && stated.count == 0,
            definitions: 0,
            types: Vec::new(),
        });
    }

    fn end_section(&mut self) {
        self.header = None;
        while self.section.as_ref().is_some_and(|section| !section.types.is_empty()) {
            self.end_type();
        }
        let Some(section) = self.section.take() else { return };
        let Nesting { out, pending, .. } = &mut self.nesting;
        if section.definitions == 0 && !section.may_be_empty {
            out.truncate(section.start);
            pending.take_back(section.size);
            return;
        }
        if let Some(count) = section.count {
            pending.set(count, section.definitions, out);
        }
        pending.set_size(section.size, out);
    }

    /// Ends the innermost open type. Returns whether there was one.
    fn end_type(&mut self) -> bool {
        let Some((scope, mark, count)) =
            self.section.as_mut().and_then(|section| section.types.pop())
        else {
            return false;
        };
        if scope.is_some() {
            self.nesting.pending.set(mark, count, &self.nesting.out);
        }
        true
    }

    fn add_definition(&mut self, definition: &Definition<'_>, bytes: Option<&[u8]>) {
        self.begin(Layer::Component);
        if self.module.is_some() && !matches!(definition, Definition::End) {
            return;
        }
        match definition {
            Definition::End => {
                if !self.end_type() {
                    self.leave();
                }
            }
            _ if self.section.as_ref().is_some_and(|section| !section.types.is_empty()) => {
                self.entry(definition, bytes);
            }
            Definition::Component => self.enter(Layer::Component),
            Definition::CoreModule(inner) => {
                self.end_section();
                self.nesting.begin(SectionId::CoreModule, None);
                module::append(&mut self.nesting.out, inner);
                self.nesting.end();
            }
            Definition::Custom(custom) => {
                self.custom(&custom.name, custom.data.bytes().unwrap_or_default(), bytes);
            }
            Definition::Names(names) => self.custom(Names::NAME, &names.to_bytes(), bytes),
            _ => {
                let Some(id) = definition.section() else { return };
                let is_open = self.section.as_ref().is_some_and(|section| {
                    section.id == id && (id.holds() == Holds::List || section.definitions == 0)
                });
                if !is_open {
                    self.open_section(Section { id, size: 0, count: 0 }, None, false);
                }
                self.entry(definition, bytes);
            }
        }
    }

    /// Adds a custom section: `section` if it is given, or else a section with this name and
    /// content.
    fn custom(&mut self, name: &str, content: &[u8], section: Option<&[u8]>) {
        self.end_section();
        let out = &mut self.nesting.out;
        match section {
            Some(section) => out.extend_from_slice(section),
            None => module::custom(out, name, content),
        }
    }

    /// Adds a definition to the open section or type.
    fn entry(&mut self, definition: &Definition<'_>, bytes: Option<&[u8]>) {
        let Some(section) = &mut self.section else { return };
        let Nesting { out, pending, .. } = &mut self.nesting;
        let scope = section.types.last().map(|(scope, ..)| *scope);
        let opens = definition.opens();
        let start = out.len();
        let read = bytes.and_then(|bytes| {
            bytes.split_at_checked(reads(section.id, scope.flatten(), bytes, definition)?)
        });
        let mut count = None;
        let is_written = match (scope, read) {
            // The definition is in a type that is left out.
            (Some(None), _) => false,
            (_, Some((bytes, rest))) => {
                out.extend_from_slice(bytes);
                count = Some(rest);
                true
            }
            (scope, None) => definition.encode_in(scope.flatten(), out),
        };
        let mark = match (opens, is_written) {
            (Some(_), true) => pending.guess(count, out),
            _ => section.size,
        };
        if is_written {
            match section.types.last_mut() {
                Some((_, _, count)) => *count = count.saturating_add(1),
                None => section.definitions = section.definitions.saturating_add(1),
            }
        } else {
            out.truncate(start);
        }
        if opens.is_some() {
            section.types.push((opens.filter(|_| is_written), mark, 0));
        }
    }
}

/// Returns the number of bytes before the count of the definitions that follow, if the bytes of an
/// event decode to this definition at this place.
fn reads(
    id: SectionId,
    scope: Option<Scope>,
    bytes: &[u8],
    definition: &Definition<'_>,
) -> Option<usize> {
    let mut reader = Reader::new(bytes);
    let read = Definition::decode_in(id, scope, &mut reader).ok()?;
    let len = reader.pos();
    if definition.opens().is_some() {
        reader.u32().ok()?;
    }
    (reader.is_empty() && read == *definition).then_some(len)
}
