//! The commonest instructions once more, in their commonest form: short immediates, operands of
//! just the types that are asked for, blocks of at most one result.
//!
//! Nothing is decided here that the rules would decide otherwise: an instruction that is not as
//! simple as can be is left to them, untouched, and so is every error. Position and stack height
//! stay in registers meanwhile, which is what it is for.

use wattle_ast::{AbsHeapType, Feature, Reader};

use super::Checker;
use super::arrows::{Action, COMMON, STRUCT_GET, STRUCT_NEW, STRUCT_SET};
use super::stack::{BlockKind, Frame, Signature};
use crate::Types;
use crate::registry::Structure;
use crate::ty::{self, Ty};

/// The type of a block that begins with `byte`, if it is empty or one number.
#[inline(always)]
fn block_type(byte: Option<&u8>) -> Option<Signature> {
    Some(match byte {
        Some(0x40) => Signature::EMPTY,
        Some(0x7f) => Signature::value(Ty::I32),
        Some(0x7e) => Signature::value(Ty::I64),
        Some(0x7d) => Signature::value(Ty::F32),
        Some(0x7c) => Signature::value(Ty::F64),
        _ => return None,
    })
}

/// The type that the heap type at `at` names, nullable, and its length. None of these belongs to
/// any feature but garbage collection and what that implies.
#[inline(always)]
fn heap_type(types: &Types, code: &[u8], at: usize) -> Option<(Ty, usize)> {
    let byte = *code.get(at)?;
    let (index, size) = match byte {
        0..0x40 => (u32::from(byte), 1),
        0x80.. => {
            let high = code.get(at + 1).copied().filter(|&high| high < 0x40)?;
            (u32::from(byte & 0x7f) | u32::from(high) << 7, 2)
        }
        _ => {
            let heap = AbsHeapType::from_code(byte)?;
            let elsewhere = matches!(ty::top(heap), AbsHeapType::Exn | AbsHeapType::Cont);
            return if elsewhere { None } else { Some((Ty::abs(heap, true), 1)) };
        }
    };
    Some((types.defined(index, true)?, size))
}

/// The length of an integer of at most 28 bits that begins at `at`: any such integer is in range.
#[inline(always)]
fn short_integer(code: &[u8], at: usize) -> Option<usize> {
    let bytes = code.get(at..)?.first_chunk::<4>()?;
    let last = !u32::from_le_bytes(*bytes) & 0x8080_8080;
    if last == 0 { None } else { Some(last.trailing_zeros() as usize / 8 + 1) }
}

/// The index that begins at `at`, if it takes one byte.
#[inline(always)]
fn index(code: &[u8], at: usize) -> Option<usize> {
    code.get(at).map(|&byte| usize::from(byte)).filter(|&index| index < 0x80)
}

/// The index that begins at `at`, and its length.
#[inline(always)]
fn long_index(code: &[u8], at: usize) -> Option<(usize, usize)> {
    let &[a, b, c] = code.get(at..)?.first_chunk::<3>()?;
    let [low, middle, high] = [a, b, c].map(|byte| usize::from(byte & 0x7f));
    if a < 0x80 {
        Some((low, 1))
    } else if b < 0x80 {
        Some((low | middle << 7, 2))
    } else if c < 0x80 {
        Some((low | middle << 7 | high << 14, 3))
    } else {
        None
    }
}

/// Whether an action may be that of a constant expression.
#[inline(always)]
fn is_constant(action: Action) -> bool {
    use Action::{GlobalGet, I32Const, I64Const, RefNull, Struct};
    matches!(action, I32Const | I64Const | GlobalGet | RefNull | Struct)
}

/// Whether an instruction that begins with `byte` may be simple.
#[inline(always)]
pub(super) fn may_be_simple(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| COMMON[usize::from(byte)].action != Action::Leave)
}

impl Checker<'_, '_> {
    /// Checks instructions as long as they are simple. Few of them may be in a constant
    /// expression.
    #[inline(always)]
    pub(super) fn skim<const CONST: bool>(&mut self, reader: &mut Reader<'_>) {
        let code = reader.bytes();
        let mut pos = reader.pos();
        let (types, registry, memory0) = (self.types, self.registry, self.memory0);
        let locals = self.locals.flat.as_slice();
        let sets = self.locals.sets();
        let has_gc = [Feature::Gc, Feature::FunctionReferences, Feature::ReferenceTypes]
            .iter()
            .all(|&feature| types.features.contains(feature));
        let mut height = self.height;
        let frames = &mut *self.frames;
        let (stack, stack_len) = self.operands.parts();
        let mut len = *stack_len;
        // The operand `n` below the top, or a type that is none.
        macro_rules! below {
            ($n:literal) => {
                stack.get(len.wrapping_sub($n + 1)).copied().unwrap_or(Ty::BARRIER)
            };
        }
        macro_rules! replace {
            ($n:literal, $ty:expr) => {
                if let Some(slot) = stack.get_mut(len.wrapping_sub($n + 1)) {
                    *slot = $ty;
                }
            };
        }
        macro_rules! push {
            ($ty:expr) => {
                match stack.get_mut(len) {
                    Some(slot) => *slot = $ty,
                    None => break,
                }
                len += 1;
            };
        }
        while let Some(&byte) = code.get(pos) {
            let common = &COMMON[usize::from(byte)];
            let action = common.action;
            if CONST && !is_constant(action) {
                break;
            }
            match action {
                Action::Leave => break,
                Action::LocalGet => {
                    let Some(local) = index(code, pos + 1) else { break };
                    match locals.get(local) {
                        Some(&ty) if !ty.has_flag() => {
                            push!(ty);
                        }
                        _ => break,
                    }
                    pos += 2;
                }
                Action::LocalSet => {
                    let Some(local) = index(code, pos + 1) else { break };
                    let matching = |ty: &Ty| !ty.has_flag() && registry.matches(below!(0), *ty);
                    if !locals.get(local).is_some_and(matching) {
                        break;
                    }
                    len -= 1;
                    pos += 2;
                }
                Action::LocalTee => {
                    let Some(local) = index(code, pos + 1) else { break };
                    match locals.get(local) {
                        Some(&ty) if !ty.has_flag() && registry.matches(below!(0), ty) => {
                            replace!(0, ty);
                        }
                        _ => break,
                    }
                    pos += 2;
                }
                Action::Unary => {
                    if below!(0) != common.a {
                        break;
                    }
                    replace!(0, common.result);
                    pos += 1;
                }
                Action::Binary => {
                    if below!(0) != common.b || below!(1) != common.a {
                        break;
                    }
                    replace!(1, common.result);
                    len -= 1;
                    pos += 1;
                }
                Action::I32Const => {
                    let Some(size) = short_integer(code, pos + 1) else { break };
                    push!(Ty::I32);
                    pos += 1 + size;
                }
                Action::I64Const => {
                    let Some(size) = short_integer(code, pos + 1) else { break };
                    push!(Ty::I64);
                    pos += 1 + size;
                }
                Action::Load => {
                    let Some(&align) = code.get(pos + 1) else { break };
                    let Some(size) = short_integer(code, pos + 2) else { break };
                    if align > common.align || below!(0) != memory0 {
                        break;
                    }
                    replace!(0, common.result);
                    pos += 2 + size;
                }
                Action::Store => {
                    let Some(&align) = code.get(pos + 1) else { break };
                    let Some(size) = short_integer(code, pos + 2) else { break };
                    if align > common.align || below!(0) != common.a || below!(1) != memory0 {
                        break;
                    }
                    len -= 2;
                    pos += 2 + size;
                }
                Action::GlobalGet => {
                    let Some((global, size)) = long_index(code, pos + 1) else { break };
                    let Some(ty) = types.globals.get(global) else { break };
                    if CONST && (ty.has_flag() || !has_gc) {
                        break;
                    }
                    push!(ty.without_flag());
                    pos += 1 + size;
                }
                Action::GlobalSet => {
                    let Some((global, size)) = long_index(code, pos + 1) else { break };
                    match types.globals.get(global) {
                        Some(ty) if ty.has_flag() && below!(0) == ty.without_flag() => {}
                        _ => break,
                    }
                    len -= 1;
                    pos += 1 + size;
                }
                Action::RefNull => {
                    let Some((ty, size)) = heap_type(types, code, pos + 1) else { break };
                    if !has_gc {
                        break;
                    }
                    push!(ty);
                    pos += 1 + size;
                }
                Action::Struct => {
                    let Some(&second) = code.get(pos + 1) else { break };
                    if !has_gc || (CONST && second != STRUCT_NEW) {
                        break;
                    }
                    let Some((index, size)) = long_index(code, pos + 2) else { break };
                    let Some(id) = types.ids.get(index) else { break };
                    if registry.structure(id.0) != Structure::Struct {
                        break;
                    }
                    let fields = registry.fields(id.0);
                    if second == STRUCT_NEW {
                        let Some(base) = len.checked_sub(fields.len()) else { break };
                        let operands = stack.get(base..len).unwrap_or_default();
                        let fits = |(&operand, field): (&Ty, &Ty)| {
                            registry.matches(operand, field.without_flag().unpacked())
                        };
                        if !operands.iter().zip(fields).all(fits) {
                            break;
                        }
                        len = base;
                        push!(Ty::defined(id.0, false));
                        pos += 2 + size;
                        continue;
                    }
                    let Some(field) = self::index(code, pos + 2 + size) else { break };
                    let Some(&field) = fields.get(field) else { break };
                    let (ty, reference) = (field.without_flag(), Ty::defined(id.0, true));
                    match second {
                        STRUCT_GET if !ty.is_packed() && registry.matches(below!(0), reference) => {
                            replace!(0, ty);
                        }
                        STRUCT_SET
                            if field.has_flag()
                                && registry.matches(below!(0), ty.unpacked())
                                && registry.matches(below!(1), reference) =>
                        {
                            len -= 2;
                        }
                        _ => break,
                    }
                    pos += 3 + size;
                }
                Action::Drop => {
                    let top = below!(0);
                    if top == Ty::BARRIER || top == Ty::UNREACHABLE {
                        break;
                    }
                    len -= 1;
                    pos += 1;
                }
                Action::Block | Action::Loop | Action::If => {
                    let Some(signature) = block_type(code.get(pos + 1)) else { break };
                    let kind = match action {
                        Action::Loop => BlockKind::Loop,
                        Action::If if below!(0) != Ty::I32 => break,
                        Action::If => {
                            len -= 1;
                            BlockKind::If
                        }
                        _ => BlockKind::Block,
                    };
                    push!(Ty::BARRIER);
                    height = len - 1;
                    let height = height as u32;
                    frames.push(Frame { kind, signature, height, sets, table: 0 });
                    pos += 2;
                }
                Action::End => {
                    // The last `end`, and what must be undone after a block, the rules see to.
                    let [.., outer, frame] = frames.as_slice() else { break };
                    if frame.sets != sets {
                        break;
                    }
                    let outer_height = outer.height as usize;
                    match frame.signature.simple() {
                        Some(Ty::BOTTOM) if len == height + 1 => len = height,
                        Some(ty)
                            if len == height + 2
                                && below!(0) == ty
                                && frame.kind != BlockKind::If =>
                        {
                            replace!(1, ty);
                            len = height + 1;
                        }
                        _ => break,
                    }
                    height = outer_height;
                    frames.pop();
                    pos += 1;
                }
                Action::Br | Action::BrIf => {
                    let Some(label) = index(code, pos + 1) else { break };
                    let target = frames.len().wrapping_sub(1 + label);
                    match frames.get(target) {
                        Some(frame) if frame.signature == Signature::EMPTY => {}
                        Some(frame)
                            if frame.kind == BlockKind::Loop
                                && frame.signature.simple().is_some() => {}
                        _ => break,
                    }
                    if action == Action::Br {
                        len = height + 1;
                        replace!(0, Ty::UNREACHABLE);
                    } else if below!(0) == Ty::I32 {
                        len -= 1;
                    } else {
                        break;
                    }
                    pos += 2;
                }
                Action::Call => {
                    let Some((func, size)) = long_index(code, pos + 1) else { break };
                    let Some(id) = types.funcs.get(func) else { break };
                    let Some((params, results)) = registry.func(id.0) else { break };
                    let Some(base) = len.checked_sub(params.len()) else { break };
                    let operands = stack.get(base..len).unwrap_or_default();
                    if !operands.iter().zip(params).all(|(&a, &b)| registry.matches(a, b)) {
                        break;
                    }
                    let Some(slots) = stack.get_mut(base..base + results.len()) else { break };
                    slots.copy_from_slice(results);
                    len = base + results.len();
                    pos += 1 + size;
                }
            }
        }
        *stack_len = len;
        self.height = height;
        reader.seek(pos);
    }
}
