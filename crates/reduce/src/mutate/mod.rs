//! Mutants: valid modules that differ a little from a given one.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`Mutator`]: which mutations are tried, and how often |
//! | `random.rs` | choices that follow from a seed |
//! | `code.rs` | mutations of bodies |
//! | `immediates.rs` | other immediates, other opcodes |
//! | `items.rs` | mutations of everything else |

mod code;
mod immediates;
mod items;
mod random;

use wattle_ast::components::{Component, Definition};
use wattle_ast::{Features, Module, Wasm};
use wattle_validator::Validator;
use wattle_validator::components::Validator as ComponentValidator;

use random::Random;

/// A change to a module. `None` if it finds nothing to change, or what it makes cannot be written.
type Mutation = fn(&Module<'static>, Features, &mut Random) -> Option<Module<'static>>;

/// Mutations after which a module does what it did before.
const PRESERVING: [Mutation; 14] = [
    code::add_nop,
    code::add_dropped_value,
    code::keep_in_local,
    code::wrap_in_block,
    code::wrap_in_if,
    code::wrap_in_try,
    code::cast_to_own_type,
    code::split_constant,
    code::add_dead_code,
    items::outline,
    items::add_type,
    items::add_items,
    items::group_types,
    items::move_func,
];

/// Mutations that change what a module does.
const CHANGING: [Mutation; 14] = [
    immediates::change_opcode,
    immediates::change_immediates,
    immediates::change_immediates,
    code::remove_tree,
    code::hoist_operand,
    code::double_statement,
    code::copy_tree,
    code::move_statement,
    items::change_limits,
    items::change_data,
    items::change_elements,
    items::change_exports,
    items::change_initial_value,
    items::change_types,
];

/// How often mutations are tried until one gives a valid module.
const TRIES: usize = 40;

/// Makes mutants of modules and components.
///
/// A mutant is valid with the features of the mutator if the original is. It follows from the
/// original and the seed alone.
///
/// ```
/// use wattle_reduce::Mutator;
///
/// let text = "(module (func (export \"f\") (result i32) (i32.const 5)))";
/// let module = wattle_wat::parse(text)?.into_owned();
/// let mutant = Mutator::new().mutate(&module, 7).unwrap();
/// assert_ne!(mutant, module);
/// assert!(wattle_validator::validate(&mutant).is_ok());
/// assert_eq!(Mutator::new().mutate(&module, 7), Some(mutant));
/// # Ok::<(), wattle_wat::Errors>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Mutator {
    features: Features,
    preserves: bool,
    mutations: usize,
}

impl Default for Mutator {
    fn default() -> Mutator {
        Mutator::new()
    }
}

impl Mutator {
    /// A mutator that uses the default features and changes what modules do.
    pub fn new() -> Mutator {
        Mutator { features: Features::DEFAULT, preserves: false, mutations: 4 }
    }

    /// The features that mutants may use.
    pub fn features(mut self, features: Features) -> Mutator {
        self.features = features;
        self
    }

    /// Whether mutants do what the original does: calls of their exports give the same results and
    /// traps, unless a resource is exhausted. They may need more fuel and stack.
    pub fn preserve_semantics(mut self, preserves: bool) -> Mutator {
        self.preserves = preserves;
        self
    }

    /// The greatest number of mutations in a mutant, which has at least one.
    pub fn mutations(mut self, most: usize) -> Mutator {
        self.mutations = most.max(1);
        self
    }

    /// The mutant of a module for a seed; `None` if no mutation that was tried gives a valid module.
    pub fn mutate(&self, module: &Module<'static>, seed: u64) -> Option<Module<'static>> {
        let is_valid = |mutant: &Module<'static>| {
            Validator::new().features(self.features).module(mutant).is_ok()
        };
        self.mutate_if(module, seed, is_valid)
    }

    /// The mutant of a module or component for a seed. Of a component, one of its core modules is
    /// mutated.
    pub fn mutate_wasm(&self, wasm: &Wasm<'static>, seed: u64) -> Option<Wasm<'static>> {
        match wasm {
            Wasm::Module(module) => self.mutate(module, seed).map(Wasm::Module),
            Wasm::Component(component) => self.mutate_component(component, seed),
        }
    }

    fn mutate_component(&self, component: &Component<'static>, seed: u64) -> Option<Wasm<'static>> {
        let modules = component.definitions.iter().enumerate();
        let modules = modules.filter_map(|(place, definition)| match definition {
            Definition::CoreModule(module) => Some((place, module)),
            _ => None,
        });
        let modules: alloc::vec::Vec<_> = modules.collect();
        let (place, module) = *Random::new(seed).of(&modules)?;
        let with = |mutant: &Module<'static>| {
            let mut changed = component.clone();
            if let Some(definition) = changed.definitions.get_mut(place) {
                *definition = Definition::CoreModule(mutant.clone().into());
            }
            changed
        };
        let mutant = self.mutate_if(module, seed, |mutant| {
            ComponentValidator::new().features(self.features).component(&with(mutant)).is_ok()
        });
        mutant.map(|mutant| Wasm::Component(with(&mutant)))
    }

    fn mutate_if(
        &self,
        module: &Module<'static>,
        seed: u64,
        is_valid: impl Fn(&Module<'static>) -> bool,
    ) -> Option<Module<'static>> {
        let mut random = Random::new(seed);
        let wanted = 1 + random.below(self.mutations);
        let mut mutant: Option<Module<'static>> = None;
        let mut made = 0;
        for _ in 0..TRIES {
            let current = mutant.as_ref().unwrap_or(module);
            let changes = !self.preserves && random.below(4) > 0;
            let list = if changes { &CHANGING } else { &PRESERVING };
            let mutation = random.of(list)?;
            let Some(next) = mutation(current, self.features, &mut random) else { continue };
            if next != *current && next != *module && is_valid(&next) {
                mutant = Some(next);
                made += 1;
                if made == wanted {
                    break;
                }
            }
        }
        mutant
    }
}
