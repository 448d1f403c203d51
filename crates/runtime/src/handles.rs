//! Handles, by which the host refers to the contents of a store.

use alloc::sync::Arc;
use core::fmt;

use wattle_ast::ExternKind;

use crate::slots::index_of;

macro_rules! handles {
    ($( $(#[$doc:meta])* $name:ident )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name {
            pub(crate) store: u64,
            pub(crate) addr: u32,
        }
    )* };
}

handles! {
    /// A function of a store.
    Func

    /// A table of a store.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#table-instances>
    Table

    /// A memory of a store.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#memory-instances>
    ///
    /// ```
    /// use wattle_ast::{Limits, MemType};
    /// use wattle_runtime::{Memory, Store};
    ///
    /// let mut store = Store::new(());
    /// let ty = MemType { limits: Limits { min: 1, ..Limits::default() }, ..MemType::default() };
    /// let memory = Memory::new(&mut store, ty)?;
    /// memory.write(&mut store, 16, b"hello")?;
    /// assert_eq!(memory.bytes(&store)?[16..21], *b"hello");
    /// assert_eq!(memory.grow(&mut store, 1)?, Some(1));
    /// # Ok::<(), wattle_runtime::Error>(())
    /// ```
    Memory

    /// A global of a store.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#global-instances>
    Global

    /// A tag of a store. Tags are equal only if they are one tag, whatever their types.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#tag-instances>
    Tag

    /// An instance of a module.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/exec/runtime.html#module-instances>
    Instance
}

/// A struct, an array or an exception on the heap of a store. The handle keeps the object alive.
#[derive(Clone)]
pub struct Object {
    pub(crate) store: u64,
    pub(crate) slot: u64,
    pub(crate) _alive: Arc<()>,
}

impl PartialEq for Object {
    /// Whether both handles refer to one object. Contents do not matter.
    fn eq(&self, other: &Object) -> bool {
        self.store == other.store && self.slot == other.slot
    }
}

impl Eq for Object {}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({})", index_of(self.slot))
    }
}

macro_rules! externs {
    ($( $name:ident $kind:ident $doc:literal; )*) => {
        /// A definition that can be imported and exported.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Extern { $( #[doc = $doc] $name($name), )* }

        impl Extern {
            /// The kind of import or export.
            pub const fn kind(self) -> ExternKind {
                match self { $( Extern::$name(_) => ExternKind::$kind, )* }
            }
        }

        $(
            impl From<$name> for Extern {
                fn from(handle: $name) -> Extern {
                    Extern::$name(handle)
                }
            }
        )*
    };
}

externs! {
    Func Func "A function.";
    Table Table "A table.";
    Memory Mem "A memory.";
    Global Global "A global.";
    Tag Tag "A tag.";
}
