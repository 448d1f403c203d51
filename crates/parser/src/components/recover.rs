//! Reads as much of a malformed module or component as can be read.

use alloc::vec::Vec;

use wattle_ast::components::{Event, Layer, Part};
use wattle_ast::{Body, Error, Item, Reader, SectionId, Wasm};

use super::parser::Parser;
use super::tree::Builder;
use crate::raw::Keep;

/// What could be read of a module or component.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Recovered<'a> {
    /// The module or component. Malformed parts are missing, and later definitions have lower indices
    /// for it; a malformed body keeps its index, and has the instructions before the malformed one.
    pub wasm: Wasm<'a>,
    /// The number of functions whose bodies were not read.
    pub missing_bodies: usize,
    /// What is malformed, in order.
    pub errors: Vec<Error>,
}

/// Counts the functions whose bodies were not read.
#[derive(Default)]
struct Bodies {
    /// Functions of the module at hand whose bodies have not come.
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
    /// The module or component of these bytes, as far as it can be read: for tools that show as much
    /// as possible.
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
        // Bytes that are not even a preamble are a module without anything.
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
                        // The outermost one is not counted by the events.
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

/// A body with malformed instructions, from its bytes with their size in front; `None` when its
/// locals are malformed.
pub fn malformed_body(bytes: &[u8]) -> Option<Body<'_>> {
    Body::from_bytes(Reader::new(bytes).byte_list().ok()?).ok()
}
