//! Programs with a directory do harm in it, and nowhere else.

use wattle_fuzz::Random;
use wattle_fuzz::files::harm;

/// Inputs that do no harm outside do harm when the directory is the whole folder.
#[test]
fn programs_do_harm_only_inside() {
    let mut random = Random::new(1);
    let mut found = [0; 3];
    for _ in 0..300 {
        let data: Vec<u8> = (0..600).map(|_| random.below(256) as u8).collect();
        assert_eq!(harm(&data, "inside"), None);
        let Some(harm) = harm(&data, "") else { continue };
        let whats = ["read what lies outside", "was changed", "outside there are"];
        for (count, what) in found.iter_mut().zip(whats) {
            *count += u32::from(harm.contains(what));
        }
    }
    println!("read, changed, made: {found:?}");
    assert!(found.iter().all(|&count| count > 0), "{found:?}");
}
