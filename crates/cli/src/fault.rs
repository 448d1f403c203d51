//! Faults of an input: what is wrong and where, as JSON for machines and rendered for people.

use std::io::{self, IsTerminal};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;
use wattle::ast::{LineIndex, Path, Span};
use wattle::validator::{Error, OperandType};

use crate::excerpt::{TextExcerpt, hexdump};

/// One thing that is wrong with an input.
#[derive(Default, Serialize)]
pub(crate) struct Fault {
    file: String,
    /// Line and column, counted from 1; absent in a binary.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// Byte offsets in the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<usize>,
    message: String,
    /// The section, item and instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The active calls, the innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    backtrace: Vec<String>,
    /// Whether the module is malformed rather than invalid.
    malformed: bool,
    /// The types that were expected, the deepest operand first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    expected: Vec<String>,
    /// The types that were found instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    found: Vec<String>,
    /// The topmost operands of the innermost block, the deepest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    operands: Vec<String>,
    /// The feature that would make the module valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    enable: Option<String>,
    #[serde(skip)]
    excerpt: Option<Excerpt>,
}

enum Excerpt {
    Text(TextExcerpt),
    Binary(String),
}

impl Fault {
    /// A fault of a file, anywhere in it.
    pub(crate) fn new(file: &str, message: String) -> Fault {
        Fault { file: file.to_owned(), message, ..Fault::default() }
    }

    /// What validation found, at no place of the input yet.
    pub(crate) fn invalid(file: &str, error: &Error) -> Fault {
        let show = |types: &[OperandType]| types.iter().map(OperandType::to_string).collect();
        let fault = Fault {
            malformed: error.is_malformed(),
            expected: show(&error.expected),
            found: show(&error.found),
            operands: show(&error.operands),
            enable: error.enable.map(|feature| feature.to_string()),
            ..Fault::new(file, error.reason())
        };
        fault.path(&error.path)
    }

    /// Sets the section, item and instruction.
    pub(crate) fn path(mut self, path: &Path) -> Fault {
        self.path = (!path.is_empty()).then(|| path.to_string());
        self
    }

    /// Says that the input is malformed.
    pub(crate) fn malformed(mut self) -> Fault {
        self.malformed = true;
        self
    }

    /// Sets the active calls, the innermost first.
    pub(crate) fn backtrace(mut self, calls: Vec<String>) -> Fault {
        self.backtrace = calls;
        self
    }

    /// Places the fault in a text.
    pub(crate) fn in_text(mut self, text: &str, lines: &LineIndex, span: Span) -> Fault {
        let start = span.line_column(lines);
        (self.line, self.column) = (Some(start.line), Some(start.column));
        self.excerpt = Some(Excerpt::Text(TextExcerpt::new(text, lines, span)));
        self.at(span)
    }

    /// Places the fault in a binary.
    pub(crate) fn in_binary(mut self, bytes: &[u8], span: Span) -> Fault {
        self.excerpt = Some(Excerpt::Binary(hexdump(bytes, span)));
        self.at(span)
    }

    fn at(mut self, span: Span) -> Fault {
        (self.start, self.end) = (Some(span.start), Some(span.end));
        self
    }

    /// The message with the source line or the bytes, and with notes.
    pub(crate) fn render(&self) -> String {
        let title = Level::ERROR.primary_title(&*self.message);
        let origin = Origin::path(&*self.file);
        let mut group = match &self.excerpt {
            Some(Excerpt::Text(excerpt)) => {
                let line = self.line.unwrap_or(1);
                let mark = AnnotationKind::Primary.span(excerpt.mark.clone());
                let snippet = Snippet::source(&*excerpt.text).line_start(line).annotation(mark);
                if excerpt.starts_line {
                    title.element(snippet.path(&*self.file))
                } else {
                    // The renderer would count the column from the start of the excerpt.
                    let origin = origin.line(line).char_column(self.column.unwrap_or(1));
                    title.element(origin).element(snippet)
                }
            }
            Some(Excerpt::Binary(_)) => {
                let start = self.start.unwrap_or_default();
                title.element(Origin::path(format!("{}:{start:#x}", self.file)))
            }
            None => title.element(origin),
        };
        if let Some(path) = &self.path {
            group = group.element(Level::NOTE.message(format!("in {path}")));
        }
        for (number, call) in self.backtrace.iter().enumerate() {
            let how = if number == 0 { "in" } else { "called from" };
            group = group.element(Level::NOTE.message(format!("{how} {call}")));
        }
        if !self.operands.is_empty() {
            let operands = self.operands.join(" ");
            let note = format!("the operands there, the topmost last: [{operands}]");
            group = group.element(Level::NOTE.message(note));
        }
        if let Some(feature) = &self.enable {
            let help = format!("turn it on with --features default,{feature}");
            group = group.element(Level::HELP.message(help));
        }
        let mut out = renderer().render(&[group]);
        if let Some(Excerpt::Binary(rows)) = &self.excerpt {
            out.push('\n');
            out.push_str(rows.trim_end());
        }
        out
    }
}

/// Renders a message about no input.
pub(crate) fn render_message(message: &str) -> String {
    renderer().render(&[Group::with_title(Level::ERROR.primary_title(message))])
}

fn renderer() -> Renderer {
    if io::stderr().is_terminal() { Renderer::styled() } else { Renderer::plain() }
}
