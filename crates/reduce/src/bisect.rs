//! The order in which sets of changes are tried.

use alloc::rc::Rc;
use core::ops::{Add, Range};

/// Chooses the set of changes to try next, together with the changes that were kept.
///
/// Sets are ranges, from the front, each large enough to succeed in about half of all cases. The
/// likelihood of a failure follows from the expected number of failures and from the outcome of the
/// changes so far. A set that fails is divided until the first change that fails alone is found;
/// then the changes behind it are open again. So *n* changes of which *f* fail need some
/// *f* log (*n* / *f*) tries.
#[derive(Clone, Debug)]
pub(crate) struct Bisect {
    len: usize,
    pattern: Pattern,
    /// The number of changes that are expected to fail.
    expected: f64,
    /// The changes without an answer.
    open: Range<usize>,
    /// The end of the changes that failed together, which begin where the open ones do.
    failed: Option<usize>,
    now: Past,
    /// The number of changes that failed alone without a test.
    refused: usize,
    /// For each change, the number of the chain that it is in. An empty list if there are none.
    chains: Rc<[u32]>,
    /// The end of the chain in which a change has just failed.
    broken: Option<usize>,
}

/// The pattern of failures that is known before changes are tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pattern {
    /// No pattern is known.
    Any,
    /// At least one change will fail. If all but the last succeeded, the last is not tried.
    OneFails,
    /// Behind a change that fails, the rest of its chain fails as a rule. The rest is tried as a
    /// whole, but not change by change.
    Chains,
}

/// The number of failures without a test that weigh as much as one with a test.
const CHEAPER: f64 = 8.0;

/// The greatest likelihood of failure that a change is assumed to have.
const CERTAIN: f64 = 0.9;

/// The numbers of changes that were made and of changes that failed alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Past {
    pub(crate) made: usize,
    pub(crate) failed: usize,
}

impl Bisect {
    /// Creates the choice among `len` changes, of which `expected` are expected to fail.
    pub(crate) fn new(len: usize, expected: f64, pattern: Pattern) -> Bisect {
        let (open, now) = (0..len, Past::default());
        let (chains, broken) = (Rc::default(), None);
        let failed = (pattern == Pattern::OneFails).then_some(len);
        Bisect { len, pattern, expected, open, failed, now, refused: 0, chains, broken }
    }

    /// Adds the number of the chain that each change is in.
    pub(crate) fn in_chains(self, chains: impl IntoIterator<Item = u32>) -> Bisect {
        Bisect { chains: chains.into_iter().collect(), ..self }
    }

    /// The set to try next. The caller answers with [`keep`](Bisect::keep) or
    /// [`divide`](Bisect::divide).
    pub(crate) fn next(&self) -> Option<Range<usize>> {
        let Range { start, end } = self.open;
        if start == end {
            return None;
        }
        if let Some(end) = self.broken {
            return Some(start..end);
        }
        if self.waits_for_one() && end - start == 1 {
            return None;
        }
        let rate = self.rate();
        // At least one of the changes that failed together fails alone.
        let (most, all) = match self.failed {
            Some(failed) => (failed - start - 1, power(rate, failed - start)),
            None => (end - start, 0.0),
        };
        let (mut len, mut likely) = (1, rate * rate);
        while len < most && likely >= f64::midpoint(1.0, all) {
            len += 1;
            likely *= rate;
        }
        Some(start..start + len)
    }

    /// The likelihood that a change succeeds.
    fn rate(&self) -> f64 {
        let seen = self.len + self.now.made + self.now.failed + self.refused;
        let failed = self.expected + self.now.failed as f64 + self.refused as f64 / CHEAPER;
        1.0 - (failed / seen as f64).min(CERTAIN)
    }

    /// Whether a change must fail and none has yet.
    fn waits_for_one(&self) -> bool {
        self.pattern == Pattern::OneFails && self.now.failed + self.refused == 0
    }

    /// Whether the next set is the rest of a chain, which is not divided.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// The end of the open changes in the chain of the one before them.
    fn end_of_chain(&self) -> Option<usize> {
        let chain = self.chains.get(self.open.start.checked_sub(1)?)?;
        let rest = self.chains.get(self.open.clone())?;
        let len = rest.iter().take_while(|next| *next == chain).count();
        (len > 0).then_some(self.open.start + len)
    }

    /// Records that the set was kept or does nothing.
    pub(crate) fn keep(&mut self) {
        let Some(range) = self.next() else { return };
        self.now.made += range.len();
        self.open.start = range.end;
        self.failed = self.failed.filter(|failed| *failed > range.end);
        self.broken = None;
    }

    /// Records that the set failed. `was_asked` tells whether that took a test; after failures
    /// without a test, the next sets stay large for longer.
    pub(crate) fn divide(&mut self, was_asked: bool) {
        let Some(range) = self.next() else { return };
        let was_broken = self.is_broken();
        if range.len() > 1 && !was_broken {
            self.failed = Some(range.end);
            return;
        }
        match was_asked {
            // The rest of a chain says nothing about other chains.
            _ if was_broken => {}
            true => self.now.failed += 1,
            false => self.refused += 1,
        }
        self.open.start = range.end;
        self.failed = None;
        self.broken = self.end_of_chain().filter(|_| !was_broken);
    }

    /// The outcome of the changes so far.
    pub(crate) fn past(&self) -> Past {
        self.now
    }

    /// Whether a change was left out because it is expected to fail.
    pub(crate) fn has_left_one(&self) -> bool {
        !self.open.is_empty()
    }
}

/// A power of a number below 1. A power close to 0 counts as 0.
fn power(base: f64, exponent: usize) -> f64 {
    let mut power = 1.0;
    for _ in 0..exponent {
        power *= base;
        if power < 1e-6 {
            return 0.0;
        }
    }
    power
}

impl Add for Past {
    type Output = Past;

    fn add(self, other: Past) -> Past {
        Past { made: self.made + other.made, failed: self.failed + other.failed }
    }
}
