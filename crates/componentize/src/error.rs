//! The errors of core modules that are to become a component.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use wattle_abi::Mode;
use wattle_ast::{EditError, ExternKind, FuncType, Shown, ShownNames};
use wattle_encoder::{BuildError, ComponentBuildError};
use wattle_wit::model::Text;

use crate::names::{Role, Scheme, export_name};

/// One of the core modules that become a component.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Origin {
    /// The main module: the one with the memory. When libraries are linked, Wattle makes it.
    #[default]
    Main,
    /// The adapter of a name.
    Adapter(Box<str>),
    /// The library of a name.
    Library(Box<str>),
}

/// Shows the beginning of a message about the module; nothing for the main module.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Main => Ok(()),
            Origin::Adapter(name) => write!(f, "adapter `{}`: ", Shown(name)),
            Origin::Library(name) => write!(f, "library `{}`: ", Shown(name)),
        }
    }
}

/// The reason why no component can be made of core modules.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The main module is missing.
    NoModule,
    /// A custom section `component-type` does not describe a world.
    Section {
        /// The module that has it.
        origin: Origin,
        /// The name of the section.
        section: Box<str>,
        /// The fault of the section.
        reason: Box<str>,
    },
    /// The worlds of the core modules cannot be one.
    Worlds {
        /// The conflict between the worlds.
        reason: Box<str>,
    },
    /// The core modules do not have the imports and exports that their worlds ask for. All problems
    /// are listed.
    Problems(Vec<Problem>),
    /// An adapter cannot be cut down to the functions that are used.
    Edit {
        /// The adapter.
        origin: Origin,
        /// The reason why the module cannot be edited.
        error: EditError,
    },
    /// The component cannot be built, because a core module is not valid.
    Build(ComponentBuildError),
    /// The component is not valid. The core modules are not, or Wattle has a bug.
    Invalid(wattle_validator::Errors),
}

impl From<ComponentBuildError> for Error {
    fn from(error: ComponentBuildError) -> Error {
        Error::Build(error)
    }
}

impl From<BuildError> for Problem {
    fn from(error: BuildError) -> Problem {
        Problem { origin: Origin::Main, kind: ProblemKind::Glue(error) }
    }
}

/// A core import or export that is missing or does not fit the world, and its module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The module.
    pub origin: Origin,
    /// The kind of the problem.
    pub kind: ProblemKind,
}

/// The kinds of problems with core imports and exports.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Imports from a module that is neither an interface of the world nor an adapter.
    UnknownModule {
        /// The module.
        module: Box<str>,
        /// The names that are imported from it.
        names: Vec<Box<str>>,
        /// Advice to the user.
        help: Option<Help>,
    },
    /// An import of an item that the interface or world does not have.
    UnknownImport {
        /// The module.
        module: Box<str>,
        /// The name of the import.
        name: Box<str>,
        /// Advice to the user.
        help: Option<Help>,
    },
    /// An import of a function that belongs to the world of another module alone.
    OtherWorld {
        /// The module.
        module: Box<str>,
        /// The name of the import.
        name: Box<str>,
    },
    /// An import that is not a function.
    NotFunc {
        /// The module.
        module: Box<str>,
        /// The name of the import.
        name: Box<str>,
        /// The kind of the import.
        kind: ExternKind,
    },
    /// A core import or export with another type than its function has.
    Type {
        /// Whether it is an import.
        is_import: bool,
        /// The name, for an import behind its module.
        name: Box<str>,
        /// The type that the function has in core modules.
        expected: Arc<FuncType>,
        /// The type that was found.
        found: Arc<FuncType>,
    },
    /// An import of one kind from a module that exports another kind by that name.
    Kind {
        /// The name, behind its module.
        name: Box<str>,
        /// The kind of the import.
        imported: ExternKind,
        /// The kind of the export.
        exported: ExternKind,
    },
    /// An export that an async function has, for a function that is not async.
    NotAsync {
        /// The name of the export.
        name: Box<str>,
    },
    /// A function of the world that is not exported.
    MissingExport {
        /// The scheme of the names of the module's exports.
        scheme: Scheme,
        /// The interface; `None` for a function of the world itself.
        interface: Option<Text>,
        /// The function.
        func: Text,
        /// The type that the core function would have.
        expected: FuncType,
        /// An export that was probably meant.
        meant: Option<Box<str>>,
    },
    /// A function that is lifted with a callback, and the callback is missing.
    MissingCallback {
        /// The name of the function's export.
        name: Box<str>,
        /// The name that the export of the callback would have.
        callback: Box<str>,
    },
    /// More than one memory is exported as the memory of pointers.
    SeveralMemories,
    /// The main module has no memory, but a function needs one.
    NoMemory {
        /// The function or import that needs it.
        needed_by: Box<str>,
    },
    /// The module has no `cabi_realloc`, but a function allocates memory in the module.
    NoRealloc {
        /// The function or import that needs it.
        needed_by: Box<str>,
    },
    /// No table is exported for the functions that threads begin with.
    NoFuncTable,
    /// A module does not export an item that is imported from it.
    NotAdapted {
        /// The name of the item.
        name: Box<str>,
    },
    /// A module that cannot be an adapter.
    Adapter {
        /// The property that an adapter must not have.
        reason: &'static str,
    },
    /// The memory that a module imports has pages of another size than that of the main module.
    PageSize {
        /// The size of the pages of the import.
        imported: u64,
        /// The size of the main module's pages.
        main: u64,
    },
    /// Imports of the base of thread-local storage have different types.
    TlsTypes,
    /// A module around the core modules cannot be built.
    Glue(BuildError),
}

/// Advice for an import that cannot be resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Help {
    /// A name that was probably meant.
    Meant(Box<str>),
    /// The module is a program for WASI preview 1, for which there are adapters.
    Preview1 {
        /// Whether it is a command, which has an export `_start`.
        is_command: bool,
    },
    /// Names of the older scheme were not allowed.
    LegacyName,
    /// The module has no custom section `component-type`, so its world is unknown.
    NoWorld,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoModule => f.write_str("there is no core module to make a component of"),
            Error::Section { origin, section, reason } => {
                write!(f, "{origin}custom section {}: {}", Shown(section), Shown(reason))
            }
            Error::Worlds { reason } => {
                write!(f, "the worlds of the modules do not fit: {}", Shown(reason))
            }
            Error::Problems(problems) => lines(f, problems),
            Error::Edit { origin, error } => write!(f, "{origin}{error}"),
            Error::Build(error) => error.fmt(f),
            Error::Invalid(errors) => errors.fmt(f),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Error::Edit { error, .. } => Some(error),
            Error::Build(error) => Some(error),
            Error::Invalid(errors) => Some(errors),
            _ => None,
        }
    }
}

/// Shows the problem, with the advice in parentheses.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message())?;
        in_parentheses(f, self.help())
    }
}

/// Writes advice in parentheses behind a problem.
pub(crate) fn in_parentheses(f: &mut fmt::Formatter<'_>, help: Option<String>) -> fmt::Result {
    help.map_or(Ok(()), |help| write!(f, " ({help})"))
}

/// Writes problems, each on a line of its own.
pub(crate) fn lines(f: &mut fmt::Formatter<'_>, problems: &[impl fmt::Display]) -> fmt::Result {
    for (nth, problem) in problems.iter().enumerate() {
        write!(f, "{}{problem}", if nth > 0 { "\n" } else { "" })?;
    }
    Ok(())
}

impl core::error::Error for Problem {}

impl Problem {
    /// Returns the message without advice.
    pub fn message(&self) -> impl fmt::Display + '_ {
        Message(self)
    }

    /// Returns advice to the user.
    pub fn help(&self) -> Option<String> {
        match &self.kind {
            ProblemKind::UnknownModule { help, .. } | ProblemKind::UnknownImport { help, .. } => {
                help.as_ref().map(ToString::to_string)
            }
            ProblemKind::MissingExport { scheme, interface, func, expected, meant } => {
                Some(match meant {
                    Some(meant) => format!("did you mean the export `{}`?", Shown(meant)),
                    None => {
                        let role = Role::Lift(Mode::Sync);
                        let name = export_name(*scheme, interface.as_deref(), func, role);
                        let ty = Signature(expected);
                        format!("export a function `{}` of type {ty}", Shown(&name))
                    }
                })
            }
            ProblemKind::NoMemory { .. } => Some("export a memory under the name `memory`".into()),
            ProblemKind::NoRealloc { .. } => {
                Some("export a function under the name `cabi_realloc`".into())
            }
            ProblemKind::NoFuncTable => {
                Some("export a table under the name `__indirect_function_table`".into())
            }
            _ => None,
        }
    }
}

struct Message<'p>(&'p Problem);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.origin.fmt(f)?;
        match &self.0.kind {
            ProblemKind::UnknownModule { module, names, .. } => {
                write!(f, "unknown import: the world imports no interface `{}`", Shown(module))?;
                f.write_str(", and there is no adapter of this name; it is asked for ")?;
                write!(f, "{}", ShownNames::first(names, 4))
            }
            ProblemKind::UnknownImport { module, name, .. } => {
                let (module, name) = (Shown(module), Shown(name));
                write!(f, "unknown import: `{module}` has no function `{name}` in the world")
            }
            ProblemKind::OtherWorld { module, name } => {
                let (module, name) = (Shown(module), Shown(name));
                write!(
                    f,
                    "unknown import: `{module}` has a function `{name}` only in the world of another \
                     module, which does not say how strings are encoded here"
                )
            }
            ProblemKind::NotFunc { module, name, kind } => {
                let (module, name, kind) = (Shown(module), Shown(name), kind.keyword());
                write!(
                    f,
                    "import `{name}` from `{module}` is a {kind}: a component gives only functions"
                )
            }
            ProblemKind::Kind { name, imported, exported } => {
                let (imported, exported) = (imported.keyword(), exported.keyword());
                write!(
                    f,
                    "type mismatch: import `{}` is a {imported}, and the export a {exported}",
                    Shown(name)
                )
            }
            ProblemKind::Type { is_import, name, expected, found } => {
                let what = if *is_import { "import" } else { "export" };
                let (expected, found) = (Signature(expected), Signature(found));
                write!(
                    f,
                    "type mismatch: {what} `{}` is {found}, and its function asks for {expected}",
                    Shown(name)
                )
            }
            ProblemKind::NotAsync { name } => {
                write!(
                    f,
                    "export `{}` is for an async function, and its function is not",
                    Shown(name)
                )
            }
            ProblemKind::MissingExport { interface, func, .. } => {
                write!(f, "missing export: the world exports a function `{}`", Shown(&**func))?;
                match interface {
                    Some(interface) => write!(f, " of interface `{}`", Shown(&**interface)),
                    None => Ok(()),
                }
            }
            ProblemKind::MissingCallback { name, callback } => {
                let (name, callback) = (Shown(name), Shown(callback));
                write!(f, "missing export: `{name}` needs its callback, `{callback}`")
            }
            ProblemKind::SeveralMemories => {
                f.write_str("several memories are exported for pointers, and only one can be meant")
            }
            ProblemKind::NoMemory { needed_by } => {
                write!(
                    f,
                    "missing memory: the main module exports none, and {} needs it",
                    Shown(needed_by)
                )
            }
            ProblemKind::NoRealloc { needed_by } => {
                write!(
                    f,
                    "missing export: no `cabi_realloc`, and {} allocates memory",
                    Shown(needed_by)
                )
            }
            ProblemKind::NoFuncTable => f.write_str(
                "missing table: threads begin with functions of a table, and none is exported",
            ),
            ProblemKind::NotAdapted { name } => {
                write!(f, "missing export: `{}` is imported from this module", Shown(name))?;
                match &**name {
                    // Adapters for commands call `_start`.
                    "_start" => f.write_str("; one without it needs the adapter for reactors"),
                    _ => Ok(()),
                }
            }
            ProblemKind::Adapter { reason } => write!(f, "this is not an adapter: {reason}"),
            ProblemKind::PageSize { imported, main } => {
                write!(
                    f,
                    "its memory has pages of {imported} bytes, and that of the main module of {main} bytes"
                )
            }
            ProblemKind::TlsTypes => {
                f.write_str("the base of thread-local storage is imported with two types")
            }
            ProblemKind::Glue(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Help::Meant(name) => write!(f, "did you mean `{}`?", Shown(name)),
            Help::Preview1 { is_command } => {
                let (what, file) = match is_command {
                    true => ("exports `_start`, so it is a command", "command"),
                    false => ("exports no `_start`, so it is a library", "reactor"),
                };
                write!(
                    f,
                    "the module is made for WASI preview 1 and {what}: give \
                     wasi_snapshot_preview1.{file}.wasm as adapter, which comes with each release of \
                     Wasmtime and in the package wasi-preview1-component-adapter-provider"
                )
            }
            Help::LegacyName => f.write_str("names that do not begin with `cm32p2` are not allowed"),
            Help::NoWorld => f.write_str(
                "the module has no section `component-type`: `wattle component embed` adds the world",
            ),
        }
    }
}

/// The number of types that messages show of a list. No function of a world has more.
const MOST_TYPES: usize = 20;

/// The type of a core function as text, which shows only the first types of a long list.
pub(crate) struct Signature<'t>(pub(crate) &'t FuncType);

impl fmt::Display for Signature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(func")?;
        for (word, types) in [("param", self.0.params()), ("result", self.0.results())] {
            if !types.is_empty() {
                write!(f, " ({word}")?;
                types.iter().take(MOST_TYPES).try_for_each(|ty| write!(f, " {ty}"))?;
                if let more @ 1.. = types.len().saturating_sub(MOST_TYPES) {
                    write!(f, " and {more} more")?;
                }
                f.write_str(")")?;
            }
        }
        f.write_str(")")
    }
}
