//! Line breaks and their indentation.

use alloc::vec::Vec;

use crate::config::Config;

/// The deepest level that is indented, so that deep nesting does not make the text quadratic.
const MAX_LEVEL: usize = 50;
/// The widest indentation of one level, in spaces.
const MAX_INDENT: usize = 16;
/// The length up to which a line break with its indentation is copied as one block of fixed size,
/// which is quicker than copying the exact number of bytes.
const SHORT_LINE: usize = 32;

/// Begins lines.
pub(crate) struct Lines {
    /// A line break followed by the deepest indentation.
    line: Vec<u8>,
    /// The number of spaces of a level.
    indent: usize,
    /// The level of the text itself.
    level: usize,
}

impl Lines {
    pub(crate) fn new(config: &Config) -> Lines {
        let indent = config.indent.min(MAX_INDENT);
        let mut line = Vec::from(*b"\n");
        line.resize(1 + MAX_LEVEL * indent, b' ');
        Lines { line, indent, level: config.level }
    }

    /// Begins a line. `level` counts from the level of the text.
    #[inline(always)]
    pub(crate) fn begin(&self, out: &mut Vec<u8>, level: usize) {
        let level = self.level.saturating_add(level).min(MAX_LEVEL);
        let len = 1 + level * self.indent;
        match self.line.first_chunk::<SHORT_LINE>() {
            Some(line) if len <= SHORT_LINE => {
                let end = out.len() + len;
                out.extend_from_slice(line);
                out.truncate(end);
            }
            _ => out.extend_from_slice(self.line.get(..len).unwrap_or(&self.line)),
        }
    }
}
