//! The parts of a module that are right in spite of the errors in its text: those that do not
//! depend on anything that could not be read.

use alloc::collections::BTreeSet;

use wattle_ast::{ItemKind, Path};
use wattle_syntax::TokenKind;

use super::State;
use super::scan::Origin;
use crate::error::{Error, ErrorKind, Expected};
use crate::ids::Space;

/// The parts of a module that are as the text says, though other parts of the text have errors.
///
/// ```
/// use wattle_ast::{ItemKind, Path};
///
/// let text = "(func $f (i32.plus)) (global $g x) (func (global.get $g)) (func (call $f))";
/// let parsed = wattle_wat::Parser::new().recover(text);
/// let sound = |func| parsed.soundness.is_sound(&Path::item(ItemKind::Func, func));
/// assert_eq!([0, 1, 2].map(sound), [true, false, true]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Soundness {
    /// Whether any part can be trusted.
    any: bool,
    /// Whether all declarations could be read, which are everything but the bodies of functions.
    declarations: bool,
    /// The functions that may depend on declarations that could not be read.
    unsound: BTreeSet<u32>,
}

impl Default for Soundness {
    fn default() -> Self {
        Soundness { any: true, declarations: true, unsound: BTreeSet::new() }
    }
}

impl Soundness {
    /// Whether an error that validation finds at a place of the module is an error of the text, and
    /// does not follow from something that could not be read. The placeholder body of a function
    /// with errors is valid.
    pub fn is_sound(&self, path: &Path) -> bool {
        let is_sound = match path.item {
            Some((ItemKind::Func, index)) => !self.unsound.contains(&index),
            _ => self.declarations,
        };
        self.any && is_sound
    }
}

impl State<'_, '_> {
    /// The parts of the module that are right in spite of these errors. The cursor must be behind
    /// the last field.
    #[cold]
    pub(super) fn soundness(&mut self, errors: &[Error]) -> Soundness {
        let is_shifted = |error: &Error| {
            matches!(
                error.kind,
                ErrorKind::ImportAfter(_)
                    | ErrorKind::UnexpectedToken(Expected::End)
                    | ErrorKind::UnknownOperator(_, Expected::Field)
                    | ErrorKind::TooMany(_)
            ) || error.span.start >= self.cursor.tokens.source().len()
        };
        let is_closed = self.cursor.tokens.unclosed().is_none();
        let any = is_closed && self.broken_types.is_empty() && !errors.iter().any(is_shifted);
        let declarations = any && self.broken.is_empty();
        let unsound = if any && !declarations { self.unsound() } else { BTreeSet::new() };
        Soundness { any, declarations, unsound }
    }

    /// The functions that may depend on declarations that could not be read: functions with the
    /// identifier or the index of one, and functions that use memory 0 or table 0 implicitly.
    fn unsound(&mut self) -> BTreeSet<u32> {
        let implied = [Space::Mem, Space::Table].map(|space| self.broken.contains(&(space, 0)));
        let indices: BTreeSet<u32> = self.broken.iter().map(|(_, index)| *index).collect();
        let end = self.cursor.pos();
        self.cursor.seek(self.start);
        let mut unsound = BTreeSet::new();
        let mut funcs = 0;
        while self.cursor.pos() < end {
            let start = self.cursor.pos();
            let mut found = 0;
            let origin = self.members(&mut |_, space, _| found += u32::from(space == Space::Func));
            self.cursor.seek(start);
            self.cursor.bump_form();
            let form = start..self.cursor.pos();
            if matches!(origin, Origin::Definition(Space::Func)) {
                let mut tokens = form.map(|pos| self.cursor.tokens.get(pos));
                let depends = implied.contains(&true)
                    || tokens.any(|token| {
                        let text = self.cursor.tokens.text(token);
                        match token.kind {
                            TokenKind::Id => self.is_broken(text),
                            TokenKind::Number => wattle_syntax::numbers::u32(text)
                                .is_ok_and(|index| indices.contains(&index)),
                            _ => false,
                        }
                    });
                if depends {
                    unsound.insert(funcs);
                }
            }
            funcs += found;
        }
        self.cursor.seek(end);
        unsound
    }

    /// Whether an identifier is bound to a declaration that could not be read.
    fn is_broken(&self, id: &str) -> bool {
        let Some(name) = wattle_syntax::strings::id(id) else { return false };
        Space::OF_MODULE.iter().any(|space| {
            let index = self.scope[*space].ids.get(&name);
            index.is_some_and(|index| self.broken.contains(&(*space, index)))
        })
    }
}
