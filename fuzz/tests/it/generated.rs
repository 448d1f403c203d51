//! Generated modules of every configuration. The binary `generated` checks many more.

use wattle_fuzz::generated::{check, configurations};
use wattle_fuzz::positions;
use wattle_tests::times;

#[test]
fn a_thousand_modules_are_valid_and_survive_text() {
    let mut bytes = 0;
    for (name, config, part) in configurations() {
        println!("{name}");
        bytes += (0..1_000 / part).map(|seed| check(&config, seed).len()).sum::<usize>();
    }
    assert!(bytes > 1_000_000, "only {bytes} bytes");
}

#[test]
fn what_is_known_of_instructions_stays_at_them() {
    let (count, mut known) = (times(200), 0);
    for (name, config, part) in configurations() {
        println!("{name}");
        known +=
            (0..count as u64 / part).map(|seed| positions::check(&config, seed)).sum::<usize>();
    }
    assert!(known > 20 * count, "only {known} things are known");
}
