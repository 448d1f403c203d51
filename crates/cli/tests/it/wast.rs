//! `wattle wast`: scripts, folders of scripts, failures.

use crate::wattle;

fn wast(args: &[&str]) -> (Option<i32>, String, String) {
    let ran = wattle(&[&["wast"], args].concat(), b"");
    (ran.code, ran.out, ran.err)
}

const GOOD: &str = r#"
(module (func (export "id") (param i32) (result i32) local.get 0))
(assert_return (invoke "id" (i32.const 1)) (i32.const 1))
(assert_return (invoke "id" (i32.const 2)) (i32.const 2))
"#;

const BAD: &str = r#"
(module (func (export "id") (param i32) (result i32) local.get 0))
(assert_return (invoke "id" (i32.const 1)) (i32.const 1))
(assert_return (invoke "id" (i32.const 2)) (i32.const 3))
(assert_invalid (module (func)) "type mismatch")
(assert_trap (invoke "none") "unreachable")
"#;

#[test]
fn folders_and_failures() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::create_dir(path("b")).unwrap();
    std::fs::write(path("b/good.wast"), GOOD).unwrap();
    std::fs::write(path("c.wast"), GOOD).unwrap();
    std::fs::write(path("c.txt"), "no script").unwrap();
    let (code, out, _) = wast(&[&path("")]);
    assert_eq!(code, Some(0));
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].ends_with("good.wast: 2 passed, 0 failed"), "{out}");
    assert_eq!((lines.len(), lines[2]), (3, "4 passed, 0 failed"));

    std::fs::write(path("bad.wast"), BAD).unwrap();
    std::fs::write(path("broken.wast"), "(module)\n(assert_retrun (module))").unwrap();
    for jobs in ["1", "4"] {
        let (code, out, err) =
            wast(&["-j", jobs, &path("c.wast"), &path("bad.wast"), &path("broken.wast")]);
        assert_eq!(code, Some(1));
        let lines: Vec<_> = out.lines().collect();
        assert!(lines[0].ends_with("c.wast: 2 passed, 0 failed"), "{out}");
        assert!(lines[1].ends_with("bad.wast: 1 passed, 3 failed"), "{out}");
        let expected = "bad.wast:4: assert_return: expected (i32.const 3), got (i32.const 2)";
        assert!(lines[2].ends_with(expected), "{out}");
        let expected = "bad.wast:5: assert_invalid: expected invalid: type mismatch, got success";
        assert!(lines[3].ends_with(expected), "{out}");
        assert!(lines[4].contains("bad.wast:6: assert_trap: expected trap: unreachable"), "{out}");
        assert!(lines[5].ends_with("broken.wast: 0 passed, 1 failed"), "{out}");
        assert_eq!(lines[6..], ["3 passed, 4 failed"]);
        assert!(err.contains("broken.wast:2:2") && err.contains("^^^"), "{err}");
    }
}

#[test]
fn what_a_script_lacks_is_named() {
    let script = br#"(module instance)
(component instance)
(module instance $a $lost)
(component instance $b $lost)
(invoke "f")
(invoke $lost "f")
(module definition $m)
(component instance $c $m)
(component definition $d)
(module instance $e $d)"#;
    let ran = wattle(&["wast", "-"], script);
    for part in [
        ":1: module: expected success, got no module was defined before",
        ":2: component: expected success, got no component was defined before",
        ":3: module: expected success, got no such module definition: $lost",
        ":4: component: expected success, got no such component definition: $lost",
        ":5: invoke: expected success, got nothing was instantiated before",
        ":6: invoke: expected success, got no such instance: $lost",
        ":8: component: expected success, got a component is expected, and this is a module",
        ":10: module: expected success, got a module is expected, and this is a component",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
}

#[test]
fn json_has_a_line_for_each_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("bad.wast"), BAD).unwrap();
    std::fs::write(path("broken.wast"), "(").unwrap();
    let (code, out, _) = wast(&["--json", &path("bad.wast"), &path("broken.wast"), &path("none")]);
    assert_eq!(code, Some(1));
    let objects: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 3);
    assert_eq!((&objects[0]["passed"], &objects[0]["failed"]), (&1.into(), &3.into()));
    let failure = &objects[0]["failures"][0];
    assert_eq!((&failure["line"], &failure["keyword"]), (&4.into(), &"assert_return".into()));
    assert_eq!(failure["got"], "(i32.const 2)");
    assert_eq!(objects[1]["errors"][0]["line"], 1);
    assert!(objects[2]["error"].as_str().unwrap().contains("cannot read"));
}

#[test]
fn features_follow_from_the_folder_unless_they_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::create_dir_all(path("proposals/threads")).unwrap();
    std::fs::create_dir_all(path("core")).unwrap();
    // WebAssembly 1.0 refuses two memories, also with threads.
    let script = r#"(assert_invalid (module (memory 1) (memory 1)) "multiple memories")"#;
    std::fs::write(path("proposals/threads/a.wast"), script).unwrap();
    std::fs::write(path("core/a.wast"), script).unwrap();
    assert_eq!(wast(&[&path("proposals")]).0, Some(0));
    assert_eq!(wast(&[&path("core")]).0, Some(1));
    assert_eq!(wast(&["--features", "wasm1,threads", &path("core")]).0, Some(0));
    assert_eq!(wast(&["--features", "nope", &path("core")]).0, Some(2));
    assert_eq!(wast(&[]).0, Some(2));
    std::fs::create_dir(path("empty")).unwrap();
    let (code, _, err) = wast(&[&path("empty")]);
    assert!(code == Some(1) && err.contains("no `.wast` file"), "{err}");
}

#[test]
fn a_module_is_not_a_script() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, content: &[u8], why: &str| {
        std::fs::write(folder.path().join(name), content).unwrap();
        let ran = crate::wattle_in(folder.path(), &["wast", name], b"");
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.err.contains(why), "{why}: {ran:?}");
        assert!(ran.out.ends_with("0 passed, 1 failed\n"), "{ran:?}");
    };
    refused("m.wasm", b"\0asm\x01\0\0\0", "a binary module is not a test script");
    refused("m.wast", b"\0asm\x01\0\0\0", "`wattle validate` checks a module");
    refused("m.wat", b"(module (func))", "a module is not a test script");
    refused("m.wat", b"(func)", "a module is not a test script");
    refused("m.wast", b"(module)\n;; \xff", "malformed UTF-8 encoding");
    let path = folder.path().join("script.wat");
    std::fs::write(&path, GOOD).unwrap();
    assert_eq!(wast(&[path.to_str().unwrap()]).0, Some(0));
}

#[test]
fn nothing_is_run_when_modules_are_only_checked() {
    let script = r#"(module $m (func (export "spin") (loop (br 0))))
(invoke "spin")
(assert_return (invoke "spin"))
(module (func (result i32)))
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_malformed (module quote "(func") "unexpected")
(assert_malformed (module quote "(func)") "unexpected")
(assert_unlinkable (module (import "a" "b" (func))) "unknown import")
(assert_trap (module (func $f unreachable) (start $f)) "unreachable")
(register "m" $m)
(thread $t (shared (module $m)) (module (func i32.add)))
(wait $t)"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.wast").display().to_string();
    std::fs::write(&path, script).unwrap();
    let (code, out, err) = wast(&["--no-run", &path]);
    assert_eq!(code, Some(1), "{err}");
    let lines: Vec<_> = out.lines().map(|line| line.trim_start_matches(&*path)).collect();
    assert_eq!(lines[0], ": 2 passed, 3 failed, 4 not run");
    for (line, place) in lines[1..4].iter().zip(["4: module", "7: assert_malformed", "11: module"])
    {
        assert!(line.contains(place), "{out}");
    }
    assert_eq!(lines[4], "2 passed, 3 failed, 4 not run");
    let ran =
        wattle(&["wast", "--json", "--no-run", "-"], b"(module) (assert_return (invoke \"f\"))");
    assert_eq!((ran.code, &ran.json()["left_out"]), (Some(0), &1.into()));
}

#[test]
fn actions_are_bounded_by_fuel_and_time() {
    let script = br#"(module (func (export "spin") (loop (br 0)))
  (func (export "count") (local i32)
    (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100))))))
(assert_return (invoke "count"))
(assert_return (invoke "count"))
(assert_return (invoke "spin"))
(assert_return (invoke "count"))"#;
    let ran = wattle(&["wast", "--fuel", "2000", "-"], script);
    assert!(ran.out.starts_with("<stdin>: 3 passed, 1 failed"), "{ran:?}");
    assert!(ran.out.contains(":6: assert_return: expected nothing, got exhaustion: all fuel"));
    let ran = wattle(&["wast", "--timeout", "0.5", "-"], script);
    assert!(ran.out.starts_with("<stdin>: 2 passed, 1 failed"), "{ran:?}");
    assert!(ran.out.contains("got interrupted"), "{ran:?}");
    let start = br#"(module (func $spin (loop (br 0))) (start $spin)) (module)"#;
    let ran = wattle(&["wast", "--timeout", "0.2", "-"], start);
    assert!(ran.out.contains(":1: module: expected success, got interrupted"), "{ran:?}");
    let both = ["wast", "--timeout", "60", "--fuel", "1500000", "-"];
    assert!(wattle(&both, script).out.starts_with("<stdin>: 3 passed, 1 failed"));
    assert_eq!(wattle(&["wast", "--timeout", "x", "-"], script).code, Some(2));
}

#[test]
fn each_error_of_a_module_has_a_line_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.wast").display().to_string();
    std::fs::write(&path, "(module\n  (func (i32.foo))\n  (func (i32.bar)))").unwrap();
    let (code, out, _) = wast(&[&path]);
    assert_eq!(code, Some(1));
    let lines: Vec<_> = out.lines().collect();
    let first = "1: module: expected success, got malformed: unknown operator i32.foo";
    assert!(lines[1].contains(first) && lines[1].contains("at line 2, column 10"), "{out}");
    assert!(lines[2].starts_with("    unknown operator i32.bar"), "{out}");
    assert!(lines[2].contains("at line 3, column 10"), "{out}");
}
