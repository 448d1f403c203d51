//! `wattle run`: WASI programs, and single functions of modules.
//!
//! | file | holds |
//! |---|---|
//! | `arrange.rs` | which words of the command line are whose |
//! | `preload.rs` | modules that others import from |
//! | `values.rs` | arguments and results as text |
//! | `watch.rs` | `--trace` and `--coverage` |

mod arrange;
mod preload;
mod values;
mod watch;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use wattle::Features;
use wattle::ast::{
    self, ExternIdx, ExternType, FuncType, IndexSpaces, InstrRef, ItemKind, Path, SourceMap,
};
use wattle::runtime::{
    Config, Error, ErrorKind, Func, Imports, Instance, Limits, Module, Store, Trap, Value,
};
use wattle::validator::Validator;
use wattle::wasi::{self, Wasi};

use crate::input::{self, parse_features};
use crate::report::{Details, Failure, Source};

pub(crate) use arrange::arrange;

/// Runs a WASI program, or calls one function of a module.
///
/// A program is a module that exports `_start`. What follows FILE are its arguments, so that
/// `wattle run` is all that cargo needs as the runner of a target. Options stand before FILE, or
/// directly behind it. `wattle run -- FILE` gives all that follows to the program, and so does
/// `--` behind FILE.
///
/// With `--invoke NAME`, before or behind FILE, what follows are the arguments of the function of
/// that name, as in the text format: `42`, `-0x1p-3`, `nan`, `null`, `0x` and 32 digits or
/// `i32x4 1 2 3 4` for a vector. Results are printed likewise, one a line. `_initialize` is called
/// before it if the module exports that.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle run prog.wasm --verbose in.txt
  wattle run --dir . --dir data::/data --env HOME=/ prog.wasm -- --version
  wattle run math.wat --invoke add 2 -3
  wattle run --invoke fib --fuel 100000 --coverage math.wat 20
  wattle run --preload library=library.wasm uses-library.wat

Exit codes: the program's own; 134 when it traps; 1 when a function that was invoked traps, and
when the module cannot be run; 2 for wrong usage.")]
pub(crate) struct Run {
    /// The module, text or binary; `-` is standard input.
    file: PathBuf,

    /// What the program or the function gets.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,

    /// Call the function that is exported under this name.
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,

    /// Open a directory for the program, under the same name or another. It reaches no file
    /// outside of such directories.
    #[arg(long, value_name = "HOST[::GUEST]")]
    dir: Vec<String>,

    /// Set a variable of the program's environment, which is empty otherwise; a name alone passes
    /// on the variable of that name.
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,

    /// Give the program random bytes that follow from this number.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Stop after so many instructions.
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,

    /// The most bytes of a memory; `K`, `M` and `G` are powers of 1024.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    max_memory: Option<u64>,

    /// The most calls that are under way at once.
    #[arg(long, value_name = "N")]
    max_depth: Option<usize>,

    /// Instantiate a module first, and let the program import what it exports as that of module
    /// NAME. Of several, the later may import from the earlier. The `_initialize` that one exports
    /// is called.
    #[arg(long, value_name = "NAME=FILE", value_parser = preload::parse)]
    preload: Vec<preload::Preload>,

    /// Let functions be imported that nobody provides: they trap when they are called.
    #[arg(long)]
    unknown_imports_trap: bool,

    /// Write each instruction to standard error before it is executed: function, offset,
    /// instruction.
    #[arg(long)]
    trace: bool,

    /// Write to standard error how much of each function was executed.
    #[arg(long)]
    coverage: bool,

    /// What the module may use, see `wattle parse --help`.
    #[arg(long, value_name = "LIST", value_parser = parse_features, default_value = "default")]
    features: Features,
}

fn parse_bytes(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().next_back() {
        Some((at, 'K' | 'k')) => (&text[..at], 10),
        Some((at, 'M' | 'm')) => (&text[..at], 20),
        Some((at, 'G' | 'g')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|error| format!("{error}"))?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large a number".to_owned())
}

/// A module with what messages about it need.
struct Program {
    source: Source,
    map: Option<SourceMap>,
    module: Module,
}

impl Run {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let program = Program::load(input::read(Some(&self.file))?, self.features)?;
        let call = self.call(&program)?;
        let wasi = self.wasi()?;
        let defaults = Limits::default();
        let limits = Limits {
            memory_bytes: self.max_memory.unwrap_or(defaults.memory_bytes),
            call_depth: self.max_depth.unwrap_or(defaults.call_depth),
            ..defaults
        };
        let config = Config { limits, fuel: self.fuel, ..Config::default() };
        let mut store = Store::with_config((), config);
        let mut imports = Imports::default();
        wasi.define(&mut store, &mut imports);
        for module in &self.preload {
            module.define(&mut store, &mut imports, self.features, self.unknown_imports_trap)?;
        }
        program.check_imports(&mut store, &mut imports, self.unknown_imports_trap)?;
        if self.trace || self.coverage {
            let watch = watch::Watch::new(&program.module, self.trace, self.coverage);
            store.observe(Some(Box::new(watch)));
        }
        let outcome = execute(&mut store, &program.module, &imports, &call);
        let flushed = wasi.flush();
        if let Some(observer) = store.observe(None)
            && let Some(watch) = observer.as_any().downcast_ref::<watch::Watch>()
        {
            // Nobody hears of an error of standard error.
            drop(watch.finish(json));
        }
        match outcome {
            Ok(results) => {
                flushed.map_err(Failure::stdout)?;
                if call.is_invoked() { show(&results, json) } else { Ok(()) }
            }
            Err(error) => Err(program.failed(&error, &call)),
        }
    }

    /// What the program gets.
    fn wasi(&self) -> Result<Wasi, Failure> {
        let mut builder = Wasi::builder().inherit_streams();
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
                Failure::Input(format!("cannot open the directory {host}: {error}"))
            })?;
        }
        Ok(match self.seed {
            Some(seed) => builder.random_seed(seed),
            None => builder,
        }
        .build())
    }

    /// What is to be called, and with what.
    fn call(&self, program: &Program) -> Result<Call, Failure> {
        let has = |name: &str| program.module.exports().any(|(export, _)| export == name);
        let Some(name) = &self.invoke else {
            if has("_start") {
                return Ok(Call::Start);
            }
            return match self.args.first() {
                Some(word) => Err(Failure::Usage(format!(
                    "{} is no program: it has no `_start` to take {word:?}\n{}",
                    program.source.name,
                    program.exported()
                ))),
                None => Ok(Call::Nothing { initialize: has("_initialize") }),
            };
        };
        let Some(ty) = program.func(name) else {
            return Err(Failure::Input(format!(
                "{} exports no function {name:?}\n{}",
                program.source.name,
                program.exported()
            )));
        };
        let arguments = values::arguments(ty.params(), &self.args)
            .map_err(|why| Failure::Input(format!("{why}\n{name} is {}", values::signature(ty))))?;
        let initialize = has("_initialize") && name != "_initialize";
        Ok(Call::Invoke { initialize, name: name.clone(), arguments })
    }
}

/// Text of the command line as bytes.
fn bytes_of(text: OsString) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStringExt::into_vec(text);
    #[cfg(not(unix))]
    text.to_string_lossy().into_owned().into_bytes()
}

/// What is called after a module was instantiated.
enum Call {
    /// `_start`.
    Start,
    Invoke {
        initialize: bool,
        name: String,
        arguments: Vec<Value>,
    },
    Nothing {
        initialize: bool,
    },
}

impl Call {
    fn is_invoked(&self) -> bool {
        matches!(self, Call::Invoke { .. })
    }
}

fn execute(
    store: &mut Store,
    module: &Module,
    imports: &Imports,
    call: &Call,
) -> Result<Vec<Value>, Error> {
    let instance = Instance::new(store, module, imports)?;
    let (Call::Invoke { initialize, .. } | Call::Nothing { initialize }) = call else {
        return instance.call(store, "_start", &[]);
    };
    if *initialize {
        instance.call(store, "_initialize", &[])?;
    }
    match call {
        Call::Invoke { name, arguments, .. } => instance.call(store, name, arguments),
        _ => Ok(Vec::new()),
    }
}

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

impl Program {
    fn load(source: Source, features: Features) -> Result<Program, Failure> {
        let (tree, map) = if source.is_binary() {
            (source.module(features)?, None)
        } else {
            let parser = wattle::wat::Parser::new().features(features).source_map(true);
            let parsed =
                parser.module(source.text()?).map_err(|errors| source.malformed_text(errors))?;
            (parsed.module, parsed.source_map)
        };
        let types = Validator::new()
            .features(features)
            .module(&tree)
            .map_err(|errors| source.invalid(&errors, map.as_ref()))?;
        let module = Module::validated(tree, &types);
        Ok(Program { source, map, module })
    }

    fn ast(&self) -> &ast::Module<'static> {
        self.module.ast()
    }

    /// The type of the function that is exported under a name.
    fn func(&self, name: &str) -> Option<&FuncType> {
        let index = self.module.exports().find_map(|(export, index)| match index {
            ExternIdx::Func(func) if export == name => Some(func),
            _ => None,
        })?;
        self.ast().func_type(IndexSpaces::of(self.ast()).func(index)?)
    }

    /// The functions that are exported, as a list for a message.
    fn exported(&self) -> String {
        let mut funcs: Vec<_> = self
            .module
            .exports()
            .filter_map(|(name, _)| {
                Some(format!("  {name} {}", values::signature(self.func(name)?)))
            })
            .collect();
        if funcs.is_empty() {
            return "it exports no functions".to_owned();
        }
        let more = funcs.len().saturating_sub(40);
        funcs.truncate(40);
        if more > 0 {
            funcs.push(format!("  and {more} more"));
        }
        format!("it exports these functions:\n{}", funcs.join("\n"))
    }

    /// Looks for imports that nobody provides: all of them are told at once.
    fn check_imports(
        &self,
        store: &mut Store,
        imports: &mut Imports,
        trap: bool,
    ) -> Result<(), Failure> {
        let mut faults = Vec::new();
        for (index, import) in self.ast().imports.iter().enumerate() {
            let (module, name) = (import.module.as_str(), import.name.as_str());
            if imports.get(module, name).is_some() {
                continue;
            }
            let ty = match import.ty {
                ExternType::Func(ty) | ExternType::FuncExact(ty) => self.ast().func_type(ty),
                _ => None,
            };
            if let (true, Some(ty)) = (trap, ty) {
                let message = format!("the import {module:?} {name:?} was called");
                let func = Func::new(store, ty.clone(), move |_, _| Err(Error::host(&*message)));
                if let Ok(func) = func {
                    imports.define(module, name, func);
                    continue;
                }
            }
            let wanted = match ty {
                Some(ty) => values::signature(ty),
                None => format!("({})", import.ty.kind().keyword()),
            };
            let mut why = format!("unknown import: {module:?} {name:?}, wanted as {wanted}");
            if module == "wasi_unstable" {
                why += &format!("; this old WASI is not provided, {} is", wasi::MODULE);
            }
            let path = Path::item(ItemKind::Import, index as u32);
            let span = self.map.as_ref().and_then(|map| map.span(&path));
            let fault = self.source.fault(span, why, Some(path.to_string()));
            faults.push(fault.with(Details::default()));
        }
        if faults.is_empty() { Ok(()) } else { Err(Failure::Faults(faults)) }
    }

    /// Why the program ended early: its exit code, or what went wrong.
    fn failed(&self, error: &Error, call: &Call) -> Failure {
        let code = match error.kind() {
            ErrorKind::Exit(0) => 0,
            // As much as the system takes.
            ErrorKind::Exit(code) => return Failure::Shown(*code as u8),
            ErrorKind::Trap(Trap::OutOfFuel) => 1,
            ErrorKind::Trap(_) | ErrorKind::Exception(_) | ErrorKind::Host(_)
                if matches!(call, Call::Start) =>
            {
                134
            }
            _ => 1,
        };
        if code == 0 {
            return Failure::Shown(0);
        }
        let mut message = error.to_string();
        match error.kind() {
            ErrorKind::Trap(Trap::OutOfFuel) => message += ": more than --fuel allows",
            ErrorKind::IncompatibleImport(module, name, _) => {
                if let Some(wanted) = self.wanted(module, name) {
                    message += &format!("; the module wants {wanted}");
                }
            }
            _ => {}
        }
        let site = error.backtrace().first();
        let span = site.and_then(|site| {
            let mut path = Path::item(ItemKind::Func, site.func);
            path.instr = Some(InstrRef { index: 0, offset: site.offset, opcode: None });
            self.map.as_ref()?.span(&path)
        });
        let calls = error.backtrace().iter().map(ToString::to_string).collect();
        let details = Details::default();
        let fault = self.source.fault(span, message, None).with(details).with_backtrace(calls);
        Failure::Ended(Box::new(fault), code)
    }

    /// The type that a function is imported as.
    fn wanted(&self, module: &str, name: &str) -> Option<String> {
        let import = self
            .ast()
            .imports
            .iter()
            .find(|import| import.module.as_str() == module && import.name.as_str() == name)?;
        match import.ty {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => {
                self.ast().func_type(ty).map(values::signature)
            }
            ty => Some(format!("({})", ty.kind().keyword())),
        }
    }
}
