//! `wattle objdump`: the sections, imports, exports and functions of a module.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use wattle::Features;
use wattle::ast::{ExternKind, Item, Module, SectionId};
use wattle::parser::Parser;

use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;
use crate::source::Source;

/// Lists sections, imports, exports and functions with their names and sizes.
#[derive(Args)]
pub(crate) struct Objdump {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,
}

/// The listing. Offsets and sizes count bytes of the binary.
#[derive(Serialize)]
struct Listing {
    size: usize,
    sections: Vec<SectionRow>,
    imports: Vec<ImportRow>,
    exports: Vec<ExportRow>,
    functions: Vec<FunctionRow>,
}

#[derive(Serialize)]
struct SectionRow {
    name: String,
    start: usize,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
}

#[derive(Serialize)]
struct ImportRow {
    module: String,
    name: String,
    kind: &'static str,
    index: u32,
}

#[derive(Serialize)]
struct ExportRow {
    name: String,
    kind: &'static str,
    index: u32,
}

#[derive(Serialize)]
struct FunctionRow {
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The offset of the body, behind its size.
    start: usize,
    size: usize,
}

impl Objdump {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let features = self.input.features();
        let source = self.input.read()?.binary(features)?;
        let module = source.module(features)?;
        let listing = Listing::new(&source, &module, features)?;
        match json {
            true => self.output.json(&listing),
            false => self.output.write(|out| listing.write(out)),
        }
    }
}

impl Listing {
    fn new(source: &Source, module: &Module<'_>, features: Features) -> Result<Listing, Failure> {
        let (sections, functions) = sections_and_functions(source, module, features)?;
        let imports = module.indexed_imports().map(|(index, import)| {
            let (module, name) = (import.module.to_string(), import.name.to_string());
            ImportRow { module, name, kind: index.kind().keyword(), index: index.index() }
        });
        let exports = module.exports.iter().map(|export| {
            let index = export.index;
            let name = export.name.to_string();
            ExportRow { name, kind: index.kind().keyword(), index: index.index() }
        });
        Ok(Listing {
            size: source.bytes.len(),
            sections,
            imports: imports.collect(),
            exports: exports.collect(),
            functions,
        })
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "sections ({}, {} bytes in all)", self.sections.len(), self.size)?;
        for row in &self.sections {
            let count = row.count.map_or(String::new(), |count| format!("{count} entries"));
            let line =
                format!("  {:<26} {:>#10x} {:>10} bytes  {count}", row.name, row.start, row.size);
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out, "\nimports ({})", self.imports.len())?;
        for row in &self.imports {
            writeln!(out, "  {:<8} {:>6}  {:?} {:?}", row.kind, row.index, row.module, row.name)?;
        }
        writeln!(out, "\nexports ({})", self.exports.len())?;
        for row in &self.exports {
            writeln!(out, "  {:<8} {:>6}  {:?}", row.kind, row.index, row.name)?;
        }
        writeln!(out, "\nfunctions ({})", self.functions.len())?;
        for row in &self.functions {
            let name = row.name.as_deref().unwrap_or_default();
            let line =
                format!("  {:>6} {:>#10x} {:>10} bytes  {name}", row.index, row.start, row.size);
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// The sections and the function bodies, as the events of the binary show them.
fn sections_and_functions(
    source: &Source,
    module: &Module<'_>,
    features: Features,
) -> Result<(Vec<SectionRow>, Vec<FunctionRow>), Failure> {
    let mut sections: Vec<SectionRow> = Vec::new();
    let mut functions = Vec::new();
    let mut index = module.imported(ExternKind::Func);
    // The module was read, so its bodies are well-formed.
    let parser = Parser::new().features(features).check_bodies(false);
    for event in parser.events(&source.bytes) {
        let event = event.map_err(|error| source.malformed_binary(error))?;
        match &event.item {
            Item::Header => {}
            Item::Section(section) => sections.push(SectionRow {
                name: section.id.name().to_owned(),
                start: event.offset,
                size: 0,
                count: section.id.is_list().then_some(section.count),
            }),
            Item::Custom(custom) => sections.push(SectionRow {
                name: format!("{} {:?}", SectionId::Custom, custom.name.as_str()),
                start: event.offset,
                size: event.bytes.len(),
                count: None,
            }),
            Item::Body(body) => {
                let size = body.bytes().len();
                let name = module.names.funcs.get(index).map(|name| name.to_string());
                let start = event.offset + event.bytes.len() - size;
                functions.push(FunctionRow { index, name, start, size });
                index += 1;
            }
            _ => {}
        }
        // Each event of a section makes it longer, its header included.
        if let Some(section) = sections.last_mut() {
            section.size = event.offset + event.bytes.len() - section.start;
        }
    }
    Ok((sections, functions))
}
