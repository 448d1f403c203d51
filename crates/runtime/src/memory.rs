//! Memories and tables: their sizes and growth, and their handles.

use alloc::vec::Vec;

use wattle_ast::{AddrType, MemType, TableType, ValType};

use crate::budget::{Budget, zeroed};
use crate::fuel::Fuel;
use crate::handles::{Memory, Table};
use crate::limits::Resource;
use crate::state::{MemoryInst, TableInst};
use crate::store::{Handle, Inner, Store};
use crate::trap::{Error, ErrorKind, Trap, at_mut};
use crate::values::{Ref, Value};

/// The most bytes of a memory, even with 64-bit addresses: accesses rely on addresses of 32 bits.
const MOST_BYTES: u64 = 1 << 32;

/// The least room in bytes of a memory that has grown, and the most that a new one has behind its
/// bytes: pages that are not used take no memory.
const ROOM: usize = 16 << 20;

/// The most pages that the addresses of a memory reach.
fn most_pages(ty: &MemType) -> u64 {
    let bits = u32::from(ty.page_bits());
    let address_bits = match ty.limits.addr {
        AddrType::I32 => 32,
        AddrType::I64 => 64,
    };
    1_u64.checked_shl(address_bits - bits.min(address_bits)).unwrap_or(u64::MAX)
}

/// The most pages that a memory of a type can have.
fn page_limit(ty: &MemType) -> u64 {
    ty.limits.max.unwrap_or(u64::MAX).min(most_pages(ty))
}

/// The bytes of a memory of this many pages; `None` if they are more than any memory can have.
fn bytes_of(ty: &MemType, pages: u64) -> Option<u64> {
    let page = 1_u64.checked_shl(ty.page_bits().into())?;
    pages.checked_mul(page).filter(|&bytes| bytes <= MOST_BYTES)
}

/// The bytes to allocate for a memory of `len` bytes: `wanted`, as far as its type lets it grow.
fn room_of(ty: &MemType, len: usize, wanted: usize) -> usize {
    let most = bytes_of(ty, page_limit(ty)).unwrap_or(MOST_BYTES);
    wanted.min(usize::try_from(most).unwrap_or(usize::MAX)).max(len)
}

impl MemoryInst {
    /// The bytes of a new memory; `None` if they are more than any memory can have.
    pub(crate) fn first_bytes(ty: &MemType) -> Option<u64> {
        bytes_of(ty, ty.limits.min)
    }

    pub(crate) fn new(ty: MemType, budget: &mut Budget) -> Result<MemoryInst, Error> {
        let full = ErrorKind::Limit("memory size");
        let Some(bytes) = MemoryInst::first_bytes(&ty) else { return Err(full.into()) };
        let allocate = || {
            let len = usize::try_from(bytes).ok()?;
            // Many programs grow their memory a little when they start.
            let wanted = len.saturating_add(len.min(ROOM));
            Some((len, zeroed(room_of(&ty, len, wanted)).or_else(|| zeroed(len))?))
        };
        let (len, room) = budget.grow(Resource::Memory, [0, bytes], allocate).ok_or(full)?;
        Ok(MemoryInst { ty, len, room })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.room.get(..self.len).unwrap_or_default()
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.room.get_mut(..self.len).unwrap_or_default()
    }

    /// The size in pages.
    pub(crate) fn pages(&self) -> u64 {
        (self.len as u64).checked_shr(self.ty.page_bits().into()).unwrap_or(0)
    }

    /// The numbers of pages and of bytes after growing by `pages` pages, if the type allows them.
    pub(crate) fn grown(&self, pages: u64) -> Option<[u64; 2]> {
        let new = self.pages().checked_add(pages).filter(|&new| new <= page_limit(&self.ty))?;
        Some([new, bytes_of(&self.ty, new)?])
    }

    /// Grows by `pages` pages. Returns the size before.
    pub(crate) fn grow(&mut self, pages: u64, budget: &mut Budget) -> Option<u64> {
        let old = self.pages();
        let [new, bytes] = self.grown(pages)?;
        let len = usize::try_from(bytes).ok()?;
        let change = [self.len as u64, bytes];
        match len <= self.room.len() {
            true => budget.take(Resource::Memory, change)?,
            false => budget.grow(Resource::Memory, change, || self.make_room(len))?,
        }
        (self.len, self.ty.limits.min) = (len, new);
        Some(old)
    }

    /// Makes room for `len` bytes, and for enough more to keep the time of many growths linear.
    fn make_room(&mut self, len: usize) -> Option<()> {
        let wanted = len.saturating_mul(2).max(ROOM);
        let mut room = zeroed::<u8>(room_of(&self.ty, len, wanted)).or_else(|| zeroed(len))?;
        // Pages of zeros stay untouched, so that they take no memory.
        let (old, _) = self.bytes().as_chunks::<4096>();
        let (new, _) = room.as_chunks_mut::<4096>();
        for (from, to) in old.iter().zip(new) {
            if *from != [0; 4096] {
                *to = *from;
            }
        }
        let done = self.len / 4096 * 4096;
        room.get_mut(done..self.len)?.copy_from_slice(self.room.get(done..self.len)?);
        self.room = room;
        Some(())
    }
}

/// The bytes of an element of a table or of a segment of references.
pub(crate) const ELEMENT: u64 = 8;

impl TableInst {
    /// The bytes of a new table.
    pub(crate) fn first_bytes(ty: &TableType) -> Option<u64> {
        ty.limits.min.checked_mul(ELEMENT)
    }

    pub(crate) fn new(ty: TableType, init: u64, budget: &mut Budget) -> Result<TableInst, Error> {
        let full = ErrorKind::Limit("table size");
        let Some(bytes) = TableInst::first_bytes(&ty) else { return Err(full.into()) };
        let len = usize::try_from(ty.limits.min).ok();
        let elems = budget.grow(Resource::Table, [0, bytes], || zeroed(len?));
        let mut elems: Vec<u64> = elems.ok_or(full)?.into_vec();
        if init != 0 {
            elems.fill(init);
        }
        Ok(TableInst { ty, elems })
    }

    /// The numbers of elements and of bytes after growing by `count` elements, if the type allows
    /// them.
    pub(crate) fn grown(&self, count: u64) -> Option<[u64; 2]> {
        let most = match self.ty.limits.addr {
            AddrType::I32 => u32::MAX.into(),
            AddrType::I64 => u64::MAX / ELEMENT,
        };
        let most = self.ty.limits.max.unwrap_or(u64::MAX).min(most);
        let new = (self.elems.len() as u64).checked_add(count).filter(|&new| new <= most)?;
        Some([new, ELEMENT * new])
    }

    /// Grows by `count` elements. Returns the size before.
    pub(crate) fn grow(&mut self, count: u64, value: u64, budget: &mut Budget) -> Option<u64> {
        let old = self.elems.len() as u64;
        let [new, bytes] = self.grown(count)?;
        let len = usize::try_from(new).ok()?;
        let elems = &mut self.elems;
        let change = [ELEMENT * old, bytes];
        match len <= elems.capacity() {
            true => budget.take(Resource::Table, change)?,
            false => budget.grow(Resource::Table, change, || {
                let more = len - elems.len();
                elems.try_reserve(more).or_else(|_| elems.try_reserve_exact(more)).ok()
            })?,
        }
        elems.resize(len, value);
        self.ty.limits.min = new;
        Some(old)
    }
}

/// The state that a function of the host works on: [`Memory::parts`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<'s, T> {
    /// The bytes of the memory.
    pub bytes: &'s mut [u8],
    /// The data of the host.
    pub data: &'s mut T,
    /// The fuel of the store, to pay for the work of the function.
    pub fuel: Fuel<'s>,
}

impl Memory {
    /// A new memory.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`].
    pub fn new<T>(store: &mut Store<T>, ty: MemType) -> Result<Memory, Error> {
        store.inner.has_room(Resource::Memory, 1)?;
        let entity = MemoryInst::new(ty, &mut store.inner.state.budget)?;
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
        Ok(self.entity(store)?.bytes())
    }

    /// The bytes of the memory, for writing.
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn bytes_mut<T>(self, store: &mut Store<T>) -> Result<&mut [u8], Error> {
        Ok(self.entity_mut(store)?.bytes_mut())
    }

    /// The bytes of the memory, the data of the host and the fuel, all to be changed at once.
    ///
    /// ```
    /// use wattle_runtime::{Caller, Error, Func, Parts, Store};
    ///
    /// // Appends text of the guest to a log of the host.
    /// let mut store = Store::new(Vec::<u8>::new());
    /// let log = |mut caller: Caller<'_, Vec<u8>>, at: u32, len: u32| {
    ///     let memory = caller.memory("memory").ok_or_else(|| Error::host("no memory"))?;
    ///     let Parts { bytes, data, mut fuel, .. } = memory.parts(caller.store())?;
    ///     fuel.charge_bytes(len.into())?;
    ///     let text = bytes.get(at as usize..).and_then(|rest| rest.get(..len as usize));
    ///     data.extend_from_slice(text.ok_or_else(|| Error::host("out of bounds"))?);
    ///     Ok::<(), Error>(())
    /// };
    /// Func::wrap(&mut store, log);
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::WrongStore`].
    pub fn parts<T>(self, store: &mut Store<T>) -> Result<Parts<'_, T>, Error> {
        self.entity(store)?;
        let Store { inner: Inner { memories, state, .. }, data, .. } = store;
        let bytes = at_mut(memories, self.addr)?.bytes_mut();
        Ok(Parts { bytes, data, fuel: Fuel { state } })
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
        self.entity(store)?;
        let Inner { memories, state, .. } = &mut store.inner;
        Ok(at_mut(memories, self.addr)?.grow(pages, &mut state.budget))
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
        store.inner.has_room(Resource::Table, 1)?;
        let entity = TableInst::new(ty, init, &mut store.inner.state.budget)?;
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
