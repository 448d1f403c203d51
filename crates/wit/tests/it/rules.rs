//! Rules that components must keep, found in the text that they come from.

use wattle_wit::Resolver;
use wattle_wit::{Source, print};

/// Returns the messages about a text, each with the text that it points at.
fn faults(text: &str) -> Vec<(String, String)> {
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text);
    let Err(errors) = resolver.resolve() else { return Vec::new() };
    let fault = |error: &wattle_wit::Error| {
        let span = error.place.unwrap().span;
        (error.kind.to_string(), text[span.start..span.end].to_owned())
    };
    errors.0.iter().map(fault).collect()
}

/// Returns the one message about the items of an interface, and the text that it points at.
fn fault(items: &str) -> (String, String) {
    let all = faults(&format!("package a:b; interface i {{ resource r; {items} }}"));
    let [fault] = &all[..] else { panic!("{items}: {all:?}") };
    fault.clone()
}

fn is_good(items: &str) -> bool {
    let all = faults(&format!("package a:b; interface i {{ resource r; {items} }}"));
    println!("{items}: {all:?}");
    all.is_empty()
}

#[test]
fn a_stream_or_future_has_no_borrowed_handles() {
    let stream = "`stream` payload cannot contain a `borrow` type";
    let future = "`future` payload cannot contain a `borrow` type";
    for (items, message, place) in [
        ("f: func(x: stream<borrow<r>>);", stream, "stream"),
        ("type t = future<list<borrow<r>>>;", future, "future"),
        ("type b = borrow<r>; record s { b: b } f: func(x: option<stream<s>>);", stream, "stream"),
        (
            "type c = char; type d = c; f: func() -> stream<d>;",
            "`stream<char>` is not valid at this time, use `stream<u8>` with a defined byte encoding \
             instead for now",
            "stream",
        ),
        ("variant v { c(borrow<r>) } f: func() -> future<v>;", future, "future"),
        (
            "type s = stream<char>;",
            "`stream<char>` is not valid at this time, use `stream<u8>` with a defined byte encoding \
             instead for now",
            "stream",
        ),
    ] {
        let (found, at) = fault(items);
        assert_eq!((&*found, &*at), (message, place), "{items}");
    }
    assert!(is_good("f: func(x: stream<r>, y: list<borrow<r>>) -> future<char>;"));
}

#[test]
fn the_values_of_a_map_have_no_handles() {
    for ty in ["r", "borrow<r>", "option<r>", "error-context", "stream", "future<u8>", "s", "e"] {
        let types = "record s { a: list<r> } type e = error-context;";
        let (found, at) = fault(&format!("{types} f: func(x: list<map<u8, {ty}>>);"));
        assert_eq!((&*found, &*at), ("map value type cannot contain a handle", "map"), "{ty}");
    }
    assert!(is_good("flags s { a } f: func(x: map<u8, list<s>>) -> map<string, map<char, u8>>;"));
}

#[test]
fn namespaces_and_names_of_packages_are_in_lower_case() {
    let namespace = "is not in kebab case (a namespace: words in lower case, joined by hyphens)";
    let package = "is not in kebab case (a package name: words in lower case, joined by hyphens)";
    let check = |text: &str, expected: &[(&str, &str)]| {
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, why)| {
                (format!("`{}` {why}", name.trim_start_matches('%')), (*name).to_owned())
            })
            .collect();
        assert_eq!(faults(text), expected, "{text}");
    };
    check("package A:b;", &[("A", namespace)]);
    check("package a:b-C@1.0.0;", &[("b-C", package)]);
    check("package %A:%B;", &[("%A", namespace), ("%B", package)]);
    check("package a:b; package c:D { interface i {} }", &[("D", package)]);
    check("package a:b; use C:d/i;", &[("C", namespace)]);
    check(
        "package a:b; world w { import c:D/i; include E:f/w; }",
        &[("D", package), ("E", namespace)],
    );
    check("package a:b; interface HTTP {} world W { import HTTP; }", &[]);
}

#[test]
fn a_setter_takes_what_its_getter_returns() {
    let message = |expected, found| {
        format!(
            "setter `[set]a`'s parameter type must match the return type of `[get]a`: expected \
             `{expected}`, found `{found}`"
        )
    };
    let (found, at) = fault("a: get() -> u8; a: set(v: u16);");
    assert_eq!((found, &*at), (message("u8", "u16"), "a"));
    let (found, _) = fault("a: set(v: list<string>); a: get() -> result<list<u8>, string>;");
    assert_eq!(found, message("list<u8>", "list<string>"));
    let (found, at) =
        fault("resource s { a: static get() -> r; a: static set(v: s) -> result<_, u8>; }");
    let expected = "setter `[static][set]s.a`'s parameter type must match the return type of \
                    `[static][get]s.a`: expected `r`, found `s`";
    assert_eq!((&*found, &*at), (expected, "a"));
    let all = faults("package a:b; world w { import a: get() -> u8; import a: set(v: s8); }");
    assert_eq!(all, [(message("u8", "s8"), "a".to_owned())]);
    // Names of types do not count.
    for items in [
        "type t = u8; type s = list<t>; a: get() -> result<s>; a: set(v: list<u8>);",
        "record p { x: u8 } record q { x: u8 } a: get() -> p; a: set(v: option<q>) ;",
    ] {
        let is_first = items.starts_with("type");
        assert_eq!(is_good(items), is_first);
    }
    assert!(is_good("record p { x: u8 } record q { x: u8 } a: get() -> p; a: set(v: q);"));
    assert!(is_good("type s = r; resource t { a: get() -> option<r>; a: set(v: option<s>); }"));
}

#[test]
fn a_getter_returns_a_value() {
    let message = "if a getter returns a `result`, that must have an `ok` type";
    for items in ["a: get() -> result;", "type t = result<_, u8>; type s = t; a: get() -> s;"] {
        assert_eq!(fault(items).0, message, "{items}");
    }
    assert!(is_good("a: get() -> result<u8>;"));
}

#[test]
fn names_behind_a_gate_that_is_off_are_looked_up() {
    let (item, ty) =
        ("interface or world `missing` does not exist", "type `missing` does not exist");
    let package = "package `c:d` not found";
    for (items, message) in [
        ("interface j { GATE use missing.{t}; }", item),
        ("interface j { GATE use i.{missing}; }", "type `missing` not defined in interface `i`"),
        ("interface j { GATE use c:d/i.{t}; }", package),
        ("interface j { GATE f: func(x: missing); }", ty),
        ("interface j { GATE type t = list<missing>; }", ty),
        ("world w { GATE import missing; }", item),
        ("world w { GATE import x: missing; }", item),
        ("world w { GATE export c:d/i; }", package),
        ("world w { GATE include missing; }", item),
        ("world w { GATE include c:d/w; }", package),
        ("world w { GATE include i; }", "name `i` is defined as an interface, not a world"),
        ("GATE interface j { GATE use missing.{t}; }", item),
        ("GATE world w { GATE import missing; }", item),
    ] {
        for gate in ["@unstable(feature = x)", ""] {
            let items = items.replace("GATE", gate);
            let all = faults(&format!("package a:b; interface i {{}} {items}"));
            assert_eq!(
                all.iter().map(|(text, _)| &**text).collect::<Vec<_>>(),
                [message],
                "{items}"
            );
        }
    }
}

/// A binary package, or an older version of a package, does not have the items that a gate
/// excludes.
#[test]
fn what_another_package_lacks_is_excluded_by_a_gate_that_is_off() {
    let resolve = |items: &str| {
        let mut resolver = Resolver::new();
        resolver.file("a.wit", format!("package a:b; {items}"));
        let text = "package c:d; interface i { f: func(); } world w {}".into();
        resolver.dependency([Source { name: "c.wit".into(), text }]);
        match resolver.resolve() {
            Ok(resolved) => Ok(print::package(resolved.model(), resolved.root()).unwrap()),
            Err(errors) => {
                Err(errors.0.iter().map(|error| error.kind.to_string()).collect::<Vec<_>>())
            }
        }
    };
    for items in [
        "world w { @unstable(feature = x) import c:d/missing; }",
        "world w { @unstable(feature = x) import c:d/w; }",
        "world w { @unstable(feature = x) include c:d/missing with { a as b } }",
        "world w { @unstable(feature = x) use c:d/missing.{t}; }",
    ] {
        assert_eq!(resolve(items).unwrap(), "package a:b;\n\nworld w {}\n", "{items}");
    }
    let uses = ["use c:d/missing.{t};", "use c:d/i.{missing as t};", "use c:d/i.{f as t};"];
    for item in uses {
        let gated = "@unstable(feature = x) f: func(x: t, y: borrow<t>);";
        let text = format!("interface i {{ @unstable(feature = x) {item} {gated} }}");
        assert!(resolve(&text).is_ok(), "{text}");
        let text = format!("interface i {{ @unstable(feature = x) {item} f: func(x: t); }}");
        let excluded = "found a reference to a type which is excluded due to its feature `x` not being \
                        activated";
        assert_eq!(resolve(&text).unwrap_err(), [excluded], "{text}");
        let text = format!("interface i {{ {item} }}");
        assert_eq!(resolve(&text).unwrap_err().len(), 1, "{text}");
    }
}

#[test]
fn a_world_is_selected_by_an_escaped_name() {
    let mut resolver = Resolver::new();
    resolver.file("a.wit", "package a:b@1.0.0; world %import {} world w {}");
    let resolved = resolver.resolve().unwrap();
    let (model, root) = (resolved.model(), resolved.root());
    let [import, w] = ["import", "w"].map(|name| model.select_world(root, Some(name)).unwrap());
    for (name, world) in
        [("%import", import), ("%w", w), ("%a:%b/%w@1.0.0", w), ("a:b/%import", import)]
    {
        assert_eq!(model.select_world(root, Some(name)), Ok(world), "{name}");
    }
    for name in ["%", "%%w", "w%", "a%:b/w"] {
        assert!(model.select_world(root, Some(name)).is_err(), "{name}");
    }
}

#[test]
fn an_empty_comment_is_printed() {
    let text = "///\npackage a:b;\n\n///\ninterface i {\n  ///\n  record r {\n    ///\n    a: u8,\n  }\n\n  ///\n  f: func();\n}\n\n///\nworld w {\n  ///\n  import i;\n\n  ///\n  export f: func();\n}\n";
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text);
    let resolved = resolver.resolve().unwrap();
    assert_eq!(print::package(resolved.model(), resolved.root()).unwrap(), text);
}

#[test]
fn names_that_are_too_much_alike_conflict_wherever_a_component_has_both() {
    let all = faults("package a:b; interface a-b {} interface AB {} world ab {} interface a-b {}");
    let expected = [
        ("name `AB` conflicts with previous name `a-b`", "AB"),
        ("name `ab` conflicts with previous name `a-b`", "ab"),
        ("duplicate item named `a-b`", "a-b"),
    ];
    assert_eq!(all, expected.map(|(text, at)| (text.to_owned(), at.to_owned())));
    // One import follows from the other.
    let packages = "package a:b; package c-d:e { interface i { type t = u8; } }
        package cd:e { interface i {} interface j { use c-d:e/i.{t}; } }";
    for (items, is_good) in [
        ("import c-d:e/i; import cd:e/j;", true),
        ("import cd:e/i; import cd:e/j;", false),
        ("export cd:e/i; export c-d:e/i;", false),
        ("import cd:e/i; export c-d:e/i;", true),
    ] {
        let all = faults(&format!("{packages} world w {{ {items} }}"));
        assert_eq!(all.is_empty(), is_good, "{items}: {all:?}");
        for (text, at) in all {
            assert!(text.ends_with("(names must be strongly unique)") && at == "w", "{text} {at}");
        }
    }
}

#[test]
fn types_are_no_larger_than_components_may_have_them() {
    let large = "value type's maximum in-memory size exceeds maximum byte size: ";
    for (items, message, at) in [
        (
            "type t = list<u64, 33554432>;",
            format!("{large}268435456 bytes, at most 268435455"),
            "list",
        ),
        (
            "type t = list<u64, 33554431>; record s { a: t, b: t } f: func(x: s);",
            format!("{large}536870896 bytes, at most 268435455"),
            "s",
        ),
        (
            "f: func(x: option<tuple<u8, list<list<u8, 16384>, 16384>>>);",
            format!("{large}268435456 bytes, at most 268435455"),
            "list",
        ),
        (
            "type t = list<u8, 1073741825>;",
            "too many elements of a fixed-length list: at most 1073741824".to_owned(),
            "list",
        ),
    ] {
        let (found, place) = fault(items);
        assert_eq!((found, &*place), (message, at), "{items}");
    }
    assert!(is_good("type t = list<u64, 33554431>; type s = list<t>; f: func(x: s) -> stream<t>;"));
    let many = |sort: &str, number: usize| {
        let labels: String = (0..number).map(|nth| format!("a{nth}, ")).collect();
        faults(&format!("package a:b; interface i {{ {sort} s {{ {labels} }} }}"))
    };
    for (sort, message) in [
        ("enum", "too many cases of an enum: at most 10000"),
        ("variant", "too many cases of a variant: at most 10000"),
    ] {
        assert_eq!(many(sort, 10_000), []);
        assert_eq!(many(sort, 10_001), [(message.to_owned(), "s".to_owned())]);
    }
    // Each is twice as large as the one before.
    let double = |nth| format!("record e{} {{ a: e{nth}, b: e{nth} }}", nth + 1);
    let chain = |number| {
        let all: String = (0..number).map(double).collect();
        format!("record e0 {{ a: stream, b: stream }} {all}")
    };
    assert!(is_good(&chain(17)));
    let (found, at) = fault(&chain(20));
    assert_eq!((&*found, &*at), ("effective type size exceeds the limit of 1000000", "e18"));
}

/// The levels that functions, interfaces, worlds and packages put around a type count too.
#[test]
fn types_are_no_deeper_than_components_may_have_them() {
    let chain = |depth: usize| {
        let one = |nth: usize| format!("type t{} = list<t{nth}>; ", nth + 1);
        let all: String = (0..depth - 1).map(one).collect();
        (format!("type t0 = u8; {all}"), format!("t{}", depth - 1))
    };
    let message = "type nesting is too deep: at most 100 levels, with those of functions, interfaces, \
                   worlds and the package";
    for (most, items, world, at) in [
        (97, "", "", None),
        (96, "f: func(x: LAST);", "", Some("f")),
        (96, "f: func() -> LAST;", "", Some("f")),
        (96, "", "world w { import i; }", Some("w")),
        (96, "", "world w { use i.{LAST}; import f: func(x: LAST); }", Some("w")),
        (95, "", "world w { use i.{LAST}; import x: interface { f: func(x: LAST); } }", Some("x")),
        (
            95,
            "",
            "interface j { use i.{LAST}; f: func(x: LAST); } world w { export j; }",
            Some("w"),
        ),
    ] {
        for depth in [most, most + 1, 200] {
            let (types, last) = chain(depth);
            let (items, world) = (items.replace("LAST", &last), world.replace("LAST", &last));
            let world =
                world.replace("x: interface {", &format!("x: interface {{ use i.{{{last}}};"));
            let text = format!("package a:b; interface i {{ {types} {items} }} {world}");
            let all = faults(&text);
            let mut resolver = Resolver::new();
            resolver.file("a.wit", &text[..]);
            if let Ok(resolved) = resolver.resolve() {
                let component = resolved.model().package_binary(resolved.root()).unwrap();
                assert_eq!(component.check(), Ok(()));
            }
            assert_eq!(all.is_empty(), depth == most, "{depth} {text}: {all:?}");
            if depth == most + 1 {
                let at = at.map_or(last.clone(), str::to_owned);
                assert_eq!(all, [(message.to_owned(), at)], "{text}");
            }
        }
    }
}

/// The grammar has no empty lists but those of parameters. Those of names are taken as `wit-parser` does.
#[test]
fn empty_lists_are_refused_where_something_is_made_of_them() {
    for sort in ["record", "variant", "enum", "flags"] {
        let (found, at) = fault(&format!("{sort} s {{}}"));
        assert_eq!((found, &*at), (format!("empty {sort}"), "s"));
    }
    assert_eq!(fault("type t = tuple<>;"), ("empty tuple".to_owned(), "tuple".to_owned()));
    assert!(!is_good("type t = list<>;") && !is_good("type t = result<>;"));
    assert!(is_good("f: func();"));
    let names = |item: &str| {
        faults(&format!("package a:b; interface i {{}} world v {{}} interface j {{ {item} }}"))
    };
    assert_eq!(names("use i.{};"), []);
    let missing = "interface or world `k` does not exist".to_owned();
    assert_eq!(names("use k.{};"), [(missing, "k".to_owned())]);
    let include = |world| faults(&format!("package a:b; world v {{}} world w {{ {world} }}"));
    assert_eq!(include("include v with {}"), []);
    let missing = "interface or world `u` does not exist".to_owned();
    assert_eq!(include("include u with {}"), [(missing, "u".to_owned())]);
}
