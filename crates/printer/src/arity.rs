//! The numbers of operands and results of an instruction, from the instruction table and the
//! module. Folding needs only these numbers, not the types.

use wattle_ast::{Arity, BlockType, CompType, Count, CountOf, FuncType, HeapType, Opcode, ValType};

use crate::context::Context;
use crate::instructions::Seen;

/// What an instruction does to the height of the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Effect {
    /// The number of operands.
    pub(crate) takes: usize,
    /// The number of results; `None` when the code behind is unreachable.
    pub(crate) leaves: Option<usize>,
}

/// The numbers of parameters and results; none for a type that does not exist.
fn of_func(ty: Option<&FuncType>) -> (usize, usize) {
    ty.map_or((0, 0), |ty| (ty.params().len(), ty.results().len()))
}

impl Context<'_> {
    /// The numbers of parameters and results of a block.
    pub(crate) fn block_arity(&self, ty: BlockType) -> (usize, usize) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Value(_) => (0, 1),
            BlockType::Type(ty) => of_func(self.module.func_type(ty)),
        }
    }

    /// The numbers of parameters and results of a tag.
    pub(crate) fn tag_arity(&self, seen: &Seen) -> (usize, usize) {
        of_func(self.spaces.tag(seen.tag).and_then(|tag| self.module.func_type(tag.ty)))
    }

    /// The function type that a continuation type wraps.
    fn continuation(&self, ty: wattle_ast::TypeIdx) -> Option<&FuncType> {
        match self.module.comp_type(ty)? {
            CompType::Cont(func) => self.module.func_type(*func),
            _ => None,
        }
    }

    /// The function type of the continuation that is the last parameter of another continuation.
    fn switched(&self, seen: &Seen) -> Option<&FuncType> {
        match self.continuation(seen.ty)?.params().last()? {
            ValType::Ref(last) => match last.heap {
                HeapType::Type(ty) | HeapType::Exact(ty) => self.continuation(ty),
                HeapType::Abs(_) => None,
            },
            _ => None,
        }
    }

    /// The effect of an instruction on the stack; `None` for instructions that begin, separate or
    /// end blocks. `label` gives the number of operands that a label takes, `results` is the number
    /// of results of the function. Items that do not exist count as empty.
    pub(crate) fn effect(
        &self,
        opcode: Opcode,
        seen: &Seen,
        label: impl Fn() -> usize,
        results: usize,
    ) -> Option<Effect> {
        let Arity::Values { takes, leaves } = opcode.info().arity else { return None };
        let number = |count: Count, side: fn((usize, usize)) -> usize| {
            let of = match count.of {
                CountOf::Nothing => 0,
                CountOf::Label => label(),
                CountOf::Return => results,
                CountOf::Func => {
                    let ty = self.spaces.func(seen.func);
                    side(of_func(ty.and_then(|ty| self.module.func_type(ty))))
                }
                CountOf::Type => side(of_func(self.module.func_type(seen.ty))),
                CountOf::Tag => side(self.tag_arity(seen)),
                CountOf::Cont => side(of_func(self.continuation(seen.ty))),
                CountOf::Bound => {
                    let params = |ty| of_func(self.continuation(ty)).0;
                    params(seen.second_ty).saturating_sub(params(seen.ty))
                }
                CountOf::Switched => of_func(self.switched(seen)).0,
                CountOf::Fields => self.module.field_count(seen.ty).unwrap_or(0),
                CountOf::Length => seen.len as usize,
            };
            of.saturating_add_signed(count.fixed.into())
        };
        let leaves = leaves.map(|count| number(count, |(_, results)| results));
        Some(Effect { takes: number(takes, |(params, _)| params), leaves })
    }
}
