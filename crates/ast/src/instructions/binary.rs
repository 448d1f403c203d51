//! The binary format of instructions: a [`Reader`] is a [`Source`], a byte buffer is a [`Sink`].
//!
//! Spec: <https://webassembly.github.io/spec/core/binary/instructions.html>

use alloc::vec::Vec;
use core::convert::Infallible;

use super::immediates::{
    ArrayLen, BlockType, BrCast, CallIndirect, FenceOrder, LaneIdx, MemArg, MemCopy, MemInit,
    RefTypeNonNull, RefTypeNull, Shuffle, Sink, Source, TableCopy, TableInit,
};
use super::lists::{Catches, Handlers, Labels, SelectTypes};
use super::{Instr, Opcode};
use crate::{
    DataIdx, Decode, ElemIdx, Encode, F32, F64, FieldIdx, FuncIdx, GlobalIdx, HeapType, LabelIdx,
    LocalIdx, Malformed, MemIdx, Reader, RefType, TableIdx, TagIdx, TypeIdx, V128, ValType, leb128,
};

const MEMARG_HAS_MEMORY: u32 = 0x40;
const CAST_FROM_NULL: u8 = 1;
const CAST_TO_NULL: u8 = 2;

impl BlockType {
    /// The one byte of the type of a block that takes and leaves nothing.
    pub const EMPTY_CODE: u8 = 0x40;
}

impl<'a> Decode<'a> for BlockType {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        match reader.peek() {
            Some(BlockType::EMPTY_CODE) => {
                reader.byte()?;
                Ok(BlockType::Empty)
            }
            _ => reader.outlined(typed_block),
        }
    }
}

#[inline(never)]
fn typed_block(reader: &mut Reader<'_>) -> Result<BlockType, Malformed> {
    if let Some(0x41..=0x7f) = reader.peek() {
        return reader.read().map(BlockType::Value);
    }
    let start = reader.pos();
    match u32::try_from(reader.s33()?) {
        Ok(index) => Ok(BlockType::Type(TypeIdx(index))),
        Err(_) => Err(reader.fail_at(start, Malformed::IntegerTooLong)),
    }
}

impl Encode for BlockType {
    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            BlockType::Empty => out.push(BlockType::EMPTY_CODE),
            BlockType::Value(ty) => ty.encode(out),
            BlockType::Type(index) => leb128::write_s64(out, index.0.into()),
        }
    }
}

impl<'a> Decode<'a> for MemArg {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let start = reader.pos();
        let flags = reader.u32()?;
        if flags < MEMARG_HAS_MEMORY {
            let offset = reader.u64()?;
            return Ok(MemArg { offset, memory: MemIdx(0), align: flags as u8 });
        }
        // Without several memories the bit is just a large alignment: for the validator to refuse.
        if flags >= 2 * MEMARG_HAS_MEMORY {
            return Err(reader.fail_at(start, Malformed::MemopFlags));
        }
        let memory = reader.read()?;
        Ok(MemArg { offset: reader.u64()?, memory, align: (flags - MEMARG_HAS_MEMORY) as u8 })
    }
}

impl Encode for MemArg {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        let align = u32::from(self.align) & (MEMARG_HAS_MEMORY - 1);
        if self.memory == MemIdx(0) {
            leb128::write_u32(out, align);
        } else {
            leb128::write_u32(out, align | MEMARG_HAS_MEMORY);
            self.memory.encode(out);
        }
        leb128::write_u64(out, self.offset);
    }
}

impl<'a> Decode<'a> for BrCast {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let flags = reader.byte_if(Malformed::CastFlags, |flags| (flags <= 3).then_some(flags))?;
        let label = reader.read()?;
        let from = RefType { nullable: flags & CAST_FROM_NULL != 0, heap: reader.read()? };
        let to = RefType { nullable: flags & CAST_TO_NULL != 0, heap: reader.read()? };
        Ok(BrCast { label, from, to })
    }
}

impl Encode for BrCast {
    fn encode(&self, out: &mut Vec<u8>) {
        let from = if self.from.nullable { CAST_FROM_NULL } else { 0 };
        let to = if self.to.nullable { CAST_TO_NULL } else { 0 };
        out.push(from | to);
        self.label.encode(out);
        self.from.heap.encode(out);
        self.to.heap.encode(out);
    }
}

macro_rules! pairs {
    ($( $name:ident { $first:ident, $second:ident }; )*) => { $(
        impl<'a> Decode<'a> for $name {
            #[inline(always)]
            fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
                Ok($name { $first: reader.read()?, $second: reader.read()? })
            }
        }

        impl Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                self.$first.encode(out);
                self.$second.encode(out);
            }
        }
    )* };
}

pairs! {
    CallIndirect { ty, table };
    MemInit { data, memory };
    MemCopy { dst, src };
    TableInit { elem, table };
    TableCopy { dst, src };
}

macro_rules! source_by_decode {
    ($( $how:ident $method:ident $ty:ty; )*) => {
        $(
            #[inline(always)]
            fn $method(&mut self) -> Result<$ty, Malformed> {
                self.$how(<$ty>::decode)
            }
        )*
    };
}

impl<'a> Reader<'a> {
    /// Alignment and offset of an access to memory 0, if both are compact. Otherwise nothing is
    /// taken off.
    #[inline(always)]
    pub fn compact_memarg(&mut self) -> Option<MemArg> {
        let start = self.pos();
        let align = self.peek().filter(|&align| u32::from(align) < MEMARG_HAS_MEMORY)?;
        self.advance();
        let offset = self.compact_u28();
        if offset.is_none() {
            self.seek(start);
        }
        Some(MemArg { offset: offset?.into(), memory: MemIdx(0), align })
    }

    /// The type of a block, if it is none, one number or one reference in compact form. Otherwise
    /// nothing is taken off.
    #[inline(always)]
    pub fn compact_block_type(&mut self) -> Option<BlockType> {
        let start = self.pos();
        let code = self.peek()?;
        self.advance();
        let ty = match code {
            BlockType::EMPTY_CODE => Some(BlockType::Empty),
            RefType::CODE => self
                .compact_heap_type()
                .map(|heap| BlockType::Value(ValType::Ref(RefType::non_null(heap)))),
            RefType::NULL_CODE => self
                .compact_heap_type()
                .map(|heap| BlockType::Value(ValType::Ref(RefType::null(heap)))),
            _ => ValType::from_code(code).map(BlockType::Value),
        };
        if ty.is_none() {
            self.seek(start);
        }
        ty
    }

    #[inline(always)]
    fn inlined<T>(&mut self, read: impl FnOnce(&mut Reader<'a>) -> T) -> T {
        read(self)
    }
}

impl<'a> Source<'a> for Reader<'a> {
    type Error = Malformed;

    source_by_decode! {
        inlined block_type BlockType;
        inlined label LabelIdx;
        outlined labels Labels<'a>;
        outlined catches Catches<'a>;
        outlined handlers Handlers<'a>;
        outlined select_types SelectTypes<'a>;
        inlined func FuncIdx;
        inlined ty TypeIdx;
        inlined table TableIdx;
        inlined memory MemIdx;
        inlined global GlobalIdx;
        inlined local LocalIdx;
        inlined tag TagIdx;
        inlined elem ElemIdx;
        inlined data DataIdx;
        inlined field FieldIdx;
        inlined call_indirect CallIndirect;
        inlined mem_init MemInit;
        inlined mem_copy MemCopy;
        inlined table_init TableInit;
        inlined table_copy TableCopy;
        inlined memarg MemArg;
        inlined f32 F32;
        inlined f64 F64;
        outlined v128 V128;
        outlined heap_type HeapType;
        outlined br_cast BrCast;
    }

    #[inline(always)]
    fn array_len(&mut self) -> Result<ArrayLen, Malformed> {
        self.u32().map(ArrayLen)
    }

    #[inline(always)]
    fn lane(&mut self) -> Result<LaneIdx, Malformed> {
        self.byte().map(LaneIdx)
    }

    #[inline(always)]
    fn shuffle(&mut self) -> Result<Shuffle, Malformed> {
        self.outlined(Reader::array).map(Shuffle)
    }

    #[inline(always)]
    fn i32(&mut self) -> Result<i32, Malformed> {
        self.s32()
    }

    #[inline(always)]
    fn i64(&mut self) -> Result<i64, Malformed> {
        self.s64()
    }

    #[inline(always)]
    fn ref_type_non_null(&mut self) -> Result<RefTypeNonNull, Malformed> {
        self.outlined(HeapType::decode).map(RefTypeNonNull)
    }

    #[inline(always)]
    fn ref_type_null(&mut self) -> Result<RefTypeNull, Malformed> {
        self.outlined(HeapType::decode).map(RefTypeNull)
    }

    #[inline(always)]
    fn fence_order(&mut self) -> Result<FenceOrder, Malformed> {
        self.byte_if(Malformed::ZeroByte, |byte| (byte == 0).then_some(FenceOrder))
    }
}

macro_rules! sink_by_encode {
    ($( $method:ident $ty:ty; )*) => {
        $(
            #[inline(always)]
            fn $method(&mut self, value: $ty) -> Result<(), Infallible> {
                value.encode(self);
                Ok(())
            }
        )*
    };
}

/// A byte buffer takes instructions in their shortest form.
impl<'a> Sink<'a> for Vec<u8> {
    type Error = Infallible;

    #[inline(always)]
    fn opcode(&mut self, opcode: Opcode, _offset: usize) -> Result<(), Infallible> {
        opcode.encode(self);
        Ok(())
    }

    sink_by_encode! {
        block_type BlockType;
        label LabelIdx;
        labels Labels<'a>;
        catches Catches<'a>;
        handlers Handlers<'a>;
        select_types SelectTypes<'a>;
        func FuncIdx;
        ty TypeIdx;
        table TableIdx;
        memory MemIdx;
        global GlobalIdx;
        local LocalIdx;
        tag TagIdx;
        elem ElemIdx;
        data DataIdx;
        field FieldIdx;
        call_indirect CallIndirect;
        mem_init MemInit;
        mem_copy MemCopy;
        table_init TableInit;
        table_copy TableCopy;
        memarg MemArg;
        f32 F32;
        f64 F64;
        v128 V128;
        heap_type HeapType;
        br_cast BrCast;
    }

    fn array_len(&mut self, value: ArrayLen) -> Result<(), Infallible> {
        leb128::write_u32(self, value.0);
        Ok(())
    }

    fn lane(&mut self, value: LaneIdx) -> Result<(), Infallible> {
        self.push(value.0);
        Ok(())
    }

    fn shuffle(&mut self, value: Shuffle) -> Result<(), Infallible> {
        self.extend_from_slice(&value.0);
        Ok(())
    }

    #[inline]
    fn i32(&mut self, value: i32) -> Result<(), Infallible> {
        leb128::write_s64(self, value.into());
        Ok(())
    }

    #[inline]
    fn i64(&mut self, value: i64) -> Result<(), Infallible> {
        leb128::write_s64(self, value);
        Ok(())
    }

    fn ref_type_non_null(&mut self, value: RefTypeNonNull) -> Result<(), Infallible> {
        value.0.encode(self);
        Ok(())
    }

    fn ref_type_null(&mut self, value: RefTypeNull) -> Result<(), Infallible> {
        value.0.encode(self);
        Ok(())
    }

    fn fence_order(&mut self, _: FenceOrder) -> Result<(), Infallible> {
        self.push(0);
        Ok(())
    }
}

impl Encode for Opcode {
    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        let info = self.info();
        if info.prefix == 0 {
            out.push(info.code as u8);
        } else {
            out.push(info.prefix);
            leb128::write_u32(out, info.code);
        }
    }
}

impl<'a> Decode<'a> for Instr<'a> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let opcode = reader.opcode()?;
        Instr::read(opcode, reader)
    }
}

impl Encode for Instr<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self.write(0, out) {
            Ok(()) => {}
        }
    }
}
