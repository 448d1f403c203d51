//! Modules against planted faults: finds the first module that notices each fault.

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use wattle::ast::{Export, GlobalIdx, Module};
use wattle::encoder;
use wattle::parser::Parser;
use wattle_runtime::{Fault, plant};
use wattle_smith::{Config, from_seed, seed_bytes};

use crate::lockstep::Subject;
use crate::peers::wasm_smith_config;

/// The generator that makes the modules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// `wattle-smith`.
    Wattle,
    /// `wasm-smith`, with the limits of ours, and functions that terminate.
    WasmSmith,
}

/// The faults that a series of modules noticed.
#[derive(Clone, Debug, Default)]
pub struct Noticed {
    /// The number of the module that noticed each fault first, counted from 1.
    pub first: BTreeMap<Fault, u64>,
    /// The number of modules that were instantiated.
    pub instantiated: u64,
    /// The number of calls that gave results, without a fault.
    pub calls: u64,
    /// The total size of the modules in bytes.
    pub bytes: u64,
}

/// Runs `modules` modules, each without a fault and then with each fault that was not noticed yet.
pub fn noticed(source: Source, faults: &[Fault], seed: u64, modules: u64) -> Noticed {
    let mut noticed = Noticed::default();
    for number in 1..=modules {
        let Some(module) = source.module(seed.wrapping_add(number), number) else { continue };
        noticed.bytes += encoder::encode(&module).len() as u64;
        let Some(subject) = Subject::new(module) else { continue };
        let right = subject.run();
        noticed.instantiated += u64::from(right.calls.is_some());
        noticed.calls += u64::from(right.calls.unwrap_or(0));
        for &fault in faults {
            if noticed.first.contains_key(&fault) {
                continue;
            }
            plant(Some(fault));
            let wrong = subject.run();
            plant(None);
            if wrong != right {
                noticed.first.insert(fault, number);
            }
        }
    }
    noticed
}

impl Source {
    /// The module of a seed. A module with an odd number may trap.
    pub fn module(self, seed: u64, number: u64) -> Option<Module<'static>> {
        let no_traps = number.is_multiple_of(2);
        match self {
            Source::Wattle => {
                let config = Config { no_traps, ..Config::default() };
                Some(from_seed(&config, seed).module)
            }
            Source::WasmSmith => peer(seed, no_traps),
        }
    }
}

fn peer(seed: u64, no_traps: bool) -> Option<Module<'static>> {
    let ours = Config { no_traps, ..Config::default() };
    let bytes = seed_bytes(&ours, seed);
    let config = wasm_smith::Config {
        min_types: 4,
        min_funcs: 3,
        max_memory32_bytes: 1 << 20,
        max_memory64_bytes: 1 << 20,
        max_table_elements: 1 << 10,
        ..wasm_smith_config(&ours)
    };
    let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    let fuel = module.ensure_termination(200).ok()?;
    let bytes = module.to_bytes();
    let mut module = Parser::new().module(&bytes).ok()?.into_owned();
    // The global is exported, so that it can be set before each call, as in our modules.
    module.exports.push(Export { name: "fuel".into(), index: GlobalIdx(fuel).into() });
    Some(module)
}
