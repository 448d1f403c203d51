//! Names that must differ.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;

/// Names that were taken, so that others get other names.
pub(crate) struct UniqueNames<K> {
    taken: BTreeSet<K>,
    /// The last number that was tried with a name that was taken.
    tried: BTreeMap<K, u32>,
}

impl<K> Default for UniqueNames<K> {
    fn default() -> Self {
        UniqueNames { taken: BTreeSet::new(), tried: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> UniqueNames<K> {
    /// Takes a name if it is free, and returns whether it was.
    pub(crate) fn try_take(&mut self, name: K) -> bool {
        self.taken.insert(name)
    }

    /// Takes a name, or the first that is free with a suffix: ` [v2]`, ` [v3]` and so on.
    pub(crate) fn take(&mut self, name: K, with: impl Fn(&str) -> K) -> K {
        if self.try_take(name.clone()) {
            return name;
        }
        let number = self.tried.entry(name).or_insert(1);
        loop {
            *number += 1;
            let other = with(&format!(" [v{number}]"));
            if self.taken.insert(other.clone()) {
                return other;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use std::vec::Vec;

    use super::UniqueNames;

    #[test]
    fn names_that_are_taken_get_the_next_free_number() {
        let mut names = UniqueNames::<String>::default();
        let mut take = |name: &str| names.take(name.to_string(), |suffix| [name, suffix].concat());
        let taken: Vec<String> = ["a", "a [v2]", "a", "a", "a [v2]"].map(&mut take).into();
        assert_eq!(taken, ["a", "a [v2]", "a [v3]", "a [v4]", "a [v2] [v2]"]);
    }
}
