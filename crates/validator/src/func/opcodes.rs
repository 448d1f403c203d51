//! A small record for each opcode with all that the checker needs, computed from the instruction
//! table at compile time.

use wattle_ast::{
    Arrow, ArrowType, Class, Expr, Feature, Features, Kind, Opcode, OpcodeInfo, Reader,
    read_immediate,
};

use crate::ty::Ty;

/// All that the checker needs of an opcode.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpcodeType {
    /// The first two operands of its arrow, the deepest first. [`Ty::ADDRESS`] stands for an
    /// address type.
    pub(super) params: [Ty; 2],
    /// The first result of its arrow.
    pub(super) result: Ty,
    pub(super) opcode: Opcode,
    pub(super) rule: Rule,
    /// The feature that allows the instruction in constant expressions, if any.
    pub(super) constant: Option<Feature>,
    /// The greatest alignment that a memory access may state, as a binary logarithm.
    pub(super) align: u8,
    /// Whether the access must state exactly that alignment.
    pub(super) is_atomic: bool,
}

macro_rules! rules {
    ($($opcode:ident)*) => {
        /// The rule of an instruction. A rule that is named like an opcode belongs to that opcode
        /// alone.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Rule {
            /// No immediates, one operand, one result.
            Unary,
            /// No immediates, two operands, one result.
            Binary,
            /// A memory access that reads a value.
            Load,
            /// A memory access that writes a value.
            Store,
            /// An integer constant.
            Integer,
            /// A float constant.
            Float,
            $($opcode,)*
            /// Any other instruction that has an arrow.
            Arrow,
            /// Only in tables by first byte: [`PREFIX_BYTE`], whose next bytes choose the rule.
            Prefix,
            /// The opcode chooses the rule.
            Other,
        }

        const fn rule(info: &OpcodeInfo) -> Rule {
            match info.opcode {
                $(Opcode::$opcode => Rule::$opcode,)*
                _ => match &info.arrow {
                    Some(arrow) => arrow_rule(info, arrow),
                    None => Rule::Other,
                },
            }
        }
    };
}

rules! {
    LocalGet LocalSet LocalTee GlobalGet GlobalSet Nop Drop Select Block Loop Try If Else End Br BrIf
    Call CallIndirect Unreachable Return
}

/// The first byte of most instructions on structs, arrays and references.
pub(super) const PREFIX_BYTE: u8 = Opcode::INFOS[Opcode::StructNew as usize].prefix;

const fn arrow_rule(info: &OpcodeInfo, arrow: &Arrow) -> Rule {
    match (info.kinds, arrow.params, arrow.results) {
        _ if matches!(info.class, Class::Atomic) => Rule::Arrow,
        ([], [_], [_]) => Rule::Unary,
        ([], [_, _], [_]) => Rule::Binary,
        ([Kind::MemArg], [ArrowType::at], [_]) => Rule::Load,
        ([Kind::MemArg], [ArrowType::at, _], []) => Rule::Store,
        ([Kind::I32 | Kind::I64], [], [_]) => Rule::Integer,
        ([Kind::F32 | Kind::F64], [], [_]) => Rule::Float,
        _ => Rule::Arrow,
    }
}

/// The feature that allows an instruction in constant expressions.
///
/// Spec: <https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions>
const fn constant(opcode: Opcode) -> Option<Feature> {
    match opcode {
        Opcode::I32Const
        | Opcode::I64Const
        | Opcode::F32Const
        | Opcode::F64Const
        | Opcode::V128Const
        | Opcode::GlobalGet
        | Opcode::RefNull
        | Opcode::RefFunc
        | Opcode::RefI31
        | Opcode::StructNew
        | Opcode::StructNewDefault
        | Opcode::ArrayNew
        | Opcode::ArrayNewDefault
        | Opcode::ArrayNewFixed
        | Opcode::AnyConvertExtern
        | Opcode::ExternConvertAny
        | Opcode::End => Some(Opcode::INFOS[opcode as usize].feature),
        Opcode::I32Add
        | Opcode::I32Sub
        | Opcode::I32Mul
        | Opcode::I64Add
        | Opcode::I64Sub
        | Opcode::I64Mul => Some(Feature::ExtendedConst),
        _ => None,
    }
}

/// The type that an arrow names. Arrows name no defined types.
pub(super) const fn arrow_type(ty: ArrowType) -> Ty {
    match ty.val_type() {
        Some(ty) => Ty::closed(ty),
        None => Ty::ADDRESS,
    }
}

/// The type of an expression that is a number: a constant instruction and `end`. Such an
/// instruction has no operands, so nothing else needs a check.
pub(crate) fn number_type(expr: &Expr<'_>, features: Features) -> Option<Ty> {
    let mut reader = Reader::at(expr.bytes(), 0, features);
    let ty = BY_OPCODE.get(reader.opcode().ok()? as usize)?;
    if !matches!(ty.rule, Rule::Integer | Rule::Float) {
        return None;
    }
    ty.opcode.kinds().try_for_each(|kind| read_immediate(kind, &mut reader)).ok()?;
    (reader.opcode() == Ok(Opcode::End) && reader.is_empty()).then_some(ty.result)
}

impl OpcodeType {
    /// The record of a code without an opcode. Its rule is never attempted.
    const NONE: OpcodeType = OpcodeType {
        params: [Ty::BOTTOM; 2],
        result: Ty::BOTTOM,
        opcode: Opcode::Unreachable,
        rule: Rule::Other,
        constant: None,
        align: 0,
        is_atomic: false,
    };

    const fn of(info: &OpcodeInfo) -> OpcodeType {
        let mut ty = OpcodeType {
            opcode: info.opcode,
            rule: rule(info),
            constant: constant(info.opcode),
            is_atomic: matches!(info.class, Class::Atomic),
            align: if info.access_bytes == 0 {
                0
            } else {
                info.access_bytes.trailing_zeros() as u8
            },
            ..OpcodeType::NONE
        };
        if let Some(arrow) = info.arrow {
            let mut i = 0;
            while i < arrow.params.len() && i < ty.params.len() {
                ty.params[i] = arrow_type(arrow.params[i]);
                i += 1;
            }
            if let [result, ..] = arrow.results {
                ty.result = arrow_type(*result);
            }
        }
        ty
    }
}

/// The record of each opcode.
pub(super) static BY_OPCODE: [OpcodeType; Opcode::INFOS.len()] = {
    let mut types = [OpcodeType::NONE; Opcode::INFOS.len()];
    let mut i = 0;
    while i < types.len() {
        types[i] = OpcodeType::of(&Opcode::INFOS[i]);
        i += 1;
    }
    types
};

/// The opcodes that may stand in an expression, by their codes. Only these are attempted.
#[derive(Clone, Debug)]
pub(super) struct ByCode {
    /// The opcodes of one byte, and [`PREFIX_BYTE`].
    pub(super) by_byte: [OpcodeType; 256],
    /// The opcodes behind [`PREFIX_BYTE`].
    pub(super) prefixed: [OpcodeType; PREFIXED],
}

/// The bound of the codes behind [`PREFIX_BYTE`].
const PREFIXED: usize = 64;

/// The opcodes that a set of features has.
#[derive(Clone, Debug)]
pub(super) struct Opcodes {
    pub(super) features: Features,
    any: ByCode,
    /// The opcodes that may stand in constant expressions.
    constant: ByCode,
}

impl Opcodes {
    /// The opcodes of the default features.
    pub(super) const DEFAULT: &Opcodes = {
        static DEFAULT: Opcodes = Opcodes::of(Features::DEFAULT);
        &DEFAULT
    };

    pub(super) const fn of(features: Features) -> Opcodes {
        Opcodes { features, any: by_code(features, false), constant: by_code(features, true) }
    }

    pub(super) fn by_code(&self, is_constant: bool) -> &ByCode {
        if is_constant { &self.constant } else { &self.any }
    }
}

const fn by_code(features: Features, constant_only: bool) -> ByCode {
    let mut by_byte = [OpcodeType::NONE; 256];
    let mut prefixed = [OpcodeType::NONE; PREFIXED];
    by_byte[PREFIX_BYTE as usize] = OpcodeType { rule: Rule::Prefix, ..OpcodeType::NONE };
    let mut i = 0;
    while i < Opcode::INFOS.len() {
        let info = &Opcode::INFOS[i];
        let is_constant = match constant(info.opcode) {
            Some(feature) => feature as u8 == info.feature as u8,
            None => false,
        };
        if features.contains(info.feature) && (is_constant || !constant_only) {
            match info.prefix {
                0 => by_byte[info.code as usize] = OpcodeType::of(info),
                PREFIX_BYTE => prefixed[info.code as usize] = OpcodeType::of(info),
                _ => {}
            }
        }
        i += 1;
    }
    ByCode { by_byte, prefixed }
}

/// The number of lanes that a lane index chooses from, computed from the width of the access or
/// else from the mnemonic, such as `i16x8.extract_lane_s`.
pub(super) const fn lanes(info: &OpcodeInfo) -> u8 {
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
