//! `wattle fuzz`, with engines that are this command itself: honest ones, by both protocols, and one
//! that lies.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output};

const WATTLE: &str = env!("CARGO_BIN_EXE_wattle");

fn fuzz(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(WATTLE);
    command.args(["fuzz", "--json", "-o"]).arg(folder).args(arguments);
    command.output().expect("the command runs")
}

fn stats(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{output:?}"))
}

fn sum(map: &serde_json::Value) -> u64 {
    map.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

#[test]
fn our_own_command_agrees_by_the_line_protocol() {
    let folder = tempfile::tempdir().unwrap();
    let engine = format!("self='{WATTLE}' fuzz --serve");
    let output = fuzz(folder.path(), &["--engine", &engine, "--count", "150", "-j", "2"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let engine = &stats(&output)["engines"]["self"];
    assert!(engine["agreed"].as_u64().unwrap() > 120, "{engine}");
    assert_eq!(sum(&engine["findings"]), 0);
}

#[test]
fn our_own_command_agrees_call_by_call() {
    let folder = tempfile::tempdir().unwrap();
    let engine = format!("calls:default='{WATTLE}' run --invoke {{export}} {{wasm}} {{args}}");
    let output = fuzz(folder.path(), &["--engine", &engine, "--count", "12"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let engine = &stats(&output)["engines"]["calls"];
    assert!(engine["agreed"].as_u64().unwrap() >= 8, "{engine}");
}

#[test]
fn a_liar_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    // Whoever gives 1 is said to give 3.
    let lie = r#"sed -u "s/\\[.0x1.\\]/[\"0x3\"]/""#;
    let engine = format!("liar=sh -c '{WATTLE} fuzz --serve | {lie}'");
    let arguments = ["--engine", &engine, "--count", "60", "--reports", "1", "--minimise", "5"];
    let output = fuzz(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let counts = &stats(&output)["engines"]["liar"];
    assert!(counts["findings"]["value"].as_u64().unwrap() > 0, "{counts}");
    let found = std::fs::read_dir(folder.path()).unwrap().filter_map(Result::ok);
    let found = found.map(|entry| entry.path()).find(|path| path.ends_with_value());
    let found = found.expect("there is a report");
    for name in ["module.wasm", "module.wat", "repro.wat", "original.wasm", "seed", "config.json"] {
        assert!(found.join(name).is_file(), "no {name} in {}", found.display());
    }
    let report = std::fs::read_to_string(found.join("report.md")).unwrap();
    assert!(report.contains("liar"), "{report}");
    let json = std::fs::read(found.join("report.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["difference"]["way"], "value");
    let size = |name: &str| std::fs::metadata(found.join(name)).unwrap().len();
    assert!(size("module.wasm") < size("original.wasm"), "nothing was minimised");
    // What is written leads back to the module.
    let made = Command::new(WATTLE)
        .args(["smith", "--config"])
        .arg(found.join("config.json"))
        .arg(std::fs::read_to_string(found.join("seed")).unwrap().trim())
        .output()
        .unwrap();
    assert_eq!(made.stdout, std::fs::read(found.join("original.wasm")).unwrap());
    let valid = Command::new(WATTLE).arg("validate").arg(found.join("repro.wat")).status();
    assert!(valid.unwrap().success());
}

trait EndsWithValue {
    fn ends_with_value(&self) -> bool;
}

impl EndsWithValue for std::path::PathBuf {
    fn ends_with_value(&self) -> bool {
        self.file_name().is_some_and(|name| name.to_string_lossy().ends_with("-liar-value"))
    }
}

#[test]
fn a_campaign_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let engine = format!("self='{WATTLE}' fuzz --serve");
    let engine = ["--engine", engine.as_str()];
    let first = fuzz(folder.path(), &[&engine[..], &["--count", "10"]].concat());
    assert_eq!(stats(&first)["modules"], 10);
    let again = fuzz(folder.path(), &[&engine[..], &["--count", "10"]].concat());
    assert_eq!(again.status.code(), Some(2), "{again:?}");
    let more = fuzz(folder.path(), &[&engine[..], &["--count", "25", "--resume"]].concat());
    assert_eq!(stats(&more)["modules"], 25);
}

#[test]
fn wrong_usage_is_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--engine", "nobody"][..],
        &["--engine", "x=false"],
        &["--engine", "x=no-such-command-anywhere"],
        &[],
    ] {
        let output = fuzz(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    }
}
