//! Planted faults: a small run of the binary `faults`.

use wattle_fuzz::faults::{Source, noticed};
use wattle_fuzz::lockstep::Subject;
use wattle_runtime::Fault;

#[test]
fn a_module_gives_the_same_transcript_again() {
    for source in [Source::Wattle, Source::WasmSmith] {
        for number in 1..=100 {
            let subject = source.module(number, number).and_then(Subject::new);
            assert!(
                subject.is_none_or(|subject| subject.run() == subject.run()),
                "{source:?} {number}"
            );
        }
    }
}

#[test]
fn most_faults_are_noticed_by_300_modules() {
    let found = noticed(Source::Wattle, Fault::ALL, 1, 300);
    assert!(found.first.len() >= 25, "{:?}", found.first);
}
