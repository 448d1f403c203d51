//! Annotations: names, custom sections and their places, branch hints; and the source map.

use pretty_assertions::assert_eq;
use wattle_ast::{
    CustomData, IndirectNameMap, InstrRef, ItemKind, LocalIdx, NameMap, Path, SectionId, SpaceIdx,
};
use wattle_wat::{Parser, WarningKind, parse};

/// The custom sections of a text: name, the section they come after, bytes.
fn customs(text: &str, expected: &[(&str, Option<SectionId>, &[u8])]) {
    let module = parse(text).unwrap_or_else(|errors| panic!("{errors} in {text}"));
    let found: Vec<_> = module
        .customs
        .iter()
        .map(|custom| (&*custom.name, custom.after, custom.data.bytes().unwrap_or(b"names")))
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn places_are_after_what_is_there() {
    use SectionId::*;
    customs("(@custom \"a\" \"b\" \"\\00c\")", &[("a", None, b"b\0c")]);
    customs(
        "(@custom \"last\") (func) (@custom \"first\" (before first)) (@custom \"f\" (after func))
         (@custom \"c\" (before code)) (@custom \"m\" (after memory)) (@custom \"t\" (before type))",
        &[
            ("first", None, b""),
            ("t", None, b""),
            ("f", Some(Func), b""),
            ("m", Some(Func), b""),
            ("c", Some(Func), b""),
            ("last", Some(Code), b""),
        ],
    );
    customs(
        "(func $f) (@custom \"z\" (after last))",
        &[("z", Some(Code), b""), ("name", Some(Code), b"names")],
    );
}

#[test]
fn identifiers_are_the_names() {
    // A name section that is written out gives the names where there are no identifiers.
    let section = "(@custom \"name\" (before type) \"\\00\\02\\01m\\01\\04\\01\\00\\01g\")";
    let text = format!("(func) {section}");
    let parsed = Parser::new().module(&text).unwrap();
    assert_eq!(parsed.module.customs[0].data, CustomData::Names);
    assert_eq!(parsed.module.names.module.as_deref(), Some("m"));
    assert_eq!(parsed.warnings, []);
    // Beside identifiers, such a section marks the place alone.
    let text = format!("(func $f) {section}");
    let parsed = Parser::new().module(&text).unwrap();
    assert_eq!((parsed.module.customs.len(), parsed.module.customs[0].after), (1, None));
    assert_eq!(parsed.module.names.module, None);
    assert_eq!(parsed.module.names.funcs.get(0.into()).unwrap(), "f");
    assert_eq!(parsed.warnings[0].kind, WarningKind::NamesBesideIds);
    assert_eq!(&text[parsed.warnings[0].span.start..parsed.warnings[0].span.end], section);

    let module = parse("(func) (@custom \"name\" \"\\ff\")").unwrap();
    assert_eq!(module.customs[0].data.bytes(), Some(&b"\xff"[..]));
    for text in [
        "(func $f) (@custom \"name\" \"\\ff\")",
        "(func $f) (@custom \"name\" \"\\00\\02\\01m\") (@custom \"name\" \"\")",
        "(func $f) (@names \"\\01\\04\\01\\00\\01g\")",
        "(func $f) (@names \"\\ff\")",
        "(@names) (@names)",
    ] {
        assert_eq!(parse(text).expect_err(text).as_slice().len(), 1, "{text}");
    }
}

#[test]
fn the_place_of_the_name_section_can_be_marked() {
    use SectionId::*;
    let custom = "(@custom \"z\" \"\")";
    let names = |after| ("name", after, &b"names"[..]);
    let z = ("z", Some(Code), &b""[..]);
    customs(&format!("(func $f) (@names) {custom}"), &[names(Some(Code)), z]);
    customs(&format!("(func $f) {custom}"), &[z, names(Some(Code))]);
    customs(&format!("(func $f) (@names (after func)) {custom}"), &[names(Some(Func)), z]);
    // Without names there is no section.
    customs(&format!("(func) (@names (after func)) {custom}"), &[z]);
    // The annotation names a function that does not exist.
    let module = parse("(func $f) (@names \"\\01\\04\\01\\07\\01g\")").unwrap();
    let names: Vec<_> = module.names.funcs.iter().map(|(at, name)| (at.0, name.as_str())).collect();
    assert_eq!(names, [(0, "f"), (7, "g")]);
}

#[test]
fn producers_and_dylink_are_sections() {
    let producers = b"\x02\x08language\x01\x01C\x0217\x0cprocessed-by\x02\x05clang\x0219\x01x\0";
    customs(
        "(@producers (language \"C\" \"17\") (processed-by \"clang\" \"19\") (processed-by \"x\" \"\"))",
        &[("producers", None, producers)],
    );
    let dylink = b"\x01\x04\x10\x04\x01\x00\x02\x08\x01\x06lib.so\x03\x0b\x02\x01a\x05\x01b\x80\x80\x80\x80\x08\
        \x04\x06\x01\x01m\x01n\x00";
    customs(
        "(@dylink.0 (mem-info (memory 16 4) (table 1 0)) (needed \"lib.so\")
           (export-info \"a\" binding-weak visibility-hidden) (export-info \"b\" 0x80000000)
           (import-info \"m\" \"n\"))",
        &[("dylink.0", None, dylink)],
    );
    for text in [
        "(@producers (language \"C\"))",
        "(@producers language)",
        "(@dylink.0 (mem-info (memory 1)))",
        "(@dylink.0 (unheard-of))",
        "(@dylink.0 (export-info \"a\" strong))",
        "(func (@producers))",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn parameters_of_types_tags_and_imports_have_names() {
    let module = parse(
        "(type $t (func (param $a i32) (param i64) (param (@name \"b c\") f32)))
         (import \"\" \"\" (func $i (param $p i32) (param $q i64)))
         (import \"\" \"\" (tag (param $r i32))) (tag $k (param $s i64))",
    )
    .unwrap();
    let names = &module.names;
    fn list<O: SpaceIdx>(map: &IndirectNameMap<'_, O, LocalIdx>) -> String {
        let outer = |(at, names): (O, &NameMap<'_, LocalIdx>)| {
            let at: u32 = at.into();
            let names = names.iter().map(|(index, name)| format!("{at}.{index} {name}"));
            names.collect::<Vec<_>>().join(", ")
        };
        map.iter().map(outer).collect::<Vec<_>>().join(", ")
    }
    assert_eq!(list(&names.type_params), "0.0 a, 0.2 b c");
    assert_eq!(list(&names.tag_params), "0.0 r, 1.0 s");
    assert_eq!(list(&names.locals), "0.0 p, 0.1 q");
}

#[test]
fn everything_has_a_name() {
    let module = parse(
        "(module $m (@name \"M\")
           (type $t (struct (field $x i32) (field (@name \"y z\") i64)))
           (import \"\" \"\" (func $i (@name \"imported\") (param $ignored i32)))
           (table $tab 1 funcref) (memory $mem 1) (tag $tag) (global $g i32 (i32.const 0))
           (elem $e func) (data $d)
           (func $f (@name \"F\") (param $p i32) (param i32) (local $l (@name \"L\") i64)
             (if $outer (block $inner (result i32) (i32.const 0)) (then (loop (@name \"a loop\"))))
             (block $last)))",
    )
    .unwrap();
    let names = &module.names;
    assert_eq!(names.module.as_deref(), Some("M"));
    fn list<I: SpaceIdx>(map: &NameMap<'_, I>) -> String {
        let entries = map.iter().map(|(index, name)| format!("{} {name}", index.idx()));
        entries.collect::<Vec<_>>().join(", ")
    }
    assert_eq!(list(&names.types), "0 t");
    assert_eq!(list(names.fields.get(0.into()).unwrap()), "0 x, 1 y z");
    assert_eq!(list(&names.funcs), "0 imported, 1 F");
    assert_eq!(list(names.locals.get(1.into()).unwrap()), "0 p, 2 L");
    // In the order of the binary: the condition's block begins before the `if`.
    assert_eq!(list(names.labels.get(1.into()).unwrap()), "0 inner, 1 outer, 2 a loop, 3 last");
    assert_eq!(list(&names.tables), "0 tab");
    assert_eq!(list(&names.memories), "0 mem");
    assert_eq!(list(&names.tags), "0 tag");
    assert_eq!(list(&names.globals), "0 g");
    assert_eq!(list(&names.elems), "0 e");
    assert_eq!(list(&names.datas), "0 d");
}

#[test]
fn branch_hints_count_from_the_start_of_the_body() {
    customs(
        "(func (export \"\") (local i32)
           (@metadata.code.branch_hint \"\\01\")
           (if (i32.const 0) (then))
           i32.const 0
           (@metadata.code.branch_hint \"\\00\") br_if 0)",
        &[(
            "metadata.code.branch_hint",
            Some(SectionId::Export),
            // One function: 0, two hints: the `if` behind its condition, and the `br_if`.
            &[1, 0, 2, 5, 1, 1, 10, 1, 0],
        )],
    );
}

#[test]
fn any_metadata_of_instructions() {
    customs(
        "(func (@metadata.code.b \"x\" \"\\ff\") (@metadata.code.a) nop
           (@metadata.code.b \"y\") (drop (@metadata.code.b \"z\") (i32.const 0)))
         (func (@metadata.code.a \"last\") nop)",
        &[
            (
                "metadata.code.a",
                Some(SectionId::Func),
                &[2, 0, 1, 1, 0, 1, 1, 1, 4, b'l', b'a', b's', b't'],
            ),
            (
                "metadata.code.b",
                Some(SectionId::Func),
                &[1, 0, 3, 1, 2, b'x', 0xff, 2, 1, b'z', 4, 1, b'y'],
            ),
        ],
    );
}

#[test]
fn misplaced_and_malformed() {
    for (text, message) in [
        ("(func (@custom \"a\"))", "misplaced @custom annotation"),
        ("(func (nop) (@name \"a\"))", "misplaced @name annotation"),
        ("(func $f (@name \"a\") (@name \"b\"))", "@name annotation: multiple names"),
        ("(func (@name))", "@name annotation: string expected"),
        ("(func (@name \"\\ff\"))", "@name annotation: malformed UTF-8 encoding"),
        ("(@custom \"a\" (before))", "@custom annotation: malformed section kind"),
        ("(@custom \"a\" (before custom))", "@custom annotation: malformed section kind"),
        ("(@custom \"a\" (after func x))", "@custom annotation: unexpected token"),
        (
            "(func (@metadata.code.branch_hint \"\\02\") (if (i32.const 0) (then)))",
            "@metadata.code.branch_hint annotation: invalid hint value",
        ),
        (
            "(func (block (@metadata.code.branch_hint \"\\01\")))",
            "@metadata.code.branch_hint annotation: invalid placement",
        ),
        (
            "(func (@metadata.code.x \"a\") (@metadata.code.x \"b\") nop)",
            "@metadata.code.x annotation: duplicate annotation",
        ),
        ("(@metadata.code.x \"a\") (func)", "@metadata.code.x annotation: not in a function"),
        (
            "(global i32 (@metadata.code.branch_hint \"\\01\") (i32.const 0))",
            "@metadata.code.branch_hint annotation: not in a function",
        ),
    ] {
        let errors = parse(text).expect_err(text);
        let messages: Vec<_> = errors.into_iter().map(|error| error.to_string()).collect();
        assert_eq!(messages, [message], "{text}");
    }
}

#[test]
fn other_annotations_are_blanks() {
    let annotated =
        "((@a (\")\" (; ) ;) (@b))) module (@\"x y\" 8q , ]) ((@c) func (@d) nop (@e)))";
    assert_eq!(parse(annotated), parse("(module (func nop))"));
}

#[test]
fn the_source_map_knows_every_instruction() {
    let text =
        "(module (import \"\" \"\" (func)) (func $f (i32.add (i32.const 1) (i32.const 2)) drop))";
    let map = Parser::new().source_map(true).module(text).unwrap().source_map.unwrap();
    let slice = |path: &Path| map.span(path).map(|span| &text[span.start..span.end]);
    let mut path = Path::item(ItemKind::Func, 1);
    assert_eq!(slice(&path), Some(&text[30..text.len() - 1]));
    for (offset, expected) in
        [(0, "i32.const 1"), (2, "i32.const 2"), (4, "i32.add"), (5, "drop"), (6, ")")]
    {
        path.instr = Some(InstrRef { index: 0, offset, opcode: None });
        assert_eq!(slice(&path), Some(expected), "{offset}");
    }
    assert_eq!(slice(&Path::item(ItemKind::Import, 0)), Some("(import \"\" \"\" (func))"));
    assert_eq!(Parser::new().module(text).unwrap().source_map, None);
}

#[test]
fn locals_are_repeated() {
    let locals = |text: &str| {
        let module = parse(text).unwrap_or_else(|errors| panic!("{errors} in {text}"));
        let runs = module.funcs.first().unwrap().body.locals();
        runs.map(|run| (run.count, run.ty.to_string())).collect::<Vec<_>>()
    };
    let run = |count, ty: &str| (count, ty.to_owned());
    assert_eq!(
        locals("(func (local (@repeat 1000) i32) (local i32) (local (@repeat 4294966000) i64))"),
        [run(1_001, "i32"), run(4_294_966_000, "i64")],
    );
    // Indices of later locals count all of them.
    let text = "(func (param f32) (local (@repeat 7) i32 i64) (local $x i64) local.get $x drop)";
    assert_eq!(locals(text), [run(7, "i32"), run(2, "i64")]);
    let module = parse(text).unwrap();
    assert_eq!(module.names.locals.name(0.into(), 9.into()).unwrap(), "x");
    for (text, reason) in [
        ("(func (local (@repeat 0) i32))", "@repeat annotation: a count is expected"),
        ("(func (local (@repeat) i32))", "@repeat annotation: a count is expected"),
        ("(func (local (@repeat 4294967296) i32))", "@repeat annotation: a count is expected"),
        ("(func (local (@repeat 1 1) i32))", "@repeat annotation: unexpected token"),
        ("(func (local (@repeat 1) (@repeat 1) i32))", "@repeat annotation: multiple counts"),
        ("(func (local (@repeat 4294967295) i32) (local i32))", "too many local bindings"),
        ("(func (@repeat 2) (local i32))", "misplaced @repeat annotation"),
        ("(func (local (@repeat 2)))", "misplaced @repeat annotation"),
        ("(func (param (@repeat 2) i32))", "misplaced @repeat annotation"),
    ] {
        let errors = parse(text).map(drop).unwrap_err();
        assert_eq!(errors.as_slice()[0].kind.to_string(), reason, "{text}");
    }
}
