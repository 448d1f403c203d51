//! Translates a module from text to binary. Every error, of the text or of validation, is shown
//! with its line, marked where it is.
//!
//! ```console
//! cargo run --release --example convert -- in.wat out.wasm
//! ```

use std::error::Error;
use std::fmt::Display;

use wattle::ast::{LineColumn, LineIndex, Span};
use wattle::wat::Parser;

fn main() -> Result<(), Box<dyn Error>> {
    let [_, input, output] = &std::env::args().collect::<Vec<_>>()[..] else {
        return Err("usage: convert IN.wat OUT.wasm".into());
    };
    match convert(input, &std::fs::read_to_string(input)?) {
        Ok(binary) => Ok(std::fs::write(output, binary)?),
        Err(faults) => {
            eprint!("{}", faults.concat());
            Err(format!("{} errors", faults.len()).into())
        }
    }
}

/// Returns the binary of a text, or its faults, each as it is shown.
pub(crate) fn convert(name: &str, text: &str) -> Result<Vec<u8>, Vec<String>> {
    let lines = LineIndex::new(text);
    let show = |span: Span, what: &dyn Display| {
        let LineColumn { line, column } = span.line_column(&lines);
        let bytes = lines.line_span(line).unwrap_or_default();
        let source = text.get(bytes.start..bytes.end).unwrap_or_default().trim_end();
        // A fault that spans several lines is marked in the first one.
        let marked = text.get(span.start..span.end.min(bytes.start + source.len()));
        let marks = "^".repeat(marked.map_or(1, |marked| marked.chars().count().max(1)));
        let (source, indent) = (source.replace('\t', " "), " ".repeat(column - 1));
        format!("{name}:{line}:{column}: {what}\n  {source}\n  {indent}{marks}\n")
    };

    let parsed = Parser::new().source_map(true).module(text);
    let parsed = parsed.map_err(|errors| -> Vec<_> {
        errors.into_iter().map(|error| show(error.span, error)).collect()
    })?;
    let places = parsed.source_map.unwrap_or_default();
    wattle::validator::validate(&parsed.module).map_err(|errors| -> Vec<_> {
        let place = |path| places.span(path).unwrap_or_default();
        errors.iter().map(|error| show(place(&error.path), &error.reason())).collect()
    })?;
    Ok(wattle::encoder::encode(&parsed.module))
}
