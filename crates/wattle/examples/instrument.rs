//! Counts how often functions and loops run: imports a function `hooks.visit`, and calls it at the
//! entry of each function and at the head of each loop, with the original index of the function.
//!
//! ```console
//! cargo run --release --example instrument -- in.wasm out.wasm
//! ```

use std::error::Error;

use wattle::ast::{EditError, FuncType, Instr, Opcode, ValType};
use wattle::{Module, encoder, parser};

fn main() -> Result<(), Box<dyn Error>> {
    let [_, input, output] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("usage: instrument IN.wasm OUT.wasm".into());
    };
    let bytes = std::fs::read(input)?;
    // The rewriter reads the code anyway, and reports malformed code.
    let mut module = parser::Parser::new().check_bodies(false).module(&bytes)?;
    instrument(&mut module)?;
    for left_out in &module.encoding.left_out {
        eprintln!("warning: {left_out}");
    }
    std::fs::write(output, encoder::encode(&module))?;
    Ok(())
}

/// Adds the import and the calls.
pub(crate) fn instrument(module: &mut Module<'_>) -> Result<(), EditError> {
    let hook = module.import_func("hooks", "visit", FuncType::new([ValType::I32], []))?;
    module.rewrite_code(|at| {
        let visit = [Instr::I32Const { value: at.func().0 as i32 - 1 }, Instr::Call { func: hook }];
        if at.is_first() {
            at.insert_before(visit);
        }
        if at.opcode() == Opcode::Loop {
            at.insert_after(visit);
        }
    })
}
