//! The order of tries. It is private to the crate, so its file is compiled here too.

use crate::private::bisect::{Bisect, Past, Pattern};

/// The number of tries until all of `len` changes are made except `needed`.
fn tries(len: usize, needed: &[usize], expected: f64, pattern: Pattern) -> usize {
    let mut bisect = Bisect::new(len, expected, pattern);
    if pattern == Pattern::Chains {
        bisect = bisect.in_chains((0..len as u32).map(|at| at / 64));
    }
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
    tries
}

#[test]
fn a_few_changes_among_many_are_found_soon() {
    let any = |len, needed: &[usize]| tries(len, needed, 0.5, Pattern::Any);
    assert_eq!(any(0, &[]), 0);
    assert_eq!(any(1024, &[]), 1);
    for needed in [0, 77, 512, 1023] {
        assert!(any(1024, &[needed]) <= 21, "{needed}");
    }
    assert!(any(1024, &[3, 500, 501]) < 50);
    let all: [usize; 8] = core::array::from_fn(|at| at);
    assert!(any(8, &all) < 15);
}

#[test]
fn changes_that_are_expected_to_fail_are_tried_one_by_one() {
    let all: [usize; 100] = core::array::from_fn(|at| at);
    assert_eq!(tries(100, &all, 90.0, Pattern::Any), 100);
}

#[test]
fn sets_that_fail_without_a_test_become_smaller_too() {
    let mut bisect = Bisect::new(4096, 0.5, Pattern::Any);
    let mut tries = 0;
    while bisect.next().is_some() {
        tries += 1;
        bisect.divide(false);
    }
    assert!(tries < 6 * 4096, "{tries}");
    assert_eq!(bisect.past(), Past::default());
}

#[test]
fn the_only_one_left_is_not_tried_where_one_must_fail() {
    let one = |len, needed: &[usize]| tries(len, needed, 1.2, Pattern::OneFails);
    assert_eq!(one(1, &[0]), 0);
    assert_eq!(one(2, &[1]), 1);
    assert_eq!(one(2, &[0]), 2);
    assert_eq!(one(3, &[0, 1, 2]), 3);
    let mut bisect = Bisect::new(2, 1.2, Pattern::OneFails);
    bisect.keep();
    assert!(bisect.next().is_none() && bisect.has_left_one());
}

#[test]
fn a_chain_is_tried_up_to_where_it_breaks() {
    let end: [usize; 40] = core::array::from_fn(|at| 24 + at);
    assert!(tries(64, &end, 0.5, Pattern::Chains) <= 12);
    // The next chain is not affected.
    assert!(tries(128, &end, 0.5, Pattern::Chains) <= 16);
    // If the rest of the chain succeeds, the number of tries stays the same.
    assert!(tries(64, &[24], 0.5, Pattern::Chains) <= 12);
}
