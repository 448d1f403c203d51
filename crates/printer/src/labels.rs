//! Labels: the blocks around an instruction, and their identifiers.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use wattle_ast::{BlockIdx, LabelIdx, NameMap};
use wattle_syntax::strings;

use crate::ids::{Reserved, annotation};
use crate::{limits, numbers};

/// The open blocks, the innermost last.
///
/// The default is for a body without names and comments.
#[derive(Default)]
pub(crate) struct LabelStack<'m> {
    names: Option<&'m NameMap<'m, BlockIdx>>,
    name_unnamed: bool,
    /// Whether the depth of a label without an identifier is written as a comment.
    depth_comments: bool,
    reserved: Reserved<'m>,
    /// For each identifier of an open block, the depth of the innermost block that has it.
    in_scope: BTreeMap<&'m str, usize>,
    /// The identifiers of the open blocks, in order.
    text: Vec<u8>,
    open: Vec<Label<'m>>,
    /// The number of blocks that have begun.
    begun: u32,
    /// The label whose definition was written last.
    defined: Label<'m>,
}

/// A label.
#[derive(Clone, Copy, Default)]
pub(crate) struct Label<'m> {
    /// The end of its identifier in the text. The identifier begins at the end of the one before.
    end: usize,
    /// The name, if that is the identifier.
    name: Option<&'m str>,
    /// The depth of the enclosing block with this name, which the label hides; 0 if there is none.
    hides: usize,
}

impl<'m> LabelStack<'m> {
    /// A stack without open blocks. `names` are the names of all blocks of the body, in the order
    /// in which they begin.
    pub(crate) fn new(
        names: Option<&'m NameMap<'m, BlockIdx>>,
        name_unnamed: bool,
    ) -> LabelStack<'m> {
        let all = names.into_iter().flat_map(NameMap::iter);
        let reserved = Reserved::new(all.map(|(_, name)| name.as_str()));
        let depth_comments = true;
        LabelStack { names, name_unnamed, depth_comments, reserved, ..LabelStack::default() }
    }

    /// Whether no block is open.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The number of open blocks.
    #[inline(always)]
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Writes the identifier of a block that begins, or a comment with its depth if it has none.
    pub(crate) fn write_definition(&mut self, out: &mut Vec<u8>) -> Label<'m> {
        let ordinal = self.begun;
        self.begun = self.begun.wrapping_add(1);
        let start = self.text_end();
        self.text.truncate(start);
        let name = self.names.and_then(|names| names.get(ordinal.into())).map(|name| name.as_str());
        let mut label = Label::default();
        match name {
            Some(name) if !name.is_empty() && name.len() <= limits::ID_BYTES => {
                strings::write_id(&mut self.text, name);
                label.name = Some(name);
            }
            Some(_) => self.reserved.synthetic(&mut self.text, "label", ordinal as usize),
            None if self.name_unnamed => {
                self.reserved.synthetic(&mut self.text, "label", ordinal as usize);
            }
            None => {}
        }
        match self.text.get(start..) {
            None | Some([]) => self.depth_comment(out, self.open.len() + 1),
            Some(id) => {
                out.push(b' ');
                out.extend_from_slice(id);
                if let (None, Some(name)) = (label.name, name) {
                    annotation(out, name);
                }
            }
        }
        label.end = self.text.len();
        self.defined = label;
        label
    }

    /// Appends ` (;@1;)` if depths are written as comments.
    fn depth_comment(&self, out: &mut Vec<u8>, depth: usize) {
        if self.depth_comments {
            out.extend_from_slice(b" (;@");
            numbers::decimal(out, depth as u64);
            out.extend_from_slice(b";)");
        }
    }

    fn text_end(&self) -> usize {
        self.open.last().map_or(0, |label| label.end)
    }

    /// The label whose definition was written last.
    pub(crate) fn defined(&self) -> Label<'m> {
        self.defined
    }

    /// Brings the label of a block into scope.
    pub(crate) fn push(&mut self, mut label: Label<'m>) {
        if let Some(name) = label.name {
            let outside = self.in_scope.insert(name, self.open.len() + 1);
            label.hides = outside.unwrap_or(0);
        }
        self.open.push(label);
    }

    /// Ends the innermost block.
    pub(crate) fn pop(&mut self) {
        if let Some(label) = self.open.pop()
            && let Some(name) = label.name
        {
            match label.hides {
                0 => self.in_scope.remove(name),
                outside => self.in_scope.insert(name, outside),
            };
        }
    }

    /// Writes a reference: the identifier, or the number and a comment with the depth if the block
    /// has no identifier or an inner block has that identifier too.
    pub(crate) fn reference(&self, out: &mut Vec<u8>, label: LabelIdx) {
        out.push(b' ');
        let Some(depth) = self.open.len().checked_sub(label.idx()) else {
            numbers::decimal(out, label.0.into());
            return;
        };
        let block = |depth: usize| depth.checked_sub(1).and_then(|at| self.open.get(at));
        let end = |depth: usize| block(depth).map_or(0, |label| label.end);
        let name = block(depth).and_then(|label| label.name);
        let is_hidden = name.is_some_and(|name| self.in_scope.get(name) != Some(&depth));
        match self.text.get(end(depth.saturating_sub(1))..end(depth)) {
            Some(id) if !id.is_empty() && !is_hidden => out.extend_from_slice(id),
            _ => {
                numbers::decimal(out, label.0.into());
                self.depth_comment(out, depth);
            }
        }
    }
}
