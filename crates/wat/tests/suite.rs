//! Every module of the official suite that is text: it parses, or it is refused with the message
//! that the suite expects. A crude splitter over the lexer finds the modules.

use wattle_ast::{Feature, Features, Span};
use wattle_tests::suite::{self, Proposal, Source, SuiteFile};
use wattle_tests::table::Table;
use wattle_wat::{LexError, Lexer, Parser, TokenKind};

/// The tokens of a script without trivia. Annotations are kept: their heads open a form.
struct Script<'a> {
    text: &'a str,
    tokens: Vec<(TokenKind, Span)>,
}

impl<'a> Script<'a> {
    fn new(text: &'a str) -> Self {
        let trivia = [TokenKind::Space, TokenKind::LineComment, TokenKind::BlockComment];
        let tokens = Lexer::new(text).filter(|(kind, _)| !trivia.contains(kind)).collect();
        Script { text, tokens }
    }

    fn word(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |(_, span)| &self.text[span.start..span.end])
    }

    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|(kind, _)| *kind)
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        &self.text[self.tokens[start].1.start..self.tokens[end - 1].1.end]
    }

    /// Behind the form that begins at a token.
    fn form_end(&self, start: usize) -> usize {
        let mut depth = 0;
        for at in start..self.tokens.len() {
            match self.tokens[at].0 {
                // `(@` with no id is a parenthesis inside of annotations.
                TokenKind::Open
                | TokenKind::Annotation
                | TokenKind::Error(LexError::EmptyAnnotationId) => depth += 1,
                TokenKind::Close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.tokens.len()
    }

    /// The forms in `start..end`, annotations left out.
    fn forms(&self, start: usize, end: usize) -> Vec<(usize, usize)> {
        let mut forms = Vec::new();
        let mut at = start;
        while at < end {
            let form_end = self.form_end(at);
            if self.kind(at) != Some(TokenKind::Annotation) {
                forms.push((at, form_end));
            }
            at = form_end;
        }
        forms
    }

    /// The keyword of a form: what comes first that is no annotation.
    fn head(&self, (start, end): (usize, usize)) -> (usize, &'a str) {
        let inner = self.forms(start + 1, end - 1);
        inner.first().map_or((start, ""), |(at, _)| (*at, self.word(*at)))
    }
}

/// The bytes of a string literal of the suite.
fn string(literal: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = literal[1..literal.len() - 1].bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next().unwrap() {
            b't' => b'\t',
            b'n' => b'\n',
            b'r' => b'\r',
            quoted @ (b'"' | b'\'' | b'\\') => quoted,
            b'u' => panic!("{literal} has a code point"),
            high => {
                let digits = [high, rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
        });
    }
    bytes
}

fn features(file: &SuiteFile) -> Features {
    match file.proposal() {
        None => Features::WASM3,
        Some(Proposal::Threads) => Features::WASM1 | Features::THREADS,
        Some(Proposal::LegacyExceptions) => Features::WASM3 | Features::LEGACY_EXCEPTIONS,
        Some(_) => Features::ALL,
    }
}

/// What the suite wants of a module that is text.
enum Module<'a> {
    Text(&'a str),
    Quote(Vec<u8>),
    Binary,
}

fn module<'a>(script: &Script<'a>, form: (usize, usize)) -> Option<Module<'a>> {
    let (keyword, "module") = script.head(form) else { return None };
    let mut parts = script.forms(keyword + 1, form.1 - 1).into_iter().peekable();
    parts.next_if(|(at, _)| script.word(*at) == "definition");
    parts.next_if(|(at, _)| script.kind(*at) == Some(TokenKind::Id));
    match parts.peek().map_or("", |(at, _)| script.word(*at)) {
        "binary" | "instance" => Some(Module::Binary),
        "quote" => {
            let strings = parts.skip(1).map(|(at, _)| string(script.word(at)));
            Some(Module::Quote(strings.collect::<Vec<_>>().join(&b" "[..])))
        }
        _ => Some(Module::Text(script.slice(form.0, form.1))),
    }
}

/// Messages of older versions of the suite, and what the specification's own copy says instead,
/// by file.
const OUTDATED: [(&str, &str, &str); 2] = [
    ("simd_lane.wast", "wrong number of lane indices", "invalid lane length"),
    ("simd_lane.wast", "unexpected token", "i8 constant out of range"),
];

/// Whether a message is the one that a file expects.
fn is_expected(file: &SuiteFile, message: &str, expected: &str) -> bool {
    let outdated = |(name, old, new): &(&str, &str, &str)| {
        file.name == *name
            && file.source == Source::WasmTestsuite
            && expected.starts_with(old)
            && message.starts_with(new)
    };
    message.starts_with(expected) || OUTDATED.iter().any(outdated)
}

#[derive(Default)]
struct Outcome {
    parsed: u64,
    refused: u64,
    failures: Vec<String>,
}

impl Outcome {
    fn parses(&mut self, file: &SuiteFile, text: &str) {
        // `definition` belongs to scripts.
        let text = text.replacen("module definition", "module", 1);
        match Parser::new().features(features(file)).source_map(true).module(&text) {
            Ok(_) => self.parsed += 1,
            Err(errors) => {
                let at = errors.as_slice()[0].span;
                let window = text.get(at.start..text.len().min(at.start + 60));
                self.failures.push(format!("{file}: {errors} at {window:?}"));
            }
        }
    }

    fn refuses(&mut self, file: &SuiteFile, bytes: Vec<u8>, expected: &str) {
        let Ok(text) = String::from_utf8(bytes) else {
            // Whoever calls the parser checks that: it takes text.
            assert!("malformed UTF-8 encoding".starts_with(expected), "{file}: {expected}");
            self.refused += 1;
            return;
        };
        match Parser::new().features(features(file)).module(&text) {
            Ok(_) => self.failures.push(format!("{file}: accepted, not {expected}: {text}")),
            Err(errors) if is_expected(file, &errors.to_string(), expected) => {
                self.refused += 1;
                // No cascade: the suite breaks one thing at a time.
                let all: Vec<_> = errors.into_iter().map(|error| error.to_string()).collect();
                if all.iter().any(|message| !is_expected(file, message, expected)) {
                    self.failures.push(format!("{file}: {all:?} in {text}"));
                }
            }
            Err(errors) => self.failures.push(format!("{file}: {errors}, not {expected}: {text}")),
        }
    }

    fn form(&mut self, file: &SuiteFile, script: &Script<'_>, form: (usize, usize)) {
        let (keyword, word) = script.head(form);
        if let Some(module) = module(script, form) {
            match module {
                Module::Text(text) => self.parses(file, text),
                Module::Quote(bytes) => self.parses(file, &String::from_utf8(bytes).unwrap()),
                Module::Binary => {}
            }
            return;
        }
        let parts = script.forms(keyword + 1, form.1 - 1);
        let modules = parts.iter().filter(|part| script.kind(part.0) == Some(TokenKind::Open));
        for module in modules.filter_map(|part| module(script, *part)) {
            let malformed = word.starts_with("assert_malformed");
            match module {
                Module::Quote(bytes) if malformed => {
                    let expected = string(script.word(parts.last().unwrap().0));
                    self.refuses(file, bytes, &String::from_utf8(expected).unwrap());
                }
                Module::Text(text) if malformed => {
                    let expected = string(script.word(parts.last().unwrap().0));
                    self.refuses(file, text.into(), &String::from_utf8(expected).unwrap());
                }
                Module::Quote(bytes) => self.parses(file, &String::from_utf8(bytes).unwrap()),
                Module::Text(text) => self.parses(file, text),
                Module::Binary => {}
            }
        }
    }
}

#[test]
fn modules_parse_or_are_refused_as_the_suite_says() {
    if let Some(notice) = suite::notice() {
        println!("{notice}");
    }
    let mut table = Table::new(["parsed", "refused", "failures"]);
    let mut failures = Vec::new();
    for file in suite::files() {
        let text = String::from_utf8(file.read()).unwrap();
        let script = Script::new(&text);
        let mut outcome = Outcome::default();
        for form in script.forms(0, script.tokens.len()) {
            // The one script without forms is a module's fields alone.
            outcome.form(file, &script, form);
        }
        let count = outcome.failures.len() as u64;
        table.add(&file.dir, [outcome.parsed, outcome.refused, count]);
        failures.extend(outcome.failures);
    }
    print!("{table}");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn the_features_of_a_file_are_known_to_the_table() {
    // A preset that lost its proposal would let the modules above fail for the wrong reason.
    assert!(Features::ALL.contains(Feature::CustomDescriptors));
    assert!(!Features::WASM3.contains(Feature::LegacyExceptions));
}
