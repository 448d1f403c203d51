//! `wattle run` as a user meets it: calls, programs, and errors.

use std::path::Path;

use crate::{Ran, wattle_in};

/// Writes a text to `prog.wat` in a folder, and runs the command there.
fn run_in(folder: &Path, text: &str, args: &[&str], input: &[u8]) -> Ran {
    std::fs::write(folder.join("prog.wat"), text).unwrap();
    wattle_in(folder, args, input)
}

/// Runs the command with a text in a folder of its own, without input.
fn run(text: &str, args: &[&str]) -> Ran {
    run_in(tempfile::tempdir().unwrap().path(), text, args, b"")
}

/// Calls a function of [`MATH`].
fn invoke(words: &str) -> Ran {
    let mut args = vec!["run", "prog.wat", "--invoke"];
    args.extend(words.split(' '));
    run(MATH, &args)
}

const MATH: &str = r#"(module
  (func $div (export "div") (param $a i32) (param $b i32) (result i32)
    (i32.div_s (local.get $a)
      (local.get $b)))
  (func $outer (export "outer") (param i32) (result i32)
    (call $div (i32.const 7) (local.get 0)))
  (func $abs (export "abs") (param i64) (result i64)
    (if (result i64) (i64.lt_s (local.get 0) (i64.const 0))
      (then (i64.sub (i64.const 0) (local.get 0)))
      (else (local.get 0))))
  (func (export "two") (result i32 f64) i32.const -1 f64.const 1.5)
  (func (export "floats") (param f32 f64) (result f32 f64) local.get 0 local.get 1)
  (func (export "vector") (param v128) (result v128) local.get 0)
  (func (export "refs") (param externref) (result externref) local.get 0)
  (func (export "throw") (throw $tag))
  (tag $tag)
  (func (export "spin") (loop (br 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "grow") (result i32) (memory.grow (i32.const 100)))
  (memory 1))"#;

#[test]
fn calls_and_their_results() {
    for (words, expected) in [
        ("div 7 -2", "-3\n"),
        ("div 0x10 0b", ""),
        ("outer 2", "3\n"),
        ("abs -9223372036854775807", "9223372036854775807\n"),
        ("two", "-1\n1.5\n"),
        ("floats 0x1p-3 -inf", "0.125\n-inf\n"),
        ("floats nan:0x200000 -nan", "nan:0x200000\n-nan\n"),
        ("vector i32x4 1 2 3 -1", "i32x4 0x00000001 0x00000002 0x00000003 0xffffffff\n"),
        ("vector 0x0102", "i32x4 0x00000102 0x00000000 0x00000000 0x00000000\n"),
        ("refs null", "ref.null extern\n"),
        ("refs 5", "ref.extern 5\n"),
    ] {
        let ran = invoke(words);
        if expected.is_empty() {
            assert_eq!(ran.code, Some(1), "{words}");
        } else {
            assert_eq!((&*ran.out, ran.code), (expected, Some(0)), "{words}: {}", ran.err);
        }
    }
    let values = run(MATH, &["--json", "run", "--invoke", "two", "prog.wat"]).json();
    assert_eq!(values[1], serde_json::json!({ "type": "f64", "value": "1.5" }));
}

#[test]
fn wrong_arguments_say_what_is_wanted() {
    let signature = "div is (func (param i32 i32) (result i32))";
    for (words, why) in [
        ("div 1", "2 arguments are wanted, 1 given"),
        ("div 1 2 3", "2 arguments are wanted, 3 is left over"),
        ("div 1 1.5", "argument 2: 1.5 is not of type i32"),
        ("div 1 4294967296", "argument 2: 4294967296 is out of range for i32"),
        ("div 1 --x", "argument 2: --x is not of type i32"),
    ] {
        let ran = invoke(words);
        assert_eq!(ran.code, Some(1), "{words}");
        assert!(ran.err.contains(why) && ran.err.contains(signature), "{words}: {}", ran.err);
    }
    let listed = "  div (func (param i32 i32) (result i32))";
    let ran = invoke("nope 1");
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("does not export a function \"nope\"") && ran.err.contains(listed),
        "{}",
        ran.err
    );
    let ran = run(MATH, &["run", "prog.wat", "word"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("no `_start`") && ran.err.contains(listed), "{}", ran.err);
    assert_eq!(run(MATH, &["run", "prog.wat", "--invoke"]).code, Some(2));
    assert_eq!(run(MATH, &["run", "--nope", "prog.wat"]).code, Some(2));
    assert_eq!(run(MATH, &["run", "none.wat"]).code, Some(1));
    assert_eq!(run(MATH, &["run", "--max-memory", "1X", "prog.wat"]).code, Some(2));
    assert_eq!(run(MATH, &["run", "--dir", "none", "prog.wat"]).code, Some(1));
}

#[test]
fn a_trap_is_shown_in_the_text() {
    let ran = invoke("outer 0");
    assert_eq!(ran.code, Some(1));
    for part in ["integer divide by zero", "prog.wat:3:6", "^^^^^^^^^", "in func 0 `$div` + 0x4"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(ran.err.contains("called from func 1 `$outer`"), "{}", ran.err);
    let fault = run(MATH, &["--json", "run", "--invoke", "outer", "prog.wat", "0"]).json_error();
    assert_eq!((&fault["line"], &fault["column"]), (&3.into(), &6.into()));
    assert_eq!(fault["backtrace"][1], "func 1 `$outer` + 0x4");
    assert!(invoke("throw").err.contains("uncaught exception"));
    // A program that traps aborts.
    let ran = run("(module (func (export \"_start\") unreachable))", &["run", "prog.wat"]);
    assert_eq!(ran.code, Some(134));
    assert!(ran.err.contains("unreachable") && ran.err.contains("prog.wat:1:"), "{}", ran.err);
}

#[test]
fn limits() {
    let ran = run(MATH, &["run", "prog.wat", "--invoke", "spin", "--fuel", "1000"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("all fuel consumed"), "{}", ran.err);
    let ran = run(MATH, &["run", "--fuel", "100", "prog.wat", "--invoke", "div", "4", "2"]);
    assert_eq!(ran.out, "2\n");
    let ran = run(MATH, &["run", "--max-depth", "10", "--invoke", "deep", "prog.wat"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("call stack exhausted"), "{}", ran.err);
    assert_eq!(ran.err.matches("`$deep`").count(), 11, "{}", ran.err);
    assert_eq!(invoke("grow").out, "1\n");
    let ran = run(MATH, &["run", "--max-memory", "1M", "--invoke", "grow", "prog.wat"]);
    assert_eq!(ran.out, "-1\n");
    let ran = run(MATH, &["run", "--max-memory", "1K", "--invoke", "grow", "prog.wat"]);
    assert!(ran.code == Some(1) && ran.err.contains("memory size"), "{}", ran.err);
}

#[test]
fn trace_and_coverage() {
    let ran = run(MATH, &["run", "prog.wat", "--invoke", "div", "7", "2", "--trace"]);
    let lines: Vec<_> = ran.err.lines().collect();
    assert_eq!(lines[0], "func 0 `$div` + 0x0: local.get 0");
    assert_eq!(lines[2], "func 0 `$div` + 0x4: i32.div_s");
    let ran = run(MATH, &["run", "--coverage", "--invoke", "abs", "prog.wat", "-4"]);
    let row = ran.err.lines().find(|line| line.contains("$abs")).unwrap();
    assert!(row.contains("7 of 8") && row.contains("0 of 1"), "{row}");
    let args = ["--json", "run", "--coverage", "--invoke", "abs", "prog.wat", "4"];
    let rows = run(MATH, &args).json_error();
    assert_eq!(rows["coverage"][2]["executed"], 5);
}

#[test]
fn imports_that_nobody_provides() {
    let text = r#"(module (import "env" "log" (func $log (param i32)))
  (import "env" "mem" (memory 1))
  (import "wasi_unstable" "fd_close" (func (param i32) (result i32)))
  (func (export "_start") (call $log (i32.const 1))))"#;
    let ran = run(text, &["run", "prog.wat"]);
    assert_eq!(ran.code, Some(1));
    for part in [
        "unknown import: \"env\" \"log\", wanted as (func (param i32))",
        "prog.wat:1:9",
        "\"env\" \"mem\", wanted as (memory)",
        "this old WASI is not provided",
        "3 errors",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    let functions = text.replace("(import \"env\" \"mem\" (memory 1))", "");
    let ran = run(&functions, &["run", "--unknown-imports-trap", "prog.wat"]);
    assert_eq!(ran.code, Some(134));
    assert!(ran.err.contains("the import \"env\" \"log\" was called"), "{}", ran.err);
    let wrong = r#"(module (import "wasi_snapshot_preview1" "fd_close" (func (param i64))))"#;
    let ran = run(wrong, &["run", "prog.wat"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("incompatible import type"), "{}", ran.err);
    assert!(ran.err.contains("the module wants (func (param i64))"), "{}", ran.err);
    let ran = run("(module (func (result i32) i64.const 1))", &["run", "prog.wat"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("type mismatch") && ran.err.contains("prog.wat:1:39"), "{}", ran.err);
}

#[test]
fn a_reactor_is_initialised_first() {
    let text = r#"(module (global $g (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $g (i32.const 42)))
  (func (export "get") (result i32) (global.get $g)))"#;
    assert_eq!(run(text, &["run", "prog.wat", "--invoke", "get"]).out, "42\n");
    let ran = run(text, &["run", "prog.wat"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("note: ") && ran.err.contains("was only instantiated"), "{}", ran.err);
}

#[test]
fn a_module_that_runs_nothing_says_what_could_be_invoked() {
    let ran = run(MATH, &["run", "prog.wat"]);
    assert_eq!(ran.code, Some(2));
    for part in ["no `_start`", "--invoke NAME calls", "  div (func (param i32 i32)"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    let ran = run("(module)", &["run", "prog.wat"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("it exports no functions"), "{}", ran.err);
    let text = "(module (func $f (export \"f\")) (start $f))";
    let ran = run(text, &["run", "prog.wat"]);
    assert!(ran.code == Some(0) && ran.err.contains("  f (func)"), "{ran:?}");
}

#[test]
fn a_directory_with_one_colon_is_given_a_hint() {
    let ran = run(MATH, &["run", "--dir", "a:/b", "prog.wat"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("write a::/b"), "{}", ran.err);
    assert!(!run(MATH, &["run", "--dir", "a::b", "prog.wat"]).err.contains("write"));
}

#[test]
fn modules_are_preloaded_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("one.wat", r#"(module (func (export "one") (result i32) (i32.const 1)))"#);
    let two = r#"(module (import "a" "one" (func $one (result i32)))
  (global $sum (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $sum (i32.add (call $one) (call $one))))
  (func (export "two") (result i32) (global.get $sum)))"#;
    write("two.wat", two);
    let text = r#"(module (import "b" "two" (func $two (result i32)))
  (func (export "four") (result i32) (i32.add (call $two) (call $two))))"#;
    let (one, two) = ("a=one.wat", "b=two.wat");
    let args = ["run", "--preload", one, "--preload", two, "prog.wat", "--invoke", "four"];
    let ran = run_in(folder.path(), text, &args, b"");
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "4\n"), "{}", ran.err);
    let args = ["run", "--preload", two, "--preload", one, "prog.wat"];
    let ran = run_in(folder.path(), text, &args, b"");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("unknown import: \"a\" \"one\"") && ran.err.contains("two.wat"));
    assert_eq!(
        run_in(folder.path(), text, &["run", "--preload", "a", "prog.wat"], b"").code,
        Some(2)
    );
}

/// A program that writes its arguments and variables, each followed by a zero, then its input, and
/// exits with the number of its arguments.
const ECHO: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $put (param $len i32)
    (i32.store (i32.const 100) (i32.const 1024))
    (i32.store (i32.const 104) (local.get $len))
    (if (call $write (i32.const 1) (i32.const 100) (i32.const 1) (i32.const 108))
      (then unreachable)))
  (func (export "_start")
    (drop (call $args_sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 8192) (i32.const 1024)))
    (call $put (i32.load (i32.const 4)))
    (drop (call $env_sizes (i32.const 8) (i32.const 12)))
    (drop (call $env (i32.const 8192) (i32.const 1024)))
    (call $put (i32.load (i32.const 12)))
    (i32.store (i32.const 100) (i32.const 1024))
    (i32.store (i32.const 104) (i32.const 1000))
    (drop (call $read (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 108)))
    (call $put (i32.load (i32.const 108)))
    (call $exit (i32.load (i32.const 0)))))"#;

#[test]
fn a_program_gets_what_it_is_given() {
    for (args, expected) in [
        (&["run", "prog.wat"][..], "prog.wat|in"),
        (&["run", "prog.wat", "--json", "-x", "y"], "prog.wat|--json|-x|y|in"),
        (&["run", "prog.wat", "a", "--fuel", "1"], "prog.wat|a|--fuel|1|in"),
        (&["run", "prog.wat", "--", "--fuel", "1"], "prog.wat|--fuel|1|in"),
        (&["run", "--", "prog.wat", "--fuel", "1"], "prog.wat|--fuel|1|in"),
        (&["run", "--env", "A=b=c", "prog.wat"], "prog.wat|A=b=c|in"),
        (&["run", "prog.wat", "--env=X=1", "--dir", ".", "z"], "prog.wat|z|X=1|in"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let ran = run_in(folder.path(), ECHO, args, b"in");
        assert_eq!(ran.out.replace('\0', "|"), expected, "{args:?}: {}", ran.err);
        let count = expected.split('|').count() - 1 - expected.matches('=').count().min(1);
        assert_eq!(ran.code, Some(count as i32), "{args:?}: {}", ran.err);
    }
}

#[test]
fn time_runs_out_for_who_computes_and_for_who_waits() {
    let ran = run(MATH, &["run", "prog.wat", "--timeout", "0.3", "--invoke", "spin"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("interrupted: it takes longer than --timeout"), "{}", ran.err);
    let fast = run(MATH, &["run", "--timeout", "60", "prog.wat", "--invoke", "div", "7", "2"]);
    assert_eq!((fast.code, &*fast.out), (Some(0), "3\n"));
    let fuel = ["run", "--timeout", "60", "--fuel", "3000000", "prog.wat", "--invoke", "spin"];
    assert!(run(MATH, &fuel).err.contains("all fuel consumed: more than --fuel allows"));

    // Nobody writes to the pipe that it reads.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("prog.wat"), ECHO).unwrap();
    let mut child = std::process::Command::new(crate::WATTLE)
        .args(["run", "--timeout", "0.1", "prog.wat"])
        .current_dir(folder.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let input = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(134));
    drop(input);
}
