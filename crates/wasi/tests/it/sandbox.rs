//! No path leads out of a directory that was opened for the program.

use std::os::unix::fs::symlink;

use crate::program::{ALL, CREAT, DIRECTORY, ENTRIES, Program, READ, errno};
use wattle_wasi::{Errno, Wasi};

/// Starts a program with the directory `inside`, and a secret file beside that directory.
fn program() -> (Program, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    std::fs::create_dir_all(folder.path().join("inside/sub/deep")).unwrap();
    std::fs::create_dir_all(folder.path().join("outside")).unwrap();
    std::fs::write(folder.path().join("inside/file"), "file").unwrap();
    let builder = Wasi::builder().dir(folder.path().join("inside"), ".").unwrap();
    (Program::new(builder), folder)
}

const PERM: Errno = Errno::PERM;

#[test]
fn paths_do_not_lead_out() {
    let (mut program, folder) = program();
    let absolute = folder.path().join("inside/file");
    let inside = folder.path().join("inside");
    symlink("../secret", inside.join("out")).unwrap();
    symlink(folder.path().join("secret"), inside.join("absolute")).unwrap();
    symlink("..", inside.join("up")).unwrap();
    symlink("/", inside.join("root")).unwrap();
    symlink("sub/../../secret", inside.join("through")).unwrap();
    symlink("out", inside.join("chain")).unwrap();
    symlink("loop", inside.join("loop")).unwrap();
    symlink("../../../outside", inside.join("sub/deep/nested")).unwrap();
    symlink("../file", inside.join("sub/within")).unwrap();
    symlink("sub/../file", inside.join("around")).unwrap();

    assert_eq!(program.slurp(3, "sub/within").unwrap(), "file");
    assert_eq!(program.slurp(3, "around").unwrap(), "file");
    assert_eq!(program.slurp(3, "sub/deep/../../file").unwrap(), "file");
    assert_eq!(program.slurp(3, "loop"), Err(errno(Errno::LOOP)));
    let out = [
        "..",
        "../",
        "../secret",
        "../inside/file",
        "sub/../../secret",
        "sub/deep/../../../secret",
        "./../secret",
        "out",
        "absolute",
        "chain",
        "through",
        "up/secret",
        "up",
        "root/etc/passwd",
        "root",
        "sub/deep/nested",
        "sub/deep/nested/x",
        "/etc/passwd",
        "/",
        "//file",
        absolute.to_str().unwrap(),
    ];
    for path in out {
        for (oflags, rights) in [(0, READ), (DIRECTORY, READ), (CREAT, ALL)] {
            let opened = program.open(3, path, oflags, rights);
            assert_eq!(opened, Err(errno(PERM)), "{path} {oflags}");
        }
        assert_eq!(program.stat(3, path, true), Err(errno(PERM)), "{path}");
    }
    for path in ["../new", "up/new", "/new", "sub/../../new"] {
        assert_eq!(program.at("path_create_directory", 3, path), Err(errno(PERM)), "{path}");
        assert_eq!(program.rename(3, "file", 3, path), Err(errno(PERM)), "{path}");
        assert_eq!(program.link(3, "file", 3, path), Err(errno(PERM)), "{path}");
        assert_eq!(program.symlink("file", 3, path), Err(errno(PERM)), "{path}");
        assert_eq!(program.open(3, path, CREAT, ALL), Err(errno(PERM)), "{path}");
    }
    for path in ["../secret", "up/secret"] {
        assert_eq!(program.at("path_unlink_file", 3, path), Err(errno(PERM)), "{path}");
        assert_eq!(program.rename(3, path, 3, "mine"), Err(errno(PERM)), "{path}");
        assert_eq!(program.link(3, path, 3, "mine"), Err(errno(PERM)), "{path}");
        program.put(1024, path.as_bytes());
        let set = [3, 1, 1024, path.len() as u64, 1, 1, 5];
        assert_eq!(program.call("path_filestat_set_times", &set), Err(errno(PERM)), "{path}");
    }
    assert_eq!(program.at("path_remove_directory", 3, "../outside"), Err(errno(PERM)));
    // A path may not leave a subdirectory either, even into the directory above that was opened.
    let sub = program.open(3, "sub", DIRECTORY, ENTRIES).unwrap();
    assert_eq!(program.slurp(sub, "../file"), Err(errno(PERM)));
    assert_eq!(program.slurp(sub, "within"), Err(errno(PERM)));
    assert_eq!(std::fs::read_dir(folder.path().join("outside")).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    assert_eq!(std::fs::read_to_string(folder.path().join("secret")).unwrap(), "secret");
}

#[test]
fn links_that_the_program_makes_do_not_lead_out() {
    let (mut program, folder) = program();
    assert_eq!(program.symlink("file", 3, "good"), Ok(()));
    assert_eq!(program.slurp(3, "good").unwrap(), "file");
    assert_eq!(program.readlink(3, "good", 100).unwrap(), "file");
    assert_eq!(program.readlink(3, "good", 2).unwrap(), "fi");
    assert_eq!(program.readlink(3, "file", 100), Err(errno(Errno::INVAL)));
    assert_eq!(program.stat(3, "good", false), Ok((4, 7)));
    assert_eq!(program.stat(3, "good", true), Ok((4, 4)));
    // A relative link that leads out can be made but not followed; an absolute one is refused.
    assert_eq!(program.symlink("../secret", 3, "bad"), Ok(()));
    assert_eq!(program.slurp(3, "bad"), Err(errno(PERM)));
    assert_eq!(program.symlink("/etc", 3, "worse"), Err(errno(PERM)));
    assert_eq!(program.symlink("..", 3, "sub/up"), Ok(()));
    assert_eq!(program.slurp(3, "sub/up/file").unwrap(), "file");
    assert_eq!(program.slurp(3, "sub/up/../secret"), Err(errno(PERM)));
    // Moving a link or its directory does not make it a way out.
    assert_eq!(program.rename(3, "sub/up", 3, "up"), Ok(()));
    assert_eq!(program.slurp(3, "up/secret"), Err(errno(PERM)));
    assert_eq!(program.rename(3, "up", 3, "sub/deep/up"), Ok(()));
    let deep = program.open(3, "sub/deep", DIRECTORY, ENTRIES).unwrap();
    assert_eq!(program.slurp(deep, "up/deep/../../file"), Err(errno(PERM)));
    // A directory that was moved after it was opened is still confined to itself.
    assert_eq!(program.rename(3, "sub/deep", 3, "deep"), Ok(()));
    assert_eq!(program.slurp(deep, "../file"), Err(errno(PERM)));
    // A link that is not followed cannot be opened.
    let nofollow = program.open_with(3, "good", false, 0, READ, 0);
    assert_eq!(nofollow, Err(errno(Errno::LOOP)));
    // Removing a link leaves its target.
    assert_eq!(program.at("path_unlink_file", 3, "bad"), Ok(()));
    assert_eq!(std::fs::read_to_string(folder.path().join("secret")).unwrap(), "secret");
}

#[test]
fn without_a_directory_there_are_no_files() {
    let mut program = Program::new(Wasi::builder());
    for fd in 0..8 {
        let opened = program.open(fd, "/etc/passwd", 0, READ).unwrap_err();
        assert!([errno(Errno::BADF), errno(Errno::NOTDIR)].contains(&opened), "{opened}");
    }
    for fd in [u32::MAX, 1 << 31] {
        assert_eq!(program.open(fd, "x", 0, READ), Err(errno(Errno::BADF)));
    }
}
