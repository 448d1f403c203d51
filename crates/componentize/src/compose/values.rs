//! Writes the types of values and of functions that imports and exports refer to.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::{
    Alias, Case, Definition, Field, FuncType, Sort, SortIdx, Type, ValType,
};
use wattle_ast::{ComponentTypeIdx, InstanceIdx, Name};
use wattle_validator::components::{Shape, TypeView};

use super::writer::{Fault, Frame, Place, Result, Writer};

impl<'t> Writer<'t> {
    /// Returns the index in the result of a value type or of the type of a function. A type without
    /// an index is defined.
    pub(super) fn ty(&mut self, component: usize, ty: TypeView<'t>) -> Result<ComponentTypeIdx> {
        self.index_of(&mut Vec::new(), component, ty)
    }

    /// Returns the index of a type in the innermost scope. A type without an index is defined
    /// there.
    pub(super) fn index_of(
        &mut self,
        frames: &mut Vec<Frame<'t>>,
        component: usize,
        ty: TypeView<'t>,
    ) -> Result<ComponentTypeIdx> {
        match self.val_type(frames, component, ty)? {
            ValType::Type(index) => Ok(index),
            ValType::Prim(prim) => {
                let frame = frames.last_mut().unwrap_or(&mut self.root);
                Ok(ComponentTypeIdx(frame.push(Definition::Type(Type::Prim(prim)))))
            }
        }
    }

    /// Returns a type as definitions of the innermost scope refer to it. A type without an index is
    /// defined, behind the types that it consists of.
    pub(super) fn val_type(
        &mut self,
        frames: &mut Vec<Frame<'t>>,
        component: usize,
        root: TypeView<'t>,
    ) -> Result<ValType> {
        let mut open = Vec::from([root]);
        while let Some(&ty) = open.last() {
            if self.known(frames, component, ty)?.is_some() {
                open.pop();
                continue;
            }
            let mut parts = parts(&ty);
            let before = open.len();
            for part in parts.drain(..) {
                if self.known(frames, component, part)?.is_none() {
                    open.push(part);
                }
            }
            if open.len() > before {
                continue;
            }
            let index = match ty.target() {
                // The result does not have this name, so the type itself stands for it.
                Some(target) => match self.known(frames, component, target)? {
                    Some(ValType::Type(index)) => index.0,
                    _ => self.index_of_prim(frames, target),
                },
                None => {
                    self.count(1)?;
                    let frame = frames.last_mut().unwrap_or(&mut self.root);
                    let definition = definition(&ty, |part| {
                        let index = frame.types.get(&(component, part.number()));
                        match (index, part.target(), part.shape()) {
                            (Some(&index), ..) => ValType::Type(ComponentTypeIdx(index)),
                            (None, None, Shape::Prim(prim)) => ValType::Prim(prim),
                            // All parts are known, so this is not reached.
                            _ => ValType::Type(ComponentTypeIdx(u32::MAX)),
                        }
                    });
                    frame.push(Definition::Type(definition))
                }
            };
            let frame = frames.last_mut().unwrap_or(&mut self.root);
            frame.types.insert((component, ty.number()), index);
            open.pop();
        }
        let found = self.known(frames, component, root)?;
        found.ok_or_else(|| resource_fault(component, root))
    }

    fn index_of_prim(&mut self, frames: &mut Vec<Frame<'t>>, ty: TypeView<'t>) -> u32 {
        let frame = frames.last_mut().unwrap_or(&mut self.root);
        match ty.shape() {
            Shape::Prim(prim) => frame.push(Definition::Type(Type::Prim(prim))),
            _ => u32::MAX,
        }
    }

    /// Returns a type as definitions of the innermost scope refer to it, if this scope or one
    /// around it has the type.
    fn known(
        &mut self,
        frames: &mut Vec<Frame<'t>>,
        component: usize,
        ty: TypeView<'t>,
    ) -> Result<Option<ValType>> {
        let node = (component, ty.number());
        let here = frames.last().unwrap_or(&self.root);
        if let Some(&index) = here.types.get(&node) {
            return Ok(Some(ValType::Type(ComponentTypeIdx(index))));
        }
        let (is_name, shape) = (ty.target().is_some(), ty.shape());
        match shape {
            Shape::Prim(prim) if !is_name => return Ok(Some(ValType::Prim(prim))),
            Shape::Resource(_) => {}
            _ if !is_name => return Ok(None),
            _ => {}
        }
        // This scope and those around it, the innermost first; the last is the result itself.
        let depth = frames.len();
        let mut found = None;
        for count in 0..=depth {
            let frame = match depth.checked_sub(count + 1).and_then(|at| frames.get_mut(at)) {
                Some(frame) => frame,
                None => &mut self.root,
            };
            let index = match (frame.types.get(&node), frame.origins.get(&node)) {
                (Some(&index), _) => Some(index),
                (None, Some(&Some(place))) => Some(aliased(&mut self.places, frame, place)?),
                _ => None,
            };
            if let Some(index) = index {
                found = Some((index, count as u32));
                break;
            }
        }
        let Some((outer, count)) = found else {
            return match (shape, is_name) {
                (Shape::Resource(_), false) => Err(resource_fault(component, ty)),
                _ => Ok(None),
            };
        };
        let frame = frames.last_mut().unwrap_or(&mut self.root);
        let index = match count {
            0 => outer,
            _ => {
                let item = ComponentTypeIdx(outer).into();
                frame.push(Definition::Alias(Alias::Outer { count, item }))
            }
        };
        frame.types.insert(node, index);
        Ok(Some(ValType::Type(ComponentTypeIdx(index))))
    }
}

/// Returns the index of the type at a place, in the scope that the place belongs to. A type without
/// an index becomes an alias.
fn aliased(places: &mut [Place<'_>], frame: &mut Frame<'_>, place: usize) -> Result<u32> {
    let mut steps = Vec::new();
    let mut at = place;
    let mut index = loop {
        let Some(here) = places.get(at) else { return Err(Fault::Needs { place }) };
        if let Some(index) = here.index {
            break index;
        }
        let Some(parent) = here.parent else { return Err(Fault::Needs { place: at }) };
        steps.push((at, here.name));
        at = parent;
    };
    while let Some((at, name)) = steps.pop() {
        let sort = if steps.is_empty() { Sort::TYPE } else { Sort::INSTANCE };
        let instance = InstanceIdx(index.number());
        let alias = Alias::Export { sort, instance, name: String::from(name).into() };
        index = SortIdx::new(sort, frame.push(Definition::Alias(alias)));
        if let Some(place) = places.get_mut(at) {
            place.index = Some(index);
        }
    }
    Ok(index.number())
}

fn resource_fault(component: usize, ty: TypeView<'_>) -> Fault {
    Fault::Resource { component, name: String::from(ty.name().unwrap_or_default()) }
}

/// Returns the types that a type consists of, or the type that it is another name of.
pub(super) fn parts<'t>(ty: &TypeView<'t>) -> Vec<TypeView<'t>> {
    if let Some(target) = ty.target() {
        return Vec::from([target]);
    }
    match ty.shape() {
        Shape::Record(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
        Shape::Variant(cases) => cases.into_iter().filter_map(|(_, ty)| ty).collect(),
        Shape::Tuple(types) => types,
        Shape::List(ty, _) | Shape::Option(ty) | Shape::Own(ty) | Shape::Borrow(ty) => {
            Vec::from([ty])
        }
        Shape::Result(ok, err) => ok.into_iter().chain(err).collect(),
        Shape::Stream(ty) | Shape::Future(ty) => ty.into_iter().collect(),
        Shape::Map(key, value) => Vec::from([key, value]),
        Shape::Func { params, result, .. } => {
            params.into_iter().map(|(_, ty)| ty).chain(result).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the definition of a type that is not another name of one. `val` gives the value types of
/// its parts in this scope.
fn definition<'t>(
    ty: &TypeView<'t>,
    mut val: impl FnMut(TypeView<'t>) -> ValType,
) -> Type<'static> {
    let name = |text: &str| Name::from(String::from(text));
    let resource = |ty| match ty {
        ValType::Type(index) => index,
        ValType::Prim(_) => ComponentTypeIdx(u32::MAX),
    };
    let field = |(label, ty): (&str, TypeView<'t>)| Field { label: name(label), ty: val(ty) };
    match ty.shape() {
        Shape::Prim(prim) => Type::Prim(prim),
        Shape::Record(fields) => Type::Record(fields.into_iter().map(field).collect()),
        Shape::Variant(cases) => Type::Variant(
            cases
                .into_iter()
                .map(|(label, ty)| Case { label: name(label), ty: ty.map(&mut val) })
                .collect(),
        ),
        Shape::List(elem, None) => Type::List(val(elem)),
        Shape::List(elem, Some(len)) => Type::FixedList { elem: val(elem), len },
        Shape::Tuple(types) => Type::Tuple(types.into_iter().map(val).collect()),
        Shape::Flags(labels) => Type::Flags(labels.into_iter().map(name).collect()),
        Shape::Enum(labels) => Type::Enum(labels.into_iter().map(name).collect()),
        Shape::Option(ty) => Type::Option(val(ty)),
        Shape::Result(ok, err) => Type::Result { ok: ok.map(&mut val), err: err.map(&mut val) },
        Shape::Own(ty) => Type::Own(resource(val(ty))),
        Shape::Borrow(ty) => Type::Borrow(resource(val(ty))),
        Shape::Stream(ty) => Type::Stream(ty.map(val)),
        Shape::Future(ty) => Type::Future(ty.map(val)),
        Shape::Map(key, value) => Type::Map { key: val(key), value: val(value) },
        Shape::Func { is_async, params, result } => {
            let params: Box<[_]> = params.into_iter().map(field).collect();
            Type::Func(FuncType { is_async, params, result: result.map(val).into() })
        }
        // Scopes are written item by item.
        Shape::Resource(_) | Shape::Instance(_) | Shape::Component(..) => Type::Instance,
        _ => Type::Instance,
    }
}
