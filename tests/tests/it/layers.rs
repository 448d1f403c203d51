//! Checks that each crate depends only on the layers below, and that libraries are lean.

use std::fs;
use std::path::Path;

use serde_json::Value;
use wattle_tests::{packages, root};

use crate::tidy::check;

/// The crates by layer, each with the other crates that it may depend on.
const LAYERS: [&[(&str, &[&str])]; 3] = [
    &[("ast", &[]), ("abi", &["ast"]), ("syntax", &["ast"])],
    &[
        ("parser", &["ast"]),
        ("encoder", &["ast"]),
        ("numerics", &["ast"]),
        ("printer", &["ast", "syntax"]),
        ("validator", &["abi", "ast"]),
        ("smith", &["abi", "ast"]),
        ("wat", &["ast", "syntax"]),
        ("wit", &["abi", "ast", "syntax"]),
    ],
    &[
        ("runtime", &["ast", "numerics", "validator"]),
        ("script", &["ast", "parser", "runtime", "validator", "wat"]),
        ("wasi", &["runtime"]),
        ("componentize", &["abi", "ast", "encoder", "parser", "validator", "wit"]),
        ("inspect", &["ast", "parser", "printer"]),
        ("reduce", &["ast", "encoder", "parser", "printer", "smith", "validator", "wat"]),
        (
            "differ",
            &[
                "ast",
                "encoder",
                "parser",
                "printer",
                "reduce",
                "runtime",
                "smith",
                "validator",
                "wat",
            ],
        ),
        (
            "wattle",
            &[
                "ast",
                "componentize",
                "encoder",
                "inspect",
                "numerics",
                "parser",
                "printer",
                "runtime",
                "script",
                "smith",
                "syntax",
                "validator",
                "wasi",
                "wat",
                "wit",
            ],
        ),
    ],
];

/// Library crates that need the system; the others are `no_std`.
const WITH_STD: [&str; 3] = ["differ", "inspect", "wasi"];

/// Returns the crates below `crates/`: the name of each folder, and the metadata of its package.
fn crates(metadata: &Value) -> Vec<(&str, &Value)> {
    let packages = metadata["packages"].as_array().unwrap().iter();
    let members = metadata["workspace_members"].as_array().unwrap();
    let own = packages.filter(|package| members.contains(&package["id"]));
    let found: Vec<_> = own
        .filter_map(|package| {
            let folder = Path::new(package["manifest_path"].as_str()?).parent()?;
            let name = folder.strip_prefix(root().join("crates")).ok()?;
            Some((name.to_str()?, package))
        })
        .collect();
    assert!(found.len() >= 12, "{} crates", found.len());
    found
}

/// Returns the dependencies of a package, except those of its tests and its build script.
fn normal_dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    let all = package["dependencies"].as_array().unwrap().iter();
    all.filter(|dependency| dependency["kind"].is_null())
}

/// Returns the name of a crate of Wattle without `wattle-`; `None` for any other crate.
fn own_name(dependency: &Value) -> Option<&str> {
    let name = dependency["name"].as_str()?;
    if name == "wattle" { Some(name) } else { name.strip_prefix("wattle-") }
}

#[test]
fn crates_know_only_the_layers_below() {
    let metadata = packages::metadata().unwrap();
    let layer = |name: &str| LAYERS.iter().position(|rows| rows.iter().any(|row| row.0 == name));
    let mut offenders = Vec::new();
    for (name, package) in crates(&metadata) {
        if name == "cli" {
            continue;
        }
        let Some((_, known)) = LAYERS.iter().copied().flatten().find(|row| row.0 == name) else {
            offenders.push(format!("{name} is missing in the table of layers"));
            continue;
        };
        // A crate of the highest layer may depend on another crate of that layer.
        let is_below = |other: &str| layer(other) < layer(name) || layer(name) == Some(2);
        let allowed = |other: &str| {
            known.contains(&other)
                && (is_below(other) || matches!((name, other), ("abi" | "syntax", "ast")))
        };
        for other in normal_dependencies(package).filter_map(own_name) {
            if !allowed(other) {
                offenders.push(format!("{name} depends on {other}"));
            }
        }
    }
    check("edges between crates that should not be", offenders);
}

#[test]
fn library_crates_are_lean() {
    let metadata = packages::metadata().unwrap();
    let mut offenders = Vec::new();
    for (name, package) in crates(&metadata) {
        if name == "cli" {
            continue;
        }
        let foreign = normal_dependencies(package).filter(|dependency| {
            let always = dependency["optional"] == false && dependency["target"].is_null();
            always && own_name(dependency).is_none()
        });
        let count = foreign.count();
        if count > 3 {
            offenders.push(format!("{name} has {count} dependencies on every system"));
        }
        let lib = root().join("crates").join(name).join("src/lib.rs");
        let lib = fs::read_to_string(lib).unwrap();
        if !lib.contains("#![forbid(unsafe_code)]") {
            offenders.push(format!("{name} does not forbid `unsafe_code`"));
        }
        if lib.contains("#![no_std]") == WITH_STD.contains(&name) {
            offenders.push(format!("{name}: `no_std` and the list of crates with `std` differ"));
        }
    }
    check("library crates that are not lean", offenders);
}
