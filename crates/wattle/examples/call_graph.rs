//! Prints the calls between functions as a graph for Graphviz: an arrow for each call, and a dashed
//! arrow for each function whose address is taken.
//!
//! ```console
//! cargo run --release --example call_graph -- in.wasm | dot -Tsvg > graph.svg
//! ```

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;

use wattle::ast::{FuncIdx, Malformed, Module, Nesting, Opcode, Reader, Sink, transcode_expr};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: call_graph IN.wasm")?;
    let bytes = std::fs::read(path)?;
    let module = wattle::parser::Parser::new().check_bodies(false).module(&bytes)?;
    print!("{}", graph(&module)?);
    Ok(())
}

/// The functions that the code of a function names.
#[derive(Default)]
struct Named {
    called: BTreeSet<FuncIdx>,
    taken: BTreeSet<FuncIdx>,
    is_taken: bool,
}

impl Sink<'_> for Named {
    type Error = Malformed;

    fn opcode(&mut self, opcode: Opcode, _: usize) -> Result<(), Malformed> {
        self.is_taken = opcode == Opcode::RefFunc;
        Ok(())
    }

    fn func(&mut self, func: FuncIdx) -> Result<(), Malformed> {
        (if self.is_taken { &mut self.taken } else { &mut self.called }).insert(func);
        Ok(())
    }
}

/// Returns the graph as text.
pub(crate) fn graph(module: &Module<'_>) -> Result<String, Malformed> {
    let name = |func: FuncIdx| match module.names.funcs.get(func) {
        Some(name) => format!("{:?}", name.as_str()),
        None => format!("\"func {}\"", func.idx()),
    };
    let mut out = String::from("digraph {\n");
    let mut nesting = Nesting::default();
    for (caller, func) in module.indexed_funcs() {
        let mut named = Named::default();
        transcode_expr(&mut Reader::new(func.body.code()), &mut nesting, &mut named)?;
        for (callees, style) in [(named.called, ""), (named.taken, " [style=dashed]")] {
            for callee in callees {
                let _ = writeln!(out, "  {} -> {}{style};", name(caller), name(callee));
            }
        }
    }
    Ok(out + "}\n")
}
