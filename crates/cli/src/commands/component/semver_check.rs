//! `wattle component semver-check`: the changes by which a new version of a world breaks users of
//! the previous one.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use wattle::componentize::semver_check;

use crate::failure::Failure;
use crate::fault::Fault;
use crate::input::shown_name;
use crate::source::wit::WitFeatures;

/// Checks that a new version of a world accepts the components of the previous one, and shows every
/// difference.
///
/// A new version may import more and export less. The versions of packages do not count.
#[derive(Args)]
pub(crate) struct SemverCheck {
    /// A package with both worlds, which `--prev` and `--new` then name; without it, they name
    /// files or folders.
    #[arg(value_name = "WIT")]
    wit: Option<PathBuf>,

    /// The previous version: a file or folder of WIT, or a binary; with WIT, a world of that
    /// package.
    #[arg(long, value_name = "OLD")]
    prev: String,

    /// The new version.
    #[arg(long, value_name = "NEW")]
    new: String,

    /// The world in both versions; not needed if each has only one.
    #[arg(short, long, value_name = "WORLD", conflicts_with = "wit")]
    world: Option<String>,

    #[command(flatten)]
    features: WitFeatures,

    /// Show at most this many differences.
    #[arg(long, value_name = "N", default_value = "20")]
    max_errors: NonZeroUsize,
}

impl SemverCheck {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let (found, path) = match &self.wit {
            Some(path) => {
                let interfaces = self.features.read(path)?;
                let prev = interfaces.select(path, Some(&self.prev))?;
                let new = interfaces.select(path, Some(&self.new))?;
                let model = &interfaces.model;
                (semver_check((model, prev), (model, new)), &**path)
            }
            None => {
                let (old, path) = (Path::new(&self.prev), Path::new(&self.new));
                let prev = self.features.read(old)?;
                let new = self.features.read(path)?;
                let name = self.world.as_deref();
                let prev_world = prev.select(old, name)?;
                let new_world = new.select(path, name)?;
                (semver_check((&prev.model, prev_world), (&new.model, new_world)), path)
            }
        };
        let fault = |message| Fault::new(&shown_name(path), message);
        let found = found.map_err(|error| Failure::Faults(vec![fault(error.to_string())]))?;
        let shown = found.iter().take(self.max_errors.get());
        let faults: Vec<_> = shown.map(|it| fault(it.to_string())).collect();
        if faults.is_empty() { Ok(()) } else { Err(Failure::Faults(faults)) }
    }
}
