//! Parsing gates and other attributes, and versions.

use alloc::borrow::Cow;

use wattle_ast::Span;
use wattle_ast::components::Version;
use wattle_syntax::strings;

use super::lexer::TokenKind;
use super::parser::{Parsed, Parser};
use super::tree::{Attributes, VersionText};
use crate::error::{ErrorKind, Help};

/// The names of attributes.
const NAMES: [&str; 4] = ["since", "unstable", "deprecated", "external-id"];

impl<'a> Parser<'a> {
    /// Parses the attributes before an item.
    pub(super) fn attributes(&mut self) -> Parsed<Attributes<'a>> {
        let mut all = Attributes::default();
        while self.eat(b'@') {
            let name = self.id()?;
            if !NAMES.contains(&name.name) {
                let help = Help::meant(name.name, NAMES, &mut 4);
                let kind = ErrorKind::UnknownAttribute { name: name.name.into() };
                return self.fail(kind, name.span, help);
            }
            self.expect(b'(')?;
            match name.name {
                "since" | "deprecated" => {
                    self.field("version")?;
                    let version = self.version()?;
                    match name.name {
                        "since" => all.since = Some(version),
                        _ => all.deprecated = Some(version),
                    }
                }
                "unstable" => {
                    self.field("feature")?;
                    all.unstable = Some(self.id()?);
                }
                _ => {
                    let token = self.token();
                    if token.kind != TokenKind::String {
                        return self.unexpected("a string literal");
                    }
                    self.bump();
                    let literal = self.tokens.slice(token.span);
                    let id = match strings::name(literal) {
                        Some(wattle_ast::Name::Borrowed(id)) => Cow::Borrowed(id),
                        Some(id) => Cow::Owned(id.as_str().into()),
                        None => Cow::Borrowed(""),
                    };
                    all.external_id = Some(id);
                }
            }
            self.expect(b')')?;
            if all.spans.iter().any(|(other, _)| *other == name.name) {
                self.error(ErrorKind::AttributeTwice { name: name.name.into() }, name.span, None);
            } else {
                all.spans.push((name.name, name.span));
            }
        }
        let span = |name: &str| all.spans.iter().find(|(other, _)| *other == name).map(|(_, s)| *s);
        match (span("since"), span("unstable"), span("deprecated")) {
            (Some(since), Some(_), _) => self.error(ErrorKind::SinceAndUnstable, since, None),
            (None, None, Some(span)) => {
                let help = Help::Advice("say since when it has been there: `@since(version = …)`");
                self.error(ErrorKind::DeprecatedAlone, span, Some(help));
            }
            _ => {}
        }
        Ok(all)
    }

    /// Refuses attributes on an item that cannot have them.
    pub(super) fn refuse(&mut self, attributes: &Attributes<'_>, name: &str, item: &'static str) {
        let found = attributes.spans.iter().find(|(other, _)| *other == name || name.is_empty());
        if let Some((name, span)) = found {
            self.error(ErrorKind::Attribute { name: (*name).into(), item }, *span, None);
        }
    }

    /// Parses `name =`.
    fn field(&mut self, name: &'static str) -> Parsed<()> {
        let expected = match name {
            "version" => "`version`",
            _ => "`feature`",
        };
        let token = self.token();
        if self.tokens.slice(token.span) != name {
            return match token.kind {
                TokenKind::Word | TokenKind::Escaped => self.unexpected(expected),
                _ => self.unexpected("an identifier or string"),
            };
        }
        self.bump();
        self.expect(b'=')
    }

    /// Parses a semantic version. A `.` belongs to it only if an identifier follows.
    pub(super) fn version(&mut self) -> Parsed<VersionText<'a>> {
        let start = self.token();
        if start.kind != TokenKind::Integer {
            return self.unexpected("an integer");
        }
        let text = self.tokens.text().get(start.span.start..).unwrap_or_default();
        let len = version_len(text);
        let mut span = Span::new(start.span.start, start.span.start + len);
        while self.token().span.start < span.end {
            // A word can go on with characters that versions do not have.
            span.end = span.end.max(self.token().span.end);
            self.bump();
        }
        let text = self.tokens.slice(span);
        match Version::parse(text) {
            Some(Version::Full(text)) => Ok(VersionText { text, span }),
            _ => {
                let help = Help::Advice("a version has three numbers, such as `1.0.0`");
                self.fail(ErrorKind::Version { text: text.into() }, span, Some(help))
            }
        }
    }

    /// Parses `@version`, if it comes next.
    pub(super) fn opt_version(&mut self) -> Parsed<Option<VersionText<'a>>> {
        match self.eat(b'@') {
            true => self.version().map(Some),
            false => Ok(None),
        }
    }
}

/// Returns the length of the version at the start of a text. A `.` belongs to it only if an
/// identifier follows, and a `-` only if it does not begin an arrow.
pub(crate) fn version_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'+';
    let follows = |at: usize| {
        bytes.get(at).is_some_and(|byte| is_word(*byte)) && bytes.get(at..at + 2) != Some(b"->")
    };
    let mut len = 0;
    while follows(len) || (bytes.get(len) == Some(&b'.') && follows(len + 1)) {
        len += 1;
    }
    len
}
