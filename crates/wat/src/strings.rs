//! String literals: their escape sequences, and the bytes and identifiers they stand for.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/values.html#strings>

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::Name;

/// How many bytes follow the backslash of an escape sequence, when they make one.
pub(crate) fn escape_len(rest: &[u8]) -> Option<usize> {
    match rest {
        [b't' | b'n' | b'r' | b'"' | b'\'' | b'\\', ..] => Some(1),
        [b'u', b'{', digits @ ..] => {
            // Not in search of a brace: the text may be long, and hold many of these.
            let inside = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'_';
            let len = digits.iter().position(|byte| !inside(byte))?;
            let closed = digits.get(len) == Some(&b'}');
            if closed { code_point(&digits[..len]).map(|_| len + 3) } else { None }
        }
        [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => Some(2),
        _ => None,
    }
}

/// The character of `\u{...}`: hexadecimal digits, single underscores between them.
fn code_point(digits: &[u8]) -> Option<char> {
    let mut value = 0_u32;
    let mut after_digit = false;
    for &byte in digits {
        match (byte, (byte as char).to_digit(16)) {
            (_, Some(digit)) => {
                value = value.checked_mul(16)? + digit;
                after_digit = true;
            }
            (b'_', None) if after_digit => after_digit = false,
            _ => return None,
        }
    }
    if after_digit { char::from_u32(value) } else { None }
}

fn hex(byte: u8) -> u8 {
    (byte as char).to_digit(16).unwrap_or(0) as u8
}

/// Appends the bytes of the inside of a string literal that the lexer took.
pub(crate) fn decode_into(inside: &str, out: &mut Vec<u8>) {
    let mut rest = inside.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match *rest {
            [b't', ..] => out.push(b'\t'),
            [b'n', ..] => out.push(b'\n'),
            [b'r', ..] => out.push(b'\r'),
            [quoted @ (b'"' | b'\'' | b'\\'), ..] => out.push(quoted),
            [b'u', b'{', ref digits @ ..] => {
                let len = digits.iter().position(|byte| *byte == b'}').unwrap_or(digits.len());
                if let Some(c) = code_point(&digits[..len]) {
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            [high, low, ..] => out.push(hex(high) << 4 | hex(low)),
            _ => {}
        }
        rest = rest.get(escape_len(rest).unwrap_or(1)..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// The inside of a literal: without the quotes.
pub(crate) fn inside(literal: &str) -> &str {
    literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default()
}

/// The bytes of a string literal, quotes included, that the lexer took.
pub(crate) fn bytes(literal: &str) -> Cow<'_, [u8]> {
    let inside = inside(literal);
    if !inside.contains('\\') {
        return Cow::Borrowed(inside.as_bytes());
    }
    let mut out = Vec::with_capacity(inside.len() / 2);
    decode_into(inside, &mut out);
    Cow::Owned(out)
}

/// The text of a string literal, when it is UTF-8.
pub(crate) fn name(literal: &str) -> Option<Name<'_>> {
    let inside = inside(literal);
    if !inside.contains('\\') {
        return Some(Name::Borrowed(inside));
    }
    let mut out = Vec::with_capacity(inside.len());
    decode_into(inside, &mut out);
    String::from_utf8(out).ok().map(Name::from)
}

/// What an identifier token (`$id` or `$"id"`) stands for, without the dollar sign: `$"a"` is
/// `$a`. Nothing when it is not UTF-8.
pub(crate) fn id(token: &str) -> Option<Name<'_>> {
    let text = token.get(1..).unwrap_or_default();
    if text.starts_with('"') { name(text) } else { Some(Name::Borrowed(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded() {
        let literal = r#""a\t\n\r\"\'\\\00\fF\u{e9}\u{1_F600}z""#;
        let mut expected = b"a\t\n\r\"'\\\x00\xff".to_vec();
        expected.extend_from_slice("\u{e9}\u{1f600}z".as_bytes());
        assert_eq!(bytes(literal), expected);
        assert_eq!(name(literal), None);
    }

    #[test]
    fn escapes_that_are_none() {
        for rest in ["", "x", "0", "0g", "u{}", "u{d800}", "u{110000}", "u{1_}", "u{_1}", "u{1"] {
            assert_eq!(escape_len(rest.as_bytes()), None, "{rest}");
        }
        assert_eq!(escape_len(b"u{1__2}"), None);
        assert_eq!(escape_len(b"u{1_2}"), Some(6));
    }
}
