//! The formatter: the layout of modules, components and scripts, from their tokens, so that nothing
//! is lost.
//!
//! Words, numbers, strings, identifiers, comments and annotations stay as they are and in their
//! order; only the blanks between them change. So the text means the same binary as before.
//!
//! - A level of indentation is two blanks wide.
//! - Fields, directives and definitions get a line each. So do instructions, with blocks indented.
//! - Folded instructions stay folded. They stay on one line where they fit.
//! - A function, a block, a module or a list that was written on one line stays there if it fits and
//!   has no more than one flat instruction. A list keeps its own line breaks, such as those
//!   between the strings of a data segment.
//! - At most one blank line stays between two items.
//! - Comments stay at the end of their line, or on lines of their own.
//!
//! A field whose parentheses, blocks or characters are malformed stays as it is. The [`Errors`] of
//! its parser say more about it: the formatter finds no errors that do not touch the layout.
//!
//! ```
//! let text = "(module ;; doubles
//! (func (export \"f\") (param i32)(result i32) local.get 0 local.get 0 i32.add))";
//! let formatted = wattle_wat::format::format(text);
//! assert_eq!(formatted.text, r#"(module ;; doubles
//!   (func (export "f") (param i32) (result i32)
//!     local.get 0
//!     local.get 0
//!     i32.add
//!   )
//! )
//! "#);
//! assert!(formatted.errors.is_empty());
//! ```
//!
//! [`Errors`]: crate::Errors

mod layout;
mod measure;
mod recover;
mod scan;
mod write;

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::Error;

/// The settings of the formatter: the width of lines.
///
/// ```
/// let text = "(func (result i32) (i32.add (i32.const 1) (i32.const 2)))";
/// let narrow = wattle_wat::format::Config::new().width(30).format(text);
/// assert_eq!(narrow.text, "(func (result i32)
///   (i32.add
///     (i32.const 1)
///     (i32.const 2))
/// )
/// ");
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    width: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

impl Config {
    /// The default width of a line.
    pub const WIDTH: usize = 100;

    /// The settings with lines of [`WIDTH`](Config::WIDTH) characters.
    pub fn new() -> Config {
        Config { width: Config::WIDTH }
    }

    /// Sets the number of characters up to which items share a line. A longer word, string or
    /// comment is not broken.
    #[must_use]
    pub fn width(self, width: usize) -> Config {
        Config { width }
    }

    /// Formats the text of a module, a component or a script.
    ///
    /// A text of over 4 GiB stays as it is, with an error that says so.
    pub fn format(&self, text: &str) -> Formatted {
        let mut scan = match scan::Scan::new(text) {
            Ok(scan) => scan,
            Err(error) => return Formatted { text: text.into(), errors: alloc::vec![error] },
        };
        recover::join_unbalanced(&mut scan);
        let forms = measure::measure(&mut scan);
        let formatted = write::write(&scan, &forms, self.width);
        let limit = crate::Errors::LIMIT;
        Formatted { text: formatted, errors: Error::in_order(scan.errors, limit) }
    }
}

/// A formatted text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Formatted {
    /// The text.
    pub text: String,
    /// The reasons why some fields were left as they are, with spans of the text before; at most
    /// [`Errors::LIMIT`](crate::Errors::LIMIT).
    pub errors: Vec<Error>,
}

/// Formats a text with lines of [`Config::WIDTH`] characters.
///
/// ```
/// let formatted = wattle_wat::format::format("(module (func (i32.const 1) , drop)\n\n\n(memory  1))");
/// assert_eq!(formatted.text, "(module
///   (func (i32.const 1) , drop)
///
///   (memory 1)
/// )
/// ");
/// assert_eq!(formatted.errors[0].to_string(), "unexpected token, expected an instruction that fits here");
/// ```
pub fn format(text: &str) -> Formatted {
    Config::new().format(text)
}
