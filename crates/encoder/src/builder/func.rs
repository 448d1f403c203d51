//! Bodies of functions: locals, instructions, and labels that need no counting.

use alloc::vec::Vec;

use wattle_ast::{
    BlockType, Body, Catch, Catches, Encode, Expr, Instr, LabelIdx, Labels, Local, LocalIdx,
    Nesting, Structure, ValType,
};

/// Builds the body of a function: see [`ModuleBuilder::func`](crate::ModuleBuilder::func).
///
/// Instructions are [`Instr`] values. The methods for blocks write the final `end`, and hand the
/// closure a [`Label`], which [`label`](FuncBuilder::label) turns into an index from wherever a
/// branch stands. [`instr`](FuncBuilder::instr) takes `block`, `else`, `end` and the like too, for
/// generators that do not recurse.
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
/// let body = f.finish();
/// assert_eq!(body.instrs().count(), 8);
/// # assert_eq!(body.bytes(), b"\0\x03\x40\x20\0\x41\x01\x6b\x22\0\x0d\0\x0b\x0b");
/// ```
#[derive(Clone, Debug, Default)]
pub struct FuncBuilder {
    params: u32,
    /// The number of locals so far, parameters included.
    count: u32,
    locals: Vec<Local>,
    code: Vec<u8>,
    nesting: Nesting,
}

/// A block of a body that is being built, or the body itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Label {
    /// The number of blocks around the instructions of the block: 0 for the body itself.
    depth: u32,
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
    /// A builder of the body of a function that has this many parameters.
    pub fn new(params: u32) -> FuncBuilder {
        FuncBuilder { params, count: params, ..FuncBuilder::default() }
    }

    /// The local that is parameter `index`.
    pub fn param(&self, index: u32) -> LocalIdx {
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
    /// assert_eq!(f.finish().locals().count(), 2);
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
        let opcode = instr.opcode();
        if opcode.kinds().is_structured() && self.nesting.step(opcode) == Ok(Structure::End) {
            // This `end` would end the body, which only `finish` does.
            return self;
        }
        instr.encode(&mut self.code);
        self
    }

    /// Adds instructions.
    pub fn instrs<'i>(&mut self, instrs: impl IntoIterator<Item = Instr<'i>>) -> &mut FuncBuilder {
        for instr in instrs {
            self.instr(instr);
        }
        self
    }

    /// The offset of the next instruction, in bytes from the first one.
    pub fn offset(&self) -> usize {
        self.code.len()
    }

    fn depth(&self) -> u32 {
        self.nesting.depth() as u32
    }

    /// The body itself as a label: a branch to it returns.
    pub fn body(&self) -> Label {
        Label { depth: 0 }
    }

    /// The innermost block that is open.
    ///
    /// ```
    /// # use wattle_ast::{BlockType, Instr, LabelIdx};
    /// let mut f = wattle_encoder::FuncBuilder::new(0);
    /// f.instr(Instr::Block { block_type: BlockType::Empty });
    /// let block = f.innermost();
    /// f.instr(Instr::Loop { block_type: BlockType::Empty });
    /// assert_eq!(f.label(block), LabelIdx(1));
    /// f.instrs([Instr::End, Instr::End]);
    /// ```
    pub fn innermost(&self) -> Label {
        Label { depth: self.depth() }
    }

    /// The index by which the next instruction refers to a label.
    pub fn label(&self, label: Label) -> LabelIdx {
        LabelIdx(self.depth().saturating_sub(label.depth))
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
    /// assert!(f.finish().bytes().windows(6).any(|w| w == [0x0e, 3, 0, 1, 0, 1]));
    /// ```
    pub fn br_table(&mut self, to: &[Label], default: Label) -> &mut FuncBuilder {
        let mut buffer = Vec::new();
        let labels = to.iter().map(|&label| self.label(label));
        let labels = Labels::encode_in(&mut buffer, labels, self.label(default));
        self.instr(Instr::BrTable { labels })
    }

    blocks! {
        /// Adds a block, whose instructions the closure writes. Returns what the closure returns,
        /// so that the closure can fail.
        block Block;
        /// Adds a loop: a branch to its label goes back to its beginning.
        loop_ Loop;
        /// Adds an `if` without an `else`.
        if_ If;
    }

    /// Adds an `if` with an `else`.
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
    /// assert_eq!(f.finish().instrs().count(), 7);
    /// ```
    pub fn if_else<R, S>(
        &mut self,
        block_type: BlockType,
        then: impl FnOnce(&mut FuncBuilder, Label) -> R,
        or_else: impl FnOnce(&mut FuncBuilder, Label) -> S,
    ) -> (R, S) {
        self.structured(Instr::If { block_type }, |f, label| {
            let then = then(f, label);
            f.close_down_to(label);
            f.instr(Instr::Else);
            (then, or_else(f, label))
        })
    }

    /// Adds a `try_table`. The labels in its clauses count from outside the block, so
    /// [`label`](FuncBuilder::label) has to be called before.
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
    /// assert!(f.finish().bytes().windows(6).any(|w| w == [0x1f, 0x40, 1, 0, 0, 0]));
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
        self.instr(begin);
        let label = self.innermost();
        let result = inside(self, label);
        self.close_down_to(label);
        if self.depth() == label.depth {
            self.instr(Instr::End);
        }
        result
    }

    /// Ends the blocks inside of `label` that were left open.
    fn close_down_to(&mut self, label: Label) {
        while self.depth() > label.depth {
            self.instr(Instr::End);
        }
    }

    /// The body. Blocks that are still open are ended, and the final `end` is added.
    pub fn finish(mut self) -> Body<'static> {
        self.close_down_to(self.body());
        Instr::End.encode(&mut self.code);
        Body::new(Local::joined(self.locals), Expr::new(self.code))
    }
}

impl From<FuncBuilder> for Body<'static> {
    fn from(builder: FuncBuilder) -> Body<'static> {
        builder.finish()
    }
}
