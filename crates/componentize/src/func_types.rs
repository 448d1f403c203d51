//! The function types of core modules, each kept once.
//!
//! A module can refer to one long type from each of its imports and exports. The descriptions of
//! these imports and exports contain only the number of the type, so their size does not depend on
//! that of the type, and types are compared by their numbers.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Index;

use wattle_ast::{CompType, FuncType, HeapType, Module, TypeIdx, ValType};

/// The number of a function type. The default is that of the type without parameters and results.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct FuncTypeId(u32);

/// Function types, each once.
#[derive(Debug)]
pub(crate) struct FuncTypes {
    types: Vec<Arc<FuncType>>,
    ids: BTreeMap<Arc<FuncType>, FuncTypeId>,
}

impl Default for FuncTypes {
    fn default() -> Self {
        let mut types = FuncTypes { types: Vec::new(), ids: BTreeMap::new() };
        types.id(&FuncType::default());
        types
    }
}

impl FuncTypes {
    /// Returns the number of a type, which is added if it is new.
    pub(crate) fn id(&mut self, ty: &FuncType) -> FuncTypeId {
        if let Some(&id) = self.ids.get(ty) {
            return id;
        }
        let id = FuncTypeId(self.types.len() as u32);
        let ty = Arc::new(ty.clone());
        self.types.push(ty.clone());
        self.ids.insert(ty, id);
        id
    }

    /// Returns the function types of a module, and adds those that are new.
    pub(crate) fn of(&mut self, module: &Module<'_>) -> ModuleTypes {
        let types = module.types.iter().map(|ty| match &ty.comp {
            CompType::Func(func) => {
                Some(ModuleType { id: self.id(func), is_closed: is_closed(func) })
            }
            _ => None,
        });
        ModuleTypes(types.collect())
    }
}

/// # Panics
/// If the number belongs to another list of types.
impl Index<FuncTypeId> for FuncTypes {
    type Output = Arc<FuncType>;

    fn index(&self, id: FuncTypeId) -> &Arc<FuncType> {
        &self.types[id.0 as usize]
    }
}

/// The indices of function types in a module that is made. A long type is added once, however often
/// it is used.
#[derive(Default)]
pub(crate) struct TypeIndices(BTreeMap<FuncTypeId, TypeIdx>);

impl TypeIndices {
    /// Returns the index of a type, which `add` adds the first time.
    pub(crate) fn get(
        &mut self,
        types: &FuncTypes,
        ty: FuncTypeId,
        add: impl FnOnce(FuncType) -> TypeIdx,
    ) -> TypeIdx {
        *self.0.entry(ty).or_insert_with(|| add(FuncType::clone(&types[ty])))
    }
}

/// A function type of a module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModuleType {
    pub(crate) id: FuncTypeId,
    /// Whether the type refers to no other type of its module, so that other modules can have it
    /// too.
    pub(crate) is_closed: bool,
}

/// The function types of a module, by their indices. Other types have none.
#[derive(Debug)]
pub(crate) struct ModuleTypes(Vec<Option<ModuleType>>);

impl ModuleTypes {
    /// Returns the function type with an index.
    pub(crate) fn get(&self, ty: TypeIdx) -> Option<ModuleType> {
        self.0.get(ty.0 as usize).copied().flatten()
    }
}

/// Returns whether a type refers to no type of its module.
fn is_closed(ty: &FuncType) -> bool {
    let types = ty.params().iter().chain(ty.results());
    types.into_iter().all(|ty| match ty {
        ValType::Ref(reference) => matches!(reference.heap, HeapType::Abs(_)),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_types_have_one_number() {
        let mut types = FuncTypes::default();
        let unary = FuncType::new([ValType::I32], []);
        let id = types.id(&unary);
        assert_eq!(types.id(&unary.clone()), id);
        assert_eq!(*types[id], unary);
        assert_ne!(types.id(&FuncType::new([], [ValType::I32])), id);
        assert_eq!(types.id(&FuncType::default()), FuncTypeId::default());
    }
}
