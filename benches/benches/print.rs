//! Binary to text, flat and folded: compared with wasmprinter.

use criterion::{Criterion, criterion_group, criterion_main};
use wattle_benches::{Side, compare, corpus};

fn ours(bytes: &[u8], fold: bool) -> u64 {
    let parser = wattle::parser::Parser::new().check_bodies(false);
    let module = parser.module(bytes).expect("the corpus is well-formed");
    wattle::printer::Config::new().fold(fold).print(&module).len() as u64
}

fn peer(bytes: &[u8], fold: bool) -> u64 {
    let mut text = String::new();
    let mut config = wasmprinter::Config::new();
    config.fold_instructions(fold);
    let printed = config.print(bytes, &mut wasmprinter::PrintFmtWrite(&mut text));
    printed.expect("the corpus is well-formed");
    text.len() as u64
}

fn print(criterion: &mut Criterion) {
    compare(
        criterion,
        "print flat",
        &corpus(&[]),
        Side { name: "wattle", run: &|bytes| ours(bytes, false) },
        Side { name: "wasmprinter", run: &|bytes| peer(bytes, false) },
    );
    // The peer cannot fold legacy exceptions.
    compare(
        criterion,
        "print folded",
        &corpus(&["dart", "wllama", "pyodide"]),
        Side { name: "wattle", run: &|bytes| ours(bytes, true) },
        Side { name: "wasmprinter", run: &|bytes| peer(bytes, true) },
    );
}

criterion_group!(benches, print);
criterion_main!(benches);
