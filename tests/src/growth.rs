//! Whether the time that something takes grows in proportion to its input.

use std::time::{Duration, Instant};

/// How often the short time is measured for each long one. Other programs can only make a time longer,
/// so the least counts.
const RUNS: usize = 3;

/// How often growth is measured before it is found too fast.
const ATTEMPTS: usize = 15;

/// Eight times the input may take this many times as long. A time in proportion becomes eight times as
/// long, or up to three times that where only the small input fits in the processor's caches; one that
/// grows with the square becomes 64 times as long.
const MOST: u32 = 36;

/// Checks that time grows in proportion to size: `run` is timed with what `prepare` makes of half the
/// size and of four times the size.
///
/// # Panics
/// If it grows faster.
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
