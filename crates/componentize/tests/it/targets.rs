//! Components and worlds, and versions of worlds: the peer's tests, and every kind of difference.

use std::fs;
use std::path::{Path, PathBuf};

use wattle_ast::Features;
use wattle_ast::components::Component;
use wattle_componentize::{Versions, semver_check, targets};
use wattle_wit::decode::decode;
use wattle_wit::model::{Model, PackageId, WorldId};
use wattle_wit::{Resolved, Resolver};

fn folder(package: &str, path: &str) -> PathBuf {
    let [folder] = wattle_tests::packages::folders([package]).unwrap();
    folder.join(path)
}

fn component(text: &str) -> Component<'_> {
    let parsed = wattle_wat::Parser::new().features(Features::ALL).component(text);
    parsed.unwrap_or_else(|errors| panic!("{errors}")).component
}

fn resolve(text: &str) -> Resolved {
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text);
    resolver.resolve().unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

fn differences(component: &Component<'_>, resolved: &Resolved, versions: Versions) -> Vec<String> {
    let world = resolved.model().select_world(resolved.root(), Some("foobar")).unwrap();
    let found = targets(component, resolved.model(), world, versions).unwrap();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn components_target_worlds_as_the_peer_says() {
    let mut number = 0;
    for entry in fs::read_dir(folder("wit-component", "tests/targets")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(path.join("test.wat")).unwrap();
        let component = component(&text);
        let world = resolve(&fs::read_to_string(path.join("test.wit")).unwrap());
        let must_differ = name.starts_with("error-");
        // The peer runs the other tests with compatible versions alone.
        if !name.contains("semver") {
            let found = differences(&component, &world, Versions::Exact);
            assert_eq!(!found.is_empty(), must_differ, "{name}: {found:?}");
        }
        let found = differences(&component, &world, Versions::Compatible);
        assert_eq!(!found.is_empty(), must_differ, "{name}: {found:?}");
        if must_differ {
            let error = fs::read_to_string(path.join("error.txt")).unwrap();
            let named = error.lines().last().unwrap().split('`').nth(1).unwrap();
            let is_named = |line: &String| line.contains(&format!("`{named}`"));
            assert!(found.iter().any(is_named), "{name}: {found:?}, not {error}");
        }
        number += 1;
    }
    assert_eq!(number, 6);
}

/// Returns the worlds of a test of the peer's command, by the options that name them.
fn worlds(text: &str, path: &Path) -> (Model, PackageId, [String; 2]) {
    let (line, _) = text.split_once('\n').unwrap();
    let option = |name: &str| {
        let mut words = line.split_whitespace().skip_while(|word| *word != name);
        words.nth(1).unwrap().to_owned()
    };
    let names = [option("--prev"), option("--new")];
    if path.extension().is_some_and(|extension| extension == "wat") {
        let component = component(text);
        let decoded = decode(&component).unwrap();
        return (decoded.model, decoded.package, names);
    }
    let resolved = resolve(text);
    let root = resolved.root();
    (resolved.into_model(), root, names)
}

#[test]
fn versions_are_compatible_as_the_peer_says() {
    let mut number = 0;
    for entry in fs::read_dir(folder("wasm-tools", "tests/cli")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("semver-check-") || name.ends_with(".stderr") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let (model, package, names) = worlds(&text, &path);
        let [prev, new] = names.map(|name| model.select_world(package, Some(&name)).unwrap());
        let found = semver_check((&model, prev), (&model, new));
        let is_refused = !found.is_ok_and(|found| found.is_empty());
        assert_eq!(is_refused, text.contains("FAIL"), "{name}");
        number += 1;
    }
    assert_eq!(number, 10);
}

#[test]
fn a_component_targets_its_own_world() {
    let mut number = 0;
    for entry in fs::read_dir(folder("wit-component", "tests/components")).unwrap() {
        let path = entry.unwrap().path().join("component.wat");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let component = component(&text);
        let decoded = decode(&component).unwrap();
        let (model, world) = (&decoded.model, decoded.world.unwrap());
        for versions in [Versions::Exact, Versions::Compatible, Versions::Any] {
            // Some components import versions that are compatible by their numbers alone.
            let Ok(found) = targets(&component, model, world, versions) else {
                assert_eq!(versions, Versions::Compatible, "{}", path.display());
                continue;
            };
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, [""; 0], "{}", path.display());
        }
        let as_version = semver_check((model, world), (model, world)).unwrap();
        assert_eq!(as_version, [], "{}", path.display());
        number += 1;
    }
    assert_eq!(number, 128);
}

/// Returns the differences that keep the first of two worlds from being the second.
fn versions(prev: &str, new: &str) -> Vec<String> {
    let text = format!(
        "package a:b; interface streams {{ resource pipe; record info {{ size: u64 }} }}
        world prev {{ {prev} }} world new {{ {new} }}"
    );
    let resolved = resolve(&text);
    let (model, root) = (resolved.model(), resolved.root());
    let world = |name| -> WorldId { model.select_world(root, Some(name)).unwrap() };
    let found = semver_check((model, world("prev")), (model, world("new"))).unwrap();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn every_difference_is_said_with_its_path() {
    let (prev, new) = ("the previous version", "the new version");
    let check = |one: &str, other: &str, expected: &[&str]| {
        let expected: Vec<String> =
            expected.iter().map(|it| it.replace("PREV", prev).replace("NEW", new)).collect();
        assert_eq!(versions(one, other), expected, "{one}\n{other}");
    };
    // Changes that make no difference.
    check("", "import f: func();", &[]);
    check("export f: func();", "", &[]);
    check(
        "import i: interface { f: func(); }",
        "import i: interface { f: func(); g: func(); }",
        &[],
    );
    check(
        "export i: interface { f: func(); g: func(); enum e { a } }",
        "export i: interface { f: func(); }",
        &[],
    );
    check("type t = u8; import f: func(x: t);", "import f: func(x: u8); type t = u8;", &[]);
    // Several differences are reported in order.
    check(
        "import i: interface { f: func(); h: func(); enum e { a } } import g: func();",
        "import i: interface { h: async func(x: u8) -> string; } export run: func();",
        &[
            "import `i`: missing type `e`: PREV has it, and NEW does not",
            "import `i`: missing func `f`: PREV has it, and NEW does not",
            "import `i`, func `h`: async in NEW alone",
            "import `i`, func `h`: different number of params: 0 in PREV, and 1 in NEW",
            "import `i`, func `h`, result: type mismatch: nothing in PREV, and `string` in NEW",
            "missing import named `g`: PREV imports it, and NEW does not",
            "missing export named `run`: NEW exports it, and PREV does not",
        ],
    );
    check(
        "export i: interface { f: func(a: u8, b: list<u8>); }",
        "export i: interface { f: func(c: u8, b: list<s8>); g: func(); }",
        &[
            "export `i`, func `f`: param `a` in PREV is param `c` in NEW",
            "export `i`, func `f`, param `b`: type mismatch: `list<u8>` in PREV, and `list<s8>` in \
             NEW",
            "export `i`: missing func `g`: NEW has it, and PREV does not",
        ],
    );
    check(
        "record r { a: u8, b: u8, c: u8 } variant v { x, y(u8) } flags f { p, q } enum e { a, b }",
        "record r { a: u8, b: u16, d: u8 } variant v { x(u8), y(u8) } flags f { q, p } enum e { a }",
        &[
            "import `r`, field `b`: type mismatch: `u8` in PREV, and `u16` in NEW",
            "import `r`: missing field `c`: PREV has it, and NEW does not",
            "import `r`: missing field `d`: NEW has it, and PREV does not",
            "import `v`, case `x`: type mismatch: nothing in PREV, and `u8` in NEW",
            "import `f`: type mismatch: flags in another order",
            "import `e`: missing case `b`: PREV has it, and NEW does not",
        ],
    );
    check(
        "record r { a: u8 }",
        "resource r;",
        &["import `r`: type mismatch: record in PREV, and resource in NEW"],
    );
    check(
        "import x: func();",
        "import x: interface {}",
        &["import `x`: func in PREV, and interface in NEW"],
    );
    // A difference in a type is reported once, where the type is defined.
    check(
        "record r { a: u8 } import f: func(x: r); import g: func() -> list<r>;",
        "record r { a: u16 } import f: func(x: r); import g: func() -> list<r>;",
        &["import `r`, field `a`: type mismatch: `u8` in PREV, and `u16` in NEW"],
    );
    check(
        "type l = list<u8>; import f: func(x: l);",
        "type l = list<u16>; import f: func(x: l);",
        &["import `l`: type mismatch: `list<u8>` in PREV, and `list<u16>` in NEW"],
    );
    check(
        "type l = option<u8>; type m = map<u8, l>; type t = u8; type s = m;",
        "type l = option<s8>; type m = map<u8, l>; type t = s8; type s = m;",
        &[
            "import `l`: type mismatch: `option<u8>` in PREV, and `option<s8>` in NEW",
            "import `t`: type mismatch: `u8` in PREV, and `s8` in NEW",
        ],
    );
    check(
        "import x: interface { record r { a: u8 } type s = r; f: func(x: option<r>) -> s; }
        type t = u8; export f: func(x: t);",
        "import x: interface { resource r; type s = r; f: func(x: option<r>) -> s; }
        resource t; export f: func(x: t);",
        &[
            "import `x`, type `r`: type mismatch: record in PREV, and resource in NEW",
            "import `t`: type mismatch: type in PREV, and resource in NEW",
        ],
    );
    check(
        "export streams; export x: interface { record r { a: u8 } f: func(x: r); }",
        "export streams; export x: interface { use streams.{info as r}; f: func(x: r); }",
        &[
            "export `x`, type `r`: missing field `a`: PREV has it, and NEW does not",
            "export `x`, type `r`: missing field `size`: NEW has it, and PREV does not",
        ],
    );
    // A resource stays the same wherever it is used.
    check(
        "import streams; export x: interface { use streams.{pipe}; f: func(s: pipe); }",
        "import streams; export x: interface { resource pipe; f: func(s: pipe); }",
        &[
            "export `x`, type `pipe`: type mismatch: resource pipe of a:b/streams in PREV, and pipe of x in NEW",
        ],
    );
    check(
        "export streams; export x: interface { use streams.{pipe}; f: func(s: pipe); }",
        "import streams; export x: interface { use streams.{pipe}; f: func(s: pipe); }",
        &[
            "export `x`, type `pipe`: type mismatch: resource pipe of a:b/streams in PREV, and pipe of a:b/streams in NEW",
        ],
    );
}

#[test]
fn imports_that_no_world_has_are_named_and_more_exports_do_no_harm() {
    let text = r#"(component
        (import "m" (core module))
        (import "test:foo/foo@0.3.0" (instance (export "f" (func))))
        (type $t u8)
        (component $c)
        (export "t" (type $t))
        (export "c" (component $c)))"#;
    let world = "package test:root; world foobar { import test:foo/foo@0.2.0; }
        package test:foo@0.2.0 { interface foo { f: func(); } }";
    let found = differences(&component(text), &resolve(world), Versions::Exact);
    assert_eq!(
        found,
        [
            "import `m` cannot be represented in WIT: it is neither an interface nor a function or \
             type",
            "missing import named `test:foo/foo@0.3.0`: the component imports it, and the world does \
             not; the world imports `test:foo/foo@0.2.0`",
        ]
    );
}

#[test]
fn large_and_deep_types_are_compared_in_linear_time() {
    // Each type is made of the one before it, twice; written out, it would not fit any memory.
    let mut types = String::from("(type $t0 (tuple u8))");
    for nth in 1..2_000 {
        types += &format!("(type $t{nth} (tuple $t{0} $t{0}))", nth - 1);
    }
    let text = |last: &str| {
        format!(
            "(component {types} (type $last {last}) (import \"i\" (instance
            (alias outer 1 $last (type $t)) (export \"f\" (func (param \"x\" $t))))))"
        )
    };
    let (one, other) = (text("(option $t1999)"), text("(list $t1999)"));
    let (one, other) = (component(&one), component(&other));
    let start = std::time::Instant::now();
    let decoded = decode(&one).unwrap();
    let world = decoded.world.unwrap();
    assert_eq!(targets(&one, &decoded.model, world, Versions::Exact).unwrap(), []);
    let found = targets(&other, &decoded.model, world, Versions::Exact).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].to_string().len() < 20_000, "{}", found[0].to_string().len());
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn an_interface_of_another_version_is_named_as_each_side_has_it() {
    let component = component(
        r#"(component (import "a:b/log@1.0.0" (instance (export "line" (func (param "x" u8))))))"#,
    );
    let world = resolve(
        "package c:d; world foobar { import a:b/log@1.1.0; }
        package a:b@1.1.0 { interface log { line: func(x: string); } }",
    );
    assert_eq!(
        differences(&component, &world, Versions::Compatible),
        ["import `a:b/log@1.0.0` (`a:b/log@1.1.0` in the world), func `line`, param `x`: type \
          mismatch: `u8` in the component, and `string` in the world"]
    );
}
