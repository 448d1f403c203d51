//! Makes WebAssembly smaller while a condition holds, to find the cause of a failure, and makes
//! mutants of it.
//!
//! [`Reducer`] reduces modules, components and test scripts, and bytes that are malformed. It works
//! by *plans*: each pass lists independent changes, such as "without this function", and finds those
//! that can be made by trying many together, then parts of the sets that fail. A change also adapts
//! or removes everything that depends on it: calls of a removed function drop their arguments and
//! continue with default values, and types that nothing uses any more are removed too. The
//! condition is never asked twice about equal bytes, nor, unless they are allowed, about invalid
//! candidates.
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
//! [`Mutator`] makes valid mutants of modules and components. It changes bodies by the same trees
//! as the passes do.
//!
//! | file | holds |
//! |---|---|
//! | `reducer.rs` | [`Reducer`] with its questions, its progress and its result |
//! | `passes.rs` | the passes over modules in their order, with the expectations of each |
//! | `run.rs` | the passes as they are run, with the known outcomes of candidates and changes |
//! | `bisect.rs`, `plan.rs` | the order in which sets of changes are tried; the changes of a pass |
//! | `subject.rs` | [`Subject`]: the module, component, script or bytes to reduce |
//! | `contents.rs` | the contents of items, by which changes are recognised |
//! | `code.rs`, `emit.rs` | bodies as trees; bodies with changes |
//! | `bodies.rs` | passes over bodies |
//! | `cut.rs` | removal of items with everything that refers to them |
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
