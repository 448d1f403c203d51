//! What modules are made: features, sizes, weights and modes.

use alloc::string::String;
use alloc::vec::Vec;

use wattle_ast::{Class, Feature, Features, ValType};

/// How often instructions of each class are chosen, relative to each other. 0 is never.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[allow(missing_docs)]
pub struct Weights {
    pub control: u8,
    pub parametric: u8,
    pub variable: u8,
    pub table: u8,
    pub memory: u8,
    pub numeric: u8,
    pub reference: u8,
    pub aggregate: u8,
    pub vector: u8,
    pub atomic: u8,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights {
            control: 26,
            parametric: 8,
            variable: 40,
            table: 10,
            memory: 26,
            numeric: 72,
            reference: 12,
            aggregate: 18,
            vector: 36,
            atomic: 8,
        }
    }
}

impl Weights {
    /// The weight of a class.
    pub fn of(&self, class: Class) -> u8 {
        match class {
            Class::Control => self.control,
            Class::Parametric => self.parametric,
            Class::Variable => self.variable,
            Class::Table => self.table,
            Class::Memory => self.memory,
            Class::Numeric => self.numeric,
            Class::Reference => self.reference,
            Class::Aggregate => self.aggregate,
            Class::Vector => self.vector,
            Class::Atomic => self.atomic,
        }
    }
}

/// The type of an import or export that is asked for by name.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[allow(missing_docs)]
pub enum ExternSpec {
    /// A function.
    Func {
        #[cfg_attr(feature = "serde", serde(default, with = "crate::json::val_types"))]
        params: Vec<ValType>,
        #[cfg_attr(feature = "serde", serde(default, with = "crate::json::val_types"))]
        results: Vec<ValType>,
    },
    /// A global.
    Global {
        #[cfg_attr(feature = "serde", serde(with = "crate::json::val_type"))]
        ty: ValType,
        #[cfg_attr(feature = "serde", serde(default))]
        mutable: bool,
    },
    /// A memory of so many pages of 64 KiB.
    Memory {
        min: u32,
        #[cfg_attr(feature = "serde", serde(default))]
        max: Option<u32>,
    },
    /// A table of functions of so many elements.
    Table {
        min: u32,
        #[cfg_attr(feature = "serde", serde(default))]
        max: Option<u32>,
    },
}

/// An import that modules may have, or must.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ImportSpec {
    /// The module to import from.
    pub module: String,
    /// The name there.
    pub name: String,
    /// What it is. Reference types are the nullable abstract ones, such as `funcref`.
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    pub ty: ExternSpec,
    /// Whether every module imports it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub required: bool,
}

/// An export that every module has.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ExportSpec {
    /// The name.
    pub name: String,
    /// What it is.
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    pub ty: ExternSpec,
}

/// What modules are made.
///
/// The default makes modules of every feature that the validator knows, that instantiate, do not
/// trap, and end.
///
/// ```
/// use wattle_ast::Features;
/// use wattle_smith::Config;
///
/// let config = Config { features: Features::WASM1, max_funcs: 2, ..Config::default() };
/// let module = wattle_smith::from_seed(&config, 7).module;
/// assert!(module.funcs.len() <= 2);
/// ```
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Config {
    /// What modules may use. Custom descriptors and stack switching are left out.
    #[cfg_attr(feature = "serde", serde(with = "crate::json::features"))]
    pub features: Features,
    /// How many bytes a seed expands to at most: see [`from_seed`](crate::from_seed).
    pub seed_bytes: u32,
    /// Types at most, not counting the few that are always there.
    pub max_types: u32,
    /// Imports at most, not counting required ones.
    pub max_imports: u32,
    /// Functions at least.
    pub min_funcs: u32,
    /// Functions at most, not counting what types without another value and required exports ask
    /// for.
    pub max_funcs: u32,
    /// Tables at most.
    pub max_tables: u32,
    /// Memories at most.
    pub max_memories: u32,
    /// Tags at most.
    pub max_tags: u32,
    /// Globals at most, not counting that of the fuel.
    pub max_globals: u32,
    /// Element segments at most, not counting those that a module cannot do without.
    pub max_elems: u32,
    /// Data segments at most.
    pub max_datas: u32,
    /// Parameters of a function at most.
    pub max_params: u32,
    /// Results of a function at most.
    pub max_results: u32,
    /// Fields of a struct at most.
    pub max_fields: u32,
    /// Locals of a function at most, not counting parameters and scratch space.
    pub max_locals: u32,
    /// Steps of a body at most: choices, each of which makes one instruction or a few.
    pub max_instructions: u32,
    /// Blocks within each other at most.
    pub max_nesting: u32,
    /// Bytes of a data segment at most.
    pub max_data_bytes: u32,
    /// Elements of a segment at most.
    pub max_elem_items: u32,
    /// Pages that a memory may have at first.
    pub max_memory_pages: u32,
    /// Elements that a table may have at first.
    pub max_table_elements: u32,
    /// How often instructions of each class are chosen.
    pub weights: Weights,
    /// The imports that modules may have; any when `None`.
    pub imports: Option<Vec<ImportSpec>>,
    /// Exports that every module has.
    pub exports: Vec<ExportSpec>,
    /// Whether functions, memories, tables, globals and tags are all exported.
    pub export_all: bool,
    /// Whether there may be a start function.
    pub start: bool,
    /// Whether instructions are guarded such that none traps and no exception escapes.
    pub no_traps: bool,
    /// How many times together loops may repeat and functions may be called in the life of an
    /// instance: the first value of the exported global `fuel`. Without it nothing bounds them.
    /// At 0, loops go on no more and functions return at once.
    pub termination: Option<u32>,
    /// Whether NaNs are made canonical after each instruction that may make one.
    pub canonical_nans: bool,
    /// Whether each function is one instruction on its operands, with its results.
    pub single_instruction: bool,
    /// Whether each module uses only some of the features and instructions.
    pub swarm: bool,
    /// Whether each module breaks exactly one rule: see
    /// [`Generated::broken`](crate::Generated::broken).
    pub almost_valid: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            features: Features::DEFAULT,
            seed_bytes: 4096,
            max_types: 12,
            max_imports: 4,
            min_funcs: 1,
            max_funcs: 8,
            max_tables: 4,
            max_memories: 3,
            max_tags: 3,
            max_globals: 8,
            max_elems: 4,
            max_datas: 4,
            max_params: 5,
            max_results: 3,
            max_fields: 5,
            max_locals: 8,
            max_instructions: 100,
            max_nesting: 8,
            max_data_bytes: 64,
            max_elem_items: 12,
            max_memory_pages: 2,
            max_table_elements: 24,
            weights: Weights::default(),
            imports: None,
            exports: Vec::new(),
            export_all: true,
            start: true,
            no_traps: true,
            termination: Some(200),
            canonical_nans: false,
            single_instruction: false,
            swarm: false,
            almost_valid: false,
        }
    }
}

impl Config {
    /// The features that are left when those are taken away that need others that are off, and
    /// those that cannot be generated.
    pub(crate) fn usable_features(&self) -> Features {
        closed(self.features - Features::CUSTOM_DESCRIPTORS - Features::STACK_SWITCHING)
    }
}

/// The features of a set whose implied ones are there too.
pub(crate) fn closed(set: Features) -> Features {
    let mut set = set | Feature::Mvp.into();
    loop {
        let next: Features =
            set.iter().filter(|feature| set.contains_all(feature.implies())).collect();
        if next == set {
            return set;
        }
        set = next;
    }
}
