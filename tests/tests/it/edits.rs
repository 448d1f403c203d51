//! Edited trees: bytes and text lead back to the same tree, and are valid if the tree is.

use std::iter;

use wattle::ast::{
    Body, DataIdx, ExternType, Features, Func, FuncType, Import, ImportGroup, Instr, MemIdx,
    MemInit, MemType, Module, SectionId, TypeIdx,
};
use wattle::parser::Parser;
use wattle::validator::{Validator, validate};
use wattle::{encoder, printer, wat};
use wattle_tests::features::features;
use wattle_tests::modules::{Expected, modules};
use wattle_tests::suite;

fn text(text: &str) -> Module<'_> {
    wat::parse(text).unwrap()
}

/// The module without the details of its encoding.
fn plain<'a>(module: &Module<'a>) -> Module<'a> {
    Module { encoding: Default::default(), ..module.clone() }
}

/// Checks that bytes and text of a module lead back to it, to the same verdict, and to the same
/// canonical form.
fn check(module: &Module<'_>) -> Result<(), String> {
    let verdict = |module: &Module<'_>| validate(module).map(drop).map_err(|e| e.to_string());
    let bytes = encoder::encode(module);
    let read = Parser::new().module(&bytes).unwrap_or_else(|error| panic!("{error}: {module:?}"));
    let printed = printer::print(module);
    let parsed = text(&printed);
    let canonical = encoder::encode_canonical(module);
    for again in [&read, &parsed, &plain(module), &plain(&read)] {
        assert_eq!(again.types, module.types);
        assert_eq!(again.imports, module.imports);
        assert_eq!(verdict(again).is_ok(), verdict(module).is_ok(), "{printed}");
        assert_eq!(encoder::encode_canonical(again), canonical, "{printed}");
    }
    assert_eq!(wattle::validate(&bytes).is_ok(), verdict(module).is_ok(), "{printed}");
    verdict(module)
}

fn memory_init(module: &mut Module<'_>, data: u32) {
    let zero = || Instr::I32Const { value: 0 };
    let init = Instr::MemoryInit { init: MemInit { data: DataIdx(data), memory: MemIdx(0) } };
    let code = [zero(), zero(), zero(), init, Instr::End].into_iter().collect();
    let ty = TypeIdx(module.types.len() as u32);
    module.types.push(FuncType::new([], []).into());
    module.funcs.push(Func { ty, body: Body::new([], code) });
}

#[test]
fn data_segments_and_instructions_that_name_them_can_be_added() {
    let wasm = wattle::wat2wasm("(module (memory 1) (data (i32.const 0) \"a\"))").unwrap();
    let mut read = wattle::parser::parse(&wasm).unwrap();
    let mut parsed = text("(module (memory 1) (data (i32.const 0) \"a\"))");
    let mut built = Module { memories: vec![MemType::default()].into(), ..Module::default() };
    built.datas = parsed.datas.clone();
    for module in [&mut read, &mut parsed, &mut built] {
        assert!(!module.has_section(SectionId::DataCount));
        memory_init(module, 0);
        assert!(module.has_section(SectionId::DataCount));
        assert_eq!(check(module), Ok(()));
        // An index out of range is invalid, but well-formed.
        memory_init(module, 1);
        assert!(check(module).unwrap_err().starts_with("unknown data segment"));
        module.datas.push(module.datas[0.into()].clone());
        assert_eq!(check(module), Ok(()));
        module.funcs.clear();
        assert_eq!(check(module), Ok(()));
    }
}

#[test]
fn a_data_count_section_that_nobody_needs_goes_through_bytes() {
    let wasm = b"\0asm\x01\0\0\0\x0c\x01\x01\x0b\x04\x01\x01\x01a";
    let module = wattle::parser::parse(wasm).unwrap();
    assert_eq!(encoder::encode(&module), wasm);
    // Text leaves out a data count section that is not needed, since the meaning does not depend
    // on it.
    assert_eq!(printer::print(&module), "(module\n  (data (;0;) \"a\")\n)\n");
    assert_eq!(check(&module), Ok(()));
    // Modules are equal even if their encodings differ.
    assert_eq!(module, text("(module (data \"a\"))"));
}

#[test]
fn bytes_without_a_data_count_section_are_malformed_and_what_is_made_of_them_is_not() {
    let module = text("(module (memory 1) (data \"a\") (func (data.drop 0)))");
    let wasm = encoder::encode(&module);
    let count = [12, 1, 1];
    let at = wasm.windows(3).position(|bytes| bytes == count).unwrap();
    let without = [&wasm[..at], &wasm[at + 3..]].concat();
    let message = wattle::validate(&without).unwrap_err().to_string();
    assert!(message.starts_with("data count section required"), "{message}");
    assert!(wattle::parser::parse(&without).is_err());

    let unchecked = Parser::new().check_bodies(false).module(&without).unwrap();
    assert_eq!(unchecked, module);
    assert_eq!(check(&unchecked), Ok(()));
    assert_eq!(encoder::encode(&unchecked), wasm);
}

/// Each type and each import of a module with groups is removed, and others are added.
#[test]
fn groups_do_not_go_stale() {
    let source = "(module
        (type (func))
        (rec (type $a (struct (field (ref null 2)))) (type $b (struct (field (ref null 1)))))
        (type (func (param (ref null $a))))
        (rec)
        (import \"m\" \"f\" (func (type 0)))
        (import \"n\" (item \"f\" (func (type 0))) (item \"g\" (func (type 3))))
        (import \"o\" (item \"f\") (item \"g\") (func (type 0))))";
    let wasm = wattle::wat2wasm(source).unwrap();
    let module = wattle::parser::parse(&wasm).unwrap();
    assert_eq!((module.rec_groups.len(), module.import_groups.len()), (2, 2));
    let (mut valid, mut invalid) = (0, 0);
    let mut check = |module: &Module<'_>| match check(module) {
        Ok(()) => valid += 1,
        Err(_) => invalid += 1,
    };
    check(&module);
    for at in 0..module.types.len() {
        let mut edited = module.clone();
        edited.types.as_vec_mut().remove(at);
        check(&edited);
        edited.types.truncate(at);
        check(&edited);
        let mut edited = module.clone();
        edited.types.as_vec_mut().insert(at, FuncType::new([], []).into());
        check(&edited);
    }
    let ty = ExternType::Func(TypeIdx(0));
    for at in 0..module.imports.len() {
        let mut edited = module.clone();
        edited.imports.remove(at);
        check(&edited);
        edited.imports.truncate(at);
        check(&edited);
        for name in ["m", "n", "o"] {
            let mut edited = module.clone();
            edited.imports.insert(at, Import { module: name.into(), name: "h".into(), ty });
            check(&edited);
        }
    }
    let mut edited = module.clone();
    edited.rec_groups.reverse();
    edited.import_groups.reverse();
    edited.import_groups.push(ImportGroup { first: 9, len: 9, module: "m".into(), ty: None });
    edited.rec_groups.extend(iter::repeat_n(edited.rec_groups[0], 3));
    check(&edited);
    assert!(valid > 20 && invalid > 5, "{valid} valid, {invalid} invalid");
}

/// The verdict on a module of the suite is the same for its text and for its bytes.
#[test]
fn equal_modules_have_equal_verdicts() {
    let (mut valid, mut invalid) = (0, 0);
    for file in suite::files() {
        let features = features(file);
        let bytes = file.read();
        let Ok(script) = core::str::from_utf8(&bytes) else { continue };
        let Ok(script) = wat::script::parse(script) else { continue };
        let mut found = Vec::new();
        modules(&script.directives, &mut found);
        for (module, expected) in found {
            let parser = wat::Parser::new().features(features);
            let (Some(Ok(parsed)), Expected::Valid | Expected::Invalid(_)) =
                (module.parse(&parser), expected)
            else {
                continue;
            };
            let verdict = |module: &Module<'_>| {
                let verdict = Validator::new().features(features).module(module);
                verdict.map(drop).map_err(|errors| errors.first().kind.clone())
            };
            let bytes = encoder::encode(&parsed.module);
            let read = Parser::new().features(features | Features::ALL).module(&bytes);
            let read = read.unwrap_or_else(|error| panic!("{}: {error}", file.path.display()));
            assert_eq!(read, parsed.module, "{}", file.path.display());
            assert_eq!(verdict(&read), verdict(&parsed.module), "{}", file.path.display());
            match verdict(&read) {
                Ok(()) => valid += 1,
                Err(_) => invalid += 1,
            }
        }
    }
    println!("{valid} valid modules, {invalid} invalid ones");
    assert!(valid > 1000 && invalid > 1000, "{valid} {invalid}");
}
