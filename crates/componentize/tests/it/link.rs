//! Linking: the peer's tests with libraries.

use std::path::Path;

use wattle_componentize::{LinkError, Linker};

use crate::components::{check, folders, has_option, interfaces, module, modules, name_of};

/// What links the libraries of a test.
pub(crate) fn linker(folder: &Path) -> Linker<'static> {
    let interfaces = interfaces(folder);
    let read = |prefix: &str, is_openable: bool| {
        let mut found = Vec::new();
        for (path, name) in modules(folder, prefix) {
            let module = module(&path, &interfaces);
            found.push((path, name, module, is_openable));
        }
        found
    };
    let mut libraries = read("lib-", false);
    libraries.extend(read("dlopen-lib-", true));
    libraries.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let mut linker = Linker::new()
        .stub_missing_functions(has_option(folder, "stub-missing-functions"))
        .built_in_libdl(has_option(folder, "use-built-in-libdl"));
    for (_, name, module, is_openable) in libraries {
        linker = match is_openable {
            true => linker.openable(&name, module),
            false => linker.library(&name, module),
        };
    }
    for (_, name, module, _) in read("adapt-", false) {
        linker = linker.adapter(&name, module);
    }
    linker
}

#[test]
fn linked_components_are_valid_and_have_the_expected_worlds() {
    let mut built = 0;
    for folder in folders() {
        let has_libraries = !folder.join("module.wat").exists();
        if !has_libraries || folder.join("error.txt").exists() {
            continue;
        }
        let component = linker(&folder).finish();
        if name_of(&folder) == "multi-package" {
            // It has no core module at all, and the peer makes a component without content of it.
            assert!(matches!(component, Err(LinkError::NoRoot)));
            continue;
        }
        let component = component.unwrap_or_else(|error| panic!("{}: {error}", name_of(&folder)));
        check(&folder, &component);
        built += 1;
    }
    assert_eq!(built, 27);
}

#[test]
fn libraries_that_do_not_fit_are_refused_with_all_that_is_wrong() {
    let expected = [
        (
            "error-link-ctors-signature",
            "library `app.wasm`: type mismatch: export `__wasm_call_ctors` is (func (param i32)), \
             and has to be (func)",
        ),
        (
            "error-link-duplicate-initializers",
            "library `foo`: it exports both `__wasm_call_ctors` and `_initialize`, and only one can \
             initialize it",
        ),
        (
            "error-link-intrinsic-signature",
            "library `app.wasm`: type mismatch: import `env.__wasm_get_stack_pointer` is (func \
             (param i64) (result i32)), and has to be (func (result i32))",
        ),
        (
            "error-link-missing-needed",
            "library `foo`: missing library: it needs `bar` (add the library, as \"bar\"=FILE if its \
             file has another name)\n\
             library `foo`: missing symbol: it needs a function `bar` of type (func (param i32) \
             (result i32)) (without a library that has it, a call can be let trap: \
             --stub-missing-functions)",
        ),
        (
            "error-link-missing-symbols",
            "library `foo`: missing symbol: it needs a function `foo` of type (func (param i32) \
             (result i32)) (without a library that has it, a call can be let trap: \
             --stub-missing-functions)\n\
             library `foo`: missing symbol: it needs a function `bar` of type (func (param i32) \
             (result i32)) (without a library that has it, a call can be let trap: \
             --stub-missing-functions)",
        ),
        (
            "error-link-tag-type-mismatch",
            "library `foo`: missing symbol: it needs a tag `tag1` of type (func (param i32 i32)); \
             library `bar` has a tag `tag1` of type (func (param i32))\n\
             library `foo`: missing symbol: it needs a tag `tag2` of type (func (param i32)); \
             library `bar` has a tag `tag2` of type (func (param i32 i32))",
        ),
    ];
    let folders = folders();
    for (name, expected) in expected {
        let folder = folders.iter().find(|folder| name_of(folder) == name).unwrap();
        let error = linker(folder).finish().unwrap_err();
        assert!(matches!(error, LinkError::Problems(_)), "{name}");
        assert_eq!(error.to_string(), expected, "{name}");
    }
    let is_refused = |folder: &&std::path::PathBuf| {
        !folder.join("module.wat").exists() && folder.join("error.txt").exists()
    };
    assert_eq!(folders.iter().filter(is_refused).count(), expected.len());
}
