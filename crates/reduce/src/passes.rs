//! The passes over modules in their order, with the expectations of their changes.

use wattle_ast::{Features, Module};

use crate::bisect::{Past, Pattern};
use crate::plan::ModulePlan;
use crate::types::Loss;
use crate::{bodies, cut, items, types};

/// A pass: its name, and the expectations of its changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass {
    pub(crate) name: &'static str,
    pub(crate) pattern: Pattern,
    /// The share of changes that usually fail, or 0 if it is small.
    failing: f64,
    pub(crate) again: Again,
}

/// Whether changes that failed are tried again after others have made the module smaller. Most fail
/// again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Again {
    Always,
    /// Only in the last rounds, in which a change no longer removes unused items too.
    Untidied,
    /// Only in these rounds, and only if unused items were removed together with a change that
    /// failed.
    IfTidied,
    Never,
}

impl Pass {
    /// A pass without expectations.
    pub(crate) const fn new(name: &'static str) -> Pass {
        Pass { name, pattern: Pattern::Any, failing: 0.0, again: Again::Always }
    }

    const fn pattern(self, pattern: Pattern) -> Pass {
        Pass { pattern, ..self }
    }

    const fn failing(self, failing: f64) -> Pass {
        Pass { failing, ..self }
    }

    const fn again(self, again: Again) -> Pass {
        Pass { again, ..self }
    }

    /// The number of changes among `len` that are expected to fail, by the outcome of earlier
    /// changes.
    pub(crate) fn expected(&self, len: usize, past: Option<Past>) -> f64 {
        let len = len as f64;
        match past {
            Some(Past { made, failed }) => {
                len * (failed as f64 + 0.5) / ((made + failed) as f64 + 1.0)
            }
            None => (self.failing * len).max(0.5),
        }
    }
}

/// A function that lists the changes of a pass.
pub(crate) type ModulePass = for<'b> fn(&'b Module<'static>, Features) -> ModulePlan<'b>;

/// The passes before the passes over code.
pub(crate) const OUTER: [(Pass, ModulePass); 6] = [
    (Pass::new("custom sections"), items::customs),
    (Pass::new("unreachable items"), items::unreachable),
    (Pass::new("segments"), items::segments),
    // Without elements, the removal of a function need not put a null in its place, which takes
    // more room.
    (Pass::new("element segments"), items::elem_segments),
    (Pass::new("functions").pattern(Pattern::OneFails).again(Again::Untidied), cut::funcs),
    (Pass::new("bodies").failing(0.7).again(Again::Never), bodies::aborts),
];

/// The passes over trees of instructions, one for each depth.
pub(crate) const CODE: Pass = Pass::new("code").pattern(Pattern::OneFails);

/// The passes after the passes over code. They need not try items that code no longer uses.
pub(crate) const INNER: [(Pass, ModulePass); 22] = [
    (Pass::new("leftovers"), bodies::leftovers),
    (Pass::new("blocks"), |module, features| bodies::unwrap(module, features, 0)),
    (Pass::new("alternatives"), |module, features| bodies::unwrap(module, features, 1)),
    (Pass::new("instructions").failing(0.15), bodies::roots),
    (Pass::new("operands"), bodies::interleaved),
    (Pass::new("exports").again(Again::Never), items::all_exports),
    (Pass::new("exports of functions").again(Again::IfTidied), |module, features| {
        items::exports(module, features, true)
    }),
    (Pass::new("other exports").again(Again::IfTidied), |module, features| {
        items::exports(module, features, false)
    }),
    (Pass::new("unused types"), cut::types),
    (Pass::new("items").again(Again::IfTidied), cut::others),
    (Pass::new("traps").pattern(Pattern::Chains), bodies::traps),
    (Pass::new("immediates").failing(0.4), bodies::immediates),
    (Pass::new("signatures").again(Again::Never), |module, features| {
        types::signatures(module, features, Loss { params: true, results: true })
    }),
    (Pass::new("parameters").again(Again::Never), |module, features| {
        types::signatures(module, features, Loss { params: true, results: false })
    }),
    (Pass::new("results").again(Again::Never), |module, features| {
        types::signatures(module, features, Loss { params: false, results: true })
    }),
    (Pass::new("locals"), types::locals),
    (Pass::new("declarations"), items::declarations),
    (Pass::new("data"), items::bytes),
    (Pass::new("elements"), items::elements),
    (Pass::new("types"), types::hierarchy),
    (Pass::new("fields"), types::fields),
    (Pass::new("names"), items::names),
];
