//! Campaigns: the loop over seeds and engines, on several threads. It counts what happens, and can
//! be stopped and resumed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wattle_ast::{
    Body, Export, ExternIdx, Features, Func, FuncIdx, FuncType, Module, Opcode, TypeIdx,
};
use wattle_reduce::Mutator;
use wattle_runtime::numerics::Profile;
use wattle_smith::{Config, from_seed};

use crate::case::{Case, Settings};
use crate::compare::{Difference, Nans, Verdict, Way, judge};
use crate::ending::{Ending, Run};
use crate::engine::Engine;
use crate::minimise::{Effort, minimise_until};
use crate::oracle::Oracle;
use crate::report::{Finding, Origin};
use crate::spec::Spec;

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The engines.
    pub engines: Vec<Spec>,
    /// The first seed.
    pub seed: u64,
    /// The number of modules; `None` to go on until it is stopped.
    pub count: Option<u64>,
    /// The number of threads.
    pub jobs: usize,
    /// The configuration of every module; [`config_of`] chooses one for each seed when it is
    /// `None`.
    pub config: Option<Config>,
    /// Modules with their names. If there are any, the modules of the campaign are mutants of them
    /// in turn.
    pub corpus: Vec<(String, Module<'static>)>,
    /// The features that modules may use, if the engines support them.
    pub features: Features,
    /// How NaNs are compared.
    pub nans: Nans,
    /// How long a case may take in a process.
    pub timeout: Duration,
    /// The bounds on minimising a finding.
    pub effort: Effort,
    /// How many findings with the same engine, way and message are minimised and written. All are
    /// counted.
    pub reports: u64,
    /// The folder for the state and the reports.
    pub folder: PathBuf,
    /// Whether to continue from the state in the folder.
    pub resume: bool,
}

impl Plan {
    /// A plan for 1,000 modules on one thread.
    pub fn new(engines: Vec<Spec>, folder: PathBuf) -> Plan {
        Plan {
            engines,
            seed: 0,
            count: Some(1000),
            jobs: 1,
            config: None,
            corpus: Vec::new(),
            features: Features::ALL - Features::COMPACT_IMPORTS,
            nans: Nans::Exact,
            timeout: Duration::from_secs(10),
            effort: Effort::default(),
            reports: 10,
            folder,
            resume: false,
        }
    }
}

/// The counts of an engine.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Modules on which it agrees.
    pub agreed: u64,
    /// Modules on which it differs as the specification permits, by reason.
    pub permitted: BTreeMap<String, u64>,
    /// Modules that were discarded, by reason.
    pub discarded: BTreeMap<String, u64>,
    /// Findings, by way.
    pub findings: BTreeMap<String, u64>,
}

impl Counts {
    /// Modules that were compared.
    pub fn compared(&self) -> u64 {
        let sum = |map: &BTreeMap<String, u64>| map.values().sum::<u64>();
        self.agreed + sum(&self.permitted) + sum(&self.findings)
    }

    fn add(&mut self, verdict: &Verdict) {
        let (map, reason) = match verdict {
            Verdict::Agrees => return self.agreed += 1,
            Verdict::Permitted(why) => (&mut self.permitted, (*why).to_owned()),
            Verdict::Discarded(why) => (&mut self.discarded, why.clone()),
            Verdict::Differs(difference) => (&mut self.findings, difference.way.name()),
        };
        *map.entry(reason).or_default() += 1;
    }
}

/// The counts of a campaign.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// Modules that were made.
    pub modules: u64,
    /// Calls of exported functions by the oracle.
    pub calls: u64,
    /// The number of these calls that returned.
    pub returned: u64,
    /// Exported functions that cannot be called, because a parameter type has no value to pass.
    pub uncallable: u64,
    /// The duration in seconds.
    pub seconds: f64,
    /// The counts of each engine, by name.
    pub engines: BTreeMap<String, Counts>,
}

impl Stats {
    /// The number of findings of all engines.
    pub fn findings(&self) -> u64 {
        self.engines.values().flat_map(|counts| counts.findings.values()).sum()
    }

    /// How many of 1,000 runs of a module on an engine were compared.
    pub fn compared_permille(&self) -> u64 {
        let compared: u64 = self.engines.values().map(Counts::compared).sum();
        (1000 * compared).checked_div(self.modules * self.engines.len() as u64).unwrap_or(0)
    }

    fn add(&mut self, done: &Done) {
        self.modules += 1;
        self.calls += done.calls;
        self.returned += done.returned;
        self.uncallable += done.uncallable;
        for (engine, verdict) in &done.verdicts {
            self.engines.entry(engine.clone()).or_default().add(verdict);
        }
    }
}

/// What a campaign writes to be resumed.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// The first seed that is not finished.
    next: u64,
    /// Later seeds that are finished.
    done: BTreeSet<u64>,
    stats: Stats,
}

impl State {
    fn path(folder: &Path) -> PathBuf {
        folder.join("state.json")
    }

    fn finish(&mut self, seed: u64) {
        self.done.insert(seed);
        while self.done.remove(&self.next) {
            self.next += 1;
        }
    }

    /// Writes a new file and renames it, so that the file is complete at any time.
    fn save(&self, folder: &Path) -> io::Result<()> {
        let beside = folder.join("state.json.new");
        std::fs::write(&beside, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(beside, State::path(folder))
    }
}

/// Why a campaign does not start, or ends early.
#[derive(Debug)]
pub enum Error {
    /// An engine cannot be started.
    Engine(String),
    /// A file or folder cannot be read or written.
    Io(PathBuf, io::Error),
    /// There is a state although the plan does not resume, or none although it does.
    State(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Engine(why) | Error::State(why) => f.write_str(why),
            Error::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io(_, error) => Some(error),
            Error::Engine(_) | Error::State(_) => None,
        }
    }
}

/// The configuration of a seed in a campaign without one, so that modules are of many kinds.
///
/// Every fourth may trap; every third uses only some of the features and instructions; every
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

/// What came of the module of a seed.
#[derive(Default)]
struct Done {
    seed: u64,
    /// As in [`Stats`]; so are the next two.
    calls: u64,
    returned: u64,
    uncallable: u64,
    /// The verdict on each engine, by name.
    verdicts: Vec<(String, Verdict)>,
    /// The differences that are to be written.
    findings: Vec<Finding>,
}

impl Done {
    /// Whether an engine broke, as one does that is killed.
    fn is_suspicious(&self) -> bool {
        self.verdicts.iter().any(|(_, verdict)| {
            matches!(verdict, Verdict::Differs(difference) if difference.way == Way::Breaks)
        })
    }
}

/// Receives the progress of a campaign.
pub trait Watcher {
    /// The counts so far.
    fn progress(&mut self, stats: &Stats);
    /// A finding, and the folder that it was written to.
    fn finding(&mut self, finding: &Finding, folder: &Path);
}

impl Watcher for () {
    fn progress(&mut self, _: &Stats) {}
    fn finding(&mut self, _: &Finding, _: &Path) {}
}

/// Runs a campaign until it is finished or `stop` is set.
///
/// # Errors
/// See [`Error`].
///
/// ```no_run
/// use std::sync::atomic::AtomicBool;
/// use wattle_differ::{Plan, Spec, run};
///
/// let engines = vec![Spec::parse("v8=node docs/engines/v8.mjs").unwrap()];
/// let stats = run(&Plan::new(engines, "findings".into()), &AtomicBool::new(false), &mut ())?;
/// println!("{} findings in {} modules", stats.findings(), stats.modules);
/// # Ok::<(), wattle_differ::Error>(())
/// ```
pub fn run(plan: &Plan, stop: &AtomicBool, watcher: &mut dyn Watcher) -> Result<Stats, Error> {
    let io = |error| Error::Io(plan.folder.clone(), error);
    std::fs::create_dir_all(&plan.folder).map_err(io)?;
    let mut state = begin(plan)?;
    let end = plan.count.map_or(u64::MAX, |count| plan.seed.saturating_add(count));
    let next = AtomicU64::new(state.next);
    let finished = state.done.clone();
    let workers = (0..plan.jobs.max(1)).map(|_| Worker::new(plan, stop));
    let mut workers: Vec<_> = workers.collect::<Result<_, _>>()?;
    if let Some(worker) = workers.first_mut() {
        worker.try_engines()?;
    }
    let started = Instant::now();
    let before = state.stats.seconds;
    let mut written = Instant::now();
    let (send, done) = channel::<Done>();
    std::thread::scope(|scope| {
        for mut worker in workers {
            let (send, next, finished): (Sender<Done>, _, _) = (send.clone(), &next, &finished);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    if finished.contains(&seed) {
                        continue;
                    }
                    let done = worker.seed(seed);
                    if done.is_suspicious() {
                        // The signal that stops the campaign may have stopped the engine first.
                        std::thread::sleep(Duration::from_millis(200));
                    }
                    // What a campaign that is being stopped finds is not to be trusted. The module
                    // has its turn again when the campaign is resumed.
                    if stop.load(Ordering::Relaxed) || send.send(done).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        loop {
            match done.recv_timeout(Duration::from_millis(200)) {
                Ok(done) => {
                    state.stats.add(&done);
                    for finding in done.findings {
                        let path = finding.write(&plan.folder).map_err(io)?;
                        watcher.finding(&finding, &path);
                    }
                    state.finish(done.seed);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            state.stats.seconds = before + started.elapsed().as_secs_f64();
            watcher.progress(&state.stats);
            if written.elapsed() > Duration::from_secs(2) {
                state.save(&plan.folder).map_err(io)?;
                written = Instant::now();
            }
        }
        Ok(())
    })
    .inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
    state.save(&plan.folder).map_err(io)?;
    Ok(state.stats)
}

fn begin(plan: &Plan) -> Result<State, Error> {
    let path = State::path(&plan.folder);
    let text = match std::fs::read(&path) {
        Ok(text) if plan.resume => text,
        Ok(_) => {
            let why =
                format!("{} is there already: resume, or name another folder", path.display());
            return Err(Error::State(why));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if plan.resume {
                return Err(Error::State(format!("nothing to resume: no {}", path.display())));
            }
            return Ok(State { next: plan.seed, ..State::default() });
        }
        Err(error) => return Err(Error::Io(path, error)),
    };
    serde_json::from_slice(&text)
        .map_err(|error| Error::State(format!("{}: {error}", path.display())))
}

/// A thread of a campaign, with its engines.
struct Worker<'p> {
    plan: &'p Plan,
    stop: &'p AtomicBool,
    engines: Vec<(Box<dyn Engine>, Profile)>,
    /// The different sets of features that the engines support.
    feature_sets: Vec<Features>,
    /// The number of findings by engine, way and message.
    seen: BTreeMap<(usize, Way, String), u64>,
}

impl<'p> Worker<'p> {
    fn new(plan: &'p Plan, stop: &'p AtomicBool) -> Result<Worker<'p>, Error> {
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

    /// Runs a trivial module on every engine: one that refuses it cannot be tested.
    fn try_engines(&mut self) -> Result<(), Error> {
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

    /// The case of a seed, and where its module comes from; `None` if a module has no mutant for the
    /// seed.
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
    fn seed(&mut self, seed: u64) -> Done {
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
                // Nothing bounds the loops of a mutant: an engine might never end.
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

    /// Runs a case on an engine, and compares.
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

/// Runs a case on an engine and on the oracle, and compares: for tests of engines, and to look at a
/// finding again.
///
/// ```
/// use wattle_ast::Features;
/// use wattle_differ::{Case, Nans, Oracle, Settings, Verdict, check};
///
/// let module = wattle_smith::from_seed(&Default::default(), 2).module;
/// let case = Case::new(module, Features::DEFAULT, Settings { fuel: Some(200), salt: 2 });
/// assert_eq!(check(&mut Oracle::default(), &case, Nans::Exact), Verdict::Agrees);
/// ```
pub fn check(engine: &mut dyn Engine, case: &Case, nans: Nans) -> Verdict {
    let expected = Oracle::default().run_case(case);
    judge(engine, case, &expected, nans, &mut Profile::default())
}
