//! `dylink.0`: the properties of a dynamic library that a loader needs.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md>

use alloc::vec::Vec;

use super::linking::SymbolFlags;
use super::{all, record, section, subsections};
use crate::{Decode, Encode, Malformed, Name, Reader};

/// The properties of a dynamic library that a loader needs.
///
/// ```
/// use wattle_ast::custom::{Dylink, DylinkSubsection};
///
/// let dylink = Dylink::parse(b"\x02\x09\x01\x07libc.so")?;
/// let [DylinkSubsection::Needed(names)] = &dylink.subsections[..] else { panic!() };
/// assert_eq!(names[0], "libc.so");
/// # Ok::<(), wattle_ast::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dylink<'a> {
    /// The subsections in order.
    pub subsections: Vec<DylinkSubsection<'a>>,
}

subsections! {
    /// A subsection of `dylink.0`.
    DylinkSubsection {
        /// The sizes of memory and table that the library needs.
        Memory 1 DylinkMemory;
        /// The libraries that must be loaded before.
        Needed 2 Vec<Name<'a>>;
        /// Flags of exports.
        Exports 3 Vec<DylinkExport<'a>>;
        /// Flags of imports.
        Imports 4 Vec<DylinkImport<'a>>;
        /// The paths in which to look for libraries.
        RuntimePath 5 Vec<Name<'a>>;
        /// The architecture that the library is for.
        TargetArch 6 Name<'a>;
    }
}

record! {
    /// The sizes of memory and table that a library needs.
    DylinkMemory {
        /// Bytes of memory, from `env.__memory_base` on.
        memory_size: u32,
        /// The binary logarithm of the alignment of the memory.
        memory_align: u32,
        /// Elements of the table, from `env.__table_base` on.
        table_size: u32,
        /// The binary logarithm of the alignment of the table elements.
        table_align: u32,
    }
}

record! {
    /// The flags of an export.
    DylinkExport<'a> {
        /// The name of the export.
        name: Name<'a>,
        /// The kind of symbol.
        flags: SymbolFlags,
    }
}

record! {
    /// The flags of an import.
    DylinkImport<'a> {
        /// The module to import from.
        module: Name<'a>,
        /// The name of the import in that module.
        name: Name<'a>,
        /// The kind of symbol.
        flags: SymbolFlags,
    }
}

section!("dylink.0"; Dylink<'a>);

impl<'a> Decode<'a> for Dylink<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Dylink { subsections: all(reader)? })
    }
}

impl Encode for Dylink<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.subsections.iter().for_each(|subsection| subsection.encode(out));
    }
}
