//! The items of a module as rows of a dump.

use std::io;

use wattle::ast::{
    self, Body, CustomData, Elem, ElemItems, Event, ExternKind, ExternType, Item, ItemKind, Module,
    Names, Quoted, SectionId,
};
use wattle::parser::Skipped;
use wattle::parser::components::{is_body, malformed_body};
use wattle::printer::Lister;

use super::rows::Rows;
use crate::commands::entries;

/// Shows the items of a module.
pub(super) struct ModuleDumper<'m> {
    lister: Lister<'m>,
    module: &'m Module<'m>,
    /// The index that the next item of each kind gets.
    next: std::collections::HashMap<ItemKind, u32>,
}

impl<'m> ModuleDumper<'m> {
    /// A dumper of a module, whose names are those of the tree.
    pub(super) fn new(module: &'m Module<'m>) -> Self {
        let lister = Lister::new(module);
        let kinds = ExternKind::ALL.iter();
        let next = kinds.map(|&kind| (kind.into(), module.imported(kind))).collect();
        ModuleDumper { lister, module, next }
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
    fn item(
        &mut self,
        rows: &mut Rows<'_>,
        event: &Event<'_>,
        kind: ItemKind,
        what: &str,
    ) -> io::Result<()> {
        let index = self.index(kind);
        let shown = self.name(kind, index);
        let meaning = format!("{} {index}{shown}: {what}", kind.keyword());
        rows.row(event.offset, event.bytes, 1, &meaning)
    }

    /// Rows for an item. The rows of a section that is not shown are left out.
    pub(super) fn event(&mut self, rows: &mut Rows<'_>, event: &Event<'_>) -> io::Result<()> {
        match &event.item {
            Item::Header => rows.row(event.offset, event.bytes, 0, "magic, version 1"),
            Item::Section(section) => self.section(rows, event, section.id, section.count),
            Item::RecGroup(group) => rows.row(
                event.offset,
                event.bytes,
                1,
                &format!("the next {} types are recursive", group.len),
            ),
            Item::Type(ty) => {
                let what = self.lister.type_text(ty);
                self.item(rows, event, ItemKind::Type, &what)
            }
            Item::ImportGroup(group) => {
                let meaning =
                    format!("the next {} imports are from {}", group.len, Quoted(&group.module));
                rows.row(event.offset, event.bytes, 1, &meaning)
            }
            Item::Import(import) => {
                let (module, name) = (Quoted(&import.module), Quoted(&import.name));
                let what = format!("{module} {name}, {}", self.lister.extern_text(&import.ty));
                self.item(rows, event, ItemKind::Import, &what)
            }
            Item::Func(ty) => self.item(rows, event, ItemKind::Func, &format!("type {ty}")),
            Item::Table(table) => {
                let what = self.lister.extern_text(&ExternType::Table(table.ty));
                self.item(rows, event, ItemKind::Table, &what)
            }
            Item::Mem(ty) => {
                let what = self.lister.extern_text(&ExternType::Mem(*ty));
                self.item(rows, event, ItemKind::Mem, &what)
            }
            Item::Tag(ty) => self.item(rows, event, ItemKind::Tag, &format!("type {}", ty.ty)),
            Item::Global(global) => {
                let mutable = if global.ty.mutable { "mut " } else { "" };
                let what =
                    format!("{mutable}{} = {}", global.ty.val, self.exprs(&[global.init.bytes()]));
                self.item(rows, event, ItemKind::Global, &what)
            }
            Item::Export(export) => {
                let (kind, index) = (export.index.kind(), export.index.index());
                let what = format!("{} is {} {index}", Quoted(&export.name), kind.keyword());
                self.item(rows, event, ItemKind::Export, &what)
            }
            Item::Start(func) => rows.row(event.offset, event.bytes, 1, &format!("func {func}")),
            Item::Elem(elem) => {
                let what = self.elem(elem);
                self.item(rows, event, ItemKind::Elem, &what)
            }
            Item::DataCount(count) => {
                rows.row(event.offset, event.bytes, 1, &format!("{count} data segments"))
            }
            Item::Body(body) => self.body(rows, event, body).map(drop),
            Item::Data(data) => self.item(
                rows,
                event,
                ItemKind::Data,
                &format!("{} bytes, {}", data.bytes.len(), self.data_mode(&data.mode)),
            ),
            Item::Custom(custom) => {
                let meaning = match (&*custom.name, &custom.data) {
                    (Names::NAME, CustomData::Bytes(bytes)) => match Names::parse(bytes) {
                        Ok(names) => format!("names of {} functions and more", names.funcs.len()),
                        Err(error) => format!("{error} of the names"),
                    },
                    _ => String::new(),
                };
                rows.custom(event.offset, event.bytes, &custom.name, &meaning)
            }
            _ => rows.row(event.offset, event.bytes, 1, ""),
        }
    }

    /// Rows for bytes that are malformed. A body of known size is shown as far as it can be read.
    pub(super) fn malformed(
        &mut self,
        rows: &mut Rows<'_>,
        Skipped { offset, bytes }: Skipped<'_>,
        error: &ast::Error,
        is_whole: bool,
    ) -> io::Result<()> {
        let is_body = is_whole && is_body(error);
        if is_body && let Some(body) = malformed_body(bytes) {
            let shown = self.body(rows, &Event { item: Item::Header, offset, bytes }, &body)?;
            return rows.malformed(offset + shown, &bytes[shown..], 2, error);
        }
        if is_body {
            self.index(ItemKind::Func);
        }
        rows.malformed(offset, bytes, 1, error)
    }

    fn section(
        &mut self,
        rows: &mut Rows<'_>,
        event: &Event<'_>,
        id: SectionId,
        count: u32,
    ) -> io::Result<()> {
        if id == SectionId::Code {
            // Bodies have the indices that the function section gave out.
            self.next.insert(ItemKind::Func, self.module.imported(ExternKind::Func));
        }
        let count = if id.is_list() { format!(", {}", entries(count)) } else { String::new() };
        rows.row(event.offset, event.bytes, 0, &format!("{} section{count}", id.name()))
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
    fn body(
        &mut self,
        rows: &mut Rows<'_>,
        event: &Event<'_>,
        body: &Body<'_>,
    ) -> io::Result<usize> {
        let index = self.index(ItemKind::Func);
        let shown = self.name(ItemKind::Func, index);
        let size = event.bytes.len() - body.bytes().len();
        let (head, bytes) = event.bytes.split_at(size);
        rows.row(event.offset, head, 1, &format!("func {index}{shown}: {} bytes", bytes.len()))?;
        let (locals, code) = bytes.split_at(body.code_offset());
        let runs: Vec<_> = body.locals().map(|run| format!("{} {}", run.count, run.ty)).collect();
        let start = event.offset + size;
        let runs = if runs.is_empty() { "none".to_owned() } else { runs.join(", ") };
        rows.row(start, locals, 2, &format!("locals: {runs}"))?;
        let listing = self.lister.expr(code);
        for (at, line) in listing.lines.iter().enumerate() {
            let end = listing.lines.get(at + 1).map_or(listing.len, |next| next.offset);
            let offset = start + body.code_offset() + line.offset;
            rows.row(offset, &code[line.offset..end], 2 + line.depth, &line.text)?;
        }
        Ok(size + body.code_offset() + listing.len)
    }
}
