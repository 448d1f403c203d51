//! A map that keeps its entries in the order in which they were added.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::borrow::Borrow;

/// A map in the order of insertion. Lookups take logarithmic time.
///
/// ```
/// use wattle_wit::docs::Map;
///
/// let map: Map<u32> = [("b".into(), 1), ("a".into(), 2)].into_iter().collect();
/// assert_eq!(map.get("a"), Some(&2));
/// assert_eq!(map.keys().collect::<Vec<_>>(), ["b", "a"]);
/// ```
#[derive(Clone, Debug)]
pub struct Ordered<K, V> {
    entries: Vec<(K, V)>,
    places: BTreeMap<K, usize>,
}

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Ordered { entries: Vec::new(), places: BTreeMap::new() }
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Ordered<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl<K: Eq, V: Eq> Eq for Ordered<K, V> {}

impl<K, V> Ordered<K, V> {
    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether the map is empty.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Returns the keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }
}

impl<K, V> Ordered<K, V> {
    /// Returns mutable references to the values, in order.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }
}

impl<K: Ord + Clone, V> Ordered<K, V> {
    /// Adds an entry behind the others, unless the key has one.
    ///
    /// # Errors
    /// The value that the key has already.
    pub fn insert(&mut self, key: K, value: V) -> Result<(), &V> {
        if let Some(&place) = self.places.get(&key) {
            return self.entries.get(place).map_or(Ok(()), |(_, value)| Err(value));
        }
        self.places.insert(key.clone(), self.entries.len());
        self.entries.push((key, value));
        Ok(())
    }

    /// Returns the value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(*self.places.get(key)?).map(|(_, value)| value)
    }

    /// Returns a mutable reference to the value of a key.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(*self.places.get(key)?).map(|(_, value)| value)
    }

    /// Returns whether a key has a value.
    pub fn contains<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.places.contains_key(key)
    }

    /// Consumes the map, and returns the entries in order.
    pub(crate) fn into_entries(self) -> Vec<(K, V)> {
        self.entries
    }
}

/// Keeps the first of several entries with one key.
impl<K: Ord + Clone, V> FromIterator<(K, V)> for Ordered<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Ordered::default();
        for (key, value) in entries {
            let _ = map.insert(key, value);
        }
        map
    }
}

#[cfg(feature = "docs")]
mod json {
    use alloc::string::String;
    use core::fmt;
    use core::marker::PhantomData;

    use serde::de::{MapAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Ordered;

    impl<V: Serialize> Serialize for Ordered<String, V> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.iter())
        }
    }

    impl<'de, V: Deserialize<'de>> Deserialize<'de> for Ordered<String, V> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(Entries(PhantomData))
        }
    }

    struct Entries<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
        type Value = Ordered<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = Ordered::default();
            while let Some((key, value)) = entries.next_entry()? {
                let _ = map.insert(key, value);
            }
            Ok(map)
        }
    }
}
