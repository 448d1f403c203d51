//! Makes valid components from bytes, and ones that break exactly one rule.
//!
//! Each step makes a definition from the definitions that the component has so far; the bytes
//! choose its kind. Open components are a list, and so is everything else that nests. When the
//! bytes are used up, all open components are closed.
//!
//! | file | makes |
//! |---|---|
//! | `generator.rs` | the steps, and the scopes that they happen in |
//! | `model.rs` | the facts about the definitions so far |
//! | `types.rs` | types |
//! | `externs.rs` | imports, exports, aliases, instances |
//! | `core.rs` | core modules and instances, canonical definitions |
//! | `broken.rs` | almost valid components |

mod broken;
mod core;
mod externs;
mod generator;
mod model;
mod types;

use arbitrary::Unstructured;
use wattle_ast::Features;
use wattle_ast::components::Component;

pub use broken::BrokenComponent;

use crate::entropy::Entropy;
use crate::{Config, seed_bytes};
use generator::Generator;

/// A component that was made.
#[derive(Clone, PartialEq, Debug)]
pub struct GeneratedComponent {
    /// The component. It borrows nothing, and its encoding is the canonical one.
    pub component: Component<'static>,
    /// The features that it may use. Validate it with these.
    pub features: Features,
    /// The rule that it breaks, when [`Config::almost_valid`] asked for that.
    pub broken: Option<BrokenComponent>,
}

/// Makes a component from bytes, and takes those that it used from the front of `input`.
///
/// Only the features, the number of bytes of a seed and [`almost_valid`](Config::almost_valid) of
/// the configuration matter.
///
/// # Errors
/// When the configuration asks for modules that are too large: see [`Config::check`]. Otherwise any
/// bytes make a component, and so does an empty input.
///
/// ```
/// use arbitrary::Unstructured;
/// use wattle_smith::Config;
/// use wattle_smith::components::generate;
///
/// let mut input = Unstructured::new(b"from wherever a fuzzer takes its bytes");
/// let generated = generate(&Config::default(), &mut input).unwrap();
/// let validator = wattle_validator::components::Validator::new().features(generated.features);
/// assert!(validator.component(&generated.component).is_ok());
/// ```
pub fn generate(
    config: &Config,
    input: &mut Unstructured<'_>,
) -> arbitrary::Result<GeneratedComponent> {
    config.check().map_err(|_| arbitrary::Error::IncorrectFormat)?;
    let data = input.peek_bytes(input.len()).unwrap_or_default();
    let (generated, used) = generate_from(config, data);
    input.bytes(used.min(input.len()))?;
    Ok(generated)
}

/// Makes the component of a seed, which is the same on every platform. A configuration that
/// [`Config::check`] refuses makes an empty component.
///
/// ```
/// use wattle_smith::Config;
/// use wattle_smith::components::from_seed;
/// let one = from_seed(&Config::default(), 1).component;
/// assert_ne!(one, from_seed(&Config::default(), 2).component);
/// ```
pub fn from_seed(config: &Config, seed: u64) -> GeneratedComponent {
    match config.check() {
        Ok(()) => generate_from(config, &seed_bytes(config, seed)).0,
        Err(_) => GeneratedComponent {
            component: Component::default(),
            features: config.features,
            broken: None,
        },
    }
}

fn generate_from(config: &Config, data: &[u8]) -> (GeneratedComponent, usize) {
    let mut entropy = Entropy::new(data);
    // The rule is chosen first, because definitions use up all bytes.
    let rule = config.almost_valid.then(|| entropy.below(BrokenComponent::ALL.len()));
    let features = config.usable_features();
    let mut generator = Generator::new(entropy, features);
    generator.run();
    let broken = rule.map(|start| generator.break_rule(start));
    let used = generator.entropy.used();
    let component = generator.definitions.into_iter().collect();
    (GeneratedComponent { component, features, broken }, used)
}
