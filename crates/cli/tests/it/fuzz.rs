//! `wattle fuzz`, with engines that are this command itself: honest ones, by both protocols, and
//! one that lies.

use std::path::Path;

use crate::{Ran, WATTLE, wattle};

fn fuzz(folder: &Path, arguments: &[&str]) -> Ran {
    let folder = folder.to_str().unwrap();
    wattle(&[&["fuzz", "--json", "-o", folder], arguments].concat(), b"")
}

fn sum(map: &serde_json::Value) -> u64 {
    map.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

#[test]
fn our_own_command_agrees_by_the_line_protocol() {
    let folder = tempfile::tempdir().unwrap();
    let engine = format!("self='{WATTLE}' fuzz --serve");
    let output = fuzz(folder.path(), &["--engine", &engine, "--count", "150", "-j", "2"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let engine = &output.json()["engines"]["self"];
    assert!(engine["agreed"].as_u64().unwrap() > 120, "{engine}");
    assert_eq!(sum(&engine["findings"]), 0);
}

#[test]
fn our_own_command_agrees_call_by_call() {
    let folder = tempfile::tempdir().unwrap();
    let engine = format!("calls:default='{WATTLE}' run --invoke {{export}} {{wasm}} {{args}}");
    let output = fuzz(folder.path(), &["--engine", &engine, "--count", "12"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let engine = &output.json()["engines"]["calls"];
    assert!(engine["agreed"].as_u64().unwrap() >= 8, "{engine}");
}

#[test]
fn a_liar_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    // A result of 1 is reported as 3.
    let lie = r#"sed -u "s/\\[.0x1.\\]/[\"0x3\"]/""#;
    let engine = format!("liar=sh -c '{WATTLE} fuzz --serve | {lie}'");
    let arguments = ["--engine", &engine, "--count", "60", "--reports", "1", "--minimise", "5"];
    let output = fuzz(folder.path(), &arguments);
    assert_eq!(output.code, Some(1), "{output:?}");
    let counts = &output.json()["engines"]["liar"];
    assert!(counts["findings"]["value"].as_u64().unwrap() > 0, "{counts}");
    let found = std::fs::read_dir(folder.path()).unwrap().filter_map(Result::ok);
    let mut found = found.map(|entry| entry.path());
    let found = found.find(|path| path.display().to_string().ends_with("-liar-value"));
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
    // The configuration and the seed give the module again, and the small module is valid.
    let path = |name: &str| found.join(name).display().to_string();
    let seed = std::fs::read_to_string(path("seed")).unwrap();
    let generated = wattle(&["smith", "--config", &path("config.json"), seed.trim()], b"");
    assert_eq!(generated.bytes, std::fs::read(path("original.wasm")).unwrap());
    assert_eq!(wattle(&["validate", &path("repro.wat")], b"").code, Some(0));
}

#[test]
fn a_campaign_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let engine = format!("self='{WATTLE}' fuzz --serve");
    let engine = ["--engine", engine.as_str()];
    let first = fuzz(folder.path(), &[&engine[..], &["--count", "10"]].concat());
    assert_eq!(first.json()["modules"], 10);
    let again = fuzz(folder.path(), &[&engine[..], &["--count", "10"]].concat());
    assert_eq!(again.code, Some(2), "{again:?}");
    let more = fuzz(folder.path(), &[&engine[..], &["--count", "25", "--resume"]].concat());
    assert_eq!(more.json()["modules"], 25);
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
        assert_eq!(output.code, Some(2), "{arguments:?}: {output:?}");
    }
}

#[test]
fn an_engine_that_refuses_everything_stops_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let engine = "no:wasm1=sh -c 'echo unknown option -r >&2; exit 1' {wasm}";
    let output = fuzz(folder.path(), &["--engine", engine]);
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.err.contains("no fails on a module with an empty function"), "{output:?}");
    assert!(output.err.contains("unknown option -r"), "{output:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_command_may_call_all_exports() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "names=$('{WATTLE}' print --skeleton $0 | sed -n 's/.*(export \"\\(.*\\)\" .*/\\1/p'); \
         exec '{WATTLE}' run --invoke $names $0"
    );
    std::fs::write(folder.path().join("all.sh"), script).unwrap();
    let path = folder.path().join("all.sh").display().to_string();
    let engine = format!("all:wasm2=sh -c '. {path}' {{wasm}}");
    let output = fuzz(&folder.path().join("out"), &["--engine", &engine, "--count", "6"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.json()["engines"]["all"]["agreed"].as_u64().unwrap() >= 4, "{output:?}");
}

#[test]
fn an_interrupted_run_finds_nothing_and_goes_on() {
    use std::process::{Command, Stdio};
    for signal in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        // The signal ends the engine too, as on a terminal, where every process gets it.
        let engine = format!(
            "self=sh -c 'echo $$ >> {0}/ids; exec {WATTLE} fuzz --serve'",
            folder.path().display()
        );
        let out_text = out.to_str().unwrap();
        let args =
            ["fuzz", "--json", "-o", out_text, "--engine", &engine, "--count", "0", "-j", "2"];
        let child = Command::new(WATTLE).args(args).stdout(Stdio::piped()).spawn().unwrap();
        let ids = folder.path().join("ids");
        let engines = || std::fs::read_to_string(&ids).unwrap_or_default();
        while engines().lines().count() < 2 || !out.join("state.json").is_file() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let kill = |id: &str| {
            Command::new("kill").args(["-s", signal, id]).stderr(Stdio::null()).status().unwrap()
        };
        for id in engines().lines() {
            kill(id);
        }
        kill(&child.id().to_string());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let names = || std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names().collect::<Vec<_>>(), ["state.json"]);
        let stats: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let done = stats["modules"].as_u64().unwrap() + 5;
        let arguments = ["--engine", &engine, "--resume", "--count", &done.to_string()];
        let resumed = fuzz(&out, &arguments);
        assert_eq!(resumed.code, Some(0), "{resumed:?}");
        assert_eq!(resumed.json()["modules"], done);
    }
}

#[test]
fn the_recipe_for_wabt_works() {
    if std::process::Command::new("wasm-interp").arg("--version").output().is_err() {
        return wattle_tests::skip("the_recipe_for_wabt_works", "WABT is not there");
    }
    let folder = tempfile::tempdir().unwrap();
    let engine = "wabt:wasm2=wasm-interp {wasm} --run-all-exports";
    let output = fuzz(folder.path(), &["--engine", engine, "--count", "30"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let engine = &output.json()["engines"]["wabt"];
    assert!(engine["agreed"].as_u64().unwrap() >= 20, "{engine}");
}
