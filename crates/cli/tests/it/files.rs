//! Reading and writing of files: standard input, links, permissions, signals.

use std::path::{Path, PathBuf};

use crate::{WATTLE, wattle, wattle_in};

const MODULE: &[u8] = b"(module (func $f (export \"f\")))";

fn names(folder: &Path) -> Vec<PathBuf> {
    folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_dash_is_standard_input() {
    let wasm = wattle(&["parse", "-"], MODULE).bytes;
    assert!(wasm.starts_with(b"\0asm"));
    for command in ["print", "dump", "objdump", "validate", "features", "strip", "parse"] {
        let ran = wattle(&[command, "-"], &wasm);
        assert_eq!(ran.code, Some(0), "{command}: {ran:?}");
    }
    assert_eq!(wattle(&["run", "-", "--invoke", "f"], MODULE).code, Some(0));
    let script = b"(module) (assert_return (invoke \"f\"))";
    let ran = wattle(&["wast", "-"], script);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.starts_with("<stdin>: 0 passed, 1 failed"), "{ran:?}");
    let configured = wattle(&["smith", "--config", "-", "--print-config"], b"{\"max_funcs\": 3}");
    assert_eq!(configured.json()["max_funcs"], 3);
    assert!(wattle(&["smith", "--bytes", "-"], b"some bytes").bytes.starts_with(b"\0asm"));
}

#[test]
fn standard_input_is_one_input() {
    let why = "cannot read <stdin>: it was read before: only one of the inputs can be `-`";
    for command in [
        &["diff", "-", "-"][..],
        &["component", "plug", "-", "--plug", "-"],
        &["component", "new", "-", "--adapt", "a=-"],
        &["component", "link", "-", "-"],
        &["wit", "-", "--merge", "-"],
    ] {
        let ran = wattle(command, b"(component)");
        let ran = if ran.err.contains("a module is") { wattle(command, MODULE) } else { ran };
        assert_ne!(ran.code, Some(0), "{command:?}");
        assert!(ran.err.contains(why), "{command:?}: {}", ran.err);
    }
}

#[test]
fn a_dash_is_standard_output() {
    let wasm = wattle(&["parse", "-o", "-"], MODULE).bytes;
    assert!(wasm.starts_with(b"\0asm"));
}

#[test]
fn json_is_what_every_command_prints_that_lists() {
    let rows = wattle(&["dump", "--json"], MODULE).out;
    let rows: Vec<serde_json::Value> =
        rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["bytes"], "0061736d01000000");
    assert_eq!((&rows[1]["offset"], &rows[1]["level"]), (&8.into(), &0.into()));
    assert_eq!(rows[1]["meaning"], "type section, 1 entry");
    let broken = wattle(&["smith", "--json", "--almost-valid", "--text"], b"").json_error();
    assert!(broken["broken"].as_str().is_some(), "{broken}");
    for arguments in [&["--json", "nope"][..], &["parse", "--json", "--indent", "3"], &["--json"]] {
        let ran = wattle(arguments, b"");
        assert_eq!(ran.code, Some(2));
        assert!(ran.json_error()["message"].as_str().is_some(), "{ran:?}");
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;

    #[test]
    fn links_are_followed_to_files_that_do_not_exist_yet() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("sub")).unwrap();
        symlink("sub/other", path("out.wasm")).unwrap();
        symlink("target.wasm", path("sub/other")).unwrap();
        for _ in ["new", "old"] {
            let ran = wattle_in(folder.path(), &["parse", "-o", "out.wasm"], MODULE);
            assert_eq!(ran.code, Some(0), "{ran:?}");
            assert!(path("out.wasm").is_symlink() && path("sub/other").is_symlink());
            assert!(fs::read(path("sub/target.wasm")).unwrap().starts_with(b"\0asm"));
        }
        symlink("loop", path("loop")).unwrap();
        let ran = wattle_in(folder.path(), &["parse", "-o", "loop"], MODULE);
        assert!(ran.code == Some(1) && ran.err.contains("symbolic links"), "{ran:?}");
    }

    #[test]
    fn permissions_stay_but_for_setuid() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out.wasm");
        for (before, after) in [(0o4755, 0o755), (0o2666, 0o666), (0o600, 0o600)] {
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, Permissions::from_mode(before)).unwrap();
            let ran = wattle_in(folder.path(), &["parse", "-o", "out.wasm"], MODULE);
            assert_eq!(ran.code, Some(0), "{ran:?}");
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o7777, after);
        }
    }

    /// A file whose path is so long that nothing can be created beside it, as in a folder that may
    /// not be written.
    fn file_in_full_folder(folder: &Path) -> PathBuf {
        let mut deep = folder.to_owned();
        const LONGEST: usize = 4095;
        let left = |deep: &Path| LONGEST - deep.as_os_str().len();
        while left(&deep) > 256 {
            deep.push("d".repeat(200));
        }
        deep.push("d".repeat(left(&deep) - 8));
        fs::create_dir_all(&deep).unwrap();
        deep.join("out")
    }

    #[test]
    fn a_file_is_written_where_none_can_be_created() {
        let folder = tempfile::tempdir().unwrap();
        let file = file_in_full_folder(folder.path());
        let path = file.to_str().unwrap();
        let ran = wattle(&["parse", "-o", path], MODULE);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        fs::write(&file, "precious").unwrap();
        let broken = wattle(&["print", "-o", path], b"\0asm\x01\0\0\0\x7f\x01\0");
        assert_eq!(broken.code, Some(1), "{broken:?}");
        assert_eq!(fs::read(&file).unwrap(), b"precious");
        let ran = wattle(&["parse", "-o", path], MODULE);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(fs::read(&file).unwrap(), wattle(&["parse"], MODULE).bytes);
    }

    #[test]
    fn output_that_cannot_be_written_is_an_error() {
        for arguments in [
            &["parse"][..],
            &["print"],
            &["dump"],
            &["objdump"],
            &["features", "--json"],
            &["strip"],
            &["run", "--invoke", "one", "-"],
            &["smith"],
            &["completion", "bash"],
        ] {
            let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let mut child = Command::new(WATTLE)
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(full)
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let text = b"(module (func (export \"one\") (result i32) (i32.const 1)))";
            let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), text);
            let output = child.wait_with_output().unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
            assert!(error.contains("cannot write to standard output"), "{arguments:?}: {error}");
        }
    }

    const SCRIPT: &str = "(module) (module) (module)";

    #[test]
    fn modules_of_a_script_do_not_stay_without_the_json() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("in.wast"), SCRIPT).unwrap();
        fs::create_dir(path("modules")).unwrap();
        fs::write(path("modules/out.1.wasm"), "precious").unwrap();
        let args = ["json-from-wast", "in.wast", "--wasm-dir", "modules", "-o"];
        let ran = wattle_in(folder.path(), &[&args[..], &["none/out.json"]].concat(), b"");
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.err.contains("cannot write none/out.json"), "{ran:?}");
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(WATTLE);
        let ran = command.args(args).arg("-").stdout(full).current_dir(folder.path()).output();
        assert_eq!(ran.unwrap().status.code(), Some(1));
        assert_eq!(names(&path("modules")), [path("modules/out.1.wasm")]);
        assert_eq!(fs::read(path("modules/out.1.wasm")).unwrap(), b"precious");
        let ran = wattle_in(folder.path(), &[&args[..], &["out.json"]].concat(), b"");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(names(&path("modules")).len(), 3);
        assert!(fs::read(path("modules/out.1.wasm")).unwrap().starts_with(b"\0asm"));
    }

    #[test]
    fn pages_of_the_manual_are_written_together() {
        let folder = tempfile::tempdir().unwrap();
        // One of the last pages cannot be written.
        fs::create_dir(folder.path().join("wattle.1")).unwrap();
        fs::create_dir(folder.path().join("wattle-wit.1")).unwrap();
        fs::create_dir(folder.path().join("wattle-parse.1")).unwrap();
        let ran = wattle_in(folder.path(), &["man", "--dir", "."], b"");
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert_eq!(names(folder.path()).len(), 3);
    }

    /// Nobody reads the pipe, so the command waits with everything else that it has written.
    #[test]
    fn a_signal_leaves_none_of_several_files() {
        let component = "(component (core module $m (func (export \"f\"))))";
        for args in [
            &["json-from-wast", "in.wast", "-o", "pipe"][..],
            &["component", "unbundle", "--module-dir", "m", "--threshold", "0", "-o", "pipe", "in"],
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("in.wast"), SCRIPT).unwrap();
            fs::write(folder.path().join("in"), component).unwrap();
            let pipe = folder.path().join("pipe");
            assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
            let mut child =
                Command::new(WATTLE).args(args).current_dir(folder.path()).spawn().unwrap();
            while names(folder.path()).len() == 3 {
                std::thread::sleep(Duration::from_millis(1));
                assert!(child.try_wait().unwrap().is_none(), "it ended before it wrote");
            }
            // Until it opens the pipe.
            std::thread::sleep(Duration::from_millis(200));
            let kill = ["-s", "TERM", &child.id().to_string()];
            assert!(Command::new("kill").args(kill).status().unwrap().success());
            let status = child.wait().unwrap();
            assert_eq!(status.signal(), Some(15), "{status:?}");
            assert_eq!(names(folder.path()).len(), 3, "{args:?}: {:?}", names(folder.path()));
        }
    }

    #[test]
    fn a_signal_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut text = b"(module".to_vec();
        text.extend_from_slice(&b"(func nop nop nop nop)".repeat(100_000));
        text.push(b')');
        fs::write(folder.path().join("in.wat"), text).unwrap();
        let status_after = |signal: &str| {
            let mut child = Command::new(WATTLE)
                .args(["print", "in.wat", "-o", "out.wat"])
                .current_dir(folder.path())
                .spawn()
                .unwrap();
            while names(folder.path()).len() == 1 {
                std::thread::sleep(Duration::from_millis(1));
                assert!(child.try_wait().unwrap().is_none(), "it ended before it wrote");
            }
            let kill = ["-s", signal, &child.id().to_string()];
            assert!(Command::new("kill").args(kill).status().unwrap().success());
            child.wait().unwrap()
        };
        for (name, number) in [("TERM", 15), ("INT", 2)] {
            let mut status = status_after(name);
            // On a busy machine, the command can finish before the signal arrives.
            for _ in 0..20 {
                if !status.success() {
                    break;
                }
                fs::remove_file(folder.path().join("out.wat")).unwrap();
                status = status_after(name);
            }
            assert_eq!(status.signal(), Some(number), "{status:?}");
            assert_eq!(names(folder.path()).len(), 1, "{:?}", names(folder.path()));
        }
    }
}
