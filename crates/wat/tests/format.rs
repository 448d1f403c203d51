//! The formatter: nothing is lost, the meaning stays, and a second run changes nothing.

use wattle_ast::{Features, Wasm};
use wattle_syntax::{Lexer, TokenKind};
use wattle_tests::suite;
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

/// Formats a text, and checks what holds for every text.
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

/// What a module in a script means; `None` if it is malformed.
fn meaning(module: &ScriptModule<'_>) -> Option<Option<Wasm<'static>>> {
    let parsed = module.parse_wasm(&Parser::new().features(Features::ALL))?;
    Some(parsed.ok().map(|parsed| into_static(parsed.into_wasm())))
}

/// Checks that the modules and components of a script mean the same as before. Returns their number.
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
        if let Ok(folder) = std::env::var("FMT_OUT") {
            std::fs::write(format!("{folder}/{}", file.name), formatted.text).unwrap();
        }
    }
    println!("{files} scripts, {modules} modules");
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
        if let Ok(folder) = std::env::var("FMT_OUT") {
            let file = path.file_name().unwrap().to_string_lossy();
            std::fs::write(format!("{folder}/{file}"), formatted.text).unwrap();
        }
    }
    println!("{files} scripts, {modules} components");
}

#[test]
fn lines_are_as_wide_as_they_may_be() {
    let text = "(func (result i32) (i32.add (i32.const 1) (i32.const 2)))";
    assert_eq!(Config::new().width(57).format(text).text, format!("{text}\n"));
    let narrow = Config::new().width(56).format(text).text;
    assert_eq!(narrow, "(func (result i32)\n  (i32.add (i32.const 1) (i32.const 2))\n)\n");
}
