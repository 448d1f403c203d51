//! The equality of value types in components.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::SpaceIdx;

use super::{Kind, Model, TypeId, Val};

/// For each type of a model, the first type that is equal to it. The names of types do not count,
/// and a resource is equal to itself alone.
#[derive(Default)]
pub(crate) struct Equality {
    /// The first equal type of each type, by the numbers of the types.
    vals: Vec<Val>,
    /// The first type of each kind, which is made of first types.
    first: BTreeMap<Kind, TypeId>,
}

impl Equality {
    /// Returns the first type that is equal to a type of the model. All calls must be for one
    /// model, which may grow between them.
    pub(crate) fn first(&mut self, model: &Model, val: Val) -> Val {
        // The types that a type is made of have lower numbers.
        loop {
            let id = TypeId::from(self.vals.len() as u32);
            let Some(ty) = model.types.get(id) else { break };
            let kind = ty.kind.map(|val| self.known(val));
            let val = match kind {
                Kind::Alias(val) => val,
                Kind::Resource => Val::Type(id),
                kind => Val::Type(*self.first.entry(kind).or_insert(id)),
            };
            self.vals.push(val);
        }
        self.known(val)
    }

    fn known(&self, val: Val) -> Val {
        let first = |id: TypeId| self.vals.get(id.idx()).copied();
        val.id().and_then(first).unwrap_or(val)
    }
}
