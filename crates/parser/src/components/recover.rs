//! Reads as much as possible of a malformed module or component.

use alloc::vec::Vec;

use wattle_ast::components::{Event, Layer, Part};
use wattle_ast::{Body, Error, Item, Reader, SectionId, Wasm};

use super::parser::Parser;
use super::tree::Builder;
use crate::raw::Keep;

/// The readable parts of a module or component.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Recovered<'a> {
    /// The module or component. It lacks the malformed parts, and later definitions have lower
    /// indices because of this; a malformed body keeps its index, and has the instructions before
    /// the malformed one.
    pub wasm: Wasm<'a>,
    /// The number of functions whose bodies were not read.
    pub missing_bodies: usize,
    /// The errors, in order.
    pub errors: Vec<Error>,
}

/// Counts the functions whose bodies were not read.
#[derive(Default)]
struct Bodies {
    /// The number of functions of the current module whose bodies are still to come.
    awaited: usize,
    missing: usize,
}

impl Bodies {
    fn part(&mut self, part: &Part<'_>) {
        match part {
            Part::Item(Item::Func(_)) => self.awaited += 1,
            Part::Item(Item::Body(_)) => self.awaited = self.awaited.saturating_sub(1),
            Part::Enter(_) | Part::Leave => self.end_module(),
            _ => {}
        }
    }

    fn end_module(&mut self) {
        self.missing += core::mem::take(&mut self.awaited);
    }
}

impl Parser {
    /// Reads the module or component in these bytes as far as possible, for tools that show as much
    /// of it as they can.
    ///
    /// ```
    /// use wattle_parser::components::Parser;
    ///
    /// // A type that does not exist, then one that does.
    /// let wasm = b"\0asm\x0d\0\x01\0\x07\x02\x01\x3e\x07\x02\x01\x7f";
    /// let recovered = Parser::new().recover(wasm);
    /// assert_eq!(recovered.wasm.component().unwrap().definitions.len(), 1);
    /// assert_eq!(recovered.errors[0].span.start, 11);
    /// ```
    pub fn recover(self, bytes: &[u8]) -> Recovered<'_> {
        let mut builder = Builder::new(Keep::borrow(bytes, self.offset()));
        let (mut bodies, mut errors) = (Bodies::default(), Vec::new());
        // Bytes that do not even begin with a preamble give an empty module.
        let mut is_empty = true;
        let mut events = self.events(bytes);
        while let Some(event) = events.next() {
            match event {
                Ok(Event { part, offset, bytes }) => {
                    is_empty = false;
                    bodies.part(&part);
                    builder.add(part, offset, bytes);
                }
                Err(error) => {
                    if let Some(skipped) = events.skip_malformed() {
                        // The events do not count the outermost module or component.
                        let depth = events.depth() + 1;
                        if is_body(&error) {
                            let body = malformed_body(skipped.bytes).unwrap_or_default();
                            let part = Part::Item(Item::Body(body));
                            bodies.part(&part);
                            builder.add(part, skipped.offset, skipped.bytes);
                            builder.leave_to(depth);
                        } else {
                            builder.skip(skipped.bytes, depth);
                        }
                    }
                    errors.push(error);
                }
            }
        }
        bodies.end_module();
        if is_empty {
            builder.add(Part::Enter(Layer::Module), 0, &[]);
        }
        builder.leave_to(0);
        Recovered { wasm: builder.finish(), missing_bodies: bodies.missing, errors }
    }
}

/// Whether an error lies in the body of a function.
pub fn is_body(error: &Error) -> bool {
    error.path.section == Some(SectionId::Code) && error.path.item.is_some()
}

/// Makes a body with malformed instructions from its bytes, which begin with its size; `None` when
/// its locals are malformed.
pub fn malformed_body(bytes: &[u8]) -> Option<Body<'_>> {
    Body::from_bytes(Reader::new(bytes).byte_list().ok()?).ok()
}
