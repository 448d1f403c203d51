//! Executes components that consist of core modules: the modules are instantiated as the component
//! says, with functions of the host for its imports.

use std::collections::BTreeMap;

use wattle_ast::components::{Alias, Canon, Component, CoreInstance, CoreSort, Definition};
use wattle_ast::{Features, FuncType};
use wattle_runtime::{Caller, Extern, Func, Imports, Instance, Module, Store, Value};

/// The calls of imported functions, and the slots of the context.
#[derive(Default)]
pub(crate) struct State {
    /// The arguments of the imported functions that were called, in order.
    pub(crate) log: Vec<i32>,
    pub(crate) context: [i32; 2],
}

/// A component whose core modules are instantiated.
pub(crate) struct Program {
    pub(crate) store: Store<State>,
    /// The core functions that are lifted, in order.
    pub(crate) lifted: Vec<Func>,
}

impl Program {
    /// Instantiates the core modules. Functions that the component imports have the type
    /// `imported`; they note their first argument, and return it.
    pub(crate) fn new(component: &Component<'_>, imported: FuncType) -> Program {
        let mut store = Store::new(State::default());
        let (mut modules, mut instances) = (Vec::new(), Vec::<BTreeMap<String, Extern>>::new());
        let mut spaces: BTreeMap<CoreSort, Vec<Extern>> = BTreeMap::new();
        let mut lifted = Vec::new();
        let mut depth = 0;
        for definition in &component.definitions {
            depth = match definition {
                Definition::End => depth - 1,
                _ => depth + usize::from(definition.opens().is_some()),
            };
            if depth > 0 {
                continue;
            }
            match definition {
                Definition::CoreModule(module) => {
                    let module = (**module).clone().into_owned();
                    modules.push(Module::with_features(module, Features::ALL).unwrap());
                }
                Definition::CoreInstance(CoreInstance::Instantiate { module, args }) => {
                    let mut imports = Imports::default();
                    for arg in args {
                        for (name, what) in &instances[arg.instance.0 as usize] {
                            imports.define(&arg.name, name, *what);
                        }
                    }
                    let module = &modules[module.0 as usize];
                    let instance = Instance::new(&mut store, module, &imports);
                    let instance = instance.unwrap_or_else(|error| panic!("{error}"));
                    instances.push(instance.exports(&store).into_iter().collect());
                }
                Definition::CoreInstance(CoreInstance::Exports(exports)) => {
                    let find = |sort, number: u32| spaces[&sort][number as usize];
                    let exports = exports.iter().map(|export| {
                        let what = find(export.item.sort(), export.item.number());
                        (export.name.to_string(), what)
                    });
                    instances.push(exports.collect());
                }
                Definition::Alias(Alias::CoreExport { sort, instance, name }) => {
                    let what = instances[instance.0 as usize][name.as_str()];
                    spaces.entry(*sort).or_default().push(what);
                }
                Definition::Canon(Canon::Lift { func, .. }) => {
                    let Extern::Func(func) = spaces[&CoreSort::Func][func.0 as usize] else {
                        panic!()
                    };
                    lifted.push(func);
                }
                Definition::Canon(canon) => {
                    let func = host(&mut store, canon, &imported);
                    spaces.entry(CoreSort::Func).or_default().push(func.into());
                }
                _ => {}
            }
        }
        Program { store, lifted }
    }

    /// Calls the function that is lifted first.
    pub(crate) fn call(&mut self, arguments: &[i32]) -> i32 {
        let arguments: Vec<Value> = arguments.iter().map(|value| Value::I32(*value)).collect();
        let results = self.lifted[0].call(&mut self.store, &arguments);
        results.unwrap_or_else(|error| panic!("{error}"))[0].i32().unwrap()
    }
}

/// Makes a function of the host for a canonical definition.
fn host(store: &mut Store<State>, canon: &Canon, imported: &FuncType) -> Func {
    match canon {
        Canon::Lower { .. } => Func::new(store, imported.clone(), {
            let count = imported.results().len();
            move |caller, arguments| {
                let first = arguments[0].i32().unwrap();
                caller.data().log.push(first);
                Ok(arguments[..count].to_vec())
            }
        })
        .unwrap(),
        Canon::ContextGet { slot } => {
            let slot = slot.slot as usize;
            Func::wrap(store, move |mut caller: Caller<'_, State>| caller.data().context[slot])
        }
        Canon::ContextSet { slot } => {
            let slot = slot.slot as usize;
            Func::wrap(store, move |mut caller: Caller<'_, State>, value: i32| {
                caller.data().context[slot] = value;
            })
        }
        // The function is never called in these tests.
        Canon::ThreadNewIndirect { .. } => Func::wrap(store, |_: i32, _: i32| -1),
        other => panic!("{other:?}"),
    }
}
