//! A component whose imports are satisfied by the exports of others.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::components::Component;
use wattle_ast::{Features, Shown};
use wattle_validator::components::{ComponentTypes, Extern, Validator};

use crate::compose::{ComposeError, Part, compare_versions, compose, family};

/// A component, and what messages call it.
#[derive(Clone, PartialEq, Debug)]
pub struct Input<'a> {
    /// The name, such as that of its file.
    pub name: String,
    /// The component.
    pub component: Component<'a>,
}

/// A component made of others.
#[derive(Clone, Debug)]
pub struct Plugged<'a> {
    /// The component.
    pub component: Component<'a>,
    /// What it imports and exports.
    pub types: ComponentTypes,
    /// What was plugged into what, in the order of the socket's imports.
    pub connections: Vec<Connection>,
}

/// An import that an export satisfies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// The name of the import of the socket.
    pub import: String,
    /// The number of the plug, from 0.
    pub plug: usize,
    /// The name of the export of the plug.
    pub export: String,
}

/// Satisfies imports of a component, the *socket*, by exports of others, the *plugs*.
///
/// An export satisfies the import of its name; if there is none, the import of an interface in a
/// compatible version. The result has the exports of the socket. It imports what is left: the imports
/// of the plugs, and those imports of the socket that no plug satisfies. Imports of one interface
/// become one import, under the highest of their versions, so all components share its resources.
///
/// ```
/// use wattle_componentize::{Input, plug};
///
/// let input = |name: &str, text| -> Result<_, wattle_wat::Errors> {
///     let component = wattle_wat::Parser::new().component(text)?.component;
///     Ok(Input { name: name.into(), component })
/// };
/// let socket = input("app", r#"(component
///     (import "log:log/log" (instance $log (export "write" (func (param "line" string)))))
///     (export "log" (func $log "write")))"#)?;
/// let logger = input("logger", r#"(component
///     (import "write" (func $write (param "line" string)))
///     (instance $log (export "write" (func $write)))
///     (export "log:log/log" (instance $log)))"#)?;
///
/// let plugged = plug(socket, [logger])?;
/// let imports: Vec<_> = plugged.types.imports().map(|import| import.to_string()).collect();
/// assert_eq!(imports, ["write: func(line: string)"]);
/// assert_eq!(plugged.connections[0].import, "log:log/log");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If a component is not valid, a plug has nothing that the socket imports, two plugs satisfy one
/// import, or types do not match.
pub fn plug<'a>(
    socket: Input<'a>,
    plugs: impl IntoIterator<Item = Input<'a>>,
) -> Result<Plugged<'a>, PlugError> {
    let mut inputs: Vec<Input<'a>> = plugs.into_iter().collect();
    inputs.push(socket);
    let types = inputs.iter().map(types_of).collect::<Result<Vec<_>, _>>()?;
    let (names, components): (Vec<_>, Vec<_>) =
        inputs.into_iter().map(|input| (input.name, input.component)).unzip();
    let (Some((socket_types, plug_types)), Some((socket, plugs))) =
        (types.split_last(), names.split_last())
    else {
        // The socket is there.
        return Err(PlugError::TooLarge);
    };
    let connections = connect(socket, socket_types, plugs, plug_types)?;
    let part = |(name, types)| Part { name, types, given: BTreeMap::new() };
    let mut parts: Vec<Part<'_>> = names.iter().map(String::as_str).zip(&types).map(part).collect();
    if let Some(socket) = parts.last_mut() {
        let given = connections.iter().map(|it| (&*it.import, (it.plug, &*it.export)));
        socket.given = given.collect();
    }
    let composed = compose(&parts, components);
    let (component, types) = composed.map_err(|error| explained(error, &parts, &connections))?;
    Ok(Plugged { component, types, connections })
}

/// The imports and exports of a component.
fn types_of(input: &Input<'_>) -> Result<ComponentTypes, PlugError> {
    let types = Validator::new().features(Features::ALL).component(&input.component);
    types.map_err(|errors| PlugError::Invalid {
        component: (&*input.name).into(),
        reason: errors.first().to_string().into(),
    })
}

/// What satisfies which import.
fn connect(
    socket: &str,
    socket_types: &ComponentTypes,
    plugs: &[String],
    plug_types: &[ComponentTypes],
) -> Result<Vec<Connection>, PlugError> {
    // Exports by name, and by what their compatible versions have in common.
    let mut by_name: BTreeMap<String, Vec<(usize, Extern<'_>)>> = BTreeMap::new();
    let mut by_family: BTreeMap<String, Vec<(usize, Extern<'_>)>> = BTreeMap::new();
    for (plug, types) in plug_types.iter().enumerate() {
        for export in types.exports() {
            by_name.entry(export.name().to_owned()).or_default().push((plug, export));
            by_family.entry(family(&export)).or_default().push((plug, export));
        }
    }
    let mut connections = Vec::new();
    for import in socket_types.imports() {
        let exact = by_name.get(import.name());
        let Some(found) = exact.or_else(|| by_family.get(&family(&import))) else { continue };
        let Some(&(plug, _)) = found.first() else { continue };
        if let Some(&(other, _)) = found.iter().find(|(other, _)| *other != plug) {
            return Err(PlugError::Ambiguous {
                import: import.name().into(),
                plugs: [plug, other].map(|plug| plugs.get(plug).map_or("", |name| name).into()),
            });
        }
        // One plug may export several versions.
        let best = found.iter().max_by(|left, right| compare_versions(&left.1, &right.1));
        let export = best.map_or("", |(_, export)| export.name()).into();
        connections.push(Connection { import: import.name().into(), plug, export });
    }
    let used: BTreeSet<usize> = connections.iter().map(|it| it.plug).collect();
    match (0..plugs.len()).find(|plug| !used.contains(plug)) {
        None if !plugs.is_empty() => Ok(connections),
        unused => Err(PlugError::Unused {
            plug: unused.and_then(|plug| Some(plugs.get(plug)?.as_str().into())),
            socket: socket.into(),
            imports: socket_types.imports().map(|import| import.name().into()).collect(),
        }),
    }
}

/// The error in terms of plugs and socket.
fn explained(error: ComposeError, parts: &[Part<'_>], connections: &[Connection]) -> PlugError {
    let name = |part: usize| Box::<str>::from(parts.get(part).map_or("", |part| part.name));
    match error {
        ComposeError::Given { part, import, reason } => {
            let found = connections.iter().find(|it| it.import == import);
            PlugError::Mismatch {
                plug: name(found.map_or(0, |it| it.plug)),
                export: found.map_or("", |it| &it.export).into(),
                socket: name(part),
                import: import.into(),
                reason: reason.into(),
            }
        }
        ComposeError::Conflict { parts, imports, reason } => {
            let imports = imports.map(Into::into);
            PlugError::Conflict { components: parts.map(name), imports, reason: reason.into() }
        }
        ComposeError::Cycle { import } => PlugError::Cycle { import: import.into() },
        ComposeError::Resource { part, import, resource } => {
            let (import, resource) = (import.into(), resource.into());
            PlugError::Resource { component: name(part), import, resource }
        }
        ComposeError::TooLarge => PlugError::TooLarge,
        ComposeError::Invalid { reason } => PlugError::Result { reason: reason.into() },
    }
}

/// Why components do not plug together.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PlugError {
    /// A component is not valid.
    Invalid {
        /// The name of the component.
        component: Box<str>,
        /// What is wrong, and where.
        reason: Box<str>,
    },
    /// A plug has nothing that the socket imports.
    Unused {
        /// The name of the plug; `None` if no plugs were given.
        plug: Option<Box<str>>,
        /// The name of the socket.
        socket: Box<str>,
        /// What the socket imports.
        imports: Vec<Box<str>>,
    },
    /// Two plugs satisfy one import.
    Ambiguous {
        /// The import of the socket.
        import: Box<str>,
        /// The names of the plugs.
        plugs: [Box<str>; 2],
    },
    /// An export does not have the type of the import.
    Mismatch {
        /// The name of the plug.
        plug: Box<str>,
        /// The export of the plug.
        export: Box<str>,
        /// The name of the socket.
        socket: Box<str>,
        /// The import of the socket.
        import: Box<str>,
        /// Where and how types differ.
        reason: Box<str>,
    },
    /// Two components want an import with different types.
    Conflict {
        /// The names of the components.
        components: [Box<str>; 2],
        /// Their imports.
        imports: [Box<str>; 2],
        /// Where and how types differ.
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
    /// The types of the imports are too large.
    TooLarge,
    /// The result is not valid for another reason.
    Result {
        /// What is wrong.
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
                if imports.is_empty() {
                    f.write_str("nothing")?;
                }
                for (place, import) in imports.iter().enumerate() {
                    write!(f, "{}`{}`", if place == 0 { "" } else { ", " }, shown(import))?;
                }
                Ok(())
            }
            PlugError::Ambiguous { import, plugs } => {
                let [first, second] = plugs.each_ref().map(|plug| shown(plug));
                write!(f, "both {first} and {second} export `{}`", shown(import))
            }
            PlugError::Mismatch { plug, export, socket, import, reason } => {
                let [plug, export, socket, import] =
                    [plug, export, socket, import].map(|text| shown(text));
                write!(
                    f,
                    "the export `{export}` of {plug} does not fit the import `{import}` of {socket}: {reason}"
                )
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
            PlugError::TooLarge => f.write_str("the types of the imports are too large"),
            PlugError::Result { reason } => {
                write!(f, "the components do not make a valid component: {reason}")
            }
        }
    }
}

impl core::error::Error for PlugError {}
