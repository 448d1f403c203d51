//! A model as JSON, in the form that `wasm-tools` writes: lists of worlds, interfaces, types and
//! packages, which refer to each other by their places in the lists.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write;

use wattle_ast::SpaceIdx;
use wattle_ast::components::{Accessor, PlainName};

use crate::docs::{Gate, Ordered, TypeDocs};
use crate::model::{Extern, Externs, Func, Interface, Key, Kind, Model, Owner, Text, Type, Val};

impl Model {
    /// Writes the model as JSON, with two blanks of indentation.
    ///
    /// ```
    /// use wattle_wit::Resolver;
    ///
    /// let mut resolver = Resolver::new();
    /// resolver.file("a.wit", "package a:b; interface i { f: func(x: u8); }");
    /// let json = resolver.resolve().unwrap().model().to_json();
    /// let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    /// assert_eq!(json["interfaces"][0]["functions"]["f"]["params"][0]["type"], "u8");
    /// ```
    pub fn to_json(&self) -> String {
        let mut json = Json::default();
        json.object(|json| {
            json.list("worlds", self.worlds(), |json, (_, world)| {
                json.object(|json| {
                    json.text("name", &world.name);
                    json.externs("imports", &world.imports);
                    json.externs("exports", &world.exports);
                    json.number("package", world.package);
                    json.about(&world.docs, &world.gate);
                });
            });
            json.list("interfaces", self.interfaces(), |json, (_, it)| json.interface(it));
            json.list("types", self.types(), |json, (_, ty)| json.ty(ty));
            json.list("packages", self.packages(), |json, (_, package)| {
                json.object(|json| {
                    json.text("name", &package.name.to_string());
                    json.docs(&package.docs);
                    json.numbers("interfaces", &package.interfaces);
                    json.numbers("worlds", &package.worlds);
                });
            });
        });
        json.out
    }
}

/// A writer of JSON.
#[derive(Default)]
struct Json {
    out: String,
    indentation: usize,
    /// Whether the object or list that is open has an element.
    has_elements: bool,
}

impl Json {
    fn block(&mut self, open: char, close: char, inside: impl FnOnce(&mut Json)) {
        self.out.push(open);
        let had_elements = core::mem::replace(&mut self.has_elements, false);
        self.indentation += 1;
        inside(self);
        self.indentation -= 1;
        if self.has_elements {
            self.newline();
        }
        self.has_elements = had_elements;
        self.out.push(close);
    }

    fn newline(&mut self) {
        self.out.push('\n');
        (0..self.indentation).for_each(|_| self.out.push_str("  "));
    }

    /// Begins an element of the object or list that is open.
    fn element(&mut self) {
        if self.has_elements {
            self.out.push(',');
        }
        self.has_elements = true;
        self.newline();
    }

    fn object(&mut self, inside: impl FnOnce(&mut Json)) {
        self.block('{', '}', inside);
    }

    fn field(&mut self, name: &str, value: impl FnOnce(&mut Json)) {
        self.element();
        self.string(name);
        self.out.push_str(": ");
        value(self);
    }

    fn object_field(&mut self, name: &str, inside: impl FnOnce(&mut Json)) {
        self.field(name, |json| json.object(inside));
    }

    /// Writes an object that maps names to numbers.
    fn numbers(&mut self, name: &str, numbers: &Ordered<Text, impl Into<u32> + Copy>) {
        self.object_field(name, |json| {
            numbers.iter().for_each(|(name, id)| json.number(name, *id));
        });
    }

    fn list<T>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = T>,
        mut value: impl FnMut(&mut Json, T),
    ) {
        self.field(name, |json| {
            json.block('[', ']', |json| {
                for it in values {
                    json.element();
                    value(json, it);
                }
            });
        });
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => self.out.extend(['\\', c]),
                '\n' => self.out.push_str("\\n"),
                '\t' => self.out.push_str("\\t"),
                '\r' => self.out.push_str("\\r"),
                c if c < ' ' => self.out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn text(&mut self, name: &str, text: &str) {
        self.field(name, |json| json.string(text));
    }

    fn opt_text(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.null(name),
        }
    }

    fn null(&mut self, name: &str) {
        self.field(name, |json| json.out.push_str("null"));
    }

    fn write_number(&mut self, number: impl Into<u32>) {
        let _ = write!(self.out, "{}", number.into());
    }

    fn number(&mut self, name: &str, number: impl Into<u32>) {
        self.field(name, |json| json.write_number(number));
    }

    fn docs(&mut self, docs: &Option<String>) {
        if let Some(docs) = docs {
            self.object_field("docs", |json| json.text("contents", docs));
        }
    }

    fn about(&mut self, docs: &Option<String>, gate: &Gate) {
        self.docs(docs);
        self.gate(gate);
    }

    fn gate(&mut self, gate: &Gate) {
        let (kind, name, text, deprecated) = match gate {
            Gate::Unknown => return,
            Gate::Unstable { feature, deprecated } => ("unstable", "feature", feature, deprecated),
            Gate::Stable { since, deprecated } => ("stable", "since", since, deprecated),
        };
        self.object_field("stability", |json| {
            json.object_field(kind, |json| {
                json.text(name, text);
                if let Some(version) = deprecated {
                    json.text("deprecated", version);
                }
            });
        });
    }

    fn external_id(&mut self, id: Option<&str>) {
        if let Some(id) = id {
            self.text("external_id", id);
        }
    }

    fn externs(&mut self, name: &str, externs: &Externs) {
        self.object_field(name, |json| {
            for (key, item) in externs.iter() {
                let key = match key {
                    Key::Name(name) => name.to_string(),
                    Key::Interface(id) => format!("interface-{}", id.idx()),
                };
                json.object_field(&key, |json| json.item(item));
            }
        });
    }

    fn item(&mut self, item: &Extern) {
        match item {
            Extern::Type(id) => self.number("type", *id),
            Extern::Func(func) => self.field("function", |json| json.func(func)),
            Extern::Interface { id, gate, docs, external_id } => {
                self.object_field("interface", |json| {
                    json.number("id", *id);
                    json.gate(gate);
                    json.external_id(external_id.as_deref());
                    json.docs(docs);
                });
            }
        }
    }

    fn interface(&mut self, interface: &Interface) {
        self.object(|json| {
            json.opt_text("name", interface.name.as_deref());
            json.numbers("types", &interface.types);
            json.object_field("functions", |json| {
                for (name, func) in interface.funcs.iter() {
                    json.field(name, |json| json.func(func));
                }
            });
            json.about(&interface.docs, &interface.gate);
            json.number("package", interface.package);
            if let Some(original) = interface.copy_of {
                json.number("clone_of", original);
            }
        });
    }

    fn func(&mut self, func: &Func) {
        self.object(|json| {
            json.text("name", &func.name);
            let kind = func_kind(func);
            match func.resource {
                Some(id) => json.object_field("kind", |json| json.number(kind, id)),
                None => json.text("kind", kind),
            }
            json.list("params", &func.params, |json, (name, val)| {
                json.object(|json| {
                    json.text("name", name);
                    json.val("type", *val);
                });
            });
            if let Some(result) = func.result {
                json.val("result", result);
            }
            json.about(&func.docs, &func.gate);
            json.external_id(func.external_id.as_deref());
        });
    }

    fn ty(&mut self, ty: &Type) {
        self.object(|json| {
            json.opt_text("name", ty.name.as_deref());
            json.field("kind", |json| json.kind(&ty.kind, &ty.docs));
            match ty.owner {
                Owner::Nobody => json.null("owner"),
                Owner::Interface(id) => {
                    json.object_field("owner", |json| json.number("interface", id));
                }
                Owner::World(id) => json.object_field("owner", |json| json.number("world", id)),
            }
            json.about(&ty.docs.docs, &ty.docs.gate);
            json.external_id(ty.external_id.as_deref());
        });
    }

    fn kind(&mut self, kind: &Kind, docs: &TypeDocs) {
        let word = kind.word();
        if let Kind::Resource = kind {
            return self.string(word);
        }
        self.object(|json| match kind {
            Kind::Resource => {}
            Kind::Alias(val) | Kind::List(val) | Kind::Option(val) => json.val(word, *val),
            Kind::Record(fields) => {
                let fields = fields.iter().map(|(name, ty)| (name, ty));
                json.labels(word, "fields", fields, docs, |json, it| json.val("type", *it));
            }
            Kind::Variant(cases) => {
                let cases = cases.iter().map(|(name, ty)| (name, ty));
                json.labels(word, "cases", cases, docs, |json, it| json.opt_val("type", *it));
            }
            Kind::Flags(labels) | Kind::Enum(labels) => {
                let list = if matches!(kind, Kind::Flags(_)) { "flags" } else { "cases" };
                let labels = labels.iter().map(|name| (name, ()));
                json.labels(word, list, labels, docs, |_, ()| {});
            }
            Kind::FixedList(val, len) => json.field("fixed-length-list", |json| {
                json.block('[', ']', |json| {
                    json.element();
                    json.write_val(*val);
                    json.element();
                    json.write_number(*len);
                });
            }),
            Kind::Tuple(vals) => json.object_field(word, |json| {
                json.list("types", vals, |json, val| json.write_val(*val));
            }),
            Kind::Result(ok, err) => json.object_field(word, |json| {
                json.opt_val("ok", *ok);
                json.opt_val("err", *err);
            }),
            Kind::Map(key, value) => {
                json.list(word, [*key, *value], |json, val| json.write_val(val));
            }
            Kind::Own(id) | Kind::Borrow(id) => {
                json.object_field("handle", |json| json.number(word, *id));
            }
            Kind::Stream(val) | Kind::Future(val) => json.opt_val(word, *val),
        });
    }

    /// Writes a list of fields, cases or flags with their documentation.
    fn labels<'l, T>(
        &mut self,
        kind: &str,
        name: &str,
        labels: impl Iterator<Item = (&'l Text, T)>,
        docs: &TypeDocs,
        more: impl Fn(&mut Json, T),
    ) {
        self.object_field(kind, |json| {
            json.list(name, labels, |json, (label, it)| {
                json.object(|json| {
                    json.text("name", label);
                    more(json, it);
                    json.docs(&docs.items.get(&**label).cloned());
                });
            });
        });
    }

    fn write_val(&mut self, val: Val) {
        match val {
            Val::Prim(prim) => self.string(prim.keyword()),
            Val::Type(id) => self.write_number(id),
        }
    }

    fn val(&mut self, name: &str, val: Val) {
        self.field(name, |json| json.write_val(val));
    }

    fn opt_val(&mut self, name: &str, val: Option<Val>) {
        match val {
            Some(val) => self.val(name, val),
            None => self.null(name),
        }
    }
}

/// Returns the word for the kind of a function: freestanding or of a resource, plain, `async`,
/// getter or setter.
fn func_kind(func: &Func) -> &'static str {
    let name = PlainName::parse(&func.name, wattle_ast::Features::ALL);
    let accessor = name.as_ref().ok().and_then(PlainName::accessor);
    match (name, accessor, func.is_async) {
        (Ok(PlainName::Constructor { .. }), ..) => "constructor",
        (Ok(PlainName::Method { .. }), None, false) => "method",
        (Ok(PlainName::Method { .. }), None, true) => "async-method",
        (Ok(PlainName::Method { .. }), Some(Accessor::Get), _) => "method-getter",
        (Ok(PlainName::Method { .. }), Some(Accessor::Set), _) => "method-setter",
        (Ok(PlainName::Static { .. }), None, false) => "static",
        (Ok(PlainName::Static { .. }), None, true) => "async-static",
        (Ok(PlainName::Static { .. }), Some(Accessor::Get), _) => "static-getter",
        (Ok(PlainName::Static { .. }), Some(Accessor::Set), _) => "static-setter",
        (_, Some(Accessor::Get), _) => "getter",
        (_, Some(Accessor::Set), _) => "setter",
        (_, None, true) => "async-freestanding",
        (_, None, false) => "freestanding",
    }
}
