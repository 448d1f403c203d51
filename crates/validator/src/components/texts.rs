//! Texts by number, so that names are compared and looked up by number.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The id of a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct TextId(pub(crate) u32);

/// Texts, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    texts: Vec<Arc<str>>,
    /// The first text with each hash. Numbers are compared faster than texts that are far apart.
    by_hash: BTreeMap<u64, TextId>,
    /// The others, so that equal hashes do no harm.
    others: BTreeMap<Arc<str>, TextId>,
}

impl Texts {
    /// The id of a text, which is added unless it is there.
    pub(crate) fn add(&mut self, text: &str) -> TextId {
        let id = TextId(self.texts.len() as u32);
        let first = match self.by_hash.entry(hash(text)) {
            Entry::Vacant(slot) => {
                slot.insert(id);
                self.texts.push(text.into());
                return id;
            }
            Entry::Occupied(slot) => *slot.get(),
        };
        if self.get(first) == text {
            return first;
        }
        if let Some(&other) = self.others.get(text) {
            return other;
        }
        let text = Arc::<str>::from(text);
        self.texts.push(text.clone());
        self.others.insert(text, id);
        id
    }

    /// The id of a text that is there.
    pub(crate) fn find(&self, text: &str) -> Option<TextId> {
        let first = *self.by_hash.get(&hash(text))?;
        match self.get(first) == text {
            true => Some(first),
            false => self.others.get(text).copied(),
        }
    }

    /// The text with this id.
    pub(crate) fn get(&self, id: TextId) -> &str {
        self.texts.get(id.0 as usize).map_or("", |text| text)
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
    use super::*;

    #[test]
    fn texts_with_equal_hashes_have_different_ids() {
        let mut texts = Texts::default();
        let first = texts.add("first");
        // A wrong hash stands for a collision.
        texts.by_hash.insert(hash("second"), first);
        assert_eq!(texts.find("second"), None);
        let second = texts.add("second");
        assert_ne!(second, first);
        assert_eq!((texts.find("second"), texts.add("second")), (Some(second), second));
        assert_eq!((texts.find("first"), texts.get(second)), (Some(first), "second"));
    }
}
