//! The name section.

use wattle_ast::{Encode, Error, Malformed, Names};

#[test]
fn malformed_names_are_refused_with_their_place() {
    for (bytes, error, at) in [
        (&[0, 1, 0, 0, 1, 0][..], Malformed::NameSubsection, 3),
        (&[1, 5, 2, 0, 0, 0, 0], Malformed::NameSubsection, 5),
        (&[1, 2, 0, 0], Malformed::NameSubsection, 3),
        (&[0, 2, 1, 0xff], Malformed::Utf8, 2),
        (&[9, 9], Malformed::LengthOutOfBounds, 1),
    ] {
        assert_eq!(Names::parse(bytes), Err(Error::at(error, at)), "{bytes:?}");
    }
}

#[test]
fn unknown_subsections_keep_their_place() {
    let bytes = [0, 2, 1, b'm', 1, 4, 1, 0, 1, b'f', 14, 2, 9, 9];
    let names = Names::parse(&bytes).unwrap();
    assert_eq!(names.unknown.len(), 1);
    assert_eq!(names.to_bytes(), bytes);
}
