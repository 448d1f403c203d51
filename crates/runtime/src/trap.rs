//! What goes wrong: traps, link errors, limits, and the backtrace that goes with them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::numerics::NumericTrap;
use crate::values::Object;

macro_rules! traps {
    ($( $variant:ident $phrase:literal; )*) => {
        /// Why an execution ended: the reason without its place.
        ///
        /// `Display` prints the phrase of the official test suite.
        ///
        /// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#results>
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[non_exhaustive]
        pub enum Trap { $( #[doc = $phrase] $variant, )* }

        impl Trap {
            /// Every reason.
            pub const ALL: &'static [Trap] = &[$( Trap::$variant, )*];

            /// The phrase that a message about it begins with.
            pub const fn phrase(self) -> &'static str {
                match self { $( Trap::$variant => $phrase, )* }
            }
        }
    };
}

traps! {
    Unreachable "unreachable";
    MemoryOutOfBounds "out of bounds memory access";
    TableOutOfBounds "out of bounds table access";
    ArrayOutOfBounds "out of bounds array access";
    UndefinedElement "undefined element";
    UninitializedElement "uninitialized element";
    IndirectCallType "indirect call type mismatch";
    DivideByZero "integer divide by zero";
    IntegerOverflow "integer overflow";
    InvalidConversion "invalid conversion to integer";
    CastFailure "cast failure";
    NullReference "null reference";
    NullFunction "null function reference";
    NullStructure "null structure reference";
    NullArray "null array reference";
    NullI31 "null i31 reference";
    NullException "null exception reference";
    UnalignedAtomic "unaligned atomic";
    ExpectedSharedMemory "expected shared memory";
    StackExhausted "call stack exhausted";
    HeapExhausted "heap exhausted";
    FrameTooLarge "call stack exhausted: the function has too many values for a frame";
    ModuleTooLarge "implementation limit exceeded by a function";
    InvalidCode "invalid code";
    Deadlock "all threads wait";
    OutOfFuel "all fuel consumed";
}

impl Trap {
    /// Whether it says that a resource ran out, not that the program went wrong.
    pub const fn is_exhaustion(self) -> bool {
        matches!(
            self,
            Trap::StackExhausted
                | Trap::HeapExhausted
                | Trap::FrameTooLarge
                | Trap::ModuleTooLarge
                | Trap::OutOfFuel
        )
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase())
    }
}

impl core::error::Error for Trap {}

impl From<NumericTrap> for Trap {
    #[inline]
    fn from(trap: NumericTrap) -> Trap {
        match trap {
            NumericTrap::DivideByZero => Trap::DivideByZero,
            NumericTrap::Overflow => Trap::IntegerOverflow,
            NumericTrap::InvalidConversion => Trap::InvalidConversion,
        }
    }
}

/// A call that was under way when an execution ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallSite {
    /// Index of the function in its module, imports included.
    pub func: u32,
    /// Its name, when the name section tells.
    pub name: Option<String>,
    /// Byte offset of the instruction in the function's code, counted from its first instruction.
    pub offset: u32,
}

impl fmt::Display for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "func {}", self.func)?;
        if let Some(name) = &self.name {
            write!(f, " `${name}`")?;
        }
        write!(f, " + {:#x}", self.offset)
    }
}

/// The most calls that a backtrace lists: of a deeper stack, the innermost ones.
pub(crate) const BACKTRACE: usize = 64;

/// What went wrong, without a place.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A trap, or a resource that ran out.
    Trap(Trap),
    /// An exception that nothing caught.
    Exception(Object),
    /// An import that nothing provides: its module and its name.
    UnknownImport(Box<str>, Box<str>),
    /// An import that something of the wrong type provides: module, name, and what differs.
    IncompatibleImport(Box<str>, Box<str>, String),
    /// A memory, a table or a value that goes beyond a limit of the store.
    Limit(&'static str),
    /// A module that breaks a rule that validation checks.
    Invalid(String),
    /// Arguments that do not fit the parameters, or results of a host function that do not fit.
    Type(String),
    /// No export, or another kind of export, of that name.
    NoExport(String),
    /// A handle of another store.
    WrongStore,
    /// Whatever a host function says.
    Host(String),
    /// A program that asked to end, with its exit code.
    Exit(i32),
}

/// What went wrong, and in the middle of which calls.
///
/// ```
/// use wattle_runtime::{Error, Trap};
/// let error = Error::from(Trap::DivideByZero);
/// assert_eq!(error.trap(), Some(Trap::DivideByZero));
/// assert_eq!(error.to_string(), "integer divide by zero");
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Clone, PartialEq, Debug)]
struct Inner {
    kind: ErrorKind,
    calls: Vec<CallSite>,
    index: Option<u64>,
}

impl Error {
    /// An error outside of any call.
    pub fn new(kind: ErrorKind) -> Error {
        Error { inner: Box::new(Inner { kind, calls: Vec::new(), index: None }) }
    }

    /// An error of a host function, in its own words.
    pub fn host(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Host(message.into()))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Invalid(message.into()))
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.inner.kind
    }

    /// The trap, when it is one.
    pub fn trap(&self) -> Option<Trap> {
        match self.kind() {
            ErrorKind::Trap(trap) => Some(*trap),
            _ => None,
        }
    }

    /// The calls that were under way, the innermost first.
    pub fn backtrace(&self) -> &[CallSite] {
        &self.inner.calls
    }

    pub(crate) fn with_backtrace(mut self, calls: Vec<CallSite>) -> Error {
        self.inner.calls.extend(calls);
        self.inner.calls.truncate(BACKTRACE);
        self
    }

    /// The same about this element.
    pub(crate) fn with_index(mut self, index: Option<u64>) -> Error {
        self.inner.index = index;
        self
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Error {
        Error::new(ErrorKind::Trap(trap))
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorKind::Trap(trap) => trap.fmt(f),
            ErrorKind::Exception(_) => f.write_str("uncaught exception"),
            ErrorKind::UnknownImport(module, name) => {
                write!(f, "unknown import: {module:?} has no {name:?}")
            }
            ErrorKind::IncompatibleImport(module, name, why) => {
                write!(f, "incompatible import type: {module:?} {name:?}: {why}")
            }
            ErrorKind::Limit(what) => write!(f, "limit exceeded: {what}"),
            ErrorKind::Invalid(why) => write!(f, "invalid module: {why}"),
            ErrorKind::Type(why) => write!(f, "type mismatch: {why}"),
            ErrorKind::NoExport(name) => write!(f, "no such export: {name:?}"),
            ErrorKind::WrongStore => f.write_str("a handle of another store"),
            ErrorKind::Host(message) => f.write_str(message),
            ErrorKind::Exit(code) => write!(f, "exit with code {code}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)?;
        self.inner.index.map_or(Ok(()), |index| write!(f, " {index}"))
    }
}

impl core::error::Error for Error {}
