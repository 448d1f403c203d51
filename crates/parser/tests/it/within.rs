//! Modules within larger inputs: events and errors are the same, with the offsets of the larger
//! input.

use wattle_ast::{CustomData, Encode, Error, Event, Item, Malformed, Name, Span, leb128};
use wattle_parser::{Parser, Step};

/// The bytes before a module, which would be malformed in a module.
const BEFORE: &[u8] = b"\xff\xff\xff\xff\xff";
/// The bytes after a module, with which each of the modules below would go on, or end otherwise.
const AFTER: &[u8] = b"\x0b\x0b\0\x01\0\x0a\x04\x01\x02\0\x0b";

const GOOD: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";

/// An item with its offset and its bytes.
type Found = (usize, Vec<u8>, Item<'static>);

/// Feeds a parser with pieces of `data`. The parser must not take more than the first `len` bytes.
fn feed(mut parser: Parser, data: &[u8], len: usize, piece: usize) -> Result<Vec<Found>, Error> {
    let (mut taken, mut arrived) = (0, 0);
    let mut found = Vec::new();
    loop {
        match parser.next(&data[taken..arrived], arrived == data.len())? {
            Step::NeedMore(more) => {
                assert!(arrived < len && more <= len - arrived, "{more} more than {arrived}");
                arrived = arrived.saturating_add(piece).min(data.len());
            }
            Step::Event(event) => {
                taken += event.bytes.len();
                found.push((event.offset, event.bytes.to_vec(), event.item.into_owned()));
            }
            Step::End => {
                assert_eq!(taken, len, "the module ends where its range ends");
                return Ok(found);
            }
        }
    }
}

/// Walks the module at the start of `data`, all of whose bytes are here.
fn walk(parser: Parser, data: &[u8]) -> Result<Vec<Found>, Error> {
    let found = |it: Event<'_>| (it.offset, it.bytes.to_vec(), it.item.into_owned());
    parser.events(data).map(|event| event.map(found)).collect()
}

/// Checks that a module within a larger input gives the result that it gives alone.
fn check(module: &[u8], check_bodies: bool) -> Result<Vec<Found>, Error> {
    let parser = || Parser::new().check_bodies(check_bodies);
    let alone = walk(parser(), module);
    let base = BEFORE.len();
    let expected = match alone.clone() {
        Ok(found) => Ok(found.into_iter().map(|(at, bytes, it)| (base + at, bytes, it)).collect()),
        Err(error) => {
            let span = Span::new(base + error.span.start, base + error.span.end);
            Err(Error { span, ..error })
        }
    };
    let input = [BEFORE, module, AFTER].concat();
    for piece in [1, 7, usize::MAX] {
        let parser = parser().within(base..base + module.len());
        let within = feed(parser, &input[base..], module.len(), piece);
        assert_eq!(within, expected, "in pieces of {piece}: {module:x?}");
    }
    let events = walk(parser().within(base..base + module.len()), &input[base..]);
    assert_eq!(events, expected, "as a slice: {module:x?}");
    alone
}

#[test]
fn a_module_within_an_input_is_read_as_it_is_alone() {
    assert_eq!(check(GOOD, true).unwrap().len(), 7);
    assert_eq!(check(GOOD, false).unwrap().len(), 7);
}

#[test]
fn what_follows_the_range_does_not_complete_a_module() {
    for len in 0..GOOD.len() {
        for check_bodies in [true, false] {
            // A module can end before any section, and the functions here need their bodies.
            let whole = len == 8 || len == 14;
            assert_eq!(check(&GOOD[..len], check_bodies).is_ok(), whole, "{len}");
        }
    }
}

#[test]
fn errors_lie_at_offsets_of_the_whole_input() {
    for at in 0..GOOD.len() {
        let mut errors = 0;
        for byte in 0..=u8::MAX {
            let mut module = GOOD.to_vec();
            module[at] = byte;
            errors += usize::from(check(&module, true).is_err());
        }
        assert!(errors > 100, "at {at}: {errors}");
    }
    let end = BEFORE.len() + GOOD.len();
    let input = [BEFORE, &GOOD[..GOOD.len() - 1], b"\xff", AFTER].concat();
    let mut events = Parser::new().within(BEFORE.len()..end).events(&input[BEFORE.len()..]);
    let error = events.find_map(Result::err).unwrap();
    assert_eq!(error.span.start, end - 1);
    assert_eq!(error.path.instr.map(|instr| (instr.index, instr.offset)), Some((0, 0)));
}

/// A module that holds bytes in a custom section, and the place of those bytes in it.
fn holding(bytes: &[u8]) -> (Vec<u8>, usize) {
    let name = Name::from("inner").to_bytes();
    let mut module = b"\0asm\x01\0\0\0\0".to_vec();
    leb128::write_u32(&mut module, (name.len() + bytes.len()) as u32);
    module.extend(name);
    let at = module.len();
    module.extend_from_slice(bytes);
    (module, at)
}

#[test]
fn a_range_within_a_range_counts_from_the_same_start() {
    let mut malformed = GOOD.to_vec();
    malformed[GOOD.len() - 1] = 0xff;
    for (innermost, kind) in [(GOOD, None), (&malformed, Some(Malformed::IllegalOpcode))] {
        let (inner, in_inner) = holding(innermost);
        let (outer, in_outer) = holding(&inner);
        let input = [BEFORE, &outer, AFTER].concat();
        for piece in [1, 7, usize::MAX] {
            let mut range = BEFORE.len()..BEFORE.len() + outer.len();
            for _ in 0..2 {
                let parser = Parser::new().within(range.clone());
                let found = feed(parser, &input[range.start..], range.len(), piece).unwrap();
                let [_, (offset, bytes, Item::Custom(custom))] = &found[..] else { panic!() };
                let CustomData::Bytes(data) = &custom.data else { panic!() };
                range = offset + bytes.len() - data.len()..offset + bytes.len();
            }
            assert_eq!(range.start, BEFORE.len() + in_outer + in_inner);
            assert_eq!(input[range.clone()], *innermost);
            let parser = Parser::new().within(range.clone());
            let last = match feed(parser, &input[range.start..], range.len(), piece) {
                Ok(found) => found.last().map(|(at, bytes, _)| at + bytes.len()),
                Err(error) => {
                    assert_eq!(Some(error.kind), kind);
                    Some(error.span.end)
                }
            };
            assert_eq!(last, Some(range.end));
        }
    }
}
