//! `wattle mutate`: a valid mutant of a module or component.

use std::num::NonZeroUsize;

use clap::Args;
use wattle::Wasm;
use wattle_reduce::Mutator;

use crate::commands::validate::Check;
use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;

/// Makes a valid mutant of a module, or of a component, one of whose core modules is mutated. A
/// seed gives the same mutant on every machine.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle mutate math.wat --seed 7 -o mutant.wasm
  wattle mutate math.wat --seed 7 --text
  wattle mutate math.wat --seed 7 --preserve-semantics | wattle run --invoke fib - 20")]
pub(crate) struct Mutate {
    #[command(flatten)]
    input: Input,

    /// The seed that determines the mutations.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Make a mutant that behaves like the original: calls of its exports give the same results and
    /// traps, unless a resource is exhausted.
    #[arg(long)]
    preserve_semantics: bool,

    /// The maximum number of mutations in the mutant.
    #[arg(long, value_name = "N", default_value = "4")]
    mutations: NonZeroUsize,

    #[command(flatten)]
    output: Output,

    /// Write the mutant as text.
    #[arg(long)]
    text: bool,
}

impl Mutate {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let source = self.input.read()?;
        let wasm = source.wasm(source.features())?;
        Check::default().wasm(&source, &wasm)?;
        let wasm = match wasm {
            Wasm::Module(module) => Wasm::Module(module.into_owned()),
            Wasm::Component(component) => Wasm::Component(component.into_owned()),
        };
        let mutator = Mutator::new()
            .features(source.features())
            .preserve_semantics(self.preserve_semantics)
            .mutations(self.mutations.get());
        let Some(mutant) = mutator.mutate_wasm(&wasm, self.seed) else {
            let why = format!("{}: there is no mutant for seed {}", source.name, self.seed);
            return Err(Failure::Input(why));
        };
        if self.text {
            let text = match &mutant {
                Wasm::Module(module) => wattle::printer::print(module),
                Wasm::Component(component) => {
                    wattle::printer::Config::new().print_component(component)
                }
            };
            return self.output.write(|out| out.write_all(text.as_bytes()));
        }
        self.output.binary(&wattle::encoder::encode_wasm(&mutant))
    }
}
