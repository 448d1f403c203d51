//! Parsing bytes that arrive in pieces.

use wattle::ast::{Error, Event, Features};
use wattle::parser::{Parser, Step};

/// Parses `bytes` piece by piece: `size` gives the number of bytes that answer each request for more,
/// and `see` gets each event.
///
/// # Errors
///
/// The parser's error.
///
/// # Panics
///
/// When the parser asks for more bytes than there are.
pub fn parse_in_pieces(
    bytes: &[u8],
    features: Features,
    mut size: impl FnMut() -> usize,
    mut see: impl FnMut(Event<'_>),
) -> Result<(), Error> {
    let mut parser = Parser::new().features(features);
    let (mut start, mut end) = (0, 0);
    loop {
        match parser.next(&bytes[start..end], end == bytes.len())? {
            Step::Event(event) => {
                start += event.bytes.len();
                see(event);
            }
            Step::NeedMore(_) => {
                assert!(end < bytes.len(), "the parser asks for more than there is");
                end = bytes.len().min(end.saturating_add(size().max(1)));
            }
            Step::End => return Ok(()),
        }
    }
}
