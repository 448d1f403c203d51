//! Packages in folders.
//!
//! A package is a file, or all `.wit` files of a folder. The folder may have a folder `deps` with
//! the packages that it depends on: each a file, or a folder of files. Binary packages, `.wasm` and
//! `.wat`, are read by the caller, who has a parser for them.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#filesystem-structure>

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use crate::resolve::{Resolver, Source};

#[cfg(feature = "std")]
mod system;

#[cfg(feature = "std")]
pub use system::System;

/// A source of files: the system, an archive, or a test.
pub trait Files {
    /// The reason why a file or folder cannot be read.
    type Error;

    /// Returns whether a path is that of a folder.
    fn is_folder(&self, path: &str) -> bool;

    /// Lists the names of the files and folders in a folder, in any order. A folder that does not
    /// exist is empty.
    ///
    /// # Errors
    /// If the folder cannot be read.
    fn list(&self, folder: &str) -> Result<Vec<String>, Self::Error>;

    /// Reads a file.
    ///
    /// # Errors
    /// If the file cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, Self::Error>;

    /// Converts a binary package, `.wasm` or `.wat`, to text. `None` if these files cannot read
    /// binary packages.
    ///
    /// # Errors
    /// If the file is not a package.
    fn binary(&self, path: &str, content: &[u8]) -> Result<Option<String>, Self::Error>;
}

/// The reason why a package cannot be loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoadError<E> {
    /// A file or folder that cannot be read.
    Read {
        /// Its path.
        path: String,
        /// The reason.
        error: E,
    },
    /// A file that is not UTF-8.
    Utf8 {
        /// Its path.
        path: String,
    },
    /// A folder without any file that ends in `.wit`.
    NoFiles {
        /// Its path.
        path: String,
    },
    /// A binary package, which these files cannot read.
    Binary {
        /// Its path.
        path: String,
    },
}

impl<E> LoadError<E> {
    /// Returns the error of the [`Files`].
    ///
    /// # Errors
    /// If the files could be read: the reason why they are not a package.
    pub fn of_files(self) -> Result<E, LoadError<Infallible>> {
        match self {
            LoadError::Read { error, .. } => Ok(error),
            LoadError::Utf8 { path } => Err(LoadError::Utf8 { path }),
            LoadError::NoFiles { path } => Err(LoadError::NoFiles { path }),
            LoadError::Binary { path } => Err(LoadError::Binary { path }),
        }
    }
}

impl<E: fmt::Display> fmt::Display for LoadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use wattle_ast::Shown;
        match self {
            LoadError::Read { path, error } => write!(f, "cannot read `{}`: {error}", Shown(path)),
            LoadError::Utf8 { path } => write!(f, "`{}` is not UTF-8", Shown(path)),
            LoadError::NoFiles { path } => {
                write!(f, "no file in the folder `{}` ends in `.wit`", Shown(path))
            }
            LoadError::Binary { path } => write!(f, "`{}` is a binary package", Shown(path)),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for LoadError<E> {}

/// Adds the package at a path, and the packages in its folder `deps`, to a resolver.
///
/// ```
/// use wattle_wit::load::{load, Memory};
/// use wattle_wit::Resolver;
///
/// let mut files = Memory::default();
/// files.add("wit/a.wit", "package a:a; interface i { use b:b/j.{t}; }");
/// files.add("wit/deps/b/b.wit", "package b:b; interface j { type t = u8; }");
/// let mut resolver = Resolver::new();
/// load(&files, "wit", &mut resolver).unwrap();
/// assert_eq!(resolver.resolve().unwrap().model().packages().len(), 2);
/// ```
///
/// # Errors
/// The first file or folder that cannot be read. Nothing is parsed yet.
pub fn load<F: Files>(
    files: &F,
    path: &str,
    resolver: &mut Resolver,
) -> Result<(), LoadError<F::Error>> {
    if !files.is_folder(path) {
        let source = file(files, path)?;
        resolver.file(source.name, source.text);
        return Ok(());
    }
    for source in folder(files, path)? {
        resolver.file(source.name, source.text);
    }
    let deps = format!("{path}/deps");
    resolver.looked_in(&*deps);
    for name in list(files, &deps)? {
        let path = format!("{deps}/{name}");
        if files.is_folder(&path) {
            resolver.dependency(folder(files, &path)?);
        } else if ["wit", "wasm", "wat"].contains(&extension(&name)) {
            resolver.dependency([file(files, &path)?]);
        }
    }
    Ok(())
}

/// Returns the extension of a name, without its dot.
fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Lists the names in a folder, in order.
fn list<F: Files>(files: &F, path: &str) -> Result<Vec<String>, LoadError<F::Error>> {
    let names = files.list(path).map_err(|error| LoadError::Read { path: path.into(), error });
    let mut names = names?;
    names.sort();
    Ok(names)
}

/// Reads the `.wit` files of a folder.
fn folder<F: Files>(files: &F, path: &str) -> Result<Vec<Source>, LoadError<F::Error>> {
    let mut sources = Vec::new();
    for name in list(files, path)? {
        let file_path = format!("{path}/{name}");
        if extension(&name) == "wit" && !files.is_folder(&file_path) {
            sources.push(file(files, &file_path)?);
        }
    }
    match sources.is_empty() {
        true => Err(LoadError::NoFiles { path: path.into() }),
        false => Ok(sources),
    }
}

/// Reads the text of a file.
fn file<F: Files>(files: &F, path: &str) -> Result<Source, LoadError<F::Error>> {
    let read = |error| LoadError::Read { path: path.into(), error };
    let content = files.read(path).map_err(read)?;
    let is_binary = content.starts_with(b"\0asm") || extension(path) == "wat";
    let text = match is_binary {
        true => match files.binary(path, &content).map_err(read)? {
            Some(text) => text,
            None => return Err(LoadError::Binary { path: path.into() }),
        },
        false => String::from_utf8(content).map_err(|_| LoadError::Utf8 { path: path.into() })?,
    };
    Ok(Source { name: path.into(), text })
}

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: alloc::collections::BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// Adds a file. Its folders need not be added.
    pub fn add(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    /// Returns the paths of the files inside of a folder, without the path of the folder.
    fn inside<'m>(&'m self, folder: &str) -> impl Iterator<Item = &'m str> {
        let prefix = format!("{folder}/");
        let len = prefix.len();
        let from = self.files.range(prefix.clone()..).map(|(path, _)| path);
        from.take_while(move |path| path.starts_with(&prefix))
            .filter_map(move |path| path.get(len..))
    }
}

impl Files for Memory {
    type Error = &'static str;

    fn is_folder(&self, path: &str) -> bool {
        self.inside(path).next().is_some()
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, &'static str> {
        let name = |path: &str| path.split('/').next().unwrap_or_default().into();
        let mut names: Vec<String> = self.inside(folder).map(name).collect();
        names.dedup();
        Ok(names)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, &'static str> {
        self.files.get(path).cloned().ok_or("there is no such file")
    }

    fn binary(&self, _: &str, _: &[u8]) -> Result<Option<String>, &'static str> {
        Ok(None)
    }
}
