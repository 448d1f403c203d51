//! Damaged texts: no panic, no hang, and errors with spans of the text.

use crate::damage::{Random, damage};
use wattle_ast::{Features, IndexSpaces, LineIndex, Module};
use wattle_tests::suite;
use wattle_wat::{Parser, Space};

/// The modules of a text, roughly: each part from `(module` to the next assertion or module.
fn modules(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n(module").skip(1).map(|module| module.split("\n(assert").next().unwrap())
}

/// The number of members of an index space of a module.
fn count(module: &Module<'_>, space: Space) -> usize {
    let spaces = IndexSpaces::of(module);
    match space {
        Space::Type => module.types.len(),
        Space::Func => spaces.funcs.len(),
        Space::Table => spaces.tables.len(),
        Space::Mem => spaces.mems.len(),
        Space::Tag => spaces.tags.len(),
        Space::Global => spaces.globals.len(),
        Space::Elem => module.elems.len(),
        Space::Data => module.datas.len(),
        _ => usize::MAX,
    }
}

#[test]
fn damaged_modules_do_no_harm() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let parser = Parser::new().source_map(true).identifiers(true);
    let (mut parsed, mut refused) = (0, 0);
    for file in suite::files() {
        let text = String::from_utf8(file.read()).unwrap();
        for module in modules(&text).filter(|module| module.len() < 4000).take(12) {
            for _ in 0..8 {
                let damaged = damage(&format!("(module{module}"), &mut random);
                let found = parser.recover(&damaged);
                *if found.errors.is_empty() { &mut parsed } else { &mut refused } += 1;
                let lines = LineIndex::new(&damaged);
                for error in &found.errors {
                    let span = error.span;
                    assert!(damaged.get(span.start..span.end).is_some(), "{damaged}");
                    let line = lines.line_span(span.line_column(&lines).line).unwrap();
                    assert!(line.start <= span.start && span.start <= line.end);
                }
                let identifiers = found.identifiers.unwrap();
                for one in &identifiers.definitions {
                    let count = count(&found.module, one.space);
                    assert!((one.index as usize) < count, "{one:?} of {count} in {damaged}");
                    assert!(damaged[one.id.start..one.id.end].starts_with('$'));
                    assert!(one.form.start < one.id.start && one.id.end <= one.form.end);
                }
                for one in &identifiers.references {
                    assert!(damaged[one.id.start..one.id.end].starts_with('$'));
                    assert!(one.definition < identifiers.definitions.len());
                }
                // The bodies of the remaining functions are well-formed.
                assert!(
                    found
                        .module
                        .funcs
                        .iter()
                        .all(|func| { func.body.expr().check(Features::ALL).is_ok() })
                );
            }
        }
    }
    println!("{parsed} still parse, {refused} do not");
    assert!(parsed > 100 && refused > 1000);
}
