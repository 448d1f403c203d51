//! Tests of the script parser with small examples.

use pretty_assertions::assert_eq;
use wattle_ast::{AbsHeapType, F32, F64, HeapType, Span, TypeIdx, V128};

use wattle_wat::script::*;

/// The errors of a script, each with the text that it is about.
fn errors(text: &str) -> Vec<(String, &str)> {
    let errors = parse(text).expect_err(text).into_vec();
    errors
        .iter()
        .map(|error| (error.to_string(), &text[error.span.start..error.span.end]))
        .collect()
}

fn message(text: &str) -> String {
    errors(text).swap_remove(0).0
}

/// The only directive of a script.
fn one(text: &str) -> DirectiveKind<'_> {
    let mut script = parse(text).unwrap_or_else(|errors| panic!("{text}: {errors}"));
    assert_eq!(script.directives.len(), 1, "{text}");
    script.directives.remove(0).kind
}

fn args(values: &str) -> Vec<ValueKind> {
    match one(&format!("(invoke \"f\" {values})")) {
        DirectiveKind::Action(action) => {
            action.args().unwrap().iter().map(|arg| arg.kind).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn results(patterns: &str) -> Vec<PatternKind> {
    match one(&format!("(assert_return (get \"g\") {patterns})")) {
        DirectiveKind::AssertReturn { results, .. } => {
            results.into_iter().map(|result| result.kind).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn word(text: &str, start: usize, end: usize) -> Word<'_> {
    Word { text: text.into(), span: Span::new(start, end) }
}

#[test]
fn every_directive_begins_with_its_keyword() {
    for text in [
        "(module)",
        "(module $m)",
        "(module definition)",
        "(module definition $m quote)",
        "(module definition $m binary \"\")",
        "(module instance)",
        "(module instance $m)",
        "(module instance $i $m)",
        "(register \"m\")",
        "(register \"m\" $i)",
        "(invoke \"f\")",
        "(get $i \"g\")",
        "(assert_return (invoke \"f\"))",
        "(assert_trap (invoke \"f\") \"m\")",
        "(assert_trap (module) \"m\")",
        "(assert_trap (module instance $i $m) \"m\")",
        "(assert_exhaustion (invoke \"f\") \"m\")",
        "(assert_exception (invoke \"f\"))",
        "(assert_suspension (invoke \"f\") \"m\")",
        "(assert_malformed (module quote \"\") \"m\")",
        "(assert_invalid (module definition) \"m\")",
        "(assert_malformed_custom (module) \"m\")",
        "(assert_invalid_custom (module) \"m\")",
        "(assert_unlinkable (module) \"m\")",
        "(assert_unlinkable (module instance $m) \"m\")",
        "(thread $t)",
        "(thread $t (shared (module $m)) (invoke \"f\") (wait $u))",
        "(wait $t)",
    ] {
        let kind = one(text);
        assert!(text.starts_with(&format!("({}", kind.keyword())), "{text}");
        assert_eq!(kind.is_assertion(), text.starts_with("(assert_"), "{text}");
        // A form that is cut short is malformed, and so is one with more at its end.
        assert!(parse(&text[..text.len() - 1]).is_err(), "{text}");
        let longer = format!("{} nop)", &text[..text.len() - 1]);
        assert_eq!(parse(&longer).is_ok(), is_text_module(&kind), "{longer}");
    }
}

fn is_text_module(kind: &DirectiveKind<'_>) -> bool {
    match kind {
        DirectiveKind::Module(module) | DirectiveKind::Definition(module) => {
            matches!(module.source, ModuleSource::Text(_))
        }
        _ => false,
    }
}

#[test]
fn names_identifiers_and_spans() {
    let text = " (register \"a\\41\" $\"i d\") ";
    let script = parse(text).unwrap();
    let directive = &script.directives[0];
    assert_eq!(directive.span, Span::new(1, 25));
    let kind =
        DirectiveKind::Register { name: word("aA", 11, 17), instance: Some(word("i d", 18, 24)) };
    assert_eq!(directive.kind, kind);
    let instance = |id, module, end| {
        let span = Span::new(0, end);
        DirectiveKind::Instance(Instance { id, module, is_component: false, span })
    };
    assert_eq!(one("(module instance)"), instance(None, None, 17));
    assert_eq!(one("(module instance $m)"), instance(None, Some(word("m", 17, 19)), 20));
    let both = instance(Some(word("i", 17, 19)), Some(word("m", 20, 22)), 23);
    assert_eq!(one("(module instance $i $m)"), both);
}

#[test]
fn arguments() {
    use ValueKind as V;
    assert_eq!(args("(i32.const -1) (i32.const 0xffff_ffff)"), [V::I32(-1); 2]);
    assert_eq!(args("(i64.const 5)"), [V::I64(5)]);
    assert_eq!(args("(f32.const nan:0x1)"), [V::F32(F32(0x7f80_0001))]);
    assert_eq!(args("(f64.const -inf)"), [V::F64(F64::from(f64::NEG_INFINITY))]);
    assert_eq!(args("(ref.extern 3) (ref.host 4)"), [V::RefExtern(3), V::RefHost(4)]);
    let null = |heap| V::RefNull(heap);
    assert_eq!(args("(ref.null extern)"), [null(HeapType::Abs(AbsHeapType::Extern))]);
    assert_eq!(args("(ref.null 2)"), [null(HeapType::Type(TypeIdx(2)))]);
    let bytes = |bytes| V::V128(V128(bytes));
    assert_eq!(
        args("(v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 255)"),
        [bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255])]
    );
    assert_eq!(
        args("(v128.const i32x4 1 -1 0x80000000 0)"),
        [bytes([1, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 128, 0, 0, 0, 0])]
    );
    assert_eq!(
        args("(v128.const f64x2 1.0 -0)"),
        [bytes([0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x80])]
    );
    assert_eq!(args("(v128.const i16x8 1 0 0 0 0 0 0 0)"), args("(v128.const i64x2 1 0)"));
}

#[test]
fn arguments_that_are_none() {
    let cases = [
        ("(i32.const)", "unexpected token", ")"),
        ("(i32.const 1 2)", "unexpected token", "2"),
        ("(i32.const 4294967296)", "constant out of range", "4294967296"),
        ("(i32.const 1x)", "unknown operator 1x", "1x"),
        ("(f32.const nan:canonical)", "unexpected token", "(f32.const nan:canonical)"),
        ("(f32.const 1e39)", "constant out of range", "1e39"),
        ("(ref.null)", "unexpected token", "(ref.null)"),
        ("(ref.null $t)", "unknown type $t", "$t"),
        ("(ref.func)", "unexpected token", "(ref.func)"),
        ("(either (i32.const 1))", "unexpected token", "either"),
        ("(i32.add)", "unexpected token", "i32.add"),
        ("(i32.konst 1)", "unknown operator i32.konst", "i32.konst"),
        ("(ref.extern -1)", "unexpected token", "-1"),
        ("(v128.const i32x4 1 2 3)", "wrong number of lane literals", ")"),
        ("(v128.const i32x4 1 2 3 4 5)", "wrong number of lane literals", "5"),
        ("(v128.const i8x16 256 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)", "constant out of range", "256"),
        ("(v128.const i32 1)", "unexpected token", "i32"),
        ("1", "unexpected token", "1"),
    ];
    for (value, phrase, at) in cases {
        let text = format!("(invoke \"f\" {value})");
        let errors = errors(&text);
        assert_eq!(errors.len(), 1, "{text}");
        assert!(errors[0].0.starts_with(phrase), "{text}: {}", errors[0].0);
        assert_eq!(errors[0].1, at, "{text}");
    }
}

#[test]
fn result_patterns() {
    use PatternKind as P;
    assert_eq!(results(""), []);
    assert_eq!(results("(i32.const 1) (i64.const 2)"), [P::I32(1), P::I64(2)]);
    assert_eq!(results("(f32.const nan:canonical)"), [P::F32(FloatPattern::CanonicalNan)]);
    assert_eq!(results("(f64.const nan:arithmetic)"), [P::F64(FloatPattern::ArithmeticNan)]);
    assert_eq!(results("(f64.const 1)"), [P::F64(FloatPattern::Bits(F64::from(1.0)))]);
    let null = |heap| P::RefNull(Some(HeapType::Abs(heap)));
    assert_eq!(results("(ref.null) (ref.null none)"), [P::RefNull(None), null(AbsHeapType::None)]);
    assert_eq!(results("(ref.extern 1) (ref.host 2)"), [P::RefExtern(1), P::RefHost(2)]);
    use AbsHeapType as A;
    let bare = "(ref) (ref.any) (ref.eq) (ref.i31) (ref.struct) (ref.array) (ref.func) (ref.exn) \
                (ref.extern)";
    let types = [A::Any, A::Any, A::Eq, A::I31, A::Struct, A::Array, A::Func, A::Exn, A::Extern];
    assert_eq!(results(bare), types.map(P::Ref));
    let [P::V128(vector)] = &results("(v128.const f32x4 1 nan:canonical nan:arithmetic nan)")[..]
    else {
        panic!()
    };
    let (canonical, arithmetic) = (FloatPattern::CanonicalNan, FloatPattern::ArithmeticNan);
    let bits = FloatPattern::Bits;
    assert_eq!(vector.lanes(), [bits(0x3f80_0000), canonical, arithmetic, bits(0x7fc0_0000)]);
    assert_eq!(vector.shape(), Shape::F32x4);
    assert_eq!(vector.value(), None);
    assert_eq!(
        message("(assert_return (get \"g\") (ref.none))"),
        "unknown operator ref.none: not a result"
    );
    for none in ["(ref.test)", "(either)", "(either (either))", "(ref.func 1)", "()", "1"] {
        let message = message(&format!("(assert_return (get \"g\") {none})"));
        assert!(message.starts_with("unexpected token"), "{none}: {message}");
    }
}

#[test]
fn alternatives_add_up() {
    let flat = results("(either (i32.const 1) (i32.const 2) (i32.const 3))");
    let [PatternKind::Either(alternatives)] = &flat[..] else { panic!() };
    let kinds: Vec<_> = alternatives.iter().map(|one| one.kind.clone()).collect();
    assert_eq!(kinds, [1, 2, 3].map(PatternKind::I32));
    let nested = results("(either (either (i32.const 1)) (either (i32.const 2) (i32.const 3)))");
    let [PatternKind::Either(nested)] = &nested[..] else { panic!() };
    assert_eq!(nested.iter().map(|one| one.kind.clone()).collect::<Vec<_>>(), kinds);
}

#[test]
fn classes_of_nans() {
    let (canonical, arithmetic): (FloatPattern<F32>, FloatPattern<F32>) =
        (FloatPattern::CanonicalNan, FloatPattern::ArithmeticNan);
    for (bits, is_canonical, is_arithmetic) in [
        (0x7fc0_0000, true, true),
        (0xffc0_0000, true, true),
        (0x7fc0_0001, false, true),
        (0xffff_ffff, false, true),
        (0x7f80_0001, false, false),
        (0x7f80_0000, false, false),
        (0x3f80_0000, false, false),
    ] {
        assert_eq!(canonical.matches(F32(bits)), is_canonical, "{bits:#x}");
        assert_eq!(arithmetic.matches(F32(bits)), is_arithmetic, "{bits:#x}");
        assert!(FloatPattern::Bits(F32(bits)).matches(F32(bits)));
    }
    assert!(FloatPattern::<F64>::CanonicalNan.matches(F64(0xfff8_0000_0000_0000)));
    assert!(!FloatPattern::<F64>::CanonicalNan.matches(F64(0xfff8_0000_0000_0001)));
    assert!(!FloatPattern::<F64>::ArithmeticNan.matches(F64(0x7ff4_0000_0000_0000)));
}

#[test]
fn shapes_read_back() {
    for &shape in Shape::ALL {
        assert_eq!(Shape::from_keyword(shape.keyword()), Some(shape));
        let zeros = vec!["0"; shape.lanes()].join(" ");
        let vector = args(&format!("(v128.const {} {zeros})", shape.keyword()));
        assert_eq!(vector, [ValueKind::V128(V128([0; 16]))]);
    }
}

#[test]
fn each_wrong_directive_is_one_error() {
    assert_eq!(
        errors("(modul) (invoke 1) (module) x y (get \"a\" \"b\") ) (wait)"),
        [
            ("unknown operator modul: not a directive; did you mean `module`?".into(), "modul"),
            ("unexpected token, expected a name".into(), "1"),
            ("unknown operator x: not a directive".into(), "x"),
            ("unexpected token, expected )".into(), "\"b\""),
            ("unexpected token, expected a directive".into(), ")"),
            ("unexpected token, expected an identifier".into(), ")"),
        ]
    );
    assert_eq!(message("(thread $t (thread $u))"), "unexpected token, expected a directive");
    assert_eq!(errors("(thread $t (invoke) 1 2 (wait) (module))").len(), 3);
    assert_eq!(message("(register \"\\ff\")"), "malformed UTF-8 encoding");
    assert_eq!(message("(module) (invoke \"a\" ("), "unexpected token, expected a constant");
    assert!(message("(assert_trap (module definition) \"\")").starts_with("unexpected token"));
    assert!(message("(assert_invalid (module instance) \"\")").starts_with("unexpected token"));
    let found = parse(b"(module) \xff").unwrap_err();
    assert_eq!(found.as_slice()[0].to_string(), "malformed UTF-8 encoding");
    assert_eq!(found.as_slice()[0].span, Span::new(9, 10));
}

#[test]
fn a_malformed_module_does_not_break_the_script() {
    for module in ["(nop)", "1 2", "\"\\q\"", "(@) (@x", "nope $ #", "\u{1}", "(func (func"] {
        // Close all open parentheses.
        let open = module.bytes().filter(|byte| *byte == b'(').count();
        let close = module.bytes().filter(|byte| *byte == b')').count();
        let text = format!("(module {module}{}) (wait $t)", ")".repeat(open - close));
        let script = parse(&text).unwrap_or_else(|errors| panic!("{text}: {errors}"));
        assert_eq!(script.directives.len(), 2, "{text}");
    }
    // Outside of modules, an illegal escape is an error, which is reported once.
    assert_eq!(errors("(module) (invoke \"\\q\")"), [("illegal escape".into(), "\\q")]);
    assert_eq!(errors("(module) \u{1} (wait $t)").len(), 1);
    assert_eq!(message("(module) (; open"), "unclosed comment");
}

#[test]
fn bare_fields_are_a_module() {
    let text = ";; comment\n(func $f) (start $f)\n";
    let DirectiveKind::Module(module) = one(text) else { panic!() };
    assert_eq!(module.source, ModuleSource::Text(text));
    assert_eq!(module.span, Span::new(0, text.len()));
    assert_eq!(parse("").unwrap().directives, []);
    assert_eq!(parse(" ;; nothing").unwrap().directives, []);
}

#[test]
fn strings_are_joined() {
    let DirectiveKind::Module(module) = one(r#"(module $m binary "\00a" "" "sm")"#) else {
        panic!()
    };
    assert_eq!(module.source, ModuleSource::Binary(b"\0asm".into()));
    assert_eq!(module.id, Some(word("m", 8, 10)));
    let DirectiveKind::Module(module) = one(r#"(module quote "(fu" "nc)\ff")"#) else { panic!() };
    assert_eq!(module.source, ModuleSource::Quote(b"(func)\xff".into()));
}

#[test]
fn depth_and_size_do_no_harm() {
    const N: usize = 100_000;
    let either = format!(
        "(assert_return (get \"g\") {}(i32.const 1){})",
        "(either ".repeat(N),
        ")".repeat(N)
    );
    assert_eq!(parse(&either).unwrap().directives.len(), 1);
    let module = format!("(module {}{})", "(block ".repeat(N), ")".repeat(N));
    assert_eq!(parse(&module).unwrap().directives.len(), 1);
    assert_eq!(message(&"(module ".repeat(N)), "unexpected token, expected )");
    assert!(parse(&"(thread $t ".repeat(N)).is_err());
    assert!(parse(&"(assert_return ".repeat(N)).is_err());
    assert!(parse(&")".repeat(N)).is_err());
    assert!(parse(&"(invoke) ".repeat(N)).is_err());
    assert!(parse(&format!("(module){}", "\"\\q\" ".repeat(N))).is_err());
    assert!(parse(&"(module \"\\q\")".repeat(N)).is_ok());
    assert!(parse(&"\"\\u{\n".repeat(N)).is_err());
    let strings = format!("(module binary {})", "\"\\00\" ".repeat(N));
    let DirectiveKind::Module(module) = one(&strings) else { panic!() };
    assert_eq!(module.source, ModuleSource::Binary(vec![0; N].into()));
}

#[test]
fn places_in_modules_are_places_in_the_script() {
    let text = r#"(module) (module $"a" (@x "y") quote "a\u{e9}b" "" "\"cd")"#;
    let script = parse(text).unwrap();
    let DirectiveKind::Module(module) = &script.directives[1].kind else { panic!() };
    assert_eq!(module.source, ModuleSource::Quote("a\u{e9}b\"cd".as_bytes().into()));
    let at = |start, end| {
        let span = module.locate(Span::new(start, end));
        &text[span.start..span.end]
    };
    assert_eq!(at(0, 1), "a");
    assert_eq!((at(1, 2), at(2, 3), at(1, 3)), (r"\u{e9}", r"\u{e9}", r"\u{e9}"));
    assert_eq!(at(2, 4), r"\u{e9}b");
    assert_eq!((at(4, 5), at(4, 6)), (r#"\""#, r#"\"c"#));
    assert_eq!(at(3, 5), r#"b" "" "\""#);
    let end = text.len() - 2;
    for beyond in [Span::at(7), Span::new(7, 9), Span::at(usize::MAX)] {
        assert_eq!(module.locate(beyond), Span::at(end));
    }
    // Places in a module that is written out are only shifted.
    let DirectiveKind::Module(first) = &script.directives[0].kind else { panic!() };
    assert_eq!(first.locate(Span::new(1, 7)), Span::new(1, 7));
    assert_eq!(first.locate(Span::at(usize::MAX)), Span::at(8));
}

#[test]
fn errors_of_modules_are_placed_in_the_script() {
    let text = r#"(module) (module (func (i32.plus)) (func "\q")) (assert_malformed
        (module quote "(func (loc\61l i32) nope)\ff") "m") (module quote "(func" "tion)")"#;
    let script = parse(text).unwrap();
    let found = |directive: &Directive<'_>| -> Vec<(String, String)> {
        let module = directive.kind.module().unwrap();
        let errors = module.parse(&wattle_wat::Parser::new()).unwrap().unwrap_err().into_vec();
        let at = |span: Span| text[span.start..span.end].into();
        errors.iter().map(|error| (error.to_string(), at(error.span))).collect()
    };
    let plus = ("unknown operator i32.plus: not an instruction".into(), "i32.plus".into());
    let escape = ("illegal escape".into(), r"\q".into());
    assert_eq!(found(&script.directives[1]), [plus, escape]);
    let utf8 = ("malformed UTF-8 encoding".into(), r"\ff".into());
    assert_eq!(found(&script.directives[2]), [utf8]);
    let function = (
        "unknown operator function: not a field of the module; it is called `func` here".into(),
        r#"func" "tion"#.into(),
    );
    assert_eq!(found(&script.directives[3]), [function]);
    let DirectiveKind::Module(good) = &script.directives[0].kind else { panic!() };
    assert!(good.parse(&wattle_wat::Parser::new()).unwrap().is_ok());
    let DirectiveKind::Module(binary) = one("(module binary)") else { panic!() };
    assert_eq!(binary.parse(&wattle_wat::Parser::new()), None);
}
