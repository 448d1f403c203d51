//! The translated form of a function: fixed-size operations of a register machine.
//!
//! `translate/` makes operations, and `execute/` executes them.

use alloc::vec::Vec;

use wattle_ast::{HeapType, Opcode, V128};
use wattle_numerics as numerics;

use crate::operations::for_each_operation;

/// A slot of the frame, counted from its base.
pub(crate) type Slot = u16;

/// The number of slots that a frame can address: one for each value of a [`Slot`], so that an
/// access to the window of a frame never needs a check.
pub(crate) const WINDOW: usize = 1 << 16;

/// An operation of 16 bytes. `a` is the destination, if there is one; the meaning of the other
/// fields depends on the code.
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

macro_rules! define {
    (
        binary { $( $rr:ident $ri:ident ; )* }
        compare { $( $crr:ident $cri:ident $brr:ident $bri:ident ; )* }
        unary { $( $un:ident )* }
        load { $( $ld:ident $raw:ident ; )* }
        store { $( $st:ident $narrow:ident $sti:ident ; )* }
        fused { $( $fu:ident = $first:ident $rest:ident ; )* }
        vector { $( $vector:ident: $( $common:ident )* ; )* }
        part { $( $part:ident = $doc:literal ; )* }
    ) => {
        /// The code of an operation. A code with the name of an instruction has the effect of the
        /// instruction, with slots as operands.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub(crate) enum Code {
            $( $rr, $ri, )* $( $crr, $cri, $brr, $bri, )* $( $un, )* $( $ld, )* $( $st, $sti, )*
            $( $fu, )*
            $( $( $common, )* )*
            $( #[doc = $doc] $part, )*
            /// Go to `low` when slots `b` and `c` have a common bit; `BrAndNot`, when they have
            /// none.
            BrAnd,
            BrAndNot,
            /// Go to `low` when slot `b` and `high` have a common bit; `BrAndNotImm`, when they
            /// have none.
            BrAndImm,
            BrAndNotImm,
            /// Go to the target of the branch that is `b` operations behind the next one, at most
            /// `imm`.
            BrTable,
            /// `a` and the slot after it are `b` and the slot after it.
            Copy2,
            /// `c` slots from `a` on are the slots from `b` on.
            CopySlots,
            /// `Select`, `GlobalGet` and `GlobalSet` for vectors.
            Select2,
            GlobalGet2,
            GlobalSet2,
            /// Leave the function, whose one result is `imm`.
            ReturnImm,
            /// Call function `imm` of the index space, which is imported.
            CallImport,
            /// Call the function that slot `b` refers to.
            CallRef,
            /// Tail calls, with the arguments in slots 0 and up.
            ReturnCall,
            ReturnCallImport,
            ReturnCallIndirect,
            ReturnCallRef,
            Unreachable,
            /// Trap when slot `b`, an address of a 64-bit memory, exceeds 32 bits.
            Address,
            /// Load or store the vector at memory address `b + imm`.
            V128Load,
            V128Store,
            /// `a` is a reference to function `imm`.
            RefFunc,
            /// Trap on null, else copy.
            RefAsNonNull,
            /// Whether `b` matches heap type `low`; `c` says whether null matches.
            RefTest,
            RefCast,
            /// Go to `low` when `b` matches heap type `high`; `BrOnCastFail`, when it does not. Bit
            /// 0 of `c` says whether null matches.
            BrOnCast,
            BrOnCastFail,
            RefI31,
            I31GetS,
            I31GetU,
            /// `a` is field `low` of `b`; `high` gives its storage.
            StructGet,
            /// Field `low` of `a` is `b`.
            StructSet,
            /// `a` is element `c` of `b`; `imm` gives its storage.
            ArrayGet,
            /// Element `b` of `a` is `c`.
            ArraySet,
            ArrayLen,
            $(
                /// Vector instruction `low`. Its operands are `b`, `c` and, for a third one, the
                /// slot in the upper half of the immediate. A lane is in that half too.
                $vector,
            )*
            Shuffle,
            /// `a` is vector `imm` of the code.
            VectorConst,
            /// Throw an exception of tag `imm`, whose values are in slots from `a` on.
            Throw,
            /// Throw the exception that slot `b` refers to.
            ThrowRef,
            /// Execute instruction `b` by its opcode. Its operands are in a row of slots from `a`
            /// on, and its results go there.
            Row,
            /// Like `Row`, for an instruction that allocates on the heap.
            AllocRow,
            /// Pay `imm` units of fuel.
            Fuel,
            /// Report the instruction at offset `imm` to the observer.
            Observe,
        }

        /// The operations of an instruction that has some of its own.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Scalar {
            Binary(Code, Code),
            Unary(Code),
            Load(Code),
            Store(Code, Code),
        }

        impl Scalar {
            pub(crate) const fn of(opcode: Opcode) -> Option<Scalar> {
                Some(match opcode {
                    $( Opcode::$rr => Scalar::Binary(Code::$rr, Code::$ri), )*
                    $( Opcode::$crr => Scalar::Binary(Code::$crr, Code::$cri), )*
                    $( Opcode::$un => Scalar::Unary(Code::$un), )*
                    $( Opcode::$ld => Scalar::Load(Code::$ld), )*
                    $( Opcode::$st => Scalar::Store(Code::$st, Code::$sti), )*
                    _ => return None,
                })
            }
        }

        /// The operations of a comparison: the one that compares two slots, and the one that
        /// compares a slot with an immediate; then the branches with these operands.
        const fn forms(comparison: Opcode) -> Option<[Code; 4]> {
            Some(match comparison {
                $( Opcode::$crr => [Code::$crr, Code::$cri, Code::$brr, Code::$bri], )*
                _ => return None,
            })
        }

        impl Code {
            /// The operation of an instruction on vectors of this shape, if the instruction is a
            /// common one. A row that states another shape has no effect.
            pub(crate) const fn common_vector(self, opcode: Opcode) -> Code {
                match (self, opcode) {
                    $( $( (Code::$vector, Opcode::$common) => Code::$common, )* )*
                    _ => self,
                }
            }

            /// The operation that does the work of this one and the next.
            pub(crate) const fn fused(self, next: Code) -> Option<Code> {
                Some(match (self, next) {
                    $( (Code::$first, Code::$rest) => Code::$fu, )*
                    _ => return None,
                })
            }

            /// The comparison instruction behind a comparison or a branch on one, and the index of
            /// this code in its [`forms`].
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

            /// Whether it writes only slot `a`, or slot `a` and the next.
            pub(crate) const fn writes_a(self) -> bool {
                match self {
                    $( Code::$rr | Code::$ri => true, )*
                    $( Code::$crr | Code::$cri => true, )*
                    $( Code::$un )|* $( | Code::$ld )* => true,
                    $( Code::$vector $( | Code::$common )* )|* => true,
                    Code::Const | Code::Copy | Code::Copy2 | Code::Select | Code::Select2 => true,
                    Code::GlobalGet | Code::GlobalGet2 | Code::V128Load | Code::RefFunc => true,
                    Code::RefTest | Code::RefI31 | Code::I31GetS | Code::I31GetU => true,
                    Code::StructGet | Code::ArrayGet | Code::ArrayLen => true,
                    Code::Shuffle | Code::VectorConst => true,
                    _ => false,
                }
            }
        }
    };
}

for_each_operation!(define);

impl Code {
    /// The branch that is taken when this comparison, or this `and`, is not zero.
    pub(crate) fn branch(self) -> Option<Code> {
        match self {
            Code::I32And => Some(Code::BrAnd),
            Code::I32AndImm => Some(Code::BrAndImm),
            _ => {
                let (opcode, form) = self.comparison()?;
                forms(opcode)?.get(form + 2).copied()
            }
        }
    }

    /// The branch that is taken exactly when this branch is not taken.
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
            _ => return self.inverse(),
        })
    }

    /// The comparison that holds when this one does not, in the same form.
    pub(crate) fn inverse(self) -> Option<Code> {
        let (opcode, form) = self.comparison()?;
        forms(numerics::inverse(opcode)?)?.get(form).copied()
    }

    /// Whether it is a tail call.
    pub(crate) const fn is_tail_call(self) -> bool {
        use Code::{ReturnCall, ReturnCallImport, ReturnCallIndirect, ReturnCallRef};
        matches!(self, ReturnCall | ReturnCallImport | ReturnCallIndirect | ReturnCallRef)
    }
}

/// The exceptions that a handler catches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Catches {
    /// Exceptions of the tag with this index.
    Tag(u32),
    /// Every exception.
    All,
    /// Every exception, which is passed to the handler of the `try` with this number, or to the
    /// caller.
    Delegate(Option<u32>),
}

/// A handler of exceptions for a range of operations. Inner handlers come before outer ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handler {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) catches: Catches,
    /// The number of the `try` that it belongs to.
    pub(crate) id: u32,
    /// The slot where the values of the exception go. A reference to the exception may follow or
    /// precede them.
    pub(crate) slot: Slot,
    /// The place of the reference to the exception.
    pub(crate) reference: Reference,
    /// The operation where execution continues.
    pub(crate) target: u32,
}

/// The place of a reference to the exception, for a handler that needs one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reference {
    None,
    /// After the values.
    After,
    /// Before the values, in a slot of its own, for legacy handlers.
    Before,
}

/// A translated function.
#[derive(Debug, Default)]
pub(crate) struct Function {
    pub(crate) ops: Vec<Op>,
    /// For each operation, the byte offset in the body of the instruction that it came from.
    pub(crate) offsets: Vec<u32>,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) heap_types: Vec<HeapType>,
    pub(crate) vectors: Vec<V128>,
    /// The first slot after the parameters, and the number of slots that are set to zero on entry.
    pub(crate) locals: (Slot, Slot),
    /// The number of slots that it uses.
    pub(crate) slots: u32,
}
