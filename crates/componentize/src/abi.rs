//! What the canonical ABI asks of the types of a model, computed once for each type.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use wattle_abi::{Call, Signature, ValueAbi};
use wattle_ast::components::{CanonOp, CanonOperand, CanonType, PrimType};
use wattle_ast::{AddrType, FuncType, ValType};
use wattle_wit::model::{Func, Kind, Model, TypeId, Val};

/// The ABI of each type of a model.
pub(crate) struct Abis {
    types: Vec<TypeAbi>,
}

/// The ABI of one type.
#[derive(Clone, Copy)]
struct TypeAbi {
    value: ValueAbi,
    has_string: bool,
    /// The number of streams and futures in the type, each counted as often as it occurs.
    copied: u32,
}

impl TypeAbi {
    fn prim(ty: PrimType) -> TypeAbi {
        let has_string = ty == PrimType::String;
        TypeAbi { value: ValueAbi::prim(ty), has_string, copied: 0 }
    }
}

/// What a canonical definition needs of the core module that it serves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Needs {
    pub(crate) memory: bool,
    pub(crate) realloc: bool,
    pub(crate) encoding: bool,
}

impl Abis {
    /// The ABI of the types of a model, which stand behind those that they are made of.
    pub(crate) fn new(model: &Model) -> Abis {
        let mut abis = Abis { types: Vec::new() };
        for (_, ty) in model.types() {
            let value = abis.value_of(&ty.kind);
            let (mut has_string, mut copied) = (false, 0_u32);
            ty.kind.for_each(|part| {
                let part = abis.of(part);
                has_string |= part.has_string;
                copied = copied.saturating_add(part.copied);
            });
            if matches!(ty.kind, Kind::Stream(_) | Kind::Future(_)) {
                // Its values are not strings, but handles.
                has_string = false;
                copied = copied.saturating_add(1);
            }
            abis.types.push(TypeAbi { value, has_string, copied });
        }
        abis
    }

    fn of(&self, ty: Val) -> TypeAbi {
        let handle = TypeAbi { value: ValueAbi::HANDLE, has_string: false, copied: 0 };
        match ty {
            Val::Prim(ty) => TypeAbi::prim(ty),
            Val::Type(id) => self.types.get(u32::from(id) as usize).copied().unwrap_or(handle),
        }
    }

    fn value(&self, ty: Val) -> ValueAbi {
        self.of(ty).value
    }

    fn value_of(&self, kind: &Kind) -> ValueAbi {
        let option = |ty: &Option<Val>| ty.map(|ty| self.value(ty));
        match kind {
            Kind::Alias(ty) => self.value(*ty),
            Kind::Record(fields) => ValueAbi::record(fields.iter().map(|(_, ty)| self.value(*ty))),
            Kind::Tuple(types) => ValueAbi::record(types.iter().map(|ty| self.value(*ty))),
            Kind::Variant(cases) => ValueAbi::variant(cases.iter().map(|(_, ty)| option(ty))),
            Kind::Option(ty) => ValueAbi::variant([None, Some(self.value(*ty))]),
            Kind::Result(ok, err) => ValueAbi::variant([option(ok), option(err)]),
            Kind::Flags(labels) => ValueAbi::flags(labels.len()),
            Kind::Enum(labels) => ValueAbi::enumeration(labels.len()),
            Kind::List(_) | Kind::Map(..) => ValueAbi::list(),
            Kind::FixedList(elem, len) => ValueAbi::fixed_list(self.value(*elem), *len),
            Kind::Resource | Kind::Own(_) | Kind::Borrow(_) | Kind::Stream(_) | Kind::Future(_) => {
                ValueAbi::HANDLE
            }
        }
    }

    fn signature(&self, call: Call, func: &Func) -> Signature {
        let params = func.params.iter().map(|(_, ty)| self.value(*ty));
        Signature::new(call, params, func.result.map(|ty| self.value(ty)))
    }

    /// The type of the core function that a function is lifted from or lowered to.
    pub(crate) fn core_type(&self, call: Call, func: &Func) -> FuncType {
        core_type(&self.signature(call, func))
    }

    /// What a function that is lifted or lowered needs.
    pub(crate) fn needs(&self, call: Call, func: &Func) -> Needs {
        let signature = self.signature(call, func);
        let params = func.params.iter().map(|(_, ty)| *ty);
        let encoding = params.chain(func.result).any(|ty| self.of(ty).has_string);
        Needs { memory: signature.needs_memory, realloc: signature.needs_realloc, encoding }
    }

    /// The type of the core function that is called with the results of a core function, when they
    /// have been read.
    pub(crate) fn post_return(&self, func: &Func) -> FuncType {
        let lifted = self.signature(Call::LIFT, func);
        FuncType::new(lifted.result(AddrType::I32), [])
    }

    /// The call of `task.return` with the result of a function, and what it needs.
    pub(crate) fn task_return(&self, func: &Func) -> (FuncType, Needs) {
        let result = func.result.map(|ty| self.value(ty));
        let signature = Signature::new(Call::LOWER, result, None);
        let encoding = func.result.is_some_and(|ty| self.of(ty).has_string);
        (core_type(&signature), Needs { memory: signature.needs_memory, realloc: false, encoding })
    }

    /// What reading or writing the values of a stream or future needs.
    pub(crate) fn copy(&self, payload: Option<Val>, reads: bool) -> Needs {
        let payload = payload.map(|ty| self.of(ty));
        let realloc = reads && payload.is_some_and(|ty| ty.value.has_pointer());
        Needs { memory: true, realloc, encoding: payload.is_some_and(|ty| ty.has_string) }
    }

    /// The stream or future of a function with this number. They are counted from left to right, and
    /// one inside of another comes before it.
    pub(crate) fn copied(&self, model: &Model, func: &Func, number: u32) -> Option<TypeId> {
        let mut left = number;
        // The type among others that has the one that is looked for.
        let mut pick = |types: Vec<Val>| {
            types.into_iter().find(|ty| {
                let copied = self.of(*ty).copied;
                let is_here = left < copied;
                left -= if is_here { 0 } else { copied };
                is_here
            })
        };
        let types = func.params.iter().map(|(_, ty)| *ty).chain(func.result);
        let mut found = pick(types.collect())?.id()?;
        loop {
            let mut parts = Vec::new();
            model[found].kind.for_each(|part| parts.push(part));
            match pick(parts) {
                Some(part) => found = part.id()?,
                // All that is inside was passed.
                None => return Some(found),
            }
        }
    }

    /// The streams and futures of a function, each once, with the first number that it has.
    pub(crate) fn all_copied(&self, model: &Model, func: &Func) -> Vec<(u32, TypeId)> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut steps = Vec::new();
        let types = func.params.iter().map(|(_, ty)| *ty).chain(func.result);
        self.push_parts(types, 0, &mut steps);
        while let Some((ty, first)) = steps.pop() {
            if !seen.insert(ty) {
                continue;
            }
            if matches!(model[ty].kind, Kind::Stream(_) | Kind::Future(_)) {
                // It comes behind those inside.
                found.push((first.saturating_add(self.of(Val::Type(ty)).copied - 1), ty));
            }
            let mut parts = Vec::new();
            model[ty].kind.for_each(|part| parts.push(part));
            self.push_parts(parts, first, &mut steps);
        }
        found.sort_unstable();
        found
    }

    /// Pushes types that have streams or futures, the last one first, each with the number of the
    /// first of them.
    fn push_parts(
        &self,
        types: impl IntoIterator<Item = Val>,
        mut first: u32,
        steps: &mut Vec<(TypeId, u32)>,
    ) {
        let start = steps.len();
        for ty in types {
            let copied = self.of(ty).copied;
            steps.extend(ty.id().filter(|_| copied > 0).map(|id| (id, first)));
            first = first.saturating_add(copied);
        }
        if let Some(parts) = steps.get_mut(start..) {
            parts.reverse();
        }
    }
}

fn core_type(signature: &Signature) -> FuncType {
    let params: Vec<ValType> = signature.params(AddrType::I32).collect();
    FuncType::new(params, signature.result(AddrType::I32))
}

/// The type of the core function of a built-in, with a memory of an address type. `None` if it depends
/// on more than that.
pub(crate) fn builtin_type(op: CanonOp, addr: AddrType) -> Option<FuncType> {
    let CanonType::Arrow(params, results) = op.core_type() else { return None };
    let ty = |operand: &CanonOperand| match operand {
        CanonOperand::I32 | CanonOperand::Rep => ValType::I32,
        CanonOperand::I64 => ValType::I64,
        CanonOperand::Addr => match addr {
            AddrType::I32 => ValType::I32,
            AddrType::I64 => ValType::I64,
        },
    };
    Some(FuncType::new(params.iter().map(ty), results.iter().map(ty)))
}
