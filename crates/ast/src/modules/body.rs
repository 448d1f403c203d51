//! Function bodies: locals and an expression, which are kept as bytes.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

use crate::custom::Moves;
use crate::instructions::Patch;
use crate::values::fields;
use crate::{
    Decode, Encode, Error, Expr, FuncIdx, Instrs, ListView, Malformed, Nesting, Reader, ValType,
    leb128, read_expr,
};

/// A run of locals of one type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Local {
    /// The number of locals.
    pub count: u32,
    /// The type of the locals.
    pub ty: ValType,
}

fields! { Local { count, ty } }

impl Local {
    /// Joins neighbouring runs of one type and drops empty runs, so that there are as few runs as
    /// possible.
    pub fn joined(runs: impl IntoIterator<Item = Local>) -> impl Iterator<Item = Local> {
        let mut runs = runs.into_iter().filter(|run| run.count > 0).peekable();
        core::iter::from_fn(move || {
            let mut run = runs.next()?;
            let sum = |a: &Local, b: &Local| a.count.checked_add(b.count).filter(|_| a.ty == b.ty);
            while let Some(count) = runs.peek().and_then(|next| sum(&run, next)) {
                run.count = count;
                runs.next();
            }
            Some(run)
        })
    }
}

/// The body of a function: runs of locals, then an expression, kept as bytes.
///
/// Tools such as branch hints and DWARF count offsets from the first byte of the body, locals
/// included, while [`Instrs`] counts from the first instruction. The difference is
/// [`code_offset`](Body::code_offset).
///
/// Spec: <https://webassembly.github.io/spec/core/binary/modules.html#code-section>
///
/// ```
/// use wattle_ast::{Body, Instr, Local, ValType};
///
/// let locals = [Local { count: 2, ty: ValType::I32 }];
/// let body = Body::new(locals, [Instr::Nop, Instr::End].into_iter().collect());
/// assert_eq!(body.bytes(), [1, 2, 0x7f, 0x01, 0x0b]);
/// assert_eq!(body.locals().next(), Some(locals[0]));
/// assert_eq!(body.code_offset(), 3);
/// ```
#[derive(Clone)]
pub struct Body<'a> {
    bytes: Cow<'a, [u8]>,
    /// The offset of the first instruction.
    code: u32,
    /// Whether an instruction names a data segment, if the instructions were read.
    names_data: Option<bool>,
}

impl PartialEq for Body<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Body<'_> {}

impl Hash for Body<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl<'a> Body<'a> {
    /// A body with these locals and instructions.
    pub fn new(locals: impl IntoIterator<Item = Local>, expr: Expr<'_>) -> Body<'a> {
        let mut runs = Vec::new();
        let mut count = 0;
        for local in locals {
            local.encode(&mut runs);
            count += 1;
        }
        let mut bytes = Vec::with_capacity(runs.len() + expr.bytes().len() + 1);
        leb128::write_u32(&mut bytes, count);
        bytes.extend_from_slice(&runs);
        let code = bytes.len() as u32;
        bytes.extend_from_slice(expr.bytes());
        Body { bytes: bytes.into(), code, names_data: None }
    }

    /// Makes a body from these bytes. Checks the locals, but not the instructions; [`Expr::check`]
    /// checks those.
    ///
    /// # Errors
    /// The first error, with its offset in the bytes.
    pub fn from_bytes(bytes: impl Into<Cow<'a, [u8]>>) -> Result<Body<'a>, Error> {
        let bytes = bytes.into();
        let mut reader = Reader::new(&bytes);
        let code = skip_locals(&mut reader).map_err(|kind| Error::at(kind, reader.pos()))?;
        Ok(Body { bytes, code, names_data: None })
    }

    /// The bytes of the body, without the size that precedes it in a module.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of bytes of the locals, which is the offset of the first instruction.
    pub fn code_offset(&self) -> usize {
        self.code as usize
    }

    /// The bytes of the instructions.
    pub fn code(&self) -> &[u8] {
        self.bytes.get(self.code_offset()..).unwrap_or_default()
    }

    /// The runs of locals, without parameters.
    pub fn locals(&self) -> impl Iterator<Item = Local> {
        self.local_list().iter()
    }

    /// The number of locals, without parameters.
    pub fn local_count(&self) -> u64 {
        self.locals().map(|run| u64::from(run.count)).sum()
    }

    fn local_list(&self) -> ListView<'_, Local> {
        ListView::new(&self.bytes)
    }

    /// The instructions as an expression.
    pub fn expr(&self) -> Expr<'_> {
        Expr::new(self.code())
    }

    /// The instructions, including the final `end`, or an error where the bytes are malformed.
    pub fn instrs(&self) -> Instrs<'_> {
        Instrs::new(self.code())
    }

    /// Reads the instructions from the reader that the body came from, which must stand at the
    /// first instruction. Checks that they are well-formed, and returns whether one names a data
    /// segment; the body remembers the answer.
    ///
    /// # Errors
    /// The first reason why they are not well-formed, with the reader at that place.
    pub fn read_code(
        &mut self,
        reader: &mut Reader<'a>,
        nesting: &mut Nesting,
    ) -> Result<bool, Malformed> {
        let names_data = read_expr(reader, nesting)?;
        self.names_data = Some(names_data);
        Ok(names_data)
    }

    /// Whether an instruction names a data segment; a module with such a body needs a data count
    /// section. False for malformed code.
    pub fn names_data(&self) -> bool {
        self.names_data.unwrap_or_else(|| self.expr().names_data())
    }

    /// A view that borrows from this body.
    pub fn borrowed(&self) -> Body<'_> {
        let Body { code, names_data, .. } = *self;
        Body { bytes: Cow::Borrowed(&self.bytes), code, names_data }
    }

    /// The body with its bytes copied, so that it can outlive the input.
    pub fn into_owned(self) -> Body<'static> {
        let Body { bytes, code, names_data } = self;
        Body { bytes: Cow::Owned(bytes.into_owned()), code, names_data }
    }
}

/// A change to a body.
pub(super) struct BodyChange<'b> {
    /// The bytes of the body, with changes to its instructions.
    pub(super) code: Patch<'b>,
    /// The new locals, if they change.
    pub(super) locals: Option<Vec<Local>>,
}

impl BodyChange<'_> {
    /// Whether the body stays as it is.
    pub(super) fn is_none(&self) -> bool {
        self.code.is_unchanged() && self.locals.is_none()
    }

    /// Returns the changed body. Records its moves in `moves`, with the offsets of its instructions
    /// if something refers to them (`is_mentioned`).
    pub(super) fn apply(
        mut self,
        body: &Body<'_>,
        func: FuncIdx,
        is_mentioned: bool,
        moves: &mut Moves,
    ) -> Body<'static> {
        self.code.copy_rest();
        let old_code = body.code_offset();
        let locals = self.locals.map(|locals| locals.to_bytes());
        let code = locals.as_ref().map_or(old_code, Vec::len);
        let starts = is_mentioned.then(|| body.instrs().with_offsets());
        let offsets = starts.into_iter().flatten().flatten().filter_map(|(offset, _)| {
            let old = old_code + offset;
            let new = self.code.new_offset(old)? - old_code + code;
            Some((u32::try_from(old).ok()?, u32::try_from(new).ok()?))
        });
        moves.body(func, offsets);
        let mut bytes = self.code.finish().into_owned();
        if let Some(locals) = locals {
            bytes.splice(..old_code, locals);
        }
        Body { bytes: bytes.into(), code: code as u32, names_data: None }
    }
}

/// Reads past the locals, and checks that their number fits 32 bits.
fn skip_locals(reader: &mut Reader<'_>) -> Result<u32, Malformed> {
    let start = reader.pos();
    let mut total = 0_u64;
    for _ in 0..reader.len32()? {
        let local: Local = reader.read()?;
        total += u64::from(local.count);
        if total > u32::MAX.into() {
            return Err(reader.fail_at(start, Malformed::TooManyLocals));
        }
    }
    Ok((reader.pos() - start) as u32)
}

impl Default for Body<'_> {
    /// A body without locals and without instructions before its `end`.
    fn default() -> Self {
        Body { bytes: Cow::Borrowed(&[0x00, 0x0b]), code: 1, names_data: Some(false) }
    }
}

/// The body is all remaining bytes of the reader.
impl<'a> Decode<'a> for Body<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let bytes = reader.rest();
        let code = skip_locals(reader)?;
        reader.take(reader.remaining())?;
        Ok(Body { bytes: Cow::Borrowed(bytes), code, names_data: None })
    }
}

impl Encode for Body<'_> {
    /// Writes the bytes, without a size.
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("locals", &self.local_list())
            .field("expr", &self.expr())
            .finish()
    }
}
