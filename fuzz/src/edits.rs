//! Text is a source: an edit of the printed text makes that change to the binary, and no other. The
//! binaries are compared as wasmparser reads them, functions by their names.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Range;

use wasmparser::{
    ElementItems, ExternalKind, KnownCustom, Name, Operator, Parser, Payload, TypeRef,
};
use wattle::ast::{ExternKind, Features};
use wattle::printer::Config;
use wattle::syntax::{TokenKind, Tokens};
use wattle::{Module, encoder, wat};

use crate::Random;

/// The facts about a binary, in which functions are called by their names.
type Facts = BTreeMap<String, String>;

/// A printed module in which every function has a unique identifier.
pub struct Printed {
    text: String,
    /// The fields that define functions, each with its identifier.
    funcs: Vec<(String, Range<usize>)>,
    /// The places of each identifier of a function.
    ids: BTreeMap<String, Vec<Range<usize>>>,
}

impl Printed {
    /// Prints a module. Custom sections other than the names are left out, because the comparison
    /// cannot tell to which functions they refer.
    pub fn new(mut module: Module<'_>) -> Printed {
        module.customs.retain(|custom| custom.data.bytes().is_none());
        for index in 0..module.imported(ExternKind::Func) + module.funcs.len() as u32 {
            let name = module.names.funcs.get(index.into()).map_or("", |name| name.as_str());
            let name = format!("func {index} {name}");
            module.names.funcs.insert(index.into(), name.into());
        }
        let text = Config::new().print(&module);
        let tokens = Tokens::new(&text, &[]);
        let mut funcs = Vec::new();
        let mut ids: BTreeMap<String, Vec<Range<usize>>> = BTreeMap::new();
        for token in (0..tokens.len()).map(|pos| tokens.get(pos)) {
            let id = tokens.text(token);
            if token.kind == TokenKind::Id && id.starts_with("$\"func ") {
                let span = token.span();
                ids.entry(id.to_owned()).or_default().push(span.start..span.end);
            }
        }
        let mut pos = if tokens.get(2).kind == TokenKind::Id { 3 } else { 2 };
        while tokens.get(pos).kind == TokenKind::Open {
            let end = tokens.form_end(pos);
            if tokens.text(tokens.get(pos + 1)) == "func" {
                let bytes = tokens.get(pos).span().start..tokens.get(end - 1).span().end;
                funcs.push((tokens.text(tokens.get(pos + 2)).to_owned(), bytes));
            }
            pos = end;
        }
        Printed { text, funcs, ids }
    }

    /// Renames, inserts and deletes functions in the text, and compares the resulting binaries.
    ///
    /// # Panics
    /// When the binary does not change as the text does.
    pub fn check(&self, random: &mut Random) {
        let before = facts(&self.binary(&self.text));
        if self.funcs.is_empty() {
            return;
        }
        let (id, bytes) = &self.funcs[random.below(self.funcs.len())];
        self.check_rename(&before, id);
        self.check_insertion(&before, bytes.start);
        if let Some((id, bytes)) = self.funcs.iter().find(|(id, _)| self.ids[id].len() == 1) {
            self.check_deletion(&before, id, bytes);
        }
    }

    fn binary(&self, text: &str) -> Vec<u8> {
        let parsed = wat::Parser::new().features(Features::ALL).module(text);
        let parsed = parsed.unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(parsed.warnings, [], "nothing is in vain");
        encoder::encode(&parsed.module)
    }

    fn check_rename(&self, before: &Facts, id: &str) {
        let new = "$a_new_name";
        let mut text = String::new();
        let mut end = 0;
        for token in &self.ids[id] {
            text.push_str(&self.text[end..token.start]);
            text.push_str(new);
            end = token.end;
        }
        text.push_str(&self.text[end..]);
        let name = |id: &str| wattle::syntax::strings::id(id).unwrap().to_string();
        let (old, new) = (shown(&name(id)), shown(&name(new)));
        let expected = before
            .iter()
            .map(|(fact, value)| (fact.replace(&old, &new), value.replace(&old, &new)));
        compare(&expected.collect(), &facts(&self.binary(&text)), "a function renamed");
    }

    fn check_insertion(&self, before: &Facts, at: usize) {
        let (head, tail) = self.text.split_at(at);
        let text = format!("{head}(func $inserted nop)\n  {tail}");
        let mut after = facts(&self.binary(&text));
        let inserted: Vec<_> =
            after.keys().filter(|fact| fact.contains(&shown("inserted"))).cloned().collect();
        assert!(!inserted.is_empty());
        for fact in inserted {
            after.remove(&fact);
        }
        compare(before, &after, "a function inserted");
    }

    fn check_deletion(&self, before: &Facts, id: &str, bytes: &Range<usize>) {
        let text = [&self.text[..bytes.start], &self.text[bytes.end..]].concat();
        let name = wattle::syntax::strings::id(id).unwrap().to_string();
        let mut expected = before.clone();
        expected.retain(|fact, _| !fact.contains(&shown(&name)));
        assert!(expected.len() < before.len());
        compare(&expected, &facts(&self.binary(&text)), "a function deleted");
    }
}

/// The name of a function as facts show it.
fn shown(name: &str) -> String {
    format!("<{name}>")
}

fn compare(expected: &Facts, found: &Facts, edit: &str) {
    for (fact, value) in expected {
        let other = found.get(fact);
        assert_eq!(other, Some(value), "{edit}: {fact}");
    }
    let more: Vec<_> = found.keys().filter(|fact| !expected.contains_key(*fact)).collect();
    assert!(more.is_empty(), "{edit}: {more:?}");
}

/// The facts that wasmparser reads in a binary.
fn facts(wasm: &[u8]) -> Facts {
    let payloads: Vec<Payload<'_>> =
        Parser::new(0).parse_all(wasm).map(|payload| payload.unwrap()).collect();
    let names = names(&payloads);
    let func = |index: u32| match names.get(&index) {
        Some(name) => shown(name),
        None => format!("func {index}"),
    };
    let mut facts = Facts::new();
    let mut next_func = 0;
    let (mut bodies, mut types) = (None, Vec::new());
    for payload in &payloads {
        match payload {
            Payload::ImportSection(imports) => {
                for (place, import) in imports.clone().into_imports().enumerate() {
                    let import = import.unwrap();
                    if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                        next_func += 1;
                    }
                    facts.insert(format!("import {place}"), debug(&import));
                }
            }
            Payload::FunctionSection(section) => {
                bodies = Some(next_func);
                types = section.clone().into_iter().map(Result::unwrap).collect();
            }
            Payload::ExportSection(exports) => {
                for export in exports.clone() {
                    let export = export.unwrap();
                    let what = match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => func(export.index),
                        kind => format!("{kind:?} {}", export.index),
                    };
                    facts.insert(format!("export {:?}", export.name), what);
                }
            }
            Payload::StartSection { func: start, .. } => {
                facts.insert("start".to_owned(), func(*start));
            }
            Payload::ElementSection(elems) => {
                for (place, elem) in elems.clone().into_iter().enumerate() {
                    let elem = elem.unwrap();
                    let items = match elem.items {
                        ElementItems::Functions(funcs) => {
                            funcs.into_iter().map(|index| func(index.unwrap())).collect()
                        }
                        ElementItems::Expressions(_, exprs) => exprs
                            .into_iter()
                            .map(|expr| expr.unwrap().get_operators_reader())
                            .map(|expr| operators(expr, &func))
                            .collect::<Vec<_>>(),
                    };
                    facts.insert(format!("elem {place}"), items.join(", "));
                }
            }
            Payload::GlobalSection(globals) => {
                for (place, global) in globals.clone().into_iter().enumerate() {
                    let global = global.unwrap();
                    let init = operators(global.init_expr.get_operators_reader(), &func);
                    facts.insert(format!("global {place}"), format!("{:?} {init}", global.ty));
                }
            }
            Payload::CodeSectionEntry(body) => {
                let index = bodies.get_or_insert(0);
                let place = *index - next_func;
                let locals: Vec<_> =
                    body.get_locals_reader().unwrap().into_iter().map(Result::unwrap).collect();
                let code = operators(body.get_operators_reader().unwrap(), &func);
                let ty = types.get(place as usize);
                facts.insert(
                    format!("body of {}", func(*index)),
                    format!("{ty:?} {locals:?} {code}"),
                );
                *index += 1;
            }
            Payload::MemorySection(memories) => {
                for (place, memory) in memories.clone().into_iter().enumerate() {
                    facts.insert(format!("memory {place}"), debug(&memory.unwrap()));
                }
            }
            Payload::TableSection(tables) => {
                for (place, table) in tables.clone().into_iter().enumerate() {
                    facts.insert(format!("table {place}"), debug(&table.unwrap().ty));
                }
            }
            Payload::DataSection(datas) => {
                for (place, data) in datas.clone().into_iter().enumerate() {
                    facts.insert(format!("data {place}"), debug(&data.unwrap().data));
                }
            }
            _ => {}
        }
    }
    facts
}

fn debug(value: &impl Debug) -> String {
    format!("{value:?}")
}

/// The names of the functions.
fn names(payloads: &[Payload<'_>]) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    for payload in payloads {
        let Payload::CustomSection(custom) = payload else { continue };
        let KnownCustom::Name(section) = custom.as_known() else { continue };
        for subsection in section {
            // The peer's reader does not know every subsection.
            let Ok(Name::Function(map)) = subsection else { continue };
            for naming in map {
                let naming = naming.unwrap();
                names.insert(naming.index, naming.name.to_owned());
            }
        }
    }
    names
}

fn operators(mut reader: wasmparser::OperatorsReader<'_>, func: &impl Fn(u32) -> String) -> String {
    let mut shown = String::new();
    while !reader.eof() {
        let operator = match reader.read().unwrap() {
            Operator::Call { function_index } => format!("call {}", func(function_index)),
            Operator::ReturnCall { function_index } => {
                format!("return_call {}", func(function_index))
            }
            Operator::RefFunc { function_index } => format!("ref.func {}", func(function_index)),
            other => format!("{other:?}"),
        };
        shown.push_str(&operator);
        shown.push(' ');
    }
    shown
}
