//! Indices: one type per index space, so that a local cannot be passed for a label.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

use super::fields;

/// An index of some index space.
pub trait SpaceIdx: Copy + Ord + Hash + fmt::Debug + From<u32> + Into<u32> {
    /// The index as a position in a slice.
    #[inline(always)]
    fn idx(self) -> usize {
        let index: u32 = self.into();
        index as usize
    }
}

macro_rules! indices {
    ($( $(#[$doc:meta])* $name:ident; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a position in a slice.
            #[inline(always)]
            pub const fn idx(self) -> usize {
                self.0 as usize
            }
        }

        impl SpaceIdx for $name {}

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
    /// The number of a block in a function, in the order in which blocks begin. The name section
    /// numbers labels in this way.
    BlockIdx;
    /// The index of a component, in a component.
    ComponentIdx;
    /// The index of an instance, in a component.
    InstanceIdx;
    /// The index of a function of a component. [`FuncIdx`] is the index of a core function.
    ComponentFuncIdx;
    /// The index of a type of a component. [`TypeIdx`] is the index of a core type.
    ComponentTypeIdx;
    /// The index of a value, in a component.
    ValueIdx;
    /// The index of a core module, in a component.
    CoreModuleIdx;
    /// The index of a core instance, in a component.
    CoreInstanceIdx;
}

/// The place of a definition among the definitions of its kind, imports not counted: the index of
/// lists such as [`Module::funcs`](crate::Module::funcs).
///
/// `I` is the index type of the index space, where imports come first. The two indices differ as
/// soon as there are imports, so neither can be used in place of the other:
///
/// ```compile_fail
/// # use wattle_ast::{ExternIdx, Module};
/// # let module = Module::default();
/// let ExternIdx::Func(func) = module.exports[0].index else { return };
/// let body = &module.funcs[func].body; // The index of which function?
/// ```
///
/// ```compile_fail
/// # use wattle_ast::{ExternIdx, Module};
/// # let module = Module::default();
/// # let ExternIdx::Func(func) = module.exports[0].index else { return };
/// let body = &module.funcs[func.idx()].body;
/// ```
///
/// [`Module::func`](crate::Module::func) and similar methods take the index of the space:
///
/// ```
/// # use wattle_ast::{DefIdx, Export, ExternIdx, Func, FuncIdx, Module};
/// # let mut module = Module::default();
/// # module.funcs.push(Func { ty: 0.into(), body: Default::default() });
/// # module.exports.push(Export { name: "f".into(), index: FuncIdx(0).into() });
/// let ExternIdx::Func(func) = module.exports[0].index else { return };
/// if let Some(func) = module.func(func) {
///     assert_eq!(func.body.instrs().count(), 1);
/// }
/// // The first function that the module defines, whether or not functions are imported.
/// assert_eq!(module.funcs[DefIdx::new(0)].ty.0, 0);
/// ```
pub struct DefIdx<I> {
    place: u32,
    of: PhantomData<fn() -> I>,
}

impl<I> DefIdx<I> {
    /// The place that has `place` definitions before it.
    pub const fn new(place: u32) -> DefIdx<I> {
        DefIdx { place, of: PhantomData }
    }

    /// The number of definitions before this place.
    pub const fn place(self) -> u32 {
        self.place
    }
}

impl<I: SpaceIdx> DefIdx<I> {
    /// Returns the place of the definition with this index of its space, which begins with
    /// `imported` imports; `None` for an import.
    ///
    /// ```
    /// use wattle_ast::{DefIdx, FuncIdx};
    /// assert_eq!(DefIdx::behind(2, FuncIdx(5)), Some(DefIdx::new(3)));
    /// assert_eq!(DefIdx::behind(2, FuncIdx(1)), None);
    /// ```
    pub fn behind(imported: u32, index: I) -> Option<DefIdx<I>> {
        let index: u32 = index.into();
        index.checked_sub(imported).map(DefIdx::new)
    }

    /// The index in the index space, which begins with `imported` imports.
    pub fn in_space(self, imported: u32) -> I {
        I::from(self.place.saturating_add(imported))
    }
}

impl<I> Default for DefIdx<I> {
    fn default() -> Self {
        DefIdx::new(0)
    }
}

impl<I> Clone for DefIdx<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for DefIdx<I> {}

impl<I> PartialEq for DefIdx<I> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl<I> Eq for DefIdx<I> {}

impl<I> PartialOrd for DefIdx<I> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<I> Ord for DefIdx<I> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.place.cmp(&other.place)
    }
}

impl<I> Hash for DefIdx<I> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place.hash(state);
    }
}

impl<I> fmt::Debug for DefIdx<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DefIdx").field(&self.place).finish()
    }
}

impl<I> From<u32> for DefIdx<I> {
    fn from(place: u32) -> Self {
        DefIdx::new(place)
    }
}

impl<I> From<DefIdx<I>> for u32 {
    fn from(index: DefIdx<I>) -> u32 {
        index.place
    }
}

impl<I> SpaceIdx for DefIdx<I> {}
