//! The numbers and record layouts of the interface: error numbers, flags, file types.

use std::fmt;
use std::io;

macro_rules! errnos {
    ($( $name:ident = $number:literal, $text:literal, $doc:literal; )*) => {
        impl Errno {
            $( #[doc = $doc] pub const $name: Errno = Errno($number); )*

            /// Returns the name of the number in the interface.
            pub const fn name(self) -> &'static str {
                match self.0 {
                    $( $number => $text, )*
                    _ => "unknown",
                }
            }
        }
    };
}

/// An error number: the reason for which a function of the interface failed.
///
/// ```
/// use wattle_wasi::Errno;
/// assert_eq!((Errno::NOENT.number(), Errno::NOENT.name()), (44, "noent"));
/// ```
///
/// Spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno>
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(u16);

errnos! {
    TOO_BIG = 1, "2big", "The argument list is too long.";
    ACCES = 2, "acces", "The host denies permission.";
    AGAIN = 6, "again", "The call would block.";
    BADF = 8, "badf", "The file descriptor does not exist, or is not open for the operation.";
    BUSY = 10, "busy", "The resource is busy.";
    DQUOT = 19, "dquot", "The quota is used up.";
    EXIST = 20, "exist", "The file exists.";
    FAULT = 21, "fault", "The address is out of bounds of the memory.";
    FBIG = 22, "fbig", "The file is too large.";
    ILSEQ = 25, "ilseq", "The name is not UTF-8.";
    INTR = 27, "intr", "A signal interrupted the call.";
    INVAL = 28, "inval", "An argument is invalid.";
    IO = 29, "io", "The host had an input or output error.";
    ISDIR = 31, "isdir", "The file is a directory, which the operation does not accept.";
    LOOP = 32, "loop", "The path has too many symbolic links.";
    MFILE = 33, "mfile", "The program has too many open files.";
    MLINK = 34, "mlink", "The file has too many links.";
    NAMETOOLONG = 37, "nametoolong", "The name is too long.";
    NFILE = 41, "nfile", "The host has too many open files.";
    NODEV = 43, "nodev", "The device does not exist.";
    NOENT = 44, "noent", "The file or directory does not exist.";
    NOMEM = 48, "nomem", "There is not enough memory.";
    NOSPC = 51, "nospc", "The device has no space left.";
    NOTDIR = 54, "notdir", "The file is not a directory, which the operation needs.";
    NOTEMPTY = 55, "notempty", "The directory is not empty.";
    NOTSOCK = 57, "notsock", "The descriptor is not a socket, which the operation needs.";
    NOTSUP = 58, "notsup", "The operation is not supported.";
    NXIO = 60, "nxio", "The device or address does not exist.";
    OVERFLOW = 61, "overflow", "The number is too large.";
    PERM = 63, "perm", "The path leads out of its directory.";
    PIPE = 64, "pipe", "The reader of the pipe is gone.";
    ROFS = 69, "rofs", "The file system is read-only.";
    SPIPE = 70, "spipe", "The descriptor is a stream, which has no positions.";
    TXTBSY = 74, "txtbsy", "The file is being executed.";
    XDEV = 75, "xdev", "The two paths are on different devices.";
    NOTCAPABLE = 76, "notcapable", "The descriptor lacks the right.";
}

impl Errno {
    /// Returns the number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, self.name())
    }
}

impl std::error::Error for Errno {}

/// Returns the error number for the error number of the host, which says more than the kind of the
/// error.
#[cfg(unix)]
fn from_system(error: &io::Error) -> Option<Errno> {
    use rustix::io::Errno as Host;
    Some(match Host::from_io_error(error)? {
        Host::TOOBIG => Errno::TOO_BIG,
        Host::ACCESS => Errno::ACCES,
        Host::AGAIN => Errno::AGAIN,
        Host::BADF => Errno::BADF,
        Host::BUSY => Errno::BUSY,
        Host::DQUOT => Errno::DQUOT,
        Host::EXIST => Errno::EXIST,
        Host::FBIG => Errno::FBIG,
        Host::ILSEQ => Errno::ILSEQ,
        Host::INTR => Errno::INTR,
        Host::INVAL => Errno::INVAL,
        Host::ISDIR => Errno::ISDIR,
        Host::LOOP => Errno::LOOP,
        Host::MFILE => Errno::MFILE,
        Host::MLINK => Errno::MLINK,
        Host::NAMETOOLONG => Errno::NAMETOOLONG,
        Host::NFILE => Errno::NFILE,
        Host::NODEV => Errno::NODEV,
        Host::NOENT => Errno::NOENT,
        Host::NOMEM => Errno::NOMEM,
        Host::NOSPC => Errno::NOSPC,
        Host::NOTDIR => Errno::NOTDIR,
        Host::NOTEMPTY => Errno::NOTEMPTY,
        Host::NOTSUP => Errno::NOTSUP,
        Host::NXIO => Errno::NXIO,
        Host::OVERFLOW => Errno::OVERFLOW,
        Host::PERM => Errno::PERM,
        Host::PIPE => Errno::PIPE,
        Host::ROFS => Errno::ROFS,
        Host::SPIPE => Errno::SPIPE,
        Host::TXTBSY => Errno::TXTBSY,
        Host::XDEV => Errno::XDEV,
        _ => return None,
    })
}

#[cfg(not(unix))]
fn from_system(_: &io::Error) -> Option<Errno> {
    None
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        use io::ErrorKind as Kind;
        from_system(&error).unwrap_or_else(|| match error.kind() {
            Kind::NotFound => Errno::NOENT,
            // cap-std gives this kind without a number when a path leads out of its directory.
            Kind::PermissionDenied => Errno::PERM,
            Kind::AlreadyExists => Errno::EXIST,
            Kind::WouldBlock => Errno::AGAIN,
            Kind::NotADirectory => Errno::NOTDIR,
            Kind::IsADirectory => Errno::ISDIR,
            Kind::DirectoryNotEmpty => Errno::NOTEMPTY,
            Kind::ReadOnlyFilesystem => Errno::ROFS,
            Kind::InvalidInput => Errno::INVAL,
            Kind::InvalidData => Errno::ILSEQ,
            Kind::StorageFull => Errno::NOSPC,
            Kind::NotSeekable => Errno::SPIPE,
            Kind::FileTooLarge => Errno::FBIG,
            Kind::ResourceBusy => Errno::BUSY,
            Kind::ExecutableFileBusy => Errno::TXTBSY,
            Kind::CrossesDevices => Errno::XDEV,
            Kind::TooManyLinks => Errno::MLINK,
            Kind::InvalidFilename => Errno::NAMETOOLONG,
            Kind::BrokenPipe => Errno::PIPE,
            Kind::Interrupted => Errno::INTR,
            Kind::Unsupported => Errno::NOTSUP,
            Kind::OutOfMemory => Errno::NOMEM,
            _ => Errno::IO,
        })
    }
}

impl From<std::num::TryFromIntError> for Errno {
    fn from(_: std::num::TryFromIntError) -> Errno {
        Errno::OVERFLOW
    }
}

/// The result of a function of the interface.
pub(crate) type Result<T = ()> = std::result::Result<T, Errno>;

/// Returns flags of the interface, if all of them are known.
pub(crate) fn known_flags(flags: u32, all: u16) -> Result<u16> {
    u16::try_from(flags).ok().filter(|flags| flags & !all == 0).ok_or(Errno::INVAL)
}

/// Flags of descriptors.
pub(crate) mod fdflags {
    pub(crate) const APPEND: u16 = 1;
    pub(crate) const DSYNC: u16 = 2;
    pub(crate) const NONBLOCK: u16 = 4;
    pub(crate) const RSYNC: u16 = 8;
    pub(crate) const SYNC: u16 = 16;
    pub(crate) const ALL: u16 = 31;
}

/// Flags of `path_open`.
pub(crate) mod oflags {
    pub(crate) const CREAT: u16 = 1;
    pub(crate) const DIRECTORY: u16 = 2;
    pub(crate) const EXCL: u16 = 4;
    pub(crate) const TRUNC: u16 = 8;
    pub(crate) const ALL: u16 = 15;
}

/// Flags of the functions that set times.
pub(crate) mod fstflags {
    pub(crate) const ATIM: u16 = 1;
    pub(crate) const ATIM_NOW: u16 = 2;
    pub(crate) const MTIM: u16 = 4;
    pub(crate) const MTIM_NOW: u16 = 8;
    pub(crate) const ALL: u16 = 15;
}

/// The flag to follow a link at the end of a path.
pub(crate) const SYMLINK_FOLLOW: u32 = 1;

/// Kinds of files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FileType {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketStream = 6,
    SymbolicLink = 7,
}

/// The metadata of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileStat {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) ty: FileType,
    pub(crate) nlink: u64,
    pub(crate) size: u64,
    /// The times of access, modification and change, in nanoseconds since 1970.
    pub(crate) times: [u64; 3],
}

impl FileStat {
    /// Returns the record of the interface: eight words, the third of which is the type.
    pub(crate) fn to_bytes(self) -> [u8; 64] {
        let [atim, mtim, ctim] = self.times;
        let words = [self.dev, self.ino, self.ty as u64, self.nlink, self.size, atim, mtim, ctim];
        let mut bytes = [0; 64];
        for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_host_have_their_number() {
        assert_eq!(Errno::from(io::Error::from(io::ErrorKind::NotFound)), Errno::NOENT);
        assert_eq!(Errno::from(io::Error::from(io::ErrorKind::PermissionDenied)), Errno::PERM);
        assert_eq!(Errno::from(io::Error::other("else")), Errno::IO);
        #[cfg(target_os = "linux")]
        assert_eq!(Errno::from(io::Error::from_raw_os_error(40)), Errno::LOOP);
    }
}
