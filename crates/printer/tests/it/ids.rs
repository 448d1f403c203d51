//! The identifiers of index spaces. They are private to the crate, so their file is compiled here too.

use wattle_ast::{FuncIdx, LocalIdx, NameMap, TypeIdx};

use crate::private::ids::{Ids, Space};

fn ids(names: &[(u32, &'static str)], name_unnamed: bool) -> Vec<String> {
    let map: NameMap<'_, FuncIdx> =
        names.iter().map(|(index, name)| (FuncIdx(*index), (*name).into())).collect();
    let space = Space { keyword: "func", first: 0, len: 5, name_unnamed, nameless: &[] };
    let ids = Ids::new(Some(&map), space);
    (0..6).map(|index| String::from_utf8(ids.definition(index).into()).unwrap()).collect()
}

#[test]
fn names_become_unique_ids() {
    assert_eq!(ids(&[(1, "a"), (3, "b c")], false), ["", "$a", "", "$\"b c\"", "", ""]);
    assert_eq!(
        ids(&[(0, "a"), (1, "#func0"), (2, ""), (4, "a"), (7, "b")], false),
        [
            "$#func0_ (@name \"a\")",
            "$#func0",
            "$#func2 (@name \"\")",
            "",
            "$#func4 (@name \"a\")",
            ""
        ]
    );
    assert_eq!(ids(&[(1, "a")], true), ["$#func0", "$a", "$#func2", "$#func3", "$#func4", ""]);
}

#[test]
fn indices_without_names_take_no_memory() {
    let named = [3, 70_000, 70_001, u32::MAX - 1];
    let entry = |index| (LocalIdx(index), format!("l{index}").into());
    let map: NameMap<'_, LocalIdx> = named.into_iter().map(entry).collect();
    let len = u32::MAX as usize;
    let space = Space { keyword: "local", first: 4, len, name_unnamed: false, nameless: &[] };
    let ids = Ids::new(Some(&map), space);
    assert_eq!(ids.get(3), b"");
    for index in &named[1..] {
        assert_eq!(ids.definition(*index), format!("$l{index}").as_bytes());
    }
    assert_eq!((ids.get(70_002), ids.get(0)), (&b""[..], &b""[..]));
}

#[test]
fn references_leave_the_annotation_out() {
    let map: NameMap<'_, TypeIdx> = [(TypeIdx(1), "".into())].into_iter().collect();
    let space = Space { keyword: "type", first: 0, len: 2, name_unnamed: false, nameless: &[] };
    let ids = Ids::new(Some(&map), space);
    let mut out = Vec::new();
    (0..4).for_each(|index| ids.reference(&mut out, index));
    assert_eq!(out, b" 0 $#type1 2 3");
}
