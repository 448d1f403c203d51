//! The interpreter compared with wasmi and tinywasm: on kernels, and by the time until a real
//! binary runs.
//!
//! A kernel is a module whose export `run` returns one number, on which both sides must agree. A
//! kernel that a peer cannot run is measured on Wattle alone.

use criterion::{Criterion, criterion_group, criterion_main};
use wattle::ast::{CompType, ExternType, ValType};
use wattle::runtime::{Func, Imports, Instance, Module, Store, Value};
use wattle_benches::{Input, Side, compare, corpus, measure};

/// A module with its instance, in a store of its own.
struct Ours(std::cell::RefCell<Store<()>>, Func);

impl Ours {
    fn new(bytes: &[u8]) -> Ours {
        let tree = wattle::parser::parse(bytes).expect("kernels are well-formed");
        let module = Module::new(tree).expect("kernels are valid");
        let mut store = Store::new(());
        let instance = Instance::new(&mut store, &module, &Imports::default()).expect("no imports");
        let run = instance.func(&store, "run").expect("kernels export it");
        Ours(store.into(), run)
    }

    fn run(&self) -> u64 {
        match self.1.call(&mut *self.0.borrow_mut(), &[]).as_deref() {
            Ok([Value::I64(result)]) => *result as u64,
            other => panic!("not a number: {other:?}"),
        }
    }
}

type WasmiRun = (std::cell::RefCell<wasmi::Store<()>>, wasmi::TypedFunc<(), i64>);

fn wasmi_kernel(bytes: &[u8]) -> Option<WasmiRun> {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, bytes).ok()?;
    let mut store = wasmi::Store::new(&engine, ());
    let instance = wasmi::Linker::new(&engine).instantiate_and_start(&mut store, &module).ok()?;
    let run = instance.get_typed_func(&store, "run").ok()?;
    Some((store.into(), run))
}

type TinyRun = (std::cell::RefCell<tinywasm::Store>, tinywasm::FunctionTyped<(), i64>);

fn tinywasm_kernel(bytes: &[u8]) -> Option<TinyRun> {
    let module = tinywasm::parse_bytes(bytes).ok()?;
    let mut store = tinywasm::Store::default();
    let instance = tinywasm::ModuleInstance::instantiate(&mut store, &module, None).ok()?;
    let run = instance.func::<(), i64>(&store, "run").ok()?;
    Some((store.into(), run))
}

/// The kernels by name, as bytes.
fn kernels() -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the kernels are in the repository")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("a readable file");
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (name, wattle::wat2wasm(&text).expect("kernels are well-formed"))
    };
    files.iter().map(read).collect()
}

fn run_kernels(criterion: &mut Criterion) {
    let kernels = kernels();
    let mut beside_wasmi: Vec<Input<(Ours, WasmiRun)>> = Vec::new();
    let mut beside_tinywasm: Vec<Input<(Ours, TinyRun)>> = Vec::new();
    let mut alone = Vec::new();
    for (name, bytes) in &kernels {
        let expected = Ours::new(bytes).run();
        let mut is_alone = true;
        // A peer may take a module and still not be able to run it.
        if let Some((store, run)) = wasmi_kernel(bytes)
            && run.call(&mut *store.borrow_mut(), ()).is_ok_and(|result| result as u64 == expected)
        {
            let data = (Ours::new(bytes), (store, run));
            beside_wasmi.push(Input { name: name.clone(), bytes: 0, data });
            is_alone = false;
        }
        if let Some((store, run)) = tinywasm_kernel(bytes)
            && run.call(&mut store.borrow_mut(), ()).is_ok_and(|result| result as u64 == expected)
        {
            let data = (Ours::new(bytes), (store, run));
            beside_tinywasm.push(Input { name: name.clone(), bytes: 0, data });
            is_alone = false;
        }
        if is_alone {
            alone.push((name, Ours::new(bytes)));
        }
    }
    compare(
        criterion,
        "run kernels",
        &beside_wasmi,
        Side { name: "wattle", run: &|(ours, _)| ours.run() },
        Side {
            name: "wasmi",
            run: &|(_, (store, run))| {
                run.call(&mut *store.borrow_mut(), ()).expect("it ran before") as u64
            },
        },
    );
    compare(
        criterion,
        "run kernels",
        &beside_tinywasm,
        Side { name: "wattle", run: &|(ours, _)| ours.run() },
        Side {
            name: "tinywasm",
            run: &|(_, (store, run))| {
                run.call(&mut store.borrow_mut(), ()).expect("it ran before") as u64
            },
        },
    );
    println!("\nkernels that neither peer runs");
    for (name, ours) in alone {
        println!("{name:<22} {:>10.1?}", measure(|| ours.run()));
    }
}

/// The binaries that only import functions, each with the export that is called. The functions that
/// they get trap. The other binaries import memories, or need features that wasmi lacks.
const STARTED: [(&str, &str); 6] = [
    ("as-sha256", "init"),
    ("canvaskit", "xd"),
    ("esbuild", "getsp"),
    ("gofmt", "output_len"),
    ("js-component-bindgen", "cabi_post_generate"),
    ("ruby", "canonical_abi_drop_rb-abi-value"),
];

fn zero(ty: ValType) -> Value {
    match ty {
        ValType::I32 => Value::I32(0),
        ValType::I64 => Value::I64(0),
        ValType::F32 => Value::F32(Default::default()),
        ValType::F64 => Value::F64(Default::default()),
        other => panic!("no zero of {other:?}"),
    }
}

/// Loads, validates, instantiates and calls. The result says whether the call returned.
fn start_ours(bytes: &[u8], export: &str) -> u64 {
    let tree = wattle::parser::parse(bytes).expect("the corpus is well-formed");
    let module = Module::new(tree).expect("the corpus is valid");
    let mut store = Store::new(());
    let mut imports = Imports::default();
    for (from, name, ty) in module.imports() {
        let ExternType::Func(ty) = ty else { panic!("only functions are imported") };
        let CompType::Func(ty) = module.ast().types[ty].comp.clone() else {
            panic!("only functions are imported")
        };
        let trap = Func::new(&mut store, ty, |_, _| Err(wattle::runtime::Error::host("stub")));
        imports.define(from, name, trap.expect("a type that can be"));
    }
    let instance = Instance::new(&mut store, &module, &imports).expect("all is there");
    let func = instance.func(&store, export).expect("it is exported");
    let params = func.ty(&store).expect("it has a type");
    let arguments: Vec<Value> = params.params().iter().map(|ty| zero(*ty)).collect();
    u64::from(func.call(&mut store, &arguments).is_ok())
}

/// Starts the module on wasmi, which compiles every function at once.
fn start_wasmi(bytes: &[u8], export: &str) -> u64 {
    let mut config = wasmi::Config::default();
    config.compilation_mode(wasmi::CompilationMode::Eager);
    let engine = wasmi::Engine::new(&config);
    let module = wasmi::Module::new(&engine, bytes).expect("wasmi knows its features");
    let mut linker = wasmi::Linker::new(&engine);
    linker.allow_shadowing(true);
    for import in module.imports() {
        let ty = import.ty().func().expect("only functions are imported").clone();
        let trap = |_: wasmi::Caller<'_, ()>, _: &[wasmi::Val], _: &mut [wasmi::Val]| {
            Err(wasmi::Error::new("stub"))
        };
        linker.func_new(import.module(), import.name(), ty, trap).expect("a new name");
    }
    let mut store = wasmi::Store::new(&engine, ());
    let instance = linker.instantiate_and_start(&mut store, &module).expect("all is there");
    let func = instance.get_func(&store, export).expect("it is exported");
    let ty = func.ty(&store);
    let arguments: Vec<_> = ty.params().iter().map(|ty| wasmi::Val::default_for_ty(*ty)).collect();
    let mut results: Vec<_> =
        ty.results().iter().map(|ty| wasmi::Val::default_for_ty(*ty)).collect();
    u64::from(func.call(&mut store, &arguments, &mut results).is_ok())
}

fn start(criterion: &mut Criterion) {
    let export = |name: &str| STARTED.iter().find(|(file, _)| *file == name);
    let inputs: Vec<_> = corpus(&[])
        .into_iter()
        .filter_map(|input| {
            let (_, export) = export(&input.name)?;
            let data = (input.data, *export);
            Some(Input { name: input.name, bytes: input.bytes, data })
        })
        .collect();
    for Input { name, data: (bytes, export), .. } in &inputs {
        assert_eq!(start_ours(bytes, export), start_wasmi(bytes, export), "{name}");
    }
    compare(
        criterion,
        "load, validate, instantiate, call",
        &inputs,
        Side { name: "wattle", run: &|(bytes, export)| start_ours(bytes, export) },
        Side { name: "wasmi", run: &|(bytes, export)| start_wasmi(bytes, export) },
    );
}

criterion_group!(benches, run_kernels, start);
criterion_main!(benches);
