//! Instructions: the table, and the types generated from it.
//!
//! | file | holds |
//! |---|---|
//! | `table.rs` | the rows |
//! | `mod.rs` | the types generated from the rows: [`Opcode`], [`Instr`], [`OpcodeInfo`] |
//! | `arity.rs` | the numbers of operands and results of instructions |
//! | `immediates.rs` | the kinds of immediates, and the traits that read and write them |
//! | `lists.rs` | immediates that are lists: labels, catch clauses, handlers, `select` types |
//! | `binary.rs` | the binary format of immediates and opcodes |
//! | `expr.rs` | [`Expr`]: instructions as bytes, iterated on the fly |
//! | `nesting.rs` | open blocks, and which of them an `end` ends |
//! | `lengths.rs` | the lengths of instructions by their first bytes |
//! | `one_byte.rs` | immediates of one byte each |
//! | `edit.rs` | [`ImmediateEdit`]: new immediates for old ones, by their kinds |
//! | `remap.rs` | [`Remap`]: new indices for old ones, in instructions |
//! | `patch.rs` | code that is copied except where it changes |
//! | `data.rs` | which instructions name data segments |
//! | `lookup.rs` | opcodes by code and by mnemonic |

mod arity;
mod binary;
mod data;
mod edit;
mod expr;
mod immediates;
mod lengths;
mod lists;
mod lookup;
mod nesting;
mod one_byte;
mod patch;
mod reindex;
mod remap;
mod table;

use core::fmt;

pub use arity::{Arity, Count, CountOf};
pub use edit::ImmediateEdit;
pub use expr::{Expr, Instrs, encode_immediates, read_expr, transcode_expr, transcode_immediates};
pub use immediates::{
    ArrayLen, BlockType, BrCast, CallIndirect, FenceOrder, Immediate, Kind, LaneIdx, MemArg,
    MemCopy, MemInit, RefTypeNonNull, RefTypeNull, Shuffle, Sink, Source, TableCopy, TableInit,
    read_immediate,
};
pub use lists::{Catch, Catches, Handler, Handlers, Labels, SelectTypes};
pub use nesting::{Nesting, Structure};
pub(crate) use patch::Patch;
pub(crate) use reindex::{Reindex, Remapping, reindex};
pub use remap::{Remap, RemapFault};
pub(crate) use remap::{remap_code, remap_list};

use crate::{
    AbsHeapType, DataIdx, ElemIdx, F32, F64, Feature, Features, FieldIdx, FuncIdx, GlobalIdx,
    HeapType, LabelIdx, LocalIdx, MemIdx, RefType, TableIdx, TagIdx, TypeIdx, V128, ValType,
};
use arity::{arity, count, length};
use table::for_each_instruction;

/// The group of an instruction, as in the chapters of the specification.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Class {
    Control,
    Parametric,
    Variable,
    Table,
    Memory,
    Numeric,
    Reference,
    Aggregate,
    Vector,
    Atomic,
}

/// A type in an [`Arrow`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(non_camel_case_types, missing_docs)]
pub enum ArrowType {
    i32,
    i64,
    f32,
    f64,
    v128,
    /// The address type of the memory or table that the immediates name.
    at,
    eqref,
    i31ref,
    /// `(ref i31)`.
    i31,
    arrayref,
}

impl ArrowType {
    /// The value type; `None` for the address type, which depends on the immediates.
    ///
    /// ```
    /// use wattle_ast::{Opcode, ValType};
    /// let arrow = Opcode::I32Load.info().arrow.unwrap();
    /// assert_eq!(arrow.params[0].val_type(), None);
    /// assert_eq!(arrow.results[0].val_type(), Some(ValType::I32));
    /// ```
    pub const fn val_type(self) -> Option<ValType> {
        let (nullable, heap) = match self {
            ArrowType::i32 => return Some(ValType::I32),
            ArrowType::i64 => return Some(ValType::I64),
            ArrowType::f32 => return Some(ValType::F32),
            ArrowType::f64 => return Some(ValType::F64),
            ArrowType::v128 => return Some(ValType::V128),
            ArrowType::at => return None,
            ArrowType::eqref => (true, AbsHeapType::Eq),
            ArrowType::i31ref => (true, AbsHeapType::I31),
            ArrowType::i31 => (false, AbsHeapType::I31),
            ArrowType::arrayref => (true, AbsHeapType::Array),
        };
        Some(ValType::Ref(RefType { nullable, heap: HeapType::Abs(heap) }))
    }
}

/// The type of an instruction that does not depend on the module or the operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrow {
    /// The types of the operands, the deepest first.
    pub params: &'static [ArrowType],
    /// The types of the results.
    pub results: &'static [ArrowType],
}

/// The immediates of an instruction: up to three kinds. One word holds them together with the
/// feature and one flag, so that the decode loop has one load per instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u32);

impl Kinds {
    const BITS: u32 = 6;
    const STRUCTURED: u32 = 1 << 31;
    const FEATURE_SHIFT: u32 = 24;
    /// The kinds for a byte that is not an opcode: its feature is never on.
    const OF_NO_FEATURE: Kinds = Kinds(Features::NEVER << Kinds::FEATURE_SHIFT);

    const fn pack(kinds: &[Kind], feature: Feature, structured: bool) -> Kinds {
        assert!(kinds.len() <= 3 && (Feature::ALL.len() as u32) < 1 << 7);
        let mut word = (feature as u32) << Kinds::FEATURE_SHIFT;
        let mut i = 0;
        while i < kinds.len() {
            // 0 stands for the end of the kinds.
            word |= (kinds[i] as u32 + 1) << (i as u32 * Kinds::BITS);
            i += 1;
        }
        Kinds(if structured { word | Kinds::STRUCTURED } else { word })
    }

    /// The kinds in order.
    #[inline(always)]
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        let mut left = self.0 & ((1 << Kinds::FEATURE_SHIFT) - 1);
        core::iter::from_fn(move || {
            let number = left & ((1 << Kinds::BITS) - 1);
            left >>= Kinds::BITS;
            Kind::from_number(number.wrapping_sub(1))
        })
    }

    /// Calls `each` with the kinds in order.
    ///
    /// Most instructions have at most one immediate, so the others are handled last: there is only
    /// one jump per instruction that is hard to predict.
    ///
    /// # Errors
    /// The first error of `each`.
    #[inline(always)]
    pub fn try_for_each<E>(self, mut each: impl FnMut(Kind) -> Result<(), E>) -> Result<(), E> {
        let mut left = self.0 & ((1 << Kinds::FEATURE_SHIFT) - 1);
        loop {
            if let Some(kind) = Kind::from_number((left & ((1 << Kinds::BITS) - 1)).wrapping_sub(1))
            {
                each(kind)?;
            }
            left >>= Kinds::BITS;
            if left == 0 {
                return Ok(());
            }
        }
    }

    /// Whether the instruction has no immediates.
    #[inline(always)]
    pub const fn is_empty(self) -> bool {
        self.0 & ((1 << Kinds::FEATURE_SHIFT) - 1) == 0
    }

    /// Whether the instruction opens, parts or closes a block.
    #[inline(always)]
    pub const fn is_structured(self) -> bool {
        self.0 & Kinds::STRUCTURED != 0
    }

    #[inline(always)]
    const fn feature_index(self) -> u32 {
        self.0 >> Kinds::FEATURE_SHIFT & 0x7f
    }
}

/// The facts that the table gives about an instruction.
#[derive(Clone, Copy, Debug)]
pub struct OpcodeInfo {
    /// The instruction.
    pub opcode: Opcode,
    /// The first byte of a two-part opcode, or 0.
    pub prefix: u8,
    /// The opcode, or its second part if it has two.
    pub code: u32,
    /// The keyword of the text format. `select`, `ref.test`, `ref.cast` and `ref.cast_desc_eq`
    /// stand for two opcodes each.
    pub mnemonic: &'static str,
    /// The feature that the instruction belongs to.
    pub feature: Feature,
    /// The group of the instruction.
    pub class: Class,
    /// The number of bytes of memory that it accesses, or 0.
    pub access_bytes: u8,
    /// The kinds of its immediates, in the order of the binary format.
    pub kinds: &'static [Kind],
    /// The names of its immediates.
    pub fields: &'static [&'static str],
    /// Its type, unless it depends on the module or the operands.
    pub arrow: Option<Arrow>,
    /// The numbers of its operands and results.
    pub arity: Arity,
}

macro_rules! code {
    ($code:literal) => {
        (0_u8, $code as u32)
    };
    ($prefix:literal $code:literal) => {
        ($prefix as u8, $code as u32)
    };
}

macro_rules! arrow {
    (special $arity:tt) => { None };
    ([$($param:ident)*] -> [$($result:ident)*]) => {
        Some(Arrow { params: &[$( ArrowType::$param ),*], results: &[$( ArrowType::$result ),*] })
    };
}

macro_rules! instructions {
    ($( $name:ident $({ $( $field:ident : $ty:ty ),* })? = [$($code:literal)+]
        $mnemonic:literal $feature:ident $class:ident $(@ $bytes:literal)?
        : $arrow:tt $( ( $($arity:tt)* ) )? $(-> $results:tt)? ; )*) => {
        /// An instruction without its immediates, numbered in the order of the table.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum Opcode { $( #[doc = concat!("`", $mnemonic, "`")] $name, )* }

        /// An instruction.
        ///
        /// A `Copy` value of 32 bytes. Lists are views of the encoded bytes.
        #[derive(Clone, Copy, PartialEq, Debug)]
        #[allow(missing_docs)]
        #[non_exhaustive]
        pub enum Instr<'a> {
            $( #[doc = concat!("`", $mnemonic, "`")] $name $({ $( $field: $ty ),* })?, )*
        }

        impl Opcode {
            /// Every opcode, in the order of the table.
            pub const ALL: &'static [Opcode] = &[$( Opcode::$name ),*];
        }

        struct Rows<'a>(core::marker::PhantomData<&'a ()>);

        impl<'a> Rows<'a> {
            const INFO: [OpcodeInfo; Opcode::ALL.len()] = [$( OpcodeInfo {
                opcode: Opcode::$name,
                prefix: code!($($code)+).0,
                code: code!($($code)+).1,
                mnemonic: $mnemonic,
                feature: Feature::$feature,
                class: Class::$class,
                access_bytes: 0 $(+ $bytes)?,
                kinds: &[$($( <$ty as Immediate<'a>>::KIND ),*)?],
                fields: &[$($( stringify!($field) ),*)?],
                arrow: arrow!($arrow $(( $($arity)* ))? $(-> $results)?),
                arity: arity!($arrow $(( $($arity)* ))? $(-> $results)?),
            } ),*];
        }

        impl<'a> Instr<'a> {
            /// The opcode of the instruction.
            #[inline]
            pub fn opcode(&self) -> Opcode {
                match self { $( Instr::$name { .. } => Opcode::$name, )* }
            }

            /// Reads the immediates of `opcode` from a source, and makes an instruction.
            ///
            /// # Errors
            /// Errors of the source.
            #[inline]
            pub fn read<S: Source<'a>>(opcode: Opcode, source: &mut S) -> Result<Self, S::Error> {
                Ok(match opcode {
                    $( Opcode::$name => Instr::$name $({ $( $field: <$ty as Immediate>::read(source)? ),* })?, )*
                })
            }

            /// Writes the opcode and the immediates to a sink. `offset` is the offset that the sink
            /// is given.
            ///
            /// # Errors
            /// Errors of the sink.
            #[inline]
            pub fn write<K: Sink<'a>>(self, offset: usize, sink: &mut K) -> Result<(), K::Error> {
                sink.opcode(self.opcode(), offset)?;
                match self {
                    $( Instr::$name $({ $( $field ),* })? => { $($( $field.write(sink)?; )*)? } )*
                }
                Ok(())
            }
        }
    };
}

for_each_instruction!(instructions);

static INFO: [OpcodeInfo; Opcode::ALL.len()] = Rows::<'static>::INFO;

static KINDS: [Kinds; Opcode::ALL.len()] = {
    let mut kinds = [Kinds(0); Opcode::ALL.len()];
    let mut i = 0;
    while i < kinds.len() {
        let info = Rows::<'static>::INFO[i];
        kinds[i] = Kinds::pack(info.kinds, info.feature, info.arity.is_structured());
        i += 1;
    }
    kinds
};

const _: () = assert!(size_of::<Instr<'static>>() <= 32);

impl Opcode {
    /// The facts about every opcode, in the order of the table, for making other tables at compile
    /// time.
    pub const INFOS: &'static [OpcodeInfo] = &Rows::<'static>::INFO;

    /// The facts about this opcode.
    #[inline(always)]
    pub fn info(self) -> &'static OpcodeInfo {
        &INFO[self as usize]
    }

    /// The keyword of the text format.
    #[inline]
    pub fn mnemonic(self) -> &'static str {
        self.info().mnemonic
    }

    /// The feature that the instruction belongs to.
    #[inline]
    pub fn feature(self) -> Feature {
        self.info().feature
    }

    /// The kinds of its immediates.
    #[inline(always)]
    pub fn kinds(self) -> Kinds {
        KINDS[self as usize]
    }

    /// The greatest alignment that a memory access may state, as a binary logarithm; 0 for
    /// instructions that access no memory.
    #[inline]
    pub fn natural_align(self) -> u32 {
        u32::from(self.info().access_bytes.max(1)).trailing_zeros()
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mnemonic())
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mnemonic())
    }
}
