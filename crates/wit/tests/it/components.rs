//! The interfaces of components: those that the peer's tests build and print, and sections
//! `component-type`.

use std::fs;

use wattle_ast::Features;
use wattle_wit::component_type::{self, StringEncoding};
use wattle_wit::decode::decode;
use wattle_wit::{Resolver, print};

use crate::peers;

#[test]
fn components_have_the_worlds_that_the_peer_prints() {
    let folder = peers::package("wit-component").join("tests/components");
    let (mut number, mut again, mut wrong) = (0, 0, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (component, text) = (path.join("component.wat"), path.join("component.wit.print"));
        let Ok(component) = fs::read_to_string(component) else { continue };
        if !text.exists() {
            continue;
        }
        let text = peers::printed(&text);
        number += 1;
        let parsed = wattle_wat::Parser::new().features(Features::ALL).component(&component);
        let parsed = parsed.unwrap_or_else(|error| panic!("{name}: {error}"));
        let decoded = match decode(&parsed.component) {
            Ok(decoded) => decoded,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let (model, world) = (&decoded.model, decoded.world.unwrap());
        let printed = print::package(model, decoded.package).unwrap();
        if printed != text {
            wrong.push(format!("{name}:\n{printed}\n-- not\n{text}"));
            continue;
        }
        // With the other packages behind it, it resolves to the same world.
        let whole = print::whole(model, decoded.package).unwrap();
        let mut resolver = Resolver::new();
        resolver.file("a.wit", &whole[..]);
        let resolved =
            resolver.resolve().unwrap_or_else(|errors| panic!("{name}: {errors}\n{whole}"));
        let root = resolved.model().select_world(resolved.root(), None).unwrap();
        assert_eq!(resolved.model().world_type(root), model.world_type(world), "{name}\n{whole}");
        again += 1;
    }
    println!("{number} components, {again} again");
    assert!(wrong.is_empty(), "{} wrong of {number}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(number > 100, "{number}");
}

#[test]
fn a_section_has_its_world_and_the_encoding_of_strings() {
    let folder = peers::package("wit-component").join("tests/components");
    let mut files = Vec::new();
    peers::wit_files(&folder, &mut files);
    let mut number = 0;
    for path in files.iter().filter(|path| path.ends_with("module.wit")) {
        let mut resolver = Resolver::new();
        let text = fs::read_to_string(path).unwrap();
        resolver.all_features().file("a.wit", &text[..]);
        // Some files are parts of packages in folders.
        let Ok(resolved) = resolver.resolve() else { continue };
        let model = resolved.model();
        for (id, world) in model.worlds() {
            let encodings =
                [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::CompactUtf16];
            for encoding in encodings {
                let component = component_type::encode(model, id, encoding).unwrap();
                assert_eq!(component.check(), Ok(()));
                let read = component_type::decode(&component)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                assert_eq!(read.encoding, encoding);
                assert_eq!(read.model.world_name(read.world), model.world_name(id));
                let again = component_type::encode(&read.model, read.world, encoding).unwrap();
                assert_eq!(again, component, "{} {}", path.display(), world.name);
                let (merged, root) = component_type::merge([&read, &read]).unwrap();
                assert_eq!(merged[root].imports.len(), world.imports.len());
                assert_eq!(merged[root].exports.len(), world.exports.len());
                number += 1;
            }
        }
    }
    println!("{number} sections");
    assert!(number > 300, "{number}");
}

#[test]
fn a_resource_that_is_exported_twice_has_two_names() {
    let text = r#"(component
      (component $c
        (type $r (resource (rep i32)))
        (export "r1" (type $r))
        (export "r2" (type $r)))
      (instance $i (instantiate $c))
      (export "i" (instance $i)))"#;
    let parsed = wattle_wat::Parser::new().component(text).unwrap();
    let decoded = decode(&parsed.component).unwrap();
    let text = wattle_wit::print::package(&decoded.model, decoded.package).unwrap();
    assert!(text.contains("    resource r1;\n\n    type r2 = r1;\n"), "{text}");
}
