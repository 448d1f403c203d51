//! File descriptors, and the streams, files and directories that they refer to.

use std::collections::BTreeMap;

use cap_fs_ext::{FileTypeExt, MetadataExt};
use cap_std::fs::{Dir, File, Metadata};
use cap_std::time::SystemTime;

use crate::abi::{Errno, FileStat, FileType, Result, fdflags};
use crate::rights;
use crate::streams::{Input, Output};
use crate::time::nanos;

/// An open stream, file or directory.
pub(crate) struct Descriptor {
    pub(crate) kind: Kind,
    /// The rights of the descriptor itself, and those of descriptors opened through it.
    pub(crate) rights: [u64; 2],
    pub(crate) flags: u16,
}

pub(crate) enum Kind {
    Input(Input),
    Output(Output),
    File(File),
    Directory(Directory),
}

pub(crate) struct Directory {
    pub(crate) dir: Dir,
    /// The name by which the program finds the directory, if it was opened for the program.
    pub(crate) preopen: Option<String>,
    /// The entries of the directory when the program began to read it.
    pub(crate) entries: Vec<Entry>,
}

/// A name in a directory.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) ino: u64,
    pub(crate) ty: FileType,
}

impl Kind {
    /// Returns the rights that apply to this kind of descriptor.
    pub(crate) fn rights(&self) -> u64 {
        match self {
            Kind::Input(_) => rights::INPUT,
            Kind::Output(_) => rights::OUTPUT,
            Kind::File(_) => rights::FILE,
            Kind::Directory(_) => rights::DIRECTORY,
        }
    }

    /// Returns the error of a call that needs rights which do not apply to this kind of descriptor.
    fn mistaken(&self, needed: u64) -> Errno {
        match self {
            Kind::Directory(_) => Errno::ISDIR,
            _ if needed & rights::ENTRIES != 0 => Errno::NOTDIR,
            Kind::Input(_) | Kind::Output(_) if needed & rights::POSITIONS != 0 => Errno::SPIPE,
            _ => Errno::BADF,
        }
    }
}

impl Descriptor {
    /// Makes a descriptor with those of the rights that apply to its kind.
    pub(crate) fn new(kind: Kind, [base, inheriting]: [u64; 2], flags: u16) -> Descriptor {
        Descriptor { rights: [base & kind.rights(), inheriting], kind, flags }
    }

    pub(crate) fn stream(kind: Kind) -> Descriptor {
        let flags = if matches!(kind, Kind::Output(_)) { fdflags::APPEND } else { 0 };
        Descriptor::new(kind, [rights::ALL, 0], flags)
    }

    pub(crate) fn directory(directory: Directory) -> Descriptor {
        Descriptor::new(Kind::Directory(directory), [rights::ALL, rights::INHERITABLE], 0)
    }

    /// Checks that the descriptor has the rights that a call needs.
    pub(crate) fn needs(&self, needed: u64) -> Result {
        if rights::suffice(self.rights[0], needed) {
            Ok(())
        } else if needed & !self.kind.rights() == 0 {
            Err(Errno::NOTCAPABLE)
        } else {
            Err(self.kind.mistaken(needed))
        }
    }

    /// Returns the file, or an error if the descriptor refers to anything else.
    pub(crate) fn file(&mut self) -> Result<&mut File> {
        match &mut self.kind {
            Kind::File(file) => Ok(file),
            other => Err(other.mistaken(rights::POSITIONS)),
        }
    }

    pub(crate) fn file_type(&self) -> Result<FileType> {
        Ok(match &self.kind {
            Kind::Input(input) if input.is_terminal() => FileType::CharacterDevice,
            Kind::Output(output) if output.is_terminal() => FileType::CharacterDevice,
            Kind::Input(_) | Kind::Output(_) => FileType::Unknown,
            Kind::File(file) => file_type(file.metadata()?.file_type()),
            Kind::Directory(_) => FileType::Directory,
        })
    }

    pub(crate) fn stat(&self) -> Result<FileStat> {
        match &self.kind {
            Kind::File(file) => Ok(stat(&file.metadata()?)),
            Kind::Directory(directory) => Ok(stat(&directory.dir.dir_metadata()?)),
            Kind::Input(_) | Kind::Output(_) => Ok(FileStat {
                dev: 0,
                ino: 0,
                ty: self.file_type()?,
                nlink: 0,
                size: 0,
                times: [0; 3],
            }),
        }
    }
}

pub(crate) fn file_type(ty: cap_std::fs::FileType) -> FileType {
    if ty.is_dir() {
        FileType::Directory
    } else if ty.is_file() {
        FileType::RegularFile
    } else if ty.is_symlink() {
        FileType::SymbolicLink
    } else if ty.is_block_device() {
        FileType::BlockDevice
    } else if ty.is_char_device() {
        FileType::CharacterDevice
    } else if ty.is_socket() {
        FileType::SocketStream
    } else {
        FileType::Unknown
    }
}

pub(crate) fn stat(metadata: &Metadata) -> FileStat {
    let epoch = SystemTime::from_std(std::time::SystemTime::UNIX_EPOCH);
    let time = |time: std::io::Result<SystemTime>| {
        time.ok().and_then(|time| time.duration_since(epoch).ok()).map_or(0, nanos)
    };
    let modified = time(metadata.modified());
    FileStat {
        dev: metadata.dev(),
        ino: metadata.ino(),
        ty: file_type(metadata.file_type()),
        nlink: metadata.nlink(),
        size: metadata.len(),
        times: [time(metadata.accessed()), modified, changed(metadata).unwrap_or(modified)],
    }
}

/// Returns the time of the last change of the file or its metadata, in nanoseconds since 1970, if
/// the host knows it.
#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<u64> {
    use cap_std::fs::MetadataExt;
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    let nanos = u64::try_from(metadata.ctime_nsec()).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<u64> {
    None
}

/// The open descriptors, by number.
pub(crate) struct Descriptors(pub(crate) BTreeMap<u32, Descriptor>);

/// The most descriptors of a program.
const MAX_DESCRIPTORS: usize = 1 << 16;

impl Descriptors {
    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor> {
        self.0.get(&fd).ok_or(Errno::BADF)
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor> {
        self.0.get_mut(&fd).ok_or(Errno::BADF)
    }

    /// Returns the file, for calls whose rights apply to files alone, or an error if the descriptor
    /// refers to anything else.
    pub(crate) fn file(&mut self, fd: u32) -> Result<&mut File> {
        self.get_mut(fd)?.file()
    }

    /// Returns the directory, or an error if the descriptor refers to anything else.
    pub(crate) fn directory(&self, fd: u32) -> Result<&Directory> {
        match &self.get(fd)?.kind {
            Kind::Directory(directory) => Ok(directory),
            _ => Err(Errno::NOTDIR),
        }
    }

    pub(crate) fn dir(&self, fd: u32) -> Result<&Dir> {
        self.directory(fd).map(|directory| &directory.dir)
    }

    /// Returns an error for every descriptor, since sockets are not supported.
    pub(crate) fn socket(&self, fd: u32) -> Result {
        self.get(fd).and(Err(Errno::NOTSOCK))
    }

    pub(crate) fn has_room(&self) -> Result {
        if self.0.len() < MAX_DESCRIPTORS { Ok(()) } else { Err(Errno::MFILE) }
    }

    /// Adds a descriptor under the lowest number that is free.
    pub(crate) fn add(&mut self, descriptor: Descriptor) -> Result<u32> {
        self.has_room()?;
        let free = (0..).zip(self.0.keys()).find(|(number, fd)| number != *fd);
        let fd = free.map_or(self.0.len() as u32, |(number, _)| number);
        self.0.insert(fd, descriptor);
        Ok(fd)
    }

    /// Writes the buffered output, for instance before the program waits for something.
    pub(crate) fn flush(&self) -> std::io::Result<()> {
        for descriptor in self.0.values() {
            if let Kind::Output(output) = &descriptor.kind {
                output.flush()?;
            }
        }
        Ok(())
    }
}
