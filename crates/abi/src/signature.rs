//! The core functions that functions of components are lifted from and lowered to.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flattening>

use wattle_ast::{AddrType, FuncType, ValType};

use crate::flat::{FlatType, FlatTypes};
use crate::value::ValueAbi;

/// The greatest number of flat types of parameters that are passed as parameters.
pub const MAX_FLAT_PARAMS: usize = 16;
/// The greatest number of flat types of parameters that are passed as parameters of an `async`
/// lowered function.
pub const MAX_FLAT_ASYNC_PARAMS: usize = 4;
/// The greatest number of flat types of a result that are returned.
pub const MAX_FLAT_RESULTS: usize = 1;

/// A core function that belongs to a function of a component.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Call {
    /// The core function that is lifted to the function, and so defines it.
    Lift(Mode),
    /// The core function that the function is lowered to, and that calls it.
    Lower {
        /// Whether the core function returns before the call is complete.
        is_async: bool,
    },
}

/// The time at which a core function that is lifted has done its work.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// When it returns.
    Sync,
    /// When it calls `task.return`. It can block.
    Stackful,
    /// When it or its callback calls `task.return`.
    Callback,
}

impl Call {
    /// A core function that is lifted without `async`.
    pub const LIFT: Call = Call::Lift(Mode::Sync);
    /// A core function that is lowered to without `async`.
    pub const LOWER: Call = Call::Lower { is_async: false };
}

/// The type of a core function, and the options that it needs.
///
/// ```
/// use wattle_abi::{Call, Signature, ValueAbi};
/// use wattle_ast::components::PrimType;
/// use wattle_ast::{AddrType, ValType};
///
/// // func(x: f32) -> string
/// let [x, string] = [PrimType::F32, PrimType::String].map(ValueAbi::prim);
/// let lifted = Signature::new(Call::LIFT, [x], Some(string));
/// assert!(lifted.params(AddrType::I32).eq([ValType::F32]));
/// assert_eq!(lifted.result(AddrType::I64), Some(ValType::I64));
/// assert!(lifted.needs_memory && !lifted.needs_realloc);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature {
    params: FlatTypes,
    result: Option<FlatType>,
    /// Whether the parameters are in memory, with a pointer to them as the only parameter.
    pub params_in_memory: bool,
    /// Whether the result is in memory. A function that is lifted returns the address of the
    /// result; a function that is lowered takes the address as its last parameter. For a function
    /// that is lifted with `async`, this is about `task.return`.
    pub result_in_memory: bool,
    /// Whether values go through a memory.
    pub needs_memory: bool,
    /// Whether memory has to be allocated for values.
    pub needs_realloc: bool,
}

impl Signature {
    /// Makes the signature of the core function for a function with these parameters and this
    /// result.
    pub fn new(
        call: Call,
        params: impl IntoIterator<Item = ValueAbi>,
        result: Option<ValueAbi>,
    ) -> Signature {
        let (mut flat, mut pointer_in_params) = (FlatTypes::EMPTY, false);
        for param in params {
            flat.extend(param.flat());
            pointer_in_params |= param.has_pointer();
        }
        let max_params = match call {
            Call::Lower { is_async: true } => MAX_FLAT_ASYNC_PARAMS,
            Call::Lower { is_async: false } | Call::Lift(_) => MAX_FLAT_PARAMS,
        };
        let params_in_memory = flat.len() > max_params;
        if params_in_memory {
            flat = FlatType::Pointer.into();
        }
        let max_results = match call {
            Call::Lower { is_async: true } => 0,
            Call::Lower { is_async: false } | Call::Lift(Mode::Sync) => MAX_FLAT_RESULTS,
            // `task.return` takes the result as its parameters.
            Call::Lift(Mode::Stackful | Mode::Callback) => MAX_FLAT_PARAMS,
        };
        let result_in_memory = result.is_some_and(|result| result.flat().len() > max_results);
        let pointer_in_result = result.is_some_and(|result| result.has_pointer());
        let returned = match call {
            Call::Lift(Mode::Stackful) => None,
            Call::Lift(Mode::Callback) | Call::Lower { is_async: true } => Some(FlatType::I32),
            Call::Lift(Mode::Sync) if result_in_memory => Some(FlatType::Pointer),
            Call::Lower { is_async: false } if result_in_memory => None,
            Call::Lift(Mode::Sync) | Call::Lower { is_async: false } => {
                result.and_then(|result| result.flat().get(0))
            }
        };
        let allocates = match call {
            Call::Lift(_) => params_in_memory || pointer_in_params,
            Call::Lower { .. } => pointer_in_result,
        };
        if matches!(call, Call::Lower { .. }) && result_in_memory {
            flat.push(FlatType::Pointer);
        }
        Signature {
            params: flat,
            result: returned,
            params_in_memory,
            result_in_memory,
            needs_memory: params_in_memory
                || result_in_memory
                || pointer_in_params
                || pointer_in_result,
            needs_realloc: allocates,
        }
    }

    /// The parameters, for a memory of this address type.
    pub fn params(&self, addr: AddrType) -> impl Iterator<Item = ValType> {
        self.params.iter().map(move |ty| ty.val_type(addr))
    }

    /// The result, for a memory of this address type.
    pub fn result(&self, addr: AddrType) -> Option<ValType> {
        self.result.map(|ty| ty.val_type(addr))
    }

    /// The type of the core function, with a memory of this address type.
    pub fn func_type(&self, addr: AddrType) -> FuncType {
        FuncType::new(self.params(addr), self.result(addr))
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use wattle_ast::components::PrimType;

    use super::*;

    const CALLS: [Call; 5] = [
        Call::LIFT,
        Call::Lift(Mode::Stackful),
        Call::Lift(Mode::Callback),
        Call::LOWER,
        Call::Lower { is_async: true },
    ];

    /// The number of parameters and the number of results, for `count` parameters of type `u32` and
    /// a result of `results` numbers.
    fn arity(call: Call, count: usize, results: usize) -> (usize, usize) {
        let number = ValueAbi::prim(PrimType::U32);
        let result = (results > 0).then(|| ValueAbi::record(vec![number; results]));
        let signature = Signature::new(call, vec![number; count], result);
        (
            signature.params(AddrType::I32).count(),
            signature.result(AddrType::I32).into_iter().count(),
        )
    }

    #[test]
    fn values_spill_to_memory_at_the_limits_of_the_specification() {
        let all = |count, results| CALLS.map(|call| arity(call, count, results));
        assert_eq!(all(0, 0), [(0, 0), (0, 0), (0, 1), (0, 0), (0, 1)]);
        assert_eq!(all(4, 1), [(4, 1), (4, 0), (4, 1), (4, 1), (5, 1)]);
        assert_eq!(all(5, 2), [(5, 1), (5, 0), (5, 1), (6, 0), (2, 1)]);
        assert_eq!(all(16, 16), [(16, 1), (16, 0), (16, 1), (17, 0), (2, 1)]);
        assert_eq!(all(17, 17), [(1, 1), (1, 0), (1, 1), (2, 0), (2, 1)]);
        assert_eq!(all(1_000, 0), [(1, 0), (1, 0), (1, 1), (1, 0), (1, 1)]);
    }
}
