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

/// Returns a text made of a part for each number.
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
    // It is too deep, and too large in memory and in text, which is each said once.
    assert_eq!(definitions(all), 3);
}

#[test]
fn a_wide_type() {
    let field = |nth| format!("x{nth}: tuple<u8, list<option<u{}>>>,", 8 << (nth % 4));
    assert!(
        definitions(text("package a:b; interface i { record r {", NUMBER / 2, "} }", field)) > 5
    );
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
    // Each interface uses the next one, so its encoding imports all interfaces behind it.
    let chain = |nth| format!("interface i{nth} {{ use i{}.{{t}}; }}", nth + 1);
    let all = text("package a:b;", 5_000, "interface i5000 { type t = u8; }", chain);
    assert_eq!(definitions(all), 1);
    // Each world includes the next one, and so has the imports of all worlds behind it.
    let worlds = |nth| format!("world w{nth} {{ include w{}; import x{nth}: func(); }}", nth + 1);
    assert_eq!(definitions(text("package a:b;", 10_000, "world w10000 {}", worlds)), 1);
    // Each import is a copy of the interface.
    let wide = text("interface i {", NUMBER, "}", |nth| format!("type t{nth} = u8;"));
    let all = text("world w {", NUMBER, "}", |nth| format!("import x{nth}: i;"));
    assert_eq!(definitions(format!("package a:b; {wide} {all}")), 1);
}

/// Runs a function on a small stack, and checks that it takes less than a minute.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let start = Instant::now();
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn a_hundred_thousand_types() {
    // They are not too deep.
    let before = |nth| if nth % 40 == 0 { 0 } else { nth - 1 };
    let record = |nth| format!("record t{nth} {{ a: u8, b: list<t{}> }}", before(nth));
    let first = "package a:b; interface i { type t0 = u8;";
    let types: String = (1..100_000).map(record).collect();
    assert!(definitions(format!("{first}{types}}}")) > 200_000);
}

#[test]
fn a_world_of_45_000_functions() {
    let func = |nth| format!("import g{nth}: func(x{nth}: string) -> list<u8>;");
    let all = text("package a:b; world w {", 45_000, "}", func);
    assert!(definitions(all.clone()) > 45_000);
    on_a_small_stack(move || {
        let mut resolver = Resolver::new();
        resolver.file("a.wit", all);
        let resolved = resolver.resolve().unwrap();
        let (root, mut model) = (resolved.root(), resolved.into_model());
        let other = model.clone();
        model.merge(&other).unwrap();
        let world = model.select_world(root, None).unwrap();
        model.exportize(world, None, |_, _| true).unwrap();
        model.importize(world, None).unwrap();
        assert_eq!(model[world].imports.len(), 45_000);
        assert!(model.to_json().len() > 45_000 * 100);
    });
}

#[test]
fn a_component_as_deep_as_it_likes() {
    use wattle_ast::ComponentTypeIdx;
    use wattle_ast::components::{Component, Definition, Type, ValType};
    // Lists of lists, types of components in types of components, and components in components.
    let list = |nth: u32| match nth {
        0 => Definition::Type(Type::List(ValType::Prim(wattle_ast::components::PrimType::U8))),
        nth => Definition::Type(Type::List(ValType::Type(ComponentTypeIdx(nth - 1)))),
    };
    let number = 100_000_u32;
    on_a_small_stack(move || {
        let deep: Component<'_> = (0..number).map(list).collect();
        assert!(decode(&deep).is_ok());
        for opener in [Definition::Component, Definition::Type(Type::Component)] {
            let open = (0..number).map(|_| opener.clone());
            let nested: Component<'_> = open.chain((0..number).map(|_| Definition::End)).collect();
            assert!(decode(&nested).is_ok());
        }
    });
}

#[test]
fn a_component_that_doubles_itself_is_refused() {
    // Each component makes two instances of the one before it, and exports both.
    let mut text = String::from("(component $c0)");
    for nth in 1..60 {
        let before = nth - 1;
        write!(
            text,
            "(component $c{nth} (alias outer $top $c{before} (component $c))
              (instance $a (instantiate $c)) (instance $b (instantiate $c))
              (export \"a\" (instance $a)) (export \"b\" (instance $b)))"
        )
        .unwrap();
    }
    let text = format!("(component $top {text} (instance $i (instantiate $c59)))");
    on_a_small_stack(move || {
        let parsed = wattle_wat::Parser::new().component(&text).unwrap();
        let error = decode(&parsed.component).unwrap_err();
        assert_eq!(error.to_string(), "a component that is too large when it is written out");
    });
}

#[test]
fn a_component_that_repeats_long_types_and_names_is_refused() {
    let params: String = (0..2_000).map(|nth| format!("(param \"p{nth}\" u8)")).collect();
    let fields: String = (0..2_000).map(|nth| format!("(field \"p{nth}\" u8)")).collect();
    let name = "n".repeat(100_000);
    let many = |part: &dyn Fn(usize) -> String| (0..2_000).map(part).collect::<String>();
    let func = |nth| format!("(export \"f{nth}\" (func (type $t)))");
    let ty = |nth| format!("(export \"t{nth}\" (type (eq $t)))");
    let import = |nth| format!("(import \"i{nth}\" (instance (type $i)))");
    let one = format!("(export \"{name}\" (func (type $t)))");
    for body in [
        format!("(type $t (func {params})) {}", many(&func)),
        format!("(type $t (record {fields})) {}", many(&ty)),
        format!("(type $t (func)) {one}"),
        format!("(type $t (func (param \"{name}\" u8))) (export \"f\" (func (type $t)))"),
    ] {
        let text = format!("(component (type $i (instance {body})) {})", many(&import));
        on_a_small_stack(move || {
            let parsed = wattle_wat::Parser::new().component(&text).unwrap();
            let error = decode(&parsed.component).unwrap_err();
            assert_eq!(error.to_string(), "a component that is too large when it is written out");
        });
    }
}
