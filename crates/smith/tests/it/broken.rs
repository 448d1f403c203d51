//! Almost valid modules break exactly the rule that they name.

use std::collections::BTreeMap;

use wattle_ast::Features;
use wattle_smith::{Broken, Config, from_seed};
use wattle_validator::Validator;

fn check(config: &Config, count: u64, seen: &mut BTreeMap<Broken, u64>) {
    for seed in 0..count {
        let generated = from_seed(config, seed);
        let rule = generated.broken.expect("a rule is broken");
        let verdict = Validator::new().features(generated.features).module(&generated.module);
        let Err(errors) = verdict else { panic!("seed {seed} is valid in spite of {rule:?}") };
        let message = errors.first().to_string();
        assert!(message.starts_with(rule.phrase()), "seed {seed}: {rule:?} gives {message}");
        assert_eq!(errors.iter().count(), 1, "seed {seed}: {rule:?} gives {errors}");
        *seen.entry(rule).or_default() += 1;
    }
}

#[test]
fn every_rule_is_broken_and_just_that() {
    let config = Config { almost_valid: true, ..Config::default() };
    let mut seen = BTreeMap::new();
    let count = crate::common::count(50_000);
    check(&config, count, &mut seen);
    check(&Config { swarm: true, ..config.clone() }, count / 5, &mut seen);
    check(&Config { features: Features::WASM1, ..config.clone() }, count / 5, &mut seen);
    check(&Config { features: Features::WASM2, ..config }, count / 5, &mut seen);
    for (rule, count) in &seen {
        println!("{count:>8} {rule:?}: {}", rule.phrase());
    }
    let missing: Vec<_> = Broken::ALL.iter().filter(|rule| !seen.contains_key(rule)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
