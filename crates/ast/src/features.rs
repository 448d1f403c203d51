//! The proposals that Wattle knows, in one table: the proposals that each one implies, and the
//! presets that include it.

use alloc::string::String;
use core::fmt;
use core::ops::{BitAnd, BitOr, BitOrAssign, Sub};
use core::str::FromStr;

macro_rules! features {
    ($( $(#[doc = $doc:literal])* $variant:ident $name:ident $constant:ident
        $([ $($preset:ident)* ])? $(implies $($implied:ident)+)? ; )*) => {
        /// A proposal, under the name that error messages, `--features` lists and the instruction
        /// table use.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        #[allow(non_camel_case_types)]
        #[non_exhaustive]
        pub enum Feature { $( $(#[doc = $doc])* $variant, )* }

        impl Feature {
            /// Every feature, in the order of the table.
            pub const ALL: &'static [Feature] = &[$( Feature::$variant, )*];

            /// The name, in kebab case.
            pub const fn name(self) -> &'static str {
                match self { $( Feature::$variant => stringify!($name), )* }
            }

            /// A description of the feature: a sentence of Markdown.
            ///
            /// ```
            /// assert_eq!(wattle_ast::Feature::MultiMemory.summary(), "More than one memory.");
            /// ```
            pub const fn summary(self) -> &'static str {
                match self { $( Feature::$variant => concat!($( $doc ),*).trim_ascii(), )* }
            }

            /// The features that this feature depends on.
            pub const fn implies(self) -> Features {
                match self { $( Feature::$variant => Features(0 $($( | Features::of(Feature::$implied).0 )+)?), )* }
            }

            const fn in_preset(self, preset: Preset) -> bool {
                match self { $( Feature::$variant => false $($( || matches!(preset, Preset::$preset) )*)?, )* }
            }
        }

        impl Features { $( $(#[doc = $doc])* pub const $constant: Features = Features::of(Feature::$variant); )* }
    };
}

#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
enum Preset {
    w1,
    w2,
    w3,
    std,
}

features! {
    /// The features of 2017, and imports and exports of mutable globals.
    Mvp mvp MVP [w1 w2 w3 std];
    /// `i32.extend8_s` and its kin.
    SignExtension sign_extension SIGN_EXTENSION [w2 w3 std];
    /// `i32.trunc_sat_f32_s` and its kin.
    SaturatingFloatToInt saturating_float_to_int SATURATING_FLOAT_TO_INT [w2 w3 std];
    /// Several results; block types by type index.
    MultiValue multi_value MULTI_VALUE [w2 w3 std];
    /// `memory.copy`, `table.init`, passive segments, the data count section.
    BulkMemory bulk_memory BULK_MEMORY [w2 w3 std];
    /// `externref`, several tables, `table.get`, typed `select`.
    ReferenceTypes reference_types REFERENCE_TYPES [w2 w3 std] implies BulkMemory;
    /// `v128`.
    Simd simd SIMD [w2 w3 std];
    /// Vector instructions with permitted non-determinism.
    RelaxedSimd relaxed_simd RELAXED_SIMD [w3 std] implies Simd;
    /// `return_call`.
    TailCall tail_call TAIL_CALL [w3 std];
    /// Arithmetic in constant expressions.
    ExtendedConst extended_const EXTENDED_CONST [w3 std];
    /// More than one memory.
    MultiMemory multi_memory MULTI_MEMORY [w3 std];
    /// 64-bit memories and tables.
    Memory64 memory64 MEMORY64 [w3 std];
    /// `(ref $t)`, `call_ref`, tables with an initialiser.
    FunctionReferences function_references FUNCTION_REFERENCES [w3 std] implies ReferenceTypes;
    /// Structs, arrays, `i31`, recursive types, casts.
    Gc gc GC [w3 std] implies FunctionReferences;
    /// Tags, `throw`, `try_table`, `exnref`.
    Exceptions exceptions EXCEPTIONS [w3 std] implies ReferenceTypes;
    /// Custom sections and names written as annotations in the text format.
    Annotations annotations ANNOTATIONS [w1 w2 w3 std];
    /// Atomics and shared memories.
    Threads threads THREADS [std];
    /// `try`, `catch`, `delegate`, `rethrow`: the predecessors of `try_table`.
    LegacyExceptions legacy_exceptions LEGACY_EXCEPTIONS [std];
    /// 128-bit addition, subtraction and widening multiplication of `i64`.
    WideArithmetic wide_arithmetic WIDE_ARITHMETIC [std];
    /// Memories with pages of other sizes than 64 KiB.
    CustomPageSizes custom_page_sizes CUSTOM_PAGE_SIZES [std];
    /// Imports that write a shared module name, and possibly a shared type, only once.
    CompactImports compact_imports COMPACT_IMPORTS [std];
    /// Exact types, descriptors, casts by descriptor.
    CustomDescriptors custom_descriptors CUSTOM_DESCRIPTORS implies Gc;
    /// Continuations: `cont.new`, `resume`, `suspend`, `switch`.
    StackSwitching stack_switching STACK_SWITCHING implies Gc Exceptions;
    /// Components, as WASI 0.2 needs them.
    ComponentModel component_model COMPONENT_MODEL [std];
    /// Asynchronous functions, streams and futures in components.
    CmAsync cm_async CM_ASYNC [std] implies ComponentModel;
    /// The type `map` in components.
    CmMap cm_map CM_MAP [std] implies ComponentModel;
    /// `implements` and `external-id` on the names of imports and exports of components.
    CmImplements cm_implements CM_IMPLEMENTS [std] implies ComponentModel;
    /// Reads and writes that block, and cancelling that does not.
    CmMoreAsyncBuiltins cm_more_async_builtins CM_MORE_ASYNC_BUILTINS implies CmAsync;
    /// Asynchronous functions with a stack of their own, without a callback.
    CmAsyncStackful cm_async_stackful CM_ASYNC_STACKFUL implies CmAsync;
    /// Cooperative threads in components: `thread.suspend` and its kin.
    CmThreading cm_threading CM_THREADING implies CmAsync;
    /// `thread.spawn-ref` and its kin.
    SharedEverythingThreads shared_everything_threads SHARED_EVERYTHING_THREADS implies Threads ComponentModel;
    /// Lists of a fixed length in components.
    CmFixedLengthLists cm_fixed_length_lists CM_FIXED_LENGTH_LISTS implies ComponentModel;
    /// The type `error-context` in components.
    CmErrorContext cm_error_context CM_ERROR_CONTEXT implies ComponentModel;
    /// Values as imports and exports of components, and start functions.
    CmValues cm_values CM_VALUES implies ComponentModel;
    /// Names of interfaces in nested namespaces and packages.
    CmNestedNames cm_nested_names CM_NESTED_NAMES implies ComponentModel;
    /// Names of interfaces with canonical versions, and `versionsuffix`.
    CmCanonNames cm_canon_names CM_CANON_NAMES implies ComponentModel;
    /// 64-bit memories in components.
    Cm64 cm64 CM64 implies ComponentModel Memory64;
    /// `stream.forward` and `future.forward`.
    CmForward cm_forward CM_FORWARD implies CmAsync;
    /// Getters and setters in components.
    CmAccessors cm_accessors CM_ACCESSORS implies ComponentModel;
    /// Values of components as structs, arrays and references of core modules.
    CmGc cm_gc CM_GC implies ComponentModel Gc;
}

/// A set of features.
///
/// It is one machine word, so copies and membership tests cost almost nothing.
///
/// ```
/// use wattle_ast::{Feature, Features};
///
/// assert!(Features::default().contains(Feature::LegacyExceptions));
/// assert!(!Features::WASM3.contains(Feature::LegacyExceptions));
/// assert!(Features::GC.with_implied().contains(Feature::ReferenceTypes));
/// assert_eq!(Features::parse("wasm1,threads").unwrap(), Features::WASM1 | Features::THREADS);
/// assert_eq!(Features::parse("all,-gc").unwrap(), Features::ALL - Features::GC);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Features(u64);

impl Features {
    /// The number of features that fit in a set.
    const MAX: usize = u64::BITS as usize;
    /// A number that no feature has, so that it is in no set.
    pub(crate) const NEVER: u32 = u64::BITS - 1;

    /// No feature, not even the MVP.
    pub const NONE: Features = Features(0);
    /// Every feature that Wattle knows.
    pub const ALL: Features = Features(u64::MAX >> (Features::MAX - Feature::ALL.len()));
    /// WebAssembly 1.0.
    pub const WASM1: Features = Features::preset(Preset::w1);
    /// WebAssembly 2.0.
    pub const WASM2: Features = Features::preset(Preset::w2);
    /// WebAssembly 3.0.
    pub const WASM3: Features = Features::preset(Preset::w3);
    /// The default: 3.0, the features beyond it that engines have shipped, and the features of
    /// components that WASI 0.2 and 0.3 need.
    pub const DEFAULT: Features = Features::preset(Preset::std);

    /// The presets by the names that lists use for them.
    pub const PRESETS: [(&'static str, Features); 5] = [
        ("wasm1", Features::WASM1),
        ("wasm2", Features::WASM2),
        ("wasm3", Features::WASM3),
        ("default", Features::DEFAULT),
        ("all", Features::ALL),
    ];

    /// The set with only this feature.
    pub const fn of(feature: Feature) -> Features {
        Features(1 << feature as u32)
    }

    const fn preset(preset: Preset) -> Features {
        let mut set = 0;
        let mut i = 0;
        while i < Feature::ALL.len() {
            if Feature::ALL[i].in_preset(preset) {
                set |= 1 << i;
            }
            i += 1;
        }
        Features(set)
    }

    /// Whether `feature` is on.
    #[inline(always)]
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 >> (feature as u32) & 1 != 0
    }

    /// Whether the feature with this number is on.
    #[inline(always)]
    pub(crate) const fn contains_index(self, index: u32) -> bool {
        self.0 >> index & 1 != 0
    }

    /// Whether all features of `other` are on.
    pub const fn contains_all(self, other: Features) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether at least one feature of `other` is on.
    #[inline(always)]
    pub const fn intersects(self, other: Features) -> bool {
        self.0 & other.0 != 0
    }

    /// The set with all features that its members imply.
    pub fn with_implied(self) -> Features {
        let mut set = self;
        loop {
            let next = set.iter().fold(set, |all, feature| all | feature.implies());
            if next == set {
                return set;
            }
            set = next;
        }
    }

    /// The members, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.iter().copied().filter(move |&feature| self.contains(feature))
    }

    /// Reads a comma-separated list of presets (`wasm1`, `wasm2`, `wasm3`, `default`, `all`) and
    /// feature names, from left to right. A feature brings the features that it implies. `-name`
    /// removes a feature; a list that begins with `-` starts from the default. Underscores count as
    /// dashes.
    ///
    /// # Errors
    /// The first word that is neither a preset nor a feature, and the known word that it resembles.
    pub fn parse(list: &str) -> Result<Features, UnknownFeature> {
        let from_default = list.trim_start().starts_with('-');
        let mut set = if from_default { Features::DEFAULT } else { Features::NONE };
        for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let (remove, name) = match word.strip_prefix('-') {
                Some(name) => (true, name),
                None => (false, word),
            };
            let named = Self::named(name).ok_or_else(|| UnknownFeature::new(name))?;
            set = if remove { set - named } else { set | named.with_implied() };
        }
        Ok(set)
    }

    fn named(name: &str) -> Option<Features> {
        let same = |known: &str| {
            known.len() == name.len()
                && known.bytes().zip(name.bytes()).all(|(a, b)| a == b || (a == b'_' && b == b'-'))
        };
        let preset = Self::PRESETS.iter().find(|(known, _)| same(known)).map(|&(_, set)| set);
        let single = || Feature::ALL.iter().find(|f| same(f.name())).map(|&f| Features::of(f));
        preset.or_else(single)
    }
}

/// A word of a list of features that is neither a feature nor a preset.
///
/// ```
/// let error = wattle_ast::Features::parse("wasm2,multi-memroy").unwrap_err();
/// assert_eq!(error.to_string(), "unknown feature `multi-memroy`; did you mean `multi-memory`?");
/// assert_eq!(error.word(), "multi-memroy");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownFeature {
    word: String,
    nearest: Option<String>,
}

impl UnknownFeature {
    #[cold]
    fn new(word: &str) -> UnknownFeature {
        let features = Feature::ALL.iter().map(|feature| feature.name());
        let known = Features::PRESETS.iter().map(|(name, _)| *name).chain(features);
        let mut budget = usize::MAX;
        let nearest = crate::nearest(&word.replace('-', "_"), known, &mut budget);
        UnknownFeature { word: word.into(), nearest: nearest.map(|name| name.replace('_', "-")) }
    }

    /// The word.
    pub fn word(&self) -> &str {
        &self.word
    }

    /// The feature or preset that the word resembles.
    pub fn nearest(&self) -> Option<&str> {
        self.nearest.as_deref()
    }
}

impl fmt::Display for UnknownFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown feature `{}`", self.word)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for UnknownFeature {}

impl FromStr for Features {
    type Err = UnknownFeature;

    /// Reads a list of features; see [`Features::parse`].
    fn from_str(list: &str) -> Result<Features, UnknownFeature> {
        Features::parse(list)
    }
}

const _: () = assert!(Feature::ALL.len() <= Features::NEVER as usize, "widen `Features`");

// The set has room for more than 32 features.
const _: () = {
    let beyond = Features(1 << 60);
    assert!(beyond.contains_index(60) && !beyond.contains_index(28));
    assert!(Features(Features::ALL.0 | beyond.0).contains_all(beyond));
    assert!(!Features::ALL.contains_all(beyond));
    assert!(!Features::ALL.contains_index(Features::NEVER));
};

impl Default for Features {
    fn default() -> Self {
        Features::DEFAULT
    }
}

impl From<Feature> for Features {
    fn from(feature: Feature) -> Features {
        Features::of(feature)
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Features {
        features.into_iter().fold(Features::NONE, |set, feature| set | feature.into())
    }
}

macro_rules! operators {
    ($( $operator:ident $method:ident |$a:ident, $b:ident| $bits:expr; )*) => { $(
        impl $operator for Features {
            type Output = Features;
            fn $method(self, other: Features) -> Features {
                let ($a, $b) = (self.0, other.0);
                Features($bits)
            }
        }
    )* };
}

operators! {
    BitOr bitor |a, b| a | b;
    BitAnd bitand |a, b| a & b;
    Sub sub |a, b| a & !b;
}

impl BitOrAssign for Features {
    fn bitor_assign(&mut self, other: Features) {
        *self = *self | other;
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().split('_').enumerate().try_for_each(|(i, part)| {
            f.write_str(if i == 0 { "" } else { "-" })?;
            f.write_str(part)
        })
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
