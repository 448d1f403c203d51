//! Bodies as trees: each instruction with the code that makes its operands, each block with its
//! content. A tree is the unit of code that can be removed from a body.
//!
//! ```text
//! local.get 0   i32.const 1   i32.add   local.set 1   block   nop   end
//! |_ tree _|    |_ tree __|                           |       |_|   |
//! |_______________ tree ____________|                 |____ tree ___|
//! |______________________ tree _____________________|
//! ```

use alloc::vec::Vec;

use wattle_ast::{
    BlockType, Body, Counted, Effects, FuncIdx, Instr, Nesting, Opcode, Structure, ValType,
};
use wattle_validator::{FuncValidator, OperandType, StackTypes, Types};

/// The form of a tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// An instruction with its operands.
    Instr,
    /// A block, its operands, and everything in it.
    Block,
    /// An instruction or a block that cannot be reached. Its operands and results are left out,
    /// because its operands need not exist.
    Dead,
}

/// A tree, by the numbers of its instructions.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Tree {
    pub(crate) form: Form,
    /// The first instruction.
    pub(crate) start: usize,
    /// The instruction that takes the operands. The root of a block is the instruction that opens
    /// it.
    pub(crate) root: usize,
    /// The instruction behind the last one.
    pub(crate) end: usize,
    /// The number of operands.
    pub(crate) takes: usize,
    /// The number of operands that code before the tree makes.
    pub(crate) missing: usize,
    /// The trees that make the other operands, by their numbers.
    pub(crate) operands: Vec<usize>,
    /// The types of the results.
    pub(crate) results: Vec<OperandType>,
    /// Whether no instruction takes the results, because the code behind the tree cannot be
    /// reached.
    pub(crate) is_leftover: bool,
    /// The number of trees around this one.
    pub(crate) depth: usize,
}

/// The trees of a body.
#[derive(Clone, Debug)]
pub(crate) struct Code<'b> {
    pub(crate) instrs: Vec<Instr<'b>>,
    /// The trees, each behind the trees inside it.
    pub(crate) trees: Vec<Tree>,
    /// For each instruction that opens a block, the numbers of the instructions that part and end
    /// it.
    pub(crate) parts: Vec<Vec<usize>>,
    /// For each instruction, whether it is known to be unreachable.
    pub(crate) is_dead: Vec<bool>,
}

/// The operand stack before an instruction.
struct Stack {
    height: usize,
    types: Vec<OperandType>,
}

/// The instructions from the opening of a block to its next part or its end.
struct Sequence {
    /// The unfinished tree of the block. The tree of the whole body is never made.
    block: Tree,
    block_type: BlockType,
    label: usize,
    params: usize,
    parts: Vec<usize>,
    /// For each operand on the stack, the tree that made it.
    operands: Vec<Option<usize>>,
    /// Whether the end of the sequence is unreachable.
    is_dead: bool,
}

struct Builder<'c, 'm> {
    effects: Effects<'m>,
    /// The stack before each instruction. The list ends where the body is invalid, or not known to
    /// be valid.
    stacks: &'c [Stack],
    results: usize,
    trees: Vec<Tree>,
    open: Vec<Sequence>,
}

impl Tree {
    /// The number of the instruction behind the root, or behind the whole block.
    pub(crate) fn body_end(&self) -> usize {
        match self.form {
            Form::Instr => self.root + 1,
            Form::Block | Form::Dead => self.end,
        }
    }
}

impl<'b> Code<'b> {
    /// The trees of a body; `None` if it is malformed. Without types, and behind an instruction that
    /// is not valid, each instruction and each block is a tree of its own, without operands.
    pub(crate) fn new(
        effects: Effects<'_>,
        types: Option<&Types>,
        func: FuncIdx,
        body: &'b Body<'_>,
    ) -> Option<Code<'b>> {
        let instrs: Vec<Instr<'b>> = body.instrs().collect::<Result<_, _>>().ok()?;
        let mut stacks = Vec::new();
        if let Some(types) = types {
            let watch = &mut |_, stack: StackTypes| {
                let height = stack.hidden + stack.types.len();
                stacks.push(Stack { height, types: stack.types });
            };
            // The stacks before an invalid instruction are known even if the validator reports it.
            let _ = FuncValidator::default().watch_body(types, func, body, watch);
        }
        let ty = effects.spaces.func(func).and_then(|ty| effects.module.func_type(ty));
        let results = ty.map_or(0, |ty| ty.results().len());
        let (trees, open) = (Vec::new(), Vec::new());
        let mut builder = Builder { effects, stacks: &stacks, results, trees, open };
        let mut parts = alloc::vec![Vec::new(); instrs.len()];
        let mut is_dead = alloc::vec![false; instrs.len()];
        builder.begin(0, BlockType::Empty, 0, 0);
        let mut nesting = Nesting::default();
        for (at, &instr) in instrs.iter().enumerate() {
            is_dead[at] = builder.is_dead();
            match nesting.step(instr.opcode()).ok()? {
                Structure::Unchanged => builder.instr(at, instr),
                Structure::Open => builder.open_block(at, instr),
                Structure::Part => builder.part(at, instr),
                Structure::Close => {
                    let (start, places) = builder.close(at);
                    *parts.get_mut(start)? = places;
                }
                Structure::End => {}
            }
        }
        let mut trees = builder.trees;
        set_depths(&mut trees);
        Some(Code { instrs, trees, parts, is_dead })
    }

    /// The trees from the outside inwards, in the order of their first instructions.
    pub(crate) fn outer_first(&self) -> Vec<&Tree> {
        let mut trees: Vec<&Tree> = self.trees.iter().collect();
        trees.sort_by_key(|tree| (tree.start, core::cmp::Reverse(tree.end)));
        trees
    }
}

/// Finds out how many trees are around each one.
fn set_depths(trees: &mut [Tree]) {
    let mut parents: Vec<Option<usize>> = alloc::vec![None; trees.len()];
    let mut roots: Vec<usize> = Vec::new();
    for number in 0..trees.len() {
        while let Some(&inner) = roots.last()
            && trees[inner].start >= trees[number].start
        {
            parents[inner] = Some(number);
            roots.pop();
        }
        roots.push(number);
    }
    for number in (0..trees.len()).rev() {
        trees[number].depth = parents[number].map_or(0, |parent| trees[parent].depth + 1);
    }
}

/// The operands that an instruction takes.
struct Taken {
    start: usize,
    missing: usize,
    operands: Vec<usize>,
}

impl Builder<'_, '_> {
    fn begin(&mut self, at: usize, block_type: BlockType, params: usize, label: usize) {
        let block = Tree {
            form: Form::Block,
            start: at,
            root: at,
            end: at,
            takes: 0,
            missing: 0,
            operands: Vec::new(),
            results: Vec::new(),
            is_leftover: false,
            depth: 0,
        };
        let operands = alloc::vec![None; params];
        let parts = Vec::new();
        let is_dead = false;
        self.open.push(Sequence { block, block_type, label, params, parts, operands, is_dead });
    }

    fn is_typed(&self, at: usize) -> bool {
        // The last stack belongs to an instruction that may be invalid.
        at + 1 < self.stacks.len()
    }

    /// Takes operands off the stack for the instruction `root`.
    fn take(&mut self, count: usize, root: usize) -> Taken {
        let mut taken = Taken { start: root, missing: count, operands: Vec::new() };
        let Some(sequence) = self.open.last_mut() else { return taken };
        let at = sequence.operands.len().saturating_sub(count);
        let operands = sequence.operands.split_off(at);
        // A tree that leaves some of its results on the stack is not an operand of another tree.
        let cut = sequence.operands.last().copied().flatten();
        for operand in operands.into_iter().rev() {
            let Some(tree) = operand.filter(|_| operand != cut) else { break };
            taken.missing -= 1;
            if taken.operands.last() != Some(&tree) {
                taken.operands.push(tree);
                taken.start = self.trees[tree].start;
            }
        }
        taken.operands.reverse();
        taken
    }

    fn push_tree(&mut self, tree: Tree) {
        let number = self.trees.len();
        if let Some(sequence) = self.open.last_mut() {
            sequence.operands.extend(tree.results.iter().map(|_| Some(number)));
        }
        self.trees.push(tree);
    }

    fn is_dead(&self) -> bool {
        self.open.last().is_some_and(|sequence| sequence.is_dead)
    }

    fn instr(&mut self, at: usize, instr: Instr<'_>) {
        if self.is_dead() {
            return self.push_tree(untyped(Form::Dead, at, at, at + 1));
        }
        let counted = Counted::of(instr);
        let open = &self.open;
        let label = || {
            let target = open.len().checked_sub(counted.label.idx().saturating_add(1));
            // The outermost sequence is the body, whose label takes the results.
            match target {
                Some(0) | None => self.results,
                Some(target) => open.get(target).map_or(0, |sequence| sequence.label),
            }
        };
        let effect = self.effects.of(instr.opcode(), &counted, label, self.results);
        let Some(effect) = effect.filter(|_| self.is_typed(at)) else {
            return self.push_tree(untyped(Form::Instr, at, at, at + 1));
        };
        let Taken { start, missing, operands } = self.take(effect.takes, at);
        let after = &self.stacks[at + 1];
        let leaves = effect.leaves.unwrap_or(0);
        let results = match after.types.len().checked_sub(leaves) {
            Some(from) if leaves <= after.height => after.types[from..].to_vec(),
            // The instruction leaves more results than the stack shows.
            _ => alloc::vec![OperandType::Bottom; leaves],
        };
        let takes = effect.takes;
        let (form, end, is_leftover, depth) = (Form::Instr, at + 1, false, 0);
        self.push_tree(Tree {
            form,
            start,
            root: at,
            end,
            takes,
            missing,
            operands,
            results,
            is_leftover,
            depth,
        });
        if effect.leaves.is_none()
            && let Some(sequence) = self.open.last_mut()
        {
            sequence.is_dead = true;
            for tree in sequence.operands.drain(..).flatten() {
                self.trees[tree].is_leftover = true;
            }
        }
    }

    fn open_block(&mut self, at: usize, instr: Instr<'_>) {
        let block_type = Counted::of(instr).block_type;
        let (params, results) = self.effects.block(block_type);
        let is_loop = instr.opcode() == Opcode::Loop;
        let takes = params + usize::from(instr.opcode() == Opcode::If);
        let is_known = self.is_typed(at) && !self.is_dead();
        let taken = match is_known {
            true => self.take(takes, at),
            false => Taken { start: at, missing: 0, operands: Vec::new() },
        };
        self.begin(at, block_type, params, if is_loop { params } else { results });
        if let Some(Sequence { block, .. }) = self.open.last_mut() {
            block.start = taken.start;
            block.missing = taken.missing;
            block.operands = taken.operands;
            block.takes = if is_known { takes } else { 0 };
        }
    }

    fn part(&mut self, at: usize, instr: Instr<'_>) {
        let count = match instr.opcode() {
            Opcode::Else => self.open.last().map_or(0, |sequence| sequence.params),
            Opcode::Catch => self.effects.tag(Counted::of(instr).tag).0,
            _ => 0,
        };
        if let Some(sequence) = self.open.last_mut() {
            sequence.parts.push(at);
            sequence.operands = alloc::vec![None; count];
            sequence.is_dead = false;
        }
    }

    /// Closes the innermost block. Returns the number of the instruction that opened it, and the
    /// numbers of the instructions that part and end it.
    fn close(&mut self, at: usize) -> (usize, Vec<usize>) {
        let Some(Sequence { mut block, block_type, mut parts, .. }) = self.open.pop() else {
            return (at, Vec::new());
        };
        parts.push(at);
        block.end = at + 1;
        let root = block.root;
        if self.is_dead() {
            block.form = Form::Dead;
        } else if self.is_typed(at) {
            let known = |ty: &ValType| OperandType::Known(*ty);
            block.results = match block_type {
                BlockType::Empty => Vec::new(),
                BlockType::Value(ty) => alloc::vec![OperandType::Known(ty)],
                BlockType::Type(ty) => {
                    let ty = self.effects.module.func_type(ty);
                    ty.map_or(Vec::new(), |ty| ty.results().iter().map(known).collect())
                }
            };
        }
        self.push_tree(block);
        (root, parts)
    }
}

fn untyped(form: Form, start: usize, root: usize, end: usize) -> Tree {
    let (operands, results) = (Vec::new(), Vec::new());
    let is_leftover = false;
    Tree { form, start, root, end, takes: 0, missing: 0, operands, results, is_leftover, depth: 0 }
}
