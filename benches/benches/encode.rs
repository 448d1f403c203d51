//! Parsing and encoding again: compared with wasm-encoder's reencode.

use criterion::{Criterion, criterion_group, criterion_main};
use wattle_benches::{Side, compare, corpus};

/// Parses and encodes a module. Bodies are checked, as the peer reads every instruction.
fn ours(bytes: &[u8], canonical: bool) -> u64 {
    let module = wattle::parser::parse(bytes).expect("the corpus is well-formed");
    let encode = match canonical {
        true => wattle::encoder::encode_canonical,
        false => wattle::encoder::encode,
    };
    encode(&module).len() as u64
}

fn peer(bytes: &[u8]) -> u64 {
    use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
    let mut module = wasm_encoder::Module::new();
    RoundtripReencoder
        .parse_core_module(&mut module, wasmparser::Parser::new(0), bytes)
        .expect("the corpus is well-formed");
    module.finish().len() as u64
}

fn encode(criterion: &mut Criterion) {
    for (group, canonical) in [("parse and encode", false), ("parse and encode canonically", true)]
    {
        compare(
            criterion,
            group,
            &corpus(&[]),
            Side { name: "wattle", run: &|bytes| ours(bytes, canonical) },
            Side { name: "reencode", run: &|bytes| peer(bytes) },
        );
    }
}

criterion_group!(benches, encode);
criterion_main!(benches);
