//! The numbers of operands and results of an instruction, from the instruction table and the module.

use super::externs::IndexSpaces;
use super::module::Module;
use crate::{
    Arity, ArrayLen, BlockType, BrCast, CallIndirect, CompType, Count, CountOf, FuncIdx, FuncType,
    HeapType, Instr, LabelIdx, Labels, Opcode, Sink, TagIdx, TypeIdx, ValType,
};

/// The effect of an instruction on the height of the operand stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effect {
    /// The number of operands.
    pub takes: usize,
    /// The number of results; `None` when the code after the instruction is unreachable.
    pub leaves: Option<usize>,
}

/// The immediates that the numbers of operands and results depend on. The [`Sink`] records all
/// immediates, and ignores the opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// The last type.
    pub ty: TypeIdx,
    /// The type before the last.
    pub second_ty: TypeIdx,
    /// The function.
    pub func: FuncIdx,
    /// The tag.
    pub tag: TagIdx,
    /// The last label.
    pub label: LabelIdx,
    /// The number of operands of `array.new_fixed`.
    pub len: u32,
    /// The type of the block.
    pub block_type: BlockType,
}

impl Counted {
    /// No immediates.
    pub const NOTHING: Counted = Counted {
        ty: TypeIdx(u32::MAX),
        second_ty: TypeIdx(u32::MAX),
        func: FuncIdx(u32::MAX),
        tag: TagIdx(u32::MAX),
        label: LabelIdx(u32::MAX),
        len: 0,
        block_type: BlockType::Empty,
    };

    /// The immediates of an instruction.
    pub fn of(instr: Instr<'_>) -> Counted {
        let mut counted = Counted::NOTHING;
        let Ok(()) = instr.write(0, &mut counted);
        counted
    }
}

impl<'a> Sink<'a> for Counted {
    type Error = core::convert::Infallible;

    fn block_type(&mut self, value: BlockType) -> Result<(), Self::Error> {
        self.block_type = value;
        Ok(())
    }

    fn br_cast(&mut self, value: BrCast) -> Result<(), Self::Error> {
        self.label(value.label)
    }

    fn call_indirect(&mut self, value: CallIndirect) -> Result<(), Self::Error> {
        self.ty(value.ty)
    }

    fn ty(&mut self, value: TypeIdx) -> Result<(), Self::Error> {
        self.second_ty = self.ty;
        self.ty = value;
        Ok(())
    }

    fn label(&mut self, value: LabelIdx) -> Result<(), Self::Error> {
        self.label = value;
        Ok(())
    }

    fn labels(&mut self, value: Labels<'a>) -> Result<(), Self::Error> {
        self.label(value.default())
    }

    fn func(&mut self, value: FuncIdx) -> Result<(), Self::Error> {
        self.func = value;
        Ok(())
    }

    fn tag(&mut self, value: TagIdx) -> Result<(), Self::Error> {
        self.tag = value;
        Ok(())
    }

    fn array_len(&mut self, value: ArrayLen) -> Result<(), Self::Error> {
        self.len = value.0;
        Ok(())
    }
}

/// The numbers of parameters and results; none for a type that does not exist.
fn of_func(ty: Option<&FuncType>) -> (usize, usize) {
    ty.map_or((0, 0), |ty| (ty.params().len(), ty.results().len()))
}

/// Finds the effects of instructions in a module. Items that do not exist count as empty.
///
/// ```
/// use wattle_ast::{Counted, Effect, Effects, IndexSpaces, Instr, Module};
///
/// let (module, spaces) = (Module::default(), IndexSpaces::default());
/// let effects = Effects { module: &module, spaces: &spaces };
/// let instr = Instr::I32Add;
/// let effect = effects.of(instr.opcode(), &Counted::of(instr), || 0, 0);
/// assert_eq!(effect, Some(Effect { takes: 2, leaves: Some(1) }));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Effects<'m> {
    /// The module.
    pub module: &'m Module<'m>,
    /// Its index spaces.
    pub spaces: &'m IndexSpaces,
}

impl Effects<'_> {
    /// The numbers of parameters and results of a block.
    pub fn block(&self, ty: BlockType) -> (usize, usize) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Value(_) => (0, 1),
            BlockType::Type(ty) => of_func(self.module.func_type(ty)),
        }
    }

    /// The numbers of parameters and results of a tag.
    pub fn tag(&self, tag: TagIdx) -> (usize, usize) {
        of_func(self.spaces.tag(tag).and_then(|tag| self.module.func_type(tag.ty)))
    }

    /// The function type that a continuation type wraps.
    fn continuation(&self, ty: TypeIdx) -> Option<&FuncType> {
        match self.module.comp_type(ty)? {
            CompType::Cont(func) => self.module.func_type(*func),
            _ => None,
        }
    }

    /// The function type of the continuation that is the last parameter of a continuation type.
    fn switched(&self, ty: TypeIdx) -> Option<&FuncType> {
        match self.continuation(ty)?.params().last()? {
            ValType::Ref(last) => match last.heap {
                HeapType::Type(ty) | HeapType::Exact(ty) => self.continuation(ty),
                HeapType::Abs(_) => None,
            },
            _ => None,
        }
    }

    /// The effect of an instruction; `None` for instructions that begin, separate or end blocks.
    /// `label` gives the number of operands that the label takes, `results` is the number of results
    /// of the function.
    pub fn of(
        &self,
        opcode: Opcode,
        counted: &Counted,
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
                    let ty = self.spaces.func(counted.func);
                    side(of_func(ty.and_then(|ty| self.module.func_type(ty))))
                }
                CountOf::Type => side(of_func(self.module.func_type(counted.ty))),
                CountOf::Tag => side(self.tag(counted.tag)),
                CountOf::Cont => side(of_func(self.continuation(counted.ty))),
                CountOf::Bound => {
                    let params = |ty| of_func(self.continuation(ty)).0;
                    params(counted.second_ty).saturating_sub(params(counted.ty))
                }
                CountOf::Switched => of_func(self.switched(counted.ty)).0,
                CountOf::Fields => self.module.field_count(counted.ty).unwrap_or(0),
                CountOf::Length => counted.len as usize,
            };
            of.saturating_add_signed(count.fixed.into())
        };
        let leaves = leaves.map(|count| number(count, |(_, results)| results));
        Some(Effect { takes: number(takes, |(params, _)| params), leaves })
    }
}
