//! `metadata.code.*`: facts about instructions for tools, such as branch hints.
//!
//! Spec: <https://github.com/WebAssembly/tool-conventions/blob/main/CodeMetadata.md>

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::values::codes;
use crate::{Decode, Encode, FuncIdx, Malformed, Reader, leb128};

/// Facts about instructions: each entry attaches a value to an instruction of a function.
///
/// For kinds of metadata that have no type here, values are bytes. An entry at offset 0, where the
/// locals begin, is about the whole function.
///
/// ```
/// use std::borrow::Cow;
/// use wattle_ast::custom::CodeMetadata;
///
/// // In function 3: the value "ab" at the instruction at offset 5.
/// let metadata = CodeMetadata::<Cow<'_, [u8]>>::parse(&[1, 3, 1, 5, 2, b'a', b'b'])?;
/// assert_eq!(metadata.get(3.into(), 5).map(|value| &**value), Some(&b"ab"[..]));
/// # Ok::<(), wattle_ast::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeMetadata<T> {
    /// The entries by function, sorted by function.
    pub funcs: Vec<FuncMetadata<T>>,
}

/// The entries of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FuncMetadata<T> {
    /// The function.
    pub func: FuncIdx,
    /// The entries, sorted by offset.
    pub entries: Vec<MetadataEntry<T>>,
}

/// A value at an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MetadataEntry<T> {
    /// The offset of the instruction in the body, from the first byte of the locals.
    pub offset: u32,
    /// The value.
    pub value: T,
}

/// A value that code metadata can have.
pub trait MetadataValue<'a>: Sized {
    /// Decodes a value. Returns `None` if no value has these bytes.
    fn from_bytes(bytes: &'a [u8]) -> Option<Self>;

    /// The bytes of the value.
    fn bytes(&self) -> &[u8];
}

impl<'a> MetadataValue<'a> for Cow<'a, [u8]> {
    fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        Some(Cow::Borrowed(bytes))
    }

    fn bytes(&self) -> &[u8] {
        self
    }
}

codes! {
    /// Whether a branch is likely to be taken. For `if`, taken means that the condition holds.
    BranchHint {
        /// The branch is probably not taken.
        Unlikely = 0,
        /// The branch is probably taken.
        Likely = 1,
    }
}

impl MetadataValue<'_> for BranchHint {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [code] = bytes else { return None };
        BranchHint::from_code(*code)
    }

    fn bytes(&self) -> &[u8] {
        match self {
            BranchHint::Unlikely => &[0],
            BranchHint::Likely => &[1],
        }
    }
}

/// Hints about branches that are likely to be taken, or unlikely.
///
/// Spec: <https://webassembly.github.io/spec/core/appendix/custom.html#branch-hints>
///
/// ```
/// use wattle_ast::custom::{BranchHint, BranchHints};
///
/// // In function 3: the branch at offset 5 is likely.
/// let hints = BranchHints::parse(&[1, 3, 1, 5, 1, 1])?;
/// assert_eq!(hints.get(3.into(), 5), Some(&BranchHint::Likely));
/// assert_eq!(hints.get(3.into(), 6), None);
/// # Ok::<(), wattle_ast::Error>(())
/// ```
pub type BranchHints = CodeMetadata<BranchHint>;

impl BranchHints {
    /// The name of the section.
    pub const NAME: &'static str = "metadata.code.branch_hint";
}

impl CodeMetadata<Cow<'_, [u8]>> {
    /// The beginning of the names of all sections of code metadata. The kind of metadata follows.
    pub const PREFIX: &'static str = "metadata.code.";
}

impl<T> CodeMetadata<T> {
    /// Parses the content of the section, which follows its name.
    ///
    /// # Errors
    /// The first error, with its offset in `bytes`.
    pub fn parse<'a>(bytes: &'a [u8]) -> Result<Self, crate::Error>
    where
        T: MetadataValue<'a>,
    {
        super::whole(bytes)
    }

    /// The value at the instruction at this offset of a body.
    pub fn get(&self, func: FuncIdx, offset: u32) -> Option<&T> {
        let func = self.funcs.binary_search_by_key(&func, |it| it.func).ok()?;
        let entries = &self.funcs.get(func)?.entries;
        let entry = entries.binary_search_by_key(&offset, |entry| entry.offset).ok()?;
        entries.get(entry).map(|entry| &entry.value)
    }

    /// Sets the value at the instruction at this offset of a body. Returns the previous value.
    pub fn set(&mut self, func: FuncIdx, offset: u32, value: T) -> Option<T> {
        let at = self.funcs.binary_search_by_key(&func, |it| it.func).unwrap_or_else(|at| {
            self.funcs.insert(at, FuncMetadata { func, entries: Vec::new() });
            at
        });
        let entries = &mut self.funcs[at].entries;
        match entries.binary_search_by_key(&offset, |entry| entry.offset) {
            Ok(at) => Some(core::mem::replace(&mut entries[at].value, value)),
            Err(at) => {
                entries.insert(at, MetadataEntry { offset, value });
                None
            }
        }
    }
}

impl<T> Default for CodeMetadata<T> {
    fn default() -> Self {
        CodeMetadata { funcs: Vec::new() }
    }
}

impl<'a, T: MetadataValue<'a>> Decode<'a> for CodeMetadata<T> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(CodeMetadata { funcs: reader.read()? })
    }
}

impl<'a, T: MetadataValue<'a>> Decode<'a> for FuncMetadata<T> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(FuncMetadata { func: reader.read()?, entries: reader.read()? })
    }
}

/// An offset, the length of the value, and the value.
impl<'a, T: MetadataValue<'a>> Decode<'a> for MetadataEntry<T> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let offset = reader.u32()?;
        let start = reader.pos();
        let value = T::from_bytes(reader.byte_list()?);
        let value = value.ok_or_else(|| reader.fail_at(start, Malformed::CustomSection))?;
        Ok(MetadataEntry { offset, value })
    }
}

impl<'a, T: MetadataValue<'a>> Encode for CodeMetadata<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.funcs.encode(out);
    }
}

impl<'a, T: MetadataValue<'a>> Encode for FuncMetadata<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.func.encode(out);
        self.entries.encode(out);
    }
}

impl<'a, T: MetadataValue<'a>> Encode for MetadataEntry<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        let bytes = self.value.bytes();
        leb128::write_u32(out, self.offset);
        leb128::write_u32(out, bytes.len() as u32);
        out.extend_from_slice(bytes);
    }
}
