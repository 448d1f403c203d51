//! Places in a module that a compiler made with debugging information.

use wattle_ast::Features;
use wattle_inspect::places::{Places, SourceLine};

/// `tests/cases/lines.c`, and what clang made of it.
fn program() -> (String, Vec<u8>) {
    let path = |name: &str| wattle_tests::root().join("tests/cases").join(name);
    let source = std::fs::read_to_string(path("lines.c")).unwrap();
    (source, std::fs::read(path("lines.wasm")).unwrap())
}

#[test]
fn instructions_have_the_lines_of_the_source() {
    let (source, wasm) = program();
    let places = Places::of(&wasm, Features::ALL);
    assert!(places.has_lines());
    let module = wattle_parser::parse(&wasm).unwrap();
    // The line of each division, load and call, as the source has it.
    let mut found = Vec::new();
    for (func, body) in module.indexed_funcs() {
        for instr in body.body.instrs().with_offsets() {
            let (offset, instr) = instr.unwrap();
            let text = match instr.opcode().mnemonic() {
                "i32.div_s" => "return a / b;",
                "i32.load" => "sum += numbers[at];",
                "call" => "return average(numbers, count);",
                _ => continue,
            };
            let at = places.instr(0, func.0, offset as u32).unwrap();
            let place = places.at(at).unwrap();
            assert_eq!((place.func, place.offset), (func.0, offset));
            assert_eq!(places.at_address(place.address), Some(place.clone()));
            let SourceLine { file, line, .. } = &place.lines[0];
            assert!(file.as_ref().unwrap().ends_with("lines.c"), "{place:?}");
            let line = source.lines().nth(line.unwrap() as usize - 1).unwrap();
            assert!(line.trim() == text, "{line} for {text}: {place:?}");
            found.push((instr.opcode().mnemonic(), place.lines.len()));
        }
    }
    found.sort();
    found.dedup();
    // The division was inlined.
    assert_eq!(found, [("call", 1), ("i32.div_s", 2), ("i32.load", 1)]);
}

#[test]
fn where_no_function_is_there_is_no_place() {
    let (_, wasm) = program();
    let places = Places::of(&wasm, Features::ALL);
    for offset in [0, 8, wasm.len() - 1, wasm.len(), usize::MAX] {
        assert_eq!(places.at(offset), None, "{offset}");
    }
    assert_eq!(places.at_address(usize::MAX), None);
    assert_eq!(places.instr(0, 9, 0), None);
    assert_eq!(places.instr(1, 0, 0), None);
    assert_eq!(places.instr(0, 0, u32::MAX), None);
}

/// Whatever is cut off or changed, there is an answer.
#[test]
fn malformed_debugging_information_does_no_harm() {
    let (_, wasm) = program();
    let code = 0x47..0xa0;
    for len in (8..wasm.len()).step_by(7) {
        let places = Places::of(&wasm[..len], Features::ALL);
        code.clone().step_by(9).for_each(|at| drop(places.at(at)));
    }
    for at in (0x100..wasm.len()).step_by(5) {
        for byte in [0, 1, 0x7f, 0xff] {
            let mut bytes = wasm.clone();
            bytes[at] = byte;
            let places = Places::of(&bytes, Features::ALL);
            code.clone().step_by(9).for_each(|at| drop(places.at(at)));
        }
    }
}
