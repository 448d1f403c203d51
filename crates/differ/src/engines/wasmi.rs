//! wasmi, linked in.

use std::sync::Arc;

use wasmi::{
    CompilationMode, Config, Engine as Interpreter, Error, Func, FuncType, Instance, Linker,
    Module, Store, Val, ValType,
};
use wattle_ast::Features;

use crate::case::{Case, Probe, UNDER_TEST};
use crate::ending::{Ending, Log, Run, Word};
use crate::engine::Engine;
use crate::engines::linked;

/// The interpreter wasmi.
pub struct Wasmi {
    interpreter: Interpreter,
    features: Features,
}

/// The fuel after which a call counts as endless.
const FUEL: u64 = 200_000_000;

impl Wasmi {
    /// The engine with `features`, or with all that it supports.
    pub fn new(features: Option<Features>) -> Wasmi {
        let all = Features::WASM3
            - (Features::GC | Features::FUNCTION_REFERENCES | Features::EXCEPTIONS)
            | Features::WIDE_ARITHMETIC
            | Features::CUSTOM_PAGE_SIZES;
        let mut config = Config::default();
        config.consume_fuel(true);
        // A panic of lazy translation would come in the middle of a call, where it cannot be
        // caught.
        config.compilation_mode(CompilationMode::Eager);
        config.wasm_wide_arithmetic(true);
        config.wasm_custom_page_sizes(true);
        config.wasm_multi_memory(true);
        config.wasm_memory64(true);
        config.wasm_simd(true);
        config.wasm_relaxed_simd(true);
        Wasmi { interpreter: Interpreter::new(&config), features: features.unwrap_or(all) }
    }

    fn link(&self, store: &mut Store<Log>, case: &Case) -> Result<Instance, Error> {
        let mut linker = Linker::new(&self.interpreter);
        if !case.module.imports.is_empty() {
            let provider = Module::new(&self.interpreter, &case.binaries.provider)?;
            let ty = FuncType::new([ValType::I32, ValType::I64], []);
            let log = Func::new(&mut *store, ty, |mut caller, arguments, _| {
                if let [Val::I32(place), Val::I64(hash)] = arguments {
                    caller.data_mut().push((*place as u32, Word(*hash as u64)));
                }
                Ok(())
            });
            let provider = Instance::new(&mut *store, &provider, &[log.into()])?;
            for (place, import) in case.module.imports.iter().enumerate() {
                if let Some(provided) = provider.get_export(&mut *store, &place.to_string()) {
                    linker.define(&import.module, &import.name, provided)?;
                }
            }
        }
        let module = Module::new(&self.interpreter, &case.binaries.module)?;
        let instance = linker.instantiate_and_start(&mut *store, &module)?;
        let mut linker = Linker::new(&self.interpreter);
        for import in &case.adapter.imports {
            if let Some(export) = instance.get_export(&mut *store, import.name.as_str()) {
                linker.define(UNDER_TEST, &import.name, export)?;
            }
        }
        let adapter = Module::new(&self.interpreter, &case.binaries.adapter)?;
        linker.instantiate_and_start(&mut *store, &adapter)
    }
}

fn ending(error: &Error) -> Ending {
    let message = error.to_string();
    match error.as_trap_code() {
        Some(_) => Ending::of_message(&message),
        None => linked::refused(message),
    }
}

fn call(store: &mut Store<Log>, adapter: Instance, probe: &Probe) -> Ending {
    let Some(func) = adapter.get_func(&mut *store, &probe.name) else {
        return linked::no_export(probe);
    };
    if store.set_fuel(FUEL).is_err() {
        return Ending::Broken("fuel is not counted".into());
    }
    let mut results = vec![Val::I64(0); probe.parts.len()];
    match func.call(&mut *store, &[], &mut results) {
        Err(error) => ending(&error),
        Ok(()) => Ending::values(results.iter().map(|value| value.i64().unwrap_or(0) as u64)),
    }
}

impl Engine for Wasmi {
    fn name(&self) -> Arc<str> {
        "wasmi".into()
    }

    fn features(&self) -> Features {
        self.features
    }

    fn run(&mut self, case: &Case) -> Run {
        linked::catch_panic(|| {
            let mut store = Store::new(&self.interpreter, Log::new());
            let linked = store.set_fuel(FUEL).and_then(|()| self.link(&mut store, case));
            let linked = linked.map_err(|error| ending(&error));
            let mut run = Run::of(&case.probes, linked, |&mut adapter, probe| {
                call(&mut store, adapter, probe)
            });
            run.log = store.into_data();
            run
        })
    }
}
