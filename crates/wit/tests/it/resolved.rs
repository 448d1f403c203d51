//! What must resolve: the tests of `wit-parser`, and the binary packages of `wit-component`.

use std::path::Path;

use wattle_ast::components::{Component, Definition};
use wattle_wit::docs::PackageDocs;
use wattle_wit::load::{Files, System, load};
use wattle_wit::{Resolved, Resolver, print, view};

use crate::peers;

/// The files of the system, with a parser of components.
struct WithBinary;

impl Files for WithBinary {
    type Error = String;

    fn is_folder(&self, path: &str) -> bool {
        System.is_folder(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, String> {
        System.list(folder).map_err(|error| error.to_string())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        System.read(path).map_err(|error| error.to_string())
    }

    fn binary(&self, _: &str, content: &[u8]) -> Result<Option<String>, String> {
        let component = match content.starts_with(b"\0asm") {
            true => wattle_parser::parse_component(content).map_err(|error| error.to_string())?,
            false => {
                let text = std::str::from_utf8(content).map_err(|error| error.to_string())?;
                let parsed = wattle_wat::Parser::new().component(text);
                parsed.map_err(|error| error.to_string())?.component
            }
        };
        text_of(&component).map(Some)
    }
}

/// The documentation in the custom section.
fn docs_of(component: &Component<'_>) -> Vec<u8> {
    let custom = component.definitions.iter().find_map(|definition| match definition {
        Definition::Custom(custom) if &*custom.name == wattle_wit::docs::SECTION => custom.data.bytes(),
        _ => None,
    });
    custom.unwrap_or_default().to_vec()
}

/// The text of a binary package.
fn text_of(component: &Component<'_>) -> Result<String, String> {
    let view = view::Package::read(component).map_err(|error| error.to_string())?;
    let docs = match &docs_of(component)[..] {
        [] => PackageDocs::default(),
        docs => PackageDocs::decode(docs).map_err(|error| error.to_string())?,
    };
    print::main(&view, &docs).map_err(|error| error.to_string())
}

pub(crate) fn resolve(path: &Path, is_canonical: bool) -> Result<Resolved, String> {
    let mut resolver = Resolver::new();
    resolver.feature("active");
    if is_canonical {
        resolver.canonical_names();
    }
    load(&WithBinary, path.to_str().unwrap(), &mut resolver).map_err(|error| error.to_string())?;
    resolver.resolve().map_err(|errors| {
        let line = |error: &wattle_wit::Error| {
            let name = error.place.map(|at| &resolver.sources()[at.source].name[..]);
            format!("{}: {error}", name.unwrap_or_default())
        };
        errors.0.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn what_the_peer_resolves_resolves() {
    let folder = peers::package("wit-parser").join("tests/ui");
    let (mut number, mut wrong) = (0, Vec::new());
    for case in peers::cases(&folder, "wit.json") {
        number += 1;
        match resolve(&case.path, false) {
            Ok(resolved) => {
                for package in &resolved.packages {
                    assert_eq!(package.component.check(), Ok(()), "{}", case.name);
                }
            }
            Err(error) => wrong.push(format!("{}: {error}", case.name)),
        }
    }
    println!("{number}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(number, 78);
}

#[test]
fn packages_are_the_components_that_the_peer_makes_of_them() {
    let folder = peers::package("wit-component").join("tests/interfaces");
    let (mut number, mut texts, mut wrong) = (0, 0, Vec::new());
    for case in peers::cases(&folder, "wat") {
        if case.path.extension().is_some_and(|e| e == "wat") {
            continue;
        }
        number += 1;
        let text = std::fs::read_to_string(case.path.with_extension("wat")).unwrap();
        let expected = wattle_wat::Parser::new().component(&text);
        let expected = expected.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let peer = expected.component;
        let docs = docs_of(&peer);
        let mut expected = peer.definitions.clone();
        expected.retain(|definition| !matches!(definition, Definition::Custom(_)));
        let resolved = match resolve(&case.path, true) {
            Ok(resolved) => resolved,
            Err(error) => {
                wrong.push(format!("{}: {error}", case.name));
                continue;
            }
        };
        let root = resolved.root();
        let found = &root.component.definitions;
        if *found != expected {
            let at = found.iter().zip(&expected).position(|(a, b)| a != b);
            let at = at.unwrap_or(found.len().min(expected.len()));
            let show = |all: &[Definition<'_>]| format!("{:?}", all.get(at));
            wrong.push(format!("{}: at {at}\n  {}\n  {}", case.name, show(found), show(&expected)));
        }
        let (found, expected) = (root.docs.encode(), docs);
        if found != expected {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            wrong.push(format!("{}: docs\n  {}\n  {}", case.name, text(&found), text(&expected)));
        }
        let file = match case.path.is_dir() {
            true => case.path.join(format!("{}.wit.print", root.name.name)),
            false => case.path.with_extension("wit.print"),
        };
        let printed = std::fs::read_to_string(&file).unwrap();
        for (way, text) in [
            ("resolved", print::package(root).map_err(|error| error.to_string())),
            ("decoded", text_of(&peer)),
        ] {
            match text {
                Ok(text) if text == printed => texts += 1,
                Err(error) if printed == format!("package {};\n\n", root.name) && way == "decoded" => {
                    // A package without items has no name in binary.
                    assert!(error.contains("has no name"), "{error}");
                }
                text => wrong.push(format!("{}: {way}\n{}\n{printed}", case.name, text.unwrap_or_else(|e| e))),
            }
        }
    }
    println!("{number} packages, {texts} texts");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(number >= 40 && texts >= 2 * number - 1, "{number} packages, {texts} texts");
}
