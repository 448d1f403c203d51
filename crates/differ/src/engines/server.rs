//! The line protocol: an engine is a process that is started once, and runs case after case.
//!
//! It speaks JSON, one object a line, over its standard input and output. First it says who it is:
//!
//! ```json
//! {"wattle": 1, "name": "V8 11.3", "features": "wasm2,tail-call"}
//! ```
//!
//! Then it answers each line that it is sent:
//!
//! ```json
//! {"module": "0061736d…", "provider": "0061736d…", "adapter": "0061736d…",
//!  "imports": [["env", "f"]], "probes": ["c0", "c1", "s"]}
//! ```
//!
//! Binaries are in hexadecimal; without imports, `provider` is left out. It instantiates the
//! provider with the function `host.log`, of type `[i32 i64] -> []`, which keeps its arguments;
//! then the module, whose import number *i*, of the module and name that `imports` says, is the
//! provider's export `"i"`; then the adapter, which imports the module's exports from `"m"`. It
//! calls the adapter's exports that `probes` names, in turn, without arguments, and answers:
//!
//! ```json
//! {"start": {"values": []},
//!  "probes": [{"values": ["0x2a", "0x0"]}, {"trap": "divide by zero"}],
//!  "log": [[0, "0x1234"]]}
//! ```
//!
//! Results are `i64`s in hexadecimal. [`Outcome`] has all forms of an outcome. A trap's message is
//! the engine's own; `traps_of` knows the words of many engines. An engine that cannot tell a
//! trap from an exception or a lack of stack answers `{"message": "…"}`, and words decide. A
//! process that ends, or that takes too long and is ended, is started again for the next case.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wattle_ast::Features;

use crate::case::{Binaries, Case};
use crate::engine::Engine;
use crate::engines::command::words_of;
use crate::outcome::{Outcome, Run, Word};

/// The first line of an engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol.
    pub wattle: u32,
    /// What the engine calls itself.
    pub name: String,
    /// The features that it has, as [`Features::parse`] reads them.
    pub features: String,
}

/// A case, sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The module under test.
    pub module: String,
    /// What it imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What probes it.
    pub adapter: String,
    /// Module and name of each import.
    pub imports: Vec<(String, String)>,
    /// The adapter's exports to call.
    pub probes: Vec<String>,
}

/// An outcome as an answer has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answered {
    Message { message: String },
    Outcome(Outcome),
}

impl From<Answered> for Outcome {
    fn from(answered: Answered) -> Outcome {
        match answered {
            Answered::Message { message } => Outcome::of_message(&message),
            Answered::Outcome(outcome) => outcome,
        }
    }
}

/// An answer.
#[derive(Deserialize)]
struct Answer {
    start: Answered,
    #[serde(default)]
    probes: Vec<Answered>,
    #[serde(default)]
    log: Vec<(u32, Word)>,
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Bytes from hexadecimal.
///
/// # Errors
/// What is no digit.
pub(crate) fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.chars().map(|c| c.to_digit(16).ok_or_else(|| format!("no digit: {c:?}")));
    let digits: Vec<u32> = digits.collect::<Result<_, _>>()?;
    if !digits.len().is_multiple_of(2) {
        return Err("an odd number of digits".into());
    }
    Ok(digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

impl Request {
    /// The request that asks for a case.
    pub fn of(case: &Case) -> Request {
        let has_imports = !case.module.imports.is_empty();
        let name = |name: &wattle_ast::Name<'_>| name.as_str().to_owned();
        Request {
            module: hex(&case.binaries.module),
            provider: has_imports.then(|| hex(&case.binaries.provider)),
            adapter: hex(&case.binaries.adapter),
            imports: case.module.imports.iter().map(|i| (name(&i.module), name(&i.name))).collect(),
            probes: case.probes.iter().map(|probe| probe.name.clone()).collect(),
        }
    }
}

/// What a panic said.
#[cfg(any(feature = "wasmi", feature = "wasmtime"))]
pub(crate) fn text_of_panic(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("without a message"))
}

/// A process that speaks the protocol.
struct Process {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Process {
    fn start(words: &[String]) -> Result<Process, String> {
        let [program, arguments @ ..] = words else { return Err("no command".into()) };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child =
            command.spawn().map_err(|error| format!("cannot start {program}: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("no pipes".into());
        };
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let Ok(line) = line else { break };
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Process { child, input, lines })
    }

    fn line(&self, timeout: Duration) -> Result<String, Outcome> {
        self.lines.recv_timeout(timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => Outcome::Exhausted("time".into()),
            RecvTimeoutError::Disconnected => Outcome::Broken("the process ended".into()),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An engine that speaks the protocol.
pub struct Server {
    name: Arc<str>,
    features: Features,
    words: Vec<String>,
    timeout: Duration,
    process: Option<Process>,
}

impl Server {
    /// Starts a command, and hears who it is. `features` is what it has, when it is not to be
    /// asked.
    ///
    /// # Errors
    /// When it does not start or does not say who it is.
    pub fn new(
        name: &str,
        features: Option<Features>,
        command: &str,
        timeout: Duration,
    ) -> Result<Server, String> {
        let words = words_of(command)?;
        let features_known = features.unwrap_or(Features::NONE);
        let mut server =
            Server { name: name.into(), features: features_known, words, timeout, process: None };
        let hello = server.start()?;
        if features.is_none() {
            server.features = Features::parse(&hello.features)
                .map_err(|word| format!("{name}: no feature: {word:?}"))?;
        }
        Ok(server)
    }

    fn start(&mut self) -> Result<Hello, String> {
        let process = Process::start(&self.words)?;
        // Starting may take longer than a case does.
        let line = process.line(Duration::from_secs(30));
        let line = line.map_err(|_| format!("{} does not say who it is", self.words.join(" ")))?;
        let hello: Hello = serde_json::from_str(&line)
            .map_err(|error| format!("{} says {line:?}: {error}", self.words.join(" ")))?;
        if hello.wattle != 1 {
            return Err(format!("{} speaks another protocol: {}", self.name, hello.wattle));
        }
        self.process = Some(process);
        Ok(hello)
    }

    fn ask(&mut self, request: &Request) -> Result<Run, Outcome> {
        if self.process.is_none() {
            self.start().map_err(Outcome::Broken)?;
        }
        let Some(process) = &mut self.process else {
            return Err(Outcome::Broken("no process".into()));
        };
        let mut line =
            serde_json::to_string(request).map_err(|error| Outcome::Broken(error.to_string()))?;
        line.push('\n');
        // A process that has ended is found out when it does not answer.
        let _ = process.input.write_all(line.as_bytes()).and_then(|()| process.input.flush());
        let line = process.line(self.timeout)?;
        let answer: Answer = serde_json::from_str(&line)
            .map_err(|error| Outcome::Broken(format!("{error} in the answer {line:?}")))?;
        let start = match answer.start {
            Answered::Message { message } => match Outcome::of_message(&message) {
                // What nobody knows as a trap is a refusal.
                Outcome::Trap(text) if crate::traps_of(&text).is_empty() => Outcome::Refused(text),
                other => other,
            },
            Answered::Outcome(outcome) => outcome,
        };
        let probes = answer.probes.into_iter().map(Outcome::from).collect();
        Ok(Run { start, probes, log: answer.log })
    }
}

impl Engine for Server {
    fn name(&self) -> Arc<str> {
        self.name.clone()
    }

    fn features(&self) -> Features {
        self.features
    }

    fn run(&mut self, case: &Case) -> Run {
        match self.ask(&Request::of(case)) {
            Ok(run) => run,
            Err(outcome) => {
                self.process = None;
                Run::ended(outcome)
            }
        }
    }
}

/// Speaks the protocol for an engine, over these streams: a crash of the engine then ends a process
/// of its own, and not a campaign.
///
/// # Errors
/// Those of the streams.
///
/// ```
/// use wattle_differ::{Oracle, serve};
///
/// let mut said = Vec::new();
/// serve(&mut Oracle::default(), &b"nonsense\n"[..], &mut said)?;
/// let said = String::from_utf8_lossy(&said);
/// assert!(said.starts_with(r#"{"wattle":1,"name":"wattle"#), "{said}");
/// assert!(said.contains("broken"), "{said}");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn serve(
    engine: &mut dyn Engine,
    input: impl BufRead,
    mut output: impl Write,
) -> std::io::Result<()> {
    let features = engine.features().iter().map(|feature| format!(",{feature}"));
    let features = format!("wasm1{}", features.collect::<String>());
    let hello = Hello { wattle: 1, name: engine.name().to_string(), features };
    serde_json::to_writer(&mut output, &hello)?;
    writeln!(output)?;
    output.flush()?;
    for line in input.lines() {
        let run = match received(&line?) {
            Ok(case) => engine.run(&case),
            Err(error) => Run::ended(Outcome::Broken(error)),
        };
        serde_json::to_writer(&mut output, &run)?;
        writeln!(output)?;
        output.flush()?;
    }
    Ok(())
}

/// The case that a line asks for.
fn received(line: &str) -> Result<Case, String> {
    let request: Request = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let binaries = Binaries {
        module: unhex(&request.module)?,
        provider: request.provider.as_deref().map_or(Ok(Vec::new()), unhex)?,
        adapter: unhex(&request.adapter)?,
    };
    Case::received(binaries, &request.probes).map_err(|error| error.to_string())
}
