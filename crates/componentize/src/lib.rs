//! Components of core modules, and of other components.
//!
//! | module | holds |
//! |---|---|
//! | `new/` | [`Componentizer`]: a component of a core module and adapters |
//! | `names.rs` | the names of core imports and exports |
//! | `abi.rs` | the canonical ABI of the types of a model |
//! | `world.rs` | the imports and exports of a world by number and by name |
//! | `embed.rs` | [`Embed`]: the world of a core module, in a custom section |
//! | `dummy.rs` | [`Dummy`]: core modules that have what a world asks for |
//! | `producers.rs` | the section `producers` |
//! | `error.rs` | [`Error`]: everything that stands in the way |
//!
//! This crate reads and writes no files: its inputs and results are trees.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod abi;
mod dummy;
mod embed;
mod error;
mod names;
mod new;
mod producers;
mod world;

pub use dummy::Dummy;
pub use embed::Embed;
pub use error::{Error, Help, Problem, ProblemKind};
pub use names::Scheme;
pub use new::Componentizer;
#[doc(no_inline)]
pub use wattle_abi::Mode;
