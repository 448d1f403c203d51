//! Modules that nearly fit a world: they are refused, or become valid components.

use std::collections::BTreeSet;

use wattle_ast::components::Component;
use wattle_ast::{ExternType, Features, Module, TypeIdx};
use wattle_componentize::{Componentizer, Dummy, Embed, Mode, Scheme};
use wattle_validator::{Validator, components};

use crate::components::{Test, folders, name_of};

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

/// The number of edited copies of each module.
const ROUNDS: usize = 4;

/// The prefixes of names of imports and exports.
const PREFIXES: [&str; 16] = [
    "[async-lower]",
    "[async-lift]",
    "[async-lift-stackful]",
    "[callback]",
    "[callback][async-lift]",
    "cabi_post_",
    "[resource-drop]",
    "[resource-new]",
    "[resource-rep]",
    "[dtor]",
    "[task-return]",
    "[stream-new-0]",
    "[future-read-0]",
    "[async-lower][stream-read-0]",
    "[export]",
    "cm32p2|",
];

/// Names with a meaning of their own.
const NAMES: [&str; 20] = [
    "cabi_realloc",
    "canonical_abi_realloc",
    "memory",
    "_initialize",
    "__wasm_task_hook",
    "cm32p2_realloc",
    "cm32p2_initialize",
    "$root",
    "[export]$root",
    "env",
    "__main_module__",
    "a",
    "[waitable-set-wait]",
    "[task-cancel]",
    "[error-context-drop]",
    "[thread-new-indirect-v0]",
    "[context-get-0]",
    "__wasm_get_stack_pointer",
    "__wasm_set_tls_base",
    "[stream-drop-readable-unit]",
];

fn edit_name(name: &str, known: &[&str], others: &[String], random: &mut Random) -> String {
    match random.below(4) {
        0 => known[random.below(known.len())].to_string(),
        1 => [PREFIXES[random.below(PREFIXES.len())], name].concat(),
        2 => match name.split_once([']', '|', '#']) {
            Some((_, rest)) => rest.to_string(),
            None => name[..name.len().saturating_sub(1)].to_string(),
        },
        _ => others[random.below(others.len())].clone(),
    }
}

/// Edits an import or export. `known` are names with a meaning of their own.
pub(crate) fn edit(module: &mut Module<'_>, known: &[&str], random: &mut Random) {
    let names = module.imports.iter().flat_map(|import| [&import.module, &import.name]);
    let names = names.chain(module.exports.iter().map(|export| &export.name));
    let names: Vec<String> = names.map(ToString::to_string).collect();
    let types = module.types.len();
    let (imports, exports) = (module.imports.len(), module.exports.len());
    let ty = ExternType::Func(TypeIdx::from(u32::try_from(random.below(types)).unwrap()));
    match random.below(6) {
        0 if imports > 0 => {
            let import = &mut module.imports[random.below(imports)];
            import.module = edit_name(&import.module, known, &names, random).into();
        }
        1 if imports > 0 => {
            let import = &mut module.imports[random.below(imports)];
            import.name = edit_name(&import.name, known, &names, random).into();
        }
        2 if imports > 0 => module.imports[random.below(imports)].ty = ty,
        3 if exports > 0 => {
            module.exports.remove(random.below(exports));
        }
        4 if exports > 0 => {
            let export = &mut module.exports[random.below(exports)];
            export.name = edit_name(&export.name, known, &names, random).into();
        }
        _ if exports > 1 => {
            let other = module.exports[random.below(exports)].index;
            module.exports[random.below(exports)].index = other;
        }
        _ => {}
    }
}

pub(crate) fn is_valid(module: &Module<'_>) -> bool {
    Validator::new().features(Features::ALL).module(module).is_ok()
}

/// The outcomes of the edited modules.
#[derive(Default)]
pub(crate) struct Outcome {
    made: u64,
    refused: u64,
    failures: BTreeSet<String>,
}

impl Outcome {
    /// Returns the number of modules so far.
    pub(crate) fn count(&self) -> u64 {
        self.made + self.refused
    }

    /// Counts an outcome. A component that was made must be valid.
    pub(crate) fn check(&mut self, made: Result<Component<'_>, String>, name: &str) {
        let Ok(component) = made else {
            self.refused += 1;
            return;
        };
        self.made += 1;
        let result = components::Validator::new().features(Features::ALL).component(&component);
        if let Err(errors) = result {
            self.failures.insert(format!("{name}: {errors}"));
        }
    }

    #[track_caller]
    pub(crate) fn done(self) {
        let failures = Vec::from_iter(self.failures);
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        assert!(self.made > 100 && self.refused > 100, "{} {}", self.made, self.refused);
    }
}

fn made(new: Componentizer<'_>) -> Result<Component<'_>, String> {
    new.validate(false).finish().map_err(|error| error.to_string())
}

#[test]
fn edited_dummies_are_refused_or_become_valid_components() {
    let mut outcome = Outcome::default();
    for (name, resolved) in crate::dummies::packages() {
        // These packages are about types that are too large.
        if name.starts_with("wit-deep-") {
            continue;
        }
        let model = resolved.model();
        for (world, _) in model.worlds() {
            for (scheme, mode) in [
                (Scheme::Standard, Mode::Sync),
                (Scheme::Legacy, Mode::Sync),
                (Scheme::Legacy, Mode::Callback),
                (Scheme::Legacy, Mode::Stackful),
            ] {
                let dummy = Dummy::new(model, world).scheme(scheme).mode(mode);
                let mut module = dummy.module().unwrap();
                Embed::new(model, world).add_to(&mut module).unwrap();
                let mut random = Random::new(outcome.count());
                for _ in 0..ROUNDS {
                    let mut module = module.clone();
                    edit(&mut module, &NAMES, &mut random);
                    let name = format!("{name} {} {scheme:?} {mode:?}", model.world_name(world));
                    if is_valid(&module) {
                        outcome.check(made(Componentizer::new().module(module)), &name);
                    }
                }
            }
        }
    }
    outcome.done();
}

#[test]
fn edited_tests_are_refused_or_become_valid_components() {
    let mut outcome = Outcome::default();
    for folder in folders() {
        if !folder.join("module.wat").exists() {
            continue;
        }
        let mut random = Random::new(outcome.count());
        for _ in 0..4 * ROUNDS {
            let mut test = Test::new(&folder);
            match random.below(test.adapters.len() + 1) {
                0 => edit(&mut test.main, &NAMES, &mut random),
                number => edit(&mut test.adapters[number - 1].1, &NAMES, &mut random),
            }
            if is_valid(&test.main) && test.adapters.iter().all(|(_, module)| is_valid(module)) {
                outcome.check(made(test.componentizer()), name_of(&folder));
            }
        }
    }
    outcome.done();
}
