//! `linking`: the symbols of an object file, and other information for the linker.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md#linking-metadata-section>

use alloc::vec::Vec;
use core::ops::BitOr;

use super::{all, record, section, subsections};
use crate::values::codes;
use crate::{Decode, Encode, Malformed, Name, Reader};

/// The symbols of an object file, and other information for the linker.
///
/// ```
/// use wattle_ast::custom::{LinkingSection, SymbolKind};
///
/// // A symbol table with one symbol: function 2, called `f`.
/// let linking = LinkingSection::parse(b"\x02\x08\x06\x01\0\0\x02\x01f")?;
/// let symbol = linking.symbols().next().unwrap();
/// assert_eq!(symbol.kind, SymbolKind::Func { index: 2, name: Some("f".into()) });
/// # Ok::<(), wattle_ast::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkingSection<'a> {
    /// The version of the format: 2.
    pub version: u32,
    /// The subsections in order.
    pub subsections: Vec<LinkingSubsection<'a>>,
}

impl Default for LinkingSection<'_> {
    fn default() -> Self {
        LinkingSection { version: 2, subsections: Vec::new() }
    }
}

subsections! {
    /// A subsection of `linking`.
    LinkingSubsection {
        /// The names and flags of data segments, in their order.
        Segments 5 Vec<Segment<'a>>;
        /// Functions to call at the start.
        InitFuncs 6 Vec<InitFunc>;
        /// Groups of items. The linker keeps one group of each name and drops the others.
        Comdats 7 Vec<Comdat<'a>>;
        /// The symbols, which relocations refer to by their places in this list.
        Symbols 8 Vec<Symbol<'a>>;
    }
}

/// A type for flags. Bits without a name are kept.
macro_rules! flags {
    ($(#[$doc:meta])* $name:ident { $( $(#[$bit_doc:meta])* $bit:ident = $value:literal $word:literal; )* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
        pub struct $name(pub u32);

        impl $name {
            $( $(#[$bit_doc])* pub const $bit: $name = $name($value); )*

            /// Every bit that has a name, with its word in text and in listings.
            pub const WORDS: &'static [($name, &'static str)] = &[$( ($name::$bit, $word), )*];

            /// Whether all of these bits are set.
            pub const fn contains(self, bits: $name) -> bool {
                self.0 & bits.0 == bits.0
            }
        }

        impl BitOr for $name {
            type Output = $name;
            fn bitor(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }
        }

        crate::values::fields! { $name { 0 } }
    };
}

flags! {
    /// The kind of data in a segment.
    SegmentFlags {
        /// Strings that end with a zero, which the linker may merge.
        STRINGS = 0x1 "strings";
        /// Data that each thread has a copy of.
        TLS = 0x2 "tls";
        /// Data that is kept even if nothing uses it.
        RETAIN = 0x4 "retain";
    }
}

flags! {
    /// Properties of a symbol.
    SymbolFlags {
        /// A weak symbol: another symbol of this name takes precedence.
        WEAK = 0x1 "binding-weak";
        /// Visible only in its object file.
        LOCAL = 0x2 "binding-local";
        /// Not exported from the linked module.
        HIDDEN = 0x4 "visibility-hidden";
        /// Defined elsewhere.
        UNDEFINED = 0x10 "undefined";
        /// Exported to the host.
        EXPORTED = 0x20 "exported";
        /// An import with a symbol name of its own.
        EXPLICIT_NAME = 0x40 "explicit-name";
        /// Kept even if nothing uses it.
        NO_STRIP = 0x80 "no-strip";
        /// Thread-local data.
        TLS = 0x100 "tls";
        /// The value is an address in memory, not an offset in a segment.
        ABSOLUTE = 0x200 "absolute";
    }
}

record! {
    /// The name and flags of a data segment.
    Segment<'a> {
        /// The name of the segment.
        name: Name<'a>,
        /// The binary logarithm of the segment's alignment.
        align: u32,
        /// The kind of data in the segment.
        flags: SegmentFlags,
    }
}

record! {
    /// A function to call at the start.
    InitFunc {
        /// Functions with lower numbers are called first.
        priority: u32,
        /// The place of the function in the symbol table.
        symbol: u32,
    }
}

record! {
    /// A group of items. The linker keeps one group of each name and drops the others.
    Comdat<'a> {
        /// The name of the group.
        name: Name<'a>,
        /// No flags are defined: 0.
        flags: u32,
        /// The members of the group.
        symbols: Vec<ComdatSymbol>,
    }
}

record! {
    /// A member of a group.
    ComdatSymbol {
        /// The kind of the member.
        kind: ComdatKind,
        /// The index of the member in the module.
        index: u32,
    }
}

codes! {
    /// The kind of a member of a group.
    #[derive(Default)]
    ComdatKind {
        /// A data segment.
        #[default]
        Data = 0,
        /// A function.
        Func = 1,
        /// A global.
        Global = 2,
        /// A tag.
        Tag = 3,
        /// A table.
        Table = 4,
        /// A section, by its place in the module.
        Section = 5,
    }
}

impl<'a> Decode<'a> for ComdatKind {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        reader.byte_if(Malformed::CustomSection, ComdatKind::from_code)
    }
}

impl Encode for ComdatKind {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.code());
    }
}

/// A symbol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol<'a> {
    /// The properties of the symbol.
    pub flags: SymbolFlags,
    /// The item that the symbol names.
    pub kind: SymbolKind<'a>,
}

/// The item that a symbol names.
///
/// In the binary, the name is left out if the symbol is [undefined](SymbolFlags::UNDEFINED) and has
/// no [name of its own](SymbolFlags::EXPLICIT_NAME): the name of the import is then used. When a
/// symbol is written, its flags decide whether the name, and the place of data, are written. A
/// missing name is written as the empty name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SymbolKind<'a> {
    /// A function.
    Func {
        /// The index of the function.
        index: u32,
        /// The name of the symbol, if it is written.
        name: Option<Name<'a>>,
    },
    /// A piece of data.
    Data {
        /// The name of the symbol.
        name: Name<'a>,
        /// The place of the data, if it is defined here.
        at: Option<DataSymbol>,
    },
    /// A global.
    Global {
        /// The index of the global.
        index: u32,
        /// The name of the symbol, if it is written.
        name: Option<Name<'a>>,
    },
    /// A section.
    Section {
        /// The place of the section in the module.
        section: u32,
    },
    /// A tag.
    Tag {
        /// The index of the tag.
        index: u32,
        /// The name of the symbol, if it is written.
        name: Option<Name<'a>>,
    },
    /// A table.
    Table {
        /// The index of the table.
        index: u32,
        /// The name of the symbol, if it is written.
        name: Option<Name<'a>>,
    },
}

record! {
    /// The place of a piece of data.
    DataSymbol {
        /// The data segment.
        segment: u32,
        /// The offset in it.
        offset: u32,
        /// The number of bytes.
        size: u32,
    }
}

impl SymbolFlags {
    /// Whether symbols other than data have their names written, judging by their flags.
    const fn has_name(self) -> bool {
        !self.contains(SymbolFlags::UNDEFINED) || self.contains(SymbolFlags::EXPLICIT_NAME)
    }
}

impl<'a> Decode<'a> for Symbol<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let code = reader.byte_if(Malformed::CustomSection, |byte| (byte <= 5).then_some(byte))?;
        let flags: SymbolFlags = reader.read()?;
        let named = |reader: &mut Reader<'a>| -> Result<(u32, Option<Name<'a>>), Malformed> {
            let index = reader.u32()?;
            Ok((index, if flags.has_name() { Some(reader.read()?) } else { None }))
        };
        let kind = match code {
            1 => {
                let name = reader.read()?;
                let defined = !flags.contains(SymbolFlags::UNDEFINED);
                SymbolKind::Data { name, at: if defined { Some(reader.read()?) } else { None } }
            }
            3 => SymbolKind::Section { section: reader.u32()? },
            _ => {
                let (index, name) = named(reader)?;
                match code {
                    0 => SymbolKind::Func { index, name },
                    2 => SymbolKind::Global { index, name },
                    4 => SymbolKind::Tag { index, name },
                    _ => SymbolKind::Table { index, name },
                }
            }
        };
        Ok(Symbol { flags, kind })
    }
}

impl Encode for Symbol<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        let code: u8 = match self.kind {
            SymbolKind::Func { .. } => 0,
            SymbolKind::Data { .. } => 1,
            SymbolKind::Global { .. } => 2,
            SymbolKind::Section { .. } => 3,
            SymbolKind::Tag { .. } => 4,
            SymbolKind::Table { .. } => 5,
        };
        (code, self.flags).encode(out);
        match &self.kind {
            SymbolKind::Data { name, at } => {
                name.encode(out);
                if !self.flags.contains(SymbolFlags::UNDEFINED) {
                    at.clone().unwrap_or_default().encode(out);
                }
            }
            SymbolKind::Section { section } => section.encode(out),
            SymbolKind::Func { index, name }
            | SymbolKind::Global { index, name }
            | SymbolKind::Tag { index, name }
            | SymbolKind::Table { index, name } => {
                index.encode(out);
                if self.flags.has_name() {
                    name.clone().unwrap_or_default().encode(out);
                }
            }
        }
    }
}

section!("linking"; LinkingSection<'a>);

impl<'a> LinkingSection<'a> {
    /// The symbols, in the order that relocations refer to.
    pub fn symbols(&self) -> impl Iterator<Item = &Symbol<'a>> {
        self.subsections.iter().flat_map(|subsection| match subsection {
            LinkingSubsection::Symbols(symbols) => &symbols[..],
            _ => &[],
        })
    }
}

impl<'a> Decode<'a> for LinkingSection<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(LinkingSection { version: reader.read()?, subsections: all(reader)? })
    }
}

impl Encode for LinkingSection<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.version.encode(out);
        self.subsections.iter().for_each(|subsection| subsection.encode(out));
    }
}
