//! The types of everything in a module: the result of validation, and the context that bodies are
//! checked in.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use wattle_ast::{
    AbsHeapType, AddrType, CompType, Feature, Features, FieldType, FuncIdx, FuncType, GlobalIdx,
    GlobalType, HeapType, MemIdx, MemType, PackType, RefType, StorageType, SubType, TableIdx,
    TableType, TagIdx, TypeIdx, ValType,
};

use crate::group::Group;
use crate::limits::Limits;
use crate::registry::{Registry, Structure, TypeId};
use crate::sub_type::val_type;
use crate::ty::Ty;
use crate::{Error, ErrorKind, Mismatch, OperandType, OperandTypes};

/// A table, as far as instructions depend on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) elem: Ty,
    pub(crate) addr: Ty,
    pub(crate) ty: TableType,
}

/// The types of everything in a module, by index.
///
/// They no longer change once validation has reached the bodies, and can then be shared between
/// threads.
///
/// ```
/// use wattle_ast::{FuncType, Module, TypeIdx, ValType};
///
/// let mut module = Module::default();
/// let ty = FuncType::new([ValType::I32], []);
/// module.types.push(ty.clone().into());
/// module.types.push(ty.into());
/// let types = wattle_validator::validate(&module).unwrap();
/// // Equal types have equal ids.
/// assert_eq!(types.type_id(TypeIdx(0)), types.type_id(TypeIdx(1)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Types {
    pub(crate) features: Features,
    pub(crate) limits: Limits,
    pub(crate) registry: Arc<Registry>,
    /// The ids of the module's types, by type index.
    pub(crate) ids: Vec<TypeId>,
    /// The type indices whose ids are greater than those of all types before.
    ascending: Vec<TypeIdx>,
    /// The first type index with each of the other ids.
    others: BTreeMap<TypeId, TypeIdx>,
    /// Whether some type is a struct or an array.
    pub(crate) has_aggregates: bool,
    pub(crate) funcs: Vec<TypeId>,
    pub(crate) imported_funcs: u32,
    pub(crate) imported_globals: u32,
    pub(crate) tables: Vec<Table>,
    pub(crate) memories: Vec<MemType>,
    /// The types of globals, flagged if mutable.
    pub(crate) globals: Vec<Ty>,
    pub(crate) tags: Vec<TypeId>,
    pub(crate) elems: Vec<Ty>,
    pub(crate) data_count: Option<u32>,
    /// A bit per function: whether `ref.func` may name it.
    pub(crate) declared: Vec<u64>,
}

/// The reason why a type cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unusable {
    Unknown(u32),
    Disabled(&'static str, Feature),
    Unsupported(Feature),
}

impl From<Unusable> for Error {
    #[cold]
    fn from(why: Unusable) -> Error {
        match why {
            Unusable::Unknown(index) => ErrorKind::UnknownType(index).into(),
            Unusable::Unsupported(feature) => ErrorKind::Unsupported(feature).into(),
            Unusable::Disabled(what, feature) => {
                Error::disabled(ErrorKind::NotEnabled(what), feature)
            }
        }
    }
}

/// The feature that has a reference type.
#[inline]
pub(crate) fn feature_of_reference(ty: RefType) -> Feature {
    use AbsHeapType as H;
    match ty.heap {
        HeapType::Exact(_) => Feature::CustomDescriptors,
        HeapType::Type(_) => Feature::FunctionReferences,
        HeapType::Abs(H::Cont | H::NoCont) => Feature::StackSwitching,
        HeapType::Abs(H::Func | H::Extern) if ty.nullable => Feature::ReferenceTypes,
        HeapType::Abs(H::Func | H::Extern) => Feature::FunctionReferences,
        HeapType::Abs(H::Exn | H::NoExn) => Feature::Exceptions,
        HeapType::Abs(_) => Feature::Gc,
    }
}

/// The feature that has a value type.
pub(crate) fn feature_of(ty: ValType) -> Feature {
    match ty {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => Feature::Mvp,
        ValType::V128 => Feature::Simd,
        ValType::Ref(ty) => feature_of_reference(ty),
    }
}

/// The official phrase for a type whose feature is off.
fn phrase(feature: Feature) -> &'static str {
    match feature {
        Feature::Simd => "malformed number type",
        _ => "malformed reference type",
    }
}

#[inline]
fn usable(features: Features, feature: Feature) -> Result<(), Unusable> {
    if !features.contains(feature) {
        return Err(Unusable::Disabled(phrase(feature), feature));
    }
    match feature {
        Feature::CustomDescriptors | Feature::StackSwitching => Err(Unusable::Unsupported(feature)),
        _ => Ok(()),
    }
}

/// Converts a value type. `reference` resolves type indices.
#[inline]
fn convert(
    features: Features,
    ty: ValType,
    reference: impl Fn(u32, bool) -> Option<Ty>,
) -> Result<Ty, Unusable> {
    match ty {
        ValType::V128 => usable(features, Feature::Simd)?,
        ValType::Ref(of) => {
            usable(features, feature_of_reference(of))?;
            if let HeapType::Type(index) | HeapType::Exact(index) = of.heap {
                return reference(index.0, of.nullable).ok_or(Unusable::Unknown(index.0));
            }
        }
        _ => {}
    }
    Ok(Ty::closed(ty))
}

/// Converts a value type of any feature. `id` resolves type indices.
pub(crate) fn convert_all(ty: ValType, id: impl Fn(u32) -> Option<TypeId>) -> Option<Ty> {
    let defined = |index, nullable| id(index).map(|id| Ty::defined(id.0, nullable));
    convert(Features::ALL, ty, defined).ok()
}

/// Converts a value type that names no defined type.
pub(crate) fn closed(ty: ValType) -> Result<Ty, Error> {
    Ok(convert(Features::ALL, ty, |_, _| None)?)
}

impl Types {
    /// The features that the module was validated with.
    pub fn features(&self) -> Features {
        self.features
    }

    /// The registry that the type ids belong to. Give it to the validator of the next module.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The id of a type.
    pub fn type_id(&self, index: TypeIdx) -> Option<TypeId> {
        self.ids.get(index.idx()).copied()
    }

    /// The id of the type of a function.
    pub fn func(&self, index: FuncIdx) -> Option<TypeId> {
        self.funcs.get(index.idx()).copied()
    }

    /// Returns the function type with an index. Returns `None` if the index is out of range, if the
    /// type is not a function type, or if it refers to types that the module does not have.
    ///
    /// ```
    /// use wattle_ast::{FuncType, Module, TypeIdx, ValType};
    ///
    /// let mut module = Module::default();
    /// module.types.push(FuncType::new([ValType::I32], []).into());
    /// let types = wattle_validator::validate(&module).unwrap();
    /// assert_eq!(types.func_type(TypeIdx(0)).unwrap().params(), [ValType::I32]);
    /// assert_eq!(types.func_type(TypeIdx(1)), None);
    /// ```
    pub fn func_type(&self, index: TypeIdx) -> Option<FuncType> {
        match self.sub_type(self.type_id(index)?)?.comp {
            CompType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The id of the type of a tag.
    pub fn tag(&self, index: TagIdx) -> Option<TypeId> {
        self.tags.get(index.idx()).copied()
    }

    /// The type of a table.
    pub fn table(&self, index: TableIdx) -> Option<TableType> {
        self.tables.get(index.idx()).map(|table| table.ty)
    }

    /// The type of a memory.
    pub fn memory(&self, index: MemIdx) -> Option<MemType> {
        self.memories.get(index.idx()).copied()
    }

    /// The type of a global.
    pub fn global(&self, index: GlobalIdx) -> Option<GlobalType> {
        let ty = *self.globals.get(index.idx())?;
        Some(GlobalType { mutable: ty.has_flag(), val: self.val_type(ty.without_flag())? })
    }

    /// The number of functions, imported functions included.
    pub fn func_count(&self) -> u32 {
        self.funcs.len() as u32
    }

    /// The number of imported functions.
    pub fn imported_funcs(&self) -> u32 {
        self.imported_funcs
    }

    /// The structure of a type.
    ///
    /// # Panics
    /// If the id belongs to another registry. This holds for all methods here that take an id.
    pub fn structure(&self, id: TypeId) -> Structure {
        self.registry.structure(id.0)
    }

    /// The definition of a type, with type indices of the module. `None` when it refers to types
    /// that the module does not have.
    pub fn sub_type(&self, id: TypeId) -> Option<SubType> {
        self.registry.sub_type_by(id, &|id| self.type_index(id))
    }

    /// The length of the index space of the module in which an index is out of range.
    pub(crate) fn space_len(&self, kind: &ErrorKind) -> Option<u32> {
        let len = match kind {
            ErrorKind::UnknownType(_) => self.ids.len(),
            ErrorKind::UnknownFunc(_) => self.funcs.len(),
            ErrorKind::UnknownTable(_) => self.tables.len(),
            ErrorKind::UnknownMemory(_) => self.memories.len(),
            ErrorKind::UnknownGlobal(_) => self.globals.len(),
            ErrorKind::UnknownTag(_) => self.tags.len(),
            ErrorKind::UnknownElem(_) => self.elems.len(),
            ErrorKind::UnknownData(_) => return self.data_count,
            _ => return None,
        };
        u32::try_from(len).ok()
    }

    /// Adds `count` types, whose ids begin with `first`.
    pub(crate) fn add_ids(&mut self, first: TypeId, count: u32) {
        for id in (first.0..).take(count as usize).map(TypeId) {
            let index = TypeIdx(self.ids.len() as u32);
            let greatest = self.ascending.last().and_then(|last| self.ids.get(last.idx()));
            if greatest < Some(&id) {
                self.ascending.push(index);
            } else if self.type_index(id).is_none() {
                self.others.insert(id, index);
            }
            self.ids.push(id);
        }
    }

    /// The first type index with this id.
    pub fn type_index(&self, id: TypeId) -> Option<TypeIdx> {
        let id_of = |index: &TypeIdx| self.type_id(*index);
        match self.ascending.binary_search_by_key(&Some(id), id_of) {
            Ok(place) => self.ascending.get(place).copied(),
            Err(_) => self.others.get(&id).copied(),
        }
    }

    /// The first type of the recursive group that a type belongs to.
    pub fn group(&self, id: TypeId) -> TypeId {
        TypeId(self.registry.group(id.0))
    }

    /// Whether `sub` is `sup` or declared below it.
    pub fn is_subtype(&self, sub: TypeId, sup: TypeId) -> bool {
        self.registry.is_subtype(sub.0, sup.0)
    }

    /// Whether a value type of the module matches another.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/valid/matching.html#value-types>
    pub fn matches(&self, sub: ValType, sup: ValType) -> bool {
        let all = |ty| convert_all(ty, |index| self.type_id(TypeIdx(index)));
        all(sub).zip(all(sup)).is_some_and(|(sub, sup)| self.registry.matches(sub, sup))
    }

    fn val_type(&self, ty: Ty) -> Option<ValType> {
        val_type(ty, &|id| self.type_index(id))
    }

    /// Types of the operand stack, for messages.
    pub(crate) fn operand_types(&self, types: &[Ty]) -> Vec<OperandType> {
        let known = |&ty| self.val_type(ty).map_or(OperandType::Bottom, OperandType::Known);
        types.iter().map(known).collect()
    }

    /// The error for types that do not match.
    #[cold]
    #[inline(never)]
    pub(crate) fn mismatch(&self, what: Mismatch, expected: &[Ty], found: &[Ty]) -> Error {
        let mut error = Error::new(ErrorKind::TypeMismatch(what));
        let listed = |types: &[Ty]| {
            let hidden = types.len().saturating_sub(OperandTypes::MOST);
            let topmost = self.operand_types(types.get(hidden..).unwrap_or_default());
            OperandTypes::new(topmost, types.len())
        };
        (error.expected, error.found) = (listed(expected), listed(found));
        error
    }

    #[inline(always)]
    pub(crate) fn defined(&self, index: u32, nullable: bool) -> Option<Ty> {
        self.ids.get(index as usize).map(|id| Ty::defined(id.0, nullable))
    }

    /// Converts a value type of the module.
    #[inline]
    pub(crate) fn value(&self, ty: ValType) -> Result<Ty, Unusable> {
        convert(self.features, ty, |index, nullable| self.defined(index, nullable))
    }

    /// Adds a type to a group that is being read.
    pub(crate) fn add_to_group(&self, group: &mut Group, ty: &SubType) -> Result<(), Error> {
        add_to_group(self.features, &self.limits, &self.ids, group, ty)
    }

    /// Converts a reference type of the module.
    #[inline]
    pub(crate) fn reference(&self, ty: RefType) -> Result<Ty, Unusable> {
        self.value(ValType::Ref(ty))
    }

    /// The id of the type with this index, which must be a function type.
    pub(crate) fn func_type_id(&self, index: TypeIdx) -> Result<TypeId, ErrorKind> {
        let id = self.type_id(index).ok_or(ErrorKind::UnknownType(index.0))?;
        match self.registry.structure(id.0) {
            Structure::Func => Ok(id),
            _ => Err(ErrorKind::NonFunctionType(index.0)),
        }
    }

    /// Declares a function, so that `ref.func` may name it.
    pub(crate) fn declare(&mut self, func: u32) {
        let word = (func / 64) as usize;
        if self.declared.len() <= word && (func as usize) < self.funcs.len() {
            self.declared.resize(self.funcs.len().div_ceil(64), 0);
        }
        if let Some(word) = self.declared.get_mut(word) {
            *word |= 1 << (func % 64);
        }
    }

    #[inline(always)]
    pub(crate) fn is_declared(&self, func: u32) -> bool {
        self.declared.get((func / 64) as usize).is_some_and(|word| word >> (func % 64) & 1 != 0)
    }

    /// The address type of a memory.
    #[inline(always)]
    pub(crate) fn memory_addr(&self, index: u32) -> Option<Ty> {
        self.memories.get(index as usize).map(|memory| address(memory.limits.addr))
    }
}

/// Adds a type to a group that is being read. `ids` are those of the types before the group.
pub(crate) fn add_to_group(
    features: Features,
    limits: &Limits,
    ids: &[TypeId],
    group: &mut Group,
    ty: &SubType,
) -> Result<(), Error> {
    let limit = |what, len: usize, most: u32| match len > most as usize {
        true => Err(Error::from(ErrorKind::Limit(what, most.into()))),
        false => Ok(()),
    };
    for (feature, used) in [
        (Feature::CustomDescriptors, ty.describes.is_some() || ty.descriptor.is_some()),
        (Feature::StackSwitching, matches!(ty.comp, CompType::Cont(_))),
    ] {
        if used {
            usable(features, feature)?;
        }
    }
    let gc = !ty.is_final
        || !ty.supertypes.is_empty()
        || matches!(ty.comp, CompType::Struct(_) | CompType::Array(_));
    if gc && !features.contains(Feature::Gc) {
        return Err(Unusable::Disabled("malformed definition type", Feature::Gc).into());
    }
    let index = group.next_index();
    let supertype = match *ty.supertypes {
        [] => None,
        [supertype] => {
            let reference = group.reference(ids, supertype.0, false);
            Some((supertype.0, reference.ok_or(Unusable::Unknown(supertype.0))?))
        }
        _ => return Err(ErrorKind::Supertypes(index).into()),
    };
    let (structure, params, len) = match &ty.comp {
        CompType::Func(func) => {
            let (params, results) = (func.params().len(), func.results().len());
            if results > 1 && !features.contains(Feature::MultiValue) {
                return Err(Error::disabled(ErrorKind::ResultArity, Feature::MultiValue));
            }
            limit("parameters", params, limits.params)?;
            limit("results", results, limits.results)?;
            (Structure::Func, params, params + results)
        }
        CompType::Struct(ty) => {
            limit("fields", ty.fields.len(), limits.fields)?;
            (Structure::Struct, 0, ty.fields.len())
        }
        CompType::Array(_) => (Structure::Array, 0, 1),
        CompType::Cont(_) => return Err(Unusable::Unsupported(Feature::StackSwitching).into()),
    };
    group.begin_type(structure, ty.is_final, supertype, params, len);
    let value =
        |group: &Group, ty| convert(features, ty, |i, nullable| group.reference(ids, i, nullable));
    let field = |group: &mut Group, field: &FieldType| {
        let ty = match field.storage {
            StorageType::Val(ty) => value(group, ty)?,
            StorageType::Pack(PackType::I8) => Ty::I8,
            StorageType::Pack(PackType::I16) => Ty::I16,
        };
        group.push(ty.flagged(field.mutable));
        Ok::<(), Unusable>(())
    };
    match &ty.comp {
        CompType::Func(func) => {
            for &ty in func.params().iter().chain(func.results()) {
                group.push(value(group, ty)?);
            }
        }
        CompType::Struct(ty) => ty.fields.iter().try_for_each(|ty| field(group, ty))?,
        CompType::Array(ty) => field(group, &ty.field)?,
        CompType::Cont(_) => {}
    }
    Ok(())
}

pub(crate) const fn address(addr: AddrType) -> Ty {
    match addr {
        AddrType::I32 => Ty::I32,
        AddrType::I64 => Ty::I64,
    }
}
