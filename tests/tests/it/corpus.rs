//! Real binaries: bytes, items and text lead back to the same bytes, and pieces do not matter.

use std::time::Instant;

use wattle::ast::{Error, Event, Features, Item};
use wattle::printer::Config;
use wattle::{encoder, wat};
use wattle_tests::corpus::{self, CorpusFile};
use wattle_tests::pieces::parse_in_pieces;

/// Whether a binary takes too long in an unoptimised build.
fn is_too_large(name: &str, bytes: &[u8]) -> bool {
    let is_large = cfg!(debug_assertions) && name == "ruby-debug";
    if is_large {
        println!("{name}: left out of an unoptimised build for its size, {} bytes", bytes.len());
    }
    is_large
}

/// Runs `check` over every binary; says so if there are none.
fn each(name: &str, check: impl Fn(&str, &[u8])) {
    let files = corpus::files_for(name);
    for file in &files {
        let CorpusFile { name: file_name, .. } = file;
        let start = Instant::now();
        let bytes = file.read();
        check(file_name, &bytes);
        println!("{name}: {file_name}, {} bytes, {:.1?}", bytes.len(), start.elapsed());
    }
}

#[test]
fn bytes_to_items_to_bytes() {
    each("bytes to items to bytes", |name, bytes| {
        let mut tiled = Vec::new();
        let mut stream = encoder::Encoder::new();
        for event in wattle::parser::events(bytes) {
            let event = event.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(event.offset, tiled.len(), "{name}");
            tiled.extend_from_slice(event.bytes);
            stream.event(&event);
        }
        assert!(tiled == bytes, "{name}: the events do not tile the input");
        assert!(stream.finish() == bytes, "{name}: the stream encoder changed bytes");
        let module = wattle::parser::parse(bytes).unwrap();
        assert!(encoder::encode(&module) == bytes, "{name}: the encoder changed bytes");
    });
}

#[test]
fn bytes_to_text_to_bytes() {
    each("bytes to text to bytes", |name, bytes| {
        if is_too_large(name, bytes) {
            return;
        }
        let module = wattle::parser::parse(bytes).unwrap();
        let canonical = encoder::encode_canonical(&module);
        if canonical != bytes {
            println!("{name}: not in canonical form, {} bytes when it is", canonical.len());
        }
        let module = wattle::parser::parse(&canonical).unwrap();
        for config in [Config::new(), Config::new().fold(true)] {
            let text = config.print(&module);
            let parsed = wat::parse(&text).unwrap_or_else(|errors| panic!("{name}: {errors}"));
            assert!(encoder::encode(&parsed) == canonical, "{name}: text leads to other bytes");
            assert!(parsed == module, "{name}: text leads to another tree");
        }
    });
}

/// The place and the size of an event, and a hash of its item. A million fingerprints fit in
/// memory.
type Fingerprint = (usize, usize, u64);

fn fingerprint(event: &Event<'_>) -> Fingerprint {
    use std::hash::{DefaultHasher, Hasher};
    let mut hash = DefaultHasher::new();
    hash.write(format!("{:?}", std::mem::discriminant(&event.item)).as_bytes());
    // Bodies and segments are hashed as bytes; other items are small enough to be formatted.
    match &event.item {
        Item::Body(body) => hash.write(body.code()),
        Item::Data(_) | Item::Custom(_) | Item::Elem(_) => hash.write(event.bytes),
        item => hash.write(format!("{item:?}").as_bytes()),
    }
    (event.offset, event.bytes.len(), hash.finish())
}

/// The events of an input that arrives in pieces of `size` bytes, and the end of the parse.
fn in_pieces(bytes: &[u8], size: usize) -> (Vec<Fingerprint>, Result<(), Error>) {
    let mut events = Vec::new();
    let see = |event: Event<'_>| events.push(fingerprint(&event));
    let end = parse_in_pieces(bytes, Features::ALL, || size, see);
    (events, end)
}

#[test]
fn chunks_of_any_size() {
    each("chunks of 1, 7, 4096", |name, bytes| {
        if is_too_large(name, bytes) {
            return;
        }
        let whole = in_pieces(bytes, usize::MAX);
        assert_eq!(whole.1, Ok(()), "{name}");
        for size in [1, 7, 4096] {
            assert!(in_pieces(bytes, size) == whole, "{name}: chunks of {size} differ");
        }
    });
}

/// A cut or a flipped bit leads to an error or a module. The result does not depend on the pieces.
#[test]
fn damaged() {
    each("truncated and flipped", |name, bytes| {
        let borders: Vec<usize> = wattle::parser::events(bytes)
            .map_while(Result::ok)
            .filter(|event| matches!(event.item, Item::Section(_) | Item::Custom(_)))
            .map(|event| event.offset)
            .collect();
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = |end: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as usize % end
        };
        // Large files are changed in fewer places, which keeps the test quick.
        let places = (1_000_000_000 / bytes.len()).clamp(20, 1000);
        let cuts: Vec<usize> =
            borders.into_iter().chain((0..places).map(|_| random(bytes.len()))).collect();
        let last_event = |bytes: &[u8]| {
            let last = wattle::parser::events(bytes).last();
            last.map(|event| event.map(|event| fingerprint(&event)))
        };
        for &cut in &cuts {
            match last_event(&bytes[..cut]) {
                Some(Err(error)) => assert!(error.span.start <= cut, "{name}: {error}"),
                // Some cuts fall between sections where the rest may be missing.
                other => drop(other),
            }
        }
        let mut flipped = bytes.to_vec();
        for &place in cuts.iter().filter(|place| **place < bytes.len()) {
            let old = flipped[place];
            flipped[place] ^= 1 << (place % 8);
            if let Some(Err(error)) = last_event(&flipped) {
                assert!(error.span.start <= bytes.len(), "{name}: {error}");
            }
            flipped[place] = old;
        }
        // A few of the cut files are parsed in pieces.
        for &cut in cuts.iter().rev().take(3) {
            assert!(
                in_pieces(&bytes[..cut], 4096) == in_pieces(&bytes[..cut], usize::MAX),
                "{name}"
            );
        }
    });
}
