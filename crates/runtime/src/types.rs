//! Types as the store knows them: each recursive group once, whatever module brought it.
//!
//! A type of the store is a number; equal numbers are equal types. Every type keeps the chain of
//! its supertypes (its *display*), so that a subtype check is one load and one comparison.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/matching.html>

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::{
    AbsHeapType, ArrayType, CompType, Encode, FieldType, FuncType, HeapType, PackType, RefType,
    StorageType, StructType, SubType, TypeIdx, ValType,
};

use crate::trap::Error;

/// A type of the store.
pub(crate) type TypeId = u32;

/// Marks, in the key of a group, a reference to one of its own types.
const OWN: u32 = 1 << 31;

/// How a field is stored and read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Storage {
    I8,
    I16,
    /// Four bytes.
    Word,
    /// Eight bytes, no reference.
    Double,
    Vector,
    Ref,
}

impl Storage {
    pub(crate) fn of(ty: StorageType) -> Storage {
        match ty {
            StorageType::Pack(PackType::I8) => Storage::I8,
            StorageType::Pack(PackType::I16) => Storage::I16,
            StorageType::Val(ValType::I32 | ValType::F32) => Storage::Word,
            StorageType::Val(ValType::I64 | ValType::F64) => Storage::Double,
            StorageType::Val(ValType::V128) => Storage::Vector,
            StorageType::Val(ValType::Ref(_)) => Storage::Ref,
        }
    }

    /// How many bytes an element takes.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Storage::I8 => 1,
            Storage::I16 => 2,
            Storage::Word => 4,
            Storage::Double | Storage::Ref => 8,
            Storage::Vector => 16,
        }
    }
}

impl Storage {
    /// How many bytes elements take, whose count has 32 bits.
    pub(crate) const fn size(self, count: u64) -> u64 {
        count * self.bytes() as u64
    }
}

/// How many slots a value takes.
pub(crate) const fn width(ty: ValType) -> u16 {
    match ty {
        ValType::V128 => 2,
        _ => 1,
    }
}

/// How many slots values take.
pub(crate) fn widths(types: &[ValType]) -> usize {
    types.iter().map(|&ty| usize::from(width(ty))).sum()
}

#[derive(Debug)]
pub(crate) struct Defined {
    /// With type indices that are numbers of types of the store.
    pub(crate) ty: SubType,
    /// Its supertypes from the root down, itself the last.
    display: Box<[TypeId]>,
    /// For a struct: the slot of each field and how it is stored. For an array: its element.
    pub(crate) fields: Box<[(u16, Storage)]>,
    /// How many slots a struct takes.
    pub(crate) slots: usize,
}

/// The types of a store.
#[derive(Debug, Default)]
pub(crate) struct Types {
    types: Vec<Defined>,
    groups: BTreeMap<Vec<u8>, TypeId>,
}

impl Types {
    pub(crate) fn get(&self, id: TypeId) -> Option<&Defined> {
        self.types.get(id as usize)
    }

    pub(crate) fn func(&self, id: TypeId) -> Option<&FuncType> {
        match &self.get(id)?.ty.comp {
            CompType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// Takes in a recursive group. `known` are the types of the module before it.
    pub(crate) fn add_group(
        &mut self,
        group: &[SubType],
        known: &[TypeId],
    ) -> Result<TypeId, Error> {
        let bad = || Error::invalid("unknown type");
        let first = known.len() as u32;
        let in_key = |index: TypeIdx| match index.0.checked_sub(first) {
            Some(own) if (own as usize) < group.len() => Ok(TypeIdx(own | OWN)),
            Some(_) => Err(bad()),
            None => known.get(index.idx()).map(|&id| TypeIdx(id)).ok_or_else(bad),
        };
        let mut key = Vec::new();
        let mut mapped = Vec::with_capacity(group.len());
        for ty in group {
            let ty = map_types(ty, &in_key)?;
            ty.encode(&mut key);
            mapped.push(ty);
        }
        if let Some(&id) = self.groups.get(&key) {
            return Ok(id);
        }
        let base = self.types.len() as u32;
        let resolve = |index: TypeIdx| {
            Ok(if index.0 & OWN != 0 { TypeIdx(base + (index.0 & !OWN)) } else { index })
        };
        for ty in mapped {
            let ty = map_types(&ty, &resolve)?;
            let id = self.types.len() as u32;
            let mut display = match ty.supertypes.first() {
                Some(up) => self.get(up.0).ok_or_else(bad)?.display.to_vec(),
                None => Vec::new(),
            };
            display.push(id);
            let mut slots = 0_usize;
            let mut place = |field: &FieldType| {
                let storage = Storage::of(field.storage);
                let slot = slots as u16;
                slots += if storage == Storage::Vector { 2 } else { 1 };
                (slot, storage)
            };
            let fields = match &ty.comp {
                CompType::Struct(StructType { fields }) => fields.iter().map(place).collect(),
                CompType::Array(ArrayType { field }) => [place(field)].into(),
                _ => Box::default(),
            };
            if slots > usize::from(u16::MAX) {
                return Err(Error::new(crate::ErrorKind::Limit("fields of a struct")));
            }
            self.types.push(Defined { ty, display: display.into(), fields, slots });
        }
        self.groups.insert(key, base);
        Ok(base)
    }

    /// Whether `sub` is `sup` or a subtype of it.
    #[inline]
    pub(crate) fn is_subtype(&self, sub: TypeId, sup: TypeId) -> bool {
        if sub == sup {
            return true;
        }
        let (Some(sub), Some(up)) = (self.get(sub), self.get(sup)) else { return false };
        sub.display.get(up.display.len() - 1) == Some(&sup)
    }

    /// Whether a heap type is below another.
    pub(crate) fn heap_matches(&self, sub: HeapType, sup: HeapType) -> bool {
        match (sub, sup) {
            (HeapType::Type(a) | HeapType::Exact(a), HeapType::Type(b)) => {
                self.is_subtype(a.0, b.0)
            }
            (HeapType::Exact(a), HeapType::Exact(b)) => a == b,
            (HeapType::Type(_), HeapType::Exact(_)) => false,
            (HeapType::Abs(a), HeapType::Abs(b)) => abs_matches(a, b),
            (HeapType::Type(a) | HeapType::Exact(a), HeapType::Abs(b)) => {
                self.kind(a.0).is_some_and(|a| abs_matches(a, b))
            }
            (HeapType::Abs(a), HeapType::Type(b) | HeapType::Exact(b)) => {
                self.kind(b.0).is_some_and(|b| is_bottom(a) && abs_matches(a, b))
            }
        }
    }

    /// The abstract type right above a defined one.
    fn kind(&self, id: TypeId) -> Option<AbsHeapType> {
        Some(match self.get(id)?.ty.comp {
            CompType::Func(_) => AbsHeapType::Func,
            CompType::Struct(_) => AbsHeapType::Struct,
            CompType::Array(_) => AbsHeapType::Array,
            CompType::Cont(_) => AbsHeapType::Cont,
        })
    }

    pub(crate) fn ref_matches(&self, sub: RefType, sup: RefType) -> bool {
        (sup.nullable || !sub.nullable) && self.heap_matches(sub.heap, sup.heap)
    }

    pub(crate) fn val_matches(&self, sub: ValType, sup: ValType) -> bool {
        match (sub, sup) {
            (ValType::Ref(sub), ValType::Ref(sup)) => self.ref_matches(sub, sup),
            _ => sub == sup,
        }
    }
}

const fn is_bottom(ty: AbsHeapType) -> bool {
    use AbsHeapType::{NoCont, NoExn, NoExtern, NoFunc, None};
    matches!(ty, None | NoFunc | NoExtern | NoExn | NoCont)
}

/// Whether an abstract heap type is below another.
pub(crate) fn abs_matches(sub: AbsHeapType, sup: AbsHeapType) -> bool {
    use AbsHeapType::{
        Any, Array, Cont, Eq, Exn, Extern, Func, I31, NoCont, NoExn, NoExtern, NoFunc, None, Struct,
    };
    sub == sup
        || match sup {
            Any => matches!(sub, Eq | I31 | Struct | Array | None),
            Eq => matches!(sub, I31 | Struct | Array | None),
            I31 | Struct | Array => sub == None,
            Func => sub == NoFunc,
            Extern => sub == NoExtern,
            Exn => sub == NoExn,
            Cont => sub == NoCont,
            None | NoFunc | NoExtern | NoExn | NoCont => false,
        }
}

/// The abstract type at the top of the hierarchy of a heap type of the store.
pub(crate) fn top(types: &Types, heap: HeapType) -> AbsHeapType {
    use AbsHeapType::{Any, Cont, Exn, Extern, Func, NoCont, NoExn, NoExtern, NoFunc};
    let abs = match heap {
        HeapType::Abs(abs) => abs,
        HeapType::Type(id) | HeapType::Exact(id) => types.kind(id.0).unwrap_or(Any),
    };
    match abs {
        Func | NoFunc => Func,
        Extern | NoExtern => Extern,
        Exn | NoExn => Exn,
        Cont | NoCont => Cont,
        _ => Any,
    }
}

type Map<'m> = dyn Fn(TypeIdx) -> Result<TypeIdx, Error> + 'm;

pub(crate) fn map_heap(heap: HeapType, map: &Map<'_>) -> Result<HeapType, Error> {
    Ok(match heap {
        HeapType::Abs(abs) => HeapType::Abs(abs),
        HeapType::Type(index) => HeapType::Type(map(index)?),
        HeapType::Exact(index) => HeapType::Exact(map(index)?),
    })
}

pub(crate) fn map_ref(ty: RefType, map: &Map<'_>) -> Result<RefType, Error> {
    Ok(RefType { nullable: ty.nullable, heap: map_heap(ty.heap, map)? })
}

pub(crate) fn map_val(ty: ValType, map: &Map<'_>) -> Result<ValType, Error> {
    Ok(match ty {
        ValType::Ref(ty) => ValType::Ref(map_ref(ty, map)?),
        other => other,
    })
}

fn map_field(field: FieldType, map: &Map<'_>) -> Result<FieldType, Error> {
    let storage = match field.storage {
        StorageType::Val(ty) => StorageType::Val(map_val(ty, map)?),
        packed => packed,
    };
    Ok(FieldType { mutable: field.mutable, storage })
}

/// The same type with other type indices.
fn map_types(ty: &SubType, map: &Map<'_>) -> Result<SubType, Error> {
    let vals =
        |types: &[ValType]| types.iter().map(|&ty| map_val(ty, map)).collect::<Result<Vec<_>, _>>();
    let comp = match &ty.comp {
        CompType::Func(ty) => {
            CompType::Func(FuncType::new(vals(ty.params())?, vals(ty.results())?))
        }
        CompType::Struct(ty) => CompType::Struct(StructType {
            fields: ty
                .fields
                .iter()
                .map(|&field| map_field(field, map))
                .collect::<Result<_, _>>()?,
        }),
        CompType::Array(ty) => CompType::Array(ArrayType { field: map_field(ty.field, map)? }),
        CompType::Cont(index) => CompType::Cont(map(*index)?),
    };
    Ok(SubType {
        is_final: ty.is_final,
        supertypes: ty.supertypes.iter().map(|&up| map(up)).collect::<Result<_, _>>()?,
        describes: ty.describes.map(map).transpose()?,
        descriptor: ty.descriptor.map(map).transpose()?,
        comp,
    })
}
