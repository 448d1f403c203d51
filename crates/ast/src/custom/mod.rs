//! Custom sections that tools agree on: typed readers and writers.
//!
//! | file | section |
//! |---|---|
//! | `producers.rs` | `producers` |
//! | `target_features.rs` | `target_features` |
//! | `code_metadata.rs` | `metadata.code.*`, `metadata.code.branch_hint` among them |
//! | `dylink.rs` | `dylink.0` |
//! | `linking.rs` | `linking` |
//! | `reloc.rs` | `reloc.*` |
//! | `source_mapping_url.rs` | `sourceMappingURL` |
//! | `build_id.rs` | `build_id` |
//! | `dependencies.rs` | `.dep-v0` |
//! | `external_debug_info.rs` | `external_debug_info` |
//! | `about.rs` | `authors`, `description`, `licenses`, `source`, `homepage`, `revision`, `version` |
//! | `core_dump.rs` | `core`, `coremodules`, `coreinstances`, `corestack` |
//!
//! The name section is part of the tree: [`Names`]. `positions.rs` decides which sections stay
//! valid when the module is rewritten. Other custom sections have no types here, and indices and
//! offsets in custom sections are not checked against the module.
//!
//! Each type reads the content that follows the section's name with `parse`, and writes it in the
//! shortest form with [`Encode`]. Unknown subsections are kept as bytes.

mod about;
mod build_id;
mod code_metadata;
mod core_dump;
mod dependencies;
mod dylink;
mod external_debug_info;
mod left_out;
mod linking;
mod positions;
mod producers;
mod reloc;
mod source_mapping_url;
mod target_features;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

pub use about::{About, Subject};
pub use build_id::BuildId;
pub use code_metadata::{
    BranchHint, BranchHints, CodeMetadata, FuncMetadata, MetadataEntry, MetadataValue,
};
pub use core_dump::{
    CoreDump, CoreFrame, CoreInstance, CoreInstances, CoreModule, CoreModules, CoreStack, CoreValue,
};
pub use dependencies::Dependencies;
pub use dylink::{Dylink, DylinkExport, DylinkImport, DylinkMemory, DylinkSubsection};
pub use external_debug_info::ExternalDebugInfo;
pub use left_out::{LeftOut, WhyLeftOut};
pub use linking::{
    Comdat, ComdatKind, ComdatSymbol, DataSymbol, InitFunc, LinkingSection, LinkingSubsection,
    Segment, SegmentFlags, Symbol, SymbolFlags, SymbolKind,
};
pub(crate) use positions::mentioned;
pub use positions::{CustomFate, MovedMetadata, Moves, PointsAt};
pub use producers::{Producers, ProducersField, VersionedName};
pub use reloc::{Reloc, RelocSection, RelocType};
pub use source_mapping_url::SourceMappingUrl;
pub use target_features::{TargetFeature, TargetFeatures, TargetPrefix};

use crate::{Decode, Encode, Error, Malformed, Names, Reader};

/// A struct whose binary format is its fields in order, possibly after a fixed byte. It can be a
/// whole section.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident $(<$lt:lifetime>)? $(section $section:literal)?
        $(after $byte:literal)? { $( $(#[$field_doc:meta])* $field:ident: $ty:ty, )* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct $name $(<$lt>)? { $( $(#[$field_doc])* pub $field: $ty, )* }

        $crate::values::fields! { $name $(<$lt>)? $(after $byte)? { $( $field ),* } }
        $crate::custom::section! { $($section)?; $name $(<$lt>)? }
    };
}
use record;

/// Defines `parse` for a type that is a whole section, and its name if there is only one.
macro_rules! section {
    (; $($not_a_section:tt)*) => {};
    ($name:literal; $ty:ident $(<$lt:lifetime>)?) => {
        impl $(<$lt>)? $ty $(<$lt>)? {
            /// The name of the section.
            pub const NAME: &'static str = $name;
        }

        $crate::custom::section! { $ty $(<$lt>)? }
    };
    ($ty:ident $(<$lt:lifetime>)?) => {
        impl $(<$lt>)? $ty $(<$lt>)? {
            /// Parses the content of the section, which follows its name.
            ///
            /// # Errors
            /// The first error, with its offset in `bytes`.
            pub fn parse(bytes: &$($lt)? [u8]) -> Result<Self, crate::Error> {
                crate::custom::whole(bytes)
            }
        }
    };
}
use section;

/// Reads a value that must take up all bytes.
fn whole<'a, T: Decode<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    let mut reader = Reader::new(bytes);
    match reader.read() {
        Ok(_) if !reader.is_empty() => Err(Error::at(Malformed::SectionSize, reader.pos())),
        Ok(value) => Ok(value),
        Err(kind) => Err(Error::at(kind, reader.pos())),
    }
}

/// Reads values up to the end of the bytes.
fn all<'a, T: Decode<'a>>(reader: &mut Reader<'a>) -> Result<Vec<T>, Malformed> {
    let mut all = Vec::new();
    while !reader.is_empty() {
        all.push(reader.read()?);
    }
    Ok(all)
}

/// An enum of subsections. A subsection in the binary is its id, a size, and that many bytes.
macro_rules! subsections {
    ($(#[$doc:meta])* $name:ident {
        $( $(#[$variant_doc:meta])* $variant:ident $id:literal $ty:ty; )*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum $name<'a> {
            $( $(#[$variant_doc])* $variant($ty), )*
            /// An unknown subsection.
            Unknown {
                /// The id of the subsection.
                id: u8,
                /// The content of the subsection.
                bytes: alloc::borrow::Cow<'a, [u8]>,
            },
        }

        impl<'a> Decode<'a> for $name<'a> {
            fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
                let id = reader.byte()?;
                reader.sized(Malformed::SectionSize, |reader| match id {
                    $( $id => reader.read().map($name::$variant), )*
                    _ => {
                        let bytes = reader.take(reader.remaining())?.into();
                        Ok($name::Unknown { id, bytes })
                    }
                })
            }
        }

        impl Encode for $name<'_> {
            fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $( $name::$variant(content) => {
                        out.push($id);
                        content.to_bytes().encode(out);
                    } )*
                    $name::Unknown { id, bytes } => {
                        id.encode(out);
                        bytes.encode(out);
                    }
                }
            }
        }
    };
}
use subsections;

macro_rules! known {
    ($( $(#[$doc:meta])* $variant:ident $ty:ty; )*) => {
        /// A custom section with a known name.
        ///
        /// ```
        /// use wattle_ast::custom::KnownCustom;
        ///
        /// let id = KnownCustom::parse("build_id", &[2, 0xab, 0xcd]).unwrap().unwrap();
        /// let KnownCustom::BuildId(id) = id else { panic!() };
        /// assert_eq!(id.bytes[..], [0xab, 0xcd]);
        /// assert!(KnownCustom::parse("unheard of", &[]).is_none());
        /// ```
        #[derive(Clone, PartialEq, Debug)]
        #[non_exhaustive]
        pub enum KnownCustom<'a> {
            /// `name`.
            Names(Box<Names<'a>>),
            /// `reloc.` and the name of the section with the relocations.
            Reloc(RelocSection),
            /// `metadata.code.` and a kind of metadata that has no type of its own.
            CodeMetadata(CodeMetadata<Cow<'a, [u8]>>),
            /// A description of a module or component, for registries.
            About(About<'a>),
            $( $(#[$doc])* $variant($ty), )*
        }

        impl<'a> KnownCustom<'a> {
            /// Parses the section with this name; `None` if the name is unknown.
            ///
            /// # Errors
            /// The first error, with its offset in `bytes`.
            pub fn parse(
                name: &str,
                bytes: &'a [u8],
            ) -> Option<Result<KnownCustom<'a>, Error>> {
                if let Some(subject) = Subject::from_name(name) {
                    return Some(About::parse(subject, bytes).map(KnownCustom::About));
                }
                Some(match name {
                    Names::NAME => Names::parse(bytes).map(|names| KnownCustom::Names(Box::new(names))),
                    $( <$ty>::NAME => <$ty>::parse(bytes).map(KnownCustom::$variant), )*
                    _ if name.starts_with(RelocSection::PREFIX) => {
                        RelocSection::parse(bytes).map(KnownCustom::Reloc)
                    }
                    _ if name.starts_with(CodeMetadata::PREFIX) => {
                        CodeMetadata::parse(bytes).map(KnownCustom::CodeMetadata)
                    }
                    _ => return None,
                })
            }
        }

        impl Encode for KnownCustom<'_> {
            fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    KnownCustom::Names(names) => names.encode(out),
                    KnownCustom::Reloc(reloc) => reloc.encode(out),
                    KnownCustom::CodeMetadata(metadata) => metadata.encode(out),
                    KnownCustom::About(about) => about.encode(out),
                    $( KnownCustom::$variant(it) => it.encode(out), )*
                }
            }
        }
    };
}

known! {
    /// `producers`.
    Producers Producers<'a>;
    /// `target_features`.
    TargetFeatures TargetFeatures<'a>;
    /// `metadata.code.branch_hint`.
    BranchHints BranchHints;
    /// `dylink.0`.
    Dylink Dylink<'a>;
    /// `linking`.
    Linking LinkingSection<'a>;
    /// `sourceMappingURL`.
    SourceMappingUrl SourceMappingUrl<'a>;
    /// `build_id`.
    BuildId BuildId<'a>;
    /// `.dep-v0`.
    Dependencies Dependencies<'a>;
    /// `external_debug_info`.
    ExternalDebugInfo ExternalDebugInfo<'a>;
    /// `core`.
    CoreDump CoreDump<'a>;
    /// `coremodules`.
    CoreModules CoreModules<'a>;
    /// `coreinstances`.
    CoreInstances CoreInstances;
    /// `corestack`.
    CoreStack CoreStack<'a>;
}
