//! `wattle demangle`: the name section with names as people write them.

use clap::Args;

use crate::failure::Failure;
use crate::input::Input;
use crate::names::NameStyle;
use crate::output::Output;

/// Rewrites the name section: what Rust and C++ call `_ZN4core3fmt5write17h0123456789abcdefE` is then
/// called `core::fmt::write`.
///
/// Names of functions, globals and data segments are rewritten, in modules within components too.
/// Every other byte stays as it is. Where compilers made several functions of one, they have one name
/// afterwards.
#[derive(Args)]
pub(crate) struct Demangle {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,
}

impl Demangle {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let source = self.input.read()?;
        let mut wasm = source.wasm(self.input.features_to_show())?;
        wasm.modules_mut().for_each(|module| NameStyle::default().apply(&mut module.names));
        self.output.binary(&wattle::encoder::encode_wasm(&wasm))
    }
}
