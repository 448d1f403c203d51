//! The source of choices: a cursor over the input bytes, and the expansion of a seed to bytes.

use alloc::vec::Vec;
use core::iter::Chain;
use core::ops::Range;

/// A cursor over the bytes that choices are made with. Behind their end every choice is 0, which
/// callers read as "stop" or "no".
pub(crate) struct Entropy<'a> {
    data: &'a [u8],
    pos: usize,
}

impl<'a> Entropy<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Entropy<'a> {
        Entropy { data, pos: 0 }
    }

    /// The number of bytes that were used.
    pub(crate) fn used(&self) -> usize {
        self.pos
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.pos >= self.data.len()
    }

    #[inline(always)]
    pub(crate) fn byte(&mut self) -> u8 {
        match self.data.get(self.pos) {
            Some(&byte) => {
                self.pos += 1;
                byte
            }
            None => 0,
        }
    }

    #[inline(always)]
    pub(crate) fn u16(&mut self) -> u16 {
        match self.data.get(self.pos..).and_then(|rest| rest.first_chunk::<2>()) {
            Some(bytes) => {
                self.pos += 2;
                u16::from_le_bytes(*bytes)
            }
            None => u16::from(self.byte()),
        }
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from(self.u16()) | u32::from(self.u16()) << 16
    }

    pub(crate) fn u64(&mut self) -> u64 {
        if let Some(bytes) = self.data.get(self.pos..).and_then(|rest| rest.first_chunk()) {
            self.pos += 8;
            return u64::from_le_bytes(*bytes);
        }
        u64::from(self.u32()) | u64::from(self.u32()) << 32
    }

    /// Bytes for contents: zeros behind the end of the input.
    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let rest = self.data.get(self.pos..).unwrap_or_default();
        let mut bytes = rest.get(..len).unwrap_or(rest).to_vec();
        self.pos += bytes.len();
        bytes.resize(len, 0);
        bytes
    }

    /// A number less than `bound`; 0 when `bound` is 0.
    #[inline(always)]
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        match bound {
            0 | 1 => 0,
            2..=256 => (usize::from(self.byte()) * bound) >> 8,
            _ => ((u64::from(self.u16()) * bound.min(1 << 16) as u64) >> 16) as usize,
        }
    }

    /// True in `parts` of 256 cases. False when no bytes are left, even if `parts` is 256.
    #[inline(always)]
    pub(crate) fn chance(&mut self, parts: u16) -> bool {
        !self.is_empty() && u16::from(self.byte()).saturating_add(parts) >= 256
    }

    /// An element of a list; `None` when the list is empty.
    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        let index = self.below(list.len());
        list.get(index).copied()
    }

    /// All indices below `count`: from a random index to the last, then from 0.
    #[inline(always)]
    pub(crate) fn rotation(&mut self, count: usize) -> Chain<Range<u32>, Range<u32>> {
        let start = self.below(count) as u32;
        (start..count as u32).chain(0..start)
    }
}

/// One step of SplitMix64, the generator of random numbers that expands seeds: changes the state
/// and gives a number.
///
/// ```
/// // The second number of the published sequence for the seed 0.
/// let mut state = 0;
/// wattle_smith::split_mix64(&mut state);
/// assert_eq!(wattle_smith::split_mix64(&mut state), 0x6e78_9e6a_a1b9_65f4);
/// ```
pub fn split_mix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// The bytes of a seed, from SplitMix64, low byte first: between a quarter of `most` and `most`.
pub(crate) fn expand(seed: u64, most: u32) -> Vec<u8> {
    let mut state = seed;
    let most = u64::from(most.max(4));
    let len = (most / 4 + split_mix64(&mut state) % (most - most / 4 + 1)) as usize;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        bytes.extend_from_slice(&split_mix64(&mut state).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exhausted_choices_are_no() {
        let mut entropy = Entropy::new(&[255]);
        assert!(entropy.chance(1));
        assert!(entropy.is_empty());
        assert!(!entropy.chance(256) && entropy.below(1000) == 0);
        assert!(Entropy::new(&[0]).chance(256) && !Entropy::new(&[255]).chance(0));
        assert_eq!(entropy.used(), 1);
    }

    #[test]
    fn seeds_expand_alike_everywhere() {
        let bytes = expand(1, 4096);
        assert_eq!(bytes, expand(1, 4096));
        assert!((1024..=4096).contains(&bytes.len()));
        // The second word of the published sequence of SplitMix64 for the seed 0.
        assert_eq!(expand(0, 64)[..8], 0x6e78_9e6a_a1b9_65f4_u64.to_le_bytes());
    }
}
