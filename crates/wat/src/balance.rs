//! Finds the parenthesis that a text does not close, for error messages.

use alloc::vec::Vec;

use wattle_syntax::{TokenKind, Tokens};

use super::keywords;

/// A form without a closing parenthesis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unclosed {
    /// The position of its opening parenthesis.
    pub(crate) open: usize,
    /// The position from which on the parser and the layout of the text disagree.
    pub(crate) noticed: usize,
}

struct Open {
    pos: usize,
    /// The indentation of the line, if the form is the first on its line.
    indent: Option<usize>,
    /// The function that contains the form, or the form itself if it is a function.
    func: Option<usize>,
}

/// Finds the form that a text with too few closing parentheses does not close: the first form that
/// is still open where the layout shows that it should not be, or else the innermost form at the
/// end. The layout shows this by the indentation, and by a field of the module inside of a
/// function.
pub(crate) fn unclosed(tokens: &Tokens<'_>) -> Option<Unclosed> {
    let mut open: Vec<Open> = Vec::new();
    let mut found = None;
    for pos in 0..tokens.len() {
        let token = tokens.get(pos);
        match token.kind {
            TokenKind::Open => {
                let keyword = tokens.text(tokens.get(pos + 1));
                // The fields of a module may have the indentation of the module.
                let indent = if keyword == "module" { None } else { indent(tokens, pos) };
                let func = open.last().and_then(|form| form.func);
                if found.is_none() {
                    let late = open.iter().rev().take_while(|form| {
                        indent.zip(form.indent).is_some_and(|(this, form)| this <= form)
                    });
                    // All forms with at least this indentation should have ended.
                    let suspect = late.last().map(|form| form.pos);
                    let suspect = suspect.or(func.filter(|_| is_field(keyword)));
                    found = suspect.map(|open| Unclosed { open, noticed: pos });
                }
                let func = if keyword == "func" { Some(pos) } else { func };
                open.push(Open { pos, indent, func });
            }
            TokenKind::Close => {
                let form = open.pop()?;
                if let Some((this, form_indent)) = indent(tokens, pos).zip(form.indent)
                    && this < form_indent
                {
                    found = found.or(Some(Unclosed { open: form.pos, noticed: pos }));
                }
            }
            _ => {}
        }
    }
    let last = open.last()?;
    // The form that was suspected first is still open, or is inside an open form.
    Some(found.unwrap_or(Unclosed { open: last.pos, noticed: tokens.len() }))
}

/// Whether a form with this keyword is a field of a module that cannot be in a function.
fn is_field(keyword: &str) -> bool {
    let may_stand = matches!(keyword, "type" | "import" | "export");
    !may_stand && keywords::fields().any(|known| known == keyword)
}

/// The indentation of the line that a token begins; `None` for a token within a line.
fn indent(tokens: &Tokens<'_>, pos: usize) -> Option<usize> {
    let start = tokens.get(pos).span().start;
    let before = tokens.source().get(..start)?;
    let line = before.trim_end_matches([' ', '\t']);
    (line.is_empty() || line.ends_with(['\n', '\r'])).then(|| before.len() - line.len())
}
