//! Large and deep packages: time and stack must not depend on the shape.

use std::fmt::Write;
use std::time::Instant;

use wattle_wit::decode::decode;
use wattle_wit::encode::TooLarge;
use wattle_wit::{Resolver, print};

/// Resolves a text on a small stack, prints it, and returns the number of definitions.
fn definitions(text: String) -> usize {
    let run = move || {
        let start = Instant::now();
        let mut resolver = Resolver::new();
        resolver.file("a.wit", text);
        let resolved = resolver.resolve().map_err(|errors| errors.0.len());
        let count = match resolved {
            Ok(resolved) => {
                let (model, root) = (resolved.model(), resolved.root());
                let printed = print::package(model, root).unwrap();
                wattle_wit::format::format(&printed).unwrap();
                match model.package_type(root) {
                    Ok(component) => {
                        let decoded = decode(&component).unwrap();
                        let again = decoded.model.package_type(decoded.package).unwrap();
                        assert_eq!(again, component);
                        component.definitions.len()
                    }
                    Err(TooLarge { .. }) => 1,
                }
            }
            Err(count) => count,
        };
        assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
        count
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap()
}

/// A text made of a part for each number.
fn text(head: &str, number: usize, tail: &str, part: impl Fn(usize) -> String) -> String {
    let mut text = head.to_string();
    (0..number).for_each(|nth| write!(text, "{}", part(nth)).unwrap());
    text + tail
}

const NUMBER: usize = 20_000;

#[test]
fn a_chain_of_aliases() {
    let chain = |nth| format!("type t{nth} = t{};", nth + 1);
    let all =
        text("package a:b; interface i {", NUMBER, &format!("type t{NUMBER} = u8; }}"), chain);
    assert!(definitions(all) > NUMBER);
    let records = |nth| format!("record t{nth} {{ a: t{0}, b: t{0} }}", nth + 1);
    let all =
        text("package a:b; interface i {", NUMBER, &format!("resource t{NUMBER}; }}"), records);
    assert!(definitions(all) > NUMBER);
}

#[test]
fn a_wide_type() {
    let field = |nth| format!("x{nth}: tuple<u8, list<option<u{}>>>,", 8 << (nth % 4));
    assert!(definitions(text("package a:b; interface i { record r {", NUMBER, "} }", field)) > 5);
    let func = |nth| format!("x{nth}: func(x: list<r>, y{nth}: r) -> option<r>;");
    let all = text("package a:b; interface i { resource r;", NUMBER, "}", func);
    assert!(definitions(all) > NUMBER);
}

#[test]
fn many_interfaces_and_worlds() {
    let item =
        |nth| format!("interface i{nth} {{ type t = u8; }} world w{nth} {{ import i{nth}; }}");
    assert!(definitions(text("package a:b;", NUMBER / 4, "", item)) > NUMBER);
}

#[test]
fn a_chain_of_interfaces_is_as_deep_as_it_likes() {
    let item = |nth| format!("interface i{nth} {{ use i{}.{{t}}; }}", nth + 1);
    let all =
        text("package a:b;", 300, "interface i300 { type t = u8; } world w { export i0; }", item);
    assert!(definitions(all) > 300);
}

#[test]
fn deep_nesting_is_refused_without_a_deep_stack() {
    let ty = format!("{}u8{}", "list<".repeat(NUMBER), ">".repeat(NUMBER));
    assert_eq!(definitions(format!("package a:b; interface i {{ type t = {ty}; }}")), 1);
    assert!(
        definitions(text("package a:b;", NUMBER, "", |nth| format!("package a:p{nth} {{"))) > 0
    );
    let comments = format!("{}{}", "/*".repeat(NUMBER), "*/".repeat(NUMBER));
    assert_eq!(definitions(format!("package a:b; {comments} interface i {{}}")), 6);
}

#[test]
fn many_errors() {
    let func = |nth| format!("x{nth}: func(x: missing{nth});");
    assert_eq!(definitions(text("package a:b; interface i {", NUMBER, "}", func)), NUMBER);
    let import = |nth| format!("import missing{nth}; import a:p{nth}/i;");
    assert_eq!(definitions(text("package a:b; world w {", NUMBER, "}", import)), 2 * NUMBER);
    assert_eq!(
        definitions(text("package a:b; interface i {", NUMBER, "}", |_| "f: f();".into())),
        NUMBER
    );
}

#[test]
fn a_small_text_that_asks_for_much_is_refused() {
    // Each interface imports all before it.
    let chain = |nth| format!("interface i{nth} {{ use i{}.{{t}}; }}", nth + 1);
    let all = text("package a:b;", 5_000, "interface i5000 { type t = u8; }", chain);
    assert_eq!(definitions(all), 1);
    // Each world has what all before it have.
    let worlds = |nth| format!("world w{nth} {{ include w{}; import x{nth}: func(); }}", nth + 1);
    assert_eq!(definitions(text("package a:b;", 10_000, "world w10000 {}", worlds)), 1);
    // Each import is a copy of the interface.
    let wide = text("interface i {", NUMBER, "}", |nth| format!("type t{nth} = u8;"));
    let all = text("world w {", NUMBER, "}", |nth| format!("import x{nth}: i;"));
    assert_eq!(definitions(format!("package a:b; {wide} {all}")), 1);
}
