//! Warnings about parts of a text that have no effect. The text still parses.

use core::fmt;

use wattle_ast::Span;

/// The reason why a part of a text has no effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WarningKind {
    /// An annotation with an unknown id.
    UnknownAnnotation,
    /// A name section that is written out and differs from the identifiers.
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

/// A part of a text that has no effect. `Display` prints the reason.
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
    /// The reason.
    pub kind: WarningKind,
    /// The bytes of the part.
    pub span: Span,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}
