//! The files of the system.

use alloc::string::String;
use alloc::vec::Vec;
use std::path::Path;
use std::{fs, io};

use super::Files;

/// The files of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Files for System {
    type Error = io::Error;

    fn is_folder(&self, path: &str) -> bool {
        Path::new(path).is_dir()
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, io::Error> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        // A name that is not UTF-8 cannot end in an extension that matters.
        let name = |entry: Result<fs::DirEntry, io::Error>| match entry {
            Ok(entry) => entry.file_name().into_string().ok().map(Ok),
            Err(error) => Some(Err(error)),
        };
        entries.filter_map(name).collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, io::Error> {
        fs::read(path)
    }

    fn binary(&self, _: &str, _: &[u8]) -> Result<Option<String>, io::Error> {
        Ok(None)
    }
}
