//! A package as text: two blanks of indentation, imports before exports, documentation as `///`.
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
//!
//! ");
//! ```

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write};

use wattle_ast::components::{Accessor, PlainName};
use wattle_ast::{Features, Shown, SpaceIdx, is_harmless};

use crate::docs::Gate;
use crate::model::{
    Extern, Func, Interface, InterfaceId, Key, Kind, Model, PackageId, Text, Type, TypeId, Val,
    World,
};
use crate::package::PackageName;
use crate::syntax::{is_forbidden, keyword};

type Result<T> = core::result::Result<T, PrintError>;

/// The largest number of parts of a type, each counted as often as its text would say it.
const MAX_SIZE: usize = 1_000_000;

/// Why a package cannot be printed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PrintError {
    /// A type whose text would be too long.
    TooLarge,
    /// A function whose name is not one of a function.
    Name(String),
}

impl fmt::Display for PrintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PrintError::TooLarge => f.write_str("a type that is too large to be written as text"),
            PrintError::Name(name) => write!(f, "`{}` is not a well-formed name", Shown(name)),
        }
    }
}

impl core::error::Error for PrintError {}

/// The text of a package.
///
/// # Errors
/// If a type has more than 1,000,000 parts, each counted as often as it would be written.
pub fn package(model: &Model, id: PackageId) -> Result<String> {
    let mut printer = Printer::new(model)?;
    printer.main(id)?;
    Ok(printer.out)
}

/// The text of a package, and of all others behind it as `package a:b { … }`. It resolves without any
/// other text.
///
/// # Errors
/// As [`package()`].
pub fn whole(model: &Model, id: PackageId) -> Result<String> {
    let mut printer = Printer::new(model)?;
    printer.main(id)?;
    for (other, package) in model.packages().filter(|(other, _)| *other != id) {
        printer.newline();
        printer.docs(&package.docs);
        printer.word(&format!("package {}", PackagePath(&package.name)));
        printer.open();
        printer.items(other, false)?;
        printer.close();
    }
    Ok(printer.out)
}

/// A value type as text, such as `option<list<u8>>`. Types with names are their names.
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
    let mut printer = Printer::unchecked(model);
    printer.limit = MAX_VAL;
    printer.val(val);
    if printer.limit == 0 {
        printer.out.push('…');
    }
    printer.out
}

/// The largest number of parts that [`val()`] shows of a type.
const MAX_VAL: usize = 1_000;

/// A name with `%` before it if it is a keyword.
fn escaped(name: &str) -> Cow<'_, str> {
    match keyword(name).is_some() || matches!(name, "float32" | "float64") {
        true => format!("%{name}").into(),
        false => name.into(),
    }
}

/// The name of a package, escaped.
struct PackagePath<'p>(&'p PackageName);

impl fmt::Display for PackagePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", escaped(&self.0.namespace), escaped(&self.0.name))?;
        match &self.0.version {
            Some(version) => write!(f, "@{version}"),
            None => Ok(()),
        }
    }
}

/// Text with escapes for characters that may not stand in a file; in a string also for quotes and
/// backslashes, and for what changes how the text around it is shown.
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

/// A piece of the text of a type that is still to be written.
enum Piece {
    Text(&'static str),
    Number(u32),
    Val(Val),
}

/// The text, while it is written.
struct Printer<'m> {
    model: &'m Model,
    /// The package that is written: its interfaces have short names.
    package: Option<PackageId>,
    out: String,
    indentation: usize,
    /// Whether the next text begins a line.
    is_line_start: bool,
    /// Whether something stands in the block, so that a blank line comes before the next item.
    has_items: bool,
    /// How many parts of types may still be written.
    limit: usize,
}

impl<'m> Printer<'m> {
    fn new(model: &'m Model) -> Result<Printer<'m>> {
        check_sizes(model)?;
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
        }
    }

    fn main(&mut self, id: PackageId) -> Result<()> {
        let package = &self.model[id];
        self.docs(&package.docs);
        self.word(&format!("package {}", PackagePath(&package.name)));
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
        self.word(&escaped(name));
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

    /// A blank line between the items of a block.
    fn new_item(&mut self) {
        if self.has_items {
            self.newline();
        }
        self.has_items = true;
    }

    fn docs(&mut self, docs: &Option<String>) {
        for line in docs.iter().flat_map(|docs| docs.lines()) {
            self.word("///");
            if !line.is_empty() {
                self.word(&format!(" {}", Escaped(line, false)));
            }
            self.newline();
        }
    }

    fn gate(&mut self, gate: &Gate) {
        let deprecated = match gate {
            Gate::Unknown => return,
            Gate::Stable { since, deprecated } => {
                self.word(&format!("@since(version = {since})"));
                deprecated
            }
            Gate::Unstable { feature, deprecated } => {
                self.word(&format!("@unstable(feature = {feature})"));
                deprecated
            }
        };
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

    fn items(&mut self, id: PackageId, is_main: bool) -> Result<()> {
        self.package = Some(id);
        let model = self.model;
        for (name, id) in model[id].interfaces.iter() {
            let interface = &model[*id];
            self.docs(&interface.docs);
            self.gate(&interface.gate);
            self.word("interface ");
            self.name(name);
            self.open();
            self.interface(interface)?;
            self.close();
            if is_main {
                self.newline();
            }
        }
        for (name, id) in model[id].worlds.iter() {
            let world = &model[*id];
            self.docs(&world.docs);
            self.gate(&world.gate);
            self.word("world ");
            self.name(name);
            self.open();
            self.world(world)?;
            self.close();
        }
        Ok(())
    }

    fn interface(&mut self, interface: &Interface) -> Result<()> {
        let had_items = core::mem::replace(&mut self.has_items, false);
        let mut funcs = Vec::new();
        let mut of_resources: BTreeMap<TypeId, Vec<&Func>> = BTreeMap::new();
        for (_, func) in interface.funcs.iter() {
            match func.resource {
                Some(resource) => of_resources.entry(resource).or_default().push(func),
                None => funcs.push(func),
            }
        }
        let types: Vec<TypeId> = interface.types.iter().map(|(_, id)| *id).collect();
        self.types(&types, &of_resources)?;
        for func in funcs {
            self.new_item();
            self.func_item(func)?;
        }
        self.has_items = had_items;
        Ok(())
    }

    /// `name: func(…);` with what stands before it.
    fn func_item(&mut self, func: &Func) -> Result<()> {
        self.docs(&func.docs);
        self.gate(&func.gate);
        self.external_id(func.external_id.as_deref());
        self.func(func)
    }

    /// `name: func(…);`
    fn func(&mut self, func: &Func) -> Result<()> {
        let name = PlainName::parse(&func.name, Features::ALL);
        let name = name.map_err(|_| PrintError::Name(func.name.to_string()))?;
        let mut is_method = false;
        match name {
            PlainName::Constructor { .. } => {}
            PlainName::Label { label, .. } => {
                self.name(label);
                self.word(": ");
            }
            PlainName::Method { label, .. } => {
                is_method = true;
                self.name(label);
                self.word(": ");
            }
            PlainName::Static { label, .. } => {
                self.name(label);
                self.word(": static ");
            }
        }
        if func.is_async {
            self.word("async ");
        }
        self.word(match (name, name.accessor()) {
            (PlainName::Constructor { .. }, _) => "constructor(",
            (_, Some(Accessor::Get)) => "get(",
            (_, Some(Accessor::Set)) => "set(",
            (_, None) => "func(",
        });
        for (nth, (name, ty)) in func.params.iter().skip(usize::from(is_method)).enumerate() {
            if nth > 0 {
                self.word(", ");
            }
            self.name(name);
            self.word(": ");
            self.val(*ty);
        }
        self.word(")");
        let is_own = |val: Val| {
            val.id().is_some_and(|id| {
                matches!(self.model[id], Type { name: None, kind: Kind::Own(_), .. })
            })
        };
        let is_constructor = matches!(name, PlainName::Constructor { .. });
        if let Some(result) = func.result.filter(|result| !is_constructor || !is_own(*result)) {
            self.word(" -> ");
            self.val(result);
        }
        self.semicolon();
        Ok(())
    }

    /// The types of an interface or world: those that are used first.
    fn types(&mut self, types: &[TypeId], funcs: &BTreeMap<TypeId, Vec<&Func>>) -> Result<()> {
        let model = self.model;
        let mut definitions = Vec::new();
        let mut uses: Vec<Use<'m>> = Vec::new();
        for &id in types {
            let ty = &model[id];
            let local = ty.name.as_ref();
            let (Some(interface), Kind::Alias(Val::Type(there)), Some(local)) =
                (model.used_interface(id), &ty.kind, local)
            else {
                definitions.push(id);
                continue;
            };
            let there = model[*there].name.as_ref().unwrap_or(local);
            match uses.last_mut() {
                Some(last)
                    if last.interface == interface
                        && *last.gate == ty.docs.gate
                        && *last.external_id == ty.external_id =>
                {
                    last.names.push((there, local));
                }
                _ => uses.push(Use {
                    interface,
                    gate: &ty.docs.gate,
                    external_id: &ty.external_id,
                    names: Vec::from([(there, local)]),
                }),
            }
        }
        for item in uses {
            self.has_items = true;
            self.gate(item.gate);
            self.external_id(item.external_id.as_deref());
            self.word("use ");
            self.path(item.interface);
            self.word(".{");
            for (nth, (name, local)) in item.names.iter().enumerate() {
                self.word(if nth > 0 { ", " } else { "" });
                self.name(name);
                if name != local {
                    self.word(" as ");
                    self.name(local);
                }
            }
            self.word("}");
            self.semicolon();
        }
        for id in definitions {
            let ty = &model[id];
            self.new_item();
            self.docs(&ty.docs.docs);
            self.gate(&ty.docs.gate);
            self.external_id(ty.external_id.as_deref());
            self.definition(ty, funcs.get(&id).map_or(&[], |funcs| &funcs[..]))?;
        }
        Ok(())
    }

    /// The name of an interface: short if it is of this package.
    fn path(&mut self, id: InterfaceId) {
        let interface = &self.model[id];
        let name = interface.name.as_deref().unwrap_or_default();
        if self.package == Some(interface.package) {
            self.name(name);
            return;
        }
        let package = &self.model[interface.package].name;
        self.word(&format!("{}:{}/", escaped(&package.namespace), escaped(&package.name)));
        self.word(&escaped(name));
        if let Some(version) = &package.version {
            self.word(&format!("@{version}"));
        }
    }

    fn definition(&mut self, ty: &Type, funcs: &[&Func]) -> Result<()> {
        let word = ty.kind.word();
        self.word(if ty.kind.needs_name() { word } else { "type" });
        self.word(" ");
        self.name(ty.name.as_deref().unwrap_or_default());
        match &ty.kind {
            Kind::Resource if funcs.is_empty() => {
                self.semicolon();
                return Ok(());
            }
            Kind::Resource => {
                self.open();
                for func in funcs {
                    self.func_item(func)?;
                }
            }
            Kind::Record(fields) => {
                self.open();
                for (name, val) in fields {
                    self.label(ty, name);
                    self.word(": ");
                    self.val(*val);
                    self.word(",");
                    self.newline();
                }
            }
            Kind::Variant(cases) => {
                self.open();
                for (name, val) in cases {
                    self.label(ty, name);
                    if let Some(val) = val {
                        self.word("(");
                        self.val(*val);
                        self.word(")");
                    }
                    self.word(",");
                    self.newline();
                }
            }
            Kind::Flags(labels) | Kind::Enum(labels) => {
                self.open();
                for name in labels {
                    self.label(ty, name);
                    self.word(",");
                    self.newline();
                }
            }
            kind => {
                self.word(" = ");
                match kind {
                    // The name of the resource alone would be another name of the resource.
                    Kind::Own(id) => {
                        let name = self.model[*id].name.as_deref().unwrap_or_default();
                        self.word(&format!("own<{}>", escaped(name)));
                    }
                    Kind::Alias(val) => self.val(*val),
                    kind => {
                        let mut pieces = Vec::new();
                        self.begin(kind, &mut pieces);
                        self.pieces(pieces);
                    }
                }
                self.semicolon();
                return Ok(());
            }
        }
        self.close();
        Ok(())
    }

    /// The name of a field, case or flag, behind its documentation.
    fn label(&mut self, ty: &Type, name: &str) {
        self.docs(&ty.docs.items.get(name).cloned());
        self.name(name);
    }

    /// A value type.
    fn val(&mut self, val: Val) {
        self.pieces(Vec::from([Piece::Val(val)]));
    }

    /// Writes pieces, the last first.
    fn pieces(&mut self, mut pieces: Vec<Piece>) {
        while let Some(piece) = pieces.pop() {
            let Some(limit) = self.limit.checked_sub(1) else { return };
            self.limit = limit;
            match piece {
                Piece::Text(text) => self.word(text),
                Piece::Number(number) => self.word(&format!("{number}")),
                Piece::Val(Val::Prim(prim)) => self.word(prim.keyword()),
                Piece::Val(Val::Type(id)) => {
                    let ty = &self.model[id];
                    match &ty.name {
                        Some(name) => self.name(name),
                        None => self.begin(&ty.kind, &mut pieces),
                    }
                }
            }
        }
    }

    /// Writes the start of a type, and leaves the rest of it in pieces.
    fn begin(&mut self, kind: &Kind, pieces: &mut Vec<Piece>) {
        let mut args: Vec<Piece> = Vec::new();
        match kind {
            // The name of a resource stands for a handle that owns it.
            Kind::Own(id) => {
                let name = self.model[*id].name.as_deref().unwrap_or_default();
                return self.name(name);
            }
            Kind::Result(None, Some(err)) => {
                args.extend([Piece::Text("_"), Piece::Val(*err)]);
            }
            kind => kind.for_each(|val| args.push(Piece::Val(val))),
        }
        if let Kind::FixedList(_, len) = kind {
            args.push(Piece::Number(*len));
        }
        self.word(kind.word());
        if args.is_empty() {
            return;
        }
        self.word("<");
        pieces.push(Piece::Text(">"));
        let last = args.len() - 1;
        for (nth, arg) in args.into_iter().enumerate().rev() {
            if nth < last {
                pieces.push(Piece::Text(", "));
            }
            pieces.push(arg);
        }
    }

    fn world(&mut self, world: &World) -> Result<()> {
        let had_items = core::mem::replace(&mut self.has_items, false);
        let mut types = Vec::new();
        let mut funcs = Vec::new();
        let mut of_resources: BTreeMap<TypeId, Vec<&Func>> = BTreeMap::new();
        for (key, item) in world.imports.iter() {
            match item {
                Extern::Type(id) => types.push(*id),
                Extern::Func(func) => match func.resource {
                    Some(resource) => of_resources.entry(resource).or_default().push(func),
                    None => funcs.push((key, item)),
                },
                Extern::Interface { .. } => {
                    self.world_item("import ", key, item)?;
                    self.has_items = true;
                }
            }
        }
        self.types(&types, &of_resources)?;
        for (key, item) in funcs {
            self.world_item("import ", key, item)?;
            self.has_items = true;
        }
        if !world.exports.is_empty() {
            self.new_item();
        }
        for (key, item) in world.exports.iter() {
            self.world_item("export ", key, item)?;
        }
        self.has_items = had_items;
        Ok(())
    }

    /// An import or export that is not a type.
    fn world_item(&mut self, word: &str, key: &Key, item: &Extern) -> Result<()> {
        match item {
            Extern::Type(_) => {}
            Extern::Func(func) => {
                self.docs(&func.docs);
                self.gate(&func.gate);
                self.external_id(func.external_id.as_deref());
                self.word(word);
                self.func(func)?;
            }
            Extern::Interface { id, gate, docs, external_id } => {
                let interface = &self.model[*id];
                let is_written_out = interface.name.is_none();
                self.docs(if is_written_out { &interface.docs } else { docs });
                self.gate(gate);
                self.external_id(external_id.as_deref());
                self.word(word);
                if let Key::Name(name) = key {
                    self.name(name);
                    self.word(": ");
                }
                if is_written_out {
                    self.word("interface");
                    self.open();
                    self.interface(interface)?;
                    self.close();
                } else {
                    self.path(*id);
                    self.semicolon();
                }
            }
        }
        Ok(())
    }
}

/// Types of one interface that stand in one `use`.
struct Use<'m> {
    interface: InterfaceId,
    gate: &'m Gate,
    external_id: &'m Option<Text>,
    /// The names there and here.
    names: Vec<(&'m Text, &'m Text)>,
}

/// Refuses types whose text would be too long: types without names can be made of one another, each
/// twice of the one before.
fn check_sizes(model: &Model) -> Result<()> {
    let mut sizes: Vec<usize> = Vec::with_capacity(model.types().len());
    for (_, ty) in model.types() {
        let mut size = 1_usize;
        ty.kind.for_each(|val| {
            size = size.saturating_add(match val {
                Val::Type(id) if model[id].name.is_none() => {
                    sizes.get(id.idx()).copied().unwrap_or(1)
                }
                _ => 1,
            });
        });
        if size > MAX_SIZE {
            return Err(PrintError::TooLarge);
        }
        sizes.push(size);
    }
    Ok(())
}
