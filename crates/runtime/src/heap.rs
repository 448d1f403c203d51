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

use crate::budget::{Budget, unused};
use crate::limits::Resource;
use crate::slots::{index_of, kind, slot_of};
use crate::trap::Trap;
use crate::types::{Storage, Types};

/// The contents of an object.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// No object: the place is free. Holds the next free index.
    Free(u32),
    /// A struct of at most two slots, which need no allocation.
    Pair(TypeId, [u64; 2]),
    /// A struct of more slots.
    Struct(TypeId, Box<[u64]>),
    /// An array, with its elements as in memory. References are slots.
    Array(TypeId, Box<[u8]>),
    /// An exception whose values take at most two slots: the address of its tag, the number of
    /// slots, and the slots.
    PairExn(u32, u8, [u64; 2]),
    /// An exception of more slots, with the address of its tag.
    Exn(u32, Box<[u64]>),
}

#[derive(Clone, Debug)]
struct HeapObject {
    marked: bool,
    payload: Payload,
}

/// The number of bytes of an object without its payload: its place in the arena, and the overhead
/// of the allocator for the payload. It is equal on all machines, so that limits are too.
const HEADER: usize = 48;

const _: () = assert!(size_of::<HeapObject>() + 16 <= HEADER);

/// The number of bytes that are allocated before the first collection.
const FIRST_COLLECTION: usize = 1 << 20;

/// The least number of bytes that the heap takes from the budget at once.
const STEP: usize = 1 << 16;

const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Heap {
    objects: Vec<HeapObject>,
    free: u32,
    /// The number of bytes in use, including those of unreachable objects.
    pub(crate) bytes: usize,
    collect_at: usize,
    /// The bytes that were taken from the budget.
    granted: usize,
    pub(crate) collections: u64,
    /// Marked objects whose references are yet to be followed. It always has room for all objects.
    work: Vec<u32>,
}

impl Default for Heap {
    fn default() -> Heap {
        Heap {
            objects: Vec::new(),
            free: NONE,
            bytes: 0,
            collect_at: FIRST_COLLECTION,
            granted: 0,
            collections: 0,
            work: Vec::new(),
        }
    }
}

impl Payload {
    fn bytes(&self) -> usize {
        HEADER
            + match self {
                Payload::Free(_) | Payload::Pair(..) | Payload::PairExn(..) => 0,
                Payload::Struct(_, slots) | Payload::Exn(_, slots) => 8 * slots.len(),
                Payload::Array(_, bytes) => bytes.len(),
            }
    }

    /// The fields of a struct as slots.
    #[inline(always)]
    pub(crate) fn fields_mut(&mut self) -> Option<&mut [u64]> {
        match self {
            Payload::Pair(_, slots) => Some(slots),
            Payload::Struct(_, slots) => Some(slots),
            _ => None,
        }
    }

    /// The tag of an exception, and its values as slots.
    pub(crate) fn exception(&self) -> Option<(u32, &[u64])> {
        match self {
            Payload::PairExn(tag, count, slots) => Some((*tag, slots.get(..(*count).into())?)),
            Payload::Exn(tag, slots) => Some((*tag, slots)),
            _ => None,
        }
    }

    /// The type of a struct or an array.
    pub(crate) fn ty(&self) -> Option<TypeId> {
        match self {
            Payload::Pair(ty, _) | Payload::Struct(ty, _) | Payload::Array(ty, _) => Some(*ty),
            Payload::Free(_) | Payload::PairExn(..) | Payload::Exn(..) => None,
        }
    }
}

impl Heap {
    /// The number of objects in use, including unreachable ones.
    pub(crate) fn len(&self) -> usize {
        self.objects.iter().filter(|object| !matches!(object.payload, Payload::Free(_))).count()
    }

    /// Whether enough was allocated since the last collection to make another worthwhile.
    #[inline(always)]
    pub(crate) fn wants_collection(&self) -> bool {
        self.bytes >= self.collect_at
    }

    /// The number of places for objects, which a collection looks at.
    pub(crate) fn places(&self) -> usize {
        self.objects.len()
    }

    /// The bytes that were taken from the budget and are not used.
    pub(crate) fn spare(&self) -> usize {
        self.granted.saturating_sub(self.bytes)
    }

    fn has_place(&self) -> bool {
        // The list of work may have failed to grow after the list of objects has grown.
        self.free != NONE || self.objects.len() < self.objects.capacity().min(self.work.capacity())
    }

    /// Makes room for an object with a payload of `bytes`.
    #[inline]
    pub(crate) fn reserve(&mut self, budget: &mut Budget, bytes: usize) -> Result<(), Trap> {
        let needed = self.bytes.saturating_add(bytes).saturating_add(HEADER);
        if needed <= self.granted && self.has_place() {
            return Ok(());
        }
        self.grow(budget, needed).ok_or(Trap::HeapExhausted)
    }

    #[cold]
    fn grow(&mut self, budget: &mut Budget, needed: usize) -> Option<()> {
        let least = needed.max(self.granted);
        let ample = least.saturating_add((least / 8).max(STEP));
        for granted in [ample, least] {
            let change = [self.granted as u64, granted as u64];
            let grown = budget.grow(Resource::Heap, change, || {
                // Places and the list of work grow together, so that a collection needs no memory.
                if !self.has_place() {
                    self.objects.try_reserve(1).ok()?;
                    self.work.try_reserve_exact(self.objects.capacity()).ok()?;
                }
                // Payloads are too small to leave headroom one by one, so there must be some beside
                // all that are granted.
                unused(granted - self.granted).map(drop)
            });
            if grown.is_some() {
                self.granted = granted;
                return Some(());
            }
        }
        None
    }

    /// Gives bytes back if the heap does not need most of its own until the next collection.
    pub(crate) fn shrink(&mut self, budget: &mut Budget) {
        let kept = (self.collect_at + STEP).max(self.objects.len() * HEADER);
        if self.granted / 2 > kept {
            budget.shrink(Resource::Heap, (self.granted - kept) as u64);
            self.granted = kept;
        }
    }

    /// Adds an object, for which there is room. Returns a reference to it, or `None` if there are
    /// too many objects.
    #[inline]
    pub(crate) fn add(&mut self, payload: Payload) -> Option<u64> {
        let bytes = payload.bytes();
        let is_exn = matches!(payload, Payload::PairExn(..) | Payload::Exn(..));
        let kind = if is_exn { kind::EXN } else { kind::OBJECT };
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
    pub(crate) fn get(&self, slot: u64) -> Option<&Payload> {
        Some(&self.objects.get(index_of(slot) as usize)?.payload)
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self, slot: u64) -> Option<&mut Payload> {
        Some(&mut self.objects.get_mut(index_of(slot) as usize)?.payload)
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
        slots.iter().for_each(|&slot| self.mark(slot));
    }

    /// Follows the references of all marked objects, then frees all others.
    pub(crate) fn sweep(&mut self, types: &Types) {
        while let Some(index) = self.work.pop() {
            let Some(object) = self.objects.get_mut(index as usize) else { continue };
            // The payload is taken out while its references are followed.
            let mut payload = core::mem::replace(&mut object.payload, Payload::Free(NONE));
            let layout = payload.ty().and_then(|ty| types.layout(ty).ok());
            let fields = layout.map_or(&[][..], |layout| &layout.fields);
            match &mut payload {
                Payload::Pair(..) | Payload::Struct(..) => {
                    let slots = payload.fields_mut().unwrap_or_default();
                    let refs = fields.iter().filter(|(_, storage)| *storage == Storage::Ref);
                    refs.filter_map(|(slot, _)| slots.get(*slot as usize))
                        .for_each(|slot| self.mark(*slot));
                }
                Payload::Array(_, bytes) if matches!(fields, [(_, Storage::Ref)]) => {
                    let (slots, _) = bytes.as_chunks();
                    slots.iter().for_each(|slot| self.mark(u64::from_le_bytes(*slot)));
                }
                Payload::PairExn(_, _, slots) => self.mark_all(slots),
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
        self.collect_at = (2 * self.bytes).max(FIRST_COLLECTION);
    }
}
