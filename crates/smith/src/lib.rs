//! Makes valid WebAssembly modules from bytes, to fuzz programs that read or run WebAssembly.
//! [`components`] makes components.
//!
//! It works from the instruction table of `wattle-ast`. An instruction with an arrow is made by
//! providing the operands that the arrow takes; a special instruction has a rule of its own: where
//! the validator checks operands, the rule makes them. The result is a [`Module`].
//!
//! By default, modules instantiate, terminate and do not trap. Most of their instructions are
//! reached, and they export everything, so that their effects can be observed.
//!
//! ```
//! use wattle_smith::Config;
//!
//! // A seed gives the same module on every platform.
//! let generated = wattle_smith::from_seed(&Config::default(), 42);
//! assert_eq!(generated, wattle_smith::from_seed(&Config::default(), 42));
//! let bytes = wattle_encoder::encode(&generated.module);
//! assert_eq!(bytes[..4], *b"\0asm");
//!
//! // The bytes of a fuzzer make a module too.
//! let mut input = arbitrary::Unstructured::new(b"from wherever a fuzzer takes its bytes");
//! let generated = wattle_smith::generate(&Config::default(), &mut input)?;
//! assert!(wattle_validator::validate(&generated.module).is_ok());
//! # Ok::<(), arbitrary::Error>(())
//! ```
//!
//! # How it works
//!
//! Bytes are taken from the front of the input, one or two for a choice. Each step of a body
//! chooses a class of instructions by weight, then an instruction of the class: from all, or from
//! those that can take the operands on top of the stack. These lists are made at compile time.
//! Missing operands are made from locals, globals, constants and other instructions. When the bytes
//! are used up, all open blocks are closed.
//!
//! | file | holds |
//! |---|---|
//! | `config.rs`, `json.rs` | the configuration, and its form in a JSON file |
//! | `entropy.rs`, `choice.rs` | the source of choices; the instruction table arranged for choosing |
//! | `ty.rs`, `generator.rs` | value types in one word; the state of a module that is being made |
//! | `types.rs`, `segments.rs`, `declarations.rs` | making types; making segments; making everything else but bodies |
//! | `body.rs`, `operands.rs`, `references.rs`, `rules/` | making bodies |
//! | `single.rs` | modules whose functions are single instructions |
//! | `broken.rs` | almost valid modules |
//! | `components/` | components |
//! | `provider.rs` | a module with an export for each import of another one |
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod body;
mod broken;
mod choice;
pub mod components;
mod config;
mod constants;
mod declarations;
mod entropy;
mod generator;
#[cfg(feature = "serde")]
mod json;
mod operands;
mod provider;
mod references;
mod rules;
mod segments;
mod single;
mod ty;
mod types;

use alloc::vec::Vec;

use arbitrary::{Arbitrary, Unstructured};
use wattle_ast::{Feature, Features, Module};

pub use arbitrary::Error;
pub use broken::Broken;
pub use config::{Config, ExportSpec, ExternSpec, ImportSpec, TooLarge, Weights};
pub use entropy::split_mix64;
pub use provider::{default_of, provider, provider_of};

use choice::OpcodeSet;
use entropy::Entropy;
use generator::Generator;

/// A module that was made.
#[derive(Clone, PartialEq, Debug)]
pub struct Generated {
    /// The module. It borrows nothing, and its encoding is the canonical one.
    pub module: Module<'static>,
    /// The features that it may use. Validate it with these.
    pub features: Features,
    /// The rule that it breaks, when [`Config::almost_valid`] asked for that.
    pub broken: Option<Broken>,
}

/// Makes a module from bytes, and takes those that it used from the front of `input`.
///
/// # Errors
/// When the configuration asks for modules that are too large: see [`Config::check`]. Otherwise any
/// bytes make a module, and so does an empty input.
///
/// ```
/// use arbitrary::Unstructured;
/// use wattle_smith::{Config, generate};
///
/// let generated = generate(&Config::default(), &mut Unstructured::new(&[])).unwrap();
/// assert_eq!(generated.broken, None);
/// ```
pub fn generate(config: &Config, input: &mut Unstructured<'_>) -> arbitrary::Result<Generated> {
    config.check().map_err(|_| arbitrary::Error::IncorrectFormat)?;
    let data = input.peek_bytes(input.len()).unwrap_or_default();
    let (generated, used) = generate_from(config, data);
    input.bytes(used.min(input.len()))?;
    Ok(generated)
}

/// Makes the module of a seed, which is the same on every platform.
///
/// SplitMix64 expands the seed to bytes, each word low byte first. The first word chooses the
/// number of bytes: between a quarter of [`Config::seed_bytes`] and all of them.
///
/// A configuration that [`Config::check`] refuses makes an empty module.
///
/// ```
/// use wattle_smith::{Config, from_seed};
/// let one = from_seed(&Config::default(), 1).module;
/// assert_ne!(one, from_seed(&Config::default(), 2).module);
/// ```
pub fn from_seed(config: &Config, seed: u64) -> Generated {
    match config.check() {
        Ok(()) => generate_from(config, &seed_bytes(config, seed)).0,
        Err(_) => Generated { module: Module::default(), features: config.features, broken: None },
    }
}

/// The bytes that [`from_seed`] makes its module from.
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
    entropy::expand(seed, config.seed_bytes.min(Config::MAX_SIZE as u32))
}

fn generate_from(config: &Config, data: &[u8]) -> (Generated, usize) {
    let mut entropy = Entropy::new(data);
    let mut features = config.usable_features();
    // The rule is chosen first, because bodies use up all bytes.
    let rule = config.almost_valid.then(|| entropy.below(Broken::ALL.len()));
    if config.swarm {
        let bits = entropy.u32();
        features = features
            .iter()
            .filter(|&feature| feature == Feature::Mvp || bits >> (feature as u32 & 31) & 1 == 0)
            .collect();
        features = config::without_unmet(features);
    }
    let mut allowed = OpcodeSet::of(features);
    if config.swarm {
        allowed.retain(|| entropy.u64() | entropy.u64());
    }
    let mut generator = Generator::new(config, entropy, features, allowed);
    generator.make_types();
    generator.make_declarations();
    if config.single_instruction {
        generator.make_single_instructions();
    } else {
        generator.make_bodies();
    }
    let broken = rule.map(|start| broken::break_rule(&mut generator.module, features, start));
    let used = generator.entropy.used();
    (Generated { module: generator.module, features, broken }, used)
}

/// A module for fuzz targets that take [`Arbitrary`] values. It is made with the default
/// configuration.
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
