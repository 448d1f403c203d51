//! Canonical definitions as text: the sink that writes their immediates.

use core::convert::Infallible;

use wattle_ast::components::{
    Async, Canon, CanonOp, CanonOpt, CanonOpts, CanonSink, ContextSlot, CoreSort, ResultList,
    Shared,
};
use wattle_ast::{ComponentFuncIdx, ComponentTypeIdx, FuncIdx, MemIdx, TableIdx, TypeIdx};

use super::printer::Printer;
use crate::numbers;

impl<'c> Printer<'c> {
    /// Prints a canonical definition, without the closing parenthesis.
    pub(super) fn canon(&mut self, place: usize, canon: &Canon) {
        self.begin(place, "(canon ");
        let mut text = Immediates { printer: self, op: canon.op(), lifted: None };
        // Writing text never fails.
        let _ = canon.write_to(&mut text);
        let lifted = text.lifted;
        let sort = canon.op().sort();
        self.sort(sort);
        self.define(sort);
        if let Some(ty) = lifted {
            self.type_ref(ty);
        }
        self.str(")");
    }

    /// Appends a space and an option.
    fn canon_opt(&mut self, opt: &CanonOpt) {
        match opt.index() {
            None => {
                self.str(" ");
                self.str(opt.keyword());
            }
            Some(index) => self.reference_form(opt.keyword(), index),
        }
    }
}

/// A sink that writes the immediates of one canonical definition.
struct Immediates<'p, 'c> {
    printer: &'p mut Printer<'c>,
    op: CanonOp,
    /// The type of a lifted function, which is printed after all other immediates.
    lifted: Option<ComponentTypeIdx>,
}

impl CanonSink for Immediates<'_, '_> {
    type Error = Infallible;

    fn op(&mut self, op: CanonOp) -> Result<(), Infallible> {
        self.printer.str(op.keyword());
        Ok(())
    }

    fn core_func(&mut self, func: &FuncIdx) -> Result<(), Infallible> {
        self.printer.item((*func).into());
        Ok(())
    }

    fn func(&mut self, func: &ComponentFuncIdx) -> Result<(), Infallible> {
        self.printer.item((*func).into());
        Ok(())
    }

    fn ty(&mut self, ty: &ComponentTypeIdx) -> Result<(), Infallible> {
        match self.op {
            CanonOp::Lift => self.lifted = Some(*ty),
            _ => self.printer.reference(*ty),
        }
        Ok(())
    }

    fn core_type(&mut self, ty: &TypeIdx) -> Result<(), Infallible> {
        self.printer.reference(*ty);
        Ok(())
    }

    fn table(&mut self, table: &TableIdx) -> Result<(), Infallible> {
        self.printer.reference(*table);
        Ok(())
    }

    fn memory(&mut self, memory: &MemIdx) -> Result<(), Infallible> {
        self.printer.reference_form(CoreSort::Memory.keyword(), *memory);
        Ok(())
    }

    fn results(&mut self, results: &ResultList) -> Result<(), Infallible> {
        self.printer.result(results.0);
        Ok(())
    }

    fn context_slot(&mut self, slot: &ContextSlot) -> Result<(), Infallible> {
        self.printer.core_types(0, |types, out| {
            types.val_type(out, slot.ty);
            numbers::spaced(out, slot.slot.into());
        });
        Ok(())
    }

    fn is_async(&mut self, is_async: &Async) -> Result<(), Infallible> {
        if is_async.0 {
            self.printer.str(" async");
        }
        Ok(())
    }

    fn is_shared(&mut self, is_shared: &Shared) -> Result<(), Infallible> {
        if is_shared.0 {
            self.printer.str(" shared");
        }
        Ok(())
    }

    fn opts(&mut self, opts: &CanonOpts) -> Result<(), Infallible> {
        opts.iter().for_each(|opt| self.printer.canon_opt(opt));
        Ok(())
    }
}
