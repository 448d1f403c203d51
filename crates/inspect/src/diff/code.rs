//! The instructions of two functions, and other lists of lines.

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};
use wattle_ast::{Expr, Instrs};
use wattle_printer::Lister;

use super::ids::hash_of;
use super::{Hunk, Line, LineSide, Options};

/// The most lines of an item that are compared line by line.
const MAX_LINES: usize = 200_000;

/// A line of an item.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// The hash of the meaning of the line.
    pub(super) hash: u64,
    /// Its place in the item.
    pub(super) place: usize,
    pub(super) depth: usize,
    pub(super) text: String,
}

/// Returns the hashes of the instructions of an expression in which numbers stand for indices.
pub(super) fn hashes(expr: &Expr<'_>) -> Vec<u64> {
    let bytes = expr.bytes();
    let mut instrs = Instrs::new(bytes);
    let mut hashes = Vec::new();
    while let Some(Ok(_)) = instrs.next() {
        hashes.push(hash_of(bytes.get(instrs.offset()..instrs.next_offset())));
    }
    hashes
}

/// Returns the instructions of an expression as lines. In `numbered`, numbers stand for indices.
pub(super) fn rows(lister: &Lister<'_>, code: &[u8], numbered: &Expr<'_>) -> Vec<Row> {
    let lines = lister.expr(code).lines.into_iter();
    let row = |(line, hash): (wattle_printer::Line, u64)| Row {
        hash,
        place: line.offset,
        depth: line.depth,
        text: line.text,
    };
    lines.zip(hashes(numbered)).map(row).collect()
}

/// Returns the hashes of lines.
pub(super) fn hashes_of(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(|row| row.hash).collect()
}

/// Returns the runs of lines that differ. `None` if there are too many lines to tell.
pub(super) fn hunks(old: &[Row], new: &[Row], options: Options) -> Option<Vec<Hunk>> {
    if !options.hunks {
        return Some(Vec::new());
    }
    if old.len().max(new.len()) > MAX_LINES {
        return None;
    }
    let ops = capture_diff_slices(Algorithm::Myers, &hashes_of(old), &hashes_of(new));
    let groups = group_diff_ops(ops, options.context);
    let groups =
        groups.iter().filter(|ops| ops.iter().any(|op| !matches!(op, DiffOp::Equal { .. })));
    Some(groups.map(|ops| hunk(ops, old, new)).collect())
}

fn hunk(ops: &[DiffOp], old: &[Row], new: &[Row]) -> Hunk {
    let mut hunk = Hunk::default();
    if let Some(first) = ops.first() {
        let place = |rows: &[Row], at: usize| rows.get(at).map_or(0, |row| row.place);
        hunk.old = place(old, first.old_range().start);
        hunk.new = place(new, first.new_range().start);
    }
    for op in ops {
        let is_equal = matches!(op, DiffOp::Equal { .. });
        let mut add = |side, rows: &[Row], range: std::ops::Range<usize>| {
            let rows = rows.get(range).unwrap_or_default();
            hunk.lines.extend(rows.iter().map(|row| Line {
                side,
                depth: row.depth,
                text: row.text.clone(),
            }));
        };
        if is_equal {
            add(LineSide::Both, new, op.new_range());
        } else {
            add(LineSide::Old, old, op.old_range());
            add(LineSide::New, new, op.new_range());
        }
    }
    hunk
}
