//! The validator of components, which takes a component definition by definition or whole.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use wattle_ast::components::{
    Component, CoreType as CoreTypeDef, Definition, PlainSort, Scope as Form, Sort, Type,
};
use wattle_ast::{DefinitionRef, Feature, Features, Outer, Path, Span};

use super::aliases::word;
use super::arena::Arena;
use super::core_types::CoreTypes;
use super::error::ComponentErrorKind as K;
use super::modules::InnerModule;
use super::nodes::{Kind, NodeId};
use super::scope::{CoreType, Scope, Side};
use super::view::ComponentTypes;
use crate::registry::Registry;
use crate::{Error, ErrorKind, Errors, Limits};

pub(crate) type Checked<T = ()> = Result<T, Error>;

impl From<K> for Error {
    #[cold]
    fn from(kind: K) -> Error {
        ErrorKind::Component(Box::new(kind)).into()
    }
}

/// Validates one component, definition by definition or whole.
///
/// An invalid definition still takes its index, so that later definitions that refer to it are
/// checked as far as possible, and cause no errors that only follow from the first.
///
/// ```
/// use wattle_ast::components::{Canon, Definition, PrimType, Type};
/// use wattle_validator::components::Validator;
///
/// let mut validator = Validator::new();
/// validator.definition(&Definition::Type(Type::Prim(PrimType::U8))).unwrap();
/// let drop = Definition::Canon(Canon::ResourceDrop { resource: 0.into() });
/// let errors = validator.definition(&drop).unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     "type index 0 is not a resource type: it is u8 in core func 0",
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Validator {
    pub(crate) features: Features,
    pub(crate) limits: Limits,
    pub(crate) max_errors: usize,
    pub(crate) registry: Arc<Registry>,
    pub(crate) arena: Arena,
    pub(crate) core: CoreTypes,
    /// The open scopes, from the outside inwards. The outermost is always there.
    pub(crate) scopes: Vec<Scope>,
    /// The core module, or the type of one, that is being read.
    pub(crate) module: Option<Box<InnerModule>>,
    /// The number of modules and components so far.
    pub(crate) nested: u32,
    pub(crate) errors: Vec<Error>,
    /// The place of the current definition in the input.
    pub(crate) span: Option<Span>,
    pub(crate) defers_bodies: bool,
    /// The number of modules and components of a stream that were entered and not left.
    pub(crate) entered: usize,
}

impl Default for Validator {
    fn default() -> Validator {
        Validator {
            features: Features::default(),
            limits: Limits::default(),
            max_errors: 20,
            registry: Arc::default(),
            arena: Arena::default(),
            core: CoreTypes::default(),
            scopes: Vec::from([Scope::new(Form::Component, None, None)]),
            module: None,
            nested: 1,
            errors: Vec::new(),
            span: None,
            defers_bodies: false,
            entered: 0,
        }
    }
}

impl Validator {
    /// Returns a validator with the default features and limits.
    pub fn new() -> Validator {
        Validator::default()
    }

    /// Sets the features that are on.
    #[must_use]
    pub fn features(self, features: Features) -> Validator {
        Validator { features, ..self }
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Validator {
        Validator { limits, ..self }
    }

    /// Sets the number of errors to stop after, at least 1. The default is 20.
    #[must_use]
    pub fn max_errors(self, count: usize) -> Validator {
        Validator { max_errors: count.max(1), ..self }
    }

    /// Sets whether the bodies of core modules in a stream are left to the caller:
    /// [`event`](Validator::event) then returns each.
    #[must_use]
    pub fn defer_bodies(self, defers: bool) -> Validator {
        Validator { defers_bodies: defers, ..self }
    }

    /// Checks the next definition. A definition that opens a scope is followed by those in it, and
    /// [`Definition::End`].
    ///
    /// # Errors
    /// All errors in the definition. Later definitions can still be checked, and
    /// [`finish`](Validator::finish) returns all errors.
    pub fn definition(&mut self, definition: &Definition<'_>) -> Result<(), Errors> {
        self.definition_at(definition, None)
    }

    /// Checks the next definition, and adds its place in the input to errors.
    ///
    /// # Errors
    /// All errors in the definition.
    #[inline]
    pub fn definition_at(
        &mut self,
        definition: &Definition<'_>,
        span: Option<Span>,
    ) -> Result<(), Errors> {
        if self.is_stopped() {
            return Ok(());
        }
        self.span = span;
        let before = self.errors.len();
        self.next(definition);
        self.errors_since(before)
    }

    /// Fails with the errors from a place in the list on, if there are any.
    #[inline]
    pub(crate) fn errors_since(&self, before: usize) -> Result<(), Errors> {
        match self.errors.get(before..) {
            None | Some([]) => Ok(()),
            Some(new) => Errors::from_list(new.into()).map_or(Ok(()), Err),
        }
    }

    /// Returns whether the limit of errors is reached.
    #[inline]
    pub(crate) fn is_stopped(&self) -> bool {
        self.errors.len() >= self.max_errors
    }

    fn next(&mut self, definition: &Definition<'_>) {
        if let Definition::End = definition {
            return self.close();
        }
        let adds = definition.adds();
        let scope = self.scope();
        let before = adds.map_or(0, |(sort, _)| scope.len(sort));
        let depth = self.scopes.len();
        if let Err(error) = self.check(definition) {
            self.add_invalid(definition, error, before, depth);
        }
        // A scope that was opened counts in the scope around it when it is closed.
        if definition.opens().is_none() {
            let counts = &mut self.scope_mut().counts;
            counts.definitions += 1;
            if let Some(kind) = definition.numbered() {
                counts.numbered[kind as usize] += 1;
            }
        }
    }

    /// Reports the error of a definition, and gives the definition the indices that it should have
    /// had. `before` is the length of their index space before the definition, and `depth` the
    /// number of scopes that were open.
    #[cold]
    fn add_invalid(
        &mut self,
        definition: &Definition<'_>,
        error: Error,
        before: u32,
        depth: usize,
    ) {
        let place = match definition.numbered() {
            Some(kind) => Some(kind.reference(self.scopes[depth - 1].counts.of(kind))),
            None => definition.adds().map(|(sort, _)| DefinitionRef::Indexed(sort, before)),
        };
        self.report(error, place);
        if let (Some(form), true) = (definition.opens(), self.scopes.len() == depth) {
            // The definitions that follow are in the scope all the same.
            self.open(form, before);
            if form == Form::ModuleType && self.module.is_none() {
                self.enter_core_module();
            }
        }
        // The index spaces of a module type are part of `self.module`.
        if let (None, Some((sort, count))) = (definition.opens(), definition.adds())
            && self.module.is_none()
        {
            // A function has at most one result, so further results of a start function are not
            // added.
            let count = if let Definition::Start(_) = definition { count.min(1) } else { count };
            let scope = self.scope_mut();
            while scope.len(sort) < before.saturating_add(count) {
                scope.push(sort, 0);
            }
        }
    }

    fn check(&mut self, definition: &Definition<'_>) -> Checked {
        let form = self.form();
        if !form.permits(definition) {
            return Err(match definition {
                Definition::Alias(_) => K::AliasInType.into(),
                _ => K::Misplaced.into(),
            });
        }
        if form != Form::Component {
            let declarations = self.scope().counts.definitions;
            let (what, most) = match form {
                Form::ModuleType => ("module type declarations", self.limits.module_type_decls),
                _ => ("component or instance type declarations", self.limits.type_decls),
            };
            self.within(what, declarations, most)?;
        }
        if form == Form::ModuleType {
            return self.module_type_decl(definition);
        }
        match definition {
            Definition::CoreModule(module) => self.core_module(module),
            Definition::CoreInstance(instance) => self.core_instance(instance),
            Definition::CoreType(CoreTypeDef::Module) => {
                self.open_module_type();
                Ok(())
            }
            Definition::CoreType(CoreTypeDef::Sub(ty)) => {
                self.core_types(core::slice::from_ref(ty))
            }
            Definition::CoreType(CoreTypeDef::Rec(types)) => self.core_types(types),
            Definition::Component => {
                let index = self.scope().len(Sort::COMPONENT);
                self.open(Form::Component, index);
                self.nest("components", index, self.limits.components)
            }
            Definition::Instance(instance) => self.instance(instance),
            Definition::Alias(alias) => self.alias(alias),
            Definition::Type(ty) => {
                let index = self.scope().len(Sort::TYPE);
                match ty {
                    Type::Component => self.open(Form::ComponentType, index),
                    Type::Instance => self.open(Form::InstanceType, index),
                    _ => {
                        self.types_within(1)?;
                        let id = self.define_type(ty)?;
                        self.scope_mut().push(Sort::TYPE, id.0);
                    }
                }
                Ok(())
            }
            Definition::Canon(canon) => self.canon(canon),
            Definition::Start(start) => self.start(start),
            Definition::Import(import) => self.declare(Side::Import, &import.name, &import.ty),
            Definition::Export(export) => self.export(export),
            Definition::ExportDecl(export) => self.declare(Side::Export, &export.name, &export.ty),
            Definition::Value(value) => self.value(value),
            Definition::Custom(_) | Definition::Names(_) => Ok(()),
            // All other definitions were handled, or are not permitted here.
            _ => Err(K::Misplaced.into()),
        }
    }

    /// Returns the scope that definitions are added to.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scopes[self.scopes.len() - 1]
    }

    /// Returns the scope that definitions are added to.
    pub(crate) fn scope_mut(&mut self) -> &mut Scope {
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    /// Returns the construct that the current scope belongs to.
    pub(crate) fn form(&self) -> Form {
        self.scope().form
    }

    /// Opens the scope of the definition with this index.
    pub(crate) fn open(&mut self, form: Form, index: u32) {
        self.scopes.push(Scope::new(form, Some(form.outer(index)), self.span));
    }

    /// Counts a module or component.
    pub(crate) fn nest(&mut self, what: &'static str, index: u32, most: u32) -> Checked {
        self.nested = self.nested.saturating_add(1);
        self.within(what, index, most)?;
        self.within("modules and components", self.nested - 1, self.limits.modules_and_components)
    }

    /// Checks that one more item than `count` is within a limit.
    pub(crate) fn within(&self, what: &'static str, count: u32, most: u32) -> Checked {
        match count < most {
            true => Ok(()),
            false => Err(ErrorKind::Limit(what, most.into()).into()),
        }
    }

    /// Checks that the length of a list is within a limit.
    pub(crate) fn at_most(&self, what: &'static str, len: usize, most: u32) -> Checked {
        match len <= most as usize {
            true => Ok(()),
            false => Err(ErrorKind::Limit(what, most.into()).into()),
        }
    }

    /// Checks that `count` more types are within the limit.
    pub(crate) fn types_within(&self, count: u32) -> Checked {
        let scope = self.scope();
        let types =
            scope.len(Sort::TYPE).saturating_add(scope.len(Sort::CORE_TYPE)).saturating_add(count);
        self.within("types", types.saturating_sub(1), self.limits.types)
    }

    /// Adds an error, with its place.
    pub(crate) fn report(&mut self, mut error: Error, place: Option<DefinitionRef>) {
        if self.is_stopped() {
            return;
        }
        let outer = self.path();
        let path = place.map_or_else(|| error.path.clone(), Path::definition);
        error.path = path.within(&outer);
        error.span = error.span.or(self.span);
        self.errors.push(error);
    }

    /// Returns the steps to the current scope.
    pub(crate) fn path(&self) -> Vec<Outer> {
        self.scopes.iter().filter_map(|scope| scope.step).collect()
    }

    /// Adds all errors of the next definition of a sort but the last, which is returned.
    pub(crate) fn report_all(&mut self, sort: Sort, errors: Vec<K>) -> Checked {
        let mut errors = errors.into_iter();
        let Some(last) = errors.next_back() else { return Ok(()) };
        let place = DefinitionRef::Indexed(sort, self.scope().len(sort));
        for error in errors {
            self.report(error.into(), Some(place));
        }
        Err(last.into())
    }

    /// Returns whether a feature is on.
    pub(crate) fn has(&self, feature: Feature) -> bool {
        self.features.contains(feature)
    }

    /// Checks that a feature is on. `what` is the phrase of the error: a construct that needs the
    /// feature.
    pub(crate) fn need(&self, feature: Feature, what: &'static str) -> Checked {
        match self.has(feature) {
            true => Ok(()),
            false => Err(Error::disabled(ErrorKind::NotEnabled(what), feature)),
        }
    }

    /// Returns the word at an index of the current scope. Words of definitions with errors are 0.
    pub(crate) fn get(&self, sort: Sort, index: u32) -> Checked<u32> {
        self.get_in(self.scope(), sort, index)
    }

    /// Returns the word at an index of a scope.
    pub(crate) fn get_in(&self, scope: &Scope, sort: Sort, index: u32) -> Checked<u32> {
        scope.get(sort, index).ok_or_else(|| {
            let space = word(sort);
            let name = match sort {
                Sort::CORE_FUNC => "core function",
                Sort::CORE_INSTANCE => "core instance",
                _ => space,
            };
            K::UnknownIndex { sort: name, index, space, len: scope.len(sort) }.into()
        })
    }

    /// Returns the node at an index of the current scope.
    pub(crate) fn node_at(&self, sort: PlainSort, index: u32) -> Checked<NodeId> {
        self.get(Sort::Plain(sort), index).map(NodeId)
    }

    /// Returns the core type at an index of the current scope.
    pub(crate) fn core_type_at(&self, index: u32) -> Checked<CoreType> {
        self.get(Sort::CORE_TYPE, index).map(CoreType::from_word)
    }

    /// Returns the type at an index, and its kind without names.
    pub(crate) fn type_at(&self, index: u32) -> Checked<(NodeId, Kind)> {
        let id = self.node_at(PlainSort::Type, index)?;
        Ok((id, self.arena.kind(id)))
    }

    /// Finishes the component.
    ///
    /// # Errors
    /// All errors so far, and those of the component as a whole: values that are not used, and
    /// resources that are exported only in part.
    pub fn finish(mut self) -> Result<ComponentTypes, Errors> {
        self.span = None;
        while self.scopes.len() > 1 {
            self.close();
        }
        let root = match self.is_stopped() {
            true => None,
            false => self.finish_scope(),
        };
        match Errors::from_list(self.errors) {
            Some(errors) => Err(errors),
            None => Ok(ComponentTypes::new(
                self.arena,
                self.core,
                self.registry,
                root.unwrap_or(NodeId::UNKNOWN),
            )),
        }
    }

    /// Validates a component.
    ///
    /// # Errors
    /// All independent errors.
    pub fn component(mut self, component: &Component<'_>) -> Result<ComponentTypes, Errors> {
        for definition in &component.definitions {
            let _ = self.definition(definition);
        }
        self.finish()
    }

    /// Returns the text with this id, for messages.
    pub(crate) fn owned(&self, id: super::texts::TextId) -> String {
        self.arena.str(id).into()
    }
}

/// Validates a component with the default features and limits.
///
/// # Errors
/// All independent errors, at most 20.
///
/// ```
/// use wattle_ast::components::Component;
/// assert!(wattle_validator::validate_component(&Component::default()).is_ok());
/// ```
pub fn validate_component(component: &Component<'_>) -> Result<ComponentTypes, Errors> {
    Validator::new().component(component)
}
