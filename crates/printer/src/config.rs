//! The settings of the printer. `modules.rs` prints with them.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

macro_rules! settings {
    ($( $(#[$doc:meta])* $name:ident: $ty:ty = $default:expr; )*) => {
        /// The settings of the printer.
        ///
        /// The text always parses back to the module, except with [`skeleton`](Config::skeleton).
        /// With [`name_unnamed`](Config::name_unnamed), the parsed module has more names.
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
            $( pub(crate) $name: $ty, )*
        }

        impl Default for Config {
            fn default() -> Self {
                Config { $( $name: $default, )* }
            }
        }

        impl Config {
            /// The default settings: flat instructions, two spaces a level, no additions and no
            /// omissions.
            pub fn new() -> Config {
                Config::default()
            }

            $(
                $(#[$doc])*
                pub fn $name(mut self, $name: $ty) -> Config {
                    self.$name = $name;
                    self
                }
            )*
        }
    };
}

settings! {
    /// Whether instructions are folded: `(i32.add (local.get 0) (i32.const 1))`.
    fold: bool = false;
    /// Whether bodies and the contents of segments and custom sections are replaced by `...`. The
    /// text then does not parse.
    skeleton: bool = false;
    /// Whether each item and instruction is preceded by its offset in the binary, in hexadecimal:
    /// `(;@1f;)`.
    ///
    /// Item offsets come from `Module::encoding`. If it is empty, items have no offsets, and those
    /// of instructions count from the first byte of their body.
    offsets: bool = false;
    /// Whether items, locals, labels and fields without a name get identifiers, such as `$#func5`.
    /// These become names when the text is parsed.
    name_unnamed: bool = false;
    /// The number of spaces that a level is indented: 2 unless set, at most 16. Levels beyond the
    /// fiftieth are not indented further, so that the text stays in proportion to the module.
    indent: usize = 2;
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
    level: usize = 0;
    /// Whether imports and exports are written inside the items that they are about, where that
    /// keeps their order: `(func (export "f") (type 0) ...)`.
    inline_imports_exports: bool = false;
    /// Comments on instructions of functions, each on a line before its instruction. Folded text
    /// has no comments.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use wattle_ast::{Body, Func, FuncType, Instr, Module, TypeIdx};
    /// use wattle_printer::{Comments, Config};
    ///
    /// let mut module = Module::default();
    /// module.types.push(FuncType::new([], []).into());
    /// let body = Body::new([], [Instr::Nop, Instr::Nop, Instr::End].into_iter().collect());
    /// module.funcs.push(Func { ty: TypeIdx(0), body });
    /// let mut comments = Comments::default();
    /// comments.add(0, 1, "the second");
    /// let text = Config::new().comments(Some(Arc::new(comments))).print(&module);
    /// assert!(text.contains("    nop\n    ;; the second\n    nop\n"));
    /// ```
    comments: Option<Arc<Comments>> = None;
    /// Comments on instructions of the functions of a component's core modules, for each module in the
    /// order in which the modules stand.
    module_comments: Option<Arc<[Arc<Comments>]>> = None;
}

/// Comments on instructions of functions. Equal texts are kept once.
#[derive(Clone, Debug, Default)]
pub struct Comments {
    texts: Vec<String>,
    by_text: BTreeMap<String, u32>,
    /// For each function that the module defines, by its index among them: the offsets of
    /// instructions, and indices into `texts`.
    funcs: BTreeMap<u32, Vec<(u32, u32)>>,
}

impl Comments {
    /// Adds a comment on the instruction at an offset in the instructions of a function. `func` is
    /// the index of the function among those that the module defines. The offsets of a function
    /// must be in ascending order. The text must be one line, since a line break ends a comment.
    pub fn add(&mut self, func: u32, offset: u32, text: &str) {
        let known = self.by_text.get(text).copied();
        let text = known.unwrap_or_else(|| {
            let place = self.texts.len() as u32;
            self.texts.push(text.into());
            self.by_text.insert(text.into(), place);
            place
        });
        self.funcs.entry(func).or_default().push((offset, text));
    }

    /// The comments of a function, in order.
    pub(crate) fn of(&self, func: usize) -> &[(u32, u32)] {
        self.funcs.get(&(func as u32)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn text(&self, place: u32) -> &str {
        self.texts.get(place as usize).map_or("", String::as_str)
    }
}
