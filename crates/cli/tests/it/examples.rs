//! The examples of README, of the documents and of `--help`: each command is run as it stands, and
//! its output is compared with a file of `tests/examples`. The pages of help are compared too.
//!
//! `BLESS=1` writes the files anew.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use pretty_assertions::assert_eq;
use wattle_tests::root;

use crate::{WATTLE, wattle, wattle_in};

/// The beginnings of commands that are not run, each with the reason.
const UNTRIED: [(&str, &str); 9] = [
    ("cargo ", "cargo would build for minutes"),
    ("CARGO_TARGET_WASM32_WASIP1_RUNNER", "it needs a target of the compiler"),
    ("target/release/examples/", "cargo would build it"),
    ("wattle run --unknown-imports-trap", "it needs the corpus"),
    ("git clone", "it needs the network"),
    ("wattle wast spec/test/core", "it needs what was cloned before"),
    ("wattle fuzz", "it needs an engine"),
    ("cd fuzz", "the other commands start there"),
    ("for name in", "it writes to the home folder"),
];

/// The number of lines of output that a file keeps.
const SHOWN: usize = 24;

/// The files beside which the examples of `--help` stand.
const FILES: [(&str, &str); 5] = [
    ("prog.wasm", include_str!("../../../../docs/examples/cat.wat")),
    ("in.txt", "the input\n"),
    (
        "math.wat",
        r#"(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1)))
(func $fib (export "fib") (param i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
    (then (local.get 0))
    (else (i32.add
      (call $fib (i32.sub (local.get 0) (i32.const 1)))
      (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"#,
    ),
    ("library.wasm", r#"(module (func (export "f")))"#),
    (
        "uses-library.wat",
        r#"(module (import "library" "f" (func $f)) (func (export "_start") (call $f)))"#,
    ),
];

/// A folder with the files and with the documents.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (name, content) in FILES {
        std::fs::write(path(name), content).unwrap();
        if name.ends_with(".wasm") {
            let ran = wattle_in(folder.path(), &["parse", name, "-o", name], b"");
            assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
        }
    }
    std::fs::create_dir(path("data")).unwrap();
    std::fs::create_dir(path("bin")).unwrap();
    std::os::unix::fs::symlink(root().join("docs"), path("docs")).unwrap();
    std::os::unix::fs::symlink(WATTLE, path("bin/wattle")).unwrap();
    folder
}

/// Returns the command lines of the blocks of `console` in a document. Continued lines are joined.
fn commands(document: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let (mut is_console, mut continues) = (false, false);
    for line in document.lines() {
        if line.starts_with("```") {
            is_console = line == "```console";
            continue;
        }
        let line = line.trim().trim_start_matches("$ ");
        if !is_console || line.is_empty() {
            continue;
        }
        let (text, more) = match line.strip_suffix('\\') {
            Some(text) => (text.trim(), true),
            None => (line, false),
        };
        match commands.last_mut() {
            Some(last) if continues => *last += &format!(" {text}"),
            _ => commands.push(text.to_owned()),
        }
        continues = more;
    }
    commands
}

/// Returns the text with ` in … s` in place of the times that commands took.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    for piece in text.split_inclusive(" s") {
        match piece.strip_suffix(" s").and_then(|start| start.rsplit_once(" in ")) {
            Some((start, time)) if time.parse::<f64>().is_ok() => {
                let _ = write!(out, "{start} in … s");
            }
            _ => out += piece,
        }
    }
    out
}

/// Runs command lines one after the other, and returns those that were run, with their output.
fn transcript(folder: &Path, commands: &[String]) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", folder.join("bin").display());
    let mut out = String::new();
    for line in commands {
        let run = line.replace("cargo run --release -p wattle-cli -- ", "wattle ");
        if UNTRIED.iter().any(|(start, _)| run.starts_with(start)) {
            continue;
        }
        let _ = writeln!(out, "$ {line}");
        assert!(run.contains("wattle"), "what is this? {line}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &run]).current_dir(folder).env("PATH", &path).env_remove("COLUMNS");
        let output = shell.output().unwrap();
        for text in [&output.stdout, &output.stderr] {
            let text = without_times(&String::from_utf8_lossy(text));
            for line in text.lines().take(SHOWN) {
                let _ = writeln!(out, "{line}");
            }
            if text.lines().nth(SHOWN).is_some() {
                out += "(and more lines)\n";
            }
        }
        if !output.status.success() {
            let _ = writeln!(out, "({})", output.status);
        }
        out.push('\n');
    }
    out
}

/// Compares a text with a file of `tests/examples`.
fn check(name: &str, found: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/examples").join(name);
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(file, found).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(expected, found, "{name}: BLESS=1 writes it");
}

#[test]
fn commands_of_the_readme_work_as_pasted() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let commands = commands(&text);
    assert!(commands.len() >= 12, "{commands:?}");
    check("readme.txt", &transcript(folder().path(), &commands));
}

#[test]
fn commands_of_the_documents_work_as_pasted() {
    let documents = root().join("docs").read_dir().unwrap();
    let mut paths: Vec<_> = documents.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut found = String::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|it| it == "md")) {
        let commands = commands(&std::fs::read_to_string(path).unwrap());
        let transcript = transcript(folder().path(), &commands);
        if !transcript.is_empty() {
            let name = path.file_name().unwrap().to_string_lossy();
            let _ = writeln!(found, "# {name}\n\n{transcript}");
        }
    }
    check("documents.txt", &found);
}

/// Returns the names of the subcommands, from the help of the command.
fn subcommands() -> Vec<String> {
    let help = wattle(&["--help"], b"").out;
    let rows = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let rows = rows.take_while(|line| !line.is_empty());
    let names = rows.filter(|line| !line.starts_with("   ") && !line.starts_with("  help "));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn the_pages_of_help_are_as_they_were() {
    let mut found = wattle(&["--help"], b"").out;
    let names = subcommands();
    assert!(names.len() >= 18, "{names:?}");
    for name in names {
        let _ = write!(found, "\n$ wattle {name} --help\n{}", wattle(&[&*name, "--help"], b"").out);
    }
    check("help.txt", &found);
}

#[test]
fn examples_of_help_work_as_pasted() {
    let mut lines = Vec::new();
    for name in subcommands() {
        let help = wattle(&[&*name, "--help"], b"").out;
        let examples = help.lines().skip_while(|line| *line != "Examples:").skip(1);
        lines.extend(examples.take_while(|line| !line.is_empty()).map(|it| it.trim().to_owned()));
    }
    assert!(lines.len() >= 13, "{lines:?}");
    check("help-examples.txt", &transcript(folder().path(), &lines));
}
