//! Engines that are linked in agree with the oracle on hundreds of modules. The tests need the
//! features `wasmtime` and `wasmi`.
use std::sync::atomic::AtomicBool;

use wattle_differ::{Plan, Spec};

fn agrees(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = Plan::new(vec![Spec::parse(name).unwrap()], folder.path().join("out"));
    plan.count = Some(300);
    let stats = wattle_differ::run(&plan, &AtomicBool::new(false), &mut ()).unwrap();
    let counts = &stats.engines[name];
    assert_eq!(stats.findings(), 0, "{counts:?}");
    assert!(counts.agreed > 200, "{counts:?}");
}

#[cfg(feature = "wasmtime")]
#[test]
fn cranelift_agrees() {
    agrees("wasmtime");
}

#[cfg(feature = "wasmtime")]
#[test]
fn pulley_agrees() {
    agrees("pulley");
}

#[cfg(feature = "wasmi")]
#[test]
fn wasmi_agrees() {
    agrees("wasmi");
}
