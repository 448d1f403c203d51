//! The formatter: modules, components and scripts in one layout, with all their comments.
//!
//! It works on tokens. Lines stay as they were broken; it indents them, puts one blank between
//! tokens, leaves at most one empty line, and breaks lines that are too long. So what the text means
//! stays, and instructions stay folded or flat. A top-level form that does not lex, or whose
//! parentheses do not match, is left as it is.
//!
//! ```
//! let text = "(module\n(func   (param i32)  ;; a number\n\n\n\n block\n nop end ))";
//! let formatted = wattle_wat::format::format(text);
//! assert_eq!(
//!     formatted.text,
//!     "(module\n  (func (param i32) ;; a number\n\n    block\n      nop end))\n"
//! );
//! assert_eq!(wattle_wat::format::format(&formatted.text).text, formatted.text);
//!
//! let formatted = wattle_wat::format::format("(module  )\n(module  ");
//! assert_eq!(formatted.text, "(module)\n(module\n");
//! assert_eq!(formatted.broken[0].to_string(), "unexpected end: a parenthesis is not closed");
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`format`](fn@format): tokens to lines, and forms that are broken |
//! | `layout.rs` | how a line is indented, and where a long one is broken |

mod layout;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Span;
use wattle_syntax::{LexError, Lexer, TokenKind};

use layout::{Layout, Piece, Role, Roles};

/// How texts are formatted.
///
/// ```
/// use wattle_wat::format::Config;
///
/// let config = Config { width: 20, ..Config::default() };
/// let formatted = config.format("(func (param i32) (result i32) (local.get 0))");
/// assert_eq!(formatted.text, "(func (param i32)\n  (result i32)\n  (local.get 0))\n");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// The number of characters that a line may have: 100 by default. Comments at ends of lines do
    /// not count.
    pub width: usize,
    /// The number of blanks that a level is indented by: 2 by default.
    pub indent: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config { width: 100, indent: 2 }
    }
}

/// A formatted text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Formatted {
    /// The text.
    pub text: String,
    /// The top-level forms that were left as they are, by their places in the old text.
    pub broken: Vec<Broken>,
}

/// A top-level form that is not formatted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// The reason.
    pub kind: BrokenKind,
    /// The place that is wrong.
    pub span: Span,
    /// The bytes of the form.
    pub form: Span,
}

/// Why a form is not formatted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BrokenKind {
    /// Characters that do not form a token.
    Lexical(LexError),
    /// A parenthesis without the closing one.
    Unclosed,
    /// A closing parenthesis without the opening one.
    Unopened,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            BrokenKind::Lexical(error) => error.fmt(f),
            BrokenKind::Unclosed => f.write_str("unexpected end: a parenthesis is not closed"),
            BrokenKind::Unopened => f.write_str("unexpected token `)`: no parenthesis is open"),
        }
    }
}

/// Formats a text with the default configuration.
pub fn format(text: &str) -> Formatted {
    Config::default().format(text)
}

impl Config {
    /// Formats a text: a module, a component or a script.
    pub fn format(&self, text: &str) -> Formatted {
        if u32::try_from(text.len()).is_err() {
            let span = Span::at(u32::MAX as usize);
            let kind = BrokenKind::Lexical(LexError::TextTooLong);
            let form = Span::new(0, text.len());
            return Formatted { text: text.into(), broken: [Broken { kind, span, form }].into() };
        }
        let mut formatter = Formatter {
            text,
            layout: Layout::new(text, *self),
            roles: Roles::new(),
            open: Vec::new(),
            annotations: 0,
            form: None,
            is_head: false,
            broken: Vec::new(),
        };
        formatter.run();
        Formatted { text: formatter.layout.finish(), broken: formatter.broken }
    }
}

/// The top-level form that is being read.
struct Form {
    start: usize,
    /// What is wrong with it.
    fault: Option<(BrokenKind, Span)>,
}

struct Formatter<'t> {
    text: &'t str,
    layout: Layout<'t>,
    roles: Roles,
    /// Whether each open parenthesis is that of an annotation.
    open: Vec<bool>,
    /// The number of annotations among them.
    annotations: usize,
    form: Option<Form>,
    /// Whether the next token is the first behind a parenthesis.
    is_head: bool,
    broken: Vec<Broken>,
}

impl Formatter<'_> {
    fn run(&mut self) {
        let mut lexer = Lexer::new(self.text);
        let mut end = 0;
        while let Some((kind, span)) = lexer.next() {
            match kind {
                TokenKind::Space => self.space(span),
                TokenKind::LineComment => self.layout.line_comment(span),
                TokenKind::BlockComment => self.piece(Role::Comment, span, end),
                TokenKind::Open => self.open(span, end, false),
                TokenKind::Annotation => self.open(span, end, true),
                // In annotations, this is an ordinary parenthesis.
                TokenKind::Error(LexError::EmptyAnnotationId)
                    if self.annotations > 0 && span.len() == 2 =>
                {
                    self.open(span, end, true);
                }
                TokenKind::Error(error) => {
                    self.fault(BrokenKind::Lexical(error), span);
                    let begins = self.text.as_bytes().get(span.start..).unwrap_or_default();
                    match begins.starts_with(b"(@") {
                        true => self.open(span, end, true),
                        false => self.piece(Role::Atom, span, end),
                    }
                    if self.open.is_empty() {
                        self.end_form(span.end);
                    }
                }
                TokenKind::Close => self.close(span, end),
                TokenKind::Keyword => {
                    let is_flat = !self.is_head && self.annotations == 0;
                    let text = self.text.as_bytes().get(span.start..span.end).unwrap_or_default();
                    let role = if is_flat { self.roles.of(text) } else { Role::Keyword };
                    self.piece(role, span, end);
                }
                TokenKind::String => self.piece(Role::String, span, end),
                TokenKind::Eof => break,
                _ => self.piece(Role::Atom, span, end),
            }
            if kind != TokenKind::Space {
                end = span.end;
            }
        }
        if !self.open.is_empty() {
            // What stands behind the last token is no part of the form.
            let end = self.text.trim_end().len();
            let start = self.form.as_ref().map_or(0, |form| form.start);
            self.fault(BrokenKind::Unclosed, Span::new(start, start + 1));
            self.end_form(end);
        }
    }

    fn space(&mut self, span: Span) {
        let bytes = self.text.as_bytes().get(span.start..span.end).unwrap_or_default();
        if let [b' '] = bytes {
            return;
        }
        let mut lines = 0;
        let mut before = 0;
        for &byte in bytes {
            // The end of a line is `\n`, `\r`, or both.
            lines += usize::from(byte == b'\r' || byte == b'\n' && before != b'\r');
            before = byte;
        }
        if lines > 0 {
            self.layout.end_of_line(lines);
        }
    }

    /// Adds a token or block comment. `before` is the end of the token before it.
    fn piece(&mut self, role: Role, span: Span, before: usize) {
        let is_atom = !matches!(role, Role::Open | Role::Close | Role::Comment);
        if self.form.is_none() && is_atom {
            self.layout.begin_form();
        }
        let is_glued = before == span.start && before > 0;
        let (start, end) = (span.start as u32, span.end as u32);
        self.layout.push(Piece { role, start, end, is_glued });
        if role != Role::Comment {
            self.is_head = false;
        }
    }

    fn open(&mut self, span: Span, before: usize, is_annotation: bool) {
        if self.form.is_none() {
            self.layout.begin_form();
            self.form = Some(Form { start: span.start, fault: None });
        }
        self.piece(Role::Open, span, before);
        self.open.push(is_annotation);
        self.annotations += usize::from(is_annotation);
        // The id of an annotation is a part of its parenthesis.
        self.is_head = !is_annotation;
    }

    fn close(&mut self, span: Span, before: usize) {
        let Some(is_annotation) = self.open.pop() else {
            self.fault(BrokenKind::Unopened, span);
            self.piece(Role::Atom, span, before);
            return self.end_form(span.end);
        };
        self.annotations -= usize::from(is_annotation);
        self.piece(Role::Close, span, before);
        if self.open.is_empty() {
            self.end_form(span.end);
        }
    }

    /// Notes what is wrong with a form, if nothing was yet.
    fn fault(&mut self, kind: BrokenKind, span: Span) {
        if self.form.is_none() {
            self.layout.begin_form();
        }
        let form = self.form.get_or_insert(Form { start: span.start, fault: None });
        form.fault.get_or_insert((kind, span));
    }

    /// Ends a top-level form.
    fn end_form(&mut self, end: usize) {
        let Some(form) = self.form.take() else { return };
        self.open.clear();
        self.annotations = 0;
        self.is_head = false;
        match form.fault {
            None => self.layout.end_form(),
            Some((kind, span)) => {
                let form = Span::new(form.start, end);
                self.broken.push(Broken { kind, span, form });
                self.layout.keep_form(form);
            }
        }
    }
}
