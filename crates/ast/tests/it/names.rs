//! The names of imports and exports, labels, versions, and the name section.

use wattle_ast::components::{
    Accessor, InterfaceName, NamePart, Names, ParsedName, PlainName, Sort, Version,
};
use wattle_ast::{Encode, Error, Feature, Features, Malformed};

fn parse(name: &str) -> Result<ParsedName<'_>, wattle_ast::components::NameError> {
    ParsedName::parse(name, Features::ALL)
}

#[test]
fn each_form_in_its_parts() {
    let (accessor, resource, label) = (None, "r", "f");
    for (name, parts) in [
        ("a-B1", PlainName::Label { accessor, label: "a-B1" }),
        ("[get]f", PlainName::Label { accessor: Some(Accessor::Get), label }),
        ("[constructor]r", PlainName::Constructor { resource }),
        ("[method]r.f", PlainName::Method { accessor, resource, label }),
        ("[static]r.f", PlainName::Static { accessor, resource, label }),
        ("[method][set]r.f", PlainName::Method { accessor: Some(Accessor::Set), resource, label }),
        ("[static][get]r.f", PlainName::Static { accessor: Some(Accessor::Get), resource, label }),
    ] {
        assert_eq!(parse(name), Ok(ParsedName::Plain(parts)));
        assert_eq!(parts.to_string(), name);
    }
    for (name, namespace, package, interface, version) in [
        ("a:b/c", "a", "b", "c", None),
        ("a:b/C-d@1.2.3-rc.1+x", "a", "b", "C-d", Some(Version::Full("1.2.3-rc.1+x"))),
        ("a:b/c@0.2", "a", "b", "c", Some(Version::Canonical("0.2"))),
        ("a:b:c/d/e", "a:b", "c", "d/e", None),
    ] {
        let parts = InterfaceName { namespace, package, interface, version };
        assert_eq!(parse(name), Ok(ParsedName::Interface(parts)));
        assert_eq!(parts.to_string(), name);
    }
}

#[test]
fn the_part_that_is_wrong_is_named() {
    for (name, part, text) in [
        ("", NamePart::Label, ""),
        ("a_b", NamePart::Label, "a_b"),
        ("a@1", NamePart::Label, "a@1"),
        ("[constructor]", NamePart::Label, ""),
        ("[constructor][get]a", NamePart::Label, "[get]a"),
        ("[async]a", NamePart::Label, "[async]a"),
        ("[method]a", NamePart::ResourceFunc, "a"),
        ("[method]a.b.c", NamePart::Label, "b.c"),
        ("[static]1.b", NamePart::Label, "1"),
        ("A:b/c", NamePart::Namespace, "A"),
        (":b/c", NamePart::Namespace, ""),
        ("a:/c", NamePart::Package, ""),
        ("a:b", NamePart::Interface, "a:b"),
        ("a:b/", NamePart::Label, ""),
        ("a:b/c@", NamePart::Version, ""),
        ("a:b/c@1.2", NamePart::Version, "1.2"),
        ("a:b/c@01.0.0", NamePart::Version, "01.0.0"),
        ("a:b/c@1.0.0-01", NamePart::Version, "1.0.0-01"),
    ] {
        let error = parse(name).expect_err(name);
        assert_eq!((error.part, error.text.as_str(), error.enable), (part, text, None), "{name}");
    }
}

#[test]
fn forms_of_features_that_are_off_are_named() {
    for (name, feature) in [
        ("[get]a", Feature::CmAccessors),
        ("[method][set]a.b", Feature::CmAccessors),
        ("a:b:c/d", Feature::CmNestedNames),
        ("a:b/c/d", Feature::CmNestedNames),
        ("a:b/c@1", Feature::CmCanonNames),
    ] {
        assert!(parse(name).is_ok());
        let error = ParsedName::parse(name, Features::DEFAULT).expect_err(name);
        assert_eq!(error.enable, Some(feature));
        assert!(error.to_string().ends_with(&format!(" ({feature} is not enabled)")));
    }
}

/// The examples of the specification, and names that conflict with each of them.
#[test]
fn keys_tell_which_names_conflict() {
    let unique = [
        "foo",
        "foo-bar",
        "[constructor]foo",
        "[method]foo.bar",
        "[static]foo.baz",
        "foo:bar/baz",
        "[get]prop",
        "[set]prop",
        "[method][get]foo.prop",
        "[method][set]foo.prop",
        "[static][get]foo.prop-2",
        "[static][set]foo.prop-2",
        "[method]foo.get-prop",
        "[method]foo.set-prop",
    ];
    let key = |name| parse(name).unwrap().key();
    for (nth, name) in unique.iter().enumerate() {
        assert!(unique[..nth].iter().all(|other| key(other) != key(name)), "{name}");
    }
    for (name, conflicts) in [
        (
            "foo",
            &["FOO", "[method]foo.foo", "[get]foo", "[method][get]foo.foo", "[static][set]foo.FOO"]
                [..],
        ),
        (
            "foo-bar",
            &["foo-BAR", "foobar", "foob-ar", "[static]foobar.FOOBAR", "[static]foo-BAR.FOO-bar"],
        ),
        ("[constructor]foo", &["[constructor]FOO"]),
        ("[method]foo.bar", &["[method]foo.BAR", "[static]foo.bar"]),
        ("[static]foo.baz", &["[method]foo.baz"]),
        ("foo:bar/baz", &["foo:bar/BAZ", "f-o-o:b-ar/baz"]),
        ("[get]prop", &["prop"]),
        ("[set]prop", &["[set]PROP"]),
        (
            "[method][get]foo.prop",
            &["[method]foo.prop", "[static]foo.PROP", "[static][get]foo.prop"],
        ),
        ("[method][set]foo.prop", &["[method][set]foo.PROP", "[static][set]foo.prop"]),
    ] {
        for conflict in conflicts {
            assert_eq!(key(conflict), key(name), "{conflict} conflicts with {name}");
        }
    }
    assert_ne!(key("a:b/c@1.0.0"), key("a:b/c@1.0.1"));
}

#[test]
fn versions_split_where_compatibility_ends() {
    for (version, canonical, suffix) in [
        ("0.0.1+sha.5114f85", "0.0.1", "+sha.5114f85"),
        ("0.0.1-alpha", "0.0.1-alpha", ""),
        ("0.0.1-alpha+sha.5114f85", "0.0.1-alpha", "+sha.5114f85"),
        ("1.2.3-alpha", "1.2.3-alpha", ""),
        ("1.2.3", "1", ".2.3"),
        ("1.2.3+sha.5114f85", "1", ".2.3+sha.5114f85"),
        ("0.2.6", "0.2", ".6"),
        ("0.2.6+sha.5114f85", "0.2", ".6+sha.5114f85"),
        ("0.0.1", "0.0.1", ""),
        ("0.0.0", "0.0.0", ""),
    ] {
        assert_eq!(Version::split(version), Some((canonical, suffix)));
        assert!(Version::parse(canonical).is_some(), "{canonical}");
    }
    for text in
        ["", "0", "0.0", "01", "0.01", "1.2", "1.2.3.4", "1.2.3-", "1.2.3+", "1.2.x", "-1.0.0"]
    {
        assert_eq!(Version::parse(text), None, "{text}");
    }
}

#[test]
fn the_name_section_reads_back() {
    let mut names = Names::default();
    assert!(names.is_empty() && names.to_bytes().is_empty());
    names.component = Some("c".into());
    for (nth, sort) in (0..).zip(Sort::all()) {
        names.insert(sort, nth, "x".into());
        names.insert(sort, 200 + nth, "y".into());
        assert_eq!(names.of(sort, nth), Some(&"x".into()));
    }
    assert_eq!(names.of(Sort::CORE_FUNC, 9), None);
    let bytes = names.to_bytes();
    let read = Names::parse(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!(read.into_owned(), names);
}

#[test]
fn a_sort_may_come_twice_with_equal_names() {
    let once = [1, 5, 5, 1, 0, 1, b'i'];
    let names = Names::parse(&once).unwrap();
    assert_eq!(Names::parse(&[once, once].concat()), Ok(names.clone()));
    assert_eq!(names.to_bytes(), once);
    let listed: Vec<_> = names.iter().map(|(index, name)| (index.number(), &**name)).collect();
    assert_eq!(listed, [(0, "i")]);
}

#[test]
fn malformed_name_sections_are_refused_with_their_place() {
    for (bytes, error, at) in [
        (&[2, 0][..], Malformed::NameSubsection, 0),
        // The name of the component is not first.
        (&[1, 2, 1, 0, 0, 1, 0], Malformed::NameSubsection, 4),
        // Functions are named twice, in different ways.
        (&[1, 2, 1, 0, 1, 5, 1, 1, 0, 1, b'f'], Malformed::NameSubsection, 6),
        // The indices are not in ascending order.
        (&[1, 6, 1, 2, 1, 0, 1, 0], Malformed::NameSubsection, 6),
        (&[1, 2, 6, 0], Malformed::Sort, 2),
        (&[1, 3, 1, 0, 0], Malformed::NameSubsection, 4),
        (&[0, 9], Malformed::LengthOutOfBounds, 1),
    ] {
        assert_eq!(Names::parse(bytes), Err(Error::at(error, at)), "{bytes:?}");
    }
}
