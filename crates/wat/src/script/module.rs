//! The modules of a script, not yet parsed.

use alloc::borrow::Cow;

use wattle_ast::Span;

use super::Word;

/// A module of a script, as it stands there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptModule<'a> {
    /// The identifier.
    pub id: Option<Word<'a>>,
    /// What it is made of.
    pub source: ModuleSource<'a>,
    /// The bytes of the form in the script; all of the script when it is bare fields.
    pub span: Span,
    /// The text of the form.
    pub(super) form: &'a str,
}

/// What a module of a script is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModuleSource<'a> {
    /// The text of the form, from `(module` to the closing parenthesis; or bare fields.
    Text(&'a str),
    /// `(module binary "..."*)`: the bytes of a binary.
    Binary(Cow<'a, [u8]>),
    /// `(module quote "..."*)`: a text, which need not be UTF-8.
    Quote(Cow<'a, [u8]>),
}
