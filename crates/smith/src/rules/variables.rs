//! Rules of locals, globals, parametric instructions and references.

use wattle_ast::{AbsHeapType as H, Encode, Features, Opcode};

use crate::generator::Generator;
use crate::ty::Ty;

impl Generator<'_, '_> {
    pub(super) fn local_get(&mut self, opcode: Opcode) -> Option<()> {
        let local = self.local_with(|_, _| true)?;
        let &ty = self.locals.get(local as usize)?;
        self.complete(opcode, 0, &[local], Some(ty))
    }

    pub(super) fn local_set(&mut self, opcode: Opcode) -> Option<()> {
        let fitting = self.top().and_then(|ty| self.local_for(ty));
        let local = fitting.unwrap_or_else(|| self.entropy.below(self.locals.len()) as u32);
        let &ty = self.locals.get(local as usize)?;
        self.operands(&[ty]);
        self.set_local(local);
        self.complete(opcode, 0, &[local], (opcode == Opcode::LocalTee).then_some(ty))
    }

    pub(super) fn global_get(&mut self, opcode: Opcode) -> Option<()> {
        let global = self.entropy.below(self.globals.len());
        let ty = self.globals.get(global)?.bare();
        self.complete(opcode, 0, &[global as u32], Some(ty))
    }

    pub(super) fn global_set(&mut self, opcode: Opcode) -> Option<()> {
        let fitting = self.top().and_then(|ty| self.global_for(ty));
        let global = fitting.unwrap_or_else(|| self.entropy.below(self.globals.len()) as u32);
        let ty = self.globals.get(global as usize).filter(|ty| ty.is_mutable())?.bare();
        self.operands(&[ty]);
        self.complete(opcode, 0, &[global], None)
    }

    pub(super) fn drop_operand(&mut self, opcode: Opcode) -> Option<()> {
        if self.top().is_none() {
            let ty = self.any_type(self.types.len() as u32, 60);
            self.produce(ty);
        }
        self.complete(opcode, 1, &[], None)
    }

    pub(super) fn select(&mut self, opcode: Opcode) -> Option<()> {
        let ty = self.top().filter(|ty| !ty.is_ref()).unwrap_or(Ty::I32);
        let ty = if self.entropy.chance(60) { self.number_type() } else { ty };
        self.operands(&[ty, ty, Ty::I32]);
        self.complete(opcode, 0, &[], Some(ty))
    }

    pub(super) fn select_typed(&mut self, opcode: Opcode) -> Option<()> {
        let ty = match self.top() {
            Some(ty) if self.is_made_of_something(ty) && self.entropy.chance(200) => ty,
            _ => self.any_type(self.types.len() as u32, 120),
        };
        self.operands(&[ty, ty, Ty::I32]);
        self.complete(opcode, 0, &[1], Some(ty))?;
        ty.val_type().encode(&mut self.code);
        Some(())
    }

    pub(super) fn ref_null(&mut self, opcode: Opcode) -> Option<()> {
        let ty = self.some_ref(self.types.len() as u32);
        self.op_heap(opcode, ty, ty)
    }

    pub(super) fn ref_func_rule(&mut self) -> Option<()> {
        let func = self.entropy.below(self.funcs.len());
        let &ty = self.funcs.get(func)?;
        self.ref_func(func as u32);
        let typed = self.has(Features::FUNCTION_REFERENCES);
        self.push(if typed { Ty::defined(ty, false) } else { Ty::FUNCREF });
        Some(())
    }

    /// Writes an instruction whose immediate is a heap type, and pushes its result.
    fn op_heap(&mut self, opcode: Opcode, heap: Ty, result: Ty) -> Option<()> {
        self.op(opcode);
        self.heap_type(heap);
        self.push(result);
        Some(())
    }

    /// Leaves a reference on top of the stack, where one may be already, and gives its type.
    fn some_ref_operand(&mut self) -> Ty {
        if let Some(ty) = self.top().filter(|ty| ty.is_ref()) {
            return ty;
        }
        let ty = self.some_ref(self.types.len() as u32);
        let ty = self.maybe_non_null(ty, 128);
        self.produce(ty);
        ty
    }

    pub(super) fn ref_check(&mut self, opcode: Opcode) -> Option<()> {
        let ty = self.some_ref_operand();
        if opcode == Opcode::RefAsNonNull && self.config.no_traps && ty.is_nullable() {
            // The reference was made, and stays as an operand.
            return Some(());
        }
        let result = if opcode == Opcode::RefIsNull { Ty::I32 } else { ty.nullable(false) };
        self.complete(opcode, 1, &[], Some(result))
    }

    /// A type to test a reference of type `ty` for, or to cast it to.
    fn target_for(&mut self, ty: Ty) -> Ty {
        let top = self.top_of(ty);
        for _ in 0..3 {
            let target = self.some_ref(self.types.len() as u32);
            if self.top_of(target) == top {
                return target;
            }
        }
        if self.entropy.chance(100) { top } else { ty.nullable(true) }
    }

    pub(super) fn ref_test(&mut self, opcode: Opcode) -> Option<()> {
        let ty = self.some_ref_operand();
        let target = self.target_for(ty);
        self.pop();
        self.op_heap(opcode, target, Ty::I32)
    }

    pub(super) fn ref_cast(&mut self, opcode: Opcode) -> Option<()> {
        let mut ty = self.some_ref_operand();
        let nullable = opcode == Opcode::RefCastNull;
        let mut target = self.target_for(ty).nullable(nullable);
        if self.config.no_traps && !self.matches(ty, target) {
            // The cast could trap, so its operand is replaced by a value of the target type.
            if !self.is_inhabited(target.nullable(false)) {
                target = ty;
            } else {
                ty = target;
                self.dispose();
                self.produce(ty);
            }
            if !nullable && ty.is_nullable() {
                return Some(());
            }
        }
        self.pop();
        self.op_heap(opcode, target, target.nullable(nullable))
    }

    pub(super) fn convert(&mut self, opcode: Opcode) -> Option<()> {
        let (from, to) = match opcode {
            Opcode::AnyConvertExtern => (H::Extern, H::Any),
            _ => (H::Any, H::Extern),
        };
        let nullable = match self.top() {
            Some(ty) if ty.is_ref() => ty.is_nullable(),
            _ => self.entropy.chance(100),
        };
        self.operands(&[Ty::abs(from, nullable)]);
        self.complete(opcode, 0, &[], Some(Ty::abs(to, nullable)))
    }
}
