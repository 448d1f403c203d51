//! Encodes a whole component.

use alloc::vec::Vec;

use wattle_ast::components::{
    Component, Definition, Holds, RawSection, SectionId, encode_entries, first_section,
};
use wattle_ast::{Module, Wasm};

use super::pending::{Mark, Pending};
use super::places::{self, Kept};
use crate::{frame, module};

/// Encodes a component, byte-faithful.
///
/// A section in [`Component::encoding`] that still holds definitions of the component is written
/// byte for byte: over-long integers, empty sections, the split of definitions into sections and
/// custom sections included. So a component that was parsed and not changed has the bytes that it
/// was parsed from, and a change affects only the sections with the changed definitions. Changed
/// and new definitions are written in the shortest form. Core modules are written as
/// [`encode`](crate::encode) writes them.
///
/// Nothing is checked: a component that is not valid gives bytes that are not valid, and a
/// definition in a scope that does not permit it ([`Component::check`]) is left out. Sections of
/// more than 4 GiB cannot be written.
///
/// Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md>
///
/// ```
/// use wattle_ast::components::{Component, Definition, PrimType, RawSection, SectionId, Type};
/// use wattle_encoder::encode_component;
///
/// let mut component = Component::default();
/// component.definitions.push(Definition::Type(Type::Prim(PrimType::Bool)));
/// // A section with that type and a size of two bytes.
/// let raw = RawSection { id: SectionId::Type, bytes: (&[7, 0x82, 0x00, 1, 0x7f][..]).into() };
/// component.encoding.sections.push(raw);
/// assert_eq!(encode_component(&component)[8..], [7, 0x82, 0x00, 1, 0x7f]);
/// component.definitions.push(Definition::Type(Type::Prim(PrimType::Char)));
/// assert_eq!(encode_component(&component)[8..], [7, 0x82, 0x00, 1, 0x7f, 7, 2, 1, 0x74]);
/// ```
pub fn encode_component(component: &Component<'_>) -> Vec<u8> {
    let kept = places::kept(component);
    let raws = &component.encoding.sections;
    let size: usize = raws.iter().map(|raw| raw.bytes.len()).sum();
    let out = Vec::with_capacity(512.max(size + Component::PREAMBLE.len()));
    write(out, component, &kept, module::append)
}

/// Encodes a component in its canonical form, whatever [`Component::encoding`] holds: every integer
/// is in its shortest form, neighbouring definitions of one kind share a section, no section is
/// empty, and core modules are written as [`encode_canonical`](crate::encode_canonical) writes
/// them.
///
/// ```
/// use wattle_ast::components::{Component, Definition, PrimType, Type};
///
/// let component: Component<'_> =
///     [PrimType::Bool, PrimType::Char].map(Type::Prim).map(Definition::Type).into_iter().collect();
/// let bytes = wattle_encoder::encode_component_canonical(&component);
/// assert_eq!(bytes[8..], [7, 3, 2, 0x7f, 0x74]);
/// ```
pub fn encode_component_canonical(component: &Component<'_>) -> Vec<u8> {
    write(Vec::new(), component, &[], module::append_canonical)
}

/// Encodes a module or component, byte-faithful, as [`encode`](crate::encode) or
/// [`encode_component`] does.
///
/// ```
/// use wattle_ast::Wasm;
/// use wattle_ast::components::Component;
///
/// let wasm = Wasm::from(Component::default());
/// assert_eq!(wattle_encoder::encode_wasm(&wasm), *b"\0asm\x0d\0\x01\0");
/// ```
pub fn encode_wasm(wasm: &Wasm<'_>) -> Vec<u8> {
    match wasm {
        Wasm::Module(module) => crate::encode(module),
        Wasm::Component(component) => encode_component(component),
    }
}

/// Encodes a module or component in its canonical form, as
/// [`encode_canonical`](crate::encode_canonical) or [`encode_component_canonical`] does.
pub fn encode_wasm_canonical(wasm: &Wasm<'_>) -> Vec<u8> {
    match wasm {
        Wasm::Module(module) => crate::encode_canonical(module),
        Wasm::Component(component) => encode_component_canonical(component),
    }
}

/// Writes a component. `kept` are the sections that are written unchanged, and `module` appends a
/// core module.
fn write(
    out: Vec<u8>,
    component: &Component<'_>,
    kept: &[Kept],
    module: fn(&mut Vec<u8>, &Module<'_>),
) -> Vec<u8> {
    let Component { definitions, encoding } = component;
    let mut nesting = Nesting { out, pending: Pending::default(), open: Vec::new() };
    let mut kept = kept.iter().peekable();
    let mut at = 0;
    nesting.out.extend(Component::PREAMBLE);
    loop {
        let raw = kept.next_if(|kept| kept.at == at);
        let raw = raw.and_then(|kept| Some((kept.len, encoding.sections.get(kept.section)?)));
        if let Some((len, raw)) = raw
            && raw.id.holds() != Holds::Nested
        {
            nesting.out.extend_from_slice(&raw.bytes);
            at += len;
            continue;
        }
        let size = raw.and_then(|(_, raw): (_, &RawSection<'_>)| raw.bytes.get(1..));
        let limit = kept.peek().map_or(definitions.len(), |next| next.at);
        match definitions.get(at) {
            None => break,
            Some(Definition::End) => nesting.end(),
            Some(Definition::Component) => {
                nesting.begin(SectionId::Component, size);
                nesting.out.extend(Component::PREAMBLE);
            }
            Some(Definition::CoreModule(inner)) => {
                nesting.begin(SectionId::CoreModule, size);
                module(&mut nesting.out, inner);
                nesting.end();
            }
            Some(_) => {
                let rest = definitions.get(at..limit).unwrap_or_default();
                if let Some((id, run)) = first_section(rest) {
                    let content = |out: &mut _| encode_entries(id, run, out);
                    frame::section(&mut nesting.out, id.code(), 0, content);
                    at += run.len();
                    continue;
                }
            }
        }
        at += 1;
    }
    nesting.finish()
}

/// The bytes of a component, and the sizes of the sections with modules and components in it.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    pub(super) out: Vec<u8>,
    pub(super) pending: Pending,
    /// The sizes of the open sections.
    pub(super) open: Vec<Mark>,
}

impl Nesting {
    /// Begins a section with a module or component. `size` are the bytes to try for its size.
    pub(super) fn begin(&mut self, id: SectionId, size: Option<&[u8]>) {
        self.out.push(id.code());
        let mark = self.pending.guess(size, &mut self.out);
        self.open.push(mark);
    }

    /// Ends the innermost open section, if there is one.
    pub(super) fn end(&mut self) {
        if let Some(mark) = self.open.pop() {
            self.pending.set_size(mark, &self.out);
        }
    }

    /// Ends all sections and returns the bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.end();
        }
        self.pending.finish(self.out)
    }
}
