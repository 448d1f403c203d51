//! The state of printing a module, and the start and end of its fields.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Module, Name, Nesting, SectionId};
use wattle_syntax::strings;

use crate::config::Config;
use crate::context::Context;
use crate::exports::InlineExports;
use crate::fold::Folder;
use crate::ids::Ids;
use crate::limits;
use crate::metadata::Customs;
use crate::numbers::offset_comment;

/// Prints one module.
pub(crate) struct Printer<'m> {
    pub(crate) context: Context<'m>,
    pub(crate) out: Vec<u8>,
    /// The offset of the module in the binary: 0 unless it is in a component.
    pub(crate) start: usize,
    /// The identifier of a module in a component. Its own name can differ from this. `None` for
    /// other modules, whose own name is their identifier.
    pub(crate) id: Option<Option<Name<'m>>>,
    /// The offsets of items in the module, by section; empty when offsets are not printed.
    offsets: [Vec<usize>; SectionId::COUNT],
    pub(crate) exports: InlineExports,
    /// The identifiers of the locals of the function that is being printed.
    pub(crate) locals: Ids,
    pub(crate) nesting: Nesting,
    pub(crate) folder: Folder,
    /// The number of locals that may still be written one by one.
    pub(crate) locals_left: u64,
    /// Whether any field was printed.
    pub(crate) fields: bool,
    /// Whether the instructions of all bodies could be decoded.
    pub(crate) is_legible: bool,
}

/// Takes the text that was printed so far, if it is long enough, and clears it. After a failure,
/// every call fails.
pub(crate) type HandOn<'h> = &'h mut dyn FnMut(&mut Vec<u8>) -> fmt::Result;

/// The least number of bytes of text that are handed on as a piece, except for the last piece.
const PIECE: usize = 1 << 16;

/// Appends a string literal for bytes, or `...` for any bytes in a skeleton. A long literal is
/// handed on in pieces.
pub(crate) fn byte_string(
    out: &mut Vec<u8>,
    bytes: &[u8],
    is_skeleton: bool,
    hand_on: HandOn<'_>,
) -> fmt::Result {
    if is_skeleton && !bytes.is_empty() {
        out.extend_from_slice(b"...");
        return Ok(());
    }
    out.push(b'"');
    for piece in bytes.chunks(PIECE) {
        strings::write_escaped(out, piece);
        hand_on(out)?;
    }
    out.push(b'"');
    Ok(())
}

/// Converts the text to a string. A printer only writes UTF-8.
pub(crate) fn into_string(text: Vec<u8>) -> String {
    String::from_utf8(text)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Prints to `out` in pieces. `print` gets the function that takes a piece, and returns the text
/// after the last piece.
pub(crate) fn in_pieces(
    out: &mut impl fmt::Write,
    print: impl FnOnce(HandOn<'_>) -> Result<Vec<u8>, fmt::Error>,
) -> fmt::Result {
    let mut write =
        |text: &[u8]| out.write_str(core::str::from_utf8(text).map_err(|_| fmt::Error)?);
    let mut written = Ok(());
    let rest = print(&mut |text| {
        if text.len() >= PIECE {
            written = written.and_then(|()| write(text));
            text.clear();
        }
        written
    })?;
    written?;
    write(&rest)
}

impl<'m> Printer<'m> {
    pub(crate) fn new(module: &'m Module<'_>, config: &Config) -> Printer<'m> {
        let mut context = Context::new(module, config);
        // The skeleton has no instructions to annotate.
        context.customs = match config.skeleton {
            true => Customs::as_they_are(module),
            false => Customs::new(module),
        };
        let mut offsets = [const { Vec::new() }; SectionId::COUNT];
        for &section in SectionId::ALL.iter().filter(|_| config.offsets) {
            offsets[section as usize] = module.item_offsets(section);
        }
        let exports = InlineExports::new(&context);
        let (locals, nesting, folder) = Default::default();
        let code = module.funcs.iter().map(|func| func.body.bytes().len() as u64);
        let locals_left = code.fold(limits::LOCALS, u64::saturating_add);
        let out = Vec::new();
        Printer {
            context,
            out,
            start: 0,
            id: None,
            offsets,
            exports,
            locals,
            nesting,
            folder,
            locals_left,
            fields: false,
            is_legible: true,
        }
    }

    /// The offset in the binary of the item at index `place` of a section, if it is known.
    pub(crate) fn offset(&self, section: SectionId, place: usize) -> Option<usize> {
        let offset = self.offsets[section as usize].get(place)?;
        Some(self.start.saturating_add(*offset))
    }

    pub(crate) fn str(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Begins a field: a line, the offset if it is known, and `(keyword`.
    pub(crate) fn field(&mut self, keyword: &str, at: Option<usize>) {
        self.context.line(&mut self.out, 1);
        self.open(keyword, at);
    }

    /// Opens a parenthesis: the offset if it is known, and `(keyword`.
    pub(crate) fn open(&mut self, keyword: &str, at: Option<usize>) {
        if let Some(at) = at {
            offset_comment(&mut self.out, at);
        }
        self.str("(");
        self.str(keyword);
    }

    /// Ends a field.
    pub(crate) fn end(&mut self, hand_on: HandOn<'_>) -> fmt::Result {
        self.fields = true;
        self.str(")");
        hand_on(&mut self.out)
    }
}
