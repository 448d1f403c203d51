//! `wattle print`: binary to text.

use std::io::Write;
use std::sync::Arc;

use clap::Args;
use wattle::ast::components;
use wattle::ast::{ExternKind, FuncIdx, Module, Names};
use wattle::printer::{Comments, Config};
use wattle::validator::{FuncValidator, Limits, StackTypes, Validator};
use wattle::{Features, Wasm};

use crate::colours::Painter;
use crate::failure::{Failure, warn};
use crate::input::Input;
use crate::output::Output;
use crate::source::{Readable, Source};

/// Translates binary to text.
#[derive(Args)]
pub(crate) struct Print {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Fold operands into the instructions that consume them.
    #[arg(long)]
    fold: bool,

    /// Leave out the contents of functions and segments.
    #[arg(long)]
    skeleton: bool,

    /// Write the byte offset in the binary before each item and instruction.
    #[arg(long)]
    offsets: bool,

    /// Generate names for everything that has none.
    #[arg(long)]
    name_unnamed: bool,

    /// The number of spaces for each level of indentation.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(..=16))]
    indent: u8,

    /// Leave out all names, so that the text has only indices.
    #[arg(long, conflicts_with = "name_unnamed")]
    no_names: bool,

    /// Leave out custom sections, but not names.
    #[arg(long)]
    no_customs: bool,

    /// Before each instruction, write a comment with the types of the operands that are on the
    /// stack of the innermost block.
    #[arg(long, conflicts_with_all = ["fold", "skeleton"])]
    operand_stack: bool,

    /// Write imports and exports inline, at the items that they import or export.
    #[arg(long)]
    inline_imports_exports: bool,
}

impl Print {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let source = self.input.read()?;
        let features = self.input.features_to_show();
        // The printer reads the instructions of bodies anyway, with all features.
        let mut readable = source.readable(features, features != Features::ALL)?;
        if !self.skeleton {
            warn_of_left_out(&source, &readable.wasm, json);
        }
        if self.no_names {
            remove_names(&mut readable.wasm);
        }
        if self.no_customs {
            retain_customs(&mut readable.wasm, is_names);
        }
        let stacks = || readable.wasm.modules().map(|module| Arc::new(operand_stacks(module)));
        let (stacks, stacks_of_modules) = match (&readable.wasm, self.operand_stack) {
            (_, false) => (None, None),
            (Wasm::Module(_), true) => (stacks().next(), None),
            (Wasm::Component(_), true) => (None, Some(stacks().collect())),
        };
        let config = Config::new()
            .comments(stacks)
            .module_comments(stacks_of_modules)
            .fold(self.fold)
            .skeleton(self.skeleton)
            .offsets(self.offsets)
            .name_unnamed(self.name_unnamed)
            .inline_imports_exports(self.inline_imports_exports)
            .indent(self.indent.into());
        print(&source, readable, &config, features, &self.output)
    }
}

/// Returns the operand stacks of all functions, as far as these are valid. A module that is invalid
/// outside of its functions has none.
fn operand_stacks(module: &Module<'_>) -> Comments {
    let mut comments = Comments::default();
    let validator = Validator::new().features(Features::ALL).limits(Limits::NONE);
    let Ok(types) = validator.declarations(module) else { return comments };
    let mut validator = FuncValidator::default();
    let first = module.imported(ExternKind::Func);
    for (place, func) in (0..).zip(&module.funcs) {
        let watch = &mut |offset: usize, stack: StackTypes| {
            comments.add(place, offset as u32, &stack.to_string());
        };
        // The comments end at the first invalid instruction.
        let _ = validator.watch_body(&types, FuncIdx(first + place), &func.body, watch);
    }
    comments
}

fn is_names(section: &str) -> bool {
    section == Names::NAME || section == components::Names::NAME
}

/// Removes all names, including the name sections.
pub(super) fn remove_names(wasm: &mut Wasm<'_>) {
    wasm.modules_mut().for_each(|module| module.names = Names::default());
    retain_customs(wasm, |name| !is_names(name));
}

/// Removes custom sections, including those of inner modules and components, unless `keeps` chooses
/// their names.
fn retain_customs(wasm: &mut Wasm<'_>, keeps: impl Fn(&str) -> bool) {
    wasm.modules_mut().for_each(|module| module.customs.retain(|custom| keeps(&custom.name)));
    if let Wasm::Component(component) = wasm {
        component.definitions.retain(|definition| match definition.custom_name() {
            Some(name) => keeps(name),
            None => true,
        });
    }
}

/// Warns of custom sections that would be wrong for the binary of the text.
pub(super) fn warn_of_left_out(source: &Source, wasm: &Wasm<'_>, json: bool) {
    let help = "code that comes from text is written in its shortest form: to keep every byte, work \
                on the binary";
    warn(&source.left_out_of_shortest(wasm, Some(help)), json);
}

/// Prints the part of a source that could be read.
pub(super) fn print(
    source: &Source,
    readable: Readable<'_>,
    config: &Config,
    features: Features,
    output: &Output,
) -> Result<(), Failure> {
    let Readable { wasm, missing_bodies, mut errors } = readable;
    let errors = output.show(|out| {
        let mut out = Painter::new(out, output.is_coloured());
        let mut text = FmtToIo { out: &mut out, error: Ok(()) };
        let is_legible = config.print_wasm_to(&wasm, &mut text);
        text.error?;
        if is_legible == Ok(false) {
            errors = source.readable(features, true).map(|again| again.errors).unwrap_or_default();
        }
        for error in &errors {
            writeln!(out, ";; cannot be read: {error}")?;
        }
        if missing_bodies > 0 {
            writeln!(out, ";; the bodies of the last {missing_bodies} functions were not read")?;
        }
        out.flush()?;
        Ok(errors)
    })?;
    source.all_shown(errors)
}

/// An `io::Write` as a `fmt::Write`. It keeps the `io::Error`, which a `fmt::Error` cannot carry.
struct FmtToIo<'a> {
    out: &'a mut dyn Write,
    error: std::io::Result<()>,
}

impl std::fmt::Write for FmtToIo<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.out.write_all(text.as_bytes()).map_err(|error| {
            self.error = Err(error);
            std::fmt::Error
        })
    }
}
