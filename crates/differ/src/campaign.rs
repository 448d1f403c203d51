//! Campaigns: the loop over seeds and engines, on several threads. A campaign counts the outcomes,
//! and can be stopped and resumed.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wattle_ast::{Features, Module};
use wattle_runtime::numerics::Profile;
use wattle_smith::Config;

use crate::case::Case;
use crate::compare::{Nans, Verdict, judge};
use crate::engine::Engine;
use crate::minimise::Effort;
use crate::oracle::Oracle;
use crate::report::Finding;
use crate::spec::Spec;
use crate::stats::Stats;
use crate::worker::{Done, Worker};

/// The settings of a campaign.
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
    /// The configuration of every module; `None` if [`config_of`](crate::config_of) chooses one for
    /// each seed.
    pub config: Option<Config>,
    /// Modules with their names. If there are any, the modules of the campaign are mutants of them
    /// in turn.
    pub corpus: Vec<(String, Module<'static>)>,
    /// The features that modules may use, if the engines support them.
    pub features: Features,
    /// The rule by which NaNs are compared.
    pub nans: Nans,
    /// The time limit for a case that runs in a process.
    pub timeout: Duration,
    /// The bounds on minimising a finding.
    pub effort: Effort,
    /// The maximum number of findings with the same engine, way and message that are minimised and
    /// written. All findings are counted.
    pub reports: u64,
    /// The folder for the state and the reports.
    pub folder: PathBuf,
    /// Whether to continue from the state in the folder.
    pub resume: bool,
}

impl Plan {
    /// Creates a plan for 1,000 modules on one thread.
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

/// The state of a campaign, which is written so that the campaign can be resumed.
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

/// The reason why a campaign does not start, or ends early.
#[derive(Debug)]
pub enum Error {
    /// An engine cannot be started.
    Engine(String),
    /// A file or folder cannot be read or written.
    Io(PathBuf, io::Error),
    /// The folder has a state although the plan starts anew, or lacks one although the plan
    /// resumes.
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

/// Receives the progress of a campaign.
pub trait Watcher {
    /// Receives the counts so far.
    fn progress(&mut self, stats: &Stats);
    /// Receives a finding, and the folder that it was written to.
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
                    // Findings of a campaign that is being stopped are not reliable. The module has
                    // its turn again when the campaign is resumed.
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

/// Runs a case on an engine and on the oracle, and compares the runs. This serves tests of engines,
/// and repeats a finding.
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
