//! Models that become one: the peer's tests of merging, and worlds, versions and errors.

use std::fs;

use wattle_wit::model::{Key, MergeErrorKind, Model, PackageId, WorldId};
use wattle_wit::{Resolver, print};

use crate::peers;
use crate::resolved::resolve;

#[test]
fn models_merge_as_the_peers_do() {
    let folder = peers::package("wit-component").join("tests/merge");
    let (mut number, mut texts, mut wrong) = (0, 0, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        number += 1;
        let model = |side: &str| resolve(&path.join(side)).unwrap().into_model();
        let (from, mut into) = (model("from"), model("into"));
        let there = into.clone();
        let merged = into.merge(&from);
        if name.starts_with("bad-") {
            let expected = fs::read_to_string(path.join("error.txt")).unwrap();
            let error = merged.unwrap_err();
            // The peer's message ends with the error, and ours begins with it.
            let phrase = expected.rsplit(": ").next().unwrap();
            let in_world = error.path == ["world `foo:foo/foo`"];
            if !error.to_string().starts_with(phrase) || !in_world {
                wrong.push(format!("{name}: {error}, not {expected}"));
            }
            continue;
        }
        merged.unwrap_or_else(|error| panic!("{name}: {error}"));
        for (id, package) in into.packages() {
            let expected = path.join("merge").join(format!("{}.wit", package.name.name));
            let expected = crate::peers::printed(&expected);
            let text = print::package(&into, id).unwrap();
            texts += 1;
            if text != expected {
                wrong.push(format!("{name} {}:\n{text}\n-- not\n{expected}", package.name));
            }
        }
        // The merge works the other way round too.
        let mut from = from;
        from.merge(&there).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    println!("{number} pairs, {texts} texts");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(number == 10 && texts == 12, "{number} pairs, {texts} texts");
}

fn model(text: &str) -> (Model, PackageId) {
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text);
    let resolved = resolver.resolve().unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    let root = resolved.root();
    (resolved.into_model(), root)
}

fn worlds(text: &str) -> (Model, PackageId, WorldId, WorldId) {
    let (model, root) = model(text);
    let world = |name| model.select_world(root, Some(name)).unwrap();
    let (one, other) = (world("one"), world("other"));
    (model, root, one, other)
}

fn keys(model: &Model, world: WorldId) -> (Vec<String>, Vec<String>) {
    let names = |keys: Vec<&Key>| keys.into_iter().map(|key| model.key_name(key)).collect();
    (names(model[world].imports.keys().collect()), names(model[world].exports.keys().collect()))
}

#[test]
fn a_world_gets_what_another_has() {
    let (mut model, root, one, other) = worlds(
        "package a:b;
        interface i { type t = u8; }
        world one {
          import i;
          type mine = u8;
          import f: func(x: mine);
          import same: interface { g: func(x: list<u8>); }
        }
        world other {
          use i.{t};
          type mine = u8;
          record r { x: option<mine>, y: t }
          import f: func(x: mine);
          import h: func(x: list<r>);
          import same: interface { g: func(x: list<u8>); }
          import new: interface { use i.{t}; k: func() -> t; }
          export i;
          export run: func() -> option<r>;
        }",
    );
    model.merge_worlds(other, one).unwrap();
    let (imports, exports) = keys(&model, one);
    assert_eq!(imports, ["a:b/i", "same", "mine", "f", "new", "t", "r", "h"]);
    assert_eq!(exports, ["run", "a:b/i"]);
    // Types of the other world are types of this one, so it can be written and read.
    let text = print::package(&model, root).unwrap();
    let mut again = Resolver::new();
    again.file("b.wit", &text[..]);
    let again = again.resolve().unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    assert_eq!(print::package(again.model(), again.root()).unwrap(), text);
}

#[test]
fn what_two_worlds_have_must_be_alike() {
    let both = |one: &str, other: &str| {
        let text = format!(
            "package a:b; interface i {{ type t = u8; }} interface j {{ use i.{{t}}; }}
            world one {{ {one} }} world other {{ {other} }}"
        );
        let (mut model, _, one, other) = worlds(&text);
        model.merge_worlds(other, one).unwrap_err().to_string()
    };
    for (one, other, error) in [
        (
            "import f: func();",
            "import f: func() -> u8;",
            "mismatch in function `f`: different function result types, in import `f`",
        ),
        (
            "import f: func(x: u8);",
            "import f: func(y: u8);",
            "mismatch in function `f`: different function parameter names: `y` and `x`, \
             in import `f`",
        ),
        (
            "import f: func(x: list<u8>);",
            "import f: func(x: list<s8>);",
            "mismatch in function `f`: different function parameter types for `x`, in import `f`",
        ),
        (
            "export f: async func();",
            "export f: func();",
            "mismatch in function `f`: only one of them is async, in export `f`",
        ),
        (
            "record r { x: u8 }",
            "record r { x: s8 }",
            "mismatch in type `r`: two different records, in import `r`",
        ),
        (
            "record r { x: u8 }",
            "flags r { x }",
            "mismatch in type `r`: flags and record, in import `r`",
        ),
        (
            "import x: func();",
            "import x: interface {}",
            "different kinds of items: interface and func, in import `x`",
        ),
        (
            "import x: interface { enum e { a } }",
            "import x: interface { enum e { b } }",
            "mismatch in type `e`: two different enums, in import `x`",
        ),
        (
            "export j;",
            "export i;",
            "export `a:b/j` depends on `a:b/i` previously as an import which will change meaning \
             if `a:b/i` is added as an export, in export `a:b/i`",
        ),
    ] {
        assert_eq!(both(one, other), error, "{one}, {other}");
    }
}

#[test]
fn a_world_stays_as_it_was_if_another_does_not_fit() {
    let text = "package a:b; world one { import f: func(); }
        world other { import g: func(); import f: func() -> u8; }";
    let (mut model, root, one, other) = worlds(text);
    let before = print::package(&model, root).unwrap();
    assert!(model.merge_worlds(other, one).is_err());
    assert_eq!(print::package(&model, root).unwrap(), before);
}

#[test]
fn compatible_versions_become_the_highest() {
    let text = "package a:b;
        world one {
          import x:y/i@0.2.0; import x:y/i@0.2.10; import x:y/i@0.2.9; import x:y/i@0.3.0;
          import x:y/j@1.0.0; import x:y/j@1.5.0; import x:y/j@2.0.0;
          import label: x:y/i@0.2.0;
          import user: interface { use x:y/i@0.2.0.{t}; f: func() -> list<t>; }
          export z: interface { use x:y/j@1.0.0.{u}; }
        }
        package x:y@0.2.0 { interface i { type t = u8; f: func() -> t; } }
        package x:y@0.2.9 { interface i { type t = u8; } }
        package x:y@0.2.10 { interface i { enum e { a } type t = u8; f: func() -> t; g: func() -> e; } }
        package x:y@0.3.0 { interface i { type t = u16; } }
        package x:y@1.0.0 { interface j { use x:y/i@0.2.0.{t}; type u = t; } }
        package x:y@1.5.0 { interface j { use x:y/i@0.2.9.{t}; type u = t; } }
        package x:y@2.0.0 { interface j {} }";
    let (mut model, root) = model(text);
    let world = model.select_world(root, None).unwrap();
    model.merge_imports_by_version(world).unwrap();
    let (imports, _) = keys(&model, world);
    let expected = ["x:y/i@0.2.10", "x:y/i@0.3.0", "x:y/j@1.5.0", "x:y/j@2.0.0", "label", "user"];
    let mut sorted = imports.clone();
    sorted.sort();
    let mut wanted = expected.map(str::to_owned);
    wanted.sort();
    assert_eq!(sorted, wanted, "{imports:?}");
    let text = print::whole(&model, root).unwrap();
    assert!(text.contains("use x:y/i@0.2.10.{t};"), "{text}");
    assert!(text.contains("use x:y/j@1.5.0.{u};"), "{text}");
    let mut again = Resolver::new();
    again.file("b.wit", &text[..]);
    let again = again.resolve().unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    assert_eq!(
        again.model().package_type(again.root()).unwrap(),
        model.package_type(root).unwrap()
    );
}

#[test]
fn versions_that_should_be_compatible_and_are_not_are_named() {
    let upgrade = |old: &str, new: &str, more: &str| {
        let text = format!(
            "package a:b; world one {{ import x:y/i@1.0.0; import x:y/i@1.1.0; {more} }}
            package x:y@1.0.0 {{ interface i {{ {old} }} }}
            package x:y@1.1.0 {{ interface i {{ {new} }} }}"
        );
        let (mut model, root) = model(&text);
        let world = model.select_world(root, None).unwrap();
        model.merge_imports_by_version(world).unwrap_err()
    };
    let error = upgrade("f: func(x: u8);", "f: func(x: u16);", "");
    assert_eq!(
        error.to_string(),
        "failed to upgrade `x:y/i@1.0.0` to `x:y/i@1.1.0`, was this semver-compatible update not \
         semver compatible? mismatch in function `f`: different function parameter types for `x`"
    );
    let user = "import user: interface { use x:y/i@1.0.0.{t}; }";
    let error = upgrade("type t = u8;", "", user);
    assert_eq!(
        error.to_string(),
        "failed to upgrade `x:y/i@1.0.0` to `x:y/i@1.1.0`, was this semver-compatible update not \
         semver compatible? there is no type `t`"
    );
    let error = upgrade("record r { a: u8 }", "record r { a: u8, b: u8 }", "");
    let MergeErrorKind::Upgrade { why, .. } = error.kind else { panic!("{error}") };
    assert!(matches!(*why, MergeErrorKind::Types { .. }), "{why}");
}
