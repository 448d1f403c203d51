//! Generated modules of every configuration; many more by the binary `generated`.

use wattle_fuzz::generated::{check, configurations};

#[test]
fn a_thousand_modules_are_valid_and_survive_text() {
    let mut bytes = 0;
    for (name, config, part) in configurations() {
        println!("{name}");
        bytes += (0..1_000 / part).map(|seed| check(&config, seed).len()).sum::<usize>();
    }
    assert!(bytes > 1_000_000, "just {bytes} bytes");
}
