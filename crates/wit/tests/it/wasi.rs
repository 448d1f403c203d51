//! The interfaces of WASI 0.2 and 0.3: real packages with much documentation and many gates.

use std::fs;
use std::path::{Path, PathBuf};

use wattle_wit::decode::decode;
use wattle_wit::format::format;
use wattle_wit::load::{System, load};
use wattle_wit::{Resolved, Resolver, print};

use crate::peers;

/// Returns the folders with the interfaces of WASI.
fn folders() -> [PathBuf; 2] {
    ["wasip2", "wasip3"].map(|name| peers::package(name).join("wit"))
}

fn resolve(folder: &Path) -> Resolved {
    let mut resolver = Resolver::new();
    resolver.all_features();
    load(&System, folder.to_str().unwrap(), &mut resolver).unwrap();
    resolver.resolve().unwrap_or_else(|errors| panic!("{}: {errors}", folder.display()))
}

/// Returns the lines of documentation in a text, sorted.
fn docs(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with("///"));
    let mut lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
    lines.sort();
    lines
}

#[test]
fn packages_keep_all_through_text_and_binary() {
    let (mut number, mut lines) = (0, 0);
    for folder in folders() {
        let resolved = resolve(&folder);
        let model = resolved.model();
        let text = print::whole(model, resolved.root()).unwrap();
        let mut again = Resolver::new();
        again.all_features().file("wasi.wit", &text[..]);
        let again = again.resolve().unwrap_or_else(|errors| panic!("{errors}\n{text}"));
        let again = again.model();
        for (id, package) in model.packages() {
            let same = again.package(&package.name).unwrap();
            let binary = model.package_binary(id).unwrap();
            assert_eq!(again.package_type(same), model.package_type(id), "{}", package.name);
            if package.interfaces.is_empty() && package.worlds.is_empty() {
                continue;
            }
            let decoded = decode(&binary).unwrap();
            let read = print::package(&decoded.model, decoded.package).unwrap();
            assert_eq!(read, print::package(model, id).unwrap(), "{}", package.name);
            assert_eq!(read, print::package(again, same).unwrap(), "{}", package.name);
            lines += docs(&read).len();
            number += 1;
        }
    }
    println!("{number} packages, {lines} lines of documentation");
    assert!(number >= 12 && lines > 3_000, "{number} packages, {lines} lines");
}

#[test]
fn no_line_of_documentation_is_lost() {
    for folder in folders() {
        let mut files = Vec::new();
        peers::wit_files(&folder, &mut files);
        let texts: Vec<String> =
            files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        let (mut written, mut lost) = (0, Vec::new());
        let resolved = resolve(&folder);
        let printed = docs(&print::whole(resolved.model(), resolved.root()).unwrap());
        for line in texts.iter().flat_map(|text| docs(text)) {
            written += 1;
            if printed.binary_search(&line).is_err() {
                lost.push(line);
            }
        }
        println!("{}: {written} lines, {} lost", folder.display(), lost.len());
        assert!(lost.is_empty(), "{}: {lost:#?}", folder.display());
        assert!(written > 1_000, "{written}");
    }
}

#[test]
fn files_are_formatted_once_and_for_all() {
    let mut number = 0;
    for folder in folders() {
        let mut files = Vec::new();
        peers::wit_files(&folder, &mut files);
        for path in files {
            let text = fs::read_to_string(&path).unwrap();
            let once = format(&text).unwrap();
            assert_eq!(format(&once).unwrap(), once, "{}", path.display());
            assert_eq!(docs(&once), docs(&text), "{}", path.display());
            number += 1;
        }
    }
    println!("{number} files");
    assert!(number >= 15, "{number}");
}
