//! What an engine is to the harness.

use std::sync::Arc;

use wattle_ast::Features;

use crate::case::{Case, Closed};
use crate::outcome::Run;

/// An engine that runs cases. Each thread has its own.
pub trait Engine: Send {
    /// What reports call it.
    fn name(&self) -> Arc<str>;

    /// The features that it has. It is given no case that needs others.
    fn features(&self) -> Features;

    /// Whether it takes cases in their closed form, by [`Engine::run_closed`].
    fn is_closed(&self) -> bool {
        false
    }

    /// Runs a case: instantiates the provider, the module and the adapter, and calls the probes in
    /// turn, up to one that runs out of something.
    fn run(&mut self, case: &Case) -> Run;

    /// Runs a case in its closed form: each probe on an instance of its own.
    fn run_closed(&mut self, closed: &Closed) -> Run {
        let _ = closed;
        Run::ended(crate::Outcome::Refused("no closed form".into()))
    }
}
