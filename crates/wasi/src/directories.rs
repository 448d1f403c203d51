//! `fd_prestat_*` and `fd_readdir`: the directories that were opened for the program, and their
//! entries.

use cap_fs_ext::MetadataExt;
use cap_std::fs::Dir;

use crate::abi::{Errno, FileType, Result};
use crate::descriptors::{Entry, Kind, file_type};
use crate::guest::Guest;
use crate::state::State;

/// Returns the name of a directory that was opened for the program.
fn preopen(state: &State, fd: u32) -> Result<&str> {
    let directory = state.fds.directory(fd).map_err(|_| Errno::BADF)?;
    directory.preopen.as_deref().ok_or(Errno::BADF)
}

pub(crate) fn fd_prestat_get(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    to: u32,
) -> Result {
    let len = u32::try_from(preopen(state, fd)?.len())?;
    memory.write_u64(to, u64::from(len) << 32)
}

pub(crate) fn fd_prestat_dir_name(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    path: u32,
    len: u32,
) -> Result {
    let name = preopen(state, fd)?.as_bytes();
    if name.len() > len as usize {
        return Err(Errno::NAMETOOLONG);
    }
    memory.write(path, name)
}

/// The fuel for an entry of a directory, which includes reading the metadata of its file.
const ENTRY: u64 = 1000;

/// Reads the entries of a directory, with `.` and `..`. Both are the directory itself: the program
/// may not learn about the directory above.
fn entries(dir: &Dir, memory: &mut Guest<'_>) -> Result<Vec<Entry>> {
    let ino = dir.dir_metadata()?.ino();
    let own = |name: &str| Entry { name: name.to_owned(), ino, ty: FileType::Directory };
    let mut entries = vec![own("."), own("..")];
    for entry in dir.entries()? {
        let entry = entry?;
        memory.charge(ENTRY)?;
        // Names of the interface are UTF-8, so entries with other names are left out.
        let Ok(name) = entry.file_name().into_string() else { continue };
        // The file may have been removed in the meantime.
        let Ok(metadata) = entry.metadata() else { continue };
        entries.push(Entry { name, ino: metadata.ino(), ty: file_type(metadata.file_type()) });
    }
    Ok(entries)
}

pub(crate) fn fd_readdir(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    buffer: u32,
    len: u32,
    cookie: u64,
    to: u32,
) -> Result {
    memory.slice(to, 4)?;
    let Kind::Directory(directory) = &mut state.fds.get_mut(fd)?.kind else {
        return Err(Errno::NOTDIR);
    };
    // The first call reads the directory; later calls go on with the entries that it found.
    if cookie == 0 || directory.entries.is_empty() {
        directory.entries = entries(&directory.dir, memory)?;
    }
    memory.charge_bytes(len.into())?;
    let into = memory.slice_mut(buffer, len)?;
    let mut used = 0;
    let from = usize::try_from(cookie).unwrap_or(usize::MAX);
    for (entry, next) in directory.entries.iter().skip(from).zip(cookie.saturating_add(1)..) {
        let mut record = [0; 24];
        record[..8].copy_from_slice(&next.to_le_bytes());
        record[8..16].copy_from_slice(&entry.ino.to_le_bytes());
        record[16..20].copy_from_slice(&u32::try_from(entry.name.len())?.to_le_bytes());
        record[20] = entry.ty as u8;
        for part in [&record[..], entry.name.as_bytes()] {
            let rest = into.get_mut(used..).unwrap_or_default();
            // An entry that does not fit is cut off: a full buffer tells the program that there is
            // more.
            let fits = part.len().min(rest.len());
            rest.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
            used += fits;
        }
        if used == into.len() {
            break;
        }
    }
    memory.write_u32(to, u32::try_from(used)?)
}
