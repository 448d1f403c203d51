//! Validation on several threads finds the same errors as validation on one.

use std::fmt::Write;
use std::io::{self, Read};
use std::num::NonZeroUsize;

use pretty_assertions::assert_eq;
use wattle_ast::{Body, Event, Expr, Func, FuncType, Module, TypeIdx};
use wattle_parser::{EventReader, Parser, ReadError};
use wattle_validator::{Error, Errors, Validator, components};

fn events(bytes: &[u8]) -> wattle_parser::Events<'_> {
    Parser::new().check_bodies(false).events(bytes)
}

/// The errors found item by item; `Err` when the module is malformed.
fn in_turn(bytes: &[u8], max_errors: usize) -> Result<Vec<Error>, wattle_ast::Error> {
    let mut validator = Validator::new().max_errors(max_errors);
    for event in events(bytes) {
        let _ = validator.event(&event?);
    }
    Ok(validator.finish().map_or_else(|errors| errors.iter().cloned().collect(), |_| Vec::new()))
}

fn on_threads(
    bytes: &[u8],
    max_errors: usize,
    threads: usize,
) -> Result<Vec<Error>, wattle_ast::Error> {
    let validator = Validator::new().max_errors(max_errors);
    let outcome = validator.events(events(bytes), NonZeroUsize::new(threads))?;
    Ok(outcome.map_or_else(|errors| errors.iter().cloned().collect(), |_| Vec::new()))
}

/// The errors of a module that is read in pieces. Code is copied, or read again.
fn as_read(
    bytes: &[u8],
    max_errors: usize,
    threads: usize,
    reads_again: bool,
) -> Result<Vec<Error>, wattle_ast::Error> {
    let reader = EventReader::with_parser(Parser::new().check_bodies(false), bytes);
    let (validator, threads) =
        (Validator::new().max_errors(max_errors), NonZeroUsize::new(threads));
    let read = |take: &mut dyn FnMut(&Event<'_>)| reader.pass_to(take);
    let again = |offset: u64, to: &mut [u8]| (&bytes[offset as usize..]).read_exact(to);
    let outcome = match reads_again {
        true => validator.read_again(threads, again, read),
        false => validator.read(threads, read),
    };
    let outcome = outcome.map_err(|error| match error {
        ReadError::Malformed(error) => error,
        error => panic!("{error}"),
    })?;
    Ok(outcome.map_or_else(|errors| errors.iter().cloned().collect(), |_| Vec::new()))
}

#[track_caller]
fn agree(bytes: &[u8], max_errors: usize) -> Result<Vec<Error>, wattle_ast::Error> {
    let expected = in_turn(bytes, max_errors);
    for threads in [1, 2, 3] {
        let found = on_threads(bytes, max_errors, threads);
        assert_eq!(found, expected, "{threads} threads, {max_errors} errors at most");
        for again in [false, true] {
            let found = as_read(bytes, max_errors, threads, again);
            let how = if again { "read again" } else { "copied" };
            assert_eq!(found, expected, "{threads} threads, {how}, {max_errors} errors at most");
        }
    }
    expected
}

/// The distance between the wrong items of each kind in a large module; 0 if none is wrong.
#[derive(Clone, Copy, Default)]
struct Faults {
    globals: usize,
    exprs: usize,
    elems: usize,
    bodies: usize,
    datas: usize,
}

fn picks<'t>(every: usize, index: usize, wrong: &'t str, right: &'t str) -> &'t str {
    if every > 0 && index % every == every / 2 { wrong } else { right }
}

/// A module of enough globals and code that three threads take part.
fn large(faults: Faults) -> Vec<u8> {
    let mut text =
        String::from("(module (memory 1) (table 1 funcref) (func $f) (func $undeclared)");
    for index in 0..9_000 {
        // The initializer of a global can name only earlier globals.
        let later = format!("(global.get {})", index + 1);
        let earlier = match index {
            0 => String::from("(i32.const 0)"),
            _ => format!("(global.get {})", index - 1),
        };
        let init = picks(faults.globals, index, &later, &earlier);
        write!(text, "(global i32 {init})").unwrap();
    }
    for index in 0..600 {
        let declared = format!("(ref.func {})", index + 2);
        let expr = picks(faults.exprs, index, "(i32.const 0)", &declared);
        let offset = picks(faults.elems, index, "(i64.const 0)", "(i32.const 0)");
        write!(text, "(elem {offset} funcref (ref.func $f) {expr})").unwrap();
    }
    for index in 0..600 {
        // The check of a long body ends late, even if it began early.
        let nops = if index % 200 == 100 { 120_000 } else { 200 };
        let named = (index + 300).min(599) + 2;
        let right = format!("(drop (ref.func {named}))");
        let code = picks(faults.bodies, index, "drop", &right);
        write!(text, "(func {} {code})", "nop ".repeat(nops)).unwrap();
    }
    for index in 0..5_000 {
        let offset = picks(faults.datas, index, "(i64.const 0)", "(i32.const 0)");
        write!(text, "(data {offset} \"\")").unwrap();
    }
    text.push(')');
    let module = wattle_wat::parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
    wattle_encoder::encode(&module)
}

#[test]
fn a_large_module_is_valid_on_any_number_of_threads() {
    assert_eq!(agree(&large(Faults::default()), 20), Ok(Vec::new()));
}

/// Errors are the same on any number of threads, with each limit on their number.
fn check_faults(cases: &[Faults], limits: &[usize]) {
    for &faults in cases {
        let bytes = large(faults);
        for &max_errors in limits {
            let errors = agree(&bytes, max_errors).unwrap();
            assert!(!errors.is_empty() && errors.len() <= max_errors);
        }
    }
}

#[test]
fn errors_of_one_kind_are_the_same() {
    let none = Faults::default();
    let cases = [
        Faults { globals: 700, ..none },
        Faults { exprs: 40, elems: 50, ..none },
        Faults { bodies: 7, ..none },
        Faults { bodies: 1, ..none },
        Faults { datas: 300, ..none },
    ];
    check_faults(&cases, &[2, 10_000]);
}

#[test]
fn errors_of_several_kinds_are_the_same() {
    let all = Faults { globals: 1500, exprs: 110, elems: 90, bodies: 60, datas: 700 };
    let cases = [
        Faults { bodies: 70, datas: 300, ..Faults::default() },
        all,
        Faults { globals: 0, ..all },
        Faults { globals: 0, exprs: 0, ..all },
    ];
    // The limit decides which kinds are reported.
    check_faults(&cases, &[1, 2, 7, 20, 10_000]);
}

/// The thread that reads checks bodies itself when megabytes of code wait.
#[test]
fn errors_in_megabytes_of_code_are_the_same() {
    let (nop, drop, end) = (0x01, 0x1a, 0x0b);
    let mut right = [nop; 4_000];
    right[3_999] = end;
    let mut wrong = right;
    wrong[0] = drop;
    let body = |index| if index % 90 == 60 { &wrong } else { &right };
    let mut module = Module::default();
    module.types.push(FuncType::new([], []).into());
    let func = |index| Func { ty: TypeIdx(0), body: Body::new([], Expr::new(body(index))) };
    module.funcs.extend((0..1_200).map(func));
    let bytes = wattle_encoder::encode(&module);
    for (max_errors, found) in [(1, 1), (6, 6), (100, 13)] {
        assert_eq!(agree(&bytes, max_errors).unwrap().len(), found);
    }
}

#[test]
fn references_to_functions_that_nothing_declares_are_found() {
    let text = "(drop (ref.func $undeclared)) (drop (ref.func $f))";
    let globals = "(global i32 (i32.const 0))".repeat(5_000);
    let funcs = format!("(func {} {text})", "nop ".repeat(3_000)).repeat(500);
    // Only a global that comes last declares `$f`, and nothing declares `$undeclared`.
    let text = format!(
        "(module (func $f) (func $undeclared) {globals} (global funcref (ref.func $f)) {funcs})"
    );
    let bytes = wattle_encoder::encode(&wattle_wat::parse(&text).unwrap());
    let errors = agree(&bytes, 1_000).unwrap();
    assert_eq!(errors.len(), 500);
    assert!(errors.iter().all(|error| error.to_string().starts_with("undeclared function")));
}

#[test]
fn a_broken_index_space_breaks_it_for_all_threads() {
    let mut bytes = large(Faults { bodies: 7, ..Faults::default() });
    // The function section comes second: 0x60 0 0 is the only type, and type 9 does not exist.
    let section = bytes.windows(3).position(|window| window == [0x60, 0, 0]).unwrap() + 3;
    assert_eq!(bytes[section], 3);
    bytes[section + 5] = 9;
    let errors = agree(&bytes, 20).unwrap();
    assert_eq!(errors.len(), 1);
}

#[test]
fn what_is_malformed_is_told_alone() {
    let whole = large(Faults { globals: 700, bodies: 7, ..Faults::default() });
    for part in 1..40 {
        let cut = &whole[..whole.len() / 40 * part];
        assert!(agree(cut, 20).is_err());
    }
}

#[test]
fn an_input_that_cannot_be_read_again_is_an_error() {
    let bytes = large(Faults { bodies: 7, ..Faults::default() });
    for threads in [2, 3] {
        let reader = EventReader::with_parser(Parser::new().check_bodies(false), &bytes[..]);
        let again = |_, _: &mut [u8]| Err(io::Error::other("the disk is gone"));
        let read = |take: &mut dyn FnMut(&Event<'_>)| reader.pass_to(take);
        let outcome = Validator::new().read_again(NonZeroUsize::new(threads), again, read);
        assert_eq!(outcome.unwrap_err().to_string(), "the disk is gone");
    }
}

/// The input changes between the first reading and the second.
#[test]
fn code_that_changed_has_errors_of_its_own() {
    let bytes = large(Faults::default());
    for threads in [2, 3] {
        let reader = EventReader::with_parser(Parser::new().check_bodies(false), &bytes[..]);
        let again = |_, to: &mut [u8]| {
            to.fill(0xff);
            Ok(())
        };
        let read = |take: &mut dyn FnMut(&Event<'_>)| reader.pass_to(take);
        let outcome = Validator::new().read_again(NonZeroUsize::new(threads), again, read);
        assert!(outcome.unwrap().is_err());
    }
}

/// Real binaries with a few bytes changed.
#[test]
fn damaged_binaries_have_the_same_errors() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let Some(file) = wattle_tests::corpus::find("sqlite3") else {
        wattle_tests::skip(
            "validator, damaged real binaries on threads",
            wattle_tests::corpus::NOTICE,
        );
        return;
    };
    let bytes = file.read();
    for round in 0..60 {
        let mut damaged = bytes.clone();
        for _ in 0..=round {
            let at = next(bytes.len());
            damaged[at] = next(256) as u8;
        }
        let _ = agree(&damaged, 1 + next(30));
    }
}

/// A component with two modules of enough code that three threads take part.
fn large_component(faults: [usize; 2]) -> String {
    let module = |name, every| {
        let funcs = (0..150).map(|index| {
            let code = picks(every, index, "drop", "nop");
            format!("(func ${name}{index} {}{code})", "nop ".repeat(4_000))
        });
        let funcs: String = funcs.collect();
        // There is a fault behind the code, too.
        let offset = picks(every, every / 2, "(i64.const 0)", "(i32.const 0)");
        format!("(core module ${name} (memory 1) {funcs} (data {offset} \"\"))")
    };
    let [one, two] = [module("one", faults[0]), module("two", faults[1])];
    format!("(component {one} (component {two}) (core instance (instantiate $one)))")
}

#[test]
fn errors_in_components_are_the_same() {
    for (faults, most, found) in
        [([0, 0], 20, 0), ([20, 0], 100, 8), ([20, 7], 100, 30), ([20, 7], 3, 3), ([0, 1], 1, 1)]
    {
        let text = large_component(faults);
        let component = wattle_wat::Parser::new().component(&text).unwrap().component;
        let bytes = wattle_encoder::encode_component(&component);
        let tree = wattle_parser::components::Parser::new().component(&bytes).unwrap();
        let all = |outcome: Result<components::ComponentTypes, Errors>| -> Vec<Error> {
            outcome.map_or_else(|errors| errors.iter().cloned().collect(), |_| Vec::new())
        };
        // In a tree, offsets in a module count from its start.
        let shown = |errors: &[Error]| -> Vec<_> {
            let without_span = errors.iter().cloned().map(|mut error| {
                error.span = None;
                error
            });
            without_span.map(|error| error.to_string()).collect()
        };
        let validator = || components::Validator::new().max_errors(most);
        let on = |threads| {
            let parser = wattle_parser::components::Parser::new().check_bodies(false);
            let events = parser.events(&bytes);
            let of_events = all(validator().events(events, NonZeroUsize::new(threads)).unwrap());
            let of_tree = all(validator().component_on(&tree, NonZeroUsize::new(threads)));
            let parser = wattle_parser::components::Parser::new().check_bodies(false);
            let reader = wattle_parser::components::EventReader::with_parser(parser, &bytes[..]);
            let again = |offset: u64, to: &mut [u8]| (&bytes[offset as usize..]).read_exact(to);
            let validator = validator();
            let threads = NonZeroUsize::new(threads);
            let read = validator.read_again(threads, again, |take| reader.pass_to(take));
            assert_eq!(all(read.unwrap()), of_events);
            (of_events, of_tree)
        };
        let (of_events, of_tree) = on(1);
        assert_eq!((of_events.len(), shown(&of_events)), (found, shown(&of_tree)));
        for threads in [2, 3] {
            assert_eq!(on(threads), (of_events.clone(), of_tree.clone()), "{threads} threads");
        }
    }
}
