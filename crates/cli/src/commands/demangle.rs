//! `wattle demangle`: the name section with demangled names.

use clap::Args;

use crate::failure::Failure;
use crate::input::Input;
use crate::names::NameStyle;
use crate::output::Output;

/// Demangles the names of Rust and C++ in the name section:
/// `_ZN4core3fmt5write17h0123456789abcdefE` becomes `core::fmt::write`.
///
/// Names of functions, globals and data segments are rewritten, in modules within components too.
/// Every other byte stays as it is. Functions that a compiler made from one source function then
/// have the same name.
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
