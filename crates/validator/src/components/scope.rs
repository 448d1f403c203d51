//! A scope: the index spaces of a component, or of the type of a component, instance or core
//! module, while its definitions are read.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_ast::components::{Numbered, Scope as Form, Sort};
use wattle_ast::{Outer, Span, ValType};

use super::entities::Entry;
use super::nodes::NodeId;
use super::reach::Visible;
use super::texts::TextId;
use crate::registry::{NO_TYPE, TypeId};

/// An entry of the index space of core types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CoreType {
    /// The type had an error.
    Unknown,
    /// A defined type, by its id.
    Sub(TypeId),
    /// The type of a core module, by its id.
    Module(u32),
}

impl CoreType {
    /// The entry as a word of an index space.
    pub(crate) const fn word(self) -> u32 {
        match self {
            CoreType::Unknown => 0,
            CoreType::Sub(id) => 2 * id.0 + 1,
            CoreType::Module(id) => 2 * id + 2,
        }
    }

    /// The entry that a word stands for.
    pub(crate) const fn from_word(word: u32) -> CoreType {
        match word {
            0 => CoreType::Unknown,
            _ if word % 2 == 1 => CoreType::Sub(TypeId(word / 2)),
            _ => CoreType::Module(word / 2 - 1),
        }
    }
}

/// A side of a scope: imports or exports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Import,
    Export,
}

impl Side {
    /// The word for an import or export of this side.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Side::Import => "import",
            Side::Export => "export",
        }
    }
}

/// The imports or the exports of a scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Externs {
    pub(crate) entries: Vec<Entry>,
    /// The place of the entry whose name has each canonical key.
    pub(crate) keys: BTreeMap<TextId, u32>,
    /// The names of entries that are malformed.
    pub(crate) malformed: BTreeSet<TextId>,
    /// The names of resources.
    pub(crate) resources: BTreeMap<NodeId, TextId>,
    pub(crate) resource_names: BTreeSet<TextId>,
    /// The types that have names on this side.
    pub(crate) visible: Visible,
}

impl Externs {
    /// The entry whose name has a canonical key.
    pub(crate) fn entry_with(&self, key: TextId) -> Option<&Entry> {
        self.entries.get(*self.keys.get(&key)? as usize)
    }
}

/// The counts of definitions so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// The number of definitions of each kind that is numbered apart.
    pub(crate) numbered: [u32; Numbered::COUNT],
    /// The number of all definitions.
    pub(crate) definitions: u32,
}

impl Counts {
    /// The number of definitions of a kind.
    pub(crate) fn of(&self, kind: Numbered) -> u32 {
        self.numbered[kind as usize]
    }
}

/// A scope that is open.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) form: Form,
    /// The step to it from the enclosing scope.
    pub(crate) step: Option<Outer>,
    /// The place in the input of the definition that opened it.
    pub(crate) span: Option<Span>,
    /// The index spaces. The words are ids of nodes, of core items, or of types of modules.
    spaces: [Vec<u32>; Sort::COUNT],
    /// The ids of core types, for groups that refer to them.
    pub(crate) core_ids: Vec<TypeId>,
    /// Whether each value was used.
    pub(crate) used: Vec<bool>,
    pub(crate) imports: Externs,
    pub(crate) exports: Externs,
    /// The resources that are new in every instance of the component, with the representation of
    /// those that are defined in this scope.
    pub(crate) defined: BTreeMap<u32, Option<ValType>>,
    /// The resources that imports introduce.
    pub(crate) imported: Vec<u32>,
    /// The type of the slots of `context.get` and `context.set`.
    pub(crate) context: Option<ValType>,
    pub(crate) counts: Counts,
    /// The sum of the sizes of the types of imports and exports.
    pub(crate) size: u32,
    /// The sum of the sizes of types from outside that were searched for resources.
    pub(crate) searched: u32,
}

impl Scope {
    pub(crate) fn new(form: Form, step: Option<Outer>, span: Option<Span>) -> Scope {
        Scope {
            form,
            step,
            span,
            spaces: Default::default(),
            core_ids: Vec::new(),
            used: Vec::new(),
            imports: Externs::default(),
            exports: Externs::default(),
            defined: BTreeMap::new(),
            imported: Vec::new(),
            context: None,
            counts: Counts::default(),
            size: 1,
            searched: 0,
        }
    }

    /// The number of indices in a space.
    pub(crate) fn len(&self, sort: Sort) -> u32 {
        self.spaces[sort.place()].len() as u32
    }

    /// The word at an index.
    pub(crate) fn get(&self, sort: Sort, index: u32) -> Option<u32> {
        self.spaces[sort.place()].get(index as usize).copied()
    }

    /// Adds an index.
    pub(crate) fn push(&mut self, sort: Sort, word: u32) {
        self.spaces[sort.place()].push(word);
        match sort {
            Sort::CORE_TYPE => self.core_ids.push(match CoreType::from_word(word) {
                CoreType::Sub(id) => id,
                CoreType::Unknown | CoreType::Module(_) => NO_TYPE,
            }),
            // A value that had an error need not be used.
            Sort::VALUE => self.used.push(word == 0),
            _ => {}
        }
    }

    /// The imports or the exports.
    pub(crate) fn side(&mut self, side: Side) -> &mut Externs {
        match side {
            Side::Import => &mut self.imports,
            Side::Export => &mut self.exports,
        }
    }
}
