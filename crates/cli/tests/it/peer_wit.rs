//! The runs of `component wit` among the tests of `wasm-tools`, with its output.

use std::path::{Path, PathBuf};

use crate::{Ran, wattle_in};

/// The runs whose output differs from the peer's, each with the reason.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "component-wit-use-anonymous-type.wat",
        "a type that gets its name after its first use is refused by the peer, and written out here",
    ),
    (
        "nominal13.wit",
        "the copy for the export with a name of its own has the number after the other",
    ),
    ("nominal2.wit", NUMBERS),
    ("nominal3.wit", NUMBERS),
];

/// Runs after which the peer prints packages in the order that they had before an option changed their
/// dependencies. Here the order is that in which the output would be read again.
const REORDERED: &[&str] = &[
    "merge-semver-update-all-worlds.wit",
    "merge-with-similar-versions.wit[fix-transitive]",
    "merge-world-imports-fixup-exports.wit",
];

const NUMBERS: &str = "types without names have the numbers after those of their own interface";

/// A run of the peer's tests.
struct Run {
    file: PathBuf,
    name: String,
    command: String,
    must_fail: bool,
}

/// Returns the runs that the first lines of a file ask for.
fn runs(file: &Path) -> Vec<Run> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("// ").or_else(|| line.strip_prefix(";; ")));
    let mut runs = Vec::new();
    while let Some(line) = lines.next() {
        let must_fail = line.starts_with("FAIL");
        let Some(rest) = line.strip_prefix("RUN").or_else(|| line.strip_prefix("FAIL")) else {
            continue;
        };
        let (name, command) = match rest.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
            Some((name, command)) => (name, command),
            None => ("", rest.trim_start_matches(':')),
        };
        let mut command = command.to_owned();
        while command.ends_with('\\') {
            command.pop();
            command += lines.next().unwrap();
        }
        let (file, name) = (file.to_owned(), name.to_owned());
        runs.push(Run { file, name, command, must_fail });
    }
    runs
}

/// Returns the arguments that correspond to those of the peer. `None` if they are for another
/// command.
fn arguments(stage: &str, file: &str, folder: &str) -> Option<Vec<String>> {
    let mut words = stage.split_whitespace();
    let mut args: Vec<String> = match words.next()? {
        "validate" => vec!["validate".into()],
        "component" => match words.next()? {
            "wit" => vec!["--json".into(), "component".into(), "wit".into()],
            _ => return None,
        },
        _ => return None,
    };
    let mut is_json = false;
    while let Some(word) = words.next() {
        match word {
            "--json" => is_json = true,
            "-t" => args.push("--text".into()),
            "-f" => {
                args.push("--features".into());
                // This feature is added to those that are on.
                args.push(format!("default,{}", words.next()?));
            }
            "%" => args.push(file.into()),
            word => args.push(word.replace("%tmpdir", folder)),
        }
    }
    if !is_json && args.first().is_some_and(|word| word == "--json") {
        args.remove(0);
    }
    Some(args)
}

/// Returns the lines of an output, without blank ones.
fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim().is_empty()).collect()
}

#[test]
fn what_the_peer_shows_of_interfaces_is_shown() {
    let [package] = wattle_tests::packages::folders(["wasm-tools"]).unwrap();
    let folder = package.join("tests/cli");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut number, mut others, mut wrong) = (0, 0, Vec::new());
    let mut different = Vec::new();
    for file in files {
        let out = tempfile::tempdir().unwrap();
        let out_path = out.path().join("out").to_str().unwrap().to_owned();
        for run in runs(&file) {
            let is_help = run.command.contains(" -h") || run.command.contains("--help");
            if !run.command.contains("component wit") || is_help {
                continue;
            }
            let path = file.file_name().unwrap().to_str().unwrap();
            let stages = run.command.split(" | ").map(|stage| arguments(stage, path, &out_path));
            let stages = stages.collect::<Option<Vec<_>>>();
            let Some(stages) = stages else {
                others += 1;
                continue;
            };
            number += 1;
            let title = match run.name.is_empty() {
                true => path.to_owned(),
                false => format!("{path}[{}]", run.name),
            };
            let mut ran: Option<Ran> = None;
            for args in &stages {
                let args: Vec<&str> = args.iter().map(|arg| &arg[..]).collect();
                let input = ran.map_or(Vec::new(), |ran| ran.bytes);
                ran = Some(wattle_in(&folder, &args, &input));
            }
            let ran = ran.unwrap();
            let expected = match run.name.is_empty() {
                true => format!("{}.stdout", file.display()),
                false => format!("{}.{}.stdout", file.display(), run.name),
            };
            let expected = std::fs::read_to_string(expected).unwrap_or_default();
            // The printer has the layout of the formatter.
            let expected = wattle::wit::format::format(&expected).unwrap_or(expected);
            let is_alike = match run.must_fail {
                true => ran.code == Some(1),
                // The peer lists the files that it writes.
                false if run.command.contains("--out-dir") => ran.code == Some(0),
                // The peer's tests use one form of paths on all systems.
                false => {
                    let found = ran.out.replace('\\', "/");
                    let (mut found, mut expected) = (lines(&found), lines(&expected));
                    if REORDERED.contains(&&*title) {
                        found.sort_unstable();
                        expected.sort_unstable();
                    }
                    ran.code == Some(0) && found == expected
                }
            };
            if DIFFERENT.iter().any(|(known, _)| *known == title) {
                different.push(title.clone());
                assert!(!is_alike, "{title} is alike now");
            } else if !is_alike {
                wrong.push(format!(
                    "{title}: {}\n{}{}\n-- not\n{expected}",
                    run.command, ran.out, ran.err
                ));
            }
            let _ = run.file;
        }
    }
    println!(
        "{number} runs, {} different, {others} with other commands and options",
        different.len()
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(different.len(), DIFFERENT.len());
    assert!(number > 50, "{number}");
}
