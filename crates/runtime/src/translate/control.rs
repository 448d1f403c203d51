//! Blocks, branches, calls and exceptions.

use alloc::vec::Vec;

use wattle_ast::{
    Arity, BlockType, BrCast, Catch, ExternKind, FuncIdx, FuncType, HeapType, Instr, LabelIdx,
    Labels, Opcode, Reader, TagIdx, TypeIdx, ValType,
};

use super::operands::Place;
use super::{Result, Translator};
use crate::code::{Catches, Code, Handler, Op, Reference, Slot, pack};
use crate::fuel::{CALL, OBJECT, ROW, of_slots};
use crate::trap::{Broken, at};
use crate::types::{width, widths};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Function,
    /// A `block` or an `if`.
    Block,
    Loop,
    TryTable,
    /// The body of a legacy `try`.
    Try,
    /// A handler of a legacy `try`.
    Catch,
}

/// The type of a block: a function type, or at most one result.
#[derive(Clone, Copy)]
struct Signature<'m> {
    func: Option<&'m FuncType>,
    value: Option<ValType>,
}

impl Signature<'_> {
    fn params(&self) -> &[ValType] {
        self.func.map_or(&[], FuncType::params)
    }

    fn results(&self) -> &[ValType] {
        self.func.map_or(self.value.as_slice(), FuncType::results)
    }
}

/// An operation or a handler whose target is a label without a position yet.
#[derive(Clone, Copy)]
enum Fixup {
    Op(u32),
    Handler(u32),
}

pub(super) struct Block<'m> {
    kind: Kind,
    signature: Signature<'m>,
    /// The number of operands below its parameters.
    pub(super) height: usize,
    /// The slot of its first parameter, and of its first result.
    base: Slot,
    /// The position of its first operation.
    start: u32,
    fixups: Vec<Fixup>,
    /// The position of the branch of an `if` to its `else`.
    to_else: Option<u32>,
    /// The number of a `try` or `try_table`.
    id: u32,
    catches: Vec<Catch>,
    /// The position behind the body of a `try`.
    body_end: Option<u32>,
}

/// A branch without a target.
const BR: Op = Op::new(Code::Br, 0, 0, 0, 0);

impl<'m> Translator<'m> {
    pub(super) fn begin_function(&mut self, ty: &'m FuncType) {
        self.open(Kind::Function, Signature { func: Some(ty), value: None }, 0, 0);
    }

    /// Begins a block whose parameters, if it has any, are at slot `base`, above `height` operands.
    fn open(&mut self, kind: Kind, signature: Signature<'m>, height: usize, base: Slot) {
        let start = self.code.ops.len() as u32;
        // The next block gets room too, so that a lack of memory is known one block early.
        self.is_full |= self.blocks.try_reserve(2).is_err();
        self.blocks.push(Block {
            kind,
            signature,
            height,
            base,
            start,
            fixups: Vec::new(),
            to_else: None,
            id: self.tries,
            catches: Vec::new(),
            body_end: None,
        });
        self.tries += 1;
    }

    /// Translates a reachable control instruction.
    pub(super) fn control(&mut self, opcode: Opcode, reader: &mut Reader<'_>) -> Result<()> {
        match Instr::read(opcode, reader).map_err(|_| Broken::Encoding)? {
            Instr::Nop => {}
            Instr::Unreachable => self.emit(Code::Unreachable, 0, 0, 0, 0),
            Instr::Block { block_type } => self.begin(Kind::Block, block_type)?,
            Instr::Loop { block_type } => self.begin(Kind::Loop, block_type)?,
            Instr::If { block_type } => {
                let condition = self.condition()?;
                self.begin(Kind::Block, block_type)?;
                let to_else = self.emit_branch(Self::negated(condition)?);
                self.innermost()?.to_else = Some(to_else);
            }
            Instr::Else => self.begin_else()?,
            Instr::End => self.end()?,
            Instr::TryTable { block_type, catches } => {
                self.begin(Kind::TryTable, block_type)?;
                self.innermost()?.catches.extend(catches.iter());
            }
            Instr::Try { block_type } => self.begin(Kind::Try, block_type)?,
            Instr::Catch { tag } => self.begin_catch(Some(tag))?,
            Instr::CatchAll => self.begin_catch(None)?,
            Instr::Delegate { label } => self.delegate(label)?,
            Instr::Throw { tag } => {
                let ty = self.tag_type(tag)?;
                let base = self.settle_top(ty.params().len())?;
                self.charge(OBJECT + of_slots(widths(ty.params())));
                self.emit(Code::Throw, base, 0, 0, tag.0.into());
            }
            Instr::ThrowRef => {
                let slot = self.pop_slot()?;
                self.emit(Code::ThrowRef, 0, slot, 0, 0);
            }
            Instr::Rethrow { label } => {
                let base = self.block(self.block_index(label)?)?.base;
                self.emit(Code::ThrowRef, 0, base, 0, 0);
            }
            Instr::Br { label } => self.branch(label)?,
            Instr::BrIf { label } => {
                let condition = self.condition()?;
                self.branch_if(label, condition)?;
            }
            Instr::BrTable { labels } => self.branch_table(labels)?,
            Instr::Return => self.leave()?,
            Instr::BrOnNull { label } => {
                let operand = self.pop()?;
                let slot = self.slot(operand);
                self.branch_if(label, Op::new(Code::BrI64EqImm, 0, slot, 0, 0))?;
                self.push_again(operand)?;
            }
            Instr::BrOnNonNull { label } => {
                let slot = self.settle_top(1)?;
                self.branch_if(label, Op::new(Code::BrI64NeImm, 0, slot, 0, 0))?;
                self.pop()?;
            }
            Instr::BrOnCast { cast } => self.branch_on_cast(cast, Code::BrOnCast)?,
            Instr::BrOnCastFail { cast } => self.branch_on_cast(cast, Code::BrOnCastFail)?,
            Instr::Call { func } => self.call_func(func, Code::Call, Code::CallImport)?,
            Instr::ReturnCall { func } => {
                self.call_func(func, Code::ReturnCall, Code::ReturnCallImport)?;
            }
            Instr::CallIndirect { callee } => {
                self.call_operand(callee.ty, Code::CallIndirect, callee.table.0)?;
            }
            Instr::ReturnCallIndirect { callee } => {
                self.call_operand(callee.ty, Code::ReturnCallIndirect, callee.table.0)?;
            }
            Instr::CallRef { ty } => self.call_operand(ty, Code::CallRef, 0)?,
            Instr::ReturnCallRef { ty } => self.call_operand(ty, Code::ReturnCallRef, 0)?,
            // The engine does not run continuations and descriptors.
            _ => return Err(Broken::Instruction(opcode).into()),
        }
        if let Arity::Values { leaves: None, .. } = opcode.info().arity {
            self.dead = true;
        }
        Ok(())
    }

    fn func_type(&self, ty: TypeIdx) -> Result<&'m FuncType> {
        self.ast.func_type(ty).ok_or(Broken::Kind.into())
    }

    fn tag_type(&self, tag: TagIdx) -> Result<&'m FuncType> {
        self.func_type(at(&self.spaces.tags, tag.0)?.ty)
    }

    fn block(&self, at: usize) -> Result<&Block<'m>> {
        self.blocks.get(at).ok_or(Broken::Index.into())
    }

    fn block_mut(&mut self, at: usize) -> Result<&mut Block<'m>> {
        self.blocks.get_mut(at).ok_or(Broken::Index.into())
    }

    fn innermost(&mut self) -> Result<&mut Block<'m>> {
        self.blocks.last_mut().ok_or(Broken::Index.into())
    }

    fn pop_block(&mut self) -> Result<Block<'m>> {
        self.blocks.pop().ok_or(Broken::Index.into())
    }

    fn negated(condition: Op) -> Result<Op> {
        let code = condition.code.negated().ok_or(Broken::Kind)?;
        Ok(Op { code, ..condition })
    }

    fn block_index(&self, label: LabelIdx) -> Result<usize> {
        self.blocks.len().checked_sub(label.idx().saturating_add(1)).ok_or(Broken::Index.into())
    }

    /// Pops a condition. Returns the branch that is taken when it holds.
    fn condition(&mut self) -> Result<Op> {
        let operand = self.pop()?;
        Ok(match self.last_into(operand).and_then(|op| fuse(*op)) {
            Some(condition) => {
                self.code.ops.pop();
                self.code.offsets.pop();
                condition
            }
            None => Op::new(Code::BrIf, 0, self.slot(operand), 0, 0),
        })
    }

    /// Emits a branch without a target. Returns its position.
    fn emit_branch(&mut self, op: Op) -> u32 {
        self.emit_op(op);
        self.fuel = None;
        self.code.ops.len() as u32 - 1
    }

    fn set_target(&mut self, at: u32, target: u32) {
        if let Some(op) = self.code.ops.get_mut(at as usize) {
            op.imm = op.imm >> 32 << 32 | u64::from(target);
        }
    }

    fn begin(&mut self, kind: Kind, block_type: BlockType) -> Result<()> {
        let signature = match block_type {
            BlockType::Empty => Signature { func: None, value: None },
            BlockType::Value(ty) => Signature { func: None, value: Some(ty) },
            BlockType::Type(index) => Signature { func: Some(self.func_type(index)?), value: None },
        };
        let params = signature.params().len();
        let base = self.settle_top(params)?;
        self.settle_locals();
        if kind == Kind::Loop {
            self.label();
        }
        self.open(kind, signature, self.stack.len() - params, base);
        Ok(())
    }

    fn push_all(&mut self, types: &[ValType]) -> Result<()> {
        types.iter().try_for_each(|&ty| self.push_home(width(ty) == 2).map(drop))
    }

    fn begin_else(&mut self) -> Result<()> {
        let at = self.blocks.len() - 1;
        self.finish_part(at)?;
        let block = self.block_mut(at)?;
        let to_else = block.to_else.take().ok_or(Broken::Kind)?;
        let (height, signature) = (block.height, block.signature);
        let here = self.label();
        self.set_target(to_else, here);
        self.truncate(height);
        self.push_all(signature.params())?;
        self.dead = false;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let at = self.blocks.len() - 1;
        let kind = self.block(at)?.kind;
        if kind == Kind::Function {
            return self.end_function();
        }
        if !self.dead {
            self.move_results(at)?;
        }
        let end = self.code.ops.len() as u32;
        let mut block = self.pop_block()?;
        for &catch in &block.catches {
            self.add_handler(&block, end, catch)?;
        }
        let mut reached = !self.dead;
        if let Some(to_else) = block.to_else {
            block.fixups.push(Fixup::Op(to_else));
        }
        if block.kind != Kind::Loop && !block.fixups.is_empty() {
            reached = true;
            let here = self.label();
            self.bind(&block.fixups, here);
        }
        self.truncate(block.height);
        self.push_all(block.signature.results())?;
        self.dead = !reached;
        Ok(())
    }

    fn bind(&mut self, fixups: &[Fixup], here: u32) {
        for fixup in fixups {
            match *fixup {
                Fixup::Op(at) => self.set_target(at, here),
                Fixup::Handler(at) => {
                    if let Some(handler) = self.code.handlers.get_mut(at as usize) {
                        handler.target = here;
                    }
                }
            }
        }
    }

    fn end_function(&mut self) -> Result<()> {
        if !self.dead {
            self.leave()?;
        }
        let block = self.pop_block()?;
        if !block.fixups.is_empty() {
            let here = self.label();
            self.bind(&block.fixups, here);
            self.emit(Code::Return, 0, 0, 0, 0);
        }
        Ok(())
    }

    /// Moves the operands of a block's label to the slots where the label takes them.
    fn move_values(&mut self, at: usize, (count, slots): (usize, usize)) -> Result<()> {
        let base = self.block(at)?.base;
        match count {
            0 => {}
            1 => {
                let operand = self.last_operand()?;
                self.put(operand, base);
            }
            _ => {
                let from = self.settle_top(count)?;
                if from != base {
                    self.charge(of_slots(slots));
                    self.emit(Code::CopySlots, base, from, slots as Slot, 0);
                }
            }
        }
        Ok(())
    }

    /// The number of operands that the label of a block takes, and the number of their slots.
    fn label_counts(&self, at: usize) -> Result<(usize, usize)> {
        let Block { kind, signature, .. } = self.block(at)?;
        let types = if *kind == Kind::Loop { signature.params() } else { signature.results() };
        Ok((types.len(), widths(types)))
    }

    fn move_results(&mut self, at: usize) -> Result<()> {
        let results = self.block(at)?.signature.results();
        self.move_values(at, (results.len(), widths(results)))
    }

    /// Makes the label of a block the target of a branch.
    fn refer(&mut self, at: usize, fixup: Fixup) -> Result<()> {
        let block = self.block_mut(at)?;
        if block.kind == Kind::Loop {
            let start = block.start;
            self.bind(&[fixup], start);
        } else {
            block.fixups.push(fixup);
        }
        Ok(())
    }

    /// Emits a branch to the label of a block.
    fn branch_with(&mut self, at: usize, op: Op) -> Result<()> {
        let op = self.emit_branch(op);
        self.refer(at, Fixup::Op(op))
    }

    /// Goes to the end of a block with its results, unless the code is unreachable.
    fn finish_part(&mut self, at: usize) -> Result<()> {
        if self.dead {
            return Ok(());
        }
        self.move_results(at)?;
        self.branch_with(at, BR)
    }

    fn branch(&mut self, label: LabelIdx) -> Result<()> {
        let at = self.block_index(label)?;
        if at == 0 {
            return self.leave();
        }
        let counts = self.label_counts(at)?;
        self.move_values(at, counts)?;
        self.turn(at);
        self.branch_with(at, BR)
    }

    /// Emits the opposite of the conditional branch at the beginning of a loop, before a branch
    /// back to it. So each round takes one branch, and the last takes two.
    fn turn(&mut self, at: usize) {
        let Some(start) = self.blocks.get(at).filter(|b| b.kind == Kind::Loop).map(|b| b.start)
        else {
            return;
        };
        let Some(&first) = self.code.ops.get(start as usize) else { return };
        if let Some(code) = first.code.negated() {
            let turn = self.emit_branch(Op { code, ..first });
            self.set_target(turn, start + 1);
        }
    }

    /// Whether the operands for a label are in the slots where it takes them.
    fn in_place(&self, at: usize, count: usize) -> bool {
        let Some(block) = self.blocks.get(at) else { return false };
        match self.stack.len().checked_sub(count).and_then(|from| self.stack.get(from..)) {
            Some([]) => true,
            Some(operands @ [first, ..]) => {
                first.home == block.base && operands.iter().all(|o| o.place == Place::Home)
            }
            None => false,
        }
    }

    fn branch_if(&mut self, label: LabelIdx, condition: Op) -> Result<()> {
        let at = self.block_index(label)?;
        let counts = self.label_counts(at)?;
        if counts.0 > 1 {
            self.settle_top(counts.0)?;
        }
        if self.in_place(at, counts.0) {
            return self.branch_with(at, condition);
        }
        let over = self.emit_branch(Self::negated(condition)?);
        self.branch(label)?;
        let here = self.label();
        self.set_target(over, here);
        Ok(())
    }

    fn branch_on_cast(&mut self, cast: BrCast, code: Code) -> Result<()> {
        let slot = self.settle_top(1)?;
        let target = self.heap_type(cast.to.heap);
        let condition = Op::new(code, 0, slot, cast.to.nullable.into(), pack(0, target));
        self.branch_if(cast.label, condition)
    }

    /// The number of a heap type in the translated function.
    pub(super) fn heap_type(&mut self, ty: HeapType) -> u32 {
        if self.code.heap_types.last() != Some(&ty) {
            self.code.heap_types.push(ty);
        }
        self.code.heap_types.len() as u32 - 1
    }

    /// Translates `br_table` to a run of branches. A branch whose values have to move goes to moves
    /// behind the table first.
    fn branch_table(&mut self, labels: Labels<'_>) -> Result<()> {
        let index = self.settle_top(1)?;
        self.pop()?;
        let default = self.block_index(labels.default())?;
        let arity = self.label_counts(default)?.0;
        if arity > 0 {
            self.settle_top(arity)?;
        }
        self.emit(Code::BrTable, 0, index, 0, labels.len().into());
        let mut moves: Vec<(LabelIdx, u32)> = Vec::new();
        for label in labels.iter_with_default() {
            let at = self.block_index(label)?;
            let op = self.emit_branch(BR);
            if self.in_place(at, arity) {
                self.refer(at, Fixup::Op(op))?;
            } else {
                moves.push((label, op));
            }
        }
        moves.sort_unstable();
        let mut last = None;
        for (label, op) in moves {
            let target = match last {
                Some((known, target)) if known == label => target,
                _ => {
                    let here = self.label();
                    self.branch(label)?;
                    here
                }
            };
            last = Some((label, target));
            self.set_target(op, target);
        }
        Ok(())
    }

    /// Leaves the function, with the topmost operands as its results.
    fn leave(&mut self) -> Result<()> {
        let results = self.block(0)?.signature.results();
        let (count, slots) = (results.len(), widths(results));
        match (count, slots) {
            (1, 1) => {
                let operand = self.last_operand()?;
                if let Place::Const(value) = operand.place {
                    self.emit(Code::ReturnImm, 0, 0, 0, value);
                } else {
                    let slot = self.slot(operand);
                    self.emit(Code::Return1, 0, slot, 0, 0);
                }
            }
            _ => {
                self.move_values(0, (count, slots))?;
                self.emit(Code::Return, 0, 0, 0, 0);
            }
        }
        self.fuel = None;
        Ok(())
    }

    /// Calls a function of the index space, with one code if the module defines it, and another if
    /// it is imported.
    fn call_func(&mut self, func: FuncIdx, defined: Code, imported: Code) -> Result<()> {
        let ty = self.func_type(*at(&self.spaces.funcs, func.0)?)?;
        let (code, index) = match func.0.checked_sub(self.spaces.imported(ExternKind::Func)) {
            Some(index) => (defined, index),
            None => (imported, func.0),
        };
        self.call(ty, Op::new(code, 0, 0, 0, index.into()))
    }

    /// Calls the function that the topmost operand selects or refers to.
    fn call_operand(&mut self, index: TypeIdx, code: Code, table: u32) -> Result<()> {
        let ty = self.func_type(index)?;
        let operand = if code.is_tail_call() {
            // Arguments may move into the slots of locals.
            let home = self.settle_top(1)?;
            self.pop()?;
            home
        } else {
            self.pop_slot()?
        };
        self.call(ty, Op::new(code, 0, operand, 0, pack(table, index.0)))
    }

    /// Emits a call. Its frame begins at the first argument, and its results go there.
    fn call(&mut self, ty: &'m FuncType, op: Op) -> Result<()> {
        let params = ty.params();
        let a = self.settle_top(params.len())?;
        let may_stay = matches!(op.code, Code::Call | Code::ReturnCall | Code::CallIndirect);
        self.charge(if may_stay { CALL } else { ROW });
        if op.code.is_tail_call() {
            let all = widths(params);
            if a != 0 && all > 0 {
                self.charge(of_slots(all));
                let count = fault!(TailCallArgument, all - 1, all);
                self.emit(Code::CopySlots, 0, a, count as Slot, 0);
            }
            self.code.slots = self.code.slots.max(all as u32);
            self.emit_op(op);
            return Ok(());
        }
        self.truncate(self.stack.len() - params.len());
        self.emit_op(Op { a, ..op });
        self.label();
        self.push_all(ty.results())
    }

    fn add_handler(&mut self, block: &Block<'m>, end: u32, catch: Catch) -> Result<()> {
        let (catches, reference, label) = match catch {
            Catch::One(tag, label) => (Catches::Tag(tag.0), Reference::None, label),
            Catch::OneRef(tag, label) => (Catches::Tag(tag.0), Reference::After, label),
            Catch::All(label) => (Catches::All, Reference::None, label),
            Catch::AllRef(label) => (Catches::All, Reference::After, label),
        };
        let at = self.block_index(label)?;
        let slot = self.block(at)?.base;
        let (start, id) = (block.start, block.id);
        self.code.handlers.push(Handler { start, end, catches, id, slot, reference, target: 0 });
        self.refer(at, Fixup::Handler(self.code.handlers.len() as u32 - 1))
    }

    /// Translates `catch` and `catch_all`. The exception stays in a slot below its values, for
    /// `rethrow`.
    fn begin_catch(&mut self, tag: Option<TagIdx>) -> Result<()> {
        let at = self.blocks.len() - 1;
        self.finish_part(at)?;
        let here = self.label();
        let block = self.block_mut(at)?;
        match block.kind {
            Kind::Try | Kind::Catch => block.kind = Kind::Catch,
            _ => return Err(Broken::Kind.into()),
        }
        let end = *block.body_end.get_or_insert(here);
        let (height, base, start, id) = (block.height, block.base, block.start, block.id);
        let catches = tag.map_or(Catches::All, |tag| Catches::Tag(tag.0));
        let (slot, reference) = (base + 1, Reference::Before);
        self.code.handlers.push(Handler { start, end, catches, id, slot, reference, target: here });
        self.truncate(height);
        self.push_home(false)?;
        if let Some(tag) = tag {
            let ty = self.tag_type(tag)?;
            self.push_all(ty.params())?;
        }
        self.dead = false;
        Ok(())
    }

    /// Ends a `try` whose exceptions go to the handlers of an outer one, or to the caller.
    fn delegate(&mut self, label: LabelIdx) -> Result<()> {
        let block = self.blocks.last().ok_or(Broken::Index)?;
        let (start, id, base) = (block.start, block.id, block.base);
        let end = self.code.ops.len() as u32;
        let outer = self.blocks.len().checked_sub(label.idx().saturating_add(2));
        let outer = self.blocks.get(..=outer.ok_or(Broken::Index)?).unwrap_or_default();
        let to = outer.iter().rev().find(|b| matches!(b.kind, Kind::Try | Kind::TryTable));
        let catches = Catches::Delegate(to.map(|block| block.id));
        let (slot, reference) = (base, Reference::None);
        self.code.handlers.push(Handler { start, end, catches, id, slot, reference, target: end });
        self.end()
    }
}

/// The branch that a comparison turns into.
fn fuse(op: Op) -> Option<Op> {
    let code = op.code.branch()?;
    let narrow = |wide: u64| (wide as i32 as i64 as u64 == wide).then_some(wide as u32);
    let half = match op.code {
        Code::I32And => 0,
        Code::I32AndImm => op.imm as u32,
        _ => match op.code.comparison()? {
            (_, 0) => 0,
            (opcode, _) if opcode.info().arrow?.params.first()? == &wattle_ast::ArrowType::i32 => {
                op.imm as u32
            }
            _ => narrow(op.imm)?,
        },
    };
    Some(Op::new(code, 0, op.b, op.c, pack(0, half)))
}
