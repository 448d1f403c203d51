//! Components of core modules, and of other components.
//!
//! This crate reads and writes no files: its inputs and results are trees.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod compose;
mod plug;
mod unbundle;

pub use plug::{Connection, Input, PlugError, Plugged, plug};
pub use unbundle::{UnbundleError, UnbundledModule, unbundle};
