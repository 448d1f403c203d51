//! Streaming and parallel validator of WebAssembly modules and components.
//!
//! It decides validity as the specification does, and reports errors in the words of the official
//! test suite. Malformed and invalid are different: the parser finds malformed modules, but leaves
//! bodies and constant expressions to this crate, which decodes and checks them in one pass.
//!
//! [`components`] validates components; everything else here is about modules.
//!
//! This crate holds the rules of types, modules and instructions, the registry of canonical types,
//! and the limits of implementations. It does not read modules, check custom sections, or execute
//! anything.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/index.html>
//!
//! ```
//! use wattle_ast::{Body, Func, FuncType, Instr, Module, TypeIdx, ValType};
//!
//! let mut module = Module::default();
//! module.types.push(FuncType::new([], [ValType::I32]).into());
//! let body = Body::new([], [Instr::I32Const { value: 1 }, Instr::End].into_iter().collect());
//! module.funcs.push(Func { ty: TypeIdx(0), body });
//! assert!(wattle_validator::validate(&module).is_ok());
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod components;
mod declarations;
mod error;
mod error_kind;
mod features_used;
mod func;
mod group;
mod hash_index;
mod limits;
mod locate;
mod place;
#[cfg(feature = "std")]
mod portion;
mod registry;
mod shared_types;
#[cfg(feature = "std")]
mod shared_work;
mod sub_type;
#[cfg(feature = "std")]
mod team;
#[cfg(feature = "std")]
mod threads;
mod ty;
mod types;
mod valid_module;
mod validator;

pub use components::{validate_component, validate_wasm};
pub use error::{Error, Errors, Fields};
pub use error_kind::{ErrorKind, Mismatch, OperandType, OperandTypes};
pub use features_used::features_used;
pub use func::{FuncValidator, StackTypes};
pub use limits::Limits;
pub use locate::body_offset;
pub use registry::{Registry, Structure, TypeId};
pub use types::Types;
pub use valid_module::ValidModule;
pub use validator::{FuncToValidate, Validator, Verdict, body_chunks, validate};
