//! Inputs that repeat one construct many times: the time grows in proportion to their size.

use std::fmt::Write;

use wattle_tests::growth::is_linear;
use wattle_wit::Resolver;
use wattle_wit::component_type::{self, ComponentType, StringEncoding};
use wattle_wit::model::{MergeErrorKind, Model, PackageId, WorldId};

/// Returns a text made of a part for each number.
fn text(head: &str, number: usize, tail: &str, part: impl Fn(usize) -> String) -> String {
    let mut text = head.to_string();
    (0..number).for_each(|nth| write!(text, "{}", part(nth)).unwrap());
    text + tail
}

fn model(text: &str) -> (Model, PackageId) {
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text);
    let resolved = resolver.resolve().unwrap_or_else(|errors| panic!("{errors}"));
    (resolved.clone().into_model(), resolved.root())
}

/// Returns the decoded section for the only world of a text.
fn section(text: &str) -> ComponentType {
    let (model, root) = model(text);
    let world = model.select_world(root, None).unwrap();
    ComponentType { model, world, encoding: StringEncoding::Utf8 }
}

fn with_world((model, root): (Model, PackageId)) -> (Model, WorldId) {
    let world = model.select_world(root, None).unwrap();
    (model, world)
}

#[test]
fn sections_that_each_add_a_type_to_one_interface() {
    let one = |nth| {
        section(&format!(
            "package a:b;
            interface base {{ type t = u8; }}
            interface shared {{ use base.{{t as t{nth}}}; run{nth}: func(); }}
            world w{nth} {{ import shared; }}"
        ))
    };
    let sections = |number| (0..number).map(one).collect::<Vec<_>>();
    is_linear(3_000, sections, |sections| {
        let (model, root) = component_type::merge(&sections).unwrap();
        let interface = |name| model.interface_by_name(name).unwrap();
        let shared = &model[interface("a:b/shared")];
        assert_eq!(shared.types.len(), sections.len());
        assert_eq!(shared.uses, [interface("a:b/base")]);
        assert_eq!(model[root].imports.len(), 2);
    });
}

#[test]
fn sections_that_each_have_a_part_of_a_large_interface() {
    let func = |nth| format!("run{nth}: func();");
    let one = |nth| {
        section(&format!("package a:p{nth}; world w {{ import x: interface {{ {} }} }}", func(nth)))
    };
    let sections = |number| {
        let all = text("package a:b; world w { import x: interface {", number, "} }", func);
        [section(&all)].into_iter().chain((0..number).map(one)).collect::<Vec<_>>()
    };
    is_linear(1_500, sections, |sections| {
        let (model, root) = component_type::merge(&sections).unwrap();
        assert_eq!(model[root].imports.len(), 1);
    });
}

#[test]
fn many_versions_of_an_interface_become_the_highest() {
    let func = |nth| format!("run{nth}: func();");
    let versions = |number| {
        let one = |nth| format!("package a:b@1.0.{nth} {{ interface i {{ {} }} }}", func(nth));
        let all = text("package a:w;", number, "", one);
        let all = text(&format!("{all} package a:b@1.1.0 {{ interface i {{"), number, "} }", func);
        let import = |nth| format!("import a:b/i@1.0.{nth};");
        with_world(model(&text(&(all + "world w { import a:b/i@1.1.0;"), number, "}", import)))
    };
    is_linear(3_000, versions, |(mut model, world)| {
        model.merge_imports_by_version(world).unwrap();
        assert_eq!(model[world].imports.len(), 1);
    });
}

#[test]
fn aliases_of_aliases_are_compared_by_what_they_stand_for() {
    let chain = |number| {
        let alias = |nth| format!("type t{} = t{nth};", nth + 1);
        model(&text("package a:b; interface i { record t0 { x: u8 }", number, "}", alias)).0
    };
    is_linear(5_000, chain, |mut model| {
        let other = model.clone();
        model.merge(&other).unwrap();
        let interface = model.interface_by_name("a:b/i").unwrap();
        let (_, first) = model[interface].types.iter().next().unwrap();
        let (_, last) = model[interface].types.iter().next_back().unwrap();
        assert_eq!(model.origin(*last), *first);
    });
}

#[test]
fn an_alias_has_its_origin_in_a_newer_version_too() {
    let (mut model, root) = model(
        "package a:w;
        package a:b@1.0.0 { interface i { type t = u8; type old = t; } }
        package a:b@1.1.0 { interface i { record r { x: u8 } type t = u8; type old = t; } }
        interface user { use a:b/i@1.0.0.{old}; type again = old; }
        world w { import a:b/i@1.1.0; import user; }",
    );
    let world = model.select_world(root, None).unwrap();
    model.merge_imports_by_version(world).unwrap();
    let ty = |interface, name| {
        let interface = model.interface_by_name(interface).unwrap();
        *model[interface].types.get(name).unwrap()
    };
    assert_eq!(model.origin(ty("a:w/user", "again")), ty("a:b/i@1.1.0", "t"));
}

#[test]
fn worlds_that_would_import_too_much_together_are_refused() {
    // Each section has one step of a long chain.
    let one = |nth| {
        let next = nth + 1;
        section(&format!(
            "package a:b;
            interface i{next} {{ type t{next} = u8; }}
            interface i{nth} {{ type t{nth} = u8; use i{next}.{{t{next}}}; }}
            world w{nth} {{ import i{nth}; }}"
        ))
    };
    let sections = |number| (0..number).map(one).collect::<Vec<_>>();
    let (model, root) = component_type::merge(&sections(200)).unwrap();
    assert_eq!(model[root].imports.len(), 201);
    let error = component_type::merge(&sections(2_000)).unwrap_err();
    assert_eq!(error.kind, MergeErrorKind::TooLarge);
    assert_eq!(
        error.to_string(),
        "the worlds would have too many imports, with those that follow from others"
    );
}

#[test]
fn a_world_that_includes_another_many_times_is_refused() {
    let wide = text("world wide {", 2_000, "}", |nth| format!("import i{nth};"));
    let wide =
        text(&format!("package a:b; {wide}"), 2_000, "", |nth| format!("interface i{nth} {{}}"));
    let includes =
        |number| text(&wide, 1, "", |_| text("world w {", number, "}", |_| "include wide;".into()));
    assert_eq!(with_world_named(&includes(100), "w"), Ok(2_000));
    let errors = with_world_named(&includes(2_000), "w").unwrap_err();
    assert!(errors.starts_with("package `a:b` would have more than 1,000,000"), "{errors}");
}

/// Returns the number of imports of a world.
fn with_world_named(text: &str, name: &str) -> Result<usize, String> {
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text);
    let resolved = resolver.resolve().map_err(|errors| errors.to_string())?;
    let world = resolved.model().select_world(resolved.root(), Some(name)).unwrap();
    Ok(resolved.model()[world].imports.len())
}

#[test]
fn many_errors_beside_many_names() {
    let texts = |number| {
        let packages = text("package a:a;", number, "", |nth| format!("package b:p{nth} {{}}"));
        let types = text("interface i {", number, "}", |nth| format!("type t{nth} = u8;"));
        // The first name is near enough, so that no other is compared.
        let users = text("interface user {", number, "}", |nth| {
            format!("use a:ab/i.{{x}}; use i.{{t as t{nth}, t0a as new{nth}}};")
        });
        packages + &types + &users
    };
    is_linear(
        2_000,
        |number| (number, texts(number)),
        |(number, text)| {
            let mut resolver = Resolver::new();
            resolver.file("a.wit", text);
            assert!(resolver.resolve().unwrap_err().0.len() >= 3 * number);
        },
    );
}

#[test]
fn many_setters_of_types_that_are_made_of_one_another() {
    let part = |nth| {
        let next = nth + 1;
        // They are not too deep.
        let of = if nth % 90 == 0 { 0 } else { nth };
        format!(
            "type t{next} = option<t{of}>; type q{next} = option<q{of}>;
            a{nth}: get() -> t{next}; a{nth}: set(v: q{next});"
        )
    };
    let head = "package a:b; interface i { type t0 = u8; type q0 = u8;";
    is_linear(
        8_000,
        |number| text(head, number, "}", part),
        |text| {
            model(&text);
        },
    );
}
