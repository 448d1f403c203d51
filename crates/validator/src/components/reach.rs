//! The resources that a type refers to, and the types in it that must have names.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use wattle_ast::components::Sort;

use super::arena::Arena;
use super::entities::{Entity, Entry};
use super::nodes::{Kind, NodeId, Properties};

impl Arena {
    /// The resources that types refer to and do not bind.
    pub(crate) fn free_resources(&self, roots: impl Iterator<Item = NodeId>) -> BTreeSet<u32> {
        let (mut free, mut bound) = (BTreeSet::new(), Vec::new());
        let mut seen = BTreeSet::new();
        let mut open: Vec<NodeId> = roots.collect();
        while let Some(id) = open.pop() {
            let node = self.node(id);
            if !node.properties.has(Properties::RESOURCE) || !seen.insert(id) {
                continue;
            }
            match node.kind {
                Kind::Resource => free.extend(node.words.first()),
                // A variable occurs only inside of the type that binds it.
                Kind::Instance => bound.extend_from_slice(self.bound(id)),
                Kind::Component => {
                    let parts = self.component_parts(id);
                    bound.extend(parts.imported);
                    bound.extend(parts.defined);
                }
                _ => {}
            }
            open.extend(node.children().map(|(_, child)| child));
        }
        for variable in bound {
            free.remove(&variable);
        }
        free
    }

    /// The resources that are exported as types, by these exports or by instances among them.
    pub(crate) fn exported_resources(&self, exports: &[Entry]) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<Entity> = exports.iter().map(|entry| entry.entity).collect();
        while let Some(entity) = open.pop() {
            let id = NodeId(entity.id);
            match entity.sort {
                Sort::TYPE => found.extend(self.resource_variable(id)),
                Sort::INSTANCE if self.has(id, Properties::RESOURCE) && seen.insert(id) => {
                    open.extend(self.exports(id).map(|entry| entry.entity));
                }
                _ => {}
            }
        }
        found
    }
}

/// The types that imports or exports of a scope have given names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visible {
    /// Resources, and types with names.
    names: BTreeSet<NodeId>,
    /// Types whose parts were found to be visible.
    checked: BTreeSet<NodeId>,
}

impl Visible {
    /// Whether the type was given a name.
    pub(crate) fn contains(&self, id: NodeId) -> bool {
        self.names.contains(&id)
    }

    /// Gives a type a name.
    pub(crate) fn insert(&mut self, id: NodeId) -> bool {
        self.names.insert(id)
    }

    /// The first type in `root` that needs a name and has none here. If `is_named`, the root itself
    /// needs no name.
    ///
    /// Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-checking>
    pub(crate) fn hidden(&mut self, arena: &Arena, root: NodeId, is_named: bool) -> Option<NodeId> {
        let names = &self.names;
        let found = hidden(arena, root, is_named, &mut self.checked, &|id| names.contains(&id));
        if found.is_some() {
            self.checked.clear();
        }
        found
    }
}

/// The first type in a value type or function that needs a name and is not among `names`. Looks at
/// each type once.
fn hidden(
    arena: &Arena,
    root: NodeId,
    is_named: bool,
    checked: &mut BTreeSet<NodeId>,
    names: &dyn Fn(NodeId) -> bool,
) -> Option<NodeId> {
    if !arena.has(root, Properties::NOMINAL) {
        return None;
    }
    let mut open = Vec::new();
    let first = arena.unnamed(root);
    match is_named {
        true => open.extend(parts(arena, first)),
        false => open.push(root),
    }
    while let Some(id) = open.pop() {
        if !arena.has(id, Properties::NOMINAL) || !checked.insert(id) {
            continue;
        }
        let bare = arena.unnamed(id);
        match arena.node(bare).kind {
            kind if kind == Kind::Resource || kind.is_nominal() => {
                if !names(id) {
                    return Some(id);
                }
            }
            _ => open.extend(parts(arena, bare)),
        }
    }
    None
}

/// The types that a value type or a function type refers to directly.
fn parts(arena: &Arena, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    let node = arena.node(id);
    let has_parts = node.kind.is_value() || node.kind == Kind::Func;
    node.children().map(|(_, child)| child).filter(move |_| has_parts)
}

impl Visible {
    /// The first type in the exports of an instance type that needs a name and has none. Earlier
    /// exports of the instance type give names, too.
    pub(crate) fn hidden_in_instance(&self, arena: &Arena, root: NodeId) -> Option<NodeId> {
        let mut own = BTreeSet::new();
        let mut open = Vec::from([(root, 0)]);
        let mut seen = BTreeSet::from([root]);
        while let Some((instance, place)) = open.pop() {
            let Some(entry) = arena.export_at(instance, place) else { continue };
            open.push((instance, place + 1));
            let Some(id) = entry.entity.node() else { continue };
            match (entry.entity.sort, arena.kind(id)) {
                (Sort::COMPONENT, _) | (_, Kind::Component) => {}
                (_, Kind::Instance) if seen.insert(id) => open.push((id, 0)),
                (_, Kind::Instance | Kind::Resource) => {}
                (sort, _) => {
                    let is_visible = |id| own.contains(&id) || self.contains(id);
                    let is_named = sort == Sort::TYPE;
                    let mut checked = BTreeSet::new();
                    let found = hidden(arena, id, is_named, &mut checked, &is_visible);
                    if found.is_some() {
                        return found;
                    }
                }
            }
            if entry.entity.sort == Sort::TYPE {
                own.insert(id);
            }
        }
        None
    }
}
