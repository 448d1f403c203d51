//! Helpers shared by the engines that are linked in.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::case::Probe;
use crate::ending::{Ending, Run};

/// Calls `run`, and returns [`Ending::Broken`] if the engine panics.
pub(super) fn catch_panic(run: impl FnOnce() -> Run) -> Run {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Run::ended(Ending::Broken(format!("panic: {}", text.unwrap_or("without a message"))))
    })
}

/// The ending of an instantiation or a call that failed with this message, but did not trap.
pub(super) fn refused(message: String) -> Ending {
    match Ending::of_message(&message) {
        exhausted @ Ending::Exhausted(_) => exhausted,
        _ => Ending::Refused(message),
    }
}

/// The ending of a call of a probe that the engine does not find.
pub(super) fn no_export(probe: &Probe) -> Ending {
    Ending::Broken(format!("no export {:?}", probe.name))
}
