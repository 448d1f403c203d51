//! `wattle objdump`: the sections, imports, exports and functions of a module.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use wattle::Features;
use wattle::ast::{ExternKind, Item, Module, Quoted, SectionId, Shown};
use wattle::parser::Parser;

use super::entries;
use crate::failure::Failure;
use crate::input::Input;
use crate::output::{Output, write_json};
use crate::source::{Source, is_body};

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
pub(super) struct Listing {
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
        let features = self.input.features_to_show();
        let source = self.input.read()?.binary(features)?;
        let readable = source.readable(features, true)?;
        let listing = Listing::new(&source, &readable.module, features);
        let errors = self.output.show(|out| {
            match json {
                true => write_json(out, &listing)?,
                false => listing.write(out)?,
            }
            Ok(readable.errors)
        })?;
        source.all_shown(errors)
    }
}

impl Listing {
    pub(super) fn new(source: &Source, module: &Module<'_>, features: Features) -> Listing {
        let (sections, functions) = sections_and_functions(source, module, features);
        let imports = module.indexed_imports().map(|(index, import)| {
            let (module, name) = (import.module.to_string(), import.name.to_string());
            ImportRow { module, name, kind: index.kind().keyword(), index: index.index() }
        });
        let exports = module.exports.iter().map(|export| {
            let index = export.index;
            let name = export.name.to_string();
            ExportRow { name, kind: index.kind().keyword(), index: index.index() }
        });
        Listing {
            size: source.bytes.len(),
            sections,
            imports: imports.collect(),
            exports: exports.collect(),
            functions,
        }
    }

    pub(super) fn is_without_sections(&self) -> bool {
        self.sections.is_empty()
    }

    /// Keeps the sections that `shows` chooses by name, and what is in them.
    pub(super) fn retain(&mut self, shows: &dyn Fn(&str) -> bool) {
        self.sections.retain(|row| shows(row.name.rsplit('"').nth(1).unwrap_or(&row.name)));
        self.imports.retain(|_| shows(SectionId::Import.name()));
        self.exports.retain(|_| shows(SectionId::Export.name()));
        self.functions.retain(|_| shows(SectionId::Code.name()));
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.write_sections(out)?;
        writeln!(out)?;
        self.write_items(out)
    }

    pub(super) fn write_sections(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "sections ({}, {} bytes in all)", self.sections.len(), self.size)?;
        for row in &self.sections {
            let count = row.count.map_or(String::new(), entries);
            let section = &row.name;
            let line =
                format!("  {section:<26} {:>#10x} {:>10} bytes  {count}", row.start, row.size);
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    pub(super) fn write_items(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "imports ({})", self.imports.len())?;
        for row in &self.imports {
            let (module, name) = (Quoted(&row.module), Quoted(&row.name));
            writeln!(out, "  {:<8} {:>6}  {module} {name}", row.kind, row.index)?;
        }
        writeln!(out, "\nexports ({})", self.exports.len())?;
        for row in &self.exports {
            writeln!(out, "  {:<8} {:>6}  {}", row.kind, row.index, Quoted(&row.name))?;
        }
        writeln!(out, "\nfunctions ({})", self.functions.len())?;
        for row in &self.functions {
            let name = Shown(row.name.as_deref().unwrap_or_default());
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
) -> (Vec<SectionRow>, Vec<FunctionRow>) {
    let mut sections: Vec<SectionRow> = Vec::new();
    let mut functions = Vec::new();
    let mut index = module.imported(ExternKind::Func);
    // What is malformed was found when the module was read.
    let mut events = Parser::new().features(features).check_bodies(false).events(&source.bytes);
    while let Some(event) = events.next() {
        let Ok(event) = event else {
            index += u32::from(event.is_err_and(|error| is_body(&error)));
            if let (Some(skipped), Some(section)) = (events.skip_malformed(), sections.last_mut()) {
                section.size = skipped.offset + skipped.bytes.len() - section.start;
            }
            continue;
        };
        match &event.item {
            Item::Header => {}
            Item::Section(section) => sections.push(SectionRow {
                name: section.id.name().to_owned(),
                start: event.offset,
                size: 0,
                count: section.id.is_list().then_some(section.count),
            }),
            Item::Custom(custom) => sections.push(SectionRow {
                name: format!("{} {}", SectionId::Custom, Quoted(&custom.name)),
                start: event.offset,
                size: event.bytes.len(),
                count: None,
            }),
            Item::Body(body) => {
                let size = body.bytes().len();
                let name = module.names.funcs.get(index.into()).map(|name| name.to_string());
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
    (sections, functions)
}
