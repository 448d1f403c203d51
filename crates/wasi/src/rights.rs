//! Rights of descriptors: their numbers, and the kinds of descriptors that they apply to.
//!
//! `define.rs` lists the rights that each function needs. `to_open` adds those that the flags of
//! `path_open` need; `poll.rs` checks those of `poll_oneoff`.
//!
//! Spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#rights>

use crate::abi::{fdflags, oflags};

/// Numbers the rights in the order of the interface.
macro_rules! rights {
    ($( $name:ident )*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Number { $( $name, )* }
        $( pub(crate) const $name: u64 = 1 << Number::$name as u32; )*
        /// Every right.
        pub(crate) const ALL: u64 = 0 $( | $name )*;
    };
}

rights! {
    FD_DATASYNC FD_READ FD_SEEK FD_FDSTAT_SET_FLAGS FD_SYNC FD_TELL FD_WRITE FD_ADVISE FD_ALLOCATE
    PATH_CREATE_DIRECTORY PATH_CREATE_FILE PATH_LINK_SOURCE PATH_LINK_TARGET PATH_OPEN FD_READDIR
    PATH_READLINK PATH_RENAME_SOURCE PATH_RENAME_TARGET PATH_FILESTAT_GET PATH_FILESTAT_SET_SIZE
    PATH_FILESTAT_SET_TIMES FD_FILESTAT_GET FD_FILESTAT_SET_SIZE FD_FILESTAT_SET_TIMES PATH_SYMLINK
    PATH_REMOVE_DIRECTORY PATH_UNLINK_FILE POLL_FD_READWRITE SOCK_SHUTDOWN SOCK_ACCEPT
}

/// The rights that apply to sockets alone.
const SOCKET: u64 = SOCK_SHUTDOWN | SOCK_ACCEPT;
/// The rights that apply to directories alone.
pub(crate) const ENTRIES: u64 = PATH_CREATE_DIRECTORY
    | PATH_CREATE_FILE
    | PATH_LINK_SOURCE
    | PATH_LINK_TARGET
    | PATH_OPEN
    | FD_READDIR
    | PATH_READLINK
    | PATH_RENAME_SOURCE
    | PATH_RENAME_TARGET
    | PATH_FILESTAT_GET
    | PATH_FILESTAT_SET_SIZE
    | PATH_FILESTAT_SET_TIMES
    | PATH_SYMLINK
    | PATH_REMOVE_DIRECTORY
    | PATH_UNLINK_FILE;
/// The rights for calls that work on positions, which apply to files alone.
pub(crate) const POSITIONS: u64 =
    FD_SEEK | FD_TELL | FD_ADVISE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE;
/// The rights for which the host opens a file for writing.
pub(crate) const WRITES: u64 = FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE;

/// The rights that apply to a file.
pub(crate) const FILE: u64 = ALL & !SOCKET & !ENTRIES;
/// The rights that apply to a directory.
pub(crate) const DIRECTORY: u64 = ALL & !SOCKET & !POSITIONS & !FD_READ & !FD_WRITE;
/// The rights that a directory can hand on.
pub(crate) const INHERITABLE: u64 = FILE | DIRECTORY;
/// The rights that apply to standard input.
pub(crate) const INPUT: u64 = FD_READ | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE;
/// The rights that apply to standard output and error.
pub(crate) const OUTPUT: u64 =
    FD_WRITE | FD_DATASYNC | FD_SYNC | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE;

/// Returns the rights that `path_open` with these flags needs: those of the directory itself, and
/// those that descriptors opened through it may have.
pub(crate) fn to_open(open: u16, flags: u16) -> [u64; 2] {
    let when = |set: bool, right: u64| if set { right } else { 0 };
    let own = when(open & oflags::CREAT != 0, PATH_CREATE_FILE)
        | when(open & oflags::TRUNC != 0, PATH_FILESTAT_SET_SIZE);
    let inherited = when(flags & fdflags::DSYNC != 0, FD_DATASYNC)
        | when(flags & (fdflags::SYNC | fdflags::RSYNC) != 0, FD_SYNC);
    [PATH_OPEN | own, inherited]
}

/// Returns whether the rights that a descriptor holds include those that a call needs. The right to
/// seek includes the one to tell.
pub(crate) fn suffice(held: u64, needed: u64) -> bool {
    let tell = if held & FD_SEEK != 0 { FD_TELL } else { 0 };
    needed & !(held | tell) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_have_the_numbers_of_the_interface() {
        assert_eq!([FD_DATASYNC, FD_READ, FD_WRITE, PATH_OPEN], [1, 1 << 1, 1 << 6, 1 << 13]);
        assert_eq!([FD_FILESTAT_GET, PATH_SYMLINK, SOCK_ACCEPT], [1 << 21, 1 << 24, 1 << 29]);
        assert_eq!(ALL, (1 << 30) - 1);
    }

    #[test]
    fn every_right_applies_to_some_kind() {
        assert_eq!(FILE | DIRECTORY | SOCKET, ALL);
        assert_eq!(FILE & ENTRIES, 0);
        assert_eq!(DIRECTORY & (POSITIONS | SOCKET), 0);
        assert_eq!((INPUT | OUTPUT) & (POSITIONS | ENTRIES), 0);
    }

    #[test]
    fn the_right_to_seek_includes_the_one_to_tell() {
        assert!(suffice(FD_SEEK, FD_TELL) && !suffice(FD_TELL, FD_SEEK));
        assert!(suffice(0, 0) && !suffice(FD_READ, FD_READ | FD_SEEK));
    }
}
