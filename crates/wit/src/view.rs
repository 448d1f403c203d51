//! Packages, interfaces, worlds, functions and types, as the component of a package says them.
//!
//! These are views: they borrow the component, and state nothing that it does not.
//!
//! ```
//! use wattle_wit::{Resolver, view};
//!
//! let mut resolver = Resolver::new();
//! resolver.file("a.wit", "package a:b; interface i { resource r; f: func(x: r) -> list<u8>; }");
//! let resolved = resolver.resolve().unwrap();
//! let package = view::Package::read(&resolved.root().component).unwrap();
//! let interface = package.interfaces().next().unwrap();
//! assert_eq!(interface.name(), "i");
//! assert_eq!(interface.types().map(|ty| ty.name().to_string()).collect::<Vec<_>>(), ["r"]);
//! assert_eq!(interface.funcs().map(|func| func.name().to_string()).collect::<Vec<_>>(), ["f"]);
//! ```

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry as Entries;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::components::{
    Alias, Component, Definition, Export, ExportDecl, ExternDesc, ExternName, FuncType, Import,
    InterfaceName, ParsedName, PlainName, PlainSort, PlainSortIdx, Sort, SortIdx, Type, TypeBound,
    ValType, check_label,
};
use wattle_ast::{ComponentTypeIdx, Features, Shown};

use crate::package::PackageName;

/// The largest number of parts of a type, each counted as often as its text would say it.
const MAX_SIZE: usize = 1_000_000;

/// A package.
#[derive(Clone, Debug)]
pub struct Package<'c> {
    name: PackageName,
    scopes: Vec<Scope<'c>>,
    interfaces: Vec<(&'c str, usize)>,
    worlds: Vec<(&'c str, usize)>,
}

/// Interfaces of other packages, by package, each with its own name.
pub type Foreign<'v, 'c> = BTreeMap<PackageName, Vec<(String, Interface<'v, 'c>)>>;

/// The definitions of a component, or of the type of a component or instance, by index.
#[derive(Clone, Debug, Default)]
struct Scope<'c> {
    parent: Option<usize>,
    types: Vec<Entry<'c>>,
    /// The names and the types of instances.
    instances: Vec<Option<(&'c ExternName<'c>, usize)>>,
    items: Vec<Item<'c>>,
}

/// A type by index.
#[derive(Clone, Copy, Debug)]
enum Entry<'c> {
    /// A type, and the number of its parts.
    Type(&'c Type<'c>, usize),
    /// The type of a component or instance.
    Scope(usize),
    /// A type under a name of this scope.
    Named(&'c ExternName<'c>, TypeBound),
    /// A type of an instance.
    Of(u32, &'c str),
    /// A type of an enclosing scope.
    Outer(u32, u32),
}

/// An import or export.
#[derive(Clone, Copy, Debug)]
struct Item<'c> {
    is_import: bool,
    name: &'c ExternName<'c>,
    ty: ExternDesc,
}

/// Why a component is not a package.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ViewError {
    /// An index of something that is not there, or not before it is used.
    Index,
    /// An export that is not an interface or world.
    NotItem(String),
    /// A name that is not well-formed in its place.
    Name(String),
    /// Exports of several packages.
    Packages(String, String),
    /// The component exports nothing, and only exports say the name of the package.
    Empty,
    /// A type of a form that WIT has not.
    Form,
    /// A type without a name that must have one.
    Unnamed(&'static str),
    /// A type whose text would be too long.
    TooLarge,
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ViewError::Index => {
                f.write_str("unknown type, or one that is not defined before its use")
            }
            ViewError::NotItem(name) => {
                write!(f, "export `{}` is not an interface or world of a package", Shown(name))
            }
            ViewError::Name(name) => {
                write!(f, "`{}` is not a well-formed name", Shown(name))
            }
            ViewError::Packages(one, other) => {
                write!(f, "exports belong to two packages, `{}` and `{}`", Shown(one), Shown(other))
            }
            ViewError::Empty => f.write_str("a package without interfaces and worlds has no name"),
            ViewError::Form => f.write_str("a type that has no form in WIT"),
            ViewError::Unnamed(form) => write!(f, "a {form} without a name"),
            ViewError::TooLarge => f.write_str("a type that is too large to be written as text"),
        }
    }
}

impl core::error::Error for ViewError {}

type Result<T> = core::result::Result<T, ViewError>;

impl<'c> Package<'c> {
    /// Reads the component of a package.
    ///
    /// # Errors
    /// If the component is not the binary format of a package.
    pub fn read(component: &'c Component<'_>) -> Result<Package<'c>> {
        let mut scopes = Vec::from([Scope::default()]);
        let mut open = Vec::from([0]);
        for definition in &component.definitions {
            let number = open.last().copied().ok_or(ViewError::Index)?;
            if matches!(definition, Definition::End) {
                open.pop();
                continue;
            }
            let inner = scopes.len();
            let opens = definition.opens().is_some();
            let scope = scopes.get_mut(number).ok_or(ViewError::Index)?;
            scope.add(definition, inner)?;
            if opens {
                open.push(inner);
                scopes.push(Scope { parent: Some(number), ..Scope::default() });
            }
        }
        let mut package = Package {
            name: PackageName::default(),
            scopes,
            interfaces: Vec::new(),
            worlds: Vec::new(),
        };
        package.find_items()?;
        Ok(package)
    }

    /// Finds interfaces and worlds among the exports.
    fn find_items(&mut self) -> Result<()> {
        let mut found: Option<PackageName> = None;
        let root = self.scopes.first().map_or(Vec::new(), |scope| scope.items.clone());
        for item in root.iter().filter(|item| !item.is_import) {
            let not_item = || ViewError::NotItem(item.name.name.to_string());
            let ExternDesc::Type(TypeBound::Eq(index)) = item.ty else { return Err(not_item()) };
            let wrapper = self.scope_of(0, index).ok_or_else(not_item)?;
            let mut exports = self.scope(wrapper).items.iter().filter(|item| !item.is_import);
            let (Some(export), None) = (exports.next(), exports.next()) else {
                return Err(not_item());
            };
            let (package, _) = split(export.name)?;
            match &found {
                Some(other) if *other != package => {
                    return Err(ViewError::Packages(other.to_string(), package.to_string()));
                }
                _ => found = Some(package),
            }
            let name = item.name.name.as_str();
            match export.ty {
                ExternDesc::Instance(index) => {
                    let inner = self.scope_of(wrapper, index).ok_or_else(not_item)?;
                    self.interfaces.push((name, inner));
                }
                ExternDesc::Component(index) => {
                    let inner = self.scope_of(wrapper, index).ok_or_else(not_item)?;
                    self.worlds.push((name, inner));
                }
                _ => return Err(not_item()),
            }
        }
        self.name = found.ok_or(ViewError::Empty)?;
        Ok(())
    }

    /// A package without interfaces and worlds, whose component does not say its name.
    pub fn empty(name: PackageName) -> Package<'c> {
        Package { name, scopes: Vec::new(), interfaces: Vec::new(), worlds: Vec::new() }
    }

    /// The name of the package.
    pub fn name(&self) -> &PackageName {
        &self.name
    }

    /// The interfaces, in order.
    pub fn interfaces(&self) -> impl Iterator<Item = Interface<'_, 'c>> {
        self.interfaces.iter().map(|(name, scope)| Interface { package: self, scope: *scope, name })
    }

    /// The worlds, in order.
    pub fn worlds(&self) -> impl Iterator<Item = World<'_, 'c>> {
        self.worlds.iter().map(|(name, scope)| World { package: self, scope: *scope, name })
    }

    /// The interfaces of other packages that the component tells of, as far as it does: all types
    /// of those that are used, and of those that worlds import and export the functions too. Each
    /// comes with its own name; that of the view is the whole name.
    ///
    /// # Errors
    /// If a name is not that of an interface.
    pub fn foreign_interfaces(&self) -> Result<Foreign<'_, 'c>> {
        let mut found: BTreeMap<(PackageName, String), Interface<'_, 'c>> = BTreeMap::new();
        for (number, scope) in self.scopes.iter().enumerate().skip(1) {
            for item in &scope.items {
                let ExternDesc::Instance(index) = item.ty else { continue };
                let name = match &item.name.implements {
                    Some(implements) => implements,
                    None if item.name.name.contains(':') => &item.name.name,
                    None => continue,
                };
                let (package, interface) = split_text(name, item.name.version_suffix.as_deref())?;
                if package == self.name {
                    continue;
                }
                let scope = self.scope_of(number, index).ok_or(ViewError::Index)?;
                let view = Interface { package: self, scope, name: &item.name.name };
                let size = |view: &Interface<'_, 'c>| self.scope(view.scope).items.len();
                match found.entry((package, interface)) {
                    Entries::Vacant(entry) => drop(entry.insert(view)),
                    Entries::Occupied(mut entry) if size(entry.get()) < size(&view) => {
                        entry.insert(view);
                    }
                    Entries::Occupied(_) => {}
                }
            }
        }
        let mut packages: BTreeMap<PackageName, Vec<_>> = BTreeMap::new();
        for ((package, interface), view) in found {
            packages.entry(package).or_default().push((interface, view));
        }
        Ok(packages)
    }

    fn scope(&self, number: usize) -> &Scope<'c> {
        static EMPTY: Scope<'static> =
            Scope { parent: None, types: Vec::new(), instances: Vec::new(), items: Vec::new() };
        self.scopes.get(number).unwrap_or(&EMPTY)
    }

    /// The scope of the type of a component or instance.
    fn scope_of(&self, scope: usize, mut index: ComponentTypeIdx) -> Option<usize> {
        loop {
            match self.scope(scope).types.get(index.0 as usize)? {
                Entry::Scope(scope) => return Some(*scope),
                // A type is named behind its definition, so this ends.
                Entry::Named(_, TypeBound::Eq(other)) if *other < index => index = *other,
                _ => return None,
            }
        }
    }

    /// The interface and the name of a type that is used from an interface.
    fn used(&self, scope: usize, entry: Entry<'c>) -> Option<(&'c ExternName<'c>, &'c str)> {
        let (scope, entry) = match entry {
            Entry::Outer(1, index) => {
                let parent = self.scope(scope).parent?;
                (parent, *self.scope(parent).types.get(index as usize)?)
            }
            entry => (scope, entry),
        };
        let Entry::Of(instance, name) = entry else { return None };
        let (interface, _) = (*self.scope(scope).instances.get(instance as usize)?)?;
        Some((interface, name))
    }
}

impl<'c> Scope<'c> {
    /// Adds a definition. `inner` is the number of the scope that it opens.
    fn add(&mut self, definition: &'c Definition<'_>, inner: usize) -> Result<()> {
        match definition {
            Definition::Type(Type::Component | Type::Instance) => {
                self.types.push(Entry::Scope(inner))
            }
            Definition::Type(ty) => {
                let size = self.size(ty)?;
                self.types.push(Entry::Type(ty, size));
            }
            Definition::Alias(Alias::Export { sort: Sort::Plain(sort), instance, name }) => {
                match sort {
                    PlainSort::Type => self.types.push(Entry::Of(instance.0, name)),
                    PlainSort::Instance => self.instances.push(None),
                    _ => {}
                }
            }
            Definition::Alias(Alias::Outer {
                count,
                item: SortIdx::Plain(PlainSortIdx::Type(index)),
            }) => self.types.push(Entry::Outer(*count, index.0)),
            Definition::Import(Import { name, ty }) => self.add_item(true, name, *ty)?,
            Definition::ExportDecl(ExportDecl { name, ty }) => self.add_item(false, name, *ty)?,
            Definition::Export(Export { name, item, .. }) => match item {
                SortIdx::Plain(PlainSortIdx::Type(index)) => {
                    self.add_item(false, name, ExternDesc::Type(TypeBound::Eq(*index)))?;
                }
                _ => return Err(ViewError::NotItem(name.name.to_string())),
            },
            _ => {}
        }
        Ok(())
    }

    /// Adds an import or export. Its name must be well-formed, so that it can be written as text.
    fn add_item(
        &mut self,
        is_import: bool,
        name: &'c ExternName<'_>,
        ty: ExternDesc,
    ) -> Result<()> {
        ParsedName::parse(&name.name, Features::ALL)
            .map_err(|_| ViewError::Name(name.name.to_string()))?;
        match ty {
            ExternDesc::Type(bound) => {
                if let TypeBound::Eq(index) = bound {
                    self.types.get(index.0 as usize).ok_or(ViewError::Index)?;
                }
                self.types.push(Entry::Named(name, bound));
            }
            ExternDesc::Instance(index) => {
                let scope = match self.types.get(index.0 as usize) {
                    Some(Entry::Scope(scope)) => *scope,
                    _ => return Err(ViewError::Index),
                };
                self.instances.push(Some((name, scope)));
            }
            ExternDesc::Func(index) | ExternDesc::Component(index) => {
                self.types.get(index.0 as usize).ok_or(ViewError::Index)?;
            }
            ExternDesc::Value(_) | ExternDesc::CoreModule(_) => {}
        }
        self.items.push(Item { is_import, name, ty });
        Ok(())
    }

    /// The number of parts of a type. All of them must be there, and labels be well-formed.
    fn size(&self, ty: &Type<'_>) -> Result<usize> {
        check_labels(ty)?;
        let mut size = Ok(1_usize);
        for_each_index(ty, |index| {
            let of = match self.types.get(index.0 as usize) {
                Some(Entry::Type(_, size)) => Ok(*size),
                Some(_) => Ok(1),
                None => Err(ViewError::Index),
            };
            size = match (size.clone(), of) {
                (Ok(size), Ok(of)) => Ok(size.saturating_add(of)),
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
        });
        match size? {
            size if size > MAX_SIZE => Err(ViewError::TooLarge),
            size => Ok(size),
        }
    }
}

/// Checks the labels in a type.
fn check_labels(ty: &Type<'_>) -> Result<()> {
    let check = |label: &str| check_label(label).map_err(|_| ViewError::Name(label.into()));
    match ty {
        Type::Record(fields) => fields.iter().try_for_each(|field| check(&field.label)),
        Type::Variant(cases) => cases.iter().try_for_each(|case| check(&case.label)),
        Type::Flags(labels) | Type::Enum(labels) => {
            labels.iter().try_for_each(|label| check(label))
        }
        Type::Func(ty) => ty.params.iter().try_for_each(|param| check(&param.label)),
        _ => Ok(()),
    }
}

/// Calls a function with each index of a type in a type.
fn for_each_index(ty: &Type<'_>, mut f: impl FnMut(ComponentTypeIdx)) {
    let mut val = |ty: ValType| {
        if let ValType::Type(index) = ty {
            f(index);
        }
    };
    match ty {
        Type::Prim(_) | Type::Flags(_) | Type::Enum(_) | Type::Resource(_) => {}
        Type::Component | Type::Instance => {}
        Type::Record(fields) => fields.iter().for_each(|field| val(field.ty)),
        Type::Variant(cases) => cases.iter().filter_map(|case| case.ty).for_each(val),
        Type::List(ty) | Type::FixedList { elem: ty, .. } | Type::Option(ty) => val(*ty),
        Type::Tuple(types) => types.iter().copied().for_each(val),
        Type::Result { ok, err } => [*ok, *err].into_iter().flatten().for_each(val),
        Type::Own(index) | Type::Borrow(index) => f(*index),
        Type::Stream(ty) | Type::Future(ty) => ty.iter().copied().for_each(val),
        Type::Map { key, value } => [*key, *value].into_iter().for_each(val),
        Type::Func(ty) => {
            ty.params.iter().map(|param| param.ty).chain(ty.result.0).for_each(val);
        }
    }
}

/// The package and the interface that a name says. A canonical version is completed.
pub(crate) fn split(name: &ExternName<'_>) -> Result<(PackageName, String)> {
    split_text(&name.name, name.version_suffix.as_deref())
}

pub(crate) fn split_text(name: &str, suffix: Option<&str>) -> Result<(PackageName, String)> {
    let parsed = InterfaceName::parse(name, Features::ALL);
    let parsed = parsed.map_err(|_| ViewError::Name(name.into()))?;
    let version =
        parsed.version.map(|version| format!("{}{}", version.as_str(), suffix.unwrap_or_default()));
    let (namespace, package) = (parsed.namespace.into(), parsed.package.into());
    Ok((PackageName { namespace, name: package, version }, parsed.interface.into()))
}

/// An interface.
#[derive(Clone, Copy, Debug)]
pub struct Interface<'v, 'c> {
    package: &'v Package<'c>,
    scope: usize,
    name: &'c str,
}

impl<'v, 'c> Interface<'v, 'c> {
    /// The name without its package. Of an interface that is written out in a world, the name of the
    /// import or export.
    pub fn name(&self) -> &'c str {
        self.name
    }

    /// The types, in order: those that are used from other interfaces too.
    pub fn types(&self) -> impl Iterator<Item = NamedType<'v, 'c>> + use<'v, 'c> {
        types(self.package, self.scope)
    }

    /// The functions, in order.
    pub fn funcs(&self) -> impl Iterator<Item = Func<'v, 'c>> + use<'v, 'c> {
        let (package, scope) = (self.package, self.scope);
        let items = package.scope(scope).items.iter();
        items.filter_map(move |item| func(package, scope, *item))
    }
}

fn types<'v, 'c>(
    package: &'v Package<'c>,
    scope: usize,
) -> impl Iterator<Item = NamedType<'v, 'c>> + use<'v, 'c> {
    package.scope(scope).items.iter().filter_map(move |item| match item.ty {
        ExternDesc::Type(bound) => {
            Some(NamedType { package, scope, extern_name: item.name, bound })
        }
        _ => None,
    })
}

fn func<'v, 'c>(package: &'v Package<'c>, scope: usize, item: Item<'c>) -> Option<Func<'v, 'c>> {
    let ExternDesc::Func(index) = item.ty else { return None };
    match package.scope(scope).types.get(index.0 as usize)? {
        Entry::Type(Type::Func(ty), _) => Some(Func { package, scope, extern_name: item.name, ty }),
        _ => None,
    }
}

/// A type with a name.
#[derive(Clone, Copy, Debug)]
pub struct NamedType<'v, 'c> {
    package: &'v Package<'c>,
    scope: usize,
    extern_name: &'c ExternName<'c>,
    bound: TypeBound,
}

/// What a type is.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum TypeDefinition<'c> {
    /// A resource.
    Resource,
    /// A type of another interface.
    Used {
        /// The name of the import of the interface.
        interface: &'c ExternName<'c>,
        /// The name of the type there.
        name: &'c str,
    },
    /// Another name of a type of this interface or world.
    Alias(&'c str),
    /// A type. Indices in it are of the interface or world.
    Type(&'c Type<'c>),
}

impl<'v, 'c> NamedType<'v, 'c> {
    /// The name.
    pub fn name(&self) -> &'c str {
        &self.extern_name.name
    }

    /// The name that means something to the host.
    pub fn external_id(&self) -> Option<&'c str> {
        self.extern_name.external_id.as_deref()
    }

    /// What the type is.
    ///
    /// # Errors
    /// If it is nothing that WIT has.
    pub fn definition(&self) -> Result<TypeDefinition<'c>> {
        let TypeBound::Eq(index) = self.bound else { return Ok(TypeDefinition::Resource) };
        let entry = self.package.scope(self.scope).types.get(index.0 as usize);
        let entry = *entry.ok_or(ViewError::Index)?;
        match entry {
            Entry::Type(Type::Func(_) | Type::Resource(_), _) | Entry::Scope(_) => {
                Err(ViewError::Form)
            }
            Entry::Type(ty, _) => Ok(TypeDefinition::Type(ty)),
            Entry::Named(name, _) => Ok(TypeDefinition::Alias(&name.name)),
            Entry::Of(..) | Entry::Outer(..) => {
                let used = self.package.used(self.scope, entry).ok_or(ViewError::Index)?;
                Ok(TypeDefinition::Used { interface: used.0, name: used.1 })
            }
        }
    }

    /// The package and scope for what indices of the type stand for.
    pub(crate) fn types(&self) -> Types<'v, 'c> {
        Types { package: self.package, scope: self.scope }
    }
}

/// What indices of types stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Types<'v, 'c> {
    package: &'v Package<'c>,
    scope: usize,
}

/// A type where one is used.
pub(crate) enum Used<'c> {
    /// By its name.
    Name(&'c str),
    /// Written out.
    Type(&'c Type<'c>),
}

impl<'c> Types<'_, 'c> {
    pub(crate) fn get(&self, index: ComponentTypeIdx) -> Result<Used<'c>> {
        let entry = self.package.scope(self.scope).types.get(index.0 as usize);
        match *entry.ok_or(ViewError::Index)? {
            Entry::Type(ty, _) => Ok(Used::Type(ty)),
            Entry::Named(name, _) => Ok(Used::Name(&name.name)),
            Entry::Scope(_) => Err(ViewError::Form),
            entry => match self.package.used(self.scope, entry) {
                Some((_, name)) => Ok(Used::Name(name)),
                None => Err(ViewError::Index),
            },
        }
    }
}

/// A function.
#[derive(Clone, Copy, Debug)]
pub struct Func<'v, 'c> {
    package: &'v Package<'c>,
    scope: usize,
    extern_name: &'c ExternName<'c>,
    ty: &'c FuncType<'c>,
}

impl<'v, 'c> Func<'v, 'c> {
    /// The name in the component, such as `[method]file.read`.
    pub fn name(&self) -> &'c str {
        &self.extern_name.name
    }

    /// The parts of the name.
    ///
    /// # Errors
    /// If it is not the name of a function.
    pub fn plain_name(&self) -> Result<PlainName<'c>> {
        let name = self.name();
        PlainName::parse(name, Features::ALL).map_err(|_| ViewError::Name(name.into()))
    }

    /// The name that means something to the host.
    pub fn external_id(&self) -> Option<&'c str> {
        self.extern_name.external_id.as_deref()
    }

    /// The type. Indices in it are of the interface or world.
    pub fn ty(&self) -> &'c FuncType<'c> {
        self.ty
    }

    pub(crate) fn types(&self) -> Types<'v, 'c> {
        Types { package: self.package, scope: self.scope }
    }
}

/// A world.
#[derive(Clone, Copy, Debug)]
pub struct World<'v, 'c> {
    package: &'v Package<'c>,
    scope: usize,
    name: &'c str,
}

/// An import or export of a world.
#[derive(Clone, Copy, Debug)]
pub struct WorldItem<'v, 'c> {
    /// Whether it is an import.
    pub is_import: bool,
    /// The name, with its attributes.
    pub name: &'c ExternName<'c>,
    /// What it is.
    pub kind: WorldItemKind<'v, 'c>,
}

/// What an import or export of a world is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum WorldItemKind<'v, 'c> {
    /// An interface.
    Interface(Interface<'v, 'c>),
    /// A function.
    Func(Func<'v, 'c>),
    /// A type.
    Type(NamedType<'v, 'c>),
}

impl<'v, 'c> World<'v, 'c> {
    /// The name without its package.
    pub fn name(&self) -> &'c str {
        self.name
    }

    /// The imports and exports, in order.
    ///
    /// # Errors
    /// The first that is nothing that WIT has.
    pub fn items(&self) -> Result<Vec<WorldItem<'v, 'c>>> {
        let (package, scope) = (self.package, self.scope);
        let item = |item: &Item<'c>| {
            let name = item.name;
            let kind = match item.ty {
                ExternDesc::Instance(index) => {
                    let inner = package.scope_of(scope, index).ok_or(ViewError::Index)?;
                    WorldItemKind::Interface(Interface { package, scope: inner, name: &name.name })
                }
                ExternDesc::Func(_) => {
                    WorldItemKind::Func(func(package, scope, *item).ok_or(ViewError::Form)?)
                }
                ExternDesc::Type(bound) => {
                    WorldItemKind::Type(NamedType { package, scope, extern_name: name, bound })
                }
                _ => return Err(ViewError::NotItem(name.name.to_string())),
            };
            Ok(WorldItem { is_import: item.is_import, name, kind })
        };
        package.scope(scope).items.iter().map(item).collect()
    }
}
