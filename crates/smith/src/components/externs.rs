//! Imports, exports, aliases, and instances of components.

use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;

use wattle_ast::components::{
    Alias, Arg, Definition, Export, ExportDecl, ExternDesc, ExternName, Import, InlineExport,
    Instance, PrimType, Sort, SortIdx, Type, TypeBound, ValType,
};
use wattle_ast::{
    ComponentFuncIdx, ComponentIdx, ComponentTypeIdx, CoreModuleIdx, Feature, InstanceIdx, Name,
    TypeIdx,
};

use super::generator::{Frame, Generator};
use super::model::{Comp, Inst, Item, Known, Recipe, Sig, TypeEntry, Visible};

impl Generator<'_> {
    /// A plain name, which may have attributes.
    fn plain_name(&mut self) -> ExternName<'static> {
        let mut name = ExternName::from(self.label());
        if self.has(Feature::CmImplements.into()) && self.entropy.chance(30) {
            name.attributes_mut().external_id = Some("id".into());
        }
        name
    }

    /// The name of an instance.
    fn instance_name(&mut self) -> ExternName<'static> {
        if self.entropy.chance(128) {
            return self.interface().into();
        }
        let mut name = self.plain_name();
        if self.has(Feature::CmImplements.into()) && self.entropy.chance(60) {
            name.attributes_mut().implements = Some(self.interface().into());
        }
        name
    }

    fn import(&mut self, name: ExternName<'static>, ty: ExternDesc) {
        self.emit(Definition::Import(Import { name, ty }));
    }

    /// A type that an import or export may give a name.
    fn nameable(&mut self, accept: fn(&TypeEntry) -> bool) -> Option<(u32, TypeEntry)> {
        self.find_type(|ty| accept(ty).then(|| ty.clone()))
    }

    /// Imports a type, in the outermost component.
    pub(super) fn make_type_import(&mut self) {
        if !self.is_outermost() {
            return;
        }
        let can_be_imported = |ty: &TypeEntry| match ty {
            TypeEntry::Resource { visible, .. } => visible.imports,
            ty => ty.can_be_named().imports,
        };
        let name = self.plain_name();
        // Imports cannot refer to a type that an export has named, by any index.
        let is_type = |(_, item): &(_, Item)| matches!(item, Item::Type(_));
        let wants_equal = self.entropy.chance(170) && !self.frame().exports.iter().any(is_type);
        let equal = if wants_equal { self.nameable(can_be_imported) } else { None };
        let entry = match equal {
            Some((index, ty)) => {
                self.import(name, ExternDesc::Type(TypeBound::Eq(index.into())));
                ty.named(Visible::EVERYWHERE)
            }
            None => {
                self.import(name, ExternDesc::Type(TypeBound::Resource));
                TypeEntry::Resource { is_local: false, visible: Visible::EVERYWHERE }
            }
        };
        self.add_type(entry);
    }

    /// Imports a function. A component inside of another imports functions that can be made
    /// anywhere, so that it can be instantiated.
    pub(super) fn make_func_import(&mut self) {
        let name = self.plain_name();
        if !self.is_outermost() {
            let recipe = self.recipe_of_some_func();
            let (ty, sig) = self.func_type_of(&recipe);
            let plain = name.name.as_str().into();
            self.import(name, ExternDesc::Func(ty));
            self.frame().imports.push((plain, recipe));
            self.frame().funcs.push(sig);
            return;
        }
        let found = self.find_type(|ty| match ty {
            TypeEntry::Func(sig) if sig.visible.imports => Some(sig.clone()),
            _ => None,
        });
        if let Some((ty, sig)) = found {
            self.import(name, ExternDesc::Func(ty.into()));
            self.frame().funcs.push(sig);
        }
    }

    /// The recipe of a function in an enclosing component, or a new one.
    fn recipe_of_some_func(&mut self) -> Rc<Recipe> {
        let outer = self.frames.len().checked_sub(2).and_then(|at| self.frames.get(at));
        let recipes: Vec<_> = outer
            .into_iter()
            .flat_map(|frame| frame.funcs.iter().filter_map(|sig| sig.recipe.clone()))
            .collect();
        let at = self.entropy.below(recipes.len());
        match recipes.get(at) {
            Some(recipe) => recipe.clone(),
            None => self.recipe(),
        }
    }

    /// Imports an instance, with a type of its own.
    pub(super) fn make_instance_import(&mut self) {
        if !self.is_outermost() {
            return;
        }
        self.emit(Definition::Type(Type::Instance));
        self.frames.push(Frame::default());
        for _ in 0..self.entropy.below(9) {
            self.declare();
        }
        let exports = self.frames.pop().map(|frame| frame.exports).unwrap_or_default();
        self.emit(Definition::End);
        let exports = exports.into_iter().map(|(name, item)| {
            let item = match item {
                Item::Func(sig) => {
                    let visible = Visible::EVERYWHERE;
                    Item::Func(Rc::new(Sig { visible, ..Sig::clone(&sig) }))
                }
                Item::Type(ty) => Item::Type(ty.named(Visible::EVERYWHERE)),
                other => other,
            };
            (name, item)
        });
        let inst = Rc::new(Inst { exports: exports.collect(), is_visible: true });
        let ty = self.add_type(TypeEntry::Other);
        let name = self.instance_name();
        self.import(name, ExternDesc::Instance(ty));
        self.frame().instances.push(inst);
    }

    /// Makes a declaration in the type of an instance.
    fn declare(&mut self) {
        match self.entropy.below(6) {
            0 => drop(self.make_value_type()),
            1 => drop(self.make_func_type()),
            2 => {
                let visible = Visible::EXPORTS;
                let entry = TypeEntry::Resource { is_local: false, visible };
                let name = self.plain_name();
                self.declare_export(name, ExternDesc::Type(TypeBound::Resource), Item::Type(entry));
            }
            3 => self.declare_method(),
            4 => {
                if let Some((index, ty)) = self.nameable(|ty| ty.can_be_named().exports) {
                    let item = Item::Type(ty.named(Visible::EXPORTS));
                    let name = self.plain_name();
                    self.declare_export(name, ExternDesc::Type(TypeBound::Eq(index.into())), item);
                }
            }
            _ => {
                let (ty, sig) = self.make_func_type();
                if sig.visible.exports {
                    let name = self.plain_name();
                    self.declare_export(name, ExternDesc::Func(ty), Item::Func(sig));
                }
            }
        }
    }

    fn declare_export(&mut self, name: ExternName<'static>, ty: ExternDesc, item: Item) {
        let plain = name.name.as_str().into();
        match &item {
            Item::Type(entry) => drop(self.add_type(entry.clone())),
            Item::Func(sig) => self.frame().funcs.push(sig.clone()),
            _ => {}
        }
        self.frame().exports.push((plain, item));
        self.emit(Definition::ExportDecl(ExportDecl { name, ty }));
    }

    /// Declares a constructor, a method or a static function of a resource that is exported.
    fn declare_method(&mut self) {
        let is_resource = |ty: &TypeEntry| matches!(ty, TypeEntry::Resource { .. });
        // Each resource that is exported has one index here.
        let Some((resource, entry)) = self.nameable(is_resource) else { return };
        let place = self.frame().types.iter().take(resource as usize).filter(|ty| is_resource(ty));
        let place = place.count();
        let names = self.frame().exports.iter().filter_map(|(name, item)| match item {
            Item::Type(TypeEntry::Resource { .. }) => Some(name),
            _ => None,
        });
        let names: Vec<_> = names.cloned().collect();
        let (Some(name), TypeEntry::Resource { visible, .. }) = (names.get(place), entry) else {
            return;
        };
        let resource = ComponentTypeIdx(resource);
        let (label, kind) = (self.label(), self.entropy.below(3));
        let u8 = (ValType::Prim(PrimType::U8), Known::prim(PrimType::U8));
        let mut handle = |is_borrow| {
            let index = self.handle_of(resource, visible, is_borrow);
            (ValType::Type(index), Known::handle(visible, is_borrow))
        };
        let (name, params, result) = match kind {
            0 => {
                let own = handle(false);
                (format!("[static]{name}.{label}"), Vec::new(), Some(own))
            }
            1 => {
                let params = Vec::from([(Name::from("self"), handle(true)), ("x".into(), u8)]);
                (format!("[method]{name}.{label}"), params, None)
            }
            _ => {
                let taken = format!("[constructor]{name}");
                if self.frame().exports.iter().any(|(known, _)| *known == taken) {
                    return;
                }
                let index = self.handle_of(resource, visible, false);
                let own = (ValType::Type(index), Known::handle(visible, false));
                (taken, Vec::from([("x".into(), u8)]), Some(own))
            }
        };
        let (ty, sig) = self.func_type(false, params, result);
        self.declare_export(name.into(), ExternDesc::Func(ty), Item::Func(sig));
    }

    /// Imports a component, with a type of its own.
    pub(super) fn make_component_import(&mut self) {
        if !self.is_outermost() {
            return;
        }
        self.emit(Definition::Type(Type::Component));
        self.frames.push(Frame::default());
        for _ in 0..self.entropy.below(3) {
            self.make_func_import();
        }
        for _ in 0..self.entropy.below(3) {
            let recipe = self.recipe();
            let (ty, sig) = self.func_type_of(&recipe);
            let name = self.plain_name();
            self.declare_export(name, ExternDesc::Func(ty), Item::Func(sig));
        }
        let Some(Frame { imports, exports, .. }) = self.frames.pop() else { return };
        self.emit(Definition::End);
        let comp = Rc::new(Comp { imports, exports });
        let ty = self.add_type(TypeEntry::Other);
        let name = self.plain_name();
        self.import(name, ExternDesc::Component(ty));
        self.frame().components.push(comp);
    }

    /// Makes an alias of an export of an instance.
    pub(super) fn make_alias(&mut self) {
        let found = self.find(
            |frame| &frame.instances,
            |inst| (!inst.exports.is_empty()).then(|| inst.clone()),
        );
        let Some((instance, inst)) = found else { return };
        let at = self.entropy.below(inst.exports.len());
        let Some((name, item)) = inst.exports.get(at) else { return };
        let sort = self.add_item(item.clone());
        let (instance, name) = (instance.into(), name.clone().into());
        self.emit(Definition::Alias(Alias::Export { sort, instance, name }));
    }

    /// Adds an index for an item, and gives its sort.
    fn add_item(&mut self, item: Item) -> Sort {
        let frame = self.frame();
        match item {
            Item::Func(sig) => {
                frame.funcs.push(sig);
                Sort::FUNC
            }
            Item::Type(ty) => {
                frame.types.push(ty);
                Sort::TYPE
            }
            Item::CoreModule => Sort::CORE_MODULE,
            Item::Component(comp) => {
                frame.components.push(comp);
                Sort::COMPONENT
            }
            Item::Instance(inst) => {
                frame.instances.push(inst);
                Sort::INSTANCE
            }
        }
    }

    /// Makes an alias of a definition of an enclosing scope, or of the scope itself.
    pub(super) fn make_outer_alias(&mut self) {
        let count = self.entropy.below(self.frames.len());
        let Some(outer) = self.frames.get(self.frames.len() - 1 - count) else { return };
        let modules = outer.counts.len(Sort::CORE_MODULE) as usize;
        let core_types = outer.counts.len(Sort::CORE_TYPE) as usize;
        let components: Vec<_> = outer.components.clone();
        let types = outer.types.iter().enumerate().filter(|(_, ty)| !ty.has_resource());
        let types: Vec<(u32, TypeEntry)> =
            types.map(|(at, ty)| (at as u32, ty.elsewhere())).collect();
        let item: SortIdx = match self.entropy.below(6) {
            0 if modules > 0 => CoreModuleIdx(self.entropy.below(modules) as u32).into(),
            1 if core_types > 0 => TypeIdx(self.entropy.below(core_types) as u32).into(),
            2 if !components.is_empty() => {
                let at = self.entropy.below(components.len());
                self.frame().components.extend(components.get(at).cloned());
                ComponentIdx(at as u32).into()
            }
            _ => {
                let at = self.entropy.below(types.len());
                let Some((index, ty)) = types.get(at) else { return };
                self.add_type(ty.clone());
                ComponentTypeIdx(*index).into()
            }
        };
        self.emit(Definition::Alias(Alias::Outer { count: count as u32, item }));
    }

    /// Instantiates a component, if there are functions for all of its imports.
    pub(super) fn make_instance(&mut self) {
        let funcs = self.frame().funcs.clone();
        let found = self.find(
            |frame| &frame.components,
            |comp| {
                let args = comp.imports.iter().map(|(name, recipe)| {
                    let is_same = |sig: &Rc<Sig>| sig.recipe.as_ref() == Some(recipe);
                    let func = funcs.iter().position(is_same)?;
                    let item = ComponentFuncIdx(func as u32).into();
                    Some(Arg { name: name.clone().into(), item })
                });
                Some((comp.clone(), args.collect::<Option<Vec<_>>>()?))
            },
        );
        let Some((component, (comp, args))) = found else { return };
        let (component, args) = (component.into(), args.into());
        self.emit(Definition::Instance(Instance::Instantiate { component, args }));
        let exports = comp.exports.iter().map(|(name, item)| (name.clone(), item.elsewhere()));
        let inst = Inst::of(exports.collect());
        self.frame().instances.push(Rc::new(inst));
    }

    /// Makes an instance of functions and core modules.
    pub(super) fn make_inline_instance(&mut self) {
        let mut exports = Vec::new();
        let mut items = Vec::new();
        for _ in 0..self.entropy.below(4) {
            let (funcs, modules) =
                (self.frame().funcs.len(), self.count(Sort::CORE_MODULE) as usize);
            let name = self.label();
            let (item, what): (SortIdx, _) = match self.entropy.below(3) {
                0 if modules > 0 => {
                    let at = self.entropy.below(modules) as u32;
                    (CoreModuleIdx(at).into(), Item::CoreModule)
                }
                _ => {
                    let at = self.entropy.below(funcs);
                    let Some(sig) = self.frame().funcs.get(at).cloned() else { continue };
                    (ComponentFuncIdx(at as u32).into(), Item::Func(sig))
                }
            };
            exports.push(InlineExport { name: name.clone().into(), item });
            items.push((name, what));
        }
        self.emit(Definition::Instance(Instance::Exports(exports.into())));
        self.frame().instances.push(Rc::new(Inst::of(items)));
    }

    /// Exports a definition.
    pub(super) fn make_export(&mut self) {
        let mut name = self.plain_name();
        let mut ty = None;
        let (item, what): (SortIdx, Item) = match self.entropy.below(8) {
            0..3 => {
                let found =
                    self.find(|frame| &frame.funcs, |sig| sig.visible.exports.then(|| sig.clone()));
                let Some((index, sig)) = found else { return };
                if let Some(recipe) = &sig.recipe
                    && self.entropy.chance(90)
                {
                    ty = Some(ExternDesc::Func(self.func_type_of(recipe).0));
                }
                (ComponentFuncIdx(index).into(), Item::Func(sig))
            }
            3..5 => {
                let Some((index, ty)) = self.nameable(|ty| ty.can_be_named().exports) else {
                    return;
                };
                let entry = ty.named(Visible::EXPORTS);
                (ComponentTypeIdx(index).into(), Item::Type(entry))
            }
            5 => {
                let found = self
                    .find(|frame| &frame.instances, |inst| inst.is_visible.then(|| inst.clone()));
                let Some((index, inst)) = found else { return };
                name = self.instance_name();
                (InstanceIdx(index).into(), Item::Instance(inst))
            }
            6 => {
                let at = self.entropy.below(self.frames.last().map_or(0, |it| it.components.len()));
                let Some(comp) = self.frame().components.get(at).cloned() else { return };
                (ComponentIdx(at as u32).into(), Item::Component(comp))
            }
            _ => {
                let modules = self.count(Sort::CORE_MODULE) as usize;
                if modules == 0 {
                    return;
                }
                let at = self.entropy.below(modules) as u32;
                (CoreModuleIdx(at).into(), Item::CoreModule)
            }
        };
        let plain = name.name.as_str().into();
        self.emit(Definition::Export(Export { name, item, ty }));
        self.add_item(what.clone());
        self.frame().exports.push((plain, what));
    }
}
