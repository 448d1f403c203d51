//! Modules from bytes: compared with wasm-smith on the same bytes. Both give encoded modules.
//!
//! An input is a hundred seeds; its size is the size of the seeds. First, both generators are
//! described: modules per second, the size of modules, and bytes per second. From the same seed and
//! with the same limits, our modules are several times as large. So the comparison uses a
//! configuration whose modules are about as large as those of wasm-smith.

use std::hint::black_box;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use criterion::{Criterion, criterion_group, criterion_main};
use wattle::ast::Features;
use wattle_benches::{Input, Side, compare};
use wattle_fuzz::peers::wasm_smith_config;
use wattle_smith::Config;

/// Seeds of `len` bytes each.
fn seeds(len: u32) -> Input<Vec<Vec<u8>>> {
    let config = Config { seed_bytes: 4 * len, ..Config::default() };
    let mut data: Vec<Vec<u8>> =
        (0..100).map(|seed| wattle_smith::seed_bytes(&config, seed)).collect();
    data.iter_mut().for_each(|seed| seed.truncate(len as usize));
    Input { name: format!("{len} bytes"), bytes: 100 * u64::from(len), data }
}

fn ours(config: &Config, seed: &[u8]) -> Vec<u8> {
    let made = wattle_smith::generate(config, &mut Unstructured::new(seed));
    wattle::encoder::encode(&made.expect("any bytes make a module").module)
}

/// A module of wasm-smith; empty when the seed is too short for a module.
fn peer(config: &wasm_smith::Config, seed: &[u8]) -> Vec<u8> {
    let made = wasm_smith::Module::new(config.clone(), &mut Unstructured::new(seed));
    made.map_or(Vec::new(), |module| module.to_bytes())
}

/// The number of instructions of a module.
fn instructions(bytes: &[u8]) -> usize {
    let parser = wattle::parser::Parser::new().features(Features::ALL);
    let module = parser.module(bytes).unwrap_or_default();
    module.funcs.iter().map(|func| func.body.instrs().count()).sum()
}

fn describe(name: &str, seeds: &[Vec<u8>], make: &dyn Fn(&[u8]) -> Vec<u8>) {
    // The fastest time of each seed counts, so that other programs disturb little.
    let mut best = vec![Duration::MAX; seeds.len()];
    let start = Instant::now();
    while start.elapsed().as_millis() < 1000 {
        for (seed, best) in seeds.iter().zip(&mut best) {
            let start = Instant::now();
            black_box(make(black_box(seed)));
            *best = start.elapsed().min(*best);
        }
    }
    let rate = seeds.len() as f64 / best.iter().sum::<Duration>().as_secs_f64();
    let made: Vec<Vec<u8>> = seeds.iter().map(|seed| make(seed)).collect();
    let bytes: usize = made.iter().map(Vec::len).sum();
    let instrs: usize = made.iter().map(|bytes| instructions(bytes)).sum();
    println!(
        "{name:<14} {rate:>8.0} modules/s, each of {:>5} bytes and {:>5} instructions: {:>5.1} MB/s",
        bytes / made.len(),
        instrs / made.len(),
        rate * bytes as f64 / made.len() as f64 / 1e6,
    );
}

fn smith(criterion: &mut Criterion) {
    let full_config = Config::default();
    let ours_config = Config {
        max_types: 8,
        max_imports: 3,
        max_funcs: 2,
        max_tables: 2,
        max_memories: 2,
        max_tags: 2,
        max_globals: 4,
        max_elems: 2,
        max_datas: 2,
        max_data_bytes: 32,
        max_instructions: 16,
        ..Config::default()
    };
    // The peer uses all features that both support, and the limits of our default.
    let peer_config = wasm_smith::Config {
        gc_enabled: true,
        exceptions_enabled: true,
        memory64_enabled: true,
        relaxed_simd_enabled: true,
        simd_enabled: true,
        tail_call_enabled: true,
        threads_enabled: true,
        wide_arithmetic_enabled: true,
        ..wasm_smith_config(&full_config)
    };
    let inputs = [seeds(1024), seeds(2048), seeds(4096)];
    for input in &inputs {
        println!("{}", input.name);
        describe("wattle", &input.data, &|seed| ours(&full_config, seed));
        describe("wattle, small", &input.data, &|seed| ours(&ours_config, seed));
        describe("wasm-smith", &input.data, &|seed| peer(&peer_config, seed));
    }
    let sum = |seeds: &Vec<Vec<u8>>, make: &dyn Fn(&[u8]) -> Vec<u8>| {
        seeds.iter().map(|seed| make(seed).len() as u64).sum()
    };
    compare(
        criterion,
        "modules of like size from bytes",
        &inputs,
        Side { name: "wattle", run: &|seeds| sum(seeds, &|seed| ours(&ours_config, seed)) },
        Side { name: "wasm-smith", run: &|seeds| sum(seeds, &|seed| peer(&peer_config, seed)) },
    );
}

criterion_group!(benches, smith);
criterion_main!(benches);
