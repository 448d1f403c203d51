//! The order in which sets of changes are tried: all together, then halves of what fails.

use alloc::vec::Vec;
use core::ops::Range;

/// Chooses which of a number of independent changes to try next, added to those that were kept.
///
/// A set that fails is divided, and both halves are tried. So a few changes that must not be made,
/// among many, are found with a number of tries in the order of the logarithm.
#[derive(Clone, Debug)]
pub(crate) struct Bisect {
    /// The sets that are still to be tried, the next one last.
    todo: Vec<Range<usize>>,
}

impl Bisect {
    pub(crate) fn new(len: usize) -> Bisect {
        Bisect { todo: (len > 0).then_some(0..len).into_iter().collect() }
    }

    /// The set to try next. The answer to it must be given by [`keep`](Bisect::keep) or
    /// [`divide`](Bisect::divide).
    pub(crate) fn next(&self) -> Option<Range<usize>> {
        self.todo.last().cloned()
    }

    /// The set was kept, or does nothing.
    pub(crate) fn keep(&mut self) {
        self.todo.pop();
    }

    /// The set failed.
    pub(crate) fn divide(&mut self) {
        let Some(Range { start, end }) = self.todo.pop() else { return };
        if end - start > 1 {
            let middle = start + (end - start) / 2;
            self.todo.push(middle..end);
            self.todo.push(start..middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of tries until only `needed` of `len` changes are not made.
    fn tries(len: usize, needed: &[usize]) -> usize {
        let mut bisect = Bisect::new(len);
        let (mut tries, mut kept) = (0, 0);
        while let Some(range) = bisect.next() {
            tries += 1;
            match needed.iter().any(|at| range.contains(at)) {
                true => bisect.divide(),
                false => {
                    kept += range.len();
                    bisect.keep();
                }
            }
        }
        assert_eq!(kept, len - needed.len());
        tries
    }

    #[test]
    fn a_few_changes_among_many_are_found_soon() {
        assert_eq!(tries(0, &[]), 0);
        assert_eq!(tries(1024, &[]), 1);
        assert_eq!(tries(1024, &[77]), 21);
        assert!(tries(1024, &[3, 500, 501]) < 60);
        assert_eq!(tries(8, &[0, 1, 2, 3, 4, 5, 6, 7]), 15);
    }
}
