//! Integers in LEB128, and text that is shown to people.

use wattle_ast::leb128::{len_u32, write_s64, write_u32, write_u32_padded, write_u64};
use wattle_ast::{Malformed, Quoted, Reader, Shown, is_harmless};

/// A simple generator of numbers of every bit width.
fn samples() -> impl Iterator<Item = u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..20_000).map(move |i| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> (i % 64)
    })
}

#[test]
fn agrees_with_an_independent_implementation() {
    for value in samples() {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        write_u64(&mut ours, value);
        leb128::write::unsigned(&mut theirs, value).unwrap();
        assert_eq!(ours, theirs);
        assert_eq!(Reader::new(&ours).u64(), Ok(value));

        for signed in [value as i64, -(value as i64 >> 1)] {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            write_s64(&mut ours, signed);
            leb128::write::signed(&mut theirs, signed).unwrap();
            assert_eq!(ours, theirs);
            assert_eq!(Reader::new(&ours).s64(), Ok(signed));
            let mut short = Vec::new();
            write_s64(&mut short, (signed as i32).into());
            assert_eq!(Reader::new(&short).s32(), Ok(signed as i32));
        }

        let value = value as u32;
        let (mut short, mut padded) = (Vec::new(), Vec::new());
        write_u32(&mut short, value);
        write_u32_padded(&mut padded, value);
        assert_eq!(short.len(), len_u32(value));
        assert_eq!(padded.len(), 5);
        assert_eq!(Reader::new(&short).u32(), Ok(value));
        assert_eq!(Reader::new(&padded).u32(), Ok(value));
    }
}

#[test]
fn integers_out_of_shape() {
    let too_long = [0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
    let too_large = [0xff, 0xff, 0xff, 0xff, 0x1f];
    let mut reader = Reader::new(&too_long);
    assert_eq!(reader.u32(), Err(Malformed::IntegerTooLong));
    assert_eq!(reader.pos(), 5);
    let mut reader = Reader::new(&too_large);
    assert_eq!(reader.u32(), Err(Malformed::IntegerTooLarge));
    assert_eq!(reader.pos(), 4);
    // -1 and the least 32-bit integer in five bytes, then a wrong sign extension.
    assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0x7f]).s32(), Ok(-1));
    assert_eq!(Reader::new(&[0x80, 0x80, 0x80, 0x80, 0x78]).s32(), Ok(i32::MIN));
    let wrong = [0x80, 0x80, 0x80, 0x80, 0x70];
    assert_eq!(Reader::new(&wrong).s32(), Err(Malformed::IntegerTooLarge));
}

#[test]
fn what_is_shown_has_no_harmful_character() {
    for c in '\0'..=char::MAX {
        let text = [c, 'a'].iter().collect::<String>();
        let (shown, quoted) = (Shown(&text).to_string(), Quoted(&text).to_string());
        assert!(shown.chars().chain(quoted.chars()).all(is_harmless), "{c:?}");
        assert_eq!(shown == text, is_harmless(c), "{c:?}");
        assert!(is_harmless(c) || c.is_control() || c.escape_debug().len() > 1, "{c:?}");
    }
    assert_eq!(Quoted(r#"\"\\"#).to_string(), r#""\\\"\\\\""#);
}
