//! Turns a module into a stream of items.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::iter;

use super::items::{Custom, CustomData, Item};
use super::module::Module;
use super::names::Names;
use super::sections::{Section, SectionId};

fn customs<'m>(
    module: &'m Module<'_>,
    after: Option<SectionId>,
) -> impl Iterator<Item = Item<'m>> + use<'m> {
    let here = module.customs.iter().filter(move |custom| custom.after == after);
    let listed = || module.customs.iter().any(|custom| custom.data == CustomData::Names);
    let names = (after == Some(SectionId::Data) && !module.names.is_empty() && !listed())
        .then(|| Custom { name: Names::NAME.into(), data: CustomData::Names, after });
    here.map(Custom::borrowed).chain(names).map(Item::Custom)
}

/// A loop over the items of a section. [`Module::visit_items`] runs it.
pub trait VisitItems<'m> {
    /// The result of the loop.
    type Output;

    /// Runs the loop.
    fn visit(self, items: impl Iterator<Item = Item<'m>> + 'm) -> Self::Output;
}

/// Boxes the items, for callers that can afford a dynamic call per item.
struct Boxed;

impl<'m> VisitItems<'m> for Boxed {
    type Output = Box<dyn Iterator<Item = Item<'m>> + 'm>;

    fn visit(self, items: impl Iterator<Item = Item<'m>> + 'm) -> Self::Output {
        Box::new(items)
    }
}

impl Module<'_> {
    /// The module as a stream of items: the header, then sections in order, each followed by the
    /// custom sections after it.
    ///
    /// The sizes in [`Item::Section`] are 0, since only an encoder knows them. The name section is
    /// a custom section with [`CustomData::Names`].
    pub fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let places = SectionId::ALL.iter().skip(1).flat_map(move |&id| {
            let header = || Item::Section(Section { id, size: 0, count: self.section_count(id) });
            let section = self.has_section(id).then(header);
            let items = section.into_iter().chain(self.section_items(id));
            items.chain(customs(self, Some(id)))
        });
        iter::once(Item::Header).chain(customs(self, None)).chain(places)
    }

    /// The items of one section, without its header; empty for [`SectionId::Custom`].
    pub fn section_items(&self, id: SectionId) -> impl Iterator<Item = Item<'_>> {
        self.visit_items(id, Boxed)
    }

    /// Passes the items of one section to a loop, which is compiled separately for each kind of
    /// item. The items are those of [`section_items`](Module::section_items).
    pub fn visit_items<'m, V: VisitItems<'m>>(&'m self, id: SectionId, visitor: V) -> V::Output {
        match id {
            SectionId::Custom => visitor.visit(iter::empty()),
            SectionId::Type => visitor.visit(self.type_runs().flat_map(|run| {
                let group = run.group.map(|group| Item::RecGroup(*group));
                let types = run.items.iter().map(|ty| Item::Type(Cow::Borrowed(ty)));
                group.into_iter().chain(types)
            })),
            SectionId::Import => visitor.visit(self.import_runs().flat_map(|run| {
                let group = run.group.map(|group| Item::ImportGroup(group.borrowed()));
                let imports = run.items.iter().map(|import| Item::Import(import.borrowed()));
                group.into_iter().chain(imports)
            })),
            SectionId::Func => visitor.visit(self.funcs.iter().map(|it| Item::Func(it.ty))),
            SectionId::Table => {
                visitor.visit(self.tables.iter().map(|it| Item::Table(it.borrowed())))
            }
            SectionId::Mem => visitor.visit(self.memories.iter().map(|&it| Item::Mem(it))),
            SectionId::Tag => visitor.visit(self.tags.iter().map(|&it| Item::Tag(it))),
            SectionId::Global => {
                visitor.visit(self.globals.iter().map(|it| Item::Global(it.borrowed())))
            }
            SectionId::Export => {
                visitor.visit(self.exports.iter().map(|it| Item::Export(it.borrowed())))
            }
            SectionId::Start => visitor.visit(self.start.into_iter().map(Item::Start)),
            SectionId::Elem => visitor.visit(self.elems.iter().map(|it| Item::Elem(it.borrowed()))),
            SectionId::DataCount => {
                let count = self.has_section(id).then_some(self.datas.len() as u32);
                visitor.visit(count.into_iter().map(Item::DataCount))
            }
            SectionId::Code => {
                visitor.visit(self.funcs.iter().map(|it| Item::Body(it.body.borrowed())))
            }
            SectionId::Data => visitor.visit(self.datas.iter().map(|it| Item::Data(it.borrowed()))),
        }
    }

    /// The number of entries in a section. A group is one entry.
    pub fn section_count(&self, id: SectionId) -> u32 {
        let count = match id {
            SectionId::Type => self.type_runs().count(),
            SectionId::Import => self.import_runs().count(),
            _ => self.section_len(id),
        };
        count as u32
    }

    /// The number of items in a section, not counting headers of groups.
    pub(super) fn section_len(&self, id: SectionId) -> usize {
        match id {
            SectionId::Custom => self.customs.len(),
            SectionId::Type => self.types.len(),
            SectionId::Import => self.imports.len(),
            SectionId::Func | SectionId::Code => self.funcs.len(),
            SectionId::Table => self.tables.len(),
            SectionId::Mem => self.memories.len(),
            SectionId::Tag => self.tags.len(),
            SectionId::Global => self.globals.len(),
            SectionId::Export => self.exports.len(),
            SectionId::Start => usize::from(self.start.is_some()),
            SectionId::Elem => self.elems.len(),
            SectionId::DataCount => usize::from(self.encoding.data_count || self.names_data()),
            SectionId::Data => self.datas.len(),
        }
    }

    /// Whether the module has items for a section; false for [`SectionId::Custom`].
    pub fn has_section(&self, id: SectionId) -> bool {
        match id {
            SectionId::Custom => false,
            // Even a group without members is an entry.
            SectionId::Type => self.type_runs().next().is_some(),
            SectionId::Import => self.import_runs().next().is_some(),
            _ => self.section_len(id) > 0,
        }
    }

    /// Whether a function names a data segment, which makes a data count section necessary.
    pub fn names_data(&self) -> bool {
        self.funcs.iter().any(|func| func.body.names_data())
    }

    /// The last section, apart from custom sections, that has items.
    pub fn last_section(&self) -> Option<SectionId> {
        SectionId::ALL.iter().copied().rfind(|id| self.has_section(*id))
    }
}
