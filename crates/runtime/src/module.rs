//! Modules: a valid tree, the tables that execution looks up, and translations made on first call.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::sync::Arc;
use core::fmt;

use wattle_ast::{
    self as ast, Expr, ExternIdx, ExternType, Features, FuncType, IndexSpaces, TypeIdx, ValType,
};
use wattle_validator::{ValidModule, Validator};

use crate::code::Function;
use crate::lazy::Lazy;
use crate::translate::{self, Instrument};
use crate::trap::{Broken, Error, Failure, at};

/// A module that is ready to be instantiated. It is cheap to clone, and instances and stores share
/// it.
///
/// Functions are translated when they are first called.
///
/// ```
/// use wattle_ast as ast;
/// use wattle_runtime::Module;
/// use wattle_validator::Validator;
///
/// let module = Module::new(ast::Module::default())?;
/// assert_eq!(module.exports().count(), 0);
///
/// let valid = Validator::new().valid_module(ast::Module::default()).unwrap();
/// assert_eq!(Module::from(valid).imports().count(), 0);
/// # Ok::<(), wattle_runtime::Error>(())
/// ```
///
/// Spec: <https://webassembly.github.io/spec/core/syntax/modules.html>
#[derive(Clone)]
pub struct Module {
    pub(crate) inner: Arc<Inner>,
}

/// The functions that a module defines. Each is translated when it is first called.
pub(crate) type Functions = [Lazy<Result<Function, Failure>>];

pub(crate) struct Inner {
    pub(crate) valid: ValidModule<'static>,
    pub(crate) spaces: IndexSpaces,
    pub(crate) exports: BTreeMap<Box<str>, ExternIdx>,
    functions: [Lazy<Box<Functions>>; Instrument::COUNT],
}

impl From<ValidModule<'_>> for Module {
    fn from(valid: ValidModule<'_>) -> Module {
        let valid = valid.into_owned();
        let exports = valid.module().exports.iter();
        let inner = Inner {
            spaces: IndexSpaces::of(valid.module()),
            exports: exports.map(|export| (export.name.as_str().into(), export.index)).collect(),
            functions: Default::default(),
            valid,
        };
        Module { inner: Arc::new(inner) }
    }
}

impl Module {
    /// Validates a module with the default features, and takes it over.
    ///
    /// # Errors
    /// If the module is invalid.
    pub fn new(module: ast::Module<'_>) -> Result<Module, Error> {
        Module::with_features(module, Features::default())
    }

    /// Validates a module with these features, and takes it over.
    ///
    /// # Errors
    /// If the module is invalid.
    pub fn with_features(module: ast::Module<'_>, features: Features) -> Result<Module, Error> {
        match Validator::new().features(features).valid_module(module) {
            Ok(valid) => Ok(valid.into()),
            Err(errors) => Err(Error::invalid(errors.to_string())),
        }
    }

    /// The syntax tree.
    pub fn ast(&self) -> &ast::Module<'static> {
        self.inner.ast()
    }

    /// The name and the index of each export.
    pub fn exports(&self) -> impl Iterator<Item = (&str, ExternIdx)> {
        self.ast().exports.iter().map(|export| (export.name.as_str(), export.index))
    }

    /// The module, the name and the type of each import, with type indices of this module.
    pub fn imports(&self) -> impl Iterator<Item = (&str, &str, ExternType)> {
        self.ast().imports.iter().map(|i| (i.module.as_str(), i.name.as_str(), i.ty))
    }

    /// Translates bodies that nobody has validated in place of those of the functions, for stores
    /// that count fuel. It is for the test that executing them ends in errors or wrong results.
    #[doc(hidden)]
    pub fn translate_unvalidated(&self, bodies: &[ast::Body<'_>]) {
        let instrument = Instrument { fuel: true, observe: false };
        let cells = self.inner.functions(instrument).iter().zip(&self.ast().funcs);
        for ((cell, func), body) in cells.zip(bodies) {
            cell.get_or_init(|| self.inner.translate_as(func.ty, body, instrument));
        }
    }
}

impl PartialEq for Module {
    /// Whether both are one module. Contents do not matter.
    fn eq(&self, other: &Module) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Eq for Module {}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("functions", &self.ast().funcs.len()).finish()
    }
}

impl Inner {
    pub(crate) fn ast(&self) -> &ast::Module<'static> {
        self.valid.module()
    }

    /// The cells for translations with these instruments of the functions that the module defines.
    pub(crate) fn functions(&self, instrument: Instrument) -> &Functions {
        match self.functions.get(instrument.index()) {
            Some(functions) => functions.get_or_init(|| {
                let len = self.ast().funcs.len();
                core::iter::repeat_with(Lazy::default).take(len).collect()
            }),
            None => &[],
        }
    }

    /// Translates a function.
    #[cold]
    pub(crate) fn translate(&self, func: u32, instrument: Instrument) -> Result<Function, Failure> {
        let func = at(&self.ast().funcs, func)?;
        self.translate_as(func.ty, &func.body, instrument)
    }

    fn translate_as(
        &self,
        ty: TypeIdx,
        body: &ast::Body<'_>,
        instrument: Instrument,
    ) -> Result<Function, Failure> {
        let ty = self.ast().func_type(ty).ok_or(Broken::Kind)?;
        translate::function(self.ast(), &self.spaces, ty, body, instrument)
    }

    /// Translates a constant expression to a function without parameters.
    pub(crate) fn translate_const(
        &self,
        ty: ValType,
        expr: &Expr<'_>,
    ) -> Result<Function, Failure> {
        let ty = FuncType::new([], [ty]);
        let body = ast::Body::new([], expr.borrowed());
        translate::function(self.ast(), &self.spaces, &ty, &body, Instrument::default())
    }
}
