//! The path of an error: the items that it is in.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Shown;

/// The path of an error behind its message.
pub(crate) struct Path<'p>(pub(crate) &'p [String]);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, step) in self.0.iter().rev().enumerate() {
            write!(f, "{} {step}", if nth == 0 { ", in" } else { "," })?;
        }
        Ok(())
    }
}

/// An error with a path, whose outermost step is last.
pub(crate) trait HasPath {
    fn path_mut(&mut self) -> &mut Vec<String>;
}

/// A result whose error has a path.
pub(crate) trait Within {
    /// Adds an item of this sort, with this name, to the path of the error.
    fn within(self, sort: &str, name: &str) -> Self;
}

impl<T, E: HasPath> Within for Result<T, E> {
    fn within(mut self, sort: &str, name: &str) -> Self {
        if let Err(error) = &mut self {
            error.path_mut().push(format!("{sort} `{}`", Shown(name)));
        }
        self
    }
}
