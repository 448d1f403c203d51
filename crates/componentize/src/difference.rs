//! Differences between a component and a world, or between two versions of a world, in words.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::Shown;
use wattle_wit::model::Text;

/// A difference, and the path to it.
///
/// ```
/// use wattle_componentize::{DifferenceKind, Step, semver_check};
/// use wattle_wit::Resolver;
/// use wattle_wit::model::Text;
///
/// let mut resolver = Resolver::new();
/// resolver.file("a.wit", "package a:b;
///     world prev { export shapes: interface { draw: func(color: u8); } }
///     world new { export shapes: interface { draw: func(color: u16); } }");
/// let resolved = resolver.resolve()?;
/// let model = resolved.model();
/// let world = |name| model.select_world(resolved.root(), Some(name));
///
/// let found = semver_check((model, world("prev")?), (model, world("new")?))?;
/// let difference = &found[0].0;
/// let path = ["shapes", "draw", "color"].map(Text::from);
/// let [export, func, param] = path;
/// assert_eq!(difference.path, [Step::Export(export), Step::Func(func), Step::Param(param)]);
/// assert!(matches!(&difference.kind, DifferenceKind::Types { ours: Some(ours), .. } if ours == "u8"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The path to the difference: the import or export, then the function or type in it, and so
    /// on. Names are ours.
    pub path: Vec<Step>,
    /// Their name of the import or export, if it is not ours: that of another version of the
    /// interface.
    pub other: Option<Text>,
    /// The kind of the difference.
    pub kind: DifferenceKind,
}

/// A step on the way to a difference.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Step {
    /// An import.
    Import(Text),
    /// An export.
    Export(Text),
    /// A type.
    Type(Text),
    /// A function.
    Func(Text),
    /// A parameter.
    Param(Text),
    /// The result of a function.
    Result,
    /// A field, case or flag, with the word for it.
    Label(&'static str, Text),
}

/// The kinds of differences. Of the two sides, *ours* is the component or the previous version, and
/// *theirs* the world or the new version.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// We have an import that they do not have.
    MissingImport {
        /// The name.
        name: String,
        /// The interface at another version, which they import.
        other: Option<String>,
    },
    /// They have an export that we do not have.
    MissingExport {
        /// The name.
        name: String,
        /// The interface at another version, which we export.
        other: Option<String>,
    },
    /// An import that no world can have, such as a core module.
    NotWit {
        /// The name.
        name: String,
    },
    /// An import or export that is of one kind on our side, and of another on theirs.
    Sorts {
        /// Our kind.
        ours: &'static str,
        /// Their kind.
        theirs: &'static str,
    },
    /// A function of an interface that one side alone has.
    MissingFunc {
        /// The name.
        name: String,
        /// Whether we have it.
        is_ours: bool,
    },
    /// A type of an interface that one side alone has.
    MissingType {
        /// The name.
        name: String,
        /// Whether we have it.
        is_ours: bool,
    },
    /// A function that is `async` on one side alone.
    Async {
        /// Whether our function is `async`.
        is_ours: bool,
    },
    /// The number of parameters.
    Params {
        /// The number of our parameters.
        ours: usize,
        /// The number of their parameters.
        theirs: usize,
    },
    /// The name of a parameter.
    ParamNames {
        /// Our name.
        ours: String,
        /// Their name.
        theirs: String,
    },
    /// The type of a parameter, a result or a part of another type; `None` if a side has no type
    /// there.
    Types {
        /// Our type as text.
        ours: Option<String>,
        /// Their type as text.
        theirs: Option<String>,
    },
    /// A named type that is of one kind on our side, and of another on theirs.
    Kinds {
        /// Our kind.
        ours: &'static str,
        /// Their kind.
        theirs: &'static str,
    },
    /// Two different resources.
    Resources {
        /// Our resource, and its interface.
        ours: String,
        /// Their resource, and its interface.
        theirs: String,
    },
    /// A field, case or flag that one side alone has.
    MissingLabel {
        /// The word for it.
        sort: &'static str,
        /// The name.
        name: String,
        /// Whether we have it.
        is_ours: bool,
    },
    /// Fields, cases or flags in another order.
    Order {
        /// The word for them.
        sort: &'static str,
    },
}

/// The names of the two sides in messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    pub(crate) ours: &'static str,
    pub(crate) theirs: &'static str,
}

impl Sides {
    fn name(self, is_ours: bool) -> &'static str {
        if is_ours { self.ours } else { self.theirs }
    }
}

impl Difference {
    /// Describes the difference in words, with these names of the sides.
    pub(crate) fn words(&self, sides: Sides) -> impl fmt::Display + '_ {
        Words { difference: self, sides }
    }
}

struct Words<'d> {
    difference: &'d Difference,
    sides: Sides,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, name) = match self {
            Step::Import(name) => ("import", name),
            Step::Export(name) => ("export", name),
            Step::Type(name) => ("type", name),
            Step::Func(name) => ("func", name),
            Step::Param(name) => ("param", name),
            Step::Result => return f.write_str("result"),
            Step::Label(sort, name) => (*sort, name),
        };
        write!(f, "{word} `{}`", Shown(&**name))
    }
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, step) in self.difference.path.iter().enumerate() {
            write!(f, "{}{step}", if nth > 0 { ", " } else { "" })?;
            if let Some(other) = self.difference.other.as_ref().filter(|_| nth == 0) {
                write!(f, " (`{}` in {})", Shown(&**other), self.sides.theirs)?;
            }
        }
        if !self.difference.path.is_empty() {
            f.write_str(": ")?;
        }
        let Sides { ours, theirs } = self.sides;
        let missing = |f: &mut fmt::Formatter<'_>, what: &str, name: &str, is_ours: bool| {
            let (has, lacks) = (self.sides.name(is_ours), self.sides.name(!is_ours));
            write!(f, "missing {what} `{}`: {has} has it, and {lacks} does not", Shown(name))
        };
        let other =
            |f: &mut fmt::Formatter<'_>, who: &str, verb: &str, other: &Option<String>| match other
            {
                Some(other) => write!(f, "; {who} {verb} `{}`", Shown(other)),
                None => Ok(()),
            };
        let text = |text: &Option<String>| match text {
            Some(text) => alloc::format!("`{text}`"),
            None => "nothing".into(),
        };
        match &self.difference.kind {
            DifferenceKind::MissingImport { name, other: found } => {
                let name = Shown(name);
                write!(
                    f,
                    "missing import named `{name}`: {ours} imports it, and {theirs} does not"
                )?;
                other(f, theirs, "imports", found)
            }
            DifferenceKind::MissingExport { name, other: found } => {
                let name = Shown(name);
                write!(
                    f,
                    "missing export named `{name}`: {theirs} exports it, and {ours} does not"
                )?;
                other(f, ours, "exports", found)
            }
            DifferenceKind::NotWit { name } => write!(
                f,
                "import `{}` cannot be represented in WIT: it is neither an interface nor a \
                 function or type",
                Shown(name)
            ),
            DifferenceKind::Sorts { ours: one, theirs: other } => {
                write!(f, "{one} in {ours}, and {other} in {theirs}")
            }
            DifferenceKind::MissingFunc { name, is_ours } => missing(f, "func", name, *is_ours),
            DifferenceKind::MissingType { name, is_ours } => missing(f, "type", name, *is_ours),
            DifferenceKind::MissingLabel { sort, name, is_ours } => {
                missing(f, sort, name, *is_ours)
            }
            DifferenceKind::Async { is_ours } => {
                write!(f, "async in {} alone", self.sides.name(*is_ours))
            }
            DifferenceKind::Params { ours: one, theirs: other } => {
                write!(f, "different number of params: {one} in {ours}, and {other} in {theirs}")
            }
            DifferenceKind::ParamNames { ours: one, theirs: other } => {
                let (one, other) = (Shown(one), Shown(other));
                write!(f, "param `{one}` in {ours} is param `{other}` in {theirs}")
            }
            DifferenceKind::Types { ours: one, theirs: other } => {
                write!(f, "type mismatch: {} in {ours}, and {} in {theirs}", text(one), text(other))
            }
            DifferenceKind::Kinds { ours: one, theirs: other } => {
                write!(f, "type mismatch: {one} in {ours}, and {other} in {theirs}")
            }
            DifferenceKind::Resources { ours: one, theirs: other } => {
                let (one, other) = (Shown(one), Shown(other));
                write!(f, "type mismatch: resource {one} in {ours}, and {other} in {theirs}")
            }
            DifferenceKind::Order { sort } => {
                write!(f, "type mismatch: {sort}s in another order")
            }
        }
    }
}
