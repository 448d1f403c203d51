//! Errors of components: their messages, their number, and that none only follows from another.

use wattle_ast::components::{
    Alias, Arg, Component, CoreType, Definition, Export, ExportDecl, ExternDesc, ExternName,
    Import, Instance, PlainSortIdx, PrimType, SortIdx, Type, TypeBound, ValType,
};
use wattle_ast::{ComponentIdx, ComponentTypeIdx, Features, Name};
use wattle_validator::Limits;
use wattle_validator::components::{ExternView, Shape, Validator, features_used_of};
use wattle_wat::Parser;

fn validator() -> Validator {
    Validator::new().features(Features::ALL)
}

/// The errors of a component in text form.
#[track_caller]
fn errors(text: &str) -> Vec<String> {
    let parsed = Parser::new().features(Features::ALL).component(text);
    let component = parsed.unwrap_or_else(|errors| panic!("{errors}")).component;
    match validator().component(&component) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn an_instantiation_names_all_that_is_missing_or_different_and_where() {
    let text = r#"(component
        (component $c
            (import "a" (func))
            (import "b" (func (param "x" u32)))
            (import "i" (instance
                (export "f" (func (param "x" (tuple u8 (list string)))))
                (export "g" (func)))))
        (import "f" (func $f))
        (import "h" (instance $h (export "f" (func (param "x" (tuple u8 (list u8)))))))
        (instance (instantiate $c (with "b" (func $f)) (with "i" (instance $h)))))"#;
    assert_eq!(
        errors(text),
        [
            "missing import named `a`: the component imports it as a func in instance 1",
            "type mismatch for import `b`: expected 1 parameters, found 0 in instance 1",
            "type mismatch for import `i`: missing expected export `g` in instance 1",
            "type mismatch in tuple field 1: expected primitive `string` found primitive `u8`, \
             in import `i`, export `f`, parameter `x` in instance 1",
        ]
    );
}

#[test]
fn resources_are_called_by_their_names() {
    let text = r#"(component
        (import "wasi:io/streams@0.2.3" (instance $io
            (export "output-stream" (type (sub resource)))))
        (alias export $io "output-stream" (type $out))
        (canon resource.new $out (core func))
        (component $c
            (import "r" (type $r (sub resource)))
            (import "f" (func (param "x" (own $r)))))
        (import "other" (type $other (sub resource)))
        (import "g" (func $g (param "x" (own $out))))
        (instance (instantiate $c (with "r" (type $other)) (with "f" (func $g)))))"#;
    assert_eq!(
        errors(text),
        [
            "type 1 is not a local resource: the resource `output-stream` of \
             `wasi:io/streams@0.2.3` is not defined in this component in core func 0",
            "type mismatch in function parameter `x`: resource types are not the same: \
             expected the resource `other`, found the resource `output-stream` of \
             `wasi:io/streams@0.2.3`, in import `f` in instance 1",
        ]
    );
}

#[test]
fn independent_errors_are_reported_and_none_that_only_follow() {
    let text = r#"(component
        (type $bad (record (field "a" u8) (field "A" u8)))
        (type $list (list $bad))
        (import "f" (func $f (param "x" $list)))
        (core func (canon lower (func $f)))
        (type $flags (flags))
        (import "aB" (func))
        (component
            (type $t (tuple))
            (export "t" (type $t)))
        (instance $i (instantiate 0))
        (alias export $i "missing" (func)))"#;
    let found = errors(text);
    assert_eq!(
        found.iter().map(|error| error.split(':').next().unwrap()).collect::<Vec<_>>(),
        [
            "record field name `A` conflicts with previous field name `a` in type 0",
            "flags must have at least one entry in type 3",
            "import name `aB` is not a valid extern name",
            "tuple type must have at least one type in component 0, type 0",
            "instance 0 has no export named `missing` in func 2",
        ]
    );
}

#[test]
fn features_are_found_that_show_only_in_several_definitions() {
    let used = |text: &str| {
        let parsed = Parser::new().features(Features::ALL).component(text);
        let component = parsed.unwrap_or_else(|errors| panic!("{errors}")).component;
        let used = features_used_of(&component.into()).into_iter();
        used.map(|(feature, path)| format!("{feature}: {path}")).collect::<Vec<_>>()
    };
    let text = r#"(component (core type (module
        (import "a" "m" (memory 1)) (import "a" "t" (table 1 funcref))
        (export "n" (memory 1)) (export "u" (table 1 funcref)))))"#;
    let found = [
        "reference-types: core type 0, export 1",
        "multi-memory: core type 0, export 0",
        "component-model: ",
    ];
    assert_eq!(used(text), found);
    let one = r#"(export "m" (memory 1)) (export "t" (table 1 funcref))"#;
    let each = format!("(component (core type (module {one})) (core type (module {one})))");
    assert_eq!(used(&each), ["component-model: "]);
    let text = r#"(component
        (core type $start (func (param i64)))
        (core module $m (table (export "t") 1 funcref))
        (core instance $i (instantiate $m))
        (core func (canon thread.new-indirect $start (core table $i "t"))))"#;
    let found = ["component-model: ", "cm-threading: core func 0", "cm64: core func 0"];
    assert_eq!(used(text), found);
    let text = r#"(component (import "a:b:c/d@1" (versionsuffix ".2.3") (instance)))"#;
    let found = ["component-model: ", "cm-nested-names: import 0", "cm-canon-names: import 0"];
    assert_eq!(used(text), found);
}

#[test]
fn an_empty_list_of_attributes_needs_a_feature() {
    let features = Features::ALL - Features::CM_IMPLEMENTS - Features::CM_CANON_NAMES;
    // An import of a core module with an empty type, under a name of the form 02.
    let name = |attributes: &[u8]| [b"\x02\x01a", attributes].concat();
    let bytes = |name: &[u8]| {
        let section = [b"\x01", name, b"\0\x11\0"].concat();
        let core = b"\0asm\x0d\0\x01\0\x03\x03\x01\x50\0\x0a";
        [core, &[section.len() as u8][..], &section].concat()
    };
    let empty = bytes(&name(b"\0"));
    let parser = wattle_parser::components::Parser::new();
    assert!(parser.features(features).component(&empty).is_err());
    let used = |bytes: &[u8]| {
        let parser = wattle_parser::components::Parser::new().features(Features::ALL);
        let component = parser.component(bytes).unwrap();
        assert_eq!(wattle_encoder::encode_component(&component), bytes);
        let used = features_used_of(&component.into()).into_iter();
        used.map(|(feature, path)| format!("{feature}: {path}")).collect::<Vec<_>>()
    };
    assert_eq!(used(&empty), ["component-model: ", "cm-implements: import 0"]);
    assert_eq!(used(&bytes(b"\0\x01a")), ["component-model: "]);
    // Either of two features permits it.
    let suffix = bytes(&name(b"\x01\x01\x02.1"));
    let both = [&suffix[..], &empty[13..]].concat();
    let found = used(&both);
    assert_eq!(found, ["component-model: ", "cm-canon-names: import 0"]);
}

#[test]
fn no_more_errors_than_asked_for() {
    let mut validator = validator().max_errors(3);
    let wrong = Definition::Type(Type::Tuple([].into()));
    let reported = (0..10).filter(|_| validator.definition(&wrong).is_err()).count();
    assert_eq!((reported, validator.finish().unwrap_err().iter().count()), (3, 3));
}

#[test]
fn hidden_types_are_named() {
    let text = r#"(component
        (type $point (record (field "x" f32)))
        (import "f" (func (param "p" $point))))"#;
    assert_eq!(
        errors(text),
        ["func not valid to be used as import: it refers to record { x: f32 }, which no import \
          gives a name in import 0"]
    );
}

#[test]
fn imports_and_exports_can_be_read_by_name() {
    let text = r#"(component
        (import "wasi:io/streams@0.2.3" (instance $io
            (export "stream" (type $s (sub resource)))
            (type $data (list u8))
            (export "read" (func (param "s" (borrow $s)) (result (result $data))))))
        (alias export $io "read" (func $read))
        (alias export $io "stream" (type $stream))
        (export "stream" (type $stream))
        (export "again" (func $read)))"#;
    let component = Parser::new().component(text).unwrap().component;
    let types = validator().component(&component).unwrap();
    let all = types.imports().chain(types.exports()).map(|it| it.to_string()).collect::<Vec<_>>();
    assert_eq!(
        all,
        [
            "wasi:io/streams@0.2.3: instance { stream, read }",
            "stream: resource",
            "again: func(s: borrow<stream>) -> result<list<u8>, _>",
        ]
    );
    let ExternView::Func(again) = types.export("again").unwrap().view() else { panic!() };
    let Shape::Func { params, .. } = again.shape() else { panic!() };
    let Shape::Borrow(resource) = params[0].1.shape() else { panic!() };
    assert_eq!((params[0].0, resource.name()), ("s", Some("stream")));
}

fn name(text: String) -> ExternName<'static> {
    Name::from(text.as_str()).into_owned().into()
}

fn reference(index: u32) -> ValType {
    ValType::Type(ComponentTypeIdx(index))
}

fn outer_type(index: u32) -> Definition<'static> {
    let item = SortIdx::Plain(PlainSortIdx::Type(ComponentTypeIdx(index)));
    Definition::Alias(Alias::Outer { count: 1, item })
}

/// The first error of definitions.
fn first(
    definitions: impl IntoIterator<Item = Definition<'static>>,
    limits: Limits,
) -> Option<String> {
    let component: Component<'_> = definitions.into_iter().collect();
    let types = validator().limits(limits).component(&component);
    types.err().map(|errors| errors.first().kind.to_string())
}

#[test]
fn types_that_grow_when_written_out_end_at_limits() {
    let byte = Definition::Type(Type::Prim(PrimType::U8));
    let chain = |ty: fn(ValType) -> Type<'static>, count: u32| {
        let step = move |index| Definition::Type(ty(reference(index)));
        std::iter::once(byte.clone()).chain((0..count).map(step)).collect::<Vec<_>>()
    };
    assert_eq!(first(chain(Type::List, 99), Limits::JS), None);
    let deep = first(chain(Type::List, 100), Limits::JS);
    assert_eq!(deep.as_deref(), Some("type nesting is too deep: at most 100 levels"));
    let large = first(chain(|ty| Type::Tuple([ty, ty].into()), 60), Limits::JS);
    assert_eq!(large.as_deref(), Some("effective type size exceeds the limit of 1000000"));
    // Nothing walks the tree, which has more leaves than there are atoms.
    let mut wide = chain(|ty| Type::Result { ok: Some(ty), err: Some(ty) }, 30);
    wide.push(Definition::Type(Type::List(reference(30))));
    assert_eq!(first(wide, Limits::NONE), None);
}

#[test]
fn instance_types_that_double_end_at_limits() {
    let mut definitions = Vec::new();
    let export =
        |name: &'static str, ty| Definition::ExportDecl(ExportDecl { name: name.into(), ty });
    for index in 0..60_u32 {
        definitions.push(Definition::Type(Type::Instance));
        match index.checked_sub(1) {
            None => definitions.push(export("r", ExternDesc::Type(TypeBound::Resource))),
            Some(below) => {
                definitions.push(outer_type(below));
                let instance = ExternDesc::Instance(ComponentTypeIdx(0));
                definitions.extend([export("a", instance), export("b", instance)]);
            }
        }
        definitions.push(Definition::End);
    }
    let limits = Limits { type_copies: 10_000, ..Limits::JS };
    let error = first(definitions, limits);
    assert_eq!(error.as_deref(), Some("too many copies of types: at most 10000"));
}

#[test]
fn a_million_equal_types_and_ten_thousand_components() {
    let bytes = Definition::Type(Type::List(ValType::Prim(PrimType::U8)));
    assert_eq!(first(std::iter::repeat_n(bytes, 1_000_000), Limits::JS), None);
    let open = std::iter::repeat_n(Definition::Component, 10_000);
    let nested = open.chain(std::iter::repeat_n(Definition::End, 10_000));
    assert_eq!(first(nested.clone(), Limits::NONE), None);
    let limited = first(nested, Limits::JS);
    assert_eq!(limited.as_deref(), Some("too many modules and components: at most 1000"));
}

#[test]
fn a_hundred_thousand_imports_and_instantiations_up_to_the_limit() {
    let import = |index: u32| {
        let ty = ExternDesc::Type(TypeBound::Resource);
        Definition::Import(Import { name: name(format!("r{index}")), ty })
    };
    assert_eq!(first((0..100_000).map(import), Limits::JS), None);
    let resource = Definition::Export(Export {
        name: "r".into(),
        item: SortIdx::Plain(PlainSortIdx::Type(ComponentTypeIdx(0))),
        ty: None,
    });
    let rep =
        wattle_ast::components::ResourceType { rep: wattle_ast::ValType::I32, destructor: None };
    let component =
        [Definition::Component, Definition::Type(Type::Resource(rep)), resource, Definition::End];
    let args: Box<[Arg<'_>]> = [].into();
    let instance = Definition::Instance(Instance::Instantiate { component: ComponentIdx(0), args });
    let many = component.into_iter().chain(std::iter::repeat_n(instance, 4_097));
    let error = first(many, Limits::JS);
    assert_eq!(error.as_deref(), Some("too many instances: at most 4096"));
}

#[test]
fn types_of_every_form_count_up_to_the_limit() {
    let limits = Limits { types: 2, ..Limits::JS };
    let module = || [Definition::CoreType(CoreType::Module), Definition::End];
    let instance = || [Definition::Type(Type::Instance), Definition::End];
    assert_eq!(first(module().into_iter().chain(instance()), limits), None);
    for third in [module(), instance()] {
        let error = first(module().into_iter().chain(instance()).chain(third), limits);
        assert_eq!(error.as_deref(), Some("too many types: at most 2"));
    }
}

#[test]
fn what_is_beyond_a_limit_is_still_a_scope() {
    let limits = Limits { type_decls: 1, ..Limits::JS };
    let instance = || [Definition::Type(Type::Instance), Definition::End];
    let inner = std::iter::once(Definition::Type(Type::Component))
        .chain(instance())
        .chain(instance())
        .chain([Definition::End, Definition::Type(Type::Flags([].into()))]);
    let component: Component<'_> = inner.collect();
    let errors = validator().limits(limits).component(&component).unwrap_err();
    assert_eq!(
        errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "too many component or instance type declarations: at most 1 in type 0, type 1",
            "flags must have at least one entry in type 1",
        ]
    );
}

#[test]
fn values_are_those_of_their_types() {
    use wattle_ast::components::{Case, Field, Value};
    let field = |label: &'static str, ty| Field { label: label.into(), ty };
    let (bool, string) = (ValType::Prim(PrimType::Bool), ValType::Prim(PrimType::String));
    let cases = [
        Case { label: "none".into(), ty: None },
        Case { label: "some".into(), ty: Some(reference(0)) },
    ];
    let types = [
        Type::Record([field("a", bool), field("b", string)].into()),
        Type::Variant(cases.into()),
        Type::List(reference(1)),
    ];
    let verdict = |bytes: &'static [u8]| {
        let value = Value { ty: reference(2), bytes: bytes.into() };
        let definitions = types.clone().map(Definition::Type).into_iter();
        first(definitions.chain([Definition::Value(value)]), Limits::JS)
    };
    let unused =
        "value index 0 was not used as part of an instantiation, start function, or export";
    // A list of `none` and of `some({ a: true, b: "x" })`.
    assert_eq!(verdict(&[2, 0, 1, 1, 1, b'x']).as_deref(), Some(unused));
    for (bytes, expected) in [
        (&[1, 2][..], "malformed value: not a variant at its byte 2"),
        (&[1, 1, 2, 0], "malformed value: not a bool at its byte 3"),
        (&[0, 0], "length of value does not match: the value ends after 1 bytes"),
        (&[0xff, 0xff, 0xff, 0xff, 0x0f, 0], "malformed value: unexpected end"),
    ] {
        let found = verdict(bytes).unwrap_or_default();
        assert!(found.starts_with(expected), "{found}");
    }
}

/// The example of the specification, where `r2` and `r1` are different types outside of `$c`.
#[test]
fn an_export_hides_which_resource_it_is() {
    let text = |last: &str| {
        format!(
            r#"(component
            (component $c
                (type $r (resource (rep i32)))
                (export "r1" (type $r))
                (export "r2" (type $r) (type (sub resource))))
            (instance $i (instantiate $c))
            (alias export $i "r1" (type $r1))
            (alias export $i "r2" (type $r2))
            (component $two (import "a" (type $a (sub resource))) (import "b" (type {last})))
            (instance (instantiate $two (with "a" (type $r1)) (with "b" (type $r2)))))"#
        )
    };
    assert_eq!(errors(&text("(sub resource)")), [""; 0]);
    let found = errors(&text("(eq $a)"));
    assert!(found.len() == 1 && found[0].contains("resource types are not the same"), "{found:?}");
    let number = r#"(component (type $t u8) (export "t" (type $t) (type (sub resource))))"#;
    assert_eq!(
        errors(number),
        ["ascribed type of export is not compatible with item's type: expected resource, \
          found defined type in export 0"]
    );
}
