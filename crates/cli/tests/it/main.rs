//! The command as a user meets it, one file for each group of subcommands.

mod attack;
mod attack_components;
mod broken;
#[cfg(unix)]
mod coming_from;
mod command;
mod components;
mod demangle;
mod diff;
mod documents;
#[cfg(unix)]
mod examples;
mod files;
mod fmt;
#[cfg(unix)]
mod fuzz;
mod json_from_wast;
mod lines;
mod link;
mod metadata;
mod new;
mod objdump;
mod peer_wit;
mod positions;
mod print;
mod run;
mod shown;
#[cfg(unix)]
mod shrink;
mod size;
#[cfg(unix)]
mod size_keys;
mod size_page;
mod smith;
mod wabt;
mod wast;
mod wit;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The path of the command.
const WATTLE: &str = env!("CARGO_BIN_EXE_wattle");

/// The output and the exit code of a run of the command.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    bytes: Vec<u8>,
    /// `bytes` as text.
    out: String,
    err: String,
}

impl Ran {
    /// Standard output as JSON.
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Standard error as JSON.
    fn json_error(&self) -> serde_json::Value {
        serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs the command in a folder.
fn wattle_in(folder: &Path, args: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(WATTLE)
        .args(args)
        .current_dir(folder)
        // These variables change the width of help and the colours.
        .env_remove("COLUMNS")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The command may end without reading its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    Ran { code: output.status.code(), bytes: output.stdout, out, err }
}

/// Runs the command in a folder, where it must succeed without messages.
#[track_caller]
fn good(folder: &Path, args: &[&str]) -> Ran {
    let ran = wattle_in(folder, args, b"");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}: {}", ran.out);
    ran
}

/// Runs the command.
fn wattle(args: &[&str], input: &[u8]) -> Ran {
    wattle_in(Path::new("."), args, input)
}
