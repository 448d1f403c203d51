//! Modules reduced under conditions of many kinds.

use wattle_ast::{Features, Instr, Module, Opcode};
use wattle_reduce::{Candidate, Reduced, Reducer};
use wattle_validator::Validator;

/// Reduces a module, and checks the candidates that the condition is asked about.
fn reduce(module: Module<'static>, holds: impl Fn(&Module<'static>) -> bool) -> Reduced {
    let mut last = usize::MAX;
    let mut seen = std::collections::BTreeSet::new();
    let reduced = Reducer::new(module).run(|candidate: &Candidate| {
        let module = candidate.module().unwrap();
        assert!(Validator::new().module(module).is_ok(), "a candidate is not valid");
        assert!(candidate.bytes.len() <= last, "a candidate is larger than the best");
        assert!(seen.insert(candidate.bytes.clone()), "a candidate comes twice");
        let is_interesting = holds(module);
        if is_interesting {
            last = candidate.bytes.len();
        }
        is_interesting
    });
    assert_eq!(reduced.counts.tests, seen.len() as u64);
    reduced
}

fn has(module: &Module<'_>, wanted: Opcode) -> bool {
    let mut instrs = module.funcs.iter().flat_map(|func| func.body.instrs().flatten());
    instrs.any(|instr| instr.opcode() == wanted)
}

fn generated(seed: u64) -> Module<'static> {
    let config = wattle_smith::Config { features: Features::DEFAULT, ..Default::default() };
    wattle_smith::from_seed(&config, seed).module
}

#[test]
fn an_opcode_is_all_that_is_left_of_generated_modules() {
    let (mut modules, mut tests, mut bytes) = (0, 0, 0);
    for seed in 0..30 {
        let module = generated(seed);
        let opcodes: std::collections::BTreeSet<Opcode> = module
            .funcs
            .iter()
            .flat_map(|func| func.body.instrs().flatten())
            .map(|instr: Instr<'_>| instr.opcode())
            .collect();
        let Some(&wanted) = opcodes.iter().nth(seed as usize * 7 % opcodes.len().max(1)) else {
            continue;
        };
        let before = wattle_encoder::encode(&module).len();
        let reduced = reduce(module, |module| has(module, wanted));
        let text = wattle_printer::print(reduced.best.module().unwrap());
        println!(
            "{seed} {wanted}: {before} -> {} bytes, {:?}\n{text}",
            reduced.best.bytes.len(),
            reduced.counts
        );
        modules += 1;
        tests += reduced.counts.tests;
        bytes += reduced.best.bytes.len();
    }
    println!("{modules} modules, {tests} tests, {bytes} bytes");
    assert!(modules >= 25);
    assert!(bytes / modules < 60, "{} bytes on average", bytes / modules);
    assert!(tests / (modules as u64) < 120, "{} tests on average", tests / modules as u64);
}

#[test]
fn of_types_that_nothing_refers_to_one_is_left() {
    let text = "(module (type (func (param i32))) (type (func (param v128))) (type (func))
        (func (export \"f\") (type 2)) (func (type 0)))";
    let module = wattle_wat::parse(text).unwrap().into_owned();
    let is_invalid = |module: &Module<'static>| {
        let features = Features::DEFAULT - Features::SIMD;
        Validator::new().features(features).module(module).is_err()
    };
    let reduced = reduce(module, is_invalid);
    let text = wattle_printer::print(reduced.best.module().unwrap());
    assert_eq!(text, "(module\n  (type (;0;) (func (param v128)))\n)\n");
}

#[test]
fn traps_that_cannot_go_are_not_tried_one_by_one() {
    // All the values are needed, so each trap would do harm.
    let values = "(i32.const 7) (drop)".repeat(40);
    let text = format!("(module (func (export \"f\") {values}))");
    let module = wattle_wat::parse(&text).unwrap().into_owned();
    let all = |module: &Module<'static>| {
        let instrs = module.funcs.iter().flat_map(|func| func.body.instrs().flatten());
        instrs.filter(|instr| *instr == Instr::I32Const { value: 7 }).count() == 40
    };
    let reduced = reduce(module, all);
    assert!(reduced.counts.tests < 100, "{}", reduced.counts.tests);
}
