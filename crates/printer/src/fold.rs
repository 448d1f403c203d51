//! Folded instructions: operands in parentheses, inside the instruction that takes them.
//!
//! An instruction and its operands are a run of consecutive instructions, and two runs either nest
//! or do not overlap. First the start of the run of each instruction is found. Then the text is
//! written in one pass: before each instruction, the parentheses of all runs that begin there are
//! opened, the longest run first; after it, the parenthesis of its own run is closed. As long as
//! runs nest, the text unfolds to the original instructions. So where the stack of an invalid body
//! is unknown, operands are left outside, and the text is still right.
//!
//! Spec: <https://webassembly.github.io/spec/core/text/instructions.html#folded-instructions>

use alloc::vec::Vec;

use wattle_ast::{Arity, Counted, Func, Nesting, Opcode, Structure};

use crate::context::Context;
use crate::ids::Ids;
use crate::instructions::{Code, ILLEGIBLE, Layout};
use crate::labels::LabelStack;
use crate::metadata::Pending;
use crate::numbers;

/// The greatest number of characters of a run that is written on one line. A run with blocks is
/// never written on one line.
const LINE: usize = 72;

/// The end of a list of instructions whose runs begin at one place.
const NONE: usize = usize::MAX;

/// Folds bodies. It keeps nothing but memory that is reused for the next body.
#[derive(Default)]
pub(crate) struct Folder {
    nodes: Vec<Node>,
    values: Vec<Value>,
    frames: Vec<Frame>,
    text: Vec<u8>,
}

/// A collected instruction.
struct Node {
    /// The end of its text. The text begins at the end of the text of the instruction before.
    text: usize,
    /// The first instruction of its run.
    start: usize,
    /// The last instruction whose run begins with this instruction.
    head: usize,
    /// The previous instruction whose run begins at the same instruction.
    next: usize,
    /// The number of instructions up to this one that begin, part or end blocks.
    structured: usize,
    offset: usize,
    role: Role,
}

/// The role of an instruction in the layout.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Takes operands and leaves results.
    Values,
    /// `block`, `loop`, `try_table`: the instructions follow immediately.
    Block,
    /// `if`: `(then` follows.
    If,
    /// `try`: `(do` follows.
    Try,
    /// `else`, `catch`, `catch_all`.
    Part,
    /// `end` of a block that has one part.
    EndBlock,
    /// `end` of `if` or `try`.
    EndParts,
    Delegate,
    /// The `end` of the body.
    Last,
}

/// Values on the stack, all of them results of one instruction.
struct Value {
    count: usize,
    /// The first instruction of the run that leaves the values, or [`NONE`] if that run cannot
    /// become an operand.
    start: usize,
}

/// A block.
struct Frame {
    /// The height of the stack at the start of the block, in [`Value`]s.
    base: usize,
    params: usize,
    results: usize,
    label: usize,
    /// The first instruction of its run.
    start: usize,
    /// Whether the parts of the block have parentheses of their own.
    parts: bool,
}

/// The layout that collects the instructions to fold.
struct Fold<'f> {
    folder: &'f mut Folder,
    /// The number of results of the function.
    results: usize,
}

impl Layout for Fold<'_> {
    #[inline(always)]
    fn begin(code: &mut Code<'_, '_, Self>, opcode: Opcode, offset: usize) {
        code.layout.finish(code.context, code.opcode, &code.seen, code.out.len());
        let role = match code.structure(opcode) {
            Structure::Unchanged => Role::Values,
            Structure::End => Role::Last,
            Structure::Part => Role::Part,
            Structure::Open => match opcode {
                Opcode::If => Role::If,
                Opcode::Try => Role::Try,
                _ => Role::Block,
            },
            Structure::Close if opcode == Opcode::Delegate => Role::Delegate,
            Structure::Close => Role::EndBlock,
        };
        let nodes = &mut code.layout.folder.nodes;
        let start = nodes.len();
        let before = nodes.last().map_or(0, |node| node.structured);
        let structured = before + usize::from(role != Role::Values);
        nodes.push(Node { text: 0, start, head: NONE, next: NONE, structured, offset, role });
        if !matches!(role, Role::EndBlock | Role::Last) {
            code.context.keyword(&mut code.out, opcode);
        }
    }
}

impl Fold<'_> {
    /// Finds the run of the last instruction that was collected, whose immediates are now known.
    #[inline]
    fn finish(&mut self, context: &Context<'_>, opcode: Opcode, seen: &Counted, text: usize) {
        let Some(here) = self.folder.nodes.len().checked_sub(1) else { return };
        let role = self.folder.nodes[here].role;
        let start = if role == Role::Values {
            self.values(context, opcode, seen, here)
        } else {
            self.structured(context, opcode, seen, here)
        };
        let nodes = &mut self.folder.nodes;
        nodes[here].text = text;
        nodes[here].start = start;
        if matches!(role, Role::Values | Role::Block | Role::If | Role::Try) {
            nodes[here].next = nodes[start].head;
            nodes[start].head = here;
        }
    }

    #[inline]
    fn values(
        &mut self,
        context: &Context<'_>,
        opcode: Opcode,
        seen: &Counted,
        here: usize,
    ) -> usize {
        let frames = &self.folder.frames;
        let label = || {
            let depth = seen.label.idx();
            let at = frames.len().checked_sub(depth + 1);
            at.and_then(|at| frames.get(at)).map_or(self.results, |frame| frame.label)
        };
        let Some(effect) = context.effects().of(opcode, seen, label, self.results) else {
            return here;
        };
        let start = self.take(effect.takes, here);
        match effect.leaves {
            Some(count) => self.leave(count, start),
            None => self.folder.values.truncate(self.base()),
        }
        start
    }

    fn structured(
        &mut self,
        context: &Context<'_>,
        opcode: Opcode,
        seen: &Counted,
        here: usize,
    ) -> usize {
        let base = self.base();
        match opcode.info().arity {
            Arity::Part => {
                self.folder.values.truncate(base);
                let count = match opcode {
                    Opcode::Else => self.folder.frames.last().map_or(0, |frame| frame.params),
                    Opcode::Catch => context.effects().tag(seen.tag).0,
                    _ => 0,
                };
                self.leave(count, NONE);
                here
            }
            Arity::Close => {
                self.folder.values.truncate(base);
                if let Some(frame) = self.folder.frames.pop() {
                    if frame.parts && opcode == Opcode::End {
                        self.folder.nodes[here].role = Role::EndParts;
                    }
                    self.leave(frame.results, frame.start);
                }
                here
            }
            _ => {
                let (params, results) = context.effects().block(seen.block_type);
                let start = if opcode == Opcode::If {
                    self.take(params + 1, here)
                } else {
                    self.take(params, here);
                    here
                };
                let label = if opcode == Opcode::Loop { params } else { results };
                let parts = matches!(opcode, Opcode::If | Opcode::Try);
                let base = self.folder.values.len();
                self.folder.frames.push(Frame { base, params, results, label, start, parts });
                self.leave(params, NONE);
                start
            }
        }
    }

    /// The number of [`Value`]s on the stack below the innermost block.
    fn base(&self) -> usize {
        self.folder.frames.last().map_or(0, |frame| frame.base)
    }

    /// Takes `count` values off the stack. Returns the first instruction of the run of the
    /// instruction at `here`, which has these values as operands.
    #[inline]
    fn take(&mut self, mut count: usize, here: usize) -> usize {
        let base = self.base();
        let mut start = here;
        let mut operands = true;
        while count > 0 && self.folder.values.len() > base {
            let Some(value) = self.folder.values.last_mut() else { break };
            if value.count > count {
                // Some results of the instruction stay on the stack, so it cannot be an operand.
                value.count -= count;
                value.start = NONE;
                break;
            }
            count -= value.count;
            operands &= value.start != NONE;
            if operands {
                start = value.start;
            }
            self.folder.values.pop();
        }
        start
    }

    /// Puts `count` values on the stack.
    #[inline]
    fn leave(&mut self, count: usize, start: usize) {
        if count > 0 {
            self.folder.values.push(Value { count, start });
        }
    }
}

impl Folder {
    /// Appends the body of a function to `out`.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn body<'m>(
        &mut self,
        context: &Context<'m>,
        mut out: Vec<u8>,
        locals: &Ids,
        labels: LabelStack<'m>,
        nesting: &mut Nesting,
        func: &Func<'_>,
        base: usize,
        annotations: Pending<'_>,
    ) -> (Vec<u8>, bool) {
        self.nodes.clear();
        self.values.clear();
        self.frames.clear();
        let mut text = core::mem::take(&mut self.text);
        text.clear();
        let results = context.module.func_type(func.ty).map_or(0, |ty| ty.results().len());
        let layout = Fold { folder: self, results };
        let mut code = Code::new(context, text, layout, locals, labels);
        let is_legible = code.take(func.body.code(), nesting);
        code.layout.finish(context, code.opcode, &code.seen, code.out.len());
        self.text = code.out;
        let mut writer =
            Writer { folder: self, context, out, base, annotations, level: 2, line: NONE };
        writer.write();
        out = writer.out;
        if !is_legible {
            out.extend_from_slice(ILLEGIBLE);
        }
        (out, is_legible)
    }
}

/// Writes the instructions that a folder has collected.
struct Writer<'w, 'm> {
    folder: &'w Folder,
    context: &'w Context<'m>,
    out: Vec<u8>,
    base: usize,
    annotations: Pending<'w>,
    level: usize,
    /// The instruction whose run is being written on one line, or `NONE` between runs.
    line: usize,
}

impl Writer<'_, '_> {
    fn write(&mut self) {
        for (here, node) in self.folder.nodes.iter().enumerate() {
            let mut opened = node.head;
            while let Some(outer) = self.folder.nodes.get(opened) {
                self.open(opened, outer);
                opened = outer.next;
            }
            match node.role {
                Role::Values => {
                    self.out.push(b')');
                    if self.line == here {
                        self.line = NONE;
                    } else if self.line == NONE {
                        self.level = self.level.saturating_sub(1);
                    }
                }
                Role::Block | Role::Last => {}
                Role::If => self.part(b"(then"),
                Role::Try => self.part(b"(do"),
                Role::Part => {
                    self.end();
                    self.part(b"(");
                    self.text(here);
                }
                Role::EndBlock => self.end(),
                Role::EndParts => {
                    self.end();
                    self.end();
                }
                Role::Delegate => {
                    self.end();
                    self.part(b"(");
                    self.text(here);
                    self.end();
                    self.end();
                }
            }
        }
    }

    fn open(&mut self, at: usize, node: &Node) {
        let alone = self.line == NONE;
        if alone {
            self.context.line(&mut self.out, self.level);
        } else {
            self.out.push(b' ');
        }
        if self.context.config.offsets {
            numbers::offset_comment(&mut self.out, self.base.saturating_add(node.offset));
        }
        self.annotations.find(&mut self.out, node.offset);
        self.out.push(b'(');
        self.text(at);
        if alone {
            if self.fits(at, node) {
                self.line = at;
            } else {
                self.level += 1;
            }
        }
    }

    /// Whether the run of an instruction fits on one line.
    fn fits(&self, at: usize, node: &Node) -> bool {
        let before = node.start.checked_sub(1).and_then(|before| self.folder.nodes.get(before));
        let (text, structured) = before.map_or((0, 0), |before| (before.text, before.structured));
        // Each instruction adds two parentheses and a space.
        let width = node.text - text + 3 * (at - node.start);
        node.role == Role::Values && node.structured == structured && width <= LINE
    }

    fn text(&mut self, at: usize) {
        let text = |at: usize| self.folder.nodes.get(at).map_or(0, |node| node.text);
        let start = at.checked_sub(1).map_or(0, text);
        self.out.extend_from_slice(self.folder.text.get(start..text(at)).unwrap_or_default());
    }

    /// Begins a part of a block, on a line of its own.
    fn part(&mut self, text: &[u8]) {
        self.context.line(&mut self.out, self.level);
        self.out.extend_from_slice(text);
        self.level += 1;
    }

    fn end(&mut self) {
        self.out.push(b')');
        self.level = self.level.saturating_sub(1);
    }
}
