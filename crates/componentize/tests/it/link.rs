//! Linking: the peer's tests with libraries.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wattle_ast::components::{Component, CoreInstance, Definition};
use wattle_ast::{Features, Module};
use wattle_componentize::{LinkError, Linker};

use crate::components::{check, folders, has_option, interfaces, module, modules, name_of};
use crate::edits::{Outcome, Random, edit, is_valid};

/// The core modules of a test, and the options for linking them.
pub(crate) struct Test {
    /// The libraries, and whether they can be opened.
    libraries: Vec<(String, Module<'static>, bool)>,
    adapters: Vec<(String, Module<'static>)>,
    stubs: bool,
    libdl: bool,
    return_call_ref: bool,
}

impl Test {
    pub(crate) fn new(folder: &Path) -> Test {
        let interfaces = interfaces(folder);
        let mut libraries = Vec::new();
        for (prefix, is_openable) in [("lib-", false), ("dlopen-lib-", true)] {
            let modules = modules(folder, prefix).into_iter();
            libraries.extend(modules.map(|(path, name)| (path, name, is_openable)));
        }
        libraries.sort();
        let libraries = libraries.into_iter();
        let libraries = libraries
            .map(|(path, name, is_openable)| (name, module(&path, &interfaces), is_openable));
        let adapters = modules(folder, "adapt-").into_iter();
        Test {
            libraries: libraries.collect(),
            adapters: adapters.map(|(path, name)| (name, module(&path, &interfaces))).collect(),
            stubs: has_option(folder, "stub-missing-functions"),
            libdl: has_option(folder, "use-built-in-libdl"),
            return_call_ref: has_option(folder, "return-call-ref"),
        }
    }

    pub(crate) fn linker(self) -> Linker<'static> {
        let mut linker = Linker::new()
            .stub_missing_functions(self.stubs)
            .built_in_libdl(self.libdl)
            .return_call_ref(self.return_call_ref);
        for (name, module, is_openable) in self.libraries {
            linker = match is_openable {
                true => linker.openable(&name, module),
                false => linker.library(&name, module),
            };
        }
        for (name, module) in self.adapters {
            linker = linker.adapter(&name, module);
        }
        linker
    }
}

/// Returns the folders of tests with libraries: those that are to be built, and those that are to
/// be refused.
fn folders_with_libraries() -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut folders = folders();
    // `multi-package` has neither a module nor libraries.
    folders
        .retain(|folder| !folder.join("module.wat").exists() && name_of(folder) != "multi-package");
    folders.into_iter().partition(|folder| !folder.join("error.txt").exists())
}

#[test]
fn linked_components_are_valid_and_have_the_expected_worlds() {
    let (folders, _) = folders_with_libraries();
    for folder in &folders {
        let component = Test::new(folder).linker().finish();
        let component = component.unwrap_or_else(|error| panic!("{}: {error}", name_of(folder)));
        check(folder, &component);
    }
    assert_eq!(folders.len(), 27);
}

#[test]
fn edited_libraries_are_refused_or_become_valid_components() {
    let mut outcome = Outcome::default();
    let (folders, _) = folders_with_libraries();
    for folder in folders {
        let mut random = Random::new(outcome.count());
        for _ in 0..24 {
            let mut test = Test::new(&folder);
            // Whether functions may be missing decides about many of the edits.
            test.stubs ^= random.below(2) == 0;
            let edited = random.below(test.libraries.len());
            let module = &mut test.libraries[edited].1;
            edit(module, &NAMES, &mut random);
            if is_valid(module) {
                let linked = test.linker().validate(false).finish();
                outcome.check(linked.map_err(|error| error.to_string()), name_of(&folder));
            }
        }
    }
    outcome.done();
}

/// Names with a meaning for linkers.
const NAMES: [&str; 24] = [
    "env",
    "GOT.mem",
    "GOT.func",
    "$root",
    "memory",
    "__indirect_function_table",
    "__memory_base",
    "__table_base",
    "__stack_pointer",
    "__init_stack_pointer",
    "__heap_base",
    "__stack_high",
    "__asyncify_state",
    "__wasm_libdl_libraries",
    "__wasm_program_tls_info",
    "__wasm_library_tls_info",
    "__wasm_get_tls_base",
    "__wasm_set_stack_pointer",
    "__wasm_call_ctors",
    "__wasm_apply_data_relocs",
    "_initialize",
    "_start",
    "cabi_realloc",
    "__wasm_task_hook",
];

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
    let (_, folders) = folders_with_libraries();
    assert_eq!(folders.len(), expected.len());
    for (folder, (name, expected)) in folders.iter().zip(expected) {
        assert_eq!(name_of(folder), name);
        let error = Test::new(folder).linker().finish().unwrap_err();
        assert!(matches!(error, LinkError::Problems(_)), "{name}");
        assert_eq!(error.to_string(), expected, "{name}");
    }
}

/// The outline of a linked component.
#[derive(PartialEq, Eq, Debug)]
struct Outline {
    /// The libraries in the order in which they are instantiated, and from where they import.
    libraries: Vec<(String, BTreeSet<String>)>,
    /// The pages of the memory and the elements of the table of the main module.
    pages: u64,
    elems: u64,
}

impl Outline {
    /// Returns the outline of a component, without the modules that tie the others together.
    fn new(component: &Component<'_>, ties: &[&str]) -> Outline {
        let (mut modules, mut instances, mut all_names) = (Vec::new(), Vec::new(), None);
        let mut depth = 0;
        for definition in &component.definitions {
            depth += usize::from(definition.opens().is_some());
            depth -= usize::from(*definition == Definition::End);
            match definition {
                _ if depth > 0 => {}
                Definition::CoreModule(module) => modules.push(module),
                Definition::CoreInstance(CoreInstance::Instantiate { module, args }) => {
                    instances.push((*module, args));
                }
                Definition::Names(names) => all_names = Some(names),
                _ => {}
            }
        }
        let names = &all_names.unwrap().core_modules;
        let mut outline = Outline { libraries: Vec::new(), pages: 0, elems: 0 };
        for (number, args) in instances {
            let name = names.get(number).unwrap().to_string();
            let module = &modules[number.0 as usize];
            if name == "main" {
                outline.pages = module.memories.iter().next().unwrap().limits.min;
                outline.elems = module.tables.iter().next().unwrap().ty.limits.min;
            } else if !ties.contains(&name.as_str()) {
                let args = args.iter().map(|arg| arg.name.to_string()).collect();
                outline.libraries.push((name, args));
            }
        }
        outline
    }
}

/// The sizes of the table that differ: the peer's, and Wattle's.
const TABLES: [(&str, u64, u64); 10] = [
    // Functions of libraries that can be opened are in the table only if a library can open them.
    ("link-dl-openable", 4, 1),
    // Adapters and other libraries call `cabi_realloc` by way of the table, not of the shim.
    ("link-bare-funcs", 1, 2),
    ("link-no-cabi-realloc", 1, 2),
    ("realloc-task-hook-link", 2, 3),
    ("realloc-task-hook-link-no-cabi-realloc", 2, 3),
    ("return-call-ref-link", 1, 2),
    // The peer begins the part of a library that does not state its sizes at an even element.
    ("link-stubs", 2, 1),
    ("link-tag", 3, 2),
    ("link-thread-new-indirect", 2, 1),
    ("link-weak-import", 2, 1),
];

#[test]
fn linked_components_have_the_outline_of_the_peers() {
    let (mut same, mut larger, mut different) = (0, 0, Vec::new());
    for folder in folders_with_libraries().0 {
        let name = name_of(&folder);
        let ours = Test::new(&folder).linker().finish().unwrap();
        // Wattle instantiates adapters behind libraries, and the peer before them.
        let adapter = "wasi:cli/environment@0.2.0";
        let mut ours = Outline::new(&ours, &["shim", "fixup", "init", adapter]);
        let text = fs::read_to_string(folder.join("component.wat")).unwrap();
        let theirs = wattle_wat::Parser::new().features(Features::ALL).component(&text).unwrap();
        let adapter = format!("wit-component:adapter:{adapter}");
        let ties =
            ["wit-component-shim-module", "wit-component-fixup", "wit-component:stubs", &adapter];
        let mut theirs = Outline::new(&theirs.component, &ties);
        if let Some((_, of_theirs, of_ours)) = TABLES.iter().find(|(folder, ..)| *folder == name) {
            assert_eq!((theirs.elems, ours.elems), (*of_theirs, *of_ours), "{name}");
            theirs.elems = ours.elems;
        }
        // The peer has an empty table of libraries in memory, which takes a page of its own if
        // there is nothing but the stack of 16 pages.
        if (ours.pages, theirs.pages) == (16, 17) {
            theirs.pages = 16;
            larger += 1;
        }
        if name.starts_with("link-dl-openable-builtin-libdl") {
            // The peer's library of the same name needs `libc.so`, which nothing else does.
            theirs.libraries.retain(|(name, _)| name != "libc.so");
            for outline in [&mut theirs, &mut ours] {
                outline.libraries.retain(|(name, _)| name != "libdl.so");
            }
        }
        match ours == theirs {
            true => same += 1,
            false => different.push(format!("{name}\n{ours:?}\n{theirs:?}")),
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert_eq!((same, larger), (27, 11));
}
