//! The sections of object files: symbols and relocations.

use wattle_ast::custom::{
    ComdatSymbol, InitFunc, Reloc, RelocType, Segment, SegmentFlags, Symbol, SymbolFlags,
};
use wattle_ast::{Malformed, Name};

use super::{Customs, Walk, flags};

pub(super) fn symbol_flags(flags_: SymbolFlags) -> String {
    flags(flags_.0, SymbolFlags::WORDS.iter().map(|(flag, word)| (flag.0, *word)))
}

fn segment_flags(flags_: SegmentFlags) -> String {
    flags(flags_.0, SegmentFlags::WORDS.iter().map(|(flag, word)| (flag.0, *word)))
}

pub(super) fn linking(walk: &mut Walk<'_, '_>, customs: &Customs<'_>) -> Result<(), Malformed> {
    let version = walk.reader.u32()?;
    walk.row(0, format_args!("version {version}"));
    let mut symbols = 0;
    walk.subsections(|walk, id| {
        let what = match id {
            5 => ["segment", "segments"],
            6 => ["init function", "init functions"],
            7 => ["comdat", "comdats"],
            8 => ["symbol", "symbols"],
            _ => return walk.unknown(id),
        };
        for number in 0..walk.count(0, what)? {
            match id {
                5 => {
                    let Segment { name, align, flags } = walk.reader.read()?;
                    let (name, flags) = (customs.quoted(&name), segment_flags(flags));
                    walk.row(1, format_args!("segment {number} {name}, align 2^{align}{flags}"));
                }
                6 => {
                    let InitFunc { priority, symbol } = walk.reader.read()?;
                    let shown = shown_symbol(customs, symbol);
                    walk.row(1, format_args!("priority {priority}: symbol {symbol}{shown}"));
                }
                7 => comdat(walk, customs, number)?,
                _ => {
                    let symbol: Symbol<'_> = walk.reader.read()?;
                    let shown = customs.symbol(&symbol);
                    let flags = symbol_flags(symbol.flags);
                    walk.row(1, format_args!("symbol {symbols}: {shown}{flags}"));
                    symbols += 1;
                }
            }
        }
        Ok(())
    })
}

/// Returns the symbol with this number, in parentheses.
fn shown_symbol(customs: &Customs<'_>, number: u32) -> String {
    let symbol = customs.symbols.get(number as usize);
    symbol.map_or(String::new(), |symbol| format!(" ({symbol})"))
}

fn comdat(walk: &mut Walk<'_, '_>, customs: &Customs<'_>, number: u32) -> Result<(), Malformed> {
    let name: Name<'_> = walk.reader.read()?;
    let flags = walk.reader.u32()?;
    let name = customs.quoted(&name);
    let text = format_args!("comdat {number} {name}, flags {flags:#x}, ");
    for _ in 0..walk.counted(1, text, ["member", "members"])? {
        let ComdatSymbol { kind, index } = walk.reader.read()?;
        use wattle_ast::custom::ComdatKind::{Data, Func, Global, Section, Table, Tag};
        let kind = match kind {
            Data => "data",
            Func => "func",
            Global => "global",
            Tag => "tag",
            Table => "table",
            Section => "section",
        };
        walk.row(2, format_args!("{kind} {index}"));
    }
    Ok(())
}

pub(super) fn relocations(walk: &mut Walk<'_, '_>, customs: &Customs<'_>) -> Result<(), Malformed> {
    let section = walk.reader.u32()?;
    let known = customs.sections.get(section as usize);
    let name = known.map_or(String::new(), |(name, _)| format!(" ({})", wattle_ast::Shown(name)));
    walk.row(0, format_args!("of section {section}{name}"));
    for _ in 0..walk.count(0, ["relocation", "relocations"])? {
        let Reloc { ty, offset, index, addend } = walk.reader.read()?;
        let file = known.map_or(String::new(), |(_, content)| {
            format!(" ({:#x} in the file)", content.saturating_add(offset as usize))
        });
        let target = match ty {
            RelocType::TypeIndexLeb => format!("type {index}"),
            _ => format!("symbol {index}{}", shown_symbol(customs, index)),
        };
        let addend = if addend == 0 { String::new() } else { format!(" {addend:+}") };
        walk.row(1, format_args!("{} at {offset:#x}{file}: {target}{addend}", ty.name()));
    }
    Ok(())
}
