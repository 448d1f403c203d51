//! The ABI of one value type, computed from the ABIs of its parts.

use wattle_ast::AddrType;
use wattle_ast::components::PrimType;

use crate::flat::{FlatType, FlatTypes};
use crate::layout::{Layout, RecordLayout, discriminant_size};

/// The layout of the values of a type in memory, and the core types in which they are passed.
///
/// ```
/// use wattle_abi::{FlatType, Layout, ValueAbi};
/// use wattle_ast::AddrType;
/// use wattle_ast::components::PrimType;
///
/// // result<u64, f32>
/// let [ok, err] = [PrimType::U64, PrimType::F32].map(ValueAbi::prim);
/// let result = ValueAbi::variant([Some(ok), Some(err)]);
/// assert_eq!(result.layout(AddrType::I32), Layout { size: 16, align: 8 });
/// assert!(result.flat().iter().eq([FlatType::I32, FlatType::I64]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ValueAbi {
    layout32: Layout,
    layout64: Layout,
    flat: FlatTypes,
    has_pointer: bool,
}

impl ValueAbi {
    /// The ABI of handles: of resources, streams, futures and error contexts.
    pub const HANDLE: ValueAbi = ValueAbi::scalar(4);

    /// The limit of the specification: every value type takes fewer bytes, in every memory.
    pub const MAX_SIZE: u64 = 1 << 28;

    /// The ABI of a number of `size` bytes that is passed as `i32`.
    const fn scalar(size: u32) -> ValueAbi {
        let layout = Layout::scalar(size);
        let flat = FlatTypes::one(FlatType::I32);
        ValueAbi { layout32: layout, layout64: layout, flat, has_pointer: false }
    }

    fn number(size: u32, ty: FlatType) -> ValueAbi {
        ValueAbi { flat: ty.into(), ..ValueAbi::scalar(size) }
    }

    /// The ABI of strings, lists of any length, and maps: a pointer and a length.
    pub fn list() -> ValueAbi {
        ValueAbi {
            layout32: Layout::pair(4),
            layout64: Layout::pair(8),
            flat: FlatTypes::from(FlatType::Pointer).repeated(2),
            has_pointer: true,
        }
    }

    /// The ABI of a primitive type.
    pub fn prim(ty: PrimType) -> ValueAbi {
        match ty {
            PrimType::Bool | PrimType::S8 | PrimType::U8 => ValueAbi::scalar(1),
            PrimType::S16 | PrimType::U16 => ValueAbi::scalar(2),
            PrimType::S32 | PrimType::U32 | PrimType::Char => ValueAbi::scalar(4),
            PrimType::S64 | PrimType::U64 => ValueAbi::number(8, FlatType::I64),
            PrimType::F32 => ValueAbi::number(4, FlatType::F32),
            PrimType::F64 => ValueAbi::number(8, FlatType::F64),
            PrimType::String => ValueAbi::list(),
            PrimType::ErrorContext => ValueAbi::HANDLE,
        }
    }

    /// The ABI of a set of `count` flags.
    pub fn flags(count: usize) -> ValueAbi {
        match count {
            0..=8 => ValueAbi::scalar(1),
            9..=16 => ValueAbi::scalar(2),
            _ => ValueAbi::scalar(4),
        }
    }

    /// The ABI of an enumeration of `cases` cases.
    pub fn enumeration(cases: usize) -> ValueAbi {
        ValueAbi::scalar(discriminant_size(cases))
    }

    /// The ABI of a record of these fields, or of a tuple.
    pub fn record(fields: impl IntoIterator<Item = ValueAbi>) -> ValueAbi {
        let mut layouts = [RecordLayout::default(); 2];
        let (mut flat, mut has_pointer) = (FlatTypes::EMPTY, false);
        for field in fields {
            layouts[0].push(field.layout32);
            layouts[1].push(field.layout64);
            flat.extend(field.flat);
            has_pointer |= field.has_pointer;
        }
        let [layout32, layout64] = layouts.map(RecordLayout::finish);
        ValueAbi { layout32, layout64, flat, has_pointer }
    }

    /// The ABI of a variant with these payloads. An option has the payloads of `none` and `some`, a
    /// result those of `ok` and `error`.
    pub fn variant<I>(payloads: I) -> ValueAbi
    where
        I: IntoIterator<Item = Option<ValueAbi>, IntoIter: ExactSizeIterator + Clone>,
    {
        let payloads = payloads.into_iter();
        let cases = payloads.len();
        let present = || payloads.clone().flatten();
        let join = |all: FlatTypes, payload: ValueAbi| all.join(payload.flat);
        let mut flat = FlatTypes::from(FlatType::I32);
        flat.extend(present().fold(FlatTypes::EMPTY, join));
        ValueAbi {
            layout32: Layout::variant(cases, present().map(|payload| payload.layout32)),
            layout64: Layout::variant(cases, present().map(|payload| payload.layout64)),
            flat,
            has_pointer: present().any(|payload| payload.has_pointer),
        }
    }

    /// The ABI of a list of a fixed length.
    pub fn fixed_list(elem: ValueAbi, len: u32) -> ValueAbi {
        ValueAbi {
            layout32: elem.layout32.repeated(len),
            layout64: elem.layout64.repeated(len),
            flat: elem.flat.repeated(len),
            has_pointer: elem.has_pointer,
        }
    }

    /// The size and the alignment in a memory of this address type.
    pub const fn layout(&self, addr: AddrType) -> Layout {
        match addr {
            AddrType::I32 => self.layout32,
            AddrType::I64 => self.layout64,
        }
    }

    /// The core types in which a value is passed.
    pub const fn flat(&self) -> FlatTypes {
        self.flat
    }

    /// Whether a value can have parts elsewhere in memory: whether the type contains a string, a
    /// list or a map.
    pub const fn has_pointer(&self) -> bool {
        self.has_pointer
    }
}
