//! The commands of WABT under their own names, with their options and habits.
//!
//! | file | holds |
//! |---|---|
//! | `switches.rs` | `--enable-X` and `--disable-X` |
//! | `wat2wasm.rs`, `wasm2wat.rs`, `wasm_validate.rs`, `wasm_objdump.rs`, `wasm_strip.rs` | a command each |

mod switches;
mod wasm2wat;
mod wasm_objdump;
mod wasm_strip;
mod wasm_validate;
mod wat2wasm;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;

use clap::Args;
use wattle::ast::components::Layer;

use crate::failure::{Failure, note};
use crate::input::{FeatureList, Reading};
use crate::source::Source;

pub(crate) use wasm_objdump::WasmObjdump;
pub(crate) use wasm_strip::WasmStrip;
pub(crate) use wasm_validate::WasmValidate;
pub(crate) use wasm2wat::Wasm2wat;
pub(crate) use wat2wasm::Wat2wasm;

use switches::Switches;

/// The names by which the command is called as if it were one of WABT's.
const NAMES: [&str; 5] = ["wat2wasm", "wasm2wat", "wasm-validate", "wasm-objdump", "wasm-strip"];

/// Puts the subcommand in front when the command was called by the name of one of WABT's, for
/// example through a link.
pub(crate) fn arrange(mut words: Vec<OsString>) -> Vec<OsString> {
    let name = words.first().and_then(|word| Path::new(word).file_stem());
    if let Some(name) = NAMES.iter().find(|known| name.is_some_and(|name| name == **known)) {
        words.splice(..1, ["wattle".into(), name.into()]);
    }
    words
}

/// The options that several of WABT's commands have.
#[derive(Args)]
struct Common {
    #[command(flatten)]
    switches: Switches,

    /// The features that the module may use: see `wattle parse --help`; `--enable-X` and
    /// `--disable-X` change them.
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    features: Option<FeatureList>,

    /// Stop after this many errors.
    #[arg(long, value_name = "N", default_value = "20")]
    max_errors: NonZeroUsize,

    /// Accepted without effect: `wattle dump` shows every byte.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Common {
    fn reading(&self) -> Reading {
        let features = self.switches.apply(self.features.clone());
        Reading { features: Some(features), max_errors: self.max_errors }
    }
}

/// Reads a module or component. WABT would refuse a component, so a note says that it is one.
fn read(file: Option<&Path>, reading: Reading, json: bool) -> Result<Source, Failure> {
    let source = Source::read_wasm(file, reading)?;
    note_component(&source, json);
    Ok(source)
}

fn note_component(source: &Source, json: bool) {
    if source.layer() == Layer::Component {
        note(&format!("{} is a component; WABT has none, Wattle does", source.name), json);
    }
}

/// Returns the failure for an option that is refused, with the replacement for it.
fn refused(option: &str, instead: &str) -> Failure {
    Failure::Usage(format!("{option} is an option of WABT that Wattle does not have: {instead}"))
}
