//! Sections: their ids, their order, and the header that begins each.
//!
//! Spec: <https://webassembly.github.io/spec/core/binary/modules.html#sections>

use alloc::vec::Vec;
use core::fmt;

use crate::values::codes;
use crate::{Encode, ItemKind, leb128};

macro_rules! sections {
    ($( $(#[$doc:meta])* $variant:ident $id:literal $name:literal $keyword:literal $kind:ident; )*) => {
        codes! {
            /// A section, in the order in which sections must come. Custom sections may stand
            /// anywhere; here they are first.
            SectionId { $( $(#[$doc])* $variant = $id, )* }
        }

        impl SectionId {
            /// The number of sections. `section as usize` is less for every section.
            pub const COUNT: usize = SectionId::ALL.len();

            /// The name of the section in messages.
            pub const fn name(self) -> &'static str {
                match self { $( SectionId::$variant => $name, )* }
            }

            /// The keyword of the section in `(@custom ... (after KEYWORD))`.
            pub const fn keyword(self) -> &'static str {
                match self { $( SectionId::$variant => $keyword, )* }
            }

            /// The kind of the items of the section. Bodies have the kind of their functions.
            pub const fn item_kind(self) -> ItemKind {
                match self { $( SectionId::$variant => ItemKind::$kind, )* }
            }

            /// The section with this keyword.
            pub fn from_keyword(keyword: &str) -> Option<SectionId> {
                match keyword { $( $keyword => Some(SectionId::$variant), )* _ => None }
            }
        }
    };
}

sections! {
    /// Named bytes.
    Custom 0 "custom" "custom" Custom;
    /// Types.
    Type 1 "type" "type" Type;
    /// Imports.
    Import 2 "import" "import" Import;
    /// The types of functions.
    Func 3 "function" "func" Func;
    /// Tables.
    Table 4 "table" "table" Table;
    /// Memories.
    Mem 5 "memory" "memory" Mem;
    /// Tags.
    Tag 13 "tag" "tag" Tag;
    /// Globals.
    Global 6 "global" "global" Global;
    /// Exports.
    Export 7 "export" "export" Export;
    /// The start function.
    Start 8 "start" "start" Start;
    /// Element segments.
    Elem 9 "element" "elem" Elem;
    /// The number of data segments.
    DataCount 12 "data count" "datacount" DataCount;
    /// The bodies of functions.
    Code 10 "code" "code" Func;
    /// Data segments.
    Data 11 "data" "data" Data;
}

impl SectionId {
    /// Whether the section is a list of items, which begins with a count.
    pub const fn is_list(self) -> bool {
        !matches!(self, SectionId::Custom | SectionId::Start | SectionId::DataCount)
    }
}

impl fmt::Display for SectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The header of a section that is not custom: its id, its size, and its count if it is a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Section<Id = SectionId> {
    /// The id of the section.
    pub id: Id,
    /// The number of bytes after the size, including the count.
    pub size: u32,
    /// The number of items, or of definitions without those inside of types; 1 for a section that
    /// is not a list.
    pub count: u32,
}

impl Encode for Section {
    fn encode(&self, out: &mut Vec<u8>) {
        self.write(self.id.code(), self.id.is_list(), out);
    }
}

impl<Id> Section<Id> {
    /// Writes the header of a section with this code.
    pub(crate) fn write(&self, code: u8, is_list: bool, out: &mut Vec<u8>) {
        out.push(code);
        leb128::write_u32(out, self.size);
        if is_list {
            leb128::write_u32(out, self.count);
        }
    }
}
