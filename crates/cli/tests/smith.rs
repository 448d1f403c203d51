//! `wattle smith`: the same module of the same seed, and configurations that read back.

use std::process::{Command, Output};

fn smith(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wattle")).arg("smith").args(args).output().unwrap()
}

#[test]
fn a_seed_makes_the_same_module_as_binary_and_text() {
    let binary = smith(&["7"]).stdout;
    assert_eq!(binary, smith(&["7"]).stdout);
    assert_ne!(binary, smith(&["8"]).stdout);
    let text = String::from_utf8(smith(&["7", "--text"]).stdout).unwrap();
    assert_eq!(wattle::wat2wasm(&text).unwrap(), binary);
}

#[test]
fn a_printed_configuration_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let printed = smith(&["--print-config", "--traps", "--features", "wasm1"]).stdout;
    assert!(String::from_utf8_lossy(&printed).contains("\"no_traps\": false"));
    std::fs::write(&file, &printed).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(smith(&["--config", file, "--print-config"]).stdout, printed);
    let made = smith(&["3", "--config", file]);
    assert_eq!(made.stdout, smith(&["3", "--traps", "--features", "wasm1"]).stdout);

    std::fs::write(folder.path().join("config.json"), "{\"max_func\": 3}").unwrap();
    let refused = smith(&["--config", file]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("max_func"));
}

#[test]
fn an_almost_valid_module_comes_with_what_is_wrong() {
    let made = smith(&["1", "--almost-valid"]);
    assert!(made.status.success() && !made.stdout.is_empty());
    assert!(String::from_utf8_lossy(&made.stderr).contains(": "));
}
