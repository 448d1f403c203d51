//! Rules, which make instructions. Instructions with an arrow share a rule; each special
//! instruction has its own.
//!
//! They are the counterparts of the validator's rules: where it checks operands, these make them. A
//! rule returns `None`, and writes nothing, when the module lacks a part that it needs.
//!
//! | file | holds the rules of |
//! |---|---|
//! | `mod.rs` | instructions with an arrow; the table of rules of special instructions |
//! | `variables.rs` | locals, globals, parametric instructions, references |
//! | `control.rs` | blocks, branches, calls |
//! | `exceptions.rs` | exceptions and legacy exceptions |
//! | `memory.rs` | memories and tables |
//! | `aggregates.rs` | structs and arrays |

mod aggregates;
mod control;
mod exceptions;
mod memory;
mod variables;

use wattle_ast::{Arrow, ArrowType, Class, Encode, FenceOrder, Kind, Opcode, OpcodeInfo};

use crate::generator::Generator;
use crate::ty::Ty;

/// An additional need of an instruction with an arrow, beside operands of the right types.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    /// A memory, table or segment that it names: it has a rule of its own.
    Rule,
    /// An address within a memory.
    Access,
    /// The value of a constant.
    Value,
    /// A divisor other than 0 and -1.
    Divisor,
    /// A float that the integer type can represent.
    Truncation,
    /// A reference other than null.
    NonNull,
}

/// Facts of an instruction, derived from its row in the table.
#[derive(Clone, Copy)]
struct Facts {
    need: Need,
    /// The number of lanes that a lane index chooses from; 0 for an instruction without lanes.
    lanes: u8,
    /// The type of the float, or of the lanes, that may become NaN in its result.
    nan: Option<Ty>,
}

/// Whether a mnemonic has this part, with its first byte at `place`.
const fn has_at(mnemonic: &str, part: &str, place: usize) -> bool {
    let (mnemonic, part) = (mnemonic.as_bytes(), part.as_bytes());
    let mut i = 0;
    while i < part.len() {
        if place + i >= mnemonic.len() || mnemonic[place + i] != part[i] {
            return false;
        }
        i += 1;
    }
    true
}

const fn facts(info: &OpcodeInfo) -> Facts {
    let is_arithmetic = matches!(info.class, Class::Numeric | Class::Vector);
    let need = match info.opcode {
        // The part is behind `i32.` or `i64.`; vectors have no integer division, and other
        // truncations saturate.
        _ if has_at(info.mnemonic, "div_", 4) || has_at(info.mnemonic, "rem_", 4) => Need::Divisor,
        _ if has_at(info.mnemonic, "trunc_f", 4) => Need::Truncation,
        Opcode::ArrayLen | Opcode::I31GetS | Opcode::I31GetU => Need::NonNull,
        Opcode::MemorySize
        | Opcode::MemoryGrow
        | Opcode::MemoryFill
        | Opcode::MemoryInit
        | Opcode::DataDrop
        | Opcode::ElemDrop
        | Opcode::TableSize => Need::Rule,
        _ if info.access_bytes > 0 => Need::Access,
        _ if is_arithmetic && matches!(&info.arrow, Some(Arrow { params: [], .. })) => Need::Value,
        _ => Need::Nothing,
    };
    // The shape is in front of the dot: `i8x16` has 16 lanes.
    let mut lanes = 0;
    if let Some(accessed) = 16_u8.checked_div(info.access_bytes) {
        lanes = accessed;
    } else if matches!(info.class, Class::Vector) {
        let name = info.mnemonic.as_bytes();
        let (mut i, mut counting) = (0, false);
        while i < name.len() && name[i] != b'.' {
            if counting {
                lanes = lanes * 10 + (name[i] - b'0');
            }
            counting |= name[i] == b'x';
            i += 1;
        }
    }
    let nan = match &info.arrow {
        Some(Arrow { params: [_, ..], results: [result] }) if is_arithmetic => match result {
            ArrowType::f32 => Some(Ty::F32),
            ArrowType::f64 => Some(Ty::F64),
            ArrowType::v128 if has_at(info.mnemonic, "f32x4", 0) => Some(Ty::F32),
            ArrowType::v128 if has_at(info.mnemonic, "f64x2", 0) => Some(Ty::F64),
            _ => None,
        },
        _ => None,
    };
    Facts { need, lanes, nan }
}

static FACTS: [Facts; Opcode::ALL.len()] = {
    let mut all = [Facts { need: Need::Nothing, lanes: 0, nan: None }; Opcode::ALL.len()];
    let mut i = 0;
    while i < all.len() {
        all[i] = facts(&Opcode::INFOS[i]);
        i += 1;
    }
    all
};

impl Generator<'_, '_> {
    /// Makes an instruction that has an arrow.
    pub(crate) fn arrow(&mut self, opcode: Opcode) -> Option<()> {
        let arrow = opcode.info().arrow.as_ref()?;
        let facts = FACTS.get(opcode as usize)?;
        let need = match facts.need {
            Need::Access => return self.access(opcode),
            Need::Rule => return self.names_memory(opcode),
            Need::Value => {
                self.number_const(Ty::of_arrow(*arrow.results.first()?, Ty::I32));
                return Some(());
            }
            Need::NonNull if arrow.params == [ArrowType::arrayref] && !self.has_arrays() => {
                return None;
            }
            Need::Nothing => Need::Nothing,
            _ if self.risks() => Need::Nothing,
            need => need,
        };
        let params = arrow.params;
        self.operands_by(params.len(), |_, at| {
            let ty = params.get(at).map_or(Ty::I32, |&ty| Ty::of_arrow(ty, Ty::I32));
            if need == Need::NonNull { ty.nullable(false) } else { ty }
        });
        let first = || params.first().map_or(Ty::I32, |&ty| Ty::of_arrow(ty, Ty::I32));
        match need {
            Need::Divisor => self.guard_divisor(first()),
            Need::Truncation => self.guard_truncation(first()),
            _ => {}
        }
        self.op(opcode);
        opcode.kinds().iter().for_each(|kind| self.immediate(opcode, kind));
        for &ty in arrow.results {
            self.push(Ty::of_arrow(ty, Ty::I32));
        }
        if self.config.canonical_nans
            && let Some(lane) = facts.nan
        {
            self.canonicalize(lane);
        }
        Some(())
    }

    /// Writes an immediate that names nothing in the module. Instructions with other immediates
    /// have rules of their own.
    fn immediate(&mut self, opcode: Opcode, kind: Kind) {
        match kind {
            Kind::Lane => {
                let lane = self.lane_of(opcode);
                self.code.push(lane);
            }
            Kind::Shuffle => {
                let lanes = [(); 16].map(|()| self.entropy.byte() & 31);
                self.code.extend_from_slice(&lanes);
            }
            Kind::FenceOrder => {
                FenceOrder.encode(&mut self.code);
            }
            _ => {}
        }
    }

    /// A random lane index of an instruction.
    pub(crate) fn lane_of(&mut self, opcode: Opcode) -> u8 {
        let lanes = FACTS.get(opcode as usize).map_or(1, |facts| facts.lanes.max(1));
        self.entropy.below(lanes.into()) as u8
    }

    /// Turns the divisor `x` into `x >> 1 | 1`, with an unsigned shift.
    fn guard_divisor(&mut self, ty: Ty) {
        self.address_const(ty, 1);
        self.address_op(ty, Opcode::I32ShrU, Opcode::I64ShrU);
        self.address_const(ty, 1);
        self.address_op(ty, Opcode::I32Or, Opcode::I64Or);
    }

    /// Turns the float `x` into `abs x` if that is less than 2,000,000,000, else into 0.
    fn guard_truncation(&mut self, ty: Ty) {
        let (abs, less, bound) = match ty {
            Ty::F64 => (Opcode::F64Abs, Opcode::F64Lt, 2e9_f64.to_bits()),
            _ => (Opcode::F32Abs, Opcode::F32Lt, 2e9_f32.to_bits().into()),
        };
        let local = self.scratch(ty);
        self.op(abs);
        self.op_index(Opcode::LocalTee, local);
        self.float_const(ty, 0);
        self.op_index(Opcode::LocalGet, local);
        self.float_const(ty, bound);
        self.op(less);
        self.op(Opcode::Select);
    }

    /// Replaces a NaN on top of the stack, or in any lane of a vector there, by the canonical one.
    fn canonicalize(&mut self, lane: Ty) {
        let is_vector = self.top() == Some(Ty::V128);
        let local = self.scratch(if is_vector { Ty::V128 } else { lane });
        self.op_index(Opcode::LocalTee, local);
        let (constant, equal, choose) = match (is_vector, lane == Ty::F64) {
            (false, false) => (Opcode::F32Const, Opcode::F32Eq, Opcode::Select),
            (false, true) => (Opcode::F64Const, Opcode::F64Eq, Opcode::Select),
            (true, false) => (Opcode::V128Const, Opcode::F32x4Eq, Opcode::V128Bitselect),
            (true, true) => (Opcode::V128Const, Opcode::F64x2Eq, Opcode::V128Bitselect),
        };
        self.op(constant);
        for _ in 0..if is_vector { 16 / lane.bytes() } else { 1 } {
            self.float(lane, Self::canonical_nan(lane));
        }
        self.op_index(Opcode::LocalGet, local);
        self.op_index(Opcode::LocalGet, local);
        self.op(equal);
        self.op(choose);
        // Later instructions may read the local, which held the NaN.
        self.op_index(Opcode::LocalTee, local);
    }

    /// Makes an instruction that has a rule of its own.
    pub(crate) fn special(&mut self, opcode: Opcode) -> Option<()> {
        let rule = match opcode {
            Opcode::LocalGet => Self::local_get,
            Opcode::LocalSet | Opcode::LocalTee => Self::local_set,
            Opcode::GlobalGet => Self::global_get,
            Opcode::GlobalSet => Self::global_set,
            Opcode::Drop => Self::drop_operand,
            Opcode::Select => Self::select,
            Opcode::SelectTyped => Self::select_typed,
            Opcode::Block | Opcode::Loop | Opcode::If => Self::block,
            Opcode::Br => Self::br,
            Opcode::Return => Self::return_,
            Opcode::BrIf => Self::br_if,
            Opcode::BrTable => Self::br_table,
            Opcode::BrOnNull => Self::br_on_null,
            Opcode::BrOnNonNull => Self::br_on_non_null,
            Opcode::BrOnCast | Opcode::BrOnCastFail => Self::br_on_cast,
            Opcode::Unreachable => Self::unreachable,
            Opcode::Call | Opcode::CallIndirect | Opcode::CallRef => Self::call,
            Opcode::ReturnCall | Opcode::ReturnCallIndirect | Opcode::ReturnCallRef => {
                Self::return_call
            }
            Opcode::Throw => Self::throw,
            Opcode::ThrowRef => Self::throw_ref,
            Opcode::Rethrow => Self::rethrow,
            Opcode::TryTable => return self.try_table(),
            Opcode::Try => return self.try_legacy(),
            Opcode::MemoryCopy => Self::memory_copy,
            Opcode::TableGet => Self::table_get,
            Opcode::TableSet => Self::table_set,
            Opcode::TableGrow => Self::table_grow,
            Opcode::TableFill => Self::table_fill,
            Opcode::TableCopy => Self::table_copy,
            Opcode::TableInit => Self::table_init,
            Opcode::RefNull => Self::ref_null,
            Opcode::RefFunc => return self.ref_func_rule(),
            Opcode::RefIsNull | Opcode::RefAsNonNull => Self::ref_check,
            Opcode::RefTest | Opcode::RefTestNull => Self::ref_test,
            Opcode::RefCast | Opcode::RefCastNull => Self::ref_cast,
            Opcode::AnyConvertExtern | Opcode::ExternConvertAny => Self::convert,
            Opcode::StructNew | Opcode::StructNewDefault => Self::struct_new,
            Opcode::StructGet | Opcode::StructGetS | Opcode::StructGetU => Self::struct_get,
            Opcode::StructSet => Self::struct_set,
            Opcode::ArrayNew | Opcode::ArrayNewDefault | Opcode::ArrayNewFixed => Self::array_new,
            Opcode::ArrayNewData | Opcode::ArrayNewElem => Self::array_new_segment,
            Opcode::ArrayGet | Opcode::ArrayGetS | Opcode::ArrayGetU => Self::array_get,
            Opcode::ArraySet | Opcode::ArrayFill => Self::array_set,
            Opcode::ArrayCopy => Self::array_copy,
            Opcode::ArrayInitData | Opcode::ArrayInitElem => Self::array_init,
            // `else`, `end`, `catch` and the like are made when blocks are closed.
            _ => return None,
        };
        rule(self, opcode)
    }
}
