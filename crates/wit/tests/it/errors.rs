//! Messages, with advice.

use wattle_ast::components::Definition;
use wattle_ast::{Custom, CustomData};
use wattle_wit::Resolver;
use wattle_wit::docs::{PackageDocs, SECTION};
use wattle_wit::load::{Memory, load};

/// Returns the messages about a text.
fn messages(text: &str) -> Vec<String> {
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text);
    match resolver.resolve() {
        Ok(_) => Vec::new(),
        Err(errors) => errors.0.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn all_errors_are_found_in_one_run() {
    let text = "package a:b;
        interface i {
          f: func() -> u88;
          g: func(x: missing) -> borrow<t>;
          type t = u8;
          record r { a: u8, A: u8 }
        }
        world w {
          import j;
          export i;
          export i;
        }";
    assert_eq!(
        messages(text),
        [
            "type `u88` does not exist; did you mean `u8`?",
            "type `missing` does not exist",
            "type `t` used in a handle must be a resource",
            "field `A` conflicts with previous field `a`",
            "interface or world `j` does not exist",
            "interface cannot be exported more than once",
        ]
    );
}

#[test]
fn parsing_goes_on_behind_an_error_of_syntax() {
    let text = "package a:b;
        interfac i {}
        interface j {
          f: fnc();
          g: func(type: u8);
          h: func()
          record r { a: u8 b: u8 }
        }";
    assert_eq!(
        messages(text),
        [
            "expected `world`, `interface` or `use`, found an identifier; did you mean `interface`?",
            "expected keyword `func`, found an identifier; did you mean `func`?",
            "expected an identifier or string, found keyword `type`; put a `%` before a keyword to use it as a name",
            "expected ';', found keyword `record`; an item without braces ends with `;`",
            "expected '}', found an identifier",
        ]
    );
}

#[test]
fn a_missing_package_says_where_it_was_looked_for() {
    let mut files = Memory::default();
    files.add("wit/a.wit", "package a:a; interface i { use wasi:io/streams@0.2.3.{s}; }");
    files.add("wit/deps/clocks.wit", "package wasi:clocks@0.2.3;");
    let mut resolver = Resolver::new();
    load(&files, "wit", &mut resolver).unwrap();
    let errors = resolver.resolve().unwrap_err();
    assert_eq!(errors.to_string(), "package `wasi:io@0.2.3` not found; looked in `wit/deps`");
    assert_eq!(resolver.sources()[errors.0[0].place.unwrap().source].name, "wit/a.wit");
}

#[test]
fn names_of_texts_are_shown_with_escapes() {
    let message = messages("package a:b; interface i { type t = a\u{e9}; }").join("");
    assert_eq!(
        message,
        "`a\u{e9}` is not in kebab case; a name has words or acronyms that begin with a letter, joined by hyphens: `like-this`, `like-THIS`"
    );
}

#[test]
fn text_that_a_file_cannot_have_is_printed_with_escapes() {
    let mut resolver = Resolver::new();
    let id = "\\u{149}\\u{202e}\\u{0}\\t\\\"\\\\\u{2603}";
    let text = format!("package a:b; interface i {{ @external-id(\"{id}\") f: func(); }}");
    resolver.file("a.wit", text);
    let resolved = resolver.resolve().unwrap();
    let mut binary = resolved.model().package_type(resolved.root()).unwrap();
    let docs = Some("a\u{1b}[2J\u{202e}b\tc\nd".into());
    let docs = PackageDocs { docs, ..PackageDocs::default() };
    binary.definitions.push(Definition::Custom(Custom {
        name: SECTION.into(),
        data: CustomData::Bytes(docs.encode().into()),
        after: None,
    }));
    let decoded = wattle_wit::decode::decode(&binary).unwrap();
    let text = wattle_wit::print::package(&decoded.model, decoded.package).unwrap();
    assert!(text.starts_with("/// a\\u{1b}[2J\\u{202e}b\tc\n/// d\npackage a:b;"), "{text}");
    assert!(text.contains(&format!("@external-id(\"{id}\")")), "{text}");
    let mut again = Resolver::new();
    again.file("b.wit", text);
    let again = again.resolve().unwrap();
    let again = again.model().package_type(again.root()).unwrap();
    assert_eq!(again, resolved.model().package_type(resolved.root()).unwrap());
}

/// A function of a world that takes a resource of an interface that the world exports. Text has no
/// way to name that type, and another type of the world could have its name.
#[test]
fn text_that_would_mean_something_else_is_not_printed() {
    let text = r#"(component
      (type $r (resource (rep i32)))
      (instance $i (export "r" (type $r)))
      (export $e "i" (instance $i))
      (alias export $e "r" (type $a))
      (core func $drop (canon resource.drop $a))
      (func $f (param "x" (own $a)) (canon lift (core func $drop)))
      (export "f" (func $f)))"#;
    let expected = "`f` refers to the type `r` of another interface, which text cannot name there";
    assert_eq!(print_error(text), expected);
    // The first interface has no name that a second one could use types from.
    let text = r#"(component
      (import "a" (instance $a (type $t (record (field "x" u8))) (export "t" (type (eq $t)))))
      (alias export $a "t" (type $t))
      (import "b" (instance (alias outer 1 $t (type $t)) (export "u" (type (eq $t))))))"#;
    let expected = "`u` refers to the type `t` of another interface, which text cannot name there";
    assert_eq!(print_error(text), expected);
    // A package in a package, an interface in an interface, and a type with the name of an
    // interface.
    let text = r#"(component (import "a:b:c/d" (instance)))"#;
    assert_eq!(print_error(text), "`a:b:c` is not a well-formed name");
    let text = r#"(component (import "a:b/c/d" (instance)))"#;
    assert_eq!(print_error(text), "`c/d` is not a well-formed name");
    let text = r#"(component (import "a:b/c" (type (sub resource))))"#;
    assert_eq!(print_error(text), "`a:b/c` is not a well-formed name");
}

fn print_error(text: &str) -> String {
    let parsed = wattle_wat::Parser::new().component(text).unwrap();
    let decoded = wattle_wit::decode::decode(&parsed.component);
    let decoded = decoded.unwrap_or_else(|error| panic!("{error}"));
    wattle_wit::print::whole(&decoded.model, decoded.package).unwrap_err().to_string()
}

#[test]
fn a_binary_with_names_that_text_cannot_have_is_refused() {
    use wattle_ast::components::ExportDecl;
    let mut resolver = Resolver::new();
    resolver.file("a.wit", "package a:b; interface i { type t = u8; }");
    let resolved = resolver.resolve().unwrap();
    let mut component = resolved.model().package_type(resolved.root()).unwrap();
    for definition in &mut component.definitions {
        if let Definition::ExportDecl(ExportDecl { name, .. }) = definition
            && name.name == "t"
        {
            name.name = "t; type u".into();
        }
    }
    let error = wattle_wit::decode::decode(&component).unwrap_err();
    assert_eq!(error.to_string(), "`t; type u` is not a well-formed name");
}

#[test]
fn a_package_knows_where_its_items_are() {
    let text =
        "package a:b; interface i { resource r { m: func(); } } world w { import x: func(); }";
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text);
    let resolved = resolver.resolve().unwrap();
    let at = |item, member| {
        let span = resolved.member_place(resolved.root(), item, member).unwrap().span;
        &text[span.start..]
    };
    assert!(at("i", "").starts_with("i {"));
    assert!(at("i", "r").starts_with("r {"));
    assert!(at("i", "[method]r.m").starts_with("m: func"));
    assert!(at("w", "x").starts_with("x: func"));
    assert_eq!(resolved.place(resolved.root(), "w").unwrap().source, 0);
    assert_eq!(resolved.place(resolved.root(), "v"), None);
}

#[test]
fn the_end_of_a_file_is_one_error() {
    let texts = [
        "package a:b; interface",
        "package a:b; interface i {",
        "package a:b; interface i { f: func(",
        "package a:b; interface i { record r { x: list<",
        "package a:b { world w { import i: interface { resource r { constructor(",
        "package a:b; world w { include a:b/c with { a as",
        "package a:b; @since(",
    ];
    for text in texts {
        let mut resolver = Resolver::new();
        resolver.file("a.wit", text);
        let errors = resolver.resolve().unwrap_err();
        assert_eq!(errors.0.len(), 1, "{text}: {errors}");
        assert!(errors.0[0].to_string().contains("eof"), "{text}: {errors}");
    }
}

#[test]
fn errors_of_the_parser_alone_are_malformed() {
    // The parser refuses some of these texts, and the resolver the others.
    let folder = crate::peers::package("wit-parser").join("tests/ui/parse-fail");
    let mut files = Vec::new();
    crate::peers::wit_files(&folder, &mut files);
    let (mut malformed, mut other) = (0, 0);
    for path in files {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let is_malformed = !wattle_wit::syntax::File::parse(&text).errors.is_empty();
        let mut resolver = Resolver::new();
        resolver.file("a.wit", &text[..]);
        let Err(errors) = resolver.resolve() else { continue };
        for error in &errors.0 {
            assert_eq!(error.is_malformed(), is_malformed, "{}: {error}", path.display());
        }
        malformed += usize::from(is_malformed);
        other += usize::from(!is_malformed);
    }
    println!("{malformed} malformed, {other} not");
    assert!(malformed > 30 && other > 100, "{malformed} malformed, {other} not");
}

#[test]
fn gates_of_a_binary_that_text_cannot_have_are_refused() {
    use wattle_wit::docs::{Gate, InterfaceDocs};
    let mut resolver = Resolver::new();
    resolver.file("a.wit", "package a:b@1.0.0; interface i { type t = u8; }");
    let resolved = resolver.resolve().unwrap();
    let binary = resolved.model().package_type(resolved.root()).unwrap();
    let evil = || "1.0.0)\ninterface evil {}\n@since(version = 1.0.0".to_owned();
    let gates = [
        (Gate::Stable { since: evil(), deprecated: None }, false),
        (Gate::Stable { since: "1.0.0".into(), deprecated: Some(evil()) }, false),
        (Gate::Unstable { feature: evil(), deprecated: None }, false),
        (Gate::Unstable { feature: "extra".into(), deprecated: Some("1.0.0".into()) }, true),
    ];
    for (gate, is_good) in gates {
        let mut docs = PackageDocs::default();
        let of_interface = InterfaceDocs { gate: gate.clone(), ..InterfaceDocs::default() };
        docs.interfaces.insert("i".into(), of_interface).unwrap();
        let mut binary = binary.clone();
        binary.definitions.push(Definition::Custom(Custom {
            name: SECTION.into(),
            data: CustomData::Bytes(docs.encode().into()),
            after: None,
        }));
        assert_eq!(wattle_wit::decode::decode(&binary).is_ok(), is_good, "{gate:?}");
    }
}

#[test]
fn a_version_ends_with_its_word() {
    let help = "is not a semantic version; a version has three numbers, such as `1.0.0`";
    assert_eq!(messages("package a:b@1.0.0-c_d;"), [format!("`1.0.0-c_d` {help}")]);
    assert_eq!(messages("package a:b@1.0.0-c\u{e9};"), [format!("`1.0.0-c\u{e9}` {help}")]);
    assert!(messages("package a:b@1.0.0-c--d.0.e+f-;").is_empty());
}

/// `a:b` is the start of a path, and `a: b` gives `b` the name `a`.
#[test]
fn a_colon_without_blanks_belongs_to_a_path() {
    let start = "package a:b; package c:d { interface i {} } interface i {}";
    let import = |item| messages(&format!("{start} world w {{ {item} }}"));
    assert_eq!(import("import a:i;"), ["expected '/', found ';'"]);
    assert!(import("import a: b/i;")[0].starts_with("expected ';', found '/'"));
    for item in
        ["import a: i;", "import a :i;", "import c:d/i;", "import a: c:d/i;", "import a:func();"]
    {
        assert!(import(item).is_empty(), "{item}");
    }
}

#[test]
fn a_name_of_an_included_world_is_renamed_once() {
    let text =
        "package a:b; world v { import x: func(); } world w { include v with { x as y, x as z } }";
    assert_eq!(messages(text), ["`x` is renamed more than once"]);
}

#[test]
fn a_length_does_not_begin_with_a_zero() {
    let text = |length| format!("package a:b; interface i {{ type t = list<u8, {length}>; }}");
    let help = "is not a length of a list; a length is a number from 1 to 4294967295";
    assert_eq!(messages(&text("04")), [format!("`04` {help}")]);
    assert!(messages(&text("40")).is_empty());
}

#[test]
fn a_getter_that_a_gate_excludes_is_missing() {
    let gated = |set| {
        let get = "@unstable(feature = x) a: get() -> u8;";
        messages(&format!("package a:b; interface i {{ {get} {set} a: set(v: u8); }}"))
    };
    assert_eq!(gated(""), ["setter `[set]a` has no corresponding getter `[get]a`"]);
    assert!(gated("@unstable(feature = x)").is_empty());
}
