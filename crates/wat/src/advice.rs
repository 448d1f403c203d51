//! All advice against errors that needs no word of the text.

pub(crate) const COMMENT: &str = "comments are `;; to the end of the line` and `(; between ;)`";
pub(crate) const COMMA: &str = "blanks separate: leave out the commas";
pub(crate) const SEMICOLON: &str =
    "nothing ends an instruction: leave out the `;`, and begin comments with `;;`";
pub(crate) const BRACES: &str = "only `(` and `)` group: blocks are `(block … )` or `block … end`";
pub(crate) const QUOTES: &str = "strings stand between double quotes: `\"`";
pub(crate) const EQUALS: &str = "write `offset=4` and `align=4` without blanks around the `=`";
pub(crate) const GLUED: &str = "put a blank between a string and what is beside it";
pub(crate) const SIGNED_MEMARG: &str =
    "an offset or alignment has no sign: add a negative offset to the address";
pub(crate) const MEMARG: &str =
    "an offset or alignment is an unsigned integer, for instance `offset=8`";
pub(crate) const ALIGN: &str = "an alignment counts bytes: 1, 2, 4, 8 or 16";
pub(crate) const PAGE_SIZE: &str = "a page has 1 or 65536 bytes";
pub(crate) const INTEGER: &str =
    "this takes an integer; `f32.const` and `f64.const` take fractions";
pub(crate) const INDEX: &str = "an index is a natural number, an identifier begins with `$`";
pub(crate) const CONSTANT: &str =
    "a constant is an instruction of its own: `(i32.const 1)`, or `i32.const 1` before this one";
pub(crate) const NUMBER: &str = "the number itself stands here, not what computes it";
pub(crate) const FOLD: &str = "inside of a folded instruction operands are folded too: put \
                               this one into parentheses";
pub(crate) const INSTR_OUTSIDE: &str = "instructions stand in functions: `(func … )`";
pub(crate) const LOCAL_OUTSIDE: &str = "parameters, results and locals stand in `(func … )`";
pub(crate) const FIELD_INSIDE: &str =
    "this is a field of the module: it stands beside functions, so a `)` may be missing before";
pub(crate) const FIELD_PARENS: &str = "each field of a module stands in parentheses";
pub(crate) const PARAM_LATE: &str =
    "the order is parameters, results, locals, instructions: move it up";
pub(crate) const TYPE_LATE: &str = "`(type … )` comes before parameters and results";
pub(crate) const EXPORT_LATE: &str =
    "`(export … )` and `(import … )` come right behind the identifier";
pub(crate) const RESULT_ID: &str = "results have no identifiers, only types";
pub(crate) const ID_FIRST: &str = "an identifier comes before its type: `(param $x i32)`";
pub(crate) const ONE_TYPE: &str =
    "what has an identifier has one type: write `(param $x i32) (param $y i32)`";
pub(crate) const PACKED: &str = "`i8` and `i16` are for fields of structures and arrays; use `i32`";
pub(crate) const MUT: &str = "a mutable type is `(mut i32)`, for globals and fields only";
pub(crate) const VOID: &str = "what has no result has no `(result … )`";
pub(crate) const FUNC_TYPE: &str = "a function type is `(func (param i32) (result i32))`";
pub(crate) const NAME: &str = "a name is a string: put it into double quotes";
pub(crate) const IMPORT_NAMES: &str =
    "an import has two names, of the module and of what it exports: `(import \"m\" \"f\" (func))`";
pub(crate) const EXTERN: &str =
    "say what it is in parentheses, for instance `(func $f)` or `(memory 0)`";
pub(crate) const TABLE_SIZE: &str = "the size comes first: `(table 1 funcref)`";
pub(crate) const TABLE_TYPE: &str = "the type of the elements is missing: `(table 1 funcref)`";
pub(crate) const MEMORY_SIZE: &str = "the size in pages is missing: `(memory 1)`";
pub(crate) const SIZE: &str = "a size is a natural number, of pages for a memory";
pub(crate) const THEN: &str =
    "a folded `if` holds its condition, then `(then … )` and perhaps `(else … )`";
pub(crate) const FLAT_THEN: &str =
    "`(then … )` is for a folded `(if … )`; behind a flat `if` instructions follow up to `end`";
pub(crate) const ELSE: &str = "there is no `if` that it belongs to";
pub(crate) const END: &str = "there is no flat block that it ends; parentheses end folded \
                              blocks and functions";
pub(crate) const END_MISSING: &str = "a block that is not folded goes on to its `end`";
pub(crate) const FOLDED_BLOCK_END: &str = "a folded block ends with its parenthesis: leave it out";
pub(crate) const TOO_MANY_CLOSE: &str = "there is one `)` too many, here or before";
pub(crate) const BEHIND_MODULE: &str = "the module ended before this: there is one `)` too many, \
                                        or two modules in one text";
pub(crate) const SCRIPT: &str = "this is a test script: `wattle wast` runs it";
pub(crate) const CLOSE_MISSING: &str = "a `)` is missing";
pub(crate) const ID_NOT_ALLOWED: &str =
    "the type is that of several imports, which cannot share an identifier";
pub(crate) const IMPORTS_FIRST: &str =
    "move the import before the first function, table, memory, tag and global that is defined";
pub(crate) const ONE_START: &str = "a module has one start function, which may call others";
pub(crate) const LABEL: &str = "the identifier behind `end` or `else` is that of its block, or \
                                there is none";
pub(crate) const DUPLICATE: &str = "give one of them another identifier";
pub(crate) const STRING_END: &str = "a string ends on its line: write `\\n` for the end of a line";
pub(crate) const CONTROL: &str = "write it as an escape, for instance `\\t`, `\\n` or `\\00`";
pub(crate) const ESCAPE: &str =
    "the escapes are \\t \\n \\r \\\" \\' \\\\ \\u{…} and two hexadecimal digits, as in \\00";
pub(crate) const CODE_POINT: &str =
    "`\\u{…}` holds the hexadecimal number of a character: up to 10ffff, without d800 to dfff";
pub(crate) const COMMENT_END: &str = "each `(;` needs a `;)` of its own";
pub(crate) const EMPTY_ID: &str = "an identifier has a character at least: `$x` or `$\"x\"`";
pub(crate) const UTF8: &str = "names and identifiers are UTF-8; data may hold any bytes";
pub(crate) const NO_BREAK: &str = "this is a no-break space: write an ordinary one";
pub(crate) const CURLY_QUOTE: &str = "this is a typographic quote: write `\"`";
pub(crate) const COMPONENT: &str =
    "a module cannot hold this: it is of components, and the text of one is `(component … )`";
pub(crate) const MODULE: &str = "the text of a component is `(component … )`; a module is \
                                 `(core module … )` in it, or a text of its own";
pub(crate) const CORE_FIELD: &str =
    "this is a field of a core module: it stands in `(core module … )`";
pub(crate) const CORE_IN_CORE: &str = "inside of `(core … )` sorts stand without another `core`";
pub(crate) const CORE_VAL_TYPE: &str =
    "this is a core type: types of components are `s32`, `u32`, `s64`, `u64`, `f32` and others";
pub(crate) const DEF_TYPE: &str = "a definition writes out its type; \
                                   `(alias outer 0 $t (type $u))` is another index of a type";
pub(crate) const EQ: &str =
    "`eq` takes an index: define the type before, for instance `(type $t u32)`";
pub(crate) const CORE_EXPORT: &str =
    "write `(memory (core memory $i \"name\"))` for the export of an instance";
pub(crate) const CANCELLABLE: &str =
    "leave it out: the format no longer has this option of built-in functions";
pub(crate) const BEFORE: &str = "a definition refers only to what comes before it";
pub(crate) const OUTER_ITEM: &str =
    "a component takes this as an import, and `(instantiate … (with … ))` passes it";
pub(crate) const DECLARATION: &str =
    "a type declares imports, exports, types and aliases; definitions stand in components";
