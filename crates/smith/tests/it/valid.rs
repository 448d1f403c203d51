//! Generated modules are valid, and the same after they are printed and parsed.

use wattle_ast::Features;
use wattle_encoder::encode;
use wattle_smith::{Config, Generated, from_seed};
use wattle_validator::Validator;

/// Fails, and prints the module; to the file that `SMITH_DUMP` names, if that is set.
fn fail(module: &wattle_ast::Module<'_>, seed: u64, why: impl std::fmt::Display) -> ! {
    let text = wattle_printer::print(module);
    match std::env::var_os("SMITH_DUMP") {
        Some(path) => std::fs::write(path, text).expect("the file can be written"),
        None => println!("{text}"),
    }
    panic!("seed {seed}: {why}");
}

/// Fails when a module is not valid.
fn check_valid(generated: &Generated, seed: u64) {
    let validator = Validator::new().features(generated.features);
    if let Err(errors) = validator.module(&generated.module) {
        fail(&generated.module, seed, errors);
    }
}

fn check_text(generated: &Generated, seed: u64) {
    let module = &generated.module;
    let bytes = encode(module);
    let parsed = wattle_parser::Parser::new().features(generated.features).module(&bytes);
    let parsed = parsed.unwrap_or_else(|error| fail(module, seed, error));
    assert_eq!(parsed.funcs, module.funcs, "seed {seed}");
    let text = wattle_printer::Config::new().print(module);
    let again = wattle_wat::Parser::new().features(generated.features).module(&text);
    let again = again.unwrap_or_else(|errors| fail(module, seed, errors));
    if encode(&again.module) != bytes {
        fail(module, seed, "it changes on its way through text");
    }
}

fn check(config: &Config, count: u64) {
    for seed in 0..count {
        let generated = from_seed(config, seed);
        check_valid(&generated, seed);
        check_text(&generated, seed);
    }
}

#[test]
fn modules_are_valid_and_survive_text() {
    check(&Config::default(), crate::common::count(100_000));
}

#[test]
fn modules_of_other_configurations_are_valid() {
    let some = crate::common::count(100_000) / 10;
    let base = Config::default;
    check(&Config { no_traps: false, termination: None, ..base() }, some);
    check(&Config { canonical_nans: true, export_all: false, ..base() }, some);
    check(&Config { single_instruction: true, ..base() }, some);
    check(&Config { swarm: true, ..base() }, some);
    check(&Config { swarm: true, no_traps: false, export_all: false, ..base() }, some);
    check(&Config { max_nesting: 0, max_types: 0, max_tables: 0, max_memories: 0, ..base() }, some);
    for features in [Features::WASM1, Features::WASM2, Features::WASM3] {
        check(&Config { features, ..base() }, some);
    }
}

#[test]
fn any_bytes_make_a_module() {
    for len in 0..600 {
        for byte in [0, 1, 0x55, 0x80, 0xaa, 0xff] {
            let bytes = vec![byte; len];
            let mut input = arbitrary::Unstructured::new(&bytes);
            let generated = wattle_smith::generate(&Config::default(), &mut input).unwrap();
            check_valid(&generated, len as u64);
        }
    }
}
