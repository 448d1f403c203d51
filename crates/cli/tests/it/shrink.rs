//! `wattle shrink` and `wattle mutate`.

use std::path::Path;

use crate::{WATTLE, wattle, wattle_in};

const MODULE: &str = r#"(module
  (import "env" "log" (func $log (param i32)))
  (memory 1)
  (func $f (param i32) (result i32)
    (call $log (local.get 0))
    (i32.mul (i32.load (local.get 0)) (i32.const 3)))
  (func (export "g") (result i32) (i32.popcnt (call $f (i32.const 8))))
  (func (export "h") (param f64) (result f64) (f64.sqrt (local.get 0))))"#;

/// Returns a command that finds files interesting that print something.
fn prints(what: &str) -> String {
    format!("sh -c '{WATTLE} print $0 | grep -q {what}'")
}

fn write_module(folder: &Path) {
    std::fs::write(folder.join("a.wat"), MODULE).unwrap();
}

#[test]
fn a_module_is_shrunk_to_what_a_command_looks_for() {
    let folder = tempfile::tempdir().unwrap();
    write_module(folder.path());
    for jobs in ["1", "3"] {
        let command = prints("i32.popcnt");
        let arguments = ["shrink", "a.wat", "--if", &command, "-j", jobs, "--json"];
        let ran = wattle_in(folder.path(), &arguments, b"");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let summary = ran.json();
        assert_eq!(summary["output"], "a.shrunken.wasm");
        assert_eq!(summary["finished"], true);
        assert!(summary["tests"].as_u64().unwrap() < 60, "{summary}");
        let small = wattle_in(folder.path(), &["print", "a.shrunken.wasm"], b"");
        // The result does not depend on the number of commands that run at once.
        let expected = "(module\n  (type (;0;) (func))\n  (func (;0;) (type 0)\n    unreachable\n    \
                        i32.popcnt\n    unreachable\n  )\n)\n";
        assert_eq!(small.out, expected, "{jobs}");
        assert_eq!(
            summary["to"],
            std::fs::metadata(folder.path().join("a.shrunken.wasm")).unwrap().len()
        );
    }
}

#[test]
fn a_text_is_shrunk_as_text() {
    let folder = tempfile::tempdir().unwrap();
    write_module(folder.path());
    let arguments = ["shrink", "a.wat", "--text", "--if", "grep -q f64.sqrt {}", "-o", "small.wat"];
    let ran = wattle_in(folder.path(), &arguments, b"");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("small.wat: "), "{ran:?}");
    let text = std::fs::read_to_string(folder.path().join("small.wat")).unwrap();
    assert!(text.contains("f64.sqrt") && text.lines().count() <= 8, "{text}");
}

#[test]
fn what_is_known_is_not_tested_again() {
    let folder = tempfile::tempdir().unwrap();
    write_module(folder.path());
    let command = prints("i32.mul");
    let run = |more: &[&str]| {
        let arguments = ["shrink", "a.wat", "--json", "--state", "state", "--if", &command];
        wattle_in(folder.path(), &[&arguments[..], more].concat(), b"")
    };
    let first = run(&["--max-tests", "6"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let first = first.json();
    assert_eq!((&first["tests"], &first["finished"]), (&6.into(), &false.into()));
    let second = run(&[]).json();
    assert_eq!(second["finished"], true);
    assert!(second["to"].as_u64() < first["to"].as_u64(), "{first} {second}");
    // A third run has nothing left to test.
    let third = run(&[]).json();
    assert_eq!((&third["tests"], &third["to"]), (&0.into(), &second["to"]));
    let other = ["shrink", "a.wat", "--state", "state", "--if", "true"];
    let other = wattle_in(folder.path(), &other, b"");
    assert_eq!(other.code, Some(2), "{other:?}");
    assert!(other.err.contains("another input or another command"), "{other:?}");
}

#[test]
fn an_input_that_is_not_interesting_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    write_module(folder.path());
    for (command, code, words) in [
        (
            "sh -c 'echo no such thing >&2; exit 4'",
            1,
            "exit status: 4 instead of exit status 0:\n       no such thing",
        ),
        ("no-such-command-anywhere", 2, "cannot start no-such-command-anywhere"),
        ("'", 2, "a quote is not closed"),
        ("", 2, "no command"),
    ] {
        let ran = wattle_in(folder.path(), &["shrink", "a.wat", "--if", command], b"");
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.err.contains(words), "{ran:?}");
        assert!(!folder.path().join("a.shrunken.wasm").exists());
    }
    let slow = ["shrink", "a.wat", "--timeout", "1", "--if", "sh -c 'sleep 20'"];
    let slow = wattle_in(folder.path(), &slow, b"");
    assert!(slow.err.contains("takes more than 1 seconds"), "{slow:?}");
    // `--status` sets another exit status for interesting candidates.
    let status = ["shrink", "a.wat", "--status", "4", "--if", "sh -c 'exit 4'"];
    let status = wattle_in(folder.path(), &status, b"");
    assert_eq!(status.code, Some(0), "{status:?}");
    assert!(status.err.contains("nothing is left"), "{status:?}");
}

#[test]
fn what_is_not_valid_is_shrunk_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let text = "(module (memory 1) (func (result i32) (i64.const 1)) (func (drop (i32.const 1))))";
    std::fs::write(folder.path().join("a.wat"), text).unwrap();
    let command = format!("sh -c '{WATTLE} validate $0 2>&1 | grep -q \"type mismatch\"'");
    let refused = wattle_in(folder.path(), &["shrink", "a.wat", "--if", &command], b"");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("type mismatch"), "{refused:?}");
    let arguments = ["shrink", "a.wat", "--allow-invalid", "--json", "--if", &command];
    let ran = wattle_in(folder.path(), &arguments, b"");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.json()["to"].as_u64().unwrap() < 30, "{ran:?}");
}

#[test]
fn a_component_is_shrunk_with_the_module_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let module = MODULE.strip_prefix("(module").unwrap();
    let text = format!(
        "(component (import \"x\" (func)) (core module $m {module} (core module (func))
          (component (core module (func (export \"f\")))))"
    );
    std::fs::write(folder.path().join("a.wat"), text).unwrap();
    let command = prints("i32.popcnt");
    let mut results = Vec::new();
    for jobs in ["1", "4"] {
        let arguments = ["shrink", "a.wat", "--if", &command, "-j", jobs, "--json", "-o", "s.wasm"];
        let ran = wattle_in(folder.path(), &arguments, b"");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let small = wattle_in(folder.path(), &["print", "s.wasm"], b"").out;
        assert!(small.starts_with("(component") && small.contains("i32.popcnt"), "{small}");
        assert!(!small.contains("import") && small.matches("module").count() == 1, "{small}");
        results.push(small);
    }
    assert_eq!(results[0], results[1]);
}

#[test]
fn a_script_is_shrunk() {
    let folder = tempfile::tempdir().unwrap();
    let text = "(module $m (func (export \"f\") (result i32) (i32.const 1)) (memory 1))\n\
                (assert_return (invoke \"f\") (i32.const 1))\n\
                (assert_return (invoke \"f\") (i32.const 2)) ;; it is not\n";
    std::fs::write(folder.path().join("a.wast"), text).unwrap();
    let command = format!("sh -c '! {WATTLE} wast $0'");
    let ran = wattle_in(folder.path(), &["shrink", "a.wast", "--if", &command], b"");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let small = std::fs::read_to_string(folder.path().join("a.shrunken.wast")).unwrap();
    assert!(small.len() < 60 && !small.contains("memory"), "{small}");
}

#[test]
fn ctrl_c_leaves_the_best_candidate() {
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    write_module(folder.path());
    // The command counts its runs, and is slow for candidates that are not interesting.
    let command =
        format!("sh -c 'echo >> runs; {WATTLE} print $0 | grep -q i32.popcnt || exec sleep 30'");
    let child = Command::new(WATTLE)
        .args(["shrink", "a.wat", "--json", "--if", &command])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let runs = || std::fs::read_to_string(folder.path().join("runs")).unwrap_or_default().len();
    while runs() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["finished"], false);
    let best = wattle_in(folder.path(), &["print", "a.shrunken.wasm"], b"");
    assert!(best.out.contains("i32.popcnt"), "{best:?}");
}

#[test]
fn a_mutant_follows_from_its_seed() {
    let mutant = |seed: &str, more: &[&str]| {
        let arguments = ["mutate", "--seed", seed, "--text"];
        let ran = wattle(&[&arguments[..], more].concat(), MODULE.as_bytes());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.out
    };
    assert_eq!(mutant("3", &[]), mutant("3", &[]));
    assert_ne!(mutant("3", &[]), mutant("4", &[]));
    assert_ne!(mutant("3", &["--preserve-semantics"]), mutant("3", &[]));
    for seed in 0..20 {
        let text = mutant(&seed.to_string(), &[]);
        assert_eq!(wattle(&["validate"], text.as_bytes()).code, Some(0), "{text}");
    }
    let broken = wattle(&["mutate", "--seed", "1"], b"(module (func (result i32)))");
    assert_eq!(broken.code, Some(1));
    assert!(broken.err.contains("type mismatch"), "{broken:?}");
}

#[test]
fn a_campaign_mutates_the_modules_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = folder.path().join("corpus");
    std::fs::create_dir(&corpus).unwrap();
    write_module(&corpus);
    std::fs::write(corpus.join("broken.wat"), "(module (func").unwrap();
    std::fs::write(corpus.join("notes.txt"), "no module").unwrap();
    let engine = format!("self='{WATTLE}' fuzz --serve");
    let arguments = ["fuzz", "--json", "--corpus", "corpus", "--engine", &engine, "--count", "40"];
    let ran = wattle_in(folder.path(), &arguments, b"");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let counts = ran.json();
    assert!(counts["engines"]["self"]["agreed"].as_u64().unwrap() > 30, "{counts}");
    let empty = ["fuzz", "--corpus", ".", "--engine", &engine];
    let empty = wattle_in(folder.path(), &empty, b"");
    assert_eq!(empty.code, Some(2), "{empty:?}");
    assert!(empty.err.contains("no valid module"), "{empty:?}");
}
