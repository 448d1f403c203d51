//! Wattle and wasmparser on generated components, as they are, with edits of their structure, and with
//! one rule broken.

use std::collections::BTreeMap;

use wattle::Features;
use wattle::encoder::encode_component;
use wattle_fuzz::peers::component_validity;
use wattle_fuzz::{Random, structure};
use wattle_smith::Config;
use wattle_smith::components::from_seed;

/// All features that the peer implements as the specification has them.
fn features() -> Features {
    let differ = Features::SHARED_EVERYTHING_THREADS | Features::CM_VALUES;
    Features::ALL - differ - Features::CM_GC - Features::CM64
}

fn configs() -> [Config; 2] {
    let base = || Config { seed_bytes: 1024, ..Config::default() };
    [base(), Config { features: features(), ..base() }]
}

#[test]
fn generated_components_are_valid_for_the_peer() {
    for config in configs() {
        for seed in 0..200 {
            let generated = from_seed(&config, seed);
            let bytes = encode_component(&generated.component);
            let verdicts = component_validity(&bytes, generated.features);
            assert_eq!(verdicts, (Ok(()), Ok(())), "seed {seed}");
        }
    }
}

#[test]
fn both_refuse_what_breaks_a_rule_with_its_phrase() {
    for config in configs() {
        let config = Config { almost_valid: true, ..config };
        for seed in 0..200 {
            let generated = from_seed(&config, seed);
            let rule = generated.broken.expect("a rule is broken");
            let bytes = encode_component(&generated.component);
            let (ours, theirs) = component_validity(&bytes, generated.features);
            for verdict in [ours, theirs] {
                let error = verdict.expect_err("a rule is broken");
                assert!(error.contains(rule.phrase()), "seed {seed}, {rule:?}: {error}");
            }
        }
    }
}

#[test]
fn edited_components_get_one_verdict() {
    let mut random = Random::new(5);
    let mut differences: BTreeMap<String, (u32, u64)> = BTreeMap::new();
    let (mut valid, mut invalid) = (0, 0);
    for config in configs() {
        for seed in 0..1_000 {
            let mut generated = from_seed(&config, seed);
            for _ in 0..1 + random.below(3) {
                structure::edit(&mut generated.component, &mut random);
            }
            let bytes = encode_component(&generated.component);
            let (ours, theirs) = component_validity(&bytes, generated.features);
            match (&ours, &theirs) {
                (Ok(()), Ok(())) => valid += 1,
                (Err(_), Err(_)) => invalid += 1,
                _ => {
                    let words = |verdict: Result<(), String>| match verdict {
                        Ok(()) => "valid".to_owned(),
                        Err(error) => error.split([':', '(', '`']).next().unwrap_or("").to_owned(),
                    };
                    let key = format!("we say {}; they say {}", words(ours), words(theirs));
                    differences.entry(key).or_insert((0, seed)).0 += 1;
                }
            }
        }
    }
    println!("{valid} valid, {invalid} invalid, {differences:#?}");
    assert!(valid > 200 && invalid > 400, "{valid} {invalid}");
    assert!(differences.is_empty(), "{differences:#?}");
}
