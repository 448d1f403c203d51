//! Standard input, output and error: their sources and sinks, and the flushing of output.

use std::fmt;
use std::io::{self, IoSlice, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Repeats a call that a signal interrupts.
pub(crate) fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// The source of a program's standard input.
#[derive(Default)]
pub struct Input {
    source: Source,
    terminal: bool,
}

#[derive(Default)]
enum Source {
    #[default]
    Empty,
    /// Standard input of the host. It has no buffer here, so that the host can say whether it is
    /// ready.
    #[cfg(unix)]
    Inherited(std::fs::File),
    Reader(Box<dyn Read + Send>),
}

impl Input {
    /// Returns an input that ends at once.
    pub fn empty() -> Input {
        Input::default()
    }

    /// Returns the standard input of the host.
    pub fn inherit() -> Input {
        let terminal = io::stdin().is_terminal();
        #[cfg(unix)]
        {
            use std::os::fd::AsFd;
            if let Ok(own) = io::stdin().as_fd().try_clone_to_owned() {
                return Input { source: Source::Inherited(own.into()), terminal };
            }
        }
        Input { source: Source::Reader(Box::new(io::stdin())), terminal }
    }

    /// Returns an input that consists of the bytes of a reader.
    ///
    /// ```
    /// use wattle_wasi::{Input, Wasi};
    /// let wasi = Wasi::builder().stdin(Input::new(&b"three\nlines\nof text\n"[..])).build();
    /// # drop(wasi);
    /// ```
    pub fn new(reader: impl Read + Send + 'static) -> Input {
        Input { source: Source::Reader(Box::new(reader)), terminal: false }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = retry(|| match &mut self.source {
            Source::Empty => Ok(0),
            #[cfg(unix)]
            Source::Inherited(file) => file.read(into),
            Source::Reader(reader) => reader.read(into),
        })?;
        // A faulty reader may claim to have read more than there is room for.
        Ok(len.min(into.len()))
    }

    /// Waits for at most this time, and returns whether a read would return at once. A source that
    /// cannot tell counts as ready.
    pub(crate) fn wait(&mut self, most: Option<Duration>) -> bool {
        match &self.source {
            #[cfg(unix)]
            Source::Inherited(file) => {
                use rustix::event::{PollFd, PollFlags, Timespec, poll};
                use std::time::Instant;
                let end = most.and_then(|most| Instant::now().checked_add(most));
                let mut fds = [PollFd::new(file, PollFlags::IN)];
                loop {
                    let left = end.map(|end| end.saturating_duration_since(Instant::now()));
                    let timeout = left.map(|left| Timespec {
                        tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
                        tv_nsec: left.subsec_nanos().into(),
                    });
                    // A descriptor with an error counts as ready: the next read reports the error.
                    match poll(&mut fds, timeout.as_ref()) {
                        Err(rustix::io::Errno::INTR) => {}
                        count => return count.is_ok_and(|count| count > 0),
                    }
                }
            }
            _ => true,
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Input")
    }
}

/// The destination of a program's standard output or error. Clones share it.
#[derive(Clone)]
pub struct Output {
    sink: Arc<Mutex<Sink>>,
}

struct Sink {
    to: To,
    terminal: bool,
    /// The bytes that were not written to the destination yet.
    buffer: Vec<u8>,
    /// The most bytes in the buffer before it is flushed.
    room: usize,
}

enum To {
    Nowhere,
    Memory(Vec<u8>),
    Writer(Box<dyn Write + Send>),
}

/// The size of the buffer of standard output in bytes.
const BUFFER: usize = 1 << 16;

impl Output {
    fn of(to: To, terminal: bool, room: usize) -> Output {
        Output { sink: Arc::new(Mutex::new(Sink { to, terminal, buffer: Vec::new(), room })) }
    }

    /// Returns an output that discards all bytes.
    pub fn null() -> Output {
        Output::of(To::Nowhere, false, 0)
    }

    /// Returns an output that keeps all bytes in memory, for [`captured`](Output::captured).
    pub fn capture() -> Output {
        Output::of(To::Memory(Vec::new()), false, 0)
    }

    /// Returns the standard output of the host. A terminal gets each line at once; any other output
    /// gets large pieces, and [`Wasi::flush`](crate::Wasi::flush) writes the last one.
    pub fn inherit_stdout() -> Output {
        Output::of(To::Writer(Box::new(io::stdout())), io::stdout().is_terminal(), BUFFER)
    }

    /// Returns the standard error of the host, without a buffer.
    pub fn inherit_stderr() -> Output {
        Output::of(To::Writer(Box::new(io::stderr())), io::stderr().is_terminal(), 0)
    }

    /// Returns an output that goes to a writer, without a buffer.
    pub fn new(writer: impl Write + Send + 'static) -> Output {
        Output::of(To::Writer(Box::new(writer)), false, 0)
    }

    /// Returns the bytes that were written, if they are kept in memory; otherwise none.
    pub fn captured(&self) -> Vec<u8> {
        match &self.lock().to {
            To::Memory(bytes) => bytes.clone(),
            _ => Vec::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.lock().terminal
    }

    /// Writes all of the parts.
    pub(crate) fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut sink = self.lock();
        let mut written = 0;
        for part in parts {
            sink.write(part)?;
            written += part.len();
        }
        let line = sink.terminal && parts.iter().any(|part| part.contains(&b'\n'));
        if line || sink.room == 0 {
            sink.flush()?;
        }
        Ok(written)
    }

    pub(crate) fn flush(&self) -> io::Result<()> {
        self.lock().flush()
    }
}

impl Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.to {
            To::Nowhere => Ok(()),
            To::Memory(memory) => {
                let full = |_| io::Error::from(io::ErrorKind::OutOfMemory);
                memory.try_reserve(bytes.len()).map_err(full)?;
                memory.extend_from_slice(bytes);
                Ok(())
            }
            To::Writer(writer) => {
                if self.buffer.len().saturating_add(bytes.len()) > self.room {
                    let full = std::mem::take(&mut self.buffer);
                    writer.write_all(&full)?;
                    if bytes.len() >= self.room {
                        return writer.write_all(bytes);
                    }
                }
                self.buffer.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let To::Writer(writer) = &mut self.to else { return Ok(()) };
        let full = std::mem::take(&mut self.buffer);
        writer.write_all(&full)?;
        writer.flush()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // An error cannot be reported from here.
        let _ = self.flush();
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Output")
    }
}
