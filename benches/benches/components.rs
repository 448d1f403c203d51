//! Components, compared with the peers: a real one, StarlingMonkey, is made of a core module and an
//! adapter, validated, printed, parsed from text, read and written again; others are small but hard
//! to validate.

use std::num::NonZeroUsize;

use criterion::{Criterion, criterion_group, criterion_main};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wattle::componentize::Componentizer;
use wattle::{encoder, parser, printer, validator, wat};
use wattle_benches::{Input, Side, compare, corpus};
use wit_component::ComponentEncoder;

/// The modules of the corpus that contain their world.
fn modules() -> Vec<Input<Vec<u8>>> {
    corpus(&[]).into_iter().filter(|input| input.name == "starlingmonkey").collect()
}

/// The component that the peer makes of a module.
fn made_by_peer(module: &[u8]) -> Vec<u8> {
    let (name, adapter) =
        (WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
    let mut encoder = ComponentEncoder::default();
    let encoder = encoder.validate(true).debug_names(true).module(module);
    let encoder = encoder.and_then(|encoder| encoder.adapter(name, adapter));
    encoder.and_then(ComponentEncoder::encode).expect("the module has a world")
}

/// The component that Wattle makes of a module.
fn made(module: &[u8]) -> Vec<u8> {
    let (name, adapter) =
        (WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
    // The validator reads every instruction anyway.
    let parser = || parser::Parser::new().check_bodies(false);
    let adapter = parser().module(adapter).expect("it is well-formed");
    let module = parser().module(module).expect("it is well-formed");
    let component = Componentizer::new().module(module).adapter(name, adapter).finish();
    encoder::encode_component(&component.expect("the module has a world"))
}

/// The components that the peer makes.
fn components() -> Vec<Input<Vec<u8>>> {
    let made = modules().into_iter().map(|Input { name, data, .. }| {
        let data = made_by_peer(&data);
        Input { name, bytes: data.len() as u64, data }
    });
    made.collect()
}

/// A component that is hard to validate, from its text.
fn hard(name: &str, text: String) -> Input<Vec<u8>> {
    let data = wat::Parser::new().component(&text).expect("it is a component");
    let data = encoder::encode_component(&data.component);
    Input { name: name.to_owned(), bytes: 0, data }
}

/// Types, each made of the type before it.
fn chain(len: usize, first: &str, next: impl Fn(usize) -> String) -> String {
    let types: String = (1..len).map(|nth| format!("(type {})", next(nth - 1))).collect();
    format!("(component (type {first}) {types})")
}

fn validated(bytes: &[u8]) -> u64 {
    // Neither side makes a tree, and both work on one thread.
    let events = parser::components::Parser::new().check_bodies(false).events(bytes);
    let verdict = validator::components::Validator::new().events(events, Some(NonZeroUsize::MIN));
    verdict.expect("it is well-formed").is_ok().into()
}

fn validated_by_peer(bytes: &[u8]) -> u64 {
    wasmparser::Validator::new().validate_all(bytes).is_ok().into()
}

fn printed(bytes: &[u8]) -> u64 {
    let parser = parser::components::Parser::new().check_bodies(false);
    let component = parser.component(bytes).expect("it is well-formed");
    printer::print_component(&component).len() as u64
}

fn printed_by_peer(bytes: &[u8]) -> u64 {
    wasmprinter::print_bytes(bytes).expect("it is well-formed").len() as u64
}

fn parsed(text: &str) -> u64 {
    let parsed = wat::Parser::new().component(text).expect("it is well-formed");
    encoder::encode_component(&parsed.component).len() as u64
}

fn parsed_by_peer(text: &str) -> u64 {
    ::wat::parse_str(text).expect("it is well-formed").len() as u64
}

fn bench(criterion: &mut Criterion) {
    let modules = modules();
    for Input { name, data, .. } in &modules {
        let (ours, theirs) = (made(data), made_by_peer(data));
        println!("{name}: {} bytes, {} of the peer's", ours.len(), theirs.len());
        assert!(ours.len() * 100 <= theirs.len() * 101, "at most 1 % more");
        wasmparser::Validator::new().validate_all(&ours).expect("the peer finds it valid");
    }
    compare(
        criterion,
        "make components",
        &modules,
        Side { name: "wattle", run: &|module| made(module).len() as u64 },
        Side { name: "wit-component", run: &|module| made_by_peer(module).len() as u64 },
    );
    let inputs = components();
    compare(
        criterion,
        "validate components",
        &inputs,
        Side { name: "wattle", run: &|bytes| validated(bytes) },
        Side { name: "wasmparser", run: &|bytes| validated_by_peer(bytes) },
    );
    compare(
        criterion,
        "print components",
        &inputs,
        Side { name: "wattle", run: &|bytes| printed(bytes) },
        Side { name: "wasmprinter", run: &|bytes| printed_by_peer(bytes) },
    );
    let texts: Vec<Input<String>> = inputs
        .iter()
        .map(|Input { name, data, .. }| {
            let data = wasmprinter::print_bytes(data).expect("it is well-formed");
            Input { name: name.clone(), bytes: data.len() as u64, data }
        })
        .collect();
    compare(
        criterion,
        "text of components to binary",
        &texts,
        Side { name: "wattle", run: &|text| parsed(text) },
        Side { name: "wat", run: &|text| parsed_by_peer(text) },
    );
    let hard = [
        hard("lists, 99 deep", chain(99, "(list u8)", |nth| format!("(list {nth})"))),
        hard("tuples, 2^60", chain(60, "(tuple u8 u8)", |nth| format!("(tuple {nth} {nth})"))),
        hard("components, nested", "(component ".repeat(100) + &")".repeat(100)),
        hard("equal types", format!("(component {})", "(type u8)".repeat(1_000_000))),
    ];
    compare(
        criterion,
        "validate what is hard",
        &hard,
        Side { name: "wattle", run: &|bytes| validated(bytes) },
        Side { name: "wasmparser", run: &|bytes| validated_by_peer(bytes) },
    );
}

criterion_group!(benches, bench);
criterion_main!(benches);
