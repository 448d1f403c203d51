//! `wattle shrink`: a smaller input that a command still finds interesting.

mod state;
mod tester;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use wattle::Wasm;
use wattle_differ::words_of;
use wattle_reduce::{Candidate, Reduced, Reducer, Script, Subject};

use crate::commands::validate::Check;
use crate::failure::{FAILED, Failure, note};
use crate::input::{Reading, is_standard, shown_name};
use crate::output::json_line;
use crate::signals;
use crate::source::Source;
use crate::transaction::put;
use state::State;
use tester::{Tester, Verdict};

/// Shrinks a module, component or test script (`.wast`) as long as a command finds it interesting.
///
/// The command gets the path of a candidate, in place of `{}` or as its last argument, and says by
/// its exit status whether the candidate is interesting. Candidates are valid unless
/// `--allow-invalid` is given, smaller than the best one so far, and never tested twice. The output
/// file always has the best one, so Ctrl-C loses nothing.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle shrink math.wat --text --if 'grep -q i32.sub' -o small.wat
  wattle shrink math.wat -o small.wasm --if 'sh -c \"wattle run --invoke fib $0 9 | grep -q 34\" {}'
  wattle shrink math.wat --if 'grep -q fib' --state known -o small.wasm    # again: goes on

Exit codes: 0 the output is the smallest that was found, 1 the input is not valid or not
interesting, 2 wrong usage.")]
pub(crate) struct Shrink {
    /// The module, component or script; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The command that tells whether a candidate is interesting.
    #[arg(long = "if", value_name = "COMMAND", value_parser = command, required = true)]
    command: Vec<Vec<String>>,

    /// The file for the best candidate; by default beside the input, with `.shrunken` before the
    /// extension.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The exit status that means that a candidate is interesting.
    #[arg(long, value_name = "N", default_value_t = 0)]
    status: i32,

    /// The number of commands that run at once.
    #[arg(short, long, value_name = "N", default_value = "1")]
    jobs: NonZeroUsize,

    /// A folder that keeps the progress, so that a run can continue an interrupted one.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,

    /// Give the command text instead of binaries, and write the output as text.
    #[arg(long)]
    text: bool,

    /// Allow invalid candidates, and remove bytes from malformed binaries.
    #[arg(long)]
    allow_invalid: bool,

    /// The maximum number of seconds that the command may take; a candidate for which it takes
    /// longer is not interesting.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,

    /// Stop after this many runs of the command.
    #[arg(long, value_name = "N")]
    max_tests: Option<u64>,

    /// Stop after this many seconds.
    #[arg(long, value_name = "SECONDS")]
    max_time: Option<u64>,

    #[command(flatten)]
    reading: Reading,
}

/// Splits a command. The option is a list of commands, though only one is allowed: the parser of
/// arguments would take each word of a single command for a value.
fn command(text: &str) -> Result<Vec<String>, String> {
    let words = words_of(text)?;
    if words.is_empty() { Err("no command".to_owned()) } else { Ok(words) }
}

impl Shrink {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let [command] = &self.command[..] else {
            return Err(Failure::Usage("one --if COMMAND is needed".to_owned()));
        };
        let input = Candidate::from(self.subject()?);
        let kind = Kind { is_text: self.text || matches!(input.subject, Subject::Script(_)) };
        let output = self.output_path(&input.subject, &kind)?;
        let mut state = match &self.state {
            Some(folder) => Some(State::open(folder, &input, &self.command[0])?),
            None => None,
        };
        let stop = signals::stop_flag(|| {})?;
        let mut tester = Tester::new(command.clone(), self.status, self.jobs.get(), stop.clone());
        tester.timeout = Duration::from_secs(self.timeout);
        tester.max_tests = self.max_tests;
        tester.end = self.max_time.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        tester.kind = kind;
        tester.json = json;
        tester.prepare().map_err(Failure::Usage)?;
        let (known, best) = match &mut state {
            Some(state) => state.known(|bytes| self.read_back(bytes))?,
            None => (Vec::new(), None),
        };
        let is_resumed = best.is_some();
        let start = best.unwrap_or_else(|| input.clone());
        if !is_resumed {
            self.check_input(&mut tester, &input)?;
        }
        let write = |candidate: &Candidate| -> Result<(), String> {
            put(&output, &kind.bytes(&candidate.subject))
                .map_err(|error| format!("cannot write {}: {error}", shown_name(&output)))
        };
        write(&start).map_err(Failure::Input)?;
        let begin = Instant::now();
        tester.begin(&input, write, state);
        let reducer = Reducer::new(start.subject).features(self.features()).known(known);
        let reduced = reducer.allow_invalid(self.allow_invalid).run(&mut tester);
        tester.finish().map_err(Failure::Input)?;
        if reduced.best.subject.is_empty() {
            note("nothing is left: does the command test what it should?", json);
        }
        let seconds = begin.elapsed().as_secs_f64();
        let summary = Summary { input: &input, reduced: &reduced, output: &output, seconds };
        let text = if json { summary.json() } else { summary.text() };
        writeln!(io::stdout().lock(), "{text}").map_err(Failure::stdout)
    }

    fn features(&self) -> wattle::Features {
        self.reading.features().features
    }

    /// Reads the input.
    fn subject(&self) -> Result<Subject, Failure> {
        let is_script = self.file.extension().is_some_and(|extension| extension == "wast");
        if is_script {
            let source = Source::read(Some(&self.file), self.reading.clone())?;
            let script = Script::parse(source.text()?, self.features());
            return match script {
                Some(script) => Ok(script.into()),
                None => match wattle::wat::script::parse(source.text()?) {
                    Err(errors) => Err(source.malformed_text(errors)),
                    Ok(_) => Err(Failure::Input(format!("cannot read {}", source.name))),
                },
            };
        }
        let source = Source::read_wasm(Some(&self.file), self.reading.clone())?;
        if self.allow_invalid && source.is_binary() {
            return Ok(Subject::from_binary(&source.bytes, self.features()));
        }
        let wasm = source.wasm(self.features())?;
        if !self.allow_invalid {
            Check::default().wasm(&source, &wasm)?;
        }
        Ok(match wasm {
            Wasm::Module(module) => module.into_owned().into(),
            Wasm::Component(component) => component.into_owned().into(),
        })
    }

    /// Parses the best candidate that an earlier run wrote.
    fn read_back(&self, bytes: &[u8]) -> Option<Subject> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !wattle::is_binary(bytes) && !self.allow_invalid => {
                Script::parse(text, self.features()).map(Subject::from)
            }
            _ => Some(Subject::from_binary(bytes, self.features())),
        }
    }

    fn output_path(&self, subject: &Subject, kind: &Kind) -> Result<PathBuf, Failure> {
        match &self.output {
            Some(path) if is_standard(path) => {
                Err(Failure::Usage("the output is a file, and not standard output".to_owned()))
            }
            Some(path) => Ok(path.clone()),
            None if is_standard(&self.file) => {
                Err(Failure::Usage("name the output with -o".to_owned()))
            }
            None => {
                let extension = format!("shrunken.{}", kind.extension(subject));
                Ok(self.file.with_extension(extension))
            }
        }
    }

    fn check_input(&self, tester: &mut Tester<'_>, input: &Candidate) -> Result<(), Failure> {
        let file = shown_name(&self.file);
        let why = match tester.test(input) {
            Verdict::Interesting => return Ok(()),
            Verdict::Failed(why) => return Err(Failure::Usage(why)),
            Verdict::Stopped => return Err(Failure::Exit(FAILED)),
            Verdict::TimedOut => format!("takes more than {} seconds", self.timeout),
            Verdict::Other { status, said } => {
                let said = said.trim_end();
                let said = if said.is_empty() { String::new() } else { format!(":\n{said}") };
                format!("gives {status} instead of exit status {}{said}", self.status)
            }
        };
        Err(Failure::Input(format!("{file} is not interesting: the command {why}")))
    }
}

/// The form in which candidates are written.
#[derive(Clone, Copy, Default)]
struct Kind {
    is_text: bool,
}

impl Kind {
    fn bytes(&self, subject: &Subject) -> Vec<u8> {
        match subject {
            Subject::Module(module) if self.is_text => wattle::printer::print(module).into(),
            Subject::Component(component) if self.is_text => {
                wattle::printer::Config::new().print_component(component).into()
            }
            subject => subject.bytes(),
        }
    }

    fn extension(&self, subject: &Subject) -> &'static str {
        match subject {
            Subject::Script(_) => "wast",
            Subject::Module(_) | Subject::Component(_) if self.is_text => "wat",
            _ => "wasm",
        }
    }
}

/// The summary at the end of a run.
struct Summary<'s> {
    input: &'s Candidate,
    reduced: &'s Reduced,
    output: &'s Path,
    seconds: f64,
}

impl Summary<'_> {
    fn text(&self) -> String {
        let Reduced { best, counts, is_finished } = self.reduced;
        let (from, to) = (self.input.bytes.len(), best.bytes.len());
        format!(
            "{}: {from} bytes -> {to} bytes{}\n\
             {} tests in {:.1} s, {} of them interesting; {} candidates known before, {} not valid",
            shown_name(self.output),
            if *is_finished { "" } else { "; stopped before the end" },
            counts.tests,
            self.seconds,
            counts.interesting,
            counts.known,
            counts.invalid,
        )
    }

    fn json(&self) -> String {
        let Reduced { best, counts, is_finished } = self.reduced;
        json_line(&json!({
            "output": shown_name(self.output),
            "from": self.input.bytes.len(),
            "to": best.bytes.len(),
            "tests": counts.tests,
            "interesting": counts.interesting,
            "known": counts.known,
            "invalid": counts.invalid,
            "seconds": self.seconds,
            "finished": is_finished,
        }))
    }
}
