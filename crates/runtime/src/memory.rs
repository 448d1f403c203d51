//! Memories and tables: their sizes and growth, and their handles.

use alloc::vec::Vec;

use wattle_ast::{AddrType, MemType, TableType, ValType};

use crate::handles::{Memory, Table};
use crate::state::{MemoryInst, TableInst};
use crate::store::{Handle, Store};
use crate::trap::{Error, ErrorKind, Trap};
use crate::values::{Ref, Value};

/// Zeroed bytes, or `None` when memory is exhausted. `vec!` gets zeroed pages from the system but
/// aborts the process when memory is exhausted, so a reservation that can fail comes first.
fn zeroed(len: usize) -> Option<Vec<u8>> {
    let mut probe: Vec<u8> = Vec::new();
    probe.try_reserve_exact(len).ok()?;
    drop(probe);
    Some(alloc::vec![0; len])
}

/// Extends a list to `len` elements with copies of a value. `None` when memory is exhausted; the
/// list is then unchanged.
fn extend<T: Clone>(list: &mut Vec<T>, len: usize, value: T) -> Option<()> {
    list.try_reserve_exact(len.checked_sub(list.len())?).ok()?;
    list.resize(len, value);
    Some(())
}

/// The most bytes of a memory, even with 64-bit addresses: accesses rely on addresses of 32 bits.
const MOST_BYTES: u64 = 1 << 32;

/// The most pages that the addresses of a memory reach.
fn most_pages(ty: &MemType) -> u64 {
    let bits = u32::from(ty.page_bits());
    let address_bits = match ty.limits.addr {
        AddrType::I32 => 32,
        AddrType::I64 => 64,
    };
    1_u64.checked_shl(address_bits - bits.min(address_bits)).unwrap_or(u64::MAX)
}

impl MemoryInst {
    pub(crate) fn new(ty: MemType, limit: u64) -> Result<MemoryInst, Error> {
        let full = || ErrorKind::Limit("memory size");
        let shift = u32::from(ty.page_bits());
        let bytes = ty.limits.min.checked_mul(1_u64.checked_shl(shift).ok_or_else(full)?);
        let bytes = bytes.filter(|&bytes| bytes <= limit.min(MOST_BYTES)).ok_or_else(full)?;
        let bytes = usize::try_from(bytes).ok().and_then(zeroed).ok_or_else(full)?;
        Ok(MemoryInst { ty, bytes })
    }

    /// The size in pages.
    pub(crate) fn pages(&self) -> u64 {
        (self.bytes.len() as u64).checked_shr(self.ty.page_bits().into()).unwrap_or(0)
    }

    /// Grows by `pages` pages. Returns the size before.
    pub(crate) fn grow(&mut self, pages: u64, limit: u64) -> Option<u64> {
        let old = self.pages();
        let most = self.ty.limits.max.unwrap_or(u64::MAX).min(most_pages(&self.ty));
        let new = old.checked_add(pages).filter(|&new| new <= most)?;
        let bytes = new.checked_mul(1_u64.checked_shl(self.ty.page_bits().into())?)?;
        let len = usize::try_from(bytes).ok().filter(|_| bytes <= limit.min(MOST_BYTES))?;
        extend(&mut self.bytes, len, 0)?;
        self.ty.limits.min = new;
        Some(old)
    }
}

impl TableInst {
    pub(crate) fn new(ty: TableType, init: u64, limit: u64) -> Result<TableInst, Error> {
        let full = || ErrorKind::Limit("table size");
        let len = usize::try_from(ty.limits.min).map_err(|_| full())?;
        if ty.limits.min > limit {
            return Err(full().into());
        }
        let mut elems = Vec::new();
        extend(&mut elems, len, init).ok_or_else(full)?;
        Ok(TableInst { ty, elems })
    }

    /// Grows by `count` elements. Returns the size before.
    pub(crate) fn grow(&mut self, count: u64, value: u64, limit: u64) -> Option<u64> {
        let old = self.elems.len() as u64;
        let most = match self.ty.limits.addr {
            AddrType::I32 => u32::MAX.into(),
            AddrType::I64 => u64::MAX,
        };
        let most = self.ty.limits.max.unwrap_or(u64::MAX).min(limit).min(most);
        let new = old.checked_add(count).filter(|&new| new <= most)?;
        extend(&mut self.elems, usize::try_from(new).ok()?, value)?;
        self.ty.limits.min = new;
        Some(old)
    }
}

impl Memory {
    /// A new memory.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`].
    pub fn new<T>(store: &mut Store<T>, ty: MemType) -> Result<Memory, Error> {
        let entity = MemoryInst::new(ty, store.inner.state.limits.memory_bytes)?;
        Ok(Memory::add(store, entity))
    }

    /// The type of the memory, with the current size as the minimum.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`], as for all methods below.
    pub fn ty<T>(self, store: &Store<T>) -> Result<MemType, Error> {
        Ok(self.entity(store)?.ty)
    }

    /// The size in pages.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn pages<T>(self, store: &Store<T>) -> Result<u64, Error> {
        Ok(self.entity(store)?.pages())
    }

    /// The bytes of the memory.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn bytes<T>(self, store: &Store<T>) -> Result<&[u8], Error> {
        Ok(&self.entity(store)?.bytes)
    }

    /// The bytes of the memory, for writing.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn bytes_mut<T>(self, store: &mut Store<T>) -> Result<&mut [u8], Error> {
        Ok(&mut self.entity_mut(store)?.bytes)
    }

    /// Writes bytes at an address.
    ///
    /// # Errors
    /// A trap if they do not fit in the memory.
    pub fn write<T>(self, store: &mut Store<T>, address: u64, bytes: &[u8]) -> Result<(), Error> {
        let out = Trap::MemoryOutOfBounds;
        let start = usize::try_from(address).map_err(|_| out)?;
        let rest = self.bytes_mut(store)?.get_mut(start..).ok_or(out)?;
        rest.get_mut(..bytes.len()).ok_or(out)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Grows by `pages` pages. Returns the size before, or `None` when it cannot grow.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn grow<T>(self, store: &mut Store<T>, pages: u64) -> Result<Option<u64>, Error> {
        let limit = store.inner.state.limits.memory_bytes;
        Ok(self.entity_mut(store)?.grow(pages, limit))
    }

    /// A hash of the size and the bytes. It is equal on all machines for equal contents.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn hash<T>(self, store: &Store<T>) -> Result<u64, Error> {
        let bytes = self.bytes(store)?;
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ bytes.len() as u64;
        let mut chunks = bytes.chunks_exact(8);
        let mut mix = |word: u64| {
            hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        };
        for chunk in &mut chunks {
            mix(chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
        for &byte in chunks.remainder() {
            mix(byte.into());
        }
        Ok(hash ^ hash >> 32)
    }
}

impl Table {
    /// A new table, all of whose elements are `value`. Its type cannot name types of a module.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`], or [`ErrorKind::Type`] if the value does not fit the type.
    pub fn new<T>(store: &mut Store<T>, ty: TableType, value: &Ref) -> Result<Table, Error> {
        let value = Value::from(value.clone());
        let init = store.inner.state.slots_of(&value, ValType::Ref(ty.elem))?[0];
        let entity = TableInst::new(ty, init, store.inner.state.limits.table_elements)?;
        Ok(Table::add(store, entity))
    }

    /// The number of elements.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn len<T>(self, store: &Store<T>) -> Result<u64, Error> {
        Ok(self.entity(store)?.elems.len() as u64)
    }

    /// Whether the table has no elements.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn is_empty<T>(self, store: &Store<T>) -> Result<bool, Error> {
        Ok(self.len(store)? == 0)
    }

    /// The element with this index, or `None` beyond the end.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn get<T>(self, store: &mut Store<T>, index: u64) -> Result<Option<Ref>, Error> {
        let inst = self.entity(store)?;
        let ty = ValType::Ref(inst.ty.elem);
        let slot = usize::try_from(index).ok().and_then(|at| inst.elems.get(at).copied());
        let Some(slot) = slot else { return Ok(None) };
        Ok(store.inner.state.value_of([slot, 0], ty).reference().cloned())
    }

    /// Sets an element.
    ///
    /// # Errors
    /// A trap beyond the end; [`ErrorKind::Type`] if the value does not fit the type.
    pub fn set<T>(self, store: &mut Store<T>, index: u64, value: &Ref) -> Result<(), Error> {
        let ty = ValType::Ref(self.entity(store)?.ty.elem);
        let slot = store.inner.state.slots_of(&Value::from(value.clone()), ty)?[0];
        let out = Trap::TableOutOfBounds;
        let place = usize::try_from(index).map_err(|_| out)?;
        *self.entity_mut(store)?.elems.get_mut(place).ok_or(out)? = slot;
        Ok(())
    }
}
