//! Core modules in a component, the types of core modules, and core types. The validator of modules
//! checks a module; this file gives it the types, and takes the imports and exports from it.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::sync::Arc;

use wattle_ast::components::{
    Alias, CoreSortIdx, CoreType as CoreTypeDef, Definition, Scope as Form, Sort, SortIdx,
};
use wattle_ast::{
    DefinitionRef, ExternType, FuncType, Import, Item, ItemKind, Module, Names, Outer, Path,
    RecGroup, SubType,
};

use super::core_types::{CoreItem, ModuleType, UNKNOWN};
use super::error::ComponentErrorKind as K;
use super::scope::CoreType;
use super::validator::{Checked, Validator};
use crate::group::Group;
use crate::locate::body_offset;
use crate::types::add_to_group;
use crate::validator::placed;
use crate::{Error, ErrorKind, Verdict};

/// A core module, or the type of one, that is being read.
#[derive(Clone, Debug)]
pub(crate) struct InnerModule {
    validator: crate::Validator,
    ty: ModuleType,
}

impl InnerModule {
    /// Adds an error.
    pub(crate) fn note(&mut self, error: &Error) {
        self.validator.note(error);
    }

    /// Adds names to the errors so far.
    #[cfg(feature = "std")]
    pub(crate) fn add_names(&mut self, names: &Names<'_>) {
        self.validator.errors.iter_mut().for_each(|error| error.add_name(names));
    }
}

impl Validator {
    /// Begins a core module of a stream.
    pub(crate) fn begin_module(&mut self) {
        let index = self.scope().len(Sort::CORE_MODULE);
        if let Err(error) = self.nest("modules", index, self.limits.modules) {
            let place = DefinitionRef::Indexed(Sort::CORE_MODULE, index);
            self.report(error, Some(place));
        }
        self.enter_core_module();
    }

    /// Adds core types: one, or a recursive group.
    pub(crate) fn core_types(&mut self, types: &[SubType]) -> Checked {
        let (len, count) = (self.scope().core_ids.len() as u32, types.len() as u32);
        self.types_within(count)?;
        let mut group = Group::default();
        group.begin(len, count);
        for ty in types {
            let ids = &self.scope().core_ids;
            let added = add_to_group(self.features, &self.limits, ids, &mut group, ty);
            added.map_err(|error| self.is_module_type(error))?;
        }
        let registry = Arc::make_mut(&mut self.registry);
        let first = registry.add(&group, &self.limits).map_err(|(_, kind)| Error::from(kind))?;
        for id in (first.0..).take(types.len()) {
            let word = CoreType::Sub(crate::TypeId(id)).word();
            self.scope_mut().push(Sort::CORE_TYPE, word);
        }
        Ok(())
    }

    /// The error for a core type that refers to the type of a module, or to no type.
    fn is_module_type(&self, error: Error) -> Error {
        let ErrorKind::UnknownType(index) = error.kind else { return error };
        match self.core_type_at(index) {
            Ok(CoreType::Module(_)) => K::ModuleType { index }.into(),
            Ok(_) => error,
            Err(error) => error,
        }
    }

    /// The error that a module's type has no type with an index.
    fn unknown_type(&self, index: u32) -> Error {
        let types = self.module.as_ref().map(|module| &module.validator.types);
        let len = types.map_or(0, |types| types.ids.len() as u32);
        K::UnknownIndex { sort: "type", index, space: "type", len }.into()
    }

    /// Moves the error of an item of a module's type to the declaration in the component: the error
    /// gets the place of the declaration, and the words for components.
    fn declared<T>(&mut self, checked: Result<T, Error>) -> Checked<T> {
        checked.map_err(|error| {
            if let Some(module) = &mut self.module {
                module.validator.errors.pop();
                module.ty.is_unknown = true;
            }
            match error.kind {
                ErrorKind::UnknownType(index) => self.unknown_type(index),
                _ => error,
            }
        })
    }

    /// Begins a core module, or the type of one, whose items are passed to
    /// [`check_item`](Validator::check_item).
    pub(crate) fn enter_core_module(&mut self) {
        let registry = core::mem::take(&mut self.registry);
        let validator = crate::Validator::new()
            .features(self.features)
            .limits(self.limits)
            .max_errors(self.max_errors.saturating_sub(self.errors.len()))
            .defer_bodies(self.defers_bodies)
            .registry(registry);
        self.module = Some(Box::new(InnerModule { validator, ty: ModuleType::default() }));
    }

    /// Checks the next item of a core module, by `check`.
    pub(crate) fn check_item(
        &mut self,
        item: &Item<'_>,
        check: impl FnOnce(&mut crate::Validator) -> Result<Verdict, Error>,
    ) -> Result<Verdict, Error> {
        let Some(mut module) = self.module.take() else { return Ok(Verdict::Skipped) };
        let mut checked = check(&mut module.validator);
        match item {
            Item::Import(import) => {
                let item = match &checked {
                    Ok(Verdict::Valid) => CoreItem::last(&module.validator.types, import.ty.kind()),
                    _ => CoreItem::Unknown,
                };
                let item = self.core.add_item(item);
                let [of, name] = [import.module.as_str(), import.name.as_str()];
                if !module.ty.import(self.arena.text(of), self.arena.text(name), item) {
                    let (of, name) = (of.into(), name.into());
                    let mut error: Error = K::DuplicateModuleImport { module: of, name }.into();
                    let imports = module.validator.counts.imports;
                    error.path = Path::item(ItemKind::Import, imports.saturating_sub(1));
                    module.validator.note(&error);
                    checked = Err(error);
                }
            }
            Item::Export(export) => {
                let item = self.core.add_item(CoreItem::of(&module.validator.types, export.index));
                let name = self.arena.text(export.name.as_str());
                module.ty.export(name, item);
            }
            _ => {}
        }
        self.module = Some(module);
        checked
    }

    /// Ends a core module, whose names are for messages.
    pub(crate) fn leave_core_module(&mut self, names: Option<&Names<'_>>) {
        let index = self.scope().len(Sort::CORE_MODULE);
        let id = self.end_module(Outer::CoreModule(index), names);
        self.scope_mut().push(Sort::CORE_MODULE, id);
    }

    /// Ends the core module, or the type of one, that is being read: adds its errors, and its type.
    fn end_module(&mut self, step: Outer, names: Option<&Names<'_>>) -> u32 {
        let Some(module) = self.module.take() else { return UNKNOWN };
        let InnerModule { validator, mut ty } = *module;
        let (types, errors) = validator.finish_parts();
        self.registry = types.registry;
        ty.is_unknown |= !errors.is_empty();
        let mut outer = self.path();
        outer.push(step);
        for mut error in errors {
            if self.is_stopped() {
                break;
            }
            if let Some(names) = names {
                error.add_name(names);
            }
            error.path = error.path.clone().within(&outer);
            error.span = error.span.or(self.span);
            self.errors.push(error);
        }
        self.core.add_module(ty)
    }

    /// Checks and adds a core module that is given as a tree.
    pub(crate) fn core_module(&mut self, module: &Module<'_>) -> Checked {
        let index = self.scope().len(Sort::CORE_MODULE);
        self.nest("modules", index, self.limits.modules)?;
        self.enter_core_module();
        if let Some(module) = &mut self.module {
            module.validator.defers_bodies = false;
        }
        let mut bodies = 0;
        for item in module.items() {
            let checked = self.check_item(&item, |validator| validator.item(&item));
            if let Item::Body(body) = &item {
                // The offset of a body takes time to find, so it is only found for an error.
                if let (Err(error), Some(inner)) = (checked, &mut self.module)
                    && let Some(last) = inner.validator.errors.last_mut()
                {
                    *last = placed(error, body_offset(module, bodies), body);
                }
                bodies += 1;
            }
        }
        self.leave_core_module(Some(&module.names));
        Ok(())
    }

    /// Begins the type of a core module.
    pub(crate) fn open_module_type(&mut self) {
        let index = self.scope().len(Sort::CORE_TYPE);
        self.open(Form::ModuleType, index);
        self.enter_core_module();
    }

    /// Ends the type of a core module.
    pub(crate) fn close_module_type(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        let step = scope.step.unwrap_or(Outer::CoreType(0));
        let id = self.end_module(step, None);
        let word = match self.core.module(id).is_unknown {
            true => CoreType::Unknown,
            false => CoreType::Module(id),
        };
        self.add_closed(Sort::CORE_TYPE, word.word());
    }

    /// Checks and adds a declaration in the type of a core module.
    pub(crate) fn module_type_decl(&mut self, definition: &Definition<'_>) -> Checked {
        match definition {
            Definition::CoreType(CoreTypeDef::Sub(ty)) => {
                self.module_type_item(Item::Type(Cow::Borrowed(&**ty)))
            }
            Definition::CoreType(CoreTypeDef::Rec(types)) => {
                let ids = self.module.as_ref().map_or(0, |module| module.validator.types.ids.len());
                let group = RecGroup { first: (ids as u32).into(), len: types.len() as u32 };
                self.module_type_item(Item::RecGroup(group))?;
                types.iter().try_for_each(|ty| self.module_type_item(Item::Type(Cow::Borrowed(ty))))
            }
            Definition::CoreImportDecl(import) => {
                self.module_type_item(Item::Import((**import).clone()))
            }
            Definition::CoreExportDecl(export) => {
                let item = self.module_type_extern(export.ty)?;
                let (item, name) =
                    (self.core.add_item(item), self.arena.text(export.name.as_str()));
                let is_first =
                    self.module.as_mut().is_none_or(|module| module.ty.export(name, item));
                match is_first {
                    true => Ok(()),
                    false => {
                        Err(K::DuplicateModuleExport { name: export.name.as_str().into() }.into())
                    }
                }
            }
            Definition::Alias(Alias::Outer {
                count,
                item: SortIdx::Core(CoreSortIdx::Type(index)),
            }) => self.module_type_alias(*count, index.0),
            _ => Err(K::Misplaced.into()),
        }
    }

    /// Checks an item of a module's type.
    fn module_type_item(&mut self, item: Item<'_>) -> Checked {
        let checked = self.check_item(&item, |validator| validator.item(&item));
        self.declared(checked).map(drop)
    }

    /// The type of an export of a module's type.
    fn module_type_extern(&mut self, ty: ExternType) -> Checked<CoreItem> {
        let Some(module) = &mut self.module else { return Ok(CoreItem::Unknown) };
        let import = Import { module: "".into(), name: "".into(), ty };
        let checked = module.validator.item(&Item::Import(import)).map(|verdict| match verdict {
            Verdict::Valid => CoreItem::last(&module.validator.types, ty.kind()),
            _ => CoreItem::Unknown,
        });
        self.declared(checked)
    }

    /// An alias of a core type, in the type of a module.
    fn module_type_alias(&mut self, count: u32, index: u32) -> Checked {
        let ty = match count {
            0 => {
                let types = self.module.as_ref().map(|module| &module.validator.types);
                let id = types.and_then(|types| types.type_id(wattle_ast::TypeIdx(index)));
                CoreType::Sub(id.ok_or_else(|| self.unknown_type(index))?)
            }
            _ => {
                let scope = self.outer_scope(count)?;
                CoreType::from_word(self.get_in(scope, Sort::CORE_TYPE, index)?)
            }
        };
        let Some(module) = &mut self.module else { return Ok(()) };
        let types = module.validator.types_mut();
        let id = match ty {
            CoreType::Sub(id) => id,
            CoreType::Module(_) => return Err(K::OuterModuleType.into()),
            CoreType::Unknown => {
                module.ty.is_unknown = true;
                let registry = Arc::make_mut(&mut types.registry);
                registry.add_func_type(&FuncType::new([], []))?
            }
        };
        let most = self.limits.types;
        if types.ids.len() >= most as usize {
            return Err(ErrorKind::Limit("types", most.into()).into());
        }
        types.add_ids(id, 1);
        Ok(())
    }
}
