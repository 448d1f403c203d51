//! Sections written from what the module says, in the order of its lists.
//!
//! Spec: <https://webassembly.github.io/spec/core/binary/modules.html#sections>

use alloc::vec::Vec;

use wattle_ast::{Entries, Item, Module, SectionId, VisitItems, leb128};

use crate::frame;

/// How to write what the tree keeps as bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Byte for byte.
    AsIs,
    /// Each instruction in its shortest form.
    Shortest,
}

/// Appends a section, unless the module has nothing for it.
pub(crate) fn write(out: &mut Vec<u8>, module: &Module<'_>, id: SectionId, form: Form) {
    if module.has_section(id) {
        let estimate = estimate(module, id);
        out.reserve(estimate);
        frame::section(out, id, estimate, |out| content(out, module, id, form));
    }
}

/// About how many bytes the section takes, for those that are large.
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
        // The module would read its code again to say whether it has this item.
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

/// Where items go, and what is done to each before it is written.
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
