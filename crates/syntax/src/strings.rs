//! String literals and identifiers: reads the bytes and names that tokens stand for, and writes
//! tokens for bytes and names.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/values.html#strings>
//!
//! ```
//! use wattle_syntax::strings;
//!
//! assert_eq!(&*strings::bytes(r#""a\00\u{e9}""#), b"a\0\xc3\xa9");
//! assert_eq!(strings::id(r#"$"a b""#).unwrap(), "a b");
//!
//! let mut out = Vec::new();
//! strings::write_bytes(&mut out, b"a\0\xc3\xa9");
//! strings::write_id(&mut out, "a b");
//! assert_eq!(out, br#""a\00\c3\a9"$"a b""#);
//! ```

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::ops::Range;

use wattle_ast::{Name, Quoted};

use crate::is_id_char;

/// An escape sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Escape {
    /// The number of bytes after the backslash.
    pub len: usize,
    bytes: [u8; 4],
    count: usize,
}

impl Escape {
    /// The bytes that the escape sequence stands for: a single byte, or a character in UTF-8.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.count).unwrap_or_default()
    }

    #[inline]
    const fn byte(len: usize, byte: u8) -> Escape {
        Escape { len, bytes: [byte, 0, 0, 0], count: 1 }
    }

    fn character(len: usize, c: char) -> Escape {
        let mut bytes = [0; 4];
        let count = c.encode_utf8(&mut bytes).len();
        Escape { len, bytes, count }
    }
}

/// Reads the escape sequence at the start of `rest`, which is the text after a backslash.
///
/// ```
/// use wattle_syntax::strings::escape;
/// assert_eq!(escape(b"u{263a}!").unwrap().bytes(), "\u{263a}".as_bytes());
/// assert_eq!(escape(b"fF!").unwrap().len, 2);
/// assert_eq!(escape(b"q"), None);
/// ```
#[inline(always)]
pub fn escape(rest: &[u8]) -> Option<Escape> {
    if let [high, low, ..] = rest
        && let (high, low) = (HEX[usize::from(*high)], HEX[usize::from(*low)])
        && high | low < 16
    {
        return Some(Escape::byte(2, high << 4 | low));
    }
    Some(match rest {
        [b't', ..] => Escape::byte(1, b'\t'),
        [b'n', ..] => Escape::byte(1, b'\n'),
        [b'r', ..] => Escape::byte(1, b'\r'),
        [quoted @ (b'"' | b'\'' | b'\\'), ..] => Escape::byte(1, *quoted),
        [b'u', b'{', digits @ ..] => {
            // Search only the digits: to search a long text for the brace, at each of many escapes,
            // would be slow.
            let inside = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'_';
            let len = digits.iter().position(|byte| !inside(byte))?;
            let (digits, behind) = digits.split_at(len);
            let c = code_point(digits).filter(|_| behind.first() == Some(&b'}'))?;
            Escape::character(len + 3, c)
        }
        _ => return None,
    })
}

/// Reads the character of `\u{...}` from hexadecimal digits with single underscores between them.
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

/// The values of hexadecimal digits; 0xff for other bytes.
static HEX: [u8; 256] = {
    let mut hex = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        hex[b"0123456789abcdef"[value] as usize] = value as u8;
        hex[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    hex
};

/// Finds the first part of a literal that is not allowed: an invalid escape or a control character.
/// Returns the range of the whole literal if all parts are allowed.
///
/// ```
/// assert_eq!(wattle_syntax::strings::fault(r#""a\p""#), 2..4);
/// assert_eq!(wattle_syntax::strings::fault(r#""\u{110000}""#), 1..11);
/// assert_eq!(wattle_syntax::strings::fault("\"\0\""), 1..2);
/// ```
pub fn fault(literal: &str) -> Range<usize> {
    let mut at = literal.find('"').map_or(0, |quote| quote + 1);
    while let Some(c) = literal.get(at..).and_then(|rest| rest.chars().next()) {
        let behind = at + c.len_utf8();
        let rest = literal.get(behind..).unwrap_or_default();
        match (c, escape(rest.as_bytes())) {
            ('\\', Some(escape)) => at = behind + escape.len,
            ('\\', None) => {
                let brace = if rest.starts_with("u{") { rest.find('}') } else { None };
                let len = brace.map_or(rest.chars().next().map_or(0, char::len_utf8), |at| at + 1);
                return at..behind + len;
            }
            ('"', _) => break,
            _ if c.is_ascii_control() => return at..behind,
            _ => at = behind,
        }
    }
    0..literal.len()
}

/// The content of a literal, without the quotes.
fn inside(literal: &str) -> &str {
    literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default()
}

/// Appends the bytes of a string literal that the lexer accepted.
pub fn decode_into(literal: &str, out: &mut Vec<u8>) {
    let mut rest = inside(literal).as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escape = if *first == b'\\' { escape(behind) } else { None };
        match escape {
            Some(escape) => {
                match escape.bytes() {
                    [byte] => out.push(*byte),
                    bytes => out.extend_from_slice(bytes),
                }
                rest = behind.get(escape.len..).unwrap_or_default();
            }
            None => {
                let run = behind.iter().position(|byte| *byte == b'\\').unwrap_or(behind.len());
                let (run, behind) = rest.split_at(run + 1);
                out.extend_from_slice(run);
                rest = behind;
            }
        }
    }
}

/// The bytes of a string literal that the lexer accepted; borrowed if it has no escape sequences.
pub fn bytes(literal: &str) -> Cow<'_, [u8]> {
    let inside = inside(literal);
    if !inside.contains('\\') {
        return Cow::Borrowed(inside.as_bytes());
    }
    let mut out = Vec::with_capacity(inside.len() / 3);
    decode_into(literal, &mut out);
    out.shrink_to_fit();
    Cow::Owned(out)
}

/// The text of a string literal that the lexer accepted; `None` if it is not UTF-8.
pub fn name(literal: &str) -> Option<Name<'_>> {
    let inside = inside(literal);
    if !inside.contains('\\') {
        return Some(Name::Borrowed(inside));
    }
    let mut out = Vec::with_capacity(inside.len());
    decode_into(literal, &mut out);
    String::from_utf8(out).ok().map(Name::from)
}

/// The name that `$id` or `$"id"` stands for, without the dollar sign: `$"a"` is `$a`. `None` if
/// the name is not UTF-8.
#[inline]
pub fn id(token: &str) -> Option<Name<'_>> {
    let text = token.get(1..).unwrap_or_default();
    if text.starts_with('"') { name(text) } else { Some(Name::Borrowed(text)) }
}

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The text that is written for each byte in a string, and the length of that text.
static ESCAPES: [([u8; 4], u8); 256] = {
    let mut table = [([0; 4], 0); 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        table[i] = match byte {
            b'"' | b'\\' => ([b'\\', byte, 0, 0], 2),
            b' '..=b'~' => ([byte, 0, 0, 0], 1),
            _ => ([b'\\', HEX_DIGITS[i >> 4], HEX_DIGITS[i & 15], 0], 3),
        };
        i += 1;
    }
    table
};

/// Appends a string literal with any bytes. Bytes that are not printable ASCII become `\hh`.
pub fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    write_escaped(out, bytes);
    out.push(b'"');
}

/// Appends a part of a string literal, in the form that [`write_bytes`] writes between the quotes.
///
/// ```
/// let mut text = Vec::new();
/// wattle_syntax::strings::write_escaped(&mut text, b"a\0\"");
/// assert_eq!(text, br#"a\00\""#);
/// ```
pub fn write_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len());
    for &byte in bytes {
        let (text, len) = ESCAPES[usize::from(byte)];
        // It is quicker to write four bytes and cut off the rest than to copy one to three bytes.
        let end = out.len() + usize::from(len);
        out.extend_from_slice(&text);
        out.truncate(end);
    }
}

/// Appends a string literal for a name, in the form that [`Quoted`] shows: characters that are
/// invisible, or change how the text around them is displayed, become `\u{...}`.
pub fn write_name(out: &mut Vec<u8>, name: &str) {
    if name.bytes().all(|byte| ESCAPES[usize::from(byte)].1 == 1) {
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.push(b'"');
    } else {
        // Writing to memory does not fail.
        let _ = write!(Utf8(out), "{}", Quoted(name));
    }
}

/// The bytes that text is appended to.
struct Utf8<'o>(&'o mut Vec<u8>);

impl fmt::Write for Utf8<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Appends the identifier for a name that is not empty: `$name`, or `$"name"` if it has characters
/// that words cannot have.
pub fn write_id(out: &mut Vec<u8>, name: &str) {
    out.push(b'$');
    write_word(out, name);
}

/// Appends a name that is not empty in the place of a word, such as the start of an annotation: as
/// a word, or in quotes if it has characters that words cannot have.
pub fn write_word(out: &mut Vec<u8>, name: &str) {
    if name.bytes().all(is_id_char) {
        out.extend_from_slice(name.as_bytes());
    } else {
        write_name(out, name);
    }
}
