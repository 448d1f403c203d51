//! A real component, StarlingMonkey: validated, printed, parsed from text, read and written again,
//! beside the peers; and components that are small but hard to validate.

use criterion::{Criterion, criterion_group, criterion_main};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wattle::{encoder, parser, printer, validator, wat};
use wattle_benches::{Input, Side, compare, corpus};
use wit_component::ComponentEncoder;

/// The components that the peer makes from the modules of the corpus that say how.
fn components() -> Vec<Input<Vec<u8>>> {
    let component = |module: &[u8]| {
        let (name, adapter) =
            (WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
        ComponentEncoder::default().module(module).ok()?.adapter(name, adapter).ok()?.encode().ok()
    };
    let modules = corpus(&[]).into_iter().filter(|input| input.name == "starlingmonkey");
    let made = modules.map(|Input { name, data, .. }| {
        let data = component(&data).expect("the module has a world");
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
    let parser = parser::components::Parser::new().check_bodies(false);
    let component = parser.component(bytes).expect("it is well-formed");
    validator::validate_component(&component).is_ok().into()
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
