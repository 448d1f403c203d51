//! The metadata of packages that cargo gives, and the folders of packages that cargo downloads but
//! never compiles.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The output of `cargo metadata` for this workspace.
///
/// The command unpacks every locked package, also those that no target depends on. It runs without
/// the network first. If that fails because a package is missing, it runs again with the network,
/// and downloads the package as for any build.
///
/// # Errors
///
/// When cargo fails; its own words are in the error.
pub fn metadata() -> Result<Value, String> {
    let printed = ask(true).or_else(|_| ask(false))?;
    serde_json::from_slice(&printed)
        .map_err(|error| format!("`cargo metadata` did not print JSON: {error}"))
}

/// The folders of the named packages, in the order of the names. If several versions of a package
/// are locked, its name is followed by a version: `name@1.2.3`.
///
/// # Errors
///
/// As [`metadata`], and when the workspace does not have exactly one package of a name.
pub fn folders<const N: usize>(names: [&str; N]) -> Result<[PathBuf; N], String> {
    let metadata = metadata()?;
    let mut folders = [const { PathBuf::new() }; N];
    for (folder, name) in folders.iter_mut().zip(names) {
        *folder = find(&metadata, name)?;
    }
    Ok(folders)
}

/// Runs `cargo metadata`.
fn ask(offline: bool) -> Result<Vec<u8>, String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--format-version", "1", "--locked", "--manifest-path"]);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    if offline {
        command.arg("--offline");
    }
    let output = command.output().map_err(|error| format!("cannot start cargo: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("`cargo metadata` failed, {}: {}", output.status, words.trim()))
}

/// The folder of the one package called `name`.
fn find(metadata: &Value, name: &str) -> Result<PathBuf, String> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (name, version) = name.split_once('@').map_or((name, None), |(n, v)| (n, Some(v)));
    let is_meant = |package: &&Value| {
        package["name"] == name && version.is_none_or(|version| package["version"] == version)
    };
    let mut found = packages.iter().filter(is_meant);
    let package = found.next().ok_or_else(|| format!("no package `{name}` is locked"))?;
    if let Some(other) = found.next() {
        let (one, other) = (&package["version"], &other["version"]);
        return Err(format!("package `{name}` is locked twice: {one} and {other}"));
    }
    let manifest = package["manifest_path"].as_str().map(Path::new);
    let folder = manifest.and_then(Path::parent).filter(|folder| folder.is_dir());
    folder.map(Path::to_owned).ok_or_else(|| format!("package `{name}` is locked but not unpacked"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_package_of_a_name_is_found() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let package =
            |name: &str| json!({"name": name, "version": "1.0.0", "manifest_path": manifest});
        let metadata = json!({"packages": [package("a"), package("b"), package("b")]});
        assert_eq!(find(&metadata, "a").unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")));
        assert!(find(&metadata, "b").unwrap_err().contains("locked twice"));
        assert!(find(&metadata, "c").unwrap_err().contains("no package `c`"));
        let gone = json!({"packages": [
            {"name": "a", "version": "1.0.0", "manifest_path": "no/such/folder/Cargo.toml"},
        ]});
        assert!(find(&gone, "a").unwrap_err().contains("not unpacked"));
    }
}
