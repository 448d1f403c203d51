//! Index spaces: their names, the scopes that contain them, and the maps from identifiers to
//! indices.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Index, IndexMut};

use wattle_ast::components::Sort;
use wattle_ast::{ExternKind, Name};

macro_rules! spaces {
    ($( $(#[$doc:meta])* $space:ident $name:literal; )*) => {
        /// An index space. `Display` shows the name used in error messages.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Space { $( $(#[$doc])* $space, )* }

        impl Space {
            /// Every space.
            pub const ALL: &'static [Space] = &[$( Space::$space, )*];

            /// The spaces of a module.
            pub(crate) const OF_MODULE: &'static [Space] =
                Space::ALL.split_at(Space::CoreFunc as usize).0;

            /// Whether it is a space of a module.
            pub(crate) fn is_of_module(self) -> bool {
                Space::OF_MODULE.contains(&self)
            }

            const fn name(self) -> &'static str {
                match self { $( Space::$space => $name, )* }
            }
        }
    };
}

spaces! {
    /// Types.
    Type "type";
    /// Functions.
    Func "function";
    /// Tables.
    Table "table";
    /// Memories.
    Mem "memory";
    /// Tags.
    Tag "tag";
    /// Globals.
    Global "global";
    /// Element segments.
    Elem "elem segment";
    /// Data segments.
    Data "data segment";
    /// Parameters and locals of a function.
    Local "local";
    /// Blocks of a function, numbered in the order in which they begin, as in the name section.
    Label "label";
    /// Fields of a struct type.
    Field "field";
    /// Core functions of a component.
    CoreFunc "core func";
    /// Core tables of a component.
    CoreTable "core table";
    /// Core memories of a component.
    CoreMemory "core memory";
    /// Core globals of a component.
    CoreGlobal "core global";
    /// Core tags of a component.
    CoreTag "core tag";
    /// Core types of a component, or of a type in it.
    CoreType "core type";
    /// Core modules of a component.
    CoreModule "core module";
    /// Core instances of a component.
    CoreInstance "core instance";
    /// Functions of a component, or of a type in it.
    ComponentFunc "func";
    /// Values of a component, or of a type in it.
    Value "value";
    /// Types of a component, or of a type in it.
    ComponentType "type";
    /// Components in a component.
    Component "component";
    /// Instances of a component, or of a type in it.
    Instance "instance";
    /// Cases of a variant type.
    Case "variant case";
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<ExternKind> for Space {
    fn from(kind: ExternKind) -> Space {
        match kind {
            ExternKind::Func => Space::Func,
            ExternKind::Table => Space::Table,
            ExternKind::Mem => Space::Mem,
            ExternKind::Global => Space::Global,
            ExternKind::Tag => Space::Tag,
        }
    }
}

impl From<Sort> for Space {
    fn from(sort: Sort) -> Space {
        match sort {
            Sort::CORE_FUNC => Space::CoreFunc,
            Sort::CORE_TABLE => Space::CoreTable,
            Sort::CORE_MEMORY => Space::CoreMemory,
            Sort::CORE_GLOBAL => Space::CoreGlobal,
            Sort::CORE_TAG => Space::CoreTag,
            Sort::CORE_TYPE => Space::CoreType,
            Sort::CORE_MODULE => Space::CoreModule,
            Sort::CORE_INSTANCE => Space::CoreInstance,
            Sort::FUNC => Space::ComponentFunc,
            Sort::VALUE => Space::Value,
            Sort::TYPE => Space::ComponentType,
            Sort::COMPONENT => Space::Component,
            Sort::INSTANCE => Space::Instance,
        }
    }
}

/// The index spaces of a module, and the locals of a function, indexed by [`Space`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope<'a>([IndexSpace<'a>; Space::OF_MODULE.len()]);

/// One index space of a scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct IndexSpace<'a> {
    pub(crate) ids: IdMap<'a>,
    /// The number of members that the first pass has found.
    pub(crate) found: u32,
    /// The number of members that the second pass has added to the imports of the module.
    pub(crate) imported: u32,
}

impl<'a> Index<Space> for Scope<'a> {
    type Output = IndexSpace<'a>;

    #[inline(always)]
    fn index(&self, space: Space) -> &IndexSpace<'a> {
        &self.0[space as usize]
    }
}

impl IndexMut<Space> for Scope<'_> {
    #[inline(always)]
    fn index_mut(&mut self, space: Space) -> &mut Self::Output {
        &mut self.0[space as usize]
    }
}

/// A number for each identifier: a hash table over entries in the order of insertion.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdMap<'a> {
    entries: Vec<(Name<'a>, u32)>,
    /// The position of an entry plus one in each slot; 0 in free slots. The length is a power of
    /// two, and at most half of the slots are in use.
    slots: Vec<u32>,
    /// The positions of entries that found no free slot nearby. They keep a text full of
    /// identifiers with one hash from being slow.
    rest: BTreeMap<Name<'a>, u32>,
}

/// The number of slots that an identifier may be in.
pub(crate) const NEARBY: usize = 32;

/// A hash with one multiplication for each eight bytes, like Fx.
pub(crate) fn hash(id: &str) -> usize {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = id.len() as u64;
    let mut chunks = id.as_bytes().chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        hash = (hash ^ word).wrapping_mul(K).rotate_left(29);
    }
    let word = chunks.remainder().iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    ((hash ^ word).wrapping_mul(K) >> 20) as usize
}

impl<'a> IdMap<'a> {
    /// Removes all entries, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        if self.slots.len() > 16 * self.entries.len().max(1) {
            self.slots = Vec::new();
        }
        self.slots.fill(0);
        self.entries.clear();
        self.rest.clear();
    }

    /// The entry of an identifier; otherwise the free slot for it, if there is one nearby.
    fn find(&self, id: &str) -> core::result::Result<usize, Option<usize>> {
        let mask = self.slots.len().wrapping_sub(1);
        let first = hash(id) & mask;
        for slot in (first..first + NEARBY).map(|slot| slot & mask) {
            let Some(&at) = self.slots.get(slot) else { return Err(None) };
            match (at as usize).checked_sub(1).and_then(|at| self.entries.get(at)) {
                None => return Err(Some(slot)),
                Some((known, _)) if known == id => return Ok(at as usize - 1),
                Some(_) => {}
            }
        }
        self.rest.get(&Name::from(id)).map(|at| *at as usize).ok_or(None)
    }

    /// The number of an identifier.
    pub(crate) fn get(&self, id: &str) -> Option<u32> {
        self.find(id).ok().map(|at| self.entries[at].1)
    }

    /// The identifiers in the order of their insertion.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(id, _)| id.as_str())
    }

    /// The identifiers with their numbers, in the order of their insertion.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (&str, u32)> {
        self.entries.iter().map(|(id, number)| (id.as_str(), *number))
    }

    /// The number of the entry at a position, to be changed.
    pub(crate) fn number(&mut self, at: usize) -> &mut u32 {
        &mut self.entries[at].1
    }

    /// The position of an identifier's entry, and whether the entry is new. A new entry has number
    /// `number`.
    pub(crate) fn entry(&mut self, id: Name<'a>, number: u32) -> (usize, bool) {
        if self.slots.len() <= self.entries.len() * 2 {
            let len = (self.slots.len() * 2).max(8);
            self.slots.clear();
            self.slots.resize(len, 0);
            self.rest.clear();
            for at in 0..self.entries.len() {
                let slot = self.find(&self.entries[at].0);
                self.place(slot.err().flatten(), at);
            }
        }
        match self.find(&id) {
            Ok(at) => (at, false),
            Err(slot) => {
                let at = self.entries.len();
                self.entries.push((id, number));
                self.place(slot, at);
                (at, true)
            }
        }
    }

    fn place(&mut self, slot: Option<usize>, at: usize) {
        match slot {
            Some(slot) => self.slots[slot] = at as u32 + 1,
            None => drop(self.rest.insert(self.entries[at].0.clone(), at as u32)),
        }
    }

    /// Gives an identifier a number unless it has one, and returns whether it had none.
    pub(crate) fn insert(&mut self, id: Name<'a>, number: u32) -> bool {
        self.entry(id, number).1
    }
}
