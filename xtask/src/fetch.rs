//! Downloading a package with the client of its registry, and extracting a file from its archive.

use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;

/// A registry whose client can download a package without installing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Registry {
    /// JavaScript packages, by `npm pack`: a gzipped tar file.
    Npm,
    /// Python packages, by `pip download`: a wheel, which is a zip file.
    PyPi,
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Npm => "npm",
            Self::PyPi => "PyPI",
        })
    }
}

impl Registry {
    /// The names under which the client may be installed, the most common first.
    fn clients(self) -> &'static [&'static str] {
        match self {
            Self::Npm if cfg!(windows) => &["npm.cmd"],
            Self::Npm => &["npm"],
            Self::PyPi => &["pip", "pip3"],
        }
    }

    /// The arguments that make the client put the package's archive into `folder`.
    fn arguments(self, package: &str, version: &str, folder: &Path) -> Vec<String> {
        let folder = folder.display().to_string();
        let arguments = match self {
            Self::Npm => {
                vec!["pack", "--silent", "--ignore-scripts", "--pack-destination", &folder]
            }
            Self::PyPi => vec![
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--only-binary=:all:",
                "--dest",
                &folder,
            ],
        };
        let exact = match self {
            Self::Npm => format!("{package}@{version}"),
            Self::PyPi => format!("{package}=={version}"),
        };
        arguments.into_iter().map(str::to_owned).chain([exact]).collect()
    }
}

/// Downloads the archive of one package into `folder`, which is empty, and returns its path.
///
/// # Errors
///
/// When the client is not installed, when it fails (its own words are in the error), and when it
/// leaves no archive or several.
pub(crate) fn download(
    registry: Registry,
    package: &str,
    version: &str,
    folder: &Path,
) -> Result<PathBuf> {
    let arguments = registry.arguments(package, version, folder);
    for client in registry.clients() {
        let output =
            Command::new(client).args(&arguments).current_dir(folder).stdin(Stdio::null()).output();
        let output = match output {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            other => other.with_context(|| format!("cannot start `{client}`"))?,
        };
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{client}` failed, {}: {}", output.status, words.trim());
        return only_file(folder).with_context(|| format!("after `{client}`"));
    }
    bail!("the client `{}` is not installed", registry.clients()[0])
}

/// The only file in `folder`.
fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    ensure!(files.len() == 1, "expected one archive, found {}", files.len());
    Ok(files.remove(0))
}

/// Reads the file at `inside` out of an archive: a `.tgz`, `.tar.gz`, `.whl` or `.zip` file.
///
/// # Errors
///
/// When the archive is of another kind, cannot be read, or has no such file.
pub(crate) fn extract(archive: &Path, inside: &str) -> Result<Vec<u8>> {
    let told = || format!("cannot read {}", archive.display());
    let name = archive.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let file = File::open(archive).with_context(told)?;
    let found = if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
        from_tar(GzDecoder::new(file), inside).with_context(told)?
    } else if name.ends_with(".whl") || name.ends_with(".zip") {
        from_zip(file, inside).with_context(told)?
    } else {
        bail!("`{name}` is an archive of an unknown kind");
    };
    found.with_context(|| format!("`{name}` does not contain `{inside}`"))
}

/// The bytes of `inside` in a tar stream, if it is there.
fn from_tar(stream: impl Read, inside: &str) -> Result<Option<Vec<u8>>> {
    for entry in tar::Archive::new(stream).entries()? {
        let mut entry = entry?;
        if entry.path()? == Path::new(inside) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// The bytes of `inside` in a zip file, if it is there.
fn from_zip(file: File, inside: &str) -> Result<Option<Vec<u8>>> {
    let mut archive = zip::ZipArchive::new(file)?;
    let Some(index) = archive.index_for_name(inside) else { return Ok(None) };
    let mut bytes = Vec::new();
    archive.by_index(index)?.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use zip::write::SimpleFileOptions;

    use super::*;

    const WASM: &[u8] = b"\0asm\x01\0\0\0";

    fn tgz(path: &Path) {
        let gzip = GzEncoder::new(File::create(path).unwrap(), Compression::default());
        let mut archive = tar::Builder::new(gzip);
        for (name, bytes) in [("package/package.json", &b"{}"[..]), ("package/a/b.wasm", WASM)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, bytes).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap();
    }

    fn wheel(path: &Path) {
        let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
        for (name, bytes) in [("thing/__init__.py", &b""[..]), ("thing/web/b.wasm", WASM)] {
            archive.start_file(name, SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap();
    }

    #[test]
    fn a_file_comes_out_of_either_kind_of_archive() {
        let folder = tempfile::tempdir().unwrap();
        let (npm, pypi) = (folder.path().join("thing-1.0.tgz"), folder.path().join("thing.whl"));
        tgz(&npm);
        wheel(&pypi);
        assert_eq!(extract(&npm, "package/a/b.wasm").unwrap(), WASM);
        assert_eq!(extract(&pypi, "thing/web/b.wasm").unwrap(), WASM);
        for (archive, inside) in [(&npm, "package/b.wasm"), (&pypi, "b.wasm")] {
            let error = extract(archive, inside).unwrap_err().to_string();
            assert!(error.ends_with(&format!("does not contain `{inside}`")), "{error}");
        }
    }

    #[test]
    fn broken_and_unknown_archives_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        for (name, says) in [
            ("broken.tgz", "cannot read"),
            ("broken.whl", "cannot read"),
            ("thing.rar", "unknown kind"),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, b"this is not an archive, whatever its name says").unwrap();
            let error = extract(&path, "b.wasm").unwrap_err().to_string();
            assert!(error.contains(says), "{name}: {error}");
        }
    }

    #[test]
    fn exactly_one_archive_is_expected() {
        let folder = tempfile::tempdir().unwrap();
        assert!(only_file(folder.path()).unwrap_err().to_string().contains("found 0"));
        let first = folder.path().join("a.tgz");
        fs::write(&first, "").unwrap();
        assert_eq!(only_file(folder.path()).unwrap(), first);
        fs::write(folder.path().join("b.tgz"), "").unwrap();
        assert!(only_file(folder.path()).unwrap_err().to_string().contains("found 2"));
    }

    #[test]
    fn each_client_is_asked_for_one_exact_version() {
        let npm = Registry::Npm.arguments("@a/b", "1.2.3", Path::new("room"));
        assert_eq!(npm.last().unwrap(), "@a/b@1.2.3");
        let pypi = Registry::PyPi.arguments("flet-web", "1.0.5", Path::new("room"));
        assert_eq!(pypi.last().unwrap(), "flet-web==1.0.5");
    }
}
