//! The identifiers of each index space, computed once.
//!
//! A name becomes an identifier if it is unique in its space, not empty and not very long.
//! Otherwise the identifier is made from the index, and the name follows in an annotation:
//! `$#func5 (@name "f")`.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_ast::{NameMap, SpaceIdx};
use wattle_syntax::strings;

use super::{limits, numbers};

/// The identifiers of one index space.
#[derive(Default)]
pub(crate) struct Ids {
    /// `$id`, followed by ` (@name "..")` where needed, for each index in order.
    text: Vec<u8>,
    /// For each index, the end of its identifier, and the end of its annotation.
    ends: Vec<(usize, usize)>,
    /// The entries of indices that are far beyond the other named indices: the start and the end of
    /// the identifier, and the end of the annotation.
    far: BTreeMap<u32, (usize, usize, usize)>,
}

/// The properties of an index space that determine its identifiers.
#[derive(Clone, Copy)]
pub(crate) struct Space<'s> {
    /// The word in identifiers that are made from an index, such as `func`.
    pub(crate) keyword: &'s str,
    /// The first index that can have an identifier.
    pub(crate) first: usize,
    /// The number of indices.
    pub(crate) len: usize,
    /// Whether indices without a name get identifiers too.
    pub(crate) name_unnamed: bool,
    /// For each index, whether the text has no place for its identifier. Indices beyond the list
    /// have a place.
    pub(crate) nameless: &'s [bool],
}

impl Space<'_> {
    fn has_place(&self, index: usize) -> bool {
        index >= self.first && !self.nameless.get(index).is_some_and(|nameless| *nameless)
    }
}

impl Ids {
    /// Makes the identifiers of a space with these names.
    pub(crate) fn new<I: SpaceIdx>(names: Option<&NameMap<'_, I>>, space: Space<'_>) -> Ids {
        let mut ids = Ids::default();
        ids.fill(names, space);
        ids
    }

    /// Replaces the identifiers by those of another space, in the same memory.
    pub(crate) fn fill<I: SpaceIdx>(&mut self, names: Option<&NameMap<'_, I>>, space: Space<'_>) {
        let entries = names.into_iter().flat_map(NameMap::iter);
        self.fill_from(entries.map(|(index, name)| (index.idx(), name.as_str())), space);
    }

    /// Replaces the identifiers by those of a space with names in ascending order of their indices.
    pub(crate) fn fill_from<'n>(
        &mut self,
        names: impl Iterator<Item = (usize, &'n str)> + Clone,
        space: Space<'_>,
    ) {
        self.text.clear();
        self.ends.clear();
        self.far.clear();
        let in_range = || {
            let entries = names.clone().take_while(|(index, _)| *index < space.len);
            entries.filter(|(index, _)| space.has_place(*index))
        };
        let reserved = Reserved::new(in_range().map(|(_, name)| name));
        let duplicates = duplicates(in_range());
        let mut duplicates = duplicates.iter().copied().peekable();
        for (named, (index, name)) in in_range().enumerate() {
            // Indices without names get entries only while there are few of them.
            let is_near = space.name_unnamed || index <= 16 * (named + 16);
            let is_near = is_near && self.far.is_empty();
            if is_near {
                self.unnamed(index, space, &reserved);
            }
            let start = self.text.len();
            let duplicate = duplicates.next_if_eq(&index).is_some();
            let end = if name.is_empty() || duplicate || name.len() > limits::ID_BYTES {
                reserved.synthetic(&mut self.text, space.keyword, index);
                let end = self.text.len();
                annotation(&mut self.text, name);
                end
            } else {
                strings::write_id(&mut self.text, name);
                self.text.len()
            };
            match is_near {
                true => self.ends.push((end, self.text.len())),
                false => drop(self.far.insert(index as u32, (start, end, self.text.len()))),
            }
        }
        if space.name_unnamed {
            self.unnamed(space.len, space, &reserved);
        }
    }

    /// Adds entries for the indices before `index`, which have no names.
    fn unnamed(&mut self, index: usize, space: Space<'_>, reserved: &Reserved<'_>) {
        while self.ends.len() < index {
            if space.name_unnamed && space.has_place(self.ends.len()) {
                reserved.synthetic(&mut self.text, space.keyword, self.ends.len());
            }
            self.ends.push((self.text.len(), self.text.len()));
        }
    }

    /// The text of an index. `end` selects its end, with or without the annotation.
    #[inline(always)]
    fn text(&self, index: u32, end: impl Fn((usize, usize)) -> usize) -> &[u8] {
        let at = index as usize;
        let Some(&ends) = self.ends.get(at) else {
            return if self.far.is_empty() { &[] } else { self.far_text(index, end) };
        };
        let before = at.checked_sub(1).and_then(|before| self.ends.get(before));
        self.text.get(before.map_or(0, |ends| ends.1)..end(ends)).unwrap_or_default()
    }

    /// The text of an index without an entry in `ends`.
    #[cold]
    #[inline(never)]
    fn far_text(&self, index: u32, end: impl Fn((usize, usize)) -> usize) -> &[u8] {
        let text = self.far.get(&index);
        let text =
            text.and_then(|&(start, id, annotation)| self.text.get(start..end((id, annotation))));
        text.unwrap_or_default()
    }

    /// The identifier of an index as it is written in a reference; empty if the index has none.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> &[u8] {
        self.text(index, |(identifier, _)| identifier)
    }

    /// The identifier of an index as it is written in its definition, with its annotation.
    pub(crate) fn definition(&self, index: u32) -> &[u8] {
        self.text(index, |(_, annotation)| annotation)
    }

    /// Whether no index has an identifier.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Appends a reference: a space, and the identifier or the number.
    #[inline(always)]
    pub(crate) fn reference(&self, out: &mut Vec<u8>, index: u32) {
        match self.get(index) {
            [] => numbers::spaced(out, index.into()),
            id => {
                out.push(b' ');
                out.extend_from_slice(id);
            }
        }
    }
}

/// Appends ` (@name "..")`.
pub(crate) fn annotation(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b" (@name ");
    strings::write_name(out, name);
    out.push(b')');
}

/// The names that look like an identifier made from an index.
#[derive(Default)]
pub(crate) struct Reserved<'n>(BTreeSet<&'n [u8]>);

impl<'n> Reserved<'n> {
    /// Selects the names that look like an identifier made from an index.
    pub(crate) fn new(names: impl Iterator<Item = &'n str>) -> Reserved<'n> {
        Reserved(names.filter(|name| name.starts_with('#')).map(str::as_bytes).collect())
    }

    /// Appends the identifier made from an index: `$#func5`, followed by enough `_` to differ from
    /// all names.
    pub(crate) fn synthetic(&self, out: &mut Vec<u8>, keyword: &str, index: usize) {
        out.push(b'$');
        let start = out.len();
        out.push(b'#');
        out.extend_from_slice(keyword.as_bytes());
        numbers::decimal(out, index as u64);
        while self.0.contains(&out[start..]) {
            out.push(b'_');
        }
    }
}

/// The indices whose names are not unique, in ascending order.
fn duplicates<'n>(names: impl Iterator<Item = (usize, &'n str)>) -> Vec<usize> {
    let mut hashed: Vec<_> =
        names.map(|(index, name)| (hash(name.as_bytes()), index, name)).collect();
    hashed.sort_unstable_by_key(|entry| entry.0);
    let mut found = Vec::new();
    for same_hash in hashed.chunk_by_mut(|a, b| a.0 == b.0) {
        if same_hash.len() > 1 {
            // Sorting keeps this fast even for names that were chosen for their equal hashes.
            same_hash.sort_unstable_by_key(|entry| entry.2);
            let groups = same_hash.chunk_by(|a, b| a.2 == b.2).filter(|group| group.len() > 1);
            found.extend(groups.flatten().map(|entry| entry.1));
        }
    }
    found.sort_unstable();
    found
}

/// A hash for finding duplicates. Collisions cost time, but give no wrong results.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    for word in words.iter().chain([&last]) {
        hash = (hash.rotate_left(26) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
    }
    hash
}
