//! Makes WebAssembly smaller while a condition holds, to find out what a failure is about, and makes
//! mutants of it.
//!
//! [`Reducer`] reduces modules, components and test scripts, and bytes that are malformed. It works
//! by *plans*: each pass lists independent changes, such as "without this function", and finds those
//! that can be made by trying many together, then parts of what fails. Everything that a change
//! leaves behind goes with it: calls of a function that goes drop their arguments and go on with
//! default values, and types that nothing uses any more go too. The validator refuses candidates
//! that are not valid, so the condition is never asked about them, nor twice about equal bytes.
//!
//! ```
//! use wattle_reduce::{Candidate, Reducer};
//!
//! let module = wattle_smith::from_seed(&Default::default(), 3).module;
//! let has_table = |candidate: &Candidate| !candidate.module().unwrap().tables.is_empty();
//! let reduced = Reducer::new(module).run(has_table);
//! assert!(reduced.best.bytes.len() < 20);
//! ```
//!
//! [`Mutator`] makes valid mutants of modules and components. What it does to bodies, it does to the
//! trees that passes are made of.
//!
//! | file | holds |
//! |---|---|
//! | `reducer.rs` | [`Reducer`]: what is asked, what is told, the result |
//! | `passes.rs` | the passes over modules in their order, and what is known of them |
//! | `run.rs` | the passes as they are run, and what is known of candidates and changes |
//! | `bisect.rs`, `plan.rs` | the order in which sets of changes are tried; what a pass is |
//! | `subject.rs` | [`Subject`]: what is reduced |
//! | `contents.rs` | the contents of items, by which changes are known again |
//! | `code.rs`, `emit.rs` | bodies as trees; bodies with changes |
//! | `bodies.rs` | passes over bodies |
//! | `cut.rs` | items taken out with everything that refers to them |
//! | `items.rs`, `types.rs` | passes over other items; over signatures, locals and types |
//! | `definitions.rs`, `script.rs` | passes over components; over scripts |
//! | `mutate/` | [`Mutator`] |
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod bisect;
mod bodies;
mod code;
mod contents;
mod cut;
mod definitions;
mod emit;
mod items;
mod mutate;
mod passes;
mod plan;
mod reducer;
mod run;
mod script;
mod subject;
mod types;

pub use mutate::Mutator;
pub use reducer::{Candidate, Counts, Judge, Progress, Reduced, Reducer};
pub use script::Script;
pub use subject::Subject;
