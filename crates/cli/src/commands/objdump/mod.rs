//! `wattle objdump`: the sections, imports, exports and functions of a module or component.

mod archive;
mod spaces;
mod walk;

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use wattle::Features;
use wattle::Wasm;
use wattle::ast::{Quoted, SectionId, Shown};

use wattle::inspect::archive::{Member, members};

use super::dump::{Detail, Shows};
use super::entries;
use crate::failure::Failure;
use crate::input::Input;
use crate::names::NameStyle;
use crate::output::{Output, write_json};
use crate::source::{Readable, Source};

/// Lists sections, imports, exports and functions with their names and sizes.
///
/// The lists of a component are followed by those of the modules and components in it, each under
/// its path. For an archive of object files (`.a`), the members are listed; with `--details` or
/// `--section`, each member is shown.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wattle objdump prog.wasm
  wattle objdump --details math.wat
  wattle objdump --section export math.wat
  wattle objdump --function fib math.wat")]
pub(crate) struct Objdump {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Show everything but instructions and data: types, imports and exports with their types,
    /// limits, initial values, segments, names, symbols, relocations and the contents of other
    /// custom sections.
    #[arg(short = 'x', long)]
    details: bool,

    /// Show the details of one section, or of the custom sections of this name.
    #[arg(short = 'j', long, value_name = "NAME")]
    section: Option<String>,

    /// Show the instructions of one function, by its name or index.
    #[arg(long, value_name = "NAME|INDEX", conflicts_with_all = ["details", "section"])]
    function: Option<String>,

    #[command(flatten)]
    names: NameStyle,
}

/// The listing of a file. Offsets and sizes count bytes of the binary.
#[derive(Serialize)]
pub(super) struct Listing {
    #[serde(flatten)]
    outermost: Unit,
    /// The modules and components inside, in the order in which they begin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inner: Vec<Unit>,
    /// The meanings of the bytes, if they are requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Vec<Detail>>,
}

/// The listing of an archive.
#[derive(Serialize)]
struct ArchiveListing {
    members: Vec<archive::MemberRow>,
    /// The listings of the members that are modules or components, if they are requested.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    listings: Vec<Listing>,
}

/// The listing of a module or component, without its inner modules and components.
#[derive(Serialize, Default)]
struct Unit {
    /// The kind: `module` or `component`.
    kind: &'static str,
    /// The path to it, with its identifier in text; empty for the outermost.
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
    /// The module name; absent in a component.
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
    /// The type of an export of a component, if the export or the exported item states it.
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
        let source = self.input.read()?;
        if let Ok(members) = members(&source.bytes) {
            return self.archive(&source, &members, json);
        }
        let source = source.binary(features)?;
        let mut readable = source.readable(features, true)?;
        self.names.apply_to(&mut readable.wasm);
        self.find(&source, &readable)?;
        let errors = self.output.show(|out| {
            match json && self.function.is_none() {
                true => write_json(out, &self.listing(&source, &readable.wasm))?,
                false => self.write(out, &source, &readable.wasm, json)?,
            }
            Ok(readable.errors)
        })?;
        source.all_shown(errors)
    }

    fn shows<'s>(
        &self,
        source: &'s Source,
        wasm: &'s Wasm<'s>,
        sections: &'s dyn Fn(&str) -> bool,
    ) -> Shows<'s> {
        let features = self.input.features_to_show();
        Shows { source, wasm, features, names: self.names, sections }
    }

    /// Whether a section is shown.
    fn is_chosen(&self, name: &str) -> bool {
        self.section.as_ref().is_none_or(|section| section.eq_ignore_ascii_case(name))
    }

    /// Whether a function is shown.
    fn is_chosen_func(&self, index: u32, name: Option<&str>) -> bool {
        self.function
            .as_deref()
            .is_some_and(|wanted| Some(wanted) == name || wanted.parse() == Ok(index))
    }

    /// Fails if the requested section or function does not exist. If the binary cannot be read
    /// completely, the error of the parser comes later instead.
    fn find(&self, source: &Source, readable: &Readable<'_>) -> Result<(), Failure> {
        if !readable.errors.is_empty() {
            return Ok(());
        }
        let missing =
            |what: String| Err(Failure::Input(format!("there is no {what} in {}", source.name)));
        if let Some(section) = &self.section {
            let mut listing = Listing::new(source, &readable.wasm, self.input.features_to_show());
            listing.retain(&|name| self.is_chosen(name));
            if listing.is_without_sections() {
                return missing(format!("section {}", Shown(section)));
            }
        }
        if let Some(function) = &self.function {
            let is_there = readable.wasm.modules().any(|module| {
                module.indexed_funcs().any(|(index, _)| {
                    let name = module.names.funcs.get(index).map(|name| name.as_str());
                    self.is_chosen_func(index.0, name)
                })
            });
            if !is_there {
                return missing(format!("function {} with a body", Shown(function)));
            }
        }
        Ok(())
    }

    fn listing(&self, source: &Source, wasm: &Wasm<'_>) -> Listing {
        let mut listing = Listing::new(source, wasm, self.input.features_to_show());
        if self.section.is_some() {
            listing.retain(&|name| self.is_chosen(name));
        }
        if self.details || self.section.is_some() {
            let is_chosen = |name: &str| self.is_chosen(name);
            listing.details = Some(self.shows(source, wasm, &is_chosen).details());
        }
        listing
    }

    fn write(
        &self,
        out: &mut dyn Write,
        source: &Source,
        wasm: &Wasm<'_>,
        json: bool,
    ) -> io::Result<()> {
        let is_chosen = |name: &str| self.is_chosen(name);
        let shows = self.shows(source, wasm, &is_chosen);
        if self.function.is_some() {
            let is_chosen = |index: u32, name: Option<&str>| self.is_chosen_func(index, name);
            return shows.write_funcs(out, json, &is_chosen);
        }
        match self.details || self.section.is_some() {
            true => shows.write_details(out),
            false => Listing::new(source, wasm, self.input.features_to_show()).write(out),
        }
    }

    fn archive(&self, source: &Source, members: &[Member<'_>], json: bool) -> Result<(), Failure> {
        if self.function.is_some() {
            let why = "--function shows a module: take it out of the archive first, as `ar x` does";
            return Err(Failure::Usage(why.to_owned()));
        }
        let features = self.input.features_to_show();
        let is_asked_for = self.details || self.section.is_some();
        let modules =
            members.iter().filter(|member| is_asked_for && wattle::is_binary(member.bytes));
        let modules: Vec<_> =
            modules.map(|member| source.part(&member.name, member.bytes)).collect();
        let mut readable = Vec::new();
        for module in &modules {
            let mut it = module.readable(features, true)?;
            self.names.apply_to(&mut it.wasm);
            readable.push(it);
        }
        let rows = archive::rows(members);
        self.output.write(|out| {
            let mut pairs = modules.iter().zip(&readable);
            if json {
                let listings = pairs.map(|(module, it)| self.listing(module, &it.wasm)).collect();
                return write_json(out, &ArchiveListing { members: rows, listings });
            }
            archive::write(out, &rows)?;
            pairs.try_for_each(|(source, it)| {
                writeln!(out, "\n{}", source.name)?;
                self.write(out, source, &it.wasm, false)
            })
        })?;
        for (module, it) in modules.iter().zip(readable) {
            module.all_shown(it.errors)?;
        }
        Ok(())
    }
}

impl Listing {
    /// Makes the listing of a source. `wasm` is the part of it that can be read.
    pub(super) fn new(source: &Source, wasm: &Wasm<'_>, features: Features) -> Listing {
        let mut units = walk::units(&source.bytes, wasm, features).into_iter();
        let outermost = units.next().unwrap_or_default();
        Listing { outermost, inner: units.collect(), details: None }
    }

    fn units(&self) -> impl Iterator<Item = &Unit> {
        [&self.outermost].into_iter().chain(&self.inner)
    }

    pub(super) fn is_without_sections(&self) -> bool {
        self.units().all(|unit| unit.sections.is_empty())
    }

    /// Keeps the sections that `shows` chooses by name, with their items.
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

    /// Writes a line with the path of an inner module or component.
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
