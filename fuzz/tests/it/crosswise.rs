//! Text across tools, over the official suite, the corpus and generated modules.

use std::collections::BTreeMap;

use wattle::encoder;
use wattle::wat::script;
use wattle_fuzz::crosswise::check;
use wattle_smith::{Config, from_seed};
use wattle_tests::modules::{self, Expected};
use wattle_tests::{corpus, suite};

#[test]
fn tools_read_each_other_s_text() {
    let mut failures: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut count = 0;
    let mut run = |what: String, wasm: &[u8]| {
        count += 1;
        if let Err(failure) = check(wasm) {
            failures.entry(failure).or_insert((0, what)).0 += 1;
        }
    };
    for seed in 0..500 {
        let generated = from_seed(&Config::default(), seed);
        run(format!("seed {seed}"), &encoder::encode(&generated.module));
    }
    for file in corpus::files_for("text across tools") {
        run(file.name.clone(), &file.read());
    }
    for file in suite::files() {
        let script = file.read();
        let (script, _) = script::recover(&script);
        let mut found = Vec::new();
        modules::modules(&script.directives, &mut found);
        for (module, _) in found.into_iter().filter(|(_, expected)| *expected == Expected::Valid) {
            let Some(wasm) = modules::binary(module) else { continue };
            // The peer cannot print a module that it cannot read.
            let features = wasmparser::WasmFeatures::all();
            if wasmparser::Validator::new_with_features(features).validate_all(&wasm).is_ok() {
                run(file.name.clone(), &wasm);
            }
        }
    }
    println!("{count} modules");
    for (failure, (count, first)) in &failures {
        println!("{count} times, first in {first}: {failure}");
    }
    assert!(failures.is_empty());
}
