//! Texts of components: abbreviations and the definitions that they stand for, names, places,
//! errors.

use pretty_assertions::assert_eq;

use wattle_ast::components::{Canon, CanonOp, CanonOpt, Definition, Names, Sort};
use wattle_ast::{DefinitionRef, ItemKind, Outer, Path};
use wattle_wat::{ParsedWasm, Parser, Space};

use crate::component_errors::error;

/// The definitions of a component, without custom sections and names.
fn definitions(text: &str) -> Vec<Definition<'_>> {
    let parsed = Parser::new().component(text).unwrap_or_else(|errors| panic!("{text}: {errors}"));
    assert_eq!(parsed.component.check(), Ok(()));
    let mut definitions = parsed.component.definitions;
    definitions.retain(|definition| definition.custom_name().is_none());
    for definition in &mut definitions {
        if let Definition::CoreModule(module) = definition {
            module.customs.clear();
            module.names = wattle_ast::Names::default();
        }
    }
    definitions
}

/// Checks that the fields of two components are the same definitions.
#[track_caller]
fn same(short: &str, long: &str) {
    let text = |fields: &str| format!("(component {fields})");
    assert_eq!(definitions(&text(short)), definitions(&text(long)), "{short}");
}

#[test]
fn types_inside_of_others_are_definitions_before_them() {
    same(
        "(type (record (field \"a\" (list (option u8))) (field \"b\" (tuple u8 (list char)))))",
        "(type (option u8)) (type (list 0)) (type (list char)) (type (tuple u8 2))
         (type (record (field \"a\" 1) (field \"b\" 3)))",
    );
    same(
        "(import \"f\" (func (param \"x\" (list u8)) (result (result (list u8) (error (list u8))))))",
        "(type (list u8)) (type (list u8)) (type (list u8)) (type (result 1 (error 2)))
         (type (func (param \"x\" 0) (result 3))) (import \"f\" (func (type 4)))",
    );
    same(
        "(import \"i\" (instance (export \"f\" (func (param \"x\" (stream u8))))))",
        "(type (instance (type (stream u8)) (type (func (param \"x\" 0)))
           (export \"f\" (func (type 1)))))
         (import \"i\" (instance (type 0)))",
    );
    same(
        "(import \"c\" (component (import \"m\" (core module (export \"f\" (func (param i32)))))))",
        "(type (component
           (core type (module (type (func (param i32))) (export \"f\" (func (type 0)))))
           (import \"m\" (core module (type 0)))))
         (import \"c\" (component (type 0)))",
    );
    same(
        "(type $t u8) (export \"t\" (type $t) (type (eq $t)))
         (import \"f\" (func $f)) (export \"g\" (func $f) (func))",
        "(type u8) (export \"t\" (type 0) (type (eq 0)))
         (type (func)) (import \"f\" (func (type 2))) (type (func))
         (export \"g\" (func 0) (func (type 3)))",
    );
}

#[test]
fn an_equal_explicit_type_of_a_module_is_used_and_no_implicit_one() {
    same(
        "(core type (module (import \"\" \"a\" (func)) (import \"\" \"b\" (func)) (type $t (func))
           (export \"c\" (func))))",
        "(core type (module (type (func)) (import \"\" \"a\" (func (type 0))) (type (func))
           (import \"\" \"b\" (func (type 1))) (type (func)) (export \"c\" (func (type 2)))))",
    );
}

#[test]
fn definitions_of_outer_scopes_are_aliases() {
    same(
        "(type $t u8) (component (import \"f\" (func (param \"x\" $t) (result (list $t)))))",
        "(type u8) (component (alias outer 1 0 (type)) (type (list 0)) (alias outer 1 0 (type))
           (type (func (param \"x\" 2) (result 1))) (import \"f\" (func (type 3))))",
    );
    same(
        "(core module $m) (component $c) (core type $ct (func)) (component
           (core instance (instantiate $m)) (instance (instantiate $c))
           (import \"m\" (core module (type $ct))))",
        "(core module) (component) (core type (func)) (component
           (alias outer 1 0 (core module)) (core instance (instantiate 0))
           (alias outer 1 0 (component)) (instance (instantiate 0))
           (alias outer 1 0 (core type)) (import \"m\" (core module (type 0))))",
    );
    // Each scope has identifiers of its own, and only earlier definitions can be referred to.
    same(
        "(type $t u8) (type $t2 (instance (export \"a\" (type (eq $t))) (type $t u16)
           (export \"b\" (type (eq $t))))) (type (list $t))",
        "(type u8) (type (instance (alias outer 1 0 (type)) (export \"a\" (type (eq 0))) (type u16)
           (export \"b\" (type (eq 2))))) (type (list 0))",
    );
    let named = "(component $A (type $t u8) (component $B (component $A (alias outer $A 0 (type))
                   (alias outer $B 0 (type)) (alias outer 2 $t (type $u)) (type (list $u)))))";
    let numbered = "(component (type u8) (component (component (alias outer 0 0 (type))
                      (alias outer 1 0 (type)) (alias outer 2 0 (type)) (type (list 2)))))";
    assert_eq!(definitions(named), definitions(numbered));
}

#[test]
fn exports_inside_of_definitions_follow_all_others() {
    same(
        "(func $f (export \"a\") (export \"b\") (import \"f\")) (type $t (export \"t\") u8)
         (core module (export \"m\")) (component (export \"c\")) (instance (export \"i\"))",
        "(type (func)) (import \"f\" (func (type 0))) (type u8) (core module) (component) (instance)
         (export \"a\" (func 0)) (export \"b\" (func 0)) (export \"t\" (type 1))
         (export \"m\" (core module 0)) (export \"c\" (component 0)) (export \"i\" (instance 0))",
    );
}

#[test]
fn a_sort_may_come_before_what_a_definition_is_made_of() {
    same(
        "(import \"i\" (instance $i)) (func (alias export $i \"f\"))
         (core module (alias export $i \"m\")) (component (alias export $i \"c\"))
         (instance (alias export $i \"j\")) (type (alias export $i \"t\"))",
        "(type (instance)) (import \"i\" (instance (type 0))) (alias export 0 \"f\" (func))
         (alias export 0 \"m\" (core module)) (alias export 0 \"c\" (component))
         (alias export 0 \"j\" (instance)) (alias export 0 \"t\" (type))",
    );
    // The alias is the first field of a component.
    let inner = definitions("(component (component (alias export 0 \"f\" (func))))");
    assert!(matches!(inner[..], [Definition::Component, Definition::Alias(_), Definition::End]));
}

#[test]
fn references_may_name_exports_of_instances() {
    same(
        "(import \"i\" (instance $i)) (core module $m) (core instance $c (instantiate $m))
         (canon lower (func $i \"j\" \"f\") (memory (core memory $c \"m\"))
           (realloc (core func $c \"r\")) (core func))
         (func (canon lift (core func $c \"f\") (post-return (core func 0))))
         (core instance (instantiate $m (with \"a\" (instance (export \"b\" (func $c \"f\"))))
           (with \"c\" (instance $c))))",
        "(type (instance)) (import \"i\" (instance (type 0))) (core module)
         (core instance (instantiate 0))
         (alias export 0 \"j\" (instance)) (alias export 1 \"f\" (func))
         (alias core export 0 \"m\" (core memory)) (alias core export 0 \"r\" (core func))
         (canon lower (func 0) (memory 0) (realloc 0) (core func))
         (type (func)) (alias core export 0 \"f\" (core func))
         (canon lift (core func 2) (post-return 0) (func (type 1)))
         (alias core export 0 \"f\" (core func)) (core instance (export \"b\" (func 3)))
         (core instance (instantiate 0 (with \"a\" (instance 1)) (with \"c\" (instance 0))))",
    );
    same(
        "(component $c) (import \"i\" (instance $i))
         (instance (instantiate $c (with \"a\" (func $i \"f\")) (with \"b\" (instance
           (export \"x\" (core module $i \"m\"))))))",
        "(component) (type (instance)) (import \"i\" (instance (type 0)))
         (alias export 0 \"m\" (core module)) (instance (export \"x\" (core module 0)))
         (alias export 0 \"f\" (func))
         (instance (instantiate 0 (with \"a\" (func 0)) (with \"b\" (instance 1))))",
    );
}

#[test]
fn every_canonical_definition_and_option_is_read() {
    let mut found = Vec::new();
    for op in CanonOp::ALL {
        let immediates = match op {
            CanonOp::Lift => "(core func 0) async (func)",
            CanonOp::Lower => "(func 0) string-encoding=utf16",
            CanonOp::ContextGet | CanonOp::ContextSet => "i32 0",
            CanonOp::TaskReturn => "(result u8) (memory 0)",
            CanonOp::WaitableSetWait | CanonOp::WaitableSetPoll => "(memory 0)",
            CanonOp::SubtaskCancel => "async",
            CanonOp::StreamCancelRead | CanonOp::FutureCancelWrite => "0 async",
            CanonOp::ThreadNewIndirect => "0 (core table 0)",
            CanonOp::ThreadSpawnRef => "shared 0",
            CanonOp::ThreadSpawnIndirect => "(core type 0) 0",
            CanonOp::ThreadAvailableParallelism => "shared",
            CanonOp::ErrorContextNew => "(memory 0)",
            op => match op.keyword().split('.').next() {
                Some("stream" | "future" | "resource") => "0",
                _ => "",
            },
        };
        let after = if *op == CanonOp::Lift { "" } else { "(core func)" };
        let text = format!("(component (canon {} {immediates} {after}))", op.keyword());
        let definitions = definitions(&text);
        let Some(Definition::Canon(canon)) = definitions.last() else { panic!("{text}") };
        found.push(canon.op());
        if *op != CanonOp::Lift {
            let text = format!("(component (core func (canon {} {immediates})))", op.keyword());
            assert_eq!(self::definitions(&text), definitions);
        }
    }
    assert_eq!(found, CanonOp::ALL);
    let opts: String = CanonOpt::KEYWORDS
        .iter()
        .map(|(keyword, _, has_index)| match has_index {
            true => format!("({keyword} 0) "),
            false => format!("{keyword} "),
        })
        .collect();
    let text = format!("(component (canon lower (func 0) {opts} (core func)))");
    let definitions = definitions(&text);
    let [Definition::Canon(Canon::Lower { opts, .. })] = &definitions[..] else { panic!() };
    let keywords: Vec<_> = opts.iter().map(|opt| (opt.keyword(), opt.feature())).collect();
    let all = CanonOpt::KEYWORDS.iter().map(|(keyword, feature, _)| (*keyword, *feature));
    assert_eq!(keywords, all.collect::<Vec<_>>());
}

#[test]
fn identifiers_are_the_names_of_each_component() {
    let text = "(component $a (type $t u8) (core module $m) (core func $f (canon task.cancel))
                  (component $b (@name \"other\") (type $u u8)) (export $e \"e\" (type $t)))";
    let parsed = Parser::new().component(text).unwrap();
    let sections: Vec<_> = parsed
        .component
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Names(names) => Some(Names::clone(names)),
            _ => None,
        })
        .collect();
    let [inner, outer] = &sections[..] else { panic!() };
    let name = |names: &Names<'_>, sort, index| names.of(sort, index).map(ToString::to_string);
    let ty = Sort::TYPE;
    assert_eq!(inner.component.as_deref(), Some("other"));
    assert_eq!(name(inner, ty, 0).as_deref(), Some("u"));
    assert_eq!(outer.component.as_deref(), Some("a"));
    assert_eq!(name(outer, Sort::COMPONENT, 0).as_deref(), Some("other"));
    assert_eq!(name(outer, Sort::CORE_FUNC, 0).as_deref(), Some("f"));
    assert_eq!(name(outer, Sort::CORE_MODULE, 0).as_deref(), Some("m"));
    assert_eq!([0, 1].map(|index| name(outer, ty, index).unwrap()), ["t", "e"]);
    let Some(Definition::CoreModule(module)) = parsed.component.definitions.get(1) else {
        panic!()
    };
    assert_eq!(module.names.module.as_deref(), Some("m"));
}

#[test]
fn custom_sections_stand_where_they_are_written() {
    let text = "(component (@custom \"a\" \"x\") (type u8) (@producers (language \"C\" \"17\"))
                  (component (@custom \"b\")) (@custom \"c\"))";
    let parsed = Parser::new().component(text).unwrap();
    let shown: Vec<_> = parsed
        .component
        .definitions
        .iter()
        .map(|definition| match definition {
            Definition::Custom(custom) => custom.name.to_string(),
            Definition::Type(_) => "type".into(),
            Definition::Component => "(".into(),
            _ => ")".into(),
        })
        .collect();
    assert_eq!(shown, ["a", "type", "producers", "(", "b", ")", "c"]);

    // Where a name section is written out, identifiers do not make one.
    let text = "(component $c (@custom \"component-name\" \"\\00\\02\\01x\") (type u8))";
    let parsed = Parser::new().component(text).unwrap();
    let [Definition::Names(names), Definition::Type(_)] = &parsed.component.definitions[..] else {
        panic!()
    };
    assert_eq!(names.component.as_deref(), Some("x"));
    error("(type (@custom \"a\") u8)", "misplaced @custom annotation");
    error("(@custom \"a\" (before code))", "@custom annotation: unexpected token");
}

#[test]
fn an_annotation_says_where_the_names_stand_and_what_identifiers_cannot_say() {
    let names = |text: &str| -> Vec<Option<Names<'static>>> {
        let parsed = Parser::new().component(text).unwrap();
        let name = |definition: &Definition<'_>| match definition {
            Definition::Names(names) => Some(Names::clone(names).into_owned()),
            _ => None,
        };
        parsed.component.definitions.iter().map(name).collect()
    };
    let named = Names { component: Some("c".into()), ..Names::default() };
    let text = "(component $c (@names) (type u8))";
    assert_eq!(names(text), [Some(named.clone()), None]);
    assert_eq!(names("(component (@names) (type u8))"), [None]);
    // The identifier of a component with the annotation names only its index in the outer
    // component.
    let mut outer = Names::default();
    outer.components.insert(0.into(), "c".into());
    assert_eq!(
        names("(component (component $c (@names \"\\00\\02\\01x\")))"),
        [
            None,
            Some(Names { component: Some("x".into()), ..Names::default() }),
            None,
            Some(outer.clone())
        ]
    );
    assert_eq!(names("(component (component $c (@names)))"), [None, None, Some(outer)]);
    let text = "(component (core module $m (@names)) (core module $n))";
    let parsed = Parser::new().component(text).unwrap();
    let own = parsed.component.definitions.iter().filter_map(|definition| match definition {
        Definition::CoreModule(module) => Some(module.names.module.clone()),
        _ => None,
    });
    assert_eq!(own.collect::<Vec<_>>(), [None, Some("n".into())]);
    error("(@names) (@names)", "@names annotation: duplicate annotation");
    error("(@names \"\\07\")", "@names annotation: malformed names");
    error(
        "(type $t u8) (@names \"\\01\\05\\03\\01\\00\\01u\")",
        "@names annotation: a name that differs from an identifier",
    );
}

#[test]
fn definitions_and_what_is_in_modules_have_places() {
    let text = "(component (import \"f\" (func $f))
  (component (core module $m (func $g nop)) (export \"m\" (core module $m))))";
    let parsed = Parser::new().source_map(true).component(text).unwrap();
    let map = parsed.source_map.unwrap();
    let at = |path: &Path| map.span(path).map(|span| &text[span.start..span.end]);
    let ty = DefinitionRef::Indexed(Sort::TYPE, 0);
    // The type belongs to the import that it was written in.
    for definition in [ty, DefinitionRef::Import(0)] {
        assert_eq!(at(&Path::definition(definition)), Some("(import \"f\" (func $f))"));
    }
    let component = [Outer::Component(0)];
    let export = Path::definition(DefinitionRef::Export(0)).within(&component);
    assert_eq!(at(&export), Some("(export \"m\" (core module $m))"));
    let module = DefinitionRef::Indexed(Sort::CORE_MODULE, 0);
    let module = Path::definition(module).within(&component);
    assert_eq!(at(&module), Some("(core module $m (func $g nop))"));
    let func = Path::item(ItemKind::Func, 0).within(&[Outer::Component(0), Outer::CoreModule(0)]);
    assert_eq!(at(&func), Some("(func $g nop)"));
}

#[test]
fn identifiers_are_found_across_scopes() {
    let text = "(component $c (type $t u8) (type (list $t))
  (component (type $t u16) (type (list $t))) (component (type (list $t)))
  (core module (func $t (call $t))))";
    let parsed = Parser::new().identifiers(true).component(text).unwrap();
    let identifiers = parsed.identifiers.unwrap();
    let spaces: Vec<_> = identifiers.definitions.iter().map(|it| (it.space, it.index)).collect();
    let ty = (Space::ComponentType, 0);
    assert_eq!(spaces, [ty, ty, (Space::Func, 0)]);
    let uses: Vec<Vec<usize>> = (0..3)
        .map(|definition| identifiers.uses(definition).map(|id| id.start).collect())
        .collect();
    let places: Vec<usize> = text.match_indices("$t").map(|(at, _)| at).collect();
    assert_eq!(uses, [vec![places[1], places[4]], vec![places[3]], vec![places[6]]]);
}

#[test]
fn modules_and_components_are_told_apart() {
    let message = |result: Result<_, wattle_wat::Errors>| {
        let errors = result.map(|_: ()| ()).unwrap_err().into_vec();
        (errors[0].to_string(), errors[0].help.as_ref().map(ToString::to_string))
    };
    let (error, help) = message(Parser::new().module("(component)").map(drop));
    assert_eq!(error, "unknown operator component: not a field of the module");
    assert!(help.unwrap().contains("a module cannot hold this"));
    let (error, help) = message(Parser::new().component("(module)").map(drop));
    assert_eq!(error, "unexpected token, expected a component");
    assert!(help.unwrap().contains("(core module"));
    let (_, help) = message(Parser::new().module("(module (alias export 0 \"f\"))").map(drop));
    assert!(help.unwrap().contains("of components"));
    assert!(matches!(Parser::new().wasm("(component)"), Ok(ParsedWasm::Component(_))));
    assert!(matches!(Parser::new().wasm("(module)"), Ok(ParsedWasm::Module(_))));
    assert!(matches!(Parser::new().wasm(""), Ok(ParsedWasm::Module(_))));
}

#[test]
fn values_and_start_functions_are_read() {
    let text = "(component (import \"v\" (value $v string)) (import \"f\" (func $f))
        (start $f (value $v) (result (value $w)) (result (value)))
        (value $x u8 (binary \"\\07\")) (export \"w\" (value $w)) (export \"x\" (value $x)))";
    let definitions = definitions(text);
    let [_, _, _, Definition::Start(start), Definition::Value(value), exports @ ..] =
        &definitions[..]
    else {
        panic!()
    };
    assert_eq!((start.args.len(), start.results, &value.bytes[..]), (1, 2, &b"\x07"[..]));
    let indices = exports.iter().map(|export| match export {
        Definition::Export(export) => export.item.number(),
        _ => panic!(),
    });
    assert_eq!(indices.collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn nesting_takes_no_stack() {
    let nest = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("(component {}{inner}{})", open.repeat(depth), close.repeat(depth))
    };
    let texts = [
        nest("(component $c ", "", ")", 10_000),
        nest("(component (import \"f\" (func (param \"x\" $t))) ", "", ")", 10_000).replacen(
            "(component ",
            "(component (type $t u8) ",
            1,
        ),
        nest("(type (instance ", "", "))", 10_000),
        nest("(type (component (import \"a\" (instance ", "", "))))", 10_000),
        format!("(component (type {}u8{}))", "(list ".repeat(100_000), ")".repeat(100_000)),
        format!("(component (type {}u8{}))", "(tuple u8 ".repeat(100_000), ")".repeat(100_000)),
        // The forms are not closed, or have an error at each level.
        "(component ".repeat(10_000),
        nest("(component $c (x) ", "", ")", 10_000),
        format!("(component (type {}", "(option ".repeat(100_000)),
    ];
    let parse = move || {
        for text in &texts {
            let parsed = Parser::new().recover_component(text);
            assert_eq!(parsed.component.check(), Ok(()));
            assert!(parsed.component.definitions.len() > 9_999 || !parsed.errors.is_empty());
        }
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(parse);
    thread.unwrap().join().unwrap();
}
