//! The line protocol: an engine is a process that is started once and runs one case after another.
//!
//! Both sides send JSON, one object a line, over the standard input and output of the process.
//! First the process introduces itself:
//!
//! ```json
//! {"wattle": 1, "name": "V8 11.3", "features": "wasm2,tail-call"}
//! ```
//!
//! Then it answers each line that it gets:
//!
//! ```json
//! {"module": "0061736d…", "provider": "0061736d…", "adapter": "0061736d…",
//!  "imports": [["env", "f"]], "probes": ["c0", "c1", "s"]}
//! ```
//!
//! Binaries are in hexadecimal; `provider` is left out when the module imports nothing. The process
//! instantiates the provider with the function `host.log`, of type `[i32 i64] -> []`, which records
//! its arguments. Then it instantiates the module: its import number *i* is the provider's export
//! `"i"`, and `imports` has the module and name of each import. Then it instantiates the adapter,
//! which imports the module's exports from `"m"`. It calls the adapter's exports that `probes`
//! lists, in order and without arguments, and answers:
//!
//! ```json
//! {"start": {"values": []},
//!  "probes": [{"values": ["0x2a", "0x0"]}, {"trap": "divide by zero"}],
//!  "log": [[0, "0x1234"]]}
//! ```
//!
//! Results are `i64`s in hexadecimal. [`Ending`] documents how each call may end. The message of a
//! trap is the engine's own; `traps_of` knows the messages of many engines. An engine that cannot
//! tell a trap from an exception or an exhausted resource answers `{"message": "…"}`, and the words
//! of the message decide. A process that ends, or that is killed because it takes too long, is
//! started again for the next case.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wattle_ast::Features;

use crate::case::{Binaries, Case};
use crate::ending::{Ending, Run, Word};
use crate::engine::Engine;
use crate::engines::command::words_of;
use crate::engines::group;

/// The first line of an engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol.
    pub wattle: u32,
    /// The engine's name for itself.
    pub name: String,
    /// The features that it supports, as [`Features::parse`] reads them.
    pub features: String,
}

/// The line that asks for a case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The module under test.
    pub module: String,
    /// The provider, which exports the imports of the module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The adapter, which exports the probes.
    pub adapter: String,
    /// The module and name of each import.
    pub imports: Vec<(String, String)>,
    /// The names of the adapter's exports to call.
    pub probes: Vec<String>,
}

/// An ending in an answer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answered {
    Message { message: String },
    Ending(Ending),
}

impl Answered {
    fn read(self, read_message: impl Fn(String) -> Ending) -> Ending {
        match self {
            Answered::Message { message } => read_message(message),
            Answered::Ending(ending) => ending,
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
/// A character that is not a digit, or an odd number of digits.
pub(crate) fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.chars().map(|c| c.to_digit(16).ok_or_else(|| format!("not a digit: {c:?}")));
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
        let mut child = group::start(&mut command)
            .map_err(|error| format!("cannot start {program}: {error}"))?;
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

    fn line(&self, timeout: Duration) -> Result<String, Ending> {
        self.lines.recv_timeout(timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => Ending::exhausted("time"),
            RecvTimeoutError::Disconnected => Ending::Broken("the process ended".into()),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        group::end(&mut self.child);
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
    /// Starts a command, and reads its first line. `features` overrides the features in that line.
    ///
    /// # Errors
    /// When the command does not start, or its first line does not follow the protocol.
    pub fn new(
        name: &str,
        features: Option<Features>,
        command: &str,
        timeout: Duration,
    ) -> Result<Server, String> {
        let words = words_of(command)?;
        let known = features.unwrap_or(Features::NONE);
        let mut server =
            Server { name: name.into(), features: known, words, timeout, process: None };
        let hello = server.start()?;
        if features.is_none() {
            server.features =
                Features::parse(&hello.features).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(server)
    }

    fn start(&mut self) -> Result<Hello, String> {
        let process = Process::start(&self.words)?;
        // Starting may take longer than a case.
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

    fn ask(&mut self, request: &Request) -> Result<Run, Ending> {
        if self.process.is_none() {
            self.start().map_err(Ending::Broken)?;
        }
        let Some(process) = &mut self.process else {
            return Err(Ending::Broken("no process".into()));
        };
        let mut line =
            serde_json::to_string(request).map_err(|error| Ending::Broken(error.to_string()))?;
        line.push('\n');
        // An error of writing is ignored: if the process has ended, reading its answer fails.
        let _ = process.input.write_all(line.as_bytes()).and_then(|()| process.input.flush());
        let line = process.line(self.timeout)?;
        let answer: Answer = serde_json::from_str(&line)
            .map_err(|error| Ending::Broken(format!("{error} in the answer {line:?}")))?;
        let start = answer.start.read(Ending::of_start);
        let probes = answer.probes.into_iter();
        let probes = probes.map(|ending| ending.read(|message| Ending::of_message(&message)));
        let probes = probes.collect();
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
            Err(ending) => {
                self.process = None;
                Run::ended(ending)
            }
        }
    }
}

/// Speaks the protocol for an engine, over these streams. That way an engine that may crash can run
/// in a process of its own, and a crash does not end the campaign.
///
/// # Errors
/// The errors of reading and writing the streams.
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
            Err(error) => Run::ended(Ending::Broken(error)),
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
