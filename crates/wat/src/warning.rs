//! Warnings: what a text says in vain. It parses all the same.

use core::fmt;

use wattle_ast::Span;

/// What a text says in vain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WarningKind {
    /// An annotation that means nothing here.
    UnknownAnnotation,
    /// A name section that is written out and says something else than the identifiers.
    NamesBesideIds,
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WarningKind::UnknownAnnotation => "this annotation is not known and is left out",
            WarningKind::NamesBesideIds => {
                "the identifiers are the names: what else this name section says is left out"
            }
        })
    }
}

/// A place of a text with no effect. `Display` says why.
///
/// ```
/// let parsed = wattle_wat::Parser::new().module("(module (@unheard-of 1))")?;
/// let warning = parsed.warnings[0];
/// assert_eq!(warning.to_string(), "this annotation is not known and is left out");
/// assert_eq!((warning.span.start, warning.span.end), (8, 20));
/// # Ok::<(), wattle_wat::Errors>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Warning {
    /// What is in vain.
    pub kind: WarningKind,
    /// The bytes of the text that are.
    pub span: Span,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}
