//! Properties of any input: one function for each, which panics when the property does not hold.
//!
//! `cargo fuzz run NAME` calls them with inputs from libFuzzer, `cargo test` with seeded inputs. The
//! binaries of the targets, built without the fuzzer, replay files.

pub mod componentize;
pub mod components;
#[cfg(feature = "peers")]
pub mod crosswise;
#[cfg(feature = "peers")]
pub mod edits;
#[cfg(feature = "engines")]
pub mod engines;
#[cfg(feature = "faults")]
pub mod faults;
pub mod files;
pub mod format;
pub mod generated;
mod inputs;
pub mod interfaces;
pub mod linking;
#[cfg(feature = "faults")]
pub mod lockstep;
#[cfg(feature = "peers")]
pub mod peers;
pub mod positions;
pub mod structure;
#[cfg(feature = "peers")]
pub mod tally;

pub use inputs::{Random, mutate_bytes, seeded_inputs};

use wattle::ast::{Error, Event, Features, Module};
use wattle::parser::Parser;
use wattle::printer::Config;
use wattle::validator::Validator;
use wattle::wat::{ErrorKind, Space};
use wattle::{encoder, wat};
use wattle_tests::pieces::parse_in_pieces;

/// Any bytes: parsing ends with a module or an error, and the parsed bodies can be walked.
pub fn parse_bytes(data: &[u8]) {
    for event in Parser::new().features(Features::ALL).events(data) {
        let Ok(event) = event else { return };
        if let wattle::Item::Body(body) = &event.item {
            assert_eq!(body.instrs().last(), Some(Ok(wattle::Instr::End)));
        }
    }
}

/// Any text: parsing ends with a module or errors, each of which lies within the text.
pub fn parse_text(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let _ = wat::script::parse(text);
    if let Err(errors) = wat::Parser::new().features(Features::ALL).module(text) {
        for error in errors.as_slice().iter() {
            assert!(error.span.start <= error.span.end && error.span.end <= text.len());
        }
    }
}

/// The item, the offset and the bytes of an event.
type OwnedEvent = (wattle::Item<'static>, usize, Vec<u8>);

/// The events of a parse that sees `data` in pieces, and how it ends.
fn in_pieces(data: &[u8], size: impl FnMut() -> usize) -> (Vec<OwnedEvent>, Result<(), Error>) {
    let mut events = Vec::new();
    let see = |event: Event<'_>| {
        events.push((event.item.into_owned(), event.offset, event.bytes.to_vec()));
    };
    let end = parse_in_pieces(data, Features::ALL, size, see);
    (events, end)
}

/// Any bytes: the items, their places and the error do not depend on the pieces.
pub fn chunking(data: &[u8]) {
    let (seed, data) = data.split_first().unwrap_or((&1, &[]));
    let whole = in_pieces(data, || data.len());
    let mut state = u32::from(*seed) | 1;
    let pieces = in_pieces(data, || {
        state = state.wrapping_mul(0x9e37_79b1).rotate_left(7);
        1 + state as usize % 19
    });
    assert_eq!(whole, pieces);
    let tiled: usize = whole.0.iter().map(|(_, _, bytes)| bytes.len()).sum();
    assert!(tiled <= data.len() && (whole.1.is_err() || tiled == data.len()));
}

/// A module read from any bytes is encoded to the same bytes. Canonical bytes, text and folded text
/// lead back to the same module.
pub fn bytes_round_trip(data: &[u8]) {
    let Ok(module) = Parser::new().features(Features::ALL).module(data) else { return };
    assert!(encoder::encode(&module) == data, "the bytes of an untouched module changed");
    let canonical = encoder::encode_canonical(&module);
    let again = all_features(&canonical);
    assert_eq!(encoder::encode_canonical(&again), canonical, "canonical bytes are not canonical");
    text_of(&again, &canonical);
}

/// The bytes of a module that is read from any text lead back to the same module and to the same
/// text.
pub fn text_round_trip(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let Ok(parsed) = wat::Parser::new().features(Features::ALL).module(text) else { return };
    let bytes = encoder::encode(&parsed.module);
    let again = all_features(&bytes);
    assert_eq!(again, parsed.module, "bytes and text are different modules");
    // In text, metadata of instructions stands at the instructions, so its section may change.
    if again.customs == again.customs_of_shortest() {
        text_of(&again, &bytes);
    }
}

fn all_features(bytes: &[u8]) -> Module<'_> {
    match Parser::new().features(Features::ALL).module(bytes) {
        Ok(module) => module,
        Err(error) => panic!("own bytes are malformed: {error}"),
    }
}

/// The text of a module, flat and folded, leads back to its bytes, and its length is at most a fixed
/// multiple of theirs. Text cannot express a function of an unknown type: then the text parser must
/// report that, and the validator must reject the module.
fn text_of(module: &Module<'_>, bytes: &[u8]) {
    // Text cannot express a table with an empty initialiser either.
    let is_empty = |init: &wattle::ast::Expr<'_>| init.bytes().len() <= 1;
    if module.tables.iter().any(|table| table.init.as_ref().is_some_and(is_empty)) {
        assert!(Validator::new().features(Features::ALL).module(module).is_err());
        return;
    }
    for config in [Config::new(), Config::new().fold(true)] {
        let text = config.print(module);
        assert!(text.len() <= 4096 + bytes.len() * 512, "the text is too long");
        let parsed = match wat::Parser::new().features(Features::ALL).module(&text) {
            Ok(parsed) => parsed,
            Err(errors) if lacks_types(&errors) => {
                let verdict = Validator::new().features(Features::ALL).module(module);
                let message = verdict.err().map(|errors| errors.to_string()).unwrap_or_default();
                assert!(
                    message.starts_with("unknown type"),
                    "all types are known, but: {errors}\n{text}"
                );
                return;
            }
            Err(errors) => panic!("own text is malformed: {errors}\n{text}"),
        };
        assert!(encoder::encode(&parsed.module) == bytes, "text leads to other bytes:\n{text}");
        assert_eq!(config.print(&parsed.module), text, "printing is not idempotent");
    }
}

fn lacks_types(errors: &wat::Errors) -> bool {
    let unknown = |kind: &ErrorKind| matches!(kind, ErrorKind::Unknown(Space::Type, _));
    errors.as_slice().iter().all(|error| unknown(&error.kind))
}

/// Replays the files that the command line names.
pub fn main(target: fn(&[u8])) {
    for path in std::env::args_os().skip(1) {
        match std::fs::read(&path) {
            Ok(data) => target(&data),
            Err(error) => eprintln!("cannot read {}: {error}", path.display()),
        }
    }
}

/// Gives the numbers on the command line in order, then defaults. Any other word ends the process.
pub fn numbers() -> impl FnMut(u64) -> u64 {
    numbers_among(std::env::args().skip(1))
}

/// Gives the numbers among these words in order, then defaults. Any other word ends the process.
pub fn numbers_among(mut words: impl Iterator<Item = String>) -> impl FnMut(u64) -> u64 {
    move |default| match words.next().map(|word| (word.parse(), word)) {
        None => default,
        Some((Ok(number), _)) => number,
        Some((Err(error), word)) => {
            eprintln!("{word}: {error}");
            std::process::exit(2);
        }
    }
}
