//! Programs that call WASI's file functions at random: they never read or change anything outside of
//! their directory.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use arbitrary::Unstructured;
use wattle_runtime::{Imports, Instance, Memory, Module, Store, Value};
use wattle_wasi::{MODULE, Wasi};

/// The functions and their parameters in order: `d` a descriptor, `p` a path (address and length),
/// `b` a buffer (address and length), `v` vectors (address and count), `o` the address of a result,
/// `f` flags, `n` a small 64-bit number, `w` any 64-bit number.
const FUNCS: &[(&str, &str)] = &[
    ("fd_advise", "dwwf"),
    ("fd_allocate", "dnn"),
    ("fd_close", "d"),
    ("fd_datasync", "d"),
    ("fd_fdstat_get", "do"),
    ("fd_fdstat_set_flags", "df"),
    ("fd_filestat_get", "do"),
    ("fd_filestat_set_size", "dn"),
    ("fd_filestat_set_times", "dwwf"),
    ("fd_pread", "dvwo"),
    ("fd_prestat_dir_name", "db"),
    ("fd_prestat_get", "do"),
    ("fd_pwrite", "dvno"),
    ("fd_read", "dvo"),
    ("fd_readdir", "dbwo"),
    ("fd_renumber", "dd"),
    ("fd_seek", "dnfo"),
    ("fd_sync", "d"),
    ("fd_tell", "do"),
    ("fd_write", "dvo"),
    ("path_create_directory", "dp"),
    ("path_filestat_get", "dfpo"),
    ("path_filestat_set_times", "dfpwwf"),
    ("path_link", "dfpdp"),
    ("path_open", "dfpfwwfo"),
    ("path_readlink", "dpbo"),
    ("path_remove_directory", "dp"),
    ("path_rename", "dpdp"),
    ("path_symlink", "pdp"),
    ("path_unlink_file", "dp"),
];

/// The parts of paths.
const PIECES: &[&str] = &[
    "..",
    ".",
    "",
    "/",
    "file",
    "sub",
    "deep",
    "out",
    "up",
    "root",
    "loop",
    "new",
    "inside",
    "secret",
    "\0",
    "a\u{fffd}",
    "..\\",
    "...",
];

/// The content of a file outside of the directory.
const SECRET: &[u8] = b"nobody inside may read this";

/// Addresses in the program's memory.
const PATHS: [u32; 2] = [1024, 2048];
const VECTORS: u32 = 512;
const BUFFER: u32 = 4096;
const RESULT: u32 = 256;

/// The greatest number of calls that a program makes.
const CALLS: usize = 40;

/// The text of a program that imports all functions, and exports a function that calls each.
fn program() -> String {
    let mut text = String::from("(module");
    let is_wide = |kind: char| matches!(kind, 'n' | 'w');
    for (name, kinds) in FUNCS {
        let params = kinds.chars().flat_map(|kind| match kind {
            'p' | 'b' | 'v' => vec!["i32", "i32"],
            kind if is_wide(kind) => vec!["i64"],
            _ => vec!["i32"],
        });
        let params = params.collect::<Vec<_>>().join(" ");
        let ty = format!("(param {params}) (result i32)");
        let _ = write!(text, "(import \"{MODULE}\" \"{name}\" (func ${name} {ty}))");
    }
    text.push_str("(memory (export \"memory\") 1)");
    for (name, kinds) in FUNCS {
        let mut params = String::new();
        let mut code = String::new();
        let mut count = 0;
        for kind in kinds.chars() {
            for _ in 0..if matches!(kind, 'p' | 'b' | 'v') { 2 } else { 1 } {
                params.push_str(if is_wide(kind) { " i64" } else { " i32" });
                let _ = write!(code, " local.get {count}");
                count += 1;
            }
        }
        let ty = format!("(param{params}) (result i32)");
        let _ = write!(text, "(func (export \"{name}\") {ty}{code} call ${name})");
    }
    text.push(')');
    text
}

/// A folder with a directory for the program, links that lead out of it, and a secret beside it.
#[cfg(unix)]
fn set_up(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::symlink;
    let inside = folder.join("inside");
    fs::create_dir_all(inside.join("sub/deep"))?;
    fs::write(folder.join("secret"), SECRET)?;
    fs::write(inside.join("file"), "a file")?;
    symlink("../secret", inside.join("out"))?;
    symlink("..", inside.join("up"))?;
    symlink("/", inside.join("root"))?;
    symlink("loop", inside.join("loop"))?;
    symlink(folder.join("secret"), inside.join("sub/deep/out"))
}

#[cfg(not(unix))]
fn set_up(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder.join("inside/sub/deep"))?;
    fs::write(folder.join("secret"), SECRET)?;
    fs::write(folder.join("inside/file"), "a file")
}

/// Makes the arguments of a call.
struct Caller<'i, 'u> {
    input: &'i mut Unstructured<'u>,
    memory: Memory,
    /// Whether some arguments are arbitrary numbers.
    is_wild: bool,
}

impl Caller<'_, '_> {
    fn below(&mut self, end: u32) -> u32 {
        self.input.int_in_range(0..=end - 1).unwrap_or(0)
    }

    fn mostly(&mut self, usual: u32) -> u32 {
        match self.is_wild && self.below(4) == 3 {
            true => self.input.arbitrary().unwrap_or(usual),
            false => usual,
        }
    }

    fn path(&mut self) -> String {
        let mut path = String::new();
        for place in 0..[1, 1, 2, 4][self.below(4) as usize] {
            if place > 0 {
                path.push('/');
            }
            let piece = self.below(PIECES.len() as u32);
            path.push_str(PIECES.get(piece as usize).copied().unwrap_or_default());
        }
        path
    }

    fn arguments(&mut self, store: &mut Store<()>, kinds: &str) -> Vec<Value> {
        let mut arguments = Vec::new();
        let mut paths = PATHS.into_iter();
        for kind in kinds.chars() {
            let (first, second) = match kind {
                // Descriptors from 3 up are directories and files.
                'd' => (3 + self.below(4), None),
                'p' => {
                    let address = paths.next().unwrap_or_default();
                    let path = self.path();
                    let _ = self.memory.write(store, address.into(), path.as_bytes());
                    (address, Some(path.len() as u32))
                }
                'b' => (BUFFER, Some(2048)),
                'v' => {
                    let vectors = [BUFFER, 64, self.mostly(BUFFER + 64), self.mostly(256)];
                    let bytes: Vec<u8> =
                        vectors.iter().flat_map(|word| word.to_le_bytes()).collect();
                    let _ = self.memory.write(store, VECTORS.into(), &bytes);
                    (VECTORS, Some(2))
                }
                'o' => (RESULT, None),
                'f' => ([0, 0, 1, 1, 2, 4, 8, 16][self.below(8) as usize], None),
                'n' => {
                    arguments.push(Value::I64(self.below(1 << 16).into()));
                    continue;
                }
                _ => {
                    let wide = if self.is_wild { self.input.arbitrary() } else { Ok(-1) };
                    arguments.push(Value::I64(wide.unwrap_or(0)));
                    continue;
                }
            };
            for usual in std::iter::once(first).chain(second) {
                arguments.push(Value::I32(self.mostly(usual) as i32));
            }
        }
        arguments
    }
}

/// Any bytes, as calls of file functions: the secret never gets into the program's memory, and
/// everything outside of its directory stays as it is.
///
/// # Panics
/// When the property does not hold.
pub fn files(data: &[u8]) {
    if let Some(harm) = harm(data, "inside") {
        panic!("{harm}");
    }
}

/// The harm that a program with a directory of the folder does to the rest of the folder.
///
/// # Panics
/// When there can be no folder, or a program in it.
pub fn harm(data: &[u8], directory: &str) -> Option<String> {
    // The folder is in memory if possible, since programs flush files.
    let memory = Path::new("/dev/shm");
    let folder = match memory.is_dir() {
        true => tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()),
        false => tempfile::tempdir(),
    };
    let folder = folder.expect("there is room for a folder");
    set_up(folder.path()).expect("a folder can be filled");
    let wasi =
        Wasi::builder().dir(folder.path().join(directory), "/").expect("it is there").build();
    let module = PROGRAM.with(Module::clone);
    let (mut store, mut imports) = (Store::new(()), Imports::default());
    wasi.define(&mut imports);
    let instance = Instance::new(&mut store, &module, &imports).expect("all imports are there");
    let memory = instance.memory(&store, "memory").expect("it is exported");
    let mut input = Unstructured::new(data);
    for _ in 0..CALLS {
        if input.is_empty() {
            break;
        }
        let is_wild = input.ratio(1, 4).unwrap_or(false);
        let mut caller = Caller { input: &mut input, memory, is_wild };
        // Most functions need an open file.
        let frequent = match caller.below(4) {
            0 => Some("path_open"),
            1 => Some("fd_read"),
            _ => None,
        };
        let which = caller.below(FUNCS.len() as u32) as usize;
        let named = FUNCS.iter().find(|(name, _)| frequent == Some(*name));
        let (name, kinds) = named.copied().unwrap_or(FUNCS[which]);
        let arguments = caller.arguments(&mut store, kinds);
        // Addresses out of bounds are errors that the program receives.
        let _ = instance.call(&mut store, name, &arguments);
        if holds_secret(memory.bytes(&store).expect("it is exported")) {
            return Some(format!("{name}({arguments:?}) read what lies outside"));
        }
    }
    if fs::read(folder.path().join("secret")).ok().as_deref() != Some(SECRET) {
        return Some("what lies outside was changed".into());
    }
    let names = fs::read_dir(folder.path()).expect("it is there").flatten();
    let mut names: Vec<_> = names.map(|entry| entry.file_name()).collect();
    names.sort();
    (names != ["inside", "secret"]).then(|| format!("outside there are {names:?}"))
}

thread_local! {
    static PROGRAM: Module = {
        let tree = wattle::wat::parse(&program()).expect("it is well-formed").into_owned();
        Module::new(tree).expect("it is valid")
    };
}

/// Whether the secret is in a memory. Most bytes are zeros, so blocks without the secret's first
/// byte are skipped.
fn holds_secret(bytes: &[u8]) -> bool {
    const BLOCK: usize = 1024;
    bytes.chunks(BLOCK).enumerate().any(|(nth, block)| {
        let start = nth * BLOCK;
        let end = bytes.len().min(start + BLOCK + SECRET.len());
        block.contains(&SECRET[0])
            && bytes[start..end].windows(SECRET.len()).any(|part| part == SECRET)
    })
}
