//! Files and directories, as a program works with them.

use crate::program::{ALL, CREAT, DIRECTORY, ENTRIES, EXCL, Program, READ, TRUNC, errno};
use wattle_wasi::{Errno, Wasi};

/// Starts a program with one directory, which is descriptor 3.
fn program() -> (Program, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let builder = Wasi::builder().dir(folder.path(), "/data").unwrap();
    (Program::new(builder), folder)
}

#[test]
fn reading_writing_and_seeking() {
    let (mut program, folder) = program();
    let fd = program.open(3, "a.txt", CREAT, ALL).unwrap();
    assert_eq!(fd, 4);
    assert_eq!(program.write(fd, "hello world"), Ok(11));
    assert_eq!(std::fs::read_to_string(folder.path().join("a.txt")).unwrap(), "hello world");
    assert_eq!(program.seek(fd, -5, 2), Ok(6));
    assert_eq!(program.read(fd, 100).unwrap(), "world");
    assert_eq!(program.read(fd, 100).unwrap(), "");
    assert_eq!(program.pread(fd, 3, 1).unwrap(), "ell");
    assert_eq!(program.pwrite(fd, "J", 0), Ok(1));
    assert_eq!(program.seek(fd, 0, 1), Ok(11));
    assert_eq!(program.call("fd_tell", &[fd.into(), 512]), Ok(()));
    assert_eq!(program.u64(512), 11);
    assert_eq!(program.seek(fd, -1, 0), Err(errno(Errno::INVAL)));
    assert_eq!(program.seek(fd, 0, 3), Err(errno(Errno::INVAL)));
    assert_eq!(program.seek(3, 0, 0), Err(errno(Errno::ISDIR)));
    assert_eq!(program.seek(1, 0, 0), Err(errno(Errno::SPIPE)));
    assert_eq!(program.pread(fd, 1, u64::MAX), Err(errno(Errno::INVAL)));
    for name in ["fd_sync", "fd_datasync"] {
        assert_eq!(program.call(name, &[fd.into()]), Ok(()));
    }
    assert_eq!(program.call("fd_filestat_set_size", &[fd.into(), 4]), Ok(()));
    assert_eq!(program.slurp(3, "a.txt").unwrap(), "Jell");
    assert_eq!(program.call("fd_allocate", &[fd.into(), 2, 8]), Ok(()));
    assert_eq!(program.stat(3, "a.txt", true), Ok((10, 4)));
    assert_eq!(program.call("fd_advise", &[fd.into(), 0, 0, 5]), Ok(()));
    assert_eq!(program.call("fd_advise", &[fd.into(), 0, 0, 6]), Err(errno(Errno::INVAL)));
    assert_eq!(program.close(fd), Ok(()));
    assert_eq!(program.close(fd), Err(errno(Errno::BADF)));
    assert_eq!(program.read(fd, 1), Err(errno(Errno::BADF)));
}

#[test]
fn a_call_fills_and_writes_several_buffers() {
    let (mut program, _folder) = program();
    let fd = program.open(3, "f", CREAT, ALL).unwrap();
    program.put(100, b"onetwo");
    let records = [100_u32, 3, 0, 0, 103, 3].map(u32::to_le_bytes).concat();
    program.put(200, &records);
    assert_eq!(program.call("fd_write", &[fd.into(), 200, 3, 300]), Ok(()));
    assert_eq!(program.u32(300), 6);
    program.seek(fd, 0, 0).unwrap();
    let records = [400_u32, 2, 500, 0, 402, 10].map(u32::to_le_bytes).concat();
    program.put(200, &records);
    assert_eq!(program.call("fd_read", &[fd.into(), 200, 3, 300]), Ok(()));
    assert_eq!((program.u32(300), program.get(400, 6)), (6, b"onetwo".to_vec()));
}

#[test]
fn flags_and_rights_of_open() {
    let (mut program, folder) = program();
    std::fs::create_dir(folder.path().join("dir")).unwrap();
    std::fs::write(folder.path().join("file"), "text").unwrap();
    let cases = [
        ("none", 0, Err(Errno::NOENT)),
        ("file", CREAT | EXCL, Err(Errno::EXIST)),
        ("new", CREAT | EXCL, Ok(())),
        ("file", DIRECTORY, Err(Errno::NOTDIR)),
        ("dir", DIRECTORY, Ok(())),
        ("dir", DIRECTORY | CREAT, Err(Errno::INVAL)),
        ("file/", 0, Err(Errno::NOTDIR)),
        ("file/x", 0, Err(Errno::NOTDIR)),
        ("dir/none/x", 0, Err(Errno::NOENT)),
        ("", 0, Err(Errno::NOENT)),
        ("a\0b", 0, Err(Errno::INVAL)),
        ("file", 16, Err(Errno::INVAL)),
        ("file", TRUNC, Ok(())),
    ];
    for (path, oflags, expected) in cases {
        let rights = if oflags & DIRECTORY == 0 && path != "none" { ALL } else { READ };
        let got = program.open(3, path, oflags, rights).map(drop);
        assert_eq!(got, expected.map_err(errno), "{path} {oflags}");
    }
    assert_eq!(program.stat(3, "file", true), Ok((0, 4)));
    assert_eq!(program.open(3, &"n".repeat(300), 0, READ), Err(errno(Errno::NAMETOOLONG)));
    assert_eq!(program.open(77, "file", 0, READ), Err(errno(Errno::BADF)));
    assert_eq!(program.open(1, "file", 0, READ), Err(errno(Errno::NOTDIR)));
    // A file that was opened for reading cannot be written.
    let fd = program.open(3, "file", 0, READ).unwrap();
    assert_eq!(program.write(fd, "x"), Err(errno(Errno::NOTCAPABLE)));
    let fd = program.open_with(3, "file", true, 0, ALL, 32);
    assert_eq!(fd, Err(errno(Errno::INVAL)));
}

#[test]
fn appending() {
    let (mut program, folder) = program();
    std::fs::write(folder.path().join("log"), "1").unwrap();
    let fd = program.open_with(3, "log", true, 0, ALL, 1).unwrap();
    program.write(fd, "2").unwrap();
    program.seek(fd, 0, 0).unwrap();
    program.write(fd, "3").unwrap();
    assert_eq!(program.slurp(3, "log").unwrap(), "123");
    // The flag can be set after opening.
    let fd = program.open(3, "log", 0, ALL).unwrap();
    assert_eq!(program.call("fd_fdstat_set_flags", &[fd.into(), 1]), Ok(()));
    program.write(fd, "4").unwrap();
    assert_eq!(program.slurp(3, "log").unwrap(), "1234");
    program.call("fd_fdstat_get", &[fd.into(), 600]).unwrap();
    assert_eq!(program.get(600, 4), [4, 0, 1, 0]);
    // Every flag can be set and taken off again.
    for flags in [31, 0, 1, 2, 4, 8, 16, 0] {
        assert_eq!(program.call("fd_fdstat_set_flags", &[fd.into(), flags]), Ok(()));
        program.call("fd_fdstat_get", &[fd.into(), 600]).unwrap();
        assert_eq!(program.get(602, 2), [flags as u8, 0]);
    }
    program.seek(fd, 0, 0).unwrap();
    program.write(fd, "0").unwrap();
    assert_eq!(program.slurp(3, "log").unwrap(), "0234");
    assert_eq!(program.call("fd_fdstat_set_flags", &[fd.into(), 64]), Err(errno(Errno::INVAL)));
}

#[test]
fn rights_only_shrink() {
    let (mut program, _folder) = program();
    let fd = program.open(3, "f", CREAT, ALL).unwrap();
    program.call("fd_fdstat_get", &[fd.into(), 600]).unwrap();
    let (base, inheriting) = (program.u64(608), program.u64(616));
    assert_ne!(base & (1 << 6), 0);
    let fewer = base & !(1 << 6);
    assert_eq!(program.call("fd_fdstat_set_rights", &[fd.into(), fewer, inheriting]), Ok(()));
    assert_eq!(program.write(fd, "x"), Err(errno(Errno::NOTCAPABLE)));
    let more = program.call("fd_fdstat_set_rights", &[fd.into(), base, inheriting]);
    assert_eq!(more, Err(errno(Errno::NOTCAPABLE)));
}

#[test]
fn directories() {
    let (mut program, folder) = program();
    assert_eq!(program.at("path_create_directory", 3, "d"), Ok(()));
    assert_eq!(program.at("path_create_directory", 3, "d"), Err(errno(Errno::EXIST)));
    assert_eq!(program.at("path_create_directory", 3, "d/e/"), Ok(()));
    for number in 0..100 {
        std::fs::write(folder.path().join(format!("d/name {number}")), "").unwrap();
    }
    let fd = program.open(3, "d", DIRECTORY, ENTRIES).unwrap();
    for room in [4096, 100, 64] {
        let mut names = program.names(fd, room).unwrap();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 103, "{room}");
        assert!(names.contains(&"name 42".to_owned()) && names[0] == ".");
    }
    assert_eq!(program.names(1, 100), Err(errno(Errno::NOTDIR)));
    assert_eq!(program.at("path_remove_directory", 3, "d"), Err(errno(Errno::NOTEMPTY)));
    assert_eq!(program.at("path_remove_directory", 3, "d/name 1"), Err(errno(Errno::NOTDIR)));
    assert_eq!(program.at("path_unlink_file", 3, "d/name 1"), Ok(()));
    assert_eq!(program.at("path_unlink_file", 3, "d/name 1"), Err(errno(Errno::NOENT)));
    assert!(program.at("path_unlink_file", 3, "d/e").is_err());
    assert_eq!(program.at("path_remove_directory", fd, "e"), Ok(()));
    assert_eq!(program.read(fd, 10), Err(errno(Errno::ISDIR)));
    assert_eq!(program.rename(3, "d/name 2", 3, "moved"), Ok(()));
    assert_eq!(program.rename(3, "d/name 2", 3, "moved"), Err(errno(Errno::NOENT)));
    assert_eq!(program.link(3, "moved", fd, "hard"), Ok(()));
    assert_eq!(program.stat(3, "d/hard", false), Ok((0, 4)));
    assert_eq!(program.stat(3, "d", false).map(|(_, ty)| ty), Ok(3));
}

#[test]
fn directories_opened_for_the_program() {
    let (mut program, _folder) = program();
    assert_eq!(program.call("fd_prestat_get", &[3, 512]), Ok(()));
    assert_eq!(program.u64(512), 5 << 32);
    assert_eq!(program.call("fd_prestat_dir_name", &[3, 600, 5]), Ok(()));
    assert_eq!(program.get(600, 5), b"/data");
    let short = program.call("fd_prestat_dir_name", &[3, 600, 4]);
    assert_eq!(short, Err(errno(Errno::NAMETOOLONG)));
    assert_eq!(program.call("fd_prestat_get", &[4, 512]), Err(errno(Errno::BADF)));
    let fd = program.open(3, ".", DIRECTORY, READ).unwrap();
    assert_eq!(program.call("fd_prestat_get", &[fd.into(), 512]), Err(errno(Errno::BADF)));
}

#[test]
fn times() {
    let (mut program, folder) = program();
    let fd = program.open(3, "f", CREAT, ALL).unwrap();
    let second = 1_000_000_000_u64;
    assert_eq!(program.call("fd_filestat_set_times", &[fd.into(), second, 2 * second, 5]), Ok(()));
    program.call("fd_filestat_get", &[fd.into(), 700]).unwrap();
    assert_eq!((program.u64(740), program.u64(748)), (second, 2 * second));
    assert_ne!(program.u64(700 + 8), 0);
    program.put(1024, b"f");
    let set = [3, 1, 1024, 1, 7 * second, 9 * second, 1 | 8];
    assert_eq!(program.call("path_filestat_set_times", &set), Ok(()));
    let metadata = std::fs::metadata(folder.path().join("f")).unwrap();
    let accessed = metadata.accessed().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(accessed.as_secs(), 7);
    assert!(metadata.modified().unwrap().elapsed().unwrap().as_secs() < 60);
    for flags in [3, 12, 16, 1 << 16] {
        let arguments = [fd.into(), 0, 0, flags];
        assert_eq!(
            program.call("fd_filestat_set_times", &arguments),
            Err(errno(Errno::INVAL)),
            "{flags}"
        );
    }
}

#[test]
fn numbers_of_descriptors() {
    let (mut program, _folder) = program();
    let first = program.open(3, "one", CREAT, ALL).unwrap();
    let second = program.open(3, "two", CREAT, ALL).unwrap();
    assert_eq!((first, second), (4, 5));
    program.write(second, "two").unwrap();
    assert_eq!(program.call("fd_renumber", &[second.into(), first.into()]), Ok(()));
    assert_eq!(program.seek(first, 0, 1), Ok(3));
    assert_eq!(program.close(second), Err(errno(Errno::BADF)));
    assert_eq!(program.call("fd_renumber", &[first.into(), 99]), Err(errno(Errno::BADF)));
    // A new descriptor has the lowest free number.
    program.close(0).unwrap();
    assert_eq!(program.open(3, "one", 0, READ), Ok(0));
    assert_eq!(program.open(3, "one", 0, READ), Ok(5));
}
