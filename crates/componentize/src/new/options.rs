//! The options for making components of core modules, which [`Componentizer`](crate::Componentizer)
//! and [`Linker`](crate::Linker) have in common.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use wattle_ast::{Module, Names};
use wattle_wit::encode::Config;

/// The options for making a component.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) validate: bool,
    pub(crate) merges_versions: bool,
    pub(crate) legacy: bool,
    pub(crate) grows: bool,
    /// Whether the shim calls functions in globals, and not in a table.
    pub(crate) calls_refs: bool,
    /// Whether there are names for people.
    pub(crate) names: bool,
    /// The new names of imported instances, by their old names.
    pub(crate) renamed: BTreeMap<Box<str>, Box<str>>,
    pub(crate) config: Config,
}

impl Options {
    /// Removes the name section of a module that was made, unless the options ask for names.
    pub(crate) fn prune_names(&self, module: &mut Module<'_>) {
        if !self.names {
            module.names = Names::default();
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Options {
            validate: true,
            merges_versions: true,
            legacy: true,
            grows: false,
            calls_refs: false,
            names: true,
            renamed: BTreeMap::new(),
            config: Config::new(),
        }
    }
}

/// The methods that set options of a builder that has a field `options`.
macro_rules! option_methods {
    () => {
        /// Sets whether the component is validated; it is by default. Without validation, the
        /// component is not valid if a core module is not.
        pub fn validate(mut self, validate: bool) -> Self {
            self.options.validate = validate;
            self
        }

        /// Sets whether imports of several compatible versions of an interface become one import,
        /// of the highest version. They do by default.
        pub fn merge_versions(mut self, merge: bool) -> Self {
            self.options.merges_versions = merge;
            self
        }

        /// Sets whether names of core imports and exports may be of the older scheme, which most
        /// compilers use. They may by default.
        pub fn legacy_names(mut self, allow: bool) -> Self {
            self.options.legacy = allow;
            self
        }

        /// Sets whether adapters make memory grow for their stacks, instead of calling the main
        /// module's `cabi_realloc`. They do not by default. The option helps if that function
        /// cannot be called before the main module is initialized.
        pub fn grow_memory(mut self, grow: bool) -> Self {
            self.options.grows = grow;
            self
        }

        /// Sets whether imports that can only be made when the core modules are instantiated are
        /// called with `return_call_ref` instead of `call_indirect`. By default they are not, since
        /// the engine must have tail calls and typed function references.
        pub fn return_call_ref(mut self, calls_refs: bool) -> Self {
            self.options.calls_refs = calls_refs;
            self
        }

        /// Sets whether names of imports and exports have canonical versions: `a:b/c@1`, with
        /// `.2.3` as an attribute. By default they have whole versions.
        pub fn canonical_names(mut self, canonical: bool) -> Self {
            let config = wattle_wit::encode::Config::new();
            self.options.config = if canonical { config.canonical_names() } else { config };
            self
        }

        /// Lets the component import the instance `old` under the name `new`. Nothing happens if
        /// the component does not import `old`.
        pub fn rename_import(mut self, old: &str, new: &str) -> Self {
            self.options.renamed.insert(old.into(), new.into());
            self
        }

        /// Sets whether the component, and the core modules that are made for it, have names for
        /// people in custom sections. They do by default.
        pub fn names(mut self, names: bool) -> Self {
            self.options.names = names;
            self
        }
    };
}
pub(crate) use option_methods;
