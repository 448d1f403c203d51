//! Packages that must resolve: the tests of `wit-parser`, and the binary packages of
//! `wit-component`.

use std::path::Path;

use wattle_ast::components::{Component, Definition};
use wattle_wit::decode::decode;
use wattle_wit::docs::{PackageDocs, SECTION};
use wattle_wit::encode::Config;
use wattle_wit::load::{Files, System, load};
use wattle_wit::model::Model;
use wattle_wit::{Resolved, Resolver, print};

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
        let decoded = decode(&component).map_err(|error| error.to_string())?;
        let text = print::whole(&decoded.model, decoded.package);
        text.map(Some).map_err(|error| error.to_string())
    }
}

pub(crate) fn resolve(path: &Path) -> Result<Resolved, String> {
    let mut resolver = Resolver::new();
    resolver.feature("active");
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
        match resolve(&case.path) {
            Ok(resolved) => {
                for (id, _) in resolved.model().packages() {
                    let component = resolved.model().package_type(id).unwrap();
                    assert_eq!(component.check(), Ok(()), "{}", case.name);
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
        let docs = PackageDocs::of(&peer).unwrap();
        let mut expected = peer.definitions.clone();
        expected.retain(|definition| !matches!(definition, Definition::Custom(_)));
        let resolved = match resolve(&case.path) {
            Ok(resolved) => resolved,
            Err(error) => {
                wrong.push(format!("{}: {error}", case.name));
                continue;
            }
        };
        let (model, root) = (resolved.model(), resolved.root());
        let found = Config::new().canonical_names().package(model, root).unwrap().definitions;
        if found != expected {
            let at = found.iter().zip(&expected).position(|(a, b)| a != b);
            let at = at.unwrap_or(found.len().min(expected.len()));
            let show = |all: &[Definition<'_>]| format!("{:?}", all.get(at));
            wrong.push(format!(
                "{}: at {at}\n  {}\n  {}",
                case.name,
                show(&found),
                show(&expected)
            ));
        }
        let raw = peer.definitions.iter().find_map(|definition| match definition {
            Definition::Custom(custom) if custom.name == SECTION => custom.data.bytes(),
            _ => None,
        });
        // Bytes are compared, so that order counts too.
        let (found, expected) = (model.docs(root).encode(), raw.unwrap_or_default());
        let binary = model.package_binary(root).unwrap();
        if found != expected || PackageDocs::of(&binary).unwrap() != docs {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            wrong.push(format!("{}: docs\n  {}\n  {}", case.name, text(&found), text(expected)));
        }
        let name = &model[root].name;
        let file = match case.path.is_dir() {
            true => case.path.join(format!("{}.wit.print", name.name)),
            false => case.path.with_extension("wit.print"),
        };
        let printed = peers::printed(&file);
        let decoded = decode(&peer).unwrap();
        let decoded = print::package(&decoded.model, decoded.package).unwrap();
        for text in [print::package(model, root).unwrap(), decoded] {
            match text == printed {
                true => texts += 1,
                false => wrong.push(format!("{}\n{text}\n{printed}", case.name)),
            }
        }
    }
    println!("{number} packages, {texts} texts");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(number >= 40 && texts == 2 * number, "{number} packages, {texts} texts");
}

#[test]
fn packages_are_the_same_through_text_and_binary() {
    let mut cases = peers::cases(&peers::package("wit-parser").join("tests/ui"), "wit.json");
    cases.extend(peers::cases(&peers::package("wit-component").join("tests/interfaces"), "wat"));
    let (mut number, mut alone) = (0, 0);
    for case in cases.iter().filter(|case| case.path.extension().is_none_or(|e| e != "wat")) {
        let first = resolve(&case.path).unwrap();
        let first_model = first.model();
        let again = |text: &str| {
            let mut resolver = Resolver::new();
            resolver.all_features().file("again.wit", text);
            resolver.resolve().unwrap_or_else(|errors| panic!("{}: {errors}\n{text}", case.name))
        };
        for config in [Config::new(), Config::new().canonical_names()] {
            // The text has everything that the texts say of dependencies.
            let text = print::whole(first_model, first.root()).unwrap();
            let second = again(&text);
            assert_eq!(first_model.packages().len(), second.model().packages().len());
            for (id, package) in second.model().packages() {
                let same = first_model.package(&package.name).unwrap();
                let show = |model: &Model, id| {
                    let component = config.package(model, id).unwrap();
                    let lines = component.definitions.iter().map(|d| format!("{d:?}\n"));
                    lines.collect::<String>()
                };
                let (one, other) = (show(first_model, same), show(second.model(), id));
                assert_eq!(one, other, "{} {}\n{text}", case.name, package.name);
                // Only the order of functions in it may differ.
                let json = |docs: &PackageDocs| -> serde_json::Value {
                    serde_json::from_slice(&docs.encode()[1..]).unwrap()
                };
                let docs = [first_model.docs(same), second.model().docs(id)];
                assert_eq!(json(&docs[0]), json(&docs[1]), "{}\n{text}", case.name);
                number += 1;
            }
            // The text has only those parts of dependencies that the component mentions.
            let component = config.package(first_model, first.root()).unwrap();
            if component.definitions.is_empty() {
                continue;
            }
            let decoded = decode(&component).unwrap_or_else(|e| panic!("{}: {e}", case.name));
            let text = print::whole(&decoded.model, decoded.package).unwrap();
            let third = again(&text);
            for (model, id) in [(&decoded.model, decoded.package), (third.model(), third.root())] {
                let found = config.package(model, id).unwrap();
                assert_eq!(found, component, "{}\n{text}", case.name);
            }
            alone += 1;
        }
    }
    println!("{number} packages, {alone} from their components alone");
    assert!(number > 300 && alone > 200, "{number} packages, {alone} from their components alone");
}

/// Returns the command by which a test of `wasm-tools` runs.
fn command(text: &str) -> Option<&str> {
    let line = text.lines().next()?.trim_start_matches('/').trim();
    line.strip_prefix("RUN: ").or_else(|| line.strip_prefix("RUN[round-trip]: "))
}

#[test]
fn what_the_peers_command_prints_is_printed() {
    let mut files = Vec::new();
    peers::wit_files(&peers::package("wasm-tools").join("tests/cli"), &mut files);
    let (mut number, mut wrong) = (0, Vec::new());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let is_binary = match command(&text) {
            Some("component wit %") => false,
            Some("component wit % --wasm | component wit") => true,
            _ => continue,
        };
        number += 1;
        let mut output = path.clone().into_os_string();
        output.push(".stdout");
        let expected = std::fs::read_to_string(&output).unwrap_or_else(|_| {
            let named = path.display().to_string() + ".round-trip.stdout";
            std::fs::read_to_string(named).unwrap()
        });
        let printed = resolve(&path).map(|resolved| {
            let (model, root) = (resolved.model(), resolved.root());
            if !is_binary {
                return print::whole(model, root).unwrap();
            }
            let decoded = decode(&model.package_binary(root).unwrap()).unwrap();
            print::whole(&decoded.model, decoded.package).unwrap()
        });
        let lines = |text: &str| {
            text.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect::<Vec<_>>()
        };
        // A few of the peer's outputs are errors.
        let expected = wattle_wit::format::format(&expected).unwrap_or(expected);
        // The peer's tests write paths alike on all systems.
        let printed = printed.unwrap_or_else(|error| error).replace('\\', "/");
        if lines(&printed) != lines(&expected) {
            wrong.push(format!("{}\n{printed}\n-- expected\n{expected}", path.display()));
        }
    }
    println!("{number}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(number >= 6, "{number}");
}

#[test]
fn packages_of_real_interfaces_and_of_components_resolve() {
    let mut files = Vec::new();
    peers::wit_files(&peers::package("wit-component").join("tests/components"), &mut files);
    peers::wit_files(&peers::package("wasm-tools").join("tests/cli"), &mut files);
    let (mut number, mut parts, mut wrong) = (0, 0, Vec::new());
    for path in
        files.iter().filter(|path| !path.components().any(|part| part.as_os_str() == "deps"))
    {
        let text = std::fs::read_to_string(path).unwrap();
        if text.starts_with("// FAIL") || text.starts_with("/// FAIL") {
            continue;
        }
        number += 1;
        let mut resolver = Resolver::new();
        resolver.all_features().file("a.wit", &text[..]);
        match resolver.resolve() {
            Ok(resolved) => {
                let text = print::whole(resolved.model(), resolved.root()).unwrap();
                let mut again = Resolver::new();
                again.all_features().file("b.wit", text);
                assert_eq!(root(&again.resolve().unwrap()), root(&resolved), "{}", path.display());
            }
            // Some files are parts of packages, or need others.
            Err(errors) if errors.0.iter().all(is_of_a_part) => parts += 1,
            Err(error) => wrong.push(format!("{}: {error}", path.display())),
        }
    }
    println!("{number}");
    assert!(wrong.is_empty(), "{} wrong of {number}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(number - parts > 240, "{number}, and {parts} parts");
}

/// Returns the component of the root package.
fn root(resolved: &Resolved) -> Component<'static> {
    resolved.model().package_type(resolved.root()).unwrap()
}

/// Returns whether an error says that something stands in another file.
fn is_of_a_part(error: &wattle_wit::Error) -> bool {
    use wattle_wit::ErrorKind::{ItemNotFound, NoPackage, PackageNotFound};
    matches!(error.kind, NoPackage | PackageNotFound { .. } | ItemNotFound { .. })
}

#[test]
fn a_component_that_lacks_a_definition_is_refused_or_printed() {
    let folder = peers::package("wit-component").join("tests/interfaces");
    let (mut read, mut refused) = (0, 0);
    for case in peers::cases(&folder, "wat") {
        if case.path.extension().is_some_and(|e| e == "wat") {
            continue;
        }
        let component = root(&resolve(&case.path).unwrap());
        // One or two definitions are left out, so that later indices can refer to other types.
        let number = component.definitions.len().min(400);
        for (at, more) in (0..number).flat_map(|at| [(at, 0), (at, 1)]) {
            let mut broken = component.clone();
            broken.definitions.drain(at..(at + 1 + more).min(broken.definitions.len()));
            match decode(&broken) {
                Ok(decoded) => {
                    print::whole(&decoded.model, decoded.package).unwrap();
                    decoded.model.package_type(decoded.package).unwrap();
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    println!("{read} read, {refused} refused");
    assert!(read > 400 && refused > 4_000, "{read} read, {refused} refused");
}
