//! Colours: the choice whether output has them, and the colours of text modules.

use std::io::{self, Write};

use anstream::AutoStream;
use clap::builder::styling::{AnsiColor, Style};
use wattle::syntax::{Lexer, TokenKind};

/// Sets whether output is coloured. `Auto` colours a terminal, unless the environment variables
/// `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` say otherwise.
pub(crate) fn choose(choice: clap::ColorChoice) {
    let choice = match choice {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Whether standard output is coloured.
pub(crate) fn on_stdout() -> bool {
    AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Whether standard error is coloured.
pub(crate) fn on_stderr() -> bool {
    AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

/// A writer that colours the text of a module, line by line. A token must not extend over several
/// lines; the printer writes no such token.
pub(crate) struct Painter<'w> {
    out: &'w mut dyn Write,
    /// The beginning of a line whose end is still to come.
    line: Vec<u8>,
    is_on: bool,
}

impl<'w> Painter<'w> {
    pub(crate) fn new(out: &'w mut dyn Write, is_on: bool) -> Painter<'w> {
        Painter { out, line: Vec::new(), is_on }
    }

    fn paint(&mut self) -> io::Result<()> {
        let line = String::from_utf8_lossy(&self.line);
        let mut before = TokenKind::Space;
        for (kind, span) in Lexer::new(&line) {
            let text = &line[span.start..span.end];
            match style(kind, before) {
                Some(style) => write!(self.out, "{style}{text}{style:#}")?,
                None => self.out.write_all(text.as_bytes())?,
            }
            before = kind;
        }
        self.line.clear();
        Ok(())
    }
}

/// Returns the style of a token that follows one of the kind `before`.
fn style(kind: TokenKind, before: TokenKind) -> Option<Style> {
    let colour = match kind {
        TokenKind::Keyword if before == TokenKind::Open => AnsiColor::Blue,
        TokenKind::Keyword => AnsiColor::Cyan,
        TokenKind::Annotation => AnsiColor::Magenta,
        TokenKind::Id => AnsiColor::Yellow,
        TokenKind::String => AnsiColor::Green,
        TokenKind::LineComment | TokenKind::BlockComment => AnsiColor::BrightBlack,
        _ => return None,
    };
    Some(colour.on_default())
}

impl Write for Painter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_on {
            return self.out.write(bytes);
        }
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.paint()?;
            }
        }
        Ok(bytes.len())
    }

    /// Writes the unfinished last line too.
    fn flush(&mut self) -> io::Result<()> {
        self.paint()?;
        self.out.flush()
    }
}
