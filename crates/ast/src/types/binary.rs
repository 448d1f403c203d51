//! The binary format of types.
//!
//! Spec: <https://webassembly.github.io/spec/core/binary/types.html>

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{
    AbsHeapType, AddrType, ArrayType, CompType, ExternType, FieldType, FuncType, GlobalType,
    HeapType, Limits, MemType, PackType, RecGroup, RefType, StorageType, StructType, SubType,
    TableType, TagType, ValType,
};
use crate::values::{fields, read_list};
use crate::{Decode, Encode, ExternKind, Feature, Features, Malformed, Reader, TypeIdx, leb128};

type Result<T> = core::result::Result<T, Malformed>;

const EXACT: u8 = 0x62;
const FUNC: u8 = 0x60;
const STRUCT: u8 = 0x5f;
const ARRAY: u8 = 0x5e;
const CONT: u8 = 0x5d;
const I8: u8 = 0x78;
const I16: u8 = 0x77;
const SUB: u8 = 0x50;
const SUB_FINAL: u8 = 0x4f;
/// The code that begins a recursive group.
pub(crate) const REC: u8 = 0x4e;
const DESCRIPTOR: u8 = 0x4d;
const DESCRIBES: u8 = 0x4c;

const HAS_MAX: u8 = 1;
const SHARED: u8 = 2;
const ADDR64: u8 = 4;
const PAGE_SIZE: u8 = 8;

/// Steps back over a byte that is not a type code, and returns the error for it. Type codes are
/// signed 7-bit integers, so a byte with its top bit set begins an integer that is too long.
#[cold]
fn bad_code(reader: &mut Reader<'_>, code: u8, error: Malformed) -> Malformed {
    let error = if code >= 0x80 { Malformed::IntegerTooLong } else { error };
    reader.back(1, error)
}

impl<'a> Decode<'a> for HeapType {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        match reader.compact_heap_type() {
            Some(heap) => Ok(heap),
            None => reader.long_heap_type(),
        }
    }
}

impl Reader<'_> {
    /// Reads a heap type that is not compact, or fails if it is malformed.
    #[cold]
    #[inline(never)]
    fn long_heap_type(&mut self) -> Result<HeapType> {
        let reader = self;
        let start = reader.pos();
        match reader.peek() {
            Some(EXACT) if reader.features().contains(Feature::CustomDescriptors) => {
                reader.byte()?;
                let start = reader.pos();
                let short = reader.peek().is_some_and(|byte| byte < 0x80);
                let error = if short { Malformed::HeapType } else { Malformed::IntegerTooLong };
                index(reader)?.map(HeapType::Exact).ok_or_else(|| reader.fail_at(start, error))
            }
            Some(..0x80) => Err(Malformed::HeapType),
            // Codes are signed 7-bit integers, so a negative number of several bytes is malformed.
            _ => index(reader)?
                .map(HeapType::Type)
                .ok_or_else(|| reader.fail_at(start, Malformed::IntegerTooLong)),
        }
    }
}

impl Reader<'_> {
    /// Returns whether the features include reference types with a byte of their own before the
    /// heap type, such as `(ref exn)`.
    #[inline(always)]
    pub(crate) fn has_long_ref_types(&self) -> bool {
        self.features().intersects(Features::FUNCTION_REFERENCES | Features::EXCEPTIONS)
    }

    /// Reads an address, or a number of pages or elements. It has 64 bits if 64-bit memories and
    /// tables are on.
    #[inline(always)]
    pub(crate) fn address(&mut self) -> Result<u64> {
        match self.features().contains(Feature::Memory64) {
            true => self.u64(),
            false => self.u32().map(u64::from),
        }
    }

    /// Reads a heap type that is a code, or an index of at most two bytes. Otherwise reads nothing.
    #[inline(always)]
    pub fn compact_heap_type(&mut self) -> Option<HeapType> {
        let code = self.peek()?;
        let (heap, size) = match code {
            ..0x40 => (HeapType::Type(TypeIdx(code.into())), 1),
            0x40..0x80 => (HeapType::Abs(AbsHeapType::from_code(code)?), 1),
            0x80.. => match self.rest() {
                &[low, high @ ..0x40, ..] => {
                    let index = u32::from(low & 0x7f) | u32::from(high) << 7;
                    (HeapType::Type(TypeIdx(index)), 2)
                }
                _ => return None,
            },
        };
        self.seek(self.pos() + size);
        Some(heap)
    }
}

/// Reads a type index in a place where a type code could stand: a signed integer. `None` if it is
/// negative.
fn index(reader: &mut Reader<'_>) -> Result<Option<TypeIdx>> {
    Ok(u32::try_from(reader.s33()?).ok().map(TypeIdx))
}

impl Encode for HeapType {
    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            HeapType::Abs(abs) => out.push(abs.code()),
            HeapType::Type(index) => leb128::write_s64(out, index.0.into()),
            HeapType::Exact(index) => (EXACT, i64::from(index.0)).encode(out),
        }
    }
}

impl RefType {
    /// The code that begins a reference type that is not nullable; its heap type follows.
    pub const CODE: u8 = 0x64;
    /// The code that begins a nullable reference type; its heap type follows.
    pub const NULL_CODE: u8 = 0x63;
}

/// Reads the rest of a reference type that begins with `code`; `None` if no reference type begins
/// with it.
#[inline(always)]
fn reference(reader: &mut Reader<'_>, code: u8) -> Result<Option<RefType>> {
    Ok(match code {
        RefType::CODE | RefType::NULL_CODE if !reader.has_long_ref_types() => None,
        RefType::CODE => Some(RefType::non_null(reader.read()?)),
        RefType::NULL_CODE => Some(RefType::null(reader.read()?)),
        _ => AbsHeapType::from_code(code).map(|abs| RefType::null(HeapType::Abs(abs))),
    })
}

impl<'a> Decode<'a> for RefType {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let code = reader.byte()?;
        let ty = reference(reader, code)?;
        ty.ok_or_else(|| bad_code(reader, code, Malformed::ReferenceType))
    }
}

impl Encode for RefType {
    fn encode(&self, out: &mut Vec<u8>) {
        match (self.nullable, self.heap) {
            (true, HeapType::Abs(abs)) => out.push(abs.code()),
            (nullable, heap) => {
                out.push(if nullable { RefType::NULL_CODE } else { RefType::CODE });
                heap.encode(out);
            }
        }
    }
}

macro_rules! number_types {
    ($( $variant:ident $code:literal $keyword:literal; )*) => {
        impl ValType {
            /// Returns the number or vector type with this code.
            ///
            /// ```
            /// use wattle_ast::ValType;
            /// assert_eq!(ValType::from_code(0x7f), Some(ValType::I32));
            /// assert_eq!(ValType::from_code(0x70), None); // `funcref`
            /// ```
            #[inline(always)]
            pub const fn from_code(code: u8) -> Option<ValType> {
                match code { $( $code => Some(ValType::$variant), )* _ => None }
            }

            /// Returns the keyword of the text format; `None` for a reference type.
            pub const fn keyword(self) -> Option<&'static str> {
                match self { $( ValType::$variant => Some($keyword), )* ValType::Ref(_) => None }
            }
        }

        impl Encode for ValType {
            fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $( ValType::$variant => out.push($code), )*
                    ValType::Ref(ty) => ty.encode(out),
                }
            }
        }
    };
}

number_types! {
    I32 0x7f "i32";
    I64 0x7e "i64";
    F32 0x7d "f32";
    F64 0x7c "f64";
    V128 0x7b "v128";
}

#[inline(always)]
fn value(reader: &mut Reader<'_>, code: u8) -> Result<Option<ValType>> {
    match ValType::from_code(code) {
        None => Ok(reference(reader, code)?.map(ValType::Ref)),
        ty => Ok(ty),
    }
}

impl<'a> Decode<'a> for ValType {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let code = reader.byte()?;
        let ty = value(reader, code)?;
        ty.ok_or_else(|| bad_code(reader, code, Malformed::ReferenceType))
    }
}

impl<'a> Decode<'a> for StorageType {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let code = reader.byte()?;
        match code {
            I8 => Ok(StorageType::Pack(PackType::I8)),
            I16 => Ok(StorageType::Pack(PackType::I16)),
            _ => match value(reader, code) {
                Ok(Some(ty)) => Ok(StorageType::Val(ty)),
                Ok(None) => Err(bad_code(reader, code, Malformed::StorageType)),
                Err(Malformed::HeapType) => Err(Malformed::StorageType),
                Err(error) => Err(error),
            },
        }
    }
}

impl Encode for StorageType {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            StorageType::Val(ty) => ty.encode(out),
            StorageType::Pack(PackType::I8) => out.push(I8),
            StorageType::Pack(PackType::I16) => out.push(I16),
        }
    }
}

/// The booleans of the format: whether a global, field or element is mutable.
impl Decode<'_> for bool {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        reader.flag(Malformed::Mutability)
    }
}

fields! {
    FieldType { storage, mutable }
    GlobalType { val, mutable }
    StructType { fields }
    ArrayType { field }
    TagType after 0 { ty }
}

impl<'a> Decode<'a> for FuncType {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let mut types = Vec::new();
        read_list(reader, &mut types)?;
        let params = types.len() as u32;
        read_list(reader, &mut types)?;
        Ok(FuncType { types: types.into(), params })
    }
}

impl Encode for FuncType {
    fn encode(&self, out: &mut Vec<u8>) {
        self.params().encode(out);
        self.results().encode(out);
    }
}

impl<'a> Decode<'a> for CompType {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let code = reader.byte()?;
        match code {
            FUNC => reader.read().map(CompType::Func),
            STRUCT => reader.read().map(CompType::Struct),
            ARRAY => reader.read().map(CompType::Array),
            CONT if reader.features().contains(Feature::StackSwitching) => {
                match reader.read::<HeapType>()? {
                    HeapType::Type(index) => Ok(CompType::Cont(index)),
                    _ => Err(reader.back(1, Malformed::TypeIndex)),
                }
            }
            _ => Err(bad_code(reader, code, Malformed::DefinitionType)),
        }
    }
}

impl Encode for CompType {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match self {
            CompType::Func(_) => FUNC,
            CompType::Struct(_) => STRUCT,
            CompType::Array(_) => ARRAY,
            CompType::Cont(_) => CONT,
        });
        match self {
            CompType::Func(ty) => ty.encode(out),
            CompType::Struct(ty) => ty.encode(out),
            CompType::Array(ty) => ty.encode(out),
            CompType::Cont(index) => HeapType::Type(*index).encode(out),
        }
    }
}

impl<'a> Decode<'a> for SubType {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let (is_final, supertypes) = match reader.peek() {
            Some(code @ (SUB | SUB_FINAL)) if reader.features().contains(Feature::Gc) => {
                reader.byte()?;
                (code == SUB_FINAL, reader.read()?)
            }
            _ => (true, Box::default()),
        };
        let mut clause = |code| match reader.peek() {
            Some(byte)
                if byte == code && reader.features().contains(Feature::CustomDescriptors) =>
            {
                reader.byte()?;
                reader.read().map(Some)
            }
            _ => Ok(None),
        };
        let describes = clause(DESCRIBES)?;
        let descriptor = clause(DESCRIPTOR)?;
        Ok(SubType { is_final, supertypes, describes, descriptor, comp: reader.read()? })
    }
}

impl Encode for SubType {
    fn encode(&self, out: &mut Vec<u8>) {
        if !self.is_final || !self.supertypes.is_empty() {
            out.push(if self.is_final { SUB_FINAL } else { SUB });
            self.supertypes.encode(out);
        }
        for (code, index) in [(DESCRIBES, self.describes), (DESCRIPTOR, self.descriptor)] {
            if let Some(index) = index {
                (code, index).encode(out);
            }
        }
        self.comp.encode(out);
    }
}

impl Limits {
    /// Reads limits. `allowed` are the bits that their flags may have. Returns the limits and the
    /// flags.
    fn decode(reader: &mut Reader<'_>, allowed: u8) -> Result<(Limits, u8)> {
        let flags = reader
            .byte_if(Malformed::LimitsFlags, |flags| (flags & !allowed == 0).then_some(flags))?;
        let addr = if flags & ADDR64 != 0 { AddrType::I64 } else { AddrType::I32 };
        let min = reader.address()?;
        let max = if flags & HAS_MAX != 0 { Some(reader.address()?) } else { None };
        Ok((Limits { addr, shared: flags & SHARED != 0, min, max }, flags))
    }

    fn encode(&self, out: &mut Vec<u8>, more_flags: u8) {
        let mut flags = more_flags;
        for (bit, set) in [
            (HAS_MAX, self.max.is_some()),
            (SHARED, self.shared),
            (ADDR64, self.addr == AddrType::I64),
        ] {
            flags |= if set { bit } else { 0 };
        }
        out.push(flags);
        leb128::write_u64(out, self.min);
        if let Some(max) = self.max {
            leb128::write_u64(out, max);
        }
    }
}

impl<'a> Decode<'a> for MemType {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let mut allowed = HAS_MAX;
        for (bit, feature) in [
            (SHARED, Feature::Threads),
            (ADDR64, Feature::Memory64),
            (PAGE_SIZE, Feature::CustomPageSizes),
        ] {
            allowed |= if reader.features().contains(feature) { bit } else { 0 };
        }
        let (limits, flags) = Limits::decode(reader, allowed)?;
        let page_size_log2 = if flags & PAGE_SIZE != 0 {
            let start = reader.pos();
            match reader.u32()? {
                log2 @ 0..64 => Some(log2 as u8),
                _ => return Err(reader.fail_at(start, Malformed::PageSize)),
            }
        } else {
            None
        };
        Ok(MemType { limits, page_size_log2 })
    }
}

impl Encode for MemType {
    fn encode(&self, out: &mut Vec<u8>) {
        self.limits.encode(out, if self.page_size_log2.is_some() { PAGE_SIZE } else { 0 });
        if let Some(log2) = self.page_size_log2 {
            leb128::write_u32(out, log2.into());
        }
    }
}

impl<'a> Decode<'a> for TableType {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let elem = reader.read()?;
        let memory64 = reader.features().contains(Feature::Memory64);
        let allowed = HAS_MAX | if memory64 { ADDR64 } else { 0 };
        let (limits, _) = Limits::decode(reader, allowed)?;
        Ok(TableType { elem, limits })
    }
}

impl Encode for TableType {
    fn encode(&self, out: &mut Vec<u8>) {
        self.elem.encode(out);
        self.limits.encode(out, 0);
    }
}

/// The code of an imported function whose type must match exactly.
const FUNC_EXACT: u8 = 0x20;

impl<'a> Decode<'a> for ExternType {
    fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let code = reader.byte()?;
        match ExternKind::from_code(code) {
            Some(ExternKind::Func) => reader.read().map(ExternType::Func),
            Some(ExternKind::Table) => reader.read().map(ExternType::Table),
            Some(ExternKind::Mem) => reader.read().map(ExternType::Mem),
            Some(ExternKind::Global) => reader.read().map(ExternType::Global),
            Some(ExternKind::Tag) => reader.read().map(ExternType::Tag),
            None if code == FUNC_EXACT
                && reader.features().contains(Feature::CustomDescriptors) =>
            {
                reader.read().map(ExternType::FuncExact)
            }
            None => Err(reader.back(1, Malformed::ImportKind)),
        }
    }
}

impl Encode for ExternType {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match self {
            ExternType::FuncExact(_) => FUNC_EXACT,
            _ => self.kind().code(),
        });
        match self {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => ty.encode(out),
            ExternType::Table(ty) => ty.encode(out),
            ExternType::Mem(ty) => ty.encode(out),
            ExternType::Global(ty) => ty.encode(out),
            ExternType::Tag(ty) => ty.encode(out),
        }
    }
}

impl RecGroup {
    /// Reads the header of a recursive group if a group is next; otherwise the reader stays where
    /// it is. `first` is the index of the next type.
    pub(crate) fn opt_decode(reader: &mut Reader<'_>, first: TypeIdx) -> Result<Option<RecGroup>> {
        if reader.peek() != Some(REC) || !reader.features().contains(Feature::Gc) {
            return Ok(None);
        }
        reader.byte()?;
        Ok(Some(RecGroup { first, len: reader.u32()? }))
    }
}
