//! The ends of words.

use wattle_syntax::{is_id_char, word_len};

#[test]
fn a_word_ends_where_its_characters_do() {
    for byte in 0..=u8::MAX {
        for place in 0..20 {
            for rest in ["", " ", "        "] {
                let mut text = *b"local.get_0123456789|$~a";
                text[place] = byte;
                let expected = if is_id_char(byte) { text.len() } else { place };
                let text = [&text[..], rest.as_bytes()].concat();
                assert_eq!(word_len(&text), expected, "{byte:#x} at {place}");
            }
        }
    }
}
