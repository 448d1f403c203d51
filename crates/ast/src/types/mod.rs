//! Types: value, reference, composite, recursive and external types, and limits. Heap types are in
//! `heap_types.rs`.
//!
//! Spec: <https://webassembly.github.io/spec/core/syntax/types.html>. The codec is in `binary.rs`.

mod binary;
mod heap_types;
mod remap;

pub(crate) use binary::REC;
pub use heap_types::{AbsHeapType, HeapType};

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::{ExternKind, TypeIdx};

/// A reference type.
///
/// Spec: <https://webassembly.github.io/spec/core/syntax/types.html#reference-types>
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RefType {
    /// Whether null is a value of the type.
    pub nullable: bool,
    /// The type of the values that a reference points to.
    pub heap: HeapType,
}

impl RefType {
    /// `(ref null func)`.
    pub const FUNCREF: RefType = RefType::null(HeapType::Abs(AbsHeapType::Func));
    /// `(ref null extern)`.
    pub const EXTERNREF: RefType = RefType::null(HeapType::Abs(AbsHeapType::Extern));
    /// `(ref null exn)`.
    pub const EXNREF: RefType = RefType::null(HeapType::Abs(AbsHeapType::Exn));
    /// `(ref func)`, the type of segments that list function indices.
    pub const FUNC: RefType = RefType { nullable: false, heap: HeapType::Abs(AbsHeapType::Func) };

    /// Returns the type of nullable references to `heap`.
    pub const fn null(heap: HeapType) -> RefType {
        RefType { nullable: true, heap }
    }

    /// Returns the type of references to `heap` that are never null.
    pub const fn non_null(heap: HeapType) -> RefType {
        RefType { nullable: false, heap }
    }
}

/// A value type.
///
/// Spec: <https://webassembly.github.io/spec/core/syntax/types.html#value-types>
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ValType {
    /// 32-bit integers.
    I32,
    /// 64-bit integers.
    I64,
    /// Single precision floats.
    F32,
    /// Double precision floats.
    F64,
    /// 128-bit vectors.
    V128,
    /// References.
    Ref(RefType),
}

/// A packed type: the type of a field that is narrower than every value type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PackType {
    /// 8 bits.
    I8,
    /// 16 bits.
    I16,
}

/// The type in which a field is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum StorageType {
    /// A whole value.
    Val(ValType),
    /// A packed integer.
    Pack(PackType),
}

/// A field of a struct or the elements of an array.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FieldType {
    /// Whether the field is mutable.
    pub mutable: bool,
    /// The type in which the field is stored.
    pub storage: StorageType,
}

/// A function type, with one allocation for parameters and results together.
///
/// Spec: <https://webassembly.github.io/spec/core/syntax/types.html#composite-types>
///
/// ```
/// use wattle_ast::{FuncType, ValType};
/// let ty = FuncType::new([ValType::I32, ValType::I32], [ValType::I64]);
/// assert_eq!(ty.params().len(), 2);
/// assert_eq!(ty.results(), [ValType::I64]);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(from = "crate::serialize::Func", into = "crate::serialize::Func")
)]
pub struct FuncType {
    types: Box<[ValType]>,
    params: u32,
}

impl FuncType {
    /// Returns the type with these parameters and results.
    pub fn new(
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> FuncType {
        let mut types: Vec<ValType> = params.into_iter().collect();
        let params = types.len() as u32;
        types.extend(results);
        FuncType { types: types.into(), params }
    }

    /// Returns the parameters.
    pub fn params(&self) -> &[ValType] {
        &self.types[..self.params as usize]
    }

    /// Returns the results.
    pub fn results(&self) -> &[ValType] {
        &self.types[self.params as usize..]
    }
}

/// The type in the text format, with indices as numbers.
///
/// ```
/// use wattle_ast::{FuncType, ValType};
///
/// let ty = FuncType::new([ValType::I32, ValType::F64], [ValType::I64]);
/// assert_eq!(ty.to_string(), "(func (param i32 f64) (result i64))");
/// ```
impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(func")?;
        for (keyword, types) in [("param", self.params()), ("result", self.results())] {
            if !types.is_empty() {
                write!(f, " ({keyword}")?;
                types.iter().try_for_each(|ty| write!(f, " {ty}"))?;
                f.write_str(")")?;
            }
        }
        f.write_str(")")
    }
}

impl fmt::Debug for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} -> {:?}", self.params(), self.results())
    }
}

/// A struct type.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StructType {
    /// The fields in order.
    pub fields: Box<[FieldType]>,
}

/// An array type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ArrayType {
    /// The type of the elements.
    pub field: FieldType,
}

/// A composite type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CompType {
    /// A function.
    Func(FuncType),
    /// A struct.
    Struct(StructType),
    /// An array.
    Array(ArrayType),
    /// A continuation of a function type (stack switching).
    Cont(TypeIdx),
}

impl CompType {
    /// Returns the abstract heap type directly above types of this form.
    pub const fn abs_heap_type(&self) -> AbsHeapType {
        match self {
            CompType::Func(_) => AbsHeapType::Func,
            CompType::Struct(_) => AbsHeapType::Struct,
            CompType::Array(_) => AbsHeapType::Array,
            CompType::Cont(_) => AbsHeapType::Cont,
        }
    }
}

/// A type definition: a composite type with its place in the subtype hierarchy.
///
/// Spec: <https://webassembly.github.io/spec/core/syntax/types.html#recursive-types>
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SubType {
    /// Whether the type must not have subtypes.
    pub is_final: bool,
    /// Its declared supertypes. At most one is valid, but any number is well-formed.
    pub supertypes: Box<[TypeIdx]>,
    /// The type that this one describes (custom descriptors).
    pub describes: Option<TypeIdx>,
    /// The type that describes this one (custom descriptors).
    pub descriptor: Option<TypeIdx>,
    /// The composite type.
    pub comp: CompType,
}

impl From<CompType> for SubType {
    /// Returns a final type without supertypes, which a composite type without `sub` stands for in
    /// text.
    fn from(comp: CompType) -> SubType {
        SubType {
            is_final: true,
            supertypes: Box::default(),
            describes: None,
            descriptor: None,
            comp,
        }
    }
}

impl From<FuncType> for SubType {
    fn from(ty: FuncType) -> SubType {
        CompType::Func(ty).into()
    }
}

impl From<SubType> for Cow<'_, SubType> {
    fn from(ty: SubType) -> Self {
        Cow::Owned(ty)
    }
}

/// A range of types that were written as one `(rec ...)`. A type outside of all ranges is a group
/// of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RecGroup {
    /// The index of the first type.
    pub first: TypeIdx,
    /// The number of types; 0 is well-formed.
    pub len: u32,
}

/// The type of addresses of a memory or table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum AddrType {
    /// 32 bits.
    #[default]
    I32,
    /// 64 bits.
    I64,
}

impl From<AddrType> for ValType {
    fn from(addr: AddrType) -> ValType {
        match addr {
            AddrType::I32 => ValType::I32,
            AddrType::I64 => ValType::I64,
        }
    }
}

/// The limits of the size of a memory (in pages) or a table (in elements).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Limits {
    /// The type of addresses.
    pub addr: AddrType,
    /// Whether threads share the memory or table.
    pub shared: bool,
    /// The initial size.
    pub min: u64,
    /// The maximum size, if there is one.
    pub max: Option<u64>,
}

impl Limits {
    /// Returns whether all sizes within these limits are within `sup`. Address types and sharing
    /// are not compared.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/valid/matching.html#limits>
    pub fn sizes_match(&self, sup: &Limits) -> bool {
        self.min >= sup.min && sup.max.is_none_or(|most| self.max.is_some_and(|max| max <= most))
    }
}

/// A memory type.
///
/// Spec: <https://webassembly.github.io/spec/core/syntax/types.html#memory-types>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MemType {
    /// The limits of the size in pages.
    pub limits: Limits,
    /// The binary logarithm of the page size, if it was written out (custom page sizes).
    pub page_size_log2: Option<u8>,
}

impl MemType {
    /// Returns the binary logarithm of the page size, which is 16 by default.
    pub fn page_bits(&self) -> u8 {
        self.page_size_log2.unwrap_or(16)
    }
}

/// A table type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TableType {
    /// The type of the elements.
    pub elem: RefType,
    /// The limits of the size in elements.
    pub limits: Limits,
}

/// A global type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GlobalType {
    /// Whether the global is mutable.
    pub mutable: bool,
    /// The type of the value.
    pub val: ValType,
}

/// The type of a tag: the function type of its parameters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TagType {
    /// The index of the function type.
    pub ty: TypeIdx,
}

/// The type of an import or export.
///
/// Spec: <https://webassembly.github.io/spec/core/syntax/types.html#external-types>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ExternType {
    /// A function of this type.
    Func(TypeIdx),
    /// A function of exactly this type (custom descriptors).
    FuncExact(TypeIdx),
    /// A table.
    Table(TableType),
    /// A memory.
    Mem(MemType),
    /// A global.
    Global(GlobalType),
    /// A tag.
    Tag(TagType),
}

impl ExternType {
    /// Returns the index space of imports and exports of this type.
    pub const fn kind(&self) -> ExternKind {
        match self {
            ExternType::Func(_) | ExternType::FuncExact(_) => ExternKind::Func,
            ExternType::Table(_) => ExternKind::Table,
            ExternType::Mem(_) => ExternKind::Mem,
            ExternType::Global(_) => ExternKind::Global,
            ExternType::Tag(_) => ExternKind::Tag,
        }
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeapType::Abs(abs) => f.write_str(abs.keyword()),
            HeapType::Type(index) => write!(f, "{index}"),
            HeapType::Exact(index) => write!(f, "(exact {index})"),
        }
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nullable, self.heap) {
            (true, HeapType::Abs(abs)) => f.write_str(abs.reference_keyword()),
            (true, heap) => write!(f, "(ref null {heap})"),
            (false, heap) => write!(f, "(ref {heap})"),
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::Ref(reference) => reference.fmt(f),
            number => f.write_str(number.keyword().unwrap_or_default()),
        }
    }
}
