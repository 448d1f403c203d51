//! Texts by number, so that names are compared and looked up by number.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::hash_index::{Hash, HashIndex, nth_run};

/// The id of a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct TextId(pub(crate) u32);

/// Texts without repetition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    /// All texts, one behind the other.
    all: String,
    /// The end of each text, by id.
    ends: Vec<usize>,
    index: HashIndex<Box<str>>,
}

impl Texts {
    /// The id of a text. Adds the text unless it exists.
    pub(crate) fn add(&mut self, text: &str) -> TextId {
        let hash = hash(text);
        if let Some(id) = self.find_hashed(text, hash) {
            return id;
        }
        let id = TextId(self.ends.len() as u32);
        self.all.push_str(text);
        self.ends.push(self.all.len());
        let Texts { all, ends, index } = self;
        index.add(hash, id.0, |id| all.get(nth_run(ends, id)).unwrap_or_default().into());
        id
    }

    /// The id of a text, if the text exists.
    pub(crate) fn find(&self, text: &str) -> Option<TextId> {
        self.find_hashed(text, hash(text))
    }

    fn find_hashed(&self, text: &str, hash: Hash) -> Option<TextId> {
        self.index.find(hash, |id| self.get(TextId(id)) == text, || text.into()).map(TextId)
    }

    /// The text with this id.
    pub(crate) fn get(&self, id: TextId) -> &str {
        self.all.get(nth_run(&self.ends, id.0)).unwrap_or_default()
    }
}

fn hash(text: &str) -> Hash {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words
        .iter()
        .fold(Hash::new(text.len() as u64), |hash, &word| hash.with(u64::from_le_bytes(word)));
    rest.iter().fold(hash, |hash, &byte| hash.with(byte.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_id() {
        let all: Vec<String> = (0..1000).map(|nth| alloc::format!("text-{nth}")).collect();
        let mut texts = Texts::default();
        for (nth, text) in all.iter().enumerate() {
            assert_eq!(texts.find(text), None);
            assert_eq!(texts.add(text), TextId(nth as u32));
        }
        for (nth, text) in all.iter().enumerate() {
            let id = TextId(nth as u32);
            assert_eq!((texts.find(text), texts.add(text), texts.get(id)), (Some(id), id, &**text));
        }
    }
}
