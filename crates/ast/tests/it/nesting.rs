//! Deep components and types, on a small stack.

use wattle_ast::components::{
    Component, CoreType, Definition, Entries, Misplaced, RawSection, Scope, SectionId, Type,
    encode_entries, first_section,
};
use wattle_ast::{Features, Reader};

const DEPTH: usize = 100_000;

/// Runs `test` on a stack of 256 KiB.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(test).unwrap();
    thread.join().unwrap();
}

/// Types inside of one another: types of components and of instances by turns, and the type of a
/// module inside of the innermost.
fn deep_types() -> Component<'static> {
    let open = (0..DEPTH).map(|nth| match nth {
        _ if nth + 1 == DEPTH => Definition::CoreType(CoreType::Module),
        _ if nth % 2 == 0 => Definition::Type(Type::Component),
        _ => Definition::Type(Type::Instance),
    });
    open.chain((0..DEPTH).map(|_| Definition::End)).collect()
}

#[test]
fn types_nest_100_000_deep() {
    on_a_small_stack(|| {
        let component = deep_types();
        assert_eq!(component.check(), Ok(()));
        let (id, run) = first_section(&component.definitions).unwrap();
        assert_eq!((id, run.len()), (SectionId::Type, 2 * DEPTH));
        let mut content = Vec::new();
        encode_entries(id, run, &mut content);
        // A form, a count and, but for the outermost, a byte for the kind of declaration.
        assert_eq!(content.len(), 1 + 3 * DEPTH - 1);
        let mut reader = Reader::new(&content);
        let mut entries = Entries::begin(id, &mut reader).unwrap();
        let (mut definitions, mut deepest) = (Vec::new(), 0);
        while let Some(definition) = entries.next(&mut reader).unwrap() {
            deepest = deepest.max(entries.depth());
            definitions.push(definition);
        }
        assert_eq!(deepest, DEPTH);
        let read: Component<'_> = definitions.into_iter().collect();
        assert_eq!(read.clone(), component);
        let size = content.len() as u32;
        let mut bytes = vec![id.code()];
        wattle_ast::leb128::write_u32(&mut bytes, size);
        bytes.extend(&content);
        let raw = RawSection { id, bytes: bytes.into() };
        assert_eq!(raw.holds(&component.definitions), Some(2 * DEPTH));
    });
}

#[test]
fn types_that_are_cut_off_are_refused_at_any_depth() {
    on_a_small_stack(|| {
        let content = [&[1, 0x42, 1][..], &b"\x01\x42\x01".repeat(DEPTH)].concat();
        let mut reader = Reader::at(&content, 0, Features::ALL);
        let mut entries = Entries::begin(SectionId::Type, &mut reader).unwrap();
        let error = loop {
            match entries.next(&mut reader) {
                Ok(definition) => assert!(definition.is_some()),
                Err(error) => break error,
            }
        };
        assert_eq!(error, wattle_ast::Malformed::UnexpectedEnd);
    });
}

#[test]
fn components_nest_100_000_deep() {
    on_a_small_stack(|| {
        let component: Component<'_> = (0..DEPTH)
            .map(|_| Definition::Component)
            .chain((0..DEPTH).map(|_| Definition::End))
            .collect();
        assert_eq!(component.check(), Ok(()));
        assert_eq!(component.clone(), component);
        assert_ne!(component, deep_types());
    });
}

#[test]
fn a_definition_in_the_wrong_scope_is_found() {
    let module_type = Definition::CoreType(CoreType::Module);
    let canon = Definition::Canon(wattle_ast::components::Canon::TaskCancel);
    for (definitions, place) in [
        (vec![Definition::End], 0),
        (vec![Definition::Component], 1),
        (vec![Definition::Type(Type::Instance), Definition::Component], 1),
        (vec![module_type.clone(), Definition::Type(Type::Instance)], 1),
        (vec![module_type.clone(), module_type.clone()], 1),
        (vec![Definition::Component, canon.clone(), Definition::End, Definition::End], 3),
    ] {
        let component: Component<'_> = definitions.into_iter().collect();
        assert_eq!(component.check(), Err(Misplaced { place }));
    }
    assert!(Scope::Component.permits(&canon) && !Scope::ComponentType.permits(&canon));
}

/// [`Component::check`] refuses such a list, and it has no binary form, but writing it must not
/// panic.
#[test]
fn lists_without_structure_are_written_without_a_panic() {
    let open = Definition::Type(Type::Instance);
    let module = Definition::CoreType(CoreType::Module);
    let all = [open, module, Definition::Component, Definition::End, Definition::Component];
    let mut out = Vec::new();
    for nth in 0..all.len().pow(5) {
        let digits = (0..5).scan(nth, |rest, _| {
            let digit = *rest % all.len();
            *rest /= all.len();
            Some(all[digit].clone())
        });
        let list: Vec<_> = digits.collect();
        if let Some((id, run)) = first_section(&list) {
            encode_entries(id, run, &mut out);
        }
        out.clear();
    }
}

#[test]
fn one_section_holds_what_follows_without_another_between() {
    let value = |_| Definition::Type(Type::Prim(wattle_ast::components::PrimType::U8));
    let mut list: Vec<_> = (0..3).map(value).collect();
    list.insert(2, Definition::Component);
    list.insert(3, Definition::End);
    assert_eq!(first_section(&list), Some((SectionId::Type, &list[..2])));
    assert_eq!(first_section(&list[2..]), Some((SectionId::Component, &list[2..3])));
    assert_eq!(first_section(&list[3..]), None);
    assert_eq!(first_section(&list[4..]), Some((SectionId::Type, &list[4..])));
    assert_eq!(first_section(&[]), None);
}
