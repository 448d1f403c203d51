//! Warnings of the commands that leave out custom sections which would point at the wrong places.

use crate::{Ran, wattle};

/// A function with `i32.const 0` in three bytes, `drop`, `end`, and the custom sections
/// `.debug_line`, `linking`, and `reloc.CODE` for section 2.
const OBJECT: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\
    \x0a\x08\x01\x06\0\x41\x80\0\x1a\x0b\
    \0\x0c\x0b.debug_line\0\x09\x07linking\x02\0\x0d\x0areloc.CODE\x02\0";

fn custom_names(text: &[u8]) -> usize {
    String::from_utf8_lossy(text).matches("(@custom").count()
}

#[test]
fn rewriting_code_leaves_out_what_points_at_it() {
    assert_eq!(wattle(&["parse"], OBJECT).bytes, OBJECT);
    for arguments in [&["parse", "--canonical"][..], &["print"]] {
        let Ran { code, err, bytes, .. } = wattle(arguments, OBJECT);
        assert_eq!(code, Some(0), "{err}");
        let warnings = [
            "the custom section .debug_line is left out: offsets in the code section would be wrong",
            "the custom sections linking, reloc.CODE are left out: offsets in other sections",
        ];
        assert!(warnings.iter().all(|warning| err.contains(warning)), "{err}");
        for name in [".debug_line", "linking", "reloc.CODE"] {
            assert!(!String::from_utf8_lossy(&bytes).contains(name), "{arguments:?}");
        }
    }
    // If nothing can be shortened, all sections stay.
    let mut short = [&OBJECT[..18], b"\x0a\x07\x01\x05\0\x41\0\x1a\x0b", &OBJECT[28..]].concat();
    let printed = wattle(&["print"], &short);
    assert_eq!((printed.err.as_str(), custom_names(&printed.bytes)), ("", 3));
    assert_eq!(wattle(&["parse", "--canonical"], &printed.bytes).bytes, short);
    short.truncate(27);
    assert_eq!(wattle(&["strip"], OBJECT).bytes.len(), short.len() + 1);
}

/// An object file of LLVM, whose code has relocations in five-byte integers.
#[test]
fn an_object_file_loses_its_relocations_with_a_warning() {
    let object = std::fs::read(wattle_tests::root().join("tests/cases/object_file.wasm")).unwrap();
    assert_eq!(wattle(&["parse"], &object).bytes, object);
    for command in ["dump", "objdump"] {
        let shown = wattle(&[command], &object).out;
        assert!(shown.contains("\"linking\"") && shown.contains("\"reloc.CODE\""), "{shown}");
    }
    let printed = wattle(&["print"], &object);
    let shortest = wattle(&["parse", "--canonical"], &object);
    for Ran { code, err, .. } in [&printed, &shortest] {
        assert_eq!(*code, Some(0));
        assert!(err.contains("the custom sections linking, reloc.CODE are left out"), "{err}");
    }
    for bytes in [wattle(&["parse"], &printed.bytes).bytes, shortest.bytes] {
        let shown = wattle(&["objdump"], &bytes).out;
        assert!(shown.contains("\"target_features\"") && !shown.contains("reloc"), "{shown}");
    }
}

#[test]
fn stripping_sections_that_are_pointed_past_leaves_out_what_points() {
    let Ran { err, bytes, .. } = wattle(&["strip", "--delete", "debug"], OBJECT);
    assert_eq!(err, "");
    assert_eq!(bytes.len(), OBJECT.len() - 14);
    // Removing the first section makes the code section, which the relocations call 3, section 2.
    let front = [&OBJECT[..8], b"\0\x02\x01x", &OBJECT[8..]].concat();
    let mut pointing = front.clone();
    let at = pointing.len() - 2;
    pointing[at] = 3;
    let Ran { err, bytes, .. } = wattle(&["strip", "--delete", "^x$"], &pointing);
    assert!(err.contains("the custom sections linking, reloc.CODE are left out"), "{err}");
    assert_eq!(bytes, OBJECT[..42]);
}
