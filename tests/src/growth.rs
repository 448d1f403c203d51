//! Checks that time grows in proportion to the input.

use std::time::{Duration, Instant};

/// The number of measurements of the short time for each one of the long time. Other programs can
/// only make a time longer, so the shortest counts.
const RUNS: usize = 3;

/// The number of attempts after which growth counts as too fast.
const ATTEMPTS: usize = 15;

/// The greatest factor between the times for an input and for eight times that input. It is 8 for
/// growth in proportion, up to three times that where only the small input fits in the processor's
/// caches, and 64 for growth with the square.
const MOST: u32 = 36;

/// Checks that time grows in proportion to size: times `run` with the inputs that `prepare` makes
/// for half the size and for four times the size.
///
/// # Panics
/// If time grows faster.
pub fn is_linear<T>(size: usize, prepare: impl Fn(usize) -> T, run: impl Fn(T)) {
    let time = |size| -> Duration {
        let input = prepare(size);
        let start = Instant::now();
        run(input);
        start.elapsed()
    };
    let (mut short, mut long) = (Duration::MAX, Duration::MAX);
    for _ in 0..ATTEMPTS {
        short = (0..RUNS).map(|_| time(size / 2)).fold(short, Duration::min);
        long = long.min(time(4 * size));
        println!("half of {size}, and four times {size}: {short:?}, {long:?}");
        if long <= short * MOST {
            return;
        }
    }
    panic!("more than in proportion: half of {size}, and four times {size}: {short:?}, {long:?}");
}
