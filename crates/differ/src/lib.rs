//! Runs generated WebAssembly modules on several engines, and reports where they differ.
//!
//! | file | holds |
//! |---|---|
//! | `campaign.rs` | the loop over seeds and engines, on several threads |
//! | `worker.rs`, `stats.rs` | the work on one seed; the counts |
//! | `case.rs`, `emit.rs` | a module with the modules that run it and observe it; their code |
//! | `engine.rs`, `engines/`, `spec.rs` | the engines, and how a user names them |
//! | `oracle.rs` | Wattle's own runtime, which the engines are compared to |
//! | `ending.rs` | the run of a case on an engine, and how each call ended |
//! | `compare.rs` | the rules for what counts as a difference |
//! | `minimise.rs`, `report.rs` | making a module with a difference smaller; writing the report |
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod campaign;
mod case;
mod compare;
mod emit;
mod ending;
mod engine;
pub mod engines;
mod minimise;
mod oracle;
mod report;
mod spec;
mod stats;
mod worker;

pub use campaign::{Error, Plan, Watcher, check, run};
pub use case::{Binaries, Case, Closed, HOST, Probe, Settings, UNDER_TEST};
pub use compare::{Difference, Nans, Verdict, Way, compare};
pub use emit::{Part, WordKind};
pub use ending::{Ending, Run, Word, traps_of};
pub use engine::Engine;
pub use engines::command::{OpenQuote, remove_modules, words_of};
pub use engines::group::run_command;
pub use engines::server::serve;
pub use minimise::{Effort, minimise};
pub use oracle::Oracle;
pub use report::{Finding, Origin};
pub use spec::Spec;
pub use stats::{Counts, Stats};
pub use worker::config_of;
