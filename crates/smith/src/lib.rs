//! Makes valid WebAssembly modules from bytes: to fuzz whatever reads or runs WebAssembly.
//!
//! It reads the one instruction table of `wattle-ast`: an instruction with an arrow is made by
//! providing what the arrow takes, and a special one by a rule, the validator's rule the other way
//! round. What is made is a [`Module`] of the tree, ready for the encoder.
//!
//! By default modules instantiate, do not trap and come to an end, most of their instructions are
//! reached, and all they have is exported, so that what they do can be seen.
//!
//! ```
//! use wattle_smith::Config;
//!
//! // One integer says it all, on every platform.
//! let generated = wattle_smith::from_seed(&Config::default(), 42);
//! assert_eq!(generated, wattle_smith::from_seed(&Config::default(), 42));
//! let bytes = wattle_encoder::encode(&generated.module);
//! assert_eq!(bytes[..4], *b"\0asm");
//!
//! // Or the bytes of a fuzzer do.
//! let mut input = arbitrary::Unstructured::new(b"from wherever a fuzzer takes its bytes");
//! let generated = wattle_smith::generate(&Config::default(), &mut input)?;
//! assert!(wattle_validator::validate(&generated.module).is_ok());
//! # Ok::<(), arbitrary::Error>(())
//! ```
//!
//! # How it works
//!
//! Bytes are taken from the front, one or two for a choice. Each step of a body chooses a class by
//! weight, then an instruction from a list made at compile time: of those whose operands may be
//! what lies on top of the stack, or of all. Operands that are not there are made: locals,
//! globals, constants, other instructions. When the bytes are used up, everything is brought to an
//! end.
//!
//! | file | holds |
//! |---|---|
//! | `config.rs` | what is asked for |
//! | `entropy.rs`, `choice.rs` | where choices come from; the table arranged for choosing |
//! | `ty.rs`, `world.rs` | types, and the state of a module being made |
//! | `types.rs`, `declarations.rs` | types; all else but bodies |
//! | `body.rs`, `operands.rs`, `rules/` | bodies |
//! | `single.rs`, `broken.rs` | modules of single instructions, and almost valid ones |
//! | `provider.rs` | what a module imports, as a module |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod body;
mod broken;
mod choice;
mod config;
mod declarations;
mod entropy;
#[cfg(feature = "serde")]
mod json;
mod operands;
mod provider;
mod rules;
mod single;
mod ty;
mod types;
mod world;

use alloc::vec::Vec;

use arbitrary::{Arbitrary, Unstructured};
use wattle_ast::{Class, Feature, Features, Module};

pub use broken::Broken;
pub use config::{Config, ExportSpec, ExternSpec, ImportSpec, Weights};
pub use provider::{provider, provider_of};

use choice::OpcodeSet;
use entropy::Entropy;
use world::Gen;

/// A module that was made.
#[derive(Clone, PartialEq, Debug)]
pub struct Generated {
    /// The module. It borrows nothing, and its encoding is the canonical one.
    pub module: Module<'static>,
    /// The features that it may use: those to validate it with.
    pub features: Features,
    /// The rule that it breaks, when it was to be almost valid.
    pub broken: Option<Broken>,
}

/// Makes a module of bytes. The bytes that decide are taken from the front of `input`.
///
/// # Errors
/// None today: whatever the bytes are, and be there none, they make a module.
///
/// ```
/// use arbitrary::Unstructured;
/// use wattle_smith::{Config, generate};
///
/// let generated = generate(&Config::default(), &mut Unstructured::new(&[])).unwrap();
/// assert_eq!(generated.broken, None);
/// ```
pub fn generate(config: &Config, input: &mut Unstructured<'_>) -> arbitrary::Result<Generated> {
    let data = input.peek_bytes(input.len()).unwrap_or_default();
    let (generated, used) = generate_from(config, data);
    input.bytes(used.min(input.len()))?;
    Ok(generated)
}

/// Makes the module of a seed: the same on every platform.
///
/// The seed is expanded to between a quarter and all of [`Config::seed_bytes`] bytes by
/// SplitMix64, each word low byte first; the first word chooses how many.
///
/// ```
/// use wattle_smith::{Config, from_seed};
/// let one = from_seed(&Config::default(), 1).module;
/// assert_ne!(one, from_seed(&Config::default(), 2).module);
/// ```
pub fn from_seed(config: &Config, seed: u64) -> Generated {
    generate_from(config, &entropy::expand(seed, config.seed_bytes)).0
}

/// The bytes that [`from_seed`] makes its module of.
///
/// ```
/// use arbitrary::Unstructured;
/// use wattle_smith::{Config, from_seed, generate, seed_bytes};
///
/// let config = Config::default();
/// let bytes = seed_bytes(&config, 3);
/// let made = generate(&config, &mut Unstructured::new(&bytes)).unwrap();
/// assert_eq!(made, from_seed(&config, 3));
/// ```
pub fn seed_bytes(config: &Config, seed: u64) -> Vec<u8> {
    entropy::expand(seed, config.seed_bytes)
}

fn generate_from(config: &Config, data: &[u8]) -> (Generated, usize) {
    let mut entropy = Entropy::new(data);
    let mut features = config.usable_features();
    // Chosen first: bodies take all the bytes that there are.
    let rule = config.almost_valid.then(|| entropy.below(Broken::ALL.len()));
    if config.swarm {
        let bits = entropy.u32();
        features = features
            .iter()
            .filter(|&feature| feature == Feature::Mvp || bits >> (feature as u32 & 31) & 1 == 0)
            .collect();
        features = config::closed(features);
    }
    let mut allowed = OpcodeSet::of(features);
    if config.swarm {
        allowed.retain(|| entropy.u64() | entropy.u64());
    }
    let mut generator = Gen {
        config,
        entropy,
        features,
        allowed,
        module: Module::default(),
        list: Vec::with_capacity(64),
        types: Vec::with_capacity(16),
        funcs: Vec::new(),
        imported_funcs: 0,
        tables: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        imported_globals: 0,
        tags: Vec::new(),
        elems: Vec::new(),
        datas: Vec::new(),
        fuel: None,
        slots: [Class::Numeric; 64],
        uses_data: false,
        referenced: Vec::new(),
        code: Vec::with_capacity(1024),
        stack: Vec::with_capacity(32),
        frames: Vec::with_capacity(16),
        locals: Vec::with_capacity(16),
        params: 0,
        sets: Vec::new(),
        depth: 0,
        floor: 0,
        constant: false,
    };
    generator.make_types();
    generator.make_declarations();
    if config.single_instruction {
        generator.make_single_instructions();
    } else {
        generator.make_bodies();
    }
    let broken = rule.map(|start| generator.break_rule(start));
    let used = generator.entropy.used();
    (Generated { module: generator.module, features, broken }, used)
}

/// A module for fuzz targets that take `Arbitrary` values, made with the default configuration.
///
/// ```
/// use arbitrary::{Arbitrary, Unstructured};
/// use wattle_smith::ArbitraryModule;
///
/// let mut input = Unstructured::new(&[7; 300]);
/// let module = ArbitraryModule::arbitrary(&mut input)?.0;
/// assert!(wattle_validator::validate(&module).is_ok());
/// # Ok::<(), arbitrary::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct ArbitraryModule(pub Module<'static>);

impl<'a> Arbitrary<'a> for ArbitraryModule {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<ArbitraryModule> {
        generate(&Config::default(), input).map(|generated| ArbitraryModule(generated.module))
    }
}
