//! The types of interfaces and worlds.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::Span;
use wattle_ast::components::{self, label_key};

use super::Resolve;
use super::items::Scope;
use crate::docs::{Map, TypeDocs};
use crate::error::{ErrorKind, Help, Place};
use crate::model::{InterfaceId, Kind, Owner, Text, Type, TypeId, Val};
use crate::order;
use crate::ordered::Ordered;
use crate::syntax::{Attributes, Case, Field, Id, InterfaceItem, Rename, TypeDef, TypeKind, Use};

/// The meaning of a name in an interface or world.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named {
    Type(TypeId),
    Func,
    /// A definition with an error, which has been reported.
    Faulty,
}

/// The names of an interface or world, while it is resolved.
#[derive(Default)]
pub(super) struct Names {
    /// The meaning of each name.
    pub(super) all: BTreeMap<Text, Named>,
    /// The types that gates do not exclude, in the order of the component, and their places.
    pub(super) types: Ordered<Text, (TypeId, Span)>,
}

/// An item that gives names to types.
pub(super) enum TypeItem<'a> {
    Use(&'a Use<'a>),
    Def(&'a TypeDef<'a>),
}

impl<'a> Resolve<'a> {
    /// Resolves the items of an interface.
    pub(super) fn resolve_interface(
        &mut self,
        scope: &Scope<'a>,
        id: InterfaceId,
        items: &'a [InterfaceItem<'a>],
    ) {
        let types = items.iter().filter_map(|item| match item {
            InterfaceItem::Use(item) => Some(TypeItem::Use(item)),
            InterfaceItem::Type(def) => Some(TypeItem::Def(def)),
            InterfaceItem::Func(_) => None,
        });
        let excluded = self.excluded.interfaces.get(&id).cloned();
        let mut names = self.resolve_types(scope, Owner::Interface(id), excluded, types.collect());
        for item in items {
            if let InterfaceItem::Func(func) = item {
                names.all.entry(func.name.name.into()).or_insert(Named::Func);
            }
        }
        let funcs = self.interface_funcs(scope, &names, items);
        let source = scope.source;
        let types = names.types.iter();
        let types = types.map(|(name, (_, span))| (name.clone(), Place { source, span: *span }));
        let funcs_places = funcs.iter().map(|(func, place)| (func.name.clone(), *place));
        let places: BTreeMap<Text, Place> = types.chain(funcs_places).collect();
        if let Some(item) = self.model[id].name.clone() {
            for (name, place) in &places {
                self.places.insert((scope.package, item.clone(), name.clone()), *place);
            }
        }
        let interface = &mut self.model.interfaces[id];
        interface.types = names.types.iter().map(|(name, (ty, _))| (name.clone(), *ty)).collect();
        interface.funcs = funcs.into_iter().map(|(func, _)| (func.name.clone(), func)).collect();
        self.names.insert(id, names.all);
        self.model.find_uses(id);
        self.check_interface_depth(id, |name| places.get(name).copied());
    }

    /// Resolves the types of an interface or world.
    pub(super) fn resolve_types(
        &mut self,
        scope: &Scope<'a>,
        owner: Owner,
        excluded: Option<Text>,
        items: Vec<TypeItem<'a>>,
    ) -> Names {
        let mut names = Names::default();
        for item in &items {
            if let TypeItem::Use(item) = item {
                self.resolve_use(scope, owner, item, &mut names);
            }
        }
        // The nodes are the definitions and the used types in the order of the text, which is kept
        // where dependencies leave a choice.
        let mut nodes: Vec<(Id<'a>, Option<&'a TypeDef<'a>>)> = Vec::new();
        let mut numbers: BTreeMap<&'a str, usize> = BTreeMap::new();
        for item in &items {
            match item {
                TypeItem::Use(item) => {
                    for name in item.names.iter().map(Rename::local) {
                        numbers.entry(name.name).or_insert(nodes.len());
                        nodes.push((name, None));
                    }
                }
                TypeItem::Def(def) if numbers.contains_key(def.name.name) => {
                    let kind = ErrorKind::DuplicateType { name: def.name.name.into() };
                    let (other, _) = nodes[numbers[def.name.name]];
                    let related = Place { source: scope.source, span: other.span };
                    self.error(kind, scope.source, def.name.span).related = Some(related);
                }
                TypeItem::Def(def) => {
                    numbers.insert(def.name.name, nodes.len());
                    nodes.push((def.name, Some(def)));
                }
            }
        }
        let mut edges = Vec::new();
        let mut references = Vec::new();
        for (_, def) in &nodes {
            let used = def.map_or(Vec::new(), |def| self.names_in(scope.source, def));
            let used = used.into_iter().filter_map(|id| Some((*numbers.get(id.name)?, id)));
            let (to, ids): (Vec<usize>, Vec<Id<'a>>) = used.unzip();
            edges.push(to);
            references.push(ids);
        }
        let order = order::order(&edges).unwrap_or_else(|(number, step)| {
            let id = references[number][step];
            let help = Help::Advice("types cannot be recursive; refer to a resource instead");
            let kind = ErrorKind::TypeCycle { name: id.name.into() };
            self.error(kind, scope.source, id.span).help = Some(help);
            for (name, _) in &nodes {
                names.all.entry(name.name.into()).or_insert(Named::Faulty);
            }
            Vec::new()
        });
        for number in order {
            let (name, Some(def)) = nodes[number] else { continue };
            let text: Text = name.name.into();
            let named = match self.type_def(scope, &names, owner, excluded.as_deref(), def) {
                Some(id) => {
                    if !self.excluded.types.contains_key(&id) {
                        let _ = names.types.insert(text.clone(), (id, name.span));
                    }
                    Named::Type(id)
                }
                None => Named::Faulty,
            };
            names.all.insert(text, named);
        }
        names
    }

    /// Resolves `use path.{a, b as c};`.
    fn resolve_use(&mut self, scope: &Scope<'a>, owner: Owner, item: &Use<'a>, names: &mut Names) {
        let source = scope.source;
        let (gate, excluded) =
            self.gate(&item.attributes, scope.package, source, item.path.name.span);
        let is_live = excluded.is_none();
        let errors = self.errors.len();
        let interface = self.interface(scope, &item.path, is_live);
        let is_elsewhere = match interface {
            Some(id) => self.model[id].package != scope.package,
            None => self.errors.len() == errors && item.path.package.is_some(),
        };
        for name in &item.names {
            let local = name.local();
            let text: Text = local.name.into();
            let there = interface.map(|id| self.names.get(&id)?.get(name.name.name).copied());
            let named = match there {
                // The type need not exist, since all references to it are excluded too.
                None | Some(None | Some(Named::Func)) if is_elsewhere && !is_live => {
                    let ty = Type::new(Some(text.clone()), owner, Kind::Resource);
                    Named::Type(self.add_type(ty, excluded.clone()))
                }
                None | Some(Some(Named::Faulty)) => Named::Faulty,
                Some(Some(Named::Type(ty))) => {
                    match self.live_type(ty, is_live, source, name.name.span) {
                        Some(ty) => {
                            let kind = Kind::Alias(Val::Type(ty));
                            let ty = Type {
                                external_id: external_id(&item.attributes),
                                docs: TypeDocs { gate: gate.clone(), ..TypeDocs::default() },
                                ..Type::new(Some(text.clone()), owner, kind)
                            };
                            Named::Type(self.add_type(ty, excluded.clone()))
                        }
                        None => Named::Faulty,
                    }
                }
                Some(Some(Named::Func)) => {
                    let kind = ErrorKind::UseOfFunc { name: name.name.name.into() };
                    let help = Help::Advice("only types can be used from another interface");
                    self.error(kind, source, name.name.span).help = Some(help);
                    Named::Faulty
                }
                Some(None) => {
                    let known = interface.and_then(|id| self.names.get(&id));
                    let known = known.into_iter().flat_map(BTreeMap::keys).map(|name| &**name);
                    let help = Help::meant(name.name.name, known, &mut self.budget);
                    let kind = ErrorKind::NotInThere {
                        name: name.name.name.into(),
                        interface: item.path.name.name.into(),
                    };
                    self.error(kind, source, name.name.span).help = help;
                    Named::Faulty
                }
            };
            if names.all.contains_key(&text) {
                let kind = ErrorKind::DuplicateType { name: local.name.into() };
                self.error(kind, source, local.span);
                continue;
            }
            if let Named::Type(id) = named
                && is_live
            {
                let _ = names.types.insert(text.clone(), (id, local.span));
            }
            names.all.insert(text, named);
        }
    }

    fn add_type(&mut self, ty: Type, excluded: Option<Text>) -> TypeId {
        let id = self.model.add_type(ty);
        self.excluded.types.extend(excluded.map(|feature| (id, feature)));
        id
    }

    /// Resolves a definition of a type.
    fn type_def(
        &mut self,
        scope: &Scope<'a>,
        names: &Names,
        owner: Owner,
        parent: Option<&str>,
        def: &'a TypeDef<'a>,
    ) -> Option<TypeId> {
        let (source, name) = (scope.source, def.name);
        let (gate, excluded) = self.gate(&def.attributes, scope.package, source, name.span);
        let is_live = excluded.is_none();
        if let (Some(feature), true) = (parent, is_live) {
            let sort = if matches!(owner, Owner::World(_)) { "world" } else { "interface" };
            let help = Help::Advice("give the type the same gate");
            let kind = ErrorKind::GatedParent { sort, feature: feature.into() };
            self.error(kind, source, name.span).help = Some(help);
        }
        let mut items = Map::default();
        let mut document = |name: Id<'_>, docs: &Option<String>| {
            if let Some(docs) = docs {
                let _ = items.insert(name.name.into(), docs.clone());
            }
        };
        let list = |resolve: &mut Self, sort, label, labels: Vec<Id<'a>>| {
            if labels.is_empty() {
                resolve.error(ErrorKind::Empty { sort }, source, name.span);
            }
            resolve.unique_labels(source, label, &labels)
        };
        let kind = match &def.kind {
            TypeKind::Alias(ty) => self.form(scope.source, names, *ty, is_live)?,
            TypeKind::Record(fields) => {
                list(self, "record", "field", fields.iter().map(|field| field.name).collect());
                let mut all = Vec::new();
                for Field { docs, name, ty } in fields {
                    document(*name, docs);
                    all.push((name.name.into(), self.val(source, names, *ty, is_live)));
                }
                let all = all.into_iter().map(|(name, ty): (Text, _)| Some((name, ty?)));
                Kind::Record(all.collect::<Option<_>>()?)
            }
            TypeKind::Variant(cases) => {
                list(self, "variant", "case", cases.iter().map(|case| case.name).collect());
                let mut all = Vec::new();
                for Case { docs, name, ty } in cases {
                    document(*name, docs);
                    let ty = ty.map(|ty| self.val(source, names, ty, is_live));
                    all.push((name.name.into(), ty));
                }
                let case = |(name, ty): (Text, Option<Option<Val>>)| match ty {
                    Some(ty) => Some((name, Some(ty?))),
                    None => Some((name, None)),
                };
                Kind::Variant(all.into_iter().map(case).collect::<Option<_>>()?)
            }
            TypeKind::Flags(cases) | TypeKind::Enum(cases) => {
                let is_flags = matches!(def.kind, TypeKind::Flags(_));
                let (sort, label) = if is_flags { ("flags", "flag") } else { ("enum", "case") };
                list(self, sort, label, cases.iter().map(|case| case.name).collect());
                if let (true, Some(case)) = (is_flags, cases.get(components::Type::MAX_FLAGS)) {
                    self.error(ErrorKind::TooManyFlags, source, case.name.span);
                }
                cases.iter().for_each(|case| document(case.name, &case.docs));
                let labels = cases.iter().map(|case| case.name.name.into()).collect();
                if is_flags { Kind::Flags(labels) } else { Kind::Enum(labels) }
            }
            TypeKind::Resource(_) => Kind::Resource,
        };
        // What stands behind a `=` was checked where it is.
        if is_live && !matches!(def.kind, TypeKind::Alias(_)) {
            self.check_limits(&kind, source, name.span);
        }
        let ty = Type {
            external_id: external_id(&def.attributes),
            docs: TypeDocs { docs: def.docs.clone(), gate, items },
            ..Type::new(Some(name.name.into()), owner, kind)
        };
        Some(self.add_type(ty, excluded))
    }

    /// Refuses labels that are too much alike.
    pub(super) fn unique_labels(&mut self, source: usize, sort: &'static str, labels: &[Id<'_>]) {
        let mut seen: BTreeMap<Cow<'_, str>, Id<'_>> = BTreeMap::new();
        for label in labels {
            if let Some(other) = seen.insert(label_key(label.name), *label) {
                let (name, previous) = (label.name.into(), other.name.into());
                let related = Place { source, span: other.span };
                let kind = ErrorKind::Labels { sort, name, previous };
                self.error(kind, source, label.span).related = Some(related);
            }
        }
    }

    /// Returns the type that a name stands for.
    pub(super) fn named(
        &mut self,
        source: usize,
        names: &Names,
        id: Id<'_>,
        is_live: bool,
    ) -> Option<TypeId> {
        match names.all.get(id.name) {
            Some(Named::Type(ty)) => self.live_type(*ty, is_live, source, id.span),
            Some(Named::Faulty) => None,
            Some(Named::Func) => {
                self.error(ErrorKind::FuncAsType { name: id.name.into() }, source, id.span);
                None
            }
            None => {
                let known = names.all.keys().map(|name| &**name);
                let help = match id.name {
                    "float32" => Some(Help::Meant("f32".into())),
                    "float64" => Some(Help::Meant("f64".into())),
                    name => {
                        let keywords =
                            crate::syntax::Keyword::ALL.iter().map(|keyword| keyword.text());
                        self.meant(name, known).or_else(|| self.meant(name, keywords))
                    }
                };
                self.error(ErrorKind::TypeNotFound { name: id.name.into() }, source, id.span)
                    .help = help;
                None
            }
        }
    }

    /// Returns the type that a reference leads to. Reports an error if a gate excludes the type but
    /// not the reference.
    fn live_type(
        &mut self,
        ty: TypeId,
        is_live: bool,
        source: usize,
        span: Span,
    ) -> Option<TypeId> {
        let excluded = self.excluded.types.get(&ty).cloned();
        self.unless_gated(ty, "type", excluded, is_live, source, span)
    }

    /// Returns the resource that a name stands for.
    pub(super) fn resource(
        &mut self,
        source: usize,
        names: &Names,
        id: Id<'_>,
        is_live: bool,
    ) -> Option<TypeId> {
        let ty = self.named(source, names, id, is_live)?;
        if !self.model[ty].is_resource {
            self.error(ErrorKind::NotResource { name: id.name.into() }, source, id.span);
            return None;
        }
        Some(ty)
    }
}

/// Returns the `@external-id` of an item.
pub(super) fn external_id(attributes: &Attributes<'_>) -> Option<Text> {
    attributes.external_id.as_deref().map(Text::from)
}
