//! Processes of engines. Each leads a process group of its own, so that Ctrl-C on the terminal is
//! for the campaign alone, and whatever the process has started ends with it.

use std::io;
use std::process::{Child, Command};

/// Starts a command.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command.spawn()
}

/// Ends a process and what it has started. It may have ended by itself.
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
