//! The definitions that modules import.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::FuncType;

use crate::handles::{Extern, Func, Instance};
use crate::host::{IntoFunc, on_slots};
use crate::store::{Caller, HostCall, Store};
use crate::trap::Error;
use crate::values::Value;

/// A definition to import.
pub(crate) enum Import<T> {
    /// A definition in a store.
    Extern(Extern),
    /// A function of the host. It is added to each store whose modules import it.
    Func(FuncType, Arc<HostCall<T>>),
}

impl<T> Clone for Import<T> {
    fn clone(&self) -> Self {
        match self {
            Import::Extern(what) => Import::Extern(*what),
            Import::Func(ty, call) => Import::Func(ty.clone(), call.clone()),
        }
    }
}

/// Definitions to import, by module and name.
///
/// Functions of the host that are added with [`wrap`](Imports::wrap) and [`func`](Imports::func)
/// belong to no store, so the imports can serve any number of stores with data of this type. A
/// definition that [`define`](Imports::define) adds serves its own store.
///
/// ```
/// use wattle_runtime::{Caller, Imports, Instance, Module, Store};
///
/// let mut imports = Imports::default();
/// imports.wrap("host", "add", |mut caller: Caller<'_, i32>, n: i32| *caller.data() += n);
/// let text = r#"(module (import "host" "add" (func $add (param i32)))
///     (func (export "f") (call $add (i32.const 2))))"#;
/// let module = Module::new(wattle_wat::parse(text).unwrap())?;
/// for start in [0, 40] {
///     let mut store = Store::new(start);
///     let instance = Instance::new(&mut store, &module, &imports)?;
///     instance.call(&mut store, "f", &[])?;
///     assert_eq!(*store.data(), start + 2);
/// }
/// # Ok::<(), wattle_runtime::Error>(())
/// ```
pub struct Imports<T = ()> {
    modules: BTreeMap<Box<str>, BTreeMap<Box<str>, Import<T>>>,
}

impl<T> Default for Imports<T> {
    fn default() -> Self {
        Imports { modules: BTreeMap::new() }
    }
}

impl<T> Clone for Imports<T> {
    fn clone(&self) -> Self {
        Imports { modules: self.modules.clone() }
    }
}

impl<T> fmt::Debug for Imports<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modules = self.modules.iter();
        let names = modules.map(|(module, names)| (module, names.keys().collect::<Vec<_>>()));
        f.debug_map().entries(names).finish()
    }
}

impl<T> Imports<T> {
    fn add(&mut self, module: &str, name: &str, what: Import<T>) {
        self.modules.entry(module.into()).or_default().insert(name.into(), what);
    }

    /// Adds a definition of a store, and replaces an earlier one with this name.
    pub fn define(&mut self, module: &str, name: &str, what: impl Into<Extern>) {
        self.add(module, name, Import::Extern(what.into()));
    }

    /// Adds a function of the host from a closure on numbers, as [`Func::wrap`] does.
    pub fn wrap<P, R>(&mut self, module: &str, name: &str, func: impl IntoFunc<T, P, R>) {
        let (ty, call) = func.into_func();
        self.add(module, name, Import::Func(ty, call));
    }

    /// Adds a function of the host that takes and returns values, as [`Func::new`] does.
    pub fn func(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        call: impl Fn(&mut Caller<'_, T>, &[Value]) -> Result<Vec<Value>, Error> + Send + Sync + 'static,
    ) {
        let call = on_slots(&ty, call);
        self.add(module, name, Import::Func(ty, call));
    }

    /// Adds all exports of an instance under a module name, and replaces that module.
    pub fn define_instance(&mut self, store: &Store<T>, module: &str, instance: Instance) {
        let exports = instance.exports(store).into_iter();
        let exports = exports.map(|(name, what)| (name.into_boxed_str(), Import::Extern(what)));
        self.modules.insert(module.into(), exports.collect());
    }

    /// Whether there is a definition with this name.
    pub fn contains(&self, module: &str, name: &str) -> bool {
        self.modules.get(module).is_some_and(|names| names.contains_key(name))
    }

    /// The definition with this name, in the store.
    pub(crate) fn resolve(
        &self,
        store: &mut Store<T>,
        module: &str,
        name: &str,
    ) -> Result<Option<Extern>, Error> {
        Ok(match self.modules.get(module).and_then(|names| names.get(name)) {
            None => None,
            Some(Import::Extern(what)) => Some(*what),
            Some(Import::Func(ty, call)) => {
                // The store keeps the function, so nothing else gets its address.
                let address = Arc::as_ptr(call).cast::<()>().addr();
                let func = match store.imported.get(&address) {
                    Some(func) => *func,
                    None => {
                        let func = Func::host(store, ty, call.clone())?;
                        store.imported.insert(address, func);
                        func
                    }
                };
                Some(func.into())
            }
        })
    }
}
