//! The errors of the text format: one enum of reasons, each with the official phrase.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Feature, Span};
use wattle_syntax::{LexError, Tokens};

use crate::ids::Space;

/// How the functions of this crate fail. Boxed, so that success travels in registers.
pub(crate) type Result<T> = core::result::Result<T, Box<Error>>;

/// What is wrong with a text. `Display` begins with the phrase of the official test suite.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A word that means nothing in the format.
    UnknownOperator(Box<str>),
    /// The mnemonic of an instruction of a feature that is not enabled.
    NotEnabled(Box<str>, Feature),
    /// A token at the wrong place, and what would fit there.
    UnexpectedToken(&'static str),
    /// Characters that make no token.
    Lexical(LexError),
    /// An identifier that is bound nowhere, or an index out of range, as it was written.
    Unknown(Space, Box<str>),
    /// An identifier that is bound twice.
    Duplicate(Space, Box<str>),
    /// An identifier where one type stands for several imports.
    IdNotAllowed,
    /// A number that does not fit its type, which is named when the official phrase does so.
    ConstantOutOfRange(&'static str),
    /// An import after a definition in this space.
    ImportAfter(Space),
    /// More than one start function.
    MultipleStarts,
    /// An identifier at an `end` or `else` that is not its block's.
    MismatchingLabel,
    /// Parameters and results that differ from those of the type named beside them.
    InlineFuncType,
    /// An alignment that is not a power of two.
    Alignment,
    /// `i8x16.shuffle` with more or fewer than 16 lanes.
    LaneLength,
    /// `v128.const` with more or fewer lanes than its shape has.
    LaneCount,
    /// A page size that is not a power of two.
    PageSize,
    /// More members than 32-bit indices reach.
    TooMany(Space),
    /// A known annotation at a place where it means nothing.
    MisplacedAnnotation(Box<str>),
    /// A known annotation with contents that are wrong, and the reason.
    Annotation(Box<str>, &'static str),
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ErrorKind::*;
        match self {
            UnknownOperator(token) => write!(f, "unknown operator {token}"),
            NotEnabled(token, feature) => {
                write!(f, "unknown operator {token} ({feature} is not enabled)")
            }
            UnexpectedToken(fits) => write!(f, "unexpected token, expected {fits}"),
            Lexical(error) => error.fmt(f),
            Unknown(space, id) => write!(f, "unknown {space} {id}"),
            Duplicate(space, id) => write!(f, "duplicate {space} ${id}"),
            IdNotAllowed => f.write_str("identifier not allowed"),
            ConstantOutOfRange("") => f.write_str("constant out of range"),
            ConstantOutOfRange(ty) => write!(f, "{ty} constant out of range"),
            ImportAfter(space) => write!(f, "import after {space} definition"),
            MultipleStarts => f.write_str("multiple start sections"),
            MismatchingLabel => f.write_str("mismatching label"),
            InlineFuncType => f.write_str("inline function type does not match explicit type"),
            Alignment => f.write_str("alignment must be a power of two"),
            LaneLength => f.write_str("invalid lane length"),
            LaneCount => f.write_str("wrong number of lane literals"),
            PageSize => f.write_str("invalid custom page size"),
            TooMany(space) => write!(f, "too many {space} bindings"),
            MisplacedAnnotation(name) => write!(f, "misplaced @{name} annotation"),
            Annotation(name, reason) => write!(f, "@{name} annotation: {reason}"),
        }
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
