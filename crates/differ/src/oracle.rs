//! The oracle: Wattle's own runtime, which can make any choice that the specification permits.

use std::sync::Arc;

use wattle_ast::{Features, FuncType, ValType};
use wattle_runtime::numerics::Profile;
use wattle_runtime::{
    Config, Error, ErrorKind, Extern, Func, Imports, Instance, Limits, Module, Store, Trap, Value,
};

use crate::case::{Case, Closed, HOST, UNDER_TEST};
use crate::ending::{Ending, Log, Run, Word};
use crate::engine::Engine;

/// Wattle's own runtime.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Oracle {
    /// The choices that the specification leaves to an engine.
    pub profile: Profile,
    /// The resources that a case may use.
    pub limits: Limits,
    /// The fuel of a probe: about the number of instructions that it may execute.
    pub fuel: u64,
}

impl Default for Oracle {
    fn default() -> Oracle {
        let limits = Limits { bytes: 1 << 30, ..Limits::default() };
        Oracle { profile: Profile::default(), limits, fuel: 20_000_000 }
    }
}

fn ending(error: &Error) -> Ending {
    match error.kind() {
        ErrorKind::Trap(trap) => match trap {
            Trap::StackExhausted | Trap::FrameTooLarge => Ending::exhausted("stack"),
            Trap::OutOfFuel => Ending::exhausted("fuel"),
            Trap::HeapExhausted => Ending::exhausted("heap"),
            Trap::Deadlock | Trap::Interrupted => Ending::exhausted("time"),
            Trap::ModuleTooLarge => Ending::exhausted("memory"),
            trap => Ending::Trap(trap.phrase().to_owned()),
        },
        ErrorKind::Broken(_) => Ending::Broken(error.to_string()),
        ErrorKind::Exception(_) => Ending::Exception(String::new()),
        ErrorKind::Limit(_) => Ending::exhausted("memory"),
        _ => Ending::Refused(error.to_string()),
    }
}

fn words(result: Result<Vec<Value>, Error>) -> Ending {
    match result {
        Err(error) => ending(&error),
        Ok(values) => Ending::values(values.iter().map(|value| match value {
            Value::I64(value) => *value as u64,
            _ => 0,
        })),
    }
}

impl Oracle {
    fn store(&self) -> Store<Log> {
        let config = Config { limits: self.limits, profile: self.profile, fuel: Some(self.fuel) };
        Store::with_config(Log::new(), config)
    }

    /// Runs a case.
    ///
    /// ```
    /// use wattle_differ::{Case, Oracle, Settings};
    /// use wattle_smith::{Config, from_seed};
    ///
    /// let made = from_seed(&Config::default(), 1);
    /// let case = Case::new(made.module, made.features, Settings::default());
    /// let run = Oracle::default().run_case(&case);
    /// assert!(run.start.is_good());
    /// assert_eq!(run.probes.len(), case.probes.len());
    /// ```
    pub fn run_case(&self, case: &Case) -> Run {
        let mut store = self.store();
        let linked = link(&mut store, case).map_err(|error| ending(&error));
        let mut run = Run::of(&case.probes, linked, |&mut adapter, probe| {
            // A probe that runs none of the module's code terminates, and is faster without fuel.
            store.set_fuel(probe.is_call.then_some(self.fuel));
            words(adapter.call(&mut store, &probe.name, &[]))
        });
        run.log = store.into_data();
        run
    }

    /// Runs a case in its closed form, with a new instance for each probe.
    pub fn run_closed(&self, closed: &Closed) -> Run {
        let module = match Module::with_features(closed.module.clone(), Features::ALL) {
            Ok(module) => module,
            Err(error) => return Run::ended(ending(&error)),
        };
        let mut run = Run::ended(Ending::good());
        for probe in &closed.probes {
            let mut store = self.store();
            match Instance::new(&mut store, &module, &Imports::default()) {
                // The failure counts for every probe, as if each probe ran in a process of its own.
                Err(error) => run.probes.push(ending(&error)),
                Ok(instance) => {
                    store.set_fuel(Some(self.fuel));
                    run.probes.push(words(instance.call(&mut store, &probe.name, &[])));
                }
            }
        }
        run
    }
}

fn link(store: &mut Store<Log>, case: &Case) -> Result<Instance, Error> {
    let features = Features::ALL;
    let mut imports = Imports::default();
    if !case.module.imports.is_empty() {
        let ty = FuncType::new([ValType::I32, ValType::I64], []);
        let log = Func::new(store, ty, |caller, arguments| {
            if let [Value::I32(place), Value::I64(hash)] = arguments {
                caller.data().push((*place as u32, Word(*hash as u64)));
            }
            Ok(Vec::new())
        })?;
        let mut host = Imports::default();
        host.define(HOST.0, HOST.1, log);
        let provider = Module::with_features(case.provider.clone(), features)?;
        let provider = Instance::new(store, &provider, &host)?;
        for (place, import) in case.module.imports.iter().enumerate() {
            let provided: Option<Extern> = provider.export(store, &place.to_string());
            if let Some(provided) = provided {
                imports.define(&import.module, &import.name, provided);
            }
        }
    }
    let module = Module::with_features(case.module.clone(), features)?;
    let module = Instance::new(store, &module, &imports)?;
    let mut exports = Imports::default();
    exports.define_instance(store, UNDER_TEST, module);
    let adapter = Module::with_features(case.adapter.clone(), features)?;
    Instance::new(store, &adapter, &exports)
}

impl Engine for Oracle {
    fn name(&self) -> Arc<str> {
        "wattle".into()
    }

    fn features(&self) -> Features {
        Features::DEFAULT
    }

    fn run(&mut self, case: &Case) -> Run {
        self.run_case(case)
    }
}
