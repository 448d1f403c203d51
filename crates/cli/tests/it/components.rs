//! Components in the command: every subcommand takes them, or says why not.

use std::path::Path;

use wattle_tests::root;

use crate::{Ran, wattle, wattle_in};

const TEXT: &str = r#"(component $top
  (import "a:b/c@0.2.0" (instance $env
    (export "t" (type (sub resource)))
    (export "get" (func (param "x" u32) (result (list string))))))
  (core module $m (func (export "f") (param i32) (result i32) local.get 0) (@custom "y" "z"))
  (core instance $i (instantiate $m))
  (func (export "run") (param "a" u32) (result u32) (canon lift (core func $i "f")))
  (component $inner (type $t (record (field "a" u8))) (core module (func)))
  (type $f (future u8))
  (@custom "x" "abc"))"#;

fn good(args: &[&str], input: &[u8]) -> Ran {
    let ran = wattle(args, input);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}: {}", ran.out);
    ran
}

fn binary() -> Vec<u8> {
    good(&["parse", "--check"], TEXT.as_bytes()).bytes
}

#[test]
fn text_and_binary_are_translated_into_each_other() {
    let wasm = binary();
    assert_eq!(good(&["parse"], &wasm).bytes, wasm);
    let text = good(&["print"], &wasm).out;
    assert_eq!(good(&["parse"], text.as_bytes()).bytes, wasm);
    for line in ["(component $top", "  (core module $m (;0;)", "(@custom \"x\" \"abc\")"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    good(&["validate"], &wasm);
    good(&["validate", "-j", "1"], TEXT.as_bytes());
    for quoted in
        ["(component quote \"(type u8)\" \"(core module)\")", "(component (type u8) (core module))"]
    {
        assert_eq!(
            good(&["parse"], quoted.as_bytes()).bytes,
            b"\0asm\x0d\0\x01\0\x07\x02\x01\x7d\x01\x08\0asm\x01\0\0\0"
        );
    }
    let embedded = r#"(component binary "\00asm\0d\00\01\00")"#;
    assert_eq!(good(&["print"], embedded.as_bytes()).out, "(component)\n");
}

#[test]
fn options_of_print_apply_to_all_that_is_inside() {
    let wasm = binary();
    let print = |option| good(&["print", option], &wasm).out;
    assert!(!print("--no-names").contains('$'));
    assert!(print("--no-names").contains("@custom"));
    assert!(!print("--no-customs").contains("@custom"));
    assert!(print("--no-customs").contains("$inner"));
    assert!(!print("--skeleton").contains("local.get"));
    assert!(print("--name-unnamed").contains("(core module $#core-module0"));
    assert!(print("--indent=0").lines().all(|line| !line.starts_with(' ')));
    // Parts that are left out do not move the offsets of the rest.
    let offsets = |text: String| -> Vec<String> {
        text.lines()
            .filter(|line| line.contains("(;@") && !line.contains("@custom"))
            .map(|line| line.trim().split("(;@").nth(1).unwrap().split(';').next().unwrap().into())
            .collect()
    };
    let all = offsets(good(&["print", "--offsets"], &wasm).out);
    let fewer = offsets(good(&["print", "--offsets", "--no-customs", "--no-names"], &wasm).out);
    assert_eq!(all, fewer);
    let stacks = print("--operand-stack");
    assert!(stacks.contains("      ;; []\n      local.get 0"), "{stacks}");
    assert_eq!(good(&["parse"], stacks.as_bytes()).bytes, wasm);
}

#[test]
fn errors_have_their_places() {
    let text = "(component\n (import \"a\" (func $f (result 9)))\n (core module (func (result i32) i64.const 1)))";
    let Ran { code, err, .. } = wattle(&["validate"], text.as_bytes());
    assert_eq!(code, Some(1));
    for part in
        ["<stdin>:2:", "<stdin>:3:45", "in core module 0, func 0, instr 1 `end`", "2 errors"]
    {
        assert!(err.contains(part), "{part}: {err}");
    }
    let wasm = good(&["parse"], text.as_bytes()).bytes;
    let Ran { code, err, .. } = wattle(&["validate", "--json"], &wasm);
    assert_eq!(code, Some(1));
    let faults: Vec<serde_json::Value> =
        err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(faults.len(), 2);
    assert!(faults.iter().all(|fault| fault["start"].is_u64()), "{err}");
    // The message names the feature, and says how to turn it on.
    let text = "(component (type (list u8 4)))";
    let Ran { err, .. } = wattle(&["validate"], text.as_bytes());
    assert!(err.contains("--features default,cm-fixed-length-lists"), "{err}");
    good(&["validate", "--features", "default,cm-fixed-length-lists"], text.as_bytes());
}

#[test]
fn every_byte_is_dumped_once() {
    let wasm = binary();
    let rows = good(&["--json", "dump"], &wasm).out;
    let mut bytes = String::new();
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        assert_eq!(row["offset"], bytes.len() / 2, "{row}");
        assert!(!row["meaning"].as_str().unwrap().contains('{'), "{row}");
        bytes += row["bytes"].as_str().unwrap();
    }
    let hex: String = wasm.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(bytes, hex);
}

#[test]
fn objdump_lists_what_is_inside_under_its_path() {
    let wasm = binary();
    let listing = good(&["--json", "objdump"], &wasm).json();
    assert_eq!(listing["kind"], "component");
    assert_eq!(listing["size"], wasm.len());
    assert_eq!(listing["imports"][0]["name"], "a:b/c@0.2.0");
    assert_eq!(listing["imports"][0]["type"], "instance, 2 exports");
    assert_eq!(listing["exports"][0]["type"], "(func (param \"a\" u32) (result u32))");
    let paths: Vec<_> = listing["inner"].as_array().unwrap().iter().map(|it| &it["path"]).collect();
    assert_eq!(
        paths,
        ["core module 0 $m", "component 0 $inner", "component 0 $inner, core module 0"]
    );
    assert_eq!(listing["inner"][0]["functions"].as_array().unwrap().len(), 1);
    let sections = listing["sections"].as_array().unwrap();
    let sizes: u64 = sections.iter().map(|section| section["size"].as_u64().unwrap()).sum();
    assert_eq!(sizes + 8, wasm.len() as u64);
}

#[test]
fn features_come_from_every_level() {
    let wasm = binary();
    let out = good(&["features"], &wasm).out;
    assert!(out.contains("component-model  the component itself"), "{out}");
    assert!(out.contains("cm-async         type 2"), "{out}");
    let text =
        "(component (component (core module (memory i64 1))) (core type (func (param v128))))";
    let rows = good(&["--json", "features"], text.as_bytes()).json();
    let paths: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["feature"].as_str().unwrap(), row["path"].as_str().unwrap()))
        .collect();
    assert!(paths.contains(&("memory64", "component 0, core module 0, memory 0")), "{paths:?}");
    assert!(paths.contains(&("simd", "core type 0")), "{paths:?}");
}

#[test]
fn stripping_goes_inside_and_keeps_what_is_valid() {
    let wasm = binary();
    let stripped = good(&["strip", "--all"], &wasm).bytes;
    good(&["validate"], &stripped);
    let text = good(&["print"], &stripped).out;
    assert!(!text.contains("@custom") && !text.contains('$'), "{text}");
    assert_eq!(good(&["strip", "--keep", "."], &wasm).bytes, wasm);
    let text = good(&["print"], &good(&["strip", "-d", "^y$"], &wasm).bytes).out;
    assert!(!text.contains("\"y\"") && text.contains("\"x\"") && text.contains("$inner"), "{text}");
}

#[test]
fn a_component_is_taken_apart_and_put_together() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str], input: &[u8]| wattle_in(folder.path(), args, input);
    let wasm = binary();
    let ran = run(&["component", "unbundle", "--out-dir", "parts"], &wasm);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let files = |folder: &Path| {
        let mut names: Vec<_> = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let parts = folder.path().join("parts");
    let expected = ["bundle.json", "component.shell", "component0-inner.wasm", "module0-m.wasm"];
    assert_eq!(files(&parts), expected);
    assert_eq!(run(&["component", "bundle", "parts"], b"").bytes, wasm);
    assert_eq!(run(&["validate", "parts/module0-m.wasm"], b"").code, Some(0));
    assert_eq!(run(&["validate", "parts/component0-inner.wasm"], b"").code, Some(0));

    // Nothing is overwritten, and a failure leaves nothing behind.
    let ran = run(&["component", "unbundle", "--out-dir", "parts"], &wasm);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("not empty"), "{}", ran.err);
    let ran = run(&["component", "unbundle", "--out-dir", "none/parts"], &wasm);
    assert_eq!(ran.code, Some(1));
    assert_eq!(files(folder.path()), ["parts"]);

    // A part may be replaced, also by text; a part of another kind is refused.
    let text = "(module $m (func (export \"f\") (param i32) (result i32) i32.const 1))";
    std::fs::write(parts.join("module0-m.wasm"), text).unwrap();
    let ran = run(&["component", "bundle", "parts", "-o", "new.wasm"], b"");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(run(&["validate", "new.wasm"], b"").code, Some(0));
    assert!(run(&["print", "new.wasm"], b"").out.contains("i32.const 1"));
    std::fs::write(parts.join("module0-m.wasm"), "(component)").unwrap();
    let ran = run(&["component", "bundle", "parts"], b"");
    assert!(ran.err.contains("a module is expected here"), "{}", ran.err);

    // A manifest can only name files in its own folder.
    let manifest = std::fs::read_to_string(parts.join("bundle.json")).unwrap();
    for path in ["../new.wasm", "/etc/passwd", "..", ""] {
        let text = manifest.replace("module0-m.wasm", path);
        std::fs::write(parts.join("bundle.json"), text).unwrap();
        let ran = run(&["component", "bundle", "parts"], b"");
        assert_eq!(ran.code, Some(1));
        assert!(ran.err.contains("is not the name of a file"), "{path}: {}", ran.err);
    }
    let ran = run(&["component", "unbundle", "--out-dir", "module"], b"(module)");
    assert!(ran.err.contains("a component is expected"), "{}", ran.err);
}

#[test]
fn names_of_files_are_safe_and_sizes_that_were_long_stay_long() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str], input: &[u8]| wattle_in(folder.path(), args, input);
    let text = r#"(component (core module $"../../a/b") (core module $"../../a/b c") (core module $"\u{1f600}.\u{7}"))"#;
    let wasm = good(&["parse"], text.replace("a/b c", "c").as_bytes()).bytes;
    let ran = run(&["component", "unbundle", "--out-dir", "parts"], &wasm);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let mut names: Vec<_> = ran.out.lines().map(|line| line.split(':').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["module0-______a_b.wasm", "module1-______c.wasm", "module2-___.wasm"]);
    assert_eq!(run(&["component", "bundle", "parts"], b"").bytes, wasm);

    let long = b"\0asm\x0d\0\x01\0\x01\x88\x80\0\0asm\x01\0\0\0\x01\x08\0asm\x01\0\0\0";
    let ran = run(&["component", "unbundle", "--out-dir", "long"], long);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(run(&["component", "bundle", "long"], b"").bytes, long);
    let ran = run(&["component", "unbundle", "--threshold", "8", "--out-dir", "none"], long);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
    assert_eq!(run(&["component", "bundle", "none"], b"").bytes, long);
}

#[test]
fn commands_that_cannot_take_components_say_so() {
    let wasm = binary();
    let Ran { code, err, .. } = wattle(&["run", "-"], &wasm);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("components are not executed yet") && err.contains("wasmtime run"),
        "{err}"
    );
    for args in [
        &["wat2wasm"][..],
        &["wasm-strip", "-"],
        &["wasm2wat"],
        &["wasm-validate"],
        &["wasm-objdump", "-x", "-"],
    ] {
        let Ran { code, err, .. } = wattle(args, &wasm);
        assert_eq!(code, Some(0), "{args:?}: {err}");
        assert!(err.contains("is a component; WABT has none, Wattle does"), "{args:?}: {err}");
    }
}

#[test]
fn scripts_of_components_are_judged_and_what_is_not_executed_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"(component definition $d (import "f" (func)))
(component (func (export "f") (result u8) (canon lift (core func $i "f")))
  (core module $m) (core instance $i (instantiate $m)))
(component $c (core module))
(assert_return (invoke "f") (u8.const 1))
(assert_return (invoke $c "f") (u8.const 1))
(assert_invalid (component (export "a" (func 0))) "unknown func")
(assert_invalid (component (export "a" (func 0))) "other words")
(assert_unlinkable (component (import "f" (func))) "unknown import")
(assert_invalid (component (type u8)) "nothing")
(module (func (export "g")))
(assert_return (invoke "g"))"#;
    std::fs::write(folder.path().join("s.wast"), script).unwrap();
    let run = |args: &[&str]| wattle_in(folder.path(), args, b"");
    let ran = run(&["wast", "s.wast"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    for part in [
        "s.wast: 3 passed, 2 failed, 4 skipped",
        "s.wast:2: component: expected success, got malformed: unknown core instance $i",
        "s.wast:10: assert_invalid: expected invalid: nothing, got success",
        "skipped: 2 assert_return (lines 5, 6), 1 assert_unlinkable (line 9), 1 component (line 4)",
        "other messages than expected: 1 assert_invalid (line 8)",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let good: Vec<_> =
        script.lines().enumerate().filter(|(line, _)| ![1, 2, 9].contains(line)).collect();
    let good: Vec<_> = good.into_iter().map(|(_, line)| line).collect();
    std::fs::write(folder.path().join("s.wast"), good.join("\n")).unwrap();
    assert_eq!(run(&["wast", "s.wast"]).code, Some(3));
    let ran = run(&["wast", "--json", "s.wast"]);
    let row: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(row["skipped"].as_array().unwrap().len(), 4, "{row}");
    assert_eq!(row["reworded"].as_array().unwrap().len(), 1, "{row}");
    let ran = run(&["wast", "--no-run", "s.wast"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.contains("2 passed, 0 failed, 4 not run"), "{}", ran.out);
    assert!(ran.out.contains("skipped: 2 assert_return"), "{}", ran.out);
}

/// Runs the command with all features on.
fn with_all(args: &[&str], input: &[u8]) -> Ran {
    good(&[args, &["--features", "all"]].concat(), input)
}

/// Checks every command on a valid component.
fn survives(name: &str, wasm: &[u8]) {
    assert_eq!(with_all(&["parse"], wasm).bytes, wasm, "{name}");
    let text = good(&["print"], wasm).out;
    let again = with_all(&["parse"], text.as_bytes()).bytes;
    assert_eq!(good(&["print"], &again).out, text, "{name}");
    with_all(&["validate"], wasm);
    good(&["objdump"], wasm);
    good(&["dump"], wasm);
    good(&["features"], wasm);
    with_all(&["validate"], &good(&["strip", "--all"], wasm).bytes);
    let folder = tempfile::tempdir().unwrap();
    let unbundle = ["component", "unbundle", "--out-dir", "parts"];
    let unbundled = wattle_in(folder.path(), &unbundle, wasm);
    assert_eq!(unbundled.code, Some(0), "{name}: {}", unbundled.err);
    let bundled = wattle_in(folder.path(), &["component", "bundle", "parts"], b"");
    assert_eq!(bundled.bytes, wasm, "{name}");
}

#[test]
fn real_components_survive_every_command() {
    for component in wattle_tests::components::published() {
        survives(component.name, &component.bytes);
    }
    let texts = wattle_tests::components::texts_of_wit_component();
    assert!(texts.len() > 100, "{}", texts.len());
    for path in texts.into_iter().step_by(wattle_tests::every(5)) {
        let text = std::fs::read(&path).unwrap();
        survives(&path.display().to_string(), &with_all(&["parse"], &text).bytes);
    }
}

#[test]
fn the_example_is_valid() {
    let example = std::fs::read(root().join("docs/examples/add.wat")).unwrap();
    good(&["validate"], &example);
}

#[test]
fn core_modules_become_files_and_the_component_imports_them() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str], input: &[u8]| wattle_in(folder.path(), args, input);
    let wasm = binary();
    let args =
        ["component", "unbundle", "--module-dir", "parts", "--threshold", "0", "-o", "d.wasm"];
    let ran = run(&args, &wasm);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (Some(0), "", ""));
    assert_eq!(run(&["validate", "d.wasm"], b"").code, Some(0));
    let types = run(&["objdump", "--json", "d.wasm"], b"").json();
    assert_eq!(types["imports"][0]["name"], "unbundled-module0");
    assert_eq!(types["imports"][1]["name"], "unbundled-module1");
    // The modules are those that the component had.
    let ran = run(&["component", "unbundle", "--out-dir", "all"], &wasm);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("parts/unbundled-module0.wasm"), read("all/module0-m.wasm"));
    let ran = run(&["component", "unbundle", "--module-dir", "none", "--wat"], &wasm);
    assert_eq!(ran.out, run(&["print"], &wasm).out);
    assert_eq!(std::fs::read_dir(folder.path().join("none")).unwrap().count(), 0);
    assert_eq!(run(&["component", "unbundle", "-o", "e.wasm"], &wasm).code, Some(2));
    let args = ["component", "unbundle", "--out-dir", "more", "-o", "e.wasm"];
    assert_eq!(run(&args, &wasm).code, Some(2));
}

#[test]
fn modules_do_not_stay_without_the_component_that_imports_them() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["component", "unbundle", "--module-dir", "parts", "-o", "none/d.wasm"];
    let args = [&args[..], &["--threshold", "0"]].concat();
    let ran = wattle_in(folder.path(), &args, &binary());
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert_eq!(
        ran.err,
        "error: cannot write none/d.wasm: No such file or directory (os error 2)\n"
    );
    assert!(!folder.path().join("parts").exists());
    // An empty folder that was there stays.
    std::fs::create_dir(folder.path().join("parts")).unwrap();
    assert_eq!(wattle_in(folder.path(), &args, &binary()).code, Some(1));
    assert_eq!(folder.path().join("parts").read_dir().unwrap().count(), 0);
}

#[test]
fn quoted_and_binary_components_are_interfaces_too() {
    let text = br#"(component quote "(import \"f\" (func))")"#;
    let plain = good(&["wit"], br#"(component (import "f" (func)))"#);
    assert_eq!(good(&["wit"], text).out, plain.out);
    let ran = wattle(&["wit"], br#"(component quote "(import \"f\"")"#);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("<stdin> (content of the component):2:1"), "{}", ran.err);
}

#[test]
fn a_name_that_needs_a_feature_tells_which() {
    for (name, feature, list) in [
        ("[get]a", "cm-accessors", "default,cm-accessors"),
        ("a:b:c/d", "cm-nested-names", "default,cm-nested-names"),
        ("a:b:c/d@1", "cm-nested-names", "default,cm-nested-names"),
    ] {
        let text = format!("(component (import \"{name}\" (instance)))");
        let ran = wattle(&["validate"], text.as_bytes());
        let reason = ran.err.lines().next().unwrap_or_default();
        let off = format!("({feature} is not enabled)");
        assert!(reason.ends_with(&off) && reason.matches(&*off).count() == 1, "{}", ran.err);
        let help = format!("help: turn it on with --features {list}\n");
        assert!(ran.err.contains(&help), "{}", ran.err);
    }
    let text = r#"(component (import "a" (implements "a:b:c/d") (instance)))"#;
    let ran = wattle(&["validate"], text.as_bytes());
    assert!(ran.err.contains("--features default,cm-nested-names"), "{}", ran.err);
}

#[test]
fn plugs_satisfy_the_imports_of_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str], input: &[u8]| wattle_in(folder.path(), args, input);
    let socket = "(component (import \"a:b/c@0.2.1\" (instance $i (export \"f\" (func)))) \
                  (import \"other\" (func)) (export \"run\" (func $i \"f\")))";
    let plug = "(component (import \"f\" (func $f)) (instance $i (export \"f\" (func $f))) \
                (export \"a:b/c@0.2.3\" (instance $i)))";
    std::fs::write(folder.path().join("plug.wat"), plug).unwrap();
    let args = ["component", "plug", "-", "--plug", "plug.wat"];
    let ran = run(&[&args[..], &["-o", "out.wasm"]].concat(), socket.as_bytes());
    assert_eq!((ran.code, &*ran.err), (Some(0), ""));
    assert_eq!(ran.out, "a:b/c@0.2.1: a:b/c@0.2.3 of plug.wat\n");
    assert_eq!(run(&["validate", "out.wasm"], b"").code, Some(0));
    let ran = run(&[&args[..], &["-o", "out.wasm", "--json"]].concat(), socket.as_bytes());
    assert_eq!(ran.json()["export"], "a:b/c@0.2.3");
    let connect = ["--connect", "other=plug.wat#a:b/c@0.2.3"];
    let ran = run(&[&args[..], &connect].concat(), socket.as_bytes());
    assert!(
        ran.err.contains("the export `a:b/c@0.2.3` of plug.wat does not fit the import `other`")
    );
    let adder = "(component (import \"g\" (func $g)) (export \"f\" (func $g)))";
    std::fs::write(folder.path().join("adder.wat"), adder).unwrap();
    let more = ["--connect", "other=adder.wat#f", "--plug", "adder.wat", "--between-plugs"];
    let ran = run(&[&args[..], &more, &["-o", "out.wasm"]].concat(), socket.as_bytes());
    assert_eq!((ran.code, &*ran.err), (Some(0), ""));
    assert_eq!(
        ran.out,
        "a:b/c@0.2.1: a:b/c@0.2.3 of plug.wat\nother: f of adder.wat\nf of plug.wat: adder.wat\n"
    );
    let text = run(&[&args[..], &["-t"]].concat(), socket.as_bytes());
    assert_eq!((text.code, &*text.err), (Some(0), ""));
    assert!(
        text.out.starts_with("(component\n") && text.out.contains("(import \"f\""),
        "{}",
        text.out
    );
    let ran = run(&args, b"(component)");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("plug.wat exports nothing that <stdin> imports"), "{}", ran.err);
    let ran = run(&args, b"(module)");
    assert!(ran.err.contains("a component is expected, and this is a module"), "{}", ran.err);
}
