//! Which function of one module is which of the other: by name, by export, by equal instructions, and
//! then by similar ones.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use wattle_ast::{
    Body, ExternIdx, F32, F64, LabelIdx, LocalIdx, Malformed, MemArg, Module, Nesting, Opcode,
    Reader, Sink, transcode_expr,
};

/// A function that a module defines, as far as matching looks at it.
struct Func {
    index: u32,
    name: Option<String>,
    export: Option<String>,
    /// A number for its instructions, without the indices of what they refer to.
    shape: u64,
    /// Numbers for all runs of [`RUN`] instructions, in ascending order, each once.
    runs: Vec<u32>,
    len: usize,
}

/// The number of instructions that a run has.
const RUN: usize = 4;
/// The number of runs that functions are looked up by.
const SKETCH: usize = 8;
/// A run that more functions have says nothing about any of them.
const MAX_COMMON: usize = 32;
/// The number of functions that a function is compared with.
const MAX_CANDIDATES: usize = 4;

/// The shape of code.
struct Shape {
    hasher: DefaultHasher,
    opcodes: Vec<u16>,
}

/// Only the opcode and these immediates count. Indices of functions, types and the like change when
/// something is inserted before them.
impl<'a> Sink<'a> for Shape {
    type Error = Malformed;

    fn opcode(&mut self, opcode: Opcode, _: usize) -> Result<(), Malformed> {
        (opcode as u16).hash(&mut self.hasher);
        self.opcodes.push(opcode as u16);
        Ok(())
    }

    fn label(&mut self, label: LabelIdx) -> Result<(), Malformed> {
        label.0.hash(&mut self.hasher);
        Ok(())
    }

    fn local(&mut self, local: LocalIdx) -> Result<(), Malformed> {
        local.0.hash(&mut self.hasher);
        Ok(())
    }

    fn memarg(&mut self, memarg: MemArg) -> Result<(), Malformed> {
        (memarg.offset, memarg.align).hash(&mut self.hasher);
        Ok(())
    }

    fn i32(&mut self, value: i32) -> Result<(), Malformed> {
        value.hash(&mut self.hasher);
        Ok(())
    }

    fn i64(&mut self, value: i64) -> Result<(), Malformed> {
        value.hash(&mut self.hasher);
        Ok(())
    }

    fn f32(&mut self, value: F32) -> Result<(), Malformed> {
        value.0.hash(&mut self.hasher);
        Ok(())
    }

    fn f64(&mut self, value: F64) -> Result<(), Malformed> {
        value.0.hash(&mut self.hasher);
        Ok(())
    }
}

fn shape(body: &Body<'_>) -> (u64, Vec<u32>, usize) {
    let mut shape = Shape { hasher: DefaultHasher::new(), opcodes: Vec::new() };
    for local in body.locals() {
        local.hash(&mut shape.hasher);
    }
    let mut reader = Reader::new(body.code());
    // Malformed code has the shape of what is before the malformed place.
    let _ = transcode_expr(&mut reader, &mut Nesting::default(), &mut shape);
    let mut runs: Vec<u32> = shape
        .opcodes
        .windows(RUN)
        .map(|run| {
            let mut hasher = DefaultHasher::new();
            run.hash(&mut hasher);
            hasher.finish() as u32
        })
        .collect();
    runs.sort_unstable();
    runs.dedup();
    (shape.hasher.finish(), runs, shape.opcodes.len())
}

fn funcs(module: &Module<'_>) -> Vec<Func> {
    let mut exports: HashMap<u32, &str> = HashMap::new();
    for export in &module.exports {
        if let ExternIdx::Func(func) = export.index {
            exports.entry(func.0).or_insert(&export.name);
        }
    }
    let funcs = module.indexed_funcs().map(|(index, func)| {
        let name = module.names.funcs.get(index).map(|name| shown(name));
        let (shape, runs, len) = shape(&func.body);
        let export = exports.get(&index.0).map(|name| (*name).to_owned());
        Func { index: index.0, name, export, shape, runs, len }
    });
    funcs.collect()
}

/// A name without what differs from build to build.
pub(super) fn shown(name: &str) -> String {
    #[cfg(feature = "demangle")]
    if let Some(shown) = crate::demangle(name) {
        return shown;
    }
    name.to_owned()
}

/// Pairs of functions of two modules, by index: first those that are imported, then those that are
/// defined.
pub(super) fn pairs(old: &Module<'_>, new: &Module<'_>) -> Vec<(u32, u32)> {
    let mut pairs = imports(old, new);
    let (old, new) = (funcs(old), funcs(new));
    let mut left =
        Left { old: (0..old.len()).collect(), new: (0..new.len()).collect(), pairs: Vec::new() };
    left.by_key(&old, &new, true, |func| func.name.clone());
    left.by_key(&old, &new, true, |func| func.export.clone());
    left.by_key(&old, &new, false, |func| Some(func.shape));
    left.by_runs(&old, &new);
    pairs.extend(left.pairs.into_iter().map(|(at, to)| (old[at].index, new[to].index)));
    pairs
}

fn imports(old: &Module<'_>, new: &Module<'_>) -> Vec<(u32, u32)> {
    let keys = |module: &Module<'_>| {
        let mut counts: HashMap<String, u32> = HashMap::new();
        let mut keys = Vec::new();
        for (index, import) in module.indexed_imports() {
            if let ExternIdx::Func(func) = index {
                let key = [&*import.module, "\0", &*import.name].concat();
                let count = counts.entry(key.clone()).or_default();
                keys.push(((key, *count), func.0));
                *count += 1;
            }
        }
        keys
    };
    let known: HashMap<_, _> = keys(new).into_iter().collect();
    keys(old).into_iter().filter_map(|(key, func)| Some((func, *known.get(&key)?))).collect()
}

/// The functions that have no counterpart so far, by their places.
struct Left {
    old: Vec<usize>,
    new: Vec<usize>,
    pairs: Vec<(usize, usize)>,
}

impl Left {
    fn pair(&mut self, found: Vec<(usize, usize)>) {
        let (mut old, mut new): (Vec<_>, Vec<_>) = found.iter().copied().unzip();
        old.sort_unstable();
        new.sort_unstable();
        self.old.retain(|at| old.binary_search(at).is_err());
        self.new.retain(|at| new.binary_search(at).is_err());
        self.pairs.extend(found);
    }

    /// Pairs functions of one key: only where each side has one such function, or in order.
    fn by_key<K: Eq + Hash>(
        &mut self,
        old: &[Func],
        new: &[Func],
        is_unique: bool,
        key: impl Fn(&Func) -> Option<K>,
    ) {
        let mut places: HashMap<K, [Vec<usize>; 2]> = HashMap::new();
        for (side, (left, funcs)) in [(&self.old, old), (&self.new, new)].into_iter().enumerate() {
            for &at in left {
                if let Some(key) = key(&funcs[at]) {
                    places.entry(key).or_default()[side].push(at);
                }
            }
        }
        let mut found = Vec::new();
        for [old, new] in places.into_values() {
            if !is_unique || (old.len() == 1 && new.len() == 1) {
                found.extend(old.into_iter().zip(new));
            }
        }
        found.sort_unstable();
        self.pair(found);
    }

    /// Pairs functions of which at least half of the runs are those of the other.
    fn by_runs(&mut self, old: &[Func], new: &[Func]) {
        let mut places: HashMap<u32, Vec<usize>> = HashMap::new();
        for &at in &self.new {
            for &run in new[at].runs.iter().take(SKETCH) {
                places.entry(run).or_default().push(at);
            }
        }
        let mut is_taken = vec![false; new.len()];
        let mut found = Vec::new();
        for &at in &self.old {
            let mut votes: HashMap<usize, usize> = HashMap::new();
            for run in old[at].runs.iter().take(SKETCH) {
                let same = places.get(run).map(|it| &it[..]).unwrap_or_default();
                for &to in same.iter().take(MAX_COMMON).filter(|&&to| !is_taken[to]) {
                    *votes.entry(to).or_default() += 1;
                }
            }
            let mut candidates: Vec<_> = votes.into_iter().collect();
            candidates.sort_by_key(|&(to, votes)| {
                (std::cmp::Reverse(votes), old[at].len.abs_diff(new[to].len), to)
            });
            let candidates = candidates.into_iter().take(MAX_CANDIDATES);
            let shares = candidates.map(|(to, _)| (share(&old[at].runs, &new[to].runs), to));
            let best = shares.max_by_key(|&(share, to)| (share, std::cmp::Reverse(to)));
            if let Some((50.., to)) = best {
                is_taken[to] = true;
                found.push((at, to));
            }
        }
        self.pair(found);
    }
}

/// How many of all runs both functions have, in percent. Runs are in ascending order.
fn share(a: &[u32], b: &[u32]) -> usize {
    let (mut at, mut to, mut both) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(at), b.get(to)) {
        both += usize::from(x == y);
        at += usize::from(x <= y);
        to += usize::from(y <= x);
    }
    100 * both / (a.len() + b.len() - both).max(1)
}
