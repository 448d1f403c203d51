//! The promises of the crates to their users: packages are complete, and error types implement
//! `Error`.

use std::fs;

use serde_json::Value;
use wattle_tests::{packages, root};

/// The packages that are published, as `cargo metadata` describes them.
fn published(metadata: &Value) -> impl Iterator<Item = &Value> {
    let packages = metadata["packages"].as_array().unwrap().iter();
    let own = |package: &&Value| {
        package["source"].is_null() && package["publish"].as_array().is_none_or(|to| !to.is_empty())
    };
    packages.filter(own)
}

#[test]
fn packages_are_complete() {
    let metadata = packages::metadata().unwrap();
    let mut faults = Vec::new();
    let mut count = 0;
    for package in published(&metadata) {
        count += 1;
        let name = package["name"].as_str().unwrap();
        let mut must = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{name} {what}"));
            }
        };
        let folder = package["manifest_path"].as_str().unwrap();
        let folder = std::path::Path::new(folder).parent().unwrap();
        for key in ["description", "license", "repository", "rust_version", "readme"] {
            must(package[key].is_string(), &format!("has no {key}"));
        }
        let (keywords, categories) = (&package["keywords"], &package["categories"]);
        must((3..=5).contains(&keywords.as_array().unwrap().len()), "has no 3 to 5 keywords");
        must((1..=5).contains(&categories.as_array().unwrap().len()), "has no categories");
        must(
            package["metadata"]["docs"]["rs"]["all-features"] == true,
            "hides features on docs.rs",
        );
        let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        must(readme.starts_with(&format!("# {name}\n")), "has a README with another title");
        for feature in package["features"].as_object().unwrap().keys() {
            let is_said = feature == "default" || readme.contains(&format!("`{feature}`"));
            must(is_said, &format!("has a README that does not mention the feature {feature}"));
        }
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let same = fs::read(folder.join(licence)).ok() == fs::read(root().join(licence)).ok();
            must(same, &format!("lacks {licence}"));
        }
        if let Ok(lib) = fs::read_to_string(folder.join("src/lib.rs")) {
            must(lib.contains("cfg_attr(docsrs, feature(doc_cfg))"), "has no feature badges");
        }
    }
    assert!(count >= 14, "{count} packages");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The text of each source file of a crate.
fn sources(folder: &std::path::Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// The word at the beginning of a text.
fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// The type for which a line implements `Error`.
fn implementor(line: &str) -> Option<&str> {
    let (_, ty) = line.split_once("error::Error for ")?;
    line.starts_with("impl").then(|| word(ty))
}

#[test]
fn errors_implement_error_and_are_types() {
    let mut faults = Vec::new();
    let mut types = 0;
    let facade = fs::read_to_string(root().join("crates/wattle/src/error.rs")).unwrap();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "cli" {
            continue;
        }
        let mut files = Vec::new();
        sources(&folder.join("src"), &mut files);
        let lines: Vec<&str> = files.iter().flat_map(|file| file.lines()).map(str::trim).collect();
        for line in &lines {
            let declared = ["pub struct ", "pub enum "].iter().find_map(|it| line.strip_prefix(it));
            if let Some(ty) = declared.map(word)
                && ["Error", "Errors", "Errno"].iter().any(|suffix| ty.ends_with(suffix))
            {
                types += 1;
                if !lines.iter().any(|line| implementor(line) == Some(ty)) {
                    faults.push(format!("{name}: {ty} does not implement Error"));
                }
            }
            // The facade converts from the errors of all crates that it includes.
            if let Some(ty) = implementor(line)
                && !["wattle", "differ"].contains(&name.as_str())
            {
                let (of_crate, of_type) = (format!("wattle_{name}::"), format!("::{ty})"));
                let is_variant = |line: &str| line.contains(&of_crate) && line.contains(&of_type);
                let known = facade.lines().any(is_variant)
                    || facade.contains(&format!("wattle_{name}::{ty} =>"))
                    || facade.contains(&format!("From<{ty}<E>>"));
                if !known {
                    faults.push(format!(
                        "{name}: {ty} does not convert into the error of the facade"
                    ));
                }
            }
            let untyped = [", String>", ", &str>", ", &'static str>", ", ()>"];
            let result =
                line.rsplit_once("-> ").map(|(_, result)| result.trim_end_matches([' ', '{']));
            if line.starts_with("pub fn ")
                && let Some(result) = result
                && result.contains("Result<")
                && (untyped.iter().any(|end| result.ends_with(end))
                    || result.contains(", (") && result.ends_with(")>"))
            {
                faults.push(format!("{name}: an error without a type: {line}"));
            }
        }
    }
    assert!(types >= 12, "{types} types of errors");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
