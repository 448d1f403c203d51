//! Components of core modules, and of other components.
//!
//! | module | holds |
//! |---|---|
//! | `new/` | [`Componentizer`]: a component of a core module and adapters |
//! | `link/` | [`Linker`]: a component of shared libraries |
//! | `names.rs` | the names of core imports and exports |
//! | `abi.rs` | the canonical ABI of the types of a model |
//! | `world.rs` | the imports and exports of a world by number and by name |
//! | `embed.rs` | [`Embed`]: the world of a core module, in a custom section |
//! | `dummy.rs` | [`Dummy`]: core modules with the imports and exports that a world asks for |
//! | `plug/` | [`plug()`], [`Composer`]: a component whose imports others satisfy |
//! | `compose/` | one component of several, with the imports that are left |
//! | `unbundle.rs` | [`unbundle()`]: core modules taken out of a component, which imports them |
//! | `targets.rs` | [`targets()`]: the differences between a component and a world |
//! | `semver_check.rs` | [`semver_check()`]: the changes of a world that break its users |
//! | `compare.rs`, `difference.rs` | differences between worlds, and their messages |
//! | `versions.rs` | the versions of an interface that count as one |
//! | `unique.rs` | names that must differ |
//! | `func_types.rs` | function types of core modules, each once |
//! | `producers.rs` | the section `producers` |
//! | `error.rs` | [`Error`]: the reasons why no component can be made |
//!
//! This crate reads and writes no files: its inputs and results are trees.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod abi;
mod compare;
mod compose;
mod difference;
mod dummy;
mod embed;
mod error;
mod func_types;
mod link;
mod names;
mod new;
mod plug;
mod producers;
mod semver_check;
mod targets;
mod unbundle;
mod unique;
mod versions;
mod world;

pub use difference::{Difference, DifferenceKind, Step};
pub use dummy::Dummy;
pub use embed::Embed;
pub use error::{Error, Help, Origin, Problem, ProblemKind};
pub use link::{
    ItemType, LinkError, LinkProblem, LinkProblemKind, Linker, OtherSymbol, SymbolType,
};
pub use names::Scheme;
pub use new::Componentizer;
pub use plug::{Composer, Connection, Input, PlugError, Plugged, plug};
pub use semver_check::{OtherPackage, VersionDifference, semver_check};
pub use targets::{TargetDifference, TargetsError, targets};
pub use unbundle::{UnbundleError, UnbundledModule, unbundle};
pub use versions::Versions;
#[doc(no_inline)]
pub use wattle_abi::Mode;
