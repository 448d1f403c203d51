//! Mutants are valid, follow from their seed, and behave like the original if that is asked for.

use std::collections::BTreeSet;

use wattle_ast::{Features, Module};
use wattle_reduce::{Mutator, Script};
use wattle_script::{Options, run};
use wattle_tests::features::features;
use wattle_tests::suite;
use wattle_validator::Validator;

fn is_valid(module: &Module<'_>, features: Features) -> bool {
    Validator::new().features(features).module(module).is_ok()
}

#[test]
fn mutants_of_generated_modules_are_valid_and_differ() {
    let seeds = wattle_tests::times(60);
    let (mut mutants, mut different) = (0, BTreeSet::new());
    for seed in 0..seeds as u64 {
        let config = wattle_smith::Config { features: Features::DEFAULT, ..Default::default() };
        let module = wattle_smith::from_seed(&config, seed).module;
        for number in 0..20 {
            let mutator = Mutator::new().preserve_semantics(number % 2 == 0);
            let Some(mutant) = mutator.mutate(&module, number) else { continue };
            assert!(is_valid(&mutant, Features::DEFAULT), "seed {seed}, mutant {number}");
            if number % 4 < 2 {
                assert_eq!(mutator.mutate(&module, number), Some(mutant.clone()));
            }
            assert_ne!(mutant, module);
            different.insert(wattle_encoder::encode(&mutant));
            mutants += 1;
        }
    }
    println!("{mutants} mutants, {} different", different.len());
    assert!(mutants > 19 * seeds);
    assert!(different.len() > 19 * seeds);
}

#[test]
fn official_scripts_pass_with_mutants_that_preserve_what_modules_do() {
    let (mut mutants, mut assertions) = (0, 0);
    for file in suite::files() {
        let features = features(file);
        let bytes = file.read();
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        let Some(script) = Script::parse(text, features) else { continue };
        let options = Options { features, ..Options::default() };
        let before = run(&script.text(), options).unwrap();
        let mutator = Mutator::new().features(features).preserve_semantics(true);
        for seed in 0..2 {
            let mut count = 0;
            let mutated = script.change_modules(|module| {
                count += 1;
                let mutant = mutator.mutate(module, seed * 1000 + count)?;
                assert!(is_valid(&mutant, features), "{file}, module {count}, seed {seed}");
                mutants += 1;
                Some(mutant)
            });
            let after = run(&mutated.text(), options).unwrap();
            // A mutant of one module moves the lines of the next.
            let failures = |report: &wattle_script::Report| -> Vec<String> {
                let got = |got: &str| -> Vec<String> {
                    got.lines().map(|it| it.split(" at line ").next().unwrap().into()).collect()
                };
                let failures = report.failures.iter();
                let shown = |it: &wattle_script::Failure| {
                    format!("{}: {}, {:?}", it.keyword, it.expected, got(&it.got))
                };
                failures.map(shown).collect()
            };
            assert_eq!(failures(&after), failures(&before), "{file}, seed {seed}");
            assert_eq!(after.passed, before.passed, "{file}, seed {seed}");
            assertions += after.passed;
        }
    }
    println!("{mutants} mutants, {assertions} assertions");
    assert!(mutants >= 3000, "{mutants} mutants");
}

#[test]
fn mutants_of_official_modules_are_valid() {
    let mut mutants = 0;
    for file in suite::files() {
        let features = features(file);
        let bytes = file.read();
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        let Some(script) = Script::parse(text, features) else { continue };
        let mut number = 0;
        script.change_modules(|module| {
            number += 1;
            for seed in 0..3 {
                if let Some(mutant) = Mutator::new().features(features).mutate(module, seed) {
                    assert!(is_valid(&mutant, features), "{file}, module {number}, seed {seed}");
                    mutants += 1;
                }
            }
            None
        });
    }
    println!("{mutants} mutants");
    assert!(mutants >= 5000, "{mutants} mutants");
}

/// For every instruction of a module with objects and exceptions, some mutant replaces or removes
/// it.
#[test]
fn objects_and_exceptions_are_mutated() {
    let text = r#"(module
      (type $s (sub (struct (field $a (mut i32)) (field $b i64))))
      (type $t (sub $s (struct (field (mut i32)) (field i64) (field f32))))
      (type $l (array (mut i32)))
      (tag $e (param i32)) (tag $x (param i32))
      (func (export "f") (param (ref null $s)) (result i32)
        (block $caught (result i32)
          (try_table (result i32) (catch $e $caught) (catch $x $caught)
            (throw $x (struct.get $s $a (local.get 0)))))
        (drop)
        (struct.set $t 0
          (block $cast (result (ref null $t))
            (br_on_cast $cast (ref null $s) (ref null $t) (local.get 0))
            (ref.cast (ref $t)))
          (i32.const 7))
        (array.fill $l (array.new_default $l (i32.const 9)) (i32.const 1) (i32.const 2)
          (i32.const 3))
        (ref.test (ref $t) (local.get 0))))"#;
    let module = wattle_wat::parse(text).unwrap().into_owned();
    let lines = |module: &Module<'_>| -> Vec<String> {
        let text = wattle_printer::print(module);
        text.lines().map(|line| line.trim().to_owned()).collect()
    };
    let kept: Vec<String> = lines(&module);
    let words = ["try_table", "throw", "struct.", "array.", "ref.", "br_on_cast"];
    let mut left: BTreeSet<&String> =
        kept.iter().filter(|line| words.iter().any(|word| line.starts_with(word))).collect();
    assert_eq!(left.len(), 9, "{kept:?}");
    let mut catches = BTreeSet::new();
    for seed in 0..3_000 {
        let Some(mutant) = Mutator::new().mutate(&module, seed) else { continue };
        assert!(is_valid(&mutant, Features::DEFAULT), "seed {seed}");
        let lines = lines(&mutant);
        left.retain(|line| lines.contains(*line));
        catches.extend(lines.into_iter().filter(|line| line.starts_with("try_table")));
    }
    assert!(left.is_empty(), "{left:?}");
    assert!(catches.len() > 8, "{catches:?}");
}
