//! The plain words between blanks and parentheses, which nearly all tokens are, found eight bytes
//! at a time. What does not look plain is left to the automaton of [`lexer`](crate::lexer), which
//! alone says what is a token: this is its short cut.

use crate::lexer::TokenKind;

/// A plain token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plain {
    /// `(`
    Open,
    /// `)`
    Close,
    /// A keyword, an identifier or a number.
    Word,
    /// What only the automaton can tell.
    No,
}

/// What a byte begins: a token of this kind as far as it shows, and a plain one or not.
static FIRST: [(TokenKind, Plain); 256] = {
    let mut first = [(TokenKind::Reserved, Plain::No); 256];
    let mut byte = 0;
    while byte < 256 {
        first[byte] = match byte as u8 {
            b'(' => (TokenKind::Open, Plain::Open),
            b')' => (TokenKind::Close, Plain::Close),
            b'$' => (TokenKind::Id, Plain::Word),
            b'"' => (TokenKind::String, Plain::No),
            b'a'..=b'z' => (TokenKind::Keyword, Plain::Word),
            b'0'..=b'9' | b'+' | b'-' => (TokenKind::Number, Plain::Word),
            _ => (TokenKind::Reserved, Plain::No),
        };
        byte += 1;
    }
    first
};

/// What a token is that begins with this byte; [`TokenKind::Reserved`] when that does not show.
#[inline(always)]
pub(crate) fn kind_of(first: u8) -> TokenKind {
    FIRST[usize::from(first)].0
}

#[inline(always)]
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// The plain token behind at most one blank that `rest` begins with, how many bytes come before
/// it, and how many it has.
#[inline(always)]
pub(crate) fn next(rest: &[u8]) -> (Plain, usize, usize) {
    const NO: (Plain, usize, usize) = (Plain::No, 0, 0);
    let Some(&byte) = rest.first() else { return NO };
    let gap = usize::from(is_blank(byte));
    let Some((&first, tail)) = rest.get(gap..).and_then(<[u8]>::split_first) else { return NO };
    let plain = FIRST[usize::from(first)].1;
    if plain == Plain::Word {
        return match word_len(tail) {
            // `$` alone is no identifier.
            Some(len) if len > 0 || first != b'$' => (plain, gap, len + 1),
            _ => NO,
        };
    }
    if plain == Plain::Open && matches!(tail.first(), Some(b';' | b'@') | None) {
        return NO;
    }
    (plain, gap, 1)
}

/// How many bytes come before a blank or a parenthesis, when all of them may stand in a word and
/// are not among the rarer ones.
#[inline(always)]
fn word_len(rest: &[u8]) -> Option<usize> {
    let mut len = 0;
    loop {
        let chunk = u64::from_le_bytes(*rest.get(len..)?.first_chunk()?);
        let ends = ends(chunk);
        if ends != 0 {
            len += ends.trailing_zeros() as usize / 8;
            let end = *rest.get(len)?;
            return (is_blank(end) || matches!(end, b'(' | b')')).then_some(len);
        }
        len += 8;
    }
}

/// The high bit of the first byte that is up to `,`, is `;` or one of `[\\]^` or from `{` on; what
/// bytes behind it have tells nothing.
#[inline(always)]
fn ends(chunk: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    // A borrow or a carry only leaves a byte that is an end itself.
    let below = |bytes: u64, bound: u8| bytes.wrapping_sub(ONES * u64::from(bound)) & !bytes;
    let from = |bound: u8| chunk.wrapping_add(ONES * u64::from(0x80 - bound));
    let found = below(chunk, b',' + 1)
        | below(chunk ^ (ONES * u64::from(b';')), 1)
        | (from(b'[') & !from(b'^' + 1))
        | from(b'{')
        | chunk;
    found & (ONES * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexer::is_id_char;

    #[test]
    fn every_byte_ends_a_word_or_does_not() {
        for byte in 0..=u8::MAX {
            for place in 0..20 {
                let mut text = *b"local.get_0123456789abcdef0 ";
                text[place] = byte;
                let expected = match byte {
                    b' ' | b'\n' | b'\r' | b'\t' | b'(' | b')' => Some(place),
                    b'!' | b'#'..=b'\'' | b'*' | b'+' | b'\\' | b'^' | b'|' | b'~' => None,
                    _ => is_id_char(byte).then_some(27),
                };
                let found =
                    word_len(&text).or_else(|| word_len(&[&text[..], b"        "].concat()));
                assert_eq!(found, expected, "{byte:#x} at {place}");
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left() {
        for text in ["(; ;)", "(@a)", ";; a", "$ a", "$\"a\"", "a\"b\"", "a,", "é", "a", "", "  a "]
        {
            assert_eq!(next(text.as_bytes()).0, Plain::No, "{text}");
        }
    }
}
