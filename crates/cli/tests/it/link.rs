//! Linking in the command: `component link`.

use crate::{good, wattle_in};

const WIT: &str = "package a:b; world w { export run: func(x: u32) -> u32; }";
const APP: &str = r#"(module (@dylink.0 (needed "libm.so"))
    (import "env" "double" (func $double (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $double (local.get 0))))"#;
const MATH: &str = r#"(module (@dylink.0)
    (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#;

/// A folder with a program `app.so` and a library `libm.so`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("w.wit", WIT);
    write("app.wat", APP);
    write("libm.so", MATH);
    good(folder.path(), &["component", "embed", "w.wit", "app.wat", "-o", "app.so"]);
    folder
}

#[test]
fn libraries_become_a_component() {
    let folder = folder();
    let folder = folder.path();
    good(folder, &["component", "link", "app.so", "libm.so", "-o", "c.wasm"]);
    good(folder, &["validate", "c.wasm"]);
    let wit = good(folder, &["wit", "c.wasm"]).out;
    assert!(wit.contains("  export run: func(x: u32) -> u32;\n"), "{wit}");
    let text = good(folder, &["component", "link", "-t", "app.so", "libm.so"]).out;
    assert_eq!(text, good(folder, &["print", "c.wasm"]).out);
    // A library gets the name that is given for it, and the stack gets its size.
    std::fs::rename(folder.join("libm.so"), folder.join("math.wat")).unwrap();
    let args = ["app.so", "--dl-openable", "libm.so=math.wat", "--stack-size", "16"];
    let args = [&["component", "link", "-t"], &args[..]].concat();
    let text = good(folder, &args).out;
    assert!(text.contains("(core module $libm.so"), "{text}");
    assert!(text.contains("(memory (;0;) 1)"), "{text}");
}

#[test]
fn every_fault_has_the_file_of_its_library() {
    let folder = folder();
    let folder = folder.path();
    let ran = wattle_in(folder, &["component", "link", "--json", "app.so", "lbm.so=libm.so"], b"");
    assert_eq!(ran.code, Some(1));
    let [fault] = &ran.err.lines().collect::<Vec<_>>()[..] else { panic!("{}", ran.err) };
    let fault: serde_json::Value = serde_json::from_str(fault).unwrap();
    assert_eq!(fault["file"], "app.so");
    assert_eq!(fault["message"], "missing library: it needs `libm.so`");
    assert_eq!(fault["help"], "did you mean \"lbm.so\"?");
    let other = r#"(module (@dylink.0) (import "env" "x" (global i32)) (import "env" "y" (func))
        (func (export "double")))"#;
    std::fs::write(folder.join("other.so"), other).unwrap();
    let args = ["component", "link", "libm.so=other.so", "app.so", "-o", "c.wasm"];
    let ran = wattle_in(folder, &args, b"");
    assert_eq!(ran.code, Some(1));
    for part in [
        "other.so",
        "unknown import: `env.x` is (global i32)",
        "app.so",
        "it needs a function `double` of type (func (param i32) (result i32)); library `libm.so` has a \
         function `double` of type (func)",
        "missing symbol: it needs a function `y` of type (func)",
        "--stub-missing-functions",
        "3 errors",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    // The errors of `component new` are reported for a library too.
    std::fs::write(folder.join("w.wit"), "package a:c; world v { export walk: func(); }").unwrap();
    good(folder, &["component", "embed", "w.wit", "libm.so", "-o", "m.so"]);
    let ran = wattle_in(folder, &["component", "link", "app.so", "libm.so=m.so"], b"");
    assert!(ran.err.contains("m.so") && ran.err.contains("a function `walk`"), "{}", ran.err);
    assert_eq!(wattle_in(folder, &["component", "link"], b"").code, Some(2));
}

#[test]
fn functions_may_be_missing_and_libraries_may_be_opened() {
    let folder = folder();
    let folder = folder.path();
    let args = ["component", "link", "app.so", "x.so=libm.so", "--stub-missing-functions"];
    let ran = wattle_in(folder, &args, b"");
    // A function may be missing, but a library that is needed may not.
    assert!(ran.err.contains("missing library: it needs `libm.so`"), "{}", ran.err);
    let program = r#"(module (@dylink.0) (import "env" "dlopen" (func (param i32 i32) (result i32)))
        (import "env" "gone" (func))
        (func (export "run") (param i32) (result i32) (local.get 0)))"#;
    std::fs::write(folder.join("p.wat"), program).unwrap();
    good(folder, &["component", "embed", "w.wit", "p.wat", "-o", "p.so"]);
    let mut args = vec!["component", "link", "p.so", "--dl-openable", "libm.so", "-o", "c.wasm"];
    assert_eq!(wattle_in(folder, &args, b"").code, Some(1));
    args.extend(["--use-built-in-libdl", "--stub-missing-functions"]);
    good(folder, &args);
    let text = good(folder, &["print", "c.wasm"]).out;
    assert!(text.contains("missing:gone") && text.contains("(core module $libdl.so"), "{text}");
}
