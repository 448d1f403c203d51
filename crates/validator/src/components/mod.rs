//! Validation of components.
//!
//! | file | holds |
//! |---|---|
//! | `nodes.rs` | kinds of types, their parts, and facts about each type |
//! | `entities.rs` | imports and exports as parts of types |
//! | `arena.rs` | all types, hash-consed |
//! | `substitute.rs` | types with resources replaced by others |
//! | `reach.rs` | resources in types, and types that are visible from outside |
//! | `matching.rs` | subtyping, and every place where types do not match |
//! | `core_types.rs` | types of core modules and core instances |
//! | `scope.rs` | the index spaces of a component or type while it is read |
//! | `validator.rs`, `closing.rs` | [`Validator`]: definitions one by one; the ends of scopes |
//! | `types.rs` | definitions of types |
//! | `externs.rs` | imports and exports |
//! | `names.rs` | the names of imports and exports |
//! | `aliases.rs`, `instances.rs`, `modules.rs`, `start.rs`, `values.rs` | other definitions |
//! | `canons.rs`, `options.rs` | canonical definitions and their options |
//! | `stream.rs` | the parts of a stream one by one; files with a module or a component |
//! | `gc.rs` | functions that pass values as references |
//! | `features_used.rs` | the features that a component uses, and the first place of each |
//! | `threads.rs` | bodies of core modules on several threads |
//! | `error.rs`, `mismatch.rs` | the kinds of errors; the path to a type that does not match |
//! | `declarations.rs` | types of core modules as definitions |
//! | `view.rs`, `shown.rs` | [`ComponentTypes`]: imports and exports by name; types as text |
//!
//! Where tools accept less than the specification allows, or more, the rule says so.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md>

mod aliases;
mod arena;
mod canons;
mod closing;
mod core_types;
mod declarations;
mod entities;
mod error;
mod externs;
mod features_used;
mod gc;
mod instances;
mod matching;
mod mismatch;
mod modules;
mod names;
mod nodes;
mod options;
mod reach;
mod scope;
mod shown;
mod start;
mod stream;
mod substitute;
mod texts;
#[cfg(feature = "std")]
mod threads;
mod types;
mod validator;
mod values;
mod view;

pub use error::{ComponentErrorKind, Leaf, NameRule, Text};
pub use features_used::features_used_of;
pub use mismatch::{ComponentMismatch, Step};
pub use stream::{PartVerdict, WasmTypes, validate_wasm};
pub use validator::{Validator, validate_component};
pub use view::{ComponentTypes, Extern, ExternView, ModuleView, Shape, TypeView};
