//! Definitions of values: whether the bytes are a value of the declared type.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#-value-definitions>

use alloc::vec::Vec;

use wattle_ast::components::{PrimType, Sort, Value};
use wattle_ast::{F32, F64, Malformed, Reader};

use super::error::ComponentErrorKind as K;
use super::nodes::{ABSENT, Kind, NodeId, Properties};
use super::validator::{Checked, Validator};

/// Values that are still to be read. They lie on a stack, the next on top.
#[derive(Clone, Copy)]
enum Rest {
    /// This many values of a type. Each takes a byte at least.
    Values(NodeId, u32),
    /// This many pairs of a key and a value.
    Entries(NodeId, NodeId, u32),
}

/// The reason why bytes are not a value.
enum Fault {
    Malformed(Malformed),
    /// The bytes do not encode a value of a type of this kind.
    Kind(&'static str),
    /// Values of the type cannot be written.
    Handle,
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Fault {
        Fault::Malformed(malformed)
    }
}

impl Validator {
    pub(crate) fn value(&mut self, value: &Value<'_>) -> Checked {
        self.need_values()?;
        let sort = Sort::VALUE;
        self.add_index(sort)?;
        let id = self.val_type(value.ty)?;
        if !self.arena.has(id, Properties::UNKNOWN) {
            let mut reader = Reader::new(&value.bytes);
            let read = self.read_value(id, &mut reader);
            let at = reader.offset();
            match read {
                Ok(()) if reader.is_empty() => {}
                Ok(()) => return Err(K::ValueLength { at }.into()),
                Err(Fault::Malformed(why)) => return Err(K::ValueBytes { at, why }.into()),
                Err(Fault::Kind(what)) => return Err(K::ValueKind { at, what }.into()),
                Err(Fault::Handle) => return Err(K::ValueHandle.into()),
            }
        }
        self.scope_mut().push(sort, id.0);
        Ok(())
    }

    fn read_value(&self, id: NodeId, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let mut open = Vec::from([Rest::Values(id, 1)]);
        while let Some(rest) = open.pop() {
            match rest {
                Rest::Values(_, 0) | Rest::Entries(_, _, 0) => {}
                Rest::Values(id, count) => {
                    open.push(Rest::Values(id, count - 1));
                    self.read_one(id, reader, &mut open)?;
                }
                Rest::Entries(key, value, count) => {
                    open.push(Rest::Entries(key, value, count - 1));
                    open.extend([Rest::Values(value, 1), Rest::Values(key, 1)]);
                }
            }
        }
        Ok(())
    }

    /// Reads one value up to the values in it, and adds these to `open`.
    fn read_one(
        &self,
        id: NodeId,
        reader: &mut Reader<'_>,
        open: &mut Vec<Rest>,
    ) -> Result<(), Fault> {
        let node = self.arena.structure(id);
        let words = node.words;
        let word = |place: usize| words.get(place).copied().unwrap_or(ABSENT);
        let payload = |word: u32| NodeId::of(word).map(|id| Rest::Values(id, 1));
        match node.kind {
            Kind::Prim => read_prim(self.arena.as_prim(id).unwrap_or(PrimType::Bool), reader)?,
            Kind::Record => {
                let types = words.chunks_exact(2).rev();
                open.extend(types.filter_map(|pair| payload(pair[1])));
            }
            Kind::Tuple => open.extend(words.iter().rev().filter_map(|&word| payload(word))),
            Kind::Variant => {
                let case = reader.u32()? as usize;
                let pair = words.chunks_exact(2).nth(case).ok_or(Fault::Kind("variant"))?;
                open.extend(payload(pair[1]));
            }
            Kind::Enum if (reader.u32()? as usize) < words.len() => {}
            Kind::Enum => return Err(Fault::Kind("enum")),
            Kind::Flags => drop(reader.take(words.len().div_ceil(8))?),
            Kind::List => open.push(Rest::Values(NodeId(word(0)), reader.u32()?)),
            Kind::FixedList => open.push(Rest::Values(NodeId(word(0)), word(1))),
            Kind::Map => {
                open.push(Rest::Entries(NodeId(word(0)), NodeId(word(1)), reader.u32()?));
            }
            Kind::Option => match reader.byte()? {
                0 => {}
                1 => open.extend(payload(word(0))),
                _ => return Err(Fault::Kind("option")),
            },
            Kind::Result => match reader.byte()? {
                which @ (0 | 1) => open.extend(payload(word(which.into()))),
                _ => return Err(Fault::Kind("result")),
            },
            _ => return Err(Fault::Handle),
        }
        Ok(())
    }
}

fn read_prim(prim: PrimType, reader: &mut Reader<'_>) -> Result<(), Fault> {
    let fits = match prim {
        PrimType::Bool => reader.byte()? <= 1,
        PrimType::U8 | PrimType::S8 => reader.byte().map(|_| true)?,
        PrimType::U16 => u16::try_from(reader.u32()?).is_ok(),
        PrimType::S16 => i16::try_from(reader.s32()?).is_ok(),
        PrimType::U32 => reader.u32().map(|_| true)?,
        PrimType::S32 => reader.s32().map(|_| true)?,
        PrimType::U64 => reader.u64().map(|_| true)?,
        PrimType::S64 => reader.s64().map(|_| true)?,
        // Only the canonical NaN is allowed.
        PrimType::F32 => {
            let value: F32 = reader.read()?;
            !value.to_float().is_nan() || value == F32::CANONICAL_NAN
        }
        PrimType::F64 => {
            let value: F64 = reader.read()?;
            !value.to_float().is_nan() || value == F64::CANONICAL_NAN
        }
        PrimType::Char => {
            let len = match reader.peek() {
                Some(0xc0..=0xdf) => 2,
                Some(0xe0..=0xef) => 3,
                Some(0xf0..) => 4,
                _ => 1,
            };
            core::str::from_utf8(reader.take(len)?).is_ok()
        }
        PrimType::String => reader.name().map(|_| true)?,
        PrimType::ErrorContext => return Err(Fault::Handle),
    };
    if fits { Ok(()) } else { Err(Fault::Kind(prim.keyword())) }
}
