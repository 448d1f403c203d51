//! Interfaces that a world has more than once, as interfaces of their own.

use std::fs;

use serde_json::Value;
use wattle_wit::decode::decode;
use wattle_wit::model::{Extern, InterfaceId, Kind, Model, Val, WorldId};
use wattle_wit::{Resolver, print};

use crate::peers;
use crate::resolved::resolve;

#[test]
fn interfaces_are_separate_as_the_peer_has_them() {
    let folder = peers::package("wasm-tools").join("tests/cli");
    let mut different = Vec::new();
    for number in 1..=13 {
        let name = format!("nominal{number}.wit");
        let resolved = resolve(&folder.join(&name)).unwrap();
        let (root, mut model) = (resolved.root(), resolved.into_model());
        let before = (model.package_type(root), print::whole(&model, root));
        let world = model.select_world(root, None).unwrap();
        model.separate_interfaces(world).unwrap();
        // Components tell imports and exports apart already, and text has names alone.
        assert_eq!((model.package_type(root), print::whole(&model, root)), before, "{name}");
        let json: Value = serde_json::from_str(&model.to_json()).unwrap();
        let expected = fs::read_to_string(folder.join(format!("{name}.stdout"))).unwrap();
        let expected: Value = serde_json::from_str(&expected).unwrap();
        for list in ["worlds", "interfaces", "types"] {
            let len = |json: &Value| json[list].as_array().unwrap().len();
            assert_eq!(len(&json), len(&expected), "{name}: {list}");
        }
        if json != expected {
            different.push(number);
        }
    }
    // In these worlds the peer numbers types without names later, and copies the interface with
    // another name first.
    assert_eq!(different, [2, 3, 13]);
}

fn world(text: &str) -> (Model, WorldId) {
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text);
    let resolved = resolver.resolve().unwrap_or_else(|errors| panic!("{errors}"));
    let world = resolved.model().select_world(resolved.root(), Some("w")).unwrap();
    (resolved.into_model(), world)
}

#[test]
fn copies_have_types_of_their_own_and_use_those_of_copies() {
    let (mut model, id) = world(
        "package a:b;
        interface files { resource file; record entry { file: own<file>, size: u64 }
            list-all: func(of: borrow<file>) -> list<entry>; }
        interface users { use files.{entry}; first: func() -> option<entry>; }
        world w { import files; import users; export files; export users; export more: users; }",
    );
    model.separate_interfaces(id).unwrap();
    let externs = model[id].imports.iter().chain(model[id].exports.iter());
    let found: Vec<InterfaceId> = externs
        .filter_map(|(_, item)| match item {
            Extern::Interface { id, .. } => Some(*id),
            _ => None,
        })
        .collect();
    let [files, users, own_files, own_users, more] = found[..] else { panic!("{found:?}") };
    let originals = found.iter().map(|id| model[*id].copy_of).collect::<Vec<_>>();
    assert_eq!(originals, [None, None, Some(files), Some(users), Some(users)]);
    let ty = |id: InterfaceId, name: &str| *model[id].types.get(name).unwrap();
    for (user, used) in [(users, files), (own_users, own_files), (more, own_files)] {
        assert_eq!(model[user].uses, [used]);
        assert_eq!(model.origin(ty(user, "entry")), ty(used, "entry"));
    }
    for (id, copy) in [(files, own_files), (users, own_users), (users, more)] {
        for (name, func) in model[id].funcs.iter() {
            let other = model[copy].funcs.get(name).unwrap();
            assert_ne!(func.result, other.result, "{name}");
        }
    }
    // Merging into another model keeps the copies.
    let (mut other, _) = world("package c:d; world w {}");
    let remap = other.merge(&model).unwrap();
    for (id, interface) in model.interfaces() {
        let copy_of = interface.copy_of.map(|id| remap.interface(id));
        assert_eq!(other[remap.interface(id)].copy_of, copy_of);
    }
}

#[test]
fn copies_that_would_be_too_large_are_refused() {
    let params: String = (0..2_000).map(|nth| format!("p{nth}: u8,")).collect();
    let imports: String = (0..2_000).map(|nth| format!("import n{nth}: i;")).collect();
    let text = format!("package a:b; interface i {{ f: func({params}); }} world w {{ {imports} }}");
    let (mut model, id) = world(&text);
    let error = model.separate_interfaces(id).unwrap_err();
    let expected = "`a:b/w` would have more than 1,000,000 definitions, fields and parameters in \
                    binary";
    assert_eq!(error.to_string(), expected);
    assert_eq!(model[id].imports.len(), 2_000);
    assert_eq!(model.world_type(id).unwrap_err().to_string(), expected);
}

#[test]
fn copies_have_the_types_of_copies_where_a_component_refers_to_a_type_without_a_use() {
    let uses = r#"(instance
        (alias outer 1 $t (type $t))
        (type $list (list $t))
        (type $r (record (field "list" $list) (field "one" $t)))
        (export "r" (type (eq $r)))
        (type $f (func (param "of" $t) (result $list)))
        (export "f" (func (type $f))))"#;
    let types = r#"(instance (type (record (field "x" u8))) (export "t" (type (eq 0))))"#;
    let text = format!(
        r#"(component
          (import "a:b/types" {types})
          (alias export 0 "t" (type $t))
          (import "a:b/uses" {uses})
          (export "a:b/types" (instance 0))
          (export "a:b/uses" (instance 1)))"#
    );
    let parsed = wattle_wat::Parser::new().component(&text).unwrap();
    let decoded = decode(&parsed.component).unwrap();
    let mut model = decoded.model;
    let id = decoded.world.unwrap();
    model.separate_interfaces(id).unwrap();
    let (Extern::Interface { id: types, .. }, Extern::Interface { id: uses, .. }) =
        (&model[id].exports.iter().next().unwrap().1, &model[id].exports.iter().nth(1).unwrap().1)
    else {
        panic!()
    };
    let t = Val::Type(*model[*types].types.get("t").unwrap());
    let Kind::Record(fields) = &model[*model[*uses].types.get("r").unwrap()].kind else { panic!() };
    let f = model[*uses].funcs.get("f").unwrap();
    for (list, one) in [(fields[0].1, fields[1].1), (f.result.unwrap(), f.params[0].1)] {
        assert_eq!(one, t);
        assert_eq!(model[list.id().unwrap()].kind, Kind::List(t));
    }
}
