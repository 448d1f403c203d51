//! Everything but files: arguments, clocks, random bytes, streams, polling, exits, and functions
//! that are not supported.

use crate::program::{ALL, CREAT, FUNCTIONS, Program, errno};
use wattle_runtime::ErrorKind;
use wattle_wasi::{Errno, Input, Output, SteadyClock, Wasi};

#[test]
fn arguments_and_variables() {
    let builder = Wasi::builder().args(["prog", "two\0three"]).env("K", "v=w");
    let mut program = Program::new(builder);
    assert_eq!(program.call("args_sizes_get", &[0, 4]), Ok(()));
    assert_eq!((program.u32(0), program.u32(4)), (2, 9));
    assert_eq!(program.call("args_get", &[16, 100]), Ok(()));
    assert_eq!((program.u32(16), program.u32(20)), (100, 105));
    assert_eq!(program.get(100, 9), b"prog\0two\0");
    assert_eq!(program.call("environ_sizes_get", &[0, 4]), Ok(()));
    assert_eq!((program.u32(0), program.u32(4)), (1, 6));
    assert_eq!(program.call("environ_get", &[16, 65530]), Ok(()));
    assert_eq!(program.get(65530, 6), b"K=v=w\0");
    assert_eq!(program.call("environ_get", &[16, 65531]), Err(errno(Errno::FAULT)));
    assert_eq!(program.call("args_get", &[u32::MAX.into(), 0]), Err(errno(Errno::FAULT)));
}

#[test]
fn steady_clocks_and_seeded_bytes_are_reproducible() {
    let run = || {
        let builder = Wasi::builder().clock(SteadyClock::new(1 << 60)).random_seed(7);
        let mut program = Program::new(builder);
        program.call("random_get", &[0, 100]).unwrap();
        program.call("clock_time_get", &[0, 0, 200]).unwrap();
        program.call("clock_time_get", &[1, 0, 208]).unwrap();
        program.call("clock_res_get", &[1, 216]).unwrap();
        program.get(0, 224)
    };
    assert_eq!(run(), run());
    assert!(run()[..100].iter().filter(|byte| **byte == 0).count() < 10);
    let mut program = Program::new(Wasi::builder());
    assert_eq!(program.call("clock_time_get", &[4, 0, 0]), Err(errno(Errno::INVAL)));
    assert_eq!(program.call("clock_res_get", &[4, 0]), Err(errno(Errno::INVAL)));
    program.call("clock_time_get", &[0, 0, 0]).unwrap();
    assert!(program.u64(0) > 1_500_000_000_000_000_000);
    program.call("random_get", &[0, 32]).unwrap();
    let first = program.get(0, 32);
    program.call("random_get", &[0, 32]).unwrap();
    assert_ne!(program.get(0, 32), first);
}

#[test]
fn streams() {
    let (out, err) = (Output::capture(), Output::capture());
    let builder = Wasi::builder()
        .stdin(Input::new(&b"some input"[..]))
        .stdout(out.clone())
        .stderr(err.clone());
    let mut program = Program::new(builder);
    assert_eq!(program.write(1, "to out"), Ok(6));
    assert_eq!(program.write(2, "to err"), Ok(6));
    assert_eq!((out.captured(), err.captured()), (b"to out".to_vec(), b"to err".to_vec()));
    assert_eq!(program.read(0, 4).unwrap(), "some");
    assert_eq!(program.read(0, 100).unwrap(), " input");
    assert_eq!(program.read(0, 100).unwrap(), "");
    assert_eq!(program.write(0, "x"), Err(errno(Errno::BADF)));
    assert_eq!(program.read(1, 1), Err(errno(Errno::BADF)));
    assert_eq!(program.pread(0, 1, 0), Err(errno(Errno::SPIPE)));
    assert_eq!(program.close(1), Ok(()));
    assert_eq!(program.write(1, "x"), Err(errno(Errno::BADF)));
}

/// Returns a subscription of 48 bytes.
fn subscription(user: u64, tag: u8, first: u32, timeout: u64, flags: u16) -> Vec<u8> {
    let mut record = vec![0; 48];
    record[..8].copy_from_slice(&user.to_le_bytes());
    record[8] = tag;
    record[16..20].copy_from_slice(&first.to_le_bytes());
    record[24..32].copy_from_slice(&timeout.to_le_bytes());
    record[40..42].copy_from_slice(&flags.to_le_bytes());
    record
}

#[test]
fn polling() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Wasi::builder()
        .clock(SteadyClock::new(0))
        .stdin(Input::new(&b"x"[..]))
        .dir(folder.path(), ".")
        .unwrap();
    let mut program = Program::new(builder);
    // The event is the earlier of two times. The steady clock sleeps without waiting.
    let hour = 3_600_000_000_000;
    let records = [subscription(1, 0, 1, 2 * hour, 0), subscription(2, 0, 0, hour, 0)].concat();
    program.put(1000, &records);
    assert_eq!(program.call("poll_oneoff", &[1000, 2000, 2, 500]), Ok(()));
    assert_eq!(program.u32(500), 1);
    assert_eq!((program.u64(2000), program.get(2008, 3)), (2, vec![0, 0, 0]));
    // An absolute time that has passed is ready at once.
    program.put(1000, &subscription(3, 0, 1, hour, 1));
    assert_eq!(program.call("poll_oneoff", &[1000, 2000, 1, 500]), Ok(()));
    // Descriptors that are ready come before times; a descriptor that is not open gives an event
    // with an error.
    let fd = program.open(3, "f", CREAT, ALL).unwrap();
    program.write(fd, "text").unwrap();
    program.seek(fd, 1, 0).unwrap();
    let records = [
        subscription(1, 0, 1, hour, 0),
        subscription(2, 1, fd, 0, 0),
        subscription(3, 2, 1, 0, 0),
        subscription(4, 1, 99, 0, 0),
        subscription(5, 1, 0, 0, 0),
    ];
    program.put(1000, &records.concat());
    assert_eq!(program.call("poll_oneoff", &[1000, 2000, 5, 500]), Ok(()));
    assert_eq!(program.u32(500), 4);
    let events: Vec<_> =
        (0..4).map(|nth| (program.u64(2000 + 32 * nth), program.get(2008 + 32 * nth, 3))).collect();
    assert_eq!(events[0], (2, vec![0, 0, 1]));
    assert_eq!(program.u64(2016), 3);
    assert_eq!(events[1], (3, vec![0, 0, 2]));
    assert_eq!(events[2], (4, vec![8, 0, 1]));
    assert_eq!(events[3], (5, vec![0, 0, 1]));
    let invalid = Err(errno(Errno::INVAL));
    assert_eq!(program.call("poll_oneoff", &[1000, 2000, 0, 500]), invalid);
    assert_eq!(program.call("poll_oneoff", &[1000, 2000, u32::MAX.into(), 500]), invalid);
    assert_eq!(program.call("poll_oneoff", &[1000, 2000, 2000, 500]), Err(errno(Errno::FAULT)));
    program.put(1008, &[3]);
    assert_eq!(program.call("poll_oneoff", &[1000, 2000, 1, 500]), invalid);
    program.put(1000, &subscription(1, 0, 9, 0, 0));
    assert_eq!(program.call("poll_oneoff", &[1000, 2000, 1, 500]), invalid);
}

#[test]
fn exits_signals_and_sockets() {
    let mut program = Program::new(Wasi::builder());
    for code in [0, 1, 255, u32::MAX] {
        let error = program.try_call("proc_exit", &[code.into()]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Exit(code as i32));
    }
    assert_eq!(program.call("sched_yield", &[]), Ok(()));
    assert_eq!(program.call("proc_raise", &[6]), Err(errno(Errno::NOTSUP)));
    let no_socket = Err(errno(Errno::NOTSOCK));
    assert_eq!(program.call("sock_accept", &[1, 0, 0]), no_socket);
    assert_eq!(program.call("sock_recv", &[1, 0, 0, 0, 0, 0]), no_socket);
    assert_eq!(program.call("sock_send", &[1, 0, 0, 0, 0]), no_socket);
    assert_eq!(program.call("sock_shutdown", &[9, 0]), Err(errno(Errno::BADF)));
}

/// Whatever numbers a program passes, it gets an error number: nothing panics, and memory stays
/// bounded.
#[test]
fn any_arguments_get_an_error_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut seed = 1_u64;
    let mut random = move || {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        seed >> 20
    };
    let numbers = [0, 1, 2, 3, 4, 5, 8, 16, 63, 1000, 65535, 65536, 0x7fff_ffff, 0xffff_fff8];
    let mut answers = std::collections::BTreeSet::new();
    for round in 0..40 {
        let builder = Wasi::builder()
            .args(["prog"])
            .clock(SteadyClock::new(0))
            .dir(folder.path(), "/")
            .unwrap();
        let mut program = Program::new(builder);
        for _ in 0..200 {
            let (name, params) = FUNCTIONS[random() as usize % FUNCTIONS.len()];
            let arguments: Vec<u64> = params
                .chars()
                .map(|ty| match (random() % 8, ty) {
                    (0, 'l') => u64::MAX,
                    (1, 'l') => 1 << 63,
                    (2, 'i') => u32::MAX.into(),
                    _ => numbers[random() as usize % numbers.len()],
                })
                .collect();
            // Files of many gigabytes are allowed, but not made here.
            if matches!(name, "fd_allocate" | "fd_filestat_set_size" | "fd_pwrite" | "fd_seek")
                && arguments.iter().any(|number| *number > 1 << 20 && *number < 1 << 62)
            {
                continue;
            }
            match program.try_call(name, &arguments) {
                Ok(errno) => drop(answers.insert(errno)),
                Err(error) => assert_eq!(name, "proc_exit", "{error} in round {round}"),
            }
        }
    }
    assert!(answers.contains(&0) && answers.contains(&errno(Errno::FAULT)), "{answers:?}");
    assert!(answers.iter().all(|answer| *answer <= 76), "{answers:?}");
}
