//! The command under the names of WABT's commands, with their options.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Ran, WATTLE, wattle, wattle_in};

const TEXT: &str = r#"(module $m
  (import "env" "f" (func $f (param i32)))
  (func $g (export "g") (call $f (i32.const 1)))
  (@custom "x" "y"))"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/a.wat"), TEXT).unwrap();
    fs::write(folder.path().join("a.wasm"), wattle(&["parse"], TEXT.as_bytes()).bytes).unwrap();
    folder
}

#[test]
fn wat2wasm_checks_and_writes_beside_the_text() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let run = |args: &[&str], input: &[u8]| wattle_in(folder.path(), args, input);
    let ran = run(&["wat2wasm", "sub/a.wat"], b"");
    assert_eq!((ran.code, &*ran.out, &*ran.err), (Some(0), "", ""));
    assert_eq!(fs::read(path("sub/a.wasm")).unwrap(), fs::read(path("a.wasm")).unwrap());
    let ran = run(&["wat2wasm", "--debug-names", "-v", "sub/a.wat", "-o", "b.wasm"], b"");
    assert_eq!((ran.code, &*ran.err), (Some(0), ""));
    assert!(path("b.wasm").is_file());
    assert!(run(&["wat2wasm", "sub/a.wat", "--output=-"], b"").bytes.starts_with(b"\0asm"));
    assert!(run(&["wat2wasm", "-"], b"(module)").bytes.starts_with(b"\0asm"));

    fs::write(path("bad.wat"), "(module\n  (func (result i32)))").unwrap();
    let ran = run(&["wat2wasm", "bad.wat"], b"");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("type mismatch") && ran.err.contains("bad.wat:2:"), "{}", ran.err);
    assert!(!path("bad.wasm").exists());
    assert_eq!(run(&["wat2wasm", "--no-check", "bad.wat"], b"").code, Some(0));
    assert!(path("bad.wasm").is_file());

    for option in
        ["-r", "--relocatable", "--no-canonicalize-leb128s", "--debug-parser", "--dump-module"]
    {
        let ran = run(&["wat2wasm", option, "sub/a.wat"], b"");
        assert_eq!(ran.code, Some(2), "{option}: {ran:?}");
        assert!(ran.err.contains("that Wattle does not have: "), "{option}: {ran:?}");
    }
}

#[test]
fn features_are_switched_by_their_names_in_wabt() {
    let code = |switches: &[&str], text: &str| {
        let ran = wattle(&[&["wasm-validate"], switches].concat(), text.as_bytes());
        (ran.code, ran.err)
    };
    let simd = "(module (func (param v128)))";
    assert_eq!(code(&[], simd).0, Some(0));
    let (failed, shown) = code(&["--disable-simd"], simd);
    assert_eq!(failed, Some(1));
    assert!(shown.contains("turn it on with --features default"), "{shown}");
    assert_eq!(code(&["--enable-all", "--disable-simd"], simd).0, Some(1));
    assert_eq!(code(&["--features", "wasm1", "--enable-simd"], simd).0, Some(0));
    assert_eq!(code(&["--features", "wasm1", "--enable-all"], simd).0, Some(0));
    for switch in ["--disable-mutable-globals", "--enable-code-metadata", "--enable-exceptions"] {
        assert_eq!(code(&[switch], "(module)").0, Some(0), "{switch}");
    }
    assert_eq!(code(&["--enable-nonsense"], "(module)").0, Some(2));
}

#[test]
fn wasm2wat_prints_what_is_valid() {
    let folder = folder();
    let out = |args: &[&str]| {
        let ran = wattle_in(folder.path(), &[&["wasm2wat", "a.wasm"], args].concat(), b"");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.out
    };
    assert!(out(&[]).contains("func $g") && out(&[]).contains("(export \"g\" (func $g))"));
    let nameless = out(&["--no-debug-names"]);
    assert!(!nameless.contains('$') && nameless.contains("call 0"), "{nameless}");
    assert!(nameless.contains("(@custom \"x\""), "{nameless}");
    assert!(out(&["-f"]).contains("(call $f (i32.const 1))"));
    assert!(out(&["--generate-names"]).contains("$#type0"), "{}", out(&["--generate-names"]));
    let inline = out(&["--inline-exports", "--inline-imports"]);
    assert!(inline.contains("(func $g (;1;) (export \"g\")"), "{inline}");
    assert!(inline.contains("(func $f (;0;) (import \"env\" \"f\")"), "{inline}");
    let ran = wattle_in(folder.path(), &["wasm2wat", "a.wasm", "-o", "a.wat"], b"");
    assert_eq!((ran.code, &*ran.out), (Some(0), ""));
    assert!(folder.path().join("a.wat").is_file());

    let invalid = wattle(&["parse"], b"(module (func (result i32)))").bytes;
    let ran = wattle(&["wasm2wat", "-"], &invalid);
    assert_eq!((ran.code, &*ran.out), (Some(1), ""));
    assert!(wattle(&["wasm2wat", "--no-check", "-"], &invalid).out.contains("(result i32)"));
}

#[test]
fn wasm_objdump_shows_the_parts_that_are_asked_for() {
    let folder = folder();
    let run = |args: &[&str]| wattle_in(folder.path(), &[&["wasm-objdump"], args].concat(), b"");
    let out = |args: &[&str]| {
        let ran = run(args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.out
    };
    let headers = out(&["-h", "a.wasm"]);
    assert!(headers.contains("a.wasm: module") && headers.contains("custom \"x\""), "{headers}");
    assert!(!headers.contains("exports"), "{headers}");
    let details = out(&["-x", "a.wasm"]);
    assert!(details.contains("export section, 1 entry") && !details.contains("call"), "{details}");
    let code = out(&["-d", "a.wasm"]);
    assert!(code.contains("call $f") && !code.contains("type section"), "{code}");
    let full = out(&["-s", "a.wasm"]);
    assert!(full.contains("type section") && full.contains("custom section \"x\""), "{full}");
    let one = out(&["-j", "Export", "-s", "a.wasm"]);
    assert!(one.contains("export section") && !one.contains("import"), "{one}");
    assert!(out(&["-hj", "x", "a.wasm"]).contains("sections (1,"));
    assert_eq!(out(&["-h", "a.wasm", "sub/a.wat"]).matches(": module").count(), 2);
    assert!(run(&["a.wasm"]).err.contains("at least one of -h"));
    assert_eq!(run(&["-r", "-d", "a.wasm"]).code, Some(2));
    assert!(out(&["--help"]).contains("--headers"));
    let truncated = fs::read(folder.path().join("a.wasm")).unwrap();
    fs::write(folder.path().join("cut.wasm"), &truncated[..truncated.len() - 3]).unwrap();
    let ran = run(&["-x", "a.wasm", "cut.wasm"]);
    assert!(ran.code == Some(1) && ran.out.matches("export section").count() == 2, "{ran:?}");
}

#[test]
fn a_section_that_is_not_there_is_an_error() {
    let folder = folder();
    let ran = wattle_in(folder.path(), &["wasm-objdump", "-j", "nope", "-h", "a.wasm"], b"");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("there is no section nope in a.wasm"), "{ran:?}");
}

#[test]
fn wasm_strip_rewrites_the_file() {
    let folder = folder();
    let file = folder.path().join("a.wasm");
    let before = fs::read(&file).unwrap();
    let run = |args: &[&str]| wattle_in(folder.path(), &[&["wasm-strip"], args].concat(), &before);
    assert_eq!(run(&["a.wasm", "-o", "b.wasm"]).code, Some(0));
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(run(&["a.wasm"]).code, Some(0));
    let stripped = fs::read(&file).unwrap();
    assert_eq!(stripped, fs::read(folder.path().join("b.wasm")).unwrap());
    assert!(before.starts_with(&stripped) && stripped.len() < before.len());
    assert_eq!(run(&["-"]).bytes, stripped);
    assert_eq!(run(&["--keep-section", "name", "-"]).bytes, wattle(&["strip"], &before).bytes);
    assert!(run(&["-R", "name", "-"]).out.contains("y"));
    let Ran { code, err, .. } = run(&["sub/a.wat"]);
    assert!(code == Some(1) && err.contains("this is not a binary"), "{err}");
    assert_eq!(fs::read_to_string(folder.path().join("sub/a.wat")).unwrap(), TEXT);
}

#[cfg(unix)]
#[test]
fn the_name_that_it_is_called_by_is_the_command() {
    let folder = folder();
    for (name, args, words) in [
        ("wat2wasm", &["sub/a.wat", "-o", "-"][..], "\0asm"),
        ("wasm2wat", &["a.wasm"], "(module"),
        ("wasm-validate", &["a.wasm"], ""),
        ("wasm-objdump", &["-x", "a.wasm"], "export section, 1 entry"),
        ("wasm-strip", &["a.wasm", "-o", "-"], "\0asm"),
        ("wasm2wat", &["--version"], env!("CARGO_PKG_VERSION")),
    ] {
        let link = folder.path().join(name);
        let _ = std::os::unix::fs::symlink(Path::new(WATTLE), &link);
        let output = Command::new(&link).args(args).current_dir(folder.path()).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && shown.contains(words), "{name}: {output:?}");
        let wrong = Command::new(&link).arg("--nonsense").output().unwrap();
        let usage = format!("Usage: wattle {name} ");
        assert!(String::from_utf8_lossy(&wrong.stderr).contains(&usage), "{wrong:?}");
    }
}
