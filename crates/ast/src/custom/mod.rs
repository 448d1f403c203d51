//! Custom sections that tools agree on: typed readers and writers.
//!
//! | file | section |
//! |---|---|
//! | `producers.rs` | `producers` |
//! | `target_features.rs` | `target_features` |
//! | `branch_hints.rs` | `metadata.code.branch_hint` |
//! | `dylink.rs` | `dylink.0` |
//! | `linking.rs` | `linking` |
//! | `reloc.rs` | `reloc.*` |
//! | `source_mapping_url.rs` | `sourceMappingURL` |
//! | `build_id.rs` | `build_id` |
//! | `external_debug_info.rs` | `external_debug_info` |
//! | `core_dump.rs` | `core`, `coremodules`, `coreinstances`, `corestack` |
//!
//! The name section is part of the tree: [`Names`]. What is not here: any other custom section,
//! and what these mean for the rest of the module; indices and offsets are not checked against it.
//!
//! Each type reads what follows the section's name with `parse` and writes it with [`Encode`], in
//! the shortest form. Subsections that are not known are kept as bytes.

mod branch_hints;
mod build_id;
mod core_dump;
mod dylink;
mod external_debug_info;
mod linking;
mod producers;
mod reloc;
mod source_mapping_url;
mod target_features;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

pub use branch_hints::{BranchHint, BranchHints, FuncBranchHints};
pub use build_id::BuildId;
pub use core_dump::{
    CoreDump, CoreFrame, CoreInstance, CoreInstances, CoreModule, CoreModules, CoreStack, CoreValue,
};
pub use dylink::{Dylink, DylinkExport, DylinkImport, DylinkMemory, DylinkSubsection};
pub use external_debug_info::ExternalDebugInfo;
pub use linking::{
    Comdat, ComdatKind, ComdatSymbol, DataSymbol, InitFunc, LinkingSection, LinkingSubsection,
    Segment, SegmentFlags, Symbol, SymbolFlags, SymbolKind,
};
pub use producers::{Producers, ProducersField, VersionedName};
pub use reloc::{Reloc, RelocSection, RelocType};
pub use source_mapping_url::SourceMappingUrl;
pub use target_features::{TargetFeature, TargetFeatures, TargetPrefix};

use crate::{Decode, Encode, Malformed, Names, Reader, leb128};

/// A value of a record: what can be read and written, and integers and lists of it besides.
trait Field<'a>: Sized {
    fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed>;
    fn put(&self, out: &mut Vec<u8>);
}

impl<'a, T: Decode<'a> + Encode> Field<'a> for T {
    fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        reader.read()
    }

    fn put(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }
}

impl<'a> Field<'a> for u32 {
    fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        reader.u32()
    }

    fn put(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, *self);
    }
}

/// Elements take at least a byte each, so a count is at most the number of bytes left; it sizes
/// nothing.
impl<'a, T: Field<'a>> Field<'a> for Vec<T> {
    fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let mut elements = Vec::new();
        for _ in 0..reader.len32()? {
            elements.push(T::get(reader)?);
        }
        Ok(elements)
    }

    fn put(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, self.len() as u32);
        self.iter().for_each(|element| element.put(out));
    }
}

/// A struct whose binary format is its fields, one after the other, perhaps after a byte that
/// never changes.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident $(<$lt:lifetime>)? $(after $zero:literal)?
        { $( $(#[$field_doc:meta])* $field:ident: $ty:ty, )* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct $name $(<$lt>)? { $( $(#[$field_doc])* pub $field: $ty, )* }

        impl<'a> $crate::Decode<'a> for $name $(<$lt>)? {
            fn decode(
                reader: &mut $crate::Reader<'a>,
            ) -> core::result::Result<Self, $crate::Malformed> {
                $( $crate::custom::reserved(reader, $zero)?; )?
                Ok($name { $( $field: $crate::custom::Field::get(reader)?, )* })
            }
        }

        impl $(<$lt>)? $crate::Encode for $name $(<$lt>)? {
            fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
                $( out.push($zero); )?
                $( $crate::custom::Field::put(&self.$field, out); )*
            }
        }
    };
}
use record;

/// `parse`, and the name unless there are several, for a type that is a whole section.
macro_rules! section {
    ($ty:ident $(<$lt:lifetime>)? $(, $name:literal)?) => {
        impl $(<$lt>)? $ty $(<$lt>)? {
            $(
                /// The name of the section.
                pub const NAME: &'static str = $name;
            )?

            /// The section of these bytes: what follows its name.
            ///
            /// # Errors
            /// The reason, and the offset in the bytes.
            pub fn parse(bytes: &$($lt)? [u8]) -> Result<Self, (crate::Malformed, usize)> {
                crate::custom::whole(bytes)
            }
        }
    };
}
use section;

/// Reads a byte that must have this value.
fn reserved(reader: &mut Reader<'_>, byte: u8) -> Result<(), Malformed> {
    reader.byte_if(Malformed::ZeroByte, |it| (it == byte).then_some(()))
}

/// Reads a value that must take all the bytes.
fn whole<'a, T: Decode<'a>>(bytes: &'a [u8]) -> Result<T, (Malformed, usize)> {
    let mut reader = Reader::new(bytes);
    match reader.read() {
        Ok(_) if !reader.is_empty() => Err((Malformed::SectionSize, reader.pos())),
        Ok(value) => Ok(value),
        Err(error) => Err((error, reader.pos())),
    }
}

/// Reads subsections to the end: each is an id, a size, and that many bytes.
fn subsections<'a, T>(
    reader: &mut Reader<'a>,
    mut subsection: impl FnMut(u8, &mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut all = Vec::new();
    while !reader.is_empty() {
        let id = reader.byte()?;
        let len = reader.len32()?;
        let start = reader.pos();
        let mut inner = Reader::at(reader.take(len)?, 0, reader.features());
        match subsection(id, &mut inner) {
            Ok(it) if inner.is_empty() => all.push(it),
            Ok(_) => return Err(reader.fail_at(start + inner.pos(), Malformed::SectionSize)),
            Err(error) => return Err(reader.fail_at(start + inner.pos(), error)),
        }
    }
    Ok(all)
}

/// Writes a subsection.
fn write_subsection(out: &mut Vec<u8>, id: u8, content: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::new();
    content(&mut bytes);
    out.push(id);
    leb128::write_u32(out, bytes.len() as u32);
    out.extend_from_slice(&bytes);
}

/// All the bytes that are left.
fn rest<'a>(reader: &mut Reader<'a>) -> Result<Cow<'a, [u8]>, Malformed> {
    reader.take(reader.remaining()).map(Cow::Borrowed)
}

macro_rules! known {
    ($( $(#[$doc:meta])* $variant:ident $ty:ty, $name:literal; )*) => {
        /// A custom section that is known by its name.
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
            /// `reloc.` and the name of the section that it is about.
            Reloc(RelocSection),
            $( $(#[$doc])* $variant($ty), )*
        }

        impl<'a> KnownCustom<'a> {
            #[cfg(test)]
            const NAMES: &'static [(&'static str, &'static str)] = &[$( ($name, <$ty>::NAME), )*];

            /// Reads the section of this name; `None` when it is not known.
            ///
            /// # Errors
            /// The reason, and the offset in the bytes.
            pub fn parse(
                name: &str,
                bytes: &'a [u8],
            ) -> Option<Result<KnownCustom<'a>, (Malformed, usize)>> {
                Some(match name {
                    "name" => Names::parse(bytes).map(|names| KnownCustom::Names(Box::new(names))),
                    $( $name => <$ty>::parse(bytes).map(KnownCustom::$variant), )*
                    _ if name.starts_with(RelocSection::PREFIX) => {
                        RelocSection::parse(bytes).map(KnownCustom::Reloc)
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
                    $( KnownCustom::$variant(it) => it.encode(out), )*
                }
            }
        }
    };
}

known! {
    /// `producers`.
    Producers Producers<'a>, "producers";
    /// `target_features`.
    TargetFeatures TargetFeatures<'a>, "target_features";
    /// `metadata.code.branch_hint`.
    BranchHints BranchHints, "metadata.code.branch_hint";
    /// `dylink.0`.
    Dylink Dylink<'a>, "dylink.0";
    /// `linking`.
    Linking LinkingSection<'a>, "linking";
    /// `sourceMappingURL`.
    SourceMappingUrl SourceMappingUrl<'a>, "sourceMappingURL";
    /// `build_id`.
    BuildId BuildId<'a>, "build_id";
    /// `external_debug_info`.
    ExternalDebugInfo ExternalDebugInfo<'a>, "external_debug_info";
    /// `core`.
    CoreDump CoreDump<'a>, "core";
    /// `coremodules`.
    CoreModules CoreModules<'a>, "coremodules";
    /// `coreinstances`.
    CoreInstances CoreInstances, "coreinstances";
    /// `corestack`.
    CoreStack CoreStack<'a>, "corestack";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a section, and checks that it is written back the same.
    pub(super) fn round_trip<'a>(name: &str, bytes: &'a [u8]) -> KnownCustom<'a> {
        let known = KnownCustom::parse(name, bytes).expect("known").expect("well-formed");
        assert_eq!(known.to_bytes(), bytes, "{name}");
        known
    }

    /// What is wrong with a section, and where.
    pub(super) fn error(name: &str, bytes: &[u8]) -> (Malformed, usize) {
        KnownCustom::parse(name, bytes).expect("known").expect_err("malformed")
    }

    #[test]
    fn names_are_stated_once() {
        for (name, own) in KnownCustom::NAMES {
            assert_eq!(name, own);
        }
    }

    #[test]
    fn trailing_bytes_are_refused() {
        assert_eq!(error("build_id", &[1, 0, 0]), (Malformed::SectionSize, 2));
        assert_eq!(error("producers", &[0, 0]), (Malformed::SectionSize, 1));
        assert_eq!(error("dylink.0", &[2, 2, 0, 0]), (Malformed::SectionSize, 3));
    }

    /// Nothing panics, whatever the bytes; what is read is written so that it reads the same.
    #[test]
    fn any_bytes_do() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let names = KnownCustom::NAMES.iter().map(|(name, _)| *name).chain(["name", "reloc.CODE"]);
        let (mut good, mut bad) = (0, 0);
        for name in names {
            for _ in 0..4_000 {
                let mut bytes = [0_u8; 12];
                for byte in &mut bytes {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    // Small numbers make more sense than large ones.
                    *byte = if state >> 60 < 3 { (state >> 32) as u8 } else { state as u8 & 3 };
                }
                for len in 0..=bytes.len() {
                    let Some(Ok(known)) = KnownCustom::parse(name, &bytes[..len]) else {
                        bad += 1;
                        continue;
                    };
                    good += 1;
                    let written = known.to_bytes();
                    assert_eq!(KnownCustom::parse(name, &written), Some(Ok(known)), "{name}");
                }
            }
        }
        assert!(good > 1_000 && bad > 1_000, "{good} {bad}");
    }
}
