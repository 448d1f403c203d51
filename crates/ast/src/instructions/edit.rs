//! Changing the immediates of instructions, by their kinds; default values.

use alloc::vec::Vec;

use super::immediates::for_each_kind;
use super::immediates::{
    ArrayLen, BlockType, BrCast, CallIndirect, FenceOrder, LaneIdx, MemArg, MemCopy, MemInit,
    RefTypeNonNull, RefTypeNull, Shuffle, Sink, TableCopy, TableInit,
};
use super::lists::{Catches, Handlers, Labels, SelectTypes};
use super::{Instr, Opcode};
use crate::{
    DataIdx, ElemIdx, Encode, F32, F64, FieldIdx, FuncIdx, GlobalIdx, HeapType, LabelIdx, LocalIdx,
    MemIdx, Reader, TableIdx, TagIdx, TypeIdx, V128, ValType,
};

macro_rules! edits {
    ($( $(#[$doc:meta])* $kind:ident $method:ident $ty:ty; )*) => {
        /// New immediates for old ones, with one method per kind. By default, they stay as they are.
        ///
        /// [`Instr::edit`] applies the changes. [`Remap`](crate::Remap) changes only indices, but
        /// wherever they occur.
        ///
        /// ```
        /// use wattle_ast::{ImmediateEdit, Instr, MemArg, MemIdx};
        ///
        /// struct NoOffset;
        ///
        /// impl<'a> ImmediateEdit<'a> for NoOffset {
        ///     fn memarg(&mut self, value: MemArg) -> MemArg {
        ///         MemArg { offset: 0, ..value }
        ///     }
        /// }
        ///
        /// let memarg = MemArg { offset: 9, align: 2, memory: MemIdx(0) };
        /// let mut buffer = Vec::new();
        /// let instr = Instr::I32Load { memarg }.edit(&mut NoOffset, &mut buffer);
        /// assert_eq!(instr, Instr::I32Load { memarg: MemArg { offset: 0, ..memarg } });
        /// ```
        pub trait ImmediateEdit<'a> {
            $(
                $(#[$doc])*
                fn $method(&mut self, value: $ty) -> $ty {
                    value
                }
            )*
        }

        impl<'a, E: ImmediateEdit<'a>> Sink<'a> for Editing<'_, E> {
            type Error = core::convert::Infallible;

            fn opcode(&mut self, opcode: Opcode, _offset: usize) -> Result<(), Self::Error> {
                opcode.encode(self.out);
                Ok(())
            }
            $(
                fn $method(&mut self, value: $ty) -> Result<(), Self::Error> {
                    self.edit.$method(value).encode(self.out);
                    Ok(())
                }
            )*
        }
    };
}

/// Writes an instruction with its new immediates.
struct Editing<'w, E> {
    edit: &'w mut E,
    out: &'w mut Vec<u8>,
}

for_each_kind!(edits);

impl<'a> Instr<'a> {
    /// Returns the instruction that makes the default value of a type: zero, or null. For a
    /// reference type that is not nullable, which has no default, it returns null of the heap type.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#default-val>
    pub fn default_of(ty: ValType) -> Instr<'a> {
        match ty {
            ValType::I32 => Instr::I32Const { value: 0 },
            ValType::I64 => Instr::I64Const { value: 0 },
            ValType::F32 => Instr::F32Const { value: F32(0) },
            ValType::F64 => Instr::F64Const { value: F64(0) },
            ValType::V128 => Instr::V128Const { value: V128([0; 16]) },
            ValType::Ref(ty) => Instr::RefNull { heap: ty.heap },
        }
    }

    /// Returns the instruction with its new immediates. `buffer` is overwritten with the encoded
    /// instruction, so that lists of immediates can be views of it.
    pub fn edit<'b>(self, edit: &mut impl ImmediateEdit<'a>, buffer: &'b mut Vec<u8>) -> Instr<'b>
    where
        'a: 'b,
    {
        buffer.clear();
        let Ok(()) = self.write(0, &mut Editing { edit, out: buffer });
        // Encoded instructions can always be decoded.
        Reader::new(buffer).read().unwrap_or(self)
    }
}
