//! The failures that end a command early, their messages on standard error, and the exit codes.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::fault::{Fault, render_message, render_note};
use crate::input::shown_name;
use crate::output::json_line;

/// The exit code for bad input, for output that cannot be written, and for tests that fail.
pub(crate) const FAILED: u8 = 1;
/// The exit code for wrong usage, which the parser of arguments uses too.
pub(crate) const WRONG_USAGE: u8 = 2;
/// The exit code for tests if none fails and some are skipped.
pub(crate) const NOT_RUN: u8 = 3;
/// The exit code for a program that traps: the one that a shell shows for a process that aborts.
pub(crate) const TRAPPED: u8 = 134;

/// The reasons for which a command ends early.
pub(crate) enum Failure {
    /// The reader of standard output has closed it. The reader chose to, so the command ends without
    /// a message.
    ClosedPipe,
    /// The arguments do not make sense together.
    Usage(String),
    /// The input cannot be read, or the output cannot be written.
    Input(String),
    /// The input was read, and has these faults.
    Faults(Vec<Fault>),
    /// A program that was run failed, with this exit code.
    Ended(Box<Fault>, u8),
    /// All messages were shown already: only the exit code is left.
    Exit(u8),
}

/// Returns the message about a file that cannot be read.
pub(crate) fn cannot_read(file: impl Display, error: impl Display) -> String {
    format!("cannot read {file}: {error}")
}

impl Failure {
    /// Makes the failure for a fault of a file as a whole.
    pub(crate) fn in_file(path: &Path, why: impl Display) -> Failure {
        Failure::Faults(vec![Fault::new(&shown_name(path), why.to_string())])
    }

    /// Makes the failure for an error of writing to standard output.
    pub(crate) fn stdout(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Input(format!("cannot write to standard output: {error}")),
        }
    }

    /// Shows the failure on standard error, and returns the exit code.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        let (messages, code) = match self {
            Failure::ClosedPipe => return ExitCode::SUCCESS,
            Failure::Exit(code) => return ExitCode::from(code),
            Failure::Usage(why) => (vec![message(&why, json)], WRONG_USAGE),
            Failure::Input(why) => (vec![message(&why, json)], FAILED),
            Failure::Faults(faults) => (messages(&faults, json), FAILED),
            Failure::Ended(fault, code) => (messages(&[*fault], json), code),
        };
        say(messages);
        ExitCode::from(code)
    }
}

/// Shows warnings on standard error.
pub(crate) fn warn(warnings: &[Fault], json: bool) {
    say(warnings.iter().map(|warning| shown(warning, json)));
}

/// Shows a note on standard error.
pub(crate) fn note(text: &str, json: bool) {
    say([match json {
        true => json_line(&serde_json::json!({ "note": text })),
        false => render_note(text),
    }]);
}

fn say(messages: impl IntoIterator<Item = String>) {
    let mut err = anstream::stderr().lock();
    for message in messages {
        // If standard error is closed, only the exit code can tell about the failure.
        let _ = writeln!(err, "{message}");
    }
}

fn shown(fault: &Fault, json: bool) -> String {
    match json {
        true => json_line(fault),
        false => format!("{}\n", fault.render()),
    }
}

fn message(text: &str, json: bool) -> String {
    match json {
        true => json_line(&serde_json::json!({ "message": text })),
        false => render_message(text),
    }
}

/// Returns a message for each fault, followed by their number if there are several.
fn messages(faults: &[Fault], json: bool) -> Vec<String> {
    let mut messages: Vec<_> = faults.iter().map(|fault| shown(fault, json)).collect();
    let count = faults.len();
    if !json && faults.last().is_some_and(Fault::ends_at_limit) {
        let errors = if count == 1 { "error" } else { "errors" };
        messages.push(format!("{count} {errors}; there may be more, see --max-errors"));
    } else if !json && count > 1 {
        messages.push(format!("{count} errors"));
    }
    messages
}
