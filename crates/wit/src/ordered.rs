//! A map that keeps its entries in the order in which they were added.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// A map in the order of insertion. Lookups take logarithmic time.
#[derive(Clone, Debug)]
pub(crate) struct Ordered<K, V> {
    entries: Vec<(K, V)>,
    places: BTreeMap<K, usize>,
}

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Ordered { entries: Vec::new(), places: BTreeMap::new() }
    }
}

impl<K: Ord + Clone, V> Ordered<K, V> {
    /// Adds an entry behind the others. If the key has an entry, nothing changes and that entry is
    /// the error.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Result<(), &V> {
        if let Some(&place) = self.places.get(&key) {
            return match self.entries.get(place) {
                Some((_, value)) => Err(value),
                None => Ok(()),
            };
        }
        self.places.insert(key.clone(), self.entries.len());
        self.entries.push((key, value));
        Ok(())
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(*self.places.get(key)?).map(|(_, value)| value)
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.places.contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The entries, sorted by a key of their own; entries with the same key keep their order.
    pub(crate) fn sort_by_key<T: Ord>(&mut self, key: impl Fn(&K, &V) -> T) {
        self.entries.sort_by_cached_key(|(name, value)| key(name, value));
        self.places = self.entries.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
    }

    pub(crate) fn into_entries(self) -> Vec<(K, V)> {
        self.entries
    }
}

impl<K: Ord + Clone, V> FromIterator<(K, V)> for Ordered<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Ordered::default();
        for (key, value) in entries {
            let _ = map.insert(key, value);
        }
        map
    }
}
