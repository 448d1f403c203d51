//! Sizes of the modules of the official suite, of components, and of malformed files; and the
//! pieces that others keep in small modules.

use wattle_ast::{Features, ItemKind, Module};
use wattle_inspect::size::{PieceKind, Sizes, compare};
use wattle_tests::modules::{binary, modules};
use wattle_tests::{components, suite};

/// Returns the binary of a text.
fn wasm(text: &str) -> Vec<u8> {
    let module: Module<'_> = wattle_wat::parse(text).unwrap();
    wattle_encoder::encode(&module)
}

/// Checks that each byte is in one piece and in one section, and that units lie in one another.
fn check(bytes: &[u8]) -> Sizes<'_> {
    let sizes = Sizes::of(bytes, Features::ALL);
    assert_eq!(sizes.total(), bytes.len(), "{bytes:x?}");
    assert_eq!(sizes.sections.iter().map(|it| it.size).sum::<usize>(), bytes.len(), "{bytes:x?}");
    let retained = sizes.retained();
    let lost: usize = sizes.garbage().iter().map(|&it| sizes.pieces[it as usize].size).sum();
    if !sizes.pieces.is_empty() {
        assert_eq!(retained.sizes[0] + lost, bytes.len(), "{bytes:x?}");
    }
    let tree = sizes.by_path();
    assert_eq!(tree.nodes[0].size, bytes.len());
    for node in tree.nodes.iter().filter(|node| node.piece.is_none() && !node.children.is_empty()) {
        let below: usize = node.children.iter().map(|&it| tree.nodes[it as usize].size).sum();
        assert!(below <= node.size, "{node:?}");
    }
    assert!(compare(&sizes, &sizes).is_empty());
    sizes
}

#[test]
fn the_sizes_of_every_module_of_the_suite_add_up() {
    let mut count = 0;
    for file in suite::files() {
        let text = file.read();
        let Ok(script) = wattle_wat::script::parse(&text) else { continue };
        let mut found = Vec::new();
        modules(&script.directives, &mut found);
        for bytes in found.iter().filter_map(|(module, _)| binary(module)) {
            check(&bytes);
            count += 1;
        }
    }
    assert!(count > 5_000, "{count}");
}

#[test]
fn the_sizes_of_components_add_up() {
    let (mut count, mut inner) = (0, 0);
    for component in components::of_scripts() {
        let sizes = check(&component.bytes);
        inner += sizes.units.len().saturating_sub(1);
        assert!(component.is_malformed || sizes.errors.is_empty(), "{:?}", sizes.errors);
        count += 1;
    }
    for file in components::published() {
        let sizes = check(&file.bytes);
        assert!(sizes.errors.is_empty(), "{}", file.name);
    }
    assert!(count > 50 && inner > 10, "{count} {inner}");
}

#[test]
fn the_sizes_of_malformed_files_add_up() {
    let whole = wasm(
        r#"(module (type $t (func (param i32))) (import "a" "b" (func $f (type $t)))
          (memory 1) (data $d (i32.const 0) "abc") (table 1 funcref) (elem (i32.const 0) $g)
          (func $g (param $x i32) (call $f (local.get $x))) (export "g" (func $g)))"#,
    );
    check(&whole);
    for len in 0..whole.len() {
        check(&whole[..len]);
    }
    for at in 0..whole.len() {
        for byte in [0, 0x0b, 0x7f, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            check(&bytes);
        }
    }
}

/// Returns the kinds and names or indices of pieces.
fn shown(sizes: &Sizes<'_>, pieces: &[u32]) -> Vec<String> {
    let shown = pieces.iter().filter(|&&piece| sizes.is_item(piece)).map(|&piece| {
        let piece = &sizes.pieces[piece as usize];
        match piece.shown_name() {
            Some(name) => format!("{} {name}", piece.kind),
            None => format!("{} {}", piece.kind, piece.index),
        }
    });
    shown.collect()
}

#[test]
fn what_nothing_uses_is_found() {
    let bytes = wasm(
        r#"(module
          (type (func)) (type $unused (struct (field i64)))
          (import "m" "unused" (func $i))
          (func $main (export "main") (call $callee) (call_indirect (i32.const 0)))
          (func $callee (drop (global.get $g)))
          (func $lost (call $i) (call $lost))
          (func $in_table (drop (i32.load (i32.const 0))))
          (table 1 funcref) (elem (i32.const 0) $in_table)
          (memory 1) (data (i32.const 0) "written to a memory that is used")
          (data $passive "never used")
          (global $g i32 (i32.const 1)) (global $h i32 (i32.const 2)))"#,
    );
    let sizes = check(&bytes);
    let mut found = shown(&sizes, &sizes.garbage());
    found.sort();
    assert_eq!(found, ["data passive", "func lost", "global h", "import m.unused", "type unused"]);
}

#[test]
fn what_is_written_to_imports_counts() {
    let bytes = wasm(
        r#"(module (import "m" "t" (table 1 funcref)) (import "m" "m" (memory 1))
          (func $f) (elem $e (i32.const 0) $f) (data $d (i32.const 0) "x"))"#,
    );
    let sizes = check(&bytes);
    assert!(sizes.garbage().is_empty(), "{:?}", shown(&sizes, &sizes.garbage()));
}

#[test]
fn ways_lead_to_exports() {
    let bytes = wasm(
        r#"(module (func $a (export "a") call $b) (func $b call $c) (func $c)
          (func $d call $c) (func $e (export "e") call $c))"#,
    );
    let sizes = check(&bytes);
    let [c] = sizes.find("c")[..] else { panic!() };
    let ways = sizes.ways().to(c, 9).into_iter().map(|way| shown(&sizes, &way));
    let ways: Vec<_> = ways.collect();
    assert_eq!(ways, [&["func e", "export e"][..], &["func b", "func a", "export a"], &["func d"]]);
}

#[test]
fn a_name_belongs_to_what_it_names() {
    let bytes = wasm("(module (func $a_name_of_some_length (param $and_one_of_a_local i32)))");
    let sizes = check(&bytes);
    let func = sizes.pieces.iter().position(|it| it.kind == PieceKind::Item(ItemKind::Func));
    let garbage = sizes.garbage();
    let names = garbage
        .iter()
        .filter(|&&it| sizes.pieces[it as usize].kind == PieceKind::Name(ItemKind::Func));
    let bytes: usize = names.map(|&it| sizes.pieces[it as usize].size).sum();
    assert!(bytes > "a_name_of_some_length and_one_of_a_local".len(), "{garbage:?}");
    assert!(garbage.contains(&(func.unwrap() as u32)));
}

#[test]
fn instances_of_generic_functions_are_counted() {
    let bytes = wasm(
        r#"(module
          (func $"_ZN4core3ptr13drop_in_place17h0123456789abcdefE" (export "a") nop nop)
          (func $"_ZN4core3ptr13drop_in_place17h1123456789abcdefE" nop)
          (func $"_RINvNtC3std3mem8align_ofjE" nop) (func $"_RINvNtC3std3mem8align_ofmE" nop)
          (func $"_Z3fooIiET_S0_" nop nop nop nop) (func $"_Z3fooIfET_S0_" nop nop nop nop)
          (func $"_Z3barv"))"#,
    );
    let sizes = check(&bytes);
    let generics = sizes.generics();
    let found = generics.iter().map(|it| (&*it.name, it.instances.len(), it.savings(&sizes)));
    let found: Vec<_> = found.collect();
    // The body with its size, and a byte in the function section.
    assert_eq!(
        found,
        [("foo", 2, 8), ("core::ptr::drop_in_place", 2, 5), ("std::mem::align_of", 2, 5)]
    );
}

#[test]
fn differences_are_found_by_name() {
    let old = wasm(r#"(module (func $a nop) (func $b) (data "abc"))"#);
    let new = wasm(r#"(module (func $c nop nop nop) (func $a nop nop nop) (data "abc"))"#);
    let (old, new) = (check(&old), check(&new));
    let differences = compare(&old, &new);
    let found = differences.iter().map(|it| (&*it.what, it.growth()));
    assert_eq!(found.collect::<Vec<_>>(), [("func c", 7), ("func b", -4), ("func a", 2)]);
}
