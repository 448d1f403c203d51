//! Modules whose functions are single instructions on their operands.

use wattle_ast::{Class, FuncIdx, Opcode};

use crate::generator::{BlockKind, Generator, TypeRun};
use crate::ty::Ty;

/// The number of instructions that are tried for a function.
const TRIES: usize = 64;

impl Generator<'_, '_> {
    /// Makes functions without parameters of one instruction each, which return the results of the
    /// instruction. Before them come the functions that types need, whose bodies do nothing.
    pub(crate) fn make_single_instructions(&mut self) {
        self.weigh();
        for func in self.imported_funcs as usize..self.funcs.len() {
            let ty = self.funcs.get(func).copied().unwrap_or(0);
            let (params, results) = self.signature(ty);
            self.begin_body(params);
            self.open(BlockKind::Func, TypeRun::default(), results);
            self.settle(results);
            self.op(Opcode::End);
            self.add_func(ty);
        }
        for _ in 0..self.config.max_funcs {
            self.begin_body(TypeRun::default());
            self.open(BlockKind::Func, TypeRun::default(), TypeRun::default());
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
                self.export_unless_named(index.into());
            }
            self.op(Opcode::End);
            self.add_func(ty);
        }
        self.finish();
    }

    /// Makes an instruction other than a block, a branch or a call.
    fn make_single(&mut self) {
        for _ in 0..TRIES {
            let opcode = self.entropy.pick(Opcode::ALL).unwrap_or(Opcode::Nop);
            let class = opcode.info().class;
            let is_control = class == Class::Control && opcode != Opcode::Nop;
            if !is_control && self.instruction(opcode).is_some() {
                return;
            }
        }
        self.number_const(Ty::I32);
    }
}
