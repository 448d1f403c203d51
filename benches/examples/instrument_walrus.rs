//! `instrument` of `crates/wattle/examples`, with walrus.

use std::error::Error;

use walrus::ir::{Call, Const, Instr, InstrSeqId, Loop, Value, Visitor, dfs_in_order};
use walrus::{LocalFunction, Module, ValType};

fn main() -> Result<(), Box<dyn Error>> {
    let [_, input, output] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("usage: instrument_walrus IN.wasm OUT.wasm".into());
    };
    let mut module = Module::from_file(input)?;
    instrument(&mut module);
    module.emit_wasm_file(output)?;
    Ok(())
}

/// The instruction sequences that begin with a call.
struct Heads(Vec<InstrSeqId>);

impl Visitor<'_> for Heads {
    fn visit_loop(&mut self, it: &Loop) {
        self.0.push(it.seq);
    }
}

/// Adds the import and the calls.
fn instrument(module: &mut Module) {
    let ty = module.types.add(&[ValType::I32], &[]);
    let (hook, _) = module.add_import_func("hooks", "visit", ty);
    for (id, func) in module.funcs.iter_local_mut() {
        // Ids count functions in their first order.
        let index = Const { value: Value::I32(id.index() as i32) };
        let visit = [Instr::from(index), Instr::from(Call { func: hook })];
        for head in heads(func) {
            let visit = visit.iter().map(|instr| (instr.clone(), Default::default()));
            func.block_mut(head).instrs.splice(..0, visit);
        }
    }
}

/// The body of a function and those of its loops.
fn heads(func: &LocalFunction) -> Vec<InstrSeqId> {
    let mut heads = Heads(vec![func.entry_block()]);
    dfs_in_order(&mut heads, func, func.entry_block());
    heads.0
}
