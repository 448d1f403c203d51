//! Finds the meaning of each core import and export of a module by its name, and checks its type.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_abi::{Call, Mode};
use wattle_ast::{ExternIdx, ExternType, FuncType, Import, IndexSpaces, ValType, nearest};
use wattle_wit::model::{Extern, Func, Text};

use super::builtins::{Builtin, linked_by_env};
use super::part::{CoreFunc, Exports, Given, Lifted, Linked, MAIN, Part, Source};
use crate::abi::Abis;
use crate::error::{Help, Problem, ProblemKind};
use crate::func_types::{FuncTypeId, FuncTypes, ModuleTypes};
use crate::names::{ExportName, ImportItem, ImportName, Role, STANDARD, Scheme, Side, export_name};
use crate::world::{Place, World};

/// The module from which adapters import the exports of the main module.
pub(super) const MAIN_MODULE: &str = "__main_module__";
/// The module from which memories, and the functions that linkers leave open, are imported.
pub(crate) const ENV: &str = "env";
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Finds the meanings of core imports and exports.
pub(super) struct Matcher<'l, 'm> {
    pub(super) world: &'l World<'m>,
    pub(super) abis: &'l Abis,
    /// The numbers of adapters by name.
    pub(super) adapters: &'l BTreeMap<Box<str>, usize>,
    /// Whether names of the older scheme are allowed.
    pub(super) legacy: bool,
    pub(super) types: FuncTypes,
    pub(super) problems: Vec<Problem>,
    /// The number of names that may still be compared to find the nearest.
    pub(super) budget: usize,
}

/// The reason why a core import is unknown.
enum Unknown {
    Module,
    Name(Place),
    Legacy,
}

impl Matcher<'_, '_> {
    fn problem(&mut self, part: &Part<'_>, kind: ProblemKind) {
        self.problems.push(Problem { origin: part.origin.clone(), kind });
    }

    /// Finds the sources of the imports of a part, and reports imports without a source or with a
    /// wrong type.
    pub(super) fn imports<'a>(&mut self, part: &Part<'a>) -> Vec<Linked<'a>> {
        let types = self.types.of(&part.module);
        let mut linked = Vec::with_capacity(part.module.imports.len());
        let mut unknown: Vec<(&str, Vec<Box<str>>)> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, import) in part.module.imports.iter().enumerate() {
            // The name that the import had before it was renamed.
            let name = part.renamed.get(&place).unwrap_or(&import.name);
            let ty = func_type(&types, import.ty);
            let source = match (part.given.get(place), import.ty) {
                (Some(Some(given)), _) => Ok(Source::Export(given.clone())),
                (_, ExternType::Mem(_)) if import.module == ENV && name == "memory" => {
                    Ok(Source::Memory)
                }
                _ if import.module == MAIN_MODULE && part.is_adapter() => {
                    Ok(Source::Export(Given { part: MAIN, name: name.as_str().into() }))
                }
                (_, ExternType::Func(_)) => self.func(part, import, name, ty),
                (_, ty) => {
                    let (module, name) = (import.module.as_str().into(), name.as_str().into());
                    self.problem(part, ProblemKind::NotFunc { module, name, kind: ty.kind() });
                    continue;
                }
            };
            match source {
                Ok(source) => linked.push(Linked {
                    module: import.module.clone(),
                    name: import.name.clone(),
                    source,
                    kind: import.ty.kind(),
                    ty: ty.unwrap_or_default(),
                }),
                Err(Unknown::Module) => {
                    let place = *places.entry(&import.module).or_insert(unknown.len());
                    if place == unknown.len() {
                        unknown.push((&import.module, Vec::new()));
                    }
                    unknown[place].1.push(name.as_str().into());
                }
                Err(Unknown::Legacy) => {
                    let help = Some(Help::LegacyName);
                    self.unknown_import(part, import, name, help);
                }
                Err(Unknown::Name(place)) => {
                    let help = self.meant(name, self.world.names(place)).map(Help::Meant);
                    self.unknown_import(part, import, name, help);
                }
            }
        }
        for (module, names) in unknown {
            let help = self.help_with_module(part, module);
            self.problem(part, ProblemKind::UnknownModule { module: module.into(), names, help });
        }
        linked
    }

    fn unknown_import(
        &mut self,
        part: &Part<'_>,
        import: &Import<'_>,
        name: &str,
        help: Option<Help>,
    ) {
        let (module, name) = (import.module.as_str().into(), name.into());
        self.problem(part, ProblemKind::UnknownImport { module, name, help });
    }

    fn help_with_module(&mut self, part: &Part<'_>, module: &str) -> Option<Help> {
        if module == PREVIEW1 {
            let is_command = part.module.exports.iter().any(|export| export.name == "_start");
            return Some(Help::Preview1 { is_command });
        }
        if !part.has_world {
            return Some(Help::NoWorld);
        }
        let names = self.world.imports.interface_names();
        nearest(module, names, &mut self.budget).map(|name| Help::Meant(name.into()))
    }

    fn meant<'n>(
        &mut self,
        name: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Option<Box<str>> {
        nearest(name, names, &mut self.budget).map(Into::into)
    }

    /// Finds the source of an imported function.
    fn func(
        &mut self,
        part: &Part<'_>,
        import: &Import<'_>,
        name: &str,
        found: Option<FuncTypeId>,
    ) -> Result<Source, Unknown> {
        if let Some(&adapter) = self.adapters.get(import.module.as_str()) {
            return Ok(Source::Func(CoreFunc::Export { part: adapter, name: name.into() }));
        }
        if import.module == ENV
            && self.legacy
            && let Some(source) = linked_by_env(name, found.map(|ty| &*self.types[ty]))
        {
            return Ok(source);
        }
        let Some(parsed) = ImportName::parse(&import.module, name, self.legacy) else {
            return Err(if self.legacy { Unknown::Module } else { Unknown::Legacy });
        };
        let items = self.world.side(parsed.side);
        let number = match parsed.interface {
            None => None,
            Some(interface) => {
                Some(items.interface(parsed.scheme, interface).ok_or(Unknown::Module)?)
            }
        };
        let place = number.map_or(Place::World, |number| self.world.place(parsed.side, number));
        let unknown = || Unknown::Name(place);
        let (func, expected) = match parsed.item {
            ImportItem::Func { name, is_async } => {
                if parsed.side == Side::Export {
                    return Err(unknown());
                }
                let found = self.world.func_of(Side::Import, number, name);
                let (import, func) = found.ok_or_else(unknown)?;
                let func = func.name.clone();
                let abi = self.abis.func(Side::Import, import, &func);
                let expected = abi.core_type(Call::Lower { is_async });
                (CoreFunc::Lower { import, func, is_async }, expected)
            }
            ImportItem::Builtin { op, variant, of, is_async } => {
                let builtin =
                    Builtin { op, variant, of, is_async, side: parsed.side, number, place };
                self.builtin(builtin).ok_or_else(unknown)?
            }
        };
        let full = || [&import.module, ".", name].concat().into_boxed_str();
        if found.is_none_or(|found| *self.types[found] != expected) {
            let found = self.types[found.unwrap_or_default()].clone();
            let expected = expected.into();
            let kind = ProblemKind::Type { is_import: true, name: full(), expected, found };
            self.problem(part, kind);
        }
        let of_world = match &func {
            CoreFunc::Lower { import, func, .. } => Some((Side::Import, import, func)),
            CoreFunc::TaskReturn { export, func } => Some((Side::Export, export, func)),
            _ => None,
        };
        if let Some((side, number, func)) = of_world
            && let Some(item) = self.world.side(side).items.get(*number)
            && part.encodings.get(side, &item.name, func).is_none()
        {
            // The name of the module, as it was written.
            let (module, name) = (parsed.write().0.into(), name.into());
            self.problem(part, ProblemKind::OtherWorld { module, name });
        }
        Ok(Source::Func(func))
    }

    /// Finds the purposes of the exports of a part.
    pub(super) fn exports(&mut self, part: &Part<'_>) -> Exports {
        let (spaces, types) = (IndexSpaces::of(&part.module), self.types.of(&part.module));
        let mut exports = Exports::default();
        let mine: BTreeSet<usize> =
            part.exports.iter().filter_map(|name| self.world.exports.number(name)).collect();
        // Callbacks and `post-return` functions, by the export of the world and the function, with
        // their names.
        let mut helpers: Vec<((usize, Text), Role, Text)> = Vec::new();
        for export in &part.module.exports {
            let name: Text = export.name.as_str().into();
            exports.all.insert(name.clone(), export.index);
            let ty = match export.index {
                ExternIdx::Func(func) => spaces.func(func).and_then(|ty| types.get(ty)),
                _ => None,
            };
            let ty = ty.map(|ty| ty.id);
            if let Some(ty) = ty {
                exports.types.insert(name.clone(), ty);
            }
            let kind = export.index.kind();
            let Some(parsed) = ExportName::parse(&export.name, kind, self.legacy) else { continue };
            let ty = ty.unwrap_or_default();
            match parsed {
                ExportName::Memory => {
                    let ExternIdx::Mem(memory) = export.index else { continue };
                    let ty = spaces.mem(memory).unwrap_or_default();
                    if exports.memory.replace((name, ty)).is_some() {
                        self.problem(part, ProblemKind::SeveralMemories);
                    }
                }
                ExportName::Realloc(realloc) => {
                    self.check(part, &name, ty, realloc_type());
                    exports.reallocs.insert(realloc, name);
                }
                ExportName::Initialize => {
                    self.check(part, &name, ty, FuncType::default());
                    exports.initialize = Some(name);
                }
                ExportName::FuncTable => exports.func_table = Some(name),
                ExportName::TaskHook => {
                    self.check(part, &name, ty, hook_type());
                    exports.task_hook = Some(name);
                }
                ExportName::Destructor { scheme, interface, resource } => {
                    let number = self.world.exports.exact(scheme, interface);
                    let Some(number) = number.filter(|number| mine.contains(number)) else {
                        continue;
                    };
                    if let Some(resource) = self.world.resource(Place::Export(number), resource) {
                        self.check(part, &name, ty, destructor_type());
                        exports.destructors.insert((number, resource), name);
                    }
                }
                ExportName::Func { scheme, interface, name: func, role } => {
                    let Some((number, func)) = self.exported(scheme, interface, func) else {
                        continue;
                    };
                    if !mine.contains(&number) {
                        continue;
                    }
                    let abi = self.abis.func(Side::Export, number, &func.name);
                    let expected = match role {
                        Role::Lift(mode) => abi.core_type(Call::Lift(mode)),
                        Role::PostReturn => abi.post_return(),
                        Role::Callback => callback_type(),
                    };
                    let key = (number, func.name.clone());
                    if !func.is_async && !matches!(role, Role::Lift(Mode::Sync) | Role::PostReturn)
                    {
                        self.problem(part, ProblemKind::NotAsync { name: name.as_ref().into() });
                        continue;
                    }
                    self.check(part, &name, ty, expected);
                    match role {
                        Role::Lift(mode) => {
                            let lifted = Lifted { name, mode, post_return: None, callback: None };
                            exports.lifted.insert(key, lifted);
                        }
                        Role::PostReturn | Role::Callback => helpers.push((key, role, name)),
                    }
                }
            }
        }
        for (key, role, name) in helpers {
            if let Some(lifted) = exports.lifted.get_mut(&key) {
                match (role, lifted.mode) {
                    (Role::PostReturn, Mode::Sync) => lifted.post_return = Some(name),
                    (Role::Callback, Mode::Callback) => lifted.callback = Some(name),
                    _ => {}
                }
            }
        }
        self.missing(part, &exports, &mine);
        exports
    }

    /// Returns the export of the world and the function that a core export is named after.
    fn exported(
        &self,
        scheme: Scheme,
        interface: Option<&str>,
        name: &str,
    ) -> Option<(usize, &Func)> {
        let number = match interface {
            Some(interface) => Some(self.world.exports.exact(scheme, interface)?),
            None => None,
        };
        self.world.func_of(Side::Export, number, name)
    }

    fn check(&mut self, part: &Part<'_>, name: &str, found: FuncTypeId, expected: FuncType) {
        let found = &self.types[found];
        if **found != expected {
            let (name, expected, found) = (name.into(), expected.into(), found.clone());
            self.problem(part, ProblemKind::Type { is_import: false, name, expected, found });
        }
    }

    /// Reports functions that are not exported, and callbacks that are missing.
    fn missing(&mut self, part: &Part<'_>, exports: &Exports, mine: &BTreeSet<usize>) {
        let uses_standard = exports.all.keys().any(|name| name.starts_with(STANDARD));
        let scheme = if uses_standard { Scheme::Standard } else { Scheme::Legacy };
        for &number in mine {
            let Some(item) = self.world.exports.items.get(number) else { continue };
            let interface = item.interface().map(|_| Text::from(item.name.as_str()));
            for func in self.world.funcs(Side::Export, number) {
                let name = |role| export_name(scheme, interface.as_deref(), &func.name, role);
                let Some(lifted) = exports.lifted.get(&(number, func.name.clone())) else {
                    let meant = match self.budget {
                        0 => None,
                        _ => {
                            let known = exports.types.keys().map(|name| &**name);
                            self.meant(&name(Role::Lift(Mode::Sync)), known)
                        }
                    };
                    let abi = self.abis.func(Side::Export, number, &func.name);
                    let kind = ProblemKind::MissingExport {
                        scheme,
                        interface: interface.clone(),
                        func: func.name.clone(),
                        expected: abi.core_type(Call::LIFT),
                        meant,
                    };
                    self.problem(part, kind);
                    continue;
                };
                if lifted.mode == Mode::Callback && lifted.callback.is_none() {
                    let kind = ProblemKind::MissingCallback {
                        name: lifted.name.as_ref().into(),
                        callback: name(Role::Callback).into(),
                    };
                    self.problem(part, kind);
                }
            }
        }
    }

    /// Checks that parts export the items that others import from them, with the same kinds and
    /// types.
    pub(super) fn adapted(
        &mut self,
        parts: &[Part<'_>],
        imports: &[Vec<Linked<'_>>],
        exports: &[Exports],
    ) {
        for (part, imports) in parts.iter().zip(imports) {
            for linked in imports {
                let (of, name) = match &linked.source {
                    Source::Export(Given { part, name })
                    | Source::Func(CoreFunc::Export { part, name }) => (*part, &**name),
                    Source::Memory | Source::Func(_) | Source::Tls { .. } => continue,
                };
                let (Some(exporter), Some(exports)) = (parts.get(of), exports.get(of)) else {
                    continue;
                };
                let Some(index) = exports.all.get(name) else {
                    self.problem(exporter, ProblemKind::NotAdapted { name: name.into() });
                    continue;
                };
                let full = || [&linked.module, ".", name].concat().into_boxed_str();
                let (imported, exported) = (linked.kind, index.kind());
                if imported != exported {
                    self.problem(part, ProblemKind::Kind { name: full(), imported, exported });
                    continue;
                }
                if let Some(expected) = exports.types.get(name).filter(|ty| **ty != linked.ty) {
                    let [expected, found] = [*expected, linked.ty].map(|ty| self.types[ty].clone());
                    let kind = ProblemKind::Type { is_import: true, name: full(), expected, found };
                    self.problem(part, kind);
                }
            }
        }
    }
}

/// Returns the type of a function that is imported.
fn func_type(types: &ModuleTypes, ty: ExternType) -> Option<FuncTypeId> {
    match ty {
        ExternType::Func(ty) => Some(types.get(ty)?.id),
        _ => None,
    }
}

/// Returns the type of `realloc`.
pub(crate) fn realloc_type() -> FuncType {
    FuncType::new([ValType::I32; 4], [ValType::I32])
}

/// Returns the type of the function that is called when tasks begin and end.
pub(crate) fn hook_type() -> FuncType {
    FuncType::new([ValType::I32], [])
}

/// Returns the type of a destructor.
pub(crate) fn destructor_type() -> FuncType {
    FuncType::new([ValType::I32], [])
}

/// Returns the type of a function that is called with events.
pub(crate) fn callback_type() -> FuncType {
    FuncType::new([ValType::I32; 3], [ValType::I32])
}

/// Returns whether an item of the world is an interface without functions, which no module has to
/// export.
pub(super) fn is_empty(item: &Extern, world: &World<'_>) -> bool {
    match item {
        Extern::Interface { id, .. } => world.model[*id].funcs.is_empty(),
        Extern::Func(_) | Extern::Type(_) => false,
    }
}
