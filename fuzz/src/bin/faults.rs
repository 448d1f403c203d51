//! Measures how soon modules of wattle-smith and of wasm-smith notice faults planted in the
//! interpreter.
//!
//! ```text
//! cargo run --release -p wattle-fuzz --features faults --bin faults -- [MODULES] [SEED] [FIRST] [LAST]
//! ```
//!
//! Each module runs without a fault, then with each fault that was not noticed yet. The number of the
//! first module whose transcript differs is printed for each fault, counted from 1. FIRST and LAST
//! choose a range of the faults, counted from 1.

use std::collections::BTreeMap;
use std::time::Instant;

use wattle_fuzz::faults::{Source, noticed};
use wattle_runtime::Fault;

fn main() {
    let mut next = wattle_fuzz::numbers();
    let (modules, seed) = (next(10_000), next(1));
    let (first, last) = (next(1), next(Fault::ALL.len() as u64));
    let chosen = first.saturating_sub(1) as usize..last as usize;
    let Some(faults) = Fault::ALL.get(chosen) else {
        eprintln!("there are {} faults", Fault::ALL.len());
        std::process::exit(2);
    };
    let run = |source| {
        let start = Instant::now();
        let found = noticed(source, faults, seed, modules);
        (found, start.elapsed().as_secs_f64())
    };
    let (ours, peers) = std::thread::scope(|scope| {
        let ours = scope.spawn(|| run(Source::Wattle));
        let peers = scope.spawn(|| run(Source::WasmSmith));
        (ours.join(), peers.join())
    });
    let (Ok((ours, our_time)), Ok((peers, peer_time))) = (ours, peers) else {
        std::process::exit(1);
    };
    let shown = |found: &BTreeMap<Fault, u64>, fault: Fault| {
        found.get(&fault).map_or("-".into(), u64::to_string)
    };
    println!("{:<58} {:>8} {:>10}", "fault", "wattle", "wasm-smith");
    for &fault in faults {
        println!(
            "{:<58} {:>8} {:>10}",
            fault.description(),
            shown(&ours.first, fault),
            shown(&peers.first, fault),
        );
    }
    let all = faults.len();
    for (name, found, time) in [("wattle", &ours, our_time), ("wasm-smith", &peers, peer_time)] {
        println!(
            "{name}: {} of {all} noticed by {modules} modules; {:.1} % instantiate; {:.1} calls a \
             module give results; {} bytes each; {time:.0} s",
            found.first.len(),
            100.0 * found.instantiated as f64 / modules as f64,
            found.calls as f64 / modules as f64,
            found.bytes / modules.max(1),
        );
    }
}
