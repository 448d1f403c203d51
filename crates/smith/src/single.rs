//! Single-instruction mode: each function is one instruction on its operands.

use wattle_ast::{Export, Func, FuncIdx, Opcode, TypeIdx};

use crate::declarations::name;
use crate::ty::Ty;
use crate::world::{BlockKind, Gen, Run};

/// How often another instruction is tried.
const TRIES: usize = 64;

impl Gen<'_, '_> {
    /// Functions without parameters, each of one instruction. Its results are the function's. The
    /// functions that references need to refer to come first, and do nothing.
    pub(crate) fn make_single_instructions(&mut self) {
        self.weigh();
        for func in self.imported_funcs as usize..self.funcs.len() {
            let ty = self.funcs.get(func).copied().unwrap_or(0);
            let (params, results) = self.signature(ty);
            self.begin_body(params);
            self.open(BlockKind::Func, Run::default(), results);
            self.settle(results);
            self.add_body(ty);
        }
        for _ in 0..self.config.max_funcs {
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
            self.stack = results;
            let index = FuncIdx(self.imported_funcs + self.module.funcs.len() as u32);
            if self.config.export_all {
                let export = Export { name: name(index.into()), index: index.into() };
                if self.module.exports.iter().all(|other| other.name != export.name) {
                    self.module.exports.push(export);
                }
            }
            self.add_body(ty);
        }
        self.finish();
    }

    fn add_body(&mut self, ty: u32) {
        self.op(Opcode::End);
        let body = self.end_body();
        self.module.funcs.push(Func { ty: TypeIdx(ty), body });
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
            if self.instruction(opcode) {
                return;
            }
        }
        self.number_const(Ty::I32);
    }
}
