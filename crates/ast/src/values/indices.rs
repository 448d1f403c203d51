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
    /// Index of a type.
    TypeIdx;
    /// Index of a function, imports first.
    FuncIdx;
    /// Index of a table, imports first.
    TableIdx;
    /// Index of a memory, imports first.
    MemIdx;
    /// Index of a tag, imports first.
    TagIdx;
    /// Index of a global, imports first.
    GlobalIdx;
    /// Index of an element segment.
    ElemIdx;
    /// Index of a data segment.
    DataIdx;
    /// Index of a local, parameters first.
    LocalIdx;
    /// Index of a label, the innermost block being 0.
    LabelIdx;
    /// Index of a field of a struct type.
    FieldIdx;
}
