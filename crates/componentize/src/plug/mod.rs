//! A component whose imports are satisfied by the exports of others.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`Composer`] and [`plug()`] |
//! | `connect.rs` | the plugs that satisfy the imports, and the order of the plugs |
//! | `error.rs` | [`PlugError`] |

mod connect;
mod error;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::Features;
use wattle_ast::components::Component;
use wattle_validator::components::{ComponentTypes, Validator};

use crate::compose::{Given, Part, Renamed, compose};
use connect::{Plug, connect, in_order};
pub use error::PlugError;

/// A component, and its name in messages.
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
    /// The types of its imports and exports.
    pub types: ComponentTypes,
    /// The imports that plugs satisfy: those of the socket, then those of each plug, in the order
    /// of the imports.
    pub connections: Vec<Connection>,
}

/// An import that a plug satisfies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// The number of the plug that has the import, from 0; `None` for the socket.
    pub importer: Option<usize>,
    /// The name of the import.
    pub import: String,
    /// The number of the plug that satisfies it.
    pub plug: usize,
    /// The name of that plug's export; `None` for its whole instance.
    pub export: Option<String>,
}

/// Satisfies imports of a component, the *socket*, by exports of others, the *plugs*.
///
/// An export satisfies the import of its name; if there is none, the import of an interface in a
/// compatible version. The result has the exports of the socket. It has the imports that are left:
/// those of the plugs, and those imports of the socket that no plug satisfies. Imports of one
/// interface become one import, under the highest of their versions, so all components share its
/// resources. Where imports or exports refer to records, variants, enums or flags of an interface
/// that a plug satisfies, the result imports these types of the interface. [`Composer`] does more
/// than this.
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
/// If a component is not valid, a plug satisfies no import of the socket, two plugs satisfy one
/// import, or types do not match.
pub fn plug<'a>(
    socket: Input<'a>,
    plugs: impl IntoIterator<Item = Input<'a>>,
) -> Result<Plugged<'a>, PlugError> {
    plugs.into_iter().fold(Composer::new(socket), Composer::plug).finish()
}

/// Makes one component of a *socket* and of *plugs*, which satisfy imports of the socket and, if they
/// may, of one another.
///
/// ```
/// use wattle_componentize::{Composer, Input};
///
/// let input = |name: &str, text| -> Result<_, wattle_wat::Errors> {
///     let component = wattle_wat::Parser::new().component(text)?.component;
///     Ok(Input { name: name.into(), component })
/// };
/// let app = input("app", r#"(component (import "add" (instance)) (import "log" (func)))"#)?;
/// let adder = input("adder", r#"(component (import "print" (func)))"#)?;
/// let logger = input("logger", r#"(component
///     (import "print" (func $print)) (export "write" (func $print)))"#)?;
/// let printer = input("printer", r#"(component
///     (import "fd-write" (func $write)) (export "print" (func $write)))"#)?;
///
/// let plugged = Composer::new(app)
///     .connect("add", adder, None)
///     .connect("log", logger, Some("write"))
///     .plug(printer)
///     .between_plugs(true)
///     .finish()?;
/// let imports: Vec<_> = plugged.types.imports().map(|import| import.to_string()).collect();
/// assert_eq!(imports, ["fd-write: func()"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Composer<'a> {
    socket: Input<'a>,
    plugs: Vec<Plug>,
    inputs: Vec<Input<'a>>,
    between_plugs: bool,
    has_no_imports: bool,
    renamed: Renamed,
}

impl<'a> Composer<'a> {
    /// Starts a composition that has the exports of the socket.
    pub fn new(socket: Input<'a>) -> Composer<'a> {
        Composer {
            socket,
            plugs: Vec::new(),
            inputs: Vec::new(),
            between_plugs: false,
            has_no_imports: false,
            renamed: Renamed::default(),
        }
    }

    /// Adds a plug. Its exports satisfy the imports of their names, or of interfaces in compatible
    /// versions.
    pub fn plug(self, plug: Input<'a>) -> Composer<'a> {
        self.add(plug, Plug::ByName)
    }

    /// Adds a plug for the import of one name, which is given the export of the plug, or its whole
    /// instance if `export` is `None`. No other plug satisfies this import.
    pub fn connect(self, import: &str, plug: Input<'a>, export: Option<&str>) -> Composer<'a> {
        let (import, export) = (import.into(), export.map(Into::into));
        self.add(plug, Plug::For { import, export })
    }

    fn add(mut self, input: Input<'a>, plug: Plug) -> Composer<'a> {
        self.inputs.push(input);
        self.plugs.push(plug);
        self
    }

    /// Sets whether plugs satisfy imports of other plugs too. By default they satisfy those of the
    /// socket alone.
    pub fn between_plugs(mut self, between_plugs: bool) -> Composer<'a> {
        self.between_plugs = between_plugs;
        self
    }

    /// Sets whether the component may have imports. It may by default.
    pub fn allow_imports(mut self, allow: bool) -> Composer<'a> {
        self.has_no_imports = !allow;
        self
    }

    /// Lets the component import the item `old` under the name `new`. Nothing happens if the
    /// component does not import `old`.
    pub fn rename_import(mut self, old: &str, new: &str) -> Composer<'a> {
        self.renamed.imports.insert(old.into(), new.into());
        self
    }

    /// Lets the component export the item `old` of the socket under the name `new`. Nothing happens
    /// if the socket does not export `old`.
    ///
    /// ```
    /// use wattle_componentize::{Composer, Input};
    ///
    /// let input = |name: &str, text| -> Result<_, wattle_wat::Errors> {
    ///     let component = wattle_wat::Parser::new().component(text)?.component;
    ///     Ok(Input { name: name.into(), component })
    /// };
    /// let app = input("app", r#"(component (import "log" (func $log)) (export "run" (func $log)))"#)?;
    /// let logger = input("logger", r#"(component
    ///     (import "print" (func $print)) (export "log" (func $print)))"#)?;
    ///
    /// let plugged = Composer::new(app)
    ///     .plug(logger)
    ///     .rename_import("print", "write")
    ///     .rename_export("run", "start")
    ///     .finish()?;
    /// assert!(plugged.types.import("write").is_some() && plugged.types.export("start").is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rename_export(mut self, old: &str, new: &str) -> Composer<'a> {
        self.renamed.exports.insert(old.into(), new.into());
        self
    }

    /// Makes the component.
    ///
    /// # Errors
    /// If a component is not valid, a plug is not needed, two plugs satisfy one import, plugs need
    /// each other in a circle, an import or export to be connected does not exist, types do not
    /// match, or imports are left although none may be.
    pub fn finish(self) -> Result<Plugged<'a>, PlugError> {
        let Composer { socket, plugs, mut inputs, between_plugs, has_no_imports, renamed } = self;
        let socket_number = inputs.len();
        inputs.push(socket);
        let types = inputs.iter().map(types_of).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
        let connections = connect(&names, &types, &plugs, between_plugs)?;
        let order = in_order(&names, &connections)?;
        // The place of each input among the parts.
        let mut places: Vec<usize> = order.iter().map(|_| 0).collect();
        for (place, &number) in order.iter().enumerate() {
            places.get_mut(number).into_iter().for_each(|it| *it = place);
        }
        let place = |number: usize| places.get(number).copied().unwrap_or_default();
        let mut given: Vec<BTreeMap<&str, Given<'_>>> = Vec::new();
        given.resize_with(order.len(), BTreeMap::new);
        for it in &connections {
            let importer = place(it.importer.unwrap_or(socket_number));
            let given_here = Given { part: place(it.plug), export: it.export.as_deref() };
            if let Some(given) = given.get_mut(importer) {
                given.insert(&it.import, given_here);
            }
        }
        let mut sources: Vec<Option<Component<'a>>> =
            inputs.into_iter().map(|input| Some(input.component)).collect();
        let (mut parts, mut components) = (Vec::new(), Vec::new());
        for (&number, given) in order.iter().zip(given) {
            if let (Some(name), Some(types)) = (names.get(number), types.get(number)) {
                parts.push(Part { name, types, given });
                components.extend(sources.get_mut(number).and_then(Option::take));
            }
        }
        let (component, types) = compose(&parts, components, &renamed)?;
        if has_no_imports && types.imports().next().is_some() {
            let imports = types.imports().map(|import| import.name().into()).collect();
            return Err(PlugError::Imports { imports });
        }
        Ok(Plugged { component, types, connections })
    }
}

/// Validates a component, and returns the types of its imports and exports.
fn types_of(input: &Input<'_>) -> Result<ComponentTypes, PlugError> {
    let types = Validator::new().features(Features::ALL).component(&input.component);
    types.map_err(|errors| PlugError::Invalid {
        component: (&*input.name).into(),
        reason: errors.first().to_string().into(),
    })
}
