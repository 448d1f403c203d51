//! The features that an official script is written against.

use wattle::Features;

use crate::suite::{Proposal, SuiteFile};

/// The features that a script runs under: 3.0 and its proposal. Scripts of the threads proposal were
/// written against 1.0.
pub fn features(file: &SuiteFile) -> Features {
    match file.proposal() {
        None => Features::WASM3,
        Some(Proposal::LegacyExceptions) => Features::WASM3 | Features::LEGACY_EXCEPTIONS,
        Some(Proposal::Threads) => Features::WASM1 | Features::THREADS,
        Some(Proposal::CustomPageSizes) => Features::WASM3 | Features::CUSTOM_PAGE_SIZES,
        Some(Proposal::WideArithmetic) => Features::WASM3 | Features::WIDE_ARITHMETIC,
        Some(Proposal::CompactImportSection) => Features::WASM3 | Features::COMPACT_IMPORTS,
        Some(Proposal::CustomDescriptors) => Features::WASM3 | Features::CUSTOM_DESCRIPTORS,
        Some(Proposal::StackSwitching) => Features::WASM3 | Features::STACK_SWITCHING,
        Some(_) => Features::ALL,
    }
}
