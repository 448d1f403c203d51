//! `wattle fuzz`: generated modules on several engines, and the differences of these from Wattle.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use wattle::Module;
use wattle::ast::{Features, Shown};
use wattle_differ::{Effort, Engine, Finding, Nans, Oracle, Plan, Spec, Stats, Watcher};

use crate::failure::{FAILED, Failure, cannot_read};
use crate::input::{parse_features, read_config, read_file, shown_name};
use crate::output::json_line;
use crate::signals;

/// Runs generated modules on engines and on Wattle, and reports where they differ.
///
/// Modules are generated from seeds that count up, or are mutants of those in a folder. Each runs
/// on every engine that has the features it uses. Results, traps, calls of the host, and the final
/// contents of globals, memories and tables are compared. A difference that the specification does
/// not permit is a finding: it is minimised and written to a folder of its own.
#[derive(Args)]
#[command(after_help = "\
Engines:
  wasmtime, winch, pulley, wasmi      linked in, by the cargo features `wasmtime` and `wasmi`
  NAME=COMMAND                        a process that speaks the line protocol
  NAME:FEATURES=COMMAND {wasm} {export} {args}
                                      a command that calls one export of a file, or, without
                                      {export}, all of them

Examples:
  wattle fuzz --engine wasmtime --engine wasmi --count 10000 -j 4
  wattle fuzz --engine 'v8=node docs/engines/v8.mjs'
  wattle fuzz --engine 'winch=wattle fuzz --serve winch'
  wattle fuzz --engine 'wabt:wasm2=wasm-interp {wasm} --run-all-exports' -o findings
  wattle fuzz --engine wasmtime -o findings --resume
  wattle fuzz --engine wasmtime --corpus modules -o mutants

Exit codes: 0 nothing found, 1 findings, 2 wrong usage, or an engine that cannot be started.")]
pub(crate) struct Fuzz {
    /// An engine to test; may be given several times.
    #[arg(long = "engine", value_name = "ENGINE", value_parser = Spec::parse, required_unless_present = "serve")]
    engines: Vec<Spec>,

    /// The first seed.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// The number of modules; with 0, the run goes on until it is stopped.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    count: u64,

    /// The number of modules that run at once.
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    jobs: usize,

    /// The folder for the state and the findings.
    #[arg(short, long, value_name = "FOLDER", default_value = "wattle-fuzz")]
    output: PathBuf,

    /// Continue the campaign whose state is in the folder.
    #[arg(long)]
    resume: bool,

    /// The features that modules may use, as far as the engines support them.
    #[arg(long, value_name = "LIST", value_parser = parse_features, allow_hyphen_values = true)]
    features: Option<Features>,

    /// The configuration of the generator for all modules, as JSON: see `wattle smith`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Mutate the modules of this folder (.wasm and .wat) in turn, instead of generating modules.
    #[arg(long, value_name = "FOLDER", conflicts_with = "config")]
    corpus: Option<PathBuf>,

    /// Do not make NaNs canonical, and compare them by class; --corpus implies this.
    #[arg(long)]
    native_nans: bool,

    /// The maximum number of seconds that a process may take for a module, or for a call.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,

    /// The maximum number of seconds to minimise a finding.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    minimise: u64,

    /// The maximum number of findings of one kind that each thread minimises and writes; all are
    /// counted.
    #[arg(long, value_name = "N", default_value_t = 10)]
    reports: u64,

    /// Serve as an engine, Wattle itself or one that is linked in: speak the line protocol on
    /// standard input and output.
    #[arg(long, value_name = "ENGINE", value_parser = Spec::parse, num_args = 0..=1, conflicts_with = "engines")]
    serve: Option<Option<Spec>>,
}

impl Fuzz {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        if let Some(spec) = &self.serve {
            let timeout = Duration::from_secs(self.timeout);
            let mut engine = match spec {
                None => Box::new(Oracle::default()) as Box<dyn Engine>,
                Some(spec) => spec
                    .make(timeout, self.output.clone())
                    .map_err(|error| Failure::Usage(error.to_string()))?,
            };
            let served =
                wattle_differ::serve(&mut *engine, io::stdin().lock(), io::stdout().lock());
            return served.map_err(Failure::stdout);
        }
        let plan = self.plan()?;
        let folder = self.output.clone();
        // A user who presses Ctrl-C twice does not want to wait for the modules that run.
        let stop = signals::stop_flag(move || wattle_differ::remove_modules(&folder))?;
        let mut live = Live::new(self.count, json);
        let stats = wattle_differ::run(&plan, &stop, &mut live);
        live.bar.finish_and_clear();
        let stats = stats.map_err(|error| Failure::Usage(error.to_string()))?;
        let stopped = stop.load(Ordering::Relaxed);
        let shown = match json {
            true => Ok(json_line(&stats)),
            false => Ok(summary(&stats, stopped)),
        };
        let written = shown.and_then(|text| writeln!(io::stdout().lock(), "{}", text.trim_end()));
        written.map_err(Failure::stdout)?;
        if stats.findings() > 0 { Err(Failure::Exit(FAILED)) } else { Ok(()) }
    }

    fn plan(&self) -> Result<Plan, Failure> {
        let mut plan = Plan::new(self.engines.clone(), self.output.clone());
        plan.seed = self.seed;
        plan.count = (self.count > 0).then_some(self.count);
        plan.jobs = self.jobs;
        plan.resume = self.resume;
        if let Some(features) = self.features {
            plan.features = features - Features::COMPACT_IMPORTS;
        }
        if let Some(path) = &self.config {
            plan.config = Some(read_config(path).map_err(Failure::Usage)?);
        }
        if let Some(folder) = &self.corpus {
            plan.corpus = read_corpus(folder, plan.features)?;
        }
        if self.native_nans || self.corpus.is_some() {
            plan.nans = Nans::Class;
        }
        plan.timeout = Duration::from_secs(self.timeout);
        plan.effort = Effort { time: Duration::from_secs(self.minimise), ..Effort::default() };
        plan.reports = self.reports;
        Ok(plan)
    }
}

/// Reads the valid modules of a folder, in the order of their names. Other files are left out.
fn read_corpus(
    folder: &Path,
    features: Features,
) -> Result<Vec<(String, Module<'static>)>, Failure> {
    let cannot = |error| Failure::Usage(cannot_read(shown_name(folder), error));
    let mut paths = Vec::new();
    for entry in folder.read_dir().map_err(cannot)? {
        paths.push(entry.map_err(cannot)?.path());
    }
    paths.sort();
    let is_module = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "wasm" || extension == "wat")
    };
    let mut corpus = Vec::new();
    for path in paths.into_iter().filter(is_module) {
        let bytes = read_file(&path).map_err(Failure::Input)?;
        let module = match (wattle::is_binary(&bytes), std::str::from_utf8(&bytes)) {
            (true, _) => {
                let parser = wattle::parser::Parser::new().features(features);
                parser.module(&bytes).ok().map(Module::into_owned)
            }
            (false, Ok(text)) => {
                let parsed = wattle::wat::Parser::new().features(features).module(text);
                parsed.ok().map(|parsed| parsed.module.into_owned())
            }
            (false, Err(_)) => None,
        };
        let is_valid = |module: &Module<'static>| {
            wattle::validator::Validator::new().features(features).module(module).is_ok()
        };
        corpus.extend(module.filter(is_valid).map(|module| (shown_name(&path), module)));
    }
    if corpus.is_empty() {
        let why = format!("{} has no valid module with these features", shown_name(folder));
        return Err(Failure::Usage(why));
    }
    Ok(corpus)
}

/// The progress of a run: a bar on a terminal, elsewhere a line now and then.
struct Live {
    bar: ProgressBar,
    json: bool,
    /// The time when the last line was written.
    last_line: Instant,
}

impl Live {
    fn new(count: u64, json: bool) -> Live {
        let hidden = json || !io::stderr().is_terminal();
        let bar = match (hidden, count) {
            (true, _) => ProgressBar::hidden(),
            (false, 0) => ProgressBar::new_spinner(),
            (false, count) => ProgressBar::new(count),
        };
        let style = match count {
            0 => ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}"),
            _ => ProgressStyle::with_template("{bar:24} {elapsed_precise} {msg} (ETA {eta})"),
        };
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Live { bar, json, last_line: Instant::now() }
    }
}

/// Returns the counts as one line.
fn line(stats: &Stats) -> String {
    format!(
        "{} modules, {:.0}/s, {:.1} % compared, {} discarded, {} findings",
        stats.modules,
        stats.modules as f64 / stats.seconds.max(0.001),
        stats.compared_permille() as f64 / 10.0,
        stats.engines.values().flat_map(|counts| counts.discarded.values()).sum::<u64>(),
        stats.findings(),
    )
}

impl Watcher for Live {
    fn progress(&mut self, stats: &Stats) {
        self.bar.set_position(stats.modules);
        self.bar.set_message(line(stats));
        if self.bar.is_hidden() && !self.json && self.last_line.elapsed() > Duration::from_secs(30)
        {
            eprintln!("{}", line(stats));
            self.last_line = Instant::now();
        }
    }

    fn finding(&mut self, finding: &Finding, folder: &Path) {
        let difference = &finding.difference;
        let text = format!(
            "{}: {}: expected {}, got {}",
            shown_name(folder),
            Shown(&difference.place),
            Shown(&difference.expected),
            Shown(&difference.actual)
        );
        if self.bar.is_hidden() {
            eprintln!("{text}");
        } else {
            self.bar.println(text);
        }
    }
}

/// Returns all counts, for the end of a run.
fn summary(stats: &Stats, stopped: bool) -> String {
    use std::fmt::Write;
    let mut text = line(stats);
    let _ = writeln!(text, "{}", if stopped { "; stopped: --resume goes on" } else { "" });
    let _ = writeln!(
        text,
        "{} calls, {:.1} % of which returned; {} functions that cannot be called",
        stats.calls,
        100.0 * stats.returned as f64 / stats.calls.max(1) as f64,
        stats.uncallable
    );
    for (name, counts) in &stats.engines {
        let _ = writeln!(text, "{name}: {} compared, {} agree", counts.compared(), counts.agreed);
        let maps = [
            ("permitted", &counts.permitted),
            ("discarded", &counts.discarded),
            ("finding", &counts.findings),
        ];
        for (what, map) in maps {
            for (reason, count) in map {
                let _ = writeln!(text, "  {what}, {}: {count}", Shown(reason));
            }
        }
    }
    text
}
