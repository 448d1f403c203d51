//! Start functions, which take values and give values.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#-start-definitions>

use alloc::vec::Vec;

use wattle_ast::components::{Numbered, PlainSort, Sort, Start};

use super::error::ComponentErrorKind as K;
use super::nodes::{NodeId, Properties};
use super::validator::{Checked, Validator};

impl Validator {
    pub(crate) fn start(&mut self, start: &Start) -> Checked {
        self.need_values()?;
        if self.scope().counts.of(Numbered::Start) > 0 {
            return Err(K::Starts.into());
        }
        self.at_most("start arguments", start.args.len(), self.limits.start_args)?;
        let func = self.node_at(PlainSort::Func, start.func.0)?;
        let Some(func) = self.arena.bare(func).func() else {
            // The function had an error.
            let mut args = start.args.iter();
            return args.try_for_each(|arg| self.use_value(arg.0).map(drop));
        };
        let result = func.result;
        let params: Vec<NodeId> = func.params().map(|(_, ty)| ty).collect();
        if params.len() != start.args.len() {
            let (expected, found) = (params.len(), start.args.len());
            return Err(K::StartArgs { expected, found }.into());
        }
        let expected = u32::from(result.is_some());
        if expected != start.results {
            return Err(K::StartResults { expected, found: start.results }.into());
        }
        for (number, (param, arg)) in params.into_iter().zip(&start.args).enumerate() {
            let value = self.use_value(arg.0)?;
            let is_unknown = self.arena.has(value, Properties::UNKNOWN);
            if !self.arena.are_equal(value, param) && !is_unknown {
                let (expected, found) = (self.arena.describe(param), self.arena.describe(value));
                return Err(K::StartArg { number, expected, found }.into());
            }
        }
        if let Some(result) = result {
            self.add_index(Sort::VALUE)?;
            self.scope_mut().push(Sort::VALUE, result.0);
        }
        Ok(())
    }
}
