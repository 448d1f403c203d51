//! Commands that call one export of one file: for engines that only have a command line.
//!
//! The command is started for each probe of a case's closed form. In it, `{wasm}` becomes the path
//! of the module, `{export}` the name of the export, and `{args}` its arguments, which probes do
//! not have. A command without `{export}` must call all exports; it gets a module whose only export
//! is the probe.
//!
//! The results are the numbers that it prints on standard output: decimal or hexadecimal, with or
//! without a type (`42`, `i64:42`, `(i64.const 42)`), separated by blanks, commas or line breaks.
//! If it prints `=>`, only the text behind the last `=>` counts. When its exit code is not 0, or it
//! prints `error` behind `=>`, the message tells whether that is a trap, an exception or an
//! exhausted resource.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wattle_ast::Features;

use crate::case::Case;
use crate::ending::{Ending, Run, Word};
use crate::engine::Engine;
use crate::engines::group;

/// The prefix of the file names of the modules that commands get.
const PREFIX: &str = "case-";

/// Removes from a folder the modules that commands got, when a campaign is aborted.
pub fn remove_modules(folder: &Path) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A command that calls exports.
pub struct External {
    name: Arc<str>,
    features: Features,
    words: Vec<String>,
    timeout: Duration,
    folder: PathBuf,
}

/// The error for a command with a quote that is not closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenQuote(String);

impl fmt::Display for OpenQuote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a quote is not closed: {}", self.0)
    }
}

impl std::error::Error for OpenQuote {}

impl From<OpenQuote> for String {
    fn from(error: OpenQuote) -> String {
        error.to_string()
    }
}

/// Splits a command into words at blanks, except within quotes.
///
/// ```
/// assert_eq!(wattle_differ::words_of("sh -c 'exit 1'").unwrap(), ["sh", "-c", "exit 1"]);
/// ```
///
/// # Errors
/// [`OpenQuote`] when a quote is not closed.
pub fn words_of(command: &str) -> Result<Vec<String>, OpenQuote> {
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
        return Err(OpenQuote(command.to_owned()));
    }
    if is_word {
        words.push(word);
    }
    Ok(words)
}

/// Reads `count` results from the output of a command; `None` when it has another form.
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

/// The ending of a call, by the output of the command and whether its exit code was 0.
fn ending(good: bool, stdout: &str, stderr: &str, count: usize) -> Ending {
    let failed = stdout.rsplit_once("=>").is_some_and(|(_, rest)| rest.contains("error"));
    if good && !failed {
        return match results(stdout, count) {
            Some(values) => Ending::values(values),
            None => Ending::Broken(format!("no {count} results in {stdout:?}")),
        };
    }
    Ending::of_start(format!("{stdout}\n{stderr}"))
}

impl External {
    /// The engine of a command; it writes modules to `folder`.
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

    fn call(&self, path: &str, export: &str, count: usize) -> Ending {
        let words = self.words.iter().filter(|word| *word != "{args}");
        let mut words = words.map(|word| {
            word.replace("{wasm}", path).replace("{export}", export).replace("{args}", "")
        });
        let Some(program) = words.next() else { return Ending::Broken("no command".into()) };
        let mut command = Command::new(&program);
        let end = Instant::now() + self.timeout;
        let output = group::run_command(command.args(words), || Instant::now() >= end);
        let Output { status, stdout, stderr } = match output {
            Ok(Some(output)) => output,
            Ok(None) => return Ending::exhausted("time"),
            Err(error) => return Ending::Broken(format!("cannot start {program}: {error}")),
        };
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        if status.code().is_none() {
            return Ending::Broken(format!("{status}: {stderr}"));
        }
        ending(status.success(), &stdout, &stderr, count)
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
        let closed = case.closed();
        let file =
            tempfile::Builder::new().prefix(PREFIX).suffix(".wasm").tempfile_in(&self.folder);
        let file = match file {
            Ok(file) => file,
            Err(error) => return Run::ended(Ending::Broken(error.to_string())),
        };
        let names_exports = self.words.iter().any(|word| word.contains("{export}"));
        let mut module = closed.module;
        let exports = module.exports.clone();
        let path = file.path().display().to_string();
        let mut run = Run::ended(Ending::good());
        for (at, probe) in closed.probes.iter().enumerate() {
            if !names_exports {
                let only = exports.iter().filter(|export| *export.name == *probe.name);
                module.exports = only.cloned().collect();
            }
            if (at == 0 || !names_exports)
                && let Err(error) = std::fs::write(file.path(), wattle_encoder::encode(&module))
            {
                return Run::ended(Ending::Broken(error.to_string()));
            }
            let ending = self.call(&path, &probe.name, probe.parts.len());
            if matches!(ending, Ending::Refused(_)) {
                return Run::ended(ending);
            }
            run.probes.push(ending);
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
        let both = Ending::values([5, u64::MAX]);
        for text in
            ["5\n-1\n", "f() => i64:5, i64:18446744073709551615", "[(i64.const 5) (i64.const -1)]"]
        {
            assert_eq!(ending(true, text, "", 2), both, "{text}");
        }
        assert_eq!(ending(true, "", "", 0), Ending::good());
        assert!(matches!(ending(true, "5", "", 2), Ending::Broken(_)));
        assert!(matches!(ending(true, "hello", "", 1), Ending::Broken(_)));
    }

    #[test]
    fn failures_are_told_apart() {
        let wabt = "f() => error: integer divide by zero\n";
        assert!(matches!(ending(true, wabt, "", 1), Ending::Trap(_)));
        assert!(matches!(ending(false, "", "error: unreachable", 1), Ending::Trap(_)));
        let stack = ending(false, "", "RangeError: Maximum call stack size exceeded", 1);
        assert_eq!(stack, Ending::Exhausted("stack".into()));
        assert!(matches!(ending(false, "", "unknown section", 1), Ending::Refused(_)));
    }
}
