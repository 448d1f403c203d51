//! The folder that keeps the progress of a run, so that a later run can continue an interrupted
//! one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wattle_reduce::{Candidate, Subject};

use crate::failure::Failure;
use crate::input::shown_name;
use crate::transaction::put;

/// A folder with the fingerprint of the input, the command, the best candidate, and the
/// fingerprints of candidates that are not interesting.
pub(super) struct State {
    folder: PathBuf,
    refused: File,
}

/// The input and the command that a folder belongs to.
#[derive(PartialEq, Serialize, Deserialize)]
struct About {
    input: String,
    command: Vec<String>,
}

const ABOUT: &str = "shrink.json";
const BEST: &str = "best";
const REFUSED: &str = "refused";

impl State {
    /// Opens a folder, or creates one.
    pub(super) fn open(
        folder: &Path,
        input: &Candidate,
        command: &[String],
    ) -> Result<State, Failure> {
        let cannot = |error: io::Error| Failure::Usage(format!("{}: {error}", shown_name(folder)));
        let input = format!("{:032x}", input.fingerprint());
        let about = About { input, command: command.to_vec() };
        std::fs::create_dir_all(folder).map_err(cannot)?;
        let path = folder.join(ABOUT);
        match std::fs::read(&path) {
            Ok(text) => {
                let known: About = serde_json::from_slice(&text)
                    .map_err(|error| Failure::Usage(format!("{}: {error}", shown_name(&path))))?;
                if known != about {
                    let folder = shown_name(folder);
                    let why = format!("{folder} is about another input or another command");
                    return Err(Failure::Usage(why));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = serde_json::to_vec_pretty(&about).map_err(io::Error::other);
                text.and_then(|text| put(&path, &text)).map_err(cannot)?;
            }
            Err(error) => return Err(cannot(error)),
        }
        let mut options = OpenOptions::new();
        let refused = options.create(true).append(true).open(folder.join(REFUSED));
        Ok(State { folder: folder.to_owned(), refused: refused.map_err(cannot)? })
    }

    /// Returns the progress of an earlier run: the fingerprints of candidates that are not
    /// interesting, and the best candidate, which `read` parses from its bytes.
    pub(super) fn known(
        &self,
        read: impl Fn(&[u8]) -> Option<Subject>,
    ) -> Result<(Vec<u128>, Option<Candidate>), Failure> {
        let fail = |path: &Path, error: io::Error| {
            Failure::Usage(format!("cannot read {}: {error}", shown_name(path)))
        };
        let path = self.folder.join(REFUSED);
        let text = std::fs::read_to_string(&path).map_err(|error| fail(&path, error))?;
        // The last line may be cut off.
        let whole = text.lines().filter(|line| line.len() == 32);
        let known = whole.filter_map(|line| u128::from_str_radix(line, 16).ok()).collect();
        let path = self.folder.join(BEST);
        let best = match std::fs::read(&path) {
            Ok(bytes) => read(&bytes).map(Candidate::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(fail(&path, error)),
        };
        Ok((known, best))
    }

    /// Writes down the fingerprints of candidates that are not interesting.
    pub(super) fn add_refused(&mut self, refused: &[u128]) -> io::Result<()> {
        let lines: String = refused.iter().map(|number| format!("{number:032x}\n")).collect();
        self.refused.write_all(lines.as_bytes())
    }

    /// Writes down the best candidate.
    pub(super) fn set_best(&self, best: &Candidate) -> io::Result<()> {
        put(&self.folder.join(BEST), &best.bytes)
    }
}
