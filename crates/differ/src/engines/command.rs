//! Commands that call one export of one file: the way to run an engine that has no more than a
//! command line.
//!
//! The command is started for each probe of a case's closed form. `{wasm}` in it becomes the path
//! of the module, `{export}` the name of the export, and `{args}` its arguments: nothing, as
//! probes take none.
//!
//! What it prints on standard output are the results: numbers, decimal or hexadecimal, with or
//! without a type (`42`, `i64:42`, `(i64.const 42)`), divided by blanks, commas or lines; when it
//! prints `=>`, what follows the last one. When its exit code is not 0, or it prints `error:`
//! behind `=>`, the message decides between a trap, an exception and a lack of resources.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wattle_ast::Features;

use crate::case::{Case, Closed};
use crate::engine::Engine;
use crate::outcome::{Outcome, Run, Word, traps_of};

/// A command that calls exports.
pub struct External {
    name: Arc<str>,
    features: Features,
    words: Vec<String>,
    timeout: Duration,
    folder: PathBuf,
}

/// The words of a command: divided at blanks, but not within quotes.
///
/// # Errors
/// A quote without its other half.
pub(crate) fn words_of(command: &str) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut quote, mut is_word) = (String::new(), None, false);
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (quote, is_word) = (Some(c), true),
            (None, c) if c.is_whitespace() => {
                if std::mem::take(&mut is_word) {
                    words.push(std::mem::take(&mut word));
                }
            }
            (None, c) => {
                word.push(c);
                is_word = true;
            }
        }
    }
    if quote.is_some() {
        return Err(format!("a quote is not closed: {command}"));
    }
    if is_word {
        words.push(word);
    }
    Ok(words)
}

/// The results in what a command printed, so many of them.
fn results(text: &str, count: usize) -> Option<Vec<u64>> {
    let text = text.rsplit("=>").next().unwrap_or(text);
    let words = text.split(|c: char| c.is_whitespace() || ",()[]".contains(c));
    let mut values = Vec::new();
    for word in words.filter(|word| !word.is_empty() && *word != "i64.const") {
        let digits = word.rsplit(':').next().unwrap_or(word);
        values.push(Word::parse(digits)?.0);
    }
    (values.len() == count).then_some(values)
}

/// What became of a command.
fn judge(good: bool, stdout: &str, stderr: &str, count: usize) -> Outcome {
    let failed = stdout.rsplit_once("=>").is_some_and(|(_, rest)| rest.contains("error"));
    if good && !failed {
        return match results(stdout, count) {
            Some(values) => Outcome::values(values),
            None => Outcome::Broken(format!("no {count} results in {stdout:?}")),
        };
    }
    let message = format!("{stdout}\n{stderr}");
    match Outcome::of_message(&message) {
        Outcome::Trap(_) if traps_of(&message).is_empty() => Outcome::Refused(message),
        outcome => outcome,
    }
}

impl External {
    /// An engine of a command; `folder` is where modules are written.
    ///
    /// # Errors
    /// A command that cannot be split into words.
    pub fn new(
        name: &str,
        features: Features,
        command: &str,
        timeout: Duration,
        folder: PathBuf,
    ) -> Result<External, String> {
        let words = words_of(command)?;
        Ok(External { name: name.into(), features, words, timeout, folder })
    }

    fn call(&self, path: &str, export: &str, count: usize) -> Outcome {
        let words = self.words.iter().filter(|word| *word != "{args}");
        let mut words = words.map(|word| {
            word.replace("{wasm}", path).replace("{export}", export).replace("{args}", "")
        });
        let Some(program) = words.next() else { return Outcome::Broken("no command".into()) };
        let mut command = Command::new(&program);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Outcome::Broken(format!("cannot start {program}: {error}")),
        };
        // Both pipes are read while it runs, so that it is not held up.
        let read = |pipe: Option<Box<dyn Read + Send>>| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                let _ = pipe.map(|pipe| pipe.take(1 << 20).read_to_end(&mut bytes));
                String::from_utf8_lossy(&bytes).into_owned()
            })
        };
        let stdout = read(child.stdout.take().map(|pipe| Box::new(pipe) as _));
        let stderr = read(child.stderr.take().map(|pipe| Box::new(pipe) as _));
        let end = Instant::now() + self.timeout;
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(1)),
                _ => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Outcome::Exhausted("time".into());
                }
            }
        };
        let text = |thread: std::thread::JoinHandle<String>| thread.join().unwrap_or_default();
        let (stdout, stderr) = (text(stdout), text(stderr));
        if status.code().is_none() {
            return Outcome::Broken(format!("{status}: {stderr}"));
        }
        judge(status.success(), &stdout, &stderr, count)
    }
}

impl Engine for External {
    fn name(&self) -> Arc<str> {
        self.name.clone()
    }

    fn features(&self) -> Features {
        self.features
    }

    fn is_closed(&self) -> bool {
        true
    }

    fn run(&mut self, case: &Case) -> Run {
        self.run_closed(&case.closed())
    }

    fn run_closed(&mut self, closed: &Closed) -> Run {
        let file =
            tempfile::Builder::new().prefix("case-").suffix(".wasm").tempfile_in(&self.folder);
        let written = file.and_then(|file| {
            std::fs::write(file.path(), wattle_encoder::encode(&closed.module))?;
            Ok(file)
        });
        let file = match written {
            Ok(file) => file,
            Err(error) => return Run::ended(Outcome::Broken(error.to_string())),
        };
        let path = file.path().display().to_string();
        let mut run = Run::ended(Outcome::good());
        for probe in &closed.probes {
            let outcome = self.call(&path, &probe.name, probe.parts.len());
            if matches!(outcome, Outcome::Refused(_)) {
                return Run::ended(outcome);
            }
            run.probes.push(outcome);
        }
        run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split_as_a_shell_does() {
        assert_eq!(words_of("a  'b c' d\"e f\"").unwrap(), ["a", "b c", "de f"]);
        assert_eq!(words_of("a ''").unwrap(), ["a", ""]);
        assert!(words_of("a 'b").is_err());
    }

    #[test]
    fn results_are_read_in_many_forms() {
        let both = Outcome::values([5, u64::MAX]);
        for text in
            ["5\n-1\n", "f() => i64:5, i64:18446744073709551615", "[(i64.const 5) (i64.const -1)]"]
        {
            assert_eq!(judge(true, text, "", 2), both, "{text}");
        }
        assert_eq!(judge(true, "", "", 0), Outcome::good());
        assert!(matches!(judge(true, "5", "", 2), Outcome::Broken(_)));
        assert!(matches!(judge(true, "hello", "", 1), Outcome::Broken(_)));
    }

    #[test]
    fn failures_are_told_apart() {
        let wabt = "f() => error: integer divide by zero\n";
        assert!(matches!(judge(true, wabt, "", 1), Outcome::Trap(_)));
        assert!(matches!(judge(false, "", "error: unreachable", 1), Outcome::Trap(_)));
        let stack = judge(false, "", "RangeError: Maximum call stack size exceeded", 1);
        assert_eq!(stack, Outcome::Exhausted("stack".into()));
        assert!(matches!(judge(false, "", "unknown section", 1), Outcome::Refused(_)));
    }
}
