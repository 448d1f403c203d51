//! Runs the passes in their order over the best candidate so far, until none makes it smaller.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::Cell;

use wattle_ast::{Features, Module};

use crate::bisect::{Bisect, Past, Pattern};
use crate::passes::{Again, CODE, INNER, OUTER, Pass};
use crate::plan::{ModulePlan, Plan};
use crate::reducer::{Candidate, Counts, Judge, Progress, Reduced};
use crate::subject::Subject;
use crate::{bodies, definitions, items, script};

pub(crate) struct Run<J> {
    judge: J,
    features: Features,
    allows_invalid: bool,
    /// The fingerprints of candidates that are not interesting or not valid.
    known: BTreeSet<u128>,
    counts: Counts,
    best: Rc<Candidate>,
    /// Whether a change also removes the items that nothing refers to any more.
    tidies: bool,
    refused: Vec<u128>,
    pass: &'static str,
    /// The changes that failed alone, by their keys, and whether unused items were removed together
    /// with them. They are not tried again as long as the code or the item that they change stays
    /// as it is.
    failed: BTreeMap<(&'static str, u128), bool>,
    /// Whether unused items were removed when a plan was last applied.
    is_tidied: Rc<Cell<bool>>,
    /// The passes with a change that failed alone when unused items were removed together with it.
    tidied: BTreeSet<&'static str>,
    /// The passes that tried all their changes, with the number of the module.
    done: BTreeSet<(usize, &'static str)>,
    /// The outcome of the changes of each pass in the last round, and in this one so far.
    before: BTreeMap<&'static str, Past>,
    now: BTreeMap<&'static str, Past>,
}

/// The share of failures among changes that are tried again without tidying.
const FAILS_AGAIN: f64 = 0.7;

/// The ending of a pass.
struct Ending {
    /// Whether all changes were made, or do nothing.
    is_whole: bool,
    /// Whether all changes were tried.
    is_done: bool,
}

/// The outcome of a change before the condition is asked.
enum Outcome {
    /// Nothing changed.
    Unchanged,
    /// The change is known to fail.
    Refused,
    /// The condition must be asked.
    New(Box<Candidate>),
}

impl<J: Judge> Run<J> {
    /// A reduction that has not begun. `known` has the fingerprints of candidates that are known
    /// not to be interesting.
    pub(crate) fn new(
        judge: J,
        subject: Subject,
        features: Features,
        allows_invalid: bool,
        known: BTreeSet<u128>,
    ) -> Run<J> {
        Run {
            judge,
            features,
            allows_invalid,
            known,
            counts: Counts::default(),
            best: Rc::new(Candidate::from(subject)),
            tidies: true,
            refused: Vec::new(),
            pass: "",
            failed: BTreeMap::new(),
            is_tidied: Rc::default(),
            tidied: BTreeSet::new(),
            done: BTreeSet::new(),
            before: BTreeMap::new(),
            now: BTreeMap::new(),
        }
    }

    /// Runs the reduction to its end.
    pub(crate) fn finish(mut self) -> Reduced {
        self.run();
        if !self.refused.is_empty() {
            self.tell(false);
        }
        let is_finished = !self.judge.is_over();
        Reduced { best: Rc::unwrap_or_clone(self.best), counts: self.counts, is_finished }
    }

    fn run(&mut self) {
        let empty = self.best.subject.empty();
        self.change("nothing", |_| Some(empty.clone()));
        self.change("encoding", Subject::shortest);
        while !self.judge.is_over() {
            let has_progress = self.round();
            if !has_progress && !self.tidies {
                return;
            }
            self.before = core::mem::take(&mut self.now);
            // The condition may depend on an item that nothing refers to.
            self.tidies = has_progress;
        }
    }

    /// Goes through all passes. Returns whether anything became smaller.
    fn round(&mut self) -> bool {
        let base = Rc::clone(&self.best);
        match &base.subject {
            Subject::Bytes(_) => return self.bytes(),
            Subject::Script(_) => self.script(),
            Subject::Component(_) => self.component(),
            Subject::Module(_) => {}
        }
        let mut place = self.best.subject.modules().len();
        while place > 0 && !self.judge.is_over() {
            place -= 1;
            self.module(place);
        }
        self.best.measure() < base.measure()
    }

    /// Runs all passes over one of the modules.
    fn module(&mut self, place: usize) {
        let tidies = self.tidies && self.can_tidy(place);
        for (pass, plan) in &OUTER {
            self.module_pass(pass, place, tidies, |module, features| Some(plan(module, features)));
        }
        let mut depth = 0;
        while self.module_pass(&CODE, place, tidies, |module, features| {
            bodies::level(module, features, depth)
        }) {
            depth += 1;
        }
        for (pass, plan) in &INNER {
            self.module_pass(pass, place, tidies, |module, features| Some(plan(module, features)));
        }
    }

    /// Removes the items that nothing refers to. Returns whether the condition still holds then.
    fn can_tidy(&mut self, place: usize) -> bool {
        self.change("unused items", |subject| {
            let mut module = (*subject.modules().get(place)?).clone();
            let _ = items::tidy(&mut module)?;
            Some(subject.with_module(place, module))
        })
    }

    /// Runs a pass over a module. Returns whether it had anything to do.
    fn module_pass(
        &mut self,
        pass: &Pass,
        place: usize,
        tidies: bool,
        plan: impl for<'b> FnOnce(&'b Module<'static>, Features) -> Option<ModulePlan<'b>>,
    ) -> bool {
        if self.judge.is_over() {
            return false;
        }
        let is_due = match pass.again {
            Again::Always => true,
            Again::Untidied => !self.tidies,
            Again::IfTidied => !self.tidies && self.tidied.contains(pass.name),
            Again::Never => false,
        };
        if !is_due && self.done.contains(&(place, pass.name)) {
            return false;
        }
        let base = Rc::clone(&self.best);
        let subject = &base.subject;
        let modules = subject.modules();
        let Some(&module) = modules.get(place) else { return false };
        let Some(mut plan) = plan(module, self.features) else { return false };
        let (keys, funcs) = (core::mem::take(&mut plan.keys), core::mem::take(&mut plan.funcs));
        let is_tidied = Rc::clone(&self.is_tidied);
        let whole = Plan::new(plan.len, move |selected| {
            let mut changed = (plan.apply)(selected)?;
            is_tidied.set(tidies && items::tidy(&mut changed)?);
            Some(subject.with_module(place, changed))
        });
        if self.plan(pass, &Plan { keys, funcs, ..whole }).is_done {
            self.done.insert((place, pass.name));
        }
        true
    }

    fn component(&mut self) {
        let tidies = self.tidies
            && self.change("unused definitions", |subject| match subject {
                Subject::Component(component) => {
                    (definitions::unused(component).apply)(&[true]).map(Subject::Component)
                }
                _ => None,
            });
        for pass in 0..3 {
            let base = Rc::clone(&self.best);
            let Subject::Component(component) = &base.subject else { return };
            let (name, plan) = match pass {
                0 => ("definitions", definitions::removals(component, tidies)),
                1 => ("types of values", definitions::types(component)),
                _ => ("parts of definitions", definitions::parts(component)),
            };
            let plan =
                Plan::new(plan.len, |selected| (plan.apply)(selected).map(Subject::Component));
            self.plan(&Pass::new(name), &plan);
        }
    }

    fn script(&mut self) {
        let base = Rc::clone(&self.best);
        let Subject::Script(script) = &base.subject else { return };
        let plan = script::directives(script);
        let plan = Plan::new(plan.len, |selected| (plan.apply)(selected).map(Subject::Script));
        self.plan(&Pass::new("directives"), &plan);
    }

    /// Removes pieces of malformed bytes, down to single ones.
    fn bytes(&mut self) -> bool {
        let base = Rc::clone(&self.best);
        let Subject::Bytes(bytes) = &base.subject else { return false };
        let plan = Plan::new(bytes.len(), |selected| {
            let mut changed = bytes.clone();
            crate::plan::remove_selected(&mut changed, selected, 0);
            Some(Subject::Bytes(changed))
        });
        self.plan(&Pass::new("bytes"), &plan);
        self.best.measure() < base.measure()
    }

    /// Tries one change. Returns whether it was made or does nothing.
    fn change(&mut self, name: &'static str, change: impl Fn(&Subject) -> Option<Subject>) -> bool {
        let base = Rc::clone(&self.best);
        self.plan(&Pass::new(name), &Plan::new(1, |_| change(&base.subject))).is_whole
    }

    /// Makes as many of the changes of a plan as possible.
    fn plan(&mut self, pass: &Pass, plan: &Plan<'_, Subject>) -> Ending {
        let name = pass.name;
        self.pass = name;
        let mut selected = alloc::vec![false; plan.len];
        let mut changes = Vec::new();
        for number in 0..plan.len {
            let failed = plan.keys.get(number).and_then(|key| self.failed.get(&(name, *key)));
            if failed.is_none_or(|&is_tidied| is_tidied && !self.tidies) {
                changes.push(number);
                continue;
            }
            self.counts.known += 1;
            // The fingerprint is recorded, so that a reduction that continues this one skips the
            // candidate too.
            selected[number] = true;
            let candidate = (plan.apply)(&selected).map(Candidate::from);
            selected[number] = false;
            if let Some(fingerprint) = candidate.map(|candidate| candidate.fingerprint())
                && self.known.insert(fingerprint)
            {
                self.refused.push(fingerprint);
            }
        }
        let mut bisect = self.bisect(pass, changes.len());
        if pass.pattern == Pattern::Chains {
            let funcs = changes.iter().filter_map(|change| plan.funcs.get(*change).copied());
            bisect = bisect.in_chains(funcs);
        }
        let mut is_whole = changes.len() == plan.len;
        while !self.judge.is_over() {
            // The candidates of a batch are the next ones if all of them fail.
            let (mut ahead, mut steps, mut batch) = (bisect.clone(), Vec::new(), Vec::new());
            while batch.len() < self.judge.width().max(1)
                && let Some(range) = ahead.next()
            {
                let chosen = changes.get(range.clone()).unwrap_or_default();
                chosen.iter().for_each(|&change| selected[change] = true);
                self.is_tidied.set(false);
                let outcome = match (plan.apply)(&selected) {
                    Some(subject) => self.outcome(subject),
                    None => Outcome::Refused,
                };
                chosen.iter().for_each(|&change| selected[change] = false);
                match outcome {
                    Outcome::Unchanged => ahead.keep(),
                    Outcome::Refused => ahead.divide(false),
                    Outcome::New(_) => ahead.divide(true),
                }
                steps.push((range, self.is_tidied.get(), outcome_step(outcome, &mut batch)));
            }
            if steps.is_empty() {
                let now = self.now.entry(name).or_default();
                *now = *now + bisect.past();
                return Ending { is_whole, is_done: !bisect.has_left_one() };
            }
            let verdicts = self.judged(&batch);
            let mut batch: Vec<Option<Candidate>> = batch.into_iter().map(Some).collect();
            for (range, is_tidied, step) in steps {
                let was_asked = matches!(step, Step::Ask(_));
                let verdict = match step {
                    Step::Keep => {
                        bisect.keep();
                        continue;
                    }
                    Step::Divide => Some(false),
                    Step::Ask(number) => verdicts.get(number).copied().flatten(),
                };
                let chosen = changes.get(range).unwrap_or_default();
                match (verdict, step) {
                    (None, _) => return Ending { is_whole: false, is_done: false },
                    (Some(true), Step::Ask(number)) => {
                        bisect.keep();
                        chosen.iter().for_each(|&change| selected[change] = true);
                        if let Some(better) = batch[number].take() {
                            self.accept(better);
                        }
                        break;
                    }
                    _ => {
                        is_whole = false;
                        if chosen.len() == 1 || bisect.is_broken() {
                            let keys = chosen.iter().filter_map(|change| plan.keys.get(*change));
                            self.failed.extend(keys.map(|key| ((name, *key), is_tidied)));
                            self.tidied.extend(is_tidied.then_some(name));
                        }
                        bisect.divide(was_asked);
                    }
                }
            }
        }
        Ending { is_whole: false, is_done: false }
    }

    /// The order in which changes of a pass are tried.
    fn bisect(&self, pass: &Pass, len: usize) -> Bisect {
        let is_first_round = self.before.is_empty();
        let expected = match self.tidies {
            true => {
                let past = self.now.get(pass.name).or_else(|| self.before.get(pass.name));
                pass.expected(len, past.copied())
            }
            false => FAILS_AGAIN * len as f64,
        };
        let pattern = match pass.pattern {
            // The change that was left out in the first round is tried in the next.
            Pattern::OneFails if !is_first_round => Pattern::Any,
            pattern => pattern,
        };
        Bisect::new(len, expected, pattern)
    }

    fn outcome(&mut self, subject: Subject) -> Outcome {
        let candidate = Candidate::from(subject);
        if candidate.bytes == self.best.bytes {
            return Outcome::Unchanged;
        }
        if candidate.measure() > self.best.measure() {
            return Outcome::Refused;
        }
        if self.known.contains(&candidate.fingerprint()) {
            self.counts.known += 1;
            return Outcome::Refused;
        }
        if !self.allows_invalid && !candidate.subject.is_valid(self.features) {
            self.counts.invalid += 1;
            self.known.insert(candidate.fingerprint());
            return Outcome::Refused;
        }
        Outcome::New(Box::new(candidate))
    }

    /// Asks about candidates, and records the answers.
    fn judged(&mut self, batch: &[Candidate]) -> Vec<Option<bool>> {
        if batch.is_empty() {
            return Vec::new();
        }
        let verdicts = self.judge.judge(batch);
        for (candidate, verdict) in batch.iter().zip(&verdicts) {
            self.counts.tests += u64::from(verdict.is_some());
            if *verdict == Some(false) {
                let fingerprint = candidate.fingerprint();
                self.known.insert(fingerprint);
                self.refused.push(fingerprint);
            }
        }
        if !verdicts.contains(&Some(true)) {
            self.tell(false);
        }
        verdicts
    }

    fn accept(&mut self, better: Candidate) {
        self.counts.interesting += 1;
        self.best = Rc::new(better);
        self.tell(true);
    }

    fn tell(&mut self, is_better: bool) {
        let refused = core::mem::take(&mut self.refused);
        let (best, counts, pass) = (&*self.best, self.counts, self.pass);
        self.judge.see(Progress { best, counts, pass, refused: &refused, is_better });
    }
}

/// A step of a batch of changes.
#[derive(Clone, Copy)]
enum Step {
    Keep,
    Divide,
    /// The condition is asked about the candidate with this number.
    Ask(usize),
}

fn outcome_step(outcome: Outcome, batch: &mut Vec<Candidate>) -> Step {
    match outcome {
        Outcome::Unchanged => Step::Keep,
        Outcome::Refused => Step::Divide,
        Outcome::New(candidate) => {
            batch.push(*candidate);
            Step::Ask(batch.len() - 1)
        }
    }
}
