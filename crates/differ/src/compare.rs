//! Comparison: what is the same, what the specification permits, and what is a finding.
//!
//! The specification leaves open: the bits of NaNs that operators make, what relaxed vector
//! instructions do, whether `grow` succeeds, and when resources run out. NaNs are made canonical
//! within the modules, or compared by class. What relaxed instructions do is looked for: the
//! oracle runs again with other choices until it does what the engine did. A run in which `grow`
//! depends on limits, or that ran out of something, says nothing and is discarded.

use serde::{Deserialize, Serialize};
use wattle_ast::{Body, Feature, Func, Instr, Opcode};
use wattle_runtime::Trap;
use wattle_runtime::numerics::{Nan, Profile, RelaxedMinMax, RelaxedTrunc};

use crate::case::{Case, Probe};
use crate::emit::{Kind, Part};
use crate::oracle::Oracle;
use crate::outcome::{Outcome, Run, Word, traps_of};

/// How the bits of NaNs are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Nans {
    /// As any bits: modules make their NaNs canonical.
    #[default]
    Exact,
    /// Any NaN is like any other.
    Class,
}

/// In which way an engine differs. Minimising keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The engine refuses a valid module.
    Refuses,
    /// The engine breaks.
    Breaks,
    /// The engine takes a module that the oracle refuses.
    Accepts,
    /// Results differ.
    Value,
    /// Globals, memories or tables differ.
    State,
    /// Calls of the host differ.
    Log,
    /// One traps in another way than the other.
    Trap,
    /// The engine traps, the oracle does not.
    Traps,
    /// The oracle traps, the engine does not.
    Returns,
    /// One throws an exception, the other does not.
    Exception,
}

/// A difference between the oracle and an engine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// In which way.
    pub way: Way,
    /// Where: the label of the probe, or `instantiation`.
    pub place: String,
    /// What the oracle did, for people.
    pub expected: String,
    /// What the engine did.
    pub actual: String,
}

impl Difference {
    /// What the engine said, where that tells one cause from another: numbers are left out.
    pub(crate) fn words(&self) -> String {
        match self.way {
            Way::Refuses | Way::Breaks | Way::Accepts | Way::Traps => blank(&self.actual),
            _ => String::new(),
        }
    }
}

/// The beginning of a message, without its numbers.
fn blank(message: &str) -> String {
    let first = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).take(80).collect()
}

/// What comes of a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// All is the same.
    Agrees,
    /// It differs as the specification permits.
    Permitted(&'static str),
    /// It says nothing: why.
    Discarded(String),
    /// It differs.
    Differs(Box<Difference>),
}

/// What engines say of modules that they cannot run, though they are valid.
const UNSUPPORTED: &[&str] = &[
    "not supported",
    "unsupported",
    "unimplemented",
    "not implemented",
    "not yet",
    "is disabled",
    "disallowed",
    "not enabled",
    "enable with",
    "does not support",
];

fn show(outcome: &Outcome, parts: &[Part]) -> String {
    match outcome {
        Outcome::Values(words) if words.is_empty() => "returned".into(),
        Outcome::Values(words) => {
            let words = words.iter().enumerate().map(|(at, word)| match parts.get(at) {
                Some(part) => format!("{} = {:#x}", part.label, word.0),
                None => format!("{:#x}", word.0),
            });
            words.collect::<Vec<_>>().join(", ")
        }
        Outcome::Trap(message) => format!("trap: {message}"),
        Outcome::Exception(_) => "uncaught exception".into(),
        Outcome::Exhausted(what) => format!("out of {what}"),
        Outcome::Refused(message) => format!("refused: {message}"),
        Outcome::Broken(message) => format!("broken: {message}"),
    }
}

fn is_nan(kind: Kind, word: u64) -> bool {
    match kind {
        Kind::F32 => f32::from_bits(word as u32).is_nan(),
        Kind::F64 => f64::from_bits(word).is_nan(),
        _ => false,
    }
}

/// Half a vector as lanes of floats: those that are NaNs in both may differ.
fn same_lanes(a: u64, b: u64) -> bool {
    let narrow = |word: u64| [word as u32, (word >> 32) as u32];
    let nan32 = |word: u32| f32::from_bits(word).is_nan();
    let by32 = narrow(a).into_iter().zip(narrow(b)).all(|(a, b)| a == b || nan32(a) && nan32(b));
    by32 || f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan()
}

fn same(part: Option<&Part>, a: Word, b: Word, nans: Nans) -> bool {
    let Some(kind) = part.map(|part| part.kind).filter(|_| nans == Nans::Class) else {
        return a == b;
    };
    let lanes = kind == Kind::V128 && same_lanes(a.0, b.0);
    a == b || lanes || is_nan(kind, a.0) && is_nan(kind, b.0)
}

/// Whether one instruction can trap either way, for two reasons at once: engines check one or the
/// other first. An atomic access may be unaligned and out of bounds; what copies a segment to an
/// array may be out of the bounds of both.
fn is_either(a: &[Trap], b: &[Trap]) -> bool {
    let pairs = [
        (Trap::UnalignedAtomic, Trap::MemoryOutOfBounds),
        (Trap::ArrayOutOfBounds, Trap::MemoryOutOfBounds),
        (Trap::ArrayOutOfBounds, Trap::TableOutOfBounds),
    ];
    pairs.iter().any(|(first, second)| a.contains(first) && b.contains(second))
}

/// How one outcome compares to another: nothing when it is the same.
fn judge(
    expected: &Outcome,
    actual: &Outcome,
    parts: &[Part],
    nans: Nans,
) -> Option<Result<Way, String>> {
    let way = match (expected, actual) {
        // The oracle's own limits come first: nothing can be said then.
        (Outcome::Exhausted(what), _) | (_, Outcome::Exhausted(what)) => {
            return Some(Err(what.clone()));
        }
        (Outcome::Refused(_), Outcome::Refused(_)) => return None,
        (_, Outcome::Broken(_)) => Way::Breaks,
        (_, Outcome::Refused(message)) => {
            let lower = message.to_lowercase();
            if UNSUPPORTED.iter().any(|words| lower.contains(words)) {
                return Some(Err(format!("unsupported: {}", blank(message))));
            }
            Way::Refuses
        }
        (Outcome::Refused(_) | Outcome::Broken(_), _) => Way::Accepts,
        (Outcome::Exception(_), Outcome::Exception(_)) => return None,
        (Outcome::Exception(_), _) | (_, Outcome::Exception(_)) => Way::Exception,
        (Outcome::Trap(a), Outcome::Trap(b)) => {
            let (a, b) = (traps_of(a), traps_of(b));
            if a.iter().any(|trap| b.contains(trap)) || is_either(a, b) || is_either(b, a) {
                return None;
            }
            Way::Trap
        }
        (Outcome::Trap(_), _) => Way::Returns,
        (_, Outcome::Trap(_)) => Way::Traps,
        (Outcome::Values(a), Outcome::Values(b)) => {
            let mut pairs = a.iter().zip(b).enumerate();
            let differs = pairs.find(|(at, (a, b))| !same(parts.get(*at), **a, **b, nans));
            match differs {
                None if a.len() == b.len() => return None,
                Some((at, _)) if parts.get(at).is_some_and(|part| part.kind == Kind::State) => {
                    Way::State
                }
                _ => Way::Value,
            }
        }
    };
    Some(Ok(way))
}

/// Compares what the oracle did to what an engine did.
///
/// ```
/// use wattle_differ::{Nans, Outcome, Run, Verdict, compare};
///
/// let run = |start| Run { start, probes: Vec::new(), log: Vec::new() };
/// let trap = run(Outcome::Trap("out of bounds memory access".into()));
/// let same = run(Outcome::Trap("RuntimeError: memory access out of bounds".into()));
/// assert_eq!(compare(&[], &trap, &same, Nans::Exact), Verdict::Agrees);
/// let stack = run(Outcome::Exhausted("stack".into()));
/// assert_eq!(compare(&[], &trap, &stack, Nans::Exact), Verdict::Discarded("stack".into()));
/// ```
pub fn compare(probes: &[Probe], expected: &Run, actual: &Run, nans: Nans) -> Verdict {
    let first = std::iter::once((None, &expected.start, &actual.start));
    let pairs = expected.probes.iter().zip(&actual.probes).enumerate();
    let pairs = pairs.map(|(at, (a, b))| (probes.get(at), a, b));
    for (probe, a, b) in first.chain(pairs) {
        let parts = probe.map_or(&[][..], |probe| &probe.parts);
        let way = match judge(a, b, parts, nans) {
            None => continue,
            Some(Err(reason)) => return Verdict::Discarded(reason),
            // Of what is no call, all is state.
            Some(Ok(Way::Value)) if probe.is_some_and(|probe| !probe.is_call) => Way::State,
            Some(Ok(way)) => way,
        };
        let place = probe.map_or("instantiation".to_owned(), |probe| probe.label.clone());
        let (expected, actual) = differing(a, b, parts, nans);
        return Verdict::Differs(Box::new(Difference { way, place, expected, actual }));
    }
    if expected.log != actual.log {
        let show = |log: &[(u32, Word)]| {
            let calls = log.iter().map(|(place, hash)| format!("{place}:{:#x}", hash.0));
            calls.collect::<Vec<_>>().join(" ")
        };
        return Verdict::Differs(Box::new(Difference {
            way: Way::Log,
            place: "calls of the host".into(),
            expected: show(&expected.log),
            actual: show(&actual.log),
        }));
    }
    if expected.probes.len() != actual.probes.len() {
        return Verdict::Differs(Box::new(Difference {
            way: Way::Breaks,
            place: "the number of outcomes".into(),
            expected: expected.probes.len().to_string(),
            actual: actual.probes.len().to_string(),
        }));
    }
    Verdict::Agrees
}

/// Both outcomes for people: of values, only those that differ.
fn differing(a: &Outcome, b: &Outcome, parts: &[Part], nans: Nans) -> (String, String) {
    let (Outcome::Values(x), Outcome::Values(y)) = (a, b) else {
        return (show(a, parts), show(b, parts));
    };
    let mut kept = (Vec::new(), Vec::new(), Vec::new());
    for (at, (x, y)) in x.iter().zip(y).enumerate() {
        if let Some(part) = parts.get(at).filter(|part| !same(Some(part), *x, *y, nans)) {
            kept.0.push(*x);
            kept.1.push(*y);
            kept.2.push(part.clone());
        }
    }
    (show(&Outcome::Values(kept.0), &kept.2), show(&Outcome::Values(kept.1), &kept.2))
}

/// A choice that the specification leaves to the engine: whose it is, and all its values.
type Axis = (fn(Opcode) -> bool, &'static [fn(&mut Profile)]);

const AXES: &[Axis] = &[
    (
        |op| {
            use Opcode::{
                F32x4RelaxedMadd, F32x4RelaxedNmadd, F64x2RelaxedMadd, F64x2RelaxedNmadd,
            };
            matches!(
                op,
                F32x4RelaxedMadd | F32x4RelaxedNmadd | F64x2RelaxedMadd | F64x2RelaxedNmadd
            )
        },
        &[|p| p.relaxed.fused_madd = false, |p| p.relaxed.fused_madd = true],
    ),
    (
        |op| matches!(op, Opcode::F32x4RelaxedMin | Opcode::F64x2RelaxedMin),
        &[
            |p| p.relaxed.min = RelaxedMinMax::Strict,
            |p| p.relaxed.min = RelaxedMinMax::Second,
            |p| p.relaxed.min = RelaxedMinMax::First,
            |p| p.relaxed.min = RelaxedMinMax::Number,
        ],
    ),
    (
        |op| matches!(op, Opcode::F32x4RelaxedMax | Opcode::F64x2RelaxedMax),
        &[
            |p| p.relaxed.max = RelaxedMinMax::Strict,
            |p| p.relaxed.max = RelaxedMinMax::Second,
            |p| p.relaxed.max = RelaxedMinMax::First,
            |p| p.relaxed.max = RelaxedMinMax::Number,
        ],
    ),
    (
        |op| {
            matches!(op, Opcode::I16x8RelaxedDotI8x16I7x16S | Opcode::I32x4RelaxedDotI8x16I7x16AddS)
        },
        &[|p| p.relaxed.unsigned_dot = false, |p| p.relaxed.unsigned_dot = true],
    ),
    (
        |op| matches!(op, Opcode::I16x8RelaxedQ15mulrS),
        &[|p| p.relaxed.wrapping_q15mulr = false, |p| p.relaxed.wrapping_q15mulr = true],
    ),
    (
        |op| matches!(op, Opcode::I32x4RelaxedTruncF32x4S | Opcode::I32x4RelaxedTruncF64x2SZero),
        &[
            |p| p.relaxed.trunc_s = RelaxedTrunc::Saturate,
            |p| p.relaxed.trunc_s = RelaxedTrunc::Indefinite,
        ],
    ),
    (
        |op| matches!(op, Opcode::I32x4RelaxedTruncF32x4U | Opcode::I32x4RelaxedTruncF64x2UZero),
        &[
            |p| p.relaxed.trunc_u = RelaxedTrunc::Saturate,
            |p| p.relaxed.trunc_u = RelaxedTrunc::Indefinite,
        ],
    ),
    (
        |op| matches!(op, Opcode::I8x16RelaxedSwizzle),
        &[|p| p.relaxed.modulo_swizzle = false, |p| p.relaxed.modulo_swizzle = true],
    ),
    (
        |op| {
            matches!(
                op,
                Opcode::I8x16RelaxedLaneselect
                    | Opcode::I16x8RelaxedLaneselect
                    | Opcode::I32x4RelaxedLaneselect
                    | Opcode::I64x2RelaxedLaneselect
            )
        },
        &[|p| p.relaxed.top_bit_laneselect = false, |p| p.relaxed.top_bit_laneselect = true],
    ),
];

/// Every choice about the relaxed instructions of a case, beginning with `now`; those that differ
/// from it in fewer parameters come first.
fn profiles(case: &Case, now: Profile) -> Vec<Profile> {
    let mut all = vec![(0_usize, now)];
    for (is_of, values) in AXES {
        if case.uses(is_of) {
            let changed = all.iter().flat_map(|&(count, profile)| {
                values.iter().filter_map(move |value| {
                    let mut changed = profile;
                    value(&mut changed);
                    (changed != profile).then_some((count + 1, changed))
                })
            });
            let changed: Vec<_> = changed.collect();
            all.extend(changed);
        }
    }
    all.sort_by_key(|(count, _)| *count);
    all.into_iter().map(|(_, profile)| profile).collect()
}

/// How many profiles differ in no more than one parameter.
fn near() -> usize {
    1 + AXES.iter().map(|(_, values)| values.len() - 1).sum::<usize>()
}

/// A deviation that is known and written down. As long as an engine has it, it would hide others.
struct Known {
    what: &'static str,
    /// The instruction that the engine has another idea of.
    of: Opcode,
    /// What it takes it for.
    is: Instr<'static>,
}

const KNOWN: &[Known] = &[
    Known {
        what: "known: i16x8.relaxed_laneselect by whole masks",
        of: Opcode::I16x8RelaxedLaneselect,
        is: Instr::V128Bitselect,
    },
    Known {
        what: "known: i16x8.relaxed_laneselect by the top bits of bytes",
        of: Opcode::I16x8RelaxedLaneselect,
        is: Instr::I8x16RelaxedLaneselect,
    },
];

impl Known {
    /// The case as such an engine takes it, when that makes a difference.
    fn taken(&self, case: &Case) -> Option<Case> {
        if !case.uses(|op| op == self.of) {
            return None;
        }
        let mut module = case.module.clone();
        for (func, Func { body, .. }) in module.funcs.iter_mut().zip(&case.module.funcs) {
            let taken = body.instrs().map(|instr| match instr.opcode() == self.of {
                true => self.is,
                false => instr,
            });
            func.body = Body::new(body.locals(), taken.collect());
        }
        Some(case.with_module(module))
    }
}

/// Runs a case, one way or the other.
pub(crate) type Runner<'r> = dyn Fn(&Oracle, &Case) -> Run + 'r;

/// Compares as [`compare`] does, and looks at a difference again under other choices that the
/// specification permits. `learned` is the profile by which the engine is known to go; what is
/// found out is kept in it.
pub(crate) fn judge_run(
    case: &Case,
    probes: &[Probe],
    expected: &Run,
    actual: &Run,
    nans: Nans,
    learned: &mut Profile,
    run: &Runner<'_>,
) -> Verdict {
    let verdict = compare(probes, expected, actual, nans);
    let Verdict::Differs(difference) = verdict else { return verdict };
    if matches!(difference.way, Way::Refuses | Way::Breaks) {
        return Verdict::Differs(difference);
    }
    let oracle = Oracle::default();
    let is_relaxed = case.uses(|op| op.feature() == Feature::RelaxedSimd);
    let mut near_profiles = if is_relaxed { profiles(case, *learned) } else { Vec::new() };
    // There can be thousands; the others come after the cheaper questions.
    let far_profiles = near_profiles.split_off(near().min(near_profiles.len()));
    let mut permitted = |profile: &Profile| {
        let other = run(&Oracle { profile: *profile, ..oracle }, case);
        match compare(probes, &other, actual, nans) {
            Verdict::Agrees => {
                *learned = *profile;
                Some(Verdict::Permitted("relaxed vectors"))
            }
            Verdict::Discarded(reason) => Some(Verdict::Discarded(reason)),
            _ => None,
        }
    };
    if let Some(verdict) = near_profiles.iter().find_map(&mut permitted) {
        return verdict;
    }
    // Modules that make their NaNs canonical do not depend on these; what is left of them after
    // minimising might.
    for nan in [Nan::Negative, Nan::Native] {
        let profile = Profile { nan, ..oracle.profile };
        if run(&Oracle { profile, ..oracle }, case) != *expected {
            return Verdict::Discarded("depends on the bits of NaNs".into());
        }
    }
    for known in KNOWN {
        if let Some(taken) = known.taken(case) {
            for profile in &near_profiles {
                let other = run(&Oracle { profile: *profile, ..oracle }, &taken);
                if compare(probes, &other, actual, nans) == Verdict::Agrees {
                    return Verdict::Discarded(known.what.into());
                }
            }
        }
    }
    if let Some(verdict) = far_profiles.iter().find_map(&mut permitted) {
        return verdict;
    }
    let grows = |op| matches!(op, Opcode::MemoryGrow | Opcode::TableGrow);
    if case.uses(grows) {
        let mut limits = oracle.limits;
        (limits.memory_bytes, limits.table_elements) = (16 << 20, 1000);
        if run(&Oracle { limits, ..oracle }, case) != *expected {
            return Verdict::Discarded("growth depends on limits".into());
        }
    }
    Verdict::Differs(difference)
}
