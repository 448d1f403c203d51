//! Instructions as text: the sink that writes immediates. A [`Layout`] arranges the instructions:
//! one a line in this file, folded in `fold.rs`.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/instructions.html>

use alloc::vec::Vec;
use core::convert::Infallible;

use wattle_ast::{
    Arity, ArrayLen, BlockType, BrCast, CallIndirect, Catch, Catches, Counted, DataIdx, ElemIdx,
    Expr, F32, F64, FenceOrder, FieldIdx, FuncIdx, GlobalIdx, Handler, Handlers, HeapType,
    LabelIdx, Labels, LaneIdx, LocalIdx, Malformed, MemArg, MemCopy, MemIdx, MemInit, Nesting,
    Opcode, Reader, RefType, RefTypeNonNull, RefTypeNull, SelectTypes, Shuffle, Sink, Structure,
    TableCopy, TableIdx, TableInit, TagIdx, TypeIdx, V128, transcode_expr,
};

use crate::context::Context;
use crate::ids::Ids;
use crate::labels::LabelStack;
use crate::metadata::Pending;
use crate::numbers;
use crate::printer::HandOn;

/// The arrangement of instructions in the text.
pub(crate) trait Layout: Sized {
    /// Begins an instruction: writes the text up to and including the keyword. Before this, it must
    /// call [`Code::structure`], which updates the labels.
    fn begin(code: &mut Code<'_, '_, Self>, opcode: Opcode, offset: usize);
}

/// A sink that writes instructions.
pub(crate) struct Code<'p, 'm, L> {
    pub(crate) context: &'p Context<'m>,
    pub(crate) out: Vec<u8>,
    pub(crate) layout: L,
    pub(crate) locals: &'p Ids,
    pub(crate) labels: LabelStack<'m>,
    /// A number that is added to each printed offset.
    pub(crate) base: usize,
    /// The annotations that were not written yet.
    pub(crate) annotations: Pending<'p>,
    /// The instruction whose immediates are being printed.
    pub(crate) opcode: Opcode,
    /// The immediates of this instruction so far.
    pub(crate) seen: Counted,
    /// A function that takes text amid a long expression, if the text is handed on in pieces.
    pub(crate) hand_on: Option<HandOn<'p>>,
}

/// The comment that is printed where bytes cannot be decoded.
pub(crate) const ILLEGIBLE: &[u8] = b" (;illegible;)";

/// The error for bytes that cannot be decoded, which ends printing.
pub(crate) struct Illegible;

impl From<Malformed> for Illegible {
    fn from(_: Malformed) -> Self {
        Illegible
    }
}

impl From<Infallible> for Illegible {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl<'p, 'm, L: Layout> Code<'p, 'm, L> {
    pub(crate) fn new(
        context: &'p Context<'m>,
        out: Vec<u8>,
        layout: L,
        locals: &'p Ids,
        labels: LabelStack<'m>,
    ) -> Self {
        let (opcode, seen) = (Opcode::Nop, Counted::NOTHING);
        let (annotations, hand_on) = (Pending::default(), None);
        Code { context, out, layout, locals, labels, base: 0, annotations, opcode, seen, hand_on }
    }

    /// Prints all instructions of an expression. Stops at bytes that cannot be decoded, with a
    /// comment about this. Returns whether the bytes are a whole expression.
    pub(crate) fn expr(&mut self, bytes: &[u8], nesting: &mut Nesting) -> bool {
        let is_legible = self.take(bytes, nesting);
        if !is_legible {
            self.out.extend_from_slice(ILLEGIBLE);
        }
        is_legible
    }

    /// Prints all instructions of an expression. Returns whether the bytes are a whole expression.
    #[inline]
    pub(crate) fn take(&mut self, bytes: &[u8], nesting: &mut Nesting) -> bool {
        let mut reader = Reader::new(bytes);
        transcode_expr(&mut reader, nesting, self).is_ok() && reader.is_empty()
    }

    /// Updates the open blocks at an instruction that closes a block. A block that an instruction
    /// opens is added later, with the block type.
    #[inline(always)]
    pub(crate) fn structure(&mut self, opcode: Opcode) -> Structure {
        self.opcode = opcode;
        if !opcode.kinds().is_structured() {
            return Structure::Unchanged;
        }
        if let Some(hand_on) = &mut self.hand_on {
            // If this fails, handing on the end of the function fails too.
            let _ = hand_on(&mut self.out);
        }
        match opcode.info().arity {
            Arity::Close if opcode == Opcode::End && self.labels.is_empty() => Structure::End,
            Arity::Close => {
                self.labels.pop();
                Structure::Close
            }
            Arity::Part => Structure::Part,
            _ => Structure::Open,
        }
    }

    /// Appends ` (;@1f;)` if offsets are printed.
    #[inline(always)]
    pub(crate) fn offset(&mut self, offset: usize) {
        if self.context.config.offsets {
            numbers::offset_comment(&mut self.out, self.base.saturating_add(offset));
        }
    }

    fn memory_unless_first(&mut self, memory: MemIdx) {
        if memory.0 != 0 {
            self.context.ids.memories.reference(&mut self.out, memory.0);
        }
    }

    fn table_unless_first(&mut self, table: TableIdx) {
        if table.0 != 0 {
            self.context.ids.tables.reference(&mut self.out, table.0);
        }
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Appends a space and the number.
    #[inline]
    fn number(&mut self, value: u64) {
        numbers::spaced(&mut self.out, value);
    }

    #[inline]
    fn signed(&mut self, value: i64) {
        match u64::try_from(value) {
            Ok(value) => numbers::spaced(&mut self.out, value),
            Err(_) => {
                self.text(" -");
                numbers::decimal(&mut self.out, value.unsigned_abs());
            }
        }
    }
}

/// Methods of a sink, each with the expression that writes its value.
macro_rules! write {
    ($code:ident, $value:ident: $( $method:ident $ty:ty = $write:expr; )*) => { $(
        #[inline]
        fn $method(&mut self, $value: $ty) -> Result<(), Illegible> {
            let $code = self;
            $write;
            Ok(())
        }
    )* };
}

impl<'p, 'm, L: Layout> Sink<'_> for Code<'p, 'm, L> {
    type Error = Illegible;

    #[inline(always)]
    fn opcode(&mut self, opcode: Opcode, offset: usize) -> Result<(), Illegible> {
        L::begin(self, opcode, offset);
        Ok(())
    }

    fn block_type(&mut self, value: BlockType) -> Result<(), Illegible> {
        self.seen.block_type = value;
        let depth = self.labels.write_definition(&mut self.out);
        match value {
            BlockType::Empty => {}
            BlockType::Value(ty) => {
                self.context.types().result_types(&mut self.out, [ty].into_iter())
            }
            BlockType::Type(ty) => self.context.type_use(&mut self.out, ty, None, false),
        }
        // The clauses of `try_table` are outside the scope of its label.
        if self.opcode != Opcode::TryTable {
            self.labels.push(depth);
        }
        Ok(())
    }

    fn catches(&mut self, value: Catches<'_>) -> Result<(), Illegible> {
        for catch in value.iter() {
            self.text(" (");
            self.text(catch.keyword());
            if let Catch::One(tag, _) | Catch::OneRef(tag, _) = catch {
                self.context.ids.tags.reference(&mut self.out, tag.0);
            }
            let (Catch::One(_, label)
            | Catch::OneRef(_, label)
            | Catch::All(label)
            | Catch::AllRef(label)) = catch;
            self.labels.reference(&mut self.out, label);
            self.text(")");
        }
        let label = self.labels.defined();
        self.labels.push(label);
        Ok(())
    }

    fn handlers(&mut self, value: Handlers<'_>) -> Result<(), Illegible> {
        for handler in value.iter() {
            self.text(" (on");
            let (Handler::Label(tag, _) | Handler::Switch(tag)) = handler;
            self.context.ids.tags.reference(&mut self.out, tag.0);
            match handler {
                Handler::Label(_, label) => self.labels.reference(&mut self.out, label),
                Handler::Switch(_) => self.text(" switch"),
            }
            self.text(")");
        }
        Ok(())
    }

    fn mem_copy(&mut self, value: MemCopy) -> Result<(), Illegible> {
        if value.dst.0 != 0 || value.src.0 != 0 {
            self.context.ids.memories.reference(&mut self.out, value.dst.0);
            self.context.ids.memories.reference(&mut self.out, value.src.0);
        }
        Ok(())
    }

    fn table_copy(&mut self, value: TableCopy) -> Result<(), Illegible> {
        if value.dst.0 != 0 || value.src.0 != 0 {
            self.context.ids.tables.reference(&mut self.out, value.dst.0);
            self.context.ids.tables.reference(&mut self.out, value.src.0);
        }
        Ok(())
    }

    #[inline]
    fn memarg(&mut self, value: MemArg) -> Result<(), Illegible> {
        self.memory_unless_first(value.memory);
        if value.offset != 0 {
            self.text(" offset=");
            numbers::decimal(&mut self.out, value.offset);
        }
        if u32::from(value.align) != self.opcode.natural_align() {
            self.text(" align=");
            let align = 1_u64.checked_shl(value.align.into()).unwrap_or(0);
            numbers::decimal(&mut self.out, align);
        }
        Ok(())
    }

    fn v128(&mut self, value: V128) -> Result<(), Illegible> {
        self.text(" i32x4");
        for lane in value.0.as_chunks::<4>().0 {
            self.text(" 0x");
            lane.iter().rev().for_each(|byte| numbers::hex_byte(&mut self.out, *byte));
        }
        Ok(())
    }

    fn br_cast(&mut self, value: BrCast) -> Result<(), Illegible> {
        self.label(value.label)?;
        self.context.types().ref_type(&mut self.out, value.from);
        self.context.types().ref_type(&mut self.out, value.to);
        Ok(())
    }

    fn call_indirect(&mut self, value: CallIndirect) -> Result<(), Illegible> {
        self.seen.ty = value.ty;
        self.table_unless_first(value.table);
        self.context.types().type_ref(&mut self.out, value.ty);
        Ok(())
    }

    fn ty(&mut self, value: TypeIdx) -> Result<(), Illegible> {
        self.seen.second_ty = self.seen.ty;
        self.seen.ty = value;
        self.context.ids.types.reference(&mut self.out, value.0);
        Ok(())
    }

    fn field(&mut self, value: FieldIdx) -> Result<(), Illegible> {
        match self.context.ids.fields.get(&self.seen.ty.0) {
            Some(ids) => ids.reference(&mut self.out, value.0),
            None => self.number(value.0.into()),
        }
        Ok(())
    }

    #[inline]
    fn label(&mut self, value: LabelIdx) -> Result<(), Illegible> {
        self.seen.label = value;
        self.labels.reference(&mut self.out, value);
        Ok(())
    }

    fn labels(&mut self, value: Labels<'_>) -> Result<(), Illegible> {
        value.iter_with_default().try_for_each(|label| self.label(label))
    }

    #[inline]
    fn func(&mut self, value: FuncIdx) -> Result<(), Illegible> {
        self.seen.func = value;
        self.context.ids.funcs.reference(&mut self.out, value.0);
        Ok(())
    }

    fn tag(&mut self, value: TagIdx) -> Result<(), Illegible> {
        self.seen.tag = value;
        self.context.ids.tags.reference(&mut self.out, value.0);
        Ok(())
    }

    fn array_len(&mut self, value: ArrayLen) -> Result<(), Illegible> {
        self.seen.len = value.0;
        self.number(value.0.into());
        Ok(())
    }

    fn mem_init(&mut self, value: MemInit) -> Result<(), Illegible> {
        self.memory_unless_first(value.memory);
        self.data(value.data)
    }

    fn table_init(&mut self, value: TableInit) -> Result<(), Illegible> {
        self.table_unless_first(value.table);
        self.elem(value.elem)
    }

    fn f32(&mut self, value: F32) -> Result<(), Illegible> {
        self.out.push(b' ');
        numbers::f32(&mut self.out, value.0);
        Ok(())
    }

    fn f64(&mut self, value: F64) -> Result<(), Illegible> {
        self.out.push(b' ');
        numbers::f64(&mut self.out, value.0);
        Ok(())
    }

    fn fence_order(&mut self, _: FenceOrder) -> Result<(), Illegible> {
        Ok(())
    }

    write! { code, value:
        select_types SelectTypes<'_> = code.context.types().result_types(&mut code.out, value.iter());
        table TableIdx = code.table_unless_first(value);
        memory MemIdx = code.memory_unless_first(value);
        global GlobalIdx = code.context.ids.globals.reference(&mut code.out, value.0);
        local LocalIdx = code.locals.reference(&mut code.out, value.0);
        elem ElemIdx = code.context.ids.elems.reference(&mut code.out, value.0);
        data DataIdx = code.context.ids.datas.reference(&mut code.out, value.0);
        lane LaneIdx = code.number(value.0.into());
        shuffle Shuffle = value.0.into_iter().for_each(|lane| code.number(lane.into()));
        i32 i32 = code.signed(value.into());
        i64 i64 = code.signed(value);
        heap_type HeapType = code.context.types().heap_type(&mut code.out, value);
        ref_type_non_null RefTypeNonNull =
            code.context.types().ref_type(&mut code.out, RefType::non_null(value.0));
        ref_type_null RefTypeNull = code.context.types().ref_type(&mut code.out, RefType::null(value.0));
    }
}

/// A layout with one instruction a line.
pub(crate) struct Flat {
    /// The level of the function's own line.
    pub(crate) level: usize,
}

impl Layout for Flat {
    #[inline(always)]
    fn begin(code: &mut Code<'_, '_, Self>, opcode: Opcode, offset: usize) {
        let Some(level) = code.level(opcode) else { return };
        let level = code.layout.level + level;
        code.begin_line(opcode, offset, level);
    }
}

/// A layout with one instruction a line, and comments on lines between them.
pub(crate) struct Commented<'p> {
    /// The level of the function's own line.
    pub(crate) level: usize,
    /// The comments that were not written yet: offsets in the expression, and indices into the
    /// texts.
    pub(crate) comments: &'p [(u32, u32)],
}

impl Layout for Commented<'_> {
    fn begin(code: &mut Code<'_, '_, Self>, opcode: Opcode, offset: usize) {
        let Some(level) = code.level(opcode) else { return };
        let level = code.layout.level + level;
        code.comment(offset, level);
        code.begin_line(opcode, offset, level);
    }
}

impl<L: Layout> Code<'_, '_, L> {
    /// The level of an instruction below that of its function; `None` for the final `end`, which is
    /// not written.
    #[inline(always)]
    fn level(&mut self, opcode: Opcode) -> Option<usize> {
        match self.structure(opcode) {
            Structure::End => None,
            Structure::Part => Some(self.labels.depth().saturating_sub(1)),
            _ => Some(self.labels.depth()),
        }
    }

    /// Begins an instruction on a new line.
    #[inline(always)]
    fn begin_line(&mut self, opcode: Opcode, offset: usize, level: usize) {
        self.context.line(&mut self.out, level);
        self.offset(offset);
        self.annotations.write(&mut self.out, offset);
        self.context.keyword(&mut self.out, opcode);
    }
}

impl Code<'_, '_, Commented<'_>> {
    /// Writes the comments on the instruction at an offset.
    fn comment(&mut self, offset: usize, level: usize) {
        while let Some((&(at, text), others)) = self.layout.comments.split_first()
            && at as usize <= offset
        {
            self.layout.comments = others;
            if at as usize == offset
                && let Some(comments) = &self.context.config.comments
            {
                self.context.line(&mut self.out, level);
                self.out.extend_from_slice(b";; ");
                self.out.extend_from_slice(comments.text(text).as_bytes());
            }
        }
    }
}

/// A layout with all instructions on one line, each after a space: for constant expressions.
pub(crate) struct Inline;

impl Layout for Inline {
    fn begin(code: &mut Code<'_, '_, Self>, opcode: Opcode, _: usize) {
        if code.structure(opcode) != Structure::End {
            code.out.push(b' ');
            code.context.keyword(&mut code.out, opcode);
        }
    }
}

impl Context<'_> {
    /// Appends a constant expression: a single instruction in parentheses; several instructions in
    /// parentheses after `keyword`, or without parentheses if `keyword` is empty. Instructions have
    /// no offsets, since the tree does not record where an expression begins in its item.
    pub(crate) fn const_expr(&self, out: &mut Vec<u8>, expr: &Expr<'_>, keyword: &str) {
        let mut instrs = expr.iter().flatten().take(2);
        let single = instrs.next().is_some_and(|instr| !instr.opcode().kinds().is_structured())
            && instrs.next().is_some_and(|instr| instr.opcode() == Opcode::End);
        let start = out.len();
        let locals = Ids::default();
        let buffer = core::mem::take(out);
        let mut code = Code::new(self, buffer, Inline, &locals, LabelStack::default());
        if !single && !keyword.is_empty() {
            code.out.extend_from_slice(b" (");
            code.out.extend_from_slice(keyword.as_bytes());
        }
        code.expr(expr.bytes(), &mut Nesting::default());
        *out = code.out;
        if single {
            // The parenthesis goes between the space and the instruction.
            out.insert(start + 1, b'(');
        }
        if single || !keyword.is_empty() {
            out.push(b')');
        }
    }
}
