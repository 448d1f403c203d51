//! The sizes of the parts of a module or component, and the parts that keep them.
//!
//! [`Sizes`] is the file cut into [`Piece`]s, each of which has bytes of its own, and a graph over
//! them: a piece refers to the pieces that it needs. From the graph follow the bytes that each
//! piece keeps ([`Sizes::retained`]), the pieces that nothing keeps ([`Sizes::garbage`]), and the
//! ways on which a piece is reached ([`Sizes::ways`]).
//!
//! | file | has |
//! |---|---|
//! | `walk.rs` | the walk over the parts of a file, which makes pieces |
//! | `module.rs`, `component.rs` | the pieces of a module and of a component, and their references |
//! | `graph.rs` | references, reachability, shortest paths |
//! | `dominators.rs` | the tree of dominators |
//! | `groups.rs` | pieces by path, and instances of generic functions |
//! | `compare.rs` | the sizes of two files |

mod compare;
mod component;
mod dominators;
mod graph;
mod groups;
mod module;
mod walk;

use std::borrow::Cow;
use std::fmt;

use wattle_ast::components::{Layer, Sort};
use wattle_ast::{Error, Features, ItemKind, Name};

pub use compare::{Difference, compare};
pub use dominators::Retained;
use graph::Graph;
pub use graph::Ways;
pub use groups::{Generic, PathNode, PathTree};

/// Bytes of a file that belong together.
///
/// The pieces of a file have all its bytes, each byte in one piece.
#[derive(Clone, Debug)]
pub struct Piece<'a> {
    /// The kind of the piece.
    pub kind: PieceKind,
    /// The module or component that the piece belongs to, by its number in [`Sizes::units`].
    pub unit: u32,
    /// The section that the piece belongs to, by its number in [`Sizes::sections`].
    pub section: u32,
    /// The index in its index space, or its number among those of its kind.
    pub index: u32,
    /// The name in the name section; for imports, exports and custom sections their own name.
    pub name: Option<Name<'a>>,
    /// The offset of the first byte. The bytes of a function are its body and its entry in the
    /// function section; this is the offset of the body.
    pub start: usize,
    /// The number of bytes.
    pub size: usize,
}

/// The kinds of [`Piece`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PieceKind {
    /// The first eight bytes of a module or component.
    Preamble,
    /// The header of a section.
    Header,
    /// An item of a module.
    Item(ItemKind),
    /// The header of a group of types or imports.
    Group,
    /// A definition of a component, by the index space that it adds to.
    Definition(Option<Sort>),
    /// The name of the item of this kind and index, with the names of its parts.
    Name(ItemKind),
    /// Bytes that are malformed.
    Malformed,
}

/// A module or component in a file.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Whether it is a module or a component.
    pub layer: Layer,
    /// The component that it is in, by its number; `None` for the outermost.
    pub parent: Option<u32>,
    /// The words that lead to it from the outermost component, such as `core module 1 $main`; empty
    /// for the outermost.
    pub path: String,
    /// Its preamble, by the number of the piece.
    pub preamble: u32,
    /// The offset of its first byte.
    pub start: usize,
    /// The number of bytes, including those of inner modules and components.
    pub size: usize,
}

/// A section of a module or component.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// The module or component, by its number.
    pub unit: u32,
    /// The name of the section in messages, such as `code`; for the bytes before all sections it is
    /// `preamble`.
    pub kind: &'static str,
    /// The name of a custom section.
    pub name: Option<Name<'a>>,
    /// The offset of the first byte.
    pub start: usize,
    /// The number of bytes, without those of modules and components inside.
    pub size: usize,
    /// The number of entries that the header states.
    pub count: Option<u32>,
}

/// The pieces of a file, and the references between them.
#[derive(Clone, Debug, Default)]
pub struct Sizes<'a> {
    /// The pieces.
    pub pieces: Vec<Piece<'a>>,
    /// The modules and components, in the order in which they begin.
    pub units: Vec<Unit>,
    /// The sections, in the order in which they begin. Their sizes add up to the size of the file.
    pub sections: Vec<Section<'a>>,
    /// The errors of the malformed parts.
    pub errors: Vec<Error>,
    graph: Graph,
}

impl<'a> Sizes<'a> {
    /// Cuts a binary into pieces, as far as it can be read.
    ///
    /// ```
    /// use wattle_ast::{Features, ItemKind};
    /// use wattle_inspect::size::{PieceKind, Sizes};
    ///
    /// let wasm = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01";
    /// let sizes = Sizes::of(wasm, Features::ALL);
    /// let memory = &sizes.pieces[2];
    /// assert_eq!((memory.kind, memory.size), (PieceKind::Item(ItemKind::Mem), 2));
    /// ```
    pub fn of(bytes: &'a [u8], features: Features) -> Sizes<'a> {
        walk::walk(bytes, features)
    }

    /// Returns the size of the file.
    pub fn total(&self) -> usize {
        self.pieces.iter().map(|piece| piece.size).sum()
    }

    /// Finds the pieces with this name, or with this text in their names if none has that name. A
    /// number is the index of a function. Names of functions also match as
    /// [`demangle`](crate::demangle) shows them.
    pub fn find(&self, text: &str) -> Vec<u32> {
        let index = text.parse::<u32>().ok();
        let (mut exact, mut parts) = (Vec::new(), Vec::new());
        for (number, piece) in (0..).zip(&self.pieces) {
            if let PieceKind::Name(_) = piece.kind {
                continue;
            }
            let is_index =
                piece.kind == PieceKind::Item(ItemKind::Func) && index == Some(piece.index);
            let shown = piece.shown_name();
            let names = [piece.name.as_deref(), shown.as_deref()];
            if is_index || names.contains(&Some(text)) {
                exact.push(number);
            } else if names.into_iter().flatten().any(|name| name.contains(text)) {
                parts.push(number);
            }
        }
        if exact.is_empty() { parts } else { exact }
    }
}

impl Piece<'_> {
    /// Returns the name as people write it.
    pub fn shown_name(&self) -> Option<Cow<'_, str>> {
        self.name.as_deref().map(crate::shown)
    }
}

/// The kind in words, such as `func` or `core instance`.
impl fmt::Display for PieceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PieceKind::Preamble => f.write_str("preamble"),
            PieceKind::Header => f.write_str("section header"),
            PieceKind::Item(kind) => f.write_str(kind.keyword()),
            PieceKind::Group => f.write_str("group header"),
            PieceKind::Definition(Some(sort)) => write!(f, "{sort}"),
            PieceKind::Definition(None) => f.write_str("definition"),
            PieceKind::Name(kind) => write!(f, "name of {}", kind.keyword()),
            PieceKind::Malformed => f.write_str("malformed"),
        }
    }
}
