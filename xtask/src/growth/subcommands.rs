//! The subcommands that are measured.

use super::shapes::Kind;

/// A subcommand.
pub(super) struct Subcommand {
    /// The arguments. `FILE` stands for the input, `HALF` for an input of half the size, and `OUT`
    /// for a file to write to.
    pub(super) words: &'static str,
    /// The form of the input.
    pub(super) input: Form,
    pub(super) flags: Flags,
}

/// The form of an input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A text, well-formed or not.
    Text,
    /// The binary of a module or a component.
    Binary,
    /// A package of interfaces.
    Interfaces,
    /// A core module with an embedded world, and with all functions that the world asks for.
    Embedded,
}

impl Form {
    /// Whether shapes of a kind have the form.
    pub(super) fn is_form_of(self, kind: Kind) -> bool {
        match self {
            Form::Text => kind != Kind::Interfaces,
            Form::Binary => matches!(kind, Kind::Module | Kind::Component),
            Form::Interfaces | Form::Embedded => kind == Kind::Interfaces,
        }
    }

    /// Whether the input is the text of the shape.
    pub(super) fn is_source(self) -> bool {
        matches!(self, Form::Text | Form::Interfaces)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Form::Text => "text",
            Form::Binary => "binary",
            Form::Interfaces => "WIT",
            Form::Embedded => "core module",
        }
    }
}

/// The additional options of a subcommand.
#[derive(Clone, Copy)]
pub(super) enum Flags {
    None,
    Features,
    /// The features, and the number of faults.
    All,
}

impl Flags {
    pub(super) fn words(self) -> &'static [&'static str] {
        let all = &["--features", "all", "--max-errors", "1000000000"];
        match self {
            Flags::None => &[],
            Flags::Features => &all[..2],
            Flags::All => all,
        }
    }
}

const fn row(words: &'static str, input: Form, flags: Flags) -> Subcommand {
    Subcommand { words, input, flags }
}

/// All subcommands.
pub(super) const SUBCOMMANDS: &[Subcommand] = &[
    row("parse FILE", Form::Text, Flags::All),
    row("validate -j 1 --no-limits FILE", Form::Text, Flags::All),
    row("print FILE", Form::Text, Flags::All),
    row("wast FILE", Form::Text, Flags::All),
    row("wast --no-run FILE", Form::Text, Flags::All),
    row("smith --bytes FILE", Form::Text, Flags::Features),
    row("fmt --check FILE", Form::Text, Flags::None),
    row("json-from-wast FILE -o OUT", Form::Text, Flags::All),
    row("validate -j 1 --no-limits FILE", Form::Binary, Flags::All),
    row("validate --no-limits FILE", Form::Binary, Flags::All),
    row("print FILE", Form::Binary, Flags::All),
    row("print --fold FILE", Form::Binary, Flags::All),
    row("print --name-unnamed FILE", Form::Binary, Flags::All),
    row("print --offsets FILE", Form::Binary, Flags::All),
    row("print --operand-stack FILE", Form::Binary, Flags::All),
    row("print --inline-imports-exports FILE", Form::Binary, Flags::All),
    row("print --skeleton FILE", Form::Binary, Flags::All),
    row("parse FILE -o OUT", Form::Binary, Flags::All),
    row("parse --canonical FILE -o OUT", Form::Binary, Flags::All),
    row("dump FILE", Form::Binary, Flags::All),
    row("dump --json FILE", Form::Binary, Flags::All),
    row("objdump FILE", Form::Binary, Flags::All),
    row("objdump --json FILE", Form::Binary, Flags::All),
    row("objdump --details FILE", Form::Binary, Flags::All),
    row("size FILE", Form::Binary, Flags::All),
    row("size --by-path FILE", Form::Binary, Flags::All),
    row("size --dominators FILE", Form::Binary, Flags::All),
    row("size --garbage FILE", Form::Binary, Flags::All),
    row("size --monos FILE", Form::Binary, Flags::All),
    row("size --diff HALF FILE", Form::Binary, Flags::All),
    row("size --html OUT FILE", Form::Binary, Flags::All),
    row("diff HALF FILE", Form::Binary, Flags::All),
    row("metadata show FILE", Form::Binary, Flags::All),
    row("metadata add --name n FILE -o OUT", Form::Binary, Flags::All),
    row("demangle FILE -o OUT", Form::Binary, Flags::All),
    row("mutate --seed 1 FILE -o OUT", Form::Binary, Flags::All),
    row("strip -a FILE -o OUT", Form::Binary, Flags::All),
    row("features FILE", Form::Binary, Flags::All),
    row("wasm-objdump -x -d FILE", Form::Binary, Flags::None),
    row("component wit FILE", Form::Binary, Flags::Features),
    row("component wit FILE", Form::Interfaces, Flags::None),
    row("component wit --json FILE", Form::Interfaces, Flags::None),
    row("component wit --wasm FILE -o OUT", Form::Interfaces, Flags::None),
    row("component embed --dummy FILE -o OUT", Form::Interfaces, Flags::None),
    row("fmt --check FILE", Form::Interfaces, Flags::None),
    row("component wit FILE", Form::Embedded, Flags::None),
    row("component new FILE -o OUT", Form::Embedded, Flags::None),
];
