//! Frames: contents that are written before their sizes are known.

use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::{Encode, Item, leb128};

/// Appends magic and version.
pub(crate) fn header(out: &mut Vec<u8>) {
    Item::Header.encode(out);
}

/// Appends a section with this id. `content` writes everything after the size. `estimate` is the
/// approximate number of these bytes: if it is good, the content need not be moved to make room for
/// the size.
pub(crate) fn section(
    out: &mut Vec<u8>,
    id: u8,
    estimate: usize,
    content: impl FnOnce(&mut Vec<u8>),
) {
    out.push(id);
    let size_at = out.len();
    leb128::write_u32(out, u32::try_from(estimate).unwrap_or(u32::MAX));
    let start = out.len();
    content(out);
    let size = (out.len() - start) as u32;
    patch(out, size_at..start, &size.to_bytes());
}

/// Replaces the bytes at `range` by `bytes`.
pub(crate) fn patch(out: &mut Vec<u8>, range: Range<usize>, bytes: &[u8]) {
    match out.get_mut(range.clone()) {
        Some(place) if place.len() == bytes.len() => place.copy_from_slice(bytes),
        Some(_) => drop(out.splice(range, bytes.iter().copied())),
        None => {}
    }
}
