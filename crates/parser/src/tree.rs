//! Builds a module from events.

use wattle_ast::{Collector, Item, Module, SectionId};

use crate::raw::{Keep, Raw};

/// A module that is being built from its events.
pub(crate) struct Builder<'a> {
    collector: Collector<'a>,
    raw: Raw<'a, SectionId>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(keep: Keep<'a>) -> Builder<'a> {
        Builder { collector: Collector::default(), raw: Raw::new(keep) }
    }

    /// Adds the item of an event.
    pub(crate) fn add(&mut self, item: Item<'a>, offset: usize, bytes: &[u8]) {
        if let Some(id) = item.begins() {
            self.end_section();
            self.raw.begin(id, offset);
        }
        self.raw.add(bytes);
        self.collector.item(item);
    }

    /// Adds skipped malformed bytes to the section.
    pub(crate) fn skip(&mut self, bytes: &[u8]) {
        self.raw.add(bytes);
    }

    fn end_section(&mut self) {
        if let Some(section) = self.raw.end() {
            self.collector.raw_section(section);
        }
    }

    pub(crate) fn finish(mut self) -> Module<'a> {
        self.end_section();
        self.collector.finish()
    }
}
