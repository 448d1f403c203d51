//! The order of versions. It is private to the crate, so its file is compiled here too.

use std::cmp::Ordering;

use crate::private::version::compare;

/// The example of the specification, and numbers of different lengths.
#[test]
fn versions_are_ordered() {
    let versions = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.2.0",
        "1.10.0",
        "99999999999999999999.0.0",
    ];
    for pair in versions.windows(2) {
        assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
    }
    assert_eq!(compare("1.0.0+a", "1.0.0+b"), Ordering::Equal);
}
