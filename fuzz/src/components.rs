//! Properties of components: one function for each, which panics when the property does not hold; and
//! inputs for them.

use wattle::ast::components::{Component, Event};
use wattle::ast::{Error, Features};
use wattle::encoder::components::Encoder;
use wattle::encoder::{encode_component, encode_component_canonical};
use wattle::parser::components::{Parser, Step};
use wattle::printer::Config;
use wattle::validator::components::Validator;
use wattle::wat;
use wattle_smith::Config as Smith;
use wattle_smith::components::{from_seed, generate};

use crate::structure;
use crate::{Random, mutate_bytes};

fn parser() -> Parser {
    Parser::new().features(Features::ALL)
}

/// A component read from any bytes is encoded to the same bytes, as a tree and as a stream. The
/// canonical bytes and the text, flat and folded, lead back to the component.
pub fn bytes_round_trip(data: &[u8]) {
    let Ok(component) = parser().component(data) else { return };
    assert!(encode_component(&component) == data, "the bytes of an untouched component changed");
    let mut stream = Encoder::new();
    for event in parser().events(data) {
        stream.event(&event.expect("the component was read"));
    }
    assert!(stream.finish() == data, "the bytes of an untouched stream changed");
    let canonical = encode_component_canonical(&component);
    let again = match parser().component(&canonical) {
        Ok(again) => again,
        Err(error) => panic!("own bytes are malformed: {error}"),
    };
    assert_eq!(encode_component_canonical(&again), canonical, "canonical bytes are not canonical");
    text_of(&again, &canonical);
}

/// The text of a component leads back to its bytes, and its length is at most a fixed multiple of
/// theirs. A component that text cannot express, such as one with a function of an unknown type in
/// a core module, is invalid.
fn text_of(component: &Component<'_>, bytes: &[u8]) {
    for config in [Config::new(), Config::new().fold(true)] {
        let text = config.print_component(component);
        assert!(text.len() <= 65_536 + bytes.len() * 512, "the text is too long");
        match wat::Parser::new().features(Features::ALL).component(&text) {
            Ok(parsed) => {
                let again = encode_component_canonical(&parsed.component);
                assert!(again == bytes, "text leads to other bytes:\n{text}");
            }
            Err(errors) => {
                let validator = Validator::new().features(Features::ALL);
                let verdict = validator.component(component);
                assert!(verdict.is_err(), "own text is malformed: {errors}\n{text}");
            }
        }
    }
}

/// The bytes of a component that is read from any text lead back to the same component.
pub fn text_round_trip(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let Ok(parsed) = wat::Parser::new().features(Features::ALL).component(text) else { return };
    let bytes = encode_component(&parsed.component);
    match parser().component(&bytes) {
        Ok(again) => assert_eq!(encode_component_canonical(&again), bytes, "other bytes"),
        Err(error) => panic!("own bytes are malformed: {error}"),
    }
    text_of(&parsed.component, &bytes);
}

/// The parts of an event that are compared.
type Seen = (String, usize, Vec<u8>);

fn in_pieces(data: &[u8], mut size: impl FnMut() -> usize) -> (Vec<Seen>, Result<(), Error>) {
    let (mut parser, mut events) = (parser(), Vec::new());
    let (mut start, mut end) = (0, 0);
    let see = |event: &Event<'_>| (format!("{:?}", event.part), event.offset, event.bytes.to_vec());
    let result = loop {
        match parser.next(&data[start..end], end == data.len()) {
            Ok(Step::Event(event)) => {
                events.push(see(&event));
                start += event.bytes.len();
            }
            Ok(Step::NeedMore(_)) => {
                assert!(end < data.len(), "the parser asks for more than there is");
                end = data.len().min(end.saturating_add(size().max(1)));
            }
            Ok(Step::End) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    (events, result)
}

/// Any bytes: the parts, their places and the error do not depend on the pieces, and a malformed part
/// can be skipped.
pub fn chunking(data: &[u8]) {
    let (seed, data) = data.split_first().unwrap_or((&1, &[]));
    let whole = in_pieces(data, || data.len());
    let mut random = Random::new((*seed).into());
    let pieces = in_pieces(data, || 1 + random.below(19));
    assert_eq!(whole, pieces);
    let tiled: usize = whole.0.iter().map(|(_, _, bytes)| bytes.len()).sum();
    assert!(tiled <= data.len() && (whole.1.is_err() || tiled == data.len()));
    skip(data);
}

/// Skips every malformed part. The events and the skipped parts together cover all bytes that were
/// read.
fn skip(data: &[u8]) {
    let mut events = parser().events(data);
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

/// The component that a fuzzer's bytes make is valid, also by wasmparser with the feature `peers`, and
/// survives [`bytes_round_trip`].
pub fn generated_component(data: &[u8]) {
    match generate(&Smith::default(), &mut arbitrary::Unstructured::new(data)) {
        Ok(generated) => {
            let validator = Validator::new().features(generated.features);
            if let Err(errors) = validator.component(&generated.component) {
                panic!("it is not valid: {errors}");
            }
            let bytes = encode_component(&generated.component);
            #[cfg(feature = "peers")]
            if let Err(error) = crate::peers::component_validity(&bytes, generated.features).1 {
                panic!("it is not valid by wasmparser: {error}");
            }
            bytes_round_trip(&bytes);
        }
        Err(error) => panic!("any bytes give a component, but {error}"),
    }
}

/// `count` inputs, the same in every run: generated components in binary and as text, then components
/// with edits of their structure, and mutations of their bytes.
pub fn seeded_components(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let config = Smith { seed_bytes: 512, ..Smith::default() };
    let mut random = Random::new(0x9e37_79b9);
    (0..count).map(move |nth| {
        let mut component = from_seed(&config, random.below(1 << 20) as u64).component;
        for _ in 0..if nth % 4 == 1 { 1 + random.below(4) } else { 0 } {
            structure::edit(&mut component, &mut random);
        }
        let mut data = match nth % 4 {
            3 => wattle::printer::print_component(&component).into_bytes(),
            _ => encode_component(&component),
        };
        if nth % 4 == 2 {
            mutate_bytes(&mut data, &mut random);
        }
        data
    })
}
