//! `wattle objdump` and `dump`: details, single sections and functions, object files, archives.

use wattle_tests::root;

use crate::wattle;

fn object_file() -> Vec<u8> {
    std::fs::read(root().join("tests/cases/object_file.wasm")).unwrap()
}

#[test]
fn details_of_every_section() {
    let source = br#"(module $m
      (type $t (func (param i32) (result i64)))
      (import "env" "log" (func $log (type $t)))
      (import "env" "g" (global $g (mut f64)))
      (table $tab 1 5 funcref) (memory $mem 1 2 shared) (tag $tag (param i32))
      (global $h i64 (i64.const 7))
      (export "f" (func $f)) (export "mem" (memory $mem)) (start $s)
      (elem $e (table $tab) (i32.const 0) func $f $log)
      (func $f (type $t) (local f32 f32) (i64.const 1)) (func $s)
      (data $d (i32.const 16) "a\00b"))"#;
    let out = wattle(&["objdump", "-x"], source).out;
    for row in [
        "type 0 \"t\": (func (param i32) (result i64))",
        "import 0: \"env\" \"log\" is func 0 \"log\", type 0 (func (param i32) (result i64))",
        "import 1: \"env\" \"g\" is global 0 \"g\", (global (mut f64))",
        "func 1 \"f\": type 0 (func (param i32) (result i64))",
        "table 0 \"tab\": (table 1 5 funcref)",
        "memory 0 \"mem\": (memory 1 2 shared)",
        "tag 0 \"tag\": type 1 (func (param i32))",
        "global 1 \"h\": i64 = i64.const 7",
        "export 0: \"f\" is func 1 \"f\", type 0 (func (param i32) (result i64))",
        "export 1: \"mem\" is memory 0 \"mem\", (memory 1 2 shared)",
        "  func 2 \"s\"",
        "elem 0 \"e\": 2 of (ref func), to table 0 at i32.const 0",
        "    func 1 \"f\"",
        "    func 0 \"log\"",
        "func 1 \"f\": 6 bytes, type 0 (func (param i32) (result i64))",
        "    locals: 2 f32",
        "data 0 \"d\": 3 bytes, to memory 0 at i32.const 16",
        "    61 00 62                             a.b",
        "module \"m\"",
        "  table 0 \"tab\"",
    ] {
        assert!(out.lines().any(|line| line.ends_with(row)), "{row}\n{out}");
    }
    assert!(!out.contains("i64.const 1\n"), "{out}");
    let json = wattle(&["objdump", "-x", "--json"], source).json();
    assert_eq!(json["details"].as_array().unwrap().len(), out.lines().count());
    assert!(json["sections"].as_array().unwrap().len() > 8);
}

#[test]
fn one_section_or_function_alone() {
    let source =
        br#"(module (func $f (export "f") nop) (func $g (drop (i32.const 5))) (memory 1))"#;
    let out = wattle(&["objdump", "--section", "Export"], source).out;
    assert!(out.lines().count() == 2 && out.contains("\"f\" is func 0"), "{out}");
    for name in ["g", "1"] {
        let out = wattle(&["objdump", "--function", name], source).out;
        assert!(out.contains("i32.const 5") && !out.contains("nop"), "{out}");
    }
    let ran = wattle(&["objdump", "--function", "h"], source);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("there is no function h with a body in <stdin>"), "{}", ran.err);
    let ran = wattle(&["objdump", "--section", "data"], source);
    assert!(ran.err.contains("there is no section data in <stdin>"), "{}", ran.err);
    let json = wattle(&["objdump", "--section", "export", "--json"], source).json();
    assert_eq!(json["sections"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_shown_of_inner_modules_stands_behind_the_name_of_the_module() {
    let source = br#"(component
        (core module $a (memory 1) (func nop))
        (component $c (core module $b (func $f nop) (export "f" (func $f))))
        (core module $d (func $f nop)))"#;
    let begins = |args: &[&str], lines: &[&str]| {
        let out = wattle(&[&["objdump"], args].concat(), source).out;
        let meanings = out.lines().map(|line| line.rsplit("| ").next().unwrap_or_default());
        let found: Vec<_> = meanings.filter(|it| !it.trim().is_empty()).collect();
        assert_eq!(found.len(), lines.len(), "{args:?}: {out}");
        for (found, line) in found.iter().zip(lines) {
            assert!(found.trim_start().starts_with(line), "{args:?}, {line}: {out}");
        }
    };
    let (c, b, d) = ("component $c (;0;)", "core module $b (;0;)", "core module $d (;1;)");
    let func = ["func 0 \"f\"", "locals", "nop", "end"];
    begins(&["--function", "f"], &[&[c, b][..], &func, &[d], &func].concat());
    begins(&["--section", "export"], &[c, b, "export section", "export 0"]);
    begins(&["--section", "memory"], &["core module $a (;0;)", "memory section", "memory 0"]);
}

#[test]
fn symbols_of_object_files_are_names() {
    let out = wattle(&["objdump", "-x"], &object_file()).out;
    for row in [
        "func 2 \"add\": 27 bytes, type 1 (func (param i32 i32) (result i32))",
        "data 2 \".tdata.tls\": 4 bytes, to memory 0 at i32.const 8",
        "symbol 5: func 3 \"wk\" [binding-weak visibility-hidden]",
        "R_WASM_FUNCTION_INDEX_LEB at 0x10 (0x93 in the file): symbol 3 (func 0 \"imp\")",
        "priority 1: symbol 0 (func 1 \"ctor\")",
    ] {
        assert!(out.lines().any(|line| line.ends_with(row)), "{row}\n{out}");
    }
}

/// A module with everything that has a line in `wasm-objdump -x`: each kind of import, export and
/// segment, limits, initial values, names.
const ITEMS: &[u8] = br#"(module $m
  (type $t (func (param i32 f32) (result i64)))
  (import "env" "log" (func $log (type $t))) (import "env" "g" (global $g (mut f64)))
  (import "env" "c" (global i32)) (import "env" "t" (table 1 2 externref))
  (import "env" "m" (memory 1 3))
  (table $tab 1 5 funcref) (global $h i64 (i64.const -7)) (global $i (mut i32) (i32.const 9))
  (export "f" (func $f)) (export "mem" (memory 0)) (export "h" (global $h))
  (export "tab" (table $tab)) (start $s)
  (elem $e (table $tab) (i32.const 0) func $f $log) (elem $p func $f)
  (func $f (type $t) (local $x f32) (i64.const 1)) (func $s)
  (data $d (i32.const 16) "a\00b") (data $q "abcdefghijklmnopqrstuvwxyz"))"#;

/// Returns the words of a line of `wasm-objdump -x` that must stand in one row of ours. `section`
/// is the heading above it, `part` the subsection.
fn words_for(section: &str, part: &str, line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches("- ");
    let quoted = |text: &str| format!("\"{text}\"");
    let between = |start: &str, end: &str| {
        let rest = line.split_once(start).map(|(_, rest)| rest)?;
        Some(rest.split_once(end).map_or(rest, |(text, _)| text))
    };
    // `func[3]` is `func 3`.
    let index = |text: &str| -> Option<String> {
        let (kind, rest) = text.split_once('[')?;
        let kind = match kind {
            "elemseg" => "elem",
            "dataseg" => "data",
            kind => kind,
        };
        Some(format!("{kind} {}", rest.split_once(']')?.0))
    };
    let item = index(line);
    let name = between("<", ">").map(quoted);
    let limits = || {
        let least = between("initial=", " ")?;
        Some(match between("max=", " ") {
            Some(most) => format!("{least} {most}"),
            None => least.to_owned(),
        })
    };
    // `i32=5` is `i32.const 5`.
    let init = || Some(between("- init ", " ")?.replace('=', ".const "));
    let global = || {
        let ty = line.split_once("] ")?.1.split(' ').next()?;
        Some(if line.contains("mutable=1") { format!("mut {ty}") } else { ty.to_owned() })
    };
    let all = |words: &[Option<String>]| words.iter().flatten().cloned().collect::<Vec<_>>();
    let type_index = between("sig=", " ").map(|ty| format!("type {ty}"));
    let segment = |kind: &str, size: String| {
        let number = between("segment[", "]").map(|number| format!("{kind} {number}"));
        let to = match (line.contains(" - init "), kind) {
            (false, _) => None,
            (true, "elem") => between("table=", " ").map(|table| format!("to table {table}")),
            (true, _) => between("memory=", " ").map(|memory| format!("to memory {memory}")),
        };
        all(&[number, Some(size), to, init()])
    };
    match section {
        "Type" => {
            let list = |text: &str| text.trim_matches(['(', ')']).replace(',', "");
            let params = between("(", ")").filter(|it| !it.is_empty());
            let results = between("-> ", "\n").filter(|it| *it != "nil");
            let params = params.map(|it| format!("(param {})", list(it)));
            all(&[
                item,
                Some("(func".to_owned()),
                params,
                results.map(|it| format!("(result {})", list(it))),
            ])
        }
        "Import" => {
            let (what, from) = line.rsplit_once(" <- ").unwrap();
            let (module, field) = from.split_once('.').unwrap();
            let pages = what.starts_with("memory").then(limits).flatten();
            let pages = pages.map(|it| format!("(memory {it}"));
            let entries = what.starts_with("table").then(limits).flatten();
            let entries =
                entries.map(|it| format!("(table {it} {})", between("type=", " ").unwrap()));
            let value = what.starts_with("global").then(global).flatten();
            let from = format!("{} {}", quoted(module), quoted(field));
            all(&[
                item.map(|item| format!("is {item}")),
                Some(from),
                type_index,
                pages,
                entries,
                value,
            ])
        }
        "Function" => all(&[item, type_index, name]),
        "Table" => {
            let ty = between("type=", " ").unwrap();
            all(&[item, limits().map(|it| format!("(table {it} {ty})"))])
        }
        "Memory" => all(&[item, limits().map(|it| format!("(memory {it}"))]),
        "Global" => all(&[item, name, global(), init()]),
        "Export" => {
            let name = line.rsplit_once(" -> ").unwrap().1;
            all(&[item.map(|item| format!("{name} is {item}"))])
        }
        "Start" => {
            let func = between("start function: ", " ").map(|func| format!("func {func}"));
            all(&[func, name])
        }
        "Elem" if line.starts_with("segment") => {
            segment("elem", format!(": {} of", between("count=", " ").unwrap()))
        }
        "Elem" => all(&[line.split_once("= ").and_then(|(_, func)| index(func)), name]),
        "DataCount" => vec![format!("{} data segment", between("data count: ", " ").unwrap())],
        "Code" => all(&[item, name, between("size=", " ").map(|size| format!(": {size} bytes"))]),
        "Data" if line.starts_with("segment") => {
            segment("data", format!(": {} bytes", between("size=", " ").unwrap()))
        }
        _ if line.starts_with("name: ") => vec![format!("custom section {}", &line[6..])],
        "name" if line.starts_with("module ") => vec![format!("module {}", name.unwrap())],
        "name" => match line.split(' ').nth(1).and_then(index) {
            Some(inner) => vec![format!("{inner} {}", name.unwrap())],
            None => vec![format!("{} {}", item.unwrap(), name.unwrap())],
        },
        "target_features" => {
            let (sign, feature) = line.trim_start_matches('[').split_once("] ").unwrap();
            vec![format!("{sign} {}", quoted(feature))]
        }
        "linking" => match (part, line.split_once(": ")) {
            (_, None) if line.contains(" [count=") => {
                let noun = match part {
                    "symbol table" => "symbol",
                    "segment info" => "segment",
                    "init functions" => "init function",
                    "comdat groups" => "comdat",
                    part => panic!("{part}"),
                };
                vec![format!("{} {noun}", between("[count=", "]").unwrap())]
            }
            ("symbol table", Some((number, _))) => {
                let names = ["func", "global", "table", "segment", "section"].iter();
                let of = names.filter_map(|kind| {
                    let index = between(&format!(" {kind}="), " ")?;
                    Some(format!("{kind} {index}"))
                });
                let flags = between("[ ", " ]").unwrap().split(' ').filter_map(|flag| match flag {
                    "binding=local" => Some("binding-local".to_owned()),
                    "binding=weak" => Some("binding-weak".to_owned()),
                    "vis=hidden" => Some("visibility-hidden".to_owned()),
                    "binding=global" | "vis=default" => None,
                    flag => Some(flag.replace('_', "-")),
                });
                let size = between(" size=", " ").map(|size| format!("{size} bytes"));
                let offset = between(" offset=", " ").and_then(|at| at.parse::<usize>().ok());
                let offset = offset.map(|at| format!("at {at:#x}"));
                let number = Some(format!("symbol {number}: "));
                all(&[number, name, size, offset]).into_iter().chain(of).chain(flags).collect()
            }
            ("segment info", Some((number, _))) => {
                let name = between(": ", " p2align").map(quoted).unwrap();
                let align = between("p2align=", " ").unwrap();
                let flags = between("[ ", "]").unwrap().to_lowercase();
                let flags = flags.split(' ').filter(|flag| !flag.is_empty()).map(str::to_owned);
                let row = format!("segment {number} {name}, align 2^{align}");
                [row].into_iter().chain(flags).collect()
            }
            ("init functions", Some(_)) => {
                vec![format!("priority {}: ", between("priority=", " ").unwrap())]
            }
            ("comdat groups", Some((name, _))) => {
                vec![quoted(name), format!("{} member", between("[count=", "]").unwrap())]
            }
            ("comdat groups", None) => vec![item.unwrap()],
            other => panic!("{other:?}"),
        },
        _ if line.starts_with("relocations for section: ") => {
            vec![format!("of section {}", between("section: ", " [").unwrap().to_lowercase())]
        }
        _ if line.starts_with("R_WASM_") => {
            let number = |text: &str| usize::from_str_radix(text, 16).unwrap();
            let (ty, _) = line.split_once(' ').unwrap();
            let offset = number(between("offset=0x", "(").unwrap());
            let in_file = number(between("(file=0x", ")").unwrap());
            let symbol = between(" symbol=", " ").map(|symbol| format!("symbol {symbol}"));
            let ty_index = between(" type=", " ").map(|ty| format!("type {ty}"));
            let addend = line.rsplit_once(">+0x").map(|(_, addend)| format!(" {}", number(addend)));
            let row = format!("{ty} at {offset:#x} ({in_file:#x} in the file)");
            all(&[Some(row), symbol, ty_index, name, addend])
        }
        _ => panic!("a line of a kind that is not known, in {section}: {line}"),
    }
}

/// Returns the digits of a row of bytes in our listing.
fn data_bytes(row: &str) -> Option<String> {
    let (digits, _) = row.split_once("|     ")?.1.split_once("  ")?;
    let is_byte = |word: &str| word.len() == 2 && u8::from_str_radix(word, 16).is_ok();
    digits.split(' ').all(is_byte).then(|| digits.replace(' ', ""))
}

/// Checks that each line of WABT's command has a row of ours with all its words.
#[test]
fn nothing_is_missing_that_wabt_shows() {
    const NAME: &str = "nothing_is_missing_that_wabt_shows";
    let folder = tempfile::tempdir().unwrap();
    let built =
        |name: &str| std::fs::read(root().join("crates/cli/tests/built").join(name)).unwrap();
    let files = [
        ("an object file", object_file(), 45),
        ("a linked program of C", built("trap-c.wasm"), 30),
        ("a linked program of Rust", built("trap-rust.wasm"), 75),
        ("items of all kinds", wattle(&["parse"], ITEMS).bytes, 40),
    ];
    for (what, binary, least) in files {
        let path = folder.path().join("m.wasm");
        std::fs::write(&path, &binary).unwrap();
        let theirs = std::process::Command::new("wasm-objdump").arg("-x").arg(&path).output();
        let theirs = match theirs {
            Ok(output) if output.status.success() => String::from_utf8(output.stdout).unwrap(),
            _ => return wattle_tests::skip(NAME, "WABT is not there"),
        };
        let ours = wattle(&["objdump", "-x", "--no-demangle"], &binary).out;
        let bytes: String = ours.lines().filter_map(data_bytes).collect();
        let (mut section, mut part, mut lines) = (String::new(), String::new(), 0);
        let (_, details) = theirs.split_once("Section Details:").unwrap();
        for line in details.lines().filter(|line| !line.is_empty()) {
            if !line.starts_with(' ') {
                section = line.split(['[', ':']).next().unwrap().to_owned();
                continue;
            }
            if let Some((name, _)) = line.split_once(" [count=")
                && let Some(name) = name.strip_prefix("  - ")
            {
                part = name.to_owned();
            }
            lines += 1;
            // Both have rows of bytes, but of different lengths.
            if section == "Data" && !line.contains("segment[") {
                let (_, row) = line.split_once(": ").unwrap();
                let row = row.split("  ").next().unwrap().replace(' ', "");
                assert!(bytes.contains(&row), "{what}: {line}\n{ours}");
                continue;
            }
            let words = words_for(&section, &part, line);
            assert!(!words.is_empty(), "{line}");
            let is_there = ours.lines().any(|row| words.iter().all(|word| row.contains(word)));
            assert!(is_there, "{what}: {line}\n{words:?}\n{ours}");
            if let Some(name) = line.strip_prefix(" - name: \"") {
                section = name.trim_end_matches('"').to_owned();
            }
        }
        assert!(lines >= least, "{what}: {lines} lines");
    }
}

/// WABT does not read these types, so our rows are compared with the text.
#[test]
fn types_of_objects_are_those_of_the_text() {
    let source = br#"(module
      (rec (type (sub (struct (field (mut i8)) (field (ref null 1)))))
        (type (sub final 0 (struct (field (mut i8)) (field (ref null 1)) (field f64)))))
      (type (array (mut i16))) (type (func (param (ref exn) i31ref (ref null extern)) (result eqref)))
      (type (func (param i64)))
      (tag (type 4)) (table 2 (ref null 0)) (global (mut (ref null 2)) (ref.null none)))"#;
    let text = wattle(&["print"], source).out;
    let ours = wattle(&["objdump", "-x"], source).out;
    let mut types = 0;
    for line in text.lines() {
        let Some(rest) = line.trim().strip_prefix("(type (;") else { continue };
        let (number, ty) = rest.split_once(";) ").unwrap();
        let start = format!("|   type {number}: ");
        let row = ours.lines().find_map(|line| Some(line.split_once(&start)?.1));
        let row = row.unwrap_or_else(|| panic!("{start}\n{ours}"));
        // The text then closes the type, and perhaps the group.
        let end = ty.strip_prefix(row).unwrap_or_else(|| panic!("{ty}\n{ours}"));
        assert!(end == ")" || end == "))", "{ty}\n{ours}");
        types += 1;
    }
    assert_eq!(types, 5, "{text}");
    for row in [
        "type 0: (sub (struct (field (mut i8)) (field (ref null 1))))",
        "tag 0: type 4 (func (param i64))",
        "table 0: (table 2 (ref null 0))",
        "global 0: mut (ref null 2) = ref.null none",
    ] {
        assert!(ours.lines().any(|line| line.ends_with(row)), "{row}\n{ours}");
    }
}

#[test]
fn members_of_archives_are_listed() {
    let object = object_file();
    let member = |name: &str, content: &[u8]| {
        let pad: &[u8] = if content.len() % 2 == 1 { b"\n" } else { b"" };
        let header = format!("{name:<48}{:<10}`\n", content.len());
        [header.as_bytes(), content, pad].concat()
    };
    let archive = [
        b"!<arch>\n".to_vec(),
        member("/", b"table"),
        member("one.o/", &object),
        member("notes.txt/", b"hello"),
        member("two.o/", &object),
    ];
    let archive = archive.concat();
    let out = wattle(&["objdump"], &archive).out;
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines.len(), 4, "{out}");
    assert!(
        lines[1].ends_with(" one.o") && lines[2].ends_with(" notes.txt, not a module"),
        "{out}"
    );
    let out = wattle(&["objdump", "-x"], &archive).out;
    assert_eq!(out.matches("symbol 1: func 2 \"add\"").count(), 2, "{out}");
    assert!(out.contains("\n<stdin>(two.o)\n"), "{out}");
    let json = wattle(&["objdump", "--json", "-x"], &archive).json();
    assert_eq!(json["members"].as_array().unwrap().len(), 3);
    assert_eq!(json["listings"].as_array().unwrap().len(), 2);
    let ran = wattle(&["objdump", "--function", "add"], &archive);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn every_byte_has_a_row() {
    let source =
        br#"(module (func $f (param $x i32)) (data (i32.const 0) "abcdefghijklmnopqrstuvwxyz")
      (memory 1) (elem func $f) (@custom "other" "bytes"))"#;
    let named = wattle(&["parse"], source).bytes;
    for binary in [object_file(), named, wattle(&["parse"], b"(component $c (type $t u8))").bytes] {
        let ran = wattle(&["dump", "--json"], &binary);
        let mut at = 0;
        for line in ran.out.lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(row["offset"], at, "{line}");
            at += row["bytes"].as_str().unwrap().len() / 2;
            assert!(!row["meaning"].as_str().unwrap().is_empty(), "{line}");
        }
        assert_eq!(at, binary.len());
        let shown = wattle(&["dump"], &binary).out;
        assert!(shown.lines().all(|line| line.split(" | ").count() >= 2), "{shown}");
    }
}
