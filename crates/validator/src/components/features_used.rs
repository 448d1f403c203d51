//! The features that a component uses, and the first place of each.
//!
//! The tables of sections, types, canonical definitions and their options state the feature of each
//! row. The features of constructs without a row are stated here: attributes, forms of names, and
//! variants of canonical definitions.

use alloc::vec::Vec;

use wattle_ast::components::{
    Async, Canon, CanonOp, CanonOpt, CanonOpts, CanonSink, Component, ContextSlot, CoreInstance,
    CoreType, Counts, Definition, ExternDesc, ExternName, Instance, NameAttributes, ParsedName,
    ResourceType, ResultList, Sort, SortIdx, Type, ValType, ValueBound,
};
use wattle_ast::{
    DefinitionRef, ExternKind, ExternType, Feature, Features, Import, Module, Outer, Path,
    RecGroup, Wasm,
};

use super::validator::Validator;
use crate::{Limits, features_used};

/// Returns the features that a module or component uses beyond WebAssembly 1.0, those of inner
/// modules included, each with the first place that uses it.
///
/// The place of [`Feature::ComponentModel`] in a component is the component itself, whose path is
/// empty.
///
/// ```
/// use wattle_ast::Feature;
/// use wattle_ast::components::{Canon, Component, Definition};
/// use wattle_validator::components::features_used_of;
///
/// let component: Component<'_> =
///     [Definition::Canon(Canon::TaskCancel)].into_iter().collect();
/// let uses = features_used_of(&component.into());
/// let uses: Vec<_> = uses.iter().map(|(feature, path)| (*feature, path.to_string())).collect();
/// assert_eq!(uses, [
///     (Feature::ComponentModel, "".to_owned()),
///     (Feature::CmAsync, "core func 0".to_owned()),
/// ]);
/// ```
pub fn features_used_of(wasm: &Wasm<'_>) -> Vec<(Feature, Path)> {
    let component = match wasm {
        Wasm::Module(module) => return features_used(module),
        Wasm::Component(component) => component,
    };
    let mut uses = Uses {
        found: Feature::ALL.iter().map(|_| None).collect(),
        scopes: Vec::from([Scope::default()]),
        empty_list: None,
    };
    uses.add(Feature::ComponentModel, |_| Path::default());
    for definition in &component.definitions {
        uses.definition(definition);
    }
    if !uses.has(Feature::CmImplements)
        && !uses.has(Feature::CmCanonNames)
        && let Some(path) = uses.empty_list.take()
    {
        uses.add(Feature::CmImplements, |_| path);
    }
    if uses.has(Feature::Memory64) || uses.has(Feature::CmThreading) {
        uses.long_addresses(component);
    }
    let features = Feature::ALL.iter().copied().zip(uses.found);
    features.filter_map(|(feature, place)| Some((feature, place?))).collect()
}

/// An open scope: the step to it from the enclosing scope, and its definitions so far.
#[derive(Default)]
struct Scope {
    outer: Option<Outer>,
    counts: Counts,
    /// Whether the type of a core module has declared imports or exports of each kind.
    core_externs: [bool; ExternKind::COUNT],
}

struct Uses {
    /// The first use of each feature, by its index in [`Feature::ALL`].
    found: Vec<Option<Path>>,
    scopes: Vec<Scope>,
    /// The first name with an empty list of attributes. Either of two features permits such a list.
    empty_list: Option<Path>,
}

impl Uses {
    /// Returns whether a use of a feature was found.
    fn has(&self, feature: Feature) -> bool {
        self.found.get(feature as usize).is_some_and(Option::is_some)
    }

    /// Adds the use of a feature, unless there was one before. The path is made only for the first
    /// use.
    fn add(&mut self, feature: Feature, path: impl FnOnce(&Uses) -> Path) {
        if !self.has(feature) && feature != Feature::Mvp {
            self.found[feature as usize] = Some(path(self));
        }
    }

    /// Returns the scopes around the next definition, from the outside inwards.
    fn outer(&self) -> Vec<Outer> {
        self.scopes.iter().filter_map(|scope| scope.outer).collect()
    }

    /// Returns the path of a definition.
    fn path(&self, definition: Option<DefinitionRef>) -> Path {
        Path { definition, ..Path::default() }.within(&self.outer())
    }

    fn definition(&mut self, definition: &Definition<'_>) {
        if let Definition::End = definition {
            if self.scopes.len() > 1 {
                self.scopes.pop();
            }
            return;
        }
        let place = self.scopes.last().and_then(|scope| scope.counts.next(definition));
        let mut found = Found::default();
        found.definition(definition);
        for feature in found.features.iter() {
            self.add(feature, |uses| uses.path(place));
        }
        if found.empty_list && self.empty_list.is_none() {
            self.empty_list = Some(self.path(place));
        }
        let step = match place {
            Some(DefinitionRef::Indexed(sort, index)) => Outer::of(sort, index),
            _ => None,
        };
        match definition {
            Definition::CoreModule(module) => self.module(module, step),
            Definition::CoreType(ty) => self.core_type(ty, place),
            Definition::CoreImportDecl(import) => self.core_extern(import.ty, place),
            Definition::CoreExportDecl(export) => self.core_extern(export.ty, place),
            _ => {}
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.counts.add(definition);
        }
        if definition.opens().is_some() {
            self.scopes.push(Scope { outer: step, ..Scope::default() });
        }
    }

    fn module(&mut self, module: &Module<'_>, step: Option<Outer>) {
        for (feature, path) in features_used(module) {
            self.add(feature, |uses| {
                let mut outer = uses.outer();
                outer.extend(step);
                path.within(&outer)
            });
        }
    }

    /// Adds the features of a core definition, given as a module that has only this definition.
    fn as_in(&mut self, module: &Module<'_>, place: Option<DefinitionRef>) {
        for (feature, _) in features_used(module) {
            self.add(feature, |uses| uses.path(place));
        }
    }

    fn core_type(&mut self, ty: &CoreType, place: Option<DefinitionRef>) {
        let mut module = Module::default();
        match ty {
            CoreType::Sub(ty) => module.types.push((**ty).clone()),
            CoreType::Rec(types) => {
                module.types.extend(types.iter().cloned());
                module.rec_groups.push(RecGroup { first: 0.into(), len: types.len() as u32 });
            }
            CoreType::Module => return,
        }
        self.as_in(&module, place);
    }

    fn core_extern(&mut self, ty: ExternType, place: Option<DefinitionRef>) {
        let mut module = Module::default();
        let import = Import { module: "".into(), name: "".into(), ty };
        let known = self.scopes.last_mut();
        let known = known.and_then(|scope| scope.core_externs.get_mut(ty.kind() as usize));
        // A second memory or table may need a feature of its own.
        if known.is_some_and(|known| core::mem::replace(known, true)) {
            module.imports.push(import.clone());
        }
        module.imports.push(import);
        self.as_in(&module, place);
    }

    /// Adds the first use of a 64-bit memory, or of a 64-bit argument of a thread, by a canonical
    /// definition. Only validation can tell them from 32-bit memories and arguments.
    fn long_addresses(&mut self, component: &Component<'_>) {
        let features = Features::ALL - Features::of(Feature::Cm64);
        let validator = Validator::new().features(features).limits(Limits::NONE);
        let errors = validator.max_errors(usize::MAX).component(component).err();
        let mut errors = errors.iter().flat_map(|errors| errors.iter());
        if let Some(error) = errors.find(|error| error.enable == Some(Feature::Cm64)) {
            self.add(Feature::Cm64, |_| error.path.clone());
        }
    }
}

/// The features that one definition needs.
struct Found {
    features: Features,
    /// Whether it has a name with an empty list of attributes.
    empty_list: bool,
}

impl Default for Found {
    fn default() -> Found {
        Found { features: Features::NONE, empty_list: false }
    }
}

impl Found {
    fn add(&mut self, feature: Feature) {
        self.features |= feature.into();
    }

    fn definition(&mut self, definition: &Definition<'_>) {
        if let Some(section) = definition.section() {
            self.add(section.feature());
        }
        match definition {
            Definition::CoreInstance(CoreInstance::Exports(exports)) => {
                exports.iter().for_each(|export| self.sort(SortIdx::Core(export.item).sort()));
            }
            Definition::Instance(Instance::Instantiate { args, .. }) => {
                args.iter().for_each(|arg| self.sort(arg.item.sort()));
            }
            Definition::Instance(Instance::Exports(exports)) => {
                for export in exports {
                    self.name(&export.name);
                    self.sort(export.item.sort());
                }
            }
            Definition::Alias(alias) => self.sort(alias.sort()),
            Definition::Type(ty) => self.ty(ty),
            Definition::Canon(canon) => self.canon(canon),
            Definition::Import(import) => {
                self.name(&import.name);
                self.extern_desc(&import.ty);
            }
            Definition::Export(export) => {
                self.name(&export.name);
                self.sort(export.item.sort());
                export.ty.iter().for_each(|ty| self.extern_desc(ty));
            }
            Definition::ExportDecl(export) => {
                self.name(&export.name);
                self.extern_desc(&export.ty);
            }
            Definition::Value(value) => self.val_type(value.ty),
            _ => {}
        }
    }

    fn sort(&mut self, sort: Sort) {
        match sort {
            Sort::VALUE => self.add(Feature::CmValues),
            Sort::CORE_TAG => self.add(Feature::Exceptions),
            _ => {}
        }
    }

    fn name(&mut self, name: &ExternName<'_>) {
        let attributes = name.attributes();
        self.empty_list |= name.has_attribute_list() && *attributes == NameAttributes::default();
        if attributes.implements.is_some() || attributes.external_id.is_some() {
            self.add(Feature::CmImplements);
        }
        if attributes.version_suffix.is_some() {
            self.add(Feature::CmCanonNames);
        }
        for name in [Some(&name.name), attributes.implements.as_ref()].into_iter().flatten() {
            // The default features include none of those that other forms of names belong to.
            let mut features = Features::DEFAULT;
            let parse = |features| ParsedName::parse(name.as_str(), features).err()?.enable;
            while let Some(feature) = parse(features) {
                self.add(feature);
                features |= feature.into();
            }
        }
    }

    fn extern_desc(&mut self, ty: &ExternDesc) {
        self.sort(ty.sort());
        if let ExternDesc::Value(ValueBound::Type(ty)) = ty {
            self.val_type(*ty);
        }
    }

    fn val_type(&mut self, ty: ValType) {
        if let ValType::Prim(prim) = ty {
            self.add(prim.feature());
        }
    }

    fn core_val_type(&mut self, ty: wattle_ast::ValType) {
        if ty == wattle_ast::ValType::I64 {
            self.add(Feature::Cm64);
        }
    }

    fn ty(&mut self, ty: &Type<'_>) {
        if let Some(form) = ty.form() {
            self.add(form.feature());
        }
        match ty {
            Type::Prim(prim) => self.add(prim.feature()),
            Type::Record(fields) => fields.iter().for_each(|field| self.val_type(field.ty)),
            Type::Variant(cases) => {
                cases.iter().filter_map(|case| case.ty).for_each(|ty| self.val_type(ty));
            }
            Type::List(ty) | Type::Option(ty) | Type::FixedList { elem: ty, .. } => {
                self.val_type(*ty);
            }
            Type::Tuple(types) => types.iter().for_each(|ty| self.val_type(*ty)),
            Type::Result { ok, err } => {
                [ok, err].into_iter().flatten().for_each(|ty| self.val_type(*ty));
            }
            Type::Stream(ty) | Type::Future(ty) => ty.iter().for_each(|ty| self.val_type(*ty)),
            Type::Map { key, value } => [key, value].into_iter().for_each(|ty| self.val_type(*ty)),
            Type::Func(ty) => {
                ty.params.iter().for_each(|param| self.val_type(param.ty));
                ty.result.0.iter().for_each(|ty| self.val_type(*ty));
            }
            Type::Resource(ResourceType { rep, .. }) => self.core_val_type(*rep),
            Type::Flags(_)
            | Type::Enum(_)
            | Type::Own(_)
            | Type::Borrow(_)
            | Type::Component
            | Type::Instance => {}
        }
    }

    fn canon(&mut self, canon: &Canon) {
        self.add(canon.op().feature());
        canon.write_to(&mut Immediates { found: self, op: canon.op() });
    }
}

/// A sink that finds the features of immediates.
struct Immediates<'f> {
    found: &'f mut Found,
    op: CanonOp,
}

impl CanonSink for Immediates<'_> {
    fn results(&mut self, results: &ResultList) {
        results.0.iter().for_each(|ty| self.found.val_type(*ty));
    }

    fn context_slot(&mut self, slot: &ContextSlot) {
        self.found.core_val_type(slot.ty);
        if slot.slot > 0 {
            self.found.add(Feature::CmThreading);
        }
    }

    fn is_async(&mut self, is_async: &Async) {
        if is_async.0 {
            self.found.add(Feature::CmMoreAsyncBuiltins);
        }
    }

    fn opts(&mut self, opts: &CanonOpts) {
        opts.iter().for_each(|opt| self.found.add(opt.feature()));
        let is_async = opts.iter().any(|opt| matches!(opt, CanonOpt::Async));
        let has_callback = opts.iter().any(|opt| matches!(opt, CanonOpt::Callback(_)));
        match self.op {
            CanonOp::Lift if is_async && !has_callback => {
                self.found.add(Feature::CmAsyncStackful);
            }
            CanonOp::StreamRead
            | CanonOp::StreamWrite
            | CanonOp::FutureRead
            | CanonOp::FutureWrite
                if !is_async =>
            {
                self.found.add(Feature::CmMoreAsyncBuiltins);
            }
            _ => {}
        }
    }
}
