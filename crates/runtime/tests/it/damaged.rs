//! A test that bodies that were not validated end in an error or a wrong result, not in a panic or
//! an endless loop.

use wattle_ast::Body;
use wattle_runtime::{Config, Extern, Imports, Instance, Limits, Module, Outcome, Store, Value};
use wattle_tests::suite;
use wattle_wat::script::{self, DirectiveKind};

fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = (*seed ^ *seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// Instantiates a module, with `bodies` in place of its own bodies, and calls all its exports.
fn execute(module: &Module, bodies: &[Body<'_>]) -> usize {
    module.translate_unvalidated(bodies);
    let limits = Limits { bytes: 2 << 20, call_depth: 100, ..Limits::default() };
    let config = Config { limits, fuel: Some(10_000), ..Config::default() };
    let mut store = Store::with_config((), config);
    let Ok(instance) = Instance::new(&mut store, module, &Imports::default()) else { return 0 };
    let mut calls = 0;
    for (_, export) in instance.exports(&store) {
        let Extern::Func(func) = export else { continue };
        let Ok(ty) = func.ty(&store) else { continue };
        let Some(arguments) =
            ty.params().iter().map(|&ty| Value::default_of(ty)).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        store.set_fuel(Some(5_000));
        if let Ok(Outcome::Done(values)) = func.start(&mut store, &arguments) {
            let _ = format!("{values:?}");
        }
        calls += 1;
    }
    calls
}

#[test]
fn bodies_with_wrong_bytes() {
    let mut seed = 1;
    let mut calls = 0;
    for file in suite::files().iter().filter(|file| file.dir.starts_with("core")) {
        let source = file.read();
        let Ok(script) = script::parse(&source) else { continue };
        for directive in &script.directives {
            let DirectiveKind::Module(module) = &directive.kind else { continue };
            let Some(Ok(parsed)) = module.parse(&wattle_wat::Parser::new()) else { continue };
            if !random(&mut seed).is_multiple_of(4) || parsed.module.funcs.len() > 200 {
                continue;
            }
            let mut tree = parsed.module.into_owned();
            tree.start = None;
            let Ok(module) = Module::new(tree) else { continue };
            let damaged = module.ast().funcs.iter().map(|func| {
                let mut bytes = func.body.bytes().to_vec();
                let code = func.body.code_offset();
                for _ in 0..1 + random(&mut seed) % 3 {
                    let at = code + random(&mut seed) as usize % (bytes.len() - code);
                    bytes[at] = random(&mut seed) as u8;
                }
                Body::from_bytes(bytes).unwrap_or_else(|_| func.body.clone())
            });
            calls += execute(&module, &damaged.collect::<Vec<_>>());
        }
    }
    assert!(calls > 1_000, "{calls}");
}
