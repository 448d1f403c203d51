//! Reports errors of a module, each with advice, and without errors that only follow from others.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::{Span, nearest};
use wattle_syntax::{LexError, TokenKind, Tokens};

use super::State;
use crate::balance;
use crate::error::{Error, ErrorKind, Expected, Related};
use crate::foreign::looks_like;
use crate::help::{self, Help};
use crate::ids::Space;

/// Removes errors that may only follow from others: all but one if the input is not a module at
/// all, and those behind a string, a comment or a parenthesis that is not closed.
#[cold]
pub(super) fn keep_independent(errors: &mut Vec<Error>, tokens: &Tokens<'_>) {
    if let Some(foreign) = looks_like(tokens.source().as_bytes()) {
        let span = tokens.get(0).span();
        let illegal = errors.iter().position(|error| error.kind == ILLEGAL && error.span == span);
        let error = match illegal {
            Some(at) => Error { help: Some(Help::LooksLike(foreign)), ..errors.swap_remove(at) },
            None => Error {
                help: Some(Help::Advice(foreign.advice)),
                ..Error::new(ErrorKind::Foreign(foreign), span)
            },
        };
        *errors = alloc::vec![error];
        return;
    }
    errors.sort_by_key(|error| (error.span.start, error.span.end));
    let mut illegal: Option<Span> = None;
    errors.retain(|error| {
        let Some(before) = illegal.filter(|before| *before != error.span) else {
            illegal = if error.kind == ILLEGAL { Some(error.span) } else { illegal };
            return true;
        };
        // Illegal characters on one line are one fault, and so are a character and the word that
        // touches it.
        let between = tokens.source().get(before.end..error.span.start).unwrap_or("\n");
        let is_word = matches!(error.kind, ErrorKind::UnknownOperator(..));
        if error.kind == ILLEGAL {
            illegal = Some(error.span);
            return between.contains('\n');
        }
        !(is_word && between.is_empty())
    });
    let reliable = tokens.unclosed().unwrap_or(usize::MAX);
    errors.retain(|error| error.span.start <= reliable);
    if reliable < usize::MAX {
        return;
    }
    let Some(unclosed) = balance::unclosed(tokens) else { return };
    let noticed = tokens.get(unclosed.noticed).span().start;
    errors.retain(|error| {
        // Fields behind this place may belong to another form, so names of the module may not be
        // found.
        let is_of_module = matches!(error.kind, ErrorKind::Unknown(space, _)
            if !matches!(space, Space::Local | Space::Label | Space::Field));
        error.span.start < noticed && !is_of_module
    });
    let open = tokens.get(unclosed.open).span();
    let keyword = tokens.get(unclosed.open + 1);
    let span = if keyword.kind == TokenKind::Keyword { open.to(keyword.span()) } else { open };
    let end = Span::at(tokens.source().len());
    let mut error = Error::new(ErrorKind::UnexpectedToken(Expected::Token(")")), end);
    error.help = Some(Help::CLOSE_MISSING);
    error.related = Some(Related { span, note: "this is not closed" });
    errors.push(error);
}

/// A character that is only allowed in strings and comments.
const ILLEGAL: ErrorKind = ErrorKind::Lexical(LexError::IllegalCharacter);

impl State<'_, '_> {
    /// Adds an error, unless it only follows from another one, or there are already more than
    /// enough errors to choose from.
    #[cold]
    pub(crate) fn report(&mut self, mut error: Error) {
        if self.errors.len() >= self.max_errors.saturating_mul(2) {
            return;
        }
        match &error.kind {
            ErrorKind::Unknown(_, id) if self.is_excused(id) => return,
            _ if error.help.is_some() => {}
            ErrorKind::Unknown(space, id) if space.is_of_module() => {
                error.help = self.known(*space, &id.clone());
            }
            ErrorKind::Unknown(..) => {}
            ErrorKind::UnexpectedToken(Expected::Instr | Expected::OperandOrClose)
                if self.cursor.peek() == TokenKind::Id =>
            {
                error.help = self.reads(self.cursor.text());
            }
            kind => error.help = help::find(kind, &self.cursor),
        }
        // A character that is wrong on many lines is reported once per field.
        let is_about_character = matches!(error.kind, ErrorKind::UnknownOperator(..))
            && self.cursor.peek() == TokenKind::Reserved
            && matches!(error.help, Some(Help::Advice(_)));
        if is_about_character {
            let field = (self.field_start, error.help.clone());
            if self.last_character_advice.as_ref() == Some(&field) {
                return;
            }
            self.last_character_advice = Some(field);
        }
        self.errors.push(error);
    }

    /// Keeps the next token, if it is an identifier, from being reported as unknown in the current
    /// field, or in the whole module if it may be the identifier of a field.
    #[cold]
    pub(crate) fn excuse(&mut self, of_field: bool) {
        if self.cursor.peek() == TokenKind::Id {
            let field = (!of_field).then_some(self.field_start);
            self.excused.insert((self.cursor.text(), field));
        }
    }

    fn is_excused(&self, id: &str) -> bool {
        [None, Some(self.field_start)].iter().any(|field| self.excused.contains(&(id, *field)))
    }

    /// Returns the error that the next token refers to nothing in this space.
    #[cold]
    pub(super) fn unknown(&self, space: Space) -> Box<Error> {
        let id = String::from(self.cursor.text());
        self.cursor.error(ErrorKind::Unknown(space, id.into()))
    }

    /// Advice to write the instruction that reads or calls the item with this identifier.
    fn reads(&self, id: &str) -> Option<Help> {
        let name = id.strip_prefix('$')?;
        let instr =
            [(Space::Local, "local.get"), (Space::Global, "global.get"), (Space::Func, "call")];
        let bound = |space: &Space| self.scope[*space].ids.get(name).is_some();
        let (_, mnemonic) = instr.iter().find(|(space, _)| bound(space))?;
        Some(Help::Write(format!("({mnemonic} {id})").into()))
    }

    /// Advice for an identifier that is not bound.
    fn known(&mut self, space: Space, id: &str) -> Option<Help> {
        let name = id.strip_prefix('$')?;
        let mut budget = self.budget;
        let near = match space {
            Space::Label => nearest(name, self.labels.open_ids(), &mut budget),
            Space::Field => {
                nearest(name, self.field_ids.values().flat_map(|ids| ids.iter()), &mut budget)
            }
            _ => nearest(name, self.scope[space].ids.iter(), &mut budget),
        };
        self.budget = budget;
        if let Some(near) = near {
            return Some(Help::Meant(format!("${near}").into()));
        }
        let elsewhere =
            Space::OF_MODULE.iter().find(|other| self.scope[**other].ids.get(name).is_some());
        let elsewhere = elsewhere.filter(|other| **other != Space::Local || self.func.is_some());
        elsewhere.map(|other| Help::BoundAs(*other, id.into()))
    }
}
