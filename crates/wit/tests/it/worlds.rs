//! Worlds, printed with the imports and exports that follow from their items.

use wattle_wit::{Resolver, print};

/// Returns the worlds of package `a:b` with these items, as text.
fn printed(items: &str) -> String {
    let types = "interface types { type t = u8; } interface api { use types.{t}; f: func() -> t; }";
    let mut resolver = Resolver::new();
    resolver.file("a.wit", format!("package a:b; {types} {items}"));
    let resolved = resolver.resolve().unwrap();
    let text = print::package(resolved.model(), resolved.root()).unwrap();
    text.split_once("world ").unwrap().1.to_owned()
}

/// The interface itself is imported, and the export that implements it is another instance.
#[test]
fn an_export_with_a_name_of_its_own_stands_beside_the_import_of_its_interface() {
    for (items, exports) in [
        ("export api; export named: types;", "export api;\n  export named: types;"),
        ("export named: types; export api;", "export named: types;\n  export api;"),
    ] {
        let expected = format!("w {{\n  import types;\n\n  {exports}\n}}\n");
        assert_eq!(printed(&format!("world w {{ {items} }}")), expected);
    }
}

#[test]
fn an_import_that_follows_from_another_item_has_no_external_identifier() {
    for word in ["import", "export"] {
        let text = printed(&format!("world w {{ @external-id(\"x\") {word} named: api; }}"));
        assert!(text.starts_with("w {\n  import types;\n"), "{text}");
        assert_eq!(text.matches("@external-id").count(), 1, "{text}");
    }
}

/// An exported constructor without the resource beside it has no form in text.
#[test]
fn functions_of_resources_stay_imports_with_them() {
    let text = "world w { resource r { constructor(); f: func(); } import g: func(x: r); }";
    let mut resolver = Resolver::new();
    resolver.file("a.wit", format!("package a:b; {text}"));
    let resolved = resolver.resolve().unwrap();
    let (root, mut model) = (resolved.root(), resolved.into_model());
    let world = model.world(root, "w").unwrap();
    model.exportize(world, None, |_, _| true).unwrap();
    let text = print::package(&model, root).unwrap();
    let resource = "resource r {\n    constructor();\n    f: func();\n  }";
    let expected = format!("world w-exportized {{\n  {resource}\n\n  export g: func(x: r);\n}}\n");
    assert!(text.ends_with(&expected), "{text}");
}
