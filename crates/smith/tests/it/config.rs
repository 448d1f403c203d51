//! Modules satisfy the requests of their configuration, and stay within its limits.

use wattle_ast::{ExternIdx, ExternType, Features, MemType};
use wattle_smith::{Config, from_seed};
use wattle_validator::Validator;

#[test]
fn imports_and_exports_that_are_asked_for() {
    let json = r#"{
        "features": "wasm2,threads",
        "imports": [
            { "module": "env", "name": "log", "type": { "func": { "params": ["i32", "externref"] } },
              "required": true },
            { "module": "env", "name": "seed", "type": { "global": { "ty": "i64" } } }
        ],
        "exports": [
            { "name": "main", "type": { "func": { "params": ["f64"], "results": ["i32", "i32"] } } },
            { "name": "memory", "type": { "memory": { "min": 1, "max": 2 } } },
            { "name": "table", "type": { "table": { "min": 10 } } },
            { "name": "count", "type": { "global": { "ty": "i32", "mutable": true } } }
        ],
        "max_memories": 0,
        "export_all": false
    }"#;
    let config: Config = serde_json::from_str(json).unwrap();
    let again: Config = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
    assert_eq!(config, again);
    let mut optional = 0;
    for seed in 0..300 {
        let generated = from_seed(&config, seed);
        let module = &generated.module;
        let valid = Validator::new().features(generated.features).module(module);
        assert!(valid.is_ok(), "seed {seed}: {}", valid.unwrap_err());
        assert!((1..=2).contains(&module.imports.len()));
        assert_eq!(module.imports[0].name, "log");
        optional += module.imports.len() - 1;
        let names: Vec<&str> = module.exports.iter().map(|export| &*export.name).collect();
        assert_eq!(names, ["main", "memory", "table", "count", "fuel"], "seed {seed}");
        let memory: MemType = module.memories[0.into()];
        assert_eq!((memory.limits.min, memory.limits.max), (1, Some(2)));
    }
    assert!((50..250).contains(&optional));
}

#[test]
fn sizes_are_kept() {
    let config = Config {
        max_imports: 2,
        max_funcs: 3,
        max_globals: 1,
        max_memories: 1,
        max_datas: 1,
        features: Features::WASM1,
        ..Config::default()
    };
    for seed in 0..500 {
        let module = from_seed(&config, seed).module;
        assert!(module.imports.len() <= 2);
        assert!((1..=3).contains(&module.funcs.len()));
        assert!(module.globals.len() <= 2 && module.datas.len() <= 1 && module.memories.len() <= 1);
        let plain = |ty: &ExternType| !matches!(ty, ExternType::Tag(_));
        assert!(module.imports.iter().all(|import| plain(&import.ty)));
        let exported = module.exports.iter().filter(|e| matches!(e.index, ExternIdx::Func(_)));
        assert!(exported.count() >= module.funcs.len());
    }
}

#[test]
fn a_single_instruction_with_its_operands_is_a_function() {
    let config = Config { single_instruction: true, max_funcs: 50, ..Config::default() };
    let lens = (0..100).flat_map(|seed| {
        let module = from_seed(&config, seed).module;
        module.funcs.iter().map(|func| func.body.instrs().count()).collect::<Vec<_>>()
    });
    let lens: Vec<usize> = lens.collect();
    let mean = lens.iter().sum::<usize>() / lens.len();
    assert!(mean < 16, "{mean} instructions a function");
}
