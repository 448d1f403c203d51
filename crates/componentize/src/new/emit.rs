//! The component: imports, core modules and their instances, and the functions between them.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::components::{CanonOpt, CoreSortIdx, ExternName};
use wattle_ast::{
    ComponentFuncIdx, ComponentTypeIdx, CoreInstanceIdx, CoreModuleIdx, ExternIdx, FuncIdx,
    GlobalIdx, InstanceIdx, MemIdx, MemType, Module, Name, TableIdx, TagIdx, ValType,
};
use wattle_encoder::components::ComponentBuilder;
use wattle_wit::model::{Text, TypeId};

use super::Options;
use super::fixup::hooked_name;
use super::live::Live;
use super::part::{CoreFunc, Exporters, Exports, Given, Linked, MAIN, Part, Source, realloc_for};
use super::shims::{self, Shims};
use super::types::Written;
use crate::abi::{Abis, Needs};
use crate::error::{Error, Origin, Problem, ProblemKind};
use crate::func_types::FuncTypes;
use crate::names::Side;
use crate::world::{Place, World};

/// The results of all steps before the component is written.
pub(super) struct Plan<'p, 'm, 'a> {
    pub(super) world: &'p World<'m>,
    pub(super) abis: &'p Abis,
    /// The parts: their names, string encodings and order of instantiation.
    pub(super) parts: &'p [Part<'a>],
    pub(super) imports: &'p [Vec<Linked<'a>>],
    pub(super) exports: &'p [Exports],
    /// The parts that export the functions to lift, and destructors.
    pub(super) exporters: &'p Exporters<'p>,
    /// The types of core functions.
    pub(super) types: &'p FuncTypes,
    pub(super) live: &'p Live,
    pub(super) shims: &'p Shims,
    /// The memory, if the main module imports it.
    pub(super) imported_memory: Option<MemType>,
    /// The type of the base of thread-local storage, if it is kept in a global.
    pub(super) tls: Option<ValType>,
    pub(super) options: &'p Options,
}

/// The moment at which a core function is fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Site {
    /// Before the module that it is for is instantiated.
    Before,
    /// When all modules but the fixup are instantiated.
    Between,
    /// When all modules are instantiated.
    After,
}

/// Writes a component.
pub(super) struct Emitter<'p, 'm, 'a> {
    pub(super) plan: &'p Plan<'p, 'm, 'a>,
    pub(super) builder: ComponentBuilder<'a>,
    pub(super) written: Written,
    /// The instances of imported interfaces, and the imported functions.
    pub(super) import_instances: BTreeMap<usize, InstanceIdx>,
    pub(super) import_funcs: BTreeMap<usize, ComponentFuncIdx>,
    /// The instances of exported interfaces, as they are exported.
    pub(super) export_instances: BTreeMap<usize, InstanceIdx>,
    /// The functions of imported interfaces that have an index.
    pub(super) func_aliases: BTreeMap<(usize, Text), ComponentFuncIdx>,
    pub(super) memory: Option<MemIdx>,
    pub(super) shim: Option<CoreInstanceIdx>,
    /// The instances of the parts.
    pub(super) instances: BTreeMap<usize, CoreInstanceIdx>,
    pub(super) fixup: Option<CoreInstanceIdx>,
    /// The numbers of the functions that the fixup wraps, by part and name.
    pub(super) hooked: BTreeMap<(usize, Text), usize>,
    core_aliases: BTreeMap<(CoreInstanceIdx, String), FuncIdx>,
    /// The exports of core instances that are not functions.
    item_aliases: BTreeMap<(CoreInstanceIdx, String), CoreSortIdx>,
    pub(super) unit_types: [Option<ComponentTypeIdx>; 2],
    pub(super) problems: Vec<Problem>,
    /// The problems by part and message, so that each is reported once.
    told: BTreeSet<(usize, String)>,
}

impl<'p, 'm, 'a> Emitter<'p, 'm, 'a> {
    pub(super) fn new(plan: &'p Plan<'p, 'm, 'a>) -> Self {
        Emitter {
            plan,
            builder: ComponentBuilder::new(),
            written: Written::default(),
            import_instances: BTreeMap::new(),
            import_funcs: BTreeMap::new(),
            export_instances: BTreeMap::new(),
            func_aliases: BTreeMap::new(),
            memory: None,
            shim: None,
            instances: BTreeMap::new(),
            fixup: None,
            hooked: BTreeMap::new(),
            core_aliases: BTreeMap::new(),
            item_aliases: BTreeMap::new(),
            unit_types: [None; 2],
            problems: Vec::new(),
            told: BTreeSet::new(),
        }
    }

    /// Writes everything but exports. Adapters that are not used have no module.
    pub(super) fn core(&mut self, modules: Vec<Option<Module<'a>>>) -> Result<(), Error> {
        self.imports();
        let modules = self.modules(modules);
        self.shim()?;
        let parts = self.plan.parts;
        let is_last = |part: usize| parts.get(part).is_some_and(|part| part.is_last);
        let (last, first): (Vec<_>, Vec<_>) =
            modules.into_iter().partition(|(part, _)| is_last(*part));
        for (part, module) in first {
            self.instantiate(part, module);
            if part == MAIN && self.memory.is_none() {
                self.memory_of_main();
            }
        }
        self.fixup()?;
        for (part, module) in last {
            self.instantiate(part, module);
        }
        Ok(())
    }

    fn memory_of_main(&mut self) {
        let exports = self.plan.exports.get(MAIN);
        let Some((name, _)) = exports.and_then(|exports| exports.memory.as_ref()) else { return };
        let Some(&instance) = self.instances.get(&MAIN) else { return };
        self.fetch_memory(instance, name);
    }

    /// Fetches the memory that pointers point into.
    fn fetch_memory(&mut self, instance: CoreInstanceIdx, name: &str) {
        let memory: MemIdx = self.builder.core_alias(instance, owned(name));
        self.builder.names().core_memories.insert(memory, "memory".into());
        self.memory = Some(memory);
    }

    pub(super) fn problem(&mut self, part: usize, kind: ProblemKind) {
        let origin = self.plan.parts.get(part).map(|part| part.origin.clone());
        let problem = Problem { origin: origin.unwrap_or_default(), kind };
        if self.told.insert((part, problem.message().to_string())) {
            self.problems.push(problem);
        }
    }

    /// Returns the index of a type that occurs in a place.
    pub(super) fn ty(&mut self, place: Place, ty: TypeId) -> ComponentTypeIdx {
        self.with_types(|world, written, scope| written.ty(world, scope, place, ty))
    }

    /// Calls a function with the types that are written, and the scope of the component.
    pub(super) fn with_types<R>(
        &mut self,
        f: impl FnOnce(&World<'m>, &mut Written, &mut Self) -> R,
    ) -> R {
        let mut written = core::mem::take(&mut self.written);
        let result = f(self.plan.world, &mut written, self);
        self.written = written;
        result
    }

    /// Returns the name of an import or export.
    pub(super) fn extern_name(&self, side: Side, number: usize) -> ExternName<'static> {
        let plan = self.plan;
        match plan.world.side(side).items.get(number) {
            Some(item) => plan.options.config.extern_name(plan.world.model, item.key, item.item),
            None => ExternName::default(),
        }
    }

    fn modules(&mut self, modules: Vec<Option<Module<'a>>>) -> Vec<(usize, CoreModuleIdx)> {
        let mut indices = Vec::with_capacity(modules.len());
        for (part, module) in modules.into_iter().enumerate() {
            let Some(module) = module else { continue };
            let index = self.builder.core_module(module);
            let name = self.part_name(part);
            self.builder.names().core_modules.insert(index, name.into());
            indices.push((part, index));
        }
        indices
    }

    fn part_name(&self, part: usize) -> String {
        match self.plan.parts.get(part).map(|part| &part.origin) {
            Some(Origin::Adapter(name) | Origin::Library(name)) => name.to_string(),
            Some(Origin::Main) | None => "main".to_string(),
        }
    }

    fn shim(&mut self) -> Result<(), Error> {
        let plan = self.plan;
        let is_needed =
            !plan.shims.list.is_empty() || plan.imported_memory.is_some() || plan.tls.is_some();
        if !is_needed {
            return Ok(());
        }
        let module = plan.shims.module(plan.types, plan.imported_memory, plan.tls).map_err(glue)?;
        let instance = self.instance_of("shim", module, &[]);
        self.shim = Some(instance);
        if plan.imported_memory.is_some() {
            self.fetch_memory(instance, shims::MEMORY);
        }
        Ok(())
    }

    /// Adds a module and its instance.
    pub(super) fn instance_of(
        &mut self,
        name: &'static str,
        mut module: Module<'static>,
        args: &[(String, CoreInstanceIdx)],
    ) -> CoreInstanceIdx {
        crate::producers::add_tool(&mut module);
        self.plan.options.prune_names(&mut module);
        let module = self.builder.core_module(module);
        self.builder.names().core_modules.insert(module, name.into());
        let args = args.iter().map(|(name, instance)| (name.as_str(), *instance));
        let instance = self.builder.core_instance(module, args);
        self.builder.names().core_instances.insert(instance, name.into());
        instance
    }

    fn instantiate(&mut self, part: usize, module: CoreModuleIdx) {
        let plan = self.plan;
        let mut modules: Vec<(&str, Vec<&Linked<'a>>)> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for linked in plan.imports.get(part).into_iter().flatten() {
            let place = *places.entry(&linked.module).or_insert_with(|| {
                modules.push((&linked.module, Vec::new()));
                modules.len() - 1
            });
            if let Some((_, imports)) = modules.get_mut(place) {
                imports.push(linked);
            }
        }
        let mut args = Vec::with_capacity(modules.len());
        for (module, imports) in modules {
            args.push((
                module,
                match self.exporter(&imports) {
                    Some(instance) => instance,
                    None => self.imported_from(part, module, imports),
                },
            ));
        }
        let instance = self.builder.core_instance(module, args);
        let name = self.part_name(part);
        self.builder.names().core_instances.insert(instance, name.into());
        self.instances.insert(part, instance);
    }

    /// Returns the instance that has all imports of a module, under their names.
    fn exporter(&self, imports: &[&Linked<'a>]) -> Option<CoreInstanceIdx> {
        let mut parts = imports.iter().map(|linked| match &linked.source {
            Source::Export(Given { part, name }) if linked.name == **name => Some(*part),
            _ => None,
        });
        let part = parts.next()??;
        let has_all = parts.all(|other| other == Some(part));
        self.instances.get(&part).copied().filter(|_| has_all)
    }

    /// Makes an instance of the items that a part imports from a module.
    fn imported_from(
        &mut self,
        part: usize,
        module: &str,
        imports: Vec<&Linked<'a>>,
    ) -> CoreInstanceIdx {
        let mut items = Vec::with_capacity(imports.len());
        for linked in imports {
            let Some(item) = self.source(part, linked) else { continue };
            items.push((&*linked.name, item));
        }
        let instance = self.builder.core_exports(items);
        self.builder.names().core_instances.insert(instance, module.to_owned().into());
        instance
    }

    /// Returns the item that a core import is given.
    fn source(&mut self, part: usize, linked: &Linked<'a>) -> Option<CoreSortIdx> {
        Some(match &linked.source {
            Source::Memory => match self.memory {
                Some(memory) => memory.into(),
                None => {
                    let needed_by = [&linked.module, ".", &linked.name].concat().into();
                    self.problem(MAIN, ProblemKind::NoMemory { needed_by });
                    return None;
                }
            },
            Source::Export(Given { part, name }) => {
                let exports = self.plan.exports.get(*part)?;
                self.export_of(*part, *exports.all.get(name)?, name)?
            }
            Source::Func(func) => self.core_func(func, part, Site::Before).into(),
            Source::Tls { writes, is_64 } => match (self.plan.tls, self.shim) {
                (Some(_), Some(shim)) => {
                    let name = if *writes { shims::TLS_SET } else { shims::TLS_GET };
                    self.core_alias(shim, name).into()
                }
                _ => self.context(*writes, *is_64, 1).into(),
            },
        })
    }

    /// Returns an export of a part.
    fn export_of(&mut self, part: usize, index: ExternIdx, name: &Text) -> Option<CoreSortIdx> {
        let instance = *self.instances.get(&part)?;
        let key = (instance, name.to_string());
        if let Some(&item) = self.item_aliases.get(&key) {
            return Some(item);
        }
        let alias = owned(name);
        let builder = &mut self.builder;
        let item = match index {
            ExternIdx::Func(_) => return Some(self.core_alias(instance, name).into()),
            ExternIdx::Table(_) => builder.core_alias::<TableIdx>(instance, alias).into(),
            ExternIdx::Mem(_) => builder.core_alias::<MemIdx>(instance, alias).into(),
            ExternIdx::Global(_) => builder.core_alias::<GlobalIdx>(instance, alias).into(),
            ExternIdx::Tag(_) => builder.core_alias::<TagIdx>(instance, alias).into(),
        };
        self.item_aliases.insert(key, item);
        Some(item)
    }

    /// Returns a table of the main module.
    pub(super) fn table_of_main(&mut self, name: &Text) -> TableIdx {
        let instance = self.instances.get(&MAIN).copied().unwrap_or_default();
        self.builder.core_alias(instance, owned(name))
    }

    /// Returns an exported function of a core instance.
    pub(super) fn core_alias(&mut self, instance: CoreInstanceIdx, name: &str) -> FuncIdx {
        self.named_alias(instance, name, || owned(name))
    }

    /// Returns an exported function of a core instance, with a name for people.
    fn named_alias(
        &mut self,
        instance: CoreInstanceIdx,
        name: &str,
        shown: impl FnOnce() -> Name<'static>,
    ) -> FuncIdx {
        let key = (instance, name.to_string());
        if let Some(&index) = self.core_aliases.get(&key) {
            return index;
        }
        let index = self.builder.core_alias(instance, owned(name));
        self.builder.names().core_funcs.insert(index, shown());
        self.core_aliases.insert(key, index);
        index
    }

    /// Returns a function that a part exports, or the fixup's function around it.
    pub(super) fn exported(&mut self, part: usize, name: &Text) -> FuncIdx {
        if let (Some(fixup), Some(number)) = (self.fixup, self.hooked.get(&(part, name.clone()))) {
            let name = hooked_name(*number);
            return self.core_alias(fixup, &name);
        }
        let instance = self.instances.get(&part).copied().unwrap_or_default();
        self.core_alias(instance, name)
    }

    /// Returns the function of the shim through which a function is called, if there is one.
    pub(super) fn shimmed(&mut self, func: &CoreFunc, part: usize) -> Option<FuncIdx> {
        let (number, shim) = (self.plan.shims.find(func, part)?, self.shim?);
        let shims = self.plan.shims;
        let shown = || {
            let name = shims.list.get(number).map(|shim| shim.name.clone());
            name.unwrap_or_default().into()
        };
        Some(self.named_alias(shim, &format!("{number}"), shown))
    }

    /// Returns the `realloc` of a part, as it can be used at a site.
    pub(super) fn realloc(&mut self, part: usize, name: &Text, site: Site) -> FuncIdx {
        let func = CoreFunc::Realloc { part, name: name.clone() };
        let is_there = match site {
            Site::Before => self.instances.contains_key(&part) && !self.has_hook(),
            Site::Between => !self.has_hook(),
            Site::After => true,
        };
        match is_there {
            true => self.exported(part, name),
            false => self.shimmed(&func, part).unwrap_or_default(),
        }
    }

    pub(super) fn has_hook(&self) -> bool {
        self.plan.exports.get(MAIN).is_some_and(|exports| exports.task_hook.is_some())
    }

    /// Returns the options of a canonical definition for a part, with the `realloc` of a side.
    pub(super) fn options(
        &mut self,
        needs: Needs,
        encoding: CanonOpt,
        part: usize,
        side: Side,
        site: Site,
        needed_by: impl Fn() -> Box<str>,
    ) -> Vec<CanonOpt> {
        let mut opts = Vec::new();
        if needs.memory {
            match self.memory {
                Some(memory) => opts.push(CanonOpt::Memory(memory)),
                None => self.problem(MAIN, ProblemKind::NoMemory { needed_by: needed_by() }),
            }
        }
        if needs.realloc {
            match realloc_for(self.plan.parts, self.plan.exports, part, side) {
                Some((of, name)) => opts.push(CanonOpt::Realloc(self.realloc(of, name, site))),
                None => {
                    self.problem(part, ProblemKind::NoRealloc { needed_by: needed_by() });
                }
            }
        }
        if needs.encoding {
            opts.push(encoding);
        }
        opts
    }
}

/// Copies a name.
pub(super) fn owned(name: &str) -> Name<'static> {
    Name::from(String::from(name))
}

pub(super) fn glue(error: wattle_encoder::BuildError) -> Error {
    Error::Problems(Vec::from([Problem::from(error)]))
}

/// Returns the name of a function that needs memory or `realloc`, for messages.
pub(super) fn needed_by(item: &str, func: &str) -> Box<str> {
    match item == func || item.is_empty() {
        true => func.into(),
        false => [item, "#", func].concat().into(),
    }
}
