//! The registry of defined types: recursive groups hash-consed, so that equal types have equal
//! ids, and the subtype relation between them.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/matching.html>

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::{AbsHeapType, ExternType, FuncType, SubType, TypeIdx, ValType};

use crate::group::Group;
use crate::hash_index::{HashIndex, nth_run};
use crate::limits::Limits;
use crate::ty::{MAX_TYPES, Ty};
use crate::types::{Types, closed, convert_all};
use crate::{Error, ErrorKind};

/// The id of a defined type. Equal types have equal ids in all modules that share a registry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TypeId(pub(crate) u32);

impl TypeId {
    /// The id as a number, less than [`Registry::len`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The kind of structure of a defined type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Structure {
    /// A function.
    Func,
    /// A struct.
    Struct,
    /// An array.
    Array,
}

impl Structure {
    pub(crate) const ALL: [Structure; 3] = [Structure::Func, Structure::Struct, Structure::Array];

    /// The abstract heap type right above all types of this structure.
    pub const fn heap(self) -> AbsHeapType {
        match self {
            Structure::Func => AbsHeapType::Func,
            Structure::Struct => AbsHeapType::Struct,
            Structure::Array => AbsHeapType::Array,
        }
    }
}

/// A defined type. Its value types are a run of [`Registry::lists`].
///
/// Supertypes are found by jump pointers: `jump` is an ancestor, chosen as in a skew-binary list,
/// so that any ancestor is reached in a logarithmic number of steps. So one word per type is enough
/// for chains of any depth.
#[derive(Clone, Copy, Debug)]
struct Entry {
    list: u32,
    params: u32,
    len: u32,
    depth: u32,
    supertype: u32,
    jump: u32,
    group: u32,
    structure: Structure,
    is_final: bool,
}

/// Fills the place of the type of a module, or of an invalid type, in a list of ids. Other types
/// cannot refer to it.
pub(crate) const NO_TYPE: TypeId = TypeId(u32::MAX);

/// Stands for no supertype.
pub(crate) const NONE: u32 = u32::MAX;

/// Defined types, hash-consed by recursive group.
///
/// A registry only grows, so modules that are validated with one registry, one after the other,
/// agree on ids. Linking and casts across modules need this.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: Vec<Entry>,
    lists: Vec<Ty>,
    /// The words of all groups, one behind the other.
    words: Vec<u32>,
    /// The end of the words of each group, and its first type.
    ends: Vec<usize>,
    firsts: Vec<u32>,
    index: HashIndex<Box<[u32]>>,
}

impl Registry {
    /// The number of types.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the registry is empty.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The id with this number, if it exists.
    pub fn id(&self, number: u32) -> Option<TypeId> {
        ((number as usize) < self.len()).then_some(TypeId(number))
    }

    /// The structure of a type.
    ///
    /// # Panics
    /// If the id belongs to another registry, as every method that takes an id.
    pub fn structure_of(&self, id: TypeId) -> Structure {
        self.structure(id.0)
    }

    /// Whether `sub` is `sup` or declared below it.
    pub fn is_subtype_of(&self, sub: TypeId, sup: TypeId) -> bool {
        self.is_subtype(sub.0, sup.0)
    }

    /// The definition of a type. Its type indices are numbers of ids of the registry.
    pub fn sub_type(&self, id: TypeId) -> SubType {
        let number = |id: TypeId| Some(TypeIdx(id.0));
        // Every type of the registry has a number.
        self.sub_type_by(id, &number).unwrap_or_else(|| FuncType::new([], []).into())
    }

    /// Whether a value type matches another. Their type indices are numbers of ids of the registry.
    /// An unknown number matches nothing.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/valid/matching.html#value-types>
    pub fn val_type_matches(&self, sub: ValType, sup: ValType) -> bool {
        let all = |ty| convert_all(ty, |number| self.id(number));
        all(sub).zip(all(sup)).is_some_and(|(sub, sup)| self.matches(sub, sup))
    }

    /// Whether the type of a definition matches another, so that the definition can be imported
    /// with it. Their type indices are numbers of ids of the registry. An unknown number matches
    /// nothing.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/valid/matching.html#external-types>
    pub fn extern_type_matches(&self, sub: ExternType, sup: ExternType) -> bool {
        use ExternType as E;
        let limits = |sub: wattle_ast::Limits, sup: wattle_ast::Limits| {
            sub.addr == sup.addr && sub.shared == sup.shared && sub.sizes_match(&sup)
        };
        match (sub, sup) {
            (E::Func(sub) | E::FuncExact(sub), E::Func(sup)) => {
                let ids = self.id(sub.0).zip(self.id(sup.0));
                ids.is_some_and(|(sub, sup)| self.is_subtype_of(sub, sup))
            }
            (E::FuncExact(sub), E::FuncExact(sup)) => sub == sup,
            (E::Table(sub), E::Table(sup)) => {
                sub.elem == sup.elem && limits(sub.limits, sup.limits)
            }
            (E::Mem(sub), E::Mem(sup)) => {
                sub.page_bits() == sup.page_bits() && limits(sub.limits, sup.limits)
            }
            (E::Global(sub), E::Global(sup)) => {
                sub.mutable == sup.mutable
                    && self.val_type_matches(sub.val, sup.val)
                    && (!sup.mutable || self.val_type_matches(sup.val, sub.val))
            }
            (E::Tag(sub), E::Tag(sup)) => sub == sup,
            _ => false,
        }
    }

    /// Adds a function type as a group of its own. The type is final and names no defined type.
    ///
    /// # Errors
    /// If the type names a defined type, or the registry is full.
    pub fn add_func_type(&mut self, ty: &FuncType) -> Result<TypeId, Error> {
        let all = ty.params().iter().chain(ty.results());
        let mut group = Group::default();
        group.begin(0, 1);
        let params = ty.params().len();
        group.begin_type(Structure::Func, true, None, params, params + ty.results().len());
        for &ty in all {
            group.push(closed(ty)?);
        }
        self.add(&group, &Limits::NONE).map_err(|(_, kind)| kind.into())
    }

    /// Adds the types of a module that was validated with another registry. Returns their ids in
    /// this registry, by type index.
    ///
    /// # Errors
    /// If the registry is full.
    ///
    /// ```
    /// use wattle_ast::{FuncType, Module, ValType};
    /// use wattle_validator::{Registry, validate};
    ///
    /// let ty = FuncType::new([ValType::I32], []);
    /// let mut module = Module::default();
    /// module.types.push(ty.clone().into());
    /// let mut registry = Registry::default();
    /// registry.add_func_type(&FuncType::new([], [])).unwrap();
    /// let here = registry.add_func_type(&ty).unwrap();
    /// assert_eq!(registry.import(&validate(&module).unwrap()).unwrap(), [here]);
    /// ```
    pub fn import(&mut self, types: &Types) -> Result<Vec<TypeId>, Error> {
        let from = &*types.registry;
        // The id in this registry of each type of the other, as far as they were added.
        let mut ids = alloc::vec![TypeId(NONE); from.len()];
        let mut group = Group::default();
        for id in &types.ids {
            let first = from.group(id.0);
            let Some(entries) = from.entries.get(first as usize..) else { continue };
            if ids.get(first as usize) != Some(&TypeId(NONE)) {
                continue;
            }
            let len = entries.iter().take_while(|entry| entry.group == first).count();
            group.begin(first, len as u32);
            for entry in entries.iter().take(len) {
                // A group refers only to itself and to groups before it.
                let reference = |id, nullable| group.reference(&ids, id, nullable);
                let supertype = Some(entry.supertype).filter(|&supertype| supertype != NONE);
                let supertype = supertype.and_then(|up| Some((up, reference(up, false)?)));
                let (params, len) = (entry.params as usize, entry.len as usize);
                group.begin_type(entry.structure, entry.is_final, supertype, params, len);
                for &ty in from.list(entry) {
                    let defined =
                        ty.id().and_then(|id| group.reference(&ids, id, ty.is_nullable()));
                    group.push(defined.map_or(ty, |defined| defined.flagged(ty.has_flag())));
                }
            }
            let here = self.add(&group, &Limits::NONE).map_err(|(_, kind)| kind)?;
            for (place, id) in ids.iter_mut().skip(first as usize).take(len).enumerate() {
                *id = TypeId(here.0 + place as u32);
            }
        }
        let here = |id: &TypeId| ids.get(id.index()).copied().unwrap_or(*id);
        Ok(types.ids.iter().map(here).collect())
    }

    /// The id of the first type of a complete group. The group is added unless an equal group is
    /// there.
    pub(crate) fn add(
        &mut self,
        group: &Group,
        limits: &Limits,
    ) -> Result<TypeId, (u32, ErrorKind)> {
        let hash = group.hash();
        let is_it = |nth| self.words.get(nth_run(&self.ends, nth)) == Some(group.words());
        let found = self.index.find(hash, is_it, || group.words().into());
        if let Some(&first) = found.and_then(|nth| self.firsts.get(nth as usize)) {
            return self.check_depths(first, group, limits).map(|()| TypeId(first));
        }
        let (first, lists) = (self.entries.len(), self.lists.len());
        let added = self.append(group).and_then(|()| {
            self.check_depths(first as u32, group, limits)?;
            (0..group.len()).try_for_each(|place| self.check_supertype(first as u32, place, group))
        });
        match added {
            Ok(()) => {
                let Registry { words, ends, firsts, index, .. } = self;
                words.extend_from_slice(group.words());
                ends.push(words.len());
                firsts.push(first as u32);
                let key = |nth| words.get(nth_run(ends, nth)).unwrap_or_default().into();
                index.add(hash, ends.len() as u32 - 1, key);
                Ok(TypeId(first as u32))
            }
            Err(error) => {
                self.entries.truncate(first);
                self.lists.truncate(lists);
                Err(error)
            }
        }
    }

    /// Appends the types of a group, without checking the declared supertypes.
    fn append(&mut self, group: &Group) -> Result<(), (u32, ErrorKind)> {
        let first = self.entries.len() as u32;
        let fits = |len: usize, max: u32| len <= max as usize;
        if !fits(self.entries.len() + group.len() as usize, MAX_TYPES)
            || !fits(self.lists.len() + group.words().len(), u32::MAX)
        {
            return Err((group.index(0), ErrorKind::Limit("types", MAX_TYPES.into())));
        }
        for (place, ty) in (0..).zip(group.types()) {
            let supertype = ty.supertype.and_then(|ty| ty.resolved(first).id()).unwrap_or(NONE);
            if supertype != NONE && supertype >= first + place {
                let (sub, sup) = (group.index(place), group.supertype_index(place));
                return Err((sub, ErrorKind::ForwardSupertype { sub, sup }));
            }
            let (depth, jump) = self.depth_and_jump(supertype);
            self.entries.push(Entry {
                list: self.lists.len() as u32,
                params: ty.params,
                len: ty.types.len() as u32,
                depth,
                supertype,
                jump,
                group: first,
                structure: ty.structure,
                is_final: ty.is_final,
            });
            self.lists.extend(ty.types.iter().map(|&bits| Ty::from_bits(bits).resolved(first)));
        }
        Ok(())
    }

    /// The depth and the jump pointer of a type whose supertype is `supertype`.
    fn depth_and_jump(&self, supertype: u32) -> (u32, u32) {
        let Some(parent) = self.entries.get(supertype as usize) else { return (0, NONE) };
        let Some(middle) = self.entries.get(parent.jump as usize) else {
            return (parent.depth + 1, supertype);
        };
        let far = self.entries.get(middle.jump as usize).map_or(0, |far| far.depth);
        let jump = if parent.depth - middle.depth == middle.depth - far && middle.jump != NONE {
            middle.jump
        } else {
            supertype
        };
        (parent.depth + 1, jump)
    }

    fn check_depths(
        &self,
        first: u32,
        group: &Group,
        limits: &Limits,
    ) -> Result<(), (u32, ErrorKind)> {
        let entries = self.entries.get(first as usize..).unwrap_or_default();
        let deep = |entry: &Entry| entry.depth > limits.subtype_depth;
        match entries.iter().take(group.len() as usize).position(deep) {
            None => Ok(()),
            Some(place) => {
                let most = limits.subtype_depth.into();
                Err((group.index(place as u32), ErrorKind::Limit("supertypes", most)))
            }
        }
    }

    /// Whether the type at `place` of the group matches the supertype that it declares.
    ///
    /// Spec: <https://webassembly.github.io/spec/core/valid/types.html#sub-types>
    fn check_supertype(
        &self,
        first: u32,
        place: u32,
        group: &Group,
    ) -> Result<(), (u32, ErrorKind)> {
        let id = first + place;
        let supertype = self.entry(id).supertype;
        if supertype == NONE {
            return Ok(());
        }
        let (sub, sup) = (group.index(place), group.supertype_index(place));
        if self.entry(supertype).is_final {
            return Err((sub, ErrorKind::FinalSupertype { sub, sup }));
        }
        if !self.structure_matches(id, supertype) {
            return Err((sub, ErrorKind::Supertype { sub, sup }));
        }
        Ok(())
    }

    /// Spec: <https://webassembly.github.io/spec/core/valid/matching.html#composite-types>
    fn structure_matches(&self, sub: u32, sup: u32) -> bool {
        let (a, b) = (self.entry(sub), self.entry(sup));
        if a.structure != b.structure {
            return false;
        }
        match a.structure {
            Structure::Func => {
                self.all_match(self.params(sup), self.params(sub))
                    && self.all_match(self.results(sub), self.results(sup))
            }
            Structure::Struct | Structure::Array => {
                let (a, b) = (self.fields(sub), self.fields(sup));
                a.len() >= b.len() && a.iter().zip(b).all(|(&a, &b)| self.field_matches(a, b))
            }
        }
    }

    fn field_matches(&self, a: Ty, b: Ty) -> bool {
        // The types of mutable fields must be equal.
        a == b || !a.has_flag() && !b.has_flag() && self.matches(a, b)
    }

    /// The entry of a type. Ids always come from this registry, or from one that it grew from.
    #[inline(always)]
    fn entry(&self, id: u32) -> &Entry {
        &self.entries[id as usize]
    }

    #[inline(always)]
    fn list(&self, entry: &Entry) -> &[Ty] {
        let start = entry.list as usize;
        self.lists.get(start..start + entry.len as usize).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn structure(&self, id: u32) -> Structure {
        self.entry(id).structure
    }

    /// The parameters and the results of a function type; `None` for other types.
    #[inline(always)]
    pub(crate) fn func(&self, id: u32) -> Option<(&[Ty], &[Ty])> {
        let entry = self.entry(id);
        let is_func = entry.structure == Structure::Func;
        if is_func { self.list(entry).split_at_checked(entry.params as usize) } else { None }
    }

    /// The parameters of a function type.
    #[inline(always)]
    pub(crate) fn params(&self, id: u32) -> &[Ty] {
        self.func(id).map_or(&[], |(params, _)| params)
    }

    /// The results of a function type.
    #[inline(always)]
    pub(crate) fn results(&self, id: u32) -> &[Ty] {
        self.func(id).map_or(&[], |(_, results)| results)
    }

    /// The fields of a struct type or the single field of an array type, each flagged if mutable.
    #[inline(always)]
    pub(crate) fn fields(&self, id: u32) -> &[Ty] {
        let entry = self.entry(id);
        if entry.structure == Structure::Func { &[] } else { self.list(entry) }
    }

    /// The declared supertype.
    pub(crate) fn supertype(&self, id: u32) -> Option<u32> {
        Some(self.entry(id).supertype).filter(|&supertype| supertype != NONE)
    }

    pub(crate) fn is_final(&self, id: u32) -> bool {
        self.entry(id).is_final
    }

    /// The first type of the recursive group that a type belongs to.
    pub(crate) fn group(&self, id: u32) -> u32 {
        self.entry(id).group
    }

    /// Whether `sub` is `sup` or declared below it, at any distance.
    #[inline]
    pub(crate) fn is_subtype(&self, sub: u32, sup: u32) -> bool {
        if sub == sup {
            return true;
        }
        let target = self.entry(sup).depth;
        let mut id = sub;
        let mut entry = self.entry(id);
        while entry.depth > target {
            let jump = self.entries.get(entry.jump as usize);
            id = match jump {
                Some(jump) if jump.depth >= target => entry.jump,
                _ => entry.supertype,
            };
            entry = self.entry(id);
        }
        id == sup
    }

    /// Whether one type matches another. Spec:
    /// <https://webassembly.github.io/spec/core/valid/matching.html#value-types>
    #[inline(always)]
    pub(crate) fn matches(&self, sub: Ty, sup: Ty) -> bool {
        // The second comparison settles most of the rest: references that are known not to be null.
        sub == sup || sub.nullable(true) == sup || self.unequal_matches(sub, sup)
    }

    #[cold]
    #[inline(never)]
    fn unequal_matches(&self, sub: Ty, sup: Ty) -> bool {
        let are_refs = sub.is_ref() && sup.is_ref();
        if !are_refs || (sub.is_nullable() && !sup.is_nullable()) {
            return sub == Ty::BOTTOM;
        }
        match (sub.id(), sup.id()) {
            (Some(a), Some(b)) => self.is_subtype(a, b),
            (Some(a), None) => Ty::abs(self.structure(a).heap(), false).heap_matches(sup),
            (None, Some(b)) => sub.heap_matches(Ty::abs(self.structure(b).heap().bottom(), false)),
            (None, None) => sub.heap_matches(sup),
        }
    }

    /// Whether two lists have one length and match element by element.
    #[inline(always)]
    pub(crate) fn all_match(&self, sub: &[Ty], sup: &[Ty]) -> bool {
        sub.len() == sup.len() && self.each_matches(sub, sup)
    }

    /// Whether the elements of two lists match, up to the end of the shorter list.
    #[inline(always)]
    pub(crate) fn each_matches(&self, sub: &[Ty], sup: &[Ty]) -> bool {
        self.each_matches_by(sub, sup, |&ty| ty)
    }

    /// Whether the elements of two lists match after `by` has changed those of `sup`.
    #[inline(always)]
    pub(crate) fn each_matches_by(&self, sub: &[Ty], sup: &[Ty], by: impl Fn(&Ty) -> Ty) -> bool {
        for (&sub, sup) in sub.iter().zip(sup) {
            if !self.matches(sub, by(sup)) {
                return false;
            }
        }
        true
    }

    /// The nullable reference to the top type of a reference's hierarchy.
    #[inline]
    pub(crate) fn top(&self, ty: Ty) -> Ty {
        let heap = match ty.id() {
            Some(id) => Some(self.structure(id).heap()),
            None => ty.abs_heap(),
        };
        heap.map_or(Ty::REF_BOTTOM, |heap| Ty::abs(heap.top(), true))
    }
}
