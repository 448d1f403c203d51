//! The invariants of absence, checked: what the repository promises not to contain.

use std::fs;
use std::path::{Path, PathBuf};

use wattle_tests::root;

/// Every file of a kind that git would track, with its path from the root.
fn files(extension: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let skipped = ["target", ".git", "corpus", "artifacts"].contains(&name.as_str());
            if path.is_dir() && !skipped {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(root(), extension, &mut found);
    assert!(!found.is_empty(), "no .{extension} files below {}", root().display());
    found
}

/// Fails with every offender at once.
fn check(what: &str, offenders: Vec<String>) {
    assert!(offenders.is_empty(), "{what}:\n{}", offenders.join("\n"));
}

#[test]
fn every_file_says_what_lives_in_it() {
    let silent = files("rs").into_iter().filter(|(_, text)| !text.starts_with("//!"));
    let names = silent.map(|(path, _)| path.display().to_string()).collect();
    check("files that do not open with `//!`", names);
}

#[test]
fn no_file_but_the_table_is_long() {
    let long = files("rs").into_iter().filter(|(path, text)| {
        text.lines().count() > 1000 && !path.ends_with("instructions/table.rs")
    });
    check("files of over 1,000 lines", long.map(|(path, _)| path.display().to_string()).collect());
}

#[test]
fn no_unsafe_and_no_unfinished_code() {
    let words = ["unsafe ", "todo!(", "unimplemented!(", "#[ignore", "allow(dead_code)"];
    let mut offenders = Vec::new();
    for (path, text) in files("rs") {
        if path.ends_with("tests/tests/tidy.rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| code.contains(word)) {
                offenders.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    check("unsafe or unfinished code", offenders);
}

#[test]
fn crates_of_one_layer_do_not_know_each_other() {
    const LAYER: [&str; 6] = ["parser", "encoder", "printer", "wat", "validator", "smith"];
    let mut offenders = Vec::new();
    for name in LAYER {
        let manifest = root().join("crates").join(name).join("Cargo.toml");
        let Ok(text) = fs::read_to_string(&manifest) else { continue };
        let normal = text.split("[dev-dependencies]").next().unwrap_or_default();
        let normal = normal.split("[dependencies]").nth(1).unwrap_or_default();
        for other in LAYER {
            // The generator may know the validator's rules, nothing else may know anything.
            if other != name && normal.contains(&format!("wattle-{other}")) {
                offenders.push(format!("{name} depends on {other}"));
            }
        }
    }
    check("edges between crates of one layer", offenders);
}

#[test]
fn library_crates_have_few_dependencies() {
    let mut offenders = Vec::new();
    for name in
        ["ast", "syntax", "parser", "encoder", "printer", "wat", "validator", "runtime", "smith"]
    {
        let manifest = root().join("crates").join(name).join("Cargo.toml");
        let Ok(text) = fs::read_to_string(&manifest) else { continue };
        let normal = text.split("[dependencies]").nth(1).unwrap_or_default();
        let normal = normal.split("\n[").next().unwrap_or_default();
        let is_normal = |line: &&str| line.contains('=') && !line.contains("optional = true");
        let count = normal.lines().filter(is_normal).count();
        if count > 3 {
            offenders.push(format!("{name} has {count}"));
        }
        let lib = fs::read_to_string(manifest.with_file_name("src/lib.rs")).unwrap();
        for needed in ["#![no_std]", "#![forbid(unsafe_code)]"] {
            if !lib.contains(needed) {
                offenders.push(format!("{name} lacks {needed}"));
            }
        }
    }
    check("library crates that are not lean", offenders);
}

#[test]
fn no_library_but_wasi_and_differ_touches_the_system() {
    let words = ["std::fs", "std::net", "std::process", "std::env", "std::time"];
    let mut offenders = Vec::new();
    for (path, text) in files("rs") {
        let shown = path.display().to_string();
        let library = shown.contains("/crates/") && shown.contains("/src/");
        let may = ["/crates/cli/", "/crates/wasi/", "/crates/differ/"];
        if !library || may.iter().any(|folder| shown.contains(folder)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| code.contains(word)) {
                offenders.push(format!("{shown}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    check("libraries that touch the system", offenders);
}

#[test]
fn wasi_opens_no_file_by_a_path_of_the_system() {
    let ambient = files("rs").into_iter().filter(|(path, text)| {
        let shown = path.display().to_string();
        // A builder opens directories for the program, by the word of whoever runs it.
        shown.contains("/crates/wasi/src/")
            && !shown.ends_with("builder.rs")
            && (text.contains("ambient")
                || text.contains("fs::read")
                || text.contains("File::open"))
    });
    check("ambient authority", ambient.map(|(path, _)| path.display().to_string()).collect());
}

#[test]
fn no_second_list_of_mnemonics() {
    // A handful of names that nobody writes by chance; tests and docs may use them.
    let rare = [
        "\"i32.trunc_sat_f64_u\"",
        "\"i64.extend32_s\"",
        "\"f64.promote_f32\"",
        "\"i16x8.extmul_high_i8x16_u\"",
        "\"i64.atomic.rmw32.cmpxchg_u\"",
    ];
    let mut offenders = Vec::new();
    for (path, text) in files("rs") {
        let shown = path.display().to_string();
        let is_table = path.ends_with("instructions/table.rs");
        if is_table || shown.contains("/tests/") || shown.contains("/benches/") {
            continue;
        }
        offenders.extend(rare.iter().filter(|name| text.contains(**name)).map(|_| shown.clone()));
    }
    check("mnemonics outside of the table", offenders);
}

#[test]
fn no_build_scripts() {
    let scripts = files("rs").into_iter().filter(|(path, _)| path.ends_with("build.rs"));
    check("build scripts", scripts.map(|(path, _)| path.display().to_string()).collect());
}
