//! Passes over the bodies of functions.

use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::{
    Body, Catch, Encode, Expr, ExternKind, F32, F64, Features, ImmediateEdit, Instr, ItemKind,
    Labels, LaneIdx, ListView, MemArg, Module, Shuffle, V128,
};

use crate::code::{Code, Form, Tree};
use crate::contents::Contents;
use crate::emit::Edit;
use crate::plan::{ModulePlan, Plan, bodies};

/// The encoded size of a range of instructions.
fn size(code: &Code<'_>, range: Range<usize>) -> usize {
    let mut bytes = Vec::new();
    code.instrs.get(range).unwrap_or_default().iter().for_each(|instr| instr.encode(&mut bytes));
    bytes.len()
}

/// The change, if it makes the code shorter.
fn if_shorter(code: &Code<'_>, edit: Edit) -> Option<Edit> {
    let removed: usize = edit.remove.iter().map(|range| size(code, range.clone())).sum();
    (edit.inserted() < removed).then_some(edit)
}

/// Puts default values in the place of all trees that have `depth` trees around them. Returns
/// `None` if there are none.
pub(crate) fn level<'b>(
    module: &'b Module<'static>,
    features: Features,
    depth: usize,
) -> Option<ModulePlan<'b>> {
    let deepest = core::cell::Cell::new(false);
    let plan = bodies(module, features, 1, |code| {
        let trees = code.outer_first();
        let trees = trees.into_iter().filter(|tree| tree.depth == depth);
        trees
            .inspect(|_| deepest.set(true))
            .filter_map(|tree| match tree.form {
                Form::Dead => {
                    (code.instrs[tree.root] != Instr::Unreachable).then(|| Edit::default(tree))
                }
                _ => if_shorter(code, Edit::default(tree)),
            })
            .collect()
    });
    deepest.get().then_some(plan)
}

/// Replaces blocks by one of their parts: part 0 is the content up to the first `else` or `catch`.
pub(crate) fn unwrap<'b>(
    module: &'b Module<'static>,
    features: Features,
    part: usize,
) -> ModulePlan<'b> {
    bodies(module, features, 1, |code| {
        let trees = code.outer_first();
        let blocks = trees.into_iter().filter(|tree| tree.form == Form::Block);
        blocks.filter_map(|tree| Edit::unwrap(tree, code, part)).collect()
    })
}

/// Puts an operand of the same type in the place of an instruction, or else drops its operands and
/// puts default values there.
pub(crate) fn roots<'b>(module: &'b Module<'static>, features: Features) -> ModulePlan<'b> {
    bodies(module, features, 0, |code| {
        let trees = code.outer_first();
        let trees = trees.into_iter().filter_map(|tree| match tree.form {
            Form::Dead => None,
            _ => if_shorter(code, without_root(tree, code)).filter(|_| tree.takes > 0),
        });
        trees.collect()
    })
}

/// Puts `unreachable` in the place of values.
pub(crate) fn traps<'b>(module: &'b Module<'static>, features: Features) -> ModulePlan<'b> {
    bodies(module, features, 0, |code| {
        let trees = code.outer_first();
        let trees = trees
            .into_iter()
            .filter(|tree| tree.form == Form::Instr && tree.takes == 0 && !tree.results.is_empty());
        let edit = |tree: &Tree| Edit::replace(tree.start..tree.end, [Instr::Unreachable]);
        let mut edits: Vec<Edit> = trees.filter_map(|tree| if_shorter(code, edit(tree))).collect();
        edits.reverse();
        edits
    })
}

/// Removes instructions and their operands, but keeps the statements that stand between them.
pub(crate) fn interleaved<'b>(module: &'b Module<'static>, features: Features) -> ModulePlan<'b> {
    bodies(module, features, 1, |code| {
        let trees = code.outer_first();
        trees.into_iter().filter_map(|tree| Edit::apart(tree, code)).collect()
    })
}

/// Removes values that no instruction takes, and unreachable code.
pub(crate) fn leftovers<'b>(module: &'b Module<'static>, features: Features) -> ModulePlan<'b> {
    bodies(module, features, 1, |code| {
        let trees = code.outer_first();
        let trees = trees.into_iter().filter(|tree| tree.is_leftover || tree.form == Form::Dead);
        trees.map(Edit::without).collect()
    })
}

fn without_root(tree: &Tree, code: &Code<'_>) -> Edit {
    let operands = tree.operands.iter().filter_map(|operand| code.trees.get(*operand));
    let fits = |operand: &&Tree| tree.missing == 0 && operand.results == tree.results;
    let longest = operands.filter(fits).max_by_key(|operand| operand.end - operand.start);
    match longest {
        Some(operand) => Edit::hoist(tree, operand),
        None => Edit::flatten(tree, code),
    }
}

/// Makes functions trap at once.
pub(crate) fn aborts<'b>(module: &'b Module<'static>, _: Features) -> ModulePlan<'b> {
    let code: Expr<'_> = [Instr::Unreachable, Instr::End].into_iter().collect();
    let body: Body<'static> = Body::new([], code);
    let funcs: Vec<_> = module
        .funcs
        .iter_indexed()
        .filter(|(_, func)| func.body.bytes().len() > body.bytes().len())
        .map(|(func, _)| func)
        .collect();
    let contents = Contents::new(module);
    let imported = module.imported(ExternKind::Func);
    let keys = funcs.iter().map(|func| contents.item(ItemKind::Func, func.in_space(imported).0));
    let keys: Vec<u128> = keys.collect();
    let plan = Plan::each(module, funcs.len(), move |module, number| {
        module.funcs.get_mut(*funcs.get(number)?)?.body = body.clone();
        Some(())
    });
    plan.keyed(keys)
}

/// Puts zeros in the place of numbers, offsets and lanes, and removes labels and clauses.
pub(crate) fn immediates<'b>(module: &'b Module<'static>, features: Features) -> ModulePlan<'b> {
    bodies(module, features, 0, |code| {
        let mut edits = Vec::new();
        let (mut list, mut buffer) = (Vec::new(), Vec::new());
        for (at, &instr) in code.instrs.iter().enumerate() {
            list.clear();
            let changed = without_list(instr, &mut list).edit(&mut Zeros, &mut buffer);
            if changed != instr {
                edits.push(Edit::replace(at..at + 1, [changed]));
            }
        }
        edits
    })
}

/// A `br_table` with its default alone, a `try_table` without clauses.
fn without_list<'b>(instr: Instr<'b>, list: &'b mut Vec<u8>) -> Instr<'b> {
    match instr {
        Instr::BrTable { labels } => {
            let default = labels.default();
            Instr::BrTable { labels: Labels::encode_in(list, core::iter::empty(), default) }
        }
        Instr::TryTable { block_type, .. } => {
            let catches = ListView::encode_in(list, core::iter::empty::<Catch>());
            Instr::TryTable { block_type, catches }
        }
        other => other,
    }
}

/// Makes numbers, offsets and lanes zero.
struct Zeros;

impl<'a> ImmediateEdit<'a> for Zeros {
    fn i32(&mut self, _: i32) -> i32 {
        0
    }

    fn i64(&mut self, _: i64) -> i64 {
        0
    }

    fn f32(&mut self, _: F32) -> F32 {
        F32(0)
    }

    fn f64(&mut self, _: F64) -> F64 {
        F64(0)
    }

    fn v128(&mut self, _: V128) -> V128 {
        V128([0; 16])
    }

    fn lane(&mut self, _: LaneIdx) -> LaneIdx {
        LaneIdx(0)
    }

    fn shuffle(&mut self, _: Shuffle) -> Shuffle {
        Shuffle([0; 16])
    }

    fn memarg(&mut self, value: MemArg) -> MemArg {
        MemArg { offset: 0, ..value }
    }
}
