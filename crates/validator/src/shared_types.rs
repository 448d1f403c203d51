//! The types of a module, which threads can share once the declarations are read.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::mem;
use core::ops::Deref;

use crate::Types;

/// The types of a module. While declarations are read, only the validator has them, so adding one
/// takes no atomic operation, which would take longer than the check of an import.
#[derive(Clone, Debug)]
pub(crate) enum SharedTypes {
    Own(Box<Types>),
    Shared(Arc<Types>),
}

impl Default for SharedTypes {
    fn default() -> SharedTypes {
        SharedTypes::Own(Box::default())
    }
}

impl Deref for SharedTypes {
    type Target = Types;

    #[inline(always)]
    fn deref(&self) -> &Types {
        match self {
            SharedTypes::Own(types) => types,
            SharedTypes::Shared(types) => types,
        }
    }
}

impl SharedTypes {
    /// The types, to change them. They are copied if another thread still has them.
    #[inline(always)]
    pub(crate) fn to_mut(&mut self) -> &mut Types {
        match self {
            SharedTypes::Own(types) => types,
            SharedTypes::Shared(types) => Arc::make_mut(types),
        }
    }

    /// The types, for another thread.
    pub(crate) fn share(&mut self) -> Arc<Types> {
        let types = match self {
            SharedTypes::Own(types) => Arc::new(mem::take(&mut **types)),
            SharedTypes::Shared(types) => return Arc::clone(types),
        };
        *self = SharedTypes::Shared(Arc::clone(&types));
        types
    }

    pub(crate) fn into_inner(self) -> Types {
        match self {
            SharedTypes::Own(types) => *types,
            SharedTypes::Shared(types) => Arc::unwrap_or_clone(types),
        }
    }
}
