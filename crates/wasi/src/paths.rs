//! `path_*`: the functions of paths in open directories. No path leads out of its directory.
#![allow(clippy::too_many_arguments)] // The interface sets the number of parameters.

use cap_fs_ext::{
    DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt,
    SystemTimeSpec,
};
use cap_std::fs::{Dir, OpenOptions};
use cap_std::time::SystemTime;

use crate::abi::{Errno, Result, SYMLINK_FOLLOW, fdflags, known_flags, oflags};
use crate::descriptors::{Descriptor, Directory, Kind, stat};
use crate::files::{set_flags, times};
use crate::guest::Guest;
use crate::rights;
use crate::state::State;

/// Returns whether the flags of a call ask to follow a link at the end of its path.
fn follows(flags: u32) -> Result<bool> {
    if flags & !SYMLINK_FOLLOW == 0 { Ok(flags != 0) } else { Err(Errno::INVAL) }
}

pub(crate) fn path_create_directory(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    path: u32,
    len: u32,
) -> Result {
    let path = memory.path(path, len)?;
    Ok(state.fds.dir(fd)?.create_dir(path.trim_end_matches('/'))?)
}

pub(crate) fn path_filestat_get(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    follow: u32,
    path: u32,
    len: u32,
    to: u32,
) -> Result {
    let dir = state.fds.dir(fd)?;
    let path = memory.path(path, len)?;
    let metadata = if follows(follow)? { dir.metadata(path) } else { dir.symlink_metadata(path) }?;
    memory.write(to, &stat(&metadata).to_bytes())
}

pub(crate) fn path_filestat_set_times(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    follow: u32,
    path: u32,
    len: u32,
    atim: u64,
    mtim: u64,
    flags: u32,
) -> Result {
    let path = memory.path(path, len)?;
    let spec = |time| SystemTimeSpec::Absolute(SystemTime::from_std(time));
    let [accessed, modified] = times(state, atim, mtim, flags)?.map(|time| time.map(spec));
    let dir = state.fds.dir(fd)?;
    Ok(match follows(follow)? {
        true => dir.set_times(path, accessed, modified),
        false => dir.set_symlink_times(path, accessed, modified),
    }?)
}

pub(crate) fn path_link(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    follow: u32,
    path: u32,
    len: u32,
    new_fd: u32,
    new: u32,
    new_len: u32,
) -> Result {
    if follows(follow)? {
        return Err(Errno::INVAL);
    }
    let (path, new) = (memory.path(path, len)?, memory.path(new, new_len)?);
    Ok(state.fds.dir(fd)?.hard_link(path, state.fds.dir(new_fd)?, new)?)
}

/// Returns the host's options for opening a file, from the flags and rights of the interface.
fn options(oflags: u16, flags: u16, base: u64, follow: bool) -> Result<OpenOptions> {
    let has = |flag: u16| oflags & flag != 0;
    let directory = has(oflags::DIRECTORY);
    let create = has(oflags::CREAT) || has(oflags::TRUNC);
    if directory && create {
        return Err(Errno::INVAL);
    }
    if directory && base & rights::WRITES != 0 {
        return Err(Errno::ISDIR);
    }
    let write = base & rights::WRITES != 0 || create;
    let read = base & (rights::FD_READ | rights::FD_READDIR) != 0 || !write;
    let mut options = OpenOptions::new();
    options.read(read).write(write).maybe_dir(!write);
    options.follow(if follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
    match (has(oflags::CREAT), has(oflags::EXCL)) {
        (true, true) => options.create_new(true),
        (true, false) => options.create(true),
        _ => &mut options,
    };
    options.truncate(has(oflags::TRUNC));
    // With this option, opening a pipe without a writer does not block.
    if flags & fdflags::NONBLOCK != 0 {
        options.nonblock(true);
    }
    Ok(options)
}

pub(crate) fn path_open(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    follow: u32,
    path: u32,
    len: u32,
    oflags: u32,
    base: u64,
    inheriting: u64,
    flags: u32,
    to: u32,
) -> Result {
    let oflags = known_flags(oflags, oflags::ALL)?;
    let flags = known_flags(flags, fdflags::ALL)?;
    memory.slice(to, 4)?;
    let [needed, inherited] = rights::to_open(oflags, flags);
    let parent = state.fds.get(fd)?;
    parent.needs(needed)?;
    let apply = if oflags & oflags::DIRECTORY != 0 { 0 } else { rights::FILE } | rights::DIRECTORY;
    let beyond = (base | inherited) & apply | inheriting & rights::INHERITABLE;
    if beyond & !parent.rights[1] != 0 {
        return Err(Errno::NOTCAPABLE);
    }
    let dir = state.fds.dir(fd)?;
    state.fds.has_room()?;
    let path = memory.path(path, len)?;
    let options = options(oflags, flags, base, follows(follow)?)?;
    let file = dir.open_with(path, &options)?;
    let kind = if file.metadata()?.is_dir() {
        let dir = Dir::from_std_file(file.into_std());
        Kind::Directory(Directory { dir, preopen: None, entries: Vec::new() })
    } else if oflags & oflags::DIRECTORY != 0 || path.ends_with('/') {
        return Err(Errno::NOTDIR);
    } else {
        set_flags(&file, flags)?;
        Kind::File(file)
    };
    let rights = [base, inheriting & rights::INHERITABLE];
    let descriptor = Descriptor::new(kind, rights, flags);
    let fd = state.fds.add(descriptor)?;
    memory.write_u32(to, fd)
}

pub(crate) fn path_readlink(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    path: u32,
    len: u32,
    buffer: u32,
    room: u32,
    to: u32,
) -> Result {
    memory.slice(to, 4)?;
    let target = state.fds.dir(fd)?.read_link(memory.path(path, len)?)?;
    let target = target.to_str().ok_or(Errno::ILSEQ)?.as_bytes();
    let fits = target.get(..room as usize).unwrap_or(target);
    memory.slice(buffer, room)?;
    memory.write(buffer, fits)?;
    memory.write_u32(to, u32::try_from(fits.len())?)
}

pub(crate) fn path_remove_directory(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    path: u32,
    len: u32,
) -> Result {
    Ok(state.fds.dir(fd)?.remove_dir(memory.path(path, len)?)?)
}

pub(crate) fn path_rename(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    path: u32,
    len: u32,
    new_fd: u32,
    new: u32,
    new_len: u32,
) -> Result {
    let (path, new) = (memory.path(path, len)?, memory.path(new, new_len)?);
    Ok(state.fds.dir(fd)?.rename(path, state.fds.dir(new_fd)?, new)?)
}

/// Makes a symbolic link. A link to an absolute path is refused, because following it would lead
/// out of the directory.
pub(crate) fn path_symlink(
    state: &mut State,
    memory: &mut Guest<'_>,
    target: u32,
    target_len: u32,
    fd: u32,
    path: u32,
    len: u32,
) -> Result {
    let (target, path) = (memory.path(target, target_len)?, memory.path(path, len)?);
    Ok(DirExt::symlink(state.fds.dir(fd)?, target, path)?)
}

pub(crate) fn path_unlink_file(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    path: u32,
    len: u32,
) -> Result {
    let path = memory.path(path, len)?;
    Ok(state.fds.dir(fd)?.remove_file_or_symlink(path)?)
}
