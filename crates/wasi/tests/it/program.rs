//! A program that does whatever a test says: it calls the functions of the interface with the
//! test's numbers, on a memory that the test fills.

use std::fmt::Write;
use std::sync::LazyLock;

use wattle_runtime::{Error, Imports, Instance, Memory, Module, Store, Value};
use wattle_wasi::{Builder, Errno, MODULE};

/// The names and the parameters of the functions: `i` for `i32`, `l` for `i64`.
pub(crate) const FUNCTIONS: &[(&str, &str)] = &[
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pread", "iiili"),
    ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_pwrite", "iiili"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_seek", "ilii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiillii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_exit", "i"),
    ("proc_raise", "i"),
    ("sched_yield", ""),
    ("random_get", "ii"),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// Returns the text of a program that exports a function for each one that it imports.
fn program() -> String {
    let mut imports = String::new();
    let mut funcs = String::new();
    for (name, params) in FUNCTIONS {
        let types: String =
            params.chars().map(|c| if c == 'i' { " i32" } else { " i64" }).collect();
        let result = if *name == "proc_exit" { "" } else { "(result i32)" };
        let gets: String = (0..params.len()).map(|at| format!(" (local.get {at})")).collect();
        writeln!(
            imports,
            "(import \"{MODULE}\" \"{name}\" (func ${name} (param{types}) {result}))"
        )
        .unwrap();
        writeln!(funcs, "(func (export \"{name}\") (param{types}) {result} (call ${name}{gets}))")
            .unwrap();
    }
    format!("(module {imports} (memory (export \"memory\") 1) {funcs})")
}

pub(crate) struct Program {
    pub(crate) store: Store,
    instance: Instance,
    memory: Memory,
}

/// Every right.
pub(crate) const ALL: u64 = (1 << 30) - 1;
/// The rights to read a directory, and to look up, open, link and remove its entries.
pub(crate) const ENTRIES: u64 = READ | 0x1f_fe00 | 0b111 << 24;
/// The rights to read, to seek, to tell the position and to get the metadata, but not to write.
pub(crate) const READ: u64 = 1 << 1 | 1 << 2 | 1 << 5 | 1 << 21;

pub(crate) const CREAT: u32 = 1;
pub(crate) const DIRECTORY: u32 = 2;
pub(crate) const EXCL: u32 = 4;
pub(crate) const TRUNC: u32 = 8;

/// The addresses of paths, buffers and results.
const PATH: u32 = 1024;
const OTHER: u32 = 4096;
const RECORDS: u32 = 8192;
const ANSWER: u32 = 512;
const DATA: u32 = 16384;

impl Program {
    pub(crate) fn new(builder: Builder) -> Program {
        static MODULE: LazyLock<Module> =
            LazyLock::new(|| Module::new(wattle_wat::parse(&program()).unwrap()).unwrap());
        let (mut store, mut imports) = (Store::new(()), Imports::default());
        builder.build().define(&mut imports);
        let instance = Instance::new(&mut store, &MODULE, &imports).unwrap();
        let memory = instance.memory(&store, "memory").unwrap();
        Program { store, instance, memory }
    }

    /// Calls a function with numbers, which are converted to its parameter types.
    pub(crate) fn try_call(&mut self, name: &str, arguments: &[u64]) -> Result<u32, Error> {
        let (_, params) = FUNCTIONS.iter().find(|(known, _)| *known == name).unwrap();
        assert_eq!(params.len(), arguments.len(), "{name}");
        let arguments: Vec<Value> = params
            .chars()
            .zip(arguments)
            .map(|(ty, value)| match ty {
                'i' => Value::I32(*value as u32 as i32),
                _ => Value::I64(*value as i64),
            })
            .collect();
        let results = self.instance.call(&mut self.store, name, &arguments)?;
        Ok(results[0].i32().unwrap() as u32)
    }

    /// Calls a function, and returns an error number that is not 0 as an error.
    pub(crate) fn call(&mut self, name: &str, arguments: &[u64]) -> Result<(), u32> {
        match self.try_call(name, arguments).unwrap() {
            0 => Ok(()),
            errno => Err(errno),
        }
    }

    pub(crate) fn put(&mut self, address: u32, bytes: &[u8]) {
        self.memory.write(&mut self.store, address.into(), bytes).unwrap();
    }

    pub(crate) fn get(&self, address: u32, len: usize) -> Vec<u8> {
        self.memory.bytes(&self.store).unwrap()[address as usize..][..len].to_vec()
    }

    pub(crate) fn u32(&self, address: u32) -> u32 {
        u32::from_le_bytes(self.get(address, 4).try_into().unwrap())
    }

    pub(crate) fn u64(&self, address: u32) -> u64 {
        u64::from_le_bytes(self.get(address, 8).try_into().unwrap())
    }

    fn path(&mut self, path: &str) -> [u64; 2] {
        self.put(PATH, path.as_bytes());
        [PATH.into(), path.len() as u64]
    }

    /// Calls a function whose parameters are a directory and a path.
    pub(crate) fn at(&mut self, name: &str, dir: u32, path: &str) -> Result<(), u32> {
        let [address, len] = self.path(path);
        self.call(name, &[dir.into(), address, len])
    }

    pub(crate) fn open_with(
        &mut self,
        dir: u32,
        path: &str,
        follow: bool,
        oflags: u32,
        rights: u64,
        flags: u32,
    ) -> Result<u32, u32> {
        let [address, len] = self.path(path);
        let arguments = [
            dir.into(),
            follow.into(),
            address,
            len,
            oflags.into(),
            rights,
            ALL,
            flags.into(),
            ANSWER.into(),
        ];
        self.call("path_open", &arguments)?;
        Ok(self.u32(ANSWER))
    }

    pub(crate) fn open(
        &mut self,
        dir: u32,
        path: &str,
        oflags: u32,
        rights: u64,
    ) -> Result<u32, u32> {
        self.open_with(dir, path, true, oflags, rights, 0)
    }

    pub(crate) fn close(&mut self, fd: u32) -> Result<(), u32> {
        self.call("fd_close", &[fd.into()])
    }

    fn buffer(&mut self, address: u32, len: u32) {
        self.put(RECORDS, &address.to_le_bytes());
        self.put(RECORDS + 4, &len.to_le_bytes());
    }

    pub(crate) fn write(&mut self, fd: u32, text: &str) -> Result<u32, u32> {
        self.put(DATA, text.as_bytes());
        self.buffer(DATA, text.len() as u32);
        self.call("fd_write", &[fd.into(), RECORDS.into(), 1, ANSWER.into()])?;
        Ok(self.u32(ANSWER))
    }

    pub(crate) fn read(&mut self, fd: u32, len: u32) -> Result<String, u32> {
        self.buffer(DATA, len);
        self.call("fd_read", &[fd.into(), RECORDS.into(), 1, ANSWER.into()])?;
        let got = self.u32(ANSWER);
        Ok(String::from_utf8(self.get(DATA, got as usize)).unwrap())
    }

    pub(crate) fn pread(&mut self, fd: u32, len: u32, offset: u64) -> Result<String, u32> {
        self.buffer(DATA, len);
        self.call("fd_pread", &[fd.into(), RECORDS.into(), 1, offset, ANSWER.into()])?;
        let got = self.u32(ANSWER);
        Ok(String::from_utf8(self.get(DATA, got as usize)).unwrap())
    }

    pub(crate) fn pwrite(&mut self, fd: u32, text: &str, offset: u64) -> Result<u32, u32> {
        self.put(DATA, text.as_bytes());
        self.buffer(DATA, text.len() as u32);
        self.call("fd_pwrite", &[fd.into(), RECORDS.into(), 1, offset, ANSWER.into()])?;
        Ok(self.u32(ANSWER))
    }

    pub(crate) fn seek(&mut self, fd: u32, offset: i64, whence: u32) -> Result<u64, u32> {
        self.call("fd_seek", &[fd.into(), offset as u64, whence.into(), ANSWER.into()])?;
        Ok(self.u64(ANSWER))
    }

    /// Reads a whole file.
    pub(crate) fn slurp(&mut self, dir: u32, path: &str) -> Result<String, u32> {
        let fd = self.open(dir, path, 0, READ)?;
        let text = self.read(fd, 4096)?;
        self.close(fd)?;
        Ok(text)
    }

    /// Returns the size and the type of a path.
    pub(crate) fn stat(&mut self, dir: u32, path: &str, follow: bool) -> Result<(u64, u8), u32> {
        let [address, len] = self.path(path);
        let arguments = [dir.into(), follow.into(), address, len, u64::from(ANSWER)];
        self.call("path_filestat_get", &arguments)?;
        Ok((self.u64(ANSWER + 32), self.get(ANSWER + 16, 1)[0]))
    }

    pub(crate) fn symlink(&mut self, target: &str, dir: u32, path: &str) -> Result<(), u32> {
        self.put(OTHER, target.as_bytes());
        let [address, len] = self.path(path);
        let target_len = target.len() as u64;
        self.call("path_symlink", &[OTHER.into(), target_len, dir.into(), address, len])
    }

    pub(crate) fn readlink(&mut self, dir: u32, path: &str, room: u32) -> Result<String, u32> {
        let [address, len] = self.path(path);
        let arguments = [dir.into(), address, len, DATA.into(), room.into(), ANSWER.into()];
        self.call("path_readlink", &arguments)?;
        let got = self.u32(ANSWER);
        Ok(String::from_utf8(self.get(DATA, got as usize)).unwrap())
    }

    pub(crate) fn rename(
        &mut self,
        dir: u32,
        from: &str,
        to_dir: u32,
        to: &str,
    ) -> Result<(), u32> {
        self.put(OTHER, to.as_bytes());
        let [address, len] = self.path(from);
        let new = [to_dir.into(), OTHER.into(), to.len() as u64];
        self.call("path_rename", &[dir.into(), address, len, new[0], new[1], new[2]])
    }

    pub(crate) fn link(&mut self, dir: u32, from: &str, to_dir: u32, to: &str) -> Result<(), u32> {
        self.put(OTHER, to.as_bytes());
        let [address, len] = self.path(from);
        let new = [to_dir.into(), OTHER.into(), to.len() as u64];
        self.call("path_link", &[dir.into(), 0, address, len, new[0], new[1], new[2]])
    }

    /// Reads the names in a directory through a buffer of this size.
    pub(crate) fn names(&mut self, fd: u32, room: u32) -> Result<Vec<String>, u32> {
        let mut names = Vec::new();
        let mut cookie = 0;
        loop {
            let arguments = [fd.into(), DATA.into(), room.into(), cookie, ANSWER.into()];
            self.call("fd_readdir", &arguments)?;
            let used = self.u32(ANSWER) as usize;
            let bytes = self.get(DATA, used);
            let mut rest = &bytes[..];
            while rest.len() >= 24 {
                let len = u32::from_le_bytes(rest[16..20].try_into().unwrap()) as usize;
                let Some(name) = rest.get(24..24 + len) else { break };
                names.push(String::from_utf8(name.to_vec()).unwrap());
                cookie = u64::from_le_bytes(rest[..8].try_into().unwrap());
                rest = &rest[24 + len..];
            }
            if used < room as usize {
                return Ok(names);
            }
        }
    }
}

pub(crate) fn errno(errno: Errno) -> u32 {
    errno.number().into()
}
