//! Thin, safe, deterministic WebAssembly interpreter: store, linking, fuel, observation.
//!
//! It runs all of WebAssembly 3.0, and also legacy exceptions, the atomics of threads, wide
//! arithmetic, custom page sizes and compact imports. It has no `unsafe`, no clock and no
//! randomness: a program behaves identically everywhere. [`Limits`] bounds the resources of a
//! program, and exceeding them is an [`Error`].
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
//! let square = instance.func(&store, "square")?.typed::<(i32,), i32>(&store)?;
//! assert_eq!(square.call(&mut store, (8,))?, 64);
//! # Ok::<(), wattle_runtime::Error>(())
//! ```
//!
//! # How it works
//!
//! A function is translated when it is first called, in one pass over its bytes. The result is
//! operations of 16 bytes for a register machine, whose registers are the slots of the frame.
//! `local.get` and constants become operands, a comparison becomes part of the branch after it, and
//! `local.set` changes the destination of the operation before it. A frame is a window of 65,536
//! slots of the stack, and operations name slots by 16 bits, so that safe code needs no check to
//! reach a slot. The loop over operations holds only the state that most operations need, and
//! leaves the other operations to code outside of it. That keeps registers free for the loop, and
//! halved the time of most kernels. Fuel and observation are parts of separate translations, so
//! that they cost nothing when they are not used.
//!
//! Calls between guest functions use none of the host's stack. The frame of a call begins at its
//! arguments, which are in the frame of the caller, and its results go there. Exceptions cost
//! nothing until one is thrown: the position of the operation tells which handlers apply.
//!
//! | file | holds |
//! |---|---|
//! | `module.rs`, `translate/` | modules, and their translation to operations |
//! | `code.rs`, `operations.rs` | operations, and the table of those that instructions become |
//! | `execute/` | the execution of operations |
//! | `state.rs`, `types.rs`, `heap.rs` | the contents of a store; its types; structs, arrays, exceptions and the collector |
//! | `slots.rs`, `values.rs`, `exchange.rs` | values in slots, values of the host, and conversions between them |
//! | `handles.rs`, `store.rs` | handles of the host to the contents of a store; the store |
//! | `drive.rs`, `suspend.rs` | executions from the call to the result; calls that are suspended |
//! | `imports.rs`, `instance.rs`, `memory.rs`, `host.rs` | imports, instances and globals, memories and tables, functions |
//! | `limits.rs`, `budget.rs` | limits; the budget of bytes, and allocation that can fail |
//! | `fuel.rs`, `execute/cost.rs` | the costs of instructions, and their payment |
//! | `observe.rs`, `trap.rs` | observation, errors |
//! | `from.rs`, `lazy.rs` | a macro for conversions; cells that are filled once |
//! | `faults.rs` | planted faults, to measure tests with (feature `faults`) |
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[macro_use]
mod faults;
#[macro_use]
mod from;

mod budget;
mod code;
mod drive;
mod exchange;
mod execute;
mod fuel;
mod handles;
mod heap;
mod host;
mod imports;
mod instance;
mod lazy;
mod limits;
mod memory;
mod module;
mod observe;
mod operations;
mod slots;
mod state;
mod store;
mod suspend;
mod translate;
mod trap;
mod types;
mod values;

/// The results of numeric and vector instructions.
pub use wattle_numerics as numerics;

#[cfg(feature = "faults")]
pub use faults::{Fault, plant};
pub use fuel::Fuel;
pub use handles::{Extern, Func, Global, Instance, Memory, Object, Table, Tag};
pub use host::{IntoFunc, Number, Numbers, Results, TypedFunc, WithCaller};
pub use imports::Imports;
pub use limits::{Config, Growth, Limits, Resource, ResourceLimiter};
pub use memory::Parts;
pub use module::Module;
pub use observe::{Observer, Step};
pub use store::{Caller, Store};
pub use suspend::{Outcome, Suspended};
pub use trap::{Broken, CallSite, Error, ErrorKind, HostError, Trap};
pub use values::{AnyRef, Ref, Value};
