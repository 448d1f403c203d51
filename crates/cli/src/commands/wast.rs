//! `wattle wast`: test scripts, run by the rules of the reference interpreter.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use wattle::ast::Shown;
use wattle::ast::components::Layer;
use wattle::runtime::{Config, Limits};
use wattle::script::{Options, Report};
use wattle::wat::script::{self, DirectiveKind};
use wattle::{Feature, Features};

use crate::failure::{FAILED, Failure, NOT_RUN};
use crate::fault::Fault;
use crate::input::{
    FeatureList, MAX_MEMORY, Reading, files_below, is_standard, parse_bytes, parse_seconds,
    shown_name,
};
use crate::output::json_line;
use crate::source::Source;

/// Runs test scripts.
///
/// Prints a line for each script, then its failures, each with its place, the expected and the
/// actual outcome. The last line counts the assertions of all scripts.
///
/// Components are read and validated, but not executed. Directives that would execute a component
/// are skipped and listed. If no directive fails and some are skipped, the exit code is 3, except
/// with `--no-run`.
#[derive(Args)]
pub(crate) struct Wast {
    /// Scripts, and folders that are searched for `.wast` files; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    paths: Vec<PathBuf>,

    /// The number of scripts that run at once; by default, the number of cores.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,

    /// The features that the modules of scripts may use: see `wattle parse --help`. By default,
    /// scripts in a folder `core`, `legacy` or `proposals/NAME`, as in the official suite, may use
    /// the features that they are written for, and other scripts those of `default`.
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    features: Option<FeatureList>,

    /// Stop after this many errors in a malformed script.
    #[arg(long, value_name = "N", default_value = "20")]
    max_errors: NonZeroUsize,

    /// The seed that determines the order in which the threads of a script run.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Only read and validate the modules and components of scripts, and check the assertions about
    /// that; execute nothing.
    #[arg(long)]
    no_run: bool,

    /// Stop a script after this many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    timeout: Option<Duration>,

    /// The units of fuel for each action or instantiation: a simple instruction takes one unit, and
    /// calls and instructions on many bytes take more.
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,

    /// The maximum size of all memories, tables, objects and stacks of a script together; `K`, `M`
    /// and `G` are powers of 1024.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, default_value = MAX_MEMORY)]
    max_memory: u64,
}

/// The line of JSON about a script.
#[derive(Serialize)]
struct Row<'a> {
    file: &'a str,
    passed: usize,
    failed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped: Vec<SkippedRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reworded: Vec<FailureRow<'a>>,
    failures: Vec<FailureRow<'a>>,
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    errors: &'a [Fault],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// A directive that needs the execution of a component.
#[derive(Serialize)]
struct SkippedRow {
    line: usize,
    start: usize,
    end: usize,
    keyword: &'static str,
}

/// A directive that failed, or passed with another message.
#[derive(Serialize)]
struct FailureRow<'a> {
    line: usize,
    start: usize,
    end: usize,
    keyword: &'a str,
    expected: &'a str,
    got: &'a str,
}

impl Wast {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let files = self.files()?;
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        let jobs = self.jobs.unwrap_or_else(cores).clamp(1, files.len().max(1));
        let next = AtomicUsize::new(0);
        let bar = self.bar(files.len(), json);
        let (sender, receiver) = mpsc::channel();
        let counts = thread::scope(|scope| {
            for _ in 0..jobs {
                let (sender, next, files, bar) = (sender.clone(), &next, &files, &bar);
                scope.spawn(move || {
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        bar.set_message(shown_name(file));
                        // The receiver is gone when standard output is closed.
                        if sender.send((file, self.script(file))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            self.show(&files, receiver, &bar, json)
        });
        bar.finish_and_clear();
        let counts = counts?;
        match (counts.failed, counts.skipped) {
            (0, 0) => Ok(()),
            (0, _) if self.no_run => Ok(()),
            (0, _) => Err(Failure::Exit(NOT_RUN)),
            _ => Err(Failure::Exit(FAILED)),
        }
    }

    /// Returns the scripts, those of a folder in the order of their names.
    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut files = Vec::new();
        for path in &self.paths {
            if is_standard(path) || !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let mut found = files_below(path, &["wast"])?;
            if found.is_empty() {
                let why = format!("there is no `.wast` file in {}", path.display());
                return Err(Failure::Input(why));
            }
            files.append(&mut found);
        }
        Ok(files)
    }

    /// Runs a script. The error says that it cannot be read or is malformed.
    fn script(&self, path: &Path) -> Result<Report, Failure> {
        let of_script = || FeatureList::from(features_of(path));
        let list = self.features.clone().unwrap_or_else(of_script);
        let features = list.features;
        let source = Source::read(
            Some(path),
            Reading { features: Some(list), max_errors: self.max_errors },
        )?;
        refuse_module(&source, path)?;
        let limits = Limits { bytes: self.max_memory, ..Limits::default() };
        let options = Options {
            features,
            seed: self.seed,
            config: Config { limits, fuel: self.fuel, ..Config::default() },
            checks_only: self.no_run,
        };
        let report = match self.timeout {
            None => wattle::script::run(&source.bytes, options),
            Some(timeout) => {
                let start = Instant::now();
                let goes_on = Arc::new(move || start.elapsed() < timeout);
                wattle::script::run_while(&source.bytes, options, goes_on)
            }
        };
        report.map_err(|errors| source.malformed_text(errors))
    }
}

/// Refuses a source that is a module or component rather than a script.
fn refuse_module(source: &Source, path: &Path) -> Result<(), Failure> {
    if !source.is_binary() {
        let script = script::parse(source.text()?);
        let is_module = script.is_ok_and(|script| {
            let kinds: Vec<_> = script.directives.iter().map(|it| &it.kind).collect();
            matches!(kinds[..], [DirectiveKind::Module(_)])
        });
        if !is_module || path.extension().is_none_or(|extension| extension != "wat") {
            return Ok(());
        }
    }
    let what = match (source.is_binary(), source.layer()) {
        (true, Layer::Module) => "a binary module",
        (true, Layer::Component) => "a binary component",
        (false, Layer::Module) => "a module",
        (false, Layer::Component) => "a component",
    };
    let fault = source.fault(format!("unexpected content: {what} is not a test script"));
    let help = "`wattle validate` checks a module, and `wattle run` runs it; a script asserts what \
                modules do, for example (assert_return (invoke \"f\") (i32.const 1))";
    Err(Failure::Faults(vec![fault.help(Some(help.to_owned()))]))
}

/// Returns the features that a script is written for, by its folder in the official suite.
pub(super) fn features_of(path: &Path) -> Features {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut parts = path.iter().rev().skip(1).filter_map(|part| part.to_str()).peekable();
    while let Some(part) = parts.next() {
        match part {
            "core" | "custom" => return Features::WASM3,
            "legacy" => return Features::WASM3 | Features::LEGACY_EXCEPTIONS,
            _ => {}
        }
        if parts.peek() != Some(&"proposals") {
            continue;
        }
        let known = Feature::ALL.iter().find(|feature| feature.to_string() == part);
        match known {
            // These scripts are older than 2.0 and expect its features to be refused.
            Some(Feature::Threads) => return Features::WASM1 | Features::THREADS,
            Some(feature) => return Features::WASM3 | (*feature).into(),
            None => {}
        }
    }
    Features::DEFAULT
}

/// The counts of the outcomes of a script, or of all scripts.
#[derive(Clone, Copy, Default)]
struct Counts {
    passed: usize,
    failed: usize,
    left_out: usize,
    skipped: usize,
}

impl Counts {
    fn of(report: &Result<Report, Failure>) -> Counts {
        match report {
            Ok(report) => Counts {
                passed: report.passed,
                failed: report.failures.len(),
                left_out: report.left_out,
                skipped: report.skipped.len(),
            },
            Err(_) => Counts { failed: 1, ..Counts::default() },
        }
    }

    fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.left_out += other.left_out;
        self.skipped += other.skipped;
    }

    fn text(self, no_run: bool) -> String {
        let Counts { passed, failed, left_out, skipped } = self;
        match (no_run, skipped) {
            (true, _) => format!("{passed} passed, {failed} failed, {left_out} not run"),
            (false, 0) => format!("{passed} passed, {failed} failed"),
            (false, _) => format!("{passed} passed, {failed} failed, {skipped} skipped"),
        }
    }
}

impl Wast {
    /// Returns the bar that shows progress on a terminal.
    fn bar(&self, files: usize, json: bool) -> ProgressBar {
        if json || files < 2 || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(files as u64);
        let style =
            ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed_precise} {wide_msg}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar
    }

    /// Prints the reports in the order of the files, each as soon as those before it are printed.
    fn show(
        &self,
        files: &[PathBuf],
        reports: mpsc::Receiver<(&PathBuf, Result<Report, Failure>)>,
        bar: &ProgressBar,
        json: bool,
    ) -> Result<Counts, Failure> {
        let mut sum = Counts::default();
        let mut early = std::collections::HashMap::new();
        for file in files {
            let report = loop {
                if let Some(report) = early.remove(&std::ptr::from_ref(file)) {
                    break report;
                }
                match reports.recv() {
                    Ok((of, report)) => drop(early.insert(std::ptr::from_ref(of), report)),
                    Err(mpsc::RecvError) => {
                        let why = format!("the thread that ran {} failed", file.display());
                        return Err(Failure::Input(why));
                    }
                }
            };
            bar.inc(1);
            let counts = Counts::of(&report);
            sum.add(counts);
            let name = shown_name(file);
            bar.suspend(|| match json {
                true => show_json(&name, counts, self.no_run, &report),
                false => show_text(&name, &counts.text(self.no_run), report),
            })
            .map_err(Failure::stdout)?;
        }
        bar.finish_and_clear();
        if !json {
            writeln!(io::stdout(), "{}", sum.text(self.no_run)).map_err(Failure::stdout)?;
        }
        Ok(sum)
    }
}

fn show_text(name: &str, counts: &str, report: Result<Report, Failure>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let script = Shown(name);
    writeln!(out, "{script}: {counts}")?;
    match report {
        Ok(report) => {
            for failure in report.failures {
                writeln!(out, "  {script}:{}: {}", failure.line, failure.text())?;
            }
            let skipped = report.skipped.iter().map(|it| (it.keyword, it.line));
            if let Some(list) = by_keyword(skipped) {
                writeln!(
                    out,
                    "  {script}: components are not executed, so these are skipped: {list}"
                )?;
            }
            let reworded = report.reworded.iter().map(|it| (it.keyword, it.line));
            if let Some(list) = by_keyword(reworded) {
                writeln!(
                    out,
                    "  {script}: these passed with other messages than expected: {list}"
                )?;
            }
        }
        Err(failure) => {
            failure.report(false);
        }
    }
    Ok(())
}

/// The number of lines that are listed for each keyword.
const LISTED_LINES: usize = 10;

/// Returns a list of keywords with the lines of their directives; `None` if there are no
/// directives.
fn by_keyword(directives: impl Iterator<Item = (&'static str, usize)>) -> Option<String> {
    let mut lines: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (keyword, line) in directives {
        lines.entry(keyword).or_default().push(line);
    }
    let lists = lines.into_iter().map(|(keyword, lines)| {
        let shown: Vec<_> = lines.iter().take(LISTED_LINES).map(usize::to_string).collect();
        let more = lines.len() - shown.len();
        let line = if lines.len() == 1 { "line" } else { "lines" };
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{} {keyword} ({line} {}{more})", lines.len(), shown.join(", "))
    });
    let lists: Vec<_> = lists.collect();
    if lists.is_empty() { None } else { Some(lists.join(", ")) }
}

fn failure_row(failure: &wattle::script::Failure) -> FailureRow<'_> {
    FailureRow {
        line: failure.line,
        start: failure.span.start,
        end: failure.span.end,
        keyword: failure.keyword,
        expected: &failure.expected,
        got: &failure.got,
    }
}

fn show_json(
    file: &str,
    Counts { passed, failed, left_out, .. }: Counts,
    no_run: bool,
    report: &Result<Report, Failure>,
) -> io::Result<()> {
    let left_out = no_run.then_some(left_out);
    let mut row = Row {
        file,
        passed,
        failed,
        left_out,
        skipped: Vec::new(),
        reworded: Vec::new(),
        failures: Vec::new(),
        errors: &[],
        error: None,
    };
    match report {
        Ok(report) => {
            let skipped = report.skipped.iter().map(|it| SkippedRow {
                line: it.line,
                start: it.span.start,
                end: it.span.end,
                keyword: it.keyword,
            });
            row.skipped = skipped.collect();
            row.reworded = report.reworded.iter().map(failure_row).collect();
            row.failures = report.failures.iter().map(failure_row).collect();
        }
        Err(Failure::Faults(faults)) => row.errors = faults,
        Err(Failure::Input(why)) => row.error = Some(why),
        Err(_) => {}
    }
    writeln!(io::stdout(), "{}", json_line(&row))
}
