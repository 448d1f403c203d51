//! `wattle smith`: a valid module out of a seed or out of bytes.

use std::path::PathBuf;

use clap::Args;
use wattle::ast::Features;
use wattle_smith::{Config, Generated, from_seed, generate};

use crate::input::parse_features;
use crate::output::Output;
use crate::report::Failure;

/// Makes a valid module: the same of the same seed, everywhere.
#[derive(Args)]
pub(crate) struct Smith {
    /// What the module is made of.
    #[arg(default_value_t = 0, conflicts_with = "bytes")]
    seed: u64,

    #[command(flatten)]
    output: Output,

    /// Make the module of the bytes of a file instead: the input of a fuzzer.
    #[arg(long, value_name = "FILE")]
    bytes: Option<PathBuf>,

    /// A configuration as JSON; what it leaves out has its default.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print the configuration that the other options add up to, and make no module.
    #[arg(long)]
    print_config: bool,

    /// Write text.
    #[arg(long)]
    text: bool,

    /// What the module may use, as other commands take it.
    #[arg(long, value_name = "LIST", value_parser = parse_features)]
    features: Option<Features>,

    /// Functions at most.
    #[arg(long, value_name = "N")]
    max_funcs: Option<u32>,

    /// Choices a function at most.
    #[arg(long, value_name = "N")]
    max_instructions: Option<u32>,

    /// Leave out guards against traps here and there.
    #[arg(long)]
    traps: bool,

    /// Bound nothing: the module may run for ever.
    #[arg(long)]
    endless: bool,

    /// Make NaNs canonical.
    #[arg(long)]
    canonical_nans: bool,

    /// Make each function of one instruction.
    #[arg(long)]
    single_instruction: bool,

    /// Use only some of the features and instructions.
    #[arg(long)]
    swarm: bool,

    /// Break exactly one rule, and say which.
    #[arg(long)]
    almost_valid: bool,
}

impl Smith {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let config = self.config()?;
        if self.print_config {
            return self.output.write(|out| {
                serde_json::to_writer_pretty(&mut *out, &config)?;
                writeln!(out)
            });
        }
        let Generated { module, broken, .. } = match &self.bytes {
            Some(path) => {
                let bytes = std::fs::read(path).map_err(|error| unreadable(path, error))?;
                let made = generate(&config, &mut arbitrary::Unstructured::new(&bytes));
                made.map_err(|error| Failure::Input(error.to_string()))?
            }
            None => from_seed(&config, self.seed),
        };
        if let Some(rule) = broken {
            eprintln!("{}: {rule}", rule.phrase());
        }
        if self.text {
            let text = wattle::printer::print(&module);
            return self.output.write(|out| out.write_all(text.as_bytes()));
        }
        self.output.binary(&wattle::encoder::encode(&module))
    }

    /// The file's, with what the other options say.
    fn config(&self) -> Result<Config, Failure> {
        let mut config = match &self.config {
            Some(path) => {
                let text = std::fs::read(path).map_err(|error| unreadable(path, error))?;
                serde_json::from_slice(&text).map_err(|error| unreadable(path, error))?
            }
            None => Config::default(),
        };
        if let Some(features) = self.features {
            config.features = features;
        }
        if let Some(most) = self.max_funcs {
            config.max_funcs = most;
        }
        if let Some(most) = self.max_instructions {
            config.max_instructions = most;
        }
        config.no_traps &= !self.traps;
        config.canonical_nans |= self.canonical_nans;
        config.single_instruction |= self.single_instruction;
        config.swarm |= self.swarm;
        config.almost_valid |= self.almost_valid;
        if self.endless {
            config.termination = None;
        }
        Ok(config)
    }
}

fn unreadable(path: &std::path::Path, error: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("cannot read {}: {error}", path.display()))
}
