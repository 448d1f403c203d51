//! Collects a stream of items into a module.

use alloc::borrow::Cow;

use super::items::{Custom, CustomData, Func, Item};
use super::module::{Module, RawSection};
use super::names::Names;
use super::sections::SectionId;
use crate::{Body, DefIdx, FuncIdx};

/// Collects items into a [`Module`].
///
/// ```
/// use wattle_ast::{Collector, FuncType, Item, Module, SubType};
///
/// let mut collector = Collector::default();
/// collector.item(Item::Header);
/// collector.item(Item::Type(SubType::from(FuncType::new([], [])).into()));
/// assert_eq!(collector.finish().types.len(), 1);
/// ```
#[derive(Default, Debug)]
pub struct Collector<'a> {
    module: Module<'a>,
    section: Option<SectionId>,
    next_body: DefIdx<FuncIdx>,
}

impl<'a> Collector<'a> {
    /// Adds an item.
    pub fn item(&mut self, item: Item<'a>) {
        let module = &mut self.module;
        match item {
            Item::Header => {}
            Item::Section(section) => self.section = Some(section.id),
            Item::RecGroup(group) => module.rec_groups.push(group),
            Item::Type(ty) => module.types.push(ty.into_owned()),
            Item::ImportGroup(group) => module.import_groups.push(group),
            Item::Import(import) => module.imports.push(import),
            Item::Func(ty) => module.funcs.push(Func { ty, body: Body::default() }),
            Item::Table(table) => module.tables.push(table),
            Item::Mem(ty) => module.memories.push(ty),
            Item::Tag(ty) => module.tags.push(ty),
            Item::Global(global) => module.globals.push(global),
            Item::Export(export) => module.exports.push(export),
            Item::Start(func) => module.start = Some(func),
            Item::Elem(elem) => module.elems.push(elem),
            Item::DataCount(_) => module.encoding.data_count = true,
            Item::Body(body) => {
                if let Some(func) = module.funcs.get_mut(self.next_body) {
                    func.body = body;
                }
                self.next_body = DefIdx::new(self.next_body.place() + 1);
            }
            Item::Data(data) => module.datas.push(data),
            Item::Custom(custom) => self.custom(custom),
        }
    }

    /// Adds a custom section. The first name section that can be parsed becomes the module's names;
    /// all others stay bytes.
    fn custom(&mut self, mut custom: Custom<'a>) {
        custom.after = self.section;
        let named = |custom: &Custom<'_>| custom.data == CustomData::Names;
        let first = custom.name == Names::NAME && !self.module.customs.iter().any(named);
        let names = match &custom.data {
            CustomData::Bytes(Cow::Borrowed(bytes)) if first => Names::parse(bytes).ok(),
            CustomData::Bytes(Cow::Owned(bytes)) if first => {
                Names::parse(bytes).ok().map(Names::into_owned)
            }
            _ => None,
        };
        if let Some(names) = names {
            self.module.names = names;
            custom.data = CustomData::Names;
        }
        self.module.customs.push(custom);
    }

    /// Records the bytes of a section, before or after its items are added.
    pub fn raw_section(&mut self, section: RawSection<'a>) {
        self.module.encoding.sections.push(section);
    }

    /// The module.
    pub fn finish(self) -> Module<'a> {
        self.module
    }
}

impl<'a> Extend<Item<'a>> for Collector<'a> {
    fn extend<I: IntoIterator<Item = Item<'a>>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.item(item));
    }
}

impl<'a> FromIterator<Item<'a>> for Module<'a> {
    fn from_iter<I: IntoIterator<Item = Item<'a>>>(items: I) -> Module<'a> {
        let mut collector = Collector::default();
        collector.extend(items);
        collector.finish()
    }
}
