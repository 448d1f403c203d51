//! Mutations of bodies. Each is given a body, chosen at random, as trees.

use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::{
    Arity, BlockType, Body, Catches, DefIdx, Encode, Expr, Features, FuncIdx, FuncType, Instr,
    LabelIdx, Local, LocalIdx, Module, RefType, RefTypeNonNull, RefTypeNull, Remap, ValType,
};
use wattle_validator::OperandType;

use super::random::Random;
use crate::code::{Code, Form, Tree};
use crate::emit::{Edit, apply, default_of_type};
use crate::plan::View;

/// The body that a mutation changes.
pub(super) struct Chosen<'b> {
    pub(super) module: &'b Module<'static>,
    /// The features that the mutant may use.
    pub(super) features: Features,
    pub(super) func: DefIdx<FuncIdx>,
    pub(super) code: Code<'b>,
}

impl<'b> Chosen<'b> {
    pub(super) fn new(
        module: &'b Module<'static>,
        features: Features,
        random: &mut Random,
    ) -> Option<Chosen<'b>> {
        let view = View::new(module, features);
        let func = DefIdx::from(random.below(module.funcs.len()) as u32);
        let code = view.code(func)?;
        Some(Chosen { module, features, func, code })
    }

    pub(super) fn body(&self) -> Option<&'b Body<'static>> {
        self.module.funcs.get(self.func).map(|func| &func.body)
    }

    /// Chooses one of the trees for which `fits` is true.
    fn tree(&self, random: &mut Random, fits: impl Fn(&Tree) -> bool) -> Option<&Tree> {
        let trees: Vec<&Tree> = self.code.trees.iter().filter(|tree| fits(tree)).collect();
        random.of(&trees).copied()
    }

    /// The module with a change to the body.
    pub(super) fn edited(&self, edit: &Edit) -> Option<Module<'static>> {
        self.with_body(apply(self.body()?, &[edit])?)
    }

    fn with_body(&self, body: Body<'static>) -> Option<Module<'static>> {
        let mut changed = self.module.clone();
        changed.funcs.get_mut(self.func)?.body = body;
        Some(changed)
    }

    /// The index of the next local.
    fn next_local(&self) -> Option<LocalIdx> {
        let func = self.module.funcs.get(self.func)?;
        let params = self.module.func_type(func.ty)?.params().len() as u64;
        u32::try_from(params + func.body.local_count()).ok().map(LocalIdx)
    }

    /// The module with a change to the body, and one more local.
    fn edited_with_local(&self, edit: &Edit, ty: ValType) -> Option<Module<'static>> {
        let body = self.body()?;
        let locals = body.locals().chain([Local { count: 1, ty }]);
        self.with_body(apply(&Body::new(locals, body.expr()), &[edit])?)
    }
}

/// The change that inserts code before instruction `at`.
fn insert(at: usize, code: Vec<u8>) -> Edit {
    Edit { remove: Vec::new(), insert: [(at, code)].into() }
}

fn encoded<'i>(instrs: impl IntoIterator<Item = Instr<'i>>) -> Vec<u8> {
    let mut code = Vec::new();
    instrs.into_iter().for_each(|instr| instr.encode(&mut code));
    code
}

/// The type of the only result of a tree.
fn result(tree: &Tree) -> Option<ValType> {
    match tree.results[..] {
        [OperandType::Known(ty)] => Some(ty),
        _ => None,
    }
}

fn is_live(tree: &Tree) -> bool {
    tree.form != Form::Dead
}

/// Adds a `nop` anywhere.
pub(super) fn add_nop(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let at = random.below(chosen.code.instrs.len());
    chosen.edited(&insert(at, encoded([Instr::Nop])))
}

/// Adds a value that is dropped.
pub(super) fn add_dropped_value(
    chosen: &Chosen<'_>,
    random: &mut Random,
) -> Option<Module<'static>> {
    let at = random.below(chosen.code.instrs.len());
    let types = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
    let value = default_of_type(*random.of(&types)?)?;
    chosen.edited(&insert(at, encoded([value, Instr::Drop])))
}

/// Puts a value into a new local and takes it out again.
pub(super) fn keep_in_local(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let tree = chosen.tree(random, |tree| is_live(tree) && result(tree).is_some())?;
    let (ty, local) = (result(tree)?, chosen.next_local()?);
    let keep = match random.below(2) {
        0 => encoded([Instr::LocalSet { local }, Instr::LocalGet { local }]),
        _ => encoded([Instr::LocalTee { local }]),
    };
    chosen.edited_with_local(&insert(tree.end, keep), ty)
}

/// Writes a number as the exclusive or of two others.
pub(super) fn split_constant(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let instrs = || chosen.code.instrs.iter().enumerate();
    let places = instrs()
        .filter(|(_, instr)| matches!(instr, Instr::I32Const { .. } | Instr::I64Const { .. }));
    let places: Vec<usize> = places.map(|(at, _)| at).collect();
    let at = *random.of(&places)?;
    let key = random.number();
    let instrs = match chosen.code.instrs[at] {
        Instr::I32Const { value } => {
            let key = key as i32;
            [Instr::I32Const { value: value ^ key }, Instr::I32Const { value: key }, Instr::I32Xor]
        }
        Instr::I64Const { value } => {
            [Instr::I64Const { value: value ^ key }, Instr::I64Const { value: key }, Instr::I64Xor]
        }
        _ => return None,
    };
    chosen.edited(&Edit::replace(at..at + 1, instrs))
}

/// Casts a reference to the type that it has.
pub(super) fn cast_to_own_type(
    chosen: &Chosen<'_>,
    random: &mut Random,
) -> Option<Module<'static>> {
    let is_reference = |tree: &Tree| matches!(result(tree), Some(ValType::Ref(_)));
    let tree = chosen.tree(random, |tree| is_live(tree) && is_reference(tree))?;
    let Some(ValType::Ref(RefType { nullable, heap })) = result(tree) else { return None };
    let cast = match nullable {
        true => Instr::RefCastNull { target: RefTypeNull(heap) },
        false => Instr::RefCast { target: RefTypeNonNull(heap) },
    };
    chosen.edited(&insert(tree.end, encoded([cast])))
}

/// Adds code behind an instruction after which code is unreachable.
pub(super) fn add_dead_code(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let instrs = chosen.code.instrs.iter().enumerate();
    let ends = instrs.filter(|(at, instr)| {
        let arity = instr.opcode().info().arity;
        !chosen.code.is_dead[*at] && matches!(arity, Arity::Values { leaves: None, .. })
    });
    let ends: Vec<usize> = ends.map(|(at, _)| at + 1).collect();
    let at = *random.of(&ends)?;
    let source = random.below(chosen.code.instrs.len());
    let instr = *chosen.code.instrs.get(source)?;
    if instr.opcode().info().arity.is_structured() {
        return None;
    }
    chosen.edited(&insert(at, encoded([Instr::Unreachable, instr, Instr::Unreachable])))
}

/// The type of a block that has the results of a tree.
fn block_type(module: &mut Module<'static>, tree: &Tree) -> Option<BlockType> {
    let known = |ty: &OperandType| match ty {
        OperandType::Known(ty) => Some(*ty),
        OperandType::Bottom => None,
    };
    let results: Vec<ValType> = tree.results.iter().map(known).collect::<Option<_>>()?;
    Some(match results[..] {
        [] => BlockType::Empty,
        [ty] => BlockType::Value(ty),
        _ => BlockType::Type(module.add_func_type(FuncType::new([], results))),
    })
}

/// Puts a tree between two pieces of code that open and close a block around it.
fn wrap(
    chosen: &Chosen<'_>,
    tree: &Tree,
    around: impl Fn(BlockType, &mut Module<'static>) -> Option<(Vec<u8>, Vec<u8>)>,
) -> Option<Module<'static>> {
    let mut changed = chosen.module.clone();
    let block_type = block_type(&mut changed, tree)?;
    let (before, behind) = around(block_type, &mut changed)?;
    let body = chosen.body()?;
    let mut code = Vec::new();
    let mut deeper = Deeper { depth: 0 };
    let mut buffer = Vec::new();
    for (at, &instr) in chosen.code.instrs.iter().enumerate() {
        if at == tree.start {
            code.extend_from_slice(&before);
        }
        if at == tree.end {
            code.extend_from_slice(&behind);
        }
        if !(tree.start..tree.end).contains(&at) {
            instr.encode(&mut code);
            continue;
        }
        let arity = instr.opcode().info().arity;
        deeper.depth -= u32::from(arity == Arity::Close);
        let Ok(_) = instr.remap(&mut deeper, &mut buffer);
        code.extend_from_slice(&buffer);
        deeper.depth += u32::from(arity == Arity::Open);
    }
    changed.funcs.get_mut(chosen.func)?.body = Body::new(body.locals(), Expr::new(code));
    Some(changed)
}

/// Adds one to the labels of branches that leave the tree, which has one more block around it.
struct Deeper {
    depth: u32,
}

impl Remap for Deeper {
    type Error = core::convert::Infallible;

    fn label(&mut self, label: LabelIdx) -> Result<LabelIdx, Self::Error> {
        Ok(LabelIdx(label.0 + u32::from(label.0 >= self.depth)))
    }
}

fn is_whole(tree: &Tree) -> bool {
    is_live(tree) && tree.missing == 0
}

/// Puts a block around code.
pub(super) fn wrap_in_block(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let tree = chosen.tree(random, is_whole)?;
    let is_loop = random.below(2) == 0;
    wrap(chosen, tree, |block_type, _| {
        let open = match is_loop {
            true => Instr::Loop { block_type },
            false => Instr::Block { block_type },
        };
        Some((encoded([open]), encoded([Instr::End])))
    })
}

/// Makes code the branch of an `if` that is always taken. The other branch traps.
pub(super) fn wrap_in_if(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let tree = chosen.tree(random, is_whole)?;
    let condition = random.below(2) == 0;
    wrap(chosen, tree, |block_type, _| {
        let value = i32::from(condition);
        let open = [Instr::I32Const { value }, Instr::If { block_type }];
        Some(match condition {
            true => (encoded(open), encoded([Instr::Else, Instr::Unreachable, Instr::End])),
            false => {
                let open = open.into_iter().chain([Instr::Unreachable, Instr::Else]);
                (encoded(open), encoded([Instr::End]))
            }
        })
    })
}

/// Puts a `try_table` without clauses around code.
pub(super) fn wrap_in_try(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let tree = chosen.tree(random, is_whole)?;
    wrap(chosen, tree, |block_type, _| {
        let catches = Catches::new(&[0]);
        Some((encoded([Instr::TryTable { block_type, catches }]), encoded([Instr::End])))
    })
}

/// Puts default values in the place of code.
pub(super) fn remove_tree(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let tree = chosen.tree(random, |_| true)?;
    chosen.edited(&Edit::default(tree))
}

/// Puts an operand in the place of an instruction.
pub(super) fn hoist_operand(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let tree = chosen.tree(random, |tree| is_whole(tree) && !tree.operands.is_empty())?;
    let operand = chosen.code.trees.get(*random.of(&tree.operands)?)?;
    chosen.edited(&Edit::hoist(tree, operand))
}

fn is_statement(tree: &Tree) -> bool {
    is_whole(tree) && tree.results.is_empty()
}

fn code_of(chosen: &Chosen<'_>, range: Range<usize>) -> Option<Vec<u8>> {
    Some(encoded(chosen.code.instrs.get(range)?.iter().copied()))
}

/// Repeats a statement.
pub(super) fn double_statement(
    chosen: &Chosen<'_>,
    random: &mut Random,
) -> Option<Module<'static>> {
    let tree = chosen.tree(random, is_statement)?;
    chosen.edited(&insert(tree.end, code_of(chosen, tree.start..tree.end)?))
}

/// Moves a statement to another place.
pub(super) fn move_statement(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let tree = chosen.tree(random, is_statement)?;
    let to = random.below(chosen.code.instrs.len());
    let insert = [(to, code_of(chosen, tree.start..tree.end)?)].into();
    chosen.edited(&Edit::new(tree.start..tree.end, insert))
}

/// Replaces code by a copy of other code with results of the same types.
pub(super) fn copy_tree(chosen: &Chosen<'_>, random: &mut Random) -> Option<Module<'static>> {
    let other = Chosen::new(chosen.module, chosen.features, random)?;
    let source = other.tree(random, is_whole)?;
    let target = chosen.tree(random, |tree| is_whole(tree) && tree.results == source.results)?;
    let insert = [(target.start, code_of(&other, source.start..source.end)?)].into();
    chosen.edited(&Edit::new(target.start..target.end, insert))
}
