//! The argument for the output of a command. A file is written under another name in the same
//! folder and then renamed, so that it is always complete, and a signal leaves nothing behind.

use std::fs::{OpenOptions, Permissions};
use std::io::{self, BufWriter, IsTerminal, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use clap::Args;
use serde::Serialize;
use tempfile::NamedTempFile;
use wattle::printer::Config;
use wattle::{Wasm, ast, encoder};

use crate::colours;
use crate::failure::Failure;
use crate::input::{is_standard, shown_name};
use crate::signals;

/// The output of a command: a file, or standard output.
#[derive(Args, Default)]
pub(crate) struct Output {
    /// The file to write; standard output by default, or with `-`.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Output {
    /// Returns an output to a file.
    pub(crate) fn to(file: PathBuf) -> Output {
        Output { output: Some(file) }
    }

    /// Whether the arguments name an output.
    pub(crate) fn is_given(&self) -> bool {
        self.output.is_some()
    }

    /// Whether it is standard output.
    pub(crate) fn is_stdout(&self) -> bool {
        self.file().is_none()
    }

    fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| !is_standard(path))
    }

    /// Whether text that is written there is coloured.
    pub(crate) fn is_coloured(&self) -> bool {
        self.file().is_none() && colours::on_stdout()
    }

    /// Refuses to write a binary to a terminal.
    pub(crate) fn refuse_terminal(&self) -> Result<(), Failure> {
        if self.file().is_none() && io::stdout().is_terminal() {
            let why = "a binary is not for a terminal: name a file with -o, or use a pipe";
            return Err(Failure::Usage(why.to_owned()));
        }
        Ok(())
    }

    /// Writes a binary, but not to a terminal.
    pub(crate) fn binary(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.refuse_terminal()?;
        self.write(|out| out.write_all(bytes))
    }

    /// Writes a module or component, as a binary or as text.
    pub(crate) fn wasm(&self, wasm: &Wasm<'_>, is_text: bool) -> Result<(), Failure> {
        match is_text {
            true => self.write(|out| out.write_all(Config::new().print_wasm(wasm).as_bytes())),
            false => self.binary(&encoder::encode_wasm(wasm)),
        }
    }

    /// Writes the part of an input that could be read, and returns the errors of the rest. A file
    /// is only written if everything could be read.
    pub(crate) fn show(
        &self,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<Vec<ast::Error>>,
    ) -> Result<Vec<ast::Error>, Failure> {
        let mut errors = Vec::new();
        let written = self.write(|out| {
            errors = fill(out)?;
            match self.file() {
                Some(_) if !errors.is_empty() => Err(io::ErrorKind::InvalidData.into()),
                _ => Ok(()),
            }
        });
        if errors.is_empty() { written.map(|()| errors) } else { Ok(errors) }
    }

    /// Hands a buffered writer to `fill`. If that fails, a file stays as it was.
    pub(crate) fn write(
        &self,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match self.file() {
            Some(path) => replace(path, fill).map_err(|error| {
                Failure::Input(format!("cannot write {}: {error}", shown_name(path)))
            }),
            None => {
                let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
                fill(&mut out).and_then(|()| out.flush()).map_err(Failure::stdout)
            }
        }
    }
}

/// Writes a file as a whole: under another name in the same folder, and then renamed. Unlike with
/// [`Output`], the caller must handle signals.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wattle-");
    default_permissions(&mut builder);
    let mut file = builder.tempfile_in(folder_of(path)).map_err(of_system)?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// The maximum number of links that lead to a file, as on Linux.
const MAX_LINKS: usize = 40;

/// The temporary file or folder that is being written.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

fn unfinished() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a temporary file beside `path` and renames it. A device or a pipe is written to directly,
/// and so is a file that cannot be replaced.
fn replace(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let mut out = BufWriter::new(OpenOptions::new().write(true).open(path)?);
        fill(&mut out)?;
        return out.flush();
    }
    let target = behind_links(path)?;
    let old = target.metadata().ok();
    if old.is_some() {
        // A folder may permit the replacement of a file that is not writable.
        OpenOptions::new().write(true).open(&target)?;
    }
    let mut file = match temporary_beside(&target) {
        Ok(file) => file,
        // The file may be writable although its folder is not.
        Err(_) if old.is_some() => {
            let mut content = Vec::new();
            fill(&mut content)?;
            return overwrite(&target, &content);
        }
        Err(error) => return Err(error),
    };
    let mut out = BufWriter::with_capacity(1 << 16, file.as_file_mut());
    let filled = fill(&mut out).and_then(|()| out.flush());
    drop(out);
    if let (Ok(()), Some(old)) = (&filled, &old) {
        file.as_file().set_permissions(without_special_bits(old.permissions()))?;
    }
    // A signal in between finds either the temporary file or none.
    let mut unfinished = unfinished();
    let result = filled.and_then(|()| match file.persist(&target) {
        Ok(_) => Ok(()),
        // The file is a mount point, or the folder is sticky.
        Err(error) if old.is_some() => overwrite(&target, &std::fs::read(error.file.path())?),
        Err(error) => Err(error.error),
    });
    *unfinished = None;
    result
}

/// Writes a folder. `fill` gets the path of a temporary folder, which then takes its place. If that
/// fails, there is no folder. An empty folder may exist already.
pub(crate) fn write_folder(
    path: &Path,
    fill: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    if path.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(io::Error::other("the folder is not empty"));
    }
    remove_on_signal();
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wattle-");
    folder_permissions(&mut builder);
    let mut guard = unfinished();
    let folder = builder.tempdir_in(folder_of(path)).map_err(of_system)?;
    *guard = Some(folder.path().to_owned());
    drop(guard);
    let filled = fill(folder.path());
    // A signal in between finds either the temporary folder or none.
    let mut guard = unfinished();
    let result = filled.and_then(|()| {
        // Not every system renames to an empty folder.
        let _ = std::fs::remove_dir(path);
        std::fs::rename(folder.path(), path)
    });
    *guard = None;
    if result.is_ok() {
        // The temporary folder was renamed, so there is nothing to remove.
        let _ = folder.keep();
    }
    result
}

/// Creates a temporary file in the folder of `target`, which a signal removes.
fn temporary_beside(target: &Path) -> io::Result<NamedTempFile> {
    remove_on_signal();
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wattle-");
    default_permissions(&mut builder);
    let mut unfinished = unfinished();
    let file = builder.tempfile_in(folder_of(target)).map_err(of_system)?;
    *unfinished = Some(file.path().to_owned());
    Ok(file)
}

/// Returns the error of the system without the path of the temporary file, which the user did not
/// name. The `tempfile` crate keeps the path in the message alone.
fn of_system(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason),
        None => error,
    }
}

/// Makes a signal remove the temporary file or folder.
fn remove_on_signal() {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(|| {
        let handler = signals::on_signal(|signal| {
            if let Some(path) = &*unfinished() {
                let _ = match path.is_dir() {
                    true => std::fs::remove_dir_all(path),
                    false => std::fs::remove_file(path),
                };
            }
            signal.end_process();
        });
        // Without a handler, a signal leaves the temporary file behind, but the output is correct
        // all the same.
        drop(handler);
    });
}

/// Overwrites a file in place. If that fails, its old content is put back.
fn overwrite(target: &Path, content: &[u8]) -> io::Result<()> {
    let old = std::fs::read(target)?;
    let mut file = OpenOptions::new().write(true).open(target)?;
    let mut put = |bytes: &[u8]| {
        file.rewind()?;
        file.write_all(bytes)?;
        file.set_len(bytes.len() as u64)
    };
    put(content).inspect_err(|_| {
        // The first error is the one that is reported.
        let _ = put(&old);
    })
}

/// Returns the path behind all links to a file, which need not exist.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match std::fs::read_link(&target) {
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

/// Writes a listing as JSON.
pub(crate) fn write_json(out: &mut dyn Write, listing: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(listing)?;
    writeln!(out, "{}", without_harm(text))
}

/// Returns a value that is made of strings and numbers as a line of JSON.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    without_harm(serde_json::to_string(value).unwrap_or_else(|error| error.to_string()))
}

/// Returns JSON with escapes for characters that a terminal might act on: see
/// [`Shown`](ast::Shown).
fn without_harm(json: String) -> String {
    let harms = |c: char| c != '\n' && !ast::is_harmless(c);
    if !json.contains(harms) {
        return json;
    }
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if harms(c) {
            // Such a character can only be part of a string.
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe += &format!("\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}
