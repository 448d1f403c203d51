//! Encoder of WebAssembly modules and components: from the tree, from a stream, or from a builder.
//!
//! | you have | use |
//! |---|---|
//! | a [`Module`](wattle_ast::Module) | [`encode`], byte-faithful, or [`encode_canonical`] |
//! | a [`Component`](wattle_ast::components::Component) | [`encode_component`], byte-faithful, or [`encode_component_canonical`] |
//! | a [`Wasm`](wattle_ast::Wasm): a module or a component | [`encode_wasm`], byte-faithful, or [`encode_wasm_canonical`] |
//! | a stream of items or events of a module | [`Encoder`] |
//! | a stream of parts, events or definitions of a component | [`components::Encoder`] |
//! | a compiler of your own | [`ModuleBuilder`], [`Imports`], [`FuncBuilder`] |
//! | core modules that a component is to be made from | [`ComponentBuilder`] |
//!
//! This crate holds framing (sections, their order, sizes and counts), the comparison that keeps
//! unchanged sections byte for byte, and the builders. The encoding of each item, definition and
//! instruction is part of the codec in `wattle-ast`.
//!
//! ```
//! use wattle_ast::{Instr, ValType};
//! use wattle_encoder::{ModuleBuilder, encode};
//!
//! let mut module = ModuleBuilder::new();
//! let ty = module.ty([ValType::I32], [ValType::I32]);
//! let double = module.func(ty, |f| {
//!     let x = f.param(0);
//!     f.instrs([Instr::LocalGet { local: x }, Instr::LocalGet { local: x }, Instr::I32Add]);
//! });
//! module.export("double", double);
//! let bytes = encode(&module.build()?);
//! assert_eq!(bytes[..8], *b"\0asm\x01\0\0\0");
//! # Ok::<(), wattle_encoder::BuildError>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod builder;
pub mod components;
mod faithful;
mod frame;
mod module;
mod sections;
mod stream;

pub use builder::{
    BuildError, BuildErrorKind, Declared, FuncBuilder, Imports, Label, ModuleBuilder,
};
pub use components::{
    ComponentBuildError, ComponentBuildErrorKind, ComponentBuilder, encode_component,
    encode_component_canonical, encode_wasm, encode_wasm_canonical,
};
pub use module::{encode, encode_canonical};
pub use stream::Encoder;
