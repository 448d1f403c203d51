//! Real binaries: slices, chunks and readers give the same events; the tree keeps every byte.

use crate::common::{Random, check_chunks, check_reader, whole};
use wattle_ast::{Features, Item};
use wattle_parser::{EventReader, Parser, parse};
use wattle_tests::corpus;

const MIB: usize = 1 << 20;

fn for_each_file(mut test: impl FnMut(&str, &[u8])) {
    for file in corpus::files_for("parser, chunks of real binaries") {
        test(&file.name, &file.read());
    }
}

#[test]
fn events_are_the_same_in_any_chunks() {
    for_each_file(|name, wasm| {
        let events = whole(wasm, Features::DEFAULT).unwrap();
        println!("{name}: {} bytes, {events} events", wasm.len());
        if wasm.len() > 10 * MIB {
            println!("{name}: too long to cut up here");
            return;
        }
        check_chunks(wasm, Features::DEFAULT, || 4096);
        check_reader(wasm, Features::DEFAULT, 100_000);
        let mut random = Random(wasm.len() as u64);
        check_chunks(wasm, Features::DEFAULT, || {
            let bits = 1 + random.below(16);
            1 + random.below(1 << bits)
        });
        if wasm.len() < 4 * MIB {
            check_chunks(wasm, Features::DEFAULT, || 7);
        }
        if wasm.len() < MIB {
            check_chunks(wasm, Features::DEFAULT, || 1);
        }
    });
}

#[test]
fn modules_keep_every_byte() {
    for_each_file(|name, wasm| {
        let module = parse(wasm).unwrap();
        let mut bytes = wasm[..8].to_vec();
        for section in &module.encoding.sections {
            assert_eq!(section.bytes.first(), Some(&section.id.code()));
            bytes.extend_from_slice(&section.bytes);
        }
        assert!(bytes == wasm, "{name}: the raw sections are not the module");
        let read = EventReader::new(wasm).module().unwrap();
        assert!(read == module, "{name}: the reader's module differs");
        assert_eq!(read.encoding.sections, module.encoding.sections);
    });
}

#[test]
fn unchecked_bodies_make_no_other_difference() {
    for_each_file(|name, wasm| {
        let unchecked = Parser::new().check_bodies(false).events(wasm);
        let checked = Parser::new().events(wasm);
        let mut bodies = 0;
        for (a, b) in unchecked.zip(checked) {
            bodies +=
                usize::from(matches!(a, Ok(ref event) if matches!(event.item, Item::Body(_))));
            assert!(a == b, "{name}: {a:?} and {b:?}");
        }
        assert!(bodies > 0, "{name} has no bodies");
    });
}
