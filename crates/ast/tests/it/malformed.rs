//! Bytes that do not decode to definitions: each is refused with its phrase, at its place.

use wattle_ast::components::{Definition, Entries, SectionId, Type};
use wattle_ast::{Error, Feature, Features, Malformed, Reader};

/// The first error in the content of a section, and its place.
fn error(id: SectionId, content: &[u8], features: Features) -> Option<(Malformed, usize)> {
    let mut reader = Reader::at(content, 0, features);
    let mut read = || {
        let mut entries = Entries::begin(id, &mut reader)?;
        while entries.next(&mut reader)?.is_some() {}
        Ok(())
    };
    let result: Result<(), Malformed> = read();
    result.err().map(|error| (error, reader.pos()))
}

#[test]
fn codes_that_mean_nothing() {
    use Malformed as M;
    use SectionId as S;
    for (id, content, expected) in [
        (S::CoreInstance, &b"\x01\x02"[..], (M::CoreInstance, 1)),
        (S::CoreInstance, b"\x01\x00\x00\x01\x00\x00\x00", (M::InstantiationArg, 5)),
        (S::CoreInstance, b"\x01\x01\x01\x00\x05\x00", (M::CoreSort, 4)),
        (S::Instance, b"\x01\x02", (M::Instance, 1)),
        (S::Instance, b"\x01\x00\x00\x01\x00\x06\x00", (M::Sort, 5)),
        (S::Alias, b"\x01\x01\x03", (M::AliasTarget, 2)),
        (S::Alias, b"\x01\x05\x02\x00\x00", (M::OuterAliasSort, 1)),
        (S::Alias, b"\x01\x00\x13\x02\x00\x00", (M::CoreSort, 2)),
        (S::Alias, b"\x01\x00\x02\x02\x00\x00", (M::OuterAliasSort, 2)),
        (S::Alias, b"\x01\x01\x01\x00\x00", (M::Sort, 1)),
        (S::CoreType, b"\x01\x00\x60\x00\x00", (M::NonFinalSub, 2)),
        (S::CoreType, b"\x01\x50\x01\x04", (M::ModuleTypeDecl, 3)),
        (S::CoreType, b"\x01\x50\x01\x02\x00", (M::CoreAliasSort, 4)),
        (S::CoreType, b"\x01\x50\x01\x02\x10\x00", (M::CoreAliasTarget, 5)),
        // The type of a module cannot contain the type of a module.
        (S::CoreType, b"\x01\x50\x01\x01\x50\x00\x01", (M::DefinitionType, 6)),
        (S::CoreType, b"\x01\x50\x01\x01\x00\x50\x00", (M::DefinitionType, 4)),
        (S::Type, b"\x01\x3e", (M::ComponentType, 1)),
        (S::Type, b"\x01\x6c", (M::ComponentType, 1)),
        // A type must be defined before it is used, since no type stands inside of another.
        (S::Type, b"\x01\x70\x70\x7f", (M::ComponentValType, 2)),
        (S::Type, b"\x01\x71\x01\x01a\x02", (M::OptionalType, 5)),
        (S::Type, b"\x01\x71\x01\x01a\x00\x01", (M::CaseEnd, 6)),
        (S::Type, b"\x01\x3f\x7f\x02", (M::Destructor, 3)),
        (S::Type, b"\x01\x40\x00\x02", (M::FuncResults, 3)),
        (S::Type, b"\x01\x40\x00\x01\x01", (M::NumberOfResults, 4)),
        (S::Type, b"\x01\x41\x01\x05", (M::TypeDecl, 3)),
        (S::Type, b"\x01\x42\x01\x03\x00\x00\x01\x00", (M::TypeDecl, 3)),
        (S::Type, b"\x01\x72\x01\x01\xff\x7f", (M::Utf8, 3)),
        (S::Canon, b"\x01\x02\x80\x80\x80\x80\x10", (M::IntegerTooLarge, 6)),
        (S::Import, b"\x01\x03", (M::ComponentName, 1)),
        (S::Import, b"\x01\x00\x00\x06", (M::Sort, 3)),
        (S::Import, b"\x01\x00\x00\x00\x00", (M::Sort, 4)),
        (S::Import, b"\x01\x00\x00\x03\x02", (M::TypeBound, 4)),
        (S::Import, b"\x01\x00\x00\x02\x02", (M::ValueBound, 4)),
        (S::Import, b"\x01\x02\x00\x01\x03", (M::NameAttribute, 4)),
        (S::Import, b"\x01\x02\x00\x02\x00\x00\x00\x00", (M::DuplicateImplements, 6)),
        (S::Import, b"\x01\x02\x00\x02\x01\x00\x01\x00", (M::DuplicateVersionSuffix, 6)),
        (S::Import, b"\x01\x02\x00\x02\x02\x00\x02\x00", (M::DuplicateExternalId, 6)),
        (S::Export, b"\x01\x00\x00\x01\x00\x02", (M::OptionalExportType, 5)),
    ] {
        assert_eq!(error(id, content, Features::ALL), Some(expected), "{id}: {content:x?}");
    }
}

#[test]
fn an_error_says_what_the_byte_should_begin() {
    assert_eq!(Malformed::AliasTarget.to_string(), "invalid leading byte for alias");
    let mut error = Error::at(Malformed::AliasTarget, 7);
    error.found = Some("(0x3)".into());
    error.enable = Some(Feature::CmValues);
    let text = "invalid leading byte (0x3) for alias (cm-values is not enabled) at offset 0x7";
    assert_eq!(error.to_string(), text);
}

#[test]
fn forms_of_features_that_are_off() {
    use Malformed as M;
    use SectionId as S;
    for (feature, id, content, expected) in [
        (Feature::CmAsync, S::Type, &b"\x01\x43\x00\x01\x00"[..], (M::ComponentType, 1)),
        (Feature::CmAsync, S::Type, b"\x01\x66\x00", (M::ComponentType, 1)),
        (Feature::CmMap, S::Type, b"\x01\x63\x7d\x7d", (M::ComponentType, 1)),
        (Feature::CmFixedLengthLists, S::Type, b"\x01\x67\x7d\x02", (M::ComponentType, 1)),
        (Feature::CmErrorContext, S::Type, b"\x01\x70\x64", (M::ComponentValType, 2)),
        (Feature::CmValues, S::Alias, b"\x01\x02\x00\x00\x00", (M::Sort, 1)),
        (Feature::CmValues, S::Import, b"\x01\x00\x00\x02\x00\x00", (M::Sort, 3)),
        (
            Feature::CmImplements,
            S::Import,
            b"\x01\x02\x00\x01\x00\x00\x01\x00",
            (M::NameAttribute, 4),
        ),
        (
            Feature::CmCanonNames,
            S::Import,
            b"\x01\x02\x00\x01\x01\x00\x01\x00",
            (M::NameAttribute, 4),
        ),
    ] {
        assert_eq!(error(id, content, Features::ALL), None, "{id}: {content:x?}");
        let off = error(id, content, Features::ALL - feature.into());
        assert_eq!(off, Some(expected), "{feature}");
    }
    for (code, feature) in
        [(9, Feature::CmValues), (12, Feature::CmValues), (7, Feature::ComponentModel)]
    {
        let bytes = [code];
        let mut reader = Reader::at(&bytes, 0, Features::ALL - feature.into());
        assert_eq!(reader.read::<SectionId>(), Err(Malformed::SectionId));
        assert!(Reader::new(&bytes).read::<SectionId>().is_ok());
    }
    assert_eq!(Reader::new(&[13]).read::<SectionId>(), Err(Malformed::SectionId));
}

/// The reader returns the error before it allocates memory for the elements.
#[test]
fn counts_beyond_the_bytes_are_refused() {
    let count = b"\xff\xff\xff\xff\x0f";
    for (id, head) in [
        (SectionId::Type, &b"\x01\x72"[..]),
        (SectionId::Type, b"\x01\x6e"),
        (SectionId::Type, b"\x01\x6f"),
        (SectionId::Type, b"\x01\x40"),
        (SectionId::CoreType, b"\x01\x4e"),
        (SectionId::CoreInstance, b"\x01\x00\x00"),
        (SectionId::Instance, b"\x01\x01"),
        (SectionId::Canon, b"\x01\x1c"),
        (SectionId::Start, b"\x00"),
        (SectionId::Import, b"\x01\x02\x00"),
        (SectionId::Value, b"\x01\x7f"),
    ] {
        let content = [head, count].concat();
        let found = error(id, &content, Features::ALL);
        assert_eq!(found, Some((Malformed::LengthOutOfBounds, head.len())), "{id}: {head:x?}");
    }
    // Memory is not allocated by the number of definitions, so a large number is not an error by
    // itself.
    for content in [&b"\xff\xff\xff\xff\x0f"[..], b"\x01\x42\xff\xff\xff\xff\x0f"] {
        let found = error(SectionId::Type, content, Features::ALL);
        assert_eq!(found, Some((Malformed::UnexpectedEnd, content.len())));
    }
}

#[test]
fn a_reader_that_gets_more_bytes_can_try_again() {
    let content = b"\x01\x42\x02\x01\x70\x7f\x01\x6d\x01\x02ab";
    let mut reader = Reader::new(content);
    let mut entries = Entries::begin(SectionId::Type, &mut reader).unwrap();
    let mut whole = Vec::new();
    while let Some(definition) = entries.next(&mut reader).unwrap() {
        whole.push(definition);
    }
    let mut entries = Entries::begin(SectionId::Type, &mut Reader::new(content)).unwrap();
    let (mut start, mut end, mut read) = (1, 1, Vec::new());
    loop {
        let mut reader = Reader::new(&content[start..end]);
        match entries.next(&mut reader) {
            Ok(Some(definition)) => {
                start += reader.pos();
                read.push(definition);
            }
            Ok(None) => break,
            Err(_) => end += 1,
        }
    }
    assert_eq!((read, start), (whole.clone(), content.len()));
    assert_eq!(whole.len(), 4);
    assert_eq!(whole[0], Definition::Type(Type::Instance));
}
