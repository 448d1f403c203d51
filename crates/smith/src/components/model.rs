//! The facts about the definitions of a component: enough of each type to use it validly.
//!
//! The generator makes types of parts that it knows, so it never compares or substitutes types:
//! where two types must match, they are made of one [`Recipe`].

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_abi::{Call, Signature, ValueAbi};
use wattle_ast::AddrType;
use wattle_ast::components::{PrimType, ValType};

/// The greatest number of parts of a value type, and their greatest nesting depth.
const MAX_SIZE: u32 = 200;
const MAX_DEPTH: u32 = 12;

/// The facts about a value type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) abi: ValueAbi,
    size: u32,
    depth: u32,
    /// The primitive type, if it is one.
    pub(super) prim: Option<PrimType>,
    /// Whether nothing in it needs a name in imports and exports, as records and resources do.
    pub(super) is_anonymous: bool,
    /// Whether types of imports, or of exports, may refer to it.
    pub(super) visible: Visible,
    /// Whether an import or export of it may give it a name.
    pub(super) can_be_named: Visible,
    pub(super) has_resource: bool,
    pub(super) has_borrow: bool,
    /// Whether a handle, a stream, a future or an error context is in it.
    pub(super) has_handle: bool,
}

/// The places where a definition may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Visible {
    pub(super) imports: bool,
    pub(super) exports: bool,
}

impl Visible {
    pub(super) const EVERYWHERE: Visible = Visible { imports: true, exports: true };
    pub(super) const NOWHERE: Visible = Visible { imports: false, exports: false };
    pub(super) const EXPORTS: Visible = Visible { imports: false, exports: true };

    fn and(self, other: Visible) -> Visible {
        let imports = self.imports && other.imports;
        Visible { imports, exports: self.exports && other.exports }
    }

    /// Everywhere if `is_so`, and otherwise nowhere.
    pub(super) fn everywhere_if(is_so: bool) -> Visible {
        if is_so { Visible::EVERYWHERE } else { Visible::NOWHERE }
    }
}

impl Known {
    pub(super) fn prim(ty: PrimType) -> Known {
        Known {
            abi: ValueAbi::prim(ty),
            size: 1,
            depth: 1,
            prim: Some(ty),
            is_anonymous: true,
            visible: Visible::EVERYWHERE,
            can_be_named: Visible::EVERYWHERE,
            has_resource: false,
            has_borrow: false,
            has_handle: ty == PrimType::ErrorContext,
        }
    }

    /// A handle of a resource with this visibility.
    pub(super) fn handle(visible: Visible, is_borrow: bool) -> Known {
        Known {
            abi: ValueAbi::HANDLE,
            prim: None,
            is_anonymous: false,
            visible,
            can_be_named: visible,
            has_resource: true,
            has_borrow: is_borrow,
            has_handle: true,
            ..Known::prim(PrimType::U32)
        }
    }

    /// A type of these parts; `None` if it would be too large. `needs_name` says whether it must
    /// have a name in imports and exports.
    pub(super) fn of(abi: ValueAbi, parts: &[Known], needs_name: bool) -> Option<Known> {
        let mut known = Known { abi, prim: None, ..Known::prim(PrimType::U32) };
        for part in parts {
            known.size = known.size.saturating_add(part.size);
            known.depth = known.depth.max(part.depth + 1);
            known.is_anonymous &= part.is_anonymous;
            known.can_be_named = known.can_be_named.and(part.visible);
            known.has_resource |= part.has_resource;
            known.has_borrow |= part.has_borrow;
            known.has_handle |= part.has_handle;
        }
        known.is_anonymous &= !needs_name;
        known.visible = if needs_name { Visible::NOWHERE } else { known.can_be_named };
        let is_small = known.size <= MAX_SIZE && known.depth <= MAX_DEPTH;
        (is_small && abi.layout(AddrType::I64).size < 1 << 16).then_some(known)
    }

    /// The type as seen from a scope that does not know its names.
    pub(super) fn elsewhere(self) -> Known {
        let visible = Visible::everywhere_if(self.is_anonymous);
        Known { visible, can_be_named: visible, ..self }
    }

    /// The type under a name of its own.
    pub(super) fn named(self, visible: Visible) -> Known {
        Known { visible, can_be_named: visible, ..self }
    }
}

/// A function type of primitive types, from which equal types can be made anywhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Recipe {
    pub(super) is_async: bool,
    pub(super) params: Vec<(String, PrimType)>,
    pub(super) result: Option<PrimType>,
}

/// The facts about a function type.
#[derive(Clone, Debug)]
pub(super) struct Sig {
    pub(super) is_async: bool,
    pub(super) params: Vec<ValueAbi>,
    pub(super) result: Option<ValueAbi>,
    pub(super) visible: Visible,
    pub(super) is_anonymous: bool,
    pub(super) has_resource: bool,
    pub(super) recipe: Option<Rc<Recipe>>,
}

impl Sig {
    /// The core function for a call.
    pub(super) fn core(&self, call: Call) -> Signature {
        Signature::new(call, self.params.iter().copied(), self.result)
    }

    pub(super) fn elsewhere(&self) -> Sig {
        Sig { visible: Visible::everywhere_if(self.is_anonymous), ..self.clone() }
    }
}

/// The facts about a type of a component.
#[derive(Clone, Debug)]
pub(super) enum TypeEntry {
    Value(Known),
    /// A stream, and its payload.
    Stream(Known, Option<Known>),
    /// A future, and its payload.
    Future(Known, Option<Known>),
    Func(Rc<Sig>),
    Resource {
        /// Whether this component defines it.
        is_local: bool,
        visible: Visible,
    },
    /// The type of an instance or component.
    Other,
}

impl TypeEntry {
    /// The facts about the type as a value type, if it is one.
    pub(super) fn value(&self) -> Option<Known> {
        match self {
            TypeEntry::Value(known) | TypeEntry::Stream(known, _) | TypeEntry::Future(known, _) => {
                Some(*known)
            }
            _ => None,
        }
    }

    /// Whether an import or export may give it a name.
    pub(super) fn can_be_named(&self) -> Visible {
        match self {
            TypeEntry::Func(sig) => sig.visible,
            TypeEntry::Resource { .. } => Visible::EVERYWHERE,
            TypeEntry::Other => Visible::NOWHERE,
            _ => self.value().map_or(Visible::NOWHERE, |known| known.can_be_named),
        }
    }

    pub(super) fn has_resource(&self) -> bool {
        match self {
            TypeEntry::Func(sig) => sig.has_resource,
            TypeEntry::Resource { .. } | TypeEntry::Other => true,
            _ => self.value().is_some_and(|known| known.has_resource),
        }
    }

    fn map(&self, known: impl Fn(Known) -> Known, visible: Visible, is_local: bool) -> TypeEntry {
        match self {
            TypeEntry::Value(value) => TypeEntry::Value(known(*value)),
            TypeEntry::Stream(value, payload) => TypeEntry::Stream(known(*value), *payload),
            TypeEntry::Future(value, payload) => TypeEntry::Future(known(*value), *payload),
            TypeEntry::Resource { is_local: was_local, .. } => {
                TypeEntry::Resource { is_local: is_local && *was_local, visible }
            }
            TypeEntry::Func(sig) => TypeEntry::Func(Rc::new(sig.elsewhere())),
            TypeEntry::Other => TypeEntry::Other,
        }
    }

    /// The type as seen from a scope that does not know its names.
    pub(super) fn elsewhere(&self) -> TypeEntry {
        self.map(Known::elsewhere, Visible::NOWHERE, false)
    }

    /// The type under a name that an import or export gives it.
    pub(super) fn named(&self, visible: Visible) -> TypeEntry {
        match self {
            TypeEntry::Func(sig) => TypeEntry::Func(Rc::new(Sig { visible, ..Sig::clone(sig) })),
            _ => self.map(|known| known.named(visible), visible, true),
        }
    }
}

/// An item that an instance exports, with the facts about it.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Func(Rc<Sig>),
    Type(TypeEntry),
    CoreModule,
    Component(Rc<Comp>),
    Instance(Rc<Inst>),
}

impl Item {
    pub(super) fn elsewhere(&self) -> Item {
        match self {
            Item::Func(sig) => Item::Func(Rc::new(sig.elsewhere())),
            Item::Type(ty) => Item::Type(ty.elsewhere()),
            Item::Instance(instance) => Item::Instance(Rc::new(instance.elsewhere())),
            other => other.clone(),
        }
    }

    /// Whether nothing in its type needs a name.
    fn is_anonymous(&self) -> bool {
        match self {
            Item::Func(sig) => sig.is_anonymous,
            Item::CoreModule => true,
            Item::Type(ty) => ty.value().is_some_and(|known| known.is_anonymous),
            Item::Component(_) => false,
            Item::Instance(instance) => instance.exports.iter().all(|(_, it)| it.is_anonymous()),
        }
    }
}

/// The facts about an instance.
#[derive(Clone, Debug, Default)]
pub(super) struct Inst {
    pub(super) exports: Vec<(String, Item)>,
    /// Whether it may be exported.
    pub(super) is_visible: bool,
}

impl Inst {
    /// An instance that is made here, of these exports.
    pub(super) fn of(exports: Vec<(String, Item)>) -> Inst {
        let is_visible = exports.iter().all(|(_, item)| item.is_anonymous());
        Inst { exports, is_visible }
    }

    fn elsewhere(&self) -> Inst {
        Inst::of(self.exports.iter().map(|(name, it)| (name.clone(), it.elsewhere())).collect())
    }
}

/// The facts about a component: the functions that it imports, and the items that it exports.
#[derive(Clone, Debug, Default)]
pub(super) struct Comp {
    pub(super) imports: Vec<(String, Rc<Recipe>)>,
    pub(super) exports: Vec<(String, Item)>,
}

/// A value type in use, and the facts about it.
pub(super) type Part = (ValType, Known);
