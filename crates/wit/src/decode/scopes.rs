//! The types, functions and instances of a component, each with an identity. They are found by
//! visiting the definitions in order.
//!
//! The type of a component or instance is visited again for each item of that type, and a component
//! for each of its instances, so that each import, export and instance has types of its own. A type
//! that is another name of a type refers to that type. This tells a `use` from a definition in WIT.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::components::{
    Alias, Canon, Definition, Export, ExportDecl, ExternDesc, ExternName, Import, Instance,
    ParsedName, PlainSort, PlainSortIdx, Sort, SortIdx, Type, TypeBound, check_label,
};
use wattle_ast::{ComponentTypeIdx, Features};

use super::error::{Kind, Result};
use super::types::parts;

/// The number of steps that may be taken besides [`STEPS`] for each definition and each part of a
/// type. A few bytes can cause many steps: a component can be instantiated twice in one that is
/// instantiated twice, and so on.
const MAX_STEPS: usize = 1_000_000;

/// The number of times that a definition is looked at: when it is visited, when its type is
/// converted, as a function, and as the target of an alias.
const STEPS: usize = 4;

/// The number of a type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Entry(pub(super) usize);

/// The number of an instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct InstanceId(usize);

/// The number of a scope.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScopeId(usize);

/// A type. The types that it refers to have lower numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum EntryKind<'c> {
    /// A definition, whose indices are those of a scope.
    Defined(ScopeId, &'c Definition<'c>),
    /// The type of a component or instance.
    Body(Body),
    /// Another name of a type.
    Named(Entry),
    /// A resource of which nothing is known.
    Resource,
}

/// The definitions of a component, or of the type of a component or instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    start: usize,
    end: usize,
    /// The scope around them.
    parent: Option<ScopeId>,
}

/// An import or export, or an item of an index space.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// A function of this type.
    Func(Entry),
    Type(Entry),
    Instance(InstanceId),
    Component(Body),
    /// A core module or a value.
    Other,
}

impl Item {
    /// Returns whether WIT can import or export the item.
    pub(super) fn is_in_wit(self, is_import: bool) -> bool {
        match self {
            Item::Func(_) | Item::Instance(_) => true,
            Item::Type(_) => is_import,
            Item::Component(_) | Item::Other => false,
        }
    }
}

/// Imports or exports in order.
pub(super) type Items<'c> = Vec<(&'c ExternName<'c>, Item)>;

/// Index spaces, imports and exports.
#[derive(Debug, Default)]
struct Scope<'c> {
    parent: Option<ScopeId>,
    funcs: Vec<Entry>,
    types: Vec<Entry>,
    components: Vec<Body>,
    instances: Vec<InstanceId>,
    imports: Items<'c>,
    exports: Items<'c>,
}

#[derive(Debug)]
struct InstanceData<'c> {
    exports: Items<'c>,
    by_name: BTreeMap<&'c str, usize>,
}

/// A body that is being visited.
struct Frame<'c> {
    scope: ScopeId,
    at: usize,
    end: usize,
    /// The items that the imports stand for.
    args: Option<BTreeMap<&'c str, Item>>,
    then: Then<'c>,
}

/// The destination of the exports of a body.
#[derive(Clone, Copy)]
enum Then<'c> {
    Nothing,
    /// An instance that was created.
    Instance,
    /// An instance that is imported or exported.
    Extern {
        is_import: bool,
        name: &'c ExternName<'c>,
    },
}

/// The definitions of a component, and the scopes, types and instances found in them so far.
pub(super) struct Scopes<'c> {
    definitions: &'c [Definition<'c>],
    /// The end of the body that a definition opens, by the place of the definition.
    ends: BTreeMap<usize, usize>,
    scopes: Vec<Scope<'c>>,
    entries: Vec<EntryKind<'c>>,
    instances: Vec<InstanceData<'c>>,
    frames: Vec<Frame<'c>>,
    steps: usize,
}

impl<'c> Scopes<'c> {
    pub(super) fn new(definitions: &'c [Definition<'c>]) -> Result<Scopes<'c>> {
        let (mut ends, mut open) = (BTreeMap::new(), Vec::new());
        for (at, definition) in definitions.iter().enumerate() {
            if definition.opens().is_some() {
                open.push(at);
            } else if matches!(definition, Definition::End) {
                let start = open.pop().ok_or(Kind::Index)?;
                ends.insert(start, at);
            }
        }
        if !open.is_empty() {
            return Err(Kind::Index.into());
        }
        Ok(Scopes {
            definitions,
            ends,
            scopes: Vec::new(),
            entries: Vec::new(),
            instances: Vec::new(),
            frames: Vec::new(),
            steps: definitions
                .iter()
                .fold(0, |sum: usize, definition| sum.saturating_add(1 + parts(definition)))
                .saturating_mul(STEPS)
                .saturating_add(MAX_STEPS),
        })
    }

    /// Returns the body of the component itself.
    pub(super) fn root(&self) -> Body {
        Body { start: 0, end: self.definitions.len(), parent: None }
    }

    /// Returns the number of types that have been found.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn scope(&self, id: ScopeId) -> Result<&Scope<'c>> {
        self.scopes.get(id.0).ok_or_else(|| Kind::Index.into())
    }

    pub(super) fn entry(&self, entry: Entry) -> Result<EntryKind<'c>> {
        self.entries.get(entry.0).copied().ok_or_else(|| Kind::Index.into())
    }

    /// Returns the type of an index.
    pub(super) fn ty(&self, scope: ScopeId, index: ComponentTypeIdx) -> Result<Entry> {
        let types = &self.scope(scope)?.types;
        types.get(index.0 as usize).copied().ok_or_else(|| Kind::Index.into())
    }

    /// Returns the exports of an instance.
    pub(super) fn exports(&self, id: InstanceId) -> Result<&[(&'c ExternName<'c>, Item)]> {
        self.instances.get(id.0).map(|data| &data.exports[..]).ok_or_else(|| Kind::Index.into())
    }

    /// Returns the body of a type of a component or instance; `None` for any other type.
    pub(super) fn body(&mut self, mut entry: Entry) -> Result<Option<Body>> {
        loop {
            self.step()?;
            match self.entry(entry)? {
                EntryKind::Body(body) => return Ok(Some(body)),
                EntryKind::Named(other) => entry = other,
                EntryKind::Defined(..) | EntryKind::Resource => return Ok(None),
            }
        }
    }

    /// Counts a step.
    pub(super) fn step(&mut self) -> Result<()> {
        self.take_steps(1)
    }

    /// Counts steps.
    pub(super) fn take_steps(&mut self, count: usize) -> Result<()> {
        self.steps = self.steps.checked_sub(count).ok_or(Kind::TooLarge)?;
        Ok(())
    }

    /// Visits the definitions of a body, and returns its imports and exports.
    pub(super) fn run(&mut self, body: Body) -> Result<(Items<'c>, Items<'c>)> {
        self.enter(body, None, Then::Nothing);
        loop {
            let Some(frame) = self.frames.last_mut() else { return Err(Kind::Index.into()) };
            let (scope, at) = (frame.scope, frame.at);
            if at < frame.end {
                let end = self.ends.get(&at).copied();
                frame.at = end.unwrap_or(at) + 1;
                let definition = self.definitions.get(at).ok_or(Kind::Index)?;
                self.take_steps(1 + parts(definition))?;
                self.definition(scope, at, definition)?;
                continue;
            }
            let Some(frame) = self.frames.pop() else { return Err(Kind::Index.into()) };
            let scope = self.scope_mut(frame.scope)?;
            let exports = core::mem::take(&mut scope.exports);
            let Some(parent) = self.frames.last().map(|frame| frame.scope) else {
                return Ok((core::mem::take(&mut self.scope_mut(frame.scope)?.imports), exports));
            };
            let item = Item::Instance(self.add_instance(exports));
            self.push(parent, item)?;
            if let Then::Extern { is_import, name } = frame.then {
                self.record(parent, is_import, name, item)?;
            }
        }
    }

    fn enter(&mut self, body: Body, args: Option<BTreeMap<&'c str, Item>>, then: Then<'c>) {
        let scope = ScopeId(self.scopes.len());
        self.scopes.push(Scope { parent: body.parent, ..Scope::default() });
        self.frames.push(Frame { scope, at: body.start, end: body.end, args, then });
    }

    fn scope_mut(&mut self, id: ScopeId) -> Result<&mut Scope<'c>> {
        self.scopes.get_mut(id.0).ok_or_else(|| Kind::Index.into())
    }

    fn add_entry(&mut self, kind: EntryKind<'c>) -> Entry {
        self.entries.push(kind);
        Entry(self.entries.len() - 1)
    }

    fn add_instance(&mut self, exports: Items<'c>) -> InstanceId {
        let by_name = exports.iter().enumerate();
        let by_name = by_name.map(|(at, (name, _))| (name.name.as_str(), at)).collect();
        self.instances.push(InstanceData { exports, by_name });
        InstanceId(self.instances.len() - 1)
    }

    /// Adds an item to its index space.
    fn push(&mut self, scope: ScopeId, item: Item) -> Result<()> {
        let scope = self.scope_mut(scope)?;
        match item {
            Item::Func(ty) => scope.funcs.push(ty),
            Item::Type(ty) => scope.types.push(ty),
            Item::Instance(instance) => scope.instances.push(instance),
            Item::Component(body) => scope.components.push(body),
            // No item of WIT refers to values or core modules.
            Item::Other => {}
        }
        Ok(())
    }

    /// Adds an import or export, whose name must be well-formed.
    fn record(
        &mut self,
        scope: ScopeId,
        is_import: bool,
        name: &'c ExternName<'c>,
        item: Item,
    ) -> Result<()> {
        ParsedName::parse(&name.name, Features::ALL)
            .map_err(|_| Kind::Name(name.name.as_str().into()))?;
        let scope = self.scope_mut(scope)?;
        let items = if is_import { &mut scope.imports } else { &mut scope.exports };
        items.push((name, item));
        Ok(())
    }

    fn item(&self, scope: ScopeId, index: PlainSortIdx) -> Result<Item> {
        let scope = self.scope(scope)?;
        let at = index.number() as usize;
        let item = match index.sort() {
            PlainSort::Func => scope.funcs.get(at).map(|ty| Item::Func(*ty)),
            PlainSort::Type => scope.types.get(at).map(|ty| Item::Type(*ty)),
            PlainSort::Component => scope.components.get(at).map(|body| Item::Component(*body)),
            PlainSort::Instance => scope.instances.get(at).map(|id| Item::Instance(*id)),
            PlainSort::Value => Some(Item::Other),
        };
        item.ok_or_else(|| Kind::Index.into())
    }

    fn sort_item(&self, scope: ScopeId, index: SortIdx) -> Result<Item> {
        match index {
            SortIdx::Plain(index) => self.item(scope, index),
            SortIdx::Core(_) => Ok(Item::Other),
        }
    }

    fn body_at(&mut self, scope: ScopeId, index: ComponentTypeIdx) -> Result<Body> {
        self.body(self.ty(scope, index)?)?.ok_or_else(|| Kind::Index.into())
    }

    fn definition(
        &mut self,
        scope: ScopeId,
        at: usize,
        definition: &'c Definition<'c>,
    ) -> Result<()> {
        let body = |scopes: &Self| -> Result<Body> {
            let end = scopes.ends.get(&at).copied().ok_or(Kind::Index)?;
            Ok(Body { start: at + 1, end, parent: Some(scope) })
        };
        let item = match definition {
            Definition::Type(Type::Component | Type::Instance) => {
                let body = body(self)?;
                Item::Type(self.add_entry(EntryKind::Body(body)))
            }
            Definition::Type(ty) => {
                self.check_type(scope, definition, ty)?;
                Item::Type(self.add_entry(EntryKind::Defined(scope, definition)))
            }
            Definition::Component => Item::Component(body(self)?),
            Definition::Alias(alias) => self.alias(scope, alias)?,
            Definition::Import(Import { name, ty }) => {
                let args = self.frames.last().and_then(|frame| frame.args.as_ref());
                match args.map(|args| args.get(name.name.as_str()).copied()) {
                    None => return self.declaration(scope, true, name, *ty),
                    Some(Some(item)) if has_sort(item, ty.sort()) => item,
                    Some(_) => {
                        return Err(Kind::Argument(name.name.as_str().into()).into());
                    }
                }
            }
            Definition::ExportDecl(ExportDecl { name, ty }) => {
                return self.declaration(scope, false, name, *ty);
            }
            Definition::Export(export) => return self.export(scope, export),
            Definition::Instance(Instance::Instantiate { component, args }) => {
                let index = PlainSortIdx::Component(*component);
                let Item::Component(body) = self.item(scope, index)? else {
                    return Err(Kind::Index.into());
                };
                let mut given = BTreeMap::new();
                for arg in args {
                    self.step()?;
                    given.insert(arg.name.as_str(), self.sort_item(scope, arg.item)?);
                }
                self.enter(body, Some(given), Then::Instance);
                return Ok(());
            }
            Definition::Instance(Instance::Exports(exports)) => {
                let mut items = Items::new();
                for export in exports {
                    self.step()?;
                    items.push((&export.name, self.sort_item(scope, export.item)?));
                }
                Item::Instance(self.add_instance(items))
            }
            Definition::Canon(Canon::Lift { ty, .. }) => Item::Func(self.ty(scope, *ty)?),
            _ => return Ok(()),
        };
        self.push(scope, item)
    }

    /// Checks that the types that a type refers to exist, and that its labels are well-formed.
    fn check_type(&self, scope: ScopeId, definition: &Definition<'_>, ty: &Type<'_>) -> Result<()> {
        let len = self.scope(scope)?.types.len();
        let mut is_known = true;
        definition.uses(|index| {
            if let SortIdx::Plain(PlainSortIdx::Type(index)) = index {
                is_known &= (index.0 as usize) < len;
            }
        });
        let check = |label: &str| check_label(label).map_err(|_| Kind::Name(label.into()));
        match ty {
            _ if !is_known => return Err(Kind::Index.into()),
            Type::Record(fields) => fields.iter().try_for_each(|field| check(&field.label))?,
            Type::Variant(cases) => cases.iter().try_for_each(|case| check(&case.label))?,
            Type::Flags(labels) | Type::Enum(labels) => {
                labels.iter().try_for_each(|label| check(label))?;
            }
            Type::Func(ty) => ty.params.iter().try_for_each(|param| check(&param.label))?,
            _ => {}
        }
        Ok(())
    }

    fn alias(&mut self, scope: ScopeId, alias: &'c Alias<'c>) -> Result<Item> {
        match alias {
            Alias::Export { sort: Sort::Plain(sort), instance, name } => {
                let index = PlainSortIdx::Instance(*instance);
                let Item::Instance(id) = self.item(scope, index)? else {
                    return Err(Kind::Index.into());
                };
                let data = self.instances.get(id.0).ok_or(Kind::Index)?;
                let export = data.by_name.get(name.as_str()).and_then(|at| data.exports.get(*at));
                match export {
                    Some((_, item)) if has_sort(*item, Sort::Plain(*sort)) => Ok(*item),
                    _ => Err(Kind::NoExport(name.as_str().into()).into()),
                }
            }
            Alias::Outer { count, item: SortIdx::Plain(index) } => {
                let mut scope = scope;
                for _ in 0..*count {
                    self.step()?;
                    scope = self.scope(scope)?.parent.ok_or(Kind::Index)?;
                }
                self.item(scope, *index)
            }
            Alias::Export { .. } | Alias::CoreExport { .. } | Alias::Outer { .. } => {
                Ok(Item::Other)
            }
        }
    }

    /// Adds an import, or the export of a type of a component or instance.
    fn declaration(
        &mut self,
        scope: ScopeId,
        is_import: bool,
        name: &'c ExternName<'c>,
        ty: ExternDesc,
    ) -> Result<()> {
        let item = match ty {
            ExternDesc::Func(index) => Item::Func(self.ty(scope, index)?),
            ExternDesc::Type(TypeBound::Resource) => {
                Item::Type(self.add_entry(EntryKind::Resource))
            }
            ExternDesc::Type(TypeBound::Eq(index)) => {
                let ty = self.ty(scope, index)?;
                Item::Type(self.add_entry(EntryKind::Named(ty)))
            }
            ExternDesc::Component(index) => Item::Component(self.body_at(scope, index)?),
            ExternDesc::Instance(index) => {
                let body = self.body_at(scope, index)?;
                self.enter(body, None, Then::Extern { is_import, name });
                return Ok(());
            }
            ExternDesc::Value(_) | ExternDesc::CoreModule(_) => Item::Other,
        };
        self.push(scope, item)?;
        self.record(scope, is_import, name, item)
    }

    fn export(&mut self, scope: ScopeId, export: &'c Export<'c>) -> Result<()> {
        let item = self.sort_item(scope, export.item)?;
        // The exported item has the type that the export ascribes to it.
        if let Some(ty) = export.ty {
            return match has_sort(item, ty.sort()) {
                true => self.declaration(scope, false, &export.name, ty),
                false => Err(Kind::NoExport(export.name.name.as_str().into()).into()),
            };
        }
        let item = match item {
            Item::Type(ty) => Item::Type(self.add_entry(EntryKind::Named(ty))),
            item => item,
        };
        self.push(scope, item)?;
        self.record(scope, false, &export.name, item)
    }
}

fn has_sort(item: Item, sort: Sort) -> bool {
    match item {
        Item::Func(_) => sort == Sort::Plain(PlainSort::Func),
        Item::Type(_) => sort == Sort::Plain(PlainSort::Type),
        Item::Instance(_) => sort == Sort::Plain(PlainSort::Instance),
        Item::Component(_) => sort == Sort::Plain(PlainSort::Component),
        Item::Other => matches!(sort, Sort::Core(_) | Sort::Plain(PlainSort::Value)),
    }
}
