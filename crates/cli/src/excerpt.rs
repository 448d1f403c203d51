//! The part of an input that a fault shows: a line of text, or the bytes around an offset.

use wattle::ast::{LineIndex, Shown, Span};

/// The number of bytes of a line that are shown before and behind a fault.
const CONTEXT: usize = 120;

/// A line of text, or the part of a long line around a mark.
pub(crate) struct TextExcerpt {
    pub(crate) text: String,
    /// The bytes of `text` to underline, at least one.
    pub(crate) mark: std::ops::Range<usize>,
    /// Whether `text` begins where the line begins, and has the columns of the line up to the mark.
    pub(crate) starts_line: bool,
}

impl TextExcerpt {
    /// Returns the line in which a span starts.
    pub(crate) fn new(text: &str, lines: &LineIndex, span: Span) -> TextExcerpt {
        let line = lines.line_column(span.start).line;
        let line = lines.line_span(line).unwrap_or_default();
        let end = line.start + text[line.start..line.end].trim_end_matches(['\r', '\n']).len();
        let floor = |mut offset: usize| {
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            offset
        };
        let mark_start = floor(span.start.min(end));
        let mark_end = floor(span.end.clamp(mark_start, end));
        let from = floor(mark_start.saturating_sub(CONTEXT).max(line.start));
        let to = floor((mark_end.min(mark_start + CONTEXT) + CONTEXT).min(end));
        // Characters that a terminal might act on are escaped, and a tab becomes a space.
        let show = |part: &str| Shown(part.replace('\t', " ")).to_string();
        let (before, marked) = (show(&text[from..mark_start]), &text[mark_start..mark_end.min(to)]);
        let is_as_it_was = before.len() == mark_start - from;
        let start = before.len();
        // The mark of an empty span needs a character, also at the end of the line.
        let space = if marked.is_empty() { " " } else { "" };
        let mut shown = before + &show(marked);
        let end = shown.len();
        shown.push_str(&show(&text[mark_end.min(to)..to]));
        shown.push_str(space);
        let mut end = end.max(start + 1);
        while !shown.is_char_boundary(end) {
            end += 1;
        }
        let mark = start..end;
        TextExcerpt { text: shown, mark, starts_line: from == line.start && is_as_it_was }
    }
}

/// Returns rows of sixteen bytes around a span, with the bytes of the span marked underneath.
pub(crate) fn hexdump(bytes: &[u8], span: Span) -> String {
    use std::fmt::Write;
    const ROW: usize = 16;
    let first = (span.start / ROW).saturating_sub(1);
    let last = ((span.end.max(span.start + 1) - 1) / ROW).min(span.start / ROW + 3);
    let mut out = String::new();
    for row in first..=last + 1 {
        let offsets = row * ROW..(row + 1) * ROW;
        let start = offsets.start.min(bytes.len());
        let data = &bytes[start..offsets.end.min(bytes.len())];
        if data.is_empty() && !offsets.contains(&span.start) {
            continue;
        }
        let _ = write!(out, "{:8x} |", offsets.start);
        for byte in data {
            let _ = write!(out, " {byte:02x}");
        }
        let shown = |&byte: &u8| if (0x20..0x7f).contains(&byte) { byte as char } else { '.' };
        let text: String = data.iter().map(shown).collect();
        let _ = writeln!(out, "{:width$} | {text}", "", width = 3 * (ROW - data.len()));
        let marks = offsets.map(|offset| {
            let empty = span.is_empty() && offset == span.start;
            if empty || (span.start..span.end).contains(&offset) { " ^^" } else { "   " }
        });
        let marks: String = marks.collect();
        if !marks.trim().is_empty() {
            let _ = writeln!(out, "{:8} |{}", "", marks.trim_end());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_lies_in_the_excerpt_wherever_the_span_lies() {
        let text = format!("(module\r\n  {} \u{e9}\u{20ac} ;;\n\n)", "\u{e9}x ".repeat(200));
        let lines = LineIndex::new(&text);
        for start in 0..text.len() + 3 {
            for len in [0, 1, 5, 500] {
                let TextExcerpt { text, mark, .. } =
                    TextExcerpt::new(&text, &lines, Span::new(start, start + len));
                assert!(
                    mark.start < mark.end && mark.end <= text.len(),
                    "{start}, {len}: {mark:?}"
                );
                assert!(text.get(mark.clone()).is_some(), "{start}, {len}: {mark:?}");
                assert!(text.len() <= 3 * CONTEXT + 4, "{start}, {len}: {}", text.len());
            }
        }
    }

    #[test]
    fn a_span_at_the_end_of_the_bytes_is_marked() {
        assert_eq!(hexdump(b"\0asm", Span::new(1, 3)).lines().nth(1), Some("         |    ^^ ^^"));
        assert!(hexdump(&[0; 16], Span::at(16)).ends_with("^^\n"));
        assert_eq!(hexdump(&[], Span::at(0)).lines().count(), 2);
    }
}
