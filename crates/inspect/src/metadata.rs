//! What modules and components say about themselves: their names, the tools that made them, authors,
//! licences and the like.

use std::collections::HashMap;

use wattle_ast::components::{self, Component, CoreSort, Definition, Layer, Part, PlainSort, Sort};
use wattle_ast::custom::{DescriptionSection, Producers};
use wattle_ast::{Custom, CustomData, Encode, Features, Item, Module, Names, SectionId, Wasm};
use wattle_parser::components::Parser;

/// What a module or component says about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Metadata {
    /// Whether it is a module or a component.
    pub layer: Layer,
    /// The words that lead to it from the outermost component; empty for the outermost.
    pub path: String,
    /// The offset of its first byte.
    pub start: usize,
    /// The number of bytes.
    pub size: usize,
    /// Its name.
    pub name: Option<String>,
    /// The tools that made it: a field such as `language`, and its values with their versions.
    pub producers: Vec<(String, Vec<(String, String)>)>,
    /// Its authors, licences and the like.
    pub descriptions: Vec<(DescriptionSection, String)>,
}

/// A module or component that is open, and the numbers of modules and components in it.
struct Open {
    number: usize,
    counts: HashMap<Sort, u32>,
    types: u32,
}

/// What the modules and components of a binary say about themselves, in the order in which they
/// begin.
///
/// ```
/// use wattle_ast::Features;
///
/// let wasm = b"\0asm\x01\0\0\0\0\x0b\x07version1.0";
/// let found = wattle_inspect::metadata::metadata(wasm, Features::ALL);
/// assert_eq!(found[0].descriptions[0].1, "1.0");
/// ```
pub fn metadata(bytes: &[u8], features: Features) -> Vec<Metadata> {
    let mut found: Vec<Metadata> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut events = Parser::new().features(features).check_bodies(false).events(bytes);
    while let Some(event) = events.next() {
        let Ok(event) = event else {
            if events.skip_malformed().is_none() {
                break;
            }
            open.truncate(events.depth() + 1);
            continue;
        };
        match event.part {
            Part::Enter(layer) => {
                let path = open.last_mut().map_or(String::new(), |outer| {
                    let sort = sort_of(layer);
                    let count = outer.counts.entry(sort).or_default();
                    let own = format!("{sort} {count}");
                    *count += 1;
                    match &*found[outer.number].path {
                        "" => own,
                        // A deep path is not repeated at every level.
                        path if path.len() > 200 => format!("…, {own}"),
                        path => format!("{path}, {own}"),
                    }
                });
                open.push(Open { number: found.len(), counts: HashMap::new(), types: 0 });
                found.push(Metadata {
                    layer,
                    path,
                    start: event.offset,
                    size: bytes.len() - event.offset,
                    name: None,
                    producers: Vec::new(),
                    descriptions: Vec::new(),
                });
            }
            Part::Leave => {
                if let Some(unit) = open.pop() {
                    found[unit.number].size = event.offset - found[unit.number].start;
                }
            }
            Part::Item(Item::Custom(custom)) => {
                if let Some(unit) = open.last() {
                    found[unit.number].custom(&custom);
                }
            }
            Part::Definition(definition) => {
                if let Some(unit) = open.last_mut() {
                    unit.definition(&mut found[unit.number], &definition);
                }
            }
            Part::Item(_) | Part::Section(_) => {}
        }
    }
    found
}

fn sort_of(layer: Layer) -> Sort {
    match layer {
        Layer::Module => Sort::Core(CoreSort::Module),
        Layer::Component => Sort::Plain(PlainSort::Component),
    }
}

impl Open {
    fn definition(&mut self, of: &mut Metadata, definition: &Definition<'_>) {
        match definition {
            Definition::Custom(custom) => of.custom(custom),
            Definition::Names(names) => {
                of.name = names.component.as_ref().map(|name| name.to_string());
            }
            Definition::End => self.types = self.types.saturating_sub(1),
            _ if definition.opens().is_some() => self.types += 1,
            // Imports and aliases of modules and components have indices too.
            _ if self.types == 0 => {
                if let Some((sort, count)) = definition.adds() {
                    *self.counts.entry(sort).or_default() += count;
                }
            }
            _ => {}
        }
    }
}

impl Metadata {
    fn custom(&mut self, custom: &Custom<'_>) {
        let Some(bytes) = custom.data.bytes() else { return };
        match &*custom.name {
            Names::NAME => {
                let names = Names::parse(bytes).unwrap_or_default();
                self.name = names.module.map(|name| name.to_string());
            }
            Producers::NAME => {
                let producers = Producers::parse(bytes).unwrap_or_default();
                self.producers.extend(producers.fields.iter().map(|field| {
                    let values = field.values.iter();
                    let values = values.map(|it| (it.name.to_string(), it.version.to_string()));
                    (field.name.to_string(), values.collect())
                }));
            }
            name => {
                if let Some(section) = DescriptionSection::from_name(name) {
                    let text = String::from_utf8_lossy(bytes).into_owned();
                    self.descriptions.push((section, text));
                }
            }
        }
    }
}

/// What to add to a module or component, or to replace or remove.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Additions {
    /// Its name; empty to remove the name.
    pub name: Option<String>,
    /// Values of fields of `producers`: the field, the value, and its version. A value that is there
    /// gets the new version.
    pub producers: Vec<(&'static str, String, String)>,
    /// Authors, licences and the like; empty to remove the section.
    pub descriptions: Vec<(DescriptionSection, String)>,
}

impl Additions {
    /// Changes the outermost module or component. A section that is new comes last.
    ///
    /// # Errors
    /// If the section `producers` is malformed, so that nothing can be added to it.
    ///
    /// ```
    /// use wattle_ast::{Module, Wasm};
    /// use wattle_inspect::metadata::Additions;
    ///
    /// let mut wasm = Wasm::from(Module::default());
    /// let name = Some("m".to_owned());
    /// Additions { name, ..Additions::default() }.apply(&mut wasm)?;
    /// assert_eq!(wasm.module().unwrap().names.module, Some("m".into()));
    /// # Ok::<(), wattle_ast::Error>(())
    /// ```
    pub fn apply(&self, wasm: &mut Wasm<'_>) -> Result<(), wattle_ast::Error> {
        if let Some(name) = &self.name {
            let name = (!name.is_empty()).then(|| name.clone().into());
            match wasm {
                Wasm::Module(module) => module.names.module = name,
                Wasm::Component(component) => name_component(component, name),
            }
        }
        if !self.producers.is_empty() {
            let mut sections = Sections::of(wasm);
            let old = sections.get(Producers::NAME).map(<[u8]>::to_vec).unwrap_or_default();
            let mut producers = match old.is_empty() {
                true => Producers::default(),
                false => Producers::parse(&old)?,
            };
            for (field, name, version) in &self.producers {
                producers.add(field, name.clone().into(), version.clone().into());
            }
            sections.set(Producers::NAME, Some(producers.to_bytes()));
        }
        for (section, text) in &self.descriptions {
            let content = (!text.is_empty()).then(|| text.clone().into_bytes());
            Sections::of(wasm).set(section.name(), content);
        }
        Ok(())
    }
}

fn name_component(component: &mut Component<'_>, name: Option<wattle_ast::Name<'static>>) {
    let depths = outermost(&component.definitions);
    let mut names = component.definitions.iter_mut().zip(depths).filter(|(_, it)| *it);
    let known = names.find_map(|(definition, _)| match definition {
        Definition::Names(names) => Some(names),
        _ => None,
    });
    match known {
        Some(names) => names.component = name,
        None => {
            let names = components::Names { component: name, ..components::Names::default() };
            component.definitions.push(Definition::Names(names.into()));
        }
    }
}

/// Whether each definition is one of the outermost component itself.
fn outermost(definitions: &[Definition<'_>]) -> Vec<bool> {
    let mut depth = 0_u32;
    definitions
        .iter()
        .map(|definition| {
            if let Definition::End = definition {
                depth = depth.saturating_sub(1);
            }
            let is_outermost = depth == 0;
            depth += u32::from(definition.opens().is_some());
            is_outermost
        })
        .collect()
}

/// The custom sections of the outermost module or component.
enum Sections<'w, 'a> {
    Module(&'w mut Module<'a>),
    Component(&'w mut Component<'a>),
}

impl<'w, 'a> Sections<'w, 'a> {
    fn of(wasm: &'w mut Wasm<'a>) -> Sections<'w, 'a> {
        match wasm {
            Wasm::Module(module) => Sections::Module(module),
            Wasm::Component(component) => Sections::Component(component),
        }
    }

    fn get(&self, name: &str) -> Option<&[u8]> {
        let is_it = |custom: &&Custom<'_>| &*custom.name == name;
        match self {
            Sections::Module(module) => module.customs.iter().find(is_it)?.data.bytes(),
            Sections::Component(component) => {
                let depths = outermost(&component.definitions);
                let own = component.definitions.iter().zip(depths).filter(|(_, it)| *it);
                let mut customs = own.filter_map(|(definition, _)| match definition {
                    Definition::Custom(custom) => Some(custom),
                    _ => None,
                });
                customs.find(is_it)?.data.bytes()
            }
        }
    }

    /// Replaces the content of a section, adds the section, or removes it.
    fn set(&mut self, name: &'static str, content: Option<Vec<u8>>) {
        let data = content.map(|content| CustomData::Bytes(content.into()));
        let is_it = |custom: &Custom<'_>| &*custom.name == name;
        match self {
            Sections::Module(module) => {
                let place = module.customs.iter().position(is_it);
                match (place, data) {
                    (Some(place), Some(data)) => module.customs[place].data = data,
                    (Some(place), None) => drop(module.customs.remove(place)),
                    (None, Some(data)) => {
                        let after = SectionId::ALL.last().copied();
                        module.customs.push(Custom { name: name.into(), data, after });
                    }
                    (None, None) => {}
                }
            }
            Sections::Component(component) => {
                let depths = outermost(&component.definitions);
                let place = component.definitions.iter().zip(depths).position(|(it, own)| {
                    own && matches!(it, Definition::Custom(custom) if is_it(custom))
                });
                let definition =
                    |data| Definition::from_custom(Custom { name: name.into(), data, after: None });
                match (place, data) {
                    (Some(place), Some(data)) => component.definitions[place] = definition(data),
                    (Some(place), None) => drop(component.definitions.remove(place)),
                    (None, Some(data)) => component.definitions.push(definition(data)),
                    (None, None) => {}
                }
            }
        }
    }
}
