//! Hostile input: cut short, altered, deeply nested, or with wrong sizes and counts.

use crate::common::{Random, check_chunks, check_reader, whole};
use wattle_ast::{Body, Encode, Expr, Features, Item, Malformed, Module, Name, SectionId, leb128};
use wattle_parser::{EventReader, LOOK_AHEAD, Parser, ReadError, Step, parse};

const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// A section of `count` items, with its size.
fn section(id: SectionId, count: Option<u32>, items: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    if let Some(count) = count {
        leb128::write_u32(&mut content, count);
    }
    content.extend_from_slice(items);
    let mut out = vec![id.code()];
    leb128::write_u32(&mut out, content.len() as u32);
    out.extend(content);
    out
}

/// A small module with every section and every kind of item.
fn sample() -> Vec<u8> {
    let code = [
        &[0x0b, 0x01, 0x02, 0x7f, 0x02, 0x40, 0x41, 0x80, 0x01, 0x1a, 0x0b, 0x0b][..],
        &[0x0a, 0x00, 0xfc, 0x09, 0x00, 0x06, 0x40, 0x18, 0x00, 0x01, 0x0b],
    ]
    .concat();
    [
        HEADER.to_vec(),
        section(SectionId::Custom, None, b"\x03oneabc"),
        section(
            SectionId::Type,
            Some(3),
            b"\x60\0\0\x4e\x02\x50\0\x5f\x01\x7f\x01\x5e\x63\x01\0\x60\x02\x7f\x7e\x01\x7d",
        ),
        section(
            SectionId::Import,
            Some(3),
            b"\x01m\x01f\0\0\x01m\0\x7f\x01\x01g\x03\x7f\0\x01n\0\x7e\0\0\x01\x01h",
        ),
        section(SectionId::Func, Some(2), &[0, 0]),
        section(SectionId::Table, Some(2), b"\x70\0\x01\x40\0\x70\0\x01\xd0\x70\x0b"),
        section(SectionId::Mem, Some(1), &[1, 1, 2]),
        section(SectionId::Tag, Some(1), &[0, 0]),
        section(SectionId::Global, Some(1), b"\x7f\0\x41\x2a\x0b"),
        section(SectionId::Export, Some(1), b"\x01e\0\0"),
        section(SectionId::Start, None, &[0]),
        section(SectionId::Elem, Some(2), b"\0\x41\0\x0b\x01\0\x05\x70\x01\xd2\0\x0b"),
        section(SectionId::DataCount, None, &[2]),
        section(SectionId::Code, Some(2), &code),
        section(SectionId::Data, Some(2), b"\0\x41\0\x0b\x02hi\x01\x01!"),
        section(SectionId::Custom, None, b"\x04name\x00\x02\x01m"),
    ]
    .concat()
}

#[test]
fn every_kind_of_item_is_read() {
    let wasm = sample();
    let module = parse(&wasm).unwrap();
    assert_eq!(module.types.len(), 4);
    assert_eq!(module.rec_groups.len(), 1);
    assert_eq!((module.imports.len(), module.import_groups.len()), (3, 2));
    assert!(matches!(module.imports[1].module, Name::Shared(_)));
    assert_eq!(module.names.module.as_deref(), Some("m"));
    let places: Vec<_> = module.customs.iter().map(|custom| custom.after).collect();
    assert_eq!(places, [None, Some(SectionId::Data)]);
    let sections: Vec<_> = module.encoding.sections.iter().map(|section| section.id).collect();
    assert_eq!(sections[1..14], SectionId::ALL[1..]);
    assert_eq!(module, EventReader::new(&wasm[..]).module().unwrap());
    for chunk in [1, 3, 1000] {
        check_chunks(&wasm, Features::DEFAULT, || chunk);
    }
}

#[test]
fn cut_short_anywhere() {
    let wasm = sample();
    let starts: Vec<usize> = wattle_parser::events(&wasm)
        .map(|event| event.unwrap())
        .filter(|event| matches!(event.item, Item::Section(_) | Item::Custom(_)))
        .map(|event| event.offset)
        .collect();
    for len in 0..wasm.len() {
        let cut = &wasm[..len];
        let result = whole(cut, Features::DEFAULT);
        if !starts.contains(&len) {
            let error = result.expect_err("it was cut in a section").kind;
            let kinds = [Malformed::UnexpectedEnd, Malformed::LengthOutOfBounds];
            assert!(kinds.contains(&error), "{error} at {len}");
        }
        check_chunks(cut, Features::DEFAULT, || 1);
        check_chunks(cut, Features::DEFAULT, || 5);
        check_reader(cut, Features::DEFAULT, 1);
    }
}

#[test]
fn altered_anywhere() {
    let sample = sample();
    let mut refused = 0;
    for at in 0..sample.len() {
        let flips = (0..8).map(|bit| 1 << bit).chain([0xff, 0x7f, 0x55]);
        for flip in flips {
            let mut wasm = sample.clone();
            wasm[at] ^= flip;
            refused += usize::from(whole(&wasm, Features::ALL).is_err());
            check_chunks(&wasm, Features::ALL, || 1);
            check_chunks(&wasm, Features::ALL, || 13);
            check_chunks(&wasm, Features::WASM1, || 13);
        }
    }
    assert!(refused > sample.len(), "only {refused} were refused");
}

#[test]
fn deep_nesting_takes_no_stack() {
    const DEPTH: usize = 100_000;
    let deep = [[0x02, 0x40].repeat(DEPTH), vec![0x0b; DEPTH + 1]].concat();
    let body = Body::new([], Expr::new(&deep)).to_bytes();
    let mut code = Vec::new();
    leb128::write_u32(&mut code, body.len() as u32);
    code.extend(body);
    let wasm = [
        HEADER.to_vec(),
        section(SectionId::Func, Some(1), &[0]),
        section(SectionId::Global, Some(1), &[&[0x7f, 0][..], &deep].concat()),
        section(SectionId::Code, Some(1), &code),
    ]
    .concat();
    assert_eq!(parse(&wasm).unwrap().funcs[0.into()].body.instrs().count(), 2 * DEPTH + 1);
    check_chunks(&wasm, Features::DEFAULT, || 1);
    let cut = &wasm[..wasm.len() - 1];
    assert_eq!(parse(cut).unwrap_err().kind, Malformed::UnexpectedEnd);
}

/// A size or count that the input does not have is an error, and does not determine the size of a
/// buffer.
#[test]
fn claims_size_nothing() {
    const MOST: &[u8] = b"\xff\xff\xff\xff\x0f";
    let check = |what: &str, parts: &[&[u8]], kind: Malformed| {
        let wasm = [HEADER, &parts.concat()].concat();
        let error = parse(&wasm).expect_err(what);
        assert_eq!(error.kind, kind, "{what}: {error}");
        check_chunks(&wasm, Features::DEFAULT, || 1);
        let mut reader = EventReader::new(&wasm[..]);
        let error = loop {
            match reader.next() {
                Ok(event) => assert!(event.is_some(), "{what}"),
                Err(ReadError::Malformed(error)) => break error,
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(error.kind, kind, "{what}");
    };
    let bounds = Malformed::LengthOutOfBounds;
    check("entries", &[b"\x03", MOST, MOST, &[0; 100]], bounds);
    check("entries of a small section", &[b"\x03\x06", MOST, &[0; 100]], bounds);
    check("a custom section", &[b"\0", MOST, b"\x01a", &[0; 100]], bounds);
    check("a custom section's name", &[b"\0\x6a", MOST, &[0; 101]], bounds);
    check("a body", &[b"\x03\x02\x01\0\x0a", MOST, b"\x01", MOST, &[0; 100]], bounds);
    check("locals", &[b"\x03\x02\x01\0\x0a\x0a\x01\x08", MOST, b"\x01\x7f\x0b"], bounds);
    check("a name", &[b"\x07", MOST, b"\x01", MOST, &[0; 100]], bounds);
    check("a data segment", &[b"\x0b", MOST, b"\x01\x01", MOST, &[0; 100]], bounds);
    check("a recursive group", &[b"\x01", MOST, b"\x01\x4e", MOST, &[0x60; 100]], bounds);
    check("parameters", &[b"\x01", MOST, b"\x01\x60", MOST, &[0x7f; 100]], bounds);
    check("labels", &[b"\x06", MOST, b"\x01\x7f\0\x0e", MOST, &[0; 100]], bounds);
}

/// An item that never ends is an error once the limit is reached.
#[test]
fn an_endless_item_is_refused() {
    use std::io::Read;
    const MOST: &[u8] = b"\xff\xff\xff\xff\x0f";
    let limit = 1 << 20;
    for (what, parts, byte, item) in [
        ("a type", &[b"\x01", MOST, b"\x01\x60", MOST][..], 0x7f, "type 0"),
        ("a name", &[b"\x07", MOST, b"\x01", MOST], b'a', "export 0"),
        ("a custom section", &[b"\0", MOST, b"\x01a"], 0, "custom 0"),
        ("a data segment", &[b"\x0b", MOST, b"\x01\x01", MOST], 0, "data 0"),
        ("a body", &[b"\x03\x02\x01\0\x0a", MOST, b"\x01", MOST, b"\0"], 0x01, "func 0"),
        ("an initializer", &[b"\x06", MOST, b"\x01\x7f\0"], 0x01, "global 0"),
    ] {
        let start = [HEADER, &parts.concat()].concat();
        let input = start.chain(std::io::repeat(byte)).take(10 << 20);
        let error = EventReader::new(input).max_item(limit).module().unwrap_err();
        match error {
            ReadError::TooLarge(error) => {
                assert_eq!((error.max, &*error.path.to_string()), (limit, item), "{what}");
            }
            // A size that the input cannot have is an error at once.
            ReadError::Malformed(error) => {
                assert_eq!(error.kind, Malformed::LengthOutOfBounds, "{what}");
            }
            error => panic!("{what}: {error}"),
        }
    }
    // An item of exactly the greatest size is read.
    let content = vec![0; limit];
    let wasm = [HEADER, &section(SectionId::Custom, None, &content)].concat();
    let item = wasm.len() - HEADER.len();
    assert!(EventReader::new(&wasm[..]).max_item(item).module().is_ok());
    let error = EventReader::new(&wasm[..]).max_item(item - 1).module().unwrap_err();
    assert!(matches!(error, ReadError::TooLarge(_)), "{error}");
}

/// Big items in many chunks: the parser tries to read each a few times, not once a chunk.
#[test]
fn big_items_are_not_tried_at_every_chunk() {
    const LEN: usize = 400_000;
    let mut types = vec![0x60];
    leb128::write_u32(&mut types, LEN as u32);
    types.extend(vec![0x7f; LEN]);
    types.push(0);
    // An item without a stated length: an expression of many instructions.
    let global = [&[0x7f, 0][..], &vec![0x01; LEN], &[0x0b]].concat();
    let tables = [&[0x7f, 0][..], &[0x0e, 0, 0].repeat(LEN / 3), &[0x0b]].concat();
    let wasm = [
        HEADER.to_vec(),
        section(SectionId::Type, Some(1), &types),
        section(SectionId::Global, Some(2), &[global, tables].concat()),
        section(SectionId::Custom, None, &[&b"\x01a"[..], &vec![0; LEN]].concat()),
    ]
    .concat();
    check_chunks(&wasm, Features::DEFAULT, || 1);
    check_reader(&wasm, Features::DEFAULT, 1);
}

/// An error in an endless input is found soon after its place.
#[test]
fn errors_do_not_wait_for_the_end() {
    let mut parser = Parser::new();
    // A memory section of one byte, with a count of one and no memory, then endless bytes of 0x80.
    let start = [HEADER, b"\x05\x01\x01"].concat();
    let endless: Vec<u8> = start.into_iter().chain(core::iter::repeat_n(0x80, 1 << 20)).collect();
    let (mut taken, mut arrived) = (0, 0);
    let error = loop {
        match parser.next(&endless[taken..arrived], false) {
            Ok(Step::Event(event)) => taken += event.bytes.len(),
            Ok(Step::NeedMore(more)) => arrived += more,
            Ok(Step::End) => panic!("there is no end"),
            Err(error) => break error,
        }
        assert!(arrived <= 11 + LOOK_AHEAD);
    };
    assert_eq!(error.kind, Malformed::LimitsFlags);
}

/// The smallest module, and the errors for input without any bytes.
#[test]
fn nothing() {
    assert_eq!(parse(HEADER), Ok(Module::default()));
    assert_eq!(parse(b"").unwrap_err().kind, Malformed::UnexpectedEnd);
    let mut events = wattle_parser::events(b"");
    assert!(matches!(events.next(), Some(Err(_))));
    assert_eq!(events.next(), None);
}

#[test]
fn events_and_what_is_skipped_tile_a_malformed_module() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut skips = 0;
    let wasm = sample();
    for _ in 0..5000 {
        let mut bytes = wasm.clone();
        for _ in 0..3 {
            let at = HEADER.len() + random.below(bytes.len() - HEADER.len());
            bytes[at] = random.below(256) as u8;
        }
        let mut events = Parser::new().events(&bytes);
        let mut end = 0;
        let mut steps = 0;
        while let Some(event) = events.next() {
            match event {
                Ok(event) => {
                    assert_eq!(event.offset, end);
                    end += event.bytes.len();
                }
                Err(_) => match events.skip_malformed() {
                    Some(skipped) => {
                        assert_eq!(skipped.offset, end);
                        end += skipped.bytes.len();
                        skips += 1;
                    }
                    None => break,
                },
            }
            steps += 1;
            assert!(steps <= 2 * bytes.len() + 2, "each step takes a byte, or is the first skip");
        }
        assert_eq!(events.offset(), end);
        assert_eq!(events.rest(), &bytes[end..]);
    }
    assert!(skips > 100, "{skips}");
}
