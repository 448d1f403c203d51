//! The definitions that modules import.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::handles::Extern;

/// Definitions to import, by module and name.
///
/// ```
/// use wattle_runtime::{Func, Imports, Store};
///
/// let mut store = Store::new(());
/// let print = Func::wrap(&mut store, |_: wattle_runtime::Caller<'_, ()>, _: i32| ());
/// let mut imports = Imports::default();
/// imports.define("spectest", "print_i32", print);
/// assert!(imports.get("spectest", "print_i32").is_some());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Imports {
    pub(crate) modules: BTreeMap<Box<str>, BTreeMap<Box<str>, Extern>>,
}

impl Imports {
    /// Adds a definition, and replaces an earlier one with this name.
    pub fn define(&mut self, module: &str, name: &str, what: impl Into<Extern>) {
        self.modules.entry(module.into()).or_default().insert(name.into(), what.into());
    }

    /// The definition with this name.
    pub fn get(&self, module: &str, name: &str) -> Option<Extern> {
        self.modules.get(module)?.get(name).copied()
    }
}
