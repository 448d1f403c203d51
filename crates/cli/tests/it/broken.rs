//! Broken inputs: commands that show an input show all that can be read, then the error, and no
//! input makes any command panic.

use std::time::Duration;

use crate::{Ran, wattle, wattle_in};

const HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// Two functions `foo` and `bar`, the second of which has an opcode that does not exist; names;
/// producers.
fn unknown_opcode() -> Vec<u8> {
    let parts: [&[u8]; 6] = [
        HEADER,
        b"\x01\x04\x01\x60\0\0\x03\x03\x02\0\0",
        b"\x0a\x0b\x02\x03\0\x01\x0b\x05\0\xfe\x90\x02\x0b",
        b"\0\x12\x04name\x01\x0b\x02\0\x03foo\x01\x03bar",
        b"\0\x0b\x09producers\0",
        b"",
    ];
    parts.concat()
}

/// Checks that the exit code is 1, standard output has these words, and standard error has this
/// one.
fn shows(args: &[&str], input: &[u8], words: &[&str], error: &str) {
    let Ran { code, out, err, .. } = wattle(args, input);
    assert_eq!(code, Some(1), "{args:?}: {out}\n{err}");
    for word in words {
        assert!(out.contains(word), "{args:?} should show {word}: {out}\n{err}");
    }
    assert!(err.contains(error), "{args:?}: {err}");
}

#[test]
fn what_can_be_read_is_shown_before_the_error() {
    let wasm = unknown_opcode();
    let error = "illegal opcode fe 110";
    shows(&["dump"], &wasm, &["func 0 \"foo\"", "nop", "malformed: illegal", "producers"], error);
    shows(&["objdump"], &wasm, &["producers", "foo", "bar", "functions (2)"], error);
    shows(&["print"], &wasm, &["func $foo", "nop", ";; cannot be read: illegal"], error);
    let with_feature = [HEADER, b"\x05\x03\x01\x04\x01\x0d\x02\x01\xff"].concat();
    shows(&["features"], &with_feature, &["memory64"], "zero byte expected");

    // The export section ends too early; the sections behind it are read.
    let bad_section = [HEADER, b"\x05\x03\x01\0\x01\x07\x02\x01\x05\x0b\x03\x01\x01\0"].concat();
    for command in ["dump", "objdump"] {
        shows(&[command], &bad_section, &["memory", "data"], "unexpected end");
    }
    shows(&["print"], &bad_section, &["(memory (;0;) 1)", "(data (;0;) \"\")"], "unexpected end");

    // The last section is cut off, and so are the bodies of two functions.
    let cut = [HEADER, b"\x01\x04\x01\x60\0\0\x03\x03\x02\0\0\x0a\x20\x02"].concat();
    shows(&["print"], &cut, &["bodies of the last 2 functions"], "length out of bounds");
}

#[test]
fn sections_in_the_wrong_order_are_shown() {
    let wasm = [HEADER, b"\x05\x03\x01\0\x01\x01\x04\x01\x60\0\0\x05\x03\x01\0\x02"].concat();
    let words = ["(type (;0;) (func))", "(memory (;0;) 1)", "(memory (;1;) 2)"];
    shows(&["print"], &wasm, &words, "unexpected content after last section");
}

#[test]
fn stripping_needs_sizes_alone() {
    let wasm = unknown_opcode();
    let Ran { code, bytes, err, .. } = wattle(&["strip", "--all"], &wasm);
    assert_eq!((code, &bytes[..]), (Some(0), &wasm[..32]), "{err}");
    // Without options, the name section stays.
    assert_eq!(wattle(&["strip"], &wasm).bytes, wasm[..52]);
    assert_eq!(wattle(&["strip"], HEADER).bytes, HEADER);
    assert_eq!(wattle(&["strip"], b"\0asm\x01\0\0\0\x01\x7f").code, Some(1));
}

/// A component with a module in which a function has an opcode that does not exist, a type that
/// does not exist, a component, and a custom section.
fn broken_component() -> Vec<u8> {
    let module = unknown_opcode();
    let head = [b"\0asm\x0d\0\x01\0\x01", &[module.len() as u8][..]].concat();
    let rest: [&[u8]; 5] = [
        b"\x07\x02\x01\x7d",
        b"\x07\x02\x01\x3e",
        b"\x04\x11\0asm\x0d\0\x01\0\x07\x02\x01\x73\0\x03\x01ab",
        b"\x07\x03\x01\x70\x79",
        b"\0\x03\x01xy",
    ];
    [head, module, rest.concat()].concat()
}

#[test]
fn of_a_broken_component_all_that_can_be_read_is_shown() {
    let wasm = broken_component();
    let errors = ["illegal opcode fe 110", "invalid leading byte (0x3e)"];
    for error in errors {
        let words =
            ["core module (;0;)", "func 0 \"foo\"", "malformed: illegal", "(type (;0;) u8)"];
        shows(&["dump"], &wasm, &words, error);
        let words = ["(type (;1;) (list u32))", "component (;0;)", "custom section \"x\", 1 bytes"];
        shows(&["dump"], &wasm, &words, error);
        shows(&["objdump"], &wasm, &["core module 0", "foo", "component 0", "custom \"a\""], error);
        let words =
            ["(func $foo", ";; cannot be read: illegal", "(list u32)", "(type (;0;) string)"];
        shows(&["print"], &wasm, &words, error);
        shows(&["features"], &wasm, &["component-model"], error);
    }
    let Ran { code, bytes, .. } = wattle(&["strip", "--all"], &wasm);
    assert_eq!(code, Some(0));
    assert!(bytes.ends_with(b"\x04\x0c\0asm\x0d\0\x01\0\x07\x02\x01\x73\x07\x03\x01\x70\x79"));
    let commands = ["dump", "objdump", "print", "features", "strip", "validate"];
    let step = wattle_tests::every(3);
    for (command, first) in commands.into_iter().zip((9..9 + step).cycle()) {
        for cut in (first..wasm.len()).step_by(step) {
            let ran = wattle(&[command], &wasm[..cut]);
            assert!(matches!(ran.code, Some(0 | 1)), "{command}, {cut} bytes: {}", ran.err);
        }
    }
}

#[test]
fn commands_that_show_take_every_feature() {
    let exact = [HEADER, b"\x01\x09\x02\x5f\0\x60\0\x01\x64\x62\0"].concat();
    for command in ["print", "dump", "objdump", "strip", "features"] {
        assert_eq!(wattle(&[command], &exact).code, Some(0), "{command}");
    }
    let features = wattle(&["features"], &exact).out;
    assert!(features.contains("custom-descriptors   type 1"), "{features}");
    for command in ["parse", "validate"] {
        assert_eq!(wattle(&[command], &exact).code, Some(1), "{command}");
    }
}

#[test]
fn a_file_keeps_its_content_when_not_all_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.txt");
    for command in ["print", "dump", "objdump", "features"] {
        std::fs::write(&file, "precious").unwrap();
        let ran = wattle_in(folder.path(), &[command, "-o", "out.txt"], &unknown_opcode());
        assert_eq!(ran.code, Some(1), "{command}");
        assert!(ran.err.contains("illegal opcode"), "{command}: {}", ran.err);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious", "{command}");
    }
}

#[test]
fn of_a_file_that_is_cut_off_the_metadata_before_is_shown() {
    let text = r#"(component
        (core module $m (@producers (sdk "x" "1")))
        (component $c (@custom "authors" "me")))"#;
    let wasm = wattle(&["parse"], text.as_bytes()).bytes;
    let cut = &wasm[..wasm.len() - 1];
    shows(&["metadata", "show"], cut, &["module m:", "sdk: x 1", "authors: me"], "<stdin>:0x7d");
    let json = wattle(&["metadata", "show", "--json"], cut);
    assert_eq!((json.code, json.json().as_array().map(Vec::len)), (Some(1), Some(3)));
    // A component that does not fit into its section, and one behind it.
    let inner = b"\x04\x0a\0asm\x0d\0\x01\0\0\x09\x04\x08\0asm\x0d\0\x01\0";
    let ran = wattle(&["metadata", "show"], &[b"\0asm\x0d\0\x01\0", &inner[..]].concat());
    assert_eq!((ran.code, ran.out.lines().count()), (Some(1), 3), "{ran:?}");
    assert!(ran.err.contains("<stdin>:0x13"), "{}", ran.err);
}

#[test]
fn an_empty_input_is_an_error_that_says_so() {
    for command in ["parse", "print", "dump", "objdump", "strip", "features", "validate"] {
        let Ran { code, err, .. } = wattle(&[command], b"");
        assert_eq!(code, Some(1), "{command}");
        assert!(err.contains("the file is empty"), "{command}: {err}");
    }
}

/// A generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Returns the input with a few bytes changed, removed, or inserted from another place.
fn mutated(input: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(5) {
            0 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..bytes.len().min(at + 1 + random.below(8)))),
            _ => {
                let from = random.below(input.len());
                let part = &input[from..input.len().min(from + 1 + random.below(16))];
                bytes.splice(at..at, part.iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn no_input_makes_a_command_panic() {
    let count = wattle_tests::times(2);
    let text = br#"(module $m (type $t (func (param $x i32) (result i32)))
  (import "a" "\62" (func $f (type $t))) (memory (export "m") 1) (global $g (mut i32) (i32.const 1))
  (func $h (export "h") (type $t) (block $l (br_if $l (local.get 0))) (i32.add (local.get 0) (i32.const 0x11)))
  (@custom "x" "y") (table 2 funcref) (elem (i32.const 0) $h) (data (i32.const 3) "d\ff"))"#;
    let script = br#"(module (func (export "f") (param i32) (result i32) (local.get 0)))
(assert_return (invoke "f" (i32.const 1)) (i32.const 1))
(assert_trap (invoke "f" (i32.const 2)) "unreachable")
(assert_malformed (module quote "(func") "unexpected")
(assert_invalid (module (func i32.add)) "type mismatch")
(assert_malformed (module binary "\00asm\01\00\00\00\01") "unexpected end")"#;
    let component = br#"(component $c (core module $m (memory (export "m") 1)
    (func (export "f") (param i32 i32) (result i32) (local.get 0))
    (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
  (import "a:b/c@1.2.3" (instance $i (export "t" (type $t (sub resource))) (export "g" (func))))
  (alias export $i "t" (type $t)) (core instance $n (instantiate $m)) (type $r (record (field "x" u8)))
  (component $d (type (list string)) (core module (func)))
  (func $l (export "f") (param "a" string) (result u32)
    (canon lift (core func $n "f") (memory (core memory $n "m")) (realloc (core func $n "r"))))
  (core func (canon resource.drop $t)) (@custom "x" "abc"))"#;
    let component_script = br#"(component (core module (func)) (type (future u8)))
(assert_invalid (component (export "a" (func 0))) "unknown func")
(assert_malformed (component binary "\00asm\0d\00\01\00\07\01\00") "unexpected end")
(component definition $d (import "f" (func))) (component instance $e $d)
(assert_return (invoke "f" (u8.const 1)) (str.const "x"))"#;
    let wit = include_bytes!("../../../../docs/examples/greet.wit");
    let [wasm, component_wasm] = [&text[..], component].map(|text| wattle(&["parse"], text));
    for ran in [&wasm, &component_wasm] {
        assert_eq!(ran.code, Some(0), "{}", ran.err);
    }
    let inputs =
        [&wasm.bytes[..], text, script, &component_wasm.bytes, component, component_script, wit];
    let commands: [&[&str]; 22] = [
        &["print", "--operand-stack", "--no-names", "--color", "always"],
        &["print", "--inline-imports-exports", "--no-customs"],
        &["dump", "--json"],
        &["wat2wasm", "--no-check"],
        &["wasm2wat", "-f", "--no-check"],
        &["wasm-objdump", "-hxds", "-"],
        &["wasm-strip", "-"],
        &["wast", "--no-run", "input.wast"],
        &["parse"],
        &["print", "--fold", "--offsets"],
        &["print", "--name-unnamed"],
        &["dump"],
        &["objdump"],
        &["strip", "--all"],
        &["features"],
        &["validate"],
        &["--json", "validate"],
        &["run", "--fuel", "1000", "--max-memory", "1M", "-"],
        &["component", "unbundle", "--out-dir", "parts"],
        &["wast", "input.wast"],
        &["wit"],
        &["fmt", "-"],
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for args in commands {
        for input in inputs {
            for _ in 0..count {
                let bytes = mutated(input, &mut random);
                std::fs::write(folder.path().join("input.wast"), &bytes).unwrap();
                let _ = std::fs::remove_dir_all(folder.path().join("parts"));
                let start = std::time::Instant::now();
                let ran = wattle_in(folder.path(), args, &bytes);
                let shown = String::from_utf8_lossy(&bytes);
                assert!(ran.code.is_some_and(|code| code != 101), "{args:?}: {shown}\n{}", ran.err);
                assert!(!ran.err.contains("panicked"), "{args:?}: {shown}\n{}", ran.err);
                assert!(start.elapsed() < Duration::from_secs(20), "{args:?}: {shown}");
            }
        }
    }
}
