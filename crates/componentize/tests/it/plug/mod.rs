//! Components that are plugged into others.

mod composer;
mod published;

use std::fs;

use wattle_ast::components::{Component, Definition, Export, ExternDesc, Import, Type};
use wattle_ast::{ComponentIdx, ComponentTypeIdx, Features};
use wattle_componentize::{Input, PlugError, Plugged, plug};
use wattle_encoder::encode_component;
use wattle_tests::components::{texts, texts_of_wit_component};
use wattle_tests::suite;
use wattle_validator::components::{ComponentTypes, Extern, ExternView, Shape, Validator};

fn parse(text: &str) -> Component<'static> {
    let parsed = wattle_wat::Parser::new().features(Features::ALL).component(text);
    parsed.unwrap_or_else(|errors| panic!("{errors}\n{text}")).component.into_owned()
}

fn input(name: &str, component: Component<'static>) -> Input<'static> {
    Input { name: name.into(), component }
}

fn types(component: &Component<'_>) -> Option<ComponentTypes> {
    Validator::new().features(Features::ALL).component(component).ok()
}

fn plugged(socket: &str, plugs: &[&str]) -> Result<Plugged<'static>, PlugError> {
    let plugs = plugs.iter().enumerate();
    plug(
        input("socket", parse(socket)),
        plugs.map(|(place, text)| input(&format!("plug{place}"), parse(text))).collect::<Vec<_>>(),
    )
}

/// Describes an import or export with everything in it, sorted, in the notation of WIT.
fn described(item: Extern<'_>) -> String {
    let inner = match item.view() {
        ExternView::Instance(ty) => match ty.shape() {
            Shape::Instance(exports) => {
                let mut exports: Vec<_> = exports.into_iter().map(described).collect();
                exports.sort();
                exports.concat()
            }
            _ => String::new(),
        },
        _ => format!("{item}"),
    };
    format!("{} {:?} {{ {inner} }}\n", item.name(), item.implements())
}

/// The name of an import and an export that connect components without another connection.
const LINK: &str = "link-for-the-test";

fn with_link_imported(mut component: Component<'static>) -> Component<'static> {
    let import = Import { name: LINK.into(), ty: ExternDesc::Component(ComponentTypeIdx(0)) };
    let ty = [Definition::Type(Type::Component), Definition::End, Definition::Import(import)];
    component.insert(0, ty).unwrap();
    component
}

fn with_link_exported(mut component: Component<'static>) -> Component<'static> {
    let item = ComponentIdx(0).into();
    let export = Definition::Export(Export { name: LINK.into(), item, ty: None });
    component.insert(0, [Definition::Component, Definition::End, export]).unwrap();
    component
}

#[test]
fn imports_are_written_as_they_were() {
    let whole = texts_of_wit_component().into_iter().map(|path| fs::read_to_string(path).unwrap());
    let scripts = suite::component_files().iter().flat_map(|path| texts(&fs::read(path).unwrap()));
    let (mut seen, mut imports, mut merged) = (0, 0, 0);
    for text in whole.chain(scripts) {
        let parser = wattle_wat::Parser::new().features(Features::ALL);
        let Ok(parsed) = parser.component(&text) else { continue };
        let component = parsed.component.into_owned();
        let Some(before) = types(&component) else { continue };
        let Some(socket) = types(&with_link_imported(component.clone())) else { continue };
        assert_eq!(socket.imports().len(), before.imports().len() + 1);
        let result = plug(
            input("socket", with_link_imported(component)),
            [input("plug", with_link_exported(Component::default()))],
        );
        let result = result.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let bytes = encode_component(&result.component);
        let read = wattle_parser::components::Parser::new().features(Features::ALL);
        assert_eq!(read.component(&bytes).unwrap(), result.component);
        let after = types(&result.component).unwrap();
        let all = |types: &ComponentTypes| -> (Vec<String>, Vec<String>) {
            (types.imports().map(described).collect(), types.exports().map(described).collect())
        };
        let mut expected = all(&before);
        let mut found = all(&after);
        if after.imports().len() < before.imports().len() {
            // The component imports two compatible versions of one interface.
            merged += 1;
            continue;
        }
        // The order of imports depends on the types that they need.
        expected.0.sort();
        found.0.sort();
        assert_eq!(found, expected, "{text}");
        seen += 1;
        imports += before.imports().len();
    }
    assert!(seen >= 850 && imports >= 400 && merged <= 2, "{seen} {imports} {merged}");
}

#[test]
fn plugs_are_connected_by_exact_names_then_by_compatible_versions() {
    let exports = |names: &[&str]| {
        let exports: String =
            names.iter().map(|name| format!("(export \"{name}\" (instance $i))")).collect();
        format!("(component (instance $i) {exports})")
    };
    let connected = |imports: &[&str], plugs: &[&[&str]]| {
        let imports: String =
            imports.iter().map(|name| format!("(import \"{name}\" (instance))")).collect();
        let plugs: Vec<_> = plugs.iter().map(|names| exports(names)).collect();
        let plugs: Vec<_> = plugs.iter().map(String::as_str).collect();
        plugged(&format!("(component {imports})"), &plugs).map(|plugged| {
            let shown = plugged.connections.iter();
            let shown = shown.map(|it| {
                assert_eq!(it.importer, None);
                let export = it.export.as_deref().unwrap();
                format!("{} = {} {export}", it.import, it.plug)
            });
            let left = plugged.types.imports().map(|it| it.name().to_owned());
            shown.chain(left).collect::<Vec<_>>()
        })
    };
    assert_eq!(
        connected(
            &["a", "b:c/d@0.2.1", "e:f/g@1.0.0"],
            &[&["b:c/d@0.2.9", "b:c/d@0.2.10"], &["a"]]
        ),
        Ok(vec!["a = 1 a".into(), "b:c/d@0.2.1 = 0 b:c/d@0.2.10".into(), "e:f/g@1.0.0".into()])
    );
    assert_eq!(
        connected(&["b:c/d@0.2.9"], &[&["b:c/d@0.2.9", "b:c/d@0.2.10"]]),
        Ok(vec!["b:c/d@0.2.9 = 0 b:c/d@0.2.9".into()])
    );
    for (imports, plugs, message) in [
        (
            &["a", "a:b/c@0.0.1"][..],
            &[&["a:b/c@0.0.2", "A"][..]][..],
            "plug0 exports nothing that socket imports; it imports `a`, `a:b/c@0.0.1`",
        ),
        (&["a"], &[&["a"], &["b"]], "plug1 exports nothing that socket imports; it imports `a`"),
        (&[], &[&["a"]], "plug0 exports nothing that socket imports; it imports nothing"),
        (&["a"], &[], "there is nothing to plug into socket; it imports `a`"),
        (&["a"], &[&["a"], &["a"]], "both plug0 and plug1 export `a`"),
    ] {
        assert_eq!(connected(imports, plugs).unwrap_err().to_string(), message);
    }
    // A message does not grow with the imports.
    let names: Vec<_> = (0..1000).map(|number| format!("a{number}")).collect();
    let names: Vec<_> = names.iter().map(|name| &**name).collect();
    let message = connected(&names, &[&["b"]]).unwrap_err().to_string();
    assert!(message.ends_with(", `a18`, `a19` and 980 more"), "{message}");
}

/// A package of interfaces with a resource, and a function that takes it.
const TYPES: &str = r#"
    (import "a:b/types@0.2.3" (instance $types (export "r" (type (sub resource)))))
    (alias export $types "r" (type $r))"#;
const USES: &str = r#"
    (import "a:b/api@0.2.3" (instance $api
        (alias outer $C $r (type $outer))
        (export "r" (type $r' (eq $outer)))
        (export "f" (func (param "x" (borrow $r'))))))"#;

#[test]
fn resources_are_those_of_one_import() {
    // The plug exports the instance that it imports.
    let plug_in =
        format!("(component $C {TYPES} {USES} (export \"a:b/api@0.2.3\" (instance $api)))");
    let socket = format!("(component $C {TYPES} {USES} (export \"f\" (func $api \"f\")))")
        .replace("0.2.3", "0.2.2");
    let result = plugged(&socket, &[&plug_in]).unwrap();
    let imports: Vec<_> = result.types.imports().map(|import| import.name().to_owned()).collect();
    assert_eq!(imports, ["a:b/types@0.2.3", "a:b/api@0.2.3"]);
    assert_eq!(result.connections.len(), 1);
}

#[test]
fn resources_that_differ_are_named() {
    let owner = r#"(component
        (type $r (resource (rep i32)))
        (instance $i (export "r" (type $r)))
        (export "a:b/types@0.2.3" (instance $i)))"#;
    // The other import is left, and nothing outside has the resource of the plug.
    let socket = format!("(component $C {TYPES} {USES})");
    let error = plugged(&socket, &[owner]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the import `a:b/api@0.2.3` of socket needs the resource `r`, which comes from a plug, so \
         nothing outside can have it; plug in what exports `a:b/api@0.2.3` too"
    );
    // Another plug imports the resource from elsewhere.
    let plug_in =
        format!("(component $C {TYPES} {USES} (export \"a:b/api@0.2.3\" (instance $api)))");
    let error = plugged(&socket, &[owner, &plug_in]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the export `a:b/api@0.2.3` of plug1 does not fit the import `a:b/api@0.2.3` of socket: type \
         mismatch in instance export `r`: resource types are not the same: expected the resource `r`, \
         found the resource `r` of `a:b/types@0.2.3`, in import `a:b/api@0.2.3`"
    );
}

#[test]
fn values_that_come_from_a_plug_are_defined_anew_where_imports_need_them() {
    let types = r#"(import "a:b/types" (instance $types
            (type $record (record (field "x" u8))) (export "t" (type (eq $record)))))
        (alias export $types "t" (type $t))"#;
    let socket = format!(
        r#"(component $C {types} (import "a:b/api" (instance
            (alias outer $C $t (type $outer)) (export "t" (type $t' (eq $outer)))
            (export "f" (func (param "x" $t'))))))"#
    );
    let plug_in = r#"(component (type $t (record (field "x" u8)))
        (instance $i (export "t" (type $t))) (export "a:b/types" (instance $i)))"#;
    let result = plugged(&socket, &[plug_in]).unwrap();
    let imports: Vec<_> = result.types.imports().map(described).collect();
    assert_eq!(
        imports,
        ["a:b/api None { f None { f: func(x: t) }\nt None { t: type record { x: u8 } }\n }\n"]
    );
}

#[test]
fn types_of_what_a_plug_gives_are_imported_where_they_need_a_name() {
    let types = r#"(import "a:b/types" (instance $types
            (type $record (record (field "x" u8))) (export "t" (type (eq $record)))
            (export "unused" (type (eq $record))) (export "make" (func))))
        (alias export $types "t" (type $t))"#;
    let api = r#"(import "a:b/api" (instance $api
        (alias outer $C $t (type $outer)) (export "f" (func (param "x" $outer)))))"#;
    let plug_in = r#"(component (type $t (record (field "x" u8))) (import "make" (func $make))
        (instance $i (export "t" (type $t)) (export "unused" (type $t)) (export "make" (func $make)))
        (export "a:b/types" (instance $i)))"#;
    let imports =
        |result: &Plugged<'_>| -> Vec<String> { result.types.imports().map(described).collect() };
    let only_types = "a:b/types None { t None { t: type record { x: u8 } }\n }\n";
    let make = "make None { make: func() }\n";
    let result = plugged(&format!("(component $C {types} {api})"), &[plug_in]).unwrap();
    let expected = [make, only_types, "a:b/api None { f None { f: func(x: t) }\n }\n"];
    assert_eq!(imports(&result), expected);
    // An export gives no name to the type of its function.
    let exporter = format!(
        "(component $C {types} (import \"f\" (func $f (param \"x\" $t)))
            (instance $e (export \"f\" (func $f))) (export \"e\" (instance $e)) (export \"g\" (func $f)))"
    );
    let result = plugged(&exporter, &[plug_in]).unwrap();
    assert_eq!(imports(&result), [make, only_types, "f None { f: func(x: t) }\n"]);
    let exports: Vec<_> = result.types.exports().map(described).collect();
    assert_eq!(exports, ["e None { f None { f: func(x: t) }\n }\n", "g None { g: func(x: t) }\n"]);
    // The types have one name each, whoever imports them.
    let function = format!(
        "(component $C {} (import \"f\" (func $f (param \"x\" $t))) (export \"f\" (func $f)))",
        types.replace("(export \"make\" (func))", "")
    );
    let result = plugged(&exporter, &[plug_in, &function]).unwrap();
    let whole = "a:b/types None { t None { t: type record { x: u8 } }\nunused None { unused: type \
                 record { x: u8 } }\n }\n";
    assert_eq!(imports(&result), [make, whole, "f None { f: func(x: t) }\n"]);
}

#[test]
fn exports_with_resources_that_nothing_outside_can_name_are_told() {
    let plug_in = r#"(component (type $r (resource (rep i32)))
        (instance $i (export "r" (type $r))) (export "a:b/types" (instance $i)))"#;
    let socket = r#"(component
        (import "a:b/types" (instance $types (export "r" (type (sub resource)))))
        (alias export $types "r" (type $r))
        (core module $m (func (export "f") (result i32) unreachable))
        (core instance $i (instantiate $m))
        (func $f (result (own $r)) (canon lift (core func $i "f")))
        (export "f" (func $f)))"#;
    assert_eq!(
        plugged(socket, &[plug_in]).unwrap_err().to_string(),
        "the export `f` needs a type that comes from a plug, so nothing outside can name it: func not \
         valid to be used as export: it refers to the resource `r`, which no export gives a name"
    );
}

#[test]
fn a_resource_and_another_type_of_one_name_conflict() {
    let imports =
        |ty: &str| format!("(component (import \"t\" (type {ty})) (import \"a\" (func $a))");
    let socket = imports("(sub resource)") + ")";
    let plug_in = imports("(eq 0)").replace("(component", "(component (type u8)");
    let plug_in = plug_in + "(export \"a\" (func $a)))";
    assert_eq!(
        plugged(&socket, &[&plug_in]).unwrap_err().to_string(),
        "the import `t` of socket conflicts with the import `t` of plug0: one is a resource, and the \
         other is not"
    );
}

#[test]
fn types_that_do_not_match_are_shown() {
    let socket = r#"(component (import "a" (instance (export "f" (func (param "x" (list u8)))))))"#;
    let plug_in = r#"(component (import "f" (func $f (param "x" (list u16))))
        (instance $i (export "f" (func $f))) (export "a" (instance $i)))"#;
    assert_eq!(
        plugged(socket, &[plug_in]).unwrap_err().to_string(),
        "the export `a` of plug0 does not fit the import `a` of socket: type mismatch in function \
         parameter `x`: expected primitive `u8` found primitive `u16`, in import `a`, export `f`"
    );
    let invalid = "(component (export \"a\" (func 3)))";
    let error = plugged(socket, &[invalid]).unwrap_err();
    assert!(error.to_string().starts_with("plug0: unknown func"), "{error}");
}

#[test]
fn what_refers_to_exported_types_refers_to_those_of_the_result() {
    let socket = r#"(component
        (import "go" (func $go))
        (type $r (resource (rep i32)))
        (export $R "r" (type $r))
        (type $rec (record (field "r" (own $R))))
        (export $Rec "rec" (type $rec))
        (core module $m (func (export "f") (result i32) unreachable))
        (core instance $i (instantiate $m))
        (func $f (result $Rec) (canon lift (core func $i "f")))
        (export "f" (func $f))
        (export "again" (type $Rec)))"#;
    let plug_in = "(component (import \"x\" (func $f)) (export \"go\" (func $f)))";
    let result = plugged(socket, &[plug_in]).unwrap();
    let exports: Vec<_> = result.types.exports().map(|export| export.to_string()).collect();
    assert_eq!(
        exports,
        [
            "r: resource",
            "rec: type record { r: own<r> }",
            "f: func() -> rec",
            "again: type record { r: own<r> }"
        ]
    );
}
