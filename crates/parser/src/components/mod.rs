//! Parses components, and any file that is a component or a module.
//!
//! The methods are those of the parser of modules, and one event type serves both: a [`Part`] is
//! the start or end of a module or component, the header of a section, a definition of a component,
//! or an item of a module.
//!
//! | to | use |
//! |---|---|
//! | get a tree | [`parse_component`], [`parse_wasm`] |
//! | get as much of a tree as can be read | [`Parser::recover`] |
//! | walk a slice | [`events`] |
//! | walk the input of an [`io::Read`](std::io::Read) | [`EventReader`] |
//! | feed chunks as they arrive | [`Parser`] |
//! | continue after a malformed part | [`Events::skip_malformed`] |
//! | walk over sections by their sizes alone | [`frames`] |
//!
//! ```
//! use wattle_ast::components::{Layer, Part};
//! use wattle_parser::components::events;
//!
//! // A component with a module, which has a memory.
//! let wasm = b"\0asm\x0d\0\x01\0\x01\x0d\0asm\x01\0\0\0\x05\x03\x01\0\x01";
//! let mut parts = Vec::new();
//! for event in events(wasm) {
//!     parts.push(event?.part);
//! }
//! assert_eq!(parts.len(), 7);
//! assert_eq!(parts[0], Part::Enter(Layer::Component));
//! assert!(matches!(parts[1], Part::Section(_)));
//! assert_eq!(parts[2], Part::Enter(Layer::Module));
//! assert!(matches!(parts[3..5], [Part::Item(_), Part::Item(_)]));
//! assert_eq!(parts[5..], [Part::Leave, Part::Leave]);
//! # Ok::<(), wattle_ast::Error>(())
//! ```
//!
//! # Errors
//!
//! The official phrases of components come from a decoder that reads within sections. So the error
//! for a definition that does not fit in its section is "unexpected end-of-file", whatever follows
//! the section. Errors in a core module have the phrases of modules. The path of an error leads
//! from the outermost component inwards: "component 0, core module 1, func 3".
//!
//! [`Part`]: wattle_ast::components::Part

#[cfg(feature = "std")]
mod event_reader;
mod failure;
mod parser;
mod place;
mod recover;
mod slice;
mod state;
mod tree;

#[cfg(feature = "std")]
pub use event_reader::EventReader;
pub use parser::{Parser, Step};
pub use recover::{Recovered, is_body, malformed_body};
pub use slice::{Events, events, frames, parse_component, parse_wasm};
