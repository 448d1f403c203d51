//! Parses tokens to a component in one pass: the order of definitions is their meaning, and each
//! refers only to definitions before it.
//!
//! Components and the types of components and instances nest. Their scopes are a list, so nothing
//! here recurses on the nesting of the text. The definitions that abbreviations stand for, such as
//! types inside of other types and aliases of definitions of outer scopes, are added before the
//! definition that uses them.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the public interface, the state, the loop over fields, recovery from errors |
//! | `scopes.rs` | index spaces, identifiers, and the addition of definitions |
//! | `fields.rs` | the fields of components and of types that are not in the other files |
//! | `externs.rs` | imports and exports, their names and types |
//! | `instances.rs` | instances and core instances |
//! | `items.rs` | references to definitions, and the aliases that they stand for |
//! | `types.rs` | types of values, functions and resources |
//! | `core_types.rs` | core types, those of modules among them |
//! | `values.rs` | literals of values |
//! | `canons.rs` | canonical definitions: the text as a source of their immediates |
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md>

mod canons;
mod core_types;
mod externs;
mod fields;
mod instances;
mod items;
mod scopes;
mod types;
mod values;

use alloc::format;
use alloc::vec::Vec;

use wattle_ast::components::{Component, Definition, Sort, TypePlaces};
use wattle_ast::{Feature, SourceMap, Wasm, nearest};
use wattle_syntax::{Lexer, TokenKind, Tokens};

use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Errors, Expected, Result};
use crate::help::Help;
use crate::ids::Space;
use crate::module::{Parsed, Parser, State, annotations};
use crate::references::{Identifiers, Recorder};
use crate::warning::Warning;
use scopes::{Bindings, Frame, Then};
use types::{Open, Part};
pub(crate) use values::char_of;

/// The result of parsing a text that is a component.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ParsedComponent<'a> {
    /// The component. Names and data borrow from the text when they can. Identifiers are names in a
    /// custom section of each component that has some.
    pub component: Component<'a>,
    /// The errors of the text, in order. Only [`Parser::recover_component`] returns errors here.
    pub errors: Vec<Error>,
    /// Parts of the text that have no effect, in order.
    pub warnings: Vec<Warning>,
    /// The places in the text of the definitions of the component, and of the items of the modules
    /// in it, if requested.
    pub source_map: Option<SourceMap>,
    /// The definitions and uses of identifiers, if requested.
    pub identifiers: Option<Identifiers>,
}

/// The result of parsing a text that is a module or a component.
#[derive(Clone, PartialEq, Debug)]
#[allow(clippy::large_enum_variant)] // There is one for a whole text.
pub enum ParsedWasm<'a> {
    /// The text is a module.
    Module(Parsed<'a>),
    /// The text is a component.
    Component(ParsedComponent<'a>),
}

impl<'a> ParsedWasm<'a> {
    /// The module or component.
    pub fn into_wasm(self) -> Wasm<'a> {
        match self {
            ParsedWasm::Module(parsed) => Wasm::Module(parsed.module),
            ParsedWasm::Component(parsed) => Wasm::Component(parsed.component),
        }
    }

    /// The errors of the text, in order. Only [`Parser::recover_wasm`] returns errors here.
    pub fn errors(&self) -> &[Error] {
        match self {
            ParsedWasm::Module(parsed) => &parsed.errors,
            ParsedWasm::Component(parsed) => &parsed.errors,
        }
    }

    /// Parts of the text that have no effect, in order.
    pub fn warnings(&self) -> &[Warning] {
        match self {
            ParsedWasm::Module(parsed) => &parsed.warnings,
            ParsedWasm::Component(parsed) => &parsed.warnings,
        }
    }

    /// The result, unless there are errors.
    pub(crate) fn check(self, text: &str) -> core::result::Result<Self, Errors> {
        match self {
            ParsedWasm::Module(parsed) => parsed.check(text).map(ParsedWasm::Module),
            ParsedWasm::Component(parsed) => parsed.check(text).map(ParsedWasm::Component),
        }
    }
}

/// Whether a text is that of a component, judging by its first words.
///
/// ```
/// assert!(wattle_wat::is_component("(; a comment ;) (component (type u8"));
/// assert!(!wattle_wat::is_component("(module)"));
/// ```
pub fn is_component(text: &str) -> bool {
    let mut tokens = Lexer::new(text).filter(|(kind, _)| !kind.is_trivia());
    let mut word = || tokens.next().and_then(|(_, span)| text.get(span.start..span.end));
    word() == Some("(") && word() == Some("component")
}

impl ParsedComponent<'_> {
    /// The errors, if there are any, with their places in the text.
    pub(crate) fn check(self, text: &str) -> core::result::Result<Self, Errors> {
        if self.errors.is_empty() { Ok(self) } else { Err(Errors::new(self.errors).in_text(text)) }
    }
}

impl Parser {
    /// Parses a text that is a component: `(component ...)`.
    ///
    /// ```
    /// use wattle_ast::components::{Definition, PrimType, Type};
    ///
    /// let parsed = wattle_wat::Parser::new().component("(component (type $t u8))")?;
    /// let types = &parsed.component.definitions[..1];
    /// assert_eq!(types, [Definition::Type(Type::Prim(PrimType::U8))]);
    ///
    /// let errors = wattle_wat::Parser::new().component("(component (export \"f\" (func $f)))");
    /// assert_eq!(errors.unwrap_err().as_slice()[0].to_string(), "unknown func $f");
    /// # Ok::<(), wattle_wat::Errors>(())
    /// ```
    ///
    /// # Errors
    /// All independent errors of the text, each with its place.
    pub fn component<'a>(
        &self,
        text: &'a str,
    ) -> core::result::Result<ParsedComponent<'a>, Errors> {
        self.recover_component(text).check(text)
    }

    /// Parses a text like [`component`](Parser::component), and returns the errors together with
    /// everything that could be read.
    ///
    /// A field with an error is left out, so that later definitions may have other indices than in
    /// the text. An identifier that is not bound counts as index 0.
    ///
    /// ```
    /// let parsed = wattle_wat::Parser::new()
    ///     .recover_component("(component (type $t u88) (core modul) (component))");
    /// let messages: Vec<_> = parsed.errors.iter().map(ToString::to_string).collect();
    /// assert_eq!(messages, [
    ///     "unknown operator u88: not a type; did you mean `u8`?",
    ///     "unknown operator modul: not module, instance, type, func or rec behind core; did you mean `module`?",
    /// ]);
    /// assert_eq!(parsed.component.definitions.len(), 2);
    /// ```
    pub fn recover_component<'a>(&self, text: &'a str) -> ParsedComponent<'a> {
        self.parse_component(&Tokens::new(text, annotations::KNOWN), false)
    }

    /// Parses a text that is a module or a component: `(component ...)`, or anything that
    /// [`module`](Parser::module) reads.
    ///
    /// ```
    /// use wattle_wat::{ParsedWasm, Parser};
    ///
    /// let wasm = |text| Parser::new().wasm(text).map(ParsedWasm::into_wasm);
    /// assert!(wasm("(component)")?.component().is_some());
    /// assert!(wasm("(func)")?.module().is_some());
    /// # Ok::<(), wattle_wat::Errors>(())
    /// ```
    ///
    /// # Errors
    /// All independent errors of the text, each with its place.
    pub fn wasm<'a>(&self, text: &'a str) -> core::result::Result<ParsedWasm<'a>, Errors> {
        self.recover_wasm(text).check(text)
    }

    /// Parses a text like [`wasm`](Parser::wasm), and returns the errors together with everything
    /// that could be read: see [`recover`](Parser::recover) and
    /// [`recover_component`](Parser::recover_component).
    pub fn recover_wasm<'a>(&self, text: &'a str) -> ParsedWasm<'a> {
        self.parse_wasm(text, false)
    }

    /// Parses a module or component, which in a script may be a `(component definition ...)`.
    pub(crate) fn parse_wasm<'a>(&self, text: &'a str, in_script: bool) -> ParsedWasm<'a> {
        let tokens = Tokens::new(text, annotations::KNOWN);
        if Cursor::new(&tokens, 0).at_open("component") {
            return ParsedWasm::Component(self.parse_component(&tokens, in_script));
        }
        ParsedWasm::Module(self.parse_tokens(&tokens, in_script))
    }

    /// Parses a text that has only the fields of a component.
    pub(crate) fn component_fields<'a>(&self, text: &'a str) -> ParsedComponent<'a> {
        let tokens = Tokens::new(text, annotations::KNOWN);
        let mut state = ComponentState::new(State::new(self, Cursor::new(&tokens, 0)));
        state.fields();
        self.parsed(state, None)
    }

    fn parse_component<'a>(&self, tokens: &Tokens<'a>, in_script: bool) -> ParsedComponent<'a> {
        let mut state = ComponentState::new(State::new(self, Cursor::new(tokens, 0)));
        match state.open_outermost(in_script) {
            Ok(()) => {
                state.fields();
                self.parsed(state, Some("the component ends here"))
            }
            Err(error) => {
                state.core.report(*error);
                state.core.cursor.seek(tokens.len());
                self.parsed(state, None)
            }
        }
    }

    /// The result, at the end of the text. `end` describes the closing parenthesis before it.
    fn parsed<'a>(
        &self,
        mut state: ComponentState<'_, 'a>,
        end: Option<&'static str>,
    ) -> ParsedComponent<'a> {
        state.core.left_over_in_component();
        let errors = Error::in_order(state.core.finish(end), self.max_errors);
        let ComponentState { core, mut definitions, mut left_out, .. } = state;
        if !left_out.is_empty() {
            left_out.sort_unstable();
            let mut place = 0;
            definitions.retain(|_| {
                place += 1;
                left_out.binary_search(&(place - 1)).is_err()
            });
        }
        let component = definitions.into_iter().collect();
        let State { source_map, recorder, warnings, .. } = core;
        let identifiers = recorder.map(Recorder::finish);
        ParsedComponent { component, errors, warnings, source_map, identifiers }
    }
}

/// The state of the parser of components.
struct ComponentState<'t, 'a> {
    /// The state of the parser of modules. It has the position, and everything that belongs to the
    /// whole text. The identifiers of its types are those of the core types of the current scope.
    core: State<'t, 'a>,
    /// The definitions so far.
    definitions: Vec<Definition<'a>>,
    /// The places of name sections that turned out to be empty.
    left_out: Vec<usize>,
    /// The current scope.
    scope: Frame<'a>,
    /// The scopes around the current one, the outermost first.
    outer: Vec<Frame<'a>>,
    /// The identifiers of all open scopes.
    bindings: Bindings<'a>,
    /// The number of the next scope, for the recorder of identifiers.
    next_scope: u32,
    /// The types of values that are open around the next one.
    open: Vec<Open<'a>>,
    /// The parts of the types that are open, and of the function type around them.
    parts: Vec<Part<'a>>,
    /// The types of values, once there is a literal.
    types: TypePlaces,
}

impl<'t, 'a> ComponentState<'t, 'a> {
    fn new(core: State<'t, 'a>) -> Self {
        ComponentState {
            core,
            definitions: Vec::new(),
            left_out: Vec::new(),
            scope: Frame::outermost(),
            outer: Vec::new(),
            bindings: Bindings::default(),
            next_scope: 1,
            open: Vec::new(),
            parts: Vec::new(),
            types: TypePlaces::default(),
        }
    }

    /// Moves into the component that is the whole text.
    fn open_outermost(&mut self, in_script: bool) -> Result<()> {
        let cursor = &mut self.core.cursor;
        if !cursor.at_open("component") {
            return Err(cursor.unexpected_form(Expected::Component));
        }
        cursor.bump();
        self.require(Feature::ComponentModel)?;
        let cursor = &mut self.core.cursor;
        cursor.bump();
        if in_script {
            cursor.opt_keyword("definition");
        }
        let id = cursor.opt_id();
        self.scope.own = self.core.name_annotation()?.or_else(|| id.clone());
        self.scope.id = id;
        Ok(())
    }

    /// Reads fields up to the end of the outermost component. A field with an error is reported and
    /// left out.
    fn fields(&mut self) {
        loop {
            self.customs();
            let mut start = self.core.cursor.pos();
            self.core.field_start = start;
            let result = match self.core.cursor.peek() {
                TokenKind::Eof => {
                    while !self.outer.is_empty() {
                        self.leave();
                    }
                    break;
                }
                TokenKind::Close if self.outer.is_empty() => break,
                TokenKind::Close => {
                    start = self.scope.start;
                    self.core.field_start = start;
                    self.core.cursor.bump();
                    match self.leave() {
                        Some(then) => self.follow(then),
                        None => break,
                    }
                }
                TokenKind::Open => self.field(start),
                _ => Err(self.core.cursor.unexpected(self.scope.expected())),
            };
            if let Err(error) = result {
                self.report(*error);
                self.pass_by(start);
            }
        }
        self.end_scope();
    }

    /// Finishes the definition whose scope has ended.
    fn follow(&mut self, then: Then<'a>) -> Result<()> {
        match then {
            Then::Nothing => Ok(()),
            Then::Define(head, item) => self.define(head, item),
            Then::DefineType(head, item) => {
                self.core.cursor.expect_close()?;
                self.define(head, item)
            }
            Then::Extern(ext, desc) => self.finish_extern(ext, desc),
        }
    }

    /// Reports an error. A type of the parser of modules is a core type of the component.
    #[cold]
    fn report(&mut self, mut error: Error) {
        if let ErrorKind::Unknown(space @ Space::Type, id) = &mut error.kind {
            *space = Space::CoreType;
            let name = id.strip_prefix('$').unwrap_or_default();
            let near = nearest(name, self.bindings.ids(Sort::CORE_TYPE), &mut self.core.budget);
            error.help = near.map(|near| Help::Meant(format!("${near}").into()));
        }
        self.core.report(error);
    }

    /// Moves past the field at position `start`, which has an error.
    #[cold]
    fn pass_by(&mut self, start: usize) {
        self.open.clear();
        self.parts.clear();
        let cursor = &mut self.core.cursor;
        cursor.seek(start);
        if cursor.peek() == TokenKind::Open {
            let end = cursor.tokens.form_end(start);
            while self.core.cursor.pos() < end {
                self.core.excuse(true);
                self.core.cursor.bump();
            }
            return;
        }
        // All tokens up to the next field are one error.
        while !matches!(
            self.core.cursor.peek(),
            TokenKind::Open | TokenKind::Close | TokenKind::Eof
        ) {
            self.core.excuse(true);
            self.core.cursor.bump();
        }
    }
}
