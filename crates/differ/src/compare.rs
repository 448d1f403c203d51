//! Comparison: decides whether two runs agree, differ as the specification permits, or differ in a
//! way that is a finding.
//!
//! The specification leaves open the bits of NaNs that operators make, the results of relaxed
//! vector instructions, whether `grow` succeeds, and when resources run out. NaNs are made
//! canonical within the modules, or all NaNs count as equal. For relaxed instructions, the oracle
//! runs again with other choices until it does the same as the engine. A run that depends on limits
//! to growth, or that ran out of a resource, is discarded.

use serde::{Deserialize, Serialize};
use wattle_ast::{Body, Feature, Func, Instr, Opcode};
use wattle_runtime::Trap;
use wattle_runtime::numerics::{Nan, Profile, RelaxedMinMax, RelaxedTrunc};

use crate::case::{Case, Probe};
use crate::emit::{Part, WordKind};
use crate::ending::{Ending, Run, Word, traps_of};
use crate::engine::Engine;
use crate::oracle::Oracle;

/// The rule by which NaNs are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Nans {
    /// By their bits. The modules make their NaNs canonical.
    #[default]
    Exact,
    /// All NaNs are equal.
    Class,
}

/// A way in which an engine differs from the oracle. A minimised module still differs in the same
/// way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The engine refuses a valid module.
    Refuses,
    /// The engine panics, crashes, or gives an answer that cannot be read.
    Breaks,
    /// The engine accepts a module that the oracle refuses.
    Accepts,
    /// Results differ.
    Value,
    /// Globals, memories or tables differ.
    State,
    /// Calls of imported functions differ.
    Log,
    /// The engine and the oracle trap for different reasons.
    Trap,
    /// The engine traps, the oracle does not.
    Traps,
    /// The oracle traps, the engine does not.
    Returns,
    /// Only one of the two throws an exception.
    Exception,
}

/// A difference between the oracle and an engine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// The way in which they differ.
    pub way: Way,
    /// The place of the difference: the label of a probe, `instantiation`, `calls of the host` or
    /// `the number of endings`.
    pub place: String,
    /// The oracle's behaviour there, as text.
    pub expected: String,
    /// The engine's behaviour there, as text.
    pub actual: String,
}

impl Way {
    /// Returns the name of the way in reports: `refuses`, `value`, and so on.
    pub(crate) fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            _ => String::new(),
        }
    }
}

impl Difference {
    /// Returns the message of the engine without its numbers, for the ways in which messages tell
    /// causes apart. It is empty for other ways.
    pub(crate) fn cause(&self) -> String {
        match self.way {
            Way::Refuses | Way::Breaks | Way::Accepts | Way::Traps => without_digits(&self.actual),
            _ => String::new(),
        }
    }
}

/// Returns the start of the first line of a message, with `#` for each digit.
fn without_digits(message: &str) -> String {
    let first = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).take(80).collect()
}

/// The result of a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub enum Verdict {
    /// Nothing differs.
    Agrees,
    /// The runs differ as the specification permits, for this reason.
    Permitted(&'static str),
    /// The run allows no conclusion, for this reason.
    Discarded(String),
    /// The runs differ in a way that the specification does not permit.
    Differs(Box<Difference>),
}

/// Phrases by which engines refuse valid modules that use a feature the engine lacks.
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

fn show(ending: &Ending, parts: &[Part]) -> String {
    match ending {
        Ending::Values(words) if words.is_empty() => "returned".into(),
        Ending::Values(words) => {
            let words = words.iter().enumerate().map(|(at, word)| match parts.get(at) {
                Some(part) => format!("{} = {:#x}", part.label, word.0),
                None => format!("{:#x}", word.0),
            });
            words.collect::<Vec<_>>().join(", ")
        }
        Ending::Trap(message) => format!("trap: {message}"),
        Ending::Exception(_) => "uncaught exception".into(),
        Ending::Exhausted(what) => format!("out of {what}"),
        Ending::Refused(message) => format!("refused: {message}"),
        Ending::Broken(message) => format!("broken: {message}"),
    }
}

fn is_nan(kind: WordKind, word: u64) -> bool {
    match kind {
        WordKind::F32 => f32::from_bits(word as u32).is_nan(),
        WordKind::F64 => f64::from_bits(word).is_nan(),
        _ => false,
    }
}

/// Returns whether two halves of vectors are equal as lanes of `f32` or of `f64`, where all NaNs
/// are equal.
fn equal_lanes(a: u64, b: u64) -> bool {
    let lanes = |word: u64| [word as u32, (word >> 32) as u32];
    let nan32 = |word: u32| f32::from_bits(word).is_nan();
    let by32 = lanes(a).into_iter().zip(lanes(b)).all(|(a, b)| a == b || nan32(a) && nan32(b));
    by32 || f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan()
}

fn is_equal(part: Option<&Part>, a: Word, b: Word, nans: Nans) -> bool {
    let Some(kind) = part.map(|part| part.kind).filter(|_| nans == Nans::Class) else {
        return a == b;
    };
    let lanes = kind == WordKind::V128 && equal_lanes(a.0, b.0);
    a == b || lanes || is_nan(kind, a.0) && is_nan(kind, b.0)
}

/// Returns whether one instruction can have both reasons to trap, so that the trap depends on the
/// condition that an engine checks first. An atomic access may be unaligned and out of bounds; an
/// instruction that copies from a segment to an array may be out of the bounds of both.
fn is_either(a: &[Trap], b: &[Trap]) -> bool {
    let pairs = [
        (Trap::UnalignedAtomic, Trap::MemoryOutOfBounds),
        (Trap::ArrayOutOfBounds, Trap::MemoryOutOfBounds),
        (Trap::ArrayOutOfBounds, Trap::TableOutOfBounds),
    ];
    pairs.iter().any(|(first, second)| a.contains(first) && b.contains(second))
}

/// Compares two endings: `None` when they agree, else the way in which they differ, or the reason
/// to discard the run.
fn compare_endings(
    expected: &Ending,
    actual: &Ending,
    parts: &[Part],
    nans: Nans,
) -> Option<Result<Way, String>> {
    let way = match (expected, actual) {
        // A run that exhausts a resource allows no conclusion.
        (Ending::Exhausted(what), _) | (_, Ending::Exhausted(what)) => {
            return Some(Err(what.clone()));
        }
        (Ending::Refused(_), Ending::Refused(_)) => return None,
        (_, Ending::Broken(_)) => Way::Breaks,
        (_, Ending::Refused(message)) => {
            let lower = message.to_lowercase();
            if UNSUPPORTED.iter().any(|words| lower.contains(words)) {
                return Some(Err(format!("unsupported: {}", without_digits(message))));
            }
            Way::Refuses
        }
        (Ending::Refused(_) | Ending::Broken(_), _) => Way::Accepts,
        (Ending::Exception(_), Ending::Exception(_)) => return None,
        (Ending::Exception(_), _) | (_, Ending::Exception(_)) => Way::Exception,
        (Ending::Trap(a), Ending::Trap(b)) => {
            let (a, b) = (traps_of(a), traps_of(b));
            if a.iter().any(|trap| b.contains(trap)) || is_either(a, b) || is_either(b, a) {
                return None;
            }
            Way::Trap
        }
        (Ending::Trap(_), _) => Way::Returns,
        (_, Ending::Trap(_)) => Way::Traps,
        (Ending::Values(a), Ending::Values(b)) => {
            let mut pairs = a.iter().zip(b).enumerate();
            let differs = pairs.find(|(at, (a, b))| !is_equal(parts.get(*at), **a, **b, nans));
            match differs {
                None if a.len() == b.len() => return None,
                Some((at, _)) if parts.get(at).is_some_and(|part| part.kind == WordKind::State) => {
                    Way::State
                }
                _ => Way::Value,
            }
        }
    };
    Some(Ok(way))
}

/// Compares the run of an engine, `actual`, to that of the oracle, `expected`.
///
/// ```
/// use wattle_differ::{Nans, Ending, Run, Verdict, compare};
///
/// let run = |start| Run { start, probes: Vec::new(), log: Vec::new() };
/// let trap = run(Ending::Trap("out of bounds memory access".into()));
/// let same = run(Ending::Trap("RuntimeError: memory access out of bounds".into()));
/// assert_eq!(compare(&[], &trap, &same, Nans::Exact), Verdict::Agrees);
/// let stack = run(Ending::Exhausted("stack".into()));
/// assert_eq!(compare(&[], &trap, &stack, Nans::Exact), Verdict::Discarded("stack".into()));
/// ```
pub fn compare(probes: &[Probe], expected: &Run, actual: &Run, nans: Nans) -> Verdict {
    let first = std::iter::once((None, &expected.start, &actual.start));
    let pairs = expected.probes.iter().zip(&actual.probes).enumerate();
    let pairs = pairs.map(|(at, (a, b))| (probes.get(at), a, b));
    for (probe, a, b) in first.chain(pairs) {
        let parts = probe.map_or(&[][..], |probe| &probe.parts);
        let way = match compare_endings(a, b, parts, nans) {
            None => continue,
            Some(Err(reason)) => return Verdict::Discarded(reason),
            // A probe without a call reads the state.
            Some(Ok(Way::Value)) if probe.is_some_and(|probe| !probe.is_call) => Way::State,
            Some(Ok(way)) => way,
        };
        let place = probe.map_or("instantiation", |probe| &probe.label);
        return differs(way, place, show_both(a, b, parts, nans));
    }
    if expected.log != actual.log {
        let show = |log: &[(u32, Word)]| {
            let calls = log.iter().map(|(place, hash)| format!("{place}:{:#x}", hash.0));
            calls.collect::<Vec<_>>().join(" ")
        };
        let both = (show(&expected.log), show(&actual.log));
        return differs(Way::Log, "calls of the host", both);
    }
    let [count, actual_count] = [expected, actual].map(|run| run.probes.len());
    if count != actual_count {
        let both = (count.to_string(), actual_count.to_string());
        return differs(Way::Breaks, "the number of endings", both);
    }
    Verdict::Agrees
}

fn differs(way: Way, place: &str, (expected, actual): (String, String)) -> Verdict {
    Verdict::Differs(Box::new(Difference { way, place: place.to_owned(), expected, actual }))
}

/// Returns both endings as text, without the results that are equal.
fn show_both(a: &Ending, b: &Ending, parts: &[Part], nans: Nans) -> (String, String) {
    let (Ending::Values(x), Ending::Values(y)) = (a, b) else {
        return (show(a, parts), show(b, parts));
    };
    let mut kept = (Vec::new(), Vec::new(), Vec::new());
    for (at, (x, y)) in x.iter().zip(y).enumerate() {
        if let Some(part) = parts.get(at).filter(|part| !is_equal(Some(part), *x, *y, nans)) {
            kept.0.push(*x);
            kept.1.push(*y);
            kept.2.push(part.clone());
        }
    }
    (show(&Ending::Values(kept.0), &kept.2), show(&Ending::Values(kept.1), &kept.2))
}

/// A choice that the specification leaves to the engine: the instructions that it affects, and one
/// function for each possible value.
type Axis = (fn(Opcode) -> bool, &'static [fn(&mut Profile)]);

macro_rules! axes {
    ($( $field:ident: $($value:expr),+ => $($opcode:ident)|+; )*) => {
        const AXES: &[Axis] = &[$( (
            |opcode| matches!(opcode, $(Opcode::$opcode)|+),
            &[$( |profile| profile.relaxed.$field = $value ),+],
        ) ),*];
    };
}

axes! {
    fused_madd: false, true
        => F32x4RelaxedMadd | F32x4RelaxedNmadd | F64x2RelaxedMadd | F64x2RelaxedNmadd;
    min: RelaxedMinMax::Strict, RelaxedMinMax::Second, RelaxedMinMax::First, RelaxedMinMax::Number
        => F32x4RelaxedMin | F64x2RelaxedMin;
    max: RelaxedMinMax::Strict, RelaxedMinMax::Second, RelaxedMinMax::First, RelaxedMinMax::Number
        => F32x4RelaxedMax | F64x2RelaxedMax;
    unsigned_dot: false, true => I16x8RelaxedDotI8x16I7x16S | I32x4RelaxedDotI8x16I7x16AddS;
    wrapping_q15mulr: false, true => I16x8RelaxedQ15mulrS;
    trunc_s: RelaxedTrunc::Saturate, RelaxedTrunc::Indefinite
        => I32x4RelaxedTruncF32x4S | I32x4RelaxedTruncF64x2SZero;
    trunc_u: RelaxedTrunc::Saturate, RelaxedTrunc::Indefinite
        => I32x4RelaxedTruncF32x4U | I32x4RelaxedTruncF64x2UZero;
    modulo_swizzle: false, true => I8x16RelaxedSwizzle;
    top_bit_laneselect: false, true
        => I8x16RelaxedLaneselect | I16x8RelaxedLaneselect | I32x4RelaxedLaneselect
        | I64x2RelaxedLaneselect;
}

/// Returns every combination of choices about the relaxed instructions of a case, with the number
/// of choices in which it differs from `now`. Smaller numbers come first.
fn profiles(case: &Case, now: Profile) -> Vec<(usize, Profile)> {
    let mut all = vec![(0, now)];
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
    all
}

/// A known deviation of an engine. It would hide other differences in the same module.
struct KnownDeviation {
    reason: &'static str,
    /// The instruction that the engine executes wrongly.
    opcode: Opcode,
    /// The instruction that it executes instead.
    executed: Instr<'static>,
}

const KNOWN: &[KnownDeviation] = &[
    KnownDeviation {
        reason: "known: i16x8.relaxed_laneselect by whole masks",
        opcode: Opcode::I16x8RelaxedLaneselect,
        executed: Instr::V128Bitselect,
    },
    KnownDeviation {
        reason: "known: i16x8.relaxed_laneselect by the top bits of bytes",
        opcode: Opcode::I16x8RelaxedLaneselect,
        executed: Instr::I8x16RelaxedLaneselect,
    },
];

impl KnownDeviation {
    /// Returns the case as an engine with this deviation executes it; `None` if the deviation does
    /// not affect it.
    fn executed(&self, case: &Case) -> Option<Case> {
        if !case.uses(|op| op == self.opcode) {
            return None;
        }
        let mut module = case.module.clone();
        for (func, Func { body, .. }) in module.funcs.iter_mut().zip(&case.module.funcs) {
            let taken = body.instrs().flatten().map(|instr| match instr.opcode() == self.opcode {
                true => self.executed,
                false => instr,
            });
            func.body = Body::new(body.locals(), taken.collect());
        }
        Some(case.with_module(module))
    }
}

/// Runs a case on an engine, and compares the run to `expected`, the run of the oracle, as
/// [`compare`] does. If they differ, the oracle runs again with other choices that the
/// specification permits. `learned` is the combination of choices that fits the engine so far, and
/// is updated.
pub(crate) fn judge(
    engine: &mut dyn Engine,
    case: &Case,
    expected: &Run,
    nans: Nans,
    learned: &mut Profile,
) -> Verdict {
    let actual = &engine.run(case);
    let closed = engine.is_closed().then(|| case.closed());
    let probes = closed.as_ref().map_or(&case.probes, |closed| &closed.probes);
    let run = |oracle: &Oracle, case: &Case| match closed {
        Some(_) => oracle.run_closed(&case.closed()),
        None => oracle.run_case(case),
    };
    let closed_run = closed.as_ref().map(|closed| Oracle::default().run_closed(closed));
    let expected = closed_run.as_ref().unwrap_or(expected);
    let verdict = compare(probes, expected, actual, nans);
    let Verdict::Differs(difference) = verdict else { return verdict };
    if matches!(difference.way, Way::Refuses | Way::Breaks) {
        return Verdict::Differs(difference);
    }
    let oracle = Oracle::default();
    let is_relaxed = case.uses(|op| op.feature() == Feature::RelaxedSimd);
    let profiles = if is_relaxed { profiles(case, *learned) } else { Vec::new() };
    // There can be thousands of profiles. Those that differ in several choices come after cheaper
    // checks.
    let near_count = profiles.partition_point(|(count, _)| *count < 2);
    let (near_profiles, far_profiles) = profiles.split_at(near_count);
    let mut permitted = |(_, profile): &(usize, Profile)| {
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
    // Generated modules do not depend on the bits of NaNs, but minimised ones may.
    for nan in [Nan::Negative, Nan::Native] {
        let profile = Profile { nan, ..oracle.profile };
        if run(&Oracle { profile, ..oracle }, case) != *expected {
            return Verdict::Discarded("depends on the bits of NaNs".into());
        }
    }
    for known in KNOWN {
        if let Some(taken) = known.executed(case) {
            for (_, profile) in near_profiles {
                let other = run(&Oracle { profile: *profile, ..oracle }, &taken);
                if compare(probes, &other, actual, nans) == Verdict::Agrees {
                    return Verdict::Discarded(known.reason.into());
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
        limits.bytes = 16 << 20;
        if run(&Oracle { limits, ..oracle }, case) != *expected {
            return Verdict::Discarded("growth depends on limits".into());
        }
    }
    Verdict::Differs(difference)
}
