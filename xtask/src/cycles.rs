//! `cargo xtask cycles`: the functions that can call themselves, directly or through others.
//!
//! It compiles the command and the libraries without optimisation to LLVM IR, which contains every
//! call and every destructor, and looks for cycles in the call graph. It does not see calls through
//! pointers; the test `stack` of `wattle-tests` runs code that could recurse through them.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Parts of the names of functions that may call themselves, each with the bound of the recursion.
const KNOWN: &[(&str, &str)] = &[
    (
        "wattle_syntax::lexer::Head",
        "states of logos's automaton, one for each of its first two bytes",
    ),
    ("wattle_syntax::tokens::", "dropping an annotation, whose tokens have no annotations"),
    ("wattle_wat::script::", "scripts: a thread has no threads, nested `either`s are one list"),
    ("wattle_script::patterns", "a pattern: nested `either`s are one list"),
    ("wattle_script::runner", "the turn of a thread, in which it does not wait for another"),
    ("wattle_smith::", "operands that are made of operands, up to `MAX_DEPTH` and `MAX_COST`"),
    ("wattle_ast::modules::edit::Change", "a move is a removal and an insertion"),
    ("wattle_wit::decode::types", "a type, whose parts are known already"),
    ("wattle_wit::model::merge_error", "the reason in an error, which has no other in it"),
];

/// The functions that are defined in the IR, by their mangled names, with the functions that each
/// calls.
type Graph = HashMap<String, BTreeSet<String>>;

/// Prints the cycles, and fails if one is not known.
pub(crate) fn run() -> Result<()> {
    let target = Path::new("target/cycles");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--package", "wattle-cli"])
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", "--emit=llvm-ir")
        .status()?;
    ensure!(status.success(), "the workspace does not compile");
    let folder = target.join("debug/deps");
    let mut graph = Graph::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let is_ours =
            path.file_stem().is_some_and(|name| name.to_string_lossy().starts_with("wattle"));
        if is_ours && path.extension().is_some_and(|extension| extension == "ll") {
            read(&fs::read_to_string(&path)?, &mut graph);
        }
    }
    let readable = graph.keys().filter(|name| name.starts_with("_ZN")).count();
    ensure!(readable > 1_000, "only {readable} functions have names in the legacy mangling");
    let mut unknown = Vec::new();
    for cycle in cycles(&graph) {
        let names: BTreeSet<String> = cycle.iter().map(|name| demangled(name)).collect();
        // Sorting, trees and strings of the standard library call themselves to a known depth.
        let ours: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| name.contains("wattle_")).collect();
        if ours.is_empty() {
            continue;
        }
        match KNOWN.iter().find(|(part, _)| ours.iter().all(|name| name.contains(part))) {
            Some((part, why)) => println!("{part}: {why}"),
            None => unknown.push(ours.join("\n    ")),
        }
    }
    ensure!(unknown.is_empty(), "functions that call themselves:\n  {}", unknown.join("\n  "));
    Ok(())
}

/// Adds the functions of a module of LLVM IR to the graph.
fn read(ir: &str, graph: &mut Graph) {
    let mut current = None;
    for line in ir.lines() {
        if line.starts_with("define ") {
            current = symbols(line).next().map(str::to_owned);
            if let Some(name) = &current {
                graph.entry(name.clone()).or_default();
            }
        } else if line.starts_with('}') {
            current = None;
        } else if let Some(name) = &current
            && (line.contains("call ") || line.contains("invoke "))
        {
            let callees = graph.entry(name.clone()).or_default();
            callees.extend(symbols(line).map(str::to_owned));
        }
    }
}

/// The global symbols in a line of LLVM IR.
fn symbols(line: &str) -> impl Iterator<Item = &str> {
    line.split('@').skip(1).filter_map(|rest| match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split(|c: char| !(c.is_alphanumeric() || "_.$".contains(c))).next(),
    })
}

/// The sets of functions that reach each other, by Tarjan's algorithm without recursion.
fn cycles(graph: &Graph) -> Vec<Vec<&str>> {
    static NONE: BTreeSet<String> = BTreeSet::new();
    let callees = |name: &str| graph.get(name).unwrap_or(&NONE).iter();
    let (mut index, mut low) = (HashMap::<&str, usize>::new(), HashMap::<&str, usize>::new());
    let (mut stack, mut on_stack) = (Vec::new(), BTreeSet::new());
    let mut found = Vec::new();
    for root in graph.keys() {
        if index.contains_key(root.as_str()) {
            continue;
        }
        let mut work = vec![(root.as_str(), callees(root))];
        while let Some((name, rest)) = work.last_mut() {
            let name = *name;
            if !index.contains_key(name) {
                let next = index.len();
                index.insert(name, next);
                low.insert(name, next);
                stack.push(name);
                on_stack.insert(name);
            }
            match rest.find(|callee| graph.contains_key(callee.as_str())) {
                Some(callee) if !index.contains_key(callee.as_str()) => {
                    work.push((callee, callees(callee)));
                }
                Some(callee) if on_stack.contains(callee.as_str()) => {
                    let reached = index[callee.as_str()].min(low[name]);
                    low.insert(name, reached);
                }
                Some(_) => {}
                None => {
                    work.pop();
                    if let Some((caller, _)) = work.last() {
                        let reached = low[name].min(low[caller]);
                        low.insert(caller, reached);
                    }
                    if low[name] != index[name] {
                        continue;
                    }
                    let start = stack.iter().rposition(|other| *other == name).unwrap_or(0);
                    let cycle = stack.split_off(start);
                    cycle.iter().for_each(|name| {
                        on_stack.remove(name);
                    });
                    if cycle.len() > 1 || callees(name).any(|callee| callee == name) {
                        found.push(cycle);
                    }
                }
            }
        }
    }
    found
}

/// The path in a mangled name.
fn demangled(name: &str) -> String {
    let Some(mut rest) = name.strip_prefix("_ZN") else { return name.to_owned() };
    let mut parts = Vec::new();
    while let Some(end) = rest.find(|c: char| !c.is_ascii_digit()) {
        let Ok(len) = rest[..end].parse::<usize>() else { break };
        let Some(part) = rest.get(end..end + len) else { break };
        parts.push(part);
        rest = &rest[end + len..];
    }
    // The last part is a hash.
    parts.pop();
    parts.join("::").replace("$LT$", "<").replace("$GT$", ">").replace("..", "::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_found() {
        let ir = "define void @_ZN3one1a17h0123456789abcdefE(ptr %x) {\n  call void @b(ptr @c)\n}\n\
                  define internal void @b() {\n  invoke void @_ZN3one1a17h0123456789abcdefE()\n}\n\
                  define void @c() {\n  call void @c()\n}\n\
                  define void @\"d e\"() {\n  call void @c()\n}\n";
        let mut graph = Graph::new();
        read(ir, &mut graph);
        assert_eq!(graph.len(), 4);
        let mut found: Vec<Vec<String>> = cycles(&graph)
            .into_iter()
            .map(|cycle| {
                let mut names: Vec<_> = cycle.into_iter().map(demangled).collect();
                names.sort();
                names
            })
            .collect();
        found.sort();
        assert_eq!(found, [vec!["b".to_owned(), "one::a".to_owned()], vec!["c".to_owned()]]);
    }
}
