//! Source lines: `wattle addr2line`, backtraces, errors of validation.

use wattle_tests::root;

use crate::wattle;

fn path() -> String {
    root().join("tests/cases/lines.wasm").to_str().unwrap().to_owned()
}

/// The offset of an instruction in the file.
fn offset_of(instr: &str) -> String {
    let dump = wattle(&["dump", &path()], b"").out;
    let line = dump.lines().find(|line| line.trim_end().ends_with(instr)).unwrap();
    format!("0x{}", line.split(" |").next().unwrap().trim())
}

#[test]
fn offsets_have_functions_and_lines() {
    let at = offset_of(" i32.div_s");
    let ran = wattle(&["addr2line", &path(), &at], b"");
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(lines.len(), 3, "{ran:?}");
    assert!(lines[0].starts_with(&format!("{at}: func 0 `$average` + 0x")), "{ran:?}");
    assert!(lines[1].contains("in divide at ./lines.c:6:"), "{ran:?}");
    assert!(lines[2].contains("inlined into average at ./lines.c:14:"), "{ran:?}");
    let json = wattle(&["addr2line", "--json", &path(), &at], b"").json();
    assert_eq!(json[0]["lines"][0]["line"], 6);
    // The content of the code section begins behind its id and size.
    let objdump = wattle(&["objdump", "--json", &path()], b"").json();
    let sections = objdump["sections"].as_array().unwrap().iter();
    let code = sections.clone().find(|it| it["name"] == "code").unwrap()["start"].as_u64().unwrap();
    let address = u64::from_str_radix(&at[2..], 16).unwrap() - code - 3;
    let ran = wattle(&["addr2line", "-c", &path(), &address.to_string()], b"");
    assert!(ran.out.contains("in divide at ./lines.c:6:"), "{ran:?}");
}

#[test]
fn without_debugging_information_there_are_functions() {
    let ran = wattle(&["addr2line", "-", "0x18", "3"], b"(module (func $f nop nop))");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.out, "0x18: func 0 `$f` + 0x1\n0x3: no function is there\n");
    assert!(ran.err.contains("<stdin> has no debugging information"), "{ran:?}");
    assert!(ran.err.contains("an offset is in no function"), "{ran:?}");
    assert_eq!(wattle(&["addr2line", "-", "nonsense"], b"(module)").code, Some(2));
}

#[test]
fn backtraces_have_lines() {
    let ran = wattle(&["run", &path(), "--invoke", "of", "0"], b"");
    assert_eq!(ran.code, Some(1));
    let notes: Vec<_> = ran.err.lines().filter(|line| line.contains("note: ")).collect();
    assert!(
        notes[0].contains("in the module, ./lines.c:6:12, inlined into average at ./lines.c:14:")
    );
    assert!(notes[1].contains("called from func 1 `$of` + 0x"), "{ran:?}");
    assert!(notes[1].contains(", ./lines.c:20:"), "{ran:?}");
}

#[test]
fn errors_of_validation_have_lines() {
    let mut wasm = std::fs::read(path()).unwrap();
    let at = usize::from_str_radix(&offset_of(" i32.div_s")[2..], 16).unwrap();
    // `i64.div_s`
    wasm[at] = 0x7f;
    let ran = wattle(&["validate"], &wasm);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("note: from ./lines.c:6:12, inlined into average at ./lines.c:14:"),
        "{}",
        ran.err
    );
    let json = wattle(&["validate", "--json"], &wasm).json_error();
    assert!(json["source"].as_str().unwrap().starts_with("./lines.c:6:12"), "{json}");
}
