//! Whether the time that something takes grows in proportion to its input.

use std::time::{Duration, Instant};

/// How often a time is measured. Other programs can only make a time longer, so the least counts.
const RUNS: usize = 3;

/// How often growth is measured before it is found too fast.
const ATTEMPTS: usize = 5;

/// Four times the input may take this many times as long. A time in proportion becomes four times as
/// long, and one that grows with the square sixteen times.
const MOST: u32 = 8;

/// Checks that time grows in proportion to size: `run` is timed with what `prepare` makes of a size, of
/// twice the size and of four times the size.
///
/// # Panics
/// If four times the size takes more than eight times as long.
pub fn is_linear<T>(size: usize, prepare: impl Fn(usize) -> T, run: impl Fn(T)) {
    let time = |size| -> Duration {
        let times = (0..RUNS).map(|_| {
            let input = prepare(size);
            let start = Instant::now();
            run(input);
            start.elapsed()
        });
        times.min().unwrap_or_default()
    };
    let mut seen = Vec::new();
    for _ in 0..ATTEMPTS {
        let times = [size, 2 * size, 4 * size].map(time);
        println!("{size}, doubled twice: {times:?}");
        if times[2] <= times[0] * MOST {
            return;
        }
        seen.push(times);
    }
    panic!("more than in proportion to the size, {size}, doubled twice: {seen:?}");
}
