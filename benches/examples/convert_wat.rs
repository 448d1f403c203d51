//! `convert` of `crates/wattle/examples`, with wat, and wasmparser for the validation. It shows the
//! first error; a validation error comes with the offset in the binary.

use std::error::Error;

use wasmparser::{Validator, WasmFeatures};

fn main() -> Result<(), Box<dyn Error>> {
    let [_, input, output] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("usage: convert_wat IN.wat OUT.wasm".into());
    };
    match convert(input, &std::fs::read_to_string(input)?) {
        Ok(binary) => Ok(std::fs::write(output, binary)?),
        Err(fault) => {
            eprintln!("{fault}");
            Err("1 error".into())
        }
    }
}

/// The binary of a text.
fn convert(name: &str, text: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let binary = wat::Parser::new().parse_str(Some(name.as_ref()), text)?;
    Validator::new_with_features(WasmFeatures::WASM3).validate_all(&binary)?;
    Ok(binary)
}
