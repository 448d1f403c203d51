//! `wattle run`: WASI programs, and single functions of modules.
//!
//! | file | holds |
//! |---|---|
//! | `arrange.rs` | the division of the command line between `wattle` and the program |
//! | `program.rs` | a module that is run: its imports, and its failures |
//! | `preload.rs` | modules that others import from |
//! | `values.rs` | arguments and results as text |
//! | `watch.rs` | `--trace` and `--coverage` |

mod arrange;
mod preload;
mod program;
mod values;
mod watch;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use wattle::ast::{Quoted, Shown};
use wattle::runtime::{Config, Error, Imports, Limits, Store, Trap, Value};
use wattle::wasi::Wasi;

use crate::failure::{FAILED, Failure, TRAPPED, note};
use crate::input::{MAX_MEMORY, Reading, parse_bytes, parse_seconds};
use crate::names::NameStyle;
use program::Program;

pub(super) use arrange::arrange;

/// Runs a WASI program, or calls one function of a module.
///
/// A program is a module that exports `_start`. The words behind FILE are its arguments, so
/// `wattle run` can be the runner of a target in cargo. Options stand before FILE or directly
/// behind it. `wattle run -- FILE` gives all words behind FILE to the program, and so does `--`
/// behind FILE.
///
/// With `--invoke NAME`, before or behind FILE, the words behind FILE are the arguments of the
/// function of that name, as in the text format: `42`, `-0x1p-3`, `nan`, `null`, `0x` and 32 digits
/// or `i32x4 1 2 3 4` for a vector. Results are printed in the same form, one on each line. If the
/// module exports `_initialize`, that is called first.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle run --dir . prog.wasm in.txt
  wattle run --dir . --dir data::/data --env HOME=/ prog.wasm -- in.txt
  wattle run math.wat --invoke add 2 -3
  wattle run --invoke fib --fuel 1000000 --coverage math.wat 20
  wattle run --preload library=library.wasm uses-library.wat

Exit codes: the program's own; 134 when it traps; 1 when a function that was invoked traps, and
when the module cannot be run; 2 for wrong usage.")]
pub(crate) struct Run {
    /// The module, text or binary; `-` is standard input.
    file: PathBuf,

    /// The arguments of the program or the function.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,

    /// Call the function that is exported under this name.
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,

    /// Open the directory HOST for the program, under the same name or as GUEST. The program can
    /// reach only the files in such directories.
    #[arg(long, value_name = "HOST[::GUEST]")]
    dir: Vec<String>,

    /// Set a variable in the program's environment, which starts empty; a name alone passes on the
    /// variable of that name.
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,

    /// Generate the program's random bytes from this number, so that they are the same in every
    /// run.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Stop when this many units of fuel are used up: a simple instruction takes one unit, and
    /// calls and instructions on many bytes take more.
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,

    /// Stop after this many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    timeout: Option<Duration>,

    /// The maximum size of all memories, tables, objects and stacks together; `K`, `M` and `G` are
    /// powers of 1024.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, default_value = MAX_MEMORY)]
    max_memory: u64,

    /// The maximum number of calls that are active at once.
    #[arg(long, value_name = "N")]
    max_depth: Option<usize>,

    /// Instantiate the module in FILE first, and call its `_initialize` if it exports one. The
    /// program and modules that are preloaded later can import its exports from NAME.
    #[arg(long, value_name = "NAME=FILE", value_parser = preload::parse)]
    preload: Vec<preload::Preload>,

    /// Accept unknown function imports: a call of such a function traps.
    #[arg(long)]
    unknown_imports_trap: bool,

    /// Write each instruction to standard error before it is executed, with its function and
    /// offset.
    #[arg(long)]
    trace: bool,

    /// Write to standard error how much of each function was executed.
    #[arg(long)]
    coverage: bool,

    #[command(flatten)]
    names: NameStyle,

    #[command(flatten)]
    reading: Reading,
}

impl Run {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let mut program = Program::load(&self.file, &self.reading)?;
        program.names = self.names;
        let call = self.call(&program)?;
        let timer = self.timeout.map(|timeout| Timer::start(timeout, call.trap_code(), json));
        let wasi = self.wasi(timer)?;
        let defaults = Limits::default();
        let limits = Limits {
            bytes: self.max_memory,
            call_depth: self.max_depth.unwrap_or(defaults.call_depth),
            ..defaults
        };
        let config = Config { limits, fuel: self.fuel, ..Config::default() };
        let mut store = Store::with_config((), config);
        let mut imports = Imports::default();
        wasi.define(&mut imports);
        if let Some(timer) = timer {
            store.set_fuel_while(self.fuel, move || !timer.is_over());
        }
        let mut preloaded = Vec::new();
        for preload in &self.preload {
            let trap = self.unknown_imports_trap;
            let library =
                preload.define(&mut store, &mut imports, &self.reading, trap, &preloaded)?;
            preloaded.push(library);
        }
        program.resolve(&mut store, &mut imports, self.unknown_imports_trap)?;
        if self.trace || self.coverage {
            let watch = watch::Watch::new(&program.module, self.names, self.trace, self.coverage);
            store.observe(Some(Box::new(watch)));
        }
        let results = call.execute(&mut store, &program, &imports);
        let flushed = wasi.flush();
        if let Some(observer) = store.observe(None)
            && let Ok(mut watch) = (observer as Box<dyn std::any::Any>).downcast::<watch::Watch>()
        {
            // An error of writing to standard error cannot be reported anywhere.
            let _ = watch.finish(json);
        }
        match results {
            Ok(results) => {
                flushed.map_err(Failure::stdout)?;
                match call {
                    Call::Invoke { .. } => show(&results, json),
                    Call::Start => Ok(()),
                    Call::Initialize if program.runs_by_itself() => {
                        note(&program.no_start(", and was only instantiated"), json);
                        Ok(())
                    }
                    Call::Initialize => Err(Failure::Usage(program.no_start(""))),
                }
            }
            Err(error) => Err(program.failure(&error, call.trap_code(), &preloaded)),
        }
    }

    /// Sets up WASI: the arguments, streams, variables and directories of the program.
    fn wasi(&self, timer: Option<Timer>) -> Result<Wasi, Failure> {
        let mut builder = Wasi::builder().inherit_streams();
        if let Some(timer) = timer {
            builder = builder.deadline(timer.end);
        }
        builder = builder.arg(bytes_of(self.file.clone().into_os_string()));
        if self.invoke.is_none() {
            builder = builder.args(self.args.iter().cloned().map(bytes_of));
        }
        for variable in &self.env {
            builder = match variable.split_once('=') {
                Some((name, value)) => builder.env(name, value),
                None => match std::env::var_os(variable) {
                    Some(value) => builder.env(variable, bytes_of(value)),
                    None => builder,
                },
            };
        }
        for dir in &self.dir {
            let (host, guest) = dir.split_once("::").unwrap_or((dir, dir));
            builder = builder.dir(host, guest).map_err(|error| {
                let hint = match dir.split_once(':') {
                    Some((host, guest)) if !dir.contains("::") => {
                        format!("\nto open {host} under the name {guest}, write {host}::{guest}")
                    }
                    _ => String::new(),
                };
                Failure::Input(format!("cannot open the directory {host}: {error}{hint}"))
            })?;
        }
        Ok(match self.seed {
            Some(seed) => builder.random_seed(seed),
            None => builder,
        }
        .build())
    }

    /// Returns the call that the arguments ask for.
    fn call(&self, program: &Program) -> Result<Call, Failure> {
        let Some(name) = &self.invoke else {
            if program.func("_start").is_some() {
                return Ok(Call::Start);
            }
            return match self.args.first() {
                Some(word) => Err(Failure::Usage(program.no_start(&format!(" to take {word:?}")))),
                None => Ok(Call::Initialize),
            };
        };
        let Some(ty) = program.func(name) else {
            return Err(Failure::Input(format!(
                "{} does not export a function {}\n{}",
                program.source.name,
                Quoted(name),
                program.exported_funcs()
            )));
        };
        let arguments = values::arguments(ty.params(), &self.args).map_err(|why| {
            Failure::Input(format!("{why}\n{} is {}", Shown(name), values::signature(ty)))
        })?;
        Ok(Call::Invoke { name: name.clone(), arguments })
    }
}

/// The message about a program that takes longer than `--timeout` allows.
const TIMEOUT: &str = "it takes longer than --timeout allows";

/// The time limit of a program.
#[derive(Clone, Copy)]
struct Timer {
    end: Instant,
}

impl Timer {
    /// Starts a timer. If the program is then in a system call that cannot be interrupted, such as
    /// opening a pipe, the whole process ends a little later with this exit code.
    fn start(timeout: Duration, code: u8, json: bool) -> Timer {
        const GRACE: Duration = Duration::from_millis(500);
        let now = Instant::now();
        // A time that far away is never reached.
        let end = now.checked_add(timeout).unwrap_or(now + Duration::from_secs(u32::MAX.into()));
        std::thread::spawn(move || {
            std::thread::sleep(timeout.saturating_add(GRACE));
            Failure::Input(format!("{}: {TIMEOUT}", Trap::Interrupted)).report(json);
            std::process::exit(code.into());
        });
        Timer { end }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }
}

/// Returns a word of the command line as bytes.
fn bytes_of(text: OsString) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStringExt::into_vec(text);
    #[cfg(not(unix))]
    text.to_string_lossy().into_owned().into_bytes()
}

/// The call that follows the instantiation of a module.
enum Call {
    /// `_start`, which makes the module a program.
    Start,
    /// A function, after `_initialize`.
    Invoke { name: String, arguments: Vec<Value> },
    /// Only `_initialize`, if the module exports it.
    Initialize,
}

impl Call {
    /// Instantiates the module, and makes the call.
    fn execute(
        &self,
        store: &mut Store,
        program: &Program,
        imports: &Imports,
    ) -> Result<Vec<Value>, Error> {
        match self {
            Call::Start => program.instantiate(store, imports)?.call(store, "_start", &[]),
            Call::Invoke { name, arguments } if name == "_initialize" => {
                program.instantiate(store, imports)?.call(store, name, arguments)
            }
            Call::Invoke { name, arguments } => {
                program.instantiate_and_initialize(store, imports)?.call(store, name, arguments)
            }
            Call::Initialize => {
                program.instantiate_and_initialize(store, imports).map(|_| Vec::new())
            }
        }
    }

    /// Returns the exit code for a call that traps.
    fn trap_code(&self) -> u8 {
        if let Call::Start = self { TRAPPED } else { FAILED }
    }
}

/// Prints results, one on each line or as an array.
fn show(results: &[Value], json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = if json {
        let values: Vec<_> = results.iter().map(values::json).collect();
        writeln!(out, "{}", serde_json::Value::from(values))
    } else {
        results.iter().try_for_each(|value| writeln!(out, "{}", values::text(value)))
    };
    written.and_then(|()| out.flush()).map_err(Failure::stdout)
}
