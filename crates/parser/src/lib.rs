//! Streaming, event-driven, sans-IO parser of the WebAssembly binary format.
//!
//! This crate holds the framing of a binary (header, sections, sizes, counts, order) and the walk
//! over it item by item. Items and definitions are decoded by [`wattle_ast`]. The parser finds only
//! *malformed* input: [`parse`] accepts invalid modules.
//!
//! | to | use |
//! |---|---|
//! | get a tree of a module | [`parse`] |
//! | get a tree of a component, or of any binary | [`parse_component`], [`parse_wasm`] |
//! | walk a slice | [`events`] |
//! | walk the input of an [`io::Read`](std::io::Read) | [`EventReader`] |
//! | feed chunks as they arrive | [`Parser`] |
//! | continue after a malformed part | [`Events::skip_malformed`] |
//! | walk over sections by their sizes alone | [`frames`] |
//! | do any of these with a file that is a module or a component | [`components`] |
//!
//! A slice, a reader and chunks give the same items, at the same offsets, and the same errors,
//! however the input is cut. The parser never holds more than one item of the input, and no number
//! in the input determines the size of an allocation.
//!
//! ```
//! use wattle_ast::{Item, SectionId};
//!
//! let wasm = b"\0asm\x01\0\0\0\x03\x02\x01\x07\x0a\x04\x01\x02\0\x0b";
//! let mut sections = Vec::new();
//! for event in wattle_parser::events(wasm) {
//!     if let Item::Section(section) = event?.item {
//!         sections.push(section.id);
//!     }
//! }
//! assert_eq!(sections, [SectionId::Func, SectionId::Code]);
//! # Ok::<(), wattle_ast::Error>(())
//! ```
//!
//! # The error for an item that does not fit in its section
//!
//! The message of an error begins with the phrase of the official test suite, whose phrases come
//! from a decoder that compares sizes only after it has read a whole section. So an item that does
//! not fit in its frame (its section, or the size of a body) is decoded once more, as if the frame
//! had no end:
//!
//! - if the item is now complete: "section size mismatch";
//! - if the input ends first: "unexpected end of section or function", or "length out of bounds"
//!   when the item states a length;
//! - if the item is malformed: the phrase for that error.
//!
//! If a section claims more bytes than the whole input has, the error is "length out of bounds".
//! The second attempt reads at most [`LOOK_AHEAD`] bytes beyond the frame, which bounds both memory
//! and delay; the error for an item that takes even more is "section size mismatch".
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod components;
#[cfg(feature = "std")]
mod event_reader;
mod failure;
#[cfg(feature = "std")]
mod feed;
mod frame;
mod items;
mod module;
mod parser;
mod raw;
mod sans_io;
mod section;
mod slice;
mod tree;
mod walk;

pub use components::{parse_component, parse_wasm};
#[cfg(feature = "std")]
pub use event_reader::{EventReader, ItemTooLarge, ReadError};
pub use frame::LOOK_AHEAD;
pub use parser::{Parser, Step};
pub use slice::{Events, SectionFrame, events, frames, parse};
pub use walk::Skipped;
