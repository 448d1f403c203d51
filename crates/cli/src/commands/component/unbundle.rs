//! `wattle component unbundle`: the modules and components in a component as files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use wattle::ast::components::{Counts, Definition, Layer, Names, SectionId, SortIdx};
use wattle::ast::leb128;
use wattle::componentize::unbundle;
use wattle::parser::SectionFrame;
use wattle::parser::components::frames;
use wattle::{Features, Wasm};

use super::manifest::{Kind, MANIFEST, Manifest, Part, SHELL, Version};
use crate::failure::Failure;
use crate::input::Input;
use crate::output::{Output, json_line, write_json};
use crate::source::Source;
use crate::transaction::Transaction;

/// Writes the modules in a component to files, and the rest of the component.
///
/// With `--module-dir`, the core modules of the component, those of components inside among them,
/// become files `unbundled-module0.wasm` and so on, and a component that imports them is written to
/// standard output or to `-o`.
///
/// With `--out-dir`, each module or component that the component itself holds becomes a file; the
/// parts of such a component stay in it, and `unbundle` can take it apart too.
/// `wattle component bundle` puts the files together again: to the same bytes, or to another
/// component if files were changed.
///
/// The folder is written completely or not at all, also if the component cannot be written.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("folder").required(true).args(["out_dir", "module_dir"]))]
pub(crate) struct Unbundle {
    #[command(flatten)]
    input: Input,

    /// The folder for the files that `bundle` reads; it must be empty or not exist.
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,

    /// The folder for the modules that the component then imports; it must be empty or not exist.
    #[arg(long, value_name = "DIR")]
    module_dir: Option<PathBuf>,

    #[command(flatten)]
    output: Output,

    /// Write the component that imports the modules as text.
    #[arg(short = 't', long, visible_alias = "text", requires = "module_dir")]
    wat: bool,

    /// Leave modules and components of at most this many bytes in place: by default 0 with
    /// `--out-dir`, 10240 with `--module-dir`.
    #[arg(long, value_name = "BYTES")]
    threshold: Option<usize>,
}

/// The longest part of a file name that comes from a name in the component.
const MAX_NAME: usize = 64;

/// The threshold for modules that are imported. Smaller modules are hardly worth a file.
const IMPORTED: usize = 10 << 10;

impl Unbundle {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = self.input.read()?;
        if source.layer() == Layer::Module {
            let fault = source.fault("a component is expected, and this is a module".to_owned());
            return Err(Failure::Faults(vec![fault]));
        }
        match (&self.module_dir, &self.out_dir) {
            (Some(folder), _) => self.imported(&source, folder),
            (None, Some(folder)) => self.parted(source, folder, json),
            // The arguments are a group of which one is required.
            (None, None) => Ok(()),
        }
    }

    /// Writes modules to a folder, and the component that imports them.
    fn imported(&self, source: &Source, folder: &Path) -> Result<(), Failure> {
        let mut wasm = source.wasm(self.input.features_to_show())?;
        let Wasm::Component(component) = &mut wasm else { return Ok(()) };
        let modules = unbundle(component, self.threshold.unwrap_or(IMPORTED));
        let modules = modules
            .map_err(|error| Failure::Faults(vec![source.fault(error.to_string()).malformed()]))?;
        if !self.wat {
            self.output.refuse_terminal()?;
        }
        let files: Vec<_> = modules.iter().map(|module| [&module.name, ".wasm"].concat()).collect();
        let mut transaction = Transaction::default();
        transaction.folder(folder, |folder| {
            let mut pairs = files.iter().zip(&modules);
            pairs.try_for_each(|(file, module)| std::fs::write(folder.join(file), &module.bytes))
        })?;
        self.output.wasm_with(transaction, &wasm, self.wat)
    }

    /// Writes the parts of a component to a folder, and the shell.
    fn parted(&self, source: Source, folder: &Path, json: bool) -> Result<(), Failure> {
        if self.output.is_given() {
            let why = "-o is for --module-dir: --out-dir leaves no component";
            return Err(Failure::Usage(why.to_owned()));
        }
        let source = source.binary(self.input.features_to_show())?;
        let frames: Result<Vec<_>, _> = frames(&source.bytes).collect();
        let frames = frames.map_err(|error| source.malformed_binary(error))?;
        let parts = self.parts(&source, &frames);
        let shell = shell(&source, &frames, &parts);
        let contents: Vec<_> = parts.iter().map(|part| frames[part.section].content).collect();
        let manifest = Manifest { version: Version::One, parts };
        let mut transaction = Transaction::default();
        transaction.folder(folder, |folder| {
            for (part, content) in manifest.parts.iter().zip(&contents) {
                std::fs::write(folder.join(&part.file), content)?;
            }
            std::fs::write(folder.join(SHELL), &shell)?;
            let mut text = Vec::new();
            write_json(&mut text, &manifest)?;
            std::fs::write(folder.join(MANIFEST), text)
        })?;
        transaction.commit()?;
        Output::default().write(|out| show(out, &manifest, &contents, json))
    }

    /// The parts that become files, in the order of their sections.
    fn parts(&self, source: &Source, frames: &[SectionFrame<'_>]) -> Vec<Part> {
        let mut names = names(source).into_iter();
        let mut numbers = [0; 2];
        let parts = frames.iter().enumerate().filter_map(|(section, frame)| {
            let kind = match SectionId::from_code(frame.code) {
                Some(SectionId::CoreModule) => Kind::Module,
                Some(SectionId::Component) => Kind::Component,
                _ => return None,
            };
            let number = &mut numbers[kind as usize];
            let mut file = format!("{kind}{number}");
            *number += 1;
            if let Some(safe) = names.next().flatten() {
                file = format!("{file}-{safe}");
            }
            let size_bytes = frame.bytes.len() - frame.content.len() - 1;
            let part = Part { file: format!("{file}.wasm"), kind, section, size_bytes };
            (frame.content.len() > self.threshold.unwrap_or(0)).then_some(part)
        });
        parts.collect()
    }
}

/// The component in which the sections of the parts are empty.
fn shell(source: &Source, frames: &[SectionFrame<'_>], parts: &[Part]) -> Vec<u8> {
    let sections: usize = frames.iter().map(|frame| frame.bytes.len()).sum();
    let mut shell = source.bytes[..source.bytes.len() - sections].to_vec();
    let mut parts = parts.iter().peekable();
    for (section, frame) in frames.iter().enumerate() {
        match parts.next_if(|part| part.section == section) {
            Some(_) => {
                shell.push(frame.code);
                leb128::write_u32(&mut shell, 0);
            }
            None => shell.extend_from_slice(frame.bytes),
        }
    }
    shell
}

/// The names of the modules and components that the component itself holds, in order, as far as
/// they can be part of the name of a file.
fn names(source: &Source) -> Vec<Option<String>> {
    let Ok(readable) = source.readable(Features::ALL, false) else { return Vec::new() };
    let Wasm::Component(component) = &readable.wasm else { return Vec::new() };
    let (mut depth, mut counts, mut found) = (0, Counts::default(), Vec::new());
    let mut names = Names::default();
    for definition in &component.definitions {
        if depth == 0 {
            let index = counts.add(definition);
            match definition {
                Definition::CoreModule(module) => found.push((index, module.names.module.clone())),
                Definition::Component => found.push((index, None)),
                Definition::Names(found) => names = Names::clone(found),
                _ => {}
            }
        }
        depth = definition.depth_after(depth);
    }
    let name = |(index, own): (Option<SortIdx>, Option<wattle::ast::Name<'_>>)| {
        let index = index?;
        let name = names.of(index.sort(), index.number()).cloned().or(own)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let safe = name.chars().take(MAX_NAME).map(|c| if is_plain(c) { c } else { '_' });
        Some(safe.collect::<String>()).filter(|name| !name.is_empty())
    };
    found.into_iter().map(name).collect()
}

/// Lists the files that were written.
fn show(
    out: &mut dyn Write,
    manifest: &Manifest,
    contents: &[&[u8]],
    json: bool,
) -> io::Result<()> {
    for (part, content) in manifest.parts.iter().zip(contents) {
        let Part { file, kind, .. } = part;
        let size = content.len();
        match json {
            true => {
                let row = serde_json::json!({ "file": file, "kind": kind, "size": size });
                writeln!(out, "{}", json_line(&row))?;
            }
            false => writeln!(out, "{file}: {kind}, {size} bytes")?,
        }
    }
    Ok(())
}
