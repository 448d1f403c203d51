//! `call_graph` of `crates/wattle/examples`, with wasmparser.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::fmt::Write as _;

use wasmparser::{FunctionBody, KnownCustom, Name, Operator, Parser, Payload, Result, TypeRef};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: call_graph_wasmparser IN.wasm")?;
    print!("{}", graph(&std::fs::read(path)?)?);
    Ok(())
}

/// The functions that the code of a function names.
#[derive(Default)]
struct Named {
    called: BTreeSet<u32>,
    taken: BTreeSet<u32>,
}

impl Named {
    fn by(body: &FunctionBody<'_>) -> Result<Self> {
        let mut named = Named::default();
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    named.called.insert(function_index)
                }
                Operator::RefFunc { function_index } => named.taken.insert(function_index),
                _ => false,
            };
        }
        Ok(named)
    }
}

/// The graph as text. Names stand behind the code, so edges wait for them.
fn graph(bytes: &[u8]) -> Result<String> {
    let (mut imported, mut callers, mut names) = (0, Vec::new(), HashMap::new());
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let is_func = matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                    imported += u32::from(is_func);
                }
            }
            Payload::CodeSectionEntry(body) => callers.push(Named::by(&body)?),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(subsections) = section.as_known() {
                    for subsection in subsections {
                        if let Name::Function(map) = subsection? {
                            for naming in map {
                                let naming = naming?;
                                names.insert(naming.index, naming.name);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let name = |func: u32| match names.get(&func) {
        Some(name) => format!("{name:?}"),
        None => format!("\"func {func}\""),
    };
    let mut out = String::from("digraph {\n");
    for (caller, named) in (imported..).zip(callers) {
        for (callees, style) in [(named.called, ""), (named.taken, " [style=dashed]")] {
            for callee in callees {
                let _ = writeln!(out, "  {} -> {}{style};", name(caller), name(callee));
            }
        }
    }
    Ok(out + "}\n")
}
