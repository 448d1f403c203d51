//! `wattle objdump` of an archive of object files.

use std::io::{self, Write};

use serde::Serialize;
use wattle::ast::Shown;
use wattle::inspect::archive::Member;

/// A member in a listing.
#[derive(Serialize)]
pub(super) struct MemberRow {
    name: String,
    start: usize,
    size: usize,
    /// Whether it is a module or component, and so has a listing of its own.
    is_wasm: bool,
}

/// The members in the order of the archive.
pub(super) fn rows(members: &[Member<'_>]) -> Vec<MemberRow> {
    let row = |member: &Member<'_>| MemberRow {
        name: member.name.clone(),
        start: member.start,
        size: member.bytes.len(),
        is_wasm: wattle::is_binary(member.bytes),
    };
    members.iter().map(row).collect()
}

/// Writes the members, one on each line.
pub(super) fn write(out: &mut dyn Write, rows: &[MemberRow]) -> io::Result<()> {
    writeln!(out, "members ({})", rows.len())?;
    for row in rows {
        let what = if row.is_wasm { "" } else { ", not a module" };
        let shown = Shown(&row.name);
        writeln!(out, "  {:>#10x} {:>10} bytes  {shown}{what}", row.start, row.size)?;
    }
    Ok(())
}
