//! The parser of scripts, which reads tokens into directives. It does not parse the modules inside.

use alloc::vec::Vec;

use wattle_ast::{Name, Span};
use wattle_syntax::{TokenKind, Tokens};

use super::component_values::{component_value, is_component_value};
use super::module::utf8;
use super::{
    Action, ActionKind, Assertion, ComponentValue, Directive, DirectiveKind, Instance,
    ModuleSource, Script, ScriptModule, Subject, Thread, Verdict, Word, values,
};
use crate::cursor::Cursor;
use crate::error::{Error, Errors, Expected, Result};
use crate::help;

/// Parses a script, given as text or as the bytes of a file. Fields without `(module` are one
/// module.
///
/// ```
/// use wattle_wat::script::{self, DirectiveKind};
///
/// let script = script::parse("(module) (assert_return (get \"g\") (ref.null))")?;
/// assert_eq!(script.directives.len(), 2);
///
/// let bare = script::parse(b"(func) (memory 1)")?;
/// assert!(matches!(bare.directives[..], [ref one] if matches!(one.kind, DirectiveKind::Module(_))));
///
/// let errors = script::parse("(assert_retrun) (invoke) (module)").unwrap_err();
/// let messages: Vec<_> = errors.as_slice().iter().map(ToString::to_string).collect();
/// assert_eq!(messages, [
///     "unknown operator assert_retrun: not a directive; did you mean `assert_return`?",
///     "unexpected token, expected a name",
/// ]);
/// # Ok::<(), wattle_wat::Errors>(())
/// ```
///
/// # Errors
///
/// One error for each malformed directive, and all lexical errors outside of modules.
/// [`ScriptModule::parse`] finds the errors in modules.
pub fn parse<'a, S: AsRef<[u8]> + ?Sized>(
    source: &'a S,
) -> core::result::Result<Script<'a>, Errors> {
    let (script, errors) = recover(source);
    if errors.is_empty() { Ok(script) } else { Err(Errors::new(errors).in_text(source)) }
}

/// Parses a script like [`parse`], and returns the directives without errors together with the
/// errors.
///
/// ```
/// let (script, errors) = wattle_wat::script::recover("(module) (assert_retrun) (wait $t)");
/// assert_eq!((script.directives.len(), errors.len()), (2, 1));
/// ```
pub fn recover<'a, S: AsRef<[u8]> + ?Sized>(source: &'a S) -> (Script<'a>, Vec<Error>) {
    let text = match utf8(source.as_ref()) {
        Ok(text) => text,
        Err(error) => return (Script { directives: Vec::new() }, alloc::vec![error]),
    };
    let tokens = Tokens::new(text, &[]);
    let mut parser =
        Parser { cursor: Cursor::new(&tokens, 0), lazy: Vec::new(), errors: Vec::new() };
    let directives = parser.script();
    let Parser { lazy, mut errors, .. } = parser;
    errors.extend(outside(Error::lexical(&tokens), &lazy));
    (Script { directives }, Error::in_order(errors, Errors::LIMIT))
}

/// The errors that are not in one of the spans. Both lists must be in the order of the text.
fn outside(errors: Vec<Error>, spans: &[Span]) -> impl Iterator<Item = Error> {
    let mut spans = spans.iter().peekable();
    errors.into_iter().filter(move |error| {
        while spans.next_if(|span| span.end <= error.span.start).is_some() {}
        spans.peek().is_none_or(|span| error.span.start < span.start)
    })
}

struct Parser<'t, 'a> {
    cursor: Cursor<'t, 'a>,
    /// The modules whose content is text that is parsed later.
    lazy: Vec<Span>,
    errors: Vec<Error>,
}

impl<'a> Parser<'_, 'a> {
    /// Reads the whole script.
    fn script(&mut self) -> Vec<Directive<'a>> {
        match self.cursor.open_keyword() {
            Some(
                "type" | "rec" | "import" | "func" | "table" | "memory" | "tag" | "global"
                | "export" | "start" | "elem" | "data",
            ) => {
                let text = self.cursor.tokens.source();
                let span = Span::new(0, text.len());
                self.lazy.push(span);
                let source = ModuleSource::Text(text);
                let module =
                    ScriptModule { id: None, is_component: false, source, span, form: text };
                alloc::vec![Directive { kind: DirectiveKind::Module(module), span }]
            }
            _ => self.directives(false),
        }
    }

    /// Reads directives up to the end of the text or of the thread. Those with errors are left out.
    fn directives(&mut self, in_thread: bool) -> Vec<Directive<'a>> {
        let mut directives = Vec::new();
        loop {
            match self.cursor.peek() {
                TokenKind::Eof => return directives,
                TokenKind::Close if in_thread => return directives,
                _ => {}
            }
            let start = self.cursor.pos();
            match self.directive(in_thread) {
                Ok(kind) => {
                    let span = self.cursor.span_from(start);
                    directives.push(Directive { kind, span });
                }
                Err(mut error) => {
                    if self.errors.len() < 2 * Errors::LIMIT {
                        error.help = error.help.or_else(|| help::find(&error.kind, &self.cursor));
                        self.errors.push(*error);
                    }
                    self.cursor.seek(start);
                    self.recover(in_thread);
                }
            }
        }
    }

    /// Moves behind the form with the error.
    fn recover(&mut self, in_thread: bool) {
        if self.cursor.peek() == TokenKind::Open {
            return self.cursor.bump_form();
        }
        loop {
            match self.cursor.peek() {
                TokenKind::Open | TokenKind::Eof => return,
                TokenKind::Close if in_thread => return,
                _ => self.cursor.bump(),
            }
        }
    }

    fn directive(&mut self, in_thread: bool) -> Result<DirectiveKind<'a>> {
        match self.cursor.open_keyword() {
            Some("module" | "component") => self.module(),
            Some("invoke" | "get") => Ok(DirectiveKind::Action(self.action()?)),
            Some(keyword) => {
                let start = self.cursor.pos();
                self.cursor.bump_open();
                let Some(kind) = self.command(keyword, in_thread)? else {
                    self.cursor.seek(start + 1);
                    return Err(self.cursor.unexpected(Expected::Directive));
                };
                self.cursor.expect_close()?;
                Ok(kind)
            }
            None => Err(self.cursor.unexpected_form(Expected::Directive)),
        }
    }

    /// Reads the rest of a directive behind its keyword, up to the closing parenthesis. `None` if
    /// the keyword does not belong to a directive.
    fn command(&mut self, keyword: &str, in_thread: bool) -> Result<Option<DirectiveKind<'a>>> {
        Ok(Some(match keyword {
            "register" => {
                let name = self.name()?;
                DirectiveKind::Register { name, instance: self.opt_id() }
            }
            "assert_return" => {
                let action = self.action()?;
                let mut results = Vec::new();
                while self.cursor.peek() != TokenKind::Close {
                    results.push(values::pattern(&mut self.cursor)?);
                }
                DirectiveKind::AssertReturn { action, results }
            }
            "thread" if !in_thread => DirectiveKind::Thread(self.thread()?),
            "wait" => DirectiveKind::Wait { thread: self.id()? },
            _ => match Verdict::from_keyword(keyword) {
                Some(verdict) => DirectiveKind::Assert(self.assertion(verdict)?),
                None => return Ok(None),
            },
        }))
    }

    fn assertion(&mut self, verdict: Verdict) -> Result<Assertion<'a>> {
        let at_module = self.cursor.at_open("module") || self.cursor.at_open("component");
        let subject = match verdict {
            Verdict::Trap if at_module => self.instantiation()?,
            Verdict::Trap | Verdict::Exhaustion | Verdict::Exception | Verdict::Suspension => {
                Subject::Action(self.action()?)
            }
            Verdict::Unlinkable => self.instantiation()?,
            Verdict::Malformed
            | Verdict::Invalid
            | Verdict::MalformedCustom
            | Verdict::InvalidCustom => self.definition()?,
        };
        let message = if verdict == Verdict::Exception { None } else { Some(self.name()?) };
        Ok(Assertion { verdict, subject, message })
    }

    /// Reads the rest of a thread, up to its closing parenthesis.
    fn thread(&mut self) -> Result<Thread<'a>> {
        let id = self.id()?;
        let mut shared = None;
        if self.cursor.opt_open("shared") {
            self.cursor.expect_open("module")?;
            shared = Some(self.id()?);
            self.cursor.expect_close()?;
            self.cursor.expect_close()?;
        }
        Ok(Thread { id, shared, directives: self.directives(true) })
    }

    fn action(&mut self) -> Result<Action<'a>> {
        let start = self.cursor.pos();
        let mut kind = match self.cursor.open_keyword() {
            Some("invoke") => ActionKind::Invoke(Vec::new()),
            Some("get") => ActionKind::Get,
            _ => return Err(self.cursor.unexpected_form(Expected::Action)),
        };
        self.cursor.bump_open();
        let (instance, name) = (self.opt_id(), self.name()?);
        if let ActionKind::Invoke(args) = &mut kind {
            match self.at_component_values() {
                true => kind = ActionKind::InvokeComponent(self.component_values()?),
                false => {
                    while self.cursor.peek() != TokenKind::Close {
                        args.push(values::value(&mut self.cursor)?);
                    }
                }
            }
        }
        self.cursor.expect_close()?;
        Ok(Action { instance, name, kind, span: self.cursor.span_from(start) })
    }

    /// Whether one of the next forms is a value of components that is not a core value.
    fn at_component_values(&self) -> bool {
        let mut cursor = self.cursor.clone();
        while let Some(keyword) = cursor.open_keyword() {
            if is_component_value(keyword) {
                return true;
            }
            cursor.bump_form();
        }
        false
    }

    /// Reads values of components up to the closing parenthesis.
    fn component_values(&mut self) -> Result<Vec<ComponentValue>> {
        let mut values = Vec::new();
        while self.cursor.peek() != TokenKind::Close {
            values.push(component_value(&mut self.cursor)?);
        }
        Ok(values)
    }

    /// Reads a module or component, with or without the keyword `definition`.
    fn definition(&mut self) -> Result<Subject<'a>> {
        let start = self.cursor.pos();
        if let DirectiveKind::Module(module) | DirectiveKind::Definition(module) = self.module()? {
            return Ok(Subject::Module(module));
        }
        self.cursor.seek(start + 2);
        Err(self.cursor.unexpected(Expected::Module))
    }

    fn instantiation(&mut self) -> Result<Subject<'a>> {
        let start = self.cursor.pos();
        match self.module()? {
            DirectiveKind::Module(module) => Ok(Subject::Module(module)),
            DirectiveKind::Instance(instance) => Ok(Subject::Instance(instance)),
            _ => {
                self.cursor.seek(start + 2);
                Err(self.cursor.unexpected(Expected::Instantiation))
            }
        }
    }

    /// Reads `(module ...)` or `(component ...)`: a module or component, a definition or an
    /// instance.
    fn module(&mut self) -> Result<DirectiveKind<'a>> {
        let start = self.cursor.pos();
        let is_component = self.cursor.opt_open("component");
        if !is_component && !self.cursor.opt_open("module") {
            return Err(self.cursor.unexpected_form(Expected::Module));
        }
        if self.cursor.opt_keyword("instance") {
            let (first, second) = (self.opt_id(), self.opt_id());
            self.cursor.expect_close()?;
            let (id, module) = if second.is_some() { (first, second) } else { (None, first) };
            let span = self.cursor.span_from(start);
            return Ok(DirectiveKind::Instance(Instance { id, module, is_component, span }));
        }
        let is_definition = self.cursor.opt_keyword("definition");
        let id = self.opt_id();
        let is_binary = self.cursor.opt_keyword("binary");
        let source = if is_binary || self.cursor.opt_keyword("quote") {
            let bytes = self.cursor.strings();
            self.cursor.expect_close()?;
            Some(if is_binary { ModuleSource::Binary(bytes) } else { ModuleSource::Quote(bytes) })
        } else {
            self.expect_rest_of_form()?;
            None
        };
        let span = self.cursor.span_from(start);
        let form = self.cursor.tokens.source().get(span.start..span.end).unwrap_or_default();
        let source = source.unwrap_or_else(|| {
            self.lazy.push(span);
            ModuleSource::Text(form)
        });
        let module = ScriptModule { id, is_component, source, span, form };
        let kind = if is_definition { DirectiveKind::Definition } else { DirectiveKind::Module };
        Ok(kind(module))
    }

    /// Moves behind the parenthesis that closes the current form, past everything before it.
    fn expect_rest_of_form(&mut self) -> Result<()> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.cursor.peek() {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth -= 1,
                TokenKind::Eof => return Err(self.cursor.unexpected(Expected::Token(")"))),
                _ => {}
            }
            self.cursor.bump();
        }
        Ok(())
    }

    fn opt_id(&mut self) -> Option<Word<'a>> {
        let span = self.cursor.span();
        self.cursor.opt_id().map(|text| Word { text, span })
    }

    fn id(&mut self) -> Result<Word<'a>> {
        self.opt_id().ok_or_else(|| self.cursor.unexpected(Expected::Id))
    }

    /// Reads a string that is a name.
    fn name(&mut self) -> Result<Word<'a>> {
        let span = self.cursor.span();
        let text: Name<'a> = self.cursor.expect_name()?;
        Ok(Word { text, span })
    }
}
