//! Names and texts of an input reach the terminal without characters that control it.

use wattle_tests::root;

use super::{Ran, wattle};

/// Runs the command on a file of `tests/cases`, and checks what it prints.
fn check(args: &[&str], case: &str) -> Ran {
    let file = root().join("tests/cases").join(case);
    let ran = wattle(&[args, &[file.to_str().unwrap()]].concat(), b"");
    check_printed(&ran, args);
    ran
}

fn check_printed(ran: &Ran, args: &[&str]) {
    let mut printed = ran.out.chars().chain(ran.err.chars()).filter(|c| *c != '\n');
    let harmful = printed.find(|c| !wattle::ast::is_harmless(*c));
    assert_eq!(harmful, None, "{args:?}: {ran:?}");
    assert!(!ran.out.is_empty() || !ran.err.is_empty() || ran.code == Some(0), "{args:?}: {ran:?}");
}

/// The commands that print names of a binary.
const COMMANDS: &[&[&str]] = &[
    &["validate"],
    &["validate", "--json"],
    &["features"],
    &["objdump"],
    &["objdump", "--json"],
    &["dump"],
    &["dump", "--json"],
    &["print"],
    &["print", "--fold", "--name-unnamed"],
    &["print", "--skeleton", "--inline-imports-exports"],
    &["print", "--operand-stack"],
    &["wasm-objdump", "-h", "-x", "-d", "-s"],
    &["wasm2wat"],
    &["run", "--trace"],
    &["run", "--coverage"],
    &["run", "--coverage", "--json"],
    &["run", "--json"],
    &["run", "--invoke", "nothing"],
];

#[test]
fn names_are_escaped_by_every_command() {
    let cases =
        ["nasty_invalid.wasm", "nasty_names.wasm", "nasty_trap.wasm", "control_characters.wat"];
    for case in cases {
        for args in COMMANDS {
            check(args, case);
        }
    }
    let listing = check(&["objdump"], "control_characters.wat").out;
    for shown in [
        r#"func          0  "\u{1b}[2J" "\r""#,
        r#"func          1  "\u{1b}]0;pwn\u{7}""#,
        r"bytes  \u{1b}[31mred",
        r"bytes  a\nb",
        r"bytes  \u{202e}evil",
    ] {
        assert!(listing.contains(shown), "{shown} is missing in {listing}");
    }
    let error = check(&["validate"], "nasty_invalid.wasm").err;
    assert!(error.contains(r"in func 1 `$\u{1b}]0;pwned\u{7}\u{1b}[31mRED"), "{error}");
    let json = check(&["objdump", "--json"], "nasty_names.wasm");
    let names: Vec<_> = json.json()["exports"].as_array().unwrap().to_vec();
    assert!(names[0]["name"].as_str().unwrap().contains("\u{202e}evil"), "{names:?}");
}

#[test]
fn the_message_of_a_script_is_escaped() {
    for args in [&["wast"][..], &["wast", "--json"]] {
        let ran = check(args, "nasty_message.wast");
        assert!(ran.out.contains("evil"), "{ran:?}");
    }
}

#[test]
fn source_lines_are_escaped_and_the_mark_stays_in_place() {
    // Comments and strings may hold any character but C0 controls and DEL.
    let text =
        "(module (; \u{202e}\u{9b}1m ;) (func $\"\u{2066}x\" i32.nope) (func call $\"\u{202e}\"))";
    for args in [&["parse"][..], &["parse", "--json"], &["validate"], &["wast"]] {
        check_printed(&wattle(args, text.as_bytes()), args);
    }
    let error = wattle(&["parse"], text.as_bytes()).err;
    assert!(error.contains("1:32"), "{error}");
    let lines: Vec<_> = error.lines().collect();
    let at = lines.iter().position(|line| line.contains("i32.nope)")).unwrap();
    let column = |line: &str, part: &str| line.find(part).map(|at| line[..at].chars().count());
    assert_eq!(column(lines[at], "i32.nope"), column(lines[at + 1], "^^^^^^^^"), "{error}");
    // A text need not be a module, and may end within a token.
    for text in ["\u{1b}[2J", "(module \u{9b}", "(module (func $\u{202e}))", "(module \"\u{202e}"] {
        check_printed(&wattle(&["parse"], text.as_bytes()), &[text]);
    }
}

#[cfg(unix)]
#[test]
fn the_name_of_a_file_is_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a\u{1b}[2J\nb\u{202e}.wat");
    std::fs::write(&file, "(module (func i32.nope))").unwrap();
    for args in [&["validate"][..], &["print", "--json"], &["objdump"], &["wast"], &["run"]] {
        check_printed(&wattle(&[args, &[file.to_str().unwrap()]].concat(), b""), args);
        let missing = file.with_extension("missing");
        check_printed(&wattle(&[args, &[missing.to_str().unwrap()]].concat(), b""), args);
    }
}
