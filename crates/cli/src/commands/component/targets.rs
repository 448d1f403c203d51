//! `wattle component targets`: the differences of a component from a world.

use std::path::PathBuf;

use clap::Args;
use wattle::Wasm;
use wattle::componentize::{Versions, targets};

use crate::failure::Failure;
use crate::input::{FeatureList, Reading};
use crate::source::Source;
use crate::source::wit::WitFeatures;

/// Checks that a component conforms to a world, and shows every difference.
///
/// The component may import less than the world, and export more; items of both must have equal
/// types. Each difference is shown with its path: the import or export, the function, the parameter.
#[derive(Args)]
pub(crate) struct Targets {
    /// The package with the world: a file or folder of WIT, or a binary.
    #[arg(value_name = "WIT")]
    wit: PathBuf,

    /// The component, text or binary; `-` is standard input.
    #[arg(value_name = "COMPONENT")]
    component: PathBuf,

    /// The world, by its name in the package or by its full name, such as `wasi:http/proxy@0.2.3`;
    /// not needed if the package has only one world.
    #[arg(short, long, value_name = "WORLD")]
    world: Option<String>,

    /// Accept compatible versions of an interface: `a:b/c@0.2.3` for `a:b/c@0.2.0`.
    #[arg(long)]
    semver_compatible: bool,

    #[command(flatten)]
    features: WitFeatures,

    /// Show at most this many differences.
    #[arg(long, value_name = "N", default_value = "20")]
    max_errors: std::num::NonZeroUsize,
}

impl Targets {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let interfaces = self.features.read(&self.wit)?;
        let world = interfaces.select(&self.wit, self.world.as_deref())?;
        let reading = Reading { features: Some(FeatureList::all()), max_errors: self.max_errors };
        let source = Source::read_wasm(Some(&self.component), reading)?;
        let wasm = source.wasm(source.features())?;
        let Wasm::Component(component) = &wasm else {
            let fault = source.fault("a component is expected, and this is a module".to_owned());
            return Err(Failure::Faults(vec![fault]));
        };
        let versions = match self.semver_compatible {
            true => Versions::Compatible,
            false => Versions::Exact,
        };
        let found = targets(component, &interfaces.model, world, versions)
            .map_err(|error| Failure::Faults(vec![source.fault(error.to_string())]))?;
        let faults: Vec<_> = found
            .iter()
            .take(self.max_errors.get())
            .map(|it| source.fault(it.to_string()))
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(Failure::Faults(faults)) }
    }
}
