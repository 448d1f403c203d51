//! Runs the command on candidates, several at once, and shows the progress.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;
use wattle_differ::run_command;
use wattle_reduce::{Candidate, Judge, Progress};

use super::Kind;
use super::state::State;

/// The time between two lines of progress when standard error is not a terminal.
const PAUSE: Duration = Duration::from_secs(30);

/// The verdict of the command on a candidate.
pub(super) enum Verdict {
    Interesting,
    /// The command ended with another status, and printed `said` to standard error.
    Other {
        status: String,
        said: String,
    },
    TimedOut,
    /// The command was ended, since its answer is not needed any more.
    Stopped,
    /// The command cannot be started.
    Failed(String),
}

/// Writes the best candidate to the output file.
type Write<'w> = Box<dyn Fn(&Candidate) -> Result<(), String> + Sync + 'w>;

/// The judge that runs the command on candidates.
pub(super) struct Tester<'w> {
    command: Vec<String>,
    status: i32,
    jobs: usize,
    stop: Arc<AtomicBool>,
    pub(super) timeout: Duration,
    pub(super) max_tests: Option<u64>,
    pub(super) end: Option<Instant>,
    pub(super) kind: Kind,
    pub(super) json: bool,
    folder: Option<TempDir>,
    tests: u64,
    write: Option<Write<'w>>,
    state: Option<State>,
    /// The error after which nothing more can be tested.
    failure: Option<String>,
    from: usize,
    bar: ProgressBar,
    last_line: Instant,
}

impl<'w> Tester<'w> {
    pub(super) fn new(
        command: Vec<String>,
        status: i32,
        jobs: usize,
        stop: Arc<AtomicBool>,
    ) -> Tester<'w> {
        Tester {
            command,
            status,
            jobs,
            stop,
            timeout: Duration::from_secs(60),
            max_tests: None,
            end: None,
            kind: Kind::default(),
            json: false,
            folder: None,
            tests: 0,
            write: None,
            state: None,
            failure: None,
            from: 0,
            bar: ProgressBar::hidden(),
            last_line: Instant::now(),
        }
    }

    /// Creates the folder for candidates.
    pub(super) fn prepare(&mut self) -> Result<(), String> {
        let folder = tempfile::Builder::new().prefix("wattle-shrink-").tempdir();
        self.folder = Some(folder.map_err(|error| format!("no folder for candidates: {error}"))?);
        Ok(())
    }

    /// Begins to show progress, and to write the best candidate and the state.
    pub(super) fn begin(
        &mut self,
        input: &Candidate,
        write: impl Fn(&Candidate) -> Result<(), String> + Sync + 'w,
        state: Option<State>,
    ) {
        self.from = input.bytes.len();
        self.write = Some(Box::new(write));
        self.state = state;
        if !self.json && std::io::stderr().is_terminal() {
            self.bar = ProgressBar::new_spinner();
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {elapsed_precise} {wide_msg}")
            {
                self.bar.set_style(style);
            }
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    /// Stops showing progress, and returns the error that ended the tests, if there is one.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.bar.finish_and_clear();
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Runs the command on one candidate.
    pub(super) fn test(&mut self, candidate: &Candidate) -> Verdict {
        self.run(candidate, 0, || false)
    }

    fn path(&self, number: usize, candidate: &Candidate) -> PathBuf {
        let name = format!("candidate-{number}.{}", self.kind.extension(&candidate.subject));
        self.folder.as_ref().map_or(PathBuf::from(&name), |folder| folder.path().join(&name))
    }

    /// Runs the command on a candidate, until it ends or its answer is not needed any more.
    fn run(&self, candidate: &Candidate, number: usize, is_needless: impl Fn() -> bool) -> Verdict {
        let path = self.path(number, candidate);
        let bytes = self.kind.bytes(&candidate.subject);
        if let Err(error) = std::fs::write(&path, bytes) {
            return Verdict::Failed(format!("cannot write {}: {error}", path.display()));
        }
        let path = path.display().to_string();
        let mut words: Vec<String> =
            self.command.iter().map(|word| word.replace("{}", &path)).collect();
        if !self.command.iter().any(|word| word.contains("{}")) {
            words.push(path);
        }
        let Some((program, arguments)) = words.split_first() else { return Verdict::Stopped };
        let end = Instant::now() + self.timeout;
        let is_stopped = || self.stop.load(Ordering::Relaxed) || is_needless();
        let output = run_command(Command::new(program).args(arguments), || {
            is_stopped() || Instant::now() >= end
        });
        match output {
            Err(error) => Verdict::Failed(format!("cannot start {program}: {error}")),
            Ok(None) if is_stopped() => Verdict::Stopped,
            Ok(None) => Verdict::TimedOut,
            Ok(Some(output)) if output.status.code() == Some(self.status) => Verdict::Interesting,
            Ok(Some(output)) => Verdict::Other {
                status: output.status.to_string(),
                said: String::from_utf8_lossy(&output.stderr).into_owned(),
            },
        }
    }

    fn line(&self, progress: &Progress<'_>) -> String {
        let (best, counts) = (progress.best.bytes.len(), progress.counts);
        format!("{} -> {best} bytes, {} tests, {}", self.from, counts.tests, progress.pass)
    }
}

impl Judge for &mut Tester<'_> {
    fn width(&self) -> usize {
        self.jobs
    }

    fn judge(&mut self, candidates: &[Candidate]) -> Vec<Option<bool>> {
        // The first interesting candidate makes those behind it needless.
        let first = AtomicUsize::new(usize::MAX);
        let tester = &**self;
        let verdicts: Vec<Verdict> = std::thread::scope(|scope| {
            let run = |(number, candidate)| {
                let first = &first;
                scope.spawn(move || {
                    let is_needless = || first.load(Ordering::Relaxed) < number;
                    let verdict = tester.run(candidate, number, is_needless);
                    if matches!(verdict, Verdict::Interesting) {
                        first.fetch_min(number, Ordering::Relaxed);
                    }
                    verdict
                })
            };
            let threads: Vec<_> = candidates.iter().enumerate().map(run).collect();
            let joined = threads.into_iter().map(|thread| thread.join());
            joined.map(|verdict| verdict.unwrap_or(Verdict::Stopped)).collect()
        });
        let mut answers = Vec::new();
        for verdict in verdicts {
            answers.push(match verdict {
                Verdict::Interesting => Some(true),
                Verdict::Other { .. } | Verdict::TimedOut => Some(false),
                Verdict::Stopped => None,
                Verdict::Failed(why) => {
                    self.failure.get_or_insert(why);
                    None
                }
            });
        }
        // A command that ended after Ctrl-C may have ended because of it.
        if self.stop.load(Ordering::Relaxed) {
            answers.fill(None);
        }
        self.tests += answers.iter().flatten().count() as u64;
        answers
    }

    fn is_over(&mut self) -> bool {
        self.stop.load(Ordering::Relaxed)
            || self.failure.is_some()
            || self.max_tests.is_some_and(|most| self.tests >= most)
            || self.end.is_some_and(|end| Instant::now() >= end)
    }

    fn see(&mut self, progress: Progress<'_>) {
        let mut kept = Ok(());
        if let Some(state) = &mut self.state {
            kept = state.add_refused(progress.refused);
            if progress.is_better {
                kept = kept.and_then(|()| state.set_best(progress.best));
            }
        }
        let mut kept = kept.map_err(|error| format!("cannot write the state: {error}"));
        if let (true, Some(write)) = (progress.is_better, &self.write) {
            kept = kept.and_then(|()| write(progress.best));
        }
        if let Err(why) = kept {
            self.failure.get_or_insert(why);
        }
        if !self.bar.is_hidden() {
            self.bar.set_message(self.line(&progress));
        } else if !self.json && self.last_line.elapsed() > PAUSE {
            eprintln!("{}", self.line(&progress));
            self.last_line = Instant::now();
        }
    }
}
