//! The items of a module as rows of a dump.

use std::io;

use wattle::ast::{
    self, Body, Elem, ElemItems, Event, Expr, ExternKind, ExternType, IndexSpaces, Item, ItemKind,
    Module, Quoted, Reader, SectionId, TypeIdx,
};
use wattle::inspect::customs::Customs;
use wattle::parser::Skipped;
use wattle::parser::components::{is_body, malformed_body};
use wattle::printer::Lister;

use super::rows::{Rows, custom_content, section_content};
use crate::commands::entries;
use crate::names::NameStyle;

/// Splits the bytes of an event before the last `len` of them.
fn split<'e>(event: &Event<'e>, len: usize) -> (Event<'e>, Event<'e>) {
    let at = event.bytes.len().saturating_sub(len);
    let (head, rest) = event.bytes.split_at(at);
    let part = |offset, bytes| Event { item: Item::Header, offset, bytes };
    (part(event.offset, head), part(event.offset + at, rest))
}

/// A writer that shows the items of a module as rows.
pub(super) struct ModuleDumper<'m> {
    lister: Lister<'m>,
    module: &'m Module<'m>,
    /// The index that the next item of each kind gets.
    next: std::collections::HashMap<ItemKind, u32>,
    /// The index that the next import of each kind gets.
    imported: std::collections::HashMap<ItemKind, u32>,
    spaces: IndexSpaces,
    /// The texts of the types; the text of a long type is empty.
    types: Vec<String>,
    customs: Customs<'static>,
}

/// The maximum length of the text of a type that is shown at each use, so that the texts of all
/// uses are not much longer than the module.
const MAX_TEXT: usize = 500;

impl<'m> ModuleDumper<'m> {
    /// Returns a dumper of a module, whose names are those of the tree.
    pub(super) fn new(module: &'m Module<'m>, names: NameStyle) -> Self {
        let lister = Lister::new(module);
        let kinds = ExternKind::ALL.iter();
        let next = kinds.map(|&kind| (kind.into(), module.imported(kind))).collect();
        ModuleDumper {
            lister,
            module,
            next,
            imported: std::collections::HashMap::new(),
            spaces: IndexSpaces::of(module),
            types: Vec::new(),
            customs: names.customs(),
        }
    }

    /// Counts an item, and returns its index.
    fn index(&mut self, kind: ItemKind) -> u32 {
        let next = self.next.entry(kind).or_default();
        *next += 1;
        *next - 1
    }

    /// Whether the function whose body is next is chosen by its index and name.
    pub(super) fn is_next_func(&self, is_chosen: &dyn Fn(u32, Option<&str>) -> bool) -> bool {
        let index = self.next.get(&ItemKind::Func).copied().unwrap_or_default();
        is_chosen(index, self.module.names.funcs.get(index.into()).map(|name| name.as_str()))
    }

    /// Returns a type as its index, followed by its text unless that is long.
    fn ty(&mut self, ty: TypeIdx) -> String {
        if self.types.is_empty() {
            let types = self.module.types.iter().map(|ty| self.lister.type_text(ty));
            let short = types.map(|text| if text.len() > MAX_TEXT { String::new() } else { text });
            self.types = short.collect();
        }
        match self.types.get(ty.0 as usize).filter(|text| !text.is_empty()) {
            Some(text) => format!("type {ty} {text}"),
            None => format!("type {ty}"),
        }
    }

    /// Returns the type of an import or export as text.
    fn extern_text(&mut self, ty: &ExternType) -> String {
        match ty {
            ExternType::Func(ty) | ExternType::FuncExact(ty) => self.ty(*ty),
            _ => self.lister.extern_text(ty),
        }
    }

    fn name(&self, kind: ItemKind, index: u32) -> String {
        let name = self.module.names.of(kind, index);
        name.map_or(String::new(), |name| format!(" {}", Quoted(name)))
    }

    /// Writes a row for an item with an index.
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

    /// Writes rows for an item. The rows of a section that is not shown are left out.
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
                let kind = import.ty.kind().item_kind();
                let index = self.imported.entry(kind).or_default();
                let own = *index;
                *index += 1;
                self.customs.import(kind, own, &import.module, &import.name);
                let ty = self.extern_text(&import.ty);
                let (module, name) = (Quoted(&import.module), Quoted(&import.name));
                let (kind, of) = (kind.keyword(), self.name(kind, own));
                let what = format!("{module} {name} is {kind} {own}{of}, {ty}");
                self.item(rows, event, ItemKind::Import, &what)
            }
            Item::Func(ty) => {
                let what = self.ty(*ty);
                self.item(rows, event, ItemKind::Func, &what)
            }
            Item::Table(table) => {
                let mut what = self.lister.extern_text(&ExternType::Table(table.ty));
                if let Some(init) = &table.init {
                    what += &format!(" = {}", self.exprs(&[init.bytes()]));
                }
                self.item(rows, event, ItemKind::Table, &what)
            }
            Item::Mem(ty) => {
                let what = self.lister.extern_text(&ExternType::Mem(*ty));
                self.item(rows, event, ItemKind::Mem, &what)
            }
            Item::Tag(ty) => {
                let what = self.ty(ty.ty);
                self.item(rows, event, ItemKind::Tag, &what)
            }
            Item::Global(global) => {
                let mutable = if global.ty.mutable { "mut " } else { "" };
                let what =
                    format!("{mutable}{} = {}", global.ty.val, self.exprs(&[global.init.bytes()]));
                self.item(rows, event, ItemKind::Global, &what)
            }
            Item::Export(export) => {
                let (kind, index) = (export.index.kind(), export.index.index());
                let ty = self.spaces.get(export.index);
                let ty = ty.map_or(String::new(), |ty| format!(", {}", self.extern_text(&ty)));
                let of = self.name(kind.item_kind(), index);
                let name = Quoted(&export.name);
                let what = format!("{name} is {} {index}{of}{ty}", kind.keyword());
                self.item(rows, event, ItemKind::Export, &what)
            }
            Item::Start(func) => {
                let name = self.name(ItemKind::Func, func.0);
                rows.row(event.offset, event.bytes, 1, &format!("func {func}{name}"))
            }
            Item::Elem(elem) => self.elem(rows, event, elem),
            Item::DataCount(count) => {
                rows.row(event.offset, event.bytes, 1, &format!("{count} data segments"))
            }
            Item::Body(body) => self.body(rows, event, body).map(drop),
            Item::Data(data) => {
                let (head, content) = split(event, data.bytes.len());
                let what = format!("{} bytes, {}", data.bytes.len(), self.data_mode(&data.mode));
                self.item(rows, &head, ItemKind::Data, &what)?;
                rows.data(content.offset, content.bytes, 2)
            }
            Item::Custom(custom) => {
                let content = event.offset + custom_content(event.bytes);
                self.customs.section(&custom.name, content);
                rows.custom(event.offset, event.bytes, &custom.name, &mut self.customs)
            }
            _ => rows.row(event.offset, event.bytes, 1, ""),
        }
    }

    /// Writes rows for malformed bytes. A body of known size is shown as far as it can be read.
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
            // Bodies have the indices that the function section assigned.
            self.next.insert(ItemKind::Func, self.module.imported(ExternKind::Func));
        }
        let count = if id.is_list() { format!(", {}", entries(count)) } else { String::new() };
        self.customs.section(id.name(), event.offset + section_content(event.bytes));
        rows.row(event.offset, event.bytes, 0, &format!("{} section{count}", id.name()))
    }

    /// Returns the text of constant expressions, each without its `end`.
    fn exprs(&self, exprs: &[&[u8]]) -> String {
        let text = exprs.iter().map(|expr| {
            let mut lines: Vec<_> =
                self.lister.expr(expr).lines.into_iter().map(|line| line.text).collect();
            lines.pop();
            lines.join(" ")
        });
        text.collect::<Vec<_>>().join(", ")
    }

    /// Writes rows for an element segment and for each of its elements.
    fn elem(&mut self, rows: &mut Rows<'_>, event: &Event<'_>, elem: &Elem<'_>) -> io::Result<()> {
        use wattle::ast::ElemMode::*;
        let mode = match &elem.mode {
            Passive => "passive".to_owned(),
            Declarative => "declarative".to_owned(),
            Active { table, offset } => {
                let table = table.unwrap_or_default();
                format!("to table {table} at {}", self.exprs(&[offset.bytes()]))
            }
        };
        // The elements are the last part of a segment, and their count stands before them.
        let mut reader = Reader::new(elem.items.bytes());
        let count = reader.u32().unwrap_or_default();
        let (head, items) = split(event, reader.remaining());
        let what = format!("{count} of {}, {mode}", elem.ty);
        self.item(rows, &head, ItemKind::Elem, &what)?;
        let start = items.offset.wrapping_sub(reader.pos());
        for _ in 0..count {
            let from = reader.pos();
            // The elements were read before, so this does not fail.
            let what = match &elem.items {
                ElemItems::Funcs(_) => {
                    let func = reader.u32().unwrap_or_default();
                    format!("func {func}{}", self.name(ItemKind::Func, func))
                }
                ElemItems::Exprs(_) => {
                    let expr: Expr<'_> = reader.read().unwrap_or_else(|_| Expr::new(&[]));
                    self.exprs(&[expr.bytes()])
                }
            };
            rows.row(start.wrapping_add(from), reader.since(from), 2, &what)?;
        }
        Ok(())
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

    /// Writes rows for a body. Returns the number of bytes of the event that were shown, which is
    /// less than all of them if instructions are malformed.
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
        let ty = self.spaces.func(index.into()).map(|ty| self.ty(ty));
        let ty = ty.map_or(String::new(), |ty| format!(", {ty}"));
        let what = format!("func {index}{shown}: {} bytes{ty}", bytes.len());
        rows.row(event.offset, head, 1, &what)?;
        let (locals, code) = bytes.split_at(body.code_offset());
        let runs: Vec<_> = body.locals().map(|run| format!("{} {}", run.count, run.ty)).collect();
        let start = event.offset + size;
        let runs = if runs.is_empty() { "none".to_owned() } else { runs.join(", ") };
        rows.row(start, locals, 2, &format!("locals: {runs}"))?;
        if !rows.has_code() || !rows.shown {
            return Ok(event.bytes.len());
        }
        let listing = self.lister.expr(code);
        for (at, line) in listing.lines.iter().enumerate() {
            let end = listing.lines.get(at + 1).map_or(listing.len, |next| next.offset);
            let offset = start + body.code_offset() + line.offset;
            rows.row(offset, &code[line.offset..end], 2 + line.depth, &line.text)?;
        }
        Ok(size + body.code_offset() + listing.len)
    }
}
