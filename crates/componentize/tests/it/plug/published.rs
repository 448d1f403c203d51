//! The published cases of `wac-graph` and `wasm-compose`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use wattle_ast::Features;
use wattle_ast::components::{Component, Definition, Export, Sort, SortIdx};
use wattle_componentize::{Componentizer, Composer, Dummy, Embed, Input, Plugged, plug};
use wattle_tests::packages;
use wattle_validator::components::{ComponentTypes, Validator};
use wattle_wit::Resolver;
use wattle_wit::load::{System, load};

use super::{described, input, parse, types, with_link_exported, with_link_imported};

/// The prefix of the names of the components in the published results.
const DEP: &str = "unlocked-dep-";

/// Returns the folders of the cases: graphs, then compositions.
fn cases() -> &'static [PathBuf; 2] {
    static CASES: OnceLock<[PathBuf; 2]> = OnceLock::new();
    CASES.get_or_init(|| {
        let [graphs, compositions] = packages::folders(["wac-graph", "wasm-compose"]).unwrap();
        [graphs.join("tests/graphs"), compositions.join("tests/compositions")]
    })
}

/// Returns the folder of a graph.
fn graph(name: &str) -> PathBuf {
    cases()[0].join(name)
}

/// Returns the folder of a composition.
fn composition(name: &str) -> PathBuf {
    cases()[1].join(name)
}

/// Makes components with the imports that the components of a published result have. They export
/// those of their imports that the published types export.
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
            && import.ty.sort() == Sort::INSTANCE
        {
            imported.push((import.name.clone(), SortIdx::new(import.ty.sort(), instances)));
        }
        let is_instance = definition.adds() == Some((Sort::INSTANCE, 1));
        instances += u32::from(depth == 0 && is_instance);
        depth += usize::from(definition.opens().is_some());
    }
    component
}

/// Cases in which components are put together.
const MERGED: [&str; 11] = [
    "duplicate-imports",
    "implements-imports",
    "import-resource-alias",
    "map-types",
    "merged-func-results",
    "merged-usings",
    "semver-highest-version-retained",
    "simple-versioned",
    "use-type-by-id-import",
    "used-resource",
    "versioned-transitive-usings",
];

/// Cases in which an import is connected by name, or cannot be connected.
const CONNECTED: [&str; 7] = [
    "argument-already-satisfied",
    "export-missing",
    "implements-satisfied",
    "map-type-mismatch",
    "missing-argument",
    "nested-use-type",
    "simple",
];

/// The other cases, and the reasons why plugs do not express them.
const OTHER_GRAPHS: [(&str, &str); 13] = [
    ("argument-type-mismatch", "an import of the graph is the argument"),
    ("contains-cycle", "two instances of one component are the arguments of each other"),
    ("export-already-exists", "misuse of the graph: an export twice"),
    ("implements-exports", "an instance without arguments, and no socket"),
    ("implicit-import-conflict", "an import of the graph has the name of another"),
    ("implicit-resource-import", "an import of the graph is the argument"),
    ("import-already-exists", "misuse of the graph: an import twice"),
    ("invalid-export-name", "the graph names the export"),
    ("invalid-import-name", "the graph names the import"),
    ("merging-import-dependencies", "the graph has an import of its own"),
    ("not-an-instance", "misuse of the graph: an alias of what is not an instance"),
    ("not-instantiation", "misuse of the graph: an argument of an import"),
    ("package-already-registered", "misuse of the graph: a package twice"),
];

/// A composition: its case, and the plugs, each with the imports that it is for. A plug is the name
/// of a file without its ending.
type Composition = (&'static str, &'static [(&'static str, For)]);

/// The imports that a plug is for: all imports of the names of its exports, or one import, which is
/// given an export or the whole instance.
type For = Option<(&'static str, Option<&'static str>)>;

/// The compositions that become components.
const COMPOSED: [Composition; 10] = [
    ("complex", &[B1, B2, A]),
    ("connect-resources", &[("logger", None)]),
    ("defs", &[("cli", None), ("other", None)]),
    ("merged-import", &[B]),
    ("merged-resource-import", &[B]),
    ("not-instance-import", &[("b", Some(("foo:add/add@1.0.0", None)))]),
    ("resort-imports", &[B, A]),
    ("resources-and-aliases", &[B]),
    ("type-use", &[A]),
    ("type-use-and-merge", &[B, A]),
];
const A: (&str, For) = ("a", Some(("a", None)));
const A_X: (&str, For) = ("a", Some(("a", Some("x"))));
const B: (&str, For) = ("b", Some(("b", None)));
const B1: (&str, For) = ("b", Some(("b1", Some("x"))));
const B2: (&str, For) = ("b", Some(("b2", Some("x"))));

/// The compositions that are refused, and our messages.
const REFUSED: [(Composition, &str); 10] = [
    (
        ("arg-not-satisfied", &[A]),
        "the instance of a does not fit the import `a` of root: type mismatch for import `a`: missing \
         expected export `a`",
    ),
    (
        ("component-not-valid", &[]),
        "root: unknown core function 0: function index out of bounds (there are 0) in func 0",
    ),
    (
        ("conflict-on-import", &[B]),
        "the import `a` of root conflicts with the import `a` of b: type mismatch in instance export \
         `x`: expected 0 parameters, found 1, in import `a`",
    ),
    (
        ("def-mismatch", &[("definitions", None)]),
        "the export `foo` of definitions does not fit the import `foo` of root: type mismatch for \
         import `foo`: missing expected export `foo`",
    ),
    (("disallow-imports", &[]), "there is nothing to plug into root; it imports `a`"),
    (
        ("incompatible-explicit-export", &[A_X]),
        "the export `x` of a does not fit the import `a` of root: type mismatch for import `a`: \
         missing expected export `a`",
    ),
    (
        ("invalid-instantiation-arg", &[("root", Some(("invalid", None)))]),
        "root is for the import `invalid`, which is not there; root imports nothing",
    ),
    (("missing-explicit-export", &[A_X]), "a does not export `x`; it exports nothing"),
    (("no-deps", &[]), "there is nothing to plug into root; it imports nothing"),
    (("no-deps-resolved", &[]), "there is nothing to plug into root; it imports `a`"),
];

/// The other compositions, and the reasons why plugs do not express them.
const OTHER_COMPOSITIONS: [(&str, &str); 9] = [
    ("complex-import", "the components themselves are imported"),
    ("component-incorrect-version", "a file that does not parse"),
    ("component-missing", "a file that is missing"),
    ("component-not-wat", "a file that does not parse"),
    ("export-on-import", "the configuration names an export of an import"),
    ("instantiation-cycle", "two instances of one component are the arguments of each other"),
    ("missing-explicit-dep", "a file that is missing"),
    ("missing-root", "a file that is missing"),
    ("module", "a module where a component is expected"),
];

#[test]
fn every_published_case_is_run_or_has_a_reason() {
    let [graphs, compositions] = cases();
    let check = |folder: &Path, run: &[&'static str], others: &[(&'static str, &str)]| {
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
    let run = [&MERGED[..], &CONNECTED, &["type-aggregation-error"]].concat();
    check(graphs, &run, &OTHER_GRAPHS);
    let run = COMPOSED.iter().chain(REFUSED.iter().map(|(composition, _)| composition));
    let run: Vec<_> = run.map(|&(case, _)| case).collect();
    check(compositions, &run, &OTHER_COMPOSITIONS);
}

/// Reads the published result of a case.
fn encoded(case: &str) -> Component<'static> {
    let text = fs::read_to_string(graph(case).join("encoded.wat")).unwrap();
    // The specification has dropped names of this form.
    let text = text.replace("unlocked-dep=<test:", DEP).replace(">\"", "\"");
    parse(&text.replace("unlocked-dep=<example:", DEP))
}

/// Checks that a component has the imports that the published result has.
fn assert_imports(case: &str, found: &Plugged<'_>, encoded: &Component<'_>) {
    let expected = Validator::new().features(Features::ALL).component(encoded);
    let expected = expected.unwrap_or_else(|errors| panic!("{case}: {errors}"));
    let names = |types: &ComponentTypes| -> Vec<String> {
        let imports = types.imports().filter(|it| !it.name().starts_with(DEP));
        let mut all: Vec<_> = imports.map(described).collect();
        all.sort();
        all
    };
    assert_eq!(names(&found.types), names(&expected), "{case}");
}

#[test]
fn imports_are_merged_as_the_peer_merges_them() {
    for case in MERGED {
        let encoded = encoded(case);
        let mut components: Vec<_> = of_types(&encoded)
            .into_iter()
            .map(|component| {
                // Only cases that connect the components need their exports.
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
        assert_imports(case, &result, &encoded);
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

/// Returns a component of a case, from its text, or of the only world of its interfaces.
fn component(case: &str, file: &str) -> Input<'static> {
    let path = graph(case).join(file);
    if path.extension().is_some_and(|extension| extension == "wat") {
        return input(file, parse(&fs::read_to_string(path).unwrap()));
    }
    let mut resolver = Resolver::new();
    load(&System, path.to_str().unwrap(), &mut resolver).unwrap();
    let resolved = resolver.resolve().unwrap_or_else(|errors| panic!("{errors}"));
    let world = resolved.model().select_world(resolved.root(), None).unwrap();
    let mut module = Dummy::new(resolved.model(), world).module().unwrap();
    Embed::new(resolved.model(), world).add_to(&mut module).unwrap();
    input(file, Componentizer::new().module(module).finish().unwrap())
}

#[test]
fn graphs_with_arguments_by_name_are_composed_as_by_the_peer() {
    for case in CONNECTED {
        let read = |file| component(case, file);
        let composer = |file| Composer::new(read(file));
        let iface = Some("test:test/iface");
        let composer = match case {
            "argument-already-satisfied" => composer("foo.wat")
                .connect("a", read("foo.wat"), None)
                .connect("a", read("foo.wat"), None),
            "export-missing" => composer("foo.wat").connect("foo", read("foo.wat"), Some("foo")),
            "implements-satisfied" => composer("consumer.wat")
                .connect("primary", read("producer.wat"), iface)
                .connect("backup", read("producer.wat"), iface),
            "map-type-mismatch" => {
                let export = Some("test:foo/produce");
                composer("foo.wit").connect("test:foo/consume", read("foo.wit"), export)
            }
            "missing-argument" => composer("foo.wat").connect("foo", read("foo.wat"), None),
            "nested-use-type" => composer("cons").plug(read("prod.wit")),
            "simple" => composer("bar.wat")
                .connect("e", read("foo.wat"), Some("bar"))
                .rename_import("foo", "my-foo")
                .rename_export("e", "e2"),
            _ => panic!("{case}"),
        };
        let words = match composer.finish() {
            Ok(found) => {
                let encoded = encoded(case);
                assert_imports(case, &found, &encoded);
                let exports = |types: &ComponentTypes| types.exports().map(described).collect();
                let [own, expected]: [Vec<_>; 2] =
                    [&found.types, &types(&encoded).unwrap()].map(exports);
                assert!(case != "simple" || own == expected, "{own:?}");
                continue;
            }
            Err(error) => error.to_string(),
        };
        let expected = match case {
            "argument-already-satisfied" => "both foo.wat and foo.wat are for the import `a`",
            "export-missing" => "foo.wat does not export `foo`; it exports nothing",
            "map-type-mismatch" => {
                "the export `test:foo/produce` of foo.wit does not fit the import `test:foo/consume` \
                 of foo.wit: type mismatch in map value: expected primitive `u64` found primitive \
                 `u32`, in import `test:foo/consume`, export `lookup`, parameter `m`"
            }
            "missing-argument" => {
                "foo.wat is for the import `foo`, which is not there; foo.wat imports nothing"
            }
            _ => panic!("{case}: {words}"),
        };
        assert_eq!(words, expected, "{case}");
    }
}

fn composed((case, plugs): Composition) -> Result<Plugged<'static>, String> {
    let read = |file: &str| {
        let path = composition(case).join(file).with_extension("wat");
        input(file, parse(&fs::read_to_string(path).unwrap()))
    };
    let allows = case != "disallow-imports";
    let socket = Composer::new(read("root")).between_plugs(true).allow_imports(allows);
    let composer = plugs.iter().fold(socket, |composer, &(file, import)| match import {
        None => composer.plug(read(file)),
        Some((import, export)) => composer.connect(import, read(file), export),
    });
    composer.finish().map_err(|error| error.to_string())
}

#[test]
fn compositions_have_the_imports_and_exports_that_the_peer_gives_them() {
    for (case, plugs) in COMPOSED {
        let found = composed((case, plugs)).unwrap_or_else(|error| panic!("{case}: {error}"));
        let path = composition(case).join("composed.wat");
        let expected = types(&parse(&fs::read_to_string(path).unwrap())).unwrap();
        let sides = |types: &ComponentTypes| {
            let mut imports: Vec<_> = types.imports().map(described).collect();
            imports.sort();
            (imports.concat(), types.exports().map(described).collect::<String>())
        };
        assert_eq!(sides(&found.types), sides(&expected), "{case}");
    }
}

#[test]
fn compositions_that_the_peer_refuses_are_refused() {
    let found = REFUSED.map(|((case, plugs), _)| (case, composed((case, plugs)).map(drop)));
    assert_eq!(found, REFUSED.map(|((case, _), words)| (case, Err(words.to_owned()))));
}
