//! `--preload`: modules that are instantiated before the program, which can import from them.

use std::path::PathBuf;

use wattle::runtime::{Imports, Store};

use super::program::Program;
use crate::failure::{FAILED, Failure};
use crate::input::Reading;

/// A file with a module, and the name from which its exports can be imported.
#[derive(Clone, Debug)]
pub(super) struct Preload {
    name: String,
    file: PathBuf,
}

/// Reads `NAME=FILE`.
pub(super) fn parse(text: &str) -> Result<Preload, String> {
    let (name, file) = text.split_once('=').ok_or("expected a name, `=` and a file")?;
    Ok(Preload { name: name.to_owned(), file: file.into() })
}

impl Preload {
    /// Instantiates and initialises the module, and makes its exports available to the imports of
    /// other modules. `before` has the modules that were preloaded earlier.
    pub(super) fn define(
        &self,
        store: &mut Store,
        imports: &mut Imports,
        reading: &Reading,
        unknown_imports_trap: bool,
        before: &[Program],
    ) -> Result<Program, Failure> {
        let program = Program::load(&self.file, reading)?;
        program.resolve(store, imports, unknown_imports_trap)?;
        let instance = program
            .instantiate_and_initialize(store, imports)
            .map_err(|error| program.failure(&error, FAILED, before))?;
        imports.define_instance(store, &self.name, instance);
        Ok(program)
    }
}
