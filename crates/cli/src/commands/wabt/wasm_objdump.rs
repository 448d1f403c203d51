//! `wasm-objdump`: the contents of binaries.

use std::path::PathBuf;

use clap::{ArgAction, Args};
use wattle::ast::components::Layer;
use wattle::ast::{self, SectionId};

use super::{read, refused};
use crate::commands::dump::Shows;
use crate::commands::objdump::Listing;
use crate::failure::Failure;
use crate::input::Reading;
use crate::names::NameStyle;
use crate::output::Output;
use crate::source::Source;

/// Shows the contents of binaries, with the options of WABT's `wasm-objdump`.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub(crate) struct WasmObjdump {
    /// The modules, text or binary; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// List the sections.
    #[arg(short = 'h', long)]
    headers: bool,

    /// Show everything but instructions and data.
    #[arg(short = 'x', long)]
    details: bool,

    /// Show the instructions of functions.
    #[arg(short, long)]
    disassemble: bool,

    /// Show every byte of the sections with its meaning.
    #[arg(short = 's', long)]
    full_contents: bool,

    /// Show one section alone, or the custom sections of this name.
    #[arg(short = 'j', long, value_name = "NAME")]
    section: Option<String>,

    #[arg(short, long, hide = true)]
    reloc: bool,

    #[arg(long, hide = true)]
    debug: bool,

    #[arg(long, hide = true)]
    section_offsets: bool,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    reading: Reading,

    /// Print help.
    #[arg(long, action = ArgAction::HelpLong)]
    help: Option<bool>,
}

impl WasmObjdump {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        for (is_given, option, instead) in [
            (
                self.reloc,
                "--reloc",
                "`-x` shows relocations, `-x -j reloc.CODE` those of one section",
            ),
            (self.debug, "--debug", "`-s` shows every byte"),
            (self.section_offsets, "--section-offsets", "offsets count from the start of the file"),
        ] {
            if is_given {
                return Err(refused(option, instead));
            }
        }
        if !(self.headers || self.details || self.disassemble || self.full_contents) {
            let why = "at least one of -h (headers), -x (details), -d (disassemble) and -s (full \
                       contents) is needed";
            return Err(Failure::Usage(why.to_owned()));
        }
        let (mut sources, mut faults) = (Vec::new(), Vec::new());
        for file in &self.files {
            let features = self.reading.features_to_show();
            let source = read(Some(file), self.reading.clone(), json)?;
            let source = source.binary(features)?;
            self.find_section(&source)?;
            sources.push(source);
        }
        let mut errors: Vec<(&Source, Vec<ast::Error>)> = Vec::new();
        self.output.show(|out| {
            for source in &sources {
                errors.push((source, self.show(out, source)?));
            }
            Ok(Vec::new())
        })?;
        for (source, errors) in errors {
            match source.all_shown(errors) {
                Err(Failure::Faults(more)) => faults.extend(more),
                other => other?,
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Failure::Faults(faults)) }
    }

    /// Fails if the requested section does not exist. If the binary cannot be read completely, the
    /// error of the parser comes later instead.
    fn find_section(&self, source: &Source) -> Result<(), Failure> {
        let Some(section) = &self.section else { return Ok(()) };
        let features = self.reading.features_to_show();
        let readable = source.readable(features, false)?;
        let mut listing = Listing::new(source, &readable.wasm, features);
        listing.retain(&|name| section.eq_ignore_ascii_case(name));
        match listing.is_without_sections() && readable.errors.is_empty() {
            true => {
                Err(Failure::Input(format!("there is no section {section} in {}", source.name)))
            }
            false => Ok(()),
        }
    }

    fn show(
        &self,
        out: &mut dyn std::io::Write,
        source: &Source,
    ) -> std::io::Result<Vec<ast::Error>> {
        let features = self.reading.features_to_show();
        let Ok(mut readable) = source.readable(features, true) else { return Ok(Vec::new()) };
        let is_chosen = |name: &str| match &self.section {
            Some(section) => section.eq_ignore_ascii_case(name),
            None => true,
        };
        let mut listing = Listing::new(source, &readable.wasm, features);
        listing.retain(&is_chosen);
        let what = match source.layer() {
            Layer::Module => "module, version 1",
            Layer::Component => "component, version 13, layer 1",
        };
        writeln!(out, "{}: {what}\n", source.name)?;
        if self.headers {
            listing.write_sections(out)?;
            writeln!(out)?;
        }
        let names = NameStyle::AS_WRITTEN;
        names.apply_to(&mut readable.wasm);
        let shows = Shows { source, wasm: &readable.wasm, features, names, sections: &is_chosen };
        if self.details {
            shows.write_details(out)?;
            writeln!(out)?;
        }
        if self.disassemble {
            let is_code = |name: &str| name == SectionId::Code.name() && is_chosen(name);
            Shows { sections: &is_code, ..shows }.write_bytes(out)?;
            writeln!(out)?;
        }
        if self.full_contents {
            shows.write_bytes(out)?;
            writeln!(out)?;
        }
        Ok(readable.errors)
    }
}
