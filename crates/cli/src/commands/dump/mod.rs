//! `wattle dump`: every byte of a binary with its meaning.
//!
//! The parts of a module or component are shown as the parser finds them. The names of items come
//! behind the items in a binary, so they are taken from the tree, which was read before.

mod module;
mod rows;

use std::io::{self, Write};

use clap::Args;
use wattle::ast::components::{Component, Definition, Event, Holds, Layer, Part, Section};
use wattle::ast::{self, Item, Module};
use wattle::inspect::customs::Customs;
use wattle::parser::Skipped;
use wattle::parser::components::Parser;
use wattle::printer::DefinitionLister;
use wattle::{Features, Wasm};

use super::entries;
use crate::failure::Failure;
use crate::input::Input;
use crate::names::NameStyle;
use crate::output::Output;
use crate::source::Source;
use module::ModuleDumper;
pub(super) use rows::Detail;
use rows::{Form, Rows};

/// Shows every byte of a binary with its meaning, in nested rows of offset, bytes and meaning. With
/// `--json`, each row is a line.
#[derive(Args)]
pub(crate) struct Dump {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    names: NameStyle,
}

impl Dump {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let features = self.input.features_to_show();
        let source = self.input.read()?.binary(features)?;
        let mut wasm = source.readable(features, false)?.wasm;
        self.names.apply_to(&mut wasm);
        let errors = self.output.show(|out| {
            let mut rows = Rows::new(if json { Form::Json(out) } else { Form::Bytes(out) });
            rows.shown = true;
            Dumper::new(rows, &wasm, self.names).dump(&source, features, &|_| true)
        })?;
        source.all_shown(errors)
    }
}

/// A binary whose sections are shown.
#[derive(Clone, Copy)]
pub(super) struct Shows<'s> {
    pub(super) source: &'s Source,
    pub(super) wasm: &'s Wasm<'s>,
    pub(super) features: Features,
    pub(super) names: NameStyle,
    /// Chooses sections by name.
    pub(super) sections: &'s dyn Fn(&str) -> bool,
}

impl Shows<'_> {
    fn write_as(self, form: Form<'_>) -> io::Result<()> {
        let mut dumper = Dumper::new(Rows::new(form), self.wasm, self.names);
        // The errors were found when the tree was read.
        dumper.dump(self.source, self.features, self.sections).map(drop)
    }

    /// Writes rows with all bytes.
    pub(super) fn write_bytes(self, out: &mut dyn Write) -> io::Result<()> {
        self.write_as(Form::Bytes(out))
    }

    /// Writes the meanings of the bytes, without instructions.
    pub(super) fn write_details(self, out: &mut dyn Write) -> io::Result<()> {
        self.write_as(Form::Details(out))
    }

    /// Returns the meanings of the bytes, without instructions.
    pub(super) fn details(self) -> Vec<Detail> {
        let mut list = Vec::new();
        // Only writing can fail, and a list is not written.
        let _ = self.write_as(Form::List(&mut list));
        list
    }

    /// Writes the functions that `is_chosen` chooses by index and name, with their instructions.
    pub(super) fn write_funcs(
        self,
        out: &mut dyn Write,
        json: bool,
        is_chosen: &dyn Fn(u32, Option<&str>) -> bool,
    ) -> io::Result<()> {
        let rows = Rows::new(if json { Form::Json(out) } else { Form::Bytes(out) });
        let mut dumper = Dumper::new(rows, self.wasm, self.names);
        dumper.funcs = Some(is_chosen);
        dumper.dump(self.source, self.features, &|_| false).map(drop)
    }
}

/// Chooses functions by their indices and names.
type IsChosen<'c> = dyn Fn(u32, Option<&str>) -> bool + 'c;

/// A writer that shows parts as rows.
struct Dumper<'o, 'm> {
    rows: Rows<'o>,
    /// The core modules that have not begun.
    modules: Box<dyn Iterator<Item = &'m Module<'m>> + 'm>,
    /// The dumper of the current module.
    module: Option<ModuleDumper<'m>>,
    /// The custom sections of components.
    customs: Customs<'static>,
    names: NameStyle,
    /// Chooses the functions to show; if it is set, nothing else is shown.
    funcs: Option<&'o IsChosen<'o>>,
    /// The definitions that have not been reached, with their names.
    definitions: DefinitionLister<'m>,
    /// The number of modules and components that are open.
    depth: usize,
    /// The number of types that are open in the current section.
    types: usize,
}

/// The empty component that stands in for that of a module.
static NO_COMPONENT: Component<'static> = Component {
    definitions: Vec::new(),
    encoding: ast::components::Encoding { sections: Vec::new() },
};

impl<'o, 'm> Dumper<'o, 'm> {
    fn new(rows: Rows<'o>, wasm: &'m Wasm<'m>, names: NameStyle) -> Self {
        Dumper {
            rows,
            customs: names.customs(),
            names,
            funcs: None,
            modules: Box::new(wasm.modules()),
            module: None,
            definitions: DefinitionLister::new(wasm.component().unwrap_or(&NO_COMPONENT)),
            depth: 0,
            types: 0,
        }
    }

    /// Writes the sections whose names `shows` chooses. Returns the errors of malformed parts.
    fn dump(
        &mut self,
        source: &Source,
        features: Features,
        shows: &dyn Fn(&str) -> bool,
    ) -> io::Result<Vec<ast::Error>> {
        let mut errors = Vec::new();
        let mut events = Parser::new().features(features).events(&source.bytes);
        while let Some(event) = events.next() {
            match event {
                Ok(event) => {
                    match &event.part {
                        Part::Section(section) => self.rows.shown = shows(section.id.name()),
                        Part::Item(Item::Section(section)) => {
                            self.rows.shown = shows(section.id.name());
                        }
                        Part::Item(Item::Custom(custom)) => {
                            self.rows.shown = shows(custom.name.as_str());
                        }
                        Part::Definition(definition) => {
                            if let Some(name) = definition.custom_name() {
                                self.rows.shown = shows(name);
                            }
                        }
                        _ => {}
                    }
                    self.part(event)?;
                }
                Err(error) => {
                    let rest = Skipped { offset: events.offset(), bytes: events.rest() };
                    let skipped = events.skip_malformed();
                    self.malformed(skipped.unwrap_or(rest), &error, skipped.is_some())?;
                    // The skipped bytes may be the whole rest of a module.
                    while skipped.is_some() && self.depth > events.depth() + 1 {
                        self.leave();
                    }
                    errors.push(error);
                }
            }
        }
        Ok(errors)
    }

    fn part(&mut self, event: Event<'_>) -> io::Result<()> {
        let Event { part, offset, bytes } = event;
        match part {
            Part::Enter(layer) => self.enter(layer, offset, bytes),
            Part::Leave => {
                self.leave();
                Ok(())
            }
            Part::Section(section) => {
                self.end_section();
                self.section(&section, offset, bytes)
            }
            Part::Definition(definition) => self.definition(&definition, offset, bytes),
            Part::Item(item) => match (&mut self.module, self.funcs) {
                (Some(module), Some(is_chosen)) => {
                    let is_body = matches!(item, Item::Body(_));
                    self.rows.shown = is_body && module.is_next_func(is_chosen);
                    let event = ast::Event { item, offset, bytes };
                    let result = module.event(&mut self.rows, &event);
                    self.rows.shown = false;
                    result
                }
                (Some(module), None) => {
                    module.event(&mut self.rows, &ast::Event { item, offset, bytes })
                }
                (None, _) => Ok(()),
            },
        }
    }

    fn enter(&mut self, layer: Layer, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let magic = match layer {
            Layer::Module => "magic, version 1",
            Layer::Component => "magic, version 13, layer 1: a component",
        };
        if layer == Layer::Module {
            self.module = self.modules.next().map(|module| ModuleDumper::new(module, self.names));
        }
        self.depth += 1;
        if self.depth == 1 {
            return self.rows.row(offset, bytes, 0, magic);
        }
        let line = self.definitions.next().map(|line| line.text).unwrap_or_default();
        let meaning = format!("{}: {magic}", line.trim_start_matches('('));
        self.rows.enter(offset, bytes, meaning)
    }

    fn leave(&mut self) {
        self.end_section();
        let was_component = self.module.take().is_none();
        self.depth = self.depth.saturating_sub(1);
        if self.depth > 0 {
            self.rows.leave();
            if was_component {
                self.definitions.next();
            }
        }
    }

    /// Ends a section of a component. Types that are still open were skipped halfway.
    fn end_section(&mut self) {
        for _ in 0..std::mem::take(&mut self.types) {
            self.definitions.next();
        }
    }

    fn section(&mut self, section: &Section, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let count = match section.id.holds() {
            Holds::List => format!(", {}", entries(section.count)),
            Holds::One | Holds::Nested => format!(", {} bytes", section.size),
        };
        self.rows.row(offset, bytes, 0, &format!("{} section{count}", section.id.name()))
    }

    fn definition(
        &mut self,
        definition: &Definition<'_>,
        offset: usize,
        bytes: &[u8],
    ) -> io::Result<()> {
        if let Some(name) = definition.custom_name() {
            self.end_section();
            self.definitions.next();
            return self.rows.custom(offset, bytes, name, &mut self.customs);
        }
        let text = self.definitions.next().map(|line| line.text).unwrap_or_default();
        let level = 1 + self.types;
        self.types = definition.depth_after(self.types);
        if let Definition::End = definition {
            return Ok(());
        }
        self.rows.row(offset, bytes, level, &text)
    }

    /// Writes rows for malformed bytes.
    fn malformed(
        &mut self,
        skipped: Skipped<'_>,
        error: &ast::Error,
        is_whole: bool,
    ) -> io::Result<()> {
        match &mut self.module {
            Some(module) => module.malformed(&mut self.rows, skipped, error, is_whole),
            None => self.rows.malformed(skipped.offset, skipped.bytes, 1, error),
        }
    }
}
