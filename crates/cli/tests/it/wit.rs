//! Interface text in the command: `wit` and `fmt`.

use std::path::Path;

use tempfile::TempDir;
use wattle_tests::root;

use crate::{good, wattle, wattle_in};

const MAIN: &str = "package a:a; interface i { use b:b/j.{t}; use c:c/k.{u}; f: func() -> t; }";

/// Makes a folder with a package in `wit`, whose dependencies are in `deps`: one in text, one in
/// binary.
fn package() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("wit/deps/b")).unwrap();
    write(folder.path(), "wit/a.wit", MAIN);
    write(folder.path(), "wit/deps/b/b.wit", "package b:b; interface j { type t = u8; }");
    write(folder.path(), "c.wit", "package c:c; interface k { type u = u8; }");
    good(folder.path(), &["wit", "--wasm", "c.wit", "-o", "wit/deps/c.wasm"]);
    folder
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), content).unwrap();
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// Runs a command that must fail, and returns its messages.
fn bad(folder: &Path, args: &[&str], input: &[u8]) -> String {
    let ran = wattle_in(folder, args, input);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{args:?}: {}", ran.err);
    ran.err
}

#[test]
fn a_file_goes_through_binary_and_back() {
    let example = std::fs::read(root().join("docs/examples/greet.wit")).unwrap();
    let text = wattle(&["wit"], &example);
    assert_eq!((text.code, text.err.as_str()), (Some(0), ""));
    assert!(text.out.starts_with("/// A package of interfaces.\npackage example:greet@1.0.0;\n"));
    let wasm = wattle(&["component", "wit", "--wasm"], &example).bytes;
    assert_eq!(wattle(&["validate"], &wasm).code, Some(0));
    assert_eq!(wattle(&["wit"], &wasm).out, text.out);
    assert_eq!(wattle(&["wit", "--wasm"], &wasm).bytes, wasm);
    let wat = wattle(&["wit", "--text"], &example);
    assert!(wat.out.starts_with("(component\n"), "{wat:?}");
    assert_eq!(wat.out, wattle(&["print"], &wasm).out);
    assert_eq!(wattle(&["wit"], &wat.bytes).out, text.out);
}

#[test]
fn a_folder_is_a_package_with_its_dependencies() {
    let folder = package();
    let text = good(folder.path(), &["wit", "wit"]).out;
    for line in ["package a:a;", "  use b:b/j.{t};", "package b:b {", "package c:c {"] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    assert_eq!(wattle(&["wit"], text.as_bytes()).out, text);
    good(folder.path(), &["wit", "wit", "--out-dir", "out"]);
    good(folder.path(), &["wit", "--wasm", "wit/", "-o", "a.wasm"]);
    good(folder.path(), &["wit", "a.wasm", "--out-dir", "again"]);
    for out in ["out", "again"] {
        assert_eq!(good(folder.path(), &["wit", out]).out, text);
        let c = read(folder.path(), &format!("{out}/deps/c.wit"));
        assert_eq!(c, "package c:c;\n\ninterface k {\n  type u = u8;\n}\n");
    }
    let err = bad(folder.path(), &["wit", "wit", "--out-dir", "out"], b"");
    assert!(err.contains("cannot write out: the folder is not empty"), "{err}");
}

#[test]
fn packages_of_one_name_become_different_files() {
    let folder = tempfile::tempdir().unwrap();
    let text = "package a:x; interface i { use b:x/j@1.0.0.{t}; use b:x/j@2.0.0.{t as u}; }
        package b:x@1.0.0 { interface j { type t = u8; } }
        package b:x@2.0.0 { interface j { type t = u8; } }";
    write(folder.path(), "x.wit", text);
    good(folder.path(), &["wit", "x.wit", "--out-dir", "out"]);
    for name in ["out/a_x.wit", "out/deps/b_x@1.0.0.wit", "out/deps/b_x@2.0.0.wit"] {
        assert!(read(folder.path(), name).starts_with("package "), "{name}");
    }
    good(folder.path(), &["wit", "out"]);
}

#[test]
fn unstable_features_are_off_until_they_are_turned_on() {
    let text = b"package a:a; interface i { @unstable(feature = x) f: func(); \
        @unstable(feature = y) g: func(); }";
    let has = |args: &[&str]| {
        let out = wattle(args, text).out;
        [out.contains("f: func"), out.contains("g: func")]
    };
    assert_eq!(has(&["wit"]), [false, false]);
    assert_eq!(has(&["wit", "--features", "x"]), [true, false]);
    assert_eq!(has(&["wit", "--features", "x,y"]), [true, true]);
    assert_eq!(has(&["wit", "--all-features"]), [true, true]);
}

#[test]
fn every_error_of_a_package_is_shown_in_its_file() {
    let folder = package();
    write(folder.path(), "wit/a.wit", "package a:a;\ninterface i {\n  f: func() -> u9;\n}\n");
    write(
        folder.path(),
        "wit/b.wit",
        "package a:a;\ninterface i {}\ninterface j { g: func(x: t); }\n",
    );
    let err = bad(folder.path(), &["wit", "wit"], b"");
    for part in [
        "type `u9` does not exist\n --> wit/a.wit:3:16",
        "help: did you mean `u8`?",
        "duplicate item named `i`\n --> wit/b.wit:2:11",
        "note: the earlier one is here\n --> wit/a.wit:2:11",
        "type `t` does not exist\n --> wit/b.wit:3:26",
        "3 errors",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }
    let json = bad(folder.path(), &["--json", "wit", "wit"], b"");
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{json}");
    assert!(
        lines
            .iter()
            .any(|line| line["file"] == "wit/b.wit" && line["related"]["file"] == "wit/a.wit")
    );
}

#[test]
fn what_is_not_a_package_is_refused() {
    let folder = package();
    let refused = |args: &[&str], input: &[u8], why: &str| {
        let err = bad(folder.path(), args, input);
        assert!(err.contains(why), "{args:?}: {err}");
    };
    let outer = b"(component (component $c) (export \"c\" (component $c)))";
    refused(&["wit"], outer, "`c` is nothing that WIT can import or export");
    refused(&["wit"], b"(module)", "a core module without custom sections `component-type`");
    let embedded = b"(module (@custom \"component-type:x\" \"\"))";
    refused(&["wit"], embedded, "custom section `component-type:x`: unexpected end");
    let embedded = b"(module (@custom \"component-type:x\" \"\\00asm\\0d\\00\\01\\00\"))";
    refused(&["wit"], embedded, "missing custom section `wit-component-encoding`");
    refused(&["wit"], b"\0asm\x0d\0\x01\0\x07", "unexpected end");
    refused(&["wit"], b"package a:a; interface i { \xff }", "malformed UTF-8 encoding");
    refused(&["wit", "none.wit"], b"", "cannot read none.wit");
    refused(&["wit", "wit/deps"], b"", "no file in the folder `wit/deps` ends in `.wit`");
    write(folder.path(), "wit/deps/c.wasm", b"\0asm\x01\0\0\0");
    refused(
        &["wit", "wit"],
        b"",
        "interfaces are expected, and this is a core module without custom sections \
         `component-type`\n--> wit/deps/c.wasm",
    );
    std::fs::remove_file(folder.path().join("wit/deps/c.wasm")).unwrap();
    refused(&["wit", "wit"], b"", "package `c:c` not found");
    write(folder.path(), "wit/deps/c.wat", "(component (type u99))");
    refused(&["wit", "wit"], b"", "--> wit/deps/c.wat:1:18\n");
    assert_eq!(wattle(&["wit", "--wasm", "--text"], b"").code, Some(2));
}

#[test]
fn the_interfaces_of_a_component_are_a_world() {
    let component = std::fs::read(root().join("docs/examples/add.wat")).unwrap();
    let text = wattle(&["wit"], &component);
    assert_eq!((text.code, &*text.err), (Some(0), ""), "{text:?}");
    assert!(text.out.starts_with("package root:component;\n\nworld root {\n"), "{text:?}");
    let text = wattle(&["wit", "--importize"], &component);
    assert!(text.out.contains("world root-importized {\n  import "), "{text:?}");
    let args = ["wit", "--importize", "--importize-out-world-name", "users"];
    assert!(wattle(&args, &component).out.contains("world users {"));
}

#[test]
fn the_worlds_of_a_core_module_are_one() {
    use wattle::componentize::Embed;
    use wattle::wit::Resolver;

    let mut module = wattle::Module::default();
    let texts = [
        "package a:b; world one { import log: func(text: string); }",
        "package c:d; world other { import log: func(text: string); export run: func(); }",
    ];
    for text in texts {
        let mut resolver = Resolver::new();
        resolver.file("a.wit", text);
        let resolved = resolver.resolve().unwrap();
        let world = resolved.model().select_world(resolved.root(), None).unwrap();
        Embed::new(resolved.model(), world).add_to(&mut module).unwrap();
    }
    let text = wattle(&["wit"], &wattle::encoder::encode(&module));
    let root = "package root:root;\n\nworld root {\n  import log: func(text: string);\n\n  \
                export run: func();\n}\n";
    assert_eq!((&*text.err, text.out.starts_with(root)), ("", true), "{}", text.out);
}

#[test]
fn a_world_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let text = "package a:a; interface i { type t = u8; } world w { import i; export run: func(); }
        world v { import b:b/i@1.0.0; import b:b/i@1.1.0; }
        package b:b@1.0.0 { interface i { f: func(); } }
        package b:b@1.1.0 { interface i { f: func(); g: func(); } }";
    write(folder.path(), "a.wit", text);
    let out = |args: &[&str]| good(folder.path(), args).out;
    let world = out(&["wit", "a.wit", "--importize-world", "w"]);
    assert!(world.contains("world w-importized {\n  import run: func();\n}"), "{world}");
    let world = out(&["wit", "a.wit", "--exportize-world", "a:a/w"]);
    assert!(world.contains("world w-exportized {\n  export i;\n}"), "{world}");
    let of_v = ["wit", "a.wit", "--exportize-world", "v", "--exportize-import", "i"];
    let world = out(&of_v);
    assert!(world.contains("export b:b/i@1.0.0;\n  export b:b/i@1.1.0;\n}"), "{world}");
    let err = bad(folder.path(), &[&of_v[..], &["--exportize-import", "j"]].concat(), b"");
    assert!(err.contains("the world has no import `j`\n--> a.wit"), "{err}");
    let world = out(&["wit", "a.wit", "--merge-world-imports-based-on-semver", "v"]);
    assert!(world.contains("world v {\n  import b:b/i@1.1.0;\n}"), "{world}");
    let err = bad(folder.path(), &["wit", "a.wit", "--importize-world", "u"], b"");
    assert!(err.contains("there is no world `u`; there are `w`, `v`\n--> a.wit"), "{err}");
    let err = bad(folder.path(), &["wit", "a.wit", "--importize"], b"");
    assert!(err.contains("there are several worlds; select one of `w`, `v`"), "{err}");
    write(
        folder.path(),
        "b.wit",
        "package a:a; interface j { use i.{t}; } interface i { type t = u8; }",
    );
    let merged = out(&["wit", "a.wit", "--merge", "b.wit"]);
    assert!(merged.contains("interface j {\n  use i.{t};\n}"), "{merged}");
    write(folder.path(), "b.wit", "package a:a; interface i { type t = u16; }");
    let err = bad(folder.path(), &["wit", "a.wit", "--merge", "b.wit"], b"");
    assert!(
        err.contains("mismatch in type `t`: two different types, in interface `a:a/i`"),
        "{err}"
    );
    let json = out(&["--json", "wit", "b.wit"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["packages"][0]["name"], "a:a");
}

#[test]
fn arguments_take_names_as_text_says_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = "package a:a; interface %import {} world w { import %import; import %use: func(); }
        @unstable(feature = %new) interface i {}";
    write(folder.path(), "a.wit", text);
    let out = |args: &[&str]| good(folder.path(), args).out;
    let exportize = ["wit", "a.wit", "--exportize-world", "%w", "--exportize-import"];
    let world = out(&[&exportize[..], &["%import", "--exportize-out-world-name", "%v"]].concat());
    assert!(world.contains("world v {") && world.contains("  export %import;\n}"), "{world}");
    let world = out(&[&exportize[..], &["%use"]].concat());
    assert!(world.contains("  export %use: func();\n}"), "{world}");
    let world =
        out(&["wit", "a.wit", "--importize-world", "%w", "--importize-out-world-name", "%v"]);
    assert!(world.contains("world v {"), "{world}");
    assert!(out(&["wit", "a.wit", "--features", "%new"]).contains("interface i {"));
    write(folder.path(), "socket.wat", "(component (import \"a:b/use\" (instance)))");
    write(folder.path(), "plug.wat", "(component (instance $i) (export \"use\" (instance $i)))");
    let plug = ["component", "plug", "-t", "socket.wat"];
    out(&[&plug[..], &["--no-imports", "--connect", "a:b/%use=plug.wat#%use"]].concat());
}

#[test]
fn a_message_lists_twenty_worlds() {
    let worlds: String = (0..1000).map(|number| format!("world w{number} {{}}\n")).collect();
    let text = format!("package a:a; {worlds}");
    for (args, start) in [
        (&["wit", "--importize", "-"][..], "there are several worlds; select one of `w0`, `w1`"),
        (&["wit", "--importize-world", "v", "-"], "there is no world `v`; there are `w0`, `w1`"),
    ] {
        let err = bad(Path::new("."), args, text.as_bytes());
        assert!(err.contains(start) && err.contains("`w18`, `w19` and 980 more\n"), "{err}");
    }
}

/// What resolves is valid in binary, and what would not be is refused in the text.
#[test]
fn limits_of_components_are_those_of_text() {
    let chain = |depth: usize| {
        let list = |nth| format!("type t{nth} = list<t{}>; ", nth - 1);
        (1..depth).fold("type t0 = u8; ".to_owned(), |all, nth| all + &list(nth))
    };
    let deep = |depth: usize, func: &str, world: &str| {
        let func = func.replace("LAST", &format!("t{}", depth - 1));
        format!("package a:b; interface i {{ {} {func} }} {world}", chain(depth))
    };
    let elems = |len: usize| format!("package a:b; interface i {{ type t = list<u64, {len}>; }}");
    for (good, bad) in [
        (deep(97, "", ""), deep(98, "", "")),
        (deep(96, "f: func(x: LAST);", ""), deep(97, "f: func(x: LAST);", "")),
        (deep(96, "", "world w { import i; }"), deep(97, "", "world w { import i; }")),
        (
            deep(95, "f: func(x: LAST);", "world w { export i; }"),
            deep(96, "f: func(x: LAST);", "world w { export i; }"),
        ),
        (elems((1 << 25) - 1), elems(1 << 25)),
    ] {
        let ran = wattle(&["wit", "--wasm"], good.as_bytes());
        assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{good}");
        let ran = wattle(&["wit"], bad.as_bytes());
        assert!(ran.code == Some(1) && ran.err.contains("--> <stdin>:1:"), "{bad}: {}", ran.err);
    }
}

#[test]
fn a_dependency_may_be_quoted() {
    let folder = package();
    let wasm = std::fs::read(folder.path().join("wit/deps/c.wasm")).unwrap();
    let whole = good(folder.path(), &["wit", "wit"]).out;
    std::fs::remove_file(folder.path().join("wit/deps/c.wasm")).unwrap();
    let bytes: String = wasm.iter().map(|byte| format!("\\{byte:02x}")).collect();
    write(folder.path(), "wit/deps/c.wat", format!("(component binary \"{bytes}\")"));
    assert_eq!(good(folder.path(), &["wit", "wit"]).out, whole);
    let text = wattle(&["print"], &wasm).out;
    let fields = text.trim().trim_start_matches("(component").strip_suffix(')').unwrap();
    let quoted = fields.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    write(folder.path(), "wit/deps/c.wat", format!("(component quote \"{quoted}\")"));
    assert_eq!(good(folder.path(), &["wit", "wit"]).out, whole);
    // The place of an error is its place in the quoted text.
    write(folder.path(), "wit/deps/c.wat", "(component quote \"(type u99)\")");
    let err = bad(folder.path(), &["wit", "wit"], b"");
    assert!(err.contains("u99") && err.contains("c.wat (content of the component):1:"), "{err}");
}

#[test]
fn differences_between_worlds_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let world = |items: &str| format!("package a:b@1.0.0; world w {{ {items} }}");
    write(folder.path(), "old.wit", world("import f: func(x: u8); export run: func();"));
    write(folder.path(), "new.wit", world("import f: func(x: u16);"));
    write(folder.path(), "c.wat", "(component (import \"f\" (func (param \"x\" u8))))");
    good(folder.path(), &["component", "semver-check", "--prev", "old.wit", "--new", "old.wit"]);
    write(folder.path(), "own.wit", world("import f: func(x: u8); import g: func();"));
    good(folder.path(), &["component", "targets", "own.wit", "c.wat"]);
    let err = bad(folder.path(), &["component", "targets", "old.wit", "c.wat", "-w", "a:b/w"], b"");
    assert!(err.contains("missing export named `run`") && err.contains("c.wat"), "{err}");
    let err = bad(folder.path(), &["component", "targets", "new.wit", "c.wat"], b"");
    let message =
        "import `f`, param `x`: type mismatch: `u8` in the component, and `u16` in the world";
    assert!(err.contains(message), "{err}");
    let args = ["component", "semver-check", "--prev", "old.wit", "--new", "new.wit"];
    let err = bad(folder.path(), &args, b"");
    assert!(err.contains("`u8` in the previous version, and `u16` in the new version"), "{err}");
    let refused = bad(folder.path(), &["component", "targets", "old.wit", "c.wat", "-w", "x"], b"");
    assert!(refused.contains("there is no world `x`; there are `w`"), "{refused}");
    let refused = bad(folder.path(), &["component", "targets", "old.wit", "-"], b"(module)");
    assert!(refused.contains("a component is expected, and this is a module"), "{refused}");
}

#[test]
fn files_are_formatted_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) =
        ("package   a:b;\n// c\ninterface i{}", "package a:b;\n// c\ninterface i {}\n");
    let broken = "package a:b; interface";
    std::fs::create_dir_all(folder.path().join("w/deps")).unwrap();
    for (name, text) in [
        ("w/a.wit", before),
        ("w/deps/b.wit", before),
        ("w/good.wit", after),
        ("w/bad.wit", broken),
        ("w/other.txt", before),
    ] {
        write(folder.path(), name, text);
    }
    let ran = wattle_in(folder.path(), &["fmt", "--check", "w"], b"");
    assert_eq!((ran.code, &*ran.out), (Some(1), "w/a.wit\nw/deps/b.wit\n"), "{ran:?}");
    assert!(ran.err.contains("w/bad.wit:"), "{ran:?}");
    assert_eq!(read(folder.path(), "w/a.wit"), before);

    let err = bad(folder.path(), &["fmt", "w"], b"");
    assert!(err.contains("w/bad.wit:") && !err.contains("w/a.wit"), "{err}");
    for (name, text) in [
        ("w/a.wit", after),
        ("w/deps/b.wit", after),
        ("w/good.wit", after),
        ("w/bad.wit", broken),
        ("w/other.txt", before),
    ] {
        assert_eq!(read(folder.path(), name), text, "{name}");
    }
    good(folder.path(), &["fmt", "--check", "w/a.wit", "w/deps"]);
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let ran = wattle(&["fmt", "-"], b"interface  i {}");
    assert_eq!((ran.code, &*ran.out), (Some(0), "interface i {}\n"), "{ran:?}");
    let ran = wattle(&["--json", "fmt", "--check", "-"], b"interface  i {}");
    assert_eq!((ran.code, &*ran.out), (Some(1), "{\"file\":\"<stdin>\"}\n"), "{ran:?}");
    assert_eq!(wattle(&["fmt", "--check", "-"], b"interface i {}\n").code, Some(0));
    assert_eq!(wattle(&["fmt"], b"").code, Some(2));
}

#[test]
fn binaries_are_not_formatted() {
    let folder = tempfile::tempdir().unwrap();
    let err = bad(folder.path(), &["fmt", "-"], b"\0asm\x01\0\0\0");
    assert!(err.contains("text is expected, and this is a binary"), "{err}");
    let err = bad(folder.path(), &["fmt", "none.wit"], b"");
    assert!(err.contains("cannot read none.wit"), "{err}");
}
