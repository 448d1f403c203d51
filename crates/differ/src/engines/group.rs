//! Processes of engines. Each leads a process group of its own, so that Ctrl-C on the terminal
//! reaches the campaign alone, and the child processes of an engine end with it.

use std::io::{self, Read};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

/// Starts a command.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command.spawn()
}

/// Ends a process and its children. The process may have ended by itself.
pub(crate) fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Ok(None) = child.try_wait()
        && let Some(group) = rustix::process::Pid::from_raw(child.id() as i32)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The greatest number of bytes that are kept of each stream of a command.
const MOST_OUTPUT: u64 = 1 << 20;

/// Runs a command to its end, without standard input, and returns its output. `gives_up` is asked
/// again and again: once it returns true, the command and its children are ended, and the result is
/// `None`.
///
/// # Errors
/// The error of starting the process.
///
/// ```
/// let mut command = std::process::Command::new("cargo");
/// let output = wattle_differ::run_command(command.arg("--version"), || false)?.unwrap();
/// assert!(output.stdout.starts_with(b"cargo"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn run_command(
    command: &mut Command,
    gives_up: impl Fn() -> bool,
) -> io::Result<Option<Output>> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = start(command)?;
    // Both pipes are read while the command runs, because it blocks when they are full.
    let stdout = read(child.stdout.take());
    let stderr = read(child.stderr.take());
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if gives_up() => {
                end(&mut child);
                return Ok(None);
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let bytes = |thread: JoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
    Ok(Some(Output { status, stdout: bytes(stdout), stderr: bytes(stderr) }))
}

fn read(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.map(|pipe| pipe.take(MOST_OUTPUT).read_to_end(&mut bytes));
        bytes
    })
}
