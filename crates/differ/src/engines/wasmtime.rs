//! Wasmtime, linked in: with Cranelift, with Winch, or with Pulley's bytecode.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use wasmtime::{
    Config, Engine as Compiler, Error, Extern, Func, FuncType, Instance, Module, Store, Strategy,
    Val, ValType,
};
use wattle_ast::Features;

use crate::case::{Case, Probe};
use crate::ending::{Ending, Log, Run, Word};
use crate::engine::Engine;
use crate::engines::linked;

/// The part of Wasmtime that compiles and runs code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// The optimising compiler.
    Cranelift,
    /// The single-pass compiler.
    Winch,
    /// Cranelift, with bytecode for the interpreter.
    Pulley,
}

/// Wasmtime with one of its compilers.
pub struct Wasmtime {
    name: Arc<str>,
    compiler: Compiler,
    features: Features,
}

impl Wasmtime {
    /// The engine with `features`, or with all that it supports.
    ///
    /// # Errors
    /// [`Error::Engine`](crate::Error::Engine) with Wasmtime's message when it has no such compiler
    /// for this machine.
    pub fn new(backend: Backend, features: Option<Features>) -> Result<Wasmtime, crate::Error> {
        Wasmtime::start(backend, features).map_err(crate::Error::Engine)
    }

    pub(crate) fn start(backend: Backend, features: Option<Features>) -> Result<Wasmtime, String> {
        // Wasmtime lacks legacy exceptions and compact imports.
        let mut all = Features::WASM3
            | Features::THREADS
            | Features::WIDE_ARITHMETIC
            | Features::CUSTOM_PAGE_SIZES;
        let mut config = Config::new();
        config.strategy(Strategy::Cranelift);
        // Winch lacks epochs; generated modules terminate anyway.
        config.epoch_interruption(backend != Backend::Winch);
        config.wasm_wide_arithmetic(true);
        config.wasm_custom_page_sizes(true);
        config.shared_memory(true);
        let name = match backend {
            Backend::Cranelift => "wasmtime",
            Backend::Winch => "winch",
            Backend::Pulley => "pulley",
        };
        match backend {
            Backend::Winch => {
                config.strategy(Strategy::Winch);
                all = all
                    - (Features::GC
                        | Features::FUNCTION_REFERENCES
                        | Features::EXCEPTIONS
                        | Features::TAIL_CALL
                        | Features::REFERENCE_TYPES
                        | Features::RELAXED_SIMD);
            }
            Backend::Pulley => {
                all = all - Features::THREADS;
                config.target("pulley64").map_err(|error| format!("{error:#}"))?;
            }
            Backend::Cranelift => {}
        }
        if backend != Backend::Winch {
            config.wasm_gc(true);
            config.wasm_function_references(true);
            config.wasm_exceptions(true);
            config.wasm_tail_call(true);
        }
        let compiler = Compiler::new(&config).map_err(|error| format!("{error:#}"))?;
        tick(&compiler);
        let features = features.unwrap_or(all);
        Ok(Wasmtime { name: name.into(), compiler, features })
    }

    fn link(&self, store: &mut Store<Log>, case: &Case) -> Result<Instance, Error> {
        let mut imports = Vec::new();
        if !case.module.imports.is_empty() {
            let provider = Module::new(&self.compiler, &case.binaries.provider)?;
            let ty = FuncType::new(&self.compiler, [ValType::I32, ValType::I64], []);
            let log = Func::new(&mut *store, ty, |mut caller, arguments, _| {
                if let [Val::I32(place), Val::I64(hash)] = arguments {
                    caller.data_mut().push((*place as u32, Word(*hash as u64)));
                }
                Ok(())
            });
            let provider = Instance::new(&mut *store, &provider, &[log.into()])?;
            for place in 0..case.module.imports.len() {
                imports.extend(provider.get_export(&mut *store, &place.to_string()));
            }
        }
        let module = Module::new(&self.compiler, &case.binaries.module)?;
        let instance = Instance::new(&mut *store, &module, &imports)?;
        let mut exports: Vec<Extern> = Vec::new();
        for import in &case.adapter.imports {
            exports.extend(instance.get_export(&mut *store, &import.name));
        }
        let adapter = Module::new(&self.compiler, &case.binaries.adapter)?;
        Instance::new(&mut *store, &adapter, &exports)
    }
}

/// Advances the epoch of an engine ten times a second, as long as the engine is in use.
fn tick(compiler: &Compiler) {
    static STARTED: OnceLock<std::sync::Mutex<Vec<wasmtime::EngineWeak>>> = OnceLock::new();
    static RUNNING: AtomicBool = AtomicBool::new(false);
    let engines = STARTED.get_or_init(Default::default);
    if let Ok(mut engines) = engines.lock() {
        engines.push(compiler.weak());
    }
    if !RUNNING.swap(true, Ordering::SeqCst) {
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_millis(100));
                if let Ok(mut engines) = engines.lock() {
                    engines.retain(|engine| {
                        engine.upgrade().map(|engine| engine.increment_epoch()).is_some()
                    });
                }
            }
        });
    }
}

fn ending(error: &Error) -> Ending {
    if error.is::<wasmtime::ThrownException>() {
        return Ending::Exception(String::new());
    }
    if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
        return Ending::of_message(&trap.to_string());
    }
    linked::refused(format!("{error:#}"))
}

fn call(store: &mut Store<Log>, adapter: Instance, probe: &Probe) -> Ending {
    let Some(func) = adapter.get_func(&mut *store, &probe.name) else {
        return linked::no_export(probe);
    };
    store.set_epoch_deadline(DEADLINE);
    let mut results = vec![Val::I64(0); probe.parts.len()];
    match func.call(&mut *store, &[], &mut results) {
        Err(error) => ending(&error),
        Ok(()) => Ending::values(results.iter().map(|value| value.i64().unwrap_or(0) as u64)),
    }
}

/// The longest time that a call may take, in tenths of a second.
const DEADLINE: u64 = 100;

impl Engine for Wasmtime {
    fn name(&self) -> Arc<str> {
        self.name.clone()
    }

    fn features(&self) -> Features {
        self.features
    }

    fn run(&mut self, case: &Case) -> Run {
        linked::catch_panic(|| {
            let mut store = Store::new(&self.compiler, Log::new());
            store.set_epoch_deadline(DEADLINE);
            let linked = self.link(&mut store, case);
            let linked = linked.map_err(|error| ending(&error));
            let mut run = Run::of(&case.probes, linked, |&mut adapter, probe| {
                call(&mut store, adapter, probe)
            });
            run.log = store.into_data();
            run
        })
    }
}
