//! `call_graph` of `crates/wattle/examples`, with walrus.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;

use walrus::ir::{Call, RefFunc, ReturnCall, Visitor, dfs_in_order};
use walrus::{FunctionId, Module};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: call_graph_walrus IN.wasm")?;
    print!("{}", graph(&Module::from_file(path)?));
    Ok(())
}

/// The functions that the code of a function names.
#[derive(Default)]
struct Named {
    called: BTreeSet<FunctionId>,
    taken: BTreeSet<FunctionId>,
}

impl Visitor<'_> for Named {
    fn visit_call(&mut self, it: &Call) {
        self.called.insert(it.func);
    }

    fn visit_return_call(&mut self, it: &ReturnCall) {
        self.called.insert(it.func);
    }

    fn visit_ref_func(&mut self, it: &RefFunc) {
        self.taken.insert(it.func);
    }
}

/// The graph as text.
fn graph(module: &Module) -> String {
    let name = |func: FunctionId| match &module.funcs.get(func).name {
        Some(name) => format!("{name:?}"),
        None => format!("\"func {}\"", func.index()),
    };
    let mut out = String::from("digraph {\n");
    for (caller, func) in module.funcs.iter_local() {
        let mut named = Named::default();
        dfs_in_order(&mut named, func, func.entry_block());
        for (callees, style) in [(named.called, ""), (named.taken, " [style=dashed]")] {
            for callee in callees {
                let _ = writeln!(out, "  {} -> {}{style};", name(caller), name(callee));
            }
        }
    }
    out + "}\n"
}
