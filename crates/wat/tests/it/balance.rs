//! The search for the form that is not closed. It is private to the crate, so its file is compiled
//! here too.

use wattle_syntax::Tokens;

use crate::private::balance::unclosed;

fn check(text: &str, open: Option<&str>) {
    let tokens = Tokens::new(text, &[]);
    let found = unclosed(&tokens).map(|found| &text[tokens.get(found.open).span().start..]);
    assert_eq!(found.is_some(), open.is_some(), "{text}");
    if let (Some(found), Some(open)) = (found, open) {
        assert!(found.starts_with(open), "{text}: {found}");
    }
}

#[test]
fn the_form_is_found_that_is_not_closed() {
    check("(module (func))", None);
    check("(module (func)))", None);
    check("(module (func)", Some("(module"));
    check("(module (func (i32.const 1)", Some("(func"));
    check("(module\n  (func $a\n    (drop (i32.const 1)\n  )\n  (func $b)\n)", Some("(drop"));
    check("(module\n  (func $a\n    (nop)\n  (func $b)\n)", Some("(func $a"));
    check("(module\n  (func $a (nop)\n  (memory 1)\n)", Some("(func $a"));
    check("(module (func $a (nop) (func $b (export \"b\")))", Some("(func $a"));
    check("(module\n(func $a (nop)\n(memory 1)\n)", Some("(func $a"));
    check("(module\n  (type (func))\n  (export \"f\" (func 0))\n", Some("(module"));
}
