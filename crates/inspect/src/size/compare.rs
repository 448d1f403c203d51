//! Compares the sizes of the pieces of two files.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{PieceKind, Sizes};

/// A difference in the size of a piece between two files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The module or component that contains the piece, by its path in words.
    pub unit: String,
    /// The kind of the piece, and its name or else its index.
    pub what: String,
    /// The size in the old file; `None` if the old file lacks the piece.
    pub old: Option<usize>,
    /// The size in the new file; `None` if the new file lacks the piece.
    pub new: Option<usize>,
}

impl Difference {
    /// Returns the growth in bytes; negative if the piece became smaller.
    pub fn growth(&self) -> i64 {
        let size = |side: Option<usize>| i64::try_from(side.unwrap_or(0)).unwrap_or(i64::MAX);
        size(self.new) - size(self.old)
    }
}

/// Finds the pieces that became larger or smaller, the largest change first. Pieces correspond by
/// their names, without the hashes of Rust, and by their indices if they have no name. In each
/// module or component, all headers count as one piece, and so do all names of one kind of item.
///
/// ```
/// use wattle_ast::Features;
/// use wattle_inspect::size::{Sizes, compare};
///
/// let old = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
/// let new = b"\0asm\x01\0\0\0\x05\x04\x01\0\x80\x01";
/// let (old, new) = (Sizes::of(old, Features::ALL), Sizes::of(new, Features::ALL));
/// let differences = compare(&old, &new);
/// assert_eq!((&*differences[0].what, differences[0].growth()), ("memory 0", 1));
/// ```
pub fn compare(old: &Sizes<'_>, new: &Sizes<'_>) -> Vec<Difference> {
    let mut found: HashMap<(String, String), (Option<usize>, Option<usize>)> = HashMap::new();
    for (sizes, is_new) in [(old, false), (new, true)] {
        for piece in &sizes.pieces {
            let unit = sizes.units[piece.unit as usize].path.clone();
            let what = match piece.kind {
                PieceKind::Header | PieceKind::Preamble => format!("{}s", piece.kind),
                PieceKind::Name(kind) => format!("names of {}s", kind.keyword()),
                _ => match piece.shown_name() {
                    Some(name) => [&*piece.kind.to_string(), " ", &*name].concat(),
                    None => format!("{} {}", piece.kind, piece.index),
                },
            };
            let sides = found.entry((unit, what)).or_default();
            let side = if is_new { &mut sides.1 } else { &mut sides.0 };
            *side = Some(side.unwrap_or(0) + piece.size);
        }
    }
    let differ = found.into_iter().filter(|(_, (old, new))| old != new);
    let mut differences: Vec<_> =
        differ.map(|((unit, what), (old, new))| Difference { unit, what, old, new }).collect();
    differences.sort_by_cached_key(|it| {
        (Reverse(it.growth().unsigned_abs()), it.unit.clone(), it.what.clone())
    });
    differences
}
