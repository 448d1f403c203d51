//! Mutants: valid modules that differ a little from a given one.
//!
//! | file | holds |
//! |---|---|
//! | `mod.rs` | [`Mutator`], and the list of mutations |
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

use code::Chosen;
use random::Random;

/// A change to a module. The functions return `None` if they find nothing to change, or if the
/// result cannot be written.
#[derive(Clone, Copy)]
enum Mutation {
    /// Changes a body that was chosen.
    Body(fn(&Chosen<'_>, &mut Random) -> Option<Module<'static>>),
    /// Changes a module outside of the instructions of bodies.
    Items(fn(&mut Module<'static>, &mut Random) -> Option<()>),
}

use Mutation::{Body, Items};

impl Mutation {
    fn apply(
        self,
        module: &Module<'static>,
        features: Features,
        random: &mut Random,
    ) -> Option<Module<'static>> {
        match self {
            Body(change) => change(&Chosen::new(module, features, random)?, random),
            Items(change) => {
                let mut changed = module.clone();
                change(&mut changed, random)?;
                Some(changed)
            }
        }
    }
}

/// Mutations that preserve the behaviour of a module.
const PRESERVING: [Mutation; 14] = [
    Body(code::add_nop),
    Body(code::add_dropped_value),
    Body(code::keep_in_local),
    Body(code::wrap_in_block),
    Body(code::wrap_in_if),
    Body(code::wrap_in_try),
    Body(code::cast_to_own_type),
    Body(code::split_constant),
    Body(code::add_dead_code),
    Items(items::outline),
    Items(items::add_type),
    Items(items::add_items),
    Items(items::group_types),
    Items(items::move_func),
];

/// Mutations that may change the behaviour of a module.
const CHANGING: [Mutation; 15] = [
    Body(immediates::change_opcode),
    Body(immediates::change_immediates),
    Body(immediates::change_immediates),
    Body(immediates::change_catches),
    Body(code::remove_tree),
    Body(code::hoist_operand),
    Body(code::double_statement),
    Body(code::copy_tree),
    Body(code::move_statement),
    Items(items::change_limits),
    Items(items::change_data),
    Items(items::change_elements),
    Items(items::change_exports),
    Items(items::change_initial_value),
    Items(items::change_types),
];

/// The greatest number of mutations that are tried for one mutant.
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
    /// A mutator that uses the default features and may change the behaviour of modules.
    pub fn new() -> Mutator {
        Mutator { features: Features::DEFAULT, preserves: false, mutations: 4 }
    }

    /// The features that mutants may use.
    pub fn features(mut self, features: Features) -> Mutator {
        self.features = features;
        self
    }

    /// Whether mutants behave like the original: calls of their exports give the same results and
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

    /// The mutant of a module or component for a seed. In a component, one of the core modules is
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
            let list = if changes { &CHANGING[..] } else { &PRESERVING[..] };
            let mutation = random.of(list)?;
            let Some(next) = mutation.apply(current, self.features, &mut random) else { continue };
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
