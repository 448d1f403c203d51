//! The official test programs, which `cargo xtask wasi` fetches.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use wattle_runtime::{ErrorKind, Imports, Instance, Module, Store};
use wattle_wasi::{Output, Wasi};

/// The number of programs for preview 1.
const PROGRAMS: usize = 72;

/// Returns the programs of each language.
fn programs() -> Vec<PathBuf> {
    let root = wattle_tests::corpus::folder().join("wasi-testsuite");
    let mut programs = Vec::new();
    for language in ["assemblyscript", "c", "rust"] {
        let Ok(folder) = fs::read_dir(root.join(language).join("testsuite/wasm32-wasip1")) else {
            continue;
        };
        let files = folder.map(|entry| entry.unwrap().path());
        programs.extend(files.filter(|path| path.extension().is_some_and(|ext| ext == "wasm")));
    }
    programs.sort();
    programs
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, target) =
            entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

/// Runs a program as the JSON file beside it says, and compares its output and exit code with that
/// file.
fn run(program: &Path) -> Result<(), String> {
    let spec = match fs::read(program.with_extension("json")) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Err(_) => Json::Null,
    };
    let (stdout, stderr) = (Output::capture(), Output::capture());
    let name = program.file_name().unwrap().to_str().unwrap();
    let mut builder = Wasi::builder().arg(name).stdout(stdout.clone()).stderr(stderr.clone());
    for arg in spec["args"].as_array().into_iter().flatten() {
        builder = builder.arg(arg.as_str().unwrap());
    }
    for (name, value) in spec["env"].as_object().into_iter().flatten() {
        builder = builder.env(name, value.as_str().unwrap());
    }
    // Programs change their files, so each gets a copy.
    let room = tempfile::tempdir().unwrap();
    if let Some(root) = spec["root"].as_str() {
        copy(&program.with_file_name(root), room.path());
        builder = builder.dir(room.path(), "/").unwrap();
    }
    let bytes = fs::read(program).unwrap();
    let module = Module::new(wattle_parser::parse(&bytes).map_err(|e| e.to_string())?)
        .map_err(|e| e.to_string())?;
    let (mut store, mut imports) = (Store::new(()), Imports::default());
    builder.build().define(&mut imports);
    let instance = Instance::new(&mut store, &module, &imports).map_err(|e| e.to_string())?;
    let code = match instance.call(&mut store, "_start", &[]) {
        Ok(_) => 0,
        Err(error) => match error.kind() {
            ErrorKind::Exit(code) => *code,
            _ => {
                let said = String::from_utf8_lossy(&stderr.captured()).into_owned();
                return Err(format!("{error}\n{said}"));
            }
        },
    };
    let expected = spec["exit_code"].as_i64().unwrap_or(0);
    if i64::from(code) != expected {
        return Err(format!("exit code {code}, expected {expected}"));
    }
    let said = String::from_utf8_lossy(&stdout.captured()).into_owned();
    match spec["stdout"].as_str() {
        Some(expected) if said != expected => Err(format!("{said:?}, expected {expected:?}")),
        _ => Ok(()),
    }
}

#[test]
fn every_official_program_passes() {
    let programs = programs();
    if programs.is_empty() {
        return wattle_tests::skip(
            "every_official_program_passes",
            "test programs absent: run cargo xtask wasi",
        );
    }
    assert_eq!(programs.len(), PROGRAMS);
    let failures: Vec<_> = programs
        .iter()
        .filter_map(|program| Some(format!("{}: {}", program.display(), run(program).err()?)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
