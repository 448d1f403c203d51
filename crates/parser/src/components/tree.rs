//! Builds a module or component from events.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::Wasm;
use wattle_ast::components::{
    Component, Definition, Encoding, Holds, Layer, Part, RawSection, SectionId,
};

use crate::raw::{Keep, Raw};
use crate::tree::Builder as ModuleBuilder;

/// A module or component that is being built from its events.
pub(super) struct Builder<'a> {
    keep: Keep<'a>,
    definitions: Vec<Definition<'a>>,
    sections: Vec<RawSection<'a>>,
    raw: Raw<'a, SectionId>,
    module: Option<ModuleBuilder<'a>>,
    /// The number of open modules and components.
    depth: usize,
    /// The number of open types in the current section.
    types: usize,
    /// The outermost module, once it has ended.
    outermost: Option<Wasm<'a>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(keep: Keep<'a>) -> Builder<'a> {
        Builder {
            keep,
            definitions: Vec::new(),
            sections: Vec::new(),
            raw: Raw::new(keep),
            module: None,
            depth: 0,
            types: 0,
            outermost: None,
        }
    }

    /// Adds the part of an event.
    pub(super) fn add(&mut self, part: Part<'a>, offset: usize, bytes: &[u8]) {
        match part {
            Part::Item(item) => {
                if let Some(module) = &mut self.module {
                    module.add(item, offset, bytes);
                }
            }
            Part::Definition(definition) => {
                if definition.section() == Some(SectionId::Custom) {
                    self.begin_section(SectionId::Custom, offset);
                }
                self.raw.add(bytes);
                self.types = definition.depth_after(self.types);
                self.definitions.push(definition);
            }
            Part::Section(section) => {
                self.begin_section(section.id, offset);
                self.raw.add(bytes);
                if section.id.holds() == Holds::Nested {
                    self.end_section();
                }
            }
            Part::Enter(layer) => {
                if layer == Layer::Module {
                    self.module = Some(ModuleBuilder::new(self.keep));
                } else if self.depth > 0 {
                    self.definitions.push(Definition::Component);
                }
                self.depth += 1;
            }
            Part::Leave => self.leave(),
        }
    }

    fn leave(&mut self) {
        self.end_section();
        self.depth = self.depth.saturating_sub(1);
        match (self.module.take().map(ModuleBuilder::finish), self.depth) {
            (Some(module), 0) => self.outermost = Some(Wasm::Module(module)),
            (Some(module), _) => {
                self.definitions.push(Definition::CoreModule(Box::new(module)));
            }
            (None, 0) => {}
            (None, _) => self.definitions.push(Definition::End),
        }
    }

    fn begin_section(&mut self, id: SectionId, offset: usize) {
        self.end_section();
        self.raw.begin(id, offset);
    }

    fn end_section(&mut self) {
        self.sections.extend(self.raw.end());
        // Only skipped parts leave types open.
        let ends = core::iter::repeat_n(Definition::End, core::mem::take(&mut self.types));
        self.definitions.extend(ends);
    }

    /// Adds bytes that were skipped because they are malformed. Afterwards, `depth` modules and
    /// components are open.
    pub(super) fn skip(&mut self, bytes: &[u8], depth: usize) {
        match &mut self.module {
            Some(module) => module.skip(bytes),
            None => self.raw.add(bytes),
        }
        self.leave_to(depth);
    }

    /// Leaves all but `depth` modules and components.
    pub(super) fn leave_to(&mut self, depth: usize) {
        while self.depth > depth {
            self.leave();
        }
    }

    pub(super) fn finish(self) -> Wasm<'a> {
        let Builder { definitions, sections, outermost, .. } = self;
        let encoding = Encoding { sections };
        outermost.unwrap_or(Wasm::Component(Component { definitions, encoding }))
    }
}
