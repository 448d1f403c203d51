//! [`Builder`]: the arguments, variables, streams, directories, clocks and random bytes of a program.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::descriptors::{Descriptor, Descriptors, Directory, Kind};
use crate::state::{State, Wasi};
use crate::streams::{Input, Output};
use crate::time::{Clock, Random, SystemClock};

/// Builds a [`Wasi`]. A program gets only the resources that are added here, except for clocks and
/// random bytes, which are those of the host unless they are set.
///
/// ```
/// use wattle_wasi::{Input, Output, SteadyClock, Wasi};
///
/// let wasi = Wasi::builder()
///     .args(["prog", "--verbose"])
///     .env("HOME", "/")
///     .stdin(Input::empty())
///     .stdout(Output::capture())
///     .clock(SteadyClock::new(0))
///     .random_seed(7)
///     .build();
/// # drop(wasi);
/// ```
#[must_use]
pub struct Builder {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    dirs: Vec<(Dir, String)>,
    clock: Box<dyn Clock>,
    random: Random,
    deadline: Option<Instant>,
}

impl Wasi {
    /// Starts with no arguments, variables and directories, and with empty streams.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            args: Vec::new(),
            env: Vec::new(),
            stdin: Input::empty(),
            stdout: Output::null(),
            stderr: Output::null(),
            dirs: Vec::new(),
            clock: Box::new(SystemClock::default()),
            random: Random::System,
            deadline: None,
        }
    }
}

/// Returns the bytes up to the first zero byte, and a zero byte behind them.
fn c_string(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes.push(0);
    bytes
}

impl Builder {
    /// Adds an argument. The first one is the name of the program. An argument ends at its first
    /// zero byte.
    pub fn arg(mut self, arg: impl Into<Vec<u8>>) -> Self {
        self.args.push(c_string(arg.into()));
        self
    }

    /// Adds arguments.
    pub fn args(self, args: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        args.into_iter().fold(self, Builder::arg)
    }

    /// Adds a variable of the environment.
    pub fn env(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.env.push(c_string([name.as_ref(), b"=", value.as_ref()].concat()));
        self
    }

    /// Sets standard input, which is empty by default.
    pub fn stdin(mut self, input: Input) -> Self {
        self.stdin = input;
        self
    }

    /// Sets standard output, which is discarded by default.
    pub fn stdout(mut self, output: Output) -> Self {
        self.stdout = output;
        self
    }

    /// Sets standard error, which is discarded by default.
    pub fn stderr(mut self, output: Output) -> Self {
        self.stderr = output;
        self
    }

    /// Sets all three streams to those of the host.
    pub fn inherit_streams(self) -> Self {
        let stdout = Output::inherit_stdout();
        self.stdin(Input::inherit()).stdout(stdout).stderr(Output::inherit_stderr())
    }

    /// Opens a directory of the host for the program, which sees it as `guest`.
    ///
    /// # Errors
    /// The error of the host, if the directory cannot be opened.
    pub fn dir(self, host: impl AsRef<Path>, guest: impl Into<String>) -> io::Result<Self> {
        let dir = Dir::open_ambient_dir(host, ambient_authority())?;
        Ok(self.open_dir(dir, guest))
    }

    /// Adds a directory that is open already, which the program sees as `guest`.
    pub fn open_dir(mut self, dir: Dir, guest: impl Into<String>) -> Self {
        self.dirs.push((dir, guest.into()));
        self
    }

    /// Sets the clocks, which are those of the host by default.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Makes random bytes from this number, so that they are the same in every run.
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.random = Random::Seeded(seed);
        self
    }

    /// Sets the time at which a call that waits for a clock or for the host's standard input ends
    /// the execution, with [`Trap::Interrupted`](wattle_runtime::Trap::Interrupted). Executions that
    /// do not wait are ended by the store:
    /// [`Store::set_fuel_while`](wattle_runtime::Store::set_fuel_while).
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Builds the [`Wasi`] for one program.
    pub fn build(self) -> Wasi {
        let mut fds = BTreeMap::new();
        fds.insert(0, Descriptor::stream(Kind::Input(self.stdin)));
        fds.insert(1, Descriptor::stream(Kind::Output(self.stdout)));
        fds.insert(2, Descriptor::stream(Kind::Output(self.stderr)));
        for (fd, (dir, guest)) in (3..).zip(self.dirs) {
            let directory = Directory { dir, preopen: Some(guest), entries: Vec::new() };
            fds.insert(fd, Descriptor::directory(directory));
        }
        Wasi(Arc::new(Mutex::new(State {
            args: self.args,
            env: self.env,
            fds: Descriptors(fds),
            clock: self.clock,
            random: self.random,
            deadline: self.deadline,
        })))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("args", &self.args.len())
            .field("env", &self.env.len())
            .field("dirs", &self.dirs)
            .finish_non_exhaustive()
    }
}
