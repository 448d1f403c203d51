//! The validator: items in, verdicts out; or a whole module at once.
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
use crate::limits::Limits;
use crate::locate::body_offset;
use crate::registry::{Group, Registry, TypeId};
use crate::tasks::{Code, Later, Place};
use crate::ty::Ty;
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
/// assert_eq!(error.to_string(), "unknown type 1 in func 0");
/// ```
#[derive(Clone, Debug)]
pub struct Validator {
    pub(crate) types: Arc<Types>,
    pub(crate) group: Group,
    pub(crate) func_validator: FuncValidator,
    pub(crate) counts: Counts,
    pub(crate) export_names: BTreeSet<String>,
    pub(crate) max_errors: usize,
    pub(crate) defers_bodies: bool,
    pub(crate) errors: Vec<Error>,
    /// The item at hand.
    pub(crate) place: Place,
    /// Whether an index space is broken, so that what follows has no meaning.
    pub(crate) is_broken: bool,
}

/// How many items there were.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) groups: u32,
    pub(crate) imports: u32,
    pub(crate) exports: u32,
    pub(crate) bodies: u32,
    pub(crate) datas: u32,
}

/// What became of an item that was not wrong.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is valid as far as it goes.
    Valid,
    /// It is a body, whose check is the caller's: see [`Validator::defer_bodies`].
    Body(FuncToValidate),
    /// An earlier error leaves it without meaning: it was not looked at.
    Skipped,
}

/// A function whose body is to be checked, on whatever thread.
#[derive(Clone, Debug)]
pub struct FuncToValidate {
    types: Arc<Types>,
    func: FuncIdx,
    offset: Option<usize>,
}

impl FuncToValidate {
    /// The function, imported ones counted.
    pub fn func(&self) -> FuncIdx {
        self.func
    }

    /// Checks the body. The validator is scratch memory: keep one per thread.
    ///
    /// # Errors
    /// The first fault.
    pub fn validate(&self, validator: &mut FuncValidator, body: &Body<'_>) -> Result<(), Error> {
        validator
            .body(&self.types, self.func, body)
            .map_err(|error| placed(error, self.offset, body))
    }
}

pub(crate) fn span(event: &Event<'_>) -> Span {
    Span::new(event.offset, event.offset + event.bytes.len())
}

/// The offset of the first byte of a body, which ends where its item does.
pub(crate) fn body_start(item: Option<Span>, body: &Body<'_>) -> Option<usize> {
    item.map(|span| span.end.saturating_sub(body.bytes().len()))
}

/// Says where in the input an error in a body is, whose first byte lies at `offset`.
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
            types: Arc::default(),
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

    /// With these features.
    #[must_use]
    pub fn features(mut self, features: Features) -> Validator {
        self.types_mut().features = features;
        self
    }

    /// With these limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Validator {
        self.types_mut().limits = limits;
        self
    }

    /// Stops after this many errors: 20 unless set, at least one.
    #[must_use]
    pub fn max_errors(mut self, count: usize) -> Validator {
        self.max_errors = count.max(1);
        self
    }

    /// Adds the module's types to this registry, so that their ids agree with those of the
    /// modules before. It is copied when someone else holds on to it.
    #[must_use]
    pub fn registry(mut self, registry: Arc<Registry>) -> Validator {
        self.types_mut().registry = registry;
        self
    }

    /// Leaves bodies to the caller: [`item`](Validator::item) hands back a [`FuncToValidate`]
    /// for each.
    #[must_use]
    pub fn defer_bodies(mut self, defers: bool) -> Validator {
        self.defers_bodies = defers;
        self
    }

    pub(crate) fn types_mut(&mut self) -> &mut Types {
        Arc::make_mut(&mut self.types)
    }

    /// Takes the next item of a module. Custom sections and framing are not looked at.
    ///
    /// # Errors
    /// What is wrong with the item. The next items can be checked all the same, and
    /// [`finish`](Validator::finish) repeats all errors.
    pub fn item(&mut self, item: &Item<'_>) -> Result<Verdict, Error> {
        self.item_at(item, None, &mut None)
    }

    /// Takes the next item with its place in the input, which errors then tell.
    ///
    /// # Errors
    /// What is wrong with the item.
    pub fn event(&mut self, event: &Event<'_>) -> Result<Verdict, Error> {
        self.item_at(&event.item, Some(span(event)), &mut None)
    }

    /// Takes the next item. Its initializers are checked now or later.
    pub(crate) fn item_at<'a>(
        &mut self,
        item: &Item<'a>,
        span: Option<Span>,
        later: &mut Later<'a>,
    ) -> Result<Verdict, Error> {
        if self.is_broken {
            return Ok(Verdict::Skipped);
        }
        self.place.span = span;
        let outcome = match item {
            Item::Body(body) => self.next_body(body, body_start(span, body)),
            _ => self.declaration(item, later).map(|()| Verdict::Valid),
        };
        outcome.map_err(|mut error| {
            error.span = error.span.or(span);
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
            let types = Arc::clone(&self.types);
            return Ok(Verdict::Body(FuncToValidate { types, func, offset }));
        }
        self.check(self.task(Code::Body(body.borrowed()), Ty::BOTTOM)).map(|()| Verdict::Valid)
    }

    /// The function whose body comes next.
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

    /// Marks an index space as broken when `outcome` is an error.
    pub(crate) fn or_broken<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        self.is_broken |= outcome.is_err();
        outcome
    }

    fn declaration<'a>(&mut self, item: &Item<'a>, later: &mut Later<'a>) -> Result<(), Error> {
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
        };
        (self.place.section, self.place.index) = (section, index as u32);
        let checked = match item {
            Item::RecGroup(group) => self.rec_group(group.len),
            Item::Type(ty) => self.ty(ty),
            Item::Import(import) => self.import(import),
            Item::Func(ty) => self.func(*ty),
            Item::Table(table) => self.table(table, later),
            Item::Mem(ty) => self.memory(ty),
            Item::Tag(ty) => self.tag(*ty),
            Item::Global(global) => self.global(global, later),
            Item::Export(export) => self.export(export),
            Item::Start(func) => self.start(*func),
            Item::Elem(elem) => self.elem(elem, later),
            Item::Data(data) => self.data(data, later),
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

    /// Checks that the last recursive group has as many types as it said.
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
        let types = Arc::make_mut(&mut self.types);
        let registry = Arc::make_mut(&mut types.registry);
        match registry.add(&self.group, &types.limits) {
            Ok(first) => {
                types.ids.extend((0..self.group.len()).map(|place| TypeId(first.0 + place)));
                Ok(())
            }
            Err((index, kind)) => {
                self.place.index = index;
                Err(kind.into())
            }
        }
    }

    /// Ends the module.
    ///
    /// # Errors
    /// All errors so far, or that bodies or data segments are missing.
    pub fn finish(mut self) -> Result<Types, Errors> {
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
        match Errors::from_list(self.errors) {
            Some(errors) => Err(errors),
            None => Ok(Arc::unwrap_or_clone(self.types)),
        }
    }

    /// Validates all of a module but the bodies of its functions: check those with
    /// [`FuncValidator::body`], in any order, on any thread. [`body_chunks`] shares them out.
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
    /// All errors found, one per body at most, with the names of functions.
    pub fn module(mut self, module: &Module<'_>) -> Result<Types, Errors> {
        self.defers_bodies = false;
        for item in module.items() {
            let nth = self.counts.bodies as usize;
            // Where a body stood is worth finding out only when it has an error.
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
/// All errors found, one per body at most.
///
/// ```
/// use wattle_ast::Module;
/// assert!(wattle_validator::validate(&Module::default()).is_ok());
/// ```
pub fn validate(module: &Module<'_>) -> Result<Types, Errors> {
    Validator::new().module(module)
}

/// Shares the functions that a module defines out into at most `parts` runs of about as many
/// bytes of code each.
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
