//! From tokens to a module, in two passes: the first gives every identifier its index
//! (`scan.rs`), the second parses the fields, function bodies straight to bytes.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the parser's public face and the state that the files here share |
//! | `scan.rs` | the first pass |
//! | `types.rs` | types and type uses |
//! | `fields.rs` | the fields of a module |
//! | `recovery.rs` | what takes the place of fields with errors |
//! | `resume.rs` | how parsing goes on behind an error in a function |
//! | `trust.rs` | what can be said about the module in spite of errors |
//! | `reports.rs` | errors with what helps against them |
//! | `segments.rs` | element and data segments |
//! | `code.rs` | instruction sequences, flat and folded |
//! | `labels.rs` | the labels that are open |
//! | `immediates.rs` | the immediates of instructions: the text as a [`Source`](wattle_ast::Source) |
//! | `annotations.rs` | annotations, custom sections, names |
//!
//! Spec: <https://webassembly.github.io/spec/core/text/modules.html>

pub(crate) mod annotations;
mod code;
mod custom_text;
mod fields;
mod immediates;
mod labels;
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
use wattle_ast::{Features, ItemKind, Module, Name, SourceMap, Span, ValType};
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
/// All features are on; [`Parser`] has the choice.
///
/// Spec: <https://webassembly.github.io/spec/core/text/modules.html>
///
/// # Errors
/// Every independent error of the text, each with its place.
///
/// ```
/// let module = wattle_wat::parse(
///     r#"(func (export "add") (param $a i32) (param $b i32) (result i32)
///          (i32.add (local.get $a) (local.get $b)))"#,
/// )?;
/// assert_eq!(module.funcs[0].body.code(), [0x20, 0, 0x20, 1, 0x6a, 0x0b]);
/// # Ok::<(), wattle_wat::Errors>(())
/// ```
pub fn parse(text: &str) -> core::result::Result<Module<'_>, Errors> {
    Parser::new().module(text).map(|parsed| parsed.module)
}

/// How to parse.
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
    max_errors: usize,
}

/// What a text says.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Parsed<'a> {
    /// The module. Names and data borrow from the text when they can.
    pub module: Module<'a>,
    /// What is wrong with the text, in its order. Only [`Parser::recover`] returns errors here.
    pub errors: Vec<Error>,
    /// What the text says in vain, in its order.
    pub warnings: Vec<Warning>,
    /// Which parts of the module say what the text says, in spite of the errors.
    pub soundness: Soundness,
    /// Where the parts of the module stand in the text, when the parser was asked.
    pub source_map: Option<SourceMap>,
    /// What the identifiers are bound to, and where they are used, when the parser was asked.
    pub identifiers: Option<Identifiers>,
}

impl Default for Parser {
    fn default() -> Self {
        Parser::new()
    }
}

impl Parser {
    /// All features, no source map, no identifiers, at most [`Errors::LIMIT`] errors.
    pub fn new() -> Parser {
        let (features, max_errors) = (Features::ALL, Errors::LIMIT);
        Parser { features, source_map: false, identifiers: false, max_errors }
    }

    /// The features that are on. The mnemonics of the others are unknown operators.
    pub fn features(self, features: Features) -> Parser {
        Parser { features, ..self }
    }

    /// Whether to note where each item and each instruction stands in the text.
    pub fn source_map(self, source_map: bool) -> Parser {
        Parser { source_map, ..self }
    }

    /// Whether to note where identifiers are bound and used.
    pub fn identifiers(self, identifiers: bool) -> Parser {
        Parser { identifiers, ..self }
    }

    /// How many errors to return at most; one at least.
    pub fn max_errors(self, max_errors: usize) -> Parser {
        Parser { max_errors: max_errors.max(1), ..self }
    }

    /// Parses a text that is a module: `(module ...)`, or its fields alone.
    ///
    /// # Errors
    /// Every independent error of the text, each with its place.
    pub fn module<'a>(&self, text: &'a str) -> core::result::Result<Parsed<'a>, Errors> {
        self.recover(text).check()
    }

    /// Parses a text as [`module`](Parser::module) does, and returns what it could read of it
    /// beside the errors.
    ///
    /// A field with an error leaves a placeholder, so that all others keep their indices: a
    /// function has its type if that could be read, and `unreachable` for a body; an import has no
    /// name; a segment is empty. Exports and start functions with errors are left out. Indices are
    /// those of the text; they are the module's too, unless an import follows a definition, which
    /// is an error.
    ///
    /// ```
    /// let parsed = wattle_wat::Parser::new().recover(
    ///     "(func $a (result i32) (i32.plus)) (func $b (call $a) drop) (memory 1)",
    /// );
    /// assert_eq!(parsed.errors[0].to_string(), "unknown operator i32.plus: not an instruction");
    /// assert_eq!(parsed.module.funcs.len(), 2);
    /// assert_eq!(parsed.module.funcs[0].body.code(), [0x00, 0x0b]);
    /// assert_eq!(parsed.module.funcs[1].body.code(), [0x10, 0, 0x1a, 0x0b]);
    /// assert_eq!(parsed.module.memories.len(), 1);
    /// ```
    pub fn recover<'a>(&self, text: &'a str) -> Parsed<'a> {
        self.parse(text, false)
    }

    /// Parses a module; in a script it may be a `(module definition ...)`.
    pub(crate) fn parse<'a>(&self, text: &'a str, in_script: bool) -> Parsed<'a> {
        let tokens = Tokens::new(text, annotations::KNOWN);
        let mut cursor = Cursor::new(&tokens, 0);
        let whole = cursor.opt_open("module");
        if whole && in_script {
            cursor.opt_keyword("definition");
        }
        let id = if whole { cursor.opt_id() } else { None };
        let mut state = State::new(self, cursor);
        state.module.names.module = id;
        state.scan();
        state.types();
        state.fields();
        state.annotations();
        let found = core::mem::take(&mut state.errors);
        let mut cursor = state.cursor.clone();
        let mut errors = Error::lexical(&tokens);
        errors.extend(found);
        let end = if whole { cursor.expect_close() } else { Ok(()) };
        let end = end.and_then(|()| match cursor.peek() {
            TokenKind::Eof => Ok(()),
            _ => Err(cursor.unexpected(Expected::End)),
        });
        if let Err(mut error) = end {
            error.help = help::find(&error.kind, &cursor);
            if whole && let ErrorKind::UnexpectedToken(Expected::End) = error.kind {
                let span = cursor.span_before();
                error.related = Some(Related { span, note: "the module ends here" });
            }
            errors.push(*error);
        }
        if !errors.is_empty() {
            reports::keep_independent(&mut errors, &tokens);
        }
        let mut soundness = Soundness::default();
        if !errors.is_empty() {
            soundness = state.soundness(&errors);
        }
        let errors = Error::in_order(errors, self.max_errors);
        let State { module, source_map, recorder, mut warnings, .. } = state;
        let unknown = tokens.unknown_annotations().iter();
        let kind = WarningKind::UnknownAnnotation;
        warnings.extend(unknown.map(|span| Warning { kind, span: *span }));
        warnings.sort_by_key(|warning| warning.span.start);
        let identifiers = recorder.map(Recorder::finish);
        Parsed { module, errors, warnings, soundness, source_map, identifiers }
    }
}

impl Parsed<'_> {
    /// The errors, if there are any.
    pub(crate) fn check(self) -> core::result::Result<Self, Errors> {
        if self.errors.is_empty() { Ok(self) } else { Err(Errors(self.errors)) }
    }
}

/// How many identifiers are compared with misspelt ones in one text.
const COMPARISONS: usize = 1 << 18;

/// What the passes share.
struct State<'t, 'a> {
    cursor: Cursor<'t, 'a>,
    /// Where the fields begin: behind `(module $id?`, or at the beginning of the text.
    start: usize,
    features: Features,
    all_features: bool,
    module: Module<'a>,
    source_map: Option<SourceMap>,
    recorder: Option<Recorder>,
    errors: Vec<Error>,
    warnings: Vec<Warning>,
    max_errors: usize,
    /// How many identifiers may still be compared with misspelt ones.
    budget: usize,
    /// Identifiers of what could not be read, and the field that each belongs to; those of fields
    /// belong to none. Nothing is said about them there, or anywhere.
    excused: BTreeSet<(&'a str, Option<usize>)>,
    /// Where the field at hand begins.
    field_start: usize,
    /// The last advice about a character, and the field that it was for.
    last_sign: Option<(usize, Option<Help>)>,
    /// The index spaces of the module, and the locals of the function at hand.
    scope: Scope<'a>,
    /// Where the fields that are types begin.
    type_fields: Vec<usize>,
    /// The identifiers of fields, by type.
    field_ids: BTreeMap<u32, IdMap<'a>>,
    /// What has a placeholder, but for functions with errors in their bodies.
    broken: BTreeSet<(Space, u32)>,
    /// Explicit types with errors: nothing more is said about them.
    broken_types: BTreeSet<u32>,
    /// Which type a signature without a type index stands for.
    type_uses: BTreeMap<Box<Signature>, u32>,
    /// The signature that was parsed last.
    params: Vec<ValType>,
    results: Vec<ValType>,
    labels: LabelStack<'a>,
    /// The function at hand, when its locals and labels are to have names.
    func: Option<u32>,
    /// Which annotations have found their place.
    placed: Vec<bool>,
    /// Positions of tokens that no annotation stands before.
    unannotated: Range<usize>,
    /// What annotations say of instructions of the function at hand, each with its id.
    said: Vec<(Name<'a>, Cow<'a, [u8]>)>,
    /// What annotations say of instructions, by their ids.
    metadata: BTreeMap<Name<'a>, CodeMetadata<Cow<'a, [u8]>>>,
}

impl<'t, 'a> State<'t, 'a> {
    fn new(parser: &Parser, cursor: Cursor<'t, 'a>) -> Self {
        State {
            start: cursor.pos(),
            unannotated: 0..0,
            placed: alloc::vec![false; cursor.tokens.annotations().len()],
            cursor,
            features: parser.features,
            all_features: parser.features == Features::ALL,
            module: Module::default(),
            source_map: parser.source_map.then(SourceMap::default),
            recorder: parser.identifiers.then(Recorder::default),
            errors: Vec::new(),
            warnings: Vec::new(),
            max_errors: parser.max_errors,
            budget: COMPARISONS,
            excused: BTreeSet::new(),
            field_start: 0,
            last_sign: None,
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
            said: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }

    /// An index: a number or an identifier of a space of the module.
    #[inline(always)]
    fn idx(&mut self, space: Space) -> Result<u32> {
        if self.cursor.peek() == TokenKind::Id {
            return self.resolve(space);
        }
        self.cursor.expect_idx()
    }

    /// An index when one is next.
    #[inline(always)]
    fn opt_idx(&mut self, space: Space) -> Result<Option<u32>> {
        if matches!(self.cursor.peek(), TokenKind::Id | TokenKind::Number) {
            return self.idx(space).map(Some);
        }
        Ok(None)
    }

    /// The index of the identifier that is next.
    fn resolve(&mut self, space: Space) -> Result<u32> {
        let Some(index) = self.scope[space].ids.get(&self.cursor.id()) else {
            return Err(self.unknown(space));
        };
        self.refer(space, if space == Space::Local { self.func } else { None }, index);
        self.cursor.bump();
        Ok(index)
    }

    /// What `inside` reads between `(` with this keyword and the matching parenthesis, when such a
    /// form is next.
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

    /// Calls `each` up to the closing parenthesis, and moves past it. A form with a `name` holds
    /// one thing only.
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

    /// Notes what the identifier that is next refers to.
    #[inline(always)]
    fn refer(&mut self, space: Space, owner: Option<u32>, index: u32) {
        if let Some(recorder) = &mut self.recorder {
            recorder.refer((space, owner, index), self.cursor.span());
        }
    }

    /// Notes what the identifier at a position is bound to by the form that begins at `form`.
    #[inline(always)]
    fn define(&mut self, space: Space, owner: Option<u32>, index: u32, id: usize, form: usize) {
        if self.recorder.is_some() {
            let id = self.span_at(id);
            let form = self.form_span(form).to(id);
            if let Some(recorder) = &mut self.recorder {
                recorder.define((space, owner, index), id, form);
            }
        }
    }

    /// Notes where an item stands: the form that begins at the token of position `start`.
    fn locate(&mut self, kind: ItemKind, index: u32, start: usize) {
        if self.source_map.is_some() {
            let span = self.form_span(start);
            if let Some(map) = &mut self.source_map {
                map.add_item(kind, index, span);
            }
        }
    }

    /// The bytes of the form that begins at the token of position `start`.
    fn form_span(&self, start: usize) -> Span {
        let last = self.cursor.tokens.form_end(start).saturating_sub(1);
        self.span_at(start).to(self.span_at(last))
    }

    /// The bytes of the token at a position.
    fn span_at(&self, pos: usize) -> Span {
        self.cursor.tokens.get(pos).span()
    }
}
