//! The items of a module as pieces, and their references.

use std::collections::HashSet;
use std::convert::Infallible;

use wattle_ast::{
    Body, DataMode, Elem, ElemItems, ElemMode, Expr, ExternIdx, ExternKind, ExternType, Features,
    Item, ItemKind, Malformed, NameSubsection, Remap, ValType,
};
use wattle_parser::components::malformed_body;

use super::PieceKind;
use super::walk::{Found, Place};
use crate::name_parts::{NamePart, NamePartKind, name_parts};

/// A module that is open: its index spaces, and its references.
#[derive(Default)]
pub(super) struct ModuleWalk<'a> {
    /// The piece of each index.
    spaces: Spaces,
    references: References,
    /// Whether code may name data segments.
    has_data_count: bool,
    /// The numbers of imports, of imported functions, of bodies, exports and other items.
    imports: u32,
    imported_funcs: usize,
    bodies: usize,
    exports: u32,
    others: u32,
    /// The group at hand, and the number of its members that are to come.
    group: Option<(u32, u32)>,
    /// The names, each with its piece and the item that it names.
    names: Vec<(u32, Named<'a>)>,
    /// The element segments of tables and data segments of memories.
    segments: Vec<(ItemKind, u32, u32)>,
    /// The imported items, by kind and index.
    imported: HashSet<(ItemKind, u32)>,
}

/// An item that has a name, and the name, unless the piece holds the names of the item's parts.
struct Named<'a> {
    kind: ItemKind,
    index: u32,
    name: Option<wattle_ast::Name<'a>>,
}

/// The pieces of the index spaces.
#[derive(Default)]
struct Spaces([Vec<u32>; SPACES.len()]);

/// The kinds of items that have an index space.
const SPACES: [ItemKind; 8] = [
    ItemKind::Type,
    ItemKind::Func,
    ItemKind::Table,
    ItemKind::Mem,
    ItemKind::Global,
    ItemKind::Tag,
    ItemKind::Elem,
    ItemKind::Data,
];

impl Spaces {
    fn place(kind: ItemKind) -> Option<usize> {
        SPACES.iter().position(|it| *it == kind)
    }

    fn len(&self, kind: ItemKind) -> u32 {
        Spaces::place(kind).map_or(0, |at| self.0[at].len() as u32)
    }

    fn push(&mut self, kind: ItemKind, piece: u32) {
        if let Some(at) = Spaces::place(kind) {
            self.0[at].push(piece);
        }
    }

    fn get(&self, kind: ItemKind, index: u32) -> Option<u32> {
        self.0[Spaces::place(kind)?].get(index as usize).copied()
    }
}

/// References by index. Repeated references of a piece to one of the first indices of a space are
/// kept once.
#[derive(Default)]
struct References {
    features: Features,
    from: u32,
    /// For each space, the set of the first 64 indices that the piece at hand refers to, as bits.
    first: [u64; SPACES.len()],
    all: Vec<(u32, ItemKind, u32)>,
}

impl References {
    /// Begins the references of a piece.
    fn begin(&mut self, from: u32) {
        (self.from, self.first) = (from, [0; SPACES.len()]);
    }

    #[inline]
    fn add(&mut self, kind: ItemKind, index: u32) {
        if let (Some(at), 0..64) = (Spaces::place(kind), index) {
            let bit = 1 << index;
            if self.first[at] & bit != 0 {
                return;
            }
            self.first[at] |= bit;
        }
        self.all.push((self.from, kind, index));
    }

    fn extern_type(&mut self, ty: &ExternType) {
        ty.uses(|ty| self.add(ItemKind::Type, ty.0));
    }

    fn val_type(&mut self, ty: &ValType) {
        ty.uses(|ty| self.add(ItemKind::Type, ty.0));
    }

    /// Adds the references of instructions, up to the first malformed one. Returns whether all are
    /// well-formed.
    fn expr(&mut self, expr: &Expr<'_>) -> bool {
        expr.ask(self.features, self).is_ok()
    }

    fn body(&mut self, body: &Body<'_>) -> bool {
        for run in body.locals() {
            self.val_type(&run.ty);
        }
        self.expr(&body.expr())
    }
}

/// Indices stay as they are, and are recorded as references.
impl Remap for References {
    type Error = Infallible;

    #[inline]
    fn item(&mut self, kind: ItemKind, index: u32) -> Result<u32, Infallible> {
        self.add(kind, index);
        Ok(index)
    }
}

/// Returns the kind of the items that a subsection names, or whose parts it names.
fn named_kind(subsection: NameSubsection) -> Option<ItemKind> {
    Some(match subsection {
        NameSubsection::Module => return None,
        NameSubsection::Func | NameSubsection::Local | NameSubsection::Label => ItemKind::Func,
        NameSubsection::Type | NameSubsection::Field | NameSubsection::TypeParam => ItemKind::Type,
        NameSubsection::Table => ItemKind::Table,
        NameSubsection::Memory => ItemKind::Mem,
        NameSubsection::Global => ItemKind::Global,
        NameSubsection::Elem => ItemKind::Elem,
        NameSubsection::Data => ItemKind::Data,
        NameSubsection::Tag | NameSubsection::TagParam => ItemKind::Tag,
    })
}

impl<'a> ModuleWalk<'a> {
    /// Returns a module whose code may use these features.
    pub(super) fn new(features: Features) -> ModuleWalk<'a> {
        let references = References { features, ..References::default() };
        ModuleWalk { references, ..ModuleWalk::default() }
    }

    /// Adds an item that is not a custom section and not the header of one.
    pub(super) fn item(
        &mut self,
        found: &mut Found<'a>,
        place: Place,
        item: Item<'a>,
        size: usize,
    ) {
        match item {
            Item::RecGroup(group) => self.begin_group(found, place, group.len, size),
            Item::ImportGroup(group) => self.begin_group(found, place, group.len, size),
            Item::Type(ty) => {
                let piece = self.indexed(found, place, ItemKind::Type, size);
                ty.uses(|ty| self.references.add(ItemKind::Type, ty.0));
                if let Some(group) = self.member(found, piece) {
                    // The types of a group stay together.
                    found.refer(group, piece);
                }
            }
            Item::Import(import) => {
                let kind = import.ty.kind().item_kind();
                let index = self.imports;
                self.imports += 1;
                let piece = found.add(place, PieceKind::Item(ItemKind::Import), index, size);
                self.imported.insert((kind, self.spaces.len(kind)));
                self.imported_funcs += usize::from(import.ty.kind() == ExternKind::Func);
                self.spaces.push(kind, piece);
                let text = [&*import.module, ".", &*import.name].concat();
                found.name(piece, text.into());
                self.references.begin(piece);
                self.references.extern_type(&import.ty);
                self.member(found, piece);
            }
            Item::Func(ty) => {
                self.indexed(found, place, ItemKind::Func, size);
                self.references.add(ItemKind::Type, ty.0);
            }
            Item::Table(table) => {
                self.indexed(found, place, ItemKind::Table, size);
                self.references.extern_type(&ExternType::Table(table.ty));
                if let Some(init) = &table.init {
                    self.references.expr(init);
                }
            }
            Item::Mem(_) => drop(self.indexed(found, place, ItemKind::Mem, size)),
            Item::Tag(tag) => {
                self.indexed(found, place, ItemKind::Tag, size);
                self.references.add(ItemKind::Type, tag.ty.0);
            }
            Item::Global(global) => {
                self.indexed(found, place, ItemKind::Global, size);
                self.references.val_type(&global.ty.val);
                self.references.expr(&global.init);
            }
            Item::Export(export) => {
                let index = self.exports;
                self.exports += 1;
                let piece = found.add(place, PieceKind::Item(ItemKind::Export), index, size);
                self.references.begin(piece);
                self.export(export.index);
                found.name(piece, export.name);
                found.refer(place.preamble, piece);
            }
            Item::Start(func) => {
                let piece = found.add(place, PieceKind::Item(ItemKind::Start), 0, size);
                self.references.begin(piece);
                self.references.add(ItemKind::Func, func.0);
                found.refer(place.preamble, piece);
            }
            Item::Elem(elem) => self.elem(found, place, &elem, size),
            Item::DataCount(_) => {
                self.has_data_count = true;
                let piece = found.add(place, PieceKind::Item(ItemKind::DataCount), 0, size);
                found.refer(place.preamble, piece);
            }
            Item::Body(body) => {
                let piece = self.next_body(found, place, size);
                self.references.begin(piece);
                let before = self.references.all.len();
                let is_read = self.references.body(&body);
                let mut found_here = self.references.all.iter().skip(before);
                let names_data = found_here.any(|(_, kind, _)| *kind == ItemKind::Data);
                found.has_malformed_body |= !is_read || (names_data && !self.has_data_count);
            }
            Item::Data(data) => {
                let piece = self.indexed(found, place, ItemKind::Data, size);
                if let DataMode::Active { memory, offset } = &data.mode {
                    self.references.expr(offset);
                    self.segments.push((ItemKind::Mem, memory.unwrap_or_default().0, piece));
                }
            }
            _ => {
                let piece = found.add(place, PieceKind::Malformed, self.others, size);
                self.others += 1;
                found.refer(place.preamble, piece);
            }
        }
    }

    fn export(&mut self, index: ExternIdx) {
        self.references.add(index.kind().item_kind(), index.index());
    }

    fn elem(&mut self, found: &mut Found<'a>, place: Place, elem: &Elem<'_>, size: usize) {
        let piece = self.indexed(found, place, ItemKind::Elem, size);
        self.references.val_type(&ValType::Ref(elem.ty));
        match &elem.items {
            ElemItems::Funcs(funcs) => {
                funcs.view().iter().for_each(|func| self.references.add(ItemKind::Func, func.0));
            }
            ElemItems::Exprs(exprs) => {
                for expr in exprs.view().iter() {
                    self.references.expr(&expr);
                }
            }
        }
        match &elem.mode {
            ElemMode::Passive => {}
            ElemMode::Active { table, offset } => {
                self.references.expr(offset);
                self.segments.push((ItemKind::Table, table.unwrap_or_default().0, piece));
            }
            // Without the declaration, `ref.func` would be invalid.
            ElemMode::Declarative => found.refer(place.preamble, piece),
        }
    }

    /// Adds an item with an index of its own, and begins its references.
    fn indexed(&mut self, found: &mut Found<'a>, place: Place, kind: ItemKind, size: usize) -> u32 {
        let piece = found.add(place, PieceKind::Item(kind), self.spaces.len(kind), size);
        self.spaces.push(kind, piece);
        self.references.begin(piece);
        piece
    }

    fn begin_group(&mut self, found: &mut Found<'a>, place: Place, len: u32, size: usize) {
        let piece = found.add(place, PieceKind::Group, self.others, size);
        self.others += 1;
        self.group = Some((piece, len));
        if len == 0 {
            found.refer(place.preamble, piece);
        }
    }

    /// Makes a piece a member of the group at hand, and returns the group.
    fn member(&mut self, found: &mut Found<'a>, piece: u32) -> Option<u32> {
        let (group, left) = self.group.as_mut().filter(|(_, left)| *left > 0)?;
        *left -= 1;
        found.refer(piece, *group);
        Some(*group)
    }

    /// Returns the function that the next body belongs to, and adds the bytes of the body to it.
    fn next_body(&mut self, found: &mut Found<'a>, place: Place, size: usize) -> u32 {
        let index = (self.imported_funcs + self.bodies) as u32;
        self.bodies += 1;
        let known = self.spaces.get(ItemKind::Func, index);
        match known.and_then(|piece| Some((piece, found.pieces.get_mut(piece as usize)?))) {
            Some((piece, entry)) => {
                entry.size += size;
                (entry.start, entry.section) = (place.start, place.section);
                piece
            }
            None => found.add(place, PieceKind::Malformed, index, size),
        }
    }

    /// Adds a malformed body, with the references of its readable part. Returns its piece.
    pub(super) fn malformed_body(
        &mut self,
        found: &mut Found<'a>,
        place: Place,
        bytes: &[u8],
    ) -> u32 {
        let piece = self.next_body(found, place, bytes.len());
        self.references.begin(piece);
        if let Some(body) = malformed_body(bytes) {
            // The references up to the error have been added.
            let _ = self.references.body(&body);
        }
        piece
    }

    /// Adds the content of the name section, whose head is the piece `section`. The bytes from the
    /// first malformed place on belong to the head.
    pub(super) fn names(
        &mut self,
        found: &mut Found<'a>,
        place: Place,
        section: u32,
        content: &'a [u8],
    ) {
        let mut taken = 0;
        // The piece with the names in an item.
        let mut inner: Option<u32> = None;
        for part in name_parts(content) {
            let Ok::<_, Malformed>(NamePart { subsection, kind, offset, len }) = part else {
                break;
            };
            taken = offset + len;
            let named = NameSubsection::from_code(subsection).and_then(named_kind);
            let (named, index, name) = match (named, kind) {
                (Some(named), NamePartKind::Name { outer: None, index, name }) => {
                    (named, index, Some(name))
                }
                (Some(named), NamePartKind::Outer { index, .. }) => (named, index, None),
                (Some(_), NamePartKind::Name { .. }) => {
                    found.grow(inner.unwrap_or(section), len);
                    continue;
                }
                _ => {
                    found.grow(section, len);
                    continue;
                }
            };
            let place = Place { start: place.start + offset, ..place };
            let piece = found.add(place, PieceKind::Name(named), index, len);
            inner = Some(piece);
            self.names.push((piece, Named { kind: named, index, name }));
        }
        found.grow(section, content.len() - taken);
    }

    /// Ends the module: finds the pieces that its references lead to.
    pub(super) fn finish(self, found: &mut Found<'a>) {
        for (from, kind, index) in self.references.all {
            if let Some(to) = self.spaces.get(kind, index) {
                found.refer(from, to);
            }
        }
        for (kind, index, segment) in self.segments {
            if let Some(to) = self.spaces.get(kind, index) {
                found.refer(segment, to);
                found.refer(to, segment);
            }
            // Other modules see the bytes and elements that are written to an imported memory or
            // table.
            if self.imported.contains(&(kind, index)) {
                found.keep(segment);
            }
        }
        for (piece, Named { kind, index, name }) in self.names {
            match self.spaces.get(kind, index) {
                Some(owner) => {
                    found.refer(owner, piece);
                    if let Some(name) = name {
                        found.name_item(owner, name);
                    }
                }
                None => found.keep(piece),
            }
        }
    }
}
