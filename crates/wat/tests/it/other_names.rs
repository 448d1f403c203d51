//! The names here of words that other tools and older drafts name differently. They are private to
//! the crate, so their file is compiled here too.

use crate::private::error::Expected;
use crate::private::keywords;
use crate::private::other_names::{FIELDS, INSTRUCTIONS, TYPES, is_mnemonic, name_here};

fn instr(word: &str) -> Option<String> {
    name_here(word, Expected::Instr)
}

#[test]
fn every_name_here_exists_and_no_name_there() {
    for (there, here) in INSTRUCTIONS {
        assert!(is_mnemonic(here) && !is_mnemonic(there), "{there} {here}");
    }
    for (there, here) in TYPES {
        assert!(keywords::value_types().any(|known| known == *here), "{here}");
        assert!(keywords::value_types().all(|known| known != *there), "{there}");
    }
    for (there, here) in FIELDS {
        assert!(keywords::fields().any(|known| known == *here), "{here}");
        assert!(keywords::fields().all(|known| known != *there), "{there}");
    }
}

#[test]
fn rules_give_the_names_of_today() {
    for (old, new) in [
        ("get_local", "local.get"),
        ("tee_local", "local.tee"),
        ("set_global", "global.set"),
        ("get_table", "table.get"),
        ("i32.wrap/i64", "i32.wrap_i64"),
        ("i32.trunc_s/f32", "i32.trunc_f32_s"),
        ("i32.trunc_u:sat/f32", "i32.trunc_sat_f32_u"),
        ("f32.demote/f64", "f32.demote_f64"),
        ("i64.extend_s/i32", "i64.extend_i32_s"),
        ("f64.reinterpret/i64", "f64.reinterpret_i64"),
        ("f32x4.convert_s/i32x4", "f32x4.convert_i32x4_s"),
        ("i8x16.add_saturate_s", "i8x16.add_sat_s"),
        ("i32.atomic.rmw8_u.add", "i32.atomic.rmw8.add_u"),
        ("i32.mod", "i32.rem_s"),
        ("i32_add", "i32.add"),
        ("add", "i32.add"),
        ("sqrt", "f32.sqrt"),
        ("grow", "memory.grow"),
    ] {
        assert_eq!(instr(old).as_deref(), Some(new), "{old}");
    }
    for word in ["get_nothing", "i32.nonsense/f32", "nonsense", "/", "\u{e9}\u{e9}"] {
        assert_eq!(instr(word), None, "{word}");
    }
}
