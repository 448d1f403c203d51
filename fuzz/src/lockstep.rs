//! Transcripts of running modules, to compare two runs.
//!
//! Imported functions of numbers are functions of the host, which record their calls; other imports
//! come from a module that is generated for the purpose. Every exported function is called twice.
//! Results, kinds of failure, calls of the host, and the contents of exported globals, memories and
//! tables are recorded.

use std::hash::{DefaultHasher, Hash, Hasher};

use wattle::ast::{
    CompType, ExternIdx, ExternType, FuncType, IndexSpaces, Module, SubType, TypeIdx, ValType,
};
use wattle::validator::{ValidModule, Validator};
use wattle_runtime::{
    AnyRef, Config, Error, ErrorKind, Extern, Func, Imports, Instance, Limits, Ref, Store, Value,
};
use wattle_smith::provider;

/// The greatest number of instructions that a call may execute.
const FUEL: u64 = 50_000;
/// The greatest number of elements of a table that are recorded.
const ELEMENTS: u64 = 64;

/// A valid module, and the module that provides its imports.
#[derive(Debug)]
pub struct Subject {
    module: ValidModule<'static>,
    provider: ValidModule<'static>,
}

/// The record of a run: a hash for each call and for each global, memory and table element.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transcript {
    /// The number of calls that returned; `None` when the module was not instantiated.
    pub calls: Option<u32>,
    hashes: Vec<u64>,
}

/// The calls of the host's functions.
#[derive(Default)]
struct Log {
    calls: u64,
    hash: DefaultHasher,
}

impl Subject {
    /// A subject, if the module is valid and its imports can be provided.
    pub fn new(module: Module<'static>) -> Option<Subject> {
        let provider = Validator::new().valid_module(provider(&module)).ok()?;
        Some(Subject { module: Validator::new().valid_module(module).ok()?, provider })
    }

    /// Runs the module in a store of its own.
    pub fn run(&self) -> Transcript {
        let limits = Limits { bytes: 1 << 26, call_depth: 1 << 8, ..Limits::default() };
        let config = Config { limits, fuel: Some(FUEL), ..Config::default() };
        let mut store = Store::with_config(Log::default(), config);
        let mut transcript = Transcript::default();
        if let Err(error) = self.run_in(&mut store, &mut transcript) {
            transcript.see(kind(&error));
        }
        transcript
    }

    fn run_in(&self, store: &mut Store<Log>, out: &mut Transcript) -> Result<(), Error> {
        let module = self.module.module();
        let given = wattle_runtime::Module::from(self.provider.clone());
        let given = Instance::new(store, &given, &Imports::default())?;
        let mut imports = Imports::default();
        for (number, import) in module.imports.iter().enumerate() {
            let of_numbers = match import.ty {
                ExternType::Func(ty) => func_of_numbers(module, ty),
                _ => None,
            };
            if let Some(ty) = of_numbers {
                imports.define(&import.module, &import.name, host_func(store, number, ty)?);
            } else if let Some(what) = given.export(store, &number.to_string()) {
                imports.define(&import.module, &import.name, what);
            }
        }
        let made = wattle_runtime::Module::from(self.module.clone());
        let instance = Instance::new(store, &made, &imports)?;
        let spaces = IndexSpaces::of(module);
        let mut returned = 0;
        out.calls = Some(0);
        for export in &module.exports {
            let ExternIdx::Func(func) = export.index else { continue };
            let ty = spaces.func(func).and_then(|ty| module.func_type(ty));
            let Some(ty) = ty else { continue };
            for round in 0..2 {
                store.set_fuel(Some(FUEL));
                if let Ok(fuel) = instance.global(store, "fuel") {
                    fuel.set(store, &Value::I32(200))?;
                }
                let arguments = ty.params().iter().map(|&ty| argument(ty, round));
                let Some(arguments) = arguments.collect::<Option<Vec<Value>>>() else { break };
                match instance.call(store, &export.name, &arguments) {
                    Ok(results) => {
                        returned += 1;
                        results.iter().for_each(|value| out.value(value));
                    }
                    Err(error) => out.see(kind(&error)),
                }
                out.see((store.data().calls, store.data().hash.finish()));
                out.globals(store, instance, module)?;
            }
        }
        out.calls = Some(returned);
        out.memories_and_tables(store, instance)
    }
}

impl Transcript {
    fn see(&mut self, what: impl Hash) {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        self.hashes.push(hasher.finish());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Ref(reference) => self.reference(reference),
            number => self.see(format!("{number:?}")),
        }
    }

    /// Records the part of a reference that does not depend on the run: its kind, but not its
    /// number.
    fn reference(&mut self, reference: &Ref) {
        match reference {
            Ref::Null(_) => self.see("null"),
            Ref::Func(_) => self.see("function"),
            Ref::Any(AnyRef::I31(value)) => self.see(("i31", value)),
            Ref::Any(AnyRef::Struct(_)) => self.see("struct"),
            Ref::Any(AnyRef::Array(_)) => self.see("array"),
            other => self.see(format!("{other:?}")),
        }
    }

    fn globals(
        &mut self,
        store: &mut Store<Log>,
        instance: Instance,
        module: &Module<'_>,
    ) -> Result<(), Error> {
        for export in &module.exports {
            if let ExternIdx::Global(_) = export.index {
                let value = instance.global(store, &export.name)?.get(store)?;
                self.value(&value);
            }
        }
        Ok(())
    }

    fn memories_and_tables(
        &mut self,
        store: &mut Store<Log>,
        instance: Instance,
    ) -> Result<(), Error> {
        for (_, what) in instance.exports(store) {
            match what {
                Extern::Memory(memory) => {
                    let hash = memory.hash(store)?;
                    self.see(hash);
                }
                Extern::Table(table) => {
                    let len = table.len(store)?;
                    self.see(len);
                    for at in 0..len.min(ELEMENTS) {
                        if let Some(element) = table.get(store, at)? {
                            self.reference(&element);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The kind of a failure, without its place.
fn kind(error: &Error) -> String {
    match (error.trap(), error.kind()) {
        (Some(trap), _) => format!("{trap:?}"),
        (None, ErrorKind::Exception(_)) => "exception".into(),
        (None, ErrorKind::IncompatibleImport(..)) => "import".into(),
        (None, other) => format!("{other:?}"),
    }
}

/// The type of a function that the host can define: final, alone in its group, without references.
fn func_of_numbers<'m>(module: &'m Module<'_>, ty: TypeIdx) -> Option<&'m FuncType> {
    let alone = module.type_runs().any(|run| run.group.is_none() && run.first == ty.0);
    match module.types.get(ty)? {
        SubType { is_final: true, supertypes, comp: CompType::Func(ty), .. }
            if alone && supertypes.is_empty() =>
        {
            let numbers =
                ty.params().iter().chain(ty.results()).all(|ty| !matches!(ty, ValType::Ref(_)));
            numbers.then_some(ty)
        }
        _ => None,
    }
}

fn host_func(store: &mut Store<Log>, number: usize, ty: &FuncType) -> Result<Func, Error> {
    let results = ty.results().to_vec();
    Func::new(store, ty.clone(), move |caller, arguments| {
        let log = caller.data();
        log.calls += 1;
        (number, format!("{arguments:?}")).hash(&mut log.hash);
        let round = log.calls as usize;
        Ok(results.iter().filter_map(|&ty| argument(ty, round)).collect())
    })
}

/// An argument of a type: numbers of many kinds, and null for nullable references.
fn argument(ty: ValType, round: usize) -> Option<Value> {
    let pick = |list: [i64; 4]| list[round % 4];
    Some(match ty {
        ValType::I32 => Value::I32(pick([7, -3, 0x1_2345, i32::MIN.into()]) as i32),
        ValType::I64 => Value::I64(pick([1 << 33 | 5, -9, i64::MIN, 40])),
        ValType::F32 => Value::from([2.5_f32, -0.0, f32::NAN, 1e20][round % 4]),
        ValType::F64 => Value::from([-1e10_f64, 0.5, f64::NAN, -0.0][round % 4]),
        _ => return Value::default_of(ty),
    })
}
