//! Immediates: their kinds, a type for each kind, and the two traits that transport them.
//!
//! A [`Source`] produces immediates (a byte reader, a text cursor, a generator), a [`Sink`]
//! consumes them (a byte writer, a text printer, an index remapper). Each has one method per kind,
//! so that only the table lists instructions.

use super::lists::{Catches, Handlers, Labels, SelectTypes};
use crate::{
    DataIdx, ElemIdx, F32, F64, FieldIdx, FuncIdx, GlobalIdx, HeapType, LabelIdx, LocalIdx, MemIdx,
    RefType, TableIdx, TagIdx, TypeIdx, V128, ValType,
};

/// A value that follows an opcode.
pub trait Immediate<'a>: Copy {
    /// The kind of the immediate.
    const KIND: Kind;

    /// Reads the immediate from a source.
    ///
    /// # Errors
    /// Errors of the source.
    fn read<S: Source<'a>>(source: &mut S) -> Result<Self, S::Error>;

    /// Writes the immediate to a sink.
    ///
    /// # Errors
    /// Errors of the sink.
    fn write<K: Sink<'a>>(self, sink: &mut K) -> Result<(), K::Error>;
}

macro_rules! kinds {
    ($( $(#[$doc:meta])* $kind:ident $method:ident $ty:ty; )*) => {
        /// The kinds of immediates.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum Kind { $( $(#[$doc])* $kind, )* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$( Kind::$kind ),*];

            /// Returns the kind with this number. The comparisons need no load at run time, as an
            /// index into [`Kind::ALL`] would.
            #[inline(always)]
            pub(super) fn from_number(number: u32) -> Option<Kind> {
                $( if number == Kind::$kind as u32 { return Some(Kind::$kind); } )*
                None
            }
        }

        /// A producer of immediates, with one method per kind.
        pub trait Source<'a> {
            /// The error of a source.
            type Error;
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// Errors of the source.
                fn $method(&mut self) -> Result<$ty, Self::Error>;
            )*
        }

        /// A consumer of instructions: the opcode, then one call per immediate. The default methods
        /// ignore their arguments.
        pub trait Sink<'a> {
            /// The error of a sink.
            type Error;

            /// Begins an instruction, whose immediates follow. The caller chooses the base of
            /// `offset`.
            ///
            /// # Errors
            /// Errors of the sink.
            #[inline(always)]
            fn opcode(&mut self, opcode: super::Opcode, offset: usize) -> Result<(), Self::Error> {
                let _ = (opcode, offset);
                Ok(())
            }
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// Errors of the sink.
                #[inline(always)]
                fn $method(&mut self, value: $ty) -> Result<(), Self::Error> {
                    let _ = value;
                    Ok(())
                }
            )*
        }

        $(
            impl<'a> Immediate<'a> for $ty {
                const KIND: Kind = Kind::$kind;

                #[inline(always)]
                fn read<S: Source<'a>>(source: &mut S) -> Result<Self, S::Error> {
                    source.$method()
                }

                #[inline(always)]
                fn write<K: Sink<'a>>(self, sink: &mut K) -> Result<(), K::Error> {
                    sink.$method(self)
                }
            }
        )*

        /// Passes one immediate of `kind` from a source to a sink.
        #[inline(always)]
        pub(super) fn transcode<'a, S, K>(kind: Kind, source: &mut S, sink: &mut K) -> Result<(), K::Error>
        where
            S: Source<'a>,
            K: Sink<'a>,
            K::Error: From<S::Error>,
        {
            match kind {
                $( Kind::$kind => { let value = source.$method()?; sink.$method(value) } )*
            }
        }

        /// Encodes one immediate of `kind` from a source.
        #[inline(always)]
        pub(super) fn encode<'a, S: Source<'a>>(
            kind: Kind,
            source: &mut S,
            out: &mut alloc::vec::Vec<u8>,
        ) -> Result<(), S::Error> {
            match kind {
                $( Kind::$kind => {
                    let value = source.$method()?;
                    // Writing bytes never fails.
                    let _ = Sink::$method(out, value);
                    Ok(())
                } )*
            }
        }

        /// Reads one immediate of `kind` and drops it.
        ///
        /// # Errors
        /// Errors of the source.
        #[inline(always)]
        pub fn read_immediate<'a, S: Source<'a>>(kind: Kind, source: &mut S) -> Result<(), S::Error> {
            match kind {
                $( Kind::$kind => source.$method().map(drop), )*
            }
        }
    };
}

/// Passes every kind to the macro named `$use`: its variant, its method, and its type.
macro_rules! for_each_kind {
    ($use:ident) => {
        $use! {
            /// The type of a block.
            BlockType block_type BlockType;
            /// A label.
            Label label LabelIdx;
            /// The labels of `br_table`.
            Labels labels Labels<'a>;
            /// The clauses of `try_table`.
            Catches catches Catches<'a>;
            /// The clauses of `resume`.
            Handlers handlers Handlers<'a>;
            /// The types of `select`.
            SelectTypes select_types SelectTypes<'a>;
            /// A function.
            Func func FuncIdx;
            /// A type.
            Type ty TypeIdx;
            /// A table.
            Table table TableIdx;
            /// A memory.
            Memory memory MemIdx;
            /// A global.
            Global global GlobalIdx;
            /// A local.
            Local local LocalIdx;
            /// A tag.
            Tag tag TagIdx;
            /// An element segment.
            Elem elem ElemIdx;
            /// A data segment.
            Data data DataIdx;
            /// A field of a struct.
            Field field FieldIdx;
            /// The number of operands of `array.new_fixed`.
            ArrayLen array_len ArrayLen;
            /// The type and the table of an indirect call.
            CallIndirect call_indirect CallIndirect;
            /// The segment and the memory of `memory.init`.
            MemInit mem_init MemInit;
            /// The memories of `memory.copy`.
            MemCopy mem_copy MemCopy;
            /// The segment and the table of `table.init`.
            TableInit table_init TableInit;
            /// The tables of `table.copy`.
            TableCopy table_copy TableCopy;
            /// Alignment, offset and memory of an access.
            MemArg memarg MemArg;
            /// A lane of a vector.
            Lane lane LaneIdx;
            /// The lanes of `i8x16.shuffle`.
            Shuffle shuffle Shuffle;
            /// A 32-bit integer.
            I32 i32 i32;
            /// A 64-bit integer.
            I64 i64 i64;
            /// A single precision float.
            F32 f32 F32;
            /// A double precision float.
            F64 f64 F64;
            /// A vector.
            V128 v128 V128;
            /// A heap type.
            HeapType heap_type HeapType;
            /// The target type of a test or cast, without null.
            RefTypeNonNull ref_type_non_null RefTypeNonNull;
            /// The target type of a test or cast, with null.
            RefTypeNull ref_type_null RefTypeNull;
            /// Label and types of a branch on a cast.
            BrCast br_cast BrCast;
            /// The ordering of a fence.
            FenceOrder fence_order FenceOrder;
        }
    };
}
pub(super) use for_each_kind;

for_each_kind!(kinds);

/// The type of a block.
///
/// Spec: <https://webassembly.github.io/spec/core/syntax/instructions.html#control-instructions>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BlockType {
    /// No parameters and no results.
    Empty,
    /// No parameters and one result.
    Value(ValType),
    /// The parameters and results of a function type.
    Type(TypeIdx),
}

/// Alignment, offset and memory of an access.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemArg {
    /// Added to the address operand.
    pub offset: u64,
    /// The memory.
    pub memory: MemIdx,
    /// The binary logarithm of the alignment, less than 64.
    pub align: u8,
}

/// A lane of a vector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LaneIdx(pub u8);

/// The sixteen lanes of `i8x16.shuffle`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shuffle(pub [u8; 16]);

/// The number of operands of `array.new_fixed`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ArrayLen(pub u32);

/// The type and the table of an indirect call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallIndirect {
    /// The type that the callee must have.
    pub ty: TypeIdx,
    /// The table that holds the callee.
    pub table: TableIdx,
}

/// The segment and the memory of `memory.init`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemInit {
    /// The segment.
    pub data: DataIdx,
    /// The memory.
    pub memory: MemIdx,
}

/// The memories of `memory.copy`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemCopy {
    /// The memory that is written to.
    pub dst: MemIdx,
    /// The memory that is read from.
    pub src: MemIdx,
}

/// The segment and the table of `table.init`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TableInit {
    /// The segment.
    pub elem: ElemIdx,
    /// The table.
    pub table: TableIdx,
}

/// The tables of `table.copy`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TableCopy {
    /// The table that is written to.
    pub dst: TableIdx,
    /// The table that is read from.
    pub src: TableIdx,
}

/// The target type of a test or cast, without null.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RefTypeNonNull(pub HeapType);

/// The target type of a test or cast, with null.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RefTypeNull(pub HeapType);

/// Label and types of a branch on a cast.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BrCast {
    /// The label of the branch.
    pub label: LabelIdx,
    /// The type of the operand.
    pub from: RefType,
    /// The type that it is cast to.
    pub to: RefType,
}

/// The ordering of a fence. The only ordering is sequential consistency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FenceOrder;
