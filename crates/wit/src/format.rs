//! The formatter. It lays out a file from its tokens, so that no comment is lost.
//!
//! Items and fields get a line each, and two blanks of indentation. A list stays on its line if it
//! fits and has no comments. Between items, at most one blank line stays. Nothing is moved, and the
//! only tokens that are added or left out are commas at the ends of lists.
//!
//! ```
//! let text = "package a:b;\n\n\n// A clock.\ninterface time{now:func()->u64; // in seconds\n}";
//! let formatted = wattle_wit::format::format(text).unwrap();
//! assert_eq!(formatted, "package a:b;
//!
//! // A clock.
//! interface time {
//!   now: func() -> u64; // in seconds
//! }
//! ");
//! assert_eq!(wattle_wit::format::format(&formatted).unwrap(), formatted);
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::Errors;
use crate::syntax::{File, Keyword, Token, TokenKind, Tokens, version_len};

/// The default number of characters that a line with a list may have.
pub const WIDTH: usize = 100;

/// Formats a file with lines of [`WIDTH`] characters.
///
/// # Errors
/// The errors of its syntax. A file with errors is not formatted.
pub fn format(text: &str) -> Result<String, Errors> {
    format_to_width(text, WIDTH)
}

/// Formats a file whose lines with lists may have `width` characters.
///
/// ```
/// let text = "interface i { f: func(a: u8, b: u8); }";
/// let formatted = wattle_wit::format::format_to_width(text, 20).unwrap();
/// assert_eq!(formatted, "interface i {
///   f: func(
///     a: u8,
///     b: u8,
///   );
/// }
/// ");
/// ```
///
/// # Errors
/// The errors of its syntax. A file with errors is not formatted.
pub fn format_to_width(text: &str, width: usize) -> Result<String, Errors> {
    let file = File::parse(text);
    if !file.errors.is_empty() {
        return Err(Errors(file.errors_of(0).collect()));
    }
    let mut formatter = Formatter {
        tokens: &file.tokens,
        width,
        left: Vec::new(),
        out: String::with_capacity(text.len() + text.len() / 8),
        indentation: 0,
        open: Vec::new(),
        statement: None,
        begins: true,
        breaks: true,
    };
    formatter.run();
    Ok(formatter.out)
}

/// A bracket that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `{ … }` with a line for each item.
    Block {
        /// Whether commas separate the items.
        has_commas: bool,
    },
    /// A list of parameters or names.
    List {
        /// Whether each item has a line of its own.
        is_broken: bool,
    },
    /// The arguments of an attribute.
    Attribute,
    /// `( … )` or `< … >` around types.
    Types,
}

impl Open {
    /// Returns whether the content of the bracket begins on a line of its own, one level deeper.
    fn is_deeper(self) -> bool {
        matches!(self, Open::Block { .. } | Open::List { is_broken: true })
    }
}

/// A comment between two tokens.
struct Comment<'a> {
    text: &'a str,
    is_line: bool,
    /// The number of ends of lines before it.
    lines: usize,
}

struct Formatter<'t, 'a> {
    tokens: &'t Tokens<'a>,
    /// The number of characters that a line with a list may have.
    width: usize,
    /// The comments before a comma that was left out.
    left: Vec<Comment<'a>>,
    out: String,
    indentation: usize,
    open: Vec<Open>,
    /// The keyword that the statement begins with.
    statement: Option<Keyword>,
    /// Whether the next token begins a statement.
    begins: bool,
    /// Whether the next token begins a line.
    breaks: bool,
}

impl<'a> Formatter<'_, 'a> {
    fn run(&mut self) {
        let mut pos = 0;
        while pos < self.tokens.len() {
            self.token(&mut pos);
        }
        let (comments, _) = self.comments(pos);
        self.breaks = true;
        self.write_comments(&comments);
        if !self.out.is_empty() {
            self.newline();
        }
    }

    fn text(&self, pos: usize) -> &'a str {
        self.tokens.slice(self.tokens.get(pos).span)
    }

    fn is(&self, pos: usize, byte: u8) -> bool {
        self.tokens.get(pos).kind == TokenKind::Punctuation(byte)
    }

    /// Returns the comments before a token, and the number of ends of lines behind them.
    fn comments(&self, pos: usize) -> (Vec<Comment<'a>>, usize) {
        let (mut comments, mut lines) = (Vec::new(), 0);
        for Token { kind, span } in self.tokens.trivia(pos) {
            let text = self.tokens.slice(span);
            match kind {
                TokenKind::LineComment | TokenKind::BlockComment => {
                    let is_line = kind == TokenKind::LineComment;
                    comments.push(Comment { text, is_line, lines });
                    lines = 0;
                }
                _ => lines += text.bytes().filter(|byte| *byte == b'\n').count(),
            }
        }
        (comments, lines)
    }

    /// Writes the token at `pos` with the comments and line breaks before it, and moves `pos` on.
    /// Leaves out the last comma of a list that stays on its line.
    fn token(&mut self, pos: &mut usize) {
        let at = *pos;
        let (own, lines) = self.comments(at);
        let before = at.checked_sub(1);
        let innermost = self.open.last().copied();
        let mut comments = core::mem::take(&mut self.left);
        comments.extend(own);
        let closes = |pos| self.is(pos, b'}') || self.is(pos, b')') || self.is(pos, b'>');
        let is_close = closes(at);
        let is_last_comma = self.is(at, b',')
            && matches!(innermost, Some(Open::List { is_broken: false } | Open::Types))
            && closes(at + 1);
        if is_last_comma {
            self.left = comments;
            *pos += 1;
            return;
        }
        let after_open =
            before.is_some_and(|before| comments.is_empty() && self.opens_lines(before));
        if is_close {
            let needs_comma = match innermost {
                Some(Open::Block { has_commas }) => has_commas,
                Some(Open::List { is_broken }) => is_broken,
                _ => false,
            };
            let has_comma =
                before.is_some_and(|before| self.is(before, b',') || self.opens_lines(before));
            if needs_comma && !has_comma {
                self.out.push(',');
            }
            self.breaks = innermost.is_some_and(Open::is_deeper) && !after_open;
        }
        // A comment on the same line as the tokens around it goes with the token behind it, if that
        // token begins a line.
        let has_line = lines > 0 || comments.iter().any(|comment| comment.lines > 0);
        if let Some(comment) = comments.first_mut()
            && self.breaks
            && !has_line
            && !is_close
        {
            comment.lines = 1;
        }
        let wrote_line = self.write_comments(&comments);
        if is_close && innermost.is_some_and(Open::is_deeper) {
            self.indentation = self.indentation.saturating_sub(1);
        }
        if self.breaks && before.is_some() {
            self.newline();
            if lines > 1 && !is_close && !after_open {
                self.blank_line();
            }
            self.indent(0);
        } else if let Some(before) = before {
            if wrote_line || comments.last().is_some_and(|_| lines > 0) {
                self.newline();
                self.indent(1);
            } else if !comments.is_empty() || self.is_spaced(before, at) {
                self.out.push(' ');
            }
        } else if !comments.is_empty() {
            self.newline();
            if lines > 1 {
                self.blank_line();
            }
        }
        self.breaks = false;
        self.write(pos);
    }

    /// Returns whether the token ends its line because it opens a block or a list.
    fn opens_lines(&self, pos: usize) -> bool {
        self.is(pos, b'{') || self.is(pos, b'(')
    }

    /// Writes comments. Returns whether the last one is a line comment, which ends its line.
    fn write_comments(&mut self, comments: &[Comment<'a>]) -> bool {
        let mut ends_line = false;
        for comment in comments {
            if self.out.is_empty() {
            } else if comment.lines > 0 || ends_line {
                let after_open = self.out.ends_with(['{', '(']);
                self.newline();
                if comment.lines > 1 && !after_open {
                    self.blank_line();
                }
                self.indent(usize::from(!self.breaks));
            } else if !self.out.ends_with('\n') {
                self.out.push(' ');
            }
            for (nth, line) in comment.text.lines().enumerate() {
                if nth > 0 {
                    self.out.push('\n');
                }
                self.out.push_str(line.trim_end());
            }
            ends_line = comment.is_line;
        }
        ends_line
    }

    /// Ends the line, if anything is in it.
    fn newline(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// Leaves a line blank.
    fn blank_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Indents a line by `more` levels more than the block.
    fn indent(&mut self, more: usize) {
        (0..self.indentation + more).for_each(|_| self.out.push_str("  "));
    }

    /// Writes the text of a token, and enters the bracket that it opens or leaves the one that it
    /// closes.
    fn write(&mut self, pos: &mut usize) {
        let at = *pos;
        *pos += 1;
        if self.begins && !self.is_of_attribute(at) {
            self.begins = false;
            self.statement = self.tokens.keyword(at);
        }
        if self.begins_version(at) {
            let start = self.tokens.get(at).span.start;
            let rest = self.tokens.text().get(start..).unwrap_or_default();
            let len = version_len(rest);
            self.out.push_str(rest.get(..len).unwrap_or_default());
            while self.tokens.get(*pos).span.start < start + len {
                *pos += 1;
            }
            return;
        }
        self.out.push_str(self.text(at));
        let TokenKind::Punctuation(byte) = self.tokens.get(at).kind else { return };
        match byte {
            b'{' | b'(' | b'<' => {
                let open = self.opened(at, byte);
                if open.is_deeper() {
                    self.indentation += 1;
                    self.breaks = true;
                }
                if matches!(open, Open::Block { .. }) {
                    self.begin_statement();
                }
                self.open.push(open);
            }
            b'}' | b')' | b'>' => match self.open.pop() {
                Some(Open::Block { .. } | Open::Attribute) => self.end_statement(),
                Some(Open::List { .. })
                    if self.statement == Some(Keyword::Include) && !self.is(*pos, b';') =>
                {
                    self.end_statement();
                }
                _ => {}
            },
            b';' => self.end_statement(),
            b',' => match self.open.last() {
                Some(Open::Block { .. }) => self.end_statement(),
                Some(Open::List { is_broken: true }) => self.breaks = true,
                _ => {}
            },
            _ => {}
        }
    }

    /// Returns whether a token belongs to an attribute, which stands before the first word of a
    /// statement.
    fn is_of_attribute(&self, pos: usize) -> bool {
        let is_at = |back: usize| pos.checked_sub(back).is_some_and(|pos| self.is(pos, b'@'));
        is_at(0)
            || is_at(1)
            || is_at(2) && self.is(pos, b'(')
            || self.open.last() == Some(&Open::Attribute)
    }

    fn begin_statement(&mut self) {
        self.begins = true;
        self.statement = None;
    }

    fn end_statement(&mut self) {
        self.breaks = true;
        self.begin_statement();
    }

    /// Returns whether a version begins with the token.
    fn begins_version(&self, pos: usize) -> bool {
        let Some(before) = pos.checked_sub(1) else { return false };
        let is_integer = self.tokens.get(pos).kind == TokenKind::Integer;
        is_integer && (self.is(before, b'@') || self.is(before, b'='))
    }

    /// Returns the kind of the bracket that opens at `pos`.
    fn opened(&self, pos: usize, byte: u8) -> Open {
        let before = pos.checked_sub(1).map_or("", |before| self.text(before));
        let is_list = match byte {
            b'<' => return Open::Types,
            b'(' if self.begins => return Open::Attribute,
            b'(' => matches!(before, "func" | "get" | "set" | "constructor"),
            _ => matches!(before, "." | "with"),
        };
        match (is_list, byte) {
            (true, _) => Open::List { is_broken: self.is_broken(pos) },
            (false, b'(') => Open::Types,
            (false, _) => {
                use Keyword::{Enum, Flags, Record, Variant};
                let has_commas = matches!(self.statement, Some(Record | Variant | Enum | Flags));
                Open::Block { has_commas }
            }
        }
    }

    /// Returns whether a list that opens at `pos` needs a line for each of its items.
    fn is_broken(&self, pos: usize) -> bool {
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        let mut width = line.chars().count();
        let (mut depth, mut at) = (1_usize, pos + 1);
        while at < self.tokens.len() {
            if depth > 0 && !self.comments(at).0.is_empty() {
                return true;
            }
            width += self.text(at).chars().count() + usize::from(self.is_spaced(at - 1, at));
            match self.tokens.get(at).kind {
                TokenKind::Punctuation(b'(' | b'{') => depth += 1,
                TokenKind::Punctuation(b')' | b'}') => depth = depth.saturating_sub(1),
                TokenKind::Punctuation(b';') if depth == 0 => break,
                _ => {}
            }
            if depth == 0 && self.statement == Some(Keyword::Include) && !self.is(at + 1, b';') {
                break;
            }
            if width > self.width {
                // An empty list has nothing to break.
                return !self.is(pos + 1, b')') && !self.is(pos + 1, b'}');
            }
            at += 1;
        }
        false
    }

    /// Returns whether a blank stands between two tokens of one line.
    fn is_spaced(&self, before: usize, at: usize) -> bool {
        let punctuation = |pos| match self.tokens.get(pos).kind {
            TokenKind::Punctuation(byte) => byte,
            _ => 0,
        };
        let is_names = |pos: usize| pos.checked_sub(1).is_some_and(|pos| self.is(pos, b'.'));
        match (punctuation(before), punctuation(at)) {
            (_, b';' | b',' | b')' | b'>' | b':' | b'.' | b'/' | b'(' | b'<' | b'@') => false,
            (b'(' | b'<' | b'.' | b'/' | b'@', _) => false,
            (b'{', b'}') => false,
            (b':', _) => !self.is_path_colon(before),
            (b'{', _) => !is_names(before),
            (_, b'}') => !self.closes_names(at),
            (b'-' | b'+', _) | (_, b'-' | b'+') => false,
            _ => true,
        }
    }

    /// Returns whether a brace closes the names of a `use`.
    fn closes_names(&self, pos: usize) -> bool {
        let mut at = pos;
        while let Some(before) = at.checked_sub(1) {
            at = before;
            if self.is(at, b'{') {
                return at.checked_sub(1).is_some_and(|before| self.is(before, b'.'));
            }
        }
        false
    }

    /// Returns whether a colon stands between a namespace and a package.
    fn is_path_colon(&self, pos: usize) -> bool {
        self.statement == Some(Keyword::Package) || self.is(pos + 2, b'/')
    }
}
