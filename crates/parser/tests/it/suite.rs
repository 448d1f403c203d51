//! The binary modules of the official suite: malformed modules are refused with the phrase that the
//! suite expects, invalid modules are read, and both have the same results in any chunks.

use crate::common::{Random, check_chunks, check_reader, whole};
use wattle_ast::Features;
use wattle_tests::forms::{self, Source};
use wattle_tests::suite::{self, Proposal};

fn features(proposal: Option<Proposal>) -> Features {
    match proposal {
        None => Features::WASM3,
        // Its scripts refuse the flag of custom page sizes.
        Some(Proposal::CustomDescriptors) => Features::WASM3 | Features::CUSTOM_DESCRIPTORS,
        Some(_) => Features::DEFAULT,
    }
}

/// Checks that a module is read, or refused with the expected phrase, in any chunks.
fn check(wasm: &[u8], features: Features, expected: Option<&str>) -> Result<(), String> {
    let result = whole(wasm, features);
    for size in [1, 2, 7, 4096] {
        check_chunks(wasm, features, || size);
    }
    check_reader(wasm, features, 1);
    let mut random = Random(wasm.len() as u64 + 1);
    check_chunks(wasm, features, || 1 + random.below(40));
    match (result, expected) {
        (Ok(_), None) => Ok(()),
        (Err(error), Some(phrase)) if error.to_string().starts_with(phrase) => Ok(()),
        (Ok(_), Some(phrase)) => Err(format!("nothing found, but it is {phrase:?}")),
        (Err(error), phrase) => Err(format!("{error}, instead of {phrase:?}")),
    }
}

#[test]
fn binary_modules_of_the_suite() {
    let mut failures = Vec::new();
    let mut counts = [0; 2];
    for file in suite::files() {
        let features = features(file.proposal());
        for form in forms::read(&file.read()) {
            let Some((_, Source::Binary(wasm), phrase)) = form.directive() else { continue };
            let phrase = phrase.map(String::from_utf8_lossy);
            counts[usize::from(phrase.is_some())] += 1;
            if let Err(failure) = check(&wasm, features, phrase.as_deref()) {
                failures.push(format!("{}/{}: {failure}\n  {wasm:02x?}", file.dir, file.name));
            }
        }
    }
    println!("binary modules: {} well-formed, {} malformed", counts[0], counts[1]);
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    assert_eq!(counts, suite::pinned([239, 1258], [153, 938]), "well-formed, malformed");
}
