//! The recognition of other formats by the beginning of a file. It is private to the crate, so its
//! file is compiled here too.

use crate::private::foreign::{BINARIES, TEXTS, looks_like};

#[test]
fn every_start_leads_to_its_own_entry() {
    for list in [BINARIES, TEXTS] {
        for (at, one) in list.iter().enumerate() {
            for start in one.starts {
                let found = looks_like(start);
                let before = list[..at].iter().any(|other| Some(other) == found);
                assert!(found == Some(one) && !before, "{start:?}: {found:?}");
            }
        }
    }
}

#[test]
fn no_text_of_the_suite_looks_like_something_else() {
    for file in wattle_tests::suite::files() {
        assert_eq!(looks_like(&file.read()), None, "{file}");
    }
}
