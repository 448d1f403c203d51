//! The word that a misspelt word was probably meant to be.

use wattle_ast::nearest;

/// Words of up to 5 bytes may have one change, those of up to 8 bytes two, and longer ones three.
#[test]
fn distances() {
    let is_near = |word: &str, known: &str| nearest(word, [known], &mut 1) == Some(known);
    assert!(is_near("abc", "acb"));
    assert!(is_near("count", "cuont"));
    assert!(is_near("2.ad", "2.add") && is_near("2.add", "2.ad") && is_near("2.ada", "2.add"));
    assert!(!is_near("count", "cuotn"));
    assert!(is_near("county", "cuotny") && !is_near("county", "cuotxy"));
    // Three changes.
    assert!(!is_near("kitten", "sitting") && is_near("the kitten", "the sitting"));
    assert!(is_near("abcdefghi", "abcdef") && is_near("abcdefghi", "defghi"));
    assert!(!is_near("abcdefghi", "abcde"));
    assert!(!is_near("abcdefghijklmn", "badcfehgjilknm"));
    // The word itself is not a suggestion.
    assert!(!is_near("abc", "abc"));
    // Words of more than 64 bytes are not compared.
    let of_a = |len: usize| "a".repeat(len);
    assert!(is_near(&of_a(64), &(of_a(63) + "b")) && is_near(&of_a(64), &of_a(63)));
    assert!(!is_near(&of_a(65), &(of_a(64) + "b")) && !is_near(&of_a(65), &of_a(64)));
}

#[test]
fn the_nearest_wins_while_the_budget_lasts() {
    let words = ["count", "counts", "amount"];
    let mut budget = 100;
    assert_eq!(nearest("cuont", words, &mut budget), Some("count"));
    assert_eq!(nearest("countss", words, &mut budget), Some("counts"));
    assert_eq!(nearest("x", words, &mut budget), None);
    assert_eq!(nearest("nothing", words, &mut budget), None);
    assert_eq!(nearest("amuont", words, &mut 2), None);
}
