//! Files and folders that are written together: each is written under another name beside its place,
//! and all are renamed when they are complete. A failure or a signal leaves everything as it was.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use crate::failure::Failure;
use crate::input::shown_name;
use crate::signals;

/// Files and folders that are complete but not in their places. Dropping the transaction removes
/// them.
#[derive(Default)]
pub(crate) struct Transaction {
    staged: Vec<Staged>,
}

/// A file or folder that is complete.
struct Staged {
    /// The path that the user named.
    named: PathBuf,
    /// Its place, behind all links.
    target: PathBuf,
    content: Content,
}

enum Content {
    File(Temporary),
    Folder(Temporary),
    /// The bytes of a file in a folder in which nothing can be created.
    Bytes(Vec<u8>),
}

/// The step that undoes the placement of a file or folder.
enum Undo {
    Remove(PathBuf),
    /// Puts back a file that was replaced, from the backup with this number.
    Restore(usize, PathBuf),
    Overwrite(PathBuf, Vec<u8>),
    /// Removes a folder. If it took the place of an empty folder, these are the permissions of that
    /// folder.
    RemoveFolder(PathBuf, Option<Permissions>),
}

impl Transaction {
    /// Writes a file. A device or a pipe is written to at once.
    pub(crate) fn file(
        &mut self,
        path: &Path,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let staged = stage(path, fill).map_err(|error| cannot_write(path, &error))?;
        self.staged.extend(staged);
        Ok(())
    }

    /// Writes a folder: `fill` gets the path of a temporary folder. An empty folder may exist already.
    pub(crate) fn folder(
        &mut self,
        path: &Path,
        fill: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let staged = stage_folder(path, fill).map_err(|error| cannot_write(path, &error))?;
        self.staged.push(staged);
        Ok(())
    }

    /// Puts all files and folders in their places. If one of them fails, those before it are removed
    /// again.
    pub(crate) fn commit(mut self) -> Result<(), Failure> {
        // A signal waits until everything is in its place.
        let mut unfinished = unfinished();
        // The backups are dropped after the lock, so that a signal can still remove them.
        let mut backups = Vec::new();
        let mut undos = Vec::new();
        let last = self.staged.len().saturating_sub(1);
        let mut result = Ok(());
        for (nth, staged) in self.staged.iter_mut().enumerate() {
            // No file after the last one can fail, so the last one is never undone.
            let backups = (nth < last).then_some(&mut backups);
            match staged.put(&mut unfinished, backups) {
                Ok(undo) => undos.extend(undo),
                Err(error) => {
                    result = Err(cannot_write(&staged.named, &error));
                    break;
                }
            }
        }
        if result.is_err() {
            undos.iter().rev().for_each(|undo| undo.run(&mut unfinished, &mut backups));
        }
        drop(unfinished);
        result
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::Input(format!("cannot write {}: {error}", shown_name(path)))
}

/// Writes a temporary file beside `path`. Returns `None` if `path` is a device or a pipe, which is
/// written to at once.
fn stage(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<Staged>> {
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let mut out = BufWriter::new(OpenOptions::new().write(true).open(path)?);
        fill(&mut out)?;
        out.flush()?;
        return Ok(None);
    }
    let target = behind_links(path)?;
    let old = target.metadata().ok();
    if old.is_some() {
        // A folder may permit the replacement of a file that is not writable.
        OpenOptions::new().write(true).open(&target)?;
    }
    let content = match Temporary::file(&target) {
        Ok((temporary, file)) => {
            let mut out = BufWriter::with_capacity(1 << 16, &file);
            fill(&mut out)?;
            out.flush()?;
            drop(out);
            if let Some(old) = &old {
                file.set_permissions(without_special_bits(old.permissions()))?;
            }
            Content::File(temporary)
        }
        // The file may be writable although its folder is not.
        Err(_) if old.is_some() => {
            let mut bytes = Vec::new();
            fill(&mut bytes)?;
            Content::Bytes(bytes)
        }
        Err(error) => return Err(error),
    };
    Ok(Some(Staged { named: path.to_owned(), target, content }))
}

fn stage_folder(path: &Path, fill: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<Staged> {
    if path.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(io::Error::other("the folder is not empty"));
    }
    let temporary = Temporary::folder(path)?;
    fill(&temporary.0)?;
    let (named, target) = (path.to_owned(), path.to_owned());
    Ok(Staged { named, target, content: Content::Folder(temporary) })
}

impl Staged {
    /// Puts the file or folder in its place. Returns the step that undoes this, if one is needed. A
    /// file that is replaced is added to `backups`, if they are given.
    fn put(
        &mut self,
        unfinished: &mut Paths,
        backups: Option<&mut Vec<Temporary>>,
    ) -> io::Result<Option<Undo>> {
        let Staged { target, content, .. } = self;
        match content {
            Content::File(temporary) => {
                let is_new = target.symlink_metadata().is_err();
                let undo = match backups {
                    _ if is_new => Some(Undo::Remove(target.clone())),
                    Some(backups) => {
                        backups.push(Temporary::backup(target, unfinished)?);
                        Some(Undo::Restore(backups.len() - 1, target.clone()))
                    }
                    None => None,
                };
                match temporary.rename(target, unfinished) {
                    Ok(()) => Ok(undo),
                    // The file is a mount point, or the folder is sticky.
                    Err(_) if !is_new => {
                        let old = overwrite(target, &fs::read(&temporary.0)?)?;
                        Ok(Some(Undo::Overwrite(target.clone(), old)))
                    }
                    Err(error) => Err(error),
                }
            }
            Content::Folder(temporary) => {
                let old = target.metadata().ok().map(|metadata| metadata.permissions());
                // Not every system renames to an empty folder.
                let is_removed = fs::remove_dir(&*target).is_ok();
                let old = old.filter(|_| is_removed);
                match temporary.rename(target, unfinished) {
                    Ok(()) => Ok(Some(Undo::RemoveFolder(target.clone(), old))),
                    Err(error) => {
                        make_empty(target, old.as_ref());
                        Err(error)
                    }
                }
            }
            Content::Bytes(bytes) => {
                let old = overwrite(target, bytes)?;
                Ok(Some(Undo::Overwrite(target.clone(), old)))
            }
        }
    }
}

impl Undo {
    /// Undoes the placement as far as possible. Errors are ignored, since the error that made this
    /// necessary is reported.
    fn run(&self, unfinished: &mut Paths, backups: &mut [Temporary]) {
        match self {
            Undo::Remove(path) => drop(fs::remove_file(path)),
            Undo::Restore(backup, path) => {
                if let Some(backup) = backups.get_mut(*backup)
                    && backup.rename(path, unfinished).is_err()
                {
                    // The backup stays, since it is the only copy of the file's content.
                    unfinished.remove(&backup.0);
                }
            }
            Undo::Overwrite(path, old) => drop(overwrite(path, old)),
            Undo::RemoveFolder(path, old) => {
                let _ = fs::remove_dir_all(path);
                make_empty(path, old.as_ref());
            }
        }
    }
}

/// Creates an empty folder again, with the permissions that it had.
fn make_empty(path: &Path, permissions: Option<&Permissions>) {
    if let Some(permissions) = permissions
        && fs::create_dir(path).is_ok()
    {
        let _ = fs::set_permissions(path, permissions.clone());
    }
}

/// The maximum number of links that lead to a file, as on Linux.
const MAX_LINKS: usize = 40;

type Paths = BTreeSet<PathBuf>;

/// The existing temporary files and folders, which a signal removes.
static UNFINISHED: Mutex<Paths> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, Paths> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file or folder that is removed when it is dropped or a signal comes, unless it was renamed.
struct Temporary(PathBuf);

impl Temporary {
    /// Creates a file in the folder of `target`.
    fn file(target: &Path) -> io::Result<(Temporary, fs::File)> {
        remove_on_signal();
        let mut builder = builder();
        default_permissions(&mut builder);
        let mut unfinished = unfinished();
        let file = builder.tempfile_in(folder_of(target)).map_err(of_system)?;
        let (file, path) = file.keep().map_err(|error| error.error)?;
        Ok((Temporary::known(path, &mut unfinished), file))
    }

    /// Creates a folder beside `target`.
    fn folder(target: &Path) -> io::Result<Temporary> {
        remove_on_signal();
        let mut builder = builder();
        folder_permissions(&mut builder);
        let mut unfinished = unfinished();
        let folder = builder.tempdir_in(folder_of(target)).map_err(of_system)?;
        Ok(Temporary::known(folder.keep(), &mut unfinished))
    }

    /// Gives a file a second name, or copies it where the file system has no hard links.
    fn backup(target: &Path, unfinished: &mut Paths) -> io::Result<Temporary> {
        let folder = folder_of(target);
        let linked = builder().make_in(folder, |path| fs::hard_link(target, path));
        let copy = |_| builder().make_in(folder, |path| fs::copy(target, path).map(drop));
        let backup = linked.or_else(copy).map_err(of_system)?;
        let (_, path) = backup.keep().map_err(|error| error.error)?;
        Ok(Temporary::known(path, unfinished))
    }

    fn known(path: PathBuf, unfinished: &mut Paths) -> Temporary {
        unfinished.insert(path.clone());
        Temporary(path)
    }

    fn rename(&mut self, target: &Path, unfinished: &mut Paths) -> io::Result<()> {
        fs::rename(&self.0, target)?;
        unfinished.remove(&self.0);
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let mut unfinished = unfinished();
        if unfinished.remove(&self.0) {
            remove(&self.0);
        }
    }
}

fn remove(path: &Path) {
    // A file that cannot be removed stays, under a name that shows that it is temporary.
    let _ = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
}

/// Makes a signal remove the temporary files and folders.
fn remove_on_signal() {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(|| {
        let handler = signals::on_signal(|signal| {
            let unfinished = unfinished();
            unfinished.iter().for_each(|path| remove(path));
            // The lock is held to the end, so that no file is put in its place any more.
            signal.end_process();
        });
        // Without a handler, a signal leaves the temporary files behind, but the output is correct
        // all the same.
        drop(handler);
    });
}

/// Writes a file as a whole: under another name in the same folder, and then renamed. Unlike with a
/// [`Transaction`], the caller must handle signals.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = builder();
    default_permissions(&mut builder);
    let mut file = builder.tempfile_in(folder_of(path)).map_err(of_system)?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Returns a builder with the prefix of all temporary files.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wattle-");
    builder
}

/// Returns the error of the system without the path of the temporary file, which the user did not
/// name. The `tempfile` crate keeps the path in the message alone.
fn of_system(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason),
        None => error,
    }
}

/// Overwrites a file in place, and returns its old content. If that fails, the old content is put
/// back.
fn overwrite(target: &Path, content: &[u8]) -> io::Result<Vec<u8>> {
    let old = fs::read(target)?;
    let mut file = OpenOptions::new().write(true).open(target)?;
    let mut put = |bytes: &[u8]| {
        file.rewind()?;
        file.write_all(bytes)?;
        file.set_len(bytes.len() as u64)
    };
    let written = put(content).inspect_err(|_| {
        // The caller gets the first error.
        let _ = put(&old);
    });
    written.map(|()| old)
}

/// Returns the path behind all links to a file, which need not exist.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn default_permissions(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    // As for any new file, the umask of the process restricts these permissions.
    builder.permissions(Permissions::from_mode(0o666));
}

#[cfg(unix)]
fn folder_permissions(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(Permissions::from_mode(0o777));
}

#[cfg(not(unix))]
fn folder_permissions(_: &mut tempfile::Builder<'_, '_>) {}

#[cfg(not(unix))]
fn default_permissions(_: &mut tempfile::Builder<'_, '_>) {}

/// Returns the permissions of a file for its new content, which is not trusted to run as another
/// user.
#[cfg(unix)]
fn without_special_bits(permissions: Permissions) -> Permissions {
    use std::os::unix::fs::PermissionsExt;
    Permissions::from_mode(permissions.mode() & 0o777)
}

#[cfg(not(unix))]
fn without_special_bits(permissions: Permissions) -> Permissions {
    permissions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_put_in_its_place_takes_the_others_out_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("old"), "precious").unwrap();
        fs::create_dir(path("empty")).unwrap();
        let stage = || {
            let mut transaction = Transaction::default();
            for name in ["old", "new"] {
                assert!(transaction.file(&path(name), |out| out.write_all(b"content")).is_ok());
            }
            for name in ["empty", "folder"] {
                let fill = |folder: &Path| fs::write(folder.join("file"), "content");
                assert!(transaction.folder(&path(name), fill).is_ok());
            }
            assert!(transaction.file(&path("last"), |out| out.write_all(b"content")).is_ok());
            transaction
        };
        let names = || {
            let entries = folder.path().read_dir().unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        drop(stage());
        assert_eq!(names(), ["empty", "old"]);
        let transaction = stage();
        fs::create_dir_all(path("last/folder")).unwrap();
        assert!(transaction.commit().is_err());
        assert_eq!(names(), ["empty", "last", "old"]);
        assert_eq!(fs::read(path("old")).unwrap(), b"precious");
        assert_eq!(path("empty").read_dir().unwrap().count(), 0);
        fs::remove_dir_all(path("last")).unwrap();
        assert!(stage().commit().is_ok());
        assert_eq!(names(), ["empty", "folder", "last", "new", "old"]);
        for name in ["empty/file", "folder/file", "last", "new", "old"] {
            assert_eq!(fs::read(path(name)).unwrap(), b"content", "{name}");
        }
    }
}
