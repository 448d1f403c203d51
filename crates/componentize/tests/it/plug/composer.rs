//! The features of a [`Composer`] beyond plugging: plugs of plugs, connections by name, new names.

use wattle_ast::components::{Component, Definition};
use wattle_componentize::{Composer, Input, PlugError, Plugged, plug};
use wattle_validator::components::{ComponentTypes, Extern, ExternView, Shape};

use super::{described, input, parse, types};

/// Makes a component called `name` that imports some instances and exports others.
fn between(name: &str, imports: &[&str], exports: &[&str]) -> Input<'static> {
    let imports: String =
        imports.iter().map(|import| format!("(import \"{import}\" (instance))")).collect();
    let exports: String =
        exports.iter().map(|export| format!("(export \"{export}\" (instance $i))")).collect();
    input(name, parse(&format!("(component {imports} (instance $i) {exports})")))
}

/// Returns the connections of a component and its imports, or else the error.
fn shown(result: Result<Plugged<'static>, PlugError>) -> Vec<String> {
    match result {
        Ok(plugged) => {
            let connections = plugged.connections.iter().map(|it| {
                let importer = it.importer.map_or("socket".into(), |plug| plug.to_string());
                let export = it.export.as_deref().unwrap_or("itself");
                format!("{importer} {} = {} {export}", it.import, it.plug)
            });
            let imports = plugged.types.imports().map(|import| import.name().to_owned());
            connections.chain(imports).collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

#[test]
fn plugs_satisfy_imports_of_plugs_if_they_may() {
    let compose = |may: bool| {
        Composer::new(between("app", &["a"], &[]))
            .plug(between("first", &["b", "c", "z"], &["a"]))
            .plug(between("second", &["c"], &["b"]))
            .plug(between("third", &["y"], &["c"]))
            .between_plugs(may)
            .finish()
    };
    assert_eq!(
        shown(compose(true)),
        ["socket a = 0 a", "0 b = 1 b", "0 c = 2 c", "1 c = 2 c", "y", "z"]
    );
    assert_eq!(shown(compose(false)), ["second exports nothing that app imports; it imports `a`"]);
    // The versions have to be compatible, and a plug does not satisfy its own import.
    let result = Composer::new(between("app", &["a:b/c@1.2.0", "go"], &[]))
        .plug(between("middle", &["a:b/c@1.1.0"], &["go"]))
        .plug(between("host", &["a:b/c@1.0.0"], &["a:b/c@1.3.0"]))
        .between_plugs(true)
        .finish();
    assert_eq!(
        shown(result),
        [
            "socket a:b/c@1.2.0 = 1 a:b/c@1.3.0",
            "socket go = 0 go",
            "0 a:b/c@1.1.0 = 1 a:b/c@1.3.0",
            "a:b/c@1.0.0"
        ]
    );
}

#[test]
fn plugs_that_need_each_other_are_named() {
    let result = Composer::new(between("app", &["a"], &[]))
        .plug(between("outside", &["b"], &["a"]))
        .plug(between("first", &["c"], &["b"]))
        .plug(between("second", &["d"], &["c"]))
        .plug(between("third", &["b"], &["d"]))
        .between_plugs(true)
        .finish();
    assert_eq!(
        shown(result),
        [
            "first needs second needs third, which needs the first: none of them can be instantiated \
          before the others"
        ]
    );
    // The plugs `idle` and `idler` satisfy imports of each other, but none of `app`.
    let result = Composer::new(between("app", &["a"], &[]))
        .plug(between("plug", &[], &["a"]))
        .plug(between("idle", &["y"], &["x"]))
        .plug(between("idler", &["x"], &["z"]))
        .between_plugs(true)
        .finish();
    assert_eq!(shown(result), ["idle exports nothing that app imports; it imports `a`"]);
}

#[test]
fn imports_are_connected_with_exports_of_other_names_and_with_whole_instances() {
    let result = Composer::new(between("app", &["a", "b", "c"], &[]))
        .plug(between("plug", &["d"], &["a", "b"]))
        .connect("b", between("other", &["e"], &["x", "b"]), Some("x"))
        .connect("c", between("whole", &["f"], &[]), None)
        .connect("d", between("deep", &[], &["d"]), Some("d"))
        .between_plugs(true)
        .finish();
    assert_eq!(
        shown(result),
        ["socket a = 0 a", "socket b = 1 x", "socket c = 2 itself", "0 d = 3 d", "e", "f"]
    );
    let app = || Composer::new(between("app", &["a"], &[]));
    let twice = app().connect("a", between("first", &[], &[]), None).connect(
        "a",
        between("second", &[], &[]),
        None,
    );
    assert_eq!(shown(twice.finish()), ["both first and second are for the import `a`"]);
    assert_eq!(
        shown(app().connect("b", between("plug", &[], &[]), None).finish()),
        ["plug is for the import `b`, which is not there; app imports `a`"]
    );
    assert_eq!(
        shown(app().connect("a", between("plug", &[], &["x", "y"]), Some("b")).finish()),
        ["plug does not export `b`; it exports `x`, `y`"]
    );
}

#[test]
fn instances_of_one_component_share_it() {
    let plug_in = || between("plug", &["x"], &["e"]);
    let composed = |other: Input<'static>| {
        Composer::new(between("app", &["a", "b"], &[]))
            .connect("a", plug_in(), Some("e"))
            .connect("b", other, Some("e"))
            .finish()
            .unwrap()
            .component
    };
    let components = |component: &Component<'_>| {
        let opened = component.definitions.iter();
        opened.filter(|it| matches!(it, Definition::Component)).count()
    };
    assert_eq!(components(&composed(plug_in())), 2);
    assert_eq!(components(&composed(between("plug", &["y"], &["e"]))), 3);
}

/// Makes a component of a world, with functions that do nothing.
fn of_world(wit: &str, world: &str) -> Input<'static> {
    use wattle_componentize::{Componentizer, Dummy, Embed};
    let mut resolver = wattle_wit::Resolver::new();
    resolver.file("a.wit", wit);
    let resolved = resolver.resolve().unwrap_or_else(|errors| panic!("{errors}"));
    let id = resolved.model().select_world(resolved.root(), Some(world)).unwrap();
    let mut module = Dummy::new(resolved.model(), id).module().unwrap();
    Embed::new(resolved.model(), id).add_to(&mut module).unwrap();
    input(world, Componentizer::new().module(module).finish().unwrap())
}

#[test]
fn worlds_use_types_of_an_interface_that_a_plug_gives() {
    let wit = "package a:b;
        interface types { record point { x: u8 } type points = list<point>; make: func() -> point; }
        interface draw { use types.{point, points}; all: func(points: points) -> point; }
        interface nested { use draw.{point}; record line { a: point, b: point } f: func(l: line); }
        interface only { use types.{points}; all: func(points: points); }
        world plug { export types; }
        world one { import types; import draw; import nested; }
        world two { use types.{point}; import types; import f: func(p: point); }
        world three { import types; export draw; export nested; }
        world four { use types.{points}; import types; export f: func(p: points); }
        world five { import types; export mine: interface { use types.{point}; f: func() -> point; } }
        world six { import types; import only; export only; }";
    let point = "a:b/types(point)";
    for (world, imports) in [
        ("one", &["a:b/draw(all, point, points)", "a:b/nested(f, line, point)"][..]),
        ("two", &["point", "f"]),
        ("three", &[]),
        ("four", &[point, "points"]),
        ("five", &[]),
        ("six", &[point, "a:b/only(all, points)"]),
    ] {
        let socket = of_world(wit, world);
        let alone = types(&socket.component).unwrap();
        let result = plug(socket, [of_world(wit, "plug")]);
        let result = result.unwrap_or_else(|error| panic!("{world}: {error}"));
        let name = |import: Extern<'_>| match import.view() {
            ExternView::Instance(ty) => {
                let Shape::Instance(exports) = ty.shape() else { panic!() };
                let mut names: Vec<_> = exports.iter().map(|export| export.name()).collect();
                names.sort_unstable();
                format!("{}({})", import.name(), names.join(", "))
            }
            _ => import.name().into(),
        };
        assert_eq!(result.types.imports().map(name).collect::<Vec<_>>(), imports, "{world}");
        let exports = |types: &ComponentTypes| types.exports().map(described).collect::<Vec<_>>();
        assert_eq!(exports(&result.types), exports(&alone), "{world}");
    }
}

#[test]
fn imports_that_are_left_can_be_refused_and_renamed() {
    let socket = || {
        input(
            "socket",
            parse(
                r#"(component (import "a" (func $a)) (import "b" (func))
            (component (import "b" (func $b)) (export "c" (func $b))) (export "c" (func $a)))"#,
            ),
        )
    };
    let plug_in =
        || input("plug", parse(r#"(component (import "d" (func $d)) (export "a" (func $d)))"#));
    let composer = || Composer::new(socket()).plug(plug_in());
    let error = composer().allow_imports(false).finish().unwrap_err();
    assert_eq!(error.to_string(), "nothing satisfies imports, and none may be left: `d`, `b`");
    let renamed = composer().rename_import("b", "e").rename_export("c", "f").finish().unwrap();
    let names: Vec<_> = renamed.types.imports().map(|import| import.name().to_owned()).collect();
    assert_eq!(names, ["d", "e"]);
    assert!(renamed.types.export("f").is_some() && renamed.types.export("c").is_none());
    // A connection has the names that the components have.
    assert_eq!(renamed.connections[0].import, "a");
    let error = composer().rename_import("b", "d").finish().unwrap_err().to_string();
    assert!(error.contains("`d`"), "{error}");
    let closed =
        Composer::new(input("socket", parse(r#"(component (import "a" (func)))"#))).plug(input(
            "plug",
            parse(
                r#"(component (core module $m (func (export "f")))
            (core instance $i (instantiate $m)) (func $f (canon lift (core func $i "f")))
            (export "a" (func $f)))"#,
            ),
        ));
    assert_eq!(closed.allow_imports(false).finish().unwrap().types.imports().len(), 0);
}
