//! Layouts: how a form is broken over lines if it does not stay on one.

use super::scan::{Kind, Scan};

/// The layout of a form that is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Layout {
    /// `(module ...)` and other forms in which each form gets a line.
    Items,
    /// `(rec ...)`, `(struct ...)`: as `Items`, with the closing parenthesis behind the last form.
    Fields,
    /// An assertion about a module: everything gets a line of its own.
    Assertion,
    /// The definition of a function.
    Func,
    /// A folded block, or a part of one.
    Block,
    /// A folded instruction of another kind, or a form that ends in one: words and types, and then
    /// instructions that get a line each.
    Instr,
    /// Strings or indices, which keep the line breaks between them.
    List,
    /// The strings of `(module binary ...)` and `(module quote ...)`.
    Strings,
    /// Words and forms one behind the other, with a line break where the next does not fit.
    Fill,
    /// Words, and then forms that get a line each.
    Plain,
    /// A form that stays as it is.
    Untouched,
}

impl Layout {
    /// Whether a closing parenthesis behind the contents gets a line of its own.
    pub(super) fn closes_on_own_line(self) -> bool {
        use Layout::{Assertion, Func, Items, Strings};
        matches!(self, Items | Assertion | Func | Strings)
    }

    /// Whether instructions get lines of their own.
    pub(super) fn has_code(self) -> bool {
        matches!(self, Layout::Func | Layout::Block)
    }

    /// Whether forms get lines of their own, wherever they were written.
    pub(super) fn has_items(self) -> bool {
        matches!(self, Layout::Items | Layout::Fields | Layout::Assertion)
    }

    /// Whether everything stays on the line that it was written on.
    pub(super) fn keeps_lines(self) -> bool {
        matches!(self, Layout::List | Layout::Strings)
    }
}

/// The role of a form in a form with code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// An instruction, or a part of a block.
    Statement,
    /// `(local ...)`.
    Local,
    /// A form that belongs to the item before it: a type, a clause.
    Other,
}

/// The layout of the form that opens at a position, and its role. `around` has the layout and the
/// keyword of the form around it; at the top level, the layout is `Items`.
pub(super) fn classify(scan: &Scan<'_>, open: usize, around: (Layout, &str)) -> (Layout, Role) {
    if scan.token(open).kind == Kind::Annotation {
        return (Layout::Fields, Role::Other);
    }
    let keyword = scan.keyword(open);
    match scan.token(open + 1).kind {
        Kind::BlockOpen => return (Layout::Block, Role::Statement),
        Kind::BlockPart if matches!(around.1, "if" | "try") => {
            return (Layout::Block, Role::Statement);
        }
        // A clause of `try_table` has the keyword of a part of a block.
        Kind::BlockPart => return (Layout::Fill, Role::Other),
        Kind::BlockClose => return (Layout::Plain, Role::Statement),
        Kind::Instr => return (Layout::Instr, Role::Statement),
        _ => {}
    }
    let layout = match keyword {
        "then" | "do" => return (Layout::Block, Role::Statement),
        "local" => return (Layout::Fill, Role::Local),
        "module" | "component" if is_of_strings(scan, open) => Layout::Strings,
        "module" | "component" | "instance" | "thread" => Layout::Items,
        "func" if around.0 == Layout::Items => Layout::Func,
        "core" => match scan.keyword(open + 1) {
            "module" => Layout::Items,
            "rec" => Layout::Fields,
            _ => Layout::Plain,
        },
        "rec" | "struct" | "record" | "variant" => Layout::Fields,
        "data" | "elem" | "flags" | "enum" => Layout::List,
        "func" | "param" | "result" | "field" | "array" | "table" | "memory" | "tag" => {
            Layout::Fill
        }
        "global" | "offset" | "item" => Layout::Instr,
        _ if keyword.ends_with(".const") => Layout::Fill,
        _ if keyword.starts_with("assert_") && holds_module(scan, open) => Layout::Assertion,
        _ => Layout::Plain,
    };
    (layout, Role::Other)
}

/// Whether a module or component is given as strings.
fn is_of_strings(scan: &Scan<'_>, open: usize) -> bool {
    let mut at = open + 2;
    // `definition` and an identifier may stand before the word.
    while at < open + 5 && scan.token(at).kind == Kind::Atom {
        if matches!(scan.slice(scan.token(at)), "binary" | "quote") {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether an assertion is about a module or component that is written out.
fn holds_module(scan: &Scan<'_>, open: usize) -> bool {
    let subject = open + 2;
    scan.token(subject).kind == Kind::Open
        && matches!(scan.keyword(subject), "module" | "component")
}
