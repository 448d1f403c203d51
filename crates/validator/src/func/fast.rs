//! The commonest instructions once more, in their commonest form: short immediates, operands of
//! just the types that are asked for, blocks of at most one result.
//!
//! Nothing is decided here that the rules would decide otherwise: an instruction that is not as
//! simple as can be is left to them, untouched, and so is every error. Position and stack height
//! stay in registers meanwhile, which is what it is for.

use wattle_ast::{AbsHeapType, Reader};

use super::Checker;
use super::arrows::{Action, COMMON, gc};
use super::short::{block_type, has_references, heap_type, index, long_index, short_integer};
use super::stack::{BlockKind, Frame};
use crate::registry::Structure;
use crate::ty::Ty;

/// Whether an action may be that of a constant expression.
#[inline(always)]
fn is_constant(action: Action) -> bool {
    use Action::{End, FloatConst, Gc, GlobalGet, I32Const, I64Const, RefFunc, RefNull};
    matches!(action, I32Const | I64Const | FloatConst | GlobalGet | RefNull | RefFunc | Gc | End)
}

/// Whether an instruction that begins with `byte` may be simple.
#[inline(always)]
pub(super) fn may_be_simple(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| COMMON[usize::from(byte)].action != Action::Leave)
}

impl Checker<'_, '_> {
    /// Checks instructions as long as they are simple. Few of them may be in a constant
    /// expression. Tells whether it came to the final `end`, and all is well.
    #[inline(always)]
    pub(super) fn skim<const CONST: bool>(&mut self, reader: &mut Reader<'_>) -> bool {
        let code = reader.bytes();
        let mut pos = reader.pos();
        let (types, registry, memory0) = (self.types, self.registry, self.memory0);
        let (locals, sets) = self.locals.parts();
        let has_references = has_references(types);
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
        // Whether the topmost operands match these types, all of one block.
        macro_rules! fit {
            ($types:expr) => {
                len.checked_sub($types.len()).and_then(|base| stack.get(base..len)).is_some_and(
                    |operands| operands.iter().zip($types).all(|(&a, &b)| registry.matches(a, b)),
                )
            };
        }
        macro_rules! set_unreachable {
            () => {
                len = height + 1;
                replace!(0, Ty::UNREACHABLE);
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
                Action::LocalSet | Action::LocalTee => {
                    let Some(local) = index(code, pos + 1) else { break };
                    let Some(slot) = locals.get_mut(local) else { break };
                    let ty = slot.without_flag();
                    if !registry.matches(below!(0), ty) {
                        break;
                    }
                    if slot.has_flag() {
                        *slot = ty;
                        sets.push(local as u32);
                    }
                    if action == Action::LocalSet {
                        len -= 1;
                    } else {
                        replace!(0, ty);
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
                Action::FloatConst => {
                    let size = if common.result == Ty::F32 { 4 } else { 8 };
                    if code.len() - pos <= size {
                        break;
                    }
                    push!(common.result);
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
                    if CONST && (ty.has_flag() || !has_references) {
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
                    if !has_references {
                        break;
                    }
                    push!(ty);
                    pos += 1 + size;
                }
                Action::RefFunc => {
                    let Some((func, size)) = long_index(code, pos + 1) else { break };
                    let Some(id) = types.funcs.get(func) else { break };
                    if !has_references {
                        break;
                    }
                    if CONST {
                        self.declared.push(func as u32);
                    } else if !types.is_declared(func as u32) {
                        break;
                    }
                    push!(Ty::defined(id.0, false));
                    pos += 1 + size;
                }
                Action::RefIsNull | Action::RefAsNonNull => {
                    let top = below!(0);
                    if !has_references || !top.is_ref() {
                        break;
                    }
                    let is_null = action == Action::RefIsNull;
                    replace!(0, if is_null { Ty::I32 } else { top.nullable(false) });
                    pos += 1;
                }
                Action::RefEq => {
                    const EQREF: Ty = Ty::abs(AbsHeapType::Eq, true);
                    if !has_references || !fit!(&[EQREF, EQREF]) {
                        break;
                    }
                    replace!(1, Ty::I32);
                    len -= 1;
                    pos += 1;
                }
                Action::Gc => {
                    let Some(&second) = code.get(pos + 1) else { break };
                    let constant = matches!(second, gc::STRUCT_NEW | gc::ARRAY_NEW_FIXED);
                    if !has_references || (CONST && !constant) {
                        break;
                    }
                    if (gc::REF_TEST..=gc::REF_CAST_NULL).contains(&second) {
                        let Some((ty, size)) = heap_type(types, code, pos + 2) else { break };
                        let nullable = matches!(second, gc::REF_TEST_NULL | gc::REF_CAST_NULL);
                        if !registry.matches(below!(0), registry.top(ty)) {
                            break;
                        }
                        let tests = matches!(second, gc::REF_TEST | gc::REF_TEST_NULL);
                        replace!(0, if tests { Ty::I32 } else { ty.nullable(nullable) });
                        pos += 2 + size;
                        continue;
                    }
                    let Some((index, size)) = long_index(code, pos + 2) else { break };
                    let Some(id) = types.ids.get(index) else { break };
                    let structure = registry.structure(id.0);
                    let (fields, reference) = (registry.fields(id.0), Ty::defined(id.0, true));
                    let operand = self::index(code, pos + 2 + size);
                    pos += match (second, structure, fields) {
                        (gc::STRUCT_NEW, Structure::Struct, _) => {
                            let Some(base) = len.checked_sub(fields.len()) else { break };
                            let operands = stack.get(base..len).unwrap_or_default();
                            let fits = |(&operand, field): (&Ty, &Ty)| {
                                registry.matches(operand, field.without_flag().unpacked())
                            };
                            if !operands.iter().zip(fields).all(fits) {
                                break;
                            }
                            len = base;
                            push!(reference.nullable(false));
                            2 + size
                        }
                        (gc::STRUCT_GET, Structure::Struct, _) => {
                            let Some(field) = operand.and_then(|at| fields.get(at)) else { break };
                            if field.without_flag().is_packed() || !fit!(&[reference]) {
                                break;
                            }
                            replace!(0, field.without_flag());
                            3 + size
                        }
                        (gc::STRUCT_SET, Structure::Struct, _) => {
                            let Some(field) = operand.and_then(|at| fields.get(at)) else { break };
                            let value = field.without_flag().unpacked();
                            if !field.has_flag() || !fit!(&[reference, value]) {
                                break;
                            }
                            len -= 2;
                            3 + size
                        }
                        (gc::ARRAY_NEW_FIXED, Structure::Array, [elem]) => {
                            let most = types.limits.array_operands as usize;
                            let Some(count) = operand.filter(|&count| count <= most) else { break };
                            let elem = elem.without_flag().unpacked();
                            let Some(base) = len.checked_sub(count) else { break };
                            let operands = stack.get(base..len).unwrap_or_default();
                            if !operands.iter().all(|&operand| registry.matches(operand, elem)) {
                                break;
                            }
                            len = base;
                            push!(reference.nullable(false));
                            3 + size
                        }
                        (gc::ARRAY_GET, Structure::Array, [elem]) => {
                            let elem = elem.without_flag();
                            if elem.is_packed() || !fit!(&[reference, Ty::I32]) {
                                break;
                            }
                            len -= 1;
                            replace!(0, elem);
                            2 + size
                        }
                        (gc::ARRAY_SET, Structure::Array, [elem]) => {
                            let value = elem.without_flag().unpacked();
                            if !elem.has_flag() || !fit!(&[reference, Ty::I32, value]) {
                                break;
                            }
                            len -= 3;
                            2 + size
                        }
                        _ => break,
                    };
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
                    let Some((signature, size)) = block_type(types, has_references, code, pos + 1)
                    else {
                        break;
                    };
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
                    let sets = sets.len() as u32;
                    frames.push(Frame { kind, signature, height, sets, table: 0 });
                    pos += 1 + size;
                }
                Action::Else => {
                    let Some(frame) = frames.last_mut() else { break };
                    if frame.kind != BlockKind::If || frame.sets != sets.len() as u32 {
                        break;
                    }
                    let Some(result) = frame.signature.simple() else { break };
                    let is_left = match result {
                        None => len == height + 1,
                        Some(_) if len == height + 1 => below!(0) == Ty::UNREACHABLE,
                        Some(ty) => len == height + 2 && registry.matches(below!(0), ty),
                    };
                    if !is_left {
                        break;
                    }
                    frame.kind = BlockKind::Else;
                    len = height + 1;
                    replace!(0, Ty::BARRIER);
                    pos += 1;
                }
                Action::End => {
                    let (outer, frame) = match frames.as_slice() {
                        [.., outer, frame] => (outer, frame),
                        [frame] => {
                            let results = frame.label(registry);
                            let fits = len == 1 + results.len() && fit!(results);
                            if pos + 1 != code.len() || !fits {
                                break;
                            }
                            return true;
                        }
                        [] => break,
                    };
                    // What must be undone after a block, the rules see to.
                    if frame.sets != sets.len() as u32 {
                        break;
                    }
                    let outer_height = outer.height as usize;
                    match frame.signature.simple() {
                        Some(None) if len == height + 1 => len = height,
                        Some(Some(_)) if frame.kind == BlockKind::If => break,
                        Some(Some(ty)) if len == height + 2 && registry.matches(below!(0), ty) => {
                            replace!(1, ty);
                            len = height + 1;
                        }
                        Some(Some(ty)) if len == height + 1 && below!(0) == Ty::UNREACHABLE => {
                            replace!(0, ty);
                        }
                        _ => break,
                    }
                    height = outer_height;
                    frames.pop();
                    pos += 1;
                }
                Action::Unreachable => {
                    set_unreachable!();
                    pos += 1;
                }
                Action::Return => {
                    let Some(frame) = frames.first() else { break };
                    if !fit!(frame.label(registry)) {
                        break;
                    }
                    set_unreachable!();
                    pos += 1;
                }
                Action::Br => {
                    let Some(label) = index(code, pos + 1) else { break };
                    let Some(frame) = frames.get(frames.len().wrapping_sub(1 + label)) else {
                        break;
                    };
                    if !fit!(frame.label(registry)) {
                        break;
                    }
                    set_unreachable!();
                    pos += 2;
                }
                Action::BrIf | Action::BrOnNull | Action::BrOnNonNull => {
                    let Some(label) = index(code, pos + 1) else { break };
                    let Some(frame) = frames.get(frames.len().wrapping_sub(1 + label)) else {
                        break;
                    };
                    let (top, types) = (below!(0), frame.label(registry));
                    match (action, types) {
                        (Action::BrIf, []) if top == Ty::I32 => len -= 1,
                        (Action::BrOnNull, []) if has_references && top.is_ref() => {
                            replace!(0, top.nullable(false));
                        }
                        (Action::BrOnNonNull, &[ty])
                            if has_references
                                && ty.is_ref()
                                && registry.matches(top, ty.nullable(true)) =>
                        {
                            len -= 1;
                        }
                        _ => break,
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
                Action::CallIndirect => {
                    let Some((index, size)) = long_index(code, pos + 1) else { break };
                    let Some(table) = self::index(code, pos + 1 + size) else { break };
                    let (Some(id), Some(table)) = (types.ids.get(index), types.tables.get(table))
                    else {
                        break;
                    };
                    let Some((params, results)) = registry.func(id.0) else { break };
                    if !has_references
                        || below!(0) != table.addr
                        || !registry.matches(table.elem, Ty::FUNCREF)
                    {
                        break;
                    }
                    len -= 1;
                    if !fit!(params) {
                        len += 1;
                        break;
                    }
                    let base = len - params.len();
                    let Some(slots) = stack.get_mut(base..base + results.len()) else {
                        len += 1;
                        break;
                    };
                    slots.copy_from_slice(results);
                    len = base + results.len();
                    pos += 2 + size;
                }
            }
        }
        *stack_len = len;
        self.height = height;
        reader.seek(pos);
        false
    }
}
