//! The lengths of blanks and comments. The caller gives the delimiters of block comments, so that
//! languages with other delimiters can use these functions.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/lexical.html#white-space>

#[inline(always)]
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// The number of blanks at the start of `text`: spaces, tabs and ends of lines.
///
/// ```
/// assert_eq!(wattle_syntax::trivia::blank_len(b" \t\r\n x"), 5);
/// ```
#[inline(always)]
pub fn blank_len(text: &[u8]) -> usize {
    match text {
        [first, ..] if !is_blank(*first) => 0,
        [_, second, ..] if !is_blank(*second) => 1,
        _ => blank_run(text),
    }
}

/// The number of blanks at the start of `text`. If it has at least two bytes, the first two are
/// blanks.
#[inline(never)]
fn blank_run(text: &[u8]) -> usize {
    let mut len = text.len().min(2);
    loop {
        // Most blanks are indentation, whose depth a processor cannot predict. So 32 bytes are read
        // before the next branch.
        while let Some(chunk) = text.get(len..).and_then(<[u8]>::first_chunk::<32>) {
            let spaces = leading_spaces(chunk);
            len += spaces;
            if spaces < chunk.len() {
                break;
            }
        }
        match text.get(len) {
            Some(&byte) if is_blank(byte) => len += 1,
            _ => return len,
        }
    }
}

/// The number of spaces before the first other byte, found without branches.
#[inline(always)]
fn leading_spaces(chunk: &[u8; 32]) -> usize {
    let mut spaces = chunk.len();
    for (nth, bytes) in chunk.as_chunks::<8>().0.iter().enumerate().rev() {
        let others = u64::from_le_bytes(*bytes) ^ u64::from_le_bytes([b' '; 8]);
        let before = 8 * nth + others.trailing_zeros() as usize / 8;
        spaces = if others == 0 { spaces } else { before };
    }
    spaces
}

/// The number of bytes before the end of the first line of `text`.
///
/// ```
/// assert_eq!(wattle_syntax::trivia::line_len(b";; done\r\n"), 7);
/// ```
pub fn line_len(text: &[u8]) -> usize {
    text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len())
}

/// The length of the block comment at the start of `text`, including nested comments; `None` if the
/// text ends before the comment.
///
/// ```
/// use wattle_syntax::trivia::block_len;
/// assert_eq!(block_len(b"(; a (; b ;) ;) nop", *b"(;", *b";)"), Some(15));
/// assert_eq!(block_len(b"/* a /* b */", *b"/*", *b"*/"), None);
/// ```
pub fn block_len(text: &[u8], open: [u8; 2], close: [u8; 2]) -> Option<usize> {
    if !text.starts_with(&open) {
        return None;
    }
    let (mut len, mut depth) = (open.len(), 1_usize);
    while depth > 0 {
        let pair = *text.get(len..)?.first_chunk()?;
        if pair == open {
            (len, depth) = (len + 2, depth + 1);
        } else if pair == close {
            (len, depth) = (len + 2, depth - 1);
        } else {
            len += 1;
        }
    }
    Some(len)
}
