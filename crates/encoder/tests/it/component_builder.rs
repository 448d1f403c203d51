//! The builder of components: indices, scopes, and misuse, which is an error and never gives a
//! broken binary.

use pretty_assertions::assert_eq;
use wattle_ast::components::{
    Alias, Canon, Component, Definition, ExternDesc, PrimType, Scope, Type, TypeBound, ValType,
};
use wattle_ast::{
    ComponentFuncIdx, ComponentIdx, ComponentTypeIdx, CoreInstanceIdx, ExternType, FuncIdx,
    GlobalType, HeapType, InstanceIdx, MemIdx, Module, RefType,
};
use wattle_encoder::{ComponentBuildErrorKind as Kind, ComponentBuilder, encode_component};

/// The message of the first misuse.
fn message<T>(build: impl FnOnce(&mut ComponentBuilder<'_>) -> T) -> String {
    let mut component = ComponentBuilder::new();
    build(&mut component);
    let encoded = component.clone().encode();
    let error = component.build().expect_err("a misuse");
    assert_eq!(encoded.as_ref(), Err(&error));
    error.to_string()
}

#[test]
fn every_index_is_that_of_its_space() {
    let mut c = ComponentBuilder::new();
    let prim = |prim: PrimType| Type::Prim(prim);
    assert_eq!(c.ty(prim(PrimType::U8)), ComponentTypeIdx(0));
    let func = c.func_type([], None);
    assert_eq!(func, ComponentTypeIdx(1));
    assert_eq!(c.import_func("f", func), ComponentFuncIdx(0));
    // An export gives a new index in its own index space.
    assert_eq!(c.export("g", ComponentFuncIdx(0)), ComponentFuncIdx(1));
    let module = c.core_module(Module::default());
    let instance = c.core_instance(module, []);
    assert_eq!(instance, CoreInstanceIdx(0));
    assert_eq!(c.core_alias::<FuncIdx>(instance, "a"), FuncIdx(0));
    assert_eq!(c.core_alias::<MemIdx>(instance, "b"), MemIdx(0));
    assert_eq!(c.lower(ComponentFuncIdx(1), []), FuncIdx(1));
    assert_eq!(c.lift(FuncIdx(1), func, []), ComponentFuncIdx(2));
    assert_eq!(c.canon(Canon::WaitableSetNew), FuncIdx(2));
    let mut inside = None;
    let inner = c.component(|c| {
        // The index spaces of an inner component are separate.
        inside = Some((c.ty(prim(PrimType::U8)), c.component(|_| ())));
    });
    assert_eq!((inner, inside), (ComponentIdx(0), Some((ComponentTypeIdx(0), ComponentIdx(0)))));
    assert_eq!(c.instance(inner, []), InstanceIdx(0));
    let ty = c.instance_type(|t| {
        assert_eq!(t.export_type("r", TypeBound::Resource), ComponentTypeIdx(0));
        assert_eq!(t.own_type(ComponentTypeIdx(0)), ComponentTypeIdx(1));
    });
    assert_eq!(ty, ComponentTypeIdx(2));
    let component = c.build().unwrap();
    assert_eq!(component.check(), Ok(()));
    let read = encode_component(&component);
    assert_eq!(wattle_parser::parse_component(&read).unwrap(), component);
}

#[test]
fn names_stand_in_the_component_that_they_belong_to() {
    let mut c = ComponentBuilder::new();
    c.names().component = Some("outer".into());
    c.component(|c| c.names().component = Some("inner".into()));
    let component = c.build().unwrap();
    let names = |definition: &Definition<'_>| match definition {
        Definition::Names(names) => Some(names.component.as_deref().unwrap().to_string()),
        _ => None,
    };
    let found: Vec<_> = component.definitions.iter().map(names).collect();
    assert_eq!(found, [None, Some("inner".into()), None, Some("outer".into())]);
    let component: Component<'_> = component;
    assert_eq!(component.definitions[0], Definition::Component);
}

#[test]
fn a_component_that_is_already_there() {
    let mut inner = ComponentBuilder::new();
    let ty = inner.list_type(PrimType::U8);
    inner.export("bytes", ty);
    let inner = inner.build().unwrap();
    let mut outer = ComponentBuilder::new();
    let index = outer.add_component(inner.clone());
    outer.instance(index, []);
    let outer = outer.build().unwrap();
    assert_eq!(outer.definitions[1..3], inner.definitions[..]);
    assert_eq!(outer.check(), Ok(()));
}

#[test]
fn what_is_not_there_yet() {
    assert_eq!(
        message(|c| c.lift(3.into(), 0.into(), [])),
        "unknown core func 3: there are 0 so far, in func 0"
    );
    assert_eq!(
        message(|c| {
            let u8 = c.ty(Type::Prim(PrimType::U8));
            c.component(|c| {
                c.list_type(u8);
            });
        }),
        "unknown type 0: there are 0 so far, in component 0, type 0"
    );
    assert_eq!(
        message(|c| {
            c.instance_type(|t| {
                t.module_type(|_| ());
                t.export("f", ExternDesc::Func(7.into()));
            });
        }),
        "unknown type 7: there are 0 so far, in type 0, export 0"
    );
    let heap = HeapType::Type(7.into());
    let val = wattle_ast::ValType::Ref(RefType { nullable: true, heap });
    let global = ExternType::Global(GlobalType { mutable: false, val });
    for ty in [ExternType::FuncExact(7.into()), global] {
        assert_eq!(
            message(|c| c.module_type(|m| m.export("f", ty))),
            "unknown core type 7: there are 0 so far, in core type 0, export 0"
        );
    }
    assert_eq!(
        message(|c| c.core_instance(0.into(), [])),
        "unknown core module 0: there are 0 so far, in core instance 0"
    );
    assert_eq!(
        message(|c| c.outer_alias(0, ComponentTypeIdx(0))),
        "unknown type 0: there are 0 so far, in type 0"
    );
    assert_eq!(
        message(|c| {
            let u8 = c.ty(Type::Prim(PrimType::U8));
            c.component(|c| {
                c.outer_alias(2, u8);
            });
        }),
        "invalid outer alias count 2: there are 2 scopes, in component 0, type 0"
    );
    // The first misuse is reported.
    assert_eq!(
        message(|c| {
            c.list_type(ComponentTypeIdx(1));
            c.lower(5.into(), []);
        }),
        "unknown type 1: there are 0 so far, in type 0"
    );
}

#[test]
fn names_and_labels() {
    let u8 = ValType::from(PrimType::U8);
    assert_eq!(
        message(|c| {
            let ty = c.func_type([], None);
            c.import_func("a_b", ty);
        }),
        "malformed name: `a_b` is not in kebab case (words and acronyms, joined by hyphens), in \
         import 0"
    );
    assert_eq!(
        message(|c| {
            let ty = c.func_type([], None);
            c.import_func("a-b", ty);
            c.import_func("AB", ty);
        }),
        "name conflict: `AB` is too much like an earlier name, in import 1"
    );
    // The names of imports and of exports do not conflict with each other, nor do those of
    // different scopes.
    let mut c = ComponentBuilder::new();
    let ty = c.func_type([], None);
    let func = c.import_func("a", ty);
    c.export("a", func);
    c.instance_type(|t| {
        t.export_type("a", TypeBound::Resource);
    });
    c.build().unwrap();
    assert_eq!(
        message(|c| c.record_type([("a", u8), ("A", u8)])),
        "label conflict: `A` is too much like an earlier label, in type 0"
    );
    assert_eq!(
        message(|c| c.func_type([("", u8)], None)),
        "malformed label: `` is not in kebab case (words and acronyms, joined by hyphens), in type 0"
    );
    assert_eq!(
        message(|c| {
            c.enum_type([]);
        }),
        "empty type: `enum` has no elements, in type 0"
    );
    let labels: Vec<String> = (0..33).map(|nth| format!("f{nth}")).collect();
    assert_eq!(
        message(|c| c.flags_type(labels.iter().map(|label| &**label))),
        "too many flags: 33 are more than 32, in type 0"
    );
}

/// The first misuse.
fn kind<T>(build: impl FnOnce(&mut ComponentBuilder<'_>) -> T) -> Kind {
    let mut component = ComponentBuilder::new();
    build(&mut component);
    component.build().unwrap_err().kind().clone()
}

#[test]
fn what_may_not_stand_where_it_is_put() {
    let lift = kind(|c| {
        c.canon(Canon::Lift { func: 0.into(), opts: [].into(), ty: 0.into() });
    });
    assert_eq!(lift, Kind::Lift);
    let end = kind(|c| c.definition(Definition::End));
    assert_eq!(end, Kind::Misplaced);
    let resource = kind(|c| {
        c.component_type(|t| {
            let ty = wattle_ast::components::ResourceType {
                rep: wattle_ast::ValType::I32,
                destructor: None,
            };
            t.ty(Type::Resource(ty));
        });
    });
    assert_eq!(resource, Kind::Misplaced);
    let module = kind(|c| c.core_module_bytes(&b"\0asm\x0d\0\x01\0"[..]));
    assert_eq!(module, Kind::NotAModule);
    let bytes = kind(|c| c.core_module_bytes(&b"\0asm\x01\0\0\0"[..]));
    assert_eq!(bytes, Kind::ModuleBytes);
    let export = kind(|c| {
        let func = c.canon(Canon::BackpressureInc);
        c.export("f", func);
    });
    assert!(matches!(export, Kind::ExportSort(_)));
    let alias = kind(|c| {
        let module = c.core_module(Module::default());
        let instance = c.core_instance(module, []);
        let _: ComponentFuncIdx = c.core_alias(instance, "f");
    });
    assert!(matches!(alias, Kind::CoreExportSort(_)));
    let outer = kind(|c| {
        let func = c.canon(Canon::BackpressureInc);
        c.outer_alias(0, func);
    });
    assert!(matches!(outer, Kind::OuterSort(_)));
    let broken = kind(|c| {
        let mut inner = Component::default();
        inner.definitions.push(Definition::End);
        c.add_component(inner);
    });
    assert_eq!(broken, Kind::Misplaced);
    let alias = Alias::Outer { count: 0, item: ComponentTypeIdx(0).into() };
    assert!(!Scope::ModuleType.permits(&Definition::Alias(alias)));
}
