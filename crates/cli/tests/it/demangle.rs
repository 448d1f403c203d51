//! The names of Rust and C++: `wattle demangle`, and all commands that show names.

use crate::wattle;

const MODULE: &[u8] = br#"(module
  (func $"_ZN5alpha4beta5gamma17h0123456789abcdefE" (export "_start") (call $"_ZN5alpha4trapEii"))
  (func $"_ZN5alpha4trapEii" unreachable)
  (func $other))"#;

#[test]
fn names_are_rewritten_and_nothing_else() {
    let binary = wattle(&["parse"], MODULE).bytes;
    let ran = wattle(&["demangle"], &binary);
    let module = wattle::parser::parse(&ran.bytes).unwrap();
    let names: Vec<_> = module.names.funcs.iter().map(|(_, name)| name.to_string()).collect();
    assert_eq!(names, ["alpha::beta::gamma", "alpha::trap(int, int)", "other"]);
    let without_names = |bytes: &[u8]| wattle(&["strip", "--all"], bytes).bytes;
    assert_eq!(without_names(&ran.bytes), without_names(&binary));
    assert_eq!(wattle(&["demangle"], MODULE).bytes, ran.bytes);
    let again = wattle(&["demangle"], &ran.bytes);
    assert_eq!(again.bytes, ran.bytes);
}

#[test]
fn modules_in_components_are_rewritten() {
    let component = [&b"(component "[..], b"(core ", &MODULE[1..], b")"].concat();
    let binary = wattle(&["parse"], &component).bytes;
    let shown = wattle(&["print"], &wattle(&["demangle"], &binary).bytes).out;
    assert!(shown.contains("alpha::beta::gamma") && !shown.contains("_ZN"), "{shown}");
}

#[test]
fn names_are_shown_as_people_write_them() {
    let binary = wattle(&["parse"], MODULE).bytes;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &binary).unwrap();
    let path = file.path().to_str().unwrap();
    let ran = wattle(&["run", path], b"");
    assert!(ran.err.contains("func 1 `$alpha::trap(int, int)`"), "{}", ran.err);
    let raw = wattle(&["run", "--no-demangle", path], b"");
    assert!(raw.err.contains("func 1 `$_ZN5alpha4trapEii`"), "{}", raw.err);
    let invalid = br#"(module (func $"_ZN5alpha4trapEii" (result i32)))"#;
    let invalid = wattle(&["parse"], invalid).bytes;
    let shown = wattle(&["validate"], &invalid).err;
    assert!(shown.contains("`$alpha::trap(int, int)`"), "{shown}");
    let raw = wattle(&["validate", "--no-demangle"], &invalid).err;
    assert!(raw.contains("`$_ZN5alpha4trapEii`"), "{raw}");
    for command in ["objdump", "dump"] {
        let shown = wattle(&[command], &binary).out;
        assert!(shown.contains("alpha::trap(int, int)"), "{command}: {shown}");
        let raw = wattle(&[command, "--no-demangle"], &binary).out;
        assert!(!raw.contains("alpha::trap(int, int)"), "{command}: {raw}");
    }
}
