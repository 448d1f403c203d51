//! The validator, which takes a module item by item or whole.
//!
//! Spec: <https://webassembly.github.io/spec/core/valid/modules.html>

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::{
    Body, CompType, Event, Feature, Features, FuncIdx, Item, Malformed, Module, SectionId, Span,
    SubType,
};

use crate::func::FuncValidator;
use crate::group::Group;
use crate::limits::Limits;
use crate::locate::body_offset;
use crate::place::Place;
use crate::registry::Registry;
use crate::shared_types::SharedTypes;
use crate::types::Types;
use crate::{Error, ErrorKind, Errors};

/// Validates one module, item by item or whole.
///
/// ```
/// use wattle_ast::{Features, FuncType, Item, SubType, TypeIdx};
/// use wattle_validator::Validator;
///
/// let mut validator = Validator::new().features(Features::WASM3);
/// validator.item(&Item::Type(SubType::from(FuncType::new([], [])).into())).unwrap();
/// let error = validator.item(&Item::Func(TypeIdx(1))).unwrap_err();
/// assert_eq!(error.to_string(), "unknown type 1 (there is 1 type) in func 0");
/// ```
#[derive(Clone, Debug)]
pub struct Validator {
    pub(crate) types: SharedTypes,
    pub(crate) group: Group,
    pub(crate) func_validator: FuncValidator,
    pub(crate) counts: Counts,
    pub(crate) export_names: BTreeSet<String>,
    pub(crate) max_errors: usize,
    pub(crate) defers_bodies: bool,
    pub(crate) errors: Vec<Error>,
    /// The current item.
    pub(crate) place: Place,
    /// Whether an error has left an index space incomplete, so that later items cannot be checked.
    pub(crate) is_broken: bool,
}

/// The numbers of items so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) groups: u32,
    pub(crate) imports: u32,
    pub(crate) exports: u32,
    pub(crate) bodies: u32,
    pub(crate) datas: u32,
}

/// The outcome for an item without an error.
#[derive(Clone, Debug)]
#[must_use = "a body that is deferred is not checked yet"]
pub enum Verdict {
    /// The item is valid so far.
    Valid,
    /// The item is a body, which the caller has to check: see [`Validator::defer_bodies`].
    Body(FuncToValidate),
    /// The item was not checked, because an earlier error makes it meaningless.
    Skipped,
}

/// A function whose body must be checked, on any thread.
#[derive(Clone, Debug)]
pub struct FuncToValidate {
    types: Arc<Types>,
    func: FuncIdx,
    offset: Option<usize>,
}

impl FuncToValidate {
    /// The index of the function, imported functions included.
    pub fn func(&self) -> FuncIdx {
        self.func
    }

    #[cfg(feature = "std")]
    pub(crate) fn types(&self) -> Arc<Types> {
        Arc::clone(&self.types)
    }

    /// Checks the body. `validator` is scratch memory: keep one per thread.
    ///
    /// # Errors
    /// The first fault.
    pub fn validate(&self, validator: &mut FuncValidator, body: &Body<'_>) -> Result<(), Error> {
        validator
            .body(&self.types, self.func, body)
            .map_err(|error| placed(error, self.offset, body))
    }
}

/// The offset of the first byte of a body, which ends at the end of its item.
pub(crate) fn body_start(item: Option<Span>, body: &Body<'_>) -> Option<usize> {
    item.map(|span| span.end.saturating_sub(body.bytes().len()))
}

/// Adds the place in the input to an error in a body whose first byte is at `offset`.
pub(crate) fn placed(mut error: Error, offset: Option<usize>, body: &Body<'_>) -> Error {
    if let Some(offset) = offset {
        error.span = Some(match error.path.instr {
            Some(instr) => Span::at(offset + body.code_offset() + instr.offset as usize),
            None => Span::new(offset, offset + body.code_offset()),
        });
    }
    error
}

impl Default for Validator {
    fn default() -> Validator {
        Validator {
            types: SharedTypes::default(),
            group: Group::default(),
            func_validator: FuncValidator::default(),
            counts: Counts::default(),
            export_names: BTreeSet::new(),
            max_errors: 20,
            defers_bodies: false,
            errors: Vec::new(),
            place: Place::default(),
            is_broken: false,
        }
    }
}

impl Validator {
    /// A validator with the default features and limits.
    pub fn new() -> Validator {
        Validator::default()
    }

    /// Sets the features that are on.
    #[must_use]
    pub fn features(mut self, features: Features) -> Validator {
        self.types_mut().features = features;
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Validator {
        self.types_mut().limits = limits;
        self
    }

    /// Sets the number of errors to stop after, at least 1. The default is 20.
    #[must_use]
    pub fn max_errors(mut self, count: usize) -> Validator {
        self.max_errors = count.max(1);
        self
    }

    /// Sets a registry to add the module's types to, so that their ids agree with those of earlier
    /// modules. The registry is copied if it is shared.
    #[must_use]
    pub fn registry(mut self, registry: Arc<Registry>) -> Validator {
        self.types_mut().registry = registry;
        self
    }

    /// Sets whether bodies are left to the caller: [`item`](Validator::item) then returns a
    /// [`FuncToValidate`] for each.
    #[must_use]
    pub fn defer_bodies(mut self, defers: bool) -> Validator {
        self.defers_bodies = defers;
        self
    }

    pub(crate) fn types_mut(&mut self) -> &mut Types {
        self.types.to_mut()
    }

    /// Checks the next item of a module. Custom sections and framing are ignored.
    ///
    /// # Errors
    /// The error in the item. Later items can still be checked, and [`finish`](Validator::finish)
    /// returns all errors.
    pub fn item(&mut self, item: &Item<'_>) -> Result<Verdict, Error> {
        self.item_at(item, None)
    }

    /// Checks the next item, and adds its place in the input to errors.
    ///
    /// # Errors
    /// The error in the item.
    pub fn event(&mut self, event: &Event<'_>) -> Result<Verdict, Error> {
        self.item_at(&event.item, Some(event.span()))
    }

    pub(crate) fn item_at(
        &mut self,
        item: &Item<'_>,
        span: Option<Span>,
    ) -> Result<Verdict, Error> {
        if self.is_broken {
            return Ok(Verdict::Skipped);
        }
        self.place.span = span;
        let outcome = match item {
            Item::Body(body) => self.next_body(body, body_start(span, body)),
            _ => self.declaration(item).map(|()| Verdict::Valid),
        };
        outcome.map_err(|mut error| {
            error.span = error.span.or(span);
            // Errors in code have the length of the index space already. While types are read, the
            // index space may still grow.
            if error.path.instr.is_none() && !matches!(item, Item::RecGroup(_) | Item::Type(_)) {
                error.space_len = self.types.space_len(&error.kind);
            }
            self.note(&error);
            error
        })
    }

    pub(crate) fn note(&mut self, error: &Error) {
        self.errors.push(error.clone());
        self.is_broken |= self.errors.len() >= self.max_errors;
    }

    fn next_body(&mut self, body: &Body<'_>, offset: Option<usize>) -> Result<Verdict, Error> {
        let func = self.next_func()?;
        if self.defers_bodies {
            let types = self.types.share();
            return Ok(Verdict::Body(FuncToValidate { types, func, offset }));
        }
        match self.func_validator.body(&self.types, func, body) {
            Ok(()) => Ok(Verdict::Valid),
            Err(error) => Err(placed(error, offset, body)),
        }
    }

    /// The index of the function whose body comes next.
    pub(crate) fn next_func(&mut self) -> Result<FuncIdx, Error> {
        let func = self.types.imported_funcs.saturating_add(self.counts.bodies);
        if func >= self.types.func_count() {
            self.is_broken = true;
            return Err(ErrorKind::Malformed(Malformed::FuncCount).into());
        }
        self.counts.bodies += 1;
        (self.place.section, self.place.index) = (SectionId::Code, func);
        Ok(FuncIdx(func))
    }

    /// Marks an index space as incomplete if `outcome` is an error.
    pub(crate) fn or_broken<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        self.is_broken |= outcome.is_err();
        outcome
    }

    fn declaration(&mut self, item: &Item<'_>) -> Result<(), Error> {
        let (section, index) = match item {
            Item::Header | Item::Section(_) | Item::ImportGroup(_) | Item::Custom(_) => {
                return Ok(());
            }
            Item::RecGroup(_) => (SectionId::Type, self.types.ids.len()),
            Item::Type(_) => (SectionId::Type, self.next_type()),
            Item::Import(_) => (SectionId::Import, self.counts.imports as usize),
            Item::Func(_) => (SectionId::Func, self.types.funcs.len()),
            Item::Table(_) => (SectionId::Table, self.types.tables.len()),
            Item::Mem(_) => (SectionId::Mem, self.types.memories.len()),
            Item::Tag(_) => (SectionId::Tag, self.types.tags.len()),
            Item::Global(_) => (SectionId::Global, self.types.globals.len()),
            Item::Export(_) => (SectionId::Export, self.counts.exports as usize),
            Item::Start(_) => (SectionId::Start, 0),
            Item::Elem(_) => (SectionId::Elem, self.types.elems.len()),
            Item::DataCount(_) => (SectionId::DataCount, 0),
            Item::Body(_) => (SectionId::Code, 0),
            Item::Data(_) => (SectionId::Data, self.counts.datas as usize),
            // An item of a proposal that the tree has and this validator does not.
            _ => return Err(ErrorKind::Malformed(Malformed::SectionId).into()),
        };
        (self.place.section, self.place.index) = (section, index as u32);
        let checked = match item {
            Item::RecGroup(group) => self.rec_group(group.len),
            Item::Type(ty) => self.ty(ty),
            Item::Import(import) => self.import(import),
            Item::Func(ty) => self.func(*ty),
            Item::Table(table) => self.table(table),
            Item::Mem(ty) => self.memory(ty),
            Item::Tag(ty) => self.tag(*ty),
            Item::Global(global) => self.global(global),
            Item::Export(export) => self.export(export),
            Item::Start(func) => self.start(*func),
            Item::Elem(elem) => self.elem(elem),
            Item::Data(data) => self.data(data),
            Item::DataCount(count) => {
                self.types_mut().data_count = Some(*count);
                Ok(())
            }
            _ => Ok(()),
        };
        checked.map_err(|error| self.place.of(error))
    }

    fn rec_group(&mut self, len: u32) -> Result<(), Error> {
        let outcome = self.check_rec_group(len);
        self.or_broken(outcome)
    }

    fn check_rec_group(&mut self, len: u32) -> Result<(), Error> {
        if !self.types.features.contains(Feature::Gc) {
            let kind = ErrorKind::NotEnabled("malformed definition type");
            return Err(Error::disabled(kind, Feature::Gc));
        }
        self.check_group_complete()?;
        self.begin_group(len)
    }

    /// Checks that the last recursive group has as many types as its header said.
    fn check_group_complete(&self) -> Result<(), Error> {
        match self.group.is_complete() {
            true => Ok(()),
            false => Err(ErrorKind::Malformed(Malformed::UnexpectedEnd).into()),
        }
    }

    fn begin_group(&mut self, len: u32) -> Result<(), Error> {
        let limits = &self.types.limits;
        let (first, groups) = (self.types.ids.len() as u32, self.counts.groups);
        if len > limits.types.saturating_sub(first) {
            return Err(ErrorKind::Limit("types", limits.types.into()).into());
        }
        if groups >= limits.rec_groups {
            return Err(ErrorKind::Limit("recursive groups", limits.rec_groups.into()).into());
        }
        self.counts.groups += 1;
        self.group.begin(first, len);
        Ok(())
    }

    fn next_type(&self) -> usize {
        match self.group.is_complete() {
            true => self.types.ids.len(),
            false => self.group.next_index() as usize,
        }
    }

    fn ty(&mut self, ty: &SubType) -> Result<(), Error> {
        let outcome = self.check_type(ty);
        self.or_broken(outcome)
    }

    fn check_type(&mut self, ty: &SubType) -> Result<(), Error> {
        if self.group.is_complete() {
            self.begin_group(1)?;
        }
        if !matches!(ty.comp, CompType::Func(_)) {
            self.types_mut().has_aggregates = true;
        }
        self.types.add_to_group(&mut self.group, ty)?;
        if !self.group.is_complete() {
            return Ok(());
        }
        let types = self.types.to_mut();
        let registry = Arc::make_mut(&mut types.registry);
        match registry.add(&self.group, &types.limits) {
            Ok(first) => {
                types.add_ids(first, self.group.len());
                Ok(())
            }
            Err((index, kind)) => {
                self.place.index = index;
                Err(kind.into())
            }
        }
    }

    /// Finishes the module.
    ///
    /// # Errors
    /// All errors so far, and missing bodies or data segments.
    pub fn finish(self) -> Result<Types, Errors> {
        let (types, errors) = self.finish_parts();
        match Errors::from_list(errors) {
            Some(errors) => Err(errors),
            None => Ok(types),
        }
    }

    /// The types, and all errors: those so far, and missing bodies or data segments.
    pub(crate) fn finish_parts(mut self) -> (Types, Vec<Error>) {
        if !self.is_broken {
            self.errors.extend(self.check_group_complete().err());
            let funcs = self.types.func_count() - self.types.imported_funcs;
            let datas = self.types.data_count.unwrap_or(self.counts.datas);
            for (differ, kind) in [
                (funcs != self.counts.bodies, Malformed::FuncCount),
                (datas != self.counts.datas, Malformed::DataCount),
            ] {
                if differ {
                    self.errors.push(ErrorKind::Malformed(kind).into());
                }
            }
        }
        (self.types.into_inner(), self.errors)
    }

    /// Validates everything in a module but the bodies of its functions. Check those with
    /// [`FuncValidator::body`], in any order, on any thread. [`body_chunks`] divides them among
    /// threads.
    ///
    /// # Errors
    /// All errors found, with the names of functions.
    pub fn declarations(mut self, module: &Module<'_>) -> Result<Types, Errors> {
        let items = module.items().filter(|item| !matches!(item, Item::Body(_)));
        items.for_each(|item| drop(self.item(&item)));
        self.counts.bodies = module.funcs.len() as u32;
        self.finish().map_err(|errors| errors.with_names(&module.names))
    }

    /// Validates a module.
    ///
    /// # Errors
    /// All errors found, at most one per body, with the names of functions.
    pub fn module(mut self, module: &Module<'_>) -> Result<Types, Errors> {
        self.defers_bodies = false;
        for item in module.items() {
            let nth = self.counts.bodies as usize;
            // The offset of a body takes time to find, so it is only found for an error.
            if let (Err(error), Item::Body(body)) = (self.item(&item), &item)
                && let Some(last) = self.errors.last_mut()
            {
                *last = placed(error, body_offset(module, nth), body);
            }
        }
        self.finish().map_err(|errors| errors.with_names(&module.names))
    }
}

/// Validates a module with the default features and limits.
///
/// # Errors
/// All errors found, at most one per body.
///
/// ```
/// use wattle_ast::Module;
/// assert!(wattle_validator::validate(&Module::default()).is_ok());
/// ```
pub fn validate(module: &Module<'_>) -> Result<Types, Errors> {
    Validator::new().module(module)
}

/// Divides the functions that a module defines into at most `parts` ranges with about equally many
/// bytes of code.
///
/// ```
/// use wattle_ast::{Func, Module};
/// use wattle_validator::body_chunks;
///
/// let mut module = Module::default();
/// module.funcs.resize(10, Func { ty: Default::default(), body: Default::default() });
/// assert_eq!(body_chunks(&module, 3), [0..4, 4..7, 7..10]);
/// ```
pub fn body_chunks(module: &Module<'_>, parts: usize) -> Vec<Range<usize>> {
    let size = |func: &wattle_ast::Func<'_>| func.body.bytes().len() as u64;
    let total: u64 = module.funcs.iter().map(size).sum();
    let parts = parts.max(1) as u64;
    let mut chunks = Vec::new();
    let (mut start, mut seen) = (0, 0);
    for (index, func) in module.funcs.iter().enumerate() {
        seen += size(func);
        if seen * parts >= total * (chunks.len() as u64 + 1) {
            chunks.push(start..index + 1);
            start = index + 1;
        }
    }
    chunks
}
