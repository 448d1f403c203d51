//! Instructions one by one, for tools such as dumps and profiles that add columns of their own.

use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::{ExternType, Instr, Module, Nesting, Opcode, Reader, Structure, SubType};

use crate::config::Config;
use crate::context::Context;
use crate::ids::Ids;
use crate::instructions::{Code, Layout};
use crate::labels::LabelStack;
use crate::types::Inner;

/// An instruction as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its offset in the expression, in bytes.
    pub offset: usize,
    /// The number of blocks around the instruction.
    pub depth: usize,
    /// The instruction and its immediates.
    pub text: String,
}

/// The instructions of an expression.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listing {
    /// The instructions, in order.
    pub lines: Vec<Line>,
    /// The number of bytes of the listed instructions, which end before the first malformed
    /// instruction.
    pub len: usize,
}

/// Lists the instructions of expressions, the final `end` included, with the names of a module.
///
/// ```
/// use wattle_ast::Module;
/// use wattle_printer::Lister;
///
/// let module = Module::default();
/// let listing = Lister::new(&module).expr(&[0x02, 0x40, 0x41, 0x07, 0x1a, 0x0b, 0x0b]);
/// let shown: Vec<_> = listing.lines.iter().map(|l| (l.offset, l.depth, l.text.as_str())).collect();
/// assert_eq!(shown, [
///     (0, 0, "block"),
///     (2, 1, "i32.const 7"),
///     (4, 1, "drop"),
///     (5, 0, "end"),
///     (6, 0, "end"),
/// ]);
/// ```
pub struct Lister<'m> {
    context: Context<'m>,
}

impl<'m> Lister<'m> {
    /// Makes a lister with the names of `module`.
    pub fn new(module: &'m Module<'_>) -> Lister<'m> {
        Lister { context: Context::new(module, &Config::new()) }
    }

    /// Returns the text of a type definition, such as `(func (param i32))`.
    ///
    /// ```
    /// use wattle_ast::{FuncType, Module, ValType};
    ///
    /// let module = Module::default();
    /// let ty = FuncType::new([ValType::I32], []).into();
    /// assert_eq!(wattle_printer::Lister::new(&module).type_text(&ty), "(func (param i32))");
    /// ```
    pub fn type_text(&self, ty: &SubType) -> String {
        let mut out = Vec::new();
        self.context.types().sub_type(&mut out, ty, Inner::default());
        String::from_utf8_lossy(&out).trim_start().into()
    }

    /// Returns the text of the type of an import or export, such as `(memory 1)`.
    ///
    /// ```
    /// use wattle_ast::{ExternType, MemType, Module};
    ///
    /// let module = Module::default();
    /// let memory = ExternType::Mem(MemType::default());
    /// assert_eq!(wattle_printer::Lister::new(&module).extern_text(&memory), "(memory 0)");
    /// ```
    pub fn extern_text(&self, ty: &ExternType) -> String {
        let mut out = Vec::new();
        self.context.types().extern_type(&mut out, ty);
        String::from_utf8_lossy(&out).trim_start().into()
    }

    /// Lists the instructions of an encoded expression, up to the first malformed one.
    pub fn expr(&self, bytes: &[u8]) -> Listing {
        let locals = Ids::default();
        let layout = Lines { starts: Vec::new() };
        let mut code = Code::new(&self.context, Vec::new(), layout, &locals, LabelStack::default());
        let mut len = bytes.len();
        if !code.take(bytes, &mut Nesting::default()) {
            len = 0;
            if let Some(&(start, ..)) = code.layout.starts.last() {
                let mut reader = Reader::new(bytes);
                reader.seek(start);
                // The last instruction or the bytes after it are malformed.
                match reader.read::<Instr<'_>>() {
                    Ok(_) => len = reader.pos(),
                    Err(_) => {
                        code.layout.starts.pop();
                        len = start;
                    }
                }
            }
        }
        let mut ends = code.layout.starts.iter().skip(1).map(|start| start.2);
        let lines = code.layout.starts.iter().map(|&(offset, depth, start)| {
            let end = ends.next().unwrap_or(code.out.len());
            let text = code.out.get(start..end).unwrap_or_default();
            let text = String::from_utf8_lossy(text);
            Line { offset, depth, text: text.into() }
        });
        Listing { lines: lines.collect(), len }
    }
}

impl core::fmt::Debug for Lister<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Lister").finish_non_exhaustive()
    }
}

/// A layout that records the start of each instruction: its offset, its depth, and its place in the
/// text.
struct Lines {
    starts: Vec<(usize, usize, usize)>,
}

impl Layout for Lines {
    fn begin(code: &mut Code<'_, '_, Self>, opcode: Opcode, offset: usize) {
        let step = code.structure(opcode);
        let depth = code.labels.depth();
        let depth = if step == Structure::Part { depth.saturating_sub(1) } else { depth };
        let start = code.out.len();
        code.layout.starts.push((offset, depth, start));
        code.out.extend_from_slice(opcode.mnemonic().as_bytes());
    }
}
