//! The shortest form of the expressions and bodies that the tree keeps as bytes.
//!
//! Code from text has this form, and so has the code in the canonical form of a module.

use alloc::vec::Vec;

use super::body::{Body, Local};
use super::entries::Entries;
use super::items::{Data, DataMode, ElemItems, ElemMode, Item, Table};
use super::module::{Module, RawSection};
use super::stream::VisitItems;
use crate::{Encode, Expr, Instr, List, Reader, leb128};

/// Appends the instructions of `bytes`, each in its shortest form. From the first malformed
/// instruction on, bytes are appended unchanged.
fn code(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    loop {
        let start = reader.pos();
        reader.skip_shortest();
        out.extend_from_slice(reader.since(start));
        let rest = reader.rest();
        match reader.read::<Instr<'_>>() {
            Ok(instr) => instr.encode(out),
            Err(_) => return out.extend_from_slice(rest),
        }
    }
}

impl Item<'_> {
    /// Changes the expressions and the body of an item to their shortest form, in which each
    /// instruction and the runs of locals are as short as possible. `scratch` is working space.
    ///
    /// ```
    /// use wattle_ast::{Body, Item};
    ///
    /// // `i32.const 0` in three bytes, `drop`, `end`.
    /// let mut item = Item::Body(Body::from_bytes(&[0, 0x41, 0x80, 0x00, 0x1a, 0x0b][..]).unwrap());
    /// item.shorten(&mut Vec::new());
    /// let Item::Body(body) = item else { panic!() };
    /// assert_eq!(body.bytes(), [0, 0x41, 0x00, 0x1a, 0x0b]);
    /// ```
    pub fn shorten(&mut self, scratch: &mut Vec<u8>) {
        match self {
            Item::Table(Table { init: Some(init), .. }) => expr(init, scratch),
            Item::Global(global) => expr(&mut global.init, scratch),
            Item::Elem(elem) => {
                if let ElemMode::Active { offset, .. } = &mut elem.mode {
                    expr(offset, scratch);
                }
                if let ElemItems::Exprs(exprs) = &mut elem.items {
                    let shortened = exprs.view().iter().map(|mut each: Expr<'_>| {
                        expr(&mut each, scratch);
                        each
                    });
                    *exprs = List::new(shortened);
                }
            }
            Item::Data(Data { mode: DataMode::Active { offset, .. }, .. }) => expr(offset, scratch),
            Item::Body(it) => body(it, scratch),
            _ => {}
        }
    }
}

fn expr(expr: &mut Expr<'_>, scratch: &mut Vec<u8>) {
    scratch.clear();
    code(scratch, expr.bytes());
    if scratch != expr.bytes() {
        *expr = Expr::new(scratch.clone());
    }
}

/// Changes a body to its shortest form, which also joins neighbouring runs of locals of one type.
fn body(body: &mut Body<'_>, scratch: &mut Vec<u8>) {
    scratch.clear();
    code(scratch, body.code());
    let shortened = Body::new(Local::joined(body.locals()), Expr::new(&scratch[..]));
    if shortened.bytes() != body.bytes() {
        *body = shortened;
    }
}

impl Body<'_> {
    /// The offset of each instruction in the body, and its offset in the shortest form of the body.
    ///
    /// ```
    /// use wattle_ast::Body;
    ///
    /// // `i32.const 0` in three bytes, `drop`, `end`.
    /// let body = Body::from_bytes(&[0, 0x41, 0x80, 0x00, 0x1a, 0x0b][..]).unwrap();
    /// assert!(body.offsets_in_shortest().eq([(1, 1), (4, 3), (5, 4)]));
    /// ```
    pub fn offsets_in_shortest(&self) -> impl Iterator<Item = (usize, usize)> {
        let mut new = Body::new(Local::joined(self.locals()), Expr::new(&[])).code_offset();
        let mut scratch = Vec::new();
        self.instrs().with_offsets().flatten().map(move |(offset, instr)| {
            let offsets = (self.code_offset().saturating_add(offset), new);
            scratch.clear();
            instr.encode(&mut scratch);
            new += scratch.len();
            offsets
        })
    }
}

/// Whether the content of a parsed section is the shortest form of the module's items.
pub(crate) fn is_shortest(raw: &RawSection<'_>, module: &Module<'_>) -> bool {
    let Ok(reader) = raw.content(0) else { return false };
    let entries = Entries::new(raw.id, u32::MAX);
    let mut count = Vec::new();
    if raw.id.is_list() {
        leb128::write_u32(&mut count, module.section_count(raw.id));
    }
    module.visit_items(raw.id, Compare { reader, entries, written: count })
}

/// Whether all items are already in their shortest form.
pub(crate) fn are_shortest<'m>(items: impl Iterator<Item = Item<'m>>) -> bool {
    let mut scratch = Vec::new();
    let mut is_shortest = |item: Item<'_>| {
        let mut shortened = item.clone();
        shortened.shorten(&mut scratch);
        shortened == item
    };
    items.into_iter().all(&mut is_shortest)
}

/// Whether a body is in its shortest form. Instructions that consist of single bytes are only skipped.
fn is_shortest_body(body: &Body<'_>, scratch: &mut Vec<u8>) -> bool {
    let locals = Body::new(Local::joined(body.locals()), Expr::new(&[]));
    if !body.bytes().starts_with(locals.bytes()) || locals.code_offset() != body.code_offset() {
        return false;
    }
    let mut reader = Reader::new(body.code());
    loop {
        reader.skip_shortest();
        let start = reader.pos();
        let Ok(instr) = reader.read::<Instr<'_>>() else { return true };
        scratch.clear();
        instr.encode(scratch);
        if *scratch != reader.since(start) {
            return false;
        }
    }
}

/// Compares the rest of a section with the items of the module, one by one.
struct Compare<'r> {
    reader: Reader<'r>,
    entries: Entries,
    /// The bytes that are expected next in the section.
    written: Vec<u8>,
}

impl Compare<'_> {
    /// Skips the expected bytes, and returns whether they were next.
    fn take(&mut self) -> bool {
        let is_next = self.reader.rest().starts_with(&self.written);
        self.reader.seek(self.reader.pos() + if is_next { self.written.len() } else { 0 });
        is_next
    }
}

impl<'m> VisitItems<'m> for Compare<'_> {
    type Output = bool;

    fn visit(mut self, items: impl Iterator<Item = Item<'m>>) -> bool {
        let mut scratch = Vec::new();
        if !self.take() {
            return false;
        }
        for mut item in items {
            match &item {
                Item::Body(body) if !is_shortest_body(body, &mut scratch) => return false,
                Item::Body(_) => {}
                _ => item.shorten(&mut scratch),
            }
            self.written.clear();
            self.entries.write(&item, &mut self.written);
            if !self.take() {
                return false;
            }
            self.entries.advance(&item);
        }
        self.reader.is_empty()
    }
}
