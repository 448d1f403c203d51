//! An index of distinct items: their numbers by hash.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::mem;
use core::ops::Range;

/// The numbers of distinct items by the hash of each. The caller has the items, and compares them.
///
/// Nearly all numbers are in a hash table. Equal hashes, even those of an attacker, do no harm:
/// items for which the table has no room are in an ordered map.
#[derive(Clone, Debug)]
pub(crate) struct HashIndex<K> {
    /// The hash table. An item is at one of the [`PROBES`] slots from its hash on. The length is a
    /// power of two.
    slots: Vec<Slot>,
    /// The number of items in slots.
    used: usize,
    /// The items for which no slot is free.
    others: BTreeMap<K, Slot>,
}

/// A place in the hash table.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u32,
    /// The number of the item plus one, or 0 where the slot is free.
    number: u32,
}

/// The number of slots that are looked at for an item.
const PROBES: usize = 8;

impl<K> Default for HashIndex<K> {
    fn default() -> HashIndex<K> {
        HashIndex { slots: Vec::new(), used: 0, others: BTreeMap::new() }
    }
}

impl<K: Ord> HashIndex<K> {
    /// The number of the item with this hash for which `is_it` holds. `key` gives its key, which is
    /// needed only if the item may be in the map.
    #[inline]
    pub(crate) fn find(
        &self,
        hash: Hash,
        is_it: impl Fn(u32) -> bool,
        key: impl FnOnce() -> K,
    ) -> Option<u32> {
        let hash = hash.upper_half();
        for slot in probed(hash, self.slots.len()).filter_map(|slot| self.slots.get(slot)) {
            // Nothing is removed, so an item that is not before a free slot does not exist.
            let number = slot.number.checked_sub(1)?;
            if slot.hash == hash && is_it(number) {
                return Some(number);
            }
        }
        let other = if self.others.is_empty() { None } else { self.others.get(&key()) };
        other.map(|slot| slot.number - 1)
    }

    /// Adds the number, less than `u32::MAX`, of an item with this hash. `key` gives the key of a
    /// number.
    pub(crate) fn add(&mut self, hash: Hash, number: u32, key: impl Fn(u32) -> K) {
        if 2 * (self.used + 1) > self.slots.len() {
            let len = (2 * self.slots.len()).max(2 * PROBES);
            let slots = mem::replace(&mut self.slots, vec![Slot::default(); len]);
            let others = mem::take(&mut self.others);
            self.used = 0;
            for slot in slots.into_iter().filter(|slot| slot.number > 0) {
                self.place(slot, || key(slot.number - 1));
            }
            for (key, slot) in others {
                self.place(slot, || key);
            }
        }
        self.place(Slot { hash: hash.upper_half(), number: number + 1 }, || key(number));
    }

    fn place(&mut self, new: Slot, key: impl FnOnce() -> K) {
        let mut probed = probed(new.hash, self.slots.len());
        match probed.find(|&slot| self.slots.get(slot).is_some_and(|slot| slot.number == 0)) {
            Some(slot) => {
                self.slots[slot] = new;
                self.used += 1;
            }
            None => {
                self.others.insert(key(), new);
            }
        }
    }
}

/// The slots, of `len`, where an item with this hash may be.
fn probed(hash: u32, len: usize) -> impl Iterator<Item = usize> {
    let mask = len.wrapping_sub(1);
    let start = hash as usize & mask;
    (start..start + PROBES.min(len)).map(move |slot| slot & mask)
}

/// The place of the nth of the runs that end at `ends`, one behind the other.
pub(crate) fn nth_run(ends: &[usize], nth: u32) -> Range<usize> {
    let nth = nth as usize;
    let start = nth.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    start..ends.get(nth).copied().unwrap_or(start)
}

/// A hash of words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) const fn new(first: u64) -> Hash {
        Hash(first)
    }

    /// The hash with one word more.
    #[inline]
    pub(crate) fn with(self, word: u64) -> Hash {
        Hash((self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The half that depends on all words.
    fn upper_half(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_with_equal_hashes_are_found() {
        // The number of items with each hash, which are in the slots from it on or in the map.
        for equal in [1, 3, 5, 20, 1000] {
            let mut index = HashIndex::default();
            let hash_of = |number: u32| Hash::new(1).with((number / equal).into());
            let key = |number: u32| 2 * number;
            for number in 0..1000 {
                let find = |index: &HashIndex<_>, number| {
                    index.find(hash_of(number), |it| it == number, || key(number))
                };
                assert_eq!(find(&index, number), None);
                index.add(hash_of(number), number, key);
                assert!((0..=number).all(|number| find(&index, number) == Some(number)));
            }
            assert!(equal < 20 || !index.others.is_empty());
        }
    }
}
