//! The errors of plugging components together.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Shown, ShownNames};

/// The reason why components do not plug together.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PlugError {
    /// A component is not valid.
    Invalid {
        /// The name of the component.
        component: Box<str>,
        /// The first error, with its place.
        reason: Box<str>,
    },
    /// A plug is not needed, or no plugs were given.
    Unused {
        /// The name of the plug; `None` if no plugs were given.
        plug: Option<Box<str>>,
        /// The name of the socket.
        socket: Box<str>,
        /// The imports of the socket.
        imports: Vec<Box<str>>,
    },
    /// Two plugs satisfy one import.
    Ambiguous {
        /// The import.
        import: Box<str>,
        /// The names of the plugs.
        plugs: [Box<str>; 2],
    },
    /// Two plugs are connected with one import.
    Twice {
        /// The import.
        import: Box<str>,
        /// The names of the plugs.
        plugs: [Box<str>; 2],
    },
    /// A plug is to be connected with an import that does not exist.
    NoImport {
        /// The import.
        import: Box<str>,
        /// The name of the plug.
        plug: Box<str>,
        /// The name of the socket.
        socket: Box<str>,
        /// The imports of the socket.
        imports: Vec<Box<str>>,
    },
    /// An export that is to be connected does not exist.
    NoExport {
        /// The name of the plug.
        plug: Box<str>,
        /// The export.
        export: Box<str>,
        /// The exports of the plug.
        exports: Vec<Box<str>>,
    },
    /// Each plug needs the next before it can be instantiated, and the last needs the first.
    Circle {
        /// The names of the plugs.
        plugs: Vec<Box<str>>,
    },
    /// An export does not have the type of the import.
    Mismatch {
        /// The name of the plug.
        plug: Box<str>,
        /// The export of the plug; `None` for its whole instance.
        export: Option<Box<str>>,
        /// The name of the component with the import.
        socket: Box<str>,
        /// The import.
        import: Box<str>,
        /// The first difference between the types.
        reason: Box<str>,
    },
    /// Two components want an import with different types.
    Conflict {
        /// The names of the components.
        components: [Box<str>; 2],
        /// Their imports.
        imports: [Box<str>; 2],
        /// The first difference between the types.
        reason: Box<str>,
    },
    /// An import needs the type of another import, which needs that of the first.
    Cycle {
        /// One of the imports.
        import: Box<str>,
    },
    /// An import that is left has a resource that comes from a plug.
    Resource {
        /// The name of the component.
        component: Box<str>,
        /// The import.
        import: Box<str>,
        /// The resource.
        resource: Box<str>,
    },
    /// An import that is left, or an export of the socket, refers to a type that had its name from an
    /// import, which a plug now satisfies.
    Unnamed {
        /// Whether it is an import.
        is_import: bool,
        /// The name of the import or export.
        name: Box<str>,
        /// The first error.
        reason: Box<str>,
    },
    /// Imports are left although none may be.
    Imports {
        /// The imports.
        imports: Vec<Box<str>>,
    },
    /// The types of the imports are too large.
    TooLarge,
    /// The result is not valid for another reason.
    Result {
        /// The first error.
        reason: Box<str>,
    },
}

impl fmt::Display for PlugError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| Shown(text).to_string();
        match self {
            PlugError::Invalid { component, reason } => write!(f, "{}: {reason}", shown(component)),
            PlugError::Unused { plug, socket, imports } => {
                let socket = shown(socket);
                match plug {
                    Some(plug) => {
                        write!(f, "{} exports nothing that {socket} imports", shown(plug))?;
                    }
                    None => write!(f, "there is nothing to plug into {socket}")?,
                }
                f.write_str("; it imports ")?;
                list(f, imports)
            }
            PlugError::Ambiguous { import, plugs } => {
                let [first, second] = plugs.each_ref().map(|plug| shown(plug));
                write!(f, "both {first} and {second} export `{}`", shown(import))
            }
            PlugError::Twice { import, plugs } => {
                let [first, second] = plugs.each_ref().map(|plug| shown(plug));
                write!(f, "both {first} and {second} are for the import `{}`", shown(import))
            }
            PlugError::NoImport { import, plug, socket, imports } => {
                let [import, plug, socket] = [import, plug, socket].map(|text| shown(text));
                write!(
                    f,
                    "{plug} is for the import `{import}`, which is not there; {socket} imports "
                )?;
                list(f, imports)
            }
            PlugError::NoExport { plug, export, exports } => {
                write!(f, "{} does not export `{}`; it exports ", shown(plug), shown(export))?;
                list(f, exports)
            }
            PlugError::Circle { plugs } => {
                for (place, plug) in plugs.iter().enumerate() {
                    let words = if place == 0 { "" } else { " needs " };
                    write!(f, "{words}{}", shown(plug))?;
                }
                f.write_str(
                    ", which needs the first: none of them can be instantiated before the others",
                )
            }
            PlugError::Mismatch { plug, export, socket, import, reason } => {
                let [plug, socket, import] = [plug, socket, import].map(|text| shown(text));
                match export {
                    Some(export) => write!(f, "the export `{}` of {plug}", shown(export))?,
                    None => write!(f, "the instance of {plug}")?,
                }
                write!(f, " does not fit the import `{import}` of {socket}: {reason}")
            }
            PlugError::Conflict { components, imports, reason } => {
                let [first, second] = components.each_ref().map(|text| shown(text));
                let [import, other] = imports.each_ref().map(|text| shown(text));
                write!(
                    f,
                    "the import `{other}` of {second} conflicts with the import `{import}` of {first}: {reason}"
                )
            }
            PlugError::Cycle { import } => {
                write!(
                    f,
                    "the import `{}` needs types of an import that needs its types",
                    shown(import)
                )
            }
            PlugError::Resource { component, import, resource } => write!(
                f,
                "the import `{}` of {} needs the resource `{}`, which comes from a plug, so nothing outside can have it; plug in what exports `{}` too",
                shown(import),
                shown(component),
                shown(resource),
                shown(import),
            ),
            PlugError::Unnamed { is_import, name, reason } => {
                let side = if *is_import { "import" } else { "export" };
                write!(
                    f,
                    "the {side} `{}` needs a type that comes from a plug, so nothing outside can name it: {reason}",
                    shown(name)
                )
            }
            PlugError::Imports { imports } => {
                f.write_str("nothing satisfies imports, and none may be left: ")?;
                list(f, imports)
            }
            PlugError::TooLarge => f.write_str("the types of the imports are too large"),
            PlugError::Result { reason } => {
                write!(f, "the components do not make a valid component: {reason}")
            }
        }
    }
}

impl core::error::Error for PlugError {}

/// Writes the names of a list.
fn list(f: &mut fmt::Formatter<'_>, names: &[Box<str>]) -> fmt::Result {
    match names.is_empty() {
        true => f.write_str("nothing"),
        false => write!(f, "{}", ShownNames::new(names)),
    }
}
