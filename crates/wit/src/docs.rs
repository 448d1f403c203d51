//! Documentation and gates: what the types of a package do not say, by the names of its items.
//!
//! Binary packages keep it in a custom section, `package-docs`: a byte with the version, 1, and JSON.

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

/// Since when an item has been there, or which feature it needs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[cfg_attr(feature = "docs", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "docs", serde(rename_all = "kebab-case"))]
pub enum Gate {
    /// Nothing is said.
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
    /// Whether the item has no gate.
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

/// What can be left out.
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
        /// Of the package itself.
        docs: Option<String> = "docs";
        /// Of its worlds.
        worlds: Map<WorldDocs> = "worlds";
        /// Of its interfaces.
        interfaces: Map<InterfaceDocs> = "interfaces";
    }
    /// The documentation of a world.
    WorldDocs {
        /// Of the world itself.
        docs: Option<String> = "docs";
        /// The gate of the world.
        gate: Gate = "stability";
        /// Of imported interfaces that are written out.
        interfaces: Map<InterfaceDocs> = "interfaces";
        /// Of types.
        types: Map<TypeDocs> = "types";
        /// Of imported functions.
        funcs: Map<FuncDocs> = "funcs";
        /// Of exported interfaces that are written out.
        interface_exports: Map<InterfaceDocs> = "interface_exports";
        /// Of exported functions.
        func_exports: Map<FuncDocs> = "func_exports";
        /// The gates of imports of interfaces.
        interface_import_gates: Map<Gate> = "interface_import_stability";
        /// The gates of exports of interfaces.
        interface_export_gates: Map<Gate> = "interface_export_stability";
        /// Of imports of interfaces.
        interface_import_docs: Map<String> = "interface_import_docs";
        /// Of exports of interfaces.
        interface_export_docs: Map<String> = "interface_export_docs";
    }
    /// The documentation of an interface.
    InterfaceDocs {
        /// Of the interface itself.
        docs: Option<String> = "docs";
        /// The gate of the interface.
        gate: Gate = "stability";
        /// Of its functions.
        funcs: Map<FuncDocs> = "funcs";
        /// Of its types.
        types: Map<TypeDocs> = "types";
    }
    /// The documentation of a type.
    TypeDocs {
        /// Of the type itself.
        docs: Option<String> = "docs";
        /// The gate of the type.
        gate: Gate = "stability";
        /// Of its fields, cases or flags.
        items: Map<String> = "items";
    }
    /// The documentation of a function.
    #[cfg_attr(feature = "docs", serde(from = "ReadFuncDocs"))]
    FuncDocs {
        /// Of the function itself.
        docs: Option<String> = "docs";
        /// The gate of the function.
        gate: Gate = "stability";
    }
}

/// In version 0, the documentation of a function is its text alone.
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
    /// Adds an entry that says something.
    pub(crate) fn add<T: IsEmpty>(map: &mut Map<T>, name: &str, docs: T) {
        if !docs.is_empty() {
            let _ = map.insert(name.into(), docs);
        }
    }

    /// The content of the custom section.
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
        // Strings and maps of them can always be written.
        bytes.extend(serde_json::to_vec(self).unwrap_or_default());
        bytes
    }

    /// The documentation in the custom section of a component; none if it has no such section.
    ///
    /// # Errors
    /// As [`decode`](PackageDocs::decode).
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

/// Why the custom section cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg(feature = "docs")]
pub enum DocsError {
    /// The version of the format.
    Version(Option<u8>),
    /// What is wrong with the JSON.
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
