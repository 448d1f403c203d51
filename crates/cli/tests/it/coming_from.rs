//! The documents for users of other tools: each command of their tables is run.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use wattle_tests::root;

use crate::{WATTLE, wattle_in};

/// A row of a table: the code in the first cell and in the second, and the remark in the third.
struct Row {
    theirs: Vec<String>,
    ours: Vec<String>,
    remark: String,
}

fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn rows(document: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let rows = text.lines().filter(|line| line.starts_with('|') && line.contains('`'));
    let rows = rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [theirs, ours, remark] = cells[..] else { panic!("not three cells: {line}") };
        Row { theirs: code(theirs), ours: code(ours), remark: remark.to_owned() }
    });
    rows.collect()
}

/// A folder with the files that the tables name, and `bin` with the command under all its names. It
/// is a copy of a folder that is made once.
fn folder() -> tempfile::TempDir {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = MADE.get_or_init(make_folder);
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(made.path()).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    for name in ["bin", "data"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    for name in WABT.iter().chain(&["wattle"]) {
        std::os::unix::fs::symlink(WATTLE, folder.path().join("bin").join(name)).unwrap();
    }
    folder
}

/// A folder with the files that the tables name.
fn make_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        std::fs::write(folder.path().join(name), content).unwrap();
    };
    let text = r#"(module (func $f (export "f") (result i32) (i32.const 1))
  (func (export "_start")))"#;
    write("a.wat", text.as_bytes());
    let script = r#"(module (func (export "f"))) (assert_return (invoke "f"))"#;
    write("s.wast", script.as_bytes());
    let component = r#"(component (core module $m) (import "f" (func (param "x" u8))))"#;
    write("c.wat", component.as_bytes());
    write("socket.wat", br#"(component (import "f" (func)))"#);
    write("plug.wat", br#"(component (import "g" (func $g)) (export "f" (func $g)))"#);
    let script = r#"(component (import "f" (func))) (assert_invalid (component (export "a" (func 0))) "func")"#;
    write("c.wast", script.as_bytes());
    let interfaces =
        "package a:a;\n\ninterface i {}\n\nworld v {}\n\nworld w {\n  import f: func(x: u8);\n}\n";
    write("a.wit", interfaces.as_bytes());
    write("w.wit", b"package a:w;\n\nworld w {\n  export f: func() -> s32;\n}\n");
    let program = r#"(module (import "old" "log" (func)))"#;
    write("p.wat", program.as_bytes());
    write("adapter.wat", br#"(module (func (export "log")))"#);
    let socket = r#"(component (import "g" (func $g)) (export "h" (func $g)))"#;
    write("socket.wat", socket.as_bytes());
    let plug = r#"(component (import "f" (func $f)) (export "g" (func $f)))"#;
    write("plug.wat", plug.as_bytes());
    write("seed.bin", b"some bytes for a generator");
    write("config.json", b"{}");
    for name in ["a.wasm", "b.wasm"] {
        assert_eq!(wattle_in(folder.path(), &["parse", "a.wat", "-o", name], b"").code, Some(0));
    }
    assert_eq!(wattle_in(folder.path(), &["parse", "c.wat", "-o", "c.wasm"], b"").code, Some(0));
    let embed = ["component", "embed", "w.wit", "a.wat", "-o", "m.wasm"];
    for args in [
        &embed[..],
        &["parse", "p.wat", "-o", "p.wasm"],
        &["parse", "adapter.wat", "-o", "adapter.wasm"],
        &["parse", "socket.wat", "-o", "socket.wasm"],
        &["parse", "plug.wat", "-o", "plug.wasm"],
    ] {
        assert_eq!(wattle_in(folder.path(), args, b"").code, Some(0), "{args:?}");
    }
    folder
}

const WABT: [&str; 5] = ["wat2wasm", "wasm2wat", "wasm-validate", "wasm-objdump", "wasm-strip"];

fn shell(folder: &Path, line: &str) -> Output {
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", folder.join("bin").display());
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).env("PATH", path).current_dir(folder).output().unwrap()
}

#[test]
fn every_row_for_users_of_wabt_is_true() {
    let (mut theirs, mut ours) = (0, 0);
    for row in rows("docs/coming-from-wabt.md") {
        let is_refused = row.remark.starts_with("refused");
        for line in &row.theirs {
            let name = line.split(' ').next().unwrap_or_default();
            if WABT.contains(&name) {
                let output = shell(folder().path(), line);
                let expected = if is_refused { 2 } else { 0 };
                assert_eq!(output.status.code(), Some(expected), "{line}: {output:?}");
                theirs += 1;
            }
        }
        for line in &row.ours {
            let output = shell(folder().path(), line);
            assert!(output.status.success(), "{line}: {output:?}");
            ours += 1;
        }
        assert!(!row.ours.is_empty() || !row.theirs.is_empty(), "{}", row.remark);
    }
    assert!(theirs >= 35 && ours >= 35, "{theirs}, {ours}");
}

#[test]
fn the_commands_of_wabt_are_as_wabt_has_them() {
    if Command::new("wat2wasm").arg("--version").output().is_err() {
        return wattle_tests::skip(
            "the_commands_of_wabt_are_as_wabt_has_them",
            "WABT is not there",
        );
    }
    let (folder, mut count, mut wrong) = (folder(), 0, String::new());
    std::fs::remove_dir_all(folder.path().join("bin")).unwrap();
    for row in rows("docs/coming-from-wabt.md") {
        if ["later versions", "may lack"].iter().any(|words| row.remark.contains(words)) {
            continue;
        }
        for line in &row.theirs {
            let output = shell(folder.path(), line);
            if !output.status.success() {
                wrong += &format!("{line}: {output:?}\n");
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 35, "{count}");
}

/// The long options in the help of a command of WABT.
const OPTIONS: [(&str, &[&str]); 5] = [
    (
        "wat2wasm",
        &[
            "verbose",
            "debug-parser",
            "dump-module",
            "output",
            "relocatable",
            "no-canonicalize-leb128s",
            "debug-names",
            "no-check",
            "enable-all",
            "enable-annotations",
            "enable-code-metadata",
        ],
    ),
    (
        "wasm2wat",
        &[
            "verbose",
            "output",
            "fold-exprs",
            "inline-exports",
            "inline-imports",
            "no-debug-names",
            "ignore-custom-section-errors",
            "generate-names",
            "no-check",
        ],
    ),
    ("wasm-validate", &["verbose", "no-debug-names", "ignore-custom-section-errors"]),
    (
        "wasm-objdump",
        &[
            "headers",
            "section",
            "full-contents",
            "disassemble",
            "debug",
            "details",
            "reloc",
            "section-offsets",
        ],
    ),
    ("wasm-strip", &["output"]),
];

#[test]
fn every_option_of_wabt_is_known() {
    for (command, options) in OPTIONS {
        for option in options {
            let value = if ["output", "section"].contains(option) { "=x" } else { "" };
            let line = format!("{command} --{option}{value} a.wasm");
            let error = shell(folder().path(), &line).stderr;
            let error = String::from_utf8_lossy(&error);
            assert!(!error.contains("unexpected argument"), "{line}: {error}");
        }
    }
}

#[test]
fn every_row_for_users_of_wasm_tools_is_true() {
    let mut count = 0;
    for line in rows("docs/coming-from-wasm-tools.md").iter().flat_map(|row| &row.ours) {
        let output = shell(folder().path(), line);
        assert!(output.status.success(), "{line}: {output:?}");
        count += 1;
    }
    assert!(count >= 25, "{count}");
}
