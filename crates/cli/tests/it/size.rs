//! `wattle size`: each question, in words and as JSON.

use serde_json::Value;

use crate::{wattle, wattle_in};

const MODULE: &[u8] = br#"(module
  (func $"_ZN5alpha4beta5gamma17h0123456789abcdefE" (export "run") (call $"_ZN5alpha4helpEii"))
  (func $"_ZN5alpha4helpEii" (drop (i32.const 1)))
  (func $unused (drop (i64.const 123456789)))
  (memory (export "memory") 1)
  (data $rodata (i32.const 0) "some bytes of data"))"#;

const COMPONENT: &[u8] = br#"(component
  (core module $main (func $inner (export "f")))
  (core module $other (func))
  (core instance $i (instantiate $main))
  (func (export "f") (canon lift (core func $i "f"))))"#;

/// Returns the sum of the sizes of all rows.
fn sum(rows: &Value) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row["size"].as_u64().unwrap()).sum()
}

#[test]
fn sections_add_up_to_the_file() {
    for source in [MODULE, COMPONENT] {
        let binary = wattle(&["parse"], source).bytes;
        let listing = wattle(&["size", "--json", "-n", "0"], &binary).json();
        assert_eq!(listing["size"], binary.len());
        assert_eq!(sum(&listing["sections"]), binary.len() as u64, "{listing}");
        assert!(sum(&listing["rows"]) < binary.len() as u64);
    }
}

/// The contents of debug information are not read from a file, but they are from standard input.
#[test]
fn debug_information_counts_whether_it_is_read_or_not() {
    let text = format!(
        r#"(module (@custom ".debug_info" "{}") (@custom ".debug_str" "short") (func (export "f"))
             (@custom "other" "{}") (@custom ".debug_line" (after code) "{}"))"#,
        "x".repeat(1000),
        "y".repeat(100),
        "z".repeat(30_000),
    );
    let binary = wattle(&["parse"], text.as_bytes()).bytes;
    let folder = tempfile::tempdir().unwrap();
    let whole = [&binary[..], b"\0\x09\x06.debug_"].concat();
    for bytes in [&binary[..], &whole, &binary[..binary.len() - 1], &binary[..500]] {
        std::fs::write(folder.path().join("m.wasm"), bytes).unwrap();
        let args = ["size", "--json", "-n", "0"];
        let read = wattle(&args, bytes);
        let from_file = wattle_in(folder.path(), &[&args[..], &["m.wasm"]].concat(), b"");
        assert_eq!((from_file.code, &from_file.out), (read.code, &read.out));
    }
}

#[test]
fn the_largest_items_come_first() {
    let ran = wattle(&["size", "-n", "2"], MODULE);
    let rows: Vec<_> =
        ran.out.lines().skip_while(|line| !line.starts_with("the largest")).collect();
    assert_eq!(rows.len(), 4, "{}", ran.out);
    assert!(rows[1].ends_with("data 0 rodata"), "{}", ran.out);
    assert!(rows[3].contains("more; -n 0 shows all"), "{}", ran.out);
    let all = wattle(&["size", "-n", "0"], MODULE).out;
    assert!(
        all.contains("func 0 alpha::beta::gamma") && all.contains("func 1 alpha::help(int, int)")
    );
    let raw = wattle(&["size", "-n", "0", "--no-demangle"], MODULE).out;
    assert!(raw.contains("func 1 _ZN5alpha4helpEii"), "{raw}");
}

#[test]
fn functions_stand_below_their_crates() {
    let out = wattle(&["size", "--by-path", "-n", "0"], MODULE).out;
    let words = |line: &str| line.split_once("%  ").map(|(_, name)| name.to_owned());
    let names: Vec<_> = out.lines().filter_map(words).collect();
    let at = names.iter().position(|name| name == "  alpha").unwrap();
    assert_eq!(names[at..at + 4], ["  alpha", "    help(int, int)", "    beta", "      gamma"]);
    let json = wattle(&["size", "--by-path", "--json", "-n", "3"], MODULE).json();
    assert_eq!(json["rows"].as_array().unwrap().len(), 3, "{json}");
}

#[test]
fn dominators_keep_what_only_they_use() {
    let rows = wattle(&["size", "--dominators", "--json", "-n", "0"], MODULE).json();
    let rows = rows["rows"].as_array().unwrap();
    let row = |name: &str| rows.iter().position(|row| row["name"] == name).unwrap();
    let (gamma, help) = (row("alpha::beta::gamma"), row("alpha::help(int, int)"));
    assert_eq!(rows[help]["level"].as_u64(), rows[gamma]["level"].as_u64().map(|it| it + 1));
    assert!(rows[gamma]["retained"].as_u64() > rows[gamma]["size"].as_u64());
    assert!(rows.iter().all(|row| row["name"] != "unused"));
}

#[test]
fn what_is_unused_is_listed() {
    let out = wattle(&["size", "--garbage"], MODULE).out;
    assert!(out.starts_with("1 item is unused, ") && out.contains("func 2 unused"), "{out}");
    let out = wattle(&["size", "--garbage"], COMPONENT).out;
    assert!(out.contains("core module 1 $other: func 0"), "{out}");
    assert!(!out.contains("core module 0"), "{out}");
    assert!(wattle(&["size", "--garbage"], b"(module)").out.contains("nothing is unused"));
}

#[test]
fn ways_to_an_item_are_shown() {
    let out = wattle(&["size", "--paths", "alpha::help(int, int)"], MODULE).out;
    let last: Vec<_> = out.lines().rev().take(3).collect();
    assert!(last[0].ends_with("    export 0 run"), "{out}");
    assert!(last[1].ends_with("  func 0 alpha::beta::gamma"), "{out}");
    assert!(last[2].ends_with("func 1 alpha::help(int, int)"), "{out}");
    let ran = wattle(&["size", "--paths", "nowhere"], MODULE);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("nothing in <stdin> has a name with nowhere"), "{}", ran.err);
}

#[test]
fn instances_and_differences_are_listed() {
    let generic = br#"(module (func $"_Z3fooIiET_S0_" nop nop) (func $"_Z3fooIfET_S0_" nop))"#;
    let out = wattle(&["size", "--monos"], generic).out;
    assert!(out.contains("2 of foo"), "{out}");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("old.wat"), "(module (func $a nop))").unwrap();
    std::fs::write(path("new.wat"), "(module (func $a nop nop nop))").unwrap();
    let (old, new) = (path("old.wat"), path("new.wat"));
    let out = wattle(&["size", "--diff", &old, &new], b"").out;
    assert!(
        out.lines().any(|line| line.trim_start().starts_with("+2 ") && line.ends_with("func a"))
    );
    let json = wattle(&["size", "--json", "--diff", &old, &new], b"").json();
    assert_eq!(json["size"].as_u64(), json["old_size"].as_u64().map(|size| size + 2));
    assert_eq!(wattle(&["size", &old, "--diff", &old, &new], b"").code, Some(2));
    assert_eq!(wattle(&["size", "--garbage", "--monos"], b"").code, Some(2));
}

#[test]
fn the_page_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let name = br#"(module (func $"</script><b>\u{202e}"))"#;
    for source in [MODULE, COMPONENT, name] {
        let ran = wattle(&["size", "--html", path.to_str().unwrap()], source);
        assert_eq!((ran.code, &*ran.out), (Some(0), ""), "{ran:?}");
        let page = std::fs::read_to_string(&path).unwrap();
        assert!(
            !page.contains("{{") && !page.contains("http") && !page.contains(" src="),
            "{page}"
        );
        assert_eq!(page.matches("</script>").count(), 1, "{page}");
        let nodes = page.split_once("const nodes = ").unwrap().1.split_once(".map(").unwrap().0;
        let nodes: Vec<(String, usize, usize)> = serde_json::from_str(nodes).unwrap();
        let top: usize = nodes[1..].iter().filter(|node| node.2 == 0).map(|node| node.1).sum();
        assert_eq!(nodes[0].1, top);
    }
}

#[test]
fn malformed_files_are_shown_as_far_as_they_can_be_read() {
    let mut binary = wattle(&["parse"], MODULE).bytes;
    let len = binary.len();
    binary.truncate(len - 3);
    let ran = wattle(&["size", "--json"], &binary);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.json()["size"], binary.len());
    assert!(ran.err.contains("\"malformed\":true"), "{ran:?}");
}
