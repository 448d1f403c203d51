//! `wattle smith`: seeds, configurations and almost valid modules.

use crate::{Ran, wattle};

fn smith(args: &[&str]) -> Ran {
    wattle(&[&["smith"], args].concat(), b"")
}

#[test]
fn a_seed_gives_one_module_as_binary_and_text() {
    let binary = smith(&["7"]).bytes;
    assert_eq!(binary, smith(&["7"]).bytes);
    assert_ne!(binary, smith(&["8"]).bytes);
    let text = smith(&["7", "--text"]).out;
    assert_eq!(wattle::wat2wasm(&text).unwrap(), binary);
}

#[test]
fn a_printed_configuration_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let printed = smith(&["--print-config", "--traps", "--features", "wasm1"]).out;
    assert!(printed.contains("\"no_traps\": false"));
    std::fs::write(&file, &printed).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(smith(&["--config", file, "--print-config"]).out, printed);
    let made = smith(&["3", "--config", file]);
    assert_eq!(made.bytes, smith(&["3", "--traps", "--features", "wasm1"]).bytes);

    std::fs::write(folder.path().join("config.json"), "{\"max_func\": 3}").unwrap();
    let refused = smith(&["--config", file]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("max_func"), "{refused:?}");
}

#[test]
fn an_almost_valid_module_comes_with_the_broken_rule() {
    let made = smith(&["1", "--almost-valid"]);
    assert!(made.code == Some(0) && !made.bytes.is_empty(), "{made:?}");
    assert!(made.err.contains(": "), "{made:?}");
}
