//! The formatter of text, over the official suite and the scripts of components.

use std::fs;

use wattle::ast::Features;
use wattle::encoder::encode_wasm;
use wattle::syntax::{Lexer, TokenKind};
use wattle::wat::Parser;
use wattle::wat::format::{Config, format};
use wattle::wat::script::{self, Directive, DirectiveKind, ModuleSource};
use wattle_tests::components::texts_of_wit_component;
use wattle_tests::suite;

/// The scripts that are UTF-8, and texts of components.
fn texts() -> Vec<String> {
    let scripts = suite::files().iter().chain(suite::wasm_tools_files()).map(|file| file.read());
    let components = suite::component_files().iter().map(|path| fs::read(path).unwrap());
    let whole = texts_of_wit_component().into_iter().map(|path| fs::read(path).unwrap());
    scripts.chain(components).chain(whole).filter_map(|text| String::from_utf8(text).ok()).collect()
}

/// Everything in a text but blanks.
fn tokens(text: &str) -> Vec<(TokenKind, &str)> {
    let tokens = Lexer::new(text).filter(|(kind, _)| *kind != TokenKind::Space);
    tokens.map(|(kind, span)| (kind, text[span.start..span.end].trim_end())).collect()
}

/// The bytes of all modules and components of a script.
fn binaries(text: &str) -> Vec<Option<Vec<u8>>> {
    let Ok(script) = script::parse(text) else { return Vec::new() };
    let parser = Parser::new().features(Features::ALL);
    let mut found = Vec::new();
    let mut binary = |directive: &Directive<'_>| {
        let Some(module) = directive.kind.module() else { return };
        if let ModuleSource::Text(_) = module.source {
            let parsed = module.parse_wasm(&parser).and_then(Result::ok);
            found.push(parsed.map(|parsed| encode_wasm(&parsed.into_wasm())));
        }
    };
    for directive in &script.directives {
        match &directive.kind {
            DirectiveKind::Thread(thread) => thread.directives.iter().for_each(&mut binary),
            _ => binary(directive),
        }
    }
    found
}

#[test]
fn what_a_text_means_and_its_comments_stay() {
    let (mut seen, mut comments, mut modules) = (0, 0, 0);
    for text in texts() {
        for width in [100, 30] {
            let config = Config { width, ..Config::default() };
            let formatted = config.format(&text);
            let (before, after) = (tokens(&text), tokens(&formatted.text));
            for (before, after) in before.iter().zip(&after) {
                assert_eq!(before, after, "{}", formatted.text);
            }
            assert_eq!(before.len(), after.len());
            let again = config.format(&formatted.text);
            for (line, again) in formatted.text.lines().zip(again.text.lines()) {
                assert_eq!(again, line, "{}", formatted.text);
            }
            assert_eq!(again.text, formatted.text);
            assert_eq!(again.broken.len(), formatted.broken.len());
            if width == 100 {
                let (before, after) = (binaries(&text), binaries(&formatted.text));
                assert_eq!(before, after);
                modules += before.len();
                let is_comment = |(kind, _): &&(TokenKind, &str)| kind.is_trivia();
                comments += tokens(&text).iter().filter(is_comment).count();
            }
        }
        seen += 1;
    }
    assert!(seen > 400 && comments > 5_000 && modules > 5_000, "{seen} {comments} {modules}");
}

#[test]
fn lines_are_indented_and_no_longer_than_they_may_be() {
    for text in texts() {
        let formatted = format(&text);
        // A block comment may go over several lines, and has blanks of its own.
        if !formatted.broken.is_empty() || text.contains("(;") {
            continue;
        }
        let mut empty = 0;
        for line in formatted.text.lines() {
            assert_eq!(line, line.trim_end());
            empty = if line.is_empty() { empty + 1 } else { 0 };
            assert!(empty <= 1);
            let indent = line.len() - line.trim_start().len();
            assert!(indent % 2 == 0, "{line}");
            let width = line.chars().count();
            let is_one_token = tokens(line).len() < 4;
            assert!(
                width <= 100 || is_one_token || line.contains(";") || line.contains('"'),
                "{line}"
            );
        }
    }
}

#[test]
fn layouts() {
    for (text, expected) in [
        ("", ""),
        (" \n\n", ""),
        (";; a  \n\n\n;; b", ";; a\n\n;; b\n"),
        ("(func)(memory 1)", "(func)\n(memory 1)\n"),
        ("(; a ;) (func) ;; b\n(; c ;)", "(; a ;) (func) ;; b\n(; c ;)\n"),
        ("( module\n\n\n $m\n\n)", "(module\n\n  $m\n)\n"),
        ("(\n module ( func ( param  i32 ) ) )", "(module (func (param i32)))\n"),
        ("( ;; a\nmodule)", "( ;; a\n  module)\n"),
        (
            "(func\nblock\nif\nnop\nelse\nnop\nend\nend\n(if (block\nnop)\n))",
            "(func\n  block\n    if\n      nop\n    else\n      nop\n    end\n  end\n  (if (block\n    nop)\n  ))\n",
        ),
        ("(func\nblock\nloop)\n(func)", "(func\n  block\n    loop)\n(func)\n"),
        ("(func try_table (catch $t 0)\nnop\nend)", "(func try_table (catch $t 0)\n  nop\nend)\n"),
        (
            "(module (@custom \"x\" (; c ;)\n\"y\") (@name\n\"end\") end)",
            "(module (@custom \"x\" (; c ;)\n  \"y\") (@name\n    \"end\") end)\n",
        ),
        ("(module\r\n(func))\r\n", "(module\r\n  (func))\r\n"),
        ("(a,b;c)", "(a,b;c)\n"),
    ] {
        let formatted = format(text);
        assert_eq!(formatted.text, expected, "{text:?}");
        assert_eq!(format(&formatted.text).text, formatted.text, "{text:?}");
    }
}

#[test]
fn what_is_broken_stays_and_is_named() {
    for (text, expected, messages) in [
        (
            "(func  $a)\n(; x ;)  (func  \"\\x\"\n   nop )  ;; y\n(func  $b)",
            "(func $a)\n(; x ;) (func  \"\\x\"\n   nop ) ;; y\n(func $b)\n",
            &["illegal escape at 27"][..],
        ),
        (
            "(func)  )  (func  $c)",
            "(func)\n)\n(func $c)\n",
            &["unexpected token `)`: no parenthesis is open at 8"],
        ),
        (
            "(a  b)\n\n\n(func\n  (  x\n ;; c\n\n",
            "(a b)\n\n(func\n  (  x\n ;; c\n",
            &["unexpected end: a parenthesis is not closed at 9"],
        ),
        ("(a \"b)\n(c  d)", "(a \"b)\n(c  d)\n", &["unclosed string literal at 3"]),
        ("é  (c  d)", "é\n(c d)\n", &["illegal character at 0"]),
    ] {
        let formatted = format(text);
        assert_eq!(formatted.text, expected, "{text:?}");
        let found: Vec<_> =
            formatted.broken.iter().map(|it| format!("{it} at {}", it.span.start)).collect();
        assert_eq!(found, messages, "{text:?}");
        assert_eq!(format(&formatted.text).text, formatted.text, "{text:?}");
    }
}

#[test]
fn depth_takes_no_stack() {
    let deep = "(block ".repeat(200_000) + &")".repeat(200_000);
    let formatted = Config { width: usize::MAX, ..Config::default() }.format(&deep);
    assert_eq!(formatted.text, deep.replace("(block (", "(block (").replace(" )", ")") + "\n");
    // Every line is longer than it may be.
    let narrow = Config { width: 1, indent: 0 }.format(&deep);
    assert_eq!(narrow.text.lines().count(), 200_000);
}
