//! The modules of a script before they are parsed, and the places of their bytes in the script.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use wattle_ast::Span;
use wattle_syntax::{Lexer, TokenKind, Tokens, strings};

use super::{DirectiveKind, Word};
use crate::error::{Error, ErrorKind, Errors};
use crate::{Parsed, ParsedWasm, Parser};

/// A module or component of a script, before it is parsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptModule<'a> {
    /// The identifier.
    pub id: Option<Word<'a>>,
    /// Whether it is a component.
    pub is_component: bool,
    /// The source of the module or component.
    pub source: ModuleSource<'a>,
    /// The bytes of the form in the script; the whole script for fields without `(module`.
    pub span: Span,
    /// The text of the form.
    pub(super) form: &'a str,
}

/// The source of a module or component of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModuleSource<'a> {
    /// The text of the form, from `(module` to the closing parenthesis, or fields without
    /// `(module`. In a definition, the keyword `definition` follows `module`, which only scripts
    /// allow.
    Text(&'a str),
    /// `(module binary "..."*)`: the bytes of a binary.
    Binary(Cow<'a, [u8]>),
    /// `(module quote "..."*)`: a text, which need not be UTF-8. That of a component holds only its
    /// fields, without `(component`.
    Quote(Cow<'a, [u8]>),
}

impl ScriptModule<'_> {
    /// Parses a module whose source is text, written out or quoted. `None` for a binary, whose
    /// bytes are in [`source`](ScriptModule::source) for a binary parser.
    ///
    /// Offsets in the source map count from the beginning of the module's own text;
    /// [`locate`](ScriptModule::locate) gives their places in the script.
    ///
    /// ```
    /// use wattle_ast::Features;
    /// use wattle_wat::Parser;
    /// use wattle_wat::script::{self, DirectiveKind};
    ///
    /// let text = r#"(module quote "(fu" "nk)") (module definition $m (func))"#;
    /// let script = script::parse(text)?;
    /// let parser = Parser::new().features(Features::WASM3);
    ///
    /// let DirectiveKind::Module(quoted) = &script.directives[0].kind else { panic!() };
    /// let errors = quoted.parse(&parser).unwrap().unwrap_err();
    /// let error = &errors.as_slice()[0];
    /// assert_eq!(error.to_string(), "unknown operator funk: not a field of the module; did you mean `func`?");
    /// assert_eq!(&text[error.span.start..error.span.end], r#"fu" "nk"#);
    ///
    /// let DirectiveKind::Definition(written) = &script.directives[1].kind else { panic!() };
    /// let parsed = written.parse(&parser).unwrap()?;
    /// assert_eq!(parsed.module.funcs.len(), 1);
    /// # Ok::<(), wattle_wat::Errors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// All independent errors of the module. Their spans are places in the script, whose lines
    /// [`Errors::in_text`] finds.
    pub fn parse(&self, parser: &Parser) -> Option<Result<Parsed<'_>, Errors>> {
        let parsed = match &self.source {
            ModuleSource::Binary(_) => return None,
            ModuleSource::Text(text) => parser.parse(text, true).check(text),
            ModuleSource::Quote(bytes) => match utf8(bytes) {
                Ok(text) => parser.module(text),
                Err(error) => Err(error.into()),
            },
        };
        Some(parsed.map_err(|errors| self.locate_errors(errors)))
    }

    /// Parses a module or component whose source is text, like [`parse`](ScriptModule::parse),
    /// which is for modules alone.
    ///
    /// ```
    /// use wattle_wat::{ParsedWasm, Parser};
    /// use wattle_wat::script::{self, DirectiveKind};
    ///
    /// let script = script::parse("(component quote \"(type u8)\")")?;
    /// let DirectiveKind::Module(quoted) = &script.directives[0].kind else { panic!() };
    /// let ParsedWasm::Component(parsed) = quoted.parse_wasm(&Parser::new()).unwrap()? else { panic!() };
    /// assert_eq!(parsed.component.definitions.len(), 1);
    /// # Ok::<(), wattle_wat::Errors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// All independent errors of the module or component.
    pub fn parse_wasm(&self, parser: &Parser) -> Option<Result<ParsedWasm<'_>, Errors>> {
        if !self.is_component {
            return self.parse(parser).map(|parsed| parsed.map(ParsedWasm::Module));
        }
        let parsed = match &self.source {
            ModuleSource::Binary(_) => return None,
            ModuleSource::Text(text) => parser.parse_wasm(text, true).check(text),
            ModuleSource::Quote(bytes) => match utf8(bytes) {
                Ok(text) => parser.component_fields(text).check(text).map(ParsedWasm::Component),
                Err(error) => Err(error.into()),
            },
        };
        Some(parsed.map_err(|errors| self.locate_errors(errors)))
    }

    /// The errors with their places in the script.
    fn locate_errors(&self, errors: Errors) -> Errors {
        let places = Places::new(self);
        let located = |error: Error| Error { span: places.locate(error.span), ..error };
        Errors::new(errors.into_vec().into_iter().map(located).collect())
    }

    /// The keyword of the form.
    pub(super) fn keyword(&self) -> &'static str {
        if self.is_component { "component" } else { "module" }
    }

    /// The place in the script of a part of the module. `span` counts the bytes of a binary, of a
    /// quoted text, or of the text of the form. Offsets beyond the end are at the end.
    ///
    /// ```
    /// use wattle_ast::Span;
    /// use wattle_wat::script::{self, DirectiveKind};
    ///
    /// let text = r#"(module binary "\00asm" "\01\00\00\00")"#;
    /// let script = script::parse(text)?;
    /// let DirectiveKind::Module(module) = &script.directives[0].kind else { panic!() };
    /// let span = module.locate(Span::new(4, 6));
    /// assert_eq!(&text[span.start..span.end], r"\01\00");
    /// # Ok::<(), wattle_wat::Errors>(())
    /// ```
    pub fn locate(&self, span: Span) -> Span {
        Places::new(self).locate(span)
    }
}

/// The module or component of a text that consists only of `(module binary ..)`,
/// `(module quote ..)`, `(component binary ..)` or `(component quote ..)`. Tools accept these forms
/// as files, though only scripts have them.
///
/// ```
/// use wattle_wat::script::{ModuleSource, embedded};
///
/// let module = embedded("(module $m binary \"\\00asm\")").unwrap();
/// assert_eq!(module.source, ModuleSource::Binary(b"\0asm"[..].into()));
/// assert_eq!(embedded("(module (func))"), None);
/// ```
pub fn embedded(text: &str) -> Option<ScriptModule<'_>> {
    let mut tokens = Lexer::new(text).filter(|(kind, _)| !kind.is_trivia());
    let mut next = || tokens.next().map(|(kind, span)| (kind, &text[span.start..span.end]));
    if next()?.0 != TokenKind::Open || !matches!(next()?.1, "module" | "component") {
        return None;
    }
    let word = match next()? {
        (TokenKind::Id, _) => next()?.1,
        (_, word) => word,
    };
    if !matches!(word, "binary" | "quote") {
        return None;
    }
    let mut directives = super::parse(text).ok()?.directives;
    match directives.pop()?.kind {
        DirectiveKind::Module(module) if directives.is_empty() => Some(module),
        _ => None,
    }
}

/// Bytes as text, or an error if they are not UTF-8.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    core::str::from_utf8(bytes).map_err(|error| {
        let start = error.valid_up_to();
        let end = error.error_len().map_or(bytes.len(), |len| start + len);
        Error::new(ErrorKind::Lexical(wattle_syntax::LexError::Utf8), Span::new(start, end))
    })
}

/// The places in the script of the bytes of a module.
struct Places<'m, 'a> {
    module: &'m ScriptModule<'a>,
    /// The string literals of a binary or a quoted text, each with the number of bytes before it,
    /// and the place of its content in the form.
    literals: Vec<(usize, Span)>,
}

impl<'m, 'a> Places<'m, 'a> {
    fn new(module: &'m ScriptModule<'a>) -> Self {
        let mut literals = Vec::new();
        if !matches!(module.source, ModuleSource::Text(_)) {
            let tokens = Tokens::new(module.form, &[]);
            let all = (0..tokens.len()).map(|pos| tokens.get(pos));
            let mut before = 0;
            for token in all.filter(|token| token.kind == TokenKind::String) {
                let Span { start, end } = token.span();
                literals.push((before, Span::new(start + 1, end.saturating_sub(1))));
                before += strings::bytes(tokens.text(token)).len();
            }
        }
        Places { module, literals }
    }

    fn locate(&self, span: Span) -> Span {
        let within = match self.module.source {
            ModuleSource::Text(_) => span,
            _ => {
                let first = self.literal_byte(span.start);
                let last =
                    if span.is_empty() { first.start } else { self.literal_byte(span.end - 1).end };
                Span::new(first.start, last)
            }
        };
        let shift = |offset: usize| (self.module.span.start + offset).min(self.module.span.end);
        Span::new(shift(within.start), shift(within.end))
    }

    /// The place in the form of the characters or the escape sequence for a byte.
    fn literal_byte(&self, offset: usize) -> Span {
        let at = self.literals.partition_point(|(before, _)| *before <= offset);
        let Some((before, span)) = at.checked_sub(1).and_then(|at| self.literals.get(at)) else {
            return Span::at(self.module.form.len());
        };
        let inside = self.module.form.get(span.start..span.end).unwrap_or_default();
        let (mut place, mut left) = (0, offset - before);
        while let Some(&byte) = inside.as_bytes().get(place) {
            let (written, stands_for) = match byte {
                b'\\' => {
                    let escape = inside.as_bytes().get(place + 1..).and_then(strings::escape);
                    escape.map_or((1, 1), |escape| (1 + escape.len, escape.bytes().len()))
                }
                _ => (1, 1),
            };
            if left < stands_for {
                return Span::new(span.start + place, span.start + place + written);
            }
            left -= stands_for;
            place += written;
        }
        Span::at(span.end)
    }
}
