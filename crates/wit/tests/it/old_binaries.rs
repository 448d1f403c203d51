//! Binaries as older tools wrote them: packages in one type, sections `component-type` of version
//! 3, and published files.

use std::fs;

use wattle_ast::Features;
use wattle_ast::components::Component;
use wattle_wit::component_type::{self, StringEncoding};
use wattle_wit::decode::{Decoded, decode};
use wattle_wit::{Resolver, print};

use crate::peers;

fn component(text: &str) -> Component<'static> {
    let parser = wattle_wat::Parser::new().features(Features::ALL);
    parser.component(text).unwrap_or_else(|errors| panic!("{errors}")).component.into_owned()
}

/// A package in one type, as `wit-component` wrote packages before September 2023: an interface
/// that uses one of another package, an interface that uses that, and a world.
const WHOLE: &str = r#"(component
    (type $package (component
        (type $dep (instance (type $t (enum "on" "off")) (export "state" (type (eq $t)))))
        (import "dep:lamps/types@1.2.0" (instance $types (type $dep)))
        (alias export $types "state" (type $state))
        (type $lamp-type (instance
            (alias outer $package $state (type $outer))
            (export "state" (type $state (eq $outer)))
            (type $fields (record (field "state" $state) (field "name" string)))
            (export "lamp" (type $lamp (eq $fields)))
            (type $list (list $lamp))
            (export "lamps" (func (result $list)))))
        (export "foo:home/lamps" (instance (type $lamp-type)))
        (type $world (component
            (type $i (instance (export "now" (func (result u64)))))
            (import "clock" (instance (type $i)))
            (export "run" (func))))
        (export "foo:home/app" (component (type $world)))))
    (export "foo:home/wit" (type $package)))"#;

const TEXT: &str = "package foo:home;

interface lamps {
  use dep:lamps/types@1.2.0.{state};

  record lamp {
    state: state,
    name: string,
  }

  lamps: func() -> list<lamp>;
}

world app {
  import clock: interface {
    now: func() -> u64;
  }

  export run: func();
}

package dep:lamps@1.2.0 {
  interface types {
    enum state {
      on,
      off,
    }
  }
}
";

#[test]
fn a_package_in_one_type_is_that_with_a_type_for_each_item() {
    let old = decode(&component(WHOLE)).unwrap();
    assert_eq!(old.world, None);
    assert_eq!(print::whole(&old.model, old.package).unwrap(), TEXT);
    let new = decode(&old.model.package_type(old.package).unwrap()).unwrap();
    assert_eq!(print::whole(&new.model, new.package).unwrap(), TEXT);
    for (from, to, message) in [
        ("foo:home/app", "bar:home/app", "`foo:home` and `bar:home`"),
        ("(export \"foo:home/wit\" (type $package))", &double(), "foo:home/wit"),
    ] {
        let error = decode(&component(&WHOLE.replace(from, to))).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

/// Returns the text of two packages in one component.
fn double() -> String {
    String::from(
        r#"(export "foo:home/wit" (type $package)) (export "bar:home/wit" (type $package))"#,
    )
}

/// Decodes a section: the prefix before the component, and the component.
fn section(prefix: &[u8], component: &Component<'_>) -> Result<(String, StringEncoding), String> {
    let bytes = [prefix, b"\0asm"].concat();
    let (prefix, rest) = component_type::split(&bytes).map_err(|error| error.to_string())?;
    assert_eq!(rest, b"\0asm");
    let read = match prefix {
        Some(prefix) => prefix.decode(component),
        None => component_type::decode(component),
    };
    let read = read.map_err(|error| error.to_string())?;
    Ok((read.model.world_name(read.world), read.encoding))
}

#[test]
fn sections_of_version_3_have_packages_of_either_form() {
    let whole = component(WHOLE);
    let Decoded { model, package, .. } = decode(&whole).unwrap();
    let items = model.package_type(package).unwrap();
    let encodings = [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::CompactUtf16];
    for package in [whole, items] {
        for (code, encoding) in encodings.into_iter().enumerate() {
            let section = section(&[&[3, code as u8, 3], &b"app"[..]].concat(), &package);
            assert_eq!(section, Ok(("foo:home/app".into(), encoding)));
        }
        let error = section(b"\x03\x00\x05lamps", &package).unwrap_err();
        assert!(error.contains("`lamps` is not a world"), "{error}");
    }
    // A section of version 4 has its version in a custom section of the component.
    let world = r#"(type (component (type (component)) (export "a:b/w" (component (type 0)))))
        (export "w" (type 0))"#;
    for (custom, expected) in [
        (r#"(@custom "wit-component-encoding" "\04\02")"#, Ok(StringEncoding::CompactUtf16)),
        (
            r#"(@custom "wit-component-encoding" "\03\00")"#,
            Err("unknown version 3 or encoding 0 of strings"),
        ),
        (r#"(@custom "wit-component-encoding" "")"#, Err("unknown version 0 or encoding 0")),
        ("", Err("missing custom section `wit-component-encoding`")),
    ] {
        let component = component(&format!("(component {custom} {world})"));
        match (section(b"", &component), expected) {
            (Ok((name, found)), Ok(expected)) => {
                assert_eq!((name.as_str(), found), ("a:b/w", expected));
            }
            (Err(error), Err(words)) => assert!(error.starts_with(words), "{error}"),
            (found, expected) => panic!("{found:?}, {expected:?}"),
        }
    }
}

#[test]
fn published_components_have_worlds_that_are_read_again() {
    for (package, file, expected) in [
        ("wac-types", "tests/dummy_wasi_http@0.2.0.wasm", "wasi:http/incoming-handler@0.2.0"),
        ("wac-types", "tests/dummy_wasi_http@0.2.3.wasm", "wasi:http/incoming-handler@0.2.3"),
    ] {
        let bytes = fs::read(peers::package(package).join(file)).unwrap();
        let parser = wattle_parser::components::Parser::new();
        let Decoded { model, package, world } = decode(&parser.component(&bytes).unwrap()).unwrap();
        let exports = model[world.unwrap()].exports.keys().map(|key| model.key_name(key));
        assert_eq!(exports.collect::<Vec<_>>(), [expected], "{file}");
        let text = print::whole(&model, package).unwrap();
        let mut resolver = Resolver::new();
        resolver.file("a.wit", &text[..]);
        let again = resolver.resolve().unwrap_or_else(|errors| panic!("{file}: {errors}"));
        // The order of imports is that of the text.
        let printed = print::whole(again.model(), again.root()).unwrap();
        let sorted = |text: &str| -> Vec<String> {
            let mut lines: Vec<_> = text.lines().map(String::from).collect();
            lines.sort();
            lines
        };
        assert!(sorted(&printed) == sorted(&text), "{file}: {printed}");
    }
}

/// In the specification's own packages, an interface refers to a type of another one without a name
/// for it.
#[test]
fn a_type_that_an_interface_only_aliases_is_used() {
    let binary = component(
        r#"(component
          (type (export "types") (component
            (export "local:demo/types" (instance
              (export "file" (type $file (sub resource)))
              (export "[method]file.read" (func (param "self" (borrow $file)) (result u8)))))))
          (type (export "namespace") (component
            (import "local:demo/types" (instance $types (export "file" (type (sub resource)))))
            (alias export $types "file" (type $file))
            (export "local:demo/namespace" (instance
              (export "open" (func (param "name" string) (result (option (own $file)))))
              (export "close" (func (param "file" (own $file))))))))
          (type (export "taken") (component
            (import "local:demo/types" (instance $types (export "file" (type (sub resource)))))
            (alias export $types "file" (type $file))
            (export "local:demo/taken" (instance
              (export "other" (type $other (eq $file)))
              (export "file" (func (param "file" (borrow $file)))))))))"#,
    );
    let Decoded { model, package, .. } = decode(&binary).unwrap();
    let text = print::package(&model, package).unwrap();
    let namespace = "interface namespace {
  use types.{file};

  open: func(name: string) -> option<file>;

  close: func(file: file);
}
";
    let taken = "interface taken {
  use types.{file as other};

  file: func(file: borrow<other>);
}
";
    assert!(text.contains(namespace) && text.contains(taken), "{text}");
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text.clone());
    let again = resolver.resolve().unwrap();
    assert_eq!(print::package(again.model(), again.root()).unwrap(), text);
}

/// Returns the text of a package, which resolves to a package with the same text.
fn text_of(binary: &Component<'_>) -> String {
    let Decoded { model, package, .. } = decode(binary).unwrap();
    let text = print::whole(&model, package).unwrap();
    let mut resolver = Resolver::new();
    resolver.file("a.wit", text.clone());
    let again = resolver.resolve().unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    assert_eq!(print::whole(again.model(), again.root()).unwrap(), text);
    let binary = again.model().package_type(again.root()).unwrap();
    let decoded = decode(&binary).unwrap();
    assert_eq!(print::whole(&decoded.model, decoded.package).unwrap(), text);
    text
}

#[test]
fn a_type_of_an_interface_that_only_aliases_another_uses_it() {
    let binary = component(
        r#"(component
          (type (export "types") (component
            (export "local:demo/types" (instance
              (export "file" (type (sub resource)))
              (type $mode (enum "read" "write"))
              (export "mode" (type (eq $mode)))))))
          (type (export "entries") (component
            (import "local:demo/types" (instance $types
              (export "file" (type (sub resource)))
              (type $mode (enum "read" "write"))
              (export "mode" (type (eq $mode)))))
            (alias export $types "file" (type $file))
            (alias export $types "mode" (type $mode))
            (export "local:demo/entries" (instance
              (type $owned (own $file))
              (export "owned" (type $owned' (eq $owned)))
              (type $modes (list $mode))
              (type $entry (record (field "file" $owned') (field "modes" (option $modes))))
              (export "entry" (type $entry' (eq $entry)))
              (export "renamed" (type (eq $mode)))
              (export "first" (func (param "of" (borrow $file)) (result $entry')))))))
          (type (export "w") (component
            (export "local:demo/w" (component
              (import "local:demo/types" (instance $types
                (export "file" (type (sub resource)))
                (type $mode (enum "read" "write"))
                (export "mode" (type (eq $mode)))))
              (alias export $types "file" (type $file))
              (alias export $types "mode" (type $mode))
              (import "log" (func (param "mode" $mode)))
              (type $pair (tuple $mode $mode))
              (import "pair" (type $pair' (eq $pair)))
              (import "reader" (instance
                (type $modes (list $mode))
                (export "modes" (type $modes' (eq $modes)))
                (export "all" (func (result $modes')))))
              (export "run" (func (param "file" (own $file)) (result $pair'))))))))"#,
    );
    let text = text_of(&binary);
    let expected = "interface entries {
  use types.{file, mode as renamed};

  type owned = own<file>;

  record entry {
    file: owned,
    modes: option<list<renamed>>,
  }

  first: func(of: borrow<file>) -> entry;
}

world w {
  import types;
  import reader: interface {
    use types.{mode};

    type modes = list<mode>;

    all: func() -> modes;
  }
  use types.{mode, file};

  type pair = tuple<mode, mode>;
  import log: func(mode: mode);

  export run: func(file: file) -> pair;
}
";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn a_type_whose_name_is_taken_is_not_used_under_it() {
    let binary = component(
        r#"(component
          (type (export "types") (component
            (export "local:demo/types" (instance (export "file" (type (sub resource)))))))
          (type (export "taken") (component
            (import "local:demo/types" (instance $types (export "file" (type (sub resource)))))
            (alias export $types "file" (type $file))
            (export "local:demo/taken" (instance
              (type $t (own $file))
              (export "t" (type (eq $t)))
              (export "file" (func)))))))"#,
    );
    let Decoded { model, package, .. } = decode(&binary).unwrap();
    let error = print::package(&model, package).unwrap_err();
    let expected =
        "`t` refers to the type `file` of another interface, which text cannot name there";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn interfaces_that_use_each_other_have_no_text() {
    let binary = component(
        r#"(component
          (type (export "i") (component
            (import "a:b/j" (instance $j (type $u (enum "x")) (export "u" (type (eq $u)))))
            (alias export $j "u" (type $u))
            (export "a:b/i" (instance (type $t (enum "y")) (export "t" (type (eq $t))) (export "v" (type (eq $u)))))))
          (type (export "j") (component
            (import "a:b/i" (instance $i (type $t (enum "y")) (export "t" (type (eq $t)))))
            (alias export $i "t" (type $t))
            (export "a:b/j" (instance (type $u (enum "x")) (export "u" (type (eq $u))) (export "w" (type (eq $t))))))))"#,
    );
    let Decoded { model, package, .. } = decode(&binary).unwrap();
    let error = print::package(&model, package).unwrap_err();
    assert_eq!(error.to_string(), "interface or world `a:b/j` depends on itself");
}
