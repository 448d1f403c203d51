//! Shapes of input: texts whose size is in proportion to a number.

/// A shape of text, of a size in proportion to a number.
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) text: fn(u32) -> String,
}

/// The kind of the text of a shape.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A module.
    Module,
    /// A component.
    Component,
    /// A malformed module.
    Malformed,
    /// A package of interfaces.
    Interfaces,
}

impl Kind {
    /// The extension of files.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Kind::Module | Kind::Component | Kind::Malformed => "wat",
            Kind::Interfaces => "wit",
        }
    }
}

/// A module with a part for each number.
fn fields(count: u32, field: impl Fn(u32) -> String) -> String {
    format!("(module {})", (0..count).map(field).collect::<Vec<_>>().join("\n"))
}

/// A component with a part for each number.
fn definitions(count: u32, definition: impl Fn(u32) -> String) -> String {
    definitions_behind("", count, definition)
}

/// A component with other definitions, and then a part for each number.
fn definitions_behind(first: &str, count: u32, definition: impl Fn(u32) -> String) -> String {
    format!("(component {first} {})", (0..count).map(definition).collect::<Vec<_>>().join("\n"))
}

/// An interface, and a world that imports and exports it, with a part for each number.
fn interface(count: u32, item: impl Fn(u32) -> String) -> String {
    let items = (0..count).map(item).collect::<Vec<_>>().join("\n");
    format!("package a:b;\ninterface i {{\n{items}\n}}\nworld w {{ import i; export i; }}\n")
}

/// A module with one function, made of three parts that are repeated.
fn nested(count: u32, open: &str, middle: &str, close: &str) -> String {
    let count = count as usize;
    format!("(module (func {}{middle}{}))", open.repeat(count), close.repeat(count))
}

/// All shapes.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        name: "types",
        kind: Kind::Module,
        text: |n| {
            fields(n, |i| {
                format!("(type (struct (field (ref null {i})) (field i{})))", 32 << (i & 1))
            })
        },
    },
    Shape {
        name: "equal types",
        kind: Kind::Module,
        text: |n| fields(n, |_| "(type (func (param i32 i64) (result f32)))".into()),
    },
    Shape {
        name: "one recursive group",
        kind: Kind::Module,
        text: |n| {
            let types = fields(n, |i| format!("(type (array (ref null {})))", (i + 1) % n));
            format!("(module (rec {})", types.trim_start_matches("(module "))
        },
    },
    Shape {
        name: "subtypes",
        kind: Kind::Module,
        text: |n| {
            fields(n, |i| match i % 60 {
                0 => "(type (sub (struct)))".into(),
                _ => format!("(type (sub {} (struct)))", i - 1),
            })
        },
    },
    Shape {
        name: "functions",
        kind: Kind::Module,
        text: |n| fields(n, |i| format!("(func (result i32) (call {}))", i / 2)),
    },
    Shape {
        name: "type uses",
        kind: Kind::Module,
        text: |n| {
            fields(n, |i| format!("(func (param i32) (result i{}) unreachable)", 32 << (i & 1)))
        },
    },
    Shape {
        name: "imports",
        kind: Kind::Module,
        text: |n| fields(n, |i| format!("(import \"module\" \"name{i}\" (func (param i32)))")),
    },
    Shape {
        name: "exports",
        kind: Kind::Module,
        text: |n| fields(n, |i| format!("(func (export \"name{i}\"))")),
    },
    Shape {
        name: "names",
        kind: Kind::Module,
        text: |n| {
            fields(n, |i| {
                format!(
                    "(func $name{i} (param $p i32) (local $l i64) (call $name{} (local.get $p)))",
                    i / 2
                )
            })
        },
    },
    Shape {
        name: "equal names",
        kind: Kind::Module,
        text: |n| {
            fields(n, |i| format!("(func $f{i} (@name \"name\") (local $l{i} (@name \"l\") i32))"))
        },
    },
    Shape {
        name: "names of one function",
        kind: Kind::Module,
        text: |n| {
            let local = |i| format!("(local $l{i} i{})", 32 << (i & 1));
            format!("(module (func {}))", (0..n).map(local).collect::<String>())
        },
    },
    Shape {
        name: "globals",
        kind: Kind::Module,
        text: |n| fields(n, |i| format!("(global (mut i32) (i32.const {i}))")),
    },
    Shape {
        name: "locals",
        kind: Kind::Module,
        text: |n| {
            let gets = (0..n).map(|i| format!("local.get {i} drop ")).collect::<String>();
            format!("(module (func (local {}) {gets}))", "i32 i64 ".repeat(n as usize / 2 + 1))
        },
    },
    Shape {
        name: "data segments",
        kind: Kind::Module,
        text: |n| {
            fields(n, |_| "(data (i32.const 0) \"a\\00\")".into()).replacen(
                "(module ",
                "(module (memory 1) ",
                1,
            )
        },
    },
    Shape {
        name: "element segments",
        kind: Kind::Module,
        text: |n| {
            fields(n, |_| "(elem (i32.const 0) func 0 0)".into()).replacen(
                "(module ",
                "(module (table 1 funcref) (func) ",
                1,
            )
        },
    },
    Shape {
        name: "custom sections",
        kind: Kind::Module,
        text: |n| fields(n, |i| format!("(@custom \"name{i}\" \"content\")")),
    },
    Shape {
        name: "branch hints",
        kind: Kind::Module,
        text: |n| {
            format!(
                "(module (func {}))",
                "i32.const 0 (@metadata.code.branch_hint \"\\00\") if end ".repeat(n as usize)
            )
        },
    },
    Shape {
        name: "one long line of instructions",
        kind: Kind::Module,
        text: |n| format!("(module (func {}))", "i32.const 7 drop ".repeat(n as usize)),
    },
    Shape {
        name: "operands",
        kind: Kind::Module,
        text: |n| nested(n.min(900_000), "i32.const 1 ", "", "drop "),
    },
    Shape {
        name: "nested blocks",
        kind: Kind::Module,
        text: |n| nested(n.min(900_000), "block ", "", "end "),
    },
    Shape {
        name: "named blocks",
        kind: Kind::Module,
        text: |n| {
            let n = n.min(900_000);
            let open = (0..n).map(|i| format!("block $l{i} br $l{} ", i / 2)).collect::<String>();
            format!("(module (func {open}{}))", "end ".repeat(n as usize))
        },
    },
    Shape {
        name: "blocks of one name",
        kind: Kind::Module,
        text: |n| nested(n.min(900_000), "block $l br $l br 1 ", "", "end "),
    },
    Shape {
        name: "folded blocks",
        kind: Kind::Module,
        text: |n| nested(n.min(900_000), "(block ", "", ")"),
    },
    Shape {
        name: "folded operands",
        kind: Kind::Module,
        text: |n| {
            nested(n, "(i32.eqz ", "(i32.const 0)", ")").replacen("(func", "(func (result i32)", 1)
        },
    },
    Shape {
        name: "branch tables",
        kind: Kind::Module,
        text: |n| {
            nested(
                n.min(100_000),
                "block ",
                &format!("i32.const 0 br_table {}", "0 1 2 ".repeat(n as usize)),
                "end ",
            )
        },
    },
    Shape { name: "comments", kind: Kind::Malformed, text: |n| nested(n, "(; ", "", ";)") },
    Shape { name: "parentheses", kind: Kind::Malformed, text: |n| nested(n, "(", "", ")") },
    Shape { name: "annotations", kind: Kind::Malformed, text: |n| nested(n, "(@a (@b) ", "", ")") },
    Shape {
        name: "malformed on one line",
        kind: Kind::Malformed,
        text: |n| format!("(module {})", "(func i32.nope)".repeat(n as usize)),
    },
    Shape {
        name: "malformed",
        kind: Kind::Malformed,
        text: |n| fields(n, |_| "(func i32.nope)".into()),
    },
    Shape {
        name: "unknown identifiers",
        kind: Kind::Malformed,
        text: |n| fields(n, |i| format!("(func $name{i} call $nam{i})")),
    },
    Shape {
        name: "duplicate identifiers",
        kind: Kind::Malformed,
        text: |n| fields(n, |i| format!("(func $name{})", i / 2)),
    },
    Shape {
        name: "unclosed",
        kind: Kind::Malformed,
        text: |n| "(module (func (block ".repeat(n as usize),
    },
    Shape {
        name: "invalid on one line",
        kind: Kind::Module,
        text: |n| format!("(module {})", "(func (result i32))".repeat(n as usize)),
    },
    Shape {
        name: "invalid with types",
        kind: Kind::Module,
        text: |n| {
            fields(n, |i| {
                format!(
                    "(type $t{i} (struct (field (ref null {i})))) (func (param (ref $t{i})) (result i32) (local.get 0))"
                )
            })
        },
    },
    Shape {
        name: "invalid instructions",
        kind: Kind::Module,
        text: |n| fields(n, |_| "(func nop nop i32.const 0 i64.eqz drop)".into()),
    },
    Shape {
        name: "duplicate exports",
        kind: Kind::Module,
        text: |n| fields(n, |_| "(func (export \"name\"))".into()),
    },
    Shape {
        name: "imports, and all that may come after",
        kind: Kind::Module,
        text: |n| {
            let import = |i| {
                format!("(import \"m\" \"f{i}\" (func)) (import \"m\" \"g{i}\" (global $g{i} i32))")
            };
            let imports = (0..n).map(import).collect::<String>();
            let define = |i| {
                format!(
                    "(func (call {i})) (global i32 (global.get $g{i})) (elem declare func {i})\
                     (data (global.get $g{i}) \"a\")"
                )
            };
            format!("(module {imports}(memory 1) {})", (0..n).map(define).collect::<String>())
        },
    },
    Shape {
        name: "sections of code metadata",
        kind: Kind::Module,
        text: |n| {
            let import = |i| format!("(import \"m\" \"f{i}\" (func))");
            let imports = (0..n).map(import).collect::<String>();
            // The metadata has no function and no entry.
            let custom = |i| format!("(@custom \"metadata.code.m{i}\" \"\\00\")");
            format!("(module {imports}{})", (0..n).map(custom).collect::<String>())
        },
    },
    Shape {
        name: "sections of code metadata at one function",
        kind: Kind::Module,
        text: |n| {
            let code = "nop ".repeat(n as usize);
            // All annotations are at one instruction.
            let mark = |i| format!("(@metadata.code.m{i} \"a\")");
            let marks = (0..n / 4).map(mark).collect::<String>();
            format!("(module (func {code}{marks} nop nop))")
        },
    },
    Shape {
        name: "component types",
        kind: Kind::Component,
        text: |n| definitions(n, |i| format!("(type (record (field \"f{i}\" u32)))")),
    },
    Shape {
        name: "equal component types",
        kind: Kind::Component,
        text: |n| definitions(n, |_| "(type (tuple u8 string))".into()),
    },
    Shape {
        name: "component imports",
        kind: Kind::Component,
        text: |n| definitions(n, |i| format!("(import \"name{i}\" (func (param \"p\" u32)))")),
    },
    Shape {
        name: "component exports",
        kind: Kind::Component,
        text: |n| {
            let import = "(import \"f\" (func))";
            definitions_behind(import, n, |i| format!("(export \"name{i}\" (func 0))"))
        },
    },
    Shape {
        name: "component names",
        kind: Kind::Component,
        text: |n| definitions(n, |i| format!("(core type $t{i} (func)) (type $u{i} (list u8))")),
    },
    Shape {
        name: "component aliases",
        kind: Kind::Component,
        text: |n| {
            let export = |i| format!("(export \"f{i}\" (func))");
            let exports = (0..n).map(export).collect::<String>();
            let import = format!("(import \"i\" (instance {exports}))");
            definitions_behind(&import, n, |i| format!("(alias export 0 \"f{}\" (func))", i / 2))
        },
    },
    Shape {
        name: "instances of one component",
        kind: Kind::Component,
        text: |n| {
            let first = "(component (type (list u8)) (import \"f\" (func)) (export \"f\" (func 0))) \
                         (import \"g\" (func))";
            let instance = "(instance (instantiate 0 (with \"f\" (func 0))))";
            definitions_behind(first, n, |_| instance.into())
        },
    },
    Shape {
        name: "instance of many exports",
        kind: Kind::Component,
        text: |n| {
            let of = |word: &str| {
                (0..n).map(|i| format!("({word} \"f{i}\" (func))")).collect::<String>()
            };
            let (imports, exports) = (of("import"), of("export"));
            let arguments = (0..n).map(|i| format!("(with \"f{i}\" (func 0 \"f{i}\"))"));
            format!(
                "(component (component {imports}) (import \"i\" (instance {exports})) \
                 (instance (instantiate 0 {})))",
                arguments.collect::<String>()
            )
        },
    },
    Shape {
        name: "core modules",
        kind: Kind::Component,
        text: |n| {
            definitions(n, |i| format!("(core module (func)) (core instance (instantiate {i}))"))
        },
    },
    Shape {
        name: "core instances of exports",
        kind: Kind::Component,
        text: |n| {
            let first = "(import \"f\" (func)) (core func (canon lower (func 0)))";
            definitions_behind(first, n, |i| format!("(core instance (export \"f{i}\" (func 0)))"))
        },
    },
    Shape {
        name: "nested components",
        kind: Kind::Component,
        text: |n| {
            let n = n as usize;
            format!("{}{}", "(component ".repeat(n), ")".repeat(n))
        },
    },
    Shape {
        name: "types of components in components",
        kind: Kind::Component,
        text: |n| {
            definitions(n, |i| {
                format!(
                    "(component (import \"i\" (instance (export \"f\" (func)) \
                     (export \"t\" (type (sub resource))))) (type (list u{})))",
                    8 << (i % 3)
                )
            })
        },
    },
    Shape {
        name: "WIT functions",
        kind: Kind::Interfaces,
        text: |n| interface(n, |i| format!("/// Docs.\nfn{i}: func(a: u32, b: string) -> u8;")),
    },
    Shape {
        name: "WIT types",
        kind: Kind::Interfaces,
        text: |n| {
            interface(n, |i| match i % 90 {
                0 => format!("record t{i} {{ a: u8 }}"),
                _ => format!("record t{i} {{ a: t{}, b: option<t{}> }}", i - 1, i / 90 * 90),
            })
        },
    },
    Shape {
        name: "WIT resources",
        kind: Kind::Interfaces,
        text: |n| {
            interface(n, |i| {
                format!("resource r{i} {{ constructor(); m: func(other: borrow<r{}>); }}", i / 2)
            })
        },
    },
    Shape {
        name: "WIT interfaces",
        kind: Kind::Interfaces,
        text: |n| {
            let one = |i: u32| {
                let of = match i {
                    0 => "type t = u8;".to_owned(),
                    _ => format!("use i{}.{{t as u}}; record t {{ a: u }}", i / 2),
                };
                format!("interface i{i} {{ {of} f: func(a: t); }}\n")
            };
            let of_world = |i| format!("import i{i};\n");
            let interfaces = (0..n).map(one).collect::<String>();
            let imports = (0..n).map(of_world).collect::<String>();
            format!("package a:b;\n{interfaces}world w {{\n{imports}}}\n")
        },
    },
    Shape {
        name: "WIT worlds",
        kind: Kind::Interfaces,
        text: |n| {
            let one = |i: u32| format!("import in{i}: func(); export out{i}: func() -> string;\n");
            format!("package a:b;\nworld w {{\n{}}}\n", (0..n).map(one).collect::<String>())
        },
    },
];
