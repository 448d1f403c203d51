//! The order in which sets of changes are tried.

use core::ops::{Add, Range};

/// Chooses which of a number of independent changes to try next, added to those that were kept.
///
/// Sets are ranges, from the front. At first a set is everything. A set that fails is halved until
/// the first change that fails alone is found; then the changes behind it are open again. The next
/// set is the smaller the more changes have failed. So with *n* changes of which *f* fail, there are
/// some *f* log (*n* / *f*) tries.
///
/// Where most changes failed the last time, single changes are tried from the start, so that there
/// is one try for each.
#[derive(Clone, Debug)]
pub(crate) struct Bisect {
    /// The changes without an answer.
    open: Range<usize>,
    /// The end of the changes that failed together, which begin where the open ones do.
    failed: Option<usize>,
    now: Past,
    before: Past,
    /// How many changes failed alone without a test.
    refused: usize,
}

/// How many candidates that need no test are worth one that does.
const CHEAPER: usize = 8;

/// How many changes were made, and how many failed alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Past {
    pub(crate) made: usize,
    pub(crate) failed: usize,
}

impl Bisect {
    /// Chooses among this many changes. `before` is what came of changes of this kind the last time.
    pub(crate) fn new(len: usize, before: Past) -> Bisect {
        Bisect { open: 0..len, failed: None, now: Past::default(), before, refused: 0 }
    }

    /// The set to try next. The answer to it must be given by [`keep`](Bisect::keep) or
    /// [`divide`](Bisect::divide).
    pub(crate) fn next(&self) -> Option<Range<usize>> {
        let Range { start, end } = self.open;
        if start == end {
            return None;
        }
        let len = match self.failed {
            Some(failed) => (failed - start) / 2,
            None => (end - start) / (self.now.failed + self.refused / CHEAPER).max(1),
        };
        let most = match self.before.failed {
            0 => usize::MAX,
            _ => (self.before + self.now).likely_run(),
        };
        Some(start..start + len.min(most).max(1))
    }

    /// The set was kept, or does nothing.
    pub(crate) fn keep(&mut self) {
        let Some(range) = self.next() else { return };
        self.now.made += range.len();
        self.open.start = range.end;
        self.failed = self.failed.filter(|failed| *failed > range.end);
    }

    /// The set failed. Whether the condition was asked matters for the size of the next sets: where it
    /// costs no test to find out, they stay large for longer.
    pub(crate) fn divide(&mut self, was_asked: bool) {
        let Some(range) = self.next() else { return };
        if range.len() > 1 {
            self.failed = Some(range.end);
        } else {
            match was_asked {
                true => self.now.failed += 1,
                false => self.refused += 1,
            }
            self.open.start = range.end;
            self.failed = None;
        }
    }

    /// What came of the changes so far.
    pub(crate) fn past(&self) -> Past {
        self.now
    }
}

impl Past {
    /// The number of changes that all succeed in about half of all cases.
    fn likely_run(self) -> usize {
        // The logarithm of 2 is about 0.7.
        let tenths = (self.made + self.failed).saturating_mul(7) / self.failed.max(1);
        (tenths / 10).max(1)
    }
}

impl Add for Past {
    type Output = Past;

    fn add(self, other: Past) -> Past {
        Past { made: self.made + other.made, failed: self.failed + other.failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of tries until only `needed` of `len` changes are not made.
    fn tries(len: usize, needed: &[usize], before: Past) -> usize {
        let mut bisect = Bisect::new(len, before);
        let (mut tries, mut kept) = (0, 0);
        while let Some(range) = bisect.next() {
            tries += 1;
            match needed.iter().any(|at| range.contains(at)) {
                true => bisect.divide(true),
                false => {
                    kept += range.len();
                    bisect.keep();
                }
            }
        }
        assert_eq!(kept, len - needed.len());
        assert_eq!(bisect.past(), Past { made: kept, failed: needed.len() });
        tries
    }

    #[test]
    fn a_few_changes_among_many_are_found_soon() {
        let first = Past::default();
        assert_eq!(tries(0, &[], first), 0);
        assert_eq!(tries(1024, &[], first), 1);
        for needed in [0, 77, 512, 1023] {
            assert!(tries(1024, &[needed], first) <= 21, "{needed}");
        }
        assert!(tries(1024, &[3, 500, 501], first) < 50);
        let all: [usize; 8] = core::array::from_fn(|at| at);
        assert!(tries(8, &all, first) < 15);
    }

    #[test]
    fn sets_that_fail_without_a_test_become_smaller_too() {
        let mut bisect = Bisect::new(4096, Past::default());
        let mut tries = 0;
        while bisect.next().is_some() {
            tries += 1;
            bisect.divide(false);
        }
        assert!(tries < 6 * 4096, "{tries}");
        assert_eq!(bisect.past(), Past::default());
    }

    #[test]
    fn changes_that_failed_before_are_tried_one_by_one() {
        let all: [usize; 100] = core::array::from_fn(|at| at);
        assert_eq!(tries(100, &all, Past { made: 3, failed: 100 }), 100);
        assert!(tries(1024, &[5], Past { made: 1000, failed: 1 }) < 20);
    }
}
