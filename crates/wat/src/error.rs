//! The errors of the text format: an enum of reasons, each with its official phrase. `help.rs` has
//! the advice against them.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Feature, LineColumn, LineIndex, Shown, Span};
use wattle_syntax::{LexError, Tokens, strings};

pub use crate::expected::{Expected, Number};
use crate::foreign::Foreign;
use crate::help::{self, Help};
use crate::ids::Space;

/// The result of functions in this crate. The error is boxed, so that results fit in registers.
pub(crate) type Result<T> = core::result::Result<T, Box<Error>>;

/// The reason why a text is malformed. `Display` begins with the phrase of the official test suite.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A word that the format does not have, and the form that would fit there.
    UnknownOperator(Box<str>, Expected),
    /// The mnemonic of an instruction of a feature that is not enabled.
    NotEnabled(Box<str>, Feature),
    /// An input that is not WebAssembly text.
    Foreign(&'static Foreign),
    /// A token at the wrong place, and the form that would fit there.
    UnexpectedToken(Expected),
    /// Characters that do not form a token.
    Lexical(LexError),
    /// An identifier that is not bound, or an index out of range, as it was written.
    Unknown(Space, Box<str>),
    /// An identifier that is bound twice.
    Duplicate(Space, Box<str>),
    /// The identifier of a definition of an outer scope that inner scopes cannot reach.
    OuterItem(Box<str>),
    /// The count of an outer alias that is greater than the number of scopes around it.
    OuterCount(u32),
    /// The identifier of a scope that is not around the alias.
    OuterComponent(Box<str>),
    /// An alias of a definition that instances of its kind cannot export.
    NotExported(Space),
    /// An attribute that a name has already.
    DuplicateAttribute(&'static str),
    /// A value in a script that is nested more deeply than types can be.
    TooDeep,
    /// An identifier for a type that several imports share.
    IdNotAllowed,
    /// A number that does not fit its type.
    ConstantOutOfRange(Number),
    /// An import after a definition in this space.
    ImportAfter(Space),
    /// More than one start function.
    MultipleStarts,
    /// An identifier at an `end` or `else` that differs from that of the block.
    MismatchingLabel,
    /// Parameters and results that differ from those of the type index beside them.
    InlineFuncType,
    /// An alignment that is not a power of two.
    Alignment,
    /// `i8x16.shuffle` with more or fewer than 16 lanes.
    LaneLength,
    /// `v128.const` with more or fewer lanes than its shape has.
    LaneCount,
    /// A page size that is not a power of two.
    PageSize,
    /// More members than 32-bit indices can count.
    TooMany(Space),
    /// A known annotation in a place where it has no meaning.
    MisplacedAnnotation(Box<str>),
    /// A known annotation with wrong content, and the reason.
    Annotation(Box<str>, &'static str),
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ErrorKind::*;
        match self {
            UnknownOperator(token, Expected::Token(fits)) => {
                write!(f, "unknown operator {}, expected {fits}", Shown(token))
            }
            UnknownOperator(token, fits) => {
                write!(f, "unknown operator {}: not {fits}", Shown(token))
            }
            NotEnabled(token, feature) => {
                write!(f, "unknown operator {} ({feature} is not enabled)", Shown(token))
            }
            ErrorKind::Foreign(foreign) => {
                write!(f, "unexpected token: this looks like {}", foreign.name)
            }
            UnexpectedToken(fits) => write!(f, "unexpected token, expected {fits}"),
            Lexical(error) => error.fmt(f),
            Unknown(space, id) => write!(f, "unknown {space} {}", Shown(id)),
            Duplicate(space, id) if space.is_of_module() => {
                write!(f, "duplicate {space} ${}", Shown(id))
            }
            Duplicate(space, id) => write!(f, "duplicate {space} identifier ${}", Shown(id)),
            OuterItem(id) => {
                write!(f, "outer item `{}` is not a module, type, or component", Shown(id))
            }
            OuterCount(count) => write!(f, "outer count of `{count}` is too large"),
            OuterComponent(id) => write!(f, "outer component `{}` not found", Shown(id)),
            NotExported(space) => write!(f, "no export of this kind of instance is a {space}"),
            TooDeep => f.write_str("nesting too deep: a value is in more than 100 others"),
            DuplicateAttribute(keyword) => {
                write!(f, "unexpected token: duplicate `{keyword}` attribute")
            }
            IdNotAllowed => f.write_str("identifier not allowed"),
            ConstantOutOfRange(number) => write!(f, "{}constant out of range", number.prefix()),
            ImportAfter(space) => write!(f, "import after {space} definition"),
            MultipleStarts => f.write_str("multiple start sections"),
            MismatchingLabel => f.write_str("mismatching label"),
            InlineFuncType => f.write_str("inline function type does not match explicit type"),
            Alignment => f.write_str("alignment must be a power of two"),
            LaneLength => f.write_str("invalid lane length"),
            LaneCount => f.write_str("wrong number of lane literals"),
            PageSize => f.write_str("invalid custom page size"),
            TooMany(space) => write!(f, "too many {space} bindings"),
            MisplacedAnnotation(name) => write!(f, "misplaced @{} annotation", Shown(name)),
            Annotation(name, reason) => write!(f, "@{} annotation: {reason}", Shown(name)),
        }
    }
}

/// Another place in the text that belongs to an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Related {
    /// The bytes of the place.
    pub span: Span,
    /// A description of the place.
    pub note: &'static str,
}

/// An error in a text: the reason, and the offending bytes. `Display` shows the reason, and the
/// help if it is short.
///
/// ```
/// let errors = wattle_wat::parse("(func (call $f))").unwrap_err();
/// let error = &errors.as_slice()[0];
/// assert_eq!(error.to_string(), "unknown function $f");
/// assert_eq!((error.span.start, error.span.end), (12, 14));
///
/// let errors = wattle_wat::parse("(func (i32.ad))").unwrap_err();
/// let error = &errors.as_slice()[0];
/// assert_eq!(error.kind.to_string(), "unknown operator i32.ad: not an instruction");
/// assert_eq!(error.help.as_ref().unwrap().to_string(), "did you mean `i32.add`?");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// The reason.
    pub kind: ErrorKind,
    /// The offending bytes of the text.
    pub span: Span,
    /// Advice against the error.
    pub help: Option<Help>,
    /// Another place that belongs to the error.
    pub related: Option<Related>,
}

impl Error {
    /// Returns an error at a place.
    pub fn new(kind: ErrorKind, span: Span) -> Error {
        Error { kind, span, help: None, related: None }
    }

    /// Returns the lexical errors of a text.
    pub(crate) fn lexical(tokens: &Tokens<'_>) -> Vec<Error> {
        let errors = tokens.errors().iter().take(2 * Errors::LIMIT);
        errors.map(|(error, span)| Error::of_token(*error, *span, tokens.source())).collect()
    }

    /// Returns the error for characters that do not form a token.
    pub(crate) fn of_token(error: LexError, span: Span, text: &str) -> Error {
        let text = text.get(span.start..span.end).unwrap_or_default();
        let mut at = span;
        if matches!(
            error,
            LexError::IllegalEscape | LexError::CodePoint | LexError::ControlInString
        ) {
            let fault = strings::fault(text);
            at = Span::new(span.start + fault.start, span.start + fault.end);
        }
        Error { help: help::lexical(error, text), ..Error::new(ErrorKind::Lexical(error), at) }
    }

    #[cold]
    pub(crate) fn boxed(kind: ErrorKind, span: Span) -> Box<Error> {
        Box::new(Error::new(kind, span))
    }

    /// Sorts the errors, removes duplicates, and keeps at most `max_errors`.
    pub(crate) fn in_order(mut errors: Vec<Error>, max_errors: usize) -> Vec<Error> {
        errors.sort_by_key(|error| (error.span.start, error.span.end));
        // Both the lexer and the parser report characters that do not form a token.
        errors.dedup();
        errors.truncate(max_errors);
        errors
    }
}

impl Error {
    /// Writes the reason, the place if it is known, and the help if it is short.
    fn write(&self, f: &mut fmt::Formatter<'_>, place: Option<LineColumn>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(LineColumn { line, column }) = place {
            write!(f, " at line {line}, column {column}")?;
        }
        match &self.help {
            Some(help) if help.is_short() => write!(f, "; {help}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, None)
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.kind {
            ErrorKind::Lexical(error) => Some(error),
            _ => None,
        }
    }
}

/// All independent errors of a text, at least one, in the order of the text. `Display` shows each on
/// a line, with the line and the column where it begins.
///
/// ```
/// let errors = wattle_wat::parse("(module\n  (func i32.ad)\n  (func (call $f)))").unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     "unknown operator i32.ad: not an instruction at line 2, column 9; did you mean `i32.add`?\n\
///      unknown function $f at line 3, column 15"
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Errors {
    errors: Vec<Error>,
    /// The place where each error begins; empty if the text is not known.
    places: Vec<LineColumn>,
}

impl Errors {
    /// The maximum number of errors that are reported, unless the parser has another limit.
    pub const LIMIT: usize = 100;

    /// Makes a list of errors, at least one, without their lines and columns.
    pub(crate) fn new(errors: Vec<Error>) -> Errors {
        Errors { errors, places: Vec::new() }
    }

    /// Finds the lines and columns of the errors in the text that their spans refer to.
    #[must_use]
    pub fn in_text(self, text: impl AsRef<[u8]>) -> Errors {
        self.in_lines(&LineIndex::new(text))
    }

    /// Finds the lines and columns of the errors in the text with these lines.
    #[must_use]
    pub fn in_lines(self, lines: &LineIndex) -> Errors {
        let places = self.errors.iter().map(|error| error.span.line_column(lines)).collect();
        Errors { places, ..self }
    }

    /// Returns the errors.
    pub fn as_slice(&self) -> &[Error] {
        &self.errors
    }

    /// Takes the errors.
    pub fn into_vec(self) -> Vec<Error> {
        self.errors
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Errors {
        Errors::new(alloc::vec![error])
    }
}

impl<'e> IntoIterator for &'e Errors {
    type Item = &'e Error;
    type IntoIter = core::slice::Iter<'e, Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.errors.iter()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, error) in self.errors.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { "\n" })?;
            error.write(f, self.places.get(nth).copied())?;
        }
        Ok(())
    }
}

impl core::error::Error for Errors {}
