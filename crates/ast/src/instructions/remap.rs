//! Rewriting the indices in instructions.
//!
//! Most instructions hold no index that changes. They are only checked, and keep their bytes; the
//! others are decoded and encoded again. So this code is as fast as any code that reads all
//! immediates.

use alloc::vec::Vec;
use core::fmt;

use super::expr::{Expr, transcode_expr, transcode_immediates};
use super::immediates::for_each_kind;
use super::immediates::{
    ArrayLen, BlockType, BrCast, CallIndirect, FenceOrder, LaneIdx, MemArg, MemCopy, MemInit,
    RefTypeNonNull, RefTypeNull, Shuffle, Sink, TableCopy, TableInit,
};
use super::lists::{Catches, Handlers, Labels, SelectTypes};
use super::patch::Patch;
use super::reindex::{Reindex, ReindexImmediate, Remapping};
use super::{Instr, Nesting, Opcode};
use crate::values::Element;
use crate::{
    DataIdx, ElemIdx, Encode, F32, F64, Features, FieldIdx, FuncIdx, GlobalIdx, HeapType, ItemKind,
    LabelIdx, List, LocalIdx, Malformed, MemIdx, Reader, TableIdx, TagIdx, TypeIdx, V128,
};

/// New indices for old ones, with one method per index space. By default, all indices stay.
///
/// [`Module::remap`](crate::Module::remap), [`Expr::remap`](crate::Expr::remap) and
/// [`Instr::remap`](crate::Instr::remap) rewrite everything that holds an index. They may ask
/// several times for the new index of one old index, and must get the same answer each time.
///
/// ```
/// use wattle_ast::{Expr, FuncIdx, Instr, Remap};
///
/// /// Makes room for a function in front of all others.
/// struct Shift;
///
/// impl Remap for Shift {
///     type Error = core::convert::Infallible;
///
///     fn func(&mut self, func: FuncIdx) -> Result<FuncIdx, Self::Error> {
///         Ok(FuncIdx(func.0 + 1))
///     }
/// }
///
/// let expr: Expr = [Instr::Call { func: FuncIdx(3) }, Instr::End].into_iter().collect();
/// let moved = expr.remap(&mut Shift)?;
/// assert_eq!(moved.bytes(), [0x10, 4, 0x0b]);
/// # Ok::<(), wattle_ast::RemapFault<core::convert::Infallible>>(())
/// ```
pub trait Remap {
    /// The reason why an index cannot be remapped.
    type Error;

    /// Begins a function: its body, or the names of its locals and labels. The indices of locals
    /// and labels that follow are those of this function.
    fn begin_func(&mut self, func: FuncIdx) {
        let _ = func;
    }

    /// Begins an instruction. The indices that follow are those in its immediates, up to the next
    /// instruction or the end of the expression.
    #[inline(always)]
    fn begin_instr(&mut self, opcode: Opcode) {
        let _ = opcode;
    }

    /// Returns the new index of an item of this kind: a type, function, table, memory, tag, global
    /// or segment. The methods for these kinds call this method by default.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    #[inline(always)]
    fn item(&mut self, kind: ItemKind, index: u32) -> Result<u32, Self::Error> {
        let _ = kind;
        Ok(index)
    }

    /// The new index of a field of a struct type, whose own index is the old one.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    fn field(&mut self, ty: TypeIdx, field: FieldIdx) -> Result<FieldIdx, Self::Error> {
        let _ = ty;
        Ok(field)
    }

    /// The new index of a type.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    #[inline(always)]
    fn ty(&mut self, ty: TypeIdx) -> Result<TypeIdx, Self::Error> {
        self.item(ItemKind::Type, ty.0).map(TypeIdx)
    }

    /// The new index of a function.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    #[inline(always)]
    fn func(&mut self, func: FuncIdx) -> Result<FuncIdx, Self::Error> {
        self.item(ItemKind::Func, func.0).map(FuncIdx)
    }

    /// The new index of a table.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    #[inline(always)]
    fn table(&mut self, table: TableIdx) -> Result<TableIdx, Self::Error> {
        self.item(ItemKind::Table, table.0).map(TableIdx)
    }

    /// The new index of a memory.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    #[inline(always)]
    fn memory(&mut self, memory: MemIdx) -> Result<MemIdx, Self::Error> {
        self.item(ItemKind::Mem, memory.0).map(MemIdx)
    }

    /// The new index of a tag.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    #[inline(always)]
    fn tag(&mut self, tag: TagIdx) -> Result<TagIdx, Self::Error> {
        self.item(ItemKind::Tag, tag.0).map(TagIdx)
    }

    /// The new index of a global.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    #[inline(always)]
    fn global(&mut self, global: GlobalIdx) -> Result<GlobalIdx, Self::Error> {
        self.item(ItemKind::Global, global.0).map(GlobalIdx)
    }

    /// The new index of an element segment.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    #[inline(always)]
    fn elem(&mut self, elem: ElemIdx) -> Result<ElemIdx, Self::Error> {
        self.item(ItemKind::Elem, elem.0).map(ElemIdx)
    }

    /// The new index of a data segment.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    #[inline(always)]
    fn data(&mut self, data: DataIdx) -> Result<DataIdx, Self::Error> {
        self.item(ItemKind::Data, data.0).map(DataIdx)
    }

    /// The new index of a local.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    fn local(&mut self, local: LocalIdx) -> Result<LocalIdx, Self::Error> {
        Ok(local)
    }

    /// The new index of a label.
    ///
    /// # Errors
    /// If the index cannot be remapped.
    fn label(&mut self, label: LabelIdx) -> Result<LabelIdx, Self::Error> {
        Ok(label)
    }
}

/// The reason why an expression cannot be rewritten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RemapFault<E> {
    /// The [`Remap`] has no new index.
    Refused(E),
    /// The bytes do not decode to instructions.
    Malformed(Malformed),
}

impl<E> From<Malformed> for RemapFault<E> {
    fn from(reason: Malformed) -> Self {
        RemapFault::Malformed(reason)
    }
}

impl<E: fmt::Display> fmt::Display for RemapFault<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RemapFault::Refused(error) => error.fmt(f),
            RemapFault::Malformed(reason) => reason.fmt(f),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for RemapFault<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            RemapFault::Refused(error) => Some(error),
            RemapFault::Malformed(reason) => Some(reason),
        }
    }
}

/// Writes an instruction with its new indices.
struct Write<'w, 'r, R> {
    to: &'w mut Remapping<'r, R>,
    out: &'w mut Vec<u8>,
}

impl<R: Remap> Write<'_, '_, R> {
    /// Writes the next instruction of a reader.
    fn instr(&mut self, reader: &mut Reader<'_>) -> Result<(), RemapFault<R::Error>> {
        let opcode = reader.opcode()?;
        self.opcode(opcode, 0)?;
        transcode_immediates(opcode, reader, self)
    }
}

/// Goes through an expression, and writes anew each instruction with an index that changes.
struct Rewrite<'w, 'r, 'c, R> {
    to: &'w mut Remapping<'r, R>,
    patch: Patch<'c>,
    /// The offset of the instruction whose immediates are being checked.
    start: usize,
}

impl<R: Remap> Rewrite<'_, '_, '_, R> {
    /// Ends an instruction.
    #[inline(always)]
    fn finish_instr(&mut self, end: usize) -> Result<(), RemapFault<R::Error>> {
        if self.to.changed { self.write_instr(end) } else { Ok(()) }
    }

    #[cold]
    fn write_instr(&mut self, end: usize) -> Result<(), RemapFault<R::Error>> {
        let code = self.patch.source();
        let mut reader = Reader::new(code);
        reader.seek(self.start);
        let out = self.patch.replace(self.start, end);
        Write { to: self.to, out }.instr(&mut reader)?;
        self.to.changed = false;
        Ok(())
    }
}

/// Goes through an expression, and passes its indices to a [`Remap`] without writing anything.
struct Look<'r, R>(Remapping<'r, R>);

macro_rules! sinks {
    ($( $(#[$doc:meta])* $kind:ident $method:ident $ty:ty; )*) => {
        impl<'a, R: Remap> Sink<'a> for Look<'_, R> {
            type Error = RemapFault<R::Error>;

            #[inline(always)]
            fn opcode(&mut self, opcode: Opcode, _offset: usize) -> Result<(), Self::Error> {
                self.0.remap.begin_instr(opcode);
                Ok(())
            }
            $(
                #[inline(always)]
                fn $method(&mut self, value: $ty) -> Result<(), Self::Error> {
                    value.check(&mut self.0).map_err(RemapFault::Refused)
                }
            )*
        }

        impl<'a, R: Remap> Sink<'a> for Write<'_, '_, R> {
            type Error = RemapFault<R::Error>;

            fn opcode(&mut self, opcode: Opcode, _offset: usize) -> Result<(), Self::Error> {
                self.to.remap.begin_instr(opcode);
                opcode.encode(self.out);
                Ok(())
            }
            $(
                #[inline(always)]
                fn $method(&mut self, value: $ty) -> Result<(), Self::Error> {
                    value.encode_to(self.to, self.out).map_err(RemapFault::Refused)
                }
            )*
        }

        impl<'a, R: Remap> Sink<'a> for Rewrite<'_, '_, '_, R> {
            type Error = RemapFault<R::Error>;

            #[inline(always)]
            fn opcode(&mut self, opcode: Opcode, offset: usize) -> Result<(), Self::Error> {
                self.finish_instr(offset)?;
                self.to.remap.begin_instr(opcode);
                self.start = offset;
                Ok(())
            }
            $(
                #[inline(always)]
                fn $method(&mut self, value: $ty) -> Result<(), Self::Error> {
                    value.check(self.to).map_err(RemapFault::Refused)
                }
            )*
        }
    };
}

for_each_kind!(sinks);

/// Rewrites the expression that begins at offset `start`. An error comes with the offset of its
/// instruction.
pub(crate) fn remap_code<'c, R: Remap>(
    patch: Patch<'c>,
    start: usize,
    to: &mut Remapping<'_, R>,
) -> Result<Patch<'c>, (RemapFault<R::Error>, usize)> {
    let mut reader = Reader::new(patch.source());
    reader.seek(start);
    to.changed = false;
    let mut rewrite = Rewrite { to, patch, start };
    let result = transcode_expr(&mut reader, &mut Nesting::default(), &mut rewrite);
    let result = result.and_then(|()| rewrite.finish_instr(reader.pos()));
    match result {
        Ok(()) => Ok(rewrite.patch),
        Err(error @ RemapFault::Refused(_)) => Err((error, rewrite.start)),
        Err(error) => Err((error, reader.pos())),
    }
}

impl<'a> Instr<'a> {
    /// Returns the instruction with its new indices. `buffer` is overwritten with the encoded
    /// instruction, so that lists of immediates can be views of it.
    ///
    /// # Errors
    /// The error of the [`Remap`].
    ///
    /// ```
    /// use wattle_ast::{Instr, LabelIdx, Labels, Remap};
    ///
    /// /// Adds a block around an instruction.
    /// struct Deeper;
    ///
    /// impl Remap for Deeper {
    ///     type Error = core::convert::Infallible;
    ///
    ///     fn label(&mut self, label: LabelIdx) -> Result<LabelIdx, Self::Error> {
    ///         Ok(LabelIdx(label.0 + 1))
    ///     }
    /// }
    ///
    /// let (mut list, mut buffer) = (Vec::new(), Vec::new());
    /// let labels = Labels::encode_in(&mut list, [LabelIdx(0)].into_iter(), LabelIdx(2));
    /// let instr = Instr::BrTable { labels }.remap(&mut Deeper, &mut buffer)?;
    /// let Instr::BrTable { labels } = instr else { panic!() };
    /// assert_eq!(labels.bytes(), [1, 1, 3]);
    /// # Ok::<(), core::convert::Infallible>(())
    /// ```
    pub fn remap<'b, R: Remap>(
        self,
        remap: &mut R,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Instr<'b>, R::Error>
    where
        'a: 'b,
    {
        buffer.clear();
        let mut code = Vec::new();
        self.encode(&mut code);
        let mut write = Write { to: &mut Remapping::new(remap), out: buffer };
        match write.instr(&mut Reader::new(&code)) {
            // Encoded instructions can always be decoded.
            Ok(()) | Err(RemapFault::Malformed(_)) => {
                Ok(Reader::new(buffer).read().unwrap_or(self))
            }
            Err(RemapFault::Refused(error)) => Err(error),
        }
    }
}

impl Expr<'_> {
    /// Returns the expression with its new indices. Instructions whose indices do not change keep
    /// their bytes; the others are written in their shortest form.
    ///
    /// # Errors
    /// The error of the [`Remap`], or the reason why the bytes are not an expression.
    pub fn remap<R: Remap>(&self, remap: &mut R) -> Result<Expr<'_>, RemapFault<R::Error>> {
        let patch = remap_code(Patch::new(self.bytes()), 0, &mut Remapping::new(remap));
        patch.map(|patch| Expr::new(patch.finish())).map_err(|(fault, _)| fault)
    }

    /// Passes all indices to `remap`, and changes nothing. Checks that the bytes are exactly one
    /// well-formed expression with the features that are on.
    ///
    /// # Errors
    /// The error of the [`Remap`], or the reason why the bytes are not an expression.
    ///
    /// ```
    /// use wattle_ast::{Expr, Features, FuncIdx, Instr, Remap};
    ///
    /// struct Calls(usize);
    ///
    /// impl Remap for Calls {
    ///     type Error = core::convert::Infallible;
    ///
    ///     fn func(&mut self, func: FuncIdx) -> Result<FuncIdx, Self::Error> {
    ///         self.0 += 1;
    ///         Ok(func)
    ///     }
    /// }
    ///
    /// let expr: Expr = [Instr::Call { func: FuncIdx(3) }, Instr::End].into_iter().collect();
    /// let mut calls = Calls(0);
    /// expr.ask(Features::ALL, &mut calls)?;
    /// assert_eq!(calls.0, 1);
    /// # Ok::<(), wattle_ast::RemapFault<core::convert::Infallible>>(())
    /// ```
    pub fn ask<R: Remap>(
        &self,
        features: Features,
        remap: &mut R,
    ) -> Result<(), RemapFault<R::Error>> {
        let mut reader = Reader::at(self.bytes(), 0, features);
        let mut look = Look(Remapping::new(remap));
        transcode_expr(&mut reader, &mut Nesting::default(), &mut look)?;
        if reader.is_empty() { Ok(()) } else { Err(Malformed::EndExpected.into()) }
    }
}

/// A list with its new indices; unchanged lists keep their bytes.
pub(crate) fn remap_list<'l, T, R: Remap>(
    list: &List<'l, T>,
    to: &mut Remapping<'_, R>,
) -> Result<Option<List<'static, T>>, R::Error>
where
    T: Element,
    for<'b> T::Of<'b>: Reindex + Encode,
{
    to.changed = false;
    list.view().check(to)?;
    if !to.changed {
        return Ok(None);
    }
    let mut elements = Vec::new();
    list.view().iter().try_for_each(|element| element.encode_to(to, &mut elements))?;
    Ok(Some(List::from_encoded(list.view().iter().count() as u32, &elements)))
}
