//! A model as JSON, in the form that `wasm-tools` gives its own: lists of worlds, interfaces, types and
//! packages, which refer to each other by their places in the lists.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::Write;

use wattle_ast::SpaceIdx;
use wattle_ast::components::{Accessor, PlainName};

use crate::docs::{Gate, TypeDocs};
use crate::model::{Extern, Externs, Func, Interface, Key, Kind, Model, Owner, Type, Val};

impl Model {
    /// The model as JSON, with two blanks of indentation.
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
                    json.field("interfaces", |json| {
                        json.object(|json| {
                            package.interfaces.iter().for_each(|(name, id)| json.number(name, *id));
                        });
                    });
                    json.field("worlds", |json| {
                        json.object(|json| {
                            package.worlds.iter().for_each(|(name, id)| json.number(name, *id));
                        });
                    });
                });
            });
        });
        json.out
    }
}

/// JSON, while it is written.
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
        self.field(name, |json| match text {
            Some(text) => json.string(text),
            None => json.out.push_str("null"),
        });
    }

    fn write_number(&mut self, number: impl Into<u32>) {
        let _ = write!(self.out, "{}", number.into());
    }

    fn number(&mut self, name: &str, number: impl Into<u32>) {
        self.field(name, |json| json.write_number(number));
    }

    fn docs(&mut self, docs: &Option<String>) {
        if let Some(docs) = docs {
            self.field("docs", |json| json.object(|json| json.text("contents", docs)));
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
        self.field("stability", |json| {
            json.object(|json| {
                json.field(kind, |json| {
                    json.object(|json| {
                        json.text(name, text);
                        if let Some(version) = deprecated {
                            json.text("deprecated", version);
                        }
                    });
                });
            });
        });
    }

    fn external_id(&mut self, id: Option<&str>) {
        if let Some(id) = id {
            self.text("external_id", id);
        }
    }

    fn externs(&mut self, name: &str, externs: &Externs) {
        self.field(name, |json| {
            json.object(|json| {
                for (key, item) in externs.iter() {
                    let key = match key {
                        Key::Name(name) => name.to_string(),
                        Key::Interface(id) => format!("interface-{}", id.idx()),
                    };
                    json.field(&key, |json| json.object(|json| json.item(item)));
                }
            });
        });
    }

    fn item(&mut self, item: &Extern) {
        match item {
            Extern::Type(id) => self.number("type", *id),
            Extern::Func(func) => self.field("function", |json| json.func(func)),
            Extern::Interface { id, gate, docs, external_id } => {
                self.field("interface", |json| {
                    json.object(|json| {
                        json.number("id", *id);
                        json.gate(gate);
                        json.external_id(external_id.as_deref());
                        json.docs(docs);
                    });
                });
            }
        }
    }

    fn interface(&mut self, interface: &Interface) {
        self.object(|json| {
            json.opt_text("name", interface.name.as_deref());
            json.field("types", |json| {
                json.object(|json| {
                    interface.types.iter().for_each(|(name, id)| json.number(name, *id));
                });
            });
            json.field("functions", |json| {
                json.object(|json| {
                    for (name, func) in interface.funcs.iter() {
                        json.field(name, |json| json.func(func));
                    }
                });
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
            json.field("kind", |json| {
                let kind = func_kind(func);
                match func.resource {
                    Some(id) => json.object(|json| json.number(kind, id)),
                    None => json.string(kind),
                }
            });
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
            json.field("owner", |json| match ty.owner {
                Owner::Nobody => json.out.push_str("null"),
                Owner::Interface(id) => json.object(|json| json.number("interface", id)),
                Owner::World(id) => json.object(|json| json.number("world", id)),
            });
            json.about(&ty.docs.docs, &ty.docs.gate);
            json.external_id(ty.external_id.as_deref());
        });
    }

    fn kind(&mut self, kind: &Kind, docs: &TypeDocs) {
        if let Kind::Resource = kind {
            return self.string("resource");
        }
        self.object(|json| match kind {
            Kind::Resource => {}
            Kind::Alias(val) => json.val("type", *val),
            Kind::Record(fields) => json.labels("record", "fields", fields, docs, |json, it| {
                json.val("type", *it);
            }),
            Kind::Variant(cases) => json.labels("variant", "cases", cases, docs, |json, it| {
                json.opt_val("type", *it);
            }),
            Kind::Flags(labels) => {
                let labels = labels.iter().map(|name| (name.clone(), ()));
                let labels: alloc::vec::Vec<_> = labels.collect();
                json.labels("flags", "flags", &labels, docs, |_, ()| {});
            }
            Kind::Enum(labels) => {
                let labels = labels.iter().map(|name| (name.clone(), ()));
                let labels: alloc::vec::Vec<_> = labels.collect();
                json.labels("enum", "cases", &labels, docs, |_, ()| {});
            }
            Kind::List(val) => json.val("list", *val),
            Kind::FixedList(val, len) => json.field("fixed-length-list", |json| {
                json.block('[', ']', |json| {
                    json.element();
                    json.write_val(*val);
                    json.element();
                    json.write_number(*len);
                });
            }),
            Kind::Tuple(vals) => json.field("tuple", |json| {
                json.object(|json| {
                    json.list("types", vals, |json, val| json.write_val(*val));
                });
            }),
            Kind::Option(val) => json.val("option", *val),
            Kind::Result(ok, err) => json.field("result", |json| {
                json.object(|json| {
                    json.opt_val("ok", *ok);
                    json.opt_val("err", *err);
                });
            }),
            Kind::Map(key, value) => {
                json.list("map", [*key, *value], |json, val| json.write_val(val));
            }
            Kind::Own(id) => {
                json.field("handle", |json| json.object(|json| json.number("own", *id)));
            }
            Kind::Borrow(id) => {
                json.field("handle", |json| json.object(|json| json.number("borrow", *id)));
            }
            Kind::Stream(val) => json.opt_val("stream", *val),
            Kind::Future(val) => json.opt_val("future", *val),
        });
    }

    /// Fields, cases or flags with their documentation.
    fn labels<T>(
        &mut self,
        kind: &str,
        name: &str,
        labels: &[(crate::model::Text, T)],
        docs: &TypeDocs,
        more: impl Fn(&mut Json, &T),
    ) {
        self.field(kind, |json| {
            json.object(|json| {
                json.list(name, labels, |json, (label, it)| {
                    json.object(|json| {
                        json.text("name", label);
                        more(json, it);
                        json.docs(&docs.items.get(&**label).cloned());
                    });
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
        self.field(name, |json| match val {
            Some(val) => json.write_val(val),
            None => json.out.push_str("null"),
        });
    }
}

/// The word for what a function belongs to, and how it is called.
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
