//! The arrows of the instruction table in the form that the checker applies: one small record per
//! opcode, made at compile time.

use wattle_ast::{ArrowType, Class, Feature, Kind, Opcode, OpcodeInfo};

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
    match ty.val_type() {
        Some(ty) => Ty::closed(ty),
        None => Ty::ADDRESS,
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
    if let Some(lanes) = 16_u8.checked_div(info.access_bytes) {
        return lanes;
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

/// What to do about the first byte of an instruction in its commonest form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Action {
    /// Leave it to the rules.
    Leave,
    Unary,
    Binary,
    Load,
    Store,
    I32Const,
    I64Const,
    LocalGet,
    LocalSet,
    LocalTee,
    GlobalGet,
    GlobalSet,
    Drop,
    Block,
    Loop,
    If,
    End,
    Br,
    BrIf,
    Call,
    Else,
    Return,
    Unreachable,
    CallIndirect,
    FloatConst,
    RefNull,
    RefFunc,
    RefIsNull,
    RefAsNonNull,
    RefEq,
    BrOnNull,
    BrOnNonNull,
    /// The first byte of the instructions in [`gc`].
    Gc,
}

/// The second bytes of the commonest instructions of garbage collection.
pub(super) mod gc {
    use wattle_ast::Opcode;

    const fn second(opcode: Opcode) -> u8 {
        Opcode::INFOS[opcode as usize].code as u8
    }

    pub(crate) const STRUCT_NEW: u8 = second(Opcode::StructNew);
    pub(crate) const STRUCT_GET: u8 = second(Opcode::StructGet);
    pub(crate) const STRUCT_SET: u8 = second(Opcode::StructSet);
    pub(crate) const ARRAY_NEW_FIXED: u8 = second(Opcode::ArrayNewFixed);
    pub(crate) const ARRAY_GET: u8 = second(Opcode::ArrayGet);
    pub(crate) const ARRAY_SET: u8 = second(Opcode::ArraySet);
    pub(crate) const REF_TEST: u8 = second(Opcode::RefTest);
    pub(crate) const REF_TEST_NULL: u8 = second(Opcode::RefTestNull);
    pub(crate) const REF_CAST_NULL: u8 = second(Opcode::RefCastNull);
}

/// One-byte opcodes by code, and all that their commonest form takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common {
    pub(super) action: Action,
    pub(super) align: u8,
    /// The first operand, or the one that is stored.
    pub(super) a: Ty,
    pub(super) b: Ty,
    pub(super) result: Ty,
}

/// By code. All that is not left to the rules has been there from the start, so that no feature
/// needs to be looked at, or is about references.
pub(super) static COMMON: [Common; 256] = {
    let leave = Common {
        action: Action::Leave,
        align: 0,
        a: Ty::BOTTOM,
        b: Ty::BOTTOM,
        result: Ty::BOTTOM,
    };
    let mut common = [leave; 256];
    let mut i = 0;
    while i < Opcode::INFOS.len() {
        let info = &Opcode::INFOS[i];
        if matches!(info.opcode, Opcode::StructGet) {
            common[info.prefix as usize].action = Action::Gc;
        } else if info.prefix == 0 && is_common(info.feature) {
            let arrow = applied(info);
            let [a, b, ..] = arrow.params;
            common[info.code as usize] = Common {
                action: action(info.opcode, arrow.shape),
                align: arrow.align,
                a: if matches!(arrow.shape, Shape::Store) { b } else { a },
                b,
                result: arrow.results[0],
            };
        }
        i += 1;
    }
    common
};

const fn is_common(feature: Feature) -> bool {
    use Feature::{FunctionReferences, Gc, Mvp, ReferenceTypes};
    matches!(feature, Mvp | ReferenceTypes | FunctionReferences | Gc)
}

const fn action(opcode: Opcode, shape: Shape) -> Action {
    match (shape, opcode) {
        (_, Opcode::RefEq) => Action::RefEq,
        (Shape::Unary, _) => Action::Unary,
        (Shape::Binary, _) => Action::Binary,
        (Shape::Load, _) => Action::Load,
        (Shape::Store, _) => Action::Store,
        (Shape::Const, _) => Action::I32Const,
        (_, Opcode::LocalGet) => Action::LocalGet,
        (_, Opcode::LocalSet) => Action::LocalSet,
        (_, Opcode::LocalTee) => Action::LocalTee,
        (_, Opcode::I64Const) => Action::I64Const,
        (_, Opcode::GlobalGet) => Action::GlobalGet,
        (_, Opcode::GlobalSet) => Action::GlobalSet,
        (_, Opcode::If) => Action::If,
        (_, Opcode::RefNull) => Action::RefNull,
        (_, Opcode::Drop) => Action::Drop,
        (_, Opcode::Block) => Action::Block,
        (_, Opcode::Loop) => Action::Loop,
        (_, Opcode::End) => Action::End,
        (_, Opcode::Br) => Action::Br,
        (_, Opcode::BrIf) => Action::BrIf,
        (_, Opcode::Call) => Action::Call,
        (_, Opcode::Else) => Action::Else,
        (_, Opcode::Return) => Action::Return,
        (_, Opcode::Unreachable) => Action::Unreachable,
        (_, Opcode::CallIndirect) => Action::CallIndirect,
        (_, Opcode::F32Const | Opcode::F64Const) => Action::FloatConst,
        (_, Opcode::RefFunc) => Action::RefFunc,
        (_, Opcode::RefIsNull) => Action::RefIsNull,
        (_, Opcode::RefAsNonNull) => Action::RefAsNonNull,
        (_, Opcode::BrOnNull) => Action::BrOnNull,
        (_, Opcode::BrOnNonNull) => Action::BrOnNonNull,
        _ => Action::Leave,
    }
}
