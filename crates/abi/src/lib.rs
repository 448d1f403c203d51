//! The canonical ABI of components as arithmetic: the layouts of values in memory, the core values
//! that they flatten to, and the core functions that components are made of.
//!
//! A [`ValueAbi`] holds all facts about one value type. The ABI of a compound type is computed from
//! the ABIs of its parts, so code with a type model computes it once for each type, and a type that
//! uses another type a thousand times costs no more than its own parts.
//!
//! This crate has no type model, reads no component, and neither lifts nor lowers values.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md>
//!
//! ```
//! use wattle_abi::{Call, Signature, ValueAbi};
//! use wattle_ast::components::PrimType;
//! use wattle_ast::{AddrType, ValType};
//!
//! // record { name: string, age: u8 }
//! let person = ValueAbi::record([PrimType::String, PrimType::U8].map(ValueAbi::prim));
//! assert_eq!(person.layout(AddrType::I32).size, 12);
//! assert_eq!(person.layout(AddrType::I64).size, 24);
//!
//! // func(p: person) -> person, as a core function that imports call
//! let signature = Signature::new(Call::LOWER, [person], Some(person));
//! assert_eq!(signature.params(AddrType::I32).collect::<Vec<_>>(), [ValType::I32; 4]);
//! assert!(signature.result_in_memory && signature.needs_realloc);
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(test)]
extern crate std;

mod flat;
mod layout;
mod signature;
mod value;

pub use flat::{FlatType, FlatTypes};
pub use layout::{Layout, RecordLayout, discriminant_size};
pub use signature::{
    Call, MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, Mode, Signature,
};
pub use value::ValueAbi;
