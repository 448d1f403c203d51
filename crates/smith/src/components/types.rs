//! Types of components.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

use wattle_abi::ValueAbi;
use wattle_ast::components::{
    Case, CoreType, Definition, Field, FuncType, PrimType, ResourceType, ResultList, Type, ValType,
};
use wattle_ast::{
    ComponentTypeIdx, Feature, FuncType as CoreFuncType, Name, SubType, ValType as CoreValType,
};

use super::generator::Generator;
use super::model::{Known, Part, Recipe, Sig, TypeEntry, Visible};

/// The purpose of a type, which restricts it.
#[derive(Clone, Copy)]
pub(super) enum Use {
    /// Any purpose.
    Any,
    /// A result: without borrows.
    Result,
    /// A payload of a stream or future: without borrows, and not `char`.
    Payload,
    /// A value of a map: without handles.
    MapValue,
}

impl Use {
    fn allows(self, known: &Known) -> bool {
        match self {
            Use::Any => true,
            Use::Result => !known.has_borrow,
            Use::Payload => !known.has_borrow && known.prim != Some(PrimType::Char),
            Use::MapValue => !known.has_handle,
        }
    }
}

impl Generator<'_> {
    /// Adds a type.
    pub(super) fn define(&mut self, ty: Type<'static>, entry: TypeEntry) -> ComponentTypeIdx {
        self.emit(Definition::Type(ty));
        self.add_type(entry)
    }

    /// Adds the index of a type whose definition was emitted.
    pub(super) fn add_type(&mut self, entry: TypeEntry) -> ComponentTypeIdx {
        let types = &mut self.frame().types;
        types.push(entry);
        ComponentTypeIdx(types.len() as u32 - 1)
    }

    fn prim_type(&mut self) -> PrimType {
        let has_error_context = self.has(Feature::CmErrorContext.into());
        let ty = self.entropy.pick(PrimType::ALL).unwrap_or(PrimType::Bool);
        match ty {
            PrimType::ErrorContext if !has_error_context => PrimType::String,
            ty => ty,
        }
    }

    /// A value type for a purpose: a primitive one, or one that is defined.
    fn part(&mut self, purpose: Use) -> Part {
        if self.entropy.chance(140) {
            let found = self.find_type(|ty| ty.value().filter(|known| purpose.allows(known)));
            if let Some((index, known)) = found {
                return (ValType::Type(ComponentTypeIdx(index)), known);
            }
        }
        let prim = Some(self.prim_type()).filter(|prim| purpose.allows(&Known::prim(*prim)));
        let prim = prim.unwrap_or(PrimType::U8);
        (ValType::Prim(prim), Known::prim(prim))
    }

    fn opt_part(&mut self, purpose: Use) -> Option<Part> {
        self.entropy.chance(170).then(|| self.part(purpose))
    }

    fn parts(&mut self, most: usize, purpose: Use) -> Vec<Part> {
        (0..1 + self.entropy.below(most)).map(|_| self.part(purpose)).collect()
    }

    fn labels(&mut self, most: usize) -> Box<[Name<'static>]> {
        (0..1 + self.entropy.below(most)).map(|_| self.label().into()).collect()
    }

    /// Makes a value type. Types that would be too large are not made.
    pub(super) fn make_value_type(&mut self) -> Option<ComponentTypeIdx> {
        let known = |parts: &[Part]| parts.iter().map(|(_, known)| *known).collect::<Vec<_>>();
        let abis = |known: &[Known]| known.iter().map(|known| known.abi).collect::<Vec<_>>();
        let (ty, known) = match self.entropy.below(15) {
            0 => {
                let prim = self.prim_type();
                (Type::Prim(prim), Some(Known::prim(prim)))
            }
            1 | 2 => {
                let parts = self.parts(5, Use::Any);
                let field = |(ty, _): &Part| Field { label: self.label().into(), ty: *ty };
                let fields = parts.iter().map(field).collect();
                let known = known(&parts);
                let abi = ValueAbi::record(abis(&known));
                (Type::Record(fields), Known::of(abi, &known, true))
            }
            3 | 4 => {
                let parts: Vec<_> =
                    (0..1 + self.entropy.below(5)).map(|_| self.opt_part(Use::Any)).collect();
                let case = |part: &Option<Part>| {
                    let label = self.label().into();
                    Case { label, ty: part.map(|(ty, _)| ty) }
                };
                let cases = parts.iter().map(case).collect();
                let payloads: Vec<_> =
                    parts.iter().map(|part| part.map(|(_, known)| known.abi)).collect();
                let known: Vec<_> = parts.iter().flatten().map(|(_, known)| *known).collect();
                let abi = ValueAbi::variant(payloads);
                (Type::Variant(cases), Known::of(abi, &known, true))
            }
            5 => {
                let (ty, known) = self.part(Use::Any);
                (Type::List(ty), Known::of(ValueAbi::list(), &[known], false))
            }
            6 if self.has(Feature::CmFixedLengthLists.into()) => {
                let (elem, known) = self.part(Use::Any);
                let len = 1 + self.entropy.below(6) as u32;
                let abi = ValueAbi::fixed_list(known.abi, len);
                (Type::FixedList { elem, len }, Known::of(abi, &[known], false))
            }
            7 => {
                let parts = self.parts(5, Use::Any);
                let known = known(&parts);
                let abi = ValueAbi::record(abis(&known));
                let types = parts.iter().map(|(ty, _)| *ty).collect();
                (Type::Tuple(types), Known::of(abi, &known, false))
            }
            8 => {
                let labels = self.labels(20);
                let abi = ValueAbi::flags(labels.len());
                (Type::Flags(labels), Known::of(abi, &[], true))
            }
            9 => {
                let labels = self.labels(8);
                let abi = ValueAbi::enumeration(labels.len());
                (Type::Enum(labels), Known::of(abi, &[], true))
            }
            10 => {
                let (ty, known) = self.part(Use::Any);
                let abi = ValueAbi::variant([None, Some(known.abi)]);
                (Type::Option(ty), Known::of(abi, &[known], false))
            }
            11 => {
                let (ok, err) = (self.opt_part(Use::Any), self.opt_part(Use::Any));
                let abi = [ok, err].map(|part| part.map(|(_, known)| known.abi));
                let known: Vec<_> = [ok, err].iter().flatten().map(|(_, known)| *known).collect();
                let ty = Type::Result { ok: ok.map(|(ty, _)| ty), err: err.map(|(ty, _)| ty) };
                (ty, Known::of(ValueAbi::variant(abi), &known, false))
            }
            12 if self.has(Feature::CmMap.into()) => {
                const KEYS: [PrimType; 3] = [PrimType::U8, PrimType::S64, PrimType::String];
                let prim = self.entropy.pick(&KEYS).unwrap_or(PrimType::Char);
                let (value, known) = self.part(Use::MapValue);
                let ty = Type::Map { key: ValType::Prim(prim), value };
                (ty, Known::of(ValueAbi::list(), &[known], false))
            }
            13 if self.has(Feature::CmAsync.into()) => return self.make_stream(),
            _ => return self.make_handle(),
        };
        Some(self.define(ty, TypeEntry::Value(known?)))
    }

    /// Makes the type of a stream or future.
    fn make_stream(&mut self) -> Option<ComponentTypeIdx> {
        let payload = self.opt_part(Use::Payload);
        let (ty, payload) = (payload.map(|(ty, _)| ty), payload.map(|(_, known)| known));
        let parts: Vec<_> = payload.into_iter().collect();
        let mut known = Known::of(ValueAbi::HANDLE, &parts, false)?;
        known.has_handle = true;
        Some(match self.entropy.chance(128) {
            true => self.define(Type::Stream(ty), TypeEntry::Stream(known, payload)),
            false => self.define(Type::Future(ty), TypeEntry::Future(known, payload)),
        })
    }

    /// Makes the type of a handle.
    fn make_handle(&mut self) -> Option<ComponentTypeIdx> {
        let (resource, visible) = self.find_type(|ty| match ty {
            TypeEntry::Resource { visible, .. } => Some(*visible),
            _ => None,
        })?;
        let is_borrow = self.entropy.chance(100);
        Some(self.handle_of(ComponentTypeIdx(resource), visible, is_borrow))
    }

    pub(super) fn handle_of(
        &mut self,
        resource: ComponentTypeIdx,
        visible: Visible,
        is_borrow: bool,
    ) -> ComponentTypeIdx {
        let ty = if is_borrow { Type::Borrow(resource) } else { Type::Own(resource) };
        self.define(ty, TypeEntry::Value(Known::handle(visible, is_borrow)))
    }

    /// Makes a function type.
    pub(super) fn make_func_type(&mut self) -> (ComponentTypeIdx, Rc<Sig>) {
        if self.entropy.chance(90) {
            let recipe = self.recipe();
            return self.func_type_of(&recipe);
        }
        let params = match self.entropy.below(3) {
            0 => Vec::new(),
            _ => self.parts(6, Use::Any),
        };
        let result = self.opt_part(Use::Result);
        let is_async = self.has(Feature::CmAsync.into()) && self.entropy.chance(80);
        let params = params.into_iter().map(|part| (self.label().into(), part)).collect();
        self.func_type(is_async, params, result)
    }

    /// Adds the function type of these parameters and this result.
    pub(super) fn func_type(
        &mut self,
        is_async: bool,
        params: Vec<(Name<'static>, Part)>,
        result: Option<Part>,
    ) -> (ComponentTypeIdx, Rc<Sig>) {
        let parts: Vec<Known> =
            params.iter().map(|(_, part)| part.1).chain(result.map(|part| part.1)).collect();
        let all = |holds: fn(&Known) -> bool| parts.iter().all(holds);
        let sig = Rc::new(Sig {
            is_async,
            params: params.iter().map(|(_, part)| part.1.abi).collect(),
            result: result.map(|part| part.1.abi),
            visible: Visible {
                imports: all(|known| known.visible.imports),
                exports: all(|known| known.visible.exports),
            },
            is_anonymous: all(|known| known.is_anonymous),
            has_resource: !all(|known| !known.has_resource),
            recipe: None,
        });
        let params = params.into_iter().map(|(label, part)| Field { label, ty: part.0 });
        let result = ResultList(result.map(|part| part.0));
        let ty = Type::Func(FuncType { is_async, params: params.collect(), result });
        (self.define(ty, TypeEntry::Func(sig.clone())), sig)
    }

    /// A function type of primitive types.
    pub(super) fn recipe(&mut self) -> Rc<Recipe> {
        let is_async = self.has(Feature::CmAsync.into()) && self.entropy.chance(60);
        let len = self.entropy.below(4);
        let params = (0..len).map(|_| (self.label(), self.prim_type())).collect();
        let result = self.entropy.chance(160).then(|| self.prim_type());
        Rc::new(Recipe { is_async, params, result })
    }

    /// Adds the function type of a recipe.
    pub(super) fn func_type_of(&mut self, recipe: &Rc<Recipe>) -> (ComponentTypeIdx, Rc<Sig>) {
        let part = |prim: PrimType| (ValType::Prim(prim), Known::prim(prim));
        let params = recipe.params.iter();
        let params = params.map(|(label, prim)| (label.clone().into(), part(*prim))).collect();
        let (index, sig) = self.func_type(recipe.is_async, params, recipe.result.map(part));
        let sig = Rc::new(Sig { recipe: Some(recipe.clone()), ..Sig::clone(&sig) });
        if let Some(entry) = self.frame().types.last_mut() {
            *entry = TypeEntry::Func(sig.clone());
        }
        (index, sig)
    }

    pub(super) fn make_resource(&mut self) {
        let destructor = self.entropy.chance(60).then(|| {
            let ty = Some(CoreFuncType::new([CoreValType::I32], []));
            self.find(|frame| &frame.core_funcs, |found| (*found == ty).then_some(()))
        });
        let destructor = destructor.flatten().map(|(index, ())| index.into());
        let ty = Type::Resource(ResourceType { rep: CoreValType::I32, destructor });
        let visible = Visible::NOWHERE;
        self.define(ty, TypeEntry::Resource { is_local: true, visible });
    }

    pub(super) fn make_core_type(&mut self) {
        let func = SubType::from(CoreFuncType::new([CoreValType::I32], [CoreValType::I64]));
        let has_gc = self.has(Feature::Gc.into());
        let ty = match self.entropy.below(3) {
            1 if has_gc => CoreType::Sub(SubType { is_final: false, ..func }.into()),
            2 if has_gc => CoreType::Rec([func.clone(), func].into()),
            _ => CoreType::Sub(func.into()),
        };
        self.emit(Definition::CoreType(ty));
    }
}
