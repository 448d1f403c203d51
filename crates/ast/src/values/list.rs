//! Lists that are kept in their encoded form and decoded on the fly.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use crate::{Decode, Encode, FuncIdx, Malformed, Reader, leb128};

/// A `Copy` view of an encoded list, which begins with its count.
///
/// Spec: <https://webassembly.github.io/spec/core/binary/conventions.html#lists>
///
/// ```
/// use wattle_ast::{FuncIdx, ListView};
/// let view: ListView<FuncIdx> = ListView::new(&[2, 3, 0xac, 0x02]);
/// assert_eq!(view.len(), 2);
/// assert_eq!(view.iter().last(), Some(FuncIdx(300)));
/// ```
pub struct ListView<'a, T> {
    bytes: &'a [u8],
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for ListView<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ListView<'_, T> {}

impl<'a, T> ListView<'a, T> {
    /// Makes a view of bytes that hold a count and then that many elements. If the bytes are
    /// malformed, the list ends before the first element that cannot be decoded.
    pub const fn new(bytes: &'a [u8]) -> Self {
        ListView { bytes, of: PhantomData }
    }

    /// The encoded bytes.
    pub const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The number of elements.
    pub fn len(self) -> u32 {
        Reader::new(self.bytes).u32().unwrap_or(0)
    }

    /// Whether the list is empty.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl<'a, T: Encode> ListView<'a, T> {
    /// Encodes elements into `buffer`, which must be empty, and returns a view of them.
    pub fn encode_in(
        buffer: &'a mut Vec<u8>,
        elements: impl ExactSizeIterator<Item = T>,
    ) -> ListView<'a, T> {
        leb128::write_u32(buffer, elements.len() as u32);
        elements.for_each(|element| element.encode(buffer));
        ListView::new(buffer)
    }
}

impl<'a, T: Decode<'a>> ListView<'a, T> {
    /// The elements.
    pub fn iter(self) -> impl Iterator<Item = T> + 'a
    where
        T: 'a,
    {
        let mut reader = Reader::new(self.bytes);
        let mut left = reader.u32().unwrap_or(0);
        core::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            T::decode(&mut reader).ok()
        })
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for ListView<'a, T> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let start = reader.pos();
        let count = reader.len32()?;
        for _ in 0..count {
            T::decode(reader)?;
        }
        Ok(ListView::new(reader.since(start)))
    }
}

impl<'a, T: Decode<'a> + Encode + 'a> Encode for ListView<'a, T> {
    fn encode(&self, out: &mut Vec<u8>) {
        leb128::write_u32(out, self.len());
        self.iter().for_each(|element| element.encode(out));
    }
}

impl<'a, T: Decode<'a> + PartialEq + 'a> PartialEq for ListView<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes || self.iter().eq(other.iter())
    }
}

impl<'a, T: Decode<'a> + Eq + 'a> Eq for ListView<'a, T> {}

impl<'a, T: Decode<'a> + fmt::Debug + 'a> fmt::Debug for ListView<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The type of a [`List`]'s elements, whose values may borrow from the list's bytes.
pub trait Element {
    /// An element that is decoded from bytes with lifetime `'b`.
    type Of<'b>: Decode<'b> + PartialEq + fmt::Debug;
}

impl Element for FuncIdx {
    type Of<'b> = FuncIdx;
}

/// A list in its encoded form, borrowed from the input or owned.
///
/// ```
/// use wattle_ast::{FuncIdx, List};
/// let list: List<FuncIdx> = List::new([FuncIdx(3), FuncIdx(300)]);
/// assert_eq!(list.len(), 2);
/// assert_eq!(list.view().iter().next(), Some(FuncIdx(3)));
/// ```
pub struct List<'a, T> {
    bytes: Cow<'a, [u8]>,
    of: PhantomData<fn() -> T>,
}

impl<'a, T: Element> List<'a, T> {
    /// A list with these elements.
    pub fn new<E: Encode>(elements: impl IntoIterator<Item = E>) -> Self {
        let mut encoded = Vec::new();
        let mut count = 0;
        for element in elements {
            element.encode(&mut encoded);
            count += 1;
        }
        List::from_encoded(count, &encoded)
    }

    /// A list from `count` encoded elements, one after the other.
    pub fn from_encoded(count: u32, elements: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(elements.len() + 5);
        leb128::write_u32(&mut bytes, count);
        bytes.extend_from_slice(elements);
        List { bytes: Cow::Owned(bytes), of: PhantomData }
    }

    /// The list as a [`ListView`].
    pub fn view(&self) -> ListView<'_, T::Of<'_>> {
        ListView::new(&self.bytes)
    }

    /// The number of elements.
    pub fn len(&self) -> u32 {
        self.view().len()
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies the bytes, so that the list can outlive the input.
    pub fn into_owned(self) -> List<'static, T> {
        List { bytes: Cow::Owned(self.bytes.into_owned()), of: PhantomData }
    }

    /// A list that borrows from this one.
    pub fn borrowed(&self) -> List<'_, T> {
        List { bytes: Cow::Borrowed(&self.bytes), of: PhantomData }
    }
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        List { bytes: self.bytes.clone(), of: PhantomData }
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        List { bytes: Cow::Borrowed(&[0]), of: PhantomData }
    }
}

impl<'a, T: Element> Decode<'a> for List<'a, T> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let view = ListView::<T::Of<'a>>::decode(reader)?;
        Ok(List { bytes: Cow::Borrowed(view.bytes), of: PhantomData })
    }
}

impl<T: Element> PartialEq for List<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes || same::<T>(&self.bytes, &other.bytes)
    }
}

/// Whether two encoded lists have equal elements.
fn same<T: Element>(a: &[u8], b: &[u8]) -> bool {
    ListView::<T::Of<'_>>::new(a).iter().eq(ListView::<T::Of<'_>>::new(b).iter())
}

impl<T: Element> Eq for List<'_, T> {}

impl<T: Element> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.view().iter()).finish()
    }
}
