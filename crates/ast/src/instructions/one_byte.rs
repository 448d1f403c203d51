//! Immediates that are known to be of one byte each, taken from a word of code.

use super::immediates::{
    ArrayLen, BlockType, BrCast, CallIndirect, FenceOrder, LaneIdx, MemArg, MemCopy, MemInit,
    RefTypeNonNull, RefTypeNull, Shuffle, Source, TableCopy, TableInit,
};
use super::lists::{Catches, Handlers, Labels, SelectTypes};
use crate::{
    DataIdx, ElemIdx, F32, F64, FieldIdx, FuncIdx, GlobalIdx, HeapType, LabelIdx, LocalIdx,
    Malformed, MemIdx, TableIdx, TagIdx, TypeIdx, V128,
};

/// The bytes behind an opcode, the first in the lowest bits. Whoever makes one has checked that each
/// byte is a whole immediate, of a kind that can be one.
pub(super) struct OneByteImmediates(u64);

impl OneByteImmediates {
    #[inline(always)]
    pub(super) fn new(word: u64) -> OneByteImmediates {
        OneByteImmediates(word)
    }

    #[inline(always)]
    fn byte(&mut self) -> u8 {
        let byte = self.0 as u8;
        self.0 >>= 8;
        byte
    }

    /// An index, which is below all codes of abstract types.
    #[inline(always)]
    fn heap(&mut self) -> HeapType {
        HeapType::Type(TypeIdx(self.byte().into()))
    }

    /// An integer of seven bits, sign-extended.
    #[inline(always)]
    fn signed(&mut self) -> i32 {
        i32::from(self.byte()) << 25 >> 25
    }
}

macro_rules! indices {
    ($( $method:ident $ty:ident; )*) => { $(
        #[inline(always)]
        fn $method(&mut self) -> Result<$ty, Malformed> {
            Ok($ty(self.byte().into()))
        }
    )* };
}

/// Kinds that are never of one byte, so these methods are not called.
macro_rules! never_one_byte {
    ($( $method:ident $ty:ty; )*) => { $(
        #[inline(always)]
        fn $method(&mut self) -> Result<$ty, Malformed> {
            Err(Malformed::IllegalOpcode)
        }
    )* };
}

impl<'a> Source<'a> for OneByteImmediates {
    type Error = Malformed;

    indices! {
        label LabelIdx;
        func FuncIdx;
        ty TypeIdx;
        table TableIdx;
        memory MemIdx;
        global GlobalIdx;
        local LocalIdx;
        tag TagIdx;
        elem ElemIdx;
        field FieldIdx;
        array_len ArrayLen;
    }

    #[inline(always)]
    fn call_indirect(&mut self) -> Result<CallIndirect, Malformed> {
        Ok(CallIndirect { ty: self.ty()?, table: self.table()? })
    }

    #[inline(always)]
    fn memarg(&mut self) -> Result<MemArg, Malformed> {
        Ok(MemArg { align: self.byte(), offset: self.byte().into(), memory: MemIdx(0) })
    }

    #[inline(always)]
    fn i32(&mut self) -> Result<i32, Malformed> {
        Ok(self.signed())
    }

    #[inline(always)]
    fn i64(&mut self) -> Result<i64, Malformed> {
        Ok(self.signed().into())
    }

    #[inline(always)]
    fn heap_type(&mut self) -> Result<HeapType, Malformed> {
        Ok(self.heap())
    }

    #[inline(always)]
    fn ref_type_non_null(&mut self) -> Result<RefTypeNonNull, Malformed> {
        Ok(RefTypeNonNull(self.heap()))
    }

    #[inline(always)]
    fn ref_type_null(&mut self) -> Result<RefTypeNull, Malformed> {
        Ok(RefTypeNull(self.heap()))
    }

    never_one_byte! {
        block_type BlockType;
        labels Labels<'a>;
        catches Catches<'a>;
        handlers Handlers<'a>;
        select_types SelectTypes<'a>;
        data DataIdx;
        mem_init MemInit;
        mem_copy MemCopy;
        table_init TableInit;
        table_copy TableCopy;
        lane LaneIdx;
        shuffle Shuffle;
        f32 F32;
        f64 F64;
        v128 V128;
        br_cast BrCast;
        fence_order FenceOrder;
    }
}
