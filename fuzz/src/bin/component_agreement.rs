//! Compares the validator of components with wasmparser over the components of the official scripts
//! and of the scripts of `wasm-tools`, over mutations of their bytes, and over components with
//! definitions deleted, repeated, exchanged and taken from others, and with indices changed. Prints
//! counts, and an example of every kind of difference.
//!
//! ```text
//! cargo run --release -p wattle-fuzz --features peers --bin component_agreement -- \
//!     [MUTATIONS] [EDITS] [SEED] [--with FEATURES]
//! ```

use wattle::ast::Features;
use wattle::ast::components::{Component, Definition};
use wattle::{encoder, parser};
use wattle_fuzz::tally::Tally;
use wattle_fuzz::{Random, peers};
use wattle_tests::forms::{self, Form, Node};
use wattle_tests::suite;

/// All components of the scripts that can be encoded, invalid components too.
fn scripts() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for path in suite::component_files() {
        let source = std::fs::read(path).expect("a script that was found");
        let forms = forms::read(&source);
        let mut rest: Vec<&Form> = forms.iter().rev().collect();
        while let Some(form) = rest.pop() {
            if form.head() != "component" {
                if let Node::List(list) = &form.node {
                    rest.extend(list.iter().rev());
                }
                continue;
            }
            let text = String::from_utf8_lossy(&source[form.span.clone()]);
            // The word between `component` and the fields belongs to the syntax of scripts.
            let text = text.replacen("(component definition", "(component", 1);
            if let Ok(bytes) = wat::parse_str(&text) {
                found.push(bytes);
            }
        }
    }
    found
}

/// Changes one to four bytes behind the preamble.
fn mutate(data: &mut [u8], random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        let Some(byte) = data.get_mut(8 + random.below(data.len().saturating_sub(8))) else {
            return;
        };
        *byte = match random.below(6) {
            0 => random.below(256) as u8,
            1 => byte.wrapping_add(1),
            2 => byte.wrapping_sub(1),
            3 => *byte ^ 1 << random.below(8),
            4 => random.below(8) as u8,
            _ => 0x40 + random.below(64) as u8,
        };
    }
}

/// Deletes, repeats or exchanges one to three definitions, or takes one from another component.
/// Returns `None` if a definition is where it may not stand, so that the encoder cannot write it.
fn edit(component: &mut Component<'_>, other: &Component<'_>, random: &mut Random) -> Option<()> {
    let definitions = &mut component.definitions;
    for _ in 0..1 + random.below(3) {
        let (count, others) = (definitions.len(), other.definitions.len());
        let (at, with) = (random.below(count), random.below(count));
        match random.below(4) {
            0 if count > 0 => drop(definitions.remove(at)),
            1 if count > 0 => {
                let repeated = definitions.get(with)?.clone().into_owned();
                definitions.insert(at, repeated);
            }
            2 if count > 0 => definitions.swap(at, with),
            _ if others > 0 => {
                let taken = other.definitions.get(random.below(others))?;
                if !matches!(taken, Definition::End) && taken.opens().is_none() {
                    definitions.insert(at, taken.clone().into_owned());
                }
            }
            _ => {}
        }
    }
    component.check().ok()
}

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let list = match words.iter().position(|word| word == "--with") {
        Some(at) => words.drain(at..).nth(1).unwrap_or_default(),
        // Features for which this validator has no rules are left out.
        None => "all,-cm-gc,-cm-values,-custom-descriptors,-stack-switching,\
                 -shared-everything-threads"
            .to_owned(),
    };
    let features = Features::parse(&list).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(2);
    });
    let mut next = wattle_fuzz::numbers_among(words.into_iter());
    let (mutated, edited, seed) = (next(1_000_000), next(1_000_000), next(1));
    let mut random = Random::new(seed);
    let tally = |what: &str, components: &mut dyn Iterator<Item = Vec<u8>>| {
        let mut tally = Tally::default();
        components
            .for_each(|bytes| tally.add(&bytes, &peers::component_validity(&bytes, features)));
        tally.print(what);
    };

    let scripts = scripts();
    tally("components of scripts", &mut scripts.iter().cloned());

    let seeds: Vec<_> = scripts.iter().filter(|bytes| (9..4_000).contains(&bytes.len())).collect();
    let mut mutations = (0..mutated).filter_map(|_| {
        let mut bytes = seeds.get(random.below(seeds.len()))?.to_vec();
        mutate(&mut bytes, &mut random);
        Some(bytes)
    });
    tally("mutations of their bytes", &mut mutations);

    let trees: Vec<Component<'_>> =
        seeds.iter().filter_map(|bytes| parser::parse_component(bytes).ok()).collect();
    let mut edits = (0..edited).filter_map(|_| {
        let mut component = trees.get(random.below(trees.len()))?.clone();
        component.encoding = Default::default();
        let other = trees.get(random.below(trees.len()))?;
        edit(&mut component, other, &mut random)?;
        Some(encoder::encode_component(&component))
    });
    tally("components with definitions edited", &mut edits);
}
