//! A file that several threads read, each at its own position.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A file that is opened once: two handles could be two files, if one takes the other's name.
pub(crate) struct SharedFile(Mutex<File>);

/// A reader of a shared file, with its own position.
pub(crate) struct FileReader<'f> {
    file: &'f SharedFile,
    offset: u64,
}

impl SharedFile {
    pub(crate) fn new(file: File) -> SharedFile {
        SharedFile(Mutex::new(file))
    }

    /// Returns a reader that begins at the first byte of the file.
    pub(crate) fn reader(&self) -> FileReader<'_> {
        FileReader { file: self, offset: 0 }
    }

    /// Fills `bytes` from an offset of the file.
    pub(crate) fn read_exact_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.at(offset)?.read_exact(bytes)
    }

    fn at(&self, offset: u64) -> io::Result<MutexGuard<'_, File>> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    }
}

impl Read for FileReader<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.file.at(self.offset)?.read(bytes)?;
        self.offset += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn readers_do_not_move_each_other() {
        let path = std::env::temp_dir().join(format!("wattle-shared-{}", std::process::id()));
        fs::write(&path, b"abcdef").unwrap();
        let file = SharedFile::new(File::open(&path).unwrap());
        fs::remove_file(&path).unwrap();
        let (mut reader, mut two, mut rest) = (file.reader(), [0; 2], String::new());
        reader.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"ab");
        file.read_exact_at(4, &mut two).unwrap();
        assert_eq!(&two, b"ef");
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "cdef");
        assert!(file.read_exact_at(5, &mut two).is_err());
    }
}
