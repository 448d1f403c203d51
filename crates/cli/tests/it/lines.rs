//! Source lines: `wattle addr2line`, backtraces and errors of validation with DWARF, and DWARF for
//! text.
//!
//! `built` has programs with the binaries that compilers made from them: `trap-c.wasm` by clang
//! (`-g -O1`), `trap-rust.wasm` by rustc (`-C debuginfo=1 -C opt-level=1`).

use crate::{wattle, wattle_in};

const C: &[u8] = include_bytes!("../built/trap-c.wasm");
const RUST: &[u8] = include_bytes!("../built/trap-rust.wasm");

/// Returns the number of the line of a source that has these words.
fn line(source: &str, words: &str) -> usize {
    1 + source.lines().position(|line| line.contains(words)).expect("the words are there")
}

#[test]
fn a_trap_of_a_c_program_names_its_lines() {
    let source = include_str!("../built/trap.c");
    let divide = format!("divide at ./trap.c:{}:14", line(source, "a / b"));
    let mean = format!("inlined into mean at ./trap.c:{}:18", line(source, "= divide("));
    let run = format!("run at ./trap.c:{}:12", line(source, "return mean("));
    let ran = wattle(&["run", "-", "--invoke", "run", "0"], C);
    assert_eq!(ran.code, Some(1));
    for part in ["integer divide by zero", "+ 0x4, offset 0x5", &divide, &mean, &run] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    let fault = wattle(&["--json", "run", "--invoke", "run", "-", "0"], C).json_error();
    let lines = &fault["source"][0];
    assert_eq!((&lines[0]["function"], &lines[1]["function"]), (&"divide".into(), &"mean".into()));
    assert_eq!((&lines[1]["inlines"], &lines[0]["inlines"]), (&true.into(), &().into()));
    assert_eq!(fault["source"][1][0]["line"], line(source, "return mean("));
}

#[test]
fn a_trap_of_a_rust_program_names_its_lines() {
    let source = include_str!("../built/trap.rs");
    let closure = format!("{{{{closure}}}} at ./trap.rs:{}:", line(source, "self.rows[at]"));
    let inlined =
        format!("inlined into trap::Table::row at ./trap.rs:{}:", line(source, "find(at))"));
    let run = format!("run at ./trap.rs:{}:", line(source, "unwrap_or(7)"));
    let ran = wattle(&["run", "-", "--invoke", "run", "5"], RUST);
    assert_eq!(ran.code, Some(1));
    for part in ["error: unreachable", &closure, &inlined, &run] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert_eq!(wattle(&["run", "-", "--invoke", "run", "2"], RUST).out, "3\n");
}

#[test]
fn addresses_have_lines_or_at_least_functions() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.wasm"), C).unwrap();
    let run = |args: &[&str], input: &[u8]| wattle_in(folder.path(), args, input);
    let trap = wattle(&["run", "-", "--invoke", "run", "0"], C).err;
    let offset = trap.split("offset ").nth(1).unwrap().split(' ').next().unwrap();
    let ran = run(&["addr2line", "c.wasm", offset], b"");
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(lines[0], format!("{offset}: divide at ./trap.c:3:14"));
    assert_eq!(lines[1], "    inlined into mean at ./trap.c:7:18");
    // The offset in the code section, and addresses on standard input.
    let listing = wattle(&["objdump", "--json"], C).json();
    let code = listing["sections"].as_array().unwrap();
    let code = code.iter().find(|section| section["name"] == "code").unwrap();
    // The content begins behind the id and the size, which take a byte each.
    let start = code["start"].as_u64().unwrap() + 2;
    let number = u64::from_str_radix(&offset[2..], 16).unwrap() - start;
    let relative =
        run(&["addr2line", "c.wasm", "--code-section-relative"], number.to_string().as_bytes());
    assert_eq!(relative.out.split_once(": ").unwrap().1, ran.out.split_once(": ").unwrap().1);
    let row = &run(&["addr2line", "--json", "c.wasm", "0x1", offset], b"").json();
    assert_eq!(row[0]["reason"], "this offset is not in the code of a module");
    assert_eq!((&row[1]["func"], &row[1]["offset_in_func"]), (&0.into(), &4.into()));
    // Without DWARF, the function is shown.
    let stripped = wattle(&["strip"], C).bytes;
    std::fs::write(folder.path().join("c.wasm"), stripped).unwrap();
    let ran = run(&["addr2line", "c.wasm", offset], b"");
    assert_eq!(ran.out, format!("{offset}: func 0 `$mean` + 0x4; the module has no DWARF\n"));
    assert_eq!(run(&["addr2line", "c.wasm", "zero"], b"").code, Some(2));
    assert_eq!(run(&["addr2line"], C).code, Some(2));
}

/// A test of the peer for this command, with its offsets.
#[test]
fn lines_of_a_text_are_those_that_a_peer_finds() {
    let [package] = wattle_tests::packages::folders(["wasm-tools"]).unwrap();
    let file = package.join("tests/cli/dwarf-into-addr2line.wat");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(&file, folder.path().join("a.wat")).unwrap();
    let expected = std::fs::read_to_string(file.with_extension("wat.stdout")).unwrap();
    let (mut args, mut lines) = (vec!["addr2line", "a.wat"], Vec::new());
    for line in expected.lines() {
        let (address, rest) = line.split_once(": ").unwrap();
        let (name, place) = rest.split_once(' ').unwrap();
        args.push(address);
        let place = place.rsplit_once('/').unwrap().1;
        lines.push(format!(
            "{address}: {name} at ./{}\n",
            place.replace("dwarf-into-addr2line", "a")
        ));
    }
    assert_eq!(lines.len(), 4);
    assert_eq!(wattle_in(folder.path(), &args, b"").out, lines.concat());
}

#[test]
fn a_binary_from_text_leads_back_to_the_text() {
    let text = b"(module\n  (func $inner unreachable)\n  (func (export \"f\") (param i32)\n    (local i64)\n    call $inner))";
    for flag in ["-g", "--generate-dwarf", "--generate-dwarf=full"] {
        let binary = wattle(&["parse", flag], text).bytes;
        let ran = wattle(&["run", "-", "--invoke", "f", "1"], &binary);
        for part in ["inner at ./<stdin>:2:16", "wasm-function[1] at ./<stdin>:5:5"] {
            assert!(ran.err.contains(part), "{part}: {}", ran.err);
        }
        assert_eq!(wattle(&["validate"], &binary).code, Some(0));
        let sections = wattle(&["objdump"], &binary).out;
        assert!(sections.contains(".debug_line"), "{sections}");
        // Everything but the custom sections is the same.
        let plain = wattle(&["strip", "--delete", "^\\.debug_"], &binary).bytes;
        assert_eq!(plain, wattle(&["parse"], text).bytes);
    }
    // A component has modules with DWARF of their own.
    let component =
        [b"(component (core module) (component (core module\n", &text[7..], b"))"].concat();
    let binary = wattle(&["parse", "-g"], &component).bytes;
    let dump = wattle(&["objdump", "--json"], &binary).out;
    assert_eq!(dump.matches(".debug_line").count(), 1, "{dump}");
    let at = binary.windows(3).position(|bytes| bytes == [0, 0, 0x0b]).unwrap() + 1;
    let ran = wattle_in_file(&binary, &["addr2line", "b.wasm", &format!("{at:#x}")]);
    assert!(ran.contains("inner at ./<stdin>:3:16"), "{ran}");
}

fn wattle_in_file(binary: &[u8], args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("b.wasm"), binary).unwrap();
    wattle_in(folder.path(), args, b"").out
}

#[test]
fn an_error_of_validation_names_the_line() {
    let text = b"(module (memory 1)\n  (func $user-name\n    i32.load))";
    let binary = wattle(&["parse", "-g"], text).bytes;
    let ran = wattle(&["validate"], &binary);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("compiled from user-name at ./<stdin>:3:5"), "{}", ran.err);
    let fault = wattle(&["validate", "--json"], &binary).json_error();
    assert_eq!(fault["source"][0][0]["line"], 3);
}

/// Hostile debugging information is refused or ignored.
#[test]
fn hostile_dwarf_does_no_harm() {
    let word = |number: u32| number.to_le_bytes();
    let custom = |name: &str, content: &[u8]| {
        let len = 1 + name.len() + content.len();
        let mut section = vec![0];
        let mut rest = len;
        while rest >= 128 {
            section.push(rest as u8 | 128);
            rest >>= 7;
        }
        section.push(rest as u8);
        section.push(name.len() as u8);
        section.extend_from_slice(name.as_bytes());
        section.extend_from_slice(content);
        section
    };
    let plain = wattle(&["parse"], b"(module (func unreachable))").bytes;
    let frames = |sections: &[(&str, Vec<u8>)]| {
        let mut binary = plain.clone();
        sections.iter().for_each(|(name, content)| binary.extend(custom(name, content)));
        wattle_in_file(&binary, &["addr2line", "b.wasm", "0x17"])
    };
    // The unit (1), a function with all code (2), functions inlined in one another (3).
    let abbreviations = b"\x01\x11\x01\x11\x01\x12\x06\x10\x17\0\0\x02\x2e\x01\x11\x01\x12\x06\0\0\x03\x1d\x01\0\0\0";
    let head = |bytes: &mut Vec<u8>, tag: u8| {
        bytes.push(tag);
        bytes.extend(word(0));
        bytes.extend(word(100));
    };
    let info = |depth: usize| {
        let mut unit = b"\x04\0\0\0\0\0\x04".to_vec();
        head(&mut unit, 1);
        unit.extend(word(0));
        head(&mut unit, 2);
        unit.extend(std::iter::repeat_n(3, depth));
        unit.extend(std::iter::repeat_n(0, depth + 2));
        [&word(unit.len() as u32)[..], &unit].concat()
    };
    // A table of lines, version 4, without files and lines.
    let table = b"\x04\0\x08\0\0\0\x01\x01\x01\xfb\x0e\x01\0\0";
    let table = [&word(table.len() as u32)[..], table].concat();
    let of_depth = |depth| {
        frames(&[
            (".debug_info", info(depth)),
            (".debug_abbrev", abbreviations.to_vec()),
            (".debug_line", table.clone()),
        ])
    };
    assert!(of_depth(2).contains("a function without a name"), "{}", of_depth(2));
    let deep = of_depth(1_000_000);
    assert!(deep.contains("more than 250 functions are inlined"), "{deep}");
    // A table of lines, version 5, with files whose names take no bytes: 2^63 of them.
    let mut lines = b"\x05\0\x04\0\xff\0\0\0\x01\x01\x01\xfb\x0e\x01".to_vec();
    lines.extend(b"\x01\x01\x19\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
    let lines = [&word(lines.len() as u32)[..], &lines].concat();
    let free = frames(&[
        (".debug_info", info(0)),
        (".debug_abbrev", abbreviations.to_vec()),
        (".debug_line", lines),
    ]);
    assert!(free.contains("the names of files take no bytes"), "{free}");
    // 100,000 entries with 100,000 attributes each, none of which takes a byte.
    let many = 100_000;
    let mut attributes = b"\x01\x11\x01\x11\x01\x12\x06\x10\x17\0\0\x02\x34\0".to_vec();
    attributes.extend(std::iter::repeat_n(*b"\x3c\x19", many).flatten());
    attributes.extend(b"\0\0\0");
    let mut unit = b"\x04\0\0\0\0\0\x04".to_vec();
    head(&mut unit, 1);
    unit.extend(word(0));
    unit.extend(std::iter::repeat_n(2, many));
    unit.push(0);
    let unit = [&word(unit.len() as u32)[..], &unit].concat();
    let heavy = frames(&[(".debug_info", unit), (".debug_abbrev", attributes)]);
    assert!(heavy.contains("attributes that take no bytes outnumber the bytes"), "{heavy}");
    // 100,000 units, each of which has the rest of the table of abbreviations of the one before.
    let table = std::iter::repeat_n(*b"\x01\x11\0\0\0", many).flatten().chain([0]).collect();
    let units = (0..many as u32)
        .flat_map(|number| [&word(8)[..], b"\x04\0", &word(5 * number), b"\x04\0"].concat());
    let nested = frames(&[(".debug_info", units.collect()), (".debug_abbrev", table)]);
    assert!(nested.contains("tables of abbreviations lie in one another"), "{nested}");
}
