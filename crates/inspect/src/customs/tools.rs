//! The sections of compilers, linkers and package managers: producers, features, dynamic linking,
//! metadata of code, debug information in other files, and facts about a package.

use wattle_ast::custom::{
    BranchHint, DylinkExport, DylinkImport, DylinkMemory, MetadataValue, TargetFeature,
    TargetPrefix, VersionedName,
};
use wattle_ast::{Malformed, Name, Quoted};

use super::linking::symbol_flags;
use super::{Customs, Walk};

pub(super) fn producers(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    for _ in 0..walk.count(0, ["field", "fields"])? {
        let name: Name<'_> = walk.reader.read()?;
        let text = format_args!("{}, ", Quoted(name));
        for _ in 0..walk.counted(0, text, ["value", "values"])? {
            let VersionedName { name, version } = walk.reader.read()?;
            match version.is_empty() {
                true => walk.row(1, format_args!("{}", Quoted(name))),
                false => walk.row(1, format_args!("{} {}", Quoted(name), Quoted(version))),
            }
        }
    }
    Ok(())
}

pub(super) fn target_features(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    for _ in 0..walk.count(0, ["feature", "features"])? {
        let TargetFeature { prefix, name } = walk.reader.read()?;
        let meaning = match prefix {
            TargetPrefix::Used => "used",
            TargetPrefix::Disallowed => "disallowed",
            TargetPrefix::Required => "required",
        };
        let sign = char::from(prefix.code());
        walk.row(0, format_args!("{sign} {}: {meaning}", Quoted(name)));
    }
    Ok(())
}

pub(super) fn dylink(walk: &mut Walk<'_, '_>, customs: &Customs<'_>) -> Result<(), Malformed> {
    walk.subsections(|walk, id| {
        let what = match id {
            1 => {
                let DylinkMemory { memory_size, memory_align, table_size, table_align } =
                    walk.reader.read()?;
                walk.row(
                    0,
                    format_args!(
                        "memory: {memory_size} bytes, align 2^{memory_align}; table: {table_size} \
                         elements, align 2^{table_align}"
                    ),
                );
                return Ok(());
            }
            6 => {
                let name: Name<'_> = walk.reader.read()?;
                walk.row(0, format_args!("architecture {}", Quoted(name)));
                return Ok(());
            }
            2 => ["needed library", "needed libraries"],
            3 => ["export", "exports"],
            4 => ["import", "imports"],
            5 => ["path at run time", "paths at run time"],
            _ => return walk.unknown(id),
        };
        for _ in 0..walk.count(0, what)? {
            match id {
                3 => {
                    let DylinkExport { name, flags } = walk.reader.read()?;
                    let (name, flags) = (customs.quoted(&name), symbol_flags(flags));
                    walk.row(1, format_args!("export {name}{flags}"));
                }
                4 => {
                    let DylinkImport { module, name, flags } = walk.reader.read()?;
                    let (name, flags) = (customs.quoted(&name), symbol_flags(flags));
                    walk.row(1, format_args!("import {} {name}{flags}", Quoted(module)));
                }
                _ => {
                    let name: Name<'_> = walk.reader.read()?;
                    walk.row(1, format_args!("{}", Quoted(name)));
                }
            }
        }
        Ok(())
    })
}

pub(super) fn metadata(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    for _ in 0..walk.count(0, ["function", "functions"])? {
        let func = walk.reader.u32()?;
        for _ in 0..walk.counted(0, format_args!("func {func}, "), ["entry", "entries"])? {
            let offset = walk.reader.u32()?;
            let bytes = walk.reader.byte_list()?;
            match BranchHint::from_bytes(bytes) {
                Some(BranchHint::Likely) => walk.row(1, format_args!("at {offset:#x}: likely")),
                Some(BranchHint::Unlikely) => walk.row(1, format_args!("at {offset:#x}: unlikely")),
                None => walk.row(1, format_args!("at {offset:#x}: {} bytes", bytes.len())),
            }
        }
    }
    Ok(())
}

pub(super) fn url(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    let url: Name<'_> = walk.reader.read()?;
    walk.row(0, format_args!("{}", Quoted(url)));
    Ok(())
}

pub(super) fn subject(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    let text = walk.reader.take(walk.reader.remaining())?;
    let text = std::str::from_utf8(text).map_err(|_| Malformed::Utf8)?;
    walk.row(0, format_args!("{}", Quoted(text)));
    Ok(())
}

pub(super) fn build_id(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    let bytes = walk.reader.byte_list()?;
    walk.row(0, format_args!("{} bytes", bytes.len()));
    Ok(())
}

pub(super) fn dependencies(walk: &mut Walk<'_, '_>, _: &Customs<'_>) -> Result<(), Malformed> {
    let rest = walk.reader.remaining();
    walk.reader.take(rest)?;
    walk.row(0, format_args!("a list of packages, compressed"));
    Ok(())
}
