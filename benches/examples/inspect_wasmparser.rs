//! `inspect` of `crates/wattle/examples`, with wasmparser.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};

use wasmparser::{Chunk, ExternalKind, Parser, Payload, TypeRef};

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

/// The names of sections by their ids.
const SECTIONS: [&str; 14] = [
    "custom",
    "type",
    "import",
    "function",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "element",
    "code",
    "data",
    "data count",
    "tag",
];

fn kind_of(ty: TypeRef) -> ExternalKind {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => ExternalKind::Func,
        TypeRef::Table(_) => ExternalKind::Table,
        TypeRef::Memory(_) => ExternalKind::Memory,
        TypeRef::Global(_) => ExternalKind::Global,
        TypeRef::Tag(_) => ExternalKind::Tag,
    }
}

fn keyword(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "func",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}

/// The report on a module.
fn report(mut input: impl Read) -> Result<String, Box<dyn Error>> {
    let (mut parser, mut buffer, mut is_end) = (Parser::new(0), Vec::new(), false);
    let (mut out, mut section, mut funcs) = (String::new(), String::from("header"), 0);
    let (mut sections, mut largest) = (BTreeMap::<_, usize>::new(), BinaryHeap::new());
    let mut start = 0;
    loop {
        let (payload, size) = match parser.parse(&buffer[start..], is_end)? {
            Chunk::NeedMoreData(hint) => {
                buffer.drain(..start);
                start = 0;
                // At least a block is read, so that small items take few reads.
                let wanted = hint.max(1 << 16) as u64;
                is_end = input.by_ref().take(wanted).read_to_end(&mut buffer)? == 0;
                continue;
            }
            Chunk::Parsed { payload, consumed } => (payload, consumed),
        };
        if let Some((id, _)) = payload.as_section() {
            let name = SECTIONS.get(usize::from(id)).ok_or("malformed section id")?;
            section = (*name).to_owned();
        }
        match payload {
            Payload::CustomSection(custom) => section = format!("custom {:?}", custom.name()),
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    let kind = keyword(kind_of(import.ty));
                    funcs += u32::from(kind == "func");
                    let (module, name) = (import.module, import.name);
                    let _ = writeln!(out, "import {kind:<8} {module:?} {name:?}");
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    let (kind, index) = (keyword(export.kind), export.index);
                    let _ = writeln!(out, "export {kind:<8} {:?} is {kind} {index}", export.name);
                }
            }
            Payload::CodeSectionEntry(_) => {
                largest.push(Reverse((size, funcs)));
                funcs += 1;
                if largest.len() > LARGEST {
                    largest.pop();
                }
            }
            Payload::End(_) => break,
            _ => {}
        }
        *sections.entry(section.clone()).or_default() += size;
        start += size;
    }
    for (section, size) in sections {
        let _ = writeln!(out, "{size:>9} bytes {section}");
    }
    for Reverse((size, func)) in largest.into_sorted_vec() {
        let _ = writeln!(out, "{size:>9} bytes func {func}");
    }
    Ok(out)
}
