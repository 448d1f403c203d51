//! Thin, safe, deterministic WebAssembly interpreter: store, linking, fuel, observation.
//!
//! It runs all of 3.0, and besides: legacy exceptions, threads' atomics, wide arithmetic, custom
//! page sizes, compact imports. There is no `unsafe`, no clock, no randomness: the same program
//! does the same everywhere. What a program may take is bounded by [`Limits`], and going beyond is
//! an [`Error`].
//!
//! ```
//! use wattle_ast::{Body, Export, ExternIdx, Func, FuncIdx, FuncType, Instr, LocalIdx, Module};
//! use wattle_ast::{TypeIdx, ValType};
//! use wattle_runtime::{Imports, Instance, Store, Value};
//!
//! let mut tree = Module::default();
//! tree.types.push(FuncType::new([ValType::I32], [ValType::I32]).into());
//! let square = [
//!     Instr::LocalGet { local: LocalIdx(0) },
//!     Instr::LocalGet { local: LocalIdx(0) },
//!     Instr::I32Mul,
//!     Instr::End,
//! ];
//! tree.funcs.push(Func { ty: TypeIdx(0), body: Body::new([], square.into_iter().collect()) });
//! tree.exports.push(Export { name: "square".into(), index: ExternIdx::Func(FuncIdx(0)) });
//!
//! let module = wattle_runtime::Module::new(tree)?;
//! let mut store = Store::new(());
//! let instance = Instance::new(&mut store, &module, &Imports::default())?;
//! assert_eq!(instance.call(&mut store, "square", &[Value::I32(7)])?, [Value::I32(49)]);
//!
//! let square = instance.func(&store, "square")?.typed::<(i32,), i32, _>(&store)?;
//! assert_eq!(square.call(&mut store, (8,))?, 64);
//! # Ok::<(), wattle_runtime::Error>(())
//! ```
//!
//! # How it works
//!
//! A function is translated when it is first called, in one pass over its bytes, into operations
//! of 16 bytes for a machine with registers: the registers are the slots of the frame.
//! `local.get` and constants become operands, comparisons become part of the branch after them,
//! `local.set` redirects the operation before it. A frame is a window of 65,536 slots of the stack,
//! and operations name slots by 16 bits, so that safe code needs no check to reach a slot. The
//! loop over operations holds only what most operations need; the rest is done outside of it,
//! which leaves registers to the loop: it halved the time of most kernels. Fuel and observation
//! are woven into a translation of their own, so that they cost nothing when they are not used.
//!
//! Calls of the guest by itself use no stack of the host's. A call's frame begins at its
//! arguments, in the frame of the caller, and its results go there. Exceptions cost nothing until
//! one is thrown: handlers are found by the place of the operation.
//!
//! | file | holds |
//! |---|---|
//! | `module.rs`, `translate/` | modules, and their translation to operations |
//! | `code.rs`, `operations.rs` | operations, and the table of those that instructions become |
//! | `execute/` | what operations do |
//! | `numerics/` | numbers and vectors |
//! | `state.rs`, `types.rs`, `heap.rs` | what is in a store; its types; structs, arrays, exceptions and the collector |
//! | `slots.rs`, `values.rs`, `exchange.rs` | values in slots, values of the host, and one from the other |
//! | `handles.rs`, `store.rs` | how the host names what is in a store; the store |
//! | `imports.rs`, `instance.rs`, `memory.rs`, `host.rs` | imports, instances and globals, memories and tables, functions |
//! | `limits.rs`, `observe.rs`, `trap.rs` | limits, observation, errors |
//! | `from.rs`, `lazy.rs` | conversions, one a line; cells that are filled once |
//! | `faults.rs` | planted faults, to measure tests with (feature `faults`) |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[macro_use]
mod faults;
#[macro_use]
mod from;

mod code;
mod exchange;
mod execute;
mod handles;
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
mod operations;
mod slots;
mod state;
mod store;
mod translate;
mod trap;
mod types;
mod values;

#[cfg(feature = "faults")]
pub use faults::{Fault, plant};
pub use handles::{Extern, Func, Global, Instance, Memory, Object, Table, Tag};
pub use host::{IntoFunc, Number, Numbers, Outcome, Results, Suspended, TypedFunc};
pub use imports::Imports;
pub use limits::{Config, Limits};
pub use module::Module;
pub use observe::{Observer, Step};
pub use store::{Caller, Store};
pub use trap::{Broken, CallSite, Error, ErrorKind, Trap};
pub use values::{AnyRef, Ref, Value};
