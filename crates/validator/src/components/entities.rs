//! Imports and exports: their sorts and types, and the words for them in the nodes of instance
//! types and component types.

use alloc::vec::Vec;

use wattle_ast::components::Sort;

use super::nodes::NodeId;
use super::texts::TextId;

/// The number of words of an import or export in a node.
pub(super) const ENTRY: usize = 4;
/// The place of the id in an import or export: behind the name and the sort.
pub(super) const ENTITY: usize = 2;
/// The word for the sort of core modules, whose ids are not those of nodes.
pub(super) const MODULE: u32 = Sort::CORE_MODULE.place() as u32;

/// The sort and the type of an import, an export or an argument. The sort is one of those that can be
/// imported and exported. For a core module, the id is one of
/// [`CoreTypes`](super::core_types::CoreTypes); for other sorts, it is that of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Entity {
    pub(crate) sort: Sort,
    pub(crate) id: u32,
}

impl Entity {
    pub(crate) const fn new(sort: Sort, id: NodeId) -> Entity {
        Entity { sort, id: id.0 }
    }

    /// The node, if it is not a core module.
    pub(crate) fn node(self) -> Option<NodeId> {
        (self.sort != Sort::CORE_MODULE).then_some(NodeId(self.id))
    }

    /// The entity with another node.
    pub(crate) const fn with(self, id: NodeId) -> Entity {
        Entity { sort: self.sort, id: id.0 }
    }
}

/// An import or export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) name: TextId,
    pub(crate) entity: Entity,
    /// The id of the attributes of the name; 0 for none.
    pub(crate) attributes: u32,
}

/// The attributes of a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Attributes {
    pub(crate) implements: Option<TextId>,
    pub(crate) version_suffix: Option<TextId>,
    pub(crate) external_id: Option<TextId>,
}

/// The parts of the type of an instance.
#[derive(Clone, Debug)]
pub(crate) struct InstanceParts {
    /// The resources that are new in every instance.
    pub(crate) bound: Vec<u32>,
    pub(crate) exports: Vec<Entry>,
}

/// The parts of the type of a component.
#[derive(Clone, Debug, Default)]
pub(crate) struct ComponentParts {
    /// The resources that imports introduce.
    pub(crate) imported: Vec<u32>,
    /// The resources that are new in every instance.
    pub(crate) defined: Vec<u32>,
    pub(crate) imports: Vec<Entry>,
    pub(crate) exports: Vec<Entry>,
}

/// Appends the words of imports or exports.
pub(super) fn push_entries(entries: &[Entry], words: &mut Vec<u32>) {
    for entry in entries {
        let Entity { sort, id } = entry.entity;
        words.extend([entry.name.0, sort.place() as u32, id, entry.attributes]);
    }
}

/// The imports or exports that words stand for.
pub(super) fn entries(words: &[u32]) -> impl ExactSizeIterator<Item = Entry> + '_ {
    words.chunks_exact(ENTRY).map(|words| {
        let word = |place: usize| words.get(place).copied().unwrap_or_default();
        let sort = Sort::at(word(1) as usize).unwrap_or(Sort::TYPE);
        Entry { name: TextId(word(0)), entity: Entity { sort, id: word(2) }, attributes: word(3) }
    })
}
