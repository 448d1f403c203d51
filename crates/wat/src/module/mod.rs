//! Parses tokens to a module in two passes: the first gives every identifier its index (`scan.rs`),
//! and the second parses the fields and encodes function bodies.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the public interface of the parser, and the state that the files here share |
//! | `scan.rs` | the first pass |
//! | `types.rs` | types and type uses |
//! | `fields.rs` | the fields of a module |
//! | `recovery.rs` | placeholders for fields with errors |
//! | `resume.rs` | how parsing continues after an error in a function |
//! | `trust.rs` | the parts of the module that are right in spite of errors |
//! | `reports.rs` | errors, with advice against them |
//! | `segments.rs` | element and data segments |
//! | `code.rs`, `folded.rs` | instruction sequences; folded instructions |
//! | `places.rs` | the records of places and identifiers, if requested |
//! | `labels.rs` | the labels of open blocks |
//! | `immediates.rs` | the immediates of instructions: the text as a [`Source`](wattle_ast::Source) |
//! | `annotations.rs`, `annotation_forms.rs` | annotations, custom sections, names; the grammar of annotations |
//!
//! Spec: <https://webassembly.github.io/spec/core/text/modules.html>

mod annotation_forms;
pub(crate) mod annotations;
mod code;
mod custom_text;
mod fields;
mod folded;
mod immediates;
mod labels;
mod places;
mod recovery;
mod reports;
mod resume;
mod scan;
mod segments;
mod trust;
mod types;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::custom::CodeMetadata;
use wattle_ast::{Features, Module, Name, SourceMap, ValType};
use wattle_syntax::{TokenKind, Tokens};

use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Errors, Expected, Related, Result};
use crate::help::{self, Help};
use crate::ids::{IdMap, Scope, Space};
use crate::references::{Identifiers, Recorder};
use crate::warning::{Warning, WarningKind};
use labels::LabelStack;
pub use trust::Soundness;
use types::Signature;

/// Parses a text that is a module: `(module ...)`, or its fields alone.
///
/// All features are on; use [`Parser`] to choose.
///
/// Spec: <https://webassembly.github.io/spec/core/text/modules.html>
///
/// # Errors
/// All independent errors of the text, each with its place.
///
/// ```
/// let module = wattle_wat::parse(
///     r#"(func (export "add") (param $a i32) (param $b i32) (result i32)
///          (i32.add (local.get $a) (local.get $b)))"#,
/// )?;
/// assert_eq!(module.funcs[0.into()].body.code(), [0x20, 0, 0x20, 1, 0x6a, 0x0b]);
/// # Ok::<(), wattle_wat::Errors>(())
/// ```
pub fn parse(text: &str) -> core::result::Result<Module<'_>, Errors> {
    Parser::new().module(text).map(|parsed| parsed.module)
}

/// The settings of the parser.
///
/// ```
/// use wattle_ast::{Features, ItemKind, Path, Span};
///
/// let parser = wattle_wat::Parser::new().features(Features::WASM3).source_map(true);
/// let parsed = parser.module("(module (func))")?;
/// let path = Path::item(ItemKind::Func, 0);
/// assert_eq!(parsed.source_map.unwrap().span(&path), Some(Span::new(8, 14)));
/// # Ok::<(), wattle_wat::Errors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Parser {
    features: Features,
    source_map: bool,
    identifiers: bool,
    pub(crate) max_errors: usize,
}

/// The result of parsing a text.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Parsed<'a> {
    /// The module. Names and data borrow from the text when they can.
    pub module: Module<'a>,
    /// The errors of the text, in order. Only [`Parser::recover`] returns errors here.
    pub errors: Vec<Error>,
    /// Parts of the text that have no effect, in order.
    pub warnings: Vec<Warning>,
    /// The parts of the module that are right in spite of the errors.
    pub soundness: Soundness,
    /// The places in the text of the parts of the module, if requested.
    pub source_map: Option<SourceMap>,
    /// The definitions and uses of identifiers, if requested.
    pub identifiers: Option<Identifiers>,
}

impl Default for Parser {
    fn default() -> Self {
        Parser::new()
    }
}

impl Parser {
    /// Returns the default settings: all features, no source map, no identifiers, at most
    /// [`Errors::LIMIT`] errors.
    pub fn new() -> Parser {
        let (features, max_errors) = (Features::ALL, Errors::LIMIT);
        Parser { features, source_map: false, identifiers: false, max_errors }
    }

    /// Sets the features that are on. Mnemonics of other features are unknown operators.
    pub fn features(self, features: Features) -> Parser {
        Parser { features, ..self }
    }

    /// Sets whether to record the place in the text of each item and each instruction.
    pub fn source_map(self, source_map: bool) -> Parser {
        Parser { source_map, ..self }
    }

    /// Sets whether to record where identifiers are bound and used.
    pub fn identifiers(self, identifiers: bool) -> Parser {
        Parser { identifiers, ..self }
    }

    /// Sets the number of errors that are returned at most, which is at least 1.
    pub fn max_errors(self, max_errors: usize) -> Parser {
        Parser { max_errors: max_errors.max(1), ..self }
    }

    /// Parses a text that is a module: `(module ...)`, or its fields alone.
    ///
    /// # Errors
    /// All independent errors of the text, each with its place.
    pub fn module<'a>(&self, text: &'a str) -> core::result::Result<Parsed<'a>, Errors> {
        self.recover(text).check(text)
    }

    /// Parses a text like [`module`](Parser::module), and returns the errors together with
    /// everything that could be read.
    ///
    /// A field with an error leaves a placeholder, so that all other fields keep their indices. The
    /// placeholder of a function has its type if that could be read, and the body `unreachable`;
    /// that of an import has empty names; that of a segment is empty. Exports and start functions
    /// with errors are left out. Indices are those of the text, which are also those of the module
    /// unless an import follows a definition, which is an error.
    ///
    /// ```
    /// let parsed = wattle_wat::Parser::new().recover(
    ///     "(func $a (result i32) (i32.plus)) (func $b (call $a) drop) (memory 1)",
    /// );
    /// assert_eq!(parsed.errors[0].to_string(), "unknown operator i32.plus: not an instruction");
    /// assert_eq!(parsed.module.funcs.len(), 2);
    /// assert_eq!(parsed.module.funcs[0.into()].body.code(), [0x00, 0x0b]);
    /// assert_eq!(parsed.module.funcs[1.into()].body.code(), [0x10, 0, 0x1a, 0x0b]);
    /// assert_eq!(parsed.module.memories.len(), 1);
    /// ```
    pub fn recover<'a>(&self, text: &'a str) -> Parsed<'a> {
        self.parse(text, false)
    }

    /// Parses a module, which in a script may be a `(module definition ...)`.
    pub(crate) fn parse<'a>(&self, text: &'a str, in_script: bool) -> Parsed<'a> {
        self.parse_tokens(&Tokens::new(text, annotations::KNOWN), in_script)
    }

    /// Parses the tokens of a module.
    pub(crate) fn parse_tokens<'a>(&self, tokens: &Tokens<'a>, in_script: bool) -> Parsed<'a> {
        let mut cursor = Cursor::new(tokens, 0);
        let whole = cursor.opt_open("module");
        if whole && in_script {
            cursor.opt_keyword("definition");
        }
        let id = if whole { cursor.opt_id() } else { None };
        let mut state = State::new(self, cursor);
        state.module.names.module = id;
        state.parse();
        let errors = state.finish(whole.then_some("the module ends here"));
        let mut soundness = Soundness::default();
        if !errors.is_empty() {
            soundness = state.soundness(&errors);
        }
        let errors = Error::in_order(errors, self.max_errors);
        let State { module, source_map, recorder, warnings, .. } = state;
        let identifiers = recorder.map(Recorder::finish);
        Parsed { module, errors, warnings, soundness, source_map, identifiers }
    }
}

impl Parsed<'_> {
    /// Fails with the errors, if there are any, and finds their places in the text.
    pub(crate) fn check(self, text: &str) -> core::result::Result<Self, Errors> {
        if self.errors.is_empty() { Ok(self) } else { Err(Errors::new(self.errors).in_text(text)) }
    }
}

/// The number of comparisons of identifiers with misspelt ones in one text.
const COMPARISONS: usize = 1 << 18;

/// The state that the passes share.
pub(crate) struct State<'t, 'a> {
    pub(crate) cursor: Cursor<'t, 'a>,
    /// The position of the first field: behind `(module $id?`, or at the beginning of the text.
    start: usize,
    pub(crate) features: Features,
    all_features: bool,
    pub(crate) module: Module<'a>,
    pub(crate) source_map: Option<SourceMap>,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) errors: Vec<Error>,
    pub(crate) warnings: Vec<Warning>,
    max_errors: usize,
    /// The number of comparisons with misspelt identifiers that are left.
    pub(crate) budget: usize,
    /// Identifiers that could not be bound because of an error, each with the field that it belongs
    /// to, or `None` if it belongs to the whole module. They are not reported as unknown there.
    excused: BTreeSet<(&'a str, Option<usize>)>,
    /// The position of the current field.
    pub(crate) field_start: usize,
    /// The field in which advice about a character was given last, and that advice.
    last_character_advice: Option<(usize, Option<Help>)>,
    /// The index spaces of the module, and the locals of the current function.
    pub(crate) scope: Scope<'a>,
    /// The positions of the fields that are types.
    type_fields: Vec<usize>,
    /// The identifiers of fields, by type.
    field_ids: BTreeMap<u32, IdMap<'a>>,
    /// The members that have a placeholder, except for functions whose only errors are in their
    /// bodies.
    broken: BTreeSet<(Space, u32)>,
    /// Explicit types with errors, which are not reported again.
    pub(crate) broken_types: BTreeSet<u32>,
    /// The type that a signature without a type index stands for.
    type_uses: BTreeMap<Box<Signature>, u32>,
    /// The signature that was parsed last.
    params: Vec<ValType>,
    results: Vec<ValType>,
    labels: LabelStack<'a>,
    /// The current function, if its locals and labels can have names.
    func: Option<u32>,
    /// Whether the module is a module type, in which each type use without an index defines a type
    /// unless an explicit type is equal.
    pub(crate) is_type: bool,
    /// Whether each annotation of the text was found in a right place.
    placed: Vec<bool>,
    /// A range of positions without annotations before their tokens.
    unannotated: Range<usize>,
    /// The annotations of instructions of the current function, each with its id.
    func_metadata: Vec<(Name<'a>, Cow<'a, [u8]>)>,
    /// The annotations of instructions, by id.
    metadata: BTreeMap<Name<'a>, CodeMetadata<Cow<'a, [u8]>>>,
}

impl<'t, 'a> State<'t, 'a> {
    pub(crate) fn new(parser: &Parser, cursor: Cursor<'t, 'a>) -> Self {
        State {
            placed: alloc::vec![false; cursor.tokens.annotations().len()],
            source_map: parser.source_map.then(SourceMap::default),
            recorder: parser.identifiers.then(Recorder::default),
            ..State::empty(parser.features, parser.max_errors, cursor)
        }
    }

    fn empty(features: Features, max_errors: usize, cursor: Cursor<'t, 'a>) -> Self {
        State {
            start: cursor.pos(),
            unannotated: 0..0,
            placed: Vec::new(),
            cursor,
            features,
            all_features: features == Features::ALL,
            module: Module::default(),
            source_map: None,
            recorder: None,
            errors: Vec::new(),
            warnings: Vec::new(),
            max_errors,
            budget: COMPARISONS,
            excused: BTreeSet::new(),
            field_start: 0,
            last_character_advice: None,
            scope: Scope::default(),
            type_fields: Vec::new(),
            field_ids: BTreeMap::new(),
            broken: BTreeSet::new(),
            broken_types: BTreeSet::new(),
            type_uses: BTreeMap::new(),
            params: Vec::new(),
            results: Vec::new(),
            labels: LabelStack::default(),
            func: None,
            is_type: false,
            func_metadata: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }

    /// Begins a module or a module type at the cursor, inside of a component. Returns the state for
    /// [`return_to`](State::return_to).
    pub(crate) fn begin(&mut self) -> State<'t, 'a> {
        let mut inner = State::empty(self.features, self.max_errors, self.cursor.clone());
        inner.exchange(self);
        core::mem::replace(self, inner)
    }

    /// Restores the state before a module, and returns the state of the module.
    pub(crate) fn return_to(&mut self, mut outer: State<'t, 'a>) -> State<'t, 'a> {
        outer.cursor = self.cursor.clone();
        outer.exchange(self);
        core::mem::replace(self, outer)
    }

    /// Exchanges the parts of the state that belong to the whole text.
    fn exchange(&mut self, other: &mut State<'t, 'a>) {
        core::mem::swap(&mut self.source_map, &mut other.source_map);
        core::mem::swap(&mut self.recorder, &mut other.recorder);
        core::mem::swap(&mut self.errors, &mut other.errors);
        core::mem::swap(&mut self.warnings, &mut other.warnings);
        core::mem::swap(&mut self.budget, &mut other.budget);
        core::mem::swap(&mut self.placed, &mut other.placed);
    }

    /// Parses the fields of a module, up to the parenthesis that closes it or the end of the text.
    pub(crate) fn parse(&mut self) {
        self.scan();
        self.types();
        self.fields();
        self.annotations();
    }

    /// Reads the end of the text. `end` describes the closing parenthesis before it; `None` if the
    /// text has only fields. Takes all independent errors, and adds warnings of unknown annotations.
    pub(crate) fn finish(&mut self, end: Option<&'static str>) -> Vec<Error> {
        let tokens = self.cursor.tokens;
        let mut errors = Error::lexical(tokens);
        errors.append(&mut self.errors);
        let mut cursor = self.cursor.clone();
        let closed = if end.is_some() { cursor.expect_close() } else { Ok(()) };
        let result = closed.and_then(|()| match cursor.peek() {
            TokenKind::Eof => Ok(()),
            _ => Err(cursor.unexpected(Expected::End)),
        });
        if let Err(mut error) = result {
            error.help = help::find(&error.kind, &cursor);
            if let ErrorKind::UnexpectedToken(Expected::End) = error.kind {
                let span = cursor.span_before();
                error.related = end.map(|note| Related { span, note });
            }
            errors.push(*error);
        }
        if !errors.is_empty() {
            reports::keep_independent(&mut errors, tokens);
        }
        let unknown = tokens.unknown_annotations().iter();
        let kind = WarningKind::UnknownAnnotation;
        self.warnings.extend(unknown.map(|span| Warning { kind, span: *span }));
        self.warnings.sort_by_key(|warning| warning.span.start);
        errors
    }

    /// Reads an index in a space of the module: a number or an identifier.
    #[inline(always)]
    fn idx(&mut self, space: Space) -> Result<u32> {
        if self.cursor.peek() == TokenKind::Id {
            return self.resolve(space);
        }
        self.cursor.expect_idx()
    }

    /// Reads an index if one comes next.
    #[inline(always)]
    fn opt_idx(&mut self, space: Space) -> Result<Option<u32>> {
        if matches!(self.cursor.peek(), TokenKind::Id | TokenKind::Number) {
            return self.idx(space).map(Some);
        }
        Ok(None)
    }

    /// Reads an identifier and returns its index.
    fn resolve(&mut self, space: Space) -> Result<u32> {
        let Some(index) = self.scope[space].ids.get(&self.cursor.id()) else {
            return Err(self.unknown(space));
        };
        self.refer(space, if space == Space::Local { self.func } else { None }, index);
        self.cursor.bump();
        Ok(index)
    }

    /// Calls `inside` between `(` with this keyword and the matching parenthesis, if that form
    /// comes next.
    #[inline(always)]
    fn opt_form<T>(
        &mut self,
        keyword: &str,
        inside: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<Option<T>> {
        if !self.cursor.opt_open(keyword) {
            return Ok(None);
        }
        let value = inside(self)?;
        self.cursor.expect_close()?;
        Ok(Some(value))
    }

    /// Calls `each` up to the closing parenthesis, and moves past that. With a `name`, calls it
    /// exactly once.
    #[inline(always)]
    fn rest_of_form(
        &mut self,
        name: bool,
        mut each: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        while name || self.cursor.peek() != TokenKind::Close {
            each(self)?;
            if name {
                break;
            }
        }
        self.cursor.expect_close()
    }
}
