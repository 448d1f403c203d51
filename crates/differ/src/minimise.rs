//! Minimising: a module is reduced within bounds, as long as it stays valid and a condition still
//! holds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wattle_ast::{Features, Module};
use wattle_reduce::{Candidate, Judge, Reducer, Subject};

/// Bounds on minimising a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    /// The greatest number of candidates to test.
    pub tries: u32,
    /// The longest time to take.
    pub time: Duration,
}

impl Default for Effort {
    fn default() -> Effort {
        Effort { tries: 4000, time: Duration::from_secs(30) }
    }
}

/// Reduces a module as long as `holds` is true, and returns the smallest one found. It is valid
/// with `features`. `holds` must be true for `module`, and only sees valid modules.
///
/// ```
/// use wattle_ast::{Features, Opcode};
/// use wattle_differ::{Effort, minimise};
/// use wattle_smith::{Config, from_seed};
///
/// let module = from_seed(&Config::default(), 8).module;
/// let instructions = |module: &wattle_ast::Module<'_>| -> usize {
///     module.funcs.iter().map(|func| func.body.instrs().count()).sum()
/// };
/// let small = minimise(&module, Features::DEFAULT, Effort::default(), |module| {
///     module.funcs.iter().any(|f| f.body.instrs().flatten().any(|i| i.opcode() == Opcode::GlobalGet))
/// });
/// assert!(instructions(&small) < 12);
/// assert!(wattle_validator::validate(&small).is_ok());
/// ```
pub fn minimise(
    module: &Module<'static>,
    features: Features,
    effort: Effort,
    holds: impl FnMut(&Module<'static>) -> bool,
) -> Module<'static> {
    minimise_until(module, features, effort, &AtomicBool::new(false), holds)
}

/// Minimises a module until `stop` is set.
pub(crate) fn minimise_until(
    module: &Module<'static>,
    features: Features,
    effort: Effort,
    stop: &AtomicBool,
    holds: impl FnMut(&Module<'static>) -> bool,
) -> Module<'static> {
    let search = Search { holds, tries: effort.tries, end: Instant::now() + effort.time, stop };
    let reduced = Reducer::new(module.clone()).features(features).run(search);
    match reduced.best.subject {
        Subject::Module(small) => small,
        // A module is only ever reduced to modules.
        _ => module.clone(),
    }
}

/// The condition of a reduction, with its bounds.
struct Search<'s, F> {
    holds: F,
    tries: u32,
    end: Instant,
    stop: &'s AtomicBool,
}

impl<F: FnMut(&Module<'static>) -> bool> Judge for Search<'_, F> {
    fn judge(&mut self, candidates: &[Candidate]) -> Vec<Option<bool>> {
        let verdicts = candidates.iter().map(|candidate| {
            self.tries = self.tries.saturating_sub(1);
            candidate.module().map(&mut self.holds)
        });
        verdicts.collect()
    }

    fn is_over(&mut self) -> bool {
        self.tries == 0 || Instant::now() >= self.end || self.stop.load(Ordering::Relaxed)
    }
}
