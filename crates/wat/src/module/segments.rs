//! Element and data segments.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/modules.html#element-segments>

use alloc::borrow::Cow;
use alloc::vec::Vec;

use wattle_ast::{
    Data, DataMode, Elem, ElemItems, ElemMode, Encode, Expr, Feature, FuncIdx, Instr, ItemKind,
    List, MemIdx, RefType, TableIdx,
};
use wattle_syntax::{Shape, TokenKind};

use super::State;
use super::code::{Code, Until};
use crate::error::{Expected, Result};
use crate::ids::Space;

impl<'a> State<'_, 'a> {
    pub(super) fn data(&mut self, code: &mut Code<'a>, start: usize) -> Result<()> {
        let index = self.bound(Space::Data)?;
        let mode = match self.container("memory", Space::Mem)? {
            Some(memory) => {
                let offset = self.offset(code, Some((ItemKind::Data, index)))?;
                DataMode::Active { memory: memory.map(MemIdx), offset }
            }
            None if self.cursor.peek() == TokenKind::Open && !self.at_numbers() => {
                let offset = self.offset(code, Some((ItemKind::Data, index)))?;
                DataMode::Active { memory: None, offset }
            }
            None => DataMode::Passive,
        };
        let bytes = self.data_string()?;
        self.module.datas.push(Data { mode, bytes });
        self.locate(ItemKind::Data, index, start);
        Ok(())
    }

    /// Reads the bytes of a data segment: strings, and lists of numbers such as `(i8 1 2)`, `(f32
    /// 0.1)` or `(v128 i32x4 1 2 3 4)`, which are little-endian.
    ///
    /// Spec: <https://github.com/WebAssembly/wat-numeric-values>
    pub(super) fn data_string(&mut self) -> Result<Cow<'a, [u8]>> {
        let mut bytes = self.cursor.strings();
        while self.cursor.opt(TokenKind::Open) {
            self.numbers(bytes.to_mut())?;
            self.cursor.expect_close()?;
            bytes.to_mut().extend_from_slice(&self.cursor.strings());
        }
        Ok(bytes)
    }

    /// Whether a list of numbers comes next.
    fn at_numbers(&self) -> bool {
        let keyword = self.cursor.open_keyword();
        keyword.is_some_and(|word| word == "v128" || Shape::of_lanes(word).is_some())
    }

    /// Reads the type and the numbers of a list.
    fn numbers(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let is_vector = self.cursor.opt_keyword("v128");
        let scalar = match self.cursor.peek() {
            TokenKind::Keyword if !is_vector => Shape::of_lanes(self.cursor.text()),
            _ => None,
        };
        if scalar.is_some() {
            self.cursor.bump();
        } else if !is_vector {
            return Err(self.cursor.unexpected(Expected::DataNumbers));
        }
        while self.cursor.peek() != TokenKind::Close {
            let (shape, count) = match scalar {
                Some(shape) => (shape, 1),
                None => self.cursor.expect_shape().map(|shape| (shape, shape.lanes()))?,
            };
            for _ in 0..count {
                let bits = self.cursor.expect_lane(shape)?.to_le_bytes();
                out.extend_from_slice(bits.get(..16 / shape.lanes()).unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Reads `(memory $m)` or `(table $t)`; WebAssembly 1.0 also had the bare number. The index is
    /// `None` where it is the first one and the binary format, as in 1.0, has no way to state it.
    fn container(&mut self, keyword: &str, space: Space) -> Result<Option<Option<u32>>> {
        if self.cursor.at_nat() {
            let index = self.cursor.expect_u32()?;
            return Ok(Some(Some(index).filter(|index| *index > 0)));
        }
        let can_state = self.features.contains(Feature::BulkMemory);
        let index = self.opt_form(keyword, |state| state.idx(space))?;
        Ok(index.map(|index| Some(index).filter(|index| *index > 0 || can_state)))
    }

    /// Reads `(offset ...)` or one folded instruction.
    fn offset(&mut self, code: &mut Code<'a>, owner: Option<(ItemKind, u32)>) -> Result<Expr<'a>> {
        let offset =
            self.opt_form("offset", |state| state.const_expr(code, Until::Close, owner))?;
        match offset {
            Some(offset) => Ok(offset),
            None => self.const_expr(code, Until::One, owner),
        }
    }

    pub(super) fn elem(&mut self, code: &mut Code<'a>, start: usize) -> Result<()> {
        let index = self.bound(Space::Elem)?;
        let table = self.container("table", Space::Table)?;
        // A parenthesis begins an offset, unless it begins a reference type.
        let active =
            table.is_some() || (self.cursor.peek() == TokenKind::Open && !self.at_ref_type());
        let mode = if self.cursor.opt_keyword("declare") {
            ElemMode::Declarative
        } else if active {
            let offset = self.offset(code, None)?;
            ElemMode::Active { table: table.flatten().map(TableIdx), offset }
        } else {
            ElemMode::Passive
        };
        let bare = active
            && matches!(self.cursor.peek(), TokenKind::Id | TokenKind::Number | TokenKind::Close);
        let (ty, items) = if self.cursor.opt_keyword("func") || bare {
            (RefType::FUNC, self.func_items()?)
        } else {
            let ty = self.ref_type()?;
            (ty, self.expr_items(code)?)
        };
        let mut elem = Elem { ty, items, mode };
        elem.leave_out_table();
        self.module.elems.push(elem);
        self.locate(ItemKind::Elem, index, start);
        Ok(())
    }

    /// Reads the content of `(elem ..)` in a table of the given type: functions or expressions.
    pub(super) fn inline_elem_items(
        &mut self,
        code: &mut Code<'a>,
        ty: RefType,
    ) -> Result<(RefType, ElemItems<'a>)> {
        if self.cursor.peek() == TokenKind::Open {
            return Ok((ty, self.expr_items(code)?));
        }
        if ty == RefType::FUNCREF || ty == RefType::FUNC {
            return Ok((RefType::FUNC, self.func_items()?));
        }
        // A list of functions has the type of function references. For any other type, each
        // function becomes an expression.
        let mut exprs = Vec::new();
        let mut count = 0;
        while let Some(func) = self.opt_idx(Space::Func)? {
            Instr::RefFunc { func: FuncIdx(func) }.encode(&mut exprs);
            Instr::End.encode(&mut exprs);
            count += 1;
        }
        Ok((ty, ElemItems::Exprs(List::from_encoded(count, &exprs))))
    }

    fn func_items(&mut self) -> Result<ElemItems<'a>> {
        let mut funcs = Vec::new();
        let mut count = 0;
        while let Some(func) = self.opt_idx(Space::Func)? {
            FuncIdx(func).encode(&mut funcs);
            count += 1;
        }
        Ok(ElemItems::Funcs(List::from_encoded(count, &funcs)))
    }

    /// Reads any number of `(item ...)` or folded instructions.
    fn expr_items(&mut self, code: &mut Code<'a>) -> Result<ElemItems<'a>> {
        code.reset();
        let mut count = 0;
        while self.cursor.peek() == TokenKind::Open {
            if self.opt_form("item", |state| state.expr(code, Until::Close, None))?.is_none() {
                self.expr(code, Until::One, None)?;
            }
            count += 1;
        }
        Ok(ElemItems::Exprs(List::from_encoded(count, &code.out)))
    }
}
