//! Inputs for the benches, and the comparison of Wattle with a peer.
//!
//! Both run in one process over the same input. Criterion measures each on its own. The ratio that
//! is printed last compares the fastest of alternating runs, so that a noisy machine disturbs both
//! equally.

use std::alloc::System;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use peakmem_alloc::{PeakMemAlloc, PeakMemAllocTrait as _};

/// The allocator, which measures peak memory. It lets allocations grow in place, as they do without
/// the measurement.
#[global_allocator]
static ALLOCATOR: PeakMemAlloc<System> = PeakMemAlloc::system();

/// An input with its name.
pub struct Input<T> {
    /// The name in the output.
    pub name: String,
    /// The number of bytes that a run processes; 0 if only its time is reported.
    pub bytes: u64,
    /// The input itself.
    pub data: T,
}

/// The binaries of the corpus; prints a notice if there are none. `without` names those that a peer
/// cannot read.
pub fn corpus(without: &[&str]) -> Vec<Input<Vec<u8>>> {
    let files = wattle_tests::corpus::files();
    if files.is_empty() {
        println!("{}", wattle_tests::corpus::NOTICE);
    }
    let wanted = |name: &str| name != "ruby-debug" && !without.contains(&name);
    let inputs = files.iter().filter(|file| wanted(&file.name)).map(|file| {
        let data = file.read();
        Input { name: file.name.clone(), bytes: data.len() as u64, data }
    });
    inputs.collect()
}

/// After this time, three alternating runs of each side are enough.
const PATIENCE: Duration = Duration::from_secs(5);

/// A function to measure. Its result keeps the compiler from removing the work.
pub struct Side<'a, T> {
    /// The name in the output.
    pub name: &'a str,
    /// One run.
    pub run: &'a dyn Fn(&T) -> u64,
}

fn time<T>(side: &Side<'_, T>, data: &T) -> Duration {
    let start = Instant::now();
    black_box((side.run)(black_box(data)));
    start.elapsed()
}

/// The peak memory of a run in bytes, without what was allocated before.
fn peak<T>(side: &Side<'_, T>, data: &T) -> usize {
    ALLOCATOR.reset_peak_memory();
    black_box((side.run)(black_box(data)));
    ALLOCATOR.get_peak_memory()
}

/// The shortest time of five runs.
pub fn measure(run: impl Fn() -> u64) -> Duration {
    let side = Side { name: "", run: &|_: &()| run() };
    (0..5).map(|_| time(&side, &())).min().unwrap_or_default()
}

/// Measures Wattle and a peer over every input, and prints ratios: the speed of Wattle as a
/// multiple of the peer's, and its memory as a part of the peer's.
pub fn compare<T>(
    criterion: &mut Criterion,
    group: &str,
    inputs: &[Input<T>],
    ours: Side<'_, T>,
    peer: Side<'_, T>,
) {
    let mut rows = Vec::new();
    let mut total = (Duration::ZERO, Duration::ZERO);
    let mut bench = criterion.benchmark_group(group);
    bench.sample_size(10).warm_up_time(Duration::from_millis(200));
    bench.measurement_time(Duration::from_secs(1));
    for input in inputs {
        if input.bytes > 0 {
            bench.throughput(Throughput::Bytes(input.bytes));
        }
        for side in [&ours, &peer] {
            bench.bench_with_input(
                BenchmarkId::new(side.name, &input.name),
                &input.data,
                |b, data| {
                    b.iter(|| (side.run)(data));
                },
            );
        }
        let (mut best_ours, mut best_peer) = (Duration::MAX, Duration::MAX);
        let start = Instant::now();
        for round in 0..7 {
            best_ours = best_ours.min(time(&ours, &input.data));
            best_peer = best_peer.min(time(&peer, &input.data));
            if round >= 2 && start.elapsed() > PATIENCE {
                break;
            }
        }
        total = (total.0 + best_ours, total.1 + best_peer);
        let memory = (peak(&ours, &input.data), peak(&peer, &input.data));
        rows.push((input, best_ours, best_peer, memory));
    }
    bench.finish();
    println!("\n{group}: {} beside {}", ours.name, peer.name);
    let timed = inputs.iter().all(|input| input.bytes == 0);
    let (unit, peer_unit) = if timed { ("ms", "peer ms") } else { ("MB/s", "peer MB/s") };
    println!(
        "{:<22} {:>10} {:>10} {:>8} {:>10} {:>10} {:>8}",
        "input", unit, peer_unit, "times", "peak MB", "peer MB", "part"
    );
    for (input, a, b, (mine, theirs)) in rows {
        let rate = |time: Duration| match timed {
            true => time.as_secs_f64() * 1e3,
            false => input.bytes as f64 / 1e6 / time.as_secs_f64(),
        };
        println!(
            "{:<22} {:>10.0} {:>10.0} {:>7.2}x {:>10.1} {:>10.1} {:>8.2}",
            input.name,
            rate(a),
            rate(b),
            b.as_secs_f64() / a.as_secs_f64(),
            mine as f64 / 1e6,
            theirs as f64 / 1e6,
            mine as f64 / (theirs as f64).max(1.0),
        );
    }
    if !total.0.is_zero() {
        println!("{:<22} {:>40.2}x", "all together", total.1.as_secs_f64() / total.0.as_secs_f64());
    }
}
