//! The configuration: features, sizes, weights and modes. Each row has a name, a type and a
//! default.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use wattle_ast::{Class, Feature, Features, ValType};

macro_rules! weights {
    ($( $field:ident $class:ident = $default:literal; )*) => {
        /// The relative frequency with which instructions of each class are chosen. 0 is never.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
        pub struct Weights { $(
            #[doc = concat!("The weight of [`Class::", stringify!($class), "`]; `", stringify!($default), "` by default.")]
            pub $field: u8,
        )* }

        impl Default for Weights {
            fn default() -> Weights {
                Weights { $( $field: $default, )* }
            }
        }

        impl Weights {
            /// Every class, in the order in which choices are numbered.
            pub(crate) const CLASSES: &'static [Class] = &[$( Class::$class, )*];

            /// The weight of a class.
            pub fn of(&self, class: Class) -> u8 {
                match class { $( Class::$class => self.$field, )* }
            }
        }
    };
}

weights! {
    control Control = 26;
    parametric Parametric = 8;
    variable Variable = 40;
    table Table = 10;
    memory Memory = 26;
    numeric Numeric = 72;
    reference Reference = 12;
    aggregate Aggregate = 18;
    vector Vector = 36;
    atomic Atomic = 8;
}

/// The type of an import or export that a configuration names.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
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
    /// A memory; the sizes are in pages of 64 KiB.
    Memory {
        min: u32,
        #[cfg_attr(feature = "serde", serde(default))]
        max: Option<u32>,
    },
    /// A table of `funcref`; the sizes are in elements.
    Table {
        min: u32,
        #[cfg_attr(feature = "serde", serde(default))]
        max: Option<u32>,
    },
}

/// An import that modules may have or must have.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct ImportSpec {
    /// The module to import from.
    pub module: String,
    /// The name there.
    pub name: String,
    /// Its type. Reference types are nullable and abstract, such as `funcref`.
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    pub ty: ExternSpec,
    /// Whether every module imports it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub required: bool,
}

/// An export that every module has.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct ExportSpec {
    /// The name.
    pub name: String,
    /// Its type.
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    pub ty: ExternSpec,
}

macro_rules! config {
    ($( $(#[$meta:meta])+ $field:ident: $ty:ty = $default:expr; )*) => {
        /// The configuration of the modules to make.
        ///
        /// By default modules use every feature that is on by default, instantiate, do not trap,
        /// and terminate.
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
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
        pub struct Config { $(
            $(#[$meta])+
            #[doc = concat!("\n\nDefault: `", stringify!($default), "`.")]
            pub $field: $ty,
        )* }

        impl Default for Config {
            fn default() -> Config {
                Config { $( $field: $default, )* }
            }
        }
    };
}

config! {
    /// The features that modules may use. Custom descriptors and stack switching are left out.
    #[cfg_attr(feature = "serde", serde(with = "crate::json::features"))]
    features: Features = Features::DEFAULT;
    /// The greatest number of bytes that a seed expands to: see
    /// [`from_seed`](crate::from_seed).
    seed_bytes: u32 = 4096;
    /// The greatest number of types, not counting those that blocks and imports need.
    max_types: u32 = 12;
    /// The greatest number of imports, not counting required ones.
    max_imports: u32 = 4;
    /// The least number of functions.
    min_funcs: u32 = 1;
    /// The greatest number of functions, not counting those that function types and required
    /// exports need.
    max_funcs: u32 = 8;
    /// The greatest number of tables.
    max_tables: u32 = 4;
    /// The greatest number of memories.
    max_memories: u32 = 3;
    /// The greatest number of tags.
    max_tags: u32 = 3;
    /// The greatest number of globals, not counting the one for fuel.
    max_globals: u32 = 8;
    /// The greatest number of element segments, not counting those that a module needs.
    max_elems: u32 = 4;
    /// The greatest number of data segments.
    max_datas: u32 = 4;
    /// The greatest number of parameters of a function type.
    max_params: u32 = 5;
    /// The greatest number of results of a function type.
    max_results: u32 = 3;
    /// The greatest number of fields of a struct.
    max_fields: u32 = 5;
    /// The greatest number of locals of a function, not counting parameters and scratch space.
    max_locals: u32 = 8;
    /// The greatest number of steps of a body. A step makes an instruction, with those that make
    /// its operands.
    max_instructions: u32 = 100;
    /// The greatest nesting depth of blocks.
    max_nesting: u32 = 8;
    /// The greatest number of bytes of a data segment.
    max_data_bytes: u32 = 64;
    /// The greatest number of elements of an element segment.
    max_elem_items: u32 = 12;
    /// The greatest initial size of a memory, in pages of 64 KiB.
    max_memory_pages: u32 = 2;
    /// The greatest initial size of a table, in elements.
    max_table_elements: u32 = 24;
    /// The relative frequency with which instructions of each class are chosen.
    weights: Weights = Weights::default();
    /// The imports that modules may have; `None` for any.
    imports: Option<Vec<ImportSpec>> = None;
    /// Exports that every module has.
    exports: Vec<ExportSpec> = Vec::new();
    /// Whether all functions, tables, memories, globals and tags are exported.
    export_all: bool = true;
    /// Whether there may be a start function.
    start: bool = true;
    /// Whether instructions are guarded so that none traps and no exception is left uncaught.
    no_traps: bool = true;
    /// The initial value of the exported global `fuel`, which goes down with each call of a
    /// function and each iteration of a loop. At 0, functions return at once and loops end. `None`
    /// for modules that may run forever.
    termination: Option<u32> = Some(200);
    /// Whether each NaN that an instruction makes is replaced by the canonical NaN.
    canonical_nans: bool = false;
    /// Whether each function is one instruction on its operands, and returns its results.
    single_instruction: bool = false;
    /// Whether each module uses only a random part of the features and instructions.
    swarm: bool = false;
    /// Whether each module breaks exactly one rule: see
    /// [`Generated::broken`](crate::Generated::broken).
    almost_valid: bool = false;
}

/// A configuration asks for modules that are too large.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLarge {
    /// The name of the field of [`Config`] that allows a part to be too large.
    pub field: &'static str,
    /// The size of that part of the largest module.
    pub size: u64,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TooLarge { field, size } = self;
        let most = Config::MAX_SIZE;
        write!(f, "modules would be too large: {field} allows a size of {size}, at most {most}")
    }
}

impl core::error::Error for TooLarge {}

impl Config {
    /// The largest size of a part of a module: the number of items, and of the parts in them. It
    /// keeps a module within some hundred megabytes.
    pub const MAX_SIZE: u64 = 4_000_000;

    /// Checks that no part of a module can be larger than [`MAX_SIZE`](Config::MAX_SIZE).
    ///
    /// ```
    /// use wattle_smith::Config;
    /// assert!(Config::default().check().is_ok());
    /// let error = Config { min_funcs: u32::MAX, ..Config::default() }.check().unwrap_err();
    /// assert_eq!(error.field, "min_funcs");
    /// ```
    ///
    /// # Errors
    /// The first part that can be larger.
    pub fn check(&self) -> Result<(), TooLarge> {
        let each = |count: u32, parts: &[u32]| {
            let inner = parts.iter().fold(1, |sum: u64, &part| sum.saturating_add(part.into()));
            u64::from(count).saturating_mul(inner)
        };
        let bodies = [self.max_locals, self.max_instructions, self.max_nesting];
        for (field, size) in [
            ("seed_bytes", each(self.seed_bytes, &[])),
            ("max_types", each(self.max_types, &[])),
            ("max_params", each(self.max_types, &[self.max_params])),
            ("max_results", each(self.max_types, &[self.max_results])),
            ("max_fields", each(self.max_types, &[self.max_fields])),
            ("max_imports", each(self.max_imports, &[])),
            ("min_funcs", each(self.min_funcs, &bodies)),
            ("max_funcs", each(self.max_funcs, &bodies)),
            ("max_tables", each(self.max_tables, &[])),
            ("max_memories", each(self.max_memories, &[])),
            ("max_tags", each(self.max_tags, &[])),
            ("max_globals", each(self.max_globals, &[])),
            ("max_elem_items", each(self.max_elems, &[self.max_elem_items])),
            ("max_data_bytes", each(self.max_datas, &[self.max_data_bytes])),
        ] {
            if size > Config::MAX_SIZE {
                return Err(TooLarge { field, size });
            }
        }
        Ok(())
    }

    /// The features that modules may use, without those that cannot be generated and those that
    /// need a feature that is off.
    pub(crate) fn usable_features(&self) -> Features {
        without_unmet(self.features - Features::CUSTOM_DESCRIPTORS - Features::STACK_SWITCHING)
    }
}

/// The set without the features that imply a feature that is not in it.
pub(crate) fn without_unmet(set: Features) -> Features {
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
