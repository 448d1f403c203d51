//! Errors in texts of components.

use pretty_assertions::assert_eq;

use wattle_ast::{Features, Span};
use wattle_wat::Parser;

/// The errors of a component with these fields.
pub(super) fn errors(fields: &str) -> Vec<String> {
    let text = format!("(component {fields})");
    let parsed = Parser::new().recover_component(&text);
    assert_eq!(parsed.component.check(), Ok(()), "{text}");
    parsed.errors.iter().map(ToString::to_string).collect()
}

/// Checks the only error of a component with these fields.
#[track_caller]
pub(super) fn error(fields: &str, message: &str) {
    assert_eq!(errors(fields), [message], "{fields}");
}

#[test]
fn errors_say_what_is_wrong_and_what_to_do() {
    error("(funk)", "unknown operator funk: not a field of the component; did you mean `func`?");
    error("(memory 1)", "unexpected token, expected a field of the component");
    error("(module)", "unexpected token, expected a field of the component");
    error("(type u88)", "unknown operator u88: not a type; did you mean `u8`?");
    error("(type (lst u8))", "unknown operator lst: not a type; did you mean `list`?");
    error("(type i32)", "unexpected token, expected a type");
    error("(type $t u8) (type $u $t)", "unexpected token, expected a type that is written out");
    error("(export \"f\" (func $f))", "unknown func $f");
    error("(type $tree u8) (type (list $three))", "unknown type $three; did you mean `$tree`?");
    error("(component $x) (export \"f\" (func $x))", "unknown func $x; there is a component $x");
    error("(core type $t (func)) (core type (sub $u (func)))", "unknown core type $u");
    error("(type $t u8) (type $t u8)", "duplicate type identifier $t");
    error(
        "(import \"f\" (func $f)) (component (export \"f\" (func $f)))",
        "outer item `f` is not a module, type, or component",
    );
    error("(alias outer 9 $x (type))", "outer count of `9` is too large");
    error("(alias outer $nobody 0 (type))", "outer component `nobody` not found");
    error(
        "(type (resource (rep i32) (dtor (func 0))))",
        "unexpected token, expected core; write `core func`",
    );
    error("(canon lift 0 (func))", "unexpected token, expected (; write `(core func 0)`");
    error("(import \"m\" (module))", "unexpected token, expected a sort; write `core module`");
    error(
        "(canon resource.drp 0 (core func))",
        "unknown operator resource.drp: not a canonical definition; did you mean `resource.drop`?",
    );
    error(
        "(core mem 1)",
        "unknown operator mem: not module, instance, type, func or rec behind core",
    );
    error(
        "(import \"a\" (implements \"a:b/c\") (implements \"a:b/c\") (instance))",
        "unexpected token: duplicate `implements` attribute",
    );
    error(
        "(type (instance (import \"a\" (func))))",
        "unexpected token, expected a declaration of the type",
    );
    error(
        "(core instance $i) (alias export $i \"a\" (func))",
        "unknown instance $i; there is a core instance $i",
    );
    error(
        "(instance $i) (alias export $i \"a\" (core func))",
        "no export of this kind of instance is a core func",
    );
    let help = |fields: &str| {
        let text = format!("(component {fields})");
        let parsed = Parser::new().recover_component(&text);
        parsed.errors[0].help.as_ref().unwrap().to_string()
    };
    assert!(help("(memory 1)").contains("(core module"));
    assert!(help("(module)").contains("(core module"));
    assert!(help("(type i32)").contains("s32"));
    assert!(help("(type (eq u32))").contains("list"));
    assert!(help("(import \"t\" (type (eq u32)))").contains("takes an index"));
    assert!(
        help("(canon lower (func 0) (memory 0 \"m\") (core func))").contains("(core memory $i")
    );
}

#[test]
fn one_run_reports_all_independent_errors() {
    let found = errors(
        "(type $bad (lst u8)) (type (list $bad)) (component (func $f) (type (tuple $bad u8x)))
         (core module $m (func (i32.plus)) (func (call $g))) (core instance (instantiate $m))
         (import \"i\" (instance (export \"f\" (fnc)) (export \"g\" (func (result $x))))) 7
         (core type (module (import \"\" \"a\" (func $f (param x))) (export \"b\" (table))))",
    );
    assert_eq!(
        found,
        [
            "unknown operator lst: not a type; did you mean `list`?",
            "unexpected token, expected (",
            "unknown operator u8x: not a type; did you mean `u8`?",
            "unknown operator i32.plus: not an instruction",
            "unknown function $g",
            "unknown operator fnc: not a sort; did you mean `func`?",
            "unknown type $x",
            "unexpected token, expected a field of the component",
            "unknown operator x: not a type; an identifier begins with `$`: write `$x`",
            "unexpected token, expected an unsigned integer",
        ]
    );
    let parsed = Parser::new().max_errors(1).recover_component("(component (a) (b))");
    assert_eq!(parsed.errors.len(), 1);
    let found = errors("(component (type u8) (import \"i\" (instance (export \"a\" (func)))");
    assert_eq!(found, ["unexpected token, expected )"]);
    let parsed = Parser::new().recover_component("(component) (type u8)");
    assert_eq!(parsed.errors[0].related.unwrap().span, Span::new(10, 11));
}

#[test]
fn features_gate_words() {
    let parser = Parser::new().features(Features::WASM3);
    assert_eq!(
        parser.component("(component)").unwrap_err().as_slice()[0].to_string(),
        "unknown operator component (component-model is not enabled)"
    );
    let off = |feature: Features, fields: &str| {
        let text = format!("(component {fields})");
        let parser = Parser::new().features(Features::ALL - feature);
        parser.component(&text).unwrap_err().as_slice()[0].to_string()
    };
    for (feature, fields, message) in [
        (
            Features::CM_ASYNC,
            "(type (stream u8))",
            "unknown operator stream (cm-async is not enabled)",
        ),
        (
            Features::CM_ASYNC,
            "(type (func async))",
            "unknown operator async (cm-async is not enabled)",
        ),
        (
            Features::CM_ASYNC,
            "(core func (canon task.cancel))",
            "unknown operator task.cancel (cm-async is not enabled)",
        ),
        (Features::CM_MAP, "(type (map u8 u8))", "unknown operator map (cm-map is not enabled)"),
        (
            Features::CM_FIXED_LENGTH_LISTS,
            "(type (list u8 4))",
            "unknown operator 4 (cm-fixed-length-lists is not enabled)",
        ),
        (
            Features::CM_VALUES,
            "(import \"v\" (value u8))",
            "unknown operator value (cm-values is not enabled)",
        ),
        (Features::CM_VALUES, "(start 0)", "unknown operator start (cm-values is not enabled)"),
        (
            Features::CM_IMPLEMENTS,
            "(import \"v\" (external-id \"x\") (func))",
            "unknown operator external-id (cm-implements is not enabled)",
        ),
        (
            Features::CM_GC,
            "(canon lower (func 0) gc (core func))",
            "unknown operator gc (cm-gc is not enabled)",
        ),
    ] {
        assert_eq!(off(feature, fields), message);
    }
}
