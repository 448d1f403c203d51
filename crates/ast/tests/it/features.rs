//! Sets of features, their names and their presets.

use wattle_ast::{Feature, Features};

#[test]
fn presets_are_closed_under_implication() {
    for (name, set) in Features::PRESETS {
        assert_eq!(set, set.with_implied(), "{name}");
    }
}

/// The features of components that are on by default are those of `wasm-tools`.
#[test]
fn presets_of_modules_have_no_features_of_components() {
    use Feature as F;
    let on = [F::ComponentModel, F::CmAsync, F::CmMap, F::CmImplements];
    let of_components = |&feature: &Feature| {
        feature.implies().with_implied().contains(F::ComponentModel) || feature == F::ComponentModel
    };
    assert_eq!(Features::WASM3.iter().find(of_components), None);
    assert!(Features::DEFAULT.iter().filter(of_components).eq(on));
    assert_eq!(Features::ALL.iter().filter(of_components).count(), 17);
}

#[test]
fn all_is_every_feature() {
    assert_eq!(Features::ALL.iter().count(), Feature::ALL.len());
}

#[test]
fn names_are_kebab_case_and_read_back() {
    for &feature in Feature::ALL {
        let name = feature.to_string();
        let set = Features::parse(&name).map(|set| set.contains(feature));
        assert_eq!(set, Ok(true), "{feature}");
    }
    let error = Features::parse("gc,nonsense").unwrap_err();
    assert_eq!((error.word(), error.nearest()), ("nonsense", None));
    let error = Features::parse("-sign_extnsion").unwrap_err();
    assert_eq!((error.word(), error.nearest()), ("sign_extnsion", Some("sign-extension")));
    assert_eq!(Features::parse("wasn3").unwrap_err().nearest(), Some("wasm3"));
    assert_eq!(Features::parse("-simd"), Ok(Features::DEFAULT - Features::SIMD));
}
