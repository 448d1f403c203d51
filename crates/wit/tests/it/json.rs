//! The models of packages, compared with the peer's JSON: every interface, world, type and function
//! of the packages of its tests, with documentation and gates.
//!
//! Each package goes from text to a component and back to text, and that text is compared.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use wattle_wit::print;
use wattle_wit::syntax::{
    Attributes, Extern, ExternKind, Field, File, Func, FuncKind, InterfaceItem, Item, TyId, TyKind,
    TypeDef, TypeKind, WorldItem,
};

use crate::peers;
use crate::resolved::resolve;

/// Lines about the items of a package, by the name of the package.
type Facts = BTreeMap<String, Vec<String>>;

/// The facts of a text with packages.
struct Text<'a>(&'a File<'a>);

impl Text<'_> {
    fn facts(&self) -> Facts {
        let file = self.0;
        let mut facts = Facts::new();
        let main = file.package.as_ref().unwrap();
        let packages = [(main, &file.items)].into_iter();
        for (package, items) in packages.chain(file.nested.iter().map(|n| (&n.package, &n.items))) {
            let version = package.version.map_or(String::new(), |v| format!("@{}", v.text));
            let name = format!("{}:{}{version}", package.namespace.name, package.name.name);
            let mut lines = Vec::new();
            for item in items {
                match item {
                    Item::Interface(i) => {
                        let head = self.about(&i.docs, &i.attributes);
                        lines.push(format!("interface {}{head}", i.name.name));
                        self.interface(&format!("{}.", i.name.name), &i.items, &mut lines);
                    }
                    Item::World(w) => {
                        let head = self.about(&w.docs, &w.attributes);
                        lines.push(format!("world {}{head}", w.name.name));
                        let prefix = format!("{}.", w.name.name);
                        for item in &w.items {
                            match item {
                                WorldItem::Import(item) => {
                                    self.item(&format!("{prefix}import "), item, &mut lines)
                                }
                                WorldItem::Export(item) => {
                                    self.item(&format!("{prefix}export "), item, &mut lines)
                                }
                                WorldItem::Use(u) => self.interface(
                                    &format!("{prefix}import "),
                                    &[InterfaceItem::Use(u.clone())],
                                    &mut lines,
                                ),
                                WorldItem::Type(t) => self.interface(
                                    &format!("{prefix}import "),
                                    &[InterfaceItem::Type(t.clone())],
                                    &mut lines,
                                ),
                                WorldItem::Include(_) => panic!("an include in a resolved package"),
                            }
                        }
                    }
                    Item::Use { .. } => panic!("a use in a resolved package"),
                }
            }
            lines.sort();
            facts.insert(name, lines);
        }
        facts
    }

    fn about(&self, docs: &Option<String>, attributes: &Attributes<'_>) -> String {
        let mut about = String::new();
        if let Some(docs) = docs {
            about += &format!(" docs {docs:?}");
        }
        if let Some(version) = attributes.since {
            about += &format!(" since {}", version.text);
        }
        if let Some(feature) = attributes.unstable {
            about += &format!(" unstable {}", feature.name);
        }
        about
    }

    fn item(&self, prefix: &str, item: &Extern<'_>, lines: &mut Vec<String>) {
        let about = self.about(&item.docs, &item.attributes);
        match &item.kind {
            ExternKind::Path(path) => lines.push(format!("{prefix}{}{about}", path.name.name)),
            ExternKind::Named(name, path) => {
                lines.push(format!("{prefix}{} is {}{about}", name.name, path.name.name));
            }
            ExternKind::Func(func) => lines.push(self.func(prefix, None, func)),
            ExternKind::Interface(name, items) => {
                lines.push(format!("{prefix}{} interface{about}", name.name));
                self.interface(&format!("{prefix}{}.", name.name), items, lines);
            }
        }
    }

    fn interface(&self, prefix: &str, items: &[InterfaceItem<'_>], lines: &mut Vec<String>) {
        for item in items {
            match item {
                InterfaceItem::Use(u) => {
                    for name in &u.names {
                        let about = self.about(&None, &u.attributes);
                        let (local, from) = (name.local().name, u.path.name.name);
                        lines.push(format!(
                            "{prefix}type {local}{about} = use {from}.{}",
                            name.name.name
                        ));
                    }
                }
                InterfaceItem::Type(def) => self.type_def(prefix, def, lines),
                InterfaceItem::Func(func) => lines.push(self.func(prefix, None, func)),
            }
        }
    }

    fn type_def(&self, prefix: &str, def: &TypeDef<'_>, lines: &mut Vec<String>) {
        let about = self.about(&def.docs, &def.attributes);
        let docs = |docs: &Option<String>| {
            docs.as_ref().map_or(String::new(), |docs| format!(" {docs:?}"))
        };
        let form = match &def.kind {
            TypeKind::Alias(ty) => self.ty(*ty),
            TypeKind::Record(fields) => {
                let fields = fields
                    .iter()
                    .map(|f| format!("{}: {}{},", f.name.name, self.ty(f.ty), docs(&f.docs)));
                format!("record {}", fields.collect::<String>())
            }
            TypeKind::Variant(cases) => {
                let case = |c: &wattle_wit::syntax::Case<'_>| {
                    let ty = c.ty.map_or(String::new(), |ty| format!("({})", self.ty(ty)));
                    format!("{}{ty}{},", c.name.name, docs(&c.docs))
                };
                format!("variant {}", cases.iter().map(case).collect::<String>())
            }
            TypeKind::Flags(cases) | TypeKind::Enum(cases) => {
                let word = if matches!(def.kind, TypeKind::Flags(_)) { "flags" } else { "enum" };
                let cases = cases.iter().map(|c| format!("{}{},", c.name.name, docs(&c.docs)));
                format!("{word} {}", cases.collect::<String>())
            }
            TypeKind::Resource(funcs) => {
                lines.extend(funcs.iter().map(|func| self.func(prefix, Some(def.name.name), func)));
                "resource".into()
            }
        };
        lines.push(format!("{prefix}type {}{about} = {form}", def.name.name));
    }

    fn func(&self, prefix: &str, resource: Option<&str>, func: &Func<'_>) -> String {
        use wattle_ast::components::Accessor::{Get, Set};
        let accessor = match func.accessor {
            None => "",
            Some(Get) => "[get]",
            Some(Set) => "[set]",
        };
        let name = match (resource, func.kind) {
            (None, _) => format!("{accessor}{}", func.name.name),
            (Some(r), FuncKind::Constructor) => format!("[constructor]{r}"),
            (Some(r), FuncKind::Static) => format!("[static]{accessor}{r}.{}", func.name.name),
            (Some(r), FuncKind::Plain) => format!("[method]{accessor}{r}.{}", func.name.name),
        };
        let mut params: Vec<String> = func
            .params
            .iter()
            .map(|Field { name, ty, .. }| format!("{}: {}", name.name, self.ty(*ty)))
            .collect();
        if let (Some(r), FuncKind::Plain) = (resource, func.kind) {
            params.insert(0, format!("self: borrow<{r}>"));
        }
        let result = match (func.result, resource, func.kind) {
            (Some(ty), ..) => self.ty(ty),
            (None, Some(r), FuncKind::Constructor) => r.into(),
            (None, ..) => "nothing".into(),
        };
        let about = self.about(&func.docs, &func.attributes);
        let word = if func.is_async { "async" } else { "func" };
        format!("{prefix}{word} {name}({}) -> {result}{about}", params.join(", "))
    }

    fn ty(&self, ty: TyId) -> String {
        let ty_of = |ty: &TyId| self.ty(*ty);
        let some = |word: &str, ty: &Option<TyId>| match ty {
            Some(ty) => format!("{word}<{}>", self.ty(*ty)),
            None => word.into(),
        };
        match &self.0.types[ty.0].kind {
            TyKind::Prim(prim) => prim.keyword().into(),
            TyKind::Name(id) => id.name.into(),
            TyKind::Own(id) => format!("own<{}>", id.name),
            TyKind::Borrow(id) => format!("borrow<{}>", id.name),
            TyKind::List(ty) => format!("list<{}>", ty_of(ty)),
            TyKind::FixedList(ty, len) => format!("list<{}, {len}>", ty_of(ty)),
            TyKind::Option(ty) => format!("option<{}>", ty_of(ty)),
            TyKind::Tuple(types) => {
                format!("tuple<{}>", types.iter().map(ty_of).collect::<Vec<_>>().join(", "))
            }
            TyKind::Map(key, value) => format!("map<{}, {}>", ty_of(key), ty_of(value)),
            TyKind::Stream(ty) => some("stream", ty),
            TyKind::Future(ty) => some("future", ty),
            TyKind::Result(ok, err) => {
                let arg = |ty: &Option<TyId>| ty.as_ref().map_or("_".into(), ty_of);
                format!("result<{}, {}>", arg(ok), arg(err))
            }
        }
    }
}

/// The facts of the peer's JSON.
struct Json<'a>(&'a Value);

impl Json<'_> {
    fn facts(&self) -> Facts {
        let mut facts = Facts::new();
        for package in self.0["packages"].as_array().unwrap() {
            let mut lines = Vec::new();
            for (name, id) in package["interfaces"].as_object().unwrap() {
                let interface = &self.0["interfaces"][id.as_u64().unwrap() as usize];
                lines.push(format!("interface {name}{}", self.about(interface)));
                self.interface(&format!("{name}."), interface, &mut lines);
            }
            for (name, id) in package["worlds"].as_object().unwrap() {
                let world = &self.0["worlds"][id.as_u64().unwrap() as usize];
                lines.push(format!("world {name}{}", self.about(world)));
                for direction in ["import", "export"] {
                    let prefix = format!("{name}.{direction} ");
                    for (key, item) in world[format!("{direction}s")].as_object().unwrap() {
                        self.item(&prefix, key, item, &mut lines);
                    }
                }
            }
            lines.sort();
            facts.insert(package["name"].as_str().unwrap().into(), lines);
        }
        facts
    }

    fn about(&self, value: &Value) -> String {
        let mut about = String::new();
        if let Some(docs) = value["docs"]["contents"].as_str() {
            about += &format!(" docs {docs:?}");
        }
        if let Some(since) = value["stability"]["stable"]["since"].as_str() {
            about += &format!(" since {since}");
        }
        if let Some(feature) = value["stability"]["unstable"]["feature"].as_str() {
            about += &format!(" unstable {feature}");
        }
        about
    }

    fn item(&self, prefix: &str, key: &str, item: &Value, lines: &mut Vec<String>) {
        if let Some(func) = item.get("function") {
            lines.push(self.func(prefix, func));
        } else if let Some(id) = item.get("type") {
            self.type_def(prefix, key, id, lines);
        } else {
            let interface =
                &self.0["interfaces"][item["interface"]["id"].as_u64().unwrap() as usize];
            match interface["name"].as_str() {
                Some(name) if key.starts_with("interface-") => {
                    lines.push(format!("{prefix}{name}{}", self.about(&item["interface"])));
                }
                Some(name) => {
                    lines.push(format!("{prefix}{key} is {name}{}", self.about(&item["interface"])))
                }
                None => {
                    lines.push(format!("{prefix}{key} interface{}", self.about(interface)));
                    self.interface(&format!("{prefix}{key}."), interface, lines);
                }
            }
        }
    }

    fn interface(&self, prefix: &str, interface: &Value, lines: &mut Vec<String>) {
        for (name, id) in interface["types"].as_object().unwrap() {
            self.type_def(prefix, name, id, lines);
        }
        for func in interface["functions"].as_object().unwrap().values() {
            lines.push(self.func(prefix, func));
        }
    }

    fn data(&self, id: &Value) -> &Value {
        &self.0["types"][id.as_u64().unwrap() as usize]
    }

    fn type_def(&self, prefix: &str, name: &str, id: &Value, lines: &mut Vec<String>) {
        let data = self.data(id);
        let kind = &data["kind"];
        let docs = |value: &Value| {
            value["docs"]["contents"].as_str().map_or(String::new(), |docs| format!(" {docs:?}"))
        };
        let list = |field: &str, parts: &str, part: &dyn Fn(&Value) -> String| {
            let parts = kind[field][parts].as_array()?;
            Some(format!("{field} {}", parts.iter().map(part).collect::<String>()))
        };
        let field = |f: &Value| {
            format!("{}: {}{},", f["name"].as_str().unwrap(), self.ty(&f["type"]), docs(f))
        };
        let case = |c: &Value| {
            let ty = if c["type"].is_null() {
                String::new()
            } else {
                format!("({})", self.ty(&c["type"]))
            };
            format!("{}{ty}{},", c["name"].as_str().unwrap(), docs(c))
        };
        let label = |c: &Value| format!("{}{},", c["name"].as_str().unwrap(), docs(c));
        let used = kind.get("type").filter(|ty| ty.is_u64()).map(|ty| self.data(ty));
        let form = match used {
            Some(other) if other["owner"] != data["owner"] => {
                let owner = other["owner"]["interface"].as_u64().unwrap() as usize;
                let from = self.0["interfaces"][owner]["name"].as_str().unwrap();
                format!("use {from}.{}", other["name"].as_str().unwrap())
            }
            Some(other) => other["name"].as_str().unwrap().into(),
            None if kind == "resource" => "resource".into(),
            None => list("record", "fields", &field)
                .or_else(|| list("variant", "cases", &case))
                .or_else(|| list("flags", "flags", &label))
                .or_else(|| list("enum", "cases", &label))
                .unwrap_or_else(|| match kind["handle"].get("own") {
                    Some(id) => format!("own<{}>", self.ty(id)),
                    None => self.form(kind),
                }),
        };
        lines.push(format!("{prefix}type {name}{} = {form}", self.about(data)));
    }

    fn func(&self, prefix: &str, func: &Value) -> String {
        let kind = &func["kind"];
        let kind =
            kind.as_str().unwrap_or_else(|| kind.as_object().unwrap().keys().next().unwrap());
        let word = if kind.starts_with("async") { "async" } else { "func" };
        let param = |p: &Value| format!("{}: {}", p["name"].as_str().unwrap(), self.ty(&p["type"]));
        let params: Vec<String> = func["params"].as_array().unwrap().iter().map(param).collect();
        let result = match &func["result"] {
            Value::Null => "nothing".into(),
            ty => self.ty(ty),
        };
        let name = func["name"].as_str().unwrap();
        format!("{prefix}{word} {name}({}) -> {result}{}", params.join(", "), self.about(func))
    }

    fn ty(&self, ty: &Value) -> String {
        if let Some(prim) = ty.as_str() {
            return prim.into();
        }
        let data = self.data(ty);
        match data["name"].as_str() {
            Some(name) => name.into(),
            None => self.form(&data["kind"]),
        }
    }

    fn form(&self, kind: &Value) -> String {
        let (word, arg) = kind.as_object().unwrap().iter().next().unwrap();
        let opt = |ty: &Value| if ty.is_null() { "_".into() } else { self.ty(ty) };
        match &word[..] {
            "type" => self.ty(arg),
            "handle" => match (arg.get("own"), arg.get("borrow")) {
                (Some(id), _) => self.ty(id),
                (_, Some(id)) => format!("borrow<{}>", self.ty(id)),
                _ => panic!("{arg}"),
            },
            "tuple" => {
                let types = arg["types"].as_array().unwrap().iter().map(|ty| self.ty(ty));
                format!("tuple<{}>", types.collect::<Vec<_>>().join(", "))
            }
            "result" => format!("result<{}, {}>", opt(&arg["ok"]), opt(&arg["err"])),
            "map" => format!("map<{}, {}>", self.ty(&arg[0]), self.ty(&arg[1])),
            "fixed-length-list" => format!("list<{}, {}>", self.ty(&arg[0]), arg[1]),
            "stream" | "future" if arg.is_null() => word.into(),
            "list" | "option" | "stream" | "future" => format!("{word}<{}>", self.ty(arg)),
            _ => panic!("{word}"),
        }
    }
}

#[test]
fn packages_mean_what_the_peer_says() {
    let folder = peers::package("wit-parser").join("tests/ui");
    let (mut number, mut equal, mut facts, mut wrong) = (0, 0, 0, Vec::new());
    for case in peers::cases(&folder, "wit.json") {
        number += 1;
        let json = fs::read_to_string(case.path.with_extension("wit.json")).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        let expected = Json(&json).facts();
        let resolved = resolve(&case.path).unwrap();
        let own: Value = serde_json::from_str(&resolved.model().to_json()).unwrap();
        assert_eq!(Json(&own).facts(), expected, "{}", case.name);
        equal += usize::from(own == json);
        let text = print::whole(resolved.model(), resolved.root()).unwrap();
        let file = File::parse(&text);
        assert!(file.errors.is_empty(), "{}: {:?}\n{text}", case.name, file.errors);
        let found = Text(&file).facts();
        assert_eq!(
            found.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>(),
            "{}",
            case.name
        );
        for (package, lines) in &expected {
            facts += lines.len();
            let more: Vec<_> = found[package].iter().filter(|line| !lines.contains(line)).collect();
            let less: Vec<_> = lines.iter().filter(|line| !found[package].contains(line)).collect();
            if *lines != found[package] {
                wrong.push(format!("{} {package}\n  more {more:#?}\n  less {less:#?}", case.name));
            }
        }
    }
    println!("{number} packages, {facts} facts, {equal} with the same numbers");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(number == 78 && facts > 950, "{number} packages, {facts} facts");
    // The numbers of the others differ, since each type without a name is kept once.
    assert!(equal >= 60, "{equal} with the same numbers");
}
