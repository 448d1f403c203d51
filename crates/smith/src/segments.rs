//! Element segments and data segments.

use alloc::borrow::Cow;

use wattle_ast::{
    Data, DataMode, Elem, ElemItems, ElemMode, Expr, Features, FuncIdx, List, MemIdx, Opcode,
    RefType, TableIdx,
};

use crate::declarations::TABLE_MASK;
use crate::generator::{CompKind, Generator, Segment};
use crate::ty::Ty;

impl Generator<'_, '_> {
    /// Makes the offset of an active segment, which is at most `most`.
    fn offset(&mut self, addr: Ty, most: u64) -> Expr<'static> {
        self.begin_body(Default::default());
        let value = self.entropy.below(most as usize + 1) as i64;
        self.address_const(addr, value);
        if self.has(Features::EXTENDED_CONST) && self.entropy.chance(40) {
            self.address_const(addr, value / 2);
            self.address_op(addr, Opcode::I32Sub, Opcode::I64Sub);
        }
        self.finish_expr()
    }

    /// Makes element segments.
    pub(crate) fn make_elems(&mut self) {
        if let Some(table) = self.tables.iter().position(|table| table.dispatch) {
            self.fill_dispatch(table as u32);
        }
        for _ in 0..self.entropy.below(self.config.max_elems as usize + 1) {
            self.make_elem();
        }
    }

    /// Fills the table for indirect calls with pairs: each function, and the next one of its type.
    fn fill_dispatch(&mut self, table: u32) {
        let count = self.funcs.len();
        let pairs = self.funcs.iter().enumerate().flat_map(|(func, ty)| {
            let mut others = (func + 1..count).chain(0..func);
            let other = others.find(|&other| self.funcs.get(other) == Some(ty)).unwrap_or(func);
            [FuncIdx(func as u32), FuncIdx(other as u32)]
        });
        let items = ElemItems::Funcs(List::new(pairs));
        let addr = self.tables.get(table as usize).map_or(Ty::I32, |table| table.addr);
        let offset = self.offset(addr, 0);
        let mode = ElemMode::Active { table: (table > 0).then_some(TableIdx(table)), offset };
        let ty = Ty::FUNCREF.nullable(false);
        self.elems.push(Segment { ty, len: 2 * count as u32, may_be_dropped: true });
        self.module.elems.push(Elem { ty: RefType::FUNC, items, mode });
    }

    /// Sometimes returns the element type of an array type, so that a segment can initialise such
    /// an array.
    fn some_array_elem(&mut self) -> Option<Ty> {
        if !self.entropy.chance(128) {
            return None;
        }
        let index = self.type_with(|this, index| {
            this.is_comp(index, CompKind::Array) && this.elem_of(index).is_ref()
        })?;
        Some(self.elem_of(index).bare())
    }

    fn make_elem(&mut self) {
        let bulk = self.has(Features::BULK_MEMORY);
        let refs = self.has(Features::REFERENCE_TYPES);
        let target = self.entropy.below(self.tables.len() + 1).checked_sub(1);
        let table = target.and_then(|index| Some((index, *self.tables.get(index)?)));
        // Only `fill_dispatch` fills the table for indirect calls.
        let table = table.filter(|(_, table)| !table.dispatch);
        let declares = table.is_none() && refs && self.entropy.chance(40);
        if table.is_none() && !bulk {
            return;
        }
        let wanted = match table {
            Some((_, table)) => table.elem,
            None if refs => match self.some_array_elem() {
                Some(ty) => ty,
                None => {
                    let ty = self.some_ref(self.types.len() as u32);
                    self.maybe_non_null(ty, 60)
                }
            },
            None => Ty::FUNCREF,
        };
        let room = if table.is_some() { TABLE_MASK as u32 } else { u32::MAX };
        let most = self.config.max_elem_items.min(room);
        let count = self.entropy.below(most as usize + 1) as u32;
        let funcs = self.matches(Ty::FUNCREF.nullable(false), wanted)
            && (!refs || self.entropy.chance(128));
        let (ty, items) = if funcs {
            let all = self.funcs.len();
            let items = (0..count).map(|_| FuncIdx(self.entropy.below(all) as u32));
            (Ty::FUNCREF.nullable(false), ElemItems::Funcs(List::new(items)))
        } else if refs {
            let items = (0..count).map(|_| self.constant_expr(wanted));
            (wanted, ElemItems::Exprs(List::new(items)))
        } else {
            return;
        };
        let mode = match table {
            Some((index, table)) => {
                let offset = self.offset(table.addr, 1);
                ElemMode::Active { table: (index > 0).then_some(TableIdx(index as u32)), offset }
            }
            None if declares => ElemMode::Declarative,
            None => ElemMode::Passive,
        };
        let may_be_dropped = table.is_some() || declares || self.elems.len() % 2 == 1;
        self.elems.push(Segment { ty, len: count, may_be_dropped });
        self.module.elems.push(Elem { ty: ty.ref_type(), items, mode });
    }

    /// Makes data segments.
    pub(crate) fn make_datas(&mut self) {
        let bulk = self.has(Features::BULK_MEMORY);
        for index in 0..self.entropy.below(self.config.max_datas as usize + 1) {
            let len = self.entropy.below(self.config.max_data_bytes as usize + 1);
            let bytes = self.entropy.bytes(len);
            let memory = self.entropy.below(self.memories.len() + usize::from(bulk));
            let mode = match self.memories.get(memory) {
                Some(ty) => {
                    let addr = Ty::address(ty.limits);
                    let most = if self.entropy.chance(64) { 4096 } else { 96 };
                    let offset = self.offset(addr, most);
                    DataMode::Active {
                        memory: (memory > 0).then_some(MemIdx(memory as u32)),
                        offset,
                    }
                }
                None if bulk => DataMode::Passive,
                None => return,
            };
            let may_be_dropped = mode != DataMode::Passive || index % 2 == 1;
            self.datas.push(Segment { ty: Ty::I32, len: len as u32, may_be_dropped });
            self.module.datas.push(Data { mode, bytes: Cow::Owned(bytes) });
        }
    }
}
