//! The argument that says where a command writes. A file is written under another name beside its
//! place and then renamed, so that it is always complete.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use wattle::ast;

use crate::failure::Failure;

/// Where the output of a command goes.
#[derive(Args)]
pub(crate) struct Output {
    /// Where to write; `-` or nothing is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Output {
    fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }

    /// Writes a binary, but not to a terminal.
    pub(crate) fn binary(&self, bytes: &[u8]) -> Result<(), Failure> {
        if self.file().is_none() && io::stdout().is_terminal() {
            let why = "a binary is not for a terminal: name a file with -o, or use a pipe";
            return Err(Failure::Usage(why.to_owned()));
        }
        self.write(|out| out.write_all(bytes))
    }

    /// Writes what could be read of an input, and hands back why the rest could not. A file is only
    /// written when there is no rest.
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
                Failure::Input(format!("cannot write {}: {error}", path.display()))
            }),
            None => {
                let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
                fill(&mut out).and_then(|()| out.flush()).map_err(Failure::stdout)
            }
        }
    }
}

/// Writes a temporary file beside `path` and renames it. A device or a pipe is written to directly.
fn replace(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let mut out = BufWriter::new(std::fs::OpenOptions::new().write(true).open(path)?);
        fill(&mut out)?;
        return out.flush();
    }
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wattle-");
    if let Ok(metadata) = target.metadata() {
        builder.permissions(metadata.permissions());
    } else {
        default_permissions(&mut builder);
    }
    let mut file = builder.tempfile_in(folder)?;
    let mut out = BufWriter::with_capacity(1 << 16, file.as_file_mut());
    fill(&mut out)?;
    out.flush()?;
    drop(out);
    file.persist(&target)?;
    Ok(())
}

#[cfg(unix)]
fn default_permissions(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    // As for any new file, the process's umask takes away from this.
    builder.permissions(std::fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn default_permissions(_: &mut tempfile::Builder<'_, '_>) {}

/// Writes a listing as JSON.
pub(crate) fn write_json(out: &mut dyn Write, listing: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, listing)?;
    writeln!(out)
}
