//! From tokens to a module, in two passes: the first gives every identifier its index
//! (`scan.rs`), the second parses the fields, function bodies straight to bytes.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | the parser's public face and the state that the files here share |
//! | `scan.rs` | the first pass |
//! | `types.rs` | types and type uses |
//! | `fields.rs` | the fields of a module |
//! | `segments.rs` | element and data segments |
//! | `code.rs` | instruction sequences, flat and folded |
//! | `immediates.rs` | the immediates of instructions: the text as a [`Source`](wattle_ast::Source) |
//! | `annotations.rs` | annotations, custom sections, names |
//!
//! Spec: <https://webassembly.github.io/spec/core/text/modules.html>

pub(crate) mod annotations;
mod code;
mod fields;
mod immediates;
mod scan;
mod segments;
mod types;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use wattle_ast::{Features, ItemKind, Module, Name, SourceMap, Span, ValType};
use wattle_syntax::{TokenKind, Tokens};

use crate::cursor::Cursor;
use crate::error::{Error, ErrorKind, Errors, Result};
use crate::ids::{IdMap, Space};
use code::{Code, LabelStack};
use types::TypeUses;

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
}

/// What became of a text.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Parsed<'a> {
    /// The module. Names and data borrow from the text when they can.
    pub module: Module<'a>,
    /// Where its parts stand in the text, when the parser was asked.
    pub source_map: Option<SourceMap>,
}

impl Default for Parser {
    fn default() -> Self {
        Parser::new()
    }
}

impl Parser {
    /// All features, no source map.
    pub fn new() -> Parser {
        Parser { features: Features::ALL, source_map: false }
    }

    /// The features that are on. The mnemonics of the others are unknown operators.
    pub fn features(self, features: Features) -> Parser {
        Parser { features, ..self }
    }

    /// Whether to note where each item and each instruction stands in the text.
    pub fn source_map(self, source_map: bool) -> Parser {
        Parser { source_map, ..self }
    }

    /// Parses a text that is a module: `(module ...)`, or its fields alone.
    ///
    /// # Errors
    /// Every independent error of the text, each with its place.
    pub fn module<'a>(&self, text: &'a str) -> core::result::Result<Parsed<'a>, Errors> {
        self.whole(text, false)
    }

    /// The same for a module of a script, which may be a `(module definition ...)`.
    pub(crate) fn script_module<'a>(
        &self,
        text: &'a str,
    ) -> core::result::Result<Parsed<'a>, Errors> {
        self.whole(text, true)
    }

    fn whole<'a>(
        &self,
        text: &'a str,
        in_script: bool,
    ) -> core::result::Result<Parsed<'a>, Errors> {
        let tokens = Tokens::new(text, annotations::KNOWN);
        let mut errors = Error::lexical(&tokens);
        let mut cursor = Cursor::new(&tokens, 0);
        let whole = cursor.opt_open("module");
        if whole && in_script {
            cursor.opt_keyword("definition");
        }
        let id = if whole { cursor.opt_id() } else { None };
        let parsed = match fields(self, &mut cursor, id) {
            Ok(parsed) => Some(parsed),
            Err(found) => {
                errors.extend(found);
                None
            }
        };
        let end = if whole { cursor.expect_close() } else { Ok(()) };
        let end = end.and_then(|()| match cursor.peek() {
            TokenKind::Eof => Ok(()),
            _ => Err(cursor.unexpected("the end of the text")),
        });
        if let Err(error) = end {
            errors.push(*error);
        }
        let cut = tokens.unclosed().unwrap_or(usize::MAX);
        errors.retain(|error| error.span.start <= cut);
        Errors::check(errors)?;
        parsed.ok_or_else(|| Error::new(ErrorKind::UnexpectedToken(")"), cursor.span()).into())
    }
}

/// Parses the fields of a module: the cursor stands behind `(module $id?`, or where the fields
/// begin, and stops before the closing parenthesis or the end of the text. Annotations count as
/// the module's when they are between. The errors do not include those of the tokens.
pub(crate) fn fields<'a>(
    parser: &Parser,
    cursor: &mut Cursor<'_, 'a>,
    id: Option<Name<'a>>,
) -> core::result::Result<Parsed<'a>, Vec<Error>> {
    let mut state = State::new(parser, cursor.clone());
    let mut code = Code::default();
    state.module.names.module = id;
    state.scan();
    state.types();
    state.fields(&mut code);
    state.annotations();
    *cursor = state.cursor;
    if !state.errors.is_empty() {
        return Err(state.errors);
    }
    Ok(Parsed { module: state.module, source_map: state.source_map })
}

/// What the passes share.
struct State<'t, 'a> {
    cursor: Cursor<'t, 'a>,
    /// Where the fields begin.
    start: usize,
    features: Features,
    all_features: bool,
    module: Module<'a>,
    source_map: Option<SourceMap>,
    errors: Vec<Error>,
    /// The identifiers of the index spaces of the module.
    ids: [IdMap<'a>; 8],
    /// How many members each of these spaces has, and how many the second pass has come to.
    counts: [u32; 8],
    seen: [u32; 8],
    /// Where the fields that are types begin.
    type_fields: Vec<usize>,
    /// The identifiers of fields, by type.
    field_ids: BTreeMap<u32, IdMap<'a>>,
    /// Explicit types with errors: nothing more is said about them.
    broken_types: BTreeSet<u32>,
    type_uses: TypeUses,
    /// The signature that was parsed last.
    params: Vec<ValType>,
    results: Vec<ValType>,
    /// The identifiers of the locals of the function at hand.
    locals: IdMap<'a>,
    labels: LabelStack<'a>,
    /// The function at hand, when its locals and labels are to have names.
    func: Option<u32>,
    /// Whether a function names a data segment; what other expressions name does not count.
    names_data: bool,
    /// Which annotations have found their place.
    placed: Vec<bool>,
    /// Positions of tokens that no annotation stands before.
    plain: Range<usize>,
    /// Function indices with offsets and values of branch hints.
    hints: Vec<(u32, Vec<(u32, u8)>)>,
}

impl<'t, 'a> State<'t, 'a> {
    fn new(parser: &Parser, cursor: Cursor<'t, 'a>) -> Self {
        State {
            start: cursor.pos(),
            plain: 0..0,
            placed: alloc::vec![false; cursor.tokens.annotations().len()],
            cursor,
            features: parser.features,
            all_features: parser.features == Features::ALL,
            module: Module::default(),
            source_map: parser.source_map.then(SourceMap::default),
            errors: Vec::new(),
            ids: Default::default(),
            counts: [0; 8],
            seen: [0; 8],
            type_fields: Vec::new(),
            field_ids: BTreeMap::new(),
            broken_types: BTreeSet::new(),
            type_uses: TypeUses::default(),
            params: Vec::new(),
            results: Vec::new(),
            locals: IdMap::default(),
            labels: LabelStack::default(),
            func: None,
            names_data: false,
            hints: Vec::new(),
        }
    }

    /// Notes an error, unless there are already enough to sort and cut.
    fn report(&mut self, error: Error) {
        if self.errors.len() < 2 * Errors::LIMIT {
            self.errors.push(error);
        }
    }

    /// Calls `field` at each field, standing at its parenthesis. A field that fails is reported
    /// and skipped.
    fn for_each_field(&mut self, mut field: impl FnMut(&mut Self) -> Result<()>) {
        loop {
            let start = self.cursor.pos();
            let result = match self.cursor.peek() {
                TokenKind::Close | TokenKind::Eof => return,
                TokenKind::Open => field(self),
                _ => Err(self.cursor.unexpected("a field of the module")),
            };
            if let Err(error) = result {
                self.report(*error);
                self.cursor.seek(start);
                self.cursor.skip_form();
            }
        }
    }

    /// An index: a number or an identifier of a space of the module.
    #[inline(always)]
    fn idx(&mut self, space: Space) -> Result<u32> {
        if self.cursor.peek() == TokenKind::Id {
            return self.resolve(space);
        }
        self.cursor.expect_u32()
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
        let text = self.cursor.text();
        let index = match text.get(1..) {
            Some(plain) if !plain.starts_with('"') => self.ids_of(space).get(plain),
            _ => self.ids_of(space).get(&self.cursor.id()),
        };
        match index {
            Some(index) => {
                self.cursor.bump();
                Ok(index)
            }
            None => Err(self.unknown(space)),
        }
    }

    #[inline(always)]
    fn ids_of(&self, space: Space) -> &IdMap<'a> {
        match space {
            Space::Local => &self.locals,
            _ => &self.ids[space as usize & 7],
        }
    }

    /// The next token is an identifier or index of nothing.
    #[cold]
    fn unknown(&self, space: Space) -> Box<Error> {
        let id = String::from(self.cursor.text());
        self.cursor.error(ErrorKind::Unknown(space, id.into()))
    }

    /// Notes where an item stands: the form that begins at the token of position `start`.
    fn locate(&mut self, kind: ItemKind, index: u32, start: usize) {
        if self.source_map.is_none() {
            return;
        }
        let last = self.cursor.tokens.form_end(start).saturating_sub(1);
        let span = self.span_at(start).to(self.span_at(last));
        if let Some(map) = &mut self.source_map {
            map.add_item(kind, index, span);
        }
    }

    /// The bytes of the token at a position.
    fn span_at(&self, pos: usize) -> Span {
        self.cursor.tokens.get(pos).span()
    }

    /// The next index of a space that the second pass comes to.
    fn next_index(&mut self, space: Space) -> u32 {
        let seen = &mut self.seen[space as usize & 7];
        *seen += 1;
        *seen - 1
    }
}
