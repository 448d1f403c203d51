//! The binary format of instructions. A [`Reader`] is a [`Source`], and a byte buffer is a
//! [`Sink`].
//!
//! Spec: <https://webassembly.github.io/spec/core/binary/instructions.html>

use alloc::vec::Vec;

use super::immediates::for_each_kind;
use super::immediates::{
    ArrayLen, BlockType, BrCast, CallIndirect, FenceOrder, LaneIdx, MemArg, MemCopy, MemInit,
    RefTypeNonNull, RefTypeNull, Shuffle, Sink, Source, TableCopy, TableInit,
};
use super::lists::{Catches, Handlers, Labels, SelectTypes};
use super::{Instr, Opcode};
use crate::values::fields;
use crate::{
    DataIdx, Decode, ElemIdx, Encode, F32, F64, Feature, FieldIdx, FuncIdx, GlobalIdx, HeapType,
    LabelIdx, LocalIdx, Malformed, MemIdx, Reader, RefType, TableIdx, TagIdx, TypeIdx, V128,
    ValType, leb128,
};

const MEMARG_HAS_MEMORY: u32 = 0x40;
const CAST_FROM_NULL: u8 = 1;
const CAST_TO_NULL: u8 = 2;

impl BlockType {
    /// The byte for the type of a block without parameters and results.
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
            let offset = reader.address()?;
            return Ok(MemArg { offset, memory: MemIdx(0), align: flags as u8 });
        }
        let has_memory = flags < 2 * MEMARG_HAS_MEMORY;
        if !has_memory || !reader.features().contains(Feature::MultiMemory) {
            return Err(reader.fail_at(start, Malformed::MemopFlags));
        }
        let memory = reader.read()?;
        Ok(MemArg { offset: reader.address()?, memory, align: (flags - MEMARG_HAS_MEMORY) as u8 })
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
        (from | to, self.label).encode(out);
        (self.from.heap, self.to.heap).encode(out);
    }
}

/// Reads the index of a table or memory, which must be a zero byte unless `feature` is on.
#[inline]
fn index_with<T: From<u32>>(reader: &mut Reader<'_>, feature: Feature) -> Result<T, Malformed> {
    if reader.features().contains(feature) {
        return reader.u32().map(T::from);
    }
    reader.expect(0, Malformed::ZeroByte)?;
    Ok(T::from(0))
}

/// The binary format of immediates with indices of tables and memories.
macro_rules! with_indices {
    ($( $name:ident { $( $field:ident $($feature:ident)?, )* } )*) => { $(
        impl<'a> Decode<'a> for $name {
            #[inline(always)]
            fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
                Ok($name { $( $field: with_indices!(@read reader $($feature)?)?, )* })
            }
        }

        impl Encode for $name {
            #[inline(always)]
            fn encode(&self, out: &mut Vec<u8>) {
                $( self.$field.encode(out); )*
            }
        }
    )* };
    (@read $reader:ident) => { $reader.read() };
    (@read $reader:ident $feature:ident) => { index_with($reader, Feature::$feature) };
}

with_indices! {
    CallIndirect { ty, table ReferenceTypes, }
    MemInit { data, memory MultiMemory, }
    MemCopy { dst MultiMemory, src MultiMemory, }
    TableInit { elem, table ReferenceTypes, }
    TableCopy { dst ReferenceTypes, src ReferenceTypes, }
}

fields! {
    LaneIdx { 0 }
    Shuffle { 0 }
    ArrayLen { 0 }
    RefTypeNonNull { 0 }
    RefTypeNull { 0 }
    FenceOrder after 0 {}
}

impl<'a> Reader<'a> {
    /// Reads the alignment and offset of an access to memory 0, if both are compact. Otherwise
    /// reads nothing.
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

    /// Reads a block type, if it is empty, one number type, or one reference type in compact form.
    /// Otherwise reads nothing.
    #[inline(always)]
    pub fn compact_block_type(&mut self) -> Option<BlockType> {
        let start = self.pos();
        let code = self.peek()?;
        self.advance();
        let ty = match code {
            BlockType::EMPTY_CODE => Some(BlockType::Empty),
            RefType::CODE | RefType::NULL_CODE if !self.has_long_ref_types() => None,
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
}

/// The expression that reads an immediate: a special one for memories, and `decode` of its type for
/// all other kinds.
macro_rules! decoder {
    (Memory $ty:ty) => {
        |reader| index_with(reader, Feature::MultiMemory)
    };
    ($kind:ident $ty:ty) => {
        <$ty>::decode
    };
}

macro_rules! bytes {
    ($( $(#[$doc:meta])* $kind:ident $method:ident $ty:ty; )*) => {
        impl<'a> Source<'a> for Reader<'a> {
            type Error = Malformed;
            $(
                #[inline(always)]
                fn $method(&mut self) -> Result<$ty, Malformed> {
                    self.outlined(decoder!($kind $ty))
                }
            )*
        }

        /// A byte buffer receives instructions in their shortest form. It never fails: its error is
        /// that of a [`Reader`], so that code can go from one to the other.
        impl<'a> Sink<'a> for Vec<u8> {
            type Error = Malformed;

            #[inline(always)]
            fn opcode(&mut self, opcode: Opcode, _offset: usize) -> Result<(), Malformed> {
                opcode.encode(self);
                Ok(())
            }
            $(
                #[inline(always)]
                fn $method(&mut self, value: $ty) -> Result<(), Malformed> {
                    value.encode(self);
                    Ok(())
                }
            )*
        }
    };
}

for_each_kind!(bytes);

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
    // Inlining would compile this again in every crate that reads instructions, at a second each.
    #[inline(never)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let opcode = reader.opcode()?;
        Instr::read(opcode, reader)
    }
}

impl Encode for Instr<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        // Writing bytes never fails.
        let _ = self.write(0, out);
    }
}
