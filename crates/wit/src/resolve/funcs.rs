//! Functions, and the names that must be distinct in one scope.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use wattle_ast::components::{Accessor, ParsedName, PlainName};
use wattle_ast::{Features, Span};

use super::Resolve;
use super::items::Scope;
use super::types::{Named, Names, external_id};
use crate::error::{Error, ErrorKind, Help, Place};
use crate::model::{Func, Kind, Text, TypeId, Val};
use crate::print;
use crate::syntax::{Func as FuncText, FuncKind, Id, InterfaceItem, TypeKind};

/// The names of imports, of exports, or of an interface: each must have a key of its own.
#[derive(Default)]
pub(super) struct NameScope {
    keys: BTreeMap<String, (Text, Span)>,
}

impl NameScope {
    /// Adds a name.
    ///
    /// # Errors
    /// The name that has the same key.
    pub(super) fn add(&mut self, name: &Text, span: Span) -> Result<(), (Text, Span)> {
        let parsed = ParsedName::parse(name, Features::ALL);
        let key = parsed.map_or(Cow::Borrowed(&**name), |name| name.key());
        match self.keys.get(&*key) {
            Some(other) => Err(other.clone()),
            None => {
                self.keys.insert(key.into_owned(), (name.clone(), span));
                Ok(())
            }
        }
    }
}

/// Returns the name of the getter that belongs to a setter.
pub(super) fn getter_of(name: &str) -> Option<String> {
    let name = PlainName::parse(name, Features::ALL).ok()?;
    Some(name.getter()?.to_string())
}

/// Moves each setter that stands before its getter behind it. `name` gives the names of functions.
pub(super) fn setters_behind_getters<T>(
    items: Vec<T>,
    name: impl Fn(&T) -> Option<Text>,
) -> Vec<T> {
    let mut getters: BTreeMap<Text, bool> = BTreeMap::new();
    for name in items.iter().filter_map(&name) {
        getters.insert(name, false);
    }
    let mut waiting: BTreeMap<Text, Vec<T>> = BTreeMap::new();
    let mut ordered = Vec::with_capacity(items.len());
    for item in items {
        let own = name(&item);
        let getter = own.as_deref().and_then(getter_of).map(Text::from);
        if let Some(getter) = getter
            && getters.get(&getter) == Some(&false)
        {
            waiting.entry(getter).or_default().push(item);
            continue;
        }
        ordered.push(item);
        if let Some(own) = own {
            ordered.extend(waiting.remove(&own).into_iter().flatten());
            getters.insert(own, true);
        }
    }
    ordered
}

impl<'a> Resolve<'a> {
    /// Resolves the functions of an interface. Returns them with their places, without those that
    /// gates exclude.
    pub(super) fn interface_funcs(
        &mut self,
        scope: &Scope<'a>,
        names: &Names,
        items: &'a [InterfaceItem<'a>],
    ) -> Vec<(Func, Place)> {
        let mut taken = NameScope::default();
        for (name, (_, span)) in names.types.iter() {
            self.take_name(&mut taken, name, scope.source, *span);
        }
        let mut funcs = Vec::new();
        let mut all: BTreeMap<Text, Span> = BTreeMap::new();
        let mut add = |resolve: &mut Self, resource, func: &'a FuncText<'a>| {
            let errors = resolve.errors.len();
            let (name, found) = resolve.func(scope, names, resource, func);
            let is_excluded = found.is_none() && resolve.errors.len() == errors;
            if resolve.take_name(&mut taken, &name, scope.source, func.name.span) && !is_excluded {
                all.insert(name, func.name.span);
            }
            let place = Place { source: scope.source, span: func.name.span };
            funcs.extend(found.map(|func| (func, place)));
        };
        for item in items {
            match item {
                InterfaceItem::Func(func) => add(self, None, func),
                InterfaceItem::Type(def) => {
                    if let TypeKind::Resource(funcs) = &def.kind {
                        funcs.iter().for_each(|func| add(self, Some(def.name), func));
                    }
                }
                InterfaceItem::Use(_) => {}
            }
        }
        for (name, span) in &all {
            if let Some(getter) = getter_of(name)
                && !all.contains_key(&*getter)
            {
                let kind = ErrorKind::NoGetter { name: (**name).into(), getter: getter.into() };
                self.error(kind, scope.source, *span);
            }
        }
        let by_name: BTreeMap<&str, &Func> =
            funcs.iter().map(|(func, _)| (&*func.name, func)).collect();
        for (setter, place) in &funcs {
            if let Some(getter) = getter_of(&setter.name).and_then(|name| by_name.get(&*name)) {
                self.check_property(setter, getter, *place);
            }
        }
        setters_behind_getters(funcs, |(func, _)| Some(func.name.clone()))
    }

    /// Checks that a setter takes a value of the type that its getter returns.
    pub(super) fn check_property(&mut self, setter: &Func, getter: &Func, place: Place) {
        let (Some((_, found)), Some(result)) = (setter.params.last(), getter.result) else {
            return;
        };
        let mut expected = self.equality.first(&self.model, result);
        if let Val::Type(id) = expected
            && let Kind::Result(Some(ok), _) = self.model[id].kind
        {
            expected = ok;
        }
        let [expected_first, found_first] =
            [expected, *found].map(|val| self.equality.first(&self.model, val));
        if expected_first != found_first {
            let text = |val: Val| print::val(&self.model, val).into();
            let kind = ErrorKind::SetterType {
                name: (*setter.name).into(),
                getter: (*getter.name).into(),
                expected: text(expected),
                found: text(*found),
            };
            self.errors.push(Error::new(kind, place));
        }
    }

    /// Adds a name to those that are taken. Reports an error, and returns `false`, if the name is
    /// too much like another one.
    pub(super) fn take_name(
        &mut self,
        taken: &mut NameScope,
        name: &Text,
        source: usize,
        span: Span,
    ) -> bool {
        let Err((previous, at)) = taken.add(name, span) else { return true };
        let kind = match previous == *name {
            true => ErrorKind::DuplicateName { name: (**name).into() },
            false => ErrorKind::Conflict { name: (**name).into(), previous: (*previous).into() },
        };
        self.error(kind, source, span).related = Some(Place { source, span: at });
        false
    }

    /// Resolves a function. Returns its name in the component, and the function if it is without
    /// errors and no gate excludes it.
    pub(super) fn func(
        &mut self,
        scope: &Scope<'a>,
        names: &Names,
        resource: Option<Id<'a>>,
        func: &'a FuncText<'a>,
    ) -> (Text, Option<Func>) {
        let (source, span, label) = (scope.source, func.name.span, func.name.name);
        let accessor = func.accessor;
        let name = match (resource, func.kind) {
            (None, _) => PlainName::Label { accessor, label },
            (Some(id), FuncKind::Constructor) => PlainName::Constructor { resource: id.name },
            (Some(id), FuncKind::Static) => {
                PlainName::Static { accessor, resource: id.name, label }
            }
            (Some(id), FuncKind::Plain) => PlainName::Method { accessor, resource: id.name, label },
        };
        let name: Text = name.to_string().into();
        let (gate, excluded) = self.gate(&func.attributes, scope.package, source, span);
        let is_live = excluded.is_none();
        let of = match resource.map(|id| names.all.get(id.name)) {
            Some(Some(Named::Type(id))) => Some(*id),
            _ => None,
        };
        if let Some(feature) = of.and_then(|id| self.excluded.types.get(&id).cloned())
            && is_live
        {
            let help = Help::Advice("give the function the same gate");
            let kind = ErrorKind::GatedParent { sort: "resource", feature: (*feature).into() };
            self.error(kind, source, span).help = Some(help);
            return (name, None);
        }
        let errors = self.errors.len();
        let mut params: Vec<(Text, Val)> = Vec::new();
        if let (Some(id), FuncKind::Plain) = (of, func.kind) {
            params.push(("self".into(), Val::Type(self.model.intern(Kind::Borrow(id)))));
        }
        let this = Id { name: "self", span: func.keyword };
        let labels = params.iter().map(|_| this).chain(func.params.iter().map(|param| param.name));
        self.unique_labels(source, "param", &labels.collect::<Vec<_>>());
        for param in &func.params {
            if let Some(ty) = self.val(source, names, param.ty, is_live) {
                params.push((param.name.name.into(), ty));
            }
        }
        let mut result = func.result.and_then(|ty| self.val(source, names, ty, is_live));
        if self.errors.len() == errors {
            self.check_func(source, func, of, result);
        }
        if let (None, Some(id), FuncKind::Constructor) = (result, of, func.kind) {
            result = Some(Val::Type(self.model.intern(Kind::Own(id))));
        }
        if let Some(Val::Type(ty)) = result
            && self.model[ty].has_borrow
            && is_live
        {
            let help = Help::Advice("a borrowed handle ends with the call: return one that owns");
            self.error(ErrorKind::BorrowInResult { name: (*name).into() }, source, span).help =
                Some(help);
        }
        if self.errors.len() > errors || !is_live || resource.is_some() != of.is_some() {
            return (name, None);
        }
        let data = Func {
            name: name.clone(),
            resource: of,
            is_async: func.is_async,
            params,
            result,
            docs: func.docs.clone(),
            gate,
            external_id: external_id(&func.attributes),
        };
        (name, Some(data))
    }

    /// Checks the parameters and the result of a getter, setter or constructor.
    fn check_func(
        &mut self,
        source: usize,
        func: &FuncText<'a>,
        of: Option<TypeId>,
        result: Option<Val>,
    ) {
        let types = &self.files[source].types;
        let result_span = func.result.and_then(|ty| types.get(ty.0)).map(|ty| ty.span);
        let kind = match result {
            Some(Val::Type(id)) => Some(&self.model[self.model.origin(id)].kind),
            _ => None,
        };
        let error = match (func.accessor, func.kind) {
            (Some(Accessor::Get), _) if !func.params.is_empty() => {
                Some((ErrorKind::GetterParams, func.params[0].name.span))
            }
            (Some(Accessor::Get), _) if func.result.is_none() => {
                Some((ErrorKind::GetterResult, func.keyword))
            }
            (Some(Accessor::Get), _) if matches!(kind, Some(Kind::Result(None, _))) => {
                result_span.map(|span| (ErrorKind::GetterOk, span))
            }
            (Some(Accessor::Set), _) if func.params.len() != 1 => {
                let span = func.params.get(1).map_or(func.keyword, |param| param.name.span);
                Some((ErrorKind::SetterParams, span))
            }
            (Some(Accessor::Set), _) => match (result_span, kind) {
                (Some(span), kind) if !matches!(kind, Some(Kind::Result(None, _))) => {
                    Some((ErrorKind::SetterResult, span))
                }
                _ => None,
            },
            (_, FuncKind::Constructor) => match (result_span, kind) {
                (None, _) => None,
                (Some(_), Some(Kind::Result(Some(Val::Type(ok)), _)))
                    if of.is_some_and(|id| self.model[*ok].kind == Kind::Own(id)) =>
                {
                    None
                }
                (Some(span), Some(Kind::Result(..))) => Some((ErrorKind::ConstructorOk, span)),
                (Some(span), _) => Some((ErrorKind::ConstructorResult, span)),
            },
            _ => None,
        };
        if let Some((kind, span)) = error {
            self.error(kind, source, span);
        }
    }
}
