//! Ctrl-C and SIGTERM: the handlers that run before the process ends.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

/// A request to stop.
pub(crate) struct Signal(i32);

impl Signal {
    /// Ends the process as the signal would have done without a handler.
    pub(crate) fn end_process(&self) -> ! {
        #[cfg(unix)]
        // If that fails, the exit code still tells the signal.
        let _ = signal_hook::low_level::emulate_default_handler(self.0);
        std::process::exit(128 + self.0)
    }
}

/// Calls `handler`, on a thread of its own, whenever Ctrl-C is pressed or a SIGTERM comes. The
/// process goes on unless the handler ends it.
#[cfg(unix)]
pub(crate) fn on_signal(handler: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().spawn(move || {
        signals.forever().for_each(|signal| handler(Signal(signal)));
    })?;
    Ok(())
}

/// Calls `handler`, on a thread of its own, whenever Ctrl-C is pressed. The process goes on unless
/// the handler ends it.
#[cfg(not(unix))]
pub(crate) fn on_signal(handler: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
    const SIGINT: i32 = 2;
    ctrlc::set_handler(move || handler(Signal(SIGINT))).map_err(io::Error::other)
}

/// Returns a flag that Ctrl-C sets. A second Ctrl-C calls `clean` and ends the process.
pub(crate) fn stop_flag(clean: impl Fn() + Send + 'static) -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    let handler = on_signal(move |signal| {
        if flag.swap(true, Ordering::SeqCst) {
            clean();
            signal.end_process();
        }
    });
    handler.map_err(|error| Failure::Usage(format!("cannot wait for Ctrl-C: {error}")))?;
    Ok(stop)
}
