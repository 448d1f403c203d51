//! The deepest inputs on a small stack: nothing recurses on the depth of its input, drop included.

use std::thread;
use std::time::Instant;

use wattle::ast::components::{self, Component, Definition};
use wattle::ast::{
    ArrayType, CompType, FieldType, HeapType, LineIndex, RecGroup, RefType, StorageType,
    StructType, SubType, TypeIdx, ValType,
};
use wattle::printer::Config;
use wattle::validator::{Limits, Validator};
use wattle::{Features, Module, encoder, parser, printer, syntax, validator, wat};

/// The size of the stack in bytes: less than any thread has by default.
const STACK: usize = 256 << 10;

/// The depth of inputs: a recursion with the smallest frames, of 32 bytes, would not fit the stack.
const DEEP: usize = 10_000;

/// Calls `run` on a thread with a small stack.
fn on_a_small_stack(what: &str, run: impl FnOnce() + Send + 'static) {
    let start = Instant::now();
    let thread = thread::Builder::new().stack_size(STACK).spawn(run).unwrap();
    thread.join().unwrap_or_else(|_| panic!("{what}"));
    println!("{what}: {:.1?}", start.elapsed());
}

/// Takes a text through every entry that takes text, and its module, if it is one, through every
/// entry that takes modules.
fn every_entry_of_text(text: &str) {
    let parser = || wat::Parser::new().features(Features::ALL).source_map(true).identifiers(true);
    let recovered = parser().recover(text);
    if let Some(identifiers) = &recovered.identifiers {
        let _ = identifiers.at(text.len() / 2).map(|at| identifiers.uses(at).count());
    }
    drop(recovered);
    let lexed = syntax::Lexer::new(text).count();
    assert!(lexed > 0);
    let _ = wat::looks_like(text.as_bytes());
    let _ = wat::script::embedded(text);
    let (script, errors) = wat::script::recover(text);
    for directive in &script.directives {
        let module = directive.kind.module().and_then(|module| module.parse(&parser()));
        drop(module);
    }
    assert!(script.clone() == script);
    let _ = format!("{script:?}").len();
    drop((script, errors));
    let _ = wattle::script::run(text, wattle::script::Options::default());
    match parser().module(text) {
        Ok(parsed) => every_entry_of_module(&parsed.module),
        Err(errors) => {
            let lines = LineIndex::new(text);
            assert!(
                errors.as_slice().iter().all(|error| lines.line_column(error.span.start).line > 0)
            );
            let _ = errors.to_string();
        }
    }
}

/// Takes a module through every entry that takes modules.
fn every_entry_of_module(module: &Module<'_>) {
    let bytes = encoder::encode(module);
    every_entry_of_bytes(&bytes);
    let styles = [
        Config::new(),
        Config::new().fold(true),
        Config::new().name_unnamed(true).offsets(true).inline_imports_exports(true),
        Config::new().skeleton(true),
    ];
    for style in styles {
        let _ = style.print(module).len();
    }
    let lister = printer::Lister::new(module);
    for func in &module.funcs {
        let _ = lister.expr(func.body.code()).lines.len();
    }
    let owned = module.clone().into_owned();
    assert!(owned == *module);
    let _ = format!("{owned:?}").len();
}

/// Takes a binary through every entry that takes binaries.
fn every_entry_of_bytes(bytes: &[u8]) {
    let all = || parser::Parser::new().features(Features::ALL);
    let events = all().events(bytes).filter(Result::is_ok).count();
    assert!(events > 0);
    let mut reader = parser::EventReader::with_parser(all(), bytes);
    while let Ok(Some(_)) = reader.next() {}
    let Ok(module) = all().module(bytes) else { return };
    let validate = |limits| Validator::new().features(Features::ALL).limits(limits);
    let _ = validate(Limits::JS).module(&module).map_err(|errors| errors.to_string());
    let _ = validator::features_used(&module);
    if let Ok(types) = validate(Limits::NONE).module(&module) {
        let mut registry = validator::Registry::default();
        registry.import(&types).unwrap();
        let ids: Vec<_> = (0..module.types.len() as u32).map(TypeIdx).collect();
        if let [first, .., last] = ids[..] {
            let id = |index| types.type_id(index).unwrap();
            let _ = types.is_subtype(id(last), id(first));
            let _ = types.sub_type(id(last));
        }
        every_entry_of_runtime(module.into_owned());
    }
}

/// Loads a valid module, and instantiates it.
fn every_entry_of_runtime(module: Module<'static>) {
    use wattle::runtime::{Imports, Instance, Module, Store};
    let validator = Validator::new().features(Features::ALL).limits(Limits::NONE);
    let module = Module::from(validator.valid_module(module).unwrap());
    let _ = Instance::new(&mut Store::new(()), &module, &Imports::default());
}

/// Takes a component through every entry that takes components.
fn every_entry_of_component(component: &Component<'_>) {
    let bytes = encoder::encode_component_canonical(component);
    assert_eq!(encoder::encode_component(component), bytes);
    let all = || parser::components::Parser::new().features(Features::ALL);
    let mut stream = encoder::components::Encoder::new();
    for event in all().events(&bytes) {
        stream.event(&event.unwrap());
    }
    assert_eq!(stream.finish(), bytes);
    let mut reader = parser::components::EventReader::with_parser(all(), &bytes[..]);
    while let Ok(Some(_)) = reader.next() {}
    let read = all().component(&bytes).unwrap();
    assert!(read == *component && read.clone().into_owned() == read);
    assert_eq!(encoder::encode_component(&read), bytes);
    let _ = format!("{read:?}").len() + printer::print_component(&read).len();
    // The bottom is malformed, or missing.
    for bytes in [&[&bytes[..], b"\x07"].concat(), &bytes[..bytes.len() - 1]] {
        let error = all().component(bytes).unwrap_err();
        let _ = error.to_string().len();
    }
}

fn nested(before: &str, open: &str, middle: &str, close: &str, after: &str) -> String {
    [before, &open.repeat(DEEP), middle, &close.repeat(DEEP), after].concat()
}

#[test]
fn texts_of_any_depth() {
    for (what, before, open, middle, close, after) in [
        ("blocks", "(module (func ", "block ", "", "end ", "))"),
        (
            "loops with results",
            "(module (func (result i32) ",
            "loop (result i32) ",
            "i32.const 0 ",
            "end ",
            "))",
        ),
        ("ifs", "(module (func ", "i32.const 0 if ", "", "else end ", "))"),
        ("legacy tries", "(module (func ", "try ", "", "catch_all end ", "))"),
        ("try tables", "(module (func ", "try_table ", "", "end ", "))"),
        ("folded blocks", "(module (func ", "(block ", "", ")", "))"),
        ("folded ifs", "(module (func ", "(if (i32.const 0) (then ", "", "))", "))"),
        ("folded tries", "(module (func ", "(try (do ", "", "))", "))"),
        ("folded try tables", "(module (func ", "(try_table (catch_all 0) ", "", ")", "))"),
        ("operands", "(module (func (result i32) ", "(i32.eqz ", "(i32.const 0)", ")", "))"),
        (
            "operands of a global",
            "(module (global i32 ",
            "(i32.add (i32.const 0) ",
            "(i32.const 0)",
            ")",
            "))",
        ),
        ("an initializer", "(module (global i32 ", "i32.const 0 i32.add ", "", "", "))"),
        ("blocks of one name", "(module (func ", "block $a ", "br $a ", "end ", "))"),
        ("blocks that are not closed", "(module (func ", "(block ", "", "", ""),
        ("ends that close nothing", "(module (func ", "", "end ", "end ", "))"),
        ("parentheses", "", "(", "", ")", ""),
        ("parentheses that close nothing", "(module)", "", "", ")", ""),
        ("comments", "(module ", "(; ", "", " ;)", ")"),
        ("annotations", "(module ", "(@a ", "", ")", ")"),
        ("custom annotations", "(module ", "(@custom \"a\" ", "", ")", ")"),
        ("modules", "", "(module ", "", ")", ""),
        ("functions", "(module ", "(func ", "", ")", ")"),
        ("types", "(module ", "(type (func (param ", "", ")))", ")"),
        ("sub", "(module ", "(type (sub ", "", "))", ")"),
        ("rec", "(module ", "(rec ", "", ")", ")"),
        ("references", "(module (type (array ", "(ref ", "", ")", ")))"),
        ("mutable fields", "(module (type (struct (field ", "(mut ", "i32", ")", "))))"),
        ("inline imports", "(module (func ", "(import \"\" \"\") ", "", "", "))"),
        ("inline exports", "(module (func ", "(export \"\") ", "", "", "))"),
        ("offsets", "(module (data ", "(offset ", "", ")", "))"),
        ("items", "(module (elem funcref ", "(item ", "", ")", "))"),
        ("threads", "(module) ", "(thread $a ", "(module)", ")", ""),
        (
            "threads that wait",
            "(module) ",
            "(thread $a (thread $b) (wait $b) ",
            "",
            ")",
            "(wait $a)",
        ),
        ("assertions", "", "(assert_trap ", "(module)", " \"\")", ""),
        ("returns", "(module) ", "(assert_return ", "(invoke \"f\")", ")", ""),
        (
            "choices of results",
            "(module) (assert_return (invoke \"f\") ",
            "(either ",
            "(i32.const 0)",
            ")",
            ")",
        ),
        ("arguments", "(module) (invoke \"f\" ", "(ref.extern ", "0", ")", ")"),
        ("quoted modules", "", "(module quote \"(module quote \" ", "", ")", ""),
        ("definitions", "", "(module definition ", "", ")", ""),
        ("components", "", "(component ", "", ")", ""),
    ] {
        let text = nested(before, open, middle, close, after);
        on_a_small_stack(what, move || every_entry_of_text(&text));
    }
}

#[test]
fn binaries_of_any_depth() {
    // Bodies are not closed, or closed too often, or have a byte without a meaning at the bottom.
    for (what, code) in [
        ("blocks", [&[0x02, 0x40].repeat(DEEP)[..], &[0x0b].repeat(DEEP + 1)].concat()),
        ("blocks that are not closed", [0x02, 0x40].repeat(DEEP)),
        ("ends", [0x0b].repeat(DEEP)),
        (
            "elses",
            [&[0x41, 0, 0x04, 0x40, 0x05].repeat(DEEP)[..], &[0x0b].repeat(DEEP + 1)].concat(),
        ),
        ("a malformed bottom", [&[0x02, 0x40].repeat(DEEP)[..], &[0xff]].concat()),
    ] {
        let mut body = vec![0];
        body.extend(&code);
        let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".to_vec();
        let mut section = vec![1];
        wattle::ast::leb128::write_u32(&mut section, body.len() as u32);
        section.extend(body);
        bytes.push(10);
        wattle::ast::leb128::write_u32(&mut bytes, section.len() as u32);
        bytes.extend(section);
        on_a_small_stack(what, move || {
            every_entry_of_bytes(&bytes);
            if let Ok(module) = parser::parse(&bytes) {
                every_entry_of_module(&module);
            }
        });
    }
}

#[test]
fn components_of_any_depth() {
    for (what, open) in [
        ("components in components", Definition::Component),
        ("types of components", Definition::Type(components::Type::Component)),
        ("types of instances", Definition::Type(components::Type::Instance)),
    ] {
        let component: Component<'_> = core::iter::repeat_n(open, DEEP)
            .chain(core::iter::repeat_n(Definition::End, DEEP))
            .collect();
        on_a_small_stack(what, move || every_entry_of_component(&component));
    }
}

#[test]
fn types_of_any_depth() {
    let count = DEEP as u32;
    let field = |index| FieldType {
        mutable: false,
        storage: StorageType::Val(ValType::Ref(RefType::null(HeapType::Type(TypeIdx(index))))),
    };
    let array = |index| SubType::from(CompType::Array(ArrayType { field: field(index) }));
    let chain = |is_group: bool| Module {
        types: (0..count).map(|index| array(index.saturating_sub(1))).collect(),
        rec_groups: is_group
            .then_some(RecGroup { first: TypeIdx(0), len: count })
            .into_iter()
            .collect(),
        ..Module::default()
    };
    let supertypes = Module {
        types: (0..count)
            .map(|index| SubType {
                is_final: false,
                supertypes: index.checked_sub(1).map(TypeIdx).into_iter().collect(),
                ..SubType::from(CompType::Struct(StructType::default()))
            })
            .collect(),
        ..Module::default()
    };
    for (what, module) in [
        ("each type refers to the one before", chain(false)),
        ("each type of a group refers to the one before", chain(true)),
        ("each type extends the one before", supertypes),
    ] {
        on_a_small_stack(what, move || every_entry_of_module(&module));
    }
}
