//! The errors of the text format: one enum of reasons, each with the official phrase.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Feature, Span};
use wattle_syntax::{LexError, Tokens};

use crate::ids::Space;

/// How the functions of this crate fail. Boxed, so that success travels in registers.
pub(crate) type Result<T> = core::result::Result<T, Box<Error>>;

/// Why a text is no WebAssembly. `Display` begins with the phrase of the official test suite.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A token that no part of the format knows; the text of it.
    UnknownOperator(Box<str>),
    /// The mnemonic of an instruction of a feature that is not enabled.
    NotEnabled(Box<str>, Feature),
    /// A token at the wrong place; what would fit there.
    UnexpectedToken(&'static str),
    /// Characters that make no token.
    Lexical(LexError),
    /// An identifier that is bound nowhere, or an index of nothing; as it was written.
    Unknown(Space, Box<str>),
    /// An identifier that is bound twice.
    Duplicate(Space, Box<str>),
    /// An identifier where one type stands for several imports.
    IdNotAllowed,
    /// A number that does not fit; the type that it does not fit, when the phrase names it.
    ConstantOutOfRange(&'static str),
    /// An import after something that is no import.
    ImportAfter(Space),
    /// More than one start function.
    MultipleStarts,
    /// The label at an `end` or `else` is not the one of its block.
    MismatchingLabel,
    /// Parameters and results that are not those of the type named beside them.
    InlineFuncType,
    /// An alignment that is no power of two.
    Alignment,
    /// `i8x16.shuffle` with more or fewer than 16 lanes.
    LaneLength,
    /// `v128.const` with more or fewer lanes than its shape has.
    LaneCount,
    /// A page size that is no power of two.
    PageSize,
    /// More items than 32-bit indices reach.
    TooMany(Space),
    /// An annotation that is known, at a place where it cannot be.
    MisplacedAnnotation(&'static str),
    /// An annotation that is known, with contents that are not: the annotation, and the reason.
    Annotation(&'static str, &'static str),
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::UnknownOperator(token) => return write!(f, "unknown operator {token}"),
            ErrorKind::NotEnabled(token, feature) => {
                return write!(f, "unknown operator {token} ({feature} is not enabled)");
            }
            ErrorKind::UnexpectedToken(fits) => {
                return write!(f, "unexpected token, expected {fits}");
            }
            ErrorKind::Unknown(space, id) => return write!(f, "unknown {space} {id}"),
            ErrorKind::Duplicate(space, id) => return write!(f, "duplicate {space} ${id}"),
            ErrorKind::ConstantOutOfRange(ty) => {
                let gap = if ty.is_empty() { "" } else { " " };
                return write!(f, "{ty}{gap}constant out of range");
            }
            ErrorKind::ImportAfter(space) => {
                return write!(f, "import after {space} definition");
            }
            ErrorKind::TooMany(space) => return write!(f, "too many {space} bindings"),
            ErrorKind::MisplacedAnnotation(name) => {
                return write!(f, "misplaced @{name} annotation");
            }
            ErrorKind::Annotation(name, reason) => {
                return write!(f, "@{name} annotation: {reason}");
            }
            ErrorKind::Lexical(error) => error.phrase(),
            ErrorKind::IdNotAllowed => "identifier not allowed",
            ErrorKind::MultipleStarts => "multiple start sections",
            ErrorKind::MismatchingLabel => "mismatching label",
            ErrorKind::InlineFuncType => "inline function type does not match explicit type",
            ErrorKind::Alignment => "alignment must be a power of two",
            ErrorKind::LaneLength => "invalid lane length",
            ErrorKind::LaneCount => "wrong number of lane literals",
            ErrorKind::PageSize => "invalid custom page size",
        })
    }
}

/// A malformed text: what is wrong, and at which bytes of it.
///
/// ```
/// let errors = wattle_wat::parse("(func (call $f))").unwrap_err();
/// let error = &errors.as_slice()[0];
/// assert_eq!(error.to_string(), "unknown function $f");
/// assert_eq!((error.span.start, error.span.end), (12, 14));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// The offending bytes of the text.
    pub span: Span,
}

impl Error {
    /// An error at a place.
    pub fn new(kind: ErrorKind, span: Span) -> Error {
        Error { kind, span }
    }

    /// The errors of tokens.
    pub(crate) fn lexical(tokens: &Tokens<'_>) -> Vec<Error> {
        let errors = tokens.errors().iter();
        errors.map(|(error, span)| Error::new(ErrorKind::Lexical(*error), *span)).collect()
    }

    #[cold]
    pub(crate) fn boxed(kind: ErrorKind, span: Span) -> Box<Error> {
        Box::new(Error { kind, span })
    }

    /// The errors of a text in its order, each once, as many as one run reports.
    pub(crate) fn in_order(mut errors: Vec<Error>) -> Vec<Error> {
        errors.sort_by_key(|error| (error.span.start, error.span.end));
        // Characters that make no token are met by the lexer and by the parser.
        errors.dedup();
        errors.truncate(Errors::LIMIT);
        errors
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl core::error::Error for Error {}

/// Every independent error of a text, at least one, in the order of the text. `Display` shows the
/// first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Errors(pub(crate) Vec<Error>);

impl Errors {
    /// As many as one run reports.
    pub const LIMIT: usize = 100;

    /// The errors, each at another place.
    pub(crate) fn map_spans(mut self, place: impl Fn(Span) -> Span) -> Errors {
        for error in &mut self.0 {
            error.span = place(error.span);
        }
        self
    }

    /// The errors.
    pub fn as_slice(&self) -> &[Error] {
        &self.0
    }

    /// The errors, to be kept.
    pub fn into_vec(self) -> Vec<Error> {
        self.0
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Errors {
        Errors(alloc::vec![error])
    }
}

impl<'e> IntoIterator for &'e Errors {
    type Item = &'e Error;
    type IntoIter = core::slice::Iter<'e, Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.first() {
            Some(error) => error.fmt(f),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Errors {}

impl ErrorKind {
    /// An identifier that is bound twice.
    pub(crate) fn duplicate(space: Space, id: &str) -> ErrorKind {
        ErrorKind::Duplicate(space, String::from(id).into())
    }
}
