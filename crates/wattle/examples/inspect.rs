//! Lists the imports and exports of a module, and the sizes of its sections and of its largest
//! functions. The module is read as a stream, so that memory stays small, however large the module
//! is.
//!
//! ```console
//! cargo run --release --example inspect -- in.wasm
//! curl --silent https://example.org/app.wasm | cargo run --release --example inspect
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};

use wattle::ast::{ExternKind, Features, Item};
use wattle::parser::{EventReader, Parser};

fn main() -> Result<(), Box<dyn Error>> {
    let input: Box<dyn Read> = match std::env::args().nth(1) {
        Some(path) => Box::new(File::open(path)?),
        None => Box::new(io::stdin()),
    };
    print!("{}", report(input)?);
    Ok(())
}

/// The number of functions that are listed.
const LARGEST: usize = 10;

/// Reads a module, and returns its listing.
pub(crate) fn report(input: impl Read) -> Result<String, wattle::Error> {
    let parser = Parser::new().features(Features::ALL).check_bodies(false);
    let mut reader = EventReader::with_parser(parser, input);
    let (mut out, mut section, mut funcs) = (String::new(), String::from("header"), 0);
    let (mut sections, mut largest) = (BTreeMap::<_, usize>::new(), BinaryHeap::new());
    while let Some(event) = reader.next()? {
        let size = event.bytes.len();
        match &event.item {
            Item::Section(head) => section = head.id.to_string(),
            Item::Custom(custom) => section = format!("custom {:?}", custom.name),
            Item::Import(import) => {
                let kind = import.ty.kind();
                funcs += u32::from(kind == ExternKind::Func);
                let (module, name) = (&import.module, &import.name);
                let _ = writeln!(out, "import {:<8} {module:?} {name:?}", kind.keyword());
            }
            Item::Export(export) => {
                let (kind, index) = (export.index.kind().keyword(), export.index.index());
                let _ = writeln!(out, "export {kind:<8} {:?} is {kind} {index}", export.name);
            }
            Item::Body(_) => {
                largest.push(Reverse((size, funcs)));
                funcs += 1;
                if largest.len() > LARGEST {
                    largest.pop();
                }
            }
            _ => {}
        }
        *sections.entry(section.clone()).or_default() += size;
    }
    for (section, size) in sections {
        let _ = writeln!(out, "{size:>9} bytes {section}");
    }
    for Reverse((size, func)) in largest.into_sorted_vec() {
        let _ = writeln!(out, "{size:>9} bytes func {func}");
    }
    Ok(out)
}
