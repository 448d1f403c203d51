//! The contents of items, by which a change to an item is recognised after other items were
//! removed.

use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::{
    DefIdx, Encode, ExternIdx, ExternKind, FuncIdx, Instr, ItemKind, LocalIdx, Module, Remap,
};

use crate::plan::fingerprint;

/// For each item of a module, a fingerprint of its content. The rest of the module does not affect
/// it: the indices of other items are left out, and so are the names of an import.
pub(crate) struct Contents {
    items: [Vec<u128>; ItemKind::Custom as usize + 1],
    /// The module with all indices of items and locals set to zero.
    plain: Module<'static>,
}

/// Sets indices of items and locals to zero.
struct Zeros;

impl Remap for Zeros {
    type Error = core::convert::Infallible;

    fn item(&mut self, _: ItemKind, _: u32) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn local(&mut self, _: LocalIdx) -> Result<LocalIdx, Self::Error> {
        Ok(LocalIdx(0))
    }
}

impl Contents {
    /// The contents of the items of a module.
    pub(crate) fn new(module: &Module<'static>) -> Contents {
        let mut plain = module.clone();
        // In malformed code, indices stay as they are, so they count.
        let _ = plain.remap(&mut Zeros);
        let mut contents = Contents { items: Default::default(), plain: Module::default() };
        plain.types.iter().for_each(|it| contents.add(ItemKind::Type, &[it]));
        plain.imports.iter().for_each(|it| contents.add(it.ty.kind().into(), &[&it.ty]));
        plain.imports.iter().for_each(|it| contents.add(ItemKind::Import, &[&it.ty]));
        plain.funcs.iter().for_each(|it| contents.add(ItemKind::Func, &[&it.body.expr()]));
        plain.tables.iter().for_each(|it| contents.add(ItemKind::Table, &[it]));
        plain.memories.iter().for_each(|it| contents.add(ItemKind::Mem, &[it]));
        plain.globals.iter().for_each(|it| contents.add(ItemKind::Global, &[it]));
        plain.tags.iter().for_each(|it| contents.add(ItemKind::Tag, &[it]));
        plain.elems.iter().for_each(|it| contents.add(ItemKind::Elem, &[it]));
        plain.datas.iter().for_each(|it| contents.add(ItemKind::Data, &[it]));
        contents.plain = plain;
        contents
    }

    fn add(&mut self, kind: ItemKind, parts: &[&dyn Encode]) {
        let mut bytes = Vec::from([kind as u8]);
        parts.iter().for_each(|part| part.encode(&mut bytes));
        self.items[kind as usize].push(fingerprint(&bytes));
    }

    /// The instructions of a function, without indices of items and locals.
    pub(crate) fn code(&self, func: DefIdx<FuncIdx>) -> Vec<Instr<'_>> {
        let body = self.plain.funcs.get(func).map(|func| &func.body);
        body.map_or(Vec::new(), |body| body.instrs().flatten().collect())
    }

    /// The number of an item with this index.
    pub(crate) fn item(&self, kind: ItemKind, index: u32) -> u128 {
        self.items[kind as usize].get(index as usize).copied().unwrap_or(u128::from(index))
    }

    /// The number of an item that can be exported.
    pub(crate) fn external(&self, index: ExternIdx) -> u128 {
        self.item(index.kind().into(), index.index())
    }

    /// The number of one of several changes to an item.
    pub(crate) fn part(&self, kind: ItemKind, index: u32, part: &[u8]) -> u128 {
        let mut bytes = self.item(kind, index).to_le_bytes().to_vec();
        bytes.extend_from_slice(part);
        fingerprint(&bytes)
    }

    /// The number of a range of elements of an item.
    pub(crate) fn range(&self, kind: ItemKind, index: u32, range: &Range<usize>) -> u128 {
        let [start, end] = [range.start, range.end].map(|at| (at as u64).to_le_bytes());
        self.part(kind, index, &[start, end].concat())
    }

    /// The number of an item by its place among those of its kind that the module defines.
    pub(crate) fn definition(&self, module: &Module<'_>, kind: ItemKind, place: usize) -> u128 {
        let imported = match kind {
            ItemKind::Mem => module.imported(ExternKind::Mem),
            ItemKind::Table => module.imported(ExternKind::Table),
            ItemKind::Global => module.imported(ExternKind::Global),
            _ => 0,
        };
        self.item(kind, imported + place as u32)
    }
}
