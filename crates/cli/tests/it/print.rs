//! `wattle print`: parts that are left out, parts that are added, and colours.

use std::process::Command;

use crate::{WATTLE, wattle};

const TEXT: &[u8] = br#"(module $m
  (import "env" "f" (func $f (param i32)))
  (func $g (export "g") (param $x i32) (result i32)
    (call $f (local.get $x))
    (block $l (result i32) (i32.const 1) (br $l (i32.const 2)))
    (i32.add (i32.const 3)))
  (@custom "x" "y")
  (@producers (language "a" "1")))"#;

fn print(args: &[&str]) -> String {
    let binary = wattle(&["parse"], TEXT);
    let ran = wattle(&[&["print"], args].concat(), &binary.bytes);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.out
}

#[test]
fn names_and_custom_sections_are_left_out() {
    let out = print(&["--no-names"]);
    assert!(!out.contains('$') && !out.contains("(@name"), "{out}");
    assert!(out.contains("local.get 0") && out.contains("(@custom \"x\""), "{out}");
    let out = print(&["--no-customs"]);
    assert!(out.contains("func $g") && !out.contains("(@"), "{out}");
    let both = wattle(&["parse"], print(&["--no-names", "--no-customs"]).as_bytes()).bytes;
    let stripped = wattle(&["strip", "--all"], &wattle(&["parse"], TEXT).bytes).bytes;
    assert_eq!(both, stripped);
}

#[test]
fn imports_and_exports_stand_at_their_items() {
    let out = print(&["--inline-imports-exports"]);
    assert!(out.contains("(func $g (;1;) (export \"g\")"), "{out}");
}

#[test]
fn the_operand_stack_is_shown_before_each_instruction() {
    let out = print(&["--operand-stack", "--no-customs"]);
    let body = out.split("local.get $x").next().unwrap();
    assert!(body.trim_end().ends_with(";; []"), "{out}");
    let lines: Vec<_> = out.lines().map(str::trim).skip_while(|line| *line != ";; []").collect();
    let expected = [
        ";; []",
        "local.get $x",
        ";; [i32]",
        "call $f",
        ";; []",
        "block $l (result i32)",
        ";; []",
        "i32.const 1",
        ";; [i32]",
        "i32.const 2",
        ";; [i32 i32]",
        "br $l",
        ";; [...]",
        "end",
        ";; [i32]",
        "i32.const 3",
        ";; [i32 i32]",
        "i32.add",
    ];
    assert_eq!(lines[..expected.len()], expected, "{out}");
    assert_eq!(wattle(&["parse"], out.as_bytes()).bytes, {
        let without = print(&["--no-customs"]);
        wattle(&["parse"], without.as_bytes()).bytes
    });
    assert_eq!(wattle(&["print", "--operand-stack", "--fold"], TEXT).code, Some(2));
    // An invalid instruction ends the comments, but not the text.
    let invalid = b"(func nop i32.add nop) (func nop)";
    let out = wattle(&["print", "--operand-stack"], invalid).out;
    assert_eq!((out.matches(";; []").count(), out.matches("nop").count()), (3, 3), "{out}");
}

#[test]
fn colours_are_for_who_wants_them() {
    let run = |args: &[&str], variables: &[(&str, &str)], file: &str| {
        let mut command = Command::new(WATTLE);
        command.args(args).arg(file).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let shown = [output.stdout, output.stderr].concat();
        String::from_utf8(shown).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = write("good.wat", TEXT);
    let bad = write("bad.wat", b"(func i32.nope)");
    let forced = [("CLICOLOR_FORCE", "1")];
    for (command, file) in [("print", &good), ("validate", &bad), ("print", &bad)] {
        let plain = run(&[command], &[], file);
        assert!(!plain.contains('\x1b'), "{plain}");
        assert_eq!(run(&[command, "--color", "never"], &forced, file), plain);
        assert_eq!(run(&[command, "--color=auto"], &[("NO_COLOR", "1")], file), plain);
        let coloured = run(&[command, "--color", "always"], &[("NO_COLOR", "1")], file);
        assert_eq!(run(&[command], &forced, file), coloured);
        assert!(coloured.contains("\x1b["), "{coloured}");
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }
    let usage = run(&["validate", "--nope", "--color", "always"], &[], &bad);
    assert!(usage.contains("\x1b["), "{usage}");
    let usage = run(&["validate", "--nope", "--color=never"], &forced, &bad);
    assert!(usage.contains("unexpected argument") && !usage.contains('\x1b'), "{usage}");
    let copy = folder.path().join("copy.wat").to_str().unwrap().to_owned();
    run(&["print", "--color", "always", "-o", &copy], &[], &good);
    assert!(!std::fs::read_to_string(&copy).unwrap().contains('\x1b'));
}
