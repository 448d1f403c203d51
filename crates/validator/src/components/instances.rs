//! Instances: of core modules, of components, and those made of definitions.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#instance-definitions>

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_ast::Feature;
use wattle_ast::components::{
    Arg, CoreArg, CoreInlineExport, CoreInstance, CoreSortIdx, InlineExport, Instance, PlainSort,
    Sort,
};

use super::arena::{Arena, Origin};
use super::core_types::ModuleType;
use super::entities::{Entity, Entry};
use super::error::ComponentErrorKind as K;
use super::matching::Matching;
use super::mismatch::Step;
use super::nodes::NodeId;
use super::scope::{Externs, Side};
use super::substitute::Substitution;
use super::texts::TextId;
use super::validator::{Checked, Validator};

impl Validator {
    pub(crate) fn core_instance(&mut self, instance: &CoreInstance<'_>) -> Checked {
        self.add_index(Sort::CORE_INSTANCE)?;
        let id = match instance {
            CoreInstance::Instantiate { module, args } => {
                let module = self.get(Sort::CORE_MODULE, module.0)?;
                self.instantiate_module(module, args)?
            }
            CoreInstance::Exports(exports) => self.core_exports(exports)?,
        };
        self.scope_mut().push(Sort::CORE_INSTANCE, id);
        Ok(())
    }

    fn instantiate_module(&mut self, module: u32, args: &[CoreArg<'_>]) -> Checked<u32> {
        self.at_most("instantiation arguments", args.len(), self.limits.instantiation_args)?;
        let mut errors = Vec::new();
        let mut given: BTreeMap<TextId, u32> = BTreeMap::new();
        for arg in args {
            let instance = self.get(Sort::CORE_INSTANCE, arg.instance.0)?;
            let name = self.arena.text(arg.name.as_str());
            if given.insert(name, instance).is_some() {
                errors.push(K::DuplicateCoreArg { name: arg.name.as_str().into() });
            }
        }
        let mut missing = BTreeSet::new();
        let mut matching =
            Matching::new(&mut self.arena, &self.core, &self.registry, self.max_errors);
        for &(from, name, expected) in &self.core.module(module).imports {
            let (from_text, name_text) = (matching.text(from), matching.text(name));
            let Some(&instance) = given.get(&from) else {
                if missing.insert(from) {
                    errors.push(K::MissingCoreArg { module: from_text });
                }
                continue;
            };
            let instance = self.core.module(instance);
            match instance.exported(name) {
                Some(found) => {
                    if let Some(leaf) = self.core.mismatch(&self.registry, found, expected) {
                        let place = matching.step(None, Step::CoreArg(from_text, name_text));
                        matching.fail(place, leaf);
                    }
                }
                None if instance.is_unknown => {}
                None => {
                    errors.push(K::MissingCoreExport { module: from_text, name: name_text });
                }
            }
        }
        errors.extend(matching.finish(false));
        self.report_all(Sort::CORE_INSTANCE, errors)?;
        let ty = self.core.module(module);
        let mut instance = ModuleType::default();
        instance.is_unknown = ty.is_unknown;
        if ty.imports.is_empty() {
            return Ok(module);
        }
        for &(name, item) in &ty.exports {
            instance.export(name, item);
        }
        Ok(self.core.add_module(instance))
    }

    fn core_exports(&mut self, exports: &[CoreInlineExport<'_>]) -> Checked<u32> {
        self.at_most("exports of an instance", exports.len(), self.limits.instance_exports)?;
        let (mut ty, mut errors) = (ModuleType::default(), Vec::new());
        for export in exports {
            let item = match export.item {
                CoreSortIdx::Type(_) | CoreSortIdx::Module(_) | CoreSortIdx::Instance(_) => {
                    return Err(K::Misplaced.into());
                }
                item => {
                    if let CoreSortIdx::Tag(_) = item {
                        self.need(Feature::Exceptions, "exceptions proposal not enabled")?;
                    }
                    self.get(Sort::Core(item.sort()), item.number())?
                }
            };
            let name = self.arena.text(export.name.as_str());
            if !ty.export(name, item) {
                errors.push(K::DuplicateCoreExport { name: export.name.as_str().into() });
            }
        }
        self.report_all(Sort::CORE_INSTANCE, errors)?;
        Ok(self.core.add_module(ty))
    }

    pub(crate) fn instance(&mut self, instance: &Instance<'_>) -> Checked {
        self.add_index(Sort::INSTANCE)?;
        let id = match instance {
            Instance::Instantiate { component, args } => {
                let component = self.node_at(PlainSort::Component, component.0)?;
                self.instantiate(component, args)?
            }
            Instance::Exports(exports) => self.inline_exports(exports)?,
        };
        self.scope_mut().push(Sort::INSTANCE, id.0);
        Ok(())
    }

    fn instantiate(&mut self, component: NodeId, args: &[Arg<'_>]) -> Checked<NodeId> {
        self.at_most("instantiation arguments", args.len(), self.limits.instantiation_args)?;
        self.check_copies()?;
        let mut errors = Vec::new();
        let mut given: BTreeMap<TextId, Entity> = BTreeMap::new();
        for arg in args {
            let entity = self.item_entity(arg.item, true)?;
            let name = self.arena.text(arg.name.as_str());
            if given.insert(name, entity).is_some() {
                errors.push(K::DuplicateArg { name: arg.name.as_str().into() });
            }
        }
        if component == NodeId::UNKNOWN {
            self.report_all(Sort::INSTANCE, errors)?;
            return Ok(NodeId::UNKNOWN);
        }
        let parts = self.arena.component_parts(component);
        let mut matching =
            Matching::new(&mut self.arena, &self.core, &self.registry, self.max_errors);
        let mut offer = |_: &mut Arena, name: TextId| given.get(&name).copied();
        let mut substitution = matching.open(&parts.imports, &parts.imported, &mut offer);
        for entry in parts.imports.iter().rev() {
            let expected = substitution.entity(matching.arena, entry.entity);
            if let Some(&found) = given.get(&entry.name) {
                let name = matching.text(entry.name);
                let place = matching.step(None, Step::Import(name));
                matching.expect(found, expected, place);
            }
        }
        for entry in &parts.imports {
            if !given.contains_key(&entry.name) {
                let (name, what) = (matching.text(entry.name), entry.entity.sort.keyword());
                errors.push(K::MissingImport { name, what });
            }
        }
        errors.extend(matching.finish(false));
        self.report_all(Sort::INSTANCE, errors)?;
        // In exports, the types of the arguments replace those that imports name.
        let mut substitution = self.renaming(&parts.imports, &given, &substitution);
        let fresh = self.arena.fresh(&parts.defined, Origin::default(), &mut substitution);
        for variable in fresh {
            self.scope_mut().defined.insert(variable, None);
        }
        let mut exports = parts.exports;
        for entry in &mut exports {
            entry.entity = substitution.entity(&mut self.arena, entry.entity);
        }
        let id = self.arena.instance(&[], &exports);
        self.check_size(id)?;
        Ok(id)
    }

    /// Extends the substitution of resources: the types of the arguments replace those that imports
    /// name.
    fn renaming(
        &mut self,
        imports: &[Entry],
        given: &BTreeMap<TextId, Entity>,
        resources: &Substitution,
    ) -> Substitution {
        let mut substitution = resources.replacements(&self.arena);
        let mut open: Vec<(Entity, Entity)> = Vec::new();
        let mut seen = BTreeSet::new();
        for entry in imports {
            open.extend(given.get(&entry.name).map(|&found| (entry.entity, found)));
        }
        while let Some((expected, found)) = open.pop() {
            let (Some(from), Some(to)) = (expected.node(), found.node()) else { continue };
            match (expected.sort, found.sort) {
                (Sort::TYPE, Sort::TYPE) => {
                    substitution.replace(&self.arena, from, to);
                }
                (Sort::INSTANCE, Sort::INSTANCE) if seen.insert((from, to)) => {
                    let exports: Vec<Entry> = self.arena.exports(from).collect();
                    for entry in exports {
                        let found = self.arena.export(to, entry.name);
                        open.extend(found.map(|found| (entry.entity, found.entity)));
                    }
                }
                _ => {}
            }
        }
        substitution
    }

    /// Checks that the number of nodes that substitution has made is within its limit.
    pub(crate) fn check_copies(&self) -> Checked {
        self.within("copies of types", self.arena.copies, self.limits.type_copies)
    }

    fn inline_exports(&mut self, exports: &[InlineExport<'_>]) -> Checked<NodeId> {
        self.at_most("exports of an instance", exports.len(), self.limits.instance_exports)?;
        let mut externs = Externs::default();
        for export in exports {
            let entity = self.item_entity(export.item, false)?;
            let name = self.arena.text(export.name.name.as_str());
            if entity.sort == Sort::TYPE {
                self.arena.name_type(NodeId(entity.id), name);
            }
            let entry = Entry { name, entity, attributes: self.attributes(&export.name) };
            self.check_name(&mut externs, Side::Export, &export.name, &entry)?;
        }
        let id = self.arena.instance(&[], &externs.entries);
        self.check_size(id)?;
        Ok(id)
    }
}
