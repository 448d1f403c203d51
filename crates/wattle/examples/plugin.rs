//! Runs an untrusted plugin within a budget of memory, fuel and time.
//!
//! ```text
//! cargo run --example plugin -- plugin.wat
//! ```
//!
//! A plugin exports its `memory`, and `main`, which takes no arguments and returns a number. It can
//! import `host.log`, which takes an address and a length, and `host.now`, which returns
//! milliseconds. `docs/embedding.md` explains the parts.

use std::time::{Duration, Instant};
use std::{env, fs, process};

use wattle::runtime::{
    Caller, Config, Error, Imports, Instance, Limits, Module, Parts, Store, Trap,
};

/// The data that the host keeps for a plugin.
struct Plugin {
    started: Instant,
    log: Vec<String>,
}

/// The maximum number of bytes that a plugin may log.
const MAX_LOG: usize = 1 << 16;

/// Returns the imports for plugins. One value serves the stores of all plugins.
fn imports() -> Imports<Plugin> {
    let mut imports = Imports::default();
    imports.wrap("host", "log", log);
    imports.wrap("host", "now", |mut caller: Caller<'_, Plugin>| {
        caller.data().started.elapsed().as_millis() as u64
    });
    imports
}

fn log(mut caller: Caller<'_, Plugin>, address: u32, len: u32) -> Result<(), Error> {
    let memory = caller.memory("memory").ok_or_else(|| Error::host("no memory"))?;
    let Parts { bytes, data, mut fuel, .. } = memory.parts(caller.store())?;
    // The plugin pays for the work of the host before the work is done.
    fuel.charge_bytes(len.into())?;
    let text = bytes.get(address as usize..).and_then(|rest| rest.get(..len as usize));
    let text = String::from_utf8_lossy(text.ok_or(Trap::MemoryOutOfBounds)?).into_owned();
    if data.log.iter().map(String::len).sum::<usize>() + text.len() > MAX_LOG {
        return Err(Error::host("the plugin logs too much"));
    }
    data.log.push(text);
    Ok(())
}

fn run(module: &Module, imports: &Imports<Plugin>) -> (Result<i32, Error>, Vec<String>) {
    let limits = Limits { bytes: 64 << 20, instances: 1, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let started = Instant::now();
    let mut store = Store::with_config(Plugin { started, log: Vec::new() }, config);
    store.set_fuel_while(Some(1_000_000_000), move || started.elapsed() < Duration::from_secs(1));
    let mut call = || {
        let instance = Instance::new(&mut store, module, imports)?;
        let main = instance.func(&store, "main")?.typed::<(), i32>(&store)?;
        main.call(&mut store, ())
    };
    (call(), store.into_data().log)
}

fn main() {
    let Some(file) = env::args_os().nth(1) else {
        eprintln!("usage: plugin FILE");
        process::exit(2);
    };
    let text = fs::read_to_string(&file).expect("a readable file");
    let module = match wattle::wat::parse(&text).map_err(wattle::Error::from) {
        Ok(tree) => Module::new(tree),
        Err(error) => {
            eprintln!("{error}");
            process::exit(1);
        }
    };
    let (result, log) = match module {
        Ok(module) => run(&module, &imports()),
        Err(error) => (Err(error), Vec::new()),
    };
    // The log of a plugin must not control the terminal.
    log.iter().for_each(|line| println!("{}", line.escape_debug()));
    match result {
        Ok(number) => println!("{number}"),
        Err(error) => {
            eprintln!("{error}");
            error.backtrace().iter().for_each(|call| eprintln!("  in {call}"));
            process::exit(1);
        }
    }
}
