//! A package as text: two blanks of indentation, imports before exports, documentation as `///`.
//!
//! ```
//! use wattle_wit::{Resolver, print};
//!
//! let mut resolver = Resolver::new();
//! resolver.file("a.wit", "package a:b; /** A shape. */ interface i { record r { x: u8 } }");
//! let text = print::package(resolver.resolve().unwrap().root()).unwrap();
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
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use wattle_ast::components::{Accessor, ExternName, FuncType, PlainName, Type, ValType};
use wattle_ast::is_harmless;

use crate::docs::{FuncDocs, Gate, InterfaceDocs, PackageDocs, TypeDocs, WorldDocs};
use crate::package::{Package, PackageName};
use crate::syntax::{is_forbidden, keyword};
use crate::view::{
    self, Func, Interface, NamedType, TypeDefinition, Types, Used, ViewError, World, WorldItem,
    WorldItemKind,
};

type Result<T> = core::result::Result<T, ViewError>;

/// The text of a package.
///
/// # Errors
/// If the component is not that of a package, or has a type that needs a name and has none.
pub fn package(package: &Package) -> Result<String> {
    let view = match view::Package::read(&package.component) {
        // A package without items is its name.
        Err(ViewError::Empty) => view::Package::empty(package.name.clone()),
        view => view?,
    };
    main(&view, &package.docs)
}

/// The text of a package, and of others behind it as `package a:b { … }`.
///
/// # Errors
/// As [`package()`].
pub fn packages<'p>(
    root: &Package,
    others: impl IntoIterator<Item = &'p Package>,
) -> Result<String> {
    let mut text = package(root)?;
    for (nth, other) in others.into_iter().enumerate() {
        if nth > 0 {
            text.push_str("\n\n");
        }
        let view = match view::Package::read(&other.component) {
            Err(ViewError::Empty) => view::Package::empty(other.name.clone()),
            view => view?,
        };
        let mut printer = Printer::default();
        printer.docs(&other.docs.docs);
        printer.word(&format!("package {}", PackagePath(view.name())));
        printer.open();
        printer.items(&view, &other.docs, false)?;
        printer.close();
        text.push_str(&printer.out);
    }
    Ok(text)
}

/// The text of a package that was read from its component, with documentation.
///
/// # Errors
/// As [`package()`].
pub fn main(view: &view::Package<'_>, docs: &PackageDocs) -> Result<String> {
    let mut printer = Printer::default();
    printer.docs(&docs.docs);
    printer.word(&format!("package {}", PackagePath(view.name())));
    printer.semicolon();
    printer.newline();
    printer.items(view, docs, true)?;
    Ok(printer.out)
}

/// The text of a package that was read from its component, and, as `package a:b { … }`, of those that
/// it depends on, as far as the component tells. What is written resolves without any other text.
///
/// # Errors
/// As [`package()`].
pub fn whole(view: &view::Package<'_>, docs: &PackageDocs) -> Result<String> {
    let mut text = main(view, docs)?;
    for (name, interfaces) in view.foreign_interfaces()? {
        let mut printer = Printer::default();
        printer.word(&format!("\npackage {}", PackagePath(&name)));
        printer.open();
        for (interface, view) in interfaces {
            printer.word("interface ");
            printer.name(&interface);
            printer.open();
            printer.interface(&name, &view, &InterfaceDocs::default())?;
            printer.close();
        }
        printer.close();
        text.push_str(&printer.out);
    }
    Ok(text)
}

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
    Val(ValType),
}

/// The text, while it is written.
#[derive(Default)]
struct Printer {
    out: String,
    indentation: usize,
    /// Whether the next text begins a line.
    is_line_start: bool,
    /// Whether something stands in the block, so that a blank line comes before the next item.
    has_items: bool,
}

impl Printer {
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

    fn items(&mut self, view: &view::Package<'_>, docs: &PackageDocs, is_main: bool) -> Result<()> {
        for interface in view.interfaces() {
            let nothing = InterfaceDocs::default();
            let docs = docs.interfaces.get(interface.name()).unwrap_or(&nothing);
            self.docs(&docs.docs);
            self.gate(&docs.gate);
            self.word("interface ");
            self.name(interface.name());
            self.open();
            self.interface(view.name(), &interface, docs)?;
            self.close();
            if is_main {
                self.newline();
            }
        }
        for world in view.worlds() {
            let nothing = WorldDocs::default();
            let docs = docs.worlds.get(world.name()).unwrap_or(&nothing);
            self.docs(&docs.docs);
            self.gate(&docs.gate);
            self.word("world ");
            self.name(world.name());
            self.open();
            self.world(view.name(), &world, docs)?;
            self.close();
        }
        Ok(())
    }

    fn interface(
        &mut self,
        package: &PackageName,
        interface: &Interface<'_, '_>,
        docs: &InterfaceDocs,
    ) -> Result<()> {
        let had_items = core::mem::replace(&mut self.has_items, false);
        let mut funcs = Vec::new();
        let mut of_resources: BTreeMap<&str, Vec<Func<'_, '_>>> = BTreeMap::new();
        for func in interface.funcs() {
            match func.plain_name()?.resource() {
                Some(resource) => of_resources.entry(resource).or_default().push(func),
                None => funcs.push(func),
            }
        }
        self.types(package, interface.types().collect(), &of_resources, &docs.types, &docs.funcs)?;
        for func in funcs {
            self.new_item();
            self.func_item(&func, docs.funcs.get(func.name()))?;
        }
        self.has_items = had_items;
        Ok(())
    }

    /// `name: func(…);` with what stands before it.
    fn func_item(&mut self, func: &Func<'_, '_>, docs: Option<&FuncDocs>) -> Result<()> {
        if let Some(docs) = docs {
            self.docs(&docs.docs);
            self.gate(&docs.gate);
        }
        self.external_id(func.external_id());
        self.func(func)
    }

    /// `name: func(…);`
    fn func(&mut self, func: &Func<'_, '_>) -> Result<()> {
        let (name, ty) = (func.plain_name()?, func.ty());
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
        if ty.is_async {
            self.word("async ");
        }
        self.word(match (name, name.accessor()) {
            (PlainName::Constructor { .. }, _) => "constructor(",
            (_, Some(Accessor::Get)) => "get(",
            (_, Some(Accessor::Set)) => "set(",
            (_, None) => "func(",
        });
        for (nth, param) in ty.params.iter().skip(usize::from(is_method)).enumerate() {
            if nth > 0 {
                self.word(", ");
            }
            self.name(&param.label);
            self.word(": ");
            self.val(func.types(), param.ty)?;
        }
        self.word(")");
        let is_short = matches!(name, PlainName::Constructor { .. }) && is_own(func.types(), ty)?;
        if let (Some(result), false) = (ty.result.0, is_short) {
            self.word(" -> ");
            self.val(func.types(), result)?;
        }
        self.semicolon();
        Ok(())
    }

    /// The types of an interface or world: those that are used first.
    fn types(
        &mut self,
        package: &PackageName,
        types: Vec<NamedType<'_, '_>>,
        funcs: &BTreeMap<&str, Vec<Func<'_, '_>>>,
        docs: &crate::docs::Map<TypeDocs>,
        func_docs: &crate::docs::Map<FuncDocs>,
    ) -> Result<()> {
        let nothing = TypeDocs::default();
        let mut definitions = Vec::new();
        let mut uses: Vec<Use<'_>> = Vec::new();
        for ty in types {
            let docs = docs.get(ty.name()).unwrap_or(&nothing);
            let definition = ty.definition()?;
            let TypeDefinition::Used { interface, name } = definition else {
                definitions.push((ty, definition, docs));
                continue;
            };
            let one = (name, ty.name());
            match uses.last_mut() {
                Some(last)
                    if last.interface == interface
                        && *last.gate == docs.gate
                        && last.external_id == ty.external_id() =>
                {
                    last.names.push(one);
                }
                _ => uses.push(Use {
                    interface,
                    gate: &docs.gate,
                    external_id: ty.external_id(),
                    names: Vec::from([one]),
                }),
            }
        }
        for item in uses {
            self.has_items = true;
            self.gate(item.gate);
            self.external_id(item.external_id);
            self.word("use ");
            self.path(package, &item.interface.name, item.interface.version_suffix.as_deref())?;
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
        for (ty, definition, docs) in definitions {
            self.new_item();
            self.docs(&docs.docs);
            self.gate(&docs.gate);
            self.external_id(ty.external_id());
            let funcs = funcs.get(ty.name()).map_or(&[][..], |funcs| &funcs[..]);
            self.definition(&ty, definition, docs, funcs, func_docs)?;
        }
        Ok(())
    }

    /// The name of an interface: short if it is of this package.
    fn path(&mut self, package: &PackageName, name: &str, suffix: Option<&str>) -> Result<()> {
        let (other, interface) = view::split_text(name, suffix)?;
        if other == *package {
            self.name(&interface);
            return Ok(());
        }
        self.word(&format!("{}:{}/", escaped(&other.namespace), escaped(&other.name)));
        self.word(&escaped(&interface));
        if let Some(version) = &other.version {
            self.word(&format!("@{version}"));
        }
        Ok(())
    }

    fn definition(
        &mut self,
        ty: &NamedType<'_, '_>,
        definition: TypeDefinition<'_>,
        docs: &TypeDocs,
        funcs: &[Func<'_, '_>],
        func_docs: &crate::docs::Map<FuncDocs>,
    ) -> Result<()> {
        let types = ty.types();
        let head = |printer: &mut Printer, word: &str| {
            printer.word(word);
            printer.word(" ");
            printer.name(ty.name());
        };
        match definition {
            TypeDefinition::Used { .. } => return Err(ViewError::Form),
            TypeDefinition::Resource => {
                head(self, "resource");
                if funcs.is_empty() {
                    self.semicolon();
                    return Ok(());
                }
                self.open();
                for func in funcs {
                    self.func_item(func, func_docs.get(func.name()))?;
                }
                self.close();
            }
            TypeDefinition::Alias(name) => {
                head(self, "type");
                self.word(" = ");
                self.name(name);
                self.semicolon();
            }
            TypeDefinition::Type(Type::Record(fields)) => {
                head(self, "record");
                self.open();
                for field in fields {
                    self.docs(&docs.items.get(field.label.as_str()).cloned());
                    self.name(&field.label);
                    self.word(": ");
                    self.val(types, field.ty)?;
                    self.word(",");
                    self.newline();
                }
                self.close();
            }
            TypeDefinition::Type(Type::Variant(cases)) => {
                head(self, "variant");
                self.open();
                for case in cases {
                    self.docs(&docs.items.get(case.label.as_str()).cloned());
                    self.name(&case.label);
                    if let Some(ty) = case.ty {
                        self.word("(");
                        self.val(types, ty)?;
                        self.word(")");
                    }
                    self.word(",");
                    self.newline();
                }
                self.close();
            }
            TypeDefinition::Type(form @ (Type::Flags(labels) | Type::Enum(labels))) => {
                head(self, if matches!(form, Type::Flags(_)) { "flags" } else { "enum" });
                self.open();
                for label in labels {
                    self.docs(&docs.items.get(label.as_str()).cloned());
                    self.name(label);
                    self.word(",");
                    self.newline();
                }
                self.close();
            }
            TypeDefinition::Type(form) => {
                head(self, "type");
                self.word(" = ");
                match form {
                    // The name of the resource alone would be another name of the resource.
                    Type::Own(index) => {
                        let Used::Name(name) = types.get(*index)? else {
                            return Err(ViewError::Unnamed("resource"));
                        };
                        self.word(&format!("own<{}>", escaped(name)));
                    }
                    form => self.form(types, form)?,
                }
                self.semicolon();
            }
        }
        Ok(())
    }

    /// A value type.
    fn val(&mut self, types: Types<'_, '_>, ty: ValType) -> Result<()> {
        self.pieces(types, Vec::from([Piece::Val(ty)]))
    }

    /// A type that is written out.
    fn form(&mut self, types: Types<'_, '_>, ty: &Type<'_>) -> Result<()> {
        let mut pieces = Vec::new();
        self.begin(types, ty, &mut pieces)?;
        self.pieces(types, pieces)
    }

    /// Writes pieces, the last first.
    fn pieces(&mut self, types: Types<'_, '_>, mut pieces: Vec<Piece>) -> Result<()> {
        while let Some(piece) = pieces.pop() {
            match piece {
                Piece::Text(text) => self.word(text),
                Piece::Number(number) => self.word(&format!("{number}")),
                Piece::Val(ValType::Prim(prim)) => self.word(prim.keyword()),
                Piece::Val(ValType::Type(index)) => match types.get(index)? {
                    Used::Name(name) => self.name(name),
                    Used::Type(ty) => self.begin(types, ty, &mut pieces)?,
                },
            }
        }
        Ok(())
    }

    /// Writes the start of a type, and leaves the rest of it in pieces.
    fn begin(
        &mut self,
        types: Types<'_, '_>,
        ty: &Type<'_>,
        pieces: &mut Vec<Piece>,
    ) -> Result<()> {
        let form = ty.form();
        let word = form.map_or("", |form| form.keyword());
        let mut args: Vec<Piece> = Vec::new();
        match ty {
            Type::Prim(prim) => {
                self.word(prim.keyword());
                return Ok(());
            }
            Type::Own(index) => {
                let Used::Name(name) = types.get(*index)? else {
                    return Err(ViewError::Unnamed("resource"));
                };
                self.name(name);
                return Ok(());
            }
            Type::Borrow(index) => args.push(Piece::Val(ValType::Type(*index))),
            Type::List(ty) | Type::Option(ty) => args.push(Piece::Val(*ty)),
            Type::FixedList { elem, len } => args.extend([Piece::Val(*elem), Piece::Number(*len)]),
            Type::Tuple(types) => args.extend(types.iter().map(|ty| Piece::Val(*ty))),
            Type::Map { key, value } => args.extend([Piece::Val(*key), Piece::Val(*value)]),
            Type::Stream(ty) | Type::Future(ty) => args.extend(ty.map(Piece::Val)),
            Type::Result { ok: None, err: Some(err) } => {
                args.extend([Piece::Text("_"), Piece::Val(*err)]);
            }
            Type::Result { ok, err } => {
                args.extend([*ok, *err].into_iter().flatten().map(Piece::Val))
            }
            Type::Record(_) | Type::Variant(_) | Type::Flags(_) | Type::Enum(_) => {
                return Err(ViewError::Unnamed(word));
            }
            Type::Func(_) | Type::Resource(_) | Type::Component | Type::Instance => {
                return Err(ViewError::Form);
            }
        }
        self.word(word);
        if args.is_empty() {
            return Ok(());
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
        Ok(())
    }

    fn world(
        &mut self,
        package: &PackageName,
        world: &World<'_, '_>,
        docs: &WorldDocs,
    ) -> Result<()> {
        let had_items = core::mem::replace(&mut self.has_items, false);
        let items = world.items()?;
        let mut types = Vec::new();
        let mut funcs = Vec::new();
        let mut of_resources: BTreeMap<&str, Vec<Func<'_, '_>>> = BTreeMap::new();
        for item in items.iter().filter(|item| item.is_import) {
            match item.kind {
                WorldItemKind::Type(ty) => types.push(ty),
                WorldItemKind::Func(func) => match func.plain_name()?.resource() {
                    Some(resource) => of_resources.entry(resource).or_default().push(func),
                    None => funcs.push(item),
                },
                WorldItemKind::Interface(_) => {
                    self.world_item(package, item, docs)?;
                    self.has_items = true;
                }
            }
        }
        self.types(package, types, &of_resources, &docs.types, &docs.funcs)?;
        for item in funcs {
            self.world_item(package, item, docs)?;
            self.has_items = true;
        }
        let mut exports = items.iter().filter(|item| !item.is_import).peekable();
        if exports.peek().is_some() {
            self.new_item();
        }
        for item in exports {
            self.world_item(package, item, docs)?;
        }
        self.has_items = had_items;
        Ok(())
    }

    /// An import or export that is not a type.
    fn world_item(
        &mut self,
        package: &PackageName,
        item: &WorldItem<'_, '_>,
        docs: &WorldDocs,
    ) -> Result<()> {
        let word = if item.is_import { "import " } else { "export " };
        let name: &ExternName<'_> = item.name;
        let interface = match &item.kind {
            WorldItemKind::Type(_) => return Err(ViewError::Form),
            WorldItemKind::Func(func) => {
                let exported = docs.func_exports.get(func.name()).filter(|_| !item.is_import);
                let docs = exported.or_else(|| docs.funcs.get(func.name()));
                if let Some(docs) = docs {
                    self.docs(&docs.docs);
                    self.gate(&docs.gate);
                }
                self.external_id(func.external_id());
                self.word(word);
                return self.func(func);
            }
            WorldItemKind::Interface(interface) => interface,
        };
        let is_path = name.name.contains(':');
        if !is_path && name.implements.is_none() {
            let nothing = InterfaceDocs::default();
            let exported = docs.interface_exports.get(interface.name()).filter(|_| !item.is_import);
            let docs =
                exported.or_else(|| docs.interfaces.get(interface.name())).unwrap_or(&nothing);
            self.docs(&docs.docs);
            self.gate(&docs.gate);
            self.external_id(name.external_id.as_deref());
            self.word(word);
            self.name(&name.name);
            self.word(": interface");
            self.open();
            self.interface(package, interface, docs)?;
            self.close();
            return Ok(());
        }
        let suffix = name.version_suffix.as_deref();
        let full = match (is_path, suffix) {
            (true, Some(suffix)) => format!("{}{suffix}", name.name),
            _ => name.name.as_str().into(),
        };
        let (gates, texts) = match item.is_import {
            true => (&docs.interface_import_gates, &docs.interface_import_docs),
            false => (&docs.interface_export_gates, &docs.interface_export_docs),
        };
        self.docs(&texts.get(&full).cloned());
        if let Some(gate) = gates.get(&full) {
            self.gate(gate);
        }
        self.external_id(name.external_id.as_deref());
        self.word(word);
        match &name.implements {
            Some(implements) if !is_path => {
                self.name(&name.name);
                self.word(": ");
                self.path(package, implements, suffix)?;
            }
            _ => self.path(package, &name.name, suffix)?,
        }
        self.semicolon();
        Ok(())
    }
}

/// Types of one interface that stand in one `use`.
struct Use<'c> {
    interface: &'c ExternName<'c>,
    gate: &'c Gate,
    external_id: Option<&'c str>,
    /// The names there and here.
    names: Vec<(&'c str, &'c str)>,
}

/// Whether the result of a function is a handle that owns a resource.
fn is_own(types: Types<'_, '_>, ty: &FuncType<'_>) -> Result<bool> {
    match ty.result.0 {
        Some(ValType::Type(index)) => Ok(matches!(types.get(index)?, Used::Type(Type::Own(_)))),
        _ => Ok(false),
    }
}
