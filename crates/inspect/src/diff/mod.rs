//! How two modules or components differ: sections, imports, exports and other definitions as lists,
//! functions matched with one another, and their instructions.
//!
//! | file | has |
//! |---|---|
//! | `matching.rs` | which function of one module is which of the other |
//! | `module.rs` | the lists and functions of two modules |

mod matching;
mod module;

use std::collections::{BTreeMap, HashMap};

use wattle_ast::components::{Component, Layer};
use wattle_ast::{Features, Wasm};
use wattle_parser::components::Parser;
use wattle_printer::DefinitionLister;

use crate::metadata::metadata;
use crate::size::Sizes;

/// How two files differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diff {
    /// The sizes of both files.
    pub sizes: [usize; 2],
    /// The modules and components that differ, in the order of the old file, then those that only the
    /// new one has.
    pub units: Vec<UnitDiff>,
}

/// How a module or component differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnitDiff {
    /// Whether it is a module or a component.
    pub layer: Layer,
    /// The words that lead to it from the outermost component; empty for the outermost.
    pub path: String,
    /// The sizes of both; `None` on the side that does not have it.
    pub sizes: [Option<usize>; 2],
    /// The sections whose sizes differ: the name, and both sizes; 0 for a section that is not there.
    pub sections: Vec<(String, [usize; 2])>,
    /// What else differs but for functions, list by list.
    pub lists: Vec<ListDiff>,
    /// The functions that differ.
    pub funcs: Vec<FuncDiff>,
    /// The number of functions that are equal, whatever their indices.
    pub equal_funcs: usize,
}

/// How a list of definitions differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListDiff {
    /// What it lists, such as `imports`.
    pub what: &'static str,
    /// What only the old file has.
    pub old: Vec<String>,
    /// What only the new file has.
    pub new: Vec<String>,
}

/// A function that one side has, or that differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FuncDiff {
    /// The function on both sides.
    pub sides: [Option<FuncSide>; 2],
    /// How the instructions differ, if both sides have it.
    pub lines: Vec<Line>,
    /// Whether the instructions differ in too many places to be compared one by one.
    pub is_too_long: bool,
}

/// A function of one side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FuncSide {
    /// Its index.
    pub index: u32,
    /// Its name.
    pub name: Option<String>,
    /// The number of bytes of its body.
    pub size: usize,
}

/// A line of the difference of two functions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Which side has it.
    pub sign: Sign,
    /// The instruction.
    pub text: String,
}

/// Which side has a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sign {
    /// Both.
    Both,
    /// The old one.
    Old,
    /// The new one.
    New,
    /// Lines are left out here, since both sides have them.
    Gap,
}

impl UnitDiff {
    /// Whether nothing differs.
    fn is_empty(&self) -> bool {
        let is_on_both = self.sizes.iter().all(Option::is_some);
        is_on_both && self.sections.is_empty() && self.lists.is_empty() && self.funcs.is_empty()
    }
}

/// How two binaries differ. What is malformed counts as far as it can be read.
///
/// ```
/// use wattle_ast::Features;
/// use wattle_inspect::diff::diff;
///
/// let old = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
/// let new = b"\0asm\x01\0\0\0\x05\x03\x01\0\x02";
/// let found = diff(old, new, Features::ALL);
/// assert_eq!(found.units[0].lists[0].new, ["0: (memory 2)"]);
/// assert!(diff(old, old, Features::ALL).units.is_empty());
/// ```
pub fn diff(old: &[u8], new: &[u8], features: Features) -> Diff {
    let sides = [old, new].map(|bytes| {
        let wasm = Parser::new().features(features).recover(bytes).wasm;
        (bytes, wasm)
    });
    let [old_units, new_units] =
        [&sides[0], &sides[1]].map(|(bytes, wasm)| units(bytes, wasm, features));
    let mut units = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (place, unit) in new_units.iter().enumerate() {
        places.insert(&unit.path, place);
    }
    let mut is_matched = vec![false; new_units.len()];
    for old in &old_units {
        let place = places
            .get(&*old.path)
            .copied()
            .filter(|&place| new_units[place].layer == old.layer && !is_matched[place]);
        if let Some(place) = place {
            is_matched[place] = true;
        }
        units.push(compare(Some(old), place.map(|place| &new_units[place])));
    }
    let rest = new_units.iter().zip(&is_matched).filter(|(_, is_matched)| !**is_matched);
    units.extend(rest.map(|(unit, _)| compare(None, Some(unit))));
    units.retain(|unit| !unit.is_empty());
    Diff { sizes: [old.len(), new.len()], units }
}

/// A module or component of a side.
struct Unit<'w> {
    layer: Layer,
    path: String,
    size: usize,
    /// The sizes of its sections by name.
    sections: BTreeMap<String, usize>,
    module: Option<&'w wattle_ast::Module<'w>>,
    /// The definitions of a component, without their indices.
    definitions: Vec<String>,
}

fn units<'w>(bytes: &[u8], wasm: &'w Wasm<'w>, features: Features) -> Vec<Unit<'w>> {
    let mut modules = wasm.modules();
    let mut units: Vec<Unit<'w>> = Vec::new();
    for unit in metadata(bytes, features) {
        let module = if unit.layer == Layer::Module { modules.next() } else { None };
        units.push(Unit {
            layer: unit.layer,
            path: unit.path,
            size: unit.size,
            sections: BTreeMap::new(),
            module,
            definitions: Vec::new(),
        });
    }
    for section in &Sizes::of(bytes, features).sections {
        let name = match &section.name {
            Some(name) => format!("{} {}", section.kind, wattle_ast::Quoted(name)),
            None => section.kind.to_owned(),
        };
        if let Some(unit) = units.get_mut(section.unit as usize) {
            *unit.sections.entry(name).or_default() += section.size;
        }
    }
    if let (Some(component), Some(unit)) = (wasm.component(), units.first_mut()) {
        unit.definitions = definitions(component);
    }
    units
}

/// The definitions of a component and of all that are in it, one a line, without their indices.
fn definitions(component: &Component<'_>) -> Vec<String> {
    DefinitionLister::new(component).map(|line| without_indices(&line.text)).collect()
}

/// A line without the comments that have indices.
fn without_indices(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(" (;") {
        out.push_str(before);
        match after.split_once(";)") {
            Some((index, after)) if index.bytes().all(|byte| byte.is_ascii_digit()) => rest = after,
            _ => {
                out.push_str(" (;");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn compare(old: Option<&Unit<'_>>, new: Option<&Unit<'_>>) -> UnitDiff {
    let any = old.or(new);
    let mut unit = UnitDiff {
        layer: any.map_or(Layer::Module, |unit| unit.layer),
        path: any.map(|unit| unit.path.clone()).unwrap_or_default(),
        sizes: [old.map(|unit| unit.size), new.map(|unit| unit.size)],
        sections: Vec::new(),
        lists: Vec::new(),
        funcs: Vec::new(),
        equal_funcs: 0,
    };
    let (Some(old), Some(new)) = (old, new) else { return unit };
    let mut sections: BTreeMap<&String, [usize; 2]> = BTreeMap::new();
    for (side, unit) in [old, new].into_iter().enumerate() {
        unit.sections
            .iter()
            .for_each(|(name, size)| sections.entry(name).or_default()[side] = *size);
    }
    sections.retain(|_, sizes| sizes[0] != sizes[1]);
    unit.sections = sections.into_iter().map(|(name, sizes)| (name.clone(), sizes)).collect();
    unit.lists.extend(list("definitions", old.definitions.clone(), new.definitions.clone()));
    if let (Some(old), Some(new)) = (old.module, new.module) {
        module::compare(old, new, &mut unit);
    }
    unit
}

/// What each side has that the other one does not, each as often as it has it more often.
fn list(what: &'static str, old: Vec<String>, new: Vec<String>) -> Option<ListDiff> {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for line in &new {
        *counts.entry(line).or_default() += 1;
    }
    let mut only_old = Vec::new();
    for line in &old {
        let count = counts.entry(line).or_default();
        *count -= 1;
        if *count < 0 {
            only_old.push(line.clone());
        }
    }
    let mut only_new = Vec::new();
    // Of equal lines, the last ones are those that are new.
    for line in new.iter().rev() {
        if let Some(count) = counts.get_mut(&**line).filter(|count| **count > 0) {
            *count -= 1;
            only_new.push(line.clone());
        }
    }
    only_new.reverse();
    match only_old.is_empty() && only_new.is_empty() {
        true => None,
        false => Some(ListDiff { what, old: only_old, new: only_new }),
    }
}
