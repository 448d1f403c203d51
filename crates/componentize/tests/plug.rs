//! Components that are plugged into others.

use std::fs;
use std::path::PathBuf;

use wattle_ast::components::{
    Component, Definition, Export, ExternDesc, Import, PlainSort, Sort, SortIdx, Type,
};
use wattle_ast::{ComponentIdx, ComponentTypeIdx, Features};
use wattle_componentize::{Input, PlugError, Plugged, plug};
use wattle_encoder::encode_component;
use wattle_tests::components::{texts, texts_of_wit_component};
use wattle_tests::{packages, suite};
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

/// An import or export with everything in it, in any order, in the notation of WIT.
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

/// Something to plug in, so that components without a connection can be put together.
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
            // Compatible versions of one interface, which a component imports both.
            merged += 1;
            continue;
        }
        // Imports come when they are needed.
        expected.0.sort();
        found.0.sort();
        assert_eq!(found, expected, "{text}");
        seen += 1;
        imports += before.imports().len();
    }
    assert!(seen >= 850 && imports >= 400 && merged <= 2, "{seen} {imports} {merged}");
}

/// How the names of the components begin in the published results.
const DEP: &str = "unlocked-dep-";

/// The folder of a test of `wac-graph`.
fn graph(name: &str) -> PathBuf {
    let [folder] = packages::folders(["wac-graph"]).unwrap();
    folder.join("tests/graphs").join(name)
}

/// Components with the imports that the components of a published result have. They
/// export what they import, as far as the published types have it among their exports.
fn of_types(encoded: &Component<'static>) -> Vec<Component<'static>> {
    let (mut found, mut depth) = (Vec::new(), 0);
    let mut types: Vec<Vec<Definition<'static>>> = Vec::new();
    for definition in &encoded.definitions {
        if *definition == Definition::End {
            depth -= 1;
        }
        if depth > 0 {
            types.last_mut().unwrap().push(definition.clone());
        } else if let Definition::Import(import) = definition
            && import.name.name.starts_with(DEP)
        {
            found.push(component_of(types.last().unwrap()));
        }
        if definition.opens().is_some() {
            if depth == 0 {
                types.push(Vec::new());
            }
            depth += 1;
        }
    }
    found
}

fn component_of(declarations: &[Definition<'static>]) -> Component<'static> {
    let (mut depth, mut instances, mut imported) = (0, 0, Vec::new());
    let mut component = Component::default();
    for definition in declarations {
        if *definition == Definition::End {
            depth -= 1;
        }
        match definition {
            Definition::ExportDecl(export) if depth == 0 => {
                let import = imported.iter().find(|(name, _)| *name == export.name);
                let export = import.map(|&(_, item)| {
                    Definition::Export(Export { name: export.name.clone(), item, ty: None })
                });
                component.definitions.extend(export);
            }
            definition => component.definitions.push(definition.clone()),
        }
        if let (0, Definition::Import(import)) = (depth, definition)
            && import.ty.sort() == Sort::Plain(PlainSort::Instance)
        {
            imported.push((import.name.clone(), SortIdx::new(import.ty.sort(), instances)));
        }
        let is_instance = definition.adds() == Some((Sort::Plain(PlainSort::Instance), 1));
        instances += u32::from(depth == 0 && is_instance);
        depth += usize::from(definition.opens().is_some());
    }
    component
}

/// Cases in which components are put together.
const MERGED: [&str; 10] = [
    "duplicate-imports",
    "implements-imports",
    "import-resource-alias",
    "map-types",
    "merged-func-results",
    "merged-usings",
    "semver-highest-version-retained",
    "simple-versioned",
    "used-resource",
    "versioned-transitive-usings",
];

/// The other cases, and why plugs do not express them.
const OTHER_GRAPHS: [(&str, &str); 21] = [
    ("argument-already-satisfied", "misuse of the graph: an argument twice"),
    ("argument-type-mismatch", "an import of the graph is the argument"),
    ("contains-cycle", "two instances are the arguments of each other"),
    ("export-already-exists", "misuse of the graph: an export twice"),
    ("export-missing", "misuse of the graph: an alias of what is not there"),
    ("implements-exports", "an instance without arguments, and no socket"),
    ("implements-satisfied", "one component is instantiated twice, and names differ"),
    ("implicit-import-conflict", "an import of the graph has the name of another"),
    ("implicit-resource-import", "an import of the graph is the argument"),
    ("import-already-exists", "misuse of the graph: an import twice"),
    ("invalid-export-name", "the graph names the export"),
    ("invalid-import-name", "the graph names the import"),
    ("map-type-mismatch", "the names of import and export differ"),
    ("merging-import-dependencies", "the graph has an import of its own"),
    ("missing-argument", "an import of the graph is no argument"),
    ("nested-use-type", "its components come from WIT alone, and have functions of their own"),
    ("not-an-instance", "misuse of the graph: an alias of what is not an instance"),
    ("not-instantiation", "misuse of the graph: an argument of an import"),
    ("package-already-registered", "misuse of the graph: a package twice"),
    ("simple", "the names of import and export differ"),
    ("use-type-by-id-import", "its result refers to a type of the graph"),
];

/// Compositions with an export of one component for the import of another.
const PLUGGED: [&str; 3] = ["connect-resources", "def-mismatch", "defs"];

/// The other compositions, and why plugs do not express them.
const OTHER_COMPOSITIONS: [(&str, &str); 26] = [
    ("arg-not-satisfied", WHOLE),
    ("complex", WHOLE),
    ("complex-import", "there is no other component"),
    ("component-incorrect-version", "a file that does not parse"),
    ("component-missing", "a file that is missing"),
    ("component-not-valid", "a component that is not valid by itself"),
    ("component-not-wat", "a file that does not parse"),
    ("conflict-on-import", WHOLE),
    ("disallow-imports", "an option of the peer: no imports may be left"),
    ("export-on-import", "the configuration names an export of an import"),
    ("incompatible-explicit-export", WHOLE),
    ("instantiation-cycle", "two instances are the arguments of each other"),
    ("invalid-instantiation-arg", "the configuration names an import that is not there"),
    ("merged-import", WHOLE),
    ("merged-resource-import", WHOLE),
    ("missing-explicit-dep", "a file that is missing"),
    ("missing-explicit-export", "the configuration names an export that is not there"),
    ("missing-root", "a file that is missing"),
    ("module", "a module where a component is expected"),
    ("no-deps", "there is no other component"),
    ("no-deps-resolved", "there is no other component"),
    ("not-instance-import", WHOLE),
    ("resort-imports", WHOLE),
    ("resources-and-aliases", WHOLE),
    ("type-use", WHOLE),
    ("type-use-and-merge", WHOLE),
];

const WHOLE: &str = "the whole instance of a component is the argument, not an export of it";

#[test]
fn every_published_case_is_run_or_has_a_reason() {
    let [graphs, compositions] = packages::folders(["wac-graph", "wasm-compose"]).unwrap();
    let check = |folder: PathBuf, run: &[&'static str], others: &[(&'static str, &str)]| {
        let mut listed: Vec<String> = run
            .iter()
            .chain(others.iter().map(|(case, _)| case))
            .map(|&case| case.into())
            .collect();
        listed.sort();
        let found = fs::read_dir(folder).unwrap().map(|it| it.unwrap());
        let found = found.filter(|it| it.file_type().unwrap().is_dir());
        let mut found: Vec<_> = found.map(|it| it.file_name().into_string().unwrap()).collect();
        found.sort();
        assert_eq!(found, listed);
    };
    let run = [&MERGED[..], &["type-aggregation-error"]].concat();
    check(graphs.join("tests/graphs"), &run, &OTHER_GRAPHS);
    check(compositions.join("tests/compositions"), &PLUGGED, &OTHER_COMPOSITIONS);
}

#[test]
fn imports_are_merged_as_the_peer_merges_them() {
    for case in MERGED {
        let text = fs::read_to_string(graph(case).join("encoded.wat")).unwrap();
        // The specification has dropped names of this form.
        let text = text.replace("unlocked-dep=<test:", DEP).replace(">\"", "\"");
        let text = text.replace("unlocked-dep=<example:", DEP);
        let encoded = parse(&text);
        let expected = Validator::new().features(Features::ALL).component(&encoded);
        let expected = expected.unwrap_or_else(|errors| panic!("{case}: {errors}"));
        let mut components: Vec<_> = of_types(&encoded)
            .into_iter()
            .map(|component| {
                // These are not for this world.
                let definitions = component.definitions.into_iter();
                let is_export = |it: &Definition<'_>| matches!(it, Definition::Export(_));
                let is_connected =
                    ["duplicate-imports", "map-types", "merged-usings"].contains(&case);
                definitions.filter(|it| is_connected || !is_export(it)).collect::<Component<'_>>()
            })
            .collect();
        let (socket, plug_in) = match &mut *components {
            [one] => match case {
                "duplicate-imports" | "map-types" => (one.clone(), one.clone()),
                _ => (with_link_imported(one.clone()), with_link_exported(Component::default())),
            },
            [first, second] if case == "merged-usings" => (second.clone(), first.clone()),
            [first, second] => {
                (with_link_imported(second.clone()), with_link_exported(first.clone()))
            }
            _ => panic!("{case}: {} components", components.len()),
        };
        let result = plug(input("socket", socket), [input("plug", plug_in)]);
        let result = result.unwrap_or_else(|error| panic!("{case}: {error}"));
        let names = |types: &ComponentTypes| -> Vec<String> {
            let imports = types.imports().filter(|it| !it.name().starts_with(DEP));
            let mut all: Vec<_> = imports.map(described).collect();
            all.sort();
            all
        };
        assert_eq!(names(&result.types), names(&expected), "{case}");
    }
}

#[test]
fn imports_that_conflict_are_named_with_their_components() {
    let read = |file: &str| {
        parse(&fs::read_to_string(graph("type-aggregation-error").join(file)).unwrap())
    };
    let error = plug(
        input("bar.wat", with_link_imported(read("bar.wat"))),
        [input("foo.wat", with_link_exported(read("foo.wat")))],
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "the import `foo` of bar.wat conflicts with the import `foo` of foo.wat: type mismatch in \
         instance export `baz`: expected func, found instance, in import `foo`"
    );
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
            let shown = shown.map(|it| format!("{} = {} {}", it.import, it.plug, it.export));
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
    // The plug passes on what it imports.
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
    // Another plug has the resource from elsewhere.
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

/// The tests of `wasm-compose` in which an export of one component is an import of another. In the
/// others, whole instances are imports, the composition has explicit imports, one component is
/// instantiated several times, or files are missing.
#[test]
fn compositions_have_the_imports_and_exports_that_the_peer_gives_them() {
    let [folder] = packages::folders(["wasm-compose"]).unwrap();
    let folder = folder.join("tests/compositions");
    let read = |case: &str, file: &str| {
        let path = folder.join(case).join(file);
        input(file, parse(&fs::read_to_string(path).unwrap()))
    };
    for (case, plugs, connections) in
        [("connect-resources", &["logger.wat"][..], 1), ("defs", &["cli.wat", "other.wat"], 3)]
    {
        let plugs: Vec<_> = plugs.iter().map(|file| read(case, file)).collect();
        let result = plug(read(case, "root.wat"), plugs).unwrap();
        assert_eq!(result.connections.len(), connections, "{case}");
        let expected = types(&read(case, "composed.wat").component).unwrap();
        let all = |items: Vec<String>| items.concat();
        for (found, expected) in [
            (
                result.types.imports().map(described).collect(),
                expected.imports().map(described).collect(),
            ),
            (
                result.types.exports().map(described).collect(),
                expected.exports().map(described).collect(),
            ),
        ] {
            assert_eq!(all(found), all(expected), "{case}");
        }
    }
    let case = "def-mismatch";
    let error = plug(read(case, "root.wat"), [read(case, "definitions.wat")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the export `foo` of definitions.wat does not fit the import `foo` of root.wat: type mismatch \
         for import `foo`: missing expected export `foo`"
    );
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
