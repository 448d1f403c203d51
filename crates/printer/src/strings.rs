//! Strings of the text format: names, bytes, and which characters need escaping.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/values.html#strings>

use alloc::vec::Vec;

use crate::numbers;

/// How each byte stands in a string: its text, and how long that is.
static ESCAPES: [([u8; 4], u8); 256] = {
    let hex = *b"0123456789abcdef";
    let mut table = [([0; 4], 0); 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        table[i] = match byte {
            b'"' | b'\\' => ([b'\\', byte, 0, 0], 2),
            b' '..=b'~' => ([byte, 0, 0, 0], 1),
            _ => ([b'\\', hex[i >> 4], hex[i & 15], 0], 3),
        };
        i += 1;
    }
    table
};

/// Appends any bytes as a string.
pub(crate) fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    out.reserve(bytes.len());
    for &byte in bytes {
        let (text, len) = ESCAPES[usize::from(byte)];
        // A whole word and a step back is quicker than a copy of one to three bytes.
        let end = out.len() + usize::from(len);
        out.extend_from_slice(&text);
        out.truncate(end);
    }
    out.push(b'"');
}

/// Whether a character shows, and shows as itself: no control, nothing invisible, nothing that
/// turns the text around it.
fn shows(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Appends a name as a string.
pub(crate) fn name(out: &mut Vec<u8>, name: &str) {
    out.push(b'"');
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'"' && *byte != b'\\';
    if name.as_bytes().iter().all(plain) {
        out.extend_from_slice(name.as_bytes());
    } else {
        name.chars().for_each(|c| character(out, c));
    }
    out.push(b'"');
}

fn character(out: &mut Vec<u8>, c: char) {
    match c {
        '"' | '\\' => out.extend_from_slice(&[b'\\', c as u8]),
        '\n' => out.extend_from_slice(b"\\n"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\r' => out.extend_from_slice(b"\\r"),
        _ if shows(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        _ => {
            out.extend_from_slice(b"\\u{");
            numbers::hex(out, u32::from(c).into());
            out.push(b'}');
        }
    }
}

/// Which bytes may stand in a plain identifier.
static IDCHARS: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0x21;
    while i < 0x7f {
        table[i] = !matches!(i as u8, b'"' | b'(' | b')' | b',' | b';' | b'[' | b']' | b'{' | b'}');
        i += 1;
    }
    table
};

/// Appends the identifier of a name that is not empty: `$name`, or `$"name"` when it holds
/// characters that identifiers may not.
pub(crate) fn id(out: &mut Vec<u8>, text: &str) {
    out.push(b'$');
    if text.bytes().all(|byte| IDCHARS[usize::from(byte)]) {
        out.extend_from_slice(text.as_bytes());
    } else {
        name(out, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn text(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_escaped() {
        assert_eq!(text(|out| bytes(out, b"a\"\\\0\n\xff~")), r#""a\"\\\00\0a\ff~""#);
        assert_eq!(text(|out| name(out, "plain")), r#""plain""#);
        assert_eq!(text(|out| name(out, "\"é\n\0\u{202e}\u{7f}")), r#""\"é\n\u{0}\u{202e}\u{7f}""#);
        assert_eq!(text(|out| id(out, "a<b>.c")), "$a<b>.c");
        assert_eq!(text(|out| id(out, "a b")), "$\"a b\"");
        assert_eq!(text(|out| id(out, "é")), "$\"é\"");
    }
}
