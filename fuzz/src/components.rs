//! Properties of any bytes that may be a component.

use wattle::Features;
use wattle::ast::Error;
use wattle::ast::components::{Event, Part};
use wattle::encoder::components::Encoder;
use wattle::encoder::{encode_wasm, encode_wasm_canonical};
use wattle::parser::components::{Parser, Step};

/// Any bytes: events and errors do not depend on the pieces, and a malformed part can be skipped. What
/// is well-formed is written byte for byte, as a tree and as a stream, and in a canonical form that
/// leads back to it.
pub fn components(data: &[u8]) {
    let (seed, data) = data.split_first().unwrap_or((&1, &[]));
    let mut state = u32::from(*seed) | 1;
    let mut size = || {
        state = state.wrapping_mul(0x9e37_79b1).rotate_left(7);
        1 + state as usize % 19
    };
    let whole = whole(data);
    assert_eq!(in_pieces(data, &mut size), whole);
    skip(data);
    let (parts, end) = whole;
    if end.is_err() {
        return;
    }
    let mut stream = Encoder::new();
    for (part, offset, bytes) in &parts {
        stream.event(&Event { part: part.clone(), offset: *offset, bytes });
    }
    assert!(stream.finish() == data, "the bytes of an untouched stream changed");
    let wasm = all().wasm(data).expect("its events are well-formed");
    assert!(encode_wasm(&wasm) == data, "the bytes of an untouched tree changed");
    let canonical = encode_wasm_canonical(&wasm);
    let again = all().wasm(&canonical).expect("own bytes are well-formed");
    assert_eq!(encode_wasm_canonical(&again), canonical, "canonical bytes are not canonical");
}

fn all() -> Parser {
    Parser::new().features(Features::ALL)
}

/// The part, the offset and the bytes of an event.
type OwnedEvent = (Part<'static>, usize, Vec<u8>);

fn owned(event: Event<'_>) -> OwnedEvent {
    (event.part.into_owned(), event.offset, event.bytes.to_vec())
}

/// The events of the whole data, and how they end.
fn whole(data: &[u8]) -> (Vec<OwnedEvent>, Result<(), Error>) {
    let mut events = Vec::new();
    for event in all().events(data) {
        match event {
            Ok(event) => events.push(owned(event)),
            Err(error) => return (events, Err(error)),
        }
    }
    let tiled: usize = events.iter().map(|(_, _, bytes)| bytes.len()).sum();
    assert_eq!(tiled, data.len(), "events tile the input");
    (events, Ok(()))
}

/// The events of a parse that sees the data in pieces, and how it ends.
fn in_pieces(data: &[u8], mut size: impl FnMut() -> usize) -> (Vec<OwnedEvent>, Result<(), Error>) {
    let (mut parser, mut events) = (all(), Vec::new());
    let (mut taken, mut arrived) = (0, 0);
    loop {
        match parser.next(&data[taken..arrived], arrived == data.len()) {
            Ok(Step::Event(event)) => {
                taken += event.bytes.len();
                events.push(owned(event));
            }
            Ok(Step::NeedMore(_)) => {
                assert!(arrived < data.len(), "the parser asks for more than there is");
                arrived = data.len().min(arrived + size());
            }
            Ok(Step::End) => return (events, Ok(())),
            Err(error) => return (events, Err(error)),
        }
    }
}

/// Goes on behind everything malformed. What is skipped and the events tile what was seen.
fn skip(data: &[u8]) {
    let mut events = all().events(data);
    let mut end = 0;
    while let Some(event) = events.next() {
        match event {
            Ok(event) => end += event.bytes.len(),
            Err(_) => match events.skip_malformed() {
                Some(skipped) => end += skipped.bytes.len(),
                None => break,
            },
        }
    }
    assert_eq!((events.offset(), events.rest()), (end, &data[end..]));
}
