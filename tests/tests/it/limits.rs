//! `docs/limits.md` states the limits correctly.

use wattle::parser::EventReader;
use wattle::validator::{Limits, OperandTypes};
use wattle_tests::root;

/// A number with commas between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, rest) = digits.split_at(first);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    Some(head.to_owned())
        .filter(|head| !head.is_empty())
        .into_iter()
        .chain(groups)
        .collect::<Vec<_>>()
        .join(",")
}

#[test]
fn the_document_has_every_limit_with_its_default() {
    let text = std::fs::read_to_string(root().join("docs/limits.md")).unwrap();
    // `Debug` names all fields.
    let debug = format!("{:?}", Limits::JS);
    let fields = debug.trim_start_matches("Limits { ").trim_end_matches(" }").split(", ");
    let mut count = 0;
    for field in fields {
        let (name, value) = field.split_once(": ").unwrap();
        let row = format!("| `{name}` | {} |", grouped(value.parse().unwrap()));
        assert!(text.contains(&row), "{row} is missing");
        count += 1;
    }
    let section = text.split("\n## ").find(|section| section.starts_with("Validation")).unwrap();
    assert_eq!(section.matches("\n| `").count(), count, "there are rows of other fields");
    let item = grouped(EventReader::<&[u8]>::MAX_ITEM);
    assert!(text.contains(&format!("| {item} | `EventReader::MAX_ITEM`")), "{item}");
    let most = format!("| {} of each list, `OperandTypes::MOST`", OperandTypes::MOST);
    assert!(text.contains(&most), "{most}");
}
