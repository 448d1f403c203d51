//! Text without indentation to binary: compared with `wat`.

use criterion::{Criterion, criterion_group, criterion_main};
use wattle_benches::{Input, Side, compare, corpus};

fn text(criterion: &mut Criterion) {
    // The peer has no text for legacy exceptions.
    let inputs = corpus(&["dart", "wllama", "pyodide"]).into_iter().map(|input| {
        let module = wattle::parser::parse(&input.data).expect("the corpus is well-formed");
        let data = wattle::printer::Config::new().indent(0).print(&module);
        Input { name: input.name, bytes: data.len() as u64, data }
    });
    compare(
        criterion,
        "text to binary",
        &inputs.collect::<Vec<_>>(),
        Side {
            name: "wattle",
            run: &|text| wattle::wat2wasm(text).expect("own text").len() as u64,
        },
        Side { name: "wat", run: &|text| wat::parse_str(text).expect("own text").len() as u64 },
    );
}

criterion_group!(benches, text);
criterion_main!(benches);
