//! The errors of libraries that are to be linked.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{FuncType, GlobalType, Limits, MemType, Quoted, Shown, TableType};

use crate::error::{Error, Signature, in_parentheses, lines};
use crate::func_types::{FuncTypeId, FuncTypes};

/// The reason why no component can be made of libraries.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LinkError {
    /// No function could be called: no library exports a function of its world or `_start`, or can
    /// be opened at run time.
    NoRoot,
    /// All problems of the libraries, and those of their combination.
    Problems(Vec<LinkProblem>),
    /// The libraries need more memory or a larger table than there can be.
    TooLarge {
        /// The unit that would be exceeded: `bytes of memory` or `table elements`.
        what: &'static str,
    },
    /// The libraries fit together, and no component can be made of them.
    Component(Error),
}

impl From<Error> for LinkError {
    fn from(error: Error) -> LinkError {
        LinkError::Component(error)
    }
}

/// A problem of a library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkProblem {
    /// The library.
    pub library: Box<str>,
    /// The kind of the problem.
    pub kind: LinkProblemKind,
}

/// The kinds of problems of libraries.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LinkProblemKind {
    /// Another library has the name.
    DuplicateName,
    /// The custom section `dylink.0` is malformed.
    Section(Box<wattle_ast::Error>),
    /// The custom section `dylink.0` has an unknown subsection.
    UnknownSubsection {
        /// The id of the subsection.
        id: u8,
    },
    /// The library is for another architecture than `wasm32`.
    TargetArch {
        /// The architecture.
        arch: Box<str>,
    },
    /// An alignment that no address can have.
    Alignment {
        /// The binary logarithm of the alignment.
        log2: u32,
    },
    /// An import that the conventions do not have, or have with another type.
    Import {
        /// The module.
        module: Box<str>,
        /// The name.
        name: Box<str>,
        /// The type that it would have; `None` if no import has this name and kind.
        expected: Option<Box<ItemType>>,
        /// The type that was found.
        found: Box<ItemType>,
    },
    /// An import whose type refers to types of its own module, which no other module has.
    OwnTypes {
        /// The name.
        name: Box<str>,
    },
    /// An export that the linker refers to, with another type than it has to have.
    Export {
        /// The name.
        name: Box<str>,
        /// The type that it would have.
        expected: Box<ItemType>,
        /// The type that was found.
        found: Box<ItemType>,
    },
    /// A memory or table of the library's own is exported.
    OwnMemory {
        /// The name of the export.
        name: Box<str>,
    },
    /// The library has two functions that initialize it: `__wasm_call_ctors` and `_initialize`.
    Initializers,
    /// Another library exports `_start` too.
    SeveralStarts {
        /// The other library.
        other: Box<str>,
    },
    /// A library that is needed is missing.
    MissingLibrary {
        /// The name of the library that is needed.
        needed: Box<str>,
        /// A library that was probably meant.
        meant: Option<Box<str>>,
    },
    /// A symbol that is needed is exported by no library.
    MissingSymbol {
        /// The name of the symbol.
        name: Box<str>,
        /// The type that the symbol has to have.
        ty: SymbolType,
        /// The symbol that a library exports by this name instead.
        other: Option<Box<OtherSymbol>>,
    },
    /// The address of thread-local data is needed, which is different in each thread.
    ThreadLocal {
        /// The name of the symbol.
        name: Box<str>,
        /// The library that exports it.
        exporter: Box<str>,
    },
    /// A tag is imported from a library that can only be instantiated behind this one, because it
    /// imports a tag as well.
    TagCycle {
        /// The library that exports the tag.
        exporter: Box<str>,
    },
}

/// A symbol that has the name of another, and another type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OtherSymbol {
    /// The library that exports it.
    pub library: Box<str>,
    /// The type of the symbol.
    pub ty: SymbolType,
}

/// The type of a core import or export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ItemType {
    /// A function.
    Func(Arc<FuncType>),
    /// A table.
    Table(TableType),
    /// A memory.
    Mem(MemType),
    /// A global.
    Global(GlobalType),
    /// A tag.
    Tag(Arc<FuncType>),
}

/// The type of a symbol. Symbols are the same if their names and types are. `F` stands for the
/// types of functions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SymbolType<F = Arc<FuncType>> {
    /// A function.
    Func(F),
    /// A function of which only the address is needed, so that its type is unknown.
    AnyFunc,
    /// Data, which the export gives the offset of.
    Data,
    /// A tag.
    Tag(F),
}

/// The type of a symbol, with the number of its function type.
pub(super) type SymbolKey = SymbolType<FuncTypeId>;

impl SymbolKey {
    /// Returns the type of the symbol with its function type, instead of the number of that type.
    pub(super) fn named(self, types: &FuncTypes) -> SymbolType {
        match self {
            SymbolType::Func(ty) => SymbolType::Func(types[ty].clone()),
            SymbolType::AnyFunc => SymbolType::AnyFunc,
            SymbolType::Data => SymbolType::Data,
            SymbolType::Tag(ty) => SymbolType::Tag(types[ty].clone()),
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::NoRoot => f.write_str(
                "nothing to link: no library exports a function of its world or `_start`, or can be \
                 opened at run time",
            ),
            LinkError::Problems(problems) => lines(f, problems),
            LinkError::TooLarge { what } => {
                write!(f, "too large: the libraries need more than 4294967295 {what}")
            }
            LinkError::Component(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for LinkError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            LinkError::Component(error) => Some(error),
            _ => None,
        }
    }
}

/// Shows the problem, with the advice in parentheses.
impl fmt::Display for LinkProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "library `{}`: {}", Shown(&self.library), self.kind)?;
        in_parentheses(f, self.help())
    }
}

impl core::error::Error for LinkProblem {}

impl LinkProblem {
    /// Returns the message, without the library and without advice.
    pub fn message(&self) -> impl fmt::Display + '_ {
        &self.kind
    }

    /// Returns advice to the user.
    pub fn help(&self) -> Option<String> {
        let quoted = |name: &str| Quoted(name).to_string();
        Some(match &self.kind {
            LinkProblemKind::DuplicateName => {
                "give one of them another name, as in `libother.so=FILE`".into()
            }
            LinkProblemKind::MissingLibrary { meant: Some(meant), .. } => {
                ["did you mean ", &quoted(meant), "?"].concat()
            }
            LinkProblemKind::MissingLibrary { needed, meant: None } => {
                ["add the library, as ", &quoted(needed), "=FILE if its file has another name"]
                    .concat()
            }
            LinkProblemKind::OwnMemory { .. } => {
                "compile it with `-fPIC`, and link it with `-shared`".into()
            }
            LinkProblemKind::MissingSymbol {
                ty: SymbolType::Func(_) | SymbolType::AnyFunc,
                other: None,
                ..
            } => "without a library that has it, a call can be let trap: --stub-missing-functions"
                .into(),
            _ => return None,
        })
    }
}

impl fmt::Display for LinkProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkProblemKind::DuplicateName => f.write_str("another library has this name"),
            LinkProblemKind::Section(error) => write!(f, "custom section dylink.0: {error}"),
            LinkProblemKind::UnknownSubsection { id: number } => {
                write!(f, "custom section dylink.0: unknown subsection {number}")
            }
            LinkProblemKind::TargetArch { arch } => {
                write!(f, "it is for the architecture {}, not for `wasm32`", Quoted(arch))
            }
            LinkProblemKind::Alignment { log2 } => {
                write!(f, "custom section dylink.0: an alignment of 2 to the power of {log2}")
            }
            LinkProblemKind::Import { module, name, expected: Some(expected), found } => {
                let (module, name) = (Shown(module), Shown(name));
                write!(
                    f,
                    "type mismatch: import `{module}.{name}` is {found}, and has to be {expected}"
                )
            }
            LinkProblemKind::Import { module, name, expected: None, found } => {
                let (module, name) = (Shown(module), Shown(name));
                write!(f, "unknown import: `{module}.{name}` is {found}, and there is none")
            }
            LinkProblemKind::OwnTypes { name } => {
                write!(f, "the type of import `{}` refers to types of its own module", Shown(name))
            }
            LinkProblemKind::Export { name, expected, found } => {
                let name = Shown(name);
                write!(f, "type mismatch: export `{name}` is {found}, and has to be {expected}")
            }
            LinkProblemKind::OwnMemory { name } => write!(
                f,
                "this is not a shared library: it has a memory or table of its own, which it exports \
                 as `{}`",
                Shown(name)
            ),
            LinkProblemKind::Initializers => f.write_str(
                "it exports both `__wasm_call_ctors` and `_initialize`, and only one can initialize it",
            ),
            LinkProblemKind::SeveralStarts { other } => {
                write!(f, "it exports `_start`, as library `{}` does", Shown(other))
            }
            LinkProblemKind::MissingLibrary { needed, .. } => {
                write!(f, "missing library: it needs `{}`", Shown(needed))
            }
            LinkProblemKind::MissingSymbol { name, ty, other } => {
                write!(f, "missing symbol: it needs ")?;
                symbol(f, ty, name)?;
                match other {
                    Some(other) => {
                        write!(f, "; library `{}` has ", Shown(&other.library))?;
                        symbol(f, &other.ty, name)
                    }
                    None => Ok(()),
                }
            }
            LinkProblemKind::ThreadLocal { name, exporter } => write!(
                f,
                "it needs the address of `{}`, which is different in each thread: the data is \
                 thread-local in library `{}`",
                Shown(name),
                Shown(exporter)
            ),
            LinkProblemKind::TagCycle { exporter } => write!(
                f,
                "it imports a tag of library `{}`, which imports tags that depend on this library",
                Shown(exporter)
            ),
        }
    }
}

fn symbol(f: &mut fmt::Formatter<'_>, ty: &SymbolType, name: &str) -> fmt::Result {
    let name = Shown(name);
    match ty {
        SymbolType::Func(ty) => write!(f, "a function `{name}` of type {}", Signature(ty)),
        SymbolType::AnyFunc => write!(f, "the address of a function `{name}`"),
        SymbolType::Data => write!(f, "data `{name}`"),
        SymbolType::Tag(ty) => write!(f, "a tag `{name}` of type {}", Signature(ty)),
    }
}

/// Shows the type in the text format.
impl fmt::Display for ItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = |f: &mut fmt::Formatter<'_>, word: &str, limits: &Limits| {
            let addr = if limits.addr == wattle_ast::AddrType::I64 { "i64 " } else { "" };
            write!(f, "({word} {addr}{}", limits.min)?;
            limits.max.map_or(Ok(()), |max| write!(f, " {max}"))?;
            f.write_str(if limits.shared { " shared" } else { "" })
        };
        match self {
            ItemType::Func(ty) => Signature(ty).fmt(f),
            ItemType::Tag(ty) => write!(f, "a tag of type {}", Signature(ty)),
            ItemType::Global(ty) if ty.mutable => write!(f, "(global (mut {}))", ty.val),
            ItemType::Global(ty) => write!(f, "(global {})", ty.val),
            ItemType::Table(ty) => {
                limits(f, "table", &ty.limits)?;
                write!(f, " {})", ty.elem)
            }
            ItemType::Mem(ty) => {
                limits(f, "memory", &ty.limits)?;
                f.write_str(")")
            }
        }
    }
}
