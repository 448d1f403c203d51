//! Pieces by path, and instances of generic functions.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use wattle_ast::{ItemKind, SectionId};

use super::{PieceKind, Sizes};
use crate::{path_of, without_generics};

/// Sizes by path: the tree of the crates, modules and functions of a file, and of its other parts.
#[derive(Clone, Debug)]
pub struct PathTree {
    /// The nodes; the first is the whole file. A node comes after the one that it is in.
    pub nodes: Vec<PathNode>,
}

/// A crate, module, function or the like.
#[derive(Clone, Debug)]
pub struct PathNode {
    /// The last part of the path.
    pub name: String,
    /// The number of bytes, those of the nodes in it included.
    pub size: usize,
    /// The nodes in it, the largest first.
    pub children: Vec<u32>,
    /// The piece, if it is one.
    pub piece: Option<u32>,
}

/// The instances of a generic function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Generic {
    /// The name without type arguments.
    pub name: String,
    /// The number of bytes of all instances.
    pub size: usize,
    /// The instances by number of piece, the largest first.
    pub instances: Vec<u32>,
}

impl Generic {
    /// Returns the bytes that would go away if the largest instance stood for all.
    pub fn savings(&self, sizes: &Sizes<'_>) -> usize {
        let largest = self.instances.first().map_or(0, |&it| sizes.pieces[it as usize].size);
        self.size - largest
    }
}

impl PathTree {
    fn new() -> PathTree {
        let root = PathNode { name: String::new(), size: 0, children: Vec::new(), piece: None };
        PathTree { nodes: vec![root] }
    }

    /// Adds bytes below a path, whose nodes are looked up in `known`.
    fn add(
        &mut self,
        known: &mut HashMap<(u32, String), u32>,
        path: impl IntoIterator<Item = String>,
        size: usize,
        piece: Option<u32>,
    ) {
        let mut at = 0;
        self.nodes[0].size += size;
        for part in path {
            let next = self.nodes.len() as u32;
            let node = *known.entry((at, part)).or_insert_with_key(|(_, name)| {
                let name = name.clone();
                self.nodes.push(PathNode { name, size: 0, children: Vec::new(), piece: None });
                next
            });
            if node == next {
                self.nodes[at as usize].children.push(node);
            }
            at = node;
            self.nodes[at as usize].size += size;
        }
        self.nodes[at as usize].piece = self.nodes[at as usize].piece.or(piece);
    }
}

/// The most parts of a path. The rest of a longer one is its last part.
const MAX_PARTS: usize = 32;

impl Sizes<'_> {
    /// Adds the sizes up by path. Functions stand under `code`, by crate or namespace, modules and
    /// types, as their names say. Other pieces stand under the name of their section.
    pub fn by_path(&self) -> PathTree {
        let mut tree = PathTree::new();
        let mut known = HashMap::new();
        for (number, piece) in (0..).zip(&self.pieces) {
            let unit = &self.units[piece.unit as usize].path;
            let mut path = Vec::new();
            if !unit.is_empty() {
                path.extend(unit.split(", ").map(str::to_owned));
            }
            let section = &self.sections[piece.section as usize];
            let own = match &section.name {
                Some(name) => format!("{} {}", section.kind, &**name),
                None => section.kind.to_owned(),
            };
            path.push(own);
            match piece.kind {
                PieceKind::Item(ItemKind::Func) => match piece.shown_name() {
                    Some(name) => {
                        let mut parts = path_of(&name);
                        if parts.len() > MAX_PARTS {
                            let rest = parts.split_off(MAX_PARTS - 1).join("::");
                            parts.push(rest);
                        }
                        path.append(&mut parts);
                    }
                    None => path.push(format!("func {}", piece.index)),
                },
                PieceKind::Item(ItemKind::Custom) => {}
                PieceKind::Name(kind) => path.push(PieceKind::Name(kind).to_string()),
                PieceKind::Header | PieceKind::Preamble => path.push(piece.kind.to_string()),
                _ => {
                    let item = format!("{} {}", piece.kind, piece.index);
                    let parts = [Some(item.into()), piece.shown_name()];
                    path.push(parts.into_iter().flatten().collect::<Vec<_>>().join(" "));
                }
            }
            tree.add(&mut known, path, piece.size, self.is_item(number).then_some(number));
        }
        let sizes: Vec<_> = tree.nodes.iter().map(|node| node.size).collect();
        for node in &mut tree.nodes {
            node.children.sort_by_key(|&child| Reverse(sizes[child as usize]));
        }
        tree
    }

    /// Finds the generic functions that have several instances, sorted by the bytes that keeping
    /// only the largest instance would save, the most first.
    pub fn generics(&self) -> Vec<Generic> {
        // The first instance and the others, by name. Most functions have no others.
        let mut groups: HashMap<Cow<'_, str>, (u32, Vec<u32>)> = HashMap::new();
        for (number, piece) in (0..).zip(&self.pieces) {
            let is_code = self.sections[piece.section as usize].kind == SectionId::Code.name();
            if piece.kind != PieceKind::Item(ItemKind::Func) || !is_code {
                continue;
            }
            let Some(name) = piece.shown_name() else { continue };
            // Older symbols of Rust do not say of which types they are an instance.
            let key = without_generics(&name).map_or(name, Cow::Owned);
            match groups.entry(key) {
                Entry::Vacant(entry) => drop(entry.insert((number, Vec::new()))),
                Entry::Occupied(mut entry) => entry.get_mut().1.push(number),
            }
        }
        let size = |piece: &u32| self.pieces[*piece as usize].size;
        let groups = groups.into_iter().filter(|(_, (_, others))| !others.is_empty());
        let mut generics: Vec<_> = groups
            .map(|(name, (first, mut instances))| {
                instances.push(first);
                instances.sort_by_key(|piece| (Reverse(size(piece)), *piece));
                let name = name.into_owned();
                Generic { name, size: instances.iter().map(size).sum(), instances }
            })
            .collect();
        generics.sort_by_cached_key(|it| (Reverse(it.savings(self)), it.name.clone()));
        generics
    }
}
