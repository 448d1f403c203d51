//! `wattle smith`: a valid module from a seed or from bytes.

use std::path::PathBuf;

use clap::Args;
use wattle::ast::Features;
use wattle_smith::{Config, Generated, from_seed, generate};

use crate::failure::Failure;
use crate::input::{parse_features, read_config, read_file};
use crate::output::{Output, json_line, write_json};

/// Generates a valid module. A seed gives the same module on every machine.
#[derive(Args)]
pub(crate) struct Smith {
    /// The seed that determines the module.
    #[arg(default_value_t = 0, conflicts_with = "bytes")]
    seed: u64,

    #[command(flatten)]
    output: Output,

    /// Generate the module from the bytes of a file, such as the input of a fuzzer, instead of a
    /// seed; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    bytes: Option<PathBuf>,

    /// The file with the configuration as JSON, in which missing fields have their defaults; `-` is
    /// standard input.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print the configuration that results from the other options, and generate nothing.
    #[arg(long)]
    print_config: bool,

    /// Write the module as text.
    #[arg(long)]
    text: bool,

    /// The features that the module may use: see `wattle parse --help`.
    #[arg(long, value_name = "LIST", value_parser = parse_features, allow_hyphen_values = true)]
    features: Option<Features>,

    /// The maximum number of functions.
    #[arg(long, value_name = "N")]
    max_funcs: Option<u32>,

    /// The maximum number of choices in a function; each generates an instruction or a few.
    #[arg(long, value_name = "N")]
    max_instructions: Option<u32>,

    /// Leave out some of the guards against traps.
    #[arg(long)]
    traps: bool,

    /// Do not bound loops and calls: the module may run for ever.
    #[arg(long)]
    endless: bool,

    /// Make NaNs canonical.
    #[arg(long)]
    canonical_nans: bool,

    /// Generate functions of one instruction each.
    #[arg(long)]
    single_instruction: bool,

    /// Use only a random part of the features and instructions.
    #[arg(long)]
    swarm: bool,

    /// Break exactly one rule of validation, and say which.
    #[arg(long)]
    almost_valid: bool,
}

impl Smith {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let config = self.config()?;
        if self.print_config {
            return self.output.write(|out| write_json(out, &config));
        }
        let Generated { module, broken, .. } = match &self.bytes {
            Some(path) => {
                let bytes = read_file(path).map_err(Failure::Input)?;
                let generated = generate(&config, &mut arbitrary::Unstructured::new(&bytes));
                generated.map_err(|error| Failure::Input(error.to_string()))?
            }
            None => from_seed(&config, self.seed),
        };
        if let Some(rule) = broken {
            let message = format!("{}: {rule}", rule.phrase());
            match json {
                true => eprintln!("{}", json_line(&serde_json::json!({ "broken": message }))),
                false => eprintln!("{message}"),
            }
        }
        if self.text {
            let text = wattle::printer::print(&module);
            return self.output.write(|out| out.write_all(text.as_bytes()));
        }
        self.output.binary(&wattle::encoder::encode(&module))
    }

    /// Returns the configuration of the file or the default one, with the changes of the other
    /// options.
    fn config(&self) -> Result<Config, Failure> {
        let mut config = match &self.config {
            Some(path) => read_config(path).map_err(Failure::Input)?,
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
        config.check().map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(config)
    }
}
