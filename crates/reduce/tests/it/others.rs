//! Reduces components, scripts, invalid modules and malformed bytes.

use wattle_ast::components::{Component, Definition};
use wattle_ast::{Features, Wasm};
use wattle_reduce::{Candidate, Mutator, Reducer, Script, Subject};
use wattle_validator::components::Validator;

/// A component with a core module, a resource, functions that are lifted and lowered, types that
/// refer to each other, and a component inside of which an outer alias leads out.
const COMPONENT: &str = r#"(component $c
  (type $point (record (field "x" u32) (field "y" u32) (field "z" (list u8))))
  (import "point" (type $shared (eq $point)))
  (import "log" (func $log (param "what" string)))
  (core module $memory
    (memory (export "mem") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $m (instantiate $memory))
  (alias core export $m "mem" (core memory $mem))
  (alias core export $m "realloc" (core func $realloc))
  (core func $log' (canon lower (func $log) (memory $mem) (realloc $realloc)))
  (core module $main
    (import "" "log" (func $log (param i32 i32)))
    (global $calls (mut i32) (i32.const 0))
    (func (export "run") (result i32)
      (call $log (i32.const 16) (i32.const 5))
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (i32.popcnt (global.get $calls)))
    (func (export "other") (result i32) (i32.const 7)))
  (core instance $i (instantiate $main
    (with "" (instance (export "log" (func $log'))))))
  (func $run (result u32) (canon lift (core func $i "run")))
  (func $other (result u32) (canon lift (core func $i "other")))
  (type $unused (variant (case "a" u8) (case "b" string) (case "c")))
  (component $inner
    (alias outer $c $point (type $p))
    (export $e "point" (type $p))
    (type $list (list $e))
    (export "list" (type $list)))
  (instance $in (instantiate $inner))
  (export "run" (func $run))
  (export "other" (func $other))
  (export "in" (instance $in))
)"#;

fn component() -> Component<'static> {
    let parsed = wattle_wat::Parser::new().component(COMPONENT).unwrap();
    parsed.component.into_owned()
}

/// Reduces the component, and checks that all candidates are valid components.
fn reduce(holds: impl Fn(&Component<'static>) -> bool) -> String {
    let reduced = Reducer::new(component()).run(|candidate: &Candidate| {
        let Subject::Component(component) = &candidate.subject else { panic!("another subject") };
        assert!(Validator::new().component(component).is_ok());
        holds(component)
    });
    assert!(reduced.is_finished);
    println!("{:?}", reduced.counts);
    let Subject::Component(component) = reduced.best.subject else { panic!("another subject") };
    wattle_printer::Config::new().print_component(&component)
}

#[test]
fn a_component_is_reduced_to_the_code_in_a_module_in_it() {
    let text = reduce(|component| {
        let wasm = Wasm::Component(component.clone());
        let mut instrs = wasm
            .modules()
            .flat_map(|module| module.funcs.iter().flat_map(|func| func.body.instrs().flatten()));
        instrs.any(|instr| instr.opcode() == wattle_ast::Opcode::I32Popcnt)
    });
    assert!(text.contains("i32.popcnt"), "{text}");
    assert!(text.lines().count() <= 10, "{text}");
}

#[test]
fn a_component_is_reduced_to_a_definition_and_what_it_needs() {
    let is_lift = |definition: &Definition<'_>| {
        matches!(definition, Definition::Canon(wattle_ast::components::Canon::Lift { .. }))
    };
    let text = reduce(|component| component.definitions.iter().any(is_lift));
    assert!(text.contains("canon lift"), "{text}");
    for gone in ["popcnt", "variant", "import", "outer", "memory"] {
        assert!(!text.contains(gone), "{gone} is left: {text}");
    }
}

#[test]
fn a_component_is_reduced_to_a_component_in_it() {
    let text = reduce(|component| {
        let outer = |definition: &Definition<'_>| {
            matches!(
                definition,
                Definition::Alias(wattle_ast::components::Alias::Outer { count: 1, .. })
            )
        };
        component.definitions.iter().any(outer)
    });
    assert!(!text.contains("core"), "{text}");
    assert!(text.lines().count() <= 7 && text.contains("(type (;0;) bool)"), "{text}");
}

#[test]
fn a_script_is_reduced_to_a_directive_and_the_module_that_it_needs() {
    let text = r#"
        (module $a (func (export "f") (result i32) (i32.const 1)) (memory (export "m") 1))
        (assert_return (invoke "f") (i32.const 1))
        (module $b (func $g (result i32) (i32.const 20)) (table 4 funcref)
          (func (export "f") (result i32) (i32.add (call $g) (i32.const 3))))
        (assert_return (invoke "f") (i32.const 24))
        (assert_return (invoke $a "f") (i32.const 1))
        (assert_invalid (module (func (result i32))) "type mismatch")
        (module definition $d (func))"#;
    let script = Script::parse(text, Features::DEFAULT).unwrap();
    let reduced = Reducer::new(script).run(|candidate: &Candidate| {
        let text = std::str::from_utf8(&candidate.bytes).unwrap();
        let report = wattle_script::run(text, wattle_script::Options::default()).unwrap();
        report.failures.iter().any(|it| it.to_string().contains("24), got (i32.const"))
    });
    let text = String::from_utf8(reduced.best.bytes).unwrap();
    println!("{text}\n{:?}", reduced.counts);
    assert!(text.contains("(i32.const 24)"), "{text}");
    for gone in ["$a", "table", "invalid", "definition", "i32.add"] {
        assert!(!text.contains(gone), "{gone} is left: {text}");
    }
}

#[test]
fn what_is_invalid_is_reduced_if_that_is_allowed() {
    let text = r#"(module (memory 1) (global (mut i32) (i32.const 1))
        (func $f (param i32) (result i64) (i64.extend_i32_s (local.get 0)))
        (func $wrong (param i32) (result i32)
          (global.set 0 (i32.const 4))
          (drop (call $f (i32.load (local.get 0))))
          (i32.add (i64.const 1) (local.get 0)))
        (func (export "g") (result i32) (call $wrong (i32.const 2))))"#;
    let module = wattle_wat::parse(text).unwrap().into_owned();
    let message = |module: &wattle_ast::Module<'_>| {
        wattle_validator::validate(module).err().map_or(String::new(), |it| it.to_string())
    };
    let says = |text: &str| text.contains("type mismatch") && text.contains("i32.add");
    assert!(says(&message(&module)));
    let reduced = Reducer::new(module).allow_invalid(true).run(|candidate: &Candidate| {
        candidate.module().is_some_and(|module| says(&message(module)))
    });
    let module = reduced.best.module().unwrap();
    let text = wattle_printer::print(module);
    assert!(says(&message(module)), "{text}");
    assert_eq!(module.funcs.len(), 1, "{text}");
    assert!(reduced.best.bytes.len() < 40, "{text}");
}

#[test]
fn malformed_bytes_are_taken_out() {
    let mut bytes = wattle_encoder::encode(&wattle_smith::from_seed(&Default::default(), 5).module);
    bytes.extend_from_slice(b"\x63\x01\x00");
    let subject = Subject::from_binary(&bytes, Features::DEFAULT);
    assert!(matches!(subject, Subject::Bytes(_)));
    let reduced = Reducer::new(subject).allow_invalid(true).run(|candidate: &Candidate| {
        let verdict = wattle_parser::parse(&candidate.bytes);
        verdict.is_err_and(|error| error.to_string().contains("malformed section id"))
    });
    assert_eq!(reduced.best.bytes.len(), 9, "{:x?}", reduced.best.bytes);
}

#[test]
fn mutants_of_components_are_valid_and_keep_their_interface() {
    let wasm = Wasm::Component(component());
    let mut mutants = 0;
    for seed in 0..200 {
        let mutator = Mutator::new().preserve_semantics(seed % 2 == 0);
        let Some(Wasm::Component(mutant)) = mutator.mutate_wasm(&wasm, seed) else { continue };
        assert!(Validator::new().component(&mutant).is_ok(), "seed {seed}");
        mutants += 1;
    }
    assert!(mutants > 180, "{mutants} mutants");
}
