//! Definitions of types: value types, functions, resources.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#type-definitions>

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_abi::ValueAbi;
use wattle_ast::components::{
    Field, FuncType, PrimType, ResourceType, Scope as Form, Type, ValType, check_label, label_key,
};
use wattle_ast::{AddrType, Feature, Name};

use super::arena::Origin;
use super::error::ComponentErrorKind as K;
use super::nodes::{ABSENT, Kind, NodeId, Properties};
use super::validator::{Checked, Validator};
use crate::Error;

/// The words of errors about labels: for an item with a label, for an earlier item, for a type
/// without items, and for the limit of their number.
struct Labels {
    what: &'static str,
    previous: &'static str,
    empty: &'static str,
    limit: &'static str,
}

const FIELDS: Labels = Labels {
    what: "record field",
    previous: "field",
    empty: "record type must have at least one field",
    limit: "record fields",
};
const CASES: Labels = Labels {
    what: "variant case",
    previous: "case",
    empty: "variant type must have at least one case",
    limit: "variant cases",
};
const FLAGS: Labels = Labels {
    what: "flag",
    previous: "flag",
    empty: "flags must have at least one entry",
    limit: "flags",
};
const TAGS: Labels = Labels {
    what: "enum tag",
    previous: "tag",
    empty: "enum type must have at least one variant",
    limit: "enum cases",
};
const PARAMS: Labels =
    Labels { what: "function parameter", previous: "parameter", empty: "", limit: "parameters" };

impl Validator {
    /// The type that a definition makes.
    pub(crate) fn define_type(&mut self, ty: &Type<'_>) -> Checked<NodeId> {
        if let Some(form) = ty.form() {
            self.need_form(form.feature(), form.keyword())?;
        }
        let id = match ty {
            Type::Prim(prim) => self.prim(*prim)?,
            Type::Record(fields) => {
                let mut words = Vec::new();
                self.fields(&FIELDS, fields, self.limits.record_fields, &mut words)?;
                self.arena.intern(Kind::Record, &words)
            }
            Type::Variant(cases) => {
                let labels = cases.iter().map(|case| &case.label);
                self.labels(&CASES, labels, self.limits.cases)?;
                let mut words = Vec::new();
                for case in cases {
                    words.push(self.arena.text(case.label.as_str()).0);
                    words.push(self.opt_val_type(case.ty)?);
                }
                self.arena.intern(Kind::Variant, &words)
            }
            Type::List(elem) => {
                let elem = self.val_type(*elem)?;
                self.arena.intern(Kind::List, &[elem.0])
            }
            Type::FixedList { elem, len } => {
                if *len == 0 {
                    return Err(K::FixedListLength.into());
                }
                let most = self.limits.fixed_list_len;
                self.at_most("elements of a fixed-length list", *len as usize, most)?;
                let elem = self.val_type(*elem)?;
                self.arena.intern(Kind::FixedList, &[elem.0, *len])
            }
            Type::Tuple(types) => {
                if types.is_empty() {
                    return Err(K::Empty { what: "tuple type must have at least one type" }.into());
                }
                self.at_most("types of a tuple", types.len(), self.limits.tuple_types)?;
                let words: Vec<u32> = types
                    .iter()
                    .map(|&ty| self.val_type(ty).map(|id| id.0))
                    .collect::<Checked<_>>()?;
                self.arena.intern(Kind::Tuple, &words)
            }
            Type::Flags(labels) => {
                if labels.len() > Type::MAX_FLAGS {
                    return Err(K::FlagCount { count: labels.len() }.into());
                }
                self.label_type(Kind::Flags, &FLAGS, labels, u32::MAX)?
            }
            Type::Enum(labels) => {
                self.label_type(Kind::Enum, &TAGS, labels, self.limits.enum_cases)?
            }
            Type::Option(ty) => {
                let ty = self.val_type(*ty)?;
                self.arena.intern(Kind::Option, &[ty.0])
            }
            Type::Result { ok, err } => {
                let words = [self.opt_val_type(*ok)?, self.opt_val_type(*err)?];
                self.arena.intern(Kind::Result, &words)
            }
            Type::Own(resource) => self.handle(Kind::Own, resource.0)?,
            Type::Borrow(resource) => self.handle(Kind::Borrow, resource.0)?,
            Type::Stream(ty) => self.payload(Kind::Stream, "`stream` payload", *ty)?,
            Type::Future(ty) => self.payload(Kind::Future, "`future` payload", *ty)?,
            Type::Map { key, value } => {
                let (key, value) = (self.val_type(*key)?, self.val_type(*value)?);
                if !self.arena.as_prim(key).is_some_and(PrimType::is_map_key)
                    && !self.arena.has(key, Properties::UNKNOWN)
                {
                    return Err(K::MapKey { found: self.arena.describe(key) }.into());
                }
                if self.arena.has(value, Properties::HANDLE) {
                    return Err(K::MapValue.into());
                }
                self.arena.intern(Kind::Map, &[key.0, value.0])
            }
            Type::Func(ty) => self.func_type(ty)?,
            Type::Resource(ty) => return self.define_resource(ty),
            // The types of components and instances are made when their scopes are closed.
            Type::Component | Type::Instance => return Ok(NodeId::UNKNOWN),
        };
        self.check_size(id)?;
        Ok(id)
    }

    /// Checks that a form of types is on.
    fn need_form(&self, feature: Feature, what: &'static str) -> Checked {
        let phrase = match feature {
            Feature::CmMap => "Maps require the component model map feature",
            Feature::CmFixedLengthLists => {
                "Fixed-length lists require the component model fixed-length lists feature"
            }
            Feature::CmAsync if what == "stream" => {
                "`stream` requires the component model async feature"
            }
            Feature::CmAsync if what == "future" => {
                "`future` requires the component model async feature"
            }
            Feature::CmAsync => {
                "async component functions require the component model async feature"
            }
            _ => "component model feature is not enabled",
        };
        self.need(feature, phrase)
    }

    /// Checks the limits of all types.
    pub(crate) fn check_size(&self, id: NodeId) -> Checked {
        let node = self.arena.node(id);
        if node.depth > self.limits.type_depth {
            return Err(K::TypeDepth { most: self.limits.type_depth }.into());
        }
        if node.size >= self.limits.type_size {
            return Err(K::TypeSize { most: self.limits.type_size }.into());
        }
        if self.arena.kind(id).is_value() {
            // Types are never larger in memories of 32 bits.
            let size = self.arena.abi(id).layout(AddrType::I64).size;
            if size >= ValueAbi::MAX_SIZE {
                return Err(K::ValueSize { size }.into());
            }
        }
        Ok(())
    }

    fn prim(&mut self, prim: PrimType) -> Checked<NodeId> {
        let phrase = match prim {
            PrimType::ErrorContext => {
                "`error-context` requires the component model error-context feature"
            }
            _ => "component model feature is not enabled",
        };
        self.need(prim.feature(), phrase)?;
        Ok(self.arena.prim(prim))
    }

    /// The node of a value type that a definition uses.
    pub(crate) fn val_type(&mut self, ty: ValType) -> Checked<NodeId> {
        match ty {
            ValType::Prim(prim) => self.prim(prim),
            ValType::Type(index) => {
                let (id, kind) = self.type_at(index.0)?;
                match kind.is_value() {
                    true => Ok(id),
                    false => Err(K::NotDefined { index: index.0, found: kind.noun() }.into()),
                }
            }
        }
    }

    fn opt_val_type(&mut self, ty: Option<ValType>) -> Checked<u32> {
        ty.map_or(Ok(ABSENT), |ty| self.val_type(ty).map(|id| id.0))
    }

    /// Checks labels: that there is at least one, that each is valid, and that no two are too much
    /// alike.
    fn labels<'a>(
        &self,
        of: &Labels,
        labels: impl ExactSizeIterator<Item = &'a Name<'a>>,
        most: u32,
    ) -> Checked {
        if labels.len() == 0 && !of.empty.is_empty() {
            return Err(K::Empty { what: of.empty }.into());
        }
        self.at_most(of.limit, labels.len(), most)?;
        let mut keys: BTreeMap<Cow<'_, str>, &str> = BTreeMap::new();
        for label in labels {
            let label = label.as_str();
            if label.is_empty() {
                return Err(K::EmptyLabel { what: of.what }.into());
            }
            if check_label(label).is_err() {
                return Err(K::Label { what: of.what, name: label.into() }.into());
            }
            if let Some(previous) = keys.insert(label_key(label), label) {
                return Err(K::LabelConflict {
                    what: of.what,
                    previous_what: of.previous,
                    name: label.into(),
                    previous: previous.into(),
                }
                .into());
            }
        }
        Ok(())
    }

    /// Adds the words of labels with types: pairs of both.
    fn fields(
        &mut self,
        of: &Labels,
        fields: &[Field<'_>],
        most: u32,
        words: &mut Vec<u32>,
    ) -> Checked {
        self.labels(of, fields.iter().map(|field| &field.label), most)?;
        for field in fields {
            words.push(self.arena.text(field.label.as_str()).0);
            words.push(self.val_type(field.ty)?.0);
        }
        Ok(())
    }

    fn label_type(
        &mut self,
        kind: Kind,
        of: &Labels,
        labels: &[Name<'_>],
        most: u32,
    ) -> Checked<NodeId> {
        self.labels(of, labels.iter(), most)?;
        let words: Vec<u32> =
            labels.iter().map(|label| self.arena.text(label.as_str()).0).collect();
        Ok(self.arena.intern(kind, &words))
    }

    fn handle(&mut self, kind: Kind, index: u32) -> Checked<NodeId> {
        let id = self.resource_at(index)?;
        Ok(self.arena.intern(kind, &[id.0]))
    }

    /// The resource at an index of types.
    pub(crate) fn resource_at(&self, index: u32) -> Checked<NodeId> {
        self.type_of(Kind::Resource, index)
    }

    /// The type with this index, if it is of the kind that is wanted: a resource, or the type of a
    /// function, a component or an instance. A type that had an error passes as any kind.
    pub(crate) fn type_of(&self, wanted: Kind, index: u32) -> Checked<NodeId> {
        let (id, kind) = self.type_at(index)?;
        match kind == wanted || kind == Kind::Unknown {
            true => Ok(id),
            false => Err(self.not_of(wanted, index, id)),
        }
    }

    #[cold]
    fn not_of(&self, wanted: Kind, index: u32, id: NodeId) -> Error {
        let found = self.arena.kind(id).noun();
        match wanted {
            Kind::Func => K::NotFunc { index, found },
            Kind::Instance => K::NotInstance { index, found },
            Kind::Component => K::NotComponent { index, found },
            _ => {
                let found = self.arena.as_prim(id).map_or(found, PrimType::keyword);
                K::NotResource { index, found }
            }
        }
        .into()
    }

    /// The type of a stream or future.
    fn payload(&mut self, kind: Kind, what: &'static str, ty: Option<ValType>) -> Checked<NodeId> {
        let word = self.opt_val_type(ty)?;
        if let Some(id) = NodeId::of(word) {
            if kind == Kind::Stream && self.arena.as_prim(id) == Some(PrimType::Char) {
                return Err(K::StreamOfChar.into());
            }
            if self.arena.has(id, Properties::BORROW) {
                return Err(K::Borrow { what }.into());
            }
        }
        Ok(self.arena.intern(kind, &[word]))
    }

    fn func_type(&mut self, ty: &FuncType<'_>) -> Checked<NodeId> {
        let mut words = Vec::from([u32::from(ty.is_async), ABSENT]);
        self.fields(&PARAMS, &ty.params, self.limits.params, &mut words)?;
        if let Some(result) = ty.result.0 {
            let id = self.val_type(result)?;
            if self.arena.has(id, Properties::BORROW) {
                return Err(K::Borrow { what: "function result" }.into());
            }
            words[1] = id.0;
        }
        Ok(self.arena.intern(Kind::Func, &words))
    }

    fn define_resource(&mut self, ty: &ResourceType) -> Checked<NodeId> {
        if self.form() != Form::Component {
            return Err(K::ResourceInType.into());
        }
        match ty.rep {
            wattle_ast::ValType::I32 => {}
            wattle_ast::ValType::I64 => self.need(
                Feature::Cm64,
                "resources with `i64` require the `cm64` feature to be enabled",
            )?,
            rep => return Err(K::ResourceRep { rep }.into()),
        }
        if let Some(func) = ty.destructor
            && let Some(found) = self.core_func_at(func.0)?
        {
            let func = func.0;
            let expected = wattle_ast::FuncType::new([ty.rep], []);
            self.check_is_func(found, &expected, |expected, found| K::Destructor {
                func,
                expected,
                found,
            })?;
        }
        let id = self.arena.resource(Origin::default());
        if let Some(variable) = self.arena.resource_variable(id) {
            self.scope_mut().defined.insert(variable, Some(ty.rep));
        }
        Ok(id)
    }
}
