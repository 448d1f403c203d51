//! The peers: wasm-smith configured like Wattle's generator, and wasmparser's verdict on a module.

use std::num::NonZeroUsize;
use wasmparser::WasmFeatures;

use wattle::ast::components::Layer;
use wattle::ast::{Feature, Features};
use wattle::parser;
use wattle::validator::{Validator, components};

use crate::tally::Verdicts;

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

/// The features of wasmparser that correspond to those of Wattle.
fn theirs(ours: Features) -> WasmFeatures {
    let theirs = |feature| match feature {
        Feature::Mvp => WasmFeatures::WASM1,
        Feature::SignExtension => WasmFeatures::SIGN_EXTENSION,
        Feature::SaturatingFloatToInt => WasmFeatures::SATURATING_FLOAT_TO_INT,
        Feature::MultiValue => WasmFeatures::MULTI_VALUE,
        Feature::BulkMemory => WasmFeatures::BULK_MEMORY,
        Feature::ReferenceTypes => WasmFeatures::REFERENCE_TYPES,
        Feature::Simd => WasmFeatures::SIMD,
        Feature::RelaxedSimd => WasmFeatures::RELAXED_SIMD,
        Feature::TailCall => WasmFeatures::TAIL_CALL,
        Feature::ExtendedConst => WasmFeatures::EXTENDED_CONST,
        Feature::MultiMemory => WasmFeatures::MULTI_MEMORY,
        Feature::Memory64 => WasmFeatures::MEMORY64,
        Feature::FunctionReferences => WasmFeatures::FUNCTION_REFERENCES,
        Feature::Gc => WasmFeatures::GC,
        Feature::Exceptions => WasmFeatures::EXCEPTIONS,
        Feature::Annotations => WasmFeatures::empty(),
        Feature::Threads => WasmFeatures::THREADS,
        Feature::LegacyExceptions => WasmFeatures::LEGACY_EXCEPTIONS,
        Feature::WideArithmetic => WasmFeatures::WIDE_ARITHMETIC,
        Feature::CustomPageSizes => WasmFeatures::CUSTOM_PAGE_SIZES,
        Feature::CompactImports => WasmFeatures::COMPACT_IMPORTS,
        Feature::CustomDescriptors => WasmFeatures::CUSTOM_DESCRIPTORS,
        Feature::StackSwitching => WasmFeatures::STACK_SWITCHING,
        Feature::ComponentModel => WasmFeatures::COMPONENT_MODEL,
        Feature::CmAsync => WasmFeatures::CM_ASYNC,
        Feature::CmMap => WasmFeatures::CM_MAP,
        Feature::CmImplements => WasmFeatures::CM_IMPLEMENTS,
        Feature::CmMoreAsyncBuiltins => WasmFeatures::CM_MORE_ASYNC_BUILTINS,
        Feature::CmAsyncStackful => WasmFeatures::CM_ASYNC_STACKFUL,
        Feature::CmThreading => WasmFeatures::CM_THREADING,
        Feature::SharedEverythingThreads => WasmFeatures::SHARED_EVERYTHING_THREADS,
        Feature::CmFixedLengthLists => WasmFeatures::CM_FIXED_LENGTH_LISTS,
        Feature::CmErrorContext => WasmFeatures::CM_ERROR_CONTEXT,
        Feature::CmValues => WasmFeatures::CM_VALUES,
        Feature::CmNestedNames => WasmFeatures::CM_NESTED_NAMES,
        Feature::CmCanonNames => WasmFeatures::CM_CANON_NAMES,
        Feature::Cm64 => WasmFeatures::CM64,
        Feature::CmForward => WasmFeatures::CM_FORWARD,
        Feature::CmAccessors => WasmFeatures::CM_ACCESSORS,
        Feature::CmGc => WasmFeatures::CM_GC,
        feature => panic!("the name of {feature} in wasmparser is not stated here"),
    };
    ours.iter().fold(WasmFeatures::empty(), |all, feature| all | theirs(feature))
}

/// The verdicts on a binary as a module, with the features that Wattle has on by default: by
/// Wattle, then by wasmparser.
pub fn validity(bytes: &[u8]) -> Verdicts {
    validity_with(bytes, Features::DEFAULT)
}

/// The verdicts on a binary as a module with these features: by Wattle, then by wasmparser.
pub fn validity_with(bytes: &[u8], features: Features) -> Verdicts {
    let ours = || {
        let parser = parser::Parser::new().features(features).check_bodies(false);
        let validator = Validator::new().features(features);
        let verdict = validator.events(parser.events(bytes), NonZeroUsize::new(1));
        let types = verdict.map_err(|error| error.to_string())?;
        types.map(drop).map_err(|errors| errors.first().to_string())
    };
    let verdict = wasmparser::Validator::new_with_features(theirs(features)).validate_all(bytes);
    (ours(), verdict.map(drop).map_err(|error| error.to_string()))
}

/// The verdicts on a binary as a component with these features: by Wattle, then by wasmparser.
pub fn component_validity(bytes: &[u8], features: Features) -> Verdicts {
    let ours = || {
        let parser = parser::components::Parser::new().features(features).check_bodies(false);
        let mut validator = components::Validator::new().features(features);
        for event in parser.events(bytes) {
            // The validator keeps its errors until the end.
            let _ = validator.event(&event.map_err(|error| error.to_string())?);
        }
        let types = validator.finish().map_err(|errors| errors.first().to_string())?;
        // Every type can be shown.
        types.imports().chain(types.exports()).for_each(|it| drop(it.to_string()));
        Ok(())
    };
    let verdict = wasmparser::Validator::new_with_features(theirs(features)).validate_all(bytes);
    (ours(), verdict.map(drop).map_err(|error| error.to_string()))
}

/// Any bytes: Wattle and wasmparser both find a valid component, or neither does.
pub fn component_validity_agrees(data: &[u8]) {
    let (ours, theirs) = component_validity(data, Features::DEFAULT);
    // `validity_agrees` compares modules.
    let is_module = data.get(4..8) == Some(&[1, 0, 0, 0]);
    let agree = is_module
        || ours.is_ok() == theirs.is_ok()
        || is_known(&ours, &theirs)
        || is_known_of_components(&ours, &theirs);
    assert!(agree, "we say {ours:?}, wasmparser says {theirs:?}");
}

/// Whether a difference between components is known: wasmparser limits the sum of the sizes of types
/// that are aliased from outside. `docs/validator-disagreements.md` has the reason.
fn is_known_of_components(ours: &Result<(), String>, theirs: &Result<(), String>) -> bool {
    let limit = "effective type size exceeds the limit";
    ours.is_ok() && theirs.as_ref().is_err_and(|error| error.starts_with(limit))
}

/// Whether a difference is known: wasmparser reads some instructions of features that are off, and
/// implements other versions of proposals. `docs/validator-disagreements.md` has the reasons.
pub fn is_known(ours: &Result<(), String>, theirs: &Result<(), String>) -> bool {
    let begins = |phrase: &str| ours.as_ref().is_err_and(|error| error.starts_with(phrase));
    theirs.is_ok() && (begins("illegal opcode fe 04") || begins("zero byte expected"))
}

/// Any bytes: Wattle and wasmparser both find a valid module, or neither does. Components have a
/// target of their own.
pub fn validity_agrees(data: &[u8]) {
    if Layer::of(data) == Some(Layer::Component) {
        return;
    }
    let (ours, theirs) = validity(data);
    let agree = ours.is_ok() == theirs.is_ok() || is_known(&ours, &theirs);
    assert!(agree, "we say {ours:?}, wasmparser says {theirs:?}");
}
