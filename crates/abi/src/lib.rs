//! The canonical ABI of components as arithmetic: how values lie in memory, which core values they
//! flatten to, and which core functions components are made of.
//!
//! A [`ValueAbi`] has everything about one value type. That of a compound type is computed from
//! those of its parts, so whoever has a type model computes it once for each type, and a type that
//! uses another a thousand times costs no more than its own parts.
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
