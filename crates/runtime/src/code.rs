//! The translated form of a function: fixed-size operations of a register machine.
//!
//! Not here: how they are made (`translate/`) and what they do (`execute/`).

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::{HeapType, Opcode, V128};

/// A slot of the frame, counted from its base.
pub(crate) type Slot = u16;

/// How many slots a frame can address: all that fit a [`Slot`], so that an access to the window
/// of a frame never needs a check.
pub(crate) const WINDOW: usize = 1 << 16;

/// An operation: 16 bytes. `a` is the destination of whatever has one; the rest depends on the
/// code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    pub(crate) code: Code,
    pub(crate) a: Slot,
    pub(crate) b: Slot,
    pub(crate) c: Slot,
    pub(crate) imm: u64,
}

const _: () = assert!(size_of::<Op>() == 16);

impl Op {
    pub(crate) const fn new(code: Code, a: Slot, b: Slot, c: Slot, imm: u64) -> Op {
        Op { code, a, b, c, imm }
    }

    /// The lower half of the immediate: the target of a branch.
    #[inline(always)]
    pub(crate) const fn low(&self) -> u32 {
        self.imm as u32
    }

    /// The upper half of the immediate.
    #[inline(always)]
    pub(crate) const fn high(&self) -> u32 {
        (self.imm >> 32) as u32
    }
}

/// Two indices in one immediate.
pub(crate) const fn pack(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

/// Hands the instructions that have an operation of their own, by shape, to the macro `$use`.
///
/// - binary: with two slots; with a slot and an immediate
/// - compare: likewise, then the branches that are taken when it holds
/// - unary: one slot
/// - load: the type in memory, its extension, and the unsigned type of the same width
/// - store: the type in memory
macro_rules! for_each_scalar {
    ($use:ident) => {
        $use! {
            binary {
                I32Add I32AddImm; I32Sub I32SubImm; I32Mul I32MulImm; I32DivS I32DivSImm;
                I32DivU I32DivUImm; I32RemS I32RemSImm; I32RemU I32RemUImm; I32And I32AndImm;
                I32Or I32OrImm; I32Xor I32XorImm; I32Shl I32ShlImm; I32ShrS I32ShrSImm;
                I32ShrU I32ShrUImm; I32Rotl I32RotlImm; I32Rotr I32RotrImm;
                I64Add I64AddImm; I64Sub I64SubImm; I64Mul I64MulImm; I64DivS I64DivSImm;
                I64DivU I64DivUImm; I64RemS I64RemSImm; I64RemU I64RemUImm; I64And I64AndImm;
                I64Or I64OrImm; I64Xor I64XorImm; I64Shl I64ShlImm; I64ShrS I64ShrSImm;
                I64ShrU I64ShrUImm; I64Rotl I64RotlImm; I64Rotr I64RotrImm;
                F32Add F32AddImm; F32Sub F32SubImm; F32Mul F32MulImm; F32Div F32DivImm;
                F32Min F32MinImm; F32Max F32MaxImm; F32Copysign F32CopysignImm;
                F64Add F64AddImm; F64Sub F64SubImm; F64Mul F64MulImm; F64Div F64DivImm;
                F64Min F64MinImm; F64Max F64MaxImm; F64Copysign F64CopysignImm;
                F32Eq F32EqImm; F32Ne F32NeImm; F32Lt F32LtImm; F32Gt F32GtImm; F32Le F32LeImm;
                F32Ge F32GeImm; F64Eq F64EqImm; F64Ne F64NeImm; F64Lt F64LtImm; F64Gt F64GtImm;
                F64Le F64LeImm; F64Ge F64GeImm;
            }
            compare {
                I32Eq I32EqImm BrI32Eq BrI32EqImm; I32Ne I32NeImm BrI32Ne BrI32NeImm;
                I32LtS I32LtSImm BrI32LtS BrI32LtSImm; I32LtU I32LtUImm BrI32LtU BrI32LtUImm;
                I32GtS I32GtSImm BrI32GtS BrI32GtSImm; I32GtU I32GtUImm BrI32GtU BrI32GtUImm;
                I32LeS I32LeSImm BrI32LeS BrI32LeSImm; I32LeU I32LeUImm BrI32LeU BrI32LeUImm;
                I32GeS I32GeSImm BrI32GeS BrI32GeSImm; I32GeU I32GeUImm BrI32GeU BrI32GeUImm;
                I64Eq I64EqImm BrI64Eq BrI64EqImm; I64Ne I64NeImm BrI64Ne BrI64NeImm;
                I64LtS I64LtSImm BrI64LtS BrI64LtSImm; I64LtU I64LtUImm BrI64LtU BrI64LtUImm;
                I64GtS I64GtSImm BrI64GtS BrI64GtSImm; I64GtU I64GtUImm BrI64GtU BrI64GtUImm;
                I64LeS I64LeSImm BrI64LeS BrI64LeSImm; I64LeU I64LeUImm BrI64LeU BrI64LeUImm;
                I64GeS I64GeSImm BrI64GeS BrI64GeSImm; I64GeU I64GeUImm BrI64GeU BrI64GeUImm;
            }
            unary {
                I32Clz I32Ctz I32Popcnt I64Clz I64Ctz I64Popcnt
                F32Abs F32Neg F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt
                F64Abs F64Neg F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt
                I32WrapI64 I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U
                I64ExtendI32S I64TruncF32S I64TruncF32U I64TruncF64S I64TruncF64U
                F32ConvertI32S F32ConvertI32U F32ConvertI64S F32ConvertI64U F32DemoteF64
                F64ConvertI32S F64ConvertI32U F64ConvertI64S F64ConvertI64U F64PromoteF32
                I32Extend8S I32Extend16S I64Extend8S I64Extend16S I64Extend32S
                I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U
                I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S I64TruncSatF64U
            }
            load {
                I32Load u32 u32 u32; I64Load u64 u64 u64; F32Load u32 u32 u32; F64Load u64 u64 u64;
                I32Load8S i8 i32 u32; I32Load8U u8 u32 u32;
                I32Load16S i16 i32 u32; I32Load16U u16 u32 u32;
                I64Load8S i8 i64 u64; I64Load8U u8 u64 u64;
                I64Load16S i16 i64 u64; I64Load16U u16 u64 u64;
                I64Load32S i32 i64 u64; I64Load32U u32 u64 u64;
            }
            store {
                I32Store u32; I64Store u64; F32Store u32; F64Store u64;
                I32Store8 u8; I32Store16 u16; I64Store8 u8; I64Store16 u16; I64Store32 u32;
            }
        }
    };
}
pub(crate) use for_each_scalar;

macro_rules! define {
    (
        binary { $( $rr:ident $ri:ident ; )* }
        compare { $( $crr:ident $cri:ident $brr:ident $bri:ident ; )* }
        unary { $( $un:ident )* }
        load { $( $ld:ident $raw:ident $ext:ident $uns:ident ; )* }
        store { $( $st:ident $narrow:ident ; )* }
    ) => {
        /// What an operation does. The names of instructions mean the instructions, on slots.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub(crate) enum Code {
            $( $rr, $ri, )* $( $crr, $cri, $brr, $bri, )* $( $un, )* $( $ld, )* $( $st, )*
            /// Go to `imm`.
            Br,
            /// Go to `low` when slot `b` is not 0.
            BrIf,
            /// Go to `low` when slot `b` is 0.
            BrIfNot,
            /// Go to `low` when slots `b` and `c` have a common bit, or have none.
            BrAnd,
            BrAndNot,
            /// Go to `low` when slot `b` and `high` have a common bit, or have none.
            BrAndImm,
            BrAndNotImm,
            /// Go where the operation tells that is the value of slot `b` away, at most `imm`.
            BrTable,
            /// `a` is `imm`.
            Const,
            /// `a` is `b`.
            Copy,
            /// `a` and the next are `b` and the next.
            Copy2,
            /// `c` slots from `a` on are those from `b` on.
            CopySlots,
            /// `a` is slot `b` when slot `low` is not 0, else slot `c`.
            Select,
            Select2,
            /// Leave the function. Its results are in slots 0 and up.
            Return,
            /// The one result is slot `b`.
            Return1,
            /// The one result is `imm`.
            ReturnImm,
            /// Call function `imm` of those that the module defines, its frame at `a`.
            Call,
            /// Call function `imm` of the index space.
            CallImport,
            /// Call what slot `b` selects in table `low`; its type is `high`.
            CallIndirect,
            /// Call the function that slot `b` refers to.
            CallRef,
            /// The same from the place of the caller, with the arguments in slots 0 and up.
            ReturnCall,
            ReturnCallImport,
            ReturnCallIndirect,
            ReturnCallRef,
            Unreachable,
            /// `a` is global `imm`.
            GlobalGet,
            GlobalGet2,
            /// Global `imm` is `b`.
            GlobalSet,
            GlobalSet2,
            /// Trap when slot `b`, an address of a 64-bit memory, is more than 32 bits.
            Address,
            /// A vector at memory address `b + imm`.
            V128Load,
            V128Store,
            /// `a` is a reference to function `imm`.
            RefFunc,
            /// Traps on null, else copies.
            RefAsNonNull,
            /// Whether `b` matches heap type `low`, or is null when `c` says so.
            RefTest,
            RefCast,
            /// Go to `low` when `b` matches heap type `high`, or does not; bit 0 of `c` lets null
            /// pass.
            BrOnCast,
            BrOnCastFail,
            RefI31,
            I31GetS,
            I31GetU,
            /// `a` is field `low` of `b`; `high` says how it is stored.
            StructGet,
            /// Field `low` of `a` is `b`.
            StructSet,
            /// `a` is element `c` of `b`; `imm` says how it is stored.
            ArrayGet,
            /// Element `b` of `a` is `c`.
            ArraySet,
            ArrayLen,
            /// An operation on vectors: instruction `low`; operands are `b`, `c` and, of three, the
            /// slot in the upper half. What else it needs, a lane or an index into the vectors of
            /// the code, is in the upper half.
            VectorUnary,
            VectorBinary,
            VectorTernary,
            VectorTest,
            VectorShift,
            VectorSplat,
            VectorExtract,
            VectorReplace,
            Shuffle,
            /// Vector number `imm` of the code.
            VectorConst,
            /// `i64.add128` and its kin: operands from `a` on, results there.
            Wide,
            /// Throw an exception of tag `imm`, its values from `a` on.
            Throw,
            /// Throw the exception that slot `b` refers to.
            ThrowRef,
            /// Instruction `b`, its operands in slots from `a` on, and its results.
            Rare,
            /// The same for one that takes room on the heap.
            Alloc,
            /// Pay `imm` units of fuel.
            Fuel,
            /// Tell the observer of the instruction at offset `imm`.
            Observe,
        }

        /// The operations of an instruction that has some of its own.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Scalar {
            Binary(Code, Code),
            Unary(Code),
            Load(Code),
            Store(Code),
        }

        impl Scalar {
            pub(crate) const fn of(opcode: Opcode) -> Option<Scalar> {
                Some(match opcode {
                    $( Opcode::$rr => Scalar::Binary(Code::$rr, Code::$ri), )*
                    $( Opcode::$crr => Scalar::Binary(Code::$crr, Code::$cri), )*
                    $( Opcode::$un => Scalar::Unary(Code::$un), )*
                    $( Opcode::$ld => Scalar::Load(Code::$ld), )*
                    $( Opcode::$st => Scalar::Store(Code::$st), )*
                    _ => return None,
                })
            }
        }

        /// The four forms of a comparison: of slots, of a slot and an immediate, and the branches.
        const fn comparisons(opcode: Opcode) -> Option<[Code; 4]> {
            Some(match opcode {
                $( Opcode::$crr => [Code::$crr, Code::$cri, Code::$brr, Code::$bri], )*
                _ => return None,
            })
        }

        impl Code {
            /// The branch that is taken when this comparison holds.
            pub(crate) const fn branch(self) -> Option<Code> {
                Some(match self {
                    $( Code::$crr => Code::$brr, Code::$cri => Code::$bri, )*
                    Code::I32And => Code::BrAnd,
                    Code::I32AndImm => Code::BrAndImm,
                    _ => return None,
                })
            }

            /// The instruction that a comparison, or a branch on one, compares by; and which of
            /// its four forms it is.
            pub(crate) const fn comparison(self) -> Option<(Opcode, usize)> {
                Some(match self {
                    $(
                        Code::$crr => (Opcode::$crr, 0),
                        Code::$cri => (Opcode::$crr, 1),
                        Code::$brr => (Opcode::$crr, 2),
                        Code::$bri => (Opcode::$crr, 3),
                    )*
                    _ => return None,
                })
            }

            /// Whether slot `a`, or `a` and the next, is all that it writes.
            pub(crate) const fn writes_a(self) -> bool {
                match self {
                    $( Code::$rr | Code::$ri => true, )*
                    $( Code::$crr | Code::$cri => true, )*
                    $( Code::$un => true, )*
                    $( Code::$ld => true, )*
                    Code::Const | Code::Copy | Code::Copy2 | Code::Select | Code::Select2 => true,
                    Code::GlobalGet | Code::GlobalGet2 | Code::V128Load | Code::RefFunc => true,
                    Code::RefTest | Code::RefI31 | Code::I31GetS | Code::I31GetU => true,
                    Code::StructGet | Code::ArrayGet | Code::ArrayLen => true,
                    Code::VectorUnary | Code::VectorBinary | Code::VectorTernary => true,
                    Code::VectorTest | Code::VectorShift | Code::VectorSplat => true,
                    Code::VectorExtract | Code::VectorReplace => true,
                    Code::Shuffle | Code::VectorConst => true,
                    _ => false,
                }
            }
        }
    };
}

for_each_scalar!(define);

impl Code {
    /// The branch that is taken when this one is not.
    pub(crate) fn negated(self) -> Option<Code> {
        Some(match self {
            Code::BrIf => Code::BrIfNot,
            Code::BrIfNot => Code::BrIf,
            Code::BrAnd => Code::BrAndNot,
            Code::BrAndNot => Code::BrAnd,
            Code::BrAndImm => Code::BrAndNotImm,
            Code::BrAndNotImm => Code::BrAndImm,
            Code::BrOnCast => Code::BrOnCastFail,
            Code::BrOnCastFail => Code::BrOnCast,
            _ => {
                let (opcode, form) = self.comparison()?;
                *inverse(opcode).and_then(comparisons)?.get(form)?
            }
        })
    }

    /// The comparison that holds when this one does not.
    pub(crate) fn inverse(self) -> Option<Code> {
        let (opcode, form) = self.comparison()?;
        inverse(opcode).and_then(comparisons)?.get(form).copied()
    }
}

/// The comparison that holds when another does not.
const fn inverse(opcode: Opcode) -> Option<Opcode> {
    Some(match opcode {
        Opcode::I32Eq => Opcode::I32Ne,
        Opcode::I32Ne => Opcode::I32Eq,
        Opcode::I32LtS => Opcode::I32GeS,
        Opcode::I32LtU => Opcode::I32GeU,
        Opcode::I32GtS => Opcode::I32LeS,
        Opcode::I32GtU => Opcode::I32LeU,
        Opcode::I32LeS => Opcode::I32GtS,
        Opcode::I32LeU => Opcode::I32GtU,
        Opcode::I32GeS => Opcode::I32LtS,
        Opcode::I32GeU => Opcode::I32LtU,
        Opcode::I64Eq => Opcode::I64Ne,
        Opcode::I64Ne => Opcode::I64Eq,
        Opcode::I64LtS => Opcode::I64GeS,
        Opcode::I64LtU => Opcode::I64GeU,
        Opcode::I64GtS => Opcode::I64LeS,
        Opcode::I64GtU => Opcode::I64LeU,
        Opcode::I64LeS => Opcode::I64GtS,
        Opcode::I64LeU => Opcode::I64GtU,
        Opcode::I64GeS => Opcode::I64LtS,
        Opcode::I64GeU => Opcode::I64LtU,
        _ => return None,
    })
}

/// The instruction that gives the same with its operands swapped.
pub(crate) const fn swapped(opcode: Opcode) -> Option<Opcode> {
    Some(match opcode {
        Opcode::I32Add | Opcode::I32Mul | Opcode::I32And | Opcode::I32Or | Opcode::I32Xor => opcode,
        Opcode::I64Add | Opcode::I64Mul | Opcode::I64And | Opcode::I64Or | Opcode::I64Xor => opcode,
        Opcode::I32Eq | Opcode::I32Ne | Opcode::I64Eq | Opcode::I64Ne => opcode,
        Opcode::I32LtS => Opcode::I32GtS,
        Opcode::I32LtU => Opcode::I32GtU,
        Opcode::I32GtS => Opcode::I32LtS,
        Opcode::I32GtU => Opcode::I32LtU,
        Opcode::I32LeS => Opcode::I32GeS,
        Opcode::I32LeU => Opcode::I32GeU,
        Opcode::I32GeS => Opcode::I32LeS,
        Opcode::I32GeU => Opcode::I32LeU,
        Opcode::I64LtS => Opcode::I64GtS,
        Opcode::I64LtU => Opcode::I64GtU,
        Opcode::I64GtS => Opcode::I64LtS,
        Opcode::I64GtU => Opcode::I64LtU,
        Opcode::I64LeS => Opcode::I64GeS,
        Opcode::I64LeU => Opcode::I64GeU,
        Opcode::I64GeS => Opcode::I64LeS,
        Opcode::I64GeU => Opcode::I64LeU,
        _ => return None,
    })
}

/// What a handler catches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Catches {
    /// Exceptions of the tag with this index.
    Tag(u32),
    /// Every exception.
    All,
    /// Every exception, to hand it to the handler of the `try` with this number, or to the caller.
    Delegate(Option<u32>),
}

/// A handler of exceptions: a range of operations and where to go. An inner one stands before
/// those around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handler {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) catches: Catches,
    /// The number of the `try` that it belongs to.
    pub(crate) id: u32,
    /// Where the values of the exception go; a reference to it follows them.
    pub(crate) slot: Slot,
    /// Whether a reference follows, or, in old handlers, precedes.
    pub(crate) reference: Reference,
    /// Where to go on.
    pub(crate) target: u32,
}

/// Where a handler wants a reference to the exception.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reference {
    None,
    /// After the values.
    After,
    /// Before them, in a slot of its own.
    Before,
}

/// A translated function.
#[derive(Debug, Default)]
pub(crate) struct Function {
    pub(crate) ops: Box<[Op]>,
    /// For each operation, the byte offset in the body of the instruction that it came from.
    pub(crate) offsets: Box<[u32]>,
    pub(crate) handlers: Box<[Handler]>,
    pub(crate) heap_types: Box<[HeapType]>,
    pub(crate) vectors: Box<[V128]>,
    /// The first slot after the parameters, and how many are zero at first.
    pub(crate) locals: (Slot, Slot),
    /// How many slots it uses.
    pub(crate) slots: u32,
}

/// Operations as a list that grows.
pub(crate) type Ops = Vec<Op>;
