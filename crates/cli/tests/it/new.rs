//! Components from core modules: `component embed` and `component new`.

use wattle_tests::root;

use crate::{good, wattle_in};

const WIT: &str = "package a:b; interface log { line: func(text: string); }
    world w { import log; export run: func(x: u32) -> u32; } world other { export go: func(); }";
const MODULE: &str = r#"(module
    (import "a:b/log" "line" (func $line (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32) (call $line (i32.const 0) (i32.const 0)) (local.get 0)))"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("w.wit", WIT);
    write("m.wat", MODULE);
    folder
}

#[test]
fn a_module_and_a_world_become_a_component() {
    let folder = folder();
    let folder = folder.path();
    good(folder, &["component", "embed", "w.wit", "m.wat", "--world", "w", "-o", "m.wasm"]);
    good(folder, &["component", "new", "m.wasm", "-o", "c.wasm"]);
    good(folder, &["validate", "c.wasm"]);
    let wit = good(folder, &["wit", "c.wasm"]).out;
    assert!(wit.contains("  import a:b/log;\n\n  export run: func(x: u32) -> u32;\n"), "{wit}");
    let text = good(folder, &["component", "new", "-t", "m.wasm"]).out;
    assert_eq!(text, good(folder, &["print", "c.wasm"]).out);
    // The tool is named among the producers, also in the module.
    assert_eq!(text.matches("(processed-by \"wattle\"").count(), 4, "{text}");
    let section =
        good(folder, &["component", "embed", "w.wit", "-w", "a:b/other", "--only-custom", "-t"]);
    assert!(section.out.starts_with("(component\n"), "{section:?}");
}

#[test]
fn every_fault_has_its_file_and_help() {
    let folder = folder();
    let folder = folder.path();
    good(folder, &["component", "embed", "w.wit", "m.wat", "-w", "other", "-o", "m.wasm"]);
    let ran = wattle_in(folder, &["component", "new", "m.wasm"], b"");
    assert_eq!(ran.code, Some(1));
    for part in ["m.wasm", "imports no interface `a:b/log`", "exports a function `go`", "2 errors"]
    {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    let ran = wattle_in(folder, &["component", "new", "--json", "m.wasm"], b"");
    let faults: Vec<serde_json::Value> =
        ran.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(faults.len(), 2, "{ran:?}");
    assert!(faults.iter().all(|fault| fault["file"] == "m.wasm"), "{faults:?}");
    assert_eq!(faults[1]["help"], "export a function `go` of type (func)");
    // An error of an adapter shows the file of the adapter.
    std::fs::write(folder.join("old.adapter.wat"), "(module (func (export \"g\")))").unwrap();
    let main = b"(module (import \"old\" \"f\" (func)))";
    let ran = wattle_in(folder, &["component", "new", "-", "--adapt", "old.adapter.wat"], main);
    assert!(ran.err.contains("old.adapter.wat") && ran.err.contains("`f` is imported"), "{ran:?}");
    // There are several worlds, and none is named.
    let ran = wattle_in(folder, &["component", "embed", "w.wit", "m.wat", "-o", "n.wasm"], b"");
    assert!(ran.err.contains("select one of `w`, `other`"), "{ran:?}");
    let args = [
        "component",
        "embed",
        "w.wit",
        "-w",
        "w",
        "--dummy-names",
        "standard",
        "--async-callback",
        "-t",
    ];
    assert_eq!(wattle_in(folder, &args, b"").code, Some(2));
    let ran = wattle_in(folder, &["component", "new", "-"], b"(component)");
    assert!(ran.err.contains("a module is expected"), "{ran:?}");
}

#[test]
fn dummies_and_adapters_make_components() {
    let folder = folder();
    let folder = folder.path();
    for scheme in ["legacy", "standard"] {
        let args =
            ["component", "embed", "w.wit", "-w", "w", "--dummy-names", scheme, "-o", "d.wasm"];
        good(folder, &args);
        good(folder, &["component", "new", "d.wasm", "-o", "c.wasm"]);
        good(folder, &["validate", "c.wasm"]);
    }
    // A program for WASI preview 1 with the adapter of Wasmtime.
    let [adapters] =
        wattle_tests::packages::folders(["wasi-preview1-component-adapter-provider"]).unwrap();
    let adapter = adapters.join("artefacts/wasi_snapshot_preview1.command.wasm");
    let cat = root().join("docs/examples/cat.wat");
    let (cat, adapter) = (cat.to_str().unwrap(), adapter.to_str().unwrap());
    let ran = wattle_in(folder, &["component", "new", cat], b"");
    assert!(ran.err.contains("wasi_snapshot_preview1.command.wasm"), "{ran:?}");
    good(folder, &["component", "new", cat, "--adapt", adapter, "-o", "cat.wasm"]);
    good(folder, &["validate", "cat.wasm"]);
    let wit = good(folder, &["wit", "cat.wasm"]).out;
    assert!(wit.contains("export wasi:cli/run@0.2."), "{wit}");
}

#[test]
fn programs_for_wasi_preview_1_become_components_with_each_published_adapter() {
    let folder = folder();
    let folder = folder.path();
    let [adapters] =
        wattle_tests::packages::folders(["wasi-preview1-component-adapter-provider"]).unwrap();
    let text = |export: &str| {
        format!(
            r#"(module
                (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
                (memory (export "memory") 1)
                (func (export "{export}")
                    (drop (call $random (i32.const 16) (i32.const 4)))
                    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#
        )
    };
    let new = |name: &str, export: &str| {
        let adapter = adapters.join(format!("artefacts/wasi_snapshot_preview1.{name}.wasm"));
        let args = ["component", "new", "-", "-o", "p.wasm", "--adapt", adapter.to_str().unwrap()];
        wattle_in(folder, &args, text(export).as_bytes())
    };
    for (adapter, export, is_command) in
        [("command", "_start", true), ("reactor", "f", false), ("proxy", "f", false)]
    {
        let ran = new(adapter, export);
        assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{adapter}");
        let wit = good(folder, &["wit", "p.wasm"]).out;
        // The imports are those that these two functions need.
        assert!(wit.contains("import wasi:random/random@0.2."), "{adapter}: {wit}");
        assert!(wit.contains("import wasi:cli/stdout@0.2."), "{adapter}: {wit}");
        assert!(!wit.contains("sockets"), "{adapter}: {wit}");
        assert_eq!(wit.contains("export wasi:cli/run@0.2."), is_command, "{adapter}: {wit}");
    }
    let ran = new("command", "f");
    assert!(ran.err.contains("`_start` is imported from this module; one without it"), "{ran:?}");
}
