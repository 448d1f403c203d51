//! Prints every module of the official suite and of the corpus in several styles, then parses and
//! encodes the text: the bytes must be those of the module itself, and printing again must give the
//! same text.

use std::str;
use std::time::Instant;

use wattle_ast::{Features, LineIndex, Module};
use wattle_encoder::encode_canonical;
use wattle_printer::Config;
use wattle_tests::modules::{Expected, modules};
use wattle_tests::suite;
use wattle_tests::{corpus, table::Table};
use wattle_wat::script::{self, ModuleSource};

/// The settings that must not change the meaning of the text.
fn styles() -> [(&'static str, Config); 4] {
    let new = Config::new;
    [
        ("flat", new()),
        ("folded", new().fold(true)),
        ("inline, offsets", new().inline_imports_exports(true).offsets(true)),
        ("folded, inline, offsets", new().fold(true).inline_imports_exports(true).offsets(true)),
    ]
}

/// The first place where two texts or byte strings differ, with the text around it.
fn difference(ours: &[u8], theirs: &[u8]) -> String {
    let at = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let around = |bytes: &[u8]| {
        let range = at.saturating_sub(60).min(bytes.len())..(at + 60).min(bytes.len());
        bytes[range].escape_ascii().to_string()
    };
    format!("at {at} of {}: {}\n  parsed: {}", ours.len(), around(ours), around(theirs))
}

fn check(module: &Module<'_>, config: &Config) -> Result<(), String> {
    let bytes = encode_canonical(module);
    let text = config.print(module);
    let parsed = wattle_wat::parse(&text).map_err(|errors| {
        let error = &errors.as_slice()[0];
        let place = error.span.line_column(&LineIndex::new(&text));
        let lines: Vec<&str> = text.lines().collect();
        format!("{place}: {error}: {:.200}", lines.get(place.line - 1).unwrap_or(&""))
    })?;
    let again = encode_canonical(&parsed);
    if bytes != again {
        return Err(format!("bytes differ {}", difference(&bytes, &again)));
    }
    let reprinted = config.clone().offsets(false).print(&parsed);
    let printed = config.clone().offsets(false).print(module);
    if printed != reprinted {
        let difference = difference(printed.as_bytes(), reprinted.as_bytes());
        return Err(format!("printing again differs {difference}"));
    }
    let mut streamed = String::new();
    config.print_to(module, &mut streamed).map_err(|error| error.to_string())?;
    if streamed != text {
        return Err("streaming gives another text".into());
    }
    Ok(())
}

#[test]
fn the_suite_comes_back() {
    let mut failures = Vec::new();
    let mut table = Table::new(["printed", "not well-formed"]);
    for file in suite::files().iter().chain(suite::wasm_tools_files()) {
        let source = file.read();
        let Ok(script) = script::parse(&source) else {
            println!("not run: {file} is no script that can be parsed");
            continue;
        };
        let mut found = Vec::new();
        modules(&script.directives, &mut found);
        let is_malformed =
            |it: &Expected<'_>| matches!(it, Expected::Malformed(_) | Expected::MalformedCustom(_));
        for (module, _) in found.iter().filter(|(_, expected)| !is_malformed(expected)) {
            let parsed = match &module.source {
                ModuleSource::Text(text) => wattle_wat::parse(text).ok(),
                ModuleSource::Binary(bytes) => {
                    wattle_parser::Parser::new().features(Features::ALL).module(bytes).ok()
                }
                ModuleSource::Quote(text) => {
                    str::from_utf8(text).ok().and_then(|text| wattle_wat::parse(text).ok())
                }
            };
            table.add(&file.dir, [parsed.is_some().into(), parsed.is_none().into()]);
            for (style, config) in styles() {
                if let Some(Err(error)) = parsed.as_ref().map(|module| check(module, &config)) {
                    let line = source[..module.span.start].split(|byte| *byte == b'\n').count();
                    failures.push(format!("{file}:{line}: {style}: {error}"));
                }
            }
        }
    }
    println!("{table}");
    assert_eq!(table.total(), suite::pinned([6843, 350], [5544, 348]));
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn the_corpus_comes_back() {
    let files = corpus::files_for("printer, the_corpus_comes_back");
    // The text of these is hundreds of megabytes long.
    let large = ["esbuild", "canvaskit", "pyodide", "ruby", "ruby-debug", "wllama"];
    for file in files {
        if large.contains(&&*file.name) && std::env::var_os("WATTLE_LARGE").is_none() {
            println!("not run: {} is large, and WATTLE_LARGE is not set", file.name);
            continue;
        }
        let bytes = file.read();
        let module = wattle_parser::parse(&bytes).unwrap();
        for (style, config) in &styles()[..2] {
            let start = Instant::now();
            if let Err(error) = check(&module, config) {
                panic!("{}, {style}: {error}", file.name);
            }
            println!("{}, {style}: {:.1} s", file.name, start.elapsed().as_secs_f64());
        }
    }
}
