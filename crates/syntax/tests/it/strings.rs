//! Strings and identifiers: reading and writing.

use wattle_syntax::strings::{bytes, escape, id, name, write_bytes, write_id, write_name};
use wattle_syntax::{Lexer, TokenKind};

#[test]
fn escapes_are_decoded() {
    let literal = r#""a\t\n\r\"\'\\\00\fF\u{e9}\u{1_F600}z""#;
    let mut expected = b"a\t\n\r\"'\\\x00\xff".to_vec();
    expected.extend_from_slice("\u{e9}\u{1f600}z".as_bytes());
    assert_eq!(bytes(literal), expected);
    assert_eq!(name(literal), None);
}

#[test]
fn malformed_escapes() {
    for rest in ["", "x", "0", "0g", "u{}", "u{d800}", "u{110000}", "u{1_}", "u{_1}", "u{1"] {
        assert_eq!(escape(rest.as_bytes()), None, "{rest}");
    }
    assert_eq!(escape(b"u{1__2}"), None);
    assert_eq!(escape(b"u{1_2}").map(|escape| escape.len), Some(6));
}

fn text(write: impl Fn(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn strings_are_escaped() {
    assert_eq!(text(|out| write_bytes(out, b"a\"\\\0\n\xff~")), r#""a\"\\\00\0a\ff~""#);
    assert_eq!(text(|out| write_name(out, "plain")), r#""plain""#);
    let name = "\"\u{e9}\n\0\u{202e}\u{7f}";
    let expected = "\"\\\"\u{e9}\\n\\u{0}\\u{202e}\\u{7f}\"";
    assert_eq!(text(|out| write_name(out, name)), expected);
    assert_eq!(text(|out| write_id(out, "a<b>.c")), "$a<b>.c");
    assert_eq!(text(|out| write_id(out, "a b")), "$\"a b\"");
    assert_eq!(text(|out| write_id(out, "\u{e9}")), "$\"\u{e9}\"");
}

#[test]
fn what_is_written_reads_back() {
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(bytes(&text(|out| write_bytes(out, &all))), all);
    let planes = (0..=0x1f).flat_map(|high| [high << 12, (high << 12) + 0xfff]);
    let points = (0..0x3000).chain(planes).chain([0xfeff, 0xe0001, 0x10ffff]);
    for c in points.filter_map(char::from_u32) {
        let c = String::from(c);
        let literal = text(|out| write_name(out, &c));
        assert_eq!(name(&literal).unwrap(), *c);
        let token = text(|out| write_id(out, &c));
        assert_eq!(id(&token).unwrap(), *c);
        for (token, kind) in [(token, TokenKind::Id), (literal, TokenKind::String)] {
            let tokens: Vec<_> = Lexer::new(&token).map(|(kind, _)| kind).collect();
            assert_eq!(tokens, [kind], "{token}");
        }
    }
}
