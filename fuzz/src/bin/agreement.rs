//! Compares the validator with wasmparser over the official suite, the corpus, modules of wasm-smith,
//! mutations of the suite's modules, and modules with instructions deleted, repeated, exchanged and
//! inserted. Prints counts, and an example of every kind of difference.
//!
//! ```text
//! cargo run --release -p wattle-fuzz --features peers --bin agreement -- \
//!     [MODULES] [MUTATIONS] [EDITS] [SEED]
//! ```

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Unstructured};
use wattle::ast::{Body, Instr, Module};
use wattle::wat::script;
use wattle::{encoder, parser};
use wattle_fuzz::{Random, peers};
use wattle_tests::modules::{binary, modules};

/// Counts over a set of modules.
#[derive(Default)]
struct Tally {
    valid: u64,
    invalid: u64,
    /// The number of modules with a difference, and the smallest of them, by the two messages without
    /// their digits.
    differ: BTreeMap<(String, String), (u64, Vec<u8>)>,
}

impl Tally {
    fn add(&mut self, bytes: &[u8]) {
        let (ours, theirs) = peers::validity(bytes);
        match (&ours, &theirs) {
            (Ok(()), Ok(())) => self.valid += 1,
            (Err(_), Err(_)) => self.invalid += 1,
            _ => {
                let (count, smallest) =
                    self.differ.entry((kind(&ours), kind(&theirs))).or_default();
                if *count == 0 || bytes.len() < smallest.len() {
                    *smallest = bytes.to_vec();
                }
                *count += 1;
            }
        }
    }

    fn print(&self, what: &str) {
        let differ: u64 = self.differ.values().map(|(count, _)| count).sum();
        println!("{what}: {} valid, {} not, {differ} differ", self.valid, self.invalid);
        for ((ours, theirs), (count, bytes)) in &self.differ {
            println!("  {count} times: we say {ours}; wasmparser says {theirs}; for example");
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            println!("    {hex}");
        }
    }
}

/// A message without its digits and place.
fn kind(verdict: &Result<(), String>) -> String {
    let Err(message) = verdict else { return "valid".to_owned() };
    let end = message.find(" at offset").or(message.find(" (at offset")).unwrap_or(message.len());
    message[..end].chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).take(100).collect()
}

/// All modules of the suite, malformed and invalid modules too.
fn suite() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for file in wattle_tests::suite::files() {
        let source = file.read();
        let Ok(script) = script::parse(&source) else { continue };
        let mut list = Vec::new();
        modules(&script.directives, &mut list);
        found.extend(list.iter().filter_map(|(module, _)| binary(module)));
    }
    found
}

/// Changes one to eight bytes: to a random byte, to the next number, by one bit, or to a byte that
/// means something in many places.
fn mutate(data: &mut [u8], random: &mut Random) {
    const CODES: [u8; 16] = [
        0x00, 0x01, 0x0b, 0x1a, 0x20, 0x40, 0x60, 0x63, 0x64, 0x6f, 0x70, 0x7b, 0x7e, 0x7f, 0xd0,
        0xfb,
    ];
    for _ in 0..1 + random.below(8) {
        let Some(byte) = data.get_mut(8 + random.below(data.len().saturating_sub(8))) else {
            return;
        };
        *byte = match random.below(6) {
            0 | 1 => random.below(256) as u8,
            2 => byte.wrapping_add(1),
            3 => *byte ^ 1 << random.below(8),
            _ => CODES[random.below(CODES.len())],
        };
    }
}

/// Deletes, repeats, exchanges or inserts one to three instructions of a body. Other rules hold for
/// unreachable code, so `unreachable` is inserted most often.
fn edit(module: &mut Module<'_>, random: &mut Random) {
    let funcs = module.funcs.len();
    let Some(func) = module.funcs.get_mut(random.below(funcs)) else { return };
    let body = func.body.clone();
    let mut instrs: Vec<Instr<'_>> = body.instrs().collect();
    for _ in 0..1 + random.below(3) {
        // The last `end` stays.
        let count = instrs.len().saturating_sub(1);
        let (at, other) = (random.below(count), random.below(count));
        match random.below(6) {
            0 if count > 0 => drop(instrs.remove(at)),
            1 if count > 0 => instrs.insert(at, instrs[other]),
            2 if count > 0 => instrs.swap(at, other),
            3 => instrs.insert(at, Instr::Drop),
            4 => instrs.insert(at, Instr::Select),
            _ => instrs.insert(at, Instr::Unreachable),
        }
    }
    let edited = Body::new(body.locals(), instrs.into_iter().collect());
    // Instructions borrow from the body that they come from.
    func.body = edited.into_owned();
}

/// A module that wasm-smith made, with all features that both know.
fn smith(random: &mut Random) -> Option<Vec<u8>> {
    let seed: Vec<u8> = (0..256 + random.below(2048)).map(|_| random.below(256) as u8).collect();
    let mut source = Unstructured::new(&seed);
    let mut config = wasm_smith::Config::arbitrary(&mut source).ok()?;
    config.bulk_memory_enabled = true;
    config.custom_page_sizes_enabled = true;
    config.exceptions_enabled = true;
    config.extended_const_enabled = true;
    config.gc_enabled = true;
    config.memory64_enabled = true;
    config.multi_value_enabled = true;
    config.reference_types_enabled = true;
    config.relaxed_simd_enabled = true;
    config.simd_enabled = true;
    config.tail_call_enabled = true;
    config.threads_enabled = true;
    config.wide_arithmetic_enabled = true;
    config.max_memories = config.max_memories.max(2);
    config.shared_everything_threads_enabled = false;
    config.custom_descriptors_enabled = false;
    Some(wasm_smith::Module::new(config, &mut source).ok()?.to_bytes())
}

fn main() {
    let mut next = wattle_fuzz::numbers();
    let (made, mutated, edited, seed) = (next(100_000), next(1_000_000), next(1_000_000), next(1));
    let mut random = Random::new(seed);

    let suite = suite();
    let mut tally = Tally::default();
    suite.iter().for_each(|bytes| tally.add(bytes));
    tally.print("the official suite");

    let mut tally = Tally::default();
    wattle_tests::corpus::files().iter().for_each(|file| tally.add(&file.read()));
    tally.print("the corpus");

    let mut tally = Tally::default();
    (0..made).filter_map(|_| smith(&mut random)).for_each(|bytes| tally.add(&bytes));
    tally.print("modules of wasm-smith");

    let mut tally = Tally::default();
    let seeds: Vec<_> = suite.iter().filter(|bytes| (9..20_000).contains(&bytes.len())).collect();
    for _ in 0..mutated {
        let Some(seed) = seeds.get(random.below(seeds.len())) else { break };
        let mut bytes = seed.to_vec();
        mutate(&mut bytes, &mut random);
        tally.add(&bytes);
    }
    tally.print("mutations of the suite's modules");

    let mut tally = Tally::default();
    let mut modules: Vec<_> = seeds.iter().filter_map(|bytes| parser::parse(bytes).ok()).collect();
    modules.retain(|module| module.funcs.iter().any(|func| func.body.instrs().count() > 1));
    let config = wattle_smith::Config { max_funcs: 2, ..wattle_smith::Config::default() };
    for nth in 0..edited {
        let mut module = match nth % 2 {
            0 => modules.get(random.below(modules.len())).cloned().unwrap_or_default(),
            _ => wattle_smith::from_seed(&config, seed.wrapping_add(nth / 8)).module,
        };
        edit(&mut module, &mut random);
        tally.add(&encoder::encode(&module));
    }
    tally.print("modules with instructions edited");
}
