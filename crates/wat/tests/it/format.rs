//! The formatter: nothing is lost, the meaning stays, and a second run changes nothing.

use crate::damage::{Random, damage};
use wattle_ast::{Features, Wasm};
use wattle_syntax::{Lexer, TokenKind};
use wattle_tests::{components, suite};
use wattle_wat::Parser;
use wattle_wat::format::{Config, Formatted, format};
use wattle_wat::script::{self, DirectiveKind, ScriptModule};

/// The tokens of a text and its comments, without the blanks that may change.
fn tokens(text: &str) -> Vec<(TokenKind, String)> {
    let tokens = Lexer::new(text).filter(|(kind, _)| *kind != TokenKind::Space);
    let slice = |(kind, span): (TokenKind, wattle_ast::Span)| {
        let slice = &text[span.start..span.end];
        let lines: Vec<_> = slice.lines().map(|line| line.trim_end_matches([' ', '\t'])).collect();
        (kind, if kind.is_trivia() { lines.join("\n") } else { slice.to_owned() })
    };
    tokens.map(slice).collect()
}

/// Formats a text, and checks the properties that every formatted text has.
fn check(name: &str, text: &str) -> Formatted {
    let formatted = format(text);
    let (before, after) = (tokens(text), tokens(&formatted.text));
    if before != after {
        let at = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let part = |tokens: &[(TokenKind, String)]| {
            format!("{:?}", tokens.iter().skip(at).take(5).collect::<Vec<_>>())
        };
        panic!("{name}: {}\nbecame\n{}", part(&before), part(&after));
    }
    let again = format(&formatted.text);
    if again.text != formatted.text {
        let (old, new): (Vec<_>, Vec<_>) =
            (formatted.text.lines().collect(), again.text.lines().collect());
        let at = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let part = |lines: &[&str]| {
            lines.iter().skip(at.saturating_sub(2)).take(6).copied().collect::<Vec<_>>().join("\n")
        };
        panic!("{name}, formatted again:\n{}\nbecame\n{}", part(&old), part(&new));
    }
    assert_eq!(again.errors.len(), formatted.errors.len(), "{name}");
    formatted
}

fn into_static(wasm: Wasm<'_>) -> Wasm<'static> {
    match wasm {
        Wasm::Module(module) => Wasm::Module(module.into_owned()),
        Wasm::Component(component) => Wasm::Component(component.into_owned()),
    }
}

/// The module or component that a form of a script stands for: `None` for a binary, and
/// `Some(None)` if it is malformed.
fn meaning(module: &ScriptModule<'_>) -> Option<Option<Wasm<'static>>> {
    let parsed = module.parse_wasm(&Parser::new().features(Features::ALL))?;
    Some(parsed.ok().map(|parsed| into_static(parsed.into_wasm())))
}

/// Checks that the modules and components of a script mean the same as before. Returns their
/// number.
fn check_meaning(name: &str, text: &str, formatted: &str) -> u64 {
    let (before, after) = (script::parse(text), script::parse(formatted));
    let (Ok(before), Ok(after)) = (before, after) else {
        assert_eq!(script::parse(text).is_ok(), script::parse(formatted).is_ok(), "{name}");
        return 0;
    };
    assert_eq!(before.directives.len(), after.directives.len(), "{name}");
    let mut modules = 0;
    for (before, after) in before.directives.iter().zip(&after.directives) {
        assert_eq!(before.kind.keyword(), after.kind.keyword(), "{name}");
        let module = |kind: &DirectiveKind<'_>| kind.module().map(meaning);
        let (before, after) = (module(&before.kind), module(&after.kind));
        assert_eq!(before, after, "{name}");
        modules += u64::from(before.is_some());
    }
    modules
}

#[test]
fn the_scripts_of_the_suite_keep_their_tokens_and_their_meaning() {
    let (mut files, mut modules) = (0_u64, 0);
    for file in suite::files() {
        let text = String::from_utf8(file.read()).unwrap();
        let name = file.to_string();
        let formatted = check(&name, &text);
        assert_eq!(formatted.errors, [], "{name}");
        modules += check_meaning(&name, &text, &formatted.text);
        files += 1;
    }
    println!("{files} scripts, {modules} modules");
    assert!(files >= 200 && modules >= 5_000, "{files} {modules}");
}

#[test]
fn the_scripts_of_components_keep_their_tokens_and_their_meaning() {
    let (mut files, mut modules) = (0_u64, 0);
    for path in suite::component_files() {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.display().to_string();
        let formatted = check(&name, &text);
        assert_eq!(formatted.errors, [], "{name}");
        modules += check_meaning(&name, &text, &formatted.text);
        files += 1;
    }
    println!("{files} scripts, {modules} components");
    assert!(files >= 100 && modules >= 500, "{files} {modules}");
}

#[test]
fn published_texts_keep_their_tokens_and_their_meaning() {
    let mut files = 0;
    for path in components::texts_of_wit_component() {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        let formatted = check(&name, &text);
        assert_eq!(formatted.errors, [], "{name}");
        check_meaning(&name, &text, &formatted.text);
        files += 1;
    }
    assert!(files >= 100, "{files}");
}

#[test]
fn damaged_texts_keep_everything() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut whole, mut broken) = (0, 0);
    for file in suite::files() {
        let text = String::from_utf8(file.read()).unwrap();
        for part in text.split("\n\n").filter(|part| part.len() < 4000).take(20) {
            for _ in 0..6 {
                let damaged = damage(part, &mut random);
                let formatted = check(&damaged, &damaged);
                *if formatted.errors.is_empty() { &mut whole } else { &mut broken } += 1;
                for error in formatted.errors {
                    assert!(damaged.get(error.span.start..error.span.end).is_some(), "{damaged}");
                }
            }
        }
    }
    println!("{whole} still have matching tokens, {broken} do not");
    assert!(whole > 1000 && broken > 1000, "{whole} {broken}");
}

/// Formats a text that has errors. Returns the result, and the errors with their lines.
fn broken(text: &str) -> (String, Vec<String>) {
    let formatted = check(text, text);
    let errors = formatted
        .errors
        .iter()
        .map(|error| format!("{}: {error}", text[..error.span.start].matches('\n').count() + 1));
    (formatted.text.clone(), errors.collect())
}

#[test]
fn a_field_with_errors_stays_and_the_others_are_formatted() {
    let (text, errors) = broken(
        "(module
    (func $a (param i32)
        local.get 0
        (drop (i32.const 1)
    )
    (func $b   (result i32)  i32.const 1)
    ;; about memory
    (memory   1)
    (func $c block   nop)
    (func $d ,   nop)
    (func $e   end)
    ;; the end
)
",
    );
    let expected = "(module
  (func $a (param i32)
        local.get 0
        (drop (i32.const 1)
    )
  (func $b (result i32) i32.const 1)
  ;; about memory
  (memory 1)
  (func $c block   nop)
  (func $d ,   nop)
  (func $e   end)
  ;; the end
)
";
    pretty_assertions::assert_str_eq!(text, expected);
    let fits = "unexpected token, expected an instruction that fits here";
    assert_eq!(
        errors,
        [
            "5: unexpected token, expected )".to_owned(),
            "9: unexpected token, expected end".to_owned(),
            format!("10: {fits}"),
            format!("11: {fits}"),
        ]
    );
}

#[test]
fn a_directive_without_its_parenthesis_stays_and_the_others_are_formatted() {
    let (text, errors) = broken(
        "(module  (func))
(assert_return (invoke \"a\"   (i32.const 1))
(assert_return   (invoke \"b\"))
;; note
(module
   (func $x
     i32.const \"abc
     drop)
   (func   $y)
)
(assert_return   (invoke \"c\"))",
    );
    let expected = "(module (func))
(assert_return (invoke \"a\"   (i32.const 1))
(assert_return (invoke \"b\"))
;; note
(module
  (func $x
     i32.const \"abc
     drop)
  (func $y)
)
(assert_return (invoke \"c\"))
";
    pretty_assertions::assert_str_eq!(text, expected);
    assert_eq!(errors, ["2: unexpected token, expected )", "7: unclosed string literal"]);
}

#[test]
fn a_module_with_a_parenthesis_too_many_stays() {
    let text = "(module\n    (func  (nop)))\n    (memory   1)\n)\n";
    let (formatted, errors) = broken(text);
    assert_eq!(formatted, text);
    assert_eq!(errors, ["4: unexpected token, expected ("]);
}

#[test]
fn comments_stay_where_they_are() {
    let text = "
;; first

(; of the module ;) (module ;; behind the head


  ;; of the function
  (func $f (; 0 ;) (param $x i32) ;; an argument
     (result i32) (; before ;)
     ;; alone
     (i32.add (local.get $x) ;; the left one
              (i32.const 1)) ;; all of it

     ;; last
  ) ;; behind


  (;
     a box ;)
  (memory 1) (; behind memory ;) (table 1 funcref)
  (@custom \"c\" (after func)   \"x\")
)
;; end";
    let expected = ";; first

(; of the module ;) (module ;; behind the head
  ;; of the function
  (func $f (; 0 ;) (param $x i32) ;; an argument
    (result i32) (; before ;)
    ;; alone
    (i32.add
      (local.get $x) ;; the left one
      (i32.const 1)) ;; all of it

    ;; last
  ) ;; behind

  (;
     a box ;)
  (memory 1) (; behind memory ;)
  (table 1 funcref)
  (@custom \"c\" (after func) \"x\")
)
;; end
";
    pretty_assertions::assert_str_eq!(check("comments", text).text, expected);
}

#[test]
fn flat_instructions_get_lines_and_blocks_are_indented() {
    let text = "(func $f (param i32) block $a (result i32) i32.const 1 local.get 0 if (result i32) \
                i32.const 2 else i32.const 3 end br_table 0 1 0 (drop (i32.const 4)) end \
                try_table (catch $e 0) (catch_all 0) call_indirect $t (type 1) (param i32) end drop)";
    let expected = "(func $f (param i32)
  block $a (result i32)
    i32.const 1
    local.get 0
    if (result i32)
      i32.const 2
    else
      i32.const 3
    end
    br_table 0 1 0
    (drop (i32.const 4))
  end
  try_table (catch $e 0) (catch_all 0)
    call_indirect $t (type 1) (param i32)
  end
  drop
)
";
    pretty_assertions::assert_str_eq!(check("flat", text).text, expected);
}

#[test]
fn deep_nesting_takes_neither_stack_nor_time() {
    for (open, close) in [("(block ", ")"), ("block ", "end "), ("(drop ", ")"), ("(module ", ")")]
    {
        let text = format!("(func {}{})", open.repeat(100_000), close.repeat(100_000));
        let formatted = format(&text);
        assert_eq!(formatted.errors, [], "{open}");
        assert!(formatted.text.len() < 40_000_000, "{open}");
    }
    let (open, malformed, close) =
        ("(drop ".repeat(100_000), ", end ".repeat(100_000), ")".repeat(100_000));
    let text = format!("(func {open}{malformed}{close})\n");
    assert_eq!(format(&text).text, text);
    for text in ["(".repeat(100_000), "(func ".repeat(100_000), "(module (func\n".repeat(50_000)] {
        assert!(!format(&text).errors.is_empty());
    }
    for text in ["\n)".repeat(100_000), "\n(module".repeat(100_000), "(module)\n)".repeat(50_000)] {
        assert_eq!(tokens(&format(&text).text), tokens(&text));
    }
}

#[test]
fn the_example_of_the_documentation_is_formatted() {
    let text = std::fs::read_to_string(wattle_tests::root().join("docs/text.md")).unwrap();
    let layout = text.split("## How it is laid out").nth(1).unwrap();
    let example = layout.split("```wat\n").nth(1).unwrap().split("```").next().unwrap();
    pretty_assertions::assert_str_eq!(check("docs/text.md", example).text, example);
    assert!(Parser::new().module(example).is_ok());
}

#[test]
fn lines_are_as_wide_as_they_may_be() {
    let text = "(func (result i32) (i32.add (i32.const 1) (i32.const 2)))";
    assert_eq!(Config::new().width(57).format(text).text, format!("{text}\n"));
    let narrow = Config::new().width(56).format(text).text;
    assert_eq!(narrow, "(func (result i32)\n  (i32.add (i32.const 1) (i32.const 2))\n)\n");
}

#[test]
fn characters_among_values_are_tokens() {
    let text = "(component\n  (value $a char 'a')\n  (value char '\\'')\n)\n";
    let formatted = check("values", text);
    assert!(formatted.errors.is_empty(), "{:?}", formatted.errors);
    assert_eq!(formatted.text, text);
    assert_eq!(format("(component\n  (value char 'ab')\n)\n").errors.len(), 1);
}
