//! Indices: one type per index space, so that a local cannot be passed for a label.

use core::fmt;

use super::fields;

macro_rules! indices {
    ($( $(#[$doc:meta])* $name:ident; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a position in a slice.
            #[inline(always)]
            pub const fn idx(self) -> usize {
                self.0 as usize
            }
        }

        impl From<u32> for $name {
            #[inline(always)]
            fn from(index: u32) -> Self {
                $name(index)
            }
        }

        impl From<$name> for u32 {
            #[inline(always)]
            fn from(index: $name) -> u32 {
                index.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        fields! { $name { 0 } }
    )* };
}

indices! {
    /// The index of a type.
    TypeIdx;
    /// The index of a function, imports first.
    FuncIdx;
    /// The index of a table, imports first.
    TableIdx;
    /// The index of a memory, imports first.
    MemIdx;
    /// The index of a tag, imports first.
    TagIdx;
    /// The index of a global, imports first.
    GlobalIdx;
    /// The index of an element segment.
    ElemIdx;
    /// The index of a data segment.
    DataIdx;
    /// The index of a local, parameters first.
    LocalIdx;
    /// The index of a label, 0 for the innermost block.
    LabelIdx;
    /// The index of a field of a struct type.
    FieldIdx;
}
