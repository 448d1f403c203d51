//! Properties of interface text and of binaries that are read as interfaces: one function for each,
//! which panics when the property does not hold; and inputs for them.

use std::fmt::Write;

use wattle::ast::components::Component;
use wattle::parser::components::Parser;
use wattle::validator::components::{ComponentErrorKind, Validator};
use wattle::validator::{ErrorKind, Limits};
use wattle::wit::decode::{Decoded, decode};
use wattle::wit::format::format;
use wattle::wit::model::{Extern, Kind, Model, TypeId, Val};
use wattle::wit::{Resolved, Resolver, print};
use wattle::{Features, encoder};

use crate::{Random, mutate_bytes};

/// A text that uses all of the grammar.
const SEED: &str = include_str!("../seeds/interfaces.wit");

/// The packages of a text, or `None` if it has errors, all of which must lie within the text.
pub(crate) fn resolve(text: &str) -> Option<Resolved> {
    let mut resolver = Resolver::new();
    resolver.all_features().file("a.wit", text);
    match resolver.resolve() {
        Ok(resolved) => Some(resolved),
        Err(errors) => {
            for place in errors.0.iter().filter_map(|error| error.place) {
                assert!(place.span.start <= place.span.end && place.span.end <= text.len());
            }
            None
        }
    }
}

/// Whether a component is valid except for its size and the size of its values, for which interface
/// text has no limits.
fn is_valid_if_large(component: &Component<'_>) -> bool {
    let validator = Validator::new().features(Features::ALL).limits(Limits::NONE);
    let Err(errors) = validator.component(component) else { return true };
    let is_size = |kind: &ErrorKind| {
        matches!(kind, ErrorKind::Limit(..))
            || matches!(kind, ErrorKind::Component(kind)
                if matches!(**kind, ComponentErrorKind::ValueSize { .. }))
    };
    errors.iter().all(|error| is_size(&error.kind))
}

/// Whether an engine would take a component. Interface text does not know its limits.
pub(crate) fn is_valid(component: &Component<'_>) -> bool {
    Validator::new().features(Features::ALL).component(component).is_ok()
}

/// Any text: the formatter leaves formatted text unchanged. If the text resolves, its packages are
/// printed as text with the same meaning, and their components are valid and have that meaning too.
pub fn wit_text(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    if let Ok(formatted) = format(text) {
        assert_eq!(format(&formatted).as_deref(), Ok(&*formatted), "formatted twice");
    }
    let Some(resolved) = resolve(text) else { return };
    let (model, root) = (resolved.model(), resolved.root());
    let Ok(printed) = print::whole(model, root) else { return };
    let again = resolve(&printed).unwrap_or_else(|| panic!("own text is refused:\n{printed}"));
    for (id, package) in model.packages() {
        let Ok(binary) = model.package_binary(id) else { continue };
        let there = again.model().package(&package.name);
        let there = there.unwrap_or_else(|| panic!("{} is missing:\n{printed}", package.name));
        let other = again.model().package_type(there);
        assert_eq!(model.package_type(id), other, "{}:\n{text}\n{printed}", package.name);
        if package.interfaces.is_empty() && package.worlds.is_empty() {
            continue;
        }
        assert!(
            is_valid_if_large(&binary),
            "the component of {} is invalid:\n{text}",
            package.name
        );
        if !is_valid(&binary) {
            continue;
        }
        let decoded = decode(&binary).unwrap_or_else(|error| panic!("{error}:\n{printed}"));
        let Decoded { model: read, package, .. } = &decoded;
        assert_eq!(read.package_type(*package), model.package_type(id), "{printed}");
        assert_eq!(print::package(read, *package), print::package(model, id), "{printed}");
    }
    let json = model.to_json();
    assert!(json.starts_with("{\n") && json.ends_with("\n}"), "{json}");
    merge_with_itself(model);
}

/// A model that is merged into itself stays as it is.
fn merge_with_itself(model: &Model) {
    let mut twice = model.clone();
    twice.merge(model).unwrap_or_else(|error| panic!("{error}"));
    for (id, _) in model.packages() {
        assert_eq!(print::package(&twice, id), print::package(model, id));
    }
}

/// Any bytes: the interfaces of a valid component are printed as text with the same meaning, or an
/// error says why not. Gates are left out, since the text of a package may refuse them.
pub fn wit_bytes(data: &[u8]) {
    let Ok(mut component) = Parser::new().features(Features::ALL).component(data) else { return };
    if let Ok(Decoded { model, package, .. }) = decode(&component) {
        let _ = print::whole(&model, package);
    }
    component.definitions.retain(|definition| definition.custom_name().is_none());
    let Ok(Decoded { model, package, .. }) = decode(&component) else { return };
    if !is_valid(&component) {
        return;
    }
    let Ok(printed) = print::whole(&model, package) else { return };
    let again = resolve(&printed).unwrap_or_else(|| panic!("own text is refused:\n{printed}"));
    if !is_in_text_order(&model) {
        let text = print::whole(again.model(), again.root());
        let text = text.unwrap_or_else(|error| panic!("{error}:\n{printed}"));
        assert_eq!(sorted_lines(&text), sorted_lines(&printed), "{printed}");
        return;
    }
    assert_eq!(again.model().package_type(again.root()), model.package_type(package), "{printed}");
}

fn sorted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines
}

/// Whether the items of all interfaces and worlds stand in the order that text gives them: imported
/// interfaces, types that are used from elsewhere, other types, functions, and the functions of
/// resources, one resource after the other; exported functions, exported interfaces.
fn is_in_text_order(model: &Model) -> bool {
    let of_type = |id: &TypeId| match model[*id].kind {
        Kind::Alias(Val::Type(other)) if model[other].owner != model[*id].owner => 1,
        _ => 2,
    };
    let of_import = |item: &Extern| match item {
        Extern::Interface { .. } => (0, None),
        Extern::Type(id) => (of_type(id), None),
        Extern::Func(func) if func.resource.is_some() => (4, func.resource),
        Extern::Func(_) => (3, None),
    };
    let interfaces =
        model.interfaces().all(|(_, it)| it.types.iter().map(|(_, id)| of_type(id)).is_sorted());
    let is_interface = |item: &Extern| matches!(item, Extern::Interface { .. });
    let worlds = model.worlds().all(|(_, world)| {
        world.imports.iter().map(|(_, item)| of_import(item)).is_sorted()
            && world.exports.iter().map(|(_, item)| is_interface(item)).is_sorted()
    });
    interfaces && worlds
}

/// `count` inputs, the same in every run: a seed as text and as binary, generated texts, and mutations of
/// all of them.
pub fn seeded_interfaces(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(0x5eed_3317);
    (0..count).map(move |nth| {
        let text = match nth {
            0 => SEED.to_owned(),
            _ if nth % 4 == 1 => SEED.to_owned(),
            _ => generated(&mut random),
        };
        let mut data = match nth % 3 {
            2 => match resolve(&text).and_then(|it| it.model().package_binary(it.root()).ok()) {
                Some(component) => encoder::encode_component(&component),
                None => text.into_bytes(),
            },
            _ => text.into_bytes(),
        };
        if nth % 4 == 1 || nth % 4 == 3 {
            mutate_bytes(&mut data, &mut random);
        }
        data
    })
}

/// A text with interfaces and worlds that use one another. Most resolve.
pub(crate) fn generated(random: &mut Random) -> String {
    let mut text = String::from("package a:b@1.0.0;\n");
    let mut interfaces: Vec<Vec<String>> = Vec::new();
    for nth in 0..1 + random.below(4) {
        let _ = writeln!(text, "interface i{nth} {{");
        let mut names = Vec::new();
        for (other, there) in interfaces.iter().enumerate() {
            if let Some(name) = there.get(random.below(6)) {
                let _ = writeln!(text, "use i{other}.{{{name} as u{other}}};");
                names.push(format!("u{other}"));
            }
        }
        items(&mut text, &mut names, "", random);
        text.push_str("}\n");
        interfaces.push(names);
    }
    for nth in 0..1 + random.below(3) {
        let _ = writeln!(text, "world w{nth} {{");
        for other in 0..interfaces.len() {
            for word in ["import", "export"] {
                if random.below(3) == 0 {
                    let _ = writeln!(text, "{word} i{other};");
                }
            }
        }
        if nth > 0 && random.below(3) == 0 {
            let _ = writeln!(text, "include w{};", random.below(nth));
        }
        let mut names = Vec::new();
        items(&mut text, &mut names, "import ", random);
        if random.below(2) == 0 {
            let _ = writeln!(text, "export x{nth}: interface {{");
            if let Some(name) = interfaces[0].first() {
                let _ = writeln!(text, "use i0.{{{name} as u}};");
            }
            items(&mut text, &mut Vec::new(), "", random);
            text.push_str("}\n");
        }
        text.push_str("}\n");
    }
    text
}

/// Adds types and functions. `word` stands before functions.
fn items(text: &mut String, names: &mut Vec<String>, word: &str, random: &mut Random) {
    for nth in 0..random.below(6) {
        let name = format!("t{nth}");
        let one = ty(names, random, 3);
        let other = ty(names, random, 2);
        let _ = match random.below(7) {
            0 => writeln!(text, "type {name} = {one};"),
            1 => writeln!(text, "/// {name}\nrecord {name} {{ a: {one}, b-c: {other} }}"),
            2 => writeln!(text, "variant {name} {{ a({one}), /// b\nb, c({other}) }}"),
            3 => writeln!(text, "flags {name} {{ a, b }}"),
            4 => writeln!(text, "enum {name} {{ a, b }}"),
            5 => writeln!(
                text,
                "resource {name} {{ constructor(x: {one}); m: func() -> {other}; s: static func(); }}"
            ),
            _ => writeln!(text, "resource {name};"),
        };
        names.push(name);
    }
    for nth in 0..random.below(4) {
        let (one, other) = (ty(names, random, 3), ty(names, random, 3));
        let is_async = if random.below(4) == 0 { "async " } else { "" };
        let _ = match random.below(3) {
            0 => writeln!(text, "{word}f{nth}: {is_async}func(x: {one}, y: {other});"),
            1 => {
                writeln!(text, "@since(version = 1.0.0)\n{word}f{nth}: {is_async}func() -> {one};")
            }
            _ => writeln!(text, "{word}f{nth}: func(x: {one}) -> result<{other}>;"),
        };
    }
}

/// A primitive type, but not `char`: a stream of characters is invalid.
fn prim(random: &mut Random) -> &'static str {
    ["u8", "string", "bool", "f64"][random.below(4)]
}

fn ty(names: &[String], random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.below(3) == 0 {
        return match names.get(random.below(names.len() + 2)) {
            Some(name) => name.clone(),
            None => prim(random).to_owned(),
        };
    }
    let one = ty(names, random, depth - 1);
    match random.below(8) {
        0 => format!("list<{one}>"),
        1 => format!("option<{one}>"),
        2 => format!("tuple<{one}, {}>", ty(names, random, depth - 1)),
        3 => format!("result<_, {one}>"),
        4 => format!("list<{one}, 3>"),
        // A value of a map must not hold a handle.
        5 => format!("map<string, list<{}>>", prim(random)),
        6 => format!("stream<{one}>"),
        _ => format!("future<{one}>"),
    }
}

/// Whether an input describes interfaces: a text that resolves, or a binary that can be read.
pub fn says_interfaces(data: &[u8]) -> bool {
    let is_text = core::str::from_utf8(data).is_ok_and(|text| resolve(text).is_some());
    let component = Parser::new().features(Features::ALL).component(data);
    is_text || component.is_ok_and(|component| decode(&component).is_ok())
}
