//! Encodes the sections of a module from its lists of items.
//!
//! Spec: <https://webassembly.github.io/spec/core/binary/modules.html#sections>

use alloc::vec::Vec;

use wattle_ast::{Entries, Item, Module, SectionId, VisitItems, leb128};

use crate::frame;

/// The form in which the bodies and expressions that the tree keeps as bytes are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Byte for byte.
    AsIs,
    /// Each instruction in its shortest form.
    Shortest,
}

/// Appends a section, unless the module has no items for it.
pub(crate) fn write(out: &mut Vec<u8>, module: &Module<'_>, id: SectionId, form: Form) {
    if module.has_section(id) {
        let estimate = estimate(module, id);
        out.reserve(estimate);
        frame::section(out, id.code(), estimate, |out| content(out, module, id, form));
    }
}

/// Estimates the section's size in bytes, for sections that can be large.
fn estimate(module: &Module<'_>, id: SectionId) -> usize {
    let sized = |len: usize| leb128::len_u32(len as u32) + len;
    let sum = match id {
        SectionId::Code => module.funcs.iter().map(|func| sized(func.body.bytes().len())).sum(),
        SectionId::Data => module.datas.iter().map(|data| 6 + sized(data.bytes.len())).sum(),
        _ => 0,
    };
    sum + leb128::len_u32(module.funcs.len() as u32)
}

fn content(out: &mut Vec<u8>, module: &Module<'_>, id: SectionId, form: Form) {
    if id == SectionId::DataCount {
        // Asking the module for this item would make it search all its code for data indices.
        return leb128::write_u32(out, module.datas.len() as u32);
    }
    let mut count = 1;
    if id.is_list() {
        count = module.section_count(id);
        leb128::write_u32(out, count);
    }
    let entries = Entries::new(id, count);
    match form {
        Form::AsIs => module.visit_items(id, Write { out, entries, shape: |_: &mut Item<'_>| {} }),
        Form::Shortest => {
            let mut scratch = Vec::new();
            let shape = |item: &mut Item<'_>| item.shorten(&mut scratch);
            module.visit_items(id, Write { out, entries, shape });
        }
    }
}

/// Writes items. `shape` changes each item before it is written.
struct Write<'o, F> {
    out: &'o mut Vec<u8>,
    entries: Entries,
    shape: F,
}

impl<'m, F: FnMut(&mut Item<'_>)> VisitItems<'m> for Write<'_, F> {
    type Output = ();

    fn visit(mut self, items: impl Iterator<Item = Item<'m>>) {
        for mut item in items {
            (self.shape)(&mut item);
            self.entries.write(&item, self.out);
            self.entries.advance(&item);
        }
    }
}
