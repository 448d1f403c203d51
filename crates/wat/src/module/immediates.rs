//! The immediates of instructions. The text is a source, with one method per kind.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/instructions.html>

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::{
    ArrayLen, BlockType, BrCast, CallIndirect, Catch, Catches, DataIdx, ElemIdx, F32, F64,
    FenceOrder, FieldIdx, FuncIdx, GlobalIdx, Handler, Handlers, HeapType, Kind, LabelIdx, Labels,
    LaneIdx, LocalIdx, MemArg, MemCopy, MemIdx, MemInit, Opcode, RefTypeNonNull, RefTypeNull,
    SelectTypes, Shuffle, Source, TableCopy, TableIdx, TableInit, TagIdx, TypeIdx, V128,
};
use wattle_syntax::{
    TokenKind,
    numbers::{self, NumberError},
};

use super::State;
use super::types::ParamIds;
use crate::error::{Error, ErrorKind, Expected, Number, Result};
use crate::help::Help;
use crate::ids::Space;

/// A source of the immediates of one instruction.
pub(super) struct Immediates<'s, 't, 'a> {
    state: &'s mut State<'t, 'a>,
    /// The buffer for a list. No instruction has two lists.
    scratch: Option<&'s mut Vec<u8>>,
    opcode: Opcode,
    /// The last type index, which is the type of a field that follows.
    ty: TypeIdx,
}

impl<'s, 't, 'a> Immediates<'s, 't, 'a> {
    #[inline(always)]
    pub(super) fn new(
        state: &'s mut State<'t, 'a>,
        scratch: &'s mut Vec<u8>,
        opcode: Opcode,
    ) -> Self {
        Immediates { state, scratch: Some(scratch), opcode, ty: TypeIdx(0) }
    }

    /// Takes the buffer for a list, and clears it. Fails if the instruction has had it already.
    fn buffer(&mut self) -> Result<&'s mut Vec<u8>> {
        let Some(buffer) = self.scratch.take() else {
            return Err(self.state.cursor.unexpected(Expected::Instr));
        };
        buffer.clear();
        Ok(buffer)
    }

    /// Reads two indices or none. The second may be in another space than the first.
    fn opt_pair(&mut self, first: Space, second: Space) -> Result<(u32, u32)> {
        match self.state.opt_idx(first)? {
            Some(index) => Ok((index, self.state.idx(second)?)),
            None => Ok((0, 0)),
        }
    }

    /// Reads an optional container and a segment.
    fn init(&mut self, container: Space, segment: Space) -> Result<(u32, u32)> {
        let two = matches!(self.state.cursor.peek_at(1), TokenKind::Id | TokenKind::Number);
        let container = if two { self.state.idx(container)? } else { 0 };
        Ok((container, self.state.idx(segment)?))
    }

    /// Whether an index of a memory comes next, rather than the lane of the instruction.
    #[inline(always)]
    fn at_memory(&self) -> bool {
        let cursor = &self.state.cursor;
        match cursor.peek() {
            TokenKind::Id => true,
            TokenKind::Number => {
                !self.opcode.kinds().iter().any(|kind| kind == Kind::Lane)
                    || match cursor.peek_at(1) {
                        TokenKind::Number => true,
                        TokenKind::Keyword => {
                            let text = cursor.text_at(1);
                            text.starts_with("offset=") || text.starts_with("align=")
                        }
                        _ => false,
                    }
            }
            _ => false,
        }
    }

    /// Reads `offset=N` or `align=N`.
    #[inline(always)]
    fn opt_setting(&mut self, prefix: &str) -> Result<Option<u64>> {
        let cursor = &mut self.state.cursor;
        if cursor.peek() != TokenKind::Keyword {
            return Ok(None);
        }
        let Some(digits) = cursor.bytes().strip_prefix(prefix.as_bytes()) else { return Ok(None) };
        match numbers::u64(digits) {
            Ok(value) => {
                cursor.bump();
                Ok(Some(value))
            }
            Err(NumberError::OutOfRange) => {
                Err(cursor.error(ErrorKind::ConstantOutOfRange(Number::U64)))
            }
            Err(NumberError::Malformed) => {
                let word = cursor.text().into();
                Err(cursor.error(ErrorKind::UnknownOperator(word, Expected::MemArg)))
            }
        }
    }

    /// Checks that exactly `expected` numbers follow.
    fn count_numbers(&mut self, expected: usize, kind: ErrorKind) -> Result<()> {
        let start = self.state.cursor.pos();
        while self.at_number() {
            self.state.cursor.bump();
        }
        let count = self.state.cursor.pos() - start;
        if count != expected {
            // A malformed number also ends the list.
            let unexpected = self.state.cursor.unexpected(Expected::Number);
            if matches!(unexpected.kind, ErrorKind::UnknownOperator(..)) {
                return Err(unexpected);
            }
            let mut error = Error::boxed(kind, self.state.cursor.span_from(start - 1));
            error.help = Some(Help::Lanes(expected, count));
            return Err(error);
        }
        self.state.cursor.seek(start);
        Ok(())
    }

    fn at_number(&self) -> bool {
        let cursor = &self.state.cursor;
        match cursor.peek() {
            TokenKind::Number => true,
            TokenKind::Keyword => matches!(cursor.text().get(..3), Some("inf" | "nan")),
            _ => false,
        }
    }

    fn catch(&mut self) -> Result<Option<Catch>> {
        let state = &mut *self.state;
        let Some(word) = state.cursor.open_keyword() else { return Ok(None) };
        let has_tag = match word {
            "catch" | "catch_ref" => true,
            "catch_all" | "catch_all_ref" => false,
            _ => return Ok(None),
        };
        state.cursor.bump_open();
        let tag = TagIdx(if has_tag { state.idx(Space::Tag)? } else { 0 });
        let label = LabelIdx(state.label()?);
        state.cursor.expect_close()?;
        Ok(Some(match word {
            "catch" => Catch::One(tag, label),
            "catch_ref" => Catch::OneRef(tag, label),
            "catch_all" => Catch::All(label),
            _ => Catch::AllRef(label),
        }))
    }
}

macro_rules! indices {
    ($( $method:ident $index:ident $space:ident; )*) => { $(
        #[inline(always)]
        fn $method(&mut self) -> Result<$index> {
            self.state.idx(Space::$space).map($index)
        }
    )* };
}

impl<'s> Source<'s> for Immediates<'s, '_, '_> {
    type Error = Box<Error>;

    indices! {
        func FuncIdx Func;
        global GlobalIdx Global;
        local LocalIdx Local;
        tag TagIdx Tag;
        elem ElemIdx Elem;
    }

    fn block_type(&mut self) -> Result<BlockType> {
        self.state.block_type()
    }

    #[inline(always)]
    fn label(&mut self) -> Result<LabelIdx> {
        self.state.label().map(LabelIdx)
    }

    fn labels(&mut self) -> Result<Labels<'s>> {
        let mut labels = Vec::new();
        let mut default = self.state.label()?;
        while matches!(self.state.cursor.peek(), TokenKind::Id | TokenKind::Number) {
            labels.push(LabelIdx(default));
            default = self.state.label()?;
        }
        Ok(Labels::encode_in(self.buffer()?, labels.into_iter(), LabelIdx(default)))
    }

    fn catches(&mut self) -> Result<Catches<'s>> {
        let mut catches = Vec::new();
        while let Some(catch) = self.catch()? {
            catches.push(catch);
        }
        Ok(Catches::encode_in(self.buffer()?, catches.into_iter()))
    }

    fn handlers(&mut self) -> Result<Handlers<'s>> {
        let mut handlers = Vec::new();
        while self.state.cursor.opt_open("on") {
            let tag = TagIdx(self.state.idx(Space::Tag)?);
            handlers.push(if self.state.cursor.opt_keyword("switch") {
                Handler::Switch(tag)
            } else {
                Handler::Label(tag, LabelIdx(self.state.label()?))
            });
            self.state.cursor.expect_close()?;
        }
        Ok(Handlers::encode_in(self.buffer()?, handlers.into_iter()))
    }

    fn select_types(&mut self) -> Result<SelectTypes<'s>> {
        let mut types = Vec::new();
        while self.state.cursor.opt_open("result") {
            self.state.rest_of_form(false, |state| {
                types.push(state.val_type()?);
                Ok(())
            })?;
        }
        Ok(SelectTypes::encode_in(self.buffer()?, types.into_iter()))
    }

    fn ty(&mut self) -> Result<TypeIdx> {
        self.ty = self.state.idx(Space::Type).map(TypeIdx)?;
        Ok(self.ty)
    }

    fn field(&mut self) -> Result<FieldIdx> {
        self.state.field_idx(self.ty).map(FieldIdx)
    }

    fn table(&mut self) -> Result<TableIdx> {
        Ok(TableIdx(self.state.opt_idx(Space::Table)?.unwrap_or(0)))
    }

    fn memory(&mut self) -> Result<MemIdx> {
        Ok(MemIdx(self.state.opt_idx(Space::Mem)?.unwrap_or(0)))
    }

    fn data(&mut self) -> Result<DataIdx> {
        self.state.idx(Space::Data).map(DataIdx)
    }

    fn array_len(&mut self) -> Result<ArrayLen> {
        self.state.cursor.expect_u32().map(ArrayLen)
    }

    fn call_indirect(&mut self) -> Result<CallIndirect> {
        let table = self.table()?;
        Ok(CallIndirect { ty: self.state.type_use(ParamIds::None)?, table })
    }

    fn mem_init(&mut self) -> Result<MemInit> {
        let (memory, data) = self.init(Space::Mem, Space::Data)?;
        Ok(MemInit { data: DataIdx(data), memory: MemIdx(memory) })
    }

    fn mem_copy(&mut self) -> Result<MemCopy> {
        let (dst, src) = self.opt_pair(Space::Mem, Space::Mem)?;
        Ok(MemCopy { dst: MemIdx(dst), src: MemIdx(src) })
    }

    fn table_init(&mut self) -> Result<TableInit> {
        let (table, elem) = self.init(Space::Table, Space::Elem)?;
        Ok(TableInit { elem: ElemIdx(elem), table: TableIdx(table) })
    }

    fn table_copy(&mut self) -> Result<TableCopy> {
        let (dst, src) = self.opt_pair(Space::Table, Space::Table)?;
        Ok(TableCopy { dst: TableIdx(dst), src: TableIdx(src) })
    }

    #[inline(always)]
    fn memarg(&mut self) -> Result<MemArg> {
        let memory = if self.at_memory() { self.state.idx(Space::Mem)? } else { 0 };
        let offset = self.opt_setting("offset=")?.unwrap_or(0);
        let start = self.state.cursor.pos();
        let align = match self.opt_setting("align=")? {
            None => self.opcode.natural_align(),
            Some(align) if align.is_power_of_two() => align.trailing_zeros(),
            Some(_) => {
                return Err(Error::boxed(ErrorKind::Alignment, self.state.span_at(start)));
            }
        };
        Ok(MemArg { offset, memory: MemIdx(memory), align: align as u8 })
    }

    fn lane(&mut self) -> Result<LaneIdx> {
        self.state.cursor.expect_u8().map(LaneIdx)
    }

    fn shuffle(&mut self) -> Result<Shuffle> {
        let mut lanes = [0; 16];
        self.count_numbers(lanes.len(), ErrorKind::LaneLength)?;
        for lane in &mut lanes {
            let cursor = &mut self.state.cursor;
            *lane = match numbers::u8(cursor.bytes()) {
                Ok(lane) => lane,
                Err(_) if numbers::is_number(cursor.bytes()) => {
                    return Err(cursor.error(ErrorKind::ConstantOutOfRange(Number::U8)));
                }
                Err(_) => return Err(cursor.unexpected(Expected::Lane)),
            };
            cursor.bump();
        }
        Ok(Shuffle(lanes))
    }

    #[inline(always)]
    fn i32(&mut self) -> Result<i32> {
        self.state.cursor.expect_number(Number::I32, numbers::i32)
    }

    #[inline(always)]
    fn i64(&mut self) -> Result<i64> {
        self.state.cursor.expect_number(Number::I64, numbers::i64)
    }

    fn f32(&mut self) -> Result<F32> {
        self.state.cursor.expect_number(Number::F32, numbers::f32)
    }

    fn f64(&mut self) -> Result<F64> {
        self.state.cursor.expect_number(Number::F64, numbers::f64)
    }

    fn v128(&mut self) -> Result<V128> {
        let shape = self.state.cursor.expect_shape()?;
        self.count_numbers(shape.lanes(), ErrorKind::LaneCount)?;
        let mut vector = [0; 16];
        for lane in vector.chunks_exact_mut(16 / shape.lanes()) {
            let bits = self.state.cursor.expect_lane(shape)?;
            lane.iter_mut().zip(bits.to_le_bytes()).for_each(|(byte, bits)| *byte = bits);
        }
        Ok(V128(vector))
    }

    fn heap_type(&mut self) -> Result<HeapType> {
        self.state.heap_type()
    }

    fn ref_type_non_null(&mut self) -> Result<RefTypeNonNull> {
        self.state.ref_type().map(|ty| RefTypeNonNull(ty.heap))
    }

    fn ref_type_null(&mut self) -> Result<RefTypeNull> {
        self.state.ref_type().map(|ty| RefTypeNull(ty.heap))
    }

    fn br_cast(&mut self) -> Result<BrCast> {
        let label = LabelIdx(self.state.label()?);
        Ok(BrCast { label, from: self.state.ref_type()?, to: self.state.ref_type()? })
    }

    fn fence_order(&mut self) -> Result<FenceOrder> {
        Ok(FenceOrder)
    }
}
