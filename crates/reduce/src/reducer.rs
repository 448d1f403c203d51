//! The interface of the reducer: its settings, its questions about candidates, its progress and its
//! result.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use wattle_ast::{Features, Module};

use crate::plan::fingerprint;
use crate::run::Run;
use crate::subject::Subject;

/// A smaller subject that the condition is asked about.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The module, component or script.
    pub subject: Subject,
    /// The bytes of the subject.
    pub bytes: Vec<u8>,
    /// The size that is reduced.
    weight: usize,
}

impl From<Subject> for Candidate {
    fn from(subject: Subject) -> Candidate {
        let bytes = subject.bytes();
        let weight = match &subject {
            Subject::Script(script) => script.weight(),
            _ => bytes.len(),
        };
        Candidate { subject, bytes, weight }
    }
}

impl Candidate {
    /// The module, if the subject is one.
    pub fn module(&self) -> Option<&Module<'static>> {
        self.subject.module()
    }

    /// A number that tells candidates apart. It is the same on every machine.
    pub fn fingerprint(&self) -> u128 {
        fingerprint(&self.bytes)
    }

    /// The measure that is reduced: first the weight, then the bytes.
    pub(crate) fn measure(&self) -> (usize, &[u8]) {
        (self.weight, &self.bytes)
    }
}

/// The counts of a reduction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// The number of candidates that the condition was asked about.
    pub tests: u64,
    /// The number of candidates that are interesting.
    pub interesting: u64,
    /// The number of candidates that were known not to be interesting, because the candidate, or
    /// the change that leads to it, was tested before.
    pub known: u64,
    /// The number of candidates that are invalid, so that the condition was not asked.
    pub invalid: u64,
}

/// The state of a reduction.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'p> {
    /// The best candidate so far.
    pub best: &'p Candidate,
    /// The counts so far.
    pub counts: Counts,
    /// The name of the pass.
    pub pass: &'static str,
    /// The [fingerprints](Candidate::fingerprint) of candidates that were refused since the last
    /// report: they are not interesting, or were not tested because the change had failed before.
    pub refused: &'p [u128],
    /// Whether the best candidate is new.
    pub is_better: bool,
}

/// Decides which candidates are interesting. A closure that takes a candidate is a judge.
pub trait Judge {
    /// The number of candidates that the judge takes at once.
    fn width(&self) -> usize {
        1
    }

    /// Whether each candidate is interesting. `None` is allowed for the candidates behind the first
    /// interesting one, and for all when the reduction is to end.
    fn judge(&mut self, candidates: &[Candidate]) -> Vec<Option<bool>>;

    /// Whether the reduction is to end.
    fn is_over(&mut self) -> bool {
        false
    }

    /// Receives the progress of the reduction.
    fn see(&mut self, progress: Progress<'_>) {
        let _ = progress;
    }
}

impl<F: FnMut(&Candidate) -> bool> Judge for F {
    fn judge(&mut self, candidates: &[Candidate]) -> Vec<Option<bool>> {
        let mut is_found = false;
        let verdicts = candidates.iter().map(|candidate| {
            (!is_found).then(|| {
                is_found = self(candidate);
                is_found
            })
        });
        verdicts.collect()
    }
}

/// The result of a reduction.
#[derive(Clone, Debug)]
pub struct Reduced {
    /// The smallest candidate that is interesting.
    pub best: Candidate,
    /// The counts.
    pub counts: Counts,
    /// Whether the reduction ended because no pass makes the candidate smaller.
    pub is_finished: bool,
}

/// Makes a module, a component or a script smaller, as long as a condition holds.
///
/// Every candidate that the condition is asked about is smaller than the best one so far, and new. It
/// is also valid, unless [`allow_invalid`](Reducer::allow_invalid) is set.
///
/// ```
/// use wattle_ast::{Features, Opcode};
/// use wattle_reduce::Reducer;
///
/// let text = "(module (memory 1) (func $f (result i32) (i32.load (i32.const 8)))
///     (func (export \"main\") (param i32) (result i32)
///         (if (local.get 0) (then (return (i32.mul (call $f) (i32.const 2)))))
///         (i32.const 5)))";
/// let module = wattle_wat::parse(text)?.into_owned();
/// let reduced = Reducer::new(module).run(|candidate: &wattle_reduce::Candidate| {
///     let module = candidate.module().unwrap();
///     let mut instrs = module.funcs.iter().flat_map(|func| func.body.instrs().flatten());
///     instrs.any(|instr| instr.opcode() == Opcode::I32Mul)
/// });
/// let small = wattle_printer::print(reduced.best.module().unwrap());
/// assert!(small.contains("i32.mul") && small.lines().count() == 8, "{small}");
/// assert!(reduced.counts.tests < 40);
/// # Ok::<(), wattle_wat::Errors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reducer {
    subject: Subject,
    features: Features,
    allows_invalid: bool,
    known: BTreeSet<u128>,
}

impl Reducer {
    /// A reducer of a module, a component or a script, which must be interesting.
    pub fn new(subject: impl Into<Subject>) -> Reducer {
        Reducer {
            subject: subject.into(),
            features: Features::DEFAULT,
            allows_invalid: false,
            known: BTreeSet::new(),
        }
    }

    /// The features that candidates may use.
    pub fn features(mut self, features: Features) -> Reducer {
        self.features = features;
        self
    }

    /// Whether candidates may be invalid. An invalid subject needs this.
    pub fn allow_invalid(mut self, allows_invalid: bool) -> Reducer {
        self.allows_invalid = allows_invalid;
        self
    }

    /// The fingerprints of candidates that are known not to be interesting, for instance from a
    /// reduction that was interrupted.
    pub fn known(mut self, fingerprints: impl IntoIterator<Item = u128>) -> Reducer {
        self.known.extend(fingerprints);
        self
    }

    /// Reduces the subject.
    pub fn run(self, judge: impl Judge) -> Reduced {
        Run::new(judge, self.subject, self.features, self.allows_invalid, self.known).finish()
    }
}
