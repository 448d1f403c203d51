//! Properties of generated modules.

use wattle::encoder;
use wattle::parser::Parser;
use wattle::validator::Validator;
use wattle_smith::{Config, Generated, from_seed, generate};

use crate::bytes_round_trip;

/// The configurations that are tried, each with its name and a divisor: the number of modules of
/// the default configuration is divided by it.
pub fn configurations() -> Vec<(&'static str, Config, u64)> {
    use wattle::Features;
    let base = Config::default;
    vec![
        ("default", base(), 1),
        ("with traps", Config { no_traps: false, termination: None, ..base() }, 10),
        ("canonical NaNs", Config { canonical_nans: true, export_all: false, ..base() }, 10),
        ("swarm", Config { swarm: true, ..base() }, 10),
        ("single instructions", Config { single_instruction: true, ..base() }, 10),
        ("wasm 1", Config { features: Features::WASM1, ..base() }, 10),
        ("wasm 2", Config { features: Features::WASM2, ..base() }, 10),
        ("wasm 3", Config { features: Features::WASM3, ..base() }, 10),
    ]
}

/// The module of a seed is valid, also by wasmparser with the feature `peers`. Its bytes are read as
/// the same module, and its text, flat and folded, leads to the same bytes. The bytes are the result.
///
/// # Panics
/// When the property does not hold.
pub fn check(config: &Config, seed: u64) -> Vec<u8> {
    survives(&from_seed(config, seed))
}

/// The module that a fuzzer's bytes make has the properties of [`check`].
pub fn generated_module(data: &[u8]) {
    match generate(&Config::default(), &mut arbitrary::Unstructured::new(data)) {
        Ok(generated) => drop(survives(&generated)),
        Err(error) => panic!("any bytes give a module, but {error}"),
    }
}

fn survives(generated: &Generated) -> Vec<u8> {
    if let Err(errors) = Validator::new().features(generated.features).module(&generated.module) {
        panic!("it is not valid: {errors}");
    }
    let bytes = encoder::encode(&generated.module);
    match Parser::new().features(generated.features).module(&bytes) {
        Ok(again) => assert!(again.funcs == generated.module.funcs, "its bytes are another module"),
        Err(error) => panic!("its bytes are malformed: {error}"),
    }
    #[cfg(feature = "peers")]
    if let Err(error) = crate::peers::validity(&bytes).1 {
        panic!("it is not valid by wasmparser: {error}");
    }
    bytes_round_trip(&bytes);
    bytes
}
