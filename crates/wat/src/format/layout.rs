//! The layout: how a line is indented, and where a long line is broken.
//!
//! A line is indented by one level more than the line with the innermost parenthesis or block that is
//! open, however many are opened there. A line that begins with a closing parenthesis, `end` or `else`
//! is indented as the line with what it closes.

use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::{Arity, Opcode, Span};

use super::Config;

/// What a piece does for the layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// An opening parenthesis, with the id of an annotation.
    Open,
    /// A closing parenthesis.
    Close,
    /// An instruction that opens a block, and is not folded.
    Block,
    /// An instruction that begins another part of the block.
    Part,
    /// An instruction that closes the block.
    End,
    /// Any other keyword.
    Keyword,
    /// A string.
    String,
    /// Any other token.
    Atom,
    /// A block comment.
    Comment,
    /// A form that is left as it is.
    Kept,
}

/// The roles of instructions that structure blocks.
pub(super) struct Roles(Vec<(&'static [u8], Role)>);

impl Roles {
    pub(super) fn new() -> Roles {
        let structured = Opcode::ALL.iter().filter_map(|opcode| {
            let role = match opcode.info().arity {
                Arity::Open => Role::Block,
                Arity::Part => Role::Part,
                Arity::Close => Role::End,
                Arity::Values { .. } => return None,
            };
            Some((opcode.mnemonic().as_bytes(), role))
        });
        Roles(structured.collect())
    }

    /// The role of a keyword that is not the first in its parentheses.
    pub(super) fn of(&self, keyword: &[u8]) -> Role {
        let found = self.0.iter().find(|(mnemonic, _)| *mnemonic == keyword);
        found.map_or(Role::Keyword, |&(_, role)| role)
    }
}

/// A token or a block comment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) role: Role,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Whether nothing stands between the token before and this one.
    pub(super) is_glued: bool,
}

impl Piece {
    /// Whether a piece continues what the token before began: the immediate of an instruction.
    fn continues(self, text: &str) -> bool {
        match self.role {
            Role::Atom => true,
            Role::Keyword => self.text(text).contains('='),
            _ => false,
        }
    }

    fn text(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// A parenthesis or block that is open.
#[derive(Clone, Copy)]
struct Open {
    is_block: bool,
    /// The indentation of the line that it stands on.
    indent: usize,
}

/// A place to go back to: the begin of a form.
struct Mark {
    len: usize,
    has_blank: bool,
    is_scope_begin: bool,
    /// Comments before the form, on its line.
    line: Vec<Piece>,
}

pub(super) struct Layout<'t> {
    text: &'t str,
    config: Config,
    out: String,
    /// The characters that end a line.
    line_end: &'static str,
    open: Vec<Open>,
    /// The line that is being collected.
    line: Vec<Piece>,
    comment: Option<Span>,
    /// The number of bytes that the line takes.
    width: usize,
    /// Whether there is an empty line before it.
    has_blank: bool,
    /// Whether the line before ended with an opening parenthesis.
    is_scope_begin: bool,
    /// Whether a form is complete, so that another begins a line.
    is_complete: bool,
    mark: Option<Mark>,
    /// For lines that are too long.
    columns: Vec<(usize, usize)>,
    unit_ends: Vec<usize>,
}

impl<'t> Layout<'t> {
    pub(super) fn new(text: &'t str, config: Config) -> Layout<'t> {
        let first = text.as_bytes().iter().position(|&byte| byte == b'\n');
        let is_dos = first.and_then(|at| at.checked_sub(1)).and_then(|at| text.as_bytes().get(at));
        Layout {
            text,
            config,
            out: String::with_capacity(text.len() + text.len() / 16),
            line_end: if is_dos == Some(&b'\r') { "\r\n" } else { "\n" },
            open: Vec::new(),
            line: Vec::new(),
            comment: None,
            width: 0,
            has_blank: false,
            is_scope_begin: true,
            is_complete: false,
            mark: None,
            columns: Vec::new(),
            unit_ends: Vec::new(),
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.flush();
        self.out
    }

    /// A top-level form begins. It begins a line, but for comments.
    pub(super) fn begin_form(&mut self) {
        let is_comment = |piece: &Piece| piece.role == Role::Comment;
        if self.is_complete || !self.line.iter().all(is_comment) {
            self.flush();
        }
        self.mark = Some(Mark {
            len: self.out.len(),
            has_blank: self.has_blank,
            is_scope_begin: self.is_scope_begin,
            line: self.line.clone(),
        });
    }

    /// A top-level form ends.
    pub(super) fn end_form(&mut self) {
        self.is_complete = true;
    }

    /// The form that began last is left as it is.
    pub(super) fn keep_form(&mut self, form: Span) {
        if let Some(mark) = self.mark.take() {
            self.out.truncate(mark.len);
            self.line = mark.line;
            (self.has_blank, self.is_scope_begin) = (mark.has_blank, mark.is_scope_begin);
        }
        self.open.clear();
        self.comment = None;
        let (start, end) = (form.start as u32, form.end as u32);
        self.line.push(Piece { role: Role::Kept, start, end, is_glued: false });
        // It has lines of its own.
        self.width = usize::MAX;
        self.is_complete = true;
    }

    /// The source line ends, and perhaps others that are empty.
    pub(super) fn end_of_line(&mut self, lines: usize) {
        let is_joined = self.comment.is_none()
            && self.line.last().is_some_and(|last| last.role == Role::Open && last.len() == 1);
        if is_joined {
            return;
        }
        self.flush();
        self.has_blank |= lines > 1;
    }

    pub(super) fn line_comment(&mut self, span: Span) {
        self.comment = Some(span);
    }

    pub(super) fn push(&mut self, piece: Piece) {
        if self.comment.is_some() {
            self.flush();
        }
        let is_spaced = self.line.last().is_some_and(|last| is_spaced(*last, piece));
        self.width = self.width.saturating_add(piece.len() + usize::from(is_spaced));
        self.line.push(piece);
    }

    /// Writes the line.
    fn flush(&mut self) {
        let line = core::mem::take(&mut self.line);
        let comment = self.comment.take();
        let width = core::mem::take(&mut self.width);
        self.is_complete = false;
        let first = line.first().copied();
        if first.is_none() && comment.is_none() {
            self.line = line;
            return;
        }
        let has_blank = core::mem::take(&mut self.has_blank);
        let closes = first.is_some_and(|first| first.role == Role::Close);
        if has_blank && !self.is_scope_begin && !closes {
            self.out.push_str(self.line_end);
        }
        let indent = self.indent_of(first.map(|first| first.role));
        self.begin_line(indent);
        match width.saturating_add(indent) <= self.config.width {
            true => self.short_line(&line, indent),
            false => self.long_line(&line, indent),
        }
        if let Some(comment) = comment {
            if !line.is_empty() {
                self.out.push(' ');
            }
            let comment = self.text.get(comment.start..comment.end).unwrap_or_default();
            self.out.push_str(comment.trim_end());
        }
        self.out.push_str(self.line_end);
        let last = line.last().map(|last| last.role);
        self.is_scope_begin = last == Some(Role::Open);
        self.line = line;
        self.line.clear();
    }

    /// The indentation of a line that begins with a piece, or with a comment.
    fn indent_of(&self, first: Option<Role>) -> usize {
        let inner = self.open.last().map_or(0, |open| open.indent + self.config.indent);
        match first {
            Some(Role::Close) => {
                let open = self.open.iter().rev().find(|open| !open.is_block);
                open.map_or(inner, |open| open.indent)
            }
            Some(Role::Part | Role::End) => match self.open.last() {
                Some(Open { is_block: true, indent }) => *indent,
                _ => inner,
            },
            Some(Role::Kept) => 0,
            _ => inner,
        }
    }

    fn begin_line(&mut self, indent: usize) {
        const BLANKS: &str = "                                                                ";
        let mut left = indent;
        while left > 0 {
            let blanks = left.min(BLANKS.len());
            self.out.push_str(BLANKS.get(..blanks).unwrap_or_default());
            left -= blanks;
        }
    }

    /// What a piece opens and closes.
    fn step(&mut self, role: Role, indent: usize) {
        match role {
            Role::Open => self.open.push(Open { is_block: false, indent }),
            Role::Block => self.open.push(Open { is_block: true, indent }),
            Role::Close => {
                // Blocks that are still open end with the parenthesis.
                while self.open.pop().is_some_and(|open| open.is_block) {}
            }
            Role::End => {
                if self.open.last().is_some_and(|open| open.is_block) {
                    self.open.pop();
                }
            }
            _ => {}
        }
    }

    fn write(&mut self, piece: Piece) {
        self.out.push_str(piece.text(self.text));
    }

    fn short_line(&mut self, line: &[Piece], indent: usize) {
        let mut before: Option<Piece> = None;
        for &piece in line {
            if before.is_some_and(|before| is_spaced(before, piece)) {
                self.out.push(' ');
            }
            self.write(piece);
            self.step(piece.role, indent);
            before = Some(piece);
        }
    }

    /// Writes a line that may be too long. It is broken before what does not fit: a form, an
    /// instruction with its immediates, a string.
    fn long_line(&mut self, line: &[Piece], indent: usize) {
        self.measure(line);
        let (mut column, mut indent) = (indent, indent);
        let mut before: Option<Piece> = None;
        for (place, &piece) in line.iter().enumerate() {
            let (start, end) = self.columns.get(place).copied().unwrap_or_default();
            if before.is_some_and(|before| is_spaced(before, piece)) {
                let last = self.unit_ends.get(place).and_then(|&last| self.columns.get(last));
                let unit = last.map_or(end, |last| last.1) - start;
                let fresh = self.indent_of(Some(piece.role));
                let fits = column + 1 + unit <= self.config.width;
                match fits || fresh > column {
                    true => {
                        self.out.push(' ');
                        column += 1;
                    }
                    false => {
                        self.out.push_str(self.line_end);
                        self.begin_line(fresh);
                        (column, indent) = (fresh, fresh);
                    }
                }
            }
            self.write(piece);
            column += end - start;
            self.step(piece.role, indent);
            before = Some(piece);
        }
    }

    /// Finds the columns that the pieces would have in one line, and where the unit ends that each
    /// begins.
    fn measure(&mut self, line: &[Piece]) {
        self.columns.clear();
        let mut column = 0;
        let mut before: Option<Piece> = None;
        for &piece in line {
            column += usize::from(before.is_some_and(|before| is_spaced(before, piece)));
            let end = column + piece.text(self.text).chars().count();
            self.columns.push((column, end));
            (column, before) = (end, Some(piece));
        }
        let len = line.len();
        self.unit_ends.clear();
        self.unit_ends.resize(len, 0);
        // The closing parentheses that are not matched yet, and the last of the immediates behind.
        let (mut closes, mut immediates) = (Vec::new(), None);
        for (place, &piece) in line.iter().enumerate().rev() {
            let continues = piece.continues(self.text);
            let end = match piece.role {
                // It ends on another line.
                Role::Open => closes.pop().unwrap_or(len - 1),
                Role::Block | Role::Part | Role::End | Role::Keyword if !continues => {
                    immediates.unwrap_or(place)
                }
                _ => place,
            };
            let closed = self.closers_behind(line, end);
            if let Some(slot) = self.unit_ends.get_mut(place) {
                *slot = closed;
            }
            if piece.role == Role::Close {
                closes.push(place);
            }
            immediates = if continues { immediates.or(Some(place)) } else { None };
        }
    }

    /// The last of the closing parentheses that stand directly behind a piece; the piece if there are
    /// none.
    fn closers_behind(&self, line: &[Piece], place: usize) -> usize {
        match line.get(place + 1) {
            // The unit of a closing parenthesis is all those that follow it.
            Some(next) if next.role == Role::Close => {
                self.unit_ends.get(place + 1).copied().unwrap_or(place)
            }
            _ => place,
        }
    }
}

/// Whether there is a blank between two pieces of a line.
fn is_spaced(before: Piece, piece: Piece) -> bool {
    let is_atom = |role| !matches!(role, Role::Open | Role::Close | Role::Comment);
    match (before.role, piece.role) {
        (Role::Open, _) => before.len() > 1 && piece.role != Role::Close,
        (_, Role::Close) => false,
        // Characters that are no token of their own stay together.
        (before, role) => !(piece.is_glued && is_atom(before) && is_atom(role)),
    }
}
