//! The documentation in binary packages.

use wattle_wit::docs::PackageDocs;
use wattle_wit::{Resolver, print};

#[test]
fn version_0_is_read() {
    let json = br#"{"interfaces":{"i":{"funcs":{"f":"text","g":null}}}}"#;
    let docs = PackageDocs::decode(&[&[0][..], json].concat()).unwrap();
    let funcs = &docs.interfaces.get("i").unwrap().funcs;
    assert_eq!(funcs.get("f").unwrap().docs.as_deref(), Some("text"));
    assert_eq!(funcs.get("g").unwrap().docs, None);
    for malformed in [&b""[..], b"\x02{}", b"\x01", b"\x01\"x\"", b"\x01{\"unknown\":1}"] {
        assert!(PackageDocs::decode(malformed).is_err(), "{malformed:?}");
    }
}

#[test]
fn the_feature_of_a_gate_can_be_a_keyword() {
    let text = "package a:b;\n\ninterface i {\n  @unstable(feature = %use)\n  f: func();\n}\n";
    let mut resolver = Resolver::new();
    resolver.all_features().file("a.wit", text);
    let resolved = resolver.resolve().unwrap();
    assert_eq!(print::package(resolved.model(), resolved.root()).unwrap(), text);
}

#[test]
fn an_empty_comment_is_empty_documentation() {
    for comment in ["/**/", "/***/", "///"] {
        let mut resolver = Resolver::new();
        resolver.file("a.wit", format!("package a:b;\n{comment}\ninterface i {{}}"));
        let resolved = resolver.resolve().unwrap();
        let interface = resolved.model().interface_by_name("a:b/i").unwrap();
        assert_eq!(resolved.model()[interface].docs.as_deref(), Some(""), "{comment}");
    }
}
