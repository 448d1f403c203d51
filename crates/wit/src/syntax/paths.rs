//! Parsing the names of packages, and paths to interfaces and worlds.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#package-declaration>

use wattle_ast::Span;
use wattle_ast::components::{NamePart, check_label, check_words};

use super::parser::{Parsed, Parser};
use super::tree::{Id, PackageName, Path};
use crate::error::{ErrorKind, Help};

impl<'a> Parser<'a> {
    /// Parses the name of a package with its version.
    pub(super) fn package_name(&mut self) -> Parsed<PackageName<'a>> {
        let namespace = self.words(NamePart::Namespace)?;
        self.expect(b':')?;
        let mut name = self.words(NamePart::Package)?;
        let first = name;
        while self.is_at(b':') || self.is_at(b'/') {
            self.bump();
            name = self.id()?;
        }
        let span = namespace.span.to(name.span);
        if first != name {
            self.nested_name(span);
        }
        let version = self.opt_version()?;
        let span = version.map_or(span, |version| span.to(version.span));
        Ok(PackageName { docs: None, namespace, name, version, span })
    }

    /// Parses a namespace or the name of a package, whose words must be in lower case.
    fn words(&mut self, part: NamePart) -> Parsed<Id<'a>> {
        let id = self.id()?;
        self.check_words(id, part);
        Ok(id)
    }

    fn check_words(&mut self, id: Id<'a>, part: NamePart) {
        // A name that is not a label has been reported.
        if check_label(id.name).is_ok() && check_words(id.name, part).is_err() {
            let help = Help::Meant(id.name.to_ascii_lowercase().into());
            let kind = ErrorKind::Words { name: id.name.into(), part: part.description() };
            self.error(kind, id.span, Some(help));
        }
    }

    fn nested_name(&mut self, span: Span) {
        let name = self.tokens.slice(span).into();
        let help = Help::Advice("a package has one namespace and one name: `a:b`");
        self.error(ErrorKind::NestedName { name }, span, Some(help));
    }

    /// Parses a path to an interface or world: `a`, or `a:b/c@1.0.0`.
    pub(super) fn path(&mut self) -> Parsed<Path<'a>> {
        let first = self.id()?;
        if !self.eat(b':') {
            return Ok(Path { package: None, name: first });
        }
        self.check_words(first, NamePart::Namespace);
        let package = self.words(NamePart::Package)?;
        let mut is_nested = false;
        while self.eat(b':') {
            is_nested = true;
            self.id()?;
        }
        self.expect(b'/')?;
        let mut name = self.id()?;
        while self.eat(b'/') {
            is_nested = true;
            name = self.id()?;
        }
        if is_nested {
            self.nested_name(first.span.to(name.span));
        }
        let version = self.opt_version()?;
        let span = first.span.to(package.span);
        let package = PackageName { docs: None, namespace: first, name: package, version, span };
        Ok(Path { package: Some(package), name })
    }
}
