//! Pairs of an item of one file and an item of the other, which count as one.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;

use super::ids::Known;

/// The reason why two items count as one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum MatchedBy {
    /// The items have one name.
    Name,
    /// The items are equal.
    Equality,
    /// The items have much in common.
    Similarity,
    /// The items stand at one place among those that match no other.
    Order,
}

/// The pairs of two lists.
#[derive(Default)]
pub(super) struct Pairs {
    /// For each item of the old list, its place in the new one.
    pub(super) of_old: Vec<Option<(usize, MatchedBy)>>,
    /// For each item of the new list, its place in the old one.
    pub(super) of_new: Vec<Option<usize>>,
}

impl Pairs {
    fn new(old: usize, new: usize) -> Pairs {
        Pairs { of_old: vec![None; old], of_new: vec![None; new] }
    }

    /// Pairs two items, if neither is in a pair.
    fn pair(&mut self, old: usize, new: usize, by: MatchedBy) -> bool {
        match (self.of_old.get_mut(old), self.of_new.get_mut(new)) {
            (Some(to @ None), Some(from @ None)) => {
                (*to, *from) = (Some((new, by)), Some(old));
                true
            }
            _ => false,
        }
    }

    /// Returns the items of both lists that are in no pair.
    pub(super) fn left(&self) -> (Vec<usize>, Vec<usize>) {
        let old = self.of_old.iter().enumerate().filter(|(_, it)| it.is_none());
        let new = self.of_new.iter().enumerate().filter(|(_, it)| it.is_none());
        (old.map(|(at, _)| at).collect(), new.map(|(at, _)| at).collect())
    }

    /// Pairs the items whose keys are equal, in order. Items without a key stay as they are.
    fn by_key<K: Hash + Eq>(
        &mut self,
        old: impl Fn(usize) -> Option<K>,
        new: impl Fn(usize) -> Option<K>,
        by: MatchedBy,
    ) {
        let (left_old, left_new) = self.left();
        let mut waiting: HashMap<K, Vec<usize>> = HashMap::new();
        // Each list ends with the first item that is to be paired.
        for at in left_new.into_iter().rev() {
            if let Some(key) = new(at) {
                waiting.entry(key).or_default().push(at);
            }
        }
        for at in left_old {
            if let Some(other) = old(at).and_then(|key| waiting.get_mut(&key)?.pop()) {
                self.pair(at, other, by);
            }
        }
    }

    /// Pairs items by their names and contents: first those of one name that are equal, then those
    /// of one name, then those that are equal.
    pub(super) fn of_known(old: &[Known], new: &[Known]) -> Pairs {
        let mut pairs = Pairs::new(old.len(), new.len());
        let both = |known: &[Known], at: usize| {
            let known = known.get(at)?;
            Some((known.key.clone()?, known.content))
        };
        pairs.by_key(|at| both(old, at), |at| both(new, at), MatchedBy::Name);
        let name = |known: &[Known], at: usize| known.get(at)?.key.clone();
        pairs.by_key(|at| name(old, at), |at| name(new, at), MatchedBy::Name);
        let content = |known: &[Known], at: usize| Some(known.get(at)?.content);
        pairs.by_key(|at| content(old, at), |at| content(new, at), MatchedBy::Equality);
        pairs
    }

    /// Pairs the items that are left in order, if `is_pair` agrees.
    pub(super) fn rest_in_order(&mut self, is_pair: impl Fn(usize, usize) -> bool) {
        let (old, new) = self.left();
        for (old, new) in old.into_iter().zip(new) {
            if is_pair(old, new) {
                self.pair(old, new, MatchedBy::Order);
            }
        }
    }

    /// Pairs the items that are left and stand directly behind a pair, if `is_pair` agrees.
    pub(super) fn rest_behind_pairs(&mut self, is_pair: impl Fn(usize, usize) -> bool) {
        let (left, _) = self.left();
        for old in left {
            let before = old.checked_sub(1).and_then(|before| self.of_old.get(before));
            if let Some(Some((before, _))) = before
                && is_pair(old, before + 1)
            {
                let other = before + 1;
                self.pair(old, other, MatchedBy::Order);
            }
        }
    }

    /// Pairs the items that are left and have much in common. `old` and `new` give the hashes of
    /// the instructions of an item; the most similar pairs go first.
    ///
    /// Items are looked up by a few hashes of runs of instructions each, so the time does not grow
    /// with the product of their numbers.
    pub(super) fn rest_by_similarity(
        &mut self,
        old: impl Fn(usize) -> Vec<u64>,
        new: impl Fn(usize) -> Vec<u64>,
    ) {
        let (left_old, left_new) = self.left();
        let prints: Vec<Print> = left_new.iter().map(|&at| Print::of(&new(at))).collect();
        let mut with: HashMap<u64, Vec<u32>> = HashMap::new();
        for (at, print) in (0..).zip(&prints) {
            for &run in &print.runs {
                let list = with.entry(run).or_default();
                if list.len() < MAX_WITH_RUN {
                    list.push(at);
                }
            }
        }
        let mut found: Vec<(u32, usize, usize)> = Vec::new();
        for (place, &at) in left_old.iter().enumerate() {
            let print = Print::of(&old(at));
            let mut votes: HashMap<u32, u32> = HashMap::new();
            for other in print.runs.iter().filter_map(|run| with.get(run)).flatten() {
                *votes.entry(*other).or_default() += 1;
            }
            for (other, votes) in votes {
                let other = other as usize;
                let Some(print_other) = prints.get(other) else { continue };
                let most = print.runs.len().max(print_other.runs.len()) as u32;
                let likeness = votes * 1000 / most.max(1);
                if likeness >= MIN_LIKENESS {
                    found.push((likeness, place, other));
                }
            }
        }
        found.sort_unstable_by_key(|&(likeness, old, new)| {
            (Reverse(likeness), old.abs_diff(new), old, new)
        });
        for (_, old, new) in found {
            if let (Some(&old), Some(&new)) = (left_old.get(old), left_new.get(new)) {
                self.pair(old, new, MatchedBy::Similarity);
            }
        }
    }
}

/// The smallest share of equal runs of two items that have much in common, in thousandths.
const MIN_LIKENESS: u32 = 300;

/// The most items that are looked at for one run of instructions.
const MAX_WITH_RUN: usize = 32;

/// A few hashes of runs of instructions, which two similar items share.
struct Print {
    runs: Vec<u64>,
}

impl Print {
    /// The number of instructions in a run.
    const RUN: usize = 3;

    /// The number of hashes: the smallest of all.
    const RUNS: usize = 32;

    fn of(instrs: &[u64]) -> Print {
        let mut runs: Vec<u64> = instrs.windows(Self::RUN).map(super::ids::hash_of).collect();
        runs.sort_unstable();
        runs.dedup();
        runs.truncate(Self::RUNS);
        Print { runs }
    }
}
