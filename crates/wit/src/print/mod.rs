//! Prints packages as text: imports before exports, documentation as `///`, in the layout of
//! [`format`](mod@crate::format).
//!
//! A printed text that is read and printed again stays as it is.
//!
//! ```
//! use wattle_wit::{Resolver, print};
//!
//! let mut resolver = Resolver::new();
//! resolver.file("a.wit", "package a:b; /** A shape. */ interface i { record r { x: u8 } }");
//! let resolved = resolver.resolve().unwrap();
//! let text = print::package(resolved.model(), resolved.root()).unwrap();
//! assert_eq!(text, "package a:b;
//!
//! /// A shape.
//! interface i {
//!   record r {
//!     x: u8,
//!   }
//! }
//! ");
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | packages, lines and blocks, documentation and gates |
//! | `items.rs` | interfaces, worlds and functions |
//! | `types.rs` | types |

mod items;
mod types;

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write};

use wattle_ast::components::{NamePart, check_label, check_words};
use wattle_ast::{Shown, is_harmless};

use crate::docs::Gate;
use crate::error::ErrorKind;
use crate::format;
use crate::model::{Model, Owner, PackageId, TypeId, Val};
use crate::package::PackageName;
use crate::syntax::{is_forbidden, keyword};
use types::check_sizes;

type Result<T> = core::result::Result<T, PrintError>;

/// The reason why a package cannot be printed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PrintError {
    /// A type whose text would be too long.
    TooLarge,
    /// A name that text cannot have.
    Name(String),
    /// An interface that uses itself, through others. In a component, each may be imported with
    /// only the types that the next one uses.
    Cycle(String),
    /// A function or type that refers to a type of another interface, which text cannot name there.
    /// A component can do so after it has exported an instance.
    Foreign {
        /// The name of the function or type.
        user: String,
        /// The name of the type that it refers to.
        ty: String,
    },
}

impl fmt::Display for PrintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PrintError::TooLarge => f.write_str("a type that is too large to be written as text"),
            PrintError::Name(name) => write!(f, "`{}` is not a well-formed name", Shown(name)),
            PrintError::Cycle(name) => ErrorKind::ItemCycle { name: name.as_str().into() }.fmt(f),
            PrintError::Foreign { user, ty } => write!(
                f,
                "`{}` refers to the type `{}` of another interface, which text cannot name there",
                Shown(user),
                Shown(ty),
            ),
        }
    }
}

impl core::error::Error for PrintError {}

/// Prints a package.
///
/// # Errors
/// If a type has more than 1,000,000 parts, each counted as often as it would be written; if a name
/// is not well-formed; if a function or type refers to a type that text cannot name there; if an
/// interface uses itself.
pub fn package(model: &Model, id: PackageId) -> Result<String> {
    let mut printer = Printer::new(model)?;
    printer.main(id)?;
    printer.finish()
}

/// Prints a package, and all others behind it as `package a:b { … }`. The text resolves without any
/// other.
///
/// # Errors
/// The errors of [`package()`].
pub fn whole(model: &Model, id: PackageId) -> Result<String> {
    let mut printer = Printer::new(model)?;
    printer.main(id)?;
    // The texts that the packages came from may have had more in them, such as items behind a gate that
    // is off, and so more dependencies. The order must be the one that this text leads to.
    for other in model.packages_by_name().into_iter().filter(|other| *other != id) {
        let package = &model[other];
        printer.newline();
        printer.docs(&package.docs);
        printer.word("package ");
        printer.package_path(&package.name, None);
        printer.open();
        printer.items(other, false)?;
        printer.close();
    }
    printer.finish()
}

/// Prints a value type, such as `option<list<u8>>`. A type with a name is printed as its name.
///
/// ```
/// use wattle_wit::{Resolver, print};
///
/// let mut resolver = Resolver::new();
/// resolver.file("a.wit", "package a:b; interface i { resource r; f: func(x: list<borrow<r>>); }");
/// let resolved = resolver.resolve().unwrap();
/// let model = resolved.model();
/// let interface = model.interface_by_name("a:b/i").unwrap();
/// let (_, ty) = &model[interface].funcs.get("f").unwrap().params[0];
/// assert_eq!(print::val(model, *ty), "list<borrow<r>>");
/// ```
pub fn val(model: &Model, val: Val) -> String {
    shortened(model, |printer| printer.val(val))
}

/// Prints the text behind the `=` of a type with a name, such as `list<u8>` of
/// `type bytes = list<u8>;`.
pub fn target(model: &Model, id: TypeId) -> String {
    shortened(model, |printer| printer.target(&model[id].kind))
}

fn shortened<'m>(model: &'m Model, print: impl FnOnce(&mut Printer<'m>)) -> String {
    let mut printer = Printer::unchecked(model);
    printer.limit = MAX_VAL;
    print(&mut printer);
    if printer.limit == 0 {
        printer.out.push('…');
    }
    printer.out
}

/// The largest number of parts that [`val()`] and [`target()`] show of a type.
const MAX_VAL: usize = 1_000;

/// Returns a name with `%` before it if it is a keyword.
fn escaped(name: &str) -> Cow<'_, str> {
    match keyword(name).is_some() || matches!(name, "float32" | "float64") {
        true => format!("%{name}").into(),
        false => name.into(),
    }
}

/// Text with escapes for characters that may not stand in a file; in a string also for quotes,
/// backslashes, and characters that change how the text around them is shown.
struct Escaped<'t>(&'t str, bool);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Escaped(text, is_string) = *self;
        for c in text.chars() {
            match c {
                '"' | '\\' if is_string => write!(f, "\\{c}")?,
                '\t' if is_string => f.write_str("\\t")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                c if is_forbidden(c).is_some() || (is_string && !is_harmless(c)) => {
                    write!(f, "\\u{{{:x}}}", u32::from(c))?;
                }
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A printer, with the text so far.
struct Printer<'m> {
    model: &'m Model,
    /// The package that is written: its interfaces have short names.
    package: Option<PackageId>,
    out: String,
    indentation: usize,
    /// Whether the next text begins a line.
    is_line_start: bool,
    /// Whether the block has an item, so that a blank line comes before the next one.
    has_items: bool,
    /// The number of parts of types that may still be written.
    limit: usize,
    /// The interface or world that is written.
    owner: Owner,
    /// A type that was referred to although it belongs to another interface or world.
    foreign: Option<TypeId>,
    /// A name that text cannot have. Components may have packages in packages, interfaces in
    /// interfaces, and types with names like those of interfaces.
    malformed: Option<String>,
}

impl<'m> Printer<'m> {
    fn new(model: &'m Model) -> Result<Printer<'m>> {
        check_sizes(model)?;
        if let Some(name) = model.use_cycle() {
            return Err(PrintError::Cycle(name));
        }
        Ok(Printer::unchecked(model))
    }

    fn unchecked(model: &'m Model) -> Printer<'m> {
        Printer {
            model,
            package: None,
            out: String::new(),
            indentation: 0,
            is_line_start: false,
            has_items: false,
            limit: usize::MAX,
            owner: Owner::Nobody,
            foreign: None,
            malformed: None,
        }
    }

    fn finish(self) -> Result<String> {
        if let Some(name) = self.malformed {
            return Err(PrintError::Name(name));
        }
        // Types of a binary may be nested deeper than text can have them.
        Ok(format::format(&self.out).unwrap_or(self.out))
    }

    fn main(&mut self, id: PackageId) -> Result<()> {
        let package = &self.model[id];
        self.docs(&package.docs);
        self.word("package ");
        self.package_path(&package.name, None);
        self.semicolon();
        self.newline();
        self.items(id, true)
    }

    fn word(&mut self, text: &str) {
        if self.is_line_start {
            self.is_line_start = false;
            (0..self.indentation).for_each(|_| self.out.push_str("  "));
        }
        self.out.push_str(text);
    }

    fn name(&mut self, name: &str) {
        if self.malformed.is_none() && check_label(name).is_err() {
            self.malformed = Some(name.into());
        }
        self.word(&escaped(name));
    }

    /// Writes the name of a package, with that of an interface in it if there is one.
    fn package_path(&mut self, package: &PackageName, interface: Option<&str>) {
        let PackageName { namespace, name, version } = package;
        let checked = check_words(namespace, NamePart::Namespace);
        if self.malformed.is_none() && checked.and(check_words(name, NamePart::Package)).is_err() {
            self.malformed = Some(format!("{namespace}:{name}"));
        }
        self.word(&format!("{}:{}", escaped(namespace), escaped(name)));
        if let Some(interface) = interface {
            self.word("/");
            self.name(interface);
        }
        if let Some(version) = version {
            self.word(&format!("@{version}"));
        }
    }

    /// Writes a reference to a type that has a name.
    fn reference(&mut self, id: TypeId) {
        let ty = &self.model[id];
        if self.owner != Owner::Nobody && ty.owner != self.owner {
            self.foreign.get_or_insert(id);
        }
        self.name(ty.name.as_deref().unwrap_or_default());
    }

    /// Checks the references of the function or type with this name, which is written.
    fn check_references(&self, user: &str) -> Result<()> {
        let Some(foreign) = self.foreign else { return Ok(()) };
        let ty = self.model[foreign].name.as_deref().unwrap_or_default();
        Err(PrintError::Foreign { user: user.into(), ty: ty.into() })
    }

    fn newline(&mut self) {
        self.out.push('\n');
        self.is_line_start = true;
    }

    fn semicolon(&mut self) {
        self.word(";");
        self.newline();
    }

    fn open(&mut self) {
        self.word(" {");
        self.indentation += 1;
        self.newline();
    }

    fn close(&mut self) {
        self.indentation = self.indentation.saturating_sub(1);
        self.word("}");
        self.newline();
    }

    /// Begins an item of a block, behind a blank line unless it is the first.
    fn new_item(&mut self) {
        if self.has_items {
            self.newline();
        }
        self.has_items = true;
    }

    /// Writes the documentation, the gate and the external identifier of an item.
    fn head(&mut self, docs: &Option<String>, gate: &Gate, external_id: Option<&str>) {
        self.docs(docs);
        self.gate(gate);
        self.external_id(external_id);
    }

    fn docs(&mut self, docs: &Option<String>) {
        // An empty text has no line.
        let is_empty = docs.as_deref() == Some("");
        let lines = docs.iter().flat_map(|docs| docs.lines());
        for line in lines.chain(is_empty.then_some("")) {
            self.word("///");
            if !line.is_empty() {
                self.word(&format!(" {}", Escaped(line, false)));
            }
            self.newline();
        }
    }

    fn gate(&mut self, gate: &Gate) {
        let (text, deprecated) = match gate {
            Gate::Unknown => return,
            Gate::Stable { since, deprecated } => {
                (format!("@since(version = {since})"), deprecated)
            }
            Gate::Unstable { feature, deprecated } => {
                (format!("@unstable(feature = {})", escaped(feature)), deprecated)
            }
        };
        self.word(&text);
        self.newline();
        if let Some(version) = deprecated {
            self.word(&format!("@deprecated(version = {version})"));
            self.newline();
        }
    }

    fn external_id(&mut self, id: Option<&str>) {
        if let Some(id) = id {
            self.word(&format!("@external-id(\"{}\")", Escaped(id, true)));
            self.newline();
        }
    }
}
