//! Text from an input, with escapes that make it safe to show to a person.

use core::fmt::{self, Write};

/// Displays text of an input with escapes for every character that could change how the text around
/// it is shown: controls (C0, DEL and C1), format characters (bidirectional ones among them), and
/// line and paragraph separators. They are written as in string literals of the text format.
///
/// Messages, listings and traces go to terminals and logs, so every text that they show passes
/// through this type. Text that is meant to be read back does not.
///
/// ```
/// use wattle_ast::Shown;
/// assert_eq!(Shown("na\u{ef}ve").to_string(), "na\u{ef}ve");
/// assert_eq!(Shown("a\u{1b}[2Jb\n\u{202e}c").to_string(), r"a\u{1b}[2Jb\n\u{202e}c");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown<T>(pub T);

impl<T: AsRef<str>> fmt::Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_ref();
        let mut written = 0;
        let harms = |c: &char| !matches!(c, ' '..='~') && !is_harmless(*c);
        for (at, c) in text.char_indices().filter(|(_, c)| harms(c)) {
            f.write_str(text.get(written..at).unwrap_or_default())?;
            written = at + c.len_utf8();
            match c {
                '\t' => f.write_str("\\t")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                _ => write!(f, "\\u{{{:x}}}", u32::from(c))?,
            }
        }
        f.write_str(text.get(written..).unwrap_or_default())
    }
}

impl Shown<&str> {
    /// Whether the text is shown without escapes.
    pub fn is_harmless(self) -> bool {
        self.0.chars().all(is_harmless)
    }
}

/// Text of an input in quotes: like [`Shown`], with escapes for quotes and backslashes too.
///
/// ```
/// use wattle_ast::Quoted;
/// assert_eq!(Quoted("a \"b\"\u{7f}").to_string(), r#""a \"b\"\u{7f}""#);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quoted<T>(pub T);

impl<T: AsRef<str>> fmt::Display for Quoted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for piece in self.0.as_ref().split_inclusive(['"', '\\']) {
            let plain = piece.trim_end_matches(['"', '\\']);
            Shown(plain).fmt(f)?;
            if let Some(last) = piece.get(plain.len()..).filter(|last| !last.is_empty()) {
                write!(f, "\\{last}")?;
            }
        }
        f.write_char('"')
    }
}

/// A list of names in a message: the first [`MOST`](Self::MOST) of them in backquotes, and the number
/// of the others, so that a message does not grow with the input.
///
/// ```
/// use wattle_ast::ShownNames;
/// assert_eq!(ShownNames::new(&["a", "b"]).to_string(), "`a`, `b`");
/// let names: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
/// assert!(ShownNames::new(&names).to_string().ends_with("`18`, `19` and 980 more"));
/// assert_eq!(ShownNames::first(&names, 2).to_string(), "`0`, `1` and 998 more");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ShownNames<'n, T> {
    names: &'n [T],
    /// The number of names beyond these.
    more: usize,
}

impl<'n, T> ShownNames<'n, T> {
    /// The most names that are shown.
    pub const MOST: usize = 20;

    /// Shows the first names of a list.
    pub fn new(names: &'n [T]) -> ShownNames<'n, T> {
        ShownNames::first(names, Self::MOST)
    }

    /// Shows the first names of a list: at most `most` of them.
    pub fn first(names: &'n [T], most: usize) -> ShownNames<'n, T> {
        let shown = names.get(..most).unwrap_or(names);
        ShownNames { names: shown, more: names.len() - shown.len() }
    }

    /// Counts names that are not in the list.
    #[must_use]
    pub fn and(self, more: usize) -> ShownNames<'n, T> {
        ShownNames { more: self.more.saturating_add(more), ..self }
    }
}

impl<T: AsRef<str>> fmt::Display for ShownNames<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, name) in self.names.iter().enumerate() {
            write!(f, "{}`{}`", if nth > 0 { ", " } else { "" }, Shown(name))?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Whether a character only shows itself: it neither controls the terminal nor moves, reorders or
/// hides the characters around it.
///
/// Format characters are those of Unicode's general category Cf and the block of tags, separators
/// those of Zl and Zp.
pub const fn is_harmless(c: char) -> bool {
    !matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}
