//! Structs, arrays, casts, and the making of exceptions.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/instructions.html#aggregate-instructions>

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::Opcode;

use super::rare::{self, slot};
use super::run::Window;
use crate::code::{Function, Op, Slot};
use crate::heap::{Heap, Payload};
use crate::state::{InstanceInst, State};
use crate::translate::access;
use crate::trap::Trap;
use crate::types::{Storage, TypeId, widths};

/// Whether a reference matches a heap type of the function; `nullable` says whether null does.
#[inline]
pub(super) fn test(
    state: &State,
    instance: &InstanceInst,
    function: &Function,
    slot: u64,
    heap_type: u32,
    nullable: Slot,
) -> Result<bool, Trap> {
    if slot == 0 {
        return Ok(nullable != 0);
    }
    let ty = *function.heap_types.get(heap_type as usize).ok_or(Trap::InvalidCode)?;
    Ok(state.ref_matches(slot, State::heap_type(instance, ty)?))
}

const fn storage(number: u32) -> Storage {
    match number & (access::SIGNED - 1) {
        0 => Storage::I8,
        1 => Storage::I16,
        2 => Storage::Word,
        3 => Storage::Double,
        4 => Storage::Vector,
        _ => Storage::Ref,
    }
}

/// A narrow value, extended.
const fn extend(value: u64, how: u32) -> u64 {
    match (storage(how), how & access::SIGNED != 0) {
        (Storage::I8, true) => value as i8 as i32 as u32 as u64,
        (Storage::I16, true) => value as i16 as i32 as u32 as u64,
        _ => value,
    }
}

/// A value as it is stored.
const fn narrow(value: u64, storage: Storage) -> u64 {
    match storage {
        Storage::I8 => value & 0xff,
        Storage::I16 => value & 0xffff,
        _ => value,
    }
}

fn fields(heap: &Heap, object: u64) -> Result<&[u64], Trap> {
    if object == 0 {
        return Err(Trap::NullStructure);
    }
    match heap.get(object).map(|object| &object.payload) {
        Some(Payload::Struct(slots)) => Ok(slots),
        _ => Err(Trap::InvalidCode),
    }
}

#[inline]
pub(super) fn struct_get(heap: &Heap, frame: &mut Window, op: &Op) -> Result<(), Trap> {
    let fields = fields(heap, frame[op.b as usize])?;
    let at = op.low() as usize;
    let value = *fields.get(at).ok_or(Trap::InvalidCode)?;
    if storage(op.high()) == Storage::Vector {
        frame[op.a.wrapping_add(1) as usize] = *fields.get(at + 1).ok_or(Trap::InvalidCode)?;
    }
    frame[op.a as usize] = extend(value, op.high());
    Ok(())
}

#[inline]
pub(super) fn struct_set(heap: &mut Heap, frame: &Window, op: &Op) -> Result<(), Trap> {
    let object = frame[op.a as usize];
    if object == 0 {
        return Err(Trap::NullStructure);
    }
    let Some(Payload::Struct(fields)) = heap.get_mut(object).map(|object| &mut object.payload)
    else {
        return Err(Trap::InvalidCode);
    };
    let (at, storage) = (op.low() as usize, storage(op.high()));
    let place = fields.get_mut(at).ok_or(Trap::InvalidCode)?;
    *place = narrow(frame[op.b as usize], storage);
    if storage == Storage::Vector {
        let place = fields.get_mut(at + 1).ok_or(Trap::InvalidCode)?;
        *place = frame[op.b.wrapping_add(1) as usize];
    }
    Ok(())
}

/// How many elements a payload has.
fn len(payload: &Payload, storage: Storage) -> Result<usize, Trap> {
    match payload {
        Payload::Refs(refs) => Ok(refs.len()),
        Payload::Bytes(bytes) => Ok(bytes.len() / storage.bytes()),
        _ => Err(Trap::InvalidCode),
    }
}

fn array(heap: &Heap, object: u64) -> Result<&Payload, Trap> {
    if object == 0 {
        return Err(Trap::NullArray);
    }
    heap.get(object).map(|object| &object.payload).ok_or(Trap::InvalidCode)
}

fn array_mut(heap: &mut Heap, object: u64) -> Result<&mut Payload, Trap> {
    if object == 0 {
        return Err(Trap::NullArray);
    }
    heap.get_mut(object).map(|object| &mut object.payload).ok_or(Trap::InvalidCode)
}

pub(super) fn array_len(state: &State, object: u64) -> Result<u64, Trap> {
    let payload = array(&state.heap, object)?;
    let ty = state.heap.get(object).map_or(0, |object| object.ty);
    Ok(len(payload, element(state, ty)?)? as u64)
}

fn element(state: &State, ty: TypeId) -> Result<Storage, Trap> {
    let ty = state.types.get(ty).ok_or(Trap::InvalidCode)?;
    ty.fields.first().map(|&(_, storage)| storage).ok_or(Trap::InvalidCode)
}

/// An element: one slot, or two when it is a vector.
#[inline]
fn load(payload: &Payload, at: usize, storage: Storage) -> Result<[u64; 2], Trap> {
    let out = Trap::ArrayOutOfBounds;
    match payload {
        Payload::Refs(refs) => Ok([*refs.get(at).ok_or(out)?, 0]),
        Payload::Bytes(bytes) => {
            let size = storage.bytes();
            let start = at.checked_mul(size).ok_or(out)?;
            let bytes = bytes.get(start..).and_then(|rest| rest.get(..size)).ok_or(out)?;
            let mut value = [0; 16];
            value.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            let value = u128::from_le_bytes(value);
            Ok([value as u64, (value >> 64) as u64])
        }
        _ => Err(Trap::InvalidCode),
    }
}

#[inline]
fn store(payload: &mut Payload, at: usize, storage: Storage, value: [u64; 2]) -> Result<(), Trap> {
    let out = Trap::ArrayOutOfBounds;
    match payload {
        Payload::Refs(refs) => *refs.get_mut(at).ok_or(out)? = value[0],
        Payload::Bytes(bytes) => {
            let size = storage.bytes();
            let start = at.checked_mul(size).ok_or(out)?;
            let bytes = bytes.get_mut(start..).and_then(|rest| rest.get_mut(..size)).ok_or(out)?;
            let value = u128::from(value[0]) | u128::from(value[1]) << 64;
            bytes.iter_mut().zip(value.to_le_bytes()).for_each(|(to, from)| *to = from);
        }
        _ => return Err(Trap::InvalidCode),
    }
    Ok(())
}

#[inline]
pub(super) fn array_get(heap: &Heap, frame: &mut Window, op: &Op) -> Result<(), Trap> {
    let payload = array(heap, frame[op.b as usize])?;
    let storage = storage(op.high());
    let value = load(payload, frame[op.c as usize] as u32 as usize, storage)?;
    frame[op.a as usize] = extend(value[0], op.high());
    if storage == Storage::Vector {
        frame[op.a.wrapping_add(1) as usize] = value[1];
    }
    Ok(())
}

#[inline]
pub(super) fn array_set(heap: &mut Heap, frame: &Window, op: &Op) -> Result<(), Trap> {
    let payload = array_mut(heap, frame[op.a as usize])?;
    let value = [frame[op.c as usize], frame[op.c.wrapping_add(1) as usize]];
    store(payload, frame[op.b as usize] as u32 as usize, storage(op.high()), value)
}

/// A new exception of tag `imm` with its values.
pub(super) fn exception(
    state: &mut State,
    instance: &InstanceInst,
    frame: &Window,
    op: &Op,
) -> Result<u64, Trap> {
    let invalid = Trap::InvalidCode;
    let tag = *instance.tags.get(op.low() as usize).ok_or(invalid)?;
    let ty = state.tags.get(tag as usize).ok_or(invalid)?.ty;
    let slots = widths(state.types.func(ty).ok_or(invalid)?.params());
    let start = op.a as usize;
    let values = frame.get(start..start + slots).ok_or(invalid)?;
    state.heap.add(tag, Payload::Exn(values.into())).ok_or(Trap::HeapExhausted)
}

/// A zeroed buffer, or nothing when there is no room.
fn zeroed<T: Copy + Default>(heap: &Heap, len: usize) -> Result<Box<[T]>, Trap> {
    let full = Trap::HeapExhausted;
    let bytes = len.checked_mul(size_of::<T>()).ok_or(full)?;
    if !heap.fits(bytes) {
        return Err(full);
    }
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(len).map_err(|_| full)?;
    buffer.resize(len, T::default());
    Ok(buffer.into_boxed_slice())
}

/// An array of so many zeros or nulls.
fn new_array(heap: &Heap, storage: Storage, len: usize) -> Result<Payload, Trap> {
    if storage == Storage::Ref {
        return zeroed(heap, len).map(Payload::Refs);
    }
    let bytes = len.checked_mul(storage.bytes()).ok_or(Trap::HeapExhausted)?;
    zeroed(heap, bytes).map(Payload::Bytes)
}

/// The bytes of a data segment: none when it was dropped.
fn data<'i>(state: &State, instance: &'i InstanceInst, index: u32) -> Result<&'i [u8], Trap> {
    let dropped = *state.datas.get((instance.datas + index) as usize).ok_or(Trap::InvalidCode)?;
    let data = instance.module.ast().datas.get(index as usize).ok_or(Trap::InvalidCode)?;
    Ok(if dropped { &[] } else { &data.bytes })
}

/// The range of `len` elements from `start` on.
pub(super) fn range(
    start: u64,
    len: u64,
    size: usize,
    trap: Trap,
) -> Result<core::ops::Range<usize>, Trap> {
    let end = start.checked_add(len).filter(|&end| end <= size as u64).ok_or(trap)?;
    Ok(start as usize..end as usize)
}

/// `struct.new`, `array.new` and their kin.
pub(super) fn alloc(
    state: &mut State,
    instance: &InstanceInst,
    frame: &mut Window,
    op: &Op,
) -> Result<(), Trap> {
    let invalid = Trap::InvalidCode;
    let ty = instance.ty(op.low())?;
    let start = op.a as usize;
    let at = |nth| slot(frame, op.a, nth);
    let defined = state.types.get(ty).ok_or(invalid)?;
    let payload = match rare::opcode(op)? {
        Opcode::StructNew => {
            let mut slots: Box<[u64]> =
                frame.get(start..start + defined.slots).ok_or(invalid)?.into();
            for &(slot, storage) in &defined.fields {
                if let Some(value) = slots.get_mut(usize::from(slot)) {
                    *value = narrow(*value, storage);
                }
            }
            Payload::Struct(slots)
        }
        Opcode::StructNewDefault => Payload::Struct(zeroed(&state.heap, defined.slots)?),
        Opcode::ArrayNew => {
            let storage = element(state, ty)?;
            let count = at(if storage == Storage::Vector { 2 } else { 1 }) as u32 as usize;
            let mut payload = new_array(&state.heap, storage, count)?;
            fill(&mut payload, 0..count, storage, [at(0), at(1)])?;
            payload
        }
        Opcode::ArrayNewDefault => {
            new_array(&state.heap, element(state, ty)?, at(0) as u32 as usize)?
        }
        Opcode::ArrayNewFixed => {
            let storage = element(state, ty)?;
            let count = op.high() as usize;
            let mut payload = new_array(&state.heap, storage, count)?;
            let width = if storage == Storage::Vector { 2 } else { 1 };
            for nth in 0..count {
                let from = start + nth * width;
                let value = [frame.get(from), frame.get(from + 1)].map(|slot| slot.copied());
                store(&mut payload, nth, storage, value.map(Option::unwrap_or_default))?;
            }
            payload
        }
        Opcode::ArrayNewData => {
            let storage = element(state, ty)?;
            let (from, count) = (at(0) as u32, at(1) as u32);
            let bytes = data(state, instance, op.high())?;
            let size = u64::from(count) * storage.bytes() as u64;
            let first = fault!(ArrayDataSource, 0, from);
            let range = range(first.into(), size, bytes.len(), Trap::MemoryOutOfBounds)?;
            let mut payload = new_array(&state.heap, storage, count as usize)?;
            if let Payload::Bytes(to) = &mut payload {
                to.copy_from_slice(bytes.get(range).ok_or(invalid)?);
            }
            payload
        }
        Opcode::ArrayNewElem => {
            let (from, count) = (at(0) as u32, at(1) as u32);
            let elem = state.elems.get((instance.elems + op.high()) as usize).ok_or(invalid)?;
            let range = range(from.into(), count.into(), elem.len(), Trap::TableOutOfBounds)?;
            let mut payload = new_array(&state.heap, Storage::Ref, count as usize)?;
            if let Payload::Refs(to) = &mut payload {
                to.copy_from_slice(elem.get(range).ok_or(invalid)?);
            }
            payload
        }
        _ => return Err(invalid),
    };
    frame[start] = state.heap.add(ty, payload).ok_or(Trap::HeapExhausted)?;
    Ok(())
}

fn fill(
    payload: &mut Payload,
    range: core::ops::Range<usize>,
    storage: Storage,
    value: [u64; 2],
) -> Result<(), Trap> {
    match payload {
        Payload::Refs(refs) => refs.get_mut(range).ok_or(Trap::ArrayOutOfBounds)?.fill(value[0]),
        Payload::Bytes(bytes) if storage == Storage::I8 => {
            bytes.get_mut(range).ok_or(Trap::ArrayOutOfBounds)?.fill(value[0] as u8);
        }
        _ => {
            for at in range {
                store(payload, at, storage, value)?;
            }
        }
    }
    Ok(())
}

/// `array.fill`, `array.copy`, `array.init_data`, `array.init_elem`.
pub(super) fn bulk(
    state: &mut State,
    instance: &InstanceInst,
    frame: &mut Window,
    opcode: Opcode,
    op: &Op,
) -> Result<(), Trap> {
    let out = Trap::ArrayOutOfBounds;
    let invalid = Trap::InvalidCode;
    let storage = element(state, instance.ty(op.low())?)?;
    let at = |nth| slot(frame, op.a, nth);
    let index = |nth| u64::from(at(nth) as u32);
    match opcode {
        Opcode::ArrayFill => {
            let count = index(if storage == Storage::Vector { 4 } else { 3 });
            let payload = array_mut(&mut state.heap, at(0))?;
            let all = len(payload, storage)?;
            let len = fault!(ArrayFillBound, all.saturating_sub(1), all);
            let range = range(index(1), count, len, out)?;
            fill(payload, range, storage, [at(2), at(3)])
        }
        Opcode::ArrayCopy => {
            let (dst, src) = (at(0), at(2));
            let (to, from, count) = (index(1), index(3), index(4));
            let to = range(to, count, len(array(&state.heap, dst)?, storage)?, out)?;
            let source = array(&state.heap, src)?;
            let element = element(state, state.heap.get(src).ok_or(invalid)?.ty)?;
            let from = range(from, count, len(source, element)?, out)?;
            let bytes = |range: core::ops::Range<usize>| {
                range.start * storage.bytes()..range.end * storage.bytes()
            };
            if dst == src {
                match array_mut(&mut state.heap, dst)? {
                    Payload::Refs(refs) => refs.copy_within(from, to.start),
                    Payload::Bytes(all) => fault!(
                        ArrayCopyOverlap,
                        crate::faults::copy_forward(all, bytes(from), bytes(to).start),
                        all.copy_within(bytes(from), bytes(to).start)
                    ),
                    _ => return Err(invalid),
                }
                return Ok(());
            }
            // The source is taken out of the heap for as long as it is read.
            let taken = match state.heap.get_mut(src) {
                Some(object) => core::mem::replace(&mut object.payload, Payload::Free(0)),
                None => return Err(invalid),
            };
            let result = match (array_mut(&mut state.heap, dst)?, &taken) {
                (Payload::Refs(dst), Payload::Refs(src)) => copy(dst.get_mut(to), src.get(from)),
                (Payload::Bytes(dst), Payload::Bytes(src)) => {
                    copy(dst.get_mut(bytes(to)), src.get(bytes(from)))
                }
                _ => Err(invalid),
            };
            if let Some(object) = state.heap.get_mut(src) {
                object.payload = taken;
            }
            result
        }
        Opcode::ArrayInitData => {
            let (to, from, count) = (index(1), index(2), index(3));
            let to = range(to, count, len(array(&state.heap, at(0))?, storage)?, out)?;
            let bytes = data(state, instance, op.high())?;
            let size = count * storage.bytes() as u64;
            let from = range(from, size, bytes.len(), Trap::MemoryOutOfBounds)?;
            match array_mut(&mut state.heap, at(0))? {
                Payload::Bytes(all) => {
                    let size = storage.bytes();
                    copy(all.get_mut(to.start * size..to.end * size), bytes.get(from))
                }
                _ => Err(invalid),
            }
        }
        Opcode::ArrayInitElem => {
            let (to, from, count) = (index(1), index(2), index(3));
            let to = range(to, count, len(array(&state.heap, at(0))?, storage)?, out)?;
            let elem = state.elems.get((instance.elems + op.high()) as usize).ok_or(invalid)?;
            let from = range(from, count, elem.len(), Trap::TableOutOfBounds)?;
            match array_mut(&mut state.heap, at(0))? {
                Payload::Refs(all) => copy(all.get_mut(to), elem.get(from)),
                _ => Err(invalid),
            }
        }
        _ => Err(invalid),
    }
}

fn copy<T: Copy>(to: Option<&mut [T]>, from: Option<&[T]>) -> Result<(), Trap> {
    match (to, from) {
        (Some(to), Some(from)) if to.len() == from.len() => {
            to.copy_from_slice(from);
            Ok(())
        }
        _ => Err(Trap::InvalidCode),
    }
}
