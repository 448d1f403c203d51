//! Documentation and gates by the names of the items of a package. The types of a component cannot
//! carry them.
//!
//! Binary packages keep them in a custom section, `package-docs`: a byte with the version, 1, and
//! JSON.

use alloc::string::String;
#[cfg(feature = "docs")]
use alloc::vec::Vec;

#[cfg(feature = "docs")]
use serde::{Deserialize, Serialize};
#[cfg(feature = "docs")]
use wattle_ast::components::{Component, Definition};

pub use crate::ordered::Ordered;

/// Values by name, in the order of the text.
pub type Map<T> = Ordered<String, T>;

/// The name of the custom section.
pub const SECTION: &str = "package-docs";

/// The version of the format. Version 0, which is a part of it, is read too.
#[cfg(feature = "docs")]
const VERSION: u8 = 1;

/// The version that added an item, or the unstable feature that it needs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[cfg_attr(feature = "docs", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "docs", serde(rename_all = "kebab-case"))]
pub enum Gate {
    /// The item has no known gate.
    #[default]
    Unknown,
    /// `@unstable`.
    Unstable {
        /// The feature.
        feature: String,
        /// The version that deprecates the item.
        #[cfg_attr(feature = "docs", serde(default, skip_serializing_if = "Option::is_none"))]
        deprecated: Option<String>,
    },
    /// `@since`.
    Stable {
        /// The version.
        since: String,
        /// The version that deprecates the item.
        #[cfg_attr(feature = "docs", serde(default, skip_serializing_if = "Option::is_none"))]
        deprecated: Option<String>,
    },
}

impl Gate {
    /// Returns whether the item has no gate.
    pub fn is_unknown(&self) -> bool {
        *self == Gate::Unknown
    }
}

/// A row: a struct whose fields are left out of the JSON where they are empty.
macro_rules! tables {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident: $ty:ty = $key:literal; )* } )*) => { $(
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        #[cfg_attr(feature = "docs", derive(Serialize, Deserialize))]
        #[cfg_attr(feature = "docs", serde(deny_unknown_fields))]
        $(#[$doc])*
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[cfg_attr(feature = "docs", serde(default, rename = $key, skip_serializing_if = "IsEmpty::is_empty"))]
                pub $field: $ty,
            )*
        }

        impl IsEmpty for $name {
            fn is_empty(&self) -> bool {
                true $(&& self.$field.is_empty())*
            }
        }
    )* };
}

/// Values that are left out of the JSON when they are empty.
pub(crate) trait IsEmpty {
    fn is_empty(&self) -> bool;
}

impl IsEmpty for Option<String> {
    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

impl IsEmpty for Gate {
    fn is_empty(&self) -> bool {
        self.is_unknown()
    }
}

impl<T> IsEmpty for Map<T> {
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

tables! {
    /// The documentation of a package.
    PackageDocs {
        /// The documentation of the package itself.
        docs: Option<String> = "docs";
        /// The documentation of its worlds.
        worlds: Map<WorldDocs> = "worlds";
        /// The documentation of its interfaces.
        interfaces: Map<InterfaceDocs> = "interfaces";
    }
    /// The documentation of a world.
    WorldDocs {
        /// The documentation of the world itself.
        docs: Option<String> = "docs";
        /// The gate of the world.
        gate: Gate = "stability";
        /// The documentation of imported interfaces that are written out.
        interfaces: Map<InterfaceDocs> = "interfaces";
        /// The documentation of types.
        types: Map<TypeDocs> = "types";
        /// The documentation of imported functions.
        funcs: Map<FuncDocs> = "funcs";
        /// The documentation of exported interfaces that are written out.
        interface_exports: Map<InterfaceDocs> = "interface_exports";
        /// The documentation of exported functions.
        func_exports: Map<FuncDocs> = "func_exports";
        /// The gates of imports of interfaces.
        interface_import_gates: Map<Gate> = "interface_import_stability";
        /// The gates of exports of interfaces.
        interface_export_gates: Map<Gate> = "interface_export_stability";
        /// The documentation of imports of interfaces.
        interface_import_docs: Map<String> = "interface_import_docs";
        /// The documentation of exports of interfaces.
        interface_export_docs: Map<String> = "interface_export_docs";
    }
    /// The documentation of an interface.
    InterfaceDocs {
        /// The documentation of the interface itself.
        docs: Option<String> = "docs";
        /// The gate of the interface.
        gate: Gate = "stability";
        /// The documentation of its functions.
        funcs: Map<FuncDocs> = "funcs";
        /// The documentation of its types.
        types: Map<TypeDocs> = "types";
    }
    /// The documentation of a type.
    TypeDocs {
        /// The documentation of the type itself.
        docs: Option<String> = "docs";
        /// The gate of the type.
        gate: Gate = "stability";
        /// The documentation of its fields, cases or flags.
        items: Map<String> = "items";
    }
    /// The documentation of a function.
    #[cfg_attr(feature = "docs", serde(from = "ReadFuncDocs"))]
    FuncDocs {
        /// The documentation of the function itself.
        docs: Option<String> = "docs";
        /// The gate of the function.
        gate: Gate = "stability";
    }
}

/// The documentation of a function as it is read. In version 0, it is the text alone.
#[cfg(feature = "docs")]
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum ReadFuncDocs {
    Text(Option<String>),
    Whole {
        #[serde(default)]
        docs: Option<String>,
        #[serde(default, rename = "stability")]
        gate: Gate,
    },
}

#[cfg(feature = "docs")]
impl From<ReadFuncDocs> for FuncDocs {
    fn from(read: ReadFuncDocs) -> FuncDocs {
        match read {
            ReadFuncDocs::Text(docs) => FuncDocs { docs, gate: Gate::Unknown },
            ReadFuncDocs::Whole { docs, gate } => FuncDocs { docs, gate },
        }
    }
}

impl PackageDocs {
    /// Adds an entry, unless it is empty.
    pub(crate) fn add<T: IsEmpty>(map: &mut Map<T>, name: &str, docs: T) {
        if !docs.is_empty() {
            let _ = map.insert(name.into(), docs);
        }
    }

    /// Encodes the content of the custom section.
    ///
    /// ```
    /// use wattle_wit::docs::PackageDocs;
    ///
    /// let docs = PackageDocs { docs: Some("A clock.".into()), ..PackageDocs::default() };
    /// let bytes = docs.encode();
    /// assert_eq!(bytes, b"\x01{\"docs\":\"A clock.\"}");
    /// assert_eq!(PackageDocs::decode(&bytes).unwrap(), docs);
    /// ```
    #[cfg(feature = "docs")]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = alloc::vec![VERSION];
        // Strings and maps of strings can always be written as JSON.
        bytes.extend(serde_json::to_vec(self).unwrap_or_default());
        bytes
    }

    /// Reads the documentation in the custom section of a component. It is empty if the component
    /// has no such section.
    ///
    /// # Errors
    /// The errors of [`decode`](PackageDocs::decode).
    #[cfg(feature = "docs")]
    pub fn of(component: &Component<'_>) -> Result<PackageDocs, DocsError> {
        let section = component.definitions.iter().find_map(|definition| match definition {
            Definition::Custom(custom) if custom.name == SECTION => custom.data.bytes(),
            _ => None,
        });
        section.map_or(Ok(PackageDocs::default()), PackageDocs::decode)
    }

    /// Reads the content of the custom section.
    ///
    /// # Errors
    /// If the version is not known, or the JSON is not that of documentation.
    #[cfg(feature = "docs")]
    pub fn decode(bytes: &[u8]) -> Result<PackageDocs, DocsError> {
        match bytes.split_first() {
            Some((0 | &VERSION, json)) => serde_json::from_slice(json)
                .map_err(|error| DocsError::Json(alloc::format!("{error}"))),
            version => Err(DocsError::Version(version.map(|(version, _)| *version))),
        }
    }
}

/// The reason why the custom section cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg(feature = "docs")]
pub enum DocsError {
    /// An unknown version of the format; `None` if the section is empty.
    Version(Option<u8>),
    /// JSON that cannot be read: the message of its parser.
    Json(String),
}

#[cfg(feature = "docs")]
impl core::fmt::Display for DocsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            DocsError::Version(Some(version)) => {
                write!(f, "unknown version {version} of {SECTION}: 0 and 1 can be read")
            }
            DocsError::Version(None) => write!(f, "{SECTION} is empty"),
            DocsError::Json(error) => write!(f, "malformed {SECTION}: {error}"),
        }
    }
}

#[cfg(feature = "docs")]
impl core::error::Error for DocsError {}
