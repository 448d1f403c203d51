//! What can be seen of a module that runs, to be compared with another run of it.
//!
//! Imports of plain numbers are functions of the host, which note what they are called with; what
//! else a module imports comes from a module made for it. Every exported function is called twice.
//! Noted are results, the kind of failure, calls of the host, and what exported globals, memories
//! and tables hold.

use std::hash::{DefaultHasher, Hash, Hasher};

use wattle::ast::{
    CompType, ExternIdx, ExternType, FuncType, IndexSpaces, Module, SubType, ValType,
};
use wattle::validator::{Types, Validator};
use wattle_runtime::{
    AnyRef, Config, Error, ErrorKind, Extern, Func, Imports, Instance, Limits, Ref, Store, Value,
};
use wattle_smith::provider;

/// How many instructions a call may execute.
const FUEL: u64 = 50_000;
/// How many elements of a table are looked at.
const ELEMENTS: u64 = 64;

/// A module that was validated, and what provides its imports.
#[derive(Debug)]
pub struct Subject {
    module: (Module<'static>, Types),
    provider: (Module<'static>, Types),
}

/// What was seen: one number per call and per thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transcript {
    /// Whether the module was instantiated, and how many calls gave results.
    pub calls: Option<u32>,
    seen: Vec<u64>,
}

/// What the host notes.
#[derive(Default)]
struct Log {
    calls: u64,
    hash: DefaultHasher,
}

impl Subject {
    /// A module to run; none when it is not valid or asks for imports that cannot be made.
    pub fn new(module: Module<'static>) -> Option<Subject> {
        let provider = provider(&module);
        let valid = |module: &Module<'_>| Validator::new().module(module).ok();
        let types = (valid(&module)?, valid(&provider)?);
        Some(Subject { module: (module, types.0), provider: (provider, types.1) })
    }

    /// Runs it.
    pub fn run(&self) -> Transcript {
        let limits = Limits {
            memory_bytes: 1 << 24,
            table_elements: 1 << 16,
            call_depth: 1 << 8,
            heap_bytes: 1 << 24,
            ..Limits::default()
        };
        let config = Config { limits, fuel: Some(FUEL), ..Config::default() };
        let mut store = Store::with_config(Log::default(), config);
        let mut transcript = Transcript::default();
        if let Err(error) = self.run_in(&mut store, &mut transcript) {
            transcript.see(class(&error));
        }
        transcript
    }

    fn run_in(&self, store: &mut Store<Log>, out: &mut Transcript) -> Result<(), Error> {
        let module = &self.module.0;
        let given = wattle_runtime::Module::validated(self.provider.0.clone(), &self.provider.1);
        let given = Instance::new(store, &given, &Imports::default())?;
        let mut imports = Imports::default();
        for (place, import) in module.imports.iter().enumerate() {
            let plain = match import.ty {
                ExternType::Func(ty) => plain(module, ty.idx()),
                _ => None,
            };
            if let Some(ty) = plain {
                imports.define(&import.module, &import.name, host_func(store, place, ty)?);
            } else if let Some(what) = given.export(store, &place.to_string()) {
                imports.define(&import.module, &import.name, what);
            }
        }
        let made = wattle_runtime::Module::validated(module.clone(), &self.module.1);
        let instance = Instance::new(store, &made, &imports)?;
        let spaces = IndexSpaces::of(module);
        let mut answered = 0;
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
                        answered += 1;
                        results.iter().for_each(|value| out.value(value));
                    }
                    Err(error) => out.see(class(&error)),
                }
                out.see((store.data().calls, store.data().hash.finish()));
                out.globals(store, instance, module)?;
            }
        }
        out.calls = Some(answered);
        out.memories_and_tables(store, instance)
    }
}

impl Transcript {
    fn see(&mut self, what: impl Hash) {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        self.seen.push(hasher.finish());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Ref(reference) => self.reference(reference),
            number => self.see(format!("{number:?}")),
        }
    }

    /// What is the same in every run: not the numbers of stores.
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

/// What kind of failure it is, without its place.
fn class(error: &Error) -> String {
    match (error.trap(), error.kind()) {
        (Some(trap), _) => format!("{trap:?}"),
        (None, ErrorKind::Exception(_)) => "exception".into(),
        (None, ErrorKind::IncompatibleImport(..)) => "import".into(),
        (None, kind) => format!("{kind:?}"),
    }
}

/// The type of a function that the host can make: final, alone in its group, of numbers.
fn plain<'m>(module: &'m Module<'_>, ty: usize) -> Option<&'m FuncType> {
    let alone = module.type_runs().any(|run| run.group.is_none() && run.first as usize == ty);
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

/// Numbers of many kinds; null for references that may be null.
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
