//! Values that hold indices, and the replacement of these indices.

use alloc::vec::Vec;

use super::immediates::{
    ArrayLen, BlockType, BrCast, CallIndirect, FenceOrder, LaneIdx, MemArg, MemCopy, MemInit,
    RefTypeNonNull, RefTypeNull, Shuffle, TableCopy, TableInit,
};
use super::lists::{Catch, Handler, Labels};
use super::remap::Remap;
use crate::{
    DataIdx, Decode, ElemIdx, Encode, F32, F64, FieldIdx, FuncIdx, GlobalIdx, LabelIdx, ListView,
    LocalIdx, MemIdx, TableIdx, TagIdx, TypeIdx, V128, leb128,
};

/// A [`Remap`], with the state of its use.
pub(crate) struct Remapping<'r, R> {
    pub(crate) remap: &'r mut R,
    /// The type that was visited last, which the index of a field belongs to.
    pub(crate) ty: TypeIdx,
    /// Whether an index changed since this was last cleared.
    pub(crate) changed: bool,
}

impl<'r, R> Remapping<'r, R> {
    pub(crate) fn new(remap: &'r mut R) -> Self {
        Remapping { remap, ty: TypeIdx(0), changed: false }
    }
}

/// A value that may hold indices.
pub(crate) trait Reindex: Sized {
    /// The value with its new indices.
    fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<Self, R::Error>;
}

macro_rules! index {
    ($( $ty:ident $method:ident; )*) => { $(
        impl Reindex for $ty {
            #[inline(always)]
            fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
                let new = to.remap.$method(self)?;
                to.changed |= new != self;
                Ok(new)
            }
        }
    )* };
}

index! {
    FuncIdx func;
    TableIdx table;
    MemIdx memory;
    TagIdx tag;
    GlobalIdx global;
    ElemIdx elem;
    DataIdx data;
    LocalIdx local;
    LabelIdx label;
}

impl Reindex for TypeIdx {
    #[inline(always)]
    fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
        to.ty = self;
        let new = to.remap.ty(self)?;
        to.changed |= new != self;
        Ok(new)
    }
}

impl Reindex for FieldIdx {
    #[inline(always)]
    fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
        let new = to.remap.field(to.ty, self)?;
        to.changed |= new != self;
        Ok(new)
    }
}

/// Values without indices.
macro_rules! without_index {
    ($( $ty:ty; )*) => { $(
        impl Reindex for $ty {
            #[inline(always)]
            fn reindex<R: Remap>(self, _: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
                Ok(self)
            }
        }
    )* };
}

without_index! { LaneIdx; Shuffle; ArrayLen; i32; i64; F32; F64; V128; FenceOrder; }

/// Structs, by their fields; the fields before the `;` hold indices.
macro_rules! reindex {
    ($( $name:ident { $( $field:tt ),* $(; $( $other:ident ),* )? } )*) => { $(
        impl $crate::instructions::Reindex for $name {
            #[inline(always)]
            fn reindex<R: $crate::Remap>(
                self,
                to: &mut $crate::instructions::Remapping<'_, R>,
            ) -> core::result::Result<Self, R::Error> {
                Ok($name {
                    $( $field: $crate::instructions::Reindex::reindex(self.$field, to)?, )*
                    $( $( $other: self.$other, )* )?
                })
            }
        }
    )* };
}
pub(crate) use reindex;

reindex! {
    CallIndirect { ty, table }
    MemInit { data, memory }
    MemCopy { dst, src }
    TableInit { elem, table }
    TableCopy { dst, src }
    MemArg { memory; offset, align }
    RefTypeNonNull { 0 }
    RefTypeNull { 0 }
    BrCast { label, from, to }
}

impl Reindex for BlockType {
    #[inline(always)]
    fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
        Ok(match self {
            BlockType::Empty => BlockType::Empty,
            BlockType::Value(ty) => BlockType::Value(ty.reindex(to)?),
            BlockType::Type(ty) => BlockType::Type(ty.reindex(to)?),
        })
    }
}

impl Reindex for Catch {
    fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
        Ok(match self {
            Catch::One(tag, label) => Catch::One(tag.reindex(to)?, label.reindex(to)?),
            Catch::OneRef(tag, label) => Catch::OneRef(tag.reindex(to)?, label.reindex(to)?),
            Catch::All(label) => Catch::All(label.reindex(to)?),
            Catch::AllRef(label) => Catch::AllRef(label.reindex(to)?),
        })
    }
}

impl Reindex for Handler {
    fn reindex<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<Self, R::Error> {
        Ok(match self {
            Handler::Label(tag, label) => Handler::Label(tag.reindex(to)?, label.reindex(to)?),
            Handler::Switch(tag) => Handler::Switch(tag.reindex(to)?),
        })
    }
}

/// An immediate that may hold indices.
pub(super) trait ReindexImmediate {
    /// Only checks whether an index changes.
    fn check<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<(), R::Error>;

    /// Appends the immediate with its new indices.
    fn encode_to<R: Remap>(
        self,
        to: &mut Remapping<'_, R>,
        out: &mut Vec<u8>,
    ) -> Result<(), R::Error>;
}

impl<T: Reindex + Encode> ReindexImmediate for T {
    #[inline(always)]
    fn check<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<(), R::Error> {
        self.reindex(to).map(drop)
    }

    #[inline(always)]
    fn encode_to<R: Remap>(
        self,
        to: &mut Remapping<'_, R>,
        out: &mut Vec<u8>,
    ) -> Result<(), R::Error> {
        self.reindex(to)?.encode(out);
        Ok(())
    }
}

impl<'a, T: Decode<'a> + Reindex + Encode + 'a> ReindexImmediate for ListView<'a, T> {
    fn check<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<(), R::Error> {
        self.iter().try_for_each(|element| element.check(to))
    }

    fn encode_to<R: Remap>(
        self,
        to: &mut Remapping<'_, R>,
        out: &mut Vec<u8>,
    ) -> Result<(), R::Error> {
        leb128::write_u32(out, self.iter().count() as u32);
        self.iter().try_for_each(|element| element.encode_to(to, out))
    }
}

impl ReindexImmediate for Labels<'_> {
    fn check<R: Remap>(self, to: &mut Remapping<'_, R>) -> Result<(), R::Error> {
        self.iter_with_default().try_for_each(|label| label.check(to))
    }

    fn encode_to<R: Remap>(
        self,
        to: &mut Remapping<'_, R>,
        out: &mut Vec<u8>,
    ) -> Result<(), R::Error> {
        leb128::write_u32(out, self.len());
        self.iter_with_default().try_for_each(|label| label.encode_to(to, out))
    }
}
