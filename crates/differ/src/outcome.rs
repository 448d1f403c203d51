//! What an engine did: values, traps, and the ways in which a run says nothing.

use serde::{Deserialize, Serialize};
use wattle_runtime::Trap;

/// How a call, an instantiation or a whole run ended.
///
/// As JSON it is an object of one member, the form that the line protocol of external engines
/// uses: `{"values": ["0x2a"]}`, `{"trap": "integer divide by zero"}`, `{"exception": ""}`,
/// `{"exhausted": "stack"}`, `{"refused": "why"}`, `{"broken": "why"}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It returned: results in words of 64 bits, written in hexadecimal.
    Values(Vec<Word>),
    /// It trapped; the message as the engine words it.
    Trap(String),
    /// An exception was not caught.
    Exception(String),
    /// A resource ran out: `stack`, `fuel`, `time`, `heap`, `memory`.
    Exhausted(String),
    /// The module was refused, at compilation or at linking.
    Refused(String),
    /// The engine broke: it panicked, crashed, or said what cannot be understood.
    Broken(String),
}

impl Outcome {
    /// A return of these words.
    pub fn values(words: impl IntoIterator<Item = u64>) -> Outcome {
        Outcome::Values(words.into_iter().map(Word).collect())
    }

    /// An instantiation that went well.
    pub fn good() -> Outcome {
        Outcome::Values(Vec::new())
    }

    /// Whether it returned.
    pub fn is_good(&self) -> bool {
        matches!(self, Outcome::Values(_))
    }

    /// From the message that an engine gives with a failed call: what ran out, an exception, or a
    /// trap.
    ///
    /// ```
    /// use wattle_differ::Outcome;
    /// let outcome = Outcome::of_message("RangeError: Maximum call stack size exceeded");
    /// assert_eq!(outcome, Outcome::Exhausted("stack".into()));
    /// assert!(matches!(Outcome::of_message("divide by zero"), Outcome::Trap(_)));
    /// ```
    pub fn of_message(message: &str) -> Outcome {
        let lower = message.to_lowercase();
        for &(phrase, resource) in EXHAUSTED {
            if lower.contains(phrase) {
                return Outcome::Exhausted(resource.to_owned());
            }
        }
        if EXCEPTIONS.iter().any(|phrase| lower.contains(phrase)) {
            return Outcome::Exception(message.to_owned());
        }
        Outcome::Trap(message.to_owned())
    }
}

/// 64 bits, written in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Word(pub u64);

impl Serialize for Word {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:#x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
        let text = String::deserialize(deserializer)?;
        Word::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("no number: {text:?}")))
    }
}

impl Word {
    /// From hexadecimal, or from decimal with or without a sign.
    ///
    /// ```
    /// use wattle_differ::Word;
    /// assert_eq!(Word::parse("0x2a"), Some(Word(42)));
    /// assert_eq!(Word::parse("-1"), Some(Word(u64::MAX)));
    /// assert_eq!(Word::parse("x"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Word> {
        if let Some(digits) = text.strip_prefix("0x") {
            return u64::from_str_radix(digits, 16).ok().map(Word);
        }
        if text.starts_with('-') {
            return text.parse::<i64>().ok().map(|number| Word(number as u64));
        }
        text.parse().ok().map(Word)
    }
}

/// All that an engine did with a case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// How instantiation ended, the start function included. No probe follows when it failed.
    pub start: Outcome,
    /// How the probes ended, in their order. What follows one that ran out of something is left
    /// out.
    #[serde(default)]
    pub probes: Vec<Outcome>,
    /// The calls of the host: the import's place, and a hash of the arguments.
    #[serde(default)]
    pub log: Vec<(u32, Word)>,
}

impl Run {
    /// A run that ended before the first probe.
    pub fn ended(start: Outcome) -> Run {
        Run { start, probes: Vec::new(), log: Vec::new() }
    }
}

/// What says that a resource ran out, in small letters.
const EXHAUSTED: &[(&str, &str)] = &[
    ("call stack exhausted", "stack"),
    ("maximum call stack size exceeded", "stack"),
    ("stack overflow", "stack"),
    ("all fuel consumed", "fuel"),
    ("interrupt", "time"),
    ("timed out", "time"),
    ("all threads wait", "time"),
    ("heap exhausted", "heap"),
    ("gc heap out of memory", "heap"),
    ("allocation size too large", "heap"),
    ("invalid array length", "heap"),
    ("requested new array is too large", "heap"),
    ("growth operation limited", "memory"),
    ("out of system memory", "memory"),
    ("out of memory", "memory"),
    ("could not allocate", "memory"),
    ("cannot allocate", "memory"),
    ("limit exceeded", "memory"),
];

const EXCEPTIONS: &[&str] = &[
    "uncaught exception",
    "thrown wasm exception",
    "webassembly.exception",
    "unhandled exception",
];

/// Words of trap messages, in small letters, with the traps that they may stand for. The first
/// that is found counts. Engines share names between traps that the official tests tell apart.
const TRAPS: &[(&str, &[Trap])] = &[
    ("unreachable", &[Trap::Unreachable]),
    ("divide by zero", &[Trap::DivideByZero]),
    ("division by zero", &[Trap::DivideByZero]),
    ("remainder by zero", &[Trap::DivideByZero]),
    ("integer overflow", &[Trap::IntegerOverflow]),
    ("divide result unrepresentable", &[Trap::IntegerOverflow]),
    // V8 has one message for NaNs and for numbers that do not fit.
    ("float unrepresentable in integer range", &[Trap::InvalidConversion, Trap::IntegerOverflow]),
    ("invalid conversion to integer", &[Trap::InvalidConversion]),
    ("data segment", &[Trap::MemoryOutOfBounds]),
    ("out of bounds memory access", &[Trap::MemoryOutOfBounds]),
    ("memory access out of bounds", &[Trap::MemoryOutOfBounds]),
    ("memory out of bounds", &[Trap::MemoryOutOfBounds]),
    // Wasmtime and wasmi have one code for accesses to tables and for calls through them.
    (
        "undefined element: out of bounds table access",
        &[Trap::UndefinedElement, Trap::TableOutOfBounds],
    ),
    ("undefined element", &[Trap::UndefinedElement]),
    ("undefined table index", &[Trap::UndefinedElement]),
    ("uninitialized", &[Trap::UninitializedElement]),
    ("out of bounds table access", &[Trap::TableOutOfBounds]),
    ("table index is out of bounds", &[Trap::UndefinedElement, Trap::TableOutOfBounds]),
    ("table initializer", &[Trap::TableOutOfBounds]),
    ("table access out of bounds", &[Trap::TableOutOfBounds]),
    ("table out of bounds", &[Trap::TableOutOfBounds]),
    ("element segment", &[Trap::TableOutOfBounds, Trap::ArrayOutOfBounds]),
    ("out of bounds array access", &[Trap::ArrayOutOfBounds]),
    ("array element access out of bounds", &[Trap::ArrayOutOfBounds]),
    (
        "null function or function signature mismatch",
        &[Trap::UninitializedElement, Trap::IndirectCallType],
    ),
    ("function signature mismatch", &[Trap::UninitializedElement, Trap::IndirectCallType]),
    ("indirect call type mismatch", &[Trap::IndirectCallType]),
    ("indirect call signature mismatch", &[Trap::IndirectCallType]),
    ("cast failure", &[Trap::CastFailure]),
    ("illegal cast", &[Trap::CastFailure]),
    ("dereferencing a null pointer", NULLS),
    ("null function reference", &[Trap::NullFunction]),
    ("null function", &[Trap::UninitializedElement, Trap::NullFunction]),
    ("null structure reference", &[Trap::NullStructure]),
    ("null array reference", &[Trap::NullArray]),
    ("null i31 reference", &[Trap::NullI31]),
    ("null exception reference", &[Trap::NullException]),
    ("rethrowing null value", &[Trap::NullException]),
    ("null reference", NULLS),
    ("unaligned", &[Trap::UnalignedAtomic]),
    ("misaligned", &[Trap::UnalignedAtomic]),
    ("expected shared memory", &[Trap::ExpectedSharedMemory]),
    ("atomic wait on non-shared memory", &[Trap::ExpectedSharedMemory]),
    ("atomics.wait cannot be called", &[Trap::ExpectedSharedMemory]),
];

const NULLS: &[Trap] = &[
    Trap::NullReference,
    Trap::NullFunction,
    Trap::NullStructure,
    Trap::NullArray,
    Trap::NullI31,
    Trap::NullException,
];

/// The traps that a message may stand for: none when nobody knows it.
///
/// ```
/// use wattle_differ::traps_of;
/// use wattle_runtime::Trap;
/// assert_eq!(traps_of("wasm trap: out of bounds memory access"), [Trap::MemoryOutOfBounds]);
/// ```
pub fn traps_of(message: &str) -> &'static [Trap] {
    let lower = message.to_lowercase();
    let row = TRAPS.iter().find(|(phrase, _)| lower.contains(phrase));
    row.map_or(&[], |(_, traps)| traps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_messages_are_known() {
        for &trap in Trap::ALL {
            let known = match Outcome::of_message(trap.phrase()) {
                Outcome::Trap(message) => traps_of(&message).contains(&trap),
                Outcome::Exhausted(_) => true,
                _ => false,
            };
            let internal = matches!(trap, Trap::ModuleTooLarge | Trap::InvalidCode);
            assert!(known || internal, "{trap}");
        }
    }

    #[test]
    fn outcomes_survive_json() {
        for outcome in [
            Outcome::values([1, u64::MAX]),
            Outcome::Trap("unreachable".into()),
            Outcome::Exhausted("stack".into()),
        ] {
            let text = serde_json::to_string(&outcome).unwrap();
            assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome, "{text}");
        }
        assert_eq!(
            serde_json::to_string(&Outcome::values([42])).unwrap(),
            r#"{"values":["0x2a"]}"#
        );
    }
}
