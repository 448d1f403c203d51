//! Features that are off by default.

use wattle::{Features, encoder, validate, wasm2wat, wat, wat2wasm};

#[test]
fn every_direction_refuses_a_feature_that_is_off_by_default() {
    let text = "(module (type (struct)) (func unreachable (ref.get_desc 0) drop))";
    let parser = wat::Parser::new().features(Features::ALL);
    let wasm = encoder::encode(&parser.module(text).unwrap().module);
    for error in [
        wat2wasm(text).unwrap_err(),
        wasm2wat(&wasm).unwrap_err(),
        validate(&wasm).map(drop).unwrap_err(),
    ] {
        let message = error.to_string();
        assert!(message.contains("custom-descriptors is not enabled"), "{message}");
    }
}
