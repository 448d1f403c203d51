//! Components: any chunks give the same events and errors; events tile the input; mutants and
//! depth.

use wattle_ast::components::{Component, Definition, Event, Layer, Part, Type};
use wattle_ast::{Encode, Error, Features, Malformed, Outer, Wasm, leb128};
use wattle_parser::components::{EventReader, Parser, Step};
use wattle_parser::{ReadError, parse_component};
use wattle_tests::components::{of_scripts, published};

use crate::common::{Random, check_arrival};

fn all() -> Parser {
    Parser::new().features(Features::ALL)
}

/// Walks the whole slice, and returns the events, or the error.
fn whole(wasm: &[u8]) -> Result<Vec<Event<'_>>, Error> {
    let (mut end, mut depth) = (0, 0_usize);
    let mut events = Vec::new();
    for event in all().events(wasm) {
        let event = event?;
        assert_eq!(event.offset, end, "events tile the input");
        end += event.bytes.len();
        assert_eq!(event.bytes, &wasm[event.offset..end]);
        match event.part {
            Part::Enter(_) => depth += 1,
            Part::Leave => depth -= 1,
            _ => {}
        }
        events.push(event);
    }
    assert_eq!((end, depth), (wasm.len(), 0));
    Ok(events)
}

check_arrival!();

fn check(wasm: &[u8]) {
    for size in [1, 2, 3, 7] {
        check_chunks(wasm, Features::ALL, || size);
    }
    let mut random = Random(wasm.len() as u64 + 1);
    check_chunks(wasm, Features::ALL, || 1 + random.below(40));
    check_reader(wasm, Features::ALL, 1);
}

#[test]
fn components_of_the_scripts_in_any_chunks() {
    let mut counts = [0; 2];
    for binary in of_scripts() {
        counts[usize::from(whole(&binary.bytes).is_err())] += 1;
        check(&binary.bytes);
    }
    assert_eq!(counts, [60, 92]);
}

#[test]
fn published_components_in_any_chunks() {
    for published in published() {
        let events = whole(&published.bytes).unwrap();
        println!("{}: {} events", published.name, events.len());
        check(&published.bytes);
        let tree = parse_component(&published.bytes).unwrap();
        let read = EventReader::new(&published.bytes[..]).component().unwrap();
        assert!(tree == read);
        assert_eq!(tree.encoding.sections, read.encoding.sections);
        assert_eq!(tree.check(), Ok(()));
    }
}

/// For a module, the parser of components gives the events of the parser of modules.
#[test]
fn a_module_gives_the_events_of_the_parser_of_modules() {
    let module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";
    let parts = whole(module).unwrap();
    let items: Vec<_> =
        parts.into_iter().filter_map(Event::into_module_event).map(Ok::<_, Error>).collect();
    assert_eq!(items, wattle_parser::events(module).collect::<Vec<_>>());
    check(module);
    for len in 0..module.len() {
        let cut = &module[..len];
        let error = whole(cut).err();
        assert_eq!(error, wattle_parser::events(cut).find_map(Result::err), "{len}");
        check(cut);
    }
    let tree = wattle_parser::parse_wasm(module).unwrap();
    assert_eq!(tree, Wasm::Module(wattle_parser::parse(module).unwrap()));
    assert_eq!(EventReader::new(&module[..]).wasm().unwrap(), tree);
}

/// A component with every kind of section, a module and a component in it, and types in types.
fn sample() -> Vec<u8> {
    let section = |id: u8, content: &[u8]| {
        let mut out = vec![id];
        leb128::write_u32(&mut out, content.len() as u32);
        out.extend_from_slice(content);
        out
    };
    let module = [
        &Layer::Module.preamble()[..],
        &section(1, b"\x01\x60\0\0"),
        &section(3, b"\x01\0"),
        &section(10, b"\x01\x02\0\x0b"),
        &section(0, b"\x01cxyz"),
    ]
    .concat();
    let inner = [
        &Component::PREAMBLE[..],
        &section(7, b"\x02\x7f\x42\x02\x01\x70\0\x04\x02\x01a\x01\x02\x01b\x03\0\0"),
        &section(4, &[&Component::PREAMBLE[..], &section(1, &module)].concat()),
        &section(0, b"\x02hi!"),
    ]
    .concat();
    [
        &Component::PREAMBLE[..],
        &section(10, b"\x01\0\x01i\x01\0"),
        &section(1, &module),
        &section(3, b"\x02\x60\0\0\x50\x02\x01\x60\0\0\x03\x01f\0\0"),
        &section(2, b"\x02\0\0\0\x01\x01\x01f\0\0"),
        &section(4, &inner),
        &section(5, b"\x01\0\0\x01\x01a\x01\0"),
        &section(6, b"\x02\0\0\x01\0\x01f\x03\x02\0\0"),
        &section(8, b"\x02\0\0\0\x02\x03\0\x04\0\x01\x01\0\0\0"),
        &section(9, b"\0\x01\0\0"),
        &section(12, b"\x01\x7f\x01\x01"),
        &section(11, b"\x01\0\x01e\x01\0\0"),
        &section(7, b"\0"),
        &section(0, b"\x0ecomponent-name\0\x02\x01c"),
    ]
    .concat()
}

#[test]
fn cut_short_anywhere() {
    let wasm = sample();
    let events = whole(&wasm).unwrap();
    let ends: Vec<usize> = {
        let mut depth = 0;
        let mut ends = Vec::new();
        for event in &events {
            match event.part {
                Part::Enter(_) => depth += 1,
                Part::Leave => depth -= 1,
                _ => {}
            }
            let is_start = match &event.part {
                Part::Section(_) => true,
                Part::Definition(definition) => definition.custom_name().is_some(),
                _ => false,
            };
            ends.extend((depth == 1 && is_start).then_some(event.offset));
        }
        ends
    };
    assert_eq!(ends.len(), 13);
    for len in 0..wasm.len() {
        let cut = &wasm[..len];
        check(cut);
        assert_eq!(whole(cut).is_ok(), ends.contains(&len), "{len}");
    }
}

#[test]
fn altered_anywhere() {
    let wasm = sample();
    let mut random = Random(3);
    let mut refused = 0;
    for at in 0..wasm.len() {
        for flip in [0x01, 0x02, 0x04, 0x10, 0x40, 0x80, 0xff] {
            let mut wasm = wasm.clone();
            wasm[at] ^= flip;
            refused += usize::from(whole(&wasm).is_err());
            check_chunks(&wasm, Features::ALL, || 1);
            check_chunks(&wasm, Features::ALL, || 1 + random.below(9));
            check_reader(&wasm, Features::ALL, 5);
        }
    }
    println!("{refused} of {} mutants are malformed", wasm.len() * 7);
    assert!(refused > wasm.len());
}

#[test]
fn mutants_of_published_components() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut refused, number) = (0, 400);
    let bytes = &published()[0].bytes;
    for _ in 0..number {
        let mut wasm = bytes[..2000 + random.below(bytes.len() - 2000)].to_vec();
        for _ in 0..1 + random.below(3) {
            let at = random.below(wasm.len());
            wasm[at] = random.below(256) as u8;
        }
        refused += usize::from(whole(&wasm).is_err());
        check_chunks(&wasm, Features::ALL, || 1 + random.below(4096));
        check_chunks(&wasm, Features::ALL, || 7);
    }
    assert!(refused > number / 2);
}

#[test]
fn events_and_what_is_skipped_tile_a_malformed_component() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut skips = 0;
    let wasm = sample();
    for _ in 0..5000 {
        let mut bytes = wasm.clone();
        for _ in 0..3 {
            let at = 8 + random.below(bytes.len() - 8);
            bytes[at] = random.below(256) as u8;
        }
        let mut events = all().events(&bytes);
        let (mut end, mut steps, mut depth, mut is_cut_short) = (0, 0, 0_usize, false);
        while let Some(event) = events.next() {
            match event {
                Ok(event) => {
                    assert_eq!(event.offset, end);
                    end += event.bytes.len();
                    match event.part {
                        Part::Enter(_) => depth += 1,
                        Part::Leave => depth = depth.checked_sub(1).expect("what was entered"),
                        _ => {}
                    }
                }
                Err(_) => match events.skip_malformed() {
                    Some(skipped) => {
                        assert_eq!(skipped.offset, end);
                        end += skipped.bytes.len();
                        skips += 1;
                        depth = 1 + events.depth();
                    }
                    None => {
                        is_cut_short = true;
                        break;
                    }
                },
            }
            steps += 1;
            assert!(steps <= 4 * bytes.len(), "most steps take a byte");
        }
        assert_eq!(events.offset(), end);
        assert_eq!(events.rest(), &bytes[end..]);
        assert!(is_cut_short || (end, depth) == (bytes.len(), 0));
    }
    assert!(skips > 1000, "{skips}");
}

/// Counts and sizes that the input does not have are refused soon and with little memory.
#[test]
fn claims_of_many_and_of_much() {
    const MOST: &[u8] = b"\xff\xff\xff\xff\x0f";
    for (what, parts) in [
        ("definitions", &[b"\x07", MOST, MOST, &[0x7f; 100]][..]),
        ("definitions of a small section", &[b"\x07\x06", MOST, &[0x7f; 100]]),
        ("definitions in a type", &[b"\x07", MOST, b"\x01\x42", MOST, &[0; 100]]),
        ("a custom section", &[b"\0", MOST, b"\x01a"]),
        ("a name", &[b"\x0a", MOST, b"\x01\0", MOST]),
        ("fields", &[b"\x07", MOST, b"\x01\x72", MOST]),
        ("a component in a small component", &[b"\x04\x14", &Component::PREAMBLE, b"\x04", MOST]),
    ] {
        let wasm = [&Component::PREAMBLE[..], &parts.concat()].concat();
        let error = whole(&wasm).expect_err(what);
        assert_eq!(error.kind, Malformed::EndOfFile, "{what}");
        check(&wasm);
    }
}

/// An endless custom section in a component is refused at the limit, with its path.
#[test]
fn an_endless_definition_is_refused() {
    use std::io::Read;
    let most = b"\xff\xff\xff\xff\x07";
    let start =
        [&Component::PREAMBLE[..], b"\x04", most, &Component::PREAMBLE, b"\0\xff\xff\xff\x7f"];
    let input = std::io::Cursor::new(start.concat()).chain(std::io::repeat(0));
    let error = EventReader::new(input).max_item(1 << 20).wasm().unwrap_err();
    let ReadError::TooLarge(error) = error else { panic!("{error}") };
    assert_eq!(error.path.to_string(), "component 0, custom 0");
}

/// Components inside of one another, each with the next one as its only content.
fn deep(depth: usize) -> Vec<u8> {
    // Built from the inside out, with the bytes reversed: each level has a preamble before its
    // content.
    let mut reversed: Vec<u8> = Vec::new();
    for level in 0..=depth {
        reversed.extend(Component::PREAMBLE.iter().rev());
        if level < depth {
            let mut header = vec![4];
            header.extend((reversed.len() as u32).to_bytes());
            reversed.extend(header.iter().rev());
        }
    }
    reversed.reverse();
    reversed
}

#[test]
fn depth_takes_no_stack() {
    let depth = 100_000;
    let test = move || {
        let wasm = deep(depth);
        let component = parse_component(&wasm).unwrap();
        assert_eq!(component.definitions.len(), 2 * depth);
        assert_eq!(component.encoding.sections.len(), depth);
        check_chunks(&wasm, Features::ALL, || 1000);
        check_reader(&wasm, Features::ALL, 100_000);
        // The innermost component is malformed.
        let mut wasm = wasm;
        let at = wasm.len() - 1;
        wasm[at] = 7;
        let error = parse_component(&wasm).unwrap_err();
        assert_eq!(error.path.outer.len(), depth - 1);
        assert!(error.path.outer.iter().all(|outer| *outer == Outer::Component(0)));
        // Types inside of one another, in one section.
        let mut types: Component<'_> =
            (0..depth).map(|_| Definition::Type(Type::Instance)).collect();
        types.definitions.extend((0..depth).map(|_| Definition::End));
        let mut content = Vec::new();
        let (id, run) = wattle_ast::components::first_section(&types.definitions).unwrap();
        wattle_ast::components::encode_entries(id, run, &mut content);
        let size = (content.len() as u32).to_bytes();
        let mut wasm = [&Component::PREAMBLE[..], &[7], &size, &content].concat();
        assert_eq!(parse_component(&wasm).unwrap(), types);
        check_chunks(&wasm, Features::ALL, || 1000);
        let last = wasm.len() - 1;
        wasm[last] = 1;
        let error = parse_component(&wasm).unwrap_err();
        assert_eq!(error.path.outer.len(), depth);
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(test).unwrap();
    thread.join().unwrap();
}
