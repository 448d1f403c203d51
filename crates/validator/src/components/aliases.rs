//! Aliases.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#alias-definitions>

use alloc::string::String;

use wattle_ast::components::{Alias, CoreSort, PlainSort, Scope as Form, Sort, SortIdx};
use wattle_ast::{CoreInstanceIdx, Feature, InstanceIdx, Quoted};

use super::core_types::UNKNOWN;
use super::error::ComponentErrorKind as K;
use super::nodes::{NodeId, Properties};
use super::scope::Scope;
use super::validator::{Checked, Validator};

/// The word for a sort where it is clear whether it is one of core definitions.
pub(super) const fn word(sort: Sort) -> &'static str {
    match sort {
        Sort::FUNC | Sort::CORE_FUNC => "function",
        _ => sort.keyword(),
    }
}

impl Validator {
    pub(crate) fn alias(&mut self, alias: &Alias<'_>) -> Checked {
        if self.form() != Form::Component {
            let is_allowed = match alias {
                Alias::Export { sort, .. } => matches!(*sort, Sort::TYPE | Sort::INSTANCE),
                Alias::Outer { item, .. } => matches!(item.sort(), Sort::CORE_TYPE | Sort::TYPE),
                Alias::CoreExport { .. } => false,
            };
            if !is_allowed {
                return Err(K::AliasInType.into());
            }
        }
        match alias {
            Alias::Export { sort, instance, name } => {
                self.alias_export(*sort, *instance, name.as_str())
            }
            Alias::CoreExport { sort, instance, name } => {
                self.alias_core_export(*sort, *instance, name.as_str())
            }
            Alias::Outer { count, item } => self.alias_outer(*count, *item),
        }
    }

    fn alias_export(&mut self, sort: Sort, instance: InstanceIdx, name: &str) -> Checked {
        if !sort.is_extern() {
            return Err(K::Misplaced.into());
        }
        if sort == Sort::VALUE {
            self.need_values()?;
        }
        let index = instance.0;
        let id = self.node_at(PlainSort::Instance, index)?;
        if self.arena.has(id, Properties::UNKNOWN) && self.arena.exports(id).len() == 0 {
            self.scope_mut().push(sort, UNKNOWN);
            return Ok(());
        }
        let found = self.arena.texts.find(name).and_then(|text| self.arena.export(id, text));
        let Some(found) = found else {
            let names = self.arena.exports(id).map(|entry| self.arena.str(entry.name));
            let near = near(name, names);
            return Err(K::NoExport { instance: index, name: name.into(), near }.into());
        };
        if found.entity.sort != sort {
            let (expected, found) = (sort.keyword(), found.entity.sort.keyword());
            let error = K::ExportSort { instance: index, name: name.into(), expected, found };
            return Err(error.into());
        }
        self.add_index(sort)?;
        self.scope_mut().push(sort, found.entity.id);
        Ok(())
    }

    /// Checks that one more index of a sort is within the limits.
    pub(crate) fn add_index(&self, sort: Sort) -> Checked {
        let scope = self.scope();
        let plain = |sort| scope.len(Sort::Plain(sort));
        let core = |sort| scope.len(Sort::Core(sort));
        let limits = &self.limits;
        let (what, count, most) = match sort {
            Sort::CORE_TYPE | Sort::TYPE => {
                return self.types_within(1);
            }
            Sort::CORE_FUNC | Sort::FUNC => {
                let count = core(CoreSort::Func).saturating_add(plain(PlainSort::Func));
                ("functions", count, limits.funcs)
            }
            Sort::CORE_INSTANCE | Sort::INSTANCE => {
                let count = core(CoreSort::Instance).saturating_add(plain(PlainSort::Instance));
                ("instances", count, limits.instances)
            }
            Sort::CORE_MODULE => ("modules", core(CoreSort::Module), limits.modules),
            Sort::Core(sort) => ("core definitions of a sort", core(sort), limits.core_items),
            Sort::VALUE => ("values", plain(PlainSort::Value), limits.values),
            Sort::COMPONENT => ("components", plain(PlainSort::Component), limits.components),
        };
        self.within(what, count, most)
    }

    fn alias_core_export(
        &mut self,
        sort: CoreSort,
        instance: CoreInstanceIdx,
        name: &str,
    ) -> Checked {
        let index = instance.0;
        if sort == CoreSort::Tag {
            self.need(Feature::Exceptions, "exceptions proposal not enabled")?;
        }
        let id = self.get(Sort::CORE_INSTANCE, index)?;
        let module = self.core.module(id);
        let text = self.arena.texts.find(name);
        let found = match text.and_then(|text| module.exported(text)) {
            Some(found) => found,
            None if module.is_unknown => UNKNOWN,
            None => {
                let names = module.exports.iter().map(|&(name, _)| self.arena.str(name));
                let near = near(name, names);
                return Err(K::NoCoreExport { instance: index, name: name.into(), near }.into());
            }
        };
        if let Some(there) = self.core.item(found).sort()
            && there != sort
        {
            let (expected, found) = (word(sort.as_sort()), word(there.as_sort()));
            let error = K::CoreExportSort { instance: index, name: name.into(), expected, found };
            return Err(error.into());
        }
        self.add_index(Sort::Core(sort))?;
        self.scope_mut().push(Sort::Core(sort), found);
        Ok(())
    }

    /// The scope `count` scopes further out.
    pub(crate) fn outer_scope(&self, count: u32) -> Checked<&Scope> {
        let scopes = self.scopes.len();
        let place = scopes.checked_sub(1).and_then(|last| last.checked_sub(count as usize));
        let scope = place.and_then(|place| self.scopes.get(place));
        scope.ok_or_else(|| K::OuterCount { count, scopes }.into())
    }

    fn alias_outer(&mut self, count: u32, item: SortIdx) -> Checked {
        let sort = item.sort();
        let scope = self.outer_scope(count)?;
        let word = self.get_in(scope, sort, item.number())?;
        if sort == Sort::TYPE {
            self.check_outer_type(count, NodeId(word))?;
        }
        self.add_index(sort)?;
        self.scope_mut().push(sort, word);
        Ok(())
    }

    /// Checks that a type from outside of a component has no resources, so that the component could
    /// be moved out of the one around it.
    fn check_outer_type(&mut self, count: u32, id: NodeId) -> Checked {
        // Types come only from components that are further out, and components hold no types that
        // hold components. So it suffices to look at the scope right inside the target.
        let inner = self.scopes.len() - count as usize;
        let crosses = self.scopes.get(inner).is_some_and(|scope| scope.form == Form::Component);
        if !crosses || !self.arena.has(id, Properties::RESOURCE) {
            return Ok(());
        }
        let (size, most) = (self.arena.node(id).size, self.limits.type_size);
        if let Some(scope) = self.scopes.get_mut(inner) {
            scope.searched = scope.searched.saturating_add(size);
            if scope.searched >= most {
                return Err(K::TypeSize { most }.into());
            }
        }
        match self.arena.free_resources(core::iter::once(id)).first() {
            None => Ok(()),
            Some(&variable) => {
                let resource = self.arena.describe_variable(variable);
                Err(K::OuterResource { resource }.into())
            }
        }
    }
}

/// The name that is most like `name`, as help.
fn near<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    use alloc::format;
    // A thousand names are enough to look through for help.
    let near = wattle_ast::nearest(name, names, &mut 1_000);
    near.map_or_else(String::new, |near| format!(" (there is {})", Quoted(near)))
}
