//! Values of the host made from slots of the guest, and back.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use wattle_ast::{AbsHeapType, F32, F64, HeapType, V128, ValType};

use crate::handles::{Func, Object};
use crate::heap::Payload;
use crate::slots::{i31_slot, index_of, join, kind, slot_of, split};
use crate::state::State;
use crate::trap::{Error, ErrorKind};
use crate::types::{width, widths};
use crate::values::{AnyRef, Ref, Value};

impl State {
    /// A handle to an object. The handle keeps the object alive.
    pub(crate) fn object(&mut self, slot: u64) -> Object {
        let alive = Arc::new(());
        if self.pins.len() > 64 && self.pins.len().is_power_of_two() {
            self.pins.retain(|(_, alive)| Arc::strong_count(alive) > 1);
        }
        self.pins.push((slot, alive.clone()));
        Object { store: self.id, slot, _alive: alive }
    }

    fn any(&mut self, slot: u64) -> AnyRef {
        match slot & kind::MASK {
            kind::I31 => AnyRef::I31(index_of(slot)),
            kind::HOST => AnyRef::Host(index_of(slot)),
            _ => match self.heap.get(slot) {
                Some(Payload::Pair(..) | Payload::Struct(..)) => AnyRef::Struct(self.object(slot)),
                _ => AnyRef::Array(self.object(slot)),
            },
        }
    }

    /// The value in slots. `ty` is a type of the store.
    pub(crate) fn value_of(&mut self, slots: [u64; 2], ty: ValType) -> Value {
        let slot = slots[0];
        match ty {
            ValType::I32 => Value::I32(slot as u32 as i32),
            ValType::I64 => Value::I64(slot as i64),
            ValType::F32 => Value::F32(F32(slot as u32)),
            ValType::F64 => Value::F64(F64(slot)),
            ValType::V128 => Value::V128(V128(join(slots).to_le_bytes())),
            ValType::Ref(ty) => {
                let top = self.types.top(ty.heap);
                Value::from(match top {
                    _ if slot == 0 => Ref::Null(match ty.heap {
                        HeapType::Abs(abs) => abs,
                        _ => top,
                    }),
                    AbsHeapType::Func => Ref::Func(Func { store: self.id, addr: index_of(slot) }),
                    AbsHeapType::Extern => Ref::Extern(self.any(slot)),
                    AbsHeapType::Exn => Ref::Exn(self.object(slot)),
                    _ => Ref::Any(self.any(slot)),
                })
            }
        }
    }

    /// The values in a row of slots.
    pub(crate) fn values_of(&mut self, slots: &[u64], types: &[ValType]) -> Vec<Value> {
        let mut slots = slots.iter().copied();
        let mut next = || slots.next().unwrap_or(0);
        let value = |&ty| {
            let pair = [next(), if width(ty) == 2 { next() } else { 0 }];
            self.value_of(pair, ty)
        };
        types.iter().map(value).collect()
    }

    fn any_slot(&self, any: &AnyRef) -> Result<u64, Error> {
        match any {
            AnyRef::I31(bits) => Ok(i31_slot(*bits)),
            AnyRef::Host(number) => Ok(slot_of(kind::HOST, *number)),
            AnyRef::Struct(object) | AnyRef::Array(object) => self.own(object.store, object.slot),
        }
    }

    /// The slot of a reference in a handle, if the handle belongs to this store.
    fn own(&self, store: u64, slot: u64) -> Result<u64, Error> {
        if store == self.id { Ok(slot) } else { Err(ErrorKind::WrongStore.into()) }
    }

    /// The slots of a value, if it has this type of the store.
    pub(crate) fn slots_of(&self, value: &Value, ty: ValType) -> Result<[u64; 2], Error> {
        let mismatch = || ErrorKind::Type(format!("expected {ty}, got {value}")).into();
        Ok(match (value, ty) {
            (Value::I32(value), ValType::I32) => [u64::from(*value as u32), 0],
            (Value::I64(value), ValType::I64) => [*value as u64, 0],
            (Value::F32(value), ValType::F32) => [value.0.into(), 0],
            (Value::F64(value), ValType::F64) => [value.0, 0],
            (Value::V128(value), ValType::V128) => split(u128::from_le_bytes(value.0)),
            (Value::Ref(value), ValType::Ref(ty)) => {
                let (slot, top) = match &**value {
                    Ref::Null(_) if ty.nullable => return Ok([0; 2]),
                    Ref::Null(_) => return Err(mismatch()),
                    Ref::Func(func) => {
                        (self.own(func.store, slot_of(kind::FUNC, func.addr))?, AbsHeapType::Func)
                    }
                    Ref::Any(any) => (self.any_slot(any)?, AbsHeapType::Any),
                    Ref::Extern(any) => (self.any_slot(any)?, AbsHeapType::Extern),
                    Ref::Exn(object) => (self.own(object.store, object.slot)?, AbsHeapType::Exn),
                };
                if top != self.types.top(ty.heap) || !self.ref_matches(slot, ty.heap) {
                    return Err(mismatch());
                }
                [slot, 0]
            }
            _ => return Err(mismatch()),
        })
    }

    /// Values as a row of slots, if there is one for each type and each has its type.
    pub(crate) fn row_of(&self, values: &[Value], types: &[ValType]) -> Result<Vec<u64>, Error> {
        if values.len() != types.len() {
            let (expected, got) = (types.len(), values.len());
            return Err(ErrorKind::Type(format!("expected {expected} values, got {got}")).into());
        }
        let mut row = Vec::with_capacity(widths(types));
        for (value, &ty) in values.iter().zip(types) {
            let pair = self.slots_of(value, ty)?;
            row.extend(pair.iter().take(width(ty).into()));
        }
        Ok(row)
    }
}
