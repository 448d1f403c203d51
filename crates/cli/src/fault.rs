//! Faults of an input: messages with their places, as JSON for machines and rendered for people.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;
use wattle::Feature;
use wattle::ast::{LineColumn, LineIndex, Path, Shown, Span};
use wattle::validator::{Error, OperandType};

use crate::colours;
use crate::excerpt::{TextExcerpt, hexdump};
use crate::input::FeatureList;
use crate::lines::SourceLine;

fn has_no_lines(source: &[Vec<SourceLine>]) -> bool {
    source.iter().all(Vec::is_empty)
}

/// A fault of an input.
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
    /// The source lines that were compiled to the place, or to the place of each call.
    #[serde(skip_serializing_if = "has_no_lines")]
    source: Vec<Vec<SourceLine>>,
    /// Whether the module is malformed rather than invalid.
    malformed: bool,
    /// Whether this is a warning: the input can be used all the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    warning: bool,
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
    /// Advice on mending the fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// Another place that explains the fault, such as an earlier definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    related: Option<Related>,
    #[serde(skip)]
    excerpt: Option<Excerpt>,
    /// Whether the fault is the last one that may be shown, so that there may be more.
    #[serde(skip)]
    ends_at_limit: bool,
}

/// Another place that explains a fault.
#[derive(Serialize)]
struct Related {
    /// The file of the place, unless it is that of the fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    line: usize,
    column: usize,
    message: &'static str,
    #[serde(skip)]
    excerpt: TextExcerpt,
}

enum Excerpt {
    Text(TextExcerpt),
    Binary(String),
}

impl Fault {
    /// Makes a fault of a file, without a place in it.
    pub(crate) fn new(file: &str, message: String) -> Fault {
        Fault { file: file.to_owned(), message, ..Fault::default() }
    }

    /// Makes the fault of an error of validation, without a place in the input yet.
    pub(crate) fn invalid(file: &str, error: &Error, features: &FeatureList) -> Fault {
        let show = |types: &[OperandType]| types.iter().map(OperandType::to_string).collect();
        let fault = Fault {
            malformed: error.is_malformed(),
            expected: show(&error.expected),
            found: show(&error.found),
            operands: show(&error.operands),
            ..Fault::new(file, error.reason())
        };
        let fault = fault.path(&error.path);
        match error.enable {
            Some(feature) => fault.enable(feature, features),
            None => fault,
        }
    }

    /// Says that a feature is missing from the list of enabled ones.
    pub(crate) fn enable(mut self, feature: Feature, features: &FeatureList) -> Fault {
        self.enable = Some(feature.to_string());
        self.help(Some(format!("turn it on with --features {}", features.with(feature))))
    }

    /// Says that the fault is in another file.
    pub(crate) fn in_file(mut self, file: &str) -> Fault {
        self.file = file.to_owned();
        self
    }

    /// Sets the section, item and instruction.
    pub(crate) fn path(mut self, path: &Path) -> Fault {
        self.path = (!path.is_empty()).then(|| path.to_string());
        self
    }

    /// Makes it a warning.
    pub(crate) fn warning(mut self) -> Fault {
        self.warning = true;
        self
    }

    /// Marks the fault as the last one that may be shown.
    pub(crate) fn end_at_limit(&mut self) {
        self.ends_at_limit = true;
    }

    pub(crate) fn ends_at_limit(&self) -> bool {
        self.ends_at_limit
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

    /// Sets the source lines that were compiled to each call of the backtrace. A fault without a
    /// backtrace has those of its place. The line of the innermost function comes first.
    pub(crate) fn source_lines(mut self, lines: Vec<Vec<SourceLine>>) -> Fault {
        self.source = lines;
        self
    }

    /// Sets the advice on mending the fault; `None` keeps the advice that there is.
    pub(crate) fn help(mut self, help: Option<String>) -> Fault {
        self.help = help.or(self.help);
        self
    }

    /// Adds another place of the text.
    pub(crate) fn related(
        mut self,
        text: &str,
        lines: &LineIndex,
        span: Span,
        message: &'static str,
    ) -> Fault {
        let LineColumn { line, column } = span.line_column(lines);
        let excerpt = TextExcerpt::new(text, lines, span);
        self.related = Some(Related { file: None, line, column, message, excerpt });
        self
    }

    /// Says that the other place is in another file.
    pub(crate) fn related_file(mut self, file: &str) -> Fault {
        if let Some(related) = &mut self.related {
            related.file = (file != self.file).then(|| file.to_owned());
        }
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

    /// Returns the elements that show a line of the text with its place above it.
    fn show<'s>(
        file: &'s str,
        excerpt: &'s TextExcerpt,
        line: usize,
        column: usize,
        kind: AnnotationKind,
    ) -> Vec<Element<'s>> {
        let mark = kind.span(excerpt.mark.clone());
        let snippet = Snippet::source(&*excerpt.text).line_start(line).annotation(mark);
        if excerpt.starts_line {
            return vec![snippet.path(file).into()];
        }
        // The renderer would count the column from the start of the excerpt.
        let origin = Origin::path(file).line(line).char_column(column);
        vec![origin.into(), snippet.into()]
    }

    /// Renders the message with the source line or the bytes, and with notes.
    pub(crate) fn render(&self) -> String {
        let level = if self.warning { Level::WARNING } else { Level::ERROR };
        let title = level.primary_title(shown_lines(&self.message));
        let origin = Origin::path(&*self.file);
        let mut group = match &self.excerpt {
            Some(Excerpt::Text(excerpt)) => {
                let (line, column) = (self.line.unwrap_or(1), self.column.unwrap_or(1));
                title.elements(Fault::show(
                    &self.file,
                    excerpt,
                    line,
                    column,
                    AnnotationKind::Primary,
                ))
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
            let mut note = format!("{how} {call}");
            for line in self.source.get(number).into_iter().flatten() {
                note += &format!("\n  {line}");
            }
            group = group.element(Level::NOTE.message(shown_lines(&note)));
        }
        if let ([], [lines]) = (&self.backtrace[..], &self.source[..])
            && !lines.is_empty()
        {
            let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
            let note = format!("compiled from {}", lines.join("\n  "));
            group = group.element(Level::NOTE.message(shown_lines(&note)));
        }
        // The message shows the types that were found.
        if !self.operands.is_empty() && self.operands != self.found {
            let operands = self.operands.join(" ");
            let note = format!("the operands there, the topmost last: [{operands}]");
            group = group.element(Level::NOTE.message(note));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(shown_lines(help)));
        }
        let mut groups = vec![group];
        if let Some(related) = &self.related {
            let Related { file, line, column, message, excerpt } = related;
            let title = Level::NOTE.secondary_title(*message);
            groups.push(title.elements(Fault::show(
                file.as_ref().unwrap_or(&self.file),
                excerpt,
                *line,
                *column,
                AnnotationKind::Context,
            )));
        }
        let mut out = renderer().render(&groups);
        if let Some(Excerpt::Binary(rows)) = &self.excerpt {
            out.push('\n');
            out.push_str(rows.trim_end());
        }
        out
    }
}

/// Returns a message, which may have several lines, with escapes for characters that a terminal
/// might act on.
fn shown_lines(message: &str) -> String {
    message.split('\n').map(|line| Shown(line).to_string()).collect::<Vec<_>>().join("\n")
}

/// Renders an error message that is not about an input.
pub(crate) fn render_message(message: &str) -> String {
    renderer().render(&[Group::with_title(Level::ERROR.primary_title(shown_lines(message)))])
}

/// Renders a note.
pub(crate) fn render_note(message: &str) -> String {
    renderer().render(&[Group::with_title(Level::NOTE.primary_title(shown_lines(message)))])
}

fn renderer() -> Renderer {
    if colours::on_stderr() { Renderer::styled() } else { Renderer::plain() }
}
