//! The arrows of the instruction table in the form that the checker applies: one small record per
//! opcode, made at compile time.

use wattle_ast::{AbsHeapType, ArrowType, Class, Kind, Opcode, OpcodeInfo};

use crate::ty::Ty;

/// How to apply an arrow, the commonest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Shape {
    /// No immediates; one operand, one result.
    Unary,
    /// No immediates; two operands, one result.
    Binary,
    /// A memory access that gives a value.
    Load,
    /// A memory access that takes a value and gives none.
    Store,
    /// An `i32.const`: one result.
    Const,
    /// Anything else that has an arrow.
    Other,
    /// No arrow: there is a rule for it.
    Special,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Applied {
    /// The operands, the deepest first. [`Ty::ADDRESS`] stands for an address type.
    pub(super) params: [Ty; 4],
    pub(super) results: [Ty; 2],
    pub(super) param_count: u8,
    pub(super) result_count: u8,
    pub(super) shape: Shape,
    /// The greatest alignment that a memory access may state, as a binary logarithm.
    pub(super) align: u8,
    /// Whether it must state that one and no other.
    pub(super) is_atomic: bool,
    /// How many lanes a lane index chooses from.
    pub(super) lanes: u8,
}

/// By opcode.
pub(super) static ARROWS: [Applied; Opcode::INFOS.len()] = {
    let mut arrows = [NO_ARROW; Opcode::INFOS.len()];
    let mut i = 0;
    while i < arrows.len() {
        arrows[i] = applied(&Opcode::INFOS[i]);
        i += 1;
    }
    arrows
};

const NO_ARROW: Applied = Applied {
    params: [Ty::BOTTOM; 4],
    results: [Ty::BOTTOM; 2],
    param_count: 0,
    result_count: 0,
    shape: Shape::Special,
    align: 0,
    is_atomic: false,
    lanes: 0,
};

const fn value(ty: ArrowType) -> Ty {
    match ty {
        ArrowType::i32 => Ty::I32,
        ArrowType::i64 => Ty::I64,
        ArrowType::f32 => Ty::F32,
        ArrowType::f64 => Ty::F64,
        ArrowType::v128 => Ty::V128,
        ArrowType::at => Ty::ADDRESS,
        ArrowType::eqref => Ty::abs(AbsHeapType::Eq, true),
        ArrowType::i31ref => Ty::abs(AbsHeapType::I31, true),
        ArrowType::i31 => Ty::abs(AbsHeapType::I31, false),
        ArrowType::arrayref => Ty::abs(AbsHeapType::Array, true),
    }
}

const fn applied(info: &OpcodeInfo) -> Applied {
    let mut applied = NO_ARROW;
    let Some(arrow) = info.arrow else { return applied };
    let mut i = 0;
    while i < arrow.params.len() {
        applied.params[i] = value(arrow.params[i]);
        i += 1;
    }
    i = 0;
    while i < arrow.results.len() {
        applied.results[i] = value(arrow.results[i]);
        i += 1;
    }
    applied.param_count = arrow.params.len() as u8;
    applied.result_count = arrow.results.len() as u8;
    applied.align = align(info.access_bytes);
    applied.lanes = lanes(info);
    applied.is_atomic = matches!(info.class, Class::Atomic);
    applied.shape = match (info.kinds, arrow.params, arrow.results) {
        _ if applied.is_atomic => Shape::Other,
        ([], [_], [_]) => Shape::Unary,
        ([], [_, _], [_]) => Shape::Binary,
        ([Kind::MemArg], [ArrowType::at], [_]) => Shape::Load,
        ([Kind::MemArg], [ArrowType::at, _], []) => Shape::Store,
        ([Kind::I32], [], [_]) => Shape::Const,
        _ => Shape::Other,
    };
    applied
}

/// The binary logarithm of a number of bytes.
const fn align(bytes: u8) -> u8 {
    if bytes == 0 { 0 } else { bytes.trailing_zeros() as u8 }
}

/// How many lanes there are: the access says how wide one is, or else the mnemonic does, for
/// instance `i16x8.extract_lane_s`.
const fn lanes(info: &OpcodeInfo) -> u8 {
    if info.access_bytes != 0 {
        return 16 / info.access_bytes;
    }
    let name = info.mnemonic.as_bytes();
    let mut i = 0;
    while i + 1 < name.len() && name[i] != b'.' {
        if name[i] == b'x' {
            let next = name[i + 1] - b'0';
            let two_digits = i + 2 < name.len() && name[i + 2] != b'.';
            return if two_digits { 10 * next + (name[i + 2] - b'0') } else { next };
        }
        i += 1;
    }
    0
}
