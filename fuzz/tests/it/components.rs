//! Components that the peer has made from text are read and written unchanged; components of the
//! builder are validated by the peer.

use wasmparser::{Validator, WasmFeatures};
use wattle::Features;
use wattle::ast::components::{
    Canon, CanonOpt, Component, Counts, Definition, ExternDesc, ExternName, PrimType, SortIdx,
    Type, TypeBound, ValType,
};
use wattle::ast::{
    ComponentFuncIdx, ComponentTypeIdx, ExternType, FuncIdx, FuncType, Instr, Limits, MemIdx,
    MemType,
};
use wattle::encoder::components::Encoder;
use wattle::encoder::{
    ComponentBuilder, ModuleBuilder, encode_component, encode_component_canonical,
};
use wattle::parser::components::{EventReader, Parser};
use wattle_tests::{components, suite};

fn is_valid(bytes: &[u8]) -> Result<(), wasmparser::BinaryReaderError> {
    Validator::new_with_features(WasmFeatures::all()).validate_all(bytes).map(|_| ())
}

fn all() -> Parser {
    Parser::new().features(Features::ALL)
}

/// Checks the properties of the bytes of a component.
fn check(bytes: &[u8]) -> Result<(), String> {
    let component = all().component(bytes).map_err(|error| error.to_string())?;
    assert!(encode_component(&component) == bytes, "written byte for byte");
    let canonical = encode_component_canonical(&component);
    assert!(all().component(&canonical).as_ref() == Ok(&component), "the canonical form");
    let mut stream = Encoder::new();
    for event in all().events(bytes) {
        stream.event(&event.unwrap());
    }
    assert!(stream.finish() == bytes, "as a stream");
    let read = EventReader::with_parser(all(), bytes).component().unwrap();
    assert!(read == component, "from a reader");
    // A component that the peer refuses, for instance for a reference to an unknown index, can
    // still be well-formed.
    if is_valid(bytes).is_ok() {
        is_valid(&canonical).unwrap();
        check_uses(&component);
    }
    Ok(())
}

/// Checks that a valid component refers only to earlier definitions of the current scope.
fn check_uses(component: &Component<'_>) {
    let mut scopes = vec![Counts::default()];
    for definition in &component.definitions {
        if *definition == Definition::End {
            scopes.pop();
            continue;
        }
        let here = scopes.last_mut().unwrap();
        definition.uses(|index| {
            let number = here.len(index.sort());
            assert!(index.number() < number, "{index:?} of {number}: {definition:?}");
        });
        here.add(definition);
        scopes.extend(definition.opens().map(|_| Counts::default()));
    }
}

/// The words of texts that the peer writes in another format.
const OTHER_FORMATS: [&str; 4] = ["(value", "thread.spawn", "parallelism", "shared"];

#[test]
fn components_from_texts_are_read_and_written_byte_for_byte() {
    let read = |path: &std::path::PathBuf| std::fs::read(path).unwrap();
    let scripts = suite::component_files().iter().flat_map(|path| components::texts(&read(path)));
    let files = components::texts_of_wit_component();
    let texts = scripts.chain(files.iter().map(|path| std::fs::read_to_string(path).unwrap()));
    let (mut done, mut refused, mut other_format) = (0, 0, 0);
    for text in texts {
        let Ok(bytes) = wat::parse_str(&text) else {
            refused += 1;
            continue;
        };
        match check(&bytes) {
            Ok(()) => done += 1,
            // The peer leaves out the byte before the type of a value and the byte that says
            // whether a thread is shared. It also knows shared references, which Wattle does not.
            Err(_) if OTHER_FORMATS.iter().any(|it| text.contains(it)) => other_format += 1,
            Err(error) => panic!("{error}: {text}"),
        }
    }
    assert_eq!((done, refused, other_format), (1909, 8, 29));
}

#[test]
fn what_the_builder_makes_is_valid() {
    let mut module = ModuleBuilder::new();
    let limits = Limits { min: 1, ..Limits::default() };
    let memory = module.memory(MemType { limits, ..MemType::default() });
    let i32 = wattle::ast::ValType::I32;
    let ty = module.ty([i32; 4], [i32]);
    let realloc = module.func(ty, |f| {
        f.instr(Instr::I32Const { value: 16 });
    });
    let ty = module.ty([i32], []);
    let drop = module.func(ty, |_| ());
    let ty = module.ty([i32; 2], [i32]);
    let echo = module.func(ty, |f| {
        f.instr(Instr::I32Const { value: 0 });
    });
    module.export("memory", memory);
    module.export("realloc", realloc);
    module.export("drop", drop);
    module.export("echo", echo);
    let module = module.build().unwrap();

    let mut c = ComponentBuilder::new();
    let string = ValType::from(PrimType::String);
    // Add an interface with a resource.
    let streams = c.instance_type(|t| {
        let stream = t.export_type("stream", TypeBound::Resource);
        let borrow = t.borrow_type(stream);
        let own = t.own_type(stream);
        let write = t.func_type([("self", borrow.into()), ("text", string)], None);
        t.export("[method]stream.write", ExternDesc::Func(write));
        let open = t.func_type([], Some(own.into()));
        t.export("[constructor]stream", ExternDesc::Func(open));
    });
    let name = ExternName::with_external_id("a:b/streams@1.2.3", Some("7".into()));
    let streams = c.import_instance(name, streams);
    let stream: ComponentTypeIdx = c.alias(streams, "stream");
    let write: ComponentFuncIdx = c.alias(streams, "[method]stream.write");
    // Add an imported core module and its type.
    let plugin = c.module_type(|m| {
        let ty = m.ty(FuncType::new([], []));
        m.import("env", "log", ExternType::Func(ty));
        m.export("run", ExternType::Func(ty));
    });
    c.import_core_module("plugin", plugin);
    // Add core definitions.
    let module = c.core_module(module);
    let instance = c.core_instance(module, []);
    let memory: MemIdx = c.core_alias(instance, "memory");
    let realloc: FuncIdx = c.core_alias(instance, "realloc");
    let core_echo: FuncIdx = c.core_alias(instance, "echo");
    let opts = [CanonOpt::Utf8, CanonOpt::Memory(memory), CanonOpt::Realloc(realloc)];
    let lowered = c.lower(write, opts);
    let dropped = c.canon(Canon::ResourceDrop { resource: stream });
    let events = c.ty(Type::Stream(Some(PrimType::U8.into())));
    let made = c.canon(Canon::StreamNew { ty: events });
    let imports = [("write", lowered.into()), ("drop", dropped.into()), ("new", made.into())];
    let env = c.core_exports(imports);
    let bytes =
        wat::parse_str("(module (import \"env\" \"write\" (func (param i32 i32 i32))))").unwrap();
    let user = c.core_module_bytes(&bytes[..]);
    c.core_instance(user, [("env", env)]);
    // Add types of all forms.
    let point = c.record_type([("x", PrimType::F32.into()), ("y", PrimType::F32.into())]);
    let point = c.export("point", point);
    let shape = c.variant_type([("dot", Some(point.into())), ("none", None)]);
    let shape = c.export("shape", shape);
    let level = c.enum_type(["low", "high"]);
    c.export("level", level);
    let rights = c.flags_type(["read", "write"]);
    c.export("rights", rights);
    let list = c.list_type(shape);
    let option = c.option_type(list);
    let result = c.result_type(Some(option.into()), Some(string));
    c.tuple_type([result.into(), string]);
    let ty = c.func_type([("text", string)], Some(string));
    let echo = c.lift(core_echo, ty, opts);
    // Add nested components, one of which is instantiated.
    let inner = c.component(|c| {
        let again = c.outer_alias(1, ty);
        let echo = c.import_func("echo", again);
        let resource = c.resource_type(i32, None);
        let resource = c.export("token", resource);
        let own = c.own_type(resource);
        let _ = c.func_type([("token", own.into())], None);
        c.export("echo", echo);
        c.component(|c| {
            c.names().component = Some("innermost".into());
        });
    });
    let instance = c.instance(inner, [("echo", echo.into())]);
    let inner_echo: ComponentFuncIdx = c.alias(instance, "echo");
    let exports = c.exports([("echo", SortIdx::from(inner_echo))]);
    c.export("api", exports);
    c.export_as("echo", echo, ExternDesc::Func(ty));
    c.custom("note", &b"hi"[..]);
    c.names().funcs.insert(echo, "echo".into());
    let bytes = c.encode().unwrap();
    is_valid(&bytes).unwrap();
    check(&bytes).unwrap();
}
