//! What went wrong, for people (snippets, hexdumps) and for machines (JSON).

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::str::Utf8Error;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;
use wattle::ast::{SourceMap, Span};
use wattle::validator::Errors;

use crate::commands::describe;

/// An input with the name that messages call it by.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Why a command ends early.
pub(crate) enum Failure {
    /// The reader of standard output went away: nothing to say.
    ClosedPipe,
    /// The command was asked for what it cannot do.
    Usage(String),
    /// The input cannot be read, or the output not written.
    Input(String),
    /// The input has faults, each at a place. The text that they lie in comes with them.
    Faults(Vec<Fault>),
    /// A program that ran went wrong: how, and the exit code.
    Ended(Box<Fault>, u8),
    /// All was said already: only the exit code is left.
    Shown(u8),
}

/// A fault of an input, rendered as far as it depends on the input.
#[derive(Serialize)]
pub(crate) struct Fault {
    file: String,
    /// Line and column, from 1; in a binary there are none.
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
    /// The way through the module.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The calls that were under way, the innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    backtrace: Vec<String>,
    #[serde(flatten)]
    details: Details,
    #[serde(skip)]
    window: Window,
}

/// What validation knows besides.
#[derive(Default, Serialize)]
pub(crate) struct Details {
    /// Whether the module is malformed rather than invalid.
    pub(crate) malformed: bool,
    /// The types that were expected, the deepest operand first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) expected: Vec<String>,
    /// The types that were found instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) found: Vec<String>,
    /// The topmost operands of the innermost block, the deepest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) operands: Vec<String>,
    /// The feature that would make it right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enable: Option<String>,
}

impl Details {
    const MALFORMED: Details = Details {
        malformed: true,
        expected: Vec::new(),
        found: Vec::new(),
        operands: Vec::new(),
        enable: None,
    };
}

/// The part of the input that is shown.
enum Window {
    /// A line, or the part of a long one around the mark.
    Text {
        source: String,
        mark: std::ops::Range<usize>,
        is_whole: bool,
    },
    Binary(String),
    /// Nothing: the place is not known.
    Nothing,
}

/// The most of a line that is shown on either side of a fault, in bytes.
const CONTEXT: usize = 120;

impl Source {
    pub(crate) fn malformed_text(&self, errors: wattle::wat::Errors) -> Failure {
        let text = String::from_utf8_lossy(&self.bytes);
        let mut lines = Lines::new(&text);
        let faults = errors.as_slice().iter().map(|error| {
            self.text_fault(&text, &mut lines, error.span, error.kind.to_string(), None)
        });
        Failure::Faults(faults.collect())
    }

    pub(crate) fn malformed_binary(&self, error: wattle::ast::Error) -> Failure {
        let path = (!error.path.is_empty()).then(|| error.path.to_string());
        Failure::Faults(vec![self.binary_fault(error.span, error.reason(), path)])
    }

    pub(crate) fn not_utf8(&self, error: Utf8Error) -> Failure {
        let start = error.valid_up_to();
        let span = Span::new(start, start + error.error_len().unwrap_or(1));
        let message = "malformed UTF-8 encoding".to_owned();
        Failure::Faults(vec![self.binary_fault(span, message, None)])
    }

    /// A module that is invalid. Its text is shown where there is one.
    pub(crate) fn invalid(&self, errors: &Errors, map: Option<&SourceMap>) -> Failure {
        let faults = errors.iter().map(|error| {
            let span = map.and_then(|map| map.span(&error.path)).or(error.span);
            let (message, path, details) = describe(error);
            self.fault(span, message, path).with(details)
        });
        Failure::Faults(faults.collect())
    }

    /// A fault at a place, if it is known.
    pub(crate) fn fault(&self, span: Option<Span>, message: String, path: Option<String>) -> Fault {
        match span {
            Some(span) if wattle::is_binary(&self.bytes) => self.binary_fault(span, message, path),
            Some(span) => {
                let text = String::from_utf8_lossy(&self.bytes);
                self.text_fault(&text, &mut Lines::new(&text), span, message, path)
            }
            None => Fault {
                file: self.name.clone(),
                line: None,
                column: None,
                start: None,
                end: None,
                message,
                path,
                backtrace: Vec::new(),
                details: Details::default(),
                window: Window::Nothing,
            },
        }
    }

    /// A fault at a place of the text.
    pub(crate) fn text_fault(
        &self,
        text: &str,
        lines: &mut Lines<'_>,
        span: Span,
        message: String,
        path: Option<String>,
    ) -> Fault {
        let (line, column, range) = lines.locate(span.start);
        let floor = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(span.start.min(range.end));
        let end = floor(span.end.clamp(start, range.end));
        let from = floor(start.saturating_sub(CONTEXT).max(range.start));
        let to = floor((end.min(start + CONTEXT) + CONTEXT).min(range.end));
        let mut source = text[from..to].replace(|c: char| c.is_control(), " ");
        // An empty place is shown by a caret under the byte that it precedes.
        if start == end {
            source.push(' ');
        }
        let mark = start - from..(end.min(to) - from).max(start - from + 1).min(source.len());
        Fault {
            file: self.name.clone(),
            line: Some(line),
            column: Some(column),
            start: Some(span.start),
            end: Some(span.end),
            message,
            path,
            backtrace: Vec::new(),
            details: Details::MALFORMED,
            window: Window::Text { source, mark, is_whole: from == range.start },
        }
    }

    /// A fault at a place of the binary.
    pub(crate) fn binary_fault(&self, span: Span, message: String, path: Option<String>) -> Fault {
        Fault {
            file: self.name.clone(),
            line: None,
            column: None,
            start: Some(span.start),
            end: Some(span.end),
            message,
            path,
            backtrace: Vec::new(),
            details: Details::MALFORMED,
            window: Window::Binary(hexdump(&self.bytes, span)),
        }
    }
}

/// Rows of sixteen bytes around a place, the place itself marked underneath.
fn hexdump(bytes: &[u8], span: Span) -> String {
    use std::fmt::Write;
    const ROW: usize = 16;
    let first = (span.start / ROW).saturating_sub(1);
    let last = ((span.end.max(span.start + 1) - 1) / ROW).min(span.start / ROW + 3);
    let mut out = String::new();
    for row in first..=last + 1 {
        let start = (row * ROW).min(bytes.len());
        let data = &bytes[start..(start + ROW).min(bytes.len())];
        if data.is_empty() && !(row * ROW..(row + 1) * ROW).contains(&span.start) {
            continue;
        }
        let _ = write!(out, "{:8x} |", row * ROW);
        for byte in data {
            let _ = write!(out, " {byte:02x}");
        }
        let text = data.iter().map(|&b| if (0x20..0x7f).contains(&b) { b as char } else { '.' });
        let _ = writeln!(
            out,
            "{:pad$} | {}",
            "",
            text.collect::<String>(),
            pad = 3 * (ROW - data.len())
        );
        let marks = (row * ROW..(row + 1) * ROW).map(|at| {
            let empty = span.is_empty() && at == span.start;
            if empty || (span.start..span.end).contains(&at) { " ^^" } else { "   " }
        });
        let marks: String = marks.collect();
        if !marks.trim().is_empty() {
            let _ = writeln!(out, "{:8} |{}", "", marks.trim_end());
        }
    }
    out
}

/// Lines of a text, found from front to back: faults come in order.
pub(crate) struct Lines<'a> {
    text: &'a str,
    line: usize,
    start: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Lines { text, line: 1, start: 0 }
    }

    /// Line, column in characters (both from 1) and the range of the line at a byte offset.
    pub(crate) fn locate(&mut self, offset: usize) -> (usize, usize, std::ops::Range<usize>) {
        let bytes = self.text.as_bytes();
        let offset = offset.min(bytes.len());
        if offset < self.start {
            *self = Lines::new(self.text);
        }
        loop {
            let rest = &bytes[self.start..];
            let len = rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
            let end = self.start + len;
            let next = end + if rest[len..].starts_with(b"\r\n") { 2 } else { 1 };
            if offset < next || next > bytes.len() {
                let before = &bytes[self.start..offset.min(end)];
                let column = before.iter().filter(|&&b| b & 0xc0 != 0x80).count() + 1;
                return (self.line, column, self.start..end);
            }
            self.line += 1;
            self.start = next;
        }
    }
}

impl Failure {
    /// The failure of writing to standard output.
    pub(crate) fn stdout(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Input(format!("cannot write to standard output: {error}")),
        }
    }

    /// Says what went wrong and gives the exit code.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        let mut err = anstream::stderr().lock();
        // When even standard error is gone, the exit code is all there is to say.
        let (said, code) = match self {
            Failure::ClosedPipe => (Ok(()), 0),
            Failure::Shown(code) => (Ok(()), code),
            Failure::Usage(why) => (say(&mut err, &why, json), 2),
            Failure::Input(why) => (say(&mut err, &why, json), 1),
            Failure::Faults(faults) => (say_all(&mut err, &faults, json), 1),
            Failure::Ended(fault, code) => (say_all(&mut err, &[*fault], json), code),
        };
        drop(said);
        ExitCode::from(code)
    }
}

fn say(err: &mut impl Write, message: &str, json: bool) -> io::Result<()> {
    if json {
        return writeln!(err, "{}", serde_json::json!({ "message": message }));
    }
    writeln!(
        err,
        "{}",
        renderer().render(&[Group::with_title(Level::ERROR.primary_title(message))])
    )
}

fn say_all(err: &mut impl Write, faults: &[Fault], json: bool) -> io::Result<()> {
    for fault in faults {
        if json {
            writeln!(err, "{}", serde_json::to_string(fault)?)?;
        } else {
            writeln!(err, "{}\n", fault.render())?;
        }
    }
    if !json && faults.len() > 1 {
        writeln!(err, "{} errors", faults.len())?;
    }
    Ok(())
}

fn renderer() -> Renderer {
    if io::stderr().is_terminal() { Renderer::styled() } else { Renderer::plain() }
}

impl Fault {
    /// The same in the middle of these calls, the innermost first.
    pub(crate) fn with_backtrace(mut self, calls: Vec<String>) -> Fault {
        self.backtrace = calls;
        self
    }

    /// The same with more to it.
    pub(crate) fn with(self, details: Details) -> Fault {
        Fault { details, ..self }
    }

    fn render(&self) -> String {
        let title = Level::ERROR.primary_title(&*self.message);
        let origin = Origin::path(&*self.file);
        let mut group = match &self.window {
            Window::Text { source, mark, is_whole } => {
                let line = self.line.unwrap_or(1);
                let mark = AnnotationKind::Primary.span(mark.clone());
                let snippet = Snippet::source(&**source).line_start(line).annotation(mark);
                if *is_whole {
                    title.element(snippet.path(&*self.file))
                } else {
                    // The column cannot be counted in a part of a line.
                    let origin = origin.line(line).char_column(self.column.unwrap_or(1));
                    title.element(origin).element(snippet)
                }
            }
            Window::Binary(_) => {
                let start = self.start.unwrap_or_default();
                title.element(Origin::path(format!("{}:{start:#x}", self.file)))
            }
            Window::Nothing => title.element(origin),
        };
        if let Some(path) = &self.path {
            group = group.element(Level::NOTE.message(format!("in {path}")));
        }
        for (number, call) in self.backtrace.iter().enumerate() {
            let how = if number == 0 { "in" } else { "called from" };
            group = group.element(Level::NOTE.message(format!("{how} {call}")));
        }
        if !self.details.operands.is_empty() {
            let operands = self.details.operands.join(" ");
            let note = format!("the operands there, the topmost last: [{operands}]");
            group = group.element(Level::NOTE.message(note));
        }
        if let Some(feature) = &self.details.enable {
            let help = format!("turn it on with --features default,{feature}");
            group = group.element(Level::HELP.message(help));
        }
        let mut out = renderer().render(&[group]);
        if let Window::Binary(rows) = &self.window {
            out.push('\n');
            out.push_str(rows.trim_end());
        }
        out
    }
}
