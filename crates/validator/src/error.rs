//! Errors of validation: their kinds, their places, and the facts that explain them.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Feature, ItemKind, Malformed, Names, Path, Shown, Span};

use crate::error_kind::{ErrorKind, Mismatch, OperandType, OperandTypes};

/// An error in a module: its kind, its place, and the types that were expected there.
///
/// It is one word wide, so that results with it are small.
///
/// ```
/// use wattle_ast::{Body, Func, FuncType, Instr, Module, TypeIdx, ValType};
///
/// let mut module = Module::default();
/// module.types.push(FuncType::new([], [ValType::I64]).into());
/// let body = Body::new([], [Instr::I32Const { value: 1 }, Instr::End].into_iter().collect());
/// module.funcs.push(Func { ty: TypeIdx(0), body });
/// let error = wattle_validator::validate(&module).unwrap_err();
/// assert_eq!(
///     error.first().to_string(),
///     "type mismatch: at the end of func 0: it returns [i64], the stack has [i32] \
///      in func 0, instr 1 `end`",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Fields>);

/// The fields of an [`Error`], which dereferences to them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fields {
    /// The kind of the error.
    pub kind: ErrorKind,
    /// The bytes of the input that the error is about, if the validator was told where items lie.
    pub span: Option<Span>,
    /// The path to the place in the module.
    pub path: Path,
    /// The types that were expected, the deepest operand first.
    pub expected: OperandTypes,
    /// The types that were found instead.
    pub found: OperandTypes,
    /// The topmost operands of the innermost block, a dozen at most, the deepest first.
    pub operands: Vec<OperandType>,
    /// A feature that might make the module valid.
    pub enable: Option<Feature>,
    /// The bytes of an unknown opcode, in hexadecimal.
    pub code: Option<String>,
    /// The length of the index space in which an index is out of range, where all of it is known.
    pub space_len: Option<u32>,
}

impl Error {
    /// Adds the name of the item that the error is in, if the item has a name.
    pub fn add_name(&mut self, names: &Names<'_>) {
        if let Some((kind, index)) = self.path.item {
            let name = names.of(kind, index);
            self.path.name = name.map(|name| name.as_str().into());
        }
    }

    /// An error of which only the kind is known.
    #[cold]
    pub fn new(kind: ErrorKind) -> Error {
        Error(Box::new(Fields {
            kind,
            span: None,
            path: Path::default(),
            expected: OperandTypes::default(),
            found: OperandTypes::default(),
            operands: Vec::new(),
            enable: None,
            code: None,
            space_len: None,
        }))
    }

    /// An error that goes away with a feature that is off.
    #[cold]
    pub(crate) fn disabled(kind: ErrorKind, feature: Feature) -> Error {
        let mut error = Error::new(kind);
        error.enable = Some(feature);
        error
    }

    /// The message without the place, as a renderer shows it beside a snippet.
    pub fn reason(&self) -> String {
        Reason(self).to_string()
    }

    /// Whether the module is malformed rather than invalid.
    pub fn is_malformed(&self) -> bool {
        matches!(self.kind, ErrorKind::Malformed(_))
    }
}

impl core::ops::Deref for Error {
    type Target = Fields;
    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl core::ops::DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Fields {
        &mut self.0
    }
}

impl From<Malformed> for Error {
    #[cold]
    fn from(malformed: Malformed) -> Error {
        Error::new(ErrorKind::Malformed(malformed))
    }
}

impl From<ErrorKind> for Error {
    #[cold]
    fn from(kind: ErrorKind) -> Error {
        Error::new(kind)
    }
}

/// Writes the values that are on the stack at the end of a block or function, and those that should
/// be. The phrases for blocks are those of the official suite.
fn write_at_end(f: &mut fmt::Formatter<'_>, error: &Fields, what: Mismatch) -> fmt::Result {
    let (expected, found) = (&error.expected, &error.found);
    let (wanted, there) = (expected.count(), found.count());
    let count = match (there.saturating_sub(wanted), wanted.saturating_sub(there)) {
        (0, 0) => None,
        (1, _) => Some("1 value too many".to_string()),
        (_, 1) => Some("1 value is missing".to_string()),
        (0, missing) => Some(format!("{missing} values are missing")),
        (more, _) => Some(format!("{more} values too many")),
    };
    if what == Mismatch::Block {
        let subject = if there > wanted { "block" } else { "instruction" };
        write!(f, "{subject} requires {expected} but stack has {found}")?;
        return count.map_or(Ok(()), |count| write!(f, ", {count} at the end of the block"));
    }
    if let Some(count) = count {
        write!(f, "{count} ")?;
    }
    let returns = match (error.path.item, &error.path.name) {
        (Some((ItemKind::Func, _)), Some(name)) => {
            write!(f, "at the end of func `${}`", Shown(name))?;
            "returns"
        }
        (Some((ItemKind::Func, index)), None) => {
            write!(f, "at the end of func {index}")?;
            "returns"
        }
        _ => {
            f.write_str("at the end of the expression")?;
            "must leave"
        }
    };
    write!(f, ": it {returns} {expected}, the stack has {found}")
}

/// Displays an error without its place.
struct Reason<'a>(&'a Fields);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.0;
        error.kind.fmt(f)?;
        if let (Some((space, _)), Some(len)) = (error.kind.unknown(), error.space_len) {
            match (len, space) {
                (0, _) => write!(f, " (there is no {space})")?,
                (1, _) => write!(f, " (there is 1 {space})")?,
                (_, "memory") => write!(f, " (there are {len} memories)")?,
                _ => write!(f, " (there are {len} {space}s)")?,
            }
        }
        if let ErrorKind::TypeMismatch(mismatch) = error.kind {
            f.write_str(": ")?;
            let (expected, found) = (&error.expected, &error.found);
            match mismatch {
                Mismatch::Operands => {
                    write!(f, "instruction requires {expected} but stack has {found}")?
                }
                Mismatch::Block | Mismatch::Func => write_at_end(f, error, mismatch)?,
                Mismatch::Reference => {
                    write!(f, "instruction requires reference type but found {found}")?
                }
                Mismatch::Select => {
                    write!(f, "instruction requires numeric or vector type but stack has {found}")?
                }
                Mismatch::Label => {
                    write!(f, "instruction requires {expected} but label has {found}")?
                }
                Mismatch::Callee => write!(
                    f,
                    "current function requires result type {expected} but callee returns {found}"
                )?,
                Mismatch::FuncTable => write!(
                    f,
                    "instruction requires table of function type but table has element type {found}"
                )?,
                Mismatch::Catch => {
                    write!(f, "catch handler requires {expected} but label has {found}")?
                }
                Mismatch::Cast => write!(f, "cast to {found} from {expected}")?,
                Mismatch::Segment => {
                    write!(f, "{expected} is required but the element segment holds {found}")?
                }
                Mismatch::Table => {
                    write!(f, "{expected} is required but the source table holds {found}")?
                }
                Mismatch::MissingElse => {
                    write!(f, "if without else requires {expected} but leaves {found}")?
                }
                Mismatch::TableInit => write!(f, "elements of type {expected} cannot be null")?,
            }
        }
        if let Some(code) = &error.code {
            write!(f, " {code}")?;
        }
        if let Some(feature) = error.enable {
            write!(f, " ({feature} is not enabled)")?;
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Reason(self).fmt(f)?;
        if let Some(span) = self.span {
            write!(f, " at offset {span}")?;
        }
        if !self.path.is_empty() {
            write!(f, " in {}", self.path)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::error::Error for Error {}

/// All errors of a module, at least one, in the order in which they were found.
///
/// ```
/// use wattle_ast::{FuncIdx, Module};
///
/// let module = Module { start: Some(FuncIdx(0)), ..Module::default() };
/// let errors = wattle_validator::validate(&module).unwrap_err();
/// assert_eq!(errors.iter().count(), 1);
/// assert_eq!(errors.to_string(), "unknown function 0 (there is no function) in start");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Errors {
    first: Error,
    rest: Vec<Error>,
}

impl Errors {
    /// The errors of a list, or `None` if it is empty.
    pub fn from_list(errors: Vec<Error>) -> Option<Errors> {
        let mut errors = errors.into_iter();
        Some(Errors { first: errors.next()?, rest: errors.collect() })
    }

    /// The first error.
    pub fn first(&self) -> &Error {
        &self.first
    }

    /// Adds to each error the name of the item that it is in, for errors that were found before the
    /// names were known.
    #[must_use]
    pub fn with_names(mut self, names: &Names<'_>) -> Errors {
        self.first.add_name(names);
        self.rest.iter_mut().for_each(|error| error.add_name(names));
        self
    }

    /// All errors, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        core::iter::once(&self.first).chain(&self.rest)
    }
}

impl From<Error> for Errors {
    fn from(first: Error) -> Errors {
        Errors { first, rest: Vec::new() }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        self.rest.iter().try_for_each(|error| write!(f, "\n{error}"))
    }
}

impl core::error::Error for Errors {}
