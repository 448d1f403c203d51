//! Fake engines. The differences of lying engines are found, minimised and counted; an honest
//! engine agrees.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use pretty_assertions::assert_eq;
use wattle_ast::{Features, Instr, Module, Opcode};
use wattle_differ::{
    Case, Effort, Ending, Engine, Nans, Oracle, Run, Settings, Verdict, Way, Word, check,
    config_of, minimise,
};
use wattle_smith::from_seed;

/// Wattle's own runtime, with changes to the modules that it gets or to its answers.
struct Fake {
    module: fn(&mut Module<'static>),
    run: fn(&Case, &mut Run),
}

impl Engine for Fake {
    fn name(&self) -> Arc<str> {
        "fake".into()
    }

    fn features(&self) -> Features {
        Features::DEFAULT
    }

    fn run(&mut self, case: &Case) -> Run {
        let mut module = case.module.clone();
        (self.module)(&mut module);
        let mut run = Oracle::default().run_case(&case.with_module(module));
        (self.run)(case, &mut run);
        run
    }
}

/// An engine for which `i32.shr_s` is `i32.shr_u`.
fn wrong_shift(module: &mut Module<'static>) {
    for func in &mut module.funcs {
        let instrs = func.body.instrs().flatten().map(|instr| match instr {
            Instr::I32ShrS => Instr::I32ShrU,
            other => other,
        });
        let body = wattle_ast::Body::new(func.body.locals(), instrs.collect());
        func.body = body;
    }
}

fn case(seed: u64) -> Case {
    let config = config_of(seed, Features::WASM3, Nans::Exact);
    let made = from_seed(&config, seed);
    let settings = Settings { fuel: config.termination, salt: seed };
    Case::new(made.module, made.features, settings)
}

fn instructions(module: &Module<'_>) -> usize {
    module.funcs.iter().map(|func| func.body.instrs().count()).sum()
}

#[test]
fn an_honest_engine_agrees() {
    let mut honest = Fake { module: |_| (), run: |_, _| () };
    let mut agreed = 0;
    for seed in 0..300 {
        match check(&mut honest, &case(seed), Nans::Exact) {
            Verdict::Agrees => agreed += 1,
            Verdict::Discarded(_) => {}
            other => panic!("seed {seed}: {other:?}"),
        }
    }
    assert!(agreed > 270, "{agreed} of 300 agree");
}

#[test]
fn a_wrong_instruction_is_found_and_minimised() {
    let mut fake = Fake { module: wrong_shift, run: |_, _| () };
    let mut found = 0;
    for seed in 0..800 {
        let case = case(seed);
        let Verdict::Differs(difference) = check(&mut fake, &case, Nans::Exact) else { continue };
        found += 1;
        if found > 2 {
            break;
        }
        let way = difference.way;
        let small = minimise(&case.module, case.features, Effort::default(), |module| {
            let smaller = case.with_module(module.clone());
            matches!(check(&mut fake, &smaller, Nans::Exact), Verdict::Differs(d) if d.way == way)
        });
        let shifts = small.funcs.iter().flat_map(|func| func.body.instrs().flatten());
        let shifts = shifts.filter(|instr| instr.opcode() == Opcode::I32ShrS).count();
        assert!(shifts >= 1, "seed {seed}: the cause is gone: {small:?}");
        let (before, after) = (instructions(&case.module), instructions(&small));
        println!("seed {seed}: {before} instructions, then {after}");
        assert!(10 * after <= before, "seed {seed}: {before} instructions, then {after}");
    }
    assert!(found >= 1, "none of 800 modules shows it");
}

/// Changes how the first probe ends.
fn lie(run: &mut Run, ending: Ending) {
    if let Some(first) = run.probes.first_mut() {
        *first = ending;
    }
}

#[test]
fn every_way_to_differ_is_seen() {
    type Lie = fn(&Case, &mut Run);
    let lies: [(Lie, Way); 6] = [
        (|_, run| run.start = Ending::Refused("invalid".into()), Way::Refuses),
        (|_, run| run.start = Ending::Broken("panic".into()), Way::Breaks),
        (|_, run| lie(run, Ending::Trap("unreachable".into())), Way::Traps),
        (|_, run| lie(run, Ending::Exception(String::new())), Way::Exception),
        (|_, run| run.log.push((9, Word(9))), Way::Log),
        (
            |_, run| {
                if let Some(Ending::Values(words)) = run.probes.last_mut() {
                    words.iter_mut().for_each(|word| word.0 ^= 1);
                }
            },
            Way::State,
        ),
    ];
    let case = case(0);
    for (run, way) in lies {
        let mut fake = Fake { module: |_| (), run };
        match check(&mut fake, &case, Nans::Exact) {
            Verdict::Differs(difference) => assert_eq!(difference.way, way),
            other => panic!("{way:?}: {other:?}"),
        }
    }
}

#[test]
fn what_runs_out_of_something_is_discarded() {
    for what in ["stack", "fuel", "time", "heap", "memory"] {
        let mut run = Oracle::default().run_case(&case(0));
        run.probes[0] = Ending::Exhausted(what.into());
        let case = case(0);
        let expected = Oracle::default().run_case(&case);
        let verdict = wattle_differ::compare(&case.probes, &expected, &run, Nans::Exact);
        assert_eq!(verdict, Verdict::Discarded(what.into()));
    }
}

#[test]
fn a_campaign_counts_and_resumes() {
    let folder = tempfile::tempdir().unwrap();
    // A campaign without engines still counts the runs of the oracle.
    let mut plan = wattle_differ::Plan::new(Vec::new(), folder.path().to_owned());
    plan.count = Some(20);
    let stop = AtomicBool::new(false);
    let stats = wattle_differ::run(&plan, &stop, &mut ()).unwrap();
    assert_eq!((stats.modules, stats.findings()), (20, 0));
    assert!(stats.calls > 20 && stats.returned > 0, "{stats:?}");
    assert!(wattle_differ::run(&plan, &stop, &mut ()).is_err(), "the state is overwritten");
    (plan.resume, plan.count, plan.jobs) = (true, Some(50), 2);
    let stats = wattle_differ::run(&plan, &stop, &mut ()).unwrap();
    assert_eq!(stats.modules, 50);
    // A campaign that is stopped at once loses nothing.
    (plan.count, plan.jobs) = (Some(90), 1);
    let stats = wattle_differ::run(&plan, &AtomicBool::new(true), &mut ()).unwrap();
    assert_eq!(stats.modules, 50);
    let stats = wattle_differ::run(&plan, &stop, &mut ()).unwrap();
    assert_eq!(stats.modules, 90);
}
