//! The list of the functions, and their access to the state and to the memory of the caller.

use std::sync::Mutex;

use cap_std::fs::File;
use wattle_runtime::{Caller, Error, ErrorKind, Imports, Parts};

use crate::abi::{Errno, Result as Answer};
use crate::guest::Guest;
use crate::rights::*;
use crate::state::{State, Wasi, lock};
use crate::{directories, files, paths, poll, process};

/// The module whose functions are provided. Its predecessor `wasi_unstable` is not provided: it has
/// other record layouts.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// The fuel for a call into the system, beside the bytes that it copies.
const CALL: u64 = 250;

/// Defines functions that return an error number, each with its parameters in order, and with the
/// rights that it needs of each parameter that is a descriptor. The functions of `here` have their
/// code beside them; `elsewhere` names functions of other files, which take the state and the
/// memory before the parameters. A `u16` of the interface is passed as `u32`.
macro_rules! define {
    ($wasi:ident, $imports:ident;
     here { $( $name:ident($( $param:ident: $ty:ident ),*)
         $( needs $( $fd:ident: $right:expr ),* )? => $call:expr; )* }
     elsewhere { $( $file:ident::$func:ident($( $arg:ident: $arg_ty:ident ),*)
         $( needs $( $arg_fd:ident: $arg_right:expr ),* )?; )* }) => {
        $( define! { $wasi, $imports;
            $name($( $param: $ty ),*), [$( $( ($fd, $right) ),* )?] => $call
        } )*
        $( define! { $wasi, $imports;
            $func($( $arg: $arg_ty ),*), [$( $( ($arg_fd, $arg_right) ),* )?] => |state, memory| {
                $file::$func(state, memory, $( $arg ),*)
            }
        } )*
        /// The names of these functions.
        #[cfg(test)]
        const NAMES: &[&str] = &[$( stringify!($name), )* $( stringify!($func) ),*];
    };
    ($wasi:ident, $imports:ident;
     $name:ident($( $param:ident: $ty:ident ),*), [$( $needed:expr ),*] => $call:expr) => {
        let state = $wasi.0.clone();
        let func = move |mut caller: Caller<'_, T>, $( $param: $ty ),*| {
            answer(&mut caller, &state, &[$( $needed ),*], $call)
        };
        $imports.wrap(MODULE, stringify!($name), func);
    };
}

impl Wasi {
    /// Defines the functions as imports, for the modules of any store.
    ///
    /// They work on the memory that the calling instance exports as `memory`. A call of
    /// `proc_exit` ends the execution with [`ErrorKind::Exit`].
    pub fn define<T: 'static>(&self, imports: &mut Imports<T>) {
        define! { self, imports;
            here {
                args_get(list: u32, buffer: u32) => |state, memory| {
                    process::write_strings(memory, &state.args, list, buffer)
                };
                args_sizes_get(count: u32, size: u32) => |state, memory| {
                    process::write_sizes(memory, &state.args, count, size)
                };
                environ_get(list: u32, buffer: u32) => |state, memory| {
                    process::write_strings(memory, &state.env, list, buffer)
                };
                environ_sizes_get(count: u32, size: u32) => |state, memory| {
                    process::write_sizes(memory, &state.env, count, size)
                };
                // WebAssembly programs receive no signals.
                proc_raise(_signal: u32) => |_, _| Err(Errno::NOTSUP);
                sched_yield() => |_, _| {
                    std::thread::yield_now();
                    Ok(())
                };
                random_get(buffer: u32, len: u32) => |state, memory| {
                    memory.slice(buffer, len)?;
                    // The system takes longer to make a byte than to copy many.
                    memory.charge(len.into())?;
                    state.random.fill(memory.slice_mut(buffer, len)?)
                };
                sock_accept(fd: u32, _flags: u32, _to: u32) => |state, _| state.fds.socket(fd);
                sock_recv(
                    fd: u32, _data: u32, _count: u32, _flags: u32, _size: u32, _out: u32
                ) => |state, _| state.fds.socket(fd);
                sock_send(
                    fd: u32, _data: u32, _count: u32, _flags: u32, _size: u32
                ) => |state, _| state.fds.socket(fd);
                sock_shutdown(fd: u32, _how: u32) => |state, _| state.fds.socket(fd);
                fd_datasync(fd: u32)
                    needs fd: FD_DATASYNC => |state, _| files::sync(state, fd, File::sync_data);
                fd_sync(fd: u32)
                    needs fd: FD_SYNC => |state, _| files::sync(state, fd, File::sync_all);
            }
            elsewhere {
                process::clock_res_get(clock: u32, to: u32);
                process::clock_time_get(clock: u32, precision: u64, to: u32);
                poll::poll_oneoff(subscriptions: u32, events: u32, count: u32, to: u32);
                files::fd_advise(fd: u32, offset: u64, len: u64, advice: u32)
                    needs fd: FD_ADVISE;
                files::fd_allocate(fd: u32, offset: u64, len: u64)
                    needs fd: FD_ALLOCATE;
                files::fd_close(fd: u32);
                files::fd_fdstat_get(fd: u32, to: u32);
                files::fd_fdstat_set_flags(fd: u32, flags: u32)
                    needs fd: FD_FDSTAT_SET_FLAGS;
                files::fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
                files::fd_filestat_get(fd: u32, to: u32)
                    needs fd: FD_FILESTAT_GET;
                files::fd_filestat_set_size(fd: u32, size: u64)
                    needs fd: FD_FILESTAT_SET_SIZE;
                files::fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, flags: u32)
                    needs fd: FD_FILESTAT_SET_TIMES;
                files::fd_pread(fd: u32, data: u32, count: u32, offset: u64, to: u32)
                    needs fd: FD_READ | FD_SEEK;
                files::fd_pwrite(fd: u32, data: u32, count: u32, offset: u64, to: u32)
                    needs fd: FD_WRITE | FD_SEEK;
                files::fd_read(fd: u32, data: u32, count: u32, to: u32)
                    needs fd: FD_READ;
                files::fd_renumber(from: u32, to: u32);
                files::fd_seek(fd: u32, offset: i64, whence: u32, to: u32)
                    needs fd: if (offset, whence) == files::HERE { FD_TELL } else { FD_SEEK };
                files::fd_tell(fd: u32, to: u32)
                    needs fd: FD_TELL;
                files::fd_write(fd: u32, data: u32, count: u32, to: u32)
                    needs fd: FD_WRITE;
                directories::fd_prestat_get(fd: u32, to: u32);
                directories::fd_prestat_dir_name(fd: u32, path: u32, len: u32);
                directories::fd_readdir(fd: u32, buffer: u32, len: u32, cookie: u64, to: u32)
                    needs fd: FD_READDIR;
                paths::path_create_directory(fd: u32, path: u32, len: u32)
                    needs fd: PATH_CREATE_DIRECTORY;
                paths::path_filestat_get(fd: u32, follow: u32, path: u32, len: u32, to: u32)
                    needs fd: PATH_FILESTAT_GET;
                paths::path_filestat_set_times(
                    fd: u32, follow: u32, path: u32, len: u32, atim: u64, mtim: u64, flags: u32
                )
                    needs fd: PATH_FILESTAT_SET_TIMES;
                paths::path_link(
                    fd: u32, follow: u32, path: u32, len: u32, new_fd: u32, new: u32, new_len: u32
                )
                    needs fd: PATH_LINK_SOURCE, new_fd: PATH_LINK_TARGET;
                paths::path_open(
                    fd: u32, follow: u32, path: u32, len: u32, oflags: u32,
                    base: u64, inheriting: u64, flags: u32, to: u32
                )
                    needs fd: PATH_OPEN;
                paths::path_readlink(fd: u32, path: u32, len: u32, buffer: u32, room: u32, to: u32)
                    needs fd: PATH_READLINK;
                paths::path_remove_directory(fd: u32, path: u32, len: u32)
                    needs fd: PATH_REMOVE_DIRECTORY;
                paths::path_rename(
                    fd: u32, path: u32, len: u32, new_fd: u32, new: u32, new_len: u32
                )
                    needs fd: PATH_RENAME_SOURCE, new_fd: PATH_RENAME_TARGET;
                paths::path_symlink(target: u32, target_len: u32, fd: u32, path: u32, len: u32)
                    needs fd: PATH_SYMLINK;
                paths::path_unlink_file(fd: u32, path: u32, len: u32)
                    needs fd: PATH_UNLINK_FILE;
            }
        }
        let state = self.0.clone();
        let exit = move |code: u32| -> Result<(), Error> {
            // The program has ended, so an error of its output cannot be reported to it.
            let _ = lock(&state).fds.flush();
            Err(Error::new(ErrorKind::Exit(code as i32)))
        };
        imports.wrap(MODULE, "proc_exit", exit);
        #[cfg(test)]
        assert_eq!(NAMES.len() + 1, 46);
    }
}

/// Calls a function with the state and with the memory of the caller, if the descriptors have the
/// rights that it needs, and gives its error number.
fn answer<T>(
    caller: &mut Caller<'_, T>,
    state: &Mutex<State>,
    needs: &[(u32, u64)],
    call: impl FnOnce(&mut State, &mut Guest<'_>) -> Answer,
) -> Result<u32, Error> {
    let Some(memory) = caller.memory("memory") else {
        return Err(Error::host(format!(
            "a caller of {MODULE} must export its memory as \"memory\""
        )));
    };
    let Parts { bytes, fuel, .. } = memory.parts(caller.store())?;
    let mut guest = Guest::new(bytes, Some(fuel));
    let state = &mut *lock(state);
    let may = needs.iter().try_for_each(|&(fd, rights)| state.fds.get(fd)?.needs(rights));
    let result = may.and_then(|()| guest.charge(CALL)).and_then(|()| call(state, &mut guest));
    match guest.stop {
        Some(error) => Err(error),
        None => Ok(result.err().map_or(0, |errno| errno.number().into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_functions_are_defined() {
        let mut imports = Imports::<()>::default();
        Wasi::builder().build().define(&mut imports);
        assert!(imports.contains(MODULE, "path_open"));
        assert!(!imports.contains("wasi_unstable", "path_open"));
    }
}
