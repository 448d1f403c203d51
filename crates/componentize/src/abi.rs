//! The canonical ABI of the types of a model and of the functions of a world, computed once for
//! each.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use wattle_abi::{Call, Signature, ValueAbi};
use wattle_ast::components::PrimType;
use wattle_ast::{AddrType, FuncType};
use wattle_wit::model::{Func, Kind, Model, Text, TypeId, Val};

use crate::names::Side;
use crate::world::World;

/// The ABI of each type of a model, and of each function of a world.
pub(crate) struct Abis {
    types: Vec<TypeAbi>,
    /// The parts of each type that have streams or futures.
    copied: Vec<Copied>,
    /// The functions by import or export and name.
    funcs: BTreeMap<(Side, usize, Text), FuncAbi>,
    /// The ABI of a function that the world does not have.
    unknown: FuncAbi,
}

/// The types among several that have streams or futures, each with the number of streams and futures in
/// all types up to it.
#[derive(Default)]
struct Copied(Box<[(u64, TypeId)]>);

impl Copied {
    /// Returns the type that has the stream or future with this number, if any. The number becomes
    /// the number within that type.
    fn pick(&self, number: &mut u64) -> Option<TypeId> {
        let Copied(types) = self;
        let place = types.partition_point(|(end, _)| end <= number);
        let before = types.get(..place).and_then(<[_]>::last);
        *number -= before.map_or(0, |(end, _)| *end);
        types.get(place).map(|(_, ty)| *ty)
    }
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

/// The ABI of a function.
pub(crate) struct FuncAbi {
    /// The ABI of a record of the parameters.
    params: ValueAbi,
    result: Option<TypeAbi>,
    /// Whether a parameter or the result has a string.
    has_string: bool,
    copied: Copied,
}

impl FuncAbi {
    fn signature(&self, call: Call) -> Signature {
        Signature::new(call, [self.params], self.result.map(|result| result.value))
    }

    /// Returns the type of the core function that the function is lifted from or lowered to.
    pub(crate) fn core_type(&self, call: Call) -> FuncType {
        self.signature(call).func_type(AddrType::I32)
    }

    /// Returns the needs of the function when it is lifted or lowered.
    pub(crate) fn needs(&self, call: Call) -> Needs {
        let signature = self.signature(call);
        Needs {
            memory: signature.needs_memory,
            realloc: signature.needs_realloc,
            encoding: self.has_string,
        }
    }

    /// Returns the type of the core function that is called with the results of a core function,
    /// when they have been read.
    pub(crate) fn post_return(&self) -> FuncType {
        let lifted = self.signature(Call::LIFT);
        FuncType::new(lifted.result(AddrType::I32), [])
    }

    /// Returns the core type of `task.return` for the result of the function, and its needs.
    pub(crate) fn task_return(&self) -> (FuncType, Needs) {
        let signature = Signature::new(Call::LOWER, self.result.map(|result| result.value), None);
        let encoding = self.result.is_some_and(|result| result.has_string);
        (
            signature.func_type(AddrType::I32),
            Needs { memory: signature.needs_memory, realloc: false, encoding },
        )
    }
}

/// The needs of a canonical definition: the options that it has to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Needs {
    pub(crate) memory: bool,
    pub(crate) realloc: bool,
    pub(crate) encoding: bool,
}

impl Abis {
    /// Computes the ABI of the types of a model, which stand behind those that they are made of,
    /// and of the functions of a world.
    pub(crate) fn new(world: &World<'_>) -> Abis {
        let mut abis = Abis {
            types: Vec::new(),
            copied: Vec::new(),
            funcs: BTreeMap::new(),
            unknown: FuncAbi {
                params: ValueAbi::record([]),
                result: None,
                has_string: false,
                copied: Copied::default(),
            },
        };
        for (_, ty) in world.model.types() {
            let value = ty.abi();
            let (mut has_string, mut copied) = (false, 0_u32);
            let mut parts = Vec::new();
            ty.kind.for_each(|part| {
                parts.push(part);
                let part = abis.of(part);
                has_string |= part.has_string;
                copied = copied.saturating_add(part.copied);
            });
            let parts = abis.copied_of(parts);
            abis.copied.push(parts);
            if matches!(ty.kind, Kind::Stream(_) | Kind::Future(_)) {
                // Its values are not strings, but handles.
                has_string = false;
                copied = copied.saturating_add(1);
            }
            abis.types.push(TypeAbi { value, has_string, copied });
        }
        for side in [Side::Import, Side::Export] {
            for item in 0..world.side(side).items.len() {
                for func in world.funcs(side, item) {
                    abis.funcs.insert((side, item, func.name.clone()), abis.func_of(func));
                }
            }
        }
        abis
    }

    fn func_of(&self, func: &Func) -> FuncAbi {
        let params = ValueAbi::record(func.params.iter().map(|(_, ty)| self.value(*ty)));
        let result = func.result.map(|ty| self.of(ty));
        let has_string = vals_of(func).any(|ty| self.of(ty).has_string);
        let copied = self.copied_of(vals_of(func));
        FuncAbi { params, result, has_string, copied }
    }

    /// Returns those of several types that have streams or futures.
    fn copied_of(&self, types: impl IntoIterator<Item = Val>) -> Copied {
        let mut end = 0_u64;
        let types = types.into_iter().filter_map(|ty| {
            let copied = self.of(ty).copied;
            end += u64::from(copied);
            ty.id().filter(|_| copied > 0).map(|id| (end, id))
        });
        Copied(types.collect())
    }

    /// Returns the ABI of a function of an import or export.
    pub(crate) fn func(&self, side: Side, item: usize, func: &Text) -> &FuncAbi {
        self.funcs.get(&(side, item, func.clone())).unwrap_or(&self.unknown)
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

    /// Returns the needs of reading or writing the values of a stream or future.
    pub(crate) fn copy(&self, payload: Option<Val>, reads: bool) -> Needs {
        let payload = payload.map(|ty| self.of(ty));
        let realloc = reads && payload.is_some_and(|ty| ty.value.has_pointer());
        Needs { memory: true, realloc, encoding: payload.is_some_and(|ty| ty.has_string) }
    }

    /// Returns the stream or future of a function with this number. Streams and futures are counted
    /// from left to right; one inside another comes before it.
    pub(crate) fn copied(&self, func: &FuncAbi, number: u32) -> Option<TypeId> {
        let mut left = u64::from(number);
        let mut found = func.copied.pick(&mut left)?;
        // A stream or future has a number behind those that are inside of it.
        while let Some(part) = self.copied.get(u32::from(found) as usize)?.pick(&mut left) {
            found = part;
        }
        Some(found)
    }

    /// Returns the streams and futures of a function, each once, with the first number that it has.
    pub(crate) fn all_copied(&self, model: &Model, func: &Func) -> Vec<(u32, TypeId)> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut steps = Vec::new();
        self.push_parts(vals_of(func), 0, &mut steps);
        while let Some((ty, first)) = steps.pop() {
            if !seen.insert(ty) {
                continue;
            }
            if matches!(model[ty].kind, Kind::Stream(_) | Kind::Future(_)) {
                // A stream or future comes behind those inside it.
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

/// Returns the types of a function's parameters and result.
pub(crate) fn vals_of(func: &Func) -> impl Iterator<Item = Val> + '_ {
    func.params.iter().map(|(_, ty)| *ty).chain(func.result)
}
