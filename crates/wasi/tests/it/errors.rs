//! The errors of all functions. A table has a successful call of each function, with the kind of
//! each parameter. The tests change one parameter of such a call at a time, and the call must fail.

use std::collections::BTreeSet;

use crate::program::{FUNCTIONS, Program, errno};
use wattle_runtime::ErrorKind;
use wattle_wasi::{Errno, Input, SteadyClock, Wasi};

/// The kind of a parameter, or of two parameters that belong together.
#[derive(Clone, Copy)]
enum Arg {
    /// A descriptor; each of the sets of rights without which the call fails; descriptors of other
    /// kinds with their errors.
    Fd(u32, &'static [u64], &'static [(u32, Errno)]),
    /// A path in a directory: address and length.
    Path(&'static str),
    /// The target of a link: address and length.
    Target(&'static str),
    /// The address of a list of one buffer, and the number of buffers.
    Buffers,
    /// The address of a record of this size.
    Record(u32),
    /// An address, and the number of bytes there.
    Bytes(u32),
    /// A valid number, and a number for which the error is `inval`.
    OneOf(u64, u64),
    /// A number.
    Number(u64),
}
use Arg::{Buffers, Bytes, Fd, Number, OneOf, Path, Record, Target};

/// The descriptors of every program here.
const FILE: u32 = 4;
const DIR: u32 = 5;
const PREOPEN: u32 = 3;
const STDIN: u32 = 0;
const STDOUT: u32 = 1;

/// Returns a right by its number in the interface.
const fn right(number: u32) -> u64 {
    1 << number
}
const READ: u64 = right(1);
const SEEK: u64 = right(2);
const WRITE: u64 = right(6);

const ISDIR: (u32, Errno) = (DIR, Errno::ISDIR);
const SPIPE: (u32, Errno) = (STDIN, Errno::SPIPE);
/// The errors of a call that needs a position, which only a file has.
const POSITIONED: &[(u32, Errno)] = &[ISDIR, SPIPE, (STDOUT, Errno::SPIPE)];
/// The errors of a call that needs a directory.
const ENTRIES: &[(u32, Errno)] =
    &[(FILE, Errno::NOTDIR), (STDIN, Errno::NOTDIR), (STDOUT, Errno::NOTDIR)];
/// The errors of a call that needs a directory that was opened for the program.
const PREOPENED: &[(u32, Errno)] = &[(FILE, Errno::BADF), (DIR, Errno::BADF), (STDIN, Errno::BADF)];

/// Returns a directory on which the call needs these rights.
const fn within(rights: &'static [u64]) -> Arg {
    Fd(DIR, rights, ENTRIES)
}

/// The calls that succeed. `proc_exit`, `proc_raise` and the functions of sockets have none.
const CALLS: &[(&str, &[Arg])] = &[
    ("args_get", &[Record(4), Record(2)]),
    ("args_sizes_get", &[Record(4), Record(4)]),
    ("environ_get", &[Record(4), Record(4)]),
    ("environ_sizes_get", &[Record(4), Record(4)]),
    ("clock_res_get", &[OneOf(1, 4), Record(8)]),
    ("clock_time_get", &[OneOf(1, 4), Number(0), Record(8)]),
    ("fd_advise", &[Fd(FILE, &[right(7)], POSITIONED), OneOf(0, u64::MAX), Number(1), OneOf(0, 6)]),
    ("fd_allocate", &[Fd(FILE, &[right(8)], POSITIONED), OneOf(0, u64::MAX), OneOf(8, 0)]),
    ("fd_close", &[Fd(FILE, &[], &[])]),
    ("fd_datasync", &[Fd(FILE, &[right(0)], &[(STDIN, Errno::BADF)])]),
    ("fd_fdstat_get", &[Fd(FILE, &[], &[]), Record(24)]),
    ("fd_fdstat_set_flags", &[Fd(FILE, &[right(3)], &[]), OneOf(1, 32)]),
    ("fd_fdstat_set_rights", &[Fd(FILE, &[], &[]), Number(0), Number(0)]),
    ("fd_filestat_get", &[Fd(FILE, &[right(21)], &[]), Record(64)]),
    ("fd_filestat_set_size", &[Fd(FILE, &[right(22)], POSITIONED), OneOf(2, u64::MAX)]),
    (
        "fd_filestat_set_times",
        &[Fd(FILE, &[right(23)], &[(STDIN, Errno::BADF)]), Number(0), Number(0), OneOf(1, 16)],
    ),
    ("fd_pread", &[Fd(FILE, &[READ, SEEK], POSITIONED), Buffers, OneOf(0, u64::MAX), Record(4)]),
    ("fd_prestat_get", &[Fd(PREOPEN, &[], PREOPENED), Record(8)]),
    ("fd_prestat_dir_name", &[Fd(PREOPEN, &[], PREOPENED), Bytes(5)]),
    ("fd_pwrite", &[Fd(FILE, &[WRITE, SEEK], POSITIONED), Buffers, OneOf(0, u64::MAX), Record(4)]),
    ("fd_read", &[Fd(FILE, &[READ], &[ISDIR, (STDOUT, Errno::BADF)]), Buffers, Record(4)]),
    ("fd_readdir", &[within(&[right(14)]), Bytes(100), Number(0), Record(4)]),
    ("fd_renumber", &[Fd(FILE, &[], &[]), Fd(DIR, &[], &[])]),
    ("fd_seek", &[Fd(FILE, &[SEEK], POSITIONED), OneOf(1, u64::MAX), OneOf(0, 3), Record(8)]),
    ("fd_sync", &[Fd(FILE, &[right(4)], &[(STDIN, Errno::BADF)])]),
    ("fd_tell", &[Fd(FILE, &[right(5) | SEEK], POSITIONED), Record(8)]),
    ("fd_write", &[Fd(FILE, &[WRITE], &[ISDIR, (STDIN, Errno::BADF)]), Buffers, Record(4)]),
    ("path_create_directory", &[within(&[right(9)]), Path("new")]),
    ("path_filestat_get", &[within(&[right(18)]), OneOf(1, 2), Path("file"), Record(64)]),
    (
        "path_filestat_set_times",
        &[within(&[right(20)]), OneOf(1, 2), Path("file"), Number(0), Number(0), OneOf(1, 16)],
    ),
    (
        "path_link",
        &[within(&[right(11)]), OneOf(0, 1), Path("file"), within(&[right(12)]), Path("new")],
    ),
    (
        "path_open",
        &[
            within(&[right(13)]),
            OneOf(1, 2),
            Path("file"),
            OneOf(0, 16),
            Number(READ),
            Number(0),
            OneOf(0, 32),
            Record(4),
        ],
    ),
    ("path_readlink", &[within(&[right(15)]), Path("link"), Bytes(10), Record(4)]),
    ("path_remove_directory", &[within(&[right(25)]), Path("empty")]),
    ("path_rename", &[within(&[right(16)]), Path("file"), within(&[right(17)]), Path("new")]),
    ("path_symlink", &[Target("file"), within(&[right(24)]), Path("new")]),
    ("path_unlink_file", &[within(&[right(26)]), Path("file")]),
    ("poll_oneoff", &[Record(48), Record(32), OneOf(1, 0), Record(4)]),
    ("sched_yield", &[]),
    ("random_get", &[Bytes(8)]),
];

/// Other calls that fail, on the same descriptors and files.
const OTHERS: &[(&str, &[Arg], Errno)] = &[
    ("clock_time_get", &[Number(u32::MAX as u64), Number(0), Record(8)], Errno::INVAL),
    ("fd_advise", &[Number(4), Number(1 << 63), Number(1 << 63), Number(0)], Errno::INVAL),
    ("fd_allocate", &[Number(4), Number(u64::MAX), Number(1)], Errno::INVAL),
    // Rights only shrink.
    ("fd_fdstat_set_rights", &[Number(4), Number(right(14)), Number(0)], Errno::NOTCAPABLE),
    ("fd_fdstat_set_rights", &[Number(0), Number(0), Number(1)], Errno::NOTCAPABLE),
    // A time is either given or the current time, not both.
    ("fd_filestat_set_times", &[Number(4), Number(0), Number(0), Number(3)], Errno::INVAL),
    ("fd_filestat_set_times", &[Number(4), Number(0), Number(0), Number(12)], Errno::INVAL),
    ("fd_prestat_dir_name", &[Number(3), Bytes(4)], Errno::NAMETOOLONG),
    ("fd_seek", &[Number(4), Number(-100_i64 as u64), Number(1), Record(8)], Errno::INVAL),
    ("fd_seek", &[Number(4), Number(-100_i64 as u64), Number(2), Record(8)], Errno::INVAL),
    ("path_create_directory", &[Number(5), Path("file")], Errno::EXIST),
    ("path_create_directory", &[Number(5), Path("full")], Errno::EXIST),
    ("path_link", &[Number(5), Number(0), Path("file"), Number(5), Target("link")], Errno::EXIST),
    ("path_link", &[Number(5), Number(0), Path("none"), Number(5), Target("new")], Errno::NOENT),
    ("path_open", &open("none", 0, READ, 0), Errno::NOENT),
    ("path_open", &open("loop", 0, READ, 0), Errno::LOOP),
    ("path_open", &open("file/", 0, READ, 0), Errno::NOTDIR),
    ("path_open", &open("file", DIRECTORY, READ, 0), Errno::NOTDIR),
    ("path_open", &open("file", CREAT | EXCL, READ, 0), Errno::EXIST),
    ("path_open", &open("full", DIRECTORY | CREAT, READ, 0), Errno::INVAL),
    // A directory cannot be opened for writing.
    ("path_open", &open("full", 0, READ | WRITE, 0), Errno::ISDIR),
    ("path_open", &open("full", DIRECTORY, READ | WRITE, 0), Errno::ISDIR),
    ("path_open", &open("full", DIRECTORY, right(8), 0), Errno::ISDIR),
    ("path_open", &open("full", TRUNC, 0, 0), Errno::ISDIR),
    ("path_readlink", &[Number(5), Path("file"), Bytes(10), Record(4)], Errno::INVAL),
    ("path_remove_directory", &[Number(5), Path("file")], Errno::NOTDIR),
    ("path_remove_directory", &[Number(5), Path("full")], Errno::NOTEMPTY),
    ("path_rename", &[Number(5), Path("none"), Number(5), Target("new")], Errno::NOENT),
    ("path_rename", &[Number(5), Path("file"), Number(5), Target("full")], Errno::ISDIR),
    ("path_rename", &[Number(5), Path("full"), Number(5), Target("file")], Errno::NOTDIR),
    ("path_symlink", &[Target("file"), Number(5), Path("link")], Errno::EXIST),
    ("path_symlink", &[Target("/etc"), Number(5), Path("new")], Errno::PERM),
    ("path_unlink_file", &[Number(5), Path("none")], Errno::NOENT),
    ("poll_oneoff", &[Record(48), Record(32), Number(1 << 20), Record(4)], Errno::INVAL),
    ("proc_raise", &[Number(9)], Errno::NOTSUP),
    ("random_get", &[Number(0), Number(65537)], Errno::FAULT),
    ("sock_accept", &[Number(99), Number(0), Record(4)], Errno::BADF),
    ("sock_accept", &[Number(4), Number(0), Record(4)], Errno::NOTSOCK),
    ("sock_recv", &[Number(99), Buffers, Number(0), Record(4), Record(4)], Errno::BADF),
    ("sock_recv", &[Number(0), Buffers, Number(0), Record(4), Record(4)], Errno::NOTSOCK),
    ("sock_send", &[Number(99), Buffers, Number(0), Record(4)], Errno::BADF),
    ("sock_send", &[Number(1), Buffers, Number(0), Record(4)], Errno::NOTSOCK),
    ("sock_shutdown", &[Number(99), Number(0)], Errno::BADF),
    ("sock_shutdown", &[Number(5), Number(0)], Errno::NOTSOCK),
];

const CREAT: u64 = 1;
const DIRECTORY: u64 = 2;
const EXCL: u64 = 4;
const TRUNC: u64 = 8;

/// Returns the parameters of a `path_open` that does not follow links.
const fn open(path: &'static str, oflags: u64, rights: u64, flags: u64) -> [Arg; 8] {
    [
        Number(DIR as u64),
        Number(0),
        Path(path),
        Number(oflags),
        Number(rights),
        Number(0),
        Number(flags),
        Record(4),
    ]
}

/// Makes a directory of the host with files, directories and links in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["full", "empty"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    for name in ["file", "full/file"] {
        std::fs::write(folder.path().join(name), "some text").unwrap();
    }
    let mut program = Program::new(Wasi::builder().dir(folder.path(), ".").unwrap());
    program.symlink("file", 3, "link").unwrap();
    program.symlink("loop", 3, "loop").unwrap();
    folder
}

/// Starts a program with a file and a directory open, beside the streams and the directory of the
/// host.
fn program(folder: &tempfile::TempDir) -> Program {
    let builder = Wasi::builder()
        .arg("a")
        .env("K", "v")
        .stdin(Input::empty())
        .clock(SteadyClock::new(0))
        .dir(folder.path(), "/data")
        .unwrap();
    let mut program = Program::new(builder);
    let [own, inheriting] = rights(&mut program, PREOPEN);
    assert_eq!(program.open(PREOPEN, "file", 0, inheriting), Ok(FILE));
    assert_eq!(program.open(PREOPEN, ".", DIRECTORY as u32, own), Ok(DIR));
    program
}

/// Returns the rights of a descriptor itself, and those that it hands on.
fn rights(program: &mut Program, fd: u32) -> [u64; 2] {
    program.call("fd_fdstat_get", &[fd.into(), 512]).unwrap();
    [program.u64(520), program.u64(528)]
}

/// Takes rights from a descriptor.
fn drop_rights(program: &mut Program, fd: u32, own: u64, inheriting: u64) {
    let [old, old_inheriting] = rights(program, fd);
    assert_eq!([old & own, old_inheriting & inheriting], [own, inheriting]);
    let fewer = [fd.into(), old & !own, old_inheriting & !inheriting];
    program.call("fd_fdstat_set_rights", &fewer).unwrap();
}

/// Returns the address of the data of a parameter, far from the data of the others.
fn place(nth: usize) -> u32 {
    1024 * (nth as u32 + 1)
}

/// Writes the data of the parameters to memory, and returns the numbers of the call.
fn numbers(program: &mut Program, args: &[Arg]) -> Vec<u64> {
    let mut numbers = Vec::new();
    for (nth, arg) in args.iter().enumerate() {
        let at = place(nth);
        match *arg {
            Fd(fd, ..) => numbers.push(fd.into()),
            Path(text) | Target(text) => {
                program.put(at, text.as_bytes());
                numbers.extend([u64::from(at), text.len() as u64]);
            }
            Buffers => {
                program.put(at, &[at + 8, 4].map(u32::to_le_bytes).concat());
                numbers.extend([u64::from(at), 1]);
            }
            Record(_) => numbers.push(at.into()),
            Bytes(len) => numbers.extend([u64::from(at), len.into()]),
            OneOf(number, _) | Number(number) => numbers.push(number),
        }
    }
    numbers
}

/// A fault of a call: its description, the expected error number, and the change that makes the
/// fault.
type Fault = (String, Errno, Box<dyn Fn(&mut Program, &mut Vec<u64>)>);

/// Returns the faults that a parameter can have. `at` is the index of its first number.
fn faults(arg: Arg, nth: usize, at: usize) -> Vec<Fault> {
    const END: u64 = 65536;
    let set = |what: String, errno, place: usize, value: u64| -> Fault {
        (what, errno, Box::new(move |_, numbers| numbers[place] = value))
    };
    let text = |bytes: &[u8], errno| -> Fault {
        let (bytes, address) = (bytes.to_vec(), place(nth));
        let what = format!("text {:?}", String::from_utf8_lossy(&bytes));
        let change = move |program: &mut Program, numbers: &mut Vec<u64>| {
            program.put(address, &bytes);
            numbers[at + 1] = bytes.len() as u64;
        };
        (what, errno, Box::new(change))
    };
    let outside = |size: u64| {
        [END - size + 1, END, u64::from(u32::MAX)]
            .map(|address| set(format!("address {address}"), Errno::FAULT, at, address))
    };
    let mut faults = Vec::new();
    match arg {
        Fd(fd, rights, others) => {
            for bad in [99, u32::MAX] {
                faults.push(set(format!("descriptor {bad}"), Errno::BADF, at, bad.into()));
            }
            for &(other, errno) in others {
                faults.push(set(format!("descriptor {other}"), errno, at, other.into()));
            }
            for &without in rights {
                let change = move |program: &mut Program, _: &mut Vec<u64>| {
                    drop_rights(program, fd, without, 0);
                };
                let what = format!("descriptor {fd} without rights {without:#x}");
                faults.push((what, Errno::NOTCAPABLE, Box::new(change)));
            }
        }
        Path(_) | Target(_) => {
            faults.extend(outside(1));
            faults.push(set("length".into(), Errno::FAULT, at + 1, u32::MAX.into()));
            faults.push(text(b"\xff", Errno::ILSEQ));
            faults.push(text(b"a\0b", Errno::INVAL));
            faults.push(text(b"", Errno::NOENT));
            if let Path(_) = arg {
                faults.push(text(b"../other", Errno::PERM));
                faults.push(text(b"/data/other", Errno::PERM));
                faults.push(text(b"none/other", Errno::NOENT));
                faults.push(text(b"file/other", Errno::NOTDIR));
                faults.push(text(&[b'n'; 300], Errno::NAMETOOLONG));
            }
        }
        Buffers => {
            faults.extend(outside(8));
            let change = move |_: &mut Program, numbers: &mut Vec<u64>| {
                numbers[at] = END - 8;
                numbers[at + 1] = 2;
            };
            faults.push(("a list that is cut off".into(), Errno::FAULT, Box::new(change)));
            for (buffer, errno) in [
                ([0, u32::MAX], Errno::FAULT),
                ([65536, 1], Errno::FAULT),
                ([u32::MAX, 4], Errno::FAULT),
            ] {
                let change = move |program: &mut Program, _: &mut Vec<u64>| {
                    program.put(place(nth), &buffer.map(u32::to_le_bytes).concat());
                };
                faults.push((format!("buffer {buffer:?}"), errno, Box::new(change)));
            }
        }
        Record(size) => faults.extend(outside(size.into())),
        Bytes(size) => {
            faults.extend(outside(size.into()));
            if size > 5 {
                faults.push(set("length".into(), Errno::FAULT, at + 1, u32::MAX.into()));
            }
        }
        OneOf(_, bad) => faults.push(set(format!("number {bad}"), Errno::INVAL, at, bad)),
        Number(_) => {}
    }
    faults
}

#[test]
fn a_call_with_one_faulty_parameter_fails_and_says_why() {
    let mut count = 0;
    for &(name, args) in CALLS {
        let folder = folder();
        let before = state(folder.path());
        let mut at = 0;
        for (nth, &arg) in args.iter().enumerate() {
            for (what, expected, change) in faults(arg, nth, at) {
                let mut program = program(&folder);
                let mut numbers = numbers(&mut program, args);
                change(&mut program, &mut numbers);
                let got = program.call(name, &numbers);
                assert_eq!(got, Err(errno(expected)), "{name}, parameter {nth}: {what}");
                assert_eq!(state(folder.path()), before, "{name}, parameter {nth}: {what}");
                count += 1;
            }
            at += match arg {
                Path(_) | Target(_) | Buffers | Bytes(_) => 2,
                _ => 1,
            };
        }
        let mut good = program(&folder);
        let numbers = numbers(&mut good, args);
        assert_eq!(good.call(name, &numbers), Ok(()), "{name}");
    }
    assert!(count > 450, "{count}");
}

/// Returns the names and contents in a directory, which a call that fails leaves alone.
fn state(folder: &std::path::Path) -> BTreeSet<(String, Option<String>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let entry = |entry: std::fs::DirEntry| {
        let content = std::fs::read_to_string(entry.path()).ok();
        (entry.file_name().into_string().unwrap(), content)
    };
    entries.map(entry).collect()
}

#[test]
fn other_calls_fail_and_say_why() {
    let folder = folder();
    let before = state(folder.path());
    for &(name, args, expected) in OTHERS {
        let mut program = program(&folder);
        let numbers = numbers(&mut program, args);
        assert_eq!(program.call(name, &numbers), Err(errno(expected)), "{name} {numbers:x?}");
        assert_eq!(state(folder.path()), before, "{name} {numbers:x?}");
    }
}

#[test]
fn every_function_has_a_call_that_fails() {
    let fails = CALLS.iter().filter(|(_, args)| !args.is_empty()).map(|(name, _)| *name);
    let fails: BTreeSet<_> = fails.chain(OTHERS.iter().map(|(name, ..)| *name)).collect();
    // These two functions cannot fail.
    let cannot = ["proc_exit", "sched_yield"];
    for (name, _) in FUNCTIONS {
        assert_ne!(fails.contains(name), cannot.contains(name), "{name}");
    }
    let exit = program(&folder()).try_call("proc_exit", &[7]).unwrap_err();
    assert_eq!(*exit.kind(), ErrorKind::Exit(7));
}

#[test]
fn opening_needs_the_rights_that_its_flags_use() {
    // Each right of the directory, or of those that it hands on, and a call that needs it.
    let cases = [
        (right(10), 0, open("new", CREAT, READ, 0)),
        (right(19), 0, open("file", TRUNC, 0, 0)),
        (0, right(0), open("file", 0, READ, 2)),
        (0, right(4), open("file", 0, READ, 8)),
        (0, right(4), open("file", 0, READ, 16)),
        (0, READ, open("file", 0, READ, 0)),
        (0, WRITE, open("file", 0, READ | WRITE, 0)),
        (0, right(14), open("full", DIRECTORY, right(14), 0)),
    ];
    for (own, inherited, args) in cases {
        let folder = folder();
        let mut program = self::program(&folder);
        let numbers = numbers(&mut program, &args);
        drop_rights(&mut program, DIR, own, inherited);
        let got = program.call("path_open", &numbers);
        assert_eq!(got, Err(errno(Errno::NOTCAPABLE)), "{own:x} {inherited:x}");
        let mut good = self::program(&folder);
        self::numbers(&mut good, &args);
        assert_eq!(good.call("path_open", &numbers), Ok(()), "{own:x} {inherited:x}");
    }
}

#[test]
fn a_descriptor_that_cannot_be_polled_is_an_event_with_an_error() {
    let cases = [
        (1, FILE, READ, Some(Errno::NOTCAPABLE)),
        (1, FILE, right(27), Some(Errno::NOTCAPABLE)),
        (2, FILE, WRITE, Some(Errno::NOTCAPABLE)),
        (2, FILE, READ, None),
        (1, STDOUT, 0, Some(Errno::BADF)),
        (2, STDIN, 0, Some(Errno::BADF)),
        (1, DIR, 0, Some(Errno::ISDIR)),
        (1, 99, 0, Some(Errno::BADF)),
    ];
    let folder = folder();
    for (tag, fd, without, expected) in cases {
        let mut program = program(&folder);
        if without != 0 {
            drop_rights(&mut program, fd, without, 0);
        }
        let mut record = [0; 48];
        record[8] = tag;
        record[16..20].copy_from_slice(&fd.to_le_bytes());
        program.put(1024, &record);
        assert_eq!(program.call("poll_oneoff", &[1024, 2048, 1, 512]), Ok(()));
        let errno = u16::from_le_bytes(program.get(2048 + 8, 2).try_into().unwrap());
        assert_eq!(errno, expected.map_or(0, Errno::number), "{tag} {fd} {without:x}");
    }
    // Kinds of subscriptions, flags and clocks that do not exist are refused.
    for (at, value) in [(8, 3), (40, 2), (16, 4)] {
        let mut program = program(&folder);
        let mut record = [0; 48];
        record[at] = value;
        program.put(1024, &record);
        let got = program.call("poll_oneoff", &[1024, 2048, 1, 512]);
        assert_eq!(got, Err(errno(Errno::INVAL)), "{at}");
    }
}
