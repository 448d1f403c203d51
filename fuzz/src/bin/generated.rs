//! Checks that generated modules are valid by Wattle and by wasmparser, and that bytes, flat text and
//! folded text lead back to them.
//!
//! ```text
//! cargo run --release -p wattle-fuzz --features peers --bin generated -- [MODULES] [SEED] [THREADS]
//! ```
//!
//! MODULES modules are made with the default configuration, and a tenth of that with each other
//! configuration. Seeds count from SEED. A module that fails is named by configuration and seed.

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use wattle_fuzz::generated;

fn main() {
    let mut next = wattle_fuzz::numbers();
    let (modules, first, threads) = (next(100_000), next(1), next(2));
    let mut failures = 0;
    for (name, config, part) in generated::configurations() {
        let (count, start) = (modules / part, Instant::now());
        let (at, bytes, failed) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                scope.spawn(|| {
                    while let Some(seed) = Some(at.fetch_add(1, Ordering::Relaxed))
                        .filter(|&nth| nth < count)
                        .map(|nth| first.wrapping_add(nth))
                    {
                        match catch_unwind(|| generated::check(&config, seed)) {
                            Ok(made) => {
                                bytes.fetch_add(made.len() as u64, Ordering::Relaxed);
                            }
                            Err(_) => {
                                println!("configuration {name:?}, seed {seed} fails");
                                failed.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
        let (bytes, failed) = (bytes.into_inner(), failed.into_inner());
        println!(
            "{name:<20} {count:>7} modules, {:>5} bytes each, {failed} failed, {:.0} s",
            bytes / (count - failed).max(1),
            start.elapsed().as_secs_f64(),
        );
        failures += failed;
    }
    if failures > 0 {
        std::process::exit(1);
    }
    println!("all are valid and survive bytes, flat text and folded text");
}
