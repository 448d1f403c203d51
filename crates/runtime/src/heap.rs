//! The heap: structs, arrays and exceptions, and the collector that frees them.
//!
//! An arena of objects by index. The collector marks from the roots and sweeps. It cannot tell
//! numbers from references in stack slots, so a number may keep an object longer than needed, which
//! does no other harm. The types of objects tell which of their fields are references.
//!
//! Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#heaps>

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_validator::TypeId;

use crate::slots::{index_of, kind, slot_of};
use crate::types::{Storage, Types};

/// The contents of an object.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// No object: the place is free. Holds the next free index.
    Free(u32),
    /// A struct, with its fields as slots.
    Struct(TypeId, Box<[u64]>),
    /// An array, with its elements as in memory. References are slots.
    Array(TypeId, Box<[u8]>),
    /// An exception, with the address of its tag and its values as slots.
    Exn(u32, Box<[u64]>),
}

#[derive(Clone, Debug)]
pub(crate) struct HeapObject {
    marked: bool,
    pub(crate) payload: Payload,
}

/// The number of bytes of an object without its payload.
const HEADER: usize = size_of::<HeapObject>();

/// The number of bytes that are allocated before the first collection.
const FIRST_COLLECTION: usize = 1 << 20;

const NONE: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(crate) struct Heap {
    objects: Vec<HeapObject>,
    free: u32,
    bytes: usize,
    collect_at: usize,
    limit: usize,
    pub(crate) collections: u64,
    work: Vec<u32>,
}

impl Payload {
    fn bytes(&self) -> usize {
        HEADER
            + match self {
                Payload::Free(_) => 0,
                Payload::Struct(_, slots) | Payload::Exn(_, slots) => 8 * slots.len(),
                Payload::Array(_, bytes) => bytes.len(),
            }
    }

    /// The type of a struct or an array.
    pub(crate) fn ty(&self) -> Option<TypeId> {
        match self {
            Payload::Struct(ty, _) | Payload::Array(ty, _) => Some(*ty),
            Payload::Free(_) | Payload::Exn(..) => None,
        }
    }
}

impl Heap {
    pub(crate) fn new(limit: usize) -> Heap {
        Heap { free: NONE, collect_at: FIRST_COLLECTION.min(limit), limit, ..Heap::default() }
    }

    /// The number of bytes in use, including unreachable objects.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of objects in use, including unreachable ones.
    pub(crate) fn len(&self) -> usize {
        self.objects.iter().filter(|object| !matches!(object.payload, Payload::Free(_))).count()
    }

    /// Whether enough was allocated since the last collection to make another worthwhile.
    #[inline(always)]
    pub(crate) fn wants_collection(&self) -> bool {
        self.bytes >= self.collect_at
    }

    /// Whether a payload of `bytes` fits.
    #[inline]
    pub(crate) fn fits(&self, bytes: usize) -> bool {
        self.bytes.saturating_add(bytes).saturating_add(HEADER) <= self.limit
    }

    /// Adds an object. Returns a reference to it, or `None` if the heap is full.
    #[inline]
    pub(crate) fn add(&mut self, payload: Payload) -> Option<u64> {
        let bytes = payload.bytes();
        if self.bytes.checked_add(bytes)? > self.limit {
            return None;
        }
        let kind = if matches!(payload, Payload::Exn(..)) { kind::EXN } else { kind::OBJECT };
        let object = HeapObject { marked: false, payload };
        let index = match self.objects.get_mut(self.free as usize) {
            Some(slot) => {
                let index = self.free;
                if let Payload::Free(next) = slot.payload {
                    self.free = next;
                }
                *slot = object;
                index
            }
            None => {
                let index = u32::try_from(self.objects.len()).ok().filter(|&index| index < NONE)?;
                self.objects.push(object);
                index
            }
        };
        self.bytes += bytes;
        Some(slot_of(kind, index))
    }

    #[inline(always)]
    pub(crate) fn get(&self, slot: u64) -> Option<&HeapObject> {
        self.objects.get(index_of(slot) as usize)
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self, slot: u64) -> Option<&mut HeapObject> {
        self.objects.get_mut(index_of(slot) as usize)
    }

    /// The payloads of two objects; `None` if they are one object.
    pub(crate) fn pair_mut(&mut self, slots: [u64; 2]) -> Option<[&mut Payload; 2]> {
        let both = self.objects.get_disjoint_mut(slots.map(|slot| index_of(slot) as usize));
        Some(both.ok()?.map(|object| &mut object.payload))
    }

    /// Marks the object that `slot` refers to, or seems to refer to.
    #[inline]
    pub(crate) fn mark(&mut self, slot: u64) {
        if !matches!(slot & kind::MASK, kind::OBJECT | kind::EXN) || slot >> 35 != 0 {
            return;
        }
        let index = index_of(slot);
        if let Some(object) = self.objects.get_mut(index as usize)
            && !object.marked
            && !matches!(object.payload, Payload::Free(_))
        {
            object.marked = true;
            self.work.push(index);
        }
    }

    pub(crate) fn mark_all(&mut self, slots: &[u64]) {
        for &slot in slots {
            self.mark(slot);
        }
    }

    /// Follows the references of all marked objects, then frees what is not marked.
    pub(crate) fn sweep(&mut self, types: &Types) {
        while let Some(index) = self.work.pop() {
            let Some(object) = self.objects.get_mut(index as usize) else { continue };
            // The payload is taken out while its references are followed.
            let payload = core::mem::replace(&mut object.payload, Payload::Free(NONE));
            let layout = payload.ty().and_then(|ty| types.layout(ty).ok());
            let fields = layout.map_or(&[][..], |layout| &layout.fields);
            match &payload {
                Payload::Struct(_, slots) => {
                    let refs = fields.iter().filter(|(_, storage)| *storage == Storage::Ref);
                    refs.filter_map(|(slot, _)| slots.get(*slot as usize))
                        .for_each(|slot| self.mark(*slot));
                }
                Payload::Array(_, bytes) if matches!(fields, [(_, Storage::Ref)]) => {
                    let (slots, _) = bytes.as_chunks();
                    slots.iter().for_each(|slot| self.mark(u64::from_le_bytes(*slot)));
                }
                Payload::Exn(_, slots) => self.mark_all(slots),
                Payload::Array(..) | Payload::Free(_) => {}
            }
            if let Some(object) = self.objects.get_mut(index as usize) {
                object.payload = payload;
            }
        }
        self.bytes = 0;
        self.free = NONE;
        for (index, object) in self.objects.iter_mut().enumerate().rev() {
            if object.marked {
                object.marked = false;
                self.bytes += object.payload.bytes();
            } else {
                object.payload = Payload::Free(self.free);
                self.free = index as u32;
            }
        }
        self.collections += 1;
        self.collect_at = (2 * self.bytes).max(FIRST_COLLECTION).min(self.limit);
    }
}
