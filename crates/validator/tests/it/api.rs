//! The results of the validator beside yes and no: places, types, features to enable, canonical
//! types, limits, streams and threads.

use pretty_assertions::assert_eq;
use wattle_ast::{
    AbsHeapType, Body, Encode, Expr, ExternIdx, Feature, Features, FuncIdx, Global, GlobalType,
    HeapType, Item, ItemKind, Module, Opcode, RecGroup, RefType, TypeIdx, ValType,
};
use wattle_validator::{
    ErrorKind, Errors, FuncValidator, Limits, Registry, Types, Validator, Verdict, body_chunks,
    features_used, validate,
};

fn parse(text: &str) -> Module<'_> {
    wattle_wat::parse(text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn errors(text: &str) -> Errors {
    validate(&parse(text)).unwrap_err()
}

/// The first error of a module.
fn message(text: &str) -> String {
    errors(text).first().to_string()
}

#[test]
fn errors_say_where_and_what() {
    let errors = errors(
        "(module (func $f (param $x i64) (result i32)
           (block (result i32) (f32.const 0) (i32.const 1) (local.get $x) (i32.add))))",
    );
    let error = errors.first();
    assert_eq!(
        error.to_string(),
        "type mismatch: instruction requires [i32 i32] but stack has [i32 i64] \
         in func 0 `$f`, instr 4 `i32.add`",
    );
    let instr = error.path.instr.unwrap();
    assert_eq!((instr.index, instr.offset, instr.opcode), (4, 11, Some(Opcode::I32Add)));
    let shown: Vec<_> = error.operands.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["f32", "i32", "i64"]);
    assert_eq!(error.enable, None);
}

#[test]
fn types_in_errors_are_the_modules_own() {
    assert_eq!(
        message(
            "(module (type $a (struct)) (type $b (sub (struct (field i32)))) (type $b2 (struct))
               (func (param (ref null $b)) (result (ref $a)) (local.get 0)))",
        ),
        "type mismatch: at the end of func 0: it returns [(ref 0)], the stack has [(ref null 1)] \
         in func 0, instr 1 `end`",
    );
}

#[test]
fn every_body_has_its_error_and_the_count_is_limited() {
    let text = format!("(module {})", "(func (drop)) (func)".repeat(30));
    let module = parse(&text);
    let all = Validator::new().max_errors(100).module(&module).unwrap_err();
    let funcs: Vec<_> = all.iter().filter_map(|error| error.path.item).collect();
    let expected: Vec<_> = (0..30).map(|n| (ItemKind::Func, 2 * n)).collect();
    assert_eq!(funcs, expected);
    assert_eq!(validate(&module).unwrap_err().iter().count(), 20);
    assert_eq!(Validator::new().max_errors(1).module(&module).unwrap_err().iter().count(), 1);
}

#[test]
fn a_broken_index_space_makes_no_cascade() {
    let errors = errors("(module (import \"m\" \"f\" (func (type 7))) (func (call 0)) (start 1))");
    assert_eq!(errors.to_string(), "unknown type 7 (there is 1 type) in import 0");
}

#[test]
fn no_feature_is_named_where_none_helps() {
    // A function with `memory.init`, and no data count section.
    let mut wasm =
        Vec::from(b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01");
    wasm.extend(b"\x0a\x0e\x01\x0c\0\x41\0\x41\0\x41\0\xfc\x08\0\0\x0b\x0b\x04\x01\x01\x01x");
    let parser = wattle_parser::Parser::new().check_bodies(false);
    let errors = Validator::new().events(parser.events(&wasm), None).unwrap().unwrap_err();
    assert_eq!(
        errors.to_string(),
        "data count section required at offset 0x22 in func 0, instr 3 `memory.init`"
    );
}

#[test]
fn what_is_not_enabled_is_named() {
    let cases = [
        ("(module (memory 1) (memory 1))", "multiple memories", Feature::MultiMemory),
        (
            "(module (table 1 funcref) (table 1 funcref))",
            "multiple tables",
            Feature::ReferenceTypes,
        ),
        (
            "(module (func (result i32 i32) unreachable))",
            "invalid result arity",
            Feature::MultiValue,
        ),
        (
            "(module (func (drop (i32.extend8_s (i32.const 0)))))",
            "illegal opcode",
            Feature::SignExtension,
        ),
        ("(module (func (param v128)))", "malformed number type", Feature::Simd),
        ("(module (func (param externref)))", "malformed reference type", Feature::ReferenceTypes),
        ("(module (type (struct)))", "malformed definition type", Feature::Gc),
        ("(module (memory i64 1))", "malformed limits flags", Feature::Memory64),
        ("(module (memory 1 1 shared))", "malformed limits flags", Feature::Threads),
        (
            "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))",
            "constant expression required",
            Feature::ExtendedConst,
        ),
    ];
    for (text, phrase, feature) in cases {
        let module = parse(text);
        let errors = Validator::new().features(Features::WASM1).module(&module).unwrap_err();
        assert_eq!(errors.first().enable, Some(feature), "{errors}");
        let message = errors.first().to_string();
        assert!(message.starts_with(phrase), "{message}");
        assert!(message.contains(&format!("({feature} is not enabled)")), "{message}");
        let used: Vec<_> = features_used(&module).into_iter().map(|(feature, _)| feature).collect();
        assert!(used.contains(&feature), "{used:?} for {text}");
    }
}

#[test]
fn limits_are_not_the_rules() {
    let text = format!("(module (func (local {})))", "i32 ".repeat(50_001));
    let module = parse(&text);
    assert_eq!(
        validate(&module).unwrap_err().to_string(),
        "too many locals: at most 50000 in func 0",
    );
    assert!(Validator::new().limits(Limits::NONE).module(&module).is_ok());
    let tight = Limits { funcs: 0, ..Limits::JS };
    let errors = Validator::new().limits(tight).module(&module).unwrap_err();
    assert_eq!(errors.to_string(), "too many functions: at most 0 in func 0");
}

const SHAPES: &str = "(module
    (rec (type $a (sub (struct (field (ref null $b))))) (type $b (sub $a (struct (field (ref null $b)) (field i32)))))
    (rec (type $c (sub (struct (field (ref null $d))))) (type $d (sub $c (struct (field (ref null $d)) (field i32)))))
    (type $f (func (param (ref $d))))
    (import \"m\" \"f\" (func (type $f)))
    (global (export \"g\") (mut (ref null $a)) (ref.null none)))";

fn ids(types: &Types) -> Vec<usize> {
    (0..5).map(|index| types.type_id(TypeIdx(index)).unwrap().index()).collect()
}

#[test]
fn equal_types_have_equal_ids_in_all_modules_of_a_registry() {
    let module = parse(SHAPES);
    let types = validate(&module).unwrap();
    assert_eq!(ids(&types), [0, 1, 0, 1, 2]);
    let [a, b, f] = [0, 1, 4].map(|index| types.type_id(TypeIdx(index)).unwrap());
    assert!(types.is_subtype(b, a) && !types.is_subtype(a, b));
    assert_eq!(types.func(FuncIdx(0)), Some(f));
    assert_eq!((types.group(b), types.group(f)), (a, f));
    assert_eq!(types.sub_type(b).as_ref(), Some(&module.types[1.into()]));
    let ExternIdx::Global(global) = module.exports[0].index else { panic!() };
    assert_eq!(types.global(global), Some(module.globals[0.into()].ty));

    let other = parse("(module (type (func)) (type (func (param i64))))");
    let with = |registry: &std::sync::Arc<Registry>| {
        Validator::new().registry(registry.clone()).module(&other).unwrap()
    };
    let second = with(types.registry());
    assert_eq!(second.type_id(TypeIdx(0)).unwrap().index(), 3);
    assert_eq!(second.registry().len(), 5);
    let third = Validator::new().registry(second.registry().clone()).module(&module).unwrap();
    assert_eq!(ids(&third), ids(&types));
    assert_eq!(third.registry().len(), 5);
}

#[test]
fn bodies_can_be_checked_on_any_thread() {
    let text = format!("(module {})", "(func (result i32) (i32.const 1))".repeat(1_000));
    let module = parse(&text);
    let types = Validator::new().declarations(&module).unwrap();
    let chunks = body_chunks(&module, 4);
    assert_eq!(chunks.len(), 4);
    let (types, module) = (&types, &module);
    std::thread::scope(|scope| {
        for chunk in chunks {
            scope.spawn(move || {
                let mut validator = FuncValidator::default();
                for index in chunk {
                    let func = FuncIdx(index as u32);
                    validator.body(types, func, &module.funcs[(index as u32).into()].body).unwrap();
                }
            });
        }
    });
}

#[test]
fn a_stream_hands_bodies_out_and_tells_offsets() {
    let bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x05\x01\x03\0\x1a\x0b";
    let mut validator = Validator::new().defer_bodies(true);
    let mut failed = Vec::new();
    for event in wattle_parser::events(bytes) {
        let event = event.unwrap();
        match validator.event(&event).unwrap() {
            Verdict::Body(func) => {
                let wattle_ast::Item::Body(body) = &event.item else { panic!() };
                let outcome = func.validate(&mut FuncValidator::default(), body);
                failed.push(outcome.unwrap_err());
            }
            Verdict::Valid => {}
            Verdict::Skipped => panic!(),
        }
    }
    assert!(validator.finish().is_ok());
    assert_eq!(
        failed[0].to_string(),
        "type mismatch: instruction requires [any] but stack has [] \
         at offset 0x17 in func 0, instr 0 `drop`",
    );
    assert_eq!(bytes[0x17], 0x1a);
    let module = wattle_parser::parse(bytes).unwrap();
    assert_eq!(validate(&module).unwrap_err().first(), &failed[0]);
}

#[test]
fn missing_bodies_are_malformed() {
    let module = parse("(module (func))");
    let mut validator = Validator::new();
    for item in module.items().filter(|item| !matches!(item, wattle_ast::Item::Body(_))) {
        let _ = validator.item(&item).unwrap();
    }
    let errors = validator.finish().unwrap_err();
    assert!(errors.first().is_malformed());
    assert_eq!(errors.to_string(), "function and code section have inconsistent lengths");
}

#[test]
fn malformed_code_is_told_from_invalid_code() {
    let mut module = parse("(module (func))");
    let malformed: [(&[u8], &str); 5] = [
        (&[0x0b, 0x01], "END opcode expected"),
        (&[0x01], "unexpected end of section or function"),
        (&[0x05, 0x0b], "END opcode expected"),
        (&[0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0b], "integer representation too long"),
        (&[0xff, 0x0b], "illegal opcode"),
    ];
    for (code, phrase) in malformed {
        let body = [&[0], code].concat();
        module.funcs[0.into()].body = wattle_ast::Body::from_bytes(body).unwrap();
        let errors = validate(&module).unwrap_err();
        assert!(
            errors.first().is_malformed() && errors.to_string().starts_with(phrase),
            "{errors}"
        );
    }
}

#[test]
fn numbers_are_checked_as_other_constants_are() {
    let verdict = |ty, init: &[u8]| {
        let mut module = Module::default();
        let ty = GlobalType { val: ty, mutable: false };
        module.globals.push(Global { ty, init: Expr::new(init) });
        validate(&module).map(drop).map_err(|errors| errors.first().kind.to_string())
    };
    for (ty, init) in [
        (ValType::I32, &b"\x41\x80\x80\0\x0b"[..]),
        (ValType::I64, b"\x42\x7f\x0b"),
        (ValType::F32, b"\x43\0\0\0\0\x0b"),
        (ValType::F64, b"\x44\0\0\0\0\0\0\0\0\x0b"),
    ] {
        assert_eq!(verdict(ty, init), Ok(()), "{init:?}");
        let other = if ty == ValType::I32 { ValType::I64 } else { ValType::I32 };
        let surplus = [init, b"\x0b"].concat();
        let second = [&init[..init.len() - 1], init].concat();
        for (ty, init, phrase) in [
            (other, init, "type mismatch"),
            (ty, &init[..init.len() - 1], "unexpected end"),
            (ty, &init[..1], "unexpected end"),
            (ty, &surplus, "END opcode expected"),
            (ty, &second, "type mismatch"),
        ] {
            let error = verdict(ty, init).unwrap_err();
            assert!(error.starts_with(phrase), "{init:?}: {error}");
        }
    }
    let too_long = verdict(ValType::I32, b"\x41\x80\x80\x80\x80\x80\0\x0b").unwrap_err();
    assert!(too_long.starts_with("integer representation too long"), "{too_long}");
}

#[test]
fn value_types_of_a_module_match_as_declared() {
    let module = parse(SHAPES);
    let types = validate(&module).unwrap();
    let defined = |index| HeapType::Type(TypeIdx(index));
    let a = ValType::Ref(RefType::non_null(defined(0)));
    let b = ValType::Ref(RefType::null(defined(1)));
    let eq = ValType::Ref(RefType::null(HeapType::Abs(AbsHeapType::Eq)));
    assert!(types.matches(a, eq) && types.matches(b, eq) && !types.matches(eq, a));
    assert!(!types.matches(b, a) && types.matches(ValType::I32, ValType::I32));
}

/// Only instructions of unsupported proposals lack a rule. The first error says so.
#[test]
fn every_instruction_has_a_rule() {
    let mut module = parse("(module (func))");
    for &opcode in Opcode::ALL {
        let mut body = vec![0];
        opcode.encode(&mut body);
        body.extend([0; 20]);
        module.funcs[0.into()].body = Body::from_bytes(body).unwrap();
        let errors = Validator::new().features(Features::ALL).module(&module).unwrap_err();
        let is_missing = matches!(errors.first().kind, ErrorKind::Unsupported(_));
        let awaits = [Feature::CustomDescriptors, Feature::StackSwitching];
        assert_eq!(is_missing, awaits.contains(&opcode.feature()), "{opcode}: {errors}");
    }
}

/// An unreachable `select` leaves a value of any type, even at the end of a block without results.
#[test]
fn a_value_of_any_type_is_a_value() {
    for text in [
        "(module (func (result i64) (block unreachable select)))",
        "(module (func (result i64) (loop unreachable select)))",
        "(module (func (result i64) (if (i32.const 1) (then unreachable select) (else))))",
        "(module (func (if (i32.const 1) (then unreachable select) (else))))",
        "(module (func (result i64) (if (i32.const 1) (then) (else unreachable select))))",
    ] {
        assert!(message(text).starts_with("type mismatch"), "{text}");
    }
    let text = "(module (func (result i64) (block (result i64) unreachable select)))";
    assert!(validate(&parse(text)).is_ok());
}

/// A group that has fewer types in the tree than it should is left out, by the encoder as well.
#[test]
fn a_group_of_a_tree_that_lacks_types_is_left_out() {
    let mut module = parse("(module (rec (type (func)) (type (func))))");
    module.rec_groups[0].len = 3;
    assert!(validate(&module).is_ok());
    let bytes = wattle_encoder::encode(&module);
    assert_eq!(wattle_parser::parse(&bytes).unwrap().rec_groups, []);
}

#[test]
fn a_group_of_a_stream_that_lacks_types_is_malformed() {
    let module = parse("(module (rec (type (func)) (type (func))))");
    let mut stream = Validator::new();
    for item in module.items() {
        let _ = stream
            .item(&match item {
                Item::RecGroup(group) => Item::RecGroup(RecGroup { len: 3, ..group }),
                other => other,
            })
            .unwrap();
    }
    assert!(stream.finish().unwrap_err().first().is_malformed());
}

#[test]
fn what_is_left_at_an_end_is_counted() {
    let message = |text: &str| {
        let module = parse(text);
        validate(&module).unwrap_err().first().reason()
    };
    for (text, expected) in [
        (
            "(func $f (result i32) i32.const 1 i32.const 2)",
            "1 value too many at the end of func `$f`: it returns [i32], the stack has [i32 i32]",
        ),
        (
            "(func i32.const 1 i64.const 2)",
            "2 values too many at the end of func 0: it returns [], the stack has [i32 i64]",
        ),
        (
            "(func $f (result i32 i64) i32.const 1)",
            "1 value is missing at the end of func `$f`: it returns [i32 i64], the stack has [i32]",
        ),
        (
            "(func $f (result i32 i64))",
            "2 values are missing at the end of func `$f`: it returns [i32 i64], the stack has []",
        ),
        (
            "(func (result i32) i64.const 1)",
            "at the end of func 0: it returns [i32], the stack has [i64]",
        ),
        (
            "(func block i32.const 1 end)",
            "block requires [] but stack has [i32], 1 value too many at the end of the block",
        ),
        (
            "(func (if (result i32) (i32.const 0) (then) (else (i32.const 1))) drop)",
            "instruction requires [i32] but stack has [], 1 value is missing at the end of the block",
        ),
        (
            "(global i32 (i32.const 1) (i32.const 2))",
            "1 value too many at the end of the expression: it must leave [i32], the stack has \
             [i32 i32]",
        ),
        ("(func drop)", "instruction requires [any] but stack has []"),
    ] {
        assert_eq!(message(text), format!("type mismatch: {expected}"), "{text}");
    }
    let many = message(&format!("(func {})", "i32.const 1 ".repeat(100_000)));
    assert!(many.starts_with("type mismatch: 100000 values too many"), "{many}");
    assert!(many.len() < 400, "{many}");
}
