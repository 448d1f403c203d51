//! The run of a case on an engine: how each call ended, and the phrases in messages that tell.

use serde::{Deserialize, Serialize};
use wattle_runtime::Trap;

/// The ending of a call or an instantiation.
///
/// In JSON, and so in the line protocol, it is an object with one member: `{"values": ["0x2a"]}`,
/// `{"trap": "integer divide by zero"}`, `{"exception": ""}`, `{"exhausted": "stack"}`,
/// `{"refused": "why"}`, `{"broken": "why"}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// A return with these results, as words of 64 bits.
    Values(Vec<Word>),
    /// A trap, with the engine's message.
    Trap(String),
    /// An exception was not caught.
    Exception(String),
    /// A resource ran out: `stack`, `fuel`, `time`, `heap` or `memory`.
    Exhausted(String),
    /// The engine refused the module, when it was compiled or linked.
    Refused(String),
    /// The engine panicked, crashed, or gave an answer that cannot be read.
    Broken(String),
}

impl Ending {
    /// A return with these words.
    pub fn values(words: impl IntoIterator<Item = u64>) -> Ending {
        Ending::Values(words.into_iter().map(Word).collect())
    }

    /// A return without results, and a successful instantiation.
    pub fn good() -> Ending {
        Ending::Values(Vec::new())
    }

    /// The end of a resource: `stack`, `fuel`, `time`, `heap` or `memory`.
    pub(crate) fn exhausted(resource: &str) -> Ending {
        Ending::Exhausted(resource.to_owned())
    }

    /// Whether the call or the instantiation returned.
    pub fn is_good(&self) -> bool {
        matches!(self, Ending::Values(_))
    }

    /// The engine's words, or the resource that ran out; empty when it returned.
    pub fn message(&self) -> &str {
        match self {
            Ending::Values(_) => "",
            Ending::Trap(words)
            | Ending::Exception(words)
            | Ending::Exhausted(words)
            | Ending::Refused(words)
            | Ending::Broken(words) => words.trim(),
        }
    }

    /// Reads the message of a call that failed. The message tells whether a resource ran out, an
    /// exception was thrown, or the call trapped.
    ///
    /// ```
    /// use wattle_differ::Ending;
    /// let ending = Ending::of_message("RangeError: Maximum call stack size exceeded");
    /// assert_eq!(ending, Ending::Exhausted("stack".into()));
    /// assert!(matches!(Ending::of_message("divide by zero"), Ending::Trap(_)));
    /// ```
    pub fn of_message(message: &str) -> Ending {
        let lower = message.to_lowercase();
        let has_any = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
        if let Some((resource, _)) = EXHAUSTED.iter().find(|(_, phrases)| has_any(phrases)) {
            return Ending::exhausted(resource);
        }
        if has_any(EXCEPTIONS) {
            return Ending::Exception(message.to_owned());
        }
        Ending::Trap(message.to_owned())
    }

    /// Reads the message of an instantiation or a command that failed: without the words of a known
    /// trap, the module was refused.
    pub(crate) fn of_start(message: String) -> Ending {
        match Ending::of_message(&message) {
            Ending::Trap(_) if traps_of(&message).is_empty() => Ending::Refused(message),
            ending => ending,
        }
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
        Word::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("not a number: {text:?}")))
    }
}

impl Word {
    /// Reads a word in hexadecimal with `0x`, or in decimal with or without a sign.
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

/// Calls of imported functions: the number of the import, and a hash of the arguments.
pub(crate) type Log = Vec<(u32, Word)>;

/// The observable behaviour of an engine with a case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// The ending of the instantiation, the start function included. If it failed, no probe ran.
    pub start: Ending,
    /// The endings of the probes, in order. If a probe ran out of a resource, its ending is the
    /// last, and the rest did not run.
    #[serde(default)]
    pub probes: Vec<Ending>,
    /// The calls of imported functions: the number of the import, and a hash of the arguments.
    #[serde(default)]
    pub log: Log,
}

impl Run {
    /// The resource that ran out, if any did.
    pub fn exhausted(&self) -> Option<&str> {
        let mut endings = std::iter::once(&self.start).chain(&self.probes);
        endings.find_map(|ending| match ending {
            Ending::Exhausted(what) => Some(&what[..]),
            _ => None,
        })
    }

    /// A run without probes, whose instantiation ended like this.
    pub fn ended(start: Ending) -> Run {
        Run { start, probes: Vec::new(), log: Vec::new() }
    }

    /// Calls probes in order, up to the first after which the engine may be in any state. `linked`
    /// is the instance to call them on, or the ending of an instantiation that failed.
    pub(crate) fn of<P, L>(
        probes: &[P],
        linked: Result<L, Ending>,
        mut call: impl FnMut(&mut L, &P) -> Ending,
    ) -> Run {
        let mut run = Run::ended(Ending::good());
        match linked {
            Err(ending) => run.start = ending,
            Ok(mut linked) => {
                for probe in probes {
                    let ending = call(&mut linked, probe);
                    let stop = matches!(ending, Ending::Exhausted(_) | Ending::Broken(_));
                    run.probes.push(ending);
                    if stop {
                        break;
                    }
                }
            }
        }
        run
    }
}

/// Phrases of messages about an exhausted resource, in small letters, by resource.
#[rustfmt::skip]
const EXHAUSTED: &[(&str, &[&str])] = &[
    ("stack", &["call stack exhausted", "maximum call stack size exceeded", "stack overflow"]),
    ("fuel", &["all fuel consumed"]),
    ("time", &["interrupt", "timed out", "all threads wait"]),
    ("heap", &["heap exhausted", "gc heap out of memory", "allocation size too large",
        "invalid array length", "requested new array is too large"]),
    ("memory", &["growth operation limited", "out of system memory", "out of memory",
        "could not allocate", "cannot allocate", "limit exceeded"]),
];

/// Phrases of messages about an exception that was not caught, in small letters.
const EXCEPTIONS: &[&str] = &[
    "uncaught exception",
    "thrown wasm exception",
    "webassembly.exception",
    "unhandled exception",
];

macro_rules! traps {
    ($( $($phrase:literal)|+ => $($trap:ident)|+; )*) => {
        /// Phrases of trap messages, in small letters, with the traps that they may stand for. The
        /// first match counts. Some engines have one message for traps that the official tests tell
        /// apart.
        const TRAPS: &[(&[&str], &[Trap])] = &[$( (&[$( $phrase ),+], &[$( Trap::$trap ),+]) ),*];
    };
}

traps! {
    "unreachable" => Unreachable;
    "divide by zero" | "division by zero" | "remainder by zero" => DivideByZero;
    "integer overflow" | "divide result unrepresentable" => IntegerOverflow;
    // V8 has one message for NaN and for numbers that are out of range.
    "float unrepresentable in integer range" => InvalidConversion | IntegerOverflow;
    "invalid conversion to integer" => InvalidConversion;
    "data segment" | "out of bounds memory access"
        | "memory access out of bounds" | "memory out of bounds" => MemoryOutOfBounds;
    // Wasmtime and wasmi have one message for table accesses and for indirect calls.
    "undefined element: out of bounds table access" => UndefinedElement | TableOutOfBounds;
    "undefined element" | "undefined table index" => UndefinedElement;
    "uninitialized" => UninitializedElement;
    "out of bounds table access" => TableOutOfBounds;
    "table index is out of bounds" => UndefinedElement | TableOutOfBounds;
    "table initializer" | "table access out of bounds" | "table out of bounds" => TableOutOfBounds;
    "element segment" => TableOutOfBounds | ArrayOutOfBounds;
    "out of bounds array access" | "array element access out of bounds" => ArrayOutOfBounds;
    "null function or function signature mismatch" | "function signature mismatch" =>
        UninitializedElement | IndirectCallType;
    "indirect call type mismatch" | "indirect call signature mismatch" => IndirectCallType;
    "cast failure" | "illegal cast" => CastFailure;
    "null function reference" => NullFunction;
    "null function" => UninitializedElement | NullFunction;
    "null structure reference" => NullStructure;
    "null array reference" => NullArray;
    "null i31 reference" => NullI31;
    "null exception reference" | "rethrowing null value" => NullException;
    "dereferencing a null pointer" | "null reference" =>
        NullReference | NullFunction | NullStructure | NullArray | NullI31 | NullException;
    "unaligned" | "misaligned" => UnalignedAtomic;
    "expected shared memory"
        | "atomic wait on non-shared memory" | "atomics.wait cannot be called" => ExpectedSharedMemory;
}

/// The traps that a message may stand for; empty for an unknown message.
///
/// ```
/// use wattle_differ::traps_of;
/// use wattle_runtime::Trap;
/// assert_eq!(traps_of("wasm trap: out of bounds memory access"), [Trap::MemoryOutOfBounds]);
/// ```
pub fn traps_of(message: &str) -> &'static [Trap] {
    let lower = message.to_lowercase();
    let is_in = |phrases: &&[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let row = TRAPS.iter().find(|(phrases, _)| is_in(phrases));
    row.map_or(&[], |(_, traps)| traps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_messages_are_known() {
        for &trap in Trap::ALL {
            let known = match Ending::of_message(trap.phrase()) {
                Ending::Trap(message) => traps_of(&message).contains(&trap),
                Ending::Exhausted(_) => true,
                _ => false,
            };
            assert!(known || trap == Trap::ModuleTooLarge, "{trap}");
        }
    }

    #[test]
    fn endings_survive_json() {
        for ending in [
            Ending::values([1, u64::MAX]),
            Ending::Trap("unreachable".into()),
            Ending::Exhausted("stack".into()),
        ] {
            let text = serde_json::to_string(&ending).unwrap();
            assert_eq!(serde_json::from_str::<Ending>(&text).unwrap(), ending, "{text}");
        }
        assert_eq!(serde_json::to_string(&Ending::values([42])).unwrap(), r#"{"values":["0x2a"]}"#);
    }
}
