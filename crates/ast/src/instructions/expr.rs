//! Expressions: instructions that are kept as bytes and decoded on the fly.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use super::immediates::{self, Sink, Source, read_immediate};
use super::nesting::{Nesting, Structure};
use super::{Instr, Opcode};
use crate::values::Element;
use crate::{Decode, Encode, Malformed, Reader};

/// An expression: instructions in their encoded form, including the final `end`.
///
/// It takes two to three bytes per instruction, keeps its bytes unchanged, and needs no recursion
/// for nested blocks. To edit an expression, map its instructions and collect them:
///
/// Spec: <https://webassembly.github.io/spec/core/binary/instructions.html#expressions>
///
/// ```
/// use wattle_ast::{Expr, Instr};
///
/// let expr = Expr::new(&[0x41, 0x01, 0x41, 0x02, 0x6a, 0x0b]);
/// let doubled = expr.iter().map(|instr| {
///     Ok(match instr? {
///         Instr::I32Const { value } => Instr::I32Const { value: 2 * value },
///         other => other,
///     })
/// });
/// let doubled = doubled.collect::<Result<Expr, wattle_ast::Malformed>>()?;
/// assert_eq!(doubled.bytes(), [0x41, 0x02, 0x41, 0x04, 0x6a, 0x0b]);
/// # Ok::<(), wattle_ast::Malformed>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Expr<'a> {
    bytes: Cow<'a, [u8]>,
}

impl<'a> Expr<'a> {
    /// The expression with these bytes, which are checked only by [`check`](Expr::check).
    pub fn new(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Expr { bytes: bytes.into() }
    }

    /// The bytes of the expression.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The instructions, including the final `end`, or an error where the bytes are malformed.
    pub fn iter(&self) -> Instrs<'_> {
        Instrs::new(&self.bytes)
    }

    /// Checks that the bytes are exactly one well-formed expression with the features that are on.
    ///
    /// # Errors
    /// The first error, with its offset in the bytes.
    pub fn check(&self, features: crate::Features) -> Result<(), crate::Error> {
        let mut reader = Reader::at(&self.bytes, 0, features);
        let read = read_expr(&mut reader, &mut Nesting::default());
        let whole = || if reader.is_empty() { Ok(()) } else { Err(Malformed::EndExpected) };
        read.and_then(|_| whole()).map_err(|kind| crate::Error::at(kind, reader.pos()))
    }

    /// A view of the expression that borrows from this one.
    pub fn borrowed(&self) -> Expr<'_> {
        Expr { bytes: Cow::Borrowed(&self.bytes) }
    }

    /// Copies the bytes, so that the expression can outlive the input.
    pub fn into_owned(self) -> Expr<'static> {
        Expr { bytes: Cow::Owned(self.bytes.into_owned()) }
    }
}

impl fmt::Debug for Expr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for instr in self.iter() {
            match instr {
                Ok(instr) => list.entry(&instr),
                Err(reason) => list.entry(&reason),
            };
        }
        list.finish()
    }
}

impl<'a, 'b> FromIterator<Instr<'b>> for Expr<'a> {
    fn from_iter<I: IntoIterator<Item = Instr<'b>>>(instrs: I) -> Self {
        let mut bytes = Vec::new();
        for instr in instrs {
            instr.encode(&mut bytes);
        }
        Expr::new(bytes)
    }
}

impl<'a> Decode<'a> for Expr<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let start = reader.pos();
        read_expr(reader, &mut Nesting::default())?;
        Ok(Expr::new(reader.since(start)))
    }
}

impl Encode for Expr<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }
}

impl Element for Expr<'static> {
    type Of<'b> = Expr<'b>;
}

/// The instructions of an expression. Where the bytes do not decode to an instruction, the iterator
/// returns an error, and then ends.
///
/// ```
/// use wattle_ast::{Instr, Instrs, Malformed};
///
/// let mut instrs = Instrs::new(&[0x01, 0xff, 0x01]);
/// assert_eq!(instrs.next(), Some(Ok(Instr::Nop)));
/// assert_eq!(instrs.next(), Some(Err(Malformed::IllegalOpcode)));
/// assert_eq!((instrs.offset(), instrs.next()), (1, None));
/// ```
#[derive(Clone, Debug)]
pub struct Instrs<'a> {
    reader: Reader<'a>,
    offset: usize,
    failed: bool,
}

impl<'a> Instrs<'a> {
    /// The instructions in these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Instrs { reader: Reader::new(bytes), offset: 0, failed: false }
    }

    /// The byte offset of the last instruction that was returned, or of the malformed one.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The byte offset of the next instruction.
    pub fn next_offset(&self) -> usize {
        self.reader.pos()
    }

    /// The instructions, each with its byte offset.
    pub fn with_offsets(mut self) -> impl Iterator<Item = Result<(usize, Instr<'a>), Malformed>> {
        core::iter::from_fn(move || Some(self.next()?.map(|instr| (self.offset, instr))))
    }
}

impl<'a> Iterator for Instrs<'a> {
    type Item = Result<Instr<'a>, Malformed>;

    #[inline(always)]
    fn next(&mut self) -> Option<Result<Instr<'a>, Malformed>> {
        if self.reader.is_empty() || self.failed {
            return None;
        }
        self.offset = self.reader.pos();
        let instr = self.reader.read();
        self.failed = instr.is_err();
        Some(instr)
    }
}

/// Passes the immediates of `opcode` from a source to a sink.
///
/// # Errors
/// Errors of the source and of the sink.
#[inline(always)]
pub fn transcode_immediates<'a, S, K>(
    opcode: Opcode,
    source: &mut S,
    sink: &mut K,
) -> Result<(), K::Error>
where
    S: Source<'a>,
    K: Sink<'a>,
    K::Error: From<S::Error>,
{
    opcode.kinds().try_for_each(|kind| immediates::transcode(kind, source, sink))
}

/// Encodes the immediates of `opcode` from a source. Writing bytes never fails, so all errors come
/// from the source.
///
/// # Errors
/// Errors of the source.
#[inline(always)]
pub fn encode_immediates<'a, S: Source<'a>>(
    opcode: Opcode,
    source: &mut S,
    out: &mut Vec<u8>,
) -> Result<(), S::Error> {
    opcode.kinds().iter().try_for_each(|kind| immediates::encode(kind, source, out))
}

/// Passes an expression, including its final `end`, from a reader to a sink.
///
/// This is the fastest way to process code, since no instructions are built. The sink receives the
/// position of each instruction in the reader. `nesting` is scratch space that can be reused.
///
/// # Errors
/// The first reason why the bytes are not an expression, with the reader at that place, or an error
/// of the sink.
///
/// ```
/// use wattle_ast::{Nesting, Reader, transcode_expr};
///
/// // `i32.const 0` in three bytes, `drop`, `end`.
/// let mut reader = Reader::new(&[0x41, 0x80, 0x00, 0x1a, 0x0b]);
/// let mut shortest = Vec::new();
/// transcode_expr(&mut reader, &mut Nesting::default(), &mut shortest)?;
/// assert_eq!(shortest, [0x41, 0x00, 0x1a, 0x0b]);
/// # Ok::<(), wattle_ast::Malformed>(())
/// ```
#[inline(always)]
pub fn transcode_expr<'a, K>(
    reader: &mut Reader<'a>,
    nesting: &mut Nesting,
    sink: &mut K,
) -> Result<(), K::Error>
where
    K: Sink<'a>,
    K::Error: From<Malformed>,
{
    nesting.reset();
    reader.outlined(|reader| {
        loop {
            reader.transcode_single_bytes(sink)?;
            let start = reader.pos();
            let (opcode, kinds) = reader.opcode_with_kinds()?;
            sink.opcode(opcode, start)?;
            kinds.try_for_each(|kind| immediates::transcode(kind, reader, sink))?;
            if kinds.is_structured() {
                match nesting.step(opcode) {
                    Ok(Structure::End) => return Ok(()),
                    Ok(_) => {}
                    Err(error) => return Err(reader.fail_at(start, error).into()),
                }
            }
        }
    })
}

/// Reads past an expression and checks that it is well-formed. Returns whether an instruction names
/// a data segment; a function with such an instruction needs a data count section.
///
/// # Errors
/// The first reason why the bytes are not an expression, with the reader at that place.
pub fn read_expr(reader: &mut Reader<'_>, nesting: &mut Nesting) -> Result<bool, Malformed> {
    nesting.reset();
    let mut names_data = false;
    reader.outlined(|reader| {
        loop {
            reader.skip_by_length();
            let start = reader.pos();
            let (opcode, kinds) = reader.opcode_with_kinds()?;
            kinds.try_for_each(|kind| {
                names_data |= kind.names_data();
                read_immediate(kind, reader)
            })?;
            if kinds.is_structured() {
                match nesting.step(opcode) {
                    Ok(Structure::End) => return Ok(names_data),
                    Ok(_) => {}
                    Err(error) => return Err(reader.fail_at(start, error)),
                }
            }
        }
    })
}
