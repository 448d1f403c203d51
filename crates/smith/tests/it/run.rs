//! Generated modules run: they instantiate, do not trap, terminate, and most of their code is
//! reached.

use std::any::Any;

use wattle_ast::{CompType, ExternIdx, Feature, Features, Opcode, ValType};
use wattle_runtime::{Error, Imports, Instance, Observer, Step, Store, Value};
use wattle_smith::{Config, Generated, from_seed, provider};

/// Counts instructions by opcode, and records which instructions were reached.
struct Seen {
    opcodes: Vec<u64>,
    /// Whether an instruction was reached, by function of the second instance and byte offset.
    places: Vec<Vec<bool>>,
}

impl Observer for Seen {
    fn step(&mut self, step: Step) {
        self.opcodes[step.opcode as usize] += 1;
        if step.instance == 1 {
            self.places[step.func as usize][step.offset as usize] = true;
        }
    }
}

/// The counts of many modules.
struct Tally {
    modules: u64,
    /// The number of modules that instantiated and trapped in no call.
    clean: u64,
    calls: u64,
    /// The number of instructions of the modules, and of those that were reached.
    total: u64,
    reached: u64,
    present: Vec<u64>,
    executed: Vec<u64>,
    first_fault: Option<(u64, Error)>,
}

impl Tally {
    fn new() -> Tally {
        let zeros = || vec![0; Opcode::ALL.len()];
        Tally {
            modules: 0,
            clean: 0,
            calls: 0,
            total: 0,
            reached: 0,
            present: zeros(),
            executed: zeros(),
            first_fault: None,
        }
    }

    fn add(&mut self, generated: Generated, seed: u64) {
        let mut store = Store::with_config(
            (),
            wattle_runtime::Config {
                // The fuel ends modules that do not terminate by themselves.
                fuel: Some(2_000_000),
                ..Default::default()
            },
        );
        let module = &generated.module;
        let places = module.funcs.iter().map(|func| vec![false; func.body.code().len()]).collect();
        let opcodes = vec![0; Opcode::ALL.len()];
        store.observe(Some(Box::new(Seen { opcodes, places })));
        let result = self.run(&mut store, &generated);
        self.modules += 1;
        match result {
            Ok(()) => self.clean += 1,
            Err(error) => drop(self.first_fault.get_or_insert((seed, error))),
        }
        let seen: Box<dyn Any> = store.observe(None).expect("someone listens");
        let seen: Box<Seen> = seen.downcast().expect("it is ours");
        for (sum, more) in self.executed.iter_mut().zip(&seen.opcodes) {
            *sum += more;
        }
        for (func, places) in module.funcs.iter().zip(&seen.places) {
            for (offset, instr) in func.body.instrs().with_offsets().flatten() {
                let opcode = instr.opcode();
                self.present[opcode as usize] += 1;
                // These do nothing when they are executed.
                if !matches!(opcode, Opcode::End | Opcode::Else | Opcode::Block) {
                    self.total += 1;
                    self.reached += u64::from(places[offset]);
                }
            }
        }
    }

    fn run(&mut self, store: &mut Store, generated: &Generated) -> Result<(), Error> {
        let module = &generated.module;
        let features = generated.features;
        let provider = wattle_runtime::Module::with_features(provider(module), features)?;
        let provider = Instance::new(store, &provider, &Imports::default())?;
        let mut imports = Imports::default();
        for (place, import) in module.imports.iter().enumerate() {
            let what = provider.export(store, &place.to_string()).expect("all is provided");
            imports.define(&import.module, &import.name, what);
        }
        let translated = wattle_runtime::Module::with_features(module.clone(), features)?;
        let instance = Instance::new(store, &translated, &imports)?;
        let imported = module.imported(wattle_ast::ExternKind::Func);
        for export in &module.exports {
            let ExternIdx::Func(func) = export.index else { continue };
            let Some(func) = func.0.checked_sub(imported) else { continue };
            let ty = module.funcs[func.into()].ty;
            let CompType::Func(ty) = &module.types[ty].comp else { continue };
            if let Ok(fuel) = instance.global(store, "fuel") {
                fuel.set(store, &Value::I32(200))?;
            }
            let arguments: Option<Vec<Value>> =
                ty.params().iter().map(|&ty| argument(ty)).collect();
            if let Some(arguments) = arguments {
                self.calls += 1;
                instance.call(store, &export.name, &arguments)?;
            }
        }
        Ok(())
    }

    fn reached_part(&self) -> f64 {
        self.reached as f64 / self.total as f64
    }

    fn clean_part(&self) -> f64 {
        self.clean as f64 / self.modules as f64
    }

    fn print(&self, name: &str) {
        println!(
            "{name}: {} modules, {:.2} % without a trap, {} calls, {} instructions, {:.1} % reached",
            self.modules,
            100.0 * self.clean_part(),
            self.calls,
            self.total,
            100.0 * self.reached_part(),
        );
        if let Some((seed, error)) = &self.first_fault {
            println!("  first fault: seed {seed}: {error}");
        }
    }
}

/// A value to call functions with; numbers are other than zero.
fn argument(ty: ValType) -> Option<Value> {
    Some(match ty {
        ValType::I32 => Value::I32(7),
        ValType::I64 => Value::I64(1 << 33 | 5),
        ValType::F32 => Value::from(2.5_f32),
        ValType::F64 => Value::from(-1e10_f64),
        _ => return Value::default_of(ty),
    })
}

fn run(config: &Config, seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::new();
    for seed in seeds {
        tally.add(from_seed(config, seed), seed);
    }
    tally
}

#[test]
fn modules_run_without_traps_and_reach_most_of_their_code() {
    let tally = run(&Config::default(), 0..crate::common::count(20_000));
    tally.print("default");
    assert!(tally.clean_part() >= 0.95);
    assert!(tally.reached_part() >= 0.5);
}

/// Every row of the table of a feature that can be generated is in some module and is executed.
#[test]
fn every_instruction_is_made_and_executed() {
    let count = crate::common::count(100_000);
    let mut tally = run(&Config::default(), 0..count);
    tally.print("default");
    // Some instructions trap, or are never reached in code that must not trap.
    let trapping = Config { no_traps: false, ..Config::default() };
    let more = run(&trapping, 0..count / 10);
    more.print("with traps");
    let sum = |all: &mut [u64], more: &[u64]| {
        all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
    };
    sum(&mut tally.present, &more.present);
    sum(&mut tally.executed, &more.executed);
    let mut missing = Vec::new();
    println!("{:<36} {:>12} {:>14}", "instruction", "occurrences", "executions");
    for &opcode in Opcode::ALL {
        let (present, executed) = (tally.present[opcode as usize], tally.executed[opcode as usize]);
        let why = left_out(opcode).unwrap_or_default();
        println!("{:<36} {present:>12} {executed:>14} {why}", opcode.mnemonic());
        if left_out(opcode).is_none() && (present == 0 || executed == 0) {
            missing.push(opcode);
        }
    }
    let (known, made) =
        (Opcode::ALL.len(), Opcode::ALL.iter().filter(|op| left_out(**op).is_none()));
    println!("{} of {known} instructions are made and executed", made.count() - missing.len());
    assert!(missing.is_empty(), "made {count} modules, but no {missing:?}");
}

/// The reason why an instruction of the table is not made; `None` if it is.
fn left_out(opcode: Opcode) -> Option<&'static str> {
    match opcode.feature() {
        Feature::CustomDescriptors => Some("not made: the runtime has no custom descriptors"),
        Feature::StackSwitching => Some("not made: the runtime has no stack switching"),
        feature if !Features::DEFAULT.contains(feature) => panic!("{feature} is not known here"),
        _ => None,
    }
}
