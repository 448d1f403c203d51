//! The features that the encoding of a module needs, whatever the module means.

use wattle_ast::{Feature, Features};
use wattle_validator::{Validator, features_used};

/// Returns a module with a function type `() -> ()` and sections between it and its end.
fn binary(sections: &[&[u8]]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0", &sections.concat()[..]].concat()
}

/// Returns a function section for one function, and its body.
fn function(before_code: &[&[u8]], code: &[u8]) -> Vec<u8> {
    let len = code.len() as u8;
    let body = [&[0x0a, len + 4, 1, len + 2, 0], code, b"\x0b"].concat();
    binary(&[b"\x03\x02\x01\0", &before_code.concat(), &body])
}

/// Encodings that a feature added for constructs of earlier versions. Each is in a module that is
/// valid with that feature, and not without it.
#[test]
fn encodings_need_their_features() {
    const MEMORY: &[u8] = b"\x05\x03\x01\0\x01";
    const TABLE: &[u8] = b"\x04\x04\x01\x70\0\x01";
    let bulk = Features::WASM1 | Features::BULK_MEMORY;
    let cases: Vec<(&str, Vec<u8>, Features, Feature, &str)> = vec![
        (
            "the memory of memory.size in two bytes",
            function(&[MEMORY], b"\x3f\x80\0\x1a"),
            Features::WASM1,
            Feature::MultiMemory,
            "zero byte expected",
        ),
        (
            "the memory of memory.grow in two bytes",
            function(&[MEMORY], b"\x41\0\x40\x80\0\x1a"),
            Features::WASM1,
            Feature::MultiMemory,
            "zero byte expected",
        ),
        (
            "the memory of memory.fill in two bytes",
            function(&[MEMORY], b"\x41\0\x41\0\x41\0\xfc\x0b\x80\0"),
            bulk,
            Feature::MultiMemory,
            "zero byte expected",
        ),
        (
            "a memory of memory.copy in two bytes",
            function(&[MEMORY], b"\x41\0\x41\0\x41\0\xfc\x0a\0\x80\0"),
            bulk,
            Feature::MultiMemory,
            "zero byte expected",
        ),
        (
            "an access that names its memory",
            function(&[MEMORY], b"\x41\0\x28\x42\0\0\x1a"),
            Features::WASM1,
            Feature::MultiMemory,
            "malformed memop flags",
        ),
        (
            "an offset in six bytes",
            function(&[MEMORY], b"\x41\0\x28\x02\x80\x80\x80\x80\x80\0\x1a"),
            Features::WASM1,
            Feature::Memory64,
            "integer representation too long",
        ),
        (
            "limits in six bytes",
            binary(&[b"\x05\x08\x01\0\x80\x80\x80\x80\x80\0"]),
            Features::WASM1,
            Feature::Memory64,
            "integer representation too long",
        ),
        (
            "the table of call_indirect in two bytes",
            function(&[TABLE], b"\x41\0\x11\0\x80\0"),
            Features::WASM1,
            Feature::ReferenceTypes,
            "zero byte expected",
        ),
        (
            "a table of table.copy in two bytes",
            function(&[TABLE], b"\x41\0\x41\0\x41\0\xfc\x0e\x80\0\0"),
            bulk,
            Feature::ReferenceTypes,
            "zero byte expected",
        ),
        (
            "a data segment that names its memory",
            binary(&[MEMORY, b"\x0b\x07\x01\x02\0\x41\0\x0b\0"]),
            Features::WASM1,
            Feature::BulkMemory,
            "malformed data segment kind",
        ),
        (
            "an element segment that names its table",
            binary(&[TABLE, b"\x09\x08\x01\x02\0\x41\0\x0b\0\0"]),
            Features::WASM1,
            Feature::BulkMemory,
            "malformed elements segment kind",
        ),
        (
            "an element segment of expressions",
            binary(&[TABLE, b"\x09\x06\x01\x04\x41\0\x0b\0"]),
            Features::WASM1,
            Feature::BulkMemory,
            "malformed elements segment kind",
        ),
        (
            "funcref in two bytes",
            binary(&[b"\x04\x05\x01\x63\x70\0\x01"]),
            Features::WASM2,
            Feature::FunctionReferences,
            "malformed reference type",
        ),
        (
            "a block of funcref in two bytes",
            function(&[], b"\x02\x63\x70\0\x0b\x1a"),
            Features::WASM2,
            Feature::FunctionReferences,
            "malformed reference type",
        ),
        (
            "a final type without supertypes",
            b"\0asm\x01\0\0\0\x01\x06\x01\x4f\0\x60\0\0".to_vec(),
            Features::WASM2,
            Feature::Gc,
            "malformed definition type",
        ),
    ];
    for (what, bytes, without, feature, phrase) in cases {
        let parser = wattle_parser::Parser::new();
        let with = (without | feature.into()).with_implied();
        for check_bodies in [true, false] {
            let verdict = |features| {
                let parser = parser.clone().features(features).check_bodies(check_bodies);
                let validator = Validator::new().features(features);
                validator.events(parser.events(&bytes), None).map_err(|error| error.to_string())
            };
            let message = match verdict(without) {
                Ok(Ok(_)) => panic!("{what}: valid"),
                Ok(Err(errors)) => errors.first().to_string(),
                Err(error) => error,
            };
            assert!(message.starts_with(phrase), "{what}: {message}");
            assert!(message.contains(&format!("({feature} is not enabled)")), "{what}: {message}");
            assert!(matches!(verdict(with), Ok(Ok(_))), "{what}: {:?}", verdict(with).map(drop));
        }
        let module = parser.features(Features::ALL).module(&bytes).unwrap();
        let used: Vec<_> = features_used(&module).into_iter().map(|(feature, _)| feature).collect();
        assert!(used.contains(&feature), "{what}: {used:?}");
        let used: Features = used.into_iter().collect();
        assert!((with | Features::MVP).contains_all(used), "{what}: {used:?}");
    }
}

#[test]
fn the_first_place_of_an_encoding_counts() {
    // The second of two memories has 64-bit addresses; the limits of the first are in six bytes.
    let bytes = binary(&[b"\x05\x0a\x02\0\x80\x80\x80\x80\x80\0\x04\0"]);
    let module = wattle_parser::Parser::new().features(Features::ALL).module(&bytes).unwrap();
    let places: Vec<_> = features_used(&module)
        .into_iter()
        .map(|(feature, place)| (feature, place.to_string()))
        .collect();
    let expected =
        [(Feature::MultiMemory, "memory 1".into()), (Feature::Memory64, "memory 0".into())];
    assert_eq!(places, expected);
    // After the module changes, its original encoding tells nothing.
    let mut changed = module.clone();
    changed.memories.truncate(1);
    assert_eq!(features_used(&changed), []);
}
