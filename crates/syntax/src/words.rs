//! Words: their characters, their ends, and their kinds by their first characters.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/values.html#text-idchar>

use crate::TokenKind;

/// Whether a byte is allowed in identifiers and keywords: the specification's `idchar`.
///
/// ```
/// assert!(b"local.get$_<>".iter().all(|byte| wattle_syntax::is_id_char(*byte)));
/// assert!(!b" \"(),;[]{}\x7f\xc3".iter().any(|byte| wattle_syntax::is_id_char(*byte)));
/// ```
pub const fn is_id_char(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'(' | b')' | b',' | b';' | b'[' | b']' | b'{' | b'}')
}

static ID_CHARS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = is_id_char(byte as u8);
        // The search for the end of a word skips only `idchar`s.
        assert!(table[byte] || may_end(byte as u64) & 0x80 != 0);
        byte += 1;
    }
    table
};

/// Whether a token that begins with this byte is a word, or a reserved token that begins with a
/// word.
#[inline(always)]
pub(crate) fn begins_word(byte: u8) -> bool {
    ID_CHARS[usize::from(byte)]
}

/// The number of word characters at the start of `text`.
///
/// ```
/// assert_eq!(wattle_syntax::word_len(b"i32.add)"), 7);
/// assert_eq!(wattle_syntax::word_len(b"(nop)"), 0);
/// ```
#[inline(always)]
pub fn word_len(text: &[u8]) -> usize {
    let mut len = 0;
    // Skip eight bytes at a time, up to each byte that can end the word.
    while let Some(chunk) = text.get(len..).and_then(<[u8]>::first_chunk) {
        let ends = may_end(u64::from_le_bytes(*chunk));
        if ends == 0 {
            len += 8;
            continue;
        }
        len += ends.trailing_zeros() as usize / 8;
        match text.get(len) {
            Some(&byte) if ID_CHARS[usize::from(byte)] => len += 1,
            _ => return len,
        }
    }
    let rest = text.get(len..).unwrap_or_default();
    len + rest.iter().take_while(|byte| is_id_char(**byte)).count()
}

/// Flags the high bit of the first of eight bytes that can end a word: bytes up to `,`, the byte
/// `;`, from `[` to `^`, and from `{` on. The bits of later bytes have no meaning.
#[inline(always)]
const fn may_end(chunk: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES * 0x80;
    // Only a byte that is itself flagged can cause a borrow or a carry.
    let up_to_comma = chunk.wrapping_sub(ONES * (b',' + 1) as u64) & !chunk;
    let semicolon = chunk ^ (ONES * b';' as u64);
    let semicolon = semicolon.wrapping_sub(ONES) & !semicolon;
    let from_bracket = chunk.wrapping_add(HIGH - ONES * b'[' as u64);
    let from_underscore = chunk.wrapping_add(HIGH - ONES * b'_' as u64);
    let from_brace = chunk.wrapping_add(HIGH - ONES * b'{' as u64);
    let found = up_to_comma | semicolon | (from_bracket & !from_underscore) | from_brace | chunk;
    found & HIGH
}

/// The kind of token that begins with each byte.
static KINDS: [TokenKind; 256] = {
    let mut kinds = [TokenKind::Reserved; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'(' => TokenKind::Open,
            b')' => TokenKind::Close,
            b'"' => TokenKind::String,
            b'$' => TokenKind::Id,
            b'a'..=b'z' => TokenKind::Keyword,
            b'0'..=b'9' | b'+' | b'-' => TokenKind::Number,
            _ => TokenKind::Reserved,
        };
        byte += 1;
    }
    kinds
};

/// The kind of a token that begins with this byte, if it is neither an error nor trivia.
#[inline(always)]
pub(crate) fn kind_of(first: u8) -> TokenKind {
    KINDS[usize::from(first)]
}
