//! Single-instruction mode: each function is one instruction on its operands.

use wattle_ast::{Func, Opcode, TypeIdx};

use crate::ty::Ty;
use crate::world::{BlockKind, Gen, Run};

/// How often another instruction is tried.
const TRIES: usize = 64;

impl Gen<'_, '_> {
    /// Functions without parameters, each of one instruction. Its results are the function's.
    pub(crate) fn make_single_instructions(&mut self) {
        self.weigh();
        // The functions that were declared have an index already.
        for func in self.imported_funcs as usize..self.funcs.len() {
            self.begin_body(Run::default());
            self.open(BlockKind::Func, Run::default(), Run::default());
            self.make_single();
            let mut results = core::mem::take(&mut self.stack);
            let most = if self.is_multi_value() { usize::MAX } else { 1 };
            while results.len() > most {
                results.pop();
                self.op(Opcode::Drop);
            }
            let ty = self.func_type_of(&[], &results);
            self.op(Opcode::End);
            self.stack = results;
            let body = self.end_body();
            if let Some(declared) = self.funcs.get_mut(func) {
                *declared = ty;
            }
            self.module.funcs.push(Func { ty: TypeIdx(ty), body });
        }
        self.finish();
    }

    /// Instructions of plain operands and results only: no blocks, branches or calls, whose types
    /// are those of functions.
    fn make_single(&mut self) {
        for _ in 0..TRIES {
            let opcode = self.entropy.pick(Opcode::ALL).unwrap_or(Opcode::Nop);
            let class = opcode.info().class;
            let plain = class != wattle_ast::Class::Control || opcode == Opcode::Nop;
            if !plain || !self.allowed.contains(opcode) {
                continue;
            }
            let names_func = opcode == Opcode::RefFunc || self.entropy.is_empty();
            if !names_func && self.instruction(opcode) {
                return;
            }
        }
        self.number_const(Ty::I32);
    }
}
