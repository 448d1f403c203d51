//! Runs generated WebAssembly modules on several engines, and reports where they differ.
#![forbid(unsafe_code)]

mod campaign;
mod case;
mod compare;
mod emit;
mod engine;
pub mod engines;
mod minimise;
mod oracle;
mod outcome;
mod report;
mod spec;

pub use campaign::{Counts, Error, Plan, Stats, Watcher, check, config_of, run};
pub use case::{Binaries, Case, Closed, HOST, Probe, Settings, UNDER_TEST};
pub use compare::{Difference, Nans, Verdict, Way, compare};
pub use emit::{Kind, Part};
pub use engine::Engine;
pub use engines::server::serve;
pub use minimise::{Effort, minimise};
pub use oracle::Oracle;
pub use outcome::{Outcome, Run, Word, traps_of};
pub use report::Finding;
pub use spec::Spec;
