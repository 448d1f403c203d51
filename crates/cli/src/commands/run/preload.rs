//! `--preload`: modules that are there before the program, for its imports.

use std::path::PathBuf;

use wattle::Features;
use wattle::runtime::{Imports, Instance, Store};

use super::{Call, Program};
use crate::input;
use crate::report::Failure;

/// A module, and the module name under which what it exports can be imported.
#[derive(Clone, Debug)]
pub(super) struct Preload {
    name: String,
    file: PathBuf,
}

/// `NAME=FILE`.
pub(super) fn parse(text: &str) -> Result<Preload, String> {
    let (name, file) = text.split_once('=').ok_or("a name, `=` and a file are wanted")?;
    Ok(Preload { name: name.to_owned(), file: file.into() })
}

impl Preload {
    /// Instantiates the module, calls its `_initialize` if it exports that, and lets what comes
    /// later import what it exports.
    pub(super) fn define(
        &self,
        store: &mut Store,
        imports: &mut Imports,
        features: Features,
        unknown_imports_trap: bool,
    ) -> Result<(), Failure> {
        let program = Program::load(input::read(Some(&self.file))?, features)?;
        program.check_imports(store, imports, unknown_imports_trap)?;
        let initialize = program.func("_initialize").is_some();
        let started = Instance::new(store, &program.module, imports).and_then(|instance| {
            if initialize {
                instance.call(store, "_initialize", &[])?;
            }
            Ok(instance)
        });
        let call = Call::Nothing { initialize };
        let instance = started.map_err(|error| program.failed(&error, &call))?;
        imports.define_instance(store, &self.name, instance);
        Ok(())
    }
}
