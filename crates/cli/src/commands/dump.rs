//! `wattle dump`: every byte of a binary with what it means.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;
use wattle::Features;
use wattle::ast::{
    self, Body, CustomData, Elem, ElemItems, Event, ExternKind, Item, ItemKind, Module, Names,
    Quoted, SectionId,
};
use wattle::parser::{Parser, Skipped};
use wattle::printer::Lister;

use super::entries;
use crate::failure::Failure;
use crate::input::Input;
use crate::output::{Output, json_line};
use crate::source::{Source, is_body, malformed_body};

/// Shows every byte of a binary with what it means: offset, bytes, meaning, nested. With `--json`,
/// each row is a line.
#[derive(Args)]
pub(crate) struct Dump {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,
}

impl Dump {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        let features = self.input.features_to_show();
        let source = self.input.read()?.binary(features)?;
        // For the names, which stand behind what they name.
        let module = source.readable(features, false)?.module;
        let errors = self
            .output
            .show(|out| Dumper::new(out, &module, json).dump(&source, features, &|_| true))?;
        source.all_shown(errors)
    }
}

/// Writes the sections whose names `shows` chooses, as rows. Returns what is malformed.
pub(super) fn dump_sections(
    out: &mut dyn Write,
    source: &Source,
    module: &Module<'_>,
    features: Features,
    shows: &dyn Fn(&str) -> bool,
) -> io::Result<Vec<ast::Error>> {
    Dumper { shown: false, ..Dumper::new(out, module, false) }.dump(source, features, shows)
}

/// The number of bytes in a row.
const ROW: usize = 12;

/// A row as JSON.
#[derive(Serialize)]
struct Row<'a> {
    /// Where the bytes stand in the binary.
    offset: usize,
    /// The bytes as pairs of hexadecimal digits.
    bytes: String,
    /// How deep what they mean is nested.
    level: usize,
    meaning: &'a str,
}

/// Writes events as rows: offset, bytes, meaning.
struct Dumper<'a> {
    out: &'a mut dyn Write,
    /// Whether a row is a line of JSON.
    json: bool,
    /// Whether the section at hand is shown.
    shown: bool,
    lister: Lister<'a>,
    module: &'a Module<'a>,
    /// The index that the next item of each kind gets.
    next: std::collections::HashMap<ItemKind, u32>,
}

impl<'a> Dumper<'a> {
    fn new(out: &'a mut dyn Write, module: &'a Module<'a>, json: bool) -> Self {
        let lister = Lister::new(module);
        let kinds = ExternKind::ALL.iter();
        let next = kinds.map(|&kind| (kind.into(), module.imported(kind))).collect();
        Dumper { out, json, shown: true, lister, module, next }
    }

    /// Writes the sections whose names `shows` chooses. Returns what is malformed.
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
                    match &event.item {
                        Item::Section(section) => self.shown = shows(section.id.name()),
                        Item::Custom(custom) => self.shown = shows(custom.name.as_str()),
                        _ => {}
                    }
                    self.event(&event)?;
                }
                Err(error) => {
                    let rest = Skipped { offset: events.offset(), bytes: events.rest() };
                    let skipped = events.skip_malformed();
                    self.malformed(skipped.unwrap_or(rest), &error, skipped.is_some())?;
                    errors.push(error);
                }
            }
        }
        Ok(errors)
    }

    /// A row with the first bytes and their meaning, then rows with the other bytes.
    fn row(&mut self, offset: usize, bytes: &[u8], level: usize, meaning: &str) -> io::Result<()> {
        if !self.shown {
            return Ok(());
        }
        if self.json {
            let bytes = Hex(bytes, "").to_string();
            return writeln!(self.out, "{}", json_line(&Row { offset, bytes, level, meaning }));
        }
        let mut rows = bytes.chunks(ROW).enumerate();
        let (_, first) = rows.next().unwrap_or((0, &[]));
        writeln!(
            self.out,
            "{offset:8x} | {:width$} | {:indent$}{meaning}",
            Hex(first, " "),
            "",
            width = 3 * ROW - 1,
            indent = 2 * level
        )?;
        for (number, row) in rows {
            writeln!(
                self.out,
                "{:8x} | {:width$} |",
                offset + number * ROW,
                Hex(row, " "),
                width = 3 * ROW - 1
            )?;
        }
        Ok(())
    }

    /// Counts an item, and gives its index.
    fn index(&mut self, kind: ItemKind) -> u32 {
        let next = self.next.entry(kind).or_default();
        *next += 1;
        *next - 1
    }

    fn name(&self, kind: ItemKind, index: u32) -> String {
        let name = self.module.names.of(kind, index);
        name.map_or(String::new(), |name| format!(" {}", Quoted(name)))
    }

    /// A row for an item with an index.
    fn item(&mut self, event: &Event<'_>, kind: ItemKind, what: &str) -> io::Result<()> {
        let index = self.index(kind);
        let shown = self.name(kind, index);
        let meaning = format!("{} {index}{shown}: {what}", kind.keyword());
        self.row(event.offset, event.bytes, 1, &meaning)
    }

    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match &event.item {
            Item::Header => self.row(event.offset, event.bytes, 0, "magic, version 1"),
            Item::Section(section) => self.section(event, section.id, section.count),
            Item::RecGroup(group) => self.row(
                event.offset,
                event.bytes,
                1,
                &format!("the next {} types are recursive", group.len),
            ),
            Item::Type(ty) => self.item(event, ItemKind::Type, &format!("{:?}", ty.comp)),
            Item::ImportGroup(group) => {
                let meaning =
                    format!("the next {} imports are from {}", group.len, Quoted(&group.module));
                self.row(event.offset, event.bytes, 1, &meaning)
            }
            Item::Import(import) => {
                let (module, name) = (Quoted(&import.module), Quoted(&import.name));
                let what = format!("{module} {name}, {:?}", import.ty);
                self.item(event, ItemKind::Import, &what)
            }
            Item::Func(ty) => self.item(event, ItemKind::Func, &format!("type {ty}")),
            Item::Table(table) => self.item(event, ItemKind::Table, &format!("{:?}", table.ty)),
            Item::Mem(ty) => self.item(event, ItemKind::Mem, &format!("{ty:?}")),
            Item::Tag(ty) => self.item(event, ItemKind::Tag, &format!("type {}", ty.ty)),
            Item::Global(global) => {
                let mutable = if global.ty.mutable { "mut " } else { "" };
                let what =
                    format!("{mutable}{} = {}", global.ty.val, self.exprs(&[global.init.bytes()]));
                self.item(event, ItemKind::Global, &what)
            }
            Item::Export(export) => {
                let (kind, index) = (export.index.kind(), export.index.index());
                let what = format!("{} is {} {index}", Quoted(&export.name), kind.keyword());
                self.item(event, ItemKind::Export, &what)
            }
            Item::Start(func) => self.row(event.offset, event.bytes, 1, &format!("func {func}")),
            Item::Elem(elem) => {
                let what = self.elem(elem);
                self.item(event, ItemKind::Elem, &what)
            }
            Item::DataCount(count) => {
                self.row(event.offset, event.bytes, 1, &format!("{count} data segments"))
            }
            Item::Body(body) => self.body(event, body).map(drop),
            Item::Data(data) => self.item(
                event,
                ItemKind::Data,
                &format!("{} bytes, {}", data.bytes.len(), self.data_mode(&data.mode)),
            ),
            Item::Custom(custom) => {
                let bytes = custom.data.bytes().unwrap_or_default();
                let head = event.bytes.len() - bytes.len();
                let meaning =
                    format!("custom section {}, {} bytes", Quoted(&custom.name), bytes.len());
                self.row(event.offset, &event.bytes[..head], 0, &meaning)?;
                let meaning = match (&*custom.name, &custom.data) {
                    (Names::NAME, CustomData::Bytes(bytes)) => match Names::parse(bytes) {
                        Ok(names) => format!("names of {} functions and more", names.funcs.len()),
                        Err(error) => format!("{error} of the names"),
                    },
                    _ => String::new(),
                };
                if bytes.is_empty() {
                    Ok(())
                } else {
                    self.row(event.offset + head, bytes, 1, &meaning)
                }
            }
        }
    }

    /// Rows for bytes that are malformed. A body of known size is shown as far as it can be read.
    fn malformed(
        &mut self,
        Skipped { offset, bytes }: Skipped<'_>,
        error: &ast::Error,
        is_whole: bool,
    ) -> io::Result<()> {
        let meaning = format!("malformed: {}", error.reason());
        let is_body = is_whole && is_body(error);
        if is_body && let Some(body) = malformed_body(bytes) {
            let shown = self.body(&Event { item: Item::Header, offset, bytes }, &body)?;
            return self.row(offset + shown, &bytes[shown..], 2, &meaning);
        }
        if is_body {
            self.index(ItemKind::Func);
        }
        self.row(offset, bytes, 1, &meaning)
    }

    fn section(&mut self, event: &Event<'_>, id: SectionId, count: u32) -> io::Result<()> {
        if id == SectionId::Code {
            // Bodies have the indices that the function section gave out.
            self.next.insert(ItemKind::Func, self.module.imported(ExternKind::Func));
        }
        let count = if id.is_list() { format!(", {}", entries(count)) } else { String::new() };
        self.row(event.offset, event.bytes, 0, &format!("{} section{count}", id.name()))
    }

    /// Constant expressions, each without its `end`.
    fn exprs(&self, exprs: &[&[u8]]) -> String {
        let text = exprs.iter().map(|expr| {
            let mut lines: Vec<_> =
                self.lister.expr(expr).lines.into_iter().map(|line| line.text).collect();
            lines.pop();
            lines.join(" ")
        });
        text.collect::<Vec<_>>().join(", ")
    }

    fn elem(&self, elem: &Elem<'_>) -> String {
        use wattle::ast::ElemMode::*;
        let mode = match &elem.mode {
            Passive => "passive".to_owned(),
            Declarative => "declarative".to_owned(),
            Active { table, offset } => {
                let table = table.unwrap_or_default();
                format!("to table {table} at {}", self.exprs(&[offset.bytes()]))
            }
        };
        let items = match &elem.items {
            ElemItems::Funcs(funcs) => {
                format!("funcs {:?}", funcs.view().iter().map(|f| f.0).collect::<Vec<_>>())
            }
            ElemItems::Exprs(exprs) => {
                let exprs: Vec<_> = exprs.view().iter().collect();
                self.exprs(&exprs.iter().map(|expr| expr.bytes()).collect::<Vec<_>>())
            }
        };
        format!("{} of {}, {mode}: {items}", elem.items.len(), elem.ty)
    }

    fn data_mode(&self, mode: &wattle::ast::DataMode<'_>) -> String {
        use wattle::ast::DataMode::*;
        match mode {
            Passive => "passive".to_owned(),
            Active { memory, offset } => {
                let memory = memory.unwrap_or_default();
                format!("to memory {memory} at {}", self.exprs(&[offset.bytes()]))
            }
        }
    }

    /// Rows for a body. Returns how many bytes of the event were shown: fewer than all where the
    /// instructions are malformed.
    fn body(&mut self, event: &Event<'_>, body: &Body<'_>) -> io::Result<usize> {
        let index = self.index(ItemKind::Func);
        let shown = self.name(ItemKind::Func, index);
        let size = event.bytes.len() - body.bytes().len();
        let (head, bytes) = event.bytes.split_at(size);
        self.row(event.offset, head, 1, &format!("func {index}{shown}: {} bytes", bytes.len()))?;
        let (locals, code) = bytes.split_at(body.code_offset());
        let runs: Vec<_> = body.locals().map(|run| format!("{} {}", run.count, run.ty)).collect();
        let start = event.offset + size;
        let runs = if runs.is_empty() { "none".to_owned() } else { runs.join(", ") };
        self.row(start, locals, 2, &format!("locals: {runs}"))?;
        let listing = self.lister.expr(code);
        for (at, line) in listing.lines.iter().enumerate() {
            let end = listing.lines.get(at + 1).map_or(listing.len, |next| next.offset);
            let offset = start + body.code_offset() + line.offset;
            self.row(offset, &code[line.offset..end], 2 + line.depth.min(40), &line.text)?;
        }
        Ok(size + body.code_offset() + listing.len)
    }
}

/// Bytes as pairs of hexadecimal digits, with a separator.
struct Hex<'a>(&'a [u8], &'a str);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits: Vec<_> = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        f.pad(&digits.join(self.1))
    }
}
