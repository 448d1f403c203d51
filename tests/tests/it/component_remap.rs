//! New indices for the definitions of components, in all components that packages have as text.

use std::fs;

use wattle::ast::components::{
    Component, CoreType, Definition, ExternDesc, Import, Sort, SortIdx, reindex,
};
use wattle::ast::{CoreModuleIdx, TypeIdx};
use wattle::validator::components::Validator;
use wattle::{Features, wat};
use wattle_tests::components::{texts, texts_of_wit_component};
use wattle_tests::suite;

/// Components that are well-formed, valid or not, each with its text.
fn all() -> Vec<(String, Component<'static>)> {
    let whole = texts_of_wit_component().into_iter().map(|path| fs::read_to_string(path).unwrap());
    let scripts = suite::component_files().iter().flat_map(|path| texts(&fs::read(path).unwrap()));
    let read = |text: String| {
        let parsed = wat::Parser::new().features(Features::ALL).component(&text).ok()?;
        let component = parsed.component.into_owned();
        Some((text, component))
    };
    whole.chain(scripts).filter_map(read).collect()
}

fn is_valid(component: &Component<'_>) -> bool {
    Validator::new().features(Features::ALL).component(component).is_ok()
}

#[test]
fn indices_that_stay_leave_a_component_as_it_is() {
    let mut seen = 0;
    for (_, component) in all() {
        let mut changed = component.clone();
        changed.reindex(|_, index| index);
        assert_eq!(changed, component);
        seen += 1;
    }
    assert!(seen >= 700, "{seen}");
}

#[test]
fn what_gets_a_new_index_is_what_a_definition_uses() {
    for (text, component) in all() {
        for definition in &component.definitions {
            // These definitions have indices that `uses` leaves out.
            let differs = matches!(
                definition,
                Definition::CoreType(CoreType::Sub(_) | CoreType::Rec(_)) | Definition::Names(_)
            );
            let is_outer = matches!(definition, Definition::Alias(alias) if definition.adds().is_some()
                && matches!(alias, wattle::ast::components::Alias::Outer { .. }));
            if differs || is_outer {
                continue;
            }
            let (mut used, mut renumbered) = (Vec::new(), Vec::new());
            definition.uses(|index| used.push(index));
            definition.clone().reindex(|sort, index| {
                renumbered.push(SortIdx::new(sort, index));
                index
            });
            if matches!(definition, Definition::CoreImportDecl(_) | Definition::CoreExportDecl(_)) {
                // References to types in tables and globals are not uses of a definition.
                used.iter().for_each(|index| assert!(renumbered.contains(index)));
            } else {
                assert_eq!(renumbered, used, "{definition:?} in {text}");
            }
        }
    }
}

#[test]
fn an_import_is_inserted_in_front_and_everything_follows() {
    let mut valid = 0;
    for (text, component) in all() {
        let mut changed = component.clone();
        let ty = [Definition::CoreType(CoreType::Module), Definition::End];
        let desc = ExternDesc::CoreModule(TypeIdx(0));
        let import = Import { name: "put-in-front-of-all".into(), ty: desc };
        changed.insert(0, ty.into_iter().chain([Definition::Import(import)])).unwrap();
        assert_eq!(is_valid(&changed), is_valid(&component), "{text}");
        valid += usize::from(is_valid(&component));
        // The change can be undone.
        changed.definitions.drain(..3);
        reindex(&mut changed.definitions, |sort, index| match SortIdx::new(sort, 0) {
            first if first == SortIdx::from(TypeIdx(0)) => index - 1,
            first if first == SortIdx::from(CoreModuleIdx(0)) => index - 1,
            _ => index,
        });
        assert_eq!(changed, component, "{text}");
    }
    assert!(valid >= 500, "{valid}");
}

#[test]
fn nothing_is_inserted_where_it_cannot_stand() {
    let text = "(component (component (type u8)) (type u16))";
    let mut component = wat::Parser::new().component(text).unwrap().component.into_owned();
    let before = component.clone();
    for place in [1, 2, 5, usize::MAX] {
        assert!(component.insert(place, [Definition::Component, Definition::End]).is_err());
    }
    let error = component.insert(3, [Definition::Component]).unwrap_err();
    assert_eq!(error.place, 4);
    assert_eq!(component, before);
    for place in [4, 3, 0] {
        component.insert(place, [Definition::Component, Definition::End]).unwrap();
        assert_eq!(component.check(), Ok(()));
    }
    let count =
        |sort: Sort| component.definitions.iter().filter(|it| it.adds() == Some((sort, 1))).count();
    assert_eq!(count(SortIdx::from(wattle::ast::ComponentIdx(0)).sort()), 4);
}
