//! The differences between two modules or components.
//!
//! Items are compared by their meaning, not by their indices: a call to the function that was
//! number 7 and is number 8 is the same call.
//!
//! | file | has |
//! |---|---|
//! | `ids.rs` | numbers for the items that indices stand for, which do not depend on order |
//! | `pairs.rs` | pairs of items of the two files: by name, by equality, by similarity |
//! | `half.rs` | one of the modules: items in words, and hashes of their meaning |
//! | `module.rs` | the items of two modules, pair by pair |
//! | `code.rs` | the instructions of two functions |
//! | `component.rs` | the definitions of two components |

mod code;
mod component;
mod half;
mod ids;
mod module;
mod pairs;

use std::collections::BTreeMap;

use wattle_ast::components::{self, Component, Layer};
use wattle_ast::{Module, Reader, SectionId, Wasm};
use wattle_parser::components::frames;

pub use pairs::MatchedBy;

/// A file to compare.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The module or component in the file.
    pub wasm: &'a Wasm<'a>,
    /// The bytes of the file.
    pub bytes: &'a [u8],
}

/// The differences between two files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Diff {
    /// The sections of the outermost module or component, with those that did not change. Sections
    /// of one name are added up.
    pub sections: Vec<SectionSizes>,
    /// The items that differ, module by module.
    pub changes: Vec<Change>,
    /// The number of items of each kind, over all modules.
    pub counts: BTreeMap<&'static str, Counts>,
}

/// The size of a section in both files, with its header; `None` where it is not there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SectionSizes {
    /// The section; a custom section by its own name, in quotes.
    pub name: String,
    /// The size in the old file.
    pub old: Option<usize>,
    /// The size in the new file.
    pub new: Option<usize>,
}

/// The numbers of items of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Items that are only in the new file.
    pub added: usize,
    /// Items that are only in the old file.
    pub removed: usize,
    /// Items that differ.
    pub changed: usize,
    /// Items that only have another name.
    pub renamed: usize,
    /// Items that do not differ.
    pub same: usize,
}

/// An item that differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The words that lead to the module or component that it is in; empty for the outermost one.
    pub unit: String,
    /// The kind of item, such as `func` or `export`.
    pub kind: &'static str,
    /// The item in the old file; `None` if it is only in the new one.
    pub old: Option<Item>,
    /// The item in the new file; `None` if it is only in the old one.
    pub new: Option<Item>,
    /// The reason why the two count as one item.
    pub by: Option<MatchedBy>,
    /// Whether more than the name differs.
    pub is_changed: bool,
    /// The runs of instructions, elements or the like that differ, with those around them.
    pub hunks: Vec<Hunk>,
    /// Whether the item is small enough for hunks. If it is not, `hunks` is empty.
    pub is_complete: bool,
}

/// An item of one of the files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Item {
    /// The index of the item, among those of its kind.
    pub index: u32,
    /// The name of the item, as the file has it.
    pub name: Option<String>,
    /// The number of bytes of a function's body, of the content of a segment or of a section.
    pub size: Option<usize>,
    /// The item, as text.
    pub text: String,
}

/// A run of lines that differ, with some around them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hunk {
    /// The place of the first line in the old item: for an instruction, its offset.
    pub old: usize,
    /// The place of the first line in the new item.
    pub new: usize,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A line of a hunk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The file that has the line.
    pub side: LineSide,
    /// The number of blocks around an instruction.
    pub depth: usize,
    /// The instruction, as text.
    pub text: String,
}

/// The file or files that have a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LineSide {
    /// Both files, with the text of the new one.
    Both,
    /// Only the old file.
    Old,
    /// Only the new file.
    New,
}

/// The options of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The number of lines around a difference that are shown.
    pub context: usize,
    /// Whether hunks are made.
    pub hunks: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { context: 3, hunks: true }
    }
}

impl Diff {
    /// Compares two files.
    ///
    /// ```
    /// use wattle_ast::Wasm;
    /// use wattle_inspect::diff::{Diff, Options, Side};
    ///
    /// let files = ["(func $f (drop (i32.const 1)))", "(func) (func $f (drop (i32.const 2)))"];
    /// let wasms = files.map(|text| Wasm::from(wattle_wat::parse(text).unwrap()));
    /// let bytes = wasms.each_ref().map(wattle_encoder::encode_wasm);
    /// let [old, new] = [0, 1].map(|at| Side { wasm: &wasms[at], bytes: &bytes[at] });
    ///
    /// let diff = Diff::new(old, new, Options::default());
    /// assert!(diff.changes[0].is_changed && diff.changes[1].old.is_none());
    /// assert_eq!(diff.changes[0].hunks[0].lines[0].text, "i32.const 1");
    /// assert!(!diff.is_empty() && Diff::new(old, old, Options::default()).is_empty());
    /// ```
    pub fn new(old: Side<'_>, new: Side<'_>, options: Options) -> Diff {
        let mut diff = Diff { sections: sections(old.bytes, new.bytes), ..Diff::default() };
        match (old.wasm, new.wasm) {
            (Wasm::Module(old), Wasm::Module(new)) => diff.modules("", old, new, options),
            (Wasm::Component(old), Wasm::Component(new)) => diff.components(old, new, options),
            (old, new) => diff.layers(old, new),
        }
        diff
    }

    /// Returns whether the files differ in nothing but the order and the encoding of items.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Compares a module with a component.
    fn layers(&mut self, old: &Wasm<'_>, new: &Wasm<'_>) {
        let item = |wasm: &Wasm<'_>| {
            let text = match wasm {
                Wasm::Module(_) => "a module",
                Wasm::Component(_) => "a component",
            };
            Item { text: text.to_owned(), ..Item::default() }
        };
        self.add(
            "file",
            Change {
                old: Some(item(old)),
                new: Some(item(new)),
                is_changed: true,
                ..Change::of("", "file")
            },
        );
    }

    fn modules(&mut self, unit: &str, old: &Module<'_>, new: &Module<'_>, options: Options) {
        module::compare(self, unit, old, new, options);
    }

    fn components(&mut self, old: &Component<'_>, new: &Component<'_>, options: Options) {
        component::compare(self, old, new, options);
    }

    /// Adds and counts a change.
    fn add(&mut self, kind: &'static str, change: Change) {
        let counts = self.counts.entry(kind).or_default();
        match (&change.old, &change.new) {
            (None, _) => counts.added += 1,
            (_, None) => counts.removed += 1,
            _ if change.is_changed => counts.changed += 1,
            _ => counts.renamed += 1,
        }
        self.changes.push(change);
    }

    /// Counts an item that does not differ.
    fn add_same(&mut self, kind: &'static str) {
        self.counts.entry(kind).or_default().same += 1;
    }
}

impl Change {
    /// Makes a change of this kind, without items.
    fn of(unit: &str, kind: &'static str) -> Change {
        Change {
            unit: unit.to_owned(),
            kind,
            old: None,
            new: None,
            by: None,
            is_changed: false,
            hunks: Vec::new(),
            is_complete: true,
        }
    }
}

/// Compares the sizes of the sections of two files.
fn sections(old: &[u8], new: &[u8]) -> Vec<SectionSizes> {
    let mut found: Vec<SectionSizes> = Vec::new();
    let mut places = BTreeMap::new();
    for (is_new, bytes) in [(false, old), (true, new)] {
        let is_component = Layer::of(bytes) == Some(Layer::Component);
        for section in frames(bytes).map_while(Result::ok) {
            let name = section_name(section.code, section.content, is_component);
            let place = *places.entry(name.clone()).or_insert_with(|| {
                found.push(SectionSizes { name, old: None, new: None });
                found.len() - 1
            });
            let sizes = &mut found[place];
            let side = if is_new { &mut sizes.new } else { &mut sizes.old };
            *side.get_or_insert(0) += section.bytes.len();
        }
    }
    found
}

fn section_name(code: u8, content: &[u8], is_component: bool) -> String {
    if SectionId::from_code(code) == Some(SectionId::Custom) {
        let name = Reader::new(content).name().unwrap_or("?");
        return format!("custom {}", wattle_ast::Quoted(name));
    }
    let name = match is_component {
        true => components::SectionId::from_code(code).map(|id| id.name()),
        false => SectionId::from_code(code).map(|id| id.name()),
    };
    name.map_or_else(|| format!("section {code}"), str::to_owned)
}
