//! `wattle objdump`: the sections, imports, exports and functions of a module or component.

mod spaces;
mod walk;

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use wattle::Features;
use wattle::Wasm;
use wattle::ast::{Quoted, SectionId, Shown};

use super::entries;
use crate::failure::Failure;
use crate::input::Input;
use crate::output::{Output, write_json};
use crate::source::Source;

/// Lists sections, imports, exports and functions with their names and sizes.
///
/// Behind those of a component come those of the modules and components in it, each under its path.
#[derive(Args)]
pub(crate) struct Objdump {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,
}

/// The listing of a file. Offsets and sizes count bytes of the binary.
#[derive(Serialize)]
pub(super) struct Listing {
    #[serde(flatten)]
    outermost: Unit,
    /// The modules and components inside, in the order in which they begin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inner: Vec<Unit>,
}

/// The listing of a module or component, without what is inside of a component.
#[derive(Serialize, Default)]
struct Unit {
    /// What it is: `module` or `component`.
    kind: &'static str,
    /// The path to it, and the identifier that it has in text.
    #[serde(skip_serializing_if = "String::is_empty")]
    path: String,
    /// The offset of its first byte, its preamble.
    #[serde(skip_serializing_if = "is_zero")]
    start: usize,
    size: usize,
    sections: Vec<SectionRow>,
    imports: Vec<ImportRow>,
    exports: Vec<ExportRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    functions: Option<Vec<FunctionRow>>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
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
    /// The module name; a component has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    name: String,
    kind: String,
    index: u32,
    /// The type of an import of a component.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<String>,
}

#[derive(Serialize)]
struct ExportRow {
    name: String,
    kind: String,
    index: u32,
    /// The type of an export of a component, as far as the export or what is exported says it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<String>,
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
        let listing = Listing::new(&source, &readable.wasm, features);
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
    /// The listing of a source, of which `wasm` is what can be read.
    pub(super) fn new(source: &Source, wasm: &Wasm<'_>, features: Features) -> Listing {
        let mut units = walk::units(&source.bytes, wasm, features).into_iter();
        let outermost = units.next().unwrap_or_default();
        Listing { outermost, inner: units.collect() }
    }

    fn units(&self) -> impl Iterator<Item = &Unit> {
        [&self.outermost].into_iter().chain(&self.inner)
    }

    pub(super) fn is_without_sections(&self) -> bool {
        self.units().all(|unit| unit.sections.is_empty())
    }

    /// Keeps the sections that `shows` chooses by name, and what is in them.
    pub(super) fn retain(&mut self, shows: &dyn Fn(&str) -> bool) {
        self.outermost.retain(shows);
        self.inner.iter_mut().for_each(|unit| unit.retain(shows));
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for unit in self.units() {
            unit.write_heading(out)?;
            unit.write_sections(out)?;
            writeln!(out)?;
            unit.write_items(out)?;
        }
        Ok(())
    }

    pub(super) fn write_sections(&self, out: &mut dyn Write) -> io::Result<()> {
        self.units().try_for_each(|unit| {
            unit.write_heading(out)?;
            unit.write_sections(out)
        })
    }

    pub(super) fn write_items(&self, out: &mut dyn Write) -> io::Result<()> {
        self.units().try_for_each(|unit| {
            unit.write_heading(out)?;
            unit.write_items(out)
        })
    }
}

impl Unit {
    fn retain(&mut self, shows: &dyn Fn(&str) -> bool) {
        self.sections.retain(|row| shows(row.name.rsplit('"').nth(1).unwrap_or(&row.name)));
        self.imports.retain(|_| shows(SectionId::Import.name()));
        self.exports.retain(|_| shows(SectionId::Export.name()));
        if let Some(functions) = &mut self.functions {
            functions.retain(|_| shows(SectionId::Code.name()));
        }
    }

    /// A line with the path of an inner module or component.
    fn write_heading(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.path.is_empty() {
            true => Ok(()),
            false => writeln!(out, "\n{} at {:#x}", self.path, self.start),
        }
    }

    fn write_sections(&self, out: &mut dyn Write) -> io::Result<()> {
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

    fn write_items(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "imports ({})", self.imports.len())?;
        for ImportRow { module, name, kind, index, ty } in &self.imports {
            let module = module.as_ref().map_or(String::new(), |it| format!("{} ", Quoted(it)));
            let ty = ty.as_ref().map_or(String::new(), |ty| format!("  {ty}"));
            writeln!(out, "  {kind:<8} {index:>6}  {module}{}{ty}", Quoted(name))?;
        }
        writeln!(out, "\nexports ({})", self.exports.len())?;
        for ExportRow { name, kind, index, ty } in &self.exports {
            let ty = ty.as_ref().map_or(String::new(), |ty| format!("  {ty}"));
            writeln!(out, "  {kind:<8} {index:>6}  {}{ty}", Quoted(name))?;
        }
        let Some(functions) = &self.functions else { return Ok(()) };
        writeln!(out, "\nfunctions ({})", functions.len())?;
        for row in functions {
            let name = Shown(row.name.as_deref().unwrap_or_default());
            let line =
                format!("  {:>6} {:>#10x} {:>10} bytes  {name}", row.index, row.start, row.size);
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
