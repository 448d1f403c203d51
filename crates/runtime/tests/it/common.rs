//! From text to instances.

use wattle_runtime::{Imports, Instance, Module, Store};

pub(crate) fn module(text: &str) -> Module {
    Module::new(wattle_wat::parse(text).unwrap()).unwrap()
}

pub(crate) fn instantiate<T>(store: &mut Store<T>, text: &str) -> Instance {
    Instance::new(store, &module(text), &Imports::default()).unwrap()
}
