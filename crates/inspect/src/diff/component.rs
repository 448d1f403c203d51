//! The definitions of two components, and the modules inside.

use std::collections::HashMap;

use wattle_ast::Module;
use wattle_ast::components::{Component, Definition};
use wattle_printer::DefinitionLister;

use super::code::{Row, hashes_of, hunks};
use super::ids::{Known, hash_of};
use super::pairs::{MatchedBy, Pairs};
use super::{Change, Diff, Item, Options};

/// A core module in a component.
struct Inner<'c> {
    module: &'c Module<'c>,
    /// The head of its definition without its index, such as `(core module $main`.
    head: String,
    /// Its definition, as in `(core module $main (;3;)`.
    text: String,
}

/// One of the components: its definitions as lines, and the modules inside.
struct Half<'c> {
    rows: Vec<Row>,
    inner: Vec<Inner<'c>>,
}

impl<'c> Half<'c> {
    fn new(component: &'c Component<'c>) -> Half<'c> {
        let (mut rows, mut inner) = (Vec::new(), Vec::new());
        let lines = DefinitionLister::new(component).zip(&component.definitions);
        for (place, (line, definition)) in lines.enumerate() {
            let meaning = without_indices(&line.text);
            if let Definition::CoreModule(module) = definition {
                inner.push(Inner { module, head: meaning.clone(), text: line.text.clone() });
            }
            let data = match definition {
                Definition::Custom(custom) => custom.data.bytes(),
                _ => None,
            };
            let hash = hash_of((meaning, line.depth, data));
            rows.push(Row { hash, place, depth: line.depth, text: line.text });
        }
        Half { rows, inner }
    }

    /// Returns the modules as they are recognised: by their names.
    fn known(&self) -> Vec<Known> {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let known = self.inner.iter().map(|inner| {
            let count = seen.entry(&inner.head).or_default();
            *count += 1;
            let key = inner.head.contains('$').then(|| format!("{} {count}", inner.head));
            Known { key, content: content(inner.module) }
        });
        known.collect()
    }
}

/// Returns the hash of the code and data of a module, which tells modules without names apart.
fn content(module: &Module<'_>) -> u64 {
    let code: Vec<_> = module.funcs.iter().map(|func| hash_of(func.body.bytes())).collect();
    let data: Vec<_> = module.datas.iter().map(|data| hash_of(&data.bytes)).collect();
    let exports: Vec<_> = module.exports.iter().map(|export| export.name.as_str()).collect();
    hash_of((code, data, exports))
}

/// Returns the text of a definition without the comment that has its index.
fn without_indices(text: &str) -> String {
    let Some((head, rest)) = text.split_once("(;") else { return text.to_owned() };
    match rest.split_once(";)") {
        Some((index, rest)) if index.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{head}{rest}")
        }
        _ => text.to_owned(),
    }
}

/// Adds the differences between two components.
pub(super) fn compare(diff: &mut Diff, old: &Component<'_>, new: &Component<'_>, options: Options) {
    let (old, new) = (Half::new(old), Half::new(new));
    definitions(diff, &old, &new, options);
    let mut pairs = Pairs::of_known(&old.known(), &new.known());
    pairs.rest_in_order(|_, _| true);
    for (inner, pair) in old.inner.iter().zip(&pairs.of_old) {
        match pair.and_then(|(other, _)| new.inner.get(other)) {
            Some(other) => {
                let unit = other.text.trim_start_matches('(').replace("(;", "").replace(";)", "");
                super::module::compare(diff, unit.trim_end(), inner.module, other.module, options);
            }
            None => diff.only_module(inner, true),
        }
    }
    for (inner, pair) in new.inner.iter().zip(&pairs.of_new) {
        if pair.is_none() {
            diff.only_module(inner, false);
        }
    }
}

fn definitions(diff: &mut Diff, old: &Half<'_>, new: &Half<'_>, options: Options) {
    if hashes_of(&old.rows) == hashes_of(&new.rows) {
        return diff.add_same("definitions");
    }
    let found = hunks(&old.rows, &new.rows, options);
    let item = |half: &Half<'_>| {
        let text = format!("{} definitions", half.rows.len());
        Some(Item { text, ..Item::default() })
    };
    let change = Change {
        old: item(old),
        new: item(new),
        by: Some(MatchedBy::Order),
        is_changed: true,
        is_complete: found.is_some(),
        hunks: found.unwrap_or_default(),
        ..Change::of("", "definitions")
    };
    diff.add("definitions", change);
}

impl Diff {
    /// Adds a module that only one of the files has.
    fn only_module(&mut self, inner: &Inner<'_>, is_old: bool) {
        let text = format!("{} functions", inner.module.funcs.len());
        let name = Some(inner.text.trim_start_matches('(').to_owned());
        let item = Some(Item { name, text, ..Item::default() });
        let (old, new) = if is_old { (item, None) } else { (None, item) };
        let change = Change { old, new, is_changed: true, ..Change::of("", "core module") };
        self.add("core module", change);
    }
}
