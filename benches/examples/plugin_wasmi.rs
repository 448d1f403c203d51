//! `plugin` of `crates/wattle/examples`, with wasmi.
//!
//! wasmi limits fuel and not time, so `main` gets its fuel in slices, and the clock is read between
//! them. A start function cannot be resumed, and has one slice.

use std::time::{Duration, Instant};
use std::{env, fs, process};

use wasmi::{
    Caller, Config, Engine, Error, Extern, Linker, Module, Store, StoreLimits, StoreLimitsBuilder,
    TrapCode, TypedResumableCall,
};

/// The data of the host for a plugin.
struct Plugin {
    started: Instant,
    log: Vec<String>,
    limits: StoreLimits,
    /// The fuel that no slice has taken yet.
    fuel: u64,
}

impl Plugin {
    fn charge(&mut self, fuel: u64) -> Result<(), Error> {
        self.fuel = self.fuel.checked_sub(fuel).ok_or(TrapCode::OutOfFuel)?;
        Ok(())
    }
}

/// The bytes that a plugin may log.
const MAX_LOG: usize = 1 << 16;

/// The fuel between two checks of the clock.
const SLICE: u64 = 10_000_000;

/// The imports of plugins. One value serves the stores of all plugins.
fn imports(engine: &Engine) -> Result<Linker<Plugin>, Error> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "log", log)?;
    linker.func_wrap("host", "now", |caller: Caller<'_, Plugin>| {
        caller.data().started.elapsed().as_millis() as u64
    })?;
    Ok(linker)
}

fn log(mut caller: Caller<'_, Plugin>, address: u32, len: u32) -> Result<(), Error> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let memory = memory.ok_or_else(|| Error::new("no memory"))?;
    let (bytes, data) = memory.data_and_store_mut(&mut caller);
    // The work of the host is paid for before it is done.
    data.charge(len.into())?;
    let text = bytes.get(address as usize..).and_then(|rest| rest.get(..len as usize));
    let text = String::from_utf8_lossy(text.ok_or(TrapCode::MemoryOutOfBounds)?).into_owned();
    if data.log.iter().map(String::len).sum::<usize>() + text.len() > MAX_LOG {
        return Err(Error::new("the plugin logs too much"));
    }
    data.log.push(text);
    Ok(())
}

fn run(module: &Module, linker: &Linker<Plugin>) -> (Result<i32, Error>, Vec<String>) {
    let limits = StoreLimitsBuilder::new().memory_size(64 << 20).instances(1).build();
    let started = Instant::now();
    let data = Plugin { started, log: Vec::new(), limits, fuel: 1_000_000_000 };
    let mut store = Store::new(module.engine(), data);
    store.limiter(|plugin| &mut plugin.limits);
    let result = call(&mut store, module, linker);
    (result, store.into_data().log)
}

fn call(store: &mut Store<Plugin>, module: &Module, linker: &Linker<Plugin>) -> Result<i32, Error> {
    store.data_mut().charge(SLICE)?;
    store.set_fuel(SLICE)?;
    let instance = linker.instantiate_and_start(&mut *store, module)?;
    let main = instance.get_typed_func::<(), i32>(&*store, "main")?;
    let mut call = main.call_resumable(&mut *store, ())?;
    loop {
        call = match call {
            TypedResumableCall::Finished(number) => return Ok(number),
            TypedResumableCall::HostTrap(trap) => {
                return Err(Error::new(trap.host_error().to_string()));
            }
            TypedResumableCall::OutOfFuel(paused) => {
                if store.data().started.elapsed() >= Duration::from_secs(1) {
                    return Err(Error::new("out of time"));
                }
                let slice = SLICE.max(paused.required_fuel());
                store.data_mut().charge(slice)?;
                store.set_fuel(store.get_fuel()? + slice)?;
                paused.resume(&mut *store)?
            }
        }
    }
}

fn main() {
    let Some(file) = env::args_os().nth(1) else {
        eprintln!("usage: plugin_wasmi FILE");
        process::exit(2);
    };
    let text = fs::read_to_string(&file).expect("a readable file");
    let binary = wat::parse_str(&text).unwrap_or_else(|error| {
        eprintln!("{error}");
        process::exit(1);
    });
    let mut config = Config::default();
    config.consume_fuel(true);
    let engine = Engine::new(&config);
    let ran = Module::new(&engine, &binary).and_then(|module| Ok(run(&module, &imports(&engine)?)));
    let (result, log) = ran.unwrap_or_else(|error| (Err(error), Vec::new()));
    // The output of a plugin must not control the terminal.
    log.iter().for_each(|line| println!("{}", line.escape_debug()));
    match result {
        Ok(number) => println!("{number}"),
        Err(error) => {
            eprintln!("{error}");
            process::exit(1);
        }
    }
}
