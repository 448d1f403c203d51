//! Real binaries: bytes, items and text lead back to the same bytes, however they are cut.

use std::time::Instant;

use wattle::ast::{Error, Event, Features, Item};
use wattle::parser::{Parser, Step};
use wattle::printer::Config;
use wattle::{encoder, wat};
use wattle_tests::corpus::{self, CorpusFile};

/// Runs `check` over every binary, or says why not.
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
        if cfg!(debug_assertions) && name == "ruby-debug" {
            println!(
                "{name}: left out of an unoptimised build for its size, {} bytes",
                bytes.len()
            );
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

/// What an item is like, without keeping it: a million of them fit in memory.
type Print = (usize, usize, u64);

fn print(event: &Event<'_>) -> Print {
    use std::hash::{DefaultHasher, Hasher};
    let mut hash = DefaultHasher::new();
    hash.write(format!("{:?}", std::mem::discriminant(&event.item)).as_bytes());
    // Bodies and segments are their bytes; anything else is small enough to be written out.
    match &event.item {
        Item::Body(body) => hash.write(body.code()),
        Item::Data(_) | Item::Custom(_) | Item::Elem(_) => hash.write(event.bytes),
        item => hash.write(format!("{item:?}").as_bytes()),
    }
    (event.offset, event.bytes.len(), hash.finish())
}

/// The events of an input that arrives in pieces of `size` bytes, and the error that ends it.
fn in_pieces(bytes: &[u8], size: usize) -> (Vec<Print>, Option<Error>) {
    let mut parser = Parser::new().features(Features::ALL);
    let (mut start, mut end) = (0, 0);
    let mut events = Vec::new();
    loop {
        match parser.next(&bytes[start..end], end == bytes.len()) {
            Ok(Step::Event(event)) => {
                start += event.bytes.len();
                events.push(print(&event));
            }
            Ok(Step::NeedMore(_)) => end = bytes.len().min(end.saturating_add(size)),
            Ok(Step::End) => return (events, None),
            Err(error) => return (events, Some(error)),
        }
    }
}

#[test]
fn chunks_of_any_size() {
    each("chunks of 1, 7, 4096", |name, bytes| {
        if cfg!(debug_assertions) && name == "ruby-debug" {
            println!(
                "{name}: left out of an unoptimised build for its size, {} bytes",
                bytes.len()
            );
            return;
        }
        let whole = in_pieces(bytes, usize::MAX);
        assert_eq!(whole.1, None, "{name}");
        for size in [1, 7, 4096] {
            assert!(in_pieces(bytes, size) == whole, "{name}: chunks of {size} differ");
        }
    });
}

/// Truncations and flips: an error or a module, and the same in pieces as whole.
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
        // Files of many MB get fewer places, so that the run stays short.
        let places = (1_000_000_000 / bytes.len()).clamp(20, 1000);
        let cuts: Vec<usize> =
            borders.into_iter().chain((0..places).map(|_| random(bytes.len()))).collect();
        let outcome = |bytes: &[u8]| {
            let last = wattle::parser::events(bytes).last();
            last.map(|event| event.map(|event| print(&event)))
        };
        for &cut in &cuts {
            let short = &bytes[..cut];
            match outcome(short) {
                Some(Err(error)) => assert!(error.span.start <= cut, "{name}: {error}"),
                // Some cuts fall between sections where the rest may be missing.
                other => drop(other),
            }
        }
        let mut flipped = bytes.to_vec();
        for &place in cuts.iter().filter(|place| **place < bytes.len()) {
            let old = flipped[place];
            flipped[place] ^= 1 << (place % 8);
            if let Some(Err(error)) = outcome(&flipped) {
                assert!(error.span.start <= bytes.len(), "{name}: {error}");
            }
            flipped[place] = old;
        }
        // In pieces, a few of them give the same events and the same error as whole.
        for &cut in cuts.iter().rev().take(3) {
            assert!(
                in_pieces(&bytes[..cut], 4096) == in_pieces(&bytes[..cut], usize::MAX),
                "{name}"
            );
        }
    });
}
