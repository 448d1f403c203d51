//! From a module to a stream of items.

use alloc::borrow::Cow;

use super::items::{Custom, CustomData, Data, DataMode, Elem, ElemItems, ElemMode, Item};
use super::items::{Export, Global, Import, ImportGroup, Table};
use super::module::Module;
use super::sections::{Section, SectionId};
use crate::Name;

/// The header, then sections in order, each followed by the custom ones that come after it.
pub(super) fn items<'m>(module: &'m Module<'_>) -> impl Iterator<Item = Item<'m>> {
    let places = SectionId::ALL.iter().skip(1).flat_map(move |&id| {
        let section = module.has_section(id).then_some(id);
        let start = section.into_iter().flat_map(move |id| section_items(module, id));
        start.chain(customs(module, Some(id)))
    });
    core::iter::once(Item::Header).chain(customs(module, None)).chain(places)
}

fn customs<'m>(
    module: &'m Module<'_>,
    after: Option<SectionId>,
) -> impl Iterator<Item = Item<'m>> + use<'m> {
    let here = module.customs.iter().filter(move |custom| custom.after == after);
    let listed = || module.customs.iter().any(|custom| custom.data == CustomData::Names);
    let names = (after == Some(SectionId::Data) && !module.names.is_empty() && !listed())
        .then(|| Custom { name: "name".into(), data: CustomData::Names, after });
    here.map(Custom::borrowed).chain(names).map(Item::Custom)
}

impl Module<'_> {
    /// The items of one section, without its header.
    pub fn section_items(&self, id: SectionId) -> impl Iterator<Item = Item<'_>> {
        section_items(self, id).skip(1)
    }

    /// How many entries the section's list has: a group counts as one.
    pub fn section_count(&self, id: SectionId) -> u32 {
        let grouped = |total: usize, lens: &mut dyn Iterator<Item = u32>| {
            lens.fold(total as u32, |count, len| (count + 1).saturating_sub(len))
        };
        match id {
            SectionId::Custom => self.customs.len() as u32,
            SectionId::Type => {
                grouped(self.types.len(), &mut self.rec_groups.iter().map(|group| group.len))
            }
            SectionId::Import => {
                grouped(self.imports.len(), &mut self.import_groups.iter().map(|group| group.len))
            }
            SectionId::Func | SectionId::Code => self.funcs.len() as u32,
            SectionId::Table => self.tables.len() as u32,
            SectionId::Mem => self.memories.len() as u32,
            SectionId::Tag => self.tags.len() as u32,
            SectionId::Global => self.globals.len() as u32,
            SectionId::Export => self.exports.len() as u32,
            SectionId::Elem => self.elems.len() as u32,
            SectionId::Data => self.datas.len() as u32,
            SectionId::Start | SectionId::DataCount => 1,
        }
    }
}

/// Items `0..len`, each preceded by the groups that begin there.
fn grouped<'m, G: 'm>(
    len: usize,
    groups: &'m [G],
    first: impl Fn(&G) -> usize + 'm,
    group: impl Fn(&'m G) -> Item<'m> + 'm,
    item: impl Fn(usize) -> Item<'m> + 'm,
) -> impl Iterator<Item = Item<'m>> {
    let mut groups = groups.iter().peekable();
    let mut next = 0;
    core::iter::from_fn(move || {
        if let Some(here) = groups.next_if(|here| first(here) <= next) {
            return Some(group(here));
        }
        next += 1;
        (next <= len).then(|| item(next - 1))
    })
}

fn section_items<'m>(
    module: &'m Module<'_>,
    id: SectionId,
) -> alloc::boxed::Box<dyn Iterator<Item = Item<'m>> + 'm> {
    let header = Item::Section(Section { id, size: 0, count: module.section_count(id) });
    macro_rules! list {
        ($items:expr) => {
            alloc::boxed::Box::new(core::iter::once(header).chain($items))
        };
    }
    match id {
        SectionId::Custom => list!(core::iter::empty()),
        SectionId::Type => list!(grouped(
            module.types.len(),
            &module.rec_groups,
            |group| group.first.idx(),
            |group| Item::RecGroup(*group),
            |index| Item::Type(module.types[index].clone()),
        )),
        SectionId::Import => list!(grouped(
            module.imports.len(),
            &module.import_groups,
            |group| group.first as usize,
            |group| Item::ImportGroup(group.borrowed()),
            |index| Item::Import(module.imports[index].borrowed()),
        )),
        SectionId::Func => list!(module.funcs.iter().map(|func| Item::Func(func.ty))),
        SectionId::Table => list!(module.tables.iter().map(|table| Item::Table(table.borrowed()))),
        SectionId::Mem => list!(module.memories.iter().map(|&ty| Item::Mem(ty))),
        SectionId::Tag => list!(module.tags.iter().map(|&ty| Item::Tag(ty))),
        SectionId::Global => list!(module.globals.iter().map(|g| Item::Global(g.borrowed()))),
        SectionId::Export => list!(module.exports.iter().map(|e| Item::Export(e.borrowed()))),
        SectionId::Start => list!(module.start.into_iter().map(Item::Start)),
        SectionId::Elem => list!(module.elems.iter().map(|elem| Item::Elem(elem.borrowed()))),
        SectionId::DataCount => list!(module.data_count.into_iter().map(Item::DataCount)),
        SectionId::Code => list!(module.funcs.iter().map(|f| Item::Body(f.body.borrowed()))),
        SectionId::Data => list!(module.datas.iter().map(|data| Item::Data(data.borrowed()))),
    }
}

impl Name<'_> {
    /// The same name; one that is shared stays shared.
    pub fn borrowed(&self) -> Name<'_> {
        match self {
            Name::Borrowed(text) => Name::Borrowed(text),
            Name::Shared(text) => Name::Shared(text.clone()),
        }
    }
}

macro_rules! borrowed {
    ($( $name:ident { $( $field:ident $(= $how:ident)? ),* }; )*) => { $(
        impl $name<'_> {
            /// The same, borrowing from this one.
            pub fn borrowed(&self) -> $name<'_> {
                $name { $( $field: borrowed!(@ self.$field $(, $how)?) ),* }
            }
        }
    )* };
    (@ $value:expr) => { $value };
    (@ $value:expr, borrowed) => { $value.borrowed() };
    (@ $value:expr, option) => { $value.as_ref().map(crate::Expr::borrowed) };
    (@ $value:expr, cow) => { Cow::Borrowed(&$value) };
}

borrowed! {
    ImportGroup { first, len, module = borrowed, ty };
    Import { module = borrowed, name = borrowed, ty };
    Table { ty, init = option };
    Global { ty, init = borrowed };
    Export { name = borrowed, index };
    Elem { ty, items = borrowed, mode = borrowed };
    Data { mode = borrowed, bytes = cow };
    Custom { name = borrowed, data = borrowed, after };
}

impl ElemItems<'_> {
    /// The same, borrowing from this one.
    pub fn borrowed(&self) -> ElemItems<'_> {
        match self {
            ElemItems::Funcs(funcs) => ElemItems::Funcs(funcs.borrowed()),
            ElemItems::Exprs(exprs) => ElemItems::Exprs(exprs.borrowed()),
        }
    }
}

impl ElemMode<'_> {
    /// The same, borrowing from this one.
    pub fn borrowed(&self) -> ElemMode<'_> {
        match self {
            ElemMode::Passive => ElemMode::Passive,
            ElemMode::Active { table, offset } => {
                ElemMode::Active { table: *table, offset: offset.borrowed() }
            }
            ElemMode::Declarative => ElemMode::Declarative,
        }
    }
}

impl DataMode<'_> {
    /// The same, borrowing from this one.
    pub fn borrowed(&self) -> DataMode<'_> {
        match self {
            DataMode::Passive => DataMode::Passive,
            DataMode::Active { memory, offset } => {
                DataMode::Active { memory: *memory, offset: offset.borrowed() }
            }
        }
    }
}

impl CustomData<'_> {
    /// The same, borrowing from this one.
    pub fn borrowed(&self) -> CustomData<'_> {
        match self {
            CustomData::Bytes(bytes) => CustomData::Bytes(Cow::Borrowed(bytes)),
            CustomData::Names => CustomData::Names,
        }
    }
}
