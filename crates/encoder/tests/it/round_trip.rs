//! Real binaries and the binary modules of the official suite: the output is the input.

use std::time::Instant;

use pretty_assertions::assert_eq;
use wattle_ast::{CustomData, Features, Item, Module, SectionId};
use wattle_encoder::{Encoder, encode, encode_canonical};
use wattle_parser::Parser;
use wattle_tests::forms::{self, Source};
use wattle_tests::{corpus, suite};

fn parse(bytes: &[u8]) -> Option<Module<'_>> {
    Parser::new().features(Features::ALL).module(bytes).ok()
}

/// Compares two binaries. The difference is not printed, since it could be long.
fn same(name: &str, what: &str, found: &[u8], expected: &[u8]) {
    let differ = || found.iter().zip(expected).position(|(a, b)| a != b);
    assert!(
        found == expected,
        "{name}, {what}: {} bytes became {}, the first other one at {:#x?}",
        expected.len(),
        found.len(),
        differ(),
    );
}

/// Checks everything that must hold of a well-formed module. Returns the size of its canonical form
/// in bytes.
fn check(name: &str, bytes: &[u8]) -> usize {
    let module = parse(bytes).expect("well-formed");
    same(name, "encode", &encode(&module), bytes);
    check_streams(name, bytes, &module);
    check_canonical(name, &module)
}

fn check_streams(name: &str, bytes: &[u8], module: &Module<'_>) {
    let mut verbatim = Encoder::append_to(Vec::with_capacity(bytes.len()));
    let mut items = Encoder::new();
    for event in Parser::new().features(Features::ALL).events(bytes) {
        let event = event.expect("well-formed");
        verbatim.event(&event);
        // Items do not hold their encoding, and neither does a module whose encoding is removed.
        items.item(&event.item);
    }
    same(name, "events", &verbatim.finish(), bytes);

    let empty = |id: &SectionId| module.section_count(*id) == 0;
    let stood = |id: &SectionId| module.encoding.sections.iter().any(|raw| raw.id == *id);
    if SectionId::ALL.iter().any(|id| id.is_list() && empty(id) && stood(id)) {
        return; // The stream of items keeps the empty section, but the module does not.
    }
    // In the stream, names are bytes; in the module, they are parsed, and written again.
    let mut plain = module.clone();
    plain.encoding.sections.clear();
    let mut from_module = Encoder::new();
    for item in plain.items() {
        match item {
            Item::Custom(custom) if custom.data == CustomData::Names => {
                let raw = parse_names(bytes);
                let custom = wattle_ast::Custom { data: CustomData::Bytes(raw.into()), ..custom };
                from_module.item(&Item::Custom(custom));
            }
            item => from_module.item(&item),
        }
    }
    same(name, "items", &items.finish(), &from_module.finish());
}

/// The content of the first name section that can be parsed.
fn parse_names(bytes: &[u8]) -> Vec<u8> {
    let events = Parser::new().features(Features::ALL).events(bytes).map(Result::unwrap);
    let mut names = events.filter_map(|event| match event.item {
        Item::Custom(custom) if custom.name == "name" => custom.data.bytes().map(<[u8]>::to_vec),
        _ => None,
    });
    names.find(|bytes| wattle_ast::Names::parse(bytes).is_ok()).expect("there are names")
}

fn check_canonical(name: &str, module: &Module<'_>) -> usize {
    let canonical = encode_canonical(module);
    let again = parse(&canonical).unwrap_or_else(|| panic!("{name}: canonical is malformed"));
    same(name, "canonical, encoded", &encode(&again), &canonical);
    same(name, "canonical, again", &encode_canonical(&again), &canonical);

    let mut plain = again.clone();
    plain.encoding = Default::default();
    same(name, "canonical, from the tree", &encode(&plain), &canonical);

    // The module is equal: instructions are compared as instructions, everything else by equality.
    assert_eq!(again.funcs.len(), module.funcs.len(), "{name}");
    for (short, long) in again.funcs.iter().zip(&module.funcs) {
        assert_eq!(short.ty, long.ty, "{name}");
        let (a, b) = (&short.body, &long.body);
        assert!(a.code() == b.code() || a.instrs().eq(b.instrs()), "{name}");
        assert_eq!(short.body.local_count(), long.body.local_count(), "{name}");
    }
    assert_eq!(again.types, module.types, "{name}");
    assert_eq!(again.rec_groups, module.rec_groups, "{name}");
    assert!(again.imports == module.imports && again.exports == module.exports, "{name}");
    assert_eq!(again.import_groups, module.import_groups, "{name}");
    assert!(again.names == module.names, "{name}");
    assert_eq!(again.datas.len(), module.datas.len(), "{name}");
    assert_eq!(again.elems.len(), module.elems.len(), "{name}");
    canonical.len()
}

#[test]
fn real_binaries() {
    for file in corpus::files_for("encoder, real_binaries") {
        let bytes = file.read();
        let start = Instant::now();
        let canonical = check(&file.name, &bytes);
        println!(
            "{}: {} bytes, canonical {canonical}, {:?}",
            file.name,
            bytes.len(),
            start.elapsed()
        );
    }
}

#[test]
fn binary_modules_of_the_suite() {
    let (mut well, mut malformed) = (0, 0);
    for file in suite::files() {
        for form in forms::read(&file.read()) {
            let Some((_, Source::Binary(bytes), _)) = form.directive() else { continue };
            if parse(&bytes).is_some() {
                check(&file.path.display().to_string(), &bytes);
                well += 1;
            } else {
                malformed += 1;
            }
        }
    }
    println!("{well} well-formed modules, {malformed} malformed ones left out");
    assert_eq!((well, malformed), suite::pinned((239, 1258), (153, 938)));
}
