//! A recursive group of types that is being read, in the form in which groups are compared.

use alloc::vec::Vec;

use crate::hash_index::Hash;
use crate::registry::{NO_TYPE, NONE, Structure, TypeId};
use crate::ty::Ty;

/// A type of a group.
pub(crate) struct GroupType<'g> {
    pub(crate) structure: Structure,
    pub(crate) is_final: bool,
    /// The supertype that it declares: its place in the group, or its id.
    pub(crate) supertype: Option<Ty>,
    /// The number of parameters.
    pub(crate) params: u32,
    /// The bits of its value types: parameters and results, or fields.
    pub(crate) types: &'g [u32],
}

/// A recursive group that is being read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// The type index of its first type.
    first: u32,
    /// The number of types that it will have.
    len: u32,
    /// The number of types so far.
    count: u32,
    /// Its types in closed form: references inside the group count from its start, and references
    /// out of it are ids.
    words: Vec<u32>,
    /// The declared supertypes, as type indices.
    supertypes: Vec<u32>,
}

/// The first word of a type of a group: its structure and two flags.
const STRUCTURE: u32 = 3;
const FINAL: u32 = 4;
const HAS_SUPERTYPE: u32 = 8;

impl Group {
    /// Begins a group of `len` types, the first of which has type index `first`.
    pub(crate) fn begin(&mut self, first: u32, len: u32) {
        (self.first, self.len, self.count) = (first, len, 0);
        self.words.clear();
        self.supertypes.clear();
    }

    /// The number of types that it will have.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Whether all its types were added.
    pub(crate) fn is_complete(&self) -> bool {
        self.count >= self.len
    }

    /// The type index of its next type.
    pub(crate) fn next_index(&self) -> u32 {
        self.index(self.count)
    }

    /// The reference to the type with this type index, if the type is in this group or before it.
    pub(crate) fn reference(&self, ids: &[TypeId], index: u32, nullable: bool) -> Option<Ty> {
        match index.checked_sub(self.first) {
            None => {
                let id = ids.get(index as usize).filter(|&&id| id != NO_TYPE);
                id.map(|id| Ty::defined(id.0, nullable))
            }
            Some(place) if place < self.len => Some(Ty::relative(place, nullable)),
            Some(_) => None,
        }
    }

    /// Begins the next type. [`Group::push`] then adds its value types: `params` parameters and
    /// then `len - params` results, or `len` fields.
    pub(crate) fn begin_type(
        &mut self,
        structure: Structure,
        is_final: bool,
        supertype: Option<(u32, Ty)>,
        params: usize,
        len: usize,
    ) {
        let final_flag = if is_final { FINAL } else { 0 };
        let supertype_flag = if supertype.is_some() { HAS_SUPERTYPE } else { 0 };
        self.words.push(structure as u32 | final_flag | supertype_flag);
        self.supertypes.push(supertype.map_or(NONE, |(index, _)| index));
        self.words.push(supertype.map_or(NONE, |(_, ty)| ty.bits()));
        self.words.extend([params as u32, len as u32]);
        self.count += 1;
    }

    /// Adds a value type to the last type.
    pub(crate) fn push(&mut self, ty: Ty) {
        self.words.push(ty.bits());
    }

    /// Its types, in order.
    pub(crate) fn types(&self) -> impl Iterator<Item = GroupType<'_>> {
        let mut words = self.words.as_slice();
        core::iter::from_fn(move || {
            let [header, supertype, params, len, rest @ ..] = words else { return None };
            let (types, rest) = rest.split_at_checked(*len as usize).unwrap_or((rest, &[]));
            words = rest;
            let supertype = (header & HAS_SUPERTYPE != 0).then(|| Ty::from_bits(*supertype));
            let structure = Structure::ALL.get((header & STRUCTURE) as usize).copied()?;
            let is_final = header & FINAL != 0;
            Some(GroupType { structure, is_final, supertype, params: *params, types })
        })
    }

    /// The type index of the type at a place of the group.
    pub(crate) fn index(&self, place: u32) -> u32 {
        self.first.saturating_add(place)
    }

    /// The type index of the supertype that the type at a place declares.
    pub(crate) fn supertype_index(&self, place: u32) -> u32 {
        self.supertypes.get(place as usize).copied().unwrap_or(NONE)
    }

    /// The words of the group. Equal groups have equal words.
    pub(crate) fn words(&self) -> &[u32] {
        &self.words
    }

    /// The hash of the words.
    pub(crate) fn hash(&self) -> Hash {
        let hash = Hash::new(self.len.into());
        self.words.iter().fold(hash, |hash, &word| hash.with(word.into()))
    }
}
