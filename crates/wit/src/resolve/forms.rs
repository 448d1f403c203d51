//! The forms of types, which stand in the text behind a name, a field or a parameter.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::components::PrimType;

use super::Resolve;
use super::types::Names;
use crate::error::{ErrorKind, Help};
use crate::model::{Kind, Val};
use crate::syntax::{Id, Ty, TyId, TyKind, TypeDef, TypeKind};

impl<'a> Resolve<'a> {
    /// Converts a kind to a value type. The name of a resource stands for a handle that owns it.
    pub(super) fn value(&mut self, kind: Kind) -> Val {
        match kind {
            Kind::Alias(Val::Type(id)) if self.model[id].is_resource => {
                Val::Type(self.model.intern(Kind::Own(id)))
            }
            Kind::Alias(val) => val,
            kind => Val::Type(self.model.intern(kind)),
        }
    }

    /// Returns the names that a definition refers to.
    pub(super) fn names_in(&self, source: usize, def: &TypeDef<'a>) -> Vec<Id<'a>> {
        let types = &self.files[source].types;
        let mut names = Vec::new();
        let mut add = |ty: TyId| {
            for ty in types.get(first(types, ty)..=ty.0).unwrap_or_default() {
                if let TyKind::Name(id) | TyKind::Own(id) | TyKind::Borrow(id) = ty.kind {
                    names.push(id);
                }
            }
        };
        match &def.kind {
            TypeKind::Alias(ty) => add(*ty),
            TypeKind::Record(fields) => fields.iter().for_each(|field| add(field.ty)),
            TypeKind::Variant(cases) => cases.iter().filter_map(|case| case.ty).for_each(add),
            TypeKind::Flags(_) | TypeKind::Enum(_) | TypeKind::Resource(_) => {}
        }
        names
    }

    /// Resolves a type of the text to a value type.
    pub(super) fn val(
        &mut self,
        source: usize,
        names: &Names,
        ty: TyId,
        is_live: bool,
    ) -> Option<Val> {
        let kind = self.form(source, names, ty, is_live)?;
        Some(self.value(kind))
    }

    /// Resolves a type of the text to its kind. The types that it is made of lie before it in the
    /// list of the file, children first.
    pub(super) fn form(
        &mut self,
        source: usize,
        names: &Names,
        root: TyId,
        is_live: bool,
    ) -> Option<Kind> {
        let types = &self.files[source].types;
        let start = first(types, root);
        let mut vals: Vec<Option<Val>> = Vec::new();
        for ty in types.get(start..root.0).unwrap_or_default() {
            let kind = self.one_form(source, names, ty, &vals, start, is_live);
            vals.push(kind.map(|kind| self.value(kind)));
        }
        self.one_form(source, names, types.get(root.0)?, &vals, start, is_live)
    }

    /// Resolves one type, whose parts are among `vals`. The first of these is the value type of the
    /// type at `start`.
    fn one_form(
        &mut self,
        source: usize,
        names: &Names,
        ty: &Ty<'a>,
        vals: &[Option<Val>],
        start: usize,
        is_live: bool,
    ) -> Option<Kind> {
        let val = |ty: TyId| vals.get(ty.0 - start).copied().flatten();
        // A part that the text leaves out is `None`. A part with an error makes the whole type
        // faulty.
        let opt = |ty: Option<TyId>| match ty {
            Some(ty) => val(ty).map(Some),
            None => Some(None),
        };
        let kind = match &ty.kind {
            TyKind::Prim(prim) => Kind::Alias(Val::Prim(*prim)),
            TyKind::Name(id) => Kind::Alias(Val::Type(self.named(source, names, *id, is_live)?)),
            TyKind::Own(id) => Kind::Own(self.resource(source, names, *id, is_live)?),
            TyKind::Borrow(id) => Kind::Borrow(self.resource(source, names, *id, is_live)?),
            TyKind::List(elem) => Kind::List(val(*elem)?),
            TyKind::FixedList(elem, len) => Kind::FixedList(val(*elem)?, *len),
            TyKind::Option(some) => Kind::Option(val(*some)?),
            TyKind::Result(ok, err) => Kind::Result(opt(*ok)?, opt(*err)?),
            TyKind::Stream(elem) => {
                let elem = opt(*elem)?;
                let named = elem.and_then(Val::id).map(|id| self.model.origin(id));
                let named = named.map(|id| &self.model[id].kind);
                if elem == Some(Val::Prim(PrimType::Char))
                    || named == Some(&Kind::Alias(Val::Prim(PrimType::Char)))
                {
                    self.error(ErrorKind::StreamOfChar, source, ty.span);
                }
                Kind::Stream(self.payload("stream", elem, ty, source))
            }
            TyKind::Future(elem) => {
                let elem = opt(*elem)?;
                Kind::Future(self.payload("future", elem, ty, source))
            }
            TyKind::Tuple(types) => {
                if types.is_empty() {
                    self.error(ErrorKind::Empty { sort: "tuple" }, source, ty.span);
                }
                Kind::Tuple(types.iter().map(|ty| val(*ty)).collect::<Option<Box<[Val]>>>()?)
            }
            TyKind::Map(key, value) => {
                let (key, value) = (val(*key)?, val(*value)?);
                if !matches!(key, Val::Prim(prim) if prim.is_map_key()) {
                    self.error(ErrorKind::MapKey, source, ty.span);
                }
                if self.has_handle(value) {
                    self.error(ErrorKind::MapValue, source, ty.span);
                }
                Kind::Map(key, value)
            }
        };
        if is_live {
            self.check_limits(&kind, source, ty.span);
        }
        Some(kind)
    }

    fn has_handle(&self, val: Val) -> bool {
        match val {
            Val::Prim(prim) => prim == PrimType::ErrorContext,
            Val::Type(id) => self.model[id].has_handle,
        }
    }

    /// Checks the values of a stream or future. They outlive the call, so none may borrow.
    fn payload(
        &mut self,
        sort: &'static str,
        elem: Option<Val>,
        ty: &Ty<'a>,
        source: usize,
    ) -> Option<Val> {
        let id = elem.and_then(Val::id);
        if !id.is_some_and(|id| self.model[id].has_borrow) {
            return elem;
        }
        let help = Help::Advice("a borrowed handle ends with the call: send one that owns");
        self.error(ErrorKind::BorrowInPayload { sort }, source, ty.span).help = Some(help);
        // Types that contain the stream or future are not reported as well.
        None
    }
}

/// Returns the place of the first of the types that a type is made of, which all lie before it.
fn first(types: &[Ty<'_>], root: TyId) -> usize {
    let mut at = root;
    loop {
        let child = types.get(at.0).and_then(|ty| match &ty.kind {
            TyKind::Prim(_) | TyKind::Name(_) | TyKind::Own(_) | TyKind::Borrow(_) => None,
            TyKind::List(ty)
            | TyKind::FixedList(ty, _)
            | TyKind::Option(ty)
            | TyKind::Map(ty, _) => Some(*ty),
            TyKind::Tuple(types) => types.first().copied(),
            TyKind::Result(ok, err) => ok.or(*err),
            TyKind::Stream(ty) | TyKind::Future(ty) => *ty,
        });
        match child {
            Some(child) => at = child,
            None => return at.0,
        }
    }
}
