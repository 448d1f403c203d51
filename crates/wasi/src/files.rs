//! `fd_*`: the functions of open descriptors.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::{Duration, SystemTime};

use cap_std::fs::File;

use crate::abi::{Errno, Result, fdflags, fstflags, known_flags};
use crate::descriptors::Kind;
use crate::guest::Guest;
use crate::state::{State, interrupt};
use crate::streams::retry;

pub(crate) fn fd_advise(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    offset: u64,
    len: u64,
    advice: u32,
) -> Result {
    state.fds.file(fd)?;
    if advice > 5 || offset.checked_add(len).is_none() {
        return Err(Errno::INVAL);
    }
    Ok(())
}

pub(crate) fn fd_allocate(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    offset: u64,
    len: u64,
) -> Result {
    let file = state.fds.file(fd)?;
    let end = offset.checked_add(len).filter(|_| len > 0).ok_or(Errno::INVAL)?;
    if end > file.metadata()?.len() {
        file.set_len(end)?;
    }
    Ok(())
}

pub(crate) fn fd_close(state: &mut State, _: &mut Guest<'_>, fd: u32) -> Result {
    let descriptor = state.fds.0.remove(&fd).ok_or(Errno::BADF)?;
    match descriptor.kind {
        Kind::Output(output) => Ok(output.flush()?),
        _ => Ok(()),
    }
}

/// Makes the host write out a file by `call`, or flushes an output.
pub(crate) fn sync(
    state: &mut State,
    fd: u32,
    call: impl FnOnce(&File) -> io::Result<()>,
) -> Result {
    match &state.fds.get(fd)?.kind {
        Kind::File(file) => Ok(call(file)?),
        Kind::Output(output) => Ok(output.flush()?),
        _ => Ok(()),
    }
}

pub(crate) fn fd_fdstat_get(state: &mut State, memory: &mut Guest<'_>, fd: u32, to: u32) -> Result {
    let descriptor = state.fds.get(fd)?;
    let mut record = [0; 24];
    let [base, inheriting] = descriptor.rights.map(u64::to_le_bytes);
    record[0] = descriptor.file_type()? as u8;
    record[2..4].copy_from_slice(&descriptor.flags.to_le_bytes());
    record[8..16].copy_from_slice(&base);
    record[16..].copy_from_slice(&inheriting);
    memory.write(to, &record)
}

pub(crate) fn fd_fdstat_set_flags(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    flags: u32,
) -> Result {
    let descriptor = state.fds.get_mut(fd)?;
    let flags = known_flags(flags, fdflags::ALL)?;
    if let Kind::File(file) = &descriptor.kind {
        set_flags(file, flags)?;
    }
    descriptor.flags = flags;
    Ok(())
}

/// Tells the host whether writes append to a file, and whether calls wait. The other flags take
/// effect in each call that writes.
#[cfg(unix)]
pub(crate) fn set_flags(file: &File, flags: u16) -> Result {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let host = |error| Errno::from(io::Error::from(error));
    let old = fcntl_getfl(file).map_err(host)?;
    let mut new = old;
    new.set(OFlags::APPEND, flags & fdflags::APPEND != 0);
    new.set(OFlags::NONBLOCK, flags & fdflags::NONBLOCK != 0);
    if new != old { fcntl_setfl(file, new).map_err(host) } else { Ok(()) }
}

#[cfg(not(unix))]
pub(crate) fn set_flags(_: &File, _: u16) -> Result {
    Ok(())
}

/// Makes the host write out a file after a call wrote to it, if the flags of the file say so.
/// `rsync` counts as `sync`, as on Linux: data that was written out already can be read at any
/// time.
fn written(file: &File, flags: u16) -> Result {
    if flags & (fdflags::SYNC | fdflags::RSYNC) != 0 {
        file.sync_all()?;
    } else if flags & fdflags::DSYNC != 0 {
        file.sync_data()?;
    }
    Ok(())
}

pub(crate) fn fd_fdstat_set_rights(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    base: u64,
    inheriting: u64,
) -> Result {
    let descriptor = state.fds.get_mut(fd)?;
    let [old_base, old_inheriting] = descriptor.rights;
    if base & !old_base != 0 || inheriting & !old_inheriting != 0 {
        return Err(Errno::NOTCAPABLE);
    }
    descriptor.rights = [base, inheriting];
    Ok(())
}

pub(crate) fn fd_filestat_get(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    to: u32,
) -> Result {
    let stat = state.fds.get(fd)?.stat()?;
    memory.write(to, &stat.to_bytes())
}

pub(crate) fn fd_filestat_set_size(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    size: u64,
) -> Result {
    Ok(state.fds.file(fd)?.set_len(position(size, 0)?)?)
}

/// Returns the times of access and of modification to set.
pub(crate) fn times(
    state: &mut State,
    atim: u64,
    mtim: u64,
    flags: u32,
) -> Result<[Option<SystemTime>; 2]> {
    let flags = known_flags(flags, fstflags::ALL)?;
    let mut pick = |time: u64, given: u16, now: u16| {
        let nanos = match (flags & given != 0, flags & now != 0) {
            (true, true) => return Err(Errno::INVAL),
            (true, false) => time,
            (false, true) => state.clock.realtime(),
            (false, false) => return Ok(None),
        };
        let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(nanos));
        time.map(Some).ok_or(Errno::OVERFLOW)
    };
    let atim = pick(atim, fstflags::ATIM, fstflags::ATIM_NOW)?;
    Ok([atim, pick(mtim, fstflags::MTIM, fstflags::MTIM_NOW)?])
}

pub(crate) fn fd_filestat_set_times(
    state: &mut State,
    _: &mut Guest<'_>,
    fd: u32,
    atim: u64,
    mtim: u64,
    flags: u32,
) -> Result {
    let [accessed, modified] = times(state, atim, mtim, flags)?;
    let mut times = std::fs::FileTimes::new();
    if let Some(time) = accessed {
        times = times.set_accessed(time);
    }
    if let Some(time) = modified {
        times = times.set_modified(time);
    }
    match &state.fds.get(fd)?.kind {
        Kind::File(file) => Ok(file.try_clone()?.into_std().set_times(times)?),
        Kind::Directory(directory) => {
            Ok(directory.dir.try_clone()?.into_std_file().set_times(times)?)
        }
        Kind::Input(_) | Kind::Output(_) => Err(Errno::BADF),
    }
}

/// Reads at a position, and leaves the position of the file alone.
#[cfg(unix)]
fn read_at(file: &mut File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    use cap_std::fs::FileExt;
    retry(|| file.read_at(into, offset))
}

/// Writes at a position, and leaves the position of the file alone.
#[cfg(unix)]
fn write_at(file: &mut File, from: &[u8], offset: u64) -> io::Result<usize> {
    use cap_std::fs::FileExt;
    retry(|| file.write_at(from, offset))
}

/// Moves the position of the file for the time of a call.
#[cfg(not(unix))]
fn at<T>(
    file: &mut File,
    offset: u64,
    call: impl FnOnce(&mut File) -> io::Result<T>,
) -> io::Result<T> {
    let before = file.stream_position()?;
    file.seek(SeekFrom::Start(offset))?;
    let done = call(file);
    file.seek(SeekFrom::Start(before))?;
    done
}

#[cfg(not(unix))]
fn read_at(file: &mut File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    at(file, offset, |file| file.read(into))
}

#[cfg(not(unix))]
fn write_at(file: &mut File, from: &[u8], offset: u64) -> io::Result<usize> {
    at(file, offset, |file| file.write(from))
}

/// Fills the buffers of a call in turn until one is not filled, or only the first that is not empty
/// with `only_once`. An error ends the call too, and is reported if nothing was read before. `read`
/// gets a buffer and the number of bytes read so far.
fn scatter(
    memory: &mut Guest<'_>,
    (data, count): (u32, u32),
    only_once: bool,
    mut read: impl FnMut(&mut [u8], u64) -> Result<usize>,
) -> Result<u32> {
    let mut total = 0_u32;
    for (address, len) in memory.buffers(data, count)? {
        if len == 0 {
            continue;
        }
        match read(memory.slice_mut(address, len)?, total.into()) {
            Ok(got) => {
                total = total.saturating_add(u32::try_from(got)?);
                if got < len as usize || only_once {
                    break;
                }
            }
            Err(errno) if total == 0 => return Err(errno),
            Err(_) => break,
        }
    }
    Ok(total)
}

/// Returns the position `done` bytes behind `offset`, if the host can express it.
fn position(offset: u64, done: u64) -> Result<u64> {
    offset.checked_add(done).filter(|at| *at <= i64::MAX as u64).ok_or(Errno::INVAL)
}

pub(crate) fn fd_pread(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    data: u32,
    count: u32,
    offset: u64,
    to: u32,
) -> Result {
    memory.slice(to, 4)?;
    let file = state.fds.file(fd)?;
    let total = scatter(memory, (data, count), false, |into, done| {
        Ok(read_at(file, into, position(offset, done)?)?)
    })?;
    memory.write_u32(to, total)
}

pub(crate) fn fd_pwrite(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    data: u32,
    count: u32,
    offset: u64,
    to: u32,
) -> Result {
    memory.slice(to, 4)?;
    let descriptor = state.fds.get_mut(fd)?;
    let flags = descriptor.flags;
    let file = descriptor.file()?;
    let mut total = 0_u32;
    for part in memory.gather(data, count)? {
        match write_at(file, &part, position(offset, total.into())?) {
            Ok(done) => {
                total = total.saturating_add(u32::try_from(done)?);
                if done < part.len() {
                    break;
                }
            }
            Err(error) if total == 0 => return Err(error.into()),
            Err(_) => break,
        }
    }
    written(file, flags)?;
    memory.write_u32(to, total)
}

pub(crate) fn fd_read(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    data: u32,
    count: u32,
    to: u32,
) -> Result {
    memory.slice(to, 4)?;
    // The user must see a prompt before the program waits for the answer.
    if let Kind::Input(_) = state.fds.get(fd)?.kind {
        state.fds.flush()?;
    }
    let patience = state.patience();
    let descriptor = state.fds.get_mut(fd)?;
    let waits = descriptor.flags & fdflags::NONBLOCK == 0;
    let total = match &mut descriptor.kind {
        Kind::File(file) => {
            scatter(memory, (data, count), false, |into, _| Ok(retry(|| file.read(into))?))
        }
        Kind::Input(input) => {
            if !waits && !input.wait(Some(Duration::ZERO)) {
                return Err(Errno::AGAIN);
            }
            let mut is_late = false;
            let read = scatter(memory, (data, count), true, |into, _| {
                is_late = patience.is_some() && !input.wait(patience);
                if is_late { Err(Errno::INTR) } else { Ok(input.read(into)?) }
            });
            if is_late {
                return interrupt(memory);
            }
            read
        }
        _ => Err(Errno::BADF),
    }?;
    memory.write_u32(to, total)
}

pub(crate) fn fd_write(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    data: u32,
    count: u32,
    to: u32,
) -> Result {
    memory.slice(to, 4)?;
    let parts = memory.gather(data, count)?;
    let descriptor = state.fds.get_mut(fd)?;
    let total = match &mut descriptor.kind {
        Kind::File(file) => {
            // Such a host cannot be told to append after opening (see `set_flags`), so each write
            // seeks the end.
            if cfg!(not(unix)) && descriptor.flags & fdflags::APPEND != 0 {
                file.seek(SeekFrom::End(0))?;
            }
            let total = retry(|| file.write_vectored(&parts))?;
            written(file, descriptor.flags)?;
            total
        }
        Kind::Output(output) => output.write(&parts)?,
        _ => return Err(Errno::BADF),
    };
    memory.write_u32(to, u32::try_from(total)?)
}

pub(crate) fn fd_renumber(state: &mut State, _: &mut Guest<'_>, from: u32, to: u32) -> Result {
    state.fds.get(from)?;
    state.fds.get(to)?;
    if from == to {
        return Ok(());
    }
    if let Some(descriptor) = state.fds.0.remove(&from) {
        state.fds.0.insert(to, descriptor);
    }
    Ok(())
}

/// The offset and the base of a seek that leaves the position as it is.
pub(crate) const HERE: (i64, u32) = (0, 1);

pub(crate) fn fd_seek(
    state: &mut State,
    memory: &mut Guest<'_>,
    fd: u32,
    offset: i64,
    whence: u32,
    to: u32,
) -> Result {
    let file = state.fds.file(fd)?;
    let position = match whence {
        0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::INVAL)?),
        1 => SeekFrom::Current(offset),
        2 => SeekFrom::End(offset),
        _ => return Err(Errno::INVAL),
    };
    memory.slice(to, 8)?;
    let now = file.seek(position)?;
    memory.write_u64(to, now)
}

pub(crate) fn fd_tell(state: &mut State, memory: &mut Guest<'_>, fd: u32, to: u32) -> Result {
    let now = state.fds.file(fd)?.stream_position()?;
    memory.write_u64(to, now)
}
