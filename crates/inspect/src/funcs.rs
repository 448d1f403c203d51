//! The places of the functions of a binary.

use std::ops::Range;

use wattle_ast::components::{Layer, Part};
use wattle_ast::{Error, ExternKind, Features, Item};
use wattle_parser::components::Parser;

/// The place in the file of a function that a module defines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FuncPlace {
    /// The number of the module among those of the file, from 0.
    pub module: usize,
    /// The index of the function in its module, imports included.
    pub index: u32,
    /// The bytes of the entry in the code section: the size, the locals and the instructions.
    pub entry: Range<usize>,
    /// The offset of the locals, which are behind the size.
    pub body: usize,
    /// The offset of the first instruction.
    pub code: usize,
}

/// Finds the functions of a file in the order of their bytes, up to the first malformed part.
/// Instructions are not read.
///
/// ```
/// use wattle_ast::Features;
/// use wattle_inspect::funcs::{at, places};
///
/// let wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";
/// let (places, error) = places(wasm, Features::ALL);
/// assert_eq!((places[0].entry.clone(), places[0].code, error), (21..24, 23, None));
/// assert_eq!(at(&places, 23), Some(&places[0]));
/// assert_eq!(at(&places, 8), None);
/// ```
pub fn places(bytes: &[u8], features: Features) -> (Vec<FuncPlace>, Option<Error>) {
    let mut places = Vec::new();
    let (mut modules, mut next) = (0, 0);
    for event in Parser::new().features(features).check_bodies(false).events(bytes) {
        let event = match event {
            Ok(event) => event,
            Err(error) => return (places, Some(error)),
        };
        let entry = event.offset..event.offset + event.bytes.len();
        match event.part {
            Part::Enter(Layer::Module) => (modules, next) = (modules + 1, 0),
            Part::Item(Item::Import(import)) if import.ty.kind() == ExternKind::Func => next += 1,
            Part::Item(Item::Body(body)) => {
                let code = entry.end - body.code().len();
                let body = entry.end - body.bytes().len();
                places.push(FuncPlace { module: modules - 1, index: next, entry, body, code });
                next += 1;
            }
            _ => {}
        }
    }
    (places, None)
}

/// Returns the function whose entry has the byte at this offset.
pub fn at(places: &[FuncPlace], offset: usize) -> Option<&FuncPlace> {
    let behind = places.partition_point(|place| place.entry.start <= offset);
    places[..behind].last().filter(|place| place.entry.contains(&offset))
}
