//! Converts types of components to types of the model.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wattle_ast::components::{
    Definition, Export, ExportDecl, ExternName, Import, PlainSortIdx, SortIdx, Type as Form,
    ValType,
};
use wattle_ast::{ComponentTypeIdx, Name};

use super::error::{Kind as Error, Result};
use super::items::{Decoder, external_id};
use super::scopes::{Entry, EntryKind, ScopeId};
use crate::model::{Kind, Owner, Text, Type, TypeId, Val};

impl Decoder<'_> {
    /// Returns the type of the model for a type of the component, directly or through further
    /// names, or the entry of its definition if that is not converted yet.
    fn find(&mut self, mut entry: Entry) -> Result<core::result::Result<Val, Entry>> {
        loop {
            if let Some(Some(val)) = self.vals.get(entry.0) {
                return Ok(Ok(*val));
            }
            match self.scopes.entry(entry)? {
                EntryKind::Named(other) => {
                    self.scopes.step()?;
                    entry = other;
                }
                _ => return Ok(Err(entry)),
            }
        }
    }

    fn set(&mut self, entry: Entry, val: Val) {
        if self.vals.len() <= entry.0 {
            self.vals.resize(self.scopes.len().max(entry.0 + 1), None);
        }
        if let Some(place) = self.vals.get_mut(entry.0) {
            *place = Some(val);
        }
    }

    /// Converts a type to a value type, after all types that it is made of.
    pub(super) fn val(&mut self, entry: Entry) -> Result<Val> {
        // Each type on the stack is made of the one above it.
        let mut open = Vec::from([entry]);
        while let Some(&entry) = open.last() {
            let definition = match self.find(entry)? {
                Ok(_) => {
                    open.pop();
                    continue;
                }
                Err(definition) => definition,
            };
            self.scopes.step()?;
            let waiting = open.len();
            self.missing(definition, &mut open)?;
            if open.len() > waiting {
                continue;
            }
            open.pop();
            let val = match self.kind(definition)? {
                Kind::Alias(val) => val,
                kind if kind.needs_name() => return Err(Error::Unnamed(kind.word()).into()),
                kind => Val::Type(self.model.intern(kind)),
            };
            self.set(definition, val);
        }
        self.find(entry)?.map_err(|_| Error::Form.into())
    }

    /// Adds to `open` the types that a definition is made of and that are not converted yet.
    fn missing(&mut self, definition: Entry, open: &mut Vec<Entry>) -> Result<()> {
        let EntryKind::Defined(scope, ty) = self.scopes.entry(definition)? else { return Ok(()) };
        let mut parts = Vec::new();
        ty.uses(|index| {
            if let SortIdx::Plain(PlainSortIdx::Type(index)) = index {
                parts.push(index);
            }
        });
        for index in parts {
            let part = self.scopes.ty(scope, index)?;
            if self.find(part)?.is_err() {
                open.push(part);
            }
        }
        Ok(())
    }

    /// Converts a definition whose parts are converted already.
    fn kind(&mut self, definition: Entry) -> Result<Kind> {
        let (scope, ty) = match self.scopes.entry(definition)? {
            EntryKind::Resource => return Ok(Kind::Resource),
            EntryKind::Defined(scope, definition @ Definition::Type(ty)) => {
                self.scopes.take_steps(parts(definition))?;
                (scope, ty)
            }
            _ => return Err(Error::Form.into()),
        };
        let label = |label: &wattle_ast::Name<'_>| Text::from(label.as_str());
        let opt = |decoder: &mut Self, ty: &Option<ValType>| match ty {
            Some(ty) => decoder.part(scope, *ty).map(Some),
            None => Ok(None),
        };
        Ok(match ty {
            Form::Prim(prim) => Kind::Alias(Val::Prim(*prim)),
            Form::Record(fields) => {
                let fields = fields
                    .iter()
                    .map(|field| Ok((label(&field.label), self.part(scope, field.ty)?)));
                Kind::Record(fields.collect::<Result<_>>()?)
            }
            Form::Variant(cases) => {
                let cases = cases.iter().map(|case| Ok((label(&case.label), opt(self, &case.ty)?)));
                Kind::Variant(cases.collect::<Result<_>>()?)
            }
            Form::Flags(labels) => Kind::Flags(labels.iter().map(label).collect()),
            Form::Enum(labels) => Kind::Enum(labels.iter().map(label).collect()),
            Form::List(ty) => Kind::List(self.part(scope, *ty)?),
            Form::FixedList { elem, len } => Kind::FixedList(self.part(scope, *elem)?, *len),
            Form::Tuple(types) => {
                let types = types.iter().map(|ty| self.part(scope, *ty));
                Kind::Tuple(types.collect::<Result<Box<[Val]>>>()?)
            }
            Form::Option(ty) => Kind::Option(self.part(scope, *ty)?),
            Form::Result { ok, err } => Kind::Result(opt(self, ok)?, opt(self, err)?),
            Form::Map { key, value } => {
                Kind::Map(self.part(scope, *key)?, self.part(scope, *value)?)
            }
            Form::Own(index) => Kind::Own(self.handle(scope, *index)?),
            Form::Borrow(index) => Kind::Borrow(self.handle(scope, *index)?),
            Form::Stream(ty) => Kind::Stream(opt(self, ty)?),
            Form::Future(ty) => Kind::Future(opt(self, ty)?),
            Form::Resource(_) => Kind::Resource,
            Form::Func(_) | Form::Component | Form::Instance => {
                return Err(Error::Form.into());
            }
        })
    }

    /// Returns a value type in a definition, which is converted if that has not been done.
    pub(super) fn part(&mut self, scope: ScopeId, ty: ValType) -> Result<Val> {
        match ty {
            ValType::Prim(prim) => Ok(Val::Prim(prim)),
            ValType::Type(index) => {
                let entry = self.scopes.ty(scope, index)?;
                self.val(entry)
            }
        }
    }

    /// Returns the resource of a handle.
    fn handle(&mut self, scope: ScopeId, index: ComponentTypeIdx) -> Result<TypeId> {
        let entry = self.scopes.ty(scope, index)?;
        match self.find(entry)? {
            Ok(Val::Type(id)) if self.model[id].is_resource => Ok(id),
            _ => Err(Error::Unnamed("resource").into()),
        }
    }

    /// Returns the kind of a type with a name in an interface or world, and the entry of its
    /// definition if that is not converted yet.
    fn named_kind(
        &mut self,
        name: &ExternName<'_>,
        entry: Entry,
        owner: Owner,
    ) -> Result<(Kind, Option<Entry>)> {
        let found = self.find(entry)?;
        let kind = match found {
            Ok(Val::Type(other)) => {
                let data = &self.model[other];
                match data.owner {
                    // The type was used before it got a name.
                    Owner::Nobody => {
                        self.scopes.take_steps(data.kind.parts())?;
                        data.kind.clone()
                    }
                    Owner::World(_) if owner != data.owner => {
                        return Err(Error::TypeOfWorld(name.name.as_str().into()).into());
                    }
                    _ => Kind::Alias(Val::Type(other)),
                }
            }
            Ok(Val::Prim(prim)) => Kind::Alias(Val::Prim(prim)),
            Err(definition) => {
                let mut missing = Vec::new();
                self.missing(definition, &mut missing)?;
                for part in missing {
                    self.val(part)?;
                }
                self.kind(definition)?
            }
        };
        Ok((kind, found.err()))
    }

    /// Adds a type with a name to an interface or world.
    pub(super) fn named_type(
        &mut self,
        name: &ExternName<'_>,
        entry: Entry,
        owner: Owner,
    ) -> Result<TypeId> {
        if let Some(Some(_)) = self.vals.get(entry.0) {
            return Err(Error::TypeRepeated(name.name.as_str().into()).into());
        }
        let (kind, definition) = self.named_kind(name, entry, owner)?;
        let resource = definition.filter(|_| kind == Kind::Resource);
        let text = Text::from(name.name.as_str());
        let ty = Type { external_id: external_id(name), ..Type::new(Some(text), owner, kind) };
        let id = self.model.add_type(ty);
        self.set(entry, Val::Type(id));
        // Another export of a resource is another name for it.
        if let (Some(resource), Owner::Interface(_)) = (resource, owner) {
            self.set(resource, Val::Type(id));
        }
        Ok(id)
    }

    /// Checks that a type is like one that an interface has already, and records that it stands for
    /// that one.
    pub(super) fn known_type(
        &mut self,
        name: &ExternName<'_>,
        entry: Entry,
        id: TypeId,
    ) -> Result<()> {
        if let Some(Some(val)) = self.vals.get(entry.0) {
            return match *val == Val::Type(id) {
                true => Ok(()),
                false => Err(Error::TypeRepeated(name.name.as_str().into()).into()),
            };
        }
        let (kind, _) = self.named_kind(name, entry, self.model[id].owner)?;
        let is_it = match (&kind, &self.model[id].kind) {
            (Kind::Alias(Val::Type(other)), _) if *other == id => true,
            (Kind::Alias(Val::Type(one)), Kind::Alias(Val::Type(other))) => {
                self.model.origin(*one) == self.model.origin(*other)
            }
            (kind, known) => kind == known,
        };
        if !is_it {
            return Err(Error::Differs(name.name.as_str().into()).into());
        }
        self.set(entry, Val::Type(id));
        Ok(())
    }
}

/// Returns the number of fields, cases, labels or parameters of a definition. Long names count more
/// than once, since they are copied.
pub(super) fn parts(definition: &Definition<'_>) -> usize {
    fn labels<'n>(labels: impl Iterator<Item = &'n Name<'n>>) -> usize {
        labels.map(|label| 1 + label.len() / 64).sum()
    }
    match definition {
        Definition::Type(Form::Record(fields)) => labels(fields.iter().map(|it| &it.label)),
        Definition::Type(Form::Variant(cases)) => labels(cases.iter().map(|it| &it.label)),
        Definition::Type(Form::Flags(names) | Form::Enum(names)) => labels(names.iter()),
        Definition::Type(Form::Func(ty)) => labels(ty.params.iter().map(|it| &it.label)),
        Definition::Type(Form::Tuple(types)) => types.len(),
        Definition::Import(Import { name, .. })
        | Definition::ExportDecl(ExportDecl { name, .. }) => name.name.len() / 64,
        Definition::Export(Export { name, .. }) => name.name.len() / 64,
        _ => 0,
    }
}
