//! Nodes: the words of each kind of type, and the facts about a type.
//!
//! A node is a list of words: ids of other nodes, ids of texts, numbers and codes. Its kind
//! determines their meaning.

use core::ops::Deref;

use super::entities::{ENTITY, ENTRY, MODULE};
use super::texts::TextId;

/// The id of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct NodeId(pub(crate) u32);

impl NodeId {
    /// The type of a definition that had an error. It counts as equal to every type.
    pub(crate) const UNKNOWN: NodeId = NodeId(0);

    /// The part of a node that a word stands for; `None` if it is absent.
    pub(crate) fn of(word: u32) -> Option<NodeId> {
        (word != ABSENT).then_some(NodeId(word))
    }
}

/// Stands in a node for a part that is absent.
pub(crate) const ABSENT: u32 = u32::MAX;

/// A row: the meaning of the words in a node, the kind, the word for the form of its types, and a
/// noun for one of them, with its article.
macro_rules! node_kinds {
    ($( $(#[$doc:meta])* $kind:ident $form:literal $noun:literal; )*) => {
        /// The kind of a node, which determines the meaning of its words.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(crate) enum Kind { $( $(#[$doc])* $kind, )* }

        impl Kind {
            /// The word for the form of a type.
            pub(crate) const fn form(self) -> &'static str {
                match self { $( Kind::$kind => $form, )* }
            }

            /// The noun for a type of this kind, with its article.
            pub(crate) const fn noun(self) -> &'static str {
                match self { $( Kind::$kind => $noun, )* }
            }
        }
    };
}

node_kinds! {
    /// The type is unknown.
    Unknown "unknown" "unknown";
    /// The code of a primitive type.
    Prim "primitive" "a primitive type";
    /// Pairs of a label and a type.
    Record "record" "a record";
    /// Pairs of a label and a type, which may be absent.
    Variant "variant" "a variant";
    /// A type.
    List "list" "a list";
    /// A type and a length.
    FixedList "fixed-length list" "a list of a fixed length";
    /// Types.
    Tuple "tuple" "a tuple";
    /// Labels.
    Flags "flags" "a set of flags";
    /// Labels.
    Enum "enum" "an enum";
    /// A type.
    Option "option" "an option";
    /// The types of result and error, which may be absent.
    Result "result" "a result";
    /// A resource, or a name for one.
    Own "own" "an `own` handle";
    /// A resource, or a name for one.
    Borrow "borrow" "a `borrow` handle";
    /// A type, which may be absent.
    Stream "stream" "a stream";
    /// A type, which may be absent.
    Future "future" "a future";
    /// The types of keys and values.
    Map "map" "a map";
    /// Whether it is asynchronous, the result, which may be absent, and pairs of a label and a
    /// type.
    Func "func" "a function type";
    /// A variable.
    Resource "resource" "a resource type";
    /// A variable, and the type that it names.
    Named "named" "unknown";
    /// The number of bound variables, these, and exports of four words each.
    Instance "instance" "an instance type";
    /// The number of imports, of variables bound by imports, and of those bound by exports; these
    /// variables; imports and exports of four words each.
    Component "component" "a component type";
}

impl Kind {
    /// Whether it is a value type.
    pub(crate) const fn is_value(self) -> bool {
        !matches!(
            self,
            Kind::Func | Kind::Resource | Kind::Named | Kind::Instance | Kind::Component
        )
    }

    /// The word for a type of this kind where any type may stand.
    pub(crate) const fn general(self) -> &'static str {
        if self.is_value() { "defined type" } else { self.form() }
    }

    /// Whether types of this kind must be named where they are visible from outside.
    pub(crate) const fn is_nominal(self) -> bool {
        matches!(self, Kind::Record | Kind::Variant | Kind::Flags | Kind::Enum)
    }
}

/// A set of properties that a node has if a part of it has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Properties(u8);

impl Properties {
    /// There is a `borrow`.
    pub(crate) const BORROW: Properties = Properties(1);
    /// There is a handle: of a resource, a stream, a future or an error context.
    pub(crate) const HANDLE: Properties = Properties(2);
    /// There is a resource.
    pub(crate) const RESOURCE: Properties = Properties(4);
    /// There is a type that must be named where it is visible from outside, or a resource.
    pub(crate) const NOMINAL: Properties = Properties(8);
    /// There is a part that had an error.
    pub(crate) const UNKNOWN: Properties = Properties(16);

    pub(crate) const fn has(self, other: Properties) -> bool {
        self.0 & other.0 != 0
    }

    /// The properties of both sets.
    pub(super) const fn with(self, other: Properties) -> Properties {
        Properties(self.0 | other.0)
    }
}

/// The facts about a node.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) kind: Kind,
    /// The place of its words among those of all nodes, and their number.
    pub(super) words: (usize, u32),
    /// The type without names: its own id for components and instances.
    pub(crate) structure: NodeId,
    /// The type without the names that it has itself, which may be many.
    pub(super) unnamed: NodeId,
    /// The number of nodes of the type as a tree.
    pub(crate) size: u32,
    /// The number of nodes on the longest way down.
    pub(crate) depth: u32,
    pub(crate) properties: Properties,
    /// The least and the greatest variable in it; the least is greater if there are none.
    pub(crate) variables: (u32, u32),
    /// The place of its ABI, for value types.
    pub(super) abi: u32,
}

/// A node: its words, and the facts about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) words: &'a [u32],
    pub(super) facts: &'a Facts,
}

impl Deref for Node<'_> {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        self.facts
    }
}

impl<'a> Node<'a> {
    /// Whether it may have a variable from a range.
    pub(crate) fn may_have(self, (low, high): (u32, u32)) -> bool {
        self.variables.0 <= high && low <= self.variables.1
    }

    /// The places of the words that are ids of nodes. A word there may be [`ABSENT`].
    pub(crate) fn children(self) -> impl Iterator<Item = (usize, NodeId)> + 'a {
        children(self.kind, self.words)
    }

    /// The part at a place of the words; `None` if it is absent.
    pub(crate) fn part(self, place: usize) -> Option<NodeId> {
        self.words.get(place).copied().and_then(NodeId::of)
    }

    /// The variable that tells a resource or a name from all others.
    pub(crate) fn variable(self) -> Option<u32> {
        variable(self.kind, self.words)
    }

    /// The parts of the type of a function.
    pub(crate) fn func(self) -> Option<FuncParts<'a>> {
        match (self.kind, self.words) {
            (Kind::Func, [is_async, result, params @ ..]) => {
                Some(FuncParts { is_async: *is_async != 0, result: NodeId::of(*result), params })
            }
            _ => None,
        }
    }
}

/// The variable of a node with these words, if it has one of its own.
pub(super) fn variable(kind: Kind, words: &[u32]) -> Option<u32> {
    match kind {
        Kind::Resource | Kind::Named => words.first().copied(),
        _ => None,
    }
}

/// The parts of the type of a function.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FuncParts<'a> {
    pub(crate) is_async: bool,
    pub(crate) result: Option<NodeId>,
    /// Pairs of a label and a type.
    pub(crate) params: &'a [u32],
}

impl FuncParts<'_> {
    /// The labels and the types of the parameters.
    pub(crate) fn params(&self) -> impl ExactSizeIterator<Item = (TextId, NodeId)> {
        self.params.chunks_exact(2).map(|pair| (TextId(pair[0]), NodeId(pair[1])))
    }
}

/// The places of the words that are ids of nodes.
pub(super) fn children(kind: Kind, words: &[u32]) -> impl Iterator<Item = (usize, NodeId)> + '_ {
    let count = |place: usize| words.get(place).map_or(0, |&count| count as usize);
    let (first, step) = match kind {
        Kind::Unknown | Kind::Prim | Kind::Flags | Kind::Enum | Kind::Resource => (words.len(), 1),
        Kind::Tuple
        | Kind::List
        | Kind::Option
        | Kind::Result
        | Kind::Own
        | Kind::Borrow
        | Kind::Stream
        | Kind::Future
        | Kind::Map => (0, 1),
        Kind::FixedList => (0, 2),
        Kind::Record | Kind::Variant | Kind::Func | Kind::Named => (1, 2),
        Kind::Instance => (1 + count(0) + ENTITY, ENTRY),
        Kind::Component => (3 + count(1) + count(2) + ENTITY, ENTRY),
    };
    let is_module = move |place: usize| {
        step == ENTRY && place.checked_sub(1).and_then(|at| words.get(at)) == Some(&MODULE)
    };
    (first..words.len()).step_by(step).filter_map(move |place| {
        let word = *words.get(place)?;
        (word != ABSENT && !is_module(place)).then_some((place, NodeId(word)))
    })
}
