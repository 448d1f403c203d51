//! Errors of execution: traps, broken invariants, link errors, limits, and backtraces.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Opcode;

use crate::handles::Object;
use crate::module::Module;

macro_rules! traps {
    ($( $variant:ident $phrase:literal; )*) => {
        /// The reason why an execution ended, without the place.
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

            /// Returns the phrase that a message about the trap begins with.
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
    Deadlock "all threads wait";
    OutOfFuel "all fuel consumed";
    Interrupted "interrupted";
}

impl Trap {
    /// Returns whether a resource ran out, as opposed to a fault of the program.
    pub const fn is_exhaustion(self) -> bool {
        use Trap::{FrameTooLarge, HeapExhausted, ModuleTooLarge, StackExhausted};
        use Trap::{Interrupted, OutOfFuel};
        matches!(self, FrameTooLarge | HeapExhausted | ModuleTooLarge | StackExhausted)
            || matches!(self, Interrupted | OutOfFuel)
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phrase())
    }
}

impl core::error::Error for Trap {}

/// An invariant of validated modules that the interpreter found broken. This is a fault of the
/// interpreter, never of the program that it runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Broken {
    /// An index that is out of range.
    Index,
    /// A definition or a value of another kind than its use needs.
    Kind,
    /// An instruction that takes more operands than there are.
    Operands,
    /// An instruction whose bytes cannot be read.
    Encoding,
    /// An instruction that the interpreter cannot execute.
    Instruction(Opcode),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Index => f.write_str("an index is out of range"),
            Broken::Kind => f.write_str("a definition or a value is of the wrong kind"),
            Broken::Operands => f.write_str("an instruction lacks operands"),
            Broken::Encoding => f.write_str("the bytes of an instruction cannot be read"),
            Broken::Instruction(opcode) => write!(f, "`{opcode}` cannot be executed"),
        }
    }
}

/// The reason why an instruction did not complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    Trap(Trap),
    Broken(Broken),
}

from! {
    wattle_numerics::Error => Trap: |error| match error {
        wattle_numerics::Error::DivideByZero => Trap::DivideByZero,
        wattle_numerics::Error::IntegerOverflow => Trap::IntegerOverflow,
        wattle_numerics::Error::InvalidConversion => Trap::InvalidConversion,
    };
    wattle_numerics::Error => Failure: |error| Failure::Trap(error.into());
    Trap => Failure: |trap| Failure::Trap(trap);
    Broken => Failure: |broken| Failure::Broken(broken);
}

/// Returns the element with this index, which validation has checked.
#[inline(always)]
pub(crate) fn at<T>(list: &[T], index: u32) -> Result<&T, Broken> {
    list.get(index as usize).ok_or(Broken::Index)
}

/// Returns the element with this index, for modification.
#[inline(always)]
pub(crate) fn at_mut<T>(list: &mut [T], index: u32) -> Result<&mut T, Broken> {
    list.get_mut(index as usize).ok_or(Broken::Index)
}

/// A call that had not returned when an execution ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallSite {
    /// The module of the function.
    pub module: Module,
    /// The index of the function in its module, imports included.
    pub func: u32,
    /// The name of the function in the name section.
    pub name: Option<String>,
    /// The byte offset of the instruction in the function's code, from its first instruction.
    pub offset: u32,
}

impl fmt::Display for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "func {}", self.func)?;
        if let Some(name) = &self.name {
            write!(f, " `${}`", wattle_ast::Shown(name))?;
        }
        write!(f, " + {:#x}", self.offset)
    }
}

/// The most calls that a backtrace lists. A deeper stack shows its innermost calls.
pub(crate) const BACKTRACE: usize = 64;

/// An error of a function of the host, of any type.
#[derive(Clone, Debug)]
pub struct HostError(Arc<dyn core::error::Error + Send + Sync>);

impl HostError {
    /// Returns the error, if it is of this type.
    pub fn downcast_ref<E: core::error::Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

impl PartialEq for HostError {
    /// Returns whether both are one error, whatever its content.
    fn eq(&self, other: &HostError) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::error::Error for HostError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// The kind of an error, without the place.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A trap, or a resource that ran out.
    Trap(Trap),
    /// A fault of the interpreter itself.
    Broken(Broken),
    /// An exception that was not caught.
    Exception(Object),
    /// An import without a definition: its module and its name.
    UnknownImport(Box<str>, Box<str>),
    /// An import with a definition of the wrong type: module, name, and the difference.
    IncompatibleImport(Box<str>, Box<str>, String),
    /// A memory, a table or a value that exceeds a limit of the store.
    Limit(&'static str),
    /// A module that is invalid.
    Invalid(String),
    /// A value that does not fit its type, such as an argument, or a result of a host function.
    Type(String),
    /// The name of an export that does not exist or has another kind.
    NoExport(String),
    /// A handle that belongs to another store.
    WrongStore,
    /// The error of a function of the host.
    Host(HostError),
    /// The reason why a function of the host waits: [`Error::suspend`]. It is an error when the
    /// call cannot be suspended.
    Suspended(HostError),
    /// A program that asked to end, with its exit code.
    Exit(i32),
}

/// An error, and the calls that had not returned when it occurred.
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
    /// Creates an error without any calls.
    pub fn new(kind: ErrorKind) -> Error {
        Error { inner: Box::new(Inner { kind, calls: Vec::new(), index: None }) }
    }

    /// Creates an error of a function of the host: a message, or an error of any type, which
    /// [`downcast_ref`](Error::downcast_ref) gives back.
    ///
    /// ```
    /// use std::num::ParseIntError;
    /// use wattle_runtime::Error;
    ///
    /// let error = Error::host("x".parse::<i32>().unwrap_err());
    /// assert!(error.downcast_ref::<ParseIntError>().is_some());
    /// assert_eq!(error.to_string(), "invalid digit found in string");
    /// assert_eq!(Error::host("no such key").to_string(), "no such key");
    /// ```
    pub fn host(error: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Error {
        Error::new(ErrorKind::Host(HostError(error.into().into())))
    }

    /// Creates the error that suspends the call of the host function that returns it. `what`
    /// describes the event that the function waits for: [`Outcome::Host`](crate::Outcome::Host).
    pub fn suspend(what: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Error {
        Error::new(ErrorKind::Suspended(HostError(what.into().into())))
    }

    /// Returns the error of a function of the host, if it is of this type.
    pub fn downcast_ref<E: core::error::Error + 'static>(&self) -> Option<&E> {
        match self.kind() {
            ErrorKind::Host(error) | ErrorKind::Suspended(error) => error.downcast_ref(),
            _ => None,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Invalid(message.into()))
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> &ErrorKind {
        &self.inner.kind
    }

    /// Returns the trap, if the error is one.
    pub fn trap(&self) -> Option<Trap> {
        match self.kind() {
            ErrorKind::Trap(trap) => Some(*trap),
            _ => None,
        }
    }

    /// Returns the calls that had not returned, the innermost first.
    pub fn backtrace(&self) -> &[CallSite] {
        &self.inner.calls
    }

    /// Adds calls that had not returned, and the index of the element that the error is about.
    pub(crate) fn with_place(mut self, calls: Vec<CallSite>, index: Option<u64>) -> Error {
        self.inner.calls.extend(calls);
        self.inner.calls.truncate(BACKTRACE);
        self.inner.index = self.inner.index.or(index);
        self
    }
}

from! {
    Failure => ErrorKind: |failure| match failure {
        Failure::Trap(trap) => ErrorKind::Trap(trap),
        Failure::Broken(broken) => ErrorKind::Broken(broken),
    };
    ErrorKind => Error: |kind| Error::new(kind);
    HostError => Error: |error| Error::new(ErrorKind::Host(error));
    Failure => Error: |failure| Error::new(failure.into());
    Trap => Error: |trap| Error::new(ErrorKind::Trap(trap));
    Broken => Error: |broken| Error::new(ErrorKind::Broken(broken));
    wattle_validator::Error => Error: |error| Error::invalid(error.to_string());
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorKind::Trap(trap) => trap.fmt(f),
            ErrorKind::Broken(what) => write!(f, "fault of the interpreter: {what}"),
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
            ErrorKind::Host(error) => error.fmt(f),
            ErrorKind::Suspended(what) => write!(f, "the call cannot be suspended: {what}"),
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

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self.kind() {
            ErrorKind::Host(error) | ErrorKind::Suspended(error) => Some(&*error.0),
            ErrorKind::Trap(trap) => Some(trap),
            _ => None,
        }
    }
}
