//! Immediates of one byte each, read from a word of code.

use super::immediates::{
    ArrayLen, BlockType, BrCast, CallIndirect, FenceOrder, LaneIdx, MemArg, MemCopy, MemInit,
    RefTypeNonNull, RefTypeNull, Shuffle, Source, TableCopy, TableInit,
};
use super::lists::{Catches, Handlers, Labels, SelectTypes};
use crate::{
    DataIdx, ElemIdx, F32, F64, FieldIdx, FuncIdx, GlobalIdx, HeapType, LabelIdx, LocalIdx,
    Malformed, MemIdx, TableIdx, TagIdx, TypeIdx, V128,
};

/// The bytes after an opcode, the first in the lowest bits. The caller of `new` has checked that
/// each byte is a whole immediate, of a kind that can be one byte.
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

    #[inline(always)]
    fn index<I: From<u32>>(&mut self) -> I {
        I::from(self.byte().into())
    }

    /// Reads a type index, which is below all codes of abstract heap types.
    #[inline(always)]
    fn heap(&mut self) -> HeapType {
        HeapType::Type(self.index())
    }

    /// Reads an integer of seven bits, sign-extended.
    #[inline(always)]
    fn signed(&mut self) -> i32 {
        i32::from(self.byte()) << 25 >> 25
    }
}

/// The methods for kinds that can be one byte, each with the value that it makes from `$bytes`.
macro_rules! one_byte {
    ($bytes:ident: $( $method:ident $ty:ty = $value:expr; )*) => { $(
        #[inline(always)]
        fn $method(&mut self) -> Result<$ty, Malformed> {
            let $bytes = self;
            Ok($value)
        }
    )* };
}

/// The methods for kinds that are never one byte. They are not called.
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

    one_byte! { bytes:
        label LabelIdx = bytes.index();
        func FuncIdx = bytes.index();
        ty TypeIdx = bytes.index();
        table TableIdx = bytes.index();
        memory MemIdx = bytes.index();
        global GlobalIdx = bytes.index();
        local LocalIdx = bytes.index();
        tag TagIdx = bytes.index();
        elem ElemIdx = bytes.index();
        field FieldIdx = bytes.index();
        array_len ArrayLen = ArrayLen(bytes.byte().into());
        call_indirect CallIndirect = CallIndirect { ty: bytes.index(), table: bytes.index() };
        memarg MemArg =
            MemArg { align: bytes.byte(), offset: bytes.byte().into(), memory: MemIdx(0) };
        i32 i32 = bytes.signed();
        i64 i64 = bytes.signed().into();
        heap_type HeapType = bytes.heap();
        ref_type_non_null RefTypeNonNull = RefTypeNonNull(bytes.heap());
        ref_type_null RefTypeNull = RefTypeNull(bytes.heap());
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
