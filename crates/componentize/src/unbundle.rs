//! Takes core modules out of a component, which then imports them.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::components::{
    Alias, Component, CoreExportDecl, CoreType, Definition, ExternDesc, Import, Misplaced,
    ParsedName, label_key,
};
use wattle_ast::{CoreModuleIdx, Encode, Features, IndexSpaces, Module, Shown, SubType, TypeIdx};
use wattle_encoder::encode;

/// A core module that was taken out of a component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnbundledModule {
    /// The name under which the component imports the module: `unbundled-module0` and so on.
    pub name: String,
    /// The module.
    pub bytes: Vec<u8>,
}

/// Takes the core modules of more than `threshold` bytes out of a component and of the components in
/// it. The component then imports them, at its beginning.
///
/// The imports have the types of the modules, so that the component behaves as before in an engine
/// that is given the modules. The imports are numbered in the order in which the modules stood.
/// Modules that are imported, and types of modules, stay.
///
/// ```
/// use wattle_componentize::unbundle;
///
/// let text = r#"(component (core module $m (func (export "f"))) (core instance (instantiate $m)))"#;
/// let mut component = wattle_wat::Parser::new().component(text)?.component;
/// let modules = unbundle(&mut component, 0)?;
/// assert_eq!(modules[0].name, "unbundled-module0");
/// assert_eq!(modules[0].bytes[..4], *b"\0asm");
///
/// let types = wattle_validator::components::validate_component(&component).unwrap();
/// assert!(types.import("unbundled-module0").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If a core module has an index without a type, so that the types of its imports or exports are
/// unknown, or if a definition is in a scope that does not permit it. The component then stays as
/// it was.
pub fn unbundle(
    component: &mut Component<'_>,
    threshold: usize,
) -> Result<Vec<UnbundledModule>, UnbundleError> {
    component.check().map_err(UnbundleError::Misplaced)?;
    let mut names = FreeNames::new(component);
    let (mut taken, mut places, mut imports) = (Vec::new(), Vec::new(), Vec::new());
    let mut types = CoreTypes::default();
    let mut number = 0;
    for (place, definition) in component.definitions.iter().enumerate() {
        let Definition::CoreModule(module) = definition else { continue };
        let bytes = encode(module);
        if bytes.len() > threshold {
            let ty = types.module_type(module).map_err(|fault| fault.of_module(number))?;
            let name = names.next();
            let desc = ExternDesc::CoreModule(ty);
            imports.push(Definition::Import(Import { name: name.clone().into(), ty: desc }));
            taken.push(UnbundledModule { name, bytes });
            places.push(place);
        }
        number += 1;
    }
    let mut inserted = types.definitions;
    inserted.append(&mut imports);
    let moved = inserted.len();
    component.insert(0, inserted).map_err(UnbundleError::Misplaced)?;
    let (mut depth, mut index) = (0, 0);
    let mut places = places.into_iter().map(|place| place + moved).peekable();
    for (place, definition) in component.definitions.iter_mut().enumerate() {
        if places.next_if_eq(&place).is_some() {
            let item = CoreModuleIdx(index).into();
            *definition = Definition::Alias(Alias::Outer { count: depth as u32, item });
            index += 1;
        }
        depth = definition.depth_after(depth);
    }
    Ok(taken)
}

/// Names that no import of a component has.
struct FreeNames {
    keys: BTreeSet<String>,
    number: u32,
}

impl FreeNames {
    fn new(component: &Component<'_>) -> FreeNames {
        let key = |name: &str| match ParsedName::parse(name, Features::ALL) {
            Ok(name) => name.key().into_owned(),
            Err(_) => name.to_owned(),
        };
        let keys = component.definitions.iter().filter_map(|definition| match definition {
            Definition::Import(import) => Some(key(&import.name.name)),
            _ => None,
        });
        FreeNames { keys: keys.collect(), number: 0 }
    }

    fn next(&mut self) -> String {
        loop {
            let name = format!("unbundled-module{}", self.number);
            self.number += 1;
            if !self.keys.contains(&*label_key(&name)) {
                return name;
            }
        }
    }
}

/// The core types of a component that types of modules are made of. Equal types are defined once.
#[derive(Default)]
struct CoreTypes<'a> {
    definitions: Vec<Definition<'a>>,
    /// The index of the first type of each group, by the group's bytes, in which types of the group
    /// have numbers from [`WITHIN`] on.
    groups: BTreeMap<Vec<u8>, u32>,
    /// The number of types.
    len: u32,
}

/// The number that stands for the first type of a group in the group itself.
const WITHIN: u32 = 1 << 31;

impl<'a> CoreTypes<'a> {
    /// Adds the type of a module, and returns its index.
    fn module_type(&mut self, module: &Module<'a>) -> Result<TypeIdx, Fault> {
        let spaces = IndexSpaces::of(module);
        let mut of_module = TypesOf::new(module);
        let mut declarations = Vec::new();
        let mut declare = |mut declaration: Definition<'a>| {
            let mut unknown = None;
            declaration.reindex(|_, ty| match of_module.alias(self, ty) {
                Ok(index) => index,
                Err(fault) => {
                    unknown = Some(fault);
                    ty
                }
            });
            declarations.extend(core::mem::take(&mut of_module.aliases));
            declarations.push(declaration);
            unknown.map_or(Ok(()), Err)
        };
        for import in &module.imports {
            declare(Definition::CoreImportDecl(Box::new(import.clone())))?;
        }
        for export in &module.exports {
            let unknown = || Fault::UnknownItem(String::from(export.name.as_str()));
            let ty = spaces.get(export.index).ok_or_else(unknown)?;
            let export = CoreExportDecl { name: export.name.clone(), ty };
            declare(Definition::CoreExportDecl(Box::new(export)))?;
        }
        self.definitions.push(Definition::CoreType(CoreType::Module));
        self.definitions.append(&mut declarations);
        self.definitions.push(Definition::End);
        self.len += 1;
        Ok(TypeIdx(self.len - 1))
    }

    /// Adds a group of types unless it has been added, and returns the index of its first type.
    /// Types outside of the group have their new indices; those in it begin at [`WITHIN`].
    fn group(&mut self, group: CoreType) -> u32 {
        let types = match &group {
            CoreType::Sub(ty) => core::slice::from_ref(&**ty),
            CoreType::Rec(types) => types,
            CoreType::Module => &[],
        };
        let mut key = Vec::from([u8::from(matches!(group, CoreType::Rec(_)))]);
        types.iter().for_each(|ty| ty.encode(&mut key));
        let first = self.len;
        let len = types.len() as u32;
        let index = *self.groups.entry(key).or_insert(first);
        if index == first {
            let mut definition = Definition::CoreType(group);
            definition.reindex(|_, ty| ty.checked_sub(WITHIN).map_or(ty, |place| first + place));
            self.definitions.push(definition);
            self.len += len;
        }
        index
    }
}

/// The types of a module, with their indices in the component and in the type of the module.
struct TypesOf<'m> {
    /// The groups in order: the first type, the types, and whether they were written as a group.
    runs: Vec<(u32, &'m [SubType], bool)>,
    /// The index of each type among those of the component.
    outer: Vec<Option<u32>>,
    /// The index of each type in the type of the module.
    inner: BTreeMap<u32, u32>,
    /// Aliases that were not added to the type of the module yet.
    aliases: Vec<Definition<'static>>,
}

impl<'m> TypesOf<'m> {
    fn new(module: &'m Module<'_>) -> TypesOf<'m> {
        let runs = module.type_runs().map(|run| (run.first, run.items, run.group.is_some()));
        TypesOf {
            runs: runs.collect(),
            outer: Vec::from_iter(module.types.iter().map(|_| None)),
            inner: BTreeMap::new(),
            aliases: Vec::new(),
        }
    }

    /// Returns the index of a type in the type of the module, which gets an alias for a new type.
    fn alias(&mut self, types: &mut CoreTypes<'_>, ty: u32) -> Result<u32, Fault> {
        if let Some(&index) = self.inner.get(&ty) {
            return Ok(index);
        }
        let outer = self.outer(types, ty)?;
        let index = self.inner.len() as u32;
        self.aliases
            .push(Definition::Alias(Alias::Outer { count: 1, item: TypeIdx(outer).into() }));
        self.inner.insert(ty, index);
        Ok(index)
    }

    /// Returns the index of a type among those of the component. Adds the group of the type, and
    /// the groups that this one refers to.
    fn outer(&mut self, types: &mut CoreTypes<'_>, ty: u32) -> Result<u32, Fault> {
        let mut needed = BTreeSet::new();
        let mut open = Vec::from([ty]);
        while let Some(ty) = open.pop() {
            match self.outer.get(ty as usize) {
                None => return Err(Fault::UnknownType(TypeIdx(ty))),
                Some(Some(_)) => continue,
                Some(None) => {}
            }
            let run = self.runs.partition_point(|(first, ..)| *first <= ty) - 1;
            if needed.insert(run) {
                self.group(run).reindex(|_, ty| {
                    open.push(ty);
                    ty
                });
            }
        }
        // A group refers only to itself and to groups before it.
        for run in needed {
            let (first, items, _) = self.runs[run];
            let mut group = self.group(run);
            group.reindex(|_, ty| match ty.checked_sub(first) {
                Some(place) if (place as usize) < items.len() => WITHIN + place,
                _ => self.outer.get(ty as usize).copied().flatten().unwrap_or(ty),
            });
            let Definition::CoreType(group) = group else { continue };
            let index = types.group(group);
            for place in 0..items.len() as u32 {
                if let Some(slot) = self.outer.get_mut((first + place) as usize) {
                    *slot = Some(index + place);
                }
            }
        }
        let found = self.outer.get(ty as usize).copied().flatten();
        found.ok_or(Fault::UnknownType(TypeIdx(ty)))
    }

    /// Returns the group at a place, as a definition.
    fn group(&self, run: usize) -> Definition<'static> {
        let (_, items, is_group) = self.runs[run];
        Definition::CoreType(match items {
            [ty] if !is_group => CoreType::Sub(ty.clone().into()),
            _ => CoreType::Rec(items.into()),
        })
    }
}

/// The reason why the type of a module cannot be written.
enum Fault {
    UnknownType(TypeIdx),
    UnknownItem(String),
}

impl Fault {
    fn of_module(self, module: u32) -> UnbundleError {
        match self {
            Fault::UnknownType(ty) => UnbundleError::UnknownType { module, ty },
            Fault::UnknownItem(export) => UnbundleError::UnknownItem { module, export },
        }
    }
}

/// The reason why core modules cannot be taken out of a component.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum UnbundleError {
    /// A core module has no type with an index that it uses.
    UnknownType {
        /// The number of the module among all in the component, in order.
        module: u32,
        /// The index.
        ty: TypeIdx,
    },
    /// A core module exports an item that it does not have.
    UnknownItem {
        /// The number of the module among all in the component, in order.
        module: u32,
        /// The name of the export.
        export: String,
    },
    /// A definition is in a scope that does not permit it.
    Misplaced(Misplaced),
}

impl fmt::Display for UnbundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnbundleError::UnknownType { module, ty } => {
                write!(f, "unknown type {ty}, in core module {module} of the component")
            }
            UnbundleError::UnknownItem { module, export } => {
                let export = Shown(export);
                write!(f, "unknown item in the export `{export}` of core module {module}")
            }
            UnbundleError::Misplaced(misplaced) => misplaced.fmt(f),
        }
    }
}

impl core::error::Error for UnbundleError {}
