//! The walk over the parts of a file, which makes pieces of them.

use wattle_ast::components::{Definition, Event, Holds, Layer, Part, Sort};
use wattle_ast::{Features, Item, Name, SectionId};
use wattle_parser::components::Parser;

use super::component::Scope;
use super::graph::Graph;
use super::module::ModuleWalk;
use super::{Piece, PieceKind, Section, Sizes, Unit};

/// The deepest level whose path names all levels above it, so that paths are not longer than the
/// file.
const SHOWN_LEVELS: usize = 8;

/// The most characters of the name of a module or component that its path has.
const SHOWN_NAME: usize = 60;

/// The pieces, references, units and sections found so far.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) pieces: Vec<Piece<'a>>,
    /// References, each from one piece to another.
    pub(super) references: Vec<(u32, u32)>,
    pub(super) units: Vec<Unit>,
    sections: Vec<Section<'a>>,
    /// Whether the body of a function is malformed that the parser has not checked.
    pub(super) has_malformed_body: bool,
}

/// A module or component that is open.
struct Open<'a> {
    unit: u32,
    /// The section at hand.
    section: u32,
    inside: Inside<'a>,
}

enum Inside<'a> {
    Module(Box<ModuleWalk<'a>>),
    Component(Box<Scope>),
}

/// The place of a piece.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) unit: u32,
    pub(super) section: u32,
    /// The preamble of the unit, which refers to the pieces that count by themselves.
    pub(super) preamble: u32,
    pub(super) start: usize,
}

impl<'a> Found<'a> {
    /// Adds a piece, and returns its number.
    pub(super) fn add(&mut self, place: Place, kind: PieceKind, index: u32, size: usize) -> u32 {
        let number = self.pieces.len() as u32;
        let Place { unit, section, start, .. } = place;
        self.pieces.push(Piece { kind, unit, section, index, name: None, start, size });
        number
    }

    pub(super) fn name(&mut self, piece: u32, name: Name<'a>) {
        if let Some(piece) = self.pieces.get_mut(piece as usize) {
            piece.name = Some(name);
        }
    }

    /// Makes a piece larger.
    pub(super) fn grow(&mut self, piece: u32, size: usize) {
        if let Some(piece) = self.pieces.get_mut(piece as usize) {
            piece.size += size;
        }
    }

    pub(super) fn refer(&mut self, from: u32, to: u32) {
        self.references.push((from, to));
    }

    /// Makes the module or component of a piece refer to it.
    pub(super) fn keep(&mut self, piece: u32) {
        let unit = self.pieces.get(piece as usize).map(|piece| piece.unit as usize);
        if let Some(unit) = unit.and_then(|unit| self.units.get(unit)) {
            self.references.push((unit.preamble, piece));
        }
    }

    /// Names an item that has no name of its own, as imports have.
    pub(super) fn name_item(&mut self, piece: u32, name: Name<'a>) {
        if let Some(piece) = self.pieces.get_mut(piece as usize) {
            piece.name.get_or_insert(name);
        }
    }
}

/// Cuts a binary into pieces.
pub(super) fn walk(bytes: &[u8], features: Features) -> Sizes<'_> {
    // Code is read for its references anyway, so the parser need not check it as well. If some
    // turns out to be malformed, the file is read again with checks, which give the error.
    let quick = walk_once(bytes, features, false);
    quick.or_else(|| walk_once(bytes, features, true)).unwrap_or_default()
}

/// Cuts a binary into pieces. `checks_bodies` tells whether the parser checks bodies; `None` if it
/// does not, and a body is malformed.
fn walk_once(bytes: &[u8], features: Features, checks_bodies: bool) -> Option<Sizes<'_>> {
    let mut walk = Walk { features, found: Found::default(), open: Vec::new() };
    let mut errors = Vec::new();
    let parser = Parser::new().features(features).check_bodies(checks_bodies);
    let mut events = parser.events(bytes);
    while let Some(event) = events.next() {
        match event {
            Ok(event) => walk.part(event),
            Err(error) => {
                let rest = (events.offset(), events.rest());
                let skipped = events.skip_malformed();
                let (offset, bytes) = skipped.map_or(rest, |it| (it.offset, it.bytes));
                walk.malformed(offset, bytes, wattle_parser::components::is_body(&error));
                while skipped.is_some() && walk.open.len() > events.depth() + 1 {
                    walk.leave(events.offset());
                }
                errors.push(error);
            }
        }
    }
    while !walk.open.is_empty() {
        walk.leave(bytes.len());
    }
    let Found { pieces, references, units, sections, has_malformed_body } = walk.found;
    if has_malformed_body && !checks_bodies {
        return None;
    }
    let graph = Graph::new(pieces.len(), &references);
    Some(Sizes { pieces, units, sections, errors, graph })
}

struct Walk<'a> {
    features: Features,
    found: Found<'a>,
    open: Vec<Open<'a>>,
}

impl<'a> Walk<'a> {
    fn part(&mut self, event: Event<'a>) {
        let Event { part, offset, bytes } = event;
        match part {
            Part::Enter(layer) => self.enter(layer, offset, bytes),
            Part::Leave => self.leave(offset),
            Part::Section(section) => {
                let count = (section.id.holds() == Holds::List).then_some(section.count);
                self.header(section.id.name(), None, count, offset, bytes);
            }
            Part::Definition(definition) => match definition.custom_name() {
                Some(_) => {
                    let name = match &definition {
                        Definition::Custom(custom) => custom.name.clone(),
                        _ => wattle_ast::components::Names::NAME.into(),
                    };
                    self.custom(name, offset, bytes);
                    if let Definition::Names(names) = &definition {
                        self.component_names(names);
                    }
                }
                None => self.definition(definition, offset, bytes),
            },
            Part::Item(item) => self.item(item, offset, bytes),
        }
    }

    /// Names the definitions of the component at hand.
    fn component_names(&mut self, names: &wattle_ast::components::Names<'_>) {
        let Some(Open { inside: Inside::Component(scope), .. }) = self.open.last() else { return };
        let named = names.iter().filter_map(|(index, name)| Some((scope.get(index)?, name)));
        for (piece, name) in named.collect::<Vec<_>>() {
            let name = Name::from(name.to_string());
            self.name_unit(piece, &name);
            let is_inner = |piece: &Piece<'_>| piece.kind == PieceKind::Preamble;
            if !self.found.pieces.get(piece as usize).is_some_and(is_inner) {
                self.found.name_item(piece, name);
            }
        }
    }

    /// Adds the name of an inner module or component to its path.
    fn name_unit(&mut self, preamble: u32, name: &Name<'_>) {
        let piece = self.found.pieces.get(preamble as usize);
        let Some(piece) = piece.filter(|piece| piece.kind == PieceKind::Preamble) else { return };
        let depth = self.open.len();
        if let Some(unit) =
            self.found.units.get_mut(piece.unit as usize).filter(|_| depth < SHOWN_LEVELS)
        {
            // All pieces of the module have its path.
            let name: String = name.chars().take(SHOWN_NAME).collect();
            unit.path.push_str(&format!(" ${}", wattle_ast::Shown(name)));
        }
    }

    fn place(&self, start: usize) -> Option<Place> {
        let Open { unit, section, .. } = self.open.last()?;
        let preamble = self.found.units.get(*unit as usize)?.preamble;
        Some(Place { unit: *unit, section: *section, preamble, start })
    }

    fn enter(&mut self, layer: Layer, start: usize, bytes: &[u8]) {
        let unit = self.found.units.len() as u32;
        let preamble = self.found.pieces.len() as u32;
        let parent = self.open.last().map(|open| open.unit);
        let mut path = String::new();
        if let Some(Open { unit, inside: Inside::Component(scope), .. }) = self.open.last_mut() {
            let (sort, index) = scope.add_inner(layer, preamble);
            let own = format!("{sort} {index}");
            let outer = &self.found.units[*unit as usize].path;
            path = match (self.open.len(), outer.is_empty()) {
                (levels, _) if levels > SHOWN_LEVELS => format!("{levels} levels deep, {own}"),
                (_, true) => own,
                (_, false) => format!("{outer}, {own}"),
            };
        }
        self.found.units.push(Unit { layer, parent, path, preamble, start, size: 0 });
        let section = self.section(unit, "preamble", None, None, start);
        let inside = match layer {
            Layer::Module => Inside::Module(Box::new(ModuleWalk::new(self.features))),
            Layer::Component => Inside::Component(Box::default()),
        };
        self.open.push(Open { unit, section, inside });
        self.add_bytes(bytes.len());
        let place = Place { unit, section, preamble, start };
        self.found.add(place, PieceKind::Preamble, unit, bytes.len());
    }

    fn leave(&mut self, end: usize) {
        let Some(Open { unit, inside, .. }) = self.open.pop() else { return };
        if let Some(unit) = self.found.units.get_mut(unit as usize) {
            unit.size = end.saturating_sub(unit.start);
        }
        match inside {
            Inside::Module(module) => module.finish(&mut self.found),
            Inside::Component(scope) => scope.finish(&mut self.found),
        }
    }

    /// Begins a section, and returns its number.
    fn section(
        &mut self,
        unit: u32,
        kind: &'static str,
        name: Option<Name<'a>>,
        count: Option<u32>,
        start: usize,
    ) -> u32 {
        let number = self.found.sections.len() as u32;
        self.found.sections.push(Section { unit, kind, name, start, size: 0, count });
        if let Some(open) = self.open.last_mut() {
            open.section = number;
        }
        number
    }

    /// Makes the section at hand larger.
    fn add_bytes(&mut self, size: usize) {
        let section = self.open.last().map(|open| open.section as usize);
        if let Some(section) = section.and_then(|it| self.found.sections.get_mut(it)) {
            section.size += size;
        }
    }

    fn header(
        &mut self,
        kind: &'static str,
        name: Option<Name<'a>>,
        count: Option<u32>,
        start: usize,
        bytes: &[u8],
    ) {
        let Some(unit) = self.open.last().map(|open| open.unit) else { return };
        let number = self.section(unit, kind, name, count, start);
        self.add_bytes(bytes.len());
        if let Some(place) = self.place(start) {
            let piece = self.found.add(place, PieceKind::Header, number, bytes.len());
            self.found.refer(place.preamble, piece);
        }
    }

    /// Adds a custom section as one piece.
    fn custom(&mut self, name: Name<'a>, start: usize, bytes: &[u8]) {
        let Some(open) = self.open.last() else { return };
        self.section(open.unit, SectionId::Custom.name(), Some(name.clone()), None, start);
        self.add_bytes(bytes.len());
        if let Some(place) = self.place(start) {
            let kind = PieceKind::Item(wattle_ast::ItemKind::Custom);
            let piece = self.found.add(place, kind, place.section, bytes.len());
            self.found.name(piece, name);
            self.found.refer(place.preamble, piece);
        }
    }

    fn item(&mut self, item: Item<'a>, start: usize, bytes: &'a [u8]) {
        match item {
            Item::Section(section) => {
                let count = section.id.is_list().then_some(section.count);
                return self.header(section.id.name(), None, count, start, bytes);
            }
            Item::Custom(custom) => {
                let content = custom.data.bytes().map_or(0, <[u8]>::len);
                let (head, content) = bytes.split_at(bytes.len().saturating_sub(content));
                let is_names = *custom.name == *wattle_ast::Names::NAME;
                self.custom(custom.name, start, head);
                self.add_bytes(content.len());
                let place = self.place(start + head.len());
                if let (Some(place), Some(open)) = (place, self.open.last_mut()) {
                    // The head is the last piece.
                    let section = self.found.pieces.len().saturating_sub(1) as u32;
                    match &mut open.inside {
                        Inside::Module(module) if is_names => {
                            module.names(&mut self.found, place, section, content);
                        }
                        _ => self.found.grow(section, content.len()),
                    }
                }
                return;
            }
            _ => self.add_bytes(bytes.len()),
        }
        let place = self.place(start);
        if let (Some(place), Some(Open { inside: Inside::Module(module), .. })) =
            (place, self.open.last_mut())
        {
            module.item(&mut self.found, place, item, bytes.len());
        }
    }

    fn definition(&mut self, definition: Definition<'a>, start: usize, bytes: &[u8]) {
        self.add_bytes(bytes.len());
        let Some(place) = self.place(start) else { return };
        // The references of an alias may go to an outer scope.
        let outer = match self.open.last_mut() {
            Some(Open { inside: Inside::Component(scope), .. }) => {
                scope.definition(&mut self.found, place, definition, bytes.len())
            }
            _ => None,
        };
        if let Some((piece, levels, index)) = outer {
            let place = self.open.len().checked_sub(1 + levels as usize);
            if let Some(Open { inside: Inside::Component(scope), .. }) =
                place.and_then(|place| self.open.get(place))
                && let Some(target) = scope.get(index)
            {
                self.found.refer(piece, target);
            }
        }
    }

    fn malformed(&mut self, start: usize, bytes: &[u8], is_body: bool) {
        if self.open.is_empty() {
            // Not even the preamble could be read.
            self.enter(Layer::Module, start, &[]);
        }
        self.add_bytes(bytes.len());
        let Some(place) = self.place(start) else { return };
        let piece = match self.open.last_mut() {
            Some(Open { inside: Inside::Module(module), .. }) if is_body => {
                module.malformed_body(&mut self.found, place, bytes)
            }
            _ => self.found.add(place, PieceKind::Malformed, 0, bytes.len()),
        };
        self.found.refer(place.preamble, piece);
    }
}

/// Returns the kind of a definition, and the sort and the number of the indices that it adds, if
/// any.
pub(super) fn kind_of(definition: &Definition<'_>) -> (PieceKind, Option<(Sort, u32)>) {
    let adds = definition.adds();
    (PieceKind::Definition(adds.map(|(sort, _)| sort)), adds)
}
