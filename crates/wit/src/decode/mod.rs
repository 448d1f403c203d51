//! Decodes components into a [`Model`]: binary packages, sections `component-type` of core modules,
//! and other components.
//!
//! The component must be valid, which is not checked here. An invalid one gives an error, or a
//! model without meaning.
//!
//! | file | holds |
//! |---|---|
//! | `scopes.rs` | the types, functions and instances that the definitions of a component make |
//! | `items.rs` | packages, interfaces, worlds and functions |
//! | `types.rs` | types |
//! | `uses.rs` | types of other interfaces that have no name of their own |

mod error;
mod items;
mod scopes;
mod types;
mod uses;

use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::Features;
use wattle_ast::components::{Component, ExternName, InterfaceName, ParsedName, PlainName};

use crate::model::{Model, PackageId, WorldId};
use crate::package::PackageName;

use error::Result;
pub use error::{DecodeError, DecodeErrorKind};
use items::Decoder;
use scopes::{Item, Scopes};

/// The model that a component was decoded into.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The package of the component, and the parts of other packages that the component mentions.
    pub model: Model,
    /// The package that the component encodes, or `root:component` with the world of the component.
    pub package: PackageId,
    /// The world of the component, `root`. `None` if the component is a package.
    pub world: Option<WorldId>,
}

/// Decodes a component: as a package if it encodes one, and otherwise as the world of its imports
/// and exports.
///
/// ```
/// use wattle_wit::{Resolver, decode::decode, print};
///
/// let mut resolver = Resolver::new();
/// resolver.file("a.wit", "package a:b; interface i { resource r; f: func(x: r) -> list<u8>; }");
/// let resolved = resolver.resolve().unwrap();
/// let binary = resolved.model().package_type(resolved.root()).unwrap();
///
/// let decoded = decode(&binary).unwrap();
/// assert_eq!(decoded.model[decoded.package].name.to_string(), "a:b");
/// let interface = decoded.model.interface_by_name("a:b/i").unwrap();
/// assert!(decoded.model[interface].funcs.contains("f"));
/// ```
///
/// # Errors
/// If the component has a definition that WIT cannot express.
pub fn decode(component: &Component<'_>) -> Result<Decoded> {
    let mut scopes = Scopes::new(&component.definitions)?;
    let (imports, exports) = scopes.run(scopes.root())?;
    let form = form(&mut scopes, imports.len(), &exports)?;
    let mut decoder = Decoder::new(scopes);
    let (package, world) = match form {
        Form::Whole => (decoder.whole_package(&exports)?, None),
        Form::Items => (decoder.items_package(&exports)?, None),
        Form::Component => {
            let package = decoder.package(PackageName::component());
            let world = decoder.world("root", package, &imports, &exports, true)?;
            (package, Some(world))
        }
    };
    // A component does not export the names that a `use` would add.
    if world.is_none() {
        decoder.complete_uses()?;
    }
    let (model, package) = decoder.finish(package)?;
    let decoded = Decoded { model, package, world };
    #[cfg(feature = "docs")]
    let decoded = with_docs(decoded, component)?;
    Ok(decoded)
}

/// Adds the documentation and gates of the section `package-docs`.
#[cfg(feature = "docs")]
fn with_docs(mut decoded: Decoded, component: &Component<'_>) -> Result<Decoded> {
    let docs = crate::docs::PackageDocs::of(component).map_err(DecodeErrorKind::DocsFormat)?;
    decoded.model.apply_docs(decoded.package, &docs)?;
    Ok(decoded)
}

/// Decodes a component, even a package, as the world of its imports and exports, and leaves out
/// those that WIT does not have.
///
/// ```
/// use wattle_ast::components::{Component, Definition, ExternDesc, Import, Type};
/// use wattle_wit::decode::decode_partly;
///
/// // It imports a component.
/// let ty = ExternDesc::Component(wattle_ast::ComponentTypeIdx(0));
/// let import = Definition::Import(Import { name: "plugin".into(), ty });
/// let definitions = [Definition::Type(Type::Component), Definition::End, import];
/// let component: Component<'_> = definitions.into_iter().collect();
/// assert_eq!(decode_partly(&component).unwrap().left_imports, ["plugin"]);
/// ```
///
/// # Errors
/// If a function or instance has a type that WIT cannot express.
pub fn decode_partly(component: &Component<'_>) -> Result<Partly> {
    let mut scopes = Scopes::new(&component.definitions)?;
    let (mut imports, mut exports) = scopes.run(scopes.root())?;
    let (mut left_imports, mut left_exports) = (Vec::new(), Vec::new());
    let sides = [(true, &mut imports, &mut left_imports), (false, &mut exports, &mut left_exports)];
    for (is_import, items, left) in sides {
        items.retain(|(name, item)| {
            let is_in_wit = item.is_in_wit(is_import);
            if !is_in_wit {
                left.push(name.name.as_str().into());
            }
            is_in_wit
        });
    }
    let mut decoder = Decoder::new(scopes);
    let package = decoder.package(PackageName::component());
    let world = decoder.world("root", package, &imports, &exports, true)?;
    let (model, _) = decoder.finish(package)?;
    Ok(Partly { model, world, left_imports, left_exports })
}

/// The part of a component that WIT can express, and the names of the other imports and exports.
#[derive(Clone, Debug)]
pub struct Partly {
    /// The packages.
    pub model: Model,
    /// The world of the component.
    pub world: WorldId,
    /// Imports that are not in the world, such as core modules.
    pub left_imports: Vec<String>,
    /// Exports that are not in the world, such as types.
    pub left_exports: Vec<String>,
}

/// The form of a component, which its exports tell.
enum Form {
    /// A package in one type, as tools wrote it before 2023-09.
    Whole,
    /// A package with a type for each interface and world.
    Items,
    Component,
}

fn form(
    scopes: &mut Scopes<'_>,
    imports: usize,
    exports: &[(&ExternName<'_>, Item)],
) -> Result<Form> {
    let mut are_types = imports == 0;
    for (_, item) in exports {
        are_types &= match item {
            Item::Type(ty) => scopes.body(*ty)?.is_some(),
            _ => false,
        };
    }
    let first = exports.first().map(|(name, _)| ParsedName::parse(&name.name, Features::ALL));
    Ok(match first {
        Some(Ok(ParsedName::Plain(PlainName::Label { accessor: None, .. }))) if are_types => {
            Form::Items
        }
        Some(Ok(ParsedName::Interface(InterfaceName { interface: "wit", .. }))) if are_types => {
            Form::Whole
        }
        _ => Form::Component,
    })
}
