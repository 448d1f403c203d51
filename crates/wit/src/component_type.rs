//! Sections `component-type` of core modules: the worlds that a module was compiled for.
//!
//! A module can have several such sections, whose names begin with [`SECTION`]. Each holds a
//! component with one export, the type of a world, and with a custom section that tells how strings
//! are encoded. In version 3 of the format, which old compilers write, the component is a whole
//! package, and a [`Prefix`] before it has the name of the world and the encoding of strings.

use alloc::collections::BTreeSet;
use alloc::format;

use wattle_ast::components::{CanonOpt, Component, Definition};
use wattle_ast::{Custom, CustomData, Reader};

use crate::decode::{DecodeError, DecodeErrorKind, Decoded};
use crate::encode::{Config, TooLarge};
use crate::model::{MergeError, Model, Package, Required, Text, Uses, World, WorldId};
use crate::package::PackageName;

/// The text that the names of the sections begin with.
pub const SECTION: &str = "component-type";

/// The name of the section that tells how strings are encoded.
const ENCODING: &str = "wit-component-encoding";

/// The version of the format.
const VERSION: u8 = 4;

/// The version that a [`Prefix`] begins with.
const OLD_VERSION: u8 = 3;

/// The encoding of strings in the memory of a core module.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum StringEncoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16.
    Utf16,
    /// Latin-1 if that suffices, and else UTF-16.
    CompactUtf16,
}

impl StringEncoding {
    const ALL: [StringEncoding; 3] =
        [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::CompactUtf16];

    fn from_code(code: u8) -> Option<StringEncoding> {
        StringEncoding::ALL.get(usize::from(code)).copied()
    }

    /// Returns the option for this encoding in canonical definitions.
    pub const fn opt(self) -> CanonOpt {
        match self {
            StringEncoding::Utf8 => CanonOpt::Utf8,
            StringEncoding::Utf16 => CanonOpt::Utf16,
            StringEncoding::CompactUtf16 => CanonOpt::CompactUtf16,
        }
    }
}

/// The content of a section, decoded.
#[derive(Clone, Debug)]
pub struct ComponentType {
    /// The package of the world, and the parts of other packages that the section mentions.
    pub model: Model,
    /// The world.
    pub world: WorldId,
    /// The encoding of strings.
    pub encoding: StringEncoding,
}

/// Encodes a world as the component of a section, with the custom section that tells how strings
/// are encoded.
///
/// ```
/// use wattle_wit::{Resolver, component_type::{self, StringEncoding}};
///
/// let mut resolver = Resolver::new();
/// resolver.file("a.wit", "package a:b; world w { export run: func(); }");
/// let resolved = resolver.resolve().unwrap();
/// let model = resolved.model();
/// let world = model.select_world(resolved.root(), None).unwrap();
/// let component = component_type::encode(model, world, StringEncoding::Utf16).unwrap();
///
/// let read = component_type::decode(&component).unwrap();
/// assert_eq!(read.encoding, StringEncoding::Utf16);
/// assert_eq!(read.model.world_name(read.world), "a:b/w");
/// ```
///
/// # Errors
/// If the component would be too large.
pub fn encode(
    model: &Model,
    world: WorldId,
    encoding: StringEncoding,
) -> Result<Component<'static>, TooLarge> {
    encode_with(Config::new(), model, world, encoding)
}

/// Encodes a world as the component of a section, with names in the form that a configuration
/// selects.
///
/// # Errors
/// If the component would be too large.
pub fn encode_with(
    config: Config,
    model: &Model,
    world: WorldId,
    encoding: StringEncoding,
) -> Result<Component<'static>, TooLarge> {
    let mut component = config.world_type(model, world)?;
    let data = CustomData::Bytes(alloc::vec![VERSION, encoding as u8].into());
    let custom = Custom { name: ENCODING.into(), data, after: None };
    component.definitions.insert(0, Definition::Custom(custom));
    Ok(component)
}

/// Reads the component of a section.
///
/// # Errors
/// If its one export is not the type of a world, or it does not tell how strings are encoded.
pub fn decode(component: &Component<'_>) -> Result<ComponentType, DecodeError> {
    let found = component.definitions.iter().find_map(|definition| match definition {
        Definition::Custom(custom) if custom.name == ENCODING => custom.data.bytes(),
        _ => None,
    });
    let encoding = match found {
        Some([VERSION, code]) => StringEncoding::from_code(*code),
        _ => None,
    };
    let encoding = encoding.ok_or_else(|| {
        let bytes = found.map(|bytes| {
            let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
            [byte(0), byte(1)]
        });
        DecodeErrorKind::Encoding(bytes)
    })?;
    let decoded = crate::decode::decode(component)?;
    let mut worlds = decoded.model[decoded.package].worlds.iter().map(|(_, id)| *id);
    match (decoded.world, worlds.next(), worlds.next()) {
        (None, Some(world), None) => {
            drop(worlds);
            Ok(ComponentType { world, encoding, model: decoded.model })
        }
        _ => Err(DecodeErrorKind::NotWorld.into()),
    }
}

/// The prefix of a section of version 3, which stands before the component.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prefix<'s> {
    /// The encoding of strings.
    pub encoding: StringEncoding,
    /// The name of the world in the package.
    pub world: &'s str,
}

impl Prefix<'_> {
    /// Reads the component behind the prefix.
    ///
    /// # Errors
    /// If it is not a package with this world.
    pub fn decode(self, component: &Component<'_>) -> Result<ComponentType, DecodeError> {
        let Decoded { model, package, world: None } = crate::decode::decode(component)? else {
            return Err(DecodeErrorKind::NotWorld.into());
        };
        match model[package].worlds.get(self.world) {
            Some(&world) => Ok(ComponentType { world, encoding: self.encoding, model }),
            None => Err(DecodeErrorKind::NoWorld(self.world.into()).into()),
        }
    }
}

/// Splits the bytes of a section into the prefix, if there is one, and the bytes of the component.
///
/// ```
/// use wattle_wit::component_type::{StringEncoding, split};
///
/// let (prefix, component) = split(b"\x03\x01\x05world\0asm").unwrap();
/// let prefix = prefix.unwrap();
/// assert_eq!((prefix.encoding, prefix.world), (StringEncoding::Utf16, "world"));
/// assert_eq!(component, b"\0asm");
/// assert_eq!(split(b"\0asm").unwrap(), (None, &b"\0asm"[..]));
/// ```
///
/// # Errors
/// If the prefix is not well-formed.
pub fn split(section: &[u8]) -> Result<(Option<Prefix<'_>>, &[u8]), DecodeError> {
    let mut reader = Reader::new(section);
    if reader.byte() != Ok(OLD_VERSION) {
        return Ok((None, section));
    }
    let code = reader.byte().map_err(|_| DecodeErrorKind::Prefix)?;
    let encoding = StringEncoding::from_code(code)
        .ok_or(DecodeErrorKind::Encoding(Some([OLD_VERSION, code])))?;
    let world = reader.name().map_err(|_| DecodeErrorKind::Prefix)?;
    Ok((Some(Prefix { encoding, world }), reader.rest()))
}

/// Merges the worlds of several sections into one: `root` of a package `root:root`, or `root:root1`
/// and so on if a section has a package of that name.
///
/// # Errors
/// If an item that several worlds have differs between them, or if the merged world would be
/// invalid or too large.
pub fn merge<'s>(
    sections: impl IntoIterator<Item = &'s ComponentType, IntoIter: Clone>,
) -> Result<(Model, WorldId), MergeError> {
    let mut model = Model::default();
    let sections = sections.into_iter();
    let mut name = PackageName { namespace: "root".into(), name: "root".into(), version: None };
    let packages = sections.clone().flat_map(|section| section.model.packages());
    let taken: BTreeSet<&PackageName> = packages.map(|(_, package)| &package.name).collect();
    let mut number = 0_u32;
    while taken.contains(&name) {
        number += 1;
        name.name = format!("root{number}");
    }
    let package = model.add_package(Package { name, ..Package::default() });
    let text = Text::from("root");
    let root = model.add_world(World::new(text.clone(), package));
    let _ = model.packages[package].worlds.insert(text, root);
    let (mut uses, mut required) = (Uses::default(), Required::default());
    for section in sections {
        let remap = model.merge_items(&section.model, &mut uses)?;
        model.merge_worlds_with(remap.world(section.world), root, &mut required)?;
    }
    model.elaborate_all()?;
    Ok((model, root))
}
