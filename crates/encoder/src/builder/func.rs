//! Bodies of functions: locals, instructions, and labels that the caller need not count.

use alloc::vec::Vec;
use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering};

use wattle_ast::{
    BlockType, Body, Catch, Catches, Encode, Expr, Instr, LabelIdx, Labels, Local, LocalIdx,
    Nesting, Opcode, Structure, ValType,
};

use super::error::{BuildError, BuildErrorKind};

/// Builds the body of a function: see [`ModuleBuilder::func`](crate::ModuleBuilder::func).
///
/// Instructions are [`Instr`] values. The methods for blocks take a closure, which writes the
/// content of the block, and add the `end`. The closure gets a [`Label`]; [`br`](FuncBuilder::br)
/// and similar methods turn it into the right index at the place of the branch. The method returns
/// the result of the closure, so that `?` works. Generators that do not recurse use
/// [`open`](FuncBuilder::open) and [`end`](FuncBuilder::end) instead.
///
/// A label whose block is closed, a label of another function, an extra `end` and a block that is
/// not closed are errors, which [`finish`](FuncBuilder::finish) reports. Types are not checked: use
/// a validator for that.
///
/// ```
/// use wattle_ast::{BlockType, Instr, Local, ValType};
/// use wattle_encoder::FuncBuilder;
///
/// // Counts its parameter down to zero.
/// let mut f = FuncBuilder::new(1);
/// let n = f.param(0);
/// f.loop_(BlockType::Empty, |f, again| {
///     f.instrs([
///         Instr::LocalGet { local: n },
///         Instr::I32Const { value: 1 },
///         Instr::I32Sub,
///         Instr::LocalTee { local: n },
///     ]);
///     f.br_if(again);
/// });
/// let body = f.finish()?;
/// assert_eq!(body.instrs().count(), 8);
/// # assert_eq!(body.bytes(), b"\0\x03\x40\x20\0\x41\x01\x6b\x22\0\x0d\0\x0b\x0b");
/// # Ok::<(), wattle_encoder::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FuncBuilder {
    params: u32,
    /// The number of locals so far, parameters included.
    count: u32,
    locals: Vec<Local>,
    code: Vec<u8>,
    nesting: Nesting,
    /// The numbers of the open blocks, the outermost first.
    open: Vec<u32>,
    /// The number of the last block that was opened.
    newest: u32,
    /// A number that this builder and its clones share, and no other builder has.
    id: usize,
    /// The first misuse.
    error: Cell<Option<BuildError>>,
}

/// A block of a body that is being built, or the body itself. Branches can refer to it while the
/// block is open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Label {
    builder: usize,
    /// The number of blocks around the instructions of the block: 0 for the body itself.
    depth: u32,
    /// The number of the block, which distinguishes blocks of the same depth; 0 for the body.
    block: u32,
}

/// Methods that add a block.
macro_rules! blocks {
    ($( $(#[$doc:meta])* $method:ident $instr:ident; )*) => { $(
        $(#[$doc])*
        pub fn $method<R>(
            &mut self,
            block_type: BlockType,
            inside: impl FnOnce(&mut FuncBuilder, Label) -> R,
        ) -> R {
            self.structured(Instr::$instr { block_type }, inside)
        }
    )* };
}

impl FuncBuilder {
    /// Makes a builder of the body of a function with this many parameters.
    pub fn new(params: u32) -> FuncBuilder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        FuncBuilder {
            params,
            count: params,
            locals: Vec::new(),
            code: Vec::new(),
            nesting: Nesting::default(),
            open: Vec::new(),
            newest: 0,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            error: Cell::new(None),
        }
    }

    /// Records a misuse, if it is the first.
    #[cold]
    fn fail(&self, kind: BuildErrorKind) {
        if self.error.get().is_none() {
            self.error.set(Some(BuildError { kind, offset: self.code.len(), func: None }));
        }
    }

    /// The local of parameter `index`, counted from 0.
    pub fn param(&self, index: u32) -> LocalIdx {
        if index >= self.params {
            self.fail(BuildErrorKind::Param(index));
        }
        LocalIdx(index)
    }

    /// The number of parameters.
    pub fn params(&self) -> u32 {
        self.params
    }

    /// Adds a local.
    ///
    /// ```
    /// # use wattle_ast::{LocalIdx, ValType};
    /// let mut f = wattle_encoder::FuncBuilder::new(2);
    /// assert_eq!(f.local(ValType::I32), LocalIdx(2));
    /// assert_eq!(f.locals(3, ValType::I32), LocalIdx(3));
    /// assert_eq!(f.local(ValType::F64), LocalIdx(6));
    /// assert_eq!(f.finish().unwrap().locals().count(), 2);
    /// ```
    pub fn local(&mut self, ty: ValType) -> LocalIdx {
        self.locals(1, ty)
    }

    /// Adds `count` locals of one type and returns the index of the first.
    pub fn locals(&mut self, count: u32, ty: ValType) -> LocalIdx {
        let first = LocalIdx(self.count);
        self.count = self.count.saturating_add(count);
        self.locals.push(Local { count, ty });
        first
    }

    /// Adds an instruction.
    #[inline]
    pub fn instr(&mut self, instr: Instr<'_>) -> &mut FuncBuilder {
        if !instr.opcode().kinds().is_structured() || self.step(instr.opcode()) {
            instr.encode(&mut self.code);
        }
        self
    }

    /// Opens or closes a block, if the instruction may stand here.
    fn step(&mut self, opcode: Opcode) -> bool {
        match self.nesting.step(opcode) {
            Ok(Structure::Open) => {
                self.newest = self.newest.saturating_add(1);
                self.open.push(self.newest);
            }
            Ok(Structure::Close) => {
                self.open.pop();
            }
            Ok(Structure::Part | Structure::Unchanged) => {}
            // Only `finish` ends the body.
            Ok(Structure::End) => self.fail(BuildErrorKind::End),
            Err(_) => self.fail(BuildErrorKind::Misplaced(opcode)),
        }
        self.error.get().is_none()
    }

    /// Adds instructions.
    pub fn instrs<'i>(&mut self, instrs: impl IntoIterator<Item = Instr<'i>>) -> &mut FuncBuilder {
        for instr in instrs {
            self.instr(instr);
        }
        self
    }

    /// Adds the instructions of an expression, such as that of another body, without its final
    /// `end`.
    ///
    /// ```
    /// # use wattle_ast::{Body, Expr, Instr};
    /// let old: Expr<'_> = [Instr::I32Const { value: 1 }, Instr::Drop, Instr::End].into_iter().collect();
    /// let mut f = wattle_encoder::FuncBuilder::new(0);
    /// f.instr(Instr::Nop).expr(&old).instr(Instr::Nop);
    /// assert_eq!(f.finish().unwrap().instrs().count(), 5);
    /// ```
    pub fn expr(&mut self, expr: &Expr<'_>) -> &mut FuncBuilder {
        let depth = self.depth();
        for instr in expr.iter() {
            let instr = match instr {
                Ok(instr) => instr,
                Err(reason) => {
                    self.fail(BuildErrorKind::Malformed(reason));
                    break;
                }
            };
            if instr == Instr::End && self.depth() == depth {
                break;
            }
            self.instr(instr);
        }
        self
    }

    /// The offset of the next instruction, in bytes from the first instruction.
    pub fn offset(&self) -> usize {
        self.code.len()
    }

    fn depth(&self) -> u32 {
        self.nesting.depth() as u32
    }

    /// The body itself as a label: a branch to it returns.
    pub fn body(&self) -> Label {
        Label { builder: self.id, depth: 0, block: 0 }
    }

    /// The innermost open block.
    pub fn innermost(&self) -> Label {
        let block = self.open.last().copied().unwrap_or(0);
        Label { builder: self.id, depth: self.depth(), block }
    }

    /// Whether a label belongs to this body, and its block is open.
    fn is_open(&self, label: Label) -> bool {
        let at = (label.depth as usize).checked_sub(1);
        let block = at.map_or(Some(0), |at| self.open.get(at).copied());
        label.builder == self.id && block == Some(label.block)
    }

    /// The index by which the next instruction refers to a label.
    pub fn label(&self, label: Label) -> LabelIdx {
        if !self.is_open(label) {
            self.fail(BuildErrorKind::Label);
        }
        LabelIdx(self.depth().saturating_sub(label.depth))
    }

    /// Adds an instruction that opens a block, such as [`Instr::Block`], and returns the block's
    /// label. [`end`](FuncBuilder::end) closes the block.
    ///
    /// ```
    /// # use wattle_ast::{BlockType, Instr, LabelIdx};
    /// let mut f = wattle_encoder::FuncBuilder::new(0);
    /// let block = f.open(Instr::Block { block_type: BlockType::Empty });
    /// f.open(Instr::Loop { block_type: BlockType::Empty });
    /// assert_eq!(f.label(block), LabelIdx(1));
    /// f.end().end();
    /// assert!(f.finish().is_ok());
    /// ```
    pub fn open(&mut self, instr: Instr<'_>) -> Label {
        let depth = self.depth();
        let opcode = instr.opcode();
        self.instr(instr);
        if self.depth() <= depth {
            self.fail(BuildErrorKind::Misplaced(opcode));
        }
        self.innermost()
    }

    /// Adds an `else`, which must be directly inside of an `if`.
    ///
    /// ```
    /// # use wattle_ast::{BlockType, Instr, LocalIdx, ValType};
    /// let mut f = wattle_encoder::FuncBuilder::new(1);
    /// f.instr(Instr::LocalGet { local: LocalIdx(0) });
    /// f.if_(BlockType::Value(ValType::I32), |f, _| {
    ///     f.instr(Instr::I32Const { value: 10 });
    ///     f.else_();
    ///     f.instr(Instr::I32Const { value: 20 });
    /// });
    /// assert_eq!(f.finish().unwrap().instrs().count(), 7);
    /// ```
    pub fn else_(&mut self) -> &mut FuncBuilder {
        self.instr(Instr::Else)
    }

    /// Closes the innermost block, which [`open`](FuncBuilder::open) opened.
    pub fn end(&mut self) -> &mut FuncBuilder {
        self.instr(Instr::End)
    }

    /// Adds an unconditional branch.
    pub fn br(&mut self, to: Label) -> &mut FuncBuilder {
        let label = self.label(to);
        self.instr(Instr::Br { label })
    }

    /// Adds a conditional branch.
    pub fn br_if(&mut self, to: Label) -> &mut FuncBuilder {
        let label = self.label(to);
        self.instr(Instr::BrIf { label })
    }

    /// Adds a branch by a table.
    ///
    /// ```
    /// # use wattle_ast::{BlockType, Instr, LocalIdx};
    /// let mut f = wattle_encoder::FuncBuilder::new(1);
    /// f.block(BlockType::Empty, |f, outer| {
    ///     f.block(BlockType::Empty, |f, inner| {
    ///         f.instr(Instr::LocalGet { local: LocalIdx(0) });
    ///         f.br_table(&[inner, outer, inner], outer);
    ///     });
    /// });
    /// assert!(f.finish().unwrap().bytes().windows(6).any(|w| w == [0x0e, 3, 0, 1, 0, 1]));
    /// ```
    pub fn br_table(&mut self, to: &[Label], default: Label) -> &mut FuncBuilder {
        let mut buffer = Vec::new();
        let labels = to.iter().map(|&label| self.label(label));
        let labels = Labels::encode_in(&mut buffer, labels, self.label(default));
        self.instr(Instr::BrTable { labels })
    }

    blocks! {
        /// Adds a block, whose instructions the closure writes. Returns the result of the closure,
        /// so that the closure can fail.
        ///
        /// ```
        /// # use wattle_ast::{BlockType, Instr};
        /// # use wattle_encoder::FuncBuilder;
        /// fn number(f: &mut FuncBuilder, digits: &str) -> Result<(), core::num::ParseIntError> {
        ///     f.block(BlockType::Empty, |f, block| {
        ///         f.instrs([Instr::I32Const { value: digits.parse()? }, Instr::Drop]).br(block);
        ///         Ok(())
        ///     })
        /// }
        ///
        /// let mut f = FuncBuilder::new(0);
        /// number(&mut f, "12").unwrap();
        /// assert!(f.finish().is_ok());
        /// assert!(number(&mut FuncBuilder::new(0), "twelve").is_err());
        /// ```
        block Block;
        /// Adds a loop: a branch to its label goes back to its beginning.
        loop_ Loop;
        /// Adds an `if`. The closure can add an [`else_`](FuncBuilder::else_).
        if_ If;
    }

    /// Adds an `if` with an `else`, each written by a closure.
    ///
    /// ```
    /// # use wattle_ast::{BlockType, Instr, LocalIdx, ValType};
    /// let mut f = wattle_encoder::FuncBuilder::new(1);
    /// f.instr(Instr::LocalGet { local: LocalIdx(0) });
    /// f.if_else(
    ///     BlockType::Value(ValType::I32),
    ///     |f, _| f.instr(Instr::I32Const { value: 10 }).offset(),
    ///     |f, _| f.instr(Instr::I32Const { value: 20 }).offset(),
    /// );
    /// assert_eq!(f.finish().unwrap().instrs().count(), 7);
    /// ```
    pub fn if_else<R, S>(
        &mut self,
        block_type: BlockType,
        then: impl FnOnce(&mut FuncBuilder, Label) -> R,
        or_else: impl FnOnce(&mut FuncBuilder, Label) -> S,
    ) -> (R, S) {
        self.structured(Instr::If { block_type }, |f, label| {
            let then = then(f, label);
            f.expect_innermost(label);
            (then, or_else(f.else_(), label))
        })
    }

    /// Adds a `try_table`. The labels in its clauses are counted from outside of the block, so call
    /// [`label`](FuncBuilder::label) before this.
    ///
    /// ```
    /// # use wattle_ast::{BlockType, Catch, Instr, TagIdx};
    /// let mut f = wattle_encoder::FuncBuilder::new(0);
    /// f.block(BlockType::Empty, |f, handler| {
    ///     let clauses = [Catch::One(TagIdx(0), f.label(handler))];
    ///     f.try_table(BlockType::Empty, &clauses, |f, _| {
    ///         f.instr(Instr::Throw { tag: TagIdx(0) });
    ///     });
    /// });
    /// assert!(f.finish().unwrap().bytes().windows(6).any(|w| w == [0x1f, 0x40, 1, 0, 0, 0]));
    /// ```
    pub fn try_table<R>(
        &mut self,
        block_type: BlockType,
        clauses: &[Catch],
        inside: impl FnOnce(&mut FuncBuilder, Label) -> R,
    ) -> R {
        let mut buffer = Vec::new();
        let catches = Catches::encode_in(&mut buffer, clauses.iter().copied());
        self.structured(Instr::TryTable { block_type, catches }, inside)
    }

    fn structured<R>(
        &mut self,
        begin: Instr<'_>,
        inside: impl FnOnce(&mut FuncBuilder, Label) -> R,
    ) -> R {
        let label = self.open(begin);
        let result = inside(self, label);
        self.expect_innermost(label);
        self.end();
        result
    }

    /// Checks that a closure left its block open, with no open block inside of it.
    fn expect_innermost(&self, label: Label) {
        if self.innermost() != label {
            let is_open = self.is_open(label);
            self.fail(if is_open { BuildErrorKind::Open } else { BuildErrorKind::End });
        }
    }

    /// Adds the final `end` and returns the body.
    ///
    /// # Errors
    /// The first misuse of the builder.
    pub fn finish(mut self) -> Result<Body<'static>, BuildError> {
        self.expect_innermost(self.body());
        match self.error.get() {
            Some(error) => Err(error),
            None => {
                Instr::End.encode(&mut self.code);
                Ok(Body::new(Local::joined(self.locals), Expr::new(self.code)))
            }
        }
    }
}

impl Default for FuncBuilder {
    /// A builder of the body of a function without parameters.
    fn default() -> FuncBuilder {
        FuncBuilder::new(0)
    }
}

impl TryFrom<FuncBuilder> for Body<'static> {
    type Error = BuildError;

    /// Finishes the body; see [`FuncBuilder::finish`].
    fn try_from(builder: FuncBuilder) -> Result<Body<'static>, BuildError> {
        builder.finish()
    }
}
