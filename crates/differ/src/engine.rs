//! The interface of an engine.

use std::sync::Arc;

use wattle_ast::Features;

use crate::case::Case;
use crate::ending::Run;

/// An engine that runs cases. Each thread has its own.
pub trait Engine: Send {
    /// The name that reports use.
    fn name(&self) -> Arc<str>;

    /// The features that the engine supports. It gets no case that needs others.
    fn features(&self) -> Features;

    /// Whether the engine runs the closed form of a case, with a new instance for each probe.
    fn is_closed(&self) -> bool {
        false
    }

    /// Runs a case: instantiates the provider, the module and the adapter, and calls the probes in
    /// order. It stops after a probe that runs out of a resource, unless each probe has an instance of
    /// its own.
    fn run(&mut self, case: &Case) -> Run;
}
