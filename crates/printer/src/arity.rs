//! How many operands an instruction takes and how many results it leaves, as far as folding needs
//! to know. The types themselves, and the blocks, are of no concern here.

use wattle_ast::{BlockType, CompType, FuncType, Opcode, TypeIdx};

use crate::context::Context;
use crate::instructions::Seen;

/// What an instruction does to the height of the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Arity {
    /// How many operands it takes.
    pub(crate) takes: usize,
    /// How many results it leaves.
    pub(crate) leaves: usize,
    /// Whether what follows it is unreachable.
    pub(crate) leaves_for_good: bool,
}

const fn arity(takes: usize, leaves: usize) -> Arity {
    Arity { takes, leaves, leaves_for_good: false }
}

const fn leaving(takes: usize) -> Arity {
    Arity { takes, leaves: 0, leaves_for_good: true }
}

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

    /// The function type of a continuation type.
    fn cont(&self, ty: TypeIdx) -> (usize, usize) {
        match self.module.types.get(ty.idx()).map(|ty| &ty.comp) {
            Some(CompType::Cont(func)) => of_func(self.module.func_type(*func)),
            _ => (0, 0),
        }
    }

    /// The arity of an instruction that is no part of a block. `label` tells how many operands a
    /// label takes, `results` how many results the function has. Items that do not exist count
    /// for nothing.
    pub(crate) fn arity(
        &self,
        opcode: Opcode,
        seen: &Seen,
        label: impl Fn() -> usize,
        results: usize,
    ) -> Option<Arity> {
        if let Some(arrow) = opcode.info().arrow {
            return Some(arity(arrow.params.len(), arrow.results.len()));
        }
        let callee = || of_func(self.module.func_type(seen.ty));
        let func = || of_func(self.spaces.func(seen.func).and_then(|ty| self.module.func_type(ty)));
        let fields = || self.module.field_count(seen.ty).unwrap_or(0);
        let then = |(takes, leaves): (usize, usize)| arity(takes, leaves);
        let one_more = |(takes, leaves): (usize, usize)| arity(takes.saturating_add(1), leaves);
        Some(match opcode {
            Opcode::Nop => arity(0, 0),
            Opcode::Unreachable | Opcode::Rethrow => leaving(0),
            Opcode::Throw => leaving(self.tag_arity(seen).0),
            Opcode::ThrowRef => leaving(1),
            Opcode::Br => leaving(label()),
            Opcode::BrIf => arity(label() + 1, label()),
            Opcode::BrTable => leaving(label() + 1),
            Opcode::Return => leaving(results),
            Opcode::Call => then(func()),
            Opcode::CallIndirect | Opcode::CallRef => one_more(callee()),
            Opcode::ReturnCall => leaving(func().0),
            Opcode::ReturnCallIndirect | Opcode::ReturnCallRef => leaving(callee().0 + 1),
            Opcode::Drop | Opcode::LocalSet | Opcode::GlobalSet => arity(1, 0),
            Opcode::Select | Opcode::SelectTyped => arity(3, 1),
            Opcode::LocalGet | Opcode::GlobalGet | Opcode::RefNull | Opcode::RefFunc => arity(0, 1),
            Opcode::LocalTee | Opcode::TableGet => arity(1, 1),
            Opcode::TableSet => arity(2, 0),
            Opcode::TableGrow => arity(2, 1),
            Opcode::TableFill | Opcode::TableCopy | Opcode::TableInit | Opcode::MemoryCopy => {
                arity(3, 0)
            }
            Opcode::RefIsNull
            | Opcode::RefAsNonNull
            | Opcode::RefTest
            | Opcode::RefTestNull
            | Opcode::RefCast
            | Opcode::RefCastNull
            | Opcode::RefGetDesc
            | Opcode::AnyConvertExtern
            | Opcode::ExternConvertAny
            | Opcode::ContNew => arity(1, 1),
            Opcode::RefCastDescEq | Opcode::RefCastDescEqNull => arity(2, 1),
            Opcode::BrOnNull => arity(label() + 1, label() + 1),
            Opcode::BrOnNonNull => arity(label(), label().saturating_sub(1)),
            Opcode::BrOnCast | Opcode::BrOnCastFail => arity(label(), label()),
            Opcode::BrOnCastDescEq | Opcode::BrOnCastDescEqFail => arity(label() + 1, label()),
            Opcode::StructNew => arity(fields(), 1),
            Opcode::StructNewDesc => arity(fields() + 1, 1),
            Opcode::StructNewDefault => arity(0, 1),
            Opcode::StructNewDefaultDesc => arity(1, 1),
            Opcode::StructGet | Opcode::StructGetS | Opcode::StructGetU => arity(1, 1),
            Opcode::StructSet => arity(2, 0),
            Opcode::ArrayNewDefault => arity(1, 1),
            Opcode::ArrayNewFixed => arity(seen.len as usize, 1),
            Opcode::ArrayNew
            | Opcode::ArrayNewData
            | Opcode::ArrayNewElem
            | Opcode::ArrayGet
            | Opcode::ArrayGetS
            | Opcode::ArrayGetU => arity(2, 1),
            Opcode::ArraySet => arity(3, 0),
            Opcode::ArrayFill | Opcode::ArrayInitData | Opcode::ArrayInitElem => arity(4, 0),
            Opcode::ArrayCopy => arity(5, 0),
            Opcode::ContBind => {
                let (from, to) = (self.cont(seen.second_ty).0, self.cont(seen.ty).0);
                arity(from.saturating_sub(to) + 1, 1)
            }
            Opcode::Suspend => then(self.tag_arity(seen)),
            Opcode::Resume => one_more(self.cont(seen.ty)),
            Opcode::ResumeThrow => arity(self.tag_arity(seen).0 + 1, self.cont(seen.ty).1),
            Opcode::ResumeThrowRef => arity(2, self.cont(seen.ty).1),
            // Its results are the parameters of the continuation that its last operand is: folding
            // does without.
            Opcode::Switch => arity(0, 0),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use wattle_ast::Module;

    /// An instruction that is added to the table without an arrow needs an arm here.
    #[test]
    fn every_instruction_has_an_arity() {
        let module = Module::default();
        let context = Context::new(&module, &Config::new());
        for opcode in Opcode::ALL {
            let known = context.arity(*opcode, &Seen::NOTHING, || 0, 0).is_some();
            assert_eq!(known, !opcode.kinds().is_structured(), "{opcode}");
        }
    }
}
