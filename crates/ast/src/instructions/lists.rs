//! Immediates that are lists: `Copy` views of their encoded bytes.

use alloc::vec::Vec;
use core::fmt;

use crate::{Decode, Encode, LabelIdx, ListView, Malformed, Reader, TagIdx, ValType, leb128};

/// The types of `select`.
pub type SelectTypes<'a> = ListView<'a, ValType>;

/// The clauses of `try_table`.
pub type Catches<'a> = ListView<'a, Catch>;

/// The clauses of `resume`.
pub type Handlers<'a> = ListView<'a, Handler>;

/// The labels of `br_table`, the default last.
///
/// ```
/// use wattle_ast::{LabelIdx, Labels};
/// let mut buffer = Vec::new();
/// let labels = Labels::encode_in(&mut buffer, [LabelIdx(4), LabelIdx(5)].into_iter(), LabelIdx(6));
/// assert_eq!(labels.bytes(), [2, 4, 5, 6]);
/// assert_eq!(labels.default(), LabelIdx(6));
/// ```
#[derive(Clone, Copy)]
pub struct Labels<'a> {
    bytes: &'a [u8],
}

impl<'a> Labels<'a> {
    /// The encoded bytes: a list, then the default.
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The number of labels, without the default.
    pub fn len(self) -> u32 {
        ListView::<LabelIdx>::new(self.bytes).len()
    }

    /// Whether the default is the only label.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The labels, the default last.
    pub fn iter_with_default(self) -> impl Iterator<Item = LabelIdx> + 'a {
        let mut reader = Reader::new(self.bytes);
        let mut left = reader.u32().map_or(0, |len| u64::from(len) + 1);
        core::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            reader.read().ok()
        })
    }

    /// The labels without the default.
    pub fn iter(self) -> impl Iterator<Item = LabelIdx> + 'a {
        self.iter_with_default().take(self.len() as usize)
    }

    /// The label for an operand that is too large for the list.
    pub fn default(self) -> LabelIdx {
        self.iter_with_default().last().unwrap_or_default()
    }

    /// Encodes labels into `buffer`, which must be empty, and returns a view of them.
    pub fn encode_in(
        buffer: &'a mut Vec<u8>,
        labels: impl ExactSizeIterator<Item = LabelIdx>,
        default: LabelIdx,
    ) -> Labels<'a> {
        leb128::write_u32(buffer, labels.len() as u32);
        labels.for_each(|label| label.encode(buffer));
        default.encode(buffer);
        Labels { bytes: buffer }
    }
}

impl PartialEq for Labels<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes || self.iter_with_default().eq(other.iter_with_default())
    }
}

impl Eq for Labels<'_> {}

impl fmt::Debug for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter_with_default()).finish()
    }
}

impl<'a> Decode<'a> for Labels<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let start = reader.pos();
        reader.read::<ListView<'a, LabelIdx>>()?;
        reader.u32()?;
        Ok(Labels { bytes: reader.since(start) })
    }
}

impl Encode for Labels<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, self.len());
        self.iter_with_default().for_each(|label| label.encode(out));
    }
}

/// A clause of `try_table`.
///
/// Spec: <https://webassembly.github.io/spec/core/binary/instructions.html#control-instructions>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Catch {
    /// `catch`: the values of the exception go to the label.
    One(TagIdx, LabelIdx),
    /// `catch_ref`: the values and the exception go to the label.
    OneRef(TagIdx, LabelIdx),
    /// `catch_all`: nothing goes to the label.
    All(LabelIdx),
    /// `catch_all_ref`: the exception goes to the label.
    AllRef(LabelIdx),
}

impl Catch {
    /// The keyword of the text format.
    pub const fn keyword(self) -> &'static str {
        match self {
            Catch::One(..) => "catch",
            Catch::OneRef(..) => "catch_ref",
            Catch::All(_) => "catch_all",
            Catch::AllRef(_) => "catch_all_ref",
        }
    }
}

impl<'a> Decode<'a> for Catch {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(match reader.byte()? {
            0 => Catch::One(reader.read()?, reader.read()?),
            1 => Catch::OneRef(reader.read()?, reader.read()?),
            2 => Catch::All(reader.read()?),
            3 => Catch::AllRef(reader.read()?),
            _ => return Err(reader.back(1, Malformed::CatchClause)),
        })
    }
}

impl Encode for Catch {
    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Catch::One(tag, label) => (0_u8, tag, label).encode(out),
            Catch::OneRef(tag, label) => (1_u8, tag, label).encode(out),
            Catch::All(label) => (2_u8, label).encode(out),
            Catch::AllRef(label) => (3_u8, label).encode(out),
        }
    }
}

/// A clause of `resume` (stack switching).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Handler {
    /// `(on $tag $label)`.
    Label(TagIdx, LabelIdx),
    /// `(on $tag switch)`.
    Switch(TagIdx),
}

impl<'a> Decode<'a> for Handler {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(match reader.byte()? {
            0 => Handler::Label(reader.read()?, reader.read()?),
            1 => Handler::Switch(reader.read()?),
            _ => return Err(reader.back(1, Malformed::CatchClause)),
        })
    }
}

impl Encode for Handler {
    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Handler::Label(tag, label) => (0_u8, tag, label).encode(out),
            Handler::Switch(tag) => (1_u8, tag).encode(out),
        }
    }
}
