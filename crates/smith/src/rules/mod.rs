//! What makes each instruction: those with an arrow alike, the special ones by a rule each.
//!
//! The validator's rules, the other way round: where it checks operands, these provide them.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | which rule an instruction has; instructions with an arrow |
//! | `variables.rs` | locals, globals, parametric instructions, references |
//! | `control.rs` | blocks, branches, calls |
//! | `exceptions.rs` | exceptions of both kinds |
//! | `memory.rs` | memories and tables |
//! | `aggregate.rs` | structs and arrays |

mod aggregate;
mod control;
mod exceptions;
mod memory;
mod variables;

use wattle_ast::{
    ArrayLen, ArrowType, BlockType, BrCast, CallIndirect, Catches, Class, DataIdx, ElemIdx, F32,
    F64, FenceOrder, FieldIdx, FuncIdx, GlobalIdx, Handlers, HeapType, LabelIdx, Labels, LaneIdx,
    LocalIdx, MemArg, MemCopy, MemIdx, MemInit, Opcode, OpcodeInfo, RefTypeNonNull, RefTypeNull,
    SelectTypes, Shuffle, Source, TableCopy, TableIdx, TableInit, TagIdx, TypeIdx, V128,
    encode_immediates,
};

use crate::entropy::Entropy;
use crate::ty::Ty;
use crate::world::{Gen, write_opcode};

/// What an instruction with an arrow needs besides its operands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    /// A rule of its own: it names a memory, table or segment, but makes no access.
    Rule,
    /// An address within a memory.
    Access,
    /// A divisor that is neither 0 nor -1.
    Divisor,
    /// A float that an integer can hold.
    Truncation,
    /// A reference that is not null.
    NonNull,
}

/// Facts of an instruction that follow from its row.
#[derive(Clone, Copy)]
struct Facts {
    need: Need,
    /// Of how many lanes it chooses one.
    lanes: u8,
    /// The lane type of the floats that it may make NaNs of.
    nan: Option<Ty>,
}

const fn starts_with(text: &str, start: &str) -> bool {
    let (text, start) = (text.as_bytes(), start.as_bytes());
    let mut i = 0;
    while i < start.len() {
        if i >= text.len() || text[i] != start[i] {
            return false;
        }
        i += 1;
    }
    true
}

const fn facts(info: &OpcodeInfo) -> Facts {
    let need = match info.opcode {
        Opcode::I32DivS
        | Opcode::I32DivU
        | Opcode::I32RemS
        | Opcode::I32RemU
        | Opcode::I64DivS
        | Opcode::I64DivU
        | Opcode::I64RemS
        | Opcode::I64RemU => Need::Divisor,
        Opcode::I32TruncF32S
        | Opcode::I32TruncF32U
        | Opcode::I32TruncF64S
        | Opcode::I32TruncF64U
        | Opcode::I64TruncF32S
        | Opcode::I64TruncF32U
        | Opcode::I64TruncF64S
        | Opcode::I64TruncF64U => Need::Truncation,
        Opcode::ArrayLen | Opcode::I31GetS | Opcode::I31GetU => Need::NonNull,
        Opcode::MemorySize
        | Opcode::MemoryGrow
        | Opcode::MemoryFill
        | Opcode::MemoryInit
        | Opcode::DataDrop
        | Opcode::ElemDrop
        | Opcode::TableSize => Need::Rule,
        _ if info.access_bytes > 0 => Need::Access,
        _ => Need::Nothing,
    };
    // The shape stands before the dot: `i8x16` has 16 lanes.
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
    let arithmetic = matches!(info.class, Class::Numeric | Class::Vector);
    let takes = matches!(&info.arrow, Some(arrow) if !arrow.params.is_empty());
    let nan = match &info.arrow {
        Some(arrow) if arithmetic && takes && arrow.results.len() == 1 => match arrow.results[0] {
            ArrowType::f32 => Some(Ty::F32),
            ArrowType::f64 => Some(Ty::F64),
            ArrowType::v128 if starts_with(info.mnemonic, "f32x4") => Some(Ty::F32),
            ArrowType::v128 if starts_with(info.mnemonic, "f64x2") => Some(Ty::F64),
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

impl Gen<'_, '_> {
    /// An instruction that has an arrow.
    pub(crate) fn arrow(&mut self, opcode: Opcode) -> bool {
        let info = opcode.info();
        let (Some(arrow), Some(facts)) = (&info.arrow, FACTS.get(opcode as usize)) else {
            return false;
        };
        let need = match facts.need {
            Need::Access => return self.access(opcode),
            Need::Rule => return self.names_memory(opcode),
            Need::NonNull if arrow.params == [ArrowType::arrayref] && !self.has_arrays() => {
                return false;
            }
            Need::Nothing => Need::Nothing,
            _ if self.risks() => Need::Nothing,
            need => need,
        };
        let params = arrow.params;
        self.operands_by(params.len(), |_, place| {
            let ty = params.get(place).map_or(Ty::I32, |&ty| Ty::of_arrow(ty, Ty::I32));
            if need == Need::NonNull { ty.nullable(false) } else { ty }
        });
        match need {
            Need::Divisor => self.guard_divisor(params.first() == Some(&ArrowType::i64)),
            Need::Truncation => self.guard_truncation(params.first() == Some(&ArrowType::f64)),
            _ => {}
        }
        self.plain(opcode);
        for &ty in arrow.results {
            self.push(Ty::of_arrow(ty, Ty::I32));
        }
        if self.config.canonical_nans
            && let Some(lane) = facts.nan
        {
            self.canonicalize(lane);
        }
        true
    }

    /// The instruction itself, with immediates that fit anywhere.
    #[inline(always)]
    pub(crate) fn plain(&mut self, opcode: Opcode) {
        let info = opcode.info();
        write_opcode(&mut self.code, info);
        if !opcode.kinds().is_empty() {
            let lanes = FACTS.get(opcode as usize).map_or(1, |facts| facts.lanes.max(1));
            let (f32, f64) = match opcode {
                Opcode::F32Const => (self.float32(), 0),
                Opcode::F64Const => (0, self.float64()),
                _ => (0, 0),
            };
            let mut source = Anywhere { entropy: &mut self.entropy, lanes, f32, f64 };
            // What is not there to be named has a rule.
            let _ = encode_immediates(opcode, &mut source, &mut self.code);
        }
    }

    /// A lane of the vector that an access loads or stores.
    pub(crate) fn lane_of(&mut self, opcode: Opcode) -> u8 {
        let lanes = FACTS.get(opcode as usize).map_or(1, |facts| facts.lanes.max(1));
        self.entropy.below(lanes.into()) as u8
    }

    /// `x` becomes `x >> 1 | 1`, without a sign.
    fn guard_divisor(&mut self, wide: bool) {
        let ty = if wide { Ty::I64 } else { Ty::I32 };
        self.address_const(ty, 1);
        self.address_op(ty, Opcode::I32ShrU, Opcode::I64ShrU);
        self.address_const(ty, 1);
        self.address_op(ty, Opcode::I32Or, Opcode::I64Or);
    }

    /// `x` becomes `abs x` where that is less than two thousand million, else 0.
    fn guard_truncation(&mut self, wide: bool) {
        let (ty, abs, less) = match wide {
            false => (Ty::F32, Opcode::F32Abs, Opcode::F32Lt),
            true => (Ty::F64, Opcode::F64Abs, Opcode::F64Lt),
        };
        let local = self.scratch(ty);
        self.op(abs);
        self.op_index(Opcode::LocalTee, local);
        self.float_const(ty, 0.0);
        self.op_index(Opcode::LocalGet, local);
        self.float_const(ty, 2e9);
        self.op(less);
        self.op(Opcode::Select);
    }

    fn float_const(&mut self, ty: Ty, value: f32) {
        if ty == Ty::F64 {
            self.op(Opcode::F64Const);
            self.code.extend_from_slice(&f64::from(value).to_bits().to_le_bytes());
        } else {
            self.op(Opcode::F32Const);
            self.code.extend_from_slice(&value.to_bits().to_le_bytes());
        }
    }

    /// Replaces NaNs on top of the stack, in every lane of a vector, by the canonical one.
    fn canonicalize(&mut self, lane: Ty) {
        let is_vector = self.top() == Some(Ty::V128);
        let local = self.scratch(if is_vector { Ty::V128 } else { lane });
        self.op_index(Opcode::LocalTee, local);
        let nan32 = 0x7fc0_0000_u32.to_le_bytes();
        let nan64 = 0x7ff8_0000_0000_0000_u64.to_le_bytes();
        let (constant, equal, choose) = match (is_vector, lane == Ty::F64) {
            (false, false) => (Opcode::F32Const, Opcode::F32Eq, Opcode::Select),
            (false, true) => (Opcode::F64Const, Opcode::F64Eq, Opcode::Select),
            (true, false) => (Opcode::V128Const, Opcode::F32x4Eq, Opcode::V128Bitselect),
            (true, true) => (Opcode::V128Const, Opcode::F64x2Eq, Opcode::V128Bitselect),
        };
        self.op(constant);
        for _ in 0..if is_vector { 16 / lane.bytes() } else { 1 } {
            match lane {
                Ty::F64 => self.code.extend_from_slice(&nan64),
                _ => self.code.extend_from_slice(&nan32),
            }
        }
        self.op_index(Opcode::LocalGet, local);
        self.op_index(Opcode::LocalGet, local);
        self.op(equal);
        self.op(choose);
        // Instructions to come may read the local.
        self.op_index(Opcode::LocalTee, local);
    }

    /// The instructions that have a rule of their own. Says no when something is missing.
    pub(crate) fn special(&mut self, opcode: Opcode) -> bool {
        match opcode {
            Opcode::LocalGet => self.local_get(),
            Opcode::LocalSet | Opcode::LocalTee => self.local_set(opcode),
            Opcode::GlobalGet => self.global_get(),
            Opcode::GlobalSet => self.global_set(),
            Opcode::Drop => self.drop_operand(),
            Opcode::Select => self.select(),
            Opcode::SelectTyped => self.select_typed(),
            Opcode::Block | Opcode::Loop | Opcode::If => self.block(opcode),
            Opcode::Br | Opcode::Return => self.br(opcode),
            Opcode::BrIf => self.br_if(),
            Opcode::BrTable => self.br_table(),
            Opcode::BrOnNull => self.br_on_null(),
            Opcode::BrOnNonNull => self.br_on_non_null(),
            Opcode::BrOnCast | Opcode::BrOnCastFail => self.br_on_cast(opcode),
            Opcode::Unreachable => self.unreachable(),
            Opcode::Call => self.call(),
            Opcode::CallIndirect => self.call_indirect(),
            Opcode::CallRef => self.call_ref(),
            Opcode::ReturnCall | Opcode::ReturnCallIndirect | Opcode::ReturnCallRef => {
                self.return_call(opcode)
            }
            Opcode::Throw => self.throw(),
            Opcode::ThrowRef => self.throw_ref(),
            Opcode::Rethrow => self.rethrow(),
            Opcode::TryTable => self.try_table(),
            Opcode::Try => self.try_legacy(),
            Opcode::MemoryCopy => self.memory_copy(),
            Opcode::TableGet => self.table_get(),
            Opcode::TableSet => self.table_set(),
            Opcode::TableGrow => self.table_grow(),
            Opcode::TableFill => self.table_fill(),
            Opcode::TableCopy => self.table_copy(),
            Opcode::TableInit => self.table_init(),
            Opcode::RefNull => self.ref_null(),
            Opcode::RefFunc => self.ref_func_rule(),
            Opcode::RefIsNull | Opcode::RefAsNonNull => self.ref_check(opcode),
            Opcode::RefTest | Opcode::RefTestNull => self.ref_test(opcode),
            Opcode::RefCast | Opcode::RefCastNull => self.ref_cast(opcode),
            Opcode::AnyConvertExtern | Opcode::ExternConvertAny => self.convert(opcode),
            Opcode::StructNew | Opcode::StructNewDefault => self.struct_new(opcode),
            Opcode::StructGet | Opcode::StructGetS | Opcode::StructGetU => self.struct_get(opcode),
            Opcode::StructSet => self.struct_set(),
            Opcode::ArrayNew | Opcode::ArrayNewDefault | Opcode::ArrayNewFixed => {
                self.array_new(opcode)
            }
            Opcode::ArrayNewData | Opcode::ArrayNewElem => self.array_new_segment(opcode),
            Opcode::ArrayGet | Opcode::ArrayGetS | Opcode::ArrayGetU => self.array_get(opcode),
            Opcode::ArraySet | Opcode::ArrayFill => self.array_set(opcode),
            Opcode::ArrayCopy => self.array_copy(),
            Opcode::ArrayInitData | Opcode::ArrayInitElem => self.array_init(opcode),
            // The parts and ends of blocks come with the blocks.
            _ => false,
        }
    }
}

/// A source of the immediates that mean the same anywhere.
struct Anywhere<'e, 'a> {
    entropy: &'e mut Entropy<'a>,
    lanes: u8,
    f32: u32,
    f64: u64,
}

/// An immediate that means something only in its module: a rule makes those.
struct Elsewhere;

macro_rules! elsewhere {
    ($( $method:ident $ty:ty; )*) => {
        $( fn $method(&mut self) -> Result<$ty, Elsewhere> { Err(Elsewhere) } )*
    };
}

impl<'s> Source<'s> for Anywhere<'_, '_> {
    type Error = Elsewhere;

    fn lane(&mut self) -> Result<LaneIdx, Elsewhere> {
        Ok(LaneIdx(self.entropy.below(self.lanes.into()) as u8))
    }

    fn shuffle(&mut self) -> Result<Shuffle, Elsewhere> {
        Ok(Shuffle([(); 16].map(|()| self.entropy.byte() & 31)))
    }

    fn i32(&mut self) -> Result<i32, Elsewhere> {
        let byte = self.entropy.byte();
        Ok(if byte < 200 { i32::from(byte) - 64 } else { self.entropy.u32() as i32 })
    }

    fn i64(&mut self) -> Result<i64, Elsewhere> {
        let byte = self.entropy.byte();
        Ok(if byte < 200 { i64::from(byte) - 64 } else { self.entropy.u64() as i64 })
    }

    fn f32(&mut self) -> Result<F32, Elsewhere> {
        Ok(F32(self.f32))
    }

    fn f64(&mut self) -> Result<F64, Elsewhere> {
        Ok(F64(self.f64))
    }

    fn v128(&mut self) -> Result<V128, Elsewhere> {
        Ok(V128([(); 16].map(|()| self.entropy.byte())))
    }

    fn fence_order(&mut self) -> Result<FenceOrder, Elsewhere> {
        Ok(FenceOrder)
    }

    elsewhere! {
        block_type BlockType;
        label LabelIdx;
        labels Labels<'s>;
        catches Catches<'s>;
        handlers Handlers<'s>;
        select_types SelectTypes<'s>;
        func FuncIdx;
        ty TypeIdx;
        table TableIdx;
        memory MemIdx;
        global GlobalIdx;
        local LocalIdx;
        tag TagIdx;
        elem ElemIdx;
        data DataIdx;
        field FieldIdx;
        array_len ArrayLen;
        call_indirect CallIndirect;
        mem_init MemInit;
        mem_copy MemCopy;
        table_init TableInit;
        table_copy TableCopy;
        memarg MemArg;
        heap_type HeapType;
        ref_type_non_null RefTypeNonNull;
        ref_type_null RefTypeNull;
        br_cast BrCast;
    }
}
