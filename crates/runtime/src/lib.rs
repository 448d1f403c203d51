//! Thin, safe, deterministic WebAssembly interpreter: store, linking, fuel, observation.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod code;
mod execute;
mod heap;
mod host;
mod imports;
mod instance;
mod lazy;
mod limits;
mod memory;
mod module;
pub mod numerics;
mod observe;
#[cfg(feature = "script")]
pub mod script;
mod state;
mod store;
mod translate;
mod trap;
mod types;
mod values;

pub use host::{Caller, IntoFunc, Number, Numbers, Outcome, Results, Suspended, TypedFunc};
pub use imports::Imports;
pub use instance::{Extern, Global, Instance, Tag};
pub use limits::{Config, Limits};
pub use memory::{Memory, Table};
pub use module::Module;
pub use observe::{Counts, Observer, Step};
pub use store::Store;
pub use trap::{CallSite, Error, ErrorKind, Trap};
pub use values::{AnyRef, Func, Object, Ref, Value};
