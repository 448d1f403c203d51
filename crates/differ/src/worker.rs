//! The work on one seed: its module is made and run on all engines, and differences are minimised.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use wattle_ast::{
    Body, Export, ExternIdx, Features, Func, FuncIdx, FuncType, Module, Opcode, TypeIdx,
};
use wattle_reduce::Mutator;
use wattle_runtime::numerics::Profile;
use wattle_smith::{Config, from_seed};

use crate::campaign::{Error, Plan};
use crate::case::{Case, Settings};
use crate::compare::{Difference, Nans, Verdict, Way, judge};
use crate::ending::{Ending, Run};
use crate::engine::Engine;
use crate::minimise::minimise_until;
use crate::oracle::Oracle;
use crate::report::{Finding, Origin};
use crate::spec::Spec;

/// Chooses the configuration of a seed in a campaign without one, so that modules are of many
/// kinds.
///
/// Every fourth module may trap; every third uses only some of the features and instructions; every
/// sixteenth has functions of single instructions; every fifth is large.
pub fn config_of(seed: u64, features: Features, nans: Nans) -> Config {
    let large = Config::default();
    let size = match seed % 5 {
        0 => large,
        _ => Config {
            max_funcs: 4,
            max_instructions: large.max_instructions / 2,
            max_memory_pages: 1,
            ..large
        },
    };
    Config {
        features,
        canonical_nans: nans == Nans::Exact,
        no_traps: seed % 4 != 3,
        swarm: seed % 3 == 2,
        single_instruction: seed % 16 == 5,
        ..size
    }
}

/// The results for the module of a seed.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) seed: u64,
    /// The counts of the module for [`Stats`]: this field and the next two.
    pub(crate) calls: u64,
    pub(crate) returned: u64,
    pub(crate) uncallable: u64,
    /// The verdict on each engine, by name.
    pub(crate) verdicts: Vec<(String, Verdict)>,
    /// The differences that are to be written.
    pub(crate) findings: Vec<Finding>,
}

impl Done {
    /// Returns whether an engine broke, which also happens when its process is killed.
    pub(crate) fn is_suspicious(&self) -> bool {
        self.verdicts.iter().any(|(_, verdict)| {
            matches!(verdict, Verdict::Differs(difference) if difference.way == Way::Breaks)
        })
    }
}

/// A thread of a campaign, with its engines.
pub(crate) struct Worker<'p> {
    plan: &'p Plan,
    stop: &'p AtomicBool,
    engines: Vec<(Box<dyn Engine>, Profile)>,
    /// The different sets of features that the engines support.
    feature_sets: Vec<Features>,
    /// The number of findings by engine, way and message.
    seen: BTreeMap<(usize, Way, String), u64>,
}

impl<'p> Worker<'p> {
    pub(crate) fn new(plan: &'p Plan, stop: &'p AtomicBool) -> Result<Worker<'p>, Error> {
        let make = |spec: &Spec| spec.make(plan.timeout, plan.folder.clone());
        let engines = plan.engines.iter().map(make).collect::<Result<Vec<_>, _>>()?;
        let mut feature_sets = Vec::new();
        for engine in &engines {
            let set = engine.features() & plan.features;
            if !feature_sets.contains(&set) {
                feature_sets.push(set);
            }
        }
        let engines = engines.into_iter().map(|engine| (engine, Profile::default())).collect();
        Ok(Worker { plan, stop, engines, feature_sets, seen: BTreeMap::new() })
    }

    /// Runs a trivial module on every engine. An engine that fails on it cannot be tested.
    pub(crate) fn try_engines(&mut self) -> Result<(), Error> {
        let mut module = Module::default();
        module.types.push(FuncType::new([], []).into());
        module.funcs.push(Func { ty: TypeIdx(0), body: Body::default() });
        module.exports.push(Export { name: "f".into(), index: ExternIdx::Func(FuncIdx(0)) });
        let case = Case::new(module, Features::WASM1, Settings { fuel: None, salt: 0 });
        for (engine, _) in &mut self.engines {
            let run = engine.run(&case);
            let endings = std::iter::once(&run.start).chain(&run.probes);
            if let Some(ending) = endings.into_iter().find(|ending| !ending.is_good()) {
                let name = engine.name();
                let words = ending.message();
                let why = format!("{name} fails on a module with an empty function: {words}");
                return Err(Error::Engine(why));
            }
        }
        Ok(())
    }

    fn config(&self, seed: u64) -> Config {
        match &self.plan.config {
            Some(config) => config.clone(),
            None => {
                let set =
                    self.feature_sets.get(seed as usize / 48 % self.feature_sets.len().max(1));
                config_of(seed, set.copied().unwrap_or_default(), self.plan.nans)
            }
        }
    }

    /// Makes the case of a seed, and tells the origin of its module; `None` if the module of the
    /// corpus has no mutant for the seed.
    fn case(&self, seed: u64) -> Option<(Case, Origin)> {
        let corpus = &self.plan.corpus;
        if let Some(at) = seed.checked_rem(corpus.len() as u64) {
            let (name, module) = corpus.get(at as usize)?;
            let features = self.plan.features;
            let mutant = Mutator::new().features(features).mutate(module, seed)?;
            let settings = Settings { fuel: None, salt: seed };
            return Some((Case::new(mutant, features, settings), Origin::Mutant(name.clone())));
        }
        let config = self.config(seed);
        let made = from_seed(&config, seed);
        let settings = Settings { fuel: config.termination, salt: seed };
        let case = Case::new(made.module, made.features, settings);
        Some((case, Origin::Generated(Box::new(config))))
    }

    /// Makes the module of a seed, and runs it on all engines.
    pub(crate) fn seed(&mut self, seed: u64) -> Done {
        let Some((case, origin)) = self.case(seed) else {
            return Done { seed, ..Done::default() };
        };
        let expected = Oracle::default().run_case(&case);
        let mut done = Done {
            seed,
            calls: 0,
            returned: 0,
            uncallable: case.uncallable as u64,
            verdicts: Vec::new(),
            findings: Vec::new(),
        };
        for (probe, ending) in case.probes.iter().zip(&expected.probes) {
            done.calls += u64::from(probe.is_call);
            done.returned += u64::from(probe.is_call && ending.is_good());
        }
        for at in 0..self.engines.len() {
            let verdict = match expected.exhausted() {
                // Nothing bounds the loops of a mutant, so an engine might never end.
                Some(what) if matches!(origin, Origin::Mutant(_)) => {
                    Verdict::Discarded(format!("the oracle ran out of {what}"))
                }
                _ => self.compare(at, &case, &expected),
            };
            if let Verdict::Differs(difference) = &verdict {
                let seen = self.seen.entry((at, difference.way, difference.cause())).or_default();
                *seen += 1;
                if *seen <= self.plan.reports {
                    done.findings.push(self.minimised(at, seed, &origin, &case, difference));
                }
            }
            done.verdicts.push((self.engines[at].0.name().to_string(), verdict));
        }
        done
    }

    /// Runs a case on an engine, and compares the run to that of the oracle.
    fn compare(&mut self, at: usize, case: &Case, expected: &Run) -> Verdict {
        let (engine, learned) = &mut self.engines[at];
        // Nothing would end a wait, as each case runs on one thread.
        let waits = |op| matches!(op, Opcode::MemoryAtomicWait32 | Opcode::MemoryAtomicWait64);
        if case.uses(waits) {
            return Verdict::Discarded("waits".into());
        }
        if !case.fits(engine.features() & self.plan.features, engine.is_closed()) {
            return Verdict::Discarded("features".into());
        }
        judge(&mut **engine, case, expected, self.plan.nans, learned)
    }

    fn minimised(
        &mut self,
        at: usize,
        seed: u64,
        origin: &Origin,
        case: &Case,
        difference: &Difference,
    ) -> Finding {
        let mut best = difference.clone();
        let (effort, stop) = (self.plan.effort, self.stop);
        let module = minimise_until(&case.module, case.features, effort, stop, |module| {
            let smaller = case.with_module(module.clone());
            let expected = Oracle::default().run_case(&smaller);
            if matches!(origin, Origin::Mutant(_)) && expected.exhausted().is_some() {
                return false;
            }
            match self.compare(at, &smaller, &expected) {
                Verdict::Differs(found) if found.way == difference.way => {
                    best = *found;
                    true
                }
                _ => false,
            }
        });
        let small = case.with_module(module);
        let expected = Oracle::default().run_case(&small);
        let runs = self.engines.iter_mut().map(|(engine, _)| {
            let run = match small.fits(engine.features(), engine.is_closed()) {
                true => engine.run(&small),
                false => Run::ended(Ending::Refused("it lacks features".into())),
            };
            (engine.name().to_string(), run)
        });
        let runs: Vec<_> = runs.collect();
        Finding {
            seed,
            origin: origin.clone(),
            engine: runs[at].0.clone(),
            difference: best,
            case: small,
            original: case.binaries.module.clone(),
            expected,
            runs,
        }
    }
}
