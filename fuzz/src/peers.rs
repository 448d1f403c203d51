//! The peers: wasm-smith configured like Wattle's generator, and wasmparser's verdict on a module.

use std::num::NonZeroUsize;
use wasmparser::WasmFeatures;

use wattle::ast::Features;
use wattle::parser;
use wattle::validator::Validator;

/// The configuration of wasm-smith with the limits and modes of a configuration of `wattle-smith`.
pub fn wasm_smith_config(ours: &wattle_smith::Config) -> wasm_smith::Config {
    wasm_smith::Config {
        disallow_traps: ours.no_traps,
        export_everything: ours.export_all,
        min_funcs: ours.min_funcs as usize,
        max_types: ours.max_types as usize,
        max_imports: ours.max_imports as usize,
        max_funcs: ours.max_funcs as usize,
        max_tables: ours.max_tables as usize,
        max_memories: ours.max_memories as usize,
        max_tags: ours.max_tags as usize,
        max_globals: ours.max_globals as usize,
        max_element_segments: ours.max_elems as usize,
        max_data_segments: ours.max_datas as usize,
        max_elements: ours.max_elem_items as usize,
        max_instructions: ours.max_instructions as usize,
        ..wasm_smith::Config::default()
    }
}

/// The features that both validate with: Wattle's default.
const OURS: Features = Features::DEFAULT;

/// The features of wasmparser that correspond to `OURS`.
fn theirs() -> WasmFeatures {
    let beyond = WasmFeatures::SHARED_EVERYTHING_THREADS
        | WasmFeatures::ACQUIRE_RELEASE_ATOMICS
        | WasmFeatures::MULTIBYTE_ARRAY_ACCESS
        | WasmFeatures::MEMORY_CONTROL
        | WasmFeatures::STACK_SWITCHING
        | WasmFeatures::CUSTOM_DESCRIPTORS
        | WasmFeatures::COMPONENT_MODEL;
    WasmFeatures::all() - beyond
}

/// Whether a binary is a valid module, and why not: by Wattle, then by wasmparser.
pub fn validity(bytes: &[u8]) -> (Result<(), String>, Result<(), String>) {
    let ours = || {
        let parser = parser::Parser::new().features(OURS).check_bodies(false);
        let validator = Validator::new().features(OURS);
        let verdict = validator.events(parser.events(bytes), NonZeroUsize::new(1));
        let types = verdict.map_err(|error| error.to_string())?;
        types.map(drop).map_err(|errors| errors.first().to_string())
    };
    let verdict = wasmparser::Validator::new_with_features(theirs()).validate_all(bytes);
    (ours(), verdict.map(drop).map_err(|error| error.to_string()))
}

/// Whether a difference is known: wasmparser reads some instructions of features that are off, and
/// implements other versions of proposals. `docs/validator-disagreements.md` has the reasons.
pub fn is_known(ours: &Result<(), String>, theirs: &Result<(), String>) -> bool {
    let begins = |phrase: &str| ours.as_ref().is_err_and(|error| error.starts_with(phrase));
    theirs.is_ok() && (begins("illegal opcode fe 04") || begins("zero byte expected"))
}

/// Any bytes: Wattle and wasmparser both find a valid module, or neither does.
pub fn validity_agrees(data: &[u8]) {
    let (ours, theirs) = validity(data);
    let agree = ours.is_ok() == theirs.is_ok() || is_known(&ours, &theirs);
    assert!(agree, "we say {ours:?}, wasmparser says {theirs:?}");
}
