//! Parsing files, packages, interfaces, worlds, types with names, and functions.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md#top-level-items>

use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::components::Accessor;

use super::keywords::Keyword;
use super::lexer::{TokenKind, Tokens};
use super::parser::{Failed, Parsed, Parser};
use super::tree::{
    Attributes, Case, Extern, ExternKind, Field, File, Func, FuncKind, Id, Include, Interface,
    InterfaceItem, Item, Nested, PackageName, Rename, TyId, TypeDef, TypeKind, Use, World,
    WorldItem,
};
use crate::error::{ErrorKind, Help};

/// A nested package that is open, and its items so far.
struct Open<'a> {
    package: PackageName<'a>,
    items: Vec<Item<'a>>,
}

impl<'a> Parser<'a> {
    /// Parses a file.
    pub(super) fn file(&mut self) -> File<'a> {
        let mut file = File {
            tokens: Tokens::new(""),
            package: None,
            items: Vec::new(),
            nested: Vec::new(),
            types: Vec::new(),
            errors: Vec::new(),
        };
        let mut open: Vec<Open<'a>> = Vec::new();
        let mut is_first = true;
        loop {
            let start = self.pos;
            if self.token().kind == TokenKind::End {
                if !open.is_empty() {
                    let _ = self.unexpected::<()>("`world`, `interface`, `use` or '}'");
                }
                break;
            }
            if !open.is_empty() && self.eat(b'}') {
                if let Some(Open { package, items }) = open.pop() {
                    file.nested.push(Nested { package, items });
                }
                continue;
            }
            let docs = self.docs();
            let parsed = match self.attributes() {
                Ok(attributes) if self.keyword() == Some(Keyword::Package) => {
                    self.package(docs, &attributes, is_first, &mut file, &mut open)
                }
                Ok(attributes) => self.item(docs, attributes).map(|item| match open.last_mut() {
                    Some(open) => open.items.push(item),
                    None => file.items.push(item),
                }),
                Err(Failed) => Err(Failed),
            };
            is_first = false;
            if parsed.is_err() {
                self.skip_item(start);
                // A brace that closes nothing was part of the error.
                if open.is_empty() && self.pos == start {
                    self.bump();
                } else if open.is_empty() {
                    self.eat(b'}');
                }
            }
        }
        while let Some(Open { package, items }) = open.pop() {
            file.nested.push(Nested { package, items });
        }
        file
    }

    /// Parses `package a:b;` at the head of a file, or the start of a nested package.
    fn package(
        &mut self,
        docs: Option<String>,
        attributes: &Attributes<'a>,
        is_first: bool,
        file: &mut File<'a>,
        open: &mut Vec<Open<'a>>,
    ) -> Parsed<()> {
        self.refuse(attributes, "", "packages");
        self.bump();
        let mut package = self.package_name()?;
        package.docs = docs;
        if is_first && self.eat(b';') {
            file.package = Some(package);
            return Ok(());
        }
        self.expect(b'{')?;
        if !open.is_empty() {
            self.error(ErrorKind::NestedPackage, package.span, None);
        }
        open.push(Open { package, items: Vec::new() });
        Ok(())
    }

    fn item(&mut self, docs: Option<String>, attributes: Attributes<'a>) -> Parsed<Item<'a>> {
        match self.keyword() {
            Some(Keyword::Use) => {
                self.refuse(&attributes, "", "top-level use");
                self.bump();
                let path = self.path()?;
                let rename = self.rename()?;
                self.expect(b';')?;
                Ok(Item::Use { path, rename })
            }
            Some(Keyword::Interface) => {
                self.refuse(&attributes, "external-id", "interface declarations");
                self.bump();
                let name = self.id()?;
                let items = self.interface_items()?;
                Ok(Item::Interface(Interface { docs, attributes, name, items }))
            }
            Some(Keyword::World) => {
                self.refuse(&attributes, "external-id", "world declarations");
                self.bump();
                let name = self.id()?;
                let items = self.body(Self::world_item)?;
                Ok(Item::World(World { docs, attributes, name, items }))
            }
            _ if self.is_id_at(0) => self.toplevel_name(),
            _ => self.unexpected("`world`, `interface` or `use`"),
        }
    }

    /// Refuses a name where an item must begin.
    fn toplevel_name<T>(&mut self) -> Parsed<T> {
        let token = self.token();
        let word = self.tokens.slice(token.span);
        let items = ["interface", "world", "package", "use"];
        let advice = Help::Advice("functions and types stand in an `interface` or a `world`");
        let help = Help::meant(word, items, &mut 4).unwrap_or(advice);
        let expected = "`world`, `interface` or `use`";
        let kind = ErrorKind::Expected { expected, found: "an identifier".into() };
        self.fail(kind, token.span, Some(help))
    }

    /// Parses `as name`, if it comes next.
    fn rename(&mut self) -> Parsed<Option<Id<'a>>> {
        match self.eat_keyword(Keyword::As) {
            true => self.id().map(Some),
            false => Ok(None),
        }
    }

    /// Parses `{ item* }`. Items with errors are skipped.
    fn body<T>(
        &mut self,
        item: fn(&mut Self, Option<String>, Attributes<'a>) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect(b'{')?;
        let mut items = Vec::new();
        loop {
            if self.eat(b'}') {
                return Ok(items);
            }
            let start = self.pos;
            let docs = self.docs();
            let parsed = match self.attributes() {
                Ok(attributes) => item(self, docs, attributes),
                Err(Failed) => Err(Failed),
            };
            match parsed {
                Ok(item) => items.push(item),
                Err(Failed) => {
                    self.skip_item(start);
                    if self.token().kind == TokenKind::End {
                        return Err(Failed);
                    }
                }
            }
        }
    }

    fn interface_items(&mut self) -> Parsed<Vec<InterfaceItem<'a>>> {
        self.body(Self::interface_item)
    }

    fn interface_item(
        &mut self,
        docs: Option<String>,
        attributes: Attributes<'a>,
    ) -> Parsed<InterfaceItem<'a>> {
        match self.keyword() {
            Some(Keyword::Use) => self.use_item(attributes).map(InterfaceItem::Use),
            Some(keyword) if keyword.defines_type() => {
                self.type_def(docs, attributes, keyword).map(InterfaceItem::Type)
            }
            _ if self.is_id_at(0) => {
                let name = self.id()?;
                self.expect(b':')?;
                let func = self.func(name, docs, attributes, false)?;
                self.expect(b';')?;
                Ok(InterfaceItem::Func(func))
            }
            _ => self.unexpected("`type`, `resource` or `func`"),
        }
    }

    fn world_item(
        &mut self,
        docs: Option<String>,
        attributes: Attributes<'a>,
    ) -> Parsed<WorldItem<'a>> {
        match self.keyword() {
            Some(keyword @ (Keyword::Import | Keyword::Export)) => {
                self.bump();
                let kind = self.extern_kind(&docs, &attributes)?;
                let item = Extern { docs, attributes, kind };
                Ok(match keyword {
                    Keyword::Import => WorldItem::Import(item),
                    _ => WorldItem::Export(item),
                })
            }
            Some(Keyword::Use) => self.use_item(attributes).map(WorldItem::Use),
            Some(Keyword::Include) => {
                self.refuse(&attributes, "external-id", "include statements");
                self.bump();
                let path = self.path()?;
                let mut names = Vec::new();
                if self.eat_keyword(Keyword::With) {
                    self.expect(b'{')?;
                    names = self.list(b'}', |parser, _| {
                        let name = parser.id()?;
                        if !parser.eat_keyword(Keyword::As) {
                            return parser.unexpected("keyword `as`");
                        }
                        Ok(Rename { name, rename: Some(parser.id()?) })
                    })?;
                    self.eat(b';');
                } else {
                    self.expect(b';')?;
                }
                Ok(WorldItem::Include(Include { attributes, path, names }))
            }
            Some(keyword) if keyword.defines_type() => {
                self.type_def(docs, attributes, keyword).map(WorldItem::Type)
            }
            _ => self.unexpected("`import`, `export`, `include`, `use`, or type definition"),
        }
    }

    fn extern_kind(
        &mut self,
        docs: &Option<String>,
        attributes: &Attributes<'a>,
    ) -> Parsed<ExternKind<'a>> {
        let is_colon = |ahead| self.peek(ahead).kind == TokenKind::Punctuation(b':');
        let ends_at = |ahead| self.peek(ahead).span.end == self.peek(ahead + 1).span.start;
        // `a:b` without blanks is the start of a path, and every other `a: …` gives a name.
        let is_path = !is_colon(1) || (self.is_id_at(2) && ends_at(0) && ends_at(1));
        if is_path {
            let path = self.path()?;
            self.expect(b';')?;
            return Ok(ExternKind::Path(path));
        }
        let name = self.id()?;
        self.expect(b':')?;
        if self.eat_keyword(Keyword::Interface) {
            return Ok(ExternKind::Interface(name, self.interface_items()?));
        }
        let is_func = matches!(self.keyword(), Some(Keyword::Func | Keyword::Async));
        let kind = match is_func || self.accessor().is_some() {
            true => {
                let func = self.func(name, docs.clone(), attributes.clone(), false)?;
                ExternKind::Func(func)
            }
            false if self.is_id_at(0) => ExternKind::Named(name, self.path()?),
            false => return self.unexpected("`func`, `interface` or an identifier"),
        };
        self.expect(b';')?;
        Ok(kind)
    }

    /// Parses `use path.{a, b as c};`.
    fn use_item(&mut self, attributes: Attributes<'a>) -> Parsed<Use<'a>> {
        self.bump();
        let path = self.path()?;
        self.expect(b'.')?;
        self.expect(b'{')?;
        let names = self
            .list(b'}', |parser, _| Ok(Rename { name: parser.id()?, rename: parser.rename()? }))?;
        self.expect(b';')?;
        Ok(Use { attributes, path, names })
    }

    /// Parses items with commas between them, up to the byte that closes the list. The list may be
    /// empty: types that need parts are checked when they are resolved, and `use a.{}` and
    /// `include a with {}` only state a path, which must exist. The grammar of WIT does not have such
    /// lists, but `wit-parser` accepts them on purpose, and existing texts have them.
    fn list<T>(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self, Option<String>) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        while !self.eat(close) {
            let docs = self.docs();
            items.push(item(self, docs)?);
            if !self.eat(b',') {
                self.expect(close)?;
                break;
            }
        }
        Ok(items)
    }

    fn fields(&mut self, close: u8) -> Parsed<Vec<Field<'a>>> {
        self.list(close, |parser, docs| {
            let name = parser.id()?;
            parser.expect(b':')?;
            Ok(Field { docs, name, ty: parser.ty()? })
        })
    }

    fn cases(&mut self, with_types: bool) -> Parsed<Vec<Case<'a>>> {
        self.expect(b'{')?;
        self.list(b'}', |parser, docs| {
            let name = parser.id()?;
            let mut ty = None;
            if with_types && parser.eat(b'(') {
                ty = Some(parser.ty()?);
                parser.expect(b')')?;
            }
            Ok(Case { docs, name, ty })
        })
    }

    fn type_def(
        &mut self,
        docs: Option<String>,
        attributes: Attributes<'a>,
        keyword: Keyword,
    ) -> Parsed<TypeDef<'a>> {
        self.bump();
        let name = self.id()?;
        let kind = match keyword {
            Keyword::Record => {
                self.expect(b'{')?;
                TypeKind::Record(self.fields(b'}')?)
            }
            Keyword::Flags => TypeKind::Flags(self.cases(false)?),
            Keyword::Enum => TypeKind::Enum(self.cases(false)?),
            Keyword::Variant => TypeKind::Variant(self.cases(true)?),
            Keyword::Resource if self.is_at(b'{') => {
                TypeKind::Resource(self.body(Self::resource_func)?)
            }
            Keyword::Resource => {
                self.expect(b';')?;
                TypeKind::Resource(Vec::new())
            }
            _ => {
                self.expect(b'=')?;
                let ty = self.ty()?;
                self.expect(b';')?;
                TypeKind::Alias(ty)
            }
        };
        Ok(TypeDef { docs, attributes, name, kind })
    }

    fn resource_func(
        &mut self,
        docs: Option<String>,
        attributes: Attributes<'a>,
    ) -> Parsed<Func<'a>> {
        let span = self.token().span;
        if self.eat_keyword(Keyword::Constructor) {
            let (params, result) = self.signature()?;
            self.expect(b';')?;
            return Ok(Func {
                docs,
                attributes,
                name: Id { name: Keyword::Constructor.text(), span },
                kind: FuncKind::Constructor,
                is_async: false,
                accessor: None,
                keyword: span,
                params,
                result,
            });
        }
        if !self.is_id_at(0) {
            return self.unexpected("`constructor` or identifier");
        }
        let name = self.id()?;
        self.expect(b':')?;
        let is_static = self.eat_keyword(Keyword::Static);
        let func = self.func(name, docs, attributes, is_static)?;
        self.expect(b';')?;
        Ok(func)
    }

    /// Returns whether `get(` or `set(` comes next.
    fn accessor(&self) -> Option<Accessor> {
        let is_call = self.peek(1).kind == TokenKind::Punctuation(b'(');
        match self.tokens.slice(self.token().span) {
            "get" if is_call => Some(Accessor::Get),
            "set" if is_call => Some(Accessor::Set),
            _ => None,
        }
    }

    fn func(
        &mut self,
        name: Id<'a>,
        docs: Option<String>,
        attributes: Attributes<'a>,
        is_static: bool,
    ) -> Parsed<Func<'a>> {
        let is_async = self.eat_keyword(Keyword::Async);
        let accessor = self.accessor().filter(|_| !is_async);
        let keyword = self.token().span;
        if accessor.is_some() {
            self.bump();
        } else if !self.eat_keyword(Keyword::Func) {
            return self.unexpected("keyword `func`");
        }
        let (params, result) = self.signature()?;
        let kind = if is_static { FuncKind::Static } else { FuncKind::Plain };
        Ok(Func { docs, attributes, name, kind, is_async, accessor, keyword, params, result })
    }

    /// Parses parameters and a result.
    fn signature(&mut self) -> Parsed<(Vec<Field<'a>>, Option<TyId>)> {
        self.expect(b'(')?;
        let params = self.fields(b')')?;
        let mut result = None;
        if self.token().kind == TokenKind::Arrow {
            self.bump();
            result = Some(self.ty()?);
        }
        Ok((params, result))
    }
}
