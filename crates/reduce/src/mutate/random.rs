//! Choices that follow from a seed.

use wattle_smith::split_mix64;

/// A source of choices.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A number of 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        split_mix64(&mut self.0)
    }

    /// A number below `end`, or 0 if `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.bits() % (end as u64).max(1)) as usize
    }

    /// An element of a list, if it has any.
    pub(super) fn of<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        list.get(self.below(list.len()))
    }

    /// A number that is likely to reveal faults: small, a power of two or next to one, or any.
    pub(super) fn number(&mut self) -> i64 {
        let power = 1_i64.wrapping_shl(self.below(64) as u32);
        match self.below(5) {
            0 => self.below(8) as i64,
            1 => -(self.below(8) as i64),
            2 => power,
            3 => power.wrapping_sub(1),
            _ => self.bits() as i64,
        }
    }
}
