//! Modules: the tree with what execution looks up often, and translations made on first call.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{
    self as ast, CompType, Expr, ExternIdx, ExternType, Features, FuncType, GlobalType, MemType,
    TableType, TypeIdx, ValType,
};

use wattle_validator::{Types, Validator};

use crate::code::Function;
use crate::lazy::Lazy;
use crate::translate::{self, Instrument};
use crate::trap::{Broken, Error, Failure, at};

/// A module, ready to be instantiated: cheap to clone, shared between instances and stores.
///
/// Functions are translated when they are first called.
///
/// ```
/// use wattle_ast as ast;
/// let module = wattle_runtime::Module::new(ast::Module::default())?;
/// assert_eq!(module.exports().count(), 0);
/// # Ok::<(), wattle_runtime::Error>(())
/// ```
///
/// Spec: <https://webassembly.github.io/spec/core/syntax/modules.html>
#[derive(Clone)]
pub struct Module {
    pub(crate) inner: Arc<Inner>,
}

/// The functions that a module defines: each is translated when it is first called.
pub(crate) type Functions = [Lazy<Result<Function, Failure>>];

pub(crate) struct Inner {
    pub(crate) ast: ast::Module<'static>,
    /// The type of each function of the index space.
    pub(crate) funcs: Vec<TypeIdx>,
    pub(crate) imported_funcs: u32,
    pub(crate) tables: Vec<TableType>,
    pub(crate) memories: Vec<MemType>,
    pub(crate) globals: Vec<GlobalType>,
    pub(crate) tags: Vec<TypeIdx>,
    exports: BTreeMap<Box<str>, u32>,
    functions: [Lazy<Box<Functions>>; Instrument::COUNT],
}

impl Module {
    /// Takes a module over, after validating it with the default features.
    ///
    /// # Errors
    /// When it is invalid.
    pub fn new(module: ast::Module<'_>) -> Result<Module, Error> {
        Module::with_features(module, Features::default())
    }

    /// Takes a module over, after validating it with these features.
    ///
    /// # Errors
    /// When it is invalid.
    pub fn with_features(module: ast::Module<'_>, features: Features) -> Result<Module, Error> {
        match Validator::new().features(features).module(&module) {
            Ok(types) => Ok(Module::validated(module, &types)),
            Err(errors) => Err(Error::invalid(errors.to_string())),
        }
    }

    /// Takes a module over that was validated: `_proof` is what came of it.
    pub fn validated(module: ast::Module<'_>, _proof: &Types) -> Module {
        let ast = module.into_owned();
        let mut inner = Inner {
            funcs: Vec::new(),
            imported_funcs: 0,
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            exports: BTreeMap::new(),
            functions: Default::default(),
            ast: ast::Module::default(),
        };
        for import in &ast.imports {
            match import.ty {
                ExternType::Func(ty) | ExternType::FuncExact(ty) => inner.funcs.push(ty),
                ExternType::Table(ty) => inner.tables.push(ty),
                ExternType::Mem(ty) => inner.memories.push(ty),
                ExternType::Global(ty) => inner.globals.push(ty),
                ExternType::Tag(ty) => inner.tags.push(ty.ty),
            }
        }
        inner.imported_funcs = inner.funcs.len() as u32;
        inner.funcs.extend(ast.funcs.iter().map(|func| func.ty));
        inner.tables.extend(ast.tables.iter().map(|table| table.ty));
        inner.memories.extend(&ast.memories);
        inner.globals.extend(ast.globals.iter().map(|global| global.ty));
        inner.tags.extend(ast.tags.iter().map(|tag| tag.ty));
        for (place, export) in ast.exports.iter().enumerate() {
            inner.exports.insert(export.name.as_str().into(), place as u32);
        }
        inner.ast = ast;
        Module { inner: Arc::new(inner) }
    }

    /// The tree.
    pub fn ast(&self) -> &ast::Module<'static> {
        &self.inner.ast
    }

    /// The exports: name and index.
    pub fn exports(&self) -> impl Iterator<Item = (&str, ExternIdx)> {
        self.inner.ast.exports.iter().map(|export| (export.name.as_str(), export.index))
    }

    /// The imports: module, name and type, with the type indices of this module.
    pub fn imports(&self) -> impl Iterator<Item = (&str, &str, ExternType)> {
        self.inner.ast.imports.iter().map(|i| (i.module.as_str(), i.name.as_str(), i.ty))
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("functions", &self.inner.ast.funcs.len()).finish()
    }
}

impl Inner {
    pub(crate) fn export(&self, name: &str) -> Option<ExternIdx> {
        let place = *self.exports.get(name)?;
        self.ast.exports.get(place as usize).map(|export| export.index)
    }

    pub(crate) fn func_type(&self, ty: TypeIdx) -> Option<&FuncType> {
        match &self.ast.types.get(ty.idx())?.comp {
            CompType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The name of a function of the index space, if it has one.
    pub(crate) fn func_name(&self, func: u32) -> Option<String> {
        self.ast.names.funcs.get(func).map(|name| name.as_str().to_string())
    }

    /// The functions that the module defines, with these instruments: places for translations.
    pub(crate) fn functions(&self, instrument: Instrument) -> &Functions {
        match self.functions.get(instrument.index()) {
            Some(functions) => functions.get_or_init(|| {
                let len = self.ast.funcs.len();
                core::iter::repeat_with(Lazy::default).take(len).collect()
            }),
            None => &[],
        }
    }

    /// Translates a function.
    #[cold]
    pub(crate) fn translate(&self, func: u32, mode: Instrument) -> Result<Function, Failure> {
        let func = at(&self.ast.funcs, func)?;
        let ty = self.func_type(func.ty).ok_or(Broken::Kind)?;
        translate::function(self, ty, &func.body, mode)
    }

    /// Translates a constant expression to a function without parameters.
    pub(crate) fn translate_const(
        &self,
        ty: ValType,
        expr: &Expr<'_>,
    ) -> Result<Function, Failure> {
        let ty = FuncType::new([], [ty]);
        let body = ast::Body::new([], expr.borrowed());
        translate::function(self, &ty, &body, Instrument::default())
    }
}
