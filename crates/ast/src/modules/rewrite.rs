//! Rewrites code: inserts, removes and replaces instructions, and adds locals.

use alloc::vec::Vec;

use super::body::{Body, BodyChange, Local};
use super::edit::EditError;
use super::module::Module;
use crate::custom::{Moves, mentioned};
use crate::instructions::Patch;
use crate::{
    Encode, ExternKind, Func, FuncIdx, Instr, InstrRef, Instrs, ItemKind, LocalIdx, Malformed,
    Nesting, Opcode, Path, Reader, Sink, ValType, transcode_expr,
};

/// An instruction that [`Module::rewrite_code`] visits. It stays as it is unless it is removed or
/// replaced.
pub struct InstrEdit<'e> {
    func: FuncIdx,
    opcode: Opcode,
    /// The code from the first byte of the instruction on.
    code: &'e [u8],
    is_first: bool,
    is_removed: bool,
    changes: &'e mut Changes,
}

/// Changes at an instruction, and the locals of its function.
#[derive(Default)]
struct Changes {
    before: Vec<u8>,
    after: Vec<u8>,
    /// The number of parameters and locals, new ones included.
    locals: u32,
    new_locals: Vec<Local>,
}

impl InstrEdit<'_> {
    /// The function that holds the instruction.
    pub fn func(&self) -> FuncIdx {
        self.func
    }

    /// Whether this is the first instruction of its function. An empty function still has an `end`.
    pub fn is_first(&self) -> bool {
        self.is_first
    }

    /// The opcode of the instruction.
    #[inline]
    pub fn opcode(&self) -> Opcode {
        self.opcode
    }

    /// The instruction with its immediates. They are decoded when this is called, so a rewriter
    /// that needs only a few instructions should check the opcode first.
    pub fn instr(&self) -> Instr<'_> {
        // The bytes were decoded before, so this does not fail.
        Instrs::new(self.code).flatten().next().unwrap_or(Instr::Unreachable)
    }

    /// Adds instructions before this one, and before those that the same call to the rewriter adds
    /// afterwards.
    pub fn insert_before<'i>(&mut self, instrs: impl IntoIterator<Item = Instr<'i>>) {
        instrs.into_iter().for_each(|instr| instr.encode(&mut self.changes.before));
    }

    /// Adds instructions after this one.
    pub fn insert_after<'i>(&mut self, instrs: impl IntoIterator<Item = Instr<'i>>) {
        instrs.into_iter().for_each(|instr| instr.encode(&mut self.changes.after));
    }

    /// Removes the instruction.
    pub fn remove(&mut self) {
        self.is_removed = true;
    }

    /// Puts other instructions in the place of this one.
    pub fn replace<'i>(&mut self, instrs: impl IntoIterator<Item = Instr<'i>>) {
        self.remove();
        self.insert_before(instrs);
    }

    /// Adds a local to the function. Its initial value is zero or null.
    pub fn add_local(&mut self, ty: ValType) -> LocalIdx {
        let local = LocalIdx(self.changes.locals);
        self.changes.locals = self.changes.locals.saturating_add(1);
        self.changes.new_locals.push(Local { count: 1, ty });
        local
    }
}

/// Goes through the body of a function.
struct Rewriter<'r, 'b, F> {
    func: FuncIdx,
    rewrite: &'r mut F,
    changes: &'r mut Changes,
    code: Patch<'b>,
    /// The instruction whose end is not known yet, and its offset in the body.
    current: Option<(Opcode, usize)>,
    first: usize,
}

impl<F: FnMut(&mut InstrEdit<'_>)> Rewriter<'_, '_, F> {
    #[inline(always)]
    fn finish_instr(&mut self, end: usize) {
        let Some((opcode, start)) = self.current else { return };
        let is_first = start == self.first;
        let code = self.code.source().get(start..).unwrap_or_default();
        let (func, changes) = (self.func, &mut *self.changes);
        let mut at = InstrEdit { func, opcode, code, is_first, is_removed: false, changes };
        (self.rewrite)(&mut at);
        let is_removed = at.is_removed;
        if is_removed || !self.changes.before.is_empty() || !self.changes.after.is_empty() {
            self.change(start, end, is_removed);
        }
    }

    fn change(&mut self, start: usize, end: usize, is_removed: bool) {
        let Changes { before, after, .. } = &mut *self.changes;
        self.code.insert(start).append(before);
        if is_removed {
            self.code.remove(start, end);
        }
        if !after.is_empty() {
            self.code.insert(end).append(after);
        }
    }
}

impl<F: FnMut(&mut InstrEdit<'_>)> Sink<'_> for Rewriter<'_, '_, F> {
    type Error = Malformed;

    #[inline(always)]
    fn opcode(&mut self, opcode: Opcode, offset: usize) -> Result<(), Malformed> {
        self.finish_instr(offset);
        self.current = Some((opcode, offset));
        Ok(())
    }
}

impl Module<'_> {
    /// Calls `rewrite` with each instruction of each function. It may insert instructions before
    /// and after the instruction, remove it, and add locals to its function.
    ///
    /// Instructions that are not changed keep their bytes. Code metadata such as branch hints stays
    /// at its instructions; custom sections that would be wrong afterwards, such as debugging
    /// information, are left out, and [`Encoding::left_out`](crate::Encoding::left_out) lists them.
    ///
    /// # Errors
    /// If a body is malformed. The module then stays as it was.
    ///
    /// ```
    /// use wattle_ast::{Body, Func, FuncIdx, Instr, Module, Opcode};
    ///
    /// let mut module = Module::default();
    /// let body = Body::new([], [Instr::Nop, Instr::Unreachable, Instr::End].into_iter().collect());
    /// module.funcs.push(Func { ty: 0.into(), body });
    /// module.rewrite_code(|at| match at.opcode() {
    ///     Opcode::Nop => at.remove(),
    ///     Opcode::Unreachable => at.insert_before([Instr::Call { func: FuncIdx(0) }]),
    ///     _ => {}
    /// })?;
    /// assert_eq!(module.funcs[0.into()].body.code(), [0x10, 0, 0x00, 0x0b]);
    /// # Ok::<(), wattle_ast::EditError>(())
    /// ```
    pub fn rewrite_code(
        &mut self,
        mut rewrite: impl FnMut(&mut InstrEdit<'_>),
    ) -> Result<(), EditError> {
        let imported = self.imported(ExternKind::Func);
        let mentioned = mentioned(self);
        let mut moves = Moves::default();
        let mut bodies = Vec::new();
        let mut changes = Changes::default();
        let mut nesting = Nesting::default();
        for (place, Func { ty, body }) in self.funcs.iter_indexed() {
            let func = place.in_space(imported);
            let params = self.func_type(*ty).map_or(0, |ty| ty.params().len() as u64);
            let locals = params.saturating_add(body.local_count());
            changes.locals = u32::try_from(locals).unwrap_or(u32::MAX);
            let code = Patch::new(body.bytes());
            let first = body.code_offset();
            let (rewrite, changes) = (&mut rewrite, &mut changes);
            let mut rewriter = Rewriter { func, rewrite, changes, code, current: None, first };
            let mut reader = Reader::new(body.bytes());
            reader.seek(first);
            if let Err(reason) = transcode_expr(&mut reader, &mut nesting, &mut rewriter) {
                return Err(self.malformed(reason, func, body, reader.pos()));
            }
            rewriter.finish_instr(reader.pos());
            let code = rewriter.code;
            let new_locals = core::mem::take(&mut changes.new_locals);
            let locals = (!new_locals.is_empty())
                .then(|| Local::joined(body.locals().chain(new_locals)).collect());
            let change = BodyChange { code, locals };
            if !change.is_none() {
                let is_mentioned = mentioned.contains(&func);
                bodies.push((place, change.apply(body, func, is_mentioned, &mut moves)));
            }
        }
        if bodies.is_empty() {
            return Ok(());
        }
        let customs = self.plan_customs(&moves, Some);
        for (place, body) in bodies {
            if let Some(func) = self.funcs.get_mut(place) {
                func.body = body;
            }
        }
        self.apply_customs(customs);
        Ok(())
    }

    /// Makes the error for a body that does not decode. `pos` is the offset in the body.
    pub(super) fn malformed(
        &self,
        reason: Malformed,
        func: FuncIdx,
        body: &Body<'_>,
        pos: usize,
    ) -> EditError {
        let offset = pos.saturating_sub(body.code_offset());
        let instrs =
            body.instrs().with_offsets().flatten().take_while(|(start, _)| *start < offset);
        let mut path = Path::item(ItemKind::Func, func.0);
        path.name = self.names.funcs.get(func).map(|name| name.as_str().into());
        let index = instrs.count() as u32;
        path.instr = Some(InstrRef { index, offset: offset as u32, opcode: None });
        EditError::Malformed { reason, path }
    }
}
