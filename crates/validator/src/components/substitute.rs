//! Substitution: types in which resources, and types with names, are replaced by others.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::arena::{Arena, Origin};
use super::entities::Entity;
use super::nodes::{Kind, NodeId};

/// The replacements of nodes, and the result for each node that was looked at, so that each is
/// looked at once.
#[derive(Clone, Debug)]
pub(crate) struct Substitution {
    nodes: BTreeMap<NodeId, NodeId>,
    /// The variables of the nodes that are replaced lie in this range, so a node without a variable
    /// from it stays as it is.
    variables: (u32, u32),
}

impl Default for Substitution {
    fn default() -> Substitution {
        Substitution { nodes: BTreeMap::new(), variables: (u32::MAX, 0) }
    }
}

impl Substitution {
    /// Replaces a resource, or a type with a name, from now on. The first replacement of a node
    /// counts.
    pub(crate) fn replace(&mut self, arena: &Arena, from: NodeId, to: NodeId) {
        if let Some(variable) = arena.node(from).variable() {
            self.variables.0 = self.variables.0.min(variable);
            self.variables.1 = self.variables.1.max(variable);
            self.nodes.entry(from).or_insert(to);
        }
    }

    /// The replacements of resources alone, without the results for other nodes.
    pub(crate) fn replacements(&self, arena: &Arena) -> Substitution {
        let mut substitution = Substitution::default();
        for (&from, &to) in &self.nodes {
            if arena.node(from).kind == Kind::Resource && from != to {
                substitution.replace(arena, from, to);
            }
        }
        substitution
    }

    /// The result for a node, if it is known already.
    fn known(&self, arena: &Arena, id: NodeId) -> Option<NodeId> {
        match arena.node(id).may_have(self.variables) {
            true => self.nodes.get(&id).copied(),
            false => Some(id),
        }
    }

    /// Applies the substitution to a type. All replacements must have been added before.
    pub(crate) fn apply(&mut self, arena: &mut Arena, root: NodeId) -> NodeId {
        let mut open = Vec::from([root]);
        while let Some(&id) = open.last() {
            if self.known(arena, id).is_some() {
                open.pop();
                continue;
            }
            let node = arena.node(id);
            let missing = open.len();
            let children = node.children().map(|(_, child)| child);
            let children: Vec<NodeId> =
                children.filter(|&child| self.known(arena, child).is_none()).collect();
            open.extend(children);
            if open.len() > missing {
                continue;
            }
            let mut words = Vec::from(node.words);
            for (place, child) in node.children() {
                words[place] = self.known(arena, child).unwrap_or(child).0;
            }
            let kind = node.kind;
            let changed = words != node.words;
            let becomes = if changed { arena.intern(kind, &words) } else { id };
            arena.copies = arena.copies.saturating_add(u32::from(changed));
            self.nodes.insert(id, becomes);
        }
        self.known(arena, root).unwrap_or(root)
    }

    /// Applies the substitution to an import or export.
    pub(crate) fn entity(&mut self, arena: &mut Arena, entity: Entity) -> Entity {
        match entity.node() {
            Some(node) => entity.with(self.apply(arena, node)),
            None => entity,
        }
    }
}

impl Arena {
    /// Returns the type of one instance, with new resources in place of those that its type binds,
    /// and the new resources.
    pub(crate) fn freshen(&mut self, instance: NodeId, origin: Origin) -> (NodeId, Vec<u32>) {
        let mut parts = self.instance_parts(instance);
        if parts.bound.is_empty() {
            return (instance, Vec::new());
        }
        let mut substitution = Substitution::default();
        let fresh = self.fresh(&parts.bound, origin, &mut substitution);
        for entry in &mut parts.exports {
            entry.entity = substitution.entity(self, entry.entity);
        }
        (self.instance(&[], &parts.exports), fresh)
    }

    /// Makes a new resource for each resource of a list, and adds the replacements to the
    /// substitution.
    pub(crate) fn fresh(
        &mut self,
        bound: &[u32],
        origin: Origin,
        substitution: &mut Substitution,
    ) -> Vec<u32> {
        let mut fresh = Vec::with_capacity(bound.len());
        for &old in bound {
            let name = self.origin(old).name;
            let new = self.variable(Origin { name, ..origin });
            let (from, to) = (self.resource_node(old), self.resource_node(new));
            substitution.replace(self, from, to);
            fresh.push(new);
        }
        fresh
    }
}
