//! Placeholders for fields with errors, so that all other fields keep their indices.

use alloc::vec::Vec;

use wattle_ast::{
    AddrType, Body, Data, DataMode, Elem, ElemItems, ElemMode, ExternType, Func, Global,
    GlobalType, Instr, Limits, List, MemType, Name, RefType, Table, TableType, TagType, ValType,
};
use wattle_syntax::TokenKind;

use super::State;
use super::fields::zero;
use super::scan::Origin;
use crate::ids::Space;

/// The number of members of each index space.
pub(super) type Lengths = [u32; Space::OF_MODULE.len()];

/// Returns the body of a function whose own body has an error. It is valid for any type.
pub(super) fn unreachable() -> Body<'static> {
    Body::new([], [Instr::Unreachable, Instr::End].into_iter().collect())
}

impl State<'_, '_> {
    /// Returns the number of members that an index space has so far: imports and definitions.
    pub(super) fn len(&self, space: Space) -> u32 {
        let module = &self.module;
        let defined = match space {
            Space::Type => module.types.len(),
            Space::Func => module.funcs.len(),
            Space::Table => module.tables.len(),
            Space::Mem => module.memories.len(),
            Space::Tag => module.tags.len(),
            Space::Global => module.globals.len(),
            Space::Elem => module.elems.len(),
            Space::Data => module.datas.len(),
            _ => 0,
        };
        self.scope[space].imported + defined as u32
    }

    pub(super) fn lengths(&self) -> Lengths {
        core::array::from_fn(|space| self.len(Space::OF_MODULE[space]))
    }

    /// Moves past the field at position `start`, which has an error. `before` are the lengths of
    /// the index spaces before the field. Members that could not be read get placeholders.
    #[cold]
    pub(super) fn pass_by(&mut self, start: usize, before: &Lengths) {
        self.cursor.seek(start);
        self.complete(before);
        self.cursor.seek(start);
        if self.cursor.peek() == TokenKind::Open {
            return self.cursor.bump_form();
        }
        // All tokens up to the next field are one error.
        while !matches!(self.cursor.peek(), TokenKind::Open | TokenKind::Close | TokenKind::Eof) {
            self.skip_token();
        }
    }

    /// Adds placeholders for the members of the field at the cursor, as far as they are missing.
    /// `before` are the lengths of the index spaces before the field.
    fn complete(&mut self, before: &Lengths) {
        self.func = None;
        let mut members = Vec::new();
        let origin = self.members(&mut |state, space, _| {
            state.cursor.opt(TokenKind::Id);
            members.push(space);
        });
        let mut expected = *before;
        for space in members {
            expected[space as usize] += 1;
            self.broken.insert((space, expected[space as usize] - 1));
            if self.len(space) < expected[space as usize] {
                self.add_placeholder(space, matches!(origin, Origin::Import));
            }
        }
    }

    fn add_placeholder(&mut self, space: Space, imported: bool) {
        let limits = Limits { addr: AddrType::I32, shared: false, min: 0, max: None };
        let ty = match space {
            Space::Func => ExternType::Func(self.empty_func_type()),
            Space::Table => ExternType::Table(TableType { elem: RefType::FUNCREF, limits }),
            Space::Mem => ExternType::Mem(MemType { limits, page_size_log2: None }),
            Space::Tag => ExternType::Tag(TagType { ty: self.empty_func_type() }),
            Space::Global => ExternType::Global(GlobalType { mutable: false, val: ValType::I32 }),
            Space::Elem => {
                let items = ElemItems::Funcs(List::default());
                let elem = Elem { ty: RefType::FUNC, items, mode: ElemMode::Passive };
                return self.module.elems.push(elem);
            }
            Space::Data => {
                let data = Data { mode: DataMode::Passive, bytes: (&[]).into() };
                return self.module.datas.push(data);
            }
            _ => return,
        };
        if imported {
            let name = Name::default();
            return self.push_import((name.clone(), name), ty, self.cursor.pos());
        }
        let module = &mut self.module;
        match ty {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => {
                module.funcs.push(Func { ty, body: unreachable() });
            }
            ExternType::Table(ty) => module.tables.push(Table { ty, init: None }),
            ExternType::Mem(ty) => module.memories.push(ty),
            ExternType::Tag(ty) => module.tags.push(ty),
            ExternType::Global(ty) => {
                module.globals.push(Global { ty, init: zero(AddrType::I32) });
            }
        }
    }
}
