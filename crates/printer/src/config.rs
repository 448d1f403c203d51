//! The settings of printing. What prints with them is in `modules.rs`.

/// How a module is printed.
///
/// Whatever the settings, all but [`skeleton`](Config::skeleton) give text that parses back to the
/// module ([`name_unnamed`](Config::name_unnamed) adds names to it).
///
/// ```
/// use wattle_ast::{GlobalType, Global, Instr, Module, ValType};
/// use wattle_printer::Config;
///
/// let mut module = Module::default();
/// let ty = GlobalType { mutable: false, val: ValType::I32 };
/// let init = [Instr::I32Const { value: 7 }, Instr::End].into_iter().collect();
/// module.globals.push(Global { ty, init });
/// let text = Config::new().indent(0).name_unnamed(true).print(&module);
/// assert_eq!(text, "(module\n(global $#global0 (;0;) i32 (i32.const 7))\n)\n");
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) fold: bool,
    pub(crate) skeleton: bool,
    pub(crate) offsets: bool,
    pub(crate) name_unnamed: bool,
    pub(crate) indent: usize,
    pub(crate) level: usize,
    pub(crate) inline_imports_exports: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            fold: false,
            skeleton: false,
            offsets: false,
            name_unnamed: false,
            indent: 2,
            level: 0,
            inline_imports_exports: false,
        }
    }
}

impl Config {
    /// The default settings: flat, two spaces a level, nothing added and nothing left out.
    pub fn new() -> Config {
        Config::default()
    }

    /// Whether instructions are folded: `(i32.add (local.get 0) (i32.const 1))`.
    pub fn fold(mut self, yes: bool) -> Config {
        self.fold = yes;
        self
    }

    /// Whether bodies and the contents of segments and custom sections are left out, `...` in
    /// their places. The text then does not parse.
    pub fn skeleton(mut self, yes: bool) -> Config {
        self.skeleton = yes;
        self
    }

    /// Whether each item and instruction is preceded by its offset in the binary, in hexadecimal:
    /// `(;@1f;)`.
    ///
    /// Offsets are known as far as `Module::encoding` says how the module was written. Without
    /// it items have none, and those of instructions count from the first byte of their body.
    pub fn offsets(mut self, yes: bool) -> Config {
        self.offsets = yes;
        self
    }

    /// Whether items, locals, labels and fields that have no name get identifiers, such as
    /// `$#func5`. When the text is parsed these become names.
    pub fn name_unnamed(mut self, yes: bool) -> Config {
        self.name_unnamed = yes;
        self
    }

    /// How many spaces a level is indented: 2 unless set, at most 16. Levels beyond the fiftieth
    /// are not indented further, so that the text stays in proportion to the module.
    pub fn indent(mut self, spaces: usize) -> Config {
        self.indent = spaces;
        self
    }

    /// The level that the module itself stands at, for text that becomes part of a larger one: 0
    /// unless set. The first line is not indented.
    ///
    /// ```
    /// use wattle_ast::{MemType, Module};
    ///
    /// let mut module = Module::default();
    /// module.memories.push(MemType::default());
    /// let text = wattle_printer::Config::new().level(1).print(&module);
    /// assert_eq!(text, "(module\n    (memory (;0;) 0)\n  )\n");
    /// ```
    pub fn level(mut self, level: usize) -> Config {
        self.level = level;
        self
    }

    /// Whether imports and exports are written at the items that they are about, as far as that
    /// keeps their order: `(func (export "f") (type 0) ...)`.
    pub fn inline_imports_exports(mut self, yes: bool) -> Config {
        self.inline_imports_exports = yes;
        self
    }
}
