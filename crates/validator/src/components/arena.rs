//! The arena of types: hash-consed nodes, each with the facts that rules ask for.
//!
//! A type is a node, and the types in it are nodes by id. Equal nodes have equal ids, so types are
//! graphs without repetition, however large they are when written out, and nothing here walks them
//! as trees: each fact about a type is computed once, from the facts about its parts.
//!
//! Two kinds of nodes have a number of their own, a *variable*, and so are never equal to others:
//! resources, and types that an import or export gave a name. [`Node::structure`] is the type
//! without names, so value types and functions are equal when their structures are.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use wattle_abi::ValueAbi;
use wattle_ast::components::PrimType;

use super::entities::{
    Attributes, ComponentParts, ENTRY, Entry, InstanceParts, entries, push_entries,
};
use super::nodes::{Facts, Kind, Node, NodeId, Properties, children, variable};
use super::texts::{TextId, Texts};
use crate::hash_index::{Hash, HashIndex};

/// The origin of a resource, for messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin {
    /// The name that the resource was introduced with.
    pub(crate) name: Option<TextId>,
    /// The import or export that it is in.
    pub(crate) within: Option<TextId>,
}

/// The kind and the words of a node, which identify it.
type Key = (Kind, Box<[u32]>);

/// The words of a node, from those of all nodes.
fn words_of<'a>(facts: &Facts, all: &'a [u32]) -> &'a [u32] {
    let (start, len) = facts.words;
    all.get(start..start + len as usize).unwrap_or_default()
}

fn hash(kind: Kind, words: &[u32]) -> Hash {
    words.iter().fold(Hash::new(kind as u64), |hash, &word| hash.with(word.into()))
}

/// The nodes of all types of a validation.
#[derive(Clone, Debug)]
pub(crate) struct Arena {
    nodes: Vec<Facts>,
    /// The words of all nodes, one node behind the other.
    words: Vec<u32>,
    index: HashIndex<Key>,
    abis: Vec<ValueAbi>,
    abi_ids: BTreeMap<ValueAbi, u32>,
    pub(crate) texts: Texts,
    attributes: Vec<Attributes>,
    attribute_ids: BTreeMap<Attributes, u32>,
    /// The origin of each variable.
    origins: Vec<Origin>,
    /// The exports of instances by name, made when they are first asked for.
    export_places: BTreeMap<NodeId, Arc<[(TextId, u32)]>>,
    /// The number of nodes that substitution has made.
    pub(crate) copies: u32,
}

impl Default for Arena {
    fn default() -> Arena {
        let mut arena = Arena {
            nodes: Vec::new(),
            words: Vec::new(),
            index: HashIndex::default(),
            abis: Vec::new(),
            abi_ids: BTreeMap::new(),
            texts: Texts::default(),
            attributes: Vec::new(),
            attribute_ids: BTreeMap::new(),
            origins: Vec::new(),
            export_places: BTreeMap::new(),
            copies: 0,
        };
        arena.intern(Kind::Unknown, &[]);
        for prim in PrimType::ALL {
            arena.intern(Kind::Prim, &[prim.code().into()]);
        }
        arena.attributes(Attributes::default());
        arena
    }
}

impl Arena {
    /// The id of a text. Adds the text unless it exists.
    pub(crate) fn text(&mut self, text: &str) -> TextId {
        self.texts.add(text)
    }

    /// The text with this id.
    pub(crate) fn str(&self, id: TextId) -> &str {
        self.texts.get(id)
    }

    /// The id of attributes.
    pub(crate) fn attributes(&mut self, attributes: Attributes) -> u32 {
        if attributes == Attributes::default() && !self.attributes.is_empty() {
            return 0;
        }
        let next = self.attributes.len() as u32;
        let id = *self.attribute_ids.entry(attributes).or_insert(next);
        if id == next {
            self.attributes.push(attributes);
        }
        id
    }

    /// The attributes with this id.
    pub(crate) fn attributes_of(&self, entry: &Entry) -> Attributes {
        self.attributes.get(entry.attributes as usize).copied().unwrap_or_default()
    }

    /// A new variable.
    pub(crate) fn variable(&mut self, origin: Origin) -> u32 {
        self.origins.push(origin);
        self.origins.len() as u32 - 1
    }

    /// The origin of a variable.
    pub(crate) fn origin(&self, variable: u32) -> Origin {
        self.origins.get(variable as usize).copied().unwrap_or_default()
    }

    /// Sets the name of a type that an import or export names, and of the resource behind it. Each
    /// keeps a name that it already has.
    pub(crate) fn name_type(&mut self, id: NodeId, name: TextId) {
        let own = self.node(id).variable();
        for variable in own.into_iter().chain(self.resource_variable(id)) {
            if let Some(origin) = self.origins.get_mut(variable as usize) {
                origin.name.get_or_insert(name);
            }
        }
    }

    /// A new resource.
    pub(crate) fn resource(&mut self, origin: Origin) -> NodeId {
        let variable = self.variable(origin);
        self.resource_node(variable)
    }

    /// The node of a resource.
    pub(crate) fn resource_node(&mut self, variable: u32) -> NodeId {
        self.intern(Kind::Resource, &[variable])
    }

    /// A type under a new name.
    pub(crate) fn named(&mut self, of: NodeId, origin: Origin) -> NodeId {
        let variable = self.variable(origin);
        self.intern(Kind::Named, &[variable, of.0])
    }

    /// The node with this id. Ids only come from this arena.
    pub(crate) fn node(&self, id: NodeId) -> Node<'_> {
        let facts = &self.nodes[id.0 as usize];
        Node { words: words_of(facts, &self.words), facts }
    }

    /// The type without names.
    pub(crate) fn structure(&self, id: NodeId) -> Node<'_> {
        self.node(self.node(id).structure)
    }

    /// The type without the names that it has itself. The types in it keep theirs.
    pub(crate) fn unnamed(&self, id: NodeId) -> NodeId {
        self.node(id).unnamed
    }

    /// The node of a type without the names that it has itself.
    pub(crate) fn bare(&self, id: NodeId) -> Node<'_> {
        self.node(self.unnamed(id))
    }

    /// The kind of a type without its names.
    pub(crate) fn kind(&self, id: NodeId) -> Kind {
        self.bare(id).kind
    }

    /// Whether two types are equal when all names are left out.
    pub(crate) fn are_equal(&self, a: NodeId, b: NodeId) -> bool {
        self.node(a).structure == self.node(b).structure
    }

    /// The keyword of a primitive type, and the word for the form of any other.
    pub(crate) fn form(&self, id: NodeId) -> &'static str {
        self.as_prim(id).map_or(self.kind(id).form(), PrimType::keyword)
    }

    /// The type that a named type refers to; any other type as it is.
    pub(crate) fn referenced(&self, id: NodeId) -> NodeId {
        let node = self.node(id);
        match node.kind {
            Kind::Named => node.words.get(1).map_or(NodeId::UNKNOWN, |&of| NodeId(of)),
            _ => id,
        }
    }

    /// The variable of a resource.
    pub(crate) fn resource_variable(&self, id: NodeId) -> Option<u32> {
        // Of types without names, only resources have a variable.
        self.bare(id).variable()
    }

    /// Whether a node has a property.
    pub(crate) fn has(&self, id: NodeId, property: Properties) -> bool {
        self.node(id).properties.has(property)
    }

    /// The ABI of a value type.
    pub(crate) fn abi(&self, id: NodeId) -> ValueAbi {
        let place = self.structure(id).abi as usize;
        self.abis.get(place).copied().unwrap_or(ValueAbi::HANDLE)
    }

    /// The node with this kind and these words. Adds the node unless it exists.
    pub(crate) fn intern(&mut self, kind: Kind, words: &[u32]) -> NodeId {
        if let Some(id) = self.find(kind, words) {
            return id;
        }
        let has_names = |(_, child)| self.node(child).structure != child;
        let structure = match kind {
            Kind::Named => words.get(1).map(|&of| self.node(NodeId(of)).structure),
            Kind::Instance | Kind::Component => None,
            _ if children(kind, words).any(has_names) => {
                let mut bare = Vec::from(words);
                for (place, child) in children(kind, words) {
                    bare[place] = self.node(child).structure.0;
                }
                Some(match self.find(kind, &bare) {
                    Some(id) => id,
                    None => self.add(kind, &bare, None),
                })
            }
            _ => None,
        };
        self.add(kind, words, structure)
    }

    /// The node with these words, if it exists.
    fn find(&self, kind: Kind, words: &[u32]) -> Option<NodeId> {
        let is_it = |id| {
            let node = self.node(NodeId(id));
            node.kind == kind && node.words == words
        };
        self.index.find(hash(kind, words), is_it, || (kind, words.into())).map(NodeId)
    }

    /// Adds a node that does not exist yet. `structure` is the node without names, or `None` if
    /// that is the node itself.
    fn add(&mut self, kind: Kind, words: &[u32], structure: Option<NodeId>) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        let mut node = Facts {
            kind,
            words: (self.words.len(), words.len() as u32),
            structure: structure.unwrap_or(id),
            unnamed: match (kind, words) {
                (Kind::Named, [_, of, ..]) => self.unnamed(NodeId(*of)),
                _ => id,
            },
            size: 1,
            depth: 1,
            properties: self.own_properties(kind, words),
            variables: (u32::MAX, 0),
            abi: 0,
        };
        for (_, child) in children(kind, words) {
            let child = self.node(child);
            node.size = node.size.saturating_add(child.size);
            node.depth = node.depth.max(child.depth.saturating_add(1));
            node.properties = node.properties.with(child.properties);
            node.variables.0 = node.variables.0.min(child.variables.0);
            node.variables.1 = node.variables.1.max(child.variables.1);
        }
        if let Some(variable) = variable(kind, words) {
            node.variables.0 = node.variables.0.min(variable);
            node.variables.1 = node.variables.1.max(variable);
        }
        if kind == Kind::Named {
            // A name adds nothing to the type.
            (node.size, node.depth) = (node.size - 1, node.depth - 1);
        }
        if kind.is_value() && structure.is_none() {
            let abi = self.compute_abi(kind, words);
            let next = self.abis.len() as u32;
            node.abi = *self.abi_ids.entry(abi).or_insert(next);
            if node.abi == next {
                self.abis.push(abi);
            }
        }
        self.nodes.push(node);
        self.words.extend_from_slice(words);
        let Arena { index, nodes, words: all, .. } = self;
        let key = |id: u32| {
            let facts = &nodes[id as usize];
            (facts.kind, words_of(facts, all).into())
        };
        index.add(hash(kind, words), id.0, key);
        id
    }

    /// The properties that a node has by itself.
    fn own_properties(&self, kind: Kind, words: &[u32]) -> Properties {
        match kind {
            Kind::Unknown => Properties::UNKNOWN,
            Kind::Prim if words == [PrimType::ErrorContext.code().into()] => Properties::HANDLE,
            Kind::Own => Properties::HANDLE.with(Properties::NOMINAL),
            Kind::Borrow => Properties::HANDLE.with(Properties::BORROW).with(Properties::NOMINAL),
            Kind::Stream | Kind::Future => Properties::HANDLE,
            Kind::Resource => Properties::RESOURCE.with(Properties::NOMINAL),
            kind if kind.is_nominal() => Properties::NOMINAL,
            _ => Properties::default(),
        }
    }

    /// The ABI of a value type without names.
    fn compute_abi(&self, kind: Kind, words: &[u32]) -> ValueAbi {
        let of = |word: u32| NodeId::of(word).map(|id| self.abi(id));
        let first = || words.first().copied().and_then(of).unwrap_or(ValueAbi::HANDLE);
        match kind {
            Kind::Prim => {
                let code = words.first().map_or(0, |&code| code as u8);
                PrimType::from_code(code).map_or(ValueAbi::HANDLE, ValueAbi::prim)
            }
            Kind::Record => {
                ValueAbi::record(words.iter().skip(1).step_by(2).copied().filter_map(of))
            }
            Kind::Tuple => ValueAbi::record(words.iter().copied().filter_map(of)),
            Kind::Variant => {
                let payloads: Vec<_> = words.iter().skip(1).step_by(2).copied().map(of).collect();
                ValueAbi::variant(payloads)
            }
            Kind::List | Kind::Map => ValueAbi::list(),
            Kind::FixedList => {
                ValueAbi::fixed_list(first(), words.get(1).copied().unwrap_or_default())
            }
            Kind::Flags => ValueAbi::flags(words.len()),
            Kind::Enum => ValueAbi::enumeration(words.len()),
            Kind::Option => ValueAbi::variant([None, Some(first())]),
            Kind::Result => {
                let part = |place: usize| words.get(place).copied().and_then(of);
                ValueAbi::variant([part(0), part(1)])
            }
            _ => ValueAbi::HANDLE,
        }
    }

    /// A primitive type.
    pub(crate) fn prim(&self, ty: PrimType) -> NodeId {
        // Primitive types are added first, behind the unknown type.
        NodeId(NodeId::UNKNOWN.0 + 1 + ty as u32)
    }

    /// The primitive type behind the names of a type, if it is one.
    pub(crate) fn as_prim(&self, id: NodeId) -> Option<PrimType> {
        let node = self.structure(id);
        match node.kind {
            Kind::Prim => PrimType::from_code(*node.words.first()? as u8),
            _ => None,
        }
    }

    /// The type of an instance.
    pub(crate) fn instance(&mut self, bound: &[u32], exports: &[Entry]) -> NodeId {
        let mut words = Vec::with_capacity(1 + bound.len() + exports.len() * ENTRY);
        words.push(bound.len() as u32);
        words.extend(bound);
        push_entries(exports, &mut words);
        self.intern(Kind::Instance, &words)
    }

    /// The type of a component.
    pub(crate) fn component(&mut self, parts: &ComponentParts) -> NodeId {
        let mut words = Vec::new();
        words.push(parts.imports.len() as u32);
        words.push(parts.imported.len() as u32);
        words.push(parts.defined.len() as u32);
        words.extend(&parts.imported);
        words.extend(&parts.defined);
        push_entries(&parts.imports, &mut words);
        push_entries(&parts.exports, &mut words);
        self.intern(Kind::Component, &words)
    }

    /// The variables that the type of an instance binds.
    pub(crate) fn bound(&self, id: NodeId) -> &[u32] {
        self.instance_words(id).0
    }

    /// The words of the type of an instance: bound variables, and exports. Other types have none.
    fn instance_words(&self, id: NodeId) -> (&[u32], &[u32]) {
        let node = self.bare(id);
        match (node.kind, node.words) {
            (Kind::Instance, [count, rest @ ..]) => {
                rest.split_at_checked(*count as usize).unwrap_or_default()
            }
            _ => (&[], &[]),
        }
    }

    /// The exports of the type of an instance; none for other types.
    pub(crate) fn exports(&self, id: NodeId) -> impl ExactSizeIterator<Item = Entry> + '_ {
        entries(self.instance_words(id).1)
    }

    /// The export at a place.
    pub(crate) fn export_at(&self, id: NodeId, place: usize) -> Option<Entry> {
        let start = place.checked_mul(ENTRY)?;
        entries(self.instance_words(id).1.get(start..start.checked_add(ENTRY)?)?).next()
    }

    /// The parts of the type of an instance.
    pub(crate) fn instance_parts(&self, id: NodeId) -> InstanceParts {
        InstanceParts { bound: self.bound(id).into(), exports: self.exports(id).collect() }
    }

    /// The parts of the type of a component. Other types have none.
    pub(crate) fn component_parts(&self, id: NodeId) -> ComponentParts {
        let node = self.bare(id);
        let (Kind::Component, [imports, imported, defined, rest @ ..]) = (node.kind, node.words)
        else {
            return ComponentParts::default();
        };
        let (imported, rest) = rest.split_at_checked(*imported as usize).unwrap_or_default();
        let (defined, rest) = rest.split_at_checked(*defined as usize).unwrap_or_default();
        let (imports, exports) =
            rest.split_at_checked(*imports as usize * ENTRY).unwrap_or_default();
        ComponentParts {
            imported: imported.into(),
            defined: defined.into(),
            imports: entries(imports).collect(),
            exports: entries(exports).collect(),
        }
    }

    /// The export of an instance with this name.
    pub(crate) fn export(&mut self, instance: NodeId, name: TextId) -> Option<Entry> {
        let instance = self.unnamed(instance);
        if self.exports(instance).len() <= 8 {
            return self.exports(instance).find(|entry| entry.name == name);
        }
        let places = match self.export_places.get(&instance) {
            Some(places) => places.clone(),
            None => {
                let mut places: Vec<(TextId, u32)> =
                    self.exports(instance).map(|entry| entry.name).zip(0..).collect();
                places.sort_unstable();
                let places: Arc<[(TextId, u32)]> = places.into();
                self.export_places.insert(instance, places.clone());
                places
            }
        };
        let place = places.binary_search_by_key(&name, |&(name, _)| name).ok()?;
        let (_, place) = *places.get(place)?;
        self.export_at(instance, place as usize)
    }
}
