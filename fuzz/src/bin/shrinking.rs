//! Compares the reducer with the peer's: how small ten inputs become, and how often the condition
//! is asked.
//!
//! ```text
//! cargo run --release -p wattle-fuzz --features shrink --bin shrinking -- [FIRST] [LAST] [SECONDS] [LOG]
//! ```
//!
//! FIRST and LAST choose a range of the inputs, counted from 1. The peer is stopped after SECONDS.
//! If LOG is not 0, the tests of Wattle's reducer are printed, each with its pass.
//! Inputs of the corpus of real binaries are left out where it is absent.

use std::cell::Cell;
use std::time::{Duration, Instant};

use wasm_shrink::WasmShrink;
use wattle::ast::{Features, Module, Opcode};
use wattle::encoder::encode;
use wattle::parser::Parser;
use wattle::validator::Validator;
use wattle_fuzz::lockstep::Subject;
use wattle_reduce::{Candidate, Judge, Progress, Reducer};
use wattle_runtime::{Fault, plant};
use wattle_smith::{Config, from_seed};
use wattle_tests::corpus;

/// A condition on a valid module.
type Condition = Box<dyn Fn(&Module<'static>) -> bool>;

struct Input {
    name: String,
    module: Module<'static>,
    condition: Condition,
}

fn uses(opcode: Opcode) -> Condition {
    Box::new(move |module| {
        let mut instrs = module.funcs.iter().flat_map(|func| func.body.instrs().flatten());
        instrs.any(|instr| instr.opcode() == opcode)
    })
}

/// A generated module with an instruction.
fn generated(opcode: Opcode, features: Features) -> Option<Input> {
    let config = Config { features, ..Config::default() };
    let condition = uses(opcode);
    let mut modules = (1..).map(|seed| (seed, from_seed(&config, seed).module)).take(10_000);
    let (seed, module) = modules.find(|(_, module)| condition(module))?;
    Some(Input { name: format!("generated module {seed}, `{opcode}`"), module, condition })
}

/// A binary of the corpus, with an instruction.
fn real(name: &str, opcode: Opcode) -> Option<Input> {
    let bytes = corpus::find(name)?.read();
    let module = Parser::new().module(&bytes).ok()?.into_owned();
    let condition = uses(opcode);
    condition(&module).then(|| Input { name: format!("{name}, `{opcode}`"), module, condition })
}

/// A generated module that is invalid without a feature, by the message.
fn message(features: Features, phrase: &'static str) -> Option<Input> {
    let condition = move |module: &Module<'static>| {
        let verdict = Validator::new().features(features).module(module);
        verdict.is_err_and(|errors| errors.to_string().contains(phrase))
    };
    let config = Config { features: Features::WASM2, ..Config::default() };
    let mut modules = (1..).map(|seed| (seed, from_seed(&config, seed).module)).take(10_000);
    let (seed, module) = modules.find(|(_, module)| condition(module))?;
    let name = format!("generated module {seed}, the message \"{phrase}\"");
    Some(Input { name, module, condition: Box::new(condition) })
}

/// A generated module that notices a planted fault: with it, results differ.
fn fault(fault: Fault) -> Option<Input> {
    let condition = move |module: &Module<'static>| {
        let Some(subject) = Subject::new(module.clone()) else { return false };
        let right = subject.run();
        plant(Some(fault));
        let wrong = subject.run();
        plant(None);
        right != wrong
    };
    // The peer takes no newer features.
    let config = Config { features: Features::WASM2, ..Config::default() };
    let mut modules = (1..).map(|seed| (seed, from_seed(&config, seed).module));
    let (seed, module) = modules.by_ref().take(10_000).find(|(_, module)| condition(module))?;
    let name = format!("generated module {seed}, fault: {}", fault.description());
    Some(Input { name, module, condition: Box::new(condition) })
}

/// The result of a reduction: the size of the module, the number of tests, and the time.
struct Outcome {
    bytes: usize,
    tests: u64,
    seconds: f64,
    is_finished: bool,
}

/// A condition that records the size of the module after each test.
struct Noted<'i> {
    condition: &'i Condition,
    sizes: &'i mut Vec<(usize, u64)>,
    logs: bool,
    /// The size of the last candidate.
    asked: usize,
}

impl Judge for Noted<'_> {
    fn judge(&mut self, candidates: &[Candidate]) -> Vec<Option<bool>> {
        self.asked = candidates.first().map_or(0, |candidate| candidate.bytes.len());
        let is_interesting = |it: &Candidate| it.module().is_some_and(self.condition);
        candidates.iter().map(|candidate| Some(is_interesting(candidate))).collect()
    }

    fn see(&mut self, progress: Progress<'_>) {
        if self.logs {
            let Progress { counts, pass, is_better, .. } = progress;
            let verdict = if is_better { "accepted" } else { "refused" };
            println!("{:5} {:6} bytes {verdict}: {pass}", counts.tests, self.asked);
        }
        self.sizes.push((progress.best.bytes.len(), progress.counts.tests));
    }
}

/// The outcome of Wattle's reducer, and the sizes on the way there, each with the number of tests.
fn ours(input: &Input, logs: bool) -> (Outcome, Vec<(usize, u64)>) {
    let start = Instant::now();
    let mut sizes = Vec::new();
    let noted = Noted { condition: &input.condition, sizes: &mut sizes, logs, asked: 0 };
    let reduced = Reducer::new(input.module.clone()).run(noted);
    let outcome = Outcome {
        bytes: reduced.best.bytes.len(),
        tests: reduced.counts.tests,
        seconds: start.elapsed().as_secs_f64(),
        is_finished: true,
    };
    (outcome, sizes)
}

fn peers(input: &Input, most: Duration) -> Outcome {
    let start = Instant::now();
    let best = std::rc::Rc::new(Cell::new(encode(&input.module).len()));
    let smallest = best.clone();
    let shrink = WasmShrink::default().on_new_smallest(Some(Box::new(move |wasm| {
        smallest.set(wasm.len());
        Ok(())
    })));
    let mut tests = 0;
    let result = shrink.run(encode(&input.module), &mut |wasm: &[u8]| {
        anyhow::ensure!(start.elapsed() < most, "it takes too long");
        tests += 1;
        let module = Parser::new().features(Features::ALL).module(wasm);
        Ok(module.is_ok_and(|module| (input.condition)(&module.into_owned())))
    });
    let seconds = start.elapsed().as_secs_f64();
    Outcome { bytes: best.get(), tests, seconds, is_finished: result.is_ok() }
}

fn main() {
    let mut next = wattle_fuzz::numbers();
    let (first, last, seconds, log) = (next(1), next(10), next(600), next(0));
    let inputs: [fn() -> Option<Input>; 10] = [
        || generated(Opcode::I32Rotl, Features::WASM2),
        || generated(Opcode::StructNew, Features::DEFAULT),
        || generated(Opcode::TryTable, Features::DEFAULT),
        || real("as-sha256", Opcode::I32Rotr),
        || real("gofmt", Opcode::I64DivU),
        || real("sqlite3", Opcode::F64Sqrt),
        || message(Features::WASM1, "bulk-memory"),
        || fault(Fault::ShiftMask),
        || fault(Fault::RemainderSign),
        || fault(Fault::StoreDropped),
    ];
    println!(
        "| input | bytes | Wattle: bytes | tests | s | wasm-shrink: bytes | tests | s | Wattle: tests to that size |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (number, input) in (1..).zip(inputs) {
        if !(first..=last).contains(&number) {
            continue;
        }
        let Some(input) = input() else {
            println!("| {number} is absent |");
            continue;
        };
        let (ours, sizes) = ours(&input, log != 0);
        let peers = peers(&input, Duration::from_secs(seconds));
        let as_small = sizes.iter().find(|(bytes, _)| *bytes <= peers.bytes);
        println!(
            "| {} | {} | {} | {} | {:.1} | {}{} | {} | {:.1} | {} |",
            input.name,
            encode(&input.module).len(),
            ours.bytes,
            ours.tests,
            ours.seconds,
            peers.bytes,
            if peers.is_finished { "" } else { " (stopped)" },
            peers.tests,
            peers.seconds,
            as_small.map_or("-".to_owned(), |(_, tests)| tests.to_string()),
        );
    }
}
