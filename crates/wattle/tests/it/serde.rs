//! Descriptions of modules as JSON, there and back (feature `serde`).

use serde_json::json;
use wattle::ast::{ExternKind, Features, Import, SubType};

#[test]
fn types_and_imports_come_back() {
    let text = "(module
        (type (sub (struct (field i8) (field (mut (ref null any))))))
        (rec (type $a (sub final 0 (struct (field i8) (field (mut (ref null $b)))))) (type $b (array i64)))
        (type (func (param i32 (ref $a)) (result v128)))
        (import \"m\" \"f\" (func (type 3)))
        (import \"m\" \"t\" (table i64 1 2 funcref))
        (import \"m\" \"m\" (memory 1 2 shared))
        (import \"m\" \"g\" (global (mut externref)))
        (export \"f\" (func 0)))";
    let module = wattle::wat::parse(text).unwrap();
    let types = serde_json::to_value(&*module.types).unwrap();
    let again: Vec<SubType> = serde_json::from_value(types.clone()).unwrap();
    assert_eq!(again, *module.types);
    let reference = json!({ "nullable": false, "heap": { "type": 1 } });
    let func = json!({ "func": { "params": ["i32", { "ref": reference }], "results": ["v128"] } });
    assert_eq!(types[3]["comp"], func);

    let imports = serde_json::to_value(&module.imports).unwrap();
    let again: Vec<Import<'_>> = serde_json::from_value(imports.clone()).unwrap();
    assert_eq!(again, module.imports);
    assert_eq!(imports[0], json!({ "module": "m", "name": "f", "ty": { "func": 3 } }));
    let export = serde_json::to_value(&module.exports[0]).unwrap();
    assert_eq!(export, json!({ "name": "f", "index": { "func": 0 } }));
    assert_eq!(serde_json::to_value(ExternKind::Mem).unwrap(), json!("mem"));
}

#[test]
fn features_are_their_names() {
    let features = Features::MVP | Features::MULTI_MEMORY;
    let value = serde_json::to_value(features).unwrap();
    assert_eq!(value, json!(["mvp", "multi-memory"]));
    assert_eq!(serde_json::from_value::<Features>(value).unwrap(), features);
    let error = serde_json::from_value::<Features>(json!(["nonsense"])).unwrap_err();
    assert_eq!(error.to_string(), "unknown feature nonsense");
}
