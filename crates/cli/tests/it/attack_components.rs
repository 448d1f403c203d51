//! Hostile components: bombs of types, depth, and definitions by the hundred thousand.

use std::fmt::Write;

use crate::attack::{Attack, withstand};

/// Returns types, each of which uses the one before in this way; the first is `u8`.
fn chain(len: usize, next: impl Fn(&str) -> String) -> String {
    let mut text = String::from("(component (type $t0 u8)");
    for number in 1..=len {
        let _ = write!(text, "(type $t{number} {})", next(&format!("$t{}", number - 1)));
    }
    text.push(')');
    text
}

/// Returns instance types, each of which exports two instances of the one before.
fn instances(len: usize) -> String {
    let mut text = String::from("(component $c (type $t0 (instance (export \"f\" (func))))");
    for number in 1..=len {
        let outer = format!("(alias outer $c $t{} (type $t))", number - 1);
        let exports = "(export \"a\" (instance (type $t))) (export \"b\" (instance (type $t)))";
        let _ = write!(text, "(type $t{number} (instance {outer} {exports}))");
    }
    let _ = write!(text, "(import \"i\" (instance (type $t{len}))))");
    text
}

/// Components in components.
fn nested(depth: usize) -> String {
    format!("{}{}", "(component ".repeat(depth), ")".repeat(depth))
}

/// Function imports.
fn imports(count: usize) -> String {
    let imports = (0..count).fold(String::new(), |mut text, number| {
        let _ = write!(text, "(import \"f{number}\" (func (type 0)))");
        text
    });
    format!("(component (type (func (param \"x\" u8))) {imports})")
}

#[test]
fn components_are_read_and_validated_in_proportion_to_their_size() {
    let deep = nested(10_000);
    let many = format!("(component {})", "(type u8)".repeat(1_000_000));
    let tuple = |ty: &str| format!("(tuple {ty} {ty})");
    let list = |ty: &str| format!("(list {ty})");
    let attack = |name, args, input: &str| Attack::new(name, args, input);
    withstand(
        "components",
        [
            attack("lists, 90 deep", "validate", &chain(90, list)),
            attack("lists, 10,000 deep", "validate", &chain(10_000, list)).error("type nesting"),
            attack("tuples that double", "validate", &chain(90, tuple))
                .error("effective type size"),
            attack("instances that double", "validate", &instances(90))
                .error("effective type size"),
            attack("nested components", "validate", &deep).error("too many modules and components"),
            attack("nested components without limits", "validate --no-limits", &deep),
            attack("nested components to text", "print", &deep),
            attack("nested components as bytes", "dump", &deep),
            attack("nested components as a list", "objdump", &deep),
            attack("nested components as JSON", "objdump --json", &deep),
            attack("nested components and their features", "features", &deep),
            attack("nested components without names", "parse --canonical", &deep),
            attack("a million types", "validate --no-limits", &many).memory(900),
            attack("a million types to text", "print", &many).memory(900),
            attack("a hundred thousand imports", "validate", &imports(100_000)).memory(400),
            attack("a hundred thousand imports as a list", "objdump", &imports(100_000))
                .memory(600),
        ],
    );
}
