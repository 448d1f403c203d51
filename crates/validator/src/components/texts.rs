//! Texts by number, so that names are compared and looked up by number.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// The id of a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct TextId(pub(crate) u32);

/// Texts, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    /// All texts, one behind the other.
    all: String,
    /// Where each text ends, by id.
    ends: Vec<usize>,
    /// A hash table. A text is at one of the [`PROBES`] slots from its hash on. The length is a power of
    /// two.
    slots: Vec<Slot>,
    /// The texts that found no free slot, so that texts with equal hashes do no harm.
    others: BTreeMap<Box<str>, TextId>,
}

/// A place in the hash table.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// The half of the text's hash that does not say where it is, so that texts are seldom compared.
    tag: u32,
    /// The id of the text plus one, or 0 where the slot is free.
    id: u32,
}

/// The number of slots that are looked at for a text.
const PROBES: usize = 8;

impl Texts {
    /// The id of a text, which is added unless it is there.
    pub(crate) fn add(&mut self, text: &str) -> TextId {
        let hash = hash(text);
        if let Some(id) = self.find_hashed(text, hash) {
            return id;
        }
        let id = TextId(self.ends.len() as u32);
        self.all.push_str(text);
        self.ends.push(self.all.len());
        if 2 * self.ends.len() > self.slots.len() {
            self.slots = vec![Slot::default(); (2 * self.ends.len()).next_power_of_two()];
            (0..=id.0).for_each(|id| self.place(TextId(id), self::hash(self.get(TextId(id)))));
        } else {
            self.place(id, hash);
        }
        id
    }

    /// Makes a text with this hash found.
    fn place(&mut self, id: TextId, hash: u64) {
        match self.probed(hash).find(|&slot| self.slots[slot].id == 0) {
            Some(slot) => self.slots[slot] = Slot { tag: hash as u32, id: id.0 + 1 },
            None => {
                let text = self.get(id).into();
                self.others.insert(text, id);
            }
        }
    }

    /// The slots that a text with this hash may be at.
    fn probed(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len().wrapping_sub(1);
        // The upper half of the hash depends on all of the text.
        let start = (hash >> 32) as usize;
        (start..start + PROBES.min(self.slots.len())).map(move |slot| slot & mask)
    }

    /// The id of a text that is there.
    pub(crate) fn find(&self, text: &str) -> Option<TextId> {
        self.find_hashed(text, hash(text))
    }

    fn find_hashed(&self, text: &str, hash: u64) -> Option<TextId> {
        for slot in self.probed(hash) {
            let Slot { tag, id } = self.slots[slot];
            let id = TextId(id.checked_sub(1)?);
            if tag == hash as u32 && self.get(id) == text {
                return Some(id);
            }
        }
        self.others.get(text).copied()
    }

    /// The text with this id.
    pub(crate) fn get(&self, id: TextId) -> &str {
        let at = id.0 as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(at).copied().unwrap_or(0);
        self.all.get(start.unwrap_or(0)..end).unwrap_or("")
    }
}

/// Mixes a word into a hash.
pub(crate) fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn hash(text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash =
        words.iter().fold(text.len() as u64, |hash, &word| mix(hash, u64::from_le_bytes(word)));
    rest.iter().fold(hash, |hash, &byte| mix(hash, byte.into()))
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    /// Texts of sixteen bytes with one hash.
    fn with_equal_hashes() -> Vec<String> {
        let hash_before = |first: u64| mix(16, first).rotate_left(5);
        let first = |nth: u64| {
            let letters = nth.wrapping_mul(0x0123_4567_89ab_cdef).to_le_bytes();
            u64::from_le_bytes(letters.map(|letter| b'a' + letter % 16))
        };
        let texts = (0..20_000).filter_map(|nth| {
            // The second word undoes the difference that the first makes.
            let second = hash_before(first(nth)) ^ hash_before(first(0)) ^ first(0);
            let words = [first(nth).to_le_bytes(), second.to_le_bytes()];
            String::from_utf8(words.concat()).ok()
        });
        texts.collect::<BTreeSet<_>>().into_iter().collect()
    }

    #[test]
    fn texts_with_equal_hashes_have_different_ids() {
        let equal = with_equal_hashes();
        assert!(equal.len() > 4 * PROBES, "{}", equal.len());
        assert!(equal.iter().all(|text| hash(text) == hash(&equal[0])));
        let many: Vec<String> = (0..1000).map(|nth| alloc::format!("text-{nth}")).collect();
        let all: Vec<&str> = many.iter().chain(&equal).map(String::as_str).collect();
        let mut texts = Texts::default();
        for (nth, text) in all.iter().enumerate() {
            assert_eq!(texts.find(text), None);
            assert_eq!(texts.add(text), TextId(nth as u32));
        }
        assert!(texts.others.len() >= equal.len() - PROBES);
        for (nth, text) in all.iter().enumerate() {
            let id = TextId(nth as u32);
            assert_eq!((texts.find(text), texts.add(text), texts.get(id)), (Some(id), id, *text));
        }
    }
}
