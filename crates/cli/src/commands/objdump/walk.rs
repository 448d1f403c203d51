//! The listings of a module or component and of all inner ones, made from the parts that the parser
//! finds.

use wattle::ast::components::{Component, Definition, Event, Holds, Layer, Part};
use wattle::ast::{ExternKind, Item, Module, Quoted, SectionId};
use wattle::parser::components::{Parser, is_body};
use wattle::printer::DefinitionLister;
use wattle::{Features, Wasm};

use super::spaces::Spaces;
use super::{ExportRow, FunctionRow, ImportRow, SectionRow, Unit};

/// The maximum number of scopes in a path that is shown.
const SHOWN_SCOPES: usize = 8;

/// Returns the listings of a module or component and of all inner ones, in the order in which they
/// begin.
pub(super) fn units(bytes: &[u8], wasm: &Wasm<'_>, features: Features) -> Vec<Unit> {
    let none = Component::default();
    let mut walk = Walk {
        units: Vec::new(),
        open: Vec::new(),
        modules: Box::new(wasm.modules()),
        definitions: DefinitionLister::new(wasm.component().unwrap_or(&none)),
    };
    // The errors were found when the tree was read.
    let mut events = Parser::new().features(features).check_bodies(false).events(bytes);
    while let Some(event) = events.next() {
        match event {
            Ok(event) => walk.part(event),
            Err(error) => {
                if is_body(&error) {
                    walk.skip_body();
                }
                if let Some(skipped) = events.skip_malformed() {
                    walk.lengthen(skipped.offset + skipped.bytes.len());
                    while walk.open.len() > events.depth() + 1 {
                        walk.leave(events.offset());
                    }
                }
            }
        }
    }
    while !walk.open.is_empty() {
        walk.leave(bytes.len());
    }
    walk.units
}

struct Walk<'m> {
    units: Vec<Unit>,
    /// The modules and components that are open, the innermost last.
    open: Vec<Open<'m>>,
    /// The core modules that have not begun.
    modules: Box<dyn Iterator<Item = &'m Module<'m>> + 'm>,
    /// The definitions that have not been reached.
    definitions: DefinitionLister<'m>,
}

/// A module or component that is open.
struct Open<'m> {
    /// Its place among the units.
    unit: usize,
    /// Its name in the enclosing component; empty for the outermost.
    name: String,
    inside: Inside<'m>,
}

enum Inside<'m> {
    /// A module, and the index of the next body.
    Module(&'m Module<'m>, u32),
    Component(Spaces),
}

impl Walk<'_> {
    fn part(&mut self, event: Event<'_>) {
        let Event { part, offset, bytes } = event;
        let end = offset + bytes.len();
        match part {
            Part::Enter(layer) => self.enter(layer, offset),
            Part::Leave => self.leave(offset),
            Part::Section(section) => {
                let count = (section.id.holds() == Holds::List).then_some(section.count);
                self.begin_section(section.id.name().to_owned(), offset, end, count);
            }
            Part::Definition(definition) => match definition.custom_name() {
                Some(name) => {
                    self.begin_section(custom_section(name), offset, end, None);
                    self.definitions.next();
                }
                None => {
                    self.lengthen(end);
                    self.definition(&definition);
                }
            },
            Part::Item(item) => self.item(&item, offset, end),
        }
    }

    fn enter(&mut self, layer: Layer, start: usize) {
        let inner = self.open.len();
        let name = match inner {
            0 => String::new(),
            _ => self.definitions.next().map_or(String::new(), |line| name_of(&line.text)),
        };
        let mut unit = Unit { start, ..Unit::default() };
        let own = &name;
        unit.path = match inner > SHOWN_SCOPES {
            true => format!("{inner} levels deep, {own}"),
            false => {
                let outer = self.open.iter().skip(1).map(|open| &open.name[..]);
                outer.chain([&name[..]]).collect::<Vec<_>>().join(", ")
            }
        };
        let module = if layer == Layer::Module { self.modules.next() } else { None };
        let inside = match module {
            Some(module) => {
                (unit.kind, unit.functions) = ("module", Some(Vec::new()));
                (unit.imports, unit.exports) = (imports(module), exports(module));
                Inside::Module(module, module.imported(ExternKind::Func))
            }
            None => {
                unit.kind = "component";
                Inside::Component(Spaces::default())
            }
        };
        self.open.push(Open { unit: self.units.len(), name, inside });
        self.units.push(unit);
    }

    fn leave(&mut self, end: usize) {
        self.end_section();
        let Some(Open { unit, inside, .. }) = self.open.pop() else { return };
        let unit = &mut self.units[unit];
        unit.size = end.saturating_sub(unit.start);
        if let Some(Open { inside: Inside::Component(spaces), .. }) = self.open.last_mut() {
            spaces.add_inner(match inside {
                Inside::Module(..) => Layer::Module,
                Inside::Component(_) => {
                    self.definitions.next();
                    Layer::Component
                }
            });
        }
        self.lengthen(end);
    }

    fn begin_section(&mut self, name: String, start: usize, end: usize, count: Option<u32>) {
        self.end_section();
        if let Some(open) = self.open.last() {
            self.units[open.unit].sections.push(SectionRow {
                name,
                start,
                size: end - start,
                count,
            });
        }
    }

    /// Ends the section of a component. Types that are still open were skipped halfway.
    fn end_section(&mut self) {
        if let Some(Open { inside: Inside::Component(spaces), .. }) = self.open.last_mut() {
            for _ in 0..spaces.end_types() {
                self.definitions.next();
            }
        }
    }

    /// Extends the current section up to `end`.
    fn lengthen(&mut self, end: usize) {
        let unit = self.open.last().map(|open| &mut self.units[open.unit]);
        if let Some(section) = unit.and_then(|unit| unit.sections.last_mut()) {
            section.size = end.saturating_sub(section.start);
        }
    }

    fn definition(&mut self, definition: &Definition<'_>) {
        let ty = match definition {
            Definition::Type(ty) => Some(self.definitions.type_text(ty)),
            _ => None,
        };
        self.definitions.next();
        let Some(Open { unit, inside: Inside::Component(spaces), .. }) = self.open.last_mut()
        else {
            return;
        };
        let unit = &mut self.units[*unit];
        if spaces.is_in_type() {
            return spaces.declaration(definition);
        }
        match definition {
            Definition::Import(import) => {
                let (sort, index) = (import.ty.sort(), spaces.len(import.ty.sort()));
                let ty = spaces.describe(&import.ty);
                let (name, kind) = (import.name.name.to_string(), sort.to_string());
                unit.imports.push(ImportRow {
                    module: None,
                    name,
                    kind,
                    index,
                    ty: Some(ty.clone()),
                });
                spaces.add(definition, Some(ty));
            }
            Definition::Export(export) => {
                let (kind, index) = (export.item.sort().to_string(), export.item.number());
                let stated = export.ty.map(|ty| spaces.describe(&ty));
                let ty = stated.or_else(|| spaces.ty(export.item));
                let name = export.name.name.to_string();
                unit.exports.push(ExportRow { name, kind, index, ty: ty.clone() });
                spaces.add(definition, ty);
            }
            _ => spaces.define(definition, ty),
        }
    }

    fn item(&mut self, item: &Item<'_>, start: usize, end: usize) {
        match item {
            Item::Section(section) => {
                let count = section.id.is_list().then_some(section.count);
                self.begin_section(section.id.name().to_owned(), start, end, count);
            }
            Item::Custom(custom) => {
                self.begin_section(custom_section(&custom.name), start, end, None);
            }
            Item::Body(body) => self.body(end - body.bytes().len(), body.bytes().len()),
            _ => {}
        }
        // Each item of a section makes it longer.
        self.lengthen(end);
    }

    fn body(&mut self, start: usize, size: usize) {
        let Some(Open { unit, inside: Inside::Module(module, next), .. }) = self.open.last_mut()
        else {
            return;
        };
        let name = module.names.funcs.get((*next).into()).map(|name| name.to_string());
        let functions = &mut self.units[*unit].functions;
        functions.get_or_insert_default().push(FunctionRow { index: *next, name, start, size });
        *next += 1;
    }

    /// Counts a body that is malformed.
    fn skip_body(&mut self) {
        if let Some(Open { inside: Inside::Module(_, next), .. }) = self.open.last_mut() {
            *next += 1;
        }
    }
}

/// Returns the name of the module or component that a line begins, such as `core module 1 $main`.
fn name_of(line: &str) -> String {
    // The line ends with the index, as a comment behind the identifier.
    let line = line.trim_start_matches('(').trim_end_matches(";)");
    let Some((before, index)) = line.rsplit_once(" (;") else { return line.to_owned() };
    match before.split_once(" $") {
        Some((keyword, word)) => format!("{keyword} {index} ${word}"),
        None => format!("{before} {index}"),
    }
}

fn custom_section(name: &str) -> String {
    format!("{} {}", SectionId::Custom, Quoted(name))
}

fn imports(module: &Module<'_>) -> Vec<ImportRow> {
    let imports = module.indexed_imports().map(|(index, import)| ImportRow {
        module: Some(import.module.to_string()),
        name: import.name.to_string(),
        kind: index.kind().keyword().to_owned(),
        index: index.index(),
        ty: None,
    });
    imports.collect()
}

fn exports(module: &Module<'_>) -> Vec<ExportRow> {
    let exports = module.exports.iter().map(|export| ExportRow {
        name: export.name.to_string(),
        kind: export.index.kind().keyword().to_owned(),
        index: export.index.index(),
        ty: None,
    });
    exports.collect()
}
