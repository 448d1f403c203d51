//! Modules with a proof that they are valid.

use wattle_ast::Module;

use crate::Errors;
use crate::types::Types;
use crate::validator::Validator;

/// A valid module with its types. Only validation makes this type, and the module in it cannot be
/// changed, so the types always fit.
///
/// ```
/// use wattle_ast::{FuncType, Module};
/// use wattle_validator::Validator;
///
/// let mut module = Module::default();
/// module.types.push(FuncType::new([], []).into());
/// let valid = Validator::new().valid_module(module)?;
/// assert_eq!(valid.types().registry().len(), 1);
/// assert_eq!(valid.into_module().types.len(), 1);
/// # Ok::<(), wattle_validator::Errors>(())
/// ```
#[derive(Clone, Debug)]
pub struct ValidModule<'a> {
    module: Module<'a>,
    types: Types,
}

impl<'a> ValidModule<'a> {
    /// The module.
    pub fn module(&self) -> &Module<'a> {
        &self.module
    }

    /// The types of everything in the module.
    pub fn types(&self) -> &Types {
        &self.types
    }

    /// The module without the proof, so that it can be changed.
    pub fn into_module(self) -> Module<'a> {
        self.module
    }

    /// The module with all its data copied, so that it can outlive the input.
    pub fn into_owned(self) -> ValidModule<'static> {
        ValidModule { module: self.module.into_owned(), types: self.types }
    }
}

impl Validator {
    /// Validates a module that is passed by value.
    ///
    /// # Errors
    /// All errors found, at most one per body, with the names of functions.
    pub fn valid_module<'a>(self, module: Module<'a>) -> Result<ValidModule<'a>, Errors> {
        let types = self.module(&module)?;
        Ok(ValidModule { module, types })
    }
}
