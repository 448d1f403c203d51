//! Layouts: the size and the alignment of values in memory.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#alignment>

/// The size of a value in memory, and the alignment of its address.
///
/// A size that does not fit 64 bits becomes the greatest number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Layout {
    /// The number of bytes.
    pub size: u64,
    /// The alignment: 1, 2, 4 or 8.
    pub align: u32,
}

impl Layout {
    /// The layout of a number, or of a part of one, that is aligned to its size.
    pub(crate) const fn scalar(size: u32) -> Layout {
        Layout { size: size as u64, align: size }
    }

    /// The layout of a pointer and a length.
    pub(crate) const fn pair(pointer: u32) -> Layout {
        Layout { size: 2 * pointer as u64, align: pointer }
    }

    /// The layout of `len` consecutive values.
    pub(crate) const fn repeated(self, len: u32) -> Layout {
        Layout { size: self.size.saturating_mul(len as u64), align: self.align }
    }

    /// The layout of a variant with `cases` cases, whose payloads have these layouts.
    pub(crate) fn variant(cases: usize, payloads: impl Iterator<Item = Layout>) -> Layout {
        let widest =
            |a: Layout, b: Layout| Layout { size: a.size.max(b.size), align: a.align.max(b.align) };
        let payload = payloads.fold(Layout { size: 0, align: 1 }, widest);
        let mut record = RecordLayout::default();
        record.push(Layout::scalar(discriminant_size(cases)));
        record.push(payload);
        record.finish()
    }
}

/// The number of bytes of the discriminant of a variant with `cases` cases.
///
/// ```
/// use wattle_abi::discriminant_size;
/// assert_eq!([2, 256, 257, 65_537].map(discriminant_size), [1, 1, 2, 4]);
/// ```
pub const fn discriminant_size(cases: usize) -> u32 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Finds the offsets of fields, one after the other. The payload of a variant is a field after its
/// discriminant, with the size and the alignment of the largest payload.
///
/// ```
/// use wattle_abi::{Layout, RecordLayout};
/// let mut record = RecordLayout::default();
/// assert_eq!(record.push(Layout { size: 1, align: 1 }), 0);
/// assert_eq!(record.push(Layout { size: 4, align: 4 }), 4);
/// assert_eq!(record.push(Layout { size: 1, align: 1 }), 8);
/// assert_eq!(record.finish(), Layout { size: 12, align: 4 });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordLayout {
    end: u64,
    align: u32,
}

impl Default for RecordLayout {
    fn default() -> RecordLayout {
        RecordLayout { end: 0, align: 1 }
    }
}

impl RecordLayout {
    /// Adds a field. Returns its offset.
    pub fn push(&mut self, field: Layout) -> u64 {
        let offset = align_to(self.end, field.align);
        self.end = offset.saturating_add(field.size);
        self.align = self.align.max(field.align);
        offset
    }

    /// The layout of the whole record.
    pub fn finish(self) -> Layout {
        Layout { size: align_to(self.end, self.align), align: self.align }
    }
}

/// The next multiple of an alignment.
fn align_to(offset: u64, align: u32) -> u64 {
    offset.checked_next_multiple_of(align.into()).unwrap_or(u64::MAX)
}
