//! Structs, arrays, casts, and new exceptions.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/instructions.html#aggregate-instructions>

use alloc::boxed::Box;

use bytemuck::Zeroable;
use wattle_ast::Opcode;
use wattle_validator::TypeId;

use super::frame::{Window, get, set};
use super::lists::{self, range};
use super::row::Row;
use crate::budget::zeroed;
use crate::code::{Function, Op, Slot};
use crate::heap::{Heap, Payload};
use crate::slots::{join, split};
use crate::state::{InstanceInst, State};
use crate::translate::SIGNED;
use crate::trap::{Broken, Failure, Trap, at};
use crate::types::{InStore, Storage};

/// Whether a reference matches a heap type of the function. `nullable` says whether null matches.
#[inline]
pub(super) fn test(
    state: &State,
    instance: &InstanceInst,
    function: &Function,
    slot: u64,
    heap_type: u32,
    nullable: Slot,
) -> Result<bool, Failure> {
    if slot == 0 {
        return Ok(nullable != 0);
    }
    let ty = *at(&function.heap_types, heap_type)?;
    Ok(state.ref_matches(slot, ty.remap(&mut InStore(&instance.types))?))
}

/// The storage of a field or an element, from its number in an operation.
const fn storage(number: u32) -> Storage {
    use Storage::{Double, I8, I16, Ref, Vector, Word};
    const BY_NUMBER: [Storage; SIGNED as usize] = [I8, I16, Word, Double, Vector, Ref, Ref, Ref];
    BY_NUMBER[(number & (SIGNED - 1)) as usize]
}

/// Extends a narrow value.
const fn extend(value: u64, how: u32) -> u64 {
    match (storage(how), how & SIGNED != 0) {
        (Storage::I8, true) => value as i8 as i32 as u32 as u64,
        (Storage::I16, true) => value as i16 as i32 as u32 as u64,
        _ => value,
    }
}

/// Cuts a value to the width in which it is stored.
const fn narrow(value: u64, storage: Storage) -> u64 {
    match storage {
        Storage::I8 => value & 0xff,
        Storage::I16 => value & 0xffff,
        _ => value,
    }
}

fn payload(heap: &mut Heap, object: u64, null: Trap) -> Result<&mut Payload, Failure> {
    if object == 0 {
        return Err(null.into());
    }
    Ok(heap.get_mut(object).ok_or(Broken::Index)?)
}

/// The fields of a struct as slots.
#[inline(always)]
fn fields(heap: &mut Heap, object: u64) -> Result<&mut [u64], Failure> {
    let object = payload(heap, object, Trap::NullStructure)?;
    Ok(object.fields_mut().ok_or(Broken::Kind)?)
}

/// The type and the bytes of an array.
fn array(heap: &mut Heap, object: u64) -> Result<(TypeId, &mut [u8]), Failure> {
    match payload(heap, object, Trap::NullArray)? {
        Payload::Array(ty, bytes) => Ok((*ty, bytes)),
        _ => Err(Broken::Kind.into()),
    }
}

#[inline]
pub(super) fn struct_get(heap: &mut Heap, frame: &mut Window, op: &Op) -> Result<(), Failure> {
    let fields = fields(heap, get(frame, op.b))?;
    let value = *at(fields, op.low())?;
    if storage(op.high()) == Storage::Vector {
        set(frame, op.a.wrapping_add(1), *at(fields, op.low() + 1)?);
    }
    set(frame, op.a, extend(value, op.high()));
    Ok(())
}

#[inline]
pub(super) fn struct_set(heap: &mut Heap, frame: &Window, op: &Op) -> Result<(), Failure> {
    let fields = fields(heap, get(frame, op.a))?;
    let (place, storage) = (op.low() as usize, storage(op.high()));
    *fields.get_mut(place).ok_or(Broken::Index)? = narrow(get(frame, op.b), storage);
    if storage == Storage::Vector {
        let upper = fields.get_mut(place + 1).ok_or(Broken::Index)?;
        *upper = get(frame, op.b.wrapping_add(1));
    }
    Ok(())
}

pub(super) fn array_len(state: &mut State, object: u64) -> Result<u64, Failure> {
    let (ty, bytes) = array(&mut state.heap, object)?;
    Ok((bytes.len() / state.types.layout(ty)?.element()?.bytes()) as u64)
}

/// An expression in which `$int` is the unsigned integer that an element is stored as.
macro_rules! with_integer {
    ($storage:expr, $int:ident => $value:expr) => {
        match $storage {
            Storage::I8 => with_integer!($int = u8 => $value),
            Storage::I16 => with_integer!($int = u16 => $value),
            Storage::Word => with_integer!($int = u32 => $value),
            Storage::Double | Storage::Ref => with_integer!($int = u64 => $value),
            Storage::Vector => with_integer!($int = u128 => $value),
        }
    };
    ($int:ident = $ty:ty => $value:expr) => {{
        type $int = $ty;
        $value
    }};
}

/// An element in one slot, or in two if it is a vector. `None` if the array has no such element.
#[inline]
fn load(bytes: &[u8], place: usize, storage: Storage) -> Option<[u64; 2]> {
    fn slots(element: impl Into<u128>) -> [u64; 2] {
        split(element.into())
    }
    Some(with_integer!(storage, Int => {
        slots(Int::from_le_bytes(*bytes.as_chunks().0.get(place)?))
    }))
}

#[inline]
fn store(bytes: &mut [u8], place: usize, storage: Storage, value: [u64; 2]) -> Option<()> {
    with_integer!(storage, Int => {
        *bytes.as_chunks_mut().0.get_mut(place)? = (join(value) as Int).to_le_bytes();
    });
    Some(())
}

/// Sets all elements in `bytes`.
fn fill(bytes: &mut [u8], storage: Storage, value: [u64; 2]) {
    with_integer!(storage, Int => {
        bytes.as_chunks_mut().0.fill((join(value) as Int).to_le_bytes());
    });
}

#[inline]
pub(super) fn array_get(heap: &mut Heap, frame: &mut Window, op: &Op) -> Result<(), Failure> {
    let (_, bytes) = array(heap, get(frame, op.b))?;
    let storage = storage(op.high());
    let value = load(bytes, get(frame, op.c) as u32 as usize, storage);
    let value = value.ok_or(Trap::ArrayOutOfBounds)?;
    set(frame, op.a, extend(value[0], op.high()));
    if storage == Storage::Vector {
        set(frame, op.a.wrapping_add(1), value[1]);
    }
    Ok(())
}

#[inline]
pub(super) fn array_set(heap: &mut Heap, frame: &Window, op: &Op) -> Result<(), Failure> {
    let (_, bytes) = array(heap, get(frame, op.a))?;
    let value = [get(frame, op.c), get(frame, op.c.wrapping_add(1))];
    let stored = store(bytes, get(frame, op.b) as u32 as usize, storage(op.high()), value);
    Ok(stored.ok_or(Trap::ArrayOutOfBounds)?)
}

impl State {
    /// Whether the budget has room for a payload of `bytes` at all.
    pub(super) fn has_room(&self, bytes: u64) -> bool {
        self.budget.has(bytes.saturating_sub(self.heap.spare() as u64))
    }

    /// A zeroed payload, or a trap if it does not fit on the heap.
    fn zeroed<T: Zeroable>(&mut self, len: usize) -> Result<Box<[T]>, Trap> {
        let full = Trap::HeapExhausted;
        let bytes = len.checked_mul(size_of::<T>()).ok_or(full)?;
        self.heap.reserve(&mut self.budget, bytes)?;
        let payload = match bytes {
            0..LARGE => zeroed(len),
            _ => self.budget.with_headroom(|| zeroed(len)),
        };
        payload.ok_or(full)
    }

    /// The bytes of an array of `len` zeros or nulls.
    fn new_array(&mut self, storage: Storage, len: u64) -> Result<Box<[u8]>, Trap> {
        self.zeroed(usize::try_from(storage.size(len)).map_err(|_| Trap::HeapExhausted)?)
    }
}

/// The bytes of a payload from which its allocation leaves headroom.
const LARGE: usize = 1 << 16;

/// Copies elements of a segment of references into an array.
fn copy_elems(array: &mut [u8], elems: &[u64], [to, from, count]: [u64; 3]) -> Result<(), Trap> {
    let (places, _) = array.as_chunks_mut::<8>();
    let to = range(to, count, places.len(), Trap::ArrayOutOfBounds)?;
    let from = range(from, count, elems.len(), Trap::TableOutOfBounds)?;
    let places = places.iter_mut().skip(to.start);
    let elems = elems.get(from).unwrap_or_default();
    places.zip(elems).for_each(|(place, elem)| *place = elem.to_le_bytes());
    Ok(())
}

impl Row<'_> {
    /// An operand that is an index or a count, which has 32 bits.
    pub(super) fn index(&self, nth: u16) -> u64 {
        u64::from(self.operand(nth) as u32)
    }

    pub(super) fn aggregate(&mut self, opcode: Opcode) -> Result<(), Failure> {
        let ty = self.instance.ty(self.op.low())?;
        let new = match opcode {
            Opcode::StructNew | Opcode::StructNewDefault => self.struct_new(ty, opcode)?,
            _ => {
                let storage = self.state.types.layout(ty)?.element()?;
                match self.array_new(opcode, storage)? {
                    Some(array) => Payload::Array(ty, array),
                    None => return self.array_change(opcode, storage),
                }
            }
        };
        let object = self.state.heap.add(new).ok_or(Trap::HeapExhausted)?;
        self.answer(object);
        Ok(())
    }

    fn struct_new(&mut self, ty: TypeId, opcode: Opcode) -> Result<Payload, Failure> {
        let count = self.state.types.layout(ty)?.slots;
        let mut new = match count {
            0..=2 => {
                self.state.heap.reserve(&mut self.state.budget, 0)?;
                Payload::Pair(ty, [0; 2])
            }
            _ => Payload::Struct(ty, self.state.zeroed(count)?),
        };
        if opcode == Opcode::StructNew {
            let start = self.op.a as usize;
            let from = self.frame.get(start..start + count).ok_or(Broken::Index)?;
            let slots = new.fields_mut().unwrap_or_default();
            slots.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            for &(slot, storage) in &self.state.types.layout(ty)?.fields {
                if let Some(value) = slots.get_mut(slot as usize) {
                    *value = narrow(*value, storage);
                }
            }
        }
        Ok(new)
    }

    /// The bytes of a new array, or `None` for an instruction that makes no array.
    fn array_new(
        &mut self,
        opcode: Opcode,
        storage: Storage,
    ) -> Result<Option<Box<[u8]>>, Failure> {
        let width = storage.width() as u16;
        let (first, second) = (self.index(0), self.index(1));
        Ok(Some(match opcode {
            Opcode::ArrayNewDefault => self.state.new_array(storage, first)?,
            Opcode::ArrayNew => {
                let count = self.index(width);
                let mut array = self.state.new_array(storage, count)?;
                fill(&mut array, storage, [self.operand(0), self.operand(1)]);
                array
            }
            Opcode::ArrayNewFixed => {
                let mut array = self.state.new_array(storage, self.op.high().into())?;
                let value = |nth: u16| [self.operand(nth), self.operand(nth.wrapping_add(1))];
                for place in 0..self.op.high() as u16 {
                    let stored = store(&mut array, place.into(), storage, value(place * width));
                    stored.ok_or(Broken::Index)?;
                }
                array
            }
            Opcode::ArrayNewData => {
                let bytes = self.state.data(self.instance, self.op.high())?;
                let (from, size) = (fault!(ArrayDataSource, 0, first), storage.size(second));
                let source = range(from, size, bytes.len(), Trap::MemoryOutOfBounds)?;
                let mut array = self.state.new_array(storage, second)?;
                let bytes = self.state.data(self.instance, self.op.high())?;
                array.copy_from_slice(bytes.get(source).ok_or(Broken::Index)?);
                array
            }
            Opcode::ArrayNewElem => {
                let elems = at(&self.state.elems, self.instance.elems + self.op.high())?;
                range(first, second, elems.len(), Trap::TableOutOfBounds)?;
                let mut array = self.state.new_array(storage, second)?;
                let elems = at(&self.state.elems, self.instance.elems + self.op.high())?;
                copy_elems(&mut array, elems, [0, first, second])?;
                array
            }
            _ => return Ok(None),
        }))
    }

    /// `array.fill`, `array.copy`, `array.init_data`, `array.init_elem`.
    fn array_change(&mut self, opcode: Opcode, storage: Storage) -> Result<(), Failure> {
        let out = Trap::ArrayOutOfBounds;
        let size = |count| storage.size(count);
        let object = self.operand(0);
        let (to, from, count) = (self.index(1), self.index(2), self.index(3));
        match opcode {
            Opcode::ArrayFill => {
                let value = [self.operand(2), self.operand(3)];
                let count = self.index(if storage == Storage::Vector { 4 } else { 3 });
                let (_, bytes) = array(&mut self.state.heap, object)?;
                let range = lists::range_to_fill([to, count].map(size), bytes.len(), out)?;
                fill(bytes.get_mut(range).ok_or(out)?, storage, value);
            }
            Opcode::ArrayCopy => {
                let source = self.operand(2);
                let operands = [to, self.index(3), self.index(4)].map(size);
                let heap = &mut self.state.heap;
                array(heap, object)?;
                array(heap, source)?;
                if object == source {
                    lists::copy_within(array(heap, object)?.1, operands, out)?;
                } else if let Some([Payload::Array(_, dst), Payload::Array(_, src)]) =
                    heap.pair_mut([object, source])
                {
                    lists::copy(dst, src, operands, [out; 2])?;
                }
            }
            Opcode::ArrayInitData => {
                let bytes = self.state.data(self.instance, self.op.high())?;
                let operands = [size(to), from, size(count)];
                let (_, array) = array(&mut self.state.heap, object)?;
                lists::copy(array, bytes, operands, [out, Trap::MemoryOutOfBounds])?;
            }
            Opcode::ArrayInitElem => {
                let elems = at(&self.state.elems, self.instance.elems + self.op.high())?;
                copy_elems(array(&mut self.state.heap, object)?.1, elems, [to, from, count])?;
            }
            _ => return Err(Broken::Instruction(opcode).into()),
        }
        Ok(())
    }
}
