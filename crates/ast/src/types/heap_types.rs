//! Heap types, and the hierarchies of abstract heap types.
//!
//! Spec: <https://webassembly.github.io/spec/core/syntax/types.html#heap-types>

use crate::TypeIdx;
use crate::values::codes;

macro_rules! abstract_heap_types {
    ($( $(#[$doc:meta])* $variant:ident $keyword:literal $reference:literal $code:literal; )*) => {
        codes! {
            /// An abstract heap type.
            ///
            /// Spec: <https://webassembly.github.io/spec/core/syntax/types.html#heap-types>
            #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
            #[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
            AbsHeapType { $( $(#[$doc])* $variant = $code, )* }
        }

        impl AbsHeapType {
            /// Returns the keyword of the text format, such as `func`.
            pub const fn keyword(self) -> &'static str {
                match self { $( AbsHeapType::$variant => $keyword, )* }
            }

            /// Returns the abbreviation of the nullable reference to the heap type, such as
            /// `funcref`.
            pub const fn reference_keyword(self) -> &'static str {
                match self { $( AbsHeapType::$variant => $reference, )* }
            }

            /// Returns the heap type with a keyword such as `func`.
            pub fn from_keyword(keyword: &str) -> Option<AbsHeapType> {
                match keyword { $( $keyword => Some(AbsHeapType::$variant), )* _ => None }
            }

            /// Returns the heap type of an abbreviation such as `funcref`.
            pub fn from_reference_keyword(keyword: &str) -> Option<AbsHeapType> {
                match keyword { $( $reference => Some(AbsHeapType::$variant), )* _ => None }
            }
        }
    };
}

abstract_heap_types! {
    /// Any function.
    Func "func" "funcref" 0x70;
    /// Any external value.
    Extern "extern" "externref" 0x6f;
    /// Any internal value.
    Any "any" "anyref" 0x6e;
    /// Any value that can be compared with `ref.eq`.
    Eq "eq" "eqref" 0x6d;
    /// Unboxed scalars.
    I31 "i31" "i31ref" 0x6c;
    /// Any struct.
    Struct "struct" "structref" 0x6b;
    /// Any array.
    Array "array" "arrayref" 0x6a;
    /// Any exception.
    Exn "exn" "exnref" 0x69;
    /// Any continuation.
    Cont "cont" "contref" 0x68;
    /// A subtype of every internal type.
    None "none" "nullref" 0x71;
    /// A subtype of every external type.
    NoExtern "noextern" "nullexternref" 0x72;
    /// A subtype of every function type.
    NoFunc "nofunc" "nullfuncref" 0x73;
    /// A subtype of every exception type.
    NoExn "noexn" "nullexnref" 0x74;
    /// A subtype of every continuation type.
    NoCont "nocont" "nullcontref" 0x75;
}

/// The hierarchies of abstract heap types: one each for functions, external values, internal
/// values, exceptions and continuations. Only this code states their order.
///
/// Spec: <https://webassembly.github.io/spec/core/valid/matching.html#heap-types>
impl AbsHeapType {
    /// Returns the top and the bottom type of the hierarchy.
    const fn ends(self) -> (AbsHeapType, AbsHeapType) {
        use AbsHeapType as H;
        match self {
            H::Func | H::NoFunc => (H::Func, H::NoFunc),
            H::Extern | H::NoExtern => (H::Extern, H::NoExtern),
            H::Any | H::Eq | H::I31 | H::Struct | H::Array | H::None => (H::Any, H::None),
            H::Exn | H::NoExn => (H::Exn, H::NoExn),
            H::Cont | H::NoCont => (H::Cont, H::NoCont),
        }
    }

    /// Returns the top type of the hierarchy.
    pub const fn top(self) -> AbsHeapType {
        self.ends().0
    }

    /// Returns the bottom type of the hierarchy. Null is its only value.
    pub const fn bottom(self) -> AbsHeapType {
        self.ends().1
    }

    /// Returns the type directly above this one. `None` for top types, and for bottom types, which
    /// may be directly below several.
    const fn parent(self) -> Option<AbsHeapType> {
        use AbsHeapType as H;
        match self {
            H::Eq => Some(H::Any),
            H::I31 | H::Struct | H::Array => Some(H::Eq),
            H::Func | H::Extern | H::Any | H::Exn | H::Cont => None,
            H::None | H::NoExtern | H::NoFunc | H::NoExn | H::NoCont => None,
        }
    }

    /// Returns whether the type is the bottom type of its hierarchy.
    pub const fn is_bottom(self) -> bool {
        self as u8 == self.bottom() as u8
    }

    /// Returns whether the type is `sup` or below `sup`.
    ///
    /// ```
    /// use wattle_ast::AbsHeapType::{Any, Eq, Func, I31, None};
    /// assert!(I31.is_subtype_of(Any) && None.is_subtype_of(I31) && Eq.is_subtype_of(Eq));
    /// assert!(!Any.is_subtype_of(Eq) && !None.is_subtype_of(Func));
    /// ```
    pub const fn is_subtype_of(self, sup: AbsHeapType) -> bool {
        if self.is_bottom() {
            return self as u8 == sup.bottom() as u8;
        }
        let mut next = Some(self);
        while let Some(heap) = next {
            if heap as u8 == sup as u8 {
                return true;
            }
            next = heap.parent();
        }
        false
    }
}

/// The type of the values that a reference points to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum HeapType {
    /// An abstract heap type.
    Abs(AbsHeapType),
    /// A defined type or a subtype of it.
    Type(TypeIdx),
    /// A defined type without its subtypes (custom descriptors).
    Exact(TypeIdx),
}
