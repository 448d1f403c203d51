//! `reloc.*`: the places in a section that the linker fills in.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md#relocation-sections>

use alloc::vec::Vec;

use super::{record, section};
use crate::values::codes;
use crate::{Decode, Encode, Malformed, Reader, leb128};

record! {
    /// The places in a section that the linker fills in.
    ///
    /// ```
    /// use wattle_ast::custom::{RelocSection, RelocType};
    ///
    /// // In section 3, at offset 7: the index of the function that is symbol 2.
    /// let section = RelocSection::parse(&[3, 1, 0, 7, 2])?;
    /// assert_eq!(section.relocs[0].ty, RelocType::FuncIndexLeb);
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    RelocSection {
        /// The place of the section in the module, custom sections included.
        section: u32,
        /// The places in the section.
        relocs: Vec<Reloc>,
    }
}

impl RelocSection {
    /// The beginning of the section's name. The name of the section with the relocations follows:
    /// `CODE`, `DATA`, or the name of a custom section.
    pub const PREFIX: &'static str = "reloc.";
}

section!(RelocSection);

/// A place that the linker fills in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Reloc {
    /// The value that is filled in, and its format.
    pub ty: RelocType,
    /// The offset in the section, counted from the byte after its size.
    pub offset: u32,
    /// The place in the symbol table; for [`RelocType::TypeIndexLeb`], the index of a type.
    pub index: u32,
    /// A number that is added to an address; written only for types that [have
    /// one](RelocType::addend_bits).
    pub addend: i64,
}

macro_rules! reloc_types {
    ($( $variant:ident $code:literal $extent:literal $addend:literal $name:literal; )*) => {
        codes! {
            /// The value that the linker fills in, and its format.
            RelocType { $( #[doc = concat!("`", $name, "`")] $variant = $code, )* }
        }

        impl RelocType {
            /// The name in the tool conventions.
            pub const fn name(self) -> &'static str {
                match self { $( RelocType::$variant => $name, )* }
            }

            /// The number of bytes that are filled in.
            pub const fn extent(self) -> u32 {
                match self { $( RelocType::$variant => $extent, )* }
            }

            /// The number of bits of the addend: 0 if the type has no addend, 32, or 64.
            pub const fn addend_bits(self) -> u32 {
                match self { $( RelocType::$variant => $addend, )* }
            }
        }
    };
}

// Variant, code, bytes filled in, bits of the addend, name.
reloc_types! {
    FuncIndexLeb 0 5 0 "R_WASM_FUNCTION_INDEX_LEB";
    TableIndexSleb 1 5 0 "R_WASM_TABLE_INDEX_SLEB";
    TableIndexI32 2 4 0 "R_WASM_TABLE_INDEX_I32";
    MemoryAddrLeb 3 5 32 "R_WASM_MEMORY_ADDR_LEB";
    MemoryAddrSleb 4 5 32 "R_WASM_MEMORY_ADDR_SLEB";
    MemoryAddrI32 5 4 32 "R_WASM_MEMORY_ADDR_I32";
    TypeIndexLeb 6 5 0 "R_WASM_TYPE_INDEX_LEB";
    GlobalIndexLeb 7 5 0 "R_WASM_GLOBAL_INDEX_LEB";
    FuncOffsetI32 8 4 32 "R_WASM_FUNCTION_OFFSET_I32";
    SectionOffsetI32 9 4 32 "R_WASM_SECTION_OFFSET_I32";
    TagIndexLeb 10 5 0 "R_WASM_EVENT_INDEX_LEB";
    MemoryAddrRelSleb 11 5 32 "R_WASM_MEMORY_ADDR_REL_SLEB";
    TableIndexRelSleb 12 5 0 "R_WASM_TABLE_INDEX_REL_SLEB";
    GlobalIndexI32 13 4 0 "R_WASM_GLOBAL_INDEX_I32";
    MemoryAddrLeb64 14 10 64 "R_WASM_MEMORY_ADDR_LEB64";
    MemoryAddrSleb64 15 10 64 "R_WASM_MEMORY_ADDR_SLEB64";
    MemoryAddrI64 16 8 64 "R_WASM_MEMORY_ADDR_I64";
    MemoryAddrRelSleb64 17 10 64 "R_WASM_MEMORY_ADDR_REL_SLEB64";
    TableIndexSleb64 18 10 0 "R_WASM_TABLE_INDEX_SLEB64";
    TableIndexI64 19 8 0 "R_WASM_TABLE_INDEX_I64";
    TableNumberLeb 20 5 0 "R_WASM_TABLE_NUMBER_LEB";
    MemoryAddrTlsSleb 21 5 32 "R_WASM_MEMORY_ADDR_TLS_SLEB";
    FuncOffsetI64 22 8 64 "R_WASM_FUNCTION_OFFSET_I64";
    MemoryAddrLocrelI32 23 4 32 "R_WASM_MEMORY_ADDR_LOCREL_I32";
    TableIndexRelSleb64 24 10 0 "R_WASM_TABLE_INDEX_REL_SLEB64";
    MemoryAddrTlsSleb64 25 10 64 "R_WASM_MEMORY_ADDR_TLS_SLEB64";
    FuncIndexI32 26 4 0 "R_WASM_FUNCTION_INDEX_I32";
}

impl<'a> Decode<'a> for Reloc {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let ty = reader.byte_if(Malformed::CustomSection, RelocType::from_code)?;
        let (offset, index) = (reader.u32()?, reader.u32()?);
        let addend = match ty.addend_bits() {
            0 => 0,
            32 => reader.s32()?.into(),
            _ => reader.s64()?,
        };
        Ok(Reloc { ty, offset, index, addend })
    }
}

impl Encode for Reloc {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.ty.code(), self.offset, self.index).encode(out);
        if self.ty.addend_bits() != 0 {
            leb128::write_s64(out, self.addend);
        }
    }
}
