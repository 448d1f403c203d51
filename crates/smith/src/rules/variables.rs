//! Rules of locals, globals, parametric instructions and references.

use wattle_ast::{AbsHeapType as H, Encode, Features, Opcode, leb128};

use crate::generator::Generator;
use crate::ty::Ty;

impl Generator<'_, '_> {
    pub(super) fn local_get(&mut self) -> bool {
        let Some(local) = self.local_with(|_, _| true) else { return false };
        let ty = self.locals.get(local as usize).copied().unwrap_or(Ty::I32);
        self.op_index(Opcode::LocalGet, local);
        self.push(ty);
        true
    }

    pub(super) fn local_set(&mut self, opcode: Opcode) -> bool {
        let fitting = self.top().and_then(|ty| self.local_for(ty));
        let local = match fitting {
            Some(local) => local,
            None if self.locals.is_empty() => return false,
            None => self.entropy.below(self.locals.len()) as u32,
        };
        let ty = self.locals.get(local as usize).copied().unwrap_or(Ty::I32);
        self.operands(&[ty]);
        self.op_index(opcode, local);
        self.set_local(local);
        if opcode == Opcode::LocalTee {
            self.push(ty);
        }
        true
    }

    pub(super) fn global_get(&mut self) -> bool {
        let count = self.globals.len();
        let global = self.entropy.below(count);
        let Some(&ty) = self.globals.get(global) else { return false };
        self.op_index(Opcode::GlobalGet, global as u32);
        self.push(ty.bare());
        true
    }

    pub(super) fn global_set(&mut self) -> bool {
        let fitting = self.top().and_then(|ty| self.global_for(ty));
        let global = match fitting {
            Some(global) => global as usize,
            None => self.entropy.below(self.globals.len()),
        };
        let Some(&ty) = self.globals.get(global).filter(|ty| ty.is_mutable()) else {
            return false;
        };
        self.operands(&[ty.bare()]);
        self.op_index(Opcode::GlobalSet, global as u32);
        true
    }

    pub(super) fn drop_operand(&mut self) -> bool {
        if self.top().is_none() {
            let ty = self.any_type(self.types.len() as u32, 60);
            self.produce(ty);
        }
        self.pop();
        self.op(Opcode::Drop);
        true
    }

    pub(super) fn select(&mut self) -> bool {
        let ty = self.top().filter(|ty| !ty.is_ref()).unwrap_or(Ty::I32);
        let ty = if self.entropy.chance(60) { self.number_type() } else { ty };
        self.operands(&[ty, ty, Ty::I32]);
        self.op(Opcode::Select);
        self.push(ty);
        true
    }

    pub(super) fn select_typed(&mut self) -> bool {
        let ty = match self.top() {
            Some(ty) if self.is_made_of_something(ty) && self.entropy.chance(200) => ty,
            _ => self.any_type(self.types.len() as u32, 120),
        };
        self.operands(&[ty, ty, Ty::I32]);
        self.op_index(Opcode::SelectTyped, 1);
        ty.val_type().encode(&mut self.code);
        self.push(ty);
        true
    }

    pub(super) fn ref_null(&mut self) -> bool {
        let ty = self.some_ref(self.types.len() as u32);
        self.op(Opcode::RefNull);
        self.heap_type(ty);
        self.push(ty);
        true
    }

    pub(super) fn ref_func_rule(&mut self) -> bool {
        let func = self.entropy.below(self.funcs.len());
        let Some(&ty) = self.funcs.get(func) else { return false };
        self.ref_func(func as u32);
        let typed = self.has(Features::FUNCTION_REFERENCES);
        self.push(if typed { Ty::defined(ty, false) } else { Ty::FUNCREF });
        true
    }

    /// Leaves a reference on top of the stack, where one may be already, and gives its type.
    fn some_ref_operand(&mut self) -> Ty {
        match self.top() {
            Some(ty) if ty.is_ref() => ty,
            _ => {
                let ty = self.some_ref(self.types.len() as u32);
                let ty = self.maybe_non_null(ty, 128);
                self.produce(ty);
                ty
            }
        }
    }

    pub(super) fn ref_check(&mut self, opcode: Opcode) -> bool {
        let ty = self.some_ref_operand();
        if opcode == Opcode::RefAsNonNull && self.config.no_traps && ty.is_nullable() {
            // The reference was made, and stays as an operand.
            return true;
        }
        self.pop();
        self.op(opcode);
        let result = if opcode == Opcode::RefIsNull { Ty::I32 } else { ty.nullable(false) };
        self.push(result);
        true
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

    pub(super) fn ref_test(&mut self, opcode: Opcode) -> bool {
        let ty = self.some_ref_operand();
        let target = self.target_for(ty);
        self.pop();
        self.op(opcode);
        self.heap_type(target);
        self.push(Ty::I32);
        true
    }

    pub(super) fn ref_cast(&mut self, opcode: Opcode) -> bool {
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
                return true;
            }
        }
        self.pop();
        self.op(opcode);
        self.heap_type(target);
        self.push(target.nullable(nullable));
        true
    }

    pub(super) fn convert(&mut self, opcode: Opcode) -> bool {
        let (from, to) = match opcode {
            Opcode::AnyConvertExtern => (H::Extern, H::Any),
            _ => (H::Any, H::Extern),
        };
        let nullable = match self.top() {
            Some(ty) if ty.is_ref() => ty.is_nullable(),
            _ => self.entropy.chance(100),
        };
        self.operands(&[Ty::abs(from, nullable)]);
        self.op(opcode);
        self.push(Ty::abs(to, nullable));
        true
    }

    /// Writes a list of labels, and the default label.
    pub(super) fn labels(&mut self, labels: &[u32], default: u32) {
        leb128::write_u32(&mut self.code, labels.len() as u32);
        for &label in labels {
            self.index(label);
        }
        self.index(default);
    }
}
